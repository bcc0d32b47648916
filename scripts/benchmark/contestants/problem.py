"""What all contestants are given: the same data, initial weights and orders, made by NumPy."""

from __future__ import annotations

import math
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

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


class Laps:
    """The seconds of each part of the work: lap("load") ends the part of that name.

    With `calls` it counts the calls of Python functions instead, this one's left out.
    """

    def __init__(self, calls: bool = False) -> None:
        self.totals: dict[str, float] = defaultdict(float)
        self.calls = 0
        self.now = (lambda: self.calls) if calls else time.perf_counter
        self.last = self.now()
        if calls:
            sys.setprofile(self._event)

    def _event(self, frame: Any, event: str, argument: Any) -> None:
        own = (Laps.__call__.__code__, self.now.__code__) if event == "call" else ()
        self.calls += event == "call" and frame.f_code not in own

    def __call__(self, part: str) -> None:
        now = self.now()
        self.totals[part] += now - self.last
        self.last = self.now()

    def close(self) -> dict[str, float]:
        """Return what has come together."""
        sys.setprofile(None)
        return dict(self.totals)


def no_laps(part: str) -> None:
    """Measure nothing."""


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
