"""Starting values, written into tensors in place; torch.nn.init's names, each returns its tensor.

Nothing here is recorded. Random numbers come from ``generator=``, or from minigrad's default one.
"""

from __future__ import annotations

import math
import warnings

import numpy as np

from .._tensor import Tensor
from ..autograd.engine import wrap
from ..autograd.errors import tensor_words
from ..autograd.grad_mode import no_grad
from ..random import Generator, stream


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw from the normal distribution.

    >>> nn.init.normal_(zeros(2, 3), std=0.01).shape
    torch.Size([2, 3])
    """
    with no_grad():
        return tensor.normal_(mean, std, generator=generator)


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw evenly from a to b.

    >>> nn.init.uniform_(zeros(100), 1, 2).min() >= 1
    tensor(True)
    """
    with no_grad():
        return tensor.uniform_(a, b, generator=generator)


def constant_(tensor: Tensor, val: float) -> Tensor:
    """Set all elements to val.

    >>> nn.init.constant_(zeros(2), 3)
    tensor([3., 3.])
    """
    with no_grad():
        return tensor.fill_(val)


def zeros_(tensor: Tensor) -> Tensor:
    """Set all elements to 0.

    >>> nn.init.zeros_(ones(2))
    tensor([0., 0.])
    """
    return constant_(tensor, 0.0)


def ones_(tensor: Tensor) -> Tensor:
    """Set all elements to 1.

    >>> nn.init.ones_(zeros(2))
    tensor([1., 1.])
    """
    return constant_(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """Make a matrix the identity.

    >>> nn.init.eye_(zeros(2, 2))
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndim != 2:
        raise ValueError(
            f"Only tensors with 2 dimensions are supported, not {tensor_words(tensor)}"
        )
    with no_grad():
        tensor.zero_()
        diagonal = range(min(tensor.shape))
        tensor[diagonal, diagonal] = 1.0
    return tensor


# -- scaled to the layer's size --------------------------------------------------------------------
def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which an activation asks for larger weights; param is leaky_relu's slope.

    >>> nn.init.calculate_gain("tanh")
    1.6666666666666667
    """
    fixed = {"sigmoid": 1, "tanh": 5 / 3, "relu": math.sqrt(2), "selu": 3 / 4}
    if nonlinearity in fixed:
        return fixed[nonlinearity]
    if nonlinearity == "leaky_relu":
        slope = 0.01 if param is None else param
        if isinstance(slope, bool) or not isinstance(slope, (int, float)):
            raise ValueError(f"negative_slope {slope} not a valid number")
        return math.sqrt(2 / (1 + slope**2))
    if nonlinearity == "linear" or nonlinearity.startswith("conv"):
        return 1
    raise ValueError(f"Unsupported nonlinearity {nonlinearity}")


def _fans(tensor: Tensor) -> tuple[int, int]:
    """How many inputs each output has, and how many outputs each input reaches."""
    if tensor.ndim < 2:
        raise ValueError(
            "Fan in and fan out can not be computed for tensor with fewer than 2 dimensions: "
            f"{tensor_words(tensor)}"
        )
    field = math.prod(tensor.shape[2:])
    return tensor.shape[1] * field, tensor.shape[0] * field


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """Draw evenly from -a to a, a = gain * sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    >>> nn.init.xavier_uniform_(zeros(3, 3)).abs().max() <= 1
    tensor(True)
    """
    bound = gain * math.sqrt(6 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """Draw from N(0, gain ** 2 * 2 / (fan_in + fan_out)) (Glorot and Bengio 2010).

    >>> nn.init.xavier_normal_(zeros(3, 3)).shape
    torch.Size([3, 3])
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans(tensor))), generator)


def _kaiming(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    """The standard deviation; 0 for a tensor of no elements."""
    mode = mode.lower()
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"Mode {mode} not supported, please use one of ['fan_in', 'fan_out']")
    if not tensor.numel():
        warnings.warn("Initializing zero-element tensors is a no-op", stacklevel=3)
        return 0.0
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(tensor)[mode == "fan_out"])


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Draw evenly from -b to b, b = gain * sqrt(3 / fan) (He et al. 2015); a is leaky_relu's slope.

    mode is "fan_in" (keeps the size of activations) or "fan_out" (that of gradients).

    >>> nn.init.kaiming_uniform_(zeros(3, 6)).abs().max() <= 1
    tensor(True)
    """
    bound = math.sqrt(3) * _kaiming(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """Draw from N(0, gain ** 2 / fan) (He et al. 2015); a is leaky_relu's slope, mode as above.

    >>> nn.init.kaiming_normal_(zeros(3, 6)).shape
    torch.Size([3, 6])
    """
    return normal_(tensor, 0.0, _kaiming(tensor, a, mode, nonlinearity), generator)


# -- of other shapes -------------------------------------------------------------------------------
def trunc_normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, a: float = -2.0, b: float = 2.0,
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """Draw from the normal distribution, again where a number is not between a and b.

    >>> nn.init.trunc_normal_(zeros(1000), std=0.02, a=-0.04, b=0.04).abs().max() <= 0.04
    tensor(True)
    """
    if mean < a - 2 * std or mean > b + 2 * std:
        warnings.warn(
            "mean is more than 2 std from [a, b] in nn.init.trunc_normal_. The distribution of "
            "values may be incorrect.",
            stacklevel=2,
        )
    rng, numbers = stream(generator), np.empty(tensor.numel())
    left, tries = np.arange(numbers.size), 0
    while left.size and tries < 100:
        numbers[left] = rng.standard_normal(left.size) * std + mean
        left = left[(numbers[left] < a) | (numbers[left] > b)]
        tries += 1
    numbers[left] = rng.uniform(a, b, left.size)  # so far out that next to nothing fell there
    with no_grad():
        return tensor.copy_(wrap(numbers.reshape(tensor.shape)))


def orthogonal_(tensor: Tensor, gain: float = 1, generator: Generator | None = None) -> Tensor:
    """Make rows, or columns if they are fewer, of length gain and at right angles (Saxe 2013).

    A tensor of more dimensions counts as a matrix with a row for each index of the first.

    >>> w = nn.init.orthogonal_(zeros(2, 3))
    >>> (w @ w.T).round(decimals=4).abs()
    tensor([[1., 0.],
            [0., 1.]])
    """
    if tensor.ndim < 2:
        raise ValueError("Only tensors with 2 or more dimensions are supported")
    if not tensor.numel():
        return tensor
    rows, columns = tensor.shape[0], tensor.numel() // tensor.shape[0]
    drawn = stream(generator).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.where(np.diag(r) < 0, -1, 1)
    with no_grad():
        return tensor.copy_(wrap(((q if rows >= columns else q.T) * gain).reshape(tensor.shape)))


def dirac_(tensor: Tensor, groups: int = 1) -> Tensor:
    """Make filters (out, in, ...) that hand on as many channels as they can, unchanged.

    >>> nn.init.dirac_(zeros(1, 1, 3))
    tensor([[[0., 1., 0.]]])
    """
    if tensor.ndim not in (3, 4, 5):
        raise ValueError("Only tensors with 3, 4, or 5 dimensions are supported")
    if tensor.shape[0] % groups:
        raise ValueError("dim 0 must be divisible by groups")
    out = tensor.shape[0] // groups
    middle = tuple(n // 2 for n in tensor.shape[2:])
    with no_grad():
        tensor.zero_()
        for g in range(groups):
            for i in range(min(out, tensor.shape[1])):
                tensor[(g * out + i, i) + middle] = 1.0
    return tensor
