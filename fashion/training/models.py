"""The lecture's softmax regression and the networks of its neighbours, each with what trains it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

import minigrad
from minigrad import Generator, Tensor, nn, optim
from minigrad.optim import lr_scheduler

from .. import d2l
from . import processes

INPUTS, HIDDEN, OUTPUTS = 28 * 28, 256, 10
UNITS_SHOWN = 20  # of a first layer, as images


# -- the networks: `nn` is minigrad's, or torch's for a comparison ---------------------------------
def softmax(nn: ModuleType = nn) -> Any:
    """Softmax regression: one layer, without the softmax, which is part of the loss.

    >>> softmax()(zeros(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """
    return nn.Sequential(nn.Flatten(), nn.Linear(INPUTS, OUTPUTS))


def mlp(nn: ModuleType = nn) -> Any:
    """A multilayer perceptron with one hidden layer.

    >>> nn.utils.parameters_to_vector(mlp().parameters()).numel()
    203530
    """
    return nn.Sequential(
        nn.Flatten(), nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, OUTPUTS)
    )


def dropout_mlp(nn: ModuleType = nn) -> Any:
    """Two hidden layers, with dropout after each, as in the book.

    >>> [layer.p for layer in dropout_mlp() if isinstance(layer, nn.Dropout)]
    [0.2, 0.5]
    """
    return nn.Sequential(
        nn.Flatten(), nn.Linear(INPUTS, HIDDEN), nn.ReLU(), nn.Dropout(0.2),
        nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Dropout(0.5), nn.Linear(HIDDEN, OUTPUTS),
    )  # fmt: skip


def lenet(nn: ModuleType = nn) -> Any:
    """LeNet-5 as the book has it: sigmoids, and the average of 2 x 2 pixels.

    >>> nn.utils.parameters_to_vector(lenet().parameters()).numel()
    61706
    """
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.Sigmoid(), nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, OUTPUTS),
    )  # fmt: skip


def batchnorm_lenet(nn: ModuleType = nn) -> Any:
    """The same with batch normalisation before each sigmoid.

    >>> nn.utils.parameters_to_vector(batchnorm_lenet().parameters()).numel() - 61706
    452
    """
    return nn.Sequential(
        nn.Conv2d(1, 6, 5, padding=2), nn.BatchNorm2d(6), nn.Sigmoid(), nn.AvgPool2d(2),
        nn.Conv2d(6, 16, 5), nn.BatchNorm2d(16), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(400, 120), nn.BatchNorm1d(120), nn.Sigmoid(),
        nn.Linear(120, 84), nn.BatchNorm1d(84), nn.Sigmoid(), nn.Linear(84, OUTPUTS),
    )  # fmt: skip


def narrow(weight: Tensor, generator: Generator) -> None:
    """The book's first weights of softmax regression and MLPs: near 0."""
    nn.init.normal_(weight, std=0.01, generator=generator)


def xavier(weight: Tensor, generator: Generator) -> None:
    """Those of LeNet: as wide as the signal needs it, forward and backward."""
    nn.init.xavier_uniform_(weight, generator=generator)


class Model(NamedTuple):
    """A model: its name in words, which kind of it, its network, first weights, and SGD's rate."""

    title: str
    kind: str
    net: Callable[..., Any]
    first: Callable[[Tensor, Generator], None]
    lr: float


SCRATCH = "softmax-scratch"
MODELS = {
    SCRATCH: Model("softmax regression", "scratch", softmax, narrow, 0.1),
    "softmax": Model("softmax regression", "concise", softmax, narrow, 0.1),
    "mlp": Model("MLP", "784-256-10", mlp, narrow, 0.1),
    "dropout-mlp": Model("MLP", "784-256-256-10, dropout", dropout_mlp, narrow, 0.5),
    "lenet": Model("LeNet", "sigmoid, average", lenet, xavier, 0.9),
    "batchnorm-lenet": Model("LeNet", "batch norm", batchnorm_lenet, xavier, 1.0),
}


# -- optimisers and schedules by name --------------------------------------------------------------
class Method(NamedTuple):
    """An optimiser: its class, its other settings, and the rate from the one of SGD."""

    make: Callable[..., optim.Optimizer]
    settings: Mapping[str, Any]
    rate: Callable[[float], float]


OPTIMIZERS = {
    "sgd": Method(optim.SGD, {}, lambda lr: lr),
    # Each gradient counts in about ten steps, so a step is a tenth.
    "momentum": Method(optim.SGD, {"momentum": 0.9}, lambda lr: lr / 10),
    "nesterov": Method(optim.SGD, {"momentum": 0.9, "nesterov": True}, lambda lr: lr / 10),
    "adam": Method(optim.Adam, {}, lambda lr: 0.001),
    "adamw": Method(optim.AdamW, {}, lambda lr: 0.001),
    "rmsprop": Method(optim.RMSprop, {}, lambda lr: 0.001),
    "adagrad": Method(optim.Adagrad, {}, lambda lr: 0.01),
    "adadelta": Method(optim.Adadelta, {}, lambda lr: 1.0),
}


def warm_cosine(trainer: optim.Optimizer, steps: int) -> lr_scheduler.LRScheduler:
    """A rise over the first tenth of the steps, then half a cosine down to 0."""
    rise = max(1, steps // 10)
    return lr_scheduler.SequentialLR(
        trainer,
        [
            lr_scheduler.LinearLR(trainer, start_factor=0.01, total_iters=rise),
            lr_scheduler.CosineAnnealingLR(trainer, T_max=max(1, steps - rise)),
        ],
        milestones=[rise],
    )


CONSTANT = "constant"
# What makes each from an optimiser and the number of all steps; its step() follows each batch.
LR_SCHEDULES: dict[str, Callable[[Any, int], Any]] = {
    CONSTANT: lambda trainer, steps: None,
    "step": lambda trainer, steps: lr_scheduler.StepLR(trainer, max(1, -(-steps // 3)), gamma=0.1),
    "exponential": lambda trainer, steps: lr_scheduler.ExponentialLR(trainer, 0.01 ** (1 / steps)),
    "cosine": lambda trainer, steps: lr_scheduler.CosineAnnealingLR(trainer, T_max=steps),
    "warmup": warm_cosine,
    "one-cycle": lambda trainer, steps: lr_scheduler.OneCycleLR(
        trainer, trainer.param_groups[0]["lr"], total_steps=steps + 1, cycle_momentum=False
    ),
}


# -- what a run trains -----------------------------------------------------------------------------
class Scratch:
    """The lecture's softmax regression: formulas, and a step that is written by hand."""

    def __init__(self, lr: float, generator: Generator) -> None:
        self.lr = lr
        self.W = minigrad.normal(
            0, 0.01, size=(INPUTS, OUTPUTS), generator=generator, requires_grad=True
        )
        self.b = minigrad.zeros(OUTPUTS, requires_grad=True)

    def net(self, X: Tensor) -> Tensor:
        scores = minigrad.matmul(X.reshape((-1, INPUTS)), self.W) + self.b
        exp = minigrad.exp(scores)
        return exp / exp.sum(1, keepdim=True)

    def loss(self, y_hat: Tensor, y: Tensor) -> Tensor:
        return -minigrad.log(y_hat[range(len(y_hat)), y])

    def step(self, losses: Tensor, batch: int) -> None:
        """Learn from this process's losses; the batch is that of all processes together."""
        losses.sum().backward()
        processes.sum_gradients([self.W, self.b])
        self.gradient = length([self.W, self.b]) / batch
        d2l.sgd([self.W, self.b], self.lr, batch)

    def probabilities(self, y_hat: Tensor) -> np.ndarray:
        return y_hat.numpy()

    def weights(self) -> dict[str, Tensor]:
        return {"W": self.W, "b": self.b}

    def state_dict(self) -> dict[str, Any]:
        return self.weights()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        with minigrad.no_grad():
            self.W.copy_(state["W"])
            self.b.copy_(state["b"])


class Concise:
    """A network of ready-made parts, with its optimiser and its schedule of learning rates."""

    def __init__(self, model: Model, config: Mapping[str, Any], steps: int, generator: Generator):
        self.net: nn.Module = model.net()
        for layer in self.net.modules():
            if isinstance(layer, (nn.Linear, nn.Conv2d)):
                model.first(layer.weight, generator)
                bound = 1 / math.sqrt(layer.weight[0].numel())  # torch's, from this run's generator
                nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
        self.parallel = processes.parallel(self.net)  # backward() averages over all processes
        self.loss = nn.CrossEntropyLoss(reduction="none")
        method = OPTIMIZERS[config.get("optimizer", "sgd")]
        self.trainer = method.make(
            self.net.parameters(), lr=config["lr"], weight_decay=config.get("weight_decay", 0.0),
            **method.settings,
        )  # fmt: skip
        self.schedule = LR_SCHEDULES[config.get("lr_schedule", CONSTANT)](self.trainer, steps)

    @property
    def lr(self) -> float:
        return self.trainer.param_groups[0]["lr"]

    def step(self, losses: Tensor, batch: int) -> None:
        self.trainer.zero_grad()
        (losses.sum() / (batch / processes.size())).backward()
        self.gradient = length(self.trainer.param_groups[0]["params"])
        self.trainer.step()
        if self.schedule is not None:
            self.schedule.step()

    def probabilities(self, y_hat: Tensor) -> np.ndarray:
        return nn.functional.softmax(y_hat, 1).numpy()

    def weights(self) -> dict[str, Tensor]:
        return self.net.state_dict()

    def state_dict(self) -> dict[str, Any]:
        state = {"net": self.net.state_dict(), "trainer": self.trainer.state_dict()}
        return state if self.schedule is None else state | {"schedule": self.schedule.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.trainer.load_state_dict(state["trainer"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])


def make(
    name: str, config: Mapping[str, Any], steps: int, generator: Generator
) -> Scratch | Concise:
    """Return a new model of this name, for a training of so many steps.

    `config` has "lr", and may have "optimizer", "lr_schedule" and "weight_decay".

    >>> make("mlp", {"lr": 0.1, "optimizer": "momentum"}, 100, Generator()).trainer.defaults["lr"]
    0.1
    """
    if name == SCRATCH:
        return Scratch(config["lr"], generator)
    return Concise(MODELS[name], config, steps, generator)


def length(params: Iterable[Any]) -> float:
    """The length of the gradient of all parameters together.

    >>> w = ones(1, requires_grad=True)
    >>> (3 * w).sum().backward()
    >>> length([w])
    3.0
    """
    return math.sqrt(sum(float((p.grad.numpy() ** 2).sum()) for p in params))


def largest_product(weights: Mapping[str, Tensor]) -> int:
    """The multiplications that one image takes in the largest matrix product.

    >>> largest_product(mlp().state_dict())
    200704
    """
    return max(w.numel() for w in weights.values() if w.ndim == 2)


def as_images(weights: Mapping[str, Tensor]) -> np.ndarray:
    """The first layer's weights as an image for each of its units, of 20 at most.

    >>> as_images(softmax().state_dict()).shape, as_images(lenet().state_dict()).shape
    ((10, 28, 28), (6, 5, 5))
    """
    first = next(w.detach().numpy() for w in weights.values() if w.ndim > 1)
    if first.shape == (INPUTS, OUTPUTS):  # of the formulas, which multiply from the other side
        first = first.T
    side = math.isqrt(first[0].size)
    return first[:UNITS_SHOWN].reshape(-1, side, side)
