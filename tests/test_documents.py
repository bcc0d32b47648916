"""Documents show the code as it is, the figures as they are drawn now, and notebooks that run."""

from __future__ import annotations

import doctest
import importlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import minigrad

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
STEPS = sorted((DOCS / "steps").glob("*.py"))
WRITTEN = sorted((DOCS / "notebooks").glob("*.py"))
NOTEBOOKS = sorted((DOCS / "notebooks").glob("*.ipynb"))


@pytest.fixture
def make_docs(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("make_docs")


def test_included_code_is_the_code(make_docs: Any) -> None:
    included = 0
    for path in DOCS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert make_docs.with_code(text) == text, f"{path.name}: run python scripts/make_docs.py"
        included += len(make_docs.INCLUDED.findall(text))
    assert included >= 7


def test_figures_are_what_the_project_draws(make_docs: Any) -> None:
    for name, picture in make_docs.figures().items():
        assert (DOCS / name).read_text(encoding="utf-8") == picture, name


def test_how_it_works_prints_what_it_says(make_docs: Any) -> None:
    text = (DOCS / "how-it-works.md").read_text(encoding="utf-8")
    text = make_docs.INCLUDED.sub("", text)  # whose examples run elsewhere
    parsed = doctest.DocTestParser().get_doctest(text, {}, "how-it-works.md", "", 0)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    said: list[str] = []
    runner.run(parsed, out=said.append)
    assert len(parsed.examples) >= 12 and not runner.failures, "".join(said)


def test_links_lead_to_files() -> None:
    for page in [*DOCS.glob("*.md"), *NOTEBOOKS]:
        text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)
        for target in re.findall(r"\]\((?!https?://)([\w./-]+)[)#]", text):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


# -- programs -----------------------------------------------------------------------------------
def run(path: Path, folder: Path, **environment: str) -> str:
    settings = os.environ | {"PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"} | environment
    done = subprocess.run(
        [sys.executable, str(path)], cwd=folder, env=settings, timeout=300,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.mark.parametrize("path", STEPS, ids=lambda path: path.stem)
def test_a_step_runs_and_is_short(path: Path, tmp_path: Path) -> None:
    assert run(path, tmp_path).strip()
    lines = path.read_text(encoding="utf-8").split('"""', 2)[2].splitlines()
    assert sum(bool(line.strip()) for line in lines) <= 100


def test_the_last_step_agrees_with_minigrad() -> None:
    space: dict[str, Any] = {}
    exec(compile(STEPS[-1].read_text(encoding="utf-8"), str(STEPS[-1]), "exec"), space)
    theirs = space["Tensor"]([[0.3, -0.2], [0.5, 0.1]])
    ours = minigrad.tensor([[0.3, -0.2], [0.5, 0.1]], dtype=minigrad.float64, requires_grad=True)
    np = space["np"]
    a = space["grad"]((np.exp(np.sin(theirs @ theirs)) * theirs).sum(), theirs)
    (b,) = minigrad.autograd.grad(((ours @ ours).sin().exp() * ours).sum(), ours, create_graph=True)
    assert np.allclose(a.data, b.detach().numpy())
    second = space["grad"]((a * a).sum(), theirs)
    assert np.allclose(second.data, minigrad.autograd.grad((b * b).sum(), ours)[0].numpy())


# -- notebooks ----------------------------------------------------------------------------------
@pytest.mark.parametrize("path", [p for p in WRITTEN if p.stem != "lecture"], ids=lambda p: p.stem)
def test_what_a_notebook_asserts_holds(path: Path, tmp_path: Path, make_docs: Any) -> None:
    code = [source for kind, source in make_docs.cells(path.read_text("utf-8")) if kind == "code"]
    program = tmp_path / path.name
    program.write_text("\n\n".join(code), encoding="utf-8")
    run(program, tmp_path)
    assert any("assert" in source for source in code)


@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_notebooks_are_what_is_written(path: Path, make_docs: Any) -> None:
    text = path.read_text(encoding="utf-8")
    kinds = [kind for kind, _ in make_docs.cells(text)]
    assert kinds.count("en") == kinds.count("zh") > 0, "prose stands in both languages"
    for language, end in make_docs.ENDS.items():
        file = path.with_name(f"{path.stem}{end}.ipynb")
        there = json.loads(file.read_text(encoding="utf-8"))
        assert make_docs.notebook(text, language, there) == there, "run scripts/make_docs.py --run"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_notebooks_have_run_and_are_small(path: Path) -> None:
    assert path.stat().st_size < 300_000
    code = [c for c in json.loads(path.read_text("utf-8"))["cells"] if c["cell_type"] == "code"]
    outputs = [output for cell in code for output in cell["outputs"]]
    assert outputs and not [o for o in outputs if o["output_type"] == "error"]


def test_the_lectures_pages_are_its_notebooks(make_docs: Any) -> None:
    for language, end in make_docs.ENDS.items():
        file = DOCS / "notebooks" / f"lecture{end}.ipynb"
        made = json.loads(file.read_text(encoding="utf-8"))
        page = (DOCS / f"lecture{end}.md").read_text(encoding="utf-8")
        assert page == make_docs.page(made, "lecture", language)


@pytest.mark.slow
@pytest.mark.parametrize("path", WRITTEN, ids=lambda path: path.stem)
def test_notebooks_run_in_jupyter(path: Path, make_docs: Any, monkeypatch: Any) -> None:
    pytest.importorskip("nbclient", reason="needs nbclient: pip install -e '.[dev]'")
    if path.stem == "lecture":
        import full_data

        monkeypatch.setenv("FASHION_DATA", str(full_data.folder()))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    make_docs.run(make_docs.notebook(path.read_text(encoding="utf-8"), "en"))


@pytest.mark.slow
def test_mypy_finds_nothing_in_steps_and_notebooks() -> None:
    pytest.importorskip("mypy", reason="needs mypy: pip install -e '.[dev]'")
    ours = [path for path in WRITTEN if path.stem != "lecture"]  # whose code is the lecture's own
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *map(str, [*STEPS, *ours])],
        cwd=ROOT, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
