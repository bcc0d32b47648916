"""Checks for one's own functions against torch, live or recorded; gradcheck comes along.

assert_matches_torch tells whether a function does the same, assert_module_matches_torch whether a
module does; first_divergence tells where a function begins not to; assert_close compares results.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from .autograd.engine import Value
from .autograd.errors import tensor_words
from .autograd.gradcheck import GradcheckError as GradcheckError
from .autograd.gradcheck import gradcheck as gradcheck
from .autograd.gradcheck import gradgradcheck as gradgradcheck
from .autograd.watching import Place
from .closeness import TOLERANCES
from .closeness import assert_close as assert_close
from .probes import Notes, Probe

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


def assert_module_matches_torch(
    ours: Any, theirs: Any, *inputs: Any, rtol: float | None = None, atol: float | None = None
) -> None:
    """Check that a module does what a module of torch does with the same parameters.

    The state of theirs is copied into ours, and its mode (training or not). Then both get the
    inputs, arrays or tensors. Compared are the outputs, the gradients of the inputs and of each
    parameter for a random cotangent, and the buffers afterwards. Neither may draw random numbers:
    call theirs.eval() if there is dropout. Raises AssertionError as assert_matches_torch does, and
    load_state_dict's RuntimeError if names or shapes differ.

    >>> import torch  # doctest: +SKIP
    >>> assert_module_matches_torch(
    ...     nn.Linear(3, 2), torch.nn.Linear(3, 2), np.ones((4, 3), "float32")
    ... )  # doctest: +SKIP
    """
    ours.load_state_dict(theirs.state_dict())
    ours.train(theirs.training)
    arrays = [_input(x, None) for x in inputs]
    found = _module_outcome(sys.modules["minigrad"], ours, arrays)
    compare(found, _module_outcome(_torch(), theirs, arrays), rtol=rtol, atol=atol)


def _module_outcome(lib: Any, module: Any, arrays: Sequence[np.ndarray]) -> dict[str, Any]:
    tensors = [lib.from_numpy(np.array(a)) for a in arrays]
    given = {
        f"input {i}": t.requires_grad_()
        for i, t in enumerate(tensors)
        if t.detach().numpy().dtype.kind == "f"
    }
    module.zero_grad()
    outputs = _flat(lib, module(*tensors))
    rng = np.random.default_rng(SEED)
    lib.autograd.backward(outputs, [_cotangent(lib, rng, y) for y in outputs])
    found = {f"output {i}": y.detach().numpy() for i, y in enumerate(outputs)}
    for name, t in (given | dict(module.named_parameters())).items():
        if t.grad is not None:
            found[f"gradient of {name}"] = t.grad.numpy()
    for name, t in module.named_buffers():
        found[f"buffer {name}"] = t.numpy()
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
        what = "gradient" if "gradient" in key else "value"
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


# -- operation by operation ------------------------------------------------------------------------
STEPS = 0  # in place of the order, in a recording of steps


@dataclass(frozen=True)
class Divergence:
    """Where minigrad and torch begin to differ: in an operation, or in a sum of gradients."""

    operation: str  # "exp", or "__matmul__"; "" for a sum
    step: int  # which of the operations that the function called, from 1 on
    direction: str  # "forward" or "backward"
    message: str
    place: Place | None  # the line that called it

    def __str__(self) -> str:
        called = "" if self.place is None else f"; called at {self.place}"
        return f"{self.direction}: {self.message}{called}"

    __repr__ = __str__


def first_divergence(
    fn: Callable,
    *arrays: Any,
    dtype: Any = None,
    rtol: float | None = None,
    atol: float | None = None,
    record: str | os.PathLike | None = None,
) -> Divergence | None:
    """The first operation of fn(lib, *tensors) that does not do in minigrad what it does in torch.

    fn calls operations through lib, and as methods and operators of its tensors; it is run once on
    each side. Compared are, in their order, each operation's value, shape and dtype; then, from
    the last to the first, the gradients that came to its results and that it sent to each of its
    arguments, for random cotangents of the outputs; and where an exception was raised. None means
    that all agree. Arrays, dtype, tolerances and record are those of assert_matches_torch; a
    recording is valid as long as fn calls the same operations. A view that is changed in place
    after its use may get its gradient on another way in torch, which is named then.

    >>> from minigrad.testing import first_divergence
    >>> def f(lib, x):
    ...     return (lib.exp(x) * x).sum()
    >>> first_divergence(f, np.ones(3))  # doctest: +SKIP
    """
    inputs = [_input(a, dtype) for a in arrays]
    if record is not None and os.path.exists(record):
        expected = _read(record, inputs, STEPS)
    else:
        expected, _ = _steps(_torch(), fn, inputs)
        if record is not None:
            _write(record, inputs, STEPS, expected)
    found, places = _steps(sys.modules["minigrad"], fn, inputs)
    key, message = _first_difference(found, expected, {"rtol": rtol, "atol": atol})
    if key is None:
        return None
    number, _, rest = key.partition(" ")
    n = int(number[1:]) if number[0] == "#" else 0
    return Divergence(
        rest.partition(":")[0] if n else "",
        n,
        "backward" if "gradient of" in key or key == "backward" else "forward",
        message,
        places[n - 1] if 0 < n <= len(places) else None,
    )


def _steps(lib: Any, fn: Callable, arrays: Sequence[np.ndarray]) -> tuple[dict, list[Place | None]]:
    """What each operation gave, forward and then backward; and where it was called."""
    notes = Notes(lib)
    end: dict[str, Any] = {}
    stage = ""
    try:
        inputs = []
        for a in arrays:
            t = lib.from_numpy(np.array(a))
            inputs.append(t.requires_grad_() if a.dtype.kind == "f" else t)
        outputs = _flat(lib, notes.bare(fn(notes.library, *(Probe(t, notes) for t in inputs))))
        stage = "backward"
        outputs = [y for y in outputs if lib.is_tensor(y) and y.requires_grad]
        wanted = [(i, x) for i, x in enumerate(inputs) if x.requires_grad]
        if outputs and wanted:
            rng = np.random.default_rng(SEED)
            cotangents = [_cotangent(lib, rng, y) for y in outputs]
            xs = [x for _, x in wanted]
            grads = lib.autograd.grad(outputs, xs, cotangents, allow_unused=True)
            for (i, x), g in zip(wanted, grads, strict=True):
                g = lib.zeros_like(x) if g is None else g
                end[f"gradient of input {i}"] = (g.detach() + 0).numpy()
    except Exception as error:
        known = (cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins")
        stage = stage or f"#{len(notes.names)} {(notes.names or ['the function'])[-1]}"
        end = {"exception": next(known), "stage": stage, "message": str(error)}
    return {**notes.values, **notes.gradients, **end}, notes.places


def _first_difference(found: dict, expected: dict, limits: dict) -> tuple[str | None, str]:
    """The key of what differs first, and how; (None, "") if nothing does."""
    ours, theirs = (
        [k for k, v in side.items() if not isinstance(v, str) and "gradient of" not in k]
        for side in (found, expected)
    )
    for a, b in zip(ours, theirs, strict=False):
        if a != b:
            return a, f"they went different ways: minigrad called {a}, torch {b}"
        if message := _difference(a, found, expected, limits):
            return a, message
    stages = [side.get("stage") for side in (found, expected)]
    if stages[0] != stages[1] or found.get("exception") != expected.get("exception"):
        words = [
            f"raised {side['exception']} in {side['stage']} ({side.get('message', 'recorded')})"
            if "exception" in side
            else "did not raise"
            for side in (found, expected)
        ]
        return stages[0] or stages[1], f"minigrad {words[0]}, torch {words[1]}"
    if len(ours) != len(theirs):
        name, keys = ("minigrad", ours) if len(ours) > len(theirs) else ("torch", theirs)
        key = keys[min(len(ours), len(theirs))]
        return key, f"they went different ways: only {name} called {key}"
    walk = [k for k in {**expected, **found} if "gradient of" in k]  # the inputs come last
    for key in sorted(walk, key=_turn):
        if key in found and key in expected:
            if message := _difference(key, found, expected, limits):
                return key, message
            continue
        # A result whose place in the graph a change in place has taken may have none.
        side, has, has_not = found, "minigrad", "torch"
        if key in expected:
            side, has, has_not = expected, has_not, has
        if "of output" not in key and side[key].any():  # no gradient, and one of 0, are one
            return key, f"gradient differs: {has} has {key}, and {has_not} none"
    return None, ""


def _turn(key: str) -> tuple:
    """When a gradient has its turn in the walk back; those of the inputs are the last."""
    number = key.partition(" ")[0]
    return (-int(number[1:]), "argument" in key, key) if number[0] == "#" else (1, False, key)


def _difference(key: str, found: dict, expected: dict, limits: dict) -> str:
    try:
        compare({key: found[key]}, {key: expected[key]}, **limits)
    except AssertionError as error:
        return str(error)
    return ""


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
