"""Modules made of modules."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ..autograd.engine import Value
from ..autograd.errors import TENSOR_NAMES
from .module import Module
from .parameter import Parameter


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


class ModuleDict(Module):
    """Modules by name, in order, whose parameters are found; it has no forward of its own.

    >>> net = nn.ModuleDict({"in": nn.Linear(2, 3), "out": nn.Linear(3, 1)})
    >>> list(net), net["out"].in_features, len(list(net.parameters()))
    (['in', 'out'], 3, 4)
    """

    def __init__(self, modules: Any = None) -> None:
        super().__init__()
        if modules is not None:
            self.update(modules)

    def __getitem__(self, key: str) -> Any:
        return self._modules[key]

    def __setitem__(self, key: str, module: Module) -> None:
        self.add_module(key, module)

    def __delitem__(self, key: str) -> None:
        del self._modules[key]

    def __len__(self) -> int:
        return len(self._modules)

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __contains__(self, key: str) -> bool:
        return key in self._modules

    def clear(self) -> None:
        """Remove all modules."""
        self._modules.clear()

    def pop(self, key: str) -> Any:
        """Remove a module, and return it."""
        return self._modules.pop(key)

    def keys(self) -> Any:
        """The names."""
        return self._modules.keys()

    def items(self) -> Any:
        """Pairs of name and module."""
        return self._modules.items()

    def values(self) -> Any:
        """The modules."""
        return self._modules.values()

    def update(self, modules: Any) -> None:
        """Add modules from a dict, or from pairs of name and module."""
        for key, module in _pairs(modules, "ModuleDict"):
            self[key] = module


def _pairs(given: Any, name: str) -> list[tuple[str, Any]]:
    if not isinstance(given, Iterable):
        raise TypeError(
            f"{name}.update should be called with an iterable of key/value pairs, but got "
            f"{type(given).__name__}"
        )
    if isinstance(given, (Mapping, ModuleDict, ParameterDict)):
        return list(given.items())
    pairs = []
    for i, pair in enumerate(given):
        if not isinstance(pair, Iterable):
            raise TypeError(
                f"{name} update sequence element #{i} should be Iterable; is {type(pair).__name__}"
            )
        both = list(pair)
        if len(both) != 2:
            raise ValueError(
                f"{name} update sequence element #{i} has length {len(both)}; 2 is required"
            )
        pairs.append((both[0], both[1]))
    return pairs


def _as_parameter(value: Any) -> Any:
    """A tensor as a Parameter; anything else as it is."""
    if isinstance(value, Value) and not isinstance(value, Parameter):
        return Parameter(value)  # type: ignore[arg-type]
    return value


def _entry(name: Any, value: Any, words: str) -> str:
    if not isinstance(value, Value):
        return f"  ({name}): Object of type: {type(value).__name__}"
    kind = "Parameter" if isinstance(value, Parameter) else "Tensor"
    sizes = "x".join(map(str, value._array.shape))
    return f"  ({name}): {kind} containing: [{words} of size {sizes}]"


class ParameterList(Module):
    """A list of parameters, which are found; tensors that are put in become Parameters.

    >>> scales = nn.ParameterList([ones(2), zeros(3)])
    >>> len(scales), [p.shape for p in scales.parameters()]
    (2, [torch.Size([2]), torch.Size([3])])
    """

    def __init__(self, values: Iterable[Any] | None = None) -> None:
        super().__init__()
        self._size = 0
        self.extend(values or ())

    def _key(self, index: Any) -> str:
        at = index.__index__()
        if not -self._size <= at < self._size:
            raise IndexError(f"index {index} is out of range")
        return str(at % self._size)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return type(self)(list(self)[index])
        return getattr(self, self._key(index))

    def __setitem__(self, index: Any, value: Any) -> None:
        Module.__setattr__(self, self._key(index), _as_parameter(value))

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(self._size))

    def __iadd__(self, values: Iterable[Any]) -> ParameterList:
        return self.extend(values)

    def append(self, value: Any) -> ParameterList:
        """Add one behind the others; returns the list."""
        self._size += 1
        self[self._size - 1] = value
        return self

    def extend(self, values: Iterable[Any]) -> ParameterList:
        """Add several behind the others; returns the list."""
        if not isinstance(values, Iterable) or isinstance(values, Value):
            raise TypeError(
                "ParameterList.extend should be called with an iterable, but got "
                f"{type(values).__name__}"
            )
        for value in list(values):
            self.append(value)
        return self

    def extra_repr(self) -> str:
        """A line for each."""
        lines = []
        for i, value in enumerate(self):
            dtype = f"torch.{value.dtype}" if isinstance(value, Value) else ""  # type: ignore
            lines.append(_entry(i, value, dtype))
        return "\n".join(lines)


class ParameterDict(Module):
    """Parameters by name, in order, which are found; tensors that are put in become Parameters.

    >>> scales = nn.ParameterDict({"left": ones(2)})
    >>> scales["right"] = zeros(3)
    >>> list(scales.keys()), scales["left"].requires_grad, "up" in scales
    (['left', 'right'], True, False)
    """

    def __init__(self, parameters: Any = None) -> None:
        super().__init__()
        self._keys: dict[str, None] = {}
        if parameters is not None:
            self.update(parameters)

    def __getitem__(self, key: str) -> Any:
        return getattr(self, key)

    def __setitem__(self, key: str, value: Any) -> None:
        if not isinstance(key, str):
            raise TypeError(
                "Index given to ParameterDict cannot be used as a key as it is not a string (type "
                f"is '{type(key).__name__}')."
            )
        self._keys[key] = None
        Module.__setattr__(self, key, _as_parameter(value))

    def __delitem__(self, key: str) -> None:
        del self._keys[key]
        delattr(self, key)

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[str]:
        return iter(self._keys)

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def keys(self) -> Any:
        """The names."""
        return self._keys.keys()

    def values(self) -> Any:
        """The parameters."""
        return [self[key] for key in self._keys]

    def items(self) -> Any:
        """Pairs of name and parameter."""
        return [(key, self[key]) for key in self._keys]

    def get(self, key: str, default: Any = None) -> Any:
        """The parameter of this name, or the default if there is none."""
        return self[key] if key in self else default

    def setdefault(self, key: str, default: Any = None) -> Any:
        """The parameter of this name, which is the default from now on if there was none."""
        if key not in self:
            self[key] = default
        return self[key]

    def pop(self, key: str) -> Any:
        """Remove a parameter, and return it."""
        value = self[key]
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove the last one, and return its name and itself."""
        key = next(reversed(self._keys))
        return key, self.pop(key)

    def clear(self) -> None:
        """Remove all."""
        for key in list(self._keys):
            del self[key]

    def update(self, parameters: Any) -> None:
        """Add parameters from a dict, or from pairs of name and parameter."""
        for key, value in _pairs(parameters, "ParameterDict"):
            self[key] = value

    def extra_repr(self) -> str:
        """A line for each."""
        lines = []
        for key, value in self.items():
            name = f"torch.{TENSOR_NAMES[value._array.dtype]}" if isinstance(value, Value) else ""
            lines.append(_entry(key, value, name))
        return "\n".join(lines)
