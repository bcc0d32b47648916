"""What all schedulers of learning rates share."""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from typing import Any

from ..optimizer import Optimizer


class LRScheduler:
    """What all schedulers share: a count of epochs, and a rate for each group at each of them.

    A subclass writes get_lr(), which returns the rates at self.last_epoch. last_epoch is -1 at the
    start, or the epoch after which training goes on.
    """

    optimizer: Optimizer
    base_lrs: list[float]
    last_epoch: int
    _last_lr: list[float]
    _step_count = 0
    _apart: tuple[str, ...] = ("optimizer",)  # attributes that are not part of the state

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1) -> None:
        self.optimizer = checked(optimizer)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"param 'initial_lr' is not specified in param_groups[{i}] when resuming "
                    "scheduler with last_epoch >= 0: load the optimiser's state first"
                )
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count = 0
        self.step()

    def get_lr(self) -> list[float]:
        """The rates of the groups at self.last_epoch."""
        raise NotImplementedError(f"{type(self).__name__} does not say which rates it sets")

    def get_last_lr(self) -> list[float]:
        """The rates that were set last."""
        return self._last_lr

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch. Call optimizer.step() before."""
        plain = type(self.optimizer).step is Optimizer.step
        if self._step_count == 1 and plain and not self.optimizer._opt_called:
            warnings.warn(
                "Detected call of `lr_scheduler.step()` before `optimizer.step()`. You should call "
                "them in the opposite order: `optimizer.step()` before `lr_scheduler.step()`. "
                "Failure to do this will result in skipping the first value of the learning rate "
                "schedule.",
                stacklevel=2,
            )
        self._step_count += 1
        if epoch is not None:
            warnings.warn(
                "The epoch parameter in `scheduler.step()` was not necessary and is being "
                "deprecated where possible. Please use `scheduler.step()` to step the scheduler.",
                stacklevel=2,
            )
        self._update(epoch)

    def _update(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._set(self.get_lr() if epoch is None else self._closed_form())

    def _closed_form(self) -> list[float]:
        """The rates at any epoch, which need not be the one after the last."""
        return self.get_lr()

    def _set(self, rates: Iterable[float]) -> None:
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = self._now()

    def _now(self) -> list[float]:
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """All attributes but the optimiser; functions are left out."""
        return {key: value for key, value in vars(self).items() if key not in self._apart}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state_dict()."""
        for key, value in state_dict.items():
            setattr(self, key, value)


def checked(optimizer: Any) -> Optimizer:
    """An optimiser; TypeError for what is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(optimizer).__name__} is not an Optimizer")
    return optimizer


def for_each_group(name: str, optimizer: Optimizer, value: Any) -> list[Any]:
    """A setting given once, or once for each group."""
    count = len(optimizer.param_groups)
    if isinstance(value, (list, tuple)):
        if len(value) != count:
            raise ValueError(
                f"{name} must have the same length as optimizer.param_groups. {name} has "
                f"{len(value)} values, param_groups has {count}."
            )
        return list(value)
    return [value] * count
