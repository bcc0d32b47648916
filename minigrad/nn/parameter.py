"""Parameters: the tensors of a module that are trained."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .._tensor import Tensor
from ..autograd.changes import mark_changed
from ..autograd.engine import Value
from ..creation import empty
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


def uniform_parameter(
    shape: tuple[int, ...], bound: float, dtype: Any, generator: Generator | None
) -> Parameter:
    """A parameter that begins evenly between -bound and bound."""
    return Parameter(init.uniform_(empty(shape, dtype=dtype), -bound, bound, generator))


def zero_grad(params: Iterable[Any], set_to_none: bool) -> None:
    """Forget the gradients of tensors, or fill them with 0."""
    for p in params:
        if set_to_none:
            p._grad = None
        elif (g := getattr(p, "_grad", None)) is not None:
            if g._node is not None:
                p._grad = g = g.detach()
            g._array.fill(0)
            mark_changed(g._array)
