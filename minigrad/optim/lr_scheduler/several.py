"""Several schedulers as one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Any

from ..optimizer import Optimizer
from .base import LRScheduler, checked
from .plateau import ReduceLROnPlateau


class _Several(LRScheduler):
    """A scheduler made of others."""

    _apart = ("optimizer", "_schedulers")

    def _take(self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None) -> None:
        name = type(self).__name__
        if len(schedulers) < 1:
            raise ValueError(f"{name} expects at least one scheduler, but got no scheduler.")
        own = getattr(schedulers[0], "optimizer", None) if optimizer is None else optimizer
        for i, scheduler in enumerate(schedulers):
            if not hasattr(scheduler, "optimizer"):
                raise TypeError(f"{name} at index {i} should have `optimizer` as its attribute.")
            if isinstance(scheduler, ReduceLROnPlateau):
                raise ValueError(
                    f"{name} does not support `ReduceLROnPlateau` scheduler as it requires "
                    "additional kwargs to be specified when calling `step`, but got one at index "
                    f"{i} in the given schedulers sequence."
                )
            if scheduler.optimizer is not own:
                raise ValueError(
                    f"{name} expects all schedulers to belong to the same optimizer, but the one "
                    f"at index {i} has another"
                )
        self._schedulers = list(schedulers)
        self.optimizer = checked(own)

    def state_dict(self) -> dict[str, Any]:
        """The attributes, and the states of all schedulers."""
        return {**super().state_dict(), "_schedulers": [s.state_dict() for s in self._schedulers]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over a state_dict()."""
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})
        for scheduler, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            scheduler.load_state_dict(state)


class SequentialLR(_Several):
    """Schedulers one after the other: each begins, at its epoch 0, at one of the milestones.

    >>> w = ones(1, requires_grad=True)
    >>> step = optim.SGD([w], lr=1.0)
    >>> warm = optim.lr_scheduler.ConstantLR(step, factor=0.5, total_iters=9)
    >>> fall = optim.lr_scheduler.ExponentialLR(step, gamma=0.9)
    >>> scheduler = optim.lr_scheduler.SequentialLR(step, [warm, fall], milestones=[2])
    >>> [(step.step(), scheduler.step(), step.param_groups[0]["lr"])[2] for _ in range(3)]
    [0.5, 1.0, 0.9]
    """

    def __init__(
        self, optimizer: Optimizer, schedulers: Sequence[LRScheduler], milestones: Sequence[int],
        last_epoch: int = -1,
    ) -> None:  # fmt: skip
        self._take(schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            raise ValueError(
                "Sequential Schedulers expects number of schedulers provided to be one more than "
                f"the number of milestone points, but got number of schedulers {len(schedulers)} "
                f"and the number of milestones to be equal to {len(milestones)}"
            )
        self._milestones, self.last_epoch = list(milestones), last_epoch + 1
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]
        _undo(self._schedulers)
        first = self._schedulers[bisect_right(self._milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self, epoch: int | None = None) -> None:
        """Set the rates of the next epoch."""
        self.last_epoch += 1
        at = bisect_right(self._milestones, self.last_epoch)
        scheduler = self._schedulers[at]
        if at > 0 and self._milestones[at - 1] == self.last_epoch:
            scheduler._update(0)
        else:
            scheduler.step()
        self._last_lr = scheduler.get_last_lr()


def _undo(schedulers: Iterable[LRScheduler]) -> None:
    """Take back the first step of schedulers."""
    for scheduler in schedulers:
        if isinstance(scheduler, _Several):
            _undo(scheduler._schedulers)
        else:
            scheduler.last_epoch -= 1


class ChainedScheduler(_Several):
    """Schedulers that all take their step, one after the other, at each step."""

    def __init__(
        self, schedulers: Sequence[LRScheduler], optimizer: Optimizer | None = None
    ) -> None:
        self._take(schedulers, optimizer)
        self._last_lr = self._now()

    def step(self, epoch: int | None = None) -> None:
        """Let all of them take a step."""
        for scheduler in self._schedulers:
            scheduler.step()
        self._last_lr = self._now()
