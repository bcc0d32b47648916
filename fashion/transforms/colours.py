"""Grey, brightness, contrast, saturation, hue: of arrays as in Pillow, of Tensors as in torch."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad

from .images import planes

__all__ = [
    "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue", "adjust_saturation",
    "invert", "posterize", "rgb_to_grayscale", "solarize", "to_grayscale",
]  # fmt: skip


def max_value(dtype: Any) -> int:
    """The largest value of a pixel: 1 of floats.

    >>> max_value(np.uint8), max_value(np.float32)
    (255, 1)
    """
    dtype = np.dtype(dtype)
    return 1 if dtype.kind in "fb" else int(np.iinfo(dtype).max)


def _one_or_three(x: Any) -> int:
    channels = x.shape[-3] if x.ndim > 2 else 1
    if channels not in (1, 3):
        raise TypeError(
            f"Input image tensor permitted channel values are [1, 3], but found {channels}"
        )
    return channels


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Make a colour image grey, with one channel or three equal ones.

    Of red, green and blue it takes 0.299, 0.587 and 0.114.

    >>> rgb_to_grayscale(np.array([[[255, 0, 0], [0, 255, 0]]], np.uint8))
    array([[ 76, 150]], dtype=uint8)
    """
    if num_output_channels not in (1, 3):
        raise ValueError("num_output_channels should be either 1 or 3")
    x, back = planes(img)
    if isinstance(img, minigrad.Tensor) and x.ndim < 3:
        raise TypeError(f"Input image tensor should have at least 3 dimensions, but found {x.ndim}")
    grey = _grey(x)
    if num_output_channels == 3:
        return back(np.concatenate([grey] * 3, -3))
    return grey if isinstance(img, minigrad.Tensor) else grey[..., 0, :, :]


def _grey(x: Any) -> Any:
    if _one_or_three(x) == 1:
        return np.copy(x)
    r, g, b = (x[..., k : k + 1, :, :] for k in range(3))
    if isinstance(x, minigrad.Tensor):
        return (0.2989 * r + 0.587 * g + 0.114 * b).astype(x.dtype)
    if x.dtype != np.uint8:
        return (0.299 * r + 0.587 * g + 0.114 * b).astype(x.dtype)
    r, g, b = (c.astype(np.uint32) for c in (r, g, b))  # Pillow's whole numbers
    return (r * 19595 + g * 38470 + b * 7471 + 0x8000 >> 16).astype(np.uint8)


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """The same: the older name of rgb_to_grayscale().

    >>> to_grayscale(np.zeros((2, 2, 3), np.uint8)).shape
    (2, 2)
    """
    return rgb_to_grayscale(img, num_output_channels)


# -- adjustments: a mixture of the image and another, factor 1 is the image ------------------------
def _mixed(x: Any, other: Any, factor: float) -> Any:
    """factor * x + (1 - factor) * other within the range of x, in float32 and rounded down.

    In this form of Tensors, as in torch, and as other + factor * (x - other) of arrays, as Pillow.
    """
    wide, part = x.astype(_float(x)), np.float32(factor)
    if isinstance(x, minigrad.Tensor):
        y = part * wide + np.float32(1 - factor) * other
    else:
        y = other + part * (wide - other)
    return np.clip(y, 0, max_value(x.dtype)).astype(x.dtype)


def _float(x: Any) -> Any:
    return x.dtype if np.dtype(x.dtype).kind == "f" else np.float32


def _factor(name: str, factor: float) -> float:
    if factor < 0:
        raise ValueError(f"{name}_factor ({factor}) is not non-negative.")
    return float(factor)


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """Multiply all values; 0 is black, 1 the image.

    >>> adjust_brightness(np.array([[100, 200]], np.uint8), 1.5)
    array([[150, 255]], dtype=uint8)
    """
    x, back = planes(img)
    return back(_mixed(x, np.float32(0), _factor("brightness", brightness_factor)))


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """Move all values away from the mean of each image's grey; 0 is a grey plane, 1 the image.

    >>> adjust_contrast(np.array([[100, 200]], np.uint8), 0.5)
    array([[125, 175]], dtype=uint8)
    """
    x, back = planes(img)
    mean = np.mean(_grey(x).astype(_float(x)), axis=(-3, -2, -1), keepdims=True)
    if not isinstance(img, minigrad.Tensor) and x.dtype == np.uint8:
        mean = np.floor(mean + 0.5)
    return back(_mixed(x, mean, _factor("contrast", contrast_factor)))


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """Move all colours away from grey; 0 is grey, 1 the image. An image of one channel stays.

    >>> adjust_saturation(np.array([[[200, 100, 0]]], np.uint8), 0.0).ravel()
    array([118, 118, 118], dtype=uint8)
    """
    x, back = planes(img)
    factor = _factor("saturation", saturation_factor)
    return img if _one_or_three(x) == 1 else back(_mixed(x, _grey(x).astype(_float(x)), factor))


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """Turn all colours by a part of the circle of colours, -0.5 to 0.5; one channel stays.

    >>> adjust_hue(np.array([[[255, 0, 0]]], np.uint8), 0.5).ravel()
    array([  0, 255, 252], dtype=uint8)
    """
    if not -0.5 <= hue_factor <= 0.5:
        raise ValueError(f"hue_factor ({hue_factor}) is not in [-0.5, 0.5].")
    x, back = planes(img)
    if _one_or_three(x) == 1:
        return img
    largest = max_value(x.dtype)
    r, g, b = (np.asarray(x[..., k, :, :], np.float64) / largest for k in range(3))
    value, low = np.maximum(np.maximum(r, g), b), np.minimum(np.minimum(r, g), b)
    chroma = value - low
    width = np.where(chroma == 0, 1, chroma)
    sixth = np.where(value == r, (g - b) / width, np.where(value == g, 2 + (b - r) / width,
                                                           4 + (r - g) / width))  # fmt: skip
    hue = np.mod(sixth / 6, 1.0)
    eight_bits = x.dtype == np.uint8 and not isinstance(x, minigrad.Tensor)
    if eight_bits:  # of which Pillow makes hue and saturation
        hue = (np.floor(hue * 255) + int(hue_factor * 255)) % 256 / 255
        share = np.floor(chroma / np.where(value == 0, 1, value) * 255) / 255
        turned, chroma = np.where(chroma == 0, 0, hue) * 6, value * share
    else:
        turned = np.mod(hue + hue_factor, 1.0) * 6
    # Each channel is the value, less the chroma as far as the hue lies from the channel's own.
    rgb = [value - chroma * np.clip(np.minimum(k, 4 - k), 0, 1)
           for k in ((n + turned) % 6 for n in (5, 3, 1))]  # fmt: skip
    y = np.stack(rgb, -3)
    if eight_bits:
        y = np.floor(y * largest + 0.5)
    elif largest > 1:
        y = np.floor(y * (largest + 1 - 1e-3))
    return back(minigrad.tensor(y, dtype=x.dtype) if isinstance(x, minigrad.Tensor)
                else y.astype(x.dtype))  # fmt: skip


def adjust_gamma(img: Any, gamma: float, gain: float = 1) -> Any:
    """gain * value ** gamma, with values as parts of the largest.

    >>> adjust_gamma(np.array([[0, 51, 255]], np.uint8), 0.5)
    array([[  0, 114, 255]], dtype=uint8)
    """
    if gamma < 0:
        raise ValueError("Gamma should be a non-negative real number")
    x, back = planes(img)
    largest = max_value(x.dtype)
    y = gain * (x.astype(_float(x)) / largest) ** gamma
    if largest > 1:
        return back(np.clip(y * (largest + 1 - 1e-3), 0, largest).astype(x.dtype))
    return back(np.clip(y, 0, 1))


def invert(img: Any) -> Any:
    """The largest value less each value.

    >>> invert(np.array([[0, 200]], np.uint8))
    array([[255,  55]], dtype=uint8)
    """
    x, back = planes(img)
    return back(max_value(x.dtype) - x)


def posterize(img: Any, bits: int) -> Any:
    """Keep the upper bits of each uint8 value.

    >>> posterize(np.array([[255, 130]], np.uint8), 1)
    array([[128, 128]], dtype=uint8)
    """
    if not 0 <= bits <= 8:
        raise ValueError(f"The number if bits should be between 0 and 8. Got {bits}")
    x, back = planes(img)
    if x.dtype != np.uint8:
        raise TypeError(f"Only torch.uint8 image tensors are supported, but found {x.dtype}")
    step = 2 ** (8 - bits)
    return back(x // np.uint8(step) * np.uint8(step) if bits else x * np.uint8(0))


def solarize(img: Any, threshold: float) -> Any:
    """Invert the values from the threshold on.

    >>> solarize(np.array([[100, 200]], np.uint8), 128)
    array([[100,  55]], dtype=uint8)
    """
    x, back = planes(img)
    if threshold > max_value(x.dtype):
        raise TypeError("Threshold should be less than bound of img.")
    return back(np.where(x >= threshold, max_value(x.dtype) - x, x))
