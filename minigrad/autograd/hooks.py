"""Hooks: who wants to see the gradient at a place, what is done there, and retain_grad()."""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import count
from typing import Any

import numpy as np

from . import changes
from .broadcasting import in_type, silently, unbroadcast
from .bundle import Bundle
from .engine import NAMES, RULES, Node, Value, backprop, wrap
from .errors import explain_rule
from .grad_mode import mode, set_grad_enabled
from .gradients import accumulate
from .packed import Packed
from .place import careful, tensors_among, watch_at, watch_class

__all__ = ["RemovableHandle", "Watch", "retain", "retain_after", "retains", "watch_at"]


_numbers = count()


class RemovableHandle:
    """What register_hook returns: remove() takes the hook away again."""

    def __init__(self, hooks: dict[Any, Callable], hook: Callable) -> None:
        self._hooks, self.id = hooks, next(_numbers)
        hooks[self] = hook

    def remove(self) -> None:
        """Take the hook away; a second time does nothing."""
        self._hooks.pop(self, None)

    def __enter__(self) -> RemovableHandle:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.remove()


@watch_class
class Watch:
    """Who wants to see what happens at a place."""

    def __init__(self) -> None:
        self.hooks: dict[Any, Callable] = {}  # see the gradient, and may replace it, in this order
        self.tensor: Any = None  # in whose .grad retain_grad() wants it: a weak reference, or None
        self.pre: dict[Any, Callable] = {}  # see it then, before the rules of a Node run,
        self.post: dict[Any, Callable] = {}  # and what they gave; at a Leaf, when .grad has it
        self.added: dict[Any, Callable] = {}  # at a Leaf: called with the tensor, when .grad has it
        self.after: dict[Callable, None] = {}  # called when backward() has done with all .grad
        self.metadata: dict = {}

    def register(self, when: str, hook: Callable) -> RemovableHandle:
        """Add a hook that runs before ("pre") or after ("post") what is done at the place."""
        mind()
        return RemovableHandle(self.pre if when == "pre" else self.post, hook)

    def show(self, g: Any) -> Any:
        """Show the gradient, as a Tensor; returns what they made of it."""
        for hook in list(self.hooks.values()):
            other = hook(_tensor(g))
            if other is not None:
                if not isinstance(other, Value):
                    raise TypeError(f"expected Variable, but hook returned {_type(other)}")
                g = other if isinstance(g, Value) else other._array
        if self.tensor is not None and (t := self.tensor()) is not None:
            accumulate(t, g)
        return g

    def add(self, x: Any, g: Any) -> None:
        """Add the gradient of a Leaf to x.grad, with the hooks before and behind."""
        with set_grad_enabled(isinstance(g, Value)):
            given = (_tensor(g),)
            for hook in list(self.pre.values()):
                given = _other(hook(given), given)
            accumulate(x, given[0] if isinstance(g, Value) else given[0]._array)
            for hook in list(self.added.values()):
                if (other := hook(x)) is not None:
                    raise TypeError(f"expected Variable, but hook returned {_type(other)}")
            for hook in list(self.post.values()):
                hook((), given)


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


# -- hooks of Nodes --------------------------------------------------------------------------------
class Walk:
    """A walk back that is under way: which places it will come to."""

    def __init__(self, roots: Sequence[tuple[Any, Any]], useful: Collection[Any] | None) -> None:
        self._reached = {root for root, _ in roots}
        waiting = list(self._reached)
        while waiting:  # now, for a Node that is done forgets its parents
            for parent in getattr(waiting.pop(), "parents", ()):
                if parent is not None and parent not in self._reached:
                    self._reached.add(parent)
                    waiting.append(parent)
        self._useful = self._reached if useful is None else useful

    def reaches(self, place: Any) -> bool:
        """Will it come there?"""
        return place in self._useful and place in self._reached


counted: list[bool] = []  # empty; and True once somebody asks which places a walk reaches


def mind() -> None:
    """From now on walks back ask each Node whether it has hooks."""
    if not careful:
        careful.append(_walk)


def _walk(
    roots: Sequence[tuple[Any, Any]],
    create_graph: bool,
    retain_graph: bool,
    targets: Collection[Any] | None,
    useful: Mapping[Any, bool] | None,
) -> dict[Any, Any]:
    before = mode.back, mode.targeted
    mode.back, mode.targeted = Walk(roots, useful) if counted else None, targets is not None
    try:
        back = mode.walk or backprop
        return back(roots, create_graph, retain_graph, targets, useful, rules_at)
    finally:
        mode.back, mode.targeted = before


def rules_at(node: Node) -> Any:
    """The rules of a Node, on arrays that are unpacked for them, between the hooks there."""
    raw: Any = node.raw
    watch = node.watch
    hooked = watch is not None and (watch.pre or watch.post)
    if hooked or type(node.out) is Packed or Packed in map(type, raw):
        return _Between(node, RULES[node.fn], watch)
    return RULES[node.fn]


class _Between:
    """One rule for all arguments of a Node that needs care: it runs the Node's own rules."""

    def __init__(self, node: Node, rules: Any, watch: Watch | None) -> None:
        self.node, self.inner = node, rules
        self.pre = list(watch.pre.values()) if watch else []
        self.post = list(watch.post.values()) if watch else []

    def __call__(self, g: Any, xs: Any, **kwargs: Any) -> list:
        recorded = any(isinstance(x, Value) for x in _parts(g))
        with set_grad_enabled(recorded):
            g, outputs = self._before(g)
            got = self._run(g, xs, kwargs, recorded)
            self._behind(got, outputs, recorded)
        return [None if x is None else functools.partial(_given, x) for x in got]

    def _before(self, g: Any) -> tuple[Any, tuple]:
        given = outputs = tuple(None if x is None else _tensor(x) for x in _parts(g))
        for hook in self.pre:
            outputs = _other(hook(outputs), outputs)
        if outputs is not given:
            parts = [
                x if x is None or isinstance(old, Value) else x._array
                for x, old in zip(outputs, _parts(g), strict=True)
            ]
            g = Bundle(parts) if isinstance(g, Bundle) else parts[0]
        return g, outputs

    def _run(self, g: Any, xs: Any, kwargs: dict, recorded: bool) -> list[Any]:
        rules, node = self.inner, self.node
        raw: Any = node.raw
        xs = [self._unpacked(x, place, recorded) for x, place in zip(xs, node.parents, strict=True)]
        if type(rules) is tuple:
            y: Any = self._unpacked(node.out, node, recorded)
            if recorded and not isinstance(y, Value):
                y = wrap(y, node)
            if node.born < changes.last:
                y = changes.without_stale(node, [y, *xs], NAMES[node.fn])[0]
            operands: tuple = (g, y, *xs)
        else:
            part, operands, kwargs = rules(g, xs, **kwargs), (), {}
            each = range(len(xs))
            rules = part if type(part) is list else [functools.partial(part, k) for k in each]
        got: list[Any] = [None] * len(node.parents)
        for i, (place, x) in enumerate(zip(node.parents, raw, strict=True)):
            if place is not None and rules[i] is not None:
                try:
                    gx = rules[i](*operands, **kwargs)
                    if gx.shape != x.shape:
                        gx = unbroadcast(gx, x.shape)
                    got[i] = in_type(gx, x.dtype) if gx.dtype != x.dtype else gx
                except (FloatingPointError, RuntimeWarning):
                    got[i] = silently(rules[i], operands, kwargs, x)
                except Exception as error:
                    explain_rule(error, node.fn, NAMES[node.fn], i, raw)
        return got

    def _unpacked(self, x: Any, place: Any, recorded: bool) -> Any:
        if type(x) is not Packed:
            return x
        return wrap(x.array(), place) if recorded else x.array()

    def _behind(self, got: list[Any], outputs: tuple, recorded: bool) -> None:
        node = self.node
        seen = tensors_among(node.fn, node.raw or (), RULES[node.fn])
        inputs = given = tuple(None if got[i] is None else _tensor(got[i]) for i in seen)
        for hook in self.post:
            inputs = _other(hook(inputs, outputs), inputs)
        for i, new, old in zip(seen, inputs, given, strict=True):
            if new is not old:
                got[i] = new if recorded or new is None else new._array


def _other(found: Any, before: tuple) -> tuple:
    """What a hook returned in place of a tuple of gradients."""
    if found is None:
        return before
    if not isinstance(found, tuple):
        raise TypeError(f"expected tuple, but hook returned {_type(found)}")
    if len(found) != len(before):
        raise RuntimeError(
            f"hook has returned an incorrect number of values (got {len(found)}, but expected "
            f"{len(before)})"
        )
    for new, old in zip(found, before, strict=True):
        if new is not None and not isinstance(new, Value):
            raise TypeError(f"expected Variable, but hook returned {_type(new)}")
        if old is None and new is not None:
            raise RuntimeError("can't replace a None gradient with a non-None value")
    return found


def _type(x: Any) -> str:
    return f"'{type(x).__name__}'"


def _parts(g: Any) -> Any:
    return g.parts if isinstance(g, Bundle) else [g]


def _tensor(g: Any) -> Any:
    return g if isinstance(g, Value) else wrap(np.asarray(g))


def _given(x: Any) -> Any:
    return x
