"""The worked example of docs/adding-an-op.md does what the page says."""

from __future__ import annotations

import doctest
import re
from pathlib import Path
from typing import Any

import cases
import numpy as np
import pytest

import minigrad
from minigrad import autograd
from minigrad.testing import outcome

PAGE = Path(__file__).resolve().parent.parent / "docs" / "adding-an-op.md"


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The page's Python blocks; what they register is taken away again."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    before = set(autograd.RULES)
    yield blocks
    for fn in set(autograd.RULES) - before:
        del autograd.RULES[fn], autograd.NAMES[fn]
    cases.CASES.pop("softsign", None)


def test_the_worked_example_works_in_first_and_second_order(page: list[str]) -> None:
    formula, word, row, check = page
    names: dict[str, Any] = {}
    exec(compile(formula, "adding-an-op.md", "exec", dont_inherit=True), names)
    exec(compile(word, "adding-an-op.md", "exec", dont_inherit=True), names)
    exec(compile(check, "adding-an-op.md", "exec", dont_inherit=True), names)

    x = minigrad.tensor([-1.0, 3.0], requires_grad=True)
    y = names["softsign_word"](x)
    assert y.dtype == np.float32 and y.grad_fn.name() == "SoftsignBackward0"
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [0.25, 0.0625])

    shown = doctest.DocTestFinder().find(
        names["softsign_word"],
        "softsign",
        globs={"tensor": minigrad.tensor, "softsign": names["softsign_word"]},
    )
    assert shown[0].examples and doctest.DocTestRunner().run(shown[0]).failed == 0

    minigrad_with_it: Any = type("lib", (), {"softsign": staticmethod(names["softsign_word"])})
    exec(row, {**vars(cases)})
    case = cases.CASES["softsign"]
    assert len(list(case.arrays())) == len(cases.SHAPES)
    for (array,) in case.arrays():
        found = outcome(minigrad, lambda lib, t: case.fn(minigrad_with_it, t), [array], 2)
        expected = outcome(minigrad, lambda lib, t: t / (1 + t.abs()), [array], 2)
        for key in expected:
            np.testing.assert_allclose(found[key], expected[key], err_msg=key)
