"""Questions about each element by itself: comparisons and logic.  Their results are booleans, which
carry no gradient.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..autograd.engine import Value, apply, apply_to, wrap
from ..autograd.errors import tensor_words
from .arguments import Tensor, array_of, not_a_tensor
from .operands import binary, called, is_operand

__all__ = [
    "eq", "ge", "greater", "greater_equal", "gt", "isclose", "isfinite", "isin", "isinf", "isnan",
    "isneginf", "isposinf", "isreal", "le", "less", "less_equal", "logical_and", "logical_not",
    "logical_or", "logical_xor", "lt", "ne", "not_equal",
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


not_equal = ne


def lt(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input < other, element by element.

    >>> tensor([1., 2.]).lt(2)
    tensor([ True, False])
    """
    return called("lt", np.less, input, other)


less = lt


def le(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input <= other, element by element.

    >>> tensor([1., 3.]).le(2)
    tensor([ True, False])
    """
    return called("le", np.less_equal, input, other)


less_equal = le


def gt(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input > other, element by element.

    >>> tensor([1., 3.]).gt(2)
    tensor([False,  True])
    """
    return called("gt", np.greater, input, other)


greater = gt


def ge(input: Tensor | float, other: Tensor | float) -> Tensor:
    """input >= other, element by element.

    >>> tensor([1., 2.]).ge(2)
    tensor([False,  True])
    """
    return called("ge", np.greater_equal, input, other)


greater_equal = ge


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


def isposinf(input: Tensor) -> Tensor:
    """True where input is plus infinity.

    >>> tensor([1., float("inf"), -float("inf")]).isposinf()
    tensor([False,  True, False])
    """
    return wrap(np.asarray(array_of(input, "isposinf") == np.inf))


def isneginf(input: Tensor) -> Tensor:
    """True where input is minus infinity.

    >>> tensor([1., float("inf"), -float("inf")]).isneginf()
    tensor([False, False,  True])
    """
    return wrap(np.asarray(array_of(input, "isneginf") == -np.inf))


def isreal(input: Tensor) -> Tensor:
    """True everywhere: there are no complex numbers here.

    >>> tensor([1.]).isreal()
    tensor([True])
    """
    return wrap(np.ones_like(array_of(input, "isreal"), bool))


def isclose(
    input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False
) -> Tensor:
    """Where is abs(input - other) <= atol + rtol * abs(other)?

    >>> tensor([1., 2.]).isclose(tensor([1.000001, 2.1]))
    tensor([ True, False])
    """
    a, b = array_of(input, "isclose"), array_of(other, "isclose", "other", 2)
    if a.dtype != b.dtype:
        raise RuntimeError(f"{a.dtype} did not match {b.dtype}: isclose compares tensors of a type")
    for word, n in (("rtol", rtol), ("atol", atol)):
        if n < 0:
            raise RuntimeError(f"{word} must be greater than or equal to zero, but got {n}")
    if a.dtype.kind == "b":
        return eq(input, other)
    how = {"rtol": rtol, "atol": atol, "equal_nan": equal_nan}
    return apply(np.isclose, (wrap(a), wrap(b)), how)


def isin(
    elements: Tensor | float, test_elements: Tensor | float, *, assume_unique: bool = False,
    invert: bool = False,
) -> Tensor:  # fmt: skip
    """Which elements are among the test_elements? With invert=True: which are not?

    >>> isin(tensor([1, 2, 3]), tensor([2, 3]))
    tensor([False,  True,  True])
    """
    if not isinstance(elements, Value) and not isinstance(test_elements, Value):
        raise not_a_tensor("isin", elements, "elements")
    for i, (name, x) in enumerate((("elements", elements), ("test_elements", test_elements))):
        if not is_operand(x):
            raise not_a_tensor("isin", x, name, i + 1)
    a, b = (np.asarray(getattr(x, "_array", x)) for x in (elements, test_elements))
    if "b" in (a.dtype.kind, b.dtype.kind):
        raise RuntimeError("Unsupported input type encountered for isin(): Bool")
    return wrap(np.asarray(np.isin(a, b, assume_unique=assume_unique, invert=invert)))


class Comparisons(Value):
    """The comparisons that are methods of Tensor."""

    __slots__ = ()

    eq, ne, lt, le, gt, ge, logical_and = eq, ne, lt, le, gt, ge, logical_and
    logical_or, logical_xor, logical_not, isnan = logical_or, logical_xor, logical_not, isnan
    isinf, isfinite, isclose, isposinf, isneginf = isinf, isfinite, isclose, isposinf, isneginf
    isreal, greater, greater_equal, less = isreal, greater, greater_equal, less
    less_equal, not_equal = less_equal, not_equal

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
