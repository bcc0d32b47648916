"""Convolutions of images as functions."""

from __future__ import annotations

import math
from typing import Any

from ... import dtypes
from ..._tensor import Tensor
from ...autograd import derivatives_nn as dn
from ...autograd.engine import apply
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of
from .padding import pad
from .sizes import Pair, pair


def conv2d(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Pair = 1,
    padding: Pair | str = 0,
    dilation: Pair = 1,
    groups: int = 1,
) -> Tensor:
    """The cross-correlation of images with a bank of filters.

    Images (N, C, H, W) or (C, H, W), weight (O, C / groups, kernel height, kernel width), bias
    (O,). padding may be "same" (with stride 1) or "valid".

    >>> X = arange(9.).reshape(1, 1, 3, 3)
    >>> nn.functional.conv2d(X, tensor([[[[0., 1.], [2., 3.]]]]))
    tensor([[[[19., 25.],
              [37., 43.]]]])
    """
    x, w = array_of(input, "conv2d"), array_of(weight, "conv2d", "weight", 2)
    if bias is not None:
        array_of(bias, "conv2d", "bias", 3)
    if x.ndim not in (3, 4):
        raise RuntimeError(
            "Expected 3D (unbatched) or 4D (batched) input to conv2d, but got input of size: "
            f"{list(x.shape)}"
        )
    if x.ndim == 3:
        batch = input.unsqueeze(0)
        return conv2d(batch, weight, bias, stride, padding, dilation, groups).squeeze(0)
    strides, dilations = pair(stride, "stride"), pair(dilation, "dilation")
    if min(strides) <= 0 or min(dilations) <= 0:
        which = "stride" if min(strides) <= 0 else "dilation"
        raise RuntimeError(f"non-positive {which} is not supported: {(stride, dilation)}")
    _check_filters(input, weight, bias, groups)
    ends = conv_padding(padding, w.shape[2:], strides, dilations)
    padded = (x.shape[2] + sum(ends[2:]), x.shape[3] + sum(ends[:2]))
    spans = [d * (k - 1) + 1 for d, k in zip(dilations, w.shape[2:], strict=True)]
    if padded[0] < spans[0] or padded[1] < spans[1]:
        raise RuntimeError(
            f"Calculated padded input size per channel: ({padded[0]} x {padded[1]}). Kernel size: "
            f"({spans[0]} x {spans[1]}). Kernel size can't be greater than actual input size"
        )
    if any(ends):
        input = pad(input, ends)
    cut = apply(
        dn.windows, (input,), {"size": w.shape[2:], "stride": strides, "dilation": dilations}
    )
    n, filters, (height, width) = x.shape[0], w.shape[0], cut._array.shape[-2:]
    depth = math.prod(w.shape[1:])
    if groups == 1:
        y = weight.reshape(filters, depth) @ cut.reshape(n, depth, height * width)
    else:
        columns = cut.reshape(n, groups, depth, height * width)
        y = weight.reshape(groups, filters // groups, depth) @ columns
    y = y.reshape(n, filters, height, width)
    return y if bias is None else y + bias.reshape(filters, 1, 1)


def _check_filters(input: Tensor, weight: Tensor, bias: Tensor | None, groups: int) -> None:
    x, w = input._array, weight._array
    if w.ndim != 4:
        raise RuntimeError(
            f"expected the weight of conv2d to have 4 dimensions (out channels, in channels / "
            f"groups, height, width), but got {tensor_words(weight)}"
        )
    if groups <= 0 or w.shape[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size {list(w.shape)} instead"
        )
    if x.shape[1] != w.shape[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(w.shape)}, expected "
            f"input{list(x.shape)} to have {w.shape[1] * groups} channels, but got {x.shape[1]} "
            "channels instead"
        )
    if bias is not None and bias._array.shape != w.shape[:1]:
        raise RuntimeError(
            f"Given weight of size {list(w.shape)}, expected bias to be 1-dimensional with "
            f"{w.shape[0]} elements, but got bias of size {list(bias._array.shape)} instead"
        )
    for name, other in (("weight", weight), ("bias", bias)):
        if other is not None and other._array.dtype != x.dtype:
            words = [
                dtypes.TENSOR_NAMES[t._array.dtype].removesuffix("Tensor") for t in (input, other)
            ]
            raise RuntimeError(
                f"expected scalar type {words[0]} but found {words[1]}: input and {name} of conv2d "
                "must have one dtype"
            )


def conv_padding(padding: Any, size: Any, stride: Any, dilation: Any) -> tuple[int, ...]:
    """The (left, right, top, bottom) that pad() understands."""
    if not isinstance(padding, str):
        top, left = pair(padding, "padding")
        if min(top, left) < 0:
            raise RuntimeError(f"negative padding is not supported: {padding}")
        return left, left, top, top
    if padding == "valid":
        return 0, 0, 0, 0
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: {padding!r}; use 'same' or 'valid'")
    if stride != (1, 1):
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    down, across = (d * (k - 1) for k, d in zip(size, dilation, strict=True))
    return across // 2, across - across // 2, down // 2, down - down // 2
