"""Operations that move elements without changing them: shape, order of dimensions, joining,
splitting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import derivatives as d
from ..autograd.engine import Value, apply, apply_to, wrap
from ..autograd.errors import tensor_words
from ..autograd.views import several, shares
from .arguments import Tensor, along, array_of, axes_of, axis_of, ints_of, not_a_tensor
from .operands import promote

__all__ = [
    "broadcast_to", "cat", "chunk", "clone", "concat", "concatenate", "flatten", "flip",
    "hstack", "moveaxis", "movedim", "narrow", "permute", "ravel", "reshape", "roll", "select",
    "split", "squeeze", "stack", "swapaxes", "swapdims", "t", "tile", "transpose", "unbind",
    "unsqueeze", "vstack",
]  # fmt: skip


# -- shape ---------------------------------------------------------------------------------------
def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape; one size may be -1 and follows from the others.

    >>> tensor([1, 2, 3, 4]).reshape(2, -1)
    tensor([[1, 2],
            [3, 4]])
    """
    if len(shape) == 1 and type(shape[0]) is not int:
        shape = shape[0]
    try:
        y = apply_to(d.reshape, input, {"shape": shape}, True)
    except (RuntimeError, TypeError) as error:
        raise _reshape_error(input, shape, error) from None
    base, array = y._array.base, input._array
    if base is not array and base is not array.base:  # NumPy had to copy
        y._link = None
    return y


def _reshape_error(input: Any, shape: Any, error: Exception) -> Exception:
    if not isinstance(input, Value):
        return not_a_tensor("reshape", input)
    sizes = ints_of((shape,) if not isinstance(shape, tuple) else shape, "reshape")
    if list(sizes).count(-1) > 1:
        return RuntimeError(
            f"only one dimension can be inferred, but the shape asked for is {list(sizes)}"
        )
    known = math.prod(n for n in sizes if n != -1)
    if known == 0 and -1 in sizes:
        return RuntimeError(
            f"cannot reshape tensor of 0 elements into shape {list(sizes)} because the "
            "unspecified dimension "
            f"size -1 can be any value and is ambiguous"
        )
    return RuntimeError(
        f"shape '{list(sizes)}' is invalid for input of size {input._array.size}, a "
        f"{tensor_words(input)}: "
        f"the sizes must multiply to {input._array.size}"
    )


def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim made into one.

    >>> tensor([[[1, 2]], [[3, 4]]]).flatten(1)
    tensor([[1, 2],
            [3, 4]])
    """
    shape = array_of(input, "flatten").shape
    ndim = len(shape)
    first, last = axis_of(start_dim, ndim), axis_of(end_dim, ndim)
    if first > last:
        raise RuntimeError(
            f"flatten() has invalid args: start_dim {start_dim} cannot come after end_dim {end_dim}"
        )
    if ndim and first == last:
        return input  # nothing to join: the tensor itself, as in torch
    joined = (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])
    return reshape(input, joined)


def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension.

    >>> tensor([[1, 2], [3, 4]]).ravel()
    tensor([1, 2, 3, 4])
    """
    return reshape(contiguous(input), (-1,))


def squeeze(input: Tensor, dim: Any = None, *, axis: Any = None) -> Tensor:
    """Without the dimensions of size 1: all of them, or those given; a given one that is larger
    stays.

    >>> tensor([[[1], [2]]]).squeeze(0)
    tensor([[1],
            [2]])
    """
    dim, shape = dim if axis is None else axis, array_of(input, "squeeze").shape
    drop = range(len(shape)) if dim is None else axes_of(dim, len(shape)) if dim != () else ()
    return reshape(input, tuple(n for i, n in enumerate(shape) if n != 1 or i not in drop))


def unsqueeze(input: Tensor, dim: int | None = None, *, axis: int | None = None) -> Tensor:
    """With a new dimension of size 1 at this place.

    >>> tensor([1, 2]).unsqueeze(1)
    tensor([[1],
            [2]])
    """
    dim = dim if axis is None else axis
    if dim is None:
        raise TypeError("unsqueeze() needs the place of the new dimension: t.unsqueeze(dim)")
    shape = array_of(input, "unsqueeze").shape
    at = axis_of(dim, len(shape) + 1)
    return reshape(input, (*shape[:at], 1, *shape[at:]))


def view(input: Tensor, *shape: Any) -> Tensor:
    """The same memory in another shape; an error where that would need a copy.

    >>> tensor([1, 2, 3, 4]).view(2, 2)
    tensor([[1, 2],
            [3, 4]])
    """
    array = array_of(input, "view")
    if len(shape) == 1 and isinstance(shape[0], np.dtype):
        return wrap(array.view(shape[0]))
    y = reshape(input, *shape)
    if y._link is None and y._array.size:
        raise RuntimeError(
            "view size is not compatible with input tensor's size and stride (at least one "
            "dimension spans across two contiguous subspaces). Use .reshape(...) instead."
        )
    return y


def view_as(input: Tensor, other: Value) -> Tensor:
    """The same memory in the shape of another tensor.

    >>> tensor([1, 2]).view_as(tensor([[0], [0]])).shape
    torch.Size([2, 1])
    """
    return view(input, array_of(other, "view_as", "other", 2).shape)


def reshape_as(input: Tensor, other: Value) -> Tensor:
    """The same elements in the shape of another tensor.

    >>> tensor([1, 2]).reshape_as(tensor([[0], [0]])).shape
    torch.Size([2, 1])
    """
    return reshape(input, array_of(other, "reshape_as", "other", 2).shape)


# -- order of dimensions -------------------------------------------------------------------------
def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order; a view.

    >>> tensor([[1, 2, 3], [4, 5, 6]]).permute(1, 0)
    tensor([[1, 4],
            [2, 5],
            [3, 6]])
    """
    sizes, ndim = ints_of(dims, "permute"), array_of(input, "permute").ndim
    if len(sizes) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not "
            "match the length of the "
            f"desired ordering of dimensions i.e. input.dim() = {ndim} is not equal to "
            f"len(dims) = {len(sizes)}"
        )
    axes = axes_of(sizes, ndim) if sizes else ()
    return apply_to(d.permute, input, {"axes": axes}, view=True)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """The two dimensions exchanged; a view.  (np.transpose(t) reverses all, as in NumPy.)

    >>> tensor([[1, 2, 3]]).transpose(0, 1)
    tensor([[1],
            [2],
            [3]])
    """
    ndim = array_of(input, "transpose").ndim
    axes = axis_of(dim0, ndim), axis_of(dim1, ndim)
    if not ndim:
        return reshape(input, ())
    return apply_to(d.transpose, input, {"axes": axes}, view=True)


def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """The two dimensions exchanged, as transpose.

    >>> tensor([[1, 2, 3]]).swapaxes(0, 1).shape
    torch.Size([3, 1])
    """
    return transpose(input, axis0, axis1)


def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """The two dimensions exchanged, as transpose.

    >>> tensor([[1, 2, 3]]).swapdims(0, 1).shape
    torch.Size([3, 1])
    """
    return transpose(input, dim0, dim1)


def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """The source dimensions moved to the destinations; the others keep their order.

    >>> tensor([[[1, 2, 3]]]).movedim(2, 0).shape
    torch.Size([3, 1, 1])
    """
    ndim = array_of(input, "movedim").ndim
    src, dst = axes_of(source, ndim), axes_of(destination, ndim)
    if len(src) != len(dst):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(src)} dims) "
            "should contain the same "
            f"number of dims as destination ({list(dst)} dims)"
        )
    order = [a for a in range(ndim) if a not in src]
    for place, axis in sorted(zip(dst, src, strict=True)):
        order.insert(place, axis)
    return permute(input, order)


moveaxis = movedim


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or a 0-d tensor as it is.

    >>> tensor([[1, 2, 3]]).t().shape
    torch.Size([3, 1])
    """
    if array_of(input, "t").ndim > 2:
        raise RuntimeError(
            "t() expects a tensor with <= 2 dimensions, but self is "
            f"{input._array.ndim}D; use .mT or transpose"
        )
    return permute(input, tuple(reversed(range(input._array.ndim))))


# -- repetition ----------------------------------------------------------------------------------
def broadcast_to(input: Tensor, *shape: Any) -> Tensor:
    """The elements repeated to a larger shape by broadcasting; -1 keeps a size. A read-only view.

    >>> tensor([1, 2]).broadcast_to(2, -1)
    tensor([[1, 2],
            [1, 2]])
    """
    sizes = ints_of(shape, "expand")
    own = array_of(input, "expand").shape
    lead = len(sizes) - len(own)
    if lead < 0:
        raise RuntimeError(
            f"expand({tensor_words(input)}, size={list(sizes)}): the number of sizes "
            f"provided ({len(sizes)}) must "
            f"be greater or equal to the number of dimensions in the tensor ({len(own)})"
        )
    full = []
    for i, n in enumerate(sizes):
        if n == -1 and i < lead:
            raise RuntimeError(
                "The expanded size of the tensor (-1) isn't allowed in a leading, "
                f"non-existing dimension {i}"
            )
        full.append(own[i - lead] if n == -1 else n)
        if i >= lead and own[i - lead] not in (1, full[-1]):
            raise RuntimeError(
                f"The expanded size of the tensor ({n}) must match the existing size "
                f"({own[i - lead]}) at "
                f"non-singleton dimension {i}. Target sizes: {list(sizes)}. Tensor sizes: "
                f"{list(own)}"
            )
    return apply_to(d.expand, input, {"shape": tuple(full)}, view=True)


def expand(input: Tensor, *sizes: Any) -> Tensor:
    """The elements repeated to a larger shape by broadcasting; -1 keeps a size. A read-only view.

    >>> tensor([[1], [2]]).expand(-1, 2)
    tensor([[1, 1],
            [2, 2]])
    """
    return broadcast_to(input, *sizes)


def expand_as(input: Tensor, other: Value) -> Tensor:
    """The elements repeated to the shape of another tensor.

    >>> tensor([1]).expand_as(tensor([1, 2, 3]))
    tensor([1, 1, 1])
    """
    return broadcast_to(input, array_of(other, "expand_as", "other", 2).shape)


def repeat(input: Tensor, *sizes: Any) -> Tensor:
    """The whole tensor repeated so many times along each dimension; counts in front add dimensions.

    >>> tensor([1, 2]).repeat(2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]])
    """
    counts = ints_of(sizes, "repeat")
    lead = len(counts) - array_of(input, "repeat").ndim
    if lead < 0:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of "
            "tensor"
        )
    own = (1,) * lead + input._array.shape
    apart = reshape(input, tuple(n for size in own for n in (1, size)))
    many = broadcast_to(apart, tuple(n for pair in zip(counts, own, strict=True) for n in pair))
    y = reshape(many, tuple(c * n for c, n in zip(counts, own, strict=True)))
    return d.clone(y) if shares(y, input) else y  # a copy, as in torch


def tile(input: Tensor, *dims: Any) -> Tensor:
    """The whole tensor repeated so many times along each dimension; missing counts in front are 1.

    >>> tensor([1, 2]).tile(2)
    tensor([1, 2, 1, 2])
    """
    counts = ints_of(dims, "tile")
    return repeat(input, (1,) * (array_of(input, "tile").ndim - len(counts)) + counts)


# -- joining and splitting -----------------------------------------------------------------------


def _tensors(tensors: Any, name: str) -> tuple:
    if isinstance(tensors, Value) or not isinstance(tensors, Sequence):
        raise TypeError(
            f"{name}(): argument 'tensors' must be tuple or list of Tensors, not "
            f"{type(tensors).__name__}"
        )
    if not tensors:
        error = ValueError if name == "cat" else RuntimeError
        raise error(f"{name}(): expected a non-empty list of Tensors")
    for x in tensors:
        if not isinstance(x, (Value, np.ndarray)):
            raise not_a_tensor(name, x)
    promoted = promote(*tensors)
    assert promoted is not None
    return promoted


def cat(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """The tensors joined along an existing dimension; they agree in all other sizes.

    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts = _tensors(tensors, "cat")
    first = next((x._array for x in parts if x._array.shape != (0,)), parts[0]._array)
    at = axis_of(dim if axis is None else axis, first.ndim)
    if not first.ndim:
        raise RuntimeError(
            "zero-dimensional tensor (at position 0) cannot be concatenated; use stack"
        )
    if first.ndim > 1 and any(x._array.shape == (0,) for x in parts):  # they fit to anything
        none = (*first.shape[:at], 0, *first.shape[at + 1 :])
        parts = tuple(reshape(x, none) if x._array.shape == (0,) else x for x in parts)
    for i, x in enumerate(parts):
        shape = x._array.shape
        if len(shape) != first.ndim:
            raise RuntimeError(
                f"Tensors must have same number of dimensions: got {first.ndim} and {len(shape)}"
            )
        if shape[:at] + shape[at + 1 :] != first.shape[:at] + first.shape[at + 1 :]:
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {at}. Expected sizes "
                f"{list(first.shape)} but got "
                f"{list(shape)} for tensor number {i} in the list."
            )
    return apply(d.cat, parts, {"axis": at})


concat = cat
concatenate = cat


def stack(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """Tensors of one shape put together along a new dimension.

    >>> stack([tensor([1, 2]), tensor([3, 4])], dim=1)
    tensor([[1, 3],
            [2, 4]])
    """
    parts = _tensors(tensors, "stack")
    first = parts[0]._array.shape
    at = axis_of(dim if axis is None else axis, len(first) + 1)
    for i, x in enumerate(parts):
        if x._array.shape != first:
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {list(first)} at entry 0 and "
                f"{list(x._array.shape)} at entry {i}"
            )
    return apply(d.stack, parts, {"axis": at})


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors side by side: joined along dimension 1, vectors along dimension 0.

    >>> hstack([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts = [reshape(x, (1,)) if not x._array.ndim else x for x in _tensors(tensors, "hstack")]
    return cat(parts, 0 if parts[0]._array.ndim == 1 else 1)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors below each other: joined along dimension 0, vectors as rows.

    >>> vstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    parts = [reshape(x, (1, -1)) if x._array.ndim < 2 else x for x in _tensors(tensors, "vstack")]
    return cat(parts, 0)


def select(input: Tensor, dim: int, index: int) -> Tensor:
    """The slice at one position along dim, which is gone in it; a view.

    >>> tensor([[1, 2], [3, 4]]).select(1, 0)
    tensor([1, 3])
    """
    if not array_of(input, "select").ndim:
        raise IndexError("select() cannot be applied to a 0-dim tensor.")
    at = axis_of(dim, input._array.ndim)
    n = input._array.shape[at]
    if not -n <= index < n:
        raise IndexError(
            f"select(): index {index} out of range for tensor of size "
            f"{list(input._array.shape)} at dimension {at}"
        )
    return apply_to(d.getitem, input, {"index": (*(slice(None),) * at, int(index), ...)}, view=True)


def narrow(input: Tensor, dim: int, start: Any, length: int) -> Tensor:
    """The part of so many slices from start on along dim; a view.

    >>> tensor([1, 2, 3, 4]).narrow(0, 1, 2)
    tensor([2, 3])
    """
    at = along(input, dim, None, "narrow")
    if not input._array.ndim:
        raise RuntimeError("narrow() cannot be applied to a 0-dim tensor.")
    n, start = input._array.shape[at], int(start)
    if not -n <= start <= n:
        raise IndexError(
            f"start out of range (expected to be in range of [-{n}, {n}], but got {start})"
        )
    start = start + n if start < 0 else start
    if length < 0 or start + length > n:
        raise RuntimeError(f"start ({start}) + length ({length}) exceeds dimension size ({n}).")
    index = (slice(None),) * at + (slice(start, start + length),)
    return apply_to(d.getitem, input, {"index": index}, view=True)


def split(
    input: Tensor, split_size_or_sections: Any, dim: int = 0, *, axis: int | None = None
) -> tuple:
    """Views of consecutive parts along dim: of one size (the last may be smaller), or of the sizes
    listed.

    >>> tensor([1, 2, 3]).split(2)
    (tensor([1, 2]), tensor([3]))
    """
    at = along(input, dim, axis, "split")
    if not input._array.ndim:
        raise RuntimeError("split expects at least a 1-dimensional tensor")
    n, wanted = input._array.shape[at], split_size_or_sections
    if isinstance(wanted, (list, tuple)):
        sizes = list(ints_of(tuple(wanted), "split"))
        if sum(sizes) != n or any(s < 0 for s in sizes):
            raise RuntimeError(
                f"split_with_sizes expects split_sizes to sum exactly to {n} (input "
                "tensor's size at dimension "
                f"{at}), but got split_sizes={sizes}"
            )
    else:
        if wanted < 0 or (wanted == 0 and n):
            raise RuntimeError(f"split expects split_size be positive, but got split_size={wanted}")
        sizes = [min(wanted, n - start) for start in range(0, n, wanted)] if n else [0]
    front, parts, start = (slice(None),) * at, [], 0
    for size in sizes:
        index = (*front, slice(start, start := start + size))
        parts.append(apply_to(d.getitem, input, {"index": index}, True))
    name = "SplitWithSizes" if isinstance(wanted, (list, tuple)) else "Split"
    return several(f"of {name}Backward0", tuple(parts))


def chunk(input: Tensor, chunks: int, dim: int = 0, *, axis: int | None = None) -> tuple:
    """Views of at most so many consecutive parts of equal size along dim; the last may be smaller.

    >>> tensor([1, 2, 3]).chunk(2)
    (tensor([1, 2]), tensor([3]))
    """
    if chunks < 1:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    at = along(input, dim, axis, "chunk")
    if not input._array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    n = input._array.shape[at]
    return split(input, -(-n // chunks) if n else [0] * chunks, at)


def unbind(input: Tensor, dim: int = 0, *, axis: int | None = None) -> tuple:
    """All slices along a dimension, which is gone in them.

    >>> tensor([[1, 2], [3, 4]]).unbind()
    (tensor([1, 2]), tensor([3, 4]))
    """
    at = along(input, dim, axis, "unbind")
    if not input._array.ndim:
        raise IndexError("unbind needs a tensor with at least 1 dimension")
    front = (slice(None),) * at
    numbers = range(input._array.shape[at])
    parts = [apply_to(d.getitem, input, {"index": (*front, i, ...)}, True) for i in numbers]
    return several("of UnbindBackward0", tuple(parts))


# -- copies --------------------------------------------------------------------------------------
def flip(input: Tensor, *axes: Any, dims: Any = None) -> Tensor:
    """The order of the elements reversed along the given dimensions; a copy, as in torch.

    They are given as numbers, as one tuple, or as dims=.

    >>> tensor([1, 2, 3]).flip(0), tensor([1, 2, 3]).flip(dims=(0,))
    (tensor([3, 2, 1]), tensor([3, 2, 1]))
    """
    if dims is None and not axes:
        raise TypeError('flip() missing 1 required positional arguments: "dims"')
    sizes, ndim = ints_of(axes if dims is None else (dims,), "flip"), array_of(input, "flip").ndim
    return d.flip(input, axes=axes_of(sizes, ndim) if sizes else ())


def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved by so many places along the dimensions; what falls out comes in again in
    front.

    >>> tensor([1, 2, 3]).roll(1)
    tensor([3, 1, 2])
    """
    counts, ndim = ints_of((shifts,), "roll"), array_of(input, "roll").ndim
    if dims is None or dims == ():
        if len(counts) != 1:
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(counts)}, dims:0")
        return d.roll(input, shifts=counts[0], axes=None)
    axes = tuple(
        axis_of(axis, ndim) for axis in (dims if isinstance(dims, (tuple, list)) else (dims,))
    )
    if len(axes) != len(counts):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(counts)}, dims:{len(axes)}"
        )
    return d.roll(input, shifts=counts, axes=axes)


def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy with memory of its own; the gradient flows through.

    The elements lie in the same order in memory: those of a transpose stay transposed there.

    >>> tensor([1., 2.]).clone()
    tensor([1., 2.])
    """
    if isinstance(input, Value):
        return apply_to(d.copy_of, input)
    raise not_a_tensor("clone", input)


def contiguous(input: Tensor, memory_format: Any = None) -> Tensor:
    """The tensor itself if its elements lie in order in memory, else a copy that does.

    >>> tensor([[1, 2], [3, 4]]).t().contiguous().stride()
    (2, 1)
    """
    array = array_of(input, "contiguous")
    return input if array.flags.c_contiguous else apply_to(d.by_rows, input)


class Shaping(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    reshape, flatten, ravel, squeeze, unsqueeze = reshape, flatten, ravel, squeeze, unsqueeze
    view, view_as, reshape_as, permute = view, view_as, reshape_as, permute
    transpose, swapaxes, swapdims, movedim, t = transpose, swapaxes, swapdims, movedim, t
    broadcast_to, expand, expand_as, repeat = broadcast_to, expand, expand_as, repeat
    tile, select, narrow, split, chunk, unbind = tile, select, narrow, split, chunk, unbind
    flip, roll, clone, contiguous, moveaxis = flip, roll, clone, contiguous, moveaxis

    @property
    def T(self: Tensor) -> Tensor:
        """With the dimensions in reverse order: the transpose of a matrix."""
        axes = tuple(range(self._array.ndim)[::-1])
        return apply_to(d.permute, self, {"axes": axes}, view=True)

    @property
    def mT(self: Tensor) -> Tensor:
        """With the last two dimensions exchanged: each matrix of a stack transposed."""
        if not self._array.ndim:
            return self
        if self._array.ndim < 2:
            raise RuntimeError(
                "tensor.mT is only supported on matrices or batches of matrices. Got "
                f"{self._array.ndim}-D tensor."
            )
        return transpose(self, -2, -1)
