"""The constants agree with each other and, where the files are, with the files."""

from __future__ import annotations

import re
import urllib.parse

import full_data
import pytest

from fashion import idx, proof, sources


def test_names_and_shapes():
    assert [source.name for source in sources.FILES] == [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte.gz",
        "t10k-images-idx3-ubyte.gz",
        "t10k-labels-idx1-ubyte.gz",
    ]
    for images, labels in (sources.TRAIN, sources.TEST, sources.SAMPLE_TRAIN, sources.SAMPLE_TEST):
        assert images.shape == (*labels.shape, 28, 28)


def test_hashes_are_hashes_and_no_two_are_equal():
    every = sources.FILES + sources.SAMPLE_TRAIN + sources.SAMPLE_TEST
    hashes = [h for s in every for h in (s.sha256, s.gzip_sha256) if h]
    assert len(hashes) == len(set(hashes)) == 12
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in hashes)
    assert len(sources.MNIST_GZIP_MD5) == 4
    assert all(re.fullmatch("[0-9a-f]{32}", value) for value in sources.MNIST_GZIP_MD5)


def test_mirrors_are_folders_and_https_comes_first():
    schemes = [urllib.parse.urlsplit(mirror).scheme for mirror in sources.MIRRORS]
    assert schemes == ["https", "https", "https", "http"]
    assert all(mirror.endswith("/") for mirror in sources.MIRRORS)


def test_classes():
    assert len(sources.CLASSES) == 10
    assert (sources.CLASSES[0], sources.CLASSES[9]) == ("T-shirt/top", "Ankle boot")


@pytest.mark.slow
@pytest.mark.full
def test_the_full_files_are_as_the_constants_say():
    folder = full_data.folder()
    for source in sources.FILES:
        content = proof.prove(folder / source.name, source)
        assert (content.shape, content.dtype) == (source.shape, "u1")
        # No copy compresses to a tenth more than upstream's.
        assert (folder / source.name).stat().st_size < 1.1 * source.gzip_size
        assert idx.scan(folder / source.name) == content
