"""There is no GPU here; code that asks for one gets a plain answer.

What a program may do without a GPU in torch, such as seeding all of them, does nothing here. What
torch refuses then, such as waiting for one, is refused with torch's exception type.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import amp as amp
from .devices import no_device


def is_available() -> bool:
    """False: minigrad runs on the CPU only.

    >>> minigrad.cuda.is_available()
    False
    """
    return False


def device_count() -> int:
    """0: minigrad runs on the CPU only.

    >>> minigrad.cuda.device_count()
    0
    """
    return 0


def is_initialized() -> bool:
    """False: there is nothing to be made ready."""
    return False


def is_bf16_supported(including_emulation: bool = True) -> bool:
    """False: there is no GPU, and no bfloat16."""
    return False


def manual_seed(seed: int) -> None:
    """Nothing: there is no GPU with a stream of its own."""


def manual_seed_all(seed: int) -> None:
    """Nothing: there is no GPU with a stream of its own."""


def seed() -> None:
    """Nothing: there is no GPU with a stream of its own."""


def seed_all() -> None:
    """Nothing: there is no GPU with a stream of its own."""


def get_rng_state_all() -> list[Any]:
    """The states of all GPUs' streams: none."""
    return []


def set_rng_state_all(new_states: Iterable[Any]) -> None:
    """Nothing for no states; the state of a GPU is refused with AssertionError."""
    for _ in new_states:
        no_device("cuda.set_rng_state_all()")


def empty_cache() -> None:
    """Nothing: there is no memory of a GPU to give back."""


def ipc_collect() -> None:
    """Nothing: there is no memory of a GPU to give back."""


def memory_allocated(device: Any = None) -> int:
    """0: no tensor lies on a GPU."""
    return 0


def max_memory_allocated(device: Any = None) -> int:
    """0: no tensor lay on a GPU."""
    return 0


def memory_reserved(device: Any = None) -> int:
    """0: no memory of a GPU is held."""
    return 0


def max_memory_reserved(device: Any = None) -> int:
    """0: no memory of a GPU was held."""
    return 0


def reset_peak_memory_stats(device: Any = None) -> None:
    """Nothing: there is no memory of a GPU to count."""


def current_device() -> int:
    """Refused with AssertionError: there is no GPU."""
    return no_device("cuda.current_device()")


def set_device(device: Any) -> None:
    """Refused with AssertionError: there is no GPU."""
    no_device(f"cuda.set_device({device!r})")


def synchronize(device: Any = None) -> None:
    """Refused with AssertionError: there is no GPU to wait for."""
    no_device("cuda.synchronize()")


def get_device_name(device: Any = None) -> str:
    """Refused with AssertionError: there is no GPU."""
    return no_device("cuda.get_device_name()")


def get_device_properties(device: Any = None) -> Any:
    """Refused with AssertionError: there is no GPU."""
    return no_device("cuda.get_device_properties()")


def get_device_capability(device: Any = None) -> tuple[int, int]:
    """Refused with AssertionError: there is no GPU."""
    return no_device("cuda.get_device_capability()")


def mem_get_info(device: Any = None) -> tuple[int, int]:
    """Refused with AssertionError: there is no GPU."""
    return no_device("cuda.mem_get_info()")
