"""Running along a dimension: extremes and sums so far, differences, integrals, slopes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from ..autograd import derivatives as d
from ..autograd import derivatives_functions as df
from ..autograd.engine import Value, wrap
from ..autograd.errors import BOOLEAN_MINUS, tensor_words
from .arguments import Tensor, along, array_of, axes_of
from .elementwise import add, div, mul, sub
from .indexing import gather, getitem
from .reduction import cumsum, sum
from .shaping import cat, narrow, unsqueeze

__all__ = [
    "cummax", "cummin", "cumulative_trapezoid", "diff", "gradient", "logcumsumexp", "trapezoid",
    "trapz",
]  # fmt: skip


class RunningPair(NamedTuple):
    """What cummax() and cummin() return: the extremes so far, and where they stand."""

    values: Any
    indices: Any


def cummax(input: Tensor, dim: int) -> RunningPair:
    """The largest element so far along dim, and where it stands: of equal ones the last.

    >>> tensor([1., 3., 2.]).cummax(0).values
    tensor([1., 3., 3.])
    """
    return _so_far("cummax", input, dim, np.maximum)


def cummin(input: Tensor, dim: int) -> RunningPair:
    """The smallest element so far along dim, and where it stands: of equal ones the last.

    >>> tensor([3., 1., 2.]).cummin(0).indices
    tensor([0, 1, 1])
    """
    return _so_far("cummin", input, dim, np.minimum)


def _so_far(name: str, input: Any, dim: Any, extreme: np.ufunc) -> RunningPair:
    at = along(input, dim, None, name)
    x = input._array
    if not x.ndim:
        return RunningPair(d.clone(input), wrap(np.zeros((), np.int64)))
    best = extreme.accumulate(x, at)
    places = np.arange(x.shape[at]).reshape((-1,) + (1,) * (x.ndim - 1 - at))
    hit = (x == best) | (np.isnan(x) if x.dtype.kind == "f" else False)
    indices = wrap(np.maximum.accumulate(np.where(hit, places, 0), at))
    return RunningPair(gather(input, at, indices), indices)


def logcumsumexp(input: Tensor, dim: int) -> Tensor:
    """The logarithm of the running sum of exp(input) along dim, with no overflow.

    >>> tensor([1000., 1000.]).logcumsumexp(0)
    tensor([1000.0000, 1000.6932])
    """
    at = along(input, dim, None, "logcumsumexp")
    if input._array.dtype.kind != "f":
        raise NotImplementedError(
            f'"logcumsumexp_out_cpu" not implemented for {tensor_words(input)}'
        )
    return df.logcumsumexp(input, axis=at) if input._array.ndim else d.clone(input)


def diff(
    input: Tensor, n: int = 1, dim: int = -1, prepend: Tensor | None = None,
    append: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The differences of neighbours along dim, n times over; of booleans where they differ.

    >>> tensor([1, 3, 6]).diff()
    tensor([2, 3])
    """
    if not array_of(input, "diff").ndim:
        raise RuntimeError("diff expects input to be at least one-dimensional")
    if n < 0:
        raise RuntimeError(f"order must be non-negative but got {n}")
    at = along(input, dim, None, "diff")
    if n == 0:
        return d.clone(input)
    parts = [x for x in (prepend, input, append) if x is not None]
    for x in parts:
        if array_of(x, "diff").ndim != input._array.ndim:
            raise RuntimeError(
                "diff expects prepend or append to be the same dimension as input, and "
                f"{tensor_words(x)} is not as {tensor_words(input)}"
            )
    y = cat(parts, at) if len(parts) > 1 else input
    size = y._array.shape[at]
    for left in range(size - 1, max(size - 1 - n, -1), -1):
        after, before = narrow(y, at, 1, left), narrow(y, at, 0, left)
        if y._array.dtype.kind == "b":
            y = wrap(after._array ^ before._array)
        else:
            y = sub(after, before)
    return y if n < size or not size else narrow(y, at, 0, 0)


# -- integrals ------------------------------------------------------------------------------------
def _strips(name: str, y: Any, x: Any, dx: Any, dim: int) -> tuple[Any, int]:
    """The areas between neighbours, by the trapezoidal rule."""
    at = along(y, dim, None, name)
    if not y._array.ndim:
        raise IndexError(f"{name}(): dimension specified as {dim} but tensor has no dimensions")
    n = y._array.shape[at]
    if y._array.dtype.kind == "b" or (x is not None and x._array.dtype.kind == "b"):
        raise RuntimeError(
            f"{name}: received a bool input for `x` or `y`, but bool is not supported"
        )
    if n == 0:
        return wrap(y._array), at  # the integral over nothing depends on nothing
    heights = add(narrow(y, at, 1, n - 1), narrow(y, at, 0, n - 1))
    if x is None:
        return mul(heights, dx / 2), at
    if x._array.ndim == 1 and y._array.ndim > 1:
        if x._array.size != n:
            raise RuntimeError(
                f"{name}: There must be one `x` value for each sample point, got "
                f"{x._array.size} for {n}"
            )
        steps = diff(x)
        for _ in range(y._array.ndim - 1 - at):
            steps = unsqueeze(steps, -1)
    else:
        steps = diff(x, dim=at - y._array.ndim)
    return div(mul(heights, steps), 2), at


def trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1
) -> Tensor:
    """The integral along dim by the trapezoidal rule, of samples dx (1) apart or at the points x.

    >>> trapezoid(tensor([1., 5., 10.])), trapezoid(tensor([1., 5.]), tensor([0., 3.]))
    (tensor(10.5000), tensor(9.))
    """
    areas, at = _strips("trapezoid", y, x, 1 if dx is None else dx, dim)
    return sum(areas, at - y._array.ndim)


trapz = trapezoid


def cumulative_trapezoid(
    y: Tensor, x: Tensor | None = None, *, dx: float | None = None, dim: int = -1
) -> Tensor:
    """The running integral along dim by the trapezoidal rule; one element fewer than y.

    >>> cumulative_trapezoid(tensor([1., 5., 10.]))
    tensor([ 3.0000, 10.5000])
    """
    areas, at = _strips("cumulative_trapezoid", y, x, 1 if dx is None else dx, dim)
    return cumsum(areas, at - y._array.ndim)


# -- slopes ---------------------------------------------------------------------------------------
def gradient(
    input: Tensor, *, spacing: Any = 1, dim: int | Sequence[int] | None = None, edge_order: int = 1
) -> tuple:
    """The slopes along each of the dimensions, estimated from neighbours: a tuple of tensors.

    spacing is a distance, one for each dimension, or the coordinates, a vector for each dimension.

    >>> gradient(tensor([1., 2., 4., 8.]))
    (tensor([1.0000, 1.5000, 3.0000, 4.0000]),)
    """
    ndim = array_of(input, "gradient").ndim
    axes = () if dim == () else axes_of(dim, ndim)
    if edge_order not in (1, 2):
        raise RuntimeError("torch.gradient only supports edge_order=1 and edge_order=2.")
    if isinstance(spacing, Value):
        spacing = (spacing,)
    spacings = list(spacing) if isinstance(spacing, (list, tuple)) else [spacing] * len(axes)
    if len(spacings) != len(axes):
        raise RuntimeError(
            "torch.gradient expected spacing to be unspecified, a scalar, or a list of length "
            f"{len(axes)}, but got {len(spacings)}"
        )
    if input._array.dtype.kind in "bu":
        raise RuntimeError(
            BOOLEAN_MINUS
            if input._array.dtype.kind == "b"
            else "torch.gradient does not support uint8 input."
        )
    if input._array.dtype.kind != "f":
        input = d.cast(input, dtype=dtypes.get_default_dtype())
    return tuple(_slope(input, a, h, edge_order) for a, h in zip(axes, spacings, strict=True))


def _slope(y: Any, at: int, spacing: Any, edge_order: int) -> Any:
    n = y._array.shape[at]
    if n < edge_order + 1:
        raise RuntimeError(
            "torch.gradient expected each dimension size to be at least edge_order+1, and "
            f"dimension {at} has {n}"
        )
    if isinstance(spacing, Value):
        steps = diff(spacing)
    else:
        steps = wrap(np.full(n - 1, spacing, y._array.dtype))
    steps = getitem(steps, (slice(None), *(None,) * (y._array.ndim - 1 - at)))
    rise = div(diff(y, dim=at), steps)
    before, after = narrow(rise, at, 0, n - 2), narrow(rise, at, 1, n - 2)
    h, k = narrow(steps, 0, 0, n - 2), narrow(steps, 0, 1, n - 2)
    inner = div(add(mul(before, k), mul(after, h)), add(h, k))
    first, last = narrow(rise, at, 0, 1), narrow(rise, at, n - 2, 1)
    if edge_order == 2:
        first = _edge(first, narrow(rise, at, 1, 1), h, k, 0)
        last = _edge(last, narrow(rise, at, n - 3, 1), k, h, n - 3)
    return cat([first, inner, last], at)


def _edge(near: Any, far: Any, h: Any, k: Any, i: int) -> Any:
    """The slope at the edge of the parabola through three points: h is the step next to it."""
    h, k = narrow(h, 0, i, 1), narrow(k, 0, i, 1)
    return add(near, mul(sub(near, far), div(h, add(h, k))))


class Running(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    cummax, cummin, logcumsumexp, diff = cummax, cummin, logcumsumexp, diff
