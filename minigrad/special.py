"""torch.special's names for the functions that are there."""

from ._tensor import Tensor
from .autograd import derivatives_functions as _df
from .ops.elementwise import exp2, expm1, log1p, round
from .ops.elementwise import sigmoid as expit
from .ops.reduction import logsumexp
from .ops.softmax import log_softmax, softmax
from .ops.special import digamma, erf, erfc, erfinv, logit, polygamma, real_pair, sinc, xlogy
from .ops.special import digamma as psi
from .ops.special import lgamma as gammaln
from .ops.special import mvlgamma as multigammaln

__all__ = [
    "digamma", "entr", "erf", "erfc", "erfinv", "exp2", "expit", "expm1", "gammaln", "log1p",
    "log_softmax", "logit", "logsumexp", "multigammaln", "ndtr", "ndtri", "polygamma", "psi",
    "round", "sinc", "softmax", "xlog1py", "xlogy",
]  # fmt: skip


def xlog1py(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input * log(1 + other), and 0 where input is 0.

    >>> from minigrad.special import xlog1py
    >>> xlog1py(tensor([0., 2.]), tensor([-1., 2.]))
    tensor([0.0000, 2.1972])
    """
    return real_pair("xlog1py", _df.xlog1py, input, other)


def entr(input: Tensor) -> Tensor:
    """-input * log(input), the entropy of one probability: 0 at 0, and -inf below.

    >>> from minigrad.special import entr
    >>> entr(tensor([0., 0.5]))
    tensor([0.0000, 0.3466])
    """
    return 0 - xlogy(input, input).masked_fill(input < 0, float("inf"))


def ndtr(input: Tensor) -> Tensor:
    """The area under the normal distribution's bell up to input.

    >>> from minigrad.special import ndtr
    >>> ndtr(tensor([0., 1.]))
    tensor([0.5000, 0.8413])
    """
    return erfc(input * -(0.5**0.5)) * 0.5


def ndtri(input: Tensor) -> Tensor:
    """The number up to which the area under the normal distribution's bell is input.

    >>> from minigrad.special import ndtri
    >>> ndtri(tensor([0.5, 0.8413]))
    tensor([0.0000, 0.9998])
    """
    return erfinv(2 * input - 1) * 2**0.5
