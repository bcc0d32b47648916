"""Write docs/api.md, the list of all public names, from the first sentences of their docstrings."""

from __future__ import annotations

import argparse
import importlib
import inspect
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FAMILIES = {  # the operations, by the file that they stand in
    "Elementwise": "elementwise",
    "Reductions": "reduction",
    "Linear algebra": "linalg",
    "Shape": "shaping",
    "Indexing": "indexing",
}
MODULES = {  # heading -> how users write the names in it, and the modules that define them
    "Creation": ("minigrad.", ("minigrad.creation",)),
    "Types and random numbers": ("minigrad.", ("minigrad.dtypes", "minigrad.random")),
    "Saving": ("minigrad.", ("minigrad.serialization",)),
    "autograd": ("autograd.", ("minigrad.autograd", "minigrad.grad_mode")),
    "autograd.functional": ("autograd.functional.", ("minigrad.functional",)),
    "nn.functional": ("nn.functional.", ("minigrad.nn.functional",)),
    "nn": ("nn.", ("minigrad.nn.modules",)),
    "nn.init": ("nn.init.", ("minigrad.nn.init",)),
    "optim": ("optim.", ("minigrad.optim",)),
    "testing": ("testing.", ("minigrad.testing",)),
    "cuda": ("cuda.", ("minigrad.cuda",)),
}
USED_FROM = {"minigrad.": "minigrad", "autograd.": "minigrad.autograd", "nn.": "minigrad.nn"}
INSIDE = {  # what autograd.py offers to the operations, not to users
    "apply", "backprop", "primitive", "rule", "tensor_class", "unbroadcast", "run_hooks", "wrap",
    "accumulate", "as_used", "Each", "Node", "RETAIN",
}  # fmt: skip


def sentence(thing: Any) -> str:
    """The first sentence of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def operations(file: str) -> Iterator[tuple[str, str]]:
    """The names of a family, and where each exists: as a function, as a method, or as both."""
    from minigrad.ops.registry import FUNCTIONS, Operations

    methods = {n: f for n, f in vars(Operations).items() if not n.startswith("_")}
    for name, fn in {**FUNCTIONS, **methods}.items():
        home = fn.__module__.replace("ops.softmax", "ops.reduction")
        if home == f"minigrad.ops.{file}":
            both = name in FUNCTIONS and name in methods
            place = "" if both else "minigrad." if name in FUNCTIONS else "Tensor."
            yield f"{place}{name}", sentence(fn)


def members(module: ModuleType, prefix: str) -> Iterator[tuple[str, str]]:
    """The public functions and classes that a module defines and users reach by this prefix."""
    user = importlib.import_module(USED_FROM.get(prefix, module.__name__))
    for name, thing in vars(module).items():
        public = not name.startswith("_") and name not in INSIDE and hasattr(user, name)
        home = getattr(thing, "__module__", None)
        own = home == module.__name__ or (home, prefix) == (
            "minigrad.ops.softmax",
            "nn.functional.",
        )
        if public and own and callable(thing):
            yield prefix + name, sentence(thing)


def tensor_members() -> Iterator[tuple[str, str]]:
    """The methods and properties that Tensor has besides the operations."""
    from minigrad import Tensor
    from minigrad.inplace import InPlace

    for name, thing in {**vars(Tensor), **vars(InPlace)}.items():
        if not name.startswith("_") and sentence(thing) and not isinstance(thing, (str, bool)):
            yield f"Tensor.{name}", sentence(thing)


def text() -> str:
    """The page."""
    sections = {title: list(operations(file)) for title, file in FAMILIES.items()}
    sections["Tensor"] = list(tensor_members())
    for title, (prefix, names) in MODULES.items():
        modules = map(importlib.import_module, names)
        sections[title] = [line for module in modules for line in members(module, prefix)]
    lines = [
        "# All names",
        "",
        "Names, arguments and results are PyTorch's; [numerics.md](numerics.md) tells where they",
        "differ. An operation written bare, such as `exp`, is `minigrad.exp(t)` and `t.exp()`;",
        "`help(minigrad.exp)` shows its arguments, errors and an example. This page is made from",
        "the docstrings by `python scripts/make_api.py`.",
    ]
    for title, rows in sections.items():
        lines += ["", f"## {title}", "", *(f"- `{name}`: {said}" for name, said in rows)]
    return "\n".join(lines) + "\n"


def main(argv: Sequence[str] | None = None) -> int:
    """Write the page; returns the exit status."""
    argparse.ArgumentParser(description=__doc__).parse_args(argv)
    sys.path.insert(0, str(ROOT))
    (ROOT / "docs" / "api.md").write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
