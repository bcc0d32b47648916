"""What there is to draw of a recorded graph: a box for each result, leaf and array, and the edges.

A leaf has a box for each use, so that no edge runs across the whole picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autograd.changes import Stale
from ..autograd.engine import NAMES, Leaf, Node, Value
from ..autograd.watching import nodes_of
from . import values
from .naming import Names

NUMBERS = 2  # an array of so few is written into the box of the operation that uses it


class Box:
    """One result, one use of a leaf, one use of an array that needs no gradient, or a block."""

    __slots__ = ("kind", "op", "name", "place", "array", "number", "inside", "times", "notes")

    def __init__(self, kind: str, op: str, name: str, place: Any, array: Any) -> None:
        self.kind = kind  # "op", "leaf", "data" or "block"
        self.op, self.name = op, name  # what made it, and what the user calls it
        self.place, self.array = place, array
        self.number = -1  # in the order of drawing
        self.inside: list[Box] = []  # of a block: what it stands for,
        self.times = 1  # and how often that is repeated
        self.notes: list[str] = []  # the arguments, if plain numbers are among them

    @property
    def title(self) -> str:
        """The first line of the box."""
        if self.kind in ("op", "block"):
            return f"{self.op}({', '.join(self.notes)})" if self.notes else self.op
        return self.name or ("leaf" if self.kind == "leaf" else "data")

    def gradient(self) -> Any:
        """What .grad of the tensor holds: an array, or None."""
        tensor = None
        if isinstance(self.place, Leaf):
            tensor = self.place.variable
        elif self.place is not None and self.place.watch is not None:
            reference = self.place.watch.tensor
            tensor = reference() if reference is not None else None
        g = getattr(tensor, "_grad", None)
        return None if g is None else g._array


class Edge(NamedTuple):
    """From the box of an argument to the box of the result; argument is its position."""

    source: Box
    target: Box
    argument: int


class Graph(NamedTuple):
    """Boxes in an order of their making, the edges between them, and the classes of modules."""

    boxes: list[Box]
    edges: list[Edge]
    modules: Mapping[str, str]


FREED = (
    "the graph of {} has been freed, for backward() lets go of each step once it is done: draw and "
    "explain before backward(), or call backward(retain_graph=True)"
)


def roots_of(loss: Any) -> list[Node]:
    """The Nodes of one tensor, or of several; refuses what has no graph."""
    tensors = [loss] if isinstance(loss, Value) else list(loss)
    roots = []
    for t in tensors:
        if not isinstance(t, Value):
            raise TypeError(f"expected a Tensor or a sequence of Tensors, not {type(t).__name__}")
        if not isinstance(t._node, Node):
            raise RuntimeError(
                f"this tensor of shape {values.shape(t._array)} has no graph: nothing that needs a "
                "gradient was used to make it. Was it computed under no_grad(), detached, or made "
                "by hand?"
            )
        if t._node.raw is None:
            raise RuntimeError(FREED.format(values.shape(t._array)))
        roots.append(t._node)
    return roots


def graph_of(roots: Sequence[Node], names: Names) -> Graph:
    """The boxes and edges of what the roots were made from."""
    boxes: list[Box] = []
    edges: list[Edge] = []
    made: dict[Node, Box] = {}
    for node in nodes_of(*roots):
        box = Box("op", NAMES[node.fn], names.of(node, node.out), node, node.out)
        plain: dict[int, str] = {}
        for i, place in enumerate(node.parents):
            raw = node.raw[i] if node.raw is not None else None
            if isinstance(raw, Stale):
                raw = None  # written over since: there is nothing to show
            if isinstance(place, Node):
                source = made[place]
            elif isinstance(place, Leaf):
                source = Box("leaf", "", names.of(place, raw), place, raw)
                boxes.append(source)
            elif isinstance(raw, np.ndarray) and raw.size > NUMBERS:
                source = Box("data", "", names.of(None, raw), None, raw)
                boxes.append(source)
            else:
                if raw is not None and not isinstance(raw, (str, dict)):
                    plain[i] = values.brief(raw)
                continue
            edges.append(Edge(source, box, i))
        if plain:
            box.notes = [plain.get(i, "·") for i in range(len(node.parents))]
        boxes.append(box)
        made[node] = box
    return Graph(numbered(boxes), edges, names.modules)


def numbered(boxes: Iterable[Box]) -> list[Box]:
    """The boxes, each with its place in the list as its number."""
    boxes = list(boxes)
    for i, box in enumerate(boxes):
        box.number = i
    return boxes
