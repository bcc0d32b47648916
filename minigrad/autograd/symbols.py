"""Arrays that note what is done with them: how a recorded graph becomes a program.

A Symbol stands where an array would stand, and answers NumPy's protocols.  Whatever is computed
with it is computed at once, on the array behind it, and noted on a Tape.  So the engine and the
rules need no second form: apply and backprop run on Symbols as they run on arrays, and what they
did stands on the Tape, call by call, in the order and with the operands that they used.

A Symbol never gives away its numbers.  Code that asks for them (`if x > 0`, float(x), writing x
into another array) raises Whole, and is then noted as one call of the function of the formula
sheet that asked.  Outside of the sheet that is an error: a program cannot follow it.
"""

from __future__ import annotations

import operator
import os
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

FOLDER = os.path.dirname(__file__)
_FILES = (
    "derivatives", "derivatives_functions", "derivatives_linalg", "derivatives_nn",
    "derivatives_conv", "engine", "broadcasting",
)  # fmt: skip
SHEET = tuple(os.path.join(FOLDER, f"{name}.py") for name in _FILES)
PACKAGE, NUMPY = os.path.dirname(FOLDER), os.path.dirname(np.__file__)
IN_PLACE = os.path.join(PACKAGE, "inplace.py")
WORDS = tuple(os.path.join(PACKAGE, folder) for folder in ("ops", "nn"))

# NumPy's functions that give one array, whose shape does not hang on the numbers.
KNOWN = {
    np.where, np.sum, np.prod, np.mean, np.max, np.min, np.amax, np.amin, np.all, np.any, np.flip,
    np.roll, np.expand_dims, np.squeeze, np.transpose, np.swapaxes, np.moveaxis, np.reshape,
    np.ravel, np.broadcast_to, np.concatenate, np.stack, np.einsum, np.dot, np.matmul, np.diagonal,
    np.tril, np.triu, np.trace, np.take, np.take_along_axis, np.zeros_like, np.ones_like,
    np.empty_like, np.full_like, np.round, np.argmax, np.argmin, np.argsort, np.sort, np.cumsum,
    np.cumprod, np.clip, np.repeat, np.tile, np.outer, np.inner, np.tensordot, np.pad, np.copy,
    np.var, np.std, np.nan_to_num, np.count_nonzero, np.linalg.norm, np.linalg.inv,
    np.linalg.solve, np.linalg.det, np.lib.stride_tricks.sliding_window_view, np.searchsorted,
    np.array_equal, np.isclose, np.allclose,
}  # fmt: skip
# And those that look at shapes and types alone.
STATIC = {np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.may_share_memory}


class Whole(Exception):
    """Numbers were asked of an array that is followed on a tape: see the head of this file."""

    def __init__(self, tape: Any, final: bool = False) -> None:
        super().__init__("numbers were asked of an array that stands for others")
        self.tape, self.final = tape, final  # final: nor can the whole be one call of a program


def whole(
    error: Exception, fn: Callable, args: Any, kwargs: dict, other: Exception | None = None
) -> Any:
    """The call of fn as one step, if it failed because numbers were asked of a Symbol.

    Else the other error is raised; where there is none, the answer is None.
    """
    for asked in (error, error.__cause__, error.__context__):  # NumPy makes its own errors of some
        if isinstance(asked, Whole) and not asked.final:
            return asked.tape.whole(fn, args, kwargs)
    if other is not None:
        raise other
    return None


def as_array(x: Any) -> Any:
    """An array again, where NumPy made a scalar of one without dimensions."""
    symbolic = getattr(x, "as_array", None)
    return np.asarray(x) if symbolic is None else symbolic()


class _Following(threading.local):
    tape: Tape | None = None  # of whoever follows a function in this thread: see compiler/


following = _Following()


class Step:
    """One call on the Tape: what was called, on what, and the Symbol of what came out."""

    __slots__ = ("kind", "fn", "args", "kwargs", "out", "label")
    kind: (
        str  # "call", "method", "draw" (fn is its name), "get" (args: array, index), "set", "guard"
    )
    fn: Any
    args: tuple
    kwargs: dict[str, Any]
    out: Any
    label: Any  # what the Tape's user was at

    def __init__(self, kind: str, fn: Any, args: tuple, kwargs: dict, label: Any) -> None:
        self.kind, self.fn, self.args, self.kwargs, self.label = kind, fn, args, kwargs, label
        self.out = None

    def run(self, lookup: Callable[[Any], Any]) -> Any:
        """Do it once more, with other arrays for the Symbols."""
        args, kwargs = mapped(self.args, lookup), mapped(self.kwargs, lookup)
        if self.kind == "call":
            return self.fn(*args, **kwargs)
        if self.kind == "method":
            return getattr(args[0], self.fn)(*args[1:], **kwargs)
        if self.kind == "get":
            return args[0][args[1]]
        if self.kind == "draw":
            return getattr(args[0].numpy, self.fn)(*args[1:], **kwargs)
        if self.kind == "set":
            args[0][args[1]] = args[2]
        return None

    def symbols(self) -> Iterator[Symbol]:
        """The Symbols among its arguments."""
        return inside((self.args, self.kwargs))


class Tape:
    """What was done with Symbols, call by call."""

    def __init__(self, strict: bool = False) -> None:
        self.strict = strict  # only what has the same shapes whatever the numbers
        self.steps: list[Step] = []
        self.label: Any = None
        self.count = 0  # of Symbols
        self.inputs: dict[int, Symbol] = {}
        self.asked: tuple[str, int] | None = None  # who asked for numbers last, and was not caught
        self.notes: dict[int, tuple[dict, Symbol]] = {}  # the dicts that calls leave notes in
        self.versions: dict[int, Symbol] = {}  # what a Symbol means since a change in place
        self.viewed: set[int] = set()  # whose memory has views
        self.states: dict[Any, Any] = {}  # of the generators that were drawn from, before

    def symbol(self, value: Any) -> Symbol:
        """A Symbol for an array that comes from outside."""
        self.count += 1
        return Symbol(self, value, self.count)

    def note(self, kind: str, fn: Any, args: tuple, kwargs: dict[str, Any]) -> Any:
        """Do it, and note it."""
        if self.versions:
            args, kwargs = mapped(args, self.current), mapped(dict(kwargs), self.current)
        step = Step(kind, fn, args, dict(kwargs), self.label)
        value = step.run(value_of)
        if not isinstance(value, (np.ndarray, np.generic)):
            if fn in (np.array_equal, np.allclose):
                value = np.bool_(value)
            else:
                self.refuse(args)
        step.out = self.symbol(value)
        if isinstance(value, np.ndarray):
            memory = owner(value)
            for x in step.symbols():
                if owner(x.value) is memory:
                    step.out.root = x.root
                    self.viewed.add(x.root.number)
        self.steps.append(step)
        return step.out

    def current(self, x: Symbol) -> Symbol:
        """What a Symbol means by now."""
        return self.versions.get(x.number, x)

    def write(self, x: Symbol, value: Any) -> None:
        """x takes over the values, in place: from now on it means another array."""
        if x.root is not x or x.number in self.viewed:
            self.refuse(x)
        if not isinstance(value, Symbol) or value.strides != x.strides or value.dtype != x.dtype:
            value = self.note("call", np.full_like, (x, value), {})
        self.versions[x.number] = self.current(value)

    def draw(self, generator: Any, name: str, args: tuple, kwargs: dict) -> Any:
        """Random numbers, drawn anew whenever the program runs."""
        if generator not in self.states:
            self.states[generator] = generator.get_state()
        return self.note("draw", name, (generator, *args), kwargs)

    def whole(self, fn: Any, args: Any, kwargs: dict[str, Any]) -> Any:
        """One call of a function of the sheet that cannot be followed inside."""
        self.asked = None
        given = {k: self.noted(x) if type(x) is dict else x for k, x in kwargs.items()}
        out = self.note("call", fn, tuple(args), given)
        for name, own in kwargs.items():
            if type(given[name]) is Symbol and type(own) is dict:
                for key, value in given[name].value.items():  # what the call has left there
                    arrays = value if type(value) is tuple else (value,)
                    if key not in own and all(isinstance(x, np.ndarray) for x in arrays):
                        own[key] = self.left(given[name], key, value)
        return out

    def noted(self, own: dict) -> Any:
        """A Symbol for a dict in which a call leaves a note for its rules, or for who called it."""
        if id(own) in self.notes:
            return self.notes[id(own)][1]
        if self.label is not None and own:
            return own  # left by a call that could be followed
        own.clear()
        note = self.raw("call", dict, (), {})
        self.notes[id(own)] = own, note
        return note

    def left(self, note: Symbol, key: str, value: Any) -> Any:
        """What stands in a note: an array, or a tuple of arrays."""
        if type(value) is not tuple:
            return self.note("get", None, (note, key), {})
        both = self.raw("get", None, (note, key), value)
        return tuple([self.note("get", None, (both, i), {}) for i in range(len(value))])

    def raw(self, kind: str, fn: Any, args: tuple, value: Any) -> Symbol:
        """Note a step whose result is no array."""
        step = Step(kind, fn, args, {}, self.label)
        step.out = self.symbol(value)
        self.steps.append(step)
        return step.out

    def refuse(self, why: Any = None, final: bool = False) -> Any:
        """Say that numbers were asked for."""
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith((PACKAGE, NUMPY)):
            frame = frame.f_back
        if frame is not None:
            self.asked = (frame.f_code.co_filename, frame.f_lineno)
        raise Whole(self, final)

    def truth(self, x: Any) -> bool:
        """Whether x is true.  Asked by a check in ops/ or nn/, the answer becomes part of the
        program, which must find the same one each time.
        """
        frame: Any = sys._getframe(1)
        while frame.f_code.co_filename == __file__:
            frame = frame.f_back
        if not frame.f_code.co_filename.startswith(WORDS):
            self.refuse(x)
        answer = bool(x.value)
        self.steps.append(Step("guard", answer, (x,), {}, self.label))
        return answer


class Draws:
    """Stands for NumPy's generator of random numbers while a function is followed."""

    def __init__(self, tape: Tape, generator: Any) -> None:
        self._tape, self._generator = tape, generator

    def __getattr__(self, name: str) -> Callable:
        return lambda *args, **kwargs: self._tape.draw(self._generator, name, args, kwargs)


def value_of(x: Symbol) -> Any:
    """The array behind a Symbol."""
    return x.value


def owner(x: Any) -> Any:
    """The array that owns an array's memory."""
    while isinstance(x, np.ndarray) and isinstance(x.base, np.ndarray):
        x = x.base
    return x


def mapped(x: Any, change: Callable[[Any], Any]) -> Any:
    """The same tree of tuples, lists, dicts and slices with each Symbol changed."""
    kind = type(x)
    if kind is Symbol:
        return change(x)
    if kind is tuple or kind is list:
        return kind(mapped(item, change) for item in x)
    if kind is dict:
        return {k: mapped(v, change) for k, v in x.items()}
    if kind is slice:
        return slice(*(mapped(n, change) for n in (x.start, x.stop, x.step)))
    return x


def inside(x: Any) -> Iterator[Symbol]:
    """The Symbols in such a tree."""
    kind = type(x)
    if kind is Symbol:
        yield x
    elif kind is tuple or kind is list:
        for item in x:
            yield from inside(item)
    elif kind is dict:
        yield from inside(list(x.values()))


def _method(name: str) -> Callable:
    return lambda self, *args, **kwargs: self.tape.note("method", name, (self, *args), kwargs)


def _asks(self: Symbol, *args: Any, **kwargs: Any) -> Any:
    return self.tape.refuse(self)


def _looks(name: str) -> Any:
    return property(lambda self: getattr(self.value, name))


class Symbol(NDArrayOperatorsMixin):
    """Stands for an array on a Tape."""

    __slots__ = ("tape", "value", "number", "root", "__weakref__")

    def __init__(self, tape: Tape, value: Any, number: int) -> None:
        self.tape, self.value, self.number = tape, value, number
        self.root = self  # whose memory it is

    # NumPy's own functions look at the type; code that asks isinstance(x, np.ndarray) hears yes.
    __class__ = property(lambda self: np.ndarray)

    shape, ndim, size, dtype = map(_looks, ("shape", "ndim", "size", "dtype"))
    itemsize, nbytes, strides, flags = map(_looks, ("itemsize", "nbytes", "strides", "flags"))

    @property
    def base(self) -> Any:
        """Whose memory it is a view of."""
        return None if self.root is self else self.root

    @property
    def T(self) -> Any:
        """Transposed."""
        return self.transpose()

    def as_array(self) -> Symbol:
        """What NumPy made a scalar, as an array again: the engine does it with each result."""
        if isinstance(self.value, np.ndarray):
            return self
        return self.tape.note("call", np.asarray, (self,), {})

    reshape, swapaxes, transpose = map(_method, ("reshape", "swapaxes", "transpose"))
    astype, copy, view, squeeze = map(_method, ("astype", "copy", "view", "squeeze"))
    sum, prod, mean, max, min = map(_method, ("sum", "prod", "mean", "max", "min"))
    all, any, argmax, argmin = map(_method, ("all", "any", "argmax", "argmin"))
    dot, take, ravel, flatten = map(_method, ("dot", "take", "ravel", "flatten"))
    cumsum, cumprod, repeat, clip = map(_method, ("cumsum", "cumprod", "repeat", "clip"))
    diagonal, round, argsort = map(_method, ("diagonal", "round", "argsort"))

    item = tolist = tobytes = nonzero = fill = sort = put = resize = __array__ = _asks
    __float__ = __complex__ = __repr__ = __str__ = __contains__ = _asks
    __hash__ = object.__hash__

    def __getattr__(self, name: str) -> Any:
        if name[0] == "_":
            raise AttributeError(name)
        return self.tape.refuse(self)

    def __len__(self) -> int:
        return len(self.value)

    def __bool__(self) -> bool:
        return self.tape.truth(self)

    def __int__(self) -> int:
        n = int(self.value)
        return n if self.tape.truth(np.equal(self, n)) else 0

    __index__ = __int__

    def __getitem__(self, index: Any) -> Any:
        for i in index if type(index) is tuple else (index,):
            if self.tape.strict and isinstance(i, np.ndarray) and i.dtype == bool:
                self.tape.refuse(self, final=True)  # the shape hangs on the numbers
        return self.tape.note("get", None, (self, index), {})

    def __iter__(self) -> Iterator[Any]:
        return (self[i] for i in range(len(self)))

    def __setitem__(self, index: Any, value: Any) -> None:
        asker = sys._getframe(1).f_code.co_filename
        if asker == IN_PLACE and index is Ellipsis:
            self.tape.write(self, value)
            return
        if asker not in SHEET or self.root.number in self.tape.inputs:
            self.tape.refuse(self)
        step = Step("set", None, (self, index, value), {}, self.tape.label)
        step.run(value_of)
        self.tape.steps.append(step)

    def __pow__(self, other: Any) -> Any:  # which is not np.power: it has short cuts
        return self.tape.note("call", operator.pow, (self, other), {})

    def __rpow__(self, other: Any) -> Any:
        return self.tape.note("call", operator.pow, (other, self), {})

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *args: Any, **kwargs: Any) -> Any:
        out = kwargs.pop("out", None)
        if ufunc is np.divmod and out is None and not kwargs:
            return np.floor_divide(*args), np.remainder(*args)
        if method not in ("__call__", "reduce", "accumulate") or ufunc.nout > 1:
            self.tape.refuse(ufunc)
        if np.geterr()["divide"] == "raise":  # a check that the program would leave out
            self.tape.refuse(ufunc)
        if out is not None and out[0] is self is args[0] and self.number in self.tape.inputs:
            self.tape.write(self, self.__array_ufunc__(ufunc, method, *args, **kwargs))
            return self
        # y += b: the sheet does it to arrays of its own, of which y + b is the same.
        if out is not None and (out[0] is not args[0] or not _own(self.tape, out[0])):
            self.tape.refuse(ufunc)
        called = ufunc if method == "__call__" else getattr(ufunc, method)
        y = self.tape.note("call", called, args, kwargs)
        if out is not None and (y.shape != out[0].shape or y.dtype != out[0].dtype):
            self.tape.refuse(ufunc)
        return y

    def __array_function__(self, fn: Callable, types: Any, args: tuple, kwargs: dict) -> Any:
        if fn in STATIC:
            return fn(*mapped(args, value_of), **mapped(kwargs, value_of))
        if fn not in KNOWN or "out" in kwargs:
            self.tape.refuse(fn)
        return self.tape.note("call", fn, args, kwargs)


def _own(tape: Tape, x: Any) -> bool:
    """Was x made by the step before, in code of the sheet, so that nobody else holds it?"""
    frame: Any = sys._getframe(2)
    while frame.f_code.co_filename in (__file__, np.lib.mixins.__file__):
        frame = frame.f_back
    return (
        type(x) is Symbol
        and bool(tape.steps)
        and tape.steps[-1].out is x
        and x.root is x
        and frame.f_code.co_filename in SHEET
    )
