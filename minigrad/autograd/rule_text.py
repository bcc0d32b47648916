"""The text of a rule, read from its own source: what a trace, a page and a printed program show.

There is no second copy of a formula: `rules(minigrad.exp)` shows the very line that runs.
"""

from __future__ import annotations

import ast
import functools
import linecache
import os
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from .engine import NAMES, RULES, Node


@dataclass(frozen=True)
class RuleText:
    """One rule as text: an expression of g, y and the arguments, and where it stands.

    Of a rule that is a named function, the expression is its call, and source its definition.
    """

    text: str  # "g * b", or "power_a(g, y, a, b)"
    argument: str  # the argument it is for, "a"
    parameters: tuple[str, ...]  # the rule's own: ("g", "y", "a", "b")
    source: str  # the whole of it: "lambda g, y, a, b: g * b", or "def power_a(g, y, a, b): ..."
    file: str
    line: int

    def __str__(self) -> str:
        return f"dL/d{self.argument} = {self.text}"


class Listing(list):
    """A list that prints as text, an item a line."""

    head = ""

    def __repr__(self) -> str:
        return "\n".join([self.head] * bool(self.head) + [str(item) for item in self])

    __str__ = __repr__


def rule_texts(fn: Callable) -> list[RuleText | None]:
    """The rule for each argument of an operation; None for an argument that has none.

    An operation of any number of arguments has one, for its i-th argument, xs[i].

    >>> import numpy as np
    >>> a, b = rule_texts(np.multiply)
    >>> a.text, a.argument, b.text
    ('g * b', 'a', 'g * a')
    """
    rules = RULES[fn]
    if type(rules) is not tuple:
        return [_text(rules, None, 0)]
    seen: dict[Any, int] = {}  # how many lambdas of this line came before
    texts: list[RuleText | None] = []
    for i, r in enumerate(rules):
        line = _line(r)
        texts.append(None if r is None else _text(r, i, seen.get(line, 0)))
        seen[line] = seen.get(line, 0) + 1
    return texts


def _line(rule: Any) -> Any:
    code = getattr(rule, "__code__", None)
    return code and (code.co_filename, code.co_firstlineno)


def rules(operation: Any) -> Listing:
    """The derivative rules of an operation, with the file and the line of each.

    The operation may be a function (minigrad.exp, np.exp), a method, a tensor's grad_fn or a name.
    Raises ValueError for one that has no rule of its own, since others do its work.

    >>> import minigrad
    >>> rules(minigrad.mul)
    mul: dL/da = g * b   minigrad/autograd/derivatives.py:...
    mul: dL/db = g * a   minigrad/autograd/derivatives.py:...
    >>> rules("pow")[0].text
    'power_a(g, y, a, b)'
    """
    found: dict[Any, tuple[str, RuleText]] = {}  # a primitive is registered twice
    for fn in functions_of(operation):
        for rule in filter(None, rule_texts(fn)):
            found[rule] = NAMES[fn], rule
    lines = _Rules(rule for _, rule in found.values())
    lines.names = [name for name, _ in found.values()]
    return lines


class _Rules(Listing):
    """Rules, each with its operation's name."""

    names: list[str]

    def __repr__(self) -> str:
        blocks = []
        for name, rule in zip(self.names, self, strict=True):
            blocks.append(f"{name}: {rule}   {shown(rule.file)}:{rule.line}")
            if rule.source.startswith("def "):
                blocks.append(textwrap.indent(rule.source, "    "))
        return "\n".join(blocks)

    __str__ = __repr__


def functions_of(operation: Any) -> list[Callable]:
    """The functions of arrays that an operation goes by in RULES."""
    if isinstance(operation, Node):
        return [operation.fn]
    name = operation if isinstance(operation, str) else getattr(operation, "__name__", "")
    if callable(operation) and operation in RULES:
        return [operation]
    found = [fn for fn in RULES if name in (NAMES[fn], fn.__name__)]
    if not found:  # a word of another name: what does its body call?
        code = getattr(operation, "__code__", None)
        called = set(code.co_names if code else ())
        found = [fn for fn in RULES if called & {NAMES[fn], fn.__name__}]
        if not found:
            known = ", ".join(sorted(set(NAMES.values())))
            raise ValueError(
                f"{name or operation!r} has no derivative rule of its own; run it under "
                f"minigrad.autograd.trace() to see which operations it is made of. There are "
                f"rules for {known}"
            )
    return found


def shown(file: str) -> str:
    """A path as messages show it: from the package on, or as it is seen from here."""
    for root in (os.path.dirname(os.path.dirname(os.path.dirname(__file__))), os.getcwd()):
        if file.startswith(root + os.sep):
            return file[len(root) + 1 :].replace(os.sep, "/")
    return os.path.basename(file)


# -- from a function to its source -----------------------------------------------------------------
def _text(rule: Any, i: int | None, before: int) -> RuleText:
    code = getattr(rule, "__code__", None)
    if code is None:  # some other thing that can be called
        name = getattr(rule, "__name__", None) or type(rule).__name__
        argument = "xs[i]" if i is None else f"argument {i}"
        return RuleText(f"{name}(g, y, ...)", argument, (), repr(rule), "", 0)
    return _text_of_code(code, i, before, "".join(linecache.getlines(code.co_filename)))


@functools.lru_cache(maxsize=1024)
def _text_of_code(code: CodeType, i: int | None, before: int, source: str) -> RuleText:
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    argument = "xs[i]"
    if i is not None:
        argument = names[2 + i] if 2 + i < code.co_argcount else f"argument {i}"
    node = _definition(code, names, before, source)
    if code.co_name != "<lambda>":
        text = f"{code.co_name}({', '.join(names)})" + ("(i)" if i is None else "")
    elif isinstance(node, ast.Lambda):
        body = node.body
        if i is None and isinstance(body, ast.Lambda):  # each: from i to a gradient
            body = body.body
        text = _segment(source, body)
    else:
        text = f"a lambda of {', '.join(names)}"  # typed where no source is kept
    whole = "" if node is None else _segment(source, node)
    return RuleText(text, argument, names, whole, code.co_filename, code.co_firstlineno)


def _segment(source: str, node: ast.AST) -> str:
    """What stands there: an expression on one line, a definition as it is written."""
    text = ast.get_source_segment(source, node) or ast.unparse(node)
    if isinstance(node, ast.FunctionDef):
        return textwrap.dedent(" " * node.col_offset + text)
    return " ".join((ast.unparse(node) if "#" in text else text).split())


def _definition(code: CodeType, names: tuple, before: int, source: str) -> Any:
    """The lambda or def that was compiled to this code; None if the source does not have it.

    Of several lambdas on a line it is the one at the columns of the code; where Python keeps none
    (before 3.11), the rules of an operation stand in the order of its arguments.
    """
    first = code.co_firstlineno
    if code.co_name != "<lambda>":  # the line of a def, or of its first decorator
        defs = [
            node
            for node in _definitions(source)
            if isinstance(node, ast.FunctionDef)
            and node.name == code.co_name
            and node.lineno >= first
        ]
        return min(defs, key=lambda node: node.lineno, default=None)
    found = [
        node
        for node in _definitions(source)
        if isinstance(node, ast.Lambda) and node.lineno == first and _parameters(node) == names
    ]
    found.sort(key=lambda node: node.col_offset)
    here = [node for node in found if _stands_at(node, code)]
    if len(here) > 1:
        return here[min(before, len(here) - 1)]
    return here[0] if here else None


def _parameters(node: ast.Lambda) -> tuple[str, ...]:
    return tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))


@functools.lru_cache(maxsize=64)
def _definitions(source: str) -> tuple[ast.Lambda | ast.FunctionDef, ...]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a cell with a %magic line
        return ()
    return tuple(n for n in ast.walk(tree) if isinstance(n, (ast.Lambda, ast.FunctionDef)))


def _stands_at(node: ast.Lambda, code: CodeType) -> bool:
    """May this lambda be the code, judged by the columns of its instructions?"""
    body = node.body
    first, last = (body.lineno, body.col_offset), (body.end_lineno, body.end_col_offset)
    positions: Any = getattr(code, "co_positions", tuple)()
    places = [(line, column) for line, _, column, _ in positions if line and column]
    return all(first <= place <= last for place in places)
