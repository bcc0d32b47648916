"""Settings of windows: one int for all dimensions, or an int for each."""

from __future__ import annotations

from typing import Any, TypeAlias

Pair: TypeAlias = "int | tuple[int, int]"


def pair(value: Any, name: str) -> tuple[int, int]:
    """The two numbers, for height and width, of a setting given as one int or as two."""
    both = (value, value) if not isinstance(value, (tuple, list)) else tuple(value)
    if len(both) == 1:
        both *= 2
    if len(both) != 2 or not all(hasattr(n, "__index__") for n in both):
        raise TypeError(f"{name} must be an int or two ints (height, width), not {value!r}")
    return int(both[0]), int(both[1])
