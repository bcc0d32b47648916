"""A training step in two processes against one: when data-parallel training pays."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from ..figures import Figure, figure
from ..peers import HERE
from ..workers import ONE_THREAD, Benchmark, environment
from .nets import KEPT

ALONE = "minigrad, 1 process"
MODELS = {  # words: the net, the batch, steps in a turn
    "softmax regression, batch 256": ("softmax", 256, 300),
    "MLP 784-256-10, batch 256": ("mlp", 256, 100),
    "LeNet, sigmoid and average, batch 256": ("lenet-sigmoid", 256, 10),
    "CNN 32 and 64, batch 256": ("cnn-plain", 256, 3),
}


def row(bench: Benchmark) -> Iterator[Figure]:
    """A step of training in 2 processes with one thread each, against 1, for each model."""
    mpiexec = shutil.which("mpiexec", path=os.path.dirname(sys.executable)) or shutil.which(
        "mpiexec"
    )
    if mpiexec is None or importlib.util.find_spec("mpi4py") is None:
        bench.notes.append("not measured: processes: mpiexec or mpi4py is not installed")
        return

    def run(count: int, net: str, batch: int, steps: int) -> tuple[float, float]:
        """Seconds of so many steps in so many processes, and the loss of the last."""
        done = subprocess.run(
            [mpiexec, "-n", str(count), sys.executable, str(HERE / "ranks.py"),
             net, str(batch), str(steps)],
            stdout=subprocess.PIPE, env={**environment(), **KEPT, **ONE_THREAD}, text=True,
            check=True,
        )  # fmt: skip
        seconds, loss = json.loads(done.stdout.splitlines()[-1])
        return seconds, loss

    for words, (net, batch, count) in MODELS.items():
        steps = max(3, count // 10) if bench.quick else count
        times = bench.alternate(
            lambda n, job=(net, batch, steps): run(2, *job),
            lambda n, job=(net, batch, steps): run(1, *job),
            ALONE,
        )
        yield figure("processes", f"{words}, 2 processes", ALONE, *times, per=steps)
