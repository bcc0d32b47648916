"""minigrad.compile: follow a function once, write its NumPy program, and run that from then on."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import engine
from ..autograd.bundle import Bundle, output
from ..autograd.changes import clock, mark_changed
from ..autograd.derivatives import reshape
from ..autograd.engine import Leaf, Node, Value, apply, wrap
from ..autograd.grad_mode import enable_grad, mode
from ..autograd.gradients import grad
from ..autograd.program import compiled
from ..autograd.symbols import following
from .captured import PLAIN, Captured
from .follow import Otherwise, Refused, drawn_again, follow, returned, swapped
from .version import Version

KEPT = 8  # programs of one function: one more forgets the oldest
TRIES = 32  # so often a function is followed, or fails a check, before it is left as it is


def compile(model: Callable | None = None, *, fullgraph: bool = False, **options: Any) -> Any:
    """A function or nn.Module that does the same, bit for bit, as straight-line NumPy programs.

    The first call with new shapes, types or Python arguments follows the function and writes two
    programs, one forward and one backward; later calls run them.  What it returns takes part in
    the graph as ever.  A function that looks at numbers (`if loss > 1`, .item(), print) runs as it
    is, with one warning that names the line; with fullgraph=True that is a RuntimeError.  What is
    guaranteed and what is not stands in docs/compile.md.  torch's other options are accepted and
    mean nothing here.

    >>> @minigrad.compile
    ... def loss(w, x):
    ...     return (w * x).exp().sum()
    >>> w = tensor([0., 1.], requires_grad=True)
    >>> loss(w, tensor([1., 1.])).backward()
    >>> w.grad
    tensor([1.0000, 2.7183])
    """
    unknown = set(options) - {"dynamic", "backend", "mode", "options", "disable"}
    if unknown:
        raise TypeError(f"compile() got an unexpected keyword argument {sorted(unknown)[0]!r}")
    if model is None:
        return functools.partial(compile, fullgraph=fullgraph, **options)
    if not callable(model):
        raise TypeError(f"compile() takes a function or an nn.Module, not {type(model).__name__}")
    return model if options.get("disable") else Compiled(model, fullgraph)


class Compiled:
    """What minigrad.compile returns: call it as the function; `source` is the text that runs."""

    def __init__(self, fn: Callable, fullgraph: bool = False) -> None:
        functools.update_wrapper(self, fn, updated=())
        self._fn, self._fullgraph = fn, fullgraph
        self._entries: dict[Any, list[Entry]] = {}
        self._as_it_is = False
        self._tries = 0

    def __getattr__(self, name: str) -> Any:
        if name in ("_fn", "__wrapped__"):
            raise AttributeError(name)
        return getattr(self._fn, name)

    @property
    def source(self) -> str:
        """The programs written so far, as text."""
        return "\n".join(e.version.text for entries in self._entries.values() for e in entries)

    def __repr__(self) -> str:
        return f"<compiled {self._fn!r}>"

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._as_it_is or following.tape is not None:
            return self._fn(*args, **kwargs)
        record = mode.record
        if record is not True and record is not False:  # somebody watches each operation
            return self._fn(*args, **kwargs)
        tensors: list[Value] = []
        try:
            default = dtypes.get_default_dtype()
            key: Any = (record, default, *[_key(x, tensors) for x in args])
            if kwargs:
                key += tuple((k, _key(x, tensors)) for k, x in kwargs.items())
            entries = self._entries.get(key)
        except TypeError:  # an argument that cannot be hashed
            return self._fn(*args, **kwargs)
        if entries is not None:
            for entry in entries:
                if entry.fits(tensors):
                    try:
                        return entry.run(tensors, args, kwargs)
                    except Otherwise:
                        return self._missed(args, kwargs)
        return self._first(key, tensors, args, kwargs)

    def _first(self, key: Any, tensors: list[Value], args: tuple, kwargs: dict) -> Any:
        """Follow the function, and run what was written."""
        self._tries += 1
        try:
            if self._tries > TRIES:
                raise Refused(f"it was followed {TRIES} times: what it reads changes all the time")
            entry = Entry(self._fn, tensors, args, kwargs)
        except Refused as error:
            return self._refused(error, args, kwargs)
        known = self._entries.setdefault(key, [])
        known.append(entry)
        if sum(map(len, self._entries.values())) > KEPT:
            oldest = next(iter(self._entries))
            self._entries[oldest].pop(0)
            if not self._entries[oldest]:
                del self._entries[oldest]
        try:
            return entry.run(tensors, args, kwargs)
        except Otherwise:
            return self._missed(args, kwargs)

    def _missed(self, args: tuple, kwargs: dict) -> Any:
        """A check failed, or an operation: what the function itself does now is right."""
        result = self._fn(*args, **kwargs)
        self._tries += 1
        return result

    def _refused(self, error: Refused, args: tuple, kwargs: dict) -> Any:
        name = getattr(self._fn, "__qualname__", type(self._fn).__name__)
        if self._fullgraph:
            raise RuntimeError(f"minigrad.compile(fullgraph=True): {name} {error}") from error
        result = self._fn(*args, **kwargs)  # an error of the function's own is not ours
        self._as_it_is = True
        text = f"minigrad.compile: {name} runs as it is, for {error}"
        warnings.warn(text, UserWarning, stacklevel=4)
        return result


def _key(x: Any, tensors: list[Value]) -> Any:
    """What a program depends on in an argument; its tensors are appended."""
    if isinstance(x, Value):
        if engine.rebased:
            engine.rebased[0](x)
        tensors.append(x)
        a = x._array
        return a.shape, a.strides, a.dtype, x._node is None
    kind = type(x)
    if kind is tuple or kind is list:
        return (kind, *[_key(item, tensors) for item in x])
    if kind is dict:
        return (kind, *[(k, _key(item, tensors)) for k, item in x.items()])
    if kind is float:
        return kind, repr(x)
    if isinstance(x, np.ndarray):
        raise TypeError("an array may change between calls without a notice")
    return kind, x


class Entry:
    """A function's programs for one kind of arguments."""

    def __init__(self, fn: Callable, tensors: list[Value], args: tuple, kwargs: dict) -> None:
        self.fn = fn
        objects = (fn, *_objects((args, kwargs)))
        captured = Captured(objects)
        own = {id(t) for t in tensors}
        found = [(n, t) for k, (n, t) in captured.tensors.items() if k not in own]
        self.followed = follow(fn, tensors, found, args, kwargs)
        self.captured = Captured(objects)  # as it is after what following it has done
        self.read = self.followed.captured
        read = {id(t) for t in self.read}
        self.pattern = _pattern(tensors)
        self.within = [id(t) in read for t in tensors]
        self.read_ids = read
        self.kinds = [_key(t, []) for t in self.read]
        self.last: list[Any] = [None] * len(self.read)
        self.first = self.followed.positions
        self.views = any(link is not None for link in self.followed.links)
        self.generators = list(self.followed.tape.states)
        self.version = Version(self.followed, _name(fn))

    def fits(self, tensors: list[Value]) -> bool:
        """Would the function do the same again?"""
        if len(tensors) > 1 and _pattern(tensors) != self.pattern:
            return False
        for t in tensors:
            if id(t) in self.read_ids:
                return False
        for i, t in enumerate(self.read):
            if t._array is not self.last[i] or engine.rebased:
                if _key(t, []) != self.kinds[i]:
                    return False
                self.last[i] = t._array
            elif (t._node is None) is not self.kinds[i][3]:
                return False
        return self.captured.unchanged()

    def run(self, tensors: list[Value], args: tuple, kwargs: dict) -> Any:
        """Run the forward program, and put what it returns into the graph."""
        version = self.version
        every = [tensors[i] for i in self.first] + self.read
        arrays = [t._array for t in every]
        states = {g: g.get_state() for g in self.generators} if self.generators else {}
        try:
            found = version.forward(arrays)
        except Exception as error:  # what the function itself says to it is better
            for g, state in states.items():
                g.set_state(state)
            raise Otherwise from error
        n = version.outputs
        outs = [wrap(x) for x in found[:n]]
        if self.views:
            for y, link in zip(outs, self.followed.links, strict=True):
                if link is not None:
                    _link(y, (every if link[0] == "input" else outs)[link[1]], link[2:])
        for i in version.effects:
            mark_changed(arrays[i])
        differentiable = version.differentiable
        if differentiable:
            call = Call(self, version, every, args, kwargs, states)
            node = Node()
            more = [arrays[i] for i in version.more]
            node.fn, node.raw, node.kwargs = compiled, [*arrays, *more, *found[n:]], {"call": call}
            again = [call.places[i] for i in version.more]
            node.parents = [*call.places, *again, *[None] * (len(found) - n)]
            node.born, node.watch = next(clock), None
            if len(differentiable) == 1:
                y = outs[differentiable[0]]
                node.out, y._node = y._array, node
            else:
                node.out = Bundle([outs[i]._array for i in differentiable])  # type: ignore
                for k, i in enumerate(differentiable):
                    outs[i]._node = _part(node, k, outs[i]._array)
            if self.views:
                for y in outs:
                    if type(y._link) is tuple:
                        y._link = (y._link[0], y._link[0]._node, *y._link[2:])
        return version.result(outs, every)


class Call:
    """One call of a program, as its Node remembers it."""

    def __init__(
        self, entry: Entry, version: Version, tensors: list[Value], args: tuple, kwargs: dict,
        states: dict,
    ) -> None:  # fmt: skip
        self.entry, self.version, self.tensors, self.states = entry, version, tensors, states
        self.args, self.kwargs = args, kwargs
        self.places = [t._node for t in tensors]

    def again(self, xs: Any) -> Any:
        """Compute it once more."""
        outs = self.version.forward(list(xs[: len(self.places)]))
        many = self.version.differentiable
        return outs[many[0]] if len(many) == 1 else Bundle([outs[i] for i in many])

    def back(self, g: Any, xs: Any) -> list[Any]:
        """A function for each input that returns its gradient; None where there is none."""
        g = getattr(g, "_array", g) if isinstance(getattr(g, "_array", g), Bundle) else g
        gs = g.parts if type(g) is Bundle else [g]
        recorded = any(isinstance(x, Value) for x in (*gs, *xs))
        if not recorded:
            wanted = tuple([x is not None for x in gs])
            given = [x for x in gs if x is not None]
            n, more = len(self.places), len(self.version.more)
            if (run := self.version.backward(wanted)) is not None:
                grads = run([*xs[:n], *xs[n + more :], *given])
            else:
                grads = self._extended(wanted, xs[:n], given)
            if grads is not None:
                return [None if x is None else functools.partial(_given, x) for x in grads]
        return self._recorded(gs, xs[: len(self.places)], recorded)

    def _extended(self, wanted: tuple[bool, ...], xs: Any, given: list[Any]) -> Any:
        """The same with a program that is written only now, for gradients of other outputs."""
        if not all(isinstance(x, np.ndarray) for x in xs):
            return None  # something was changed in place since
        version = self.entry.version
        if version.backward(wanted) is None:
            version = self.entry.version = version.also(wanted, xs)
        arrays = list(xs)
        for i in version.effects:
            arrays[i] = arrays[i].copy()
        with drawn_again(self.states):
            found = version.forward(arrays)
        run = version.backward(wanted)
        assert run is not None
        grads = list(run([*xs, *found[version.outputs :], *given]))
        order = [*range(len(xs)), *self.version.more]  # what the Node of this call can hand out
        back = [None] * len(order)
        for i, x in zip([*range(len(xs)), *version.more], grads, strict=True):
            if x is not None:
                free = [k for k, m in enumerate(order) if m == i and back[k] is None]
                k = free[0] if free else max(k for k, m in enumerate(order) if m == i)
                back[k] = x if back[k] is None else back[k] + x
        return back

    def _recorded(self, gs: list[Any], xs: Any, create_graph: bool) -> list[Any]:
        """The same by the recorded way: the function itself runs once more, and is recorded."""
        with enable_grad():
            pairs = zip(xs, self.places, strict=True)
            inputs = [self._input(x, place, create_graph) for x, place in pairs]
            arrays, places = [x._array for x in inputs], [x._node for x in inputs]
            for i in self.version.effects:
                arrays[i] = arrays[i].copy()
            with drawn_again(self.states), swapped(self.tensors, arrays, places, None):
                result = self.entry.fn(*self.args, **self.kwargs)
                made = returned(result, {id(t) for t in self.tensors})
        outs = [made[i] for i in self.version.differentiable]
        asked = [i for i, g in enumerate(gs) if g is not None]
        wanted = [i for i, x in enumerate(inputs) if x._node is not None]
        found = grad(
            [outs[i] for i in asked], [inputs[i] for i in wanted],
            [gs[i] if isinstance(gs[i], Value) else wrap(gs[i]) for i in asked],
            create_graph=create_graph, allow_unused=True,
        )  # fmt: skip
        back: list[Any] = [None] * (len(inputs) + len(self.version.more))
        for i, g in zip(wanted, found, strict=True):
            if g is not None:
                back[i] = functools.partial(_given, g if create_graph else g._array)
        return back

    def _input(self, x: Any, place: Any, create_graph: bool) -> Any:
        """An input of that time, at a place of its own: there the walk ends."""
        if place is None:
            return wrap(getattr(x, "_array", x))
        if create_graph:
            return apply(reshape, (x,), {"shape": x._array.shape})
        y = wrap(x)
        y._node = Leaf(y)
        return y


def _link(y: Any, base: Any, names: tuple) -> None:
    """y is a view of the base, or of what that is a view of."""
    if type(base._link) is tuple:
        base = base._link[0]
    y._link = (base, base._node, *names)


def _given(x: Any) -> Any:
    return x


def _part(node: Node, k: int, array: np.ndarray) -> Node:
    part = Node()
    part.fn, part.raw, part.kwargs, part.out = output, [node.out], {"i": k}, array
    part.parents, part.born, part.watch = [node], next(clock), None
    return part


def _objects(x: Any) -> list[Any]:
    """What stands in arguments besides tensors and plain values: modules, functions."""
    if type(x) in (tuple, list):
        return [y for item in x for y in _objects(item)]
    if type(x) is dict:
        return _objects(list(x.values()))
    return [] if isinstance(x, (Value, *PLAIN)) else [x]


def _pattern(tensors: list[Value]) -> tuple[int, ...]:
    """Which arguments are one and the same tensor."""
    ids = list(map(id, tensors))
    return tuple(map(ids.index, ids))


def _name(fn: Callable) -> str:
    name = getattr(fn, "__name__", type(fn).__name__)
    return name if name.isidentifier() else "function"
