"""Transforms that draw random numbers: for each image of a batch by itself.

The numbers come from minigrad's generator, which minigrad.manual_seed() starts; they are not
torch's. The loader leaves them to the main thread, so that a run with one seed is always the same.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import minigrad
from minigrad.random import stream

from . import functional as F
from .images import InterpolationMode, is_batch, mode_of
from .resampling import RESAMPLING

__all__ = [
    "ColorJitter", "RandomApply", "RandomChoice", "RandomCrop", "RandomErasing", "RandomGrayscale",
    "RandomHorizontalFlip", "RandomInvert", "RandomOrder", "RandomResizedCrop", "RandomRotation",
    "RandomVerticalFlip",
]  # fmt: skip


def uniform(low: float = 0.0, high: float = 1.0) -> float:
    """A number drawn evenly from low to high."""
    return float(stream(None).uniform(low, high))


def below(n: int) -> int:
    """A whole number drawn from 0 to n - 1."""
    return int(stream(None).integers(n))


class _Drawn:
    """What these transforms have in common: one() is what is done to one image."""

    takes_batches, max_workers, draws = True, 0, True

    def one(self, img: Any) -> Any:
        raise NotImplementedError(type(self).__name__)

    def __call__(self, img: Any) -> Any:
        if not is_batch(img):
            return self.one(img)
        done = [self.one(image) for image in img]
        return minigrad.stack(done) if isinstance(done[0], minigrad.Tensor) else np.stack(done)


class _WithProbability(_Drawn):
    """The function `change` of an image, with probability p."""

    change: Callable[[Any], Any]

    def __init__(self, p: float = 0.5) -> None:
        self.p = p

    def __call__(self, img: Any) -> Any:
        if not is_batch(img):
            return self.change(img) if uniform() < self.p else img
        chosen = stream(None).random(len(img)) < self.p
        if not chosen.any():
            return img
        done = img.clone() if isinstance(img, minigrad.Tensor) else img.copy()
        done[chosen] = self.change(img[chosen])
        return done

    def __repr__(self) -> str:
        return f"{type(self).__name__}(p={self.p})"


class RandomHorizontalFlip(_WithProbability):
    """Mirror left and right with probability p.

    >>> RandomHorizontalFlip(p=1)(np.array([[1, 2]], np.uint8))
    array([[2, 1]], dtype=uint8)
    """

    change = staticmethod(F.hflip)


class RandomVerticalFlip(_WithProbability):
    """Mirror top and bottom with probability p.

    >>> RandomVerticalFlip(p=1)(np.array([[1], [2]], np.uint8))
    array([[2],
           [1]], dtype=uint8)
    """

    change = staticmethod(F.vflip)


class RandomInvert(_WithProbability):
    """Invert with probability p.

    >>> RandomInvert(p=1)(np.array([[0, 200]], np.uint8))
    array([[255,  55]], dtype=uint8)
    """

    change = staticmethod(F.invert)


class RandomGrayscale(_WithProbability):
    """Make images grey with probability p; the number of channels stays.

    >>> RandomGrayscale(p=1)(np.zeros((2, 2, 3), np.uint8)).shape
    (2, 2, 3)
    """

    def __init__(self, p: float = 0.1) -> None:
        super().__init__(p)

    @staticmethod
    def change(img: Any) -> Any:
        return F.rgb_to_grayscale(img, F.get_image_num_channels(img))


class RandomCrop(_Drawn):
    """Cut out a part of this size, anywhere, after padding; arguments as torchvision's.

    `padding`, `fill` and `padding_mode` are those of Pad; with `pad_if_needed` an image that is
    smaller than `size` is padded, else ValueError.

    >>> RandomCrop(2, padding=1)(np.zeros((28, 28), np.uint8)).shape
    (2, 2)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: Any = None,
        pad_if_needed: bool = False,
        fill: Any = 0,
        padding_mode: str = "constant",
    ) -> None:
        self.size = F.pair(size)
        self.padding, self.pad_if_needed = padding, pad_if_needed
        self.fill, self.padding_mode = fill, padding_mode

    def _padded(self, img: Any) -> Any:
        if self.padding is not None:
            img = F.pad(img, self.padding, self.fill, self.padding_mode)
        _, h, w = F.get_dimensions(img)
        missing = [max(self.size[1] - w, 0), max(self.size[0] - h, 0)]
        if self.pad_if_needed and any(missing):
            img = F.pad(img, missing, self.fill, self.padding_mode)
        return img

    @staticmethod
    def get_params(img: Any, output_size: Sequence[int]) -> tuple[int, int, int, int]:
        """Draw where to cut: top, left, height and width."""
        _, h, w = F.get_dimensions(img)
        height, width = output_size
        if h < height or w < width:
            raise ValueError(
                f"Required crop size {(height, width)} is larger than input image size {(h, w)}"
            )
        return below(h - height + 1), below(w - width + 1), height, width

    def __call__(self, img: Any) -> Any:  # a batch is padded at once
        return super().__call__(self._padded(img))

    def one(self, img: Any) -> Any:
        return F.crop(img, *self.get_params(img, self.size))

    def __repr__(self) -> str:
        return f"RandomCrop(size={self.size}, padding={self.padding})"


def _ordered(scale: Any, ratio: Any) -> None:
    for name, span in (("Scale", scale), ("Ratio", ratio)):
        if not isinstance(span, Sequence):
            raise TypeError(f"{name} should be a sequence")
    if scale[0] > scale[1] or ratio[0] > ratio[1]:
        warnings.warn("Scale and ratio should be of kind (min, max)", stacklevel=3)


def _part(area: float, scale: Sequence[float], ratio: Sequence[float]) -> tuple[float, float]:
    """Draw a part of an area and a ratio of its sides: the long side, and the short one."""
    target = area * uniform(*scale)
    aspect = math.exp(uniform(math.log(ratio[0]), math.log(ratio[1])))
    return round(math.sqrt(target * aspect)), round(math.sqrt(target / aspect))


class RandomResizedCrop(_Drawn):
    """Cut out a part of random size and shape, and bring it to `size`.

    `scale` are the bounds of its part of the area, `ratio` those of width / height.

    >>> RandomResizedCrop(14)(np.zeros((28, 28), np.uint8)).shape
    (14, 14)
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3 / 4, 4 / 3),
        interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ) -> None:
        _ordered(scale, ratio)
        self.size, self.scale, self.ratio = F.pair(size), scale, ratio
        self.interpolation, self.antialias = mode_of(interpolation, RESAMPLING), antialias

    @staticmethod
    def get_params(
        img: Any, scale: Sequence[float], ratio: Sequence[float]
    ) -> tuple[int, int, int, int]:
        """Draw the part: top, left, height and width; after ten misses the middle."""
        _, height, width = F.get_dimensions(img)
        for _ in range(10):
            w, h = map(int, _part(height * width, scale, ratio))
            if 0 < w <= width and 0 < h <= height:
                return below(height - h + 1), below(width - w + 1), h, w
        w, h = width, height
        if width / height < min(ratio):
            h = round(w / min(ratio))
        elif width / height > max(ratio):
            w = round(h * max(ratio))
        return (height - h) // 2, (width - w) // 2, h, w

    def one(self, img: Any) -> Any:
        box = self.get_params(img, self.scale, self.ratio)
        return F.resized_crop(img, *box, self.size, self.interpolation, self.antialias)

    def __repr__(self) -> str:
        scale, ratio = (tuple(round(x, 4) for x in span) for span in (self.scale, self.ratio))
        return (
            f"RandomResizedCrop(size={self.size}, scale={scale}, ratio={ratio}, "
            f"interpolation={self.interpolation.value}, antialias={self.antialias})"
        )


class RandomErasing(_Drawn):
    """Overwrite a random rectangle of a Tensor image with probability p.

    `scale` are the bounds of its part of the area, `ratio` those of its sides; `value` is a number,
    one for each channel, or "random" for normal noise.

    >>> RandomErasing(p=1, value=1)(minigrad.zeros(1, 28, 28)).sum().item() > 0
    True
    """

    def __init__(
        self,
        p: float = 0.5,
        scale: Sequence[float] = (0.02, 0.33),
        ratio: Sequence[float] = (0.3, 3.3),
        value: Any = 0,
        inplace: bool = False,
    ) -> None:
        if not isinstance(value, (int, float, str, tuple, list)):
            raise TypeError("Argument value should be either a number or str or a sequence")
        if isinstance(value, str) and value != "random":
            raise ValueError("If value is str, it should be 'random'")
        _ordered(scale, ratio)
        if scale[0] < 0 or scale[1] > 1:
            raise ValueError("Scale should be between 0 and 1")
        if p < 0 or p > 1:
            raise ValueError("Random erasing probability should be between 0 and 1")
        self.p, self.scale, self.ratio, self.value, self.inplace = p, scale, ratio, value, inplace

    def one(self, img: Any) -> Any:
        if not isinstance(img, minigrad.Tensor):
            raise TypeError(f"img should be Tensor Image. Got {type(img)}; put ToTensor() first")
        if uniform() >= self.p:
            return img
        channels, height, width = img.shape
        values = list(self.value) if isinstance(self.value, (tuple, list)) else [self.value]
        if len(values) not in (1, channels):
            raise ValueError(
                "If value is a sequence, it should have either a single value or "
                f"{channels} (number of input channels)"
            )
        for _ in range(10):
            h, w = map(int, _part(height * width, self.scale, self.ratio))
            if h < height and w < width:
                i, j = below(height - h + 1), below(width - w + 1)
                if self.value == "random":
                    drawn: Any = stream(None).standard_normal((channels, h, w), np.float32)
                else:
                    drawn = np.reshape(values, (-1, 1, 1))
                filling = minigrad.tensor(drawn, dtype=img.dtype)
                return F.erase(img, i, j, h, w, filling, self.inplace)
        return img

    def __repr__(self) -> str:
        return (
            f"RandomErasing(p={self.p}, scale={self.scale}, ratio={self.ratio}, "
            f"value={self.value}, inplace={self.inplace})"
        )


class RandomRotation(_Drawn):
    """Turn by a random angle in degrees: from -degrees to degrees, or between two.

    The other arguments are those of functional.rotate().

    >>> RandomRotation(10)(np.zeros((28, 28), np.uint8)).shape
    (28, 28)
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: InterpolationMode | str | int = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ) -> None:
        if isinstance(degrees, (int, float)):
            if degrees < 0:
                raise ValueError("If degrees is a single number, it must be positive.")
            degrees = (-degrees, degrees)
        elif len(degrees) != 2:
            raise ValueError("degrees should be a sequence of length 2.")
        if center is not None and len(center) != 2:
            raise ValueError("center should be a sequence of length 2.")
        self.degrees = [float(d) for d in degrees]
        self.interpolation = mode_of(interpolation, ("nearest", "bilinear"))
        self.expand, self.center, self.fill = expand, center, 0 if fill is None else fill

    def one(self, img: Any) -> Any:
        angle = uniform(*self.degrees)
        return F.rotate(img, angle, self.interpolation, self.expand, self.center, self.fill)

    def __repr__(self) -> str:
        center = "" if self.center is None else f", center={self.center}"
        return (
            f"RandomRotation(degrees={self.degrees}, interpolation={self.interpolation.value}, "
            f"expand={self.expand}{center}, fill={self.fill})"
        )


class ColorJitter(_Drawn):
    """Change brightness, contrast, saturation and hue at random, in random order.

    Each is a number x, for a factor from 1 - x to 1 + x (of the hue from -x to x), or two bounds.

    >>> ColorJitter(brightness=0.5)
    ColorJitter(brightness=(0.5, 1.5), contrast=None, saturation=None, hue=None)
    """

    def __init__(
        self, brightness: Any = 0, contrast: Any = 0, saturation: Any = 0, hue: Any = 0
    ) -> None:
        self.brightness = self._bounds("brightness", brightness)
        self.contrast = self._bounds("contrast", contrast)
        self.saturation = self._bounds("saturation", saturation)
        self.hue = self._bounds("hue", hue, 0, (-0.5, 0.5))

    @staticmethod
    def _bounds(
        name: str, value: Any, center: float = 1, bound: tuple[float, float] = (0, math.inf)
    ) -> tuple[float, float] | None:
        if isinstance(value, (int, float)):
            if value < 0:
                raise ValueError(f"If {name} is a single number, it must be non negative.")
            low = center - float(value)
            value = [max(low, 0.0) if center else low, center + float(value)]
        elif not isinstance(value, (tuple, list)) or len(value) != 2:
            raise TypeError(f"{name} should be a single number or a list/tuple with length 2.")
        low, high = map(float, value)
        if not bound[0] <= low <= high <= bound[1]:
            raise ValueError(f"{name} values should be between {bound}, but got {[low, high]}.")
        return None if low == high == center else (low, high)

    def one(self, img: Any) -> Any:
        steps = [
            (F.adjust_brightness, self.brightness), (F.adjust_contrast, self.contrast),
            (F.adjust_saturation, self.saturation), (F.adjust_hue, self.hue),
        ]  # fmt: skip
        for k in stream(None).permutation(4):
            change, bounds = steps[k]
            if bounds is not None:
                img = change(img, uniform(*bounds))
        return img

    def __repr__(self) -> str:
        return (
            f"ColorJitter(brightness={self.brightness}, contrast={self.contrast}, "
            f"saturation={self.saturation}, hue={self.hue})"
        )


# -- transforms of transforms ----------------------------------------------------------------------
class RandomOrder(_Drawn):
    """Apply all of the transforms, in random order.

    >>> RandomOrder([np.negative, np.abs])(np.array([[-2.0]])).shape
    (1, 1)
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        if not isinstance(transforms, Sequence):
            raise TypeError("Argument transforms should be a sequence")
        self.transforms = transforms

    def one(self, img: Any) -> Any:
        for k in stream(None).permutation(len(self.transforms)):
            img = self.transforms[k](img)
        return img

    def __repr__(self) -> str:
        return "\n".join([f"{type(self).__name__}(", *(f"    {t}" for t in self.transforms), ")"])


class RandomChoice(RandomOrder):
    """Apply one of the transforms, chosen with the probabilities p, or evenly.

    >>> RandomChoice([np.negative, np.abs], p=[1, 0])(np.array([[2.0]]))
    array([[-2.]])
    """

    def __init__(
        self, transforms: Sequence[Callable[[Any], Any]], p: Sequence[float] | None = None
    ) -> None:
        super().__init__(transforms)
        if p is not None and not isinstance(p, Sequence):
            raise TypeError("Argument p should be a sequence")
        self.p = p

    def one(self, img: Any) -> Any:
        p = None if self.p is None else np.divide(self.p, sum(self.p))
        return self.transforms[int(stream(None).choice(len(self.transforms), p=p))](img)

    def __repr__(self) -> str:
        return f"{super().__repr__()}(p={self.p})"


class RandomApply(RandomOrder):
    """Apply all of the transforms, one after the other, with probability p.

    >>> RandomApply([np.negative], p=1)(np.array([[2.0]]))
    array([[-2.]])
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], p: float = 0.5) -> None:
        super().__init__(transforms)
        self.p = p

    def one(self, img: Any) -> Any:
        if uniform() < self.p:
            for step in self.transforms:
                img = step(img)
        return img

    def __repr__(self) -> str:
        return "\n".join(
            ["RandomApply(", f"    p={self.p}", *(f"    {t}" for t in self.transforms), ")"]
        )
