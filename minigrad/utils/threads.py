"""How many threads NumPy's matrix products take: torch's two names, for NumPy's BLAS."""

from __future__ import annotations

import ctypes
import importlib
import os
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import numpy as np

# OpenBLAS is built under several names: NumPy's own wheels put a word before and a number after.
_PREFIXES, _SUFFIXES = ("scipy_", ""), ("64_", "_64", "")


def get_num_threads() -> int:
    """Return how many threads a matrix product takes.

    It is NumPy's BLAS that has threads; everything else here runs in one. RuntimeError when that
    library is not known; see `set_num_threads`.

    >>> from minigrad.utils import get_num_threads
    >>> get_num_threads() >= 1
    True
    """
    return _find("get_num_threads")[0]()


def set_num_threads(count: int) -> None:
    """Let matrix products take so many threads from now on, in the whole process.

    Several help with large products, such as (256, 784) @ (784, 256), and not with small ones.
    RuntimeError when count is no positive whole number, as in torch, or when NumPy's BLAS is not
    known. Known are all that the package threadpoolctl knows, if it is installed, and OpenBLAS,
    which NumPy's wheels bring.

    >>> from minigrad.utils import get_num_threads, set_num_threads
    >>> before = get_num_threads()
    >>> set_num_threads(1)
    >>> get_num_threads()
    1
    >>> set_num_threads(before)
    """
    if not isinstance(count, int) or isinstance(count, bool):
        raise RuntimeError(f"set_num_threads expects an int, but got {type(count).__name__}")
    if count < 1:
        raise RuntimeError(f"set_num_threads expects a positive integer, but got {count}")
    _find("set_num_threads")[1](count)


def _find(asked: str) -> tuple[Callable[[], int], Callable[[int], Any]]:
    """Return the functions that get and set the number of threads."""
    for way in (_threadpoolctl, _openblas):
        if (found := way()) is not None:
            return found
    raise RuntimeError(
        f"{asked}: NumPy's matrix products come from a library that is not OpenBLAS, and the "
        "package threadpoolctl, which knows more of them, does not know it or is not installed. "
        "Do `pip install threadpoolctl`, or set OMP_NUM_THREADS, MKL_NUM_THREADS or "
        "VECLIB_MAXIMUM_THREADS before Python starts"
    )


def _threadpoolctl() -> tuple[Callable[[], int], Callable[[int], Any]] | None:
    """By the package of this name, for every BLAS that is loaded; the first one answers."""
    try:
        threadpoolctl = importlib.import_module("threadpoolctl")
    except ImportError:
        return None
    blas = threadpoolctl.ThreadpoolController().select(user_api="blas")
    if not len(blas):
        return None
    return lambda: blas.info()[0]["num_threads"], lambda count: blas.limit(limits=count)


def _openblas() -> tuple[Callable[[], int], Callable[[int], Any]] | None:
    """By the two functions of the OpenBLAS that NumPy has loaded."""
    for library in _libraries():
        for prefix, suffix in product(_PREFIXES, _SUFFIXES):
            get = getattr(library, f"{prefix}openblas_get_num_threads{suffix}", None)
            set_ = getattr(library, f"{prefix}openblas_set_num_threads{suffix}", None)
            if get and set_:
                return get, set_
    return None


def _libraries() -> Iterator[ctypes.CDLL]:
    """NumPy's compiled module, through which Linux and macOS also show what it was linked to; and
    the libraries that its wheels bring along, which is where Windows has to look.
    """
    compiled = importlib.import_module("numpy._core._multiarray_umath")
    yield ctypes.CDLL(compiled.__file__)
    package = os.path.dirname(np.__file__)
    for folder in (package + ".libs", os.path.join(package, ".dylibs")):
        for name in sorted(os.listdir(folder)) if os.path.isdir(folder) else ():
            if "openblas" in name:
                yield ctypes.CDLL(os.path.join(folder, name))
