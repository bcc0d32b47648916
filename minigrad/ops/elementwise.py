"""Operations on each element by itself, with broadcasting: arithmetic, functions, choices."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd import derivatives as d
from ..autograd.engine import Value, apply, apply_to, wrap
from ..dtypes import bool_, result_type
from .arguments import Tensor, array_of, not_a_tensor
from .operands import binary, called, neither, promote, unary

__all__ = [
    "abs", "absolute", "acos", "add", "arccos", "arcsin", "arctan", "arctan2", "asin", "atan",
    "atan2", "ceil", "clamp", "clip", "cos", "cosh", "div", "divide", "exp", "exp2", "expm1",
    "floor", "floor_divide", "log", "log10", "log1p", "log2", "logaddexp", "masked_fill", "maximum",
    "minimum", "mul", "multiply", "neg", "negative", "pow", "reciprocal", "relu", "remainder",
    "round", "rsqrt", "rsub", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "sub", "subtract",
    "tan", "tanh", "true_divide", "where",
]  # fmt: skip


# -- arithmetic ----------------------------------------------------------------------------------
def add(input: Tensor | float, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """input + alpha * other.

    >>> tensor([1., 2.]).add(tensor([10., 20.]), alpha=2)
    tensor([21., 42.])
    """
    return called("add", np.add, input, other if alpha == 1 else _scaled(other, alpha, input))


def _scaled(x: Any, alpha: float, beside: Any) -> Any:
    """alpha * x, which alpha alone gives no other type; whole numbers take no float."""
    dtype = result_type(*(y._array if isinstance(y, Value) else y for y in (x, beside)))
    if dtype.kind != "f" and isinstance(alpha, float):
        raise RuntimeError(
            "For integral input tensors, argument alpha must not be a floating point number, "
            f"like {alpha}"
        )
    scaled = binary(np.multiply, x, alpha) if isinstance(x, Value) else x * alpha
    return d.cast(scaled, dtype=dtype) if dtype.kind == "b" and isinstance(x, Value) else scaled


def sub(input: Tensor | float, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """input - alpha * other; two booleans are refused, as in torch.

    >>> tensor([3., 2.]).sub(1)
    tensor([2., 1.])
    """
    return called("sub", np.subtract, input, other if alpha == 1 else _scaled(other, alpha, input))


subtract = sub


def rsub(input: Tensor | float, other: Tensor | float, *, alpha: float = 1) -> Tensor:
    """other - alpha * input.

    >>> rsub(tensor([1., 2.]), 10, alpha=2)
    tensor([8., 6.])
    """
    return called("sub", np.subtract, other, input if alpha == 1 else _scaled(input, alpha, other))


def mul(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input * other.

    >>> tensor([1., 2.]).mul(3)
    tensor([3., 6.])
    """
    return called("mul", np.multiply, input, other)


multiply = mul


def quotient(a: Any, b: Any) -> Any:
    """a / b in floating point; the body of the operator, which must be able to answer
    NotImplemented.
    """
    if isinstance(a, Value) and a._array.dtype.kind == "f":
        return binary(np.divide, a, b)
    pair = promote(a, b, floating=True)
    return NotImplemented if pair is None else apply(np.divide, pair)


def div(
    input: Tensor | float, other: Tensor | float, *, rounding_mode: str | None = None
) -> Tensor:
    """input / other, in floating point also for integers; rounding_mode "floor" or "trunc" rounds.

    >>> tensor([7, -7]).div(2), tensor([7, -7]).div(2, rounding_mode="trunc")
    (tensor([ 3.5000, -3.5000]), tensor([ 3, -3]))
    """
    if rounding_mode is None:
        result = quotient(input, other)
        if result is NotImplemented:
            raise neither("div", input, other)
        return result
    if rounding_mode == "floor":
        return floor_divide(input, other)
    if rounding_mode == "trunc":
        return called("div", d.trunc_divide, *_no_booleans("div", input, other))
    raise RuntimeError(
        "div expected rounding_mode to be one of None, 'trunc', or 'floor' but found "
        f"{rounding_mode!r}"
    )


true_divide = divide = div


def floor_divide(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input / other rounded towards minus infinity; its gradient is 0.

    >>> tensor([7., -7.]).floor_divide(2)
    tensor([ 3., -4.])
    """
    return called("floor_divide", d.floor_divide, *_no_booleans("floor_divide", input, other))


def remainder(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input - other * floor(input / other); it has the sign of other, as Python's %.

    >>> tensor([-5., 4.]).remainder(3)
    tensor([1., 1.])
    """
    return called("remainder", d.remainder, *_no_booleans("remainder", input, other))


def _no_booleans(name: str, *operands: Any) -> tuple:
    """The operands, unless all are booleans: there is no division of these."""
    if {getattr(x, "dtype", type(x)) for x in operands} <= {bool_, bool}:
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool'; convert with .int()")
    return operands


def neg(input: Tensor) -> Tensor:
    """-input.

    >>> tensor([1., -2.]).neg()
    tensor([-1.,  2.])
    """
    if array_of(input, "neg").dtype.kind == "b":
        raise RuntimeError(
            "Negation, the `-` operator, on a bool tensor is not supported; use ~ or logical_not()"
        )
    return apply_to(np.negative, input)


negative = neg


def abs(input: Tensor) -> Tensor:
    """The absolute value; its gradient at 0 is 0.

    >>> tensor([1., -2.]).abs()
    tensor([1., 2.])
    """
    _refuse_bool("abs", input)
    return apply_to(np.absolute, input)


absolute = abs


def sign(input: Tensor) -> Tensor:
    """-1, 0 or 1, and 0 of nan; its gradient is 0.  (np.sign(t) keeps nan, as in NumPy.)

    >>> tensor([-3., 0., 2.]).sign()
    tensor([-1.,  0.,  1.])
    """
    kind = array_of(input, "sign").dtype.kind
    return apply_to({"b": d.clone, "f": d.sign_of}.get(kind, np.sign), input)


# -- powers --------------------------------------------------------------------------------------
def power(a: Any, b: Any) -> Any:
    """a ** b; the body of the operator, which must be able to answer NotImplemented."""
    if isinstance(a, Value) and a._array.dtype.kind != "f":
        if isinstance(b, (int, np.integer)) and b < 0:
            raise RuntimeError(
                "Integers to negative integer powers are not allowed; convert to float first."
            )
        if a._array.dtype.kind == "b" and isinstance(b, Value) and b._array.dtype.kind == "b":
            raise NotImplementedError("\"pow\" not implemented for 'Bool'; convert with .int()")
    return binary(d.power, a, b)


def pow(input: Tensor | float, exponent: Tensor | float) -> Tensor:
    """input ** exponent; one of the two may be a number.

    >>> tensor([1., 2., 3.]).pow(2)
    tensor([1., 4., 9.])
    """
    result = power(input, exponent)
    if result is NotImplemented or not (isinstance(input, Value) or isinstance(exponent, Value)):
        raise neither("pow", input, exponent)
    return result


def square(input: Tensor) -> Tensor:
    """input ** 2.

    >>> tensor([1., -2.]).square()
    tensor([1., 4.])
    """
    return pow(input, 2)


def sqrt(input: Tensor) -> Tensor:
    """The square root; nan below 0.

    >>> tensor([4., 9.]).sqrt()
    tensor([2., 3.])
    """
    return unary(np.sqrt, input)


def rsqrt(input: Tensor) -> Tensor:
    """1 / sqrt(input).

    >>> tensor([4., 16.]).rsqrt()
    tensor([0.5000, 0.2500])
    """
    return unary(d.rsqrt, input)


def reciprocal(input: Tensor) -> Tensor:
    """1 / input.

    >>> tensor([4., 8.]).reciprocal()
    tensor([0.2500, 0.1250])
    """
    return unary(np.reciprocal, input)


def _floating(name: str, fn: Any, a: Any, b: Any) -> Any:
    """Apply a function of two real numbers: integers become the default float type first."""
    pair = promote(a, b, floating=True) if isinstance(a, Value) or isinstance(b, Value) else None
    if pair is None:
        raise neither(name, a, b)
    return apply(fn, pair)


# -- exponentials and logarithms -----------------------------------------------------------------
def exp(input: Tensor) -> Tensor:
    """e to the power of each element.

    >>> tensor([0., 1.]).exp()
    tensor([1.0000, 2.7183])
    """
    return unary(np.exp, input)


def exp2(input: Tensor) -> Tensor:
    """2 to the power of each element.

    >>> tensor([0., 3.]).exp2()
    tensor([1., 8.])
    """
    return unary(np.exp2, input)


def expm1(input: Tensor) -> Tensor:
    """exp(input) - 1, exact near 0.

    >>> tensor([0., 1.]).expm1()
    tensor([0.0000, 1.7183])
    """
    return unary(np.expm1, input)


def log(input: Tensor) -> Tensor:
    """The natural logarithm; -inf at 0, nan below.

    >>> tensor([0.1, 0.5]).log()
    tensor([-2.3026, -0.6931])
    """
    return unary(np.log, input)


def log2(input: Tensor) -> Tensor:
    """The logarithm to base 2.

    >>> tensor([1., 8.]).log2()
    tensor([0., 3.])
    """
    return unary(np.log2, input)


def log10(input: Tensor) -> Tensor:
    """The logarithm to base 10.

    >>> tensor([2., 50.]).log10()
    tensor([0.3010, 1.6990])
    """
    return unary(np.log10, input)


def log1p(input: Tensor) -> Tensor:
    """log(1 + input), exact near 0.

    >>> tensor([0., 1.]).log1p()
    tensor([0.0000, 0.6931])
    """
    return unary(np.log1p, input)


def logaddexp(input: Tensor, other: Tensor | float) -> Tensor:
    """log(exp(input) + exp(other)), with no overflow.

    >>> tensor([0., 1000.]).logaddexp(tensor([0., 1000.]))
    tensor([6.9315e-01, 1.0007e+03])
    """
    return _floating("logaddexp", np.logaddexp, input, other)


# -- trigonometry --------------------------------------------------------------------------------
def sin(input: Tensor) -> Tensor:
    """The sine of an angle in radians.

    >>> tensor([0., 1.]).sin()
    tensor([0.0000, 0.8415])
    """
    return unary(np.sin, input)


def cos(input: Tensor) -> Tensor:
    """The cosine of an angle in radians.

    >>> tensor([0., 1.]).cos()
    tensor([1.0000, 0.5403])
    """
    return unary(np.cos, input)


def tan(input: Tensor) -> Tensor:
    """The tangent of an angle in radians.

    >>> tensor([0., 1.]).tan()
    tensor([0.0000, 1.5574])
    """
    return unary(np.tan, input)


def asin(input: Tensor) -> Tensor:
    """The angle in radians whose sine is input.

    >>> tensor([0., 1.]).asin()
    tensor([0.0000, 1.5708])
    """
    return unary(np.arcsin, input, "asin")


arcsin = asin


def acos(input: Tensor) -> Tensor:
    """The angle in radians whose cosine is input.

    >>> tensor([0., 1.]).acos()
    tensor([1.5708, 0.0000])
    """
    return unary(np.arccos, input, "acos")


arccos = acos


def atan(input: Tensor) -> Tensor:
    """The angle in radians whose tangent is input.

    >>> tensor([0., 1.]).atan()
    tensor([0.0000, 0.7854])
    """
    return unary(np.arctan, input, "atan")


arctan = atan


def atan2(input: Tensor, other: Tensor) -> Tensor:
    """The angle in radians of the point (x=other, y=input), in all four quadrants.

    >>> tensor([1., -1.]).atan2(tensor([1., -1.]))
    tensor([ 0.7854, -2.3562])
    """
    return _floating("atan2", np.arctan2, input, other)


arctan2 = atan2


def sinh(input: Tensor) -> Tensor:
    """The hyperbolic sine.

    >>> tensor([0., 1.]).sinh()
    tensor([0.0000, 1.1752])
    """
    return unary(np.sinh, input)


def cosh(input: Tensor) -> Tensor:
    """The hyperbolic cosine.

    >>> tensor([0., 1.]).cosh()
    tensor([1.0000, 1.5431])
    """
    return unary(np.cosh, input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent, between -1 and 1.

    >>> tensor([0., 1.]).tanh()
    tensor([0.0000, 0.7616])
    """
    return unary(np.tanh, input)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)), between 0 and 1, with no overflow.

    >>> tensor([0., 2.]).sigmoid()
    tensor([0.5000, 0.8808])
    """
    return unary(d.sigmoid, input)


# -- rounding, bounds and choices ----------------------------------------------------------------
def floor(input: Tensor) -> Tensor:
    """The largest whole number not above input; its gradient is 0.

    >>> tensor([1.5, -1.5]).floor()
    tensor([ 1., -2.])
    """
    return _whole(np.floor, input)


def _whole(fn: Any, x: Any) -> Any:
    _refuse_bool(fn.__name__, x)
    return apply_to(fn, x) if x._array.dtype.kind == "f" else d.clone(x)


def _refuse_bool(name: str, x: Any) -> None:
    if array_of(x, name).dtype.kind == "b":
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool'; convert with .int()")


def ceil(input: Tensor) -> Tensor:
    """The smallest whole number not below input; its gradient is 0.

    >>> tensor([1.5, -1.5]).ceil()
    tensor([ 2., -1.])
    """
    return _whole(np.ceil, input)


def round(input: Tensor, *, decimals: int = 0) -> Tensor:
    """The nearest number with so many decimals, halves to the even one; its gradient is 0.

    >>> tensor([0.5, 1.5, 2.4]).round()
    tensor([0., 2., 2.])
    """
    _refuse_bool("round", input)
    return apply_to(d.round_, input, {"decimals": decimals})


def relu(input: Tensor) -> Tensor:
    """The larger of input and 0; its gradient at 0 is 0.

    >>> tensor([-1., 0., 2.]).relu()
    tensor([0., 0., 2.])
    """
    if array_of(input, "relu").dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu")
    return apply_to(d.relu, input)


def clamp(
    input: Tensor, min: Tensor | float | None = None, max: Tensor | float | None = None
) -> Tensor:
    """input, but not below min and not above max; each a number or a tensor, one may be left out.

    At a boundary the gradient passes, as in torch.

    >>> tensor([-2., 0.5, 2.]).clamp(-1, 1)
    tensor([-1.0000,  0.5000,  1.0000])
    """
    if min is None and max is None:
        raise RuntimeError("torch.clamp: At least one of 'min' or 'max' must not be None")
    bounds = [b for b in (min, max) if b is not None]
    array_of(input, "clamp")
    promoted = promote(input, *bounds)
    if promoted is None:
        raise not_a_tensor("clamp", bounds[0], "min" if bounds[0] is min else "max", 2)
    lo = promoted[1] if min is not None else None
    return apply(d.clamp, (promoted[0], lo, promoted[-1] if max is not None else None))


clip = clamp


def maximum(input: Tensor, other: Tensor) -> Tensor:
    """The larger of the two; where they are equal each gets half of the gradient.

    >>> tensor([1., 5.]).maximum(tensor([3., 4.]))
    tensor([3., 5.])
    """
    return called("maximum", np.maximum, input, other)


def minimum(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of the two; where they are equal each gets half of the gradient.

    >>> tensor([1., 5.]).minimum(tensor([3., 4.]))
    tensor([1., 4.])
    """
    return called("minimum", np.minimum, input, other)


def where(
    condition: Tensor, input: Tensor | float | None = None, other: Tensor | float | None = None
) -> Any:
    """input where the condition holds, other elsewhere; with the condition alone, where it holds.

    >>> where(tensor([True, False]), tensor([1., 2.]), 0)
    tensor([1., 0.])
    """
    if input is None and other is None:
        array = array_of(condition, "where", "condition")
        return tuple(wrap(i) for i in np.nonzero(np.atleast_1d(array)))
    if input is None or other is None:
        raise TypeError("where(): give both input and other, or neither")
    if isinstance(condition, Value):
        mask = condition._array
    elif isinstance(condition, (np.ndarray, np.bool_)):  # np.where gives these
        mask = np.asarray(condition)
    else:
        raise not_a_tensor("where", condition, "condition")
    kind = mask.dtype.kind
    if kind not in "bu":
        raise RuntimeError(
            f"where expected condition to be a boolean tensor, but got a tensor with dtype "
            f"{mask.dtype}"
        )
    if not isinstance(input, Value) and not isinstance(other, Value):
        input = wrap(np.asarray(input, result_type(input, other)))
    if not (isinstance(input, Value) and isinstance(other, Value)) or (
        input._array.dtype is not other._array.dtype
    ):
        pair = promote(input, other)
        if pair is None:
            raise neither("where", input, other)
        input, other = pair
    return apply(np.where, (mask if kind == "b" else mask != 0, input, other))


def masked_fill(input: Tensor, mask: Tensor, value: Tensor | float) -> Tensor:
    """input with value wherever the boolean mask holds; the mask is broadcast.

    >>> tensor([1., 2.]).masked_fill(tensor([True, False]), 0)
    tensor([0., 2.])
    """
    array = array_of(input, "masked_fill")
    if not isinstance(mask, Value) or mask._array.dtype.kind != "b":
        raise RuntimeError(f"masked_fill_ only supports boolean masks, but got mask {mask!r}")
    if isinstance(value, Value):
        if value._array.ndim:
            raise RuntimeError(
                "masked_fill_ only supports a 0-dimensional value tensor, but got "
                f"{value._array.ndim} dimensions"
            )
        return where(mask, d.cast(value, dtype=array.dtype), input)
    return where(mask, wrap(np.asarray(value).astype(array.dtype)), input)


class Elementwise(Value):
    """The functions of this file that are methods of Tensor, and the operators."""

    __slots__ = ()

    add, sub, mul, div, floor_divide, remainder = add, sub, mul, div, floor_divide, remainder
    neg, abs, sign, pow, square, sqrt, rsqrt = neg, abs, sign, pow, square, sqrt, rsqrt
    reciprocal, exp, exp2, expm1, log, log2 = reciprocal, exp, exp2, expm1, log, log2
    log10, log1p, logaddexp, sin, cos, tan, asin = log10, log1p, logaddexp, sin, cos, tan, asin
    acos, atan, atan2, sinh, cosh, tanh, sigmoid = acos, atan, atan2, sinh, cosh, tanh, sigmoid
    floor, ceil, round, relu, clamp, maximum = floor, ceil, round, relu, clamp, maximum
    minimum, masked_fill, true_divide, negative = minimum, masked_fill, true_divide, negative
    absolute, arcsin, arccos, arctan, arctan2 = absolute, arcsin, arccos, arctan, arctan2
    clip, subtract, multiply, divide = clip, subtract, multiply, divide

    def where(self: Tensor, condition: Value, other: Value | float) -> Tensor:
        """This tensor where the condition holds, other elsewhere.

        >>> tensor([1., 2.]).where(tensor([True, False]), 0)
        tensor([1., 0.])
        """
        return where(condition, self, other)

    # -- operators
    def __add__(self: Tensor, other: Any) -> Tensor:
        if isinstance(other, Value) and self._array.dtype is other._array.dtype:  # most often
            return apply(np.add, (self, other))
        return binary(np.add, self, other)

    def __radd__(self: Tensor, other: Any) -> Tensor:
        return binary(np.add, other, self)

    def __sub__(self: Tensor, other: Any) -> Tensor:
        if isinstance(other, Value) and self._array.dtype is other._array.dtype:  # most often
            return apply(np.subtract, (self, other))
        return binary(np.subtract, self, other)

    def __rsub__(self: Tensor, other: Any) -> Tensor:
        return binary(np.subtract, other, self)

    def __mul__(self: Tensor, other: Any) -> Tensor:
        if isinstance(other, Value) and self._array.dtype is other._array.dtype:  # most often
            return apply(np.multiply, (self, other))
        return binary(np.multiply, self, other)

    def __rmul__(self: Tensor, other: Any) -> Tensor:
        return binary(np.multiply, other, self)

    def __truediv__(self: Tensor, other: Any) -> Tensor:
        return quotient(self, other)

    def __rtruediv__(self: Tensor, other: Any) -> Tensor:
        return quotient(other, self)

    __div__, __rdiv__ = __truediv__, __rtruediv__  # torch has Python 2's names still

    def __floordiv__(self: Tensor, other: Any) -> Tensor:
        return floor_divide(self, other)

    def __rfloordiv__(self: Tensor, other: Any) -> Tensor:
        return floor_divide(other, self)

    def __mod__(self: Tensor, other: Any) -> Tensor:
        return remainder(self, other)

    def __rmod__(self: Tensor, other: Any) -> Tensor:
        return remainder(other, self)

    def __pow__(self: Tensor, other: Any) -> Tensor:
        return power(self, other)

    def __rpow__(self: Tensor, other: Any) -> Tensor:
        return power(other, self)

    def __neg__(self: Tensor) -> Tensor:
        return neg(self)

    def __pos__(self: Tensor) -> Tensor:
        return self

    def __abs__(self: Tensor) -> Tensor:
        return abs(self)
