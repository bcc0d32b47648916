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

complex64 = np.dtype(np.complex64)  # to be named, and refused: there are no complex tensors
complex128 = np.dtype(np.complex128)

_KINDS = {"b": 0, "u": 1, "i": 1, "f": 2}  # bool < integer < floating point
_default = float32


class NoType:
    """The name of a type that NumPy does not have: it can be looked up, and every use refuses it.

    >>> NoType("bfloat16")
    torch.bfloat16
    """

    is_floating_point = True

    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"


bfloat16 = NoType("bfloat16")


class finfo:
    """The limits of a floating point type, the default one if none is given.

    >>> finfo(float32).eps, finfo(float16).max
    (1.1920928955078125e-07, 65504.0)
    """

    def __init__(self, type: Any = None) -> None:
        dtype = get_default_dtype() if type is None else as_dtype(type)
        if dtype.kind != "f":
            raise TypeError(
                f"torch.finfo() requires a floating point input type, not {dtype}; use iinfo"
            )
        known: Any = np.finfo(dtype)
        self.bits, self.dtype = int(known.bits), dtype.name
        self.eps, self.max, self.min = float(known.eps), float(known.max), float(known.min)
        self.tiny = self.smallest_normal = float(known.tiny)
        self.resolution = float(known.resolution)

    def __repr__(self) -> str:
        return (
            f"finfo(resolution={self.resolution:g}, min={self.min:g}, max={self.max:g}, "
            f"eps={self.eps:g}, smallest_normal={self.tiny:g}, tiny={self.tiny:g}, "
            f"dtype={self.dtype})"
        )


class iinfo:
    """The limits of an integer type.

    >>> iinfo(int8).max
    127
    """

    def __init__(self, type: Any) -> None:
        dtype = as_dtype(type)
        if dtype.kind not in "iu":
            raise TypeError(f"torch.iinfo() requires an integer input type, not {dtype}; use finfo")
        known = np.iinfo(dtype)
        self.bits, self.dtype = int(known.bits), dtype.name
        self.max, self.min = int(known.max), int(known.min)

    def __repr__(self) -> str:
        return f"iinfo(min={self.min}, max={self.max}, dtype={self.dtype})"


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
    if isinstance(dtype, NoType):
        raise TypeError(
            f"there is no {dtype.name} here, for NumPy has none; use minigrad.float32, or float16 "
            "for less memory"
        )
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
            + ("; there are no complex tensors here" if found.kind == "c" else "")
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


def can_cast(from_: DTypeLike, to: DTypeLike) -> bool:
    """May a number of one type be put into a tensor of the other in place, by torch's rule?

    >>> can_cast(float64, float32), can_cast(float32, int64)
    (True, False)
    """
    return _KINDS[as_dtype(from_).kind] <= _KINDS[as_dtype(to).kind]


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
