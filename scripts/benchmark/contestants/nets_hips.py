"""HIPS autograd: NumPy's functions recorded, the update by hand. It has no layers for pictures."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp
import nets
import numpy as np
from autograd import make_vjp
from nets_numpy import Contestant as ByHand


def cross_entropy(logits: Any, y: np.ndarray) -> Any:
    """The mean over a batch."""
    z = logits - anp.max(logits, axis=1, keepdims=True)
    each = anp.log(anp.sum(anp.exp(z), axis=1)) - z[np.arange(len(y)), y]
    return anp.sum(each) / len(y)  # anp.mean would make float64 of its gradient


class Contestant(ByHand):
    """The nets in HIPS autograd; restart and update are those of the hand-written one."""

    def of_the_layers(self) -> tuple[float, list[np.ndarray]]:
        """Return the mean loss, and the gradients of the parameters."""
        return self.gradients_of(self.net_loss)

    def net_loss(self, parameters: tuple[Any, ...]) -> Any:
        """The mean loss of a net of layers."""
        X, rest = self.given.X, iter(parameters)
        for kind, *numbers in self.given.layers:
            if kind == "linear":
                X = anp.dot(X, next(rest).T) + next(rest)
            elif kind == "relu":
                X = anp.maximum(X, np.float32(0))
            elif kind == "dropout":
                mask = self.random.random(X.shape, np.float32) >= numbers[0]
                X = X * (mask / np.float32(1 - numbers[0]))
            else:
                raise NotImplementedError(f"HIPS autograd has no layer {kind!r}")
        return cross_entropy(X, self.given.y)

    def recurrent(self) -> tuple[float, list[np.ndarray]]:
        """The same for the recurrent net."""
        return self.gradients_of(self.recurrent_loss)

    def recurrent_loss(self, parameters: tuple[Any, ...]) -> Any:
        """The mean loss of the recurrent net."""
        W_xh, W_hh, b_h, W_hq, b_q = parameters
        H, outputs = np.zeros((self.given.X.shape[1], nets.HIDDEN), np.float32), []
        for x in self.given.X:
            H = anp.tanh(anp.dot(x, W_xh) + anp.dot(H, W_hh) + b_h)
            outputs.append(anp.dot(H, W_hq) + b_q)
        return cross_entropy(anp.concatenate(outputs, axis=0), self.given.y)

    def gradients_of(self, loss: Any) -> tuple[float, list[np.ndarray]]:
        """Walk back from a loss of the parameters."""
        backward, mean = make_vjp(loss)(tuple(self.parameters))
        return float(mean), list(backward(np.float32(1)))
