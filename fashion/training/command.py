"""What all commands share: the choice of the data, memory and threads, errors of one line."""

from __future__ import annotations

import argparse
import contextlib
import errno
import functools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

import numpy as np

from minigrad import utils
from minigrad.distributed import started_by_mpiexec

from .. import datasets, download, idx, places, plot, sources, transforms
from . import processes

DATA = "auto"  # the full set when it can be had, else the embedded sample
PATIENCE = 60.0  # seconds for a download that nobody has asked for
# Most products are small. Threads gain them nothing, and on a busy machine their waiting for one
# another was measured to cost 28 times the work. So a command takes one, unless the user has set a
# number in this variable, or `choose_threads` sees that more are worth it.
BY_USER = "OPENBLAS_NUM_THREADS"
# Multiplications of one product. Two threads and one, timed in turn on a busy machine with 2 cores:
# an epoch took 28 times as long with two where a product had 2 million, 3.6 times with 8, as long
# with 16, and 0.74 of it with 32 million and more.
WORTH_THREADS = 30_000_000


class BadInput(Exception):
    """What the one who started the script can mend, in one line."""


class Parser(argparse.ArgumentParser):
    """argparse's for a script's `__file__`, or a command's name, with errors of one line."""

    def __init__(self, file: str, doc: str | None) -> None:
        super().__init__(prog=Path(file).name, description=doc)

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (see --help)\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        if processes.rank() == 0:  # of several processes one speaks
            super()._print_message(message, file)


class Terminated(KeyboardInterrupt):
    """SIGTERM, by which systems ask a program to end: a command does what it does on Ctrl-C."""


def terminate(*_: object) -> None:
    """What the commands do on SIGTERM."""
    raise Terminated


def signals() -> list[signal.Signals]:
    """Those that stop a command. mpiexec's processes leave SIGTERM to it: it ends them together."""
    return [signal.SIGINT] + ([signal.SIGTERM] if processes.size() == 1 else [])


@contextlib.contextmanager
def handling(number: int, handler: Any) -> Iterator[Any]:
    """Handle a signal in this way; what is given is the handler before, None where that stays.

    Only the main thread gets signals; and who ignores this one, as nohup does, means it.
    """
    before: Any = None
    with contextlib.suppress(ValueError):
        if signal.getsignal(number) is not signal.SIG_IGN:
            before = signal.signal(number, handler)
    try:
        yield before
    finally:
        if before is not None:
            signal.signal(number, before)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder, that is made where it is missing; `BadInput` if another process holds it.

    The lock ends with the process, however that ends, and leaves no file. Some network folders
    know no locks: there a second process is not noticed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    taken = BadInput(f"{folder} is in use by another run: wait for it, or choose another --out")
    if fcntl is None:  # Windows, where this flag takes the file away when its process ends
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_TEMPORARY", 0)
        try:
            handle = os.open(folder / ".running", flags)
        except (FileExistsError, PermissionError):
            raise taken from None
    else:
        handle = os.open(folder, os.O_RDONLY)
    try:
        if fcntl is not None:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise taken from None
            except OSError:  # no locks here
                pass
        yield
    finally:
        os.close(handle)


def reported(body: Callable[[list[str] | None], int]) -> Callable[[list[str] | None], int]:
    """Make a script's main of its body, under the script's name; see `run`."""

    @functools.wraps(body)
    def main(argv: list[str] | None = None) -> int:
        return run(Path(body.__globals__["__file__"]).name, body, argv)

    return main


def run(prog: str, body: Callable[[list[str] | None], int], argv: list[str] | None = None) -> int:
    """Run a command; return its exit status: 2 for bad input, which becomes a line, 130 for Ctrl-C,
    143 for SIGTERM, and 141, as the shell says it, for a reader who leaves.

    >>> run("show", lambda argv: 0)
    0
    """
    try:
        utils.keep_freed_memory()
        choose_threads(1, 1, 1)
        processes.join(argv)
        with contextlib.ExitStack() as stack:
            for each in signals()[1:]:  # Ctrl-C is Python's KeyboardInterrupt already
                stack.enter_context(handling(each, terminate))
            status = body(argv)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # who reads the output, such as head, has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except (BadInput, idx.IdxError, OSError) as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and not error.filename:
            error.filename = "standard output"  # files are named by those who write them
        rank = processes.rank()
        if rank == 0 or not isinstance(error, BadInput):  # all processes have the same input
            where = f"rank {rank}: " if rank else ""
            print(f"{prog}: {where}{' '.join(str(error).split())}", file=sys.stderr)
        return 2
    except processes.FirstFailed:
        return 2
    except KeyboardInterrupt as error:
        if processes.rank() == 0:
            print(f"{prog}: stopped", file=sys.stderr)
        return 143 if isinstance(error, Terminated) else 130
    finally:
        processes.leave()


def number(kind: Callable[[str], Any], least: float, words: str) -> Callable[[str], Any]:
    """Return an argparse type: a number that is finite and not below `least`.

    >>> number(int, 1, "a whole number from 1 on")("3")
    3
    """

    def parse(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = float("nan")
        if not least <= value < float("inf"):
            raise argparse.ArgumentTypeError(f"expected {words}, found {text!r}")
        return value

    return parse


COUNT = number(int, 1, "a whole number from 1 on")


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add `--data` and `--data-root`."""
    parser.add_argument(
        "--data", choices=("auto", "full", "sample"), default=DATA,
        help="the full Fashion-MNIST, the embedded sample of it, or the full one when it can be "
        "had (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--data-root", metavar="DIR", help="look here for the full set first")


def add_distributed_option(parser: argparse.ArgumentParser) -> None:
    """Add `--distributed`, which `reported` acts upon."""
    parser.add_argument(
        processes.OPTION, action="store_true",
        help="be one of the processes that mpiexec has started, each with its part of each batch",
    )  # fmt: skip


def check_alone(distributed: bool) -> None:
    """`BadInput` where mpiexec has started several processes, each of which would do all."""
    if not distributed and (count := started_by_mpiexec()) > 1:
        raise BadInput(
            f"mpiexec has started {count} processes, and each would do all the work: "
            f"{processes.OPTION} lets them share it"
        )


def add_picture_option(parser: argparse.ArgumentParser, default: str | None, words: str) -> None:
    """Add `--out`, the file for a picture; `words` say what the default is."""
    parser.add_argument(
        "--out", type=Path, default=default and Path(default), metavar="FILE",
        help=f"the picture, as .svg, .png or .pdf (default: {words})",
    )  # fmt: skip


def choose_threads(rows: int, inner: int, columns: int) -> None:
    """Take all cores for products (rows, inner) @ (inner, columns) if they are large, else one.

    It goes by the size and not by a stopwatch, so that a run that is resumed makes the same sums in
    the same order. Several processes have their parts of the cores. A number that the user has set
    in OPENBLAS_NUM_THREADS stays as it is.
    """
    large = rows * inner * columns >= WORTH_THREADS
    if BY_USER not in os.environ:
        with contextlib.suppress(RuntimeError):  # a BLAS that takes no orders keeps its own number
            count = max(1, _cores() // processes.size())
            utils.set_num_threads(count if large else 1)


def _cores() -> int:
    """Those that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def with_tensors(images: np.ndarray, labels: np.ndarray) -> datasets.ArrayDataset:
    """Return a data set whose images come as Tensors, float32 (n, 1, h, w) in 0 to 1."""
    return datasets.ArrayDataset(images, labels, transforms.ToTensor())


class Data(NamedTuple):
    """The two sets, and which data they are: "full" or "sample"."""

    kind: str
    train: datasets.ArrayDataset
    test: datasets.ArrayDataset


def load(choice: str, root: str | None) -> Data:
    """Return the data that `--data` and `--data-root` ask for, and print which it is.

    `BadInput` or `fashion.idx.IdxError` when it cannot be had.
    """
    if root is not None and not Path(root).is_dir():
        raise BadInput(f"--data-root {root}: there is no such folder")
    if choice != "sample":
        try:
            full = _full(root, choice == "auto")
        except download.DownloadError as error:
            why = str(error).splitlines()[0]
            if error.reasons:
                why = f"none of {len(error.reasons)} mirrors gave one"
            elif not places.own_places(root):
                why = "no mirror was asked, as $FASHION_DATA is empty"
            if choice == "full":
                raise BadInput(
                    f"--data full: no copy was found, and {why}. "
                    "`python -m fashion download` tells why, `python -m fashion info` "
                    "where copies are looked for; or: apt-get install "
                    f"{sources.DEBIAN_PACKAGE}, FASHION_DATA=DIR, or --data-root DIR"
                ) from None
        else:
            place = datasets.find(root)[0].parent
            print(f"data: the full Fashion-MNIST, {_sizes(full)}, from {place}")
            return full
    sample = Data(
        "sample", *(with_tensors(*datasets.load_sample(train)) for train in (True, False))
    )
    if choice == "sample":
        print(f"data: the embedded sample of Fashion-MNIST, {_sizes(sample)}")
    else:
        print(
            f"*** data: ONLY THE EMBEDDED SAMPLE of Fashion-MNIST, {_sizes(sample)}\n"
            f"*** No copy of the full set was found, and {why}. To get it:\n"
            "***   python -m fashion download             where there is a network\n"
            f"***   apt-get install {sources.DEBIAN_PACKAGE}   on Debian and Ubuntu\n"
            "***   FASHION_DATA=DIR or --data-root DIR    for a copy of your own",
            flush=True,
        )
    return sample


def _full(root: str | None, automatic: bool) -> Data:
    try:
        return Data(
            "full", *(with_tensors(*datasets.load_arrays(root, train)) for train in (True, False))
        )
    except datasets.DatasetNotFound:
        pass
    except (idx.IdxError, OSError):
        if root is not None:
            raise
    patience = PATIENCE if automatic else download.DEADLINE
    if places.own_places(root):
        print(
            f"data: no copy of the full set yet, asking the mirrors ({patience:g} s at most; "
            "much less where none answers)",
            flush=True,
        )
    download.fetch(root, deadline=patience)
    return Data(
        "full", *(with_tensors(*datasets.load_arrays(root, train)) for train in (True, False))
    )


def _sizes(found: Data) -> str:
    return f"{len(found.train):,} training and {len(found.test):,} test images"


def save_picture(figure: Any, path: Path) -> None:
    """Write a figure, and make its folder; `BadInput` when its name ends in no known format."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        plot.save(figure, path)
    except ValueError as error:
        raise BadInput(f"{path}: {error}") from None
