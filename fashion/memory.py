"""Memory that is used again: batches come and go, and each is as large as the last.

The C library gives freed memory back to the system where it lies at the end of the heap, and the
next batch then touches fresh pages one by one, which takes longer than to convert it. Whether it
lies there depends on all that the program has allocated before.
"""

from __future__ import annotations

import math
import threading
import weakref
from typing import Any

import numpy as np

LARGEST = 16 * 2**20  # bytes of an array whose memory is kept ...
KEPT = 64 * 2**20  # ... and of all that is kept

Array = np.ndarray[Any, Any]
_blocks: list[tuple[bytearray, weakref.ref[Array]]] = []  # memory, and the last array made on it
_lock = threading.Lock()


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
    with _lock:
        for i, (block, last) in enumerate(_blocks):
            if last() is None and size <= len(block) <= 2 * size:
                del _blocks[i]
                break
        else:
            # Not an array: views of an array on an array would keep the lower one alive, not it.
            block = bytearray(size)
            while sum(len(kept) for kept, _ in _blocks) + size > KEPT:
                del _blocks[0]  # the one not asked for longest; who uses it still has it
        array: Array = np.ndarray(shape, dtype, block)
        _blocks.append((block, weakref.ref(array)))
    return array
