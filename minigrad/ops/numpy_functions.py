"""What NumPy's own functions mean when they are given Tensors: np.exp(t), np.sum(t, axis=1).

``np.X(tensor)`` is NumPy's X, in NumPy's vocabulary; ``minigrad.X`` is torch's.  Where the two
agree the table at the end names the word itself; where they differ a function here translates.  The
rules on the formula sheet rest on this, too: under create_graph they call np.X on Tensors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import derivatives as d
from ..autograd.engine import Value, wrap
from ..autograd.errors import tensor_words
from ..autograd.interop import DISPATCH
from . import comparison, elementwise, indexing, linalg, reduction, shaping
from .arguments import axes_of, axis_of
from .operands import binary


# -- arithmetic: let `array * t`, in which NumPy's operator comes first, do what `t * array` does --
def _add(a: Any, b: Any) -> Any:
    return binary(np.add, a, b)


def _subtract(a: Any, b: Any) -> Any:
    return binary(np.subtract, a, b)


def _multiply(a: Any, b: Any) -> Any:
    return binary(np.multiply, a, b)


def _equal(a: Any, b: Any) -> Any:
    return binary(np.equal, a, b)


def _not_equal(a: Any, b: Any) -> Any:
    return binary(np.not_equal, a, b)


def _less(a: Any, b: Any) -> Any:
    return binary(np.less, a, b)


def _less_equal(a: Any, b: Any) -> Any:
    return binary(np.less_equal, a, b)


def _greater(a: Any, b: Any) -> Any:
    return binary(np.greater, a, b)


def _greater_equal(a: Any, b: Any) -> Any:
    return binary(np.greater_equal, a, b)


# -- reductions: NumPy divides by n unless told otherwise ------------------------------------------
def _var(a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return reduction.var(a, axis, correction=ddof, keepdim=keepdims)


def _std(a: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> Any:
    return reduction.std(a, axis, correction=ddof, keepdim=keepdims)


def _argmax(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return reduction.argmax(a, axis, keepdims)


def _argmin(a: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return reduction.argmin(a, axis, keepdims)


def _allclose(
    a: Any, b: Any, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: Any = False
) -> Any:
    a, b = (x._array if isinstance(x, Value) else x for x in (a, b))
    return bool(np.allclose(a, b, rtol, atol, equal_nan))


# -- shape -----------------------------------------------------------------------------------------
def _reshape(a: Any, shape: Any) -> Any:
    return shaping.reshape(a, shape)


def _transpose(a: Any, axes: Any = None) -> Any:
    return shaping.permute(a, tuple(reversed(range(a.ndim))) if axes is None else axes)


def _expand_dims(a: Any, axis: Any) -> Any:
    places = (axis,) if isinstance(axis, int) else tuple(axis)
    ndim = a.ndim + len(places)
    at = sorted(axis_of(p, ndim) for p in places)
    sizes = iter(a._array.shape)
    return shaping.reshape(a, tuple(1 if i in at else next(sizes) for i in range(ndim)))


def _squeeze(a: Any, axis: Any = None) -> Any:
    return shaping.squeeze(a, axis)


def _flip(m: Any, axis: Any = None) -> Any:
    return d.flip(m, axes=axes_of(axis, m.ndim))


def _roll(a: Any, shift: Any, axis: Any = None) -> Any:
    return shaping.roll(a, shift, axis)


def _tile(A: Any, reps: Any) -> Any:
    return shaping.tile(A, reps)


def _zeros_like(a: Any) -> Any:
    return wrap(np.zeros_like(a._array))


def _ones_like(a: Any) -> Any:
    return wrap(np.ones_like(a._array))


# -- order and picking -----------------------------------------------------------------------------
def _sort(a: Any, axis: int = -1) -> Any:
    return indexing.sort(a, axis).values


def _argsort(a: Any, axis: int = -1) -> Any:
    return indexing.argsort(a, axis)


def _take_along_axis(arr: Any, indices: Any, axis: Any) -> Any:
    return indexing.take_along_dim(arr, indices, axis)


def _take(a: Any, indices: Any, axis: Any = None) -> Any:
    if axis is None:
        return indexing.getitem(shaping.reshape(a, -1), indices)
    return indexing.getitem(a, (slice(None),) * axis_of(axis, a.ndim) + (indices,))


# -- matrices --------------------------------------------------------------------------------------
def _dot(a: Any, b: Any) -> Any:
    """NumPy's dot, which is not torch's: of matrices, too, and of numbers their product."""
    a, b = (x if isinstance(x, Value) else wrap(np.asarray(x)) for x in (a, b))
    ranks = a._array.ndim, b._array.ndim
    if max(ranks) > 2:
        raise TypeError(
            "np.dot of more than two dimensions has no derivative rule here; use matmul or "
            f"minigrad.tensordot for {tensor_words(a)} and {tensor_words(b)}"
        )
    return linalg.matmul(a, b) if all(ranks) else elementwise.mul(a, b)


DISPATCH |= {
    np.add: _add, np.subtract: _subtract, np.multiply: _multiply, np.divide: elementwise.divide,
    np.floor_divide: elementwise.floor_divide, np.remainder: elementwise.remainder,
    np.negative: elementwise.neg, np.absolute: elementwise.abs, np.sign: elementwise.sign,
    np.power: elementwise.pow, np.square: elementwise.square, np.sqrt: elementwise.sqrt,
    np.reciprocal: elementwise.reciprocal, np.exp: elementwise.exp, np.exp2: elementwise.exp2,
    np.expm1: elementwise.expm1, np.log: elementwise.log, np.log2: elementwise.log2,
    np.log10: elementwise.log10, np.log1p: elementwise.log1p,
    np.logaddexp: elementwise.logaddexp, np.sin: elementwise.sin, np.cos: elementwise.cos,
    np.tan: elementwise.tan, np.arcsin: elementwise.asin, np.arccos: elementwise.acos,
    np.arctan: elementwise.atan, np.arctan2: elementwise.atan2, np.sinh: elementwise.sinh,
    np.cosh: elementwise.cosh, np.tanh: elementwise.tanh, np.floor: elementwise.floor,
    np.ceil: elementwise.ceil, np.maximum: elementwise.maximum, np.minimum: elementwise.minimum,
    np.clip: elementwise.clamp, np.where: elementwise.where,
    np.equal: _equal, np.not_equal: _not_equal, np.less: _less, np.less_equal: _less_equal,
    np.greater: _greater, np.greater_equal: _greater_equal,
    np.logical_and: comparison.logical_and, np.logical_or: comparison.logical_or,
    np.logical_xor: comparison.logical_xor, np.logical_not: comparison.logical_not,
    np.isnan: comparison.isnan, np.isinf: comparison.isinf, np.isfinite: comparison.isfinite,
    np.sum: reduction.sum, np.mean: reduction.mean, np.prod: reduction.prod, np.var: _var,
    np.std: _std, np.max: reduction.amax, np.amax: reduction.amax, np.min: reduction.amin,
    np.amin: reduction.amin, np.argmax: _argmax, np.argmin: _argmin, np.any: reduction.any,
    np.all: reduction.all, np.cumsum: reduction.cumsum, np.cumprod: reduction.cumprod,
    np.allclose: _allclose,
    np.reshape: _reshape, np.ravel: shaping.ravel, np.transpose: _transpose,
    np.swapaxes: shaping.swapaxes, np.moveaxis: shaping.movedim, np.expand_dims: _expand_dims,
    np.squeeze: _squeeze, np.broadcast_to: shaping.broadcast_to, np.tile: _tile,
    np.concatenate: shaping.cat, np.stack: shaping.stack, np.hstack: shaping.hstack,
    np.vstack: shaping.vstack, np.flip: _flip, np.roll: _roll, np.copy: shaping.clone,
    np.zeros_like: _zeros_like, np.ones_like: _ones_like,
    np.sort: _sort, np.argsort: _argsort, np.take_along_axis: _take_along_axis, np.take: _take,
    np.matmul: linalg.matmul, np.dot: _dot, np.outer: linalg.outer, np.inner: linalg.inner,
    np.einsum: linalg.einsum, np.tensordot: linalg.tensordot, np.diag: linalg.diag,
    np.trace: linalg.trace, np.tril: linalg.tril, np.triu: linalg.triu,
}  # fmt: skip
