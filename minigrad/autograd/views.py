"""Views: tensors that share memory, and what a change in place of one of them means for the others.

A view knows its base, the tensor whose memory it shows.  A change in place through a view is a
change of the base: the base gets a new Node, which says "as before, but with these values there".
The other views find out when they are next used: the base has a new place, so they take theirs
anew, as the part of the base that they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .changes import clock
from .derivatives import as_strided, write_strided
from .engine import Leaf, Node, Value, rebased
from .grad_mode import mode

LEAF = (
    "a view of a leaf Variable that requires grad is being used in an in-place operation. Do it "
    "under minigrad.no_grad(), or change a clone()"
)
NO_GRAD = (
    "A view was created in no_grad mode and is being modified inplace with grad mode enabled. "
    "Do both inside the no_grad block, if you don't want the change to be tracked, or both outside."
)
SEVERAL = (
    "Output {} is a view and is being modified inplace. This view is the output of a function "
    "that returns multiple views. Such functions do not allow the output views to be modified "
    "inplace. You should replace the inplace operation by an out-of-place one."
)
CHANGED_SINCE = (
    "Output {} is a view and its base or another view of its base has been modified inplace. "
    "This view is the output of a function that returns multiple views. Such functions do not "
    "allow the output views to be modified inplace. You should replace the inplace operation by an "
    "out-of-place one."
)


class Unfinished(Node):
    """The place of a tensor that is just being changed in place.

    It keeps it if a Ctrl-C comes meanwhile: nobody knows which value it has, the old or the new.
    """

    __slots__ = ()

    @property
    def raw(self) -> Any:  # type: ignore[override]
        """Whoever wants to walk back from here is refused."""
        raise RuntimeError(
            "one of the variables needed for gradient computation was being changed in place when "
            "the program was interrupted, so its value is unknown. Compute it anew"
        )

    def name(self) -> str:
        """A name of its own: no operation has come to its end here."""
        return "UnfinishedBackward0"


UNFINISHED = Unfinished()
UNFINISHED.born, UNFINISHED.parents, UNFINISHED.watch = 1, (), None


def shares(x: Value, base: Value) -> bool:
    """Do the two show the same memory?"""
    a, b = x._array, base._array
    return a.base is b or (a.base is not None and a.base is b.base)


def base_of(x: Value) -> Any:
    """The tensor that x is a view of; None if it is no view."""
    if type(x._link) is tuple and shares(x, x._link[0]):
        return x._link[0]
    return None


def several(name: str, parts: tuple) -> tuple:
    """Let the parts know that they are the views of one function that returns several."""
    for part in parts:
        if type(part._link) is tuple:
            part._link = (*part._link[:2], name)
    return parts


def refresh(x: Value) -> None:
    """Take the place of a view anew if its base has been changed in place since."""
    if type(x._link) is tuple:
        base, seen, *rest = x._link
        if base._node is not seen and isinstance(base._node, Node):
            if rest and shares(x, base):
                raise RuntimeError(CHANGED_SINCE.format(_output(rest)))
            x._link = (base, base._node, *rest)
            if shares(x, base):  # it may be a copy, or base.data was replaced
                x._node = _part(base._node, base._array, x._array)


def _output(name: list) -> str:
    """How messages name a view that a link has a name for: of a Function it says which output."""
    return name[0] if len(name) > 1 else f"of {name[0]}"


def may_change(view: Value, recorded: bool) -> None:
    """Refuse a change in place through a view that torch refuses, too."""
    if base_of(view) is not None:
        refresh(view)
        base, seen, *name = view._link  # type: ignore[misc]
        if recorded and len(name) > 1:  # a sentence of its own: see function.py
            raise RuntimeError(name[1].format(_output(name)))
        if seen is not None and view._node is None:
            raise RuntimeError(NO_GRAD)
        if isinstance(base._node, Leaf):
            raise RuntimeError(LEAF)
        if recorded and name:
            raise RuntimeError(SEVERAL.format(_output(name)))


def write_through(view: Value, values: Any, before: Any) -> None:
    """Note that these values, a Tensor, have been written into a view: its base changes.

    `before` is the place that the base had before.
    """
    note_rebased()
    base = view._link[0]  # type: ignore[index]
    how = positions(base._array, view._array)
    raw, parents = [base._array, values._array], [before, values._node]
    base._node = _remember(write_strided, raw, how, base._array, parents)
    view._node = _part(base._node, base._array, view._array)
    view._link = (base, base._node)


def note_rebased() -> None:
    """From now on operations look whether their arguments are views of what was changed."""
    if not rebased:
        rebased.append(refresh)


def _part(place: Node, base: np.ndarray, view: np.ndarray) -> Node:
    return _remember(as_strided, [base], positions(base, view), view, [place])


def _remember(fn: Callable, raw: list, kwargs: dict, out: np.ndarray, parents: list) -> Node:
    node = Node()
    node.fn, node.raw, node.kwargs, node.out, node.parents = fn, raw, kwargs, out, parents
    node.born, node.watch = next(clock), None
    if mode.seen is not None:
        mode.seen(node)
    return node


def positions(base: np.ndarray, view: np.ndarray) -> dict[str, Any]:
    """Which elements of the base, counted row by row, a view shows; and whether each only once.

    >>> x = np.arange(6.0).reshape(2, 3)
    >>> positions(x, x[:, 1])
    {'index': array([1, 4]), 'unique': True}
    """
    size, numbers = base.itemsize, np.arange(base.size)
    if not view.size:
        return {"index": np.zeros(view.shape, np.int64), "unique": True}
    memory, first = numbers, 0
    if not base.flags.c_contiguous:  # the numbers, as the elements lie in memory
        spans = [(n - 1) * s // size for n, s in zip(base.shape, base.strides, strict=True)]
        first = -sum(min(s, 0) for s in spans)
        memory = np.zeros(first + sum(max(s, 0) for s in spans) + 1, np.int64)
        _shown(memory, first, base)[...] = numbers.reshape(base.shape)
    start = (_address(view) - _address(base)) // size + first
    once = all(n == 1 or s for n, s in zip(view.shape, view.strides, strict=True))
    return {"index": _shown(memory, start, view).copy(), "unique": once}


def _shown(memory: np.ndarray, start: int, like: np.ndarray) -> np.ndarray:
    strides = [s // like.itemsize * memory.itemsize for s in like.strides]
    return np.lib.stride_tricks.as_strided(memory[start:], like.shape, strides)


def _address(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]
