"""JAX with the whole training step compiled, and all data on its device."""

from __future__ import annotations

import functools

import jax
import jax.numpy as jnp
import numpy as np
from problem import BATCH_SIZE, LR, arrays, order, weights


def mean_loss(parameters: tuple, X: jax.Array, y: jax.Array) -> tuple[jax.Array, jax.Array]:
    """The mean cross entropy of a batch, and the logits."""
    W, b = parameters
    logits = X @ W + b
    right = jnp.take_along_axis(logits, y[:, None], axis=1)[:, 0]
    return (jax.nn.logsumexp(logits, axis=1) - right).mean(), logits


@functools.partial(jax.jit, donate_argnums=0)
def step(state: tuple, images: jax.Array, labels: jax.Array, rows: jax.Array) -> tuple:
    """One step: new parameters, and the sums of losses and right answers so far."""
    parameters, loss, right = state
    X, y = images[rows].astype(jnp.float32) / 255, labels[rows]
    (mean, logits), gradients = jax.value_and_grad(mean_loss, has_aux=True)(parameters, X, y)
    parameters = jax.tree.map(lambda p, g: p - LR * g, parameters, gradients)
    return parameters, loss + mean * len(rows), right + (logits.argmax(axis=1) == y).sum()


@jax.jit
def right_answers(parameters: tuple, images: jax.Array, labels: jax.Array) -> jax.Array:
    """The accuracy on all images at once."""
    W, b = parameters
    logits = (images.astype(jnp.float32) / 255) @ W + b
    return (logits.argmax(axis=1) == labels).mean()


class Contestant:
    """Softmax regression."""

    def __init__(self, folder: str) -> None:
        data = arrays(folder)
        self.images = jnp.asarray(data.images.reshape(-1, 784))
        self.labels = jnp.asarray(data.labels.astype(np.int32))
        self.test = jnp.asarray(data.test_images.reshape(-1, 784)), jnp.asarray(data.test_labels)
        self.parameters = jnp.asarray(weights()), jnp.zeros(10)

    def epoch(self, seed: int) -> float:
        """Train an epoch, counting loss and right answers; return the mean loss."""
        count = len(self.images)
        rows = order(count, seed).astype(np.int32)
        state = self.parameters, jnp.zeros(()), jnp.zeros((), jnp.int32)
        for start in range(0, count, BATCH_SIZE):
            state = step(state, self.images, self.labels, rows[start : start + BATCH_SIZE])
        self.parameters, loss, right = state
        self.accuracy = int(right) / count
        return float(loss) / count

    def evaluate(self) -> float:
        """Return the accuracy on the test set."""
        return float(right_answers(self.parameters, *self.test))
