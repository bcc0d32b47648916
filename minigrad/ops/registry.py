"""How an operation becomes a method, and what operations of all families do to their operands
first.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from .. import dtypes
from ..autograd import DISPATCH, Node, apply, primitive, wrap
from ..errors import BOOLEAN_MINUS, dimension_words, tensor_words

if TYPE_CHECKING:
    from ..tensor import Tensor

F = TypeVar("F", bound=Callable)


class Operations:
    """The base of Tensor that the functions marked @method are methods of."""

    __slots__ = ()


FUNCTIONS: dict[str, Callable] = {}  # what minigrad/__init__.py offers as functions


def function(fn: F, name: str | None = None) -> F:
    """Decorator: offer this as minigrad.NAME."""
    FUNCTIONS[name or fn.__name__] = fn
    return fn


def method(fn: F, name: str | None = None) -> F:
    """Decorator: offer this as minigrad.NAME, and the same object as the method of Tensor of that
    name.
    """
    setattr(Operations, name or fn.__name__, fn)
    return function(fn, name)


def numpy(*functions: Callable) -> Callable[[F], F]:
    """Decorator: let this function do the work of NumPy's functions when they are given Tensors."""

    def register(fn: F) -> F:
        for function in functions:
            DISPATCH[function] = fn
        return fn

    return register


# The zeros of np.where(c, g, ZERO[g.dtype]): a bare 0 is converted at each call, which takes a
# third of the time.
ZERO = {dtype: np.zeros((), dtype) for dtype in dtypes.TENSOR_NAMES}
for _zero in ZERO.values():
    _zero.flags.writeable = False


# -- types of the operands -----------------------------------------------------------------------
@primitive(lambda g, y, x, dtype: g, name="to_copy")
def cast(x: Any, *, dtype: np.dtype) -> Any:
    """x in another type; the walk back casts the gradient to the type of x by itself."""
    return x.astype(dtype)


def unary(fn: Callable, x: Any) -> Tensor:
    """Apply a function of one real number: integers and booleans become the default float type
    first.
    """
    try:
        if x._array.dtype.kind != "f":
            x = cast(x, dtype=dtypes.get_default_dtype())
    except AttributeError:
        raise not_a_tensor(fn.__name__.strip("_"), x) from None
    return apply(fn, (x,))


def binary(fn: Callable, a: Any, b: Any) -> Tensor:
    """Apply a function of two operands in the type that torch would compute in.

    Returns NotImplemented for what is neither Tensor, array nor number, as operators must.
    """
    if isinstance(a, Node) and _fits(a, b) or isinstance(b, Node) and _fits(b, a):
        return apply(fn, (a, b))
    pair = promote(a, b)
    if pair is None:
        return NotImplemented
    if fn is np.subtract and any(
        getattr(x, "dtype", type(x)) in (dtypes.bool_, bool) for x in (a, b)
    ):
        raise RuntimeError(BOOLEAN_MINUS)
    return apply(fn, pair)


def _fits(a: Node, b: Any) -> bool:
    """Can NumPy be left to compute with a and b as they are?"""
    if isinstance(b, Node):
        return a._array.dtype is b._array.dtype
    return (type(b) is float or type(b) is int) and a._array.dtype.kind == "f"


def operators(fn: Callable) -> tuple[Callable, Callable]:
    """The methods for `t + other` and for `other + t`."""

    def forward(self: Any, other: Any) -> Any:
        if isinstance(other, Node) and self._array.dtype is other._array.dtype:  # by far most often
            return apply(fn, (self, other))
        return binary(fn, self, other)

    def reflected(self: Any, other: Any) -> Any:
        return binary(fn, other, self)

    return forward, reflected


def called(name: str, fn: Callable, a: Any, b: Any) -> Tensor:
    """The same for a call by name, which has no other operand to try: TypeError instead of
    NotImplemented.
    """
    result = binary(fn, a, b)
    if result is NotImplemented:
        raise not_a_tensor(name, a if not is_operand(a) else b)
    return result


def is_operand(x: Any) -> bool:
    """Can x stand beside a Tensor in an operation?"""
    return isinstance(x, (Node, int, float, np.ndarray, np.generic))


def promote(*operands: Any, floating: bool = False) -> tuple | None:
    """The operands in their common type; None if one is neither Tensor, array nor number."""
    if not all(map(is_operand, operands)):
        return None
    # NumPy's scalars count as Python's do: a float64 that came out of np.sqrt(2) promotes nothing.
    operands = tuple(x.item() if isinstance(x, np.generic) else x for x in operands)
    dtype = dtypes.result_type(*(x._array if isinstance(x, Node) else x for x in operands))
    if floating and dtype.kind != "f":
        dtype = dtypes.get_default_dtype()
    return tuple(_in_type(x, dtype) for x in operands)


def _in_type(x: Any, dtype: np.dtype) -> Any:
    if isinstance(x, Node):
        return x if x._array.dtype == dtype else cast(x, dtype=dtype)
    if isinstance(x, np.ndarray):
        return wrap(x.astype(dtypes.as_dtype(x.dtype)).astype(dtype))
    if dtype.kind == "f":
        return float(x) if isinstance(x, bool) else x  # NumPy treats a bare Python number as weak
    return wrap(
        np.asarray(x).astype(dtype)
    )  # wraps around as torch does; NumPy would refuse uint8 + -1


def not_a_tensor(name: str, x: Any) -> TypeError:
    """torch's exception for an argument x that should have been a Tensor."""
    return TypeError(
        f"{name}(): argument must be Tensor, not {type(x).__name__} {tensor_words(x)}; "
        f"make one with minigrad.tensor(...)"
    )


def need_floating(input: Any, kernel: str) -> None:
    """Refuse what is not a floating point tensor, as torch's kernel of that name does."""
    try:
        dtype = input._array.dtype
    except AttributeError:
        raise not_a_tensor(kernel, input) from None
    if dtype.kind != "f":
        short = dtypes.TENSOR_NAMES[dtype].removesuffix("Tensor")
        raise NotImplementedError(
            f"\"{kernel}\" not implemented for '{short}': it was given {tensor_words(input)}; "
            "convert it with t.float()"
        )


# -- dimensions ----------------------------------------------------------------------------------
def axis_of(dim: Any, ndim: int, name: str = "dim") -> int:
    """One dimension, counted from the front; a 0-d tensor has dimension 0 (and -1), as in torch."""
    if type(dim) is int and -ndim <= dim < ndim:
        return dim if dim >= 0 else dim + ndim
    if isinstance(dim, bool) or not isinstance(dim, (int, np.integer)):
        if isinstance(dim, Node) and dim._array.ndim == 0 and dim._array.dtype.kind in "iu":
            dim = dim._array.item()
        else:
            raise TypeError(f"{name} must be int, not {type(dim).__name__} {dim!r}")
    bound = max(ndim, 1)
    if not -bound <= dim < bound:
        raise IndexError(dimension_words(dim, ndim))
    return int(dim) % bound


def axes_of(dim: Any, ndim: int) -> tuple[int, ...]:
    """Several dimensions, counted from the front; None and () mean all of them."""
    if dim is None or (isinstance(dim, (tuple, list)) and not dim):
        return tuple(range(ndim))
    if not isinstance(dim, (tuple, list)):
        dim = (dim,)
    axes = tuple(axis_of(d, ndim) for d in dim)
    for a in axes:
        if axes.count(a) > 1:
            raise RuntimeError(f"dim {a} appears multiple times in the list of dims {tuple(dim)}")
    return axes if ndim else ()


def ints_of(sizes: tuple, name: str) -> tuple[int, ...]:
    """The sizes of f(2, 3), f((2, 3)) and f([2, 3]) alike, as ints."""
    if len(sizes) == 1 and isinstance(sizes[0], (tuple, list)):
        sizes = tuple(sizes[0])
    for n in sizes:
        if isinstance(n, (float, str)) or not hasattr(n, "__index__"):
            raise TypeError(
                f"{name}: sizes and dimensions must be ints, not {type(n).__name__} {n!r}"
            )
    return tuple(n.__index__() for n in sizes)
