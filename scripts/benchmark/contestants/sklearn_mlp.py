"""scikit-learn's MLPClassifier with no hidden layer, which is softmax regression by SGD.

It counts no right answers while it trains, so its task is a little smaller than the others'.
"""

from __future__ import annotations

import numpy as np
from problem import BATCH_SIZE, LR, arrays, order, weights
from sklearn.neural_network import MLPClassifier


class Contestant:
    """Softmax regression."""

    def __init__(self, folder: str) -> None:
        data = arrays(folder)
        self.X = data.images.reshape(-1, 784).astype(np.float32)
        self.X /= 255
        self.y = data.labels
        self.net = MLPClassifier(
            hidden_layer_sizes=(), solver="sgd", alpha=0, batch_size=BATCH_SIZE, shuffle=False,
            learning_rate_init=LR, momentum=0, nesterovs_momentum=False,
        )  # fmt: skip
        # It draws weights when it first sees data; they are replaced by the ones that all have.
        self.net.partial_fit(self.X[:BATCH_SIZE], self.y[:BATCH_SIZE], classes=np.arange(10))
        self.net.coefs_[0][...] = weights()
        self.net.intercepts_[0][...] = 0

    def epoch(self, seed: int) -> float:
        """Train an epoch and return the mean loss."""
        rows = order(len(self.X), seed)
        self.net.partial_fit(self.X[rows], self.y[rows])
        return float(self.net.loss_curve_[-1])
