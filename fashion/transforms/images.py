"""What an image is: arrays, Pillow's images and Tensors, seen as planes."""

from __future__ import annotations

import enum
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

import minigrad

__all__ = [
    "InterpolationMode", "channels_first", "has_channels", "is_batch", "pixels", "planes",
]  # fmt: skip

Array = np.ndarray[Any, Any]
MOST_CHANNELS = 4  # red, green, blue and opacity


class InterpolationMode(enum.Enum):
    """How values between pixels are found; BOX, HAMMING and LANCZOS are named, and refused."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


# Pillow's numbers of them, which torchvision still takes.
NUMBERED = {0: "nearest", 2: "bilinear", 3: "bicubic", 4: "box", 5: "hamming", 1: "lanczos"}


def mode_of(interpolation: Any, known: tuple[str, ...]) -> InterpolationMode:
    """The mode that is meant by one, by its name or by Pillow's number; ValueError for others."""
    mode = InterpolationMode(
        NUMBERED.get(interpolation) if isinstance(interpolation, int) else interpolation
    )
    if mode.value not in known:
        raise ValueError(f"interpolation {mode.value!r} is not here; these are: {', '.join(known)}")
    return mode


def pixels(img: Any) -> Array:
    """Return the array of an image or a batch; Pillow is recognised without importing it.

    >>> pixels(np.zeros((28, 28), np.uint8)).shape
    (28, 28)
    """
    pillow = sys.modules.get("PIL.Image")  # whoever has one of its images has imported it
    if pillow is not None and isinstance(img, pillow.Image):
        array = np.asarray(img)
        return array * np.uint8(255) if array.dtype == bool else array
    if not isinstance(img, np.ndarray):
        raise TypeError(f"pic should be PIL Image or ndarray. Got {type(img)}")
    if img.ndim not in (2, 3, 4):
        raise ValueError(
            f"pic should be 2/3 dimensional, or 3/4 for a batch. Got {img.ndim} dimensions."
        )
    return img


def has_channels(images: Array) -> bool:
    """Tell whether the last dimension of `pixels` is the channels.

    >>> has_channels(np.zeros((28, 28, 3))), has_channels(np.zeros((256, 28, 28)))
    (True, False)
    """
    return images.ndim == 4 or images.ndim == 3 and images.shape[-1] <= MOST_CHANNELS


def channels_first(images: Array) -> Array:
    """Return a view of `pixels` with the channels before the rows, one channel if there were none.

    >>> channels_first(np.zeros((28, 28, 3))).shape, channels_first(np.zeros((256, 28, 28))).shape
    ((3, 28, 28), (256, 1, 28, 28))
    """
    return np.moveaxis(images, -1, -3) if has_channels(images) else images[..., None, :, :]


def planes(img: Any) -> tuple[Any, Callable[[Any], Any]]:
    """The image or batch as an array or Tensor (..., channels, h, w), and the way back.

    What comes back is a Tensor of a Tensor, and else an array (h, w), (h, w, channels), or a batch
    of them: without channels if there were none and there is one.

    >>> x, back = planes(np.zeros((5, 28, 28), np.uint8))
    >>> x.shape, back(x[..., 2:]).shape
    ((5, 1, 28, 28), (5, 28, 26))
    """
    if isinstance(img, minigrad.Tensor):
        if img.ndim < 2:
            raise TypeError(f"Tensor is not a torch image: it has {img.ndim} dimensions")
        return img, _itself
    images = pixels(img)
    plain = not has_channels(images)

    def back(y: Array) -> Array:
        if plain and y.shape[-3] == 1:
            return y[..., 0, :, :]
        return np.ascontiguousarray(np.moveaxis(y, -3, -1))

    return channels_first(images), back


def _itself(x: Any) -> Any:
    return x


def is_batch(img: Any) -> bool:
    """Tell whether these are several images: a Tensor (n, c, h, w), an array (n, h, w[, c]).

    >>> is_batch(np.zeros((28, 28, 3))), is_batch(np.zeros((256, 28, 28)))
    (False, True)
    """
    if isinstance(img, minigrad.Tensor):
        return img.ndim > 3
    images = pixels(img)
    return images.ndim == 4 or images.ndim == 3 and not has_channels(images)
