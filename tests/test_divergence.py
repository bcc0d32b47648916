"""first_divergence names the first operation that does in minigrad what it does not do in torch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import CASES
from test_operations import floating_runs

import minigrad
from minigrad.autograd import RULES
from minigrad.testing import first_divergence

RECORDED = Path(__file__).parent / "reference" / "divergence.npz"
X = np.linspace(-1, 1, 12).reshape(4, 3)
W = np.linspace(-2, 1, 15).reshape(3, 5)


def program(lib: Any, x: Any, w: Any) -> tuple:
    """Functions, methods, operators, modules, several results, and changes in place."""
    h = lib.tanh(x @ w)
    e = h.exp()
    p = e / e.sum(1, keepdim=True)
    v, _ = p.max(1)
    q = h.clone()
    q *= 2
    q[0] = 1.0
    s = lib.nn.functional.softmax(q, dim=1)
    net = lib.nn.Sequential(lib.nn.Flatten(), lib.nn.ReLU())
    return lib.cat([v, (s * q).sum(1)]), net(h).mean()


def wrong(monkeypatch: pytest.MonkeyPatch, fn: Callable, *rules: Callable) -> None:
    monkeypatch.setitem(RULES, fn, rules)


# -- against what torch once answered --------------------------------------------------------------
def test_nothing_differs() -> None:
    assert first_divergence(program, X, W, record=RECORDED) is None


def test_a_wrong_rule_is_named_with_its_argument_its_element_and_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = RULES[np.divide]
    wrong(monkeypatch, np.divide, right[0], lambda g, y, a, b: g * y / b)
    found = first_divergence(program, X, W, record=RECORDED)
    assert found is not None
    assert (found.operation, found.direction) == ("__truediv__", "backward")
    assert found.message.startswith(f"gradient differs: #{found.step} __truediv__: gradient of arg")
    assert "argument 1 at index (0, 0) is" in found.message
    line = program.__code__.co_firstlineno + 4
    assert str(found.place) == f"test_divergence.py:{line}"
    assert str(found).startswith("backward: gradient differs") and str(line) in str(found)


def test_forward_comes_first_and_later_mistakes_are_not_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wrong(monkeypatch, np.tanh, lambda g, y, x: g)
    found = first_divergence(program, X, W, record=RECORDED)
    assert found is not None and (found.operation, found.direction) == ("tanh", "backward")
    monkeypatch.setattr(minigrad.Tensor, "exp", minigrad.Tensor.expm1)
    found = first_divergence(program, X, W, record=RECORDED)
    assert found is not None and (found.operation, found.direction) == ("exp", "forward")
    assert "value differs: #3 exp: output 0 at index (0, 0)" in found.message


def test_another_shape_type_or_order_of_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    for method, message in (
        (lambda t: t[0], "shape differs: #3 exp: output 0 has (5,) in minigrad, (4, 5) in torch"),
        (lambda t: t.float(), "dtype differs: #3 exp: output 0 is float32 in minigrad, float64"),
        (lambda t: t.exp2().reshape(7), "minigrad raised RuntimeError in #3 exp (shape '[7]'"),
    ):
        monkeypatch.setattr(minigrad.Tensor, "exp", method)
        found = first_divergence(program, X, W, record=RECORDED)
        assert found is not None and message in str(found) and found.step == 3
    monkeypatch.undo()

    def another(lib: Any, x: Any, w: Any) -> Any:
        return lib.tanh((x @ w).sin())

    found = first_divergence(another, X, W, record=RECORDED)
    assert found is not None
    assert "went different ways: minigrad called #2 sin: output 0, torch #2 tanh" in found.message
    found = first_divergence(lambda lib, x, w: lib.tanh(x @ w), X, W, record=RECORDED)
    assert found is not None and "only torch called #3 exp" in found.message


def test_a_recording_is_of_these_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match="recorded for other inputs.*delete the file"):
        first_divergence(program, X + 1, W, record=RECORDED)
    with np.load(RECORDED, allow_pickle=False) as file:
        assert all(array.dtype.kind in "fbiU" for array in file.values())
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match="torch"):
        first_divergence(program, X, W, record=tmp_path / "new.npz")


# -- against the installed torch -------------------------------------------------------------------
@pytest.mark.live
def test_each_use_of_a_tensor_is_looked_at_by_itself(
    torch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def uses(lib: Any, x: Any) -> Any:
        return (x.exp() + lib.sin(x) + x * x).sum()

    assert first_divergence(uses, X) is None
    wrong(monkeypatch, np.sin, lambda g, y, x: g * y)
    found = first_divergence(uses, X)
    assert found is not None and found.operation == "sin" and "argument 0" in found.message


@pytest.mark.live
def test_exceptions_and_gradients_that_one_side_lacks(
    torch: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert first_divergence(lambda lib, x: x.reshape(7), X) is None  # both refuse
    found = first_divergence(lambda lib, x: x.floor_divide(2).sum(), X)
    assert found is not None and "torch raised RuntimeError in backward" in found.message
    wrong(monkeypatch, np.exp, None)  # type: ignore[arg-type]
    found = first_divergence(lambda lib, x: x.exp().sum(), X)
    assert found is not None
    assert "torch has #1 exp: gradient of argument 0, and minigrad none" in found.message


@pytest.mark.live
def test_it_runs_on_inputs_of_other_types_and_libraries_words(torch: Any) -> None:
    def look_up(lib: Any, x: Any, i: Any) -> Any:
        with lib.no_grad():
            mask = x > 0
        rows = x[i].masked_fill(mask[i], 0.0)
        for row in rows:
            rows = rows + row.to(lib.float64)
        return lib.einsum("ij,kj->ik", rows, x), {"not": "compared"}, x.T.shape[0] * rows.mean()

    assert first_divergence(look_up, X, np.array([0, 2, 2])) is None
    assert first_divergence(look_up, X, np.array([1, 1]), dtype="float32", rtol=1e-4) is not None


# Rows in which each step need not be torch's: numbers that are drawn or left as they were, signs
# that LAPACK chooses, and a sign and a residual that the rows of the table do not look at.
OWN_STEPS = {
    "bernoulli method", "empty_like", "in-place views", "linalg.eigh", "linalg.eigh triangle",
    "linalg.lstsq", "linalg.qr (2, 4)", "linalg.slogdet", "linalg.svd (2, 4)",
    "linalg.svd (2, 4, 3)", "linalg.svd whole", "operators of Python 2", "slogdet",
}  # fmt: skip


@pytest.mark.live
@pytest.mark.slow
def test_no_operation_of_the_table_diverges(torch: Any) -> None:
    for case in CASES.values():
        in_place = case.name.partition(" ")[0].endswith("_")  # torch skips a view's node after that
        if in_place or case.name in OWN_STEPS:
            continue
        for key, fn, arrays, _ in list(floating_runs(case))[::3]:
            assert first_divergence(fn, *arrays, rtol=2e-4, atol=1e-5) is None, key
