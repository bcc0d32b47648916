"""Reading and writing IDX: every bad file is refused with four facts, in bounded memory."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import os
import pickle
import struct
import subprocess
import sys
import time
import zlib
from pathlib import Path

import full_data
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from misbehaving_server import child_environment

from fashion import datasets, idx, sources

LABELS = datasets.SAMPLE / "t10k-labels-idx1-ubyte.gz"
REAL = LABELS.read_bytes()
CONTENT = gzip.decompress(REAL)
SHAPE = (1000,)
CODE = {np.dtype(name): code for code, name in idx.DTYPES.items()}


def member(content: bytes, flags: int = 0, fields: bytes = b"", level: int = 9, **broken) -> bytes:
    """Return one gzip member; `broken` may name a method, crc, size or deflate data to put in."""
    deflater = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    data = broken.get("data", deflater.compress(content) + deflater.flush())
    head = struct.pack("<4BI2B", 0x1F, 0x8B, broken.get("method", 8), flags, 0, 0, 3) + fields
    crc, size = broken.get("crc", zlib.crc32(content)), broken.get("size", len(content))
    return head + data + struct.pack("<2I", crc, size)


def content(shape: tuple[int, ...], code: int = 8, payload: bytes | None = None) -> bytes:
    """Return an IDX of zeros of this shape, or of the payload given."""
    head = struct.pack(f">4B{len(shape)}I", 0, 0, code, len(shape), *shape)
    return head + (bytes(int(np.prod(shape))) if payload is None else payload)


def with_header_crc(head_fields: bytes, flags: int, wrong: int = 0) -> bytes:
    head = struct.pack("<4BI2B", 0x1F, 0x8B, 8, flags | idx.FHCRC, 0, 0, 3) + head_fields
    crc = (zlib.crc32(head) & 0xFFFF) ^ wrong
    return head + struct.pack("<H", crc) + member(CONTENT)[10:]


GOOD = member(CONTENT)
STORED = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS)
WITH_DICTIONARY = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS, zdict=CONTENT)
BEYOND = WITH_DICTIONARY.compress(CONTENT) + WITH_DICTIONARY.flush()

# name: (bytes of the file, words that the message must hold). All are read with SHAPE and u1.
BAD: dict[str, tuple[bytes, str]] = {
    # not gzip
    "empty": (b"", "an empty file"),
    "one byte": (b"\x1f", "bytes 1f"),
    "html": (b"<!DOCTYPE html><html>404</html>", "HTML"),
    "html after spaces": (b"\n\n  <html></html>", "HTML"),
    "xml": (b"<?xml version='1.0'?><Error/>", "XML"),
    "json": (b'{"error": "no such file"}', "bytes 7b"),
    "zlib": (zlib.compress(CONTENT), "zlib"),
    "zlib level 0": (zlib.compress(CONTENT, 0), "zlib"),
    "raw deflate": (zlib.compress(CONTENT)[2:-4], "expected gzip"),
    "bzip2": (bz2.compress(CONTENT), "bzip2"),
    "xz": (lzma.compress(CONTENT), "xz"),
    "zip": (b"PK\x03\x04" + bytes(40), "zip"),
    "zstandard": (b"\x28\xb5\x2f\xfd" + bytes(40), "zstandard"),
    "npy": (b"\x93NUMPY\x01\x00" + bytes(40), "npy"),
    "plain IDX": (CONTENT, "plain IDX"),
    "zeros": (bytes(1000), "bytes 00 00"),
    "git lfs pointer": (b"version https://git-lfs.github.com/spec/v1\n", "bytes 76"),
    "byte order mark first": (b"\xef\xbb\xbf" + GOOD, "bytes ef"),
    "newline first": (b"\n" + GOOD, "bytes 0a"),
    "magic reversed": (b"\x8b\x1f" + GOOD[2:], "bytes 8b"),
    "text mode": (GOOD.replace(b"\x8b", b"\xef\xbf\xbd"), "expected gzip"),
    # the gzip header
    "header cut": (GOOD[:9], "gzip header"),
    "method 0": (member(CONTENT, method=0), "method 8"),
    "method 7": (member(CONTENT, method=7), "method 8"),
    "method 255": (member(CONTENT, method=255), "method 8"),
    "reserved flag 20": (member(CONTENT, flags=0x20), "reserved"),
    "reserved flag 40": (member(CONTENT, flags=0x40), "reserved"),
    "reserved flag 80": (member(CONTENT, flags=0x80), "reserved"),
    "name without end": (member(CONTENT, idx.FNAME)[:10] + b"a" * 300, "file name"),
    "name too long": (member(CONTENT, idx.FNAME, b"a" * 70000 + b"\0"), "file name"),
    "comment without end": (member(CONTENT, idx.FCOMMENT)[:10] + b"c" * 300, "comment"),
    "extra length cut": (member(CONTENT, idx.FEXTRA)[:11], "extra field"),
    "extra field cut": (member(CONTENT, idx.FEXTRA)[:10] + b"\xff\xff" + bytes(20), "extra field"),
    "header CRC wrong": (with_header_crc(b"", 0, wrong=1), "CRC-16"),
    "header CRC wrong after name": (with_header_crc(b"n\0", idx.FNAME, wrong=256), "CRC-16"),
    "header CRC cut": (with_header_crc(b"", 0)[:11], "CRC-16"),
    # deflate
    "header only": (GOOD[:10], "more deflate data"),
    "cut after a byte of data": (GOOD[:11], "more deflate data"),
    "cut in the middle": (GOOD[: len(GOOD) // 2], "more deflate data"),
    "cut before the CRC": (GOOD[:-8], "CRC-32 and length"),
    "cut in the CRC": (GOOD[:-6], "CRC-32 and length"),
    "cut before ISIZE": (GOOD[:-4], "CRC-32 and length"),
    "cut in ISIZE": (GOOD[:-1], "CRC-32 and length"),
    "block type 3": (member(CONTENT, data=b"\x07" + bytes(20)), "invalid block type"),
    "stored lengths disagree": (member(CONTENT, data=b"\x01\x05\x00\x05\x00hello"), "stored block"),
    "distance too far back": (member(CONTENT, data=BEYOND), "invalid distance"),
    "code lengths wrong": (member(CONTENT, data=b"\xfd\xff" + bytes(40)), "valid deflate data"),
    "no final block": (member(CONTENT, data=b"\x00\x01\x00\xfe\xffa"), "valid deflate data"),
    "data of zeros": (member(CONTENT, data=bytes(1000)), "valid deflate data"),
    # the gzip trailer
    "CRC wrong": (member(CONTENT, crc=zlib.crc32(CONTENT) ^ 1), "CRC-32"),
    "CRC zero": (member(CONTENT, crc=0), "CRC-32"),
    "CRC byte-swapped": (
        member(CONTENT, crc=int.from_bytes(struct.pack(">I", zlib.crc32(CONTENT)), "little")),
        "CRC-32",
    ),
    "ISIZE too small": (member(CONTENT, size=len(CONTENT) - 1), "length 1008"),
    "ISIZE too large": (member(CONTENT, size=len(CONTENT) + 1), "length 1008"),
    "ISIZE zero": (member(CONTENT, size=0), "length 1008"),
    # after the last member
    "garbage after": (GOOD + b"garbage", "end of the file or a gzip member"),
    "a zero after": (GOOD + b"\0", "end of the file or a gzip member"),
    "padded to 4 KiB": (GOOD.ljust(4096, b"\0"), "end of the file or a gzip member"),
    "newline after": (GOOD + b"\n", "end of the file or a gzip member"),
    "half a header after": (GOOD + GOOD[:5], "gzip header"),
    "two files joined": (GOOD + GOOD, "the end after 1000 bytes"),
    "plain IDX after": (GOOD + CONTENT, "plain IDX"),
    "second member bad CRC": (member(CONTENT[:9]) + member(CONTENT[9:], crc=1), "CRC-32"),
    "second member cut": (member(CONTENT[:9]) + member(CONTENT[9:])[:-9], "deflate data"),
    # the content's header
    "gzip inside gzip": (member(GOOD), "gzip inside gzip"),
    "html inside gzip": (member(b"<html>not found</html>"), "HTML"),
    "empty content": (member(b""), "IDX header of 4 bytes"),
    "content of three bytes": (member(CONTENT[:3]), "IDX header of 4 bytes"),
    "no dimensions follow": (member(CONTENT[:4]), "IDX header of 8 bytes"),
    "half a dimension": (member(CONTENT[:6]), "IDX header of 8 bytes"),
    "first byte 1": (member(b"\1" + CONTENT[1:]), "two zero bytes"),
    "second byte 8": (member(b"\0\x08" + CONTENT[2:]), "two zero bytes"),
    "reversed byte order": (member(CONTENT[3::-1] + CONTENT[4:]), "reversed byte order"),
    "type code 0": (member(b"\0\0\0\1" + CONTENT[4:]), "type code"),
    "type code 0a": (member(b"\0\0\x0a\1" + CONTENT[4:]), "type code"),
    "type code 0f": (member(b"\0\0\x0f\1" + CONTENT[4:]), "type code"),
    "type i1": (member(b"\0\0\x09\1" + CONTENT[4:]), "type code of uint8"),
    "type i4": (member(content((1000,), 0x0C, bytes(4000))), "type code of uint8"),
    "type f8": (member(content((1000,), 0x0E, bytes(8000))), "type code of uint8"),
    "no dimension": (member(b"\0\0\x08\0" + CONTENT[4:]), "1 to 8 dimensions"),
    "9 dimensions": (member(content((1,) * 9)), "1 to 8 dimensions"),
    "255 dimensions": (member(b"\0\0\x08\xff" + bytes(1020)), "1 to 8 dimensions"),
    "two dimensions": (member(content((1000, 1))), "1 dimensions, for shape (1000,)"),
    "images for labels": (member(content((10, 10, 10))), "1 dimensions"),
    "zero dimension": (member(content((0,))), "dimensions above 0"),
    "one too few": (member(content((999,))), "shape (1000,)"),
    "one too many": (member(content((1001,))), "shape (1000,)"),
    "dimension little-endian": (member(b"\0\0\x08\1\xe8\3\0\0" + CONTENT[8:]), "shape (1000,)"),
    "dimension 2**32 - 1": (member(b"\0\0\x08\1\xff\xff\xff\xff" + CONTENT[8:]), "shape (1000,)"),
    # the payload
    "no payload": (member(CONTENT[:8]), "found 0 bytes"),
    "payload a byte short": (member(CONTENT[:-1]), "found 999 bytes"),
    "payload a byte long": (member(CONTENT + b"\0"), "more bytes"),
    "payload twice": (member(CONTENT + CONTENT[8:]), "more bytes"),
    "a bomb of 64 MiB after it": (member(CONTENT + bytes(1 << 26)), "more bytes"),
    "lines of a csv": (member(b"label,pixel1\n" * 10), "two zero bytes"),
}

FEXTRA_FIELD = struct.pack("<H", 4) + b"abcd"
ODD: dict[str, bytes] = {
    "real": REAL,
    "two members": member(CONTENT[:500]) + member(CONTENT[500:]),
    "a member for each byte": b"".join(member(bytes([byte])) for byte in CONTENT),
    "header in a member of its own": member(CONTENT[:4])
    + member(CONTENT[4:8])
    + member(CONTENT[8:]),
    "empty member first": member(b"") + GOOD,
    "empty member last": GOOD + member(b""),
    "name": member(CONTENT, idx.FNAME, b"t10k-labels-idx1-ubyte\0"),
    "name in Latin-1": member(CONTENT, idx.FNAME, b"\xe9t\xe9\0"),
    "comment": member(CONTENT, idx.FCOMMENT, b"made by hand\0"),
    "extra field": member(CONTENT, idx.FEXTRA, FEXTRA_FIELD),
    "empty extra field": member(CONTENT, idx.FEXTRA, b"\0\0"),
    "extra, name and comment": member(
        CONTENT, idx.FEXTRA | idx.FNAME | idx.FCOMMENT, FEXTRA_FIELD + b"name\0comment\0"
    ),
    "header CRC": with_header_crc(b"", 0),
    "header CRC after name": with_header_crc(b"name\0", idx.FNAME),
    "text flag": member(CONTENT, flags=1),
    "stored blocks": member(CONTENT, level=0),
    "fast": member(CONTENT, level=1),
    "fixed codes": member(
        CONTENT,
        data=(fixed := zlib.compressobj(9, 8, -15, 9, zlib.Z_FIXED)).compress(CONTENT)
        + fixed.flush(),
    ),
    "flushed often": member(
        CONTENT,
        data=b"".join(
            STORED.compress(CONTENT[at : at + 10]) + STORED.flush(zlib.Z_FULL_FLUSH)
            for at in range(0, len(CONTENT), 10)
        )
        + STORED.flush(),
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_file_is_refused_with_four_facts(name, tmp_path):
    data, words = BAD[name]
    path = tmp_path / "labels with a space é.gz"
    path.write_bytes(data)
    began = time.perf_counter()
    with pytest.raises(idx.IdxError) as caught:
        idx.read(path, SHAPE, np.uint8)
    assert time.perf_counter() - began < 1
    error, message = caught.value, str(caught.value)
    assert words in message
    assert error.path == path and str(path) in message
    assert f"byte {error.offset} " in message and 0 <= error.offset <= max(len(data), len(CONTENT))
    assert f"expected {error.expected}" in message and f"found {error.found}" in message


def test_the_tables_are_as_long_as_promised():
    assert len(BAD) >= 80
    assert len(ODD) >= 10


@pytest.mark.parametrize("name", ODD)
def test_odd_but_good_file_is_read(name, tmp_path):
    path = tmp_path / "labels.gz"
    path.write_bytes(ODD[name])
    array = idx.read(path, SHAPE, np.uint8)
    assert array.tobytes() == CONTENT[8:]
    assert gzip.decompress(ODD[name]) == CONTENT  # the table itself is right


def test_offsets_point_at_the_fault(tmp_path):
    path = tmp_path / "x.gz"
    for data, offset, within in (
        (GOOD + b"garbage", len(GOOD), "file"),
        (member(CONTENT, crc=1), len(GOOD) - 8, "file"),
        (member(CONTENT, size=1), len(GOOD) - 4, "file"),
        (member(CONTENT, flags=0x20), 3, "file"),
        (member(b"\0\0\x0a\1" + CONTENT[4:]), 2, "decompressed content"),
        (member(CONTENT[:-1]), 1007, "decompressed content"),
        (member(CONTENT + b"\0"), 1008, "decompressed content"),
    ):
        path.write_bytes(data)
        with pytest.raises(idx.IdxError) as caught:
            idx.scan(path)
        assert (caught.value.offset, caught.value.within) == (offset, within)


def outcome(path: Path, data: bytes) -> bytes | None:
    path.write_bytes(data)
    try:
        return idx.read(path).tobytes()
    except idx.IdxError:
        return None


def check_damage(path: Path, real: bytes) -> tuple[int, int]:
    """Return how many truncations and flips of a file were refused; the others must not matter."""
    payload = gzip.decompress(real)[8:]
    refused = same = 0
    for cut in range(len(real)):
        assert outcome(path, real[:cut]) is None, f"cut after {cut} bytes"
    for at in range(len(real)):
        for bit in range(8):
            damaged = bytearray(real)
            damaged[at] ^= 1 << bit
            found = outcome(path, bytes(damaged))
            assert found in (None, payload), f"bit {bit} of byte {at}"
            refused += found is None
            same += found is not None
    return refused, same


def test_every_truncation_and_flip_of_a_real_label_file(tmp_path):
    refused, same = check_damage(tmp_path / "damaged.gz", REAL)
    assert refused + same == 8 * len(REAL)
    assert same <= 8 * 8  # the time, the hints and the spare bits at deflate's end


@pytest.mark.slow
@pytest.mark.full
def test_every_truncation_and_flip_of_the_full_test_labels(tmp_path):
    refused, same = check_damage(
        tmp_path / "damaged.gz", (full_data.folder() / sources.TEST_LABELS.name).read_bytes()
    )
    assert same <= 8 * 8 and refused > 40_000


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=48), st.booleans())
def test_any_header_is_read_or_refused(tmp_path_factory, head, zeros_first):
    data = (b"\0\0" if zeros_first else b"") + head
    path = tmp_path_factory.getbasetemp() / "any.gz"
    path.write_bytes(member(data))
    try:
        array = idx.read(path)
    except idx.IdxError as error:
        assert error.path == path
    else:
        assert data[:4] == bytes([0, 0, CODE[array.dtype], array.ndim])
        assert data[4 + 4 * array.ndim :] == array.astype(array.dtype.newbyteorder(">")).tobytes()


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.binary(max_size=40))
def test_any_gzip_header_is_read_or_refused(tmp_path_factory, head):
    path = tmp_path_factory.getbasetemp() / "any.gz"
    found = outcome(path, b"\x1f\x8b\x08" + head + GOOD[10:])
    assert found in (None, CONTENT[8:])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    st.sampled_from(sorted(idx.DTYPES.values())),
    st.lists(st.integers(1, 4), min_size=1, max_size=8),
    st.integers(0, 2**32),
)
def test_what_is_written_is_read(tmp_path_factory, kind, shape, seed):
    generator = np.random.default_rng(seed)
    count = int(np.prod(shape)) * np.dtype(kind).itemsize
    array = np.frombuffer(generator.bytes(count), kind).reshape(shape)
    path = tmp_path_factory.getbasetemp() / "written.gz"
    idx.write(path, array)
    back = idx.read(path, tuple(shape), kind)
    assert back.dtype == array.dtype and back.dtype.isnative and back.flags.writeable
    assert back.tobytes() == array.tobytes()  # bytes, for nan is not itself


def test_payload_is_big_endian(tmp_path):
    idx.write(tmp_path / "a.gz", np.array([1, -2], np.int32))
    raw = gzip.decompress((tmp_path / "a.gz").read_bytes())
    assert raw == bytes.fromhex("00000c01 00000002 00000001 fffffffe")


def test_writing_is_deterministic_and_takes_any_layout(tmp_path):
    array = np.arange(24, dtype=np.int16).reshape(4, 6)
    for name, given_array in (
        ("a", array),
        ("b", np.asfortranarray(array)),
        ("c", array.astype(">i2")),
        ("d", np.repeat(array, 2, axis=1)[:, ::2]),
    ):
        idx.write(tmp_path / name, given_array)
    written = {path.read_bytes() for path in tmp_path.iterdir()}
    assert len(written) == 1
    assert written.pop()[4:8] == bytes(4)


@pytest.mark.parametrize("array", [np.zeros(3, np.int64), np.zeros(3, bool), np.zeros(3, "U1")])
def test_writing_refuses_types_that_idx_lacks(array, tmp_path):
    with pytest.raises(TypeError, match="astype"):
        idx.write(tmp_path / "a.gz", array)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,) * 9])
def test_writing_refuses_shapes_that_reading_would(shape, tmp_path):
    with pytest.raises(ValueError, match="dimensions"):
        idx.write(tmp_path / "a.gz", np.zeros(shape, np.uint8))
    assert not list(tmp_path.iterdir())


def test_error_survives_pickling():
    error = pickle.loads(pickle.dumps(idx.IdxError("a", 3, "b", "c")))
    assert (error.path, error.offset, error.expected, error.found) == ("a", 3, "b", "c")


def test_a_missing_file_is_the_systems_error(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        idx.read(tmp_path / "none.gz")
    assert str(caught.value.filename) == str(tmp_path / "none.gz")


def test_a_directory_is_refused(tmp_path):
    with pytest.raises((idx.IdxError, PermissionError), match="directory|denied"):
        idx.read(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_a_fifo_and_a_device_are_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(idx.IdxError, match="FIFO"):
        idx.read(tmp_path / "fifo")
    with pytest.raises(idx.IdxError, match="character device"):
        idx.read("/dev/zero")


def link(path: Path, target: Path) -> Path:
    try:
        path.symlink_to(target)
    except OSError:
        pytest.skip("links cannot be made here")
    return path


def test_links(tmp_path):
    good = tmp_path / "good.gz"
    good.write_bytes(GOOD)
    assert idx.read(link(tmp_path / "to file", good)).shape == SHAPE
    with pytest.raises(OSError):
        idx.read(link(tmp_path / "dangling", tmp_path / "nothing"))
    with pytest.raises(OSError):
        idx.read(link(tmp_path / "loop", tmp_path / "loop"))


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root reads everything")
def test_an_unreadable_file_is_the_systems_error(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(GOOD)
    path.chmod(0)
    with pytest.raises(PermissionError) as caught:
        idx.read(path)
    assert str(caught.value.filename) == str(path)


def test_a_read_only_folder_will_do(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(GOOD)
    tmp_path.chmod(0o500)
    try:
        assert idx.read(path).shape == SHAPE
    finally:
        tmp_path.chmod(0o700)


def test_limits_are_stated(tmp_path):
    path = tmp_path / "a.gz"
    path.write_bytes(GOOD)
    with pytest.raises(idx.IdxError, match=r"at most 999 bytes \(the limit\)"):
        idx.read(path, limit=999)
    with pytest.raises(idx.IdxError, match=r"a file of at most 9 bytes \(the limit\)"):
        idx.read(path, limit=9)
    path.write_bytes(member(b"") * (idx.MEMBERS + 1))
    with pytest.raises(idx.IdxError, match="gzip members"):
        idx.read(path)
    path.write_bytes(member(content((1 << 20,), payload=b"")))
    with pytest.raises(idx.IdxError, match="cannot hold more"):
        idx.read(path)


def big(shape: tuple[int, ...], crc_wrong: bool = False, declared: tuple[int, ...] = ()) -> bytes:
    """Return a gzip of zeros of this shape, or with the header of another one."""
    mebi, count = bytes(1 << 20), int(np.prod(shape))
    head, rest = content(declared or shape, payload=b""), bytes(count % (1 << 20))

    def deflated(data: bytes) -> bytes:
        deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
        return deflater.compress(data) + deflater.flush(zlib.Z_FULL_FLUSH)

    data = deflated(head) + deflated(mebi) * (count >> 20) + deflated(rest) + b"\3\0"
    crc = zlib.crc32(head)
    for _ in range(count >> 20):
        crc = zlib.crc32(mebi, crc)
    crc = zlib.crc32(rest, crc) ^ crc_wrong
    return member(b"", data=data, crc=crc, size=(len(head) + count) & 0xFFFFFFFF)


CHILD = """
import json, re, sys, time
from fashion import idx
def peak():  # not getrusage, which counts the parent's memory before exec, too
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
idx.read(sys.argv[1])
results = []
for path in sys.argv[2:]:
    before, began = peak(), time.perf_counter()
    try:
        size = idx.read(path, *([(1000,), "u1"] if "labels" in path else [])).nbytes
    except idx.IdxError:
        size = None
    results.append([path, size, peak() - before, time.perf_counter() - began])
print(json.dumps(results))
"""


@pytest.mark.slow
@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the peak is read there")
def test_memory_and_time_are_bounded(tmp_path):
    """A bad file costs 4 MiB and a second at most, bombs too; a good one its array and 4 MiB."""
    images = (60000, 28, 28)
    small = tmp_path / "small.gz"
    small.write_bytes(GOOD)
    cases = {f"labels: {name}": data for name, (data, _) in BAD.items()}
    cases |= {
        "47 MB with a wrong CRC": big(images, crc_wrong=True),
        "47 MB a byte short": big((images[0] * 784 - 1,), declared=images),
        "47 MB a byte long": big((images[0] * 784 + 1,), declared=images),
        "1 GiB truthful": big((1 << 30,)),
        "1 GiB in a file that says 47 MB": big((1 << 30,), declared=images),
        "4 GiB declared": big((1 << 20,), declared=(0xFFFFFFFF,)),
        "2**256 declared": member(content((1 << 31,) * 8, payload=bytes(1000))),
        "64 MiB of empty stored blocks": member(b"", data=b"\0\0\0\xff\xff" * ((1 << 26) // 5)),
    }
    paths = []
    for number, (name, data) in enumerate(cases.items()):
        paths.append(str(tmp_path / f"{number}{' labels' if 'labels' in name else ''}.gz"))
        Path(paths[-1]).write_bytes(data)
    good = tmp_path / "good.gz"
    good.write_bytes(big(images))
    paths.append(str(good))
    run = subprocess.run(
        [sys.executable, "-c", CHILD, str(small), *paths],
        capture_output=True, text=True, check=True, env=child_environment(),
    )  # fmt: skip
    *bad, fine = json.loads(run.stdout)
    assert [name for name, (_, size, _, _) in zip(cases, bad, strict=True) if size] == []
    grown = sum(growth for _, _, growth, _ in bad)
    assert grown < 4 << 20, f"all bad files together took {grown} bytes"
    slowest = max(seconds for _, _, _, seconds in bad)
    assert slowest < 1
    assert fine[1] == 47_040_000 and fine[2] < fine[1] + (4 << 20)
    print(f"{len(bad)} bad files: {grown} bytes, {slowest:.2f} s; good: {fine[2] - fine[1]} bytes")
