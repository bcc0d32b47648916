"""The second edition's two tools for classes in a notebook: arguments kept, methods added later."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["HyperParameters", "add_to_class"]


def add_to_class(Class: type) -> Callable[[Any], None]:
    """Make a function, written after a class, a method of it: a decorator.

    >>> class A:
    ...     pass
    >>> @add_to_class(A)
    ... def double(self, x):
    ...     return 2 * x
    >>> A().double(3)
    6
    """

    def add(method: Any) -> None:
        type.__setattr__(Class, method.__name__, method)

    return add


class HyperParameters:
    """A class whose objects keep the arguments of their `__init__` as attributes.

    >>> class B(HyperParameters):
    ...     def __init__(self, a, b, c):
    ...         self.save_hyperparameters(ignore=["c"])
    >>> b = B(a=1, b=2, c=3)
    >>> b.a, b.b, hasattr(b, "c"), b.hparams
    (1, 2, False, {'a': 1, 'b': 2})
    """

    hparams: dict[str, Any]

    def save_hyperparameters(self, ignore: Iterable[str] = ()) -> None:
        """Keep what the calling function has as local names, but self, ignored and private ones."""
        left_out = {*ignore, "self"}
        values = sys._getframe(1).f_locals
        self.hparams = {
            name: value
            for name, value in values.items()
            if name not in left_out and not name.startswith("_")
        }
        for name, value in self.hparams.items():
            setattr(self, name, value)
