"""PyTorch with the loss, forward and backward, compiled by torch.compile into C++."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nets_torch
import torch


class Contestant(nets_torch.Contestant):
    """The same code; only the loss goes through `torch.compile`."""

    def compiled(self, loss: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """The loss as one program, made anew for each net."""
        torch._dynamo.reset()
        return torch.compile(loss)
