"""MNIST, KMNIST and EMNIST from files of their kind; images in grids and in PNG files."""

from __future__ import annotations

import hashlib
import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad
from fashion import datasets, idx, sources, utils

IMAGES = np.random.default_rng(0).integers(0, 256, (7, 28, 28)).astype(np.uint8)
LABELS = np.array([0, 9, 1, 2, 3, 4, 5], np.uint8)


def write(folder: Path, images: str, labels: str, classes: Any = LABELS) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    idx.write(folder / images, IMAGES)
    idx.write(folder / labels, classes)
    return folder


@pytest.mark.parametrize("kind", [datasets.MNIST, datasets.KMNIST])
@pytest.mark.parametrize("inside", [True, False])
def test_the_files_are_read_from_the_root_or_from_torchvisions_folder(
    kind: Any, inside: bool, tmp_path: Path
) -> None:
    folder = tmp_path / kind.__name__ / "raw" if inside else tmp_path
    write(folder, *(source.name for source in sources.TRAIN))
    with pytest.warns(UserWarning, match="not proven"):
        found = kind(tmp_path, transform=None, download=True)
    np.testing.assert_array_equal(found.data, IMAGES)
    assert found.targets.tolist() == LABELS.tolist() and found.targets.dtype == np.int64
    assert found[1][1] == 9 and found.class_to_idx[kind.classes[4]] == 4
    lines = [f"Dataset {kind.__name__}", "    Number of datapoints: 7",
             f"    Root location: {tmp_path}", "    Split: Train"]  # fmt: skip
    assert repr(found).splitlines() == lines


def test_a_file_with_the_published_md5_is_taken_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recwarn: Any
) -> None:
    write(tmp_path, *(source.name for source in sources.TEST))
    md5 = {s.name: hashlib.md5((tmp_path / s.name).read_bytes()).hexdigest() for s in sources.TEST}
    monkeypatch.setitem(sources.GZIP_MD5, "MNIST", md5)
    assert len(datasets.MNIST(tmp_path, train=False)) == 7 and not recwarn


@pytest.mark.parametrize("split", datasets.EMNIST.splits)
def test_emnist_has_splits(split: str, tmp_path: Path) -> None:
    for part in ("train", "test"):
        names = (
            f"emnist-{split}-{part}-{what}-ubyte.gz" for what in ("images-idx3", "labels-idx1")
        )
        write(tmp_path / "EMNIST" / "raw", *names)
    found = datasets.EMNIST(tmp_path, split=split, train=False)
    assert len(found) == 7 and len(found.classes) in (10, 27, 47, 62)
    assert found.class_to_idx[found.classes[9]] == 9
    assert datasets.LARGEST > 697932 * 28 * 28  # what the largest split holds


def test_what_is_wrong_is_refused(tmp_path: Path) -> None:
    with pytest.raises(datasets.DatasetNotFound, match=r"(?s)train-images.*MNIST.raw.*ossci"):
        datasets.MNIST(tmp_path, download=True)
    with pytest.raises(ValueError, match="Unknown value 'none' for argument split"):
        datasets.EMNIST(tmp_path, "none")
    for sample in datasets.SAMPLE_TEST:
        shutil.copy(datasets.SAMPLE / sample.name, tmp_path)
    write(tmp_path, *(source.name for source in sources.TRAIN), LABELS[:5])
    with (
        pytest.warns(UserWarning, match="not proven"),
        pytest.raises(idx.IdxError, match="7 labels"),
    ):
        datasets.MNIST(tmp_path)
    write(tmp_path, *(source.name for source in sources.TRAIN), LABELS + 1)
    with (
        pytest.warns(UserWarning, match="not proven"),
        pytest.raises(idx.IdxError, match="label 10"),
    ):
        datasets.MNIST(tmp_path)


def test_fashion_mnist_is_not_taken_for_mnist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, *(source.name for source in sources.TRAIN))
    own = idx.scan(tmp_path / sources.TRAIN[0].name, (None, 28, 28)).sha256
    monkeypatch.setattr(sources, "FILES", (sources.TRAIN[0]._replace(sha256=own),))
    with pytest.raises(idx.IdxError, match="Fashion-MNIST's"):
        datasets.MNIST(tmp_path)


# -- grids and files -------------------------------------------------------------------------------
GRIDS: list[tuple[Any, dict[str, Any]]] = [
    ((5, 1, 4, 3), {"nrow": 3}), ((5, 3, 4, 3), {"nrow": 2, "padding": 1, "pad_value": 0.5}),
    ((2, 1, 4, 4), {"normalize": True}), ((4, 3, 2, 2), {"normalize": True, "scale_each": True}),
    ((3, 1, 2, 2), {"normalize": True, "value_range": (0.2, 0.6)}), ((1, 3, 4, 4), {}),
    ((4, 4), {}),
    ((3, 4, 4), {}), ((9, 1, 3, 3), {"padding": 0}), ((4, 2, 3, 3), {"nrow": 4}),
]  # fmt: skip


@pytest.mark.parametrize(("shape", "how"), GRIDS)
def test_a_grid_shows_each_image_in_its_place(shape: Any, how: dict) -> None:
    x = np.random.default_rng(1).random(shape).astype(np.float32)
    images = x.reshape((1,) * (4 - x.ndim) + x.shape)
    images = np.repeat(images, 3, 1) if images.shape[1] == 1 else images
    if how.get("normalize"):
        low, high = how.get("value_range", (images.min(), images.max()))
        if how.get("scale_each"):
            low, high = (f(axis=(1, 2, 3), keepdims=True) for f in (images.min, images.max))
        images = (images.clip(low, high) - low) / (high - low)
    grid = utils.make_grid(minigrad.tensor(x), **how).numpy()
    if len(images) == 1:
        np.testing.assert_allclose(grid, images[0], rtol=1e-6)
        return
    pad, (n, _, h, w) = how.get("padding", 2), images.shape
    columns, shown = min(how.get("nrow", 8), n), np.full(grid.shape, how.get("pad_value", 0.0))
    for k in range(n):
        i, j = pad + k // columns * (h + pad), pad + k % columns * (w + pad)
        shown[:, i : i + h, j : j + w] = images[k]
    np.testing.assert_allclose(grid, shown, rtol=1e-5, atol=1e-7)
    assert grid.shape[2] == columns * (w + pad) + pad


@pytest.mark.live
@pytest.mark.parametrize(("shape", "how"), GRIDS)
def test_a_grid_is_torchvisions(shape: Any, how: dict) -> None:
    torch, torchvision = pytest.importorskip("torch"), pytest.importorskip("torchvision.utils")
    x = np.random.default_rng(1).random(shape).astype(np.float32)
    expected = torchvision.make_grid(torch.tensor(x), **how).numpy()
    np.testing.assert_allclose(utils.make_grid(minigrad.tensor(x), **how).numpy(), expected, 1e-6)


def test_a_list_of_images_is_a_batch_and_what_is_none_is_refused() -> None:
    x = minigrad.rand(3, 1, 4, 4, requires_grad=True)
    assert utils.make_grid(list(x)).equal(utils.make_grid(x))
    with pytest.raises(TypeError, match="tensor or list of tensors expected"):
        utils.make_grid(np.zeros((2, 1, 3, 3)))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="value_range has to be a tuple"):
        utils.make_grid(x, normalize=True, value_range=[0, 1])  # type: ignore[arg-type]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_a_file_holds_the_pixels(channels: int, tmp_path: Path) -> None:
    image = pytest.importorskip("matplotlib.image")
    x = minigrad.rand(channels, 5, 7)
    utils.save_image(x, tmp_path / "a.png")
    expected = (x * 255 + 0.5).clamp(0, 255).byte().permute(1, 2, 0).numpy()
    expected = np.repeat(expected, 3, -1) if channels == 1 else expected
    found = np.round(image.imread(tmp_path / "a.png") * 255)
    if channels == 2:  # grey and opacity
        found = found[..., [0, -1]] if found.ndim == 3 else found
    np.testing.assert_array_equal(found[..., : expected.shape[-1]], expected)
    utils.save_image(x, file := io.BytesIO(), format="png")
    assert file.getvalue() == (tmp_path / "a.png").read_bytes()


def test_other_formats_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="PNG files only.*'jpg'"):
        utils.save_image(minigrad.zeros(1, 2, 2), tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())
