"""The data set: where it is looked for, what is refused, its items, and its fast copies."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import shutil
import threading
import time
from pathlib import Path

import full_data
import numpy as np
import pytest
from misbehaving_server import Exchange, Server

from fashion import cache, datasets, download, idx, places, proof, sources
from minigrad import _files as files

SAMPLE = sources.SAMPLE_TRAIN + sources.SAMPLE_TEST
IMAGES, LABELS = sources.SAMPLE_TEST


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    """Let the sample stand in for the full set, and no copy of the developer's be seen."""
    monkeypatch.setenv("FASHION_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(sources, "TRAIN", sources.SAMPLE_TRAIN)
    monkeypatch.setattr(sources, "TEST", sources.SAMPLE_TEST)
    monkeypatch.setattr(sources, "FILES", SAMPLE)


def filled(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for source in SAMPLE:
        shutil.copy(datasets.SAMPLE / source.name, folder)
    return folder


@pytest.fixture
def root(tmp_path) -> Path:
    return filled(tmp_path / "root")


# --- where it is looked for ---


@pytest.mark.parametrize("where", ["root", "root/FashionMNIST/raw", "elsewhere"])
def test_places(where, tmp_path):
    folder = filled(tmp_path / where)
    images, labels = datasets.load_arrays(tmp_path / "root", train=False)
    assert images.shape == (1000, 28, 28) and labels[:3].tolist() == [9, 2, 1]
    assert datasets.find(tmp_path / "root", train=False) == [folder / s.name for s in sources.TEST]


def test_the_order_of_places(tmp_path, monkeypatch):
    home = tmp_path / "home"
    monkeypatch.setenv("FASHION_DATA", os.pathsep.join(["a", "", "b"]))
    assert datasets.places("r") == [Path("r"), Path("r/FashionMNIST/raw"), Path("a"), Path("b")]
    monkeypatch.delenv("FASHION_DATA")
    debian = Path(sources.DEBIAN_FOLDER)
    assert datasets.places() == [tmp_path / "cache" / "minigrad-fashion", debian]
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.setenv("LOCALAPPDATA", str(home / "local"))
    for platform, folder in (("linux", ".cache"), ("darwin", "Library/Caches"), ("win32", "local")):
        monkeypatch.setattr("sys.platform", platform)
        assert datasets.places()[0] == home / folder / "minigrad-fashion"
    monkeypatch.setenv("FASHION_DATA", "")
    assert datasets.places() == []


def test_nothing_found_says_where_and_what_to_do(tmp_path):
    for error in (FileNotFoundError, RuntimeError, datasets.DatasetNotFound):
        with pytest.raises(error, match="You can|What to do") as caught:
            datasets.FashionMNIST(tmp_path / "root")
    said = str(caught.value)
    for words in (
        "Dataset not found",
        "download=True",
        "elsewhere",
        "FashionMNIST",
        SAMPLE[0].name,
    ):
        assert words in said
    assert sources.DEBIAN_PACKAGE in said and "python -m fashion download" in said


def test_the_sample_is_never_taken_by_itself(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("FASHION_DATA", "")
    for train in (True, False):
        with pytest.raises(datasets.DatasetNotFound):
            datasets.load_arrays(tmp_path, train)


def test_a_wrong_file_in_the_root_is_an_error_though_others_are_right(root, tmp_path):
    filled(tmp_path / "elsewhere")
    (root / LABELS.name).write_bytes(b"<html>")
    with pytest.raises(idx.IdxError, match="HTML"):
        datasets.load_arrays(root, train=False)


def test_a_wrong_file_in_another_place_is_told_and_passed_over(tmp_path, monkeypatch):
    wrong, right = filled(tmp_path / "wrong"), filled(tmp_path / "right")
    (wrong / LABELS.name).write_bytes(b"<html>")
    monkeypatch.setenv("FASHION_DATA", os.pathsep.join([str(wrong), str(right)]))
    with pytest.warns(UserWarning, match="passed over .*wrong.*HTML"):
        labels = datasets.load_arrays(train=False)[1]
    assert labels[:3].tolist() == [9, 2, 1]
    (right / LABELS.name).unlink()
    with pytest.warns(UserWarning), pytest.raises(idx.IdxError, match="HTML"):
        datasets.load_arrays(train=False)


# --- what is refused ---


def test_other_content_of_the_right_shape_is_refused_by_its_hash(root):
    digits = np.zeros(IMAGES.shape, np.uint8)
    idx.write(root / IMAGES.name, digits)
    with pytest.raises(idx.IdxError, match="Fashion-MNIST's t10k-images") as caught:
        datasets.load_arrays(root, train=False)
    assert IMAGES.sha256 in caught.value.expected and "SHA-256" in caught.value.found
    assert (datasets.load_arrays(root, train=False, verify=False)[0] == digits).all()


def test_mnist_is_named(root, monkeypatch):
    import hashlib

    idx.write(root / IMAGES.name, np.zeros(IMAGES.shape, np.uint8))
    digest = hashlib.md5((root / IMAGES.name).read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(sources, "MNIST_GZIP_MD5", frozenset({digest}))
    with pytest.raises(idx.IdxError, match="MNIST's digits"):
        datasets.load_arrays(root, train=False)


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize(
    ("name", "array"),
    [
        (IMAGES.name, np.zeros((999, 28, 28), np.uint8)),
        (IMAGES.name, np.zeros((1000, 28, 27), np.uint8)),
        (IMAGES.name, np.zeros((1000, 784), np.uint8)),
        (IMAGES.name, np.zeros((1000, 28, 28), np.int8)),
        (LABELS.name, np.zeros(999, np.uint8)),
        (LABELS.name, np.zeros((1000, 1), np.uint8)),
        (LABELS.name, np.r_[np.zeros(999), 10].astype(np.uint8)),
    ],
)
def test_other_shapes_types_and_labels_are_refused(name, array, verify, root):
    idx.write(root / name, array)
    with pytest.raises(idx.IdxError) as caught:
        datasets.load_arrays(root, train=False, verify=verify)
    assert caught.value.path == root / name
    if array.max() and not verify:
        assert (caught.value.offset, caught.value.found) == (8 + 999, "label 10")


# --- the data set ---


def test_items(root):
    ds = datasets.FashionMNIST(root, train=False)
    images, labels = datasets.load_sample(train=False)
    assert len(ds) == 1000
    image, label = ds[3]
    assert image.shape == (28, 28) and image.dtype == np.uint8 and type(label) is int
    assert (image == images[3]).all() and label == labels[3]
    assert ds[-1][1] == labels[-1] and ds[np.int64(3)][1] == label
    for outside in (1000, -1001):
        with pytest.raises(IndexError):
            ds[outside]
    with pytest.raises(TypeError):
        ds[1:3]  # type: ignore[index]
    assert (ds.data == images).all() and ds.data.dtype == np.uint8
    assert (ds.targets == labels).all() and ds.targets.dtype == np.int64


def test_it_can_be_iterated_to_its_end(root):
    assert [label for _, label in datasets.FashionMNIST(root, train=False)] == list(
        datasets.load_sample(train=False)[1]
    )


def test_names_and_repr(root):
    ds = datasets.FashionMNIST(str(root), transform=np.flipud)
    assert ds.classes[0] == "T-shirt/top" and ds.class_to_idx["Ankle boot"] == 9
    assert (ds.root, ds.train) == (str(root), True)
    lines = repr(ds).splitlines()
    assert lines[0] == "Dataset FashionMNIST"
    assert "    Number of datapoints: 2000" in lines and "    Split: Train" in lines
    assert any("flipud" in line for line in lines)


class Halve:
    takes_batches = True

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []

    def __call__(self, images):
        self.shapes.append(images.shape)
        return images / 2


def test_a_batch_at_once(root):
    ds = datasets.FashionMNIST(root, train=False)
    for indices in ([5, 0, 5, -1], np.array([5, 0, 5, -1]), range(4)):
        images, labels = ds.__getitems__(indices)
        assert images.shape == (4, 28, 28) and labels.dtype == np.int64
        for image, label, index in zip(images, labels, indices, strict=True):
            assert (image == ds[index][0]).all() and label == ds[index][1]
    with pytest.raises(IndexError):
        ds.__getitems__([1000])


def test_a_transform_gets_the_whole_batch_if_it_takes_batches(root):
    halve = Halve()
    ds = datasets.FashionMNIST(root, train=False, transform=halve)
    images, labels = ds.__getitems__([1, 2, 3])
    assert halve.shapes == [(3, 28, 28)] and (images == ds.data[1:4] / 2).all()
    assert (labels == ds.targets[1:4]).all()
    assert (ds[1][0] == images[0]).all() and halve.shapes[1] == (28, 28)


def test_other_transforms_get_image_after_image(root):
    ds = datasets.FashionMNIST(
        root, train=False, transform=lambda image: image.shape, target_transform=lambda k: -k
    )
    assert ds.__getitems__([0, 1]) == [((28, 28), -9), ((28, 28), -2)]
    assert ds[0] == ((28, 28), -9)


def test_download_fetches_what_is_missing_and_no_more(tmp_path, monkeypatch):
    bodies = {source.name: (datasets.SAMPLE / source.name).read_bytes() for source in SAMPLE}
    with Server(bodies, Exchange.answer) as server:
        # `fetch` took its default when it was defined.
        monkeypatch.setattr(download.fetch, "__defaults__", (None, [server.url], 60.0, True))
        ds = datasets.FashionMNIST(tmp_path / "root", train=False, download=True)
        assert len(ds) == 1000 and len(server.log) == 4
        datasets.FashionMNIST(tmp_path / "root", train=True, download=True)
        assert len(server.log) == 4
        raw = tmp_path / "root" / "FashionMNIST" / "raw"
        assert {source.name for source in SAMPLE} <= {path.name for path in raw.iterdir()}
        (raw / LABELS.name).write_bytes(b"<html>")
        assert len(datasets.FashionMNIST(tmp_path / "root", train=False, download=True)) == 1000
        assert len(server.log) == 5


# --- copies that load at once ---


@pytest.fixture
def inflations(monkeypatch) -> list[Path]:
    """The gzip files that were inflated, in order."""
    seen: list[Path] = []
    stream = idx._stream

    def seeing(path, *rest):
        seen.append(Path(path))
        return stream(path, *rest)

    monkeypatch.setattr(idx, "_stream", seeing)
    return seen


def copy_of(root: Path, source: sources.Source = IMAGES) -> Path:
    return root / source.name.replace(".gz", ".checked")


def load(root: Path) -> np.ndarray:
    array = cache.load(root / IMAGES.name, IMAGES)
    assert (array == datasets_images()).all()
    return array


def datasets_images() -> np.ndarray:
    if not hasattr(datasets_images, "kept"):
        datasets_images.kept = idx.read(datasets.SAMPLE / IMAGES.name)  # type: ignore[attr-defined]
    return datasets_images.kept  # type: ignore[attr-defined]


def test_the_second_load_reads_the_copy(root, inflations):
    datasets_images()
    inflations.clear()
    load(root)
    assert inflations == [root / IMAGES.name] and copy_of(root).exists()
    load(root)
    assert len(inflations) == 1
    assert sorted(path.suffix for path in root.iterdir()) == [".checked"] + [".gz"] * 4


def damage_cut(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:-1])


def damage_longer(copy: Path) -> None:
    copy.write_bytes(copy.read_bytes() + b"\0")


def damage_empty(copy: Path) -> None:
    copy.write_bytes(b"")


def damage_foreign(copy: Path) -> None:
    copy.write_bytes(np.random.default_rng(0).bytes(copy.stat().st_size))


def damage_exchanged(copy: Path) -> None:
    data = copy.read_bytes()
    copy.write_bytes(data[:16] + data[16008:24008] + data[16:16008] + data[24008:])


def damage_header(copy: Path) -> None:
    copy.write_bytes(b"\0\0\x08\x01" + copy.read_bytes()[4:])


def damage_last(copy: Path) -> None:
    data = bytearray(copy.read_bytes())
    data[-1] ^= 128
    copy.write_bytes(data)


def damage_forged(copy: Path) -> None:
    """Exchange words so that the parity of every column and the sum of every row stay as they are.

    The fingerprint that copies were once compared with, made of these, did not notice it.
    """
    data = copy.read_bytes()
    rows = np.frombuffer(data, "<u8", len(data) // 8000 * 1000).reshape(-1, 1000).copy()
    before = np.bitwise_xor.reduce(rows, axis=0), rows.sum(axis=1, dtype="<u8")
    for first in range(len(rows) - 1):
        up, down = rows[first], rows[first + 1]
        changes = up - down  # what exchanging a column's two words takes from the upper row's sum
        places = {int(change): column for column, change in enumerate(changes) if change}
        pairs = [(c, places.get(-change % 2**64)) for change, c in places.items()]
        if found := next((pair for pair in pairs if pair[1] is not None), None):
            break
    for column in found:
        rows[[first, first + 1], column] = rows[[first + 1, first], column]
    after = np.bitwise_xor.reduce(rows, axis=0), rows.sum(axis=1, dtype="<u8")
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    copy.write_bytes(rows.tobytes() + data[rows.nbytes :])


@pytest.mark.parametrize(
    "damage",
    [damage_cut, damage_longer, damage_empty, damage_foreign, damage_exchanged, damage_header,
     damage_last, damage_forged],
)  # fmt: skip
def test_a_damaged_copy_is_noticed_and_made_anew(damage, root, inflations):
    load(root)
    good = copy_of(root).read_bytes()
    times = copy_of(root).stat()
    damage(copy_of(root))
    os.utime(copy_of(root), ns=(times.st_atime_ns, times.st_mtime_ns))  # the time tells nothing
    assert copy_of(root).read_bytes() != good
    inflations.clear()
    load(root)
    assert inflations == [root / IMAGES.name]
    assert copy_of(root).read_bytes() == good


def test_the_copy_never_hides_a_gzip_file_that_has_changed(root):
    load(root)
    (root / IMAGES.name).write_bytes(b"<html>")
    with pytest.raises(idx.IdxError, match="HTML"):
        cache.load(root / IMAGES.name, IMAGES)


def test_a_gzip_file_that_was_only_touched_is_proven_and_its_copy_kept(root, inflations):
    load(root)
    inode = copy_of(root).stat().st_ino
    os.utime(root / IMAGES.name)
    inflations.clear()
    load(root)
    load(root)
    assert inflations == [root / IMAGES.name]
    assert copy_of(root).stat().st_ino == inode


def test_a_wrong_gzip_file_leaves_no_copy(root):
    idx.write(root / IMAGES.name, np.zeros(IMAGES.shape, np.uint8))
    before = sorted(root.iterdir())
    with pytest.raises(idx.IdxError):
        cache.load(root / IMAGES.name, IMAGES)
    assert sorted(root.iterdir()) == before


POSIX = pytest.mark.skipif(os.name == "nt", reason="POSIX owners, modes and links")


@POSIX
def test_a_copy_is_for_its_user_alone(root, tmp_path):
    load(root)
    assert copy_of(root).stat().st_mode & 0o777 == 0o600
    copy_of(root).unlink()
    copy_of(root).mkdir()  # so that the copy goes into the cache folder
    load(root)
    folder = tmp_path / "cache" / "minigrad-fashion"
    assert copy_of(folder).stat().st_mode & 0o777 == 0o600
    assert folder.stat().st_mode & 0o777 == 0o700


@POSIX
def test_another_users_copy_is_neither_used_nor_replaced(root, tmp_path, monkeypatch, inflations):
    load(root)
    before = copy_of(root).stat()
    monkeypatch.setattr(os, "geteuid", lambda: before.st_uid + 1)
    inflations.clear()
    load(root)
    assert root / IMAGES.name in inflations
    after = copy_of(root).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not copy_of(tmp_path / "cache" / "minigrad-fashion").exists()  # it is not theirs, either


@POSIX
def test_a_link_in_the_place_of_a_copy_is_not_followed(root, tmp_path, inflations):
    load(root)
    target = tmp_path / "target"
    copy_of(root).rename(target)
    content = target.read_bytes()
    copy_of(root).symlink_to(target)
    inflations.clear()
    load(root)
    assert inflations == [root / IMAGES.name]
    assert not copy_of(root).is_symlink() and target.read_bytes() == content


@POSIX
def test_a_fifo_in_the_place_of_a_copy_makes_nobody_wait(root):
    os.mkfifo(copy_of(root))
    load(root)
    assert copy_of(root).is_file()


@pytest.mark.parametrize("damage", [damage_empty, damage_cut, damage_foreign])
def test_what_is_done_to_the_file_later_does_not_reach_the_array(damage, root):
    load(root)
    array = cache.load(root / IMAGES.name, IMAGES)
    damage(copy_of(root))
    assert (array == datasets_images()).all()


def test_a_copy_that_is_written_to_while_it_is_read_is_right_or_not_used(root):
    load(root)
    good, stop = copy_of(root).read_bytes(), threading.Event()
    wrong = bytes(len(good))

    def disturb():
        while not stop.is_set():
            for content in (wrong, good):
                with contextlib.suppress(OSError), open(copy_of(root), "rb+") as file:
                    file.write(content)
                    file.truncate(len(content) - (content is wrong))

    thread = threading.Thread(target=disturb)
    thread.start()
    try:
        for _ in range(30):
            load(root)
    finally:
        stop.set()
        thread.join()


def test_a_gzip_file_that_is_exchanged_between_proof_and_reading_is_refused(root, monkeypatch):
    copy_of(root).mkdir()
    (root / "cache").write_bytes(b"a file, and no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "cache"))
    prove = proof.prove

    def exchanging(path, source, *rest):
        content = prove(path, source, *rest)
        if not rest:  # the last one, for want of a place for a copy
            idx.write(path, np.zeros(IMAGES.shape, np.uint8))
        return content

    monkeypatch.setattr(proof, "prove", exchanging)
    with pytest.raises(idx.IdxError, match="as a moment ago"):
        cache.load(root / IMAGES.name, IMAGES)


def test_writing_to_the_array_changes_neither_the_copy_nor_other_loads(root):
    load(root)
    array = cache.load(root / IMAGES.name, IMAGES)
    array[:] = 7
    load(root)


def test_an_unwritable_folder_gets_its_copy_in_the_cache_folder(root, tmp_path, inflations):
    copy_of(root).mkdir()  # as good as a read-only folder, for root as well
    load(root)
    assert copy_of(tmp_path / "cache" / "minigrad-fashion").is_file()
    inflations.clear()
    load(root)
    assert inflations == []


def test_where_no_copy_can_be_kept_none_is(root, tmp_path, inflations):
    datasets_images()
    inflations.clear()
    copy_of(root).mkdir()
    (tmp_path / "cache").write_bytes(b"a file, and no folder")
    load(root)
    load(root)
    assert len(set(inflations)) == 1 and len(inflations) > 2
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes everywhere")
def test_a_read_only_folder_works(root, tmp_path):
    root.chmod(0o500)
    try:
        load(root)
        load(root)
    finally:
        root.chmod(0o700)
    assert copy_of(tmp_path / "cache" / "minigrad-fashion").is_file()


def test_nothing_is_put_into_debians_folder():
    copies = cache.copy_paths(Path(sources.DEBIAN_FOLDER, IMAGES.name))
    assert [copy.parent for copy in copies] == [places.cache_folder()]


def _load_many(path: str, source: sources.Source, times: int) -> bool:
    right = idx.read(datasets.SAMPLE / source.name)
    for _ in range(times):
        if not (cache.load(path, source) == right).all():
            return False
        Path(path.replace(".gz", ".checked")).unlink(missing_ok=True)
    return True


def test_two_processes_that_make_it_at_once_both_end_right(root):
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        work = [(str(root / IMAGES.name), IMAGES, 20)] * 2
        assert pool.starmap(_load_many, work) == [True, True]
    assert [path.name for path in root.iterdir() if path.name.startswith(".")] == []


# --- files that appear whole ---


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), files.replacing(path) as file:
        file.write(b"new")
        raise ZeroDivisionError
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


def test_sweeping_takes_the_dead_and_leaves_the_living_and_the_others(tmp_path):
    dead, other = tmp_path / ".a[1].0123.part", tmp_path / ".b.0123.part"
    for path in (dead, other):
        path.write_bytes(b"")
        os.utime(path, (0, 0))
    with files.replacing(tmp_path / "a[1]") as file:
        assert not dead.exists() and other.exists()
        files.sweep(tmp_path / "a[1]")
        assert Path(file.name).exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == [".b.0123.part", "a[1]"]


def test_content_and_name_are_on_the_disk_before_and_after_the_rename(tmp_path, monkeypatch):
    calls: list[str] = []

    def noting(name):
        real = getattr(os, name)

        def call(*arguments):
            calls.append(name)
            return real(*arguments)

        monkeypatch.setattr(os, name, call)

    noting("fsync")
    noting("replace")
    with files.replacing(tmp_path / "a") as file:
        file.write(b"new")
    assert calls == ["fsync", "replace", "fsync"][: 2 if os.name == "nt" else 3]
    calls.clear()
    with files.replacing(tmp_path / "a", durable=False) as file:
        file.write(b"newer")
    assert calls == ["replace"] and (tmp_path / "a").read_bytes() == b"newer"


@pytest.mark.skipif(files.fcntl is None, reason="no locks here")
def test_a_file_that_was_swept_away_before_its_lock_is_made_again(tmp_path, monkeypatch):
    flock, swept = files.fcntl.flock, []

    def sweeping(file, how):
        if not swept:
            swept.append(file.name)
            os.unlink(file.name)
        flock(file, how)

    monkeypatch.setattr(files.fcntl, "flock", sweeping)
    with files.replacing(tmp_path / "a") as file:
        file.write(b"whole")
    assert swept and (tmp_path / "a").read_bytes() == b"whole"


# --- the full set ---


@pytest.mark.slow
@pytest.mark.full
def test_the_full_set(tmp_path, monkeypatch):
    monkeypatch.undo()
    monkeypatch.setenv("FASHION_DATA", str(full_data.folder()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    images, labels = datasets.load_arrays()
    assert images.sum(dtype=np.int64) == 3_431_114_169
    assert (images.astype(np.int32) ** 2).sum(dtype=np.int64) == 631_470_052_347
    assert labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert np.bincount(labels).tolist() == [6000] * 10
    test_labels = datasets.load_arrays(train=False)[1]
    assert test_labels[:10].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]
    assert np.bincount(test_labels).tolist() == [1000] * 10
    seconds = []
    for _ in range(5):
        began = time.process_time()
        datasets.load_arrays()
        datasets.load_arrays(train=False)
        seconds.append(time.process_time() - began)
    print(f"all four from their copies: {1000 * min(seconds):.1f} ms")
    assert min(seconds) < 0.25  # measured 44 ms; SHA-256 takes longer without instructions for it
    assert len(datasets.FashionMNIST(None)) == 60000
