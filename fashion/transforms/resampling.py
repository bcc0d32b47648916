"""Other sizes and angles: what each new pixel takes of the old ones."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad

from .colours import max_value
from .images import InterpolationMode, mode_of, planes

__all__ = ["resize", "rotate", "weights"]

Array = np.ndarray[Any, Any]


# -- sizes -----------------------------------------------------------------------------------------
def _triangle(x: Array) -> Array:
    return np.maximum(1 - np.abs(x), 0)


def _cubic(x: Array, a: float) -> Array:
    """Keys' curve, which reaches over two pixels."""
    x = np.abs(x)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0))


@functools.lru_cache(maxsize=64)
def weights(old: int, new: int, antialias: bool = True, mode: str = "bilinear") -> Array:
    """Return what each old pixel of a line contributes to each new one, float64 (new, old).

    A new pixel is the mean of the old ones under a triangle, or Keys' curve for "bicubic", around
    its centre, which reaches to the neighbours' centres: of the new pixels where these lie farther
    apart and `antialias` is true, else of the old ones. "nearest-exact" takes the old pixel in
    which the new centre lies, and "nearest" that of the new pixel's beginning.

    >>> weights(4, 2).round(3)
    array([[0.429, 0.429, 0.143, 0.   ],
           [0.   , 0.143, 0.429, 0.429]])
    """
    scale = old / new
    centres = (np.arange(new) + 0.5) * scale
    if mode.startswith("nearest"):
        chosen = centres if mode == "nearest-exact" else np.arange(new) * scale
        part = (np.minimum(np.floor(chosen), old - 1)[:, None] == np.arange(old)).astype(float)
    else:
        reach = max(scale, 1.0) if antialias else 1.0
        distances = (np.arange(old) + 0.5 - centres[:, None]) / reach
        if mode == "bilinear":
            part = _triangle(distances)
            part /= part.sum(axis=1, keepdims=True)
        elif antialias:  # Pillow leaves out what lies beyond the border
            part = _cubic(distances, -0.5)
            part /= part.sum(axis=1, keepdims=True)
        else:  # torch repeats the border
            part = _repeated_border(centres, old)
    part.flags.writeable = False  # it is shared by all callers
    return part


def _repeated_border(centres: Array, old: int) -> Array:
    part = np.zeros((len(centres), old))
    first = np.floor(centres - 0.5).astype(int) - 1
    for k in range(4):
        at = first + k
        np.add.at(part, (np.arange(len(centres)), at.clip(0, old - 1)),
                  _cubic(at + 0.5 - centres, -0.75))  # fmt: skip
    return part


RESAMPLING = ("nearest", "nearest-exact", "bilinear", "bicubic")


def sides_of(size: Any, max_size: int | None) -> tuple[int, ...]:
    """The one or two sides that Resize was asked for; TypeError and ValueError as torchvision's."""
    if not isinstance(size, (int, np.integer, Sequence)) or isinstance(size, (bool, str)):
        raise TypeError(f"Size should be int or sequence. Got {type(size)}")
    sides = tuple(map(operator.index, size if isinstance(size, Sequence) else (size,)))
    if len(sides) not in (1, 2):
        raise ValueError("If size is a sequence, it should have 1 or 2 values")
    if min(sides) < 1:
        raise ValueError(f"a size is at least 1 pixel, and {size} was asked for")
    if max_size is not None and (len(sides) == 2 or max_size <= sides[0]):
        raise ValueError(
            f"max_size = {max_size} must be greater than the size for the smaller edge, "
            f"and goes with one number only; found size = {size}"
        )
    return sides


def resize(
    img: Any,
    size: Any,
    interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """Bring images to another size: see Resize, which has the same arguments.

    >>> resize(np.arange(0, 64, 4, dtype=np.uint8).reshape(4, 4), 2)
    array([[14, 20],
           [40, 46]], dtype=uint8)
    """
    sides, mode = sides_of(size, max_size), mode_of(interpolation, RESAMPLING).value
    x, back = planes(img)
    of_array = not isinstance(img, minigrad.Tensor)
    if of_array and mode == "nearest":
        mode = "nearest-exact"  # Pillow has but this one
    old, new = x.shape[-2:], _new_size(x.shape[-2], x.shape[-1], sides, max_size)
    smooth = antialias is not False
    rows, columns = (weights(n, m, smooth, mode) for n, m in zip(old, new, strict=True))
    if mode.startswith("nearest"):
        return back(x[..., rows.argmax(1), :][..., columns.argmax(1)])
    if x.dtype != np.uint8 and np.dtype(x.dtype).kind != "f":
        raise TypeError(f"Resize takes images of uint8 or floats, not {x.dtype}")
    if of_array and x.dtype == np.uint8:
        return back(_in_whole_numbers(x, rows, columns, mode))
    if of_array:
        return back((rows @ x @ columns.T).astype(x.dtype))
    wide = x.to(minigrad.float32) if x.dtype == np.uint8 else x
    left, right = (minigrad.tensor(w, dtype=wide.dtype) for w in (rows, columns.T))
    y = left @ wide @ right
    return y if wide is x else y.round().clamp(0, 255).to(x.dtype)


def _in_whole_numbers(x: Array, rows: Array, columns: Array, mode: str) -> Array:
    """Fixed-point weights and a rounding after each direction: Pillow's arithmetic, exactly.

    Weights of a triangle keep within 0 to 255, so the cast to uint8 rounds down; Keys' curve
    leads beyond.
    """
    wide = x @ _fixed(columns).T
    wide += 0.5
    np.floor(wide, out=wide)
    if mode == "bicubic":
        np.clip(wide, 0, 255, out=wide)
    high = _fixed(rows) @ wide
    high += 0.5
    if mode == "bicubic":
        np.clip(high, 0, 255, out=high)
    return high.astype(np.uint8)


def _new_size(height: int, width: int, sides: tuple, max_size: int | None) -> tuple[int, int]:
    if len(sides) == 2:
        return sides[0], sides[1]
    short, long = sorted((height, width))
    new_short, new_long = sides[0], int(sides[0] * long / short)
    if max_size is not None and new_long > max_size:
        new_short, new_long = int(max_size * new_short / new_long), max_size
    return (new_long, new_short) if height >= width else (new_short, new_long)


def _fixed(part: Array) -> Array:
    """Round weights to 22 bits: products with uint8 and their sums are then exact in float64."""
    return np.floor(part * 2**22 + 0.5) / 2**22


# -- angles ----------------------------------------------------------------------------------------
def rotate(
    img: Any,
    angle: float,
    interpolation: InterpolationMode | str | int = InterpolationMode.NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Any = None,
) -> Any:
    """Turn by an angle in degrees, against the clock, around `center` (x, y) or the middle.

    With `expand` the result is as large as the turned image needs, else as large as the image;
    `fill` is what the corners get: a number, or one for each channel. `interpolation` is nearest or
    bilinear.

    >>> rotate(np.array([[1, 2], [3, 4]], np.uint8), 90)
    array([[2, 4],
           [1, 3]], dtype=uint8)
    """
    if not isinstance(angle, (int, float)):
        raise TypeError("Argument angle should be int or float")
    if center is not None and not isinstance(center, (list, tuple)):
        raise TypeError("Argument center should be a sequence")
    smooth = mode_of(interpolation, ("nearest", "bilinear")) is InterpolationMode.BILINEAR
    x, back = planes(img)
    of_array, quarters = not isinstance(img, minigrad.Tensor), angle % 360 / 90
    if of_array and center is None and expand and quarters == int(quarters):
        return back(np.rot90(x, int(quarters), (-2, -1)))  # as Pillow; torch counts to the edges
    (h, w), turn = x.shape[-2:], math.radians(-angle % 360)
    cos, sin = round(math.cos(turn), 15), round(math.sin(turn), 15)
    middle = (w / 2, h / 2) if center is None else center

    def source(px: Any, py: Any) -> tuple[Any, Any]:
        """Where in the old image a point of the new one, or of its border, comes from."""
        dx, dy = px - middle[0], py - middle[1]
        return cos * dx + sin * dy + middle[0], -sin * dx + cos * dy + middle[1]

    high, wide, shift = h, w, (0.0, 0.0)
    if expand:
        xs, ys = source(np.array([0, w, w, 0]), np.array([0, 0, h, h]))
        wide = math.ceil(xs.max().round(9)) - math.floor(xs.min().round(9))
        high = math.ceil(ys.max().round(9)) - math.floor(ys.min().round(9))
        shift = ((wide - w) / 2, (high - h) / 2)
    columns, rows = source(
        np.arange(wide) + 0.5 - shift[0], np.arange(high)[:, None] + 0.5 - shift[1]
    )
    fills = np.atleast_1d(0 if fill is None else fill).reshape(-1, 1, 1)
    y = (_between if smooth else _at)(x, rows, columns, fills, of_array)
    return back(y.astype(x.dtype))


def _at(x: Any, rows: Array, columns: Array, fills: Array, of_array: bool) -> Any:
    """The pixels in which these points lie, in pixels from the top left corner; fills outside."""
    h, w = x.shape[-2:]
    if of_array:
        i, j = np.floor(rows).astype(int), np.floor(columns).astype(int)
    else:  # on an edge torch takes the even one
        i, j = (np.rint(np.round(p - 0.5, 5)).astype(int) for p in (rows, columns))
    inside = (i >= 0) & (i < h) & (j >= 0) & (j < w)
    return np.where(inside, x[..., i.clip(0, h - 1), j.clip(0, w - 1)], fills)


def _between(x: Any, rows: Array, columns: Array, fills: Array, of_array: bool) -> Any:
    """The mean of the four pixels around each point.

    At the border Pillow repeats the edge, and torch mixes with what is outside.
    """
    h, w = x.shape[-2:]
    i, j = np.floor(rows - 0.5).astype(int), np.floor(columns - 0.5).astype(int)
    down, right = rows - 0.5 - i, columns - 0.5 - j
    total: Any = 0
    for di, dj, share in (
        (0, 0, (1 - down) * (1 - right)), (0, 1, (1 - down) * right),
        (1, 0, down * (1 - right)), (1, 1, down * right),
    ):  # fmt: skip
        y = x[..., (i + di).clip(0, h - 1), (j + dj).clip(0, w - 1)]
        if not of_array:
            inside = (i + di >= 0) & (i + di < h) & (j + dj >= 0) & (j + dj < w)
            y = np.where(inside, y, fills)
        total = total + y * share
    if of_array:
        total = np.where((rows >= 0) & (rows < h) & (columns >= 0) & (columns < w), total, fills)
    elif np.dtype(x.dtype).kind != "f":
        total = np.clip(np.round(total), 0, max_value(x.dtype))
    return total
