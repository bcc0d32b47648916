"""Undoing a broadcast: who was repeated gets the sum of the gradients of all its copies."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Undo a broadcast: sum g over the axes along which an operand of this shape was repeated.

    >>> unbroadcast(np.ones((2, 3)), (3,)), unbroadcast(np.ones((2, 3)), (2, 1))
    (array([2., 2., 2.]), array([[3.],
           [3.]]))
    """
    axes, keep = repeated(g.shape, shape)
    total = np.add.reduce if type(g) is np.ndarray else np.sum  # the former is twice as quick
    g = total(g, axes, keepdims=keep)  # type: ignore[call-overload]
    return g if g.shape == shape else g.reshape(shape)


@functools.lru_cache
def repeated(shape: tuple[int, ...], own: tuple[int, ...]) -> tuple[tuple[int, ...], bool]:
    """The axes along which broadcasting repeated an array of its own shape to make this one; and
    whether they are among its own.
    """
    lead = len(shape) - len(own)
    if lead < 0 or any(n not in (1, m) for n, m in zip(own, shape[lead:], strict=True)):
        raise ValueError(f"it gave a gradient of shape {shape} for an argument of shape {own}")
    stretched = [i for i, n in enumerate(own, lead) if n == 1 != shape[i]]
    return (*range(lead), *stretched), bool(stretched)


def in_type(g: Any, dtype: np.dtype) -> Any:
    """g as floating point numbers of the argument's type."""
    if g.dtype.kind != "f":
        raise TypeError(f"it gave a gradient of type {g.dtype} for an argument of type {dtype}")
    return g.astype(dtype)


def silently(
    rule: Callable, operands: Sequence[Any], kwargs: dict, x: Any, known: Any = None
) -> Any:
    """What a rule gives for its argument x, in its shape and type, and added to what is known.

    For a rule that NumPy ended over an overflow, a division by 0 or the like, as np.seterr or a
    filter of warnings told it to: to us inf and nan are values. It comes after the fact, as to set
    and unset np.errstate costs more than many a rule.
    """
    with np.errstate(all="ignore"):
        g = rule(*operands, **kwargs)
        g = g if g.shape == x.shape else unbroadcast(g, x.shape)
        g = g if g.dtype is x.dtype else in_type(g, x.dtype)
        return g if known is None else known + g
