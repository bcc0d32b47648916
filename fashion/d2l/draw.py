"""The lecture's pictures: lines, images, and curves that grow while a training goes on.

What is drawn appears in a notebook by itself. Elsewhere, what a function draws and does not hand
over is written to a picture file, and a line says where.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Sequence
from typing import Any

import numpy as np

import minigrad

from .. import plot as _plot

__all__ = ["Animator", "plot", "set_axes", "set_figsize", "show_images", "use_svg_display"]


def pyplot() -> Any:
    """Return matplotlib.pyplot, which takes half a second to load, and many a program needs none.

    >>> pyplot().__name__
    'matplotlib.pyplot'
    """
    import matplotlib.pyplot

    return matplotlib.pyplot


def in_notebook() -> bool:
    """Tell whether this runs in a notebook, which IPython's shell there knows by its kernel.

    >>> in_notebook()
    False
    """
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None


def use_svg_display() -> None:
    """Let a notebook draw in SVG; elsewhere there is nothing to do."""
    if in_notebook():
        from matplotlib_inline import backend_inline

        backend_inline.set_matplotlib_formats("svg")


def set_figsize(figsize: tuple[float, float] = (3.5, 2.5)) -> None:
    """Set the size of the figures to come, in inches."""
    use_svg_display()
    pyplot().rcParams["figure.figsize"] = figsize


def set_axes(
    axes: Any, xlabel: Any, ylabel: Any, xlim: Any, ylim: Any, xscale: str, yscale: str, legend: Any
) -> None:
    """Set the labels, limits, scales and legend of matplotlib's axes."""
    axes.set_xlabel(xlabel)
    axes.set_ylabel(ylabel)
    axes.set_xscale(xscale)
    axes.set_yscale(yscale)
    for limits, set_limits in ((xlim, axes.set_xlim), (ylim, axes.set_ylim)):
        if limits and limits[0] != limits[1]:  # one epoch gives [1, 1]
            set_limits(limits)
    if legend:
        axes.legend(legend)
    axes.grid()


def plot(
    X: Any,
    Y: Any = None,
    xlabel: str | None = None,
    ylabel: str | None = None,
    legend: Sequence[str] | None = None,
    xlim: Any = None,
    ylim: Any = None,
    xscale: str = "linear",
    yscale: str = "linear",
    fmts: Sequence[str] = ("-", "m--", "g-.", "r:"),
    figsize: tuple[float, float] = (3.5, 2.5),
    axes: Any = None,
) -> None:
    """Draw one line or several: Y over X, or, without Y, X over 0, 1, 2, ...

    X and Y are vectors or lists of them; one X serves many Y.

    >>> x = arange(0.0, 3.0, 0.1)
    >>> plot(x, [x**2, 2 * x - 1], "x", "f(x)", legend=["f(x)", "tangent"])
    """
    set_figsize(figsize)
    axes = axes if axes is not None else pyplot().gca()

    def one_line(values: Any) -> bool:
        return getattr(values, "ndim", None) == 1 or (
            isinstance(values, list) and not hasattr(values[0], "__len__")
        )

    if one_line(X):
        X = [X]
    if Y is None:
        X, Y = [[]] * len(X), X
    elif one_line(Y):
        Y = [Y]
    if len(X) != len(Y):
        X = X * len(Y)
    axes.cla()
    for i, (x, y) in enumerate(zip(X, Y, strict=False)):
        x, y = (v.detach().numpy() if isinstance(v, minigrad.Tensor) else v for v in (x, y))
        form = fmts[i % len(fmts)]
        axes.plot(x, y, form) if len(x) else axes.plot(y, form)
    set_axes(axes, xlabel, ylabel, xlim, ylim, xscale, yscale, legend)


def show_images(
    imgs: Any,
    num_rows: int,
    num_cols: int,
    titles: Sequence[str] | None = None,
    scale: float = 1.5,
) -> Any:
    """Draw images in a grid, and return the array of matplotlib's axes.

    Images are Tensors, arrays or Pillow's; `scale` is the size of one in inches.

    >>> len(show_images(zeros(4, 28, 28), 2, 2, titles=list("abcd")))
    4
    """
    figsize = (num_cols * scale, num_rows * scale)
    figure = pyplot().figure(figsize=figsize, layout="constrained")
    return _plot.show_images(imgs, num_rows, num_cols, titles, figure=figure)


class Animator:
    """Draw curves while their points come in, as a training goes on.

    In a notebook the figure is redrawn with each point. Elsewhere each call of `add` prints a line,
    and when x has come to the end of `xlim` the figure is written to a file, and another line says
    where: in `Animator.folder`, or, while that is None, in the system's folder for temporary files.
    `save` writes it at another time or place. Arguments as the book's.

    >>> animator = Animator(xlabel="epoch", legend=["loss", "accuracy"])
    >>> animator.add(1, (0.7869, 0.7483))
    epoch 1: loss 0.787, accuracy 0.748
    """

    folder: str | os.PathLike[str] | None = None

    def __init__(
        self,
        xlabel: str | None = None,
        ylabel: str | None = None,
        legend: Sequence[str] | None = None,
        xlim: Any = None,
        ylim: Any = None,
        xscale: str = "linear",
        yscale: str = "linear",
        fmts: Sequence[str] = ("-", "m--", "g-.", "r:"),
        nrows: int = 1,
        ncols: int = 1,
        figsize: tuple[float, float] = (3.5, 2.5),
    ) -> None:
        self.live = in_notebook()
        use_svg_display()
        if self.live:
            self.fig, axes = pyplot().subplots(nrows, ncols, figsize=figsize)
        else:
            self.fig = _plot.new_figure(figsize)  # one that pyplot need not keep
            axes = self.fig.subplots(nrows, ncols)
        self.axes = list(np.atleast_1d(axes).flat)
        self.xlabel, self.legend, self.xlim, self.fmts = xlabel, legend or (), xlim, fmts
        self.X: list[list[Any]] = []
        self.Y: list[list[Any]] = []
        self.path: str | None = None

        def config_axes() -> None:
            set_axes(self.axes[0], xlabel, ylabel, xlim, ylim, xscale, yscale, legend)

        self.config_axes = config_axes

    def add(self, x: Any, y: Any) -> None:
        """Add a point to each of the curves; one that is None is left out."""
        ys = list(y) if hasattr(y, "__len__") else [y]
        xs = list(x) if hasattr(x, "__len__") else [x] * len(ys)
        if not self.X:
            self.X, self.Y = [[] for _ in ys], [[] for _ in ys]
        for i, (a, b) in enumerate(zip(xs, ys, strict=True)):
            if a is not None and b is not None:
                self.X[i].append(float(a))
                self.Y[i].append(float(b))
        if self.live:
            self.draw()
            from IPython import display

            display.display(self.fig)
            display.clear_output(wait=True)
            return
        names = [*self.legend, *(f"y{i}" for i in range(len(self.legend), len(ys)))]
        values = (f"{n} {float(b):.3f}" for n, b in zip(names, ys, strict=False) if b is not None)
        print(f"{self.xlabel or 'x'} {float(xs[0]):g}: {', '.join(values)}", flush=True)
        if self.xlim and xs[0] >= self.xlim[1]:
            announced = self.path
            path = self.save(announced)
            if announced is None:
                print(f"curves: {path}", flush=True)

    def draw(self) -> None:
        """Draw the curves with all points so far."""
        self.axes[0].cla()
        for x, y, form in zip(self.X, self.Y, self.fmts, strict=False):
            # One point alone makes no line.
            self.axes[0].plot(x, y, form, marker="" if len(x) > 1 else "o")
        self.config_axes()

    def save(self, path: str | os.PathLike[str] | None = None) -> str:
        """Write the figure to a file, whose name's end says the format, and return its path."""
        self.draw()
        self.path = save_picture(self.fig, "curves", self.folder, path)
        return self.path


def save_picture(
    figure: Any,
    name: str,
    folder: str | os.PathLike[str] | None = None,
    path: str | os.PathLike[str] | None = None,
) -> str:
    """Write a figure to the path, or to a new file in the folder, and return the path."""
    if path is None:
        handle, path = tempfile.mkstemp(prefix=f"d2l-{name}-", suffix=".svg", dir=folder)
        os.close(handle)
    _plot.save(figure, path)
    return os.fspath(path)
