"""A multilayer perceptron from scratch: its layers, its loss and its steps are formulas.

Softmax regression draws straight borders between the classes. One hidden layer, with something
between the two layers that is not linear, bends them. Book: chapter "Multilayer Perceptrons".
"""

from __future__ import annotations

import sys

import lecture
import numpy as np

import minigrad as torch

EPOCHS, BATCH_SIZE, LR = 10, 256, 0.1
INPUTS, HIDDEN, OUTPUTS = 784, 256, 10


def parameters(rng):
    """Two layers: small numbers, so that all units differ, and biases of 0."""

    def layer(inputs, outputs):
        W = torch.tensor(rng.normal(0, 0.01, (outputs, inputs)).T, dtype=torch.float32)
        return [W.requires_grad_(), torch.zeros(outputs, requires_grad=True)]

    return layer(INPUTS, HIDDEN) + layer(HIDDEN, OUTPUTS)


def relu(X):
    """Without it, two layers would be one: a product of two matrices is a matrix."""
    return torch.maximum(X, torch.zeros_like(X))


def net(X, params):
    W1, b1, W2, b2 = params
    H = relu(X.reshape((-1, INPUTS)) @ W1 + b1)
    return H @ W2 + b2


def cross_entropy(scores, y):
    """The mean of -log softmax(scores)[y]; less the largest score, so that exp stays finite."""
    shifted = scores - scores.max(1, keepdim=True).values.detach()
    log_sum = torch.log(torch.exp(shifted).sum(1))
    return (log_sum - shifted[range(len(y)), y]).mean()


def sgd(params, lr):
    """One step against the gradient."""
    with torch.no_grad():
        for p in params:
            p -= lr * p.grad
            p.grad = None


def train(data, epochs, say=print):
    """Train; return the loss of each batch."""
    rng = np.random.default_rng(0)
    params, losses = parameters(rng), []
    for epoch in range(1, epochs + 1):
        begin = len(losses)
        for batch in lecture.batches(rng, len(data.X), BATCH_SIZE):
            X, y = torch.tensor(data.X[batch]), torch.tensor(data.y[batch])
            loss = cross_entropy(net(X, params), y)
            loss.backward()
            sgd(params, LR)
            losses.append(loss.item())
        right = lecture.accuracy(torch, lambda X: net(X, params), data.X_test, data.y_test)
        say(f"epoch {epoch:2d}  loss {np.mean(losses[begin:]):.4f}  test acc {right:.4f}")
    return losses


if __name__ == "__main__":
    sys.exit(lecture.program(__file__, __doc__, train, EPOCHS))
