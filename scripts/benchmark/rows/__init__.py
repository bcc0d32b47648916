"""The rows of the table: each is a generator of figures, named as `--only` names it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ..figures import Figure
from ..workers import Benchmark
from . import epochs, files, nets, processes, steps

ROWS: dict[str, Callable[[Benchmark], Iterator[Figure]]] = {
    "epoch": epochs.epoch,
    "parts": epochs.parts,
    "kernels": epochs.kernels,
    "loader": epochs.loader,
    "cold-start": epochs.cold_start,
    "operations": steps.operations,
    "import": files.imports,
    "memory": epochs.memory,
    "load": files.load,
    "flat": files.flat,
    "scaling": steps.scaling,
    "mlp": nets.row("mlp", "A step of an MLP with one hidden layer."),
    "lenet": nets.row("lenet", "A step of LeNet, of both kinds."),
    "cnn": nets.row("cnn", "A step of a net with 32 and 64 channels and batch norm."),
    "rnn": nets.row("rnn", "A step of a recurrent net from scratch, by matmul and tanh."),
    "dropout": nets.row("dropout", "A step of an MLP with dropout, and of Adam."),
    "processes": processes.row,
    "sizes": nets.row("sizes", "A step with few and many examples, and with many classes."),
}
