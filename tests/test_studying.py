"""docs/studying.md tells the truth: its programs print what stands below them."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs" / "studying.md").read_text(encoding="utf-8")
PROGRAM = re.compile(r"```python\n# (\w+\.py)\n(.*?)```.*?```text\n(.*?)```", re.DOTALL)
PROGRAMS = {name: (f"# {name}\n{text}", shown) for name, text, shown in PROGRAM.findall(PAGE)}


def said_by(name: str, folder: Path) -> str:
    """What a program of the page prints; of an exception, its text."""
    (folder / name).write_text(PROGRAMS[name][0], encoding="utf-8")
    done = subprocess.run(
        [sys.executable, name], cwd=folder, capture_output=True, text=True, encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}, timeout=120,
    )  # fmt: skip
    error = done.stderr[done.stderr.find("\nRuntimeError: ") + 1 :] if done.returncode else ""
    return done.stdout + error


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name != "slip.py"])
def test_a_program_prints_what_the_page_says(name: str, tmp_path: Path) -> None:
    assert said_by(name, tmp_path) == PROGRAMS[name][1]


@pytest.mark.live
def test_the_comparison_with_torch_prints_what_the_page_says(torch: Any, tmp_path: Path) -> None:
    assert said_by("slip.py", tmp_path) == PROGRAMS["slip.py"][1]


def test_the_page_s_prompts_answer_as_it_says() -> None:
    # Lines of the formula sheet move; that they are named is tested elsewhere.
    page = re.sub(r"(derivatives\.py):\d+", r"\1:...", PAGE)
    test = doctest.DocTestParser().get_doctest(page, {}, "studying.md", "studying.md", 0)
    assert len(test.examples) >= 5 and len(PROGRAMS) == 4
    shown: list[str] = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(test, out=shown.append)
    assert not runner.failures, "".join(shown)
