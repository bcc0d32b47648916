"""Switches of libraries that are not here: each can be set, and changes nothing.

>>> minigrad.backends.cudnn.deterministic = False
>>> minigrad.backends.mps.is_available()
False
"""

from . import cuda, cudnn, mkl, mkldnn, mps, openmp

__all__ = ["cuda", "cudnn", "mkl", "mkldnn", "mps", "openmp"]
