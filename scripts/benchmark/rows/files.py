"""Importing, reading the files, and memory that must not grow."""

from __future__ import annotations

import contextlib
import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ..figures import Figure, figure
from ..peers import CONTESTANTS, MINIGRAD
from ..workers import Benchmark, Worker, environment

STEPS = 1000

IMPORTS = """
import time, json
times = [time.perf_counter()]
import numpy
times.append(time.perf_counter())
import minigrad
times.append(time.perf_counter())
import fashion
times.append(time.perf_counter())
from fashion import d2l
times.append(time.perf_counter())
print(json.dumps([b - a for a, b in zip(times, times[1:])]))
"""


def imports(bench: Benchmark) -> Iterator[Figure]:
    """Importing minigrad after NumPy, and fashion after that; in new processes."""
    for number in range(bench.rounds + 1):
        done = subprocess.run(
            [sys.executable, "-c", IMPORTS],
            stdout=subprocess.PIPE, env=environment(), text=True, check=True,
        )  # fmt: skip
        if number == 0:  # this one wrote the compiled modules
            columns: list[list[float]] = [[], [], [], []]
            continue
        for column, seconds in zip(columns, json.loads(done.stdout), strict=True):
            column.append(seconds)
    numpy_, *parts = columns
    for what, part, bar in zip(
        ("minigrad", "fashion, after minigrad", "fashion.d2l, after both"),
        parts,
        (15, 15, None),
        strict=True,
    ):
        one = figure("import", f"import {what}", "import numpy", part, numpy_, bar=bar)
        one.absolute = True
        yield one


def load(bench: Benchmark) -> Iterator[Figure]:
    """Reading and verifying the four gzip files: the first time, and from then on."""
    folder = str(Path(bench.folder, "gzip"))
    for peer in bench.peers("kernels"):
        # The cache folder is to be one that cannot be made: the user's may hold a copy already.
        with bench.pair(peer, XDG_CACHE_HOME=str(Path(bench.folder, "kind"))) as (us, them):

            def first(number: int, us: Worker = us) -> tuple[float, Any]:
                us.ask("forget", folder=folder)
                return us.ask("load", folder=folder)

            times = bench.alternate(
                first, lambda n, w=them: w.ask("load", folder=folder), peer.label, checked=False
            )
            yield figure("load", "the four files, first load", "inflating and hashing", *times,
                         bar=1.3)  # fmt: skip
            if bench.kind == "full":  # of the sample no copy is kept
                next_ = [us.ask("load", folder=folder)[0] for _ in range(bench.rounds)]
                milliseconds = statistics.median(next_) * 1e3
                yield Figure("load", "the four files, next load", "", [], milliseconds, None,
                             "ms", 20)  # fmt: skip


def flat(bench: Benchmark) -> Iterator[Figure]:
    """How much the resident memory grows in 1,000 training steps, after the first 300."""
    worker = Worker(CONTESTANTS[MINIGRAD], bench.folder)
    with contextlib.closing(worker):
        worker.ask("many_steps", count=300)
        before = worker.ask("resident_memory")[1]
        worker.ask("many_steps", count=STEPS)
        after = worker.ask("resident_memory")[1]
    if before is None:
        print("flat: this system does not say how much a process uses", file=sys.stderr)
        return
    yield Figure("flat", f"growth in {STEPS:,} steps", "", [], (after - before) / 2**20, None,
                 "MiB", 1)  # fmt: skip
