"""Questions about each element by itself: comparisons and logic.  Their results are booleans, which
carry no gradient.
"""

from __future__ import annotations

import numpy as np

from ..autograd.engine import apply
from ..autograd.errors import tensor_words
from .arguments import Tensor, array_of
from .operands import called, operators

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
    return apply(np.logical_not, (input,))


def isnan(input: Tensor) -> Tensor:
    """True where input is not a number.

    >>> tensor([1., float("nan")]).isnan()
    tensor([False,  True])
    """
    array_of(input, "isnan")
    return apply(np.isnan, (input,))


def isinf(input: Tensor) -> Tensor:
    """True where input is plus or minus infinity.

    >>> tensor([1., float("inf")]).isinf()
    tensor([False,  True])
    """
    array_of(input, "isinf")
    return apply(np.isinf, (input,))


def isfinite(input: Tensor) -> Tensor:
    """True where input is neither infinite nor nan.

    >>> tensor([1., float("inf")]).isfinite()
    tensor([ True, False])
    """
    array_of(input, "isfinite")
    return apply(np.isfinite, (input,))


def invert(self: Tensor) -> Tensor:
    """~ of a tensor: of booleans their opposite, of integers that of each bit."""
    if self._array.dtype.kind == "f":
        raise TypeError(
            "~ (operator.invert) is only implemented on integer and Boolean-type "
            f"tensors, not {tensor_words(self)}"
        )
    return apply(np.invert, (self,))


class Comparisons:
    """The comparisons that are methods of Tensor."""

    __slots__ = ()

    eq, ne, lt, le, gt, ge, logical_and = eq, ne, lt, le, gt, ge, logical_and
    logical_or, logical_xor, logical_not, isnan = logical_or, logical_xor, logical_not, isnan
    isinf, isfinite = isinf, isfinite

    __eq__, __ne__ = operators(np.equal)[0], operators(np.not_equal)[0]  # type: ignore[assignment]
    __lt__, __le__ = operators(np.less)[0], operators(np.less_equal)[0]
    __gt__, __ge__ = operators(np.greater)[0], operators(np.greater_equal)[0]
    __and__, __rand__ = operators(np.bitwise_and)
    __or__, __ror__ = operators(np.bitwise_or)
    __xor__, __rxor__ = operators(np.bitwise_xor)
    __invert__ = invert
    __hash__ = object.__hash__
