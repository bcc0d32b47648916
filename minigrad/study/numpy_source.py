"""A recorded graph as the NumPy program that its forward and its backward pass were."""

from __future__ import annotations

import ast
import importlib.util
import keyword
import operator
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..autograd import derivatives
from ..autograd.broadcasting import repeated
from ..autograd.changes import Stale, without_stale
from ..autograd.engine import NAMES, Leaf, Node, Value
from ..autograd.errors import tensor_words
from ..autograd.function import BackwardCFunction
from ..autograd.program import (
    LITERAL,
    Block,
    Writer,
    compiled,
    helper_lines,
    is_range,
    parsed,
    path_of,
    text_of,
    walk_back,
)
from ..autograd.symbols import Step, Symbol, Tape, as_array, whole
from ..autograd.watching import nodes_of

WIDTH = 50  # where the comments stand
PUT = derivatives.put.__wrapped__  # type: ignore[attr-defined]


class Source:
    """A NumPy program: print it, or str() it.

    It defines step(*inputs), which returns the results and a dict with the gradients.  inputs
    holds the arrays that it was recorded with, by the names of step's parameters.
    """

    def __init__(self, text: str, inputs: dict[str, np.ndarray]) -> None:
        self.text, self.inputs = text, inputs

    def __str__(self) -> str:
        return self.text

    __repr__ = __str__

    def run(self) -> tuple[Any, dict[str, np.ndarray]]:
        """Run the text, which knows nothing of minigrad, on the inputs: (loss, gradients)."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "program.py"
            path.write_text(f"{self.text}\n", encoding="utf-8")
            spec = importlib.util.spec_from_file_location("program", path)
            assert spec is not None and spec.loader is not None
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module.step(**self.inputs)


def source(loss: Value, **names: Value) -> Source:
    """The NumPy program that computes a tensor and its gradients as they were recorded.

    One line per operation and one per derivative, with the shapes beside; its results are those of
    loss and of loss.backward(), bit for bit.  It imports NumPy alone (and math, where a rule does).
    Inputs are called as the caller's variables, or as names says.  A loss of several elements is
    summed, as backward(ones) would do it.  Raises RuntimeError where there is no graph, where it
    has been freed, or where an input has been changed in place since.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> print(minigrad.study.source((w * w).sum()))
    import numpy as np
    <BLANKLINE>
    <BLANKLINE>
    def step(w):
        # w: float32 (2,)
        # -- forward
        mul1 = w * w                                        # (2,)
        loss = mul1.sum()                                   # ()
        # -- backward
        d_loss = np.ones((), np.float32)                    # ()
        d_mul1 = np.full((2,), d_loss)                      # (2,)
        d_w = d_mul1 * w                                    # (2,)
        d_w = d_w + d_mul1 * w                              # (2,), added
        return loss, {'w': d_w}
    """
    if not isinstance(loss, Value) or not isinstance(loss._node, Node):
        raise RuntimeError(
            f"source() needs a tensor that was computed from one that requires grad, not "
            f"{tensor_words(loss)}"
        )
    frame = sys._getframe(1)
    known = {**dict(_variables(frame.f_globals)), **dict(_variables(frame.f_locals)), **names}
    return _Program(loss, known).source()


def _variables(scope: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The Tensors in a scope, and the parameters of modules, by name."""
    for name, x in scope.items():
        if isinstance(x, Value):
            yield name, x
        elif hasattr(x, "named_parameters") and not isinstance(x, type):
            for inner, p in x.named_parameters():
                yield f"{name}_{inner.replace('.', '_')}", p
        elif type(x) in (list, tuple):
            for i, p in enumerate(x):
                if isinstance(p, Value):
                    yield f"{name}{i}", p


class _Program:
    """The steps from a graph to its text."""

    def __init__(self, loss: Any, known: Mapping[str, Any]) -> None:
        self.loss, self.nodes = loss, nodes_of(loss)
        self.tape, self.writer = Tape(), Writer()
        self.lines: list[str] = []
        self.names: dict[int, str] = {}  # what the program calls a Symbol, by its number
        self.titles: dict[Any, str] = {}  # and a place of the second graph
        self.taken = {"np", "math", "functools", "accumulate", "loss", "step"}
        self.counts: Counter[str] = Counter()
        named = [(n, x) for n, x in known.items() if n.isidentifier()]
        self.arrays = {id(x._array): n for n, x in named}  # the user's names
        self.places = {x._node: n for n, x in named if x._node is not None}
        self.made: dict[int, Any] = {}  # from id(array) to the Symbol of what a Node made
        self.inputs: dict[int, Symbol] = {}  # and of what comes from outside
        self.copies: dict[Any, Any] = {}  # from the places of the graph to those of the second

    def source(self) -> Source:
        """The program."""
        calls = [(node, self.run(node)) for node in self.nodes]
        root = self.copies[self.loss._node]
        one = self.tape.symbol(np.ones_like(self.loss._array))
        found, blocks = walk_back(self.tape, [(root, one)])
        self.count([root.out, *found.values()])
        self.lines.append("    # -- forward")
        for node, steps in calls:
            copy = self.copies[node]
            user = self.places.get(node)
            name = "loss" if copy is root else self.fresh(user or NAMES[node.fn], not user)
            self.titles[copy] = name
            self.write(name, steps, copy.out)
        self.lines.append("    # -- backward")
        self.assign("d_loss", parsed(f"np.ones({one.shape}, np.{one.dtype})"), one)
        reached: set[Any] = set()
        for block in blocks:
            self.rule(block, reached)
        leaves = [place for place in self.copies.values() if place in found]
        pairs = [f"'{self.titles[leaf]}': d_{self.titles[leaf]}" for leaf in leaves]
        if len(pairs) < 4:
            self.line(f"return loss, {{{', '.join(pairs)}}}")
        else:
            self.lines += ["    return loss, {", *(f"        {pair}," for pair in pairs), "    }"]
        return self.finished()

    # -- running it on Symbols ---------------------------------------------------------------------
    def run(self, node: Node) -> list[Step]:
        """Repeat a Node on Symbols, in a second graph; returns the calls that it made."""
        if node.raw is None:
            raise RuntimeError(
                f"the graph of {NAMES[node.fn]} has been freed: call source() before backward(), "
                "or backward(retain_graph=True)"
            )
        if isinstance(node, BackwardCFunction):
            raise RuntimeError(
                f"source(): {NAMES[node.fn]} is an autograd.Function, whose backward() is a method "
                "and no formula. minigrad.autograd.replay(loss) shows what it did"
            )
        if node.fn is compiled:
            raise RuntimeError(
                "source(): a part of this graph is one compiled program. Print the compiled "
                "function's .source, or record the function itself"
            )
        operands = without_stale(node, [node.out, *node.raw], NAMES[node.fn])[1:]
        copy = self.copies[node] = Node()
        copy.fn, copy.born, copy.watch = node.fn, node.born, None
        copy.raw, copy.parents = [], []
        for x, place in zip(operands, node.parents, strict=True):
            inner = self.copies.get(place)
            symbol: Any = inner.out if isinstance(inner, Node) else self.input(x, place)
            if place is not None and inner is None:
                inner = self.copies[place] = Leaf(self.loss)
                self.titles[inner] = self.names[symbol.number]
            copy.raw.append(symbol)
            copy.parents.append(inner)
        copy.kwargs = {k: self.inside(x) for k, x in node.kwargs.items()}
        start = len(self.tape.steps)
        try:
            copy.out = as_array(node.fn(*copy.raw, **copy.kwargs))
        except Exception as error:
            copy.out = as_array(whole(error, node.fn, copy.raw, copy.kwargs, error))
        self.made[id(node.out)] = copy.out
        return self.tape.steps[start:]

    def input(self, x: Any, place: Any = None) -> Any:
        """An argument that no Node made: if it is an array, an input of the program."""
        if isinstance(x, Stale):
            x._refuse()
        if not isinstance(x, np.ndarray):
            return x
        if place is None and id(x) in self.made:  # detached
            return self.made[id(x)]
        name = self.arrays.get(id(x)) if place is None else self.places.get(place)
        if place is None and name is None and (x.size <= LITERAL or is_range(x)):
            return x
        if id(x) not in self.inputs:
            symbol = self.inputs[id(x)] = self.tape.symbol(x)
            self.names[symbol.number] = self.fresh(
                name or ("x" if place is None else "w"), not name
            )
        return self.inputs[id(x)]

    def inside(self, x: Any) -> Any:
        """The same in the settings of a call, where arrays are parts of an index."""
        if type(x) in (tuple, list):
            return type(x)(map(self.inside, x))
        return {} if type(x) is dict else self.input(x)  # a dict is a note from a call to its rule

    # -- writing it --------------------------------------------------------------------------------
    def count(self, results: list[Symbol]) -> None:
        """Which calls the results need, and how often each Symbol is used in them."""
        self.uses: Counter[int] = Counter(x.number for x in results)
        self.live: set[int] = set()
        self.exact: set[int] = set()  # where a scalar will not do for an array without dimensions
        changed = {s.args[0].root.number for s in self.tape.steps if s.kind == "set"}
        for step in reversed(self.tape.steps):
            if step.kind == "guard":
                continue
            if step.kind == "set" or step.out.number in self.uses or step.out.number in changed:
                self.live.add(id(step))
                for x in step.symbols():
                    self.uses[x.number] += 1
                    if step.fn is operator.pow or path_of(step.fn) is None:
                        self.exact.add(x.number)

    def fresh(self, name: str, numbered: bool = False) -> str:
        """A name that is not taken."""
        self.counts[name] += 1
        base = f"{name}{self.counts[name]}" if numbered else name
        while base in self.taken or keyword.iskeyword(base):
            base += "_"
        self.taken |= {base, f"d_{base}"}
        return base

    def write(self, name: str, steps: list[Step], out: Any, note: str = "") -> None:
        """The lines of one operation: what is used once goes into the expression that uses it."""
        steps = [s for s in steps if id(s) in self.live]
        used = Counter(x.number for s in steps for x in s.symbols())
        inline: dict[int, ast.expr] = {}
        mutates = any(s.kind == "set" for s in steps)

        def of(x: Symbol) -> ast.expr:
            return inline.get(x.number) or ast.Name(self.names[x.number])

        for step in steps:
            if step.kind == "set":
                target = ast.Subscript(of(step.args[0]), self.writer.index(step.args[1], of))
                self.line(f"{text_of(target)} = {text_of(self.writer.value(step.args[2], of))}")
                continue
            y = step.out
            if step.fn is PUT:
                self.put(name if y is out else self.fresh("t", True), step, of)
                continue
            if step.fn is np.asarray and y.number not in self.exact:
                expression = of(step.args[0])
            else:
                expression = self.writer.expression(step, of)
            if y is out:
                self.assign(name, expression, y, note)
            elif self.uses[y.number] == 1 == used[y.number] and not mutates:
                inline[y.number] = expression
            else:
                self.assign(self.fresh("t", True), expression, y)
        if not any(s.out is out for s in steps):  # it was there before
            self.line(f"{name} = {text_of(of(out))}", f"{out.shape}{note}")

    def put(self, name: str, step: Step, of: Callable[[Symbol], ast.expr]) -> None:
        """Zeros, into which something is put or added: what derivatives.put does."""
        x, index = step.args[0], step.kwargs["index"]
        self.assign(name, parsed(f"np.zeros({step.kwargs['shape']}, np.{x.dtype})"), step.out)
        mask = isinstance(index, np.ndarray) and index.dtype == bool
        if step.kwargs.get("unique") or mask or derivatives.is_basic(index):
            target = ast.Subscript(ast.Name(name), self.writer.index(index, of))
            self.line(f"{text_of(target)} = {text_of(of(x))}")
        else:
            at = text_of(self.writer.value(index, of))
            self.line(f"np.add.at({name}, {at}, {text_of(of(x))})")

    def rule(self, block: Block, reached: set[Any]) -> None:
        """The lines of one derivative."""
        name = f"d_{self.titles[block.place]}"
        self.names[block.g.number] = f"d_{self.titles[block.node]}"
        note = ""
        if block.given.shape != block.out.shape:
            axes, _ = repeated(block.given.shape, block.out.shape)
            word = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
            note = f", summed over {word}"
        if block.place in reached:
            note += ", added"
        reached.add(block.place)
        self.write(name, block.steps, block.out, note)

    def assign(self, name: str, expression: ast.expr, x: Any, note: str = "") -> None:
        """A line that gives a Symbol its name."""
        self.names[x.number] = name
        shape = str(x.shape) if isinstance(x.value, (np.ndarray, np.generic)) else ""
        self.line(f"{name} = {text_of(expression)}", f"{shape}{note}")

    def line(self, text: str, comment: str = "") -> None:
        """A line with its comment."""
        self.lines.append(f"    {text:<{WIDTH}}  # {comment}" if comment else f"    {text}")

    def finished(self) -> Source:
        """The whole text: imports, helpers, the function."""
        imports, helpers = helper_lines(sorted(self.writer.helpers))
        arrays = {self.names[x.number]: x.value for x in self.inputs.values()}
        arrays |= self.writer.constants
        given = [f"    # {n}: {x.dtype} {x.shape}" for n, x in arrays.items()]
        head = [*imports, *helpers, "", "", f"def step({', '.join(arrays)}):"]
        return Source("\n".join([*head, *given, *self.lines]), arrays)
