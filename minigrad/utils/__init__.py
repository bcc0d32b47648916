"""Settings of the process that speed depends on, and `utils.data`: data sets and their loader."""

from typing import TYPE_CHECKING

from .memory import keep_freed_memory
from .threads import get_num_threads, set_num_threads

if TYPE_CHECKING:
    from . import data

__all__ = ["data", "get_num_threads", "keep_freed_memory", "set_num_threads"]

if not TYPE_CHECKING:

    def __getattr__(name):
        """data is loaded when it is first named."""
        if name == "data":
            from importlib import import_module

            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
