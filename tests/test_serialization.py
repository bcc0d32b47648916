"""Checkpoints: what is saved comes back; what was cut, altered or is foreign is refused by name."""

import hashlib
import io
import json
import os
import pickle
import subprocess
import sys
import time
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import _files, nn, optim, safetensors, serialization
from minigrad.serialization import CheckpointError, load_latest, previous_path


def same(a, b):
    """Are these equal, type by type, and arrays bit by bit?"""
    if isinstance(a, minigrad.Tensor):
        return isinstance(b, minigrad.Tensor) and same(a.detach().numpy(), b.numpy())
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (list, tuple)):
        return len(a) == len(b) and all(map(same, a, b))
    return repr(a) == repr(b)  # nan equals nan here


def through_file(obj):
    file = io.BytesIO()
    minigrad.save(obj, file)
    return minigrad.load(io.BytesIO(file.getvalue()))


OBJECTS = [
    None,
    True,
    -3,
    2**127 + 1,
    0.1,
    float("inf"),
    float("-inf"),
    float("nan"),
    -0.0,
    1e-320,
    "text, ünïcode, \x00 and \ud800",
    [],
    (),
    {},
    [1, (2, [3, ()]), {"a": {}}],
    {0: "int", "0": "str", 1.5: "float", None: "none"},
    {True: "bool"},
    {"tensor": [1], "dict": {"tuple": None}, "array": "minigrad"},
    minigrad.tensor(3.5),
    minigrad.tensor([True, False]),
    minigrad.zeros(0, 3),
    np.arange(6, dtype=np.uint16).reshape(2, 3),
    {"a.b": minigrad.ones(2), "a": {"b": minigrad.zeros(2)}, "minigrad": minigrad.ones(1)},
    {"../../etc/passwd": np.ones(1), "": np.zeros(1), "/": np.ones(2), "x" * 300: np.ones(3)},
]


@pytest.mark.parametrize("number", range(len(OBJECTS)))
def test_what_is_saved_comes_back(number):
    assert same(OBJECTS[number], through_file(OBJECTS[number]))


@pytest.mark.parametrize(
    "dtype", ["float16", "float32", "float64", "int8", "int64", "uint8", "bool"]
)
def test_types_shapes_and_order_in_memory_are_kept(dtype):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype)
    for variant in (array, np.asfortranarray(array), array[:, ::2], array.T, array[0, 0, 0]):
        found = through_file(minigrad.from_numpy(np.asarray(variant))).numpy()
        assert same(np.asarray(variant), found)
        assert found.flags.f_contiguous == np.asarray(variant).flags.f_contiguous
        found[...] = 0  # it may be changed


def test_numpys_scalars_become_numbers():
    assert through_file([np.float32(0.5), np.int64(3), np.bool_(True), np.float64(0.1)]) == [
        0.5, 3, True, 0.1,
    ]  # fmt: skip


def test_a_training_run_goes_on_with_the_same_bits(tmp_path):
    def build():
        rng = minigrad.Generator().manual_seed(0)
        net = nn.Sequential(nn.Linear(3, 4, generator=rng), nn.BatchNorm1d(4), nn.Linear(4, 2))
        return net, optim.Adam(net.parameters(), lr=0.01, amsgrad=True), rng

    def steps(net, step, rng, count):
        for _ in range(count):
            X = minigrad.randn(8, 3, generator=rng)
            step.zero_grad()
            nn.functional.cross_entropy(net(X), (X[:, 0] > 0).long()).backward()
            step.step()

    net, step, rng = build()
    steps(net, step, rng, 3)
    state = {"net": net.state_dict(), "step": step.state_dict(), "rng": rng.get_state()}
    minigrad.save(state, tmp_path / "run.npz")
    steps(net, step, rng, 4)

    other, step2, rng2 = build()
    found = minigrad.load(tmp_path / "run.npz")
    other.load_state_dict(found["net"])
    step2.load_state_dict(found["step"])
    rng2.set_state(found["rng"])
    steps(other, step2, rng2, 4)
    assert same(dict(net.state_dict()), dict(other.state_dict()))


def test_the_name_is_taken_as_it_is_and_nothing_else_is_left(tmp_path):
    for name in ("model", "model.npz", "mödel mit leer.bin", "n" * 200):
        path = tmp_path / name
        minigrad.save([1], str(path))
        minigrad.save([2], path)
        assert minigrad.load(str(path)) == [2]
        assert os.listdir(tmp_path) == [name]
        path.unlink()


def test_numpy_opens_the_file_and_finds_arrays_by_their_place(tmp_path):
    net = nn.Linear(2, 3)
    minigrad.save({"net": net.state_dict()}, tmp_path / "model.npz")
    with np.load(tmp_path / "model.npz", allow_pickle=False) as file:
        assert sorted(file) == ["minigrad", "net.bias", "net.weight"]
        assert same(file["net.weight"], net.weight.detach().numpy())


def test_the_same_object_gives_the_same_bytes():
    first, second = io.BytesIO(), io.BytesIO()
    minigrad.save({"w": minigrad.ones(3)}, first)
    time.sleep(0.01)
    minigrad.save({"w": minigrad.ones(3)}, second)
    assert first.getvalue() == second.getvalue()


@pytest.mark.skipif(os.name != "posix", reason="modes and masks are POSIX's")
def test_the_mode_is_that_of_an_ordinary_new_file(tmp_path):
    minigrad.save(1, tmp_path / "saved")
    (tmp_path / "plain").write_bytes(b"")
    modes = {path.stat().st_mode for path in tmp_path.iterdir()}
    assert len(modes) == 1


# -- what cannot be saved --------------------------------------------------------------------------
LOOP: list = []
LOOP.append({"again": LOOP})


@pytest.mark.parametrize(
    ("obj", "kind", "words"),
    [
        ({"a": [1, {2}]}, TypeError, "obj['a'][1], a set"),
        ({"a": b"bytes"}, TypeError, "obj['a'], a bytes"),
        ([nn.Linear(1, 1)], TypeError, "its state_dict()"),
        ({(1, 2): 3}, TypeError, "the key (1, 2) of obj"),
        (np.array([None]), TypeError, "an array of object"),
        (np.array(["a"]), TypeError, "an array of <U1"),
        ([1 + 2j], TypeError, "a complex"),
        (LOOP, ValueError, "contains itself"),
    ],
)
def test_what_cannot_be_saved_is_named_and_leaves_the_old_file(tmp_path, obj, kind, words):
    path = tmp_path / "model.npz"
    minigrad.save("old", path)
    with pytest.raises(kind) as caught:
        minigrad.save(obj, path)
    assert words in str(caught.value)
    assert minigrad.load(path) == "old" and os.listdir(tmp_path) == ["model.npz"]


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "model.npz"
    minigrad.save("old", path)
    for name in ("fsync", "replace"):

        def fail(*args, name=name):
            raise OSError(28, f"no space left on device, says {name}")

        with monkeypatch.context() as patch:
            patch.setattr(os, name, fail)
            with pytest.raises(OSError, match=name):
                minigrad.save("new", path)
        assert minigrad.load(path) == "old" and os.listdir(tmp_path) == ["model.npz"]
    with pytest.raises(OSError):
        minigrad.save("new", tmp_path / "missing" / "model.npz")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError):
        minigrad.save("new", tmp_path / "folder")
    assert sorted(os.listdir(tmp_path)) == ["folder", "model.npz"]


@pytest.mark.skipif(_files.fcntl is None, reason="no locks here")
def test_leavings_of_a_killed_process_go_at_the_next_save(tmp_path):
    dead, living, other = (
        tmp_path / name for name in (".m.npz.a.part", ".m.npz.b.part", ".other.npz.c.part")
    )
    for path in (dead, living, other):
        path.write_bytes(b"half")
    with open(living, "rb+") as held:
        _files.fcntl.flock(held, _files.fcntl.LOCK_EX)
        minigrad.save(1, tmp_path / "m.npz")
    assert sorted(os.listdir(tmp_path)) == sorted([living.name, other.name, "m.npz"])


def test_without_locks_only_old_leavings_go(tmp_path, monkeypatch):
    monkeypatch.setattr(_files, "fcntl", None)
    old, young = tmp_path / ".m.npz.a.part", tmp_path / ".m.npz.b.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 3600,) * 2)
    minigrad.save(1, tmp_path / "m.npz")
    assert sorted(os.listdir(tmp_path)) == sorted([young.name, "m.npz"])


# -- what is refused -----------------------------------------------------------------------------
@pytest.fixture(scope="module")
def small() -> bytes:
    file = io.BytesIO()
    minigrad.save({"w": minigrad.tensor([1.0, 2.0]), "step": 3}, file)
    return file.getvalue()


def refused(data: bytes) -> bool:
    try:
        minigrad.load(io.BytesIO(data))
    except CheckpointError:
        return True
    return False


def test_every_truncation_is_refused(small):
    assert [n for n in range(len(small)) if not refused(small[:n])] == []


def test_every_flipped_bit_is_refused(small):
    passed = []
    for position in range(len(small)):
        for bit in range(8):
            data = bytearray(small)
            data[position] ^= 1 << bit
            if not refused(bytes(data)):
                passed.append((position, bit))
    assert passed == []


def test_appended_repeated_and_swapped_bytes_are_refused(small):
    assert refused(small + b"\0") and refused(small + small) and refused(b"\0" + small)
    assert refused(small[:300] + small[310:]) and refused(small[::-1])
    assert refused(small[:200] + bytes(100) + small[300:])


def npz(**arrays) -> bytes:
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


class Hostile:
    """What a pickle would run."""

    def __reduce__(self):
        return os.system, ("echo hostile > /dev/null; exit 1",)


def signed(head, *, compression=zipfile.ZIP_STORED, **members) -> bytes:
    """A file with a right checksum that minigrad.save did not write."""
    file = io.BytesIO()
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    members = {"minigrad": np.frombuffer(text, np.uint8), **members}
    with zipfile.ZipFile(file, "w", compression) as out:
        for name, content in members.items():
            if isinstance(content, np.ndarray):
                buffer = io.BytesIO()
                np.save(buffer, content, allow_pickle=True)
                content = buffer.getvalue()
            out.writestr(zipfile.ZipInfo(f"{name}.npy"), content, compression)
        out.comment = b"minigrad sha256 " + b"0" * 64
    body = file.getvalue()[:-64]
    return body + hashlib.sha256(body).hexdigest().encode()


def array_header(shape: str, descr: str = "'<f8'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}"
    text += " " * (63 - (10 + len(text)) % 64) + "\n"
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


def sealed(file: io.BytesIO) -> bytes:
    """The file with a right checksum in the place of its last bytes."""
    body = file.getvalue()[:-64]
    return body + hashlib.sha256(body).hexdigest().encode()


def npy(array: np.ndarray) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def twice() -> bytes:
    file = io.BytesIO()
    text = np.frombuffer(json.dumps(TENSOR).encode(), np.uint8)
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as out:
        warnings.simplefilter("ignore")  # zipfile says so, too
        for name, array in (("minigrad", text), ("w", np.ones(1)), ("w", np.zeros(1))):
            out.writestr(f"{name}.npy", npy(array))
        out.comment = b"minigrad sha256 " + b"0" * 64
    return sealed(file)


def overlapping(count: int = 20, size: int = 1000) -> bytes:
    """Each array contains the next member whole: the sizes add up to many times the file's."""
    inner = b""
    offsets = []
    for i in reversed(range(count)):
        array = npy(np.frombuffer(inner + bytes(size), np.uint8))
        piece = io.BytesIO()
        with zipfile.ZipFile(piece, "w") as out:
            out.writestr(zipfile.ZipInfo(f"m{i}.npy"), array)
            info = out.infolist()[0]
        whole = piece.getvalue()[: piece.getvalue().rindex(b"PK\x01\x02")]
        offsets = [(info, 0)] + [(k, at + whole.index(inner)) for k, at in offsets if inner]
        inner = whole
    head = {"format": 1, "object": [{"array": f"m{i}"} for i in range(count)]}
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as out:
        out.writestr("minigrad.npy", npy(np.frombuffer(json.dumps(head).encode(), np.uint8)))
        start = file.tell()
        file.write(inner)
        out.start_dir = file.tell()
        for info, at in offsets:
            info.header_offset = start + at
            out.filelist.append(info)
            out.NameToInfo[info.filename] = info
        out.comment = b"minigrad sha256 " + b"0" * 64
    return sealed(file)


def lying() -> bytes:
    """The directory says that the member has few bytes, and it inflates to many."""
    data = signed(TENSOR, compression=zipfile.ZIP_DEFLATED, w=np.zeros(10**6))
    file = io.BytesIO(data)
    with zipfile.ZipFile(file) as there:
        size = there.getinfo("w.npy").file_size
    at = data.rindex(b"PK\x01\x02")
    small = data[:at] + data[at:].replace(size.to_bytes(4, "little"), (200).to_bytes(4, "little"))
    return sealed(io.BytesIO(small))


def deep(n: int) -> bytes:
    return b'{"format":1,"object":' + b"[" * n + b"]" * n + b"}"


TENSOR = {"format": 1, "object": {"tensor": "w"}}
FOREIGN = {
    "empty": (b"", "the file is empty"),
    "text": (b"hello, this is no checkpoint", "not a file of minigrad.save"),
    "pickle": (pickle.dumps({"a": 1}), "not a file of minigrad.save"),
    "another npz": (npz(w=np.ones(3)), "not a file of minigrad.save"),
    "an npz that begins alike": (npz(minigrad=np.ones(3)), "cut short or altered"),
    "newer": (signed({"format": 2, "object": 1}), "made by a newer minigrad: format 2"),
    "format 0": (signed({"format": 0, "object": 1}), "no number of a format"),
    "format as text": (signed({"format": "1", "object": 1}), "no number of a format"),
    "no format": (signed({"object": 1}), "KeyError"),
    "no object": (signed({"format": 1}), "KeyError"),
    "no dict": (signed([1]), "TypeError"),
    "no JSON": (signed(b"\xff\xfe{"), "made by something else than minigrad.save"),
    "nested very deep": (signed(deep(200_000)), "RecursionError"),
    "missing member": (signed(TENSOR), "KeyError"),
    "unknown kind": (signed({"format": 1, "object": {"code": "x"}}), "'code' is no kind"),
    "two kinds": (signed({"format": 1, "object": {"dict": [], "tuple": []}}), "ValueError"),
    "bad items": (signed({"format": 1, "object": {"dict": [1]}}), "TypeError"),
    "bad key": (signed({"format": 1, "object": {"dict": [[[1], 2]]}}), "TypeError"),
    "tensor of dates": (signed(TENSOR, w=np.array(["2020"], "M8[Y]")), "an array of datetime64"),
    "tensor of uint64": (signed(TENSOR, w=np.ones(1, np.uint64)), "no tensor but an array"),
    "objects": (signed(TENSOR, w=np.array([Hostile()])), "an array of object"),
    "huge": (signed(TENSOR, w=array_header("(10**15,)".replace("10**15", "10" * 8))), "0 bytes"),
    "negative": (signed(TENSOR, w=array_header("(-1, -8)") + bytes(64)), "64 bytes"),
    "too long": (signed(TENSOR, w=array_header("(1,)") + bytes(9)), "has 9 bytes"),
    "bad type": (signed(TENSOR, w=array_header("(1,)", "'<zz'") + bytes(8)), "something else"),
    "no array": (signed(TENSOR, w=b"plainly not"), "ValueError"),
    "compressed": (signed(TENSOR, compression=zipfile.ZIP_DEFLATED, w=np.ones(9)), "compressed"),
    "another byte order": (signed(TENSOR, w=np.ones(1, ">f4")), "no tensor but an array of >f4"),
    "complex": (signed(TENSOR, w=np.ones(1, complex)), "an array of complex128"),
    "text in an array": (signed(TENSOR, w=np.array(["a"])), "an array of <U1"),
    "records": (signed(TENSOR, w=np.zeros(1, [("a", "f4")])), "an array of [('a'"),
    "product overflows": (signed(TENSOR, w=array_header("(2**33, 2**33)")), "something else"),
    "shape of floats": (signed(TENSOR, w=array_header("(1.0,)") + bytes(8)), "something else"),
    "array format 3": (
        signed(TENSOR, w=array_header("(1,)").replace(b"\x01\x00", b"\x03\x00", 1) + bytes(8)),
        "an array of format (3, 0)",
    ),
    "long header": (signed(TENSOR, w=array_header("(" + "1," * 20_000 + ")")), "something else"),
    "format true": (signed({"format": True, "object": 1}), "no number of a format"),
    "format 1.0": (signed({"format": 1.0, "object": 1}), "no number of a format"),
    "far too new": (signed({"format": 10**30, "object": 1}), "update minigrad"),
    "number of too many digits": (signed(b'{"format":' + b"1" * 5000 + b"}"), "something else"),
    "member with a path": (
        signed({"format": 1, "object": {"tensor": "../w"}}, **{"../w": np.ones(1)}),
        "'../w.npy' is no name of a member",
    ),
    "member with an absolute path": (
        signed({"format": 1, "object": {"tensor": "/etc/w"}}, **{"/etc/w": np.ones(1)}),
        "is no name of a member",
    ),
    "member that nothing uses": (
        signed({"format": 1, "object": 1}, w=np.ones(1)),
        "nothing uses its member w",
    ),
    "member twice": (twice(), "a member is there twice"),
    "members that overlap": (overlapping(), "they overlap"),
    "bomb": (
        signed(TENSOR, compression=zipfile.ZIP_DEFLATED, w=np.zeros(10**6)),
        "larger than the file",
    ),
    "bomb that lies about its size": (lying(), "something else than minigrad.save"),
    "used twice": (
        signed({"format": 1, "object": [{"tensor": "w"}] * 2}, w=np.ones(9)),
        "KeyError",
    ),
}


@pytest.mark.parametrize("name", FOREIGN)
def test_foreign_hostile_and_newer_files_are_refused_by_name_and_reason(tmp_path, name):
    data, words = FOREIGN[name]
    path = tmp_path / "model.npz"
    path.write_bytes(data)
    tracemalloc.start()
    with pytest.raises(CheckpointError) as caught:
        minigrad.load(path)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.path == path and words in caught.value.reason
    assert memory < 3 * len(data) + 2**20, f"{memory} bytes for a file of {len(data)}"
    assert str(caught.value) == f"{path}: {caught.value.reason}"
    assert isinstance(caught.value, ValueError)


def test_a_right_file_of_the_helper_is_accepted():
    assert minigrad.load(io.BytesIO(signed(TENSOR, w=np.ones(2)))).tolist() == [1.0, 1.0]


def test_a_good_file_takes_no_more_than_three_times_its_size(tmp_path):
    path = tmp_path / "model.npz"
    minigrad.save({"a": minigrad.ones(2**18), "b": minigrad.ones(2**18)}, path)
    tracemalloc.start()
    minigrad.load(path)
    memory = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert memory < 3 * path.stat().st_size


def test_failures_of_the_system_stay_what_they_are(tmp_path):
    with pytest.raises(FileNotFoundError):
        minigrad.load(tmp_path / "missing")
    with pytest.raises(OSError):
        minigrad.load(tmp_path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a FIFO")
def test_what_is_no_regular_file_is_refused_and_not_waited_for(tmp_path):
    path = tmp_path / "run.npz"
    os.mkfifo(path)
    for name in (path, "/dev/zero"):
        with pytest.raises(CheckpointError, match=f"{name}: not a regular file"):
            minigrad.load(name)
        with pytest.raises(ValueError, match=f"{name}: not a regular file"):
            safetensors.load_file(name)
    minigrad.save(1, previous_path(path))
    found, used, refusals = load_latest(path)
    assert (found, used) == (1, previous_path(path)) and "regular" in refusals[0].reason
    minigrad.save(2, path, keep_previous=True)  # replaces it, and keeps the good one
    assert minigrad.load(path) == 2 and minigrad.load(previous_path(path)) == 1


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="needs Linux's /proc")
def test_an_error_of_the_disk_names_the_file(tmp_path):
    path = tmp_path / "run.npz"
    path.symlink_to("/proc/self/mem")  # which cannot be read at 0
    for read in (minigrad.load, load_latest, safetensors.load_file):
        with pytest.raises(OSError, match="run.npz"):
            read(path)


# -- the file before -----------------------------------------------------------------------------
def test_the_previous_file_is_kept_and_used_when_the_newest_is_torn(tmp_path):
    path = tmp_path / "run.npz"
    minigrad.save(1, path, keep_previous=True)
    assert os.listdir(tmp_path) == ["run.npz"]
    minigrad.save(2, path, keep_previous=True)
    minigrad.save(3, path, keep_previous=True)
    assert minigrad.load(path) == 3 and minigrad.load(previous_path(path)) == 2
    assert sorted(os.listdir(tmp_path)) == ["run.npz", "run.npz.prev"]
    assert load_latest(path) == (3, path, [])

    path.write_bytes(path.read_bytes()[:-10])
    found, used, refusals = load_latest(str(path))
    assert (found, used) == (2, previous_path(path))
    assert [error.path for error in refusals] == [path] and "cut short" in refusals[0].reason

    minigrad.save(4, path, keep_previous=True)  # the torn one does not take the good one's place
    assert minigrad.load(path) == 4 and minigrad.load(previous_path(path)) == 2


def test_the_previous_file_is_found_where_the_newest_is_missing(tmp_path):
    path = tmp_path / "run.npz"
    minigrad.save(1, previous_path(path))
    assert load_latest(path) == (1, previous_path(path), [])


def test_a_file_that_does_not_suit_is_refused_with_the_reason(tmp_path):
    path = tmp_path / "run.npz"
    minigrad.save({"lr": 0.1}, path)
    minigrad.save({"lr": 0.5}, path, keep_previous=True)

    def check(obj):
        if obj["lr"] != 0.1:
            raise ValueError(f"it was made with lr={obj['lr']}, and this run has lr=0.1")

    found, used, refusals = load_latest(path, check)
    assert found == {"lr": 0.1} and used == previous_path(path)
    assert str(refusals[0]) == f"{path}: it was made with lr=0.5, and this run has lr=0.1"


def test_with_no_good_file_all_reasons_are_given(tmp_path):
    path = tmp_path / "run.npz"
    with pytest.raises(FileNotFoundError) as missing:
        load_latest(path)
    assert missing.value.filename == str(path)
    path.write_bytes(b"")
    with pytest.raises(CheckpointError, match="the file is empty"):
        load_latest(path)
    previous_path(path).write_bytes(b"other")
    with pytest.raises(CheckpointError, match="empty; and run.npz.prev: not a file of minigrad"):
        load_latest(path)


def test_without_links_the_previous_file_is_kept_all_the_same(tmp_path, monkeypatch):
    def no_links(*args):
        raise OSError(1, "no links here")

    monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "run.npz"
    for n in (1, 2, 3):
        minigrad.save(n, path, keep_previous=True)
    assert minigrad.load(path) == 3 and minigrad.load(previous_path(path)) == 2
    assert sorted(os.listdir(tmp_path)) == ["run.npz", "run.npz.prev"]


def test_a_good_file_stands_at_every_boundary_of_the_write(tmp_path, monkeypatch):
    """Stop before and after each call to the system that changes the disk, as a kill would."""
    path = tmp_path / "run.npz"

    class Killed(BaseException):
        pass

    real = {name: getattr(os, name) for name in ("fsync", "replace", "link", "open")}
    for stop in range(20):
        minigrad.save("old", path)
        minigrad.save("middle", path, keep_previous=True)
        count = 0

        def counted(name, stop=stop):
            def call(*args, **kwargs):
                nonlocal count
                if count == stop:
                    raise Killed
                count += 1
                result = real[name](*args, **kwargs)
                if count == stop:
                    raise Killed
                count += 1
                return result

            return call

        with monkeypatch.context() as patch:
            for name in real:
                patch.setattr(os, name, counted(name))
            patch.setattr(Path, "unlink", lambda self: None)  # a kill cleans nothing up
            try:
                minigrad.save("new", path, keep_previous=True)
                finished = True
            except Killed:
                finished = False
        found, _, refusals = load_latest(path)
        assert found in ("middle", "new") and refusals == []
        if finished:
            assert found == "new"
            break
        for leaving in tmp_path.glob(".run*.part"):
            leaving.unlink()
    else:
        pytest.fail("the write has more boundaries than this test tries")
    assert stop >= 8


KILLED = """
import sys, minigrad
w = minigrad.ones(200_000)
print("ready", flush=True)
n = 0
while True:
    n += 1
    minigrad.save({"n": n, "w": w * n}, sys.argv[1], keep_previous=True)
"""


@pytest.mark.slow
def test_kill_at_random_moments_leaves_a_good_file(tmp_path):
    path = tmp_path / "run.npz"
    rng = np.random.default_rng(0)
    environment = {**os.environ, "PYTHONPATH": str(Path(minigrad.__file__).parents[1])}
    last = 0
    for _ in range(10):
        child = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, env=environment
        )
        assert child.stdout is not None and child.stdout.readline().strip() == b"ready"
        time.sleep(0.1 + 0.1 * rng.random())
        child.kill()
        child.wait()
        child.stdout.close()
        found, used, refusals = load_latest(path)
        assert used == path and refusals == []
        assert found["w"].tolist() == [float(found["n"])] * 200_000
        last = max(last, found["n"])
    assert last > 1


def test_importing_minigrad_leaves_the_heavy_modules_alone():
    code = "import numpy.random, sys; before = set(sys.modules); import minigrad; "
    code += "print(sorted({'zipfile', 'json', 'pathlib', 'pickle'} & (set(sys.modules) - before)))"
    environment = {**os.environ, "PYTHONPATH": str(Path(minigrad.__file__).parents[1])}
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    assert out.stdout.strip() == b"[]"


def test_the_source_never_pickles():
    text = Path(serialization.__file__).read_text(encoding="utf-8")
    assert "import pickle" not in text and "allow_pickle=True" not in text
