"""Looking at the graph: what made a tensor, and what made the arguments of that."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .autograd import NAMES, as_used

if TYPE_CHECKING:
    from .tensor import Tensor


class GradFn:
    """What made a tensor, for looking at the graph: a name, and the calls that made its arguments.

    >>> x = tensor(2.0, requires_grad=True)
    >>> y = (x * x).exp()
    >>> y.grad_fn, y.grad_fn.next_functions
    (<ExpBackward0>, ((<MulBackward0>, 0),))
    """

    def __init__(self, tensor: Tensor) -> None:
        self._tensor = tensor

    def name(self) -> str:
        """The operation's name with "Backward0" behind it, as torch writes it."""
        y = self._tensor
        assert y._fn is not None
        name = NAMES[y._fn]
        if name in _VARIANTS:
            return _VARIANTS[name](y)
        return "".join(word.capitalize() for word in name.split("_")) + "Backward0"

    @property
    def next_functions(self) -> tuple:
        """A pair (GradFn, 0) for each argument that needs a gradient, or (AccumulateGrad, 0)."""
        y = self._tensor
        parents = [as_used(y, i) for i in y._wanting or ()]
        return tuple((GradFn(p) if p._fn is not None else AccumulateGrad(p), 0) for p in parents)

    def __repr__(self) -> str:
        return f"<{self.name()}>"


def _picked(y: Tensor) -> str:
    index = y._kwargs["index"]
    parts = index if isinstance(index, tuple) else (index,)
    kinds = {type(i) for i in parts if type(i) is not slice or i != slice(None)}
    return "Select" if kinds == {int} else "Slice" if kinds == {slice} else "Index"


# Where torch's name depends on how the operation was called.
_VARIANTS: dict[str, Callable[[Tensor], str]] = {
    "sum": lambda y: f"SumBackward{int(y._kwargs['axis'] is not None)}",
    "mean": lambda y: f"MeanBackward{int(y._kwargs['axis'] is not None)}",
    "amax": lambda y: "AmaxBackward0" if y._array.ndim else "MaxBackward1",
    "amin": lambda y: "AminBackward0" if y._array.ndim else "MinBackward1",
    "matmul": lambda y: ("Dot", "Mv", "Mm", "Bmm")[min(y._array.ndim, 3)] + "Backward0",
    "index": lambda y: _picked(y) + "Backward0",
    "clamp": lambda y: "ClampBackward1",
    "copy_slices": lambda y: "CopySlices",
}


class AccumulateGrad:
    """The end of the graph: the leaf in whose .grad the gradient is summed up."""

    def __init__(self, variable: Tensor) -> None:
        self.variable = variable

    def name(self) -> str:
        """The name that torch gives it."""
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return "<AccumulateGrad>"


class RemovableHandle:
    """What register_hook returns: remove() takes the hook away again."""

    def __init__(self, hooks: list, hook: Callable) -> None:
        self._hooks, self._hook = hooks, hook

    def remove(self) -> None:
        """Take the hook away."""
        if self._hook in self._hooks:
            self._hooks.remove(self._hook)
