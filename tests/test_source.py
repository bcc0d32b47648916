"""minigrad.study.source: a recorded graph as a NumPy program that gives the same bits."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case

import minigrad
from minigrad import nn
from minigrad.autograd import engine
from minigrad.autograd.engine import apply, rule
from minigrad.study import Source, source

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def tensors_in(x: Any) -> list:
    """The tensors in what an operation returns."""
    if isinstance(x, minigrad.Tensor):
        return [x]
    return [t for item in x for t in tensors_in(item)] if isinstance(x, (list, tuple)) else []


def same_bits(a: Any, b: Any) -> bool:
    a, b = np.asarray(a), np.asarray(b)
    return (a.shape, a.dtype, a.tobytes()) == (b.shape, b.dtype, b.tobytes())


def check(loss: minigrad.Tensor, **leaves: minigrad.Tensor) -> Source:
    """source() of a loss gives its value and the gradients of these leaves, bit for bit."""
    program = source(loss, **leaves)
    found, grads = program.run()
    loss.backward(minigrad.ones_like(loss))
    assert same_bits(found, loss.detach().numpy()), program
    assert set(grads) == {name for name, t in leaves.items() if t.grad is not None}, program
    for name, g in grads.items():
        assert same_bits(g, leaves[name].grad.numpy()), f"{name} of\n{program}"
    return program


ROWS: dict[str, list[Case]] = {}
for row in CASES.values():
    ROWS.setdefault(row.name.split()[0], []).append(row)


@pytest.mark.parametrize("cases", ROWS.values(), ids=ROWS)
def test_the_program_of_each_row_has_the_bits_of_grad(cases: list[Case]) -> None:
    for case in cases:
        for arrays in case.arrays():
            for dtype in (np.float32, np.float64):
                given = {
                    f"p{i}": minigrad.tensor(a.astype(dtype) if a.dtype == np.float64 else a)
                    for i, a in enumerate(arrays)
                }
                leaves = {k: t.requires_grad_() for k, t in given.items() if t.dtype.kind == "f"}
                try:
                    made = tensors_in(case.fn(minigrad, *given.values()))
                except Exception:
                    continue  # a row for an error
                made = [y for y in made if y.requires_grad]
                if made:
                    check(sum((y * 1.5).sum() for y in made), **leaves)


def softmax(o: minigrad.Tensor) -> minigrad.Tensor:
    e = o.exp()
    return e / e.sum(1, keepdim=True)


def lecture() -> dict[str, minigrad.Tensor]:
    minigrad.manual_seed(0)
    W, b = minigrad.randn(784, 10) * 0.01, minigrad.zeros(10)
    X, y = minigrad.rand(256, 784), minigrad.randint(0, 10, (256,))
    return {"W": W.requires_grad_(), "b": b.requires_grad_(), "X": X, "y": y}


def test_softmax_regression_from_scratch_is_what_one_would_have_written_by_hand() -> None:
    W, b, X, y = lecture().values()
    y_hat = softmax(X @ W + b)
    loss = -y_hat[range(len(y_hat)), y].log().mean()
    program = source(loss)
    lines = [line.split("  #")[0].strip() for line in str(program).splitlines()]
    assert lines[:2] == ["import numpy as np", ""]
    assert "def step(X, W, b, y):" in lines
    for line in (
        "y_hat = exp1 / sum1",
        "index1 = y_hat[np.arange(256), y]",
        "loss = -mean1",
        "d_b = d_add1.sum(axis=0)",
        "return loss, {'W': d_W, 'b': d_b}",
    ):
        assert line in lines, program
    assert str(program).count("def ") == 1  # no helper
    check(loss, W=W, b=b)


def test_concise_softmax_regression_and_a_network() -> None:
    minigrad.manual_seed(0)
    X, y = minigrad.rand(64, 1, 28, 28), minigrad.randint(0, 10, (64,))
    net = nn.Sequential(
        nn.Conv2d(1, 4, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
        nn.Linear(784, 32), nn.ReLU(), nn.Dropout(0.5), nn.Linear(32, 10),
    )  # fmt: skip
    loss = nn.functional.cross_entropy(net(X), y)
    program = source(loss)
    named = {f"net_{n.replace('.', '_')}": p for n, p in net.named_parameters()}
    assert {*named, "y"} <= set(program.inputs)
    check(loss, **named)


def test_the_text_runs_alone(tmp_path: Path) -> None:
    W, b, X, y = lecture().values()
    loss = nn.functional.cross_entropy((X @ W + b).abs().prod(1, keepdim=True) * b, y)
    program = source(loss)
    assert {node.names[0].name for node in ast.walk(ast.parse(str(program)))
            if isinstance(node, ast.Import)} == {"numpy"}  # fmt: skip
    (tmp_path / "alone.py").write_text(str(program), encoding="utf-8")
    np.savez(tmp_path / "inputs.npz", **program.inputs)
    code = (
        "import sys, numpy as np, alone\n"
        "loss, grads = alone.step(**np.load('inputs.npz'))\n"
        "assert 'minigrad' not in sys.modules\n"
        "print(np.asarray(loss).tobytes().hex(), grads['W'].tobytes().hex()[:64])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    loss.backward()
    expected = loss.detach().numpy().tobytes().hex(), W.grad.numpy().tobytes().hex()[:64]
    assert done.stdout.split() == list(expected), done.stderr


def test_inputs_are_called_as_the_caller_calls_them_or_as_asked() -> None:
    weight, data = minigrad.ones(20).requires_grad_(), minigrad.ones(20)
    loss = (weight * data).sum()
    assert set(source(loss).inputs) == {"weight", "data"}
    assert set(source(loss, w=weight, x=data).inputs) == {"w", "x"}
    inner = (lambda w: (w * minigrad.zeros(20)).sum())(weight)
    assert set(source(inner).inputs) == {"weight", "x1"}


def test_a_detached_part_and_a_tensor_used_twice() -> None:
    x = minigrad.tensor([0.3, -2.0, 0.7], requires_grad=True)
    y = x.exp()
    check((y * y.detach() + y).sum() + (x * x * x).sum(), x=x)


def test_what_has_no_program() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(RuntimeError, match="computed from one that requires grad"):
        source(x)
    loss = (x * x).sum()
    loss.backward()
    with pytest.raises(RuntimeError, match="has been freed: call source"):
        source(loss)
    loss = (x * x).sum()
    with minigrad.no_grad():
        x += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        source(loss)


@pytest.fixture
def own_rules() -> Iterator[None]:
    """Rules that the test adds are gone after it."""
    before = set(engine.RULES)
    yield
    for fn in set(engine.RULES) - before:
        del engine.RULES[fn], engine.NAMES[fn]


def test_an_operation_of_ones_own_is_written_as_what_it_calls(own_rules: None) -> None:
    def cube(x: Any) -> Any:
        return x * x * x

    rule(cube, lambda g, y, x: 3 * g * x * x)
    x = minigrad.tensor([1.5, 2.0], requires_grad=True)
    assert "x * x * x" in str(check(apply(cube, (x,)).sum(), x=x))

    def looped(x: Any) -> Any:
        return np.asarray([float(n) for n in x], x.dtype)

    rule(looped, lambda g, y, x: g)
    with pytest.raises(NotImplementedError, match="looped'? is not on the formula sheet"):
        source(apply(looped, (x,)).sum())
