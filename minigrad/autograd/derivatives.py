"""The formula sheet: every derivative of the library, by family.

Each line says how one operation passes a gradient on.  ``g`` is the gradient of L with respect to
the result ``y``; then come the arguments, and settings by name.  Where NumPy has no such function,
the forward stands below its rule.  What rules may use is written at the head of engine.py.

``rule(fn, ...)`` is for what only operations call, ``@primitive(...)`` for what rules call, too.
Nothing is checked here, and no name here is meant for users: ops/ and nn/ do both.  Special
functions stand in derivatives_functions.py, inverses and factorizations in derivatives_linalg.py,
what layers and losses fuse in derivatives_nn.py, convolution, pooling and batch norm in
derivatives_conv.py.
"""

from __future__ import annotations

import functools
import math
from itertools import accumulate
from typing import Any

import numpy as np

from .changes import AGAIN
from .engine import primitive, rule

# == each element by itself ========================================================================
# A gradient has the shape of the result.  Where an argument was broadcast, the engine sums it up
# (broadcasting.py).

# -- arithmetic
rule(np.add, lambda g, y, a, b: g, lambda g, y, a, b: g)
rule(np.subtract, lambda g, y, a, b: g, lambda g, y, a, b: -g, name="sub")
rule(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a, name="mul")
rule(np.divide, lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b, name="div")
AGAIN.add(np.divide)  # torch saves a and b: `p = e / e.sum(); p += 1e-8` is no mistake
rule(np.negative, lambda g, y, x: -g, name="neg")
rule(np.absolute, lambda g, y, x: g * np.sign(x), name="abs")  # 0 at 0


@primitive(lambda g, y, a, b: g, lambda g, y, a, b: -g * np.floor_divide(a, b))
def remainder(a: Any, b: Any) -> Any:
    """a - b * floor(a / b); a whole multiple leaves 0 with the sign of a, as in torch."""
    if np.result_type(a, b).kind != "f":
        return whole_division(np.remainder, a, b)
    y = np.fmod(a, b)
    return np.where((y != 0) & ((y < 0) != (b < 0)), y + b, y)


@primitive(lambda g, y, a, b: np.zeros_like(g), lambda g, y, a, b: np.zeros_like(g))
def floor_divide(a: Any, b: Any) -> Any:
    """a / b, rounded towards minus infinity."""
    return whole_division(np.floor_divide, a, b)


@primitive(lambda g, y, a, b: np.zeros_like(g), lambda g, y, a, b: np.zeros_like(g), name="div")
def trunc_divide(a: Any, b: Any) -> Any:
    """a / b, rounded towards 0."""
    if np.result_type(a, b).kind == "f":
        return np.trunc(np.divide(a, b))
    return np.sign(a) * np.sign(b) * whole_division(np.floor_divide, np.abs(a), np.abs(b))


def whole_division(fn: Any, a: Any, b: Any) -> Any:
    """Division where an integer zero raises instead of giving 0, as it does in NumPy."""
    kind = np.result_type(a, b).kind
    if kind == "f":
        return fn(a, b)
    if kind == "b":
        raise NotImplementedError("division is not implemented for 'Bool'; convert with .int()")
    with np.errstate(divide="raise"):
        return fn(a, b)


# -- powers: d a^b = b a^(b-1) da + a^b log(a) db; flat where the exponent is 0, at 0 too
def power_a(g: Any, y: Any, a: Any, b: Any) -> Any:
    """g b a^(b-1), and 0 where b is 0."""
    if type(b) is float or type(b) is int:
        return g * (b * a ** (b - 1)) if b != 0 else np.zeros_like(g)
    return np.where(b == 0, 0, g * b * a ** np.where(b == 0, 1, b - 1))


def power_b(g: Any, y: Any, a: Any, b: Any) -> Any:
    """g y log(a), and 0 where a is 0 and b is not negative."""
    if type(a) is float or type(a) is int:
        if a == 0:
            return g * y * np.where(b >= 0, 0, -math.inf).astype(y.dtype)
        return g * y * (math.log(a) if a > 0 else math.nan)
    flat = (a == 0) & (b >= 0)
    return np.where(flat, 0, g * y * np.log(np.where(flat, 1, a)))


@primitive(power_a, power_b, name="pow")
def power(a: Any, b: Any) -> Any:
    """a ** b: the operator has short cuts for 2 and 0.5 that np.power lacks.

    Of integers with negative exponents there remains what is whole: of 1, and of -1 the sign.
    """
    if isinstance(b, np.ndarray) and b.dtype.kind == "i" and (b < 0).any():
        return np.where(b < 0, (a == 1) + (a == -1) * (1 - 2 * (b % 2)), a ** np.abs(b))
    return a**b


rule(np.sqrt, lambda g, y, x: g / (2 * y))
rule(np.cbrt, lambda g, y, x: g / (3 * y * y))
rule(np.reciprocal, lambda g, y, x: -g * y * y)


@primitive(lambda g, y, x: -0.5 * g * y**3)
def rsqrt(x: Any) -> Any:
    """x ** -0.5."""
    return 1 / np.sqrt(x)


@primitive(lambda g, y, x: np.where(y == 0, 0, g / (2 * np.where(y == 0, 1, y))), name="sqrt")
def root(x: Any) -> Any:
    """The square root for lengths and deviations: at 0, where it has a kink, the gradient is 0."""
    return np.sqrt(x)


# -- exponentials and logarithms
rule(np.exp, lambda g, y, x: g * y)
rule(np.exp2, lambda g, y, x: g * y * math.log(2))
rule(np.expm1, lambda g, y, x: g * (y + 1))
rule(np.log, lambda g, y, x: g / x)
rule(np.log2, lambda g, y, x: g / (x * math.log(2)))
rule(np.log10, lambda g, y, x: g / (x * math.log(10)))
rule(np.log1p, lambda g, y, x: g / (x + 1))
rule(  # dy/da = e^a / (e^a + e^b) = sigmoid(a - b)
    np.logaddexp, lambda g, y, a, b: g * sigmoid(a - b), lambda g, y, a, b: g * sigmoid(b - a)
)

# -- trigonometry
rule(np.sin, lambda g, y, x: g * np.cos(x))
rule(np.cos, lambda g, y, x: -g * np.sin(x))
rule(np.tan, lambda g, y, x: g * (1 + y * y))
rule(np.arcsin, lambda g, y, x: g / np.sqrt(1 - x * x), name="asin")
rule(np.arccos, lambda g, y, x: -g / np.sqrt(1 - x * x), name="acos")
rule(np.arctan, lambda g, y, x: g / (1 + x * x), name="atan")
rule(
    np.arctan2,
    lambda g, y, a, b: g * b / from_origin(a, b),
    lambda g, y, a, b: -g * a / from_origin(a, b),
    name="atan2",
)


def from_origin(a: Any, b: Any) -> Any:
    """The square of the distance of (a, b) from the origin, and 1 there, where no angle is."""
    square = a * a + b * b
    return np.where(square == 0, 1, square)


rule(np.sinh, lambda g, y, x: g * np.cosh(x))
rule(np.cosh, lambda g, y, x: g * np.sinh(x))
rule(np.tanh, lambda g, y, x: g * (1 - y * y))

_erf_of_each = np.frompyfunc(math.erf, 1, 1)  # NumPy has no erf; this is exact, and slower


@primitive(lambda g, y, x: g * (2 / math.sqrt(math.pi) * np.exp(-x * x)))
def erf(x: Any) -> Any:
    """2 / sqrt(pi) times the integral of exp(-t^2) from 0 to x."""
    return np.asarray(_erf_of_each(x)).astype(x.dtype)


@primitive(lambda g, y, x: g * (1 - y) * y)
def sigmoid(x: Any) -> Any:
    """1 / (1 + exp(-x)); where exp(-x) overflows that is exp(x)."""
    if x.itemsize == 2:  # exp(-x) of half precision overflows early
        return sigmoid(x.astype(np.float32)).astype(x.dtype)
    y = np.negative(x) if x.ndim else np.negative(x, out=np.empty((), x.dtype))
    with np.errstate(over="ignore"):
        np.exp(y, out=y)
    y += 1
    np.divide(1, y, out=y)
    if not y.all():
        np.exp(x, out=y, where=y == 0)
    return y


# -- steps: flat wherever they have a derivative
rule(np.sign, lambda g, y, x: np.zeros_like(g))


@primitive(lambda g, y, x: np.zeros_like(g), name="sign")
def sign_of(x: Any) -> Any:
    """The sign, and 0 of nan."""
    y = np.sign(x)
    return np.where(y == y, y, np.zeros((), y.dtype))


rule(np.floor, lambda g, y, x: np.zeros_like(g))
rule(np.ceil, lambda g, y, x: np.zeros_like(g))


@primitive(lambda g, y, x, decimals: np.zeros_like(g))
def round_(x: Any, *, decimals: int) -> Any:
    """The nearest number with so many decimals, halves to the even one."""
    return np.round(x, decimals)


# -- choices: the gradient goes to what was chosen, and in halves to both of two equals
@primitive(lambda g, y, x: relu_back(g, y))
def relu(x: Any) -> Any:
    """The larger of x and 0; the gradient at 0 is 0."""
    return np.maximum(x, 0)


@primitive(
    lambda g, z, x, y: relu_back(g, y),
    lambda g, z, x, y: np.zeros_like(g),
    name="threshold_backward",
)
def relu_back(x: Any, y: Any) -> Any:
    """np.where(y <= 0, 0, x) by the bits of the floats: without a branch for each, where the mask
    is irregular, in an eighth of the time; and unlike x * mask it makes 0 of inf and nan.
    """
    return (x.view(f"u{x.itemsize}") * ~(y <= 0)).view(x.dtype)


def flat_in(part: Any, x: Any) -> Any:
    """A part of g that does not change with x: differentiated again it has zeros there."""
    return part if type(part) is np.ndarray else _flat_in(part, x)


@primitive(lambda g, y, part, x: g, lambda g, y, part, x: np.zeros_like(g), name="flat_in")
def _flat_in(part: Any, x: Any) -> Any:
    return part


ZERO = {np.dtype(t): np.zeros((), t) for t in "efd"}  # a bare 0 would be converted at each call
rule(
    np.where,
    None,
    lambda g, y, c, a, b: np.where(c, g, ZERO[g.dtype]),
    lambda g, y, c, a, b: np.where(c, ZERO[g.dtype], g),
)
rule(
    np.maximum,
    lambda g, y, a, b: np.where(a < b, 0, np.where(a == b, 0.5 * g, g)),
    lambda g, y, a, b: np.where(b < a, 0, np.where(a == b, 0.5 * g, g)),
)
rule(
    np.minimum,
    lambda g, y, a, b: np.where(a > b, 0, np.where(a == b, 0.5 * g, g)),
    lambda g, y, a, b: np.where(b > a, 0, np.where(a == b, 0.5 * g, g)),
)


@primitive(
    lambda g, y, x, lo, hi: np.where(inside(x, lo, hi), g, 0),
    lambda g, y, x, lo, hi: np.where(x < lo if hi is None else (x < lo) & (lo < hi), g, 0),
    lambda g, y, x, lo, hi: np.where(x > hi if lo is None else (x > hi) | (lo > hi), g, 0),
)
def clamp(x: Any, lo: Any, hi: Any) -> Any:
    """x, but not below lo and not above hi; one of them may be None."""
    y = x if lo is None else np.maximum(x, lo)
    return y if hi is None else np.minimum(y, hi)


def inside(x: Any, lo: Any, hi: Any) -> Any:
    """Where x lies between the bounds, these included."""
    if lo is None:
        return x <= hi
    return x >= lo if hi is None else (x >= lo) & (x <= hi)


# -- types and copies
@primitive(lambda g, y, x, dtype: g, name="to_copy")  # the engine gives g the type of x
def cast(x: Any, *, dtype: np.dtype) -> Any:
    """x in another type."""
    return x.astype(dtype)


def copy_of(x: Any) -> Any:
    """A copy with memory of its own, in the same order."""
    return x.copy("K") if x.base is None or 0 not in x.strides else x.copy()


def by_rows(x: Any) -> Any:
    """x, whose elements lie row by row in memory, or a copy of which this is true."""
    return x if x.flags.c_contiguous else x.copy()


clone = primitive(lambda g, y, x: g, name="clone")(copy_of)
rule(by_rows, lambda g, y, x: g, name="clone")


BARE = {np.ndarray, np.float16, np.float32, np.float64}  # what a rule gets at first order


# == many elements into one ========================================================================
def spread(g: Any, shape: tuple, axis: Any, keepdims: bool) -> Any:
    """Give the gradient of a reduction over axis the shape of what was reduced."""
    if axis is not None and not keepdims:
        axes = [a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))]
        g = g.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))
    fill = _filled if type(g) in BARE else _filled_value
    return fill(g, shape=shape)


def _filled(x: Any, *, shape: tuple) -> Any:
    """x repeated to a larger shape: quicker than np.broadcast_to, and an array of its own."""
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


_filled_value = primitive(lambda g, y, x, shape: g, name="expand")(_filled)


def count(shape: tuple, axis: Any) -> int:
    """How many elements a reduction over axis makes into one."""
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[a] for a in (axis if isinstance(axis, tuple) else (axis,)))


# -- sums
total = np.add.reduce  # what x.sum() runs
rule(total, lambda g, y, x, axis, keepdims: spread(g, x.shape, axis, keepdims), name="sum")


def mean(x: Any, *, axis: Any, keepdims: Any) -> Any:
    """The sum over axis divided by the number of elements; nan of none."""
    n = x.size if axis is None else count(x.shape, axis)
    y = np.add.reduce(x, axis=axis, keepdims=keepdims)
    return y / n if n else y * math.nan


rule(
    mean, lambda g, y, x, axis, keepdims: spread(g / count(x.shape, axis), x.shape, axis, keepdims)
)


@primitive(lambda g, y, x, axis: np.flip(cumsum(np.flip(g, axis), axis=axis), axis))
def cumsum(x: Any, *, axis: int) -> Any:
    """The running sum.  x[i] is in all sums from the i-th on: its gradient is the sum of theirs."""
    return by_rows(np.add.accumulate(x, axis=axis))


def logsumexp(x: Any, *, axis: Any, keepdims: Any) -> Any:
    """log(sum(exp(x))), of what remains of x when the largest is taken off."""
    top = np.max(x, axis=axis, keepdims=True, initial=-math.inf)
    top = np.where(np.isfinite(top), top, 0)
    y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else y.squeeze(axis)


rule(  # d log(sum(e^x)) = softmax(x) dx, and softmax(x) = e^(x - y)
    logsumexp,
    lambda g, y, x, axis, keepdims: (
        spread(g, x.shape, axis, keepdims) * np.exp(x - spread(y, x.shape, axis, keepdims))
    ),
)


# -- products: each factor gets the product of the others, y / x, or the long way where one is 0
def prod_rule(g: Any, y: Any, x: Any, axis: int, keepdims: Any) -> Any:
    """g times the product of the other factors."""
    g, n = spread(g, x.shape, axis, keepdims), x.shape[axis]
    if (x != 0).all():
        return g * spread(y, x.shape, axis, keepdims) / x
    # The factors beside the i-th, for each i: the same row n times over, with 1 on the diagonal.
    others = np.where(np.eye(n, dtype=bool), 1, np.expand_dims(x.swapaxes(axis, -1), -2))
    return g * prod(others, axis=others.ndim - 1, keepdims=False).swapaxes(axis, -1)


@primitive(prod_rule)
def prod(x: Any, *, axis: int, keepdims: Any) -> Any:
    """The product along one axis."""
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims)


def cumprod_rule(g: Any, y: Any, x: Any, axis: int) -> Any:
    """The sum, over the products from the i-th on, of g times the product without x[i]."""
    if (x != 0).all():
        return np.flip(cumsum(np.flip(g * y, axis), axis=axis), axis) / x
    n = x.shape[axis]
    # For each i the running products of the row with 1 in place of x[i]; those from i on count.
    others = np.where(np.eye(n, dtype=bool), 1, np.expand_dims(x.swapaxes(axis, -1), -2))
    products = np.where(np.tri(n, dtype=bool).T, cumprod(others, axis=others.ndim - 1), 0)
    return (np.expand_dims(g.swapaxes(axis, -1), -2) * products).sum(axis=-1).swapaxes(axis, -1)


@primitive(cumprod_rule)
def cumprod(x: Any, *, axis: int) -> Any:
    """The running product."""
    return by_rows(np.multiply.accumulate(x, axis=axis))


# -- extremes
def amax_rule(g: Any, y: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    """g to the extreme element; equal ones share it."""
    hit = x == spread(y, x.shape, axis, keepdims)
    share = g if keepdims or axis is None else spread(g, x.shape, axis, keepdims)
    count = hit.astype(x.dtype).sum(axis=axis, keepdims=True)
    return share / count * hit  # nan beside a nan, which is equal to nothing


def amax(x: Any, *, axis: Any, keepdims: Any) -> Any:
    """The largest element over axis."""
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


def amin(x: Any, *, axis: Any, keepdims: Any) -> Any:
    """The smallest element over axis."""
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


rule(amax, amax_rule)
rule(amin, amax_rule)


def extreme_rule(g: Any, y: Any, x: Any) -> Any:
    """g to the extreme element of all; equal ones share it, and so do several nan."""
    hit = (x == y) | (x != x)
    return np.where(hit, g / hit.astype(x.dtype).sum(), ZERO[g.dtype])


def largest(x: Any) -> Any:
    """The largest of all elements."""
    return np.maximum.reduce(x, axis=None)


def smallest(x: Any) -> Any:
    """The smallest of all elements."""
    return np.minimum.reduce(x, axis=None)


rule(largest, extreme_rule, name="max")
rule(smallest, extreme_rule, name="min")


def peak(x: Any, indices: Any, *, axis: int, keepdims: bool) -> Any:
    """What x has at the indices, one along the axis: the values that max(dim) found there."""
    y = x[at(x.shape, indices, axis)]
    return y if keepdims else y.squeeze(axis)


def peak_rule(g: Any, y: Any, x: Any, indices: Any, axis: int, keepdims: bool) -> Any:
    """g put back to where the values were."""
    index = at(x.shape, np.asarray(indices), axis)
    return put(g.reshape(indices.shape), index=index, shape=x.shape, unique=True)


rule(peak, peak_rule, None, name="max")


def at(shape: tuple[int, ...], indices: Any, axis: int) -> tuple:
    """The index such that x[it] is what x has at the indices along the axis."""
    mesh = _mesh(shape)
    return (*mesh[:axis], indices, *mesh[axis + 1 :])


@functools.lru_cache(maxsize=16)
def _mesh(shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """The positions along each dimension, such that x[_mesh(x.shape)] is x."""
    return np.ix_(*map(range, shape))


# == shape and order: the gradient goes the way back ===============================================
def reshape(x: Any, *, shape: Any) -> Any:
    """The same elements in another shape."""
    return x.reshape(shape)


def permute(x: Any, *, axes: tuple[int, ...]) -> Any:
    """The axes in another order."""
    return x.transpose(axes)


def transpose(x: Any, *, axes: tuple[int, int]) -> Any:
    """Two axes exchanged."""
    return x.swapaxes(*axes)


def expand(x: Any, *, shape: tuple[int, ...]) -> Any:
    """x repeated to a larger shape: a broadcast, which the engine undoes as any other."""
    if x.shape == shape:
        return x[...]
    y = np.broadcast_to(x, shape)
    y.flags.writeable = x.flags.writeable  # NumPy switches it off
    return y


rule(reshape, lambda g, y, x, shape: g.reshape(x.shape), name="view")
rule(permute, lambda g, y, x, axes: np.transpose(g, tuple(axes.index(i) for i in range(len(axes)))))
rule(transpose, lambda g, y, x, axes: g.swapaxes(*axes))
rule(expand, lambda g, y, x, shape: g)


@primitive(lambda g, y, x, axes: flip(g, axes=axes))
def flip(x: Any, *, axes: tuple[int, ...]) -> Any:
    """The order along the axes reversed."""
    return np.flip(x, axes).copy()


@primitive(lambda g, y, x, shifts, axes: roll(g, shifts=opposite(shifts), axes=axes))
def roll(x: Any, *, shifts: Any, axes: Any) -> Any:
    """The elements moved on, and round."""
    return np.roll(x, shifts, axes)


def opposite(shifts: Any) -> Any:
    """The shifts that undo these."""
    return tuple(-s for s in shifts) if isinstance(shifts, tuple) else -shifts


def cat(*xs: Any, axis: int) -> Any:
    """Arrays joined along an axis, row by row in memory."""
    return by_rows(np.concatenate(xs, axis))


def cat_parts(g: Any, xs: Any, axis: int) -> Any:
    """From i to the part of g where the i-th array stands."""
    ends = list(accumulate(x.shape[axis] for x in xs))
    front = (slice(None),) * axis
    return lambda i: g[front + (slice(ends[i] - xs[i].shape[axis], ends[i]),)]


def stack(*xs: Any, axis: int) -> Any:
    """Arrays of one shape put together along a new axis, row by row in memory."""
    return by_rows(np.stack(xs, axis))


rule(cat, each=cat_parts)
rule(stack, each=lambda g, xs, axis: lambda i: g[(slice(None),) * axis + (i,)])

# == picking and putting: each is the transpose of the other =======================================
BASIC = (int, slice, type(None), type(...))  # such indices give views, and name no element twice


def getitem(x: Any, *, index: Any) -> Any:
    """x[index]."""
    return x[index]


rule(getitem, lambda g, y, x, index: put(g, index=index, shape=x.shape), name="index")


@primitive(lambda g, y, x, index, shape, unique=False: g[index], name="index_put")
def put(x: Any, *, index: Any, shape: tuple[int, ...], unique: bool = False) -> Any:
    """Zeros of this shape, with x added at the index: the transpose of getitem.

    unique says that the index, of arrays, names no element twice.
    """
    out = np.zeros(shape, x.dtype)
    if unique or is_basic(index) or (isinstance(index, np.ndarray) and index.dtype == bool):
        out[index] = x
    else:
        np.add.at(out, index, x)  # the only way that adds up what a repeated index picks
    return out


def is_basic(index: Any) -> bool:
    """Does this index give a view, and so cannot name an element twice?"""
    if type(index) is tuple:
        return all([type(i) in BASIC for i in index])
    return type(index) in BASIC


def replace_value(g: Any, y: Any, x: Any, v: Any, index: Any) -> Any:
    """The gradient of the value: what g has at the index."""
    picked = g[index]
    return picked.reshape((1,) * (v.ndim - picked.ndim) + picked.shape)


@primitive(lambda g, y, x, v, index: replace(g, 0, index=index), replace_value, name="copy_slices")
def replace(x: Any, v: Any, *, index: Any) -> Any:
    """A copy of x with v at the index: what was there before gets no gradient."""
    out = np.array(x)  # a rule may be given one of NumPy's scalars, which has no items
    out[index] = v
    return out


@primitive(
    lambda g, y, x, index, unique: put(
        g, index=index, shape=(math.prod(x.shape),), unique=unique
    ).reshape(x.shape)
)
def as_strided(x: Any, *, index: Any, unique: bool) -> Any:
    """The elements of x at these positions, counted row by row: what a view of x shows."""
    return x.reshape(-1)[index]


@primitive(
    lambda g, y, x, v, index, unique: write_strided(g, 0, index=index, unique=unique),
    lambda g, y, x, v, index, unique: as_strided(g, index=index, unique=unique),
    name="copy_slices",
)
def write_strided(x: Any, v: Any, *, index: Any, unique: bool) -> Any:
    """A copy of x with v at these positions: what x is after a change of a view."""
    out = np.array(x, order="C")
    out.reshape(-1)[index] = v
    return out


@primitive(lambda g, y, x, offset, axes: on_diagonal(g, offset=offset, axes=axes, shape=x.shape))
def diagonal(x: Any, *, offset: int, axes: tuple[int, int]) -> Any:
    """The diagonal of the matrices in two axes."""
    y = np.diagonal(x, offset, *axes)
    y.flags.writeable = x.flags.writeable  # NumPy switches it off
    return y


@primitive(
    lambda g, y, x, offset, axes, shape: diagonal(g, offset=offset, axes=axes), name="diag_embed"
)
def on_diagonal(x: Any, *, offset: int, axes: tuple[int, int], shape: tuple[int, ...]) -> Any:
    """Zeros of this shape with x on the diagonal: the transpose of diagonal."""
    out = np.zeros(shape, x.dtype)
    i = np.arange(x.shape[-1])
    np.moveaxis(out, axes, (-2, -1))[..., i + max(-offset, 0), i + max(offset, 0)] = x
    return out


@primitive(lambda g, y, x, axis, size, step: unwindow(g, axis=axis, step=step, shape=x.shape))
def windows(x: Any, *, axis: int, size: int, step: int) -> Any:
    """All windows of a size along an axis, step apart, as a new last axis."""
    y = np.lib.stride_tricks.sliding_window_view(x, size, axis, writeable=x.flags.writeable)
    return y[(slice(None),) * axis + (slice(None, None, step),)]


@primitive(lambda g, y, x, axis, step, shape: windows(g, axis=axis, size=x.shape[-1], step=step))
def unwindow(x: Any, *, axis: int, step: int, shape: tuple[int, ...]) -> Any:
    """Zeros of this shape with all windows added where they were: the transpose of windows."""
    out = np.zeros(shape, x.dtype)
    moved = np.moveaxis(out, axis, -1)
    for k in range(x.shape[axis]):
        start = k * step
        moved[..., start : start + x.shape[-1]] += np.moveaxis(x, axis, 0)[k]
    return out


# == matrices: y = a b has da = g b^T and db = a^T g ===============================================
def matmul_a(g: Any, y: Any, a: Any, b: Any) -> Any:
    """g b^T, where a vector stands for one row or column."""
    if b.ndim == 1:
        return g[..., None] * b
    if a.ndim == 1:
        return (b @ g[..., None])[..., 0]
    return g @ b.swapaxes(-1, -2)


def matmul_b(g: Any, y: Any, a: Any, b: Any) -> Any:
    """a^T g, where a vector stands for one row or column."""
    if a.ndim == 1:
        return a[:, None] * g[..., None, :] if b.ndim > 1 else g * a
    if b.ndim == 1:
        return (g[..., None, :] @ a)[..., 0, :]
    return a.swapaxes(-1, -2) @ g


rule(np.matmul, matmul_a, matmul_b)
rule(  # of two matrices, quicker than np.matmul by a third where they are small
    np.dot,
    lambda g, y, a, b: np.dot(g, b.swapaxes(0, 1)),
    lambda g, y, a, b: np.dot(a.swapaxes(0, 1), g),
    name="matmul",
)


# -- einsum: the gradient of one operand is an einsum of g and the others
@primitive(each=lambda g, xs, **how: lambda i: einsum_part(g, i, xs, **how))
def einsum(*xs: Any, inputs: tuple[str, ...], output: str) -> Any:
    """Sums of products in Einstein's notation; no letter twice in one operand."""
    return np.einsum(f"{','.join(inputs)}->{output}", *xs, optimize=len(xs) > 2)


def einsum_part(g: Any, i: int, xs: Any, inputs: tuple[str, ...], output: str) -> Any:
    """The gradient of the i-th operand: g in its place, and its letters as the result."""
    own = inputs[i]
    others = [(x, s) for k, (x, s) in enumerate(zip(xs, inputs, strict=True)) if k != i]
    known = output + "".join(s for _, s in others)
    lost = "".join(c for c in own if c not in known)  # summed in this operand alone: g is the same
    kept = "".join(c for c in own if c in known)
    terms = (output, *(s for _, s in others))
    back = einsum(g, *(x for x, _ in others), inputs=terms, output=kept)
    back = back.reshape(back.shape + (1,) * len(lost))
    order = [(kept + lost).index(c) for c in own]
    return np.broadcast_to(np.transpose(back, order), full_shape(own, g, xs, inputs, output))


def full_shape(own: str, g: Any, xs: Any, inputs: Any, output: str) -> tuple[int, ...]:
    """The sizes of these letters where a size of 1 in one operand is stretched to another's."""
    sizes: dict[str, int] = {}
    for letters, x in [(output, g), *zip(inputs, xs, strict=True)]:
        for c, n in zip(letters, x.shape, strict=True):
            sizes[c] = n if sizes.get(c, 1) == 1 else sizes[c]
    return tuple(sizes[c] for c in own)


# == many processes ================================================================================
# A number that is summed over all processes is in the result of each of them: its gradient is the
# sum of all their gradients.
@primitive(lambda g, y, x, total: sum_of_all(g, total=total), name="all_reduce")
def sum_of_all(x: Any, *, total: Any) -> Any:
    """The sum of x over all processes, which total adds up: this file knows no other process."""
    return total(x)
