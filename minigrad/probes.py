"""Stand-ins for a library and its tensors, which note each operation that a function calls.

The same function runs on the stand-ins of minigrad and on those of torch; the two notes are
compared by minigrad.testing.first_divergence, operation by operation.

To know the gradient that each *use* of a tensor sends back, and not only their sum, a tensor goes
into an operation as a view of itself, with a hook.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import numpy as np

from .autograd.watching import Place, user_place

# These are about the tensor itself, and not about its values.
STATE = {
    "backward", "register_hook", "retain_grad", "requires_grad_", "is_leaf", "grad", "grad_fn",
    "requires_grad", "data", "detach_",
}  # fmt: skip

IN_PLACE = {"__iadd__", "__isub__", "__imul__", "__itruediv__", "__ipow__", "__setitem__"}


class Notes:
    """What one library did: each operation's results, and the gradients that came back."""

    def __init__(self, lib: Any) -> None:
        self.lib = lib
        self.names: list[str] = []  # of the operations, in the order in which they were called
        self.places: list[Place | None] = []
        self.values: dict[str, np.ndarray] = {}
        self._gradients: dict[tuple[int, int, int], Any] = {}

    @property
    def library(self) -> Library:
        """The stand-in for the library."""
        return Library(self.lib, self, "")

    @property
    def gradients(self) -> dict[str, np.ndarray]:
        """The gradients, in the order of a walk back: of the last operation first."""
        found = {}
        for key in sorted(self._gradients):
            n, what, k = -key[0], ("output", "argument")[key[1]], key[2]
            found[f"#{n} {self.names[n - 1]}: gradient of {what} {k}"] = self._gradients[key]
        return found

    def call(self, name: str, fn: Callable, args: tuple, kwargs: dict, bare: bool = False) -> Any:
        """Call an operation on what the stand-ins stand for, and note what it gives."""
        self.names.append(name)
        self.places.append(user_place())
        n = len(self.names)
        in_place = name in IN_PLACE or (name[0] != "_" and name[-1] == "_")
        uses = iter(range(1000))
        view = None if bare else functools.partial(self._view, n, uses)
        first = self.bare(args[:1], None if in_place else view)
        rest, named = self.bare((args[1:], kwargs), view)
        result = fn(*first, *rest, **named)
        count = 0

        def stand_in(x: Any) -> Any:
            nonlocal count
            if self.lib.is_tensor(x):
                self.values[f"#{n} {name}: output {count}"] = x.detach().numpy().copy()
                wanted = np.asarray(bool(x.requires_grad))
                self.values[f"#{n} {name}: requires_grad of output {count}"] = wanted
                if x.requires_grad and not x.is_leaf:
                    x.register_hook(functools.partial(self._note, (-n, 0, count)))
                count += 1
                return Probe(x, self)
            if isinstance(x, (list, tuple)) and not isinstance(x, self.lib.Size):
                parts = [stand_in(part) for part in x]
                return parts if isinstance(x, list) else tuple(parts)
            return Layer(x, self) if isinstance(x, self.lib.nn.Module) else x

        return stand_in(result)

    def _view(self, n: int, uses: Iterator[int], t: Any) -> Any:
        """A view of a tensor for one use, that notes the gradient this use sends back."""
        k = next(uses)
        if not t.requires_grad:
            return t
        view = t[...]
        if view.requires_grad:  # not under no_grad()
            view.register_hook(functools.partial(self._note, (-n, 1, k)))
        return view

    def _note(self, key: tuple[int, int, int], g: Any) -> None:
        if g is not None:  # torch's word for 0
            self._gradients[key] = (g.detach() + 0).numpy()  # torch's zeros may have no memory

    def bare(self, x: Any, view: Callable | None = None) -> Any:
        """What the stand-ins in x stand for; tensors as views."""
        if isinstance(x, Probe):
            return x._tensor if view is None else view(x._tensor)
        if isinstance(x, Layer):
            return x._layer
        if isinstance(x, slice):
            return slice(*(self.bare(part) for part in (x.start, x.stop, x.step)))
        if isinstance(x, dict):
            return {key: self.bare(value, view) for key, value in x.items()}
        return type(x)(self.bare(part, view) for part in x) if type(x) in (list, tuple) else x


class Library:
    """Stands in for a library, or a module of it."""

    def __init__(self, module: Any, notes: Notes, path: str) -> None:
        self._module, self._notes, self._path = module, notes, path

    def __getattr__(self, name: str) -> Any:
        thing = getattr(self._module, name)
        if isinstance(thing, ModuleType):
            return Library(thing, self._notes, f"{self._path}{name}.")
        module = self._notes.lib.nn.Module
        layer = isinstance(thing, type) and issubclass(thing, module) and thing is not module
        if not callable(thing) or (isinstance(thing, type) and not layer):
            return thing

        def call(*args: Any, **kwargs: Any) -> Any:
            bare = layer or self._path.startswith("autograd")
            return self._notes.call(name, thing, args, kwargs, bare)

        return call


class Layer:
    """Stands in for a module of nn."""

    def __init__(self, layer: Any, notes: Notes) -> None:
        self._layer, self._notes = layer, notes

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._notes.call(type(self._layer).__name__, self._layer, args, kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._layer, name)


def _operator(name: str) -> Callable:
    def call(self: Any, *args: Any) -> Any:
        return self._notes.call(name, getattr(type(self._tensor), name), (self, *args), {})

    return call


class Probe:
    """Stands in for a tensor."""

    __array_ufunc__ = None  # NumPy's arrays leave the operators to us
    __slots__ = ("_tensor", "_notes")

    def __init__(self, tensor: Any, notes: Notes) -> None:
        self._tensor, self._notes = tensor, notes

    def __getattr__(self, name: str) -> Any:
        thing = getattr(self._tensor, name)
        if self._notes.lib.is_tensor(thing):
            return self._notes.call(
                name, lambda t: getattr(t, name), (self,), {}, bare=name in STATE
            )
        if not callable(thing):
            return thing
        if name in STATE:
            return lambda *args, **kwargs: thing(*self._notes.bare(args), **kwargs)

        def call(*args: Any, **kwargs: Any) -> Any:
            method = getattr(type(self._tensor), name)
            return self._notes.call(name, method, (self, *args), kwargs)

        return call

    def __len__(self) -> int:
        return len(self._tensor)

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        return bool(self._tensor)

    def __float__(self) -> float:
        return float(self._tensor)

    def __int__(self) -> int:
        return int(self._tensor)

    def __index__(self) -> int:
        return self._tensor.__index__()

    def __repr__(self) -> str:
        return repr(self._tensor)

    __hash__ = object.__hash__
    __add__, __radd__, __iadd__ = map(_operator, ("__add__", "__radd__", "__iadd__"))
    __sub__, __rsub__, __isub__ = map(_operator, ("__sub__", "__rsub__", "__isub__"))
    __mul__, __rmul__, __imul__ = map(_operator, ("__mul__", "__rmul__", "__imul__"))
    __truediv__, __rtruediv__ = map(_operator, ("__truediv__", "__rtruediv__"))
    __itruediv__, __ipow__ = map(_operator, ("__itruediv__", "__ipow__"))
    __floordiv__, __mod__ = map(_operator, ("__floordiv__", "__mod__"))
    __pow__, __rpow__ = map(_operator, ("__pow__", "__rpow__"))
    __matmul__, __rmatmul__ = map(_operator, ("__matmul__", "__rmatmul__"))
    __neg__, __abs__, __invert__ = map(_operator, ("__neg__", "__abs__", "__invert__"))
    __and__, __or__, __xor__ = map(_operator, ("__and__", "__or__", "__xor__"))
    __eq__, __ne__ = map(_operator, ("__eq__", "__ne__"))
    __lt__, __le__, __gt__, __ge__ = map(_operator, ("__lt__", "__le__", "__gt__", "__ge__"))
    __getitem__, __setitem__ = map(_operator, ("__getitem__", "__setitem__"))
