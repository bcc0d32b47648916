"""Settings of the process that speed depends on: memory that is kept, and threads of BLAS."""

from .memory import keep_freed_memory
from .threads import get_num_threads, set_num_threads

__all__ = ["get_num_threads", "keep_freed_memory", "set_num_threads"]
