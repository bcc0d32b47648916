"""What all tests share: the names in docstring examples, clean settings, the installed torch."""

from __future__ import annotations

import os
import signal
from typing import Any

# The products here are small: a second BLAS thread gains nothing, and costs much on busy cores.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
# Whoever starts pytest in the background may have it ignore Ctrl-C, and its children with it.
signal.signal(signal.SIGINT, signal.default_int_handler)

import numpy as np
import pytest

import minigrad


@pytest.fixture(autouse=True)
def doctest_names(doctest_namespace: dict[str, Any]) -> None:
    """Examples may use minigrad's namespace, np and minigrad; float, int and bool are Python's."""
    python = {"float", "int", "bool"}
    public = {k: v for k, v in vars(minigrad).items() if k[0] != "_" and k not in python}
    doctest_namespace.update(public, np=np, minigrad=minigrad)


@pytest.fixture(autouse=True)
def default_type_and_mode() -> Any:
    """A test that changes the default type or the recording does so for itself only."""
    before = minigrad.get_default_dtype()
    yield
    minigrad.set_default_dtype(before)
    assert minigrad.is_grad_enabled(), "the test left gradients switched off"


NEEDS = {  # words in a skipped test's reason, and what to do about it
    "torch": "torch (pip install -e '.[torch]')",
    "four full files": "the full data set (python -m fashion download)",
    "PIL": "Pillow (pip install pillow)",
    "[dev]": "the developers' tools (pip install -e '.[dev]')",
    "mpi4py": "MPI (pip install -e '.[mpi]')",
    "dask": "dask (pip install -e '.[sweep]')",
    "scipy": "SciPy (pip install scipy)",
}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """One line for all skipped tests: how many there are, and what they need."""
    counts: dict[str, int] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = str(report.longrepr[-1] if report.longrepr else "")
        need = next((NEEDS[word] for word in NEEDS if word in reason), "another system or program")
        counts[need] = counts.get(need, 0) + 1
    if counts:
        parts = (f"{n} {need}" for need, n in sorted(counts.items(), key=lambda item: -item[1]))
        terminalreporter.write_line(
            f"skipped, for they need something that is not here: {'; '.join(parts)}"
        )


@pytest.fixture
def torch() -> Any:
    """The installed torch; the test is skipped without it. Such tests bear the marker live."""
    return pytest.importorskip("torch")
