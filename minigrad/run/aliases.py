"""The import hook: while it is there, torch, torchvision and d2l are minigrad and fashion.

>>> with Aliases():
...     from torch import nn
...     import torchvision.transforms as T
>>> nn.Linear is minigrad.nn.Linear, T.__name__
(True, 'torchvision.transforms')
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import FunctionType, ModuleType
from typing import Any

ROOTS = {"torch": "minigrad", "torchvision": "fashion", "d2l": "fashion"}
# Where a module of torch's has another place here, or several have one.
MOVED = {
    "torch.nn.modules": "minigrad.nn",
    "torch.utils.data._utils.collate": "minigrad.utils.data.collate",
    "torch.utils.data._utils": "minigrad.utils.data",
    "d2l.torch": "fashion.d2l",
}
# The releases whose names are meant; programs ask for them to choose between old and new names.
VERSIONS = {"torch": "2.13.0+minigrad", "torchvision": "0.28.0+minigrad", "d2l": "1.0.3+minigrad"}


class Lacks:
    """The names that were asked for and are not there, each with the line that asked first.

    >>> lacks = Lacks()
    >>> lacks.note("torch.fft")
    >>> list(lacks.places)
    ['torch.fft']
    """

    def __init__(self) -> None:
        self.places: dict[str, str] = {}

    def note(self, name: str) -> None:
        """Remember a name, and the line of the program that is running."""
        frame: Any = sys._getframe(1)
        while frame is not None and (
            frame.f_code.co_filename == __file__ or "importlib" in frame.f_code.co_filename
        ):
            frame = frame.f_back
        place = "" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
        self.places.setdefault(name, place)


def target_of(name: str) -> str | None:
    """The module here that a module of torch, torchvision or d2l means; None if there is none.

    >>> target_of("torch.nn.modules.conv"), target_of("d2l.torch"), target_of("torch.fft")
    ('minigrad.nn', 'fashion.d2l', None)
    """
    for old, new in MOVED.items():
        if name == old or old == "torch.nn.modules" and name.startswith(f"{old}."):
            return new
    root, _, rest = name.partition(".")
    if root == "d2l" and rest:
        return None
    wanted = ROOTS[root] + (f".{rest}" if rest else "")
    if wanted in sys.modules:
        return wanted
    try:
        return wanted if find_spec(wanted) is not None else None
    except (ModuleNotFoundError, ValueError):  # what is before the last point is no package
        return None


class Alias(ModuleType):
    """A module under torch's name, whose contents are those of the module that it means.

    What a program sets in it stays in it. A name that is not there is noted as lacking, and is an
    AttributeError that says so.
    """

    def __init__(self, name: str, meant: ModuleType, lacks: Lacks, stand_ins: bool) -> None:
        super().__init__(name, meant.__doc__)
        self.__dict__.update(_meant=meant, _lacks=lacks, _stand_ins=stand_ins)
        if name in VERSIONS:
            self.__version__ = VERSIONS[name]

    def __getattr__(self, name: str) -> Any:
        full, hint = f"{self.__name__}.{name}", ""
        value: Any = None
        try:
            value = getattr(self._meant, name)
        except AttributeError as error:
            if name.startswith("__"):
                raise
            hint = str(error).partition("Did you mean")[2]
        if value is None or isinstance(value, ModuleType):
            if target_of(full) is not None:
                return importlib.import_module(full)
        if value is not None:
            self.__dict__[name] = value  # found at once from now on
            return value
        self._lacks.note(full)
        if self._stand_ins:
            return StandIn(full, self._lacks)
        words = f"{full} is not in minigrad" + (f". Did you mean{hint}" if hint else "")
        raise AttributeError(words, name=name, obj=self)

    def __dir__(self) -> list[str]:
        return sorted({*dir(self._meant), *super().__dir__()})


class StandIn:
    """What stands for a missing name when a run is to find all of them: it takes part in anything.

    It can be called, asked for more, entered and inherited from; as a decorator it changes nothing.
    """

    def __init__(self, name: str, lacks: Lacks) -> None:
        self._name, self._lacks = name, lacks

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self._name}.{name}"
        if not self._name.endswith(")"):
            self._lacks.note(full)
        return StandIn(full, self._lacks)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and isinstance(args[0], (type, FunctionType)):
            return args[0]
        return StandIn(f"{self._name}()", self._lacks)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[type, ...]:
        return (object,)

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def __iter__(self) -> Any:
        return iter(())

    def __repr__(self) -> str:
        return f"<stand-in for {self._name}>"


class Aliases(MetaPathFinder, Loader):
    """The hook itself, for the time of a `with` block; `lacks` says what was missing.

    A module or package of the same name beside the program comes first, as it does in Python:
    `without` names such. With `stand_ins` a missing name is no error, and results mean nothing.
    """

    def __init__(self, without: Sequence[str] = (), stand_ins: bool = False) -> None:
        self.roots = set(ROOTS) - set(without)
        self.stand_ins, self.lacks = stand_ins, Lacks()
        self._before: dict[str, ModuleType] = {}

    def find_spec(self, fullname: str, path: Any, target: Any = None) -> ModuleSpec | None:
        """Say how to load a module of these names; what is not there is noted, and is no module."""
        if fullname.partition(".")[0] not in self.roots:
            return None
        if target_of(fullname) is None and not self.stand_ins:
            self.lacks.note(fullname)
            return None
        return ModuleSpec(fullname, self, is_package=True)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """Make the alias; with stand-ins also of a module that is missing."""
        meant = target_of(spec.name)
        if meant is None:  # only with stand-ins
            self.lacks.note(spec.name)
            return Alias(spec.name, ModuleType(spec.name), self.lacks, True)
        module = ModuleType("d2l") if spec.name == "d2l" else importlib.import_module(meant)
        return Alias(spec.name, module, self.lacks, self.stand_ins)

    def exec_module(self, module: ModuleType) -> None:
        """Nothing: what the alias means was run when it was first imported."""

    def _take(self) -> dict[str, ModuleType]:
        names = [name for name in sys.modules if name.partition(".")[0] in self.roots]
        return {name: sys.modules.pop(name) for name in names}

    def __enter__(self) -> Aliases:
        self._before = self._take()
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *error: object) -> None:
        sys.meta_path.remove(self)
        self._take()
        sys.modules.update(self._before)
