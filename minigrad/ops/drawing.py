"""Random numbers, each drawn from a distribution that a tensor's element says."""

from __future__ import annotations

import numpy as np

from ..autograd import derivatives_functions as df
from ..autograd.engine import Value, wrap
from ..autograd.errors import tensor_words
from ..random import Generator, stream
from .arguments import Tensor, array_of

__all__ = ["bernoulli", "binomial", "multinomial", "poisson"]


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
    array_of(input, "bernoulli")
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
    array_of(input, "poisson")
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
    array_of(count, "binomial", "count")
    array_of(prob, "binomial", "prob", 2)
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
    array_of(input, "multinomial")
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


class Drawing(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    bernoulli, multinomial = bernoulli, multinomial
