"""The lecture's data, models and trainings, as the first edition's chapters 3 and 4 use them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

import minigrad
from minigrad import nn, optim

from .. import data, datasets, transforms
from .draw import Animator, in_notebook, pyplot, save_picture, show_images
from .names import Tensor, matmul, normal

__all__ = [
    "TEXT_LABELS", "Accumulator", "Timer", "accuracy", "data", "datasets", "evaluate_accuracy",
    "evaluate_loss", "get_dataloader_workers", "get_fashion_mnist_labels", "linreg", "load_array",
    "load_data_fashion_mnist", "minigrad", "nn", "np", "optim", "predict_ch3", "sgd",
    "squared_loss", "synthetic_data", "train_ch3", "train_epoch_ch3", "transforms",
]  # fmt: skip

TEXT_LABELS = (
    "t-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip


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
    if not in_notebook():
        figure = axes[0].figure
        print(f"predictions: {save_picture(figure, 'predictions', Animator.folder)}", flush=True)
        pyplot().close(figure)
