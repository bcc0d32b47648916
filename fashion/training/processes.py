"""What a training needs to run as several processes: `mpiexec -n 4 python SCRIPT --distributed`.

In one process everything here works, too, and changes nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import numpy as np

import minigrad
from minigrad import distributed, nn

from .. import d2l, data

OPTION = "--distributed"
T = TypeVar("T")


class FirstFailed(Exception):
    """The first process could not do what all wait for; it has said why."""


def join(argv: list[str] | None) -> None:
    """Join the others if the option is among the words: before the first of them is refused."""
    if OPTION in (sys.argv[1:] if argv is None else argv) and not distributed.is_initialized():
        distributed.init_process_group()


def leave() -> None:
    """Leave the group if it is one of a single process; others end together, when Python ends."""
    if distributed.is_initialized() and size() == 1:
        distributed.destroy_process_group()


def size() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """The number of this one, from 0 on."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def say(*words: Any, **how: Any) -> None:
    """Print, in the first process."""
    if rank() == 0:
        print(*words, **how)


def by_first(work: Callable[[], T]) -> T:
    """Let the first process do something; all get what it returns, or FirstFailed if it raises."""
    if size() == 1:
        return work()
    outcome: list[Any] = [None, False]  # the result; whether there is one
    try:
        if rank() == 0:
            outcome = [work(), True]
    finally:
        distributed.broadcast_object_list(outcome, src=0)
    if not outcome[1]:
        raise FirstFailed
    return outcome[0]


def total(*numbers: Any) -> list[float]:
    """The sums of these numbers over all processes."""
    if size() == 1:
        return [float(x) for x in numbers]
    values = minigrad.tensor([float(x) for x in numbers], dtype=minigrad.float64)
    distributed.all_reduce(values)
    return values.tolist()


def anyone(wants: bool) -> bool:
    """Does any process want it?"""
    return total(wants)[0] > 0


def sum_gradients(parameters: Iterable[Any]) -> None:
    """Replace each gradient by the sum of those of all processes."""
    if size() > 1:
        for p in parameters:
            distributed.all_reduce(p.grad)


def parallel(net: Any) -> Any:
    """The module, or one that averages its gradients over all processes."""
    return nn.parallel.DistributedDataParallel(net) if size() > 1 else net


def batches(order: np.ndarray, batch_size: int) -> list[np.ndarray]:
    """This process's part of each batch of an order: every n-th image.

    Together they are the batches that one process would have. A batch of fewer images than there
    are processes leaves nothing to some of them.
    """
    starts = range(0, len(order), batch_size)
    return [order[i : i + batch_size][rank() :: size()] for i in starts]


def accuracy(net: Any, dataset: Any, batch_size: int) -> float:
    """The part of a data set that a net predicts right; each process looks at its part.

    The means of batch norm are those that the first process has seen, as in torch.
    """
    own = range(rank(), len(dataset), size())
    if isinstance(net, nn.Module):
        net.eval()
        for buffer in net.buffers() if size() > 1 else ():
            distributed.broadcast(buffer, 0)
    right = d2l.Accumulator(1)
    with minigrad.no_grad():
        for X, y in data.DataLoader(dataset, batch_size, sampler=own):
            right.add(d2l.accuracy(net(X), y))
    return total(right[0])[0] / len(dataset)
