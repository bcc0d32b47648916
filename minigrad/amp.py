"""Mixed precision, which is for GPUs: torch's names, switched off, as torch switches them off here.

>>> scaler = minigrad.amp.GradScaler("cuda", enabled=False)
>>> with minigrad.amp.autocast("cuda", enabled=False):
...     loss = scaler.scale(tensor(2.0))
>>> loss
tensor(2.)
"""

from __future__ import annotations

import contextlib
import warnings
from typing import Any

from .devices import device

__all__ = ["GradScaler", "autocast"]


class autocast(contextlib.ContextDecorator):
    """A block or a function whose operations would compute in fewer bits, were there a GPU.

    For a GPU it is switched off, with torch's warning. For the CPU torch would take bfloat16, which
    is not here: RuntimeError, unless `enabled=False`.

    >>> @minigrad.amp.autocast("cpu", enabled=False)
    ... def double(x):
    ...     return 2 * x
    >>> double(tensor(1.5))
    tensor(3.)
    """

    def __init__(
        self,
        device_type: Any = "cuda",
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ) -> None:
        if not isinstance(device_type, str):  # torch.cuda.amp's takes enabled first
            device_type, enabled = "cuda", bool(device_type)
        self.device = device(device_type).type
        if enabled and self.device == "cpu":
            raise RuntimeError(
                "autocast on the CPU computes in bfloat16, which minigrad does not have; say "
                "enabled=False, or leave it out"
            )
        if enabled:
            warnings.warn("CUDA is not available. Disabling autocast.", stacklevel=2)

    def __enter__(self) -> autocast:
        return self

    def __exit__(self, *error: object) -> None:
        pass


class GradScaler:
    """What would scale a loss so that float16 can hold its gradients; switched off, as on any CPU.

    `scale` gives back what it gets, `step` is the optimiser's, the rest does nothing.

    >>> minigrad.amp.GradScaler(enabled=False).is_enabled()
    False
    """

    def __init__(
        self,
        device: Any = "cuda",
        init_scale: float = 65536.0,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ) -> None:
        if enabled:
            warnings.warn(
                "GradScaler is enabled, but CUDA is not available. Disabling.", stacklevel=2
            )

    def scale(self, outputs: Any) -> Any:
        """Give back what it gets."""
        return outputs

    def unscale_(self, optimizer: Any) -> None:
        """Nothing: the gradients were not scaled."""

    def step(self, optimizer: Any, *args: Any, **kwargs: Any) -> Any:
        """Take the optimiser's step, and return what it returns."""
        return optimizer.step(*args, **kwargs)

    def update(self, new_scale: Any = None) -> None:
        """Nothing: there is no scale."""

    def get_scale(self) -> float:
        """1: gradients are as they are."""
        return 1.0

    def is_enabled(self) -> bool:
        """False: this runs on the CPU."""
        return False

    def state_dict(self) -> dict[str, Any]:
        """Empty, as torch's is when it is switched off."""
        return {}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Nothing: there is no state."""
