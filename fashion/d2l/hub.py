"""The book's files: fetched once into a folder, and believed only if their SHA-1 is the book's."""

from __future__ import annotations

import hashlib
import os
import tarfile
import zipfile
from pathlib import Path

from minigrad._files import replacing

from ..download import DownloadError

__all__ = ["DATA_HUB", "DATA_URL", "download", "download_all", "download_extract", "extract"]

DATA_URL = "https://d2l-data.s3-accelerate.amazonaws.com/"
DATA_HUB: dict[str, tuple[str, str]] = {
    "time_machine": (
        DATA_URL + "timemachine.txt", "090b5e7e70c295757f55df93cb0a180b9691891a",
    ),
    "fra-eng": (DATA_URL + "fra-eng.zip", "94646ad1522d915e7b0f9296181140edcf86a4f5"),
    "airfoil": (
        DATA_URL + "airfoil_self_noise.dat", "76e5be1548fd8222e5074cf0faae75edff8cf93f",
    ),
    "kaggle_house_train": (
        DATA_URL + "kaggle_house_pred_train.csv", "585e9cc93e70b39160e7921475f9bcd7d31219ce",
    ),
    "kaggle_house_test": (
        DATA_URL + "kaggle_house_pred_test.csv", "fa19780a7b011d9b009e8bff8e99922a8ee2eb90",
    ),
}  # fmt: skip


def download(
    name: str,
    folder: str | os.PathLike[str] = "../data",
    sha1_hash: str | None = None,
) -> str:
    """Return the path of a file of the book's, by its name in `DATA_HUB` or its URL.

    A file in the folder that has the right SHA-1 is taken as it is; else it is fetched there.
    `DownloadError`, a RuntimeError, says what failed, and where to put the file by hand.

    >>> import tempfile, unittest.mock
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "notes.txt")
    ...     _ = path.write_text("hello")
    ...     digest = hashlib.sha1(b"hello").hexdigest()
    ...     os.path.basename(download("https://example.org/notes.txt", folder, digest))
    'notes.txt'
    """
    if "://" not in name:
        if name not in DATA_HUB:
            raise KeyError(f"{name!r} is not in DATA_HUB, which has {', '.join(DATA_HUB)}")
        name, sha1_hash = DATA_HUB[name]
    path = Path(folder, name.rpartition("/")[2])
    if path.is_file() and (sha1_hash is None or _sha1(path.read_bytes()) == sha1_hash):
        return str(path)
    content = _fetched(name, path)
    if sha1_hash is not None and _sha1(content) != sha1_hash:
        raise DownloadError(
            f"{name}: the SHA-1 of what came is {_sha1(content)}, and it should be {sha1_hash}",
            [(name, "another file")],
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as file:
        file.write(content)
    return str(path)


def _sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def _fetched(url: str, path: Path) -> bytes:
    if os.environ.get("FASHION_DATA") == "":
        reason = "nobody was asked, as $FASHION_DATA is empty"
    else:
        import requests  # not above: who has the files needs none

        try:
            print(f"fetching {url}", flush=True)
            answer = requests.get(url, timeout=(10, 60))
            answer.raise_for_status()
            return answer.content
        except requests.RequestException as error:
            reason = f"{type(error).__name__}: there is no network, or no such file"
    raise DownloadError(
        f"{path.name} is not in {path.parent}, and could not be fetched: {reason}. Where there is "
        f"a network, get {url}, and put it at {path.resolve()}",
        [(url, reason)],
    )


def extract(filename: str | os.PathLike[str], folder: str | None = None) -> None:
    """Unpack a .zip, .tar or .tar.gz file beside itself, or into a folder.

    ValueError for another kind of file, and tarfile's errors for one that would write elsewhere.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     path = os.path.join(place, "a.zip")
    ...     with zipfile.ZipFile(path, "w") as file:
    ...         file.writestr("a/b.txt", "hello")
    ...     extract(path)
    ...     Path(place, "a", "b.txt").read_text()
    'hello'
    """
    target = os.path.dirname(filename) if folder is None else folder
    if str(filename).endswith(".zip"):
        with zipfile.ZipFile(filename) as archive:
            archive.extractall(target)
    elif str(filename).endswith((".tar", ".gz")):
        with tarfile.open(filename) as archive:
            archive.extractall(target, filter="data")
    else:
        raise ValueError(f"only .zip, .tar and .tar.gz files can be unpacked, not {filename}")


def download_extract(name: str, folder: str | None = None) -> str:
    """Fetch an archive of the book's, unpack it beside itself, and return where its files are."""
    path = download(name)
    extract(path)
    place = os.path.join(os.path.dirname(path), folder) if folder else os.path.splitext(path)[0]
    return place


def download_all() -> None:
    """Fetch all files in `DATA_HUB`."""
    for name in DATA_HUB:
        download(name)
