"""Normalisation: examples, channels or vectors brought to one scale."""

from __future__ import annotations

from ..._tensor import Tensor
from ...autograd.changes import mark_changed
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of, floating


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
    as_channel = (1, channels) + (1,) * (len(shape) - 2)
    if training:
        count = input._array.size // max(channels, 1)
        if count == 1:
            raise ValueError(
                "Expected more than 1 value per channel when training, got input size "
                f"{input.shape}"
            )
        axes = (0, *range(2, len(shape)))
        mean = input.mean(axes, keepdim=True)
        centred = input - mean
        var = (centred * centred).mean(axes, keepdim=True)
        for running, now, scale in (
            (running_mean, mean, 1),
            (running_var, var, count / max(count - 1, 1)),
        ):
            if running is not None:
                array = running._array
                array += momentum * (now._array.reshape(channels) * scale - array)
                mark_changed(array)
    else:
        if running_mean is None or running_var is None:
            missing = next(name for name, t in given.items() if t is None)
            raise RuntimeError(f"{missing} must be defined in evaluation mode")
        centred, var = input - running_mean.reshape(as_channel), running_var.reshape(as_channel)
    y = centred * (var + eps).rsqrt()
    if weight is not None:
        y = y * weight.reshape(as_channel)
    return y if bias is None else y + bias.reshape(as_channel)


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
