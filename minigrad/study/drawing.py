"""draw: the graph of a computation as a picture, with no other program's help."""

from __future__ import annotations

import inspect
import os
from pathlib import Path
from typing import Any

from . import svg, terminal
from .folding import folded
from .graph import Graph, graph_of, roots_of
from .naming import Names, pairs

CROWDED = 60  # boxes; of more, repetitions and modules are drawn once
NOTE = "No gradient yet: call backward()"


class Drawing:
    """A drawn graph: a picture in a notebook, box characters when printed; `save` writes it."""

    def __init__(self, graph: Graph, label: str) -> None:
        self.graph, self.label = graph, label
        waiting = [b for b in graph.boxes if b.kind == "leaf" and b.place is not None]
        self._note = NOTE if waiting and all(b.gradient() is None for b in waiting) else ""

    def svg(self) -> str:
        """The picture as the text of an SVG file, which needs nothing else."""
        return svg.document(svg.plan(self.graph), self.label, self._note)

    def _repr_svg_(self) -> str:
        return self.svg()

    def __str__(self) -> str:
        picture = terminal.text(self.graph)
        return f"{picture}\n{self._note}" if self._note else picture

    def __repr__(self) -> str:
        return f"<Drawing: {self.label}>"

    def dot(self) -> str:
        """The graph in Graphviz's language."""
        rows = ["digraph {", "  node [shape=box];"]
        for box, text in zip(self.graph.boxes, map(svg.lines, self.graph.boxes), strict=True):
            words = "\\n".join(_quoted(t.words) for t in text)
            style = {"leaf": ", style=rounded", "data": ", style=dashed"}.get(box.kind, "")
            rows.append(f'  b{box.number} [label="{words}"{style}];')
        rows += [f"  b{e.source.number} -> b{e.target.number};" for e in self.graph.edges]
        return "\n".join([*rows, "}", ""])

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a .svg, .dot or .txt file, or a .png or .pdf, which matplotlib draws."""
        kind = Path(path).suffix.lower()
        if kind in (".png", ".pdf"):
            from .figure import figure

            figure(svg.plan(self.graph), self._note).savefig(path, dpi=144)
            return
        makers = {".svg": self.svg, ".dot": self.dot, ".txt": lambda: f"{self}\n"}
        if kind not in makers:
            raise ValueError(
                f"cannot draw into {os.fspath(path)!r}: a name ends in .svg, .png, .pdf, .dot or "
                ".txt"
            )
        Path(path).write_text(makers[kind](), encoding="utf-8")


def _quoted(words: str) -> str:
    return words.replace("\\", "\\\\").replace('"', '\\"')


def draw(
    loss: Any,
    /,
    path: str | os.PathLike[str] | None = None,
    params: Any = None,
    *,
    fold: bool | None = None,
    **names: Any,
) -> Drawing:
    """Draw the graph that a tensor was made by; with a path, into a file, too.

    Each box is an operation with its result, a leaf, or (dashed) an array that needs no gradient.
    Values stand in it if there are few, and norms if there are many; and the gradient, once
    backward() has been called (with retain_graph=True, or the graph is gone by then). A leaf is
    drawn once for each use. `loss` may be several tensors.

    Names come from keyword arguments, then from `params` (a module, a dict, a list), then from the
    variables of who calls, where one is bound to that very tensor. Above 60 boxes, or with
    fold=True, each repetition and each module is one box. Raises RuntimeError if there is no graph.

    >>> w = tensor(2.0, requires_grad=True)
    >>> y = w * w
    >>> print(draw(y))
    ┌─────────────────┐  ┌─────────────────┐
    │        w        │  │        w        │
    │        2        │  │        2        │
    │ no gradient yet │  │ no gradient yet │
    └────────┬────────┘  └────────┬────────┘
             └───────┐   ┌────────┘
                     │   │
                  ┌──┴───┴──┐
                  │ y = mul │
                  │    4    │
                  └─────────┘
    No gradient yet: call backward()
    """
    frame = inspect.currentframe()
    caller = frame.f_back if frame is not None else None
    graph = graph_of(roots_of(loss), Names(pairs(params, names, caller)))
    label = described(graph)
    if fold or (fold is None and len(graph.boxes) > CROWDED):
        graph = folded(graph)
    drawing = Drawing(graph, label)
    if path is not None:
        drawing.save(path)
    return drawing


def described(graph: Graph) -> str:
    """The graph in a line, for who does not see it."""
    operations = sum(b.kind == "op" for b in graph.boxes)
    leaves = len({b.place for b in graph.boxes if b.kind == "leaf"})
    return f"a graph of {operations} operations on {leaves} leaves"
