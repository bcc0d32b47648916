"""Functions that make coordinates: grids, pairs, triangles of indices, powers."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from . import dtypes
from ._tensor import Tensor
from .autograd.engine import wrap
from .creation import finish, need_tensor
from .ops import shaping

__all__ = [
    "cartesian_prod", "combinations", "meshgrid", "tril_indices", "triu_indices", "vander",
]  # fmt: skip


def meshgrid(*tensors: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid, one tensor for each of the given vectors.

    >>> meshgrid(tensor([1, 2]), tensor([3, 4]), indexing="ij")[0]
    tensor([[1, 1],
            [2, 2]])
    """
    vectors: Sequence[Any] = (
        tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    )
    if indexing not in ("ij", "xy"):
        raise RuntimeError(f"meshgrid: indexing must be 'ij' or 'xy', not {indexing!r}")
    shape = tuple(v.numel() for v in vectors)
    grids = []
    for i, v in enumerate(vectors):
        one = v.reshape(tuple(-1 if i == j else 1 for j in range(len(shape)))).expand(*shape)
        grids.append(one.swapaxes(0, 1) if indexing == "xy" and len(shape) > 1 else one)
    return tuple(grids)


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """All combinations of an element of each vector, a row for each; of one vector itself.

    >>> cartesian_prod(tensor([1, 2]), tensor([3, 4]))
    tensor([[1, 3],
            [1, 4],
            [2, 3],
            [2, 4]])
    """
    for t in tensors:
        need_tensor(t, "cartesian_prod")
        if t._array.ndim != 1:
            raise RuntimeError(f"Expect a 1D vector, but got shape {list(t._array.shape)}")
    if len(tensors) == 1:
        return tensors[0]
    return shaping.stack([grid.reshape(-1) for grid in meshgrid(*tensors)], 1)


def combinations(input: Tensor, r: int = 2, with_replacement: bool = False) -> Tensor:
    """All combinations of r elements of a vector, a row for each, in the order of the elements.

    >>> combinations(tensor([1, 2, 3]))
    tensor([[1, 2],
            [1, 3],
            [2, 3]])
    """
    need_tensor(input, "combinations")
    if input._array.ndim != 1:
        raise RuntimeError(f"Expect a 1D vector, but got shape {list(input._array.shape)}")
    if r < 0:
        raise RuntimeError(f"Expect a non-negative number, but got {r}")
    pick = itertools.combinations_with_replacement if with_replacement else itertools.combinations
    rows = np.array(list(pick(range(input._array.size), r)), np.int64).reshape(-1, r)
    return input[wrap(rows)] if r else input[:0]


def tril_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """The positions of a matrix's lower triangle, row by row: a row of rows and one of columns.

    >>> tril_indices(2, 2)
    tensor([[0, 1, 1],
            [0, 0, 1]])
    """
    return _triangle(np.tri(row, col, offset, bool), dtype, device)


def triu_indices(
    row: int, col: int, offset: int = 0, *, dtype: Any = None, device: Any = None
) -> Tensor:
    """The positions of a matrix's upper triangle, row by row: a row of rows and one of columns.

    >>> triu_indices(2, 2)
    tensor([[0, 0, 1],
            [0, 1, 1]])
    """
    return _triangle(~np.tri(row, col, offset - 1, bool), dtype, device)


def _triangle(mask: np.ndarray, dtype: Any, device: Any) -> Tensor:
    kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
    return finish(np.stack(np.nonzero(mask)).astype(kind), False, device)


def vander(x: Tensor, N: int | None = None, increasing: bool = False) -> Tensor:
    """The powers of each element of a vector, N (its length) a row, from the highest to 0.

    >>> vander(tensor([1., 2., 3.]))
    tensor([[1., 1., 1.],
            [4., 2., 1.],
            [9., 3., 1.]])
    """
    need_tensor(x, "vander")
    if x._array.ndim != 1:
        raise RuntimeError(f"x must be a one-dimensional tensor, not {x._array.ndim}D")
    n = x._array.size if N is None else N
    if n < 0:
        raise RuntimeError(f"N must be non-negative, not {n}")
    powers = np.arange(n) if increasing else np.arange(n)[::-1]
    return x[:, None] ** wrap(powers.copy())
