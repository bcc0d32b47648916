"""How a tensor is written, in torch's form: ``tensor([[5., 7., 9.]])``."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from . import dtypes


class _Options:
    """How numbers are written: torch's print options."""

    precision, edgeitems, linewidth = 4, 3, 80
    threshold: float = 1000
    sci_mode: bool | None = None


_options = _Options()
_DEFAULT = {"precision": 4, "threshold": 1000, "edgeitems": 3, "linewidth": 80}
_PROFILES: dict[str, dict[str, Any]] = {
    "default": _DEFAULT,
    "short": {**_DEFAULT, "precision": 2, "edgeitems": 2},
    "full": {**_DEFAULT, "threshold": math.inf},
}


def set_printoptions(
    precision: int | None = None,
    threshold: float | None = None,
    edgeitems: int | None = None,
    linewidth: int | None = None,
    profile: str | None = None,
    sci_mode: bool | None = None,
) -> None:
    """Say how tensors are written.

    precision: digits after the point. threshold: how many elements are shown in full; of more, the
    first and last edgeitems of each dimension. linewidth: characters in a line. profile: "default",
    "short" or "full", on top of which the others hold. sci_mode: whether numbers have exponents;
    None lets them decide.

    >>> set_printoptions(precision=2)
    >>> tensor([0.12345, 1.0])
    tensor([0.12, 1.00])
    >>> set_printoptions(profile="default")
    """
    if profile is not None:
        if profile not in _PROFILES:
            raise ValueError(f"profile is one of {', '.join(_PROFILES)}, not {profile!r}")
        vars(_options).update(_PROFILES[profile])
    given = {
        "precision": precision, "threshold": threshold, "edgeitems": edgeitems,
        "linewidth": linewidth,
    }  # fmt: skip
    vars(_options).update({name: value for name, value in given.items() if value is not None})
    _options.sci_mode = sci_mode


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
        if _options.sci_mode is not None:
            self.scientific = _options.sci_mode
        self.width = max(len(self.format(v, pad=False)) for v in nonzero.tolist())

    def format(self, value: Any, pad: bool = True) -> str:
        if not self.floating:
            text = str(value)
        elif self.scientific:
            text = f"{value:.{_options.precision}e}"
        elif not self.whole:
            text = f"{value:.{_options.precision}f}"
        else:
            text = f"{value:.0f}" + ("." if math.isfinite(value) else "")
        return text.rjust(self.width) if pad else text


def _row(array: np.ndarray, indent: int, summarize: bool, formatter: _Formatter) -> str:
    per_line = max(1, (_options.linewidth - indent) // (formatter.width + 2))
    if summarize and len(array) > 2 * _options.edgeitems:
        ends = array[: _options.edgeitems].tolist(), array[-_options.edgeitems :].tolist()
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
    if summarize and len(array) > 2 * _options.edgeitems:
        chosen: list[Any] = [
            *range(_options.edgeitems),
            None,
            *range(len(array) - _options.edgeitems, len(array)),
        ]
    else:
        chosen = list(range(len(array)))
    parts = [
        "..." if i is None else _nested(array[i], indent + 1, summarize, formatter) for i in chosen
    ]
    return "[" + ("," + "\n" * (array.ndim - 1) + " " * (indent + 1)).join(parts) + "]"


def _edges(array: np.ndarray) -> np.ndarray:
    """The elements that a summary shows, and so the ones that decide how numbers are written."""
    for axis, n in enumerate(array.shape):
        if n > 2 * _options.edgeitems:
            array = array.take(
                [*range(_options.edgeitems), *range(n - _options.edgeitems, n)], axis
            )
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
        summarize = array.size > _options.threshold
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
        if width + len(suffix) + 2 > _options.linewidth:
            out += ",\n" + " " * len(prefix) + suffix
            width = len(prefix) + len(suffix)
        else:
            out += ", " + suffix
            width += len(suffix) + 2
    return out + ")"
