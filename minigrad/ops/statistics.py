"""Statistics: ranks, quantiles, counts, moments; and searches in ordered numbers."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from ..autograd import derivatives as d
from ..autograd import derivatives_functions as df
from ..autograd.engine import Value, wrap
from ..autograd.errors import tensor_words
from .arguments import Tensor, along, array_of, axis_of
from .comparison import isnan
from .elementwise import clamp, div, masked_fill, mul, sub
from .indexing import SortPair, argsort, gather, sort
from .numbers import lerp
from .reduction import Dims, amax, amin, mean, std, sum, var
from .shaping import movedim, narrow, reshape, squeeze, transpose, unsqueeze

__all__ = [
    "aminmax", "bincount", "bucketize", "corrcoef", "cov", "histc", "histogram", "kthvalue",
    "median", "mode", "msort", "nanmean", "nanmedian", "nanquantile", "nansum", "quantile",
    "searchsorted", "std_mean", "unique_consecutive", "var_mean",
]  # fmt: skip


# -- by rank ---------------------------------------------------------------------------------------
def median(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The element in the middle, of an even number the lower one; along a dimension a pair (values,
    indices). nan if there is one.

    Of all elements, equal ones share the gradient; along a dimension it goes to the index.

    >>> tensor([3., 1., 2., 9.]).median()
    tensor(2.)
    """
    return _median("median", input, dim, keepdim, False)


def nanmedian(input: Tensor, dim: int | None = None, keepdim: bool = False) -> Any:
    """The median of what is not nan.

    >>> tensor([3., float("nan"), 2.]).nanmedian()
    tensor(2.)
    """
    return _median("nanmedian", input, dim, keepdim, True)


def _median(name: str, input: Any, dim: Any, keepdim: bool, skip: bool) -> Any:
    array = array_of(input, name)
    _refuse_bool("median_cpu", array)
    bad = np.isnan(array) if array.dtype.kind == "f" else np.zeros(array.shape, bool)
    if dim is None:
        if not array.size:
            return wrap(np.asarray(np.nan if array.dtype.kind == "f" else np.iinfo(array.dtype).min,
                                   array.dtype))  # fmt: skip
        n = array.size - (int(bad.sum()) if skip else 0)
        k = array.size - 1 if bad.any() and not skip else max(n - 1, 0) // 2
        return df.ranked(input, k=k)
    at = axis_of(dim, array.ndim)
    if not array.ndim:
        return SortPair(d.clone(input), wrap(np.zeros((), np.int64)))
    _refuse_none(name, array, at)
    order = np.argsort(array, axis=at, kind="stable")
    n = array.shape[at]
    there = n - bad.sum(at, keepdims=True)
    rank = np.where(there < n, there if not skip else np.maximum(there - 1, 0) // 2, (n - 1) // 2)
    return _picked(input, at, np.take_along_axis(order, rank, at), keepdim)


def _refuse_bool(kernel: str, array: np.ndarray) -> None:
    if array.dtype.kind == "b":
        raise NotImplementedError(f"\"{kernel}\" not implemented for 'Bool'; convert with .int()")


def _refuse_none(name: str, array: np.ndarray, at: int) -> None:
    if not array.shape[at]:
        raise IndexError(f"{name}(): Expected reduction dim {at} to have non-zero size.")


def _picked(input: Any, at: int, indices: np.ndarray, keepdim: bool) -> SortPair:
    found: Any = wrap(indices)
    values = gather(input, at, found)
    if keepdim:
        return SortPair(values, found)
    return SortPair(squeeze(values, at), squeeze(found, at))


def kthvalue(input: Tensor, k: int, dim: int = -1, keepdim: bool = False) -> SortPair:
    """The k-th smallest element along dim, k from 1 on, and where it stands; nan is largest.

    >>> tensor([3., 1., 2.]).kthvalue(2).values
    tensor(2.)
    """
    at = along(input, dim, None, "kthvalue")
    array = input._array
    _refuse_bool("kthvalue_cpu", array)
    n = array.shape[at] if array.ndim else 1
    if not 1 <= k <= n:
        if not n:
            raise IndexError(f"kthvalue(): Expected reduction dim {at} to have non-zero size.")
        raise RuntimeError(
            f"kthvalue(): selected number k out of range for dimension {at}: {k} of {n}"
        )
    if not array.ndim:
        return SortPair(d.clone(input), wrap(np.zeros((), np.int64)))
    order = argsort(input, at)
    return _picked(input, at, narrow(order, at, k - 1, 1)._array, keepdim)


def mode(input: Tensor, dim: int = -1, keepdim: bool = False) -> SortPair:
    """The element along dim that occurs most often, of several the smallest, and where its last one
    stands.

    >>> tensor([1, 2, 2, 3, 3]).mode().values
    tensor(2)
    """
    at = along(input, dim, None, "mode")
    if not input._array.ndim:
        return SortPair(d.clone(input), wrap(np.zeros((), np.int64)))
    _refuse_none("mode", input._array, at)
    indices = np.zeros([1 if i == at else n for i, n in enumerate(input._array.shape)], np.int64)
    if indices.size:
        indices[...] = np.expand_dims(np.apply_along_axis(_most_often, at, input._array), at)
    return _picked(input, at, indices, keepdim)


def _most_often(x: np.ndarray) -> int:
    values, inverse, counts = np.unique(x, return_inverse=True, return_counts=True)
    return int(np.nonzero(inverse.reshape(-1) == counts.argmax())[0][-1])


def msort(input: Tensor) -> Tensor:
    """The elements along the first dimension in order.

    >>> tensor([[2, 3], [1, 4]]).msort()
    tensor([[1, 3],
            [2, 4]])
    """
    return sort(input, 0).values


# -- quantiles -------------------------------------------------------------------------------------
WAYS = ("linear", "lower", "higher", "midpoint", "nearest")


def quantile(
    input: Tensor, q: Tensor | float, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """The number below which the share q (from 0 to 1) of the elements lies; a vector of q gives a
    new first dimension.

    Between two elements interpolation decides: linear, lower, higher, midpoint or nearest.

    >>> tensor([1., 2., 3., 4.]).quantile(0.5)
    tensor(2.5000)
    """
    return _quantile("quantile", input, q, dim, keepdim, interpolation, False)


def nanquantile(
    input: Tensor, q: Tensor | float, dim: int | None = None, keepdim: bool = False, *,
    interpolation: str = "linear",
) -> Tensor:  # fmt: skip
    """The quantile of what is not nan.

    >>> tensor([1., float("nan"), 3.]).nanquantile(0.5)
    tensor(2.)
    """
    return _quantile("nanquantile", input, q, dim, keepdim, interpolation, True)


def _quantile(name: str, input: Any, q: Any, dim: Any, keepdim: bool, way: str, skip: bool) -> Any:
    array = array_of(input, name)
    if array.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(
            f"{name}() input tensor must be either float or double dtype, not {tensor_words(input)}"
        )
    if not array.size:
        raise RuntimeError(f"{name}() input tensor must be non-empty")
    if isinstance(q, Value) and q._array.dtype != array.dtype:
        raise RuntimeError(
            f"{name}() q tensor must be same dtype as the input tensor, not {q._array.dtype}"
        )
    if way not in WAYS:
        raise RuntimeError(
            f"{name}() interpolation must be one of {', '.join(WAYS)}, but got {way}"
        )
    shares = np.asarray(q._array if isinstance(q, Value) else q, array.dtype)
    if shares.ndim > 1:
        raise RuntimeError(f"{name}() q must be a scalar or 1D tensor")
    if not ((shares >= 0) & (shares <= 1)).all():
        raise RuntimeError(f"{name}() q must be in the range [0, 1] but got {q}")
    kept = [1] * array.ndim
    if dim is None:
        row = reshape(input, -1)
    else:
        at = axis_of(dim, array.ndim)
        row = movedim(input, at, -1) if array.ndim else reshape(input, 1)
        kept = [1 if i == at else n for i, n in enumerate(array.shape)]
    order = sort(row, -1).values
    n = order._array.shape[-1]
    bad = np.isnan(order._array)
    last = np.asarray(n - 1 - (bad.sum(-1) if skip else 0), array.dtype)
    rank = np.maximum(last, 0)[..., None] * shares.reshape(-1)
    if not skip:
        rank = np.where(bad.any(-1)[..., None], n - 1, rank).astype(array.dtype)
    rank = np.broadcast_to(rank, (*order._array.shape[:-1], shares.size))
    whole: Any = {"lower": np.floor, "higher": np.ceil, "nearest": np.round}.get(way)
    rank = rank if whole is None else whole(rank)
    below = np.floor(rank)
    weight = np.full_like(rank, 0.5) if way == "midpoint" else rank - below
    low = gather(order, -1, wrap(below.astype(np.int64)))
    high = gather(order, -1, wrap(np.ceil(rank).astype(np.int64)))
    y = movedim(lerp(low, high, wrap(weight)), -1, 0)
    shape = tuple(kept) if keepdim else y._array.shape[1:]
    return reshape(y, (*shares.shape, *shape))


# -- counts ----------------------------------------------------------------------------------------
def _limits(name: str, array: np.ndarray, low: float, high: float) -> tuple[float, float]:
    if low == high and array.size and low == 0:
        low, high = float(array.min()), float(array.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise RuntimeError(f"torch.{name}: range of [{low}, {high}] is not finite")
    if low > high:
        raise RuntimeError(f"torch.{name}: max must be larger than min, not {high} and {low}")
    return (low - 1, high + 1) if low == high else (low, high)


def histc(input: Tensor, bins: int = 100, min: float = 0, max: float = 0) -> Tensor:
    """How many elements lie in each of so many bins of equal width from min to max; with min = max
    over the range of input.

    >>> tensor([1., 2., 1.]).histc(3, min=0, max=3)
    tensor([0., 2., 1.])
    """
    array = array_of(input, "histc")
    if array.dtype.kind != "f":
        raise NotImplementedError(f'"histogram_cpu" not implemented for {tensor_words(input)}')
    if bins <= 0:
        raise RuntimeError(f"torch.histc(): bins must be > 0, but got {bins}")
    limits = _limits("histc", array, min, max)
    return wrap(np.histogram(array, bins, limits)[0].astype(array.dtype))


class Histogram(NamedTuple):
    """What histogram() returns."""

    hist: Any
    bin_edges: Any


def histogram(
    input: Tensor, bins: Tensor | int, *, range: tuple[float, float] | None = None,
    weight: Tensor | None = None, density: bool = False,
) -> Histogram:  # fmt: skip
    """The pair (hist, bin_edges): how many elements, or how much weight, lie in each bin.

    bins is their number, over range or that of input, or a tensor of edges.

    >>> tensor([1., 2., 1.]).histogram(tensor([0., 1.5, 3.])).hist
    tensor([2., 1.])
    """
    array = array_of(input, "histogram")
    if array.dtype.kind != "f":
        raise NotImplementedError(f'"histogram_cpu" not implemented for {tensor_words(input)}')
    if isinstance(bins, Value):
        edges = bins._array
    else:
        low, high = (0.0, 0.0) if range is None else range
        edges = np.linspace(*_limits("histogram", array, low, high), bins + 1).astype(array.dtype)
    weights = None if weight is None else weight._array.reshape(-1)
    hist, _ = np.histogram(array.reshape(-1), edges, weights=weights, density=density)
    return Histogram(wrap(hist.astype(array.dtype)), wrap(edges))


def bincount(input: Tensor, weights: Tensor | None = None, minlength: int = 0) -> Tensor:
    """How often each whole number from 0 on occurs in a vector, or how much weight it has.

    >>> tensor([1, 2, 1]).bincount()
    tensor([0, 2, 1])
    """
    array = array_of(input, "bincount")
    if array.dtype.kind not in "iu":
        raise NotImplementedError(f'"bincount_cpu" not implemented for {tensor_words(input)}')
    if array.ndim != 1 or (array < 0).any():
        raise RuntimeError("bincount only supports 1-d non-negative integral inputs.")
    if minlength < 0:
        raise RuntimeError(f"minlength should be >= 0, not {minlength}")
    if weights is None:
        return wrap(np.bincount(array.astype(np.int64), minlength=minlength).astype(np.int64))
    given = array_of(weights, "bincount", "weights", 2)
    if given.shape != array.shape:
        raise RuntimeError("weights should be 1-d and have the same length as input")
    kind = dtypes.float32 if given.dtype == dtypes.float32 else dtypes.float64
    return wrap(np.bincount(array.astype(np.int64), given, minlength).astype(kind))


def unique_consecutive(
    input: Tensor, return_inverse: bool = False, return_counts: bool = False, dim: int | None = None
) -> Any:
    """The elements without those that equal the one before; on wish, with the place in the result
    that each has, and how long each run is.

    >>> tensor([1, 1, 2, 1]).unique_consecutive(return_counts=True)
    (tensor([1, 2, 1]), tensor([2, 1, 1]))
    """
    array = array_of(input, "unique_consecutive")
    at = 0 if dim is None else axis_of(dim, array.ndim)
    rows = array.reshape(-1) if dim is None else np.moveaxis(array, at, 0)
    n = len(rows)
    new = np.ones(n, bool)
    new[1:] = (rows[1:] != rows[:-1]).reshape(max(n - 1, 0), -1).any(1) if n else False
    values = wrap(np.ascontiguousarray(np.moveaxis(rows[new], 0, at)))
    starts = np.nonzero(new)[0]
    inverse = (np.cumsum(new) - 1).reshape(array.shape if dim is None else (-1,))
    results: list = [values]
    results += [wrap(inverse)] if return_inverse else []
    results += [wrap(np.diff(starts, append=n))] if return_counts else []
    return values if len(results) == 1 else tuple(results)


def searchsorted(
    sorted_sequence: Tensor, input: Tensor | float, *, out_int32: bool = False, right: bool = False,
    side: str | None = None, sorter: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """Where each element would have to be put in, so that the sequence stays in order: before equal
    ones, or with right=True (or side="right") after them.

    The sequence is a vector, or has a row for each row of input.

    >>> searchsorted(tensor([1, 3, 5]), tensor([3, 6]))
    tensor([1, 3])
    """
    order = array_of(sorted_sequence, "searchsorted", "sorted_sequence")
    wanted = np.asarray(input._array if isinstance(input, Value) else input)
    if side not in (None, "left", "right"):
        raise RuntimeError(
            f"torch.searchsorted(): side can only be 'left' or 'right' but got {side}"
        )
    if side == "left" and right:
        raise RuntimeError(
            "torch.searchsorted(): side and right can't be set to opposites, got side of left "
            "while right was True"
        )
    if sorter is not None:
        order = np.take_along_axis(order, sorter._array, -1)
    if order.ndim != 1 and order.shape[:-1] != wanted.shape[:-1]:
        raise RuntimeError(
            "torch.searchsorted(): boundaries tensor should be 1 dimension or the first N-1 "
            "dimensions of boundaries tensor and input value tensor must match, but we got "
            f"boundaries tensor {list(order.shape)} and input value tensor {list(wanted.shape)}"
        )
    way: Any = "right" if right or side == "right" else "left"
    kind = np.int32 if out_int32 else np.int64
    if order.ndim == 1:
        return wrap(np.asarray(np.searchsorted(order, wanted, way), kind))
    found = np.empty(wanted.shape, kind)
    for i in np.ndindex(*order.shape[:-1]):
        found[i] = np.searchsorted(order[i], wanted[i], way)
    return wrap(found)


def bucketize(
    input: Tensor | float, boundaries: Tensor, *, out_int32: bool = False, right: bool = False
) -> Tensor:
    """In which of the intervals between the boundaries, a vector in order, each element lies.

    >>> bucketize(tensor([3, 6]), tensor([1, 3, 5]))
    tensor([1, 3])
    """
    if array_of(boundaries, "bucketize", "boundaries", 2).ndim != 1:
        raise RuntimeError(
            f"boundaries tensor must be 1 dimension, but got dim({boundaries._array.ndim})"
        )
    if not isinstance(input, (int, float)):
        array_of(input, "bucketize")
    return searchsorted(boundaries, input, out_int32=out_int32, right=right)


# -- moments ---------------------------------------------------------------------------------------
def std_mean(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, axis: Dims = None,
) -> tuple:  # fmt: skip
    """The pair of the standard deviation and the mean.

    >>> std_mean(tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    dim = dim if axis is None else axis
    middle = mean(input, None if isinstance(dim, bool) else dim, keepdim)
    return std(input, dim, unbiased, keepdim, correction=correction), middle


def var_mean(
    input: Tensor, dim: Dims = None, unbiased: bool | None = None, keepdim: bool = False, *,
    correction: float | None = None, axis: Dims = None,
) -> tuple:  # fmt: skip
    """The pair of the variance and the mean.

    >>> var_mean(tensor([1., 2., 3.]))
    (tensor(1.), tensor(2.))
    """
    dim = dim if axis is None else axis
    middle = mean(input, None if isinstance(dim, bool) else dim, keepdim)
    return var(input, dim, unbiased, keepdim, correction=correction), middle


class MinMax(NamedTuple):
    """What aminmax() returns."""

    min: Any
    max: Any


def aminmax(input: Tensor, *, dim: int | None = None, keepdim: bool = False) -> MinMax:
    """The pair of the smallest and the largest element, of all or along dim.

    >>> tensor([3., 1., 2.]).aminmax()
    MinMax(min=tensor(1.), max=tensor(3.))
    """
    array = array_of(input, "aminmax")
    if not array.size and (dim is None or not array.shape[axis_of(dim, array.ndim)]):
        raise RuntimeError(
            "aminmax(): cannot compute aminmax over an empty dimension as the operation has no "
            "identity."
        )
    over: Any = () if dim is None else dim
    return MinMax(amin(input, over, keepdim), amax(input, over, keepdim))


def nansum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum of what is not nan.

    >>> tensor([1., float("nan")]).nansum()
    tensor(1.)
    """
    if array_of(input, "nansum").dtype.kind == "f":
        input = masked_fill(input, isnan(input), 0)
    return sum(input, dim, keepdim, dtype=dtype)


def nanmean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The mean of what is not nan; nan of nothing.

    >>> tensor([1., float("nan"), 3.]).nanmean()
    tensor(2.)
    """
    if array_of(input, "nanmean").dtype.kind != "f":
        raise RuntimeError(
            "nanmean(): expected input to have floating point or complex dtype but got "
            f"{tensor_words(input)}"
        )
    there = wrap(~np.isnan(input._array))
    return div(nansum(input, dim, keepdim, dtype=dtype), sum(there, dim, keepdim))


def cov(
    input: Tensor, *, correction: int = 1, fweights: Tensor | None = None,
    aweights: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The covariances of the rows: each row is a variable, each column an observation.

    fweights say how often each observation counts, aweights how much.

    >>> tensor([[0., 1., 2.], [2., 1., 0.]]).cov()
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    array = array_of(input, "cov")
    if array.ndim > 2:
        raise RuntimeError(
            "cov(): expected input to have two or fewer dimensions but got an input with "
            f"{array.ndim} dimensions"
        )
    if array.dtype.kind != "f":
        if array.dtype.kind == "b":
            raise RuntimeError("cov(): bool dtype is not supported for input")
        input = d.cast(input, dtype=dtypes.get_default_dtype())
    x = input if array.ndim == 2 else reshape(input, (1, -1))
    n = x._array.shape[1]
    weight, counts = None, float(n)
    if fweights is not None or aweights is not None:
        w = np.ones(n)
        w = w if fweights is None else w * fweights._array
        w = w if aweights is None else w * aweights._array
        counts = float(w.sum())
        if aweights is not None and correction:
            lost = float((w * aweights._array).sum() / counts) * correction
        else:
            lost = float(correction)
        weight = wrap(w.astype(x._array.dtype))
    else:
        lost = float(correction)
    weighted = x if weight is None else mul(x, weight)
    away = sub(x, div(sum(weighted, 1, keepdim=True), counts))
    right = away if weight is None else mul(away, weight)
    y = div(away @ transpose(right, 0, 1), max(counts - lost, 0))
    return y if array.ndim == 2 else reshape(y, ())


def corrcoef(input: Tensor) -> Tensor:
    """The correlation coefficients of the rows.

    >>> tensor([[0., 1., 2.], [2., 1., 0.]]).corrcoef()
    tensor([[ 1., -1.],
            [-1.,  1.]])
    """
    c = cov(input)
    if not c._array.ndim:
        return div(c, c)
    deviation = d.root(d.diagonal(c, offset=0, axes=(0, 1)))
    y = div(div(c, unsqueeze(deviation, 1)), unsqueeze(deviation, 0))
    return clamp(y, -1, 1)


class Statistics(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    median, nanmedian, kthvalue, mode, msort = median, nanmedian, kthvalue, mode, msort
    quantile, nanquantile, histc, histogram = quantile, nanquantile, histc, histogram
    bincount, unique_consecutive, aminmax = bincount, unique_consecutive, aminmax
    nansum, nanmean, cov, corrcoef = nansum, nanmean, cov, corrcoef
