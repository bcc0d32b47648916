"""The formula sheet, continued: the special functions, and the less usual ones of each element.

What rules may use is written at the head of engine.py; the everyday functions stand in
derivatives.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .derivatives import trunc_divide, whole_division
from .engine import primitive, rule

# == hyperbolic inverses ===========================================================================
rule(np.arcsinh, lambda g, y, x: g / np.sqrt(x * x + 1), name="asinh")
rule(np.arccosh, lambda g, y, x: g / np.sqrt(x * x - 1), name="acosh")
rule(np.arctanh, lambda g, y, x: g / (1 - x * x), name="atanh")


# == the error function and its kin ================================================================
def of_each(fn: Any, x: Any) -> Any:
    """A function of one Python float applied to each element, in float64, and rounded once."""
    return np.asarray(np.frompyfunc(fn, 1, 1)(x.astype(np.float64)), dtype=object).astype(x.dtype)


@primitive(lambda g, y, x: g * (-2 / math.sqrt(math.pi) * np.exp(-x * x)))
def erfc(x: Any) -> Any:
    """1 - erf(x), exact where that is tiny."""
    return of_each(math.erfc, x)


@primitive(lambda g, y, x: g * (math.sqrt(math.pi) / 2 * np.exp(y * y)))
def erfinv(x: Any) -> Any:
    """The y with erf(y) = x, by Newton's steps from a first guess (Winitzki's)."""
    p = np.abs(x.astype(np.float64))
    inner = p < 1
    q = np.where(inner, p, 0.5)
    log, c = np.log1p(-q * q), 2 / (math.pi * 0.147)
    y = np.sqrt(np.sqrt((c + log / 2) ** 2 - log / 0.147) - (c + log / 2))
    for _ in range(4):  # towards 1 the distance to 1 is what is known exactly
        left = of_each(math.erfc, y)
        off = np.where(q > 0.5, (1 - q) - left, of_each(math.erf, y) - q)
        y = y - off * (math.sqrt(math.pi) / 2) * np.exp(y * y)
    y = np.where(inner, y, np.where(p == 1, math.inf, math.nan))
    return np.copysign(y, x).astype(x.dtype)


# == the gamma function's logarithm and its derivatives ============================================
def _log_gamma(x: float) -> float:
    if x != x or x == -math.inf:
        return x if x != x else math.inf
    return math.inf if x <= 0 and x == math.floor(x) else math.lgamma(x)


@primitive(lambda g, y, x: g * polygamma(x, n=0))
def lgamma(x: Any) -> Any:
    """log |gamma(x)|; inf at 0, -1, -2 ..."""
    return of_each(_log_gamma, x)


# Bernoulli's numbers B2, B4 ... B24, the coefficients of the expansions for large x.
BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330, 854513 / 138, -236364091 / 2730,
)  # fmt: skip


@primitive(lambda g, y, x, n: g * polygamma(x, n=n + 1))
def polygamma(x: Any, *, n: int) -> Any:
    """The n-th derivative of digamma, which is the derivative of lgamma: 0 for digamma itself."""
    wide = x.astype(np.float64)
    return (_digamma(wide) if n == 0 else _polygamma(wide, n)).astype(x.dtype)


def _digamma(x: Any) -> Any:
    """Beyond 10 by the asymptotic series; smaller x by recurrence, negative by reflection."""
    low = x < 0.5
    z = np.where(low, 1 - x, x)
    y = np.zeros_like(z)
    while (small := z < 10).any():
        y = np.where(small, y - 1 / z, y)
        z = np.where(small, z + 1, z)
    y = y + np.log(z) - 0.5 / z
    for k, b in enumerate(BERNOULLI[:8], 1):
        y = y - b / (2 * k) * z ** (-2.0 * k)
    part = np.remainder(x, 1)  # pi cot(pi x) has period 1
    mirrored = y - math.pi / np.tan(math.pi * part)
    y = np.where(low, np.where((part == 0) & (x != 0), math.nan, mirrored), y)
    return np.where(x == 0, np.copysign(math.inf, -x), y)


def _polygamma(x: Any, n: int) -> Any:
    """(-1)^(n+1) n! sum over k of (x + k)^-(n+1), the tail of the sum by Euler and Maclaurin."""
    s, total = n + 1, np.zeros_like(x)
    z = np.where(x < -1e4, math.nan, x)  # so far below 0 the sum of all terms is not tried
    while (small := z < 15).any():
        total = np.where(small, total + np.where(z == 0, math.inf, z ** (-1.0 * s)), total)
        z = np.where(small, z + 1, z)
    total = total + z ** (1.0 - s) / (s - 1) + 0.5 * z ** (-1.0 * s)
    factor = 1.0
    for k, b in enumerate(BERNOULLI, 1):
        factor = factor * (s if k == 1 else (s + 2 * k - 3) * (s + 2 * k - 2))
        total = total + b * factor / math.factorial(2 * k) * z ** (-s - 2.0 * k + 1)
    return (-1) ** (n + 1) * math.factorial(n) * total


# == products with logarithms ======================================================================
@primitive(
    lambda g, y, a, b: np.where((a == 0) & (b <= 0), 0, xlogy(g, b)),
    lambda g, y, a, b: g * a / b,
)
def xlogy(a: Any, b: Any) -> Any:
    """a log(b), and 0 where a is 0, unless b is nan."""
    return np.where((a == 0) & ~np.isnan(b), 0, a * np.log(b)).astype(np.result_type(a, b))


@primitive(
    lambda g, y, a, b: np.where((a == 0) & (b <= -1), 0, xlog1py(g, b)),
    lambda g, y, a, b: g * a / (b + 1),
)
def xlog1py(a: Any, b: Any) -> Any:
    """a log(1 + b), and 0 where a is 0, unless b is nan."""
    return np.where((a == 0) & ~np.isnan(b), 0, a * np.log1p(b)).astype(np.result_type(a, b))


@primitive(lambda g, y, x, lo: logit_rule(g, x, lo))
def logit(x: Any, *, lo: float | None) -> Any:
    """log(x / (1 - x)), of x clamped to lo and 1 - lo if there is a lo."""
    if lo is not None:
        x = np.clip(x, x.dtype.type(lo), x.dtype.type(1 - lo))
    return np.log(x / (1 - x))


def logit_rule(g: Any, x: Any, lo: float | None) -> Any:
    """g / (x (1 - x)); 0 where x was clamped, nan where x is no probability."""
    low = 0.0 if lo is None else lo
    within = (x >= low) & (x <= 1 - low)
    safe = np.where(within, x, 0.5)
    return np.where(within, g / (safe * (1 - safe)), math.nan if lo is None else 0.0)


# dy/da = 2^a / (2^a + 2^b)
rule(
    np.logaddexp2,
    lambda g, y, a, b: g / (1 + np.exp2(b - a)),
    lambda g, y, a, b: g / (1 + np.exp2(a - b)),
)


# == trigonometry's neighbours =====================================================================
def sinc_rule(g: Any, y: Any, x: Any) -> Any:
    """g (cos(pi x) - y) / x; at 0 the first term of its series, which has the right slope."""
    flat = x == 0
    slope = (np.cos(math.pi * x) - y) / np.where(flat, 1, x)
    return g * np.where(flat, -(math.pi**2) / 3 * x, slope)


@primitive(sinc_rule)
def sinc(x: Any) -> Any:
    """sin(pi x) / (pi x), and 1 at 0."""
    z = math.pi * np.where(x == 0, 1, x)
    return np.where(x == 0, 1, np.sin(z) / z).astype(x.dtype)


rule(np.hypot, lambda g, y, a, b: g * (a / y), lambda g, y, a, b: g * (b / y))


# == whole and broken numbers, signs ===============================================================
rule(np.trunc, lambda g, y, x: np.zeros_like(g))


@primitive(lambda g, y, x: g)
def frac(x: Any) -> Any:
    """What stands behind the point, with the sign of x."""
    return x - np.trunc(x)


@primitive(lambda g, y, a, b: g, lambda g, y, a, b: -g * trunc_divide(a, b))
def fmod(a: Any, b: Any) -> Any:
    """a - b * trunc(a / b)."""
    return whole_division(np.fmod, a, b)


rule(
    np.copysign,
    lambda g, y, a, b: g * (np.sign(a) * np.sign(y)),
    lambda g, y, a, b: np.zeros_like(g),
)
rule(
    np.fmax,
    lambda g, y, a, b: np.where((a >= b) | np.isnan(b), g, 0),
    lambda g, y, a, b: np.where((a >= b) | np.isnan(b), 0, g),
)
rule(
    np.fmin,
    lambda g, y, a, b: np.where((a <= b) | np.isnan(b), g, 0),
    lambda g, y, a, b: np.where((a <= b) | np.isnan(b), 0, g),
)


@primitive(lambda g, y, x, nan, posinf, neginf: np.where(np.isfinite(x), g, 0))
def nan_to_num(x: Any, *, nan: float, posinf: float | None, neginf: float | None) -> Any:
    """x with numbers in place of nan and the infinities."""
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


@primitive(lambda g, y, x, by: scaled(g, by=by))
def scaled(x: Any, *, by: Any) -> Any:
    """x times 2 to the power of these whole numbers, exactly."""
    return np.ldexp(x, by)


# == the running sum of exponentials ===============================================================
def logcumsumexp_rule(g: Any, y: Any, x: Any, axis: int) -> Any:
    """g exp(x - y), summed over the results from x's own on: their logarithms, so that nothing
    overflows, of the positive and of the negative g.
    """
    parts = []
    for sign in (1, -1):
        there = sign * g > 0
        size = np.where(there, np.log(np.where(there, sign * g, 1)), np.finfo(g.dtype).min)
        back = np.flip(logcumsumexp(np.flip(size - y, axis), axis=axis), axis)
        parts.append(np.exp(back + x))
    return parts[0] - parts[1]


@primitive(logcumsumexp_rule)
def logcumsumexp(x: Any, *, axis: int) -> Any:
    """log of the running sum of exp(x), with no overflow."""
    return np.logaddexp.accumulate(x, axis=axis)


# == drawn numbers =================================================================================
@primitive(lambda g, y, x, numbers: np.zeros_like(g), None, name="bernoulli")
def drawn_by(x: Any, numbers: Any) -> Any:
    """Random numbers whose distribution x says: they depend on x, but not smoothly."""
    return np.zeros_like(x) + numbers


# == one element by its rank =======================================================================
@primitive(lambda g, y, x, k: shared(g, y, x))
def ranked(x: Any, *, k: int) -> Any:
    """The element that has k smaller ones before it in order; nan counts as the largest."""
    return np.partition(x.reshape(-1), k)[k]


def shared(g: Any, y: Any, x: Any) -> Any:
    """g to the elements that are y, in equal parts."""
    hit = np.where(np.isnan(y), np.isnan(x), x == y)
    return np.where(hit, g / hit.astype(x.dtype).sum(), 0)
