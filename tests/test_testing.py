"""The checks that users are given do find mistakes, and say where."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import autograd, tensor
from minigrad.testing import (
    GradcheckError,
    assert_matches_torch,
    compare,
    gradcheck,
    gradgradcheck,
    outcome,
)

X, Y = np.arange(6.0).reshape(2, 3) / 4, np.array([0.5, -1.0, 2.0])


def outcome_of(fn: Any, order: int = 1) -> dict:
    return outcome(minigrad, fn, [X, Y], order)


# -- what a failure says -------------------------------------------------------------------------
def test_the_first_difference_is_named_by_kind_index_and_both_values() -> None:
    right = outcome_of(lambda lib, x, y: lib.exp(x) * y)

    def bump(key: str) -> dict:
        changed = {k: v.copy() for k, v in right.items()}
        changed[key][1, 2] += 1
        return changed

    with pytest.raises(
        AssertionError, match=r"value differs: output 0 at index \(1, 2\) is [\d.]+ in"
    ):
        compare(bump("output 0"), right)
    with pytest.raises(
        AssertionError, match=r"gradient differs: gradient of input 0 at index \(1, 2\)"
    ):
        compare(bump("gradient of input 0"), right)
    shorter = right | {"output 0": right["output 0"][0]}
    with pytest.raises(AssertionError, match=r"shape differs: output 0 has \(3,\).*\(2, 3\)"):
        compare(shorter, right)
    narrower = right | {"output 0": right["output 0"].astype(np.float32)}
    with pytest.raises(AssertionError, match="dtype differs: output 0 is float32.*float64"):
        compare(narrower, right)


def test_exceptions_must_be_of_one_type_and_come_at_the_same_stage() -> None:
    right = outcome_of(lambda lib, x, y: x.sum(7))
    assert right["exception"] == "IndexError" and right["stage"] == "forward"
    compare(outcome_of(lambda lib, x, y: x.mean(7)), right)
    with pytest.raises(AssertionError, match="gave a value.*raised IndexError in forward"):
        compare(outcome_of(lambda lib, x, y: x + y), right)
    with pytest.raises(AssertionError, match="raised RuntimeError.*raised IndexError"):
        compare(outcome_of(lambda lib, x, y: x.reshape(7)), right)


def test_tolerances_can_be_given() -> None:
    right = outcome_of(lambda lib, x, y: x + y)
    close = outcome_of(lambda lib, x, y: x + y + 1e-4)
    with pytest.raises(AssertionError, match="value differs"):
        compare(close, right)
    compare(close, right, atol=1e-3)


def test_a_second_order_mistake_shows_in_second_order_only() -> None:
    @autograd.primitive(
        lambda g, y, x: g * 2 * x if isinstance(g, np.ndarray) else g * 2 * x.detach()
    )
    def careless_square(x: Any) -> Any:
        return x * x

    try:
        for order, alike in ((1, True), (2, False)):
            good = outcome_of(lambda lib, x, y: x * x, order)
            bad = outcome_of(lambda lib, x, y: careless_square(x), order)
            if alike:
                compare(bad, good)
            else:
                with pytest.raises(AssertionError, match="second gradient of input 0"):
                    compare(bad, good)
        x = tensor([1.0, 2.0], dtype=minigrad.float64, requires_grad=True)
        assert gradcheck(careless_square, x)
        with pytest.raises(GradcheckError, match="careless_square"):
            gradgradcheck(careless_square, x)
    finally:
        for fn in [f for f, name in autograd.NAMES.items() if name == "careless_square"]:
            del autograd.RULES[fn], autograd.NAMES[fn]


# -- with torch, and without ---------------------------------------------------------------------
@pytest.mark.live
def test_agreement_and_difference_with_the_installed_torch(torch: Any) -> None:
    assert_matches_torch(lambda lib, x, y: (lib.exp(x) * y, x @ y), X, Y, order=3)
    assert_matches_torch(lambda lib, x, y: lib.softmax(x * y, 1), X, Y, dtype="float32", order=2)
    assert_matches_torch(lambda lib, x, y: x.reshape(7), X, Y)
    with pytest.raises(AssertionError, match="value differs"):
        assert_matches_torch(lambda lib, x, y: x * (2 if lib is minigrad else 3), X, Y)
    with pytest.raises(AssertionError, match="gradient differs"):
        assert_matches_torch(lambda lib, x, y: x.detach() * x if lib is torch else x * x, X, Y)
    with pytest.raises(AssertionError, match="minigrad gave a value.*torch raised"):
        assert_matches_torch(lambda lib, x, y: x.reshape(7 if lib is torch else 6), X, Y)


@pytest.mark.live
def test_a_recording_does_without_torch_and_notices_other_inputs(
    torch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "square.npz"
    assert_matches_torch(lambda lib, x, y: x * y, X, Y, order=2, record=file)
    monkeypatch.setitem(sys.modules, "torch", None)  # from here on its import fails
    assert_matches_torch(lambda lib, x, y: x * y, X, Y, order=2, record=file)
    with pytest.raises(AssertionError, match="gradient differs|value differs"):
        assert_matches_torch(lambda lib, x, y: x + y, X, Y, order=2, record=file)
    with pytest.raises(AssertionError, match="recorded for other inputs.*delete the file"):
        assert_matches_torch(lambda lib, x, y: x * y, X + 1, Y, order=2, record=file)
    with pytest.raises(ImportError):
        assert_matches_torch(lambda lib, x, y: x * y, X, Y, record=tmp_path / "another.npz")


@pytest.mark.live
def test_a_recorded_exception_is_expected_again(
    torch: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "wrong.npz"
    assert_matches_torch(lambda lib, x, y: x.sum(5), X, Y, record=file)
    monkeypatch.setitem(sys.modules, "torch", None)
    assert_matches_torch(lambda lib, x, y: x.sum(5), X, Y, record=file)
    with pytest.raises(AssertionError, match="torch raised IndexError"):
        assert_matches_torch(lambda lib, x, y: x.sum(0), X, Y, record=file)


def test_importing_the_checks_does_not_import_torch() -> None:
    modules = "sys, minigrad.testing, minigrad.autograd.functional"
    code = f"import {modules}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


# -- against central differences -----------------------------------------------------------------
def leaf(*values: float) -> Any:
    return tensor(values, dtype=minigrad.float64, requires_grad=True)


def test_right_gradients_pass_for_every_input_and_for_several_outputs() -> None:
    assert gradcheck(lambda x, y: (x * y, x.sum()), (leaf(1, 2, 3), leaf(4, 5, 6)))
    assert gradgradcheck(lambda x, y: (x * y.exp(), x**3), (leaf(1, 2, 3), leaf(4, 5, 6)))
    assert gradgradcheck(lambda x: x**3, leaf(1, 2), grad_outputs=leaf(1, 1))
    assert gradcheck(lambda x, n: x[n] * 2, (leaf(1, 2, 3), 1))


def test_a_wrong_gradient_is_named_by_function_input_index_and_both_values() -> None:
    def scaled(x: Any, y: Any) -> Any:
        return x * (y * tensor([1.0, 0.0, 1.0])).detach() + x.detach() * 0 + y * 2

    with pytest.raises(GradcheckError, match=r"scaled.*input 1 at index \(0,\)") as caught:
        gradcheck(scaled, (leaf(1, 2, 3), leaf(4, 5, 6)))
    error = caught.value
    assert (error.input, error.index) == (1, (0,)) and isinstance(error, AssertionError)
    assert error.expected - error.found == pytest.approx(error.found / 2, rel=1e-4)
    assert not gradcheck(scaled, (leaf(1, 2, 3), leaf(4, 5, 6)), raise_exception=False)


def test_nan_never_passes() -> None:
    with pytest.raises(GradcheckError):
        gradcheck(lambda x: x.sqrt(), leaf(-1.0, 4.0))


def test_inputs_that_differences_cannot_judge_are_refused() -> None:
    with pytest.raises(ValueError, match=r"float64.*FloatTensor.*double\(\)"):
        gradcheck(lambda x: x, tensor([1.0], requires_grad=True))
    with pytest.raises(ValueError, match="at least one input"):
        gradcheck(lambda x: x, tensor([1.0]))
    with pytest.raises(ValueError, match="no output"):
        gradcheck(lambda x: x.detach(), leaf(1.0))


def test_the_checks_are_reachable_by_torchs_names_and_leave_inputs_alone() -> None:
    x = leaf(1.0, 2.0)
    assert autograd.gradcheck is gradcheck and autograd.gradgradcheck is gradgradcheck
    assert minigrad.autograd.gradcheck(lambda t: t.exp(), (x,), eps=1e-5, atol=1e-4, rtol=1e-2)
    assert x.grad is None and x.tolist() == [1.0, 2.0]
