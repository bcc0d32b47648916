"""Optimisers that choose a step for each element by the squares of its gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.engine import wrap
from .optimizer import Optimizer, accepted, not_negative


class RMSprop(Optimizer):
    """Steps along g / root of the running mean of g ** 2 (Hinton 2012; torch.optim.RMSprop).

    alpha is the rate at which the mean forgets. centered subtracts the square of the running mean
    of g first (Graves 2013); momentum m steps along b = m * b + that.

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.RMSprop([w], lr=0.05).step()
    >>> w
    tensor([0.5000], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1e-2, alpha: float = 0.99, eps: float = 1e-8,
        weight_decay: float = 0, momentum: float = 0, centered: bool = False,
        capturable: bool = False, foreach: bool | None = None, maximize: bool = False,
        differentiable: bool = False,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        super().__init__(params, {
            "lr": lr, "momentum": momentum, "alpha": alpha, "eps": eps, "centered": centered,
            "weight_decay": weight_decay, "maximize": maximize,
        })  # fmt: skip

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        not_negative(group, eps="epsilon", momentum="momentum", alpha="alpha")

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, alpha, lr = p._array, float(group["alpha"]), float(group["lr"])
        g = self._gradient(array, g, group)
        names = ["square_avg", *["momentum_buffer"] * bool(group["momentum"] > 0)]
        state = self._state(p, *names, *["grad_avg"] * bool(group["centered"]))
        square = state["square_avg"]._array
        square *= alpha
        square += g * g * (1 - alpha)
        if group["centered"]:
            mean = state["grad_avg"]._array
            mean += (g - mean) * (1 - alpha)
            root = np.sqrt(square - mean * mean)
        else:
            root = np.sqrt(square)
        root += float(group["eps"])
        if group["momentum"] > 0:
            buffer = state["momentum_buffer"]._array
            buffer *= float(group["momentum"])
            buffer += g / root
            array -= buffer * lr
        else:
            array -= g / root * lr


class Adagrad(Optimizer):
    """Steps along g / root of the sum of g ** 2 (Duchi et al. 2011; torch.optim.Adagrad).

    The learning rate of step t is lr / (1 + (t - 1) * lr_decay).

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.Adagrad([w], lr=0.25).step()
    >>> w
    tensor([0.7500], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1e-2, lr_decay: float = 0, weight_decay: float = 0,
        initial_accumulator_value: float = 0, eps: float = 1e-10, foreach: bool | None = None, *,
        maximize: bool = False, differentiable: bool = False, fused: bool | None = None,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        super().__init__(params, {
            "lr": lr, "lr_decay": lr_decay, "eps": eps, "weight_decay": weight_decay,
            "initial_accumulator_value": initial_accumulator_value, "maximize": maximize,
        })  # fmt: skip

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        words = {"initial_accumulator_value": "initial_accumulator_value"}
        not_negative(group, lr_decay="lr_decay", eps="epsilon", **words)

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, first = p._array, not self.state[p]
        g = self._gradient(array, g, group)
        state = self._state(p, "sum")
        total = state["sum"]._array
        if first:
            total += group["initial_accumulator_value"]
        total += g * g
        lr = float(group["lr"]) / (1 + (state["step"] - 1) * float(group["lr_decay"]))
        array -= g / (np.sqrt(total) + float(group["eps"])) * lr


class Adadelta(Optimizer):
    """Steps as large as the last ones were, by their running means of squares (Zeiler 2012).

    It is torch.optim.Adadelta; rho is the rate at which the means forget.

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.Adadelta([w]).step()
    >>> w
    tensor([0.9968], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1.0, rho: float = 0.9, eps: float = 1e-6,
        weight_decay: float = 0, foreach: bool | None = None, *, capturable: bool = False,
        maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        super().__init__(params, {
            "lr": lr, "rho": rho, "eps": eps, "weight_decay": weight_decay, "maximize": maximize,
        })  # fmt: skip

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        not_negative(group, eps="epsilon")
        if not 0 <= group["rho"] <= 1:
            raise ValueError(f"Invalid rho value: {group['rho']}; it must be in [0, 1]")

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, rho, eps = p._array, float(group["rho"]), float(group["eps"])
        g = self._gradient(array, g, group)
        state = self._state(p, "square_avg", "acc_delta")
        square, steps = state["square_avg"]._array, state["acc_delta"]._array
        square *= rho
        square += g * g * (1 - rho)
        delta = np.sqrt(steps + eps) / np.sqrt(square + eps) * g
        steps *= rho
        steps += delta * delta * (1 - rho)
        array -= delta * float(group["lr"])


class Rprop(Optimizer):
    """Steps that grow while the sign of g stays, and shrink when it changes (Riedmiller 1993).

    It is torch.optim.Rprop: etas are the factors for shrinking and growing, step_sizes the
    smallest and the largest step. After a change of sign an element rests for one step.

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.Rprop([w], lr=0.25).step()
    >>> w
    tensor([0.7500], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1e-2, etas: tuple[float, float] = (0.5, 1.2),
        step_sizes: tuple[float, float] = (1e-6, 50), *, capturable: bool = False,
        foreach: bool | None = None, maximize: bool = False, differentiable: bool = False,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        super().__init__(
            params, {"lr": lr, "etas": etas, "step_sizes": step_sizes, "maximize": maximize}
        )

    def _check(self, group: dict[str, Any]) -> None:
        super()._check(group)
        shrink, grow = group["etas"]
        if not 0 < shrink < 1 < grow:
            raise ValueError(f"Invalid eta values: {shrink}, {grow}; 0 < first < 1 < second")

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, first = p._array, not self.state[p]
        shrink, grow = group["etas"]
        g = self._gradient(array, g, group)
        state = self._state(p, "prev", "step_size")
        if first:
            state["step_size"] = wrap(np.full_like(array, group["lr"]))
        before, size = state["prev"]._array, state["step_size"]._array
        sign = np.sign(g * before)
        size *= np.where(sign > 0, grow, np.where(sign < 0, shrink, 1)).astype(size.dtype)
        np.clip(size, *group["step_sizes"], out=size)
        g = np.where(sign < 0, 0, g)
        array -= np.sign(g) * size
        before[...] = g


class ASGD(Optimizer):
    """Plain steps of decreasing size, and the average of all points (Polyak and Juditsky 1992).

    It is torch.optim.ASGD: the average is state[p]["ax"], from step t0 on; lambd shrinks the
    parameters, alpha is the power by which the steps decrease.

    >>> w = tensor([1.], requires_grad=True)
    >>> (w * 3).sum().backward()
    >>> optim.ASGD([w], lr=0.25).step()
    >>> w
    tensor([0.2500], requires_grad=True)
    """

    def __init__(
        self, params: Any, lr: float = 1e-2, lambd: float = 1e-4, alpha: float = 0.75,
        t0: float = 1e6, weight_decay: float = 0, foreach: bool | None = None,
        maximize: bool = False, differentiable: bool = False, capturable: bool = False,
    ) -> None:  # fmt: skip
        accepted(differentiable)
        super().__init__(params, {
            "lr": lr, "lambd": lambd, "alpha": alpha, "t0": t0, "weight_decay": weight_decay,
            "maximize": maximize,
        })  # fmt: skip

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        array, first = p._array, not self.state[p]
        lr, lambd = float(group["lr"]), float(group["lambd"])
        g = self._gradient(array, g, group)
        state = self._state(p, "ax")
        if first:
            state["eta"], state["mu"] = lr, 1.0
        array *= 1 - lambd * state["eta"]
        array -= g * state["eta"]
        mean, step = state["ax"]._array, state["step"]
        mean += (array - mean) * state["mu"]
        state["eta"] = lr / (1 + lambd * lr * step) ** float(group["alpha"])
        state["mu"] = 1 / max(1, step - float(group["t0"]))
