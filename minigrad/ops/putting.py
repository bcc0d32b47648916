"""Copies with something written into them: at indices, at masks, into slices, or reduced there."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from ..autograd import derivatives as d
from ..autograd.engine import Value, apply, wrap
from ..autograd.errors import tensor_words
from .arguments import Tensor, along, array_of
from .elementwise import add, div, floor_divide
from .indexing import getitem, in_range, index_array, leading_part, positions_along, same_type
from .reduction import amax, amin, prod, sum
from .shaping import broadcast_to, cat, ravel, reshape

__all__ = [
    "diagonal_scatter", "index_copy", "index_fill", "index_reduce", "masked_scatter", "put",
    "scatter_reduce", "select_scatter", "slice_scatter", "take",
]  # fmt: skip


def take(input: Tensor, index: Tensor) -> Tensor:
    """The elements at these positions, counted row by row; negative ones from the end.

    >>> tensor([[1, 2], [3, 4]]).take(tensor([0, -1]))
    tensor([1, 4])
    """
    array_of(input, "take")
    return getitem(ravel(input), _flat(input, index, "take"))


def _flat(input: Any, index: Any, name: str) -> np.ndarray:
    positions = index_array(index, name)
    n = input._array.size
    if positions.size and not ((positions >= -n) & (positions < n)).all():
        bad = int(positions[(positions < -n) | (positions >= n)].flat[0])
        raise IndexError(f"out of range: tried to access index {bad} on a tensor of {n} elements.")
    return positions % n if n else positions


def put(input: Tensor, index: Tensor, source: Tensor, accumulate: bool = False) -> Tensor:
    """input with source written, or with accumulate=True added, at these positions, counted row by
    row.

    >>> tensor([0., 0.]).put(tensor([1, 1]), tensor([2., 3.]), accumulate=True)
    tensor([0., 5.])
    """
    same_type(input, source, "put")
    positions = _flat(input, index, "put").reshape(-1)
    if positions.size != source._array.size:
        raise IndexError(
            "put_(): Expected source and index to have the same number of elements, but got "
            f"source.numel() = {source._array.size}, index.numel() = {positions.size}"
        )
    flat, values, shape = ravel(input), ravel(source), input._array.shape
    if accumulate:
        return reshape(add(flat, d.put(values, index=positions, shape=flat._array.shape)), shape)
    return reshape(apply(d.replace, (flat, values), {"index": positions}), shape)


def _slices(input: Any, dim: int, index: Any, name: str) -> tuple[int, np.ndarray, Any]:
    """The dimension, the positions in it, and the tensor, which has one at least."""
    at = along(input, dim, None, name)
    positions = index_array(index, name)
    if positions.ndim > 1:
        raise IndexError(f"{name}(): Index is supposed to be a vector, not {positions.ndim}D")
    return at, positions.reshape(-1), input if input._array.ndim else reshape(input, (1,))


def index_fill(input: Tensor, dim: int, index: Tensor, value: Tensor | float) -> Tensor:
    """input with one value at the positions in index along dim.

    >>> tensor([[1, 2], [3, 4]]).index_fill(1, tensor([0]), 9)
    tensor([[9, 2],
            [9, 4]])
    """
    at, positions, x = _slices(input, dim, index, "index_fill")
    n = x._array.shape[at]
    if positions.size and not ((positions >= -n) & (positions < n)).all():
        bad = int(positions[(positions < -n) | (positions >= n)][0])
        raise IndexError(f"index {bad} is out of bounds for dimension {at} with size {n}")
    filling: Any = value
    if isinstance(value, Value):
        if value._array.ndim:
            raise RuntimeError(
                "index_fill_ only supports a 0-dimensional value tensor, but got tensor with "
                f"{value._array.ndim} dimension(s)."
            )
        filling = d.cast(value, dtype=x._array.dtype)
    y = apply(d.replace, (x, filling), {"index": (slice(None),) * at + (positions,)})
    return reshape(y, input._array.shape)


def index_copy(input: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """input with the slices of source written at the positions in index along dim.

    >>> tensor([0., 0., 0.]).index_copy(0, tensor([2, 0]), tensor([5., 6.]))
    tensor([6., 0., 5.])
    """
    at, positions, x = _slices(input, dim, index, "index_copy")
    same_type(input, source, "index_copy")
    part = source if source._array.ndim else reshape(source, (1,))
    if part._array.ndim != x._array.ndim:
        raise IndexError(
            f"index_copy_(): source and destination must have the same number of dimensions, "
            f"not {tensor_words(source)} and {tensor_words(input)}"
        )
    if positions.size != part._array.shape[at]:
        raise IndexError(
            f"index_copy_(): Number of indices ({positions.size}) should be equal to "
            f"source.size(dim) ({part._array.shape[at]})"
        )
    n = x._array.shape[at]
    if positions.size and not ((positions >= -n) & (positions < n)).all():
        raise IndexError(f"index_copy_(): index out of bounds for dimension {at} with size {n}")
    y = apply(d.replace, (x, part), {"index": (slice(None),) * at + (positions,)})
    return reshape(y, input._array.shape)


def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """input with the elements of source, in order, written where the boolean mask holds.

    >>> tensor([1., 2., 3.]).masked_scatter(tensor([True, False, True]), tensor([7., 8.]))
    tensor([7., 2., 8.])
    """
    same_type(input, source, "masked_scatter")
    if array_of(mask, "masked_scatter", "mask", 2).dtype.kind != "b":
        raise RuntimeError(
            f"masked_scatter_ only supports boolean masks, but got mask {tensor_words(mask)}"
        )
    shape = np.broadcast_shapes(input._array.shape, mask._array.shape)
    where = np.broadcast_to(mask._array, shape)
    n = int(where.sum())
    if source._array.size < n:
        raise RuntimeError(
            f"Number of elements of source < number of ones in mask: {source._array.size} < {n}"
        )
    values = getitem(ravel(source), slice(0, n))
    return apply(d.replace, (broadcast_to(input, shape), values), {"index": where})


# -- reduced there ---------------------------------------------------------------------------------
REDUCTIONS: dict[str, Any] = {"sum": sum, "prod": prod, "amax": amax, "amin": amin, "mean": sum}


def _nothing(reduce: str, dtype: np.dtype) -> Any:
    """What changes nothing when it takes part in a reduction."""
    if reduce in ("sum", "mean", "prod"):
        return int(reduce == "prod")
    limits: Any = np.iinfo(dtype) if dtype.kind in "iu" else None
    if dtype.kind == "b":
        return reduce == "amin"
    if reduce == "amax":
        return -np.inf if limits is None else limits.min
    return np.inf if limits is None else limits.max


def scatter_reduce(
    input: Tensor, dim: int, index: Tensor, src: Tensor, reduce: str, *, include_self: bool = True
) -> Tensor:
    """input with the elements of src reduced where index says along dim: "sum", "prod", "mean",
    "amax" or "amin" of what comes there, and of input's element, unless include_self=False.

    >>> tensor([1., 2.]).scatter_reduce(0, tensor([1, 1]), tensor([4., 6.]), "mean")
    tensor([1., 4.])
    """
    if reduce not in REDUCTIONS:
        raise RuntimeError(
            f"reduce argument must be either sum, prod, mean, amax or amin, got {reduce}"
        )
    at = along(input, dim, None, "scatter_reduce")
    positions = index_array(index, "scatter_reduce")
    same_type(input, src, "scatter_reduce")
    shape = input._array.shape
    x, part = (t if t._array.ndim else reshape(t, (1,)) for t in (input, src))
    positions = positions.reshape(1) if not positions.ndim else positions
    in_range(positions, x._array.shape[at], "scatter", at)
    part = leading_part(part, positions)
    targets = np.arange(x._array.size).reshape(x._array.shape)[positions_along(positions, at)]
    return reshape(_reduced(x, targets.reshape(-1), part, reduce, include_self), shape)


def _reduced(x: Any, targets: np.ndarray, part: Any, reduce: str, include_self: bool) -> Any:
    """For each element of x the row of all that comes together there, reduced along the rows."""
    n, m, dtype = x._array.size, targets.size, x._array.dtype
    order = np.argsort(targets, kind="stable")
    counts = np.bincount(targets, minlength=n)
    starts = np.cumsum(counts) - counts
    width = int(counts.max()) if n else 0
    rows = np.full((n, width + 1), n + m)  # which element of [x, part, nothing] stands where
    rows[:, 0] = np.where(include_self | (counts == 0), np.arange(n), n + m)
    rows[targets[order], 1 + np.arange(m) - starts[targets[order]]] = n + order
    filler = wrap(np.full(1, _nothing(reduce, dtype), dtype))
    table = getitem(cat([ravel(x), ravel(part), filler]), rows)
    y = REDUCTIONS[reduce](table, 1)
    y = d.cast(y, dtype=dtype) if y._array.dtype != dtype else y
    if reduce == "mean":
        share = wrap(np.maximum(counts + include_self, 1).astype(dtype))
        y = div(y, share) if dtype.kind == "f" else floor_divide(y, share)
    return y


def index_reduce(
    input: Tensor, dim: int, index: Tensor, source: Tensor, reduce: str, *,
    include_self: bool = True,
) -> Tensor:  # fmt: skip
    """input with the slices of source reduced at the positions in index along dim: "prod", "mean",
    "amax" or "amin".

    >>> tensor([1., 2.]).index_reduce(0, tensor([1, 1]), tensor([4., 6.]), "amax")
    tensor([1., 6.])
    """
    if reduce not in ("prod", "mean", "amax", "amin"):
        raise RuntimeError(
            f"index_reduce(): Expected reduce to be one of prod, mean, amax or amin, not {reduce}"
        )
    at, positions, _ = _slices(input, dim, index, "index_reduce")
    if positions.size != source._array.shape[at]:
        raise RuntimeError(
            f"index_reduce_(): Number of indices ({positions.size}) should be equal to "
            f"source.size(dim) ({source._array.shape[at]})"
        )
    spread = positions.reshape((-1,) + (1,) * (source._array.ndim - 1 - at))
    where: Any = wrap(np.broadcast_to(spread, source._array.shape))
    return scatter_reduce(input, dim, where, source, reduce, include_self=include_self)


# -- into slices -----------------------------------------------------------------------------------
def _into(input: Any, src: Any, index: Any, name: str) -> Any:
    same_type(input, src, name)
    place = input._array[index].shape
    if src._array.shape != place:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src._array.shape)}, slice size = {list(place)}"
        )
    return apply(d.replace, (input, src), {"index": index})


def select_scatter(input: Tensor, src: Tensor, dim: int, index: int) -> Tensor:
    """input with src in place of the slice at one position along dim.

    >>> tensor([[1, 2], [3, 4]]).select_scatter(tensor([8, 9]), 0, 1)
    tensor([[1, 2],
            [8, 9]])
    """
    at = along(input, dim, None, "select_scatter")
    n = input._array.shape[at]
    if not -n <= index < n:
        raise IndexError(f"select(): index {index} out of range for a dimension of size {n}")
    return _into(input, src, (slice(None),) * at + (index,), "select_scatter")


def slice_scatter(
    input: Tensor, src: Tensor, dim: int = 0, start: int | None = None, end: int | None = None,
    step: int = 1,
) -> Tensor:  # fmt: skip
    """input with src in place of the slices from start to end, step apart, along dim.

    >>> tensor([1, 2, 3]).slice_scatter(tensor([8, 9]), start=1)
    tensor([1, 8, 9])
    """
    at = along(input, dim, None, "slice_scatter")
    part = builtins.slice(start, end, step)
    return _into(input, src, (slice(None),) * at + (part,), "slice_scatter")


def diagonal_scatter(
    input: Tensor, src: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1
) -> Tensor:
    """input with src on the diagonal of two dimensions.

    >>> tensor([[1, 2], [3, 4]]).diagonal_scatter(tensor([8, 9]))
    tensor([[8, 2],
            [3, 9]])
    """
    a, b = (along(input, x, None, "diagonal_scatter") for x in (dim1, dim2))
    flat = np.arange(input._array.size).reshape(input._array.shape)
    where = np.diagonal(flat, offset, a, b)
    same_type(input, src, "diagonal_scatter")
    if src._array.shape != where.shape:
        raise RuntimeError(
            "expected src to have a size equal to the slice of self. src size = "
            f"{list(src._array.shape)}, slice size = {list(where.shape)}"
        )
    y = apply(d.replace, (ravel(input), ravel(src)), {"index": where.reshape(-1)})
    return reshape(y, input._array.shape)


class Putting(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    take, put, index_fill, index_copy = take, put, index_fill, index_copy
    masked_scatter, scatter_reduce, index_reduce = masked_scatter, scatter_reduce, index_reduce
    select_scatter, slice_scatter = select_scatter, slice_scatter
    diagonal_scatter = diagonal_scatter
