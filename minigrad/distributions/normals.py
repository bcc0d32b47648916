"""The normal distribution of vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import linalg
from ..autograd.engine import Value
from .distribution import LOG_2PI, Distribution, is_real, normal


class MultivariateNormal(Distribution):
    """Normal vectors of mean loc and of one of: covariance_matrix, precision_matrix (its inverse),
    scale_tril (the lower triangle L with L L^T = covariance).

    >>> from minigrad.distributions import MultivariateNormal
    >>> MultivariateNormal(zeros(2), eye(2)).log_prob(zeros(2))
    tensor(-1.8379)
    """

    has_rsample = True
    arg_constraints = {"loc": (is_real, "IndependentConstraint(Real(), 1)")}

    def __init__(
        self, loc: Any, covariance_matrix: Any = None, precision_matrix: Any = None,
        scale_tril: Any = None, validate_args: bool | None = None,
    ) -> None:  # fmt: skip
        given = [covariance_matrix, precision_matrix, scale_tril]
        matrices = [m for m in given if m is not None]
        if len(matrices) != 1:
            raise ValueError(
                "Exactly one of covariance_matrix or precision_matrix or scale_tril may be "
                "specified."
            )
        if not isinstance(loc, Value) or not loc._array.ndim:
            raise ValueError("loc must be at least one-dimensional.")
        matrix = matrices[0]
        if matrix._array.ndim < 2:
            raise ValueError(
                "the matrix must be at least two-dimensional, with optional leading batch "
                "dimensions"
            )
        n = loc._array.shape[-1]
        batch = np.broadcast_shapes(loc._array.shape[:-1], matrix._array.shape[:-2])
        mean: Any = loc
        self.loc: Any = mean.expand(*batch, n)
        super().__init__(batch, (n,), validate_args)
        try:
            if scale_tril is not None:
                self._tril = scale_tril
            elif covariance_matrix is not None:
                self._tril = linalg.cholesky(covariance_matrix)
            else:
                self._tril = linalg.cholesky(linalg.inv(precision_matrix))
        except linalg.LinAlgError:
            raise ValueError(
                "Expected the matrix of MultivariateNormal to satisfy the constraint "
                f"PositiveDefinite(), but found invalid values:\n{matrix}"
            ) from None

    @property
    def scale_tril(self) -> Any:
        """The lower triangle L with L L^T = covariance."""
        n = self._event_shape[0]
        return self._tril.expand(*self._batch_shape, n, n)

    @property
    def covariance_matrix(self) -> Any:
        """The covariances."""
        low = self.scale_tril
        return low @ low.mT

    @property
    def precision_matrix(self) -> Any:
        """The inverse of the covariances."""
        return linalg.inv(self.covariance_matrix)

    @property
    def mean(self) -> Any:
        """The mean."""
        return self.loc

    @property
    def mode(self) -> Any:
        """The most probable value."""
        return self.loc

    @property
    def variance(self) -> Any:
        """The variances of the elements."""
        return (self.scale_tril**2).sum(-1)

    def rsample(self, sample_shape: Any = ()) -> Any:
        """loc + L times a vector of standard normal numbers."""
        draws = normal(self._shape(sample_shape), self.loc)
        return self.loc + (self._tril @ draws.unsqueeze(-1)).squeeze(-1)

    def log_prob(self, value: Any) -> Any:
        """The logarithm of the density."""
        self._check(value)
        away = (value - self.loc).unsqueeze(-1)
        part = linalg.solve_triangular(self._tril, away, upper=False).squeeze(-1)
        size = linalg.diagonal(self._tril).log().sum(-1)
        return -0.5 * (self._event_shape[0] * LOG_2PI + (part**2).sum(-1)) - size

    def entropy(self) -> Any:
        """The entropy, in nats."""
        size = linalg.diagonal(self.scale_tril).log().sum(-1)
        return 0.5 * self._event_shape[0] * (1 + LOG_2PI) + size

    def expand(self, batch_shape: Any) -> Any:
        """The same distribution for a larger batch."""
        loc = self.loc.expand(*batch_shape, *self._event_shape)
        return MultivariateNormal(loc, scale_tril=self._tril, validate_args=False)
