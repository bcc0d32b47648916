"""The book's short names for Tensors: `d2l.reshape(x, (2, 3))`, in both of its editions."""

from __future__ import annotations

from typing import Any

import numpy as np

import minigrad

__all__ = [
    "Tensor", "abs", "arange", "argmax", "astype", "batch_matmul", "concat", "cos", "cosh", "exp",
    "expand_dims", "eye", "float32", "float64", "int32", "int64", "linspace", "log", "matmul",
    "meshgrid", "normal", "numpy", "ones", "ones_like", "rand", "randn", "reduce_mean",
    "reduce_sum", "repeat", "reshape", "sigmoid", "sin", "sinh", "size", "stack", "swapaxes",
    "tanh", "tensor", "to", "transpose", "zeros", "zeros_like",
]  # fmt: skip

Tensor = minigrad.Tensor

ones, zeros, eye, tensor = minigrad.ones, minigrad.zeros, minigrad.eye, minigrad.tensor
arange, linspace, meshgrid = minigrad.arange, minigrad.linspace, minigrad.meshgrid
normal, rand, randn = minigrad.normal, minigrad.rand, minigrad.randn
sin, cos, sinh, cosh, tanh = (
    minigrad.sin, minigrad.cos, minigrad.sinh, minigrad.cosh, minigrad.tanh,
)  # fmt: skip
exp, log, abs, matmul = minigrad.exp, minigrad.log, minigrad.abs, minigrad.matmul
stack, concat = minigrad.stack, minigrad.cat
int32, int64 = minigrad.int32, minigrad.int64
float32, float64 = minigrad.float32, minigrad.float64
ones_like, zeros_like = minigrad.ones_like, minigrad.zeros_like
sigmoid, batch_matmul = minigrad.sigmoid, minigrad.bmm


def numpy(x: Tensor) -> np.ndarray[Any, Any]:
    """Return a Tensor's values as an array.

    >>> numpy(ones(2))
    array([1., 1.], dtype=float32)
    """
    return x.detach().numpy()


def size(x: Tensor) -> int:
    """Return how many elements a Tensor has.

    >>> size(ones(2, 3))
    6
    """
    return x.numel()


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """Return `x.reshape(*shape)`.

    >>> reshape(arange(4), (2, -1)).shape
    torch.Size([2, 2])
    """
    return x.reshape(*shape)


def to(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return `x.to(...)`: in another type or on a device, of which there is the CPU.

    >>> to(ones(1), float32)
    tensor([1.])
    """
    return x.to(*args, **kwargs)


def reduce_sum(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return `x.sum(...)`.

    >>> reduce_sum(ones(2, 3), 0)
    tensor([2., 2., 2.])
    """
    return x.sum(*args, **kwargs)


def reduce_mean(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return `x.mean(...)`.

    >>> reduce_mean(ones(2, 3))
    tensor(1.)
    """
    return x.mean(*args, **kwargs)


def argmax(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return `x.argmax(...)`.

    >>> argmax(tensor([[1.0, 3.0, 2.0]]), axis=1)
    tensor([1])
    """
    return x.argmax(*args, **kwargs)


def astype(x: Tensor, dtype: Any) -> Tensor:
    """Return a Tensor in another type.

    >>> astype(tensor([1, 2]), float32)
    tensor([1., 2.])
    """
    return x.type(dtype)


def transpose(x: Tensor) -> Tensor:
    """Return a matrix's transpose.

    >>> transpose(ones(2, 3)).shape
    torch.Size([3, 2])
    """
    return x.t()


def expand_dims(x: Tensor, axis: int) -> Tensor:
    """Return a Tensor with one more dimension, of size 1.

    >>> expand_dims(ones(2), 0).shape
    torch.Size([1, 2])
    """
    return x.unsqueeze(axis)


def swapaxes(x: Tensor, axis0: int, axis1: int) -> Tensor:
    """Return a Tensor with two dimensions exchanged.

    >>> swapaxes(ones(2, 3, 4), 0, 2).shape
    torch.Size([4, 3, 2])
    """
    return x.swapaxes(axis0, axis1)


def repeat(x: Tensor, *sizes: Any) -> Tensor:
    """Return a Tensor that is repeated so many times along each dimension.

    >>> repeat(arange(2), 2)
    tensor([0, 1, 0, 1])
    """
    return x.repeat(*sizes)
