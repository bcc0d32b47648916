"""repr(tensor) is torch's text, to the blank."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded

import minigrad

nan, inf = math.nan, math.inf
LISTS: dict[str, Any] = {
    "floats": [0.1, 0.5],
    "whole floats": [5.0, 7.0, 9.0],
    "negative": [-1.0, 2.0],
    "negative zero": [-0.0, 0.0],
    "mixed signs": [-1.5, 22.25, 0.0],
    "large": [1e5, 2e6],
    "large whole": [1e8, 1.0],
    "larger": [1e9, 1.0],
    "large and small": [12345.678, 0.001],
    "tiny": [1e-5, 2e-5],
    "tiny and one": [1e-4, 1.0],
    "tiny and whole": [1e-8, 0.0],
    "thousand": [1000.5, 1.5],
    "ratio of 1000": [0.001, 1.0],
    "ratio above 1000": [0.001, 1.01],
    "huge": [1e30, -1e30],
    "denormal": [1e-40, 1.0],
    "nan": [nan, 1.0],
    "nan alone": [nan],
    "nan and half": [nan, 0.5],
    "inf": [inf, -inf, 1.0],
    "inf and half": [inf, 0.25],
    "only inf": [-inf, inf],
    "zero": [0.0],
    "rounds up": [0.99999, 1.00001],
    "rounds to ten": [9.99996],
    "matrix": [[5.0, 7.0, 9.0]],
    "matrix of floats": [[0.25, -1.0], [100.5, 3.0]],
    "cube": [[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]],
    "four dimensions": [[[[1.0], [2.0]]], [[[3.0], [4.0]]]],
    "number": 3.0,
    "number with decimals": 3.14159,
    "large number": 123456789.0,
    "tiny number": 1.5e-7,
    "nan number": nan,
    "inf number": -inf,
    "integer": 7,
    "negative integer": -7,
    "integers": [1, 2, 3],
    "integers of several widths": [1, -20, 300],
    "matrix of integers": [[1, -2], [30, 4]],
    "large integers": [10**15, 1],
    "booleans": [True, False],
    "boolean": True,
    "matrix of booleans": [[True, False], [False, False]],
    "empty": [],
    "row of nothing": [[]],
}
SHAPES = [(0,), (0, 3), (2, 0), (1, 1), (2, 3), (3, 2, 2), (20,), (40,), (5, 30), (1001,), (1000,)]
SHAPES += [
    (40, 40),
    (2, 600),
    (600, 2),
    (7, 7, 30),
    (11, 11, 11),
    (6, 200),
    (1, 1, 1500),
    (1, 2000),
]


def counted(lib: Any, shape: tuple, step: float) -> Any:
    n = int(np.prod(shape))
    return lib.tensor((np.arange(n) * step - 3).reshape(shape).astype(np.float32))


def leaf(lib: Any, *shape: int) -> Any:
    return counted(lib, shape, 0.5).requires_grad_()


TABLE: dict[str, Callable[[Any], str]] = {
    name: lambda lib, d=data: repr(lib.tensor(d)) for name, data in LISTS.items()
}
for shape in SHAPES:
    for step in (1.0, 0.37, 1234.5):
        TABLE[f"{shape} by {step}"] = lambda lib, s=shape, k=step: repr(counted(lib, s, k))
    TABLE[f"{shape} of integers"] = lambda lib, s=shape: repr(counted(lib, s, 7).to(lib.int64))
    TABLE[f"{shape} of booleans"] = lambda lib, s=shape: repr(counted(lib, s, 1) > 3)
for name in "float64 float16 int32 int16 int8 uint8 bool int64 float32".split():
    TABLE[f"dtype {name}"] = lambda lib, n=name: repr(lib.tensor([1, 0]).to(getattr(lib, n)))
    TABLE[f"dtype {name} empty"] = lambda lib, n=name: repr(lib.zeros(0, dtype=getattr(lib, n)))
    TABLE[f"dtype {name} 0-d"] = lambda lib, n=name: repr(lib.ones((), dtype=getattr(lib, n)))
    TABLE[f"dtype {name} empty rows"] = lambda lib, n=name: repr(
        lib.zeros(2, 0, dtype=getattr(lib, n))
    )
TABLE |= {
    "float64 of thirds": lambda lib: repr(lib.tensor([1 / 3, 2 / 3], dtype=lib.float64)),
    "float16 of thirds": lambda lib: repr(lib.tensor([1 / 3, 200.0], dtype=lib.float16)),
    "wide with dtype": lambda lib: repr(counted(lib, (13,), 0.37).double()),
    "requires_grad": lambda lib: repr(leaf(lib, 2, 3)),
    "requires_grad number": lambda lib: repr(lib.tensor(2.0, requires_grad=True)),
    "requires_grad wide": lambda lib: repr(leaf(lib, 11)),
    "requires_grad wider": lambda lib: repr(leaf(lib, 9)),
    "requires_grad double": lambda lib: repr(leaf(lib, 3).detach().double().requires_grad_()),
    "requires_grad empty": lambda lib: repr(leaf(lib, 0, 3)),
    "grad": lambda lib: _grad(leaf(lib, 3)),
    "list of tensors": lambda lib: repr([lib.tensor(1), lib.tensor([0.5])]),
    "str": lambda lib: str(lib.tensor([0.1, 0.5])),
    "format": lambda lib: f"{lib.tensor([0.1, 0.5])}",
    "format number": lambda lib: f"{lib.tensor(0.12345):.2f} {lib.tensor(7):d} {lib.tensor(2.5)}",
    "size": lambda lib: (
        f"{lib.zeros(2, 3).shape} {lib.zeros(()).size()!r} {lib.zeros(2, 3).shape[0]}"
    ),
    "device": lambda lib: f"{lib.zeros(1).device!r} {lib.zeros(1).device}",
    "type": lambda lib: f"{lib.zeros(1).type()} {lib.tensor(1).type()} {lib.tensor(True).type()}",
    "default type is double": lambda lib: _with_double_as_default(lib),
    "grad mode objects": lambda lib: repr(leaf(lib, 2).detach()),
}


def _grad(x: Any) -> str:
    (x * x).sum().backward()
    return repr(x.grad)


def _with_double_as_default(lib: Any) -> str:
    try:
        lib.set_default_dtype(lib.float64)
        return repr([lib.tensor([0.5]), lib.tensor([0.5], dtype=lib.float32), lib.zeros(0)])
    finally:
        lib.set_default_dtype(lib.float32)


# The commonest: where torch has one kernel for what is composed here, the names differ.
MADE_BY: dict[str, Callable[[Any, Any], Any]] = {
    "x + 1": lambda lib, x: x + 1,
    "x - 1": lambda lib, x: x - 1,
    "x * 2": lambda lib, x: x * 2,
    "x / 2": lambda lib, x: x / 2,
    "-x": lambda lib, x: -x,
    "x ** 2": lambda lib, x: x**2,
    "abs": lambda lib, x: abs(x),
    "exp": lambda lib, x: x.exp(),
    "log": lambda lib, x: x.log(),
    "sqrt": lambda lib, x: x.sqrt(),
    "sum": lambda lib, x: x.sum(),
    "sum dim": lambda lib, x: x.sum(0),
    "mean": lambda lib, x: x.mean(),
    "mean dim": lambda lib, x: x.mean(0),
    "max": lambda lib, x: x.max(),
    "matrix product": lambda lib, x: x @ x.T,
    "matrix and vector": lambda lib, x: x @ x[0],
    "vectors": lambda lib, x: x[0] @ x[0],
    "transpose": lambda lib, x: x.T,
    "permute": lambda lib, x: x.permute(1, 0),
    "transpose method": lambda lib, x: x.transpose(0, 1),
    "reshape": lambda lib, x: x.reshape(-1),
    "view": lambda lib, x: x.view(6),
    "flatten": lambda lib, x: x.flatten(),
    "index": lambda lib, x: x[0],
    "slice": lambda lib, x: x[:, 1:],
    "index by a list": lambda lib, x: x[[0, 1]],
    "index by a mask": lambda lib, x: x[x > 0],
    "cat": lambda lib, x: lib.cat([x, x]),
    "stack": lambda lib, x: lib.stack([x, x]),
    "relu": lambda lib, x: x.relu(),
    "sigmoid": lambda lib, x: x.sigmoid(),
    "tanh": lambda lib, x: x.tanh(),
    "where": lambda lib, x: lib.where(x > 0, x, 0.0),
    "clone": lambda lib, x: x.clone(),
    "clamp": lambda lib, x: x.clamp(0, 1),
    "expand": lambda lib, x: x.expand(2, 2, 3),
    "to": lambda lib, x: x.double(),
    "softmax": lambda lib, x: lib.softmax(x, 1),
    "log_softmax": lambda lib, x: lib.log_softmax(x, 1),
    "cumsum": lambda lib, x: x.cumsum(0),
    "prod": lambda lib, x: x.prod(),
    "logsumexp": lambda lib, x: x.logsumexp(1),
    "maximum": lambda lib, x: lib.maximum(x, x * 2),
    "linear": lambda lib, x: lib.nn.functional.linear(x, x, x[:, 0]),
    "in place": lambda lib, x: x.clone().add_(1),
    "in place mul": lambda lib, x: x.clone().mul_(2),
    "assigned": lambda lib, x: _assigned(x.clone()),
    "flip": lambda lib, x: x.flip(0),
    "amax": lambda lib, x: x.amax(0),
    "sign": lambda lib, x: x.sign(),
    "floor": lambda lib, x: x.floor(),
    "outer": lambda lib, x: lib.outer(x[0], x[0]),
    "dot": lambda lib, x: x[0].dot(x[0]),
    "mv": lambda lib, x: x.mv(x[0]),
    "bmm": lambda lib, x: x[None].bmm(x.T[None]),
    "square": lambda lib, x: x.square(),
    "rsqrt": lambda lib, x: x.rsqrt(),
    "reciprocal": lambda lib, x: x.reciprocal(),
    "sin": lambda lib, x: x.sin(),
    "cos": lambda lib, x: x.cos(),
    "sum of a float16": lambda lib, x: x.half().sum(),
    "dropout": lambda lib, x: lib.nn.functional.dropout(x, 1.0),
    "diagonal": lambda lib, x: x.diagonal(),
    "narrow": lambda lib, x: x.narrow(0, 0, 1),
    "select": lambda lib, x: x.select(0, 0),
    "roll": lambda lib, x: x.roll(1),
}


def _assigned(x: Any) -> Any:
    x[0] = 1.0
    return x


for name, make in MADE_BY.items():
    TABLE[f"made by {name}"] = lambda lib, f=make: repr(f(lib, leaf(lib, 2, 3)))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_tensors_print_as_recorded_from_torch() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("printing"))


@pytest.mark.live
@pytest.mark.filterwarnings("ignore")
def test_tensors_print_as_the_installed_torch_prints_them(torch: Any) -> None:
    answers = {k: recorded.answer(torch, f) for k, f in TABLE.items()}
    recorded.check(TABLE, minigrad, answers)


def test_a_random_tensor_prints_the_numbers_it_holds() -> None:
    t = minigrad.tensor(np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32))
    shown = eval(repr(t), {"tensor": lambda data: np.array(data)})
    assert np.abs(shown - t.numpy()).max() <= 0.5e-4 + 1e-9
