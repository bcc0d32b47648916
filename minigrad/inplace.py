"""Changes in place: `t += 1`, `t[0] = 2`, and the methods that end in an underscore.

Tensor inherits them.  What they must not break is the graph: see InPlace._in_place, and changes.py.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from . import dtypes
from .autograd import Node, wrap
from .changes import clock, mark_changed
from .errors import tensor_words
from .grad_mode import is_grad_enabled
from .ops import elementwise, indexing
from .ops.registry import cast
from .random import Generator, stream

if TYPE_CHECKING:
    from .tensor import Tensor

_HISTORY = ("_before", "_requires_grad", "_fn", "_args", "_raw", "_kwargs", "_wanting", "_born")


class InPlace(Node):
    """The part of Tensor that changes a tensor's own memory."""

    __slots__ = ()

    if TYPE_CHECKING:  # the rest of Tensor

        def __getattr__(self, name: str) -> Any: ...

    def _in_place(self, compute: Callable[[Any], Any], *operands: Any) -> Any:
        """Write compute(self) into this tensor's own memory.

        A leaf that requires grad refuses while operations are recorded: its gradient would be that
        of a value that is gone. Any other tensor becomes the result of the operation, and who it
        was before lives on as a node of the graph.
        """
        recorded = is_grad_enabled() and (
            self._requires_grad or any(isinstance(x, Node) and x._requires_grad for x in operands)
        )
        if not recorded:
            self._write(compute(wrap(self._array))._array)
            return self
        if self._requires_grad and self._fn is None:
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation. "
                "Do it under minigrad.no_grad(), as optimisers do, or write t = t + 1, a new tensor"
            )
        if isinstance(self._array.base, (np.ndarray, memoryview)):
            raise RuntimeError(
                f"an in-place operation on a view ({tensor_words(self)}) while gradients are "
                "recorded is not supported: the tensor it is a view of would have a wrong "
                "gradient. Write t = t + 1 instead of t += 1, or change a t.clone()"
            )
        before = wrap(self._array)
        for slot in _HISTORY:
            if hasattr(self, slot):
                setattr(before, slot, getattr(self, slot))
        after = compute(before.clone())  # the copy keeps the values that the rules will read
        if after._array.dtype != self._array.dtype:
            after = cast(after, dtype=self._array.dtype)
        self._write(after._array)
        for slot in _HISTORY:
            setattr(self, slot, getattr(after, slot, None))
        self._born = next(clock)  # after the change, so that it is not taken for a later one
        self._before = before  # whom those mean who used it earlier
        return self

    def _write(self, new: np.ndarray) -> None:
        old = self._array
        if new.shape != old.shape:
            raise RuntimeError(
                f"output with shape {list(old.shape)} doesn't match the broadcast shape "
                f"{list(new.shape)}"
            )
        kinds = "buif"
        if new.dtype is not old.dtype and (
            kinds.index(new.dtype.kind) > kinds.index(old.dtype.kind) + (old.dtype.kind == "u")
        ):
            names = [dtypes.TENSOR_NAMES[a.dtype].removesuffix("Tensor") for a in (new, old)]
            raise RuntimeError(
                f"result type {names[0]} can't be cast to the desired output type {names[1]}"
            )
        self._assign(new)

    def _assign(self, values: np.ndarray) -> None:
        if not self._array.flags.writeable:
            raise RuntimeError(
                "unsupported operation: more than one element of the written-to tensor refers to "
                "a single memory location, or its memory is read-only. Please clone() the tensor "
                "before performing the operation."
            )
        self._array[...] = values
        mark_changed(self._array)

    def __iadd__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t + other, other)

    def __isub__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t - other, other)

    def __imul__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t * other, other)

    def __itruediv__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t / other, other)

    def __ifloordiv__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t // other, other)

    def __imod__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t % other, other)

    def __ipow__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t**other, other)

    def __iand__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t & other, other)

    def __ior__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t | other, other)

    def __ixor__(self, other: Any) -> Tensor:
        return self._in_place(lambda t: t ^ other, other)

    def add_(self, other: Any, *, alpha: float = 1) -> Tensor:
        """Add alpha * other in place.

        >>> tensor([1., 2.]).add_(1)
        tensor([2., 3.])
        """
        return self._in_place(lambda t: elementwise.add(t, other, alpha=alpha), other)

    def sub_(self, other: Any, *, alpha: float = 1) -> Tensor:
        """Subtract alpha * other in place."""
        return self._in_place(lambda t: elementwise.sub(t, other, alpha=alpha), other)

    def mul_(self, other: Any) -> Tensor:
        """Multiply by other in place."""
        return self._in_place(lambda t: elementwise.mul(t, other), other)

    def div_(self, other: Any, *, rounding_mode: str | None = None) -> Tensor:
        """Divide by other in place."""
        return self._in_place(
            lambda t: elementwise.div(t, other, rounding_mode=rounding_mode), other
        )

    def pow_(self, exponent: Any) -> Tensor:
        """Raise to a power in place."""
        return self._in_place(lambda t: elementwise.pow(t, exponent), exponent)

    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        """Bring within the bounds in place."""
        return self._in_place(lambda t: elementwise.clamp(t, min, max), min, max)

    def masked_fill_(self, mask: Tensor, value: Any) -> Tensor:
        """Write value wherever the mask holds, in place."""
        return self._in_place(lambda t: elementwise.masked_fill(t, mask, value), value)

    def copy_(self, src: Any, non_blocking: bool = False) -> Tensor:
        """Take over the elements of src, broadcast and converted to this tensor's type."""
        return self._in_place(lambda t: indexing.setitem(t, ..., src), src)

    def zero_(self) -> Tensor:
        """Set all elements to 0.

        >>> tensor([1., 2.]).zero_()
        tensor([0., 0.])
        """
        return self.fill_(0)

    def fill_(self, value: Any) -> Any:
        """Set all elements to one value, a number or a 0-d tensor."""
        if isinstance(value, Node) and value._array.ndim:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{value._array.ndim} dimensions."
            )
        if not isinstance(value, (Node, int, float, np.generic)):
            raise TypeError(
                "fill_(): argument 'value' must be a number or a 0-d Tensor, not "
                f"{type(value).__name__} {tensor_words(value)}"
            )
        array = value._array if isinstance(value, Node) else np.asarray(value)
        array = array.astype(self._array.dtype)
        if self._requires_grad or isinstance(value, Node) and value._requires_grad:
            return self.copy_(value if isinstance(value, Node) else wrap(array))
        self._assign(array)
        return self

    def _draw(self, name: str, numbers: np.ndarray) -> Tensor:
        if self._array.dtype.kind != "f":
            raise NotImplementedError(
                f'"{name}" not implemented for {tensor_words(self)}: it must be floating point'
            )
        return self.copy_(wrap(numbers))

    def normal_(
        self,
        mean: float = 0,
        std: float = 1,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Fill with numbers drawn from the normal distribution."""
        if std < 0:
            raise RuntimeError(f"normal_ expects std >= 0.0, but found std {std}")
        numbers = stream(generator).standard_normal(self._array.shape, np.float32) * std + mean
        return self._draw("normal_", numbers)

    def uniform_(self, a: float = 0, b: float = 1, *, generator: Generator | None = None) -> Tensor:
        """Fill with numbers drawn evenly from a to b."""
        if a > b:
            raise RuntimeError(
                f"uniform_ expects to return a [from, to) range, but found from={a} > to={b}"
            )
        numbers = stream(generator).random(self._array.shape, np.float32) * (b - a) + a
        return self._draw("uniform_", numbers)
