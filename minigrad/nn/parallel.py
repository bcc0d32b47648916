"""Training one module in several processes: each computes on its part of a batch."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from ..autograd.changes import mark_changed
from ..autograd.engine import wrap
from ..autograd.hooks import watch_at
from ..distributed.collectives import ReduceOp, reduced, this_group
from .module import Module


class DataParallel(Module):
    """A module, called as it is: torch's class for several GPUs, on the one device that there is.

    The module itself is .module, and its names begin with it, as torch's.

    >>> from minigrad import nn
    >>> list(nn.DataParallel(nn.Linear(2, 1)).state_dict())
    ['module.weight', 'module.bias']
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ) -> None:
        super().__init__()
        self.module, self.dim = module, dim
        self.device_ids: list[int] = []

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the module computes."""
        return self.module(*args, **kwargs)


class DistributedDataParallel(Module):
    """A module that every process has, with the same parameters at all times; torch's class.

    At the start all get the parameters and buffers of rank 0. Each backward() ends with the mean,
    over all processes, of the gradients in .grad: they are put into one flat array, and summed in
    one operation. As the optimizers then take the same step, the parameters stay the same, bit by
    bit. Where the parts of a batch are not of one size, a mean of means is not the mean of all:
    give backward() the sum of the losses, times the number of processes, divided by the size of the
    whole batch.

    The module itself is .module. Buffers are those of rank 0 again at each call in training mode,
    unless broadcast_buffers=False. A parameter that no process has used keeps its .grad; one that
    some have not used gets 0 from them, so find_unused_parameters need not be said. With
    create_graph=True the mean of the gradients is recorded, too. `autograd.grad` is not changed:
    it returns the process's own gradients.

    Raises RuntimeError if no parameter requires a gradient, and DistError if the processes have
    different modules.

    >>> minigrad.distributed.init_process_group()
    >>> net = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
    >>> net(ones(3, 2)).sum().backward()
    >>> net.module.weight.grad
    tensor([[3., 3.]])
    >>> minigrad.distributed.destroy_process_group()
    """

    def __init__(
        self,
        module: Module,
        *,
        broadcast_buffers: bool = True,
        find_unused_parameters: bool = False,
    ) -> None:
        super().__init__()
        self.module = module
        self.broadcast_buffers = broadcast_buffers
        self.require_backward_grad_sync = True
        self._group = this_group()
        self._trained = [p for p in module.parameters() if p.requires_grad]
        if not self._trained:
            raise RuntimeError(
                "DistributedDataParallel is not needed when a module doesn't have any parameters "
                "that require a gradient."
            )
        sizes = [f"{name} {p.dtype} {tuple(p.shape)}" for name, p in self.named_parameters()]
        self._group.meet(f"DistributedDataParallel({type(module).__name__}) of {sizes}")
        self._flat: tuple[np.ndarray, list[np.ndarray], np.ndarray] | None = None
        self._send_from_first([*module.parameters(), *module.buffers()])
        for p in self._trained:
            watch_at(p._node).after[self._average_gradients] = None

    def forward(self, *inputs: Any, **kwargs: Any) -> Any:
        """The module's result."""
        if self.training and self.broadcast_buffers and self.require_backward_grad_sync:
            if buffers := list(self.module.buffers()):
                self._group.meet(f"the buffers of {type(self.module).__name__}")
                self._send_from_first(buffers)
        return self.module(*inputs, **kwargs)

    @contextlib.contextmanager
    def no_sync(self) -> Iterator[None]:
        """Let backward() leave each process its own gradients, to sum up those of several batches.

        The first backward() outside makes the mean of the sums.

        >>> minigrad.distributed.init_process_group()
        >>> net = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
        >>> with net.no_sync():
        ...     net(ones(3, 2)).sum().backward()
        >>> net(ones(3, 2)).sum().backward()
        >>> net.module.weight.grad
        tensor([[6., 6.]])
        >>> minigrad.distributed.destroy_process_group()
        """
        before, self.require_backward_grad_sync = self.require_backward_grad_sync, False
        try:
            yield
        finally:
            self.require_backward_grad_sync = before

    def _send_from_first(self, tensors: list[Any]) -> None:
        """Give the tensors the values that they have in rank 0, all in one operation."""
        arrays = [t._array for t in tensors]
        flat = np.frombuffer(bytearray(b"".join(a.tobytes() for a in arrays)), np.uint8)
        self._group.send(flat, 0)
        for a, part in zip(arrays, _cut(flat, [a.nbytes for a in arrays]), strict=True):
            a[...] = part.view(a.dtype).reshape(a.shape)
            mark_changed(a)

    def _average_gradients(self) -> None:
        """What follows a backward(): the mean of the .grad of all processes."""
        group, trained = self._group, self._trained
        if group.size == 1 or not self.require_backward_grad_sync:
            return
        if any(p.grad is not None and p.grad._node is not None for p in trained):
            for p in trained:  # by create_graph: each is an operation that can be differentiated
                if p.grad is not None:
                    p._grad = reduced(p.grad, ReduceOp.AVG)
            return
        flat, parts, used = self._space()
        for i, (p, part) in enumerate(zip(trained, parts, strict=True)):
            used[i] = p.grad is not None
            part[...] = 0 if p.grad is None else p.grad._array
        group.meet(f"backward of DistributedDataParallel, {flat.size - used.size} gradients")
        group.total(flat)
        flat /= group.size
        for p, part, anybody in zip(trained, parts, used, strict=True):
            if p.grad is not None:
                p.grad._array[...] = part
                mark_changed(p.grad._array)
            elif anybody:
                p._grad = wrap(part.astype(p._array.dtype))

    def _space(self) -> tuple[np.ndarray, list[np.ndarray], np.ndarray]:
        """A flat array; its parts for each gradient; and its end, for who has been used."""
        arrays = [p._array for p in self._trained]
        dtype = np.result_type(np.float32, *{a.dtype for a in arrays})
        if self._flat is None or self._flat[0].dtype != dtype:
            sizes = [a.size for a in arrays]
            flat = np.empty(sum(sizes) + len(sizes), dtype)
            parts = _cut(flat, sizes)
            shaped = [part.reshape(a.shape) for part, a in zip(parts, arrays, strict=True)]
            self._flat = flat, shaped, flat[-len(sizes) :]
        return self._flat


def _cut(flat: np.ndarray, sizes: list[int]) -> list[np.ndarray]:
    """Views of the first elements, of the next, and so on."""
    ends = np.cumsum(sizes).tolist()
    return [flat[end - size : end] for end, size in zip(ends, sizes, strict=True)]
