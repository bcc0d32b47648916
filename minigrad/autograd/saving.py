"""Hooks for what the graph saves: saved_tensors_hooks, and what the rules of a Node read at all.

Nothing of it is paid for while no such hook is on.  A recorded Node is then shown to `pack`, which
takes its arrays out: those that a rule reads go to the user's hook, and of the others the shape
remains.  The walk back unpacks them for the rules (hooks.py).
"""

from __future__ import annotations

import ast
import functools
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from . import changes
from .engine import RULES, wrap
from .function import BackwardCFunction
from .grad_mode import mode, no_grad
from .hooks import mind
from .packed import Packed, unread
from .rule_text import rule_texts
from .watching import look_on

OUTLINE = {"shape", "ndim", "dtype", "size", "itemsize"}  # what is no value of an array


# -- which arrays the rules of an operation read ---------------------------------------------------
@functools.lru_cache(maxsize=1024)
def read_by(source: str, parameters: tuple[str, ...]) -> frozenset[str]:
    """Which of its parameters a rule reads, and not only their shapes.

    >>> sorted(read_by("lambda g, y, a, b: g * b + a.shape[0]", ("g", "y", "a", "b")))
    ['b', 'g']
    """
    try:
        tree = ast.parse(textwrap.dedent(source).strip())
    except SyntaxError:  # a part of a line: better too many than too few
        return frozenset(parameters)
    outlines = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in OUTLINE:
            whole = node.value.value if isinstance(node.value, ast.Subscript) else node.value
            outlines.add(id(whole))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "len":
            outlines.update(map(id, node.args))
    return frozenset(
        node.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id in parameters and id(node) not in outlines
    )


def _read(node: Any) -> set[int]:
    """The positions, -1 for the result, of the arrays that the rules needed here read."""
    rules, n = RULES[node.fn], len(node.raw)
    if type(rules) is not tuple:
        (whole,) = rule_texts(node.fn)
        if whole is not None and whole.source and len(whole.parameters) > 1:
            if whole.parameters[1] not in read_by(whole.source, whole.parameters):
                return set()
        return set(range(n))
    found: set[int] = set()
    for i, text in enumerate(rule_texts(node.fn)[:n]):
        if text is None or node.parents[i] is None:
            continue
        if not text.source or len(text.parameters) < 2:
            return set(range(-1, n))
        names = read_by(text.source, text.parameters)
        found |= {k - 2 for k, name in enumerate(text.parameters[: n + 2]) if k and name in names}
    return found


# -- packing ---------------------------------------------------------------------------------------
def pack(node: Any) -> None:
    """Give the arrays of a Node that has just been recorded to the hooks."""
    hook, unpack = mode.packers[-1]
    if isinstance(node, BackwardCFunction):
        saved: list[Any] = []
        for entry in node._saved:
            if entry is not None:
                array, place, k = entry
                place = place if k is None else node.part(k)
                entry = _packed(array, place, hook, unpack), entry[1], k
            saved.append(entry)
        node._saved = tuple(saved)
        read: set[int] = set()
    else:
        read = _read(node)
    raw = []
    for i, (x, place) in enumerate(zip(node.raw, node.parents, strict=True)):
        if isinstance(x, np.ndarray):
            x = _packed(x, place, hook, unpack) if i in read else unread(x)
        raw.append(x)
    node.raw = raw
    if isinstance(node.out, np.ndarray):
        # What the user holds is the tensor's own array: this lets go of it where nobody does.
        if -1 in read:
            node.out = _packed(node.out, node, hook, unpack)
        else:
            node.out = unread(node.out)


def _packed(array: Any, place: Any, hook: Callable, unpack: Callable) -> Any:
    if not isinstance(array, np.ndarray):
        return array
    before, given = changes.version(array), wrap(array, place)
    packers, mode.packers = mode.packers, ()  # what the hook records is saved as ever
    look_on()
    try:
        with no_grad():
            handle = hook(given)
    finally:
        mode.packers = packers
        look_on()
    if changes.version(array) != before:
        raise RuntimeError(
            "A saved tensor pack hook is modifying its input in place. Tensors provided as input "
            "to pack hook cannot be modified by in-place operations as this can lead to unexpected "
            "side-effects."
        )
    return Packed(array, handle, unpack)


class saved_tensors_hooks:
    """A block in which all that is saved for a later backward() goes through two functions.

    pack_hook is given each tensor when it is saved, and returns whatever stands for it; unpack_hook
    is given that, and returns a tensor of the same numbers. The innermost block counts.

    >>> from minigrad.autograd.graph import saved_tensors_hooks
    >>> x = tensor([1., 2.], requires_grad=True)
    >>> def pack(t):
    ...     print("packed", t.detach())
    ...     return t.detach().numpy().tobytes()
    >>> with saved_tensors_hooks(pack, lambda data: tensor(np.frombuffer(data, np.float32))):
    ...     y = x.exp().sum()
    packed tensor([2.7183, 7.3891])
    >>> y.backward()
    >>> x.grad
    tensor([2.7183, 7.3891])
    """

    def __init__(self, pack_hook: Callable, unpack_hook: Callable) -> None:
        for hook in (pack_hook, unpack_hook):
            if not callable(hook):
                raise TypeError(
                    f"saved_tensors_hooks takes two functions, not {type(hook).__name__}"
                )
        self.pack_hook, self.unpack_hook = pack_hook, unpack_hook

    def __enter__(self) -> None:
        if mode.no_packing is not None:
            raise RuntimeError(mode.no_packing)
        mind()
        mode.packers = (*mode.packers, (self.pack_hook, self.unpack_hook))
        mode.pack = pack
        look_on()

    def __exit__(self, *exc: Any) -> None:
        mode.packers = mode.packers[:-1]
        look_on()


class save_on_cpu(saved_tensors_hooks):
    """A block that keeps copies of what is saved, as torch moves it from the GPU to the CPU.

    What is changed in place afterwards does not matter then.

    >>> from minigrad.autograd.graph import save_on_cpu
    >>> x = tensor([1., 2.], requires_grad=True)
    >>> with save_on_cpu():
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad
    tensor([2., 4.])
    """

    def __init__(self, pin_memory: bool = False, device_type: str = "cuda") -> None:
        super().__init__(_copied, _same)


def _copied(x: Any) -> Any:
    return wrap(x._array.copy())


def _same(x: Any) -> Any:
    return x


@contextmanager
def disable_saved_tensors_hooks(error_message: str) -> Iterator[None]:
    """A block in which saved_tensors_hooks is refused, with this message.

    >>> from minigrad.autograd.graph import disable_saved_tensors_hooks, save_on_cpu
    >>> with disable_saved_tensors_hooks("not here"), save_on_cpu():
    ...     pass
    Traceback (most recent call last):
    RuntimeError: not here
    """
    if mode.packers:
        raise RuntimeError(error_message)
    before, mode.no_packing = mode.no_packing, error_message
    try:
        yield
    finally:
        mode.no_packing = before
