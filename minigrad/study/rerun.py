"""The recorded calls run forward once more, with other numbers in their leaves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..autograd.bundle import Bundle
from ..autograd.engine import Leaf, Node
from ..autograd.function import BackwardCFunction


def rerun(
    nodes: Sequence[Node],
    leaves: Mapping[Any, np.ndarray] = {},
    instead: Mapping[Node, Callable] = {},
    double: bool = False,
) -> dict[Any, Node]:
    """Copies of the Nodes, oldest first, with what comes out when leaves have these arrays.

    instead has other functions for some; double computes with 64 bits, so that a small difference
    of two results is not lost in their rounding.
    """
    made: dict[Any, Node] = {}
    for node in nodes:
        raw = []
        for place, x in zip(node.parents, node.raw or (), strict=True):
            if place in made:
                x = made[place].out
            elif isinstance(place, Leaf) and place in leaves:
                x = leaves[place]
            if double and isinstance(x, np.ndarray) and x.dtype.kind == "f":
                x = x.astype(np.float64)
            raw.append(x)
        parents = [made.get(p, p) for p in node.parents]
        if isinstance(node, BackwardCFunction):
            copy: Node = node.again(raw)
            copy.parents, copy.born = parents, node.born
        else:
            copy = Node()
            copy.fn, copy.raw, copy.parents = node.fn, raw, parents
            # A dict there is a rule's notebook, and the recorded one is not to be written.
            copy.kwargs = {k: dict(v) if type(v) is dict else v for k, v in node.kwargs.items()}
            out = instead.get(node, node.fn)(*raw, **copy.kwargs)
            copy.out = out if isinstance(out, Bundle) else np.asarray(out)  # type: ignore
            copy.born, copy.watch = node.born, None
        made[node] = copy
    return made


def faithful(nodes: Sequence[Node]) -> bool:
    """Does the program give the same bits again, so that a change in them has one cause only?"""
    try:
        again = rerun(nodes)
    except Exception:  # an operand was written over since
        return False
    return all(np.array_equal(copy.out, node.out, equal_nan=copy.out.dtype.kind == "f")
               for node, copy in again.items())  # fmt: skip
