"""The backward pass done wrongly, each time in one point, to see what that point is for.

`walk` is the right pass in a few lines, with its three decisions as arguments: whose turn is next,
how a second part joins the first, and how a part is made to fit its tensor.  A wrong walker takes
another decision.  Who looks for the engine's own loop finds it in autograd/engine.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..autograd import derivatives_nn as dn
from ..autograd.bundle import Bundle
from ..autograd.engine import NAMES, RULES, Leaf, Node, unbroadcast
from .rerun import rerun
from .values import norm

Grads = dict[Any, np.ndarray]


class Part(NamedTuple):
    """What one rule gave, and what its tensor had together by then; or the error it ended in."""

    node: Node
    argument: int
    given: Any
    total: Any


# -- the three decisions, as the engine takes them -------------------------------------------------
def newest(queue: list[Node]) -> int:
    """The one that was made last: all its uses have had their turn."""
    return max(range(len(queue)), key=lambda k: queue[k].born)


def add(known: np.ndarray, part: np.ndarray) -> np.ndarray:
    """Each use of a tensor adds its part."""
    return known + part


def fit(part: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Where broadcasting repeated a tensor, the parts of all copies are summed."""
    return part if part.shape == shape else unbroadcast(part, shape)


# -- and as one may take them wrongly --------------------------------------------------------------
def last_met(queue: list[Node]) -> int:
    """Depth first: go on from where one has just arrived."""
    return len(queue) - 1


def replace(known: np.ndarray, part: np.ndarray) -> np.ndarray:
    """= instead of +=: the last use wins."""
    return part


def leave(part: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Not summed: the gradient has the shape of the result, and not of the tensor."""
    return part


def walk(
    root: Node,
    choose: Callable[[list[Node]], int] = newest,
    join: Callable[[np.ndarray, np.ndarray], np.ndarray] = add,
    fitted: Callable[[np.ndarray, tuple[int, ...]], np.ndarray] = fit,
    start: Mapping[Any, np.ndarray] = {},
) -> tuple[list[Part], Grads]:
    """All parts in the order in which they were made, and the gradients; start is in .grad."""
    grads: Grads = {**start, root: np.ones_like(root.out)}
    queue, parts = [root], []
    while queue:
        node = queue.pop(choose(queue))
        for i, place in enumerate(node.parents):
            if place is None:
                continue
            try:
                given = ask(node, i, grads[node])
                if given is None:
                    continue
                given = fitted(given, node.raw[i].shape)  # type: ignore[index]
                if not isinstance(given, Bundle):
                    given = np.asarray(given.astype(node.raw[i].dtype, copy=False))  # type: ignore
                total = join(grads[place], given) if place in grads else given
                total = total if isinstance(total, Bundle) else np.asarray(total)
            except Exception as error:  # a wrong shape goes no further than this
                parts.append(Part(node, i, None, f"{type(error).__name__}: {error}"))
                return parts, grads
            if isinstance(place, Node) and place not in grads:
                queue.append(place)
            grads[place] = total
            parts.append(Part(node, i, given, total))
    return parts, grads


def ask(node: Node, i: int, g: np.ndarray) -> Any:
    """What the node's rule for argument i gives; None if it has none."""
    rules, raw = RULES[node.fn], node.raw or []
    if type(rules) is not tuple:
        part = rules(g, raw, **node.kwargs)
        if type(part) is list:
            return part[i] and part[i]()
        return part(i)
    return None if rules[i] is None else rules[i](g, node.out, *raw, **node.kwargs)


# -- what goes wrong around the pass ---------------------------------------------------------------
class Mistake(NamedTuple):
    """A mistake made on a program: its parts beside the right ones, in the order of the right.

    If it is not to be seen in this program, `absent` says why.
    """

    title: str
    lesson: str
    right: list[Part]
    wrong: dict[tuple[Node, int], Part]
    grads: Grads  # at the leaves
    should: Grads
    absent: str = ""


def mistakes(nodes: Sequence[Node], root: Node, again: bool) -> list[Mistake]:
    """The five mistakes on this program; again: it can be run once more (see rerun.py)."""
    right, should = walk(root)
    places = [place for node in nodes for place in node.parents if place is not None]
    shared = any(places.count(node) > 1 for node in nodes)
    twice = shared or any(places.count(p) > 1 for p in places if isinstance(p, Leaf))
    made = [
        _compare(
            "Depth-first order",
            "One branch is followed to its end before the next, as a recursive walk does: a step "
            "is taken as soon as it is reached, and not when all uses of its result have passed on "
            "their parts. What arrives later is never passed on.",
            right, should, walk(root, choose=last_met),
            "" if shared else "Here no result of an operation is used twice, so no step can be "
            "too early: this order gives the same. Only a leaf is used more than once, and a leaf "
            "passes nothing on. In y = x * 2; L = (y * y.exp()).sum() it would differ.",
        ),
        _compare(
            "= instead of +=",
            "The part from the last use replaces those from the uses before.",
            right, should, walk(root, join=replace),
            "" if twice else "Here every tensor is used once, so that there is nothing to add.",
        ),
        _compare(
            "Broadcast not summed",
            "Broadcasting used a small tensor many times. Its gradient is the sum over all copies; "
            "without it the gradient has the shape of the result.",
            right, should, walk(root, fitted=leave),
            "Here no operand was repeated by broadcasting.",
        ),
    ]  # fmt: skip
    if not again:
        reason = "The recorded program does not give the same numbers when it is run again."
        return [*made, *(Mistake(t, "", [], {}, {}, {}, reason) for t in (NO_ZERO, BY_FORMULA))]
    return [*made, no_zero_grad(nodes, root, should), by_formula(nodes, root, right, should)]


def _compare(
    title: str, lesson: str, right: list[Part], should: Grads,
    walked: tuple[list[Part], Grads], absent: str = "",
) -> Mistake:  # fmt: skip
    parts, grads = walked
    wrong = {(p.node, p.argument): p for p in parts}
    missing = len(wrong) < len(right)
    same = not missing and all(
        same_numbers(wrong[p.node, p.argument].given, p.given)
        and (isinstance(place_of(p), Node) or same_numbers(grads[place_of(p)], should[place_of(p)]))
        for p in right
    )
    return Mistake(title, lesson, right, wrong, grads, should, absent if same else "")


def leaves_of(nodes: Sequence[Node]) -> dict[Any, np.ndarray]:
    """The leaves that the Nodes use, with their arrays."""
    pairs = ((p, x) for n in nodes for p, x in zip(n.parents, n.raw or (), strict=True))
    return {p: x for p, x in pairs if isinstance(p, Leaf)}


def place_of(part: Part) -> Any:
    """The place that a part is for."""
    return part.node.parents[part.argument]


def same_numbers(a: Any, b: Any) -> bool:
    """Equal up to what another order of a sum may round."""
    a, b = (np.asarray(x) if isinstance(x, Bundle) else x for x in (a, b))
    if not isinstance(a, np.ndarray) or not isinstance(b, np.ndarray) or a.shape != b.shape:
        return False
    if not a.size:
        return True
    scale = np.nanmax(np.abs(np.where(np.isfinite(b), b, 0)))
    tight = 64 * float(np.finfo(b.dtype).eps) * float(scale)
    return bool(np.allclose(a, b, rtol=1e-4, atol=tight, equal_nan=True))


NO_ZERO, BY_FORMULA = "No zero_grad between two steps", "Softmax by its formula, in float32"
STEP = 0.01  # of the parameters' length, that one training step goes


def no_zero_grad(nodes: Sequence[Node], root: Node, first: Grads) -> Mistake:
    """Two steps of training, and .grad not set to zero between them."""
    used = leaves_of(nodes)
    size = sum(norm(x) ** 2 for x in used.values()) ** 0.5
    length = sum(norm(first[p]) ** 2 for p in used) ** 0.5
    rate = STEP * (size or 1.0) / (length or 1.0)
    moved = {p: (x - rate * first[p]).astype(x.dtype) for p, x in used.items()}
    copies = rerun(nodes, moved)
    back = {copy: node for node, copy in copies.items()}
    right, should = walk(copies[root])
    parts, grads = walk(copies[root], start={p: first[p] for p in used})
    right, parts = ([p._replace(node=back[p.node]) for p in ps] for ps in (right, parts))
    return _compare(
        NO_ZERO,
        f"After a first step of gradient descent (learning rate {rate:.3g}) the second backward "
        "pass adds to what .grad still holds from the first.",
        right, should, (parts, grads),
        "Here the first gradient is zero, so that leaving it does no harm.",
    )  # fmt: skip


RAISED = 100.0  # beyond 88.7, exp is inf in float32


def by_formula(nodes: Sequence[Node], root: Node, right: list[Part], should: Grads) -> Mistake:
    """All scores raised by 100, which changes no softmax, and the softmax as it is defined."""
    instead: dict[Node, Callable] = {}
    for node in nodes:
        if node.fn in FORMULAS:
            instead[node] = FORMULAS[node.fn]
        elif NAMES[node.fn] == "div":  # exp(x) / exp(x).sum(), written by hand
            a, b = (*node.parents, None)[:2]
            if isinstance(a, Node) and isinstance(b, Node) and b.parents[0] is a:
                if a.fn is np.exp and NAMES[b.fn] == "sum":
                    instead[a] = raised_exp
    if not instead:
        absent = "There is no softmax in this program."
        return Mistake(BY_FORMULA, "", right, {}, should, should, absent)
    copies = rerun(nodes, instead=instead)
    back = {copy: node for node, copy in copies.items()}
    parts, grads = walk(copies[root])
    parts = [p._replace(node=back[p.node]) for p in parts]
    return _compare(
        BY_FORMULA,
        "All scores are raised by 100, which changes no softmax: both halves of the fraction grow "
        "alike. But exp(100) is more than float32 can hold, inf / inf is nan, and nan is passed on "
        "to every weight. The cure is to take the largest score off first.",
        right, should, (parts, grads), "Here the result does not depend on it.",
    )  # fmt: skip


def raised_exp(x: np.ndarray) -> np.ndarray:
    """exp of x + 100, in float32."""
    with np.errstate(over="ignore"):
        return np.exp((x + RAISED).astype(np.float32))


def formula(x: np.ndarray, axis: Any) -> np.ndarray:
    """softmax(x + 100), as it is defined."""
    e = raised_exp(x)
    with np.errstate(invalid="ignore"):
        return e / e.sum(axis=axis, keepdims=True)


def cross_entropy(x: np.ndarray, labels: np.ndarray, *, note: dict) -> np.ndarray:
    """The logarithm of that, at the labels, with the notes that the rule wants."""
    p = formula(x, 1)
    dn.softmax_cross_entropy(x, labels, note=note)
    note["p"] = p.T
    with np.errstate(divide="ignore"):
        return -np.log(p[np.arange(len(labels)), labels])


def log_formula(x: np.ndarray, axis: Any) -> np.ndarray:
    """The logarithm of that."""
    with np.errstate(divide="ignore"):
        return np.log(formula(x, axis))


FORMULAS: dict[Callable, Callable] = {
    fn: instead
    for made, instead in (
        (dn.softmax, formula),
        (dn.log_softmax, log_formula),
        (dn.softmax_cross_entropy, cross_entropy),
    )
    for fn in (made, getattr(made, "__wrapped__", made))  # a primitive goes by either
}
