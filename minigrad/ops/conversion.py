"""Out of tensors and from one type into another: item, numpy, to, float, long ..."""

from __future__ import annotations

import builtins  # inside the class the names of Python's types are conversions
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import derivatives as d
from ..autograd.engine import Value, wrap
from ..autograd.views import refresh
from ..devices import device as _device
from ..devices import on_cpu
from .arguments import Tensor


def to(
    input: Tensor, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False,
    copy: bool = False, memory_format: Any = None,
) -> Tensor:  # fmt: skip
    """In another type, given as a type, as another tensor, or with a device (which is the CPU).

    >>> tensor([1, 2]).to(float32)
    tensor([1., 2.])
    """
    for a in args:
        if isinstance(a, Value):
            dtype = a._array.dtype
        elif isinstance(a, bool):
            continue
        elif isinstance(a, (str, _device)) and not str(a).endswith("Tensor"):
            on_cpu(a)
        else:
            dtype = a
    if device is not None:
        on_cpu(device)
    wanted = input._array.dtype if dtype is None else dtypes.as_dtype(dtype)
    if wanted == input._array.dtype:
        return d.clone(input) if copy else input
    if wanted.kind != "f":  # whole numbers carry no gradient
        return wrap(input._array.astype(wanted))
    return d.cast(input, dtype=wanted)


class Conversions(Value):
    """The conversions that are methods of Tensor."""

    __slots__ = ()

    to = to

    def item(self: Tensor) -> Any:
        """The one element as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._array.size} elements cannot be converted to Scalar"
            )
        return self._array.item()

    def tolist(self: Tensor) -> Any:
        """The elements as nested lists of Python numbers, or as one number."""
        return self._array.tolist()

    def numpy(self: Tensor, *, force: bool = False) -> np.ndarray:
        """The elements as a NumPy array on the same memory; one that requires grad must be detached
        first.
        """
        refresh(self)
        if self._node is not None and not force:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use "
                "tensor.detach().numpy() instead."
            )
        return self._array

    def __array__(self: Tensor, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = Conversions.numpy(self)
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def __dlpack__(self: Tensor, **wishes: Any) -> Any:
        """The memory for another library's from_dlpack(); of what requires grad, detach() first."""
        if self._node is not None:
            raise BufferError(
                "Can't export tensors that require gradient, use tensor.detach(): the other "
                "library would not see the graph"
            )
        return self._array.__dlpack__(**wishes)

    def __dlpack_device__(self: Tensor) -> tuple[int, int]:
        return self._array.__dlpack_device__()

    def type(self: Tensor, dtype: Any = None, non_blocking: bool = False) -> Any:
        """Converted to a type; with no argument torch's name of the present one, as
        "torch.FloatTensor".
        """
        if dtype is None:
            return f"torch.{dtypes.TENSOR_NAMES[self._array.dtype]}"
        wanted = dtypes.as_dtype(dtype)
        return self if wanted is self._array.dtype else to(self, wanted)

    def type_as(self: Tensor, other: Value) -> Tensor:
        """Converted to the type of another tensor."""
        return to(self, other._array.dtype)

    def astype(self: Tensor, dtype: Any) -> Tensor:
        """Converted to a type, by NumPy's name for it."""
        return to(self, dtypes.as_dtype(dtype))

    def float(self: Tensor) -> Tensor:
        """Converted to float32."""
        return to(self, dtypes.float32)

    def double(self: Tensor) -> Tensor:
        """Converted to float64."""
        return to(self, dtypes.float64)

    def half(self: Tensor) -> Tensor:
        """Converted to float16."""
        return to(self, dtypes.float16)

    def bfloat16(self: Tensor) -> Tensor:
        """Refused with a TypeError: NumPy has no such type."""
        return to(self, dtypes.bfloat16)

    def long(self: Tensor) -> Tensor:
        """Converted to int64."""
        return to(self, dtypes.int64)

    def int(self: Tensor) -> Tensor:
        """Converted to int32."""
        return to(self, dtypes.int32)

    def short(self: Tensor) -> Tensor:
        """Converted to int16."""
        return to(self, dtypes.int16)

    def char(self: Tensor) -> Tensor:
        """Converted to int8."""
        return to(self, dtypes.int8)

    def byte(self: Tensor) -> Tensor:
        """Converted to uint8."""
        return to(self, dtypes.uint8)

    def bool(self: Tensor) -> Tensor:
        """Converted to bool: False where it is 0."""
        return to(self, dtypes.bool_)

    def cpu(self: Tensor, memory_format: Any = None) -> Tensor:
        """The tensor itself: it is on the CPU."""
        return self

    def cuda(self: Tensor, device: Any = None, non_blocking: builtins.bool = False) -> Tensor:
        """Refused with a RuntimeError: minigrad runs on the CPU only."""
        return to(self, device="cuda")

    def pin_memory(self: Tensor, device: Any = None) -> Tensor:
        """The tensor itself: there is no GPU to copy it to."""
        return self

    def is_pinned(self: Tensor, device: Any = None) -> builtins.bool:
        """False: there is no GPU to copy it to."""
        return False

    def share_memory_(self: Tensor) -> Tensor:
        """The tensor itself; other processes do not see its memory, the loader's threads do."""
        return self

    def is_shared(self: Tensor) -> builtins.bool:
        """False: other processes do not see its memory."""
        return False

    def is_contiguous(self: Tensor, memory_format: Any = None) -> builtins.bool:
        """Do the elements lie in order in memory?"""
        return self._array.flags.c_contiguous
