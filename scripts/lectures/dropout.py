"""Dropout: in each step of the training, each hidden unit is left out by chance.

So no unit can rely on one other. What stays is divided by the part that stays, and the mean is
what it was: so nothing has to change when the model predicts. Here the layer is a formula; its
masks come from NumPy. `nn.Dropout` is the same with the library's own. Book: chapter "Dropout".
"""

from __future__ import annotations

import sys

import lecture
import numpy as np

import minigrad as torch
from minigrad import nn

EPOCHS, BATCH_SIZE, LR = 10, 256, 0.5
DROPOUT1, DROPOUT2 = 0.2, 0.5  # less near the input


def dropout_layer(X, p, rng):
    """Set each element to 0 with probability p, and divide the others by 1 - p."""
    if p == 0:
        return X
    mask = torch.tensor(rng.random(tuple(X.shape)) > p).float()
    return mask * X / (1.0 - p)


class Net(nn.Module):
    """Two hidden layers, and dropout after each of them while it is trained."""

    def __init__(self, rng, p1=DROPOUT1, p2=DROPOUT2):
        super().__init__()
        self.rng, self.p1, self.p2 = rng, p1, p2
        self.lin1, self.lin2 = nn.Linear(784, 256), nn.Linear(256, 256)
        self.lin3 = nn.Linear(256, 10)
        self.relu = nn.ReLU()

    def forward(self, X):
        H1 = self.relu(self.lin1(X.reshape((-1, 784))))
        if self.training:
            H1 = dropout_layer(H1, self.p1, self.rng)
        H2 = self.relu(self.lin2(H1))
        if self.training:
            H2 = dropout_layer(H2, self.p2, self.rng)
        return self.lin3(H2)


def train(data, epochs, say=print, p1=DROPOUT1, p2=DROPOUT2):
    """Train; return the loss of each batch."""
    rng = np.random.default_rng(0)
    net, losses = Net(np.random.default_rng(1), p1, p2), []
    lecture.first_weights(torch, net, rng)
    criterion = nn.CrossEntropyLoss()
    trainer = torch.optim.SGD(net.parameters(), lr=LR)
    for epoch in range(1, epochs + 1):
        begin = len(losses)
        net.train()
        for batch in lecture.batches(rng, len(data.X), BATCH_SIZE):
            X, y = torch.tensor(data.X[batch]), torch.tensor(data.y[batch])
            loss = criterion(net(X), y)
            trainer.zero_grad()
            loss.backward()
            trainer.step()
            losses.append(loss.item())
        net.eval()
        right = lecture.accuracy(torch, net, data.X_test, data.y_test)
        say(f"epoch {epoch:2d}  loss {np.mean(losses[begin:]):.4f}  test acc {right:.4f}")
    return losses


if __name__ == "__main__":
    sys.exit(lecture.program(__file__, __doc__, train, EPOCHS))
