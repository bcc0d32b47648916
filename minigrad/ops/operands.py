"""What the operands of an operation become before it runs: one type, by torch's rules."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import derivatives as d
from ..autograd.engine import Value, apply, apply_to, wrap
from ..autograd.errors import BOOLEAN_MINUS
from .arguments import not_a_tensor


def unary(fn: Callable, x: Any, name: str | None = None) -> Any:
    """Apply a function of one real number: integers and booleans become the default float type
    first.
    """
    try:
        if x._array.dtype.kind != "f":
            x = d.cast(x, dtype=dtypes.get_default_dtype())
    except AttributeError:
        raise not_a_tensor(name or fn.__name__, x) from None
    return apply_to(fn, x)


def binary(fn: Callable, a: Any, b: Any) -> Any:
    """Apply a function of two operands in the type that torch would compute in.

    Returns NotImplemented for what is neither Tensor, array nor number, as operators must.
    """
    if isinstance(a, Value) and _fits(a, b) or isinstance(b, Value) and _fits(b, a):
        return apply(fn, (a, b))
    pair = promote(a, b)
    if pair is None:
        return NotImplemented
    if fn is np.subtract and any(
        getattr(x, "dtype", type(x)) in (dtypes.bool_, bool) for x in (a, b)
    ):
        raise RuntimeError(BOOLEAN_MINUS)
    return apply(fn, pair)


def _fits(a: Value, b: Any) -> bool:
    """Can NumPy be left to compute with a and b as they are?"""
    if isinstance(b, Value):
        return a._array.dtype is b._array.dtype
    return (type(b) is float or type(b) is int) and a._array.dtype.kind == "f"


def called(name: str, fn: Callable, a: Any, b: Any) -> Any:
    """The same for a call by name, which has no other operand to try: TypeError instead of
    NotImplemented.
    """
    result = binary(fn, a, b) if isinstance(a, Value) or isinstance(b, Value) else NotImplemented
    if result is NotImplemented:
        raise neither(name, a, b)
    return result


def neither(name: str, a: Any, b: Any) -> TypeError:
    """The exception for two operands of which one is no operand, or none is a Tensor."""
    if is_operand(a) and not is_operand(b):
        return not_a_tensor(name, b, "other", 2)
    return not_a_tensor(name, a)


def is_operand(x: Any) -> bool:
    """Can x stand beside a Tensor in an operation?"""
    return isinstance(x, (Value, int, float, np.ndarray, np.generic))


def promote(*operands: Any, floating: bool = False) -> tuple | None:
    """The operands in their common type; None if one is neither Tensor, array nor number."""
    if not all(map(is_operand, operands)):
        return None
    # NumPy's scalars count as Python's do: a float64 that came out of np.sqrt(2) promotes nothing.
    operands = tuple(x.item() if isinstance(x, np.generic) else x for x in operands)
    dtype = dtypes.result_type(*(x._array if isinstance(x, Value) else x for x in operands))
    if floating and dtype.kind != "f":
        dtype = dtypes.get_default_dtype()
    return tuple(_in_type(x, dtype) for x in operands)


def _in_type(x: Any, dtype: np.dtype) -> Any:
    if isinstance(x, Value):
        return x if x._array.dtype == dtype else d.cast(x, dtype=dtype)
    if isinstance(x, np.ndarray):
        return wrap(x.astype(dtypes.as_dtype(x.dtype)).astype(dtype))
    if dtype.kind == "f":
        return float(x) if isinstance(x, bool) else x  # NumPy treats a bare Python number as weak
    return wrap(np.asarray(x).astype(dtype))  # wraps around as torch does; NumPy refuses uint8 + -1
