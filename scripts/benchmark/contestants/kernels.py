"""The work that no library can leave out, alone: an epoch's kernels, and inflating and hashing."""

from __future__ import annotations

import hashlib
import zlib
from pathlib import Path

import numpy as np
from problem import BATCH_SIZE, arrays, order, weights


class Contestant:
    """It learns nothing: the weights stay what they are."""

    def __init__(self, folder: str) -> None:
        self.data = arrays(folder)
        self.W = weights()

    def epoch(self, seed: int) -> None:
        """Gather rows, scale, multiply twice, softmax of 256 x 10; all into given memory."""
        images, W = self.data.images.reshape(-1, 784), self.W
        rows = order(len(images), seed)
        pixels = np.empty((BATCH_SIZE, 784), np.uint8)
        X = np.empty((BATCH_SIZE, 784), np.float32)
        p, gradient = np.empty((BATCH_SIZE, 10), np.float32), np.empty((784, 10), np.float32)
        for start in range(0, len(images) - BATCH_SIZE + 1, BATCH_SIZE):
            np.take(images, rows[start : start + BATCH_SIZE], axis=0, out=pixels, mode="clip")
            np.copyto(X, pixels)
            np.divide(X, 255, out=X)
            np.matmul(X, W, out=p)
            p -= p.max(axis=1, keepdims=True)
            np.exp(p, out=p)
            p /= p.sum(axis=1, keepdims=True)
            np.matmul(X.T, p, out=gradient)

    def load(self, folder: str) -> int:
        """Inflate and hash the four files."""
        size = 0
        for path in Path(folder).glob("*.gz"):
            content = zlib.decompress(path.read_bytes(), wbits=31)
            hashlib.sha256(content).digest()
            size += len(content)
        return size
