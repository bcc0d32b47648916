"""The decompressed copy of a proven file, which later starts read instead of inflating.

A copy is a proof or it is not used: all its bytes are read into this process's own memory, and only
then their SHA-256 is compared with the source's. Whatever is done to the file, before, meanwhile or
after, what is handed out has that hash.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import math
import os
import stat
from pathlib import Path
from typing import Any

import numpy as np

from . import idx, places, proof, sources

Array = np.ndarray[Any, np.dtype[np.uint8]]


def copy_paths(path: str | os.PathLike[str]) -> list[Path]:
    """Return where the copy of a gzip file may lie: beside it, and in the user's cache folder.

    Nothing is put into the folder of Debian's package, which belongs to the package manager.

    >>> [copy.name for copy in copy_paths("data/t10k-labels-idx1-ubyte.gz")]
    ['t10k-labels-idx1-ubyte.checked', 't10k-labels-idx1-ubyte.checked']
    """
    path = Path(path)
    name = path.with_suffix(".checked").name
    folders = [path.parent, places.cache_folder()]
    if path.parent == Path(sources.DEBIAN_FOLDER):
        del folders[0]
    return [folder / name for folder in folders]


def load(path: str | os.PathLike[str], source: sources.Source) -> Array:
    """Return the array of a gzip file that is proven to be the source's, from its copy if it can.

    A copy bears the time of its gzip file: when that has changed, the gzip file is proven anew.
    A copy that is cut, altered, foreign, a link or another user's is not used. Copies are made, for
    this user alone, in folders that are this user's; where none can be kept, none is.
    The array can be written to, and the copy does not change.
    `idx.IdxError` when the gzip file is wrong, OSError when it cannot be read.

    >>> import shutil, tempfile
    >>> from fashion import datasets
    >>> source = datasets.SAMPLE_TEST[1]
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = shutil.copy(datasets.SAMPLE / source.name, folder)
    ...     load(path, source)[:5], copy_paths(path)[0].exists()
    (array([9, 2, 1, 1, 6], dtype=uint8), True)
    """
    stamp = os.stat(path).st_mtime_ns
    for copy in copy_paths(path):
        if file := _opened(copy, source):
            with file:
                known = os.fstat(file.fileno()).st_mtime_ns == stamp
                if not known:
                    proof.prove(path, source)
                array = _read(file, source)
                if array is not None:
                    if not known:
                        with contextlib.suppress(OSError):
                            os.utime(copy, ns=(stamp, stamp))
                    return array
    for copy in copy_paths(path):
        # Whatever hinders the copy must not hinder the reading: a full disk, a read-only folder.
        with contextlib.suppress(OSError):
            _make(copy, path, source, stamp)
            if file := _opened(copy, source):
                with file:
                    array = _read(file, source)
                    if array is not None:
                        return array
    return idx.fill(path, proof.prove(path, source))


def _make(copy: Path, path: str | os.PathLike[str], source: sources.Source, stamp: int) -> None:
    from minigrad._files import replacing  # not above: who finds copies needs no minigrad

    if copy.parent == places.cache_folder():
        copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not _is_own(os.stat(copy.parent)):
        raise PermissionError(f"{copy.parent} is another user's folder")
    with replacing(copy, durable=False, mode=0o600) as file:
        proof.prove(path, source, file)
        file.flush()
        os.utime(file.name, ns=(stamp, stamp))


def _opened(copy: Path, source: sources.Source) -> io.FileIO | None:
    """Open a copy, or return None when it is not there, no file of this user, or not as long."""
    # A link must not be followed and a FIFO not block.
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0)
    flags |= getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    if os.path.islink(copy):  # for systems without O_NOFOLLOW
        return None
    try:
        file = io.FileIO(copy, opener=lambda name, _: os.open(name, flags))
        status = os.fstat(file.fileno())
    except OSError:
        return None
    if stat.S_ISREG(status.st_mode) and _is_own(status) and status.st_size == _size(source):
        return file
    file.close()
    return None


def _read(file: io.FileIO, source: sources.Source) -> Array | None:
    """Read a copy into memory, and return its array when its bytes have the source's hash."""
    # Not a map of the file: another process could cut or change it under the array.
    content = np.empty(_size(source), np.uint8)
    filled = 0
    try:
        while count := file.readinto(content.data[filled:]):
            filled += count
    except OSError:
        return None
    if filled < len(content) or hashlib.sha256(content.data).hexdigest() != source.sha256:
        return None
    return content[-math.prod(source.shape) :].reshape(source.shape)


def _size(source: sources.Source) -> int:
    """How many bytes the decompressed IDX has: its header and an element a byte."""
    return 4 + 4 * len(source.shape) + math.prod(source.shape)


def _is_own(status: os.stat_result) -> bool:
    """Tell whether a file or folder is this user's; where files bear no user's number, it is."""
    return not hasattr(os, "geteuid") or status.st_uid == os.geteuid()
