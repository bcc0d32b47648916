"""Let the C library keep the memory of arrays that are gone."""

from __future__ import annotations

import ctypes
import sys

# mallopt's names for its settings, from glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST = 2**31 - 1  # it takes a C int
_LARGEST_ONCE = 32 * 2**20  # glibc before 2.35 takes no larger threshold for mmap


def keep_freed_memory() -> bool:
    """Keep the memory of freed arrays for the next ones; True if the C library can do so.

    Without it glibc, the C library of most Linux systems, gives large blocks back to the kernel as
    soon as they are free. A training step frees all its arrays and asks for as many again, and the
    kernel clears each page anew, which takes 15 to 30% of a step with large arrays. With it the
    process keeps what it once had: its resident memory stays at its peak until it ends.

    It holds for the whole process from now on, for other libraries too, and cannot be undone, so
    minigrad never calls it by itself: a program does, before its first step. On other systems it
    does nothing and returns False. Source: mallopt(3), M_MMAP_THRESHOLD and M_TRIM_THRESHOLD.

    >>> from minigrad.utils import keep_freed_memory
    >>> keep_freed_memory() in (True, False)
    True
    """
    if not sys.platform.startswith("linux"):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):  # musl, for one: its malloc has no settings
        return False
    mallopt = library.mallopt
    mallopt.argtypes, mallopt.restype = (ctypes.c_int, ctypes.c_int), ctypes.c_int
    from_heap = any(mallopt(_MMAP_THRESHOLD, size) for size in (_LARGEST, _LARGEST_ONCE))
    return bool(mallopt(_TRIM_THRESHOLD, _LARGEST)) and from_heap
