"""Relatives of Adam: Adamax, NAdam and RAdam."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .adam import check_betas
from .optimizer import Optimizer, accepted, not_negative

Betas = tuple[float, float]


class _Variant(Optimizer):
    """What the three share: their checks, and decay of the parameters themselves."""

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        not_negative(group, eps="epsilon", momentum_decay="momentum_decay")
        check_betas(group)

    def _decayed(self, array: np.ndarray, g: np.ndarray, group: dict[str, Any]) -> np.ndarray:
        if group.get("decoupled_weight_decay"):
            array *= 1 - float(group["lr"]) * float(group["weight_decay"])
            return -g if group["maximize"] else g
        return self._gradient(array, g, group)


class Adamax(_Variant):
    """Adam with the largest |g|, slowly forgotten, in place of the mean of g ** 2 (Kingma 2014).

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.Adamax([w], lr=0.1).step()
    >>> w
    tensor([0.9000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 2e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, foreach: bool | None = None, *, maximize: bool = False,
        differentiable: bool = False, capturable: bool = False,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "maximize": maximize,
        })  # fmt: skip

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, (beta1, beta2) = p._array, map(float, group["betas"])
        g = self._decayed(array, g, group)
        state = self._state(p, "exp_avg", "exp_inf")
        mean, largest = state["exp_avg"]._array, state["exp_inf"]._array
        mean += (g - mean) * (1 - beta1)
        largest *= beta2
        np.maximum(largest, np.abs(g) + float(group["eps"]), out=largest)
        array -= mean / largest * (float(group["lr"]) / (1 - beta1 ** state["step"]))


class NAdam(_Variant):
    """Adam with Nesterov's momentum (Dozat 2016; torch.optim.NAdam).

    momentum_decay lets the first beta grow to its value. With decoupled_weight_decay the decay
    shrinks the parameters and leaves g alone.

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.NAdam([w], lr=0.1).step()
    >>> w
    tensor([0.8944], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 2e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False, *, foreach: bool | None = None,
        maximize: bool = False, capturable: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "momentum_decay": momentum_decay, "decoupled_weight_decay": decoupled_weight_decay,
            "maximize": maximize,
        })  # fmt: skip

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, (beta1, beta2), lr = p._array, map(float, group["betas"]), float(group["lr"])
        g = self._decayed(array, g, group)
        state = self._state(p, "exp_avg", "exp_avg_sq")
        mean, square, step = state["exp_avg"]._array, state["exp_avg_sq"]._array, state["step"]
        decay = float(group["momentum_decay"])
        now, then = (beta1 * (1 - 0.5 * 0.96 ** (t * decay)) for t in (step, step + 1))
        product = state["mu_product"] = state.get("mu_product", 1.0) * now
        mean += (g - mean) * (1 - beta1)
        square *= beta2
        square += g * g * (1 - beta2)
        root = np.sqrt(square / (1 - beta2**step)) + float(group["eps"])
        array -= g / root * (lr * (1 - now) / (1 - product))
        array -= mean / root * (lr * then / (1 - product * then))


class RAdam(_Variant):
    """Adam that waits until its mean of g ** 2 can be trusted (Liu et al. 2019; torch.optim.RAdam).

    Before, its steps are plain momentum. With decoupled_weight_decay the decay shrinks the
    parameters and leaves g alone.

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.RAdam([w], lr=0.1).step()
    >>> w
    tensor([0.7000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8,
        weight_decay: float = 0, decoupled_weight_decay: bool = False, *,
        foreach: bool | None = None, maximize: bool = False, capturable: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        super().__init__(params, {
            "lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay,
            "decoupled_weight_decay": decoupled_weight_decay, "maximize": maximize,
        })  # fmt: skip

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, (beta1, beta2) = p._array, map(float, group["betas"])
        g = self._decayed(array, g, group)
        state = self._state(p, "exp_avg", "exp_avg_sq")
        mean, square, step = state["exp_avg"]._array, state["exp_avg_sq"]._array, state["step"]
        mean += (g - mean) * (1 - beta1)
        square *= beta2
        square += g * g * (1 - beta2)
        long = 2 / (1 - beta2) - 1  # how many gradients the mean of squares is made of, at the end
        known = long - 2 * step * beta2**step / (1 - beta2**step)  # and now
        size = mean / (1 - beta1**step) * float(group["lr"])
        if known > 5:
            trust = (known - 4) * (known - 2) * long / ((long - 4) * (long - 2) * known)
            size = size * math.sqrt(trust * (1 - beta2**step))
            size = size / (np.sqrt(square) + float(group["eps"]))
        array -= size
