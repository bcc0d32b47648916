"""Linear maps as functions."""

from __future__ import annotations

import math

from ..._tensor import Tensor
from ...autograd import derivatives_nn as dn
from ...autograd.engine import apply
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of
from ...ops.linalg import einsum


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


def bilinear(input1: Tensor, input2: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input1 @ weight[k] @ input2 for each k, plus bias: (..., in1), (..., in2), (out, in1, in2).

    >>> nn.functional.bilinear(tensor([1., 2.]), tensor([3.]), ones(1, 2, 1))
    tensor([9.])
    """
    x1, x2 = array_of(input1, "bilinear", "input1"), array_of(input2, "bilinear", "input2", 2)
    w = array_of(weight, "bilinear", "weight", 3)
    if x1.shape[:-1] != x2.shape[:-1]:
        raise RuntimeError(
            "bilinear(): input batch dimensions do not match: got "
            f"{list(x1.shape)} and {list(x2.shape)}"
        )
    if w.ndim != 3 or x1.shape[-1] != w.shape[1] or x2.shape[-1] != w.shape[2]:
        raise RuntimeError(
            f"bilinear(): input1 {tensor_words(input1)} and input2 {tensor_words(input2)} do not "
            f"fit the weight {tensor_words(weight)}"
        )
    y = einsum("...i,kij,...j->...k", input1, weight, input2)
    return y if bias is None else y + bias
