"""All parameters of a network as one vector, and back."""

from __future__ import annotations

from collections.abc import Iterable

from ..._tensor import Tensor
from ...ops.arguments import array_of
from ...ops.shaping import cat


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """All elements of several tensors in one vector; gradients flow through it.

    >>> net = nn.Linear(2, 3)
    >>> nn.utils.parameters_to_vector(net.parameters()).shape
    torch.Size([9])
    """
    return cat([p.reshape(-1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let parameters take the elements of a vector one after the other; they share its memory.

    >>> net = nn.Linear(2, 1)
    >>> nn.utils.vector_to_parameters(tensor([1., 2., 3.]), net.parameters())
    >>> net.weight.tolist(), net.bias.tolist()
    ([[1.0, 2.0]], [3.0])
    """
    array, kept, at = array_of(vec, "vector_to_parameters", "vec"), list(parameters), 0
    if (wanted := sum(p.numel() for p in kept)) > array.size:
        raise RuntimeError(f"the parameters have {wanted} elements, and the vector {array.size}")
    for p in kept:
        p.data = vec.detach()[at : at + p.numel()].reshape(p.shape)
        at += p.numel()
