"""The one writer of files for both packages: a file appears under its name whole or not at all.

And the reader of what minigrad has written.
"""

from __future__ import annotations

import contextlib
import os
import stat
import time
from collections.abc import Iterator
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be deleted and so needs no lock
    fcntl = None  # type: ignore[assignment]

FRESH = 60.0  # seconds for which a system without locks takes an unfinished file for a living one
LONGEST = 100  # characters of a file's name that its temporary files bear

Path = str | os.PathLike[str]


@contextlib.contextmanager
def replacing(path: Path, durable: bool = True, mode: int = 0o666) -> Iterator[BinaryIO]:
    """Open a temporary file in the folder of `path` that takes its place when the block ends well.

    `durable` also waits until the content and the name are on the disk. `mode` is the file's, less
    the umask. When the block raises, `path` stays as it was and the temporary file goes; what a
    kill -9 left goes at the next call. OSError as `open` raises it; one that comes without a
    file's name, as that of a full disk does, gets the name of `path`.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "notes.txt")
    ...     with replacing(path) as file:
    ...         _ = file.write(b"whole")
    ...         print(os.path.exists(path))
    ...     print(open(path).read(), os.listdir(folder))
    False
    whole ['notes.txt']
    """
    sweep(path)
    file = _create(path, mode)
    try:
        with file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            if os.name == "nt":  # where an open file cannot be renamed
                file.close()
            os.replace(file.name, path)
    except BaseException as error:
        with contextlib.suppress(OSError):
            os.unlink(file.name)
        if isinstance(error, OSError) and error.errno is not None and error.filename is None:
            error.filename = os.fspath(path)
        raise
    if durable:
        _sync_folder(_folder(path))


def contents(path: Path) -> bytes:
    """All bytes of a regular file; OSError with its name, as a failing disk's comes without.

    ValueError for anything else: a FIFO would make the reader wait, and a device never end.

    >>> contents(__file__).count(b"def contents")
    2
    """
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    with open(path, "rb", opener=lambda name, _: os.open(name, flags)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise ValueError(f"{os.fspath(path)}: not a regular file")
        try:
            return file.read()
        except OSError as error:
            error.filename = os.fspath(path)
            raise


def sweep(path: Path) -> None:
    """Delete the temporary files for `path` whose writers are dead, and leave those of the living.

    >>> sweep("no such folder/file")
    """
    start = _start(path)
    with contextlib.suppress(OSError):
        for name in os.listdir(_folder(path)):
            if name.startswith(start) and name.endswith(".part"):
                with contextlib.suppress(OSError):
                    _delete_if_dead(os.path.join(_folder(path), name))


def _delete_if_dead(leaving: str) -> None:
    if fcntl is None:
        if time.time() - os.stat(leaving).st_mtime > FRESH:
            os.unlink(leaving)
        return
    with open(leaving, "rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.unlink(leaving)


def _folder(path: Path) -> str:
    return os.path.dirname(os.fspath(path)) or os.curdir


def _start(path: Path) -> str:
    return f".{os.path.basename(os.fspath(path))[:LONGEST]}."


def _create(path: Path, mode: int) -> BinaryIO:
    # os.open and not tempfile: the mode of the finished file is to follow the umask.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        name = os.path.join(_folder(path), f"{_start(path)}{os.urandom(8).hex()}.part")
        file = open(name, "wb+", opener=lambda name, _: os.open(name, flags, mode))
        if fcntl is None:
            return file
        with contextlib.suppress(OSError):  # some network file systems know no locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another process may have swept the file away between its creation and the lock.
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()


def _sync_folder(folder: str) -> None:
    if os.name == "nt":  # where folders cannot be opened
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems refuse to sync a folder
            os.fsync(handle)
    finally:
        os.close(handle)
