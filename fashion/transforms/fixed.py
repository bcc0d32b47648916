"""Transforms that do the same to each image."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import minigrad

from . import functional as F
from .images import InterpolationMode, mode_of
from .resampling import RESAMPLING, sides_of

__all__ = [
    "CenterCrop", "Compose", "ConvertImageDtype", "FiveCrop", "Grayscale", "Lambda", "Normalize",
    "PILToTensor", "Pad", "Resize", "TenCrop", "ToPILImage", "ToTensor",
]  # fmt: skip


class Compose:
    """Apply one transform after the other.

    `takes_batches` says whether all of them take a whole batch at once, `draws` whether one of them
    draws random numbers, and `max_workers` is that of the one that gains most by threads: 0 where
    one draws, for threads would draw in another order each time.

    >>> Compose([Resize(14), ToTensor()])(np.zeros((28, 28), np.uint8)).shape
    torch.Size([1, 14, 14])
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    @property
    def takes_batches(self) -> bool:
        return all(getattr(step, "takes_batches", False) for step in self.transforms)

    @property
    def draws(self) -> bool:
        return any(getattr(step, "draws", False) for step in self.transforms)

    @property
    def max_workers(self) -> int:
        if self.draws:
            return 0
        return max((getattr(step, "max_workers", 1) for step in self.transforms), default=0)

    def __call__(self, img: Any) -> Any:
        for step in self.transforms:
            img = step(img)
        return img

    def __repr__(self) -> str:
        return "\n".join(["Compose(", *(f"    {step!r}" for step in self.transforms), ")"])


class Fixed:
    """What these transforms have in common: whole batches, the name for a start of the repr."""

    takes_batches, max_workers = True, 0

    def __call__(self, img: Any) -> Any:
        raise NotImplementedError(type(self).__name__)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class ToTensor(Fixed):
    """Make a Tensor (channels, h, w) of an image, or (n, channels, h, w) of a batch.

    Whole numbers 0 to 255 (uint8) become floats 0 to 1 of the default type; other types are kept as
    they are. TypeError for what is no image, ValueError for a wrong number of dimensions.

    >>> image = np.array([[0, 51], [102, 255]], np.uint8)
    >>> ToTensor()(image)
    tensor([[[0.0000, 0.2000],
             [0.4000, 1.0000]]])
    """

    def __call__(self, pic: Any) -> minigrad.Tensor:
        return F.to_tensor(pic)


class PILToTensor(Fixed):
    """Make a Tensor of an image or a batch, with its own numbers and type.

    >>> PILToTensor()(np.array([[0, 255]], np.uint8))
    tensor([[[  0, 255]]], dtype=torch.uint8)
    """

    def __call__(self, pic: Any) -> minigrad.Tensor:
        return F.pil_to_tensor(pic)


class ConvertImageDtype(Fixed):
    """Bring a Tensor image to another type, and its values to that type's range.

    >>> ConvertImageDtype(minigrad.uint8)(minigrad.tensor([0.0, 1.0]))
    tensor([  0, 255], dtype=torch.uint8)
    """

    def __init__(self, dtype: Any) -> None:
        self.dtype = dtype

    def __call__(self, image: minigrad.Tensor) -> minigrad.Tensor:
        return F.convert_image_dtype(image, self.dtype)


class ToPILImage(Fixed):
    """Make one of Pillow's images of a Tensor (c, h, w) or of an array; of one image, no batch.

    ImportError where Pillow is not installed.

    >>> ToPILImage(mode="L")
    ToPILImage(mode=L)
    """

    takes_batches = False

    def __init__(self, mode: str | None = None) -> None:
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        return F.to_pil_image(pic, self.mode)

    def __repr__(self) -> str:
        return f"ToPILImage({'' if self.mode is None else f'mode={self.mode}'})"


class Normalize(Fixed):
    """Subtract each channel's mean and divide by its standard deviation.

    `mean` and `std` have a number for each channel; the Tensor is (..., channels, h, w), of floats.
    ValueError when a deviation is zero.

    >>> Normalize([0.5], [0.5])(minigrad.tensor([[[0.0, 0.5, 1.0]]]))
    tensor([[[-1.,  0.,  1.]]])
    """

    def __init__(self, mean: Sequence[float], std: Sequence[float], inplace: bool = False) -> None:
        self.mean, self.std, self.inplace = mean, std, inplace

    def __call__(self, tensor: minigrad.Tensor) -> minigrad.Tensor:
        return F.normalize(tensor, self.mean, self.std, self.inplace)

    def __repr__(self) -> str:
        return f"Normalize(mean={self.mean}, std={self.std})"


class Resize(Fixed):
    """Bring images to another size: bilinear, and antialiased where they become smaller.

    `size` is (h, w) in pixels, or one number for the shorter side, which keeps the shape; then the
    longer side is at most `max_size`. Images of uint8 give a uint8 array, with Pillow's (and so
    torchvision's) values for square images; for others within 1 of them, as newer versions of
    Pillow choose by the sizes which direction they begin with. Floats are not rounded, neither in
    arrays nor in Tensors (..., h, w).
    `interpolation` is NEAREST, NEAREST_EXACT, BILINEAR or BICUBIC; `antialias=False` weighs the
    nearest pixels only, as torchvision does on Tensors.

    >>> Resize(2)(np.arange(0, 64, 4, dtype=np.uint8).reshape(4, 4))
    array([[14, 20],
           [40, 46]], dtype=uint8)
    """

    max_workers = 1

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: InterpolationMode | str | int = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ) -> None:
        sides_of(size, max_size)
        self.size, self.max_size, self.antialias = size, max_size, antialias
        self.interpolation = mode_of(interpolation, RESAMPLING)

    def __call__(self, img: Any) -> Any:
        return F.resize(img, self.size, self.interpolation, self.max_size, self.antialias)

    def __repr__(self) -> str:
        return (
            f"Resize(size={self.size}, interpolation={self.interpolation.value}, "
            f"max_size={self.max_size}, antialias={self.antialias})"
        )


class CenterCrop(Fixed):
    """Cut out the middle; `size` is (h, w) or one number, and what is missing is 0.

    >>> CenterCrop(2)(np.arange(16, dtype=np.uint8).reshape(4, 4))
    array([[ 5,  6],
           [ 9, 10]], dtype=uint8)
    """

    def __init__(self, size: int | Sequence[int]) -> None:
        self.size = F.pair(size)

    def __call__(self, img: Any) -> Any:
        return F.center_crop(img, self.size)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(size={self.size})"


class FiveCrop(CenterCrop):
    """Cut out the corners and the middle: a tuple of five.

    >>> len(FiveCrop(2)(np.zeros((4, 4), np.uint8)))
    5
    """

    takes_batches = False

    def __call__(self, img: Any) -> Any:
        return F.five_crop(img, self.size)


class TenCrop(Fixed):
    """Cut out the corners and the middle, of the image and of the mirrored one: a tuple of ten.

    >>> TenCrop(2)
    TenCrop(size=(2, 2), vertical_flip=False)
    """

    takes_batches = False

    def __init__(self, size: int | Sequence[int], vertical_flip: bool = False) -> None:
        self.size, self.vertical_flip = F.pair(size), vertical_flip

    def __call__(self, img: Any) -> Any:
        return F.ten_crop(img, self.size, self.vertical_flip)

    def __repr__(self) -> str:
        return f"TenCrop(size={self.size}, vertical_flip={self.vertical_flip})"


class Pad(Fixed):
    """Add borders: `padding` is one number, two (left and right, top and bottom), or four (left,
    top, right, bottom).

    `padding_mode` is "constant" (of `fill`), "edge", "reflect" or "symmetric".

    >>> Pad(1, fill=9)(np.zeros((1, 1), np.uint8))
    array([[9, 9, 9],
           [9, 0, 9],
           [9, 9, 9]], dtype=uint8)
    """

    def __init__(
        self, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant"
    ) -> None:
        F.check_padding(padding, fill, padding_mode)
        self.padding, self.fill, self.padding_mode = padding, fill, padding_mode

    def __call__(self, img: Any) -> Any:
        return F.pad(img, self.padding, self.fill, self.padding_mode)

    def __repr__(self) -> str:
        return f"Pad(padding={self.padding}, fill={self.fill}, padding_mode={self.padding_mode})"


class Lambda:
    """A function of your own as a transform; it is given one image at a time.

    >>> Lambda(np.negative)(np.array([1.0]))
    array([-1.])
    """

    def __init__(self, lambd: Callable[[Any], Any]) -> None:
        if not callable(lambd):
            raise TypeError(f"Argument lambd should be callable, got {type(lambd).__name__!r}")
        self.lambd = lambd

    def __call__(self, img: Any) -> Any:
        return self.lambd(img)

    def __repr__(self) -> str:
        return "Lambda()"


class Grayscale(Fixed):
    """Make images grey, with one channel or three equal ones.

    >>> Grayscale(3)(np.zeros((28, 28), np.uint8)).shape
    (28, 28, 3)
    """

    def __init__(self, num_output_channels: int = 1) -> None:
        self.num_output_channels = num_output_channels

    def __call__(self, img: Any) -> Any:
        return F.rgb_to_grayscale(img, self.num_output_channels)

    def __repr__(self) -> str:
        return f"Grayscale(num_output_channels={self.num_output_channels})"
