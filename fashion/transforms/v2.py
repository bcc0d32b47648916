"""torchvision's second edition of its transforms, for images: the same names, and a few more.

Bounding boxes, masks and videos, for which it was made, are not here.
"""

from __future__ import annotations

from typing import Any

import minigrad

from . import functional
from .drawn import (
    ColorJitter,
    RandomApply,
    RandomChoice,
    RandomCrop,
    RandomErasing,
    RandomGrayscale,
    RandomHorizontalFlip,
    RandomInvert,
    RandomOrder,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
)
from .fixed import (
    CenterCrop,
    Compose,
    ConvertImageDtype,
    FiveCrop,
    Fixed,
    Grayscale,
    Lambda,
    Normalize,
    Pad,
    PILToTensor,
    Resize,
    TenCrop,
    ToPILImage,
    ToTensor,
)
from .images import InterpolationMode

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "FiveCrop", "Grayscale",
    "Identity", "InterpolationMode", "Lambda", "Normalize", "PILToTensor", "Pad", "RGB",
    "RandomApply", "RandomChoice", "RandomCrop", "RandomErasing", "RandomGrayscale",
    "RandomHorizontalFlip", "RandomInvert", "RandomOrder", "RandomResizedCrop", "RandomRotation",
    "RandomVerticalFlip", "Resize", "TenCrop", "ToDtype", "ToImage", "ToPILImage", "ToPureTensor",
    "ToTensor", "functional",
]  # fmt: skip


class ToImage(Fixed):
    """Make a Tensor (..., channels, h, w) of an image or a batch, with its own numbers and type.

    >>> ToImage()(np.zeros((28, 28), np.uint8)).shape
    torch.Size([1, 28, 28])
    """

    def __call__(self, inpt: Any) -> minigrad.Tensor:
        return inpt if isinstance(inpt, minigrad.Tensor) else functional.pil_to_tensor(inpt)


class ToDtype(Fixed):
    """Bring a Tensor to another type; with scale=True its values to that type's range, too.

    >>> ToDtype(minigrad.float32, scale=True)(minigrad.tensor([51], dtype=minigrad.uint8))
    tensor([0.2000])
    """

    def __init__(self, dtype: Any, scale: bool = False) -> None:
        self.dtype, self.scale = dtype, scale

    def __call__(self, inpt: Any) -> Any:
        if not isinstance(inpt, minigrad.Tensor):
            return inpt  # as there: images of other kinds pass
        if self.scale:
            return functional.convert_image_dtype(inpt, self.dtype)
        return inpt.to(self.dtype)

    def __repr__(self) -> str:
        return f"ToDtype(scale={self.scale})"


class RGB(Fixed):
    """Make three equal channels of one; three stay.

    >>> RGB()(np.zeros((28, 28), np.uint8)).shape
    (28, 28, 3)
    """

    def __call__(self, inpt: Any) -> Any:
        if functional.get_image_num_channels(inpt) == 3:
            return inpt
        return functional.rgb_to_grayscale(inpt, 3)


class Identity(Fixed):
    """The image as it is.

    >>> Identity()
    Identity()
    """

    def __call__(self, inpt: Any) -> Any:
        return inpt


class ToPureTensor(Identity):
    """The Tensor as it is: here no image has a type of its own.

    >>> ToPureTensor()
    ToPureTensor()
    """
