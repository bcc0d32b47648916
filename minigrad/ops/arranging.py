"""More ways to arrange elements: splitting by thirds, stacking by columns, turning, diagonals, and
windows.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import derivatives as d
from ..autograd.engine import Value, apply_to, wrap
from ..autograd.errors import tensor_words
from ..autograd.views import several
from ..dtypes import get_default_dtype
from .arguments import Tensor, along, array_of, axis_of, ints_of
from .indexing import nonzero
from .operands import promote
from .reduction import sum
from .shaping import (
    broadcast_to,
    cat,
    flip,
    narrow,
    permute,
    ravel,
    reshape,
    split,
    transpose,
    unsqueeze,
)  # fmt: skip

__all__ = [
    "adjoint", "argwhere", "atleast_1d", "atleast_2d", "atleast_3d", "block_diag",
    "broadcast_shapes", "broadcast_tensors", "column_stack", "diag_embed", "diagflat", "dsplit",
    "dstack", "fliplr", "flipud", "hsplit", "is_complex", "is_floating_point", "is_nonzero",
    "is_same_size", "is_signed", "narrow_copy", "numel", "rot90", "row_stack", "split_with_sizes",
    "tensor_split", "unflatten", "unravel_index", "vsplit",
]  # fmt: skip


# -- shape -----------------------------------------------------------------------------------------
def unflatten(input: Tensor, dim: int, sizes: Any) -> Tensor:
    """One dimension made into several, whose sizes multiply to its size; one may be -1.

    >>> tensor([1, 2, 3, 4]).unflatten(0, (2, -1))
    tensor([[1, 2],
            [3, 4]])
    """
    at = along(input, dim, None, "unflatten")
    shape, parts = input._array.shape, list(ints_of((sizes,), "unflatten"))
    if not parts or not shape:
        raise RuntimeError(
            "unflatten: sizes must be non-empty" if shape else
            "unflatten: the tensor has no dimension"
        )  # fmt: skip
    size = shape[at]
    known = math.prod(n for n in parts if n != -1)
    if parts.count(-1) == 1 and known and size % known == 0:
        parts[parts.index(-1)] = size // known
    if math.prod(parts) != size or -1 in parts:
        raise RuntimeError(
            f"unflatten: Provided sizes {list(ints_of((sizes,), 'unflatten'))} don't multiply up "
            f"to the size of dim {at} ({size}) in the input tensor"
        )
    return reshape(input, (*shape[:at], *parts, *shape[at + 1 :]))


def _at_least(name: str, tensors: tuple, shapes: Any) -> Any:
    given: Any = tensors[0] if len(tensors) == 1 else tensors
    if isinstance(given, Value):
        return shapes(given)
    return tuple(shapes(x) for x in given if array_of(x, name) is not None)


def _to_1d(x: Any) -> Any:
    return x if x._array.ndim else reshape(x, (1,))


def _to_2d(x: Any) -> Any:
    return x if x._array.ndim > 1 else reshape(x, (1, -1))


def _to_3d(x: Any) -> Any:
    return x if x._array.ndim > 2 else unsqueeze(_to_2d(x), -1)


def atleast_1d(*tensors: Any) -> Any:
    """The tensor, or each of several, with one dimension if it had none.

    >>> atleast_1d(tensor(2))
    tensor([2])
    """
    return _at_least("atleast_1d", tensors, _to_1d)


def atleast_2d(*tensors: Any) -> Any:
    """The tensor, or each of several, with dimensions of size 1 put in front up to two.

    >>> atleast_2d(tensor([1, 2]))
    tensor([[1, 2]])
    """
    return _at_least("atleast_2d", tensors, _to_2d)


def atleast_3d(*tensors: Any) -> Any:
    """The tensor, or each of several, with three dimensions at least: a matrix gets one behind.

    >>> atleast_3d(tensor([1, 2])).shape
    torch.Size([1, 2, 1])
    """
    return _at_least("atleast_3d", tensors, _to_3d)


def broadcast_shapes(*shapes: Any) -> Any:
    """The shape that tensors of these shapes are broadcast to together.

    >>> broadcast_shapes((2, 1), (3,))
    torch.Size([2, 3])
    """
    sizes = [(s,) if isinstance(s, int) else tuple(s) for s in shapes]
    try:
        joined = np.broadcast_shapes(*sizes)
    except ValueError:
        raise RuntimeError(
            f"shape mismatch: objects of the shapes {sizes} cannot be broadcast to a single shape"
        ) from None
    return wrap(np.empty(joined, bool)).shape


def broadcast_tensors(*tensors: Any) -> tuple:
    """The tensors repeated to their common shape.

    >>> broadcast_tensors(tensor([1, 2]), tensor([[3], [4]]))[0]
    tensor([[1, 2],
            [1, 2]])
    """
    given = tensors[0] if len(tensors) == 1 and isinstance(tensors[0], (list, tuple)) else tensors
    shape = broadcast_shapes(*(array_of(x, "broadcast_tensors").shape for x in given))
    return tuple(broadcast_to(x, tuple(shape)) for x in given)


def adjoint(input: Tensor) -> Tensor:
    """With the last two dimensions exchanged, as mT: there are no complex numbers here.

    >>> tensor([[1, 2]]).adjoint().shape
    torch.Size([2, 1])
    """
    if array_of(input, "adjoint").ndim < 2:
        raise RuntimeError(
            f"tensor.adjoint() is only supported on matrices or batches of matrices. Got "
            f"{input._array.ndim}-D tensor."
        )
    return transpose(input, -2, -1)


def sum_to_size(input: Tensor, *size: Any) -> Tensor:
    """Summed up to a smaller shape, from which broadcasting leads back to this one.

    >>> tensor([[1, 2], [3, 4]]).sum_to_size(1, 2)
    tensor([[4, 6]])
    """
    own, wanted = array_of(input, "sum_to_size").shape, ints_of(size, "sum_to_size")
    lead = len(own) - len(wanted)
    if lead < 0 or any(n not in (1, m) for n, m in zip(wanted, own[lead:], strict=True)):
        raise RuntimeError(
            f"size {list(wanted)} is not expandable to size {list(own)}; sum_to_size undoes a "
            "broadcast"
        )
    dims = [*range(lead), *(lead + i for i, n in enumerate(wanted) if n != own[lead + i])]
    return reshape(sum(input, dims), wanted) if dims else input


# -- splitting and joining -------------------------------------------------------------------------
def tensor_split(input: Tensor, indices_or_sections: Any, dim: int = 0) -> tuple:
    """Views of consecutive parts along dim: so many of nearly equal size, or cut at these indices.

    >>> tensor([1, 2, 3, 4]).tensor_split(3)
    (tensor([1, 2]), tensor([3]), tensor([4]))
    """
    at = along(input, dim, None, "tensor_split")
    if not input._array.ndim:
        raise RuntimeError("tensor_split expected at least a 1-dimensional tensor")
    n, cuts = input._array.shape[at], indices_or_sections
    if isinstance(cuts, Value):
        cuts = cuts._array.tolist()
    if isinstance(cuts, int):
        if cuts < 1:
            raise RuntimeError(f"number of sections must be larger than 0, got {cuts}")
        sizes = [n // cuts + (i < n % cuts) for i in range(cuts)]
        return split(input, sizes, at)
    parts, start = [], 0
    for stop in [*cuts, n]:
        first, last, _ = slice(start, stop).indices(n)
        parts.append(narrow(input, at, first, max(last - first, 0)))
        start = stop
    return several("SplitBackward0", tuple(parts))


def _split_along(name: str, input: Any, cuts: Any, at: int, least: int) -> tuple:
    shape = array_of(input, name).shape
    if len(shape) < least:
        raise RuntimeError(
            f"torch.{name} requires a tensor with at least {least} dimension, but got a tensor "
            f"with {len(shape)} dimensions!"
        )
    if isinstance(cuts, int) and (cuts < 1 or shape[at] % cuts):
        raise RuntimeError(
            f"torch.{name} attempted to split along dimension {at}, but the size of the dimension "
            f"{shape[at]} is not divisible by the split_size {cuts}!"
        )
    return tensor_split(input, cuts, at)


def hsplit(input: Tensor, indices_or_sections: Any) -> tuple:
    """Parts side by side: split along dimension 1, a vector along dimension 0.

    >>> tensor([1, 2, 3, 4]).hsplit(2)
    (tensor([1, 2]), tensor([3, 4]))
    """
    at = 0 if array_of(input, "hsplit").ndim == 1 else 1
    return _split_along("hsplit", input, indices_or_sections, at, 1)


def vsplit(input: Tensor, indices_or_sections: Any) -> tuple:
    """Parts below each other: split along dimension 0.

    >>> tensor([[1], [2]]).vsplit(2)
    (tensor([[1]]), tensor([[2]]))
    """
    return _split_along("vsplit", input, indices_or_sections, 0, 2)


def dsplit(input: Tensor, indices_or_sections: Any) -> tuple:
    """Parts behind each other: split along dimension 2.

    >>> len(tensor([[[1, 2]]]).dsplit(2))
    2
    """
    return _split_along("dsplit", input, indices_or_sections, 2, 3)


def split_with_sizes(input: Tensor, split_sizes: Any, dim: int = 0) -> tuple:
    """Views of consecutive parts of these sizes along dim.

    >>> tensor([1, 2, 3]).split_with_sizes([1, 2])
    (tensor([1]), tensor([2, 3]))
    """
    return split(input, list(split_sizes), dim)


def column_stack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors side by side, vectors as columns.

    >>> column_stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 3],
            [2, 4]])
    """
    parts = [x if array_of(x, "column_stack").ndim > 1 else reshape(x, (-1, 1)) for x in tensors]
    return cat(parts, 1)


def row_stack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors below each other, vectors as rows: vstack.

    >>> row_stack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    return cat([_to_2d(x) for x in tensors if array_of(x, "row_stack") is not None], 0)


def dstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors behind each other: joined along dimension 2.

    >>> dstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[[1, 3],
             [2, 4]]])
    """
    return cat([_to_3d(x) for x in tensors if array_of(x, "dstack") is not None], 2)


def block_diag(*tensors: Tensor) -> Tensor:
    """A matrix with the given matrices along its diagonal and 0 elsewhere; a vector is a row.

    >>> block_diag(tensor([[1, 2]]), tensor([3]))
    tensor([[1, 2, 0],
            [0, 0, 3]])
    """
    blocks = []
    for x in tensors:
        if array_of(x, "block_diag", "tensors").ndim > 2:
            raise RuntimeError(
                "torch.block_diag: Input tensors must have 2 or fewer dimensions, not "
                f"{tensor_words(x)}"
            )
        blocks.append(_to_2d(x))
    if not blocks:
        return wrap(np.zeros((1, 0), get_default_dtype()))
    blocks = list(promote(*blocks) or ())
    width, rows, left = builtins.sum(b._array.shape[1] for b in blocks), [], 0
    for b in blocks:
        n, m = b._array.shape
        sides = [wrap(np.zeros((n, k), b._array.dtype)) for k in (left, width - left - m)]
        rows.append(cat([sides[0], b, sides[1]], 1))
        left += m
    return cat(rows, 0)


# -- turning ---------------------------------------------------------------------------------------
def fliplr(input: Tensor) -> Tensor:
    """Left and right exchanged: dimension 1 reversed.

    >>> tensor([[1, 2], [3, 4]]).fliplr()
    tensor([[2, 1],
            [4, 3]])
    """
    if array_of(input, "fliplr").ndim < 2:
        raise RuntimeError("Input must be >= 2-d.")
    return flip(input, 1)


def flipud(input: Tensor) -> Tensor:
    """Up and down exchanged: dimension 0 reversed.

    >>> tensor([[1, 2], [3, 4]]).flipud()
    tensor([[3, 4],
            [1, 2]])
    """
    if array_of(input, "flipud").ndim < 1:
        raise RuntimeError("Input must be >= 1-d.")
    return flip(input, 0)


def rot90(input: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned by k times 90 degrees in the plane of two dimensions, from the first to the second.

    >>> tensor([[1, 2], [3, 4]]).rot90()
    tensor([[2, 4],
            [1, 3]])
    """
    ndim = array_of(input, "rot90").ndim
    if len(dims) != 2:
        raise RuntimeError(
            f"expected total rotation dims == 2, but got dims = {len(dims)}: {list(dims)}"
        )
    if ndim < 2:
        raise RuntimeError(f"expected total dims >= 2, but got total dims = {ndim}")
    a, b = (axis_of(x, ndim) for x in dims)
    if a == b:
        raise RuntimeError(
            f"expected rotation dims to be different, but got dim0 = {dims[0]} and dim1 = {dims[1]}"
        )
    k %= 4
    if k == 0:
        return d.clone(input)
    if k == 2:
        return flip(input, a, b)
    order = list(range(ndim))
    order[a], order[b] = order[b], order[a]
    return flip(permute(input, order), a) if k == 1 else flip(permute(input, order), b)


# -- diagonals and windows -------------------------------------------------------------------------
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices, in two new dimensions, whose diagonals are the rows of input.

    >>> tensor([1, 2]).diag_embed()
    tensor([[1, 0],
            [0, 2]])
    """
    shape = array_of(input, "diag_embed").shape
    if not shape:
        raise IndexError("diag_embed() needs a tensor with at least 1 dimension")
    a, b = axis_of(dim1, len(shape) + 1), axis_of(dim2, len(shape) + 1)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    n = shape[-1] + abs(offset)
    full, rest = [0] * (len(shape) + 1), iter(shape[:-1])
    for i in range(len(full)):
        full[i] = n if i in (a, b) else next(rest)
    return d.on_diagonal(input, offset=offset, axes=(a, b), shape=tuple(full))


def diagflat(input: Tensor, offset: int = 0) -> Tensor:
    """The matrix with all elements of input, in order, on its diagonal.

    >>> tensor([1, 2]).diagflat(1)
    tensor([[0, 1, 0],
            [0, 0, 2],
            [0, 0, 0]])
    """
    array_of(input, "diagflat")
    return diag_embed(ravel(input), offset)


def unfold(input: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """All windows of this size along a dimension, step apart, in a new last dimension.

    >>> tensor([1, 2, 3, 4]).unfold(0, 2, 1)
    tensor([[1, 2],
            [2, 3],
            [3, 4]])
    """
    at = along(input, dimension, None, "unfold")
    x = input if input._array.ndim else reshape(input, (1,))
    n = x._array.shape[at]
    if size < 0:
        raise RuntimeError(f"size is {size} but must be >= 0")
    if size > n:
        raise RuntimeError(f"maximum size for tensor at dimension {at} is {n} but size is {size}")
    if step <= 0:
        raise RuntimeError(f"step is {step} but must be > 0")
    y = apply_to(d.windows, x, {"axis": at, "size": size, "step": step}, view=True)
    return y if input._array.ndim else reshape(y, (size,))


def narrow_copy(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """A copy of the part of so many slices from start on along dim.

    >>> tensor([1, 2, 3]).narrow_copy(0, 1, 2)
    tensor([2, 3])
    """
    return apply_to(d.clone, narrow(input, dim, start, length))


# -- questions -------------------------------------------------------------------------------------
def argwhere(input: Tensor) -> Tensor:
    """The positions of the elements that are not 0, a row for each.

    >>> tensor([0, 5, 7]).argwhere()
    tensor([[1],
            [2]])
    """
    return nonzero(input)


def unravel_index(indices: Tensor, shape: Any) -> tuple:
    """The positions in a tensor of this shape of elements that are counted row by row.

    >>> unravel_index(tensor([1, 5]), (2, 3))
    (tensor([0, 1]), tensor([1, 2]))
    """
    sizes = (shape,) if isinstance(shape, int) else tuple(shape)
    array = array_of(indices, "unravel_index", "indices")
    if array.dtype.kind not in "iu":
        raise ValueError(f"expected indices to be integers, not {tensor_words(indices)}")
    return tuple(wrap(np.asarray(i, np.int64)) for i in np.unravel_index(array, sizes))


def numel(input: Tensor) -> int:
    """The number of elements.

    >>> numel(tensor([[1, 2, 3]]))
    3
    """
    return array_of(input, "numel").size


def is_nonzero(input: Tensor) -> bool:
    """Is the one element not 0?

    >>> is_nonzero(tensor([0.]))
    False
    """
    array_of(input, "is_nonzero")
    return bool(input)


def is_floating_point(input: Tensor) -> bool:
    """Is the type a floating point one?

    >>> is_floating_point(tensor([0.]))
    True
    """
    return array_of(input, "is_floating_point").dtype.kind == "f"


def is_complex(input: Tensor) -> bool:
    """False: there are no complex numbers here.

    >>> is_complex(tensor([0.]))
    False
    """
    return array_of(input, "is_complex").dtype.kind == "c"


def is_signed(input: Tensor) -> bool:
    """Can the type hold negative numbers?

    >>> is_signed(tensor([1, 2]))
    True
    """
    return array_of(input, "is_signed").dtype.kind in "if"


def is_same_size(input: Tensor, other: Tensor) -> bool:
    """Have the two the same shape?

    >>> is_same_size(tensor([1, 2]), tensor([3.]))
    False
    """
    return (
        array_of(input, "is_same_size").shape == array_of(other, "is_same_size", "other", 2).shape
    )


class Arranging(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    unflatten, adjoint, sum_to_size, tensor_split = unflatten, adjoint, sum_to_size, tensor_split
    hsplit, vsplit, dsplit, split_with_sizes = hsplit, vsplit, dsplit, split_with_sizes
    fliplr, flipud, rot90, diag_embed, diagflat = fliplr, flipud, rot90, diag_embed, diagflat
    unfold, narrow_copy, argwhere = unfold, narrow_copy, argwhere
    is_nonzero, is_complex, is_signed = is_nonzero, is_complex, is_signed
    is_same_size = is_same_size

    def conj(self: Tensor) -> Tensor:
        """The tensor itself: there are no complex numbers here.

        >>> tensor([1.]).conj()
        tensor([1.])
        """
        return self

    @property
    def real(self: Tensor) -> Tensor:
        """The tensor itself: there are no complex numbers here."""
        return self

    @property
    def H(self: Tensor) -> Tensor:
        """The transpose of a matrix."""
        return adjoint(self)

    @property
    def mH(self: Tensor) -> Tensor:
        """Each matrix of a stack transposed."""
        return adjoint(self)
