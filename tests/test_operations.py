"""Every operation against torch: values, types, gradients, second gradients; and each rule's
manners.
"""

from __future__ import annotations

import contextlib
import math
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import recorded
from cases import CASES, Case
from vocabulary import FUNCTIONS, METHODS

import minigrad
from minigrad.autograd import derivatives, engine
from minigrad.testing import compare, outcome

OTHERS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "int64": lambda x: (3 * np.nan_to_num(x)).astype(np.int64),
    "uint8": lambda x: np.abs(3 * np.nan_to_num(x)).astype(np.uint8),
    "bool": lambda x: x > 0,
    "float16": lambda x: x.astype(np.float16),
}
TOLERANCES = {"float64": (1e-9, 1e-9), "float32": (2e-5, 2e-5), "float16": (2e-3, 2e-3)}
Run = tuple[str, Callable, list[np.ndarray], int]

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),  # NumPy's, of nan and overflow
    pytest.mark.filterwarnings("ignore::UserWarning"),  # the losses', of shapes that are broadcast
]


def floating_runs(case: Case) -> Iterator[Run]:
    """(key, function, arrays, order): the row with each of its inputs in float64 and float32."""
    for variant, arrays in enumerate(case.arrays()):
        for dtype in ("float64", "float32"):
            cast = [a.astype(dtype) if a.dtype == np.float64 else a for a in arrays]
            yield f"{case.name} | {variant} | {dtype}", case.fn, cast, 2


def other_runs(case: Case) -> Iterator[Run]:
    """The same in the other types that the row is meant for, values only."""
    for variant, arrays in enumerate(case.arrays()):
        for dtype in case.types:
            cast = [OTHERS[dtype](a) if a.dtype == np.float64 else a for a in arrays]
            yield f"{case.name} | {variant} | {dtype}", case.fn, cast, 0


def all_runs() -> Iterator[Run]:
    for case in CASES.values():
        yield from floating_runs(case)
        yield from other_runs(case)


@pytest.fixture(scope="module")
def reference() -> dict[str, dict]:
    return recorded.load(recorded.FOLDER / "operations.npz")


def agree(key: str, found: dict, expected: dict) -> None:
    """Second gradients count where torch's are finite: at kinks and beyond the range they are often
    nan.
    """
    expected = dict(expected)
    value = expected.get("output 0", np.zeros(()))
    whole = value.dtype.kind != "f" or bool(np.isfinite(value).all())
    for name in expected.keys() & found.keys():
        if name.startswith("second") and expected[name].shape == found[name].shape:
            known = np.isfinite(expected[name]) & whole
            expected[name] = np.where(known, expected[name], found[name])
    try:
        compare(found, expected, tolerances=TOLERANCES)
    except AssertionError as error:
        raise AssertionError(f"{key}: {error}") from None


ROWS: dict[str, list[Case]] = {}  # by operation, which is the first word of their names
for row in CASES.values():
    ROWS.setdefault(row.name.split()[0], []).append(row)
every_operation = pytest.mark.parametrize("cases", ROWS.values(), ids=ROWS)


@every_operation
def test_values_and_gradients_equal_those_recorded_from_torch(
    cases: list[Case], reference: dict
) -> None:
    for case in cases:
        for key, fn, arrays, order in (*floating_runs(case), *other_runs(case)):
            agree(key, outcome(minigrad, fn, arrays, order), reference[key])


@pytest.mark.live
@every_operation
def test_values_and_gradients_equal_the_installed_torchs(cases: list[Case], torch: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for case in cases:
            for key, fn, arrays, _ in floating_runs(case):
                order = 2 if key.endswith("float64") else 1
                agree(key, outcome(minigrad, fn, arrays, order), outcome(torch, fn, arrays, order))


@every_operation
def test_inputs_that_do_not_lie_in_order_in_memory_change_nothing(
    cases: list[Case], reference: dict
) -> None:
    def apart(x: Any) -> Any:
        """The same numbers with a gap after each, and columns before rows."""
        order = tuple(reversed(range(x.ndim)))
        return minigrad.stack([x.permute(order)] * 2, -1)[..., 0].permute(order)

    for case in cases:
        if case.name.startswith("view"):  # needs its memory in order, in torch as well
            continue
        for key, fn, arrays, _ in floating_runs(case):
            expected = reference[key]
            if key.endswith("float64") and expected.get("stage") != "second gradient":
                found = outcome(minigrad, lambda lib, *ts, f=fn: f(lib, *map(apart, ts)), arrays)
                agree(key, found, {k: v for k, v in expected.items() if not k.startswith("second")})


def complaining(strict: str) -> Any:
    """NumPy raises over an overflow and the like: by its own setting, or as a warning."""
    stack = contextlib.ExitStack()
    if strict == "seterr":
        stack.enter_context(np.errstate(all="raise"))
    else:
        stack.enter_context(warnings.catch_warnings())
        warnings.simplefilter("error", RuntimeWarning)
    return stack


def check_complaints(cases: list[Case], strict: str, reference: dict) -> None:
    for case in cases:
        for key, fn, arrays, order in [*floating_runs(case), *other_runs(case)]:
            with complaining(strict):
                found = outcome(minigrad, fn, arrays, order)
            agree(key, found, reference[key])


@pytest.mark.parametrize("strict", ["seterr", "-W error"])
def test_inf_and_nan_are_values_whatever_numpy_is_told(strict: str, reference: dict) -> None:
    words = ("extremes", "zero", "masks", "asin", "rsqrt", "mean", "std", "pow")
    cases = [case for case in CASES.values() if any(word in case.name for word in words)]
    assert len(cases) > 40
    check_complaints(cases, strict, reference)
    w = minigrad.tensor([1e30, 2.0], requires_grad=True)
    with complaining(strict):
        for _ in range(2):  # the parts of a gradient, and the gradients of two calls, are inf - inf
            y = w * 1e38 * 10
            (y.sum() - (w * 1e38 * 10).sum() + (w * 3e38).sum() + (w * 3e38).sum()).backward()
        assert w.grad.tolist() == [math.inf, math.inf] or math.isnan(w.grad[0].item())
        assert (w * w).tolist() == [math.inf, 4.0]
        minigrad.optim.Adam([w], lr=0.1).step()


@pytest.mark.slow
@pytest.mark.parametrize("strict", ["seterr", "-W error"])
def test_no_operation_lets_numpys_complaints_out(strict: str, reference: dict) -> None:
    check_complaints(list(CASES.values()), strict, reference)


# -- the rules -----------------------------------------------------------------------------------
class Watch:
    """Stands in for the rules of all operations, and looks on as they are called."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.called: set[int] = set()
        self.problems: set[str] = set()
        for fn, rules in list(engine.RULES.items()):
            watched: Any
            if callable(rules):
                watched = self.watch_parts(rules, engine.NAMES[fn])
            else:
                watched = tuple(r and self.watch(r, engine.NAMES[fn]) for r in rules)
            monkeypatch.setitem(engine.RULES, fn, watched)

    def watch_parts(self, each: Callable, name: str) -> Callable:
        def look_on(g: Any, xs: Any, **settings: Any) -> Callable:
            self.called.add(id(each))
            part = each(_frozen(g), tuple(map(_frozen, xs)), **settings)
            return lambda i: self.watch(lambda g, *xs: part(i), name)(g, *xs)

        return look_on

    def watch(self, rule: Callable, name: str) -> Callable:
        def look_on(g: Any, *args: Any, **settings: Any) -> Any:
            self.called.add(id(rule))
            types = {x.dtype for x in _flat((g, *args)) if hasattr(x, "dtype")}
            result = rule(_frozen(g), *map(_frozen, args), **settings)
            if result.dtype not in types:
                self.problems.add(f"the rule of {name} makes {result.dtype} out of {types}")
            if isinstance(result, minigrad.Tensor) != isinstance(g, minigrad.Tensor):
                self.problems.add(f"the rule of {name} makes {type(result)} out of {type(g)}")
            return result

        return look_on


def _flat(xs: Any) -> list:
    return [y for x in xs for y in (_flat(x) if isinstance(x, (list, tuple)) else [x])]


def _frozen(x: Any) -> Any:
    """A view that cannot be written to: a rule that tries raises."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(_frozen, x))
    if isinstance(x, np.ndarray):
        x = x.view()
        x.flags.writeable = False
    return x


def _rules_of(fn: Callable) -> list[Callable]:
    rules = engine.RULES[fn]
    return [rules] if callable(rules) else [r for r in rules if r]


def _on_a_sheet(fn: Callable) -> bool:
    """Not what stands for a whole program or a Function, here or in another test."""
    module = getattr(fn, "__module__", None) or "numpy"
    return module.split(".")[0] == "numpy" or module.startswith("minigrad.autograd.derivatives")


def test_every_rule_has_a_row_and_keeps_its_manners(
    monkeypatch: pytest.MonkeyPatch, reference: dict
) -> None:
    """It writes to nothing it is given, on arrays and on Tensors; float32 stays float32."""
    derived = filter(_on_a_sheet, engine.RULES)
    wanted = {id(r): engine.NAMES[fn] for fn in derived for r in _rules_of(fn)}
    watch = Watch(monkeypatch)
    for case in CASES.values():
        for key, fn, arrays, order in floating_runs(case):
            if key.endswith("float32"):
                agree(key, outcome(minigrad, fn, arrays, order), reference[key])
    x = minigrad.tensor(
        [1.0, -2.0], requires_grad=True
    )  # torch has no sum over processes to record
    y = derivatives.sum_of_all(x * x, total=lambda a: a + a + a)
    (g,) = minigrad.autograd.grad(y.sum(), x, create_graph=True)
    g.sum().backward()
    assert g.tolist() == [6.0, -12.0] and x.grad.tolist() == [6.0, 6.0]
    assert minigrad.testing.gradgradcheck(
        np.cbrt, (x.detach().double().requires_grad_(),)
    )  # nor this
    assert not watch.problems, watch.problems
    unseen = [name for known, name in wanted.items() if known not in watch.called]
    assert not unseen, f"rules that no row of tests/cases.py calls: {unseen}"


def test_relu_gives_no_gradient_where_it_is_flat_not_even_nan() -> None:
    x = minigrad.tensor([-4.0, 4.0, 0.0], requires_grad=True)
    x.relu().backward(minigrad.tensor([math.inf, math.inf, math.nan]))
    assert x.grad.tolist() == [0.0, math.inf, 0.0]  # as torch's


def test_the_gradient_of_the_determinant_of_a_singular_matrix_is_exact() -> None:
    """torch 2.13 gives 0 for the first: docs/numerics.md."""
    singular = minigrad.tensor([[[1.0, 2], [2, 4]], [[0.0, 0], [1, 3]]], requires_grad=True)
    minigrad.linalg.det(singular).sum().backward()
    assert singular.grad.tolist() == [[[4, -2], [-2, 1]], [[3, -1], [0, 0]]]
    x = minigrad.tensor([[1.0, 2, 3], [4, 5, 6], [5, 7, 9]], dtype=float, requires_grad=True)
    assert minigrad.testing.gradgradcheck(minigrad.linalg.det, (x,))


def test_a_rule_without_a_row_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    def twice(x: Any) -> Any:
        return 2 * x

    engine.rule(twice, lambda g, y, x: 2 * g)
    try:
        rule = engine.RULES[twice][0]
        watch = Watch(monkeypatch)
        x = minigrad.tensor([1.0], requires_grad=True)
        assert id(rule) not in watch.called
        engine.apply(twice, (x,)).backward()
        assert id(rule) in watch.called
    finally:
        monkeypatch.undo()
        del engine.RULES[twice], engine.NAMES[twice]


# -- names ---------------------------------------------------------------------------------------
def test_every_function_and_every_method_of_an_operation_has_a_row() -> None:
    rows = {name.split()[0] for name in CASES}
    assert sorted((set(FUNCTIONS) | set(METHODS)) - rows) == []


def test_a_function_and_the_method_of_its_name_are_the_same_object() -> None:
    assert len(METHODS) > 130
    for name in set(METHODS) & set(FUNCTIONS) - {
        "where",
        "polygamma",
    }:  # Tensor.where(condition, other), Tensor.polygamma(n)
        assert getattr(minigrad, name) is METHODS[name] is getattr(minigrad.Tensor, name)


@pytest.mark.live
def test_operations_stand_where_torch_has_them(torch: Any) -> None:
    assert [n for n in METHODS if not hasattr(torch.Tensor, n)] == []
    assert [n for n in FUNCTIONS if not hasattr(torch, n) and not hasattr(torch.Tensor, n)] == []


def test_the_recording_says_which_torch_and_which_seed_it_is_of_and_is_small() -> None:
    about = recorded.about(recorded.FOLDER / "operations.npz")
    assert about["torch"][0].isdigit() and about["seed"] == minigrad.testing.SEED
    assert sum(f.stat().st_size for f in recorded.FOLDER.iterdir()) < 2_000_000
