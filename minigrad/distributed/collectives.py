"""The operations that all processes of a group do together, under torch.distributed's names."""

from __future__ import annotations

import contextlib
import enum
import importlib.util
import os
from datetime import timedelta
from typing import Any

import numpy as np

from .._tensor import Tensor
from ..autograd import derivatives as d
from ..autograd.changes import mark_changed
from ..autograd.engine import Node, Value, wrap
from ..autograd.errors import tensor_words
from ..autograd.grad_mode import is_grad_enabled
from ..utils.threads import get_num_threads, set_num_threads
from .group import Group

TIMEOUT = 1800.0  # seconds, torch's
LAUNCHERS = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")  # how many mpiexec started
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
INSTALL = 'pip install "minigrad-fashion[mpi]"'
_current: list[Group] = []  # none or one


class ReduceOp(enum.Enum):
    """What is made of the values of all processes.

    >>> minigrad.distributed.ReduceOp.MAX
    <ReduceOp.MAX: 'MAX'>
    """

    SUM = "SUM"
    AVG = "AVG"
    PRODUCT = "PROD"
    MIN = "MIN"
    MAX = "MAX"


# -- the group -------------------------------------------------------------------------------------
def is_available() -> bool:
    """True: this package is there. is_mpi_available() tells whether more than one process can be.

    >>> minigrad.distributed.is_available()
    True
    """
    return True


def is_mpi_available() -> bool:
    """Can mpi4py be imported?

    >>> minigrad.distributed.is_mpi_available() in (True, False)
    True
    """
    return importlib.util.find_spec("mpi4py") is not None


def is_initialized() -> bool:
    """Has init_process_group() been called?

    >>> minigrad.distributed.is_initialized()
    False
    """
    return bool(_current)


def init_process_group(
    backend: str | None = "mpi",
    *,
    timeout: float | timedelta | None = None,
    world_size: int = -1,
    rank: int = -1,
) -> None:
    """Join the processes that mpiexec has started; one that it has not started is alone.

    timeout, in seconds or as a timedelta, is how long an operation waits for the others: half an
    hour if it is not given. ValueError for another backend, when it is called twice, and where
    world_size or rank are given and are not what MPI says. RuntimeError where mpiexec has started
    several processes which mpi4py, or its absence, would leave each on its own.

    From now on an exception in one process, or an early end of it, ends all of them. And matrix
    products take no more threads than there are cores for each process of a machine, unless an
    environment variable such as OPENBLAS_NUM_THREADS says how many.

    >>> minigrad.distributed.init_process_group()
    >>> minigrad.distributed.get_world_size()
    1
    >>> minigrad.distributed.destroy_process_group()
    """
    if _current:
        raise ValueError("trying to initialize the default process group twice!")
    if backend not in ("mpi", None):
        raise ValueError(f"backend {backend!r}: the only one here is 'mpi'")
    if isinstance(timeout, timedelta):
        timeout = timeout.total_seconds()
    seconds = TIMEOUT if timeout is None else float(timeout)
    if not seconds > 0:
        raise ValueError(f"timeout must be a positive number of seconds, not {timeout}")
    comm = _world()
    found = (1, 0) if comm is None else (comm.size, comm.rank)
    for name, asked, real in zip(("world_size", "rank"), (world_size, rank), found, strict=True):
        if asked not in (-1, real):
            raise ValueError(f"{name}={asked} was asked for, and MPI says {real}; leave it out")
    _current.append(Group(None if comm is None else comm.Dup(), seconds))
    if comm is not None and not any(os.environ.get(name) for name in THREADS):
        _share_cores(comm)


def _share_cores(comm: Any) -> None:
    """Let the BLAS of each process use its part of this machine's cores."""
    from mpi4py import MPI

    here = comm.Split_type(MPI.COMM_TYPE_SHARED)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    with contextlib.suppress(RuntimeError):  # a BLAS that is not known keeps what it has
        set_num_threads(min(get_num_threads(), max(1, (cores or 1) // here.size)))
    here.Free()


def started_by_mpiexec() -> int:
    """How many processes mpiexec has started, this one among them; 1 if it was not mpiexec.

    >>> minigrad.distributed.started_by_mpiexec()
    1
    """
    return max([int(os.environ.get(name) or 1) for name in LAUNCHERS])


def _world() -> Any:
    """mpi4py's communicator of all processes; None if there is only this one."""
    started = started_by_mpiexec()
    try:
        from mpi4py import MPI
    except (ImportError, RuntimeError) as error:  # RuntimeError: it finds no MPI library
        if started > 1:
            raise RuntimeError(
                f"mpiexec has started {started} processes, and mpi4py, through which they would "
                f"find each other, cannot be imported ({error}). {INSTALL}"
            ) from None
        return None
    world = MPI.COMM_WORLD
    if world.size == 1 and started > 1:
        raise RuntimeError(
            f"mpiexec has started {started} processes, and mpi4py sees only one: it was built for "
            f"another MPI than mpiexec's, {MPI.get_vendor()[0]}. Use the mpiexec of that one; "
            f"{INSTALL} brings both"
        )
    return world if world.size > 1 else None


def destroy_process_group() -> None:
    """End the group: all processes have to call it, and then are on their own again.

    >>> minigrad.distributed.init_process_group()
    >>> minigrad.distributed.destroy_process_group()
    """
    this_group().close()
    _current.clear()


def this_group() -> Group:
    """The group that has been joined; torch's ValueError if there is none."""
    if not _current:
        raise ValueError(
            "Default process group has not been initialized, please make sure to call "
            "init_process_group."
        )
    return _current[0]


def get_rank() -> int:
    """The number of this process, from 0 on."""
    return this_group().rank


def get_world_size() -> int:
    """The number of processes."""
    return this_group().size


# -- tensors ---------------------------------------------------------------------------------------
def barrier() -> None:
    """Wait until all processes have come here."""
    this_group().meet("barrier")


def all_reduce(tensor: Tensor, op: ReduceOp = ReduceOp.SUM) -> None:
    """Replace the tensor by the sum of those of all processes, or by what else op says.

    Like `t += other` it is differentiable, for SUM and AVG: the tensor that results has the sum of
    all processes' gradients as its gradient. distributed.nn.functional.all_reduce gives a new
    tensor instead.

    >>> minigrad.distributed.init_process_group()
    >>> x = tensor([1., 2.], requires_grad=True)
    >>> y = x * x
    >>> minigrad.distributed.all_reduce(y)
    >>> y
    tensor([1., 4.], grad_fn=<AllReduceBackward0>)
    >>> minigrad.distributed.destroy_process_group()
    """
    _checked(tensor, "all_reduce", op)
    if _recorded(tensor):
        tensor._in_place(reduced, op)
    else:
        _replace(tensor, reduced(tensor, op)._array)


def reduced(tensor: Any, op: ReduceOp) -> Any:
    """What op makes of the tensors of all processes, in a new tensor."""
    words = _checked(tensor, "all_reduce", op)
    if not _recorded(tensor):
        return wrap(_total(tensor._array, op, words))
    if op is not ReduceOp.SUM and op is not ReduceOp.AVG:
        raise NotImplementedError(
            f"{words} has no derivative rule, only SUM and AVG have; detach() the tensor"
        )
    y = d.sum_of_all(tensor, total=lambda x: _total(x, ReduceOp.SUM, words))
    return y / get_world_size() if op is ReduceOp.AVG else y


def _total(x: np.ndarray, op: ReduceOp, words: str) -> np.ndarray:
    """What op makes of the arrays of all processes, in a new array."""
    group = this_group()
    group.meet(words)
    half = x.dtype == np.float16  # MPI has no such type
    y = np.array(x, np.float32 if half else None, order="C").reshape(-1)
    group.total(y, "SUM" if op is ReduceOp.AVG else op.value)
    if op is ReduceOp.AVG:
        y /= group.size
    return y.astype(x.dtype, copy=False).reshape(x.shape)


def reduce(tensor: Tensor, dst: int, op: ReduceOp = ReduceOp.SUM) -> None:
    """Replace the tensor of the process dst by the sum over all; the others keep theirs.

    >>> minigrad.distributed.init_process_group()
    >>> t = tensor([1., 2.])
    >>> minigrad.distributed.reduce(t, dst=0)
    >>> minigrad.distributed.destroy_process_group()
    """
    group = this_group()
    words = _checked(tensor, f"reduce to rank {_rank(dst, 'dst')}", op, written=True)
    group.meet(words)
    y = np.array(tensor._array, np.float32 if tensor.dtype == np.float16 else None, order="C")
    group.total_at(y.reshape(-1), dst, "SUM" if op is ReduceOp.AVG else op.value)
    if group.rank == dst:
        if op is ReduceOp.AVG:
            y /= group.size
        _replace(tensor, y)


def broadcast(tensor: Tensor, src: int) -> None:
    """Replace the tensor by that of the process src.

    >>> minigrad.distributed.init_process_group()
    >>> minigrad.distributed.broadcast(tensor([1., 2.]), src=0)
    >>> minigrad.distributed.destroy_process_group()
    """
    group = this_group()
    group.meet(_checked(tensor, f"broadcast from rank {_rank(src, 'src')}", written=True))
    _replace(tensor, _from(tensor._array, src))


def _from(x: np.ndarray, src: int) -> np.ndarray:
    """The array of the process src, in a new array; all processes have met."""
    y = np.array(x, order="C")
    this_group().send(y.reshape(-1).view(np.uint8), src)
    return y


def all_gather(tensor_list: list[Tensor], tensor: Tensor) -> None:
    """Fill a list of one tensor for each process with their tensors, all of the same shape.

    >>> minigrad.distributed.init_process_group()
    >>> found = [zeros(2)]
    >>> minigrad.distributed.all_gather(found, tensor([1., 2.]))
    >>> found
    [tensor([1., 2.])]
    >>> minigrad.distributed.destroy_process_group()
    """
    group = this_group()
    words = _checked(tensor, "all_gather")
    _check_length(tensor_list, "all_gather")
    for place in tensor_list:
        _checked(place, "all_gather", written=True)
        if place._array.shape != tensor._array.shape or place.dtype != tensor.dtype:
            raise ValueError(
                f"all_gather: tensor_list holds {tensor_words(place)}, and what is gathered is "
                f"{tensor_words(tensor)}; they must be alike"
            )
    group.meet(words)
    rows = group.gather(np.array(tensor._array, order="C").reshape(-1).view(np.uint8))
    for place, row in zip(tensor_list, rows, strict=True):
        _replace(place, row.view(tensor.dtype).reshape(tensor._array.shape))


# -- objects ---------------------------------------------------------------------------------------
def all_gather_object(object_list: list[Any], obj: Any) -> None:
    """Fill a list of one place for each process with their objects, which must be picklable.

    >>> minigrad.distributed.init_process_group()
    >>> found = [None]
    >>> minigrad.distributed.all_gather_object(found, {"rank": 0})
    >>> found
    [{'rank': 0}]
    >>> minigrad.distributed.destroy_process_group()
    """
    _check_length(object_list, "all_gather_object")
    this_group().meet("all_gather_object")
    object_list[:] = this_group().gather_objects(obj)


def broadcast_object_list(object_list: list[Any], src: int = 0) -> None:
    """Replace the objects in a list by those of the process src, which must be picklable.

    >>> minigrad.distributed.init_process_group()
    >>> minigrad.distributed.broadcast_object_list(["any", 1], src=0)
    >>> minigrad.distributed.destroy_process_group()
    """
    words = f"broadcast_object_list of {len(object_list)} from rank {_rank(src, 'src')}"
    this_group().meet(words)
    object_list[:] = this_group().send_objects(object_list, src)


# -- what is refused -------------------------------------------------------------------------------
def _checked(tensor: Any, name: str, op: Any = None, written: bool = False) -> str:
    """The words for an operation on this tensor, if it can be done."""
    this_group()
    if not isinstance(tensor, Value):
        raise TypeError(
            f"{name}: expected a Tensor, not {type(tensor).__name__}; for other objects there are "
            "all_gather_object and broadcast_object_list"
        )
    words = f"{name} of {tensor_words(tensor)}"
    if op is not None:
        if not isinstance(op, ReduceOp):
            raise TypeError(f"{name}: op must be one of ReduceOp, such as ReduceOp.SUM, not {op!r}")
        words += f" by {op.name}"
        kind = tensor._array.dtype.kind
        if kind == "b":
            raise TypeError(f"{words}: bools have no sum; convert them with .int()")
        if op is ReduceOp.AVG and kind != "f":
            raise TypeError(f"{words}: a mean is floating point; convert with .float()")
    if written and _recorded(tensor) and isinstance(tensor._node, Node):
        raise NotImplementedError(
            f"{words} would replace a result that gradients are recorded of; use its detach(), or "
            "all_reduce, which is differentiable"
        )
    return words


def _recorded(tensor: Any) -> bool:
    return tensor._node is not None and is_grad_enabled()


def _rank(rank: Any, name: str) -> int:
    size = get_world_size()
    if not isinstance(rank, int) or not 0 <= rank < size:
        raise ValueError(f"{name}={rank!r}: there are the ranks 0 to {size - 1}")
    return rank


def _check_length(places: list[Any], name: str) -> None:
    if len(places) != get_world_size():
        raise ValueError(
            f"{name} needs a list of {get_world_size()} places, one for each process; it has "
            f"{len(places)}"
        )


def _replace(tensor: Any, values: np.ndarray) -> None:
    """Write into a tensor's own memory."""
    mark_changed(tensor._array)
    tensor._array[...] = values
