"""What NumPy's own functions mean when they are given Tensors: np.exp(t), np.sum(t, axis=1).

``np.X(tensor)`` is NumPy's X, in NumPy's vocabulary and with NumPy's keywords; ``minigrad.X`` is
torch's.  The rules on the formula sheet rest on this, too: under create_graph they call np.X on
Tensors.  A file for each family: numpy_moving (shape, joining, picking, order), numpy_elementwise
(with the keywords and methods of ufuncs), numpy_reductions, numpy_matrices, numpy_linalg; and here
curves, and what is made of others.  Each ends with its part of the table, DISPATCH.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..autograd.interop import DISPATCH, NoRule
from . import linalg, numpy_elementwise, numpy_linalg, numpy_matrices, numpy_reductions, shaping
from .numpy_moving import alike, bare, moved, value

FAMILIES = (numpy_elementwise, numpy_reductions, numpy_matrices, numpy_linalg)


# -- curves ----------------------------------------------------------------------------------------
def _interp(
    x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None
) -> Any:
    if period is not None:
        raise NoRule("with a period")
    x, xp, fp = alike(x, xp, fp, dtype=np.float64)
    n = xp._array.size
    at = np.clip(np.searchsorted(xp._array, x._array, "right") - 1, 0, max(n - 2, 0))
    after = np.minimum(at + 1, n - 1)
    width = np.where(at == after, 1, xp[after] - xp[at])
    y = fp[at] + (x - xp[at]) / width * (fp[after] - fp[at])
    y = np.where(x < xp[0], fp[0] if left is None else left, y)
    return np.where(x > xp[-1], fp[-1] if right is None else right, y)


def _polyval(p: Any, x: Any) -> Any:
    """Horner's scheme."""
    p, x = alike(p, x)
    y = np.zeros_like(x)
    for k in range(p._array.size):
        y = y * x + p[k]
    return y


def _aligned(a1: Any, a2: Any) -> tuple:
    """The coefficients of two polynomials, with zeros in front of the shorter one."""
    a1, a2 = (np.atleast_1d(x) for x in alike(a1, a2))
    n = max(a1._array.size, a2._array.size)
    return tuple(np.pad(x, (n - x._array.size, 0)) for x in (a1, a2))


def _polyadd(a1: Any, a2: Any) -> Any:
    one, other = _aligned(a1, a2)
    return one + other


def _polysub(a1: Any, a2: Any) -> Any:
    one, other = _aligned(a1, a2)
    return one - other


def _polymul(a1: Any, a2: Any) -> Any:
    return _convolve(a1, a2)


def _polyder(p: Any, m: int = 1) -> Any:
    (p,) = alike(p, dtype=np.float64)
    for _ in range(m):
        p = p[:-1] * np.arange(p._array.size - 1, 0, -1)
    return p


def _polyint(p: Any, m: int = 1, k: Any = None) -> Any:
    (p,) = alike(p, dtype=np.float64)
    constants = np.broadcast_to(0 if k is None else bare(k), (m,))
    for constant in constants:
        p = np.append(p / np.arange(p._array.size, 0, -1), float(constant))
    return p


def _vander(x: Any, N: int | None = None, increasing: bool = False) -> Any:
    (x,), powers = alike(x, dtype=np.float64), np.arange(x.shape[0] if N is None else N)
    return x[:, None] ** (powers if increasing else powers[::-1]).astype(np.float64)


def _linspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, retstep: bool = False,
    dtype: Any = None, axis: int = 0, **device: Any,
) -> Any:  # fmt: skip
    start, stop = alike(start, stop, dtype=dtype, weak=True)
    shape = np.broadcast_shapes(start._array.shape, stop._array.shape)
    share = np.linspace(0, 1, num, endpoint, dtype=start._array.dtype)
    share = share.reshape((-1,) + (1,) * len(shape))
    y = np.moveaxis(start * (1 - share) + stop * share, 0, axis)
    gaps = num - 1 if endpoint else num
    return (y, (stop - start) / gaps) if retstep else y


def _logspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, base: Any = 10.0,
    dtype: Any = None, axis: int = 0,
) -> Any:  # fmt: skip
    return bare(base) ** _linspace(start, stop, num, endpoint, False, dtype, axis)


def _geomspace(
    start: Any, stop: Any, num: int = 50, endpoint: bool = True, dtype: Any = None, axis: int = 0
) -> Any:
    start, stop = alike(start, stop, dtype=dtype)
    exponents = np.log(np.abs(start)), np.log(np.abs(stop))
    return np.sign(start) * np.exp(_linspace(*exponents, num, endpoint, False, None, axis))


# -- filters ---------------------------------------------------------------------------------------
def _convolve(a: Any, v: Any, mode: str = "full") -> Any:
    """Each result is a window of the longer one times the shorter one from behind."""
    a, v = alike(np.atleast_1d(a), np.atleast_1d(v))
    if a._array.size < v._array.size:
        a, v = v, a
    n, m = a._array.size, v._array.size
    start, size = {"full": (0, n + m - 1), "same": ((m - 1) // 2, n), "valid": (m - 1, n - m + 1)}[
        mode
    ]
    windows = moved(_windows, a, m)
    return linalg.matmul(windows[start : start + size], np.flip(v))


def _windows(x: np.ndarray, m: int) -> np.ndarray:
    return np.lib.stride_tricks.sliding_window_view(np.pad(x, m - 1), m)


def _correlate(a: Any, v: Any, mode: str = "valid") -> Any:
    a, v = np.atleast_1d(a), np.atleast_1d(v)
    if np.size(a) < np.size(v):  # the longer one is slid under the other, and the result turned
        return np.flip(_correlate(v, a, mode))
    return _convolve(a, np.flip(v), mode)


# -- functions of functions ------------------------------------------------------------------------
def _apply_along_axis(func1d: Callable, axis: int, arr: Any, *args: Any, **kwargs: Any) -> Any:
    x = np.moveaxis(arr, axis, -1)
    rows = shaping.reshape(x, (-1, x.shape[-1]))
    results: Any = np.stack([value(func1d(row, *args, **kwargs)) for row in rows])
    own = results.shape[1:]
    y = shaping.reshape(results, (*x.shape[:-1], *own))
    at, rest = axis % arr.ndim, y.ndim - len(own)
    return np.moveaxis(y, tuple(range(rest, y.ndim)), tuple(range(at, at + len(own))))


def _apply_over_axes(func: Callable, a: Any, axes: Any) -> Any:
    for axis in axes if isinstance(axes, Sequence) else (axes,):
        y = func(a, axis)
        a = y if y.ndim == a.ndim else np.expand_dims(y, axis)
    return a


def _piecewise(x: Any, condlist: Any, funclist: Sequence, *args: Any, **kw: Any) -> Any:
    """Each function is given the elements where its condition holds, and no others."""
    conditions = [np.asarray(bare(c)) for c in condlist]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.any(conditions, axis=0))
    y = np.zeros_like(x)
    for condition, f in zip(conditions, funclist, strict=True):
        part = f(x[condition], *args, **kw) if callable(f) else f
        y = y * ~condition + _spread(part, condition, x)
    return y


def _spread(part: Any, condition: np.ndarray, x: Any) -> Any:
    """Zeros like x, with a part of it where the condition holds."""
    y = np.zeros_like(x)
    y[condition] = part
    return y


def _astype(x: Any, dtype: Any, /, *, copy: bool = True, device: Any = None) -> Any:
    return alike(x, dtype=dtype)[0]


DISPATCH |= {
    np.interp: _interp, np.polyval: _polyval, np.polyadd: _polyadd, np.polysub: _polysub,
    np.polymul: _polymul, np.polyder: _polyder, np.polyint: _polyint, np.vander: _vander,
    np.linspace: _linspace, np.logspace: _logspace, np.geomspace: _geomspace,
    np.convolve: _convolve,    np.correlate: _correlate, np.apply_along_axis: _apply_along_axis,
    np.apply_over_axes: _apply_over_axes, np.piecewise: _piecewise,
}  # fmt: skip
if hasattr(np, "astype"):  # NumPy 2.1
    DISPATCH[np.astype] = _astype
