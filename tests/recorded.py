"""What torch answered, in few and small files: outcomes of many runs packed into one .npz without
pickle.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

FOLDER = Path(__file__).parent / "reference"


def save(path: Path, outcomes: dict[str, dict], about: dict[str, Any]) -> None:
    """Write outcomes (of minigrad.testing.outcome), with what there is to say about them."""
    index: dict[str, list] = {}
    parts: dict[str, list] = {}
    for key, outcome in outcomes.items():
        index[key] = []
        for name, value in outcome.items():
            if isinstance(value, str):
                index[key].append([name, value])
            else:
                index[key].append([name, value.dtype.name, list(value.shape)])
                parts.setdefault(value.dtype.name, []).append(value.reshape(-1))
    text = json.dumps({"about": about, "index": index}, separators=(",", ":"))
    arrays = {dtype: np.concatenate(values) for dtype, values in parts.items()}
    np.savez_compressed(path, text=np.frombuffer(text.encode(), np.uint8), **arrays)


def about(path: Path) -> dict[str, Any]:
    """What was said about the recording: torch's version and the seed."""
    with np.load(path, allow_pickle=False) as file:
        return json.loads(file["text"].tobytes())["about"]


def load(path: Path) -> dict[str, dict]:
    """The outcomes by key, as they were saved."""
    with np.load(path, allow_pickle=False) as file:
        arrays = dict(file)
    index = json.loads(arrays.pop("text").tobytes())["index"]
    at = dict.fromkeys(arrays, 0)
    outcomes: dict[str, dict] = {}
    for key, entries in index.items():
        outcome: dict[str, Any] = {}
        for name, kind, *shape in entries:
            if not shape:
                outcome[name] = kind
                continue
            n = int(np.prod(shape[0]))
            outcome[name] = arrays[kind][at[kind] : at[kind] + n].reshape(shape[0])
            at[kind] += n
        outcomes[key] = outcome
    return outcomes


# -- tables of small programs --------------------------------------------------------------------
def answer(lib: Any, program: Any) -> Any:
    """What program(lib) returns, as plain JSON: tensors as [dtype, shape, values, requires_grad].

    For an exception ["raises", its type].
    """
    try:
        return _plain(lib, program(lib))
    except Exception as error:
        known = (cls.__name__ for cls in type(error).__mro__ if cls.__module__ == "builtins")
        return ["raises", next(known)]


def _plain(lib: Any, x: Any) -> Any:
    if lib.is_tensor(x):
        dtype = str(x.dtype).removeprefix("torch.")
        return [dtype, list(x.shape), x.detach().tolist(), x.requires_grad]
    if isinstance(x, np.ndarray):
        return ["ndarray", x.dtype.name, x.tolist()]
    if isinstance(x, (list, tuple)):
        return [_plain(lib, y) for y in x]
    if isinstance(x, (bool, int, float, str, type(None))):
        return x
    return str(x).removeprefix("torch.")  # the name of a type


def same(found: Any, expected: Any) -> bool:
    """Are two answers equal, up to a float32's rounding?"""
    if isinstance(expected, list):
        return (
            isinstance(found, list)
            and len(found) == len(expected)
            and all(map(same, found, expected))
        )
    if isinstance(expected, float) and isinstance(found, float):
        return bool(np.isclose(found, expected, rtol=1e-5, atol=1e-6, equal_nan=True))
    return type(found) is type(expected) and found == expected


def check(table: dict[str, Any], lib: Any, expected: dict[str, Any]) -> None:
    """Assert that every program of a table answers with lib as expected; tell all that do not."""
    wrong = []
    for name, program in table.items():
        found = answer(lib, program)
        if not same(found, expected[name]):
            wrong.append(f"{name}: {found} instead of {expected[name]}")
    assert not wrong, f"{len(wrong)} of {len(table)} differ from torch:\n" + "\n".join(wrong)


def read_table(name: str) -> dict[str, Any]:
    """The answers that torch gave to the programs of tests/test_NAME.py."""
    text = (FOLDER / f"{name}.json").read_text(encoding="utf-8")
    return json.loads(text)["answers"]


def write_table(name: str, answers: dict[str, Any], about: dict[str, Any]) -> None:
    """Write the answers, one a line."""
    rows = ",\n".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in answers.items())
    text = f'{{"about": {json.dumps(about)}, "answers": {{\n{rows}\n}}}}\n'
    (FOLDER / f"{name}.json").write_text(text, encoding="utf-8")


def refusal(call: Callable[[], Any], words: int = 9) -> Any:
    """The type of what is raised, and how its message begins; or what was returned."""
    try:
        return call()
    except Exception as error:
        return [type(error).__name__, " ".join(str(error).split()[:words])]
