"""The rows of the table: each is a generator of figures, named as `--only` names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..figures import Figure
from ..workers import Benchmark
from . import epochs, files, steps

ROWS: dict[str, Callable[[Benchmark], Iterator[Figure]]] = {
    "epoch": epochs.epoch,
    "parts": epochs.parts,
    "kernels": epochs.kernels,
    "loader": epochs.loader,
    "cold-start": epochs.cold_start,
    "operations": steps.operations,
    "mlp": steps.mlp,
    "import": files.imports,
    "memory": epochs.memory,
    "load": files.load,
    "flat": files.flat,
    "scaling": steps.scaling,
}
