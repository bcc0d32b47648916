"""Distributions of real numbers."""

from __future__ import annotations

import math
from typing import Any

from ..autograd.grad_mode import no_grad
from .distribution import (
    EULER,
    LOG_2PI,
    Distribution,
    is_positive,
    is_real,
    normal,
    parameters,
    uniform,
)  # fmt: skip

REAL = (is_real, "Real()")
POSITIVE = (is_positive, "GreaterThan(lower_bound=0.0)")


class _LocationScale(Distribution):
    """What those have in common that are one shape, moved by loc and stretched by scale."""

    arg_constraints = {"loc": REAL, "scale": POSITIVE}
    has_rsample = True
    support = REAL

    def __init__(self, loc: Any, scale: Any, validate_args: bool | None = None) -> None:
        self.loc, self.scale = parameters(loc, scale)
        super().__init__(self.loc.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Any:
        """The most probable value."""
        return self.loc


class Normal(_LocationScale):
    """The normal distribution of mean loc and standard deviation scale.

    >>> from minigrad.distributions import Normal
    >>> Normal(0., 1.).log_prob(tensor(0.)), Normal(0., 1.).cdf(tensor(0.))
    (tensor(-0.9189), tensor(0.5000))
    """

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return self.scale

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.scale**2

    def rsample(self, sample_shape: Any = ()) -> Any:
        """loc + scale * a number drawn from the standard normal distribution."""
        return self.loc + self.scale * normal(self._shape(sample_shape), self.loc)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._check(value)
        away = (value - self.loc) ** 2 / (2 * self.scale**2)
        return -away - self.scale.log() - LOG_2PI / 2

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        self._check(value)
        return 0.5 * (1 + ((value - self.loc) / (self.scale * math.sqrt(2))).erf())

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability."""
        return self.loc + self.scale * (2 * value - 1).erfinv() * math.sqrt(2)

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return 0.5 + 0.5 * LOG_2PI + self.scale.log()


class LogNormal(Normal):
    """e to the power of normal numbers of mean loc and standard deviation scale.

    >>> from minigrad.distributions import LogNormal
    >>> LogNormal(0., 1.).mean
    tensor(1.6487)
    """

    support = POSITIVE

    @property
    def mean(self) -> Any:
        """The mean."""
        return (self.loc + self.scale**2 / 2).exp()

    @property
    def mode(self) -> Any:
        """The most probable value."""
        return (self.loc - self.scale**2).exp()

    @property
    def variance(self) -> Any:
        """The variance."""
        square = self.scale**2
        return square.expm1() * (2 * self.loc + square).exp()

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return self.variance.sqrt()

    def rsample(self, sample_shape: Any = ()) -> Any:
        """e to the power of normal numbers."""
        return super().rsample(sample_shape).exp()

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._check(value)
        return self._normal().log_prob(value.log()) - value.log()

    def _normal(self) -> Normal:
        return Normal(self.loc, self.scale, False)

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        self._check(value)
        return self._normal().cdf(value.log())

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability."""
        return super().icdf(value).exp()

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return super().entropy() + self.loc


class HalfNormal(Distribution):
    """The absolute values of normal numbers of mean 0 and standard deviation scale.

    >>> from minigrad.distributions import HalfNormal
    >>> HalfNormal(1.).mean
    tensor(0.7979)
    """

    has_rsample = True
    arg_constraints = {"scale": POSITIVE}

    def __init__(self, scale: Any, validate_args: bool | None = None) -> None:
        self.scale: Any
        (self.scale,) = parameters(scale)
        super().__init__(self.scale.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.scale * math.sqrt(2 / math.pi)

    @property
    def mode(self) -> Any:
        """The most probable value: 0."""
        return self.scale * 0

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.scale**2 * (1 - 2 / math.pi)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """The absolute value of scale * a normal number."""
        return (self.scale * normal(self._shape(sample_shape), self.scale)).abs()

    def _whole(self) -> Normal:
        return Normal(self.scale * 0, self.scale, False)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density; -inf below 0."""
        self._check(value)
        inside = self._whole().log_prob(value) + math.log(2)
        return inside.masked_fill((value < 0).expand(inside.shape), -math.inf)

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        self._check(value)
        return 2 * self._whole().cdf(value) - 1

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability."""
        return self._whole().icdf((value + 1) / 2)

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return self._whole().entropy() - math.log(2)


class Laplace(_LocationScale):
    """The two-sided exponential distribution around loc.

    >>> from minigrad.distributions import Laplace
    >>> Laplace(0., 1.).log_prob(tensor(1.))
    tensor(-1.6931)
    """

    @property
    def variance(self) -> Any:
        """The variance."""
        return 2 * self.scale**2

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return math.sqrt(2) * self.scale

    def rsample(self, sample_shape: Any = ()) -> Any:
        """Evenly drawn numbers through the inverse of cdf."""
        u = uniform(self._shape(sample_shape), self.loc) * 2 - 1
        return self.loc - self.scale * u.sign() * (-u.abs()).log1p()

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._check(value)
        return -(2 * self.scale).log() - (value - self.loc).abs() / self.scale

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        self._check(value)
        away = value - self.loc
        return 0.5 - 0.5 * away.sign() * (-away.abs() / self.scale).expm1()

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability."""
        term = value - 0.5
        return self.loc - self.scale * term.sign() * (-2 * term.abs()).log1p()

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return 1 + (2 * self.scale).log()


class Cauchy(_LocationScale):
    """The Cauchy distribution, which has no mean: that and the variance are nan and inf.

    >>> from minigrad.distributions import Cauchy
    >>> Cauchy(0., 1.).log_prob(tensor(0.))
    tensor(-1.1447)
    """

    @property
    def mean(self) -> Any:
        """nan."""
        return self.loc * math.nan

    @property
    def variance(self) -> Any:
        """inf."""
        return self.scale * math.inf

    def rsample(self, sample_shape: Any = ()) -> Any:
        """loc + scale * a Cauchy number."""
        return self.icdf(uniform(self._shape(sample_shape), self.loc))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._check(value)
        away = ((value - self.loc) / self.scale) ** 2
        return -math.log(math.pi) - self.scale.log() - away.log1p()

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        self._check(value)
        return ((value - self.loc) / self.scale).atan() / math.pi + 0.5

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability."""
        return (math.pi * (value - 0.5)).tan() * self.scale + self.loc

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return math.log(4 * math.pi) + self.scale.log()


class Gumbel(_LocationScale):
    """The distribution of the largest of many numbers.

    >>> from minigrad.distributions import Gumbel
    >>> Gumbel(0., 1.).mean
    tensor(0.5772)
    """

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.loc + self.scale * EULER

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return (math.pi / math.sqrt(6)) * self.scale

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.stddev**2

    def rsample(self, sample_shape: Any = ()) -> Any:
        """loc - scale * log(-log(u)) of evenly drawn u."""
        return self.icdf(uniform(self._shape(sample_shape), self.loc))

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._check(value)
        y = (self.loc - value) / self.scale
        return y - y.exp() - self.scale.log()

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        self._check(value)
        return (-((self.loc - value) / self.scale).exp()).exp()

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability."""
        return self.loc - self.scale * (-value.log()).log()

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return self.scale.log() + (1 + EULER)


class Exponential(Distribution):
    """The waiting time for what happens rate times in a unit of time.

    >>> from minigrad.distributions import Exponential
    >>> Exponential(2.).mean, Exponential(2.).log_prob(tensor(1.))
    (tensor(0.5000), tensor(-1.3069))
    """

    has_rsample = True
    arg_constraints = {"rate": POSITIVE}
    support = (lambda x: x >= 0, "GreaterThanEq(lower_bound=0.0)")

    def __init__(self, rate: Any, validate_args: bool | None = None) -> None:
        self.rate: Any
        (self.rate,) = parameters(rate)
        super().__init__(self.rate.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.rate.reciprocal()

    @property
    def mode(self) -> Any:
        """The most probable value: 0."""
        return self.rate.detach() * 0

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return self.rate.reciprocal()

    @property
    def variance(self) -> Any:
        """The variance."""
        return self.rate.pow(-2)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """An exponential number of rate 1, divided by the rate."""
        with no_grad():
            waits = self.rate.new_zeros(self._shape(sample_shape)).exponential_()
        return waits / self.rate

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._check(value)
        return self.rate.log() - self.rate * value

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        self._check(value)
        return 1 - (-self.rate * value).exp()

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability."""
        return -(-value).log1p() / self.rate

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return 1 - self.rate.log()


class Pareto(Distribution):
    """Numbers from scale on, whose frequency falls with the power alpha.

    >>> from minigrad.distributions import Pareto
    >>> Pareto(1., 2.).mean
    tensor(2.)
    """

    has_rsample = True
    arg_constraints = {"alpha": POSITIVE, "scale": POSITIVE}

    def __init__(self, scale: Any, alpha: Any, validate_args: bool | None = None) -> None:
        self.scale: Any
        self.alpha: Any
        self.scale, self.alpha = parameters(scale, alpha)
        super().__init__(self.scale.shape, (), validate_args)

    @property
    def mean(self) -> Any:
        """The mean; inf for alpha up to 1."""
        a = self.alpha.clamp(min=1)
        return a * self.scale / (a - 1)

    @property
    def mode(self) -> Any:
        """The most probable value."""
        return self.scale

    @property
    def variance(self) -> Any:
        """The variance; inf for alpha up to 2."""
        a = self.alpha.clamp(min=2)
        return self.scale**2 * a / ((a - 1) ** 2 * (a - 2))

    def rsample(self, sample_shape: Any = ()) -> Any:
        """scale * e to the power of an exponential number of rate alpha."""
        waits = self.scale.new_zeros(self._shape(sample_shape)).exponential_()
        return self.scale * (waits / self.alpha).exp()

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._check(value)
        return self.alpha.log() + self.alpha * self.scale.log() - (self.alpha + 1) * value.log()

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        return 1 - (self.scale / value) ** self.alpha

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability."""
        return self.scale * (1 - value) ** (-1 / self.alpha)

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return (self.scale / self.alpha).log() + (1 + self.alpha.reciprocal())


class Uniform(Distribution):
    """Numbers drawn evenly from low up to, but without, high.

    >>> from minigrad.distributions import Uniform
    >>> Uniform(0., 2.).log_prob(tensor(1.)), Uniform(0., 2.).mean
    (tensor(-0.6931), tensor(1.))
    """

    has_rsample = True
    arg_constraints = {"low": REAL, "high": REAL}

    def __init__(self, low: Any, high: Any, validate_args: bool | None = None) -> None:
        self.low: Any
        self.high: Any
        self.low, self.high = parameters(low, high)
        super().__init__(self.low.shape, (), validate_args)
        if self._validate and not bool((self.low < self.high).all()):
            raise ValueError("Uniform is not defined when low>= high")

    @property
    def mean(self) -> Any:
        """The mean."""
        return (self.high + self.low) / 2

    @property
    def mode(self) -> Any:
        """nan: no value is more probable than another."""
        return math.nan * self.high

    @property
    def stddev(self) -> Any:
        """The standard deviation."""
        return (self.high - self.low) / math.sqrt(12)

    @property
    def variance(self) -> Any:
        """The variance."""
        return (self.high - self.low) ** 2 / 12

    def rsample(self, sample_shape: Any = ()) -> Any:
        """low + (high - low) * an evenly drawn number."""
        with no_grad():
            share = self.low.new_zeros(self._shape(sample_shape)).uniform_()
        return self.low + share * (self.high - self.low)

    def _check(self, value: Any) -> None:
        super()._check(value)
        if self._validate and not bool(((value >= self.low) & (value <= self.high)).all()):
            raise ValueError(
                "Expected value argument to be within the support (Interval(lower_bound="
                f"{self.low}, upper_bound={self.high})) of the distribution Uniform, but found "
                f"invalid values:\n{value}"
            )

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density: -inf outside."""
        self._check(value)
        inside = (self.low <= value) & (self.high > value)
        return inside.type_as(self.low).log() - (self.high - self.low).log()

    def cdf(self, value: Any) -> Any:
        """The probability of values up to this one."""
        self._check(value)
        return ((value - self.low) / (self.high - self.low)).clamp(0, 1)

    def icdf(self, value: Any) -> Any:
        """The value up to which this is the probability."""
        return value * (self.high - self.low) + self.low

    def entropy(self) -> Any:
        """The entropy, in nats."""
        return (self.high - self.low).log()
