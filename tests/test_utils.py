"""Memory that is kept and threads of BLAS: what is set holds, and what cannot be set says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad
from fashion.training import command
from minigrad import utils
from minigrad.utils import memory, threads

ROOT = Path(__file__).resolve().parent.parent
GLIBC = sys.platform.startswith("linux") and hasattr(__import__("ctypes").CDLL(None), "mallopt")

PAGES = """
import resource, sys
import numpy as np
from minigrad import utils
if sys.argv[1] == "keep":
    print(utils.keep_freed_memory())
else:
    print("not called")
def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def step():
    kept = [np.ones(500_000) for _ in range(4)]
step()
before = faults()
for _ in range(10):
    step()
print(faults() - before)
"""


def pages(mode: str) -> tuple[str, int]:
    """In a new process: what the function said, and how many pages ten steps had to ask for."""
    done = subprocess.run(
        [sys.executable, "-c", PAGES, mode], cwd=ROOT, capture_output=True, text=True, check=True,
        timeout=120,
    )  # fmt: skip
    said, faults = done.stdout.split("\n")[:2]
    return said, int(faults)


@pytest.mark.skipif(not GLIBC, reason="another C library")
def test_kept_memory_is_not_asked_for_again():
    said, kept = pages("keep")
    assert said == "True" and kept < 20
    said, cleared = pages("leave")
    assert said == "not called" and cleared > 1000


def test_where_the_c_library_cannot_keep_memory_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory.sys, "platform", "darwin")
    assert utils.keep_freed_memory() is False
    monkeypatch.setattr(memory.sys, "platform", "linux")
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())  # musl has no mallopt
    assert utils.keep_freed_memory() is False


@pytest.fixture
def as_before():
    before = minigrad.get_num_threads()
    yield
    minigrad.set_num_threads(before)


def test_the_number_of_threads_is_the_one_that_was_set(as_before):
    for count in (2, 1):
        minigrad.set_num_threads(count)
        assert minigrad.get_num_threads() == count == utils.get_num_threads()
    a = np.random.default_rng(0).random((300, 300))
    np.testing.assert_allclose(a @ a, np.einsum("ij,jk", a, a))


def test_openblas_is_asked_where_threadpoolctl_is_not_installed(as_before, monkeypatch):
    monkeypatch.setitem(sys.modules, "threadpoolctl", None)  # its import fails
    minigrad.set_num_threads(1)
    assert minigrad.get_num_threads() == 1


@pytest.mark.parametrize(
    ("count", "message"),
    [
        (0, "set_num_threads expects a positive integer, but got 0"),
        (-1, "set_num_threads expects a positive integer, but got -1"),
        (1.5, "set_num_threads expects an int, but got float"),
        (True, "set_num_threads expects an int, but got bool"),
        (None, "set_num_threads expects an int, but got NoneType"),
    ],
)
def test_a_number_that_is_none_is_refused_as_in_torch(count, message):
    with pytest.raises(RuntimeError, match=message):
        minigrad.set_num_threads(count)


def test_an_unknown_blas_is_named_and_what_helps(monkeypatch):
    monkeypatch.setattr(threads, "_threadpoolctl", lambda: None)
    monkeypatch.setattr(threads, "_libraries", lambda: iter([]))
    for ask in (minigrad.get_num_threads, lambda: minigrad.set_num_threads(2)):
        with pytest.raises(RuntimeError, match="_num_threads: .*pip install threadpoolctl"):
            ask()


def test_the_commands_choose_by_the_size_of_the_products(monkeypatch, as_before):
    monkeypatch.delenv(command.BY_USER, raising=False)
    monkeypatch.setattr(command, "_cores", lambda: 2)
    for rows, count in ((256, 1), (8192, 2), (256, 1)):
        command.choose_threads(rows, 784, 10)
        assert minigrad.get_num_threads() == count
    monkeypatch.setenv(command.BY_USER, "1")
    command.choose_threads(8192, 784, 10)
    assert minigrad.get_num_threads() == 1
