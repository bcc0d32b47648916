"""The README tells the truth: its snippets run and print what they say, links lead somewhere."""

import ast
import doctest
import pathlib
import re

import pytest

ROOT = pathlib.Path(__file__).parent.parent
ENGINE = ROOT / "minigrad" / "autograd"
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_snippets_print_what_they_say():
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    test = doctest.DocTestParser().get_doctest(README, {}, "README.md", "README.md", 0)
    assert len(test.examples) >= 20
    said: list[str] = []
    runner.run(test, out=said.append)
    assert not runner.failures, "".join(said)


def test_the_example_of_assert_matches_torch_runs():
    pytest.importorskip("torch")
    code = re.search(r"```python\n(import numpy as np\nfrom minigrad.testing.*?)```", README, re.S)
    assert code
    scope: dict = {}
    exec(code[1], scope)
    scope["test_my_loss"]()


def test_links_lead_to_files():
    links = re.findall(r"\]\((?!https?://)([^)#]+)\)", README)
    assert len(links) > 10
    missing = [link for link in links if not (ROOT / link).exists()]
    assert not missing


def test_the_engine_says_what_each_of_its_files_is_for():
    said = ast.get_docstring(ast.parse((ENGINE / "__init__.py").read_text(encoding="utf-8")))
    for path in ENGINE.glob("[!_]*.py"):
        assert re.search(rf"\b{path.stem}\b", said), path.name
