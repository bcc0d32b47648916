"""The second edition's curves, which grow while a training goes on, and its histogram."""

from __future__ import annotations

import collections
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad

from .. import plot as _plot
from .draw import Animator, in_notebook, pyplot, save_picture, set_figsize, use_svg_display

__all__ = ["ProgressBoard", "show_list_len_pair_hist"]


class ProgressBoard:
    """Draw points of several lines while they come in; each point shown is the mean of `every_n`.

    In a notebook the figure is redrawn with each. Elsewhere the points are kept, in `data`; `save`
    writes the picture, and `Trainer.fit` does so at its end. With `display=False` nothing is drawn.
    Arguments as the book's.

    >>> board = ProgressBoard("x")
    >>> for x in range(4):
    ...     board.draw(x, 2 * x, "double", every_n=2)
    >>> board.data["double"]
    [(0.5, 1.0), (2.5, 5.0)]
    """

    def __init__(
        self,
        xlabel: str | None = None,
        ylabel: str | None = None,
        xlim: Any = None,
        ylim: Any = None,
        xscale: str = "linear",
        yscale: str = "linear",
        ls: Sequence[str] = ("-", "--", "-.", ":"),
        colors: Sequence[str] = ("C0", "C1", "C2", "C3"),
        fig: Any = None,
        axes: Any = None,
        figsize: tuple[float, float] = (3.5, 2.5),
        display: bool = True,
    ) -> None:
        self.xlabel, self.ylabel, self.xlim, self.ylim = xlabel, ylabel, xlim, ylim
        self.xscale, self.yscale, self.ls, self.colors = xscale, yscale, ls, colors
        self.fig, self.axes, self.figsize, self.display = fig, axes, figsize, display
        self.waiting: dict[str, list[tuple[float, float]]] = collections.defaultdict(list)
        self.data: dict[str, list[tuple[float, float]]] = {}

    def draw(self, x: Any, y: Any, label: str, every_n: int = 1) -> None:
        """Add a point to the line of this name, and draw when `every_n` have come together."""
        waiting = self.waiting[label]
        waiting.append((float(x), _number(y)))
        if len(waiting) < every_n:
            return
        self.data.setdefault(label, []).append(
            (float(np.mean([p[0] for p in waiting])), float(np.mean([p[1] for p in waiting])))
        )
        waiting.clear()
        if self.display and in_notebook():
            self._show()

    def _plot(self, axes: Any) -> None:
        for i, (label, points) in enumerate(self.data.items()):
            style, color = self.ls[i % len(self.ls)], self.colors[i % len(self.colors)]
            axes.plot(*zip(*points, strict=True), linestyle=style, color=color, label=label)
        axes.set_xlabel(self.xlabel)
        axes.set_ylabel(self.ylabel)
        axes.set_xscale(self.xscale)
        axes.set_yscale(self.yscale)
        if self.xlim:
            axes.set_xlim(self.xlim)
        if self.ylim:
            axes.set_ylim(self.ylim)
        axes.legend()

    def _show(self) -> None:
        from IPython import display

        use_svg_display()
        if self.fig is None:
            self.fig = pyplot().figure(figsize=self.figsize)
        axes = self.axes or self.fig.gca()
        axes.cla()
        self._plot(axes)
        display.display(self.fig)
        display.clear_output(wait=True)

    def last(self) -> str:
        """Return the newest value of each line, as one line of text.

        >>> board = ProgressBoard()
        >>> board.draw(1, 0.25, "val_loss")
        >>> board.last()
        'val_loss 0.250'
        """
        return ", ".join(f"{label} {points[-1][1]:.3f}" for label, points in self.data.items())

    def save(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write the figure to a file, whose name's end says the format, and return its path."""
        figure = _plot.new_figure(self.figsize)
        self._plot(figure.subplots())
        return save_picture(figure, "curves", Animator.folder, path)


def _number(y: Any) -> float:
    return float(y.detach().numpy() if isinstance(y, minigrad.Tensor) else y)


def show_list_len_pair_hist(
    legend: Sequence[str], xlabel: str, ylabel: str, xlist: Any, ylist: Any
) -> None:
    """Draw how long the lists in two lists of lists are, as one histogram.

    >>> show_list_len_pair_hist(["a", "b"], "tokens", "count", [[1], [1, 2]], [[1, 2, 3], [1]])
    """
    set_figsize()
    _, _, patches = pyplot().hist([[len(x) for x in xlist], [len(y) for y in ylist]])
    pyplot().xlabel(xlabel)
    pyplot().ylabel(ylabel)
    for patch in patches[1].patches:
        patch.set_hatch("/")
    pyplot().legend(legend)
