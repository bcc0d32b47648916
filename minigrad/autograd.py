"""Reverse-mode automatic differentiation: the file to study.

Everything rests on one idea.  The derivative of an operation is written once, as one line of plain
NumPy for each of its arguments::

    rule(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)

Here ``y = a * b`` is the operation's result, ``g`` the gradient of some scalar with respect to y,
and each line gives the gradient with respect to one argument; None instead of it means "none".

Three mechanisms use these lines:

1. `apply` runs an operation on the arrays inside its arguments, and remembers the call if a
   gradient will be asked for.  The result remembers its own making: a Tensor *is* a graph node.
2. `backprop` walks from a result back to the leaves, newest tensor first, and calls the rules on
   bare arrays.  With ``create_graph=True`` it calls the very same rules on Tensors: ``g * b`` then
   is an operation like any other, is remembered like any other, and the gradient has a gradient.
3. *dispatch*: NumPy asks Node before it computes ``np.cos(x)`` or ``array * x`` for a Tensor x, so
   a rule need not know which of the two it is working on.

What may a rule use?  What means the same on arrays and on Tensors: operators, ``[...]``, functions
``np.X(...)``, ``.shape .ndim .dtype``, and the methods ``.sum(axis=, keepdims=) .reshape(shape)
.swapaxes(i, j) .astype(dtype)``.  It must not change ``g`` in place: others may hold it, too.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable, Sequence
from heapq import heappop, heappush
from typing import Any

import numpy as np

from . import changes
from .changes import clock, mark_changed
from .errors import explain, tensor_words
from .grad_mode import enable_grad, is_grad_enabled, mode, no_grad, set_grad_enabled  # noqa: F401 (torch has them here)

RULES: dict[Callable, Any] = {}  # operation -> one rule for each argument
NAMES: dict[Callable, str] = {}  # operation -> its name in messages and in grad_fn
DISPATCH: dict[Callable, Callable] = {}  # NumPy's function -> what does its work on Tensors

new, ndarray = object.__new__, np.ndarray


class Each:
    """The rules of an operation on any number of tensors: part(g, i, xs, **kwargs) is the i-th."""

    def __init__(self, part: Callable) -> None:
        self.part = part

    def __getitem__(self, i: int) -> Callable:
        return lambda g, y, *xs, **kwargs: self.part(g, i, xs, **kwargs)


def rule(
    fn: Callable, *rules: Callable | None, each: Callable | None = None, name: str | None = None
) -> None:
    """Say how to differentiate a function of arrays: a rule(g, y, *args, **kwargs) per argument."""
    RULES[fn] = rules if each is None else Each(each)
    NAMES[fn] = name or fn.__name__.strip("_")


def primitive(
    *rules: Callable | None, each: Callable | None = None, name: str | None = None
) -> Callable[[Callable], Callable]:
    """Make a function of arrays differentiable, and callable by rules with arrays or Tensors.

    For what NumPy has no function for.  Positional arguments are data, keywords are settings.
    """

    def register(fn: Callable) -> Callable:
        @functools.wraps(fn)
        def call(*args: Any, **kwargs: Any) -> Any:
            for a in args:
                if isinstance(a, Node):
                    return apply(fn, args, kwargs)
            return fn(*args, **kwargs)

        rule(fn, *rules, each=each, name=name)
        rule(call, *rules, each=each, name=name)  # apply may be given either
        return call

    return register


class Node:
    """A tensor as the graph sees it: an array, and the call that made it.

    Tensor (tensor.py) inherits it, and adds all that is convenient.
    """

    __slots__ = (
        "_array",  # the value: an ndarray
        "_requires_grad",  # does anyone want a gradient here?
        "_grad",  # the gradient accumulated by backward(); not set before
        "_hooks",  # functions that see, and may replace, the gradient; or None
        "_fn",  # the function that made the value; None for a leaf, which was made by no operation.
        "_args",  # ... what it was called with, Tensors and all; None once the graph has been freed
        "_raw",  # ... the same with the arrays in place of the Tensors, as they were at that time
        "_kwargs",  # ... its settings
        "_wanting",  # ... the positions of those that need a gradient
        "_born",  # ... and when
        "_before",  # who this was before it was changed in place, if it was
        "__weakref__",
    )
    _array: np.ndarray
    _requires_grad: bool
    _hooks: list | None
    _fn: Any
    _args: Any
    _raw: Any
    _kwargs: dict
    _wanting: list[int]
    _born: int
    _before: Node

    # -- dispatch: what NumPy calls when it meets a Tensor ---------------------------------------
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        if method == "__call__" and not kwargs and ufunc in DISPATCH:
            return DISPATCH[ufunc](*args)
        called = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
        return _on_arrays(
            ufunc if method == "__call__" else getattr(ufunc, method), args, kwargs, called
        )

    def __array_function__(self, fn: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
        if fn in DISPATCH:
            return DISPATCH[fn](*args, **kwargs)
        return _on_arrays(fn, args, kwargs, f"np.{fn.__name__}")


Tensor: type[Node]  # what apply makes; tensor.py, which stands above this file, says what that is


def tensor_class(cls: type) -> type:
    """Class decorator: let apply make instances of this class."""
    global Tensor
    Tensor = cls
    return cls


def wrap(array: np.ndarray) -> Any:
    """A Tensor around this very array, with no history."""
    y = object.__new__(Tensor)
    y._array, y._requires_grad, y._hooks, y._fn = array, False, None, None
    return y


def _on_arrays(fn: Callable, args: Any, kwargs: dict, called: str) -> Any:
    """Run a NumPy function that has no rule; refuse if that would lose a gradient."""

    def strip(x: Any) -> Any:
        if isinstance(x, Node):
            if x._requires_grad and is_grad_enabled():
                raise TypeError(
                    f"{called} has no derivative rule here for {tensor_words(x)}, which requires a "
                    "gradient; use an operation of minigrad instead, or t.detach() to "
                    "leave the graph"
                )
            return x._array
        return type(x)(map(strip, x)) if type(x) in (list, tuple) else x

    out = fn(*strip(tuple(args)), **{key: strip(value) for key, value in kwargs.items()})
    return (
        wrap(np.asarray(out))
        if isinstance(out, (np.ndarray, np.generic)) and "out" not in kwargs
        else out
    )


# -- 1. apply ------------------------------------------------------------------------------------
def apply(fn: Callable, args: tuple, kwargs: dict[str, Any] = {}) -> Any:  # noqa: B006 (only read)
    """Run fn on the arrays inside args; remember the call if one of them needs a gradient."""
    raw: list[Any] = []
    wanting: list[int] = []
    for a in args:
        if isinstance(a, Tensor):
            if a._requires_grad:
                wanting.append(len(raw))
            raw.append(a._array)
        else:
            raw.append(a)
    try:
        out = fn(*raw, **kwargs) if kwargs else fn(*raw)
    except Exception as error:
        raise explain(error, NAMES.get(fn, fn.__name__), args, kwargs) from None
    y = new(Tensor)
    y._array = out if type(out) is ndarray else np.asarray(out)  # NumPy makes scalars of 0-d
    y._hooks = None
    if wanting and mode.enabled and fn in RULES:
        y._requires_grad, y._fn, y._born = True, fn, next(clock)
        y._args, y._raw, y._kwargs, y._wanting = args, raw, kwargs, wanting
    else:
        y._requires_grad, y._fn = False, None
        if wanting and mode.enabled and y._array.dtype.kind == "f":  # a comparison needs no rule
            raise NotImplementedError(
                f"{fn.__name__} has no derivative rule; detach() its arguments"
            )
    return y


# -- 2. backprop ---------------------------------------------------------------------------------
def backprop(
    roots: Sequence[tuple[Node, Any]],
    create_graph: bool = False,
    retain_graph: bool = False,
    targets: Sequence[Node] | None = None,
) -> dict[Node, Any]:
    """The gradients of the leaves, or of the targets if there are any, given those of the roots.

    A result is born after its arguments.  So the newest tensor comes first: all that were made
    from it have had their turn, and its gradient is complete.  A queue ordered by time of birth
    does that with no recursion, however deep the graph.
    """
    grads: dict[Node, Any] = {}  # what has come together so far for each tensor reached
    queue: list[tuple[int, Node]] = []  # those that an operation made, the newest first
    found: dict[Node, Any] = {}
    wanted = set(map(id, targets or ()))
    useful = None if targets is None else _on_the_way([y for y, _ in roots], wanted)
    for y, g in roots:
        if y not in grads and y._fn is not None:
            heappush(queue, (-y._born, y))
        grads[y] = grads[y] + g if y in grads else g
    while queue:
        y = heappop(queue)[1]
        g, fn, tensors, kwargs, born = grads.pop(y), y._fn, y._args, y._kwargs, y._born
        if y._hooks:
            g = run_hooks(y, g)
        if wanted and id(y) in wanted:
            found[y] = g
        if tensors is None:
            raise RuntimeError(FREED.format(NAMES[fn]))
        operands = (g, y, *tensors) if create_graph else (g, y._array, *y._raw)
        if born < changes.last:
            operands = (g, *_without_stale(y, operands[1:]))
        rules = RULES[fn]
        for i in y._wanting:
            x = tensors[i]
            if x._fn is not None and x._born > born:
                x = as_used(y, i)
            if create_graph and x._array is not y._raw[i]:
                raise RuntimeError(f"{_argument(y, i)}, got new data (t.data = ...) after its use")
            rule = rules[i]
            if rule is None or (useful is not None and id(x) not in useful):
                continue
            gx = rule(*operands, **kwargs) if kwargs else rule(*operands)
            array, known = x._array, grads.get(x)
            if gx.shape != array.shape:
                gx = unbroadcast(gx, array.shape)
            if gx.dtype is not array.dtype:
                gx = gx.astype(array.dtype)
            if known is not None:
                grads[x] = known + gx  # not in place: a rule may have given either to others, too
            else:
                grads[x] = gx
                if x._fn is not None:
                    heappush(queue, (-x._born, x))
        if not retain_graph:
            y._args = y._raw = y._wanting = None  # type: ignore[assignment]
    for x, g in grads.items():  # the leaves
        if targets is None or id(x) in wanted:
            found[x] = run_hooks(x, g) if x._hooks else g
    return found


def as_used(y: Any, i: int) -> Any:
    """Argument i of y, as it was when y was made from it: a change in place makes it another."""
    x = y._args[i]
    while x._fn is not None and x._born > y._born:
        x = x._before
    return x


def _on_the_way(roots: Sequence[Node], targets: set[int]) -> set[int]:
    """The ids of the tensors on a way from the roots to the targets: no other needs a gradient."""
    nodes, seen = list(roots), {id(y) for y in roots}
    for y in nodes:  # the list grows while it is walked
        for i in (y._fn is not None and y._wanting) or ():
            x = as_used(y, i)
            if id(x) not in seen:
                seen.add(id(x))
                nodes.append(x)
    useful = set(targets)
    for y in sorted((y for y in nodes if y._fn is not None), key=lambda y: y._born):  # oldest first
        if y._args is None or any(id(as_used(y, i)) in useful for i in y._wanting):
            useful.add(id(y))
    return useful


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum g over the axes along which an operand of this shape was repeated by broadcasting.

    >>> unbroadcast(np.ones((2, 3)), (3,)), unbroadcast(np.ones((2, 3)), (2, 1))
    (array([2., 2., 2.]), array([[3.],
           [3.]]))
    """
    axes, keep = _repeated(g.shape, shape)
    total = np.add.reduce if type(g) is ndarray else np.sum  # the former is twice as quick
    g = total(g, axes, keepdims=keep)  # type: ignore[call-overload]
    return g if g.shape == shape else g.reshape(shape)


@functools.lru_cache
def _repeated(shape: tuple[int, ...], own: tuple[int, ...]) -> tuple[tuple[int, ...], bool]:
    """The axes along which broadcasting repeated an array of its own shape to make this one; and
    whether they are among its own.
    """
    lead = len(shape) - len(own)
    stretched = [i for i, n in enumerate(own, lead) if n == 1 != shape[i]]
    return (*range(lead), *stretched), bool(stretched)


def run_hooks(t: Any, g: Any) -> Any:
    """Show the gradient of t to its hooks, as a Tensor; one that returns something replaces it."""
    for hook in list(t._hooks):
        if hook is RETAIN:
            continue
        new = hook(g if isinstance(g, Node) else wrap(np.asarray(g)))
        if new is not None:
            g = new if isinstance(g, Node) else new._array
    if RETAIN in t._hooks:  # last, so that it keeps what the others made of it
        accumulate(t, g)
    return g


def RETAIN(g: Any) -> None:
    """The hook that retain_grad() sets: it marks the tensors that keep their gradient."""


FREED = (
    "Trying to backward through the graph a second time: the values saved by {} have been freed. "
    "Specify retain_graph=True in the first backward() or grad() if you need the graph again."
)


def _argument(y: Any, i: int) -> str:
    return f"{tensor_words(y._args[i])}, argument {i} of {NAMES[y._fn]}"


def _without_stale(y: Any, operands: Sequence[Any]) -> list[Any]:
    places = ["the output", *(f"argument {i}" for i in range(len(y._raw)))]
    words = [f"{place} of {NAMES[y._fn]}" for place in places]
    return changes.without_stale(y._born, [y._array, *y._raw], operands, words)


# -- the two ways to ask -------------------------------------------------------------------------
def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradient of the tensors to .grad of each leaf they were made from, as torch's.

    A tensor of more than one element needs its own gradient in grad_tensors. With inputs, only
    those tensors get a gradient. Raises RuntimeError where there is nothing to differentiate, or
    where an earlier call without retain_graph=True has freed the graph.
    """
    targets = None if inputs is None else _as_list(inputs)
    if targets == []:
        raise RuntimeError("the inputs argument to backward() cannot be empty")
    found = _run(tensors, grad_tensors, retain_graph, create_graph, targets)
    for x, g in found.items():
        accumulate(x, g)


def accumulate(x: Any, g: Any) -> None:
    """Add g to x.grad."""
    known = getattr(x, "_grad", None)
    if known is None:
        # A copy, for the rule's g may be a view, or belong to others; in order, for the optimiser.
        x._grad = g if isinstance(g, Node) else wrap(np.array(g, order="C"))
    elif isinstance(g, Node):
        x._grad = known + g
    elif known._requires_grad or known._array.dtype != g.dtype:
        x._grad = wrap(known._array + g)
    else:
        np.add(known._array, g, out=known._array)
        mark_changed(known._array)


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple:
    """The gradients of the outputs with respect to the inputs, as a tuple; .grad is left alone.

    With create_graph=True they can be differentiated again. An input that the outputs do not
    depend on is an error, unless allow_unused=True (None) or materialize_grads=True (zeros).

    >>> import minigrad
    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> (dx,) = grad(x**3, x, create_graph=True)
    >>> dx, grad(dx, x)
    (tensor(27., grad_fn=<MulBackward0>), (tensor(18.),))
    """
    targets = _as_list(inputs)
    for t in targets:
        if not t._requires_grad:
            raise RuntimeError(
                f"One of the differentiated Tensors does not require grad: {tensor_words(t)}. "
                f"Call t.requires_grad_() before the computation"
            )
    found = _run(outputs, grad_outputs, retain_graph, create_graph, targets)
    result = []
    for position, t in enumerate(targets):
        g = found.get(t)
        if g is None and materialize_grads:
            g = np.zeros_like(t._array)
        if g is None and not allow_unused:
            raise RuntimeError(
                f"One of the differentiated Tensors appears to not have been used in the graph: "
                f"inputs[{position}], {tensor_words(t)}. Set allow_unused=True if this is "
                "the desired behavior."
            )
        result.append(g if g is None or isinstance(g, Node) else wrap(np.array(g)))
    return tuple(result)


def _as_list(tensors: Any) -> list:
    if isinstance(tensors, Node):
        return [tensors]
    try:
        return list(tensors)
    except TypeError:
        found = f"{type(tensors).__name__} {tensor_words(tensors)}"
        raise TypeError(f"expected a Tensor or a sequence of Tensors, not {found}") from None


def _run(
    outputs: Any,
    gradients: Any,
    retain_graph: bool | None,
    create_graph: bool,
    targets: Sequence[Node] | None,
) -> dict[Node, Any]:
    if gradients is None and isinstance(outputs, Tensor):  # by far most often
        roots = [(outputs, _root_gradient(outputs, None, create_graph))]
    else:
        outputs = _as_list(outputs)
        gradients = [None] * len(outputs) if gradients is None else _as_list(gradients)
        if len(gradients) != len(outputs):
            raise RuntimeError(f"got {len(outputs)} tensors and {len(gradients)} gradients")
        roots = [
            (y, _root_gradient(y, g, create_graph)) for y, g in zip(outputs, gradients, strict=True)
        ]
    retain = create_graph if retain_graph is None else retain_graph
    if not create_graph:
        return backprop(roots, False, retain, targets)
    with enable_grad():
        return backprop(roots, True, retain, targets)


def _root_gradient(y: Node, g: Any, create_graph: bool) -> Any:
    if not y._requires_grad:
        raise RuntimeError(
            "element 0 of tensors does not require grad and does not have a grad_fn: "
            f"{tensor_words(y)}. "
            f"Was it computed under no_grad(), from detached tensors, or from integers?"
        )
    array = y._array
    if g is None:
        if array.size != 1:
            raise RuntimeError(
                "grad can be implicitly created only for scalar outputs, and this is "
                f"{tensor_words(y)}. "
                "Reduce it first (y.sum().backward()), or give y.backward(gradient) a "
                "tensor of that shape"
            )
        g = np.empty(array.shape, array.dtype)
        g.fill(1)  # np.ones takes three times as long
    else:
        raw = g._array if isinstance(g, Node) else np.asarray(g)
        if raw.shape != array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[0] has a shape of {raw.shape} and output[0] has a "
                f"shape of {array.shape}."
            )
        if raw.dtype.kind != "f":
            raise RuntimeError(
                f"the gradient given must be floating point like the output, not {raw.dtype}"
            )
        if raw.dtype != array.dtype:
            g = raw = raw.astype(array.dtype)
        g = g if create_graph and isinstance(g, Node) else raw
    return wrap(g) if create_graph and not isinstance(g, Node) else g


def __getattr__(name: str) -> Any:
    """torch's other names in autograd, which stand in files above this one."""
    if name == "functional":
        return importlib.import_module("minigrad.functional")
    if name in ("gradcheck", "gradgradcheck"):
        return getattr(importlib.import_module("minigrad.testing"), name)
    raise AttributeError(f"module 'minigrad.autograd' has no attribute {name!r}")
