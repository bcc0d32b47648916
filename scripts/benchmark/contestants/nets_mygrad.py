"""MyGrad: its tensors, its layers and its fused loss; the update by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mygrad
import nets
import numpy as np
from mygrad.nnet.activations import relu, sigmoid
from mygrad.nnet.layers import batchnorm, conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy
from nets_numpy import Contestant as ByHand


def avg(X: Any) -> Any:
    """The mean of squares of 2 x 2; MyGrad has no layer for it."""
    n, c, h, w = X.shape
    return X.reshape(n, c, h // 2, 2, w // 2, 2).mean(axis=(3, 5))


LAYERS: dict[str, Callable[..., Any]] = {
    "conv": lambda X, W, b, *n: conv_nd(X, W, stride=1, padding=n[3]) + b.reshape(1, -1, 1, 1),
    "linear": lambda X, W, b, *numbers: mygrad.matmul(X, W.T) + b,
    "norm": lambda X, W, b, *numbers: batchnorm(X, gamma=W, beta=b, eps=nets.NORM_EPS),
    "sigmoid": sigmoid,
    "relu": relu,
    "avg": avg,
    "max": lambda X: max_pool(X, (2, 2), 2),
    "flatten": lambda X: X.reshape(len(X), -1),
}
WITH_PARAMETERS = {"conv", "linear", "norm"}


class Contestant(ByHand):
    """The nets in MyGrad; restart and update are those of the hand-written one."""

    def __init__(self, folder: str) -> None:
        super().__init__(folder)
        mygrad.turn_memory_guarding_off()  # as its documentation advises for speed

    def of_the_layers(self) -> tuple[float, list[np.ndarray]]:
        """Return the mean loss, and the gradients of the parameters."""
        tensors = [mygrad.tensor(p, copy=False) for p in self.parameters]
        X, rest = self.given.X, iter(tensors)
        for kind, *numbers in self.given.layers:
            if kind == "dropout":
                mask = self.random.random(X.shape, np.float32) >= numbers[0]
                X = X * (mask / np.float32(1 - numbers[0]))
            elif kind in WITH_PARAMETERS:
                X = LAYERS[kind](X, next(rest), next(rest), *numbers)
            else:
                X = LAYERS[kind](X)
        return self.gradients_of(softmax_crossentropy(X, self.given.y), tensors)

    def recurrent(self) -> tuple[float, list[np.ndarray]]:
        """The same for the recurrent net."""
        tensors = [mygrad.tensor(p, copy=False) for p in self.parameters]
        W_xh, W_hh, b_h, W_hq, b_q = tensors
        H, outputs = np.zeros((self.given.X.shape[1], nets.HIDDEN), np.float32), []
        for x in self.given.X:
            H = mygrad.tanh(mygrad.matmul(x, W_xh) + mygrad.matmul(H, W_hh) + b_h)
            outputs.append(mygrad.matmul(H, W_hq) + b_q)
        logits = mygrad.concatenate(outputs, axis=0)
        return self.gradients_of(softmax_crossentropy(logits, self.given.y), tensors)

    def gradients_of(self, loss: Any, tensors: list[Any]) -> tuple[float, list[np.ndarray]]:
        """Walk back from a loss."""
        loss.backward()
        return float(loss.data), [t.grad.astype(np.float32, copy=False) for t in tensors]
