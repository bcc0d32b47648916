"""assert_close, torch.testing's: are two things equal, up to what their types can hold?"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .autograd.engine import Value

# (rtol, atol) for each type; other types have to be equal.
TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}


def assert_close(
    actual: Any,
    expected: Any,
    *,
    allow_subclasses: bool = True,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    check_device: bool = True,
    check_dtype: bool = True,
    check_layout: bool = True,
    check_stride: bool = False,
    msg: str | Callable[[str], str] | None = None,
) -> None:
    """Raise AssertionError unless abs(actual - expected) <= atol + rtol * abs(expected) everywhere.

    The two are tensors, arrays, numbers, None, or sequences and mappings of these. Tensors must
    have one shape and, unless check_dtype=False, one dtype. rtol and atol are given both or
    neither; their defaults hang on the type: float32 has 1.3e-6 and 1e-5, integers 0. msg is said
    instead of the message, or made of it. TypeError for what cannot be compared.

    >>> from minigrad.testing import assert_close
    >>> assert_close(tensor([1., 2.]), tensor([1., 2.000001]))
    >>> assert_close([1, 2], [1, 3])
    Traceback (most recent call last):
    AssertionError: Scalars are not equal!
    <BLANKLINE>
    Expected 3 but got 2.
    Absolute difference: 1
    Relative difference: 0.3333333333333333
    <BLANKLINE>
    The failure occurred for item [1]
    """
    if (rtol is None) != (atol is None):
        missing = "rtol" if rtol is None else "atol"
        raise ValueError(
            f"Both 'rtol' and 'atol' must be either specified or omitted, but got no {missing}."
        )
    limits = None if rtol is None or atol is None else (rtol, atol)
    how = {"limits": limits, "equal_nan": equal_nan, "check_dtype": check_dtype,
           "check_stride": check_stride}  # fmt: skip
    complaint = _compare(actual, expected, "", allow_subclasses, how)
    if complaint is not None:
        text = complaint if msg is None else msg if isinstance(msg, str) else msg(complaint)
        raise AssertionError(text)


def _compare(a: Any, b: Any, place: str, subclasses: bool, how: dict) -> str | None:
    """What differs first, or None."""
    if _is_sequence(a) and _is_sequence(b):
        if len(a) != len(b):
            return _at(f"The length of the sequences mismatch: {len(a)} != {len(b)}", place)
        pairs: Any = ((f"[{i}]", x, y) for i, (x, y) in enumerate(zip(a, b, strict=True)))
    elif isinstance(a, Mapping) and isinstance(b, Mapping):
        if a.keys() != b.keys():
            return _at(
                "The keys of the mappings do not match:\n"
                f"Missing keys in the actual mapping: {sorted(b.keys() - a.keys())}\n"
                f"Additional keys in the actual mapping: {sorted(a.keys() - b.keys())}",
                place,
            )
        pairs = ((f"[{key!r}]", a[key], b[key]) for key in a)
    else:
        complaint = _leaves(a, b, subclasses, how)
        return None if complaint is None else _at(complaint, place)
    for name, x, y in pairs:
        complaint = _compare(x, y, place + name, subclasses, how)
        if complaint is not None:
            return complaint
    return None


def _is_sequence(x: Any) -> bool:
    return isinstance(x, Sequence) and not isinstance(x, (str, bytes))


def _at(complaint: str, place: str) -> str:
    return f"{complaint}\n\nThe failure occurred for item {place}" if place else complaint


def _leaves(a: Any, b: Any, subclasses: bool, how: dict) -> str | None:
    if a is None or b is None:
        return None if a is b else f"None mismatch: {a} is not {b}"
    booleans = (bool, np.bool_)
    if isinstance(a, booleans) and isinstance(b, booleans):
        return None if bool(a) is bool(b) else f"Booleans mismatch: {bool(a)} is not {bool(b)}"
    numbers = (int, float, np.number)
    if isinstance(a, numbers) and isinstance(b, numbers):
        return _numbers(a, b, how)
    arrays = [x._array if isinstance(x, Value) else x for x in (a, b)]
    same_kind = isinstance(a, Value) == isinstance(b, Value) and (subclasses or type(a) is type(b))
    if not (same_kind and all(isinstance(x, np.ndarray) for x in arrays)):
        raise TypeError(
            f"No comparison pair was able to handle inputs of type {type(a)} and {type(b)}."
        )
    return _arrays(arrays[0], arrays[1], how)


def _numbers(a: Any, b: Any, how: dict) -> str | None:
    kinds = [float if isinstance(x, (float, np.floating)) else int for x in (a, b)]
    if kinds[0] is not kinds[1] and how["check_dtype"]:
        return f"The (d)types do not match: {kinds[0]} != {kinds[1]}."
    wide = float in kinds
    rtol, atol = how["limits"] or (TOLERANCES["float64"] if wide else (0, 0))
    x, y = (k(n) for k, n in zip(kinds, (a, b), strict=True))
    if np.isclose(x, y, rtol, atol, how["equal_nan"]):
        return None
    return _scalars(x, y, rtol, atol)


def _scalars(x: Any, y: Any, rtol: float, atol: float) -> str:
    away = abs(x - y)
    share = away / abs(y) if y else float("inf")
    close = bool(rtol or atol)
    return (
        f"Scalars are not {'close' if close else 'equal'}!\n\nExpected {y} but got {x}.\n"
        f"Absolute difference: {away}" + (f" (up to {atol} allowed)" if close else "")
        + f"\nRelative difference: {share}" + (f" (up to {rtol} allowed)" if close else "")
    )  # fmt: skip


def _arrays(x: np.ndarray, y: np.ndarray, how: dict) -> str | None:
    if x.shape != y.shape:
        return (
            f"The values for attribute 'shape' do not match: torch.Size({list(x.shape)}) != "
            f"torch.Size({list(y.shape)})."
        )
    if x.dtype != y.dtype and how["check_dtype"]:
        names = [f"torch.{n.dtype.name}" for n in (x, y)]
        return f"The values for attribute 'dtype' do not match: {names[0]} != {names[1]}."
    if how["check_stride"] and x.strides != y.strides:
        strides = [tuple(s // n.itemsize for s in n.strides) for n in (x, y)]
        return f"The values for attribute 'stride()' do not match: {strides[0]} != {strides[1]}."
    defaults = [TOLERANCES.get(n.dtype.name, (0.0, 0.0)) for n in (x, y)]
    loosest = (max(d[0] for d in defaults), max(d[1] for d in defaults))
    rtol, atol = how["limits"] or loosest
    if x.dtype != y.dtype:
        common = np.promote_types(x.dtype, y.dtype)
        x, y = x.astype(common), y.astype(common)
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.isclose(x, y, rtol, atol, how["equal_nan"])
    if near.all():
        return None
    if not x.ndim:
        return _scalars(x.item(), y.item(), rtol, atol)
    return _mismatch(x, y, near, rtol, atol)


def _mismatch(x: np.ndarray, y: np.ndarray, near: np.ndarray, rtol: float, atol: float) -> str:
    close = bool(rtol or atol)
    if x.dtype.kind in "bu":
        x, y = x.astype(np.int64), y.astype(np.int64)
    with np.errstate(all="ignore"):
        away = np.where(near, 0, np.abs(x - y))
        share = np.where(near, 0, away / np.abs(y).astype(x.dtype if x.dtype.kind == "f" else "f4"))
    lines = [
        f"Tensor-likes are not {'close' if close else 'equal'}!\n",
        f"Mismatched elements: {int((~near).sum())} / {near.size} ({(~near).mean():.1%})",
    ]
    for word, found, limit in (("absolute", away, atol), ("relative", share, rtol)):
        at = np.unravel_index(int(np.argmax(found)), found.shape)
        where = tuple(int(i) for i in at)
        if word == "relative":
            found = found.astype(np.float32) if x.dtype.kind != "f" else found
        allowed = f" (up to {limit} allowed)" if close else ""
        lines.append(f"Greatest {word} difference: {found[at].item()} at index {where}{allowed}")
    return "\n".join(lines)
