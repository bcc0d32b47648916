"""What all distributions have: shapes, checks, and the names of what can be asked of them."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .._tensor import Size, Tensor
from ..autograd.engine import Value, wrap
from ..autograd.grad_mode import no_grad
from ..creation import tensor
from ..dtypes import get_default_dtype
from ..ops.arranging import broadcast_tensors


def parameters(*values: Any) -> tuple:
    """Numbers and tensors as tensors of one shape."""
    dtype = next((v._array.dtype for v in values if isinstance(v, Value)), get_default_dtype())
    dtype = dtype if dtype.kind == "f" else get_default_dtype()
    made = [v if isinstance(v, Value) else tensor(v, dtype=dtype) for v in values]
    return broadcast_tensors(*made)


def constraint(name: str, holds: Callable[[np.ndarray], Any], words: str) -> tuple:
    """One entry of a table of what parameters have to be."""
    return name, holds, words


def is_positive(x: np.ndarray) -> Any:
    """Above 0."""
    return x > 0


def is_real(x: np.ndarray) -> Any:
    """Not nan."""
    return x == x


def is_share(x: np.ndarray) -> Any:
    """From 0 to 1."""
    return (x >= 0) & (x <= 1)


def is_count(x: np.ndarray) -> Any:
    """0, 1, 2 ..."""
    return (x >= 0) & (x == np.floor(x))


class Distribution:
    """The base of all distributions: batch_shape of independent ones, each of event_shape.

    sample(shape) draws shape + batch_shape + event_shape numbers, rsample() the same with a
    gradient for the parameters, where has_rsample. validate_args (on by default) has parameters and
    values looked at: ValueError for what they cannot be.
    """

    has_rsample = False
    arg_constraints: dict[str, tuple[Callable, str]] = {}  # parameter -> (what holds, in words)
    support: tuple[Callable, str] | None = None  # the same of values
    _validate = True

    def __init__(
        self, batch_shape: Any = (), event_shape: Any = (), validate_args: bool | None = None
    ) -> None:
        self._batch_shape, self._event_shape = Size(batch_shape), Size(event_shape)
        if validate_args is not None:
            self._validate = validate_args
        if not self._validate:
            return
        for name, (holds, words) in self.arg_constraints.items():
            value = self.__dict__.get(name)
            if isinstance(value, Value) and not np.all(holds(value._array)):
                raise ValueError(
                    f"Expected parameter {name} (Tensor of shape {tuple(value._array.shape)}) of "
                    f"distribution {type(self).__name__} to satisfy the constraint {words}, but "
                    f"found invalid values:\n{value}"
                )

    @property
    def batch_shape(self) -> Size:
        """How many distributions this is, in which shape."""
        return self._batch_shape

    @property
    def event_shape(self) -> Size:
        """The shape of one draw of one of them."""
        return self._event_shape

    @property
    def mean(self) -> Any:
        """The mean."""
        raise NotImplementedError(f"{type(self).__name__} has no mean here")

    @property
    def variance(self) -> Any:
        """The variance."""
        raise NotImplementedError(f"{type(self).__name__} has no variance here")

    @property
    def stddev(self) -> Any:
        """The standard deviation: the root of the variance."""
        return self.variance.sqrt()

    @property
    def mode(self) -> Any:
        """The most probable value."""
        raise NotImplementedError(f"{type(self).__name__} has no mode here")

    def sample(self, sample_shape: Any = ()) -> Any:
        """Numbers drawn from it, which carry no gradient."""
        with no_grad():
            return self.rsample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Numbers drawn from it as a function of the parameters, which get a gradient."""
        raise NotImplementedError(
            f"{type(self).__name__} has no rsample(): what it draws does not depend smoothly on "
            "its parameters; use sample(), and log_prob() in the loss"
        )

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability (of the density) of a value."""
        raise NotImplementedError(f"{type(self).__name__} has no log_prob here")

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        raise NotImplementedError(f"{type(self).__name__} has no cdf here")

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability: the inverse of cdf."""
        raise NotImplementedError(f"{type(self).__name__} has no icdf here")

    def entropy(self) -> Any:
        """The entropy, in nats."""
        raise NotImplementedError(f"{type(self).__name__} has no entropy here")

    def perplexity(self) -> Any:
        """exp(entropy)."""
        return self.entropy().exp()

    def enumerate_support(self, expand: bool = True) -> Any:
        """All values that it can take, along a new first dimension."""
        raise NotImplementedError(f"{type(self).__name__} has no finite support")

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution for a larger batch."""
        new = copy.copy(self)
        new._batch_shape = Size(batch_shape)
        for name in self.arg_constraints:
            value = self.__dict__.get(name)
            if isinstance(value, Value):
                own = value._array.shape[len(self._batch_shape) :]
                new.__dict__[name] = value.expand(*new._batch_shape, *own)  # type: ignore[attr-defined]
        return new

    # -- for the distributions themselves
    def _shape(self, sample_shape: Any) -> tuple[int, ...]:
        return (*tuple(sample_shape), *self._batch_shape, *self._event_shape)

    def _check(self, value: Any) -> None:
        """ValueError for a value that it cannot take."""
        if not self._validate:
            return
        if not isinstance(value, Value):
            raise ValueError("The value argument to log_prob must be a Tensor")
        shape, own = value._array.shape, (*self._batch_shape, *self._event_shape)
        events = len(self._event_shape)
        if events and shape[len(shape) - events :] != tuple(self._event_shape):
            raise ValueError(
                "The right-most size of value must match event_shape: "
                f"{shape} vs {tuple(self._event_shape)}."
            )
        for i, j in zip(reversed(shape), reversed(own), strict=False):
            if 1 not in (i, j) and i != j:
                raise ValueError(
                    f"Value is not broadcastable with batch_shape+event_shape: {shape} vs {own}."
                )
        if self.support is not None and not np.all(self.support[0](value._array)):
            raise ValueError(
                "Expected value argument (Tensor of shape "
                f"{shape}) to be within the support ({self.support[1]}) of the distribution "
                f"{type(self).__name__}, but found invalid values:\n{value}"
            )

    def __repr__(self) -> str:
        shown = []
        for name in self.arg_constraints:
            value = self.__dict__.get(name)
            if isinstance(value, Value):
                one = value._array.size == 1
                shown.append(f"{name}: {value if one else value.shape}")  # type: ignore[attr-defined]
        return f"{type(self).__name__}({', '.join(shown)})"


class Independent(Distribution):
    """A distribution whose last batch dimensions count as parts of one event: log_prob sums them.

    >>> from minigrad.distributions import Independent, Normal
    >>> d = Independent(Normal(zeros(3), ones(3)), 1)
    >>> d.batch_shape, d.event_shape, d.log_prob(zeros(3))
    (torch.Size([]), torch.Size([3]), tensor(-2.7568))
    """

    def __init__(
        self, base_distribution: Distribution, reinterpreted_batch_ndims: int,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        n = reinterpreted_batch_ndims
        if n > len(base_distribution.batch_shape):
            raise ValueError(
                "Expected reinterpreted_batch_ndims <= len(base_distribution.batch_shape), actual "
                f"{n} vs {len(base_distribution.batch_shape)}"
            )
        shape = base_distribution.batch_shape + base_distribution.event_shape
        batch = len(base_distribution.batch_shape) - n
        self.base_dist, self.reinterpreted_batch_ndims = base_distribution, n
        super().__init__(shape[:batch], shape[batch:], validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Has the distribution inside an rsample()?"""
        return self.base_dist.has_rsample

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.base_dist.mean

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.base_dist.variance

    @property
    def mode(self) -> Any:
        """The most probable value."""
        return self.base_dist.mode

    def _sum(self, x: Any) -> Any:
        n = self.reinterpreted_batch_ndims
        return x.sum(tuple(range(-n, 0))) if n else x

    def sample(self, sample_shape: Any = ()) -> Any:
        """Numbers drawn from it, which carry no gradient."""
        return self.base_dist.sample(sample_shape)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Numbers drawn from it as a function of the parameters."""
        return self.base_dist.rsample(sample_shape)

    def log_prob(self, value: Any) -> Any:
        """The sum of the logarithms of the parts' probabilities."""
        return self._sum(self.base_dist.log_prob(value))

    def entropy(self) -> Any:
        """The sum of the parts' entropies."""
        return self._sum(self.base_dist.entropy())

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution for a larger batch."""
        n = self.reinterpreted_batch_ndims
        shape = tuple(batch_shape) + tuple(self.event_shape)[:n]
        return Independent(self.base_dist.expand(shape), n)

    def __repr__(self) -> str:
        return f"Independent({self.base_dist}, {self.reinterpreted_batch_ndims})"


def uniform(shape: tuple, like: Tensor) -> Any:
    """Numbers drawn evenly from the open interval from 0 to 1."""
    from_zero = wrap(np.empty(shape, like._array.dtype)).uniform_()
    return from_zero.clamp(float(np.finfo(like._array.dtype).tiny))


def normal(shape: tuple, like: Tensor) -> Any:
    """Numbers drawn from the normal distribution of mean 0 and deviation 1."""
    return wrap(np.empty(shape, like._array.dtype)).normal_()


LOG_2PI = math.log(2 * math.pi)
EULER = 0.57721566490153286060
