"""Random programs do here what they do in torch: see random_programs.py."""

from __future__ import annotations

import json
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
import random_programs as programs
import recorded

import minigrad

RECORDED = recorded.FOLDER / "random_programs.z"
COUNT, MANY = 300, 20_000
# Programs that end in another state here than in torch without an exception that says so: torch's
# own mistakes, each of which docs/numerics.md explains, "Random programs".
KNOWN_SILENT = 0.0015  # 24 of 19,989


def rounded(x: Any) -> Any:
    """The same with six digits of each number: a recording is to be small."""
    if isinstance(x, float):
        return float(f"{x:.6g}")
    if isinstance(x, list):
        return list(map(rounded, x))
    return {k: rounded(v) for k, v in x.items()} if isinstance(x, dict) else x


def record(torch: Any) -> None:
    """Write what torch does; python scripts/make_reference.py random_programs."""
    found = list(torchs_answers(COUNT + 9))[:COUNT]  # a program may crash torch
    text = json.dumps(rounded(found), separators=(",", ":"))
    RECORDED.write_bytes(zlib.compress(text.encode(), 9))


def torchs_answers(count: int) -> Iterator[dict[str, Any]]:
    """What torch does, in a process of its own: some programs end torch 2.13 with a crash."""
    first = 0
    while first < count:
        child = subprocess.Popen(
            [sys.executable, programs.__file__, str(first), str(count)],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert child.stdout is not None
        for line in child.stdout:
            yield json.loads(line)
            first += 1
        child.wait()
        first += 1  # the one that crashed, or the end


def judged(cases: list[dict[str, Any]]) -> tuple[Counter, list[str]]:
    """How many agree, raise elsewhere or differ silently; and the silent ones in words."""
    count: Counter = Counter()
    silent = []
    for case in cases:
        found = programs.difference(programs.run(minigrad, case["lines"]), case["seen"])
        kind = found.partition(":")[0] if found else "agree"
        count[kind] += 1
        if kind == "silent":
            silent.append(f"{found[:300]}\n    " + "\n    ".join(case["lines"]))
    return count, silent


def test_recorded_programs_do_what_torch_did() -> None:
    cases = json.loads(zlib.decompress(RECORDED.read_bytes()))
    assert len(cases) == COUNT
    count, silent = judged(cases)
    assert not silent, "\n".join(silent)
    assert count["agree"] >= 0.97 * COUNT, count


@pytest.mark.live
@pytest.mark.slow
def test_thousands_of_programs_do_what_torch_does(torch: Any) -> None:
    cases = list(torchs_answers(MANY))
    count, silent = judged(cases)
    assert len(cases) > 0.99 * MANY
    assert len(silent) <= KNOWN_SILENT * MANY, f"{len(silent)}:\n" + "\n".join(silent[:20])
    assert count["agree"] >= 0.97 * len(cases), count
