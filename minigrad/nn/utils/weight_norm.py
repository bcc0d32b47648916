"""A weight as a direction and a length, each with a gradient of its own."""

from __future__ import annotations

from typing import Any

from ..._tensor import Tensor
from ..module import Module
from ..parameter import Parameter


class WeightNorm:
    """Before each forward of a module, makes its weight of weight_g and weight_v."""

    def __init__(self, name: str, dim: int | None) -> None:
        self.name, self.dim = name, None if dim == -1 else dim  # as torch has it

    def length(self, v: Tensor) -> Tensor:
        """The norm of v over all dimensions but one."""
        if self.dim is None:
            return v.norm()
        kept = self.dim % v.ndim
        others = tuple(i for i in range(v.ndim) if i != kept)
        return v.norm(2, others, keepdim=True) if others else v.abs()

    def weight(self, module: Module) -> Tensor:
        """g v / |v|."""
        g, v = getattr(module, self.name + "_g"), getattr(module, self.name + "_v")
        return v * (g / self.length(v))

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.weight(module))


def weight_norm(module: Module, name: str = "weight", dim: int | None = 0) -> Module:
    """Train a weight's length and its direction apart (Salimans and Kingma 2016).

    Instead of the parameter NAME the module has NAME_g, the length for each index of dim (of all
    if dim is None), and NAME_v; before each forward the weight is made of them.

    >>> net = nn.utils.weight_norm(nn.Linear(2, 3))
    >>> [name for name, p in net.named_parameters()]
    ['bias', 'weight_g', 'weight_v']
    """
    hook = WeightNorm(name, dim)
    if _hooks(module, name):
        raise RuntimeError(f"Cannot register two weight_norm hooks on the same parameter {name}")
    weight = getattr(module, name)
    delattr(module, name)
    length = hook.length(weight.detach())
    module.register_parameter(name + "_g", Parameter(length.clone()))
    module.register_parameter(name + "_v", Parameter(weight.detach()))
    setattr(module, name, hook.weight(module))
    module.register_forward_pre_hook(hook)
    return module


def _hooks(module: Module, name: str) -> list[Any]:
    table = module._forward_pre_hooks
    return [k for k, h in table.items() if isinstance(h.call, WeightNorm) and h.call.name == name]


def remove_weight_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight an ordinary parameter again.

    >>> net = nn.utils.remove_weight_norm(nn.utils.weight_norm(nn.Linear(2, 3)))
    >>> sorted(net.state_dict())
    ['bias', 'weight']
    """
    for key in _hooks(module, name):
        weight = module._forward_pre_hooks.pop(key).call.weight(module)
        for part in (name, name + "_g", name + "_v"):
            delattr(module, part)
        setattr(module, name, Parameter(weight.detach()))
        return module
    raise ValueError(f"weight_norm of '{name}' not found in {module}")
