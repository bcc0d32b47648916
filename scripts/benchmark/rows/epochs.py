"""An epoch of softmax regression: whole, in parts, from a cold start, and its memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from ..figures import Figure, figure
from ..peers import COMPILED, CONTESTANTS, MINIGRAD, Contestant
from ..workers import ONE_THREAD, PAUSE, Benchmark, command, environment

EPOCHS = 10  # of a whole run
EPOCH = "softmax regression, an epoch"


def epoch(bench: Benchmark) -> Iterator[Figure]:
    """An epoch of softmax regression through the public API; and compiled."""
    names = ("numpy", "torch", "jax", "mygrad", "autograd", "sklearn", "lecture")
    bars = {"numpy": 1.15, "torch": 0.5, "jax": 1.0, "lecture": 1 / 40}
    runs = [
        (peer, MINIGRAD, EPOCH, ONE_THREAD, bars.get(peer.name)) for peer in bench.peers(*names)
    ]
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        what = "the same, all BLAS threads"
        runs += [(peer, MINIGRAD, what, {}, None) for peer in bench.peers("numpy")]
    if COMPILED in bench.ours:
        bars = {"numpy": 1.03, "torch": 0.6, "jax": 1.0}
        what = f"{EPOCH}, compiled"
        runs += [(peer, COMPILED, what, ONE_THREAD, bars[peer.name]) for peer in bench.peers(*bars)]
    for peer, ours, what, variables, bar in runs:
        with bench.pair(peer, ours, **variables) as (us, them):
            times = bench.alternate(
                lambda n, w=us: w.ask("epoch", seed=n),
                lambda n, w=them: w.ask("epoch", seed=n),
                peer.label,
            )
        yield figure("epoch", what, peer.label, *times, bar=bar)


def parts(bench: Benchmark) -> Iterator[Figure]:
    """Where the time of that epoch goes: its parts, for a batch, and the calls of functions."""
    batches = {"full": 235, "sample": 8}[bench.kind]
    for peer in bench.peers("numpy", "torch"):
        ours: list[dict[str, float]] = []
        theirs: list[dict[str, float]] = []
        with bench.pair(peer, **ONE_THREAD) as (us, them):
            for number in range(bench.rounds + 1):
                for worker, found in ((us, ours), (them, theirs)):
                    found.append(worker.ask("parts", seed=number)[1])
                    time.sleep(PAUSE)
            calls = [w.ask("parts", seed=0, calls=True)[1] for w in (us, them)]
        for part in ours[0]:
            columns = [[one[part] for one in found[1:]] for found in (ours, theirs)]
            yield figure("parts", f"{part}, a batch", peer.label, *columns, per=batches, unit="us")
        counts = [sum(found.values()) / batches for found in calls]
        yield Figure("parts", "Python functions called, a batch", peer.label,
                     [counts[0] / counts[1]], *counts, "calls")  # fmt: skip


def kernels(bench: Benchmark) -> Iterator[Figure]:
    """The epoch against the sum of its unavoidable kernels."""
    for peer in bench.peers("kernels"):
        with bench.pair(peer, **ONE_THREAD) as (us, them):
            times = bench.alternate(
                lambda n, w=us: w.ask("epoch", seed=n),
                lambda n, w=them: w.ask("epoch", seed=n),
                peer.label,
                checked=False,
            )
        yield figure("kernels", EPOCH, peer.label, *times, bar=1.5)


def loader(bench: Benchmark) -> Iterator[Figure]:
    """One pass over the training loader."""
    for peer in bench.peers("lecture"):
        for workers in (4, 0):
            with bench.pair(peer) as (us, them):
                times = bench.alternate(
                    lambda n, w=us, workers=workers: w.ask("one_pass", workers=workers),
                    lambda n, w=them: w.ask("one_pass", workers=4),
                    peer.label,
                )
            yield figure("loader", f"a pass over the loader, {workers} workers", peer.label, *times,
                         bar=1 / 60)  # fmt: skip


def whole_run(bench: Benchmark, contestant: Contestant, epochs: int) -> tuple[float, Any]:
    """Start a process that trains and evaluates; return its seconds and what it says."""
    start = time.perf_counter()
    done = subprocess.run(
        command(contestant.file, bench.folder, "--run", str(epochs)),
        stdout=subprocess.PIPE, env={**environment(), **ONE_THREAD}, text=True, check=True,
    )  # fmt: skip
    return time.perf_counter() - start, json.loads(done.stdout)


def cold_start(bench: Benchmark) -> Iterator[Figure]:
    """A whole process: start, import, read the data, train ten epochs, evaluate after each."""
    epochs = 2 if bench.quick else EPOCHS
    bars = {"torch": 0.3}
    for peer in bench.peers("numpy", "torch", "jax"):

        def run(number: int, who: Contestant) -> tuple[float, float]:
            seconds, said = whole_run(bench, who, epochs)
            return seconds, said["loss"]

        times = bench.alternate(
            lambda n: run(n, CONTESTANTS[MINIGRAD]), lambda n, p=peer: run(n, p), peer.label
        )
        yield figure("cold-start", f"a process, start to {epochs} epochs", peer.label, *times,
                     bar=bars.get(peer.name), unit="s")  # fmt: skip


def memory(bench: Benchmark) -> Iterator[Figure]:
    """The largest resident size of the same process."""
    epochs = 2 if bench.quick else EPOCHS
    peak = {}
    for who in [CONTESTANTS[MINIGRAD], *bench.peers("numpy", "torch", "jax")]:
        bytes_ = whole_run(bench, who, epochs)[1]["peak"]
        if bytes_ is None:
            print("memory: this system does not say how much a process has used", file=sys.stderr)
            return
        peak[who.label] = bytes_ / 1e6
    ours = peak.pop(CONTESTANTS[MINIGRAD].label)
    for label, theirs in (peak or {"": None}).items():
        ratios = [ours / theirs] if theirs else []
        yield Figure("memory", f"peak memory of {epochs} epochs", label, ratios, ours, theirs,
                     "MB", 150, absolute=True)  # fmt: skip
