"""Compare minigrad's speed and memory with hand-written NumPy, PyTorch, JAX and others.

Every figure is a ratio of two things done in turn in one run, A B A B ..., and each contestant runs
in a process of its own. Absolute times are printed for orientation; they hold for this machine and
this minute only.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.metadata
import importlib.util
import itertools
import json
import math
import os
import platform
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROUNDS = 15
QUICK_ROUNDS = 2
EPOCHS = 10  # of a whole run
TOLERANCE = 1e-3  # relative; float32 sums in another order differ by about 1e-5 after ten epochs
SLOW = 2.0  # seconds: what takes longer is done in fewer rounds
SLOW_ROUNDS = 3
PAUSE = 0.05  # seconds between two turns, for caches, clocks and, on Windows, spinning threads
# On products as small as those of softmax regression a second thread of OpenBLAS gains nothing and
# costs the next kernel its cache. The scripts take one, and so do all contestants on NumPy.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": os.environ.get("OPENBLAS_NUM_THREADS", "1")}
LINKS = 100  # of a chain of operations
STEPS = 1000

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
DOCS = ROOT / "docs" / "performance.md"


@dataclass
class Contestant:
    """Who takes part: the file with its code, and the packages that it needs."""

    name: str
    label: str
    file: str
    packages: tuple[str, ...] = ()

    @property
    def path(self) -> Path:
        return HERE / "contestants" / self.file

    @property
    def missing(self) -> list[str]:
        modules = {"scikit-learn": "sklearn", "pillow": "PIL"}
        return [p for p in self.packages if importlib.util.find_spec(modules.get(p, p)) is None]


MINIGRAD = "minigrad"
CONTESTANTS = {
    contestant.name: contestant
    for contestant in (
        Contestant(MINIGRAD, "minigrad", "minigrad_api.py"),
        Contestant("numpy", "hand-written NumPy", "numpy_loop.py"),
        Contestant("kernels", "the unavoidable kernels", "kernels.py"),
        Contestant("torch", "PyTorch", "torch_memory.py", ("torch",)),
        Contestant("lecture", "the lecture's PyTorch", "torch_lecture.py", ("torch", "pillow")),
        Contestant("jax", "JAX, jitted", "jax_jit.py", ("jax",)),
        Contestant("autograd", "HIPS autograd", "hips_autograd.py", ("autograd",)),
        Contestant("mygrad", "MyGrad", "mygrad_loop.py", ("mygrad",)),
        Contestant("sklearn", "scikit-learn", "sklearn_mlp.py", ("scikit-learn",)),
    )
}


class Disagreement(Exception):
    """Two contestants did not do the same work; their times mean nothing."""


@dataclass
class Figure:
    """One line of the table: what was compared, in ratios ours / theirs, one for each round."""

    row: str
    what: str
    against: str
    ratios: list[float]
    ours: float | None  # the median, in `unit`
    theirs: float | None
    unit: str = "ms"
    bar: float | None = None  # what the ratio, or without one `ours`, is to stay below ...
    absolute: bool = False  # ... or `ours` in any case
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles of the ratios."""
        return quartiles(self.ratios)

    @property
    def met(self) -> bool | None:
        if self.bar is None:
            return None
        value = self.ours if self.absolute or self.ratio is None else self.ratio
        return value is not None and value <= self.bar


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the first and third quartile of values.

    >>> quartiles([1.0, 2.0, 3.0, 4.0, 5.0])
    (2.0, 4.0)
    """
    if len(values) < 2:
        return (values[0], values[0])
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


# -- contestants in processes of their own -------------------------------------------------------
def environment() -> dict[str, str]:
    """The children's: they import this checkout, wherever they run, and keep compiled modules."""
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**variables, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}


class Worker:
    """A contestant in its process, waiting for requests."""

    def __init__(self, contestant: Contestant, folder: str, **variables: str) -> None:
        self.label = contestant.label
        self.process = subprocess.Popen(
            command(contestant, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment(), **variables},
            text=True,
            encoding="utf-8",
        )

    def ask(self, method: str, **arguments: Any) -> tuple[float, Any]:
        """Let it call a method of its own; return the seconds that this took, and the result."""
        assert self.process.stdin and self.process.stdout
        self._signal("SIGCONT")
        with contextlib.suppress(BrokenPipeError):  # the empty answer tells
            print(json.dumps([method, arguments]), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        self._signal("SIGSTOP")
        answer = json.loads(line) if line else {"error": "its process has ended"}
        if "error" in answer:
            raise RuntimeError(f"{self.label}: {method}: {answer['error']}")
        return answer["seconds"], answer["result"]

    def _signal(self, name: str) -> None:
        """Freeze the process while another has its turn, threads and all; not on Windows."""
        if os.name == "posix" and self.process.poll() is None:
            self.process.send_signal(getattr(signal, name))

    def close(self) -> None:
        assert self.process.stdin and self.process.stdout
        self._signal("SIGCONT")
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


def command(contestant: Contestant, folder: str, *rest: str) -> list[str]:
    """The command line of a worker."""
    worker = HERE / "contestants" / "worker.py"
    return [sys.executable, str(worker), str(contestant.path), folder, *rest]


@dataclass
class Benchmark:
    """What the rows share: the data, how often to measure, and who is here."""

    folder: str
    kind: str
    rounds: int
    quick: bool
    against: Sequence[str]

    def peers(self, *names: str) -> list[Contestant]:
        """Those of the named contestants that are wanted and installed."""
        return [
            CONTESTANTS[name]
            for name in names
            if name in self.against and not CONTESTANTS[name].missing
        ]

    @contextlib.contextmanager
    def pair(self, peer: Contestant, **variables: str) -> Iterator[tuple[Worker, Worker]]:
        """Us and a peer, each in a new process with these environment variables."""
        with contextlib.ExitStack() as stack:
            us = Worker(CONTESTANTS[MINIGRAD], self.folder, **variables)
            stack.callback(us.close)
            them = Worker(peer, self.folder, **variables)
            stack.callback(them.close)
            yield us, them

    def alternate(
        self,
        us: Callable[[int], tuple[float, Any]],
        them: Callable[[int], tuple[float, Any]],
        label: str,
        checked: bool = True,
        pause: float = PAUSE,
    ) -> tuple[list[float], list[float]]:
        """Measure both in turn; each gets the round's number and returns seconds and a result.

        Round 0 is for warming up. Every round's results must agree before any time counts.
        """
        ours, theirs = [], []
        rounds = self.rounds
        for number in itertools.count():
            a, mine = us(number)
            time.sleep(pause)
            b, yours = them(number)
            time.sleep(pause)
            if checked:
                agree(CONTESTANTS[MINIGRAD].label, mine, label, yours)
            if number:
                ours.append(a)
                theirs.append(b)
            if number and max(a, b) > SLOW:
                rounds = min(rounds, SLOW_ROUNDS)
            if number >= rounds:
                return ours, theirs
        raise AssertionError


def agree(us: str, mine: Any, them: str, yours: Any) -> None:
    """Raise `Disagreement` when two results, numbers or lists of them, are not about the same.

    >>> agree("A", 0.4470001, "B", 0.447)
    >>> agree("A", 0.6, "B", 0.5)
    Traceback (most recent call last):
    ...
    benchmark.Disagreement: B reached a loss of 0.5 and A 0.6 from the same start: not the same work
    """
    pairs = zip(mine, yours, strict=True) if isinstance(mine, list) else [(mine, yours)]
    for a, b in pairs:
        if not math.isclose(a, b, rel_tol=TOLERANCE, abs_tol=1e-6):
            raise Disagreement(
                f"{them} reached a loss of {b:.7g} and {us} {a:.7g} from the same start: "
                "not the same work"
            )


def figure(
    row: str, what: str, against: str, ours: Sequence[float], theirs: Sequence[float],
    bar: float | None = None, per: int = 1, unit: str = "ms", **settings: Any,
) -> Figure:  # fmt: skip
    """A line of the table from paired seconds, each for `per` repetitions."""
    scale = {"s": 1, "ms": 1e3, "us": 1e6}[unit] / per
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    medians = statistics.median(ours) * scale, statistics.median(theirs) * scale
    return Figure(row, what, against, ratios, *medians, unit, bar, settings=settings)


# -- the rows ------------------------------------------------------------------------------------
EPOCH = "softmax regression, an epoch"


def epoch(bench: Benchmark) -> Iterator[Figure]:
    """An epoch of softmax regression through the public API."""
    bars = {"numpy": 1.15, "torch": 0.5, "jax": 1.0, "lecture": 1 / 40}
    names = ("numpy", "torch", "jax", "mygrad", "autograd", "sklearn", "lecture")
    runs = [(peer, EPOCH, ONE_THREAD) for peer in bench.peers(*names)]
    if "OPENBLAS_NUM_THREADS" not in os.environ:
        runs += [(peer, "the same, all BLAS threads", {}) for peer in bench.peers("numpy")]
    for peer, what, variables in runs:
        with bench.pair(peer, **variables) as (us, them):
            times = bench.alternate(
                lambda n, w=us: w.ask("epoch", seed=n),
                lambda n, w=them: w.ask("epoch", seed=n),
                peer.label,
            )
        yield figure("epoch", what, peer.label, *times,
                     bar=bars.get(peer.name) if what == EPOCH else None)  # fmt: skip


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
        command(contestant, bench.folder, "--run", str(epochs)),
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


def operations(bench: Benchmark) -> Iterator[Figure]:
    """An operation on a small array, recorded, forward and backward."""
    repeats = 2 if bench.quick else 20
    for peer in bench.peers("torch"):
        ratios = []
        with bench.pair(peer) as (us, them):
            for name in us.ask("operations")[1]:
                times = bench.alternate(
                    lambda n, w=us, o=name: w.ask("chain", operation=o, repeats=repeats),
                    lambda n, w=them, o=name: w.ask("chain", operation=o, repeats=repeats),
                    peer.label,
                    pause=0,  # nothing here is large enough for threads
                )
                one = figure("operations", f"{name} on (3, 4)", peer.label, *times, bar=1.0,
                             per=repeats * LINKS, unit="us")  # fmt: skip
                ratios.append(one.ratios)
                yield one
        means = [statistics.geometric_mean(column) for column in zip(*ratios, strict=True)]
        yield Figure("operations", "these operations, geometric mean", peer.label, means,
                     None, None, "us", 0.6)  # fmt: skip


def steps(bench: Benchmark, us: Worker, them: Worker, batch: int, features: int, classes: int,
          hidden: int = 0) -> tuple[list[float], list[float], int]:  # fmt: skip
    """Time training steps on one batch; return both lists of seconds, and of how many steps."""
    work = batch * (features * (hidden or classes) + hidden * classes)
    count = max(3, min(300, int((1e7 if bench.quick else 1e8) / work)))
    for worker in (us, them):
        worker.ask("set_up", size=batch, inputs=features, classes=classes, hidden=hidden)
    ours, theirs = bench.alternate(
        lambda n: us.ask("steps", count=count), lambda n: them.ask("steps", count=count), them.label
    )
    return ours, theirs, count


def mlp(bench: Benchmark) -> Iterator[Figure]:
    """A training step of an MLP 784-256-10, batch 256."""
    bars = {"torch": 0.9}
    for peer in bench.peers("torch", "numpy"):
        with bench.pair(peer) as (us, them):
            *times, count = steps(bench, us, them, 256, 784, 10, 256)
        yield figure("mlp", "MLP 784-256-10, a training step", peer.label, *times,
                     bar=bars.get(peer.name), per=count)  # fmt: skip


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


ROWS: dict[str, Callable[[Benchmark], Iterator[Figure]]] = {
    "epoch": epoch, "parts": parts, "kernels": kernels, "loader": loader, "cold-start": cold_start,
    "operations": operations, "mlp": mlp, "import": imports, "memory": memory, "load": load,
    "flat": flat, "scaling": scaling,
}  # fmt: skip


# -- about this machine --------------------------------------------------------------------------
def about(bench: Benchmark) -> dict[str, Any]:
    """What a figure must be read with: machine, versions, BLAS, threads, data."""
    said = subprocess.run(
        [sys.executable, "-c", ABOUT_NUMPY], stdout=subprocess.PIPE, env=environment(), text=True,
        check=True,
    )  # fmt: skip
    packages = {"numpy", *(p for c in CONTESTANTS.values() for p in c.packages if not c.missing)}
    settings = ("OPENBLAS_", "OMP_", "MKL_", "GOTO_", "VECLIB_", "XLA_")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in sorted(packages)},
        "blas": json.loads(said.stdout),
        "environment": {k: v for k, v in sorted(os.environ.items()) if k.startswith(settings)},
        "data": bench.kind,
        "rounds": bench.rounds,
    }


ABOUT_NUMPY = """
import json, os, numpy
blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
about = {"name": blas["name"], "version": blas["version"], "threads": "not known"}
try:
    import threadpoolctl
    pools = [p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]
    about["threads"] = pools[0]["num_threads"]
    about["kernels"] = pools[0].get("architecture", "not known")
except (ImportError, IndexError):
    about["threads"] = os.environ.get("OPENBLAS_NUM_THREADS", "its default")
print(json.dumps(about))
"""


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if "model name" in line]
        return names[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def missing(bench: Benchmark) -> list[str]:
    """A line for each contestant that is not here, with the command that gets it."""
    lines = []
    for name in bench.against:
        contestant = CONTESTANTS[name]
        if contestant.missing:
            command_ = f"pip install {' '.join(contestant.missing)}"
            lines.append(f"not measured: {contestant.label}, which is not installed ({command_})")
    return lines


# -- what comes out ------------------------------------------------------------------------------
HEAD = ("row", "what", "against", "ratio", "quartiles", "ours", "theirs", "bar", "")


def cells(one: Figure) -> tuple[str, ...]:
    """One figure as the words of the table.

    >>> cells(Figure("epoch", "an epoch", "B", [0.5, 0.4, 0.6], 1.0, 2.0, bar=0.45))[3:]
    ('0.50', '0.45 - 0.55', '1.00 ms', '2.00 ms', '0.45', 'missed')
    """

    def amount(value: float | None) -> str:
        return "" if value is None else f"{short(value)} {one.unit}"

    ratio = "" if one.ratio is None else short(one.ratio)
    spread = " - ".join(map(short, one.spread)) if len(one.ratios) > 1 else ""
    absolute = one.absolute or one.ratio is None
    bar = "" if one.bar is None else short(one.bar) + (f" {one.unit}" if absolute else "")
    met = {True: "met", False: "missed", None: ""}[one.met]
    return (
        one.row, one.what, one.against, ratio, spread, amount(one.ours), amount(one.theirs), bar,
        met,
    )  # fmt: skip


def short(value: float) -> str:
    """A number with three figures at most, and two decimals at least where it is small.

    >>> short(0.01234), short(1.234), short(123.4)
    ('0.012', '1.23', '123')
    """
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) >= 10:
        return f"{value:.1f}"
    return f"{value:.2f}" if abs(value) >= 0.1 or value == 0 else f"{value:.2g}"


def table(figures: Sequence[Figure], markdown: bool = False) -> str:
    """The figures as a table: for a terminal, or in Markdown."""
    lines = [HEAD, *map(cells, figures)]
    if markdown:
        rule = ("---",) * 3 + ("--:",) * 5 + ("---",)
        return "\n".join("| " + " | ".join(line) + " |" for line in [HEAD, rule, *lines[1:]])
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if 3 <= i <= 7 else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def header(facts: dict[str, Any]) -> str:
    """The facts in a few lines."""
    blas = facts["blas"]
    kernels_ = f", {blas['kernels']} kernels" if "kernels" in blas else ""
    environment_ = ", ".join(f"{k}={v}" for k, v in facts["environment"].items()) or "nothing set"
    return "\n".join(
        [
            f"machine: {facts['machine']}; Python {facts['python']}",
            "versions: " + ", ".join(f"{k} {v}" for k, v in facts["versions"].items()),
            f"BLAS: {blas['name']} {blas['version']}, {blas['threads']} threads{kernels_}; "
            f"environment: {environment_}; OPENBLAS_NUM_THREADS="
            f"{ONE_THREAD['OPENBLAS_NUM_THREADS']} in all rows of softmax regression",
            f"data: {facts['data']}; rounds: {facts['rounds']}; ratio: ours / theirs, the median "
            "of paired runs; below 1 is better for minigrad",
        ]
    )


def draw_bars(figures: Sequence[Figure], facts: dict[str, Any], path: Path) -> None:
    """The ratios as bars on a logarithmic axis: how many times as much the others need."""
    from matplotlib.figure import Figure as Picture

    shown = [
        f for f in figures if f.ratio is not None and f.row not in ("scaling", "import", "parts")
    ]
    if not shown:
        return
    shown.reverse()  # the first on top
    picture = Picture(figsize=(9, 1.6 + 0.25 * len(shown)), layout="constrained")
    axes = picture.subplots()
    for y, one in enumerate(shown):
        times = 1 / (one.ratio or math.inf)
        color = "#2a6f97" if times >= 1 else "#c9703d"
        axes.barh(y, times - 1, left=1, color=color, height=0.7)
        axes.plot([1 / edge for edge in one.spread], [y, y], color="#222222", linewidth=1)
        if one.bar is not None and not one.absolute:
            axes.plot([1 / one.bar] * 2, [y - 0.42, y + 0.42], color="black", linewidth=2.2)
        axes.annotate(
            f"{short(times)} x", (1, y), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=8, color=color,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.axvline(1, color="#222222", linewidth=0.8)
    axes.set_yticks(range(len(shown)), [f"{f.what}  |  {f.against}" for f in shown], fontsize=8)
    axes.tick_params(axis="y", length=0)
    low, high = axes.get_xlim()
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if low <= t <= high]
    _plain_ticks(axes, ticks)
    axes.set_xlabel("cost as a multiple of minigrad's; blue: minigrad needs less", fontsize=9)
    axes.set_title(
        f"Time and memory of others against minigrad's, paired runs on {facts['machine']}\n"
        "thin line: quartiles; thick mark: the bar to reach", fontsize=9, loc="left",
    )  # fmt: skip
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    _write(picture, path)


def _plain_ticks(axes: Any, ticks: Sequence[float]) -> None:
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=8)
    axes.set_xticks([], minor=True)


def draw_scaling(figures: Sequence[Figure], path: Path) -> None:
    """Time per example of a step over batch size, classes and features, on logarithmic axes."""
    from matplotlib.figure import Figure as Picture

    shown = [f for f in figures if f.row == "scaling"]
    if not shown:
        return
    picture = Picture(figsize=(9, 3.2), layout="constrained")
    panels = picture.subplots(1, len(SCALES), sharey=True)
    styles = {"numpy": ("#777777", "o--"), "torch": ("#c9703d", "s-.")}
    for axes, axis in zip(panels, SCALES, strict=True):
        here = [f for f in shown if f.settings["axis"] == axis]
        for name, (color, form) in styles.items():
            points = [f for f in here if f.settings["peer"] == name]
            if points:
                axes.plot(*_per_example(points, "theirs"), form, color=color, markersize=4,
                          label=points[0].against)  # fmt: skip
        peer = here[0].settings["peer"]
        points = [f for f in here if f.settings["peer"] == peer]
        axes.plot(*_per_example(points, "ours"), "D-", color="#2a6f97", markersize=4,
                  label="minigrad")  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("log")
        _plain_ticks(axes, [f.settings["value"] for f in points])
        axes.set_xlabel(axis)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("microseconds per example")
    panels[0].legend(fontsize=8, frameon=False)
    picture.suptitle("A training step of softmax regression (else batch 256, 784 features, "
                     "10 classes)", fontsize=10, x=0.01, ha="left")  # fmt: skip
    _write(picture, path)


def _per_example(points: Sequence[Figure], whose: str) -> tuple[list[float], list[float]]:
    values = [f.settings["value"] for f in points]
    sizes = [f.settings["value"] if f.settings["axis"] == "batch size" else 256 for f in points]
    return values, [getattr(f, whose) / size for f, size in zip(points, sizes, strict=True)]


def _write(picture: Any, path: Path) -> None:
    sys.path.append(str(ROOT))  # as the children do, where nothing is installed
    from fashion import plot

    plot.save(picture, path)


def write_docs(figures: Sequence[Figure], facts: dict[str, Any], out: Path) -> list[Path]:
    """Put tables between the marks in docs/performance.md, and the pictures beside it."""
    text = DOCS.read_text(encoding="utf-8")
    written = [DOCS]
    for part, picture in (("scaling", "scaling.svg"), ("table", "benchmark.svg")):
        chosen = [f for f in figures if (f.row == "scaling") == (part == "scaling")]
        if not chosen:
            continue
        begin, end = f"<!-- {part} -->", f"<!-- end of {part} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise SystemExit(f"{DOCS} has no {begin} ... {end} to write between")
        body = f"```\n{header(facts)}\n```\n\n{table(chosen, markdown=True)}"
        text = f"{before}{begin}\n{body}\n{end}{after}"
        target = DOCS.parent / f"performance-{picture}"
        target.write_bytes((out / picture).read_bytes())
        written.append(target)
    DOCS.write_text(text, encoding="utf-8")
    return written


def write_json(
    figures: Sequence[Figure], facts: dict[str, Any], gone: list[str], path: Path
) -> None:
    """All that was measured, for other programs."""
    rows = [{**asdict(f), "ratio": f.ratio, "met": f.met} for f in figures]
    whole = {"about": facts, "missing": gone, "figures": rows}
    path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        epilog="rows: "
        + "; ".join(f"{k}: {(f.__doc__ or '').splitlines()[0]}" for k, f in ROWS.items()),
    )
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW",
                        help="measure this row, one of those below; may be repeated")  # fmt: skip
    peers = [name for name in CONTESTANTS if name != MINIGRAD]
    parser.add_argument("--against", action="append", choices=peers, metavar="NAME",
                        help=f"measure against {', '.join(peers)}; may be repeated")  # fmt: skip
    parser.add_argument("--rounds", type=int, metavar="N",
                        help=f"of each pair (default: {ROUNDS}, with --quick {QUICK_ROUNDS}; "
                        f"at most {SLOW_ROUNDS} where one takes over {SLOW:g} s)")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="few rounds: a look, not a result")
    parser.add_argument("--data", choices=("auto", "full", "sample"), default="auto",
                        help="the full Fashion-MNIST, the embedded sample, or the full one when it "
                        "can be had (default: %(default)s)")  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark"), metavar="DIR",
                        help="for benchmark.json and pictures (default: %(default)s)")  # fmt: skip
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    parser.add_argument("--write-docs", action="store_true",
                        help="put the tables and pictures into docs/performance.md")  # fmt: skip
    options = parser.parse_args(argv)
    if options.rounds is not None and options.rounds < 1:
        parser.error(f"--rounds: expected a whole number from 1 on, found {options.rounds}")
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    options.against = options.against or peers
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; the exit status is 1 when contestants disagree, 2 for bad input."""
    options = parse(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        prepare = [sys.executable, str(HERE / "contestants" / "prepare.py"), folder, options.data]
        if subprocess.run(prepare, env=environment()).returncode:
            return 2
        kind = Path(folder, "kind").read_text(encoding="utf-8")
        bench = Benchmark(folder, kind, options.rounds, options.quick, options.against)
        facts, gone = about(bench), missing(bench)
        print(header(facts), *gone, sep="\n", flush=True)
        figures: list[Figure] = []
        for name in [row for row in ROWS if row in (options.only or ROWS)]:
            try:
                for one in ROWS[name](bench):
                    figures.append(one)
                    if sys.stderr.isatty():
                        print("   ".join(filter(None, cells(one))), file=sys.stderr, flush=True)
            except (Disagreement, RuntimeError, subprocess.CalledProcessError) as error:
                print(f"benchmark.py: {name}: {error}", file=sys.stderr)
                return 1
    print(table(figures, options.markdown))
    options.out.mkdir(parents=True, exist_ok=True)
    draw_bars(figures, facts, options.out / "benchmark.svg")
    draw_scaling(figures, options.out / "scaling.svg")
    write_json(figures, facts, gone, options.out / "benchmark.json")
    written = write_docs(figures, facts, options.out) if options.write_docs else []
    print(*(f"wrote {path}" for path in [options.out / "benchmark.json", *written]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
