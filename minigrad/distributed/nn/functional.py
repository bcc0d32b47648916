"""Differentiable operations on the tensors of several processes: each gives a new tensor."""

from __future__ import annotations

from ..._tensor import Tensor
from ..collectives import ReduceOp, reduced


def all_reduce(tensor: Tensor, op: ReduceOp = ReduceOp.SUM) -> Tensor:
    """The sum of the tensors of all processes, or their mean with ReduceOp.AVG.

    Its gradient is the sum of all processes' gradients: each process adds to the result in all.

    >>> minigrad.distributed.init_process_group()
    >>> x = tensor(3., requires_grad=True)
    >>> y = minigrad.distributed.nn.functional.all_reduce(x * x)
    >>> y.backward()
    >>> x.grad
    tensor(6.)
    >>> minigrad.distributed.destroy_process_group()
    """
    return reduced(tensor, op)
