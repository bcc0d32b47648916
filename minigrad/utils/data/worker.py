"""What one of the loader's threads can find out about itself."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any, NamedTuple


class WorkerInfo(NamedTuple):
    """Who a thread of the loader is: its number `id`, of `num_workers`, its `seed`, the data set.

    The seed is another one in each thread and in each pass over the data. The data set is the one
    that all threads share, not a copy as in torch.

    >>> WorkerInfo(0, 2, 7, "abc").num_workers
    2
    """

    id: int
    num_workers: int
    seed: int
    dataset: Any


_here = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """Tell a data set or `worker_init_fn` which thread of the loader it runs in; else None.

    A stream is read by one thread, whatever `num_workers` is, so that a data set that divides its
    samples among the workers gives all of them, and one that does not gives each once.

    >>> get_worker_info() is None
    True
    """
    return getattr(_here, "info", None)


@contextlib.contextmanager
def in_worker(info: WorkerInfo) -> Iterator[None]:
    """Let get_worker_info() say this in the present thread, until the block ends.

    >>> with in_worker(WorkerInfo(1, 2, 7, "abc")):
    ...     get_worker_info().id
    1
    """
    _here.info = info
    try:
        yield
    finally:
        del _here.info
