"""What stands in a Node for an array that hooks have packed away: see saving.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .changes import Stale

UNREAD = "no rule reads this array, so that it was not saved"


class Packed(Stale):
    """Stands in for an array that was handed to a pack hook: it has a shape, and no values."""

    __slots__ = ("_handle", "_unpack")

    def __init__(self, array: np.ndarray, handle: Any, unpack: Callable) -> None:
        super().__init__(array, lambda: "this array is packed away by saved_tensors_hooks")
        self._handle, self._unpack = handle, unpack

    def array(self) -> np.ndarray:
        """What the unpack hook makes of it."""
        found = self._unpack(self._handle)
        array = getattr(found, "_array", None)
        if array is None:
            raise TypeError(
                "Output of saved tensor unpack_hook expected to be a Tensor but got result of type "
                f"{type(found).__name__}"
            )
        return array


def unread(array: np.ndarray) -> Stale:
    """Stands in for an array of which rules want to know no more than the shape."""
    return Stale(array, lambda: UNREAD)
