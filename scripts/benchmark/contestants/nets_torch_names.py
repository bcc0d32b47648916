"""The nets in torch's names: minigrad and torch run this very code, as it is or compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nets
import numpy as np


class TorchNames:
    """A contestant whose library has torch's names; `to_tensor` takes an array to a tensor."""

    def __init__(self, lib: Any, to_tensor: Callable[[np.ndarray], Any], **fast: Any) -> None:
        self.lib, self.nn, self.to_tensor, self.fast = lib, lib.nn, to_tensor, fast

    def set_up(self, net: str, batch: int, dropout: bool) -> None:
        """Prepare to train a net on one batch."""
        self.given = nets.problem(net, batch, dropout)
        self.X, self.y = self.to_tensor(self.given.X), self.to_tensor(self.given.y)
        self.mean_loss = self.nn.CrossEntropyLoss()
        if net == "rnn":
            self.parameters = [
                self.to_tensor(p.copy()).requires_grad_() for p in self.given.parameters
            ]
            self.loss = self.compiled(self.recurrent_loss)
        else:
            self.net = self.nn.Sequential(*(self.layer(*layer) for layer in self.given.layers))
            self.parameters = list(self.net.parameters())
            self.loss = self.compiled(self.net_loss)
        adam = net in nets.ADAM
        self.optimizer = self.lib.optim.Adam if adam else self.lib.optim.SGD
        self.restart()

    def compiled(self, loss: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """The loss as it is; who compiles does so here."""
        return loss

    def layer(self, kind: str, *numbers: Any) -> Any:
        """Make a layer."""
        nn = self.nn
        if kind == "conv":
            inputs, outputs, side, padding = numbers
            return nn.Conv2d(inputs, outputs, side, padding=padding)
        makers = {
            "linear": nn.Linear, "norm": nn.BatchNorm2d, "dropout": nn.Dropout,
            "flatten": nn.Flatten, "sigmoid": nn.Sigmoid, "relu": nn.ReLU,
            "avg": lambda: nn.AvgPool2d(2), "max": lambda: nn.MaxPool2d(2),
        }  # fmt: skip
        return makers[kind](*numbers)

    def restart(self) -> None:
        """Go back to the first parameters."""
        with self.lib.no_grad():
            for parameter, first in zip(self.parameters, self.given.parameters, strict=True):
                parameter.copy_(self.to_tensor(first))
        self.trainer = self.optimizer(self.parameters, lr=self.given.lr, **self.fast)

    def net_loss(self, X: Any, y: Any) -> Any:
        """The mean loss of the net."""
        return self.mean_loss(self.net(X), y)

    def recurrent_loss(self, X: Any, y: Any) -> Any:
        """The mean loss of the recurrent net, step by step."""
        W_xh, W_hh, b_h, W_hq, b_q = self.parameters
        H, outputs = self.lib.zeros(X.shape[1], nets.HIDDEN), []
        for x in X:
            H = self.lib.tanh(self.lib.matmul(x, W_xh) + self.lib.matmul(H, W_hh) + b_h)
            outputs.append(self.lib.matmul(H, W_hq) + b_q)
        return self.mean_loss(self.lib.cat(outputs, 0), y)

    def steps(self, count: int) -> float:
        """Take so many steps and return the loss before the last one."""
        for _ in range(count):
            loss = self.loss(self.X, self.y)
            self.trainer.zero_grad()
            loss.backward()
            self.trainer.step()
        return loss.item()
