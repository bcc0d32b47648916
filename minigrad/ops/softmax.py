"""softmax and its logarithm, fused for stability, each beside the plain form it must equal."""

from __future__ import annotations

import warnings
from typing import Any

from .. import dtypes
from ..autograd import derivatives as d
from ..autograd import derivatives_nn as dn
from ..autograd.engine import Value, apply_to
from .arguments import Tensor, array_of, axis_of, floating
from .elementwise import div, exp, log
from .reduction import sum

__all__ = [
    "log_softmax", "softmax",
]  # fmt: skip


def _softmax_axis(input: Any, dim: int | None, dtype: Any, name: str) -> tuple[Any, Any]:
    if dtype is not None and isinstance(input, Value):
        input = d.cast(input, dtype=dtypes.as_dtype(dtype))
    array = array_of(input, name)
    if array.size:  # of nothing whatever type is taken
        floating(input, name, f"{name}_lastdim_kernel_impl")
    ndim = array.ndim
    if dim is None:
        warnings.warn(
            f"Implicit dimension choice for {name} has been deprecated. Change the call to include "
            "dim=X as an argument.",
            stacklevel=3,
        )
        dim = 0 if ndim in (0, 1, 3) else 1
    axis = axis_of(dim, ndim)
    return input, axis if ndim else ()


def softmax(
    input: Tensor, dim: int | None = None, dtype: Any = None, *, axis: int | None = None
) -> Tensor:
    """exp(input) / sum(exp(input)) along dim, with no overflow: positive numbers that sum to 1.

    >>> tensor([[1., 1.], [1000., 0.]]).softmax(1)
    tensor([[0.5000, 0.5000],
            [1.0000, 0.0000]])
    """
    input, at = _softmax_axis(input, dim if axis is None else axis, dtype, "softmax")
    whole = not input._array.size and input._array.dtype.kind != "f"
    return d.clone(input) if whole else apply_to(dn.softmax, input, {"axis": at})


def softmax_simple(input: Tensor, dim: int) -> Tensor:
    """The plain form of softmax, which overflows.

    >>> nn.functional.softmax_simple(tensor([1., 1.]), 0)
    tensor([0.5000, 0.5000])
    """
    powers = exp(input)
    return div(powers, sum(powers, dim, keepdim=True))


def log_softmax(
    input: Tensor, dim: int | None = None, dtype: Any = None, *, axis: int | None = None
) -> Tensor:
    """The logarithm of softmax(input, dim), exact also where that is 0 or 1.

    >>> tensor([0., 1000.]).log_softmax(0)
    tensor([-1000.,     0.])
    """
    input, at = _softmax_axis(input, dim if axis is None else axis, dtype, "log_softmax")
    whole = not input._array.size and input._array.dtype.kind != "f"
    return d.clone(input) if whole else apply_to(dn.log_softmax, input, {"axis": at})


def log_softmax_simple(input: Tensor, dim: int) -> Tensor:
    """The plain form of log_softmax, which overflows.

    >>> nn.functional.log_softmax_simple(tensor([0., 0.]), 0)
    tensor([-0.6931, -0.6931])
    """
    return log(softmax_simple(input, dim))


class Softmax(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    softmax, log_softmax = softmax, log_softmax
