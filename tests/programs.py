"""Small and large programs whose graphs are drawn and explained: each gives results and names."""

from __future__ import annotations

from typing import Any

import minigrad
from fashion import datasets, transforms
from minigrad import nn

Made = tuple[Any, Any, dict[str, Any]]  # the results, a module or None, names


def images(count: int) -> tuple[Any, Any]:
    X, y = datasets.load_sample(train=True)
    return transforms.ToTensor()(X[:count]), minigrad.tensor(y[:count].astype("int64"))


def expression() -> Made:
    w = minigrad.tensor([1.0, -2.0, 0.5], requires_grad=True)
    x = minigrad.tensor([[1.0, 0.2, 3.0], [0.4, 0.5, 0.6]])
    return ((w * x + w).tanh()).sum(), None, {"w": w, "x": x}


def diamond() -> Made:
    s = minigrad.tensor(1.3, requires_grad=True)
    t = s.exp()
    return t * t + t.sin(), None, {"s": s, "t": t}


def scratch(count: int = 256) -> Made:
    X, y = images(count)
    W = minigrad.normal(0, 0.01, size=(784, 10), requires_grad=True)
    b = minigrad.zeros(10, requires_grad=True)
    exp = minigrad.exp(minigrad.matmul(X.reshape((-1, 784)), W) + b)
    y_hat = exp / exp.sum(1, keepdim=True)
    loss = (-minigrad.log(y_hat[range(count), y])).sum()
    return loss, None, {"X": X, "W": W, "b": b, "y_hat": y_hat}


def _network(net: Any, count: int) -> Made:
    X, y = images(count)
    return nn.CrossEntropyLoss()(net(X), y), net, {"X": X, "y": y}


def concise() -> Made:
    return _network(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), 256)


def mlp() -> Made:
    layers = nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 10)
    return _network(nn.Sequential(*layers), 256)


def lenet() -> Made:
    return _network(
        nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2, 2), nn.Conv2d(6, 16, 5),
            nn.Sigmoid(), nn.AvgPool2d(2, 2), nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(),
            nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10),
        ),
        16,
    )  # fmt: skip


def rnn(steps: int = 100) -> Made:
    W = minigrad.normal(0, 0.3, size=(16, 16), requires_grad=True)
    U = minigrad.normal(0, 0.3, size=(8, 16), requires_grad=True)
    b = minigrad.zeros(16, requires_grad=True)
    xs, h = minigrad.normal(0, 1, size=(steps, 4, 8)), minigrad.zeros(4, 16)
    for t in range(steps):
        h = minigrad.tanh(xs[t] @ U + h @ W + b)
    return (h * h).mean(), None, {"W": W, "U": U, "b": b}


def second() -> Made:
    x = minigrad.tensor([0.5, -1.0, 2.0], requires_grad=True)
    y = (x**3 * x.sin()).sum()
    (dx,) = minigrad.autograd.grad(y, x, create_graph=True)
    n = (dx * dx).sum()
    return (y, n), None, {"x": x, "y": y, "dx": dx, "n": n}


def chain(operations: int = 1000) -> Made:
    """Operations in an order that repeats nowhere."""
    x = minigrad.tensor([0.3, 0.7], requires_grad=True)
    y, z, state = x, x, 1
    for _ in range(operations):
        state = state * 1103515245 % 2**31
        y, z = (y.sin(), y) if state >> 16 & 3 < 2 else ((y * z), y) if state & 64 else (y + z, y)
        y = y.tanh() if state & 128 else y
    return y.sum(), None, {"x": x}
