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

from . import changes
from .changes import clock, owner_of
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
    "{}, and its base or another view of its base has been modified inplace since. What it is now "
    "is not recorded, as views of a function that returns several, and those taken under no_grad, "
    "do not follow their base. Take the view anew, or change a clone()."
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


class Nowhere(Leaf):
    """The place of a view that has no history of its own while its base requires a gradient.

    It was taken while nothing was recorded, or before the base required one. It requires a gradient
    with its base, as in torch, and what is made of it does; but the gradient ends here.
    """

    __slots__ = ()

    def __init__(self) -> None:
        self.tensor, self.watch = type(None), None  # type: ignore[assignment]  # called: None


def unrecorded(x: Any, y: Any) -> None:
    """Note that y, which may be a view, was taken of x without recording it."""
    if x._node is None:
        x._link = changes.last  # when its first view was taken: should it require a gradient later
        return
    base = y._link[0]
    if shares(y, base) and y._array.dtype.kind == "f":
        y._node, y._link = Nowhere(), (base, base._node, None, NO_GRAD, changes.last)
        changes.tell(base._array, note_rebased)


def shares(x: Value, base: Value) -> bool:
    """Do the two show the same memory?"""
    a, b = x._array, base._array
    return a.base is b or (a.base is not None and a.base is b.base)


def base_of(x: Value) -> Any:
    """The tensor that x is a view of; None if it is no view."""
    if type(x._link) is tuple and shares(x, x._link[0]):
        return x._link[0]
    return None


def link(base: Value, name: str | None, sentence: str) -> tuple:
    """What a view knows of its base if it does not follow it: how it was made, and since when.

    The name of what made it, None for no_grad, and what is said to who changes it in place.
    """
    changes.tell(base._array, note_rebased)
    return base, base._node, name, sentence, changes.last


def several(name: str, parts: tuple) -> tuple:
    """Let the parts know that they are the views of one function that returns several."""
    if parts:
        known = link(parts[0]._link[0], name, SEVERAL)
        for part in parts:
            part._link = known
    return parts


def refresh(x: Value) -> None:
    """Take the place of a view anew if its base has been changed in place since."""
    if type(x._link) is tuple:
        base, seen, *rest = x._link
        place = base._node
        if place is seen:
            if rest and seen is not None and mode.record and shares(x, base):
                _untouched(base, *rest)
        elif not shares(x, base):  # it is a copy, or base.data was replaced
            x._link = (base, place, *rest)
        elif isinstance(place, Node):
            if rest and mode.record:
                raise RuntimeError(CHANGED_SINCE.format(_made(rest[0])))
            if not rest:
                x._link = (base, place)
                x._node = _part(place, base._array, x._array)
        elif x._node is None or type(x._node) is Nowhere:  # the base was switched on or off
            if rest and place is not None and mode.record:
                _untouched(base, *rest)
            x._link = (base, place, *rest)
            x._node = None
            if place is not None and x._array.dtype.kind == "f":
                x._node = Nowhere()
                if type(base._link) is int and changes.changed_after(base._array, base._link):
                    x._node = _part(place, base._array, x._array)  # it is made anew, as in torch


def _untouched(base: Value, name: str | None, sentence: str, time: int) -> None:
    """Refuse a view of this kind whose memory has been written to since it was taken."""
    if changes.changed_after(base._array, time):
        raise RuntimeError(CHANGED_SINCE.format(_made(name)))


def _made(name: str | None) -> str:
    return f"Output {name} is a view" if name else "A view was created in no_grad mode"


def requires_grad(x: Value) -> bool:
    """Is a gradient wanted here? By a view already if its base wants one."""
    if x._node is not None and type(x._node) is not Nowhere:
        return True
    base = base_of(x)
    return base is not None and base._node is not None and x._array.dtype.kind == "f"


def may_change(view: Value, recorded: bool) -> None:
    """Refuse a change in place through a view that torch refuses, too."""
    base = base_of(view)
    if base is not None:
        refresh(view)
        name, sentence = view._link[2:4] or (None, None)
        if sentence and (recorded if name else view._node is not None):
            raise RuntimeError(sentence.format(name))
        if view._node is not None and not isinstance(base._node, Node):
            raise RuntimeError(LEAF)


OVERLAP = (
    "unsupported operation: some elements of the input tensor and the written-to tensor refer to a "
    "single memory location. Please clone() the tensor before performing the operation."
)


def apart(target: np.ndarray, x: np.ndarray, how: str = "operand") -> None:
    """Refuse what lies partly in the memory that will be written to, as torch does.

    Of tensors without gaps only. The whole of it, in the same order, does no harm to an "operand",
    nor to what is "assigned" element by element; to what is "scattered" any part does.
    """
    if type(x) is not np.ndarray or (x.base is None and target.base is None and x is not target):
        return
    if owner_of(x) is not owner_of(target) or not (x.size and target.size):
        return
    if _dense(x) and _dense(target):
        a, b = _address(target), _address(x)
        if how == "assigned" and x.size != target.size:
            return  # it is repeated
        if a == b and x.size == target.size:
            if how != "scattered" and _steps(x, how) == _steps(target, how):
                return
        elif b >= a + target.nbytes or a >= b + x.nbytes:
            return
        raise RuntimeError(OVERLAP)


def _steps(x: np.ndarray, how: str) -> list:
    pairs = zip(x.shape, x.strides, strict=True)
    return [(n, s if n > 1 else 0) for n, s in pairs if n > 1 or how == "operand"]


def _dense(x: np.ndarray) -> bool:
    """Do the elements fill their memory without gaps, each its own place, in whatever order?"""
    size = x.itemsize
    for step, n in sorted((s, n) for s, n in zip(x.strides, x.shape, strict=True) if n > 1):
        if step != size:
            return False
        size *= n
    return True


def write_through(view: Value, values: Any, before: Any) -> None:
    """Note that these values, a Tensor, have been written into a view: its base changes.

    `before` is the place that the base had before.
    """
    note_rebased()
    base = view._link[0]
    how = positions(base._array, view._array)
    raw, parents = [base._array, values._array], [before, values._node]
    base._node = _remember(write_strided, raw, how, base._array, parents)
    view._node = _part(base._node, base._array, view._array)
    view._link = (base, base._node)


def note_rebased() -> None:
    """From now on operations look whether their arguments are views of what was changed."""
    if not rebased:
        rebased.append(refresh)


def _part(place: Node | Leaf, base: np.ndarray, view: np.ndarray) -> Node:
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
