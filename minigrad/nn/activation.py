"""Activations as layers."""

from __future__ import annotations

from typing import Any

from .._tensor import Tensor
from ..creation import full
from . import functional as F
from .init import constant_
from .module import Module
from .parameter import Parameter


class ReLU(Module):
    """The larger of the input and 0.

    >>> nn.ReLU()(tensor([-1., 2.]))
    tensor([0., 2.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.relu(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it overwrites its input."""
        return "inplace=True" if self.inplace else ""


class LeakyReLU(Module):
    """The input where it is positive, negative_slope times it elsewhere.

    >>> nn.LeakyReLU(0.1)(tensor([-1., 2.]))
    tensor([-0.1000,  2.0000])
    """

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False) -> None:
        super().__init__()
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.leaky_relu(input, self.negative_slope, self.inplace)

    def extra_repr(self) -> str:
        """The settings."""
        return f"negative_slope={self.negative_slope}" + (", inplace=True" if self.inplace else "")


class ELU(Module):
    """The input where it is positive, alpha * (exp(input) - 1) elsewhere.

    >>> nn.ELU()(tensor([-1., 2.]))
    tensor([-0.6321,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.elu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The settings."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class GELU(Module):
    """The input times the probability that a normal number is smaller.

    >>> nn.GELU()(tensor([-1., 2.]))
    tensor([-0.1587,  1.9545])
    """

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """The formula."""
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """The input times its sigmoid.

    >>> nn.SiLU()(tensor([-1., 2.]))
    tensor([-0.2689,  1.7616])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.silu(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it overwrites its input."""
        return "inplace=True" if self.inplace else ""


class Softplus(Module):
    """log(1 + exp(beta * input)) / beta.

    >>> nn.Softplus()(tensor([0., 30.]))
    tensor([ 0.6931, 30.0000])
    """

    def __init__(self, beta: float = 1.0, threshold: float = 20.0) -> None:
        super().__init__()
        self.beta, self.threshold = beta, threshold

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """The settings."""
        return f"beta={self.beta}, threshold={self.threshold}"


class Sigmoid(Module):
    """1 / (1 + exp(-input)).

    >>> nn.Sigmoid()(tensor([0., 2.]))
    tensor([0.5000, 0.8808])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return input.sigmoid()


class Tanh(Module):
    """The hyperbolic tangent.

    >>> nn.Tanh()(tensor([0., 1.]))
    tensor([0.0000, 0.7616])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return input.tanh()


class Softmax(Module):
    """Positive numbers that sum to 1 along dim.

    >>> nn.Softmax(1)(tensor([[1., 1.]]))
    tensor([[0.5000, 0.5000]])
    """

    def __init__(self, dim: int | None = None) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class LogSoftmax(Softmax):
    """The logarithm of softmax along dim.

    >>> nn.LogSoftmax(1)(tensor([[1., 1.]]))
    tensor([[-0.6931, -0.6931]])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.log_softmax(input, self.dim)


class ReLU6(Module):
    """The input between 0 and 6.

    >>> nn.ReLU6()(tensor([-1., 2., 8.]))
    tensor([0., 2., 6.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.relu6(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it overwrites its input."""
        return "inplace=True" if self.inplace else ""


class Hardsigmoid(Module):
    """The input / 6 + 1 / 2, between 0 and 1.

    >>> nn.Hardsigmoid()(tensor([-4., 0.]))
    tensor([0.0000, 0.5000])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.hardsigmoid(input, self.inplace)


class Hardswish(Module):
    """The input times its Hardsigmoid.

    >>> nn.Hardswish()(tensor([-4., 3.]))
    tensor([0., 3.])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.hardswish(input, self.inplace)


class SELU(Module):
    """ELU with the scale and alpha that keep mean 0 and variance 1.

    >>> nn.SELU()(tensor([-1., 2.]))
    tensor([-1.1113,  2.1014])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.selu(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it overwrites its input."""
        return "inplace=True" if self.inplace else ""


class CELU(Module):
    """The input where it is positive, alpha * (exp(input / alpha) - 1) elsewhere.

    >>> nn.CELU(2.0)(tensor([-1., 2.]))
    tensor([-0.7869,  2.0000])
    """

    def __init__(self, alpha: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        self.alpha, self.inplace = alpha, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.celu(input, self.alpha, self.inplace)

    def extra_repr(self) -> str:
        """The settings."""
        return f"alpha={self.alpha}" + (", inplace=True" if self.inplace else "")


class Mish(Module):
    """The input times tanh(softplus(input)).

    >>> nn.Mish()(tensor([-1., 2.]))
    tensor([-0.3034,  1.9440])
    """

    def __init__(self, inplace: bool = False) -> None:
        super().__init__()
        self.inplace = inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.mish(input, self.inplace)

    def extra_repr(self) -> str:
        """Whether it overwrites its input."""
        return "inplace=True" if self.inplace else ""


class LogSigmoid(Module):
    """The logarithm of sigmoid, exact for inputs of any size.

    >>> nn.LogSigmoid()(tensor([0., -200.]))
    tensor([  -0.6931, -200.0000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.logsigmoid(input)


class Softsign(Module):
    """The input / (1 + |input|).

    >>> nn.Softsign()(tensor([-1., 3.]))
    tensor([-0.5000,  0.7500])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.softsign(input)


class Tanhshrink(Module):
    """The input - tanh(input).

    >>> nn.Tanhshrink()(tensor([0., 1.]))
    tensor([0.0000, 0.2384])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.tanhshrink(input)


class Softshrink(Module):
    """The input nearer to 0 by lambd, and 0 where it was no farther.

    >>> nn.Softshrink()(tensor([-1., 0.2]))
    tensor([-0.5000,  0.0000])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.softshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The bound."""
        return str(self.lambd)


class Hardshrink(Module):
    """The input, and 0 where it is no farther from 0 than lambd.

    >>> nn.Hardshrink()(tensor([-1., 0.2]))
    tensor([-1.,  0.])
    """

    def __init__(self, lambd: float = 0.5) -> None:
        super().__init__()
        self.lambd = lambd

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.hardshrink(input, self.lambd)

    def extra_repr(self) -> str:
        """The bound."""
        return str(self.lambd)


class GLU(Module):
    """The first half of the input along dim times the sigmoid of the other.

    >>> nn.GLU()(tensor([1., 2., 0., 0.]))
    tensor([0.5000, 1.0000])
    """

    def __init__(self, dim: int = -1) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """The input with half the size along dim."""
        return F.glu(input, self.dim)

    def extra_repr(self) -> str:
        """The dimension."""
        return f"dim={self.dim}"


class Hardtanh(Module):
    """The input between min_val and max_val.

    >>> nn.Hardtanh()(tensor([-2., 0.5]))
    tensor([-1.0000,  0.5000])
    """

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        super().__init__()
        if max_val <= min_val:
            raise AssertionError(f"max_val {max_val} must be larger than min_val {min_val}")
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.hardtanh(input, self.min_val, self.max_val, self.inplace)

    def extra_repr(self) -> str:
        """The settings."""
        text = f"min_val={self.min_val}, max_val={self.max_val}"
        return text + (", inplace=True" if self.inplace else "")


class Threshold(Module):
    """The input where it is above threshold, value elsewhere.

    >>> nn.Threshold(0.1, 20.)(tensor([0.05, 2.]))
    tensor([20.,  2.])
    """

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        super().__init__()
        self.threshold, self.value, self.inplace = threshold, value, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.threshold(input, self.threshold, self.value, self.inplace)

    def extra_repr(self) -> str:
        """The settings."""
        text = f"threshold={self.threshold}, value={self.value}"
        return text + (", inplace=True" if self.inplace else "")


class RReLU(Module):
    """LeakyReLU with slopes drawn between lower and upper while training; see functional.rrelu.

    >>> nn.RReLU(0.1, 0.3).eval()(tensor([-1., 2.]))
    tensor([-0.2000,  2.0000])
    """

    def __init__(
        self, lower: float = 1.0 / 8, upper: float = 1.0 / 3, inplace: bool = False
    ) -> None:
        super().__init__()
        self.lower, self.upper, self.inplace = lower, upper, inplace

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.rrelu(input, self.lower, self.upper, self.training, self.inplace)

    def extra_repr(self) -> str:
        """The settings."""
        return f"lower={self.lower}, upper={self.upper}" + ", inplace=True" * self.inplace


class PReLU(Module):
    """The input where it is positive, and a weight that is learnt times it elsewhere.

    One weight for all, or num_parameters for as many channels (He et al. 2015).

    >>> nn.PReLU()(tensor([-1., 2.])).detach()
    tensor([-0.2500,  2.0000])
    """

    def __init__(
        self, num_parameters: int = 1, init: float = 0.25, device: Any = None, dtype: Any = None
    ) -> None:
        super().__init__()
        self.num_parameters, self.init = num_parameters, init
        self.weight = Parameter(full((num_parameters,), float(init), dtype=dtype))

    def reset_parameters(self) -> None:
        """Begin again with the weight init."""
        constant_(self.weight, self.init)

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.prelu(input, self.weight)

    def extra_repr(self) -> str:
        """How many weights there are."""
        return f"num_parameters={self.num_parameters}"


class Softmin(Softmax):
    """softmax(-input) along dim.

    >>> nn.Softmin(0)(tensor([1., 1.]))
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        return F.softmin(input, self.dim)


class Softmax2d(Module):
    """softmax over the channels of images (N, C, H, W) or (C, H, W).

    >>> nn.Softmax2d()(zeros(1, 2, 1, 1)).flatten()
    tensor([0.5000, 0.5000])
    """

    def forward(self, input: Tensor) -> Tensor:
        """The input in its own shape."""
        if input.ndim not in (3, 4):
            raise ValueError(f"Softmax2d: expected input to be 3D or 4D, got {input.ndim}D instead")
        return F.softmax(input, -3)
