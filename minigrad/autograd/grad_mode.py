"""Whether operations are being recorded: a switch that each thread has for itself."""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import Any


class _Mode(threading.local):
    """What apply() has to know, in one look: record is False, or True, or who wants to see each
    Node that is recorded.
    """

    record: Any = True
    walk: Callable | None = None  # called in place of backprop, while somebody watches:
    watchers: tuple = ()  # these, see watching.py; and
    rule: Any = None  # the Node whose rule is just running
    back: Any = None  # the walk back that is under way, where hooks have to know (hooks.py)
    targeted: bool = False  # and whether it was asked for the gradients of some places only
    packers: tuple = ()  # the pairs of saved_tensors_hooks that are on, see saving.py;
    pack: Any = None  # what shows a Node to them;
    no_packing: str | None = None  # and why there may be none
    _seen: Callable | None = None

    inference: bool = False  # nothing is recorded, whatever else is said
    _wanted: bool = True

    @property
    def enabled(self) -> bool:
        """Are operations to be recorded, where inference_mode does not forbid it?"""
        return self._wanted

    @enabled.setter
    def enabled(self, wanted: bool) -> None:
        self._wanted = wanted
        self.record = (self._seen or True) if wanted and not self.inference else False

    @property
    def seen(self) -> Callable | None:
        """Who is called with each Node that is recorded, while somebody watches."""
        return self._seen

    @seen.setter
    def seen(self, watcher: Callable | None) -> None:
        self._seen = watcher
        self.enabled = self.enabled


mode = _Mode()


def is_grad_enabled() -> bool:
    """Are operations being recorded, in this thread?

    >>> is_grad_enabled()
    True
    """
    return mode.enabled


class no_grad:
    """Do not record operations: for a with block, or for each call of a decorated function.

    >>> with no_grad():
    ...     is_grad_enabled()
    False
    """

    _wanted = False
    _before: list[bool]  # a stack, so that one object can be entered again

    def __new__(cls, fn: Callable | None = None) -> Any:
        if fn is not None:  # @no_grad without parentheses
            return _decorated(fn, cls)
        self = super().__new__(cls)
        self._before = []
        return self

    def __enter__(self) -> None:
        self._before.append(mode.enabled)
        mode.enabled = self._wanted

    def __exit__(self, *exc: Any) -> None:
        mode.enabled = self._before.pop()

    def __call__(self, fn: Callable) -> Callable:
        return _decorated(fn, type(self))


class enable_grad(no_grad):
    """Record operations again inside a no_grad block: for a with block, or as a decorator.

    >>> with no_grad(), enable_grad():
    ...     is_grad_enabled()
    True
    """

    _wanted = True


class set_grad_enabled:
    """Record operations or not: from now on, for a with block, or as a decorator.

    >>> with set_grad_enabled(False):
    ...     is_grad_enabled()
    False
    """

    def __init__(self, mode: bool) -> None:
        self._wanted = bool(mode)
        self._before = _switch(self._wanted)

    def __enter__(self) -> None:
        _switch(self._wanted)

    def __exit__(self, *exc: Any) -> None:
        _switch(self._before)

    def __call__(self, fn: Callable) -> Callable:
        _switch(self._before)  # a decorator changes nothing before the call
        return _decorated(fn, functools.partial(set_grad_enabled, self._wanted))


def _switch(enabled: bool) -> bool:
    before, mode.enabled = mode.enabled, enabled
    return before


class inference_mode:
    """Record nothing, not even inside enable_grad(): for a with block, or as a decorator.

    inference_mode(False) ends it for a while. torch also marks what is made in it as unfit for
    later gradients; here such a tensor is one like any other that requires no gradient.

    >>> w = tensor(2.0, requires_grad=True)
    >>> with inference_mode():
    ...     (w * w).requires_grad, is_inference_mode_enabled()
    (False, True)
    """

    _wanted: bool
    _before: list[tuple[bool, bool]]

    def __new__(cls, mode: Any = True) -> Any:
        if callable(mode):  # @inference_mode without parentheses
            return cls()(mode)
        self = super().__new__(cls)
        self._wanted, self._before = bool(mode), []
        return self

    def __enter__(self) -> None:
        self._before.append((mode.inference, mode.enabled))
        mode.inference = self._wanted
        mode.enabled = not self._wanted

    def __exit__(self, *exc: Any) -> None:
        mode.inference, mode.enabled = self._before.pop()

    def __call__(self, fn: Callable) -> Callable:
        return _decorated(fn, functools.partial(type(self), self._wanted))


def is_inference_mode_enabled() -> bool:
    """Is inference_mode on, in this thread?

    >>> is_inference_mode_enabled()
    False
    """
    return mode.inference


def _decorated(fn: Callable, block: Callable) -> Callable:
    """fn, each call of which runs inside a with block of its own."""
    if inspect.isgeneratorfunction(fn):
        return _decorated_generator(fn, block)
    if inspect.isclass(fn):
        warnings.warn(
            "Decorating classes is deprecated and will be disabled in future versions. You should "
            "only decorate functions or methods. To preserve the current behavior of class "
            "decoration, you can directly decorate the `__init__` method and nothing else.",
            FutureWarning,
            stacklevel=3,
        )

    @functools.wraps(fn, updated=() if inspect.isclass(fn) else ("__dict__",))
    def call(*args: Any, **kwargs: Any) -> Any:
        with block():
            return fn(*args, **kwargs)

    return call


def _decorated_generator(fn: Callable, block: Callable) -> Callable:
    """A generator's own code runs inside the block; what its user does in between does not."""

    @functools.wraps(fn)
    def generate(*args: Any, **kwargs: Any) -> Any:
        generator = fn(*args, **kwargs)
        step: Callable = generator.send
        given: tuple = (None,)
        try:
            while True:
                with block():
                    item = step(*given)
                try:
                    step, given = generator.send, ((yield item),)
                except GeneratorExit:
                    with block():
                        generator.close()
                    raise
                except BaseException as error:
                    step, given = generator.throw, (error,)
        except StopIteration as stop:
            return stop.value

    return generate
