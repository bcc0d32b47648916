"""What the user calls a tensor: from parameters, keyword arguments, or the caller's variables.

A name is given only to the very tensor that it is bound to, never by likeness.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import FrameType
from typing import Any

import numpy as np

from ..autograd.engine import Value

MOST_ITEMS = 200  # of a list or a dict among the caller's variables


class Names:
    """From a place in the graph, or an array without one, to its name.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> names = Names([("x", x)])
    >>> names.of(x._node, x._array), names.of(None, np.zeros(2))
    ('x', '')
    """

    def __init__(self, pairs: Iterable[tuple[str, Any]]) -> None:
        self._places: dict[Any, str] = {}
        self._arrays: dict[int, tuple[str, np.ndarray]] = {}
        self._memory: dict[int, tuple[str, np.ndarray]] = {}
        self.modules: dict[str, str] = {}  # from their paths to the names of their classes
        for name, t in pairs:
            if hasattr(t, "named_modules"):
                self.modules.setdefault(name, type(t).__name__)
            elif isinstance(t, Value):
                array, place = t._array, t._node
                if place is not None:
                    self._places.setdefault(place, name)
            elif type(t) is np.ndarray:
                array = t
            else:
                continue
            self._arrays.setdefault(id(array), (name, array))
            self._memory.setdefault(_start(array), (name, array))

    def of(self, place: Any, array: Any) -> str:
        """The name of what has this place, or is this array; "" if nobody gave it one."""
        if place is not None:
            return self._places.get(place, "")
        if not isinstance(array, np.ndarray):
            return ""
        name, found = self._arrays.get(id(array), ("", None))
        if found is array:
            return name
        name, found = self._memory.get(_start(array), ("", None))
        same = found is not None and array.size == found.size and array.dtype == found.dtype
        return f"{name}.reshape{array.shape}" if same and array.ndim else ""

    def arrays(self) -> Iterator[np.ndarray]:
        """All arrays that have a name."""
        return (array for _, array in self._arrays.values())


def _start(array: np.ndarray) -> int:
    """Where the memory of an array begins; views of the whole begin there, too."""
    return array.__array_interface__["data"][0]


def pairs(
    params: Any, names: Mapping[str, Any], frame: FrameType | None
) -> Iterator[tuple[str, Any]]:
    """Names and tensors: what was given first, then what the caller's variables are bound to."""
    yield from names.items()
    yield from given(params)
    if frame is None:
        return
    variables = {**frame.f_globals, **frame.f_locals}
    chosen = [(n, v) for n, v in reversed(variables.items()) if not n.startswith("_")]
    yield from ((n, v) for n, v in chosen if isinstance(v, (Value, np.ndarray)))
    for name, value in chosen:
        yield from members(name, value)


def given(params: Any) -> Iterator[tuple[str, Any]]:
    """Names and tensors of a module, a dictionary, or a list of pairs or of tensors."""
    if params is None:
        return
    if hasattr(params, "named_parameters"):
        yield from params.named_parameters()
        yield from params.named_modules()
    elif isinstance(params, Mapping):
        yield from params.items()
    else:
        for i, item in enumerate(params):
            yield item if isinstance(item, tuple) else (f"params[{i}]", item)


def members(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The tensors within a variable: a model's parameters, an object's attributes, a list's items.

    Of a model, the modules come, too.

    >>> [n for n, _ in members("net", nn.Linear(2, 1))]
    ['net.weight', 'net.bias', 'net']
    """
    if isinstance(value, (type, Value, np.ndarray)):
        return
    try:
        if callable(getattr(value, "named_parameters", None)):
            for path, t in value.named_parameters():
                yield f"{name}.{path}", t
            for path, module in value.named_modules():
                yield f"{name}.{path}".rstrip("."), module
        elif isinstance(value, (list, tuple)) and len(value) <= MOST_ITEMS:
            for i, t in enumerate(value):
                if isinstance(t, Value):
                    yield f"{name}[{i}]", t
        elif isinstance(value, dict) and len(value) <= MOST_ITEMS:
            for key, t in value.items():
                if isinstance(t, Value):
                    yield f"{name}[{key!r}]", t
        elif hasattr(value, "__dict__") and not hasattr(value, "__path__"):
            for attribute, t in list(vars(value).items()):
                if isinstance(t, Value):
                    yield f"{name}.{attribute}", t
    except Exception:  # a stranger's object may refuse to be looked at; it then gives no name
        return
