"""NumPy's functions that make many elements into one, or run along an axis: sums, extremes, means
and statistics, with NumPy's keywords.

Integers and booleans carry no gradient: of these NumPy itself computes, in NumPy's types.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..autograd import derivatives as d
from ..autograd.engine import Value, apply_to, wrap
from ..autograd.interop import DISPATCH, NoRule
from . import shaping
from .numpy_elementwise import ACCUMULATE, REDUCE
from .numpy_moving import _running_extreme, alike, bare, value


def axes_in(axis: Any, ndim: int) -> tuple[int, ...]:
    """The axes, counted from the front: all for None, and none for ()."""
    return tuple(range(ndim)) if axis is None else normalize_axis_tuple(axis, ndim)


def operand(a: Any, dtype: Any, out: Any, where: Any = True, instead: float = 0) -> Any:
    """What a reduction works on: a in the type asked for, with a number instead of what is not
    asked for.
    """
    if out is not None:
        raise NoRule("memory that is written to keeps no history")
    if dtype is not None or not isinstance(a, Value) or a._array.dtype.kind != "f":
        (a,) = alike(a, dtype=dtype)
    return a if where is True else np.where(bare(where), a, instead)


def _over(fn: Callable, a: Any, axis: Any, keepdims: bool) -> Any:
    return apply_to(fn, a, {"axis": axis, "keepdims": keepdims})


# -- sums and products -----------------------------------------------------------------------------
def _sum(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = 0, where: Any = True,
) -> Any:  # fmt: skip
    y = _over(d.total, operand(a, dtype, out, where), axis, keepdims)
    return y if type(initial) is int and initial == 0 else y + initial


def _prod(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False,
    initial: Any = 1, where: Any = True,
) -> Any:  # fmt: skip
    x = operand(a, dtype, out, where, 1)
    y = d.prod(_last(x, axis), axis=-1, keepdims=False)
    y = _kept(y, x, axis) if keepdims else y
    return y if type(initial) is int and initial == 1 else y * initial


def _last(x: Any, axis: Any) -> Any:
    """x with the elements along all these axes in one dimension, the last."""
    ndim = x._array.ndim
    axes = axes_in(axis, ndim)
    order = [i for i in range(ndim) if i not in axes]
    kept = tuple(x._array.shape[i] for i in order)
    n = math.prod(x._array.shape[i] for i in axes)
    return shaping.reshape(shaping.permute(x, (*order, *axes)), (*kept, n))


def _kept(y: Any, x: Any, axis: Any) -> Any:
    """The result of a reduction of x, with size 1 in place of the axes."""
    axes, shape = axes_in(axis, x._array.ndim), x._array.shape
    return shaping.reshape(y, tuple(1 if i in axes else n for i, n in enumerate(shape)))


def _log_sum(a: Any, axis: Any = None, keepdims: bool = False, where: Any = True) -> Any:
    x = operand(a, None, None, where, -math.inf)
    return apply_to(d.logsumexp, x, {"axis": axes_in(axis, x.ndim), "keepdims": keepdims})


# -- means -----------------------------------------------------------------------------------------
def count(a: Any, axis: Any, where: Any) -> Any:
    """How many elements a reduction takes; with a mask an array, one count for each result."""
    if where is True:
        return d.count(a._array.shape, None if axis is None else axes_in(axis, a._array.ndim))
    mask = np.broadcast_to(bare(where), a._array.shape)
    return np.sum(mask, axis, a._array.dtype, keepdims=True)


def _mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: bool = False, *,
    where: Any = True,
) -> Any:  # fmt: skip
    x = operand(a, dtype, out)
    if where is True and x._array.dtype == np.float16 and dtype is None:  # summed in float32
        return d.cast(_mean(x, axis, np.float32, None, keepdims), dtype=x._array.dtype)
    if where is True:
        return _over(d.mean, x, axis, keepdims)
    return _divided(
        _sum(a, axis, dtype, out, True, 0, where), count(a, axis, where), axis, keepdims
    )


def _divided(total: Any, n: Any, axis: Any, keepdims: bool) -> Any:
    """A sum with its axes kept divided by a count; 0 / 0 is nan without NumPy's warning."""
    with np.errstate(divide="ignore", invalid="ignore"):
        y = total / n
    return y if keepdims else np.squeeze(y, axes_in(axis, y.ndim))


def _var(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, ddof: float = 0,
    keepdims: bool = False, *, where: Any = True, mean: Any = None, correction: Any = None,
) -> Any:  # fmt: skip
    x = operand(a, dtype, out, where)
    away = x - (_mean(x, axis, None, None, True, where=where) if mean is None else mean)
    total = _sum(away * away, axis, None, None, True, 0, where)
    n = np.maximum(count(x, axis, where) - (ddof if correction is None else correction), 0)
    return _divided(
        total, n if where is not True else int(n) if n == int(n) else float(n), axis, keepdims
    )


def _std(*args: Any, **kwargs: Any) -> Any:
    return d.root(_var(*args, **kwargs))


def _average(
    a: Any, axis: Any = None, weights: Any = None, returned: bool = False, *,
    keepdims: bool = False,
) -> Any:  # fmt: skip
    if weights is None:
        (a,) = alike(a)
        y, total = np.mean(a, axis, keepdims=keepdims), count(a, axis, True)
    else:
        a, w = alike(a, weights)
        if w._array.shape != a._array.shape:  # one weight for each place along the axes
            axes = axes_in(axis, a._array.ndim)
            sizes = [n if i in axes else 1 for i, n in enumerate(a._array.shape)]
            order = np.argsort(np.argsort(axes))
            w = shaping.reshape(shaping.permute(w, tuple(int(i) for i in order)), sizes)
        total = np.sum(w + np.zeros_like(a), axis, keepdims=keepdims)
        y = np.sum(a * w, axis, keepdims=keepdims) / total
    return (y, np.zeros_like(y) + total) if returned else y


# -- extremes --------------------------------------------------------------------------------------
def _extreme(fn: Callable, pair: np.ufunc, limit: float) -> Callable:
    def run(
        a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None,
        where: Any = True,
    ) -> Any:  # fmt: skip
        if initial is None and where is not True:
            raise ValueError(f"np.{fn.__name__[1:]} with where= needs initial=: what it is of none")
        x = operand(a, None, out, where, limit)
        if initial is not None and not count(x, axis, True):
            shape = np.sum(x._array, axis, keepdims=keepdims).shape
            return np.broadcast_to(value(initial), shape)
        y = _over(fn, x, axes_in(axis, x._array.ndim), keepdims)
        return y if initial is None else pair(y, initial)

    return run


_max, _min = _extreme(d.amax, np.maximum, -math.inf), _extreme(d.amin, np.minimum, math.inf)


def _ptp(a: Any, axis: Any = None, out: Any = None, keepdims: bool = False) -> Any:
    return _max(a, axis, out, keepdims) - _min(a, axis, out, keepdims)


# -- quantiles: two neighbours in order, and how far between them ----------------------------------
def _quantile(
    a: Any, q: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False,
    method: str = "linear", keepdims: bool = False, *, weights: Any = None,
) -> Any:  # fmt: skip
    if weights is not None:
        raise NoRule("weights have none")
    x, q = operand(a, None, out), bare(q)
    ordered: Any = np.sort(_last(x, axis), -1)
    n = ordered._array.shape[-1]
    # Of the numbers 0 to n - 1 a quantile is the very place that it has among them.
    place = np.quantile(np.arange(n, dtype=np.float64), q, method=method)  # type: ignore[call-overload]
    low = np.floor(place).astype(int)
    between: Any = (place - low).astype(x._array.dtype if np.ndim(q) == 0 else np.float64)
    y: Any = ordered[..., low] * (1 - between) + ordered[..., np.minimum(low + 1, n - 1)] * between
    unknown = np.isnan(ordered._array[..., -1:])  # nan is the last in order
    y = np.where(unknown if np.ndim(q) else unknown[..., 0], math.nan, y)
    rest = y.ndim - np.ndim(q)
    y = np.transpose(y, (*range(rest, y.ndim), *range(rest)))
    if keepdims:
        axes, shape = axes_in(axis, x._array.ndim), x._array.shape
        sizes = tuple(1 if i in axes else m for i, m in enumerate(shape))
        y = shaping.reshape(y, (*np.shape(q), *sizes))
    return y


def _percentile(a: Any, q: Any, *args: Any, **kwargs: Any) -> Any:
    return _quantile(a, np.true_divide(bare(q), 100), *args, **kwargs)


def _median(
    a: Any, axis: Any = None, out: Any = None, overwrite_input: bool = False, keepdims: bool = False
) -> Any:
    return _quantile(a, 0.5, axis, out, keepdims=keepdims)


# -- without nan -----------------------------------------------------------------------------------
def _without_nan(fn: Callable) -> Callable:
    """What np.nansum and its like mean: fn of the elements that are numbers."""

    def run(a: Any, *args: Any, where: Any = True, **kwargs: Any) -> Any:
        (x,) = alike(a)
        return fn(x, *args, where=~np.isnan(x._array) & bare(where), **kwargs)

    return run


def _extreme_without_nan(fn: Callable, limit: float) -> Callable:
    """The same of np.nanmax and np.nanmin, which give nan where nothing else is."""

    def run(
        a: Any, axis: Any = None, out: Any = None, keepdims: bool = False, initial: Any = None,
        where: Any = True,
    ) -> Any:  # fmt: skip
        (x,) = alike(a)
        known = ~np.isnan(x._array) & bare(where)
        y = fn(x, axis, out, keepdims, limit if initial is None else initial, known)
        if initial is not None:
            return y
        return np.where(known.any(axis, keepdims=keepdims), y, math.nan)

    return run


def _nanquantile(fn: Callable) -> Callable:
    """np.nanquantile and its like: where all are numbers, what fn is."""

    def run(a: Any, *args: Any, **kwargs: Any) -> Any:
        if np.isnan(a._array).any():
            raise NoRule("of a tensor with nan in it")
        return fn(a, *args, **kwargs)

    return run


def _running_without_nan(fn: Callable, instead: float) -> Callable:
    def run(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        (x,) = alike(a)
        return fn(np.where(np.isnan(x._array), instead, x), axis, dtype, out)

    return run


# -- running along an axis -------------------------------------------------------------------------
def _running(fn: Callable) -> Callable:
    def run(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
        x = operand(a, dtype, out)
        x, axis = (shaping.reshape(x, -1), 0) if axis is None else (x, axis)
        return fn(x, axis=axes_in(axis, x._array.ndim)[0])

    return run


_cumsum, _cumprod = _running(d.cumsum), _running(d.cumprod)


def _cumulative(fn: Callable, first: float) -> Callable:
    def run(
        x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None,
        include_initial: bool = False,
    ) -> Any:  # fmt: skip
        if axis is None and x.ndim > 1:
            raise ValueError("For arrays which have more than one dimension ``axis`` is required.")
        y, axis = fn(x, axis or 0, dtype, out), axis or 0
        if not include_initial:
            return y
        sizes = tuple(1 if i == axis % y.ndim else n for i, n in enumerate(y._array.shape))
        return np.concatenate([wrap(np.full(sizes, first, y._array.dtype)), y], axis)

    return run


def _diff(a: Any, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> Any:
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n}")
    (y,) = alike(a)
    axis = axes_in(axis, y._array.ndim)[0]
    front = (slice(None),) * axis
    later, sooner = (*front, slice(1, None)), (*front, slice(None, -1))
    one = tuple(1 if i == axis else m for i, m in enumerate(y._array.shape))
    ends = [np.broadcast_to(x, one) if np.ndim(x) == 0 else x for x in (prepend, append)
            if x is not None]  # fmt: skip
    if ends:
        y = np.concatenate([*ends[: prepend is not None], y, *ends[prepend is not None :]], axis)
    for _ in range(n):
        y = y[later] - y[sooner]
    return y


def _ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    x = shaping.ravel(value(ary))
    ends = [[] if end is None else [shaping.ravel(value(end))] for end in (to_begin, to_end)]
    return np.concatenate([*ends[0], x[1:] - x[:-1], *ends[1]], dtype=x._array.dtype)


def _gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: int = 1) -> Any:
    """Slopes: each is a sum of three neighbours, with coefficients that NumPy itself tells.

    It is asked for the slopes of three combs, with a 1 at every third place: of any three
    neighbours each comb shows one.
    """
    (f,) = alike(f)
    axes = axes_in(axis, f._array.ndim)
    spacing = [bare(h) for h in (varargs * len(axes) if len(varargs) == 1 else varargs)]
    slopes = []
    for k, at in enumerate(axes):
        n, gap = f._array.shape[at], spacing[k : k + 1]
        if n < edge_order + 1:
            raise ValueError(
                "Shape of array too small to calculate a numerical gradient, at least "
                "(edge_order + 1) elements are required."
            )
        first = np.clip(np.arange(n) - 1, 0, max(n - 3, 0))  # of the three neighbours
        x, parts = np.moveaxis(f, at, -1), []
        for comb in range(3):
            tooth: Any = (np.arange(n) % 3 == comb).astype(f._array.dtype)
            shown = np.minimum(first + (comb - first) % 3, n - 1)
            slope = np.gradient(tooth, *gap, edge_order=edge_order)  # type: ignore[call-overload]
            parts.append(x[..., shown] * slope)
        slopes.append(np.moveaxis(parts[0] + parts[1] + parts[2], -1, at))
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    (y,) = alike(y)
    y = np.moveaxis(y, axis, -1)
    if x is not None:
        x = value(x)
        dx = np.diff(x) if x.ndim == 1 else np.diff(np.moveaxis(x, axis, -1))
    return np.sum((y[..., 1:] + y[..., :-1]) * dx, -1) / 2


# -- statistics ------------------------------------------------------------------------------------
def _cov(
    m: Any, y: Any = None, rowvar: bool = True, bias: bool = False, ddof: Any = None,
    fweights: Any = None, aweights: Any = None, *, dtype: Any = None,
) -> Any:  # fmt: skip
    rows = [np.atleast_2d(x) for x in (m, y) if x is not None]
    rows = [x if rowvar or x.shape[0] == 1 else x.T for x in rows]
    x = np.concatenate(rows, 0, dtype=dtype)
    n = x.shape[1]
    f, a = (np.ones(n) if w is None else np.asarray(bare(w)) for w in (fweights, aweights))
    w = f * a
    total, less = w.sum(), (0 if bias else 1) if ddof is None else ddof
    scale = total - less if aweights is None else total - less * (w * a).sum() / total
    away = x - np.average(x, 1, w, keepdims=True)
    return np.squeeze(np.dot(away * wrap(w.astype(x.dtype)), away.T) / float(scale))


def _corrcoef(x: Any, y: Any = None, rowvar: bool = True, *, dtype: Any = None) -> Any:
    c = _cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    deviation = np.sqrt(np.diagonal(c))
    return c / deviation[:, None] / deviation[None, :]


DISPATCH |= {
    np.sum: _sum, np.prod: _prod, np.mean: _mean, np.var: _var, np.std: _std,
    np.average: _average, np.max: _max, np.amax: _max, np.min: _min, np.amin: _min, np.ptp: _ptp,
    np.quantile: _quantile, np.percentile: _percentile, np.median: _median,
    np.nansum: _without_nan(_sum), np.nanprod: _without_nan(_prod),
    np.nanmean: _without_nan(_mean), np.nanvar: _without_nan(_var), np.nanstd: _without_nan(_std),
    np.nanmax: _extreme_without_nan(_max, -math.inf),
    np.nanmin: _extreme_without_nan(_min, math.inf), np.nanmedian: _nanquantile(_median),
    np.nanquantile: _nanquantile(_quantile), np.nanpercentile: _nanquantile(_percentile),
    np.nancumsum: _running_without_nan(_cumsum, 0),
    np.nancumprod: _running_without_nan(_cumprod, 1),
    np.cumsum: _cumsum, np.cumprod: _cumprod, np.diff: _diff, np.ediff1d: _ediff1d,
    np.gradient: _gradient, np.trapezoid: _trapezoid, np.cov: _cov, np.corrcoef: _corrcoef,
}  # fmt: skip
if hasattr(np, "cumulative_sum"):  # NumPy 2.1
    DISPATCH |= {np.cumulative_sum: _cumulative(_cumsum, 0),
                 np.cumulative_prod: _cumulative(_cumprod, 1)}  # fmt: skip
REDUCE |= {
    np.add: _sum, np.multiply: _prod, np.maximum: _max, np.minimum: _min, np.logaddexp: _log_sum,
}  # fmt: skip
ACCUMULATE |= {
    np.add: _cumsum, np.multiply: _cumprod,
    np.maximum: functools.partial(_running_extreme, np.maximum),
    np.minimum: functools.partial(_running_extreme, np.minimum),
}  # fmt: skip
