"""Files that appear under their name whole or not at all, whatever happens in the writing."""

from __future__ import annotations

import contextlib
import glob
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

try:
    import fcntl
except ImportError:  # Windows, where an open file cannot be deleted and so needs no lock
    fcntl = None  # type: ignore[assignment]

FRESH = 60.0  # seconds for which a system without locks takes an unfinished file for a living one


@contextlib.contextmanager
def replacing(path: str | os.PathLike[str], durable: bool = True) -> Iterator[BinaryIO]:
    """Open a temporary file in the folder of `path` that takes its place when the block ends well.

    `durable` also waits until the content and the name are on the disk. When the block raises,
    `path` stays as it was and the temporary file goes; what a kill -9 left goes at the next call.
    OSError as `open` raises it.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "notes.txt")
    ...     with replacing(path) as file:
    ...         _ = file.write(b"whole")
    ...         print(path.exists())
    ...     print(path.read_text(), len(list(Path(folder).iterdir())))
    False
    whole 1
    """
    path = Path(path)
    sweep(path)
    file = _create(path)
    try:
        with file:
            yield file
            file.flush()
            if durable:
                os.fsync(file.fileno())
            if os.name == "nt":  # where an open file cannot be renamed
                file.close()
            os.replace(file.name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(file.name)
        raise
    if durable:
        _sync_folder(path.parent)


def sweep(path: str | os.PathLike[str]) -> None:
    """Delete the temporary files for `path` whose writers are dead, and leave those of the living.

    >>> sweep("no such folder/file")
    """
    path = Path(path)
    for name in glob.glob(f".{glob.escape(path.name)}.*.part", root_dir=path.parent):
        with contextlib.suppress(OSError):
            leaving = path.parent / name
            if fcntl is None:
                if time.time() - leaving.stat().st_mtime > FRESH:
                    leaving.unlink()
                continue
            with open(leaving, "rb+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                leaving.unlink()


def _create(path: Path) -> BinaryIO:
    # os.open and not tempfile: the mode of the finished file is to follow the umask.
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    while True:
        name = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
        file = open(name, "wb+", opener=lambda name, _: os.open(name, flags, 0o666))
        if fcntl is None:
            return file
        with contextlib.suppress(OSError):  # some network file systems know no locks
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another process may have swept the file away between its creation and the lock.
        if os.fstat(file.fileno()).st_nlink:
            return file
        file.close()


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # where folders cannot be opened
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with contextlib.suppress(OSError):  # some file systems refuse to sync a folder
            os.fsync(handle)
    finally:
        os.close(handle)
