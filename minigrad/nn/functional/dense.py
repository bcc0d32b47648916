"""Linear maps as functions."""

from __future__ import annotations

import math

from ..._tensor import Tensor
from ...autograd import derivatives_nn as dn
from ...autograd.engine import apply
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias, for an input (..., in), a weight (out, in) and a bias (out,).

    >>> nn.functional.linear(tensor([1., 2.]), tensor([[1., 1.], [0., 1.]]), tensor([0., 10.]))
    tensor([ 3., 12.])
    """
    x, w = array_of(input, "linear"), array_of(weight, "linear", "weight", 2)
    if bias is not None:
        array_of(bias, "linear", "bias", 3)
    if w.ndim != 2 or not x.ndim:
        y = input @ weight
        return y if bias is None else y + bias
    if x.dtype != w.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {x.dtype} != {w.dtype} "
            f"(linear was given {tensor_words(input)} and weight {tensor_words(weight)})"
        )
    if x.shape[-1] != w.shape[1]:
        found = f"{math.prod(x.shape[:-1])}x{x.shape[-1]} and {w.shape[1]}x{w.shape[0]}"
        raise RuntimeError(
            f"mat1 and mat2 shapes cannot be multiplied ({found}): linear was given "
            f"{tensor_words(input)} for {w.shape[1]} input features; the last dimension must have "
            "that size"
        )
    if x.ndim != 2:
        rows = input.reshape(math.prod(x.shape[:-1]), x.shape[-1])
        return linear(rows, weight, bias).reshape(*x.shape[:-1], w.shape[0])
    return apply(dn.linear, (input, weight) if bias is None else (input, weight, bias))


def linear_simple(input: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The plain form of linear.

    >>> nn.functional.linear_simple(tensor([[1., 2.]]), tensor([[1., 1.]]), tensor([0.5]))
    tensor([[3.5000]])
    """
    array_of(input, "linear_simple")
    return input @ weight.T + bias
