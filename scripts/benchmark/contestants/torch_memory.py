"""PyTorch as fast as eager code gets: all data in memory, no data set, no loader.

Of the ways that were tried these were the fastest: bytes in memory, index_select, the fused SGD.
"""

from __future__ import annotations

from collections.abc import Callable

import chains
import torch
from problem import BATCH_SIZE, LR, Laps, arrays, batch, no_laps, order, weights
from torch import nn
from torch.nn import functional as F


def softmax_net(outputs: int, inputs: int) -> nn.Sequential:
    """Softmax regression with NumPy's initial weights."""
    net = nn.Sequential(nn.Linear(inputs, outputs))
    net[-1].weight.data.copy_(torch.from_numpy(weights(inputs, outputs).T))
    net[-1].bias.data.zero_()
    return net


def floats(images: torch.Tensor) -> torch.Tensor:
    """Bytes as numbers from 0 to 1."""
    return images.float().div_(255)


class Contestant(chains.Chains):
    """Softmax regression and chains of operations."""

    def __init__(self, folder: str) -> None:
        super().__init__(torch)
        data = arrays(folder)
        self.images = torch.from_numpy(data.images).reshape(-1, 784)
        self.labels = torch.from_numpy(data.labels)
        self.test_images = torch.from_numpy(data.test_images).reshape(-1, 784)
        self.test_labels = torch.from_numpy(data.test_labels)
        self.net = softmax_net(10, 784)
        self.trainer = torch.optim.SGD(self.net.parameters(), lr=LR, fused=True)

    def epoch(self, seed: int, lap: Callable[[str], None] = no_laps) -> float:
        """Train an epoch, counting loss and right answers; return the mean loss."""
        loss = right = 0.0
        for rows in torch.from_numpy(order(len(self.images), seed)).split(BATCH_SIZE):
            X, y = floats(self.images.index_select(0, rows)), self.labels[rows]
            lap("load")
            y_hat = self.net(X)
            lap("forward")
            mean_loss = F.cross_entropy(y_hat, y)
            lap("loss")
            self.trainer.zero_grad()
            mean_loss.backward()
            lap("backward")
            self.trainer.step()
            lap("update")
            with torch.no_grad():
                loss += mean_loss.item() * len(y)
                right += (y_hat.argmax(1) == y).sum().item()
            lap("count")
        self.accuracy = right / len(self.images)
        return loss / len(self.images)

    def parts(self, seed: int, calls: bool = False) -> dict[str, float]:
        """Train an epoch; return the seconds, or the calls of functions, of its parts."""
        laps = Laps(calls)
        self.epoch(seed, laps)
        return laps.close()

    def evaluate(self) -> float:
        """Return the accuracy on the test set."""
        with torch.no_grad():
            predictions = self.net(floats(self.test_images)).argmax(1)
            return (predictions == self.test_labels).float().mean().item()

    def chain(self, operation: str, repeats: int, links: int) -> list[float]:
        """As the others, with one thread: more of them only wait for each other on 12 elements."""
        torch.set_num_threads(1)
        return super().chain(operation, repeats, links)

    def set_up(self, size: int, inputs: int, classes: int) -> None:
        """Prepare to train on one batch."""
        self.X, self.y = map(torch.from_numpy, batch(size, inputs, classes))
        self.small = softmax_net(classes, inputs)
        self.small_trainer = torch.optim.SGD(self.small.parameters(), lr=LR, fused=True)

    def steps(self, count: int) -> float:
        """Take so many steps and return the loss before the last one."""
        for _ in range(count):
            loss = F.cross_entropy(self.small(self.X), self.y)
            self.small_trainer.zero_grad()
            loss.backward()
            self.small_trainer.step()
        return loss.item()
