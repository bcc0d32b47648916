"""Averages of a model's parameters over training (Izmailov et al. 2018)."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from .. import dtypes
from .._tensor import Tensor
from ..autograd.grad_mode import no_grad
from ..creation import zeros
from ..nn.module import Module
from .lr_scheduler.base import LRScheduler, for_each_group
from .optimizer import Optimizer


def get_ema_avg_fn(decay: float = 0.999) -> Callable[[Tensor, Tensor, Any], Tensor]:
    """An average that forgets: decay * average + (1 - decay) * new.

    >>> optim.swa_utils.get_ema_avg_fn(0.5)(tensor(1.), tensor(3.), 1)
    tensor(2.)
    """
    if not 0 <= decay <= 1:
        raise ValueError(f"Invalid decay value {decay} provided. Please provide a value in [0,1].")
    return lambda average, new, count: decay * average + (1 - decay) * new


def get_swa_avg_fn() -> Callable[[Tensor, Tensor, Any], Tensor]:
    """The plain mean: average + (new - average) / (count + 1).

    >>> optim.swa_utils.get_swa_avg_fn()(tensor(1.), tensor(4.), 2)
    tensor(2.)
    """
    return lambda average, new, count: average + (new - average) / (count + 1)


class AveragedModel(Module):
    """A copy of a model whose parameters are averages of those that update_parameters() has seen.

    avg_fn(average, new, count) is the plain mean unless given. With use_buffers the buffers are
    averaged, too; else they are those of the model last seen.

    >>> net = nn.Linear(1, 1)
    >>> average = optim.swa_utils.AveragedModel(net)
    >>> average.update_parameters(net)
    >>> average.n_averaged, average(ones(1, 1)).equal(net(ones(1, 1)))
    (tensor(1), True)
    """

    def __init__(
        self, model: Module, device: Any = None,
        avg_fn: Callable[[Tensor, Tensor, Any], Tensor] | None = None, multi_avg_fn: Any = None,
        use_buffers: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("Only one of avg_fn and multi_avg_fn should be provided")
        self.module = copy.deepcopy(model)
        self.register_buffer("n_averaged", zeros((), dtype=dtypes.int64))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What the averaged model computes."""
        return self.module(*args, **kwargs)

    def update_parameters(self, model: Module) -> None:
        """Let the model's parameters of now count in the averages."""
        own: Any = self.module.parameters()
        new: Any = model.parameters()
        if self.use_buffers:
            own = chain(own, self.module.buffers())
            new = chain(new, model.buffers())
        pairs = [(a.detach(), p.detach()) for a, p in zip(own, new, strict=True)]
        with no_grad():
            if self.n_averaged == 0:
                for average, p in pairs:
                    average.copy_(p)
            elif self.multi_avg_fn is not None:
                averages, parameters = ([*x] for x in zip(*pairs, strict=True))
                self.multi_avg_fn(averages, parameters, self.n_averaged)
            else:
                mean = self.avg_fn or get_swa_avg_fn()
                for average, p in pairs:
                    average.copy_(mean(average, p, self.n_averaged))
            if not self.use_buffers:
                for b, now in zip(self.module.buffers(), model.buffers(), strict=True):
                    b.copy_(now)
            self.n_averaged += 1


def update_bn(loader: Iterable[Any], model: Module, device: Any = None) -> None:
    """Compute the running means and variances of all batch normalisations anew, over a loader.

    The loader gives batches, or tuples with the batch first.
    """
    norms = [m for m in model.modules() if hasattr(m, "running_mean")]
    norms = [m for m in norms if m.running_mean is not None]
    if not norms:
        return
    was_training, momenta = model.training, [m.momentum for m in norms]
    for m in norms:
        m.reset_running_stats()
        m.momentum = None  # all batches count alike
    model.train()
    with no_grad():
        for batch in loader:
            model(batch[0] if isinstance(batch, (list, tuple)) else batch)
    for m, momentum in zip(norms, momenta, strict=True):
        m.momentum = momentum
    model.train(was_training)


class SWALR(LRScheduler):
    """Rates that go to swa_lr in anneal_epochs epochs, and stay; "cos" or "linear" is the way."""

    def __init__(
        self, optimizer: Optimizer, swa_lr: Any, anneal_epochs: int = 10,
        anneal_strategy: str = "cos", last_epoch: int = -1,
    ) -> None:  # fmt: skip
        targets = for_each_group("swa_lr", optimizer, swa_lr)
        for target, group in zip(targets, optimizer.param_groups, strict=True):
            group["swa_lr"] = target
        if anneal_strategy not in ("cos", "linear"):
            raise ValueError(
                f"anneal_strategy must be one of 'cos' or 'linear', instead got {anneal_strategy}"
            )
        if not isinstance(anneal_epochs, int) or anneal_epochs < 0:
            raise ValueError(f"anneal_epochs must be equal or greater than 0, got {anneal_epochs}")
        self._anneal_strategy, self.anneal_epochs = anneal_strategy, anneal_epochs
        super().__init__(optimizer, last_epoch)

    def _share(self, step: int) -> float:
        t = max(0.0, min(1.0, step / max(1, self.anneal_epochs)))
        return (1 - math.cos(math.pi * t)) / 2 if self._anneal_strategy == "cos" else t

    def get_lr(self) -> list[float]:
        """The rates at self.last_epoch."""
        step = self._step_count - 1
        if self.anneal_epochs == 0:
            step = max(1, step)
        before, now = self._share(step - 1), self._share(step)
        rates = []
        for group in self.optimizer.param_groups:
            target = group["swa_lr"]
            first = target if before == 1 else (group["lr"] - before * target) / (1 - before)
            rates.append(target * now + first * (1 - now))
        return rates
