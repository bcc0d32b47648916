"""The second edition's linear models: from scratch, concise, and their data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import minigrad
from minigrad import nn, optim

from .. import data as _data
from .. import datasets, transforms
from .classes import Classifier, DataModule, Module
from .draw import show_images
from .hyperparameters import HyperParameters
from .lecture import TEXT_LABELS
from .names import Tensor, matmul, normal

__all__ = [
    "FashionMNIST", "LinearRegression", "LinearRegressionScratch", "SGD", "SoftmaxRegression",
    "SyntheticRegressionData",
]  # fmt: skip


class SyntheticRegressionData(DataModule):
    """Points X (n, len(w)) from the normal distribution, and y = X w + b + noise, (n, 1).

    >>> data = SyntheticRegressionData(w=tensor([2.0, -3.4]), b=4.2)
    >>> X, y = next(iter(data.train_dataloader()))
    >>> X.shape, y.shape
    (torch.Size([32, 2]), torch.Size([32, 1]))
    """

    def __init__(
        self,
        w: Tensor,
        b: float,
        noise: float = 0.01,
        num_train: int = 1000,
        num_val: int = 1000,
        batch_size: int = 32,
    ) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.num_train, self.batch_size = num_train, batch_size
        n = num_train + num_val
        self.X = minigrad.randn(n, len(w))
        self.y = matmul(self.X, w.reshape(-1, 1)) + b + minigrad.randn(n, 1) * noise

    def get_dataloader(self, train: bool) -> Any:
        """Return the loader of the first `num_train` points, or of the others."""
        part = slice(0, self.num_train) if train else slice(self.num_train, None)
        return self.get_tensorloader((self.X, self.y), train, part)


class SGD(HyperParameters):
    """Gradient descent from scratch, as an optimiser: `step` and `zero_grad`.

    >>> w = tensor([1.0], requires_grad=True)
    >>> (3 * w).sum().backward()
    >>> with minigrad.no_grad():
    ...     SGD([w], lr=0.1).step()
    >>> w
    tensor([0.7000], requires_grad=True)
    """

    def __init__(self, params: Iterable[Any], lr: float) -> None:
        self.save_hyperparameters()
        self.params, self.lr = params, lr

    def step(self) -> None:
        """Take a step against the gradients; within no_grad()."""
        for param in self.params:
            param -= self.lr * param.grad

    def zero_grad(self) -> None:
        """Set the gradients to zero."""
        for param in self.params:
            if param.grad is not None:
                param.grad.zero_()


class LinearRegressionScratch(Module):
    """Linear regression with weights `w` and a bias `b` of its own, and half the squared error.

    >>> LinearRegressionScratch(2, lr=0.03)(minigrad.ones(5, 2)).shape
    torch.Size([5, 1])
    """

    def __init__(self, num_inputs: int, lr: float, sigma: float = 0.01) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.lr = lr
        self.w = normal(0, sigma, (num_inputs, 1), requires_grad=True)
        self.b = minigrad.zeros(1, requires_grad=True)

    def forward(self, X: Tensor) -> Tensor:
        """Return X w + b."""
        return matmul(X, self.w) + self.b

    def loss(self, y_hat: Tensor, y: Tensor) -> Tensor:
        """Return the mean of half the squared errors."""
        return ((y_hat - y) ** 2 / 2).mean()

    def configure_optimizers(self) -> SGD:
        """Return gradient descent from scratch."""
        return SGD([self.w, self.b], self.lr)


class LinearRegression(Module):
    """Linear regression with a lazy layer and the mean squared error.

    >>> LinearRegression(lr=0.03)(minigrad.ones(5, 2)).shape
    torch.Size([5, 1])
    """

    def __init__(self, lr: float) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.lr = lr
        self.net = nn.LazyLinear(1)
        self.net.weight.data.normal_(0, 0.01)
        self.net.bias.data.fill_(0)

    def loss(self, y_hat: Tensor, y: Tensor) -> Tensor:
        """Return the mean squared error."""
        return nn.functional.mse_loss(y_hat, y)

    def configure_optimizers(self) -> Any:
        """Return the library's gradient descent."""
        return optim.SGD(self.parameters(), self.lr)

    def get_w_b(self) -> tuple[Tensor, Tensor]:
        """Return the values of the weights, (1, inputs), and of the bias."""
        return self.net.weight.data, self.net.bias.data


class SoftmaxRegression(Classifier):
    """Softmax regression: the images as vectors, and a lazy linear layer.

    >>> SoftmaxRegression(10, lr=0.1)(minigrad.ones(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, num_outputs: int, lr: float) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.lr = lr
        self.net = nn.Sequential(nn.Flatten(), nn.LazyLinear(num_outputs))


class FashionMNIST(DataModule):
    """Fashion-MNIST with its loaders; `resize` is the size of the images, in pixels.

    Copies are looked for as `datasets.FashionMNIST(root)` does, and downloaded if there is none.
    """

    def __init__(self, batch_size: int = 64, resize: tuple[int, int] = (28, 28)) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.batch_size, self.resize = batch_size, resize
        steps: list[Any] = [transforms.Resize(resize)] if tuple(resize) != (28, 28) else []
        trans = transforms.Compose([*steps, transforms.ToTensor()])
        self.train, self.val = (
            datasets.FashionMNIST(self.root, train=train, transform=trans, download=True)
            for train in (True, False)
        )

    def text_labels(self, indices: Iterable[Any]) -> list[str]:
        """Return the names of the classes with these numbers."""
        return [TEXT_LABELS[int(i)] for i in indices]

    def get_dataloader(self, train: bool) -> Any:
        """Return the loader of the training images, shuffled, or of the test images."""
        dataset = self.train if train else self.val
        return _data.DataLoader(
            dataset, self.batch_size, shuffle=train, num_workers=self.num_workers
        )

    def visualize(
        self, batch: Any, nrows: int = 1, ncols: int = 8, labels: Sequence[str] = ()
    ) -> None:
        """Show the images of a batch with the names of their classes, or with other labels."""
        X, y = batch
        show_images(X.squeeze(1), nrows, ncols, titles=list(labels) or self.text_labels(y))
