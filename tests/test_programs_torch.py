"""Whole programs in torch's style, unchanged: they print here what they print with torch.

The first weights are made with NumPy; recorded by tests/reference/record_programs.py.
"""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest

from fashion import d2l
from minigrad.run.aliases import Aliases
from minigrad.run.survey import survey, texts_of

HERE = Path(__file__).parent
PROGRAMS = sorted((HERE / "programs_torch").glob("*.py"))
RECORDED = json.loads((HERE / "reference" / "programs.json").read_text(encoding="utf-8"))
NUMBER = re.compile(r"[-+]?(?:\d+\.\d*|\.\d+|\d+)(?:e[-+]?\d+)?")


def assert_same(ours: list[str], torchs: list[str]) -> None:
    """The same words, and numbers that differ in the last digits shown at most."""
    # Of a line of drawing the recorder tells how it looks.
    shown = [line for line in ours if not line.startswith("curves:")]
    shown = [line for line in shown if line and ": train_" not in line and ": val_" not in line]
    for mine, theirs in zip(shown, torchs, strict=True):
        # An array of many lines is laid out by the width of its widest number.
        words = [re.sub(r"\s+", " ", NUMBER.sub("#", line)) for line in (mine, theirs)]
        assert words[0] == words[1], f"{mine!r}, and torch prints {theirs!r}"
        numbers = [[float(n) for n in NUMBER.findall(line)] for line in (mine, theirs)]
        assert numbers[0] == pytest.approx(numbers[1], rel=2e-3, abs=2e-4), (mine, theirs)


def test_each_family_has_its_programs():
    families = {"book": 6, "tutorial": 3, "example": 4, "repo": 8}
    for family, least in families.items():
        assert sum(path.stem.startswith(family) for path in PROGRAMS) >= least
    assert len(PROGRAMS) >= 20 and {path.stem for path in PROGRAMS} == set(RECORDED)
    lengths = [len(path.read_text(encoding="utf-8").splitlines()) for path in PROGRAMS]
    assert min(lengths) >= 30


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_prints_what_it_prints_with_torch(
    program, capsys, monkeypatch, tmp_path, recwarn
):
    matplotlib.use("Agg")
    monkeypatch.setattr(d2l.Animator, "folder", tmp_path)
    monkeypatch.setattr(sys, "argv", [str(program)])
    monkeypatch.chdir(tmp_path)
    with Aliases() as hook:
        runpy.run_path(str(program), run_name="__main__")
    assert_same(capsys.readouterr().out.splitlines(), RECORDED[program.stem])
    assert hook.lacks.places == {}


def test_none_of_them_mentions_a_name_that_is_missing():
    texts = {path: text for program in PROGRAMS for path, text in texts_of(program).items()}
    assert survey(texts) == {}


@pytest.mark.slow
@pytest.mark.live
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_runs_by_the_command_and_with_torch(program, torch, tmp_path):
    commands = [["-m", "minigrad.run", str(program)]]
    if not program.stem.startswith("book_"):  # they need d2l beside torch
        commands.append([str(program)])
    for command in commands:
        done = subprocess.run(
            [sys.executable, *command], cwd=HERE.parent, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0 and "minigrad.run" not in done.stderr, done.stderr
        assert_same(done.stdout.splitlines(), RECORDED[program.stem])
