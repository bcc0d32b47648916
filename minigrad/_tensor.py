"""Tensor: an array that can take part in a graph, with torch's attributes.

The operations, `t.exp()` and `t + 1`, stand in ops/, each family with a class that lists its
methods; changes in place, `t += 1`, in inplace.py.  Tensor inherits them all.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from . import dtypes
from .autograd import changes, gradients, views
from .autograd.engine import Leaf, Node, Value, tensor_class, wrap
from .autograd.errors import dimension_words, tensor_words
from .autograd.hooks import RemovableHandle, retain, retains, watch_at
from .devices import CPU, on_cpu
from .devices import device as _device
from .layouts import strided
from .ops.arguments import ints_of
from .ops.arranging import Arranging
from .ops.comparison import Comparisons
from .ops.conversion import Conversions
from .ops.drawing import Drawing
from .ops.elementwise import Elementwise
from .ops.indexing import Indexing
from .ops.linalg import LinearAlgebra
from .ops.matrices import Matrices
from .ops.numbers import Numbers
from .ops.products import Products
from .ops.putting import Putting
from .ops.reduction import Reductions
from .ops.running import Running
from .ops.shaping import Shaping
from .ops.softmax import Softmax
from .ops.special import Special
from .ops.statistics import Statistics
from .printing import tensor_repr
from .twins import Twins


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


@tensor_class
class Tensor(
    Twins, Elementwise, Special, Numbers, Comparisons, Reductions, Shaping, Indexing,
    Running, Statistics, Arranging, Putting, Products, Matrices, Drawing, LinearAlgebra, Softmax,
    Conversions,
):  # fmt: skip
    """An n-dimensional array of numbers of one type that can remember how it was computed.

    Make one with minigrad.tensor(data); Tensor(data) makes float32 of everything, as torch.Tensor.

    >>> x = tensor([1., 2.], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad
    tensor([2., 4.])
    """

    __slots__ = ()

    def __init__(self, *data: Any) -> None:
        self._array = old_style(data, dtypes.get_default_dtype(), "Tensor")
        self._node, self._link = None, None

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
    def device(self) -> _device:
        """Always the CPU."""
        return CPU

    is_cpu, is_cuda, is_mps, is_sparse, is_quantized, is_meta = (
        True,
        False,
        False,
        False,
        False,
        False,
    )
    layout = strided

    def get_device(self) -> int:
        """-1, which means the CPU."""
        return -1

    # -- its place in the graph --------------------------------------------------------------------
    @property
    def requires_grad(self) -> bool:
        """Is a gradient wanted here? Results require one as soon as one of their arguments does."""
        return views.requires_grad(self)

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
        if isinstance(self._node, Node):
            if requires_grad:
                return self
            raise RuntimeError(
                "you can only change requires_grad flags of leaf variables; use t.detach()"
            )
        if not requires_grad:
            if type(self._node) is not views.Nowhere:  # whose base goes on requiring one
                if self._link is None or type(self._link) is int:
                    self._link = self._node
                self._node = None
        elif self._node is None or type(self._node) is views.Nowhere:
            if type(self._link) is int:  # it has views, which have to ask from now on
                views.note_rebased()
            # The leaf it was before, if it was one: who used it then still means this tensor.
            self._node = self._link if isinstance(self._link, Leaf) else Leaf(self)
        return self

    @property
    def is_leaf(self) -> bool:
        """Was it made by the user, and not by an operation that was recorded?"""
        views.refresh(self)
        return not isinstance(self._node, Node)

    @property
    def grad_fn(self) -> Node | None:
        """The call of the operation that made it; None for a leaf.

        >>> x = tensor(2.0, requires_grad=True)
        >>> y = (x * x).exp()
        >>> y.grad_fn, y.grad_fn.next_functions
        (<ExpBackward0>, ((<MulBackward0>, 0),))
        """
        views.refresh(self)
        return self._node.edge[0] if isinstance(self._node, Node) else None

    @property
    def output_nr(self) -> int:
        """Which result of its grad_fn it is: not 0 for one of several of an autograd.Function."""
        views.refresh(self)
        return 0 if self._node is None else self._node.edge[1]

    @property
    def grad(self) -> Tensor | None:
        """The gradient that backward() has summed up here; None before. Only leaves keep theirs."""
        if isinstance(self._node, Node) and not self.retains_grad:
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
            if not isinstance(value, Value):
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

    @grad.deleter
    def grad(self) -> None:
        self._grad = None

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
        gradients.backward(self, gradient, retain_graph, create_graph, inputs)

    def register_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(grad) whenever the gradient of this tensor is complete; what it returns
        replaces it.
        """
        views.refresh(self)
        if self._node is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        return RemovableHandle(watch_at(self._node).hooks, hook)

    def register_post_accumulate_grad_hook(self, hook: Callable) -> RemovableHandle:
        """Call hook(tensor) whenever backward() has added to .grad of this leaf.

        >>> w = tensor([1., 2.], requires_grad=True)
        >>> handle = w.register_post_accumulate_grad_hook(lambda w: print(w.grad))
        >>> (w * w).sum().backward()
        tensor([2., 4.])
        """
        views.refresh(self)
        if self._node is None:
            raise RuntimeError("cannot register a hook on a tensor that doesn't require gradient")
        if isinstance(self._node, Node):
            raise RuntimeError(
                "post accumulate grad hooks cannot be registered on non-leaf tensors; "
                "register_hook() can"
            )
        return RemovableHandle(watch_at(self._node).added, hook)

    def retain_grad(self) -> None:
        """Keep the gradient in .grad although this is no leaf."""
        views.refresh(self)
        if self._node is None:
            raise RuntimeError("can't retain_grad on Tensor that has requires_grad=False")
        if isinstance(self._node, Node):
            retain(self, self._node)

    @property
    def retains_grad(self) -> bool:
        """Has retain_grad() been called, on a tensor that is no leaf?"""
        return retains(self, self._node)

    def detach(self) -> Tensor:
        """The same memory without the history: no gradient flows through."""
        return wrap(self._array)

    def detach_(self) -> Tensor:
        """Forget the history, and require no gradient any more; views refuse, as in torch."""
        if views.base_of(self) is not None:
            raise RuntimeError("Can't detach views in-place. Use detach() instead.")
        self._node = None
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
        if not isinstance(value, Value):
            raise TypeError(f"Variable data has to be a tensor, but got {type(value).__name__}")
        if self._node is not None and value._array.dtype.kind != "f":
            raise RuntimeError(
                "data set to a tensor that requires gradients must be floating point or complex "
                f"dtype, not {tensor_words(value)}"
            )
        self._array = value._array

    @property
    def _base(self) -> Any:
        """The tensor that this is a view of; None if it has memory of its own."""
        return views.base_of(self)

    _unrecorded = views.unrecorded

    def _is_view(self) -> bool:
        return views.base_of(self) is not None

    @property
    def _version(self) -> int:
        return changes.version(self._array)

    # -- as a Python object -------------------------------------------------------------------
    def __len__(self) -> int:
        if not self._array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return len(self._array)

    def __bool__(self) -> bool:
        if self._array.size != 1:
            raise RuntimeError(
                "Boolean value of Tensor with "
                f"{'no' if not self._array.size else 'more than one'} value"
                f"{'s' if not self._array.size else ''} is ambiguous; use t.any() or t.all()"
            )
        return bool(self._array.item())

    def __float__(self) -> float:
        return float(self._single())

    def __int__(self) -> int:
        return int(self._single())

    def _single(self) -> float | int:
        if self._array.size != 1:
            raise ValueError(
                "only one element tensors can be converted to Python scalars, not "
                f"{tensor_words(self)}; t.tolist() gives a list of them"
            )
        return self._array.item()

    def __index__(self) -> int:
        if self._array.dtype.kind not in "iub" or self._array.size != 1:
            raise TypeError("only integer tensors of a single element can be converted to an index")
        return int(self._array.item())

    def __iter__(self) -> Iterator[Tensor]:
        if not self._array.ndim:
            raise TypeError("iteration over a 0-d tensor")
        return iter(self.unbind(0))

    def __contains__(self, element: Any) -> bool:
        if not isinstance(element, (Value, int, float, np.generic)):
            raise RuntimeError(
                "Tensor.__contains__ only supports Tensor or scalar, but you passed in a "
                f"{type(element)}."
            )
        return bool((self == element)._array.any())

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        try:
            views.refresh(self)
            made_by = self._node.name() if isinstance(self._node, Node) else None
        except RuntimeError:  # a view that cannot be used any more
            made_by = "Invalid"
        return tensor_repr(self._array, self._node is not None, made_by)

    def __format__(self, spec: str) -> str:
        if not self._array.ndim:
            return self._array.item().__format__(spec)
        return object.__format__(self, spec)

    def __deepcopy__(self, memo: dict) -> Tensor:
        if isinstance(self._node, Node):
            raise RuntimeError(
                "Only Tensors created explicitly by the user (graph leaves) support the "
                "deepcopy protocol at the "
                "moment; copy t.detach() instead"
            )
        new = _leaf_of(type(self), self._array.copy(), self.requires_grad)
        memo[id(self)] = new
        if self.grad is not None:
            new._grad = copy.deepcopy(self.grad, memo)
        return new

    def __copy__(self) -> Tensor:
        return _leaf_of(type(self), self._array, self.requires_grad)

    def __reduce_ex__(self, protocol: Any) -> Any:
        if isinstance(self._node, Node):
            raise RuntimeError(
                "a tensor with history cannot be pickled; detach() it, or save it with "
                "minigrad.save"
            )
        return _leaf_of, (type(self), self._array, self.requires_grad)

    # -- others like it -----------------------------------------------------------------------
    def new(self, *data: Any, device: Any = None) -> Tensor:
        """A new tensor of this one's type, of these sizes or with this data."""
        return _on_cpu(wrap(old_style(data, self._array.dtype, "new")), device, False)

    def new_tensor(
        self, data: Any, *, dtype: Any = None, device: Any = None, requires_grad: bool = False
    ) -> Tensor:
        """A new tensor from data, of this one's type unless another is given."""
        array = np.array(data._array if isinstance(data, Value) else data)
        kind = dtypes.as_dtype(dtype or self._array.dtype)
        return _on_cpu(wrap(array.astype(kind)), device, requires_grad)

    def new_full(
        self, size: Any, fill_value: Any, *, dtype: Any = None, device: Any = None,
        requires_grad: bool = False, layout: Any = None, pin_memory: bool = False,
    ) -> Tensor:  # fmt: skip
        """A new tensor of this size filled with one value, of this one's type unless another is
        given.
        """
        array = np.full(size, fill_value, dtypes.as_dtype(dtype or self._array.dtype))
        return _on_cpu(wrap(array), device, requires_grad)

    def new_zeros(self, *sizes: Any, size: Any = (), **options: Any) -> Tensor:
        """A new tensor of zeros, of this one's type unless another is given; options as new_full's.

        >>> tensor([1.0, 2.0]).new_zeros(2, 2, dtype=int64)
        tensor([[0, 0],
                [0, 0]])
        """
        return self.new_full(ints_of(sizes or (size,), "new_zeros"), 0, **options)

    def new_ones(self, *sizes: Any, size: Any = (), **options: Any) -> Tensor:
        """A new tensor of ones, of this one's type unless another is given; see new_full."""
        return self.new_full(ints_of(sizes or (size,), "new_ones"), 1, **options)

    new_empty = new_zeros


def old_style(data: tuple[Any, ...], dtype: np.dtype, name: str) -> np.ndarray:
    """The array that torch's old constructors make of their arguments: sizes, or one value.

    >>> old_style((2, 3), np.dtype(np.float32), "Tensor").shape
    (2, 3)
    """
    if data and all(type(n) is int for n in data):
        return np.zeros(data, dtype)
    if len(data) > 1:
        raise TypeError(f"{name}() takes one value, or sizes as ints; use minigrad.tensor(data)")
    value = data[0] if data else []
    if isinstance(value, Size):
        return np.zeros(value, dtype)
    return np.array(value._array if isinstance(value, Value) else value).astype(dtype)


def _on_cpu(new: Tensor, device: Any, requires_grad: bool) -> Tensor:
    if device is not None:
        on_cpu(device)
    return new.requires_grad_() if requires_grad else new


def _leaf_of(cls: type, array: np.ndarray, requires_grad: bool) -> Any:
    new: Tensor = object.__new__(cls)
    new._array, new._node, new._link = array, None, None
    return new.requires_grad_() if requires_grad else new
