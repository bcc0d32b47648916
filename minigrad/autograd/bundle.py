"""Several results of one call: they stand together at one Node, and each has a Node of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from .engine import rule


class Bundle:
    """The results of a call together, or their gradients, None for those that have none."""

    dtype = np.dtype(object)

    def __init__(self, parts: list[Any]) -> None:
        self.parts, self.shape = parts, (len(parts),)

    def __add__(self, other: Bundle) -> Bundle:
        both = zip(self.parts, other.parts, strict=True)
        return Bundle([b if a is None else a if b is None else a + b for a, b in both])

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        """All numbers in a row: for who shows them."""
        arrays = [getattr(x, "_array", x) for x in self.parts if x is not None]
        return np.concatenate([np.zeros(0, dtype or np.float32), *(x.reshape(-1) for x in arrays)])

    def reshape(self, *shape: Any) -> np.ndarray:
        """All numbers, in this shape."""
        return np.asarray(self).reshape(*shape)

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return np.asarray(self).size

    @property
    def nbytes(self) -> int:
        """The bytes of all parts."""
        return sum(x.nbytes for x in self.parts if x is not None)


def output(x: Bundle, *, i: int) -> Any:
    """One of several results."""
    return x.parts[i]


def only(g: Any, y: Any, x: Any, i: int) -> Bundle:
    """g for that one, and nothing for the others."""
    n = x.shape[0] if isinstance(x, Bundle) else x._array.shape[0]
    return Bundle([g if k == i else None for k in range(n)])


rule(output, only)
