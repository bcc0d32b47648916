"""PyTorch, eager, with the fused optimizers."""

from __future__ import annotations

import torch
from nets_torch_names import TorchNames


class Contestant(TorchNames):
    """The nets in torch."""

    def __init__(self, folder: str) -> None:
        super().__init__(torch, torch.from_numpy, fused=True)
