"""Operations that move elements without changing them: shape, order of dimensions, joining,
splitting.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd import DISPATCH, Node, apply, primitive, rule
from ..errors import tensor_words
from .registry import axes_of, axis_of, function, ints_of, method, not_a_tensor, numpy, promote

if TYPE_CHECKING:
    from ..tensor import Tensor


# -- shape ---------------------------------------------------------------------------------------
@method
def reshape(input: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape; one size may be -1 and follows from the others.

    >>> tensor([1, 2, 3, 4]).reshape(2, -1)
    tensor([[1, 2],
            [3, 4]])
    """
    if len(shape) == 1 and type(shape[0]) is not int:
        shape = shape[0]
    try:
        return apply(_reshape, (input,), {"shape": shape})
    except (RuntimeError, TypeError) as error:
        raise _reshape_error(input, shape, error) from None


def _reshape(x: Any, *, shape: Any) -> Any:
    return x.reshape(shape)


rule(_reshape, lambda g, y, x, shape: g.reshape(x.shape), name="view")


def _reshape_error(input: Any, shape: Any, error: Exception) -> Exception:
    if not isinstance(input, Node):
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


@method
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions from start_dim to end_dim made into one.

    >>> tensor([[[1, 2]], [[3, 4]]]).flatten(1)
    tensor([[1, 2],
            [3, 4]])
    """
    if not isinstance(input, Node):
        raise not_a_tensor("flatten", input)
    ndim, shape = input._array.ndim, input._array.shape
    first, last = axis_of(start_dim, ndim), axis_of(end_dim, ndim)
    if first > last:
        raise RuntimeError(
            f"flatten() has invalid args: start_dim {start_dim} cannot come after end_dim {end_dim}"
        )
    joined = (*shape[:first], math.prod(shape[first : last + 1]), *shape[last + 1 :])
    return apply(_reshape, (input,), {"shape": joined})


@numpy(np.ravel)
@method
def ravel(input: Tensor) -> Tensor:
    """All elements in one dimension.

    >>> tensor([[1, 2], [3, 4]]).ravel()
    tensor([1, 2, 3, 4])
    """
    return reshape(input, (-1,))


@method
def squeeze(input: Tensor, dim: Any = None, *, axis: Any = None) -> Tensor:
    """Without the dimensions of size 1: all of them, or those given; a given one that is larger
    stays.

    >>> tensor([[[1], [2]]]).squeeze(0)
    tensor([[1],
            [2]])
    """
    dim, shape = dim if axis is None else axis, input._array.shape
    drop = range(len(shape)) if dim is None else axes_of(dim, len(shape)) if dim != () else ()
    return reshape(input, tuple(n for i, n in enumerate(shape) if n != 1 or i not in drop))


@method
def unsqueeze(input: Tensor, dim: int | None = None, *, axis: int | None = None) -> Tensor:
    """With a new dimension of size 1 at this place.

    >>> tensor([1, 2]).unsqueeze(1)
    tensor([[1],
            [2]])
    """
    dim = dim if axis is None else axis
    if dim is None:
        raise TypeError("unsqueeze() needs the place of the new dimension: t.unsqueeze(dim)")
    shape = input._array.shape
    at = axis_of(dim, len(shape) + 1)
    return reshape(input, (*shape[:at], 1, *shape[at:]))


# -- order of dimensions -------------------------------------------------------------------------
@method
def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order; a view.

    >>> tensor([[1, 2, 3], [4, 5, 6]]).permute(1, 0)
    tensor([[1, 4],
            [2, 5],
            [3, 6]])
    """
    sizes, ndim = ints_of(dims, "permute"), input._array.ndim
    if len(sizes) != ndim:
        raise RuntimeError(
            "permute(sparse_coo): number of dimensions in the tensor input does not "
            "match the length of the "
            f"desired ordering of dimensions i.e. input.dim() = {ndim} is not equal to "
            f"len(dims) = {len(sizes)}"
        )
    axes = axes_of(sizes, ndim) if sizes else ()
    return apply(_permute, (input,), {"axes": axes})


def _permute(x: Any, *, axes: tuple[int, ...]) -> Any:
    return x.transpose(axes)


rule(
    _permute, lambda g, y, x, axes: np.transpose(g, tuple(axes.index(i) for i in range(len(axes))))
)


@method
def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """The two dimensions exchanged; a view.  (np.transpose(t) reverses all, as in NumPy.)

    >>> tensor([[1, 2, 3]]).transpose(0, 1)
    tensor([[1],
            [2],
            [3]])
    """
    a, b = axis_of(dim0, input._array.ndim), axis_of(dim1, input._array.ndim)
    return apply(_swap, (input,), {"axes": (a, b)}) if input._array.ndim else input.view_as(input)


def _swap(x: Any, *, axes: tuple[int, int]) -> Any:
    return x.swapaxes(*axes)


rule(_swap, lambda g, y, x, axes: g.swapaxes(*axes), name="transpose")


@numpy(np.swapaxes)
@method
def swapaxes(input: Tensor, axis0: int, axis1: int) -> Tensor:
    """The two dimensions exchanged, as transpose.

    >>> tensor([[1, 2, 3]]).swapaxes(0, 1).shape
    torch.Size([3, 1])
    """
    return transpose(input, axis0, axis1)


@method
def swapdims(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """The two dimensions exchanged, as transpose.

    >>> tensor([[1, 2, 3]]).swapdims(0, 1).shape
    torch.Size([3, 1])
    """
    return transpose(input, dim0, dim1)


@numpy(np.moveaxis)
@method
def movedim(input: Tensor, source: Any, destination: Any) -> Tensor:
    """The source dimensions moved to the destinations; the others keep their order.

    >>> tensor([[[1, 2, 3]]]).movedim(2, 0).shape
    torch.Size([3, 1, 1])
    """
    ndim = input._array.ndim
    src, dst = axes_of(source, ndim), axes_of(destination, ndim)
    if len(src) != len(dst):
        raise RuntimeError(
            f"movedim: Invalid source or destination dims: source ({list(src)} dims) "
            "should contain the same "
            f"number of dims as destination ({list(dst)} dims)"
        )
    order = [a for a in range(ndim) if a not in src]
    for d, s in sorted(zip(dst, src, strict=True)):
        order.insert(d, s)
    return permute(input, order)


moveaxis = method(movedim, "moveaxis")


@method
def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or a 0-d tensor as it is.

    >>> tensor([[1, 2, 3]]).t().shape
    torch.Size([3, 1])
    """
    if input._array.ndim > 2:
        raise RuntimeError(
            "t() expects a tensor with <= 2 dimensions, but self is "
            f"{input._array.ndim}D; use .mT or transpose"
        )
    return permute(input, tuple(reversed(range(input._array.ndim))))


# -- repetition ----------------------------------------------------------------------------------
@numpy(np.broadcast_to)
@method
def broadcast_to(input: Tensor, *shape: Any) -> Tensor:
    """The elements repeated to a larger shape by broadcasting; -1 keeps a size. A read-only view.

    >>> tensor([1, 2]).broadcast_to(2, -1)
    tensor([[1, 2],
            [1, 2]])
    """
    sizes = ints_of(shape, "expand")
    own = input._array.shape
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
    return apply(_expand, (input,), {"shape": tuple(full)})


def _expand(x: Any, *, shape: tuple[int, ...]) -> Any:
    return np.broadcast_to(x, shape)


rule(
    _expand, lambda g, y, x, shape: g
)  # the walk back sums over what was repeated, as for any broadcast


@method
def tile(input: Tensor, *dims: Any) -> Tensor:
    """The whole tensor repeated so many times along each dimension; missing counts in front are 1.

    >>> tensor([1, 2]).tile(2)
    tensor([1, 2, 1, 2])
    """
    counts = ints_of(dims, "tile")
    return input.repeat((1,) * (input._array.ndim - len(counts)) + counts)


@method
def repeat_interleave(
    input: Tensor, repeats: Any, dim: int | None = None, *, output_size: int | None = None
) -> Tensor:
    """Each element, or each slice along dim, repeated in place; repeats is a count or one count for
    each.

    >>> tensor([1, 2]).repeat_interleave(2), tensor([1, 2]).repeat_interleave(tensor([1, 3]))
    (tensor([1, 1, 2, 2]), tensor([1, 2, 2, 2]))
    """
    if dim is None:
        input, dim = ravel(input), 0
    counts = repeats._array if isinstance(repeats, Node) else np.asarray(repeats)
    n = input._array.shape[axis_of(dim, input._array.ndim)]
    if counts.dtype.kind not in "iu" or (counts < 0).any():
        raise RuntimeError(f"repeats must be non-negative integers, not {repeats!r}")
    if counts.ndim and counts.size not in (1, n):
        raise RuntimeError(
            f"repeats must have the same size as input along dim, but got {counts.size} and {n}"
        )
    return input.index_select(dim, np.repeat(np.arange(n), counts))


# -- joining and splitting -----------------------------------------------------------------------
def _cat(*xs: Any, axis: int) -> Any:
    return np.concatenate(xs, axis)


def _cat_part(g: Any, i: int, xs: Any, axis: int) -> Any:
    start = sum(x.shape[axis] for x in xs[:i])
    return g[(slice(None),) * axis + (slice(start, start + xs[i].shape[axis]),)]


def _stack(*xs: Any, axis: int) -> Any:
    return np.stack(xs, axis)


rule(_cat, each=_cat_part)
rule(_stack, each=lambda g, i, xs, axis: g[(slice(None),) * axis + (i,)])


def _tensors(tensors: Any, name: str) -> tuple:
    if isinstance(tensors, Node) or not isinstance(tensors, Sequence):
        raise TypeError(
            f"{name}(): argument 'tensors' must be tuple or list of Tensors, not "
            f"{type(tensors).__name__}"
        )
    if not tensors:
        error = ValueError if name == "cat" else RuntimeError
        raise error(f"{name}(): expected a non-empty list of Tensors")
    for x in tensors:
        if not isinstance(x, (Node, np.ndarray)):
            raise not_a_tensor(name, x)
    promoted = promote(*tensors)
    assert promoted is not None
    return promoted


@numpy(np.concatenate)
@function
def cat(tensors: Sequence[Tensor], dim: int = 0, *, axis: int | None = None) -> Tensor:
    """The tensors joined along an existing dimension; they agree in all other sizes.

    >>> cat([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts = _tensors(tensors, "cat")
    parts = (
        tuple(x for x in parts if x._array.shape != (0,)) or parts[:1]
    )  # torch passes over empty vectors
    first = parts[0]._array
    at = axis_of(dim if axis is None else axis, first.ndim)
    if not first.ndim:
        raise RuntimeError(
            "zero-dimensional tensor (at position 0) cannot be concatenated; use stack"
        )
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
    return apply(_cat, parts, {"axis": at})


concat = function(cat, "concat")
concatenate = function(cat, "concatenate")


@numpy(np.stack)
@function
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
    return apply(_stack, parts, {"axis": at})


@numpy(np.hstack)
@function
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors side by side: joined along dimension 1, vectors along dimension 0.

    >>> hstack([tensor([1, 2]), tensor([3])])
    tensor([1, 2, 3])
    """
    parts = [reshape(x, (1,)) if not x._array.ndim else x for x in _tensors(tensors, "hstack")]
    return cat(parts, 0 if parts[0]._array.ndim == 1 else 1)


@numpy(np.vstack)
@function
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors below each other: joined along dimension 0, vectors as rows.

    >>> vstack([tensor([1, 2]), tensor([3, 4])])
    tensor([[1, 2],
            [3, 4]])
    """
    parts = [reshape(x, (1, -1)) if x._array.ndim < 2 else x for x in _tensors(tensors, "vstack")]
    return cat(parts, 0)


@method
def split(
    input: Tensor, split_size_or_sections: Any, dim: int = 0, *, axis: int | None = None
) -> tuple:
    """Views of consecutive parts along dim: of one size (the last may be smaller), or of the sizes
    listed.

    >>> tensor([1, 2, 3]).split(2)
    (tensor([1, 2]), tensor([3]))
    """
    at = axis_of(dim if axis is None else axis, input._array.ndim)
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
    ends = np.cumsum(sizes).tolist()
    return tuple(input.narrow(at, end - size, size) for size, end in zip(sizes, ends, strict=True))


@method
def chunk(input: Tensor, chunks: int, dim: int = 0, *, axis: int | None = None) -> tuple:
    """Views of at most so many consecutive parts of equal size along dim; the last may be smaller.

    >>> tensor([1, 2, 3]).chunk(2)
    (tensor([1, 2]), tensor([3]))
    """
    if chunks < 1:
        raise RuntimeError(f"chunk expects `chunks` to be greater than 0, got: {chunks}")
    at = axis_of(dim if axis is None else axis, input._array.ndim)
    if not input._array.ndim:
        raise RuntimeError("chunk expects at least a 1-dimensional tensor")
    n = input._array.shape[at]
    return split(input, -(-n // chunks), at) if n else (input.narrow(at, 0, 0),) * chunks


@method
def unbind(input: Tensor, dim: int = 0, *, axis: int | None = None) -> tuple:
    """All slices along a dimension, which is gone in them.

    >>> tensor([[1, 2], [3, 4]]).unbind()
    (tensor([1, 2]), tensor([3, 4]))
    """
    at = axis_of(dim if axis is None else axis, input._array.ndim)
    if not input._array.ndim:
        raise IndexError("unbind needs a tensor with at least 1 dimension")
    return tuple(input.select(at, i) for i in range(input._array.shape[at]))


# -- copies --------------------------------------------------------------------------------------
@method
def flip(input: Tensor, *dims: Any) -> Tensor:
    """The order of the elements reversed along the given dimensions; a copy, as in torch.

    >>> tensor([1, 2, 3]).flip(0)
    tensor([3, 2, 1])
    """
    sizes = ints_of(dims, "flip")
    return _flip(input, axes=axes_of(sizes, input._array.ndim) if sizes else ())


@primitive(lambda g, y, x, axes: _flip(g, axes=axes))
def _flip(x: Any, *, axes: tuple[int, ...]) -> Any:
    return np.flip(x, axes).copy()


@method
def roll(input: Tensor, shifts: Any, dims: Any = None) -> Tensor:
    """The elements moved by so many places along the dimensions; what falls out comes in again in
    front.

    >>> tensor([1, 2, 3]).roll(1)
    tensor([3, 1, 2])
    """
    counts = ints_of((shifts,), "roll")
    if dims is None or dims == ():
        if len(counts) != 1:
            raise RuntimeError(f"shifts and dimensions must align. shifts: {len(counts)}, dims:0")
        return _roll(input, shifts=counts[0], axes=None)
    axes = tuple(
        axis_of(d, input._array.ndim)
        for d in (dims if isinstance(dims, (tuple, list)) else (dims,))
    )
    if len(axes) != len(counts):
        raise RuntimeError(
            f"shifts and dimensions must align. shifts: {len(counts)}, dims:{len(axes)}"
        )
    return _roll(input, shifts=counts, axes=axes)


@primitive(lambda g, y, x, shifts, axes: _roll(g, shifts=_opposite(shifts), axes=axes))
def _roll(x: Any, *, shifts: Any, axes: Any) -> Any:
    return np.roll(x, shifts, axes)


def _opposite(shifts: Any) -> Any:
    return tuple(-s for s in shifts) if isinstance(shifts, tuple) else -shifts


@numpy(np.copy)
@method
def clone(input: Tensor, *, memory_format: Any = None) -> Tensor:
    """A copy with memory of its own; the gradient flows through.

    >>> tensor([1., 2.]).clone()
    tensor([1., 2.])
    """
    return apply(_clone, (input,))


def _clone(x: Any) -> Any:
    return x.copy()


rule(_clone, lambda g, y, x: g)


# -- what NumPy's own functions of these names mean, for rules and users
# ----------------------------
def _numpy_transpose(a: Any, axes: Any = None) -> Any:
    return permute(a, tuple(reversed(range(a.ndim))) if axes is None else axes)


def _numpy_expand_dims(a: Any, axis: Any) -> Any:
    places = (axis,) if isinstance(axis, int) else tuple(axis)
    ndim = a.ndim + len(places)
    at = sorted(axis_of(p, ndim) for p in places)
    sizes = iter(a._array.shape)
    return reshape(a, tuple(1 if i in at else next(sizes) for i in range(ndim)))


def _numpy_flip(m: Any, axis: Any = None) -> Any:
    return _flip(m, axes=axes_of(axis, m.ndim))


DISPATCH[np.reshape] = lambda a, shape: reshape(a, shape)
DISPATCH[np.transpose] = _numpy_transpose
DISPATCH[np.expand_dims] = _numpy_expand_dims
DISPATCH[np.squeeze] = lambda a, axis=None: squeeze(a, axis)
DISPATCH[np.flip] = _numpy_flip
DISPATCH[np.roll] = lambda a, shift, axis=None: roll(a, shift, axis)
DISPATCH[np.tile] = lambda A, reps: tile(A, reps)
DISPATCH[np.zeros_like] = lambda a: a.detach() * 0 if a.dtype.kind != "f" else a.new_zeros(a.shape)
DISPATCH[np.ones_like] = lambda a: a.new_ones(a.shape)
