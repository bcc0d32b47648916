"""A large graph in few boxes: what repeats is drawn once, and so is what belongs to one module.

A Node knows nothing of modules.  Two things tell what belongs together, and cost nothing while the
program runs: the same operations one after another, and the parameters that they are given.  A
block is always a stretch of the program, so that no edge leads out of it and back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .graph import Box, Edge, Graph, numbered

LONGEST = 80  # operations that one repetition may have
ENOUGH = 12  # operations that a repetition must save
MOST, SHOWN = 60, 24  # boxes for operations; and how many of them, where there are still more
MANY = 6  # leaves that one block may have around it
VIEWS = {"unfold", "view", "permute", "transpose", "pad", "constant_pad", "expand", "to_copy"}


def folded(graph: Graph) -> Graph:
    """The graph with repetitions and modules as one box each, where it gains enough.

    The boxes that stay are numbered anew: the graph given is not to be drawn any more.
    """
    return _contracted(graph, *cut(graph))


def cut(graph: Graph) -> tuple[list[list[Box]], dict[int, tuple[str, int]]]:
    """The program in stretches; and for each that is more than one operation, by its place, what
    to call it and how often it repeats.
    """
    program = [box for box in graph.boxes if box.kind == "op"]
    given: dict[Box, list[Edge]] = {box: [] for box in program}
    for edge in graph.edges:
        given[edge.target].append(edge)
    blocks: list[list[Box]] = []
    titles: dict[int, tuple[str, int]] = {}
    for start, stop, period in repetitions([_signature(box, given[box]) for box in program]):
        stretch = program[start:stop]
        if period:
            titles[len(blocks)] = _said(stretch[:period]), (stop - start) // period
            blocks.append(stretch)
            continue
        for part, title in modules(stretch, given):
            if len(part) > 1:
                kind = graph.modules.get(title, "")
                titles[len(blocks)] = f"{title} {kind}".strip() or "the model", 1
            blocks.append(part)
    if len(blocks) > MOST:  # no structure to be seen: the end of the program is drawn
        cut = len(blocks) - SHOWN
        earlier = [box for block in blocks[:cut] for box in block]
        titles = {k - cut + 1: title for k, title in titles.items() if k >= cut}
        titles[0] = "earlier operations", 1
        blocks = [earlier, *blocks[cut:]]
    return blocks, titles


def _signature(box: Box, given: Sequence[Edge]) -> tuple:
    """What must be the same in each repetition: the operation, the shape, what it was given."""
    sources = [(e.argument, e.source.kind) for e in given]
    names = [(e.argument, e.source.array.shape) for e in given
             if e.source.kind == "leaf" and e.source.array is not None]  # fmt: skip
    return box.op, box.array.shape, tuple(sources), tuple(names), tuple(box.notes)


def repetitions(signs: Sequence[Any]) -> list[tuple[int, int, int]]:
    """The whole cut into stretches (start, stop, period), with period 0 where nothing repeats.

    >>> repetitions("a" + "bcde" * 5 + "f")
    [(0, 1, 0), (1, 21, 4), (21, 22, 0)]
    """
    best = (ENOUGH - 1, 0, 0, 0)
    n = len(signs)
    for period in range(1, min(LONGEST, n // 2) + 1):
        run = 0
        for i in range(n - period + 1):
            if i < n - period and signs[i] == signs[i + period]:
                run += 1
                continue
            times = run // period + 1
            saved = (times - 1) * period
            if times > 2 and saved > best[0]:
                best = (saved, i - run, i - run + times * period, period)
            run = 0
    saved, start, stop, period = best
    if not period:
        return [(0, n, 0)] if n else []
    before = repetitions(signs[:start])
    after = [(a + stop, b + stop, p) for a, b, p in repetitions(signs[stop:])]
    return [*before, (start, stop, period), *after]


def modules(program: Sequence[Box], given: dict[Box, list[Edge]]) -> list[tuple[list[Box], str]]:
    """A stretch of the program by the module whose parameters it was given.

    What follows a layer's parameters belongs to that layer, up to the next one; but what only
    arranges an input in another shape belongs to the layer that uses it.
    """
    parts: list[tuple[list[Box], str]] = []
    current: list[Box] = []
    owner = ""
    for box in program:
        owners = {
            e.source.name.rpartition(".")[0]
            for e in given[box]
            if e.source.kind == "leaf" and "." in e.source.name
        }
        module = min(owners) if owners else ""
        if module and module != owner:
            keep = len(current)
            while owner and keep and current[keep - 1].op in VIEWS:
                keep -= 1
            early = current if not owner else current[:keep]
            if owner and early:
                parts.append((early, owner))
                current = current[keep:]
            owner = module
        current.append(box)
    if not owner:
        return [([box], "") for box in current]
    return [*parts, (current, owner)]


def _said(boxes: Sequence[Box], most: int = 4) -> str:
    """The operations' names in a row."""
    words = [box.op for box in boxes]
    return ", ".join(words) if len(words) <= most else ", ".join(words[:most]) + " ..."


def _contracted(graph: Graph, blocks: list[list[Box]], titles: dict[int, tuple[str, int]]) -> Graph:
    """The graph with one box for each block that has a title; leaves come once per block."""
    home: dict[Box, Box] = {}
    made: list[Box] = []
    for k, block in enumerate(blocks):
        if k in titles:
            title, times = titles[k]
            last = block[-1]
            box = Box("block", title, last.name, last.place, last.array)
            box.inside, box.times = block, times
        else:
            box = block[0]
        home.update(dict.fromkeys(block, box))
        made.append(box)
    edges: list[Edge] = []
    feeding: dict[Box, list[Box]] = {box: [] for box in made}
    seen: dict[tuple, Box] = {}
    for source, target, argument in graph.edges:
        to = home[target]
        if source in home:
            start = home[source]
            if start is to or ("op", start, to) in seen:
                continue
            seen["op", start, to] = start
        else:
            if to.kind == "block" and source.kind == "data":
                continue  # each repetition has data of its own
            key = (source.name or source.place or id(source.array), to)
            if to.kind == "block" and key in seen:
                continue
            seen[key] = start = source
            feeding[to].append(source)
        edges.append(Edge(start, to, argument))
    for box in made:
        if len(leaves := feeding[box]) > MANY and box.kind == "block":
            many = Box("leaf", "", f"{len(leaves)} parameters", None, None)
            edges = [e for e in edges if e.source not in leaves] + [Edge(many, box, 0)]
            feeding[box] = [many]
    return Graph(numbered(b for box in made for b in (*feeding[box], box)), edges, graph.modules)
