"""Fashion-MNIST from the raw files to batches, and the lecture's helpers.

`import fashion` loads nothing; each part is loaded when it is first named.

>>> import fashion as torchvision
>>> torchvision.datasets.load_sample(train=False)[1][:5]
array([9, 2, 1, 1, 6], dtype=uint8)
"""

from __future__ import annotations

import importlib
from types import ModuleType

PARTS = (
    "cache", "d2l", "data", "datasets", "download", "gzips", "idx", "places", "plot", "proof",
    "sources", "training", "transforms", "utils",
)  # fmt: skip


def __getattr__(name: str) -> ModuleType:
    if name in PARTS:
        return importlib.import_module(f"{__name__}.{name}")
    parts = ", ".join(PARTS)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {parts}")


def __dir__() -> list[str]:
    return sorted({*globals(), *PARTS})
