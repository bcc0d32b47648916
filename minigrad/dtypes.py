"""The number types, and torch's rules for what two of them make together.

NumPy and torch differ where users notice it: int64 with float32 is float64 in NumPy and float32 in
torch; ``int / int`` is float64 in NumPy and float32 in torch; and a 0-d tensor never changes the
type of a tensor with dimensions when both are of one kind.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .autograd.errors import TENSOR_NAMES

if TYPE_CHECKING:  # importing it takes a millisecond
    from numpy.typing import DTypeLike

float16 = np.dtype(np.float16)
float32 = np.dtype(np.float32)
float64 = np.dtype(np.float64)
int8 = np.dtype(np.int8)
int16 = np.dtype(np.int16)
int32 = np.dtype(np.int32)
int64 = np.dtype(np.int64)
uint8 = np.dtype(np.uint8)
bool_ = np.dtype(np.bool_)

_KINDS = {"b": 0, "u": 1, "i": 1, "f": 2}  # bool < integer < floating point
_default = float32


def get_default_dtype() -> np.dtype:
    """The floating point type that new tensors get from Python floats.

    >>> get_default_dtype()
    dtype('float32')
    """
    return _default


def set_default_dtype(d: DTypeLike) -> None:
    """Make d, a floating point type, the one that new tensors get from Python floats."""
    global _default
    wanted: Any = np.dtype(d)
    if wanted.kind != "f":
        raise TypeError(
            f"only floating-point types are supported as the default type, not {wanted}"
        )
    _default = wanted


def as_dtype(dtype: Any) -> np.dtype:
    """The NumPy type that a type of NumPy's or Python's means, or torch's name of a tensor type.

    >>> as_dtype(int), as_dtype("torch.DoubleTensor")
    (dtype('int64'), dtype('float64'))
    """
    if isinstance(dtype, np.dtype) and dtype in TENSOR_NAMES:
        return dtype
    word = dtype.__name__ if isinstance(dtype, type) else dtype if isinstance(dtype, str) else ""
    if word.endswith("Tensor"):
        for known, name in TENSOR_NAMES.items():
            if word.rpartition(".")[2] == name:
                return known
    try:
        plain = np.dtype(dtype)
    except TypeError:
        raise TypeError(
            f"{dtype!r} is not a type of numbers; use minigrad.float32 and its like"
        ) from None
    found: np.dtype = plain.newbyteorder("=")
    if found not in TENSOR_NAMES:
        names = ", ".join(d.name for d in TENSOR_NAMES)
        raise TypeError(
            f"can't make a tensor of numpy type {found}; the supported types are: {names}"
        )
    return found


def promote_types(type1: DTypeLike, type2: DTypeLike) -> np.dtype:
    """The smallest type that holds both, by torch's rule: an integer never widens a float.

    >>> promote_types(int64, float16)
    dtype('float16')
    """
    a, b = np.dtype(type1), np.dtype(type2)
    if a.kind == "f" != b.kind:
        return a
    if b.kind == "f" != a.kind:
        return b
    return np.promote_types(a, b)


def result_type(*operands: Any) -> np.dtype:
    """The type that an operation on these arrays and Python numbers computes in, as
    torch.result_type.

    Arrays with dimensions decide; a 0-d array, and after it a Python number, counts only when it is
    of a higher kind (bool < integer < floating point).

    >>> result_type(np.ones(3, np.float32), np.array(2.0)), result_type(np.ones(3, np.int8), 2.5)
    (dtype('float32'), dtype('float32'))
    """
    ranks: list[np.dtype | None] = [None, None, None]  # with dimensions, 0-d, Python numbers
    for x in operands:
        if isinstance(x, np.ndarray):
            rank, dtype = (0 if x.ndim else 1), x.dtype
        else:
            rank, dtype = (
                2,
                (bool_ if isinstance(x, bool) else int64 if isinstance(x, int) else _default),
            )
        known = ranks[rank]
        ranks[rank] = dtype if known is None else promote_types(known, dtype)
    found = None
    for candidate in ranks:
        if candidate is not None and (found is None or _KINDS[candidate.kind] > _KINDS[found.kind]):
            found = candidate
    assert found is not None, "result_type needs at least one operand"
    return found
