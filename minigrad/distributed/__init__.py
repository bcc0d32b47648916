"""Several processes that compute together, on MPI; torch.distributed's names.

Each process runs the same script, knows its number, `get_rank()`, and meets the others in the
operations: all have to call them, in the same order.  `mpiexec -n 4 python script.py` starts four.
Without mpiexec there is one process, and everything here works in it, also without mpi4py; with it,
mpi4py is needed: `pip install "minigrad-fashion[mpi]"` brings it and an MPI.  Nothing is imported
before `init_process_group`.  docs/many-processes.md has the whole story.

>>> distributed = minigrad.distributed
>>> distributed.init_process_group()
>>> t = tensor([1., 2.])
>>> distributed.all_reduce(t)  # of one process: the sum is t itself
>>> distributed.get_rank(), distributed.get_world_size(), t
(0, 1, tensor([1., 2.]))
>>> distributed.destroy_process_group()
"""

from . import nn as nn
from .collectives import (
    ReduceOp,
    all_gather,
    all_gather_object,
    all_reduce,
    barrier,
    broadcast,
    broadcast_object_list,
    destroy_process_group,
    get_rank,
    get_world_size,
    init_process_group,
    is_available,
    is_initialized,
    is_mpi_available,
    reduce,
    started_by_mpiexec,
)
from .group import DistError

__all__ = [
    "DistError", "ReduceOp", "all_gather", "all_gather_object", "all_reduce", "barrier",
    "broadcast", "broadcast_object_list", "destroy_process_group", "get_rank", "get_world_size",
    "init_process_group", "is_available", "is_initialized", "is_mpi_available", "nn", "reduce",
    "started_by_mpiexec",
]  # fmt: skip
