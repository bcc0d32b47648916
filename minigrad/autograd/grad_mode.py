"""Whether operations are being recorded: a switch that each thread has for itself."""

from __future__ import annotations

import functools
import threading
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
    _seen: Callable | None = None

    @property
    def enabled(self) -> bool:
        """Are operations being recorded?"""
        return self.record is not False

    @enabled.setter
    def enabled(self, wanted: bool) -> None:
        self.record = (self._seen or True) if wanted else False

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
            return _decorated(fn, cls._wanted)
        self = super().__new__(cls)
        self._before = []
        return self

    def __enter__(self) -> None:
        self._before.append(mode.enabled)
        mode.enabled = self._wanted

    def __exit__(self, *exc: Any) -> None:
        mode.enabled = self._before.pop()

    def __call__(self, fn: Callable) -> Callable:
        return _decorated(fn, self._wanted)


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
        return _decorated(fn, self._wanted)


def _switch(enabled: bool) -> bool:
    before, mode.enabled = mode.enabled, enabled
    return before


def _decorated(fn: Callable, wanted: bool) -> Callable:
    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        with enable_grad() if wanted else no_grad():
            return fn(*args, **kwargs)

    return call
