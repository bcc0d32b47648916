"""vmap: a function of one example, run on each slice of a batch; the results are stacked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.derivatives import stack
from ..autograd.engine import Value, apply, wrap
from ..autograd.grad_mode import no_grad
from ..ops.arguments import axis_of
from ..random import default_generator, drawing
from . import trees

RANDOM = (
    "vmap: called random operation while in randomness error mode. Please either use the 'same' "
    "or 'different' randomness flags on vmap or perform the randomness operation out of vmap"
)


def vmap(
    func: Callable,
    in_dims: Any = 0,
    out_dims: Any = 0,
    randomness: str = "error",
    *,
    chunk_size: int | None = None,
) -> Callable:
    """The function that maps func over a dimension of its inputs, and stacks what it returns.

    in_dims says which dimension of each input, or None for one that all calls get whole; out_dims
    where it stands in each output, or None for one that is the same in all calls. Random numbers in
    func raise with randomness="error"; they are the same in all calls or "different". func is
    called once for each slice, so it may do whatever it likes, and takes as long as that takes;
    torch calls it once on all.

    >>> from minigrad.func import vmap
    >>> vmap(minigrad.dot)(tensor([[1., 2.], [3., 4.]]), tensor([[1., 0.], [0., 1.]]))
    tensor([1., 4.])
    """
    if randomness not in ("error", "different", "same"):
        raise RuntimeError(
            f"Only allowed values for randomness are 'error', 'different', or 'same'. Got "
            f"{randomness}"
        )
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError(f"vmap: chunk_size should be None or greater than 0. (got {chunk_size})")
    name = getattr(func, "__name__", repr(func))

    @functools.wraps(func, updated=())
    def mapped(*args: Any, **kwargs: Any) -> Any:
        inputs, dims, size = _checked(name, in_dims, args)
        pairs, results = list(zip(inputs, dims, strict=True)), []
        before, drawing.refused = drawing.refused, RANDOM if randomness == "error" else None
        state = default_generator.get_state() if randomness == "same" else None
        try:
            for i in range(size or 1):
                if state is not None:
                    default_generator.set_state(state)
                if size:
                    here = [x if d is None else x.select(d, i) for x, d in pairs]
                    results.append(func(*_refilled(args, here), **kwargs))
                else:  # of no slices: one of zeros tells the shapes
                    here = [x if d is None else _zeros(x, d) for x, d in pairs]
                    with no_grad():
                        results.append(func(*_refilled(args, here), **kwargs))
        finally:
            drawing.refused = before
        return _stacked(name, out_dims, results, size)

    return mapped


def _refilled(tree: Any, leaves: list[Any]) -> Any:
    values = iter(leaves)
    return trees.mapped(lambda _: next(values), tree)


def _zeros(x: Any, dim: int) -> Any:
    shape = x._array.shape
    return wrap(np.zeros(shape[:dim] + shape[dim + 1 :], x._array.dtype))


def _spread(dims: Any, tree: Any) -> list[Any] | None:
    """A dimension for each leaf of a tree; None if the two do not fit. A number stands for all."""
    found = trees.children(tree)
    if dims is None or isinstance(dims, int) or found is None:
        return [dims] * len(trees.flat(tree))
    own = trees.children(dims)
    same = isinstance(tree, dict) == isinstance(dims, dict)
    if own is None or not same or len(own) != len(found):
        return None
    parts = [_spread(d, child) for d, child in zip(own, found, strict=True)]
    if any(part is None for part in parts):
        return None
    return [d for part in parts for d in part]  # type: ignore[union-attr]


def _checked(name: str, in_dims: Any, args: tuple) -> tuple[list[Any], list[Any], int]:
    """The inputs, the dimension of each that is mapped over, and how many slices there are."""
    called = f"vmap({name}, in_dims={in_dims}, ...)(<inputs>)"
    if not isinstance(in_dims, (int, tuple)):
        raise ValueError(
            f"{called}: expected `in_dims` to be int or a (potentially nested) tuple matching the "
            f"structure of inputs, got: {type(in_dims)}."
        )
    if not args:
        raise ValueError(
            f"vmap({name})(<inputs>): got no inputs. Maybe you forgot to add inputs, or you are "
            "trying to vmap over a function with no inputs. The latter is unsupported."
        )
    inputs, dims = trees.flat(args), _spread(in_dims, args)
    if dims is None:
        raise ValueError(
            f"{called}: in_dims is not compatible with the structure of `inputs`. in_dims has "
            f"structure {trees.structure(in_dims)} but inputs has structure "
            f"{trees.structure(args)}."
        )
    sizes = []
    for i, (x, dim) in enumerate(zip(inputs, dims, strict=True)):
        if dim is None:
            continue
        if not isinstance(dim, int):
            raise ValueError(
                f"{called}: Got in_dim={dim} for an input but in_dim must be either an integer "
                "dimension or None."
            )
        if not isinstance(x, Value):
            raise ValueError(
                f"{called}: Got in_dim={dim} for an input but the input is of type {type(x)}. We "
                "cannot vmap over non-Tensor arguments, please use None as the respective in_dim"
            )
        ndim = x._array.ndim
        if not -ndim <= dim < ndim:
            raise ValueError(
                f"{called}: Got in_dim={dim} for some input, but that input is a Tensor of "
                f"dimensionality {ndim} so expected in_dim to satisfy -{ndim} <= in_dim < {ndim}."
            )
        dims[i] = dim % ndim
        sizes.append(x._array.shape[dims[i]])
    if not sizes:
        raise ValueError("vmap: Expected at least one Tensor to vmap over")
    if len(set(sizes)) > 1:
        raise ValueError(
            "vmap: Expected all tensors to have the same size in the mapped dimension, got sizes "
            f"{sizes} for the mapped dimension"
        )
    return inputs, dims, sizes[0]


def _stacked(name: str, out_dims: Any, results: list[Any], size: int) -> Any:
    first = results[0]
    if isinstance(out_dims, tuple) and not isinstance(first, tuple) and len(out_dims) == 1:
        (out_dims,) = out_dims
    whole = trees.flat(first)
    dims = _spread(out_dims, first)
    if dims is None or (isinstance(out_dims, tuple) and trees.children(first) is None):
        raise ValueError(
            f"vmap({name}, ..., out_dims={out_dims})(<inputs>): out_dims is not compatible with "
            f"the structure of `outputs`. out_dims has structure {trees.structure(out_dims)} but "
            f"outputs has structure {trees.structure(first)}."
        )
    rows = [trees.flat(result) for result in results]
    made = []
    for k, (y, dim) in enumerate(zip(whole, dims, strict=True)):
        if dim is None:
            made.append(y)
            continue
        if not isinstance(y, Value):
            raise ValueError(
                f"vmap({name}, ...): `{name}` must only return Tensors, got type {type(y)}. Did "
                "you mean to set out_dims= to None for output?"
            )
        axis = axis_of(dim, y._array.ndim + 1)
        if size:
            made.append(apply(stack, tuple(row[k] for row in rows), {"axis": axis}))
        else:
            shape = y._array.shape
            made.append(wrap(np.zeros((*shape[:axis], 0, *shape[axis:]), y._array.dtype)))
    return _refilled(first, made)
