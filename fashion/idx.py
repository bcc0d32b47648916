"""Arrays in gzip-compressed IDX files: a strict, bounded reader and a deterministic writer.

An IDX file is two zero bytes, a type code, the number of dimensions, each dimension as a big-endian
u4, then the elements, big-endian and row-major. Nothing here knows of files' names or the network.
"""

from __future__ import annotations

import hashlib
import math
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from . import files

DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}
LIMIT = 1 << 28  # bytes: no file and no content above 256 MiB is read unless the caller says so
EXPANSION = 1032  # deflate never makes more bytes than this out of one
CHUNK = 1 << 16  # compressed bytes read at a time
BLOCK = 1 << 18  # decompressed bytes held at a time
FIELD = 1 << 16  # the longest text field of a gzip header that is believed
MEMBERS = 1 << 16  # gzip members in one file
FHCRC, FEXTRA, FNAME, FCOMMENT, RESERVED = 0x02, 0x04, 0x08, 0x10, 0xE0

Path = str | os.PathLike[str]


class IdxError(ValueError):
    """Says which file is not what it should be, at which byte, what was expected and what found.

    `offset` counts within the file, or within its decompressed content when the message says so.

    >>> print(IdxError("a.gz", 0, "gzip (1f 8b)", "an empty file"))
    a.gz: at byte 0 of the file: expected gzip (1f 8b), found an empty file
    """

    def __init__(
        self, path: Path, offset: int, expected: str, found: str, within: str = "file"
    ) -> None:
        super().__init__(path, offset, expected, found, within)
        self.path, self.offset, self.expected, self.found = path, offset, expected, found
        self.within = within

    def __str__(self) -> str:
        return (
            f"{os.fspath(self.path)}: at byte {self.offset} of the {self.within}: "
            f"expected {self.expected}, found {self.found}"
        )


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
    shape: tuple[int, ...] | None = None,
    dtype: npt.DTypeLike | None = None,
    limit: int = LIMIT,
    sink: Sink | None = None,
) -> Content:
    """Prove that a file is one whole IDX array in gzip, and say which, in 4 MiB of memory.

    `shape` and `dtype`, when given, are required; `limit` bounds the bytes of file and of content.
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
    shape: tuple[int, ...] | None = None,
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

    >>> from fashion import datasets
    >>> path = datasets.SAMPLE / "t10k-labels-idx1-ubyte.gz"
    >>> fill(path, scan(path))[:5]
    array([9, 2, 1, 1, 6], dtype=uint8)
    """
    array = np.empty(content.shape, content.dtype.newbyteorder(">"))
    flat = array.reshape(-1).view(np.uint8)
    stream = _stream(path, content.shape, content.dtype, limit)
    next(stream)
    filled = 0
    for block in stream:
        flat[filled : filled + len(block)] = np.frombuffer(block, np.uint8)
        filled += len(block)
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
    with files.replacing(path) as file:
        file.write(b"\x1f\x8b\x08" + bytes(5) + b"\x02\xff")  # no name and no time of writing
        file.write(deflater.compress(header))
        file.write(deflater.compress(payload.data))
        file.write(deflater.flush())
        crc = zlib.crc32(payload.data, zlib.crc32(header))
        file.write(struct.pack("<2I", crc, (len(header) + payload.size) & 0xFFFFFFFF))


def _stream(
    path: Path, shape: tuple[int, ...] | None, dtype: np.dtype[Any] | None, limit: int
) -> Iterator[bytes]:
    """Yield the checked IDX header, then the payload block by block, exactly as many bytes."""
    with _opened(path, limit) as file:
        size = os.fstat(file.fileno()).st_size
        blocks = _inflate(path, file, size)
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


def _dimensions(
    path: Path, magic: bytes, shape: tuple[int, ...] | None, dtype: np.dtype[Any] | None
) -> int:
    """Check the four bytes that begin an IDX and return the number of dimensions."""

    def refuse(offset: int, expected: str, found: str = magic.hex(" ")) -> IdxError:
        return IdxError(path, offset, expected, found, "decompressed content")

    if magic[:2] != b"\0\0":
        found = f"{magic.hex(' ')} ({_kind(magic)} inside gzip)"
        raise refuse(0, "an IDX header (two zero bytes)", found)
    if magic[2] not in DTYPES:
        codes = ", ".join(f"{code:02x} {name}" for code, name in DTYPES.items())
        raise refuse(2, f"an IDX type code ({codes})")
    if dtype is not None and np.dtype(DTYPES[magic[2]]) != dtype:
        raise refuse(2, f"the IDX type code of {dtype}")
    if not 1 <= magic[3] <= 8:
        raise refuse(3, "1 to 8 dimensions")
    if shape is not None and magic[3] != len(shape):
        raise refuse(3, f"{len(shape)} dimensions, for shape {shape}")
    return magic[3]


def _check_shape(
    path: Path, header: bytes, shape: tuple[int, ...] | None, size: int, limit: int
) -> None:
    found, dtype = _decode(header)
    payload = math.prod(found) * dtype.itemsize

    def refuse(axis: int, expected: str, said: str) -> IdxError:
        return IdxError(path, 4 + 4 * axis, expected, said, "decompressed content")

    if 0 in found:
        raise refuse(found.index(0), "dimensions above 0", f"shape {found}")
    if shape is not None and found != shape:
        axis = next(axis for axis in range(len(shape)) if found[axis] != shape[axis])
        raise refuse(axis, f"shape {shape}", f"shape {found}")
    if payload > EXPANSION * size:
        most = f"at most {EXPANSION * size} bytes, as {size} bytes of gzip cannot hold more"
        raise refuse(0, most, f"shape {found}, {payload} bytes")
    if payload > limit:
        raise refuse(0, f"at most {limit} bytes (the limit)", f"shape {found}, {payload} bytes")


def _opened(path: Path, limit: int) -> BinaryIO:
    """Open a regular file of bearable size; a FIFO must not block and a device not be touched."""
    _check_regular(path, os.stat(path), limit)
    flags = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)
    file = open(path, "rb", opener=lambda name, _: os.open(name, flags))
    try:
        _check_regular(path, os.fstat(file.fileno()), limit)  # it may have been exchanged since
    except BaseException:
        file.close()
        raise
    return file


def _check_regular(path: Path, status: os.stat_result, limit: int) -> None:
    kinds = {
        stat.S_IFDIR: "a directory",
        stat.S_IFIFO: "a FIFO",
        stat.S_IFCHR: "a character device",
        stat.S_IFBLK: "a block device",
        stat.S_IFSOCK: "a socket",
    }
    if not stat.S_ISREG(status.st_mode):
        kind = kinds.get(stat.S_IFMT(status.st_mode), "something else")
        raise IdxError(path, 0, "a regular file", kind)
    if status.st_size > limit:
        most = f"a file of at most {limit} bytes (the limit)"
        raise IdxError(path, 0, most, f"{status.st_size} bytes")


def _inflate(path: Path, file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield what the gzip members of a file hold, in blocks, and check every member's frame."""
    start = members = 0
    while start < size or not members:
        members += 1
        if members > MEMBERS:
            raise IdxError(path, start, f"at most {MEMBERS} gzip members", "more")
        file.seek(start)
        _skip_header(path, file, start, members)
        inflater = zlib.decompressobj(-zlib.MAX_WBITS)
        crc = length = 0
        while not inflater.eof:
            data = inflater.unconsumed_tail or file.read(CHUNK)
            offset = file.tell() - len(data)
            try:
                block = inflater.decompress(data, BLOCK)
            except zlib.error as error:
                raise IdxError(
                    path, offset, "valid deflate data from here on", str(error)
                ) from None
            if not data and not block and not inflater.eof:
                raise IdxError(path, offset, "more deflate data", "the end of the file (it is cut)")
            crc = zlib.crc32(block, crc)
            length += len(block)
            if block:
                yield block
        end = file.tell() - len(inflater.unused_data)
        file.seek(end)
        stored = struct.unpack("<2I", _take(path, file, 8, "CRC-32 and length of a gzip member"))
        if stored[0] != crc:
            raise IdxError(path, end, f"CRC-32 {crc:08x}, as the data has", f"{stored[0]:08x}")
        if stored[1] != length & 0xFFFFFFFF:
            raise IdxError(path, end + 4, f"length {length}, as the data has", str(stored[1]))
        start = end + 8


def _skip_header(path: Path, file: BinaryIO, start: int, member: int) -> None:
    """Check the header of the gzip member at `start` and leave the file where its data begin."""
    first = file.read(2)
    if first != b"\x1f\x8b":
        found = _kind(first + file.read(30)) if first else "an empty file"
        expected = "gzip (1f 8b)" if member == 1 else "the end of the file or a gzip member (1f 8b)"
        raise IdxError(path, start, expected, found)
    rest = _take(path, file, 8, "a gzip header of 10 bytes")
    method, flags = rest[0], rest[1]
    if method != 8:
        raise IdxError(path, start + 2, "compression method 8 (deflate)", str(method))
    if flags & RESERVED:
        raise IdxError(path, start + 3, "gzip flags without reserved bits", f"{flags:02x}")
    header = first + rest
    if flags & FEXTRA:
        header += (length := _take(path, file, 2, "the length of a gzip extra field"))
        header += _take(path, file, int.from_bytes(length, "little"), "a gzip extra field")
    for flag, name in ((FNAME, "file name"), (FCOMMENT, "comment")):
        if flags & flag:
            offset = file.tell()
            text = file.read(FIELD)
            end = text.find(0) + 1
            if not end:
                found = f"none within {len(text)} bytes"
                raise IdxError(path, offset, f"a zero byte that ends the gzip {name}", found)
            header += text[:end]
            file.seek(offset + end)
    if flags & FHCRC:
        stored = int.from_bytes(_take(path, file, 2, "the CRC-16 of a gzip header"), "little")
        if stored != (crc := zlib.crc32(header) & 0xFFFF):
            offset = file.tell() - 2
            raise IdxError(path, offset, f"header CRC-16 {crc:04x}", f"{stored:04x}")


def _take(path: Path, file: BinaryIO, count: int, what: str) -> bytes:
    data = file.read(count)
    if len(data) < count:
        found = f"the end of the file after {len(data)} bytes (it is cut)"
        raise IdxError(path, file.tell(), f"{what} ({count} bytes)", found)
    return data


def _kind(start: bytes) -> str:
    """Name what the first bytes of a file or of a content look like."""
    known = {
        b"\x1f\x8b": "gzip",
        b"BZh": "bzip2",
        b"\xfd7zX": "xz",
        b"PK": "zip",
        b"\x28\xb5\x2f\xfd": "zstandard",
        b"\x78\x01": "zlib",
        b"\x78\x5e": "zlib",
        b"\x78\x9c": "zlib",
        b"\x78\xda": "zlib",
        b"\x93NUM": "NumPy's npy",
    }
    for magic, name in known.items():
        if start.startswith(magic):
            return name
    if start.lstrip().startswith(b"<"):
        return f"text that looks like HTML or XML, {start!r}"
    if len(start) >= 4 and start[:2] == b"\0\0" and start[2] in DTYPES:
        return "plain IDX, not compressed"
    if len(start) >= 4 and start[2:4] == b"\0\0" and start[1] in DTYPES:
        return "IDX in the reversed byte order"
    return "an unknown format" if len(start) == 4 else f"bytes {start[:8].hex(' ')}"
