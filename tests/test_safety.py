"""No code here runs what a file or a server says: the syntax trees are read for ways to do so."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted(
    p for folder in ("minigrad", "fashion", "scripts") for p in (ROOT / folder).rglob("*.py")
)
MODULES = {"pickle", "cPickle", "dill", "cloudpickle", "shelve", "marshal", "joblib"}
RUNS_TEXT = ROOT / "minigrad" / "compiler" / "version.py"  # which minigrad itself has written
CALLS = {"eval", "exec", "compile", "builtins.eval", "builtins.exec", "os.system", "os.popen"}
SETTINGS = {("allow_pickle", True), ("verify", False), ("shell", True)}


def unsafe(source: str) -> list[str]:
    """What in this code could run or trust foreign data, each with its line."""
    found = []
    for node in ast.walk(ast.parse(source)):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name.partition(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [(node.module or "").partition(".")[0]]
        found += [f"line {node.lineno}: import {name}" for name in names if name in MODULES]
        if isinstance(node, ast.Call):
            if (name := ast.unparse(node.func)) in CALLS:  # net.eval() is another eval
                found.append(f"line {node.lineno}: {name}()")
            for keyword in node.keywords:
                value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
                if any(keyword.arg == a and value is v for a, v in SETTINGS):
                    found.append(f"line {node.lineno}: {keyword.arg}={value}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_nothing_foreign_is_run_or_trusted(path: Path):
    found = unsafe(path.read_text(encoding="utf-8"))
    if path == RUNS_TEXT:
        assert sorted(line.partition(": ")[2] for line in found) == ["compile()", "exec()"]
    else:
        assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.parallel",
        "eval('1')",
        "builtins.exec(text)",
        "np.load(path, allow_pickle=True)",
        "requests.get(url, verify=False)",
        "subprocess.run(line, shell=True)",
        "os.system(line)",
    ],
)
def test_the_check_finds_each_way(source: str):
    assert len(unsafe(source)) == 1


def test_the_check_lets_the_safe_ones_pass():
    assert (
        unsafe("np.load(path, allow_pickle=False)\nrequests.get(url, verify=True)\nnet.eval()")
        == []
    )
    assert len(FILES) > 50
