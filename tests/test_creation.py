"""Functions that make tensors, types by default, and random numbers."""
# ruff: noqa: E501 (tables, a row on a line)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded
from test_tensor import run

import minigrad

VALUES = [
    "lib.tensor(1)", "lib.tensor(1.5)", "lib.tensor(True)", "lib.tensor([1, 2])", "lib.tensor([1.0, 2])", "lib.tensor([True, False])",
    "lib.tensor([[1, 2], [3, 4]])", "lib.tensor([])", "lib.tensor([[]])", "lib.tensor((1, 2))", "lib.tensor(range(3))",
    "lib.tensor([True, 2])", "lib.tensor([1, 2.5, True])", "lib.tensor(np.array([1, 2]))", "lib.tensor(np.array([1.0]))",
    "lib.tensor(np.float64(2))", "lib.tensor(np.float32(2))", "lib.tensor([np.float64(2)])", "lib.tensor(np.array([1, 2], np.int32))",
    "lib.tensor([lib.tensor(1), lib.tensor(2)])", "lib.tensor([lib.tensor(1.5), 2])", "lib.tensor([1, 2], dtype=lib.float32)",
    "lib.tensor([1.7, -1.7], dtype=lib.int64)", "lib.tensor([0, 2], dtype=lib.bool)", "lib.tensor([1.0], requires_grad=True)",
    "lib.tensor(lib.tensor([1.0]))", "lib.tensor([1, 2], dtype=float)", "lib.tensor([1.5], dtype=int)", "lib.tensor(10**10)",
    "lib.tensor(float('nan'), dtype=lib.int64)", "lib.tensor([[1, 2], [3]])", "lib.tensor('a')", "lib.tensor(None)", "lib.tensor({1: 2})",
    "lib.tensor([300], dtype=lib.uint8)", "lib.tensor([-1], dtype=lib.uint8)", "lib.tensor(1, device='cpu')",
    "lib.as_tensor([1.0])", "lib.as_tensor(np.array([1, 2]))", "lib.as_tensor(lib.tensor([1]), dtype=lib.float64)", "lib.as_tensor(3)",
    "lib.from_numpy(np.array([1.0, 2.0]))", "lib.from_numpy(np.arange(3, dtype=np.uint8))", "lib.from_numpy(3)",
    "lib.zeros(2)", "lib.zeros(2, 3)", "lib.zeros((2, 3))", "lib.zeros([2])", "lib.zeros(())", "lib.zeros(0)", "lib.zeros(size=(2,))", "lib.zeros(2, dtype=lib.int64)",
    "lib.zeros(2, dtype=lib.bool)", "lib.zeros(lib.tensor(2))", "lib.zeros(2, requires_grad=True)", "lib.zeros(lib.Size([2, 1]))", "lib.zeros(2.0)", "lib.zeros(-1)", "lib.zeros()",
    "lib.ones(2)", "lib.ones(1, 2, dtype=lib.int32)", "lib.ones((2,), dtype=lib.float64)", "lib.ones(2, requires_grad=True, dtype=lib.int64)",
    "lib.full((2,), 7)", "lib.full((2,), 7.5)", "lib.full((2,), True)", "lib.full((2, 1), 7, dtype=lib.float32)", "lib.full((), 3.0)", "lib.full([2], lib.tensor(3.0))", "lib.full((2,), 1, dtype=lib.bool)",
    "lib.empty(2, 3).shape", "lib.empty((0, 3)).shape", "lib.empty(2, dtype=lib.int64).dtype",
    "lib.eye(2)", "lib.eye(2, 3)", "lib.eye(0)", "lib.eye(2, dtype=lib.int64)", "lib.eye(-1)",
    "lib.zeros_like(a)", "lib.ones_like(a)", "lib.full_like(a, 2)", "lib.zeros_like(lib.tensor([1, 2]))", "lib.ones_like(x)", "lib.zeros_like(a, dtype=lib.int64)", "lib.full_like(lib.tensor([1]), 2.5)", "lib.zeros_like(x, requires_grad=True)", "lib.zeros_like(3)", "lib.zeros_like([1])",
    "lib.arange(4)", "lib.arange(1, 4)", "lib.arange(1, 10, 3)", "lib.arange(4.0)", "lib.arange(0, 1, 0.25)", "lib.arange(5, 0, -2)", "lib.arange(0)", "lib.arange(1, 2.5, 0.5)", "lib.arange(3, dtype=lib.float32)", "lib.arange(lib.tensor(3))", "lib.arange(3, requires_grad=True, dtype=lib.float32)", "lib.arange(0, 3, 0)", "lib.arange(3, 0)", "lib.arange(start=1, end=3)", "lib.arange(end=3)", "lib.arange(0, 1, 0.1).shape", "lib.arange(2.9, dtype=lib.int64)", "lib.arange(-3.0, 3.0, 1.1)",
    "lib.linspace(0, 1, 3)", "lib.linspace(0, 1, 1)", "lib.linspace(0, 1, 0)", "lib.linspace(3, -3, 5)", "lib.linspace(0, 10, 5, dtype=lib.float64)", "lib.linspace(0, 1, -1)", "lib.linspace(start=0, end=1, steps=2)", "lib.linspace(0, 10, 5, dtype=lib.int64)",
    "lib.rand(2, 3).shape", "lib.rand(2, dtype=lib.float64).dtype", "lib.rand((2,)).dtype", "lib.rand(2, requires_grad=True).requires_grad", "lib.randn(()).shape", "lib.randn(2, 0).shape", "lib.randn(2, dtype=lib.int64)",
    "lib.rand_like(a).shape", "lib.randn_like(a.double()).dtype", "lib.rand_like(lib.tensor([1]))",
    "lib.randint(10, (2, 3)).shape", "lib.randint(3, 4, (2,))", "lib.randint(0, 1, (2,), dtype=lib.float32)", "lib.randint(3, 3, (1,))", "lib.randint(10)", "lib.randint(5, (2,)).dtype",
    "lib.randperm(4).sort().values", "lib.randperm(0)", "lib.randperm(3).dtype", "lib.randperm(-1)",
    "lib.normal(0, 1, (2, 3)).shape", "lib.normal(0.0, 1.0, size=(2,)).dtype", "lib.normal(a, 1.0).shape", "lib.normal(a, a).shape", "lib.normal(0.0, a).shape", "lib.normal(a, 0.0)", "lib.normal(0, -1, (2,))",
    "lib.is_tensor(a)", "lib.is_tensor([1])", "lib.get_default_dtype()", "lib.is_tensor(np.ones(2))",
    "lib.float", "lib.double", "lib.half", "lib.long", "lib.int", "lib.short", "lib.promote_types(lib.int64, lib.float16)", "lib.promote_types(lib.uint8, lib.int8)",
    "lib.meshgrid(a, a[:2], indexing='ij')", "lib.meshgrid(a, a[:2], indexing='xy')",
]  # fmt: skip
TABLE: dict[str, Callable[[Any], Any]] = {text: run(result=text) for text in VALUES}


@pytest.mark.filterwarnings("ignore")
def test_tensors_are_made_as_recorded_from_torch() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("creation"))


@pytest.mark.live
@pytest.mark.filterwarnings("ignore")
def test_tensors_are_made_as_the_installed_torch_makes_them(torch: Any) -> None:
    recorded.check(TABLE, minigrad, {k: recorded.answer(torch, f) for k, f in TABLE.items()})


DRAWS: list[Callable[[Any], Any]] = [
    lambda g: minigrad.rand(5, generator=g),
    lambda g: minigrad.randn(5, generator=g),
    lambda g: minigrad.normal(2.0, 3.0, (5,), generator=g),
    lambda g: minigrad.randint(100, (5,), generator=g),
    lambda g: minigrad.randperm(20, generator=g),
]


@pytest.mark.parametrize("draw", DRAWS)
def test_a_seed_gives_the_same_numbers_and_another_seed_others(draw: Callable) -> None:
    def drawn(seed: int) -> list:
        return draw(minigrad.Generator().manual_seed(seed)).tolist()

    assert drawn(1) == drawn(1) != drawn(2)
    minigrad.manual_seed(3)
    first = draw(None).tolist()
    assert minigrad.manual_seed(3) is minigrad.default_generator
    assert draw(None).tolist() == first == drawn(3)


@pytest.mark.parametrize("draw", DRAWS)
def test_a_saved_state_goes_on_where_it_was(draw: Callable) -> None:
    g = minigrad.Generator().manual_seed(5)
    draw(g)
    state = g.get_state()
    following = draw(g).tolist()
    assert draw(minigrad.Generator().set_state(state)).tolist() == following
    assert draw(g).tolist() != following


def test_private_generators_leave_the_default_one_alone() -> None:
    minigrad.manual_seed(0)
    expected = minigrad.rand(3).tolist()
    minigrad.manual_seed(0)
    minigrad.rand(3, generator=minigrad.Generator().manual_seed(9))
    assert minigrad.rand(3).tolist() == expected
    assert minigrad.Generator().manual_seed(9).initial_seed() == 9


def test_numbers_are_spread_as_they_should_be() -> None:
    g = minigrad.Generator().manual_seed(0)
    u, n = minigrad.rand(100_000, generator=g), minigrad.normal(2.0, 0.5, (100_000,), generator=g)
    assert 0 <= u.min().item() and u.max().item() < 1 and abs(u.mean().item() - 0.5) < 0.01
    assert abs(n.mean().item() - 2) < 0.01 and abs(n.std().item() - 0.5) < 0.01
    r = minigrad.randint(3, 7, (10_000,), generator=g)
    assert sorted(set(r.tolist())) == [3, 4, 5, 6]
    assert minigrad.rand(100_000, dtype=minigrad.float16, generator=g).max().item() < 1


def test_wrong_seeds_and_generators_are_refused() -> None:
    with pytest.raises(TypeError, match="int.*str"):
        minigrad.manual_seed("0")
    with pytest.raises(TypeError, match="Generator.*int"):
        minigrad.rand(2, generator=0)


def test_from_numpy_refuses_what_it_would_have_to_convert() -> None:
    with pytest.raises(TypeError, match="byte order.*astype"):
        minigrad.from_numpy(np.ones(2, ">f4"))
    with pytest.raises(TypeError, match="supported types"):
        minigrad.from_numpy(np.ones(2, np.complex64))
