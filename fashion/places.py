"""Where the files of Fashion-MNIST may lie on this machine; not whether they are right."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

from . import sources

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
    FileNotFoundError for ~NAME when there is no user NAME.

    >>> [place.as_posix() for place in own_places("data")]
    ['data', 'data/FashionMNIST/raw']
    """
    if root is not None:
        folder = _expanded(root)
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


def _expanded(folder: Root) -> Path:
    try:
        return Path(folder).expanduser()
    except RuntimeError:
        raise FileNotFoundError(errno.ENOENT, "There is no such user", str(folder)) from None


def _default_places() -> list[Path]:
    if (listed := os.environ.get("FASHION_DATA")) is not None:
        return [_expanded(folder) for folder in listed.split(os.pathsep) if folder]
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
