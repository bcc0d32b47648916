"""A training step of whole nets: one thread by processor time, and all cores by the clock."""

from __future__ import annotations

import contextlib
import functools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ..figures import TOLERANCE, Figure, agree, figure
from ..peers import COMPILED, CONTESTANTS, MINIGRAD
from ..workers import PAUSE, SLOW, SLOW_ROUNDS, Benchmark, Worker

PEERS = ("numpy", "torch", "torch-compile", "jax", "autograd", "mygrad", "tinygrad")
LOOSE = 0.1  # the losses of nets with dropout may differ by so much: everybody draws other numbers
LARGEST = str(2**31 - 1)
# The kernel's clearing of pages is no library's work: all keep their memory, as the scripts do.
KEPT = {"MALLOC_MMAP_THRESHOLD_": LARGEST, "MALLOC_TRIM_THRESHOLD_": LARGEST}
NUMBERS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BENCHMARK_CORES")
ONE, ALL = "one thread, CPU time", "all cores, wall time"
PEAK, START = "peak memory", "from nothing to three steps"
CLOCKS = {ONE: "cpu", ALL: "seconds"}


class Net(NamedTuple):
    """A line of these rows: its words, the contestants' name for it, and the bars against torch."""

    what: str
    net: str
    batch: int
    count: int  # steps in a turn
    bars: dict[str, float] = {}  # by kind of figure
    compiled: float | None = None  # the same for the compiled one, one thread


LENET_BARS = {ONE: 1.3, ALL: 1.3}
NETS = {
    "mlp": [Net("MLP 784-256-10", "mlp", 256, 60, {ONE: 1.0}, 0.9)],
    "lenet": [
        Net("LeNet, sigmoid and average", "lenet-sigmoid", 256, 8, LENET_BARS, 1.15),
        Net("LeNet, ReLU and maximum", "lenet-relu", 256, 8, LENET_BARS, 1.15),
    ],
    "cnn": [
        Net("CNN 32 and 64, batch norm", "cnn", 256, 2, {ONE: 1.15, PEAK: 0.5}),
    ],
    "rnn": [Net("RNN, 35 steps of 256", "rnn", 32, 12)],
    "dropout": [Net("MLP 784-256-256-10, dropout, Adam", "mlp-adam", 256, 40)],
    "sizes": [
        Net("softmax regression, batch 16", "softmax", 16, 800),
        Net("softmax regression, batch 256", "softmax", 256, 200),
        Net("softmax regression, batch 4096", "softmax", 4096, 20, {ONE: 1.1, ALL: 1.1}),
        Net("1,000 classes, batch 256", "classes", 256, 12, {ONE: 1.1, ALL: 1.1}),
    ],
}  # fmt: skip


def row(name: str, words: str) -> Callable[[Benchmark], Iterator[Figure]]:
    """Make a row of the lines that NETS has under a name."""

    def figures(bench: Benchmark) -> Iterator[Figure]:
        for net in NETS[name]:
            for mode in CLOCKS:
                yield from measure(bench, name, net, mode)

    figures.__doc__ = words
    return figures


def measure(bench: Benchmark, name: str, net: Net, mode: str) -> Iterator[Figure]:
    """Start all who take part, check that they do the same work, measure them in turn."""
    with contextlib.ExitStack() as stack:
        workers, losses, starts = {}, {}, {}
        for contestant in [*(CONTESTANTS[us] for us in bench.ours), *bench.peers(*PEERS)]:
            worker = Worker(
                contestant, bench.folder, file=contestant.nets, clock=CLOCKS[mode],
                variables=variables(bench, mode),
            )  # fmt: skip
            stack.callback(worker.close)
            start = time.perf_counter()
            try:
                losses[contestant.name] = check(net, worker)
            except RuntimeError as error:
                note(bench, f"{net.what}: {error}")
                continue
            starts[contestant.name] = [time.perf_counter() - start]
            workers[contestant.name] = worker
        if MINIGRAD not in workers:
            raise RuntimeError(bench.notes[-1])
        for who, worker in workers.items():
            agree(CONTESTANTS[MINIGRAD].label, losses[MINIGRAD], worker.label, losses[who])
            if net.net == "mlp-adam":
                worker.ask("set_up", net=net.net, batch=net.batch, dropout=True)
        count = max(2, net.count // 10) if bench.quick else net.count
        seconds = in_turn(bench, net, workers, count)
        peaks = {who: worker.ask("peak_memory")[1] for who, worker in workers.items()}
    compare = functools.partial(comparisons, name, net, [*workers])
    yield from compare(mode, seconds, "us" if net.net == "softmax" else "ms", count)
    if mode == ONE and None not in peaks.values():
        yield from compare(PEAK, {w: [peak] for w, peak in peaks.items()}, "MB", 1)
    if mode == ALL:
        yield from compare(START, starts, "s", 1)


def note(bench: Benchmark, why: str) -> None:
    """Keep, once, why something is not measured."""
    line = f"not measured: {why}"
    if line not in bench.notes:
        bench.notes.append(line)


def variables(bench: Benchmark, mode: str) -> dict[str, str]:
    """The environment of a worker; what is compiled is compiled anew."""
    caches = ("TORCHINDUCTOR_CACHE_DIR", "XDG_CACHE_HOME")
    found = {**KEPT, **{name: tempfile.mkdtemp(dir=bench.folder) for name in caches}}
    return found | dict.fromkeys(NUMBERS, "1") if mode == ONE else found


def check(net: Net, worker: Worker) -> list[float]:
    """Return the losses of the first and third step, with no dropout to blur them."""
    worker.ask("set_up", net=net.net, batch=net.batch, dropout=False)
    return [worker.ask("steps", count=1)[1], worker.ask("steps", count=2)[1]]


def in_turn(
    bench: Benchmark, net: Net, workers: dict[str, Worker], count: int
) -> dict[str, list[float]]:
    """Measure rounds of so many steps; who is slow is measured in fewer rounds."""
    seconds: dict[str, list[float]] = {who: [] for who in workers}
    tolerance = LOOSE if net.net == "mlp-adam" else TOLERANCE
    for number in range(bench.rounds + 1):
        for who, worker in workers.items():
            if number > SLOW_ROUNDS and max(seconds[who]) > SLOW:
                continue
            worker.ask("restart")
            time_, loss = worker.ask("steps", count=count)
            time.sleep(PAUSE)
            if who == MINIGRAD:
                expected = loss
            agree(CONTESTANTS[MINIGRAD].label, expected, worker.label, loss, tolerance)
            if number:
                seconds[who].append(time_)
    return seconds


def comparisons(
    name: str, net: Net, who: Sequence[str], kind: str, costs: dict[str, list[float]], unit: str,
    per: int,
) -> Iterator[Figure]:  # fmt: skip
    """Compare what minigrad and the compiled minigrad need with what the others need."""
    peers = [one for one in who if one not in (MINIGRAD, COMPILED)]
    pairs = [(MINIGRAD, peer) for peer in peers]
    if COMPILED in who:
        pairs += [(COMPILED, peer) for peer in (MINIGRAD, *peers)]
    for us, them in pairs:
        rounds = min(len(costs[us]), len(costs[them]))
        words = f"{net.what}, {kind}" + ", compiled" * (us == COMPILED)
        bar = net.bars.get(kind) if us == MINIGRAD else net.compiled if kind == ONE else None
        yield figure(
            name, words, CONTESTANTS[them].label, costs[us][:rounds], costs[them][:rounds],
            bar=bar if them == "torch" else None, per=per, unit=unit,
            net=net.what, kind=kind, us=us, them=them,
        )  # fmt: skip
