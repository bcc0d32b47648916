"""Weight decay: with few images, a model of many weights learns them by heart.

Softmax regression has 7,850 parameters, and is given 200 images. The loss on them goes down and
down; the loss on other images does not. A penalty, half of lambda times the sum of all squared
weights, keeps the weights small, and the two losses nearer to each other. As its gradient is lambda
times the weight, every step makes each weight a little smaller: so an optimizer can do it without
the penalty, by weight_decay=lambda. Both ways are here, and lose the same. Book: chapter "Weight
Decay".
"""

from __future__ import annotations

import sys

import lecture
import numpy as np

import minigrad as torch
from minigrad import nn
from minigrad.nn import functional as F

EPOCHS, BATCH_SIZE, LR = 100, 20, 0.1
IMAGES = 200
LAMBDAS = (0.0, 0.01)


def l2_penalty(W):
    """Half of the squared length: its gradient is W."""
    return (W**2).sum() / 2


def scratch(data, epochs, strength):
    """Softmax regression with the penalty as a part of the loss; returns the losses and W."""
    rng = np.random.default_rng(0)
    W = torch.tensor(rng.normal(0, 0.01, (10, 784)), dtype=torch.float32, requires_grad=True)
    b = torch.zeros(10, requires_grad=True)
    losses = []
    for _ in range(epochs):
        for batch in lecture.batches(rng, IMAGES, BATCH_SIZE):
            X, y = torch.tensor(data.X[batch]), torch.tensor(data.y[batch])
            loss = F.cross_entropy(X.reshape((-1, 784)) @ W.T + b, y)
            (loss + strength * l2_penalty(W)).backward()
            with torch.no_grad():
                for p in (W, b):
                    p -= LR * p.grad
                    p.grad.zero_()
            losses.append(loss.item())
    return losses, lambda X: X.reshape((-1, 784)) @ W.T + b, W


def concise(data, epochs, strength):
    """The same by an optimizer that decays the weights, but not the biases."""
    rng = np.random.default_rng(0)
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    lecture.first_weights(torch, net, rng, std=0.01)
    groups = [{"params": [net[1].weight], "weight_decay": strength}, {"params": [net[1].bias]}]
    trainer, losses = torch.optim.SGD(groups, lr=LR), []
    for _ in range(epochs):
        for batch in lecture.batches(rng, IMAGES, BATCH_SIZE):
            X, y = torch.tensor(data.X[batch]), torch.tensor(data.y[batch])
            loss = F.cross_entropy(net(X), y)
            trainer.zero_grad()
            loss.backward()
            trainer.step()
            losses.append(loss.item())
    return losses, net, net[1].weight


def train(data, epochs, say=print):
    """Train each way with each strength; return the losses of all batches."""
    found = []
    for strength in LAMBDAS:
        for way in (scratch, concise):
            losses, net, W = way(data, epochs, strength)
            right = lecture.accuracy(torch, net, data.X_test, data.y_test)
            with torch.no_grad():
                scores = net(torch.tensor(data.X_test))
                test_loss = F.cross_entropy(scores, torch.tensor(data.y_test)).item()
                length = (2 * l2_penalty(W)).item() ** 0.5
            say(
                f"lambda {strength:<4g}  {way.__name__:7s}  loss {np.mean(losses[-10:]):.4f}  "
                f"test loss {test_loss:.4f}  test acc {right:.4f}  length of W {length:.2f}"
            )
            found += losses
    return found


if __name__ == "__main__":
    sys.exit(lecture.program(__file__, __doc__, train, EPOCHS))
