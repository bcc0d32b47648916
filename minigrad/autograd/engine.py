"""Reverse-mode automatic differentiation: the file to study.

Everything rests on one idea.  The derivative of an operation is written once, as one line of plain
NumPy for each of its arguments; all these lines are the formula sheet, derivatives.py::

    rule(np.multiply, lambda g, y, a, b: g * b, lambda g, y, a, b: g * a)

Here ``y = a * b`` is the result.  ``g`` is the gradient of L with respect to y, where L is what
backward() was called on.  Each line gives the gradient of L with respect to one argument; None in
place of a line says that there is none.

Three classes make the graph.  A Value (the user's Tensor is one) is an array and its place in the
graph.  The place is a Node, which remembers the call that made the array; or a Leaf, if the user
made the array and wants its gradient; or None.  Nodes point to the places of their arguments, and
never to a Value: an intermediate Tensor that nobody holds any more is gone at once.

Two functions use the graph.  `apply` runs an operation on the arrays of its arguments, and makes a
Node if one of these has a place.  `backprop` walks from a result back to the leaves, the newest
Node first, and calls the rules on bare arrays; with ``create_graph=True`` on Values: ``g * b`` is
then remembered as any operation, the gradient has a gradient, and there is no second set of rules.

A rule may use what means the same on arrays and on Tensors: operators, ``[...]``, ``np.X(...)``,
``.shape .ndim .dtype .sum(axis=, keepdims=) .all() .reshape(shape) .swapaxes(i, j)
.astype(dtype)``.  It must not change ``g`` in place, for others may hold it, too.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial, wraps
from heapq import heappop, heappush
from typing import Any, TypeVar

import numpy as np

from . import changes
from .broadcasting import in_type, silently, unbroadcast
from .changes import clock
from .errors import FREED, explain, explain_rule
from .grad_mode import mode
from .place import Place, edges
from .symbols import as_array, whole

RULES: dict[Callable, Any] = {}  # operation -> a rule for each argument, or one for all (`each`)
NAMES: dict[Callable, Any] = {}  # operation -> its name in messages and in grad_fn
VARIANTS: dict[str, Callable] = {}  # where the name in grad_fn depends on the call
rebased: list[Callable] = []  # empty; and refresh() of views.py once a change made views stale
C = TypeVar("C", bound=type)
new, ndarray = object.__new__, np.ndarray


# -- the graph -------------------------------------------------------------------------------------
class Value:
    """An array, and its place in the graph: None where no gradient is wanted."""

    __slots__ = ("_array", "_node", "_grad", "_link", "__weakref__")
    _array: np.ndarray
    _node: Node | Leaf | None
    _grad: Any  # the gradient summed up by backward(); not set before
    _link: Any  # of a view its base, of a base the time of its first view; or a Leaf switched off


class Node(Place):
    """One call of an operation, remembered: what torch calls a grad_fn."""

    __slots__ = ("fn", "raw", "kwargs", "out", "parents", "born", "watch", "__weakref__")
    fn: Callable  # what was called,
    raw: list | None  # on which arrays and numbers (None once the graph has been freed),
    kwargs: dict  # with which settings;
    out: np.ndarray  # what came out;
    parents: Sequence[Any]  # the place of each argument, or None;
    born: int  # when it was: a result is born after its arguments;
    watch: Any  # and who wants to see its gradient: None, or a Watch (hooks.py)

    def name(self) -> str:
        """The operation's name with "Backward0" behind it, as torch writes it."""
        name = NAMES[self.fn]
        if name in VARIANTS:
            return VARIANTS[name](self)
        return "".join(word.capitalize() for word in name.split("_")) + "Backward0"

    @property
    def next_functions(self) -> tuple:
        """(Node or Leaf, which of its results) for each tensor it was called on, or (None, 0)."""
        return edges(self.fn, self.parents, self.raw, RULES[self.fn])


class Leaf(Place):
    """Where a gradient ends: in the .grad of a tensor that no operation made."""

    __slots__ = ("tensor", "watch", "__weakref__")
    born, next_functions = 0, ()  # born before all that was made of it

    def __init__(self, tensor: Value) -> None:
        self.tensor, self.watch = weakref.ref(tensor), None

    @property
    def variable(self) -> Any:
        """The tensor; None if nobody holds it any more."""
        return self.tensor()

    def name(self) -> str:
        """The name that torch gives it."""
        return "torch::autograd::AccumulateGrad"

    def __repr__(self) -> str:
        return "<AccumulateGrad>"


Tensor: type[Value]  # what apply makes; _tensor.py, which stands above this file, says what that is


def tensor_class(cls: C) -> C:
    """Class decorator: let apply make instances of this class."""
    global Tensor
    Tensor = cls
    return cls


def wrap(array: np.ndarray, place: Node | Leaf | None = None) -> Any:
    """A Tensor of this very array, at this place."""
    y = new(Tensor)
    y._array, y._node, y._link = array, place, None
    return y


# -- rules -----------------------------------------------------------------------------------------
def rule(
    fn: Callable, *rules: Callable | None, each: Callable | None = None, name: str | None = None
) -> None:
    """Say how to differentiate a function of arrays: a rule(g, y, *args, **kwargs) per argument.

    With any number of arguments: each(g, xs, **kwargs) gives the function i -> gradient of xs[i].
    """
    RULES[fn] = rules if each is None else each
    NAMES[fn] = name or fn.__name__.strip("_")


def primitive(
    *rules: Callable | None, each: Callable | None = None, name: str | None = None
) -> Callable[[Callable], Callable]:
    """Make a function of arrays differentiable, and callable by rules with arrays or Tensors.

    For what NumPy has no function for.  Positional arguments are data, keywords are settings.
    """

    def register(fn: Callable) -> Callable:
        @wraps(fn)
        def call(*args: Any, **kwargs: Any) -> Any:
            for a in args:
                if isinstance(a, Value):
                    return apply(fn, args, kwargs)
            try:
                return fn(*args, **kwargs)
            except Exception as error:
                return whole(error, fn, args, kwargs, error)

        for f in (fn, call):  # apply may be given either
            rule(f, *rules, each=each, name=name)
        return call

    return register


# -- forward ---------------------------------------------------------------------------------------
def apply(fn: Callable, args: tuple, kwargs: dict[str, Any] = {}) -> Any:  # noqa: B006 (only read)
    """Run fn on the arrays inside args; remember the call if one of them has a place."""
    if rebased:  # a recorded tensor was changed in place: views of it take their place anew
        for a in args:
            if isinstance(a, Value):
                rebased[0](a)
    raw: list[Any] = []
    parents: list[Any] = []
    wanted = None
    for a in args:
        if isinstance(a, Tensor):
            raw.append(a._array)
            place = a._node
            parents.append(place)
            if place is not None:
                wanted = place
        else:
            raw.append(a)
            parents.append(None)
    try:
        out = fn(*raw, **kwargs) if kwargs else fn(*raw)
    except Exception as error:  # explain() raises; the calls that it answers are named there
        out = explain(error, fn, NAMES.get(fn, fn.__name__), args, kwargs, raw)
    y = new(Tensor)
    y._array = out if type(out) is ndarray else as_array(out)
    y._node = y._link = None
    if wanted is not None and (record := mode.record):
        if fn in RULES:
            y._node = node = Node()
            node.fn = fn  # one by one: as a tuple they would take twice as long
            node.raw = raw
            node.kwargs = kwargs
            node.out = y._array
            node.parents = parents
            node.born = next(clock)
            node.watch = None
            if record is not True:  # somebody looks on: see watching.py
                record(node)
        elif y._array.dtype.kind == "f":  # a comparison needs no rule
            raise NotImplementedError(f"{fn.__name__} has no derivative rule; detach() its inputs")
    return y


def apply_to(fn: Callable, x: Any, kwargs: dict = {}, view: bool = False) -> Any:  # noqa: B006
    """apply(fn, (x,), kwargs), sooner: most operations have one argument; a view notes its base."""
    if rebased and isinstance(x, Value):
        rebased[0](x)
    elif not isinstance(x, Tensor):
        return apply(fn, (x,), kwargs)
    array, place = x._array, x._node
    try:
        out = fn(array, **kwargs) if kwargs else fn(array)
    except Exception as error:
        out = explain(error, fn, NAMES.get(fn, fn.__name__), (x,), kwargs, [array])
    y = new(Tensor)
    y._array = out if type(out) is ndarray else as_array(out)
    y._node = None
    y._link = None if not view else x._link if type(x._link) is tuple else (x, place)
    if place is not None and (record := mode.record):
        if fn not in RULES:
            return apply(fn, (x,), kwargs)  # which says so, if it matters
        y._node = node = Node()
        node.fn = fn
        node.raw = [array]
        node.kwargs = kwargs
        node.out = y._array
        node.parents = (place,)
        node.born = next(clock)
        node.watch = None
        if record is not True:
            record(node)
    elif view and (place is not None or x._link is None):
        x._unrecorded(y)  # type: ignore[attr-defined]  # of Tensor: see views.py
    return y


# -- backward --------------------------------------------------------------------------------------
def backprop(
    roots: Sequence[tuple[Any, Any]],
    create_graph: bool = False,
    retain_graph: bool = False,
    targets: Collection[Any] | None = None,
    useful: Mapping[Any, bool] | None = None,
    rules_of: Callable[[Node], Any] | None = None,
) -> dict[Any, Any]:
    """The gradients at the leaves, or at the targets if there are any, given those at the roots.

    useful: the places on the way to targets, True where the way goes on.  rules_of: watching.py.

    Why in this order?  A tensor that was used twice gets a part of its gradient from each use, and
    may pass the sum on only when all are there.  A result is born after its arguments: the newest
    Node first, so all made of it has come before.  A queue does it without recursion.
    """
    grads: dict[Any, Any] = {}  # what has come together so far at each place reached
    queue: list[tuple[int, Any]] = []  # the Nodes among them, the newest first
    found: dict[Any, Any] = {}
    for place, g in roots:
        if place not in grads and place.born:
            heappush(queue, (-place.born, place))
        grads[place] = grads[place] + g if place in grads else g
    while queue:
        node = heappop(queue)[1]
        g, raw, kwargs = grads.pop(node), node.raw, node.kwargs
        if node.watch is not None:
            g = node.watch.show(g)
        if targets and node in targets:
            found[node] = g
            if useful and not useful[node]:
                continue  # no other target stands behind it: it does not run, and is not freed
        if raw is None:
            raise RuntimeError(FREED.format(NAMES[node.fn]))
        operands = (g, node.out, *raw)
        if create_graph:
            operands = (g, wrap(node.out, node), *map(as_value, raw, node.parents))
        if node.born < changes.last:  # something, somewhere, has been changed in place since
            operands = (g, *changes.without_stale(node, operands[1:], NAMES[node.fn]))
        rules, i = RULES[node.fn] if rules_of is None else rules_of(node), -1
        if type(rules) is not tuple:  # one rule for all arguments: part(k) needs no more than k
            part, operands, kwargs = rules(g, operands[2:], **kwargs), (), {}
            rules = part if type(part) is list else [partial(part, k) for k in range(len(raw))]
        for place in node.parents:
            i += 1
            if place is None or (useful is not None and place not in useful):
                continue
            rule, x = rules[i], raw[i]
            if rule is None:
                continue
            known = grads.get(place)
            try:
                gx = rule(*operands, **kwargs) if kwargs else rule(*operands)
                if gx.shape != x.shape:
                    gx = unbroadcast(gx, x.shape)
                if gx.dtype is not x.dtype:
                    gx = in_type(gx, x.dtype)
                if known is not None:  # used more than once: the parts of its gradient add up,
                    gx = known + gx  # in a new array, for a rule may have given either away
            except (FloatingPointError, RuntimeWarning):  # so np.seterr or a filter wants it
                gx = silently(rule, operands, kwargs, x, known)
            except Exception as error:
                explain_rule(error, node.fn, NAMES[node.fn], i, raw)
            grads[place] = gx
            if known is None and place.born:
                heappush(queue, (-place.born, place))
        if not retain_graph:
            node.raw, node.parents = None, ()
    for leaf, g in grads.items():
        if targets is None or leaf in targets:
            found[leaf] = g if leaf.watch is None else leaf.watch.show(g)
    return found


def as_value(x: Any, place: Node | Leaf | None) -> Any:
    """What an argument was when it was used: a Value again, if it was an array."""
    return wrap(x, place) if isinstance(x, ndarray) else x
