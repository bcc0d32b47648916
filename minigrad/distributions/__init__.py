"""Probability distributions with torch.distributions' names: draw, measure, compare.

Not here are those whose drawn numbers torch differentiates by approximations of its own (Beta,
Gamma, Dirichlet, StudentT and their kin), and the transforms.
"""

from .continuous import (
    Cauchy,
    Exponential,
    Gumbel,
    HalfNormal,
    Laplace,
    LogNormal,
    Normal,
    Pareto,
    Uniform,
)  # fmt: skip
from .discrete import (
    Bernoulli,
    Binomial,
    Categorical,
    Geometric,
    Multinomial,
    OneHotCategorical,
    Poisson,
)  # fmt: skip
from .distribution import Distribution, Independent
from .divergence import kl_divergence, register_kl
from .normals import MultivariateNormal

__all__ = [
    "Bernoulli", "Binomial", "Categorical", "Cauchy", "Distribution", "Exponential", "Geometric",
    "Gumbel", "HalfNormal", "Independent", "Laplace", "LogNormal", "Multinomial",
    "MultivariateNormal", "Normal", "OneHotCategorical", "Pareto", "Poisson", "Uniform",
    "kl_divergence", "register_kl",
]  # fmt: skip
