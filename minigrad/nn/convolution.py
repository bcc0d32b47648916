"""Convolutions, and their transposes, as layers."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from ..creation import empty
from ..random import Generator
from . import functional as F
from .functional.convolution import paddings
from .functional.sizes import numbers
from .module import Module
from .parameter import Parameter, uniform_by_fan


class _Filters(Module):
    """What all convolutions have: a bank of filters, a bias, and settings."""

    _dims: int  # 1 for sequences, 2 for images
    _transposed = False
    padding: Any  # a tuple of numbers, or "same" or "valid"

    def _set_up(
        self, channels: tuple[int, int], kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        groups: int, bias: bool, dtype: Any, generator: Generator | None,
    ) -> None:  # fmt: skip
        dims = self._dims
        for name, count in zip(("in_channels", "out_channels"), channels, strict=True):
            if groups <= 0 or count % groups:
                raise ValueError(f"{name} must be divisible by groups: {count} and {groups}")
        self.in_channels, self.out_channels = channels
        self.groups = groups
        self.kernel_size = numbers(kernel_size, dims, "kernel_size")
        self.stride = numbers(stride, dims, "stride")
        self.dilation = numbers(dilation, dims, "dilation")
        self.padding = padding if isinstance(padding, str) else numbers(padding, dims, "padding")
        rows, columns = channels if self._transposed else channels[::-1]
        shape = (rows, columns // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, dtype=dtype))
        shift = Parameter(empty(channels[1], dtype=dtype)) if bias else None
        self.register_parameter("bias", shift)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw weight and bias anew."""
        uniform_by_fan(self.weight, self.bias, generator)

    def extra_repr(self) -> str:
        """The settings that are not the usual ones."""
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding not in ((0,) * self._dims, "valid"):
            text += f", padding={self.padding}"
        if self.dilation != (1,) * self._dims:
            text += f", dilation={self.dilation}"
        return text + self._more()

    def _more(self) -> str:
        text = f", groups={self.groups}" if self.groups != 1 else ""
        return text if self.bias is not None else text + ", bias=False"


class _Convolution(_Filters):
    """Conv1d and Conv2d."""

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None, *,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if isinstance(padding, str) and padding not in ("valid", "same"):
            raise ValueError(
                f"Invalid padding string {padding!r}, should be one of 'valid', 'same'"
            )
        modes = ("zeros", "reflect", "replicate", "circular")
        if padding_mode not in modes:
            raise ValueError(f"padding_mode must be one of {modes}, but got {padding_mode!r}")
        self.padding_mode = padding_mode
        channels = (in_channels, out_channels)
        settings = (stride, padding, dilation, groups, bias, dtype, generator)
        self._set_up(channels, kernel_size, *settings)

    def _padded(self, input: Tensor) -> tuple[Tensor, Any]:
        """The input, padded if not with zeros, and the padding that is left to do."""
        if self.padding_mode == "zeros":
            return input, self.padding
        ends = paddings(self.padding, self.kernel_size, self.stride, self.dilation)
        flat = tuple(n for pair in reversed(ends) for n in pair)
        return F.pad(input, flat, self.padding_mode), 0

    def _more(self) -> str:
        mode = f", padding_mode={self.padding_mode}" if self.padding_mode != "zeros" else ""
        return super()._more() + mode


class Conv1d(_Convolution):
    """A bank of filters (out_channels, in_channels / groups, kernel_size) over sequences, and bias.

    Both begin evenly between -1/sqrt(n) and 1/sqrt(n), for n numbers in a filter, as torch's.

    >>> nn.Conv1d(3, 6, 5)(zeros(1, 3, 28)).shape
    torch.Size([1, 6, 24])
    """

    _dims = 1

    def forward(self, input: Tensor) -> Tensor:
        """Sequences (N, in_channels, L) or (in_channels, L) as sequences of out_channels."""
        input, padding = self._padded(input)
        return F.conv1d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class Conv2d(_Convolution):
    """A bank of filters (out_channels, in_channels / groups, *kernel_size) over images, and a bias.

    Both begin evenly between -1/sqrt(n) and 1/sqrt(n), for n numbers in a filter, as torch's.

    >>> nn.Conv2d(1, 6, 5, padding=2)(zeros(1, 1, 28, 28)).shape
    torch.Size([1, 6, 28, 28])
    """

    _dims = 2

    def forward(self, input: Tensor) -> Tensor:
        """Images (N, in_channels, H, W) or (in_channels, H, W) as images of out_channels."""
        input, padding = self._padded(input)
        return F.conv2d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )


class _Transposed(_Filters):
    """ConvTranspose1d and ConvTranspose2d."""

    _transposed = True

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, output_padding: Any = 0, groups: int = 1, bias: bool = True,
        dilation: Any = 1, padding_mode: str = "zeros", device: Any = None, dtype: Any = None, *,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if padding_mode != "zeros":
            name = type(self).__name__
            raise ValueError(f'Only "zeros" padding mode is supported for {name}')
        self.output_padding = numbers(output_padding, self._dims, "output_padding")
        channels = (in_channels, out_channels)
        settings = (stride, padding, dilation, groups, bias, dtype, generator)
        self._set_up(channels, kernel_size, *settings)

    def _extra(self, input: Tensor, output_size: Any) -> tuple[int, ...]:
        """The output_padding that gives the output this size, of the last dimensions or of all."""
        if output_size is None:
            return self.output_padding
        wanted = tuple(output_size)[-self._dims :]
        least = [
            (n - 1) * s - 2 * p + d * (k - 1) + 1
            for n, s, p, d, k in zip(
                input.shape[-self._dims :], self.stride, self.padding, self.dilation,
                self.kernel_size, strict=True,
            )
        ]  # fmt: skip
        most = [n + s - 1 for n, s in zip(least, self.stride, strict=True)]
        if len(wanted) != self._dims or not all(
            a <= n <= b for a, n, b in zip(least, wanted, most, strict=True)
        ):
            raise ValueError(
                f"requested an output size of {list(output_size)}, but valid sizes range from "
                f"{least} to {most} (for an input of {list(input.shape)})"
            )
        return tuple(n - a for n, a in zip(wanted, least, strict=True))

    def _more(self) -> str:
        extra = f", output_padding={self.output_padding}" if any(self.output_padding) else ""
        return extra + super()._more()


class ConvTranspose1d(_Transposed):
    """The transpose of a Conv1d from out_channels to in_channels; see functional.conv_transpose1d.

    >>> nn.ConvTranspose1d(6, 3, 5)(zeros(1, 6, 24)).shape
    torch.Size([1, 3, 28])
    """

    _dims = 1

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """Sequences (N, in_channels, L) or (in_channels, L) as sequences of out_channels."""
        return F.conv_transpose1d(
            input, self.weight, self.bias, self.stride, self.padding,
            self._extra(input, output_size), self.groups, self.dilation,
        )  # fmt: skip


class ConvTranspose2d(_Transposed):
    """The transpose of a Conv2d from out_channels to in_channels; see functional.conv_transpose2d.

    >>> nn.ConvTranspose2d(6, 1, 4, stride=2, padding=1)(zeros(1, 6, 14, 14)).shape
    torch.Size([1, 1, 28, 28])
    """

    _dims = 2

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:
        """Images (N, in_channels, H, W) or (in_channels, H, W) as images of out_channels."""
        return F.conv_transpose2d(
            input, self.weight, self.bias, self.stride, self.padding,
            self._extra(input, output_size), self.groups, self.dilation,
        )  # fmt: skip
