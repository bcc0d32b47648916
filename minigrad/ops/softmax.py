"""softmax and its logarithm, fused for stability, each beside the plain form it must equal."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import dtypes
from ..autograd import Node, apply, primitive
from .registry import axis_of, cast, method, need_floating

if TYPE_CHECKING:
    from ..tensor import Tensor


def _softmax_axis(input: Any, dim: int | None, dtype: Any, name: str) -> tuple[Tensor, Any]:
    if dtype is not None and isinstance(input, Node):
        input = cast(input, dtype=dtypes.as_dtype(dtype))
    need_floating(input, f"{name}_lastdim_kernel_impl")
    ndim = input._array.ndim
    if dim is None:
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
            "dim=X as an argument.",
            stacklevel=3,
        )
        dim = 0 if ndim in (0, 1, 3) else 1
    axis = axis_of(dim, ndim)
    return input, axis if ndim else ()


@method
def softmax(
    input: Tensor, dim: int | None = None, dtype: Any = None, *, axis: int | None = None
) -> Tensor:
    """exp(input) / sum(exp(input)) along dim, with no overflow: positive numbers that sum to 1.

    >>> tensor([[1., 1.], [1000., 0.]]).softmax(1)
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]])
    """
    input, at = _softmax_axis(input, dim if axis is None else axis, dtype, "softmax")
    return apply(_softmax, (input,), {"axis": at})


def softmax_simple(input: Tensor, dim: int) -> Tensor:
    """The plain form of softmax, which overflows.

    >>> nn.functional.softmax_simple(tensor([1., 1.]), 0)
    tensor([0.5000, 0.5000])
    """
    powers = input.exp()
    return powers / powers.sum(dim, keepdim=True)


@primitive(lambda g, y, x, axis: (g - (g * y).sum(axis=axis, keepdims=True)) * y)
def _softmax(x: Any, *, axis: Any) -> Any:
    e = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-math.inf))
    return e / np.add.reduce(e, axis=axis, keepdims=True)


@method
def log_softmax(
    input: Tensor, dim: int | None = None, dtype: Any = None, *, axis: int | None = None
) -> Tensor:
    """The logarithm of softmax(input, dim), exact also where that is 0 or 1.

    >>> tensor([0., 1000.]).log_softmax(0)
    tensor([-1000.,     0.])
    """
    input, at = _softmax_axis(input, dim if axis is None else axis, dtype, "log_softmax")
    return apply(_log_softmax, (input,), {"axis": at})


def log_softmax_simple(input: Tensor, dim: int) -> Tensor:
    """The plain form of log_softmax, which overflows.

    >>> nn.functional.log_softmax_simple(tensor([0., 0.]), 0)
    tensor([-0.6931, -0.6931])
    """
    return softmax_simple(input, dim).log()


@primitive(lambda g, y, x, axis: g - np.exp(y) * g.sum(axis=axis, keepdims=True))
def _log_softmax(x: Any, *, axis: Any) -> Any:
    z = x - np.max(x, axis=axis, keepdims=True, initial=-math.inf)
    return z - np.log(np.add.reduce(np.exp(z), axis=axis, keepdims=True))
