"""Where copies of Fashion-MNIST may lie on this machine, and the proof that a file is one."""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import numpy as np

from . import idx, sources

ADVICE = f"""\
What to do: use download=True or run `python -m fashion download` where there is a network;
or install Debian's package {sources.DEBIAN_PACKAGE};
or put the four files into a folder and name it, as the root or in $FASHION_DATA:
  {" ".join(source.name for source in sources.FILES)}"""

Root = str | os.PathLike[str]


def cache_folder() -> Path:
    """Return the folder of this project in the user's cache folder; it need not exist.

    `$XDG_CACHE_HOME` wherever it is set, else what the platform prescribes.

    >>> cache_folder().name
    'minigrad-fashion'
    """
    if os.environ.get("XDG_CACHE_HOME"):
        base = os.environ["XDG_CACHE_HOME"]
    elif sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~/AppData/Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.path.expanduser("~/.cache")
    return Path(base, "minigrad-fashion")


def own_places(root: Root | None = None) -> list[Path]:
    """Return the folders that a download for `root` answers for; the last is where it puts files.

    With a root: it and, as torchvision has it, ROOT/FashionMNIST/raw. Without: the first folder
    of `$FASHION_DATA` when that is set (none when it is empty), else the user's cache folder.

    >>> [place.as_posix() for place in own_places("data")]
    ['data', 'data/FashionMNIST/raw']
    """
    if root is not None:
        folder = Path(root).expanduser()
        return [folder, folder / "FashionMNIST" / "raw"]
    return _default_places()[:1]


def places(root: Root | None = None) -> list[Path]:
    """Return the folders where the four files are looked for, in order.

    The given root and ROOT/FashionMNIST/raw; then the folders in `$FASHION_DATA`, a path list,
    or, when it is not set, the user's cache folder and that of Debian's package.

    >>> places("data")[:2] == own_places("data")
    True
    """
    return (own_places(root) if root is not None else []) + _default_places()


def _default_places() -> list[Path]:
    if (listed := os.environ.get("FASHION_DATA")) is not None:
        return [Path(folder).expanduser() for folder in listed.split(os.pathsep) if folder]
    return [cache_folder(), Path(sources.DEBIAN_FOLDER)]


def copies(source: sources.Source, root: Root | None = None) -> list[Path]:
    """Return the paths in `places(root)` where something bears the file's name, right or wrong.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, sources.TEST_LABELS.name)
    ...     path.touch()
    ...     copies(sources.TEST_LABELS, folder)[0] == path
    True
    """
    paths = (place / source.name for place in places(root))
    return [path for path in paths if os.path.lexists(path)]


def prove(path: Root, source: sources.Source, sink: idx.Sink | None = None) -> idx.Content:
    """Check that a file's content is the source's, by its SHA-256; `idx.IdxError` when it is not.

    Arguments and errors as `idx.scan`. MNIST's digits under Fashion-MNIST's name are named.

    >>> from fashion import datasets
    >>> prove(datasets.SAMPLE / datasets.SAMPLE_TEST[1].name, datasets.SAMPLE_TEST[1]).shape
    (1000,)
    """
    content = idx.scan(path, source.shape, np.uint8, sink=sink)
    if content.sha256 != source.sha256:
        found = f"SHA-256 {content.sha256}"
        if _gzip_md5(path) in sources.MNIST_GZIP_MD5:
            found = f"MNIST's digits ({found})"
        expected = f"Fashion-MNIST's {source.name} (SHA-256 {source.sha256})"
        raise idx.IdxError(path, 0, expected, found, "decompressed content")
    return content


def _gzip_md5(path: Root) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        while block := file.read(idx.CHUNK):
            digest.update(block)
    return digest.hexdigest()
