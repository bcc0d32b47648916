"""Functions that make tensors: from data, filled with a value, or counted."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import dtypes
from ._tensor import Tensor
from .autograd.engine import Value, wrap
from .autograd.errors import tensor_words
from .devices import on_cpu
from .ops.arguments import ints_of

__all__ = [
    "arange", "as_tensor", "asarray", "empty", "empty_like", "eye", "from_dlpack", "from_numpy",
    "full", "full_like", "is_tensor", "linspace", "logspace", "ones", "ones_like",
    "scalar_tensor", "tensor", "zeros", "zeros_like",
]  # fmt: skip


def finish(array: np.ndarray, requires_grad: bool, device: Any = None) -> Tensor:
    """What all functions that make tensors do last: the device is looked at, the wish noted."""
    if device is not None:
        on_cpu(device)
    t = wrap(array)
    return t.requires_grad_() if requires_grad else t


# -- from data -----------------------------------------------------------------------------------
def tensor(
    data: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
    pin_memory: bool = False,
) -> Tensor:
    """A new tensor with a copy of the data: a number, nested lists, an array or a tensor.

    Python floats become the default type (float32), ints int64; arrays keep their type.

    >>> tensor([[1., 2.], [3., 4.]]), tensor([1, 2]).dtype
    (tensor([[1., 2.],
            [3., 4.]]), dtype('int64'))
    """
    return finish(_array_of(data, dtype), requires_grad, device)


def _array_of(data: Any, dtype: Any) -> np.ndarray:
    if isinstance(data, Value):
        data = data._array
    elif isinstance(data, (list, tuple)):
        data = _without_tensors(data)
    wanted = None if dtype is None else dtypes.as_dtype(dtype)
    if isinstance(data, (np.ndarray, np.generic)):
        return np.array(data, wanted or dtypes.as_dtype(data.dtype))
    try:
        array = np.array(data)
    except ValueError:
        raise _ragged(data) from None
    if array.dtype.kind in "OSUc" or array.dtype.hasobject:
        raise _unfit(data)
    if wanted is None:
        kinds = {(type(x), getattr(x, "dtype", None)): x for x in _numbers(data)}  # one of each
        wanted = dtypes.result_type(*kinds.values()) if array.size else dtypes.get_default_dtype()
    if array.dtype.kind == "f" and wanted.kind in "iu" and not np.isfinite(array).all():
        raise RuntimeError(f"cannot convert nan or infinity to {wanted}")
    if wanted.kind in "iu" and array.size and array.max() > np.iinfo(wanted).max:
        raise RuntimeError(f"value cannot be converted to type {wanted} without overflow")
    return array.astype(wanted)


def _numbers(data: Any) -> list:
    """All that nested lists hold: Python's numbers, and arrays, which bring their types along."""
    if isinstance(data, (list, tuple, range)):
        return [x for part in data for x in _numbers(part)]
    return [np.asarray(data) if isinstance(data, np.generic) else data]


def _without_tensors(data: Any) -> Any:
    return [
        x._array
        if isinstance(x, Value)
        else _without_tensors(x)
        if isinstance(x, (list, tuple))
        else x
        for x in data
    ]


def _ragged(data: Any, dim: int = 0) -> Exception:
    """torch's sentence for lists of unequal length."""
    level = [data]
    while all(isinstance(x, (list, tuple)) for x in level) and level:
        lengths = [len(x) for x in level]
        for n in lengths:
            if n != lengths[0]:
                return ValueError(
                    f"expected sequence of length {lengths[0]} at dim {dim} (got {n})"
                )
        level, dim = [x for part in level for x in part], dim + 1
    return ValueError(
        f"the nested lists do not have the same depth at dim {dim}: a tensor is a full "
        "grid of numbers"
    )


def _unfit(data: Any) -> Exception:
    first = data
    while isinstance(first, (list, tuple)) and first:
        first = next((x for x in first if not isinstance(x, (int, float))), first[0])
    if isinstance(first, str):
        return TypeError(
            f"new(): invalid data type 'str': a tensor holds numbers, and {first!r} is text"
        )
    if isinstance(first, complex):
        return TypeError("complex numbers are not supported; a tensor holds real numbers")
    return RuntimeError(f"Could not infer dtype of {type(first).__name__}: a tensor holds numbers")


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """The data as a tensor, without a copy where it is a tensor or an array of the right type
    already.

    >>> as_tensor([1., 2.])
    tensor([1., 2.])
    """
    if isinstance(data, Value):
        return data.to(dtype=dtype, device=device)  # type: ignore[attr-defined]
    if isinstance(data, np.ndarray) and data.dtype in dtypes.TENSOR_NAMES:
        return finish(data, False, device).to(dtype=dtype)
    return tensor(data, dtype=dtype, device=device)


def asarray(
    obj: Any, *, dtype: Any = None, device: Any = None, copy: bool | None = None,
    requires_grad: bool = False,
) -> Tensor:  # fmt: skip
    """The object as a tensor: on the memory of a tensor or array where possible, unless copy=True.

    copy=False refuses what needs a copy.

    >>> asarray([1, 2])
    tensor([1, 2])
    """
    if copy:
        return tensor(obj, dtype=dtype, device=device, requires_grad=requires_grad)
    made = as_tensor(obj, dtype=dtype, device=device)
    source = obj._array if isinstance(obj, Value) else obj
    if copy is False and not (
        isinstance(source, np.ndarray) and np.may_share_memory(made._array, source)
    ):
        raise ValueError("cannot alias the given object as a tensor without a copy")
    return made.requires_grad_() if requires_grad else made


def scalar_tensor(
    s: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A 0-d tensor of one number, of the default type unless another is given.

    >>> scalar_tensor(2)
    tensor(2.)
    """
    return tensor(s, dtype=type_of(dtype), device=device, requires_grad=requires_grad)


def from_numpy(ndarray: np.ndarray) -> Tensor:
    """The array as a tensor on the same memory: a change to one shows in the other.

    >>> from_numpy(np.array([1, 2]))
    tensor([1, 2])
    """
    if not isinstance(ndarray, np.ndarray):
        raise TypeError(f"expected np.ndarray (got {type(ndarray).__name__})")
    if ndarray.dtype not in dtypes.TENSOR_NAMES:
        dtypes.as_dtype(ndarray.dtype)
        raise TypeError(
            "given numpy array has byte order different from the native byte order: "
            f"{ndarray.dtype}; use array.astype(...)"
        )
    return wrap(ndarray)


def from_dlpack(ext_tensor: Any) -> Tensor:
    """Another library's array or tensor as a tensor on the same memory, by the DLPack protocol.

    It has to be on the CPU, of a type that NumPy has (bfloat16 is none), and of torch's one that
    requires no gradient: NumPy's or torch's error says which it is.

    >>> from_dlpack(np.array([1.0, 2.0]))
    tensor([1., 2.], dtype=torch.float64)
    """
    if not hasattr(ext_tensor, "__dlpack__"):
        raise TypeError(f"from_dlpack(): {type(ext_tensor).__name__} has no method __dlpack__")
    return from_numpy(np.from_dlpack(ext_tensor))


def is_tensor(obj: Any) -> bool:
    """Is this a Tensor?

    >>> is_tensor(tensor(1)), is_tensor(1)
    (True, False)
    """
    return isinstance(obj, Value)


# -- filled --------------------------------------------------------------------------------------
def sizes_of(size: tuple, keyword: Any = None) -> tuple[int, ...]:
    """The sizes of zeros(2, 3), zeros((2, 3)) and zeros(size=(2, 3)) alike."""
    if keyword is None and not size:
        raise TypeError("missing 1 required positional argument: 'size', as in zeros(2, 3)")
    sizes = ints_of(size if keyword is None else (keyword,), "size")
    for n in sizes:
        if n < 0:
            raise RuntimeError(
                f"Trying to create tensor with negative dimension {n}: {list(sizes)}"
            )
    return sizes


def _number(x: Any) -> Any:
    """Python's number for a 0-d tensor or a scalar of NumPy's."""
    if isinstance(x, Value):
        x = x._array
    return x.item() if isinstance(x, (np.ndarray, np.generic)) else x


def type_of(dtype: Any) -> np.dtype:
    """The type asked for, or the default one."""
    return dtypes.get_default_dtype() if dtype is None else dtypes.as_dtype(dtype)


def zeros(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of zeros of this size, given as ints or as one tuple.

    >>> zeros(2, 3)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    return finish(np.zeros(sizes_of(sizes, size), type_of(dtype)), requires_grad, device)


def ones(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of ones of this size, given as ints or as one tuple.

    >>> ones(2)
    tensor([1., 1.])
    """
    return finish(np.ones(sizes_of(sizes, size), type_of(dtype)), requires_grad, device)


def full(
    size: Any,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of this size filled with one value, whose type it takes.

    >>> full((2,), 7)
    tensor([7, 7])
    """
    value = _number(fill_value)
    kind = _array_of(value, dtype).dtype
    return finish(np.full(sizes_of((size,)), value, kind), requires_grad, device)


def empty(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A tensor of this size whose elements are whatever the memory held.

    >>> empty(2, 3).shape
    torch.Size([2, 3])
    """
    return finish(np.empty(sizes_of(sizes, size), type_of(dtype)), requires_grad, device)


def eye(
    n: int,
    m: int | None = None,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """A matrix with ones on the diagonal.

    >>> eye(2)
    tensor([[1., 0.],
            [0., 1.]])
    """
    rows, columns = sizes_of((n, n if m is None else m))
    return finish(np.eye(rows, columns, dtype=type_of(dtype)), requires_grad, device)


def zeros_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Zeros in the shape and type of another tensor.

    >>> zeros_like(tensor([1., 2.]))
    tensor([0., 0.])
    """
    return full_like(input, 0, dtype=dtype, device=device, requires_grad=requires_grad)


def ones_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """Ones in the shape and type of another tensor.

    >>> ones_like(tensor([3, 4]))
    tensor([1, 1])
    """
    return full_like(input, 1, dtype=dtype, device=device, requires_grad=requires_grad)


def full_like(
    input: Tensor,
    fill_value: Any,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """One value in the shape and type of another tensor.

    >>> full_like(tensor([1., 2.]), 7)
    tensor([7., 7.])
    """
    need_tensor(input, "full_like")
    kind = input._array.dtype if dtype is None else dtypes.as_dtype(dtype)
    return finish(np.full(input._array.shape, fill_value, kind), requires_grad, device)


def empty_like(
    input: Tensor, *, dtype: Any = None, device: Any = None, requires_grad: bool = False,
    memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """Whatever the memory held, in the shape and type of another tensor.

    >>> empty_like(tensor([1., 2.])).shape
    torch.Size([2])
    """
    need_tensor(input, "empty_like")
    kind = input._array.dtype if dtype is None else dtypes.as_dtype(dtype)
    return finish(np.empty(input._array.shape, kind), requires_grad, device)


def need_tensor(x: Any, name: str) -> None:
    """TypeError for what is no Tensor."""
    if not isinstance(x, Value):
        raise TypeError(
            f"{name}(): argument 'input' (position 1) must be Tensor, not "
            f"{type(x).__name__} {tensor_words(x)}"
        )


# -- counted -------------------------------------------------------------------------------------
def arange(
    start: Any = None,
    end: Any = None,
    step: Any = 1,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """The numbers from start (0) up to but without end, step apart; int64 if all three are ints.

    >>> arange(4), arange(0, 1, 0.25)
    (tensor([0, 1, 2, 3]), tensor([0.0000, 0.2500, 0.5000, 0.7500]))
    """
    if start is None and end is None:
        raise TypeError("arange() missing 1 required positional argument: 'end'")
    first, last = (0, start) if end is None else (start or 0, end)
    first, last, step = map(_number, (first, last, step))
    if step == 0:
        raise RuntimeError("step must be nonzero")
    if (last - first) * step < 0:
        raise RuntimeError(
            f"upper bound and lower bound inconsistent with step sign: from {first} to "
            f"{last} by {step}"
        )
    whole = all(isinstance(x, int) for x in (first, last, step))
    kind = (
        (dtypes.int64 if whole else dtypes.get_default_dtype())
        if dtype is None
        else dtypes.as_dtype(dtype)
    )
    if kind.kind in "iu":
        first, last, step = int(first), int(last), int(step)
    return finish(np.arange(first, last, step).astype(kind), requires_grad, device)


def linspace(
    start: Any,
    end: Any,
    steps: int,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """So many numbers, evenly spaced from start to end, both included.

    >>> linspace(0, 1, 3)
    tensor([0.0000, 0.5000, 1.0000])
    """
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, not {steps}")
    numbers = np.linspace(_number(start), _number(end), steps)
    return finish(numbers.astype(type_of(dtype)), requires_grad, device)


def logspace(
    start: Any,
    end: Any,
    steps: int,
    base: float = 10.0,
    *,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """So many powers of the base, the exponents evenly spaced from start to end, both included.

    >>> logspace(0, 2, 3)
    tensor([  1.,  10., 100.])
    """
    if steps < 0:
        raise RuntimeError(f"number of steps must be non-negative, not {steps}")
    exponents = np.linspace(_number(start), _number(end), steps)
    return finish(np.power(float(base), exponents).astype(type_of(dtype)), requires_grad, device)
