"""minigrad with the loss compiled into one program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nets_minigrad

import minigrad


class Contestant(nets_minigrad.Contestant):
    """The same code; only the loss goes through `minigrad.compile`."""

    def compiled(self, loss: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        """The loss as one program."""
        return minigrad.compile(loss)
