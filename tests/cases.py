"""One row per operation: a function of (lib, *tensors), and the inputs to try it with.

The same function runs with lib=minigrad and lib=torch. The first word of a row's name is the operation's.
test_operations.py drives every row in float32 and float64, to second order, on strided inputs, with
integers and booleans, against torch's recorded values (tests/reference/operations.npz) and the installed
torch. After a change here run ``python scripts/make_reference.py operations``.
"""
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

Inputs = tuple[np.ndarray, ...]


class Spec(NamedTuple):
    """An input to be drawn: its shape, and what to make of standard normal numbers."""

    shape: tuple[int, ...]
    domain: Callable[[np.ndarray], np.ndarray]


class Case(NamedTuple):
    """A row; types are the ones besides float32 and float64 that its inputs are converted to."""

    name: str
    fn: Callable
    inputs: tuple[tuple, ...]
    types: tuple[str, ...]

    def arrays(self) -> Iterator[Inputs]:
        """The inputs, drawn anew but always the same for this row."""
        for variant, specs in enumerate(self.inputs):
            drawn = []
            for position, spec in enumerate(specs):
                if isinstance(spec, Spec):
                    seed = [zlib.crc32(self.name.encode()), variant, position]
                    numbers = np.random.default_rng(seed).standard_normal(spec.shape)
                    drawn.append(np.asarray(spec.domain(numbers)))
                else:
                    drawn.append(np.asarray(spec))
            yield tuple(drawn)


CASES: dict[str, Case] = {}


def row(name: str, fn: Callable, *inputs: Any, types: str = "int64 uint8 bool float16") -> None:
    """Add a row; each of inputs is one tensor's spec or a tuple of them."""
    assert name not in CASES, f"two rows are called {name}"
    as_tuples = tuple(i if type(i) is tuple else (i,) for i in inputs)
    CASES[name] = Case(name, fn, as_tuples, tuple(types.split()))


def any_number(*shape: int) -> Spec:
    return Spec(shape, lambda x: x)


def positive(*shape: int) -> Spec:
    return Spec(shape, lambda x: np.abs(x) + 0.3)


def within_one(*shape: int) -> Spec:
    return Spec(shape, lambda x: np.tanh(x) * 0.9)


def distinct(*shape: int) -> Spec:
    """Numbers that are at least 0.1 apart, for what has kinks where numbers meet."""
    return Spec(shape, lambda x: ((x.reshape(-1).argsort().argsort() - x.size / 2) / 7).reshape(shape))


R = any_number
SHAPES = [(), (0,), (1,), (3,), (2, 3)]
PAIRS = [
    ((), ()), ((3,), ()), ((), (2, 3)), ((0,), (1,)), ((2, 3), (2, 3)), ((2, 3), (3,)),
    ((2, 1), (1, 3)), ((3,), (2, 1, 3)), ((2, 3), (2,)),
]


def each(domain: Callable = R, shapes: Any = SHAPES) -> list:
    return [domain(*s) for s in shapes]


def pairs(first: Callable = R, second: Callable | None = None, shapes: Any = PAIRS) -> list:
    return [(first(*a), (second or first)(*b)) for a, b in shapes]


def called(name: str, *args: Any, **kwargs: Any) -> Callable:
    """lib.NAME(*tensors, *args, **kwargs)."""
    return lambda lib, *ts: getattr(lib, name)(*ts, *args, **kwargs)


def asked(name: str, *args: Any, **kwargs: Any) -> Callable:
    """first.NAME(*other tensors, *args, **kwargs): the method."""
    return lambda lib, t, *ts: getattr(t, name)(*ts, *args, **kwargs)


# -- elementwise ---------------------------------------------------------------------------------
for name in "abs absolute sign".split():
    row(name, called(name), *each(), types="int64 uint8 float16")
for name in """neg negative square exp exp2 expm1 sin cos tan atan arctan sinh cosh tanh
               sigmoid relu floor ceil round isfinite isnan isinf logical_not""".split():
    row(name, called(name), *each())
for name in "sqrt rsqrt reciprocal log log2 log10 log1p".split():
    row(name, called(name), *each(positive))
for name in "asin acos arcsin arccos".split():
    row(name, called(name), *each(within_one))
row("isnan of special", called("isnan"), np.array([1.0, math.nan, math.inf, -math.inf]))
row("isinf of special", called("isinf"), np.array([1.0, math.nan, math.inf, -math.inf]))
row("isfinite of special", called("isfinite"), np.array([1.0, math.nan, math.inf, -math.inf]))
for name in "exp log sqrt sigmoid tanh abs sign relu floor log1p expm1 rsqrt reciprocal".split():
    row(f"{name} at extremes", called(name), np.array([0.0, -0.0, 1e4, -1e4, math.inf, -math.inf]), types="")
for name in "exp log sqrt sigmoid tanh relu floor log1p reciprocal".split():
    row(f"{name} of nan", called(name), np.array([1.0, math.nan]), types="")
row("relu at 0", called("relu"), np.array([0.0, -1.0, 2.0]))
row("relu cubed", lambda lib, x: x.relu() ** 3, R(3, 4), types="")
row("abs at 0", called("abs"), np.array([0.0, -1.0, 2.0]), types="int64")
row("round halves", called("round"), np.array([0.5, 1.5, -0.5, 2.5]))
row("round decimals", called("round", decimals=1), *each(), types="float16")
row("round tens", called("round", decimals=-1), Spec((4,), lambda x: 50 * x), types="float16")
for name in "add sub mul div true_divide atan2 arctan2 rsub".split():
    row(name, called(name), *pairs())
for name in "maximum minimum eq ne lt le gt ge logical_and logical_or logical_xor".split():
    row(name, called(name), *pairs())
row("remainder", called("remainder"), *pairs(), types="int64 uint8 float16")
for name in "remainder div".split():
    row(f"{name} of masks", called(name), (R(3), R(3)))
row("logaddexp", called("logaddexp"), *pairs(), types="float16")
row("remainder signs", called("remainder"), (np.array([7.5, -7.5, 7.5, -7.5]), np.array([2.0, 2.0, -2.0, -2.0])))
row("floor_divide", lambda lib, x, y: lib.floor_divide(x.detach(), y.detach()), *pairs(), types="int64 uint8 float16")
row("remainder by a number", asked("remainder", 3), R(2, 3))
row("div floor", called("div", rounding_mode="floor"), *pairs(), types="int64 uint8 float16")
row("div trunc", called("div", rounding_mode="trunc"), *pairs(), types="int64 uint8 float16")
for mode in (None, "floor", "trunc", "other"):
    row(f"div {mode} of vectors", called("div", rounding_mode=mode), (R(3), positive(3)))
row("div by zero", called("div"), (np.array([1.0, -1.0, 0.0]), np.zeros(3)), types="")
row("add alpha", called("add", alpha=2), *pairs(), types="int64 uint8 float16")
row("sub alpha", called("sub", alpha=3), *pairs(), types="int64 uint8 float16")
row("rsub alpha", called("rsub", alpha=3), *pairs(), types="int64 uint8 float16")
row("add a number", asked("add", 2, alpha=3), *each())
row("rsub a number", called("rsub", 2, alpha=3), *each(), types="int64 uint8 float16")
row("mul twice the same", lambda lib, x: x * x + x, *each())
row("pow", called("pow"), *pairs(positive, R), types="uint8 float16")
row("pow of masks", called("pow"), (R(3), R(3)), types="bool")
row("pow of 0", called("pow"), (np.array([0.0, 0.0, 2.0]), np.array([0.0, 2.0, 0.0])))
for exponent in (0, 1, 2, 3, 0.5, -1, -2.5, 1.0):
    row(f"pow {exponent}", asked("pow", exponent), *each(positive), types="int64 uint8 float16")
row("pow 2 of negative", asked("pow", 2), *each())
row("pow 3 at 0", asked("pow", 3), np.array([0.0, 1.0, -2.0]))
row("pow of a number", lambda lib, x: 2**x, *each(), types="uint8 bool float16")
row("pow of 0 as number", lambda lib, x: 0.0**x, np.array([0.0, 1.0, 2.0]), types="")
row("maximum of equals", called("maximum"), (np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 1.0])))
row("minimum of equals", called("minimum"), (np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 5.0])))
row("maximum with nan", called("maximum"), (np.array([math.nan, 1.0]), np.array([1.0, math.nan])), types="")
row("clamp", asked("clamp", -0.5, 0.5), *each())
row("clip", asked("clip", -0.5, 0.5), *each())
row("clamp below", asked("clamp", min=0), *each())
row("clamp above", asked("clamp", max=0.25), *each())
row("clamp at its bounds", asked("clamp", -1, 1), np.array([-1.0, 1.0, 0.0, 2.0]))
row("clamp bounds crossed", asked("clamp", 1, -1), np.array([-2.0, 0.0, 2.0]))
row("clamp tensors", called("clamp"), (R(2, 3), Spec((3,), lambda x: x - 1), Spec((3,), lambda x: x + 1)), (R(3), R(3), R(3)), types="int64 float16")
row("clamp min tensor", lambda lib, x, lo: lib.clamp(x, min=lo), *pairs())
row("clamp nothing", asked("clamp"), R(3))
row("where", lambda lib, x, y: lib.where(x > 0, x, y), *pairs())
row("where a number", lambda lib, x: lib.where(x > 0, x, 0), *each())
row("where two numbers", lambda lib, x: lib.where(x > 0, 1.0, 0.0), *each())
row("where positions", lambda lib, x: lib.where(x > 0), *each())
row("where method", lambda lib, x, y: x.where(x > 0, y), *pairs())
row("masked_fill", lambda lib, x: x.masked_fill(x > 0, 2), *each())
row("masked_fill with a tensor", lambda lib, x, v: lib.masked_fill(x, x > 0, v), (R(2, 3), R()), (R(3), R(1)))
row("masked_fill broadcast", lambda lib, x: x.masked_fill(lib.tensor([True, False, True]), -1), R(2, 3))
row("operators", lambda lib, x, y: (x + y, x - y, x * y, x / y, -x, +x, abs(x), x.detach() // y.detach(), x % y, x < y, x == y), *pairs(R, positive), types="int64 float16")
row("operators with numbers", lambda lib, x: (x + 1, 1 - x, 2.5 * x, 1 / (x + 9), x / 2, x.detach() // 2, x % 2, x**2, x > 0, 1 <= x, x != 0), *each())
row("operators bitwise", lambda lib, x: (~(x > 0), (x > 0) & (x < 1), (x > 0) | (x < -1), (x > 0) ^ (x < 1)), *each())

# -- reductions ----------------------------------------------------------------------------------
DIMS = [(), (0,), (1,), (3,), (2, 3), (2, 1, 3), (0, 3)]
SOME = {"argmax": "int64 uint8 float16", "argmin": "int64 uint8 float16", **dict.fromkeys("mean std var norm".split(), "float16")}
for name in "sum mean prod std var norm max min amax amin argmax argmin any all count_nonzero".split():
    row(name, called(name), *each(distinct, DIMS))
    for dim in (0, -1, 1, 5):
        keep = {"dim": dim} if name == "count_nonzero" else {"dim": dim, "keepdim": True}
        types = SOME.get(name, "int64 uint8 bool float16")
        row(f"{name} dim {dim}", called(name, dim=dim), *each(distinct, DIMS), types=types)
        row(f"{name} dim {dim} keepdim", called(name, **keep), *each(distinct, DIMS), types=types)
for name in "sum mean std var norm amax amin any all count_nonzero logsumexp".split():
    row(f"{name} dims", called(name, dim=(0, -1)), *each(distinct, [(2, 3), (2, 1, 3), (0, 3), (3,)]))
for name in "sum mean amax amin".split():
    row(f"{name} no dims", called(name, dim=()), *each(distinct))
for name in "sum mean std var amax amin logsumexp".split():
    row(f"{name} dims given twice", called(name, dim=(0, -2)), distinct(2, 3))
    row(f"{name} axis", called(name, axis=1, keepdims=True), distinct(2, 3))
for name in "prod max min argmax argmin any all cumsum cumprod".split():
    row(f"{name} axis", called(name, axis=1), distinct(2, 3))
for name in "logsumexp cumsum cumprod".split():
    for dim in (0, -1, 1, 5):
        row(f"{name} dim {dim}", called(name, dim=dim), *each(R, DIMS))
row("logsumexp keepdim", called("logsumexp", dim=1, keepdim=True), R(2, 3))
row("logsumexp of large", called("logsumexp", dim=0), np.array([1000.0, 1000.0]), np.array([-math.inf, -math.inf]), np.array([-math.inf, 1.0]), types="")
row("sum dtype", lambda lib, x: lib.sum(x, dtype=lib.float64), *each())
row("mean dtype", lambda lib, x: lib.mean(x, dtype=lib.float64), *each())
row("prod dtype", lambda lib, x: lib.prod(x, dtype=lib.float64), *each())
row("cumsum dtype", lambda lib, x: lib.cumsum(x, 0, dtype=lib.float64), R(3))
row("prod with a zero", called("prod"), np.array([2.0, 0.0, 3.0]), np.array([0.0, 0.0, 3.0]))
row("prod with zeros in rows", called("prod", dim=1), np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]]))
row("cumprod with zeros", called("cumprod", dim=1), np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 3.0], [1.0, 2.0, 3.0]]))
row("std biased", called("std", unbiased=False), R(2, 3), R(1))
row("var correction", called("var", correction=2), R(2, 3))
row("var of too few", lambda lib, x: lib.var(x.detach(), correction=2), R(2), R(1))
row("std correction", called("std", dim=1, correction=0), R(2, 3))
row("var positional", lambda lib, x: (x.var(False), x.var(0, False), x.std(1, True, True)), R(2, 3))
row("std of equals", called("std"), np.array([2.0, 2.0, 2.0]), types="")
for p in (1, 2, 3, 2.5, 0, -1, math.inf, -math.inf, "fro"):
    domain = positive if p == -1 else distinct
    row(f"norm {p}", called("norm", p), domain(2, 3), domain(3))
    row(f"norm {p} dim", lambda lib, x, p=p: lib.norm(x, p=p, dim=1, keepdim=True), domain(2, 3))
row("norm at 0", lambda lib, x: lib.norm(x), np.zeros(3), types="")
row("max of equals", called("max"), np.array([1.0, 3.0, 3.0]), np.array([[2.0, 2.0], [2.0, 0.0]]))
row("min of equals", called("min"), np.array([1.0, 1.0, 3.0]))
row("amax of equals", called("amax", dim=1), np.array([[2.0, 2.0], [2.0, 0.0]]))
row("amin of equals", called("amin", dim=0), np.array([[2.0, 2.0], [2.0, 0.0]]))
row("max dim of equals", called("max", dim=1), np.array([[2.0, 2.0], [0.0, 2.0]]))
row("min dim of equals", called("min", dim=1), np.array([[2.0, 2.0], [0.0, -2.0]]))
row("max of two", called("max"), (R(2, 3), R(3)))
row("min of two", called("min"), (R(2, 3), R(3)))
row("max with nan", called("max", dim=0), np.array([1.0, math.nan, 3.0]), types="")
row("argmax with nan", called("argmax"), np.array([1.0, math.nan, 3.0]), types="")
row("argmax of equals", called("argmax", dim=1), np.array([[2.0, 2.0], [0.0, 2.0]]), types="int64 float16")
row("equal", lambda lib, x: (x.equal(x), lib.equal(x, x + 1), x.equal(x.reshape(-1))), *each())
row("allclose", lambda lib, x: (x.allclose(x), lib.allclose(x, x + 1), lib.allclose(x, x * (1 + 1e-7))), *each(), types="")
row("allclose with nan", lambda lib, x: (x.allclose(x), x.allclose(x, equal_nan=True)), np.array([1.0, math.nan]), types="")

# -- linear algebra ------------------------------------------------------------------------------
PRODUCTS = [
    ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (3, 4)), ((5, 2, 3), (3, 4)),
    ((5, 2, 3), (5, 3, 2)), ((2, 3), (5, 3, 2)), ((5, 2, 3), (3,)), ((3,), (5, 3, 2)),
    ((4, 1, 2, 3), (5, 3, 2)), ((0, 3), (3, 2)), ((2, 0), (0, 3)), ((1, 1), (1, 1)),
    ((2, 3), (2, 3)), ((3,), (2,)), ((), (3,)), ((2, 3), (4,)), ((5, 2, 3), (4, 3, 2)),
]
row("matmul", called("matmul"), *pairs(shapes=PRODUCTS), types="int64 uint8 float16")
row("matmul operator", lambda lib, x, y: x @ y, *pairs(shapes=PRODUCTS), types="int64 uint8 float16")
row("mm", called("mm"), *pairs(shapes=[((2, 3), (3, 4)), ((3,), (3, 4)), ((2, 3), (2, 3))]), types="int64 uint8 float16")
row("mv", called("mv"), *pairs(shapes=[((2, 3), (3,)), ((2, 3), (2,)), ((3,), (3,))]), types="int64 uint8 float16")
row("bmm", called("bmm"), *pairs(shapes=[((5, 2, 3), (5, 3, 2)), ((5, 2, 3), (4, 3, 2)), ((2, 3), (3, 2)), ((1, 2, 3), (5, 3, 2))]), types="int64 uint8 float16")
row("dot", called("dot"), *pairs(shapes=[((3,), (3,)), ((0,), (0,)), ((3,), (2,)), ((2, 3), (3,))]), types="int64 uint8 float16")
row("inner", called("inner"), *pairs(shapes=[((3,), (3,)), ((2, 3), (4, 3)), ((2, 3), (3,)), ((), (3,)), ((2, 3), (2,)), ((2, 2, 3), (4, 3))]), types="int64 uint8 float16")
row("outer", called("outer"), *pairs(shapes=[((2,), (3,)), ((0,), (3,)), ((2, 3), (3,))]))
row("addmm", called("addmm", beta=0.5, alpha=2), (R(4), R(2, 3), R(3, 4)), (R(2, 4), R(2, 3), R(3, 4)), (R(3), R(2, 3), R(3, 4)), types="")
row("addmm plain", called("addmm"), (R(2, 4), R(2, 3), R(3, 4)), (R(), R(2, 3), R(3, 4)), types="int64 uint8 float16")
row("einsum product", lambda lib, x, y: lib.einsum("ij,jk->ik", x, y), (R(2, 3), R(3, 4)), (R(2, 3), R(2, 3)), types="int64 float16")
row("einsum batch", lambda lib, x, y: lib.einsum("bik,bkj->bij", x, y), (R(5, 2, 3), R(5, 3, 2)), types="int64 float16")
row("einsum diagonal", lambda lib, x: lib.einsum("ii->i", x), R(3, 3))
row("einsum trace", lambda lib, x: lib.einsum("ii", x), R(3, 3), R(2, 3), types="int64 float16")
row("einsum sum", lambda lib, x: (lib.einsum("ij->j", x), lib.einsum("ij->", x), lib.einsum("ij->ji", x)), R(2, 3), types="int64 float16")
row("einsum dots", lambda lib, x, y: lib.einsum("...ij,kj->...k", x, y), (R(2, 2, 3), R(4, 3)), types="int64 float16")
row("einsum dots both", lambda lib, x, y: lib.einsum("...i,...i->...", x, y), (R(2, 4, 3), R(4, 3)), (R(1, 3), R(5, 3)), types="int64 float16")
row("einsum three", lambda lib, x, y, z: lib.einsum("ab,bc,cd", x, y, z), (R(2, 3), R(3, 4), R(4, 2)), types="int64 float16")
row("einsum outer", lambda lib, x, y: lib.einsum("i,j->ij", x, y), (R(2), R(3)), (R(0), R(3)), types="int64 float16")
row("einsum stretched", lambda lib, x, y: lib.einsum("ij,ij->ij", x, y), (R(1, 3), R(2, 3)))
row("einsum wrong", lambda lib, x: lib.einsum("ijk->i", x), R(2, 3))
row("einsum wrong output", lambda lib, x: lib.einsum("ij->k", x), R(2, 3))
row("einsum too few", lambda lib, x: lib.einsum("ij,jk->ik", x), R(2, 3))
row("tensordot", lambda lib, x, y: lib.tensordot(x, y, dims=([1, 0], [0, 1])), (R(2, 3), R(3, 2)), (R(2, 3), R(2, 3)), types="int64 float16")
row("tensordot count", lambda lib, x, y: lib.tensordot(x, y, dims=1), (R(2, 3), R(3, 2)), (R(2, 3), R(3)), (R(4, 2, 3), R(3, 5)), types="int64 float16")
row("tensordot none", lambda lib, x, y: lib.tensordot(x, y, dims=0), (R(2), R(3)), types="int64 float16")
row("t", called("t"), *each(), R(2, 2, 2))
row("T", lambda lib, x: x.T, R(2, 3), R(3, 2))
row("mT", lambda lib, x: x.mT, R(2, 3), R(4, 2, 3), R(3))
row("trace", called("trace"), R(3, 3), R(2, 3), R(0, 0), R(3), types="int64 float16")
for offset in (0, 1, -1, 5):
    row(f"diag {offset}", called("diag", offset), R(3), R(3, 3), R(2, 4), R(), R(2, 2, 2))
    row(f"diagonal {offset}", called("diagonal", offset), R(3, 3), R(2, 4), R(4, 2), R(2, 3, 4), R(3))
    row(f"tril {offset}", called("tril", offset), R(3, 3), R(2, 4), R(2, 3, 3), R(3))
    row(f"triu {offset}", called("triu", offset), R(3, 3), R(2, 4), R(2, 3, 3), R(3))
row("diagonal dims", called("diagonal", 0, 1, 2), R(2, 3, 4))
row("diagonal same dims", called("diagonal", 0, 1, -1), R(2, 3))

# -- shape ---------------------------------------------------------------------------------------
for shape in ((3, 2), (-1,), (6,), (2, -1), (1, 2, 3), (-1, -1), (4, 2), (2, 3, -1)):
    row(f"reshape {shape}", called("reshape", shape), R(2, 3), R(6))
    row(f"view {shape}", asked("view", *shape), R(2, 3))
row("reshape to nothing", lambda lib, x: (x.reshape(()), x.reshape(1, 1), x.reshape([])), R(), R(1))
row("reshape empty", lambda lib, x: x.reshape(0, 5), R(0), R(0, 3))
row("reshape empty unknown", lambda lib, x: x.reshape(0, -1), R(0))
row("reshape_as", asked("reshape_as"), (R(2, 3), R(3, 2)))
row("view_as", asked("view_as"), (R(2, 3), R(6)))
row("flatten", called("flatten"), *each(R, DIMS))
row("flatten from 1", called("flatten", 1), R(2, 3, 4), R(2, 3), R(3))
row("flatten some", called("flatten", 0, 1), R(2, 3, 4))
row("flatten reversed", called("flatten", 1, 0), R(2, 3))
row("ravel", called("ravel"), *each(R, DIMS))
row("squeeze", called("squeeze"), *each(R, DIMS), R(1, 1))
for dim in (0, -1, 1, 5):
    row(f"squeeze {dim}", called("squeeze", dim), *each(R, DIMS), R(1, 1))
    row(f"unsqueeze {dim}", called("unsqueeze", dim), *each(R, DIMS))
row("squeeze dims", called("squeeze", (0, 2)), R(1, 2, 1), R(2, 1, 1))
row("permute", called("permute", (2, 0, 1)), R(2, 3, 4), R(2, 3))
row("permute method", asked("permute", -1, 0), R(2, 3))
row("permute twice the same", asked("permute", 0, 0), R(2, 3))
for name in "transpose swapaxes swapdims".split():
    row(name, called(name, 0, 1), R(2, 3), R(2, 3, 4), R(3))
    row(f"{name} from behind", called(name, -1, -3), R(2, 3, 4))
row("transpose of a number", called("transpose", 0, -1), R())
for name in "movedim moveaxis".split():
    row(name, called(name, 0, -1), R(2, 3, 4), R(2, 3))
    row(f"{name} two", called(name, (0, 1), (2, 0)), R(2, 3, 4))
    row(f"{name} wrong", called(name, (0, 1), (2,)), R(2, 3, 4))
for size in ((4, 2, 3), (2, -1), (-1, 2, 3), (4, 3), (3,), (0, 2, 3)):
    row(f"expand {size}", asked("expand", *size), R(2, 1), R(2, 3), R(1, 3), R(3))
    row(f"broadcast_to {size}", called("broadcast_to", size), R(2, 1), R(2, 3), R(1, 3), R(3))
row("expand of a number", asked("expand", 2, 3), R())
row("expand_as", asked("expand_as"), (R(2, 1), R(2, 3)), (R(3), R(2, 3)), (R(2), R(2, 3)))
row("repeat", asked("repeat", 2, 3), R(2, 3), R(3), R(), R(2, 2, 2), R(0, 3))
row("repeat with 1", asked("repeat", 2, 1, 1), R(2, 3))
row("repeat no times", asked("repeat", 0, 2), R(2, 3))
row("tile", called("tile", (2, 2)), R(2, 3), R(3), R(), R(2, 2, 2))
row("repeat_interleave", called("repeat_interleave", 2), R(2, 3), R(3), R(0))
row("repeat_interleave dim", called("repeat_interleave", 2, dim=1), R(2, 3), R(3))
row("repeat_interleave counts", lambda lib, x: lib.repeat_interleave(x, lib.tensor([1, 0, 2]), dim=-1), R(2, 3), R(3), R(2))
for name in "cat concat concatenate".split():
    row(name, lambda lib, x, y, name=name: getattr(lib, name)([x, y, x]), (R(2, 3), R(1, 3)), (R(3), R(2)), (R(0), R(2, 3)), (R(2, 3), R(2, 2)), (R(), R()), (R(2, 3), R(3)))
row("cat dim", lambda lib, x, y: lib.cat((x, y), dim=-1), (R(2, 3), R(2, 1)), (R(2, 3), R(3, 3)))
row("cat axis", lambda lib, x, y: lib.cat((x, y), axis=1), (R(2, 3), R(2, 1)))
for dim in (0, 1, -1, 5):
    row(f"stack {dim}", lambda lib, x, y, dim=dim: lib.stack([x, y], dim), (R(2, 3), R(2, 3)), (R(3), R(3)), (R(), R()), (R(3), R(2)))
row("hstack", lambda lib, x, y: lib.hstack([x, y]), (R(2), R(3)), (R(2, 3), R(2, 1)), (R(), R()), (R(2, 3), R(3, 3)))
row("vstack", lambda lib, x, y: lib.vstack((x, y)), (R(3), R(2, 3)), (R(3), R(3)), (R(), R()), (R(3), R(2)))
for size in (1, 2, 5, [1, 2], [2, 1, 0], [1, 1], -1, 0):
    row(f"split {size}", called("split", size), R(3, 2), R(3), R(0), R())
row("split dim", called("split", 2, dim=-1), R(2, 3))
for n in (1, 2, 4, 0):
    row(f"chunk {n}", called("chunk", n), R(5, 2), R(3), R(0), R())
row("chunk dim", called("chunk", 2, 1), R(2, 3))
row("unbind", called("unbind"), R(2, 3), R(3), R(0), R())
row("unbind dim", called("unbind", dim=-1), R(2, 3))
row("flip", called("flip", (0,)), R(2, 3), R(3), R(0))
row("flip dims", asked("flip", 0, -1), R(2, 3), R(2, 3, 4), R(3))
row("roll", called("roll", 1), R(2, 3), R(3), R(), R(0))
row("roll dim", called("roll", -1, 1), R(2, 3), R(3))
row("roll dims", called("roll", (1, 2), (0, 1)), R(2, 3))
row("roll unequal", called("roll", (1, 2), (0,)), R(2, 3))
row("clone", called("clone"), *each())
row("contiguous", asked("contiguous"), *each())
row("contiguous of a transpose", lambda lib, x: x.t().contiguous(), R(2, 3))
row("meshgrid", lambda lib, x, y: lib.meshgrid(x, y, indexing="ij"), (R(2), R(3)))
row("meshgrid xy", lambda lib, x, y: lib.meshgrid([x, y], indexing="xy"), (R(2), R(3)))
row("to", lambda lib, x: (x.to(lib.float64), x.double(), x.float(), x.to(lib.int64), x.bool(), x.int()), R(2, 3), R(), R(0))
row("type_as", asked("type_as"), (R(2, 3), np.zeros(1, np.float32)))
row("detach", lambda lib, x: x.detach() * x, *each())

# -- indexing ------------------------------------------------------------------------------------
INDICES: dict[str, Callable] = {
    "int": lambda t: 1, "negative int": lambda t: -1, "slice": lambda t: slice(1, None), "step": lambda t: slice(None, None, 2),
    "empty slice": lambda t: slice(2, 1), "beyond": lambda t: slice(-100, 100), "None": lambda t: None, "dots": lambda t: ...,
    "int and slice": lambda t: (0, slice(1, 3)), "slice and int": lambda t: (slice(None), 1), "dots and int": lambda t: (..., 0),
    "None between": lambda t: (slice(None), None, 1), "dots between": lambda t: (0, ..., 1), "list": lambda t: [0, 1, 1],
    "range": lambda t: range(2), "empty list": lambda t: [], "array": lambda t: np.array([1, 0]), "tensor": lambda t: t([1, 1, 0]),
    "grid": lambda t: t([[0, 1], [1, 1]]), "0-d tensor": lambda t: t(1), "np.int64": lambda t: np.int64(1), "negative in list": lambda t: [-1, 0],
    "mask of rows": lambda t: t([True, False, True]), "array mask": lambda t: np.array([False, True, True]), "list mask": lambda t: [True, True, False],
    "True": lambda t: True, "False": lambda t: False, "two lists": lambda t: ([0, 1], [1, 2]), "list and int": lambda t: ([0, 2], 1),
    "int and list": lambda t: (1, [0, 2]), "slice and list": lambda t: (slice(None), [0, 2]), "list and slice": lambda t: ([0, 2], slice(0, 2)),
    "broadcast lists": lambda t: (t([[0], [1]]), t([0, 2])), "list and None": lambda t: ([0, 2], None), "None and list": lambda t: (None, [0, 2]),
    "dots and list": lambda t: (..., [0, 2]), "repeated": lambda t: ([0, 0, 0], [1, 1, 2]), "mask and int": lambda t: (t([True, False, True]), 1),
    "int and mask": lambda t: (0, t([True, False, True, False])), "mask and list": lambda t: (t([True, False, True]), [0, 1]),
    "out of range": lambda t: 7, "out of range list": lambda t: [0, 7], "float": lambda t: 1.0, "string": lambda t: "a",
    "nested lists": lambda t: [[0, 1], [1, 2]], "list of one list": lambda t: [[0, 1]], "list of slice": lambda t: [slice(0, 2)], "int and tensor": lambda t: [0, t(1)],
    "too many": lambda t: (0, 0, 0, 0), "wrong mask": lambda t: t([True, False]), "negative step": lambda t: slice(None, None, -1), "float tensor": lambda t: t([0.5]),
    "slice of tensors": lambda t: slice(t(0), t(2)), "int32": lambda t: np.array([1, 0], np.int32), "tuple in tuple": lambda t: ((0, 1), 1),
    "lists that do not fit": lambda t: ([0, 1], [0, 1, 2]), "tensors list": lambda t: [t(0), t(1)], "two slices": lambda t: (slice(0, 2), slice(1, 3)),
}
DEEP: dict[str, Callable] = {
    "int, slice, list": lambda t: (0, slice(None), [1, 2]), "list, slice, list": lambda t: ([0, 1], slice(None), [1, 2]),
    "slice, list, list": lambda t: (slice(None), [0, 1], [1, 2]), "None, int, dots, list": lambda t: (None, 0, ..., [1, 2]),
    "int, list, slice": lambda t: (1, [0, 2], slice(1, 3)), "list, int, list": lambda t: ([0, 1], 1, [0, 1]), "list, None, list": lambda t: ([0, 1], None, [0, 1]),
    "dots, grid": lambda t: (..., t([[0, 1], [1, 1]])), "mask of two": lambda t: t([[True, False, True], [False, True, False]]),
    "int, mask of two": lambda t: (0, t([[True, False, True, False]] * 3)), "slice, mask": lambda t: (slice(None), t([True, False, True])),
    "list, dots, int": lambda t: ([1, 0], ..., 0), "None, list, None": lambda t: (None, [1, 0], None), "slice, None, list": lambda t: (slice(None), None, [1, 0]),
    "mask, slice, int": lambda t: (t([True, False]), slice(None), 2), "mask of all": lambda t: t(np.arange(24).reshape(2, 3, 4) % 2 == 0),
    "list, slice, int": lambda t: ([1, 0, 1], slice(None), 2), "None, dots, None": lambda t: (None, ..., None), "int, None, list": lambda t: (0, None, [1, 1]),
}
for name, make in INDICES.items():
    row(f"index {name}", lambda lib, x, make=make: x[make(lib.tensor)], R(3, 4))
    row(f"assign {name}", lambda lib, x, make=make: _assigned(x, make(lib.tensor), 5.0), R(3, 4))
for name, make in DEEP.items():
    row(f"index deep {name}", lambda lib, x, make=make: x[make(lib.tensor)], R(2, 3, 4))
    row(f"assign deep {name}", lambda lib, x, make=make: _assigned(x, make(lib.tensor), -1.0), R(2, 3, 4))
row("index of a number", lambda lib, x: (x[...], x[None], x[()], x[True]), R())
row("index a number with an int", lambda lib, x: x[0], R())
row("index by a mask", lambda lib, x: x[x > 0], R(3, 4), R(0), R())
row("index empty", lambda lib, x: (x[:0], x[[]], x[1:1, None]), R(3, 4))


def _assigned(x: Any, index: Any, value: Any) -> Any:
    y = x.clone()
    y[index] = value
    return y * 2


row("assign a tensor", lambda lib, x, v: _assigned(x, slice(1, 3), v), (R(3, 4), R(4)), (R(3, 4), R(2, 4)), (R(3, 4), R()), (R(3, 4), R(3)), (R(3, 4), R(1, 2, 4)))
row("assign a tensor to a list", lambda lib, x, v: _assigned(x, [0, 2], v), (R(3, 4), R(4)), (R(3, 4), R(2, 1)))
row("assign by a mask", lambda lib, x: _assigned(x, x > 0, 0.0), R(3, 4))
row("assign to a column", lambda lib, x, v: _assigned(x, (slice(None), 1), v), (R(3, 4), R(3)), (R(3, 4), R(1)))
row("index_select", lambda lib, x: lib.index_select(x, 0, lib.tensor([1, 0, 1])), R(2, 3), R(3))
row("index_select of a number", lambda lib, x: x.index_select(0, lib.tensor([0])), R())
row("index_select dim", lambda lib, x: x.index_select(-1, lib.tensor([2, 2])), R(2, 3))
row("index_select beyond", lambda lib, x: x.index_select(0, lib.tensor([7])), R(2, 3))
row("index_select of none", lambda lib, x: x.index_select(0, lib.tensor([], dtype=lib.int64)), R(2, 3))
row("index_select by floats", lambda lib, x: x.index_select(0, lib.tensor([1.0])), R(2, 3))
row("select", called("select", 1, -1), R(2, 3), R(3))
row("select beyond", called("select", 0, 7), R(2, 3), R())
row("narrow", called("narrow", 1, 1, 2), R(2, 3), R(3))
row("narrow from behind", called("narrow", 0, -1, 1), R(2, 3))
row("narrow beyond", called("narrow", 0, 1, 5), R(2, 3), R())
row("gather", lambda lib, x: lib.gather(x, 1, lib.tensor([[0, 0], [2, 1]])), R(2, 3), R(3, 3), R(1, 3), R(3))
row("gather dim 0", lambda lib, x: x.gather(0, lib.tensor([[1, 0, 1]])), R(2, 3))
row("gather beyond", lambda lib, x: x.gather(0, lib.tensor([[7]])), R(2, 3))
row("gather of a vector", lambda lib, x: x.gather(0, lib.tensor([1, 1])), R(3), R())
row("take_along_dim", lambda lib, x: lib.take_along_dim(x, lib.tensor([[0], [2]]), 1), R(2, 3))
row("take_along_dim broadcast", lambda lib, x: lib.take_along_dim(x, lib.tensor([[0, 2]]), 1), R(2, 3))
row("take_along_dim flat", lambda lib, x: lib.take_along_dim(x, lib.tensor([0, 5])), R(2, 3))
row("take_along_dim argsort", lambda lib, x: lib.take_along_dim(x, x.argsort(1), 1), R(2, 3))
row("masked_select", lambda lib, x: lib.masked_select(x, x > 0), *each())
row("masked_select broadcast", lambda lib, x: x.masked_select(lib.tensor([True, False, True])), R(2, 3), R(2, 2))
row("scatter", lambda lib, x, s: lib.scatter(x, 1, lib.tensor([[0, 2], [1, 0]]), s), (R(2, 3), R(2, 2)), (R(2, 3), R(1, 2)))
row("scatter a number", lambda lib, x: x.scatter(0, lib.tensor([[1, 0, 1]]), 2.5), R(2, 3))
row("scatter value", lambda lib, x: x.scatter(0, lib.tensor([[1]]), value=2.5), R(2, 3))
row("scatter beyond", lambda lib, x: x.scatter(0, lib.tensor([[7]]), 2.5), R(2, 3))
row("scatter reduce add", lambda lib, x, s: x.detach().scatter(0, lib.tensor([[1, 1, 0]]), s.detach(), reduce="add"), (R(2, 3), R(1, 3)), types="")
row("scatter_add", lambda lib, x, s: lib.scatter_add(x, 0, lib.tensor([[0, 0, 1], [0, 1, 1]]), s), (R(2, 3), R(2, 3)), (R(2, 3), R(1, 3)))
row("index_add", lambda lib, x, s: lib.index_add(x, 0, lib.tensor([0, 0]), s), (R(3, 2), R(2, 2)), (R(3), R(2)), (R(3, 2), R(3, 2)))
row("index_add dim", lambda lib, x, s: x.index_add(1, lib.tensor([1, 1]), s, alpha=2), (R(3, 2), R(3, 2)), types="int64 uint8 float16")
row("index_put", lambda lib, x, v: lib.index_put(x, (lib.tensor([0, 2]),), v), (R(3, 2), R(2, 2)), (R(3, 2), R(2)), (R(3, 2), R()))
row("index_put accumulate", lambda lib, x, v: x.index_put((lib.tensor([0, 0]),), v, accumulate=True), (R(3, 2), R(2, 2)), (R(3, 2), R()))
for kwargs in ({}, {"descending": True}, {"dim": 0}, {"dim": 5}):
    words = " ".join(f"{k} {v}" for k, v in kwargs.items())
    row(f"sort {words}".strip(), called("sort", **kwargs), *each(distinct, DIMS))
    row(f"argsort {words}".strip(), called("argsort", **kwargs), *each(distinct, DIMS))
row("sort stable", called("sort", stable=True), np.array([2.0, 1.0, 2.0, 1.0]))
row("sort with nan", called("sort"), np.array([2.0, math.nan, 1.0]), types="")
row("sort descending with nan", called("sort", descending=True), np.array([2.0, math.nan, 1.0]), types="")
row("topk", called("topk", 2), distinct(2, 3), distinct(3), distinct(1), distinct(), types="int64 float16")
row("topk smallest", called("topk", 1, largest=False), distinct(2, 3), distinct(3), distinct(), types="int64 float16")
row("topk dim", called("topk", 2, dim=0), distinct(3, 2), types="int64 float16")
row("unique", lambda lib, x: lib.unique(x.detach()), np.array([3.0, 1.0, 3.0, 2.0]), R(0), np.array([[1.0, 2.0], [2.0, 1.0]]))
row("unique with all", lambda lib, x: x.detach().unique(return_inverse=True, return_counts=True), np.array([[1.0, 2.0], [2.0, 1.0]]))
row("unique dim", lambda lib, x: x.detach().unique(dim=0), np.array([[1.0, 2.0], [2.0, 1.0], [1.0, 2.0]]))
row("nonzero", called("nonzero"), np.array([0.0, 1.0, 2.0]), np.eye(2), R(), R(0))
row("nonzero tuple", called("nonzero", as_tuple=True), np.array([0.0, 1.0, 2.0]), np.eye(2), R())

# -- changes in place ----------------------------------------------------------------------------
row("in-place arithmetic", lambda lib, x, y: _in_place(x, y), (R(2, 3), R(2, 3)), (R(2, 3), R(3)), (R(2, 3), R()), (R(3), R(2, 3)))
row("in-place numbers", lambda lib, x: x.clone().add_(1).mul_(2).sub_(3, alpha=2).div_(4).pow_(2), *each())
row("in-place fills", lambda lib, x: (x.clone().zero_(), x.clone().fill_(3), x.clone().clamp_(-1, 1)), *each())
row("in-place copy", lambda lib, x, y: x.clone().copy_(y), *pairs())
row("in-place views", lambda lib, x, y: _in_views(x, y), (R(2, 3), R(3)), (R(3, 3), R()), (R(1, 2), R(2)))
row("in-place mask", lambda lib, x: x.clone().masked_fill_(x > 0, 7), *each())


def _in_place(x: Any, y: Any) -> Any:
    z = x * 1
    z += y
    z *= y
    z -= 2
    z /= 3
    return z


def _in_views(x: Any, y: Any) -> Any:
    z = (x * 1).contiguous()  # which view() needs
    row, flat, turned = z[0], z.view(-1), z.t()
    row *= y
    flat[1:] += 2
    return turned * row.sum(), flat * z.reshape(-1)


# -- nn.functional -------------------------------------------------------------------------------
def nn(name: str, *args: Any, **kwargs: Any) -> Callable:
    """lib.nn.functional.NAME(*tensors, *args, **kwargs)."""
    return lambda lib, *ts: getattr(lib.nn.functional, name)(*ts, *args, **kwargs)


for name in "relu leaky_relu elu gelu silu softplus sigmoid tanh".split():
    row(f"nn.{name}", nn(name), *each(), types="")
row("nn.hardtanh", nn("hardtanh", -0.5, 0.8), R(2, 3), np.array([-0.5, 0.8, 0.0, 2.0]), types="")
row("nn.relu6", nn("relu6"), R(2, 3), np.array([0.0, 6.0, 7.0]), types="")
row("nn.threshold", nn("threshold", 0.25, 7.0), R(2, 3), np.array([0.25, 0.5]), types="")
row("nn.softshrink", nn("softshrink", 0.25), R(2, 3), np.array([0.25, -0.25, 0.0, 2.0]), types="")
row("nn.hardshrink", nn("hardshrink", 0.25), R(2, 3), np.array([0.25, -0.25, 0.0, 2.0]), types="")
row("nn.prelu", nn("prelu"), (R(2, 3), R(3)), (R(2, 3, 4), R(3)), (R(4), R(1)), types="")
row("nn.leaky_relu slope", nn("leaky_relu", 0.2), R(2, 3), np.array([0.0, -1.0]), types="")
row("nn.elu alpha", nn("elu", 0.5), R(2, 3), types="")
row("nn.gelu tanh", nn("gelu", approximate="tanh"), *each(), types="")
row("nn.softplus beta", nn("softplus", 2, 3), Spec((2, 3), lambda x: 3 * x), types="")
for name in "gelu silu softplus elu".split():
    row(f"nn.{name} at extremes", nn(name), np.array([-1e3, -30.0, 0.5, 30.0, 1e3]), types="")
row("nn.linear", nn("linear"), (R(2, 3), R(4, 3), R(4)), (R(2, 3), R(4, 3)), (R(3), R(4, 3), R(4)), (R(5, 2, 3), R(4, 3), R(4)), (R(0, 3), R(4, 3), R(4)), (R(2, 3), R(4, 2)), (R(2, 3), R(4, 3), R(3)), types="")
for name in "softmax log_softmax".split():
    for dim in (0, -1, 5):
        row(f"{name} {dim}", called(name, dim), *each(R, [(), (3,), (2, 3), (2, 3, 4), (0, 3)]), types="")
        row(f"nn.{name} {dim}", nn(name, dim), *each(R, [(), (3,), (2, 3), (2, 3, 4), (0, 3)]), types="")
    row(f"nn.{name} of large", nn(name, dim=-1), np.array([1000.0, 0.0, 1000.0]), np.array([88.0, 88.0, 88.0]), np.array([-math.inf, 0.0]), types="")
    row(f"nn.{name} dtype", lambda lib, x, name=name: getattr(lib.nn.functional, name)(x, 0, dtype=lib.float64), R(3), types="int64")
row("nn.dropout off", nn("dropout", 0.5, training=False), R(2, 3), types="")
row("nn.dropout none", nn("dropout", 0.0), R(2, 3), types="")
row("nn.dropout all", nn("dropout", 1.0), R(2, 3), types="")
row("nn.dropout wrong", nn("dropout", 1.5), R(2, 3), types="")
row("nn.one_hot", nn("one_hot"), np.array([0, 2, 1]), np.array([[0], [3]]), np.array(2))
row("nn.one_hot classes", nn("one_hot", 4), np.array([0, 2, 1]), np.array([0, 7]), np.array([-1]))
row("nn.embedding", nn("embedding"), (np.array([0, 2, 2]), R(3, 4)), (np.array([[0, 1], [2, 1]]), R(3, 4)), (np.array([0, 7]), R(3, 4)), types="")
row("nn.embedding padding", nn("embedding", padding_idx=2), (np.array([0, 2, 2]), R(3, 4)), types="")
row("nn.pad", nn("pad", (1, 2)), R(2, 3), R(3), types="")
row("nn.pad more", nn("pad", (1, 0, 0, 2), value=1.5), R(2, 3), R(2, 2, 3), types="")
row("nn.pad negative", nn("pad", (-1, 1)), R(2, 3), types="")
row("nn.pad reflect", nn("pad", (1, 1, 2, 1), mode="reflect"), R(2, 3, 4, 4), types="")
row("nn.pad replicate", nn("pad", (1, 1, 2, 1), mode="replicate"), R(2, 3, 4, 4), types="")
row("nn.pad circular", nn("pad", (1, 1, 2, 1), mode="circular"), R(2, 3, 4, 4), types="")
IMAGES = [(R(2, 3, 5, 6), R(4, 3, 2, 3), R(4)), (R(1, 3, 5, 5), R(2, 3, 3, 3)), (R(3, 5, 5), R(2, 3, 3, 3))]
row("nn.conv2d", nn("conv2d"), *IMAGES, (R(2, 3, 5, 5), R(2, 4, 3, 3)), (R(1, 3, 2, 2), R(2, 3, 3, 3)), types="")
row("nn.conv2d settings", lambda lib, x, w: lib.nn.functional.conv2d(x, w, stride=(2, 1), padding=(1, 2), dilation=(1, 2)), (R(2, 3, 7, 6), R(4, 3, 2, 3)), types="")
row("nn.conv2d same", lambda lib, x, w: lib.nn.functional.conv2d(x, w, padding="same"), (R(2, 3, 5, 5), R(4, 3, 3, 2)), types="")
row("nn.conv2d groups", lambda lib, x, w, b: lib.nn.functional.conv2d(x, w, b, groups=2), (R(2, 4, 5, 5), R(6, 2, 3, 3), R(6)), types="")
row("nn.conv2d channels", nn("conv2d", padding=1), (R(2, 6, 4, 5), R(4, 6, 3, 3), R(4)), (R(0, 6, 4, 4), R(4, 6, 3, 3)), types="")
row("nn.conv2d depthwise", nn("conv2d", stride=2, groups=4), (R(2, 4, 5, 5), R(4, 1, 3, 2)), types="")
row("nn.conv1d", nn("conv1d", stride=2, padding=1), (R(2, 4, 7), R(3, 4, 3), R(3)), (R(4, 7), R(3, 4, 3)), (R(2, 4, 7), R(3, 3, 3)), types="")
row("nn.conv_transpose1d", nn("conv_transpose1d", stride=2, output_padding=1), (R(2, 4, 5), R(4, 3, 3), R(3)), (R(4, 5), R(4, 3, 3)), types="")
row("nn.conv_transpose2d", nn("conv_transpose2d"), (R(2, 3, 4, 5), R(3, 2, 2, 3), R(2)), (R(3, 4, 5), R(3, 2, 2, 3)), (R(2, 3, 4, 5), R(2, 3, 2, 3)), types="")
row("nn.conv_transpose2d settings", lambda lib, x, w: lib.nn.functional.conv_transpose2d(x, w, None, (2, 3), (1, 0), (1, 2), 2, (1, 2)), (R(2, 4, 3, 4), R(4, 3, 3, 2)), types="")
row("nn.unfold", nn("unfold", (2, 3), dilation=(1, 2), padding=1, stride=2), R(2, 3, 5, 6), types="")
row("nn.fold", nn("fold", (5, 4), 2, padding=1, stride=(1, 2)), R(2, 8, 18), R(8, 18), R(2, 8, 17), types="")
for name in ("max_pool2d", "avg_pool2d"):
    row(f"nn.{name} gradient", lambda lib, x, name=name: lib.autograd.grad((getattr(lib.nn.functional, name)(x, 2) ** 3).sum(), x, create_graph=True)[0] ** 2, distinct(1, 2, 4, 4), types="")
row("nn.max_pool1d", nn("max_pool1d", 3, 2, 1, ceil_mode=True), distinct(2, 3, 8), distinct(3, 8), types="")
row("nn.avg_pool1d", nn("avg_pool1d", 3, 2, 1), R(2, 3, 8), R(3, 8), types="")
row("nn.max_pool2d", nn("max_pool2d", 2), distinct(2, 3, 4, 4), distinct(3, 5, 4), distinct(1, 1, 1, 1), types="")
row("nn.max_pool2d settings", nn("max_pool2d", (3, 2), stride=1, padding=1, dilation=(1, 2)), distinct(2, 2, 5, 5), types="")
row("nn.max_pool2d ceil", nn("max_pool2d", 2, ceil_mode=True, return_indices=True), distinct(1, 2, 5, 5), types="")
row("nn.max_pool2d of equals", nn("max_pool2d", 2), np.ones((1, 1, 4, 4)), types="")
row("nn.avg_pool2d", nn("avg_pool2d", 2), R(2, 3, 4, 4), R(3, 5, 4), types="")
row("nn.avg_pool2d settings", nn("avg_pool2d", (3, 2), stride=(2, 1), padding=1), R(2, 2, 5, 5), types="")
row("nn.avg_pool2d ceil", nn("avg_pool2d", 3, stride=2, padding=1, ceil_mode=True, count_include_pad=False), R(1, 2, 6, 6), types="")
row("nn.avg_pool2d divisor", nn("avg_pool2d", 2, divisor_override=3), R(1, 2, 4, 4), types="")
row("nn.batch_norm", lambda lib, x, w, b: lib.nn.functional.batch_norm(x, None, None, w, b, training=True), (R(4, 3), R(3), R(3)), (R(2, 3, 2, 2), R(3), R(3)), types="")
row("nn.batch_norm running", lambda lib, x: _batch_norm(lib, x, True), R(4, 3), R(2, 3, 2, 2), R(1, 3), types="")
row("nn.batch_norm not training", lambda lib, x: _batch_norm(lib, x, False), R(4, 3), R(2, 3, 2, 2), types="")
row("nn.layer_norm", lambda lib, x, w, b: lib.nn.functional.layer_norm(x, (3,), w, b), (R(2, 3), R(3), R(3)), (R(2, 4, 3), R(3), R(3)), types="")
row("nn.layer_norm plain", lambda lib, x: lib.nn.functional.layer_norm(x, x.shape[1:]), R(2, 3), R(2, 4, 3), types="")
row("nn.layer_norm wrong", lambda lib, x: lib.nn.functional.layer_norm(x, (4,)), R(2, 3), types="")
row("nn.normalize", nn("normalize"), R(2, 3), R(2, 3, 4), types="")
row("nn.normalize settings", nn("normalize", p=1, dim=0), R(2, 3), types="")
row("nn.cosine_similarity", nn("cosine_similarity"), (R(2, 3), R(2, 3)), (R(2, 3), R(1, 3)), types="")
row("nn.cosine_similarity dim", nn("cosine_similarity", dim=0), (R(3), R(3)), types="")


def _batch_norm(lib: Any, x: Any, training: bool) -> Any:
    mean, var = lib.zeros(3, dtype=x.dtype), lib.ones(3, dtype=x.dtype)
    y = lib.nn.functional.batch_norm(x, mean, var, training=training)
    return y, mean, var


for reduction in ("mean", "sum", "none", "median"):
    for name in "mse_loss l1_loss smooth_l1_loss huber_loss".split():
        row(f"nn.{name} {reduction}", nn(name, reduction=reduction), *pairs(shapes=[((), ()), ((3,), (3,)), ((2, 3), (2, 3)), ((0,), (0,)), ((2, 3), (3,))]), types="")
        if reduction != "median":
            row(f"nn.{name} misfit {reduction}", nn(name, reduction=reduction), (R(3), R(2)), types="")
    row(f"nn.smooth_l1_loss beta {reduction}", nn("smooth_l1_loss", reduction=reduction, beta=0.5), (R(2, 3), R(2, 3)), types="")
    row(f"nn.huber_loss delta {reduction}", nn("huber_loss", reduction=reduction, delta=0.5), (R(2, 3), R(2, 3)), types="")
    row(f"nn.cross_entropy {reduction}", nn("cross_entropy", reduction=reduction), (R(2, 3), np.array([0, 2])), (R(3), np.array(1)), (R(2, 3, 4), np.array([[0, 1, 2, 1], [2, 2, 0, 0]])), (R(2, 3), R(2, 3)), (R(0, 3), np.zeros(0, np.int64)), (R(2, 3), np.array([0, 7])), (R(2, 3), np.array([0])), (R(2, 3), np.array([0.0, 1.0])), types="")
    row(f"nn.cross_entropy settings {reduction}", lambda lib, x, y, reduction=reduction: lib.nn.functional.cross_entropy(x, y, weight=lib.tensor([0.2, 1.0, 3.0], dtype=x.dtype), ignore_index=1, reduction=reduction, label_smoothing=0.1), (R(4, 3), np.array([0, 2, 1, 1])), (R(2, 3, 2), np.array([[0, 1], [2, 2]])), (R(2, 3), np.array([1, 1])), types="")
    row(f"nn.cross_entropy probabilities {reduction}", lambda lib, x, y, reduction=reduction: lib.nn.functional.cross_entropy(x, lib.softmax(y, 1), weight=lib.tensor([0.2, 1.0, 3.0], dtype=x.dtype), reduction=reduction, label_smoothing=0.1), (R(2, 3), R(2, 3)), (R(2, 3, 2), R(2, 3, 2)), types="")
    row(f"nn.nll_loss {reduction}", nn("nll_loss", reduction=reduction), (R(2, 3), np.array([0, 2])), (R(3), np.array(1)), (R(2, 3, 4), np.array([[0, 1, 2, 1], [2, 2, 0, 0]])), (R(2, 3), np.array([0, 7])), types="")
    row(f"nn.nll_loss weight {reduction}", lambda lib, x, y, reduction=reduction: lib.nn.functional.nll_loss(x, y, weight=lib.tensor([0.2, 1.0, 3.0], dtype=x.dtype), ignore_index=0, reduction=reduction), (R(3, 3), np.array([0, 2, 1])), types="")
    row(f"nn.binary_cross_entropy {reduction}", nn("binary_cross_entropy", reduction=reduction), (Spec((2, 3), lambda x: 1 / (1 + np.exp(-x))), Spec((2, 3), lambda x: (x > 0) * 1.0)), (Spec((3,), lambda x: 1 / (1 + np.exp(-x))), Spec((3,), lambda x: np.abs(np.tanh(x)))), (np.array([2.0]), np.array([1.0])), (np.array([0.5]), np.array([1.0, 0.0])), types="")
    row(f"nn.binary_cross_entropy_with_logits {reduction}", nn("binary_cross_entropy_with_logits", reduction=reduction), (R(2, 3), Spec((2, 3), lambda x: (x > 0) * 1.0)), (np.array([-100.0, 100.0]), np.array([1.0, 0.0])), (R(3), R(2)), types="")
    row(f"nn.binary_cross_entropy_with_logits weights {reduction}", lambda lib, x, y, reduction=reduction: lib.nn.functional.binary_cross_entropy_with_logits(x, y, weight=lib.tensor([1.0, 2.0, 0.5], dtype=x.dtype), pos_weight=lib.tensor([3.0, 1.0, 2.0], dtype=x.dtype), reduction=reduction), (R(2, 3), Spec((2, 3), lambda x: np.abs(np.tanh(x)))), types="")
    row(f"nn.kl_div {reduction}", nn("kl_div", reduction=reduction), (R(2, 3), Spec((2, 3), lambda x: np.abs(np.tanh(x)))), types="")
    row(f"nn.kl_div sharp {reduction}", lambda lib, x, y, reduction=reduction: lib.nn.functional.kl_div(x, y.detach(), reduction=reduction), (R(2, 3), np.array([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]])), types="")
    row(f"nn.kl_div log {reduction}", nn("kl_div", reduction=reduction, log_target=True), (R(2, 3), R(2, 3)), types="")
row("nn.binary_cross_entropy at the ends", lambda lib, x, y: lib.nn.functional.binary_cross_entropy(x.detach(), y.detach()), (np.array([0.0, 1.0, 0.0, 1.0]), np.array([0.0, 1.0, 1.0, 0.0])), types="")
row("nn.kl_div batchmean", nn("kl_div", reduction="batchmean"), (R(2, 3), Spec((2, 3), lambda x: np.abs(np.tanh(x)))), types="")

import more_cases  # noqa: E402, F401 (it adds its rows to CASES)
