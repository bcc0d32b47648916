"""What makes a followed program shorter and quicker, and leaves every bit as it is.

What nobody needs is left out, what was computed before is not computed again, and a temporary goes
into memory that another one has left, or that is kept from one call to the next.
"""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any

import numpy as np

from ..autograd import derivatives
from ..autograd.program import SIGNS, Writer, path_of, signed, text_of
from ..autograd.symbols import Step, Symbol, mapped


# -- what is computed ------------------------------------------------------------------------------
def changed_roots(steps: Iterable[Step]) -> set[int]:
    """Whose memory is written to, item by item."""
    return {step.args[0].root.number for step in steps if step.kind == "set"}


def needed(steps: Sequence[Step], results: Iterable[Symbol]) -> list[Step]:
    """The steps that the results need, and those that have to happen: draws and checks."""
    wanted = {x.number for x in results}
    changed = changed_roots(steps)
    kept: list[Step] = []
    for step in reversed(steps):
        must = step.kind in ("guard", "draw")
        if step.kind == "set":
            must = step.args[0].root.number in wanted or step.args[0].number in wanted
        elif step.out is not None and step.out.number in wanted:
            must = True
        elif any(type(x.value) is dict and x.number in wanted for x in step.symbols()):
            must = True  # it leaves a note there
        if must:
            kept.append(step)
            for x in step.symbols():
                wanted.add(x.number)
                if x.root.number in changed:
                    wanted.add(x.root.number)
    return kept[::-1]


def _key(x: Any) -> Any:
    """A hashable stand-in that is equal for equal arguments only; raises TypeError without one."""
    kind = type(x)
    if kind is Symbol:
        return "symbol", x.number
    if kind is tuple or kind is list:
        return kind, tuple(map(_key, x))
    if kind is slice:
        return kind, _key((x.start, x.stop, x.step))
    if kind is float:
        return kind, repr(x)
    if kind is np.ndarray:
        return kind, id(x)
    if kind is dict:
        raise TypeError(x)
    hash(x)
    return kind, x


class Copied(Step):
    """A step with other arguments, and the one that it was."""

    __slots__ = ("origin",)

    def __init__(self, step: Step, args: tuple, kwargs: dict) -> None:
        super().__init__(step.kind, step.fn, args, kwargs, None)
        self.out, self.origin = step.out, step


def once(steps: list[Step], own: Collection[int]) -> tuple[list[Copied], dict[int, Symbol]]:
    """The steps with nothing computed twice, and what stands for what was left out.

    own: what must stay an array of its own.
    """
    same: dict[int, Symbol] = {}
    known: dict[Any, Symbol] = {}
    changed = changed_roots(steps)
    kept: list[Copied] = []

    def final(x: Symbol) -> Symbol:
        return same.get(x.number, x)

    for step in steps:
        new = Copied(step, mapped(step.args, final), mapped(step.kwargs, final))
        kept.append(new)
        if step.out is not None and step.out.root.number in same:
            step.out.root = same[step.out.root.number].root  # a view of what stands for it
        if step.kind in ("set", "guard", "draw") or step.fn is dict or step.out.number in own:
            continue
        if any(x.root.number in changed for x in (*new.symbols(), step.out)):
            continue
        try:
            key = (
                step.kind,
                step.fn,
                _key(new.args),
                tuple((k, _key(v)) for k, v in new.kwargs.items()),
            )
            before = known.setdefault(key, step.out)
        except TypeError:
            continue
        if before is not step.out:
            same[step.out.number] = before
            kept.pop()
    return kept, same


# -- where it is put -------------------------------------------------------------------------------
def _elementwise(step: Step) -> bool:
    return step.kind == "call" and isinstance(step.fn, np.ufunc) and step.fn is not np.matmul


def _takes_out(step: Step) -> bool:
    """Can the call be told where to put its result?"""
    if step.kind == "method":
        return step.fn == "dot" and len(step.args) == 2
    if step.kind != "call":
        return False
    if step.fn is derivatives._filled:
        return True
    own = getattr(step.fn, "__self__", None)
    return isinstance(step.fn, np.ufunc) or isinstance(own, np.ufunc) or step.fn in (np.dot, np.sum)


def _layout(x: Symbol) -> Any:
    """Type, shape and order in memory; None where an array of the same kind cannot be made.

    Nor is it one of a single element: with that as its first operand and its output, NumPy takes
    an addition for a reduction, and gives nan another sign.
    """
    value = x.value
    if not isinstance(value, np.ndarray) or not value.ndim or value.size < 2:
        return None
    if np.empty_like(value).strides != value.strides:
        return None
    return value.dtype, value.shape, value.strides


class Places:
    """Which memory each result of a function goes into.

    into[number] is the name of an array to write into: a workspace w0, w1, ... that is kept from
    call to call, for what does not leave the function, or a result that is no longer needed.
    """

    def __init__(self, steps: list[Step], leaving: Collection[int]) -> None:
        self.into: dict[int, Any] = {}
        self.workspaces: list[np.ndarray] = []
        self._layouts: dict[str, Any] = {}
        last: dict[int, int] = {}  # the last step that needs the memory of a root
        leaves = set(leaving)
        own: set[int] = set()  # roots made here
        for i, step in enumerate(steps):
            for x in (*step.symbols(), *([step.out] if step.out is not None else [])):
                last[x.root.number] = i
            if step.out is not None and step.out.root is step.out:
                own.add(step.out.number)
        for step in steps:
            if step.out is not None and step.out.number in leaves:
                leaves.add(step.out.root.number)
        # What leaves needs memory of its own; what it is computed from in place may lend it.
        lent: set[int] = set()
        for i in reversed(range(len(steps))):
            step = steps[i]
            y = step.out
            if y is None or y.number not in leaves | lent or not _elementwise(step):
                continue
            for x in step.args:
                if (
                    type(x) is Symbol and x.root is x and x.number in own and last[x.number] == i
                    and x.number not in leaves | lent and _layout(x) == _layout(y) is not None
                ):  # fmt: skip
                    lent.add(x.number)
                    self.into[y.number] = x
                    break
        free: dict[Any, list[str]] = {}
        held: dict[int, str] = {}  # which workspace a root is in
        for i, step in enumerate(steps):
            y = step.out
            ending = [
                n for n in {x.root.number for x in step.symbols()} if last[n] == i and n in held
            ]
            layout = _layout(y) if y is not None and _takes_out(step) else None
            wants = layout is not None and y.number not in leaves | lent and y.root is y
            if wants and step.fn in (np.dot, "dot") and not y.value.flags.c_contiguous:
                wants = False
            if _elementwise(step):
                self._release(ending, held, free)
            if wants:
                names = free.setdefault(layout, [])
                if not names:
                    names.append(f"w{len(self.workspaces)}")
                    self.workspaces.append(np.empty_like(y.value))
                held[y.number] = self.into[y.number] = names.pop()
                self._layouts[held[y.number]] = layout
            if not _elementwise(step):
                self._release(ending, held, free)
            if y is not None and last[y.number if y.root is y else y.root.number] == i:
                self._release([n for n in (y.number,) if n in held], held, free)

    def _release(self, numbers: list[int], held: dict[int, str], free: dict) -> None:
        for n in numbers:
            name = held.pop(n)
            free[self._layouts[name]].append(name)


# -- how it is written -----------------------------------------------------------------------------
class Flat(Writer):
    """Writes a step a line, and keeps what is no literal under a name."""

    def __init__(self, reserved: Iterable[str]) -> None:
        super().__init__(nice=False)
        self.objects: dict[str, Any] = {}
        self._known: dict[Any, str] = {}
        self._reserved = set(reserved)

    def value(self, x: Any, of: Callable[[Symbol], ast.expr]) -> ast.expr:
        if type(x) is Named:
            return x.tree
        if isinstance(x, np.ndarray) and type(x) is not Symbol:
            return ast.Name(self.kept(x, "k"))
        try:
            return super().value(x, of)
        except NotImplementedError:
            return ast.Name(self.kept(x, "k"))

    def function(self, fn: Callable) -> ast.expr:
        name = (path_of(fn) or f".{fn.__name__}").partition(".")[2].replace(".", "_")
        return ast.Name(self.kept(fn, name))

    def number(self, n: float, dtype: np.dtype) -> ast.expr:
        """A number as an array, which NumPy takes in half of the time: the same in its type."""
        key = repr(n), dtype
        if key not in self._known:
            self._known[key] = self.kept(np.array(n, dtype), "k")
        return ast.Name(self._known[key])

    def kept(self, x: Any, base: str) -> str:
        """The name of an object that the program is given."""
        if id(x) not in self._known:
            name = base if base.isidentifier() and base != "k" else f"k{len(self.objects)}"
            while name in self.objects or name in self._reserved:
                name += "_"
            self._known[id(x)] = name
            self.objects[name] = x
        return self._known[id(x)]

    def about(self) -> str:
        """Comments that say what the constants are."""
        kept = [(k, x) for k, x in self.objects.items() if isinstance(x, np.ndarray)]
        return "".join(f"#   {k}: {x.dtype} {x.shape if x.ndim else x.item()}\n" for k, x in kept)


def _with_arrays(step: Step, writer: Flat) -> Step:
    """The step with arrays in place of Python's numbers, where they are taken for the same."""
    if step.kind != "call" or not (isinstance(step.fn, np.ufunc) or step.fn is np.where):
        return step
    types = {x.dtype for x in step.args[step.fn is np.where :] if type(x) is Symbol}
    if len(types) != 1 or step.out.ndim == 0 or (dtype := types.pop()) not in NUMBERS:
        return step
    args = tuple([
        Named(writer.number(x, dtype)) if type(x) in (int, float) and _fits(x, dtype) else x
        for x in step.args
    ])  # fmt: skip
    new = Step(step.kind, step.fn, args, step.kwargs, None)
    new.out = step.out
    return new


NUMBERS = {np.dtype(np.float32), np.dtype(np.float64), np.dtype(np.int64)}


def _fits(x: Any, dtype: np.dtype) -> bool:
    return dtype.kind == "f" or type(x) is int and -(2**62) < x < 2**62


class Named:
    """An argument that is written already."""

    def __init__(self, tree: ast.expr) -> None:
        self.tree = tree


def function_text(
    name: str, writer: Flat, names: dict[int, str], given: list[Symbol], steps: list[Step],
    results: list[Symbol | None], effects: list[tuple[Symbol, Symbol]],
) -> tuple[str, list[np.ndarray]]:  # fmt: skip
    """The source of one function, and the workspaces that it is to be given."""
    leaving = {x.number for x in results if x is not None} | {y.number for _, y in effects}
    places = Places(steps, leaving)
    lines: list[str] = []

    def of(x: Symbol) -> ast.expr:
        return ast.Name(names[x.number])

    for step in steps:
        if step.kind == "guard":
            sign = "not " if step.fn else ""
            lines.append(f"if {sign}{names[step.args[0].number]}: raise Otherwise")
            continue
        if step.kind == "set":
            target = ast.Subscript(of(step.args[0]), writer.index(step.args[1], of))
            lines.append(f"{text_of(target)} = {text_of(writer.value(step.args[2], of))}")
            continue
        y = step.out
        target_name = names.setdefault(y.number, f"t{len(names)}")
        into = places.into.get(y.number)
        if into is not None:
            into = names[into.number] if type(into) is Symbol else into
        lines += _line(writer, step, target_name, into, of)
    for x, y in effects:
        copy = writer.kept(np.copyto, "copyto")
        lines.append(f"{copy}({names[x.number]}, {names[y.number]})")
    back = ", ".join("None" if x is None else names[x.number] for x in results)
    lines.append(f"return ({back}{',' if len(results) == 1 else ''})")
    spaces = [f"w{i}" for i in range(len(places.workspaces))]
    if spaces:
        lines.insert(0, f"{', '.join(spaces)}{',' if len(spaces) == 1 else ''} = w")
    head = f"def {name}({', '.join([*(names[x.number] for x in given), 'w'])}):"
    return "\n    ".join([head, *lines]) + "\n", places.workspaces


def _line(writer: Flat, step: Step, name: str, into: str | None, of: Callable) -> list[str]:
    """The statement for one step."""
    if step.fn is operator.pow and into is None and _squares(step):
        square = writer.kept(np.square, "square")
        return [f"{name} = {square}({text_of(of(step.args[0]))})"]
    if step.kind == "draw":
        args = [text_of(writer.value(x, of)) for x in step.args[1:]]
        args += [f"{k}={text_of(writer.value(x, of))}" for k, x in step.kwargs.items()]
        generator = writer.kept(step.args[0], "generator")
        return [f"{name} = {generator}.numpy.{step.fn}({', '.join(args)})"]
    if step.fn is derivatives._filled and into is not None:
        copy = writer.kept(np.copyto, "copyto")
        return [f"{name} = {into}", f"{copy}({into}, {text_of(of(step.args[0]))})"]
    if step.fn is np.sum and len(step.args) == 2 and set(step.kwargs) == {"keepdims"}:
        step = _renamed(step, np.add.reduce)
    step = _with_arrays(step, writer)
    if step.fn in SIGNS and step.out.ndim == 0:  # Python's operators are quicker there
        return [
            f"{name} = {text_of(signed(SIGNS[step.fn], [writer.value(x, of) for x in step.args]))}"
        ]
    call = writer.expression(step, of)
    if into is not None and isinstance(call, ast.Call):
        plain = isinstance(step.fn, np.ufunc) and step.fn not in (np.maximum, np.minimum)
        if step.kind == "method" or plain or step.fn is np.dot:  # for those two it is deprecated
            call.args.append(ast.Name(into))
        else:
            call.keywords.append(ast.keyword("out", ast.Name(into)))
    return [f"{name} = {text_of(call)}"]


def _renamed(step: Step, fn: Callable) -> Step:
    new = Step(step.kind, fn, step.args, step.kwargs, None)
    new.out = step.out
    return new


def _squares(step: Step) -> bool:
    """Is it x ** 2 of floats, which NumPy computes as np.square(x)?"""
    x, n = step.args
    floats = type(x) is Symbol and isinstance(x.value, np.ndarray) and x.dtype.kind == "f"
    return floats and type(n) is int and n == 2
