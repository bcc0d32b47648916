"""Following a function: it runs once on Symbols, and what it did is what its programs will do."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..autograd.changes import clock
from ..autograd.engine import Leaf, Node, Value
from ..autograd.symbols import NUMPY, PACKAGE, Symbol, Tape, Whole, following
from ..autograd.watching import nodes_of
from .captured import PLAIN


class Refused(Exception):
    """Why a function cannot be compiled: what it does, and on which line."""


class Otherwise(Exception):
    """A program found that the function would do something else this time."""


class NoGradient:
    """Stands in .grad while a function is followed: a program does not read it."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def __getattr__(self, name: str) -> Any:
        self._tape.refuse(name)


class Followed:
    """What a function did with its inputs."""

    tape: Tape
    inputs: list[Symbol]  # of the arguments, and then of what it read besides
    names: list[str]
    positions: list[int]  # of the arguments among all tensors in them: each tensor once
    captured: list[Value]  # what it read besides
    leaves: list[Leaf | None]
    outputs: list[Symbol]
    nodes: list[Node | None]  # that made the outputs
    links: list[Any]  # of which input or output each is a view; None
    shape: Any  # how the outputs are put together to what it returns
    effects: list[tuple[int, Symbol]]  # which input takes which values in the end


@contextlib.contextmanager
def swapped(
    tensors: list[Value], arrays: list[Any], places: list[Any], grad: Any
) -> Iterator[None]:
    """For a time, other arrays and places in these tensors."""
    before = [(t, t._array, t._node, t._link, getattr(t, "_grad", None)) for t in tensors]
    try:
        for t, array, place in zip(tensors, arrays, places, strict=True):
            t._array, t._node, t._link, t._grad = array, place, None, grad
        yield
    finally:
        for t, array, place, link, known in before:
            t._array, t._node, t._link, t._grad = array, place, link, known


@contextlib.contextmanager
def restored(tape: Tape) -> Iterator[None]:
    """Afterwards the generators are where they were: the program will draw the same numbers."""
    following.tape = tape
    try:
        yield
    finally:
        following.tape = None
        for generator, state in tape.states.items():
            generator.set_state(state)


@contextlib.contextmanager
def drawn_again(states: dict) -> Iterator[None]:
    """For a time the generators are where they were before, and draw the same once more."""
    now = {g: g.get_state() for g in states}
    try:
        for g, state in states.items():
            g.set_state(state)
        yield
    finally:
        for g, state in now.items():
            g.set_state(state)


def follow(
    fn: Callable, tensors: list[Value], found: list[tuple[str, Value]], args: tuple, kwargs: dict
) -> Followed:
    """Run fn once on Symbols in place of the arrays of these tensors; raises Refused."""
    for _ in range(4):
        done, missing = _once(fn, tensors, found, args, kwargs)
        if not missing:
            return done
        found = found + missing
    raise Refused("the tensors that it reads cannot all be found")


def _once(
    fn: Callable, tensors: list[Value], found: list[tuple[str, Value]], args: tuple, kwargs: dict
) -> tuple[Followed, list[tuple[str, Value]]]:
    me, tape, start = Followed(), Tape(strict=True), next(clock)
    ids = [id(t) for t in tensors]
    me.positions = [i for i, n in enumerate(ids) if ids.index(n) == i]
    me.captured = [t for _, t in found]
    every = [tensors[i] for i in me.positions] + me.captured
    me.names = [f"x{i}" for i in range(len(me.positions))] + [n for n, _ in found]
    me.tape, me.inputs = tape, [tape.symbol(t._array) for t in every]
    tape.inputs = {x.number: x for x in me.inputs}
    me.leaves = [None if t._node is None else Leaf(t) for t in every]
    try:
        with swapped(every, me.inputs, me.leaves, NoGradient(tape)), restored(tape):
            result = fn(*args, **kwargs)
            _outputs(me, result, {id(t): i for i, t in enumerate(every)})
    except Refused:
        raise
    except Whole as error:
        raise Refused(_asked(tape)) from error
    except Exception as error:
        text = f"it cannot be followed: {type(error).__name__}: {error}: {_line(error)}"
        raise Refused(text) from error
    if tape.asked is not None:
        raise Refused(_asked(tape))
    own = {id(leaf) for leaf in me.leaves if leaf is not None}
    missing: dict[int, tuple[str, Value]] = {}
    nodes = nodes_of(*filter(None, me.nodes))
    places: list[Any] = [*nodes, *filter(None, me.leaves)]
    if any(place.watch is not None for place in places):
        raise Refused("it registers a hook, or calls retain_grad()")
    for node in nodes:
        if node.born < start:
            raise Refused("it uses the result of an operation that came before, out of its reach")
        for place in node.parents:
            if isinstance(place, Leaf) and id(place) not in own:
                t = place.variable
                if t is None or isinstance(t._array, Symbol):
                    raise Refused("it makes a tensor that requires grad")
                missing[id(t)] = ("p", t)
    me.effects = []
    for i, x in enumerate(me.inputs):
        if x.number in tape.versions:
            if any(y is not x and np.may_share_memory(x.value, y.value) for y in me.inputs):
                raise Refused("it changes in place what shares memory with another tensor")
            me.effects.append((i, tape.current(x)))
    return me, list(missing.values())


def _line(error: Exception) -> str:
    """The last line of the user's own that an error went through."""
    found, trace = "?", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.startswith((PACKAGE, NUMPY)):
            found = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def _asked(tape: Tape) -> str:
    file, line = tape.asked or ("?", 0)
    return f"it looks at the numbers in a tensor: {file}:{line}"


def _outputs(me: Followed, result: Any, inputs: dict[int, int]) -> None:
    """Take apart what the function returned."""
    me.outputs, me.nodes, me.links = [], [], []
    known: dict[int, Any] = {}
    roots: set[int] = set()

    def part(x: Any) -> Any:
        if isinstance(x, Value):
            if id(x) in inputs:
                return "input", inputs[id(x)]
            if id(x) not in known:
                known[id(x)] = "output", len(me.outputs)
                array = x._array
                if type(array) is not Symbol:
                    array = me.tape.note("call", np.copy, (array,), {})
                y = me.tape.current(array)
                link = x._link if type(x._link) is tuple else None
                if link is not None and id(link[0]) in inputs:
                    me.links.append(("input", inputs[id(link[0])], *link[2:]))
                elif link is not None and id(link[0]) in known:
                    me.links.append((*known[id(link[0])], *link[2:]))
                elif y.root.number in roots:
                    raise Refused("it returns two views of one memory")
                else:
                    me.links.append(None)
                if isinstance(x._node, Leaf):
                    raise Refused("it makes a tensor that requires grad")
                roots.add(y.root.number)
                me.outputs.append(y)
                me.nodes.append(x._node)
            return known[id(x)]
        kind = type(x)
        if isinstance(x, (tuple, list)):
            return "many", kind, [part(item) for item in x]
        if kind is dict:
            return "dict", list(x), [part(item) for item in x.values()]
        if isinstance(x, PLAIN) and not isinstance(x, Symbol):
            return "constant", x
        raise Refused(f"it returns a {kind.__name__}")

    me.shape = part(result)


def returned(result: Any, inputs: set[int]) -> list[Value]:
    """The tensors in what a function returned that are not its inputs, each once, in order."""
    found: dict[int, Value] = {}

    def look(x: Any) -> None:
        if isinstance(x, Value):
            if id(x) not in inputs:
                found.setdefault(id(x), x)
        elif isinstance(x, (tuple, list)):
            for item in x:
                look(item)
        elif type(x) is dict:
            look(list(x.values()))

    look(result)
    return list(found.values())
