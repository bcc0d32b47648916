"""The methods that end in an underscore: what an operation does, done in a tensor's own memory.

How it is done stands in inplace.py, and so do the commonest of them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from . import dtypes
from .autograd import views
from .autograd.engine import Leaf, Value, wrap
from .autograd.errors import tensor_words
from .autograd.grad_mode import is_grad_enabled
from .inplace import InPlace, in_place
from .ops import (
    comparison,
    elementwise,
    indexing,
    linalg,
    numbers,
    products,
    putting,
    reduction,
    shaping,
    special,
)
from .random import Generator, stream


def moved(op: Callable) -> Callable:
    """The variant of an operation on the shape after which the tensor itself has the new shape."""

    def body(t: Any, *args: Any, **kwargs: Any) -> Any:
        return t._take_shape(op, *args, **kwargs)

    return functools.wraps(op)(body)


class Twins(InPlace):
    """The in-place twins of the operations, and the ways to fill a tensor with random numbers."""

    __slots__ = ()

    # -- each element by itself
    abs_ = in_place(elementwise.abs)
    absolute_ = in_place(elementwise.absolute)
    acos_ = in_place(elementwise.acos)
    arccos_ = in_place(elementwise.arccos)
    arcsin_ = in_place(elementwise.arcsin)
    arctan2_ = in_place(elementwise.arctan2)
    arctan_ = in_place(elementwise.arctan)
    asin_ = in_place(elementwise.asin)
    atan2_ = in_place(elementwise.atan2)
    atan_ = in_place(elementwise.atan)
    ceil_ = in_place(elementwise.ceil)
    clip_ = in_place(elementwise.clip)
    cos_ = in_place(elementwise.cos)
    cosh_ = in_place(elementwise.cosh)
    divide_ = in_place(elementwise.divide)
    exp2_ = in_place(elementwise.exp2)
    exp_ = in_place(elementwise.exp)
    expm1_ = in_place(elementwise.expm1)
    floor_ = in_place(elementwise.floor)
    floor_divide_ = in_place(elementwise.floor_divide)
    log10_ = in_place(elementwise.log10)
    log1p_ = in_place(elementwise.log1p)
    log2_ = in_place(elementwise.log2)
    log_ = in_place(elementwise.log)
    multiply_ = in_place(elementwise.multiply)
    neg_ = in_place(elementwise.neg)
    negative_ = in_place(elementwise.negative)
    reciprocal_ = in_place(elementwise.reciprocal)
    relu_ = in_place(elementwise.relu)
    remainder_ = in_place(elementwise.remainder)
    round_ = in_place(elementwise.round)
    rsqrt_ = in_place(elementwise.rsqrt)
    sigmoid_ = in_place(elementwise.sigmoid)
    sign_ = in_place(elementwise.sign)
    sin_ = in_place(elementwise.sin)
    sinh_ = in_place(elementwise.sinh)
    sqrt_ = in_place(elementwise.sqrt)
    square_ = in_place(elementwise.square)
    subtract_ = in_place(elementwise.subtract)
    tan_ = in_place(elementwise.tan)
    tanh_ = in_place(elementwise.tanh)
    true_divide_ = in_place(elementwise.true_divide)
    # -- special functions
    acosh_ = in_place(special.acosh)
    arccosh_ = in_place(special.arccosh)
    arcsinh_ = in_place(special.arcsinh)
    arctanh_ = in_place(special.arctanh)
    asinh_ = in_place(special.asinh)
    atanh_ = in_place(special.atanh)
    deg2rad_ = in_place(special.deg2rad)
    digamma_ = in_place(special.digamma)
    erf_ = in_place(special.erf)
    erfc_ = in_place(special.erfc)
    erfinv_ = in_place(special.erfinv)
    float_power_ = in_place(special.float_power)
    hypot_ = in_place(special.hypot)
    lgamma_ = in_place(special.lgamma)
    logit_ = in_place(special.logit)
    mvlgamma_ = in_place(special.mvlgamma)
    polygamma_ = in_place(special.polygamma_of)
    rad2deg_ = in_place(special.rad2deg)
    sinc_ = in_place(special.sinc)
    xlogy_ = in_place(special.xlogy)
    # -- signs, parts and bits
    addcdiv_ = in_place(numbers.addcdiv)
    addcmul_ = in_place(numbers.addcmul)
    bitwise_and_ = in_place(numbers.bitwise_and)
    bitwise_left_shift_ = in_place(numbers.bitwise_left_shift)
    bitwise_not_ = in_place(numbers.bitwise_not)
    bitwise_or_ = in_place(numbers.bitwise_or)
    bitwise_right_shift_ = in_place(numbers.bitwise_right_shift)
    bitwise_xor_ = in_place(numbers.bitwise_xor)
    clamp_max_ = in_place(numbers.clamp_max)
    clamp_min_ = in_place(numbers.clamp_min)
    copysign_ = in_place(numbers.copysign)
    fix_ = in_place(numbers.fix)
    fmod_ = in_place(numbers.fmod)
    frac_ = in_place(numbers.frac)
    gcd_ = in_place(numbers.gcd)
    heaviside_ = in_place(numbers.heaviside)
    lcm_ = in_place(numbers.lcm)
    ldexp_ = in_place(numbers.ldexp)
    lerp_ = in_place(numbers.lerp)
    nan_to_num_ = in_place(numbers.nan_to_num)
    nextafter_ = in_place(numbers.nextafter)
    sgn_ = in_place(numbers.sgn)
    trunc_ = in_place(numbers.trunc)
    # -- matrices
    addmm_ = in_place(linalg.addmm)
    tril_ = in_place(linalg.tril)
    triu_ = in_place(linalg.triu)
    # -- running sums
    cumprod_ = in_place(reduction.cumprod)
    cumsum_ = in_place(reduction.cumsum)
    # -- comparisons: 0 and 1 in the tensor's own type
    eq_ = in_place(comparison.eq)
    ge_ = in_place(comparison.ge)
    greater_ = in_place(comparison.greater)
    greater_equal_ = in_place(comparison.greater_equal)
    gt_ = in_place(comparison.gt)
    le_ = in_place(comparison.le)
    less_ = in_place(comparison.less)
    less_equal_ = in_place(comparison.less_equal)
    logical_and_ = in_place(comparison.logical_and)
    logical_not_ = in_place(comparison.logical_not)
    logical_or_ = in_place(comparison.logical_or)
    logical_xor_ = in_place(comparison.logical_xor)
    lt_ = in_place(comparison.lt)
    ne_ = in_place(comparison.ne)
    not_equal_ = in_place(comparison.not_equal)
    # -- putting
    index_add_ = in_place(indexing.index_add)
    index_put_ = in_place(indexing.index_put)
    scatter_ = in_place(indexing.scatter)
    scatter_add_ = in_place(indexing.scatter_add)

    index_fill_, index_copy_ = in_place(putting.index_fill), in_place(putting.index_copy)
    masked_scatter_, put_ = in_place(putting.masked_scatter), in_place(putting.put)
    scatter_reduce_ = in_place(putting.scatter_reduce)
    index_reduce_ = in_place(putting.index_reduce)

    addmv_, addr_ = in_place(products.addmv), in_place(products.addr)
    baddbmm_, addbmm_ = in_place(products.baddbmm), in_place(products.addbmm)
    renorm_ = in_place(products.renorm)

    # -- shape: the same memory, seen in another way
    squeeze_, unsqueeze_ = moved(shaping.squeeze), moved(shaping.unsqueeze)
    transpose_, t_ = moved(shaping.transpose), moved(shaping.t)
    swapaxes_, swapdims_ = moved(shaping.swapaxes), moved(shaping.swapdims)

    def _take_shape(self, op: Callable, *args: Any, **kwargs: Any) -> Any:
        """Become op(self, ...), a view of the own memory; views of this tensor stay as they are."""
        recorded = is_grad_enabled()
        if recorded:
            views.refresh(self)
            if isinstance(self._node, Leaf):
                raise RuntimeError(
                    "a leaf Variable that requires grad is being used in an in-place operation. "
                    "Do it under minigrad.no_grad(), or take the view: t = t.unsqueeze(0)"
                )
        y = op(self, *args, **kwargs)
        self._array = y._array
        if recorded:
            self._node = y._node
            views.note_rebased()
        return self

    def fill_diagonal_(self, fill_value: float, wrap: bool = False) -> Any:
        """Set the main diagonal to one value; of a tall matrix with wrap again after each block.

        >>> zeros(2, 2).fill_diagonal_(5)
        tensor([[5., 0.],
                [0., 5.]])
        """
        array = self._array
        if array.ndim < 2:
            raise RuntimeError("dimensions must larger than 1")
        if array.ndim > 2 and len(set(array.shape)) > 1:
            raise RuntimeError("all dimensions of input must be of equal length")
        mask = np.zeros(array.shape, bool)
        np.fill_diagonal(mask, True, wrap=wrap)
        return self.masked_fill_(_tensor_of(mask), fill_value)

    # -- random numbers --------------------------------------------------------------------------
    def _fill(self, name: str, numbers: np.ndarray, floating: bool = True) -> Any:
        if floating and self._array.dtype.kind != "f":
            raise RuntimeError(
                f"{name} draws from a continuous distribution: the tensor must be of floating "
                f"point, and it is {tensor_words(self)}"
            )
        return self.copy_(_tensor_of(np.asarray(numbers).astype(self._array.dtype)))

    def bernoulli_(self, p: Any = 0.5, *, generator: Generator | None = None) -> Any:
        """Fill with 1 with probability p, a number or a tensor of them, and with 0 else.

        >>> zeros(3).bernoulli_(1)
        tensor([1., 1., 1.])
        """
        chance = p._array if isinstance(p, Value) else np.asarray(p)
        if not ((chance >= 0) & (chance <= 1)).all():
            raise RuntimeError(f"bernoulli_ expects p to be in [0, 1], but got p={p}")
        hit = stream(generator).random(self._array.shape) < chance
        return self._fill("bernoulli_", hit, floating=False)

    def cauchy_(
        self, median: float = 0, sigma: float = 1, *, generator: Generator | None = None
    ) -> Any:
        """Fill with numbers drawn from the Cauchy distribution.

        >>> zeros(3).cauchy_().shape
        torch.Size([3])
        """
        if sigma <= 0:
            raise RuntimeError(f"cauchy_ expects sigma > 0.0, but found sigma={sigma}")
        numbers = stream(generator).standard_cauchy(self._array.shape)
        return self._fill("cauchy_", median + sigma * numbers)

    def exponential_(self, lambd: float = 1, *, generator: Generator | None = None) -> Any:
        """Fill with numbers drawn from the exponential distribution of rate lambd, above 0.

        >>> bool((zeros(3).exponential_() > 0).all())
        True
        """
        if lambd <= 0:
            raise RuntimeError(f"exponential_ expects lambda > 0.0, but found lambda={lambd}")
        numbers = stream(generator).standard_exponential(self._array.shape)
        least = np.finfo(np.float16 if self._array.itemsize == 2 else np.float32).tiny
        return self._fill("exponential_", np.maximum(numbers, float(least)) / lambd)

    def geometric_(self, p: float, *, generator: Generator | None = None) -> Any:
        """Fill with the number of tries until one succeeds, each with probability p: 1, 2 ...

        >>> bool((zeros(3).geometric_(0.5) >= 1).all())
        True
        """
        if not 0 < p < 1:
            raise RuntimeError(f"geometric_ expects p to be in (0, 1), but got p={p}")
        numbers = stream(generator).geometric(p, self._array.shape)
        return self._fill("geometric_", numbers, floating=False)

    def log_normal_(
        self, mean: float = 1, std: float = 2, *, generator: Generator | None = None
    ) -> Any:
        """Fill with e to the power of normal numbers of this mean and standard deviation.

        >>> bool((zeros(3).log_normal_() > 0).all())
        True
        """
        if std <= 0:
            raise RuntimeError(f"log_normal_ expects std > 0.0, but found std={std}")
        if self._array.dtype.kind != "f":
            raise NotImplementedError(
                f'"log_normal_cpu" not implemented for {tensor_words(self)}: use t.float()'
            )
        numbers = stream(generator).standard_normal(self._array.shape)
        return self._fill("log_normal_", np.exp(mean + std * numbers))

    def random_(
        self, low: int | None = None, high: int | None = None, *,
        generator: Generator | None = None,
    ) -> Any:  # fmt: skip
        """Fill with whole numbers drawn evenly: from low to high - 1, from 0 to low - 1, or over
        all that the type can hold exactly.

        >>> bool((zeros(9).random_(5) < 5).all())
        True
        """
        dtype = self._array.dtype
        if high is None:
            low, high = 0, _end_of(dtype) if low is None else low
        assert low is not None
        if low >= high:
            raise RuntimeError(
                f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
            )
        if dtype.kind in "iu" and not np.iinfo(dtype).min <= low <= high - 1 <= np.iinfo(dtype).max:
            raise RuntimeError(f"random_: from {low} to {high - 1} is out of bounds for {dtype}")
        numbers = stream(generator).integers(low, high, self._array.shape)
        return self._fill("random_", numbers, floating=False)


def _tensor_of(array: np.ndarray) -> Any:
    return wrap(array)


def _end_of(dtype: np.dtype) -> int:
    """One more than the largest of the whole numbers that random_() draws for a type."""
    if dtype == dtypes.bool_:
        return 2
    if dtype.kind == "f":
        return 2 ** (np.finfo(dtype).nmant + 1) + 1
    return int(np.iinfo(dtype).max) + (dtype.itemsize < 8)
