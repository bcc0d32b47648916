"""explain: a page that replays a backward pass, step by step, in one file that is complete."""

from __future__ import annotations

import html
import inspect
import json
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from ..autograd.engine import Node
from ..autograd.tracing import bytes_words
from . import svg, values
from .drawing import described
from .graph import roots_of
from .naming import Names, pairs
from .story import CROWDED, Story

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"


class Page:
    """A page as text; a notebook shows it in a frame of its own, and `save` writes it."""

    def __init__(self, story: Story, title: str = "") -> None:
        self.story = story
        self.html = whole(story, title)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the page to a file, which any browser opens."""
        Path(path).write_text(self.html, encoding="utf-8")

    def _repr_html_(self) -> str:
        frame = 'style="width:100%;height:760px;border:0" title="A backward pass, replayed"'
        return f'<iframe {frame} srcdoc="{html.escape(self.html)}"></iframe>'

    def __repr__(self) -> str:
        size = bytes_words(len(self.html.encode()))
        return f"<Page: {len(self.story.steps)} steps, {size}>"


def explain(
    loss: Any,
    /,
    path: str | os.PathLike[str] | None = None,
    params: Any = None,
    *,
    image: tuple[int, int] | None = None,
    title: str = "",
    **names: Any,
) -> Page:
    """Make a page that replays the backward pass from `loss`, step by step, with its numbers.

    Call it before loss.backward(), or after backward(retain_graph=True): it walks back by itself,
    and leaves every .grad as it is. With a path the page is written there, as one file that needs
    no network. Several tensors, as (y, n) with n made of the gradient of y that
    grad(..., create_graph=True) gave, are replayed one after another in one picture.

    Names come from keyword arguments, `params` (a module, a dict, a list) and the caller's
    variables. `image` is the height and width of images that lie flat in rows or columns, where
    the page cannot see them by itself. Lines of your program are shown if it ran under
    minigrad.autograd.trace(). Raises RuntimeError if there is no graph, or if it has been freed.

    >>> w = tensor([1., 2.], requires_grad=True)
    >>> loss = (w * w).sum()
    >>> page = explain(loss)
    >>> len(page.story.steps), w.grad
    (3, None)
    """
    frame = inspect.currentframe()
    caller = frame.f_back if frame is not None else None
    return explained(roots_of(loss), Names(pairs(params, names, caller)), path, image, title)


def explained(
    roots: Sequence[Node],
    names: Names,
    path: str | os.PathLike[str] | None = None,
    image: tuple[int, int] | None = None,
    title: str = "",
) -> Page:
    """The page for these Nodes, whose tensors have these names."""
    page = Page(Story(roots, names, image), title)
    if path is not None:
        page.save(path)
    return page


def whole(story: Story, title: str = "") -> str:
    """The page's text."""
    last = story.roots[-1]
    name = story.box[last].name or "the result"
    heading = title or f"How the gradient of {name} flows"
    data = json.dumps(story.data(), ensure_ascii=False, separators=(",", ":"))
    folder = resources.files(__package__) / "assets"
    parts = {
        "TITLE": html.escape(heading),
        "LEAD": lead(story, name),
        "POLICY": html.escape(POLICY),
        "STYLE": svg.STYLE + (folder / "page.css").read_text(encoding="utf-8"),
        "PICTURE": picture(story),
        "LATER": later(story),
        "ROWS": rows(story),
        "COUNT": str(len(story.steps)),
        # Inside a script element only "<" could end it.
        "DATA": data.replace("<", "\\u003c").replace("\u2028", "\\u2028"),
        "SCRIPT": (folder / "page.js").read_text(encoding="utf-8"),
    }
    text = (folder / "page.html").read_text(encoding="utf-8")
    first, *rest = text.split("{{")
    pieces = [first]
    for piece in rest:
        key, _, after = piece.partition("}}")
        pieces += [parts[key], after]
    return "".join(pieces)


def lead(story: Story, name: str) -> str:
    """The first sentence: what was computed, and for what the gradient is asked."""
    found = [
        story.word(story.leaves[place]) for place in story.grads if not isinstance(place, Node)
    ]
    named = [f"<b>{html.escape(word)}</b>" for word in found[:4]]
    rest = f" and {len(found) - 4} more" if len(found) > 4 else ""
    value = values.told(story.roots[-1].out)
    steps = len(story.steps)
    return (
        f"<b>{html.escape(name)}</b> = {html.escape(value)}. In {steps} "
        f"step{'s' * (steps != 1)}, from the newest operation to the oldest, its gradient comes "
        f"back to {', '.join(named)}{rest}."
    )


def picture(story: Story) -> str:
    """The graph as part of the page, in a window that a large one is moved in."""
    plan = story.plan
    label = html.escape(described(plan.graph))
    return (
        f'<svg class="mg{" crowded" if len(plan.graph.boxes) > CROWDED else ""}" role="img" '
        f'aria-label="{label}" viewBox="0 0 {plan.width:.0f} {plan.height:.0f}" '
        f'width="{plan.width:.0f}" height="{plan.height:.0f}">{svg.body(plan, story.after())}</svg>'
    )


def later(story: Story) -> str:
    """A line of the legend for the boxes that were made after the first of several results."""
    if len(story.roots) < 2:
        return ""
    word = html.escape(story.word(story.box[story.roots[0]]))
    return (
        '<li><svg class="mg" width="30" height="16" aria-hidden="true"><g class="op after">'
        '<rect x="2" y="2" width="26" height="12" rx="3"/></g></svg>'
        f"recorded after {word}: by its backward pass, and from there on</li>"
    )


def rows(story: Story) -> str:
    """All steps as rows of a table, which is there without a script, too."""
    made = []
    for k, (turn, step) in enumerate(story.steps, 1):
        assert step.rule is not None and step.argument is not None
        total = values.told(story.totals[k - 1])
        notes = []
        if turn:
            notes.append(f"pass {turn + 1}")
        if step.summed:
            axes = ", ".join(map(str, step.summed))
            notes.append(f"{step.before} summed over axis {axes}")
        if step.place is not None:
            notes.append(str(step.place))
        cells = (
            step.operation, story.word(story.edge(step).source), values.told(step.result), total,
            "; ".join(notes),
        )  # fmt: skip
        op, to, given, so_far, note = map(html.escape, cells)
        rule = html.escape(step.rule.text)
        made.append(
            f'<tr id="r{k}"><th scope="row"><a href="#{k}">{k}</a><td>{op}<td><code>{rule}</code>'
            f"<td>{to}<td>{given}<td>{so_far}<td>{note}"
        )
    return "\n".join(made)
