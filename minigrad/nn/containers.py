"""Modules made of modules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any

from .module import Module


class _Numbered(Module):
    """Modules in an order, which can be indexed, sliced, changed and appended to."""

    def _name(self, index: int) -> str:
        n = len(self._modules)
        if not -n <= index < n:
            raise IndexError(f"index {index} is out of range: there are {n} modules")
        return list(self._modules)[index]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._modules.values())

    def _replace(self, modules: Iterable[Module | None]) -> None:
        self._modules.clear()
        self.extend(modules)

    def __setitem__(self, index: int, module: Module) -> None:
        self._modules[self._name(index)] = _module(module)

    def __delitem__(self, index: int | slice) -> None:
        modules = list(self)
        del modules[index]
        self._replace(modules)

    def append(self, module: Module) -> Any:
        """Add a module behind the others; returns the container."""
        self.add_module(str(len(self)), _module(module))
        return self

    def extend(self, modules: Iterable[Any]) -> Any:
        """Add several modules behind the others; returns the container."""
        for module in list(modules):
            self.append(module)
        return self

    def insert(self, index: int, module: Module) -> Any:
        """Add a module before the one at the index; returns the container."""
        modules = list(self)
        modules.insert(index, _module(module))
        self._replace(modules)
        return self


def _module(module: Any) -> Module:
    if not isinstance(module, Module):
        raise TypeError(f"{type(module).__name__} is not a Module subclass")
    return module


class Sequential(_Numbered):
    """Modules called one after the other, each with the result of the one before.

    Given one by one, or in an OrderedDict with names of their own.

    >>> net = nn.Sequential(nn.Flatten(), nn.Linear(4, 2))
    >>> net(ones(3, 2, 2)).shape, len(net), type(net[1])
    (torch.Size([3, 2]), 2, <class 'minigrad.nn.layers.Linear'>)
    """

    def __init__(self, *args: Any) -> None:
        super().__init__()
        if len(args) == 1 and isinstance(args[0], OrderedDict):
            for name, module in args[0].items():
                self.add_module(name, _module(module))
        else:
            self.extend(args)

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return Sequential(OrderedDict(list(self._modules.items())[index]))
        return self._modules[self._name(index)]

    def forward(self, input: Any) -> Any:
        """The result of the last module."""
        for module in self._modules.values():
            input = module(input)  # type: ignore[misc]
        return input


class ModuleList(_Numbered):
    """A list of modules, whose parameters are found; it has no forward of its own.

    >>> len(list(nn.ModuleList([nn.Linear(2, 1), nn.Linear(1, 1)]).parameters()))
    4
    """

    def __init__(self, modules: Iterable[Module] | None = None) -> None:
        super().__init__()
        self.extend(modules or ())

    def __getitem__(self, index: int | slice) -> Any:
        if isinstance(index, slice):
            return ModuleList(list(self)[index])
        return self._modules[self._name(index)]

    def __repr__(self) -> str:
        lines: list[str] = []
        texts = [repr(module) for module in self]
        first = 0
        for i, text in enumerate(texts):
            if i + 1 < len(texts) and texts[i + 1] == text:
                continue  # equal ones in a row are written once, with their number
            name = f"({first})" if first == i else f"({first}-{i})"
            count = "" if first == i else f"{i - first + 1} x "
            lines.append(f"{name}: {count}" + text.replace("\n", "\n  "))
            first = i + 1
        return self._framed(lines)
