"""Lay out the data for the contestants: arrays for those who just want them, gzip files to load.

python prepare.py FOLDER auto|full|sample
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import numpy as np

from fashion import datasets
from fashion.training import command


@command.reported
def main(argv: list[str] | None = None) -> int:
    """Write FOLDER/*.npy and FOLDER/gzip/*.gz, and the data's kind into FOLDER/kind."""
    folder, choice = argv or sys.argv[1:]
    found = command.load(choice, None)
    for prefix, part in (("", found.train), ("test_", found.test)):
        np.save(Path(folder, f"{prefix}images.npy"), part.data)
        np.save(Path(folder, f"{prefix}labels.npy"), part.targets)
    files = Path(folder, "gzip")
    files.mkdir()
    if found.kind == "full":
        for train in (True, False):
            for path in datasets.find(train=train):
                shutil.copyfile(path, files / path.name)
    else:
        for path in datasets.SAMPLE.glob("*.gz"):
            shutil.copyfile(path, files / path.name)
    Path(folder, "kind").write_text(found.kind, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
