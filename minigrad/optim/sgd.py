"""Stochastic gradient descent."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.engine import wrap
from .optimizer import Optimizer, accepted


class SGD(Optimizer):
    """Stochastic gradient descent: p -= lr * g, on wish with momentum (torch.optim.SGD).

    With momentum m the step goes along b = m * b + (1 - dampening) * g, or along g + m * b with
    nesterov (Sutskever et al. 2013). weight_decay adds weight_decay * p to g; maximize climbs.

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.SGD([w], lr=0.1).step()
    >>> w
    tensor([0.7000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1e-3, momentum: float = 0, dampening: float = 0,
        weight_decay: float = 0, nesterov: bool = False, *, maximize: bool = False,
        foreach: bool | None = None, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
                "maximize": maximize,
            },
        )

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        if group["momentum"] < 0:
            raise ValueError(f"Invalid momentum value: {group['momentum']}; it must be 0 or more")
        if group["nesterov"] and (group["momentum"] <= 0 or group["dampening"] != 0):
            raise ValueError("Nesterov momentum requires a momentum and zero dampening")

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, momentum = p._array, group["momentum"]
        if group["maximize"]:
            g = -g
        if group["weight_decay"]:
            g = g + array * float(group["weight_decay"])
        if momentum:
            state = self.state[p]
            known = state.get("momentum_buffer")
            if known is None:
                state["momentum_buffer"] = known = wrap(g.copy())
            else:
                known._array *= float(momentum)
                known._array += g * float(1 - group["dampening"])
            g = g + known._array * float(momentum) if group["nesterov"] else known._array
        array -= g * float(group["lr"])
