"""What a function reads besides its arguments: the tensors it meets, and what they hang on."""

from __future__ import annotations

import functools
import sys
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..autograd.engine import Value

PLAIN = (bool, int, float, complex, str, bytes, type(None), np.dtype, np.generic)
OURS = "minigrad"
MISSING = object()
LIMIT = 20_000  # objects looked at: a data set in a global variable is not searched to its end


class Captured:
    """The tensors within reach of a function, and whether what led to them is as it was.

    Searched are closures, defaults, the globals and attributes that the code names, modules'
    parameters, buffers and settings, and what lists, tuples and dicts hold.
    """

    def __init__(self, fn: Any) -> None:
        self.tensors: dict[int, tuple[str, Value]] = {}
        self._tables: list[tuple[dict, str, Any]] = []  # dict[key] is the value
        self._sizes: list[tuple[dict, int]] = []
        self._cells: list[tuple[CellType, Any]] = []
        self._lists: list[tuple[list, list]] = []
        self._seen: set[int] = set()
        self._names: set[str] = set()  # in the code looked at so far
        self._alive: list[Any] = []  # so that no id is given twice
        self._look(fn, "", 0)

    def unchanged(self) -> bool:
        """Is all that the function reads, besides the numbers in tensors, what it was?"""
        for table, key, value in self._tables:
            found = table.get(key, MISSING)
            if found is not value and not _same(found, value):
                return False
        for table, size in self._sizes:
            if len(table) != size:
                return False
        for cell, value in self._cells:
            if (found := _content(cell)) is not value and not _same(found, value):
                return False
        for now, then in self._lists:
            if len(now) != len(then) or not all(
                a is b or _same(a, b) for a, b in zip(now, then, strict=True)
            ):
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
            self._sizes.append((x, len(x)))
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

    def _table(self, table: dict, keys: Any, name: str, depth: int) -> None:
        for key in keys:
            value = table.get(key, MISSING)
            self._tables.append((table, key, value))
            inner = name if str(key)[:1] == "_" else f"{name}_{key}" if name else str(key)
            self._look(value, inner, depth)

    def _function(self, fn: FunctionType, depth: int) -> None:
        if (fn.__module__ or "").partition(".")[0] in (OURS, "numpy"):
            return
        names = _names_in(fn.__code__)
        self._names.update(names)
        for name, cell in zip(fn.__code__.co_freevars, fn.__closure__ or (), strict=True):
            value = _content(cell)
            self._cells.append((cell, value))
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


def _content(cell: CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return MISSING


def _same(a: Any, b: Any) -> bool:
    return type(a) is type(b) and isinstance(a, PLAIN) and (a == b or a != a and b != b)


def _own(module: ModuleType) -> bool:
    root = module.__name__.partition(".")[0]
    return root not in (OURS, "numpy") and root not in sys.stdlib_module_names


def _readable(x: Any) -> bool:
    root = type(x).__module__.partition(".")[0]
    known = root in ("numpy", "builtins") or root in sys.stdlib_module_names - {"__main__"}
    return hasattr(x, "__dict__") and not known
