"""Memory that is used again: batches come and go, and each is as large as the last.

The C library gives freed memory back to the system where it lies at the end of the heap, and the
next batch then touches fresh pages one by one, which takes longer than to convert it. Whether it
lies there depends on all that the program has allocated before.
"""

from __future__ import annotations

import contextlib
import math
import weakref
from typing import Any

import numpy as np

LARGEST = 16 * 2**20  # bytes of an array whose memory is kept ...
KEPT = 64 * 2**20  # ... and of all that is kept

Array = np.ndarray[Any, Any]
_blocks: list[tuple[bytearray, weakref.ref[Array]]] = []  # memory, and the last array made on it


def empty(shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
    """Return an array like np.empty's, where it can on memory of an earlier one that is gone.

    Whatever else comes to use the memory, a view, a Tensor, a buffer, keeps the array alive that
    was returned for it; once that has died, nobody uses it.

    >>> a = empty((2, 3), np.dtype(np.float32))
    >>> b = empty((2, 3), np.dtype(np.float32))
    >>> a.shape, np.shares_memory(a, b)
    ((2, 3), False)
    """
    size = math.prod(shape) * dtype.itemsize
    if not 0 < size <= LARGEST:
        return np.empty(shape, dtype)
    # Not an array: views of an array on an array would keep the lower one alive, not it.
    block = _free(size) or bytearray(size)
    array: Array = np.ndarray(shape, dtype, block)
    _blocks.append((block, weakref.ref(array)))
    return array


def _free(size: int) -> bytearray | None:
    """Take a block of about this size from the list that nobody uses; keep the list short.

    There is no lock: the garbage collector may run in here, and what it finalises may want memory,
    too, or wait for a thread that does. What is taken from the list is nobody else's meanwhile.
    """
    with contextlib.suppress(IndexError):  # another thread has emptied the list
        for _ in range(len(_blocks)):
            block, last = _blocks.pop(0)
            if last() is None and size <= len(block) <= 2 * size:
                return block
            _blocks.append((block, last))
        while sum(len(block) for block, _ in _blocks) + size > KEPT:
            del _blocks[0]  # who uses it still has it
    return None
