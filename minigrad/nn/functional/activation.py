"""Activations as functions: relu and its relatives."""

from __future__ import annotations

import math
from collections.abc import Callable

from ..._tensor import Tensor
from ...autograd import derivatives as d
from ...ops import elementwise
from ...ops.arguments import array_of, floating


def in_place_or_not(fn: Callable[[Tensor], Tensor], input: Tensor, inplace: bool) -> Tensor:
    """fn(input), on wish in the memory of input."""
    return input._in_place(fn) if inplace else fn(input)


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """The larger of input and 0; its gradient at 0 is 0.

    >>> nn.functional.relu(tensor([-1., 2.]))
    tensor([0., 2.])
    """
    if array_of(input, "relu").dtype.kind == "b":
        raise RuntimeError("Boolean inputs not supported for relu; convert with t.float()")
    return in_place_or_not(elementwise.relu, input, inplace)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where it is positive, negative_slope * input elsewhere.

    >>> nn.functional.leaky_relu(tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    floating(input, "leaky_relu", "leaky_relu_cpu")

    def compute(x: Tensor) -> Tensor:
        return elementwise.where(x > 0, x, x * negative_slope)

    return in_place_or_not(compute, input, inplace)


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, alpha * (exp(input) - 1) elsewhere (Clevert et al. 2015).

    >>> nn.functional.elu(tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    floating(input, "elu", "elu_cpu")

    def compute(x: Tensor) -> Tensor:  # clamped, for 0 * inf would be nan in the gradient
        return elementwise.where(x > 0, x, x.clamp(max=0).expm1() * alpha)

    return in_place_or_not(compute, input, inplace)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """input * Phi(input), with Phi the distribution of the normal law (Hendrycks and Gimpel 2016).

    approximate="tanh" takes their formula with tanh instead of the error function.

    >>> nn.functional.gelu(tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """
    floating(input, "gelu", "GeluKernelImpl")
    if approximate == "none":
        return input * 0.5 * (1 + d.erf(input * math.sqrt(0.5)))
    if approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (input + 0.044715 * input * input * input)
        return 0.5 * input * (1 + inner.tanh())
    raise RuntimeError(f"approximate argument must be either none or tanh, not {approximate!r}")


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input * sigmoid(input), also called swish.

    >>> nn.functional.silu(tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """
    floating(input, "silu", "silu_cpu")
    return in_place_or_not(lambda x: x * x.sigmoid(), input, inplace)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta * input)) / beta, and input itself where beta * input is above threshold.

    >>> nn.functional.softplus(tensor([0., 30.]))
    tensor([ 0.6931, 30.0000])
    """
    floating(input, "softplus", "softplus_cpu")
    scaled = input * beta
    return elementwise.where(scaled > threshold, input, scaled.logaddexp(0) / beta)


def sigmoid(input: Tensor) -> Tensor:
    """1 / (1 + exp(-input)).

    >>> nn.functional.sigmoid(tensor([0., 2.]))
    tensor([0.5000, 0.8808])
    """
    return elementwise.sigmoid(input)


def tanh(input: Tensor) -> Tensor:
    """The hyperbolic tangent.

    >>> nn.functional.tanh(tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """
    return elementwise.tanh(input)
