"""LeNet with batch normalisation: each layer gets values of mean 0 and deviation 1.

The mean and the deviation are those of the batch, for each channel; two parameters for each channel
then stretch and move the result. LeNet, which starts late, so starts at once. To predict one image
there is no batch: then running means are taken, which the training leaves behind, and eval()
switches to them. Book: chapter "Batch Normalization".
"""

from __future__ import annotations

import sys

import lecture
import numpy as np

import minigrad as torch
from minigrad import nn

EPOCHS, BATCH_SIZE, LR = 10, 256, 1.0


def make():
    """LeNet with a normalisation before each sigmoid."""
    return nn.Sequential(
        nn.Conv2d(1, 6, kernel_size=5, padding=2), nn.BatchNorm2d(6), nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2),
        nn.Conv2d(6, 16, kernel_size=5), nn.BatchNorm2d(16), nn.Sigmoid(),
        nn.AvgPool2d(kernel_size=2, stride=2), nn.Flatten(),
        nn.Linear(16 * 5 * 5, 120), nn.BatchNorm1d(120), nn.Sigmoid(),
        nn.Linear(120, 84), nn.BatchNorm1d(84), nn.Sigmoid(),
        nn.Linear(84, 10),
    )  # fmt: skip


def by_hand(X, norm):
    """What a BatchNorm2d does in training, as a formula: it is shown once, before the training."""
    mean = X.mean(dim=(0, 2, 3), keepdim=True)
    var = ((X - mean) ** 2).mean(dim=(0, 2, 3), keepdim=True)
    gamma, beta = (p.reshape((1, -1, 1, 1)) for p in (norm.weight, norm.bias))
    return gamma * (X - mean) / torch.sqrt(var + norm.eps) + beta


def train(data, epochs, say=print):
    """Train; return the loss of each batch."""
    rng = np.random.default_rng(0)
    net, losses = make(), []
    lecture.first_weights(torch, net, rng)
    X = torch.tensor(rng.normal(3, 2, (8, 6, 4, 4)), dtype=torch.float32)
    apart = (nn.BatchNorm2d(6)(X) - by_hand(X, net[1])).abs().max().item()
    say(f"formula and layer are the same: {apart < 1e-5}")
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
    say("running means of the first layer: " + " ".join(f"{m:.3f}" for m in net[1].running_mean))
    return losses


if __name__ == "__main__":
    sys.exit(lecture.program(__file__, __doc__, train, EPOCHS))
