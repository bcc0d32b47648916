"""NumPy's functions that move elements: shape, joining, splitting, picking, padding, order.

Most need no more than this: run on the numbers 1, 2, 3 ... in place of the elements, NumPy's
function says where each element of the result comes from, whatever its keywords; 0 means that a
zero was put there.  What gives views, or is asked for often, is translated by hand.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import derivatives as d
from ..autograd.engine import Value, apply, wrap
from ..autograd.interop import DISPATCH, NoRule, as_tensors
from . import indexing, linalg, shaping
from .arguments import axis_of


def value(x: Any) -> Any:
    """A Tensor of what NumPy would make an array of."""
    return x if isinstance(x, Value) else wrap(np.asarray(x))


def bare(x: Any) -> Any:
    """The array in a Tensor that only says how: indices, masks, bounds of which no gradient is
    wanted.
    """
    if isinstance(x, (list, tuple)):
        return type(x)(map(bare, x))
    if not isinstance(x, Value):
        return x
    if x._node is not None:
        raise NoRule("this argument can have no gradient")
    return x._array


def alike(*xs: Any, dtype: Any = None, weak: bool = False) -> list:
    """Tensors in the type that NumPy would join or multiply them in; with weak=True, as in ufuncs,
    Python's numbers take the other's.
    """
    weak_types = (int, float, bool) if weak else ()
    kinds = [x if type(x) in weak_types else value(x)._array.dtype for x in xs]
    wanted = np.result_type(*kinds) if dtype is None else np.dtype(dtype)
    xs = tuple(map(value, xs))
    if wanted not in dtypes.TENSOR_NAMES or wanted.kind != "f":
        raise NoRule  # no gradient flows through other numbers
    return [x if x._array.dtype == wanted else d.cast(x, dtype=wanted) for x in xs]


# -- elements by their numbers ---------------------------------------------------------------------
def numbers(shape: tuple[int, ...], after: int = 0) -> np.ndarray:
    """The numbers of a tensor's elements, counted row by row from 1, or from 1 + after."""
    return np.arange(after + 1, after + 1 + math.prod(shape)).reshape(shape)


def pick(xs: Sequence[Any], picked: Any) -> Any:
    """The elements with these numbers of some tensors, counted from one to the next; 0 gives 0."""
    if type(picked) in (list, tuple):
        return type(picked)(pick(xs, part) for part in picked)
    once = picked.size == 0 or np.bincount(picked.reshape(-1)).max() <= 1
    if len(xs) == 1 and picked.all():
        return d.as_strided(xs[0], index=picked - 1, unique=bool(once))
    zero = wrap(np.zeros(1, xs[0]._array.dtype))
    flat = apply(d.cat, (zero, *(shaping.reshape(x, -1) for x in xs)), {"axis": 0})
    return d.as_strided(flat, index=picked, unique=bool(once))


def moved(fn: Callable, x: Any, *args: Any, **kwargs: Any) -> Any:
    """fn(x, ...), of a function that only moves elements, or puts zeros."""
    (x,) = alike(x)
    how = {key: bare(setting) for key, setting in kwargs.items()}
    return pick([x], fn(numbers(x._array.shape), *bare(args), **how))


def joined(fn: Callable, xs: Sequence[Any], *args: Any, dtype: Any = None, **kwargs: Any) -> Any:
    """fn(xs, ...), of a function that only moves the elements of several arrays."""
    if kwargs.pop("out", None) is not None:
        raise NoRule
    xs = alike(*xs, dtype=dtype)
    sizes = [x._array.size for x in xs]
    given = [numbers(x._array.shape, sum(sizes[:i])) for i, x in enumerate(xs)]
    return pick(xs, fn(given, *bare(args), **kwargs))


def move(fn: Callable) -> Callable:
    """What fn means on a Tensor, if fn only moves the elements of its first argument."""
    return functools.partial(moved, fn)


def join(fn: Callable) -> Callable:
    """What fn means on Tensors, if it only moves elements and takes a sequence of arrays."""
    return functools.partial(joined, fn)


# -- shape: views, as NumPy's are ------------------------------------------------------------------
def _in_shape(fn: Callable) -> Callable:
    """What fn means on a Tensor, if it only gives it another shape."""

    def run(a: Any, *args: Any, **kwargs: Any) -> Any:
        x = value(a)
        outline = np.broadcast_to(False, x._array.shape)
        return shaping.reshape(x, fn(outline, *args, **kwargs).shape)

    return run


def _of_each(fn: Callable) -> Callable:
    """The same for np.atleast_1d and its like, which take several arrays."""

    def run(*arys: Any) -> Any:
        one = _in_shape(fn)
        return one(*arys) if len(arys) == 1 else tuple(map(one, arys))

    return run


def _reshape(a: Any, /, shape: Any, order: str = "C", *, copy: bool | None = None) -> Any:
    if order != "C":
        return moved(np.reshape, _rows_first(a, order), shape, order=order)
    if copy is False:
        return shaping.view(a, shape)
    return d.clone(shaping.reshape(a, shape)) if copy else shaping.reshape(a, shape)


def _ravel(a: Any, order: str = "C") -> Any:
    if order == "C":
        return shaping.ravel(a)
    return moved(np.ravel, _rows_first(a, order), order=order)


def _rows_first(a: Any, order: str) -> Any:
    """a, if its memory runs row by row: else "A" and "K" ask for an order that is no gradient's."""
    if order != "F" and not a._array.flags.c_contiguous:
        raise NoRule
    return a


def _transpose(a: Any, axes: Any = None) -> Any:
    return shaping.permute(a, tuple(reversed(range(a.ndim))) if axes is None else axes)


def _matrix_transpose(x: Any, /) -> Any:
    return shaping.transpose(x, -1, -2)


def _swapaxes(a: Any, axis1: int, axis2: int) -> Any:
    return shaping.swapaxes(a, axis1, axis2)


def _expand_dims(a: Any, axis: Any) -> Any:
    outline = np.broadcast_to(False, a._array.shape)
    return shaping.reshape(a, np.expand_dims(outline, axis).shape)


def _broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    return shaping.broadcast_to(array, shape)


def _broadcast_arrays(*args: Any, subok: bool = False) -> tuple:
    shape = np.broadcast_shapes(*(np.shape(x) for x in args))
    return tuple(shaping.broadcast_to(value(x), shape) for x in args)


def _flip(m: Any, axis: Any = None) -> Any:
    return d.flip(m, axes=tuple(range(m.ndim)) if axis is None else axis)


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    shift, axis = (tuple(x) if isinstance(x, list) else x for x in (bare(shift), axis))
    return d.roll(a, shifts=shift, axes=axis)


def _copy(a: Any, order: str = "K", subok: bool = False) -> Any:
    return d.clone(a)


def _full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: str = "K", subok: bool = True,
    shape: Any = None, **device: Any,
) -> Any:  # fmt: skip
    if not isinstance(fill_value, Value) or fill_value._node is None:
        raise NoRule
    (filled,) = alike(fill_value, dtype=value(a)._array.dtype if dtype is None else dtype)
    return shaping.broadcast_to(filled, np.shape(a) if shape is None else shape)


def _zeros_like(a: Any, **others: Any) -> Any:
    if others:
        raise NoRule
    return wrap(np.zeros_like(a._array))


def _ones_like(a: Any, **others: Any) -> Any:
    if others:
        raise NoRule
    return wrap(np.ones_like(a._array))


# -- joining ---------------------------------------------------------------------------------------
def _concatenate(
    arrays: Any, /, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    if out is not None:
        raise NoRule
    xs = alike(*arrays, dtype=dtype)
    if axis is None:
        axis, xs = 0, [shaping.reshape(x, -1) for x in xs]
    return shaping.cat(xs, axis)


def _stack(
    arrays: Any, axis: int = 0, out: Any = None, *, dtype: Any = None, casting: str = "same_kind"
) -> Any:
    if out is not None:
        raise NoRule
    return shaping.stack(alike(*arrays, dtype=dtype), axis)


def _append(arr: Any, values: Any, axis: int | None = None) -> Any:
    xs = [shaping.ravel(value(x)) if axis is None else x for x in (arr, values)]
    return _concatenate(xs, 0 if axis is None else axis)


def _insert(arr: Any, obj: Any, values: Any, axis: int | None = None) -> Any:
    at, arr = bare(obj), value(arr)

    def insert(xs: list) -> Any:
        return np.insert(xs[0], at, xs[1], axis)

    return joined(insert, (arr, values), dtype=arr._array.dtype)


def _block(arrays: Any) -> Any:
    def leaves(x: Any) -> list:
        return [leaf for y in x for leaf in leaves(y)] if isinstance(x, list) else [x]

    def block(xs: list) -> Any:
        given = iter(xs)

        def numbered(x: Any) -> Any:
            """The same nest of lists, with the numbers of each array in its place."""
            return [numbered(y) for y in x] if isinstance(x, list) else next(given)

        return np.block(numbered(arrays))

    return joined(block, leaves(arrays))


def _meshgrid(*xi: Any, **how: Any) -> Any:
    grids = np.meshgrid(*(numbers(np.shape(x)) for x in xi), **how)
    return [_picked(x, places) for x, places in zip(xi, grids, strict=True)]


def _picked(x: Any, places: np.ndarray) -> Any:
    """The elements with these numbers; of whole numbers NumPy picks them itself."""
    x = value(x)
    if x._array.dtype.kind != "f":
        return wrap(x._array.reshape(-1)[places - 1])
    return pick([x], places)


# -- picking and padding ---------------------------------------------------------------------------
def _take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: str = "raise") -> Any:
    if out is not None:
        raise NoRule
    if mode != "raise":
        return moved(np.take, a, indices, axis=axis, mode=mode)
    (a,), at = alike(a), np.asarray(bare(indices))
    if axis is None:
        return indexing.getitem(shaping.reshape(a, -1), at)
    return indexing.getitem(a, (slice(None),) * axis_of(axis, a.ndim) + (at,))


def _take_along_axis(arr: Any, indices: Any, axis: int | None = -1) -> Any:
    (arr,), at = alike(arr), bare(indices)
    n = arr._array.size if axis is None else arr._array.shape[axis]
    return indexing.take_along_dim(arr, wrap(np.where(at < 0, at + n, at)), axis)


def _compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    if out is not None:
        raise NoRule
    kept = np.compress(bare(condition), np.arange(np.size(a) if axis is None else a.shape[axis]))
    return moved(np.take, a, kept, axis)


def _extract(condition: Any, arr: Any) -> Any:
    return moved(np.take, arr, np.flatnonzero(bare(condition)))


def _diagonal(a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    return linalg.diagonal(a, offset, axis1, axis2)


def _diagonal_of_last(x: Any, /, *, offset: int = 0) -> Any:
    return linalg.diagonal(x, offset, -2, -1)


def _windows(x: Any, window_shape: Any, axis: Any = None, **how: Any) -> Any:
    return moved(np.lib.stride_tricks.sliding_window_view, x, window_shape, axis)


MOVING_PADS = ("constant", "edge", "reflect", "symmetric", "wrap")


def _pad(array: Any, pad_width: Any, mode: Any = "constant", **how: Any) -> Any:
    odd = how.get("reflect_type", "even") != "even"
    if mode not in MOVING_PADS or odd:
        raise NoRule(f"the modes {', '.join(MOVING_PADS)} (not odd) have one")
    filling = bare(how.pop("constant_values", 0))
    y = moved(np.pad, array, pad_width, mode, **how)
    if np.any(filling):
        around = np.zeros(array._array.shape, y._array.dtype)
        y = y + wrap(np.pad(around, bare(pad_width), constant_values=filling))
    return y


# -- order -----------------------------------------------------------------------------------------
def _sort(a: Any, axis: int | None = -1, kind: Any = None, order: Any = None, **stable: Any) -> Any:
    return _in_order(np.argsort, a, axis, kind="stable")


def _partition(
    a: Any, kth: Any, axis: int | None = -1, kind: str = "introselect", order: Any = None
) -> Any:
    return _in_order(np.argpartition, a, axis, bare(kth))


def _in_order(by: Callable, a: Any, axis: int | None, *args: Any, **kwargs: Any) -> Any:
    (a,) = alike(a)
    return indexing.take_along_dim(a, wrap(by(a._array, *args, axis=axis, **kwargs)), axis)


def _unique(
    ar: Any, return_index: bool = False, return_inverse: bool = False,
    return_counts: bool = False, axis: int | None = None, **how: Any,
) -> Any:  # fmt: skip
    found: Any = np.unique(  # type: ignore[call-overload]
        ar._array, True, return_inverse, return_counts, axis, **how
    )
    values = moved(np.take, ar, found[1], axis)
    others = found[1 if return_index else 2 :]
    return (values, *as_tensors(others)) if others else values


def _unique_values(x: Any) -> Any:
    return _unique(x, equal_nan=False)


def _union(ar1: Any, ar2: Any) -> Any:
    return _unique(_concatenate((ar1, ar2), None))


def _intersection(
    ar1: Any, ar2: Any, assume_unique: bool = False, return_indices: bool = False
) -> Any:
    one, other = (x._array for x in alike(ar1, ar2))
    found = np.intersect1d(one, other, assume_unique, True)
    values = moved(np.take, ar1, found[1])
    return (values, *as_tensors(found[1:])) if return_indices else values


def _difference(ar1: Any, ar2: Any, assume_unique: bool = False) -> Any:
    x = shaping.ravel(value(ar1)) if assume_unique else _unique(value(ar1))
    return moved(np.take, x, np.flatnonzero(~np.isin(x._array, value(ar2)._array)))


def _running_extreme(fn: np.ufunc, a: Any, axis: int = 0) -> Any:
    """fn.accumulate: the number of the last element that was the largest (or smallest) so far."""
    a = value(a)
    best = fn.accumulate(a._array, axis)
    place = np.arange(best.shape[axis]).reshape((-1,) + (1,) * (best.ndim - 1 - axis % best.ndim))
    latest = np.maximum.accumulate(np.where(a._array == best, place, 0), axis)
    return indexing.take_along_dim(a, wrap(latest), axis)


DISPATCH |= {
    np.reshape: _reshape, np.ravel: _ravel, np.transpose: _transpose, np.swapaxes: _swapaxes,
    np.moveaxis: shaping.movedim, np.matrix_transpose: _matrix_transpose,
    np.linalg.matrix_transpose: _matrix_transpose, np.expand_dims: _expand_dims,
    np.squeeze: _in_shape(np.squeeze), np.atleast_1d: _of_each(np.atleast_1d),
    np.atleast_2d: _of_each(np.atleast_2d), np.atleast_3d: _of_each(np.atleast_3d),
    np.broadcast_to: _broadcast_to, np.broadcast_arrays: _broadcast_arrays, np.flip: _flip,
    np.roll: _roll, np.copy: _copy, np.full_like: _full_like, np.zeros_like: _zeros_like,
    np.ones_like: _ones_like,
    np.concatenate: _concatenate, np.stack: _stack, np.append: _append, np.insert: _insert,
    np.block: _block, np.meshgrid: _meshgrid,
    np.take: _take, np.take_along_axis: _take_along_axis, np.compress: _compress,
    np.extract: _extract, np.diagonal: _diagonal,
    np.linalg.diagonal: _diagonal_of_last, np.pad: _pad, np.sort: _sort,
    np.partition: _partition, np.unique: _unique, np.union1d: _union,
    np.intersect1d: _intersection, np.setdiff1d: _difference,
    np.lib.stride_tricks.sliding_window_view: _windows,
}  # fmt: skip
DISPATCH |= {fn: move(fn) for fn in (
    np.rollaxis, np.fliplr, np.flipud, np.rot90, np.tile, np.repeat, np.resize, np.delete,
    np.split, np.array_split, np.vsplit, np.hsplit, np.dsplit, np.diag, np.diagflat, np.tril,
    np.triu, np.fft.fftshift, np.fft.ifftshift,
)}  # fmt: skip
DISPATCH |= {fn: join(fn) for fn in (np.vstack, np.hstack, np.dstack, np.column_stack)}
if hasattr(np, "unique_values"):
    DISPATCH[np.unique_values] = _unique_values
if hasattr(np, "unstack"):  # NumPy 2.1
    DISPATCH[np.unstack] = move(np.unstack)
