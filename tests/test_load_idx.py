"""Files of one's own: any number of images, other sizes and classes; disks that fail; memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from misbehaving_server import child_environment

from fashion import __main__, datasets, idx, sources, transforms
from fashion.data import DataLoader

IMAGES, LABELS = (source.name for source in sources.TEST)
RNG = np.random.default_rng(0)


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    monkeypatch.setenv("FASHION_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def written(folder: Path, images=None, labels=None) -> Path:
    folder.mkdir(exist_ok=True)
    for name, array in ((IMAGES, images), (LABELS, labels)):
        if array is not None:
            idx.write(folder / name, np.asarray(array, np.uint8))
    return folder


def pictures(count: int, height: int = 28, width: int = 28) -> np.ndarray:
    return RNG.integers(0, 256, (count, height, width), np.uint8)


# --- load_arrays(verify=False) ---


@pytest.mark.parametrize("count", [1, 37, 10_001])
def test_any_number_of_images_with_as_many_labels(count, tmp_path):
    images, labels = pictures(count), RNG.integers(0, 10, count)
    root = written(tmp_path / "root", images, labels)
    found = datasets.load_arrays(root, train=False, verify=False)
    assert (found[0] == images).all() and (found[1] == labels).all()
    with pytest.raises(idx.IdxError, match=r"expected shape \(10000, 28, 28\)|\(10000,\)"):
        datasets.load_arrays(root, train=False)


@pytest.mark.parametrize(("images", "labels"), [(5, 4), (5, 6), (10_000, 5), (5, 10_000)])
def test_as_many_labels_as_images_are_wanted(images, labels, tmp_path):
    root = written(tmp_path / "root", pictures(images), np.zeros(labels))
    with pytest.raises(idx.IdxError, match="as many as there are in") as caught:
        datasets.load_arrays(root, train=False, verify=False)
    # Whichever has Fashion-MNIST's number is taken for the right one.
    assert caught.value.path == root / (IMAGES if labels == 10_000 else LABELS)
    assert caught.value.offset == 4


def test_other_sizes_are_refused_at_their_byte(tmp_path):
    root = written(tmp_path / "root", pictures(3, 28, 32), np.zeros(3))
    with pytest.raises(idx.IdxError, match=r"expected shape \(n, 28, 28\), found") as caught:
        datasets.load_arrays(root, train=False, verify=False)
    assert (caught.value.path, caught.value.offset) == (root / IMAGES, 12)


def test_both_come_from_one_folder(tmp_path, monkeypatch):
    one, two, three = tmp_path / "one", tmp_path / "two", tmp_path / "three"
    written(one, images=pictures(5))
    written(two, labels=np.full(5, 2))
    with pytest.raises(datasets.DatasetNotFound, match=f"{IMAGES} with {LABELS} beside it"):
        monkeypatch.setenv("FASHION_DATA", os.pathsep.join(map(str, (one, two))))
        datasets.load_arrays(train=False, verify=False)
    written(three, np.full((5, 28, 28), 3), np.full(5, 3))
    monkeypatch.setenv("FASHION_DATA", os.pathsep.join(map(str, (one, two, three))))
    images, labels = datasets.load_arrays(train=False, verify=False)
    assert (images == 3).all() and (labels == 3).all()


def test_a_wrong_pair_in_another_place_is_told_and_passed_over(tmp_path, monkeypatch):
    wrong = written(tmp_path / "wrong", pictures(5), np.full(5, 10))
    right = written(tmp_path / "right", pictures(4), np.full(4, 9))
    monkeypatch.setenv("FASHION_DATA", os.pathsep.join(map(str, (wrong, right))))
    with pytest.warns(UserWarning, match="passed over a wrong file: .*label 10"):
        assert len(datasets.load_arrays(train=False, verify=False)[0]) == 4


# --- load_idx ---


def test_a_loader_takes_what_load_idx_returns(tmp_path):
    images, labels = pictures(10, 32, 20), RNG.integers(0, 3, 10)
    root = written(tmp_path / "root", images, labels)
    arguments = root / IMAGES, str(root / LABELS), ["cat", "dog", "cow"]
    ds = datasets.load_idx(*arguments)
    assert isinstance(ds, datasets.ArrayDataset) and ds.classes == ["cat", "dog", "cow"]
    assert (ds.data == images).all() and (ds.targets == labels).all()
    batches = [X.numpy() for X, _ in DataLoader(ds, batch_size=4)]
    assert (np.concatenate(batches) == images).all()
    tensors = datasets.load_idx(*arguments, transform=transforms.ToTensor())
    X, y = next(iter(DataLoader(tensors, batch_size=4, num_workers=2)))
    assert X.shape == (4, 1, 32, 20) and y.tolist() == labels[:4].tolist()
    np.testing.assert_array_equal(X.numpy()[:, 0], images[:4] / np.float32(255))


@pytest.mark.parametrize("kind", ["u1", "i1", "i2", "i4", "f4", "f8"])
def test_images_of_any_type_and_rank(kind, tmp_path):
    images = RNG.integers(0, 100, (3, 4, 5, 2)).astype(kind)
    idx.write(tmp_path / "x.gz", images)
    idx.write(tmp_path / "y.gz", np.array([0, 300, -7], np.int16))
    ds = datasets.load_idx(tmp_path / "x.gz", tmp_path / "y.gz")
    assert ds.data.dtype == np.dtype(kind) and (ds.data == images).all()
    assert ds.targets.tolist() == [0, 300, -7] and ds.classes is None


@pytest.mark.parametrize(
    ("labels", "classes", "offset", "words"),
    [
        (np.array([0, 1], np.uint8), None, 4, "expected 3 labels"),
        (np.array([0, 1, 2], np.uint8), "ab", 10, "expected labels 0 to 1, found label 2"),
        (np.array([0, -1, 1], np.int16), "ab", 10, "expected labels 0 to 1, found label -1"),
        (np.array([0, 1, 1], np.float32), None, 2, "whole numbers"),
        (np.zeros((3, 1), np.uint8), None, 3, r"1 dimensions, for shape \(n,\)"),
    ],
)
def test_labels_that_do_not_fit_are_refused_by_name_and_byte(
    labels, classes, offset, words, tmp_path
):
    idx.write(tmp_path / "x.gz", pictures(3))
    idx.write(tmp_path / "y.gz", labels)
    with pytest.raises(idx.IdxError, match=words) as caught:
        datasets.load_idx(tmp_path / "x.gz", tmp_path / "y.gz", classes)
    assert (caught.value.path, caught.value.offset) == (tmp_path / "y.gz", offset)


def test_limits_hold_for_each_file(tmp_path):
    root = written(tmp_path / "root", pictures(10), np.zeros(10))
    with pytest.raises(idx.IdxError, match="the limit"):
        datasets.load_idx(root / IMAGES, root / LABELS, limit=5000)


def test_array_datasets_refuse_what_does_not_fit():
    with pytest.raises(ValueError, match="3 images and 2 labels"):
        datasets.ArrayDataset(pictures(3), [1, 2])
    with pytest.raises(TypeError, match="float64"):
        datasets.ArrayDataset(pictures(2), [1.5, 2.5])


# --- a disk that fails ---


@pytest.fixture
def failing(tmp_path) -> Path:
    """A file that opens, and fails when it is read: the memory of this process from byte 0 on."""
    if not os.path.exists("/proc/self/mem"):
        pytest.skip("no file is known here that fails")
    root = tmp_path / "root"
    root.mkdir()
    for source in sources.FILES:
        (root / source.name).symlink_to("/proc/self/mem")
    return root


@pytest.mark.parametrize(
    "read",
    [
        lambda root: idx.read(root / LABELS),
        lambda root: idx.scan(root / LABELS),
        lambda root: datasets.load_arrays(root, train=False),
        lambda root: datasets.load_arrays(root, train=False, verify=False),
        lambda root: datasets.load_idx(root / LABELS, root / LABELS),
    ],
)
def test_an_error_of_the_disk_names_the_file(read, failing):
    with pytest.raises(OSError, match="Input/output error") as caught:
        read(failing)
    assert os.path.dirname(caught.value.filename) == str(failing)
    assert caught.value.filename in str(caught.value)


def test_verify_tells_unreadable_from_wrong(failing, capsys):
    (failing / LABELS).unlink()
    (failing / LABELS).write_bytes(b"<html>")
    assert __main__.main(["verify", "--root", str(failing)]) == 1
    said = capsys.readouterr().out
    assert f"{IMAGES}: CANNOT BE READ: [Errno 5] Input/output error" in said
    assert f"{LABELS}: WRONG: " in said and said.count("WRONG") == 1


# --- memory ---

CHILD = """
import json, re, sys
from pathlib import Path
from fashion import datasets, idx
def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
here = Path(sys.argv[1])
datasets.load_sample(train=False)
results = {}
for name in ("labels", "idx", "images"):
    before = peak()
    try:
        if name == "idx":
            datasets.load_idx(*(here / "labels" / s for s in sys.argv[2:]), classes="0123456789")
        else:
            datasets.load_arrays(here / name, verify=False)
    except idx.IdxError as error:
        results[name] = peak() - before, str(error)
print(json.dumps(results))
"""


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="the peak is read there")
def test_a_bad_file_beside_a_good_one_of_47_mb_costs_less_than_4_mib(tmp_path):
    names = [source.name for source in sources.TRAIN]
    for folder in ("labels", "images"):
        (tmp_path / folder).mkdir()
    idx.write(tmp_path / "labels" / names[0], np.zeros((60_000, 28, 28), np.uint8))
    idx.write(tmp_path / "labels" / names[1], np.r_[np.zeros(59_999), 10].astype(np.uint8))
    cut = (tmp_path / "labels" / names[0]).read_bytes()[:-1]
    (tmp_path / "images" / names[0]).write_bytes(cut)
    shutil.copy(tmp_path / "labels" / names[1], tmp_path / "images")
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(tmp_path), *names],
        capture_output=True, text=True, check=True, env=child_environment(),
    )  # fmt: skip
    results = json.loads(done.stdout)
    assert "label 10" in results["labels"][1] and "label 10" in results["idx"][1]
    assert "it is cut" in results["images"][1]
    assert max(grown for grown, _ in results.values()) < 4 << 20, results
