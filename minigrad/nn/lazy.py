"""Layers that find out the size of their input when they see the first one.

From then on each is a layer of the ordinary class, on the same Parameters.
"""

from __future__ import annotations

from typing import Any

from .. import dtypes
from .._tensor import Tensor
from ..creation import zeros
from .convolution import (
    Conv1d,
    Conv2d,
    ConvTranspose1d,
    ConvTranspose2d,
    _Convolution,
    _Filters,
    _Transposed,
)
from .layers import Linear
from .module import Module
from .normalization import BatchNorm1d, BatchNorm2d, BatchNorm3d, _BatchNorm
from .parameter import Uninitialized, UninitializedBuffer, UninitializedParameter


class _Lazy(Module):
    """The part of a lazy layer that waits for an input."""

    cls_to_become: type[Module]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        input = args[0] if args else kwargs["input"]
        self.initialize_parameters(input)
        object.__setattr__(self, "__class__", self.cls_to_become)
        return self(*args, **kwargs)

    def has_uninitialized_params(self) -> bool:
        """Are there parameters or buffers whose shape is not known yet?"""
        return any(isinstance(t, Uninitialized) for t in (*self.parameters(), *self.buffers()))

    def initialize_parameters(self, input: Tensor) -> None:
        """Give the parameters the shapes that this input asks for, and draw them."""
        raise NotImplementedError(f"{type(self).__name__} does not say what its input asks for")

    def _materialize(self, shapes: dict[str, tuple[int, ...]]) -> bool:
        """Were there parameters without a shape? They have these now."""
        if not self.has_uninitialized_params():
            return False
        for name, shape in shapes.items():
            t = getattr(self, name)
            if isinstance(t, Uninitialized):
                t.materialize(shape)
        return True

    def _parameter(self, name: str, wanted: bool, dtype: Any) -> None:
        self.register_parameter(name, UninitializedParameter(dtype=dtype) if wanted else None)


class LazyLinear(_Lazy, Linear):
    """Linear, with in_features from the first input.

    >>> net = nn.LazyLinear(3)
    >>> net(ones(4, 2)).shape, net
    (torch.Size([4, 3]), Linear(in_features=2, out_features=3, bias=True))
    """

    cls_to_become = Linear

    def __init__(
        self, out_features: int, bias: bool = True, device: Any = None, dtype: Any = None
    ) -> None:
        Module.__init__(self)
        self.in_features, self.out_features = 0, out_features
        self._parameter("weight", True, dtype)
        self._parameter("bias", bias, dtype)

    def initialize_parameters(self, input: Tensor) -> None:
        """in_features is the size of the last dimension."""
        self.in_features = input.shape[-1]
        shapes = {"weight": (self.out_features, self.in_features), "bias": (self.out_features,)}
        if self._materialize(shapes):
            self.reset_parameters()


class _LazyFilters(_Lazy, _Filters):
    """A convolution with the number of input channels from the first input."""

    def _wait(self, out_channels: int, bias: bool, dtype: Any) -> None:
        """After the layer has been set up for no channels: the parameters wait."""
        if out_channels % self.groups:
            raise ValueError(
                f"out_channels must be divisible by groups: {out_channels}, {self.groups}"
            )
        self.out_channels = out_channels
        self._parameter("weight", True, dtype)
        self._parameter("bias", bias, dtype)

    def initialize_parameters(self, input: Tensor) -> None:
        """in_channels is the size of the dimension before the last ones."""
        ranks = (self._dims + 1, self._dims + 2)
        if input.ndim not in ranks:
            raise RuntimeError(
                f"Expected {ranks[0]}D (unbatched) or {ranks[1]}D (batched) input to "
                f"{type(self).__name__}, but got input of size: {list(input.shape)}"
            )
        self.in_channels = input.shape[-ranks[0]]
        if self.in_channels % self.groups:
            raise ValueError("in_channels must be divisible by groups")
        channels = (self.out_channels, self.in_channels)
        rows, columns = channels[::-1] if self._transposed else channels
        weight = (rows, columns // self.groups) + self.kernel_size
        if self._materialize({"weight": weight, "bias": (self.out_channels,)}):
            self.reset_parameters()


class _LazyConvolution(_LazyFilters, _Convolution):
    """LazyConv1d and LazyConv2d."""

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        dilation: Any = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros",
        device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        _Convolution.__init__(
            self, 0, 0, kernel_size, stride, padding, dilation, groups, False, padding_mode, device,
            dtype,
        )  # fmt: skip
        self._wait(out_channels, bias, dtype)


class LazyConv1d(_LazyConvolution, Conv1d):
    """Conv1d, with in_channels from the first input.

    >>> net = nn.LazyConv1d(6, 5)
    >>> net(zeros(1, 3, 28)).shape, net
    (torch.Size([1, 6, 24]), Conv1d(3, 6, kernel_size=(5,), stride=(1,)))
    """

    cls_to_become = Conv1d


class LazyConv2d(_LazyConvolution, Conv2d):
    """Conv2d, with in_channels from the first input.

    >>> net = nn.LazyConv2d(6, 5)
    >>> net(zeros(1, 3, 28, 28)).shape, net
    (torch.Size([1, 6, 24, 24]), Conv2d(3, 6, kernel_size=(5, 5), stride=(1, 1)))
    """

    cls_to_become = Conv2d


class _LazyTransposed(_LazyFilters, _Transposed):
    """LazyConvTranspose1d and LazyConvTranspose2d."""

    def __init__(
        self, out_channels: int, kernel_size: Any, stride: Any = 1, padding: Any = 0,
        output_padding: Any = 0, groups: int = 1, bias: bool = True, dilation: Any = 1,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        _Transposed.__init__(
            self, 0, 0, kernel_size, stride, padding, output_padding, groups, False, dilation,
            padding_mode, device, dtype,
        )  # fmt: skip
        self._wait(out_channels, bias, dtype)


class LazyConvTranspose1d(_LazyTransposed, ConvTranspose1d):
    """ConvTranspose1d, with in_channels from the first input.

    >>> nn.LazyConvTranspose1d(6, 5)(zeros(1, 3, 8)).shape
    torch.Size([1, 6, 12])
    """

    cls_to_become = ConvTranspose1d


class LazyConvTranspose2d(_LazyTransposed, ConvTranspose2d):
    """ConvTranspose2d, with in_channels from the first input.

    >>> nn.LazyConvTranspose2d(6, 5)(zeros(1, 3, 8, 8)).shape
    torch.Size([1, 6, 12, 12])
    """

    cls_to_become = ConvTranspose2d


class _LazyBatchNorm(_Lazy, _BatchNorm):
    """Batch normalisation with the number of channels from the first input."""

    def __init__(
        self, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device: Any = None, dtype: Any = None, *,
        bias: bool = True,
    ) -> None:  # fmt: skip
        _BatchNorm.__init__(self, 0, eps, momentum, False, False, device, dtype)
        self.affine, self.track_running_stats = affine, track_running_stats
        self._parameter("weight", affine, dtype)
        self._parameter("bias", affine and bias, dtype)
        if track_running_stats:
            self.register_buffer("running_mean", UninitializedBuffer(dtype=dtype))
            self.register_buffer("running_var", UninitializedBuffer(dtype=dtype))
            self.register_buffer("num_batches_tracked", zeros((), dtype=dtypes.int64))

    def initialize_parameters(self, input: Tensor) -> None:
        """The channels are dimension 1."""
        self._check(input)
        self.num_features = input.shape[1]
        names = ("weight", "bias", "running_mean", "running_var")
        if self._materialize(dict.fromkeys(names, (self.num_features,))):
            self.reset_parameters()


class LazyBatchNorm1d(_LazyBatchNorm, BatchNorm1d):
    """BatchNorm1d, with num_features from the first input.

    >>> net = nn.LazyBatchNorm1d()
    >>> net(ones(4, 3)).shape, net.num_features
    (torch.Size([4, 3]), 3)
    """

    cls_to_become = BatchNorm1d


class LazyBatchNorm2d(_LazyBatchNorm, BatchNorm2d):
    """BatchNorm2d, with num_features from the first input.

    >>> net = nn.LazyBatchNorm2d()
    >>> net(ones(4, 3, 2, 2)).shape, net.num_features
    (torch.Size([4, 3, 2, 2]), 3)
    """

    cls_to_become = BatchNorm2d


class LazyBatchNorm3d(_LazyBatchNorm, BatchNorm3d):
    """BatchNorm3d, with num_features from the first input.

    >>> net = nn.LazyBatchNorm3d()
    >>> net(ones(4, 3, 2, 2, 2)).shape, net.num_features
    (torch.Size([4, 3, 2, 2, 2]), 3)
    """

    cls_to_become = BatchNorm3d
