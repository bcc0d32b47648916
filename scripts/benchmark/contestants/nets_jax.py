"""JAX with the whole training step compiled."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import nets
import numpy as np
from jax import lax

PLACES = ("NHWC", "OIHW", "NHWC")  # channels last are a fifth faster on a CPU


def conv(X: jax.Array, W: jax.Array, b: jax.Array, *numbers: Any) -> jax.Array:
    """A convolution with stride 1."""
    around = [(numbers[3], numbers[3])] * 2
    Y = lax.conv_general_dilated(X, W, (1, 1), around, dimension_numbers=PLACES)
    return Y + b


def norm(X: jax.Array, W: jax.Array, b: jax.Array, *numbers: Any) -> jax.Array:
    """Batch norm over examples and places."""
    axes = (0, 1, 2)
    Z = X - X.mean(axes, keepdims=True)
    Z = Z * lax.rsqrt((Z * Z).mean(axes, keepdims=True) + nets.NORM_EPS)
    return Z * W + b


def squares(X: jax.Array) -> jax.Array:
    """Squares of 2 x 2 as axes 2 and 4; reduced, they are faster than `lax.reduce_window`."""
    n, h, w, c = X.shape
    return X.reshape(n, h // 2, 2, w // 2, 2, c)


LAYERS: dict[str, Callable[..., Any]] = {
    "conv": conv,
    "linear": lambda X, W, b, *numbers: X @ W.T + b,
    "norm": norm,
    "sigmoid": jax.nn.sigmoid,
    "relu": jax.nn.relu,
    "avg": lambda X: squares(X).mean((2, 4)),
    "max": lambda X: squares(X).max((2, 4)),
    "flatten": lambda X: X.transpose(0, 3, 1, 2).reshape(len(X), -1),
}
WITH_PARAMETERS = {"conv", "linear", "norm"}


def cross_entropy(logits: jax.Array, y: jax.Array) -> jax.Array:
    """The mean over a batch."""
    right = jnp.take_along_axis(logits, y[:, None], axis=1)[:, 0]
    return (jax.nn.logsumexp(logits, axis=1) - right).mean()


def net_loss(layers: list[tuple[Any, ...]], parameters: list, key: Any, X: Any, y: Any) -> Any:
    """The mean loss of a net of layers."""
    rest = iter(parameters)
    for kind, *numbers in layers:
        if kind == "dropout":
            key, own = jax.random.split(key)
            X = jnp.where(jax.random.bernoulli(own, 1 - numbers[0], X.shape), X, 0)
            X = X / (1 - numbers[0])
        elif kind in WITH_PARAMETERS:
            X = LAYERS[kind](X, next(rest), next(rest), *numbers)
        else:
            X = LAYERS[kind](X)
    return cross_entropy(X, y)


def recurrent_loss(parameters: list, key: Any, X: Any, y: Any) -> Any:
    """The mean loss of the recurrent net."""
    W_xh, W_hh, b_h, W_hq, b_q = parameters

    def step(H: Any, x: Any) -> tuple[Any, Any]:
        H = jnp.tanh(x @ W_xh + H @ W_hh + b_h)
        return H, H @ W_hq + b_q

    _, outputs = lax.scan(step, jnp.zeros((X.shape[1], nets.HIDDEN)), X)
    return cross_entropy(outputs.reshape(-1, nets.LETTERS), y)


def sgd(parameters: list, gradients: list, state: Any, lr: float) -> tuple[list, Any]:
    """A plain step."""
    return jax.tree.map(lambda p, g: p - lr * g, parameters, gradients), state


def adam(parameters: list, gradients: list, state: Any, lr: float) -> tuple[list, Any]:
    """A step of Adam."""
    count, m, v = state
    count, (first, second) = count + 1, nets.BETAS
    m = jax.tree.map(lambda m, g: first * m + (1 - first) * g, m, gradients)
    v = jax.tree.map(lambda v, g: second * v + (1 - second) * g * g, v, gradients)
    size, scale = lr / (1 - first**count), lax.rsqrt(1 - second**count)
    parameters = jax.tree.map(
        lambda p, m, v: p - size * m / (jnp.sqrt(v) * scale + nets.EPS), parameters, m, v
    )
    return parameters, (count, m, v)


class Contestant:
    """The nets in JAX."""

    def __init__(self, folder: str) -> None:
        self.key = jax.random.key(0)

    def set_up(self, net: str, batch: int, dropout: bool) -> None:
        """Prepare to train a net on one batch."""
        self.given = given = nets.problem(net, batch, dropout)
        images = given.layers and given.layers[0][0] == "conv"
        X = given.X.transpose(0, 2, 3, 1) if images else given.X
        self.X, self.y = jnp.asarray(X), jnp.asarray(given.y.astype(np.int32))
        loss = functools.partial(net_loss, given.layers) if given.layers else recurrent_loss
        update = adam if net in nets.ADAM else sgd

        @functools.partial(jax.jit, donate_argnums=(0, 1))
        def step(parameters: list, state: Any, key: Any, X: Any, y: Any) -> tuple[Any, ...]:
            key, own = jax.random.split(key)
            mean, gradients = jax.value_and_grad(loss)(parameters, own, X, y)
            return (*update(parameters, gradients, state, given.lr), key, mean)

        self.step = step
        self.restart()

    def restart(self) -> None:
        """Go back to the first parameters."""
        first = self.given.parameters
        self.parameters = [jnp.array(p) for p in first]
        zeros = [[jnp.zeros(p.shape) for p in first] for _ in range(2)]
        self.state = (jnp.zeros(()), *zeros)

    def steps(self, count: int) -> float:
        """Take so many steps and return the loss before the last one."""
        for _ in range(count):
            self.parameters, self.state, self.key, loss = self.step(
                self.parameters, self.state, self.key, self.X, self.y
            )
        jax.block_until_ready(self.parameters)
        return float(loss)
