"""Convolutions, and their transposes, as functions."""

from __future__ import annotations

from typing import Any

from ... import dtypes
from ..._tensor import Tensor
from ...autograd import derivatives_conv as dc
from ...autograd.engine import apply
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of
from .sizes import Pair, Single, numbers


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Single = 1,
    padding: Single | str = 0, dilation: Single = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The cross-correlation of sequences with a bank of filters.

    Sequences (N, C, L) or (C, L), weight (O, C / groups, kernel size), bias (O,). padding may be
    "same" (with stride 1) or "valid".

    >>> nn.functional.conv1d(tensor([[1., 2., 4.]]), tensor([[[-1., 1.]]]))
    tensor([[1., 2.]])
    """
    return _convolve("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Pair = 1,
    padding: Pair | str = 0, dilation: Pair = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """The cross-correlation of images with a bank of filters.

    Images (N, C, H, W) or (C, H, W), weight (O, C / groups, kernel height, kernel width), bias
    (O,). padding may be "same" (with stride 1) or "valid".

    >>> X = arange(9.).reshape(1, 1, 3, 3)
    >>> nn.functional.conv2d(X, tensor([[[[0., 1.], [2., 3.]]]]))
    tensor([[[[19., 25.],
              [37., 43.]]]])
    """
    return _convolve("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Single = 1,
    padding: Single = 0, output_padding: Single = 0, groups: int = 1, dilation: Single = 1,
) -> Tensor:  # fmt: skip
    """The transpose of conv1d: each element of input adds a filter, times itself, to the result.

    Sequences (N, C, L) or (C, L), weight (C, O / groups, kernel size), bias (O,). padding is cut
    off at both ends, output_padding added at the far one.

    >>> nn.functional.conv_transpose1d(tensor([[1., 10.]]), tensor([[[1., 2.]]]), stride=2)
    tensor([[ 1.,  2., 10., 20.]])
    """
    settings = (stride, padding, output_padding, dilation, groups)
    return _transposed("conv_transpose1d", 1, input, weight, bias, *settings)


def conv_transpose2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Pair = 1,
    padding: Pair = 0, output_padding: Pair = 0, groups: int = 1, dilation: Pair = 1,
) -> Tensor:  # fmt: skip
    """The transpose of conv2d: each element of input adds a filter, times itself, to the result.

    Images (N, C, H, W) or (C, H, W), weight (C, O / groups, kernel height, kernel width), bias
    (O,). padding is cut off at all ends, output_padding added at the bottom and the right.

    >>> nn.functional.conv_transpose2d(tensor([[[1., 10.]]]), tensor([[[[1.], [2.]]]]))
    tensor([[[ 1., 10.],
             [ 2., 20.]]])
    """
    settings = (stride, padding, output_padding, dilation, groups)
    return _transposed("conv_transpose2d", 2, input, weight, bias, *settings)


def _convolve(
    name: str, dims: int, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Any,
    padding: Any, dilation: Any, groups: int,
) -> Tensor:  # fmt: skip
    _check_arrays(name, dims, input, weight, bias)
    if input._array.ndim == dims + 1:
        batch = input.unsqueeze(0)
        y = _convolve(name, dims, batch, weight, bias, stride, padding, dilation, groups)
        return y.squeeze(0)
    x, w = input._array.shape, weight._array.shape
    strides, dilations = _positive(stride, dilation, dims)
    if groups <= 0 or w[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size {list(w)} instead"
        )
    if x[1] != w[1] * groups:
        raise RuntimeError(
            f"Given groups={groups}, weight of size {list(w)}, expected input{list(x)} to have "
            f"{w[1] * groups} channels, but got {x[1]} channels instead"
        )
    _check_bias(bias, w, w[0])
    ends = paddings(padding, w[2:], strides, dilations)
    padded = [n + front + behind for n, (front, behind) in zip(x[2:], ends, strict=True)]
    spans = [d * (k - 1) + 1 for d, k in zip(dilations, w[2:], strict=True)]
    if any(n < span for n, span in zip(padded, spans, strict=True)):
        raise RuntimeError(
            f"Calculated padded input size per channel: ({' x '.join(map(str, padded))}). Kernel "
            f"size: ({' x '.join(map(str, spans))}). Kernel size can't be greater than actual "
            "input size"
        )
    size = tuple((n - span) // s + 1 for n, span, s in zip(padded, spans, strides, strict=True))
    fronts = tuple(front for front, _ in ends)
    how = _settings(size, strides, fronts, dilations, groups)
    return apply(dc.convolution, (input, weight, bias), how)


def _transposed(
    name: str, dims: int, input: Tensor, weight: Tensor, bias: Tensor | None, stride: Any,
    padding: Any, output_padding: Any, dilation: Any, groups: int,
) -> Tensor:  # fmt: skip
    _check_arrays(name, dims, input, weight, bias)
    settings = (stride, padding, output_padding, dilation, groups)
    if input._array.ndim == dims + 1:
        return _transposed(name, dims, input.unsqueeze(0), weight, bias, *settings).squeeze(0)
    x, w = input._array.shape, weight._array.shape
    strides, dilations = _positive(stride, dilation, dims)
    paddings = numbers(padding, dims, "padding")
    extra = numbers(output_padding, dims, "output_padding")
    if min(paddings) < 0 or min(extra) < 0:
        which, value = ("padding", padding) if min(paddings) < 0 else ("output_padding", extra)
        raise RuntimeError(f"negative {which} is not supported: {value}")
    if any(e >= max(s, d) for e, s, d in zip(extra, strides, dilations, strict=True)):
        raise RuntimeError(
            "output padding must be smaller than either stride or dilation, but got "
            f"output_padding: {extra}, stride: {strides}, dilation: {dilations}"
        )
    if groups <= 0 or w[0] % groups:
        raise RuntimeError(
            f"Given groups={groups}, expected weight to be divisible by {groups} at dimension 0, "
            f"but got weight of size {list(w)} instead"
        )
    if x[1] != w[0]:
        raise RuntimeError(
            f"Given transposed=1, weight of size {list(w)}, expected input{list(x)} to have {w[0]} "
            f"channels, but got {x[1]} channels instead"
        )
    _check_bias(bias, w, w[1] * groups)
    size = tuple(
        (n - 1) * s - 2 * p + d * (k - 1) + 1 + e
        for n, s, p, d, k, e in zip(x[2:], strides, paddings, dilations, w[2:], extra, strict=True)
    )
    if min(size) < 1:
        raise RuntimeError(
            f"Given input size per channel: ({' x '.join(map(str, x[2:]))}). Calculated output "
            f"size per channel: ({' x '.join(map(str, size))}). Output size is too small"
        )
    how = _settings(size, strides, paddings, dilations, groups)
    return apply(dc.convolution_x, (input, weight, bias), how)


def _settings(size: tuple, stride: tuple, padding: tuple, dilation: tuple, groups: int) -> dict:
    """The settings as the formula sheet takes them: of images, whose height may be 1."""
    still = (1,) * (2 - len(size))
    return {
        "size": size,
        "stride": still + stride,
        "padding": (0,) * len(still) + padding,
        "dilation": still + dilation,
        "groups": groups,
    }


# -- checks ----------------------------------------------------------------------------------------
def _check_arrays(name: str, dims: int, input: Any, weight: Any, bias: Any) -> None:
    """Tensors of one type, with the dimensions that belong to the operation."""
    x, w = array_of(input, name), array_of(weight, name, "weight", 2)
    if bias is not None:
        array_of(bias, name, "bias", 3)
    if x.ndim not in (dims + 1, dims + 2):
        raise RuntimeError(
            f"Expected {dims + 1}D (unbatched) or {dims + 2}D (batched) input to {name}, but got "
            f"input of size: {list(x.shape)}"
        )
    if w.ndim != dims + 2:
        raise RuntimeError(
            f"expected the weight of {name} to have {dims + 2} dimensions, two for the channels "
            f"and one for each of the kernel's, but got {tensor_words(weight)}"
        )
    for which, other in (("weight", weight), ("bias", bias)):
        if other is not None and other._array.dtype != x.dtype:
            words = [
                dtypes.TENSOR_NAMES[t._array.dtype].removesuffix("Tensor") for t in (input, other)
            ]
            raise RuntimeError(
                f"expected scalar type {words[0]} but found {words[1]}: input and {which} of "
                f"{name} must have one dtype"
            )


def _positive(stride: Any, dilation: Any, dims: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Stride and dilation for each dimension."""
    strides, dilations = numbers(stride, dims, "stride"), numbers(dilation, dims, "dilation")
    if min(strides) <= 0 or min(dilations) <= 0:
        which = "stride" if min(strides) <= 0 else "dilation"
        raise RuntimeError(f"non-positive {which} is not supported: {(stride, dilation)}")
    return strides, dilations


def _check_bias(bias: Tensor | None, weight: tuple[int, ...], channels: int) -> None:
    if bias is not None and bias._array.shape != (channels,):
        raise RuntimeError(
            f"Given weight of size {list(weight)}, expected bias to be 1-dimensional with "
            f"{channels} elements, but got bias of size {list(bias._array.shape)} instead"
        )


def paddings(padding: Any, size: Any, stride: Any, dilation: Any) -> list[tuple[int, int]]:
    """For each dimension how much is added in front and behind."""
    if not isinstance(padding, str):
        each = numbers(padding, len(size), "padding")
        if min(each) < 0:
            raise RuntimeError(f"negative padding is not supported: {padding}")
        return [(p, p) for p in each]
    if padding == "valid":
        return [(0, 0)] * len(size)
    if padding != "same":
        raise RuntimeError(f"Invalid padding string: {padding!r}; use 'same' or 'valid'")
    if max(stride) > 1:
        raise RuntimeError("padding='same' is not supported for strided convolutions")
    totals = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
    return [(total // 2, total - total // 2) for total in totals]
