"""The gzip of a file, read strictly and in little memory: what is not whole and right is refused.

Nothing here knows what the content means; that is for `idx`.
"""

from __future__ import annotations

import contextlib
import os
import stat
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO

LIMIT = 1 << 28  # bytes: no file and no content above 256 MiB is read unless the caller says so
EXPANSION = 1032  # deflate never makes more bytes than this out of one
CHUNK = 1 << 16  # compressed bytes read at a time
BLOCK = 1 << 18  # decompressed bytes held at a time
FIELD = 1 << 16  # the longest text field of a gzip header that is believed
MEMBERS = 1 << 16  # gzip members in one file
FHCRC, FEXTRA, FNAME, FCOMMENT, RESERVED = 0x02, 0x04, 0x08, 0x10, 0xE0
IDX_CODES = (0x08, 0x09, 0x0B, 0x0C, 0x0D, 0x0E)  # by which plain IDX is recognised

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


def opened(path: Path, limit: int = LIMIT) -> BinaryIO:
    """Open a regular file of bearable size; a FIFO must not block and a device not be touched.

    >>> try:
    ...     opened(".")
    ... except IdxError as error:
    ...     print(error)
    .: at byte 0 of the file: expected a regular file, found a directory
    """
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
        found = kinds.get(stat.S_IFMT(status.st_mode), "something else")
        raise IdxError(path, 0, "a regular file", found)
    if status.st_size > limit:
        most = f"a file of at most {limit} bytes (the limit)"
        raise IdxError(path, 0, most, f"{status.st_size} bytes")


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Put the file's name into an OSError that comes without one, as a failing disk's does.

    >>> try:
    ...     with naming("a.gz"):
    ...         raise OSError(5, "Input/output error")
    ... except OSError as error:
    ...     print(error)
    [Errno 5] Input/output error: 'a.gz'
    """
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = os.fspath(path)
        raise


def inflate(path: Path, file: BinaryIO, size: int) -> Iterator[bytes]:
    """Yield what the gzip members of a file hold, in blocks, and check every member's frame.

    `size` is the file's, in bytes. IdxError at the first byte that is not gzip's.

    >>> from fashion import datasets
    >>> path = datasets.SAMPLE / "t10k-labels-idx1-ubyte.gz"
    >>> with opened(path) as file:
    ...     len(b"".join(inflate(path, file, path.stat().st_size)))
    1008
    """
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
        found = kind(first + file.read(30)) if first else "an empty file"
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


def kind(start: bytes) -> str:
    """Name what the first bytes of a file or of a content look like.

    >>> kind(b"PK\\3\\4")
    'zip'
    """
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
    if len(start) >= 4 and start[:2] == b"\0\0" and start[2] in IDX_CODES:
        return "plain IDX, not compressed"
    if len(start) >= 4 and start[2:4] == b"\0\0" and start[1] in IDX_CODES:
        return "IDX in the reversed byte order"
    return "an unknown format" if len(start) == 4 else f"bytes {start[:8].hex(' ')}"
