"""tinygrad on the CPU with the whole training step as one jitted graph; it compiles with clang."""

from __future__ import annotations

import os
from typing import Any

import nets
import numpy as np

os.environ.update(DEV="CPU", TRAINING="1")  # read when it is imported

from tinygrad import Tensor, TinyJit, nn


class Contestant:
    """The nets in tinygrad."""

    def __init__(self, folder: str) -> None:
        Tensor.manual_seed(0)  # of dropout

    def set_up(self, net: str, batch: int, dropout: bool) -> None:
        """Prepare to train a net on one batch."""
        if net == "rnn":
            raise NotImplementedError("tinygrad was measured to compile its 35 steps for minutes")
        self.given = nets.problem(net, batch, dropout)
        self.adam = net in nets.ADAM
        self.X, self.y = Tensor(self.given.X), Tensor(self.given.y.astype(np.int32))
        self.parameters = [Tensor(p) for p in self.given.parameters]
        make = nn.optim.Adam if self.adam else nn.optim.SGD
        self.trainer = make(self.parameters, lr=self.given.lr)
        self.first = [t.numpy() for t in nn.state.get_parameters(self.trainer)]

        @TinyJit
        def step() -> Tensor:
            self.trainer.zero_grad()
            loss = self.net_loss()
            loss.backward()
            return loss.realize(*self.trainer.schedule_step())

        self.step = step
        self.restart()

    def restart(self) -> None:
        """Go back to the first parameters, and the first state of the optimizer."""
        for tensor, first in zip(nn.state.get_parameters(self.trainer), self.first, strict=True):
            tensor.assign(Tensor(first)).realize()

    def net_loss(self) -> Tensor:
        """The mean loss of a net of layers."""
        X, rest = self.X, iter(self.parameters)
        for kind, *numbers in self.given.layers:
            X = self.layer(X, rest, kind, *numbers)
        return X.sparse_categorical_crossentropy(self.y)

    def layer(self, X: Tensor, rest: Any, kind: str, *numbers: Any) -> Tensor:
        """What a layer makes of its input."""
        if kind == "conv":
            return X.conv2d(next(rest), next(rest), padding=numbers[3])
        if kind == "linear":
            return X.linear(next(rest).T, next(rest))
        if kind == "norm":
            mean = X.mean(axis=(0, 2, 3))
            centred = X - mean.reshape(1, -1, 1, 1)
            inverse = ((centred * centred).mean(axis=(0, 2, 3)) + nets.NORM_EPS).rsqrt()
            return X.batchnorm(next(rest), next(rest), mean, inverse)
        return {
            "dropout": X.dropout, "flatten": lambda: X.flatten(1), "sigmoid": X.sigmoid,
            "relu": X.relu, "avg": lambda: X.avg_pool2d(2), "max": lambda: X.max_pool2d(2),
        }[kind](*numbers)  # fmt: skip

    def steps(self, count: int) -> float:
        """Take so many steps and return the loss before the last one."""
        for _ in range(count):
            loss = self.step()
        return float(loss.item())
