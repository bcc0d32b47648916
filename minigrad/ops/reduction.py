"""Operations that make many elements into one, over some dimensions or over all."""

from __future__ import annotations

import builtins
import functools
import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

from .. import dtypes
from ..autograd import DISPATCH, Node, apply, primitive, rule, wrap
from ..errors import tensor_words
from .indexing import put
from .registry import axes_of, axis_of, cast, method, not_a_tensor, numpy

if TYPE_CHECKING:
    from ..tensor import Tensor

    Dims: TypeAlias = "int | tuple[int, ...] | list[int] | None"


def spread(g: Any, shape: tuple, axis: Any, keepdims: bool) -> Any:
    """Give the gradient of a reduction the shape of what was reduced."""
    if axis is not None and not keepdims:
        axes = [a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))]
        g = g.reshape(tuple(1 if i in axes else n for i, n in enumerate(shape)))
    return (_filled_tensor if isinstance(g, Node) else _filled)(g, shape=shape)


def _filled(x: Any, *, shape: tuple) -> Any:
    """x repeated to a larger shape: quicker than np.broadcast_to, and an array of its own."""
    out = np.empty(shape, x.dtype)
    out[...] = x
    return out


_filled_tensor = primitive(lambda g, y, x, shape: g, name="expand")(_filled)


def _axes(input: Any, dim: Any, name: str) -> Any:
    """The axis argument for NumPy: None for all dimensions, else what dim says, checked."""
    try:
        ndim = input._array.ndim
    except AttributeError:
        raise not_a_tensor(name, input) from None
    if dim is None:
        return None
    if type(dim) is int and -ndim <= dim < ndim:
        return dim
    return axes_of(dim, ndim)


def _floating(input: Tensor, dtype: Any, name: str) -> Tensor:
    if dtype is not None:
        return cast(input, dtype=dtypes.as_dtype(dtype))
    if input._array.dtype.kind != "f":
        raise RuntimeError(
            f"{name}(): could not infer output dtype. Input dtype must be either a "
            "floating point or complex "
            f"dtype. Got: {tensor_words(input)}; use t.float().{name}()"
        )
    return input


# -- sums ----------------------------------------------------------------------------------------
@numpy(np.sum)
@method
def sum(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None,
    axis: Dims = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The sum over the given dimensions, or over all; integers and booleans sum up in int64.

    >>> X = tensor([[1., 2., 3.], [4., 5., 6.]])
    >>> X.sum(), X.sum(0, keepdim=True)
    (tensor(21.), tensor([[5., 7., 9.]]))
    """
    at = _axes(input, dim if axis is None else axis, "sum")
    if dtype is not None:
        input = cast(input, dtype=dtypes.as_dtype(dtype))
    elif input._array.dtype.kind != "f":  # no gradient, so the type need not change step by step
        keep = keepdim if keepdims is None else keepdims
        total = np.add.reduce(input._array, at, dtypes.int64, keepdims=keep)  # type: ignore[call-overload]
        return wrap(np.asarray(total))
    return apply(
        _sum, (input,), {"axis": at, "keepdims": keepdim if keepdims is None else keepdims}
    )


_sum = np.add.reduce
rule(_sum, lambda g, y, x, axis, keepdims: spread(g, x.shape, axis, keepdims), name="sum")


@numpy(np.mean)
@method
def mean(
    input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None,
    axis: Dims = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The mean over the given dimensions, or over all; of floating point only, and nan of nothing.

    >>> tensor([[1., 2.], [3., 4.]]).mean(1)
    tensor([1.5000, 3.5000])
    """
    at = _axes(input, dim if axis is None else axis, "mean")
    input = _floating(input, dtype, "mean")
    return apply(
        _mean, (input,), {"axis": at, "keepdims": keepdim if keepdims is None else keepdims}
    )


def _count(shape: tuple, axis: Any) -> int:
    """How many elements a reduction over axis makes into one."""
    if axis is None:
        return math.prod(shape)
    return math.prod(shape[a] for a in (axis if isinstance(axis, tuple) else (axis,)))


def _mean(x: Any, *, axis: Any, keepdims: Any) -> Any:
    n = x.size if axis is None else _count(x.shape, axis)
    total = np.add.reduce(x, axis=axis, keepdims=keepdims)
    return total / n if n else total * math.nan


rule(
    _mean,
    lambda g, y, x, axis, keepdims: spread(g / _count(x.shape, axis), x.shape, axis, keepdims),
)


def _correction(dim: Any, unbiased: bool | None, correction: float | None) -> tuple[Any, float]:
    if isinstance(dim, bool):  # torch's older form: t.var(False), t.std(unbiased=False)
        dim, unbiased = None, dim
    return dim, (1 if unbiased in (None, True) else 0) if correction is None else correction


@method
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
    at = _axes(input, dim, "var")
    input = _floating(input, None, "var")
    away = input - mean(input, dim, keepdim=True)
    n = builtins.max(_count(input._array.shape, at) - n_less, 0)
    total = sum(away * away, dim, keepdim if keepdims is None else keepdims)
    return total / n if n else total * math.inf  # x / 0 without NumPy's warning


@method
def std(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, axis: Dims = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The standard deviation: the root of var() with the same arguments; its gradient at 0 is 0.

    >>> tensor([1., 2., 3., 4.]).std()
    tensor(1.2910)
    """
    keep = keepdim if keepdims is None else keepdims
    return root(var(input, dim if axis is None else axis, unbiased, keep, correction=correction))


@primitive(lambda g, y, x: np.where(y == 0, 0, g / (2 * np.where(y == 0, 1, y))), name="sqrt")
def root(x: Any) -> Any:
    """The square root for lengths and deviations: at 0, where it has a kink, the gradient is 0."""
    return np.sqrt(x)


@method
def norm(
    input: Tensor, p: float | str | None = "fro", dim: Dims = None, keepdim: bool = False,
    dtype: Any = None, *, axis: Dims = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The p-norm of all elements, or along the given dimensions; p is a number, inf or "fro" (2).

    Its gradient at 0 is 0, where others have nan.

    >>> tensor([3., 4.]).norm(), tensor([3., -4.]).norm(1), tensor([3., -4.]).norm(float("inf"))
    (tensor(5.), tensor(7.), tensor(4.))
    """
    dim = dim if axis is None else axis
    keep = keepdim if keepdims is None else keepdims
    _axes(input, dim, "norm")
    if dtype is not None or input._array.dtype.kind != "f":
        if dtype is None:
            raise RuntimeError(
                f"norm expected a floating point tensor, not {tensor_words(input)}; use "
                "t.float().norm()"
            )
        input = cast(input, dtype=dtypes.as_dtype(dtype))
    if p is None or p == "fro" or p == 2:
        return root(sum(input * input, dim, keep))
    if isinstance(p, str):
        raise RuntimeError(f"norm knows the orders 'fro', numbers, inf and -inf, not {p!r}")
    if p == math.inf:
        return amax(input.abs(), () if dim is None else dim, keep)
    if p == -math.inf:
        return amin(input.abs(), () if dim is None else dim, keep)
    if p == 0:
        return sum(input.abs().sign(), dim, keep)
    if p == 1:
        return sum(input.abs(), dim, keep)
    size = input.abs()
    if p < 0:
        return sum(size**p, dim, keep) ** (1 / p)
    zero = size == 0
    total = sum((size.masked_fill(zero, 1) ** p).masked_fill(zero, 0), dim, keep)
    flat = total == 0
    return (total.masked_fill(flat, 1) ** (1 / p)).masked_fill(flat, 0)


@method
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
    at = axes_of(dim if axis is None else axis, input._array.ndim)
    if input._array.dtype.kind != "f":
        input = cast(input, dtype=dtypes.get_default_dtype())
    return apply(
        _logsumexp, (input,), {"axis": at, "keepdims": keepdim if keepdims is None else keepdims}
    )


def _logsumexp(x: Any, *, axis: Any, keepdims: Any) -> Any:
    top = np.max(x, axis=axis, keepdims=True, initial=-math.inf)
    top = np.where(np.isfinite(top), top, 0)
    y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else y.squeeze(axis)


rule(
    _logsumexp,
    lambda g, y, x, axis, keepdims: (
        spread(g, x.shape, axis, keepdims) * np.exp(x - spread(y, x.shape, axis, keepdims))
    ),
)


# -- products ------------------------------------------------------------------------------------
@numpy(np.prod)
@method
def prod(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None,
    axis: int | None = None, keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """The product over one dimension, or over all; its gradient is right where factors are 0, too.

    >>> tensor([2., 3., 4.]).prod()
    tensor(24.)
    """
    dim = dim if axis is None else axis
    if dtype is not None or input._array.dtype.kind != "f":
        input = cast(input, dtype=dtypes.int64 if dtype is None else dtypes.as_dtype(dtype))
    if dim is None:
        return _prod(input.reshape(-1), axis=0, keepdims=False)
    if input._array.ndim == 0:
        axis_of(dim, 0)
        return input.clone()
    at = axis_of(dim, input._array.ndim)
    return _prod(input, axis=at, keepdims=keepdim if keepdims is None else keepdims)


def _prod_rule(g: Any, y: Any, x: Any, axis: int, keepdims: Any) -> Any:
    g, n = spread(g, x.shape, axis, keepdims), x.shape[axis]
    if (x != 0).all():
        return g * spread(y, x.shape, axis, keepdims) / x
    # The factors beside the i-th, for each i: the same row n times over, with 1 on the diagonal.
    others = np.where(np.eye(n, dtype=bool), 1, np.expand_dims(x.swapaxes(axis, -1), -2))
    return g * _prod(others, axis=others.ndim - 1, keepdims=False).swapaxes(axis, -1)


@primitive(_prod_rule, name="prod")
def _prod(x: Any, *, axis: int, keepdims: Any) -> Any:
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims)


@numpy(np.cumsum)
@method
def cumsum(
    input: Tensor, dim: int | None = None, *, dtype: Any = None, axis: int | None = None
) -> Tensor:
    """The running sum along one dimension.

    >>> tensor([1., 2., 3.]).cumsum(0)
    tensor([1., 3., 6.])
    """
    return _running(_cumsum, input, dim if axis is None else axis, dtype)


def _running(fn: Any, input: Tensor, dim: Any, dtype: Any) -> Tensor:
    if dim is None:
        raise TypeError(f"{fn.__name__.strip('_')}() needs a dimension: t.cumsum(dim=0)")
    if dtype is not None or input._array.dtype.kind != "f":
        input = cast(input, dtype=dtypes.int64 if dtype is None else dtypes.as_dtype(dtype))
    at = axis_of(dim, input._array.ndim)
    if input._array.ndim == 0:
        return input.clone()
    return fn(input, axis=at)


@primitive(lambda g, y, x, axis: np.flip(_cumsum(np.flip(g, axis), axis=axis), axis))
def _cumsum(x: Any, *, axis: int) -> Any:
    return np.add.accumulate(x, axis=axis)


@numpy(np.cumprod)
@method
def cumprod(
    input: Tensor, dim: int | None = None, *, dtype: Any = None, axis: int | None = None
) -> Tensor:
    """The running product along one dimension; its gradient is right where factors are 0, too.

    >>> tensor([1., 2., 3.]).cumprod(0)
    tensor([1., 2., 6.])
    """
    return _running(_cumprod, input, dim if axis is None else axis, dtype)


def _cumprod_rule(g: Any, y: Any, x: Any, axis: int) -> Any:
    if (x != 0).all():
        return np.flip(_cumsum(np.flip(g * y, axis), axis=axis), axis) / x
    n = x.shape[axis]
    # For each i the running products of the row with 1 in place of x[i], of which those from i on
    # count.
    others = np.where(np.eye(n, dtype=bool), 1, np.expand_dims(x.swapaxes(axis, -1), -2))
    products = np.where(np.tri(n, dtype=bool).T, _cumprod(others, axis=others.ndim - 1), 0)
    return (np.expand_dims(g.swapaxes(axis, -1), -2) * products).sum(axis=-1).swapaxes(axis, -1)


@primitive(_cumprod_rule)
def _cumprod(x: Any, *, axis: int) -> Any:
    return np.multiply.accumulate(x, axis=axis)


# -- extremes ------------------------------------------------------------------------------------
NO_ELEMENTS = (
    "{}(): Expected reduction dim to be specified for input.numel() == 0. Specify the reduction "
    "dim with the 'dim' argument."
)


class MaxPair(NamedTuple):
    """What max(dim) and min(dim) return: the values, and where along the dimension they stand."""

    values: Tensor
    indices: Tensor


@method
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
    return _extreme(
        amax,
        np.ndarray.argmax,
        np.maximum,
        input,
        other if dim is None else dim,
        axis,
        keepdim,
        keepdims,
    )


@method
def min(
    input: Tensor, dim: Any = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool | None = None, other: Tensor | None = None,
) -> Any:  # fmt: skip
    """The smallest element; along one dimension a pair (values, indices); of two tensors, minimum.

    >>> tensor([[1., 5.], [7., 2.]]).min(1).values
    tensor([1., 2.])
    """
    return _extreme(
        amin,
        np.ndarray.argmin,
        np.minimum,
        input,
        other if dim is None else dim,
        axis,
        keepdim,
        keepdims,
    )


def _extreme(
    all_of: Any,
    arg: Any,
    pairwise: Any,
    input: Tensor,
    dim: Any,
    axis: Any,
    keepdim: bool,
    keepdims: Any,
) -> Any:
    if isinstance(dim, Node):
        return DISPATCH[pairwise](input, dim)
    dim = dim if axis is None else axis
    keep = keepdim if keepdims is None else keepdims
    if dim is None:
        return all_of(input)
    indices = _arg(arg, input, dim, True)
    array, found = input._array, indices._array
    if not array.ndim:
        return MaxPair(input.clone(), indices)
    axis = axis_of(dim, array.ndim)
    values = apply(_peak, (input, indices), {"axis": axis, "keepdims": keep})
    return MaxPair(values, indices if keep else wrap(found.squeeze(axis)))


@functools.lru_cache(maxsize=16)
def _mesh(shape: tuple[int, ...]) -> tuple[np.ndarray, ...]:
    """The positions along each dimension, such that x[_mesh(x.shape)] is x."""
    return np.ix_(*map(range, shape))


def _at(shape: tuple[int, ...], indices: Any, axis: int) -> tuple:
    """The index such that x[it] is what x has at the indices along the axis."""
    mesh = _mesh(shape)
    return (*mesh[:axis], indices, *mesh[axis + 1 :])


def _peak(x: Any, indices: Any, *, axis: int, keepdims: bool) -> Any:
    y = x[_at(x.shape, indices, axis)]
    return y if keepdims else y.squeeze(axis)


def _peak_rule(g: Any, y: Any, x: Any, indices: Any, axis: int, keepdims: bool) -> Any:
    at = _at(x.shape, np.asarray(indices), axis)
    return put(g.reshape(indices.shape), index=at, shape=x.shape, unique=True)


rule(_peak, _peak_rule, None, name="max")


def _amax_rule(g: Any, y: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    hit = (x == spread(y, x.shape, axis, keepdims)).astype(x.dtype)
    return spread(g, x.shape, axis, keepdims) * (hit / hit.sum(axis=axis, keepdims=True))


@method
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
    at = _nonempty(input, dim if axis is None else axis, "amax")
    return apply(
        _amax, (input,), {"axis": at, "keepdims": keepdim if keepdims is None else keepdims}
    )


@method
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
    at = _nonempty(input, dim if axis is None else axis, "amin")
    return apply(
        _amin, (input,), {"axis": at, "keepdims": keepdim if keepdims is None else keepdims}
    )


def _nonempty(input: Tensor, dim: Any, name: str) -> tuple[int, ...]:
    axes = axes_of(dim, input._array.ndim)
    if dim in (None, ()) and input._array.size == 0:
        raise RuntimeError(NO_ELEMENTS.format(name))
    if _count(input._array.shape, axes) == 0:
        raise IndexError(
            f"{name}(): Expected reduction dim {list(axes)} to have non-zero size, but "
            f"the tensor is {tensor_words(input)}"
        )
    return axes


def _amax(x: Any, *, axis: Any, keepdims: Any) -> Any:
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


def _amin(x: Any, *, axis: Any, keepdims: Any) -> Any:
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


rule(_amax, _amax_rule)
rule(_amin, _amax_rule)


@method
def argmax(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """Where the first largest element stands, as int64: along a dimension, or in the flattened
    tensor.

    >>> tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]]).argmax(dim=1)
    tensor([2, 2])
    """
    _refuse_bool("argmax", input)
    return _arg(
        np.ndarray.argmax,
        input,
        dim if axis is None else axis,
        keepdim if keepdims is None else keepdims,
    )


@method
def argmin(
    input: Tensor, dim: int | None = None, keepdim: bool = False, *, axis: int | None = None,
    keepdims: bool | None = None,
) -> Tensor:  # fmt: skip
    """Where the first smallest element stands, as int64: along a dimension, or in the flattened
    tensor.

    >>> tensor([3., 1., 2.]).argmin()
    tensor(1)
    """
    _refuse_bool("argmin", input)
    return _arg(
        np.ndarray.argmin,
        input,
        dim if axis is None else axis,
        keepdim if keepdims is None else keepdims,
    )


def _refuse_bool(name: str, input: Any) -> None:
    if isinstance(input, Node) and input._array.dtype.kind == "b":
        raise RuntimeError(f"{name}(): does not support bool input; convert with .int()")


def _arg(fn: Any, input: Any, dim: Any, keepdim: bool) -> Tensor:
    if not isinstance(input, Node):
        raise not_a_tensor(fn.__name__, input)
    array = input._array
    if dim is not None:
        dim = axis_of(dim, array.ndim)
    if not array.ndim:
        return wrap(np.zeros((), np.int64))
    if (array.size if dim is None else array.shape[dim]) == 0:
        raise IndexError(
            f"{fn.__name__}(): Expected reduction dim {dim} to have non-zero size, but the tensor "
            f"is {tensor_words(input)}"
        )
    return wrap(np.asarray(fn(array, dim, keepdims=keepdim)))


def _answer(fn: Any, input: Tensor, axis: Any, keepdims: bool) -> Tensor:
    result = apply(fn, (input,), {"axis": axis, "keepdims": keepdims})
    return cast(result, dtype=dtypes.uint8) if input._array.dtype == dtypes.uint8 else result


# -- questions ------------------------------------------------------------------------------------
@numpy(np.any)
@method
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
    at = _axes(input, dim if axis is None else axis, "any")
    keep = keepdim if keepdims is None else keepdims
    return _answer(np.any, input, at, keep)


@numpy(np.all)
@method
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
    at = _axes(input, dim if axis is None else axis, "all")
    keep = keepdim if keepdims is None else keepdims
    return _answer(np.all, input, at, keep)


@method
def count_nonzero(input: Tensor, dim: Dims = None) -> Tensor:
    """How many elements are not 0, as int64.

    >>> tensor([0., 2., 3.]).count_nonzero()
    tensor(2)
    """
    return sum(input != 0, dim)


@numpy(np.allclose)
@method
def allclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> bool:
    """Is abs(input - other) <= atol + rtol * abs(other) everywhere?

    >>> tensor([1.]).allclose(tensor([1.000001]))
    True
    """
    a, b = (x._array if isinstance(x, Node) else x for x in (input, other))
    if isinstance(input, Node) and isinstance(other, Node) and a.dtype != b.dtype:
        raise RuntimeError(
            f"{a.dtype} did not match {b.dtype}: allclose compares tensors of one type"
        )
    return bool(np.allclose(a, b, rtol, atol, equal_nan))


@method
def equal(input: Tensor, other: Tensor) -> bool:
    """Have the two the same shape and the same elements?

    >>> tensor([1., 2.]).equal(tensor([1., 2.]))
    True
    """
    if not isinstance(other, Node):
        raise not_a_tensor("equal", other)
    return np.array_equal(input._array, other._array)


def _numpy_spread(torch_form: Any) -> Any:
    def call(a: Any, axis: Any = None, ddof: int = 0, keepdims: bool = False) -> Any:
        return torch_form(a, axis, correction=ddof, keepdim=keepdims)

    return call


DISPATCH[np.var] = _numpy_spread(var)  # NumPy's divide by n unless told otherwise
DISPATCH[np.std] = _numpy_spread(std)
DISPATCH[np.max] = DISPATCH[np.amax] = amax
DISPATCH[np.min] = DISPATCH[np.amin] = amin
DISPATCH[np.argmax] = lambda a, axis=None, keepdims=False: argmax(a, axis, keepdims)
DISPATCH[np.argmin] = lambda a, axis=None, keepdims=False: argmin(a, axis, keepdims)
