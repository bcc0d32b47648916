"""Optimisers: they change parameters in place, along the gradients that backward() left in .grad.

The names, defaults and formulas are torch.optim's. A step works on bare arrays and records nothing;
autograd is told what was changed, so that a graph made before the step notices.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .autograd.changes import mark_changed
from .autograd.engine import Node, Value, wrap
from .autograd.errors import tensor_words
from .autograd.grad_mode import enable_grad


class Optimizer:
    """What all optimisers share: groups of parameters with settings, and a state for each.

    A subclass gives the defaults of its settings, and writes `_update`.

    >>> w = tensor([1.], requires_grad=True)
    >>> isinstance(optim.SGD([w], lr=0.1), optim.Optimizer)
    True
    """

    def __init__(self, params: Any, defaults: dict[str, Any]) -> None:
        if isinstance(params, Value):
            raise TypeError(
                "params argument given to the optimizer should be an iterable of Tensors or dicts, "
                f"but got {tensor_words(params)}; write [w]"
            )
        self.defaults = defaults
        self.state: defaultdict[Any, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        groups = list(params)
        if not groups:
            raise ValueError("optimizer got an empty parameter list")
        for group in groups if isinstance(groups[0], dict) else [{"params": groups}]:
            self.add_param_group(group)

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add parameters with their own settings: {"params": one tensor or several, "lr": ...}."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group)}")
        if "params" not in param_group:
            raise KeyError("params")
        params = param_group["params"]
        if isinstance(params, set):
            raise TypeError(
                "optimizer parameters need to be organized in ordered collections, but the "
                "ordering of tensors in sets will change between runs. Please use a list instead."
            )
        params = [params] if isinstance(params, Value) else list(params)
        for p in params:
            if not isinstance(p, Value):
                raise TypeError(
                    f"optimizer can only optimize Tensors, but one of the params is "
                    f"{type(p).__name__}"
                )
            if isinstance(p._node, Node):
                raise ValueError(
                    f"can't optimize a non-leaf Tensor: {tensor_words(p)} is the result of an "
                    "operation; make it one with t.detach().requires_grad_()"
                )
        if len({id(p) for p in params}) != len(params):
            warnings.warn(
                "optimizer contains a parameter group with duplicate parameters", stacklevel=3
            )
        known = {id(p) for group in self.param_groups for p in group["params"]}
        if any(id(p) in known for p in params):
            raise ValueError("some parameters appear in more than one parameter group")
        group = {**self.defaults, **param_group, "params": params}
        self._check(group)
        self.param_groups.append(group)

    def _check(self, group: dict[str, Any]) -> None:
        """Refuse settings that make no sense."""
        for name, words in (("lr", "learning rate"), ("weight_decay", "weight_decay value")):
            if not group[name] >= 0:
                raise ValueError(f"Invalid {words}: {group[name]}; it must be 0 or more")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with set_to_none=False fill them with 0."""
        for group in self.param_groups:
            zero_grad(group["params"], set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter that has a gradient; call a closure first, and return its loss."""
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        for group in self.param_groups:
            for p in group["params"]:
                g = getattr(p, "_grad", None)
                if g is not None:
                    self._update(p, g._array, group)
                    mark_changed(p._array)
        return loss

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say how it updates a parameter")

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings, with parameters as numbers in the order they were given.

        The tensors in it are the optimiser's own: save or copy it before the next step.
        """
        numbers: dict[int, int] = {}
        groups = []
        for group in self.param_groups:
            for p in group["params"]:
                numbers.setdefault(id(p), len(numbers))
            packed = {key: value for key, value in group.items() if key != "params"}
            groups.append({**packed, "params": [numbers[id(p)] for p in group["params"]]})
        state = {numbers[id(p)]: dict(values) for p, values in self.state.items()}
        return {"state": state, "param_groups": groups}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a copy of a state_dict() of an optimiser with the same groups."""
        groups = state_dict["param_groups"]
        if len(groups) != len(self.param_groups):
            raise ValueError(
                "loaded state dict has a different number of parameter groups: "
                f"{len(groups)}, not {len(self.param_groups)}"
            )
        for own, given in zip(self.param_groups, groups, strict=True):
            if len(own["params"]) != len(given["params"]):
                raise ValueError(
                    "loaded state dict contains a parameter group that doesn't match the size of "
                    f"optimizer's group: {len(given['params'])} parameters, not "
                    f"{len(own['params'])}"
                )
        by_number: dict[int, Any] = {}
        for own, given in zip(self.param_groups, groups, strict=True):
            by_number.update(zip(given["params"], own["params"], strict=True))
            own.update(copy.deepcopy({k: v for k, v in given.items() if k != "params"}))
        self.state = defaultdict(dict)
        for number, values in state_dict["state"].items():
            p = by_number[int(number)]  # a number has become a string where it went through JSON
            self.state[p] = {key: _like(p, value) for key, value in values.items()}

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            lines.append(f"Parameter Group {i}")
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key != "params"]
        return "\n".join([*lines, ")"])


def zero_grad(params: Iterable[Any], set_to_none: bool) -> None:
    """Forget the gradients of tensors, or fill them with 0."""
    for p in params:
        if set_to_none:
            p._grad = None
        elif (g := getattr(p, "_grad", None)) is not None:
            if g._node is not None:
                p._grad = g = g.detach()
            g._array.fill(0)
            mark_changed(g._array)


def _like(p: Any, value: Any) -> Any:
    """A copy of one entry of a state: tensors take the parameter's type."""
    if isinstance(value, Value):
        return wrap(value._array.astype(p._array.dtype))
    return copy.deepcopy(value)


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
    ) -> None:  # fmt: skip
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
        maximize: bool = False,
    ) -> None:  # fmt: skip
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
        if not group["eps"] >= 0:
            raise ValueError(f"Invalid epsilon value: {group['eps']}; it must be 0 or more")
        for i, beta in enumerate(group["betas"]):
            if not 0 <= beta < 1:
                raise ValueError(
                    f"Invalid beta parameter at index {i}: {beta}; it must be in [0, 1)"
                )

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
        maximize: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)
