"""How a tensor is written, in torch's form: ``tensor([[5., 7., 9.]])``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtypes

PRECISION, THRESHOLD, EDGE_ITEMS, LINE_WIDTH = 4, 1000, 3, 80  # torch's default print options


class _Formatter:
    """One way of writing a number that suits all the numbers shown: torch chooses it once per
    tensor.
    """

    def __init__(self, shown: np.ndarray) -> None:
        self.floating = shown.dtype.kind == "f"
        self.scientific, self.whole = False, True
        values = shown.reshape(-1)
        if not self.floating:
            self.width = max((len(str(v)) for v in values.tolist()), default=1)
            return
        nonzero = values[np.isfinite(values) & (values != 0)].astype(np.float64)
        self.width = 1
        if nonzero.size == 0:
            return
        sizes = np.abs(nonzero)
        low, high = float(sizes.min()), float(sizes.max())
        self.whole = bool((nonzero == np.ceil(nonzero)).all())
        self.scientific = high / low > 1000 or high > 1e8 or (not self.whole and low < 1e-4)
        self.width = max(len(self.format(v, pad=False)) for v in nonzero.tolist())

    def format(self, value: Any, pad: bool = True) -> str:
        if not self.floating:
            text = str(value)
        elif self.scientific:
            text = f"{value:.{PRECISION}e}"
        elif not self.whole:
            text = f"{value:.{PRECISION}f}"
        else:
            text = f"{value:.0f}" + ("." if math.isfinite(value) else "")
        return text.rjust(self.width) if pad else text


def _row(array: np.ndarray, indent: int, summarize: bool, formatter: _Formatter) -> str:
    per_line = max(1, (LINE_WIDTH - indent) // (formatter.width + 2))
    if summarize and len(array) > 2 * EDGE_ITEMS:
        ends = array[:EDGE_ITEMS].tolist(), array[-EDGE_ITEMS:].tolist()
        words = (
            [formatter.format(v) for v in ends[0]]
            + [" ..."]
            + [formatter.format(v) for v in ends[1]]
        )
    else:
        words = [formatter.format(v) for v in array.tolist()]
    lines = [", ".join(words[i : i + per_line]) for i in range(0, len(words), per_line)]
    return "[" + (",\n" + " " * (indent + 1)).join(lines) + "]"


def _nested(array: np.ndarray, indent: int, summarize: bool, formatter: _Formatter) -> str:
    if array.ndim == 0:
        return formatter.format(array.item())
    if array.ndim == 1:
        return _row(array, indent, summarize, formatter)
    if summarize and len(array) > 2 * EDGE_ITEMS:
        chosen: list[Any] = [*range(EDGE_ITEMS), None, *range(len(array) - EDGE_ITEMS, len(array))]
    else:
        chosen = list(range(len(array)))
    parts = [
        "..." if i is None else _nested(array[i], indent + 1, summarize, formatter) for i in chosen
    ]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _edges(array: np.ndarray) -> np.ndarray:
    """The elements that a summary shows, and so the ones that decide how numbers are written."""
    for axis, n in enumerate(array.shape):
        if n > 2 * EDGE_ITEMS:
            array = array.take([*range(EDGE_ITEMS), *range(n - EDGE_ITEMS, n)], axis)
    return array


def tensor_repr(
    array: np.ndarray, requires_grad: bool, grad_fn: str | None, name: str = "tensor"
) -> str:
    """The text of a tensor with this value: torch's, to the blank.

    >>> tensor_repr(np.array([0.1, 0.5], np.float32), False, None)
    'tensor([0.1000, 0.5000])'
    """
    prefix, suffixes = f"{name}(", []
    plain = array.dtype in (dtypes.get_default_dtype(), dtypes.int64, dtypes.bool_)
    if array.size == 0:
        text = "[]"
        if array.ndim != 1:
            suffixes.append(f"size={tuple(array.shape)}")
        plain = array.dtype == dtypes.get_default_dtype()  # nothing shown tells ints from floats
    else:
        summarize = array.size > THRESHOLD
        text = _nested(
            array, len(prefix), summarize, _Formatter(_edges(array) if summarize else array)
        )
    if not plain:
        suffixes.append(f"dtype=torch.{array.dtype.name}")
    if grad_fn:
        suffixes.append(f"grad_fn=<{grad_fn}>")
    elif requires_grad:
        suffixes.append("requires_grad=True")
    out = prefix + text
    width = len(out) - out.rfind("\n") + 1  # of the last line so far, counted as torch does
    for suffix in suffixes:
        if width + len(suffix) + 2 > LINE_WIDTH:
            out += ",\n" + " " * len(prefix) + suffix
            width = len(prefix) + len(suffix)
        else:
            out += ", " + suffix
            width += len(suffix) + 2
    return out + ")"
