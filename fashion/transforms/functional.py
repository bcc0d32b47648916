"""torchvision's functions of images: each does the same to all images of a batch.

An image is an array uint8 (h, w), (h, w, channels) or one of Pillow's, and a batch an array
(n, h, w) or (n, h, w, channels); of them come arrays. Or it is a Tensor (..., channels, h, w).
Sizes are (h, w), paddings (left, top, right, bottom), in pixels.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad

from .. import memory
from .colours import (
    adjust_brightness,
    adjust_contrast,
    adjust_gamma,
    adjust_hue,
    adjust_saturation,
    invert,
    max_value,
    posterize,
    rgb_to_grayscale,
    solarize,
    to_grayscale,
)
from .images import (
    InterpolationMode,
    channels_first,
    pixels,
    planes,
)
from .resampling import resize, rotate

__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_gamma", "adjust_hue",
    "adjust_saturation", "center_crop", "convert_image_dtype", "crop", "erase", "five_crop",
    "get_dimensions", "get_image_num_channels", "get_image_size", "hflip", "invert", "normalize",
    "pad", "pil_to_tensor", "posterize", "resize", "resized_crop", "rgb_to_grayscale", "rotate",
    "solarize", "ten_crop", "to_grayscale", "to_pil_image", "to_tensor", "vflip",
]  # fmt: skip

Array = np.ndarray[Any, Any]


# -- into Tensors and back -------------------------------------------------------------------------
def to_tensor(pic: Any) -> minigrad.Tensor:
    """Make a Tensor (channels, h, w) of an image, or (n, channels, h, w) of a batch.

    Whole numbers 0 to 255 (uint8) become floats 0 to 1 of the default type; other types are kept as
    they are. TypeError for what is no image, ValueError for a wrong number of dimensions.

    >>> to_tensor(np.array([[0, 51], [102, 255]], np.uint8))
    tensor([[[0.0000, 0.2000],
             [0.4000, 1.0000]]])
    """
    images = channels_first(pixels(pic))
    if images.dtype == minigrad.uint8:
        scaled = memory.empty(images.shape, minigrad.get_default_dtype())
        scaled[...] = images
        scaled /= 255  # torch divides, and x * (1 / 255) differs in half of the 256 values
        return minigrad.from_numpy(scaled)
    return minigrad.from_numpy(np.ascontiguousarray(images))


def pil_to_tensor(pic: Any) -> minigrad.Tensor:
    """Make a Tensor (channels, h, w) of an image, or of a batch, with its own numbers.

    >>> pil_to_tensor(np.array([[0, 255]], np.uint8))
    tensor([[[  0, 255]]], dtype=torch.uint8)
    """
    return minigrad.from_numpy(channels_first(pixels(pic)).copy())


def convert_image_dtype(image: minigrad.Tensor, dtype: Any = minigrad.float32) -> minigrad.Tensor:
    """Bring a Tensor image to another type, and its values to that type's range.

    The range is 0 to 1 of floats, and 0 to the largest number of whole ones. RuntimeError where
    floats are too coarse for so large whole numbers.

    >>> convert_image_dtype(minigrad.tensor([0, 51, 255], dtype=minigrad.uint8))
    tensor([0.0000, 0.2000, 1.0000])
    """
    if not isinstance(image, minigrad.Tensor):
        raise TypeError("Input img should be Tensor Image")
    source, wanted = image.dtype, np.dtype(dtype)
    if source == wanted:
        return image
    if source.kind == "f":
        if wanted.kind == "f":
            return image.to(wanted)
        coarse = {"float32": ("int32", "int64"), "float64": ("int64",)}.get(source.name, ())
        if wanted.name in coarse:
            raise RuntimeError(f"The cast from {source} to {wanted} cannot be performed safely.")
        return (image * (max_value(wanted) + 1.0 - 1e-3)).to(wanted)
    largest = max_value(source)
    if wanted.kind == "f":
        return image.to(wanted) / largest
    if largest > max_value(wanted):
        return image.div((largest + 1) // (max_value(wanted) + 1), rounding_mode="floor").to(wanted)
    return image.to(wanted) * ((max_value(wanted) + 1) // (largest + 1))


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """Make one of Pillow's images of a Tensor (c, h, w) or of an array (h, w) or (h, w, c).

    Floats are taken as 0 to 1. ImportError where Pillow is not installed: the other functions do
    without it.

    >>> to_pil_image(np.zeros((28, 28)), mode="RGB")
    Traceback (most recent call last):
        ...
    ValueError: Incorrect mode (RGB) supplied for input type <class 'numpy.uint8'>. Should be L
    """
    if isinstance(pic, minigrad.Tensor):
        array = pic.numpy(force=True)
        array = np.moveaxis(array, 0, -1) if array.ndim == 3 else array
    elif isinstance(pic, np.ndarray):
        array = pic
    else:
        raise TypeError(f"pic should be Tensor or ndarray. Got {type(pic)}.")
    if array.ndim not in (2, 3):
        raise ValueError(f"pic should be 2/3 dimensional. Got {array.ndim} dimensions.")
    array = array[..., None] if array.ndim == 2 else array
    channels = array.shape[-1]
    if channels > 4:
        raise ValueError(f"pic should not have > 4 channels. Got {channels} channels.")
    if array.dtype.kind == "f" and mode != "F":
        array = (array * 255).astype(np.uint8)
    if channels == 1:
        modes = {"uint8": "L", "int16": "I;16", "int32": "I", "float32": "F"}
        expected = modes.get(array.dtype.name)
        if mode not in (None, expected):
            raise ValueError(
                f"Incorrect mode ({mode}) supplied for input type {array.dtype.type}. "
                f"Should be {expected}"
            )
        array, mode = array[..., 0], expected
    else:
        permitted = {2: ["LA"], 3: ["RGB", "YCbCr", "HSV"], 4: ["RGBA", "CMYK", "RGBX"]}[channels]
        if mode not in (None, *permitted):
            raise ValueError(f"Only modes {permitted} are supported for {channels}D inputs")
        mode = mode or (permitted[0] if array.dtype == np.uint8 else None)
    if mode is None:
        raise TypeError(f"Input type {array.dtype} is not supported")
    return _pillow().frombytes(mode, array.shape[1::-1], np.ascontiguousarray(array).tobytes())


def _pillow() -> Any:
    try:
        return importlib.import_module("PIL.Image")
    except ImportError:
        raise ImportError(
            "to_pil_image needs Pillow (pip install pillow); without it, arrays are images, too: "
            "np.uint8 (h, w) or (h, w, 3)"
        ) from None


def normalize(
    tensor: minigrad.Tensor, mean: Sequence[float], std: Sequence[float], inplace: bool = False
) -> minigrad.Tensor:
    """Subtract each channel's mean and divide by its standard deviation; floats (..., c, h, w).

    ValueError when a deviation is zero.

    >>> normalize(minigrad.tensor([[[0.0, 0.5, 1.0]]]), [0.5], [0.5])
    tensor([[[-1.,  0.,  1.]]])
    """
    if not isinstance(tensor, minigrad.Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(tensor)}; put ToTensor() first")
    if not tensor.is_floating_point():
        raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
    if tensor.ndim < 3:
        raise ValueError(
            "Expected tensor to be a tensor image of size (..., C, H, W). "
            f"Got tensor.size() = {tensor.shape}"
        )
    centre, spread = (
        minigrad.as_tensor(values, dtype=tensor.dtype).reshape(-1, 1, 1) for values in (mean, std)
    )
    if (spread == 0).any():
        raise ValueError(
            f"std evaluated to zero after conversion to {tensor.dtype}, leading to division by "
            f"zero: {std}"
        )
    if inplace:
        return tensor.sub_(centre).div_(spread)
    return (tensor - centre) / spread


# -- sizes -----------------------------------------------------------------------------------------
def get_dimensions(img: Any) -> list[int]:
    """The number of channels, the height and the width.

    >>> get_dimensions(np.zeros((28, 30), np.uint8))
    [1, 28, 30]
    """
    shape = planes(img)[0].shape
    return [shape[-3] if len(shape) > 2 else 1, *shape[-2:]]


def get_image_size(img: Any) -> list[int]:
    """The width and the height, in this order.

    >>> get_image_size(np.zeros((28, 30), np.uint8))
    [30, 28]
    """
    return get_dimensions(img)[:0:-1]


def get_image_num_channels(img: Any) -> int:
    """The number of channels.

    >>> get_image_num_channels(np.zeros((28, 28, 3), np.uint8))
    3
    """
    return get_dimensions(img)[0]


def pair(size: Any, words: str = "Please provide only two dimensions (h, w) for size.") -> tuple:
    """(h, w) of such a pair, of one number or of a sequence of one."""
    if isinstance(size, (int, np.integer)):
        return int(size), int(size)
    if isinstance(size, Sequence) and len(size) == 1:
        return size[0], size[0]
    if len(size) != 2:
        raise ValueError(words)
    return tuple(size)


# -- cutting and padding ---------------------------------------------------------------------------
PADDING_MODES = ("constant", "edge", "reflect", "symmetric")


def check_padding(padding: Any, fill: Any, padding_mode: Any) -> None:
    """Refuse what Pad and pad refuse."""
    if not isinstance(padding, (int, np.integer, tuple, list)):
        raise TypeError("Got inappropriate padding arg")
    if not isinstance(fill, (int, float, tuple, list)):
        raise TypeError("Got inappropriate fill arg")
    if padding_mode not in PADDING_MODES:
        raise ValueError("Padding mode should be either constant, edge, reflect or symmetric")
    if isinstance(padding, (tuple, list)) and len(padding) not in (1, 2, 4):
        raise ValueError(
            "Padding must be an int or a 1, 2, or 4 element tuple, not a "
            f"{len(padding)} element tuple"
        )


def pad(img: Any, padding: Any, fill: Any = 0, padding_mode: str = "constant") -> Any:
    """Add borders: of a value, of the edge's pixels, or of the image mirrored in its edges.

    `padding` is one number, (left and right, top and bottom) or (left, top, right, bottom);
    negative ones cut. `fill` is a number, or of arrays one for each channel; `padding_mode`
    "constant", "edge", "reflect" (without the edge) or "symmetric".

    >>> pad(np.array([[1, 2, 3]], np.uint8), (1, 0), padding_mode="reflect")
    array([[2, 1, 2, 3, 2]], dtype=uint8)
    """
    fill = 0 if fill is None else fill
    check_padding(padding, fill, padding_mode)
    sides = list(padding) if isinstance(padding, (tuple, list)) else [padding]
    left, top, right, bottom = (sides * 4)[:4]
    x, back = planes(img)
    height, width = x.shape[-2:]
    if min(left, top, right, bottom) < 0:
        x = x[..., max(-top, 0) : height - max(-bottom, 0), max(-left, 0) : width - max(-right, 0)]
    widths = [(0, 0)] * (x.ndim - 2) + [
        (max(top, 0), max(bottom, 0)),
        (max(left, 0), max(right, 0)),
    ]
    if padding_mode != "constant":
        return back(np.pad(x, widths, mode=padding_mode))  # type: ignore[call-overload]
    fills = fill if isinstance(fill, (tuple, list)) else [fill]
    if len(fills) == 1:
        return back(np.pad(x, widths, constant_values=fills[0]))
    if len(fills) != x.shape[-3]:
        raise ValueError(f"fill has {len(fills)} values, and the image {x.shape[-3]} channels")
    channels = [
        np.pad(x[..., k : k + 1, :, :], widths, constant_values=f) for k, f in enumerate(fills)
    ]
    return back(np.concatenate(channels, -3))


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """Cut out a part; what lies outside of the image is 0.

    >>> crop(np.arange(9, dtype=np.uint8).reshape(3, 3), 1, 2, 2, 2)
    array([[5, 0],
           [8, 0]], dtype=uint8)
    """
    x, back = planes(img)
    h, w = x.shape[-2:]
    right, bottom = left + width, top + height
    part = back(x[..., max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)])
    if left < 0 or top < 0 or right > w or bottom > h:
        borders = [max(min(right, 0) - left, 0), max(min(bottom, 0) - top, 0),
                   max(right - max(w, left), 0), max(bottom - max(h, top), 0)]  # fmt: skip
        return pad(part, borders)
    return part


def center_crop(img: Any, output_size: Any) -> Any:
    """Cut out the middle, of this size; what is missing at the borders is 0.

    >>> center_crop(np.arange(16, dtype=np.uint8).reshape(4, 4), 2)
    array([[ 5,  6],
           [ 9, 10]], dtype=uint8)
    """
    height, width = pair(output_size)
    _, h, w = get_dimensions(img)
    if width > w or height > h:
        wide, high = max(width - w, 0), max(height - h, 0)
        img = pad(img, [wide // 2, high // 2, (wide + 1) // 2, (high + 1) // 2])
        _, h, w = get_dimensions(img)
    return crop(img, round((h - height) / 2), round((w - width) / 2), height, width)


def five_crop(img: Any, size: Any) -> tuple:
    """Cut out the corners, top left, top right, bottom left, bottom right, and the middle.

    >>> [int(part[0, 0]) for part in five_crop(np.arange(16, dtype=np.uint8).reshape(4, 4), 2)]
    [0, 2, 8, 10, 5]
    """
    height, width = pair(size)
    _, h, w = get_dimensions(img)
    if width > w or height > h:
        raise ValueError(
            f"Requested crop size {(height, width)} is bigger than input size {(h, w)}"
        )
    corners = [(0, 0), (0, w - width), (h - height, 0), (h - height, w - width)]
    parts = [crop(img, top, left, height, width) for top, left in corners]
    return (*parts, center_crop(img, (height, width)))


def ten_crop(img: Any, size: Any, vertical_flip: bool = False) -> tuple:
    """five_crop() of the image, and of the image mirrored.

    >>> len(ten_crop(np.zeros((4, 4), np.uint8), 2))
    10
    """
    mirrored = vflip(img) if vertical_flip else hflip(img)
    return five_crop(img, size) + five_crop(mirrored, size)


def hflip(img: Any) -> Any:
    """Mirror left and right.

    >>> hflip(np.array([[1, 2]], np.uint8))
    array([[2, 1]], dtype=uint8)
    """
    x, back = planes(img)
    return back(np.flip(x, -1))


def vflip(img: Any) -> Any:
    """Mirror top and bottom.

    >>> vflip(np.array([[1], [2]], np.uint8))
    array([[2],
           [1]], dtype=uint8)
    """
    x, back = planes(img)
    return back(np.flip(x, -2))


def erase(
    img: minigrad.Tensor, i: int, j: int, h: int, w: int, v: minigrad.Tensor, inplace: bool = False
) -> minigrad.Tensor:
    """Put v at the rows from i, the columns from j, of height h and width w, of a Tensor image.

    >>> erase(minigrad.zeros(1, 2, 2), 0, 1, 2, 1, minigrad.tensor(5.0))
    tensor([[[0., 5.],
             [0., 5.]]])
    """
    if not isinstance(img, minigrad.Tensor):
        raise TypeError(f"img should be Tensor Image. Got {type(img)}")
    img = img if inplace else img.clone()
    img[..., i : i + h, j : j + w] = v
    return img


def resized_crop(
    img: Any, top: int, left: int, height: int, width: int, size: Any,
    interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
    antialias: bool | None = True,
) -> Any:  # fmt: skip
    """Cut out a part and bring it to this size.

    >>> resized_crop(np.arange(16, dtype=np.uint8).reshape(4, 4), 0, 0, 2, 2, (1, 1))
    array([[3]], dtype=uint8)
    """
    return resize(crop(img, top, left, height, width), size, interpolation, None, antialias)
