"""All examples in docstrings run and print what they say, and the documents' examples as well."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from types import ModuleType
from typing import Any

import pytest

import fashion
import minigrad


def modules(package: ModuleType) -> list[str]:
    found = pkgutil.walk_packages(package.__path__, package.__name__ + ".")
    return [package.__name__, *(m.name for m in found if not m.name.endswith("__main__"))]


@pytest.mark.parametrize("name", [*modules(minigrad), *modules(fashion)])
def test_the_examples_of_a_module_print_what_they_say(
    name: str, tmp_path: Any, monkeypatch: pytest.MonkeyPatch, doctest_namespace: dict[str, Any]
) -> None:
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    shown: list[str] = []
    for test in doctest.DocTestFinder(exclude_empty=True).find(
        module, globs={**doctest_namespace, **vars(module)}
    ):
        minigrad.manual_seed(0)
        runner.run(test, out=shown.append)
    assert runner.failures == 0, "".join(shown)


def test_there_are_hundreds_of_examples() -> None:
    finder = doctest.DocTestFinder()
    found = [t for name in modules(minigrad) for t in finder.find(importlib.import_module(name))]
    assert sum(len(t.examples) for t in found) > 250
