"""What all optimisers share: groups of parameters, a state for each, and the step."""

from __future__ import annotations

import copy
import warnings
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.changes import mark_changed
from ..autograd.engine import Node, Value, wrap
from ..autograd.errors import tensor_words
from ..autograd.grad_mode import enable_grad
from ..nn.parameter import zero_grad


class Optimizer:
    """What all optimisers share: groups of parameters with settings, and a state for each.

    A subclass gives the defaults of its settings, and writes `_update`.

    >>> w = tensor([1.], requires_grad=True)
    >>> isinstance(optim.SGD([w], lr=0.1), optim.Optimizer)
    True
    """

    _opt_called = False  # whether there has been a step: schedulers warn if they are first
    _halfway = False  # whether a step has begun and not come to its end

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
            if not group.get(name, 0) >= 0:
                raise ValueError(f"Invalid {words}: {group[name]}; it must be 0 or more")

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with set_to_none=False fill them with 0."""
        for group in self.param_groups:
            zero_grad(group["params"], set_to_none)

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change each parameter that has a gradient; call a closure first, and return its loss.

        A step that Ctrl-C or an exception ends halfway has changed some parameters and not others:
        the next one, and state_dict(), warn of it.
        """
        self._opt_called = True
        if self._halfway:
            self._warn_halfway()
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self._halfway = True
        with np.errstate(all="ignore"):  # inf and nan are values
            for group in self.param_groups:
                for p in group["params"]:
                    g = getattr(p, "_grad", None)
                    if g is not None:
                        mark_changed(p._array)
                        self._update(p, g._array, group)
        self._halfway = False
        return loss

    def _warn_halfway(self) -> None:
        self._halfway = False  # once is enough
        warnings.warn(
            "the last step() of this optimizer did not come to its end: some parameters were "
            "changed and others not. Load a checkpoint for an exact run",
            stacklevel=3,
        )

    def _gradient(self, array: np.ndarray, g: np.ndarray, group: dict[str, Any]) -> np.ndarray:
        """What a step goes against: g, turned round to maximize, and the decay of the weights."""
        if group["maximize"]:
            g = -g
        decay = float(group.get("weight_decay", 0))
        return g + array * decay if decay else g

    def _state(self, p: Any, *names: str) -> dict[str, Any]:
        """The state of a parameter, with one more step; these tensors begin at 0."""
        state = self.state[p]
        if not state:
            state["step"] = 0
            for name in names:
                state[name] = wrap(np.zeros_like(p._array))
        state["step"] += 1
        return state

    def _update(self, p: Any, g: np.ndarray, group: dict[str, Any]) -> None:
        raise NotImplementedError(f"{type(self).__name__} does not say how it updates a parameter")

    def state_dict(self) -> dict[str, Any]:
        """The state and the settings, with parameters as numbers in the order they were given.

        The tensors in it are the optimiser's own: save or copy it before the next step.
        """
        if self._halfway:
            self._warn_halfway()
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
        self._halfway = False
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


def accepted(differentiable: bool) -> None:
    """Of the settings that torch has for its ways to compute a step, refuse the one that matters.

    foreach, fused and capturable make no difference to the result.
    """
    if differentiable:
        raise NotImplementedError(
            "differentiable=True is not part of minigrad: a step works on bare arrays and is not "
            "recorded"
        )


def not_negative(group: dict[str, Any], **words: str) -> None:
    """Refuse settings below 0, under the name that torch gives them."""
    for name, word in words.items():
        if not group.get(name, 0) >= 0:
            raise ValueError(f"Invalid {word} value: {group[name]}; it must be 0 or more")


def _like(p: Any, value: Any) -> Any:
    """A copy of one entry of a state: tensors take the parameter's type."""
    if isinstance(value, Value):
        return wrap(value._array.astype(p._array.dtype))
    return copy.deepcopy(value)
