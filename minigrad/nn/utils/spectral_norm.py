"""A weight divided by its largest singular value."""

from __future__ import annotations

from typing import Any

from ..._tensor import Tensor
from ...autograd.grad_mode import no_grad
from ...sampling import randn
from .. import functional as F
from ..module import Module
from ..parameter import Parameter


class SpectralNorm:
    """Before each forward of a module, divides its weight by its largest singular value."""

    def __init__(self, name: str, n_power_iterations: int, dim: int, eps: float) -> None:
        if n_power_iterations <= 0:
            raise ValueError(
                "Expected n_power_iterations to be positive, but got "
                f"n_power_iterations={n_power_iterations}"
            )
        self.name, self.dim = name, dim
        self.n_power_iterations, self.eps = n_power_iterations, eps

    def matrix(self, weight: Tensor) -> Tensor:
        """The weight as a matrix, a row for each index of dim."""
        return weight.movedim(self.dim, 0).reshape(weight.shape[self.dim], -1)

    def weight(self, module: Module, iterate: bool) -> Tensor:
        """The weight divided by u^T W v; u and v come nearer to the singular vectors first."""
        weight = getattr(module, self.name + "_orig")
        u, v = getattr(module, self.name + "_u"), getattr(module, self.name + "_v")
        matrix = self.matrix(weight)
        if iterate:
            with no_grad():
                for _ in range(self.n_power_iterations):
                    v.copy_(F.normalize(matrix.t() @ u, dim=0, eps=self.eps))
                    u.copy_(F.normalize(matrix @ v, dim=0, eps=self.eps))
            u, v = u.clone(), v.clone()  # the next forward changes them
        return weight / u.dot(matrix @ v)

    def __call__(self, module: Module, args: Any) -> None:
        setattr(module, self.name, self.weight(module, module.training))


def spectral_norm(
    module: Module, name: str = "weight", n_power_iterations: int = 1, eps: float = 1e-12,
    dim: int | None = None,
) -> Module:  # fmt: skip
    """Divide a weight by an estimate of its largest singular value (Miyato et al. 2018).

    Instead of the parameter NAME the module has NAME_orig; while training, each forward takes
    n_power_iterations steps with the buffers NAME_u and NAME_v. Rows are the indices of dim, by
    default 0 (1 for transposed convolutions).

    >>> net = nn.utils.spectral_norm(nn.Linear(2, 3))
    >>> sorted(net.state_dict())
    ['bias', 'weight_orig', 'weight_u', 'weight_v']
    """
    if _hooks(module, name):
        raise RuntimeError(f"Cannot register two spectral_norm hooks on the same parameter {name}")
    if dim is None:
        dim = int(type(module).__name__.startswith("ConvTranspose"))
    hook = SpectralNorm(name, n_power_iterations, dim, eps)
    weight = getattr(module, name)
    rows, columns = hook.matrix(weight.detach()).shape
    u, v = (F.normalize(randn(n, dtype=weight.dtype), dim=0, eps=eps) for n in (rows, columns))
    delattr(module, name)
    module.register_parameter(name + "_orig", weight)
    setattr(module, name, weight.detach())
    module.register_buffer(name + "_u", u)
    module.register_buffer(name + "_v", v)
    module.register_forward_pre_hook(hook)
    return module


def _hooks(module: Module, name: str) -> list[Any]:
    table = module._forward_pre_hooks
    return [k for k, h in table.items() if isinstance(h.call, SpectralNorm) and h.call.name == name]


def remove_spectral_norm(module: Module, name: str = "weight") -> Module:
    """Make the weight, as it is after the division, an ordinary parameter again.

    >>> net = nn.utils.remove_spectral_norm(nn.utils.spectral_norm(nn.Linear(2, 3)))
    >>> sorted(net.state_dict())
    ['bias', 'weight']
    """
    for key in _hooks(module, name):
        weight = module._forward_pre_hooks.pop(key).call.weight(module, False)
        for part in (name, name + "_u", name + "_v", name + "_orig"):
            delattr(module, part)
        module.register_parameter(name, Parameter(weight.detach()))
        return module
    raise ValueError(f"spectral_norm of '{name}' not found in {module}")
