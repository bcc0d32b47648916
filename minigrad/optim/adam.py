"""Adam, and its relative AdamW."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..autograd.engine import wrap
from .optimizer import Optimizer, accepted, not_negative


def check_betas(group: dict[str, Any]) -> None:
    """Refuse betas that are not below 1."""
    for i, beta in enumerate(group["betas"]):
        if not 0 <= beta < 1:
            raise ValueError(f"Invalid beta parameter at index {i}: {beta}; it must be in [0, 1)")


class Adam(Optimizer):
    """Steps of about lr, by running means of g and g ** 2 (Kingma and Ba 2014; torch.optim.Adam).

    betas are the rates at which the two means forget; weight_decay adds weight_decay * p to g.
    amsgrad divides by the largest mean of g ** 2 so far (Reddi et al. 2018).

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.Adam([w], lr=0.1).step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    _decoupled = False  # AdamW's weight decay shrinks p itself and leaves g alone

    def __init__(
        self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 0, amsgrad: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
        differentiable: bool = False, fused: bool | None = None,
        decoupled_weight_decay: bool = False,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        if decoupled_weight_decay:
            self._decoupled = True
        super().__init__(
            params,
            {
                "lr": lr,
                "betas": betas,
                "eps": eps,
                "weight_decay": weight_decay,
                "amsgrad": amsgrad,
                "maximize": maximize,
            },
        )

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        not_negative(group, eps="epsilon")
        check_betas(group)

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, state = p._array, self.state[p]
        beta1, beta2 = map(float, group["betas"])
        lr, decay = float(group["lr"]), float(group["weight_decay"])
        if group["maximize"]:
            g = -g
        if decay and self._decoupled:
            array *= 1 - lr * decay
        elif decay:
            g = g + array * decay
        if not state:
            state["step"] = 0
            for name in ("exp_avg", "exp_avg_sq") + ("max_exp_avg_sq",) * bool(group["amsgrad"]):
                state[name] = wrap(np.zeros_like(array))
        state["step"] += 1
        mean, square = state["exp_avg"]._array, state["exp_avg_sq"]._array
        mean += (g - mean) * (1 - beta1)
        square *= beta2
        square += g * g * (1 - beta2)
        if group["amsgrad"]:
            largest = state["max_exp_avg_sq"]._array
            square = np.maximum(largest, square, out=largest)
        # Both means began at 0; these factors undo that.
        root = np.sqrt(square) / math.sqrt(1 - beta2 ** state["step"]) + float(group["eps"])
        array -= mean / root * (lr / (1 - beta1 ** state["step"]))


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters directly (Loshchilov and Hutter 2017).

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.AdamW([w], lr=0.1).step()
    >>> w
    tensor([0.8990], requires_grad=True)
    """

    _decoupled = True

    def __init__(
        self, params: Iterable[Any], lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8, weight_decay: float = 1e-2, amsgrad: bool = False, *,
        maximize: bool = False, foreach: bool | None = None, capturable: bool = False,
        differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize,
            differentiable=differentiable,
        )  # fmt: skip
