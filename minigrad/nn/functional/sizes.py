"""Settings of windows: one int for all dimensions, or an int for each."""

from __future__ import annotations

from typing import Any, TypeAlias

Single: TypeAlias = "int | tuple[int, ...]"  # of one number
Pair: TypeAlias = "int | tuple[int, ...]"  # of two numbers


def numbers(value: Any, dims: int, name: str) -> tuple[int, ...]:
    """The number for each of the dimensions of a setting given as one int or as so many."""
    each = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(each) == 1:
        each *= dims
    if len(each) != dims or not all(hasattr(n, "__index__") for n in each):
        wanted = "two ints (height, width)" if dims == 2 else "a tuple of one"
        raise TypeError(f"{name} must be an int or {wanted}, not {value!r}")
    return tuple(n.__index__() for n in each)
