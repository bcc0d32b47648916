"""Where the book's code asks for a GPU: there is none, and it takes the CPU."""

from __future__ import annotations

import minigrad

__all__ = ["cpu", "gpu", "num_gpus", "try_all_gpus", "try_gpu"]

device = minigrad.device


def cpu() -> device:
    """Return the CPU.

    >>> cpu()
    device(type='cpu')
    """
    return device("cpu")


def gpu(i: int = 0) -> device:
    """Return the name of a GPU, on which no Tensor can be put here.

    >>> gpu(1)
    device(type='cuda', index=1)
    """
    return device(f"cuda:{i}")


def num_gpus() -> int:
    """Return how many GPUs there are: none.

    >>> num_gpus()
    0
    """
    return minigrad.cuda.device_count()


def try_gpu(i: int = 0) -> device:
    """Return the GPU of this number if there is one, else the CPU.

    >>> try_gpu()
    device(type='cpu')
    """
    return gpu(i) if num_gpus() > i else cpu()


def try_all_gpus() -> list[device]:
    """Return all GPUs, or, as there are none, a list with the CPU.

    >>> try_all_gpus()
    [device(type='cpu')]
    """
    return [gpu(i) for i in range(num_gpus())] or [cpu()]
