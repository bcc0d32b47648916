"""What is done to images on their way into a batch, with torchvision's names.

Each transform takes one image or, which is much faster, a whole batch of them at once. An image is
a uint8 array (h, w), (h, w, channels) or one of Pillow's; a batch is an array (n, h, w) or
(n, h, w, channels). Three dimensions mean one image when the last is 1 to 4, the channels, and a
batch otherwise.

A transform says of itself, by attributes: `takes_batches`, that a whole batch is fine; and
`max_workers`, how many of the loader's threads help: 0 when a batch takes it less time than to be
handed from thread to thread. Without them it gets image after image, and a thread helps.
"""

from __future__ import annotations

import enum
import functools
import operator
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad

from . import memory

__all__ = ["Compose", "InterpolationMode", "Normalize", "Resize", "ToTensor"]

Array = np.ndarray[Any, Any]
MOST_CHANNELS = 4  # red, green, blue and opacity


class Compose:
    """Apply one transform after the other.

    `takes_batches` says whether all of them take a whole batch at once, and `max_workers` is that
    of the one that gains most by threads.

    >>> Compose([Resize(14), ToTensor()])(np.zeros((28, 28), np.uint8)).shape
    torch.Size([1, 14, 14])
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    @property
    def takes_batches(self) -> bool:
        return all(getattr(step, "takes_batches", False) for step in self.transforms)

    @property
    def max_workers(self) -> int:
        return max((getattr(step, "max_workers", 1) for step in self.transforms), default=0)

    def __call__(self, img: Any) -> Any:
        for step in self.transforms:
            img = step(img)
        return img

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {step!r}" for step in self.transforms), ")"])


class ToTensor:
    """Make a Tensor (channels, h, w) of an image, or (n, channels, h, w) of a batch.

    Whole numbers 0 to 255 (uint8) become floats 0 to 1 of the default type; other types are kept as
    they are. TypeError for what is no image, ValueError for a wrong number of dimensions.

    >>> image = np.array([[0, 51], [102, 255]], np.uint8)
    >>> ToTensor()(image)
    tensor([[[0.0000, 0.2000],
             [0.4000, 1.0000]]])
    """

    takes_batches, max_workers = True, 0

    def __call__(self, pic: Any) -> minigrad.Tensor:
        images = channels_first(pixels(pic))
        if images.dtype == minigrad.uint8:
            scaled = memory.empty(images.shape, minigrad.get_default_dtype())
            scaled[...] = images
            scaled /= 255  # torch divides, and x * (1 / 255) differs in half of the 256 values
            return minigrad.from_numpy(scaled)
        return minigrad.from_numpy(np.ascontiguousarray(images))

    def __repr__(self) -> str:
        return "ToTensor()"


class Normalize:
    """Subtract each channel's mean and divide by its standard deviation.

    `mean` and `std` have a number for each channel; the Tensor is (..., channels, h, w), of floats.
    ValueError when a deviation is zero.

    >>> Normalize([0.5], [0.5])(minigrad.tensor([[[0.0, 0.5, 1.0]]]))
    tensor([[[-1.,  0.,  1.]]])
    """

    takes_batches, max_workers = True, 0

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self.mean, self.std = mean, std

    def __call__(self, tensor: minigrad.Tensor) -> minigrad.Tensor:
        if not isinstance(tensor, minigrad.Tensor):
            raise TypeError(f"img should be Tensor Image. Got {type(tensor)}; put ToTensor() first")
        if not tensor.is_floating_point():
            raise TypeError(f"Input tensor should be a float tensor. Got {tensor.dtype}.")
        if tensor.ndim < 3:
            raise ValueError(
                "Expected tensor to be a tensor image of size (..., C, H, W). "
                f"Got tensor.size() = {tensor.shape}"
            )
        mean, std = (
            minigrad.tensor(values, dtype=tensor.dtype).reshape(-1, 1, 1)
            for values in (self.mean, self.std)
        )
        if (std == 0).any():
            raise ValueError(f"std evaluated to zero in {tensor.dtype}: {self.std}")
        return (tensor - mean) / std

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


class InterpolationMode(enum.Enum):
    """How values between pixels are found; only `BILINEAR` is here."""

    BILINEAR = "bilinear"


class Resize:
    """Bring images to another size: bilinear, and antialiased where they become smaller.

    `size` is (h, w) in pixels, or one number for the shorter side, which keeps the shape; then the
    longer side is at most `max_size`. Images of uint8 give a uint8 array, with Pillow's (and so
    torchvision's) values for square images; for others within 1 of them, as newer versions of
    Pillow choose by the sizes which direction they begin with. Floats are not rounded, neither in
    arrays nor in Tensors (..., h, w).
    `antialias=False` weighs the nearest pixels only, as torchvision does on Tensors.

    >>> Resize(2)(np.arange(0, 64, 4, dtype=np.uint8).reshape(4, 4))
    array([[14, 20],
           [40, 46]], dtype=uint8)
    """

    takes_batches, max_workers = True, 1

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode | str = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
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
        self.size, self.max_size, self.antialias = size, max_size, antialias
        self.interpolation = InterpolationMode(interpolation)  # ValueError for any other
        self._sides = sides

    def __call__(self, img: Any) -> Any:
        if isinstance(img, minigrad.Tensor):
            if not img.is_floating_point():
                raise TypeError(f"Resize takes a Tensor of floats, not {img.dtype}")
            rows, columns = self._weights(*img.shape[-2:])
            left, right = (minigrad.tensor(w, dtype=img.dtype) for w in (rows, columns.T))
            return left @ img @ right
        images = pixels(img)
        inner = channels_first(images)  # channels behave as so many images
        rows, columns = self._weights(*inner.shape[-2:])
        if images.dtype == np.uint8:
            # Fixed-point weights and a rounding after each direction: Pillow's arithmetic, exactly.
            # Weights of a sum of 1 keep within 0 to 255, so the cast to uint8 rounds down.
            wide = inner @ _fixed(columns).T
            wide += 0.5
            inner = _fixed(rows) @ np.floor(wide, out=wide)
            inner += 0.5
            inner = inner.astype(np.uint8)
        elif images.dtype.kind == "f":
            inner = (rows @ inner @ columns.T).astype(images.dtype)
        else:
            raise TypeError(f"Resize takes images of uint8 or floats, not {images.dtype}")
        if has_channels(images):
            return np.ascontiguousarray(np.moveaxis(inner, -3, -1))
        return inner.reshape(images.shape[:-2] + inner.shape[-2:])

    def _weights(self, height: int, width: int) -> tuple[Array, Array]:
        if len(self._sides) == 2:
            new_height, new_width = self._sides
        else:
            short, long = sorted((height, width))
            new_short, new_long = self._sides[0], int(self._sides[0] * long / short)
            if self.max_size is not None and new_long > self.max_size:
                new_short, new_long = int(self.max_size * new_short / new_long), self.max_size
            upright = height >= width
            new_height, new_width = (new_long, new_short) if upright else (new_short, new_long)
        antialias = self.antialias is not False
        return weights(height, new_height, antialias), weights(width, new_width, antialias)

    def __repr__(self) -> str:
        return (
            f"Resize(size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias})"
        )


@functools.lru_cache(maxsize=64)
def weights(old: int, new: int, antialias: bool = True) -> Array:
    """Return what each old pixel of a line contributes to each new one, float64 (new, old).

    A new pixel is the mean of the old ones under a triangle around its centre, which reaches to the
    neighbours' centres: of the new pixels where these lie farther apart and `antialias` is true,
    else of the old ones.

    >>> weights(4, 2).round(3)
    array([[0.429, 0.429, 0.143, 0.   ],
           [0.   , 0.143, 0.429, 0.429]])
    """
    scale = old / new
    reach = max(scale, 1.0) if antialias else 1.0
    centres = (np.arange(new) + 0.5) * scale
    distances = np.abs(np.arange(old) + 0.5 - centres[:, None])
    triangle = np.maximum(1 - distances / reach, 0)
    triangle /= triangle.sum(axis=1, keepdims=True)
    triangle.flags.writeable = False  # it is shared by all callers
    return triangle


def _fixed(triangle: Array) -> Array:
    """Round weights to 22 bits: products with uint8 and their sums are then exact in float64."""
    return np.floor(triangle * 2**22 + 0.5) / 2**22


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
