"""The graph, for those who look into it or hook into it: torch.autograd.graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from . import changes
from .engine import Value
from .grad_mode import mode as state
from .hooks import RemovableHandle, counted, mind, watch_at
from .place import GradientEdge
from .place import Place as Node
from .saving import disable_saved_tensors_hooks, save_on_cpu, saved_tensors_hooks
from .views import refresh

__all__ = [
    "GradientEdge", "Node", "disable_saved_tensors_hooks", "get_gradient_edge",
    "increment_version", "register_multi_grad_hook", "save_on_cpu", "saved_tensors_hooks",
]  # fmt: skip


def get_gradient_edge(tensor: Any) -> GradientEdge:
    """Where the gradient of a tensor is computed: grad() and backward() take it for the tensor.

    >>> from minigrad.autograd import graph
    >>> x = tensor(2.0, requires_grad=True)
    >>> edge = graph.get_gradient_edge(x)
    >>> autograd.grad(x * x, edge)
    (tensor(4.),)
    """
    refresh(tensor)
    if tensor._node is None:
        raise RuntimeError(
            "It is not possible to get the gradient edge for a Tensor that does not require "
            "gradients"
        )
    return GradientEdge(*tensor._node.edge)


def increment_version(tensor: Any) -> None:
    """Note a change in place of a tensor, or of several, that minigrad could not see.

    >>> from minigrad.autograd import graph
    >>> x = ones(2)
    >>> graph.increment_version(x)
    >>> x._version
    1
    """
    for t in [tensor] if isinstance(tensor, Value) else list(tensor):
        changes.mark_changed(t._array)


class _Handle(RemovableHandle):
    """Takes several hooks away."""

    def __init__(self, handles: Sequence[RemovableHandle]) -> None:
        self._handles, self.id = handles, handles[0].id if handles else -1

    def remove(self) -> None:
        """Take the hooks away."""
        for handle in self._handles:
            handle.remove()


def register_multi_grad_hook(
    tensors: Sequence[Any], fn: Callable, *, mode: str = "all"
) -> RemovableHandle:
    """Call fn when the gradients of several tensors are there, once in each backward().

    mode="all": when all are there that this backward() computes; fn gets a sequence, with None for
    each that it does not compute. mode="any": when the first is there; fn gets that one.

    >>> from minigrad.autograd import graph
    >>> a, b = ones(2, requires_grad=True), ones(2, requires_grad=True)
    >>> handle = graph.register_multi_grad_hook((a, b), lambda grads: print(len(grads)))
    >>> (a * b).sum().backward()
    2
    """
    if mode not in ("all", "any"):
        raise ValueError(f"Expects mode to be one of ('all', 'any') but got {mode}")
    mind()
    counted[:] = [True]
    hook = _Several(list(tensors), fn)
    seen = hook.one if mode == "any" else hook.another
    handles = []
    for i, t in enumerate(hook.tensors):
        refresh(t)
        if t._node is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        hook.places.append(t._node)
        handles.append(RemovableHandle(watch_at(t._node).hooks, _At(seen, i)))
    hook.tensors = []
    return _Handle(handles)


class _At:
    """A hook of one of several tensors."""

    def __init__(self, seen: Callable, i: int) -> None:
        self._seen, self._i = seen, i

    def __call__(self, g: Any) -> None:
        self._seen(self._i, g)


class _Several:
    """What a hook of several tensors has seen of the walk that is under way."""

    def __init__(self, tensors: list[Any], fn: Callable) -> None:
        self.tensors, self.fn = tensors, fn
        self.places: list[Any] = []
        self._walk: Any = None
        self._grads: list[Any] = []
        self._missing = 0

    def _begin(self) -> bool:
        """Is this the first gradient of a walk?"""
        if self._walk is state.back:
            return False
        self._walk, self._grads = state.back, [None] * len(self.places)
        self._missing = sum(map(state.back.reaches, self.places))
        return True

    def one(self, i: int, g: Any) -> None:
        """The gradient of a tensor, where only the first counts."""
        if self._begin():
            self.fn(g)

    def another(self, i: int, g: Any) -> None:
        """The gradient of a tensor, where all count."""
        self._begin()
        self._grads[i] = g
        self._missing -= 1
        if not self._missing:
            grads, self._grads = self._grads, []
            self.fn(grads)
