"""What a function reads besides its arguments: the tensors it meets, and what they hang on."""

from __future__ import annotations

import functools
import operator
import sys
from collections.abc import Callable, Sequence
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..autograd.engine import Value

PLAIN = (bool, int, float, complex, str, bytes, type(None), np.dtype, np.generic)
OURS = "minigrad"
CONTENT = operator.attrgetter("cell_contents")
LIMIT = 20_000  # objects looked at: a data set in a global variable is not searched to its end


class Captured:
    """The tensors within reach of a function, and whether what led to them is as it was.

    Searched are closures, defaults, the globals and attributes that the code names, modules'
    parameters, buffers and settings, and what lists, tuples and dicts hold.
    """

    def __init__(self, fn: Any) -> None:
        self.tensors: dict[int, tuple[str, Value]] = {}
        self._picks: list[tuple[Callable, dict, tuple]] = []  # what a dict holds at some keys
        self._dicts: list[dict] = []
        self._sizes: list[int] = []
        self._cells: list[CellType] = []
        self._contents: list[Any] = []
        self._lists: list[tuple[list, list]] = []
        self._seen: set[int] = set()
        self._names: set[str] = set()  # in the code looked at so far
        self._alive: list[Any] = []  # so that no id is given twice
        self._look(fn, "", 0)

    def unchanged(self) -> bool:
        """Is all that the function reads, besides the numbers in tensors, what it was?"""
        try:
            for pick, table, values in self._picks:
                if not _alike(pick(table), values):
                    return False
            if not _alike(list(map(CONTENT, self._cells)), self._contents):
                return False
        except (KeyError, ValueError):  # an attribute, a global or a variable is gone
            return False
        if list(map(len, self._dicts)) != self._sizes:
            return False
        for now, then in self._lists:
            if len(now) != len(then) or not _alike(now, then):
                return False
        return True

    def _look(self, x: Any, name: str, depth: int) -> None:
        if isinstance(x, PLAIN) or id(x) in self._seen or depth > 12 or len(self._seen) > LIMIT:
            return
        self._seen.add(id(x))
        self._alive.append(x)
        deeper = depth + 1
        if isinstance(x, Value):
            self.tensors[id(x)] = (name, x)
        elif isinstance(x, MethodType):
            self._look(x.__func__, name, deeper)
            self._look(x.__self__, name, deeper)
        elif isinstance(x, functools.partial):
            self._look((x.func, *x.args, x.keywords), name, deeper)
        elif isinstance(x, FunctionType):
            self._function(x, deeper)
        elif isinstance(x, (list, tuple)):
            if isinstance(x, list):
                self._lists.append((x, list(x)))
            for i, item in enumerate(x):
                self._look(item, f"{name}{i}", deeper)
        elif isinstance(x, dict):
            self._dicts.append(x)
            self._sizes.append(len(x))
            self._table(x, list(x), name, deeper)
        elif not isinstance(x, (type, ModuleType, np.ndarray)) and _readable(x):
            self._object(x, name, deeper)

    def _object(self, x: Any, name: str, depth: int) -> None:
        """Of an object of minigrad's all attributes, of another those that the code names."""
        keys = list(x.__dict__)
        if type(x).__module__.partition(".")[0] != OURS:
            parts = {k: part for cls in reversed(type(x).__mro__) for k, part in vars(cls).items()}
            wanted = [k for k in parts if k in self._names or k in ("forward", "__call__")]
            for key in wanted:  # the list grows while it is walked
                part = getattr(parts[key], "fget", parts[key])
                if isinstance(part, FunctionType) and id(part) not in self._seen:
                    self._look(part, "", depth)
                    wanted += [k for k in _names_in(part.__code__) if k in parts]
            module = "_parameters" in keys  # whose own attributes minigrad's code reads, too
            own = [k for k in keys if module and (k[0] == "_" or k == "training")]
            keys = [k for k in keys if k in self._names or k in own]
        self._table(x.__dict__, keys, name, depth)

    def _table(self, table: dict, keys: list, name: str, depth: int) -> None:
        if keys:
            pick = operator.itemgetter(*keys, keys[0])  # of one key it would give no tuple
            self._picks.append((pick, table, pick(table)))
        for key in keys:
            value = table[key]
            inner = name if str(key)[:1] == "_" else f"{name}_{key}" if name else str(key)
            self._look(value, inner, depth)

    def _function(self, fn: FunctionType, depth: int) -> None:
        if (fn.__module__ or "").partition(".")[0] in (OURS, "numpy"):
            return
        names = _names_in(fn.__code__)
        self._names.update(names)
        for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True):
            try:
                value = cell.cell_contents
            except ValueError:  # not yet assigned: who reads it raises
                continue
            self._cells.append(cell)
            self._contents.append(value)
            self._look(value, name, depth)
        self._look((fn.__defaults__ or (), fn.__kwdefaults__ or {}), "", depth)
        self._table(fn.__globals__, [n for n in names if n in fn.__globals__], "", depth)
        for name in names:  # another module of the user's: what is named of it
            module = fn.__globals__.get(name)
            if isinstance(module, ModuleType) and _own(module):
                self._table(vars(module), [n for n in names if n in vars(module)], "", depth)
        wrapped = getattr(fn, "__wrapped__", None)
        self._look(wrapped, "", depth)


def _names_in(code: CodeType) -> list[str]:
    names = dict.fromkeys(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names.update(dict.fromkeys(_names_in(constant)))
    return list(names)


def _alike(now: Sequence, then: Sequence) -> bool:
    """Are they the same objects, or plain values that are equal?"""
    return all(map(operator.is_, now, then)) or all(map(_same, now, then))


def _same(a: Any, b: Any) -> bool:
    if a is b:
        return True
    return type(a) is type(b) and isinstance(a, PLAIN) and (a == b or a != a and b != b)


def _own(module: ModuleType) -> bool:
    root = module.__name__.partition(".")[0]
    return root not in (OURS, "numpy") and root not in sys.stdlib_module_names


def _readable(x: Any) -> bool:
    root = type(x).__module__.partition(".")[0]
    known = root in ("numpy", "builtins") or root in sys.stdlib_module_names - {"__main__"}
    return hasattr(x, "__dict__") and not known
