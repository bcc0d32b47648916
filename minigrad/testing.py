"""Checks for one's own functions against torch, live or recorded; gradcheck comes along."""

from __future__ import annotations

import importlib
import json
import os
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from .autograd.engine import Value
from .autograd.errors import tensor_words
from .autograd.gradcheck import GradcheckError as GradcheckError
from .autograd.gradcheck import gradcheck as gradcheck
from .autograd.gradcheck import gradgradcheck as gradgradcheck

# The tolerances of torch.testing.assert_close, (rtol, atol) for each type.
TOLERANCES = {"float16": (1e-3, 1e-5), "float32": (1.3e-6, 1e-5), "float64": (1e-7, 1e-7)}
SEED = 0  # of the random cotangents; a recording holds good for this seed only


# -- against torch -------------------------------------------------------------------------------
def assert_matches_torch(
    fn: Callable,
    *arrays: Any,
    dtype: Any = None,
    order: int = 1,
    rtol: float | None = None,
    atol: float | None = None,
    record: str | os.PathLike | None = None,
) -> None:
    """Check that fn(lib, *tensors) does the same with lib=minigrad as with lib=torch.

    The arrays (or numbers, or lists) become tensors; those of floating point are converted to
    dtype, if given, and require a gradient. Compared are values, shapes, dtypes, and the gradients
    for a random cotangent; with order=2 also the gradients of those gradients, and so on; or that
    both raise the same type of exception. fn returns a tensor, or a tuple or list of them. The
    tolerances are by default those of torch.testing.assert_close. Raises AssertionError, which
    names what differs first, where, and both values.

    With record=FILE torch is asked only if the file does not exist, and what it answers is written
    there (.npz): the next time the same assertion runs without torch. Delete the file to ask again.

    >>> from minigrad.testing import assert_matches_torch
    >>> def f(lib, x, y):
    ...     return lib.exp(x) * y
    >>> assert_matches_torch(f, np.ones((2, 3)), np.arange(3.0), order=2)  # doctest: +SKIP
    """
    inputs = [_input(a, dtype) for a in arrays]
    if record is not None and os.path.exists(record):
        expected = _read(record, inputs, order)
    else:
        torch = _torch()
        expected = outcome(torch, fn, inputs, order)
        if record is not None:
            _write(record, inputs, order, expected)
    ours = sys.modules["minigrad"]  # the package that this file is part of, whole by now
    compare(outcome(ours, fn, inputs, order), expected, rtol=rtol, atol=atol)


def _input(data: Any, dtype: Any) -> np.ndarray:
    array = np.asarray(data._array if isinstance(data, Value) else data)
    return array.astype(dtype) if dtype is not None and array.dtype.kind == "f" else array


def outcome(lib: Any, fn: Callable, arrays: Sequence[np.ndarray], order: int = 1) -> dict[str, Any]:
    """What fn(lib, *tensors) gives: a dict from "output 0", "gradient of input 0" ... to arrays.

    An exception ends it: its type's name stands under "exception", and where it came under "stage".
    """
    found: dict[str, Any] = {}
    stage = "forward"
    try:
        inputs = []
        for a in arrays:
            t = lib.from_numpy(np.array(a))
            inputs.append(t.requires_grad_() if a.dtype.kind == "f" else t)
        outputs = _flat(lib, fn(lib, *inputs))
        for i, y in enumerate(outputs):
            found[f"output {i}"] = y.detach().numpy().copy() if lib.is_tensor(y) else np.asarray(y)
            found[f"requires_grad of output {i}"] = np.asarray(bool(getattr(y, "requires_grad", 0)))
        wanted = [(i, x) for i, x in enumerate(inputs) if x.requires_grad]
        outputs = [y for y in outputs if lib.is_tensor(y)]
        rng = np.random.default_rng(SEED)
        for level in range(1, order + 1):
            stage = _ordinal(level)
            outputs = [y for y in outputs if y.requires_grad]
            grads = [None] * len(wanted)
            if outputs and wanted:
                cotangents = [_cotangent(lib, rng, y) for y in outputs]
                grads = lib.autograd.grad(
                    outputs,
                    [x for _, x in wanted],
                    cotangents,
                    create_graph=level < order,
                    allow_unused=True,
                )
            for (i, x), g in zip(wanted, grads, strict=True):  # no gradient, and one of 0, are one
                g = lib.zeros_like(x) if g is None else g
                found[f"{stage} of input {i}"] = (g.detach() + 0).numpy()
            outputs = [g for g in grads if g is not None]
    except Exception as error:
        known = (cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins")
        found["exception"], found["stage"] = next(known), stage
        found["message"] = str(error)
    return found


def _flat(lib: Any, result: Any) -> list:
    if isinstance(result, (tuple, list)) and not isinstance(result, lib.Size):
        return [y for part in result for y in _flat(lib, part)]
    return [result]


def _ordinal(level: int) -> str:
    return {1: "gradient", 2: "second gradient", 3: "third gradient"}.get(
        level, f"{level}th gradient"
    )


def _cotangent(lib: Any, rng: np.random.Generator, y: Any) -> Any:
    array = y.detach().numpy()
    return lib.from_numpy(np.asarray(rng.standard_normal(array.shape)).astype(array.dtype))


def compare(
    found: dict[str, Any],
    expected: dict[str, Any],
    rtol: float | None = None,
    atol: float | None = None,
    tolerances: Mapping[str, tuple[float, float]] = TOLERANCES,
) -> None:
    """Raise AssertionError if two outcomes differ, which says in what, where, and both values."""
    if "exception" in found or "exception" in expected:
        sides = [
            f"raised {o['exception']} in {o['stage']} ({o.get('message', 'recorded')})"
            if "exception" in o
            else f"gave a value ({_words(o.get('output 0'))})"
            for o in (found, expected)
        ]
        if any(found.get(k) != expected.get(k) for k in ("exception", "stage")):
            raise AssertionError(f"minigrad {sides[0]}, torch {sides[1]}")
    results = [k for k in expected if k not in ("exception", "stage", "message")]
    if [k for k in found if k not in ("exception", "stage", "message")] != results:
        raise AssertionError(f"minigrad gave {list(found)}, torch {list(expected)}")
    for key in results:
        a, b = found[key], expected[key]
        what = "value" if key.startswith("output") else "gradient"
        if a.shape != b.shape:
            raise AssertionError(
                f"shape differs: {key} has {a.shape} in minigrad, {b.shape} in torch"
            )
        if a.dtype != b.dtype:
            raise AssertionError(
                f"dtype differs: {key} is {a.dtype} in minigrad, {b.dtype} in torch"
            )
        default = tolerances.get(a.dtype.name, (0.0, 0.0))
        r, t = (
            d if given is None else given for given, d in zip((rtol, atol), default, strict=True)
        )
        with np.errstate(invalid="ignore", over="ignore"):
            near = np.isclose(a, b, rtol=r, atol=t, equal_nan=a.dtype.kind == "f")
        if not near.all():
            where = tuple(int(n) for n in np.argwhere(~near)[0])
            raise AssertionError(
                f"{what} differs: {key} at index {where} is {a[where].item()!r} in minigrad and "
                f"{b[where].item()!r} in torch ({int((~near).sum())} of {a.size} elements differ; "
                f"{a.dtype}, rtol={r}, atol={t})"
            )


def _words(x: Any) -> str:
    return "nothing" if x is None else tensor_words(x)


# -- recordings ----------------------------------------------------------------------------------
def _digest(inputs: Sequence[np.ndarray], order: int) -> str:
    text = f"seed {SEED}, order {order}"
    for a in inputs:
        text += f"; {a.dtype} {a.shape} {zlib.crc32(np.ascontiguousarray(a).tobytes()):08x}"
    return text


def _torch() -> Any:
    try:
        return importlib.import_module("torch")
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "assert_matches_torch compares with torch, which is not installed: pip install torch, "
            "or give record=FILE where torch's side has been recorded",
            name="torch",
        ) from error


def _write(
    path: str | os.PathLike, inputs: Sequence[np.ndarray], order: int, side: dict[str, Any]
) -> None:
    about = {"torch": _torch().__version__, "inputs": _digest(inputs, order)}
    about |= {k: v for k, v in side.items() if isinstance(v, str)}
    arrays = {k: v for k, v in side.items() if not isinstance(v, str)}
    with open(path, "wb") as file:
        np.savez_compressed(file, about=np.array(json.dumps(about)), **arrays)


def _read(path: str | os.PathLike, inputs: Sequence[np.ndarray], order: int) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as file:
        side = dict(file)
    about = json.loads(str(side.pop("about")))
    if about["inputs"] != _digest(inputs, order):
        raise AssertionError(
            f"{os.fspath(path)} was recorded for other inputs ({about['inputs']}) than these "
            f"({_digest(inputs, order)}); delete the file and run once with torch installed"
        )
    return side | {k: about[k] for k in ("exception", "stage", "message") if k in about}
