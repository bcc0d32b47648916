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
from functools import partial
from typing import Any, TypeVar

import numpy as np

from .engine import RULES, Node, Value, backprop
from .grad_mode import mode

W = TypeVar("W", bound="Watcher")
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
    names: tuple[str | None, ...] = ()  # the user's variables
    cause: Node | None = None  # the call whose rule recorded it, with create_graph


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


def user_place() -> Place | None:
    """The user's line that is just being run."""
    frame = _user_frame()
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno)


def _origin(node: Node) -> Origin:
    """The user's line that is just being run, and the names it has for the arguments.

    A name is a variable of that line's function or module, or a `self.name`, that holds the
    argument.
    """
    frame = _user_frame()
    if frame is None:
        return Origin(cause=mode.rule)
    here = {**frame.f_globals, **frame.f_locals}
    own = {f"self.{k}": v for k, v in getattr(here.get("self"), "__dict__", {}).items()}
    variables = [
        (name, value)
        for name, value in {**own, **here}.items()
        if isinstance(value, Value) and name[0] != "_"
    ]
    names = []
    for x, place in zip(node.raw or (), node.parents, strict=True):
        fits = (
            name
            for name, value in variables
            if (value._array is x if place is None else value._node is place)
        )
        names.append(next(fits, None))
    return Origin(Place(frame.f_code.co_filename, frame.f_lineno), tuple(names), mode.rule)


# -- watching --------------------------------------------------------------------------------------
class Watcher:
    """A with block in which each recorded Node is shown to `seen`, and each rule to `rules_of`.

    Watchers nest: all of them are shown all.  The switch belongs to the thread.
    """

    def __enter__(self: W) -> W:
        watch((*mode.watchers, self))
        return self

    def __exit__(self, *exc: Any) -> None:
        others = list(mode.watchers)
        others.reverse()
        others.remove(self)  # the innermost, if this one was entered twice
        watch(tuple(reversed(others)))

    def seen(self, node: Node) -> None:
        """A Node has just been recorded; origin_of(node) tells where."""

    def begin(self, roots: Sequence[tuple[Any, Any]], create_graph: bool) -> None:
        """A walk begins, with these gradients at these places."""

    def rules_of(self, node: Node, rules: Any) -> Any:
        """The walk has come to a Node: the rules to be called."""
        return rules

    def done(self, found: dict[Any, Any]) -> None:
        """A walk has found these gradients, at these places."""

    def failed(self, error: Exception) -> None:
        """A walk has been ended by an exception."""

    def end(self) -> None:
        """A walk is over, whether it came to its end or to an exception."""


def watch(watchers: tuple[Watcher, ...]) -> None:
    """Let these, and no others, look on in this thread."""
    mode.watchers = watchers
    look_on()


def look_on() -> None:
    """Show recorded Nodes to the watchers, and to the hooks of what is saved, if there are any."""
    mode.walk = _walk if mode.watchers else None
    mode.seen = _see if mode.watchers else mode.pack if mode.packers else None


def _see(node: Node) -> None:
    _origins[node] = _origin(node)
    for watcher in mode.watchers:
        watcher.seen(node)
    if mode.packers:
        mode.pack(node)


def _walk(
    roots: Sequence[tuple[Any, Any]],
    create_graph: bool = False,
    retain_graph: bool = False,
    targets: Collection[Any] | None = None,
    useful: Mapping[Any, bool] | None = None,
    own: Callable[[Node], Any] | None = None,
) -> dict[Any, Any]:
    """backprop, with what the watchers put around each rule; own says otherwise what these are."""
    watchers, outside = mode.watchers, mode.rule

    def rules_of(node: Node) -> Any:
        def around(i: int, compute: Callable, g: Any) -> Any:
            mode.rule = node
            try:
                return compute()
            finally:
                mode.rule = outside

        rules = RULES[node.fn] if own is None else own(node)
        for watcher in watchers:
            rules = watcher.rules_of(node, rules)
        return each_rule(rules, around)

    begun: list[Watcher] = []
    try:
        for watcher in watchers:
            begun.append(watcher)
            watcher.begin(roots, create_graph)
        found = backprop(roots, create_graph, retain_graph, targets, useful, rules_of)
        for watcher in watchers:
            watcher.done(found)
        return found
    except Exception as error:
        for watcher in begun:
            watcher.failed(error)
        raise
    finally:
        for watcher in begun:
            watcher.end()


def each_rule(rules: Any, around: Callable[[int, Callable, Any], Any]) -> Any:
    """Rules that call around(i, compute, g) in place of each rule: it is compute() that runs it."""

    def alone(i: int, rule: Callable | None) -> Callable | None:
        if rule is None:
            return None
        return lambda g, *operands, **how: around(i, lambda: rule(g, *operands, **how), g)

    if type(rules) is tuple:
        return tuple(alone(i, rule) for i, rule in enumerate(rules))

    def together(g: Any, xs: Any, **how: Any) -> Any:
        part = rules(g, xs, **how)
        if type(part) is list:
            return [p and partial(around, i, p, g) for i, p in enumerate(part)]
        return lambda i: around(i, lambda: part(i), g)

    return together
