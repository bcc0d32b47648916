"""Distributions of whole numbers and of classes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._tensor import Size
from ..autograd.engine import Value, wrap
from ..autograd.grad_mode import no_grad
from ..nn.functional.loss_probabilities import binary_cross_entropy_with_logits
from ..ops.drawing import bernoulli, binomial, multinomial, poisson
from ..ops.shaping import stack
from .distribution import Distribution, is_count, is_positive, is_real, is_share, parameters

SHARE = (is_share, "Interval(lower_bound=0.0, upper_bound=1.0)")
REAL = (is_real, "Real()")
COUNT = (is_count, "IntegerGreaterThan(lower_bound=0)")


def _is_bit(x: np.ndarray) -> Any:
    return (x == 0) | (x == 1)


def _clamped(probs: Any) -> Any:
    """Probabilities kept away from 0 and 1 by the type's eps, as torch does."""
    eps = float(np.finfo(probs._array.dtype).eps)
    return probs.clamp(eps, 1 - eps)


class _Choice(Distribution):
    """What those share that take probs or logits: the one from the other."""

    _binary = True

    def _take(self, probs: Any, logits: Any) -> Any:
        if (probs is None) == (logits is None):
            raise ValueError("Either `probs` or `logits` must be specified, but not both.")
        given = probs if logits is None else logits
        if not self._binary and not (isinstance(given, Value) and given._array.ndim):
            raise ValueError(
                f"`{'probs' if logits is None else 'logits'}` parameter must be at least "
                "one-dimensional."
            )
        (value,) = parameters(given)
        return value

    @property
    def probs(self) -> Any:
        """The probabilities."""
        if "_probs" in self.__dict__:
            return self.__dict__["_probs"]
        logits = self.__dict__["_logits"]
        return logits.sigmoid() if self._binary else logits.softmax(-1)

    @property
    def logits(self) -> Any:
        """Their logarithms, or of a single one the logarithm of its ratio to the other."""
        if "_logits" in self.__dict__:
            return self.__dict__["_logits"]
        kept = _clamped(self.__dict__["_probs"])
        return kept.log() - (-kept).log1p() if self._binary else kept.log()

    def _refuse(self, name: str, value: Any, holds: Any, words: str) -> None:
        if self._validate and not np.all(holds(value._array)):
            raise ValueError(
                f"Expected parameter {name} (Tensor of shape {tuple(value._array.shape)}) of "
                f"distribution {type(self).__name__} to satisfy the constraint {words}, but found "
                f"invalid values:\n{value}"
            )

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution for a larger batch."""
        new = Distribution.expand(self, batch_shape)
        for name in ("_probs", "_logits"):
            value = new.__dict__.get(name)
            if value is not None:
                own = value.shape[-1:] if not self._binary else ()
                new.__dict__[name] = value.expand(*batch_shape, *own)
        return new

    def __repr__(self) -> str:
        name = "probs" if "_probs" in self.__dict__ else "logits"
        value = self.__dict__[f"_{name}"]
        return f"{type(self).__name__}({name}: {value if value.numel() == 1 else value.shape})"


class Bernoulli(_Choice):
    """1 with the probability probs, else 0; logits are log(probs / (1 - probs)).

    >>> from minigrad.distributions import Bernoulli
    >>> Bernoulli(tensor(0.25)).log_prob(tensor(1.)).exp()
    tensor(0.2500)
    """

    support = (_is_bit, "Boolean()")

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        value = self._take(probs, logits)
        self.__dict__["_logits" if probs is None else "_probs"] = value
        super().__init__(value.shape, (), validate_args)
        self._refuse(*(("logits", value, *REAL) if probs is None else ("probs", value, *SHARE)))

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.probs

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.probs * (1 - self.probs)

    @property
    def mode(self) -> Any:
        """The most probable value; nan where both are alike."""
        mode = (self.probs >= 0.5).to(self.probs)
        return mode.masked_fill(self.probs == 0.5, math.nan)

    def sample(self, sample_shape: Any = ()) -> Any:
        """Zeros and ones."""
        with no_grad():
            return bernoulli(self.probs.expand(*self._shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._check(value)
        logits = self.logits
        shape = np.broadcast_shapes(logits._array.shape, value._array.shape)
        return -binary_cross_entropy_with_logits(
            logits.expand(*shape), value.expand(*shape).to(logits), reduction="none"
        )

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")

    def enumerate_support(self, expand: bool = True) -> Any:
        """0 and 1."""
        values = self.probs.new_tensor([0.0, 1.0]).reshape(-1, *(1,) * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values


class Geometric(_Choice):
    """How many tries fail before one succeeds, each with the probability probs: 0, 1, 2 ...

    >>> from minigrad.distributions import Geometric
    >>> Geometric(tensor(0.25)).mean
    tensor(3.)
    """

    support = COUNT

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        value = self._take(probs, logits)
        self.__dict__["_logits" if probs is None else "_probs"] = value
        super().__init__(value.shape, (), validate_args)
        self._refuse(*(("logits", value, *REAL) if probs is None else ("probs", value, *SHARE)))
        if probs is not None:
            self._refuse("probs", value, is_positive, "GreaterThan(lower_bound=0.0)")

    @property
    def mean(self) -> Any:
        """The mean."""
        return 1 / self.probs - 1

    @property
    def mode(self) -> Any:
        """The most probable value: 0."""
        return self.probs.detach() * 0

    @property
    def variance(self) -> Any:
        """The variance."""
        return (1 / self.probs - 1) / self.probs

    def sample(self, sample_shape: Any = ()) -> Any:
        """Whole numbers."""
        with no_grad():
            u = self.probs.new_zeros(self._shape(sample_shape)).uniform_()
            u = u.clamp(min=float(np.finfo(u._array.dtype).tiny))
            return (u.log() / (-self.probs).log1p()).floor()

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._check(value)
        probs = self.probs + value * 0
        none = (probs == 1) & (value == 0)
        return value * (-probs.masked_fill(none, 0)).log1p() + self.probs.log()

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return (
            binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none") / self.probs
        )


class Binomial(_Choice):
    """How many of total_count tries succeed, each with the probability probs.

    >>> from minigrad.distributions import Binomial
    >>> Binomial(2, tensor(0.5)).log_prob(tensor(1.)).exp()
    tensor(0.5000)
    """

    support = COUNT

    def __init__(
        self, total_count: Any = 1, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        given = self._take(probs, logits)
        self.total_count: Any
        self.total_count, value = parameters(
            total_count if isinstance(total_count, Value) else given.new_tensor(total_count), given
        )
        self.total_count = self.total_count.type_as(value)
        self.__dict__["_logits" if probs is None else "_probs"] = value
        super().__init__(value.shape, (), validate_args)
        self._refuse(*(("logits", value, *REAL) if probs is None else ("probs", value, *SHARE)))

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.total_count * self.probs

    @property
    def mode(self) -> Any:
        """The most probable value."""
        return ((self.total_count + 1) * self.probs).floor().minimum(self.total_count)

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        """Whole numbers from 0 to total_count."""
        shape = self._shape(sample_shape)
        with no_grad():
            return binomial(self.total_count.expand(*shape), self.probs.expand(*shape))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._check(value)
        n, logits = self.total_count, self.logits
        ways = (n + 1).lgamma() - (value + 1).lgamma() - (n - value + 1).lgamma()
        # n log(1 + e^logits), with no overflow
        return ways + value * logits - n * (logits.clamp(min=0) + (-logits.abs()).exp().log1p())

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution for a larger batch."""
        new = super().expand(batch_shape)
        new.total_count = self.total_count.expand(*batch_shape)
        return new

    def enumerate_support(self, expand: bool = True) -> Any:
        """0, 1 ... total_count, which has to be the same for all."""
        most = int(self.total_count.max())
        if bool((self.total_count != most).any()):
            raise NotImplementedError(
                "Inhomogeneous total count not supported by `enumerate_support`."
            )
        values = self.probs.new_tensor(range(most + 1))
        values = values.reshape(-1, *(1,) * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values

    def entropy(self) -> Any:
        """The entropy, in nats: the sum over all counts."""
        log_prob = self.log_prob(self.enumerate_support(False))
        return -(log_prob.exp() * log_prob).sum(0)


class Categorical(_Choice):
    """A class, from 0 on, with probabilities in proportion to probs, or to exp(logits).

    >>> from minigrad.distributions import Categorical
    >>> d = Categorical(tensor([1., 3.]))
    >>> d.probs, d.log_prob(tensor(1)).exp()
    (tensor([0.2500, 0.7500]), tensor(0.7500))
    """

    _binary = False

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        value = self._take(probs, logits)
        super().__init__(value.shape[:-1], (), validate_args)
        self._num_events = value.shape[-1]
        if probs is not None:
            self._refuse("probs", value, lambda x: x >= 0, "Simplex()")
            self.__dict__["_probs"] = value / value.sum(-1, keepdim=True)
        else:
            self._refuse("logits", value, *REAL)
            self.__dict__["_logits"] = value - value.logsumexp(-1, keepdim=True)

    @property
    def mean(self) -> Any:
        """nan: classes have no mean."""
        return self.probs.new_full(tuple(self._batch_shape), math.nan)

    @property
    def variance(self) -> Any:
        """nan."""
        return self.probs.new_full(tuple(self._batch_shape), math.nan)

    @property
    def mode(self) -> Any:
        """The most probable class."""
        return self.probs.argmax(-1)

    @property
    def param_shape(self) -> Size:
        """The shape of probs."""
        return self.probs.shape

    def sample(self, sample_shape: Any = ()) -> Any:
        """Classes, as int64."""
        shape = self._shape(sample_shape)
        n = math.prod(tuple(sample_shape))
        rows = self.probs.detach().reshape(-1, self._num_events)
        if not n or not rows._array.size:
            return wrap(np.zeros(shape, np.int64))
        return multinomial(rows, n, True).T.reshape(*shape)

    def _check(self, value: Any) -> None:
        super()._check(value)
        if self._validate:
            x = value._array
            if not ((x >= 0) & (x < self._num_events) & (x == np.floor(x))).all():
                raise ValueError(
                    "Expected value argument to be within the support (IntegerInterval("
                    f"lower_bound=0, upper_bound={self._num_events - 1})) of the distribution "
                    f"Categorical, but found invalid values:\n{value}"
                )

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._check(value)
        logits = self.logits
        shape = np.broadcast_shapes(value._array.shape, logits._array.shape[:-1])
        index = value.long().expand(*shape).unsqueeze(-1)
        return logits.expand(*shape, self._num_events).gather(-1, index).squeeze(-1)

    def entropy(self) -> Any:
        """The entropy, in nats."""
        least = float(np.finfo(self.logits._array.dtype).min)
        return -(self.logits.clamp(min=least) * self.probs).sum(-1)

    def enumerate_support(self, expand: bool = True) -> Any:
        """All classes."""
        values = wrap(np.arange(self._num_events)).reshape(-1, *(1,) * len(self._batch_shape))
        return values.expand(-1, *self._batch_shape) if expand else values


class OneHotCategorical(Distribution):
    """A vector with 1 at the class drawn and 0 elsewhere; see Categorical.

    >>> from minigrad.distributions import OneHotCategorical
    >>> OneHotCategorical(tensor([1., 3.])).log_prob(tensor([0., 1.])).exp()
    tensor(0.7500)
    """

    def __init__(
        self, probs: Any = None, logits: Any = None, validate_args: bool | None = None
    ) -> None:
        self._categorical = Categorical(probs, logits, validate_args)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def probs(self) -> Any:
        """The probabilities."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.probs

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.probs * (1 - self.probs)

    @property
    def mode(self) -> Any:
        """The vector of the most probable class."""
        return self._one_hot(self.probs.argmax(-1))

    def _one_hot(self, classes: Any) -> Any:
        n = self._event_shape[0]
        return (classes.unsqueeze(-1) == wrap(np.arange(n))).to(self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        """Vectors of zeros and a one."""
        return self._one_hot(self._categorical.sample(sample_shape))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        if self._validate and not (_is_bit(value._array).all() and (value.sum(-1) == 1).all()):
            raise ValueError(
                "Expected value argument to be within the support (OneHot()) of the distribution "
                f"OneHotCategorical, but found invalid values:\n{value}"
            )
        return self._categorical.log_prob(value.argmax(-1))

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return self._categorical.entropy()

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution for a larger batch."""
        return OneHotCategorical(self.probs.expand(*batch_shape, *self._event_shape))


class Multinomial(Distribution):
    """How often each class comes up in total_count draws; see Categorical.

    >>> from minigrad.distributions import Multinomial
    >>> Multinomial(4, tensor([1., 3.])).mean
    tensor([1., 3.])
    """

    def __init__(
        self, total_count: int = 1, probs: Any = None, logits: Any = None,
        validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        if not isinstance(total_count, int):
            raise NotImplementedError("inhomogeneous total_count is not supported")
        self.total_count = total_count
        self._categorical = Categorical(probs, logits, validate_args)
        shape = self._categorical.param_shape
        super().__init__(shape[:-1], shape[-1:], validate_args)

    @property
    def probs(self) -> Any:
        """The probabilities."""
        return self._categorical.probs

    @property
    def logits(self) -> Any:
        """Their logarithms."""
        return self._categorical.logits

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.probs * self.total_count

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.total_count * self.probs * (1 - self.probs)

    def sample(self, sample_shape: Any = ()) -> Any:
        """Counts that add up to total_count."""
        drawn = self._categorical.sample((self.total_count, *tuple(sample_shape)))
        n = self._event_shape[0]
        counts = stack([(drawn == k).sum(0) for k in range(n)], -1)
        return counts.to(self.probs)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._check(value)
        if self._validate and not bool((value.sum(-1) == self.total_count).all()):
            raise ValueError(
                f"Expected value argument to add up to total_count={self.total_count}, but found "
                f"invalid values:\n{value}"
            )
        never = (value == 0) & (self.logits == -math.inf)
        logits = self.logits.expand(*never.shape).masked_fill(never, 0)
        ways = (value.sum(-1) + 1).lgamma() - (value + 1).lgamma().sum(-1)
        return ways + (logits * value).sum(-1)

    def entropy(self) -> Any:
        """The entropy, in nats."""
        n = self.total_count
        counts = Binomial(n, self.probs, validate_args=False)  # of each class by itself
        values = counts.enumerate_support(False)
        ways = counts.log_prob(values).exp() * (values + 1).lgamma()
        return n * self._categorical.entropy() - math.lgamma(n + 1) + ways.sum((0, -1))

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution for a larger batch."""
        probs = self.probs.expand(*batch_shape, *self._event_shape)
        return Multinomial(self.total_count, probs)


class Poisson(Distribution):
    """How often happens in a unit of time what happens rate times on average.

    >>> from minigrad.distributions import Poisson
    >>> Poisson(tensor(2.)).log_prob(tensor(1.))
    tensor(-1.3069)
    """

    arg_constraints = {"rate": (lambda x: x >= 0, "GreaterThanEq(lower_bound=0.0)")}
    support = COUNT

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        self.rate: Any
        (self.rate,) = parameters(rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.rate

    @property
    def mode(self) -> Any:
        """The most probable value."""
        return self.rate.floor()

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.rate

    def sample(self, sample_shape: Any = ()) -> Any:
        """Whole numbers."""
        with no_grad():
            return poisson(self.rate.expand(*self._shape(sample_shape)))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the probability."""
        self._check(value)
        return value.xlogy(self.rate) - self.rate - (value + 1).lgamma()
