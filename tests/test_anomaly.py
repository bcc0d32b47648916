"""detect_anomaly: the first nan, where it was made, and what to write instead."""

from __future__ import annotations

import io
import math
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import CASES
from test_operations import floating_runs

import minigrad
from minigrad import nn
from minigrad.autograd import detect_anomaly, set_detect_anomaly, trace
from minigrad.autograd.grad_mode import mode
from minigrad.testing import compare, outcome

F = nn.functional


def leaf(*data: float) -> minigrad.Tensor:
    return minigrad.tensor(list(data), requires_grad=True)


def message(fn: Callable, *args: Any, **kwargs: Any) -> str:
    with pytest.raises(RuntimeError) as caught, detect_anomaly(**kwargs):
        fn(*args)
    assert mode.watchers == () and mode.seen is None
    return str(caught.value)


def holds(text: str, *parts: str) -> None:
    for part in parts:
        assert part in text, f"{part!r} is not in\n{text}"


# -- forward ---------------------------------------------------------------------------------------
def test_a_nan_loss_tells_the_operation_the_element_the_operands_the_lines_and_the_remedy() -> None:
    x = leaf(1.0, 0.0)

    def program() -> None:
        a = x * 0
        b = a / x  # here
        (b + 1).sum().backward()

    holds(
        message(program),
        "nan in the forward pass: div made it, a / b with a = 0.0, b = 0.0, element (1,)",
        "div, called at test_anomaly.py:", "`b = a / x  # here`",
        "a, made by mul, called at", "b is x",
        "Instead: a division by 0",
    )  # fmt: skip
    assert x.grad is None


@pytest.mark.parametrize(
    ("fn", "data", "parts"),
    [
        (lambda x: x.log(), (-1.0,), ("log made it, log(x) with x = -1.0", ".clamp(min=")),
        (lambda x: x.sqrt(), (1.0, -4.0), ("sqrt made it", "x = -4.0, element (1,)", "negative")),
        (lambda x: x**0.5, (-4.0,), ("a ** b with a = -4.0, b = 0.5", "a broken power")),
        (lambda x: x.asin(), (2.0,), ("asin made it", "x.clamp(-1, 1).asin()")),
        (lambda x: x.log1p(), (-3.0,), ("log1p made it", "below -1 is nan")),
        (lambda x: x / x, (0.0,), ("a / b with a = 0.0, b = 0.0", "a division by 0")),
        (lambda x: x.reshape(0).mean(), (), ("mean made it, given FloatTensor (0,)", "no elem")),
        (
            lambda x: x.exp() / x.exp().sum(),
            (1.0, 100.0),
            ("a / b with a = inf, b = inf, element (1,)", "with x = 100.0", "use softmax(x, dim)"),
        ),
        (lambda x: x.exp() * 0, (89.0,), ("a * b with a = inf", "float32 ends at exp(88.7)")),
        (lambda x: x.exp() - x.exp(), (200.0,), ("a - b", "exp(200.0) is inf", "logsumexp")),
        (lambda x: x * x.log(), (0.0,), ("b = -inf", "log(0) is -inf", "log_softmax")),
        (lambda x: (x / 0 - math.inf).softmax(0), (1.0, 1.0), ("sub made it", "inf")),
    ],
)
def test_what_makes_a_nan_and_what_to_write_instead(
    fn: Callable, data: tuple, parts: tuple
) -> None:
    x = leaf(*data)
    holds(message(lambda: fn(x).sum().backward()), "nan in the forward pass", *parts)


def test_float64_and_float16_have_their_own_end_of_exp() -> None:
    for dtype, end in (("float64", "709.7"), ("float16", "11.0")):
        x = minigrad.tensor(np.array([1000.0], dtype), requires_grad=True)
        holds(message(lambda x=x: (x.exp() * 0).sum().backward()), f"{dtype} ends at exp({end})")


def test_the_element_is_followed_through_what_moves_chooses_and_sums_elements() -> None:
    x = minigrad.tensor([[4.0, -1.0, 9.0]], requires_grad=True)

    def program() -> None:
        roots = x.sqrt()
        other = minigrad.where(minigrad.tensor(True), roots, roots * math.nan)
        y = minigrad.cat([other.T, minigrad.ones(2, 1)]).flip(0).reshape(5)[1:] * 2
        minigrad.stack([y, y])[0].sum().backward()

    holds(message(program), "sqrt made it", "x = -1.0, element (0, 1)")


def test_a_nan_that_was_there_before_is_laid_to_the_data() -> None:
    data, w = minigrad.tensor([[1.0, 2.0], [3.0, math.nan]]), leaf(1.0, 1.0)
    text = message(lambda: (data @ w).sum().backward())
    holds(text, "it was there before, in data, element (1, 1) of FloatTensor (2, 2)", "matmul")
    w = leaf(math.nan)
    holds(message(lambda: (w * 2).backward()), "it was there before, in w", "optimiser")
    holds(message(lambda: leaf(1.0).backward(minigrad.tensor([math.nan]))), "was given: element")


def test_what_nobody_asks_a_gradient_of_is_no_mistake() -> None:
    x = leaf(-1.0, 4.0)
    with detect_anomaly():
        x.log()
        minigrad.where(x > 0, minigrad.where(x > 0, x, 1).sqrt(), 0).sum().backward()
        with minigrad.no_grad():
            assert x.log().isnan().any()
    assert x.grad.tolist() == [0.0, 0.25]


# -- backward --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("fn", "name", "lesson"),
    [
        (lambda x: minigrad.where(x > 0, x.sqrt(), 0), "sqrt", "where(condition, sqrt(safe), oth"),
        (lambda x: minigrad.where(x > 0, x.log() * 2, 0), "log", "safe = where(condition, x, 1)"),
        (lambda x: minigrad.where(x != 0, x.sin() / x, 1.0), "div", "where(condition, a / safe, "),
        (lambda x: (x / x).masked_fill(x == 0, 1.0), "div", "where(condition, a / safe, other)"),
        (lambda x: minigrad.where(x > 0, (x - 1) ** 0.5, 0), "pow", "safe ** b"),
        (lambda x: x.sqrt()[x > 0], "sqrt", "select before you compute: sqrt(x[mask])"),
        (lambda x: x.sqrt() * (x > 0), "sqrt", "where(condition, sqrt(safe), other)"),
        (lambda x: x.rsqrt().clamp(max=1.0), "rsqrt", "where(condition, rsqrt(safe), other)"),
    ],
)
def test_what_is_left_out_and_spoils_a_gradient_is_the_lesson_of_the_double_where(
    fn: Callable, name: str, lesson: str
) -> None:
    x = leaf(0.0, 4.0)
    text = message(lambda: fn(x).sum().backward())
    holds(text, "nan in the backward pass: made in the rule for argument", f"of {name}, called at")
    holds(text, "g = 0.0", "element (0,)", "is left out of the result by", f"Instead: {lesson}"[:9])
    holds(text, lesson)


def test_exp_that_is_hidden_where_it_overflows() -> None:
    x = leaf(1.0, 1000.0)
    text = message(lambda: minigrad.where(x < 80, x.exp(), 0).sum().backward())
    holds(text, "g = 0.0, y = inf, x = 1000.0, element (1,)", "safe = where(condition, x, 0)")


def test_a_nan_made_of_an_infinite_slope_tells_whose_slope_it_was() -> None:
    x = leaf(0.0, 0.0)
    text = message(lambda: (x * x).sum().sqrt().backward())
    holds(text, "in the rule for argument 0 of mul, dL/da = g * b with g = inf")
    holds(text, "the inf in it was made in the rule for argument 0 of sqrt", "use norm()")
    x = leaf(0.0, 200.0)
    text = message(lambda: F.softmax(x, 0).log()[0].backward())
    holds(text, "of softmax", "in the rule for argument 0 of log", "log_softmax or cross_entropy")


def test_a_nan_that_is_the_sum_of_parts_and_one_that_a_hook_made() -> None:
    x = leaf(0.0)
    text = message(lambda: (x.sqrt() - (x * 1).sqrt()).sum().backward())
    holds(text, "nan in the backward pass: a leaf was given it", "their sum is not", "of sqrt")
    text = message(lambda: ((y := x * 1).sqrt() - y.sqrt()).sum().backward())
    holds(text, "nan in the backward pass: mul, called at", "was given it")
    assert "in the rule for argument 0 of mul" not in text
    y = x.exp()
    y.register_hook(lambda g: g * math.nan)
    holds(message(lambda: y.sum().backward()), "exp, recorded before", "a hook may have made it")


def test_create_graph_and_second_order() -> None:
    x = leaf(0.0, 4.0)

    def first() -> Any:
        return minigrad.autograd.grad(
            minigrad.where(x > 0, x.sqrt(), 0).sum(), x, create_graph=True
        )

    holds(message(first), "g = 0.0", "choose before you compute")

    def second() -> None:
        (dx,) = minigrad.autograd.grad((x**1.5).sum(), x, create_graph=True)
        (dx * dx).sum().backward()

    holds(message(second), "nan in the backward pass", "called by the rule of pow at test_anom")
    x = leaf(1.0, 4.0)
    with detect_anomaly():
        (dx,) = minigrad.autograd.grad((x**3).sum(), x, create_graph=True)
        dx.sum().backward()
    assert x.grad.tolist() == [6.0, 24.0]


def test_an_inf_counts_only_when_asked() -> None:
    x = leaf(100.0)
    with detect_anomaly():
        x.exp().sum().backward()
    holds(message(lambda: x.exp().sum().backward(), check_inf=True), "inf in the forward", "exp")
    x = leaf(0.0)
    with detect_anomaly():
        x.sqrt().sum().backward()
    text = message(lambda: x.sqrt().sum().backward(), check_inf=True)
    holds(text, "inf in the backward pass", "y = 0.0, x = 0.0", "slope of sqrt at 0 is infinite")


def test_without_check_nan_errors_of_a_walk_back_tell_the_line() -> None:
    x = leaf(1.0, 2.0)

    def program() -> None:
        y = x.exp()
        z = y * y  # squared
        y[0] = 5.0
        z.sum().backward()

    for check_nan in (True, False):
        text = message(program, check_nan=check_nan)
        holds(text, "modified by an inplace operation", "mul, called at", "`z = y * y  # squared`")
    with detect_anomaly(check_nan=False):
        leaf(-1.0).log().sum().backward()


# -- the switch ------------------------------------------------------------------------------------
def test_set_detect_anomaly_stays_until_it_is_switched_off_and_is_a_block_as_well() -> None:
    def bad() -> None:
        leaf(-1.0).log().sum().backward()

    set_detect_anomaly(True)
    try:
        with pytest.raises(RuntimeError, match="log made it"):
            bad()
        with set_detect_anomaly(False):
            bad()
        with detect_anomaly(check_nan=False):
            bad()
        thread = threading.Thread(target=bad)  # it has a switch of its own
        thread.start()
        thread.join()
        with pytest.raises(RuntimeError, match="log made it"):
            bad()
    finally:
        set_detect_anomaly(False)
    bad()
    assert mode.watchers == () and mode.walk is None


def test_it_nests_with_itself_and_with_a_trace() -> None:
    x = leaf(-1.0)
    with trace(print=False) as t, detect_anomaly(), detect_anomaly():
        with pytest.raises(RuntimeError, match="log made it"):
            x.log().sum().backward()
        with pytest.raises(RuntimeError, match="choose before you compute"):
            minigrad.where(x > 0, x.sqrt(), 0).sum().backward()
    assert [s.operation for s in t.steps if s.direction == "backward"] == ["sum", "where", "sqrt"]


def test_training_goes_the_same_way_under_it() -> None:
    def train() -> list:
        minigrad.manual_seed(0)
        net = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))
        opt = minigrad.optim.SGD(net.parameters(), lr=0.1)
        x, y = minigrad.randn(16, 4), minigrad.arange(16) % 3
        for _ in range(3):
            opt.zero_grad()
            loss = F.cross_entropy(net(x), y)
            loss.backward()
            opt.step()
        return [p.tolist() for p in net.parameters()]

    plain = train()
    with detect_anomaly(), trace(print=False):
        assert train() == plain


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_watching_changes_nothing_in_any_operation_of_the_table() -> None:
    """In first and second order; what detect_anomaly() stops at is a nan that it can explain."""
    stopped = 0
    for case in CASES.values():
        for key, fn, arrays, order in list(floating_runs(case))[::4]:
            plain = outcome(minigrad, fn, arrays, order)
            with trace(file=io.StringIO()) as t:
                compare(outcome(minigrad, fn, arrays, order), plain, rtol=0, atol=0)
            assert all(row.calls for row in t.table()), key
            with detect_anomaly():
                watched = outcome(minigrad, fn, arrays, order)
            if str(watched.get("message")).startswith("nan in the "):
                assert "Instead: " in watched["message"] and "called at" in watched["message"], key
                assert any(np.isnan(x).any() for x in plain.values() if _floating(x)), key
                stopped += 1
            else:
                compare(watched, plain, rtol=0, atol=0)
    assert stopped > 20


def _floating(x: Any) -> bool:
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"
