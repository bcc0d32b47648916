"""The proof that a file holds what it should: by the SHA-256 of its decompressed content."""

from __future__ import annotations

import hashlib

import numpy as np

from . import gzips, idx, sources


def prove(path: gzips.Path, source: sources.Source, sink: idx.Sink | None = None) -> idx.Content:
    """Check that a file's content is the source's, by its SHA-256; `idx.IdxError` when it is not.

    Arguments and errors as `idx.scan`. MNIST's digits under Fashion-MNIST's name are named.

    >>> from fashion import datasets
    >>> prove(datasets.SAMPLE / datasets.SAMPLE_TEST[1].name, datasets.SAMPLE_TEST[1]).shape
    (1000,)
    """
    content = idx.scan(path, source.shape, np.uint8, sink=sink)
    if content.sha256 != source.sha256:
        found = f"SHA-256 {content.sha256}"
        if gzip_md5(path) in sources.MNIST_GZIP_MD5:
            found = f"MNIST's digits ({found})"
        expected = f"Fashion-MNIST's {source.name} (SHA-256 {source.sha256})"
        raise idx.IdxError(path, 0, expected, found, "decompressed content")
    return content


def gzip_md5(path: gzips.Path) -> str:
    """The MD5 of a file as it is, not of its content.

    >>> from fashion import datasets
    >>> len(gzip_md5(datasets.SAMPLE / datasets.SAMPLE_TEST[1].name))
    32
    """
    digest = hashlib.md5(usedforsecurity=False)
    with gzips.naming(path), gzips.opened(path) as file:
        while block := file.read(gzips.CHUNK):
            digest.update(block)
    return digest.hexdigest()
