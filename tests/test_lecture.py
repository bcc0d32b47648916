"""The lecture's own cells, with only their import lines changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import full_data
import pytest

ROOT = Path(__file__).resolve().parent.parent
RUNNER = ROOT.parent / "shared" / "lecture" / "run_cells.py"


@pytest.mark.full
@pytest.mark.slow
def test_every_cell_runs_and_shows_what_the_lecture_prints(tmp_path):
    if not RUNNER.is_file():
        pytest.skip(f"the lecture's cells are not at {RUNNER}")
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
        "FASHION_DATA": str(full_data.folder()),
        "TMPDIR": str(tmp_path),
    }
    done = subprocess.run(
        [sys.executable, str(RUNNER)], cwd=tmp_path, env=environment, timeout=300,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert done.stdout.splitlines()[-1] == "cells: 20 run, 0 wrong", done.stdout
    assert done.returncode == 0
