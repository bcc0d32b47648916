"""scripts/lectures: with torch in place of minigrad each of them has the same losses."""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "scripts" / "lectures"
REFERENCE = Path(__file__).parent / "reference" / "lectures.json"
NAMES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "lecture")
TEXTS = ("char_rnn", "gpt")
# The only lines that change, and what they become.
IMPORTS = {
    "import minigrad as torch": "import torch",
    "from minigrad import nn": "from torch import nn",
    "from minigrad.nn import functional as F": "from torch.nn import functional as F",
}
# A recurrent network multiplies rounding from step to step: its long run is of 16 steps.
# Images (or characters) and epochs of a quick run and of a long one; 100 at a time, but for the
# weight decay, which has its own few images.
SIZES = {
    "quick": {"mlp": (300, 2), "mlp_scratch": (300, 2), "weight_decay": (200, 2),
              "dropout": (300, 2), "lenet": (200, 1), "batchnorm_lenet": (200, 1),
              "char_rnn": (1200, 2), "gpt": (400, 1)},
    "long": {"mlp": (2000, 3), "mlp_scratch": (2000, 3), "weight_decay": (200, 10),
             "dropout": (2000, 2), "lenet": (1000, 2), "batchnorm_lenet": (1000, 2),
             "char_rnn": (4214, 2), "gpt": (2000, 1)},
}  # fmt: skip


def load(name: str, library: str) -> Any:
    """A lecture as a module, with the import lines of this library."""
    sys.path.insert(0, str(FOLDER))
    try:
        importlib.import_module("lecture")
        source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
        if library == "torch":
            for ours, theirs in IMPORTS.items():
                source = re.sub(rf"^{re.escape(ours)}$", theirs, source, flags=re.M)
            assert "minigrad" not in source.split('"""', 2)[2]
        module = types.ModuleType(f"{name}_{library}")
        exec(compile(source, str(FOLDER / f"{name}.py"), "exec"), vars(module))
    finally:
        sys.path.remove(str(FOLDER))
    return module


def losses(name: str, library: str, size: str, **settings: Any) -> list[float]:
    """What a lecture's losses are on the beginning of its data."""
    module = load(name, library)
    count, epochs = SIZES[size][name]
    if name in TEXTS:
        data: Any = module.lecture.text()[:count]
    else:
        sample = module.lecture.command.load("sample", None)
        full = module.lecture.images(sample)
        data = full._replace(
            X=full.X[:count], y=full.y[:count], X_test=full.X_test[:50], y_test=full.y_test[:50]
        )
        if name != "weight_decay":
            vars(module)["BATCH_SIZE"] = 100
    return module.train(data, epochs, lambda *_: None, **settings)


def record(torch: Any, about: dict[str, Any]) -> None:
    """Write torch's losses; scripts/make_reference.py calls it."""
    torch.manual_seed(0)
    found = {
        size: {name: [round(x, 6) for x in losses(name, "torch", size)] for name in NAMES}
        for size in SIZES
    }
    REFERENCE.write_text(json.dumps(about | found) + "\n")


def recorded(size: str, name: str) -> list[float]:
    return json.loads(REFERENCE.read_text())[size][name]


@pytest.mark.parametrize("name", NAMES)
def test_the_first_losses_are_torchs(name: str) -> None:
    assert losses(name, "minigrad", "quick") == pytest.approx(recorded("quick", name), abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_long_course_of_losses_is_torchs(name: str) -> None:
    assert losses(name, "minigrad", "long") == pytest.approx(recorded("long", name), abs=1e-4)


@pytest.mark.live
@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_with_other_imports_it_is_a_program_for_torch(name: str, torch: Any) -> None:
    assert losses(name, "torch", "quick") == pytest.approx(recorded("quick", name), abs=1e-4)


def test_from_scratch_and_concise_are_the_same_run() -> None:
    assert recorded("long", "mlp") == pytest.approx(recorded("long", "mlp_scratch"), abs=1e-4)
    decay = np.array(recorded("long", "weight_decay")).reshape(2, 2, -1)
    np.testing.assert_allclose(decay[:, 0], decay[:, 1], atol=1e-4)
    assert decay[0, 0, -10:].mean() < decay[1, 0, -10:].mean()  # the penalty costs loss here


def test_dropout_leaves_out_its_part_and_keeps_the_mean() -> None:
    module = load("dropout", "minigrad")
    X = module.torch.ones(400, 400)
    for p in (0.2, 0.5):
        dropped = module.dropout_layer(X, p, np.random.default_rng(0)).numpy()
        assert abs((dropped == 0).mean() - p) < 0.005 and abs(dropped.mean() - 1) < 0.01
        assert np.allclose(dropped[dropped > 0], 1 / (1 - p))
    assert module.dropout_layer(X, 0, None) is X


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_each_lecture_is_one_command(name: str, tmp_path: Path) -> None:
    words = [] if name in TEXTS else ["--data", "sample"]
    done = subprocess.run(
        [sys.executable, str(FOLDER / f"{name}.py"), "--epochs", "1", *words], cwd=tmp_path,
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("data: ") and re.search("loss|perplexity", done.stdout)


def test_a_lecture_is_short_and_says_what_it_teaches() -> None:
    assert len(NAMES) == 8
    for name in NAMES:
        source = (FOLDER / f"{name}.py").read_text(encoding="utf-8")
        assert len(source.splitlines()) <= 120, name
        assert len(source.split('"""')[1]) > 150, name


def test_the_text_has_few_kinds_of_characters() -> None:
    module = load("char_rnn", "minigrad")
    text = module.lecture.text()
    assert len(text) > 4000 and len(set(text)) < 50 and text.isascii()


def test_the_page_names_every_lecture_and_every_import() -> None:
    page = (FOLDER.parent.parent / "docs" / "lectures.md").read_text(encoding="utf-8")
    assert [name for name in NAMES if f"(../scripts/lectures/{name}.py)" not in page] == []
    for ours, theirs in IMPORTS.items():
        assert f"| `{ours}` | `{theirs}` |" in page
