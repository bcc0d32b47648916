"""Single operations, and how a step grows with its sizes."""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from ..figures import Figure, figure
from ..peers import COMPILED, MINIGRAD, Contestant
from ..workers import ONE_THREAD, Benchmark, Worker


def operations(bench: Benchmark) -> Iterator[Figure]:
    """An operation on a small array, recorded, forward and backward; and compiled."""
    for peer in bench.peers("torch"):
        for ours in bench.ours:
            yield from chains(bench, peer, ours)


def chains(bench: Benchmark, peer: Contestant, ours: str) -> Iterator[Figure]:
    """Chains of each operation, and their geometric mean."""
    words, links, bar, mean_bar = {
        MINIGRAD: ("", 100, 0.8, 0.6),
        COMPILED: (", a chain of 10, compiled", 10, None, 0.25),
    }[ours]
    repeats = (200 if bench.quick else 2000) // links
    ratios = []
    with bench.pair(peer, ours) as (us, them):
        for name in us.ask("operations")[1]:
            what = {"operation": name, "repeats": repeats, "links": links}
            times = bench.alternate(
                lambda n, what=what: us.ask("chain", **what),
                lambda n, what=what: them.ask("chain", **what),
                peer.label,
                pause=0,  # nothing here is large enough for threads
            )
            one = figure("operations", f"{name} on (3, 4){words}", peer.label, *times, bar=bar,
                         per=repeats * links, unit="us")  # fmt: skip
            ratios.append(one.ratios)
            yield one
    means = [statistics.geometric_mean(column) for column in zip(*ratios, strict=True)]
    yield Figure("operations", f"these operations, geometric mean{words}", peer.label, means,
                 None, None, "us", mean_bar)  # fmt: skip


def steps(
    bench: Benchmark, us: Worker, them: Worker, batch: int, features: int, classes: int
) -> tuple[list[float], list[float], int]:
    """Time training steps on one batch; return both lists of seconds, and of how many steps."""
    work = batch * features * classes
    count = max(3, min(300, int((1e7 if bench.quick else 1e8) / work)))
    for worker in (us, them):
        worker.ask("set_up", size=batch, inputs=features, classes=classes)
    ours, theirs = bench.alternate(
        lambda n: us.ask("steps", count=count), lambda n: them.ask("steps", count=count), them.label
    )
    return ours, theirs, count


SCALES = {
    "batch size": [(n, 784, 10) for n in (16, 64, 256, 1024, 4096)],
    "classes": [(256, 784, n) for n in (2, 10, 100, 1000)],
    "features": [(256, n, 10) for n in (28, 112, 784, 3136)],
}


def scaling(bench: Benchmark) -> Iterator[Figure]:
    """A step of softmax regression as batch, classes and features grow."""
    for peer in bench.peers("numpy", "torch"):
        with bench.pair(peer, **ONE_THREAD) as (us, them):
            for axis, settings in SCALES.items():
                for batch, features, classes in settings[:2] if bench.quick else settings:
                    *times, count = steps(bench, us, them, batch, features, classes)
                    value = {"batch size": batch, "classes": classes, "features": features}[axis]
                    yield figure("scaling", f"a step, {axis} {value}", peer.label, *times,
                                 per=count, unit="us",
                                 axis=axis, value=value, peer=peer.name)  # fmt: skip
