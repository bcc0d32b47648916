"""What the user can ask of a place in the graph: torch.autograd.graph.Node.

The engine's Node (a call that was recorded) and Leaf (where a gradient ends) inherit it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from .changes import Stale

Watch: Any  # who looks at a place; hooks.py, which stands above this file, says what that is
careful: list[Callable] = []  # empty; and the walk that minds hooks of Nodes, once there are some
# torch makes a tensor of a number here, and that has an edge, too.
TENSORS = {np.add, np.subtract, np.multiply, np.divide, np.where}


def watch_class(cls: type) -> type:
    """Class decorator: let places make instances of this class."""
    global Watch
    Watch = cls
    return cls


class GradientEdge(NamedTuple):
    """A place in the graph, and which of its results: what a tensor's gradient is asked for by."""

    node: Any
    output_nr: int = 0
    ownership_token: Any = None


class Place:
    """A place in the graph."""

    __slots__ = ()
    watch: Any
    name: Callable[[], str]

    def __repr__(self) -> str:
        return f"<{self.name()}>"

    @property
    def edge(self) -> tuple:
        """The place as its users' next_functions give it: itself, and which of its results."""
        return self, 0

    def part(self, output_nr: int) -> Any:
        """The place of one of its results."""
        return self

    @property
    def metadata(self) -> dict:
        """A dict for whatever the user wants to note here."""
        return watch_at(self).metadata

    def register_hook(self, fn: Callable) -> Any:
        """Call fn(grad_inputs, grad_outputs), two tuples, whenever the rules here have run.

        A tuple that it returns replaces grad_inputs. Returns a handle; its remove() takes the hook
        away.

        >>> import minigrad
        >>> x = minigrad.tensor([1., 2.], requires_grad=True)
        >>> y = x.exp()
        >>> handle = y.grad_fn.register_hook(lambda inputs, outputs: (inputs[0] * 0,))
        >>> y.sum().backward()
        >>> x.grad
        tensor([0., 0.])
        """
        return watch_at(self).register("post", fn)

    def register_prehook(self, fn: Callable) -> Any:
        """Call fn(grad_outputs), a tuple, whenever the rules here are about to run.

        A tuple that it returns replaces grad_outputs.
        """
        return watch_at(self).register("pre", fn)


def watch_at(place: Any) -> Any:
    """The Watch at a place, a new one if there is none yet."""
    if place.watch is None:
        place.watch = Watch()
    return place.watch


def tensors_among(fn: Callable, raw: Sequence[Any], rules: Any) -> list[int]:
    """Which arguments of a call are tensors that could have a gradient, as torch counts them."""
    found = []
    for i, x in enumerate(raw):
        number = fn in TENSORS and x is not None and (i > 0 or fn is not np.subtract)
        if number or isinstance(x, (np.ndarray, Stale)):
            if type(rules) is not tuple or rules[i] is not None:
                found.append(i)
    return found


def edges(fn: Callable, parents: Sequence[Any], raw: Any, rules: Any) -> tuple:
    """An edge for each argument that could have a gradient: to a place, or (None, 0)."""
    places = [parents[i] for i in tensors_among(fn, raw or (), rules)]
    return tuple((None, 0) if place is None else place.edge for place in places)
