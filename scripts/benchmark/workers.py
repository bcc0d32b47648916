"""Contestants in processes of their own, measured in turn: A B A B ..."""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .figures import agree
from .peers import COMPILED, CONTESTANTS, HERE, MINIGRAD, Contestant

SLOW = 2.0  # seconds: what takes longer is done in fewer rounds
SLOW_ROUNDS = 3
PAUSE = 0.05  # seconds between two turns, for caches, clocks and, on Windows, spinning threads
# On products as small as those of softmax regression a second thread of OpenBLAS gains nothing and
# costs the next kernel its cache. The scripts take one, and so do all contestants on NumPy.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": os.environ.get("OPENBLAS_NUM_THREADS", "1")}

ROOT = Path(__file__).resolve().parents[2]


def environment() -> dict[str, str]:
    """The children's: they import this checkout, wherever they run, and keep compiled modules."""
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
    return {**variables, "PYTHONPATH": path, "PYTHONWARNINGS": "ignore"}


class Worker:
    """A contestant in its process, waiting for requests."""

    def __init__(
        self, contestant: Contestant, folder: str, variables: dict[str, str] | None = None,
        file: str = "", clock: str = "seconds",
    ) -> None:  # fmt: skip
        self.label, self.clock = contestant.label, clock
        self.process = subprocess.Popen(
            command(file or contestant.file, folder),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**environment(), **(variables or {})},
            text=True,
            encoding="utf-8",
        )

    def ask(self, method: str, **arguments: Any) -> tuple[float, Any]:
        """Let it call a method of its own; return the seconds that this took, and the result.

        The seconds are those of a clock, or with the clock "cpu" those of all cores together.
        """
        assert self.process.stdin and self.process.stdout
        self._signal("SIGCONT")
        with contextlib.suppress(BrokenPipeError):  # the empty answer tells
            print(json.dumps([method, arguments]), file=self.process.stdin, flush=True)
        line = self.process.stdout.readline()
        self._signal("SIGSTOP")
        answer = json.loads(line) if line else {"error": "its process has ended"}
        if "error" in answer:
            raise RuntimeError(f"{self.label}: {method}: {answer['error']}")
        return answer[self.clock], answer["result"]

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


def command(file: str, folder: str, *rest: str) -> list[str]:
    """The command line of a worker for a contestant's file."""
    return [sys.executable, str(HERE / "worker.py"), str(HERE / file), folder, *rest]


@dataclass
class Benchmark:
    """What the rows share: the data, how often to measure, and who is here."""

    folder: str
    kind: str
    rounds: int
    quick: bool
    against: Sequence[str]
    notes: list[str] = field(default_factory=list)  # what turned out not to be measured

    def peers(self, *names: str) -> list[Contestant]:
        """Those of the named contestants that are wanted and installed."""
        return [
            CONTESTANTS[name] for name in names if name in self.against and CONTESTANTS[name].here
        ]

    @functools.cached_property
    def ours(self) -> list[str]:
        """minigrad, and the compiled one if this checkout has `minigrad.compile`."""
        found = subprocess.run(
            [sys.executable, "-c", "import minigrad; minigrad.compile"],
            env=environment(), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        if not found.returncode:
            return [MINIGRAD, COMPILED]
        self.notes.append("not measured: minigrad, compiled: there is no minigrad.compile")
        return [MINIGRAD]

    @contextlib.contextmanager
    def pair(
        self, peer: Contestant, ours: str = MINIGRAD, **variables: str
    ) -> Iterator[tuple[Worker, Worker]]:
        """Us and a peer, each in a new process with these environment variables."""
        with contextlib.ExitStack() as stack:
            us = Worker(CONTESTANTS[ours], self.folder, variables)
            stack.callback(us.close)
            them = Worker(peer, self.folder, variables)
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
