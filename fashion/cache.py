"""The decompressed copy of a proven file, which later starts map into memory instead of inflating.

A copy is trusted for nothing but its bytes: all of them are read at every start and compared with
the fingerprint in `sources`. That takes a quarter of SHA-256's time and finds accidents and foreign
files; somebody who forges a file on purpose could meet it, and SHA-256 is for the gzip files.
"""

from __future__ import annotations

import contextlib
import hashlib
import mmap
import os
from pathlib import Path
from typing import Any

import numpy as np

from . import idx, places, proof, sources

ROW = 1000  # 8-byte words
Array = np.ndarray[Any, np.dtype[np.uint8]]


def fingerprint(content: bytes | mmap.mmap) -> str:
    """Return the SHA-256 of the content's column parities, row sums and remaining bytes.

    The content is laid out in rows of 1000 little-endian 8-byte words; a change within one row
    alters a column's parity, rows that are exchanged or repeated alter the list of sums.

    >>> fingerprint(bytes(16000)) == fingerprint(bytes(15999) + b"1")
    False
    """
    count = len(content) // (8 * ROW) * ROW
    rows = np.frombuffer(content, "<u8", count).reshape(-1, ROW)
    digest = hashlib.sha256(np.bitwise_xor.reduce(rows, axis=0).tobytes())
    digest.update(rows.sum(axis=1, dtype="<u8").tobytes())
    digest.update(memoryview(content)[8 * count :])
    return digest.hexdigest()


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
    A copy that is cut, altered or foreign is made anew, and where none can be kept, none is.
    The mapped array is private: it can be written to, and the copy does not change.
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
        if found := _mapped(copy, source):
            array, time = found
            if time != stamp:
                proof.prove(path, source)
                with contextlib.suppress(OSError):
                    os.utime(copy, ns=(stamp, stamp))
            return array
    from minigrad._files import replacing  # not above: who finds copies needs no minigrad

    for copy in copy_paths(path):
        # Whatever hinders the copy must not hinder the reading: a full disk, a read-only folder.
        with contextlib.suppress(OSError):
            if copy.parent == places.cache_folder():
                copy.parent.mkdir(parents=True, exist_ok=True)
            with replacing(copy, durable=False) as file:
                proof.prove(path, source, file)
                file.flush()
                os.utime(file.name, ns=(stamp, stamp))
            if found := _mapped(copy, source):
                return found[0]
    return idx.fill(path, proof.prove(path, source))


def _mapped(copy: Path, source: sources.Source) -> tuple[Array, int] | None:
    """Map a copy into memory and return it and its time, or None when it is not there and right."""
    if not copy.is_file():
        return None
    try:
        with open(copy, "rb") as file:
            time = os.fstat(file.fileno()).st_mtime_ns
            content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    except (OSError, ValueError):  # ValueError: an empty file
        return None
    if fingerprint(content) != source.fingerprint:
        return None
    flat = np.frombuffer(content, np.uint8, offset=4 + 4 * len(source.shape))
    return flat.reshape(source.shape), time
