"""What keeps the processes of a group together, so that none waits for ever.

A collective operation ends when every process has called it.  If one of them does not come, because
it has raised an exception, has ended or has called another one, MPI lets the others wait for ever.
So two things are done here.  Before each operation the processes meet: each says what it is about
to do, in 16 bytes, and they go on if all have said the same.  And whoever leaves, by an exception
or at the end of the script, says that in the same way.  If the words differ, all of them learn who
is where, and end.

Nothing here blocks: a process that waits asks again and again whether the others are there.  So
Ctrl-C is noticed, there is a time limit, and who waits gives its core to those who work.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

PATIENCE = 2.0  # seconds that a process which ends by an exception waits to hear where others are
GRACE = 2.0  # seconds that the others give to the one that ends them all
PACKAGE = str(Path(__file__).resolve().parents[1])
give_way: Callable[[], Any] = getattr(os, "sched_yield", lambda: time.sleep(0))


class DistError(RuntimeError):
    """The processes did not come to the same operation: who is where, and in which call.

    >>> try:
    ...     raise minigrad.distributed.DistError("rank 1 waits in barrier", 3)
    ... except RuntimeError as error:
    ...     print(error)
    In call 3, rank 1 waits in barrier
    """

    def __init__(self, words: str, call: int) -> None:
        super().__init__(f"In call {call}, {words}")
        self.call = call


class Group:
    """The processes that were started together; comm is mpi4py's, or None for one that is alone.

    Arrays that are sent are flat and contiguous.
    """

    def __init__(self, comm: Any, timeout: float) -> None:
        self.comm, self.timeout = comm, timeout
        self.rank: int = 0 if comm is None else comm.rank
        self.size: int = 1 if comm is None else comm.size
        self.calls = 0  # of operations, the same number in all processes
        self.broken: str | None = None  # why no further operation is possible
        self._mine, self._found = np.empty(2, np.int64), np.empty(2, np.int64)
        if comm is not None:
            from mpi4py import MPI

            self._mpi, self._process = MPI, os.getpid()
            self._hook_before, sys.excepthook = sys.excepthook, self._excepthook
            atexit.register(self._at_exit)

    def close(self) -> None:
        """All processes agree that the group is over; nobody watches any more."""
        self.meet("destroy_process_group")
        if self.comm is not None:
            atexit.unregister(self._at_exit)
            if sys.excepthook == self._excepthook:
                sys.excepthook = self._hook_before
            self.comm.Free()

    # -- what is done together -------------------------------------------------------------------
    def meet(self, words: str) -> None:
        """Return when all processes have come here with the same words; else all raise."""
        if self.broken is not None:
            raise DistError(f"{words} is not possible any more: {self.broken}", self.calls + 1)
        self.calls += 1
        if self.comm is None:
            return
        with self._unbroken(words):
            same = self._same(words, self.timeout)
            if same:
                return
            place = f"{words} ({_users_line()})"
            if same is None:
                raise DistError(
                    f"rank {self.rank} has waited {self.timeout:g} s in {place}, and not all other "
                    "ranks have come; init_process_group(timeout=SECONDS) lets it wait longer",
                    self.calls,
                )
            said = self.comm.allgather((False, place))
            if any(left for left, _ in said):
                time.sleep(GRACE)  # the one that has left says it, and stops all
            raise DistError(sentence(said), self.calls)

    def total(self, x: np.ndarray, op: str = "SUM") -> None:
        """Replace x by the sum over all processes, or by what else MPI's op says."""
        if self.comm is not None:
            self._run(self.comm.Iallreduce(self._mpi.IN_PLACE, x, getattr(self._mpi, op)))

    def total_at(self, x: np.ndarray, dst: int, op: str) -> None:
        """Replace x by the sum over all processes in one of them, and leave it in the others."""
        if self.comm is not None:
            here = self.rank == dst
            send, into = (self._mpi.IN_PLACE, x) if here else (x, None)
            self._run(self.comm.Ireduce(send, into, getattr(self._mpi, op), dst))

    def send(self, x: np.ndarray, src: int) -> None:
        """Replace x by what one process has there."""
        if self.comm is not None:
            self._run(self.comm.Ibcast(x, src))

    def gather(self, x: np.ndarray) -> np.ndarray:
        """What each process has there, one below the other."""
        out = np.empty((self.size, x.size), x.dtype)
        if self.comm is None:
            out[0] = x
        else:
            self._run(self.comm.Iallgather(x, out))
        return out

    def gather_objects(self, obj: Any) -> list[Any]:
        """The object of each process; mpi4py pickles them on their way."""
        return [obj] if self.comm is None else self.comm.allgather(obj)

    def send_objects(self, objects: list[Any], src: int) -> list[Any]:
        """The objects of one process; mpi4py pickles them on their way."""
        return objects if self.comm is None else self.comm.bcast(objects, src)

    # -- waiting ---------------------------------------------------------------------------------
    def _run(self, request: Any) -> None:
        """Wait for an operation to which all processes have come."""
        with self._unbroken("an operation"):
            if not self._wait(request, self.timeout, awake=1.0):
                raise DistError(f"nothing has come for {self.timeout:g} s", self.calls)

    def _same(self, words: str, patience: float) -> bool | None:
        """Do all processes say the same words?  None if some say nothing, so many seconds."""
        sign = zlib.crc32(words.encode())
        self._mine[:] = sign, -sign
        if not self._wait(self.comm.Iallreduce(self._mine, self._found, self._mpi.MAX), patience):
            return None
        return bool(self._found[0] == -self._found[1])

    def _wait(self, request: Any, patience: float, awake: float = 0.0005) -> bool:
        """Is it over before patience, in seconds, is?  It sleeps between questions if not awake.

        While an array is on its way each question also moves a piece of it: then sleep costs much.
        """
        for _ in range(20):  # mostly the others are as far as this one
            if request.Test():
                return True
        start = time.monotonic()
        while not request.Test():
            waited = time.monotonic() - start
            if waited < awake:
                give_way()
            elif waited < patience:
                time.sleep(min(waited / 10, 0.001))
            else:
                return False
        return True

    @contextlib.contextmanager
    def _unbroken(self, words: str) -> Iterator[None]:
        """An exception in here, such as Ctrl-C, leaves the processes at different places."""
        try:
            yield
        except BaseException as error:
            self.broken = (
                str(error)
                if isinstance(error, DistError)
                else f"In call {self.calls}, rank {self.rank} left {words} by {_named(error)}"
            )
            raise

    # -- leaving ---------------------------------------------------------------------------------
    def _leave(self, words: str, patience: float) -> list[tuple[bool, str]]:
        """Say that this process leaves.  Returns what all have said; nothing if not all did."""
        self.calls += 1
        same = self._same(words, patience)
        if same is None:
            return []
        if same:
            return [(True, words)] * self.size
        return self.comm.allgather((True, words))

    def _excepthook(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        """An exception that nobody has caught ends all processes."""
        if os.getpid() != self._process:  # a process that this one has made by a fork
            self._hook_before(kind, error, trace)
            return
        try:
            if self.broken is not None:  # all know: the first to come says it
                time.sleep(GRACE / 4 if self.rank else 0)
                self._hook_before(kind, error, trace)
                self._say("" if self.broken in str(error) else self.broken)
                return
            said = self._leave(f"ended with {_named(error)}", PATIENCE)
            if not said:
                self._hook_before(kind, error, trace)
                self._say(f"rank {self.rank} ended with {_named(error)}")
                return
            if said.index(said[self.rank]) == self.rank:  # others may have the same to say
                self._hook_before(kind, error, trace)
            self._say_as_first(said)
        finally:
            self._stop(130 if issubclass(kind, KeyboardInterrupt) else 1)

    def _at_exit(self) -> None:
        """The end of the script is something that all processes come to together."""
        if os.getpid() != self._process or self._mpi.Is_finalized():
            return
        agreed = False
        try:
            if self.broken is not None:
                time.sleep(GRACE / 4 if self.rank else 0)
                self._say(self.broken)
                return
            said = self._leave("came to the end of its script", float("inf"))
            agreed = len(set(said)) == 1
            if not agreed:
                self._say_as_first(said)
        finally:
            if not agreed:
                self._stop(1)

    def _say_as_first(self, said: list[tuple[bool, str]]) -> None:
        """The first of those who have left says what has happened; the others leave it to it."""
        if [left for left, _ in said].index(True) != self.rank:
            time.sleep(GRACE)
            return
        self._say(f"In call {self.calls}, {sentence(said)}")
        if len({words for left, words in said if left}) > 1:
            time.sleep(GRACE / 4)  # another one is printing its own exception

    def _say(self, words: str) -> None:
        before = f"{words}. " if words else ""
        print(f"{before}All {self.size} processes are stopped.", file=sys.stderr)

    def _stop(self, status: int) -> None:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        time.sleep(0.1)  # for mpiexec, which passes on what was printed unless it is stopped first
        self._mpi.COMM_WORLD.Abort(status)


def sentence(said: list[tuple[bool, str]]) -> str:
    """Who is where, in words: said has for each rank whether it has left, and its words.

    >>> sentence([(False, "barrier"), (True, "ended with OSError"), (False, "barrier")])
    'rank 1 ended with OSError; ranks 0, 2 wait in barrier'
    """
    ranks: dict[tuple[bool, str], list[int]] = {}
    for rank, what in enumerate(said):
        ranks.setdefault(what, []).append(rank)
    parts = []
    for (left, words), who in sorted(ranks.items(), key=lambda item: (not item[0][0], item[1])):
        one = len(who) == 1
        listed = ", ".join(map(str, who[:8])) + (" ..." if len(who) > 8 else "")
        wait = "" if left else "waits in " if one else "wait in "
        parts.append(f"rank{'' if one else 's'} {listed} {wait}{words}")
    return "; ".join(parts)


def _named(error: BaseException) -> str:
    words = str(error).strip().split("\n")[0][:200]
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def _users_line() -> str:
    """The line of the user's that has led here."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE + os.sep):
        frame = frame.f_back
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"
