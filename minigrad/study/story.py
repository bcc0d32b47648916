"""A backward pass as data for a page: steps, rules, boxes, pictures, mistakes and nudges."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..autograd.changes import owner_of
from ..autograd.engine import Node, wrap
from ..autograd.rule_text import RuleText, shown
from ..autograd.tracing import Step, replay
from ..autograd.watching import nodes_of
from . import formula, svg, values
from .folding import cut
from .graph import Box, Edge, Graph, graph_of
from .naming import Names
from .nudge import LARGE, SMALL, nudges
from .rerun import faithful
from .wrong import Mistake, mistakes, same_numbers

CROWDED = 60  # boxes; above, a strip shows where in the whole the window stands
BUDGETS = (150_000, 250_000)  # bytes of pictures, on a page of few steps and of many
MANY_STEPS = 200
MOST_WRONG = 80  # wrong steps of a mistake that the page has the numbers of


class Pictures:
    """Arrays as pictures, each once, until the page has enough of them."""

    def __init__(self, image: tuple[int, int] | None, budget: int) -> None:
        self.image, self.left = image, budget
        self.made: list[list[Any]] = []
        self._known: dict[int, tuple[np.ndarray, int]] = {}
        self._places: dict[values.Picture, int] = {}

    def of(self, array: Any) -> int:
        """The place of the array's picture in the list; -1 if it has none."""
        a = np.asarray(array)
        if id(a) in self._known:
            return self._known[id(a)][1]
        made = values.picture(a, self.image) if self.left > 0 else None
        place = -1
        if made is not None:
            place = self._places.get(made, -1)
            if place < 0:
                place = self._places[made] = len(self.made)
                low, high = values.number(made.low), values.number(made.high)
                row = [made.address, made.width, made.height, low, high, made.note, int(made.alone)]
                self.made.append(row)
                self.left -= len(made.address) + 100
        self._known[id(a)] = a, place
        return place


class Story:
    """All that a page tells: the graph as it is drawn, and the data for its script."""

    def __init__(
        self, roots: Sequence[Node], names: Names, image: tuple[int, int] | None = None
    ) -> None:
        self.roots, self.graph = list(roots), graph_of(roots, names)
        self.box = {b.place: b for b in self.graph.boxes if isinstance(b.place, Node)}
        boxes, edges = self.graph.boxes, self.graph.edges
        self.leaves = {b.place: b for b in reversed(boxes) if b.kind == "leaf"}  # the first of each
        self.edge_of = {(e.target.place, e.argument): k for k, e in enumerate(edges)}
        passes = [replay(wrap(root.out, root)) for root in roots]
        self.steps: list[tuple[int, Step]] = []  # with the number of the pass
        for turn, walked in enumerate(passes):
            self.steps += [(turn, step) for step in walked.steps if step.direction == "backward"]
        self.grads = passes[-1].gradients
        budget = BUDGETS[len(self.steps) > MANY_STEPS]
        self.pictures = Pictures(image or image_size(self.graph, names), budget)
        self.totals = self._totals()
        final = {place_at(s): g for (_, s), g in zip(self.steps, self.totals, strict=True)}
        found = [box for box in boxes if box.place in final]
        words = {box: f"grad {values.brief(final[box.place])}" for box in found}
        words |= {self.box[root]: "grad 1" for root in roots}
        self.plan = svg.plan(self.graph, words)

    def _totals(self) -> list[np.ndarray]:
        """What each step's tensor has together by then, in this turn."""
        known: dict[Any, np.ndarray] = {}
        made = []
        for turn, step in self.steps:
            key = turn, place_at(step)
            total = known[key] + step.result if key in known else step.result
            known[key] = total
            made.append(total)
        return made

    def after(self) -> set[Box]:
        """Of several results: the boxes that were made after the first."""
        if len(self.roots) < 2:
            return set()
        return {box for node, box in self.box.items() if node.born > self.roots[0].born}

    @functools.cached_property
    def again(self) -> bool:
        """Does the last result come out the same when its program is run again?"""
        return faithful(nodes_of(self.roots[-1]))

    def edge(self, step: Step) -> Edge:
        """The edge that a step goes back along."""
        assert step.argument is not None
        return self.graph.edges[self.edge_of[step.node, step.argument]]

    # -- for the page -----------------------------------------------------------------------------
    def word(self, box: Box) -> str:
        """What to call a box's tensor in a sentence."""
        if box.name:
            return box.name
        return {"op": f"the result of {box.op}", "leaf": "a leaf"}.get(box.kind, "data")

    def data(self) -> dict[str, Any]:
        """What the page's script reads."""
        rules: dict[tuple, int] = {}
        texts: list[dict[str, str]] = []
        steps = []
        for total in self.grads.values():  # these first, lest there be no room for them
            self.pictures.of(total)
        memory = held([step.node for _, step in self.steps])
        for k, (turn, step) in enumerate(self.steps):
            rule = step.rule
            assert rule is not None and step.argument is not None
            key = step.operation, rule
            if key not in rules:
                rules[key] = len(texts)
                texts.append(told(rule, step.operation))
            edge = self.edge(step)
            one: dict[str, Any] = {
                "y": edge.target.number, "x": edge.source.number, "r": rules[key],
                "e": self.edge_of[step.node, step.argument], "put": self._put(step),
                "c": self.pictures.of(step.result), "t": self.pictures.of(self.totals[k]),
                "held": memory[k + 1], "o": self._operands(step),
                "first": shortened(step.result), "shape": values.shape(step.result),
            }  # fmt: skip
            if turn:
                one["turn"] = turn
            if values.told(self.totals[k]).startswith("["):
                one["b"] = values.brief(self.totals[k])
            if step.summed or step.before != step.shape:
                one["sum"] = [str(step.before), list(step.summed)]
            if step.place is not None:
                one["line"] = str(step.place)
            steps.append(one)
        return {
            "steps": steps, "rules": texts, "boxes": [self._box(b) for b in self.graph.boxes],
            "roots": [self.box[root].number for root in self.roots],
            "turns": [self._first(turn) for turn in range(len(self.roots))],
            "strip": self._strip(), "wrong": self._mistakes(), "nudges": self._nudges(),
            "full": memory[0],
            "eps": [SMALL, LARGE], "pictures": self.pictures.made,
        }  # fmt: skip

    def _first(self, turn: int) -> int:
        return next((k for k, (t, _) in enumerate(self.steps) if t == turn), 0)

    def _box(self, box: Box) -> list[Any]:
        """Frame, word, value, picture, and whose gradient is the same."""
        frame = [round(v) for v in self.plan.frames[box.number]]
        same = box.number
        if box.kind == "leaf":
            same = self.leaves[box.place].number
        value = values.told(box.array) if box.array is not None else ""
        picture = self.pictures.of(box.array) if box.array is not None else -1
        return [*frame, self.word(box), value, picture, same, box.kind]

    def _operands(self, step: Step) -> list[Any]:
        """Pairs of a name in the rule and the number of the box that holds it."""
        used = formula_names(step)
        pairs = []
        if "y" in used:
            pairs.append(["y", self.box[step.node].number])
        for i, name in enumerate(step.names):
            if name in used and (step.node, i) in self.edge_of:
                edge = self.graph.edges[self.edge_of[step.node, i]]
                pairs.append([name, edge.source.number])
        return pairs

    def _put(self, step: Step) -> str:
        """The rule with this program's numbers put in, or its names and shapes."""
        rule = step.rule
        assert rule is not None
        made = step.node.out
        words = {"g": worded("g", step.g), "y": worded(self.box[step.node].name or "y", made)}
        words |= {"g.shape": values.shape(step.g), "y.shape": values.shape(made)}
        for i, (name, x) in enumerate(zip(step.names, step.arguments, strict=True)):
            edge = self.edge_of.get((step.node, i))
            called = self.graph.edges[edge].source.name if edge is not None else ""
            words[name] = worded(called or name, x)
            words[f"{name}.shape"] = values.shape(x)
        for name, value in step.settings.items():
            if not isinstance(value, (dict, np.ndarray)) and len(str(value)) < 24:
                words[name] = str(value)
        if rule.text.startswith(formula_call(rule)):
            head, _, _ = rule.text.partition("(")
            given = [words[n] for n in ("g", *step.names) if n in words]
            return f"{head}({', '.join(given)})"
        return formula.put_in(rule.text, words)

    def _strip(self) -> list[list[Any]]:
        """The whole pass in stretches: a title, the first step, and how many."""
        if len(self.graph.boxes) <= CROWDED:
            return []
        blocks, titles = cut(self.graph)
        home = {box.place: n for n, block in enumerate(blocks) for box in block}
        found: list[list[Any]] = []
        last = -1
        for k, (_, step) in enumerate(self.steps):
            if home[step.node] != last:
                last = home[step.node]
                title, times = titles.get(last, (blocks[last][0].op, 1))
                found.append([f"{title} × {times}" if times > 1 else title, k, 0])
            found[-1][2] += 1
        return found

    def _mistakes(self) -> list[dict[str, Any]]:
        root = self.roots[-1]
        nodes = nodes_of(root)
        with np.errstate(all="ignore"):
            return [self._mistake(m) for m in mistakes(nodes, root, self.again)]

    def _mistake(self, m: Mistake) -> dict[str, Any]:
        said: dict[str, Any] = {"title": m.title, "lesson": m.lesson, "absent": m.absent}
        if m.absent:
            return said
        start = self._first(len(self.roots) - 1)
        at = {(step.node, step.argument): start + k
              for k, (_, step) in enumerate(self.steps[start:])}  # fmt: skip
        parts = {}
        for right in m.right:
            wrong = m.wrong.get((right.node, right.argument))
            k = at.get((right.node, right.argument))
            if k is None:
                continue
            if wrong is None:
                parts[k] = ["never made", "", values.told(right.given), values.told(right.total)]
            elif wrong.given is None:
                parts[k] = [wrong.total, "", values.told(right.given), values.told(right.total)]
            elif not (same_numbers(wrong.given, right.given)
                      and same_numbers(wrong.total, right.total)):  # fmt: skip
                parts[k] = [values.told(x) for x in (
                    wrong.given, wrong.total, right.given, right.total)]  # fmt: skip
        said["first"] = min(parts, default=-1)
        said["count"] = len(parts)
        said["parts"] = {k: parts[k] for k in sorted(parts)[:MOST_WRONG]}
        said["leaves"] = [
            [self.word(self.leaves[place]), values.told(g),
             values.told(m.grads[place]) if place in m.grads else "none",
             int(place in m.grads and same_numbers(m.grads[place], g))]
            for place, g in m.should.items() if not isinstance(place, Node)
        ]  # fmt: skip
        return said

    def _nudges(self) -> list[list[Any]]:
        if not self.again:
            return []
        root, made = self.roots[-1], []
        with np.errstate(all="ignore"):
            for n in nudges(nodes_of(root), root, self.grads):
                index = f"[{', '.join(map(str, n.at))}]" if n.at else ""
                numbers = [values.number(v) for v in (n.value, n.gradient)]
                rises = [values.number(v) for v in (
                    n.small, n.gradient * SMALL, n.large, n.gradient * LARGE)]  # fmt: skip
                made.append([f"{self.word(self.leaves[n.leaf])}{index}", *numbers, *rises])
        return made


def held(nodes: Sequence[Node]) -> list[int]:
    """The bytes that the graph holds, before the first step and after each, if steps free them.

    A Node lets go of what it holds after its last step; memory is counted once, however often held.
    """
    last = {node: k for k, node in enumerate(nodes)}
    owners = {node: {id(o): o.nbytes for o in map(owner_of, arrays_of(node))} for node in last}
    holders: dict[int, int] = {}
    for own in owners.values():
        for key in own:
            holders[key] = holders.get(key, 0) + 1
    size = {key: n for own in owners.values() for key, n in own.items()}
    made = [sum(size.values())]
    for k, node in enumerate(nodes):
        free = 0
        if last[node] == k:
            for key in owners[node]:
                holders[key] -= 1
                free += size[key] if not holders[key] else 0
        made.append(made[-1] - free)
    return made


def arrays_of(node: Node) -> list[np.ndarray]:
    """All arrays that a Node holds: its result, its arguments, and those among its settings."""
    found = [node.out, *(node.raw or ())]
    for setting in node.kwargs.values():
        found += setting.values() if isinstance(setting, dict) else [setting]
    return [x for x in found if isinstance(x, np.ndarray)]


def place_at(step: Step) -> Any:
    """The place that a step's contribution is for; a replayed graph is still there."""
    assert step.argument is not None
    return step.node.parents[step.argument]


def formula_call(rule: RuleText) -> str:
    """How the text of a rule that is a named function begins; of a lambda, what no text has."""
    if not rule.source.startswith("def "):
        return "\0"
    return rule.source[4:].partition("(")[0] + "("


def formula_names(step: Step) -> set[str]:
    """The names that a step's rule reads."""
    rule = step.rule
    assert rule is not None
    text = rule.text
    if rule.source.startswith("def "):
        text = rule.source.partition(":\n")[2] or text
    return {name for name in ("y", *step.names) if formula.put_in(text, {name: "\0"}) != text}


def told(rule: RuleText, operation: str) -> dict[str, str]:
    """A rule for the page: as a formula, as source, and where it stands."""
    where = f"{shown(rule.file)}:{rule.line}" if rule.line else ""
    whole = rule.source if rule.source.startswith("def ") else ""
    return {
        "op": operation, "arg": rule.argument, "math": formula.mathml(rule), "text": rule.text,
        "whole": whole, "at": Path(where).name,
    }  # fmt: skip


def worded(name: str, x: Any) -> str:
    """An argument as it is put into a rule: its numbers, or its name and shape."""
    if isinstance(x, (np.ndarray, np.generic)) and x.size > values.FEW:
        return name if name.endswith(")") else f"{name}{values.shape(x)}"
    return values.listed(x) if isinstance(x, (np.ndarray, np.generic, int, float)) else name


def shortened(array: np.ndarray) -> str:
    """The number a reader may be asked for: the first."""
    return values.number(array.reshape(-1)[0]) if array.size else ""


def image_size(graph: Graph, names: Names) -> tuple[int, int] | None:
    """Height and width of the images that the program was given, if it was given any."""
    seen = [b.array for b in graph.boxes if b.kind == "data" and b.array is not None]
    bases = [a.base for a in seen if isinstance(a.base, np.ndarray)]
    for a in (*seen, *bases, *names.arrays()):
        if a.ndim == 4 and a.shape[1] in (1, 3) and min(a.shape[2:]) >= 8:
            return a.shape[2], a.shape[3]
    return None
