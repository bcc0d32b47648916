"""A drawn graph as matplotlib's figure, for .png and .pdf."""

from __future__ import annotations

from typing import Any

from .svg import CHARACTER, LINE, MARGIN, PAD, Plan

INCH = 96.0  # of a picture's pixels


def figure(drawn: Plan, note: str = "") -> Any:
    """The plan as a Figure; needs matplotlib."""
    from matplotlib.figure import Figure
    from matplotlib.patches import FancyBboxPatch, PathPatch
    from matplotlib.path import Path

    height = drawn.height + (24 if note else 0)
    width = max(drawn.width, len(note) * CHARACTER + 2 * MARGIN)
    made = Figure(figsize=(width / INCH, height / INCH))
    axes = made.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0))
    for points in drawn.paths:
        spots, codes = [points[0]], [Path.MOVETO]
        for (x, y), (to_x, to_y) in zip(points, points[1:], strict=False):
            half = (y + to_y) / 2
            spots += [(x, half), (to_x, half), (to_x, to_y)]
            codes += [Path.CURVE4] * 3
        axes.add_patch(PathPatch(Path(spots, codes), fill=False, edgecolor="#a5a29a", lw=0.9))
        x, y = points[-1]
        axes.fill([x - 4, x + 4, x], [y - 7, y - 7, y], color="#a5a29a", lw=0)
    colours = {"name": "#1c1b19", "value": "#5c5a55", "grad": "#b93f08", "none": "#5c5a55"}
    for box, text, (left, top, w, h) in zip(
        drawn.graph.boxes, drawn.texts, drawn.frames, strict=True
    ):
        frame = FancyBboxPatch(
            (left + 4, top + 4), w - 8, h - 8, boxstyle="round,pad=4,rounding_size=4",
            facecolor="white" if box.kind in ("leaf", "data") else "#f7f6f3",
            edgecolor="#1c1b19" if box.kind == "leaf" else "#a5a29a", lw=0.9,
            linestyle="--" if box.kind == "data" else "-",
        )  # fmt: skip
        axes.add_patch(frame)
        for row, (role, words) in enumerate(text):
            axes.text(
                left + w / 2, top + PAD + 9 + row * LINE, words, ha="center", va="baseline",
                color=colours[role], fontsize=9, parse_math=False,
                family="sans-serif" if role == "name" else "monospace",
                weight="bold" if role == "name" else "normal",
                style="italic" if role == "none" else "normal",
            )  # fmt: skip
    if note:
        axes.text(width / 2, height - 14, note, ha="center", color="#5c5a55", fontsize=9)
    return made
