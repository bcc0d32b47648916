"""Type checkers and editors see every function and method, wherever the package is installed."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import minigrad

PROGRAM = Path(__file__).parent / "typing" / "user_program.py"
# Whose installation is looked at; .ci/run names another one, with the wheel.
PYTHON = os.environ.get("MINIGRAD_TYPING_PYTHON", sys.executable)
CHECKERS = {
    "mypy": [sys.executable, "-m", "mypy", "--config-file=", f"--python-executable={PYTHON}"],
    "pyright": [sys.executable, "-m", "pyright", f"--pythonpath={PYTHON}"],
}
MISTAKES = {
    "z.amax(1, keepdim=True)": ("z.sotfmax(1)", "sotfmax"),
    "powers.sum(1, keepdim=True)": ("powers.sum(1, keepdmi=True)", "keepdmi"),
    "torch.rand(32": ("torch.radn(32", "radn"),
}


def check(checker: str, program: Path) -> tuple[int, str]:
    """Run a type checker on a program, far from the source tree."""
    done = subprocess.run(
        [*CHECKERS[checker], str(program)],
        cwd=program.parent, capture_output=True, text=True, timeout=600,
        env={k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "MYPYPATH")},
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_a_type_checker_finds_the_mistakes_in_a_users_program_and_nothing_else(
    checker: str, tmp_path: Path
) -> None:
    pytest.importorskip(checker, reason=f"needs {checker}: pip install -e '.[dev]'")
    program = Path(shutil.copy(PROGRAM, tmp_path))
    status, said = check(checker, program)
    assert status == 0, said
    text = program.read_text(encoding="utf-8")
    for right, (wrong, word) in MISTAKES.items():
        assert right in text
        broken = tmp_path / f"{word}.py"
        broken.write_text(text.replace(right, wrong), encoding="utf-8")
        status, said = check(checker, broken)
        assert status == 1 and word in said, said


COMPLETIONS = {  # what is typed -> names that an editor must offer
    "torch.": {"exp", "softmax", "zeros", "nn", "autograd", "no_grad"},
    "t = torch.tensor([1.]); t.": {"exp", "softmax", "backward", "reshape", "float", "add_"},
    "t = torch.tensor([1.]); (t * 2 + 1).exp().": {"exp", "backward", "item", "T"},
    "torch.nn.": {"Linear", "Module", "CrossEntropyLoss"},
}


@pytest.mark.parametrize("typed", COMPLETIONS)
def test_an_editor_completes(typed: str) -> None:
    jedi = pytest.importorskip("jedi", reason="needs jedi: pip install -e '.[dev]'")
    project = jedi.Project(PROGRAM.parents[2])
    offered = jedi.Script(f"import minigrad as torch; {typed}", project=project).complete()
    assert COMPLETIONS[typed] <= {completion.name for completion in offered}


def test_dir_and_help_show_what_there_is_and_no_internals() -> None:
    names = dir(minigrad)
    assert {"tensor", "exp", "nn", "no_grad", "Tensor"} <= set(names)
    assert [n for n in names if n.startswith("_") and n != "__version__"] == []
    assert set(names) - {"__version__"} == set(minigrad.__all__)
    for name in names:
        assert getattr(minigrad, name) is not None


def test_a_misspelt_name_is_answered_with_the_nearest() -> None:
    with pytest.raises(AttributeError, match="no attribute 'sofmax'. Did you mean: 'softmax'?"):
        minigrad.sofmax  # noqa: B018
    with pytest.raises(AttributeError, match="docs/api.md"):
        minigrad.qqqqqq  # noqa: B018


def test_a_clone_called_minigrad_in_the_working_directory_hides_nothing(tmp_path: Path) -> None:
    try:
        importlib.metadata.distribution("minigrad-fashion")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("needs an installation: pip install -e .")
    clone = tmp_path / "minigrad"
    (clone / "minigrad").mkdir(parents=True)
    (clone / "minigrad" / "__init__.py").write_text("", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", "import minigrad; print(minigrad.tensor([1.0]))"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )  # fmt: skip
    assert done.stdout.split() == ["tensor([1.])"], done.stderr
