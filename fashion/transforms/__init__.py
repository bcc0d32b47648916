"""What is done to images on their way into a batch, with torchvision's names.

Each transform takes one image or, which is much faster, a whole batch of them at once. An image is
a uint8 array (h, w), (h, w, channels) or one of Pillow's; a batch is an array (n, h, w) or
(n, h, w, channels). Three dimensions mean one image when the last is 1 to 4, the channels, and a
batch otherwise. Tensors are (..., channels, h, w).

A transform says of itself, by attributes: `takes_batches`, that a whole batch is fine; `draws`,
that it draws random numbers; and `max_workers`, how many of the loader's threads help: 0 when a
batch takes it less time than to be handed from thread to thread. Without them it gets image after
image, and a thread helps.

`fixed` has those that do the same to each image, `drawn` those that draw, `functional` the
functions that both call, `colours` the part of these that mixes values, `images` what an image is,
`v2` the names of torchvision's second edition.
"""

from . import functional, v2
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
from .images import InterpolationMode, channels_first, has_channels, pixels
from .resampling import weights

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "FiveCrop", "Grayscale",
    "InterpolationMode", "Lambda", "Normalize", "PILToTensor", "Pad", "RandomApply",
    "RandomChoice", "RandomCrop", "RandomErasing", "RandomGrayscale", "RandomHorizontalFlip",
    "RandomInvert", "RandomOrder", "RandomResizedCrop", "RandomRotation", "RandomVerticalFlip",
    "Resize", "TenCrop", "ToPILImage", "ToTensor", "channels_first", "functional", "has_channels",
    "pixels", "v2", "weights",
]  # fmt: skip
