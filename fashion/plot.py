"""Pictures of images, of a training's course, and of a classifier's mistakes.

All of them are matplotlib's figures, made without pyplot: none opens a window, and `save` writes
them. Their lines and shades differ in print without colours, too.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = [
    "confusion", "confusion_matrix", "curves", "gradient_norms", "learning_rates", "new_figure",
    "predictions", "save", "show_images", "weights", "worst",
]  # fmt: skip

Array = np.ndarray[Any, Any]
DOTS = 144  # per inch, of what is drawn in pixels


def new_figure(figsize: tuple[float, float]) -> Figure:
    """Return an empty figure of this size in inches, whose parts keep clear of each other.

    >>> new_figure((3.5, 2.5)).get_size_inches().tolist()
    [3.5, 2.5]
    """
    from matplotlib.figure import Figure

    return Figure(figsize=figsize, layout="constrained")


def save(figure: Figure, path: str | os.PathLike[str]) -> None:
    """Write a figure to a file in the format that its name ends in, the same bytes every time.

    The file appears whole or not at all. ValueError for a format that matplotlib does not know,
    OSError with the file's name when it cannot be written.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(new_figure((1, 1)), pathlib.Path(folder, "empty.svg"))
    """
    import matplotlib

    from minigrad._files import replacing

    kind = os.path.splitext(path)[1][1:].lower() or matplotlib.rcParams["savefig.format"]
    metadata = {"Date": None} if kind == "svg" else None
    # A salt in place of chance, and no date: a file that changes has a reason.
    with matplotlib.rc_context({"svg.hashsalt": "fashion"}), replacing(path, durable=False) as file:
        figure.savefig(file, format=kind, dpi=DOTS, metadata=metadata)


def show_images(
    images: Any,
    rows: int,
    columns: int,
    titles: Sequence[str] | None = None,
    scale: float = 1.5,
    figure: Any = None,
) -> Array:
    """Draw images, dark on white, in a grid, and return the array of its axes.

    Images are Tensors, arrays (h, w), (1, h, w) or (h, w, channels), or Pillow's; places that are
    left over stay empty. `scale` is the size of one in inches.

    >>> axes = show_images(np.zeros((3, 28, 28)), 2, 2, titles=["coat", "bag", "shirt"])
    >>> [one.get_title() for one in axes]
    ['coat', 'bag', 'shirt', '']
    """
    figure = figure or new_figure((columns * scale, rows * scale))
    axes = np.atleast_1d(figure.subplots(rows, columns)).reshape(-1)
    for one in axes:
        one.set_axis_off()
    for i, (one, image) in enumerate(zip(axes, images, strict=False)):
        pixels = np.asarray(image.detach() if hasattr(image, "detach") else image)
        if pixels.ndim == 3 and len(pixels) == 1:
            pixels = pixels[0]
        one.imshow(pixels, cmap="gray_r", interpolation="nearest")
        if titles is not None and i < len(titles):
            one.set_title(titles[i])
    return axes


def predictions(
    images: Any,
    true: Any,
    predicted: Any,
    classes: Sequence[str],
    columns: int = 9,
    notes: Sequence[str] | None = None,
) -> Figure:
    """Draw images with the true name above the predicted one; a wrong one is red and in bold.

    `notes`, one for each image, make a third line.

    >>> figure = predictions(np.zeros((2, 28, 28)), [0, 1], [0, 0], ["coat", "bag"])
    >>> [axes.get_title() for axes in figure.axes][:2]
    ['coat\\ncoat', 'bag\\ncoat']
    """
    rows = -(-len(images) // columns)
    titles = [f"{classes[t]}\n{classes[p]}" for t, p in zip(true, predicted, strict=True)]
    if notes is not None:
        titles = [f"{title}\n{note}" for title, note in zip(titles, notes, strict=True)]
    lines = 3 if notes is not None else 2
    figure = new_figure((1.3 * columns, (1.3 + 0.2 * lines) * rows + 0.3))
    axes = show_images(images, rows, columns, figure=figure)
    for one, title, t, p in zip(axes, titles, true, predicted, strict=False):
        right = t == p
        one.set_title(
            title, fontsize=10, color="black" if right else "firebrick",
            fontweight="normal" if right else "bold",
        )  # fmt: skip
    figure.supxlabel("above each image: the true name, and below it the predicted one", fontsize=10)
    return figure


def curves(
    history: Sequence[Mapping[str, float]], title: str = "", torch: Sequence[float] | None = None
) -> Figure:
    """Draw the lecture's plot of a training: loss and accuracies over the epochs.

    Each entry has "epoch", "train_loss", "train_accuracy" and "test_accuracy". `torch` is the loss
    that torch had after each epoch, for comparison.

    >>> first = {"epoch": 1, "train_loss": 0.8, "train_accuracy": 0.75, "test_accuracy": 0.79}
    >>> [line.get_label() for line in curves([first]).axes[0].lines]
    ['train loss', 'train accuracy', 'test accuracy']
    """
    figure = new_figure((6, 4))
    axes = figure.subplots()
    epochs = [entry["epoch"] for entry in history]
    for name, form in (
        ("train_loss", "C0-o"),
        ("train_accuracy", "m--s"),
        ("test_accuracy", "g-.^"),
    ):
        values = [entry[name] for entry in history]
        axes.plot(epochs, values, form, markersize=4, label=name.replace("_", " "))
    if torch is not None:
        shown = torch[: len(epochs)]
        axes.plot(epochs[: len(shown)], shown, "kx:", markersize=7, label="train loss in torch")
    axes.set_xlabel("epoch")
    axes.set_title(title)
    axes.locator_params(axis="x", integer=True)
    axes.grid(alpha=0.4)
    axes.legend()
    return figure


def gradient_norms(norms: Any, per_epoch: int) -> Figure:
    """Draw the length of the gradient at each step of a training, and its mean in each epoch.

    >>> [line.get_label() for line in gradient_norms([3.0, 2.0, 2.0, 1.0], 2).axes[0].lines]
    ['each step', 'mean of an epoch']
    """
    figure = new_figure((6, 4))
    axes = figure.subplots()
    values = np.asarray(norms, np.float64)
    axes.plot(np.arange(1, len(values) + 1) / per_epoch, values, "C0-", lw=0.5, label="each step")
    starts = np.arange(0, len(values), per_epoch)
    counts = np.diff([*starts, len(values)])
    means = np.add.reduceat(values, starts) / counts if len(values) else values
    axes.plot((starts + counts / 2) / per_epoch, means, "k-o", markersize=4,
              label="mean of an epoch")  # fmt: skip
    axes.set_xlabel("epoch")
    axes.set_ylabel("length of the gradient")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.4)
    axes.legend()
    return figure


def learning_rates(rates: Any, per_epoch: int) -> Figure:
    """Draw the learning rate at each step of a training, over the epochs.

    >>> learning_rates([0.1, 0.1, 0.01], 2).axes[0].lines[0].get_xdata().tolist()
    [0.0, 0.5, 1.0]
    """
    figure = new_figure((6, 4))
    axes = figure.subplots()
    axes.step(np.arange(len(rates)) / per_epoch, np.asarray(rates), "C0-", where="post")
    axes.set_xlabel("epoch")
    axes.set_ylabel("learning rate")
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.4)
    return figure


def weights(images: Any, classes: Sequence[str], columns: int = 5) -> Figure:
    """Draw the weights of each class as an image: red speaks for the class, blue against it.

    Or those of each unit of a layer, with the units' names.

    >>> figure = weights(np.ones((2, 28, 28)), ["coat", "bag"])
    >>> [axes.get_title() for axes in figure.axes][:2]
    ['coat', 'bag']
    """
    values = np.asarray(images)
    rows = -(-len(values) // columns)
    figure = new_figure((2.0 * columns, 2.2 * rows))
    axes = show_images(values, rows, columns, classes, figure=figure)
    bound = float(np.abs(values).max()) or 1.0
    for one in axes:
        for image in one.images:
            image.set(cmap="RdBu_r", clim=(-bound, bound))
    if axes[0].images:
        figure.colorbar(axes[0].images[0], ax=list(axes), shrink=0.8, label="weight of a pixel")
    return figure


def worst(probabilities: Any, true: Any, count: int) -> Array:
    """The places of the wrong predictions that the model was surest of, the surest first.

    >>> worst([[0.9, 0.1], [0.4, 0.6], [0.2, 0.8]], [1, 0, 1], 5)
    array([0, 1])
    """
    found = np.asarray(probabilities)
    predicted = found.argmax(axis=1)
    wrong = np.flatnonzero(predicted != np.asarray(true))
    return wrong[np.argsort(-found[wrong, predicted[wrong]], kind="stable")][:count]


def confusion_matrix(true: Any, predicted: Any, classes: int) -> Array:
    """Count how often each true class (row) was predicted as each class (column).

    >>> confusion_matrix([0, 0, 1], [0, 1, 1], 2)
    array([[1, 1],
           [0, 1]])
    """
    flat = np.asarray(true, np.int64) * classes + np.asarray(predicted, np.int64)
    return np.bincount(flat, minlength=classes**2).reshape(classes, classes)


def confusion(counts: Array, classes: Sequence[str], title: str = "") -> Figure:
    """Draw the counts of `confusion_matrix`, shaded by their share in the row.

    >>> figure = confusion(np.array([[3, 1], [0, 4]]), ["coat", "bag"])
    >>> [text.get_text() for text in figure.axes[0].texts]
    ['3', '1', '', '4']
    """
    figure = new_figure((7, 6.5))
    axes = figure.subplots()
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    # The square root shows the small shares: most of what is off the diagonal is below 5 %.
    shades = np.sqrt(shares)
    axes.imshow(shades, cmap="Blues", vmin=0, vmax=1)
    places = range(len(classes))
    axes.set_xticks(places, classes, rotation=45, ha="right", rotation_mode="anchor")
    axes.set_yticks(places, classes)
    axes.tick_params(length=0)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    axes.set_title(title)
    for (row, column), count in np.ndenumerate(counts):
        colour = "white" if shades[row, column] > 0.6 else "black"
        text = str(count) if count else ""
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=9)
    return figure
