"""From NumPy's errors to ones that teach: torch's exception type, the operation, the operands, the
remedy.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from .dtypes import TENSOR_NAMES

BOOLEAN_MINUS = (
    "Subtraction, the `-` operator, with a bool tensor is not supported. If you are trying to "
    "invert a mask, use the `~` or `logical_not()` operator; `^` or `logical_xor()` of two masks."
)


def tensor_words(x: Any) -> str:
    """How messages name an operand: its torch type and its shape, or a Python value itself.

    >>> tensor_words(np.zeros((2, 3), np.float32))
    'FloatTensor (2, 3)'
    """
    array = getattr(x, "_array", x)
    if isinstance(array, np.ndarray):
        return f"{TENSOR_NAMES.get(array.dtype, array.dtype.name)} {array.shape}"
    text = repr(x)
    return text if len(text) <= 40 else f"{type(x).__name__} {text[:36]}..."


def explain(error: Exception, name: str, args: tuple, kwargs: dict) -> Exception:
    """The error to raise instead of the one that NumPy raised while it ran the operation of this
    name.
    """
    given = ", ".join(
        [tensor_words(a) for a in args] + [f"{k}={tensor_words(v)}" for k, v in kwargs.items()]
    )
    arrays = [a for a in (getattr(a, "_array", a) for a in args) if isinstance(a, np.ndarray)]
    text = str(error)
    if " was given " in text:  # an operation inside this one has explained it already
        return error
    tail = f" ({name} was given {given})"
    if not arrays:  # lists and the like, where a tensor belongs
        return TypeError(
            f"{name}(): argument must be Tensor, not {type(args[0]).__name__}; make one with "
            f"minigrad.tensor(...){tail}"
        )
    if isinstance(error, np.exceptions.AxisError):
        ndim = arrays[0].ndim if arrays else 0
        return IndexError(dimension_words(re.search(r"-?\d+", text), ndim) + tail)
    if isinstance(error, TypeError) and "numpy boolean subtract" in text:
        return RuntimeError(BOOLEAN_MINUS + tail)
    if isinstance(error, TypeError) and "ufunc" in text:
        kinds = " and ".join(TENSOR_NAMES.get(a.dtype, a.dtype.name) for a in arrays)
        return NotImplementedError(
            f'"{name}" not implemented for {kinds}; convert with t.to(dtype){tail}'
        )
    if isinstance(error, ValueError) and (
        "could not be broadcast" in text or "shape mismatch" in text
    ):
        return RuntimeError(_broadcast_words(arrays) + tail)
    if isinstance(error, ValueError) and name == "matmul" and len(arrays) == 2:
        return RuntimeError(_matmul_words(*arrays) + tail)
    if isinstance(error, ValueError) and "cannot reshape array" in text:
        shape = list(args[1]) if len(args) > 1 else kwargs.get("shape")
        return RuntimeError(f"shape '{shape}' is invalid for input of size {arrays[0].size}" + tail)
    if isinstance(error, OverflowError):
        return RuntimeError(f"value cannot be converted without overflow: {text}{tail}")
    if isinstance(error, MemoryError):
        return RuntimeError(f"not enough memory: {text}{tail}")
    if isinstance(error, ValueError):
        return RuntimeError(text + tail)
    return type(error)(text + tail)


def dimension_words(dim: Any, ndim: int) -> str:
    """torch's sentence for an axis that a tensor of this many dimensions does not have."""
    found = dim.group() if isinstance(dim, re.Match) else dim
    bound = max(ndim, 1)
    return (
        f"Dimension out of range (expected to be in range of [{-bound}, {bound - 1}], but got "
        f"{found})"
    )


def _broadcast_words(arrays: list[np.ndarray]) -> str:
    a, b = arrays[:2]
    for a0, b0, array in zip(arrays, arrays[1:], arrays[1:], strict=False):
        try:
            np.broadcast_shapes(a0.shape, b0.shape)
        except ValueError:
            a, b = a0, array
            break
    ndim = max(a.ndim, b.ndim)
    left, right = (1,) * (ndim - a.ndim) + a.shape, (1,) * (ndim - b.ndim) + b.shape
    for axis in reversed(range(ndim)):
        if left[axis] != right[axis] and 1 not in (left[axis], right[axis]):
            return (
                f"The size of tensor a ({left[axis]}) must match the size of tensor b "
                f"({right[axis]}) at "
                f"non-singleton dimension {axis}. Shapes are aligned at the last "
                "dimension and repeated where one "
                f"is 1; add a dimension with t.unsqueeze(dim), or change one with t.reshape(...)"
            )
    return "the shapes of the operands cannot be broadcast together"


def _matmul_words(a: np.ndarray, b: np.ndarray) -> str:
    if 0 in (a.ndim, b.ndim):
        return (
            f"both arguments to matmul need to be at least 1D, but they are {a.ndim}D and {b.ndim}D"
        )
    if a.ndim == b.ndim == 1:
        return (
            f"inconsistent tensor size, expected tensor [{a.size}] and src [{b.size}] to have "
            "the same size"
        )
    if a.ndim == b.ndim == 2:
        words = "x".join(map(str, a.shape)), "x".join(map(str, b.shape))
        advice = f"columns of the first ({a.shape[1]}) must equal rows of the second ({b.shape[0]})"
        return f"mat1 and mat2 shapes cannot be multiplied ({words[0]} and {words[1]}): {advice}"
    return (
        f"shapes {a.shape} and {b.shape} cannot be multiplied: the last of the first must "
        "equal the one before last of the second"
    )
