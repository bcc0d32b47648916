"""Special functions of each element: inverse hyperbolic ones, erf, lgamma, sinc and their kin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import derivatives as d
from ..autograd import derivatives_functions as df
from ..autograd.engine import Value, apply, wrap
from .arguments import Tensor, array_of, floating
from .elementwise import add, mul, pow, sub
from .operands import neither, promote, unary
from .reduction import sum
from .shaping import unsqueeze

__all__ = [
    "acosh", "arccosh", "arcsinh", "arctanh", "asinh", "atanh", "deg2rad", "digamma", "erf", "erfc",
    "erfinv", "float_power", "hypot", "lgamma", "logaddexp2", "logit", "mvlgamma", "polygamma",
    "rad2deg", "sinc", "xlogy",
]  # fmt: skip


# -- hyperbolic inverses ---------------------------------------------------------------------------
def asinh(input: Tensor) -> Tensor:
    """The number whose hyperbolic sine is input.

    >>> tensor([0., 1.]).asinh()
    tensor([0.0000, 0.8814])
    """
    return unary(np.arcsinh, input, "asinh")


arcsinh = asinh


def acosh(input: Tensor) -> Tensor:
    """The number from 0 on whose hyperbolic cosine is input; nan below 1.

    >>> tensor([1., 2.]).acosh()
    tensor([0.0000, 1.3170])
    """
    return unary(np.arccosh, input, "acosh")


arccosh = acosh


def atanh(input: Tensor) -> Tensor:
    """The number whose hyperbolic tangent is input; infinite at -1 and 1, nan beyond.

    >>> tensor([0., 0.5]).atanh()
    tensor([0.0000, 0.5493])
    """
    return unary(np.arctanh, input, "atanh")


arctanh = atanh


# -- the error function ----------------------------------------------------------------------------
def erf(input: Tensor) -> Tensor:
    """The error function: 2 / sqrt(pi) times the integral of exp(-t^2) from 0 to input.

    NumPy has none: each element is computed by Python's own, in float64.

    >>> tensor([0., 0.5]).erf()
    tensor([0.0000, 0.5205])
    """
    return unary(d.erf, input)


def erfc(input: Tensor) -> Tensor:
    """1 - erf(input), exact where that is tiny.

    >>> tensor([0., 3.]).erfc()
    tensor([1.0000e+00, 2.2090e-05])
    """
    return unary(df.erfc, input)


def erfinv(input: Tensor) -> Tensor:
    """The number whose erf is input; infinite at -1 and 1, nan beyond.

    >>> tensor([0., 0.5]).erfinv()
    tensor([0.0000, 0.4769])
    """
    return unary(df.erfinv, input)


# -- the gamma function ----------------------------------------------------------------------------
def lgamma(input: Tensor) -> Tensor:
    """The logarithm of the absolute value of the gamma function; (n - 1)! is gamma(n).

    >>> tensor([1., 5.]).lgamma().exp()
    tensor([ 1., 24.])
    """
    return unary(df.lgamma, input)


def digamma(input: Tensor) -> Tensor:
    """The derivative of lgamma.

    >>> tensor([1., 2.]).digamma()
    tensor([-0.5772,  0.4228])
    """
    array_of(input, "digamma")
    return polygamma(0, input)


def polygamma(n: int, input: Tensor) -> Tensor:
    """The n-th derivative of digamma, n >= 0; beyond n = 1 it is nan below -10000.

    >>> polygamma(1, tensor([1., 2.]))
    tensor([1.6449, 0.6449])
    """
    if not isinstance(n, int):
        raise TypeError(
            f"polygamma(): argument 'n' (position 1) must be int, not {type(n).__name__}"
        )
    if n < 0:
        raise RuntimeError(f"polygamma(n, x) does not support negative n, and n is {n}")
    if array_of(input, "polygamma", "input", 2).dtype.kind != "f":
        input = d.cast(input, dtype=dtypes.get_default_dtype())
    return df.polygamma(input, n=n)


def mvlgamma(input: Tensor, p: int) -> Tensor:
    """The logarithm of the multivariate gamma function of dimension p; input above (p - 1) / 2.

    >>> tensor([2., 3.]).mvlgamma(2)
    tensor([0.4516, 1.5502])
    """
    if array_of(input, "mvlgamma").dtype.kind != "f":
        input = d.cast(input, dtype=dtypes.get_default_dtype())
    if p < 1:
        raise RuntimeError(f"mvlgamma: p has to be greater than or equal to 1, not {p}")
    half = np.arange(p).astype(input._array.dtype) / 2
    parts = sub(unsqueeze(input, -1), wrap(half))
    return add(sum(lgamma(parts), -1), p * (p - 1) / 4 * math.log(math.pi))


# -- logarithms and powers -------------------------------------------------------------------------
def xlogy(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input * log(other), and 0 where input is 0.

    >>> xlogy(tensor([0., 2.]), tensor([0., 3.]))
    tensor([0.0000, 2.1972])
    """
    return real_pair("xlogy", df.xlogy, input, other)


def real_pair(name: str, fn: Any, a: Any, b: Any) -> Any:
    """Apply a function of two real numbers, of which one may be a Python number."""
    pair = promote(a, b, floating=True) if isinstance(a, Value) or isinstance(b, Value) else None
    if pair is None:
        raise neither(name, a, b)
    return fn(*pair)


def _floating_pair(name: str, fn: Any, a: Any, b: Any) -> Any:
    """Apply a function of two floating point tensors."""
    array_of(a, name), array_of(b, name, "other", 2)
    pair = promote(a, b)
    assert pair is not None
    floating(pair[0], name, f"{name}_cpu")
    return apply(fn, pair)


def logit(input: Tensor, eps: float | None = None) -> Tensor:
    """log(input / (1 - input)), the inverse of sigmoid; eps keeps input between eps and 1 - eps.

    >>> tensor([0.5, 0.9]).logit()
    tensor([0.0000, 2.1972])
    """
    if array_of(input, "logit").dtype.kind != "f":
        input = d.cast(input, dtype=dtypes.get_default_dtype())
    return df.logit(input, lo=eps)


def logaddexp2(input: Tensor, other: Tensor) -> Tensor:
    """log2(2 ** input + 2 ** other), with no overflow.

    >>> tensor([1., 1000.]).logaddexp2(tensor([1., 1000.]))
    tensor([   2., 1001.])
    """
    return _floating_pair("logaddexp2", np.logaddexp2, input, other)


def float_power(input: Tensor | float, exponent: Tensor | float) -> Tensor:
    """input ** exponent in float64.

    >>> tensor([1, 2]).float_power(-1)
    tensor([1.0000, 0.5000], dtype=torch.float64)
    """
    pair = [d.cast(x, dtype=dtypes.float64) if isinstance(x, Value) else x
            for x in (input, exponent)]  # fmt: skip
    return pow(*pair)


def hypot(input: Tensor, other: Tensor) -> Tensor:
    """The length of the hypotenuse: sqrt(input ** 2 + other ** 2), with no overflow.

    >>> tensor([3.]).hypot(tensor([4.]))
    tensor([5.])
    """
    return _floating_pair("hypot", np.hypot, input, other)


def sinc(input: Tensor) -> Tensor:
    """sin(pi * input) / (pi * input), and 1 at 0.

    >>> tensor([0., 0.5]).sinc()
    tensor([1.0000, 0.6366])
    """
    return unary(df.sinc, input)


def deg2rad(input: Tensor) -> Tensor:
    """Degrees as radians.

    >>> tensor([180.]).deg2rad()
    tensor([3.1416])
    """
    return _turned("deg2rad", input, float(np.pi / 180))


def rad2deg(input: Tensor) -> Tensor:
    """Radians as degrees.

    >>> tensor([3.1416]).rad2deg()
    tensor([180.0004])
    """
    return _turned("rad2deg", input, float(180 / np.pi))


def _turned(name: str, x: Any, by: float) -> Any:
    if array_of(x, name).dtype.kind != "f":
        x = d.cast(x, dtype=dtypes.get_default_dtype())
    return mul(x, by)


def polygamma_of(input: Tensor, n: int) -> Tensor:
    """The n-th derivative of digamma, n >= 0.

    >>> tensor([1., 2.]).polygamma(1)
    tensor([1.6449, 0.6449])
    """
    return polygamma(n, input)


class Special(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    asinh, acosh, atanh, arcsinh, arccosh = asinh, acosh, atanh, arcsinh, arccosh
    arctanh, erf, erfc, erfinv, lgamma = arctanh, erf, erfc, erfinv, lgamma
    digamma, mvlgamma, xlogy, logit = digamma, mvlgamma, xlogy, logit
    logaddexp2, float_power, hypot, sinc = logaddexp2, float_power, hypot, sinc
    deg2rad, rad2deg, polygamma = deg2rad, rad2deg, polygamma_of
