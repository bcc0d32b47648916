"""What torch answered, in few and small files: outcomes of many runs packed into one .npz without pickle."""

from __future__ import annotations

import json
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
