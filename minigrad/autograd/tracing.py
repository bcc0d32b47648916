"""The recorded graph and the walk back through it, as plain objects: one Step for each thing done.

`trace()` watches a program while it runs.  `replay(loss)` reads a graph that is there already, and
walks back through it without touching any .grad.  Both make the same Steps: they print as a line,
and whoever draws, explains or translates a program reads them and nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any, TextIO

import numpy as np

from .broadcasting import in_type, repeated, unbroadcast
from .changes import owner_of
from .engine import NAMES, RULES, Node, Value
from .errors import FREED
from .grad_mode import mode
from .gradients import walk
from .rule_text import Listing, RuleText, rule_texts
from .watching import Place, Watcher, each_rule, nodes_of, origin_of


# -- steps -----------------------------------------------------------------------------------------
@dataclass(eq=False, repr=False)
class Step:
    """One operation, or one rule: what ran, on what, what came out, and what it cost.

    The arrays are those of the program, not copies: who changes one in place changes it here.
    """

    index: int  # from 1 on, in the order in which they ran
    direction: str  # "forward", or "backward"
    operation: str  # "mul"
    node: Node  # the recorded call
    arguments: tuple  # of the operation: arrays and numbers
    settings: dict  # its keywords
    names: tuple[str, ...]  # the arguments, as the operation's rules call them
    origins: tuple[Any, ...]  # of the arguments: the user's name, the Step that made it, or None
    result: np.ndarray  # forward the value; backward the contribution to the argument's gradient
    place: Place | None  # the user's line where the operation was called
    made: int = 0  # bytes: forward, what the graph holds more than before; backward, of the result
    held: int = 0  # bytes that the graph holds after this step
    cause: Node | None = None  # the call whose rule recorded this one, with create_graph=True
    # Backward only:
    forward: Step | None = None  # the step of the operation itself; None if it was not watched
    argument: int | None = None  # which argument the rule is for
    rule: RuleText | None = None
    g: np.ndarray | None = None  # the gradient of the operation's result
    before: tuple[int, ...] = ()  # the shape that the rule gave
    summed: tuple[int, ...] = ()  # the axes that a broadcast had repeated, and the engine summed
    _seconds: float | None = field(default=None)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return self.result.shape

    @property
    def norm(self) -> float:
        """The length of g as a vector, |g|; of a forward step, that of its result."""
        array = np.asarray(self.result if self.g is None else self.g)
        return float(np.linalg.norm(array.reshape(-1).astype(np.float64)))

    @property
    def seconds(self) -> float:
        """How long the rule took; a forward step is run again when this is first asked, three
        times, and the best counts.
        """
        if self._seconds is None:
            times = []
            for _ in range(3):
                started = perf_counter()
                self.node.fn(*self.arguments, **self.settings)
                times.append(perf_counter() - started)
            self._seconds = min(times)
        return self._seconds

    @property
    def target(self) -> str:
        """What the contribution is for: the user's name, "#3" for what step 3 made, or the rule's
        name of the argument.
        """
        return "" if self.argument is None else self.word(self.argument)

    def word(self, i: int) -> str:
        """What to call argument i."""
        origin = self.origins[i]
        return f"#{origin.index}" if isinstance(origin, Step) else origin or self.names[i]

    def __str__(self) -> str:
        tail = f"held {bytes_words(self.held)}"
        if self.place is not None:
            tail += f"   {self.place}"
        if self.cause is not None:
            tail += "   recorded by a rule"
        if self.rule is None:
            given = [self._given(i) for i in range(len(self.arguments))]
            given += [f"{k}={_short(v)}" for k, v in self.settings.items()]
            made = f"{self.operation}({', '.join(given)}) -> {self.shape}"
            return f"#{self.index} {made}   {tail}"
        shapes = str(self.shape)
        if self.before != self.shape:
            axes = ", ".join(map(str, self.summed))
            shapes = f"{self.before} -> {shapes} summed over ax{'es' * (len(self.summed) > 1)}"
            shapes = shapes.removesuffix("ax") + ("" if len(self.summed) > 1 else "axis")
            shapes += f" {axes}"
        of = self.operation + ("" if self.forward is None else f" #{self.forward.index}")
        return (
            f"#{self.index} {of}: dL/d{self.target} += {self.rule.text}   {shapes}   "
            f"|g| {self.norm:.3g}   {tail}"
        )

    __repr__ = __str__

    def _given(self, i: int) -> str:
        x, name = self.arguments[i], self.names[i]
        if not isinstance(x, np.ndarray):
            return f"{name}={_short(x)}"
        word = self.word(i)
        return f"{name} {x.shape}" if word == name else f"{name}={word} {x.shape}"


def _short(x: Any) -> str:
    if isinstance(x, np.ndarray):
        return f"array {x.shape}"
    if isinstance(x, dict):
        return "{...}" if x else "{}"
    text = repr(x)
    return text if len(text) <= 30 else f"{text[:26]}..."


def bytes_words(n: int) -> str:
    """A number of bytes, short: "48 B", "10 kB", "1.2 MB".

    >>> bytes_words(48), bytes_words(10_240), bytes_words(1_234_567)
    ('48 B', '10 kB', '1.2 MB')
    """
    size, units = float(n), ["B", "kB", "MB", "GB"]
    while size >= 1000 and len(units) > 1:
        size /= 1000
        del units[0]
    return f"{size:.0f} {units[0]}" if size >= 10 or units[0] == "B" else f"{size:.1f} {units[0]}"


class trace(Watcher):
    """Print a line for each operation that is recorded, and for each rule of the walk back.

    A forward line has the arguments, the shape of the result, the bytes that the graph holds by
    then, and your line. A backward line has the rule, as it stands on the formula sheet, the
    argument it is for, what a broadcast repeated and is now summed, and the length of g.

    print=False prints nothing; file is where to print, standard output by default. params names
    tensors, as net.named_parameters() does; other names are your variables'. `t.steps` has what
    is printed as objects, and `t.table()` sums it up. Threads have a trace each; traces nest.

    >>> import minigrad
    >>> x = minigrad.tensor([[1., 2.], [3., 4.]])
    >>> w = minigrad.tensor([1., 0.], requires_grad=True)
    >>> with trace() as t:
    ...     loss = (x * w).sum()
    ...     loss.backward()
    #1 mul(a=x (2, 2), b=w (2,)) -> (2, 2)   held 40 B   <doctest ...>:2
    #2 sum(x=#1 (2, 2), axis=None, keepdims=False) -> ()   held 44 B   <doctest ...>:2
    #3 sum #2: dL/d#1 += spread(g, x.shape, axis, keepdims)   (2, 2)   |g| 1   held 40 B   <...>:2
    #4 mul #1: dL/dw += g * a   (2, 2) -> (2,) summed over axis 0   |g| 2   held 0 B   <...>:2
    >>> t.steps[-1].result
    array([4., 6.], dtype=float32)
    """

    def __init__(
        self,
        print: bool = True,
        file: TextIO | None = None,
        params: Iterable[tuple[str, Any]] | Mapping[str, Any] = (),
    ) -> None:
        self.steps: list[Step] = []
        self.gradients: dict[Any, Any] = {}  # of the last walk, at each Leaf (or what was asked)
        self._print, self._file = print, file
        pairs = params.items() if isinstance(params, Mapping) else params
        self._params = {p._node: name for name, p in pairs if p._node is not None}
        self._forward: dict[Node, Step] = {}
        self._owned: dict[Node, dict[int, int]] = {}  # the memory that each holds: id and bytes
        self._holders: dict[int, set[Node]] = {}  # and who holds it
        self._held = 0
        self._walks: list[_Walk] = []  # one in another, if a hook asks for gradients

    def table(self) -> Listing:
        """Calls, seconds and bytes of each operation, the slowest first.

        The bytes are, forward, what the graph came to hold by it, and backward, of the gradients
        made. The seconds are the rules' own; forward operations are timed by running them again.
        """
        sums: dict[tuple[str, str], Row] = {}
        for step in self.steps:
            key = step.operation, step.direction
            row = sums.get(key) or sums.setdefault(key, Row(*key))
            row.calls, row.bytes = row.calls + 1, row.bytes + step.made
            row.seconds += step.seconds
        table = Listing(sorted(sums.values(), key=lambda row: -row.seconds))
        table.head = f"{'operation':<24}{'direction':<12}{'calls':>7}{'ms':>12}{'bytes':>12}"
        return table

    # -- what the watcher is shown --------------------------------------------------------------
    def seen(self, node: Node) -> None:
        """Make the step of a Node that has just been recorded."""
        if self._walks and mode.rule is None:  # by a hook, between two Nodes
            self._settle()
        self.read(node)

    def read(self, node: Node) -> None:
        """Make the step of a recorded Node."""
        before = self._held
        self._hold(node)
        step = self._new_step("forward", node)
        step.made, step.held = self._held - before, self._held
        step.cause = origin_of(node).cause
        self._forward[node] = step
        self._finish(step)

    def begin(self, roots: Sequence[tuple[Any, Any]], create_graph: bool) -> None:
        """A walk begins."""
        self._walks.append(_Walk(create_graph))

    def rules_of(self, node: Node, rules: Any) -> Any:
        """Watch the rules of a Node."""
        self._settle()
        here = self._walks[-1]
        here.node = node
        texts = rule_texts(node.fn)

        def around(i: int, compute: Callable, g: Any) -> Any:
            started = perf_counter()
            gx = compute()
            x, before = node.raw[i], getattr(gx, "shape", None)  # type: ignore[index]
            if before is None:
                return gx  # no array: backprop says so
            if before != x.shape:
                gx = unbroadcast(gx, x.shape)
            if gx.dtype is not x.dtype:
                gx = in_type(gx, x.dtype)
            took = perf_counter() - started
            step = self._new_step("backward", node)
            step.result, step.g, step._seconds = _array(gx), _array(g), took
            step.before, step.argument = before, i
            step.rule = texts[i if type(rules) is tuple else 0]
            step.summed = repeated(before, x.shape)[0] if before != x.shape else ()
            step.forward, step.made, step.held = self._forward.get(node), gx.nbytes, self._held
            if here.recorded:  # a step comes right behind what its rule recorded
                self._finish(step)
            else:
                here.steps.append(step)
            return gx

        return each_rule(rules, around)

    def done(self, found: dict[Any, Any]) -> None:
        """A walk has found these gradients."""
        self.gradients = found

    def end(self) -> None:
        """A walk is over."""
        self._settle()
        self._walks.pop()

    def _settle(self) -> None:
        """The walk has left a Node: its memory may be free now."""
        here = self._walks[-1]
        if here.node is not None and here.node.raw is None:
            self._release(here.node)
            for step in here.steps[-1:]:
                step.held = self._held
        for step in here.steps:
            self._finish(step)
        here.node, here.steps = None, []

    def _new_step(self, direction: str, node: Node) -> Step:
        origin = origin_of(node)
        known = self._forward.get(node)
        if known is not None:
            arguments, names, origins = known.arguments, known.names, known.origins
        else:
            arguments = tuple(node.raw or ())
            names = argument_names(node.fn, len(arguments))
            known_as = origin.names or (None,) * len(arguments)
            origins = tuple(
                self._forward.get(place) or self._params.get(place) or name
                for place, name in zip(node.parents, known_as, strict=True)
            )
        return Step(
            0, direction, NAMES[node.fn], node, arguments, node.kwargs, names, origins,
            node.out, origin.place,
        )  # fmt: skip

    def _finish(self, step: Step) -> None:
        self.steps.append(step)
        step.index = len(self.steps)
        if self._print:
            (self._file or sys.stdout).write(f"{step}\n")

    def _hold(self, node: Node) -> None:
        """Count the memory that a Node holds: its result and its arguments, each but once."""
        arrays = [node.out]
        for x in (*(node.raw or ()), *node.kwargs.values()):
            if isinstance(x, dict):  # what a rule wants to find again
                arrays += x.values()
            else:  # an argument, an index, or several
                arrays += x if isinstance(x, tuple) else [x]
        own = {id(m): m.nbytes for m in map(owner_of, filter(_is_array, arrays))}
        self._owned[node] = own
        for memory, size in own.items():
            if memory not in self._holders:
                self._holders[memory] = set()
                self._held += size
            self._holders[memory].add(node)

    def _release(self, node: Node) -> None:
        """The walk has freed a Node: what it alone held is free."""
        for memory, size in self._owned.pop(node, {}).items():
            self._holders[memory].discard(node)
            if not self._holders[memory]:
                del self._holders[memory]
                self._held -= size


@dataclass
class _Walk:
    """Where a walk is, and the steps made there that are not finished."""

    recorded: bool  # with create_graph
    node: Any = None
    steps: list[Step] = field(default_factory=list)


@dataclass
class Row:
    """A line of the table."""

    operation: str
    direction: str
    calls: int = 0
    seconds: float = 0.0
    bytes: int = 0

    def __str__(self) -> str:
        sums = f"{self.calls:>7}{self.seconds * 1e3:>12.3f}{bytes_words(self.bytes):>12}"
        return f"{self.operation:<24}{self.direction:<12}{sums}"


def _is_array(x: Any) -> bool:
    return isinstance(x, np.ndarray)


def _array(g: Any) -> np.ndarray:
    return g._array if isinstance(g, Value) else g


def argument_names(fn: Callable, n: int) -> tuple[str, ...]:
    """What an operation's rules call its first n arguments."""
    parameters: tuple[str, ...] = getattr(fn, "parameters", ())  # of an autograd.Function
    if type(RULES[fn]) is tuple:
        known = [r.parameters[2:] for r in rule_texts(fn) if r is not None]
        parameters = max(known, key=len, default=())
    return tuple(parameters[i] if i < len(parameters) else f"xs[{i}]" for i in range(n))


def replay(
    tensors: Any, grad_tensors: Any = None, create_graph: bool = False, params: Any = ()
) -> trace:
    """The steps of a graph that is there already, and of a walk back through it.

    The graph stays, and no .grad changes, that of retain_grad() neither. Hooks are called, since
    they may replace a gradient. The gradients of the leaves are in .gradients.

    >>> import minigrad
    >>> x = minigrad.tensor(2.0, requires_grad=True)
    >>> for step in replay((x * x).square()).steps:
    ...     print(step.index, step.direction, step.operation, float(step.result))
    1 forward mul 4.0
    2 forward pow 16.0
    3 backward pow 8.0
    4 backward mul 16.0
    5 backward mul 16.0
    """
    t = trace(print=False, params=params)
    roots = [tensors] if isinstance(tensors, Value) else list(tensors)
    nodes = nodes_of(*roots)
    for node in nodes:
        if node.raw is None:
            raise RuntimeError(FREED.format(NAMES[node.fn]))
        t.read(node)
    kept = [(n.watch, n.watch.tensor) for n in nodes if n.watch is not None]
    try:
        for watch, _ in kept:
            watch.tensor = None
        with t:
            walk(roots, grad_tensors, True, create_graph, None)
    finally:
        for watch, tensor in kept:
            watch.tensor = tensor
    return t
