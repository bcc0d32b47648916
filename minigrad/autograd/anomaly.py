"""Where does the nan come from?  detect_anomaly() stops at the first one, and says what to do.

A nan in the forward pass is no mistake as long as `where` hides it.  So nothing is said until it
has reached what backward() is asked of; then the graph is followed back, element by element, to the
operation that made it.  Backward, each rule's result is looked at as it comes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .advice import EXPONENTIALS, instead
from .blame import (
    ELEMENTWISE,
    Index,
    array_of,
    at,
    called,
    first,
    forward_words,
    in_words,
    leaves_out,
    names_in,
    operands,
)
from .engine import NAMES, Node
from .errors import tensor_words
from .grad_mode import mode as thread
from .rule_text import rule_texts
from .tracing import argument_names
from .watching import Watcher, each_rule, nodes_of, watch


class detect_anomaly(Watcher):
    """Raise at the first nan that backward() meets, and say where it comes from; as torch's.

    For a with block, in the thread that runs it. The error names the operation, the element, the
    operands, your lines, and what to write instead. With check_inf=True an inf counts, too. With
    check_nan=False only errors in a walk back are changed: they tell your line.

    A nan that `where` leaves out of the result is reported only if it reaches a gradient.

    >>> import minigrad
    >>> x = minigrad.tensor([1.0, 0.0], requires_grad=True)
    >>> with detect_anomaly():
    ...     (x / x).sum().backward()
    Traceback (most recent call last):
    RuntimeError: nan in the forward pass: div made it, a / b with a = 0.0, b = 0.0, element (1,)
      ...
    """

    def __init__(self, check_nan: bool = True, check_inf: bool = False) -> None:
        self.check_nan, self.check_inf = check_nan, check_inf
        self._before: list[tuple[detect_anomaly, ...]] = []
        self._walks: list[_Walk] = []  # one in another, if a hook asks for gradients

    def __enter__(self) -> detect_anomaly:
        self._before.append(_exchange((self,)))
        return self

    def __exit__(self, *exc: Any) -> None:
        _exchange(self._before.pop())

    def _kind(self, array: Any) -> str:
        """ "nan" or "inf", if the array holds one and it counts."""
        if not self.check_nan or not _floating(array):
            return ""
        if np.isnan(array).any():
            return "nan"
        return "inf" if self.check_inf and np.isinf(array).any() else ""

    # -- what the watcher is shown -------------------------------------------------------------
    def begin(self, roots: Sequence[tuple[Any, Any]], create_graph: bool) -> None:
        """Refuse a result, or a gradient of it, that is nan already."""
        self._walks.append(_Walk(roots if self.check_nan else ()))
        for place, g in roots:
            if isinstance(place, Node) and place.raw and (kind := self._kind(place.out)):
                raise RuntimeError(forward_words(place, kind))
            if kind := self._kind(array_of(g)):
                raise RuntimeError(
                    f"{kind} in the gradient that backward() was given: element "
                    f"{first(array_of(g), kind)} of {tensor_words(array_of(g))}"
                )

    def rules_of(self, node: Node, rules: Any) -> Any:
        """Look at what each rule makes."""
        here = self._walks[-1]

        def around(i: int, compute: Callable, g: Any) -> Any:
            if kind := self._kind(array_of(g)):
                raise RuntimeError(here.sum_words(node, array_of(g), kind))
            here.node = node
            gx = compute()
            here.node = None
            if kind := self._kind(array_of(gx)):
                raise RuntimeError(here.rule_words(node, i, array_of(g), array_of(gx), kind))
            if self.check_nan and _floating(array_of(gx)) and np.isinf(array_of(gx)).any():
                here.note_inf(node, i, array_of(g), array_of(gx))
            return gx

        return each_rule(rules, around)

    def done(self, found: dict[Any, Any]) -> None:
        """Look at the sums in the leaves."""
        for place, g in found.items():
            if kind := self._kind(array_of(g)):
                raise RuntimeError(self._walks[-1].sum_words(place, array_of(g), kind))

    def failed(self, error: Exception) -> None:
        """Add the line of the operation to an error that came in its rule."""
        node = self._walks[-1].node
        if node is not None and len(error.args) == 1 and isinstance(error.args[0], str):
            error.args = (f"{error}\n  {called(node)}",)

    def end(self) -> None:
        """A walk is over."""
        self._walks.pop()


class set_detect_anomaly:
    """Switch detect_anomaly on or off in this thread: from now on, or for a with block.

    >>> with set_detect_anomaly(True):
    ...     pass
    """

    def __init__(self, mode: bool, check_nan: bool = True, check_inf: bool = False) -> None:
        self._before = _exchange((detect_anomaly(check_nan, check_inf),) if mode else ())

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exc: Any) -> None:
        _exchange(self._before)


def _exchange(wanted: tuple[detect_anomaly, ...]) -> tuple[detect_anomaly, ...]:
    """Let there be this one in place of the one that looks for anomalies now."""
    before = tuple(w for w in thread.watchers if isinstance(w, detect_anomaly))
    watch(tuple(w for w in thread.watchers if w not in before) + wanted)
    return before


def _floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


# -- backward --------------------------------------------------------------------------------------
@dataclass
class _Source:
    """Where an inf in a gradient was made, and what to write instead."""

    words: str
    advice: str


class _Walk:
    """What is known of a walk back: how the graph was, and where infs in gradients come from."""

    def __init__(self, roots: Sequence[tuple[Any, Any]]) -> None:
        self.node: Node | None = None  # whose rule is running
        self.sources: dict[Any, _Source] = {}
        # Who used what, as which argument, beside what: the walk frees the graph as it goes.
        self.uses: dict[Any, list[tuple[Node, int, list, Sequence]]] = {}
        for node in nodes_of(*(place for place, _ in roots)):
            for i, parent in enumerate(node.parents):
                if parent is not None:
                    use = node, i, list(node.raw or ()), node.parents
                    self.uses.setdefault(parent, []).append(use)

    def note_inf(self, node: Node, i: int, g: np.ndarray, gx: np.ndarray) -> None:
        """Remember where a gradient became infinite: a nan may come of it."""
        source = self.sources.get(node) if np.isinf(g).any() else None
        if source is None:
            index = first(gx, "inf")
            advice = instead(NAMES[node.fn], operands(node, index), node.out.dtype, True)
            source = _Source(_ran(node, i, g, gx, index), advice)
        self.sources[node.parents[i]] = source

    def sum_words(self, place: Any, g: np.ndarray, kind: str) -> str:
        """What to say of a gradient that is bad though no part of it was."""
        name = called(place) if isinstance(place, Node) else "a leaf"
        lines = [f"{kind} in the backward pass: {name} was given it, element {first(g, kind)}"]
        if place.watch is not None and place.watch.hooks:
            lines.append("a hook may have made it")
        lines.append("the parts of its gradient are finite, or inf, and their sum is not")
        return "\n  ".join(lines + self._from(place))

    def rule_words(self, node: Node, i: int, g: np.ndarray, gx: np.ndarray, kind: str) -> str:
        """What to say of a rule that made a bad gradient."""
        index = first(gx, kind)
        lines = [f"{kind} in the backward pass: made {_ran(node, i, g, gx, index)}"]
        values = operands(node, index)
        if values and gx.shape == g.shape and g[index] == 0 and not math.isinf(values.get("b", 0)):
            if by := self._hidden_by(node, index):
                return "\n  ".join(lines + _lesson(node, by))
        advice = instead(NAMES[node.fn], values, node.out.dtype, True)
        return "\n  ".join(lines + (self._from(node) or [f"Instead: {advice}"]))

    def _from(self, place: Any) -> list[str]:
        source = self.sources.get(place)
        if source is None:
            return []
        return [f"the inf in it was made {source.words}", f"Instead: {source.advice}"]

    def _hidden_by(self, node: Node, index: Index) -> Node | None:
        """The operation that leaves this element out of the result; None if none does."""
        waiting, seen = [node], {node}
        while waiting:
            for user, i, raw, places in self.uses.get(waiting.pop(0), ()):
                name = NAMES[user.fn]
                if name == "index" and raw[0].shape == node.out.shape:
                    used = np.zeros(raw[0].shape, bool)
                    used[user.kwargs["index"]] = True
                    if not used[index]:
                        return user
                elif name in ELEMENTWISE and user.out.shape == node.out.shape:
                    masked = name == "mul" and places[1 - i] is None and at(raw[1 - i], index) == 0
                    if masked or leaves_out(name, raw, i, index):
                        return user
                    if user not in seen:
                        seen.add(user)
                        waiting.append(user)
        return None


def _ran(node: Node, i: int, g: np.ndarray, gx: np.ndarray, index: Index) -> str:
    """Which rule made a bad gradient, and of what."""
    name, argument = NAMES[node.fn], argument_names(node.fn, i + 1)[i]
    texts = rule_texts(node.fn)
    text = texts[min(i, len(texts) - 1)]
    words = f"in the rule for argument {i} of {name}, dL/d{argument} = {text.text if text else ''}"
    values = operands(node, index) if gx.shape == g.shape else {}
    if values:
        values = {"g": g[index].item(), "y": node.out[index].item(), **values}
        words += f" with {in_words(values)}"
    return f"{words}, element {index}\n    of {called(node)}"


def _lesson(node: Node, by: Node) -> list[str]:
    """Why a value that nobody sees spoils a gradient."""
    name, known = NAMES[node.fn], names_in(node)
    x = known[1 if name == "div" else 0] or "x"
    again = {"div": "a / {}", "pow": "{} ** b"}.get(name, name + "({})")
    if NAMES[by.fn] == "index":
        what = f"select before you compute: {again.format(x + '[mask]')}"
    else:
        one = 0 if name in EXPONENTIALS else 1
        what = (
            f"choose before you compute, and after: safe = where(condition, {x}, {one}), then "
            f"where(condition, {again.format('safe')}, other)"
        )
    return [
        f"that element is left out of the result by {called(by)}",
        "so what comes back for it is 0, and 0 times an infinite slope, or a nan, is nan",
        f"Instead: {what}",
    ]
