"""The helpers of the lecture and of its book, "Dive into Deep Learning", by their names there.

Both editions': functions such as `train_ch3`, `train_ch6` and `train_ch8`, and classes such as
`Module`, `DataModule` and `Trainer`, for the chapters up to the recurrent networks.

What is drawn appears in a notebook by itself. Elsewhere, what a function draws and does not hand
over is written to a picture file, and a line says where: `Animator`, `Trainer` and `predict_ch3`.
"""

from typing import Any

from minigrad.nn import Module as nn_Module

from . import (
    board,
    classes,
    devices,
    draw,
    hub,
    hyperparameters,
    lecture,
    names,
    recurrent,
    regression,
    text,
    translate,
    vision,
)  # fmt: skip
from .board import *
from .classes import *
from .devices import *
from .draw import *
from .hub import *
from .hyperparameters import *
from .lecture import *
from .names import *
from .recurrent import *
from .regression import *
from .text import *
from .translate import *
from .vision import *

__all__ = ["nn_Module"]
__all__ += board.__all__ + classes.__all__ + devices.__all__ + draw.__all__ + hub.__all__
__all__ += hyperparameters.__all__ + lecture.__all__ + names.__all__ + recurrent.__all__
__all__ += regression.__all__ + text.__all__ + translate.__all__ + vision.__all__


def __getattr__(name: str) -> Any:
    if name == "plt":  # matplotlib takes half a second, and many a program draws nothing
        return draw.pyplot()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
