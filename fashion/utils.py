"""Many images in one, and images into files, with torchvision's names."""

from __future__ import annotations

import math
import os
import struct
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad
from minigrad._files import replacing

__all__ = ["make_grid", "save_image"]


def make_grid(
    tensor: minigrad.Tensor | Sequence[minigrad.Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> minigrad.Tensor:
    """Put images, a Tensor (n, c, h, w) or a list of (c, h, w), side by side into one (c, H, W).

    There are `nrow` in a row, with `padding` pixels of `pad_value` around each; one channel becomes
    three. With `normalize` values from the smallest to the largest, of all or of each image with
    `scale_each`, or those of `value_range`, become 0 to 1.

    >>> make_grid(minigrad.ones(5, 1, 28, 28), nrow=3).shape
    torch.Size([3, 62, 92])
    """
    if isinstance(tensor, (list, tuple)) and all(isinstance(x, minigrad.Tensor) for x in tensor):
        tensor = minigrad.stack(tensor)
    if not isinstance(tensor, minigrad.Tensor):
        raise TypeError(f"tensor or list of tensors expected, got {type(tensor)}")
    images = tensor.detach()
    if not 2 <= images.ndim <= 4:
        raise ValueError(f"make_grid takes (n, c, h, w), (c, h, w) or (h, w), not {images.shape}")
    images = images.reshape((1,) * (4 - images.ndim) + images.shape)
    if images.shape[1] == 1:
        images = minigrad.cat([images] * 3, 1)
    if normalize:
        images = _normalized(images, value_range, scale_each)
    n, channels, h, w = images.shape
    if n == 1:
        return images[0]
    columns = min(nrow, n)
    rows = math.ceil(n / columns)
    shape = (channels, rows * (h + padding) + padding, columns * (w + padding) + padding)
    grid = minigrad.full(shape, pad_value, dtype=images.dtype)
    for k in range(n):
        top, left = (k // columns) * (h + padding), (k % columns) * (w + padding)
        grid[:, top + padding : top + padding + h, left + padding : left + padding + w] = images[k]
    return grid


def _normalized(images: Any, value_range: Any, scale_each: bool) -> Any:
    if value_range is not None and not isinstance(value_range, tuple):
        raise TypeError(
            "value_range has to be a tuple (min, max) if specified. min and max are numbers"
        )
    axes = (1, 2, 3) if scale_each else (0, 1, 2, 3)
    low: Any = np.min(images, axes, keepdims=True)
    high: Any = np.max(images, axes, keepdims=True)
    if value_range is not None:
        low, high = (minigrad.tensor(bound, dtype=images.dtype) for bound in value_range)
    return (images.clamp(low, high) - low) / (high - low).clamp(min=1e-5)


def save_image(
    tensor: minigrad.Tensor | Sequence[minigrad.Tensor],
    fp: Any,
    format: str | None = None,
    **grid: Any,
) -> None:
    """Write images of values 0 to 1 into a PNG file: one, or many as make_grid() puts them.

    `fp` is a path, under which the file appears whole or not at all, or an open binary file; the
    other arguments are make_grid()'s. ValueError for another format than PNG.

    >>> import io
    >>> save_image(minigrad.zeros(4, 1, 28, 28), file := io.BytesIO(), nrow=2)
    >>> file.getvalue()[1:4]
    b'PNG'
    """
    named = isinstance(fp, (str, os.PathLike))
    wanted = format or (os.path.splitext(fp)[1].lstrip(".") if named else "") or "png"
    if wanted.lower() != "png":
        raise ValueError(f"save_image writes PNG files only, and {wanted!r} was asked for: {fp}")
    image = make_grid(tensor, **grid)
    pixels = (image * 255 + 0.5).clamp(0, 255).to(minigrad.uint8)
    content = png(pixels.permute(1, 2, 0).numpy())
    if not named:
        fp.write(content)
        return
    with replacing(fp) as file:
        file.write(content)


def png(pixels: Any) -> bytes:
    """The PNG file of a uint8 array (h, w, 3), or of another number of channels from 1 to 4.

    By the specification, https://www.w3.org/TR/png: three chunks, each with its CRC.

    >>> png(np.zeros((1, 1, 3), np.uint8))[:8]
    b'\\x89PNG\\r\\n\\x1a\\n'
    """
    height, width, channels = pixels.shape
    if channels not in (1, 2, 3, 4):
        raise ValueError(f"an image has 1 to 4 channels, and this one {channels}")
    kind = {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    rows = pixels.reshape(height, width * channels)
    unfiltered = np.concatenate([np.zeros((height, 1), np.uint8), rows], 1)  # 0: no filter
    header = struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(unfiltered.tobytes())), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        for name, data in chunks
    )
