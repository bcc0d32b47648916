"""Train a model on Fashion-MNIST: softmax regression, an MLP, LeNet and others.

A run can be stopped at any time, by Ctrl-C or by worse, and --resume goes on with it to the same
weights, bit by bit. With --distributed several processes share the work.
"""

from __future__ import annotations

import sys

from . import cli, command, models

PROGRAM = cli.Program(
    prog="minigrad-train",
    start=["-m", "fashion.training"],
    doc=__doc__,
    models={name: name for name in models.MODELS},
    defaults={
        "model": "softmax", "optimizer": "sgd", "lr": None, "lr_schedule": models.CONSTANT,
        "weight_decay": 0.0, "augment": "none", "epochs": 10, "batch_size": 256, "seed": 0,
        "data": command.DATA, "data_root": None, "out": None, "checkpoint_every": None,
    },
)  # fmt: skip


def main(argv: list[str] | None = None) -> int:
    """Train, write the results, and return the exit status: 0, 2 for bad input, 130 on Ctrl-C."""
    return cli.main(PROGRAM, argv)


if __name__ == "__main__":
    sys.exit(main())
