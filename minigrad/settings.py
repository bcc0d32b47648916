"""Settings that other libraries need and that nothing depends on here, by torch's names."""

from __future__ import annotations

import warnings

__all__ = [
    "are_deterministic_algorithms_enabled", "get_float32_matmul_precision",
    "get_num_interop_threads", "is_deterministic_algorithms_warn_only_enabled",
    "set_float32_matmul_precision", "set_flush_denormal", "set_num_interop_threads",
    "use_deterministic_algorithms",
]  # fmt: skip

_chosen = {"deterministic": False, "warn_only": False}
_precision = ["highest"]


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Ask for the same result each time, which is what all operations here give anyway.

    >>> use_deterministic_algorithms(True)
    >>> are_deterministic_algorithms_enabled()
    True
    >>> use_deterministic_algorithms(False)
    """
    _chosen.update(deterministic=bool(mode), warn_only=bool(mode and warn_only))


def are_deterministic_algorithms_enabled() -> bool:
    """Was use_deterministic_algorithms(True) called?"""
    return _chosen["deterministic"]


def is_deterministic_algorithms_warn_only_enabled() -> bool:
    """Was use_deterministic_algorithms called with warn_only=True?"""
    return _chosen["warn_only"]


def set_float32_matmul_precision(precision: str) -> None:
    """Say how exact products of float32 have to be; here they are as exact as NumPy's, always.

    >>> set_float32_matmul_precision("high")
    >>> get_float32_matmul_precision()
    'high'
    >>> set_float32_matmul_precision("highest")
    """
    if precision not in ("highest", "high", "medium"):
        warnings.warn(
            f"{precision} is not one of 'highest', 'high', or 'medium'; the call has no effect",
            stacklevel=2,
        )
        return
    _precision[0] = precision


def get_float32_matmul_precision() -> str:
    """What set_float32_matmul_precision was given; at first "highest"."""
    return _precision[0]


def set_flush_denormal(mode: bool) -> bool:
    """False: that numbers near 0 become 0 cannot be asked of NumPy.

    >>> set_flush_denormal(True)
    False
    """
    return False


def get_num_interop_threads() -> int:
    """1: operations run one after the other."""
    return 1


def set_num_interop_threads(num: int) -> None:
    """Nothing: operations run one after the other. RuntimeError for fewer than one thread."""
    if num < 1:
        raise RuntimeError(f"Expected positive number of threads, found {num}")
