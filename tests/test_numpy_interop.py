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


def test_of_sets_the_gradient_goes_to_the_first_of_equal_elements() -> None:
    x = leaf([0.7, -0.4, 0.7, 0.2])
    values, places, inverse, counts = np.unique(x, True, True, True)
    same(values, [-0.4, 0.2, 0.7])
    assert (
        places.tolist() == [1, 3, 0]
        and inverse.tolist() == [2, 0, 2, 1]
        and counts.tolist() == [1, 1, 2]
    )
    common = np.intersect1d(x, [0.7, 9.0, 0.2])
    same(common, [0.2, 0.7])
    (values.sum() + 10 * common.sum()).backward()
    assert x.grad is not None and x.grad.tolist() == [11.0, 1.0, 0.0, 11.0]
    same(np.setdiff1d(x, [0.7]), [-0.4, 0.2])


def test_numpys_names_mean_numpys_and_torchs_names_torchs() -> None:
    x = tensor(DATA)
    assert np.std(x).item() == pytest.approx(DATA.std())
    assert x.std().item() == pytest.approx(DATA.std(ddof=1))
    assert isinstance(np.max(x, axis=0), Tensor) and isinstance(x.max(0), tuple)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda t: np.add.at(t, [0], 1.0), r"np\.add\.at.*derivative.*detach"),
        (lambda t: np.add.reduceat(t, [0, 1]), r"np\.add\.reduceat.*derivative.*detach"),
        (lambda t: np.subtract.reduce(t), r"np\.subtract\.reduce.*derivative.*detach"),
        (lambda t: np.exp(t, out=np.zeros((2, 3))), r"np\.exp with out=.*derivative.*keeps no history.*detach"),
        (lambda t: np.sum(t, 0, None, np.zeros(3)), r"np\.sum.*derivative.*keeps no history"),
        (lambda t: np.add(t, t, where=DATA > 0), r"np\.add with where=.*derivative.*np\.where"),
        (lambda t: np.sum(t, dtype=int), r"np\.sum with dtype=.*derivative"),
        (lambda t: np.i0(t), r"np\.i0.*DoubleTensor \(2, 3\).*operation of minigrad.*detach"),
        (lambda t: np.frexp(t), r"np\.frexp.*derivative"),
        (lambda t: np.fft.fft(t), r"np\.fft\.fft.*derivative"),
        (lambda t: np.histogram(t), r"np\.histogram.*derivative"),
        (lambda t: np.pad(t, 1, mode="mean"), r"np\.pad with mode=.*derivative.*constant, edge, reflect"),
        (lambda t: np.interp(t, [0, 1], [1, 2], period=2), r"np\.interp with period=.*derivative"),
        (lambda t: np.nanmedian(t * np.nan), r"np\.nanmedian.*derivative.*nan"),
        (lambda t: np.quantile(t, t[0, 0]), r"np\.quantile.*derivative.*this argument"),
        (lambda t: np.gradient(t, t[0, 0]), r"np\.gradient.*derivative.*this argument"),
        (lambda t: np.copyto(np.zeros((2, 3)), t), r"np\.copyto.*derivative"),
        (lambda t: np.save("nowhere.npy", t), r"np\.save.*derivative.*detach"),
    ],
)  # fmt: skip
def test_what_cannot_be_differentiated_refuses_and_says_what_to_use(call: Any, words: str) -> None:
    with pytest.raises(TypeError, match=words):
        call(leaf())


def test_the_same_works_where_no_gradient_would_be_lost() -> None:
    same(np.i0(tensor(DATA)), np.i0(DATA))
    same(np.spacing(leaf().detach()), np.spacing(DATA))
    same(np.add.reduceat(tensor(DATA), [0, 1]), np.add.reduceat(DATA, [0, 1]))
    same(np.histogram(tensor(DATA))[1], np.histogram(DATA)[1])
    same(np.linalg.qr(tensor(DATA)).Q, np.linalg.qr(DATA).Q)
    with minigrad.no_grad():
        same(np.i0(leaf()), np.i0(DATA))


ANSWERS: dict[str, Callable[[Any], Any]] = {
    "shape": np.shape, "ndim": np.ndim, "size": lambda t: np.size(t, 0), "any": lambda t: np.any(t, axis=0),
    "array_equal": lambda t: np.array_equal(t, DATA), "allclose": lambda t: np.allclose(t, DATA, atol=1),
    "isclose": lambda t: np.isclose(t, DATA + 1e-9), "argmax": lambda t: np.argmax(t, axis=1, keepdims=True),
    "argsort": lambda t: np.argsort(t, axis=None), "searchsorted": lambda t: np.searchsorted([0.0, 1.0], t),
    "count_nonzero": lambda t: np.count_nonzero(t > 0, axis=1), "nonzero": lambda t: np.nonzero(t > 0)[1],
    "where": lambda t: np.where(t > 1)[0], "zeros_like": lambda t: np.zeros_like(t, dtype=np.int32, shape=(2,)),
    "ones_like": lambda t: np.ones_like(t, order="F"), "full_like": lambda t: np.full_like(t, 7),
    "result_type": lambda t: np.result_type(t, np.float32), "array2string": np.array2string,
    "signbit": np.signbit, "digitize": lambda t: np.digitize(t, [0.0, 1.0]), "isin": lambda t: np.isin(t, [0.5]),
    "greater out": lambda t: np.greater(t, 1, out=np.zeros((2, 3), bool)), "less where": lambda t: np.logical_or.reduce(t),
    "matrix_rank": np.linalg.matrix_rank, "bincount": lambda t: np.bincount(np.argmax(t, axis=1)),
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_what_carries_no_gradient_is_answered_of_a_tensor_that_requires_one(name: str) -> None:
    found, expected = ANSWERS[name](leaf()), ANSWERS[name](DATA)
    if isinstance(found, Tensor):
        assert not found.requires_grad and found.dtype == expected.dtype
        same(found, expected)
    else:
        np.testing.assert_equal(found, expected)
        assert type(found) is type(expected)


def test_out_may_be_a_tensor_that_requires_no_gradient_and_its_change_is_noticed() -> None:
    x, out = leaf(), tensor(DATA)
    y = (x * out).sum()
    assert np.exp(tensor(DATA), out=out) is out and out.tolist() == np.exp(DATA).tolist()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    y = (x * out).sum()
    np.add.at(out, [0], 1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()
    with pytest.raises(TypeError, match="requires a gradient"):
        np.exp(DATA, out=x)


def test_of_whole_numbers_functions_give_numpys_types_and_ufuncs_those_of_the_operators() -> None:
    whole = tensor([1, 4, 9])
    for f in (np.mean, np.median, np.var, np.std, np.cumprod, np.linalg.norm, np.sort, np.flip):
        assert f(whole).dtype == np.asarray(f(np.array([1, 4, 9]))).dtype
    assert np.concatenate([whole, tensor([1.5])]).dtype == np.float64
    assert np.sqrt(whole).dtype == np.float32 == (whole / 2).dtype
    assert np.add(whole, tensor([1.5])).dtype == np.float32
    same(np.fmod(whole, 4), [1, 0, 1])
    same(np.hypot(whole, 2), np.hypot([1, 4, 9], 2))
    assert np.mean(tensor([1e4] * 100, dtype=minigrad.float16)).tolist() == 1e4


def test_np_linalg_gives_numpys_named_tuples_and_raises_numpys_error() -> None:
    square = np.array([[2.0, 0.5], [0.5, 1.0]])
    assert np.linalg.slogdet(leaf(square)).logabsdet.requires_grad
    assert np.linalg.eigh(leaf(square)).eigenvectors.shape == (2, 2)
    assert np.linalg.svd(leaf(square)).Vh.shape == np.linalg.qr(leaf(square)).R.shape == (2, 2)
    assert np.linalg.lstsq(leaf(DATA.T), np.ones(3))[2] == 2
    for call in (np.linalg.inv, lambda t: np.linalg.solve(t, [1.0, 2.0])):
        with pytest.raises(np.linalg.LinAlgError):
            call(leaf(np.ones((2, 2))))
    with pytest.raises(TypeError, match=r"np\.linalg\.eig has no derivative"):
        np.linalg.eig(leaf(square))


def test_wrong_arguments_are_refused_as_numpy_refuses_them() -> None:
    for call in (lambda t: np.max(t, axis=2), lambda t: np.median(t, axis=(0, 0)), lambda t: np.squeeze(t, axis=0),
                 lambda t: np.max(t, where=DATA > 0), lambda t: np.take(t, [7], mode="no")):  # fmt: skip
        with pytest.raises(ValueError):
            call(leaf())
    with pytest.raises(TypeError):
        np.sum(leaf(), axes=1)


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
