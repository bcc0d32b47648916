"""The one door for arguments: "must be a Tensor", dimensions, sizes, and NumPy's names for them."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np

from ..autograd.engine import Value
from ..autograd.errors import dimension_words, tensor_words
from ..dtypes import TENSOR_NAMES

# What operations take and give: for readers and type checkers minigrad.Tensor, which stands above.
Tensor = TypeVar("Tensor", bound=Value)


# -- tensors ---------------------------------------------------------------------------------------
def not_a_tensor(name: str, x: Any, argument: str = "input", position: int = 1) -> TypeError:
    """torch's exception for an argument x that should have been a Tensor."""
    return TypeError(
        f"{name}(): argument '{argument}' (position {position}) must be Tensor, not "
        f"{type(x).__name__} {tensor_words(x)}; make one with minigrad.tensor(...)"
    )


def array_of(x: Any, name: str, argument: str = "input", position: int = 1) -> np.ndarray:
    """The array of a Tensor; TypeError for what is none."""
    if isinstance(x, Value):
        return x._array
    raise not_a_tensor(name, x, argument, position)


def floating(x: Any, name: str, kernel: str | None = None) -> np.ndarray:
    """The array of a floating point Tensor; what is none is refused as torch's kernel does it."""
    array = array_of(x, name)
    if array.dtype.kind != "f":
        short = TENSOR_NAMES[array.dtype].removesuffix("Tensor")
        raise NotImplementedError(
            f"\"{kernel or name}\" not implemented for '{short}': it was given {tensor_words(x)}; "
            "convert it with t.float()"
        )
    return array


# -- dimensions ------------------------------------------------------------------------------------
def axis_of(dim: Any, ndim: int, name: str = "dim") -> int:
    """One dimension, counted from the front; a 0-d tensor has dimension 0 (and -1), as in torch."""
    if type(dim) is int and -ndim <= dim < ndim:
        return dim if dim >= 0 else dim + ndim
    if isinstance(dim, bool) or not isinstance(dim, (int, np.integer)):
        if isinstance(dim, Value) and dim._array.ndim == 0 and dim._array.dtype.kind in "iu":
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


def over(
    input: Any, dim: Any, keepdim: bool, axis: Any, keepdims: bool | None, name: str
) -> dict[str, Any]:
    """What NumPy has to know of a reduction: torch's dim and keepdim, or NumPy's axis and keepdims.

    The axis is None for all dimensions.
    """
    if axis is not None:
        dim = axis
    if dim is not None:
        ndim = array_of(input, name).ndim
        if type(dim) is not int or not -ndim <= dim < ndim:
            dim = axes_of(dim, ndim)
    elif not isinstance(input, Value):
        raise not_a_tensor(name, input)
    return {"axis": dim, "keepdims": keepdim if keepdims is None else keepdims}


def along(input: Any, dim: Any, axis: Any, name: str) -> int:
    """One dimension of a Tensor, given as torch's dim or NumPy's axis."""
    return axis_of(dim if axis is None else axis, array_of(input, name).ndim)


# -- sizes -----------------------------------------------------------------------------------------
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
