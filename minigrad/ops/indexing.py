"""Operations that pick elements, put elements somewhere, or order them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..autograd import derivatives as d
from ..autograd.changes import mark_changed
from ..autograd.engine import Value, apply, apply_to, wrap
from ..autograd.errors import explain, tensor_words
from .arguments import Tensor, along, array_of, axis_of
from .elementwise import add, mul
from .shaping import broadcast_to, narrow, ravel, reshape

__all__ = [
    "argsort", "gather", "index_add", "index_put", "index_select", "masked_select", "nonzero",
    "repeat_interleave", "scatter", "scatter_add", "sort", "take_along_dim", "topk", "unique",
]  # fmt: skip


# -- t[...] --------------------------------------------------------------------------------------


def getitem(input: Tensor, index: Any) -> Tensor:
    """t[index] with ints, slices, None, ..., lists, ranges, arrays, masks and Tensors, alone or
    mixed.
    """
    if type(index) is int:
        one = input._array.ndim == 1  # of a vector a view, too, and no number
        return apply_to(d.getitem, input, {"index": (index, ...) if one else index}, True)
    for part in plan(input, index):
        y = apply_to(d.getitem, input, {"index": part}, view=True)
        base, array = y._array.base, input._array
        if base is not array and (base is None or base is not array.base):  # picked by arrays
            y._link = None
        input = y
    return input


def plan(t: Any, index: Any) -> list:
    """The index as one or two that NumPy understands as torch would.

    torch applies ints, slices, None and ... first, and then the arrays at the dimensions that
    remain; NumPy lets an int beside an array take part as an array, which moves dimensions around.
    """
    if type(index) is list and any(not isinstance(i, (int, float, np.generic)) for i in index):
        index = tuple(index)  # a list of lists, slices or Tensors means the same as a tuple
    if not isinstance(index, tuple):
        index = _plain(index)
        return [(index, ...) if type(index) is int else index]
    parts = tuple(map(_plain, index))
    if d.is_basic(parts):
        one = type(parts[-1]) is int and all([type(i) is int for i in parts]) if parts else False
        return [(*parts, ...) if one else parts]  # of all ints a view, too, and no number
    arrays = [i for i in parts if isinstance(i, np.ndarray)]
    if len(arrays) == len(parts) or all(isinstance(i, (np.ndarray, slice)) for i in parts):
        return [parts]
    spent = sum(i.ndim if i.dtype == bool else 1 for i in arrays)
    spent += sum(type(i) in (int, slice) for i in parts)
    first: list = []
    second: list = []
    for i in parts:
        if isinstance(i, np.ndarray):
            n = i.ndim if i.dtype == bool else 1
            first += [slice(None)] * n
            second.append(i)
        elif i is Ellipsis:
            n = max(t._array.ndim - spent, 0)
            first += [slice(None)] * n
            second += [slice(None)] * n
        else:
            first.append(i)
            second += [] if type(i) is int else [slice(None)]
    return [tuple(first), tuple(second)]


def _plain(i: Any) -> Any:
    """One part of an index as an int, a slice, None, ... or an array; else torch's errors."""
    if type(i) is slice:
        if i.step is not None and i.step.__index__() <= 0:
            raise ValueError(
                f"step must be greater than zero, not {i.step}; t.flip(dim) reverses a dimension"
            )
        if isinstance(i.start, Value) or isinstance(i.stop, Value):
            return slice(*(None if n is None else n.__index__() for n in (i.start, i.stop, i.step)))
        return i
    if i is None or i is Ellipsis or type(i) is int:
        return i
    if isinstance(i, str):
        raise TypeError(f"new(): invalid data type 'str': {i!r} is no index of a tensor")
    if isinstance(i, (bool, np.bool_)):
        return np.asarray(i)
    if isinstance(i, np.integer):
        return int(i)
    if isinstance(i, Value):
        i = i._array
        if i.ndim == 0 and i.dtype.kind in "iu":
            return int(i)
    elif isinstance(i, range):
        i = np.arange(i.start, i.stop, i.step)
    elif isinstance(i, (list, tuple)):
        i = np.asarray(
            [int(n._array) if isinstance(n, Value) and not n._array.ndim else n for n in i]
        )
        if i.size == 0:
            i = i.astype(np.int64)
    if not isinstance(i, np.ndarray) or i.dtype.kind not in "iub":
        found = f"{i.dtype} tensor" if isinstance(i, np.ndarray) else type(i).__name__
        raise IndexError(
            "only integers, slices (`:`), ellipsis (`...`), None and long or byte "
            "Variables are valid indices "
            f"(got {found})"
        )
    return i


def place_of(t: Any, index: Any, value: Any) -> Any:
    """What of t's memory an index without arrays shows; None for others. Errors of the call first.

    These are a value that is neither a number nor a tensor, and an index that is out of bounds.
    """
    if not isinstance(value, (Value, np.ndarray, int, float, np.generic)):
        raise TypeError(
            f"can't assign a {type(value).__name__} to a {tensor_words(t)}; use a number "
            "or a tensor"
        )
    if not d.is_basic(index):
        return None
    try:
        part = t._array[index]
        return part if isinstance(part, np.ndarray) else t._array[...]  # t[()] is no number
    except Exception as error:
        return explain(error, d.replace, "copy_slices", (t, value), {"index": index}, [])


def type_fits(t: Any, index: Any, value: Value) -> None:
    """Refuse a value of another type at an index with arrays, as torch; one element at a mask is
    converted.
    """
    own, other = t._array.dtype, value._array.dtype
    if own is other or d.is_basic(index):
        return
    masked = isinstance(index, np.ndarray) and index.dtype == bool and index.ndim > 0
    if not (masked and value._array.size == 1):
        apply(d.getitem, (wrap(t._array),), {"index": index})  # an index out of bounds comes first
        raise RuntimeError(
            "Index put requires the source and destination dtypes match, got "
            f"{own} for the destination and {other} for the source; convert with value.to(t.dtype)"
        )


def assign(t: Any, part: Any, index: Any, value: Any) -> None:
    """Write a value into a part of t's memory, or to where an index with arrays leads in it."""
    raw = value._array if isinstance(value, Value) else value
    basic = d.is_basic(index)
    target = t._array if part is None else part
    try:
        _fits(np.shape(raw), target, ... if basic else index)
        mark_changed(t._array)
        if target.dtype.kind == "f":
            target[... if basic else index] = raw
        else:
            with np.errstate(invalid="ignore"):  # nan becomes some whole number
                target[... if basic else index] = raw
    except Exception as error:
        explain(error, d.replace, "copy_slices", (t, value), {"index": index}, [])


def setitem(t: Any, steps: list, value: Any) -> Any:
    """A copy of t with value at an index, as plan() gives it."""
    if len(steps) == 2:  # translate the two steps into the flat positions that they reach
        flat = np.arange(t._array.size).reshape(t._array.shape)[steps[0]][steps[1]]
        steps = [np.unravel_index(flat, t._array.shape)]
    if isinstance(value, Value) and value._array.dtype != t._array.dtype:
        whole = t._array.dtype.kind != "f"  # whole numbers carry no gradient
        value = wrap(value._array) if whole else value
        value = d.cast(value, dtype=t._array.dtype)
    array: Any = value._array if isinstance(value, Value) else value
    _fits(np.shape(array), t._array, steps[0])
    return apply(d.replace, (t, value), {"index": steps[0]})


def _fits(found: tuple, array: np.ndarray, index: Any) -> None:
    """Refuse a value of more dimensions than the place has: NumPy would drop those of size 1."""
    if not found:
        return
    shape = array[index].shape
    extra = len(found) - len(shape)
    if extra > 0 and any(n != 1 for n in found[:extra]):
        raise RuntimeError(
            f"shape mismatch: value tensor of shape {list(found)} cannot be broadcast to "
            f"indexing result of shape {list(shape)}"
        )


# -- picking by name -----------------------------------------------------------------------------
def index_array(index: Any, name: str) -> np.ndarray:
    """The array of an index of whole numbers; RuntimeError for another."""
    array = index._array if isinstance(index, Value) else index
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iu":
        found = tensor_words(index)
        raise RuntimeError(
            f"{name}(): Expected dtype int64 for index, but got {found}; use index.long()"
        )
    return array


def in_range(index: np.ndarray, n: int, name: str, dim: int) -> np.ndarray:
    """The index, if all of it lies within a dimension of n; else IndexError or RuntimeError."""
    if index.size and (index.min() < 0 or index.max() >= n):
        bad = int(index[(index < 0) | (index >= n)].flat[0])
        raise RuntimeError(
            f"{name}(): index {bad} is out of bounds for dimension {dim} with size {n}"
        )
    return index


def index_select(input: Tensor, dim: int, index: Any) -> Tensor:
    """The slices along dim at the positions in index, a vector of ints; a copy.

    >>> tensor([[1, 2], [3, 4]]).index_select(1, tensor([1, 1]))
    tensor([[2, 2],
            [4, 4]])
    """
    at = along(input, dim, None, "index_select")
    positions = index_array(index, "index_select")
    if positions.ndim > 1:
        raise IndexError(
            f"index_select(): Index is supposed to be a vector, but got dim: {positions.ndim}"
        )
    array = input._array
    try:
        n = array.shape[at] if array.ndim else 1
        positions = in_range(positions.reshape(-1), n, "index_select", at)
    except RuntimeError as error:
        if array.ndim < 2 or not at and array.size:
            raise IndexError(f"index out of range in self: {error}") from None
        raise
    if not input._array.ndim:
        return d.clone(input)
    return apply_to(d.getitem, input, {"index": (slice(None),) * at + (positions,)})


def repeat_interleave(
    input: Tensor, repeats: Any, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element, or each slice along dim, repeated in place; repeats is a count or one count for
    each.

    >>> tensor([1, 2]).repeat_interleave(2), tensor([1, 2]).repeat_interleave(tensor([1, 3]))
    (tensor([1, 1, 2, 2]), tensor([1, 2, 2, 2]))
    """
    if dim is None:
        input, dim = ravel(input), 0
    n = array_of(input, "repeat_interleave").shape[axis_of(dim, input._array.ndim)]
    counts = repeats._array if isinstance(repeats, Value) else np.asarray(repeats)
    if counts.dtype.kind not in "iu" or (counts < 0).any():
        raise RuntimeError(f"repeats must be non-negative integers, not {repeats!r}")
    if counts.ndim and counts.size not in (1, n):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got {counts.size} and {n}"
        )
    return index_select(input, dim, np.repeat(np.arange(n), counts))


def positions_along(index: np.ndarray, at: int) -> tuple:
    """The full index of what stands at index[i, j, ...] along one dimension, at i, j, ... else."""
    grid: list[np.ndarray] = list(np.indices(index.shape, sparse=True))
    grid[at] = index
    return tuple(grid)


def _check_along(input: Tensor, at: int, index: np.ndarray, name: str) -> None:
    if index.ndim != input._array.ndim and not (index.ndim <= 1 and input._array.ndim <= 1):
        raise RuntimeError(
            "Index tensor must have the same number of dimensions as input tensor: "
            f"{name} got {index.shape} and {input._array.shape}"
        )
    for i, (n, limit) in enumerate(zip(index.shape, input._array.shape, strict=False)):
        if i != at and n > limit:
            raise RuntimeError(
                f"Size does not match at dimension {i} expected index {list(index.shape)} "
                "to be no larger than self "
                f"{list(input._array.shape)} apart from dimension {at}"
            )


def gather(input: Tensor, dim: int, index: Tensor, *, sparse_grad: bool = False) -> Tensor:
    """The elements that index names along dim: out[i][j] = input[index[i][j]][j] for dim 0.

    >>> tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]]).gather(1, tensor([[0], [2]]))
    tensor([[0.1000],
            [0.5000]])
    """
    at = along(input, dim, None, "gather")
    positions = index_array(index, "gather")
    if not positions.size and positions.ndim != input._array.ndim:
        return wrap(np.empty(positions.shape, input._array.dtype))
    _check_along(input, at, positions, "gather")
    if not input._array.ndim:
        in_range(positions, 1, "gather", at)
        return broadcast_to(input, positions.shape) if positions.ndim else d.clone(input)
    if not positions.ndim:
        return getitem(input, in_range(positions, input._array.shape[at], "gather", at).item())
    in_range(positions, input._array.shape[at], "gather", at)
    return apply_to(d.getitem, input, {"index": positions_along(positions, at)})


def take_along_dim(input: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """The elements at the indices along dim, with broadcasting; as np.take_along_axis.

    Negative indices count from the end.

    >>> tensor([[3, 1, 2]]).take_along_dim(tensor([[1, 2, 0]]), 1)
    tensor([[1, 2, 3]])
    """
    if isinstance(indices, Value) and indices._array.dtype != np.int64:
        raise RuntimeError(
            "torch.take_along_dim(): dtype of indices should be Long but got "
            f"{tensor_words(indices)}"
        )
    positions = index_array(indices, "take_along_dim")
    if dim is None:
        flat = reshape(input, -1)
        in_range(positions, flat._array.size, "take_along_dim", 0)
        return getitem(flat, positions.reshape(-1))
    at = along(input, dim, None, "take_along_dim")
    if positions.ndim != input._array.ndim:
        raise RuntimeError(
            "torch.take_along_dim(): input and indices should have the same number of "
            "dimensions, but got "
            f"{input._array.ndim} dimensions for input, and {positions.ndim} dimensions for indices"
        )
    without = [list(a.shape[:at] + a.shape[at + 1 :]) for a in (input._array, positions)]
    common = list(np.broadcast_shapes(*map(tuple, without)))
    shapes = [(*common[:at], a.shape[at], *common[at:]) for a in (input._array, positions)]
    n = input._array.shape[at]
    from_front = np.where(positions < 0, positions + n, positions)
    return gather(broadcast_to(input, shapes[0]), at, wrap(np.broadcast_to(from_front, shapes[1])))


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The elements where the boolean mask holds, in one dimension; the two are broadcast.

    >>> tensor([1., 2., 3.]).masked_select(tensor([True, False, True]))
    tensor([1., 3.])
    """
    array = array_of(input, "masked_select")
    if not isinstance(mask, Value) or mask._array.dtype.kind != "b":
        raise RuntimeError(
            f"masked_select: expected BoolTensor for mask, but got {tensor_words(mask)}"
        )
    try:
        shape = np.broadcast_shapes(array.shape, mask._array.shape)
    except ValueError as error:
        explain(error, np.broadcast_shapes, "masked_select", (mask, input), {}, [])
    return getitem(broadcast_to(input, shape), np.broadcast_to(mask._array, shape))


# -- putting -------------------------------------------------------------------------------------
def scatter(input: Tensor, dim: int, index: Tensor, src: Any = None, *, value: float | None = None,
            reduce: str | None = None) -> Tensor:  # fmt: skip
    """input with src (a tensor or a number) written where index says along dim: the reverse of
    gather. reduce="add" or "multiply" combines it with what is there, as scatter_reduce.

    >>> tensor([[0., 0., 0.]]).scatter(1, tensor([[2]]), 1.)
    tensor([[0., 0., 1.]])
    """
    source: Any = value if src is None else src
    if reduce is not None:
        if reduce not in ("add", "multiply"):
            raise RuntimeError(f"reduce argument must be either add or multiply, not {reduce!r}")
        return _scatter_with(input, dim, index, source, reduce)
    at = along(input, dim, None, "scatter")
    positions = index_array(index, "scatter")
    if isinstance(source, Value):
        same_type(input, source, "scatter")
    if not positions.size:
        return d.clone(input)
    if not input._array.ndim or not positions.ndim:  # numbers count as vectors of one element
        _need_vector(input, positions, "scatter")
        parts = [reshape(t, -1) if isinstance(t, Value) else t for t in (input, source)]
        y = scatter(parts[0], 0, wrap(positions.reshape(-1)), parts[1])
        return reshape(y, input._array.shape)
    in_range(positions, input._array.shape[at], "scatter", at)
    if isinstance(source, Value):
        source = leading_part(source, positions)
    return apply(d.replace, (input, source), {"index": positions_along(positions, at)})


def _need_vector(input: Any, positions: np.ndarray, name: str) -> None:
    if max(input._array.ndim, positions.ndim) > 1:
        raise RuntimeError(
            f"{name}(): Index tensor must have the same number of dimensions as self tensor, not "
            f"{list(positions.shape)} for {list(input._array.shape)}"
        )


def _scatter_with(input: Any, dim: int, index: Any, source: Any, reduce: str) -> Any:
    if not isinstance(source, Value):
        shape = index_array(index, "scatter").shape
        source = wrap(np.full(shape, source, input._array.dtype))
    if reduce == "add":
        return scatter_add(input, dim, index, source)
    ones = wrap(np.ones_like(input._array))
    at, positions = along(input, dim, None, "scatter"), index_array(index, "scatter")
    in_range(positions, input._array.shape[at] if input._array.ndim else 1, "scatter", at)
    factors = ones._array.copy()
    np.multiply.at(factors, positions_along(positions, at), leading_part(source, positions)._array)
    return mul(input, wrap(factors))


def same_type(input: Any, src: Any, name: str) -> None:
    """RuntimeError unless both are tensors of one type."""
    own, other = array_of(input, name).dtype, array_of(src, name, "src", 4).dtype
    if own != other:
        raise RuntimeError(
            f"{name}(): Expected self.dtype to be equal to src.dtype, got {own} and {other}"
        )


def leading_part(src: Any, positions: np.ndarray) -> Any:
    """As much of src as the index is large, from the front in each dimension."""
    if src._array.ndim != positions.ndim or any(
        a < n for a, n in zip(src._array.shape, positions.shape, strict=True)
    ):
        raise RuntimeError(
            f"Expected index {list(positions.shape)} to be no larger than src "
            f"{list(src._array.shape)} in every dimension"
        )
    return (
        getitem(src, tuple(slice(0, n) for n in positions.shape))
        if src._array.shape != positions.shape
        else src
    )


def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """input with the elements of src added where index says along dim; repeated places add up.

    >>> tensor([0., 0.]).scatter_add(0, tensor([1, 1]), tensor([2., 3.]))
    tensor([0., 5.])
    """
    at = along(input, dim, None, "scatter_add")
    positions = index_array(index, "scatter_add")
    same_type(input, src, "scatter_add")
    if not positions.size:
        return d.clone(input)
    if not input._array.ndim or not positions.ndim:  # numbers count as vectors of one element
        _need_vector(input, positions, "scatter_add")
        flat: Any = wrap(positions.reshape(-1))
        y = scatter_add(reshape(input, -1), 0, flat, reshape(src, -1))
        return reshape(y, input._array.shape)
    in_range(positions, input._array.shape[at], "scatter_add", at)
    part = leading_part(src, positions)
    return add(input, d.put(part, index=positions_along(positions, at), shape=input._array.shape))


def index_add(
    input: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1
) -> Tensor:
    """input with the slices of source added at the positions in index along dim; repeated ones add
    up.

    >>> tensor([0., 0.]).index_add(0, tensor([1, 1]), tensor([2., 3.]))
    tensor([0., 5.])
    """
    at = along(input, dim, None, "index_add")
    positions = index_array(index, "index_add").reshape(-1)
    own, other = input._array.dtype, array_of(source, "index_add", "source", 4).dtype
    if own != other:
        raise RuntimeError(f"self ({own}) and source ({other}) must have the same scalar type")
    shapes = [a.shape[:at] + a.shape[at + 1 :] for a in (input._array, source._array)]
    if input._array.ndim != source._array.ndim or shapes[0] != shapes[1]:
        raise RuntimeError(
            "source tensor shape must match self tensor shape, excluding the specified dimension. "
            f"Got self.shape = {list(input._array.shape)} source.shape = "
            f"{list(source._array.shape)}"
        )
    given = source._array.shape[at] if source._array.ndim else 1
    if given != positions.size:
        raise RuntimeError(
            f"index_add_(): Number of indices ({positions.size}) should be equal to "
            f"source.size(dim): ({given}), for dim: {at}"
        )
    in_range(positions, input._array.shape[at] if input._array.ndim else 1, "index_add", at)
    added = source if alpha == 1 else mul(source, alpha)
    if not input._array.ndim:
        return add(input, added)
    where = (slice(None),) * at + (positions,)
    return add(input, d.put(added, index=where, shape=input._array.shape))


def index_put(input: Tensor, indices: tuple, values: Tensor, accumulate: bool = False) -> Tensor:
    """input with values written (or added, with accumulate) at t[indices].

    >>> tensor([0., 0.]).index_put((tensor([0, 0]),), tensor([2., 3.]), accumulate=True)
    tensor([5., 0.])
    """
    same_type(input, values, "index_put_")
    index = tuple(_plain(i) for i in indices)
    if not accumulate:
        return apply(d.replace, (input, values), {"index": index})
    shape = input._array[index].shape
    part = broadcast_to(values, shape)
    return add(input, d.put(part, index=index, shape=input._array.shape))


# -- order ---------------------------------------------------------------------------------------
class SortPair(NamedTuple):
    """What sort() and topk() return: the values in order, and where they stood."""

    values: Any
    indices: Any


def _order(x: np.ndarray, at: int, descending: bool) -> np.ndarray:
    if not x.ndim:
        return np.zeros((), np.int64)
    if not descending:
        return np.argsort(x, axis=at, kind="stable")
    return (
        x.shape[at] - 1 - np.flip(np.argsort(np.flip(x, at), axis=at, kind="stable"), at)
    )  # ties in order, too


def argsort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The positions that would put the elements along dim in order; equal ones keep theirs.

    >>> tensor([3., 1., 2.]).argsort()
    tensor([1, 2, 0])
    """
    at = along(input, dim, None, "argsort")
    return wrap(_order(input._array, at, descending))


def sort(input: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> SortPair:
    """The elements along dim in order, and where they stood; equal ones keep their order, nan is
    largest.

    >>> tensor([3., 1., 2.]).sort(descending=True).values
    tensor([3., 2., 1.])
    """
    array_of(input, "sort")
    indices = argsort(input, dim, descending)
    return SortPair(gather(input, dim, indices), indices)


def topk(
    input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True
) -> SortPair:
    """The k largest (or smallest) elements along dim in order, and where they stood.

    >>> tensor([3., 1., 2.]).topk(2).indices
    tensor([0, 2])
    """
    at = along(input, dim, None, "topk")
    n = input._array.shape[at] if input._array.ndim else 1
    if input._array.dtype.kind == "b":
        raise RuntimeError("topk does not support bool dtypes; convert with .int()")
    if not 0 <= k <= n:
        raise RuntimeError(
            f"selected index k out of range: k is {k}, and dimension {at} has {n} elements"
        )
    if not input._array.ndim:
        return SortPair(d.clone(input), wrap(np.zeros((), np.int64)))
    indices = narrow(argsort(input, at, descending=largest), at, 0, k)
    return SortPair(gather(input, at, indices), indices)


def unique(
    input: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements in order; on wish, which of them each element is, and how often each
    occurs.

    >>> tensor([2, 1, 2]).unique(return_counts=True)
    (tensor([1, 2]), tensor([1, 2]))
    """
    array = array_of(input, "unique")
    values, inverse, counts = np.unique(array, return_inverse=True, return_counts=True, axis=dim)
    inverse = inverse.reshape(array.shape if dim is None else -1)
    result = (values, *([inverse] if return_inverse else []), *([counts] if return_counts else []))
    return wrap(values) if len(result) == 1 else tuple(wrap(np.asarray(x)) for x in result)


def nonzero(input: Tensor, *, as_tuple: bool = False) -> Any:
    """The positions of the elements that are not 0: a row for each, or one vector per dimension.

    >>> tensor([0, 5, 7]).nonzero()
    tensor([[1],
            [2]])
    """
    array = array_of(input, "nonzero")
    if as_tuple:
        return tuple(wrap(i) for i in np.nonzero(np.atleast_1d(array)))
    return wrap(np.stack(np.nonzero(np.atleast_1d(array)), 1)[:, : array.ndim])


class Indexing(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    index_select, repeat_interleave, gather = index_select, repeat_interleave, gather
    take_along_dim, masked_select, scatter = take_along_dim, masked_select, scatter
    scatter_add, index_add, index_put, argsort = scatter_add, index_add, index_put, argsort
    sort, topk, unique, nonzero = sort, topk, unique, nonzero

    def __getitem__(self: Tensor, index: Any) -> Tensor:
        return getitem(self, index)
