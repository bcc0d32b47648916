"""How elements lie in memory, by torch's names: they are told apart, and change nothing here."""

from __future__ import annotations

__all__ = [
    "channels_last", "channels_last_3d", "contiguous_format", "layout", "memory_format",
    "preserve_format", "strided",
]  # fmt: skip


class memory_format:
    """The order of a tensor's elements in memory; `to` and `contiguous` take it, in name only.

    >>> minigrad.ones(1, 2, 3, 4).contiguous(memory_format=minigrad.channels_last).shape
    torch.Size([1, 2, 3, 4])
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"torch.{self._name}"


class layout(memory_format):
    """How a tensor is kept: always strided, as an array is.

    >>> minigrad.ones(2).layout
    torch.strided
    """


strided = layout("strided")
contiguous_format = memory_format("contiguous_format")
preserve_format = memory_format("preserve_format")
channels_last = memory_format("channels_last")
channels_last_3d = memory_format("channels_last_3d")
