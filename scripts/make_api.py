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
FAMILIES = {  # the operations, by the files that they stand in and the classes of their methods
    "Elementwise": {
        "elementwise": "Elementwise",
        "special": "Special",
        "numbers": "Numbers",
        "comparison": "Comparisons",
    },
    "Reductions": {"reduction": "Reductions", "softmax": "Softmax"},
    "Statistics": {"statistics": "Statistics", "running": "Running", "drawing": "Drawing"},
    "Linear algebra": {"linalg": "LinearAlgebra", "products": "Products", "matrices": "Matrices"},
    "Shape": {"shaping": "Shaping", "arranging": "Arranging"},
    "Indexing": {"indexing": "Indexing", "putting": "Putting"},
}
MODULES = {  # heading -> how users write the names in it, and the modules that define them
    "Creation": ("minigrad.", ("minigrad.creation", "minigrad.sampling", "minigrad.grids")),
    "Types and random numbers": (
        "minigrad.",
        ("minigrad.dtypes", "minigrad.tensor_types", "minigrad.random"),
    ),
    "Settings": (
        "minigrad.",
        ("minigrad.devices", "minigrad.settings", "minigrad.printing", "minigrad.layouts"),
    ),
    "Saving": ("minigrad.", ("minigrad.serialization",)),
    "autograd": (
        "autograd.",
        (
            "minigrad.autograd.engine",
            "minigrad.autograd.gradients",
            "minigrad.autograd.grad_mode",
            "minigrad.autograd.gradcheck",
            "minigrad.autograd.rule_text",
            "minigrad.autograd.tracing",
            "minigrad.autograd.anomaly",
            "minigrad.autograd.function",
            "minigrad.autograd.variable",
        ),
    ),
    "autograd.graph": (
        "autograd.graph.",
        ("minigrad.autograd.graph", "minigrad.autograd.saving"),
    ),
    "autograd.functional": ("autograd.functional.", ("minigrad.autograd.functional",)),
    "utils.checkpoint": ("utils.checkpoint.", ("minigrad.utils.checkpoint",)),
    "func": (
        "func.",
        ("minigrad.func.transforms", "minigrad.func.batching", "minigrad.func.modules"),
    ),
    "nn.functional": (
        "nn.functional.",
        (
            "minigrad.nn.functional",
            "minigrad.nn.functional.dense",
            "minigrad.nn.functional.activation",
            "minigrad.nn.functional.stochastic",
            "minigrad.nn.functional.lookup",
            "minigrad.nn.functional.padding",
            "minigrad.nn.functional.convolution",
            "minigrad.nn.functional.pooling",
            "minigrad.nn.functional.normalization",
            "minigrad.nn.functional.resize",
            "minigrad.nn.functional.attention",
            "minigrad.nn.functional.distance",
            "minigrad.nn.functional.loss_numbers",
            "minigrad.nn.functional.loss_labels",
            "minigrad.nn.functional.loss_probabilities",
            "minigrad.nn.functional.loss_margins",
        ),
    ),
    "nn": (
        "nn.",
        (
            "minigrad.nn.parameter",
            "minigrad.nn.module",
            "minigrad.nn.containers",
            "minigrad.nn.layers",
            "minigrad.nn.convolution",
            "minigrad.nn.padding",
            "minigrad.nn.pooling",
            "minigrad.nn.resize",
            "minigrad.nn.recurrent",
            "minigrad.nn.attention",
            "minigrad.nn.transformer",
            "minigrad.nn.normalization",
            "minigrad.nn.activation",
            "minigrad.nn.losses",
            "minigrad.nn.losses_margins",
            "minigrad.nn.distance",
            "minigrad.nn.lazy",
        ),
    ),
    "nn.parallel": ("nn.parallel.", ("minigrad.nn.parallel",)),
    "distributed": (
        "distributed.",
        ("minigrad.distributed.collectives", "minigrad.distributed.group"),
    ),
    "distributed.nn.functional": (
        "distributed.nn.functional.",
        ("minigrad.distributed.nn.functional",),
    ),
    "nn.utils": (
        "nn.utils.",
        (
            "minigrad.nn.utils.clip_grad",
            "minigrad.nn.utils.convert_parameters",
            "minigrad.nn.utils.weight_norm",
            "minigrad.nn.utils.spectral_norm",
        ),
    ),
    "nn.utils.rnn": ("nn.utils.rnn.", ("minigrad.nn.utils.rnn",)),
    "nn.init": ("nn.init.", ("minigrad.nn.init",)),
    "optim": (
        "optim.",
        (
            "minigrad.optim.optimizer",
            "minigrad.optim.sgd",
            "minigrad.optim.adam",
            "minigrad.optim.adam_variants",
            "minigrad.optim.adaptive",
            "minigrad.optim.lbfgs",
        ),
    ),
    "optim.lr_scheduler": (
        "optim.lr_scheduler.",
        (
            "minigrad.optim.lr_scheduler.base",
            "minigrad.optim.lr_scheduler.factors",
            "minigrad.optim.lr_scheduler.waves",
            "minigrad.optim.lr_scheduler.plateau",
            "minigrad.optim.lr_scheduler.several",
        ),
    ),
    "optim.swa_utils": ("optim.swa_utils.", ("minigrad.optim.swa_utils",)),
    "utils.data": (
        "utils.data.",
        (
            "minigrad.utils.data.dataset",
            "minigrad.utils.data.sampler",
            "minigrad.utils.data.dataloader",
            "minigrad.utils.data.collate",
            "minigrad.utils.data.worker",
            "minigrad.utils.data.distributed",
        ),
    ),
    "utils": ("utils.", ("minigrad.utils.memory", "minigrad.utils.threads")),
    "study": ("study.", ("minigrad.study.numpy_source",)),
    "compile": ("minigrad.", ("minigrad.compiler.compiled",)),
    "linalg": ("linalg.", ("minigrad.ops.matrices", "minigrad.linalg")),
    "special": ("special.", ("minigrad.special",)),
    "distributions": (
        "distributions.",
        (
            "minigrad.distributions.distribution",
            "minigrad.distributions.continuous",
            "minigrad.distributions.discrete",
            "minigrad.distributions.normals",
            "minigrad.distributions.divergence",
        ),
    ),
    "testing": ("testing.", ("minigrad.testing", "minigrad.closeness")),
    "cuda": ("cuda.", ("minigrad.cuda",)),
    "mps": ("mps.", ("minigrad.mps",)),
    "accelerator": ("accelerator.", ("minigrad.accelerator",)),
    "amp": ("amp.", ("minigrad.amp",)),
    "backends": ("backends.cudnn.", ("minigrad.backends.cudnn",)),
}
USED_FROM = {
    "minigrad.": "minigrad",
    "autograd.": "minigrad.autograd",
    "autograd.graph.": "minigrad.autograd.graph",
    "nn.functional.": "minigrad.nn.functional",
    "nn.": "minigrad.nn",
    "nn.utils.": "minigrad.nn.utils",
    "linalg.": "minigrad.linalg",
    "distributions.": "minigrad.distributions",
    "testing.": "minigrad.testing",
    "distributed.": "minigrad.distributed",
    "optim.": "minigrad.optim",
    "optim.lr_scheduler.": "minigrad.optim.lr_scheduler",
    "utils.data.": "minigrad.utils.data",
    "utils.": "minigrad.utils",
    "study.": "minigrad.study",
}


def sentence(thing: Any) -> str:
    """The first sentence of a docstring, on one line."""
    return " ".join((inspect.getdoc(thing) or "").split("\n\n")[0].split())


def operations(families: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The names of some families, and where each exists: as a function, as a method, or as both."""
    for file, table in families.items():
        family = importlib.import_module(f"minigrad.ops.{file}")
        methods = {n: m for n, m in vars(getattr(family, table)).items() if n[0] != "_"}
        for name in dict.fromkeys([*family.__all__, *methods]):
            both = name in family.__all__ and name in methods
            place = "" if both else "minigrad." if name in family.__all__ else "Tensor."
            yield f"{place}{name}", sentence(methods.get(name) or getattr(family, name))


def members(module: ModuleType, prefix: str) -> Iterator[tuple[str, str]]:
    """The public functions and classes that a module defines and users reach by this prefix."""
    user = importlib.import_module(USED_FROM.get(prefix, module.__name__))
    for name, thing in vars(module).items():
        public = not name.startswith("_") and hasattr(user, name)
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
    from minigrad.ops.conversion import Conversions
    from minigrad.twins import Twins

    tables = (Tensor, Conversions, InPlace, Twins)
    for name, thing in {k: v for table in tables for k, v in vars(table).items()}.items():
        if not name.startswith("_") and sentence(thing) and not isinstance(thing, (str, bool)):
            yield f"Tensor.{name}", sentence(thing)


def text() -> str:
    """The page."""
    sections = {title: list(operations(files)) for title, files in FAMILIES.items()}
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
