"""Functions that make tensors of random numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from ._tensor import Tensor
from .autograd.engine import Value
from .creation import finish, need_tensor, sizes_of, type_of
from .random import Generator, stream

__all__ = [
    "normal", "rand", "rand_like", "randint", "randint_like", "randn", "randn_like", "randperm",
]  # fmt: skip


# -- numbers of one distribution -----------------------------------------------------------------
def _floating(dtype: Any, name: str) -> np.dtype:
    kind = type_of(dtype)
    if kind.kind != "f":
        raise NotImplementedError(
            f'"{name}" not implemented for {kind}: random numbers here are floating point'
        )
    return kind


def _uniform(size: tuple, kind: np.dtype, generator: Generator | None) -> np.ndarray:
    if kind == np.float16:  # a float32 just below 1 would be rounded to 1, which is not in [0, 1)
        return (stream(generator).integers(0, 2048, size) / 2048).astype(kind)
    return stream(generator).random(size, kind.type)


def _normal(size: tuple, kind: np.dtype, generator: Generator | None) -> np.ndarray:
    wide = np.float64 if kind == np.float64 else np.float32
    return stream(generator).standard_normal(size, wide).astype(kind, copy=False)


def rand(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn evenly from [0, 1).

    >>> rand(2, 3).shape
    torch.Size([2, 3])
    """
    return finish(
        _uniform(sizes_of(sizes, size), _floating(dtype, "rand"), generator), requires_grad, device
    )


def randn(
    *sizes: Any,
    size: Any = None,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn from the normal distribution of mean 0 and standard deviation 1.

    >>> randn(2, 3).shape
    torch.Size([2, 3])
    """
    return finish(
        _normal(sizes_of(sizes, size), _floating(dtype, "randn"), generator), requires_grad, device
    )


def normal(
    mean: Any = 0.0,
    std: Any = 1.0,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Numbers drawn from normal distributions: of one mean and std in a size, or of tensors of
    them.

    >>> normal(0, 0.01, size=(784, 10), requires_grad=True).shape
    torch.Size([784, 10])
    """
    shapes = [x._array.shape for x in (mean, std) if isinstance(x, Value)]
    if size is None and not shapes:
        raise TypeError(
            "normal() needs a size, or a tensor as mean or std: normal(0, 1, size=(2, 3))"
        )
    shape = sizes_of((size,)) if size is not None else np.broadcast_shapes(*shapes)
    centre, spread = (x._array if isinstance(x, Value) else x for x in (mean, std))
    if np.any(np.asarray(spread) < 0):
        raise RuntimeError(f"normal expects std >= 0.0, but found std {spread}")
    numbers = _normal(shape, _floating(dtype, "normal"), generator) * spread + centre
    return finish(np.asarray(numbers, type_of(dtype)), requires_grad, device)


def randint(
    low: int = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Whole numbers drawn evenly from low (0) to high - 1: randint(high, size), or with low first.

    >>> randint(10, (2, 3)).dtype
    dtype('int64')
    """
    if size is None and isinstance(high, (tuple, list)):
        low, high, size = 0, low, high
    elif high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint() needs a size: randint(low, high, size)")
    if low >= high:
        raise RuntimeError(
            f"random_ expects 'from' to be less than 'to', but got from={low} >= to={high}"
        )
    kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
    return finish(
        stream(generator).integers(low, high, sizes_of((size,))).astype(kind), requires_grad, device
    )


def randperm(
    n: int,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers from 0 to n - 1 in random order.

    >>> sorted(randperm(4).tolist())
    [0, 1, 2, 3]
    """
    if n < 0:
        raise RuntimeError(f"n must be non-negative, got {n}")
    kind = dtypes.int64 if dtype is None else dtypes.as_dtype(dtype)
    return finish(stream(generator).permutation(n).astype(kind), requires_grad, device)


def rand_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Numbers drawn evenly from [0, 1), in the shape and type of another tensor.

    >>> rand_like(tensor([1., 2.])).shape
    torch.Size([2])
    """
    need_tensor(input, "rand_like")
    return rand(
        input._array.shape,
        dtype=dtype or input._array.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def randn_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Numbers drawn from the normal distribution, in the shape and type of another tensor.

    >>> randn_like(tensor([1., 2.])).shape
    torch.Size([2])
    """
    need_tensor(input, "randn_like")
    return randn(
        input._array.shape,
        dtype=dtype or input._array.dtype,
        device=device,
        requires_grad=requires_grad,
    )


def randint_like(
    input: Tensor, low: int, high: int | None = None, *, dtype: Any = None, device: Any = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """Whole numbers drawn evenly from low (0) to high - 1, in the shape and type of another tensor.

    >>> randint_like(tensor([1., 2.]), 5).dtype
    dtype('float32')
    """
    need_tensor(input, "randint_like")
    low, high = (0, low) if high is None else (low, high)
    return randint(
        low,
        high,
        tuple(input._array.shape),
        dtype=dtype or input._array.dtype,
        device=device,
        requires_grad=requires_grad,
    )
