"""The helpers of the lecture and of its book, "Dive into Deep Learning", by their names there.

What is drawn appears in a notebook by itself. Elsewhere, what a function draws and does not hand
over is written to a picture file, and a line says where: `Animator` and `predict_ch3`.
"""

from typing import Any

from . import draw, lecture
from .draw import *
from .lecture import *

__all__ = [*draw.__all__, *lecture.__all__]


def __getattr__(name: str) -> Any:
    if name == "plt":  # matplotlib takes half a second, and many a program draws nothing
        return draw.pyplot()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
