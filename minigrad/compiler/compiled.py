"""minigrad.compile: follow a function once, write its NumPy program, and run that from then on."""

from __future__ import annotations

import functools
import operator
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from .. import dtypes
from ..autograd import engine, views
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
ARRAY, NODE = operator.attrgetter("_array"), operator.attrgetter("_node")
ONE = (True,)  # of one output the gradient is given
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
                if (read := entry.fits(tensors)) is not None:
                    try:
                        return entry.run(tensors, read, args, kwargs)
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
            return entry.run(tensors, list(map(ARRAY, entry.read)), args, kwargs)
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
        self.places: list[Any] = [None] * len(self.read)
        positions = self.followed.positions
        self.first = None if positions == list(range(len(tensors))) else positions
        self.views = any(link is not None for link in self.followed.links)
        self.generators = list(self.followed.tape.states)
        self.version = Version(self.followed, _name(fn))
        self.nowhere = [None] * (self.version.exposed + 1)

    def fits(self, tensors: list[Value]) -> list[np.ndarray] | None:
        """The arrays of what the function reads besides its arguments, if it would do the same
        again.
        """
        if len(tensors) > 1 and _pattern(tensors) != self.pattern:
            return None
        if not self.read_ids.isdisjoint(map(id, tensors)):
            return None
        arrays = list(map(ARRAY, self.read))
        if engine.rebased or not all(map(operator.is_, arrays, self.last)):
            if [_key(t, []) for t in self.read] != self.kinds:
                return None
            arrays = self.last = list(map(ARRAY, self.read))
        if not all(map(operator.is_, map(NODE, self.read), self.places)):
            self.places = list(map(NODE, self.read))
            if [place is None for place in self.places] != [kind[3] for kind in self.kinds]:
                return None
        return arrays if self.captured.unchanged() else None

    def run(self, tensors: list[Value], read: list[np.ndarray], args: tuple, kwargs: dict) -> Any:
        """Run the forward program, and put what it returns into the graph."""
        version = self.version
        own = tensors if self.first is None else [tensors[i] for i in self.first]
        every, arrays = own + self.read, [*map(ARRAY, own), *read]
        states = {g: g.get_state() for g in self.generators} if self.generators else {}
        try:
            found = version.forward(arrays)
        except Exception as error:  # what the function itself says to it is better
            for g, state in states.items():
                g.set_state(state)
            raise Otherwise from error
        n = version.outputs
        outs = list(map(wrap, found[:n]))
        if self.views:
            for y, link in zip(outs, self.followed.links, strict=True):
                if link is not None:
                    _link(y, (every if link[0] == "input" else outs)[link[1]], link[2:])
        for i in version.effects:
            mark_changed(arrays[i])
        differentiable = version.differentiable
        if differentiable:
            places = list(map(NODE, every))
            call = Call(self, version, every, places, args, kwargs, states)
            node = Node()
            node.fn, node.kwargs = compiled, {"call": call}
            # What only the way back will read is one more argument; but one by one what the user
            # sees, too, and may change before: the engine looks at each array.
            end = n + version.exposed
            node.raw = [*arrays, *found[n:end], found[end:]]
            node.parents = places + self.nowhere
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
                        _link(y, y._link[0], y._link[2:])
        return version.result(outs, every)


class Call:
    """One call of a program, as its Node remembers it."""

    __slots__ = ("entry", "version", "tensors", "places", "args", "kwargs", "states")

    def __init__(
        self, entry: Entry, version: Version, tensors: list[Value], places: list, args: tuple,
        kwargs: dict, states: dict,
    ) -> None:  # fmt: skip
        self.entry, self.version, self.tensors, self.places = entry, version, tensors, places
        self.args, self.kwargs, self.states = args, kwargs, states

    def again(self, xs: Any) -> Any:
        """Compute it once more."""
        outs = self.version.forward(list(xs[: len(self.places)]))
        many = self.version.differentiable
        return outs[many[0]] if len(many) == 1 else Bundle([outs[i] for i in many])

    def back(self, g: Any, xs: Any) -> list[Any]:
        """A function for each input that returns its gradient; None where there is none."""
        n = len(self.places)
        if isinstance(g, (Value, Bundle)):
            g = getattr(g, "_array", g) if isinstance(getattr(g, "_array", g), Bundle) else g
            gs = g.parts if type(g) is Bundle else [g]
            if any(isinstance(x, Value) for x in gs):
                return self._recorded(gs, xs[:n], True)
            wanted = tuple([x is not None for x in gs])
            given = [np.asarray(x) for x in gs if x is not None]
        else:
            gs, wanted, given = [g], ONE, [np.asarray(g)]
        if (run := self.version.backward(wanted)) is not None:
            return _gradients(self.version, wanted, run, [*xs[:-1], *xs[-1], *given])
        if all(isinstance(x, np.ndarray) for x in xs[:n]):
            return self._extended(wanted, xs[:n], given)
        return self._recorded(gs, xs[:n], False)  # something was changed in place since

    def _extended(self, wanted: tuple[bool, ...], xs: Any, given: list[Any]) -> list[Any]:
        """The same with a program that is written only now, for gradients of other outputs."""
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
        return _gradients(version, wanted, run, [*xs, *found[version.outputs :], *given])

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
        back: list[Any] = [None] * len(inputs)
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


class Sum(np.ndarray):
    """A gradient that came together from several uses of a tensor.

    Where the tensor was used elsewhere, too, the engine has other parts already, and without
    compile would add these to them one by one: so rounded, the sum is not the same.  `parts` is
    called only then.
    """

    parts: Callable[[], list] | None = None

    def __add__(self, other: Any) -> Any:
        return np.asarray(self) + other

    def __radd__(self, known: Any) -> Any:
        for part in (np.asarray(self),) if self.parts is None else self.parts():
            known = known + part
        return known


def _gradients(version: Version, wanted: tuple[bool, ...], run: Callable, given: list) -> list[Any]:
    """A function for each input that returns its gradient; None where there is none."""
    found = run(given)
    if version.several[wanted]:
        found = list(found)
        for i, at in version.several[wanted]:
            found[i] = np.asarray(found[i]).view(Sum)
            found[i].parts = functools.partial(_picked, version.parts(wanted), given, at)
    return [x if x is None else functools.partial(_given, x) for x in found]


def _link(y: Any, base: Any, names: tuple) -> None:
    """y is a view of the base, or of what that is a view of."""
    if type(base._link) is tuple:
        base = base._link[0]
    y._link = views.link(base, *names[:2]) if names else (base, base._node)


def _given(x: Any) -> Any:
    return x


def _picked(run: Callable, given: list, at: slice) -> list:
    return run(given)[at]


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
