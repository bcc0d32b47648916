"""torch.backends.cudnn's switches, as torch has them at first; they change nothing here."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

enabled = True
benchmark = False
deterministic = False
allow_tf32 = True


def is_available() -> bool:
    """False: there is no cuDNN.

    >>> minigrad.backends.cudnn.is_available()
    False
    """
    return False


def version() -> int | None:
    """None: there is no cuDNN."""
    return None


@contextlib.contextmanager
def flags(
    enabled: bool = False,
    benchmark: bool = False,
    benchmark_limit: int = 10,
    deterministic: bool = False,
    allow_tf32: bool = True,
) -> Iterator[None]:
    """A block with other switches: there is nothing that they could change.

    >>> with minigrad.backends.cudnn.flags(enabled=False):
    ...     pass
    """
    yield
