"""Convolutions as layers."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from ..creation import empty
from ..random import Generator
from . import functional as F
from .functional.convolution import conv_padding
from .functional.sizes import pair
from .module import Module
from .parameter import Parameter, uniform_by_fan


class Conv2d(Module):
    """A bank of filters (out_channels, in_channels / groups, *kernel_size) over images, and a bias.

    Both begin evenly between -1/sqrt(n) and 1/sqrt(n), for n numbers in a filter, as torch's.

    >>> nn.Conv2d(1, 6, 5, padding=2)(zeros(1, 1, 28, 28)).shape
    torch.Size([1, 6, 28, 28])
    """

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
        padding: Any = 0, dilation: Any = 1, groups: int = 1, bias: bool = True,
        padding_mode: str = "zeros", device: Any = None, dtype: Any = None, *,
        generator: Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        for name, count in (("in_channels", in_channels), ("out_channels", out_channels)):
            if groups <= 0 or count % groups:
                raise ValueError(f"{name} must be divisible by groups: {count} and {groups}")
        if isinstance(padding, str) and padding not in ("valid", "same"):
            raise ValueError(
                f"Invalid padding string {padding!r}, should be one of 'valid', 'same'"
            )
        modes = ("zeros", "reflect", "replicate", "circular")
        if padding_mode not in modes:
            raise ValueError(f"padding_mode must be one of {modes}, but got {padding_mode!r}")
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = pair(kernel_size, "kernel_size")
        self.stride, self.dilation = pair(stride, "stride"), pair(dilation, "dilation")
        self.padding = padding if isinstance(padding, str) else pair(padding, "padding")
        self.padding_mode = padding_mode
        shape = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(empty(shape, dtype=dtype))
        shift = Parameter(empty(out_channels, dtype=dtype)) if bias else None
        self.register_parameter("bias", shift)
        self.reset_parameters(generator)

    def reset_parameters(self, generator: Generator | None = None) -> None:
        """Draw weight and bias anew."""
        uniform_by_fan(self.weight, self.bias, generator)

    def forward(self, input: Tensor) -> Tensor:
        """Images (N, in_channels, H, W) or (in_channels, H, W) as images of out_channels."""
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            ends = conv_padding(padding, self.kernel_size, self.stride, self.dilation)
            input, padding = F.pad(input, ends, self.padding_mode), 0
        return F.conv2d(
            input, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def extra_repr(self) -> str:
        """The settings that are not the usual ones."""
        text = (
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, "
            f"stride={self.stride}"
        )
        if self.padding not in ((0, 0), "valid"):
            text += f", padding={self.padding}"
        if self.dilation != (1, 1):
            text += f", dilation={self.dilation}"
        if self.groups != 1:
            text += f", groups={self.groups}"
        if self.bias is None:
            text += ", bias=False"
        return text + (
            f", padding_mode={self.padding_mode}" if self.padding_mode != "zeros" else ""
        )
