"""Changes in place: which memory was written to, and when, so that no gradient uses a stale value.

One clock dates both the making of each result and each change.  "Has this array been changed
since that result was made from it?" is then a comparison of two numbers, which costs nothing where
nothing was changed.  torch keeps a version number per tensor to the same end.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np

from .errors import CHANGED, tensor_words

clock = count(1)
last = 0  # the time of the last change
_changes: dict[int, list] = {}  # id of an owner of memory: itself, when, how often, who is told

MESSAGE = (
    f"one of the variables needed for gradient computation {CHANGED}: "
    "{}. Hint: write t = t + 1 instead of t += 1, or change a t.clone()."
)


def owner_of(array: np.ndarray) -> np.ndarray:
    """The array that owns this one's memory: all views of it change together."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def mark_changed(array: np.ndarray) -> None:
    """Note that the memory of this array, and so of all its views, is about to be written to.

    Before it is: a Ctrl-C may come between the two, and a change must not go unnoticed.
    """
    global last
    owner = array if array.base is None else owner_of(array)
    # Not next(clock): after a call another thread may run, and its later time would be overwritten.
    for last in clock:  # noqa: B007 (it is the global one)
        break
    known = _changes.get(id(owner)) or _entry(owner)
    known[1] = last
    known[2] += 1
    if known[3] is not None:
        known[3]()


def _entry(owner: np.ndarray) -> list:
    key = id(owner)
    _changes[key] = entry = [weakref.ref(owner, lambda _: _changes.pop(key, None)), 0, 0, None]
    return entry


def tell(array: np.ndarray, call: Callable) -> None:
    """Let this be called at each change of the array's memory."""
    owner = owner_of(array)
    (_changes.get(id(owner)) or _entry(owner))[3] = call


def version(array: np.ndarray) -> int:
    """How often the memory of this array has been changed in place, as torch's t._version."""
    known = _changes.get(id(owner_of(array)))
    return known[2] if known else 0


def changed_after(array: np.ndarray, time: int) -> bool:
    """Has the memory of this array been changed in place since then?"""
    known = _changes.get(id(owner_of(array)))
    return known is not None and known[1] > time


class Stale:
    """Stands in for an array that was changed after its use: it has a shape, and no values.

    A rule that reads no more than the shape is still right, and one that reads values raises.
    """

    __slots__ = ("shape", "ndim", "dtype", "_message")

    def __init__(self, array: np.ndarray, message: Callable[[], str]) -> None:
        self.shape, self.ndim, self.dtype = array.shape, array.ndim, array.dtype
        self._message = message

    def _refuse(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(self._message())

    __array_ufunc__ = __array_function__ = __array__ = __getattr__ = __getitem__ = _refuse
    __add__ = __sub__ = __mul__ = __truediv__ = __pow__ = __matmul__ = __neg__ = __abs__ = _refuse
    __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rpow__ = __rmatmul__ = _refuse
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
    __hash__ = None  # type: ignore[assignment]


def stale(array: np.ndarray, place: str, changed: int) -> Stale:
    """What stands for an array at this place of an operation that was changed so many times."""

    def message() -> str:  # most are never asked for
        return MESSAGE.format(f"{tensor_words(array)}, which is {place}, is at version {changed}")

    return Stale(array, message)


AGAIN: set[Any] = set()  # operations whose result is computed again where it was changed in place


def without_stale(node: Any, operands: Sequence[Any], name: str) -> list[Any]:
    """The operands of a node's rules, with a Stale for each whose array was changed after its
    time.
    """
    for setting, value in node.kwargs.items():
        for array in value if type(value) is tuple else (value,):
            if isinstance(array, np.ndarray) and changed_after(array, node.born):
                found = f"{tensor_words(array)}, which is the {setting} of {name}, "
                raise RuntimeError(MESSAGE.format(f"{found}is at version {version(array)}"))
    checked = []
    for i, (array, operand) in enumerate(zip([node.out, *node.raw], operands, strict=True)):
        if isinstance(array, np.ndarray) and changed_after(array, node.born):
            place = f"argument {i - 1} of {name}" if i else f"the output of {name}"
            operand = stale(array, place, version(array))
        checked.append(operand)
    if node.fn in AGAIN and type(checked[0]) is Stale and Stale not in map(type, checked[1:]):
        result, again = operands[0], node.fn(*node.raw, **node.kwargs)
        if isinstance(result, np.ndarray):
            checked[0] = again
        else:  # a Tensor made for this rule alone, at the place of the result
            result._array = again
            checked[0] = result
    return checked


def overwritten(node: Any, array: np.ndarray, name: str) -> None:
    """Note that this array, which is the node's result from now on, held arguments of it before.

    inplace.py calls it after `y *= y`: the rule for one factor needs the other, and that is gone.
    """
    for i, x in enumerate(node.raw):
        if isinstance(x, np.ndarray) and (
            x is array
            or (x.base is not None or array.base is not None)  # else each has its own memory
            and np.may_share_memory(x, array)
        ):
            node.raw[i] = stale(x, f"argument {i} of {name}", version(array))
