"""Chains of one operation on a small array, in words that minigrad and torch both understand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

SHAPE = (3, 4)

# An operation that makes its operand smaller, or that cannot follow itself, goes with another one.
OPERATIONS: dict[str, tuple[int, Callable[[Any, Any, Any], Any]]] = {
    "add": (1, lambda lib, y, c: y + c.ones),
    "mul": (1, lambda lib, y, c: y * c.ones),
    "exp, log": (2, lambda lib, y, c: y.exp().log()),
    "matmul": (1, lambda lib, y, c: y @ c.eye),
    "sum, mul": (2, lambda lib, y, c: y.sum(1, keepdim=True) * c.shares),
    "max, mul": (2, lambda lib, y, c: y.max(1, keepdim=True)[0] * c.ones),
    "reshape": (2, lambda lib, y, c: y.reshape(4, 3).reshape(3, 4)),
    "getitem": (1, lambda lib, y, c: y[0:3]),
    "where": (1, lambda lib, y, c: lib.where(c.mask, y, c.ones)),
    "add a row": (1, lambda lib, y, c: y + c.row),
}


class Chains:
    """What a contestant with torch's names can do with them."""

    def __init__(self, lib: Any) -> None:
        def tensor(array: Any) -> Any:
            return lib.tensor(np.asarray(array, np.float32), requires_grad=True)

        self.lib = lib
        self.x = tensor(np.random.default_rng(0).random(SHAPE) + 0.5)
        self.ones, self.eye, self.row = tensor(np.ones(SHAPE)), tensor(np.eye(4)), tensor([0] * 4)
        self.shares = tensor(np.full(SHAPE, 0.25))
        self.mask = lib.tensor(self.x.detach().numpy() > 0.8)

    def operations(self) -> list[str]:
        """Return the names of the chains."""
        return list(OPERATIONS)

    def forward(self, operation: str, links: int) -> Callable[[Any], Any]:
        """Return a function that goes through a chain and sums what comes out."""
        size, link = OPERATIONS[operation]
        lib = self.lib

        def run(y: Any) -> Any:
            for _ in range(links // size):
                y = link(lib, y, self)
            return y.sum()

        return run

    def chain(self, operation: str, repeats: int, links: int) -> list[float]:
        """Forward and backward through a chain; return the sums of result and gradient."""
        forward, x = self.forward(operation, links), self.x
        for _ in range(repeats):
            x.grad = None
            total = forward(x)
            total.backward()
        return [float(total.detach()), float(x.grad.sum())]
