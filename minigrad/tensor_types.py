"""torch's old names for tensors of one type: `LongTensor([1, 2])`, `isinstance(t, FloatTensor)`."""

from __future__ import annotations

from typing import Any

from . import dtypes
from ._tensor import Tensor, old_style
from .autograd.engine import Value, wrap
from .autograd.errors import TENSOR_NAMES, tensor_words
from .devices import on_cpu

__all__ = [
    "BoolTensor", "ByteTensor", "CharTensor", "DoubleTensor", "FloatTensor", "HalfTensor",
    "IntTensor", "LongTensor", "ShortTensor", "set_default_tensor_type",
]  # fmt: skip


class _TensorType(type):
    """Classes that have no objects of their own: they make Tensors, and know their own."""

    def __call__(cls, *data: Any, device: Any = None) -> Any:
        if device is not None:
            on_cpu(device)
        dtype, source = dtypes.as_dtype(cls), data[0] if data else None
        if isinstance(source, Value) and source._array.dtype != dtype:
            raise TypeError(
                f"{cls.__name__}() expects a tensor of its own type, not {tensor_words(source)}; "
                "convert it with t.to(dtype)"
            )
        return wrap(old_style(data, dtype, cls.__name__))

    def __instancecheck__(cls, instance: Any) -> bool:
        return isinstance(instance, Value) and TENSOR_NAMES[instance._array.dtype] == cls.__name__


class FloatTensor(Tensor, metaclass=_TensorType):
    """Tensors of float32: `FloatTensor(2, 3)` of this size, `FloatTensor(data)` with this data.

    >>> FloatTensor([1, 2]), isinstance(tensor([1.0]), FloatTensor)
    (tensor([1., 2.]), True)
    """


class DoubleTensor(Tensor, metaclass=_TensorType):
    """Tensors of float64; made and asked for as `FloatTensor`."""


class HalfTensor(Tensor, metaclass=_TensorType):
    """Tensors of float16; made and asked for as `FloatTensor`."""


class LongTensor(Tensor, metaclass=_TensorType):
    """Tensors of int64; made and asked for as `FloatTensor`.

    >>> LongTensor([[1, 2]])
    tensor([[1, 2]])
    """


class IntTensor(Tensor, metaclass=_TensorType):
    """Tensors of int32; made and asked for as `FloatTensor`."""


class ShortTensor(Tensor, metaclass=_TensorType):
    """Tensors of int16; made and asked for as `FloatTensor`."""


class CharTensor(Tensor, metaclass=_TensorType):
    """Tensors of int8; made and asked for as `FloatTensor`."""


class ByteTensor(Tensor, metaclass=_TensorType):
    """Tensors of uint8; made and asked for as `FloatTensor`."""


class BoolTensor(Tensor, metaclass=_TensorType):
    """Tensors of bool; made and asked for as `FloatTensor`."""


def set_default_tensor_type(t: Any) -> None:
    """Make a type of tensors, or its name, the one of new tensors of floats; as set_default_dtype.

    >>> set_default_tensor_type(DoubleTensor)
    >>> tensor(1.0).dtype
    dtype('float64')
    >>> set_default_tensor_type("torch.FloatTensor")
    """
    dtypes.set_default_dtype(dtypes.as_dtype(t))
