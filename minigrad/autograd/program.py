"""From a Tape to the text of a NumPy program, which needs nothing but NumPy to run.

Calls that went through the formula sheet are written as NumPy's own; what could not be followed is
written as a call of the sheet's function, and that function's source is printed with all it needs,
taken from the sheet itself.
"""

from __future__ import annotations

import ast
import functools
import math
import operator
from collections.abc import Callable, Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from . import (
    derivatives,
    derivatives_conv,
    derivatives_functions,
    derivatives_linalg,
    derivatives_nn,
)
from .engine import RULES, Node, backprop, rule
from .symbols import Step, Symbol, Tape, whole

SHEETS = (derivatives, derivatives_functions, derivatives_linalg, derivatives_nn, derivatives_conv)
SIGNS: dict[Any, Any] = {
    np.add: ast.Add, np.subtract: ast.Sub, np.multiply: ast.Mult, np.divide: ast.Div,
    np.matmul: ast.MatMult, operator.pow: ast.Pow, np.remainder: ast.Mod,
    np.floor_divide: ast.FloorDiv, np.bitwise_and: ast.BitAnd, np.bitwise_or: ast.BitOr,
    np.bitwise_xor: ast.BitXor, np.negative: ast.USub, np.invert: ast.Invert, np.less: ast.Lt,
    np.less_equal: ast.LtE, np.greater: ast.Gt, np.greater_equal: ast.GtE, np.equal: ast.Eq,
    np.not_equal: ast.NotEq,
}  # fmt: skip
FOLDS = {
    np.add.reduce: "sum", np.multiply.reduce: "prod", np.maximum.reduce: "max",
    np.minimum.reduce: "min", np.sum: "sum", np.max: "max", np.min: "min", np.mean: "mean",
}  # fmt: skip
LITERAL = 8  # an array of so many elements is written into the program


# -- expressions -----------------------------------------------------------------------------------
def parsed(text: str) -> ast.expr:
    """The syntax tree of an expression."""
    return ast.parse(text, mode="eval").body


def text_of(tree: ast.expr) -> str:
    """The text of an expression."""
    return ast.unparse(ast.fix_missing_locations(ast.Expression(tree)))


def path_of(fn: Callable) -> str | None:
    """How a program that imports NumPy calls one of its functions: "np.exp", "np.add.reduce"."""
    ufunc = getattr(fn, "__self__", None)
    if isinstance(ufunc, np.ufunc):
        return f"{path_of(ufunc)}.{fn.__name__}"
    module = getattr(fn, "__module__", None) or "numpy"
    name = getattr(fn, "__name__", "")
    for path in (("np",), tuple(["np", *module.split(".")[1:]])):
        found: Any = np
        for part in (*path[1:], name):
            found = getattr(found, part, None)
        if found is fn:
            return ".".join([*path, name])
    return None


class Writer:
    """Writes single calls as expressions, and keeps what the program needs besides."""

    def __init__(self, nice: bool = True) -> None:
        self.nice = nice  # as a person would write it: a + b, x.sum()
        self.helpers: set[str] = set()  # of the sheet's functions
        self.constants: dict[str, np.ndarray] = {}  # arrays that are not worth a literal
        self._names: dict[int, str] = {}

    def expression(self, step: Step, of: Callable[[Symbol], ast.expr]) -> ast.expr:
        """The call as a syntax tree, given those of its Symbols."""
        args = [self.value(x, of) for x in step.args]
        kwargs = [ast.keyword(k, self.value(x, of)) for k, x in step.kwargs.items()]
        if step.fn is dict:
            return ast.Dict([], [])
        if step.kind == "get":
            return ast.Subscript(args[0], self.index(step.args[1], of))
        if step.kind == "method":
            if self.nice and step.fn in ("transpose", "swapaxes") and step.out.value.ndim == 2:
                return ast.Attribute(args[0], "T") if turned(step) else args[0]
            return ast.Call(ast.Attribute(args[0], step.fn), args[1:], kwargs)
        if self.nice and step.fn in SIGNS or step.fn is operator.pow:
            return signed(SIGNS[step.fn], args)
        if self.nice and step.fn in FOLDS and len(args) < 3:
            return self.fold(step, args, kwargs)
        if self.nice and step.fn is derivatives._filled:
            return ast.Call(parsed("np.full"), [kwargs[0].value, args[0]], [])
        return ast.Call(self.function(step.fn), args, kwargs)

    def function(self, fn: Callable) -> ast.expr:
        """The name of a function of NumPy's or of the sheet."""
        path = path_of(fn)
        if path is None:
            name = getattr(fn, "__name__", "")
            if not any(_defines(m, name, fn) for m in SHEETS):
                raise NotImplementedError(
                    f"{name or fn} is not on the formula sheet, so a program that needs NumPy "
                    "alone cannot call it"
                )
            self.helpers.add(name)
            path = name
        return parsed(path)

    def fold(self, step: Step, args: list, kwargs: list) -> ast.expr:
        """A reduction as the method of an array: x.sum(axis=0)."""
        settings = dict(zip(("axis",), args[1:], strict=False)) | {k.arg: k.value for k in kwargs}
        axis = step.kwargs.get("axis", step.args[1] if len(args) > 1 else None)
        if type(axis) is tuple and len(axis) == 1:
            settings["axis"] = ast.Constant(axis[0])
        if axis is None:
            settings.pop("axis", None)
            if step.fn not in (np.sum, np.max, np.min, np.mean) and "axis" not in step.kwargs:
                settings["axis"] = ast.Constant(0)  # ufunc.reduce begins with the first one
        if step.kwargs.get("keepdims") is False:
            settings.pop("keepdims")
        words = [ast.keyword(k, v) for k, v in settings.items()]
        return ast.Call(ast.Attribute(args[0], FOLDS[step.fn]), [], words)

    def value(self, x: Any, of: Callable[[Symbol], ast.expr]) -> ast.expr:
        """An argument: a Symbol, or a constant."""
        kind = type(x)
        if kind is Symbol:
            return of(x)
        if isinstance(x, tuple):
            return ast.Tuple([self.value(i, of) for i in x])
        if kind is list:
            return ast.List([self.value(i, of) for i in x])
        if kind is dict:
            return ast.Dict([ast.Constant(k) for k in x], [self.value(i, of) for i in x.values()])
        if kind is slice:
            parts = [self.value(i, of) for i in (x.start, x.stop, x.step)]
            return ast.Call(ast.Name("slice"), parts, [])
        if isinstance(x, np.dtype):
            return parsed(_type(x))
        if isinstance(x, np.ndarray):
            return parsed(self.array(x))
        if kind is float and not math.isfinite(x):
            return parsed("np.nan" if x != x else "np.inf" if x > 0 else "-np.inf")
        if kind is type and issubclass(x, np.generic):
            return parsed(f"np.{x.__name__}")
        if x is np._NoValue:
            return parsed("np._NoValue")
        if kind is float or kind is int:
            return parsed(repr(x))
        if isinstance(x, np.generic):
            text = repr(x.item()).replace("nan", "np.nan").replace("inf", "np.inf")
            return parsed(f"{_type(x.dtype)}({text})")
        if x is None or x is Ellipsis or kind in (bool, str):
            return ast.Constant(x)
        raise NotImplementedError(f"a {kind.__name__} cannot be written into a program: {x!r}")

    def index(self, index: Any, of: Callable[[Symbol], ast.expr]) -> ast.expr:
        """What stands in the brackets of x[...]."""

        def part(i: Any) -> ast.expr:
            if type(i) is slice:
                ends = [None if n is None else self.value(n, of) for n in (i.start, i.stop, i.step)]
                return ast.Slice(*ends)
            return self.value(i, of)

        return ast.Tuple([part(i) for i in index]) if type(index) is tuple else part(index)

    def array(self, x: np.ndarray) -> str:
        """An array that the program was given, or made without looking at its inputs."""
        if is_range(x):
            return f"np.arange({x.size})"
        if x.size <= LITERAL:
            text = repr(x.tolist()).replace("nan", "np.nan").replace("inf", "np.inf")
            made = f"np.array({text}, {_type(x.dtype)})"
            return made if x.size else f"np.empty({x.shape}, {_type(x.dtype)})"
        if id(x) not in self._names:
            name = self._names[id(x)] = f"constant{len(self.constants) + 1}"
            self.constants[name] = x
        return self._names[id(x)]


def _type(dtype: np.dtype) -> str:
    return "np.bool_" if dtype.kind == "b" else f"np.{dtype.name}"


def _defines(module: ModuleType, name: str, fn: Callable) -> bool:
    """Is fn what this sheet calls so, or what is inside the door of a primitive?"""
    known = getattr(module, name, None)
    return known is fn or getattr(known, "__wrapped__", None) is fn


def is_range(x: np.ndarray) -> bool:
    """Is it 0, 1, 2, ..., as the rows of a batch are numbered?"""
    known = x.ndim == 1 and x.size > 2 and x.dtype == np.int64
    return known and np.array_equal(x, np.arange(x.size))


def turned(step: Step) -> bool:
    """Does it exchange the two axes of a matrix?"""
    axes = step.args[1] if len(step.args) == 2 else step.args[1:]
    axes = tuple(n % 2 for n in axes or (1, 0))
    return axes[0] != axes[1] if step.fn == "swapaxes" else axes == (1, 0)


def signed(sign: Any, args: list[ast.expr]) -> ast.expr:
    """An operator between its operands."""
    if issubclass(sign, ast.unaryop):
        return ast.UnaryOp(sign(), args[0])
    if issubclass(sign, ast.cmpop):
        return ast.Compare(args[0], [sign()], [args[1]])
    return ast.BinOp(args[0], sign(), args[1])


# -- the sheet's own functions ---------------------------------------------------------------------
@functools.lru_cache(maxsize=1)
def _statements() -> dict[str, ast.stmt]:
    """What the sheets define, by name, in order."""
    found: dict[str, ast.stmt] = {}
    for module in SHEETS:
        tree = ast.parse(Path(module.__file__ or "").read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                found[node.name] = node
            elif isinstance(node, ast.Assign):
                found[ast.unparse(node.targets[0])] = node
            elif isinstance(node, (ast.Import, ast.ImportFrom)) and not getattr(node, "level", 0):
                for alias in node.names:
                    found[alias.asname or alias.name] = node
    return found


class _Bare(ast.NodeTransformer):
    """Leaves out of a function of the sheet what a program without a graph has no use for."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        kept = [d for d in node.decorator_list if "primitive" not in ast.unparse(d)]
        node.decorator_list, node.returns = kept, None
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> Any:
        return ast.arg(node.arg, None)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        return node if node.value is None else ast.Assign([node.target], node.value)

    def visit_Call(self, node: ast.Call) -> Any:
        self.generic_visit(node)
        inner = node.func
        if isinstance(inner, ast.Call) and ast.unparse(inner.func) == "primitive":
            return node.args[0]
        return node


def helper_lines(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """The import lines, and the lines of these functions of the sheet and of all they need."""
    statements, needed, waiting = _statements(), set(), list(names)
    bare = {}
    while waiting:
        name = waiting.pop()
        if name in needed or name not in statements:
            continue
        needed.add(name)
        copy = ast.parse(ast.unparse(statements[name])).body[0]
        bare[name] = tree = ast.fix_missing_locations(_Bare().visit(copy))
        waiting += [n.id for n in ast.walk(tree) if isinstance(n, ast.Name)]
    imports, lines = {"import numpy as np"}, list[str]()
    for name in statements:  # in the sheet's order
        if name in needed:
            text = ast.unparse(bare[name])
            if isinstance(bare[name], (ast.Import, ast.ImportFrom)):
                imports.add(text)
            else:
                gap = isinstance(bare[name], ast.FunctionDef) or not lines or lines[-1][:1] == " "
                lines += [*([""] * (2 if gap else 0)), *text.split("\n")]
    return sorted(imports, key=lambda line: ("numpy" in line, line)), lines


# -- the walk back, followed -----------------------------------------------------------------------
class Block:
    """A rule for one argument of a Node as it ran: its calls, and what they came to."""

    def __init__(self, node: Node, i: int, g: Any) -> None:
        self.node, self.i, self.g = node, i, g
        self.place = node.parents[i]
        self.steps: list[Step] = []
        self.out: Any = None  # the gradient at the argument's place, as far as it is known then
        self.part: Any = None  # what this rule has added to it
        self.given: Any = None  # what the rule itself returned,
        self.end = 0  # after so many steps of the Tape


def walk_back(tape: Tape, roots: list[tuple[Any, Symbol]]) -> tuple[dict[Any, Any], list[Block]]:
    """backprop on Symbols: the gradients at the leaves, and each rule that ran, in order."""
    blocks: list[Block] = []

    def followed(node: Node, i: int, rule: Callable) -> Callable:
        def call(g: Any, *operands: Any, **kwargs: Any) -> Any:
            block = tape.label = Block(node, i, g)
            blocks.append(block)
            try:
                block.given = rule(g, *operands, **kwargs)
            except Exception as error:
                block.given = whole(error, rule, (g, *operands), kwargs, error)
            block.end = len(tape.steps)
            return block.given

        return call

    def rules_of(node: Node) -> tuple:
        rules, n = RULES[node.fn], len(node.parents)
        if type(rules) is tuple:
            return tuple(r and followed(node, i, r) for i, r in enumerate(rules))

        def part(i: int) -> Callable:
            return followed(node, i, lambda g, y, *xs, **kw: rules(g, xs, **kw)(i))

        return tuple(map(part, range(n)))

    start = len(tape.steps)
    found = backprop(roots, retain_graph=True, rules_of=rules_of)
    for block in blocks:
        block.out = block.given
    for i, step in enumerate(tape.steps[start:], start):
        block = step.label
        if block is not None:
            block.steps.append(step)
            if i >= block.end:  # backprop summed up what was broadcast, or added what came before
                block.out = step.out
    reached: set[Any] = set()
    for block in blocks:
        block.part = block.steps[-1].args[1] if block.place in reached else block.out
        reached.add(block.place)
    return found, blocks


# -- a whole program as one operation --------------------------------------------------------------
def compiled(*xs: Any, call: Any) -> Any:
    """What a compiled function computes: see compiler/."""
    return call.again(xs)


rule(compiled, each=lambda g, xs, call: call.back(g, xs))
