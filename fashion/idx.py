"""Arrays in gzip-compressed IDX files: a strict, bounded reader and a deterministic writer.

An IDX file is two zero bytes, a type code, the number of dimensions, each dimension as a big-endian
u4, then the elements, big-endian and row-major. Nothing here knows of files' names or the network.
"""

from __future__ import annotations

import hashlib
import math
import os
import struct
import zlib
from collections.abc import Iterator
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from .gzips import (
    EXPANSION,
    FCOMMENT,
    FEXTRA,
    FHCRC,
    FNAME,
    IDX_CODES,
    LIMIT,
    MEMBERS,
    IdxError,
    Path,
    inflate,
    kind,
    naming,
    opened,
)  # fmt: skip

__all__ = [
    "DTYPES", "FCOMMENT", "FEXTRA", "FHCRC", "FNAME", "LIMIT", "MEMBERS", "Content", "IdxError",
    "Sink", "fill", "read", "scan", "write",
]  # fmt: skip

DTYPES = dict(zip(IDX_CODES, ("u1", "i1", "i2", "i4", "f4", "f8"), strict=True))

Shape = tuple[int | None, ...]


class Content(NamedTuple):
    """What a file was found to hold; `sha256` is of the whole decompressed IDX, header included."""

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    sha256: str


class Sink(Protocol):
    """Anything that bytes can be written to."""

    def write(self, block: bytes, /) -> object:
        """Take the next bytes."""


def scan(
    path: Path,
    shape: Shape | None = None,
    dtype: npt.DTypeLike | None = None,
    limit: int = LIMIT,
    sink: Sink | None = None,
) -> Content:
    """Prove that a file is one whole IDX array in gzip, and say which, in 4 MiB of memory.

    `shape` and `dtype`, when given, are required; a None in the shape stands for any number.
    `limit` bounds the bytes of the file and of the content.
    The decompressed IDX is written to `sink` as it comes: it is good only when `scan` returns.
    IdxError when the file is anything else; OSError when the system cannot read it.

    >>> from fashion import datasets
    >>> scan(datasets.SAMPLE / "t10k-labels-idx1-ubyte.gz").shape
    (1000,)
    """
    stream = _stream(path, shape, None if dtype is None else np.dtype(dtype), limit)
    header = next(stream)
    digest = hashlib.sha256(header)
    if sink:
        sink.write(header)
    for block in stream:
        digest.update(block)
        if sink:
            sink.write(block)
    return Content(*_decode(header), digest.hexdigest())


def read(
    path: Path,
    shape: Shape | None = None,
    dtype: npt.DTypeLike | None = None,
    limit: int = LIMIT,
) -> np.ndarray[Any, np.dtype[Any]]:
    """Read the array of an IDX file in gzip, in the machine's byte order.

    The file is inflated twice, first to prove it and then into the array, so that a bad file costs
    no more than 4 MiB and a good one no more than its array and 4 MiB. Arguments and errors as
    `scan`.

    >>> from fashion import datasets
    >>> read(datasets.SAMPLE / "t10k-labels-idx1-ubyte.gz", shape=(1000,), dtype="u1")[:5]
    array([9, 2, 1, 1, 6], dtype=uint8)
    """
    return fill(path, scan(path, shape, dtype, limit), limit)


def fill(path: Path, content: Content, limit: int = LIMIT) -> np.ndarray[Any, np.dtype[Any]]:
    """Read the array that `scan` has found in a file: the second half of `read`.

    IdxError, too, when the file is no longer the one that was scanned: what is returned has the
    SHA-256 of `content`.

    >>> from fashion import datasets
    >>> path = datasets.SAMPLE / "t10k-labels-idx1-ubyte.gz"
    >>> fill(path, scan(path))[:5]
    array([9, 2, 1, 1, 6], dtype=uint8)
    """
    array = np.empty(content.shape, content.dtype.newbyteorder(">"))
    flat = array.reshape(-1).view(np.uint8)
    stream = _stream(path, content.shape, content.dtype, limit)
    digest = hashlib.sha256(next(stream))
    filled = 0
    for block in stream:
        digest.update(block)
        flat[filled : filled + len(block)] = np.frombuffer(block, np.uint8)
        filled += len(block)
    if (found := digest.hexdigest()) != content.sha256:
        expected = f"SHA-256 {content.sha256}, as a moment ago"
        raise IdxError(path, 0, expected, f"SHA-256 {found}", "decompressed content")
    if not array.dtype.isnative:
        array = array.byteswap(inplace=True).view(content.dtype)
    return array


def write(path: Path, array: npt.ArrayLike) -> None:
    """Write an array as IDX in gzip: the same array always makes the same bytes.

    Types u1 i1 i2 i4 f4 f8 (TypeError otherwise), 1 to 8 dimensions, none of them 0 (ValueError).
    The file appears whole or not at all.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write(folder + "/a.gz", np.array([[1, 2], [3, 4]], np.int16))
    ...     read(folder + "/a.gz")
    array([[1, 2],
           [3, 4]], dtype=int16)
    """
    array = np.asarray(array)
    codes = {np.dtype(name): code for code, name in DTYPES.items()}
    native = array.dtype.newbyteorder("=")
    if native not in codes:
        raise TypeError(
            f"IDX holds {', '.join(str(d) for d in codes)}, and this array is {array.dtype}: "
            "convert it with .astype"
        )
    if not 1 <= array.ndim <= 8 or 0 in array.shape:
        raise ValueError(f"IDX holds 1 to 8 dimensions above 0, and the shape is {array.shape}")
    header = struct.pack(f">4B{array.ndim}I", 0, 0, codes[native], array.ndim, *array.shape)
    payload = np.ascontiguousarray(array, native.newbyteorder(">")).reshape(-1).view(np.uint8)
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    from minigrad._files import replacing  # not above: who only reads needs no minigrad

    with replacing(path) as file:
        file.write(b"\x1f\x8b\x08" + bytes(5) + b"\x02\xff")  # no name and no time of writing
        file.write(deflater.compress(header))
        file.write(deflater.compress(payload.data))
        file.write(deflater.flush())
        crc = zlib.crc32(payload.data, zlib.crc32(header))
        file.write(struct.pack("<2I", crc, (len(header) + payload.size) & 0xFFFFFFFF))


def _stream(
    path: Path, shape: Shape | None, dtype: np.dtype[Any] | None, limit: int
) -> Iterator[bytes]:
    """Yield the checked IDX header, then the payload block by block, exactly as many bytes."""
    with naming(path), opened(path, limit) as file:
        size = os.fstat(file.fileno()).st_size
        blocks = inflate(path, file, size)
        held = b""
        wanted = 4
        while len(held) < wanted:
            block = next(blocks, b"")
            if not block:
                raise IdxError(
                    path,
                    len(held),
                    f"an IDX header of {wanted} bytes",
                    f"{len(held)} bytes",
                    "decompressed content",
                )
            held += block
            if len(held) >= 4:
                wanted = 4 + 4 * _dimensions(path, held[:4], shape, dtype)
        header, block = held[:wanted], held[wanted:]
        _check_shape(path, header, shape, size, limit)
        found_shape, found_dtype = _decode(header)
        expected = math.prod(found_shape) * found_dtype.itemsize
        yield header
        received = 0
        while block or (block := next(blocks, b"")):
            received += len(block)
            if received > expected:
                raise IdxError(
                    path,
                    wanted + expected,
                    f"the end after {expected} bytes of payload",
                    "more bytes",
                    "decompressed content",
                )
            yield block
            block = b""
        if received < expected:
            raise IdxError(
                path,
                wanted + received,
                f"{expected} bytes of payload for shape {found_shape}",
                f"{received} bytes",
                "decompressed content",
            )


def _decode(header: bytes) -> tuple[tuple[int, ...], np.dtype[Any]]:
    return struct.unpack(f">{header[3]}I", header[4:]), np.dtype(DTYPES[header[2]])


def _dimensions(path: Path, magic: bytes, shape: Shape | None, dtype: np.dtype[Any] | None) -> int:
    """Check the four bytes that begin an IDX and return the number of dimensions."""

    def refuse(offset: int, expected: str, found: str = magic.hex(" ")) -> IdxError:
        return IdxError(path, offset, expected, found, "decompressed content")

    if magic[:2] != b"\0\0":
        found = f"{magic.hex(' ')} ({kind(magic)} inside gzip)"
        raise refuse(0, "an IDX header (two zero bytes)", found)
    if magic[2] not in DTYPES:
        codes = ", ".join(f"{code:02x} {name}" for code, name in DTYPES.items())
        raise refuse(2, f"an IDX type code ({codes})")
    if dtype is not None and np.dtype(DTYPES[magic[2]]) != dtype:
        raise refuse(2, f"the IDX type code of {dtype}")
    if not 1 <= magic[3] <= 8:
        raise refuse(3, "1 to 8 dimensions")
    if shape is not None and magic[3] != len(shape):
        raise refuse(3, f"{len(shape)} dimensions, for shape {_words(shape)}")
    return magic[3]


def _check_shape(path: Path, header: bytes, shape: Shape | None, size: int, limit: int) -> None:
    found, dtype = _decode(header)
    payload = math.prod(found) * dtype.itemsize

    def refuse(axis: int, expected: str, said: str) -> IdxError:
        return IdxError(path, 4 + 4 * axis, expected, said, "decompressed content")

    if 0 in found:
        raise refuse(found.index(0), "dimensions above 0", f"shape {found}")
    for axis, wanted in enumerate(shape or ()):
        if wanted not in (None, found[axis]):
            raise refuse(axis, f"shape {_words(shape)}", f"shape {found}")
    if payload > EXPANSION * size:
        most = f"at most {EXPANSION * size} bytes, as {size} bytes of gzip cannot hold more"
        raise refuse(0, most, f"shape {found}, {payload} bytes")
    if payload > limit:
        raise refuse(0, f"at most {limit} bytes (the limit)", f"shape {found}, {payload} bytes")


def _words(shape: Shape | None) -> str:
    """A shape as it is printed, with n for any number."""
    return str(tuple(shape or ())).replace("None", "n")
