"""NumPy's products of vectors and matrices, and np.linalg, with NumPy's keywords and types."""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np

from ..autograd.interop import DISPATCH, NoRule
from . import linalg, reduction, shaping
from .numpy_moving import alike
from .numpy_reductions import _kept, _last, _max, _min, _sum, axes_in


# -- products --------------------------------------------------------------------------------------
def _dot(a: Any, b: Any, out: Any = None) -> Any:
    """NumPy's dot, which is not torch's: of matrices, too, of stacks all pairs, and of numbers
    their product.
    """
    if out is not None:
        raise NoRule
    a, b = alike(a, b)
    if not a.ndim or not b.ndim:
        return a * b
    if b.ndim <= 2:
        return linalg.matmul(a, b)
    return linalg.tensordot(a, b, ([-1], [-2]))


def _inner(a: Any, b: Any, /) -> Any:
    return linalg.inner(*alike(a, b))


def _outer(a: Any, b: Any, out: Any = None) -> Any:
    if out is not None:
        raise NoRule
    a, b = alike(a, b)
    return shaping.reshape(a, (-1, 1)) * shaping.reshape(b, (1, -1))


def _outer_of_vectors(x1: Any, x2: Any, /) -> Any:
    return linalg.outer(*alike(x1, x2))


def _vdot(a: Any, b: Any, /) -> Any:
    return linalg.dot(*(shaping.reshape(x, -1) for x in alike(a, b)))


def _vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    a, b = alike(x1, x2)
    return np.sum(np.moveaxis(a, axis, -1) * np.moveaxis(b, axis, -1), -1)


def _matvec(x1: Any, x2: Any, /) -> Any:
    a, b = alike(x1, x2)
    return linalg.matmul(a, b[..., None])[..., 0]


def _vecmat(x1: Any, x2: Any, /) -> Any:
    a, b = alike(x1, x2)
    return linalg.matmul(a[..., None, :], b)[..., 0, :]


def _matmul(x1: Any, x2: Any, /) -> Any:
    return linalg.matmul(*alike(x1, x2))


def _tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = alike(a, b)
    return linalg.tensordot(a, b, axes)


def _tensordot_by_name(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return _tensordot(x1, x2, axes)


def _einsum(*operands: Any, out: Any = None, optimize: Any = False, **how: Any) -> Any:
    dtype = how.pop("dtype", None)
    if out is not None or set(how) - {"order", "casting"}:
        raise NoRule
    equation, *given = operands
    if not isinstance(equation, str):  # the other form: an array, its axes as ints, an array ...
        terms = list(operands[1::2])
        given = list(operands[0 : 2 * len(terms) : 2])
        left, arrow, right = _letters(terms), "", ""
        if len(operands) % 2:
            left, arrow, right = _letters(terms), "->", _letters([operands[-1]])
            given, left = list(operands[:-1:2]), left
        equation = left + arrow + right
    return linalg.einsum(equation, *alike(*given, dtype=dtype))


def _letters(terms: list) -> str:
    """Lists of ints, and ..., as the letters of an equation."""
    return ",".join(
        "".join("..." if k is Ellipsis else linalg.LETTERS[k] for k in term) for term in terms
    )


def _kron(a: Any, b: Any) -> Any:
    a, b = alike(a, b)
    ndim = max(a.ndim, b.ndim)
    m, n = ((1,) * (ndim - x.ndim) + x._array.shape for x in (a, b))
    wide = shaping.reshape(a, tuple(k for size in m for k in (size, 1)))
    near = shaping.reshape(b, tuple(k for size in n for k in (1, size)))
    return shaping.reshape(wide * near, tuple(i * j for i, j in zip(m, n, strict=True)))


def _cross(
    a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = alike(a, b)
    a, b = np.moveaxis(a, axisa, -1), np.moveaxis(b, axisb, -1)
    if a.shape[-1] != 3 or b.shape[-1] != 3:
        raise ValueError(
            "np.cross multiplies vectors of three elements here, not of "
            f"{a.shape[-1]} and {b.shape[-1]}"
        )
    turned = [1, 2, 0], [2, 0, 1]
    y = a[..., turned[0]] * b[..., turned[1]] - a[..., turned[1]] * b[..., turned[0]]
    return np.moveaxis(y, -1, axisc)


def _cross_by_name(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return _cross(x1, x2, axis=axis)


def _multi_dot(arrays: Any, *, out: Any = None) -> Any:
    if out is not None:
        raise NoRule
    return functools.reduce(_dot, arrays)


def _matrix_power(a: Any, n: int) -> Any:
    if n < 0:
        return _matrix_power(np.linalg.inv(a), -n)
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype)
    half = _matrix_power(a, n // 2) if n > 1 else None
    square = a if half is None else half @ half
    return square @ a if n > 1 and n % 2 else square


# -- diagonals and lengths -------------------------------------------------------------------------
def _trace(
    a: Any, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: Any = None, out: Any = None
) -> Any:
    return _sum(linalg.diagonal(a, offset, axis1, axis2), -1, dtype, out)


def _trace_of_last(x: Any, /, *, offset: int = 0, dtype: Any = None) -> Any:
    return _trace(x, offset, -2, -1, dtype)


def _norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    (x,) = alike(x)
    if axis is None and ord is None:
        y = reduction.norm(shaping.reshape(x, -1))
        return _kept(y, x, None) if keepdims else y
    axes = axes_in(axis, x.ndim)
    if len(axes) == 1:
        return _vector_norm(x, axis=axes, keepdims=keepdims, ord=2 if ord is None else ord)
    if len(axes) != 2:
        raise ValueError("Improper number of dimensions to norm.")
    if ord in (None, "fro"):
        return reduction.norm(x, "fro", axes, keepdims)
    if ord not in (1, -1, math.inf, -math.inf):
        return _spectral_norm(x, ord, axes, keepdims)
    across = axes[0] if ord in (1, -1) else axes[1]
    y = (_max if ord > 0 else _min)(_sum(np.abs(x), across, keepdims=True), axes, None, True)
    return y if keepdims else np.squeeze(y, axes)


def _spectral_norm(x: Any, ord: Any, axes: Any, keepdims: bool) -> Any:
    s = np.linalg.svd(np.moveaxis(x, axes, (-2, -1)), compute_uv=False)
    if ord == "nuc":
        y = _sum(s, -1)
    elif ord in (2, -2):
        y = (_max if ord > 0 else _min)(s, -1)
    else:
        raise ValueError(f"Invalid norm order {ord!r} for matrices")
    return _kept(y, x, axes) if keepdims else y


def _vector_norm(x: Any, /, *, axis: Any = None, keepdims: bool = False, ord: float = 2) -> Any:
    (x,) = alike(x)
    y = reduction.norm(_last(x, axis), ord, -1)
    return _kept(y, x, axis) if keepdims else y


def _matrix_norm(x: Any, /, *, keepdims: bool = False, ord: Any = "fro") -> Any:
    return _norm(x, ord, (-2, -1), keepdims)


DISPATCH |= {
    np.matmul: linalg.matmul, np.dot: _dot, np.inner: _inner, np.outer: _outer, np.vdot: _vdot,
    np.vecdot: _vecdot, np.tensordot: _tensordot, np.einsum: _einsum, np.kron: _kron,
    np.cross: _cross, np.trace: _trace,
    np.linalg.matmul: _matmul, np.linalg.outer: _outer_of_vectors, np.linalg.vecdot: _vecdot,
    np.linalg.tensordot: _tensordot_by_name, np.linalg.cross: _cross_by_name,
    np.linalg.trace: _trace_of_last, np.linalg.norm: _norm,
    np.linalg.vector_norm: _vector_norm, np.linalg.matrix_norm: _matrix_norm,
    np.linalg.multi_dot: _multi_dot, np.linalg.matrix_power: _matrix_power,
}  # fmt: skip
if hasattr(np, "matvec"):  # NumPy 2.2
    DISPATCH |= {np.matvec: _matvec, np.vecmat: _vecmat}
