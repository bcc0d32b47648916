"""The yardstick: softmax regression in NumPy, with every gradient written by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from problem import BATCH_SIZE, LR, Laps, arrays, batch, no_laps, order, weights


class Contestant:
    """All data stay uint8 in memory; a batch becomes float32 when its turn comes."""

    def __init__(self, folder: str) -> None:
        self.data = arrays(folder)
        self.W, self.b = weights(), np.zeros(10, np.float32)

    def epoch(self, seed: int, lap: Callable[[str], None] = no_laps) -> float:
        """Train an epoch, counting loss and right answers; return the mean loss."""
        W, b = self.W, self.b
        images, labels = self.data.images.reshape(-1, 784), self.data.labels
        rows = order(len(images), seed)
        loss = right = 0.0
        for start in range(0, len(images), BATCH_SIZE):
            now = rows[start : start + BATCH_SIZE]
            X = images.take(now, axis=0).astype(np.float32)
            X /= 255
            y = labels[now]
            lap("load")
            logits = X @ W + b
            lap("forward")
            losses, p = softmax_cross_entropy(logits, y)
            lap("loss")
            gradient = gradient_of_mean(p, y)
            of_W, of_b = X.T @ gradient, gradient.sum(axis=0)
            lap("backward")
            W -= LR * of_W
            b -= LR * of_b
            lap("update")
            loss += float(losses.sum())
            right += int((logits.argmax(axis=1) == y).sum())
            lap("count")
        self.accuracy = right / len(images)
        return loss / len(images)

    def parts(self, seed: int, calls: bool = False) -> dict[str, float]:
        """Train an epoch; return the seconds, or the calls of functions, of its parts."""
        laps = Laps(calls)
        self.epoch(seed, laps)
        return laps.close()

    def evaluate(self) -> float:
        """Return the accuracy on the test set."""
        images, labels = self.data.test_images.reshape(-1, 784), self.data.test_labels
        right = 0
        for start in range(0, len(images), BATCH_SIZE):
            X = images[start : start + BATCH_SIZE].astype(np.float32)
            X /= 255
            right += int(
                ((X @ self.W + self.b).argmax(axis=1) == labels[start : start + BATCH_SIZE]).sum()
            )
        return right / len(images)

    def set_up(self, size: int, inputs: int, classes: int) -> None:
        """Prepare to train on one batch."""
        self.X, self.y = batch(size, inputs, classes)
        self.layer = weights(inputs, classes), np.zeros(classes, np.float32)

    def steps(self, count: int) -> float:
        """Take so many steps and return the loss before the last one."""
        X, y, (W, b) = self.X, self.y, self.layer
        for _ in range(count):
            losses, p = softmax_cross_entropy(X @ W + b, y)
            gradient = gradient_of_mean(p, y)
            W -= LR * (X.T @ gradient)
            b -= LR * gradient.sum(axis=0)
        return float(losses.mean())


def softmax_cross_entropy(logits: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the loss of each row, and the softmax.

    >>> losses, p = softmax_cross_entropy(np.zeros((1, 2)), np.array([1]))
    >>> losses.round(4), p
    (array([0.6931]), array([[0.5, 0.5]]))
    """
    z = logits - logits.max(axis=1, keepdims=True)
    p = np.exp(z)
    total = p.sum(axis=1, keepdims=True)
    losses = np.log(total[:, 0]) - z[np.arange(len(y)), y]
    p /= total
    return losses, p


def gradient_of_mean(p: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Turn the softmax into the gradient of the mean loss by the logits.

    >>> gradient_of_mean(np.array([[0.5, 0.5]]), np.array([1]))
    array([[ 0.5, -0.5]])
    """
    p[np.arange(len(y)), y] -= 1
    p /= len(y)
    return p
