"""Where watchers stand: what looks on while a graph is recorded, and while it is walked back.

Nothing here is paid for while nobody watches.  Forward, apply() has a branch for recorded
operations anyway, and asks there whether somebody looks on.  Backward, the one question is asked
where the walk begins; while somebody watches, each rule is wrapped.
"""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .engine import RULES, Node, Value, backprop
from .grad_mode import mode

PACKAGES = (os.path.dirname(np.__file__), os.path.dirname(os.path.dirname(__file__)))
OURS = tuple(folder + os.sep for folder in PACKAGES)


# -- the graph -------------------------------------------------------------------------------------
def nodes_of(*roots: Any) -> list[Node]:
    """The Nodes that tensors (or Nodes) were made by, the oldest first, however deep the graph.

    >>> import minigrad
    >>> x = minigrad.tensor(2.0, requires_grad=True)
    >>> nodes_of((x * x).exp())
    [<MulBackward0>, <ExpBackward0>]
    """
    places = [root._node if isinstance(root, Value) else root for root in roots]
    found = {place for place in places if isinstance(place, Node)}
    waiting = list(found)
    while waiting:
        for parent in waiting.pop().parents:
            if isinstance(parent, Node) and parent not in found:
                found.add(parent)
                waiting.append(parent)
    return sorted(found, key=lambda node: node.born)


@dataclass(frozen=True)
class Place:
    """A line of the user's program."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{os.path.basename(self.file)}:{self.line}"


@dataclass(frozen=True)
class Origin:
    """Where a Node was made, and what the program there calls its arguments; None: unknown."""

    place: Place | None = None
    names: tuple[str | None, ...] = ()


_origins: weakref.WeakKeyDictionary[Node, Origin] = weakref.WeakKeyDictionary()


def origin_of(node: Node) -> Origin:
    """Where a Node was made; known if that happened while somebody watched."""
    return _origins.get(node) or Origin()


def _user_frame() -> Any:
    """The innermost frame that belongs to neither minigrad nor NumPy."""
    frame: Any = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(OURS):
        frame = frame.f_back
    return frame


def note_origin(node: Node, names: Mapping[Any, str] = {}) -> Origin:
    """Remember the user's line for a Node that is just being recorded, and the names there.

    A name is a variable of that line's function or module, or a `self.name`, that holds the
    argument; those given, from places, come first.
    """
    frame = _user_frame()
    if frame is None:
        origin = Origin()
    else:
        here = {**frame.f_globals, **frame.f_locals}
        known = {f"self.{k}": v for k, v in getattr(here.get("self"), "__dict__", {}).items()}
        variables = [
            (name, value)
            for name, value in {**known, **here}.items()
            if isinstance(value, Value) and name[0] != "_"
        ]
        found = []
        for x, place in zip(node.raw or (), node.parents, strict=True):
            fits = (
                name
                for name, value in variables
                if (value._array is x if place is None else value._node is place)
            )
            found.append(names.get(place) or next(fits, None))
        origin = Origin(Place(frame.f_code.co_filename, frame.f_lineno), tuple(found))
    _origins[node] = origin
    return origin


# -- watching --------------------------------------------------------------------------------------
class Watcher:
    """A with block in which each recorded Node is shown to `seen`, and each rule to `rules_of`.

    Watchers nest: the inner one is shown all first, and then the outer ones.  The switch belongs
    to the thread.
    """

    def __init__(self) -> None:
        self._outer: list[tuple[Callable | None, Callable | None]] = []

    def __enter__(self) -> Any:
        self._outer.append((mode.seen, mode.walk))
        mode.seen, mode.walk = self._see, self._walk
        return self

    def __exit__(self, *exc: Any) -> None:
        mode.seen, mode.walk = self._outer.pop()

    def _see(self, node: Node) -> None:
        self.seen(node)
        outer = self._outer[-1][0]
        if outer is not None:
            outer(node)

    def _walk(
        self,
        roots: Sequence[tuple[Any, Any]],
        create_graph: bool = False,
        retain_graph: bool = False,
        targets: Collection[Any] | None = None,
        useful: Collection[Any] | None = None,
        rules_of: Callable[[Node], Any] | None = None,
    ) -> dict[Any, Any]:
        """backprop, with this watcher's rules."""

        def rules(node: Node) -> Any:
            return self.rules_of(node, RULES[node.fn] if rules_of is None else rules_of(node))

        outer = self._outer[-1][1] or backprop
        self.begin(create_graph)
        try:
            found = outer(roots, create_graph, retain_graph, targets, useful, rules)
            self.done(found)
            return found
        finally:
            self.end()

    def seen(self, node: Node) -> None:
        """A Node has just been recorded."""

    def begin(self, create_graph: bool) -> None:
        """A walk begins."""

    def rules_of(self, node: Node, rules: Any) -> Any:
        """The walk has come to a Node: the rules to be called."""
        return rules

    def done(self, found: dict[Any, Any]) -> None:
        """A walk has found these gradients, at these places."""

    def end(self) -> None:
        """A walk is over, whether it came to its end or to an exception."""


def each_rule(rules: Any, around: Callable[[int, Callable, Any], Any]) -> Any:
    """Rules that call around(i, compute, g) in place of each rule: it is compute() that runs it."""

    def alone(i: int, rule: Callable | None) -> Callable | None:
        if rule is None:
            return None
        return lambda g, *operands, **how: around(i, lambda: rule(g, *operands, **how), g)

    if type(rules) is tuple:
        return tuple(alone(i, rule) for i, rule in enumerate(rules))

    def together(g: Any, xs: Any, **how: Any) -> Callable[[int], Any]:
        part = rules(g, xs, **how)
        return lambda i: around(i, lambda: part(i), g)

    return together
