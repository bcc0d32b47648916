"""Hooks: who wants to see the gradient at a place, and retain_grad()."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from .engine import Value, wrap
from .gradients import accumulate


class Watch:
    """Who wants to see the gradient at a place, once it is complete."""

    def __init__(self) -> None:
        self.hooks: dict[object, Callable] = {}  # they see it, and may replace it, in this order
        self.after: dict[Callable, None] = {}  # called when backward() has done with all .grad
        self.tensor: Any = None  # in whose .grad retain_grad() wants it: a weak reference, or None

    def show(self, g: Any) -> Any:
        """Show it, as a Tensor; returns what they made of it."""
        for hook in list(self.hooks.values()):
            other = hook(g if isinstance(g, Value) else wrap(np.asarray(g)))
            if other is not None:
                g = other if isinstance(g, Value) else other._array
        if self.tensor is not None and (t := self.tensor()) is not None:
            accumulate(t, g)
        return g


class RemovableHandle:
    """What register_hook returns: remove() takes the hook away again."""

    def __init__(self, hooks: dict[object, Callable], hook: Callable) -> None:
        self._hooks = hooks
        hooks[self] = hook

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.remove()


def watch_at(place: Any) -> Watch:
    """The Watch at a Node or Leaf, a new one if there is none yet."""
    if place.watch is None:
        place.watch = Watch()
    return place.watch


def retain(tensor: Value, place: Any) -> None:
    """Let the gradient at this place be kept in the tensor's .grad."""
    watch_at(place).tensor = weakref.ref(tensor)


def retains(tensor: Value, place: Any) -> bool:
    """Is the gradient at this place kept in the tensor's .grad?"""
    watch = getattr(place, "watch", None)
    return watch is not None and watch.tensor is not None and watch.tensor() is tensor


def retain_after(tensor: Value, before: Any, place: Any) -> None:
    """After a change in place the tensor keeps the gradient at its new place, if it kept one."""
    if retains(tensor, before):
        before.watch.tensor = None
        if place is not None:
            retain(tensor, place)
