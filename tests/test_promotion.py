"""Operands of different types: integers, booleans, Python's and NumPy's numbers, 0-d tensors,
mixed.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded

import minigrad

RARE = ("16", "int8", "int32")  # types that only the operators are tried with
TYPES = "float64 float32 float16 int64 int32 int16 int8 uint8 bool".split()
OPERATORS: dict[str, Callable] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
    "==": operator.eq,
    "<": operator.lt,
    "&": operator.and_,
}


def vector(dtype: str) -> Callable:
    return lambda lib: lib.tensor([3, 1], dtype=getattr(lib, dtype))


def number(dtype: str) -> Callable:
    return lambda lib: lib.tensor(2, dtype=getattr(lib, dtype))


TENSORS = {f"{d}[2]": vector(d) for d in TYPES} | {f"{d}[]": number(d) for d in TYPES}
SCALARS: dict[str, Callable] = {
    "2": lambda lib: 2,
    "2.5": lambda lib: 2.5,
    "True": lambda lib: True,
}
NUMPYS: dict[str, Callable] = {
    "np.float64(2)": lambda lib: np.float64(2),
    "np.float32(2)": lambda lib: np.float32(2),
    "np.int64(2)": lambda lib: np.int64(2),
}
FUNCTIONS: dict[str, Callable] = {
    "where": lambda lib, a, b: lib.where(lib.tensor([True, False]), a, b),
    "cat": lambda lib, a, b: lib.cat([a, b]),
    "maximum": lambda lib, a, b: lib.maximum(a, lib.as_tensor(b)),
    "atan2": lambda lib, a, b: lib.atan2(a, lib.as_tensor(b)),
    "logical_and": lambda lib, a, b: lib.logical_and(a, lib.as_tensor(b)),
    "clamp": lambda lib, a, b: a.clamp(min=b),
    "assign": lambda lib, a, b: _assign(a, b),
    "add_": lambda lib, a, b: a.add_(b),
    "mul_": lambda lib, a, b: a.mul_(b),
    "div_": lambda lib, a, b: a.div_(b),
    "masked_fill": lambda lib, a, b: a.masked_fill(a == 3, b),
    "copy_": lambda lib, a, b: a.copy_(b),
    "fill_": lambda lib, a, b: a.fill_(b),
    "matmul": lambda lib, a, b: a @ b,
    "result_type": lambda lib, a, b: str((a + b).dtype).removeprefix("torch."),
    "promote_types": lambda lib, a, b: str(lib.promote_types(a.dtype, b.dtype)).split(".")[-1],
}


def _assign(a: Any, b: Any) -> Any:
    a[0] = b
    return a


TABLE: dict[str, Callable] = {}
for left, make_a in {**TENSORS, **SCALARS}.items():
    for right, make_b in {**TENSORS, **SCALARS, **NUMPYS}.items():
        if left in SCALARS and right not in TENSORS:
            continue
        for sign, fn in OPERATORS.items():
            if (right in NUMPYS and sign not in "+*/") or (sign in "<%&" and "8" in left + right):
                continue
            TABLE[f"{left} {sign} {right}"] = lambda lib, f=fn, a=make_a, b=make_b: f(
                a(lib), b(lib)
            )
        if left in TENSORS and right not in NUMPYS and not any(t in left + right for t in RARE):
            for name, fn in FUNCTIONS.items():
                TABLE[f"{name} {left} {right}"] = lambda lib, f=fn, a=make_a, b=make_b: f(
                    lib, a(lib), b(lib)
                )

# On purpose otherwise (docs/numerics.md): booleans are taken where torch has no kernel for them;
# 2.5 / 3 is rounded to the nearest float16, and not to its neighbour.
OTHERWISE = {
    *(f"{a} ** {b}" for a in ("bool[2]", "bool[]", "True") for b in ("bool[2]", "bool[]", "True")),
    "matmul bool[2] bool[2]", "clamp bool[2] True", "clamp bool[] True", "2.5 / float16[2]",
}  # fmt: skip
for name in OTHERWISE:
    TABLE.pop(name, None)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_operands_of_all_types_give_what_torch_recorded() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("promotion"))


@pytest.mark.live
@pytest.mark.filterwarnings("ignore")
def test_operands_of_all_types_give_what_the_installed_torch_gives(torch: Any) -> None:
    some = dict(list(TABLE.items())[::7])
    recorded.check(some, minigrad, {k: recorded.answer(torch, f) for k, f in some.items()})


def test_an_array_counts_by_its_type_and_numpys_number_as_pythons() -> None:
    x = minigrad.tensor([1.0, 2.0])
    assert (np.array([1.0, 2.0]) * x).dtype == (x * np.array([1.0, 2.0])).dtype == np.float64
    assert (np.float64(2) * x).dtype == (x * np.float64(2)).dtype == np.float32
    assert (np.sqrt(2) / x).dtype == (x ** np.float64(2)).dtype == np.float32


def test_the_default_type_decides_what_integers_become() -> None:
    minigrad.set_default_dtype(minigrad.float64)
    assert (minigrad.tensor([1, 2]) / 2).dtype == minigrad.tensor([1, 2]).exp().dtype == np.float64
