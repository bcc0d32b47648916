"""The nets of the rows of nets: their layers, first parameters and a batch, the same for all."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

LENET = [
    ("conv", 1, 6, 5, 2), ("f",), ("pool",), ("conv", 6, 16, 5, 0), ("f",), ("pool",), ("flatten",),
    ("linear", 400, 120), ("f",), ("linear", 120, 84), ("f",), ("linear", 84, 10),
]  # fmt: skip
SIGMOID, RELU = {"f": "sigmoid", "pool": "avg"}, {"f": "relu", "pool": "max"}
# A layer is its kind and its numbers: (in, out, kernel, padding), (in, out), channels, probability.
LAYERS: dict[str, list[tuple[Any, ...]]] = {
    "lenet-sigmoid": [(SIGMOID.get(kind, kind), *numbers) for kind, *numbers in LENET],
    "lenet-relu": [(RELU.get(kind, kind), *numbers) for kind, *numbers in LENET],
    "cnn": [
        ("conv", 1, 32, 3, 1), ("norm", 32), ("relu",), ("max",),
        ("conv", 32, 64, 3, 1), ("norm", 64), ("relu",), ("max",), ("flatten",),
        ("linear", 64 * 7 * 7, 10),
    ],
    "cnn-plain": [  # no batch norm: what that sees of a batch depends on who has which part of it
        ("conv", 1, 32, 3, 1), ("relu",), ("max",), ("conv", 32, 64, 3, 1), ("relu",), ("max",),
        ("flatten",), ("linear", 64 * 7 * 7, 10),
    ],
    "mlp-adam": [
        ("linear", 784, 256), ("relu",), ("dropout", 0.2),
        ("linear", 256, 256), ("relu",), ("dropout", 0.5), ("linear", 256, 10),
    ],
    "mlp": [("linear", 784, 256), ("relu",), ("linear", 256, 10)],
    "softmax": [("linear", 784, 10)],
    "classes": [("linear", 784, 1000)],
}  # fmt: skip
STEPS, BATCH, LETTERS, HIDDEN = 35, 32, 28, 256  # of the recurrent net, "rnn"
ADAM = {"mlp-adam"}  # the others go by plain SGD
ADAM_LR, BETAS, EPS = 1e-3, (0.9, 0.999), 1e-8
NORM_EPS = 1e-5


class Problem(NamedTuple):
    """What a contestant is given: layers, () for "rnn"; parameters; a batch and its labels."""

    layers: list[tuple[Any, ...]]
    parameters: list[np.ndarray]
    X: np.ndarray
    y: np.ndarray
    lr: float


def problem(net: str, batch: int, dropout: bool = True) -> Problem:
    """Return the net with its first parameters, torch's shapes, and a batch, all float32.

    Without dropout, for the check, no loss depends on anybody's random numbers.

    >>> found = problem("mlp", 3)
    >>> [p.shape for p in found.parameters], found.X.shape, found.y.shape
    ([(256, 784), (256,), (10, 256), (10,)], (3, 784), (3,))
    """
    rng = np.random.default_rng(0)
    if net == "rnn":
        return _recurrent(rng, batch)
    layers = [layer for layer in LAYERS[net] if dropout or layer[0] != "dropout"]
    parameters = [p for kind, *numbers in layers for p in _parameters(rng, kind, *numbers)]
    shape = (batch, 1, 28, 28) if layers[0][0] == "conv" else (batch, layers[0][1])
    X = rng.standard_normal(shape, np.float32) * np.float32(0.3)
    y = rng.integers(0, layers[-1][2], batch)
    return Problem(layers, parameters, X, y, {"mlp-adam": ADAM_LR, "cnn": 0.01}.get(net, 0.1))


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], inputs: int) -> np.ndarray:
    bound = 1 / math.sqrt(inputs)
    return rng.uniform(-bound, bound, shape).astype(np.float32)


def _parameters(rng: np.random.Generator, kind: str, *numbers: Any) -> list[np.ndarray]:
    """A layer's weight and bias, or nothing."""
    if kind == "conv":
        inputs, outputs, side, _ = numbers
        shape = (outputs, inputs, side, side)
        return [_uniform(rng, s, inputs * side * side) for s in (shape, (outputs,))]
    if kind == "linear":
        inputs, outputs = numbers
        return [_uniform(rng, s, inputs) for s in ((outputs, inputs), (outputs,))]
    if kind == "norm":
        return [np.ones(numbers[0], np.float32), np.zeros(numbers[0], np.float32)]
    return []


def _recurrent(rng: np.random.Generator, batch: int) -> Problem:
    """Letters one by one, each to be told from those before: H = tanh(X W_xh + H W_hh + b)."""
    shapes = [(LETTERS, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN,), (HIDDEN, LETTERS), (LETTERS,)]
    parameters = [_uniform(rng, shape, HIDDEN) for shape in shapes]
    letters = rng.integers(0, LETTERS, (STEPS + 1, batch))
    X = np.eye(LETTERS, dtype=np.float32)[letters[:-1]]
    return Problem([], parameters, X, letters[1:].reshape(-1), 0.1)
