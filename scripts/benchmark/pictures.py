"""The figures as pictures: bars of ratios, and curves over the sizes of a step."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .figures import Figure
from .rows import nets
from .rows.steps import SCALES
from .table import short
from .workers import ROOT


def draw_bars(figures: Sequence[Figure], facts: dict[str, Any], path: Path) -> None:
    """The ratios as bars on a logarithmic axis: how many times as much the others need."""
    from matplotlib.figure import Figure as Picture

    shown = [
        f
        for f in figures
        if f.ratio is not None and f.row not in ("scaling", "import", "parts", *nets.NETS)
    ]
    if not shown:
        return
    shown.reverse()  # the first on top
    picture = Picture(figsize=(9, 1.6 + 0.25 * len(shown)), layout="constrained")
    axes = picture.subplots()
    for y, one in enumerate(shown):
        times = 1 / (one.ratio or math.inf)
        color = "#2a6f97" if times >= 1 else "#c9703d"
        axes.barh(y, times - 1, left=1, color=color, height=0.7)
        axes.plot([1 / edge for edge in one.spread], [y, y], color="#222222", linewidth=1)
        if one.bar is not None and not one.absolute:
            axes.plot([1 / one.bar] * 2, [y - 0.42, y + 0.42], color="black", linewidth=2.2)
        axes.annotate(
            f"{short(times)} x", (1, y), xycoords=("axes fraction", "data"), xytext=(6, 0),
            textcoords="offset points", va="center", fontsize=8, color=color,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_ylim(-0.7, len(shown) - 0.3)
    axes.axvline(1, color="#222222", linewidth=0.8)
    axes.set_yticks(range(len(shown)), [f"{f.what}  |  {f.against}" for f in shown], fontsize=8)
    axes.tick_params(axis="y", length=0)
    low, high = axes.get_xlim()
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500) if low <= t <= high]
    _plain_ticks(axes, ticks)
    axes.set_xlabel("cost as a multiple of minigrad's; blue: minigrad needs less", fontsize=9)
    axes.set_title(
        f"Time and memory of others against minigrad's, paired runs on {facts['machine']}\n"
        "thin line: quartiles; thick mark: the bar to reach", fontsize=9, loc="left",
    )  # fmt: skip
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    _write(picture, path)


def _plain_ticks(axes: Any, ticks: Sequence[float]) -> None:
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=8)
    axes.set_xticks([], minor=True)


def draw_scaling(figures: Sequence[Figure], path: Path) -> None:
    """Time per example of a step over batch size, classes and features, on logarithmic axes."""
    from matplotlib.figure import Figure as Picture

    shown = [f for f in figures if f.row == "scaling"]
    if not shown:
        return
    picture = Picture(figsize=(9, 3.2), layout="constrained")
    panels = picture.subplots(1, len(SCALES), sharey=True)
    styles = {"numpy": ("#777777", "o--"), "torch": ("#c9703d", "s-.")}
    for axes, axis in zip(panels, SCALES, strict=True):
        here = [f for f in shown if f.settings["axis"] == axis]
        for name, (color, form) in styles.items():
            points = [f for f in here if f.settings["peer"] == name]
            if points:
                axes.plot(*_per_example(points, "theirs"), form, color=color, markersize=4,
                          label=points[0].against)  # fmt: skip
        peer = here[0].settings["peer"]
        points = [f for f in here if f.settings["peer"] == peer]
        axes.plot(*_per_example(points, "ours"), "D-", color="#2a6f97", markersize=4,
                  label="minigrad")  # fmt: skip
        axes.set_xscale("log")
        axes.set_yscale("log")
        _plain_ticks(axes, [f.settings["value"] for f in points])
        axes.set_xlabel(axis)
        axes.grid(color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("microseconds per example")
    panels[0].legend(fontsize=8, frameon=False)
    picture.suptitle("A training step of softmax regression (else batch 256, 784 features, "
                     "10 classes)", fontsize=10, x=0.01, ha="left")  # fmt: skip
    _write(picture, path)


def _per_example(points: Sequence[Figure], whose: str) -> tuple[list[float], list[float]]:
    values = [f.settings["value"] for f in points]
    sizes = [f.settings["value"] if f.settings["axis"] == "batch size" else 256 for f in points]
    return values, [getattr(f, whose) / size for f, size in zip(points, sizes, strict=True)]


def _write(picture: Any, path: Path) -> None:
    sys.path.append(str(ROOT))  # as the children do, where nothing is installed
    from fashion import plot

    plot.save(picture, path)
