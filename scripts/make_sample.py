"""Make the embedded sample from the full files: the first images of each class, in their order."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np

from fashion import datasets, idx, sources

TRAIN_PER_CLASS = 200
TEST_PER_CLASS = 100


def first_of_each_class(labels: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of the first `count` of each label 0 to 9, ascending.

    >>> first_of_each_class(np.tile(np.arange(10), 5), 1)
    array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
    """
    picked = [np.flatnonzero(labels == label)[:count] for label in range(len(sources.CLASSES))]
    return np.sort(np.concatenate(picked))


def main(argv: list[str] | None = None) -> int:
    """Write the sample's four files; the exit status is 2 when there are no full ones to take."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", help="folder of the four full files")
    parser.add_argument("--out", type=Path, default=datasets.SAMPLE, help="folder to write to")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    for train, files, count in (
        (True, sources.TRAIN, TRAIN_PER_CLASS),
        (False, sources.TEST, TEST_PER_CLASS),
    ):
        try:
            images, labels = datasets.load_arrays(options.root, train)
        except (ValueError, OSError) as error:
            print(f"make_sample.py: {error}", file=sys.stderr)
            return 2
        picked = first_of_each_class(labels, count)
        for source, array in zip(files, (images, labels), strict=True):
            path = options.out / source.name
            idx.write(path, array[picked])
            print(f"{path}: {idx.scan(path)}, {path.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
