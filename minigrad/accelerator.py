"""Whatever is faster than the CPU: there is none here, and torch.accelerator's names say so."""

from __future__ import annotations

from typing import Any

from .devices import device as _device
from .devices import no_device


def is_available() -> bool:
    """False: minigrad runs on the CPU only.

    >>> minigrad.accelerator.is_available()
    False
    """
    return False


def device_count() -> int:
    """0: minigrad runs on the CPU only."""
    return 0


def current_accelerator(check_available: bool = False) -> _device | None:
    """None: there is no accelerator.

    >>> minigrad.accelerator.current_accelerator() is None
    True
    """
    return None


def empty_cache() -> None:
    """Nothing: there is no memory of an accelerator to give back."""


def memory_allocated(device_index: Any = None) -> int:
    """0: no tensor lies on an accelerator."""
    return 0


def max_memory_allocated(device_index: Any = None) -> int:
    """0: no tensor lay on an accelerator."""
    return 0


def current_device_index() -> int:
    """Refused with AssertionError: there is no accelerator."""
    return no_device("accelerator.current_device_index()")


def set_device_index(device: Any) -> None:
    """Refused with AssertionError: there is no accelerator."""
    no_device(f"accelerator.set_device_index({device!r})")


def synchronize(device: Any = None) -> None:
    """Refused with AssertionError: there is no accelerator to wait for."""
    no_device("accelerator.synchronize()")
