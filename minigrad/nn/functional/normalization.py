"""Normalisation: examples, channels or vectors brought to one scale."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._tensor import Tensor
from ...autograd import derivatives_conv as dc
from ...autograd.changes import mark_changed
from ...autograd.engine import apply
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of, floating
from .padding import pad


def batch_norm(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-05,
) -> Tensor:
    """Each channel (dimension 1) of input at mean 0 and variance 1, times weight plus bias.

    While training the mean and variance are those of the batch, and the running ones move towards
    them by momentum, in place; else the running ones are used (Ioffe and Szegedy 2015).

    >>> nn.functional.batch_norm(tensor([[1.], [3.]]), None, None, training=True)
    tensor([[-1.0000],
            [ 1.0000]])
    """
    floating(input, "batch_norm", "batch_norm")
    shape = input._array.shape
    if len(shape) < 2:
        raise RuntimeError(f"batch_norm needs input (N, C, ...), but got {tensor_words(input)}")
    channels = shape[1]
    given = {"running_mean": running_mean, "running_var": running_var}
    for i, (name, t) in enumerate({**given, "weight": weight, "bias": bias}.items(), 2):
        if t is not None and array_of(t, "batch_norm", name, i).size != channels:
            raise RuntimeError(f"{name} should contain {channels} elements not {t._array.size}")
    if training:
        count = input._array.size // max(channels, 1)
        if count == 1:
            raise ValueError(
                "Expected more than 1 value per channel when training, got input size "
                f"{input.shape}"
            )
        note: dict = {}
        y = apply(dc.batch_norm, (input, weight, bias), {"eps": eps, "note": note})
        mean, var = note["moments"]
        for running, now in ((running_mean, mean), (running_var, var * (count / (count - 1)))):
            if running is not None:
                array = running._array
                mark_changed(array)
                array += momentum * (now.reshape(channels) - array)
        return y
    if running_mean is None or running_var is None:
        missing = next(name for name, t in given.items() if t is None)
        raise RuntimeError(f"{missing} must be defined in evaluation mode")
    as_channel = (1, channels) + (1,) * (len(shape) - 2)
    scale = (running_var + eps).rsqrt()
    if weight is not None:
        scale = scale * weight
    shift = -running_mean * scale if bias is None else bias - running_mean * scale
    return input * scale.reshape(as_channel) + shift.reshape(as_channel)  # as torch does it


def layer_norm(
    input: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """input at mean 0 and variance 1 over its last dimensions, times weight plus bias.

    From Ba, Kiros and Hinton 2016.

    normalized_shape names the sizes of these dimensions, and is the shape of weight and bias.

    >>> nn.functional.layer_norm(tensor([[1., 3.]]), (2,))
    tensor([[-1.0000,  1.0000]])
    """
    if not isinstance(normalized_shape, (tuple, list)):
        raise TypeError(
            "layer_norm(): argument 'normalized_shape' (position 2) must be tuple of ints, not "
            f"{type(normalized_shape).__name__}"
        )
    floating(input, "layer_norm", "LayerNormKernelImpl")
    sizes, shape = tuple(normalized_shape), input._array.shape
    if not sizes or shape[-len(sizes) :] != sizes:
        wanted = ", ".join(["*", *map(str, sizes)])
        raise RuntimeError(
            f"Given normalized_shape={list(sizes)}, expected input with shape [{wanted}], but got "
            f"input of size{list(shape)}"
        )
    for i, (name, t) in enumerate((("weight", weight), ("bias", bias)), 3):
        if t is not None and array_of(t, "layer_norm", name, i).shape != sizes:
            raise RuntimeError(
                f"Expected {name} to be of same shape as normalized_shape, but got {name} of shape "
                f"{list(t._array.shape)} and normalized_shape = {list(sizes)}"
            )
    axes = tuple(range(-len(sizes), 0))
    centred = input - input.mean(axes, keepdim=True)
    y = centred * ((centred * centred).mean(axes, keepdim=True) + eps).rsqrt()
    if weight is not None:
        y = y * weight
    return y if bias is None else y + bias


def normalize(
    input: Tensor, p: float = 2.0, dim: int | tuple[int, ...] = 1, eps: float = 1e-12
) -> Tensor:
    """input divided by its p-norm along dim, or by eps where that is smaller.

    >>> nn.functional.normalize(tensor([[3., 4.]]))
    tensor([[0.6000, 0.8000]])
    """
    if array_of(input, "normalize").dtype.kind != "f":
        raise RuntimeError(
            "linalg.vector_norm: Expected a floating point or complex tensor as input. Got "
            f"{tensor_words(input)}; use t.float()"
        )
    return input / input.norm(p, dim, keepdim=True).clamp(min=eps)


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-05,
) -> Tensor:
    """Each group of channels of each example at mean 0 and variance 1, times weight plus bias.

    input is (N, C, ...), weight and bias are (C,); num_groups must divide C (Wu and He 2018).

    >>> nn.functional.group_norm(tensor([[1., 3., 0., 4.]]), 2)
    tensor([[-1.0000,  1.0000, -1.0000,  1.0000]])
    """
    shape = floating(input, "group_norm", "GroupNormKernelImpl").shape
    if len(shape) < 2:
        raise RuntimeError(f"Expected at least 2 dimensions for input tensor but got {len(shape)}")
    channels = shape[1]
    if num_groups <= 0 or channels % num_groups:
        raise RuntimeError(
            "Expected number of channels in input to be divisible by num_groups, but got input of "
            f"shape {list(shape)} and num_groups={num_groups}"
        )
    groups = input.reshape(shape[0], num_groups, math.prod(shape[1:]) // num_groups)
    y = _standard(groups, -1, eps).reshape(shape)
    return _scaled(y, weight, bias, "group_norm", 3)


def instance_norm(
    input: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of each example at mean 0 and variance 1, times weight plus bias.

    input is (N, C, ...). With use_input_stats=False the running mean and variance are used; else
    these move towards the mean over the batch of its statistics (Ulyanov et al. 2016).

    >>> nn.functional.instance_norm(tensor([[[1., 3.]]]))
    tensor([[[-1.0000,  1.0000]]])
    """
    shape = floating(input, "instance_norm", "instance_norm").shape
    if len(shape) < 2:
        raise RuntimeError(f"instance_norm needs input (N, C, ...), but got {tensor_words(input)}")
    if not use_input_stats:
        return batch_norm(input, running_mean, running_var, weight, bias, False, momentum, eps)
    size = math.prod(shape[2:])
    if size == 1:
        raise ValueError(
            f"Expected more than 1 spatial element when training, got input size {input.shape}"
        )
    axes = tuple(range(2, len(shape)))
    array = input._array
    for running, now in (
        (running_mean, array.mean(axes)),
        (running_var, array.var(axes, ddof=1) if running_var is not None else None),
    ):
        if running is not None:
            own = array_of(running, "instance_norm", "running_mean", 2)
            own += momentum * (now.mean(0) - own)  # type: ignore[union-attr]
            mark_changed(own)
    return _scaled(_standard(input, axes, eps), weight, bias, "instance_norm", 4)


def rms_norm(
    input: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """input divided by the root of the mean of its squares over its last dimensions, times weight.

    normalized_shape names the sizes of these dimensions; eps is by default the smallest step of
    the dtype (Zhang and Sennrich 2019).

    >>> nn.functional.rms_norm(tensor([[3., 0.]]), (2,))
    tensor([[1.4142, 0.0000]])
    """
    array = floating(input, "rms_norm", "rms_norm")
    sizes = tuple(normalized_shape)
    if not sizes or array.shape[-len(sizes) :] != sizes:
        wanted = ", ".join(["*", *map(str, sizes)])
        raise RuntimeError(
            f"Given normalized_shape={list(sizes)}, expected input with shape [{wanted}], but got "
            f"input of size{list(array.shape)}"
        )
    axes = tuple(range(-len(sizes), 0))
    if eps is None:
        eps = float(np.finfo(array.dtype).eps)
    y = input * ((input * input).mean(axes, keepdim=True) + eps).rsqrt()
    return y if weight is None else y * weight


def local_response_norm(
    input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0
) -> Tensor:
    """input / (k + alpha * mean of the squares of size neighbouring channels) ** beta.

    input is (N, C, ...), with at least three dimensions (Krizhevsky et al. 2012).

    >>> nn.functional.local_response_norm(tensor([[[1.], [2.]]]), 2, alpha=1.0)
    tensor([[[0.7378],
             [0.7816]]])
    """
    shape = array_of(input, "local_response_norm").shape
    if len(shape) < 3:
        raise ValueError(
            f"Expected 3D or higher dimensionality input (got {len(shape)} dimensions)"
        )
    squares = (input * input).reshape(shape[0], shape[1], -1).transpose(1, 2)
    padded = pad(squares, (size // 2, (size - 1) // 2))
    total = padded[..., : shape[1]]
    for i in range(1, size):
        total = total + padded[..., i : i + shape[1]]
    return input / (total / size * alpha + k).pow(beta).transpose(1, 2).reshape(shape)


def _standard(x: Tensor, axes: Any, eps: float) -> Tensor:
    """x at mean 0 and variance 1 over these axes."""
    centred = x - x.mean(axes, keepdim=True)
    return centred * ((centred * centred).mean(axes, keepdim=True) + eps).rsqrt()


def _scaled(
    x: Tensor, weight: Tensor | None, bias: Tensor | None, name: str, position: int
) -> Tensor:
    """x (N, C, ...) times weight (C,) plus bias (C,)."""
    shape = x._array.shape
    as_channel = (shape[1],) + (1,) * (len(shape) - 2)
    for i, (which, t) in enumerate((("weight", weight), ("bias", bias)), position):
        if t is not None and array_of(t, name, which, i).shape != shape[1:2]:
            raise RuntimeError(
                f"Expected {which} to be a vector of size equal to the number of channels in "
                f"input, but got {which} of shape {list(t._array.shape)} and input of shape "
                f"{list(shape)}"
            )
    if weight is not None:
        x = x * weight.reshape(as_channel)
    return x if bias is None else x + bias.reshape(as_channel)
