"""Settings of the process that speed depends on; `utils.data`, data sets and their loader; and
`utils.checkpoint`, which spares memory.
"""

from typing import TYPE_CHECKING

from .memory import keep_freed_memory
from .threads import get_num_threads, set_num_threads

if TYPE_CHECKING:
    from . import checkpoint, data

__all__ = ["checkpoint", "data", "get_num_threads", "keep_freed_memory", "set_num_threads"]

if not TYPE_CHECKING:

    def __getattr__(name):
        """data and checkpoint are loaded when they are first named."""
        if name in ("checkpoint", "data"):
            from importlib import import_module

            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
