"""Activations as functions: relu and its relatives."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..._tensor import Tensor
from ...autograd import derivatives as d
from ...autograd import derivatives_nn as dn
from ...autograd.engine import apply, apply_to
from ...ops import elementwise
from ...ops.arguments import array_of, axis_of, floating
from ...ops.softmax import softmax


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
    settings = {"slope": negative_slope}
    return in_place_or_not(lambda x: apply_to(dn.leaky_relu, x, settings), input, inplace)


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


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """input between 0 and 6.

    >>> nn.functional.relu6(tensor([-1., 2., 8.]))
    tensor([0., 2., 6.])
    """
    return hardtanh(input, 0.0, 6.0, inplace)


def hardtanh(
    input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """input between min_val and max_val; the gradient at the ends is 0.

    >>> nn.functional.hardtanh(tensor([-2., 0.5]))
    tensor([-1.0000,  0.5000])
    """
    array_of(input, "hardtanh")
    if min_val > max_val:
        raise ValueError("min_val cannot be greater than max_val")

    if input._array.dtype.kind != "f":
        return in_place_or_not(lambda x: x.clamp(min_val, max_val), input, inplace)
    ends = {"lo": min_val, "hi": max_val}
    return in_place_or_not(lambda x: apply_to(dn.hardtanh, x, ends), input, inplace)


def hardsigmoid(input: Tensor, inplace: bool = False) -> Tensor:
    """input / 6 + 1 / 2, between 0 and 1.

    >>> nn.functional.hardsigmoid(tensor([-4., 0., 3.]))
    tensor([0.0000, 0.5000, 1.0000])
    """
    floating(input, "hardsigmoid", "hardsigmoid_cpu")
    return in_place_or_not(lambda x: hardtanh(x + 3, 0.0, 6.0) / 6, input, inplace)


def hardswish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * hardsigmoid(input) (Howard et al. 2019).

    >>> nn.functional.hardswish(tensor([-4., 1., 3.]))
    tensor([0.0000, 0.6667, 3.0000])
    """
    floating(input, "hardswish", "hardswish_cpu")

    def compute(x: Tensor) -> Tensor:
        middle = x * (x + 3) / 6
        return elementwise.where(x > -3, elementwise.where(x < 3, middle, x), 0)

    return in_place_or_not(compute, input, inplace)


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """elu with the scale and alpha that keep mean 0 and variance 1 (Klambauer et al. 2017).

    >>> nn.functional.selu(tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """
    floating(input, "selu", "elu_cpu")
    alpha, scale = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946
    return in_place_or_not(lambda x: elu(x, alpha) * scale, input, inplace)


def celu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, alpha * (exp(input / alpha) - 1) elsewhere (Barron 2017).

    >>> nn.functional.celu(tensor([-1., 2.]), 2.0)
    tensor([-0.7869,  2.0000])
    """
    floating(input, "celu", "elu_cpu")
    if alpha == 0:
        raise RuntimeError("ZeroDivisionError: alpha cannot be 0 for CELU")

    def compute(x: Tensor) -> Tensor:
        return elementwise.where(x > 0, x, (x.clamp(max=0) / alpha).expm1() * alpha)

    return in_place_or_not(compute, input, inplace)


def mish(input: Tensor, inplace: bool = False) -> Tensor:
    """input * tanh(softplus(input)) (Misra 2019).

    >>> nn.functional.mish(tensor([-1., 2.]))
    tensor([-0.3034,  1.9440])
    """
    floating(input, "mish", "mish_cpu")
    return in_place_or_not(lambda x: x * softplus(x).tanh(), input, inplace)


def logsigmoid(input: Tensor) -> Tensor:
    """log(sigmoid(input)), exact for inputs of any size.

    >>> nn.functional.logsigmoid(tensor([0., -200.]))
    tensor([  -0.6931, -200.0000])
    """
    floating(input, "logsigmoid", "log_sigmoid_cpu")
    return -((-input).logaddexp(0))


def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|).

    >>> nn.functional.softsign(tensor([-1., 3.]))
    tensor([-0.5000,  0.7500])
    """
    array_of(input, "softsign")
    return input / (input.abs() + 1)


def tanhshrink(input: Tensor) -> Tensor:
    """input - tanh(input).

    >>> nn.functional.tanhshrink(tensor([0., 1.]))
    tensor([0.0000, 0.2384])
    """
    array_of(input, "tanhshrink")
    return input - input.tanh()


def softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """input nearer to 0 by lambd, and 0 where it was no farther.

    >>> nn.functional.softshrink(tensor([-1., 0.2, 2.]))
    tensor([-0.5000,  0.0000,  1.5000])
    """
    floating(input, "softshrink", "softshrink_cpu")
    if lambd < 0:
        raise RuntimeError(f"lambda must be greater or equal to 0, but found to be {lambd}.")
    return apply_to(dn.softshrink, input, {"by": lambd})


def hardshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    """input, and 0 where it is no farther from 0 than lambd.

    >>> nn.functional.hardshrink(tensor([-1., 0.2, 2.]))
    tensor([-1.,  0.,  2.])
    """
    floating(input, "hardshrink", "hardshrink_cpu")
    return apply_to(dn.hardshrink, input, {"by": lambd})


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """input where it is above threshold, value elsewhere.

    >>> nn.functional.threshold(tensor([0.05, 2.]), 0.1, 20.)
    tensor([20.,  2.])
    """
    array_of(input, "threshold")
    if input._array.dtype.kind != "f":
        return in_place_or_not(lambda x: elementwise.where(x > threshold, x, value), input, inplace)
    settings = {"above": threshold, "value": value}
    return in_place_or_not(lambda x: apply_to(dn.threshold, x, settings), input, inplace)


def prelu(input: Tensor, weight: Tensor) -> Tensor:
    """input where it is positive, weight * input elsewhere, with a weight for all or each channel.

    >>> nn.functional.prelu(tensor([[-1., -1.]]), tensor([0.1, 0.5]))
    tensor([[-0.1000, -0.5000]])
    """
    shape = floating(input, "prelu", "prelu_cpu").shape
    slopes = array_of(weight, "prelu", "weight", 2)
    if slopes.size != 1:
        channels = shape[1] if len(shape) > 1 else 1
        if slopes.size != channels:
            raise RuntimeError(
                "Mismatch of parameter numbers and input channel size. Found parameter numbers = "
                f"{slopes.size} and channel size = {channels}."
            )
        weight = weight.reshape((channels,) + (1,) * (len(shape) - 2))
    elif slopes.ndim > len(shape):
        weight = weight.reshape(())
    return apply(dn.prelu, (input, weight))


def glu(input: Tensor, dim: int = -1) -> Tensor:
    """The first half of input along dim times the sigmoid of the other (Dauphin et al. 2016).

    >>> nn.functional.glu(tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """
    array = floating(input, "glu", "glu_cpu")
    if not array.ndim:
        raise RuntimeError("glu does not support 0-dimensional tensors")
    if array.shape[axis_of(dim, array.ndim)] % 2:
        raise RuntimeError(
            f"Halving dimension must be even, but dimension {dim} is size "
            f"{array.shape[axis_of(dim, array.ndim)]}"
        )
    a, b = input.chunk(2, dim)
    return a * b.sigmoid()


def softmin(input: Tensor, dim: int | None = None, dtype: Any = None) -> Tensor:
    """softmax(-input): positive numbers that sum to 1 along dim, the largest for the smallest.

    >>> nn.functional.softmin(tensor([0., 0.]), dim=0)
    tensor([0.5000, 0.5000])
    """
    array_of(input, "softmin")
    return softmax(-input if dtype is None else -input.to(dtype), dim)


# -- in the memory of their input ------------------------------------------------------------------
def relu_(input: Tensor) -> Tensor:
    """relu in the memory of input.

    >>> nn.functional.relu_(tensor([-1., 2.]))
    tensor([0., 2.])
    """
    return relu(input, True)


def leaky_relu_(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """leaky_relu in the memory of input.

    >>> nn.functional.leaky_relu_(tensor([-1., 2.]), 0.1)
    tensor([-0.1000,  2.0000])
    """
    return leaky_relu(input, negative_slope, True)


def elu_(input: Tensor, alpha: float = 1.0) -> Tensor:
    """elu in the memory of input.

    >>> nn.functional.elu_(tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """
    return elu(input, alpha, True)


def hardtanh_(input: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """hardtanh in the memory of input.

    >>> nn.functional.hardtanh_(tensor([-2., 0.5]))
    tensor([-1.0000,  0.5000])
    """
    return hardtanh(input, min_val, max_val, True)


def threshold_(input: Tensor, threshold: float, value: float) -> Tensor:
    """threshold in the memory of input.

    >>> nn.functional.threshold_(tensor([0.05, 2.]), 0.1, 20.)
    tensor([20.,  2.])
    """
    array_of(input, "threshold_")
    return in_place_or_not(lambda x: elementwise.where(x > threshold, x, value), input, True)
