"""The helpers of the lecture and of its book, "Dive into Deep Learning", by their names there.

What is drawn appears in a notebook by itself. Elsewhere, what a function draws and does not hand
over is written to a picture file, and a line says where: `Animator` and `predict_ch3`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import minigrad
from minigrad import nn, optim

from . import data, datasets, transforms
from . import plot as _plot

Tensor = minigrad.Tensor

TEXT_LABELS = (
    "t-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip

# -- the book's short names ----------------------------------------------------------------------
ones, zeros, eye, tensor = minigrad.ones, minigrad.zeros, minigrad.eye, minigrad.tensor
arange, linspace, meshgrid = minigrad.arange, minigrad.linspace, minigrad.meshgrid
normal, rand, randn = minigrad.normal, minigrad.rand, minigrad.randn
sin, cos, sinh, cosh, tanh = (
    minigrad.sin, minigrad.cos, minigrad.sinh, minigrad.cosh, minigrad.tanh,
)  # fmt: skip
exp, log, abs, matmul = minigrad.exp, minigrad.log, minigrad.abs, minigrad.matmul
stack, concat = minigrad.stack, minigrad.cat
int32, float32 = minigrad.int32, minigrad.float32


def numpy(x: Tensor) -> np.ndarray[Any, Any]:
    """Return a Tensor's values as an array.

    >>> numpy(ones(2))
    array([1., 1.], dtype=float32)
    """
    return x.detach().numpy()


def size(x: Tensor) -> int:
    """Return how many elements a Tensor has.

    >>> size(ones(2, 3))
    6
    """
    return x.numel()


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """Return `x.reshape(*shape)`.

    >>> reshape(arange(4), (2, -1)).shape
    torch.Size([2, 2])
    """
    return x.reshape(*shape)


def to(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return `x.to(...)`: in another type or on a device, of which there is the CPU.

    >>> to(ones(1), float32)
    tensor([1.])
    """
    return x.to(*args, **kwargs)


def reduce_sum(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return `x.sum(...)`.

    >>> reduce_sum(ones(2, 3), 0)
    tensor([2., 2., 2.])
    """
    return x.sum(*args, **kwargs)


def reduce_mean(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return `x.mean(...)`.

    >>> reduce_mean(ones(2, 3))
    tensor(1.)
    """
    return x.mean(*args, **kwargs)


def argmax(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
    """Return `x.argmax(...)`.

    >>> argmax(tensor([[1.0, 3.0, 2.0]]), axis=1)
    tensor([1])
    """
    return x.argmax(*args, **kwargs)


def astype(x: Tensor, dtype: Any) -> Tensor:
    """Return a Tensor in another type.

    >>> astype(tensor([1, 2]), float32)
    tensor([1., 2.])
    """
    return x.type(dtype)


def transpose(x: Tensor) -> Tensor:
    """Return a matrix's transpose.

    >>> transpose(ones(2, 3)).shape
    torch.Size([3, 2])
    """
    return x.t()


# -- time and sums -------------------------------------------------------------------------------
class Timer:
    """A stopwatch that keeps the times that it took, in seconds, as `times`.

    >>> timer = Timer()
    >>> timer.stop() == timer.sum()
    True
    """

    def __init__(self) -> None:
        self.times: list[float] = []
        self.start()

    def start(self) -> None:
        """Start to measure; making a timer does so, too."""
        self.tik = time.perf_counter()

    def stop(self) -> float:
        """Keep the time since the start, and return it."""
        self.times.append(time.perf_counter() - self.tik)
        return self.times[-1]

    def avg(self) -> float:
        """Return the mean of the times."""
        return self.sum() / len(self.times)

    def sum(self) -> float:
        """Return the sum of the times."""
        return sum(self.times)

    def cumsum(self) -> list[float]:
        """Return the sums of the first, of the first two, ... of the times."""
        return np.cumsum(self.times).tolist()


class Accumulator:
    """Sums of n variables.

    >>> metric = Accumulator(2)
    >>> metric.add(1, 2.5)
    >>> metric.add(1, tensor(2.0))
    >>> metric[0], metric[1]
    (2.0, 4.5)
    """

    def __init__(self, n: int) -> None:
        self.data = [0.0] * n

    def add(self, *args: Any) -> None:
        """Add to each of the sums."""
        self.data = [a + float(b) for a, b in zip(self.data, args, strict=True)]

    def reset(self) -> None:
        """Set all sums to zero."""
        self.data = [0.0] * len(self.data)

    def __getitem__(self, idx: int) -> float:
        return self.data[idx]


# -- pictures ------------------------------------------------------------------------------------
def __getattr__(name: str) -> Any:
    if name == "plt":  # matplotlib takes half a second, and many a program draws nothing
        import matplotlib.pyplot

        return matplotlib.pyplot
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _pyplot() -> Any:
    import matplotlib.pyplot

    return matplotlib.pyplot


def _in_notebook() -> bool:
    """Tell whether this runs in a notebook, which IPython's shell there knows by its kernel."""
    module = sys.modules.get("IPython")
    shell = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None


def use_svg_display() -> None:
    """Let a notebook draw in SVG; elsewhere there is nothing to do."""
    if _in_notebook():
        from matplotlib_inline import backend_inline

        backend_inline.set_matplotlib_formats("svg")


def set_figsize(figsize: tuple[float, float] = (3.5, 2.5)) -> None:
    """Set the size of the figures to come, in inches."""
    use_svg_display()
    _pyplot().rcParams["figure.figsize"] = figsize


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
    axes = axes if axes is not None else _pyplot().gca()

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
        x, y = (v.detach().numpy() if isinstance(v, Tensor) else v for v in (x, y))
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
    figure = _pyplot().figure(figsize=figsize, layout="constrained")
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
        self.live = _in_notebook()
        use_svg_display()
        if self.live:
            self.fig, axes = _pyplot().subplots(nrows, ncols, figsize=figsize)
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
        self.path = _save(self.fig, "curves", self.folder, path)
        return self.path


def _save(
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


# -- data ----------------------------------------------------------------------------------------
def get_fashion_mnist_labels(labels: Iterable[Any]) -> list[str]:
    """Return the lecture's names of the classes with these numbers.

    >>> get_fashion_mnist_labels([0, 9])
    ['t-shirt', 'ankle boot']
    """
    return [TEXT_LABELS[int(i)] for i in labels]


def get_dataloader_workers() -> int:
    """Return the lecture's number of workers.

    >>> get_dataloader_workers()
    4
    """
    return 4


def load_data_fashion_mnist(
    batch_size: int, resize: int | tuple[int, int] | None = None
) -> tuple[data.DataLoader, data.DataLoader]:
    """Return loaders of the training set, shuffled, and of the test set.

    Copies are looked for as `FashionMNIST(root="../data")` does, and downloaded there if there is
    none. Batches are images, float32 (n, 1, 28, 28) in 0 to 1, and labels, int64 (n,); `resize` is
    for another size of the images, in pixels.
    """
    steps: list[Any] = [transforms.Resize(resize)] if resize else []
    trans = transforms.Compose([*steps, transforms.ToTensor()])
    train, test = (
        datasets.FashionMNIST(root="../data", train=train, transform=trans, download=True)
        for train in (True, False)
    )
    workers = get_dataloader_workers()
    return (
        data.DataLoader(train, batch_size, shuffle=True, num_workers=workers),
        data.DataLoader(test, batch_size, shuffle=False, num_workers=workers),
    )


def load_array(
    data_arrays: Sequence[Tensor], batch_size: int, is_train: bool = True
) -> data.DataLoader:
    """Return a loader of tensors side by side, shuffled for training.

    >>> next(iter(load_array((arange(4), arange(4) * 2), 2, is_train=False)))
    [tensor([0, 1]), tensor([0, 2])]
    """
    return data.DataLoader(data.TensorDataset(*data_arrays), batch_size, shuffle=is_train)


def synthetic_data(w: Tensor, b: float, num_examples: int) -> tuple[Tensor, Tensor]:
    """Return X (n, len(w)) from the normal distribution, and y = X w + b + noise, (n, 1).

    The noise has a standard deviation of 0.01.

    >>> X, y = synthetic_data(tensor([2, -3.4]), 4.2, 1000)
    >>> X.shape, y.shape
    (torch.Size([1000, 2]), torch.Size([1000, 1]))
    """
    X = normal(0, 1, (num_examples, len(w)))
    y = matmul(X, w) + b
    y += normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


# -- models --------------------------------------------------------------------------------------
def linreg(X: Tensor, w: Tensor, b: Tensor) -> Tensor:
    """Return the linear regression X w + b.

    >>> linreg(ones(2, 3), ones(3, 1), 0.5)
    tensor([[3.5000],
            [3.5000]])
    """
    return matmul(X, w) + b


def squared_loss(y_hat: Tensor, y: Tensor) -> Tensor:
    """Return half the squares of the errors, one for each prediction.

    >>> squared_loss(tensor([[1.0], [4.0]]), tensor([1.0, 2.0]))
    tensor([[0.],
            [2.]])
    """
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def sgd(params: Iterable[Any], lr: float, batch_size: int) -> None:
    """Take a step of gradient descent with the mean gradient of a batch, and zero the gradients.

    >>> w = tensor([1.0, 2.0], requires_grad=True)
    >>> (w * w).sum().backward()
    >>> sgd([w], lr=0.1, batch_size=2)
    >>> w
    tensor([0.9000, 1.8000], requires_grad=True)
    """
    with minigrad.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


def accuracy(y_hat: Tensor, y: Tensor) -> float:
    """Return how many predictions are right: the largest of each row's, or the numbers themselves.

    >>> accuracy(tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]]), tensor([0, 2]))
    1.0
    """
    predictions = y_hat.detach().numpy()  # a bare array: no gradient is wanted
    if predictions.ndim > 1 and predictions.shape[1] > 1:
        predictions = predictions.argmax(axis=1)
    right = minigrad.from_numpy(predictions.astype(y.dtype, copy=False)) == y
    return float(np.count_nonzero(right.numpy()))


def evaluate_accuracy(net: Callable[[Any], Tensor], data_iter: Iterable[Any]) -> float:
    """Return the share of right predictions on a data set, of a model in evaluation mode."""
    if isinstance(net, nn.Module):
        net.eval()
    metric = Accumulator(2)  # right predictions, predictions
    with minigrad.no_grad():
        for X, y in data_iter:
            metric.add(accuracy(net(X), y), y.numel())
    return metric[0] / metric[1]


def evaluate_loss(
    net: Callable[[Any], Tensor], data_iter: Iterable[Any], loss: Callable[[Any, Any], Tensor]
) -> float:
    """Return the mean loss on a data set, of a loss that has one value for each prediction.

    >>> loader = load_array((ones(4, 1), zeros(4, 1)), 2)
    >>> evaluate_loss(lambda X: X, loader, squared_loss)
    0.5
    """
    metric = Accumulator(2)  # sum of the losses, how many
    with minigrad.no_grad():
        for X, y in data_iter:
            out = net(X)
            values = loss(out, y.reshape(out.shape))
            metric.add(values.sum(), values.numel())
    return metric[0] / metric[1]


def train_epoch_ch3(
    net: Callable[[Any], Tensor],
    train_iter: Iterable[Any],
    loss: Callable[[Any, Any], Tensor],
    updater: Any,
) -> tuple[float, float]:
    """Train a model for one epoch, and return the mean training loss and accuracy.

    `loss` has one value for each example. `updater` is an optimiser, or a function of the batch
    size such as `lambda batch_size: sgd(params, lr, batch_size)`.
    """
    if isinstance(net, nn.Module):
        net.train()
    metric = Accumulator(3)  # sum of the losses, right predictions, examples
    for X, y in train_iter:
        y_hat = net(X)
        values = loss(y_hat, y)
        if isinstance(updater, optim.Optimizer):
            updater.zero_grad()
            values.mean().backward()
            updater.step()
        else:
            values.sum().backward()
            updater(X.shape[0])
        metric.add(values.detach().sum(), accuracy(y_hat, y), y.numel())
    return metric[0] / metric[2], metric[1] / metric[2]


def train_ch3(
    net: Callable[[Any], Tensor],
    train_iter: Iterable[Any],
    test_iter: Iterable[Any],
    loss: Callable[[Any, Any], Tensor],
    num_epochs: int,
    updater: Any,
) -> None:
    """Train a model, draw its curves with `Animator`, and assert that it has learned.

    AssertionError when the training loss is 0.5 or more at the end, or an accuracy 0.7 or less.
    """
    animator = Animator(
        xlabel="epoch",
        xlim=[1, num_epochs],
        ylim=[0.3, 0.9],
        legend=["train loss", "train acc", "test acc"],
    )
    for epoch in range(num_epochs):
        train_loss, train_acc = train_epoch_ch3(net, train_iter, loss, updater)
        test_acc = evaluate_accuracy(net, test_iter)
        animator.add(epoch + 1, (train_loss, train_acc, test_acc))
    assert train_loss < 0.5, f"train loss {train_loss}"
    assert 0.7 < train_acc <= 1, f"train accuracy {train_acc}"
    assert 0.7 < test_acc <= 1, f"test accuracy {test_acc}"


def predict_ch3(net: Callable[[Any], Tensor], test_iter: Iterable[Any], n: int = 6) -> None:
    """Show the first n images of a data set, with the true name above the predicted one.

    Outside a notebook the picture goes where `Animator` puts its own, and a line says where.
    """
    X, y = next(iter(test_iter))
    with minigrad.no_grad():
        predictions = net(X).argmax(axis=1)
    names = zip(get_fashion_mnist_labels(y), get_fashion_mnist_labels(predictions), strict=True)
    titles = [f"{true}\n{predicted}" for true, predicted in names]
    n = min(n, len(titles))
    axes = show_images(X[:n].reshape((n, *X.shape[-2:])), 1, n, titles=titles[:n])
    if not _in_notebook():
        figure = axes[0].figure
        print(f"predictions: {_save(figure, 'predictions', Animator.folder)}", flush=True)
        _pyplot().close(figure)
