"""From NumPy's errors to ones that teach: torch's exception type, the operation, the operands, the
remedy.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from .symbols import whole

# What torch's messages and t.type() call a tensor of each type.
TENSOR_NAMES: dict[np.dtype, str] = {
    np.dtype(np.float16): "HalfTensor",
    np.dtype(np.float32): "FloatTensor",
    np.dtype(np.float64): "DoubleTensor",
    np.dtype(np.int8): "CharTensor",
    np.dtype(np.int16): "ShortTensor",
    np.dtype(np.int32): "IntTensor",
    np.dtype(np.int64): "LongTensor",
    np.dtype(np.uint8): "ByteTensor",
    np.dtype(np.bool_): "BoolTensor",
}
FREED = (
    "Trying to backward through the graph a second time: the values saved by {} have been freed. "
    "Specify retain_graph=True in the first backward() or grad() if you need the graph again."
)
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


def explain(error: Exception, fn: Callable, name: str, args: tuple, kwargs: dict, raw: list) -> Any:
    """Raise what teaches instead of the error that came while the operation fn ran.

    Two calls have a result: one that failed because Symbols were among its arrays, raw
    (symbols.py); and one that NumPy ended over an overflow, a division by 0 or the like, as
    np.seterr or a filter of warnings told it to. To us inf and nan are values.
    An error inside a user's own function keeps its traceback: there lies the line to mend.
    """
    if isinstance(error, (FloatingPointError, RuntimeWarning)):
        try:
            with np.errstate(all="ignore"):  # around every call it would take half as long again
                return fn(*raw, **kwargs)
        except Exception as again:
            error = again
    if (followed := whole(error, fn, raw, kwargs)) is not None:
        return followed
    better = _explained(error, name, args, kwargs)
    if better is error:
        raise error
    module = getattr(fn, "__module__", None) or "numpy"
    own = module.partition(".")[0] in ("numpy", "minigrad")
    raise better from (None if own else error)


def explain_rule(error: Exception, fn: Callable, name: str, i: int, raw: Any) -> NoReturn:
    """Raise the error that came in the rule for argument i, with the place and what was given."""
    text, kind = str(error), RuntimeError if isinstance(error, ValueError) else type(error)
    if error.__traceback__ is not None and error.__traceback__.tb_next is None:
        # It came in backprop itself, which asked the result for its shape.
        text, kind = f"a rule returns an array or a Tensor, and this one did not: {text}", TypeError
    elif any(words in text for words in (" was given ", "in the rule for argument", CHANGED)):
        raise error  # it says already what happened
    given = ", ".join(map(tensor_words, raw))
    text += f" (in the rule for argument {i} of {name}, given {given})"
    try:
        better: Exception = kind(text)
    except Exception:  # a type of the user's own, which takes something else
        better = RuntimeError(text)
    raise better from error


CHANGED = "has been modified by an inplace operation"


def _explained(error: Exception, name: str, args: tuple, kwargs: dict) -> Exception:
    """The error in torch's type and words; the same one where it says all already."""
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
    if isinstance(error, FloatingPointError) and "divide by zero" in text:
        return RuntimeError(
            f"ZeroDivisionError: an integer was divided by 0; convert to float first{tail}"
        )
    if isinstance(error, OverflowError):
        return RuntimeError(f"value cannot be converted without overflow: {text}{tail}")
    if isinstance(error, MemoryError):
        return RuntimeError(f"not enough memory: {text}{tail}")
    if isinstance(error, ValueError):
        return RuntimeError(text + tail)
    try:
        return type(error)(text + tail)
    except Exception:  # a type of the user's own, which takes something else
        return error


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
