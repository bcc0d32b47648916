"""Variable: what old programs wrap their tensors in, when tensors had no gradients of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from .engine import Leaf, Value, wrap
from .errors import tensor_words


class _IsTensor(type):
    def __instancecheck__(cls, x: Any) -> bool:
        return isinstance(x, Value)


class Variable(metaclass=_IsTensor):
    """A tensor with the memory of another one; every Tensor is an instance of it, as in torch.

    >>> from minigrad.autograd import Variable
    >>> x = Variable(tensor([1., 2.]), requires_grad=True)
    >>> x, isinstance(x, Variable)
    (tensor([1., 2.], requires_grad=True), True)
    """

    def __new__(cls, data: Any = None, requires_grad: bool = False, volatile: Any = None) -> Any:
        if data is None:
            data = wrap(np.zeros(0, np.float32))
        if not isinstance(data, Value):
            raise TypeError(f"Variable data has to be a tensor, but got {type(data).__name__}")
        if requires_grad and data._array.dtype.kind != "f":
            raise RuntimeError(
                "only Tensors of floating point and complex dtype can require gradients, not "
                f"{tensor_words(data)}"
            )
        x = wrap(data._array)
        x._node = Leaf(x) if requires_grad else None
        return x
