"""A graph in box characters, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from .graph import Graph
from .layout import layered
from .svg import lines

UP, DOWN, LEFT, RIGHT = 1, 2, 4, 8
SIGNS = {
    UP: "│", DOWN: "│", UP | DOWN: "│", LEFT: "─", RIGHT: "─", LEFT | RIGHT: "─",
    DOWN | RIGHT: "┌", DOWN | LEFT: "┐", UP | RIGHT: "└", UP | LEFT: "┘",
    UP | DOWN | RIGHT: "├", UP | DOWN | LEFT: "┤", DOWN | LEFT | RIGHT: "┬",
    UP | LEFT | RIGHT: "┴", UP | DOWN | LEFT | RIGHT: "┼",
}  # fmt: skip


class Canvas:
    """Characters by place: letters, and lines that join where they meet."""

    def __init__(self) -> None:
        self.letters: dict[tuple[int, int], str] = {}
        self.strokes: dict[tuple[int, int], int] = {}

    def write(self, x: int, y: int, words: str) -> None:
        """Put words at a place."""
        self.letters.update({(x + i, y): c for i, c in enumerate(words)})

    def _add(self, x: int, y: int, stroke: int) -> None:
        self.strokes[x, y] = self.strokes.get((x, y), 0) | stroke

    def down(self, x: int, top: int, bottom: int) -> None:
        """An upright line."""
        for y in range(top, bottom):
            self._add(x, y, DOWN)
            self._add(x, y + 1, UP)

    def across(self, a: int, b: int, y: int) -> None:
        """A level line."""
        for x in range(min(a, b), max(a, b)):
            self._add(x, y, RIGHT)
            self._add(x + 1, y, LEFT)

    def __str__(self) -> str:
        signs = {place: SIGNS[s] for place, s in self.strokes.items()} | self.letters
        height = max((y for _, y in signs), default=-1) + 1
        width = max((x for x, _ in signs), default=-1) + 1
        rows = ("".join(signs.get((x, y), " ") for x in range(width)) for y in range(height))
        return "\n".join(row.rstrip() for row in rows)


def text(graph: Graph) -> str:
    """The graph as lines of text, the leaves on top and the result at the bottom."""
    texts = [[t.words for t in lines(box)] for box in graph.boxes]
    wide = [max(map(len, words)) + 4 for words in texts]
    numbers = list(range(len(graph.boxes)))
    ends = [(e.source.number, e.target.number) for e in graph.edges]
    found = layered(numbers, ends, lambda n: wide[n], gap=2.0)
    x = {n: round(found.x[n] - wide[n] / 2) for n in numbers}
    rows: list[list[int]] = [[] for _ in range(max(found.layer.values(), default=-1) + 1)]
    for n in numbers:
        rows[found.layer[n]].append(n)
    # The pieces of each edge between one layer and the next, as columns.
    arriving: dict[int, int] = {}
    counts = {n: sum(b == n for _, b in ends) for n in numbers}
    pieces: list[list[tuple[int, int]]] = [[] for _ in rows]
    for (a, b), path in sorted(zip(ends, found.paths, strict=True), key=lambda e: e[1][-2][0]):
        arriving[b] = arriving.get(b, 0) + 1
        columns = [x[a] + wide[a] // 2, *(round(at) for at, _ in path[1:-1])]
        columns.append(x[b] + max(1, wide[b] * arriving[b] // (counts[b] + 1)))
        for step, piece in enumerate(zip(columns, columns[1:], strict=False)):
            pieces[found.layer[a] + step].append(piece)
    canvas, y, before = Canvas(), 0, 0
    for r, row in enumerate(rows):
        height = max(len(texts[n]) for n in row) + 2
        for n in row:
            _frame(canvas, x[n], y, wide[n], height, texts[n])
        if r:
            for _, column in pieces[r - 1]:
                canvas.down(column, before, y)
        passing = {c for piece in pieces[r - 1 : r] for _, c in piece} if r else set()
        inside = {c for n in row for c in range(x[n], x[n] + wide[n])}
        for column in passing - inside:
            canvas.down(column, y, y + height - 1)
        bottom, lanes = y + height - 1, _lanes(pieces[r])
        for (a, b), lane in zip(pieces[r], lanes, strict=True):
            at = bottom + 1 + lane
            canvas.down(a, bottom, at)
            canvas.across(a, b, at)
            canvas.down(b, at, bottom + 2 + max(lanes))
        before = bottom + 2 + max(lanes, default=0)
        y = before + 1 if lanes else before
    return str(canvas)


def _frame(canvas: Canvas, x: int, y: int, wide: int, height: int, words: Sequence[str]) -> None:
    right, bottom = x + wide - 1, y + height - 1
    for level in (y, bottom):
        canvas.across(x, right, level)
    for side in (x, right):
        canvas.down(side, y, bottom)
    for i, line in enumerate(words, 1):
        canvas.write(x + 1, y + i, line.center(wide - 2))


def _lanes(pieces: Sequence[tuple[int, int]]) -> list[int]:
    """A line of its own for each piece that would run along another's."""
    lanes: list[int] = []
    for i, (a, b) in enumerate(pieces):
        low, high = sorted((a, b))
        taken = {
            lanes[k]
            for k, (c, d) in enumerate(pieces[:i])
            if min(c, d) <= high and low <= max(c, d)
        }
        lanes.append(next(n for n in range(len(pieces)) if n not in taken))
    return lanes
