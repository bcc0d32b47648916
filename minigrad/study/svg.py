"""A graph as SVG: boxes with what they hold, and edges that point the way of the forward pass."""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from . import values
from .graph import Box, Graph
from .layout import layered

LINE, PAD, BETWEEN = 17.0, 11.0, 40.0  # heights: of a text line, within a box, between layers
CHARACTER = 7.25  # the width of one, at the sizes used here
MARGIN = 16.0


class Text(NamedTuple):
    """One line in a box, and its role: "name", "value", "grad" or "none" (no gradient yet)."""

    role: str
    words: str


def lines(box: Box, grad: str | None = None) -> list[Text]:
    """What is written in a box; of the gradient, what .grad holds, or the words given."""
    made = box.kind in ("op", "block") and box.name not in ("", box.title)
    title = f"{box.name} = {box.title}" if made else box.title
    said = [Text("name", title)]
    if box.kind == "block":
        each = len(box.inside) // box.times
        words = f"{each} operation{'s' * (each > 1)}"
        if box.times > 1:
            words += f" × {box.times}"
        else:
            words += f": {abridged(b.op for b in box.inside)}"
        said.append(Text("value", words))
    if box.array is not None:
        words = values.brief(box.array)
        if not words.startswith("[") and box.array.ndim:
            words = f"{values.shape(box.array)} {words}"
        said += [Text("value", row) for row in values.rows(words)]
    if grad is None and box.place is not None:
        if (g := box.gradient()) is not None:
            grad = f"grad {values.brief(g)}"
        elif box.kind == "leaf":
            said.append(Text("none", "no gradient yet"))
    return said + [Text("grad", row) for row in values.rows(grad or "") if row]


def abridged(words: Iterable[str], most: int = 3) -> str:
    """The first of several words, each once.

    >>> abridged(["matmul", "add", "add", "tanh", "mean"])
    'matmul, add, tanh ...'
    """
    each = list(dict.fromkeys(words))
    return ", ".join(each[:most]) + (" ..." if len(each) > most else "")


class Plan(NamedTuple):
    """Where everything stands: boxes by number as (left, top, width, height), edges as paths."""

    graph: Graph
    texts: list[list[Text]]
    frames: list[tuple[float, float, float, float]]
    paths: list[list[tuple[float, float]]]
    width: float
    height: float


def plan(graph: Graph, grads: Mapping[Box, str] | None = None) -> Plan:
    """Lay a graph out; grads are words for the gradients, where .grad is not to be asked."""
    texts = [lines(box, None if grads is None else grads.get(box)) for box in graph.boxes]
    widths = [max(len(t.words) for t in text) * CHARACTER + 2 * PAD for text in texts]
    heights = [len(text) * LINE + 2 * PAD - 4 for text in texts]
    numbers = list(range(len(graph.boxes)))
    ends = [(e.source.number, e.target.number) for e in graph.edges]
    found = layered(numbers, ends, lambda n: widths[n])
    rows = max(found.layer.values(), default=0) + 1
    tall = [0.0] * rows
    for n in numbers:
        tall[found.layer[n]] = max(tall[found.layer[n]], heights[n])
    tops, y = [], MARGIN
    for row in tall:
        tops.append(y)
        y += row + BETWEEN
    frames = []
    for n in numbers:
        row = found.layer[n]
        top = tops[row] + (tall[row] - heights[n]) / 2
        frames.append((found.x[n] - widths[n] / 2 + MARGIN, top, widths[n], heights[n]))
    ports = _ports(graph, found.paths, frames)
    paths = []
    for k, points in enumerate(found.paths):
        left, top, width, height = frames[ends[k][0]]
        path = [(left + width / 2, top + height)]
        for x, row in points[1:-1]:
            path += [(x + MARGIN, tops[row]), (x + MARGIN, tops[row] + tall[row])]
        paths.append([*path, (ports[k], frames[ends[k][1]][1])])
    return Plan(graph, texts, frames, paths, found.width + 2 * MARGIN, y - BETWEEN + MARGIN)


def _ports(graph: Graph, paths: Any, frames: Any) -> dict[int, float]:
    """Where along the upper side of its box each edge arrives: in the order they come from."""
    arriving: dict[int, list[int]] = {}
    for k, edge in enumerate(graph.edges):
        arriving.setdefault(edge.target.number, []).append(k)
    at = {}
    for target, numbers in arriving.items():
        left, _, width, _ = frames[target]
        numbers.sort(key=lambda k: (paths[k][-2][0], graph.edges[k].argument))
        for place, k in enumerate(numbers, 1):
            at[k] = left + width * place / (len(numbers) + 1)
    return at


def curve(points: list[tuple[float, float]]) -> str:
    """The path of an edge: upright where it leaves and arrives.

    >>> curve([(0.0, 0.0), (10.0, 20.0)])
    'M0 0C0 10 10 10 10 20'
    """
    (x, y), *rest = points
    words = [f"M{x:.0f} {y:.0f}"]
    for to_x, to_y in rest:
        if round(x) == round(to_x):
            words.append(f"V{to_y:.0f}")
        else:
            half = (y + to_y) / 2
            words.append(f"C{x:.0f} {half:.0f} {to_x:.0f} {half:.0f} {to_x:.0f} {to_y:.0f}")
        x, y = to_x, to_y
    return "".join(words)


STYLE = """
.mg{--paper:#fff;--ink:#1c1b19;--soft:#6b6963;--line:#b9b6ae;--fill:#f7f6f3;--accent:#b93f08}
@media(prefers-color-scheme:dark){.mg{--paper:#17181a;--ink:#eceae5;--soft:#a3a099;--line:#5d5b57;
--fill:#212326;--accent:#ff9d5c}}
.mg text{font:12px ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;text-anchor:middle;
fill:var(--soft)}
.mg .name{font:600 13px system-ui,"Segoe UI","DejaVu Sans",sans-serif;fill:var(--ink)}
.mg .grad{fill:var(--accent);font-weight:600}.mg .none{font-style:italic}
.mg rect{fill:var(--fill);stroke:var(--line)}.mg .leaf rect{fill:var(--paper);stroke:var(--ink)}
.mg .data rect{fill:none;stroke-dasharray:4 3}.mg .block rect{stroke-width:2.5}
.mg .edge{fill:none;stroke:var(--line);stroke-width:1.5}.mg .tip{fill:var(--line)}
"""


def body(drawn: Plan, after: Collection[Box] = ()) -> str:
    """The edges and boxes as SVG: a box has the id "b3", and an edge "be3".

    Boxes of `after` have that class.
    """
    out = []
    for k, points in enumerate(drawn.paths):
        x, y = points[-1]
        out.append(
            f'<path class="edge" id="be{k}" d="{curve([*points[:-1], (x, y - 5)])}"/>'
            f'<path class="tip" d="M{x:.0f} {y:.0f}l-4 -7h8z"/>'
        )
    for box, text, (left, top, width, height) in zip(
        drawn.graph.boxes, drawn.texts, drawn.frames, strict=True
    ):
        radius = 15 if box.kind == "leaf" else 5
        out.append(
            f'<g class="box {box.kind}{" after" * (box in after)}" id="b{box.number}" '
            f'transform="translate({left:.0f},{top:.0f})">'
            f'<rect width="{width:.0f}" height="{height:.0f}" rx="{radius}"/>'
        )
        for row, (role, words) in enumerate(text):
            y = PAD + 9 + row * LINE
            out.append(
                f'<text class="{role}" x="{width / 2:.0f}" y="{y:.0f}">{html.escape(words)}</text>'
            )
        out.append("</g>")
    return "".join(out)


def document(drawn: Plan, label: str, note: str = "") -> str:
    """A whole SVG file; note stands below the picture."""
    below = 24 if note else 0
    wide = max(drawn.width, len(note) * CHARACTER + 2 * MARGIN)
    shift = (wide - drawn.width) / 2
    height = drawn.height + below
    text = f'<text x="{wide / 2:.0f}" y="{height - 14:.0f}">{html.escape(note)}</text>'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="mg" role="img" '
        f'aria-label="{html.escape(label)}" viewBox="0 0 {wide:.0f} {height:.0f}" '
        f'width="{wide:.0f}" height="{height:.0f}"><style>{STYLE}</style>'
        f'<rect width="100%" height="100%" style="fill:var(--paper);stroke:none"/>'
        f'<g transform="translate({shift:.1f},0)">{body(drawn)}</g>{text if note else ""}</svg>'
    )
