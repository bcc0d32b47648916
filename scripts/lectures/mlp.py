"""The same multilayer perceptron of ready-made parts: nn, a loss, an optimizer.

Each of them is one of the formulas of mlp_scratch.py, and the losses are the same. Book: chapter
"Multilayer Perceptrons", concise implementation.
"""

from __future__ import annotations

import sys

import lecture
import numpy as np

import minigrad as torch
from minigrad import nn

EPOCHS, BATCH_SIZE, LR = 10, 256, 0.1


def make():
    """784 pixels, 256 hidden units, 10 classes."""
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10))


def train(data, epochs, say=print):
    """Train; return the loss of each batch."""
    rng = np.random.default_rng(0)
    net, losses = make(), []
    lecture.first_weights(torch, net, rng, std=0.01)
    criterion = nn.CrossEntropyLoss()  # it contains the softmax
    trainer = torch.optim.SGD(net.parameters(), lr=LR)
    for epoch in range(1, epochs + 1):
        begin = len(losses)
        for batch in lecture.batches(rng, len(data.X), BATCH_SIZE):
            X, y = torch.tensor(data.X[batch]), torch.tensor(data.y[batch])
            loss = criterion(net(X), y)
            trainer.zero_grad()  # or this gradient would be added to the last one
            loss.backward()
            trainer.step()
            losses.append(loss.item())
        right = lecture.accuracy(torch, net, data.X_test, data.y_test)
        say(f"epoch {epoch:2d}  loss {np.mean(losses[begin:]):.4f}  test acc {right:.4f}")
    return losses


if __name__ == "__main__":
    sys.exit(lecture.program(__file__, __doc__, train, EPOCHS))
