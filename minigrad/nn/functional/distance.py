"""How near vectors are to each other."""

from __future__ import annotations

from ... import dtypes
from ..._tensor import Tensor
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-08) -> Tensor:
    """The cosine of the angle between two tensors along dim, broadcast; norms at least eps.

    >>> nn.functional.cosine_similarity(tensor([[1., 0.]]), tensor([[1., 1.]]))
    tensor([0.7071])
    """
    array = array_of(x1, "cosine_similarity", "x1")
    other = array_of(x2, "cosine_similarity", "x2", 2)
    if dtypes.promote_types(array.dtype, other.dtype).kind != "f":
        raise RuntimeError(
            "expected common dtype to be floating point, yet common dtype is that of "
            f"{tensor_words(x1)} and {tensor_words(x2)}"
        )
    product = x1 * x2
    lengths = [t.expand(product.shape).norm(2, dim, keepdim=True).clamp(min=eps) for t in (x1, x2)]
    return (product / lengths[0] / lengths[1]).sum(dim)


def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """The p-norm of x1 - x2 + eps along the last dimension, broadcast.

    >>> nn.functional.pairwise_distance(tensor([[0., 0.]]), tensor([[3., 4.]]))
    tensor([5.0000])
    """
    array_of(x1, "pairwise_distance", "x1")
    array_of(x2, "pairwise_distance", "x2", 2)
    return (x1 - x2 + eps).norm(p, -1, keepdim=keepdim)
