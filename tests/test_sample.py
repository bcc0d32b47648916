"""The embedded sample: real, whole, reproducible from the full files, and under its licence."""

from __future__ import annotations

import gzip
import hashlib
import importlib.util
from pathlib import Path

import full_data
import numpy as np
import pytest

from fashion import datasets, idx, proof, sources

SCRIPT = Path(__file__).parents[1] / "scripts" / "make_sample.py"


@pytest.fixture(scope="module")
def make_sample():
    spec = importlib.util.spec_from_file_location("make_sample", SCRIPT)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(("train", "count"), [(True, 200), (False, 100)])
def test_every_class_is_there_equally_often(train, count):
    images, labels = datasets.load_sample(train)
    assert images.shape == (10 * count, 28, 28) and images.dtype == labels.dtype == np.uint8
    assert np.bincount(labels).tolist() == [count] * 10


def test_it_is_the_real_data_in_its_order():
    images, labels = datasets.load_sample()
    assert labels[:10].tolist() == [9, 0, 0, 3, 0, 2, 7, 2, 5, 5]
    assert datasets.load_sample(train=False)[1][:10].tolist() == [9, 2, 1, 1, 6, 1, 4, 6, 5, 7]
    # The mean of the whole set is 0.286; images of zeros or of noise are far from it.
    assert abs(images.mean() / 255 - 0.286) < 0.01


@pytest.mark.parametrize("source", sources.SAMPLE_TRAIN + sources.SAMPLE_TEST)
def test_it_is_what_the_constants_say(source):
    path = datasets.SAMPLE / source.name
    assert proof.prove(path, source).shape == source.shape
    assert path.stat().st_size == source.gzip_size
    assert hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest() == source.sha256


def test_a_damaged_sample_is_refused(tmp_path, monkeypatch):
    source = sources.SAMPLE_TEST[0]
    wrong = idx.read(datasets.SAMPLE / source.name)
    wrong[5, 3, 2] ^= 1
    idx.write(tmp_path / source.name, wrong)
    monkeypatch.setattr(datasets, "SAMPLE", tmp_path)
    with pytest.raises(idx.IdxError, match=f"SHA-256 {source.sha256}"):
        datasets.load_sample(train=False)


def test_the_licence_lies_beside_it():
    text = (datasets.SAMPLE / "LICENSE").read_text(encoding="utf-8")
    assert "MIT" in text and "Zalando SE" in text and "Permission is hereby granted" in text


def test_without_the_full_files_the_script_says_so(make_sample, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FASHION_DATA", str(tmp_path))
    assert make_sample.main(["--out", str(tmp_path / "out")]) == 2
    assert "Dataset not found" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.full
def test_the_script_makes_it_anew(make_sample, tmp_path, monkeypatch):
    monkeypatch.setenv("FASHION_DATA", str(full_data.folder()))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    out = tmp_path / "out"
    assert make_sample.main(["--out", str(out)]) == 0
    for source in sources.SAMPLE_TRAIN + sources.SAMPLE_TEST:
        assert proof.prove(out / source.name, source)
