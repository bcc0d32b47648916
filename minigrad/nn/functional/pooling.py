"""Windows over images and sequences: pooling, which makes one number of each, and unfold."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._tensor import Tensor
from ...autograd import derivatives_conv as dc
from ...autograd.engine import apply, wrap
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of
from .sizes import Pair, Single, numbers


def max_pool1d(
    input: Tensor, kernel_size: Single, stride: Single | None = None, padding: Single = 0,
    dilation: Single = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window over sequences (N, C, L) or (C, L); see max_pool2d.

    >>> nn.functional.max_pool1d(tensor([[1., 3., 2., 4.]]), 2)
    tensor([[3., 4.]])
    """
    windows = _windows("max_pool1d", 1, input, kernel_size, stride, padding, dilation, ceil_mode)
    return _largest("max_pool1d", input, windows, return_indices)


def max_pool2d(
    input: Tensor, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0,
    dilation: Pair = 1, ceil_mode: bool = False, return_indices: bool = False,
) -> Any:  # fmt: skip
    """The largest element of each window over images (N, C, H, W) or (C, H, W).

    stride is the kernel's size unless given. Of equal elements the first gets the gradient. With
    return_indices, also where it stands in its image, counted row by row.

    >>> nn.functional.max_pool2d(arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    windows = _windows("max_pool2d", 2, input, kernel_size, stride, padding, dilation, ceil_mode)
    return _largest("max_pool2d", input, windows, return_indices)


def avg_pool1d(
    input: Tensor, kernel_size: Single, stride: Single | None = None, padding: Single = 0,
    ceil_mode: bool = False, count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The mean of each window over sequences (N, C, L) or (C, L); see avg_pool2d.

    >>> nn.functional.avg_pool1d(tensor([[1., 3., 2., 4.]]), 2)
    tensor([[2., 3.]])
    """
    windows = _windows("avg_pool1d", 1, input, kernel_size, stride, padding, 1, ceil_mode)
    return _mean(input, windows, ceil_mode, count_include_pad)


def avg_pool2d(
    input: Tensor, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0,
    ceil_mode: bool = False, count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean of each window over images (N, C, H, W) or (C, H, W).

    stride is the kernel's size unless given. The sum is divided by the number of elements in the
    window, padding included unless count_include_pad=False, or by divisor_override.

    >>> nn.functional.avg_pool2d(arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    windows = _windows("avg_pool2d", 2, input, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    return _mean(input, windows, ceil_mode, count_include_pad, divisor_override)


def unfold(
    input: Tensor, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0, stride: Pair = 1
) -> Tensor:
    """The windows over images (N, C, H, W), a column for each: (N, C * elements, windows).

    >>> nn.functional.unfold(arange(6.).reshape(1, 1, 2, 3), 2)
    tensor([[[0., 1.],
             [1., 2.],
             [3., 4.],
             [4., 5.]]])
    """
    shape = array_of(input, "unfold").shape
    if len(shape) not in (3, 4) or 0 in shape[-3:]:
        raise RuntimeError(
            "Expected 3D or 4D (batch mode) tensor with possibly 0 batch size and other non-zero "
            f"dimensions for input, but got: {list(shape)}"
        )
    windows = _all_windows(shape[-2:], kernel_size, dilation, padding, stride)
    y = apply(dc.unfold, (input,), {"windows": windows})
    elements, counts = y._array.shape[-3], y._array.shape[-2:]
    return y.reshape((*shape[:-3], shape[-3] * elements, math.prod(counts)))


def fold(
    input: Tensor, output_size: Pair, kernel_size: Pair, dilation: Pair = 1, padding: Pair = 0,
    stride: Pair = 1,
) -> Tensor:  # fmt: skip
    """The transpose of unfold: columns (N, C * elements, windows) added up as images (N, C, H, W).

    >>> nn.functional.fold(ones(1, 4, 2), (2, 3), 2)
    tensor([[[[1., 2., 1.],
              [1., 2., 1.]]]])
    """
    shape, size = array_of(input, "fold").shape, numbers(output_size, 2, "output_size")
    windows = _all_windows(size, kernel_size, dilation, padding, stride)
    elements, counts = math.prod(w[0] for w in windows), tuple(w[-1] for w in windows)
    if len(shape) not in (2, 3) or shape[-2] % elements or shape[-1] != math.prod(counts):
        raise RuntimeError(
            f"Given output_size={size}, kernel_size={kernel_size}, dilation={dilation}, "
            f"padding={padding}, stride={stride}, expected input (N, C * {elements}, "
            f"{math.prod(counts)}), but got input of size: {list(shape)}"
        )
    lead = (*shape[:-2], shape[-2] // elements)
    columns = input.reshape((*lead, elements, *counts))
    return apply(dc.fold, (columns,), {"shape": (*lead, *size), "windows": windows})


# -- the geometry of windows -----------------------------------------------------------------------
def _windows(
    name: str, dims: int, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
    ceil: bool,
) -> tuple[tuple[int, ...], ...]:  # fmt: skip
    """For each dimension size, stride, padding, dilation and number of the windows, checked."""
    shape = array_of(input, name).shape
    if len(shape) not in (dims + 1, dims + 2) or 0 in shape[-dims - 1 :]:
        raise RuntimeError(
            f"non-empty {dims + 1}D or {dims + 2}D (batch mode) tensor expected for input, but got "
            f"{tensor_words(input)}"
        )
    sizes = numbers(kernel_size, dims, "kernel_size")
    given = stride is not None and stride != ()
    strides = numbers(stride, dims, "stride") if given else sizes
    paddings, dilations = numbers(padding, dims, "padding"), numbers(dilation, dims, "dilation")
    if min(strides) <= 0 or min(sizes) <= 0 or min(dilations) <= 0:
        raise RuntimeError(
            "stride should not be zero, and kernel size and dilation should be greater than "
            f"zero: kernel_size={kernel_size}, stride={stride}, dilation={dilation}"
        )
    found = []
    for n, k, s, p, d in zip(shape[-dims:], sizes, strides, paddings, dilations, strict=True):
        span = d * (k - 1) + 1
        if p < 0 or p > span // 2:
            raise RuntimeError(
                "pad should be at most half of effective kernel size, but got "
                f"pad={p}, kernel_size={k} and dilation={d}"
            )
        count = (n + 2 * p - span + (s - 1 if ceil else 0)) // s + 1
        if ceil and (count - 1) * s >= n + p:
            count -= 1  # the last window must begin inside the image or the padding before it
        found.append((k, s, p, d, count))
    counts = [max(w[-1], 0) for w in found]
    if min(counts) < 1:
        before, after = (
            "x".join(map(str, (shape[-dims - 1], *n))) for n in (shape[-dims:], counts)
        )
        raise RuntimeError(
            f"Given input size: ({before}). Calculated output size: ({after}). Output size is too "
            "small"
        )
    return tuple(found)


def _all_windows(
    size: tuple[int, ...], kernel_size: Any, dilation: Any, padding: Any, stride: Any
) -> tuple[tuple[int, ...], ...]:
    """The same for unfold and fold, where there is no bound to the padding."""
    sizes, strides = numbers(kernel_size, 2, "kernel_size"), numbers(stride, 2, "stride")
    paddings, dilations = numbers(padding, 2, "padding"), numbers(dilation, 2, "dilation")
    if min(*sizes, *strides, *dilations) <= 0 or min(paddings) < 0:
        raise RuntimeError(
            "kernel size, stride and dilation should be greater than zero, and padding not "
            f"negative: kernel_size={kernel_size}, stride={stride}, dilation={dilation}, "
            f"padding={padding}"
        )
    counts = tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, sizes, strides, paddings, dilations, strict=True)
    )
    if min(counts) < 1:
        raise RuntimeError(
            f"Given images of size {size}, kernel_size={kernel_size}, dilation={dilation}, "
            f"padding={padding}, stride={stride}, calculated shape of the array of sliding blocks "
            f"as {counts}, but its components must be at least one"
        )
    return tuple(zip(sizes, strides, paddings, dilations, counts, strict=True))


# -- what all kinds share --------------------------------------------------------------------------
def _largest(name: str, input: Tensor, windows: Any, return_indices: bool) -> Any:
    if input._array.dtype.kind == "b":
        raise NotImplementedError(f"\"{name}\" not implemented for 'Bool'; convert with .float()")
    y = apply(dc.max_pool, (input,), {"windows": windows})
    if not return_indices:
        return y
    x, size = input._array, input._array.shape[-len(windows) :]
    at = np.broadcast_to(np.arange(math.prod(size)).reshape(size), x.shape)
    return y, wrap(dc.at_peaks(at, x, y._array, windows=windows))


def _mean(
    input: Tensor, windows: Any, ceil: bool, with_padding: bool, divisor: Any = None
) -> Tensor:
    if divisor is None and any(w[2] for w in windows) or divisor is None and ceil:
        if ceil or not with_padding:
            divisor = _elements(windows, input._array.shape[-len(windows) :], with_padding)
    divisor = math.prod(w[0] for w in windows) if divisor is None else divisor
    if input._array.dtype.kind != "f":
        total = apply(dc.mean_pool, (input,), {"windows": windows, "divisor": None})
        each = wrap(divisor) if isinstance(divisor, np.ndarray) else divisor
        return total.div(each, rounding_mode="trunc").to(input._array.dtype)
    if isinstance(divisor, np.ndarray):
        divisor = divisor.astype(input._array.dtype)
    return apply(dc.mean_pool, (input,), {"windows": windows, "divisor": divisor})


def _elements(windows: Any, shape: tuple[int, ...], with_padding: bool) -> np.ndarray:
    """How many elements of the image, or of the image and its padding, each window covers."""
    found = np.ones(())
    for n, (size, stride, padding, _, count) in zip(shape, windows, strict=True):
        start = np.arange(count) * stride - padding
        end = np.minimum(start + size, n + padding)
        if not with_padding:
            start, end = np.maximum(start, 0), np.minimum(end, n)
        found = found[..., None] * (end - start)
    return found
