"""Signs, parts of numbers, bounds and mixtures, of each element by itself."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from ..autograd import derivatives as d
from ..autograd import derivatives_functions as df
from ..autograd.engine import Value, apply, apply_to, wrap
from ..autograd.errors import tensor_words
from .arguments import Tensor, array_of, floating
from .elementwise import add, clamp, div, mul, pow, sign, sub
from .operands import called, neither, promote

__all__ = [
    "addcdiv", "addcmul", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "clamp_max", "clamp_min", "copysign", "fix", "fmax",
    "fmin", "fmod", "frac", "frexp", "gcd", "heaviside", "lcm", "ldexp", "lerp", "nan_to_num",
    "nextafter", "positive", "sgn", "signbit", "trunc",
]  # fmt: skip


# -- parts and signs -------------------------------------------------------------------------------
def trunc(input: Tensor) -> Tensor:
    """The whole part: rounded towards 0; its gradient is 0.

    >>> tensor([1.5, -1.5]).trunc()
    tensor([ 1., -1.])
    """
    array = array_of(input, "trunc")
    _no_bool("trunc", input)
    return apply_to(np.trunc, input) if array.dtype.kind == "f" else d.clone(input)


fix = trunc


def frac(input: Tensor) -> Tensor:
    """What stands behind the point, with the sign of input.

    >>> tensor([1.5, -1.5]).frac()
    tensor([ 0.5000, -0.5000])
    """
    floating(input, "frac", "frac_cpu")
    return df.frac(input)


def _no_bool(name: str, *operands: Any) -> None:
    if {getattr(x, "dtype", type(x)) for x in operands} <= {dtypes.bool_, bool}:
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool'; convert with .int()")


def fmod(input: Tensor, other: Tensor | float) -> Tensor:
    """input - other * trunc(input / other); it has the sign of input, as C's fmod.

    >>> tensor([-3., 4.]).fmod(2.5)
    tensor([-0.5000,  1.5000])
    """
    array_of(input, "fmod")
    _no_bool("fmod", input, other)
    return called("fmod", df.fmod, input, other)


def frexp(input: Tensor) -> Any:
    """The pair (mantissa, exponent) with input = mantissa * 2 ** exponent, mantissa in [0.5, 1).

    >>> tensor([6.]).frexp()
    Frexp(mantissa=tensor([0.7500]), exponent=tensor([3], dtype=torch.int32))
    """
    if array_of(input, "frexp").dtype.kind != "f":
        raise RuntimeError(
            f"torch.frexp() only supports floating-point dtypes, not {tensor_words(input)}"
        )
    exponent = np.asarray(np.frexp(input._array)[1], np.int32)
    return Frexp(df.scaled(input, by=-exponent), wrap(exponent))


class Frexp(NamedTuple):
    """What frexp() returns."""

    mantissa: Any
    exponent: Any


def ldexp(input: Tensor, other: Tensor) -> Tensor:
    """input * 2 ** other.

    >>> tensor([0.75]).ldexp(tensor([3]))
    tensor([6.])
    """
    array_of(input, "ldexp"), array_of(other, "ldexp", "other", 2)
    return mul(input, pow(2.0, other))


def sgn(input: Tensor) -> Tensor:
    """-1, 0 or 1, as sign; its gradient is 0.

    >>> tensor([-3., 0., 2.]).sgn()
    tensor([-1.,  0.,  1.])
    """
    return sign(input)


def signbit(input: Tensor) -> Tensor:
    """Is the sign minus? -0.0 has one, too.

    >>> tensor([1., -0.0, -2.]).signbit()
    tensor([False,  True,  True])
    """
    array = array_of(input, "signbit")
    return wrap(np.asarray(np.signbit(array) if array.dtype.kind == "f" else array < 0))


def positive(input: Tensor) -> Tensor:
    """The tensor itself; a boolean one is refused.

    >>> tensor([1., -2.]).positive()
    tensor([ 1., -2.])
    """
    if array_of(input, "positive").dtype.kind == "b":
        raise RuntimeError("The `+` operator, on a bool tensor is not supported.")
    return input


def copysign(input: Tensor, other: Tensor | float) -> Tensor:
    """The size of input with the sign of other.

    >>> tensor([1., -2.]).copysign(tensor([-1., 1.]))
    tensor([-1.,  2.])
    """
    array_of(input, "copysign")
    pair = promote(input, other, floating=True)
    if pair is None:
        raise neither("copysign", input, other)
    return apply(np.copysign, pair)


def nextafter(input: Tensor, other: Tensor) -> Tensor:
    """The next floating point number after input in the direction of other; it has no gradient.

    >>> tensor([1.]).nextafter(tensor([2.])) - 1
    tensor([1.1921e-07])
    """
    array_of(input, "nextafter"), array_of(other, "nextafter", "other", 2)
    pair = promote(input, other)
    assert pair is not None
    floating(pair[0], "nextafter", "nextafter_cpu")
    return apply(np.nextafter, pair)


def nan_to_num(
    input: Tensor, nan: float | None = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """nan as 0 and the infinities as the largest numbers of the type, or as the numbers given.

    >>> tensor([float("nan"), float("inf"), 1.]).nan_to_num(posinf=9)
    tensor([0., 9., 1.])
    """
    if array_of(input, "nan_to_num").dtype.kind != "f":
        return d.clone(input)
    return df.nan_to_num(input, nan=nan or 0.0, posinf=posinf, neginf=neginf)


def heaviside(input: Tensor, values: Tensor) -> Tensor:
    """0 below 0, 1 above it, and values at 0; it has no gradient.

    >>> tensor([-1., 0., 2.]).heaviside(tensor([0.5]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    a, b = array_of(input, "heaviside"), array_of(values, "heaviside", "values", 2)
    if a.dtype != b.dtype:
        raise RuntimeError("heaviside is not yet implemented for tensors with different dtypes.")
    made = np.heaviside if a.dtype.kind == "f" else _whole_heaviside
    return apply(made, (input, values))


def _whole_heaviside(a: Any, b: Any) -> Any:
    return np.where(a == 0, b, (a > 0).astype(a.dtype))


# -- bounds ----------------------------------------------------------------------------------------
def clamp_min(input: Tensor, min: Tensor | float) -> Tensor:
    """input, but not below min.

    >>> tensor([-2., 2.]).clamp_min(0)
    tensor([0., 2.])
    """
    return clamp(input, min=min)


def clamp_max(input: Tensor, max: Tensor | float) -> Tensor:
    """input, but not above max.

    >>> tensor([-2., 2.]).clamp_max(0)
    tensor([-2.,  0.])
    """
    return clamp(input, max=max)


def fmax(input: Tensor, other: Tensor) -> Tensor:
    """The larger of the two, and where one is nan the other; of equals input gets the gradient.

    >>> tensor([1., float("nan")]).fmax(tensor([3., 4.]))
    tensor([3., 4.])
    """
    array_of(input, "fmax"), array_of(other, "fmax", "other", 2)
    return called("fmax", np.fmax, input, other)


def fmin(input: Tensor, other: Tensor) -> Tensor:
    """The smaller of the two, and where one is nan the other; of equals input gets the gradient.

    >>> tensor([1., float("nan")]).fmin(tensor([3., 4.]))
    tensor([1., 4.])
    """
    array_of(input, "fmin"), array_of(other, "fmin", "other", 2)
    return called("fmin", np.fmin, input, other)


# -- mixtures --------------------------------------------------------------------------------------
def lerp(input: Tensor, end: Tensor, weight: Tensor | float) -> Tensor:
    """input + weight * (end - input): input at weight 0, end at weight 1.

    >>> tensor([1., 2.]).lerp(tensor([3., 6.]), 0.5)
    tensor([2., 4.])
    """
    floating(input, "lerp", "lerp_kernel_scalar")
    if array_of(end, "lerp", "end", 2).dtype != input._array.dtype:
        raise RuntimeError(
            f"expected dtype {input._array.dtype} for `end` but got dtype {end._array.dtype}"
        )
    if isinstance(weight, Value) and weight._array.dtype != input._array.dtype:
        raise RuntimeError(
            f"expected dtype {input._array.dtype} for `weight` but got dtype {weight._array.dtype}"
        )
    return add(input, mul(sub(end, input), weight))


def addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """input + value * tensor1 * tensor2.

    >>> tensor([1., 2.]).addcmul(tensor([3., 4.]), tensor([5., 6.]), value=10)
    tensor([151., 242.])
    """
    array_of(input, "addcmul"), array_of(tensor1, "addcmul", "tensor1", 2)
    array_of(tensor2, "addcmul", "tensor2", 3)
    product = mul(tensor1, tensor2)
    return add(input, product if value == 1 else mul(product, value))


def addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, *, value: float = 1) -> Tensor:
    """input + value * tensor1 / tensor2, of floating point.

    >>> tensor([1., 2.]).addcdiv(tensor([3., 4.]), tensor([6., 8.]), value=10)
    tensor([6., 7.])
    """
    array_of(input, "addcdiv")
    kinds = [array_of(x, "addcdiv", f"tensor{i}", i + 1).dtype.kind
             for i, x in ((1, tensor1), (2, tensor2))]  # fmt: skip
    if "f" not in kinds:
        raise RuntimeError(
            "Integer division with addcdiv is no longer supported; use (input + value * "
            "torch.trunc(tensor1 / tensor2)).to(input.dtype), or convert one to float"
        )
    quotient = div(tensor1, tensor2)
    return add(input, quotient if value == 1 else mul(quotient, value))


# -- whole numbers ---------------------------------------------------------------------------------
def _whole_pair(name: str, fn: Any, a: Any, b: Any, kernel: str, kinds: str) -> Any:
    """Apply a function of whole numbers in their common type."""
    pair = promote(a, b) if isinstance(a, Value) or isinstance(b, Value) else None
    if pair is None:
        raise neither(name, a, b)
    dtype = next(x._array.dtype for x in pair if isinstance(x, Value))
    if dtype.kind not in kinds:
        short = dtypes.TENSOR_NAMES[dtype].removesuffix("Tensor")
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{short}': {name}() was given {tensor_words(a)} "
            f"and {tensor_words(b)}"
        )
    return apply(fn, pair)


def bitwise_and(input: Tensor | int, other: Tensor | int) -> Tensor:
    """The bits that both have, of integers or booleans; the operator &.

    >>> tensor([6, 3]).bitwise_and(5)
    tensor([4, 1])
    """
    return _whole_pair("bitwise_and", np.bitwise_and, input, other, "bitwise_and_cpu", "bui")


def bitwise_or(input: Tensor | int, other: Tensor | int) -> Tensor:
    """The bits that at least one has, of integers or booleans; the operator |.

    >>> tensor([6, 3]).bitwise_or(5)
    tensor([7, 7])
    """
    return _whole_pair("bitwise_or", np.bitwise_or, input, other, "bitwise_or_cpu", "bui")


def bitwise_xor(input: Tensor | int, other: Tensor | int) -> Tensor:
    """The bits that one of them has, of integers or booleans; the operator ^.

    >>> tensor([6, 3]).bitwise_xor(5)
    tensor([3, 6])
    """
    return _whole_pair("bitwise_xor", np.bitwise_xor, input, other, "bitwise_xor_cpu", "bui")


def bitwise_not(input: Tensor) -> Tensor:
    """All bits turned over, of integers or booleans; the operator ~.

    >>> tensor([0, 5]).bitwise_not()
    tensor([-1, -6])
    """
    if array_of(input, "bitwise_not").dtype.kind == "f":
        short = dtypes.TENSOR_NAMES[input._array.dtype].removesuffix("Tensor")
        raise NotImplementedError(f"\"bitwise_not_cpu\" not implemented for '{short}'")
    return apply_to(np.invert, input)


def _left(a: Any, b: Any) -> Any:
    """NumPy's shift by a negative count is undefined; torch's gives 0."""
    bits = 8 * np.result_type(a, b).itemsize
    fits = (b >= 0) & (b < bits)
    return np.where(fits, np.left_shift(a, np.where(fits, b, 0)), 0).astype(np.result_type(a, b))


def _right(a: Any, b: Any) -> Any:
    bits = 8 * np.result_type(a, b).itemsize
    fits = (b >= 0) & (b < bits)
    return np.right_shift(a, np.where(fits, b, bits - 1)).astype(np.result_type(a, b))


def bitwise_left_shift(input: Tensor | int, other: Tensor | int) -> Tensor:
    """The bits of an integer moved up by other places: input * 2 ** other; the operator <<.

    >>> tensor([1, 3]).bitwise_left_shift(2)
    tensor([ 4, 12])
    """
    return _whole_pair("bitwise_left_shift", _left, input, other, "lshift_cpu", "ui")


def bitwise_right_shift(input: Tensor | int, other: Tensor | int) -> Tensor:
    """The bits of an integer moved down by other places; the operator >>.

    >>> tensor([4, -5]).bitwise_right_shift(1)
    tensor([ 2, -3])
    """
    return _whole_pair("bitwise_right_shift", _right, input, other, "rshift_cpu", "ui")


def gcd(input: Tensor, other: Tensor) -> Tensor:
    """The greatest common divisor of integers.

    >>> tensor([12, 7]).gcd(tensor([18, 21]))
    tensor([6, 7])
    """
    array_of(input, "gcd"), array_of(other, "gcd", "other", 2)
    return _whole_pair("gcd", np.gcd, input, other, "gcd_cpu", "ui")


def lcm(input: Tensor, other: Tensor) -> Tensor:
    """The least common multiple of integers.

    >>> tensor([4, 7]).lcm(tensor([6, 21]))
    tensor([12, 21])
    """
    array_of(input, "lcm"), array_of(other, "lcm", "other", 2)
    return _whole_pair("lcm", np.lcm, input, other, "lcm_cpu", "ui")


class Numbers(Value):
    """The functions of this file that are methods of Tensor, and the operators << and >>."""

    __slots__ = ()

    trunc, fix, frac, fmod, frexp, ldexp, sgn = trunc, fix, frac, fmod, frexp, ldexp, sgn
    signbit, positive, copysign, nextafter = signbit, positive, copysign, nextafter
    nan_to_num, heaviside, clamp_min, clamp_max = nan_to_num, heaviside, clamp_min, clamp_max
    fmax, fmin, lerp, addcmul, addcdiv = fmax, fmin, lerp, addcmul, addcdiv
    bitwise_and, bitwise_or, bitwise_xor = bitwise_and, bitwise_or, bitwise_xor
    bitwise_not, bitwise_left_shift = bitwise_not, bitwise_left_shift
    bitwise_right_shift, gcd, lcm = bitwise_right_shift, gcd, lcm

    def __lshift__(self: Tensor, other: Any) -> Tensor:
        return bitwise_left_shift(self, other)

    def __rlshift__(self: Tensor, other: Any) -> Tensor:
        return bitwise_left_shift(other, self)

    def __rshift__(self: Tensor, other: Any) -> Tensor:
        return bitwise_right_shift(self, other)

    def __rrshift__(self: Tensor, other: Any) -> Tensor:
        return bitwise_right_shift(other, self)
