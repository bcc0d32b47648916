"""Reverse-mode autograd in pure NumPy, with PyTorch's names.

>>> import minigrad
>>> x = minigrad.tensor([1., 2., 3.], requires_grad=True)
>>> y = (x * x).sum()
>>> y.backward()
>>> x.grad
tensor([2., 4., 6.])

The examples in all docstrings assume `import minigrad, numpy as np` and the names of this module
(`tensor`, `nn` ...) as they are.  Read autograd.py first: it is the engine.  The operations stand
in ops/, a file for each family.
"""

import warnings as _warnings
from importlib import import_module as _import_module
from types import ModuleType as _ModuleType
from typing import TYPE_CHECKING

from . import autograd as autograd
from . import dtypes as _dtypes
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .creation import (
    arange,
    as_tensor,
    empty,
    eye,
    from_numpy,
    full,
    full_like,
    is_tensor,
    linspace,
    meshgrid,
    normal,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from .dtypes import (
    float16,
    float32,
    float64,
    get_default_dtype,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    set_default_dtype,
    uint8,
)
from .random import Generator, default_generator, manual_seed

from .serialization import load, save
from .tensor import Size, Tensor, device

from .ops.registry import FUNCTIONS as _FUNCTIONS

half, float, double = float16, float32, float64
short, int, long, bool = int16, int32, int64, _dtypes.bool_

globals().update(_FUNCTIONS)  # an operation is written down in its family's file, and nowhere else

if TYPE_CHECKING:  # the same for readers that do not run the code
    from . import cuda as cuda
    from . import nn as nn
    from . import optim as optim
    from .ops.elementwise import *
    from .ops.indexing import *
    from .ops.linalg import *
    from .ops.reduction import *
    from .ops.shaping import *
    from .ops.softmax import *

__version__ = "0.1.0"

# inf and nan are values, as in torch; NumPy would warn about each that an operation here makes.
_warnings.filterwarnings("ignore", ".* encountered in ", RuntimeWarning, r"minigrad\.")


def __getattr__(name: str) -> _ModuleType:
    """minigrad.nn, optim and cuda, which are loaded when they are first named."""
    if name in ("nn", "optim", "cuda"):
        return _import_module(f"{__name__}.{name}")
    raise AttributeError(
        f"module 'minigrad' has no attribute {name!r}; docs/api.md lists all names"
    )


def __dir__() -> list[str]:
    return sorted({*globals(), "nn", "optim", "cuda"})
