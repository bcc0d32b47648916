"""Operations of your own, forward and backward written by hand: torch.autograd.Function.

A call of such a class leaves one Node in the graph, which is the `ctx` that both methods are
given.  The engine walks it as any other: its one rule for all arguments calls backward().  Several
results stand together there as a Bundle, and each has a FunctionOutput on top.
"""

from __future__ import annotations

import functools
import inspect
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from . import changes, views
from .broadcasting import repeated
from .bundle import Bundle, output
from .changes import clock
from .engine import NAMES, RULES, Leaf, Node, Value, apply, rebased, rule, wrap
from .errors import tensor_words
from .grad_mode import mode, no_grad, set_grad_enabled
from .hooks import retain_after
from .packed import Packed
from .symbols import following

__all__ = ["BackwardCFunction", "Function", "FunctionCtx", "FunctionMeta", "once_differentiable"]

FREED = (
    "Trying to backward through the graph a second time (or directly access saved tensors after "
    "they have already been freed): those of {} have been freed. Specify retain_graph=True in the "
    "first backward() or grad() if you need the graph, or the saved tensors, again."
)
VIEW = (
    "Output {} is a view and is being modified inplace. This view was created inside a custom "
    "Function (or because an input was returned as-is) and the autograd logic to handle "
    "view+inplace would override the custom backward associated with the custom Function, leading "
    "to incorrect gradients. This behavior is forbidden. You can fix this by cloning the output of "
    "the custom Function."
)


class FunctionCtx:
    """What forward() and backward() of a Function share: the `ctx` that both are given."""

    needs_input_grad: tuple[bool, ...] = ()
    materialize_grads = True
    to_save: tuple = ()
    dirty_tensors: tuple = ()
    non_differentiable: tuple = ()

    def save_for_backward(self, *tensors: Any) -> None:
        """Keep tensors, or None, for backward(), which finds them in ctx.saved_tensors.

        To be called once, in forward() or setup_context(). backward() refuses a tensor that was
        changed in place in between.
        """
        self.to_save = tensors

    def save_for_forward(self, *tensors: Any) -> None:
        """Accepted for torch's sake: there is no forward mode here."""

    def mark_dirty(self, *args: Any) -> None:
        """Say which inputs forward() has changed in place; each of them must be returned."""
        self.dirty_tensors = args

    def mark_non_differentiable(self, *args: Any) -> None:
        """Say which outputs have no gradient; backward() gets zeros for them."""
        self.non_differentiable = args

    def set_materialize_grads(self, value: bool) -> None:
        """False: backward() gets None, and not zeros, for outputs that were not used."""
        self.materialize_grads = value


class BackwardCFunction(Node, FunctionCtx):
    """The Node of a call of a Function; each Function has a subclass of it."""

    _forward_cls: type[Function]
    _raw: Any = None
    _saved: tuple = ()
    _parts: Any = ()  # of several results: a weak reference to the Node of each
    _like: tuple = ()  # of each output, the shape and type; None for what is no tensor
    _at: tuple = ()  # which output each differentiable one is
    _names: tuple = ()  # of the arguments given by keyword

    @property
    def raw(self) -> Any:
        """The arrays and numbers it was called with; set to None once the graph is freed."""
        return self._raw

    @raw.setter
    def raw(self, value: Any) -> None:
        self._raw = value
        if value is None:
            self._saved = ()

    def name(self) -> str:
        """The name of the class, with "Backward" behind it, as torch writes it."""
        return type(self).__name__

    def part(self, output_nr: int) -> Any:
        """The place of one of its results."""
        if not self._parts:
            return self
        k = self._at.index(output_nr)
        known = self._parts[k]()
        if known is None:
            known = FunctionOutput()
            known.fn, known.raw, known.kwargs = output, [self.out], {"i": k}
            known.out, known.parents = self.out.parts[k], [self]  # type: ignore[attr-defined]
            known.born, known.watch = next(clock), None
            known.whole = self
            self._parts[k] = weakref.ref(known)
        return known

    def again(self, raw: Any) -> BackwardCFunction:
        """The Node of the same call on other arrays."""
        cls, ctx = self._forward_cls, type(self)()
        inputs = tuple(wrap(x.copy()) if isinstance(x, np.ndarray) else x for x in raw)
        places = list(self.parents) or [None] * len(inputs)
        positional = inputs[: len(inputs) - len(self._names)]
        named = dict(zip(self._names, inputs[len(positional) :], strict=True))
        found = _forward(cls, ctx, positional, named)
        _finished(ctx, inputs, places, found, True)
        return ctx

    @property
    def saved_tensors(self) -> tuple:
        """What save_for_backward() was given; RuntimeError once the graph has been freed."""
        if self._raw is None and self._like:
            raise RuntimeError(FREED.format(self.name()))
        return tuple(self._unpacked(*entry) if entry else None for entry in self._saved)

    def _unpacked(self, array: Any, place: Any, k: int | None) -> Any:
        if type(array) is Packed:
            array = array.array()
        elif self.born < changes.last and changes.changed_after(array, self.born):
            found = tensor_words(array)
            if k is not None:
                found += f", which is output {k} of {self.name()},"
            version = changes.version(array)
            raise RuntimeError(changes.MESSAGE.format(f"{found} is at version {version}"))
        if k is not None:
            place = self.part(k) if k in self._at else None
        if isinstance(place, Leaf) and (t := place.variable) is not None and t._array is array:
            return t
        return wrap(array, place)


class FunctionOutput(Node):
    """The Node of one of several results of a Function; its grad_fn is the one of all of them."""

    whole: BackwardCFunction

    @property
    def edge(self) -> tuple:
        """The Node of the call, and which of its results this is."""
        return self.whole, self.whole._at[self.kwargs["i"]]

    def name(self) -> str:
        """The name of the whole."""
        return self.whole.name()


class _Forward:
    """forward() of a Function as a function of arrays: what its Nodes say was called."""

    def __init__(self, cls: Any) -> None:
        self.__name__, self.__module__, self._cls = cls.__name__, cls.__module__, weakref.ref(cls)

    def __call__(self, *xs: Any, ctx: Any) -> Any:
        """Run it once more: for whoever measures, or wonders what other numbers would give."""
        return ctx.node.again(xs).out

    @property
    def parameters(self) -> tuple[str, ...]:
        """What forward() calls its arguments."""
        cls: Any = self._cls()
        code = getattr(inspect.unwrap(cls.forward), "__code__", None)
        names = code.co_varnames[: code.co_argcount] if code else ()
        return names if _sets_up(cls) else names[1:]

    def register(self) -> None:
        """Enter it among the operations, for as long as the class lives."""
        cls: Any = self._cls()
        rule(self, each=OwnRule(cls), name=cls.__name__)
        for table in (RULES, NAMES):
            weakref.finalize(cls, table.pop, self, None).atexit = False


class OwnRule:
    """The one rule of a Function: it calls the user's backward()."""

    def __init__(self, cls: Any) -> None:
        self.__name__, self._cls = f"{cls.__name__}.backward", weakref.ref(cls)

    @property
    def __code__(self) -> Any:  # rule_text.py shows the user's own lines
        return inspect.unwrap(_backward_of(self._cls())).__code__

    def __call__(self, g: Any, xs: Any, ctx: Any) -> list:
        return _gradients(ctx.node, g)


class _Own:
    """How the setting `ctx` of a Node leads to that Node, without holding it."""

    def __init__(self, node: Any) -> None:
        self._node = weakref.ref(node)

    @property
    def node(self) -> Any:
        """The Node."""
        return self._node()

    def __repr__(self) -> str:
        return "..."


class FunctionMeta(type):
    """Gives each Function its own class of Nodes."""

    def __init__(cls, name: str, bases: tuple, attrs: dict) -> None:
        super().__init__(name, bases, attrs)
        made = type(f"{name}Backward", (BackwardCFunction,), {"_forward_cls": cls})
        cls._backward_cls: Any = made
        cls._ran: Any = _Forward(cls)


class Function(metaclass=FunctionMeta):
    """An operation with a backward() of its own; as torch.autograd.Function.

    forward() runs on the tensors, unrecorded. backward() gets the gradient of each output and
    returns one for each argument of forward(), None for what has none; with create_graph=True it
    is recorded, and so can be differentiated again. A class may instead have forward() without ctx,
    and setup_context(ctx, inputs, output). Called as MyFunction.apply(...), never as an instance.

    >>> from minigrad.autograd import Function
    >>> class Square(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x * x
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return 2 * x * g
    >>> x = tensor(3.0, requires_grad=True)
    >>> y = Square.apply(x)
    >>> y.backward()
    >>> y, x.grad
    (tensor(9., grad_fn=<SquareBackward>), tensor(6.))
    """

    generate_vmap_rule = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        warnings.warn(
            f"{type(self)} should not be instantiated. Methods on autograd functions are all "
            "static, so you should invoke them on the class itself. Instantiating an autograd "
            "function will raise an error in a future version.",
            DeprecationWarning,
            stacklevel=2,
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise RuntimeError(
            "Legacy autograd function with non-static forward method is deprecated. Please use "
            f"new-style autograd function with static forward method: {type(self).__name__}"
            ".apply(...)"
        )

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """The operation; every Function writes its own."""
        raise NotImplementedError(
            "You must implement the forward function for custom autograd.Function."
        )

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> Any:
        """What is to be kept for backward(), where forward() has no ctx."""
        raise NotImplementedError("setup_context is not implemented.")

    @staticmethod
    def backward(ctx: Any, *grad_outputs: Any) -> Any:
        """The gradients of the arguments, from those of the outputs."""
        raise NotImplementedError(
            "You must implement either the backward or vjp method for your custom "
            f"autograd.Function to use it with backward mode AD: {_user(ctx)} has none."
        )

    vjp = backward

    @staticmethod
    def jvp(ctx: Any, *grad_inputs: Any) -> Any:
        """Forward mode, which does not exist here: minigrad.func.jvp() does without."""
        raise NotImplementedError(
            f"You must implement the jvp function for custom autograd.Function: {_user(ctx)}; but "
            "there is no forward mode here"
        )

    @staticmethod
    def vmap(info: Any, in_dims: Any, *args: Any) -> Any:
        """Not called: minigrad.func.vmap() runs forward() on each slice."""
        raise NotImplementedError("minigrad.func.vmap() runs a Function on each slice")

    @classmethod
    def apply(cls, *args: Any, **kwargs: Any) -> Any:
        """Run forward(); where a gradient is wanted, remember the call."""
        if following.tape is not None:
            raise NotImplementedError(f"{cls.__name__} is an autograd.Function")
        if _sets_up(cls):  # forward() may have defaults: backward() returns a gradient for them too
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args, kwargs = bound.args, {}
        inputs = (*args, *kwargs.values())
        for x in inputs if rebased else ():
            if isinstance(x, Value):
                views.refresh(x)
        ctx = cls._backward_cls()
        places = [x._node if isinstance(x, Value) else None for x in inputs]
        ctx.needs_input_grad = tuple([place is not None for place in places])
        found = _forward(cls, ctx, args, kwargs)
        made = _finished(ctx, inputs, places, found, mode.record is not False and any(places))
        if mode.seen is not None and ctx.parents:
            for node in (ctx, *filter(None, (part() for part in ctx._parts))):
                mode.seen(node)
        return made


def _sets_up(cls: Any) -> bool:
    return cls.setup_context is not Function.setup_context


def _forward(cls: Any, ctx: Any, args: tuple, kwargs: dict) -> Any:
    """Run forward(), and setup_context() if there is one, unrecorded."""
    ctx.fn, ctx.watch, ctx.parents, ctx._names = cls._ran, None, (), tuple(kwargs)
    with no_grad():
        if not _sets_up(cls):
            return cls.forward(ctx, *args, **kwargs)
        found = cls.forward(*args)
        cls.setup_context(ctx, args, found)
        return found


def _user(ctx: Any) -> str:
    return getattr(ctx, "_forward_cls", type(ctx)).__name__


# -- behind forward() ------------------------------------------------------------------------------
def _finished(ctx: Any, inputs: tuple, places: list, found: Any, recorded: bool) -> Any:
    """What forward() returned, as results of the Node ctx if that is to be recorded."""
    outs = list(found) if isinstance(found, tuple) else [found]
    given = {id(x): i for i, x in enumerate(inputs) if isinstance(x, Value)}
    dirty = {id(x) for x in ctx.dirty_tensors}
    flat = {id(x) for x in ctx.non_differentiable}
    _check_dirty(ctx, inputs, given, outs, recorded)
    ctx._like = tuple(
        (x._array.shape, x._array.dtype) if isinstance(x, Value) else None for x in outs
    )
    made = list(outs)
    seen: set[int] = set()
    for k, x in enumerate(outs):
        if isinstance(x, Value):
            changed = id(x) in dirty and id(x) in given
            if not changed and (id(x) in given or id(x) in seen or _has_place(x)):
                made[k] = wrap(x._array.view())  # an input as it is: a tensor of its own, a view
                if recorded or x._node is None:
                    made[k]._link = (views.base_of(x) or x, None)
            seen.add(id(x))
    at = [
        k
        for k, x in enumerate(outs)
        if isinstance(x, Value) and x._array.dtype.kind == "f" and id(x) not in flat
    ]
    if recorded and at:
        _record(ctx, inputs, places, outs, made, at, dirty)
    ctx.to_save = ctx.dirty_tensors = ctx.non_differentiable = ()
    return tuple(made) if isinstance(found, tuple) else made[0]


def _check_dirty(ctx: Any, inputs: tuple, given: dict, outs: list, recorded: bool) -> None:
    back = {id(x) for x in outs}
    for x in ctx.dirty_tensors:
        if id(x) not in given:
            warnings.warn(
                "ctx.mark_dirty() received a tensor that was not an input. Only input Tensors that "
                "have been mutated should be passed to ctx.mark_dirty().",
                stacklevel=4,
            )
            continue
        changes.mark_changed(x._array)
        if recorded:
            base = views.base_of(x)
            if base is not None and isinstance(base._node, Leaf):
                raise RuntimeError(views.LEAF)
            if base is None and isinstance(x._node, Leaf):
                raise RuntimeError(
                    "a leaf Variable that requires grad has been used in an in-place operation. "
                    f"{_user(ctx)} has changed it: give it a clone()"
                )
        if id(x) not in back:
            raise RuntimeError(
                "Some elements marked as dirty during the forward method were not returned as "
                "output. The inputs that are modified inplace must all be outputs of the Function: "
                f"{_user(ctx)}."
            )


def _record(
    ctx: Any, inputs: tuple, places: list, outs: list, made: list, at: list, dirty: set[int]
) -> None:
    """Make ctx the Node of these results."""
    if ctx.fn not in RULES:
        ctx.fn.register()
    ctx.raw = [x._array if isinstance(x, Value) else x for x in inputs]
    ctx.kwargs, ctx.parents, ctx._at = {"ctx": _Own(ctx)}, places, tuple(at)
    ctx._saved = tuple(_entries(ctx, inputs, outs, made, dirty))
    ctx.born = next(clock)
    if len(outs) == 1:
        ctx.out, ctx._parts = made[0]._array, ()
        nodes = [ctx]
    else:
        ctx.out = Bundle([made[k]._array for k in at])
        ctx._parts = [_nothing] * len(at)
        nodes = [ctx.part(k) for k in at]
    for k, node in zip(at, nodes, strict=True):
        y = made[k]
        before, link = y._node, y._link
        if id(outs[k]) in dirty and y is outs[k]:
            if views.base_of(y) is not None:
                views.write_through(y, wrap(y._array.copy(), node), views.base_of(y)._node)
            else:
                y._node = node
                views.note_rebased()
            retain_after(y, before, y._node)
            continue
        y._node = node
        if type(link) is tuple and views.shares(y, link[0]):
            number = f"{k} of {_user(ctx)}"
            y._link = views.link(link[0], number, VIEW if len(outs) == 1 else views.SEVERAL)


def _has_place(x: Value) -> bool:
    """Does it require a gradient by itself, and not for being a view of an input?"""
    return x._node is not None and type(x._node) is not views.Nowhere


def _nothing() -> None:
    """Stands for a weak reference to a Node that is not made yet."""


def _entries(ctx: Any, inputs: tuple, outs: list, made: list, dirty: set[int]) -> Any:
    """What is saved: of each tensor the array, the place, and which output it is, if it is one."""
    for i, t in enumerate(ctx.to_save):
        if t is None:
            yield None
            continue
        if not isinstance(t, Value):
            raise TypeError(
                f"save_for_backward can only save variables, but argument {i} is of type "
                f"{type(t).__name__}"
            )
        as_input = any(t is x for x in inputs) and id(t) not in dirty
        k = None if as_input else next((k for k, x in enumerate(outs) if x is t), None)
        yield t._array, t._node if k is None else None, k


# -- the way back ----------------------------------------------------------------------------------
def _backward_of(cls: Any) -> Callable:
    if cls.backward is not Function.backward and cls.vjp is not Function.vjp:
        raise RuntimeError(
            "Implementing both 'backward' and 'vjp' for a custom Function is not allowed. You "
            f"should only implement one of them: {cls.__name__} has both."
        )
    return cls.vjp if cls.vjp is not Function.vjp else cls.backward


def _gradients(ctx: Any, g: Any) -> list:
    """What backward() gives to each input, as a function without arguments; None for nothing."""
    parts = g.parts if isinstance(g, Bundle) else [g]
    recorded = any(isinstance(x, Value) for x in parts)
    given = dict(zip(ctx._at, parts, strict=True))
    outputs: list[Any] = []
    for k, like in enumerate(ctx._like):
        x = given.get(k)
        if x is None and like is not None and ctx.materialize_grads:
            x = np.zeros(*like)
        outputs.append(x if x is None or isinstance(x, Value) else wrap(np.asarray(x)))
    with set_grad_enabled(recorded):
        found = _backward_of(ctx._forward_cls)(ctx, *outputs)
    found = list(found) if isinstance(found, tuple) else [found]
    n, name = len(ctx.raw), ctx.name()
    while len(found) > n and found[-1] is None:
        found.pop()
    if len(found) != n:
        raise RuntimeError(
            f"function {name} returned an incorrect number of gradients (expected {n}, got "
            f"{len(found)})"
        )
    return [_checked(ctx, i, x, recorded) for i, x in enumerate(found)]


def _checked(ctx: Any, i: int, x: Any, recorded: bool) -> Callable | None:
    if x is None:
        return None
    name, like = ctx.name(), ctx.raw[i]
    if not isinstance(x, Value):
        raise RuntimeError(
            f"expected Variable or None (got {type(x).__name__}): backward of {name} returned it "
            f"at position {i + 1}"
        )
    if not isinstance(like, (np.ndarray, changes.Stale)):
        raise RuntimeError(
            f"function {name} returned a gradient different than None at position {i + 1}, but the "
            "corresponding forward input was not a Variable"
        )
    if ctx.parents[i] is None:
        return None
    if x._array.shape != like.shape:
        try:
            repeated(x._array.shape, like.shape)
        except ValueError:
            raise RuntimeError(
                f"Function {name} returned an invalid gradient at index {i} - got "
                f"{list(x._array.shape)} but expected shape compatible with {list(like.shape)}"
            ) from None
    if x._array.dtype.kind != "f":
        x = wrap(x._array.astype(like.dtype))
    return functools.partial(_given, x if recorded else x._array)


def _given(x: Any) -> Any:
    return x


# -- once, and not twice ---------------------------------------------------------------------------
def once_differentiable(fn: Callable) -> Callable:
    """Decorator of a backward() that cannot be differentiated again: who tries is told so."""

    @functools.wraps(fn)
    def backward(ctx: Any, *args: Any) -> Any:
        with no_grad():
            found = fn(ctx, *args)
        if not mode.enabled or not any(isinstance(x, Value) and x._node is not None for x in args):
            return found
        wanted = tuple(x for x in args if isinstance(x, Value) and x._node is not None)
        return (
            tuple(_once(x, wanted) for x in found)
            if isinstance(found, tuple)
            else _once(found, wanted)
        )

    return backward


def _once(x: Any, wanted: tuple) -> Any:
    return apply(delayed_error, (wrap(x._array), *wanted)) if isinstance(x, Value) else x


def delayed_error(x: Any, *others: Any) -> Any:
    """x, whose derivative is refused."""
    return x.copy()


def _twice(g: Any, xs: Any) -> Any:
    raise RuntimeError(
        "trying to differentiate twice a function that was marked with @once_differentiable"
    )


rule(delayed_error, each=_twice)
