"""Changes in place: `t += 1`, `t[0] = 2`, and the methods that end in an underscore.

Tensor inherits them.  What they must not break is the graph: see InPlace._in_place, and
autograd/changes.py.
"""

from __future__ import annotations

import contextlib
import functools
import operator
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from . import dtypes
from .autograd import derivatives as d
from .autograd import views
from .autograd.changes import clock, mark_changed, overwritten
from .autograd.engine import NAMES, Leaf, Value, rebased, wrap
from .autograd.errors import tensor_words
from .autograd.grad_mode import mode
from .autograd.hooks import retain_after
from .autograd.interop import NumpyProtocols
from .ops import elementwise, indexing
from .ops.arguments import Tensor
from .random import Generator, stream

F = TypeVar("F", bound=Callable)


def in_place(op: F) -> F:
    """The variant of an operation that writes its result into its first operand's own memory."""

    def body(t: Any, *args: Any, **kwargs: Any) -> Any:
        if not kwargs:
            return t._in_place(op, *args)
        n = len(args)  # what is given by name may be a tensor, too

        def named(t: Any, *xs: Any) -> Any:
            return op(t, *xs[:n], **dict(zip(kwargs, xs[n:], strict=True)))

        return t._in_place(named, *args, *kwargs.values())

    return functools.wraps(op)(body)  # type: ignore[return-value]


def operator_in_place(op: Callable) -> Callable[[Tensor, Any], Tensor]:
    """The method for `t += other`."""
    return lambda t, other: t._in_place(op, other)  # type: ignore[attr-defined]


def _replace_all(t: Any, src: Any) -> Any:
    return indexing.setitem(t, [...], src)


def _once(array: np.ndarray, count: int) -> None:
    """Refuse to write so many values where elements share memory: which would be the last?"""
    repeated = 0 in array.strides and any(
        s == 0 and n > 1 for s, n in zip(array.strides, array.shape, strict=True)
    )
    if not array.flags.writeable or (repeated and count > 1):
        raise RuntimeError(
            "unsupported operation: more than one element of the written-to tensor refers to "
            "a single memory location, or its memory is read-only. Please clone() the tensor "
            "before performing the operation."
        )


class InPlace(NumpyProtocols):
    """The part of Tensor that changes a tensor's own memory."""

    __slots__ = ()

    def _in_place(self, compute: Callable, *operands: Any) -> Any:
        """Write compute(self, *operands) into this tensor's own memory.

        A leaf that requires grad refuses while operations are recorded: its gradient would be that
        of a value that is gone. Any other tensor takes the place of the result in the graph. Who
        has used it before points to its old place, and to a copy of its old values.
        """
        array, record = self._array, mode.record
        recorded = record and self._node is not None
        for x in operands:
            if isinstance(x, Value):
                if x._node is not None:
                    recorded = record
                if x is not self and (array.base is not None or x._array.base is not None):
                    views.apart(array, x._array)
        if record and (recorded or self._link is not None or rebased):
            try:
                recorded = self._recorded(operands)
            except RuntimeError:
                with contextlib.suppress(RuntimeError):  # operands that are none: TypeError
                    compute(wrap(array), *operands)
                raise
        if recorded:
            return self._replace(compute, operands)
        new = compute(wrap(array), *operands)._array
        self._fits(new)
        self._assign(new)
        return self

    def _recorded(self, operands: tuple) -> bool:
        """Will a change in place be recorded? Where it must not be made, this raises."""
        for x in (self, *operands) if rebased else ():
            if isinstance(x, Value):  # a view, of what got a history since
                views.refresh(x)
        recorded = self._node is not None
        for x in operands:
            if isinstance(x, Value) and x._node is not None:
                recorded = True
        if type(self._link) is tuple:
            views.may_change(self, recorded)
        if recorded and isinstance(self._node, Leaf) and views.base_of(self) is None:
            raise RuntimeError(
                "a leaf Variable that requires grad is being used in an in-place operation. "
                "Do it under minigrad.no_grad(), as optimisers do, or write t = t + 1, a new tensor"
            )
        return recorded

    def _replace(self, compute: Callable, operands: tuple) -> Any:
        """Write compute(self, *operands), recorded, into this tensor's own memory."""
        base = None if self._link is None else views.base_of(self)
        before = self._node
        after = compute(wrap(self._array.copy(), before), *operands)  # rules read the copy
        self._fits(after._array)
        if after._array.dtype != self._array.dtype:
            after = d.cast(after, dtype=self._array.dtype)
        views.note_rebased()
        if base is None:
            self._assign(after._array, self)
            if (node := after._node) is not None:
                node.out, node.born = self._array, next(clock)  # the result is this memory, now
                overwritten(node, self._array, NAMES[node.fn])
            self._node = node
        elif after._node is not None or base._node is not None:
            place = base._node
            self._assign(after._array, self, base)
            views.write_through(self, after, place)
        else:
            self._assign(after._array)
        if before is not None and before.watch is not None:
            retain_after(self, before, self._node)
        return self

    def __setitem__(self, index: Any, value: Any) -> None:
        steps = indexing.plan(self, index)
        part = indexing.place_of(self, steps[0], value)
        if isinstance(value, Value) and type(self._array) is np.ndarray:
            indexing.type_fits(self, steps[-1], value)
            if value._array.ndim:
                how = "assigned" if d.is_basic(steps[-1]) else "scattered"
                views.apart(self._array if part is None else part, value._array, how)
        if mode.record and self._recorded((value,)):
            if part is not None and len(steps) == 1 and 0 in self._array.strides:
                t: Any = indexing.getitem(self, index)  # of memory shown several times one part
                t._in_place(_replace_all, value)
            else:
                self._replace(lambda t, v: indexing.setitem(t, steps, v), (value,))
        elif type(self._array) is not np.ndarray:  # while a program is written
            self._assign(indexing.setitem(wrap(self._array), steps, value)._array)
        else:
            if part is not None and len(steps) == 1:
                _once(part, part.size)
            indexing.assign(self, part, steps[-1], value)

    def _fits(self, new: np.ndarray) -> None:
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

    def _assign(self, values: np.ndarray, *unfinished: Value) -> None:
        """Write the values; those who get a new place from it have none until all is done.

        For a Ctrl-C may come at any line, and then nobody must go on with half of a change.
        """
        _once(self._array, values.size)
        for x in unfinished:
            x._node = views.UNFINISHED
        mark_changed(self._array)
        self._array[...] = values

    __iadd__, __isub__ = operator_in_place(operator.add), operator_in_place(operator.sub)
    __imul__, __itruediv__ = operator_in_place(operator.mul), operator_in_place(operator.truediv)
    __idiv__ = __itruediv__
    __ifloordiv__, __imod__ = operator_in_place(operator.floordiv), operator_in_place(operator.mod)
    __ipow__, __iand__ = operator_in_place(operator.pow), operator_in_place(operator.and_)
    __ior__, __ixor__ = operator_in_place(operator.or_), operator_in_place(operator.xor)

    add_, sub_ = in_place(elementwise.add), in_place(elementwise.sub)
    mul_, div_ = in_place(elementwise.mul), in_place(elementwise.div)
    pow_, clamp_ = in_place(elementwise.pow), in_place(elementwise.clamp)

    def masked_fill_(self, mask: Any, value: Any) -> Any:
        """Set the elements where the boolean mask holds to one value, a number or a 0-d tensor."""
        if isinstance(value, Value) and not value._array.ndim and value._node is None:
            value = value._array.copy()  # it may lie in this memory
            value = wrap(value)
        if 0 in self._array.strides and isinstance(mask, Value):  # in memory shown several times
            if not (mode.record and self._recorded((mask, value))):
                self[mask.expand(self.shape)] = value  # type: ignore[attr-defined]
                return self
        return self._in_place(elementwise.masked_fill, mask, value)

    def copy_(self, src: Any, non_blocking: bool = False) -> Any:
        """Take over the elements of src, broadcast and converted to this tensor's type."""
        if not isinstance(src, (Value, int, float, np.ndarray, np.generic)):
            raise TypeError(
                f"copy_(): argument 'other' (position 1) must be Tensor, not {type(src).__name__}"
            )
        if isinstance(src, Value) and src._array.ndim > self._array.ndim:
            raise RuntimeError(
                f"output with shape {list(self._array.shape)} doesn't match the broadcast shape "
                f"of the source, {list(src._array.shape)}"
            )
        return self._in_place(_replace_all, src)

    def zero_(self) -> Any:
        """Set all elements to 0.

        >>> tensor([1., 2.]).zero_()
        tensor([0., 0.])
        """
        return self.fill_(0)

    def fill_(self, value: Any) -> Any:
        """Set all elements to one value, a number or a 0-d tensor."""
        if isinstance(value, Value) and value._array.ndim:
            raise RuntimeError(
                "fill_ only supports 0-dimension value tensor but got tensor with "
                f"{value._array.ndim} dimensions."
            )
        if not isinstance(value, (Value, int, float, np.generic)):
            raise TypeError(
                "fill_(): argument 'value' must be a number or a 0-d Tensor, not "
                f"{type(value).__name__} {tensor_words(value)}"
            )
        array = value._array if isinstance(value, Value) else np.asarray(value)
        array = array.astype(self._array.dtype)
        if self._node is not None or isinstance(value, Value) and value._node is not None:
            return self.copy_(value if isinstance(value, Value) else wrap(array))
        self._assign(array)
        return self

    def _draw(self, name: str, numbers: np.ndarray) -> Any:
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
    ) -> Any:
        """Fill with numbers drawn from the normal distribution."""
        if std < 0:
            raise RuntimeError(f"normal_ expects std >= 0.0, but found std {std}")
        numbers = stream(generator).standard_normal(self._array.shape, np.float32) * std + mean
        return self._draw("normal_", numbers)

    def uniform_(self, a: float = 0, b: float = 1, *, generator: Generator | None = None) -> Any:
        """Fill with numbers drawn evenly from a to b."""
        if a > b:
            raise RuntimeError(
                f"uniform_ expects to return a [from, to) range, but found from={a} > to={b}"
            )
        numbers = stream(generator).random(self._array.shape, np.float32) * (b - a) + a
        return self._draw("uniform_", numbers)
