"""Operations that make many elements into one, over some dimensions or over all."""

from __future__ import annotations

import builtins
import math
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from .. import dtypes
from ..autograd import derivatives as d
from ..autograd import derivatives_linalg as dl
from ..autograd.engine import Value, apply, apply_to, wrap
from ..autograd.errors import tensor_words
from ..autograd.symbols import as_array
from . import elementwise
from .arguments import Tensor, along, array_of, axes_of, axis_of, over
from .elementwise import masked_fill, mul

__all__ = [
    "all", "allclose", "amax", "amin", "any", "argmax", "argmin", "count_nonzero", "cumprod",
    "cumsum", "equal", "logsumexp", "max", "mean", "min", "norm", "prod", "std", "sum", "var",
]  # fmt: skip

Dims: TypeAlias = "int | tuple[int, ...] | list[int] | None"


# -- sums ----------------------------------------------------------------------------------------
def sum(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None,
    axis: Dims = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The sum over the given dimensions, or over all; integers and booleans sum up in int64.

    >>> X = tensor([[1., 2., 3.], [4., 5., 6.]])
    >>> X.sum(), X.sum(0, keepdim=True)
    (tensor(21.), tensor([[5., 7., 9.]]))
    """
    how = over(input, dim, keepdim, axis, keepdims, "sum")
    if dtype is not None:
        input = d.cast(input, dtype=dtypes.as_dtype(dtype))
    elif input._array.dtype.kind != "f":  # no gradient, so the type need not change step by step
        return wrap(as_array(np.add.reduce(input._array, dtype=dtypes.int64, **how)))
    return apply_to(d.total, input, how)


def mean(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None,
    axis: Dims = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The mean over the given dimensions, or over all; of floating point only, and nan of nothing.

    >>> tensor([[1., 2.], [3., 4.]]).mean(1)
    tensor([1.5000, 3.5000])
    """
    how = over(input, dim, keepdim, axis, keepdims, "mean")
    return apply_to(d.mean, _floating(input, dtype, "mean"), how)


def _floating(input: Any, dtype: Any, name: str) -> Any:
    if dtype is not None:
        return d.cast(input, dtype=dtypes.as_dtype(dtype))
    if array_of(input, name).dtype.kind != "f":
        raise RuntimeError(
            f"{name}(): could not infer output dtype. Input dtype must be either a floating point "
            f"or complex dtype. Got: {tensor_words(input)}; use t.float().{name}()"
        )
    return input


def _correction(dim: Any, unbiased: bool | None, correction: float | None) -> tuple[Any, float]:
    if isinstance(dim, bool):  # torch's older form: t.var(False), t.std(unbiased=False)
        dim, unbiased = None, dim
    return dim, (1 if unbiased in (None, True) else 0) if correction is None else correction


def var(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, axis: Dims = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The variance: the sum of squared distances from the mean, divided by n - correction (1, as in
    torch).

    NumPy's np.var divides by n: correction=0, or unbiased=False.

    >>> tensor([1., 2., 3., 4.]).var(), tensor([1., 2., 3., 4.]).var(correction=0)
    (tensor(1.6667), tensor(1.2500))
    """
    dim, n_less = _correction(dim if axis is None else axis, unbiased, correction)
    how = over(input, dim, keepdim, None, keepdims, "var")
    input = _floating(input, None, "var")
    away = elementwise.sub(input, mean(input, dim, keepdim=True))
    n = builtins.max(d.count(input._array.shape, how["axis"]) - n_less, 0)
    total = apply_to(d.total, mul(away, away), how)
    # x / 0 without NumPy's warning
    return apply(np.divide, (total, n)) if n else mul(total, math.inf)


def std(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, axis: Dims = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The standard deviation: the root of var() with the same arguments; its gradient at 0 is 0.

    >>> tensor([1., 2., 3., 4.]).std()
    tensor(1.2910)
    """
    keep = keepdim if keepdims is None else keepdims
    return d.root(var(input, dim if axis is None else axis, unbiased, keep, correction=correction))


def norm(
    input: Tensor, p: float | str | None = "fro", dim: Dims = None, keepdim: bool = False,
    dtype: Any = None, *, axis: Dims = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The p-norm of all elements, or along the given dimensions; p is a number, inf, "fro" (2) or,
    of matrices, "nuc", the sum of the singular values.

    Its gradient at 0 is 0, where others have nan.

    >>> tensor([3., 4.]).norm(), tensor([3., -4.]).norm(1), tensor([3., -4.]).norm(float("inf"))
    (tensor(5.), tensor(7.), tensor(4.))
    """
    dim = dim if axis is None else axis
    keep = keepdim if keepdims is None else keepdims
    how = over(input, dim, keep, None, None, "norm")
    if dtype is not None or input._array.dtype.kind != "f":
        if dtype is None:
            raise RuntimeError(
                f"norm expected a floating point tensor, not {tensor_words(input)}; use "
                "t.float().norm()"
            )
        input = d.cast(input, dtype=dtypes.as_dtype(dtype))
    if p is None or p == "fro" or p == 2:
        return d.root(sum(mul(input, input), dim, keep))
    if p == "nuc":
        return _nuclear(input, axes_of(dim, input._array.ndim), keep)
    if isinstance(p, str):
        raise RuntimeError(f"norm knows the orders 'fro', numbers, inf and -inf, not {p!r}")
    size = elementwise.abs(input)
    if p == math.inf:
        return amax(size, () if dim is None else dim, keep)
    if p == -math.inf:
        return amin(size, () if dim is None else dim, keep)
    if p == 0:
        counted = masked_fill(elementwise.sign(size), wrap(np.asarray(np.isnan(size._array))), 1)
        return sum(counted, dim, keep)
    if p == 1:
        return sum(size, dim, keep)
    if p < 0 and not d.count(input._array.shape, how["axis"]):
        raise RuntimeError(
            f"linalg.vector_norm cannot compute the {p} norm on an empty tensor because the "
            "operation does not have an identity"
        )
    if p < 0:
        return _power(sum(_power(size, p), dim, keep), 1 / p)
    # Where all is 0 the root has a kink: the gradient there is 0, for 0 takes no part.
    total = sum(_where_not_zero(size, p), dim, keep)
    return _where_not_zero(total, 1 / p)


def _nuclear(input: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    """The sum of the singular values of the matrices in two dimensions."""
    if len(axes) != 2:
        raise RuntimeError(f"norm 'nuc' is one of matrices: it needs 2 dimensions, not {len(axes)}")
    ndim = input._array.ndim
    order = (*(i for i in range(ndim) if i not in axes), *axes)
    values = dl.svdvals(apply_to(d.permute, input, {"axes": order}))
    y = sum(values, -1)
    shape = tuple(1 if i in axes else n for i, n in enumerate(input._array.shape))
    return apply_to(d.reshape, y, {"shape": shape}) if keepdim else y


def _power(x: Any, p: float) -> Any:
    return apply(d.power, (x, p))


def _where_not_zero(x: Any, p: float) -> Any:
    """x ** p, but 0 with gradient 0 where x is 0."""
    zero = wrap(as_array(x._array == 0))
    return masked_fill(_power(masked_fill(x, zero, 1), p), zero, 0)


def logsumexp(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    axis: Dims = None,
    keepdims: bool | None = None,
) -> Tensor:
    """log(sum(exp(input))) over the given dimensions, with no overflow.

    >>> tensor([1000., 1000.]).logsumexp(0)
    tensor(1000.6932)
    """
    if dim is None and axis is None:
        raise TypeError("logsumexp() missing 1 required positional argument: 'dim'")
    how = over(input, dim, keepdim, axis, keepdims, "logsumexp")
    how["axis"] = axes_of(how["axis"], input._array.ndim)
    if input._array.dtype.kind != "f":
        input = d.cast(input, dtype=dtypes.get_default_dtype())
    return apply_to(d.logsumexp, input, how)


# -- products ------------------------------------------------------------------------------------
def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None,
    axis: int | None = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The product over one dimension, or over all; its gradient is right where factors are 0, too.

    >>> tensor([2., 3., 4.]).prod()
    tensor(24.)
    """
    dim = dim if axis is None else axis
    if dtype is not None or array_of(input, "prod").dtype.kind != "f":
        input = d.cast(input, dtype=dtypes.int64 if dtype is None else dtypes.as_dtype(dtype))
    if dim is None:
        return d.prod(apply_to(d.reshape, input, {"shape": -1}), axis=0, keepdims=False)
    at = axis_of(dim, input._array.ndim)
    if not input._array.ndim:
        return d.clone(input)
    return d.prod(input, axis=at, keepdims=keepdim if keepdims is None else keepdims)


def cumsum(
    input: Tensor, dim: int | None = None, *, dtype: Any = None, axis: int | None = None
) -> Tensor:
    """The running sum along one dimension.

    >>> tensor([1., 2., 3.]).cumsum(0)
    tensor([1., 3., 6.])
    """
    return _running("cumsum", d.cumsum, input, dim if axis is None else axis, dtype)


def _running(name: str, fn: Any, input: Any, dim: Any, dtype: Any) -> Any:
    if dim is None:
        raise TypeError(f"{name}() needs a dimension: t.{name}(dim=0)")
    at = along(input, dim, None, name)
    if dtype is not None or input._array.dtype.kind != "f":
        input = d.cast(input, dtype=dtypes.int64 if dtype is None else dtypes.as_dtype(dtype))
    return fn(input, axis=at) if input._array.ndim else d.clone(input)


def cumprod(
    input: Tensor, dim: int | None = None, *, dtype: Any = None, axis: int | None = None
) -> Tensor:
    """The running product along one dimension; its gradient is right where factors are 0, too.

    >>> tensor([1., 2., 3.]).cumprod(0)
    tensor([1., 2., 6.])
    """
    return _running("cumprod", d.cumprod, input, dim if axis is None else axis, dtype)


# -- extremes ------------------------------------------------------------------------------------
NO_ELEMENTS = (
    "{}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction "
    "dim with the 'dim' argument."
)


class MaxPair(NamedTuple):
    """What max(dim) and min(dim) return: the values, and where along the dimension they stand."""

    values: Any
    indices: Any


def max(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool | None = None, other: Tensor | None = None,
) -> Any:  # fmt: skip
    """The largest element; along one dimension a pair (values, indices); of two tensors, maximum.

    Equal largest elements share the gradient of max(); that of max(dim) goes to the one at the
    index.

    >>> tensor([[1., 5.], [7., 2.]]).max(1).indices
    tensor([1, 0])
    """
    arg, pairwise = "argmax", elementwise.maximum
    return _extreme("max", d.largest, arg, pairwise, input, dim, other, axis, keepdim, keepdims)


def min(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool | None = None, other: Tensor | None = None,
) -> Any:  # fmt: skip
    """The smallest element; along one dimension a pair (values, indices); of two tensors, minimum.

    >>> tensor([[1., 5.], [7., 2.]]).min(1).values
    tensor([1., 2.])
    """
    arg, pairwise = "argmin", elementwise.minimum
    return _extreme("min", d.smallest, arg, pairwise, input, dim, other, axis, keepdim, keepdims)


def _extreme(
    name: str, all_of: Any, arg: Any, pairwise: Any, input: Any, dim: Any, other: Any, axis: Any,
    keepdim: bool, keepdims: Any,
) -> Any:  # fmt: skip
    dim = other if dim is None else dim
    if isinstance(dim, Value):
        return pairwise(input, dim)
    dim = dim if axis is None else axis
    keep = keepdim if keepdims is None else keepdims
    if dim is None:
        if not array_of(input, name).size:
            raise RuntimeError(NO_ELEMENTS.format(name))
        return apply_to(all_of, input)
    indices = _arg(name, arg, input, dim, True)
    array, found = input._array, indices._array
    if not array.ndim:
        return MaxPair(d.clone(input), indices)
    at = axis_of(dim, array.ndim)
    values = apply(d.peak, (input, indices), {"axis": at, "keepdims": keep})
    return MaxPair(values, indices if keep else wrap(found.squeeze(at)))


def amax(
    input: Tensor,
    dim: Dims = (),
    keepdim: bool = False,
    *,
    axis: Dims = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The largest element over the given dimensions, or over all; equal ones share the gradient.

    >>> tensor([[1., 5.], [7., 2.]]).amax(0)
    tensor([7., 5.])
    """
    how = over(input, dim, keepdim, axis, keepdims, "amax")
    _refuse_empty(input, dim if axis is None else axis, how, "amax")
    return apply_to(d.amax, input, how)


def amin(
    input: Tensor,
    dim: Dims = (),
    keepdim: bool = False,
    *,
    axis: Dims = None,
    keepdims: bool | None = None,
) -> Tensor:
    """The smallest element over the given dimensions, or over all; equal ones share the gradient.

    >>> tensor([[1., 5.], [7., 2.]]).amin(0)
    tensor([1., 2.])
    """
    how = over(input, dim, keepdim, axis, keepdims, "amin")
    _refuse_empty(input, dim if axis is None else axis, how, "amin")
    return apply_to(d.amin, input, how)


def _refuse_empty(input: Any, dim: Any, how: dict, name: str) -> None:
    """Spell out the axes, and refuse to look for an extreme among no elements."""
    shape = input._array.shape
    how["axis"] = axes = axes_of(how["axis"], len(shape))
    if input._array.size:
        return
    if dim in (None, ()):
        raise RuntimeError(NO_ELEMENTS.format(name))
    if d.count(shape, axes) == 0:
        raise IndexError(
            f"{name}(): Expected reduction dim {list(axes)} to have non-zero size, but "
            f"the tensor is {tensor_words(input)}"
        )


def argmax(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """Where the first largest element stands, as int64: along a dimension, or in the flattened
    tensor.

    >>> tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]]).argmax(dim=1)
    tensor([2, 2])
    """
    keep = keepdim if keepdims is None else keepdims
    return _arg("argmax", "argmax", input, dim if axis is None else axis, keep, booleans=False)


def argmin(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """Where the first smallest element stands, as int64: along a dimension, or in the flattened
    tensor.

    >>> tensor([3., 1., 2.]).argmin()
    tensor(1)
    """
    keep = keepdim if keepdims is None else keepdims
    return _arg("argmin", "argmin", input, dim if axis is None else axis, keep, booleans=False)


def _arg(name: str, fn: str, input: Any, dim: Any, keepdim: bool, booleans: bool = True) -> Any:
    array = array_of(input, name)
    if not booleans and array.dtype.kind == "b":
        raise RuntimeError(f"{name}(): does not support bool input; convert with .int()")
    if dim is not None:
        dim = axis_of(dim, array.ndim)
    if not array.ndim:
        return wrap(np.zeros((), np.int64))
    if (array.size if dim is None else array.shape[dim]) == 0:
        raise IndexError(
            f"{name}(): Expected reduction dim {dim} to have non-zero size, but the tensor "
            f"is {tensor_words(input)}"
        )
    return wrap(as_array(getattr(array, fn)(dim, keepdims=keepdim)))


# -- questions ------------------------------------------------------------------------------------
def any(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    axis: Dims = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Is at least one element nonzero?

    >>> tensor([0., 2.]).any()
    tensor(True)
    """
    return _answer(np.any, input, over(input, dim, keepdim, axis, keepdims, "any"))


def all(
    input: Tensor,
    dim: Dims = None,
    keepdim: bool = False,
    *,
    axis: Dims = None,
    keepdims: bool | None = None,
) -> Tensor:
    """Are all elements nonzero?

    >>> tensor([0., 2.]).all()
    tensor(False)
    """
    return _answer(np.all, input, over(input, dim, keepdim, axis, keepdims, "all"))


def _answer(fn: Any, input: Any, how: dict) -> Any:
    result = apply_to(fn, input, how)
    return d.cast(result, dtype=dtypes.uint8) if input._array.dtype == dtypes.uint8 else result


def count_nonzero(input: Tensor, dim: Dims = None) -> Tensor:
    """How many elements are not 0, as int64.

    >>> tensor([0., 2., 3.]).count_nonzero()
    tensor(2)
    """
    return sum(wrap(as_array(array_of(input, "count_nonzero") != 0)), dim)


def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Is abs(input - other) <= atol + rtol * abs(other) everywhere?

    >>> tensor([1.]).allclose(tensor([1.000001]))
    True
    """
    a, b = array_of(input, "allclose"), array_of(other, "allclose", "other", 2)
    if a.dtype != b.dtype:
        raise RuntimeError(
            f"{a.dtype} did not match {b.dtype}: allclose compares tensors of one type"
        )
    return bool(np.allclose(a, b, rtol, atol, equal_nan))


def equal(input: Tensor, other: Tensor) -> bool:
    """Have the two the same shape and the same elements?

    >>> tensor([1., 2.]).equal(tensor([1., 2.]))
    True
    """
    return np.array_equal(array_of(input, "equal"), array_of(other, "equal", "other", 2))


class Reductions(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    sum, mean, var, std, norm, logsumexp, prod = sum, mean, var, std, norm, logsumexp, prod
    cumsum, cumprod, max, min, amax, amin = cumsum, cumprod, max, min, amax, amin
    argmax, argmin, any, all, count_nonzero = argmax, argmin, any, all, count_nonzero
    allclose, equal = allclose, equal
