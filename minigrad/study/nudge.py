"""Raise one number a little, run the program again, and compare with what the gradient said."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autograd.engine import Leaf, Node
from .rerun import rerun
from .wrong import leaves_of

SMALL, LARGE = 0.001, 0.1  # near, where the gradient holds, and farther off
MOST = 8  # elements of a leaf
PATIENCE = 1.0  # seconds, after which each leaf has had its first and no more are tried


class Nudge(NamedTuple):
    """One element of a leaf raised by SMALL and by LARGE, and by how much the result rose."""

    leaf: Leaf
    at: tuple[int, ...]
    value: float
    gradient: float
    small: float
    large: float


def nudges(nodes: Sequence[Node], root: Node, grads: Mapping[Any, np.ndarray]) -> list[Nudge]:
    """For each leaf its elements of largest gradient, or all if they are few.

    The program runs in 64 bits, since a loss in 32 bits has no room for so small a difference.
    """
    used = {p: x.astype(np.float64) for p, x in leaves_of(nodes).items() if p in grads}
    started = time.process_time()
    precise = rerun(nodes, used, double=True)
    end = precise[root]
    before, below = float(end.out.sum()), {leaf: made_from(leaf, precise.values()) for leaf in used}
    found: list[Nudge] = []
    # Turn by turn, so that each leaf has its first before time is up.
    turns = [(k, leaf, at) for leaf in used for k, at in enumerate(chosen(grads[leaf]))]
    for k, leaf, at in sorted(turns, key=lambda turn: turn[0]):
        if k and time.process_time() - started > PATIENCE:
            break
        rises = []
        for eps in (SMALL, LARGE):
            raised = used[leaf].copy()
            raised[at] += eps
            rises.append(float(rerun(below[leaf], {leaf: raised})[end].out.sum()) - before)
        found.append(Nudge(leaf, at, float(used[leaf][at]), float(grads[leaf][at]), *rises))
    order = {leaf: k for k, leaf in enumerate(used)}
    return sorted(found, key=lambda n: (order[n.leaf], n.at))


def made_from(leaf: Leaf, nodes: Iterable[Node]) -> list[Node]:
    """Those of the Nodes, oldest first, that the leaf has a part in."""
    found: dict[Any, None] = {leaf: None}
    for node in nodes:
        if not found.keys().isdisjoint(node.parents):
            found[node] = None
    return [*found][1:]


def chosen(g: np.ndarray) -> list[tuple[int, ...]]:
    """The places of the largest gradients, largest first; all, if they are few."""
    flat = np.argsort(-np.abs(np.nan_to_num(g)).reshape(-1), kind="stable")[:MOST]
    return [tuple(int(i) for i in np.unravel_index(k, g.shape)) for k in flat]
