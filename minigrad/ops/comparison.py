"""Questions about each element by itself: comparisons and logic.  Their results are booleans, which
carry no gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.engine import Value, apply_to
from ..autograd.errors import tensor_words
from .arguments import Tensor, array_of
from .operands import binary, called

__all__ = [
    "eq", "ge", "gt", "isfinite", "isinf", "isnan", "le", "logical_and", "logical_not",
    "logical_or", "logical_xor", "lt", "ne",
]  # fmt: skip


def eq(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input == other, element by element.

    >>> tensor([1., 2.]).eq(2)
    tensor([False,  True])
    """
    return called("eq", np.equal, input, other)


def ne(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input != other, element by element.

    >>> tensor([1., 2.]).ne(2)
    tensor([ True, False])
    """
    return called("ne", np.not_equal, input, other)


def lt(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input < other, element by element.

    >>> tensor([1., 2.]).lt(2)
    tensor([ True, False])
    """
    return called("lt", np.less, input, other)


def le(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input <= other, element by element.

    >>> tensor([1., 3.]).le(2)
    tensor([ True, False])
    """
    return called("le", np.less_equal, input, other)


def gt(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input > other, element by element.

    >>> tensor([1., 3.]).gt(2)
    tensor([False,  True])
    """
    return called("gt", np.greater, input, other)


def ge(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input >= other, element by element.

    >>> tensor([1., 2.]).ge(2)
    tensor([False,  True])
    """
    return called("ge", np.greater_equal, input, other)


def logical_and(input: Tensor, other: Tensor) -> Tensor:
    """True where both are nonzero.

    >>> tensor([1., 0.]).logical_and(tensor([2., 2.]))
    tensor([ True, False])
    """
    return called("logical_and", np.logical_and, input, other)


def logical_or(input: Tensor, other: Tensor) -> Tensor:
    """True where at least one is nonzero.

    >>> tensor([1., 0.]).logical_or(tensor([0., 0.]))
    tensor([ True, False])
    """
    return called("logical_or", np.logical_or, input, other)


def logical_xor(input: Tensor, other: Tensor) -> Tensor:
    """True where exactly one is nonzero.

    >>> tensor([1., 0.]).logical_xor(tensor([2., 2.]))
    tensor([False,  True])
    """
    return called("logical_xor", np.logical_xor, input, other)


def logical_not(input: Tensor) -> Tensor:
    """True where input is zero.

    >>> tensor([1., 0.]).logical_not()
    tensor([False,  True])
    """
    array_of(input, "logical_not")
    return apply_to(np.logical_not, input)


def isnan(input: Tensor) -> Tensor:
    """True where input is not a number.

    >>> tensor([1., float("nan")]).isnan()
    tensor([False,  True])
    """
    array_of(input, "isnan")
    return apply_to(np.isnan, input)


def isinf(input: Tensor) -> Tensor:
    """True where input is plus or minus infinity.

    >>> tensor([1., float("inf")]).isinf()
    tensor([False,  True])
    """
    array_of(input, "isinf")
    return apply_to(np.isinf, input)


def isfinite(input: Tensor) -> Tensor:
    """True where input is neither infinite nor nan.

    >>> tensor([1., float("inf")]).isfinite()
    tensor([ True, False])
    """
    array_of(input, "isfinite")
    return apply_to(np.isfinite, input)


class Comparisons(Value):
    """The comparisons that are methods of Tensor."""

    __slots__ = ()

    eq, ne, lt, le, gt, ge, logical_and = eq, ne, lt, le, gt, ge, logical_and
    logical_or, logical_xor, logical_not, isnan = logical_or, logical_xor, logical_not, isnan
    isinf, isfinite = isinf, isfinite

    # Written out: of object.__eq__, which they replace, type checkers know that it returns a bool.
    def __eq__(self: Tensor, other: Any) -> Tensor:  # type: ignore[override]
        return binary(np.equal, self, other)

    def __ne__(self: Tensor, other: Any) -> Tensor:  # type: ignore[override]
        return binary(np.not_equal, self, other)

    def __lt__(self: Tensor, other: Any) -> Tensor:
        return binary(np.less, self, other)

    def __le__(self: Tensor, other: Any) -> Tensor:
        return binary(np.less_equal, self, other)

    def __gt__(self: Tensor, other: Any) -> Tensor:
        return binary(np.greater, self, other)

    def __ge__(self: Tensor, other: Any) -> Tensor:
        return binary(np.greater_equal, self, other)

    def __and__(self: Tensor, other: Any) -> Tensor:
        return binary(np.bitwise_and, self, other)

    def __rand__(self: Tensor, other: Any) -> Tensor:
        return binary(np.bitwise_and, other, self)

    def __or__(self: Tensor, other: Any) -> Tensor:
        return binary(np.bitwise_or, self, other)

    def __ror__(self: Tensor, other: Any) -> Tensor:
        return binary(np.bitwise_or, other, self)

    def __xor__(self: Tensor, other: Any) -> Tensor:
        return binary(np.bitwise_xor, self, other)

    def __rxor__(self: Tensor, other: Any) -> Tensor:
        return binary(np.bitwise_xor, other, self)

    def __invert__(self: Tensor) -> Tensor:
        if self._array.dtype.kind == "f":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type "
                f"tensors, not {tensor_words(self)}"
            )
        return apply_to(np.invert, self)

    __hash__ = object.__hash__
