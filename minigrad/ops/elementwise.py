"""Operations on each element by itself, with broadcasting: arithmetic, functions, comparisons,
choices.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ..autograd import DISPATCH, Node, apply, primitive, rule, wrap
from ..dtypes import result_type
from .registry import (
    ZERO,
    binary,
    called,
    cast,
    function,
    method,
    not_a_tensor,
    numpy,
    promote,
    unary,
)

if TYPE_CHECKING:
    from ..tensor import Tensor

    Operand: TypeAlias = "Tensor | float"


# -- arithmetic ----------------------------------------------------------------------------------
@method
def add(input: Operand, other: Operand, *, alpha: float = 1) -> Tensor:
    """input + alpha * other.

    >>> tensor([1., 2.]).add(tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    return called("add", np.add, input, _scaled(other, alpha))


rule(np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)


def _scaled(x: Any, alpha: float) -> Any:
    return x if alpha == 1 else x * alpha


@method
def sub(input: Operand, other: Operand, *, alpha: float = 1) -> Tensor:
    """input - alpha * other; two booleans are refused, as in torch.

    >>> tensor([3., 2.]).sub(1)
    tensor([2., 1.])
    """
    return called("sub", np.subtract, input, _scaled(other, alpha))


rule(np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g, name="sub")


@function
def rsub(input: Operand, other: Operand, *, alpha: float = 1) -> Tensor:
    """other - alpha * input.

    >>> rsub(tensor([1., 2.]), 10, alpha=2)
    tensor([8., 6.])
    """
    return called("sub", np.subtract, other, _scaled(input, alpha))


@method
def mul(input: Operand, other: Operand) -> Tensor:
    """input * other.

    >>> tensor([1., 2.]).mul(3)
    tensor([3., 6.])
    """
    return called("mul", np.multiply, input, other)


rule(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a, name="mul")


def divide(a: Any, b: Any) -> Any:
    """a / b in floating point; the body of the operator, which must be able to answer
    NotImplemented.
    """
    if isinstance(a, Node) and a._array.dtype.kind == "f":
        return binary(np.divide, a, b)
    pair = promote(a, b, floating=True)
    return NotImplemented if pair is None else apply(np.divide, pair)


rule(np.divide, lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b, name="div")


@method
def div(input: Operand, other: Operand, *, rounding_mode: str | None = None) -> Tensor:
    """input / other, in floating point also for integers; rounding_mode "floor" or "trunc" rounds.

    >>> tensor([7, -7]).div(2), tensor([7, -7]).div(2, rounding_mode="trunc")
    (tensor([ 3.5000, -3.5000]), tensor([ 3, -3]))
    """
    if rounding_mode is None:
        result = divide(input, other)
        if result is NotImplemented:
            raise not_a_tensor("div", other if isinstance(input, Node) else input)
        return result
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return called("div", _truncated_division, input, other)
    raise RuntimeError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
        f"{rounding_mode!r}"
    )


true_divide = method(div, "true_divide")


@primitive(lambda g, y, a, b: np.zeros_like(g), lambda g, y, a, b: np.zeros_like(g), name="div")
def _truncated_division(a: Any, b: Any) -> Any:
    if np.result_type(a, b).kind == "f":
        return np.trunc(np.divide(a, b))
    quotient = _whole_division(np.floor_divide, np.abs(a), np.abs(b))
    return np.sign(a) * np.sign(b) * quotient


def _whole_division(fn: Any, a: Any, b: Any) -> Any:
    """Division of integers, where a zero raises instead of giving 0 as NumPy does."""
    kind = np.result_type(a, b).kind
    if kind == "f":
        return fn(a, b)
    if kind == "b":
        raise NotImplementedError("division is not implemented for 'Bool'; convert with .int()")
    try:
        with np.errstate(divide="raise"):
            return fn(a, b)
    except FloatingPointError:
        raise RuntimeError(
            "ZeroDivisionError: an integer was divided by 0; convert to float first"
        ) from None


@method
def floor_divide(input: Operand, other: Operand) -> Tensor:
    """input / other rounded towards minus infinity; its gradient is 0.

    >>> tensor([7., -7.]).floor_divide(2)
    tensor([ 3., -4.])
    """
    return called("floor_divide", _floor_division, input, other)


@primitive(
    lambda g, y, a, b: np.zeros_like(g), lambda g, y, a, b: np.zeros_like(g), name="floor_divide"
)
def _floor_division(a: Any, b: Any) -> Any:
    return _whole_division(np.floor_divide, a, b)


@method
def remainder(input: Operand, other: Operand) -> Tensor:
    """input - other * floor(input / other); it has the sign of other, as Python's %.

    >>> tensor([-3., 4.]).remainder(3)
    tensor([0., 1.])
    """
    return called("remainder", _remainder, input, other)


@primitive(lambda g, y, a, b: g, lambda g, y, a, b: -g * np.floor_divide(a, b), name="remainder")
def _remainder(a: Any, b: Any) -> Any:
    return _whole_division(np.remainder, a, b)


@numpy(np.negative)
@method
def neg(input: Tensor) -> Tensor:
    """-input.

    >>> tensor([1., -2.]).neg()
    tensor([-1.,  2.])
    """
    if input._array.dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported; use ~ or logical_not()"
        )
    return apply(np.negative, (input,))


negative = method(neg, "negative")
rule(np.negative, lambda g, y, x: -g, name="neg")


@numpy(np.absolute)
@method
def abs(input: Tensor) -> Tensor:
    """The absolute value; its gradient at 0 is 0.

    >>> tensor([1., -2.]).abs()
    tensor([1., 2.])
    """
    return apply(np.absolute, (input,))


absolute = method(abs, "absolute")
rule(np.absolute, lambda g, y, x: g * np.sign(x), name="abs")


@numpy(np.sign)
@method
def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1; its gradient is 0.

    >>> tensor([-3., 0., 2.]).sign()
    tensor([-1.,  0.,  1.])
    """
    return apply(np.sign, (input,)) if input._array.dtype.kind != "b" else input.clone()


rule(np.sign, lambda g, y, x: np.zeros_like(g))


# -- powers --------------------------------------------------------------------------------------
def power(a: Any, b: Any) -> Any:
    """a ** b; the body of the operator, which must be able to answer NotImplemented."""
    if isinstance(a, Node) and a._array.dtype.kind != "f":
        if isinstance(b, (int, np.integer)) and b < 0:
            raise RuntimeError(
                "Integers to negative integer powers are not allowed; convert to float first."
            )
        if a._array.dtype.kind == "b" and isinstance(b, Node) and b._array.dtype.kind == "b":
            raise NotImplementedError("\"pow\" not implemented for 'Bool'; convert with .int()")
    return binary(_power, a, b)


@numpy(np.power)
@method
def pow(input: Operand, exponent: Operand) -> Tensor:
    """input ** exponent; one of the two may be a number.

    >>> tensor([1., 2., 3.]).pow(2)
    tensor([1., 4., 9.])
    """
    result = power(input, exponent)
    if result is NotImplemented:
        raise not_a_tensor("pow", exponent if isinstance(input, Node) else input)
    return result


def _power_a(g: Any, y: Any, a: Any, b: Any) -> Any:
    if type(b) is float or type(b) is int:
        return g * (b * a ** (b - 1)) if b != 0 else np.zeros_like(g)
    return np.where(b == 0, 0, g * b * a ** np.where(b == 0, 1, b - 1))  # x ** 0 is flat, at 0 too


def _power_b(g: Any, y: Any, a: Any, b: Any) -> Any:
    if type(a) is float or type(a) is int:
        return g * y * math.log(a) if a > 0 else np.zeros_like(g) if a == 0 else g * y * math.nan
    flat = (a == 0) & (b >= 0)
    return np.where(flat, 0, g * y * np.log(np.where(flat, 1, a)))


@primitive(_power_a, _power_b, name="pow")
def _power(a: Any, b: Any) -> Any:
    return a**b  # the operator has short cuts for 2 and 0.5 that np.power lacks


@numpy(np.square)
@method
def square(input: Tensor) -> Tensor:
    """input ** 2.

    >>> tensor([1., -2.]).square()
    tensor([1., 4.])
    """
    return pow(input, 2)


@numpy(np.sqrt)
@method
def sqrt(input: Tensor) -> Tensor:
    """The square root; nan below 0.

    >>> tensor([4., 9.]).sqrt()
    tensor([2., 3.])
    """
    return unary(np.sqrt, input)


rule(np.sqrt, lambda g, y, x: g / (2 * y))


@method
def rsqrt(input: Tensor) -> Tensor:
    """1 / sqrt(input).

    >>> tensor([4., 16.]).rsqrt()
    tensor([0.5000, 0.2500])
    """
    return unary(_rsqrt, input)


@primitive(lambda g, y, x: -0.5 * g * y**3)
def _rsqrt(x: Any) -> Any:
    return 1 / np.sqrt(x)


@numpy(np.reciprocal)
@method
def reciprocal(input: Tensor) -> Tensor:
    """1 / input.

    >>> tensor([4., 8.]).reciprocal()
    tensor([0.2500, 0.1250])
    """
    return unary(np.reciprocal, input)


rule(np.reciprocal, lambda g, y, x: -g * y * y)


def _floating(name: str, fn: Any, a: Any, b: Any) -> Tensor:
    """Apply a function of two real numbers: integers become the default float type first."""
    pair = promote(a, b, floating=True)
    if pair is None:
        raise not_a_tensor(name, b if isinstance(a, Node) else a)
    return apply(fn, pair)


# -- exponentials and logarithms -----------------------------------------------------------------
@numpy(np.exp)
@method
def exp(input: Tensor) -> Tensor:
    """e to the power of each element.

    >>> tensor([0., 1.]).exp()
    tensor([1.0000, 2.7183])
    """
    return unary(np.exp, input)


rule(np.exp, lambda g, y, x: g * y)


@numpy(np.exp2)
@method
def exp2(input: Tensor) -> Tensor:
    """2 to the power of each element.

    >>> tensor([0., 3.]).exp2()
    tensor([1., 8.])
    """
    return unary(np.exp2, input)


rule(np.exp2, lambda g, y, x: g * y * math.log(2))


@numpy(np.expm1)
@method
def expm1(input: Tensor) -> Tensor:
    """exp(input) - 1, exact near 0.

    >>> tensor([0., 1.]).expm1()
    tensor([0.0000, 1.7183])
    """
    return unary(np.expm1, input)


rule(np.expm1, lambda g, y, x: g * (y + 1))


@numpy(np.log)
@method
def log(input: Tensor) -> Tensor:
    """The natural logarithm; -inf at 0, nan below.

    >>> tensor([0.1, 0.5]).log()
    tensor([-2.3026, -0.6931])
    """
    return unary(np.log, input)


rule(np.log, lambda g, y, x: g / x)


@numpy(np.log2)
@method
def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2.

    >>> tensor([1., 8.]).log2()
    tensor([0., 3.])
    """
    return unary(np.log2, input)


rule(np.log2, lambda g, y, x: g / (x * math.log(2)))


@numpy(np.log10)
@method
def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10.

    >>> tensor([1., 1000.]).log10()
    tensor([0., 3.])
    """
    return unary(np.log10, input)


rule(np.log10, lambda g, y, x: g / (x * math.log(10)))


@numpy(np.log1p)
@method
def log1p(input: Tensor) -> Tensor:
    """log(1 + input), exact near 0.

    >>> tensor([0., 1.]).log1p()
    tensor([0.0000, 0.6931])
    """
    return unary(np.log1p, input)


rule(np.log1p, lambda g, y, x: g / (x + 1))


@numpy(np.logaddexp)
@method
def logaddexp(input: Tensor, other: Tensor) -> Tensor:
    """log(exp(input) + exp(other)), with no overflow.

    >>> tensor([0., 1000.]).logaddexp(tensor([0., 1000.]))
    tensor([6.9315e-01, 1.0007e+03])
    """
    return _floating("logaddexp", np.logaddexp, input, other)


rule(np.logaddexp, lambda g, y, a, b: g * np.exp(a - y), lambda g, y, a, b: g * np.exp(b - y))


# -- trigonometry --------------------------------------------------------------------------------
@numpy(np.sin)
@method
def sin(input: Tensor) -> Tensor:
    """The sine of an angle in radians.

    >>> tensor([0., 1.]).sin()
    tensor([0.0000, 0.8415])
    """
    return unary(np.sin, input)


rule(np.sin, lambda g, y, x: g * np.cos(x))


@numpy(np.cos)
@method
def cos(input: Tensor) -> Tensor:
    """The cosine of an angle in radians.

    >>> tensor([0., 1.]).cos()
    tensor([1.0000, 0.5403])
    """
    return unary(np.cos, input)


rule(np.cos, lambda g, y, x: -g * np.sin(x))


@numpy(np.tan)
@method
def tan(input: Tensor) -> Tensor:
    """The tangent of an angle in radians.

    >>> tensor([0., 1.]).tan()
    tensor([0.0000, 1.5574])
    """
    return unary(np.tan, input)


rule(np.tan, lambda g, y, x: g * (1 + y * y))


@numpy(np.arcsin)
@method
def asin(input: Tensor) -> Tensor:
    """The angle in radians whose sine is input.

    >>> tensor([0., 1.]).asin()
    tensor([0.0000, 1.5708])
    """
    return unary(np.arcsin, input)


arcsin = method(asin, "arcsin")
rule(np.arcsin, lambda g, y, x: g / np.sqrt(1 - x * x), name="asin")


@numpy(np.arccos)
@method
def acos(input: Tensor) -> Tensor:
    """The angle in radians whose cosine is input.

    >>> tensor([0., 1.]).acos()
    tensor([1.5708, 0.0000])
    """
    return unary(np.arccos, input)


arccos = method(acos, "arccos")
rule(np.arccos, lambda g, y, x: -g / np.sqrt(1 - x * x), name="acos")


@numpy(np.arctan)
@method
def atan(input: Tensor) -> Tensor:
    """The angle in radians whose tangent is input.

    >>> tensor([0., 1.]).atan()
    tensor([0.0000, 0.7854])
    """
    return unary(np.arctan, input)


arctan = method(atan, "arctan")
rule(np.arctan, lambda g, y, x: g / (1 + x * x), name="atan")


@numpy(np.arctan2)
@method
def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle in radians of the point (x=other, y=input), in all four quadrants.

    >>> tensor([1., -1.]).atan2(tensor([1., -1.]))
    tensor([ 0.7854, -2.3562])
    """
    return _floating("atan2", np.arctan2, input, other)


arctan2 = method(atan2, "arctan2")
rule(
    np.arctan2,
    lambda g, y, a, b: g * b / (a * a + b * b),
    lambda g, y, a, b: -g * a / (a * a + b * b),
    name="atan2",
)


@numpy(np.sinh)
@method
def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine.

    >>> tensor([0., 1.]).sinh()
    tensor([0.0000, 1.1752])
    """
    return unary(np.sinh, input)


rule(np.sinh, lambda g, y, x: g * np.cosh(x))


@numpy(np.cosh)
@method
def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine.

    >>> tensor([0., 1.]).cosh()
    tensor([1.0000, 1.5431])
    """
    return unary(np.cosh, input)


rule(np.cosh, lambda g, y, x: g * np.sinh(x))


@numpy(np.tanh)
@method
def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent, between -1 and 1.

    >>> tensor([0., 1.]).tanh()
    tensor([0.0000, 0.7616])
    """
    return unary(np.tanh, input)


rule(np.tanh, lambda g, y, x: g * (1 - y * y))


@method
def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)), between 0 and 1, with no overflow.

    >>> tensor([0., 2.]).sigmoid()
    tensor([0.5000, 0.8808])
    """
    return unary(_sigmoid, input)


@primitive(lambda g, y, x: g * (1 - y) * y)
def _sigmoid(x: Any) -> Any:
    e = np.exp(-np.abs(x))  # at most 1: the larger of exp(x) and exp(-x) is never formed
    return np.where(x >= 0, 1, e) / (1 + e)


# -- rounding, bounds and choices ----------------------------------------------------------------
@numpy(np.floor)
@method
def floor(input: Tensor) -> Tensor:
    """The largest whole number not above input; its gradient is 0.

    >>> tensor([1.5, -1.5]).floor()
    tensor([ 1., -2.])
    """
    return _whole(np.floor, input)


def _whole(fn: Any, x: Tensor) -> Tensor:
    if x._array.dtype.kind == "f":
        return apply(fn, (x,))
    _refuse_bool(fn.__name__, x)
    return x.clone()


def _refuse_bool(name: str, x: Tensor) -> None:
    if x._array.dtype.kind == "b":
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool'; convert with .int()")


rule(np.floor, lambda g, y, x: np.zeros_like(g))


@numpy(np.ceil)
@method
def ceil(input: Tensor) -> Tensor:
    """The smallest whole number not below input; its gradient is 0.

    >>> tensor([1.5, -1.5]).ceil()
    tensor([ 2., -1.])
    """
    return _whole(np.ceil, input)


rule(np.ceil, lambda g, y, x: np.zeros_like(g))


@method
def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number with so many decimals, halves to the even one; its gradient is 0.

    >>> tensor([0.5, 1.5, 2.4]).round()
    tensor([0., 2., 2.])
    """
    _refuse_bool("round", input)
    return apply(_round, (input,), {"decimals": decimals})


@primitive(lambda g, y, x, decimals: np.zeros_like(g), name="round")
def _round(x: Any, *, decimals: int) -> Any:
    return np.round(x, decimals)


@method
def relu(input: Tensor) -> Tensor:
    """The larger of input and 0; its gradient at 0 is 0.

    >>> tensor([-1., 0., 2.]).relu()
    tensor([0., 0., 2.])
    """
    return apply(_relu, (input,))


@primitive(lambda g, y, x, zeroed: _zero_where(g, zeroed), None, name="where")
def _zero_where(x: Any, zeroed: Any) -> Any:
    """np.where(zeroed, 0, x) by the bits of the floats: without a branch for each, where the mask
    is irregular, in an eighth of the time; and unlike x * mask it makes 0 of inf and nan.
    """
    return (x.view(f"u{x.itemsize}") * ~zeroed).view(x.dtype)


@primitive(lambda g, y, x: _zero_where(g, y <= 0))
def _relu(x: Any) -> Any:
    if x.dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    return np.maximum(x, 0)


@method
def clamp(input: Tensor, min: Operand | None = None, max: Operand | None = None) -> Tensor:
    """input, but not below min and not above max; each a number or a tensor, one may be left out.

    At a boundary the gradient passes, as in torch.

    >>> tensor([-2., 0.5, 2.]).clamp(-1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    bounds = [b for b in (min, max) if b is not None]
    promoted = promote(input, *bounds)
    if promoted is None:
        raise not_a_tensor("clamp", bounds[0])
    lo = promoted[1] if min is not None else None
    return apply(_clamp, (promoted[0], lo, promoted[-1] if max is not None else None))


clip = method(clamp, "clip")


def _inside(x: Any, lo: Any, hi: Any) -> Any:
    if lo is None:
        return x <= hi
    return x >= lo if hi is None else (x >= lo) & (x <= hi)


def _clamp_lo(g: Any, y: Any, x: Any, lo: Any, hi: Any) -> Any:
    return np.where(x < lo if hi is None else (x < lo) & (lo < hi), g, 0)


def _clamp_hi(g: Any, y: Any, x: Any, lo: Any, hi: Any) -> Any:
    return np.where(x > hi if lo is None else (x > hi) | (lo > hi), g, 0)


@primitive(
    lambda g, y, x, lo, hi: np.where(_inside(x, lo, hi), g, 0), _clamp_lo, _clamp_hi, name="clamp"
)
def _clamp(x: Any, lo: Any, hi: Any) -> Any:
    y = x if lo is None else np.maximum(x, lo)
    return y if hi is None else np.minimum(y, hi)


@numpy(np.maximum)
@method
def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of the two; where they are equal each gets half of the gradient.

    >>> tensor([1., 5.]).maximum(tensor([3., 4.]))
    tensor([3., 5.])
    """
    return called("maximum", np.maximum, input, other)


rule(
    np.maximum,
    lambda g, y, a, b: np.where(a < b, 0, np.where(a == b, 0.5 * g, g)),
    lambda g, y, a, b: np.where(b < a, 0, np.where(a == b, 0.5 * g, g)),
)


@numpy(np.minimum)
@method
def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of the two; where they are equal each gets half of the gradient.

    >>> tensor([1., 5.]).minimum(tensor([3., 4.]))
    tensor([1., 4.])
    """
    return called("minimum", np.minimum, input, other)


rule(
    np.minimum,
    lambda g, y, a, b: np.where(a > b, 0, np.where(a == b, 0.5 * g, g)),
    lambda g, y, a, b: np.where(b > a, 0, np.where(a == b, 0.5 * g, g)),
)


@numpy(np.where)
@function
def where(condition: Tensor, input: Operand | None = None, other: Operand | None = None) -> Any:
    """input where the condition holds, other elsewhere; with the condition alone, where it holds.

    >>> where(tensor([True, False]), tensor([1., 2.]), 0)
    tensor([1., 0.])
    """
    if input is None and other is None:
        return condition.nonzero(as_tuple=True)
    if input is None or other is None:
        raise TypeError("where(): give both input and other, or neither")
    mask = condition._array if isinstance(condition, Node) else np.asarray(condition)
    kind = mask.dtype.kind
    if kind not in "bu":
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{mask.dtype}"
        )
    if not isinstance(input, Node) and not isinstance(other, Node):
        input = wrap(np.asarray(input, result_type(input, other)))
    if not (isinstance(input, Node) and isinstance(other, Node)) or (
        input._array.dtype is not other._array.dtype
    ):
        pair = promote(input, other)
        if pair is None:
            raise not_a_tensor("where", other if isinstance(input, Node) else input)
        input, other = pair
    return apply(np.where, (mask if kind == "b" else mask != 0, input, other))


rule(
    np.where,
    None,
    lambda g, y, c, a, b: np.where(c, g, ZERO[g.dtype]),
    lambda g, y, c, a, b: np.where(c, ZERO[g.dtype], g),
)


@method
def masked_fill(input: Tensor, mask: Tensor, value: Operand) -> Tensor:
    """input with value wherever the boolean mask holds; the mask is broadcast.

    >>> tensor([1., 2.]).masked_fill(tensor([True, False]), 0)
    tensor([0., 2.])
    """
    if not isinstance(mask, Node) or mask._array.dtype.kind != "b":
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask {mask!r}")
    if isinstance(value, Node):
        if value._array.ndim:
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got "
                f"{value._array.ndim} dimensions"
            )
        return where(mask, cast(value, dtype=input._array.dtype), input)
    return where(mask, wrap(np.asarray(value).astype(input._array.dtype)), input)


# -- comparisons and logic: their results are booleans, which carry no gradient --------------------
@method
def eq(input: Operand, other: Operand) -> Tensor:
    """input == other, element by element.

    >>> tensor([1., 2.]).eq(2)
    tensor([False,  True])
    """
    return called("eq", np.equal, input, other)


@method
def ne(input: Operand, other: Operand) -> Tensor:
    """input != other, element by element.

    >>> tensor([1., 2.]).ne(2)
    tensor([ True, False])
    """
    return called("ne", np.not_equal, input, other)


@method
def lt(input: Operand, other: Operand) -> Tensor:
    """input < other, element by element.

    >>> tensor([1., 2.]).lt(2)
    tensor([ True, False])
    """
    return called("lt", np.less, input, other)


@method
def le(input: Operand, other: Operand) -> Tensor:
    """input <= other, element by element.

    >>> tensor([1., 3.]).le(2)
    tensor([ True, False])
    """
    return called("le", np.less_equal, input, other)


@method
def gt(input: Operand, other: Operand) -> Tensor:
    """input > other, element by element.

    >>> tensor([1., 3.]).gt(2)
    tensor([False,  True])
    """
    return called("gt", np.greater, input, other)


@method
def ge(input: Operand, other: Operand) -> Tensor:
    """input >= other, element by element.

    >>> tensor([1., 2.]).ge(2)
    tensor([False,  True])
    """
    return called("ge", np.greater_equal, input, other)


@numpy(np.logical_and)
@method
def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """True where both are nonzero.

    >>> tensor([1., 0.]).logical_and(tensor([2., 2.]))
    tensor([ True, False])
    """
    return called("logical_and", np.logical_and, input, other)


@numpy(np.logical_or)
@method
def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """True where at least one is nonzero.

    >>> tensor([1., 0.]).logical_or(tensor([0., 0.]))
    tensor([ True, False])
    """
    return called("logical_or", np.logical_or, input, other)


@numpy(np.logical_xor)
@method
def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """True where exactly one is nonzero.

    >>> tensor([1., 0.]).logical_xor(tensor([2., 2.]))
    tensor([False,  True])
    """
    return called("logical_xor", np.logical_xor, input, other)


@numpy(np.logical_not)
@method
def logical_not(input: Tensor) -> Tensor:
    """True where input is zero.

    >>> tensor([1., 0.]).logical_not()
    tensor([False,  True])
    """
    return apply(np.logical_not, (input,))


@numpy(np.isnan)
@method
def isnan(input: Tensor) -> Tensor:
    """True where input is not a number.

    >>> tensor([1., float("nan")]).isnan()
    tensor([False,  True])
    """
    return apply(np.isnan, (input,))


@numpy(np.isinf)
@method
def isinf(input: Tensor) -> Tensor:
    """True where input is plus or minus infinity.

    >>> tensor([1., float("inf")]).isinf()
    tensor([False,  True])
    """
    return apply(np.isinf, (input,))


@numpy(np.isfinite)
@method
def isfinite(input: Tensor) -> Tensor:
    """True where input is neither infinite nor nan.

    >>> tensor([1., float("inf")]).isfinite()
    tensor([ True, False])
    """
    return apply(np.isfinite, (input,))


def _operator(fn: np.ufunc) -> None:
    """Let `array * t`, in which NumPy's operator comes first, do what `t * array` does."""
    DISPATCH[fn] = lambda a, b: binary(fn, a, b)


for _fn in (np.add, np.subtract, np.multiply, np.equal, np.not_equal, np.less, np.less_equal,
            np.greater, np.greater_equal):  # fmt: skip
    _operator(_fn)
DISPATCH[np.divide] = divide
DISPATCH[np.floor_divide] = floor_divide
DISPATCH[np.remainder] = remainder
DISPATCH[np.clip] = clamp
