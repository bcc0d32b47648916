"""NumPy's functions of each element by itself, and the methods and keywords of its ufuncs.

A ufunc of two operands computes in torch's common type, as the operators do: to NumPy `array * t`
and np.multiply(array, t) are the same call.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import derivatives as d
from ..autograd.engine import Value, apply_to, wrap
from ..autograd.interop import ANSWERS, DISPATCH, NoRule
from . import comparison, elementwise, numbers, special
from .numpy_moving import alike, bare, value
from .operands import binary, unary


# -- arithmetic: let `array * t`, in which NumPy's operator comes first, do what `t * array` does --
def operator(ufunc: np.ufunc) -> Any:
    """What the ufunc of an operator means: the operator itself."""
    return functools.partial(binary, ufunc)


def _positive(x: Any) -> Any:
    return d.clone(x)


def _divmod(a: Any, b: Any) -> tuple:
    return elementwise.floor_divide(a, b), elementwise.remainder(a, b)


def _modf(x: Any) -> tuple:
    whole = numbers.trunc(x)
    return x - whole, whole


def _degrees(x: Any) -> Any:
    return x * (180 / math.pi)


def _radians(x: Any) -> Any:
    return x * (math.pi / 180)


def _ldexp(x: Any, i: Any) -> Any:
    x = value(x)
    return x * np.exp2(bare(i)).astype(x._array.dtype)


def _float_power(x1: Any, x2: Any) -> Any:
    """In float64 at least, by its definition."""
    a, b = alike(x1, x2, dtype=np.float64)
    return elementwise.pow(a, b)


def _cbrt(x: Any) -> Any:
    return unary(np.cbrt, x)


def _heaviside(x1: Any, x2: Any) -> Any:
    """0 below 0, 1 above, and at 0 what the second argument says."""
    x, at = alike(x1, x2, weak=True)
    step = (x > 0).astype(x.dtype)
    return np.where(x == 0, at, np.where(np.isnan(x), x, step))


def _of_two(word: Any, a: Any, b: Any) -> Any:
    """A word of torch's that takes two tensors, of what NumPy takes."""
    return word(*alike(a, b, weak=True))


def _rint(x: Any) -> Any:
    return elementwise.round(x)


# -- bounds, rounding and choices ------------------------------------------------------------------
def _clip(
    a: Any, a_min: Any = None, a_max: Any = None, out: Any = None, *, min: Any = None,
    max: Any = None, dtype: Any = None, **how: Any,
) -> Any:  # fmt: skip
    if out is not None or dtype is not None or set(how) - {"casting", "order", "subok"}:
        raise NoRule
    bounds = (a_min if min is None else min, a_max if max is None else max)
    lo, hi = (np.asarray(b) if isinstance(b, (list, tuple)) else b for b in bounds)
    return d.clone(a) if lo is None and hi is None else elementwise.clamp(value(a), lo, hi)


def _round(a: Any, decimals: int = 0, out: Any = None) -> Any:
    if out is not None:
        raise NoRule
    return elementwise.round(a, decimals=decimals)


def _where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    if x is None or y is None:
        return np.nonzero(condition)
    condition = condition._array if isinstance(condition, Value) else np.asarray(condition)
    if condition.dtype.kind != "b":
        condition = condition != 0
    if type(x) is list or type(y) is list:
        x, y = (np.asarray(z) if type(z) is list else z for z in (x, y))
    return elementwise.where(wrap(condition), x, y)


def _select(condlist: Sequence[Any], choicelist: Sequence[Any], default: Any = 0) -> Any:
    """The first choice whose condition holds: the last is laid down first."""
    y = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist), strict=True):
        y = np.where(bare(condition), choice, y)
    return y


def _choose(a: Any, choices: Sequence[Any], out: Any = None, mode: str = "raise") -> Any:
    if out is not None:
        raise NoRule
    numbered: Any = list(range(len(choices)))
    which: Any = np.choose(bare(a), numbered, mode=mode)  # type: ignore[call-overload]
    return _select([which == k for k in range(len(choices))], list(choices))


def _unwrap(p: Any, discont: Any = None, axis: int = -1, *, period: float = 2 * math.pi) -> Any:
    """p and whole periods, which have no derivative."""
    (p,) = alike(p)
    return p + wrap(np.unwrap(p._array, discont, axis, period=period) - p._array)


def _nan_to_num(
    x: Any, copy: bool = True, nan: float = 0.0, posinf: Any = None, neginf: Any = None
) -> Any:
    if not copy:
        raise NoRule("memory that is written to keeps no history")
    (x,) = alike(x)
    return numbers.nan_to_num(x, bare(nan), bare(posinf), bare(neginf))


def _angle(z: Any, deg: bool = False) -> Any:
    """0, and half a turn below 0."""
    return np.floor(np.sign(z) / 2) * -(180 if deg else math.pi) + 0.0


def _real(val: Any) -> Any:
    return val


def _imag(val: Any) -> Any:
    return np.zeros_like(val)


def _real_if_close(a: Any, tol: float = 100) -> Any:
    return a


# -- ufuncs with keywords, and their methods -------------------------------------------------------
def _with_keywords(
    ufunc: np.ufunc, *args: Any, out: Any = None, where: Any = True, dtype: Any = None,
    casting: str = "same_kind", order: str = "K", subok: bool = True, **others: Any,
) -> Any:  # fmt: skip
    if ufunc not in DISPATCH:
        raise NoRule
    if any(x is not None for x in (out if isinstance(out, tuple) else (out,))):
        raise NoRule("memory that is written to keeps no history")
    if where is not True:
        raise NoRule("where it does not hold the result is whatever the memory holds; see np.where")
    if (
        dtype is not None
        and ufunc in ANSWERS
        or others
        and (ufunc is not np.vecdot or "axes" in others)
    ):
        raise NoRule
    if dtype is not None:
        args = tuple(d.cast(value(x), dtype=np.dtype(dtype)) for x in args)
    return DISPATCH[ufunc](*args, **others)


# What the methods of ufuncs are, in other words: filled by the families of functions.
REDUCE: dict[np.ufunc, Any] = {}
ACCUMULATE: dict[np.ufunc, Any] = {}


def _reduce(
    ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None,
    keepdims: bool = False, initial: Any = None, where: Any = True,
) -> Any:  # fmt: skip
    if ufunc not in REDUCE or any(x is not None for x in out or ()):
        raise NoRule
    how = {"axis": axis, "keepdims": keepdims, "where": where}
    if dtype is not None:
        (array,) = alike(array, dtype=dtype)
    if initial is not None:
        how["initial"] = initial
    return REDUCE[ufunc](array, **how)


def _accumulate(
    ufunc: np.ufunc, array: Any, axis: int = 0, dtype: Any = None, out: Any = None
) -> Any:
    if ufunc not in ACCUMULATE or any(x is not None for x in out or ()):
        raise NoRule
    (array,) = alike(array, dtype=dtype)
    return ACCUMULATE[ufunc](array, axis)


def _outer(ufunc: np.ufunc, A: Any, B: Any, /, **kwargs: Any) -> Any:
    if ufunc not in DISPATCH:
        raise NoRule
    a = value(A)
    spread = a.reshape(a._array.shape + (1,) * np.ndim(B))
    return ufunc(spread, value(B), **kwargs)


def _sign(x: Any) -> Any:
    return apply_to(np.sign, value(x))


def _refuse(ufunc: np.ufunc, *args: Any, **kwargs: Any) -> Any:
    raise NoRule


DISPATCH |= {
    "__call__": _with_keywords, "reduce": _reduce, "accumulate": _accumulate, "outer": _outer,
    "reduceat": _refuse, "at": _refuse,
}  # fmt: skip
DISPATCH |= {ufunc: operator(ufunc) for ufunc in (
    np.add, np.subtract, np.multiply, np.equal, np.not_equal, np.less, np.less_equal, np.greater,
    np.greater_equal,
)}  # fmt: skip
DISPATCH |= {
    np.divide: elementwise.quotient, np.floor_divide: elementwise.floor_divide,
    np.remainder: elementwise.remainder, np.divmod: _divmod, np.negative: elementwise.neg,
    np.positive: _positive, np.absolute: elementwise.abs, np.fabs: elementwise.abs,
    np.sign: _sign, np.power: elementwise.pow, np.float_power: _float_power,
    np.square: elementwise.square, np.sqrt: elementwise.sqrt, np.reciprocal: elementwise.reciprocal,
    np.exp: elementwise.exp, np.exp2: elementwise.exp2, np.expm1: elementwise.expm1,
    np.log: elementwise.log, np.log2: elementwise.log2, np.log10: elementwise.log10,
    np.log1p: elementwise.log1p, np.logaddexp: elementwise.logaddexp, np.ldexp: _ldexp,
    np.heaviside: _heaviside, np.cbrt: _cbrt,
    np.sin: elementwise.sin, np.cos: elementwise.cos, np.tan: elementwise.tan,
    np.arcsin: elementwise.asin, np.arccos: elementwise.acos, np.arctan: elementwise.atan,
    np.arctan2: elementwise.atan2, np.sinh: elementwise.sinh, np.cosh: elementwise.cosh,
    np.tanh: elementwise.tanh, np.degrees: _degrees, np.rad2deg: _degrees, np.radians: _radians,
    np.deg2rad: _radians, np.floor: elementwise.floor, np.ceil: elementwise.ceil, np.rint: _rint,
    np.maximum: elementwise.maximum, np.minimum: elementwise.minimum, np.conjugate: _positive,
    np.logical_and: comparison.logical_and, np.logical_or: comparison.logical_or,
    np.logical_xor: comparison.logical_xor, np.logical_not: comparison.logical_not,
    np.isnan: comparison.isnan, np.isinf: comparison.isinf, np.isfinite: comparison.isfinite,
    np.clip: _clip, np.round: _round, np.around: _round, np.where: _where, np.select: _select,
    np.choose: _choose, np.unwrap: _unwrap, np.real: _real, np.imag: _imag,
    np.real_if_close: _real_if_close, np.modf: _modf,
    np.nan_to_num: _nan_to_num, np.angle: _angle,
    np.arcsinh: special.asinh, np.arccosh: special.acosh, np.arctanh: special.atanh,
    np.sinc: special.sinc, np.trunc: numbers.trunc, np.fix: numbers.trunc,
}  # fmt: skip
DISPATCH |= {ufunc: functools.partial(_of_two, word) for ufunc, word in (
    (np.hypot, special.hypot), (np.logaddexp2, special.logaddexp2), (np.fmod, numbers.fmod),
    (np.copysign, numbers.copysign), (np.fmax, numbers.fmax), (np.fmin, numbers.fmin),
)}  # fmt: skip
