"""The second edition's three parts of a training: `Module`, `DataModule`, `Trainer`."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import minigrad
from minigrad import nn, optim

from ..data import DataLoader, TensorDataset
from .board import ProgressBoard
from .devices import gpu, num_gpus
from .draw import in_notebook
from .hyperparameters import HyperParameters
from .names import Tensor

__all__ = ["Classifier", "DataModule", "Module", "Trainer"]


class Module(nn.Module, HyperParameters):
    """A model with its loss, its steps and its optimiser; a subclass sets `net` or has `forward`.

    A batch is a tuple whose last part is what to predict. `plot` draws on `board`: the training
    loss `plot_train_per_epoch` times in an epoch, and so for validation.

    >>> class Mean(Module):
    ...     def __init__(self, lr):
    ...         super().__init__()
    ...         self.save_hyperparameters()
    ...         self.net = nn.Linear(1, 1)
    ...     def loss(self, y_hat, y):
    ...         return ((y_hat - y) ** 2).mean()
    >>> Mean(lr=0.1).configure_optimizers().param_groups[0]["lr"]
    0.1
    """

    lr: float
    net: Any
    trainer: Any

    def __init__(self, plot_train_per_epoch: float = 2, plot_valid_per_epoch: float = 1) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.plot_train_per_epoch = plot_train_per_epoch
        self.plot_valid_per_epoch = plot_valid_per_epoch
        self.board = ProgressBoard()

    def loss(self, y_hat: Any, y: Any) -> Tensor:
        """What to make small; the model's own to define."""
        raise NotImplementedError(f"{type(self).__name__} has to define loss(y_hat, y)")

    def forward(self, X: Any) -> Any:
        """Apply `net`; AssertionError without one."""
        assert hasattr(self, "net"), "Neural network is not defined"
        return self.net(X)

    def plot(self, key: str, value: Any, train: bool) -> None:
        """Draw a point, at this moment of the training; AssertionError outside of one."""
        assert hasattr(self, "trainer"), "Trainer is not inited"
        self.board.xlabel = "epoch"
        if train:
            x = self.trainer.train_batch_idx / self.trainer.num_train_batches
            every = self.trainer.num_train_batches / self.plot_train_per_epoch
        else:
            x = self.trainer.epoch + 1
            every = self.trainer.num_val_batches / self.plot_valid_per_epoch
        label = ("train_" if train else "val_") + key
        self.board.draw(x, value, label, every_n=int(every))

    def training_step(self, batch: Any) -> Tensor:
        """Return the loss of a batch, and draw it."""
        loss = self.loss(self(*batch[:-1]), batch[-1])
        self.plot("loss", loss, train=True)
        return loss

    def validation_step(self, batch: Any) -> Any:
        """Draw the loss of a batch that the model is not trained with."""
        self.plot("loss", self.loss(self(*batch[:-1]), batch[-1]), train=False)

    def configure_optimizers(self) -> Any:
        """Return the optimiser: gradient descent with the rate `lr`."""
        return optim.SGD(self.parameters(), lr=self.lr)

    def apply_init(self, inputs: Any, init: Callable[[Any], Any] | None = None) -> None:
        """Let lazy layers learn their sizes from inputs, and then apply `init` to all layers."""
        self.forward(*inputs)
        if init is not None:
            self.net.apply(init)


class DataModule(HyperParameters):
    """Data with its loaders; a subclass has `get_dataloader(train)`, and a `batch_size`.

    >>> class Ones(DataModule):
    ...     batch_size = 2
    ...     def get_dataloader(self, train):
    ...         return self.get_tensorloader([minigrad.ones(4)], train, slice(0, 3))
    >>> len(Ones().train_dataloader())
    2
    """

    batch_size: int

    def __init__(self, root: str = "../data", num_workers: int = 4) -> None:
        self.save_hyperparameters()
        self.root, self.num_workers = root, num_workers

    def get_dataloader(self, train: bool) -> Any:
        """The loader of the training or of the validation data; the subclass's own to define."""
        raise NotImplementedError(f"{type(self).__name__} has to define get_dataloader(train)")

    def train_dataloader(self) -> Any:
        """Return the loader of the training data."""
        return self.get_dataloader(train=True)

    def val_dataloader(self) -> Any:
        """Return the loader of the validation data."""
        return self.get_dataloader(train=False)

    def get_tensorloader(
        self, tensors: Iterable[Tensor], train: bool, indices: Any = slice(0, None)
    ) -> DataLoader[Any]:
        """Return a loader of a part of tensors side by side, shuffled for training."""
        parts = [tensor[indices] for tensor in tensors]
        return DataLoader(TensorDataset(*parts), self.batch_size, shuffle=train)


class Trainer(HyperParameters):
    """Train a model for `max_epochs` epochs; gradients are clipped at `gradient_clip_val` if not 0.

    Outside a notebook each epoch prints a line with the newest values of the curves, and the end of
    `fit` writes their picture and says where, as `Animator` does; with `model.board.display` set to
    False it prints and writes nothing. `num_gpus` is accepted: there is none.

    >>> Trainer(max_epochs=3).gpus
    []
    """

    def __init__(self, max_epochs: int, num_gpus: int = 0, gradient_clip_val: float = 0) -> None:
        self.save_hyperparameters()
        self.max_epochs, self.gradient_clip_val = max_epochs, gradient_clip_val
        self.gpus = [gpu(i) for i in range(min(num_gpus, _there()))]

    def prepare_data(self, data: Any) -> None:
        """Take the data's loaders, and count their batches."""
        self.train_dataloader, self.val_dataloader = data.train_dataloader(), data.val_dataloader()
        self.num_train_batches = len(self.train_dataloader)
        self.num_val_batches = 0 if self.val_dataloader is None else len(self.val_dataloader)

    def prepare_model(self, model: Any) -> None:
        """Take the model, which learns from whom it can ask how far the training is."""
        model.trainer = self
        model.board.xlim = [0, self.max_epochs]
        self.model = model

    def prepare_batch(self, batch: Any) -> Any:
        """Return the batch: it is on the CPU, as the model is."""
        return batch

    def fit(self, model: Any, data: Any) -> None:
        """Train the model with the data, from the first epoch to the last."""
        self.prepare_data(data)
        self.prepare_model(model)
        self.optim = model.configure_optimizers()
        self.epoch = self.train_batch_idx = self.val_batch_idx = 0
        told = model.board.display and not in_notebook()
        while self.epoch < self.max_epochs:
            self.fit_epoch()
            self.epoch += 1
            if told and model.board.data:
                print(f"epoch {self.epoch}: {model.board.last()}", flush=True)
        if told and model.board.data:
            print(f"curves: {model.board.save()}", flush=True)

    def fit_epoch(self) -> None:
        """Train with all batches once, and then validate."""
        self.model.train()
        for batch in self.train_dataloader:
            loss = self.model.training_step(self.prepare_batch(batch))
            self.optim.zero_grad()
            with minigrad.no_grad():
                loss.backward()
                if self.gradient_clip_val > 0:
                    self.clip_gradients(self.gradient_clip_val, self.model)
                self.optim.step()
            self.train_batch_idx += 1
        if self.val_dataloader is None:
            return
        self.model.eval()
        for batch in self.val_dataloader:
            with minigrad.no_grad():
                self.model.validation_step(self.prepare_batch(batch))
            self.val_batch_idx += 1

    def clip_gradients(self, grad_clip_val: float, model: Any) -> None:
        """Shorten the gradients of all parameters together to this length, if they are longer."""
        grads: list[Any] = [p.grad for p in model.parameters() if p.requires_grad]
        norm = math.sqrt(sum(float((grad**2).sum()) for grad in grads))
        if norm > grad_clip_val:
            for grad in grads:
                grad *= grad_clip_val / norm


def _there() -> int:
    return num_gpus()  # in Trainer.__init__ the name means the argument


class Classifier(Module):
    """A model that tells classes apart: cross entropy, accuracy, and a validation that draws both.

    Predictions are scores (n, ..., classes), and what to predict are numbers of classes (n, ...).

    >>> Classifier().accuracy(tensor([[0.1, 0.9], [0.8, 0.2]]), tensor([1, 1]))
    tensor(0.5000)
    """

    def validation_step(self, batch: Any) -> None:
        """Draw the loss and the accuracy of a batch."""
        Y_hat = self(*batch[:-1])
        self.plot("loss", self.loss(Y_hat, batch[-1]), train=False)
        self.plot("acc", self.accuracy(Y_hat, batch[-1]), train=False)

    def accuracy(self, Y_hat: Tensor, Y: Tensor, averaged: bool = True) -> Tensor:
        """Return the share of right predictions, or a 1 or 0 for each."""
        right = Y_hat.reshape(-1, Y_hat.shape[-1]).argmax(dim=1) == Y.reshape(-1)
        return right.float().mean() if averaged else right.float()

    def loss(self, Y_hat: Tensor, Y: Tensor, averaged: bool = True) -> Tensor:
        """Return the cross entropy, or that of each prediction."""
        scores = Y_hat.reshape(-1, Y_hat.shape[-1])
        return nn.functional.cross_entropy(
            scores, Y.reshape(-1), reduction="mean" if averaged else "none"
        )

    def layer_summary(self, X_shape: Any) -> None:
        """Print the shape of what each layer of `net` gives for random inputs of this shape."""
        X = minigrad.randn(*X_shape)
        for layer in self.net:
            X = layer(X)
            print(type(layer).__name__, "output shape:\t", X.shape)
