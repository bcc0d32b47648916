"""Fashion-MNIST as arrays, and as a data set with torchvision's signature."""

from __future__ import annotations

import operator
import os
import string
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from . import cache, idx, proof, sources
from .places import ADVICE, copies, own_places, places

__all__ = [
    "ArrayDataset", "DatasetNotFound", "EMNIST", "FashionMNIST", "KMNIST", "MNIST", "find",
    "load_arrays", "load_idx", "load_sample", "places",
]  # fmt: skip

Array = np.ndarray[Any, np.dtype[np.uint8]]
Root = str | os.PathLike[str]

LARGEST = 2**30  # bytes of a file of MNIST's kind: EMNIST's largest split has 547 MB of images
SAMPLE = Path(__file__).parent / "sample"
SAMPLE_TRAIN, SAMPLE_TEST = sources.SAMPLE_TRAIN, sources.SAMPLE_TEST


class DatasetNotFound(FileNotFoundError, RuntimeError):
    """No folder holds a file that is needed; a RuntimeError too, as torchvision raises it."""


def find(root: Root | None = None, train: bool = True) -> list[Path]:
    """Return the paths of the images' and the labels' file that would be read first, unchecked.

    `DatasetNotFound` lists where they were looked for.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     for source in sources.TEST:
    ...         Path(root, source.name).touch()
    ...     [path.name for path in find(root, train=False)]
    ['t10k-images-idx3-ubyte.gz', 't10k-labels-idx1-ubyte.gz']
    """
    return [_copies(source, root)[0] for source in (sources.TRAIN if train else sources.TEST)]


def load_arrays(
    root: Root | None = None, train: bool = True, verify: bool = True
) -> tuple[Array, Array]:
    """Return images, uint8 (n, 28, 28), and labels, uint8 (n,), from the first copy in `places`.

    With `verify` the content is Fashion-MNIST's by its SHA-256. Without, any number of images of
    28 x 28 will do, with as many labels 0 to 9; both are then taken from one folder. A wrong file
    in the given root is an error, `idx.IdxError`; one in another place is warned of and passed
    over. `DatasetNotFound` when no place has a file.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as root:
    ...     images, labels = (Path(root, source.name) for source in sources.TEST)
    ...     idx.write(images, np.ones((5, 28, 28), np.uint8))
    ...     idx.write(labels, np.ones(5, np.uint8))
    ...     images, labels = load_arrays(root, train=False, verify=False)
    >>> images.shape, labels.shape
    ((5, 28, 28), (5,))
    """
    images, labels = sources.TRAIN if train else sources.TEST
    find(root, train)  # for its error
    if not verify:
        return _unverified(images, labels, root)
    found = _first(_copies(labels, root), root, lambda path: cache.load(path, labels))
    return _first(_copies(images, root), root, lambda path: cache.load(path, images)), found


def load_idx(
    images: Root,
    labels: Root,
    classes: Sequence[str] | None = None,
    transform: Callable[[Any], Any] | None = None,
    target_transform: Callable[[Any], Any] | None = None,
    limit: int = idx.LIMIT,
) -> ArrayDataset:
    """Return the data set in two IDX files of your own: images of any size, and as many labels.

    `images` and `labels` are the paths of gzip files: an array (n, ...) of any type that IDX has,
    and whole numbers (n,), with `classes` from 0 to one less than there are names in it. `limit`
    bounds the bytes of each; the other arguments and what comes back are `ArrayDataset`'s.
    `idx.IdxError` names the file that is not so, OSError the one that cannot be read.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     images, labels = Path(folder, "images.gz"), Path(folder, "labels.gz")
    ...     idx.write(images, np.zeros((3, 32, 32, 3), np.uint8))
    ...     idx.write(labels, np.array([1, 0, 1], np.uint8))
    ...     cats_and_dogs = load_idx(images, labels, classes=["cat", "dog"])
    >>> cats_and_dogs.data.shape, cats_and_dogs[0][1]
    ((3, 32, 32, 3), 1)
    """
    content = idx.scan(images, limit=limit)
    count = None if classes is None else len(classes)
    targets = _labels(labels, content.shape[0], Path(images).name, count, limit)
    data = idx.fill(images, content, limit)
    return ArrayDataset(data, targets, transform, target_transform, classes)


def load_sample(train: bool = True) -> tuple[Array, Array]:
    """Return the embedded real sample: images, uint8 (n, 28, 28), and labels, uint8 (n,).

    2,000 training images, the first 200 of each class in their order, or 1,000 test images, the
    first 100 of each class.

    >>> images, labels = load_sample()
    >>> images.shape, np.bincount(labels)
    ((2000, 28, 28), array([200, 200, 200, 200, 200, 200, 200, 200, 200, 200]))
    """
    images, labels = (_proven(s) for s in (SAMPLE_TRAIN if train else SAMPLE_TEST))
    return images, labels


def _proven(source: sources.Source) -> Array:
    path = SAMPLE / source.name
    return idx.fill(path, proof.prove(path, source))


def _first(paths: Sequence[Path], root: Root | None, load: Callable[[Path], Any]) -> Any:
    """Load the first path that is right: a wrong one in the root is an error, others are told."""
    own = own_places(root) if root is not None else []
    failure: Exception | None = None
    for path in paths:
        try:
            return load(path)
        except (idx.IdxError, OSError) as error:
            if path.parent in own:
                raise
            warnings.warn(f"passed over a wrong file: {error}", stacklevel=4)
            failure = error
    assert failure is not None
    raise failure


def _unverified(
    images: sources.Source, labels: sources.Source, root: Root | None
) -> tuple[Array, Array]:
    def load(path: Path) -> tuple[Array, Array]:
        beside = path.with_name(labels.name)
        content = idx.scan(path, (None, *images.shape[1:]), np.uint8)
        count = idx.scan(beside, (None,), np.uint8).shape[0]
        if content.shape[0] != count == labels.shape[0]:
            raise _unequal(path, "images", content.shape[0], count, beside.name)
        targets = _labels(beside, content.shape[0], path.name, len(sources.CLASSES), idx.LIMIT)
        return idx.fill(path, content), targets

    folders = {path.parent for path in copies(labels, root)}
    paths = [path for path in copies(images, root) if path.parent in folders]
    if not paths:
        raise _not_found(f"{images.name} with {labels.name} beside it", root)
    return _first(paths, root, load)


def _labels(path: Root, count: int, images: str, classes: int | None, limit: int) -> Array:
    """Read a file of labels, of which there are `count`, from 0 to `classes` - 1."""
    content = idx.scan(path, (None,), limit=limit)
    if content.dtype.kind not in "iu":
        kind = f"the IDX type code of {content.dtype}"
        raise idx.IdxError(path, 2, "that of whole numbers", kind, "decompressed content")
    if content.shape[0] != count:
        raise _unequal(path, "labels", content.shape[0], count, images)
    labels = idx.fill(path, content, limit)
    if classes is not None and (wrong := (labels < 0) | (labels >= classes)).any():
        at = int(np.argmax(wrong))
        expected, found = f"labels 0 to {classes - 1}", f"label {labels[at]}"
        offset = 8 + at * labels.itemsize
        raise idx.IdxError(path, offset, expected, found, "decompressed content")
    return labels


def _unequal(path: Root, what: str, found: int, count: int, other: str) -> idx.IdxError:
    expected = f"{count} {what}, as many as there are in {other}"
    return idx.IdxError(path, 4, expected, f"{found}", "decompressed content")


def _copies(source: sources.Source, root: Root | None) -> list[Path]:
    if paths := copies(source, root):
        return paths
    raise _not_found(source.name, root)


def _not_found(what: str, root: Root | None) -> DatasetNotFound:
    looked = [f"  {place}" for place in places(root)] or ["  no folder: $FASHION_DATA is empty"]
    return DatasetNotFound("\n".join([f"Dataset not found: no {what} in", *looked, ADVICE]))


class ArrayDataset:
    """Images and their labels in memory: `ds[i]` is (image, label), `ds.__getitems__` a batch.

    `images` is (n, ...), `labels` (n,), whole numbers: TypeError for others, ValueError when there
    are not as many.
    `transform` gets an image or, when its attribute `takes_batches` is true, a whole batch;
    `target_transform` gets a label as an int. `classes` are the labels' names, for whom they help.
    Attributes: `data`, the images; `targets`, int64 (n,); `classes`; the two transforms.

    >>> ds = ArrayDataset(np.zeros((3, 28, 28), np.uint8), [0, 9, 4])
    >>> len(ds), ds[1][1], ds.__getitems__([2, 1])[1]
    (3, 9, array([4, 9]))
    """

    classes: Sequence[str] | None = None

    def __init__(
        self,
        images: Any,
        labels: Any,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        classes: Sequence[str] | None = None,
    ) -> None:
        self.data = np.asarray(images)
        self.targets = np.asarray(labels).astype(np.int64, casting="same_kind")
        if len(self.data) != len(self.targets):
            raise ValueError(f"{len(self.data)} images and {len(self.targets)} labels")
        self.transform = transform
        self.target_transform = target_transform
        if classes is not None:
            self.classes = classes

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        index = operator.index(index)
        image: Any = self.data[index]
        label: Any = int(self.targets[index])
        if self.transform is not None:
            image = self.transform(image)
        if self.target_transform is not None:
            label = self.target_transform(label)
        return image, label

    def __getitems__(self, indices: Sequence[int]) -> Any:
        """Return the images and labels of a batch: `(transform(images), labels)`, labels int64.

        A list of samples, as torch's protocol has it, when a transform takes single ones only.
        """
        if not self._whole_batches():
            return [self[index] for index in indices]
        images = self.data.take(indices, axis=0)  # half the time of self.data[indices]
        labels = self.targets.take(indices)
        return (images if self.transform is None else self.transform(images)), labels

    def _whole_batches(self) -> bool:
        if self.target_transform is not None:
            return False
        return self.transform is None or getattr(self.transform, "takes_batches", False)

    @property
    def max_workers(self) -> int:
        """How many of the loader's threads help: what the transform says, and 0 without one."""
        if self.transform is None and self.target_transform is None:
            return 0
        if getattr(self.transform, "draws", False):  # in the order of the samples
            return 0
        return getattr(self.transform, "max_workers", 1) if self._whole_batches() else 1


class _Named(ArrayDataset):
    """What the data sets with a name have in common: root, train, and torchvision's repr."""

    classes: list[str]
    class_to_idx: dict[str, int]
    root: Root | None
    train: bool

    def __repr__(self) -> str:
        lines = [
            f"Dataset {type(self).__name__}",
            f"    Number of datapoints: {len(self)}",
            f"    Root location: {self.root}",
            f"    Split: {'Train' if self.train else 'Test'}",
        ]
        if self.transform is not None:
            lines.append(f"    Transform: {self.transform!r}")
        if self.target_transform is not None:
            lines.append(f"    Target transform: {self.target_transform!r}")
        return "\n".join(lines)


class FashionMNIST(_Named):
    """Fashion-MNIST as a data set: `ds[i]` is (image, label), `ds.__getitems__` a whole batch.

    Arguments as torchvision's. `transform` gets the image, uint8 (28, 28), or, when its attribute
    `takes_batches` is true, images of shape (n, 28, 28); `download` fetches what is found nowhere
    into ROOT/FashionMNIST/raw. Attributes: `data`, uint8 (n, 28, 28); `targets`, int64 (n,);
    `classes`, `class_to_idx`, `root`, `train`. Errors as `load_arrays`, with verification.

    >>> FashionMNIST.classes[9], FashionMNIST.class_to_idx["Bag"]
    ('Ankle boot', 8)
    """

    classes = list(sources.CLASSES)
    class_to_idx = {name: label for label, name in enumerate(sources.CLASSES)}

    def __init__(
        self,
        root: Root | None = None,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        self.root = root if root is None else os.path.expanduser(root)
        self.train = train
        images, labels = _fetched(root, train) if download else load_arrays(root, train)
        super().__init__(images, labels, transform, target_transform)


def _fetched(root: Root | None, train: bool) -> tuple[Array, Array]:
    try:
        return load_arrays(root, train)
    except (idx.IdxError, OSError):
        from . import download  # not above: it brings half of the network library along

        paths = download.fetch(root)
    images, labels = sources.TRAIN if train else sources.TEST
    return cache.load(paths[images.name], images), cache.load(paths[labels.name], labels)


class MNIST(_Named):
    """MNIST's digits as a data set, from the files that lie in the root or in ROOT/MNIST/raw.

    Arguments and attributes as FashionMNIST's. A file is proven when its gzip has the MD5 that
    torchvision publishes; the hash of the content is not published, so that another gzip is taken
    with a warning, if it is sound and holds images of 28 x 28 and as many labels 0 to 9. It is not
    downloaded: `DatasetNotFound` says what to bring where, with `download=True` too.

    >>> MNIST.classes[3], KMNIST.classes[3]
    ('3 - three', 'tsu')
    """

    classes = [f"{k} - {word}" for k, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )]  # fmt: skip
    home = "https://ossci-datasets.s3.amazonaws.com/mnist/"

    def __init__(
        self,
        root: Root,
        train: bool = True,
        transform: Callable[[Any], Any] | None = None,
        target_transform: Callable[[Any], Any] | None = None,
        download: bool = False,
    ) -> None:
        self.root, self.train = os.path.expanduser(root), train
        images, labels = (self._sound(name) for name in self._names())
        count = images.content.shape[0]
        data = idx.fill(images.path, images.content, LARGEST)
        targets = _labels(labels.path, count, images.path.name, len(self.classes), LARGEST)
        super().__init__(data, targets, transform, target_transform)
        self.class_to_idx = {name: label for label, name in enumerate(self.classes)}

    def _names(self) -> tuple[str, str]:
        images, labels = sources.TRAIN if self.train else sources.TEST
        return images.name, labels.name

    def _sound(self, name: str) -> _Found:
        """Where the file lies, and what is in it, after a look at its MD5."""
        set_name = type(self).__name__
        folders = [Path(str(self.root)), Path(str(self.root), set_name, "raw")]
        path = next((p for p in (folder / name for folder in folders) if p.exists()), None)
        if path is None:
            looked = "\n".join(f"  {folder}" for folder in folders)
            raise DatasetNotFound(
                f"Dataset not found: no {name} in\n{looked}\nWhat to do: bring {set_name}'s files, "
                f"which are not downloaded here, from {self.home} into {folders[1]}"
            )
        shape = (None, 28, 28) if "images" in name else (None,)
        content = idx.scan(path, shape, np.uint8, limit=LARGEST)
        if content.sha256 in {source.sha256 for source in sources.FILES}:
            raise idx.IdxError(path, 0, f"{set_name}'s", "Fashion-MNIST's", "decompressed content")
        published = sources.GZIP_MD5.get(set_name, {}).get(name)
        if published and (found := proof.gzip_md5(path)) != published:
            warnings.warn(
                f"{path} is not proven to be {set_name}'s: its MD5 is {found}, and that of the "
                f"published file {published}",
                stacklevel=4,
            )
        return _Found(path, content)


class _Found(NamedTuple):
    path: Path
    content: idx.Content


class KMNIST(MNIST):
    """Kuzushiji-MNIST, ten letters of old Japanese writing; as MNIST, in ROOT/KMNIST/raw.

    >>> KMNIST.classes
    ['o', 'ki', 'su', 'tsu', 'na', 'ha', 'ma', 'ya', 're', 'wo']
    """

    classes = ["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"]
    home = "http://codh.rois.ac.jp/kmnist/dataset/kmnist/"


_MERGED = set("cijklmopsuvwxyz")  # letters that look alike in both cases
_ALL = sorted(string.digits + string.ascii_letters)


class EMNIST(MNIST):
    """EMNIST, letters and digits; as MNIST, in ROOT/EMNIST/raw, and with a split as torchvision's.

    The splits are byclass, bymerge, balanced, letters, digits and mnist, with files such as
    emnist-letters-train-images-idx3-ubyte.gz from the archive gzip.zip. Of single files no hash is
    published: they are taken when they are sound. Images lie on their side, as upstream has them.

    >>> len(EMNIST.classes_split_dict["balanced"]), EMNIST.classes_split_dict["letters"][:3]
    (47, ['N/A', 'a', 'b'])
    """

    splits = ("byclass", "bymerge", "balanced", "letters", "digits", "mnist")
    classes_split_dict = {
        "byclass": _ALL,
        "bymerge": [c for c in _ALL if c not in _MERGED],
        "balanced": [c for c in _ALL if c not in _MERGED],
        "letters": ["N/A", *string.ascii_lowercase],
        "digits": list(string.digits),
        "mnist": list(string.digits),
    }
    home = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"

    def __init__(self, root: Root, split: str, train: bool = True, **others: Any) -> None:
        if split not in self.splits:
            raise ValueError(
                f"Unknown value '{split}' for argument split. Valid values are {self.splits}."
            )
        self.split, self.classes = split, self.classes_split_dict[split]
        super().__init__(root, train, **others)

    def _names(self) -> tuple[str, str]:
        start = f"emnist-{self.split}-{'train' if self.train else 'test'}"
        return f"{start}-images-idx3-ubyte.gz", f"{start}-labels-idx1-ubyte.gz"
