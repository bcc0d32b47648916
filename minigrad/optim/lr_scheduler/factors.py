"""Rates that are multiplied by a factor, at some epochs or at all."""

from __future__ import annotations

import types
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, checked


class _Functions(LRScheduler):
    """A function of the epoch for each group."""

    _apart = ("optimizer", "lr_lambdas")

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1) -> None:
        count = len(checked(optimizer).param_groups)
        many = isinstance(lr_lambda, (list, tuple))
        self.lr_lambdas: list[Any] = list(lr_lambda) if many else [lr_lambda] * count
        if len(self.lr_lambdas) != count:
            raise ValueError(f"Expected {count} lr_lambdas, but got {len(self.lr_lambdas)}")
        super().__init__(optimizer, last_epoch)

    def state_dict(self) -> dict[str, Any]:
        """All attributes; of the functions those that are objects, with their attributes."""
        kept = [
            None if isinstance(fn, types.FunctionType) else dict(vars(fn)) for fn in self.lr_lambdas
        ]
        return {**super().state_dict(), "lr_lambdas": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state_dict(); functions stay as they are."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})
        for fn, kept in zip(self.lr_lambdas, state_dict["lr_lambdas"], strict=True):
            if kept is not None:
                vars(fn).update(kept)


class LambdaLR(_Functions):
    """The first rate times lr_lambda(epoch), one function for all groups or one for each.

    >>> w = ones(1, requires_grad=True)
    >>> step = optim.SGD([w], lr=0.5)
    >>> scheduler = optim.lr_scheduler.LambdaLR(step, lambda epoch: 0.5**epoch)
    >>> step.step(), scheduler.step(), scheduler.get_last_lr()
    (None, None, [0.25])
    """

    def get_lr(self) -> list[float]:
        """The rates at self.last_epoch."""
        pairs = zip(self.lr_lambdas, self.base_lrs, strict=True)
        return [base * fn(self.last_epoch) for fn, base in pairs]


class MultiplicativeLR(_Functions):
    """The rate times lr_lambda(epoch), at each epoch but the first."""

    def get_lr(self) -> list[float]:
        """The rates at self.last_epoch."""
        if self.last_epoch <= 0:
            return self._now()
        return [
            rate * fn(self.last_epoch)
            for fn, rate in zip(self.lr_lambdas, self._now(), strict=True)
        ]


class StepLR(LRScheduler):
    """The rate times gamma every step_size epochs.

    >>> w = ones(1, requires_grad=True)
    >>> step = optim.SGD([w], lr=0.5)
    >>> scheduler = optim.lr_scheduler.StepLR(step, step_size=2, gamma=0.5)
    >>> [(step.step(), scheduler.step(), step.param_groups[0]["lr"])[2] for _ in range(4)]
    [0.5, 0.25, 0.25, 0.125]
    """

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ) -> None:
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at self.last_epoch."""
        now = self.last_epoch and self.last_epoch % self.step_size == 0
        return [rate * self.gamma if now else rate for rate in self._now()]

    def _closed_form(self) -> list[float]:
        return [base * self.gamma ** (self.last_epoch // self.step_size) for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    """The rate times gamma at each of the milestones, epochs in rising order."""

    def __init__(
        self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at self.last_epoch."""
        return [rate * self.gamma ** self.milestones[self.last_epoch] for rate in self._now()]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state_dict(); numbers have become strings where it went through a file."""
        super().load_state_dict(state_dict)
        self.milestones = Counter({int(k): n for k, n in state_dict["milestones"].items()})

    def _closed_form(self) -> list[float]:
        passed = bisect_right(sorted(self.milestones.elements()), self.last_epoch)
        return [base * self.gamma**passed for base in self.base_lrs]


class ConstantLR(LRScheduler):
    """The rate times factor for the first total_iters epochs."""

    def __init__(
        self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5,
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not 0 <= factor <= 1:
            raise ValueError("Constant multiplicative factor expected to be between 0 and 1.")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at self.last_epoch."""
        if self.last_epoch == 0:
            return [rate * self.factor for rate in self._now()]
        ended = self.last_epoch == self.total_iters
        return [rate * (1.0 / self.factor) if ended else rate for rate in self._now()]

    def _closed_form(self) -> list[float]:
        early = self.last_epoch < self.total_iters
        return [base * (self.factor if early else 1) for base in self.base_lrs]


class LinearLR(LRScheduler):
    """The first rate times a factor that goes in a line from start_factor to end_factor.

    It takes total_iters epochs: a warm-up, for instance.
    """

    def __init__(
        self, optimizer: Optimizer, start_factor: float = 1.0 / 3, end_factor: float = 1.0,
        total_iters: int = 5, last_epoch: int = -1,
    ) -> None:  # fmt: skip
        if not 0 < start_factor <= 1:
            raise ValueError(
                "Starting multiplicative factor expected to be greater than 0 and less or equal to "
                "1."
            )
        if not 0 <= end_factor <= 1:
            raise ValueError("Ending multiplicative factor expected to be between 0 and 1.")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at self.last_epoch."""
        if self.last_epoch == 0:
            return [rate * self.start_factor for rate in self._now()]
        if self.last_epoch > self.total_iters:
            return self._now()
        rise = self.end_factor - self.start_factor
        below = self.total_iters * self.start_factor + (self.last_epoch - 1) * rise
        return [rate * (1.0 + rise / below) for rate in self._now()]

    def _closed_form(self) -> list[float]:
        share = min(self.total_iters, self.last_epoch) / self.total_iters
        factor = self.start_factor + (self.end_factor - self.start_factor) * share
        return [base * factor for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    """The rate times gamma at each epoch."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1) -> None:
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at self.last_epoch."""
        return [rate * self.gamma if self.last_epoch else rate for rate in self._now()]

    def _closed_form(self) -> list[float]:
        return [base * self.gamma**self.last_epoch for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """The first rate times (1 - epoch / total_iters) ** power, and 0 from then on."""

    def __init__(
        self, optimizer: Optimizer, total_iters: int = 5, power: float = 1.0, last_epoch: int = -1
    ) -> None:
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The rates at self.last_epoch."""
        if self.last_epoch == 0 or self.last_epoch > self.total_iters:
            return self._now()
        left, before = (1.0 - (self.last_epoch - i) / self.total_iters for i in (0, 1))
        return [rate * (left / before) ** self.power for rate in self._now()]

    def _closed_form(self) -> list[float]:
        share = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * share**self.power for base in self.base_lrs]
