"""Parameters: the tensors of a module that are trained."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from .._tensor import Tensor
from ..autograd.changes import mark_changed
from ..autograd.engine import Leaf, Value
from ..creation import empty
from ..ops.arguments import array_of
from ..random import Generator
from . import init


class Parameter(Tensor):
    """A tensor that a module counts among its parameters when it is assigned to an attribute.

    It is always a leaf: made from the result of an operation, it keeps the value and not the
    history.

    >>> nn.Parameter(tensor([1., 2.]) * 2)
    Parameter containing:
    tensor([2., 4.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data: Tensor | None = None, requires_grad: bool = True) -> None:
        if data is None:
            data = empty(0)
        if not isinstance(data, Value):
            raise TypeError(
                f"Parameter() needs a Tensor, not {type(data).__name__}; use minigrad.tensor(data)"
            )
        self._array, self._node, self._link = data._array, None, None
        self.requires_grad_(requires_grad)

    def __repr__(self, *, tensor_contents: Any = None) -> str:  # type: ignore[override]
        return "Parameter containing:\n" + super().__repr__()


class Buffer(Tensor):
    """A tensor that a module counts among its buffers when it is assigned to an attribute.

    With persistent=False it is not saved.

    >>> net = nn.Module()
    >>> net.mean = nn.Buffer(zeros(2))
    >>> [name for name, b in net.named_buffers()]
    ['mean']
    """

    __slots__ = ("persistent",)

    def __init__(self, data: Tensor | None = None, *, persistent: bool = True) -> None:
        if data is None:
            data = empty(0)
        self._array, self._node, self._link = array_of(data, "Buffer", "data"), None, None
        self.persistent = persistent


class Uninitialized:
    """A tensor whose shape is not known yet; a lazy module gives it one when it sees an input."""

    __slots__ = ()
    cls_to_become: type

    @property
    def _array(self) -> Any:  # where every operation looks first
        raise ValueError(
            "Attempted to use an uninitialized parameter. This error happens when you are using a "
            "lazy module: call forward with a dummy batch to initialize the parameters first"
        )

    @property
    def shape(self) -> Any:
        """There is none yet: a RuntimeError."""
        raise RuntimeError(
            "Can't access the shape of an uninitialized parameter or buffer. This error usually "
            "happens in `load_state_dict` when trying to load an uninitialized parameter into an "
            "initialized one. Call `forward` to initialize the parameters before accessing their "
            "attributes."
        )

    @property
    def data(self) -> Tensor:
        """A tensor of no elements: there is no value yet, and what is done to it changes none."""
        return empty(0, dtype=self.dtype)

    @property
    def dtype(self) -> np.dtype:
        """The type that it will have."""
        return _memory(self).dtype

    def retype(self, dtype: np.dtype) -> None:
        """Choose another type."""
        _MEMORY.__set__(self, np.empty(0, dtype))

    def materialize(self, shape: tuple[int, ...], dtype: Any = None) -> None:
        """Become an ordinary tensor of this shape, whose elements are still to be set."""
        array = np.zeros(shape, _memory(self).dtype if dtype is None else dtype)
        object.__setattr__(self, "__class__", self.cls_to_become)
        _MEMORY.__set__(self, array)

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"<{type(self).__name__}>"


_MEMORY: Any = Value.__dict__["_array"]  # the slot that Uninitialized hides


def _memory(t: Any) -> np.ndarray:
    return _MEMORY.__get__(t)


class UninitializedParameter(Uninitialized, Parameter):  # type: ignore[misc,override]
    """A parameter whose shape is not known yet.

    >>> nn.LazyLinear(3).weight
    <UninitializedParameter>
    """

    __slots__ = ()
    cls_to_become = Parameter

    def __init__(self, requires_grad: bool = True, device: Any = None, dtype: Any = None) -> None:
        self.retype(empty(0, dtype=dtype).dtype)
        self._node, self._link = Leaf(self) if requires_grad else None, None

    def __deepcopy__(self, memo: dict) -> UninitializedParameter:
        return UninitializedParameter(self.requires_grad, dtype=self.dtype)


class UninitializedBuffer(Uninitialized, Tensor):  # type: ignore[misc,override]
    """A buffer whose shape is not known yet."""

    __slots__ = ()
    cls_to_become = Tensor

    def __init__(self, requires_grad: bool = False, device: Any = None, dtype: Any = None) -> None:
        self.retype(empty(0, dtype=dtype).dtype)
        self._node, self._link = None, None

    def __deepcopy__(self, memo: dict) -> UninitializedBuffer:
        return UninitializedBuffer(dtype=self.dtype)


def uniform_by_fan(weight: Any, bias: Any, generator: Generator | None = None) -> None:
    """Draw both evenly between -1/sqrt(n) and 1/sqrt(n), n the inputs of each output, as torch."""
    fan = math.prod(weight.shape[1:])
    bound = 1 / math.sqrt(fan) if fan else 0.0
    init.uniform_(weight, -bound, bound, generator)
    if bias is not None:
        init.uniform_(bias, -bound, bound, generator)


def zero_grad(params: Iterable[Any], set_to_none: bool) -> None:
    """Forget the gradients of tensors, or fill them with 0."""
    for p in params:
        if set_to_none:
            p._grad = None
        elif (g := getattr(p, "_grad", None)) is not None:
            if g._node is not None:
                p._grad = g = g.detach()
            mark_changed(g._array)
            g._array.fill(0)
