"""There is no GPU of Apple's here either; torch.mps' names give a plain answer."""

from __future__ import annotations

from .devices import no_device


def is_available() -> bool:
    """False: minigrad runs on the CPU only.

    >>> minigrad.mps.is_available()
    False
    """
    return False


def device_count() -> int:
    """0: minigrad runs on the CPU only."""
    return 0


def manual_seed(seed: int) -> None:
    """Nothing: there is no GPU with a stream of its own."""


def seed() -> None:
    """Nothing: there is no GPU with a stream of its own."""


def empty_cache() -> None:
    """Nothing: there is no memory of a GPU to give back."""


def current_allocated_memory() -> int:
    """0: no tensor lies on a GPU."""
    return 0


def driver_allocated_memory() -> int:
    """0: no memory of a GPU is held."""
    return 0


def synchronize() -> None:
    """Refused with AssertionError: there is no GPU to wait for."""
    no_device("mps.synchronize()")
