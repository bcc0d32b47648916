"""Where to draw the boxes of a graph: in layers, with few crossings and straight edges.

The steps are Sugiyama's: give each box a layer, let a long edge hold a place in every layer that it
passes, order the layers by medians, and then pull each box towards its neighbours.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Hashable, Sequence
from typing import Any, NamedTuple

SWEEPS, PULLS = 12, 16  # rounds of ordering, and of straightening
THIN = 8.0  # the width that a passing edge takes


class Layout(NamedTuple):
    """Centres of boxes, the layer of each, the points that each edge passes, and the width."""

    x: dict[Any, float]
    layer: dict[Any, int]
    paths: list[list[tuple[float, int]]]
    width: float


def layered(
    nodes: Sequence[Hashable],
    edges: Sequence[tuple[Hashable, Hashable]],
    width: Callable[[Any], float],
    gap: float = 24.0,
) -> Layout:
    """Place the nodes of an acyclic graph, sources first; they come in an order of their making.

    >>> plan = layered("abc", [("a", "c"), ("b", "c")], lambda node: 10.0, gap=2.0)
    >>> plan.x, plan.layer
    ({'a': 5.0, 'b': 17.0, 'c': 11.0}, {'a': 0, 'b': 0, 'c': 1})
    """
    layer = _layers(nodes, edges)
    wide: dict[Any, float] = {n: width(n) for n in nodes}
    above: dict[Any, list] = {n: [] for n in nodes}
    below: dict[Any, list] = {n: [] for n in nodes}
    chains = []
    for number, (a, b) in enumerate(edges):
        passed = [("edge", number, r) for r in range(layer[a] + 1, layer[b])]
        for r, place in enumerate(passed, layer[a] + 1):
            layer[place], wide[place], above[place], below[place] = r, THIN, [], []
        chain = [a, *passed, b]
        for p, q in zip(chain, chain[1:], strict=False):
            below[p].append(q)
            above[q].append(p)
        chains.append(chain)
    rows: list[list] = [[] for _ in range(max(layer.values(), default=-1) + 1)]
    for place, r in layer.items():
        rows[r].append(place)
    rows = _ordered(rows, above, below, wide, gap)
    x = _straightened(rows, above, below, wide, gap)
    left = min((x[n] - wide[n] / 2 for n in x), default=0.0)
    x = {n: x[n] - left for n in x}
    paths = [[(x[p], layer[p]) for p in chain] for chain in chains]
    right = max((x[n] + wide[n] / 2 for n in x), default=0.0)
    return Layout({n: x[n] for n in nodes}, {n: layer[n] for n in nodes}, paths, right)


def _layers(nodes: Sequence[Any], edges: Sequence[tuple[Any, Any]]) -> dict[Any, int]:
    """Each node one layer below the lowest it was made of.

    But what only leads to one place, as a leaf does, stands just above that place.
    """
    above: dict[Any, list] = {n: [] for n in nodes}
    below: dict[Any, list] = {n: [] for n in nodes}
    for a, b in edges:
        below[a].append(b)
        above[b].append(a)
    layer: dict[Any, int] = {}
    loose: dict[Any, bool] = {}
    for n in nodes:
        layer[n] = 1 + max((layer[p] for p in above[n]), default=-1)
        loose[n] = len(below[n]) == 1 and all(loose[p] for p in above[n])
    for n in reversed(nodes):
        if loose[n] or (below[n] and not above[n]):
            layer[n] = min(layer[k] for k in below[n]) - 1
    return layer


def _packed(rows: list[list], wide: dict[Any, float], gap: float) -> dict[Any, float]:
    """Each row's places side by side, from 0."""
    x = {}
    for row in rows:
        at = 0.0
        for n in row:
            x[n] = at + wide[n] / 2
            at += wide[n] + gap
    return x


def _ordered(
    rows: list[list], above: dict, below: dict, wide: dict[Any, float], gap: float
) -> list[list]:
    """The order of each row that crosses least, of those that sorting by medians comes upon."""
    x = _packed(rows, wide, gap)
    best, fewest = [list(row) for row in rows], _crossings(rows, below, x)
    for sweep in range(SWEEPS):
        if fewest == 0:
            break
        near = below if sweep % 2 else above
        for row in reversed(rows[:-1]) if sweep % 2 else rows[1:]:
            row.sort(key=lambda n: _median([x[m] for m in near[n]], x[n]))
            x.update(_packed([row], wide, gap))
        if (crossings := _crossings(rows, below, x)) < fewest:
            best, fewest = [list(row) for row in rows], crossings
    return best


def _median(values: list[float], otherwise: float) -> float:
    values.sort()
    half = len(values) // 2
    if not values:
        return otherwise
    return values[half] if len(values) % 2 else (values[half - 1] + values[half]) / 2


def _crossings(rows: list[list], below: dict, x: dict[Any, float]) -> int:
    """How many pairs of edges between neighbouring rows cross."""
    count = 0
    for row in rows:
        ends: list[float] = []
        for _, end in sorted((x[a], x[b]) for a in row for b in below[a]):
            count += len(ends) - bisect_right(ends, end)
            insort(ends, end)
    return count


def _straightened(
    rows: list[list], above: dict, below: dict, wide: dict[Any, float], gap: float
) -> dict[Any, float]:
    """Pull each place to the mean of its neighbours; order and gaps stay as they are.

    Going down, a place follows what stands above it, and going up, what stands below it: a chain
    is straight after one round. In a row, places are pushed from the left and from the right, and
    the middle is taken.
    """
    x = _packed(rows, wide, gap)
    for pull in range(PULLS):
        near = above if pull % 2 else below
        for row in rows if pull % 2 else reversed(rows):
            wish = {n: _mean([x[m] for m in near[n]], x[n]) for n in row}
            pushed, end = {}, -1e9
            for n in row:
                pushed[n] = max(wish[n], end + wide[n] / 2)
                end = pushed[n] + wide[n] / 2 + gap
            end = 1e9
            for n in reversed(row):
                at = min(wish[n], end - wide[n] / 2)
                end = at - wide[n] / 2 - gap
                x[n] = (pushed[n] + at) / 2
    for row in rows:
        for p, q in zip(row, row[1:], strict=False):
            x[q] = max(x[q], x[p] + (wide[p] + wide[q]) / 2 + gap)
    return x


def _mean(values: list[float], otherwise: float) -> float:
    return sum(values) / len(values) if values else otherwise
