"""The programs of a followed function: written, and made ready to run."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from itertools import accumulate, count, pairwise
from typing import Any

import numpy as np

from ..autograd.program import walk_back
from ..autograd.symbols import Step, Symbol, value_of
from .follow import Followed, Otherwise, Refused, drawn_again
from .passes import Flat, function_text, needed, once

_numbers = count(1)


class Version:
    """A forward program, and backward programs for the outputs whose gradients were asked for."""

    def __init__(
        self, followed: Followed, name: str, asked: list[tuple[bool, ...]] | None = None
    ) -> None:
        self.followed, self.name = followed, name
        self.outputs = len(followed.outputs)
        self.differentiable = [i for i, node in enumerate(followed.nodes) if node is not None]
        self.effects = [i for i, _ in followed.effects]
        self.asked = self._guess() if asked is None else asked
        self.result = _builder(followed.shape)
        self._used: list[Step] = []  # on the ways back
        self._backward: dict[tuple[bool, ...], Callable] = {}
        self._one_by_one: dict[tuple[bool, ...], Callable] = {}
        self.several: dict[tuple[bool, ...], list[tuple[int, slice]]] = {}
        self._write()

    def backward(self, wanted: tuple[bool, ...]) -> Callable | None:
        """The program for gradients of these outputs; None if it has not been written."""
        return self._backward.get(wanted)

    def parts(self, wanted: tuple[bool, ...]) -> Callable:
        """The program for what `several` inputs get from each of their uses, one after another."""
        return self._one_by_one[wanted]

    def also(self, wanted: tuple[bool, ...], arrays: Any) -> Version:
        """A version that can do this, too; the arrays are the inputs of some call."""
        tape = self.followed.tape
        for x, array in zip(self.followed.inputs, arrays, strict=False):
            x.value = array
        with drawn_again({g: g.get_state() for g in tape.states}):
            for step in tape.steps:
                value = step.run(value_of)
                if step.out is not None:
                    step.out.value = value
        return Version(self.followed, self.name, [*self.asked, wanted])

    def _guess(self) -> list[tuple[bool, ...]]:
        """Most often the loss is differentiated: what has one element; else all of them."""
        sizes = [self.followed.outputs[i].size == 1 for i in self.differentiable]
        if not sizes:
            return []
        return [tuple(sizes) if any(sizes) else (True,) * len(sizes)]

    def _write(self) -> None:
        me, tape = self.followed, self.followed.tape
        forward = list(tape.steps)
        own = {x.number for x in me.outputs} | {x.number for _, x in me.effects}
        keep = [*me.outputs, *(x for _, x in me.effects)]
        made = {s.out.number for s in forward if s.out is not None}
        ways = []
        saved: dict[int, Symbol] = {}
        for wanted in self.asked:
            gs, back, found, parts = self._walk(wanted)
            steps, same = once([*forward, *back], own)
            later = set(map(id, back))
            rest = [s for s in steps if id(s.origin) in later]
            ends = pairwise([0, *accumulate(map(len, parts.values()))])
            self.several[wanted] = [(i, slice(*at)) for i, at in zip(parts, ends, strict=True)]
            each = [part for several in parts.values() for part in several]
            both: Any = ((self._backward, found), (self._one_by_one, each))
            for programs, asked in both:
                results: list[Any] = [None if g is None else same.get(g.number, g) for g in asked]
                some = [g for g in results if g is not None]
                back = needed(rest, some)
                for x in [*(x for s in back for x in s.symbols()), *some]:
                    if x.number in made:
                        saved[x.number] = x
                if results:
                    ways.append((programs, wanted, gs, back, results))
        own_steps, same = once(forward, own)
        ahead = needed(own_steps, [*keep, *saved.values()])
        names = _names(me)
        writer = Flat(names.values())
        # First what shares memory with an input or output: the user may change it in place.
        shown = {x.root.number for x in (*me.inputs, *me.outputs)}
        kept = sorted(saved.values(), key=lambda x: x.root.number not in shown)
        self.exposed = sum(x.root.number in shown for x in kept)
        effects = [(me.inputs[i], same.get(y.number, y)) for i, y in me.effects]
        text, spaces = function_text(
            "forward", writer, names, me.inputs, ahead, [*me.outputs, *kept], effects
        )
        self.text = f"# {self.name}{self._about()}\n{writer.about()}{text}"
        self.forward = runner(text, "forward", writer, spaces, self.name)
        for programs, wanted, gs, back, results in ways:
            inner = dict(names)
            for k, g in enumerate(gs):
                inner[g.number] = f"g{k}"
            writer = Flat(inner.values())
            text, spaces = function_text(
                "backward", writer, inner, [*me.inputs, *kept, *gs], back, results, []
            )
            programs[wanted] = runner(text, "backward", writer, spaces, self.name)
            if programs is self._backward:
                self.text += f"\n{writer.about()}{text}"
        self._forget()

    def _walk(self, wanted: Sequence[bool]) -> tuple[list, list[Step], list, dict[int, list]]:
        """The way back from these outputs: their gradients, the steps, what each input gets, and
        of which parts that is the sum, where there are several.
        """
        me, tape = self.followed, self.followed.tape
        start = len(tape.steps)
        outputs = [i for i, yes in zip(self.differentiable, wanted, strict=True) if yes]
        gs = [tape.symbol(np.ones_like(me.outputs[i].value)) for i in outputs]
        try:
            roots = [(me.nodes[i], g) for i, g in zip(outputs, gs, strict=True)]
            found, blocks = walk_back(tape, roots)
        except Exception as error:
            raise Refused(f"its backward pass cannot be followed: {error}") from error
        back = tape.steps[start:]
        del tape.steps[start:]
        self._used += back
        for step in back:
            step.label = None
        sums = [None if leaf is None else found.get(leaf) for leaf in me.leaves]
        parts = {i: [b.part for b in blocks if b.place is leaf] for i, leaf in enumerate(me.leaves)}
        return gs, back, sums, {i: several for i, several in parts.items() if len(several) > 1}

    def _about(self) -> str:
        inputs = zip(self.followed.names, self.followed.inputs, strict=True)
        return "".join(f"\n#   {n}: {x.dtype} {x.shape}" for n, x in inputs)

    def _forget(self) -> None:
        """The programs need no example any more: let its arrays go."""
        for step in (*self.followed.tape.steps, *self._used):
            for x in (*step.symbols(), step.out):
                if x is not None:
                    x.value = None
        self._used = []


def _names(me: Followed) -> dict[int, str]:
    names: dict[int, str] = {}
    taken = {"np", "w", "Otherwise"}
    for i, x in enumerate(me.inputs):
        name = me.names[i]
        if not name.isidentifier() or name in taken or name[:1] in "tgwk" and name[1:].isdigit():
            name = f"x{i}"
        taken.add(name)
        names[x.number] = name
    return names


def runner(
    text: str, name: str, writer: Flat, spaces: list[np.ndarray], title: str
) -> Callable[[list], tuple]:
    """The function that a text defines, with workspaces of its own in each call that runs."""
    file = f"<minigrad.compile {title} {next(_numbers)}: {name}>"
    scope = {"np": np, "Otherwise": Otherwise, "__name__": "minigrad.program", **writer.objects}
    exec(compile(text, file, "exec"), scope)
    linecache.cache[file] = (len(text), None, text.splitlines(True), file)  # for tracebacks
    program = scope[name]
    if not spaces:
        return lambda arrays: program(*arrays, None)
    kept = [spaces]

    def run(arrays: list) -> tuple:
        try:
            w = kept.pop()
        except IndexError:  # another thread, or a call inside this one, has them
            w = [np.empty_like(x) for x in spaces]
        found = program(*arrays, w)
        kept.append(w)
        return found

    return run


def _builder(shape: Any) -> Callable[[list, list], Any]:
    """From the outputs and the inputs to what the function returns."""
    kind = shape[0]
    if kind == "output":
        i = shape[1]
        return lambda outs, ins: outs[i]
    if kind == "input":
        i = shape[1]
        return lambda outs, ins: ins[i]
    if kind == "constant":
        return lambda outs, ins: shape[1]
    parts = [_builder(p) for p in shape[2]]
    if kind == "dict":
        return lambda outs, ins: dict(zip(shape[1], [p(outs, ins) for p in parts], strict=True))
    made = shape[1]
    if hasattr(made, "_fields"):
        return lambda outs, ins: made(*[p(outs, ins) for p in parts])
    return lambda outs, ins: made([p(outs, ins) for p in parts])
