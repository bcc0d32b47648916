"""Record what tests/programs_torch/*.py print with torch, into programs.json.

    python tests/reference/record_programs.py [--zh FOLDER] [--en FOLDER] [names]

The book's programs need its package d2l beside torch: FOLDERs to import the first and the second
edition's from (d2l 0.17 and 1.0). Without them their recordings stay as they are.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAMS = Path(__file__).parent.parent / "programs_torch"
RECORDED = Path(__file__).parent / "programs.json"
DRAWN = ("<Figure", "curves:")  # what a training that draws leaves between a program's own lines
CLEAR = re.compile("(\x1b\\[2K|\r)+")  # what IPython writes to clear a line


def own_lines(text: str) -> list[str]:
    """The lines that a program itself prints, without those of d2l's pictures."""
    lines = (CLEAR.sub("", line) for line in text.split("\n"))
    return [
        line
        for line in lines
        if line and not line.startswith(DRAWN) and ": train_" not in line and ": val_" not in line
    ]


def main() -> int:
    """Run the programs; returns how many failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--zh", help="where the first edition's d2l is")
    parser.add_argument("--en", help="where the second edition's d2l is")
    parser.add_argument("names", nargs="*", help="programs, without .py (default: all)")
    options = parser.parse_args()
    recorded = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    failed = 0
    for program in sorted(PROGRAMS.glob("*.py")):
        name, edition = program.stem, program.stem.split("_")[1]
        if options.names and name not in options.names:
            continue
        environment = {**os.environ, "MPLBACKEND": "Agg"}
        if name.startswith("book_"):
            folder = getattr(options, edition)
            if not folder:
                continue
            environment["PYTHONPATH"] = folder
        with tempfile.TemporaryDirectory() as place:
            done = subprocess.run(
                [sys.executable, str(program)], cwd=place, env=environment,
                capture_output=True, text=True,
            )  # fmt: skip
        if done.returncode:
            print(f"{name}: {done.stderr.splitlines()[-1]}", file=sys.stderr)
            failed += 1
        else:
            recorded[name] = own_lines(done.stdout)
    text = json.dumps(recorded, indent=1, sort_keys=True, ensure_ascii=False)
    RECORDED.write_text(text + "\n", encoding="utf-8")
    return failed


if __name__ == "__main__":
    sys.exit(main())
