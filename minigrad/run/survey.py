"""Which names of torch's, torchvision's and d2l's a program mentions, and which are not there.

The text is read, not run: what follows an import of these packages by points. What a variable holds
is not known, so that methods of tensors are not among the names.

>>> survey({"p.py": "import torch\\nfrom torch import nn\\nnn.Linear(2, 3); torch.fft.fft(1)"})
{'torch.fft': 'p.py:3'}
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from .aliases import ROOTS, target_of


def lacking(name: str) -> str | None:
    """The part of a full name up to where nothing is there any more; None if all of it is.

    >>> lacking("torch.nn.Linear"), lacking("torch.fft.rfft"), lacking("torch.Tensor.lu")
    (None, 'torch.fft', 'torch.Tensor.lu')
    """
    parts = name.split(".")
    known, depth = parts[0], 1
    while depth < len(parts) and target_of(f"{known}.{parts[depth]}") is not None:
        known, depth = f"{known}.{parts[depth]}", depth + 1
    if depth == len(parts):
        return None
    thing: object = importlib.import_module(target_of(known) or "")
    for part in parts[depth:]:
        known += f".{part}"
        if known.startswith("d2l.") and not known.startswith("d2l.torch"):
            return known
        if not hasattr(thing, part) and not part.startswith("__"):
            return known
        thing = getattr(thing, part, None)
        if not isinstance(thing, (type, type(ast))):
            return None  # an object or a function: what it has is known when it runs
    return None


def _mentions(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """Full names in a program's text, and the lines where they stand."""
    bound: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                root = alias.name.partition(".")[0]
                if root in ROOTS:
                    bound[alias.asname or root] = alias.name if alias.asname else root
                    yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            if node.module.partition(".")[0] in ROOTS:
                yield node.module, node.lineno
                for alias in node.names:
                    if alias.name != "*":
                        full = f"{node.module}.{alias.name}"
                        bound[alias.asname or alias.name] = full
                        yield full, node.lineno
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            names, at = [node.attr], node.value
            while isinstance(at, ast.Attribute):
                names.append(at.attr)
                at = at.value
            if isinstance(at, ast.Name) and at.id in bound:
                yield ".".join([bound[at.id], *reversed(names)]), node.lineno


def survey(texts: Mapping[str, str]) -> dict[str, str]:
    """The names that are not there, in the order of the lines, each with its first place."""
    found: dict[str, str] = {}
    for path, text in texts.items():
        try:
            tree = ast.parse(text)
        except SyntaxError:  # running it says so
            continue
        for name, line in sorted(_mentions(tree), key=lambda mention: mention[1]):
            missing = lacking(name)
            if missing is not None:
                found.setdefault(missing, f"{path}:{line}")
    return found


def texts_of(program: Path) -> dict[str, str]:
    """The program's text, and those of the files beside it that it imports, by their paths."""
    texts: dict[str, str] = {}
    waiting = [program]
    while waiting:
        path = waiting.pop(0)
        if str(path) in texts or not path.is_file():
            continue
        texts[str(path)] = text = path.read_text(encoding="utf-8", errors="replace")
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                names = [base, *(f"{base}.{alias.name}".strip(".") for alias in node.names)]
            for name in filter(None, names):
                place = program.parent.joinpath(*name.split("."))
                waiting += [place.with_suffix(".py"), place / "__init__.py"]
    return texts
