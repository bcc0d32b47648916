"""Reverse-mode autograd in pure NumPy, with PyTorch's names.

>>> import minigrad
>>> x = minigrad.tensor([1., 2., 3.], requires_grad=True)
>>> y = (x * x).sum()
>>> y.backward()
>>> x.grad
tensor([2., 4., 6.])

The examples in all docstrings assume `import minigrad, numpy as np` and the names of this module
(`tensor`, `nn` ...) as they are.  Read autograd/engine.py first, and then the formula sheet,
autograd/derivatives.py.  The operations' names and checks stand in ops/, a file for each family.
"""

import warnings as _warnings
from math import e, inf, nan, pi
from typing import TYPE_CHECKING

from numpy import dtype

from . import autograd, utils, version
from ._tensor import Size, Tensor
from .autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .devices import device, get_default_device, set_default_device
from .dtypes import (
    bfloat16,
    bool_ as bool,
    can_cast,
    complex64,
    complex128,
    finfo,
    float16,
    float32,
    float64,
    get_default_dtype,
    iinfo,
    int8,
    int16,
    int32,
    int64,
    promote_types,
    set_default_dtype,
    uint8,
)
from .ops import comparison as _comparison
from . import creation as _creation
from . import layouts as _layouts
from . import settings as _settings
from . import tensor_types as _tensor_types
from .ops import elementwise as _elementwise
from . import grids as _grids
from .ops import indexing as _indexing
from .ops import linalg as _linalg
from .ops import names as _names
from .ops import numbers as _numbers
from .ops import numpy_functions as _numpy_functions
from .ops import reduction as _reduction
from . import sampling as _sampling
from .ops import shaping as _shaping
from .ops import running as _running
from .ops import statistics as _statistics
from .ops import arranging as _arranging
from .ops import putting as _putting
from .ops import products as _products
from .ops import matrices as _matrices
from .ops import drawing as _drawing
from .ops import softmax as _softmax
from .ops import special as _special
from .ops.comparison import *
from .creation import *
from .ops.elementwise import *
from .grids import *
from .ops.indexing import *
from .ops.linalg import *
from .ops.numbers import *
from .ops.reduction import *
from .sampling import *
from .ops.shaping import *
from .ops.running import *
from .ops.statistics import *
from .ops.arranging import *
from .ops.putting import *
from .ops.products import *
from .ops.matrices import *
from .ops.drawing import *
from .ops.softmax import *
from .ops.special import *
from .layouts import *
from .printing import set_printoptions
from .random import (
    Generator,
    default_generator,
    get_rng_state,
    initial_seed,
    manual_seed,
    seed,
    set_rng_state,
)
from .serialization import load, save
from .settings import *
from .tensor_types import *
from .utils.threads import get_num_threads, set_num_threads

if TYPE_CHECKING:
    from . import (
        accelerator,
        amp,
        backends,
        cuda,
        distributed,
        distributions,
        func,
        linalg,
        mps,
        nn,
        optim,
        special,
        study,
        testing,
    )
    from .amp import autocast
    from .compiler import compile
    from .func import vmap

half, float, double = float16, float32, float64
short, int, long = int16, int32, int64
cfloat, cdouble = complex64, complex128
newaxis = None

__version__ = version.__version__
__all__ = [
    "Generator", "Size", "Tensor", "accelerator", "amp", "autocast", "autograd", "backends",
    "bfloat16", "bool", "can_cast", "cdouble", "cfloat", "compile", "complex128", "complex64",
    "cuda", "default_generator", "device", "distributed", "distributions", "double", "e",
    "enable_grad", "finfo", "float", "float16", "float32", "float64", "func", "get_default_device",
    "get_default_dtype", "get_num_threads", "get_rng_state", "half", "iinfo", "inf",
    "inference_mode", "initial_seed", "int", "int16", "int32", "int64", "int8", "is_grad_enabled",
    "is_inference_mode_enabled", "linalg", "load", "long", "manual_seed", "mps", "nan", "nn",
    "no_grad", "optim", "pi", "promote_types", "save", "seed", "set_default_device",
    "set_default_dtype", "set_grad_enabled", "set_num_threads", "set_printoptions", "set_rng_state",
    "short", "special", "study", "testing", "uint8", "utils", "vmap",
]  # fmt: skip
__all__ += ["dtype", "version"]
__all__ += _comparison.__all__
__all__ += _creation.__all__
__all__ += _elementwise.__all__
__all__ += _grids.__all__
__all__ += _indexing.__all__
__all__ += _layouts.__all__
__all__ += _linalg.__all__
__all__ += _numbers.__all__
__all__ += _reduction.__all__
__all__ += _sampling.__all__
__all__ += _shaping.__all__
__all__ += _running.__all__
__all__ += _settings.__all__
__all__ += _statistics.__all__
__all__ += _arranging.__all__
__all__ += _putting.__all__
__all__ += _products.__all__
__all__ += _matrices.__all__
__all__ += _drawing.__all__
__all__ += _softmax.__all__
__all__ += _special.__all__
__all__ += _tensor_types.__all__

# inf and nan are values, as in torch; NumPy would warn about each that an operation here makes.
_warnings.filterwarnings("ignore", ".* encountered in ", RuntimeWarning, r"minigrad\.")

if not TYPE_CHECKING:
    _COMPLEX = "there are no complex tensors here, and so no Fourier transform"
    _ABSENT = {
        **dict.fromkeys(["complex", "fft", "istft", "polar", "stft", "view_as_complex"], _COMPLEX),
        **dict.fromkeys(["sparse", "sparse_coo_tensor", "sparse_csr_tensor"], "tensors are dense"),
    }
    _PACKAGES = {
        "accelerator", "amp", "backends", "cuda", "distributed", "distributions", "func", "linalg",
        "mps", "nn", "optim", "special", "study", "testing",
    }  # fmt: skip
    _ELSEWHERE = {"autocast": "amp", "compile": "compiler", "vmap": "func"}

    def __getattr__(name):
        """Whole packages, such as nn, and compile are loaded when they are first named."""
        from difflib import get_close_matches
        from importlib import import_module

        if name in _PACKAGES:
            return import_module(f"{__name__}.{name}")
        if name in _ELSEWHERE:
            return getattr(import_module(f"{__name__}.{_ELSEWHERE[name]}"), name)
        if name in _ABSENT:
            raise AttributeError(f"minigrad.{name} is not there: {_ABSENT[name]}", name=name)
        near = get_close_matches(name, __all__, 1)
        hint = f"Did you mean: '{near[0]}'?" if near else "docs/api.md lists all names"
        raise AttributeError(f"module 'minigrad' has no attribute {name!r}. {hint}", name=name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
