"""Where tensors live: always on the CPU."""

from __future__ import annotations

from typing import Any


class device:
    """Where a tensor lives: always the CPU. It is here so that code which names a device runs.

    >>> device("cpu")
    device(type='cpu')
    """

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        name = str(getattr(type, "type", type)).partition(":")[0]
        if name != "cpu":
            raise RuntimeError(
                f"minigrad runs on the CPU only, and {type!r} was asked for; use 'cpu'"
            )
        self.type, self.index = name, index

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) or other == "cpu"

    def __hash__(self) -> int:
        return hash("cpu")

    def __repr__(self) -> str:
        return "device(type='cpu')"

    def __str__(self) -> str:
        return "cpu"


CPU = device("cpu")
