"""minigrad, a function at a time."""

from __future__ import annotations

from nets_torch_names import TorchNames

import minigrad


class Contestant(TorchNames):
    """The nets through minigrad's public interface."""

    def __init__(self, folder: str) -> None:
        super().__init__(minigrad, minigrad.tensor)
