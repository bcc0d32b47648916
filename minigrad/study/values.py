"""How an array is written in few words, and painted in few bytes."""

from __future__ import annotations

import base64
import math
import struct
import zlib
from typing import Any, NamedTuple

import numpy as np

FEW, WIDE = 6, 36  # so many numbers are written out, and so many characters in a row
SIDE = 4  # planes that large are shown side by side
MOST_CELLS = 112  # of a picture, each way; beyond that a cell is a mean

# From blue through nothing to orange: the two differ in lightness in print, too.
HALF = 31  # shades on either side
LOW, MIDDLE, HIGH = (33, 102, 172), (247, 246, 243), (194, 65, 12)


def number(x: Any) -> str:
    """A number with four digits at most.

    >>> number(0.5), number(-1.23456e-5), number(1e30), number(3), number(True)
    ('0.5', '-1.235e-05', '1e+30', '3', 'True')
    """
    if isinstance(x, (bool, np.bool_)):
        return str(bool(x))
    text = f"{float(x):.4g}"
    return "0" if text == "-0" else text


def shape(array: Any) -> str:
    """The shape of an array as a user writes it.

    >>> shape(np.zeros((2, 3))), shape(np.zeros(3)), shape(2.0)
    ('(2, 3)', '(3,)', '()')
    """
    return str(tuple(np.shape(array)))


def brief(array: Any) -> str:
    """The numbers, if there are few and they are short; else their norm.

    >>> brief(np.array([[1.5, 2.0]])), brief(np.ones((3, 3))), brief(7)
    ('[[1.5, 2]]', 'norm 3', '7')
    """
    a = np.asarray(array)
    if a.size <= FEW and a.ndim < 3:
        text = listed(a)
        if max(map(len, rows(text))) <= WIDE:
            return text
    if a.dtype.kind != "f":
        return "mask" if a.dtype == bool else f"{number(a.min())} to {number(a.max())}"
    return f"norm {number(norm(a))}"


def rows(text: str) -> list[str]:
    """The lines that a matrix is written on.

    >>> rows("[[1, 2], [3, 4]]")
    ['[[1, 2],', '[3, 4]]']
    """
    return text.replace("], [", "],\n[").split("\n")


def listed(array: Any) -> str:
    """All numbers of an array, in brackets."""
    a = np.asarray(array)
    if a.ndim == 0:
        return number(a)
    return "[" + ", ".join(map(listed, a)) + "]"


def norm(array: Any) -> float:
    """The Euclidean norm, in double precision, so that large numbers have one."""
    a = np.asarray(array, np.float64).reshape(-1)
    return math.sqrt(float(a @ a)) if a.size else 0.0


def told(array: Any) -> str:
    """The numbers, or what there is to say of many: shape, smallest, largest and norm.

    >>> told(np.array([1.0, 2.0])), told(np.arange(12.0).reshape(3, 4))
    ('[1, 2]', '(3, 4), from 0 to 11, norm 22.49')
    """
    a = np.asarray(array)
    if a.size <= FEW:
        return listed(a)
    if a.dtype.kind == "f" and (broken := int(np.isnan(a).sum())):
        return f"{shape(a)}, {'all' if broken == a.size else f'{broken:,} of {a.size:,}'} nan"
    low, high = number(a.min()), number(a.max())
    end = f", norm {number(norm(a))}" if a.dtype.kind == "f" else ""
    return f"{shape(a)}, from {low} to {high}{end}"


# -- pictures --------------------------------------------------------------------------------------
class Picture(NamedTuple):
    """A picture as the address of its data, its size in cells, and what a reader must know."""

    address: str
    width: int
    height: int
    low: float
    high: float
    note: str  # "each cell is the mean of 4 x 8 elements", or ""
    alone: bool  # are the values of a photograph, and not signed numbers


def picture(array: np.ndarray, image: tuple[int, int] | None = None) -> Picture | None:
    """A heat map of an array, or the images that it holds if image gives their height and width.

    None for what has no numbers to paint: too few of them, or none that is finite.
    """
    a = np.asarray(array)
    if a.size <= FEW or a.dtype.kind not in "fiub":
        return None
    plane, note = sheet(a.astype(np.float64), image)
    finite = plane[np.isfinite(plane)]
    if not finite.size:
        return None
    low, high = float(finite.min()), float(finite.max())
    alone = low >= 0 and image is not None and note.startswith("image")
    if alone:  # dark on light, as print
        shades = np.where(np.isnan(plane), 0, plane / (high or 1))
        index = np.round(2 * HALF * np.clip(shades, 0, 1)).astype(np.uint8)
        palette: list[tuple[int, ...]] = [
            (255 - 255 * i // (2 * HALF),) * 3 for i in range(2 * HALF + 1)
        ]
    else:
        bound = max(abs(low), abs(high)) or 1.0
        level = np.clip(np.nan_to_num(plane / bound), -1, 1)
        index = np.round(level * HALF + HALF).astype(np.uint8)
        palette = [_blend((i - HALF) / HALF) for i in range(2 * HALF + 1)]
        low, high = -bound, bound
    address = "data:image/png;base64," + base64.b64encode(png(index, palette)).decode()
    return Picture(address, index.shape[1], index.shape[0], low, high, note, alone)


def _blend(t: float) -> tuple[int, ...]:
    end = HIGH if t > 0 else LOW
    t = min(1.0, abs(t)) ** 0.75  # small numbers are to be seen, too
    r, g, b = (round(m + t * (e - m)) for m, e in zip(MIDDLE, end, strict=True))
    return r, g, b


def sheet(a: np.ndarray, image: tuple[int, int] | None) -> tuple[np.ndarray, str]:
    """The array laid out in two dimensions, and a note of what was done to it."""
    pixels = image[0] * image[1] if image else 0
    if image and a.ndim >= 2 and a.shape[-2:] == image:
        return tiles(a.reshape(-1, *image))
    if image and a.ndim == 2 and a.shape[1] == pixels:
        return tiles(a.reshape(-1, *image))
    if image and a.ndim == 2 and a.shape[0] == pixels:
        return tiles(a.T.reshape(-1, *image))
    if image and a.shape == (pixels,):
        return tiles(a.reshape(1, *image))
    if a.ndim > 2 and min(a.shape[-2:]) >= SIDE:
        return tiles(a.reshape(-1, *a.shape[-2:]), "plane")
    if a.ndim > 2:
        return mean_cells(a.reshape(math.prod(a.shape[:-1]), a.shape[-1]))
    return mean_cells(a.reshape(1, -1) if a.ndim < 2 else a)


def tiles(images: np.ndarray, word: str = "image", most: int = 10) -> tuple[np.ndarray, str]:
    """The first images side by side, five in a row, with a line of nothing between them."""
    shown = images[:most]
    columns = min(5, len(shown))
    rows = -(-len(shown) // columns)
    h, w = shown.shape[1:]
    plane = np.full((rows * (h + 1) - 1, columns * (w + 1) - 1), np.nan)
    for k, one in enumerate(shown):
        top, left = k // columns * (h + 1), k % columns * (w + 1)
        plane[top : top + h, left : left + w] = one
    left_out = f", the first {most} of {len(images)}" if len(images) > most else ""
    return plane, f"{word}{'s' if len(shown) > 1 else ''} of {h} x {w}{left_out}"


def mean_cells(a: np.ndarray) -> tuple[np.ndarray, str]:
    """The array in a picture's size: each cell the mean of a block, and a tall one lying down."""
    turned = a.shape[0] > 2 * a.shape[1]
    if turned:
        a = a.T
    blocks = [-(-n // MOST_CELLS) for n in a.shape]
    if blocks == [1, 1]:
        return a, "turned on its side" if turned else ""
    for axis, size in enumerate(blocks):
        starts = np.arange(0, a.shape[axis], size)
        counts = np.diff([*starts, a.shape[axis]])
        spread = counts.reshape((-1, 1) if axis == 0 else (1, -1))
        a = np.add.reduceat(a, starts, axis) / spread
    note = f"each cell is the mean of {blocks[0]} x {blocks[1]} elements"
    return a, note + (", turned on its side" if turned else "")


def png(index: np.ndarray, palette: list[tuple[int, ...]]) -> bytes:
    """A PNG file of places in a palette.

    >>> png(np.zeros((1, 1), np.uint8), [(0, 0, 0)])[:8]
    b'\\x89PNG\\r\\n\\x1a\\n'
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + check

    height, width = index.shape
    rows = b"".join(b"\0" + row.tobytes() for row in index)
    return b"".join((
        b"\x89PNG\r\n\x1a\n",
        chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        chunk(b"PLTE", bytes(v for colour in palette for v in colour)),
        chunk(b"IDAT", zlib.compress(rows, 9)),
        chunk(b"IEND", b""),
    ))  # fmt: skip
