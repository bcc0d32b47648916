"""LeNet: two convolutions see that pixels have neighbours, three layers of an MLP decide.

An MLP would learn as well from images whose pixels are shuffled. A convolution looks at 5 x 5 of
them at a time, with the same weights everywhere. Sigmoids start late: the loss stays near 2.3 for
some hundred steps. On the embedded sample an epoch has 8: there take --epochs 100. Book: chapter
"Convolutional Neural Networks (LeNet)".
"""

from __future__ import annotations

import sys

import lecture
import numpy as np

import minigrad as torch
from minigrad import nn

EPOCHS, BATCH_SIZE, LR = 10, 256, 0.9


def make():
    """Shapes for an image of 1 x 28 x 28; the convolutions come first."""
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2),  # 6 x 28 x 28
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),  # 6 x 14 x 14
        nn.Conv2d(6, 16, kernel_size=5),  # 16 x 10 x 10
        nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),  # 16 x 5 x 5
        nn.Flatten(),  # 400
        nn.Linear(16 * 5 * 5, 120),
        nn.Sigmoid(),
        nn.Linear(120, 84),
        nn.Sigmoid(),
        nn.Linear(84, 10),
    )


def shapes(net):
    """The shape after each layer, as the book prints them."""
    X, found = torch.zeros(1, 1, 28, 28), []
    for layer in net:
        X = layer(X)
        found.append(f"{type(layer).__name__:9s} {' x '.join(map(str, X.shape[1:]))}")
    return found


def train(data, epochs, say=print):
    """Train; return the loss of each batch."""
    rng = np.random.default_rng(0)
    net, losses = make(), []
    say("\n".join(shapes(net)))
    lecture.first_weights(torch, net, rng)
    criterion = nn.CrossEntropyLoss()
    trainer = torch.optim.SGD(net.parameters(), lr=LR)
    for epoch in range(1, epochs + 1):
        begin = len(losses)
        for batch in lecture.batches(rng, len(data.X), BATCH_SIZE):
            X, y = torch.tensor(data.X[batch]), torch.tensor(data.y[batch])
            loss = criterion(net(X), y)
            trainer.zero_grad()
            loss.backward()
            trainer.step()
            losses.append(loss.item())
        right = lecture.accuracy(torch, net, data.X_test, data.y_test)
        say(f"epoch {epoch:2d}  loss {np.mean(losses[begin:]):.4f}  test acc {right:.4f}")
    return losses


if __name__ == "__main__":
    sys.exit(lecture.program(__file__, __doc__, train, EPOCHS))
