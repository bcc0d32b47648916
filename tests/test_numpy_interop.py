"""NumPy's functions and operators on Tensors: they differentiate through, or refuse and say why."""
# ruff: noqa: E501 (tables, a row on a line)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import Tensor, tensor
from minigrad.testing import gradcheck, gradgradcheck

DATA = np.array([[0.5, -1.25, 2.125], [1.5, 0.75, -0.25]])
UFUNCS = """negative absolute sign square exp exp2 expm1 sin cos tan arctan sinh cosh tanh floor ceil
            isnan isinf isfinite logical_not""".split()
POSITIVE = "sqrt reciprocal log log2 log10 log1p".split()
BINARY = """add subtract multiply divide power maximum minimum arctan2 logaddexp equal not_equal less
            less_equal greater greater_equal logical_and logical_or logical_xor remainder
            floor_divide""".split()


def leaf(data: Any = DATA) -> Tensor:
    return tensor(data, dtype=minigrad.float64, requires_grad=True)


def same(found: Any, expected: Any) -> None:
    assert isinstance(found, Tensor)
    np.testing.assert_allclose(found.detach().numpy(), expected, rtol=1e-12)
    assert found.shape == np.shape(expected)


@pytest.mark.parametrize("name", UFUNCS + POSITIVE)
def test_ufuncs_give_tensors_with_numpys_values_and_a_history(name: str) -> None:
    data = np.abs(DATA) if name in POSITIVE else DATA
    ufunc = getattr(np, name)
    found = ufunc(leaf(data))
    same(found, ufunc(data))
    if found.dtype == np.float64:
        assert gradcheck(ufunc, (leaf(data),))


@pytest.mark.parametrize("name", BINARY)
def test_ufuncs_of_two_take_arrays_and_numbers_on_either_side(name: str) -> None:
    ufunc, a, b = getattr(np, name), np.abs(DATA), np.abs(DATA[::-1]) + 0.3
    for left, right in [
        (leaf(a), b),
        (a, leaf(b)),
        (leaf(a), leaf(b)),
        (leaf(a), 2.0),
        (2.0, leaf(b)),
    ]:
        plain = [x.detach().numpy() if isinstance(x, Tensor) else x for x in (left, right)]
        same(ufunc(left, right), ufunc(*plain))


OPERATORS: dict[str, Callable] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": lambda a, b: a / b,
    "**": lambda a, b: abs(a) ** b, "@": lambda a, b: a @ b.T, "//": lambda a, b: a // b,
    "%": lambda a, b: a % b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b, ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b, "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


@pytest.mark.parametrize("sign", OPERATORS)
def test_an_array_may_stand_on_the_left_or_on_the_right_of_an_operator(sign: str) -> None:
    f, other = OPERATORS[sign], DATA[::-1] + 3
    expected = f(DATA, other)
    same(f(DATA, tensor(other)), expected)
    same(f(tensor(DATA), other), expected)
    x = leaf(other)
    result = f(DATA, x)
    if result.requires_grad:
        result.sum().backward()
        assert x.grad is not None and x.grad.shape == x.shape


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "sum": lambda t: np.sum(t, axis=0),
    "sum keepdims": lambda t: np.sum(t, axis=1, keepdims=True),
    "mean": lambda t: np.mean(t, axis=-1),
    "prod": lambda t: np.prod(t, axis=0),
    "std": lambda t: np.std(t, axis=1),
    "var ddof": lambda t: np.var(t, axis=1, ddof=1),
    "max": lambda t: np.max(t, axis=1),
    "min": lambda t: np.min(t),
    "cumsum": lambda t: np.cumsum(t, axis=1),
    "cumprod": lambda t: np.cumprod(t, axis=1),
    "where": lambda t: np.where(DATA > 0, t, 0),
    "clip": lambda t: np.clip(t, -1, 1),
    "concatenate": lambda t: np.concatenate([t, t], axis=1),
    "concatenate with an array": lambda t: np.concatenate([DATA, t]),
    "stack": lambda t: np.stack([t, t], axis=1),
    "hstack": lambda t: np.hstack([t, t]),
    "vstack": lambda t: np.vstack([t, t]),
    "reshape": lambda t: np.reshape(t, (3, 2)),
    "ravel": lambda t: np.ravel(t),
    "transpose": lambda t: np.transpose(t),
    "transpose axes": lambda t: np.transpose(t, (1, 0)),
    "swapaxes": lambda t: np.swapaxes(t, 0, 1),
    "moveaxis": lambda t: np.moveaxis(t, 0, 1),
    "expand_dims": lambda t: np.expand_dims(t, (0, 2)),
    "squeeze": lambda t: np.squeeze(np.expand_dims(t, 0)),
    "broadcast_to": lambda t: np.broadcast_to(t, (2, 2, 3)),
    "flip": lambda t: np.flip(t, 1),
    "flip all": lambda t: np.flip(t),
    "roll": lambda t: np.roll(t, 1),
    "roll axis": lambda t: np.roll(t, 1, axis=0),
    "tile": lambda t: np.tile(t, (2, 1)),
    "matmul": lambda t: np.matmul(t, DATA.T),
    "dot": lambda t: np.dot(t[0], t[1]),
    "dot of matrices": lambda t: np.dot(t, DATA.T),
    "dot of a matrix and a vector": lambda t: np.dot(t, t[0]),
    "dot of numbers": lambda t: np.dot(t[0, 1], t[1, 0]),
    "outer": lambda t: np.outer(t[0], t[1]),
    "inner": lambda t: np.inner(t, t),
    "einsum": lambda t: np.einsum("ij,kj->ik", t, t),
    "tensordot": lambda t: np.tensordot(t, t, axes=([1], [1])),
    "diag": lambda t: np.diag(t[0]),
    "trace": lambda t: np.trace(t),
    "tril": lambda t: np.tril(t),
    "triu": lambda t: np.triu(t),
    "sort": lambda t: np.sort(t, axis=1),
    "take_along_axis": lambda t: np.take_along_axis(t, np.array([[0, 2], [1, 1]]), axis=1),
    "take": lambda t: np.take(t, np.array([2, 0]), axis=1),
    "copy": lambda t: np.copy(t),
    "zeros_like": lambda t: np.zeros_like(t) + t,
    "ones_like": lambda t: np.ones_like(t) * t,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numpys_functions_mean_what_numpy_means_and_differentiate_through(name: str) -> None:
    f = FUNCTIONS[name]
    same(f(leaf()), f(DATA))
    assert gradcheck(f, (leaf(),)) and gradgradcheck(lambda t: f(t * t), (leaf(),))


def test_numpys_names_mean_numpys_and_torchs_names_torchs() -> None:
    x = tensor(DATA)
    assert np.std(x).item() == pytest.approx(DATA.std())
    assert x.std().item() == pytest.approx(DATA.std(ddof=1))
    assert isinstance(np.max(x, axis=0), Tensor) and isinstance(x.max(0), tuple)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: np.add.at(t, [0], 1.0), r"np\.add\.at.*derivative.*detach"),
        (lambda t: np.add.reduce(t), r"np\.add\.reduce.*derivative.*detach"),
        (lambda t: np.dot(t[None], t[None]), r"np\.dot.*derivative.*matmul.*\(1, 2, 3\)"),
        (lambda t: np.exp(t, out=np.zeros((2, 3))), r"np\.exp.*derivative.*detach"),
        (lambda t: np.add(t, t, where=DATA > 0), r"np\.add.*derivative"),
        (lambda t: np.median(t), r"np\.median.*DoubleTensor \(2, 3\).*operation of minigrad.*detach"),
        (lambda t: np.cbrt(t), r"np\.cbrt.*derivative"),
        (lambda t: np.linalg.inv(t), r"np\.inv.*derivative"),
        (lambda t: np.histogram(t), r"np\.histogram.*derivative"),
    ],
)  # fmt: skip
def test_what_cannot_be_differentiated_refuses_and_says_what_to_use(call: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        call(leaf())


def test_the_same_works_where_no_gradient_would_be_lost() -> None:
    same(np.median(tensor(DATA)), np.median(DATA))
    same(np.cbrt(leaf().detach()), np.cbrt(DATA))
    same(np.add.reduce(tensor(DATA)), np.add.reduce(DATA))
    with minigrad.no_grad():
        same(np.median(leaf()), np.median(DATA))


def test_arrays_are_made_only_of_what_needs_no_gradient() -> None:
    with pytest.raises(RuntimeError, match=r"detach\(\)"):
        np.asarray(leaf())
    assert np.asarray(tensor(DATA)) is not None
    assert np.array(tensor(DATA), dtype=np.float32).dtype == np.float32
    assert np.shares_memory(np.asarray(t := tensor(DATA)), t.numpy())
    assert not np.shares_memory(np.array(t), t.numpy())


def test_numpy_indexes_with_tensors_and_python_uses_them_as_numbers() -> None:
    assert DATA[tensor(1)].tolist() == DATA[1].tolist()
    assert DATA[tensor([1, 0])].tolist() == DATA[[1, 0]].tolist()
    assert list(range(tensor(3))) == [0, 1, 2] and "abc"[tensor(1)] == "b"


def test_float32_stays_float32_beside_numpys_scalars() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    for y in (x * np.float64(2), np.float64(2) * x, x / np.sqrt(2), np.mean(x) * np.float64(3)):
        assert y.dtype == np.float32
