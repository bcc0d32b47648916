"""What draws random numbers: dropout, of elements and of channels, and samples of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..._tensor import Tensor
from ...autograd.engine import wrap
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of, floating
from ...ops.elementwise import where
from ...ops.softmax import softmax
from ...random import Generator, stream
from .activation import in_place_or_not


def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Each element set to 0 with probability p, and the others divided by 1 - p (Srivastava 2014).

    With training=False it does nothing. p outside [0, 1] is a ValueError.

    >>> nn.functional.dropout(tensor([1., 2.]), 0.5, training=False)
    tensor([1., 2.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    array = array_of(input, "dropout")
    if not training or p == 0:
        return input
    if array.dtype.kind != "f":
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type of {tensor_words(input)}; "
            "dropout needs a floating point tensor"
        )
    kept = stream(generator).random(array.shape, np.float32) >= p
    factor = wrap(kept.astype(array.dtype) * (1 / (1 - p) if p < 1 else 0))
    return in_place_or_not(lambda x: x * factor, input, inplace)


def _dropped_channels(
    input: Tensor, p: float, training: bool, inplace: bool, name: str, ndims: tuple[int, ...]
) -> Tensor:
    """Dropout of whole channels: dimension 1, or dimension 0 of an input without a batch."""
    shape = array_of(input, name).shape
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if len(shape) not in ndims:
        raise RuntimeError(
            f"{name}: Expected {ndims} dimensions, but received a {len(shape)}-D input"
        )
    if not training or p == 0:
        return input
    kept = 1 if len(shape) == min(ndims) else 2
    return _thinned(input, (*shape[:kept], *(1,) * (len(shape) - kept)), p, inplace)


def _thinned(input: Tensor, shape: tuple[int, ...], p: float, inplace: bool) -> Tensor:
    kept = stream(None).random(shape, np.float32) >= p
    factor = wrap(kept.astype(input._array.dtype) * (1 / (1 - p) if p < 1 else 0))
    return in_place_or_not(lambda x: x * factor, input, inplace)


def dropout1d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Each channel of (N, C, L) or (C, L) set to 0 with probability p, the others divided by 1 - p.

    >>> nn.functional.dropout1d(ones(1, 2, 3), training=False).shape
    torch.Size([1, 2, 3])
    """
    return _dropped_channels(input, p, training, inplace, "dropout1d", (2, 3))


def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Each channel of images (N, C, H, W) set to 0 with probability p (Tompson et al. 2015).

    >>> nn.functional.dropout2d(ones(1, 2, 3, 3), training=False).shape
    torch.Size([1, 2, 3, 3])
    """
    shape = array_of(input, "dropout2d").shape
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    return _thinned(input, (*shape[:2], *(1,) * (len(shape) - 2)), p, inplace)


def dropout3d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """Each channel of volumes (N, C, D, H, W) or (C, D, H, W) set to 0 with probability p.

    >>> nn.functional.dropout3d(ones(1, 2, 3, 3, 3), training=False).shape
    torch.Size([1, 2, 3, 3, 3])
    """
    return _dropped_channels(input, p, training, inplace, "dropout3d", (4, 5))


def rrelu(
    input: Tensor, lower: float = 1.0 / 8, upper: float = 1.0 / 3, training: bool = False,
    inplace: bool = False,
) -> Tensor:  # fmt: skip
    """leaky_relu with a slope drawn evenly for each element; their mean when not training.

    From Xu et al. 2015.

    >>> nn.functional.rrelu(tensor([-1., 2.]), 0.1, 0.3)
    tensor([-0.2000,  2.0000])
    """
    array = floating(input, "rrelu", "rrelu_with_noise_out_cpu")
    if lower > upper:
        raise RuntimeError("Lower bound should be less than or equal to the upper bound")
    if training:
        slope: Any = wrap(stream(None).uniform(lower, upper, array.shape).astype(array.dtype))
    else:
        slope = (lower + upper) / 2

    def compute(x: Tensor) -> Tensor:
        return where(x > 0, x, x * slope)

    return in_place_or_not(compute, input, inplace)


def alpha_dropout(
    input: Tensor, p: float = 0.5, training: bool = False, inplace: bool = False
) -> Tensor:
    """Dropout that keeps mean 0 and variance 1 of selu's results (Klambauer et al. 2017).

    >>> nn.functional.alpha_dropout(tensor([1., 2.]), training=False)
    tensor([1., 2.])
    """
    shape = array_of(input, "alpha_dropout").shape
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    if not training or p == 0:
        return input
    low = -1.7580993408473766  # what selu tends to
    kept = stream(None).random(shape, np.float32) >= p
    a = ((1 - p) * (1 + p * low * low)) ** -0.5 if p < 1 else 0.0
    dtype = input._array.dtype
    factor, shift = wrap((kept * a).astype(dtype)), wrap((a * low * (~kept - p)).astype(dtype))
    return in_place_or_not(lambda x: x * factor + shift, input, inplace)


def gumbel_softmax(
    logits: Tensor, tau: float = 1, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """softmax((logits + Gumbel noise) / tau): a soft sample of classes (Jang et al. 2016).

    With hard it is one-hot, and has the gradient of the soft one. eps is accepted and not used.

    >>> nn.functional.gumbel_softmax(tensor([[0., 100.]]), hard=True)
    tensor([[0., 1.]])
    """
    array = array_of(logits, "gumbel_softmax", "logits")
    noise = stream(None).gumbel(size=array.shape).astype(array.dtype)
    soft = softmax((logits + wrap(noise)) / tau, dim)
    if not hard:
        return soft
    best = np.expand_dims(soft._array.argmax(dim), dim)
    one = np.zeros_like(soft._array)
    np.put_along_axis(one, best, 1, dim)
    return wrap(one) - soft.detach() + soft
