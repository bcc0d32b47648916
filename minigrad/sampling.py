"""Functions that make tensors of random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from ._tensor import Tensor
from .autograd import derivatives_functions as df
from .autograd.engine import Value, wrap
from .autograd.errors import tensor_words
from .creation import finish, need_tensor, sizes_of, type_of
from .random import Generator, stream

__all__ = [
    "bernoulli", "binomial", "multinomial", "normal", "poisson", "rand", "rand_like", "randint",
    "randint_like", "randn", "randn_like", "randperm",
]  # fmt: skip


# -- numbers of one distribution -----------------------------------------------------------------
def _floating(dtype: Any, name: str) -> np.dtype:
    kind = type_of(dtype)
    if kind.kind != "f":
        raise NotImplementedError(
            f'"{name}" not implemented for {kind}: random numbers here are floating point'
        )
    return kind


def _uniform(size: tuple, kind: np.dtype, generator: Generator | None) -> np.ndarray:
    if kind == np.float16:  # a float32 just below 1 would be rounded to 1, which is not in [0, 1)
        return (stream(generator).integers(0, 2048, size) / 2048).astype(kind)
    return stream(generator).random(size, kind.type)


def _normal(size: tuple, kind: np.dtype, generator: Generator | None) -> np.ndarray:
    wide = np.float64 if kind == np.float64 else np.float32
    return stream(generator).standard_normal(size, wide).astype(kind, copy=False)


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn evenly from [0, 1).

    >>> rand(2, 3).shape
    torch.Size([2, 3])
    """
    return finish(
        _uniform(sizes_of(sizes, size), _floating(dtype, "rand"), generator), requires_grad, device
    )


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn from the normal distribution of mean 0 and standard deviation 1.

    >>> randn(2, 3).shape
    torch.Size([2, 3])
    """
    return finish(
        _normal(sizes_of(sizes, size), _floating(dtype, "randn"), generator), requires_grad, device
    )


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn from normal distributions: of one mean and std in a size, or of tensors of
    them.

    >>> normal(0, 0.01, size=(784, 10), requires_grad=True).shape
    torch.Size([784, 10])
    """
    shapes = [x._array.shape for x in (mean, std) if isinstance(x, Value)]
    if size is None and not shapes:
        raise TypeError(
            "normal() needs a size, or a tensor as mean or std: normal(0, 1, size=(2, 3))"
        )
    shape = sizes_of((size,)) if size is not None else np.broadcast_shapes(*shapes)
    centre, spread = (x._array if isinstance(x, Value) else x for x in (mean, std))
    if np.any(np.asarray(spread) < 0):
        raise RuntimeError(f"normal expects std >= 0.0, but found std {spread}")
    numbers = _normal(shape, _floating(dtype, "normal"), generator) * spread + centre
    return finish(np.asarray(numbers, type_of(dtype)), requires_grad, device)


def randint(
    low: int = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers drawn evenly from low (0) to high - 1: randint(high, size), or with low first.

    >>> randint(10, (2, 3)).dtype
    dtype('int64')
    """
    if size is None and isinstance(high, (tuple, list)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint() needs a size: randint(low, high, size)")
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
    return finish(
        stream(generator).integers(low, high, sizes_of((size,))).astype(kind), requires_grad, device
    )


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers from 0 to n - 1 in random order.

    >>> sorted(randperm(4).tolist())
    [0, 1, 2, 3]
    """
    if n < 0:
        raise RuntimeError(f"n must be non-negative, got {n}")
    kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
    return finish(stream(generator).permutation(n).astype(kind), requires_grad, device)


def rand_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Numbers drawn evenly from [0, 1), in the shape and type of another tensor.

    >>> rand_like(tensor([1., 2.])).shape
    torch.Size([2])
    """
    need_tensor(input, "rand_like")
    return rand(
        input._array.shape,
        dtype=dtype or input._array.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def randn_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Numbers drawn from the normal distribution, in the shape and type of another tensor.

    >>> randn_like(tensor([1., 2.])).shape
    torch.Size([2])
    """
    need_tensor(input, "randn_like")
    return randn(
        input._array.shape,
        dtype=dtype or input._array.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def randint_like(
    input: Tensor, low: int, high: int | None = None, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Whole numbers drawn evenly from low (0) to high - 1, in the shape and type of another tensor.

    >>> randint_like(tensor([1., 2.]), 5).dtype
    dtype('float32')
    """
    need_tensor(input, "randint_like")
    low, high = (0, low) if high is None else (low, high)
    return randint(
        low,
        high,
        tuple(input._array.shape),
        dtype=dtype or input._array.dtype,
        device=device,
        requires_grad=requires_grad,
    )


# -- each element by its own distribution ----------------------------------------------------------
def _drawn(input: Tensor, numbers: np.ndarray) -> Tensor:
    """The numbers as a tensor that needs a gradient where input does, and sends it none."""
    return df.drawn_by(input, wrap(np.asarray(numbers, input._array.dtype)))


def bernoulli(
    input: Tensor, p: float | None = None, *, generator: Generator | None = None
) -> Tensor:
    """1 with the probability that input has there, else 0; with p, 1 with that probability.

    >>> bernoulli(tensor([0., 1.]))
    tensor([0., 1.])
    """
    need_tensor(input, "bernoulli")
    array = input._array
    if p is None and array.dtype.kind != "f":
        raise NotImplementedError(
            f'"bernoulli" not implemented for {tensor_words(input)}: probabilities are floats'
        )
    chance = array if p is None else np.asarray(p)
    if not ((chance >= 0) & (chance <= 1)).all():
        raise RuntimeError("bernoulli expects probabilities, numbers from 0 to 1")
    return _drawn(input, stream(generator).random(array.shape) < chance)


def poisson(input: Tensor, generator: Generator | None = None) -> Tensor:
    """Counts drawn from Poisson distributions whose rates are input.

    >>> poisson(tensor([0., 4.])).shape
    torch.Size([2])
    """
    need_tensor(input, "poisson")
    if input._array.dtype.kind != "f":
        raise NotImplementedError(f'"poisson_cpu" not implemented for {tensor_words(input)}')
    if not (input._array >= 0).all():
        raise RuntimeError("invalid Poisson rate, expected rate to be non-negative")
    return _drawn(input, stream(generator).poisson(input._array))


def binomial(count: Tensor, prob: Tensor, generator: Generator | None = None) -> Tensor:
    """How many of count tries succeed, each with the probability prob.

    >>> binomial(tensor([3., 4.]), tensor([0., 1.]))
    tensor([0., 4.])
    """
    need_tensor(count, "binomial")
    need_tensor(prob, "binomial")
    if count._array.dtype != prob._array.dtype or count._array.dtype.kind != "f":
        raise RuntimeError(
            "binomial expects count and prob of one floating point type, not "
            f"{tensor_words(count)} and {tensor_words(prob)}"
        )
    numbers = stream(generator).binomial(count._array.astype(np.int64), prob._array)
    return wrap(np.asarray(numbers, count._array.dtype))


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Positions drawn with probabilities in proportion to input's numbers, along its last
    dimension.

    Of a vector a vector of num_samples positions, of a matrix as many for each row, in int64.
    Without replacement no position comes twice, as long as there are enough that are not 0.

    >>> multinomial(tensor([0., 3., 0.]), 4, replacement=True)
    tensor([1, 1, 1, 1])
    """
    need_tensor(input, "multinomial")
    weights = input._array
    if weights.dtype.kind != "f":
        raise RuntimeError(
            "multinomial only supports floating-point dtypes for input, got: "
            f"{tensor_words(input)}; use t.float()"
        )
    if weights.ndim not in (1, 2):
        raise RuntimeError(f"prob_dist must be 1 or 2 dim, and it is {weights.ndim}D")
    if num_samples <= 0:
        raise RuntimeError(f"cannot sample n_sample <= 0 samples, and {num_samples} were asked for")
    n = weights.shape[-1]
    if not replacement and num_samples > n:
        raise RuntimeError(
            "cannot sample n_sample > prob_dist.size(-1) samples without replacement: "
            f"{num_samples} of {n}"
        )
    if not (np.isfinite(weights) & (weights >= 0)).all():
        raise RuntimeError("probability tensor contains either `inf`, `nan` or element < 0")
    rows = np.atleast_2d(weights).astype(np.float64)
    if not (rows.sum(1) > 0).all():
        raise RuntimeError("invalid multinomial distribution (sum of probabilities <= 0)")
    if replacement:
        ends = np.cumsum(rows, 1)
        at = stream(generator).random((len(rows), num_samples)) * ends[:, -1:]
        found = np.stack([np.searchsorted(e, u, "right") for e, u in zip(ends, at, strict=True)]
                         or [np.zeros(num_samples)])[: len(rows)]  # fmt: skip
        # what rounding put behind the last position goes to the last that is not 0
        last = n - 1 - np.argmax(rows[:, ::-1] > 0, 1) if len(rows) else np.zeros(0)
        found = np.minimum(found, last[:, None])
    else:  # the largest of -log(u) / weight's reciprocals: Efraimidis and Spirakis
        waits = stream(generator).standard_exponential(rows.shape)
        with np.errstate(divide="ignore"):
            found = np.argsort(waits / rows, 1, kind="stable")[:, :num_samples]
    return wrap(found.astype(np.int64).reshape(*weights.shape[:-1], num_samples))
