"""The yardstick for the nets: NumPy, with every gradient written by hand.

A layer is a function that returns its output and a function for the way back; that one takes the
gradient of the output and returns those of the input, or None, and of the layer's parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nets
import numpy as np
from convolution import convolve, input_gradient, weight_gradient
from numpy_loop import gradient_of_mean, softmax_cross_entropy

Backward = Callable[[np.ndarray], tuple[Any, ...]]


def conv(X: np.ndarray, W: np.ndarray, b: np.ndarray, *numbers: Any) -> tuple[np.ndarray, Backward]:
    """A convolution with stride 1."""
    padding = numbers[3]

    def backward(g: np.ndarray) -> tuple[Any, ...]:
        of_X = input_gradient(g, X, W, padding) if W.shape[1] > 1 else None  # of images: unwanted
        return of_X, weight_gradient(g, X, W, padding), g.sum(axis=(0, 2, 3))

    return convolve(X, W, b, padding), backward


def linear(
    X: np.ndarray, W: np.ndarray, b: np.ndarray, *numbers: Any
) -> tuple[np.ndarray, Backward]:
    """X W^T + b."""
    Y = X @ W.T
    Y += b
    return Y, lambda g: (g @ W if numbers[0] != 784 else None, g.T @ X, g.sum(axis=0))


def norm(X: np.ndarray, W: np.ndarray, b: np.ndarray, *numbers: Any) -> tuple[np.ndarray, Backward]:
    """Batch norm over examples and places."""
    axes, count = (0, 2, 3), X.size // X.shape[1]
    Z = X - X.mean(axis=axes, keepdims=True)
    inverse = 1 / np.sqrt(np.einsum("nchw,nchw->c", Z, Z) / count + nets.NORM_EPS)
    Z *= inverse[:, None, None]
    Y = Z * W[:, None, None]
    Y += b[:, None, None]

    def backward(g: np.ndarray) -> tuple[Any, ...]:
        of_W, of_b = np.einsum("nchw,nchw->c", g, Z), g.sum(axis=axes)
        of_X = g - (of_b / count)[:, None, None]
        of_X -= Z * (of_W / count)[:, None, None]
        of_X *= (W * inverse)[:, None, None]
        return of_X, of_W, of_b

    return Y, backward


def sigmoid(X: np.ndarray) -> tuple[np.ndarray, Backward]:
    """1 / (1 + exp(-X))."""
    Y = np.negative(X)
    np.exp(Y, out=Y)
    Y += 1
    np.divide(1, Y, out=Y)

    def backward(g: np.ndarray) -> tuple[Any, ...]:
        of_X = 1 - Y
        of_X *= Y
        of_X *= g
        return (of_X,)

    return Y, backward


def relu(X: np.ndarray) -> tuple[np.ndarray, Backward]:
    """The larger of X and 0."""
    Y = np.maximum(X, 0)
    return Y, lambda g: (g * (Y > 0),)


def avg(X: np.ndarray) -> tuple[np.ndarray, Backward]:
    """The mean of squares of 2 x 2."""
    rows = X[:, :, 0::2] + X[:, :, 1::2]
    Y = rows[..., 0::2] + rows[..., 1::2]
    Y *= np.float32(0.25)

    def backward(g: np.ndarray) -> tuple[Any, ...]:
        of_X = np.empty_like(X)
        g = g * np.float32(0.25)
        for i, j in CORNERS:
            of_X[:, :, i::2, j::2] = g
        return (of_X,)

    return Y, backward


def max_(X: np.ndarray) -> tuple[np.ndarray, Backward]:
    """The largest of squares of 2 x 2; of equal ones the first gets the gradient."""
    rows = np.maximum(X[:, :, 0::2], X[:, :, 1::2])
    Y = np.maximum(rows[..., 0::2], rows[..., 1::2])

    def backward(g: np.ndarray) -> tuple[Any, ...]:
        of_X, free = np.empty_like(X), np.ones(Y.shape, bool)
        for i, j in CORNERS:
            largest = X[:, :, i::2, j::2] == Y
            largest &= free
            free ^= largest
            np.multiply(g, largest, out=of_X[:, :, i::2, j::2])
        return (of_X,)

    return Y, backward


CORNERS = ((0, 0), (0, 1), (1, 0), (1, 1))


def flatten(X: np.ndarray) -> tuple[np.ndarray, Backward]:
    """All numbers of an example in a row."""
    return X.reshape(len(X), -1), lambda g: (g.reshape(X.shape),)


LAYERS: dict[str, Callable[..., tuple[np.ndarray, Backward]]] = {
    "conv": conv, "linear": linear, "norm": norm, "sigmoid": sigmoid, "relu": relu, "avg": avg,
    "max": max_, "flatten": flatten,
}  # fmt: skip
WITH_PARAMETERS = {"conv", "linear", "norm"}


class Contestant:
    """The nets by hand."""

    def __init__(self, folder: str) -> None:
        self.random = np.random.default_rng()

    def set_up(self, net: str, batch: int, dropout: bool) -> None:
        """Prepare to train a net on one batch."""
        self.given, self.adam = nets.problem(net, batch, dropout), net in nets.ADAM
        self.gradients = self.of_the_layers if self.given.layers else self.recurrent
        self.restart()

    def restart(self) -> None:
        """Go back to the first parameters."""
        self.parameters = [p.copy() for p in self.given.parameters]
        self.means = [(np.zeros_like(p), np.zeros_like(p)) for p in self.parameters]
        self.count = 0

    def dropout(self, X: np.ndarray, probability: float) -> tuple[np.ndarray, Backward]:
        """Some numbers become 0, the others grow by as much."""
        mask = (self.random.random(X.shape, np.float32) >= probability).astype(np.float32)
        mask /= np.float32(1 - probability)
        return X * mask, lambda g: (g * mask,)

    def of_the_layers(self) -> tuple[float, list[np.ndarray]]:
        """Return the mean loss, and the gradients of the parameters."""
        X, walk, used = self.given.X, [], 0
        for kind, *numbers in self.given.layers:
            if kind in WITH_PARAMETERS:
                W, b = self.parameters[used : used + 2]
                X, back = LAYERS[kind](X, W, b, *numbers)
                used += 2
            elif kind == "dropout":
                X, back = self.dropout(X, *numbers)
            else:
                X, back = LAYERS[kind](X)
            walk.append(back)
        losses, p = softmax_cross_entropy(X, self.given.y)
        g, gradients = gradient_of_mean(p, self.given.y), []
        for back in reversed(walk):
            g, *found = back(g)
            gradients[:0] = found
        return float(losses.mean()), gradients

    def recurrent(self) -> tuple[float, list[np.ndarray]]:
        """The same for the recurrent net, back through time."""
        W_xh, W_hh, b_h, W_hq, b_q = self.parameters
        X, y = self.given.X, self.given.y
        steps, batch, _ = X.shape
        H = np.zeros((steps + 1, batch, nets.HIDDEN), np.float32)
        inputs = (X.reshape(-1, nets.LETTERS) @ W_xh + b_h).reshape(steps, batch, -1)
        for t in range(steps):
            np.tanh(inputs[t] + H[t] @ W_hh, out=H[t + 1])
        states = H[1:].reshape(-1, nets.HIDDEN)
        losses, p = softmax_cross_entropy(states @ W_hq + b_q, y)
        g = gradient_of_mean(p, y)
        of_states = (g @ W_hq.T).reshape(steps, batch, -1)
        of_inputs = np.empty_like(inputs)
        later = np.zeros((batch, nets.HIDDEN), np.float32)
        for t in reversed(range(steps)):
            later += of_states[t]
            np.multiply(later, 1 - H[t + 1] ** 2, out=of_inputs[t])
            later = of_inputs[t] @ W_hh.T
        flat = of_inputs.reshape(-1, nets.HIDDEN)
        before = H[:-1].reshape(-1, nets.HIDDEN)
        return float(losses.mean()), [
            X.reshape(-1, nets.LETTERS).T @ flat, before.T @ flat, flat.sum(axis=0),
            states.T @ g, g.sum(axis=0),
        ]  # fmt: skip

    def update(self, gradients: list[np.ndarray]) -> None:
        """A step of SGD or of Adam."""
        lr = np.float32(self.given.lr)
        if not self.adam:
            for p, g in zip(self.parameters, gradients, strict=True):
                g *= lr
                p -= g
            return
        self.count += 1
        first, second = nets.BETAS
        size = np.float32(self.given.lr / (1 - first**self.count))
        scale = np.float32(1 / np.sqrt(1 - second**self.count))
        for p, g, (m, v) in zip(self.parameters, gradients, self.means, strict=True):
            m *= first
            m += (1 - first) * g
            v *= second
            g *= g
            g *= 1 - second
            v += g
            root = np.sqrt(v)
            root *= scale
            root += nets.EPS
            np.divide(m, root, out=root)
            root *= size
            p -= root

    def steps(self, count: int) -> float:
        """Take so many steps and return the loss before the last one."""
        for _ in range(count):
            loss, gradients = self.gradients()
            self.update(gradients)
        return loss
