"""Tensor: an array that can take part in a graph, with torch's conversions and operators.

The operations themselves, `t.exp()` and `t.sum()`, stand in ops/, and changes in place, `t += 1`,
in inplace.py; Tensor inherits them all.
"""

from __future__ import annotations

import builtins  # inside the class the names of Python's types are conversions
import copy
import math
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from . import autograd, changes, dtypes
from .autograd import Node, apply, tensor_class, wrap
from .errors import dimension_words, tensor_words
from .graph import GradFn, RemovableHandle
from .inplace import InPlace
from .ops import elementwise, indexing, linalg, shaping
from .ops.registry import Operations, cast, ints_of, operators
from .printing import tensor_repr


class Size(tuple):
    """A shape: a tuple of ints that prints as torch's and knows how many elements it stands for."""

    __slots__ = ()

    def numel(self) -> int:
        """The number of elements in a tensor of this shape.

        >>> Size((2, 3)).numel()
        6
        """
        return math.prod(self)

    def __repr__(self) -> str:
        return f"torch.Size({list(self)})"


class device:
    """Where a tensor lives: always the CPU. It is here so that code which names a device runs.

    >>> device("cpu")
    device(type='cpu')
    """

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        name = str(getattr(type, "type", type)).partition(":")[0]
        if name != "cpu":
            raise RuntimeError(
                f"minigrad runs on the CPU only, and {type!r} was asked for; use 'cpu'"
            )
        self.type, self.index = name, index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) or other == "cpu"

    def __hash__(self) -> int:
        return hash("cpu")

    def __repr__(self) -> str:
        return "device(type='cpu')"

    def __str__(self) -> str:
        return "cpu"


@tensor_class
class Tensor(InPlace, Operations, Node):
    """An n-dimensional array of numbers of one type that can remember how it was computed.

    Make one with minigrad.tensor(data); Tensor(data) makes float32 of everything, as torch.Tensor.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ()

    if TYPE_CHECKING:  # the methods that the functions in ops/ are

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, *data: Any) -> None:
        if data and all(type(n) is int for n in data):
            array = np.zeros(data, dtypes.get_default_dtype())  # torch.Tensor(2, 3): a shape
        else:
            if len(data) > 1:
                raise TypeError(
                    "Tensor() takes one value, or sizes as ints; use minigrad.tensor(data)"
                )
            value = data[0] if data else []
            source = value._array if isinstance(value, Node) else value
            array = np.array(source, dtypes.get_default_dtype())
        self._array, self._requires_grad, self._hooks, self._fn = array, False, None, None

    # -- what it is ------------------------------------------------------------------------------
    @property
    def shape(self) -> Size:
        """The sizes of the dimensions."""
        return Size(self._array.shape)

    def size(self, dim: int | None = None) -> Any:
        """The shape, or the size of one dimension."""
        if dim is None:
            return self.shape
        if not -self._array.ndim <= dim < self._array.ndim:
            raise IndexError(dimension_words(dim, self._array.ndim))
        return self._array.shape[dim]

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def dim(self) -> int:
        """The number of dimensions."""
        return self._array.ndim

    def numel(self) -> int:
        """The number of elements."""
        return self._array.size

    nelement = numel
    ndimension = dim

    @property
    def dtype(self) -> np.dtype:
        """The type of the elements."""
        return self._array.dtype

    @property
    def itemsize(self) -> int:
        """The bytes that one element takes."""
        return self._array.itemsize

    @property
    def nbytes(self) -> int:
        """The bytes that all elements take."""
        return self._array.nbytes

    def element_size(self) -> int:
        """The bytes that one element takes."""
        return self._array.itemsize

    def is_floating_point(self) -> bool:
        """Is the type a floating point one, the only ones that can require a gradient?"""
        return self._array.dtype.kind == "f"

    def stride(self, dim: int | None = None) -> Any:
        """How many elements lie between neighbours along each dimension, or along one."""
        strides = tuple(s // self._array.itemsize for s in self._array.strides)
        return strides if dim is None else strides[dim]

    @property
    def device(self) -> device:
        """Always the CPU."""
        return _CPU

    is_cuda = False
    layout = "strided"

    # -- its place in the graph --------------------------------------------------------------------
    @property
    def requires_grad(self) -> bool:
        """Is a gradient wanted here? Results require one as soon as one of their arguments does."""
        return self._requires_grad

    @requires_grad.setter
    def requires_grad(self, wanted: bool) -> None:
        self.requires_grad_(wanted)

    def requires_grad_(self, requires_grad: bool = True) -> Tensor:
        """Say whether backward() shall leave a gradient here; for leaves of floating point."""
        if requires_grad and self._array.dtype.kind != "f":
            raise RuntimeError(
                "only Tensors of floating point and complex dtype can require gradients, "
                f"not {tensor_words(self)}; "
                f"use t.float()"
            )
        if not requires_grad and self._fn is not None:
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables; use t.detach()"
            )
        self._requires_grad = bool(requires_grad)
        return self

    @property
    def is_leaf(self) -> bool:
        """Was it made by the user, and not by an operation that was recorded?"""
        return self._fn is None

    @property
    def grad_fn(self) -> GradFn | None:
        """The operation that made it; None for a leaf."""
        return GradFn(self) if self._fn is not None else None

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward() has summed up here; None before. Only leaves keep theirs."""
        if self._fn is not None and not self.retains_grad:
            warnings.warn(
                "The .grad attribute of a Tensor that is not a leaf Tensor is being accessed. Its "
                ".grad attribute won't be populated during backward(). If you want it, call "
                ".retain_grad() on the tensor before",
                stacklevel=2,
            )
        return getattr(self, "_grad", None)

    @grad.setter
    def grad(self, value: Tensor | None) -> None:
        if value is not None:
            if not isinstance(value, Node):
                raise TypeError(
                    f"assigned grad expected to be a Tensor or None but got {type(value).__name__}"
                )
            if value._array.shape != self._array.shape:
                raise RuntimeError(
                    f"assigned grad has data of a different size: {tensor_words(value)} "
                    f"for {tensor_words(self)}"
                )
            if value._array.dtype != self._array.dtype:
                raise RuntimeError(
                    f"assigned grad has data of a different type: {tensor_words(value)} "
                    f"for {tensor_words(self)}"
                )
        self._grad = value

    def backward(
        self, gradient: Tensor | None = None, retain_graph: bool | None = None,
        create_graph: bool = False, inputs: Any = None,
    ) -> None:  # fmt: skip
        """Add the gradient of this tensor to .grad of each leaf it was made from.

        A tensor of more than one element needs gradient, the gradient of some scalar with respect
        to it. The graph is freed on the way, unless retain_graph=True; create_graph=True records
        the gradients.

        >>> x = tensor([0., 1., 2., 3.], requires_grad=True)
        >>> y = 2 * x.dot(x)
        >>> y.backward()
        >>> y, x.grad
        (tensor(28., grad_fn=<MulBackward0>), tensor([ 0.,  4.,  8., 12.]))
        """
        autograd.backward(self, gradient, retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(grad) whenever the gradient of this tensor is complete; what it returns
        replaces it.
        """
        if not self._requires_grad:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if self._hooks is None:
            self._hooks = []
        self._hooks.append(hook)
        return RemovableHandle(self._hooks, hook)

    def retain_grad(self) -> None:
        """Keep the gradient in .grad although this is no leaf."""
        if not self._requires_grad:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if self._fn is None or self.retains_grad:
            return
        self._hooks = (self._hooks or []) + [autograd.RETAIN]

    @property
    def retains_grad(self) -> bool:
        """Has retain_grad() been called, on a tensor that is no leaf?"""
        return self._hooks is not None and autograd.RETAIN in self._hooks

    def detach(self) -> Tensor:
        """The same memory without the history: no gradient flows through."""
        return wrap(self._array)

    def detach_(self) -> Tensor:
        """Forget the history, and require no gradient any more."""
        self._fn = self._args = self._raw = self._wanting = None  # type: ignore[assignment]
        self._requires_grad = False
        return self

    @property
    def data(self) -> Tensor:
        """The same memory without the history, and changes to it are not noticed by autograd.

        Assigning to it gives the tensor another value and leaves its place in the graph.
        """
        # Through the buffer protocol the array gets an owner of its own, and changes are dated by
        # owner.
        return wrap(np.asarray(memoryview(self._array)))  # type: ignore[arg-type]

    @data.setter
    def data(self, value: Tensor) -> None:
        if not isinstance(value, Node):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        self._array = value._array

    @property
    def _version(self) -> int:
        return changes.version(self._array)

    # -- conversions -----------------------------------------------------------------------------
    def item(self) -> float | int | bool:
        """The one element as a Python number."""
        if self._array.size != 1:
            raise RuntimeError(
                f"a Tensor with {self._array.size} elements cannot be converted to Scalar"
            )
        return self._array.item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers, or as one number."""
        return self._array.tolist()

    def numpy(self, *, force: bool = False) -> np.ndarray:
        """The elements as a NumPy array on the same memory; one that requires grad must be detached
        first.
        """
        if self._requires_grad and not force:
            raise RuntimeError(
                "Can't call numpy() on Tensor that requires grad. Use "
                "tensor.detach().numpy() instead."
            )
        return self._array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        array = self.numpy()
        if dtype is not None and array.dtype != dtype:
            return array.astype(dtype)
        return array.copy() if copy else array

    def to(self, *args: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False,
           copy: bool = False, memory_format: Any = None) -> Tensor:  # fmt: skip
        """In another type, given as a type, as another tensor, or with a device (which is the CPU).

        >>> tensor([1, 2]).to(float32)
        tensor([1., 2.])
        """
        for a in args:
            if isinstance(a, Node):
                dtype = a._array.dtype
            elif isinstance(a, bool):
                continue
            elif isinstance(a, (str, _device_class)) and not str(a).endswith("Tensor"):
                _device_class(a)
            else:
                dtype = a
        if device is not None:
            _device_class(device)
        wanted = self._array.dtype if dtype is None else dtypes.as_dtype(dtype)
        if wanted == self._array.dtype:
            return self.clone() if copy else self
        if wanted.kind != "f":  # whole numbers carry no gradient
            return wrap(self._array.astype(wanted))
        return cast(self, dtype=wanted)

    def type(self, dtype: Any = None, non_blocking: bool = False) -> Any:
        """Converted to a type; with no argument torch's name of the present one, as
        "torch.FloatTensor".
        """
        if dtype is None:
            return f"torch.{dtypes.TENSOR_NAMES[self._array.dtype]}"
        wanted = dtypes.as_dtype(dtype)
        return self if wanted is self._array.dtype else self.to(wanted)

    def type_as(self, other: Tensor) -> Tensor:
        """Converted to the type of another tensor."""
        return self.to(other._array.dtype)

    def astype(self, dtype: Any) -> Tensor:
        """Converted to a type, by NumPy's name for it."""
        return self.to(dtypes.as_dtype(dtype))

    def float(self) -> Tensor:
        """Converted to float32."""
        return self.to(dtypes.float32)

    def double(self) -> Tensor:
        """Converted to float64."""
        return self.to(dtypes.float64)

    def half(self) -> Tensor:
        """Converted to float16."""
        return self.to(dtypes.float16)

    def long(self) -> Tensor:
        """Converted to int64."""
        return self.to(dtypes.int64)

    def int(self) -> Tensor:
        """Converted to int32."""
        return self.to(dtypes.int32)

    def short(self) -> Tensor:
        """Converted to int16."""
        return self.to(dtypes.int16)

    def char(self) -> Tensor:
        """Converted to int8."""
        return self.to(dtypes.int8)

    def byte(self) -> Tensor:
        """Converted to uint8."""
        return self.to(dtypes.uint8)

    def bool(self) -> Tensor:
        """Converted to bool: False where it is 0."""
        return self.to(dtypes.bool_)

    def cpu(self) -> Tensor:
        """The tensor itself: it is on the CPU."""
        return self

    def cuda(self, device: Any = None, non_blocking: builtins.bool = False) -> Tensor:
        """Refused with a RuntimeError: minigrad runs on the CPU only."""
        return self.to(device="cuda")

    def contiguous(self, memory_format: Any = None) -> Tensor:
        """The tensor itself if its elements lie in order in memory, else a copy that does."""
        return self if self._array.flags.c_contiguous else self.clone()

    def is_contiguous(self) -> builtins.bool:
        """Do the elements lie in order in memory?"""
        return self._array.flags.c_contiguous

    def __len__(self) -> builtins.int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self._array)

    def __bool__(self) -> builtins.bool:
        if self._array.size != 1:
            raise RuntimeError(
                "Boolean value of Tensor with "
                f"{'no' if not self._array.size else 'more than one'} value"
                f"{'s' if not self._array.size else ''} is ambiguous; use t.any() or t.all()"
            )
        return bool(self._array.item())

    def __float__(self) -> builtins.float:
        return float(self._single())

    def __int__(self) -> builtins.int:
        return int(self._single())

    def _single(self) -> builtins.float | builtins.int:
        if self._array.size != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars, not "
                f"{tensor_words(self)}; t.tolist() gives a list of them"
            )
        return self._array.item()

    def __index__(self) -> builtins.int:
        if self._array.dtype.kind not in "iub" or self._array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, element: Any) -> builtins.bool:
        if not isinstance(element, (Node, int, float, np.generic)):
            raise RuntimeError(
                "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
                f"{type(element)}."
            )
        return bool((self == element)._array.any())

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        made_by = self.grad_fn.name() if self.grad_fn is not None else None
        return tensor_repr(self._array, self._requires_grad, made_by)

    def __format__(self, spec: str) -> str:
        if not self._array.ndim:
            return self._array.item().__format__(spec)
        return object.__format__(self, spec)

    def __deepcopy__(self, memo: dict) -> Tensor:
        if self._fn is not None:
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the "
                "deepcopy protocol at the "
                "moment; copy t.detach() instead"
            )
        new = object.__new__(type(self))
        memo[id(self)] = new
        new._array, new._requires_grad, new._fn, new._hooks = (
            self._array.copy(),
            self._requires_grad,
            None,
            None,
        )
        if self.grad is not None:
            new._grad = copy.deepcopy(self.grad, memo)
        return new

    def __copy__(self) -> Tensor:
        new = object.__new__(type(self))
        new._array, new._requires_grad, new._fn, new._hooks = (
            self._array,
            self._requires_grad,
            None,
            None,
        )
        return new

    def __reduce_ex__(self, protocol: Any) -> Any:
        if self._fn is not None:
            raise RuntimeError(
                "a tensor with history cannot be pickled; detach() it, or save it with "
                "minigrad.save"
            )
        return _from_pickle, (type(self), self._array, self._requires_grad)

    # -- operators -------------------------------------------------------------------------------
    __hash__ = object.__hash__

    __add__, __radd__ = operators(np.add)
    __sub__, __rsub__ = operators(np.subtract)
    __mul__, __rmul__ = operators(np.multiply)

    def __truediv__(self, other: Any) -> Tensor:
        return elementwise.divide(self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return elementwise.divide(other, self)

    def __floordiv__(self, other: Any) -> Tensor:
        return elementwise.floor_divide(self, other)

    def __rfloordiv__(self, other: Any) -> Tensor:
        return elementwise.floor_divide(other, self)

    def __mod__(self, other: Any) -> Tensor:
        return elementwise.remainder(self, other)

    def __rmod__(self, other: Any) -> Tensor:
        return elementwise.remainder(other, self)

    def __pow__(self, other: Any) -> Tensor:
        return elementwise.power(self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return elementwise.power(other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return linalg.matrix_product(self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return linalg.matrix_product(other, self)

    def __neg__(self) -> Tensor:
        return elementwise.neg(self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return elementwise.abs(self)

    def __invert__(self) -> Tensor:
        if self._array.dtype.kind == "f":
            raise TypeError(
                "~ (operator.invert) is only implemented on integer and Boolean-type "
                f"tensors, not {tensor_words(self)}"
            )
        return apply(np.invert, (self,))

    __and__, __rand__ = operators(np.bitwise_and)
    __or__, __ror__ = operators(np.bitwise_or)
    __xor__, __rxor__ = operators(np.bitwise_xor)
    __eq__ = operators(np.equal)[0]
    __ne__ = operators(np.not_equal)[0]
    __lt__ = operators(np.less)[0]
    __le__ = operators(np.less_equal)[0]
    __gt__ = operators(np.greater)[0]
    __ge__ = operators(np.greater_equal)[0]

    def __getitem__(self, index: Any) -> Tensor:
        return indexing.getitem(self, index)

    def __setitem__(self, index: Any, value: Any) -> None:
        self._in_place(lambda t: indexing.setitem(t, index, value), value)

    # -- shapes that only methods have -----------------------------------------------------------
    @property
    def T(self) -> Tensor:
        """With the dimensions in reverse order: the transpose of a matrix."""
        return shaping.permute(self, tuple(reversed(range(self._array.ndim))))

    @property
    def mT(self) -> Tensor:
        """With the last two dimensions exchanged: each matrix of a stack transposed."""
        if self._array.ndim < 2:
            raise RuntimeError(
                "tensor.mT is only supported on matrices or batches of matrices. Got "
                f"{self._array.ndim}-D tensor."
            )
        return shaping.transpose(self, -2, -1)

    def view(self, *shape: Any) -> Tensor:
        """The same memory in another shape; an error where that would need a copy.

        >>> tensor([1, 2, 3, 4]).view(2, 2)
        tensor([[1, 2],
                [3, 4]])
        """
        if len(shape) == 1 and isinstance(shape[0], np.dtype):
            return wrap(self._array.view(shape[0]))
        y = shaping.reshape(self, *shape)
        if y._array.size and not np.may_share_memory(y._array, self._array):
            raise RuntimeError(
                "view size is not compatible with input tensor's size and stride (at "
                "least one dimension spans "
                "across two contiguous subspaces). Use .reshape(...) instead."
            )
        return y

    def view_as(self, other: Tensor) -> Tensor:
        """The same memory in the shape of another tensor."""
        return self.view(other._array.shape)

    def reshape_as(self, other: Tensor) -> Tensor:
        """The same elements in the shape of another tensor."""
        return shaping.reshape(self, other._array.shape)

    def expand(self, *sizes: Any) -> Tensor:
        """The elements repeated to a larger shape by broadcasting; -1 keeps a size. A read-only
        view.

        >>> tensor([[1], [2]]).expand(-1, 2)
        tensor([[1, 1],
                [2, 2]])
        """
        return shaping.broadcast_to(self, *sizes)

    def expand_as(self, other: Tensor) -> Tensor:
        """The elements repeated to the shape of another tensor."""
        return shaping.broadcast_to(self, other._array.shape)

    def repeat(self, *sizes: Any) -> Tensor:
        """The whole tensor repeated so many times along each dimension; counts in front add
        dimensions.

        >>> tensor([1, 2]).repeat(2, 2)
        tensor([[1, 2, 1, 2],
                [1, 2, 1, 2]])
        """
        counts = ints_of(sizes, "repeat")
        lead = len(counts) - self._array.ndim
        if lead < 0:
            raise RuntimeError(
                "Number of dimensions of repeat dims can not be smaller than number of "
                "dimensions of tensor"
            )
        own = (1,) * lead + self._array.shape
        apart = self.reshape(tuple(n for size in own for n in (1, size)))
        spread = apart.expand(tuple(n for pair in zip(counts, own, strict=True) for n in pair))
        return spread.reshape(tuple(c * n for c, n in zip(counts, own, strict=True)))

    def where(self, condition: Tensor, other: Any) -> Tensor:
        """This tensor where the condition holds, other elsewhere."""
        return elementwise.where(condition, self, other)

    def new_tensor(
        self, data: Any, *, dtype: Any = None, requires_grad: builtins.bool = False
    ) -> Tensor:
        """A new tensor from data, of this one's type unless another is given."""
        array = np.array(data._array if isinstance(data, Node) else data)
        return wrap(array.astype(dtypes.as_dtype(dtype or self._array.dtype))).requires_grad_(
            requires_grad
        )

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, requires_grad: builtins.bool = False
    ) -> Tensor:
        """A new tensor of this size filled with one value, of this one's type unless another is
        given.
        """
        array = np.full(size, fill_value, dtypes.as_dtype(dtype or self._array.dtype))
        return wrap(array).requires_grad_(requires_grad)

    def new_zeros(
        self, *size: Any, dtype: Any = None, requires_grad: builtins.bool = False
    ) -> Tensor:
        """A new tensor of zeros, of this one's type unless another is given."""
        return self.new_full(
            ints_of(size, "new_zeros"), 0, dtype=dtype, requires_grad=requires_grad
        )

    def new_ones(
        self, *size: Any, dtype: Any = None, requires_grad: builtins.bool = False
    ) -> Tensor:
        """A new tensor of ones, of this one's type unless another is given."""
        return self.new_full(ints_of(size, "new_ones"), 1, dtype=dtype, requires_grad=requires_grad)

    new_empty = new_zeros


_CPU = device("cpu")
_device_class = device


def _from_pickle(cls: type, array: np.ndarray, requires_grad: bool) -> Tensor:
    new: Tensor = object.__new__(cls)
    new._array, new._requires_grad, new._fn, new._hooks = array, requires_grad, None, None
    return new
