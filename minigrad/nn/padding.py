"""Padding as layers; see functional.pad."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from . import functional as F
from .module import Module


class _Pad(Module):
    """Padding of the last dimensions: one number for all ends, or (left, right, top, bottom)."""

    _mode = "constant"
    _dims: int

    def __init__(self, padding: Any) -> None:
        super().__init__()
        whole = hasattr(padding, "__index__")
        self.padding = (padding,) * (2 * self._dims) if whole else tuple(padding)

    def forward(self, input: Tensor) -> Tensor:
        """The input, larger."""
        return F.pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        """The padding."""
        return f"{self.padding}"


class ConstantPad1d(_Pad):
    """A value on both sides of sequences (N, C, L) or (C, L).

    >>> nn.ConstantPad1d(1, 9.)(tensor([[1., 2.]]))
    tensor([[9., 1., 2., 9.]])
    """

    _dims = 1

    def __init__(self, padding: Any, value: float) -> None:
        super().__init__(padding)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        """The input, larger."""
        return F.pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        """The padding, and the value."""
        return f"padding={self.padding}, value={self.value}"


class ConstantPad2d(ConstantPad1d):
    """A value around images (N, C, H, W) or (C, H, W).

    >>> nn.ConstantPad2d((1, 0, 0, 0), 9.)(tensor([[[1., 2.]]]))
    tensor([[[9., 1., 2.]]])
    """

    _dims = 2


class ZeroPad1d(ConstantPad1d):
    """Zeros on both sides of sequences.

    >>> nn.ZeroPad1d(1)(tensor([[1., 2.]]))
    tensor([[0., 1., 2., 0.]])
    """

    def __init__(self, padding: Any) -> None:
        super().__init__(padding, 0.0)

    def extra_repr(self) -> str:
        """The padding."""
        return f"{self.padding}"


class ZeroPad2d(ZeroPad1d):
    """Zeros around images.

    >>> nn.ZeroPad2d((1, 0, 0, 0))(tensor([[[1., 2.]]]))
    tensor([[[0., 1., 2.]]])
    """

    _dims = 2


class ReflectionPad1d(_Pad):
    """Sequences reflected at both ends.

    >>> nn.ReflectionPad1d(1)(tensor([[1., 2., 3.]]))
    tensor([[2., 1., 2., 3., 2.]])
    """

    _mode, _dims = "reflect", 1


class ReflectionPad2d(_Pad):
    """Images reflected at their borders.

    >>> nn.ReflectionPad2d((1, 0, 0, 0))(tensor([[[1., 2.]]]))
    tensor([[[2., 1., 2.]]])
    """

    _mode, _dims = "reflect", 2


class ReplicationPad1d(_Pad):
    """Sequences whose first and last element are repeated.

    >>> nn.ReplicationPad1d(1)(tensor([[1., 2.]]))
    tensor([[1., 1., 2., 2.]])
    """

    _mode, _dims = "replicate", 1


class ReplicationPad2d(_Pad):
    """Images whose border is repeated.

    >>> nn.ReplicationPad2d((1, 0, 0, 0))(tensor([[[1., 2.]]]))
    tensor([[[1., 1., 2.]]])
    """

    _mode, _dims = "replicate", 2


class CircularPad1d(_Pad):
    """Sequences that begin again at both ends.

    >>> nn.CircularPad1d(1)(tensor([[1., 2., 3.]]))
    tensor([[3., 1., 2., 3., 1.]])
    """

    _mode, _dims = "circular", 1


class CircularPad2d(_Pad):
    """Images that begin again at their borders.

    >>> nn.CircularPad2d((1, 0, 0, 0))(tensor([[[1., 2.]]]))
    tensor([[[2., 1., 2.]]])
    """

    _mode, _dims = "circular", 2
