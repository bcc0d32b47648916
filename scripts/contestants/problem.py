"""What all contestants are given: the same data, initial weights and orders, made by NumPy."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import numpy as np

BATCH_SIZE = 256
LR = 0.1
CLASSES = 10
PIXELS = 784


class Arrays(NamedTuple):
    """Images, uint8 (n, 28, 28), and labels, int64 (n,), of both sets."""

    images: np.ndarray
    labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray


def arrays(folder: str) -> Arrays:
    """Return the data as `prepare.py` has left it: uncompressed, so that reading costs nothing."""
    return Arrays(*(np.load(Path(folder, f"{name}.npy")) for name in Arrays._fields))


def weights(inputs: int = PIXELS, outputs: int = CLASSES, seed: int = 0) -> np.ndarray:
    """Return the initial weights of a layer, float32 (inputs, outputs); its bias begins at 0.

    >>> weights(3, 2).shape
    (3, 2)
    """
    return np.random.default_rng(seed).normal(0, 0.01, (inputs, outputs)).astype(np.float32)


def order(count: int, seed: int) -> np.ndarray:
    """Return the order in which the images of an epoch are read.

    >>> sorted(order(3, 0).tolist())
    [0, 1, 2]
    """
    return np.random.default_rng(seed).permutation(count)


def batch(size: int, inputs: int, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Return random examples, float32 (size, inputs), and labels, int64 (size,).

    Rows have a length of about 8 whatever the inputs, so that steps with LR go down and not astray.

    >>> [array.shape for array in batch(5, 3, 2)]
    [(5, 3), (5,)]
    """
    rng = np.random.default_rng(1)
    X = rng.standard_normal((size, inputs), np.float32) * (8 / math.sqrt(inputs))
    return X, rng.integers(0, classes, size)
