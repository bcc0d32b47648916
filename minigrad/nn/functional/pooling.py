"""Windows over images, and one number for each: pooling."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._tensor import Tensor
from ...autograd import derivatives_nn as dn
from ...autograd.engine import wrap
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of
from .padding import pad
from .sizes import Pair, pair


class _Pooling:
    """The geometry of pooling: settings as pairs, checked, and the size of the result."""

    def __init__(
        self, name: str, input: Any, kernel_size: Any, stride: Any, padding: Any, dilation: Any,
        ceil: bool,
    ) -> None:  # fmt: skip
        if array_of(input, name).ndim not in (3, 4) or 0 in input._array.shape[-3:]:
            raise RuntimeError(
                "non-empty 3D or 4D (batch mode) tensor expected for input, but got "
                f"{tensor_words(input)}"
            )
        self.size = pair(kernel_size, "kernel_size")
        given = stride is not None and stride != ()
        self.stride = pair(stride, "stride") if given else self.size
        self.padding, self.dilation = pair(padding, "padding"), pair(dilation, "dilation")
        if min(self.stride) <= 0 or min(self.size) <= 0 or min(self.dilation) <= 0:
            raise RuntimeError(
                "stride should not be zero, and kernel size and dilation should be greater than "
                f"zero: kernel_size={kernel_size}, stride={stride}, dilation={dilation}"
            )
        out, ends = [], []
        *_, channels, height, width = input._array.shape
        for n, k, s, p, step in zip(
            (height, width), self.size, self.stride, self.padding, self.dilation, strict=True
        ):
            span = step * (k - 1) + 1
            if p < 0 or p > span // 2:
                raise RuntimeError(
                    "pad should be at most half of effective kernel size, but got "
                    f"pad={p}, kernel_size={k} and dilation={step}"
                )
            count = (n + 2 * p - span + (s - 1 if ceil else 0)) // s + 1
            if ceil and (count - 1) * s >= n + p:
                count -= 1  # the last window must begin inside the image or the padding before it
            out.append(count)
            ends.append((p, (count - 1) * s + span - n - p))
        self.out = (out[0], out[1])
        if min(out) < 1:
            raise RuntimeError(
                f"Given input size: ({channels}x{height}x{width}). Calculated output size: "
                f"({channels}x{max(out[0], 0)}x{max(out[1], 0)}). Output size is too small"
            )
        self.ends = (*ends[1], *ends[0])  # as pad() takes them

    def windows(self, input: Any) -> Any:
        """The windows over padded images, (N, C, rows, columns, windows down, across)."""
        return dn.windows(input, size=self.size, stride=self.stride, dilation=self.dilation)


def max_pool2d(
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    dilation: Pair = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Any:
    """The largest element of each window over images (N, C, H, W) or (C, H, W).

    stride is the kernel's size unless given. Of equal elements the first gets the gradient. With
    return_indices, also where it stands in its image, counted row by row.

    >>> nn.functional.max_pool2d(arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 5.,  7.],
              [13., 15.]]]])
    """
    how = _Pooling("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode)
    x = input._array[None] if input._array.ndim == 3 else input._array
    lowest = -math.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).min
    padded = x
    if any(how.ends):
        padded = pad(wrap(x), how.ends, value=lowest)._array
    n, c, height, width = x.shape
    cut = how.windows(padded).reshape(n, c, math.prod(how.size), *how.out)
    row, column = np.divmod(cut.argmax(2), how.size[1])
    row = row * how.dilation[0] + np.arange(how.out[0])[:, None] * how.stride[0] - how.padding[0]
    column = column * how.dilation[1] + np.arange(how.out[1]) * how.stride[1] - how.padding[1]
    row, column = row.clip(0, height - 1), column.clip(0, width - 1)  # where all are -inf
    inside = row * width + column
    images = np.arange(n * c).reshape(n, c, 1, 1) * (height * width)
    shape = (*input._array.shape[:-2], *how.out)
    y = input.reshape(-1)[wrap((images + inside).reshape(-1))].reshape(shape)
    return (y, wrap(inside.reshape(shape))) if return_indices else y


def avg_pool2d(
    input: Tensor,
    kernel_size: Pair,
    stride: Pair | None = None,
    padding: Pair = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean of each window over images (N, C, H, W) or (C, H, W).

    stride is the kernel's size unless given. The sum is divided by the number of elements in the
    window, padding included unless count_include_pad=False, or by divisor_override.

    >>> nn.functional.avg_pool2d(arange(16.).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 2.5000,  4.5000],
              [10.5000, 12.5000]]]])
    """
    how = _Pooling("avg_pool2d", input, kernel_size, stride, padding, 1, ceil_mode)
    if divisor_override == 0:
        raise RuntimeError("divisor must be not zero")
    if input._array.ndim == 3:
        batch = input.unsqueeze(0)
        return avg_pool2d(
            batch, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor_override
        ).squeeze(0)
    total = how.windows(pad(input, how.ends) if any(how.ends) else input).sum((2, 3))
    divisor: Any = divisor_override or math.prod(how.size)
    if divisor_override is None and any(how.ends) and (ceil_mode or not count_include_pad):
        divisor = _window_sizes(how, input._array.shape[2:], count_include_pad)
        divisor = wrap(divisor.astype(total._array.dtype))
    if input._array.dtype.kind != "f":
        return total.div(divisor, rounding_mode="trunc").to(input._array.dtype)
    return total / divisor


def _window_sizes(how: _Pooling, shape: tuple, with_padding: bool) -> np.ndarray:
    """How many elements of the image, or of the image and its padding, each window covers."""
    ones = np.ones((1, 1, *shape))
    (left, right, top, bottom), (p, q) = how.ends, how.padding
    if with_padding:
        ones = np.pad(ones, ((0, 0), (0, 0), (p, p), (q, q)), constant_values=1)
        left, right, top, bottom = 0, right - q, 0, bottom - p
    return how.windows(pad(wrap(ones), (left, right, top, bottom)))._array.sum((2, 3))
