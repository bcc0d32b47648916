"""The walk back: grad, backward, accumulation, modes, memory, depth."""
# ruff: noqa: E501 (tables, a row on a line)

from __future__ import annotations

import gc
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded
from test_tensor import run

import minigrad
from minigrad import autograd, tensor
from minigrad.autograd import engine

TABLE: dict[str, Callable[[Any], Any]] = {
    # -- backward
    "backward of a number": run("(x * x).sum().backward()", result="x.grad"),
    "backward of several": run("(x * x).backward()"),
    "backward of one in a vector": run("(x * x).sum().reshape(1).backward()", result="x.grad"),
    "backward with a gradient": run("(x * x).backward(lib.tensor([1.0, 0.0, 2.0]))", result="x.grad"),
    "backward with a gradient of the wrong shape": run("(x * x).backward(lib.tensor([1.0]))"),
    "backward with a gradient of another type": run("(x * x).backward(lib.ones(3, dtype=lib.float64))", result="x.grad"),
    "backward of nothing to differentiate": run("a.sum().backward()"),
    "backward of ints": run("lib.tensor([1, 2]).sum().backward()"),
    "backward of a leaf": run("y = lib.tensor(2.0, requires_grad=True); y.backward()", result="y.grad"),
    "backward twice": run("y = (x * x).sum(); y.backward(); y.backward()"),
    "backward twice retained": run("y = (x * x).sum(); y.backward(retain_graph=True); y.backward()", result="x.grad"),
    "backward through a freed part": run("z = x * x; (z * z).sum().backward(); z.sum().backward()"),
    "backward of two graphs that share leaves": run("(x * x).sum().backward(); (3 * x).sum().backward()", result="x.grad"),
    "accumulation": run("for _ in range(3): (x * 2).sum().backward()", result="x.grad"),
    "one tensor used many times": run("y = x * x + x * 2 - x / x + x; y.sum().backward()", result="x.grad"),
    "same tensor twice in a call": run("(x @ x).backward()", result="x.grad"),
    "backward of inputs only": run("w = lib.ones(3, requires_grad=True); (x * w).sum().backward(inputs=[w])", result="[x.grad, w.grad]"),
    "backward of no inputs": run("x.sum().backward(inputs=[])"),
    "backward of several tensors": run("lib.autograd.backward([x.sum(), (x * x).sum()])", result="x.grad"),
    "backward of several with gradients": run("lib.autograd.backward([x * 2, x.sum()], [lib.ones(3), None])", result="x.grad"),
    "backward to a result as input": run("y = x * 2; (y * y).sum().backward(inputs=y)", result="[x.grad, y.grad]"),
    "grad of grad by backward": run("g, = lib.autograd.grad((x ** 3).sum(), x, create_graph=True); g.sum().backward()", result="x.grad"),
    # -- grad
    "grad": run("g = lib.autograd.grad((x * x).sum(), x)", result="[g, x.grad]"),
    "grad of a list": run("w = lib.ones(3, requires_grad=True)", result="lib.autograd.grad((x * w).sum(), [x, w])"),
    "grad of several outputs": run("", result="lib.autograd.grad([x.sum(), (x * x).sum()], x)"),
    "grad of several outputs with cotangents": run("", result="lib.autograd.grad([x * 1, x * x], [x], [lib.ones(3), 2 * lib.ones(3)])"),
    "grad of several without cotangents": run("lib.autograd.grad(x * x, x)"),
    "grad, too few cotangents": run("lib.autograd.grad([x * 1, x * x], x, [lib.ones(3)])"),
    "grad with respect to a result": run("y = x * 2", result="lib.autograd.grad((y * y).sum(), y)"),
    "grad with respect to both": run("y = x * 2", result="lib.autograd.grad((y * y).sum(), [x, y])"),
    "grad of a tensor by itself": run("y = x.sum()", result="lib.autograd.grad(y, y)"),
    "grad unused": run("w = lib.ones(3, requires_grad=True); lib.autograd.grad(x.sum(), [x, w])"),
    "grad unused allowed": run("w = lib.ones(3, requires_grad=True)", result="lib.autograd.grad(x.sum(), [x, w], allow_unused=True)"),
    "grad unused made zeros": run("w = lib.ones(3, requires_grad=True)", result="lib.autograd.grad(x.sum(), [x, w], materialize_grads=True)"),
    "grad of what needs none": run("lib.autograd.grad((x * a).sum(), a)"),
    "grad frees": run("y = (x * x).sum(); lib.autograd.grad(y, x); lib.autograd.grad(y, x)"),
    "grad retained": run("y = (x * x).sum(); lib.autograd.grad(y, x, retain_graph=True)", result="lib.autograd.grad(y, x)"),
    "grad recorded": run("g, = lib.autograd.grad((x ** 3).sum(), x, create_graph=True)", result="[g, lib.autograd.grad(g.sum(), x)]"),
    "grad not recorded": run("g, = lib.autograd.grad((x ** 3).sum(), x)", result="g.requires_grad"),
    "third derivative": run("y = (x ** 4).sum(); g, = lib.autograd.grad(y, x, create_graph=True); h, = lib.autograd.grad(g.sum(), x, create_graph=True)", result="lib.autograd.grad(h.sum(), x)"),
    "grad of a linear gradient": run("g, = lib.autograd.grad((x * 2).sum(), x, create_graph=True); lib.autograd.grad(g.sum(), x)"),
    "grad under no_grad": run("y = (x * x).sum()\nwith lib.no_grad(): g = lib.autograd.grad(y, x)", result="g"),
    "same input twice": run("", result="lib.autograd.grad((x * x).sum(), [x, x])"),
    "cotangent that requires grad": run("v = lib.ones(3, requires_grad=True); g, = lib.autograd.grad(x * x, x, v, create_graph=True)", result="lib.autograd.grad(g.sum(), [x, v])"),
    "grad of broadcasts": run("w = lib.ones(2, 1, requires_grad=True); b = lib.ones(1, requires_grad=True)", result="lib.autograd.grad((w * x + b).sum(), [w, b])"),
    "grad through indexing": run("", result="lib.autograd.grad(x[[0, 0, 2]].sum() * x[1], x)"),
    # -- modes
    "no_grad": run("with lib.no_grad(): y = x * 2", result="[y.requires_grad, y.is_leaf, lib.is_grad_enabled()]"),
    "enable_grad inside no_grad": run("with lib.no_grad():\n with lib.enable_grad(): y = x * 2", result="y.requires_grad"),
    "set_grad_enabled as a function": run("lib.set_grad_enabled(False); y = x * 2; lib.set_grad_enabled(True)", result="[y.requires_grad, lib.is_grad_enabled()]"),
    "set_grad_enabled as a block": run("with lib.set_grad_enabled(False): y = x * 2\nz = x * 2", result="[y.requires_grad, z.requires_grad]"),
    "no_grad as a decorator": run("f = lib.no_grad()(lambda: x * 2)", result="[f().requires_grad, lib.is_grad_enabled()]"),
    "no_grad as a decorator without parentheses": run("f = lib.no_grad(lambda: x * 2)", result="f().requires_grad"),
    "set_grad_enabled as a decorator": run("f = lib.set_grad_enabled(False)(lambda: x * 2)", result="[f().requires_grad, (x * 2).requires_grad]"),
    "enable_grad as a decorator": run("f = lib.enable_grad()(lambda: x * 2)\nwith lib.no_grad(): y = f()", result="y.requires_grad"),
    "an exception leaves the mode": run("try:\n with lib.no_grad(): 1 / 0\nexcept ZeroDivisionError: pass", result="lib.is_grad_enabled()"),
    "requires_grad is kept by leaves under no_grad": run("with lib.no_grad(): w = lib.ones(2, requires_grad=True)", result="w.requires_grad"),
    "comparisons need no gradient": run("", result="[(x > 1).requires_grad, x.argmax().requires_grad, (x == x).is_leaf]"),
    "backward inside no_grad": run("y = (x * x).sum()\nwith lib.no_grad(): y.backward()", result="x.grad"),
    # -- functional
    "functional.vjp": run("", result="lib.autograd.functional.vjp(lambda t: t * t, a, a)"),
    "functional.jvp": run("", result="lib.autograd.functional.jvp(lambda t: t * t, a, a)"),
    "functional.jacobian": run("", result="lib.autograd.functional.jacobian(lambda t: t * t, a)"),
    "functional.hessian": run("", result="lib.autograd.functional.hessian(lambda t: (t ** 3).sum(), a)"),
    "functional.hvp": run("", result="lib.autograd.functional.hvp(lambda t: (t ** 3).sum(), a, a)"),
}  # fmt: skip


def test_gradients_come_out_as_recorded_from_torch() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("autograd"))


@pytest.mark.live
@pytest.mark.filterwarnings("ignore")
def test_gradients_come_out_as_the_installed_torchs_do(torch: Any) -> None:
    answers = {k: recorded.answer(torch, f) for k, f in TABLE.items()}
    recorded.check(TABLE, minigrad, answers)


# -- depth and size ------------------------------------------------------------------------------
def test_a_chain_of_200000_links_runs_backward_and_dies() -> None:
    x = tensor(1.0, requires_grad=True)
    y = x
    for _ in range(200_000):
        y = y + x
    y.backward()
    assert x.grad is not None and x.grad.item() == 200_001
    del y


def test_a_chain_that_never_ran_backward_dies_without_recursion() -> None:
    x = tensor(1.0, requires_grad=True)
    y = x
    for _ in range(200_000):
        y = -y
    dead = weakref.ref(y)
    del y
    assert dead() is None


def test_sixty_stacked_diamonds_take_sixty_steps_and_not_two_to_the_sixtieth() -> None:
    x = tensor(1.0, dtype=minigrad.float64, requires_grad=True)
    y = x
    for _ in range(60):
        y = y + y
    begun = time.perf_counter()
    y.backward()
    assert time.perf_counter() - begun < 1
    assert x.grad is not None and x.grad.item() == 2.0**60


def test_graphs_die_by_reference_count() -> None:
    gc.collect()
    gc.disable()
    try:
        x = tensor([1.0, 2.0], requires_grad=True)
        for backward in (False, True):
            y = (x * 2).exp()
            z = (y @ y).sqrt().sum()
            watched = [weakref.ref(t) for t in (y, z)]
            arrays = [weakref.ref(y._array), weakref.ref(z._array)]
            if backward:
                z.backward()
            del y, z
            assert [r() for r in watched + arrays] == [None] * 4
        y = x * 1
        y += 1
        y[0] = 3
        y.register_hook(lambda g: None)
        y.retain_grad()
        watched = [weakref.ref(y)]
        y.sum().backward(create_graph=False)
        del y
        assert watched[0]() is None
    finally:
        gc.enable()


def test_backward_frees_what_the_forward_saved() -> None:
    x = tensor(np.ones(10), requires_grad=True)
    y = x * 2
    inner = weakref.ref(y._array)
    z = y.exp().sum()
    del y
    assert inner() is not None
    z.backward()
    assert inner() is None and z.item() > 0


# -- only what is asked for ----------------------------------------------------------------------
def test_the_gradient_of_an_input_that_needs_none_is_never_computed() -> None:
    calls: list[str] = []

    @autograd.primitive(
        lambda g, y, a, b: calls.append("a") or g * b, lambda g, y, a, b: calls.append("b") or g * a
    )
    def spied_product(a: Any, b: Any) -> Any:
        return a * b

    try:
        x = tensor([1.0, 2.0], requires_grad=True)
        data = tensor([3.0, 4.0])
        spied_product(x, data).sum().backward()
        assert calls == ["a"]
        spied_product(data, x).sum().backward()
        assert calls == ["a", "b"]
        spied_product(data, data)
        w = tensor([5.0, 6.0], requires_grad=True)
        assert autograd.grad(spied_product(w, x).sum(), w)[0].equal(x)
        assert calls == ["a", "b", "a"], "grad() computed what was not asked for"
    finally:
        for fn in [f for f, name in engine.NAMES.items() if name == "spied_product"]:
            del engine.RULES[fn], engine.NAMES[fn]


def test_a_rule_may_hand_out_the_gradient_it_was_given_and_leaves_stay_apart() -> None:
    a, b = tensor([1.0], requires_grad=True), tensor([2.0], requires_grad=True)
    given = tensor([1.0])
    (a + b).backward(given)
    assert a.grad is not None and b.grad is not None
    a.grad += 5
    assert b.grad.item() == 1 and given.item() == 1
    (a + b).backward(given)
    assert (a.grad.item(), b.grad.item(), given.item()) == (7, 2, 1)


def test_a_grad_that_was_taken_away_is_not_changed_by_the_next_backward() -> None:
    x = tensor([1.0], requires_grad=True)
    (x * 2).backward()
    kept, x.grad = x.grad, None
    (x * 3).backward()
    assert kept.item() == 2 and x.grad.item() == 3


# -- modes and threads ---------------------------------------------------------------------------
def test_each_thread_has_its_own_mode() -> None:
    seen: list[bool] = []
    inside, done = threading.Event(), threading.Event()

    def other() -> None:
        with minigrad.no_grad():
            inside.set()
            done.wait(5)
            seen.append(minigrad.is_grad_enabled())

    thread = threading.Thread(target=other)
    thread.start()
    inside.wait(5)
    seen.append(minigrad.is_grad_enabled())
    done.set()
    thread.join()
    assert seen == [True, False]


def test_one_no_grad_object_may_be_entered_again_and_recursively() -> None:
    quiet = minigrad.no_grad()
    with quiet:
        with quiet:
            pass
        assert not minigrad.is_grad_enabled()
    assert minigrad.is_grad_enabled()


def test_threads_may_run_backward_at_the_same_time() -> None:
    w = tensor(np.ones((20, 20)), requires_grad=True)
    results: list[np.ndarray] = []

    def work(seed: int) -> None:
        x = tensor(np.random.default_rng(seed).standard_normal((20, 20)))
        for _ in range(20):
            (g,) = autograd.grad((x @ w).tanh().sum(), w)
        results.append(g.numpy())

    threads = [threading.Thread(target=work, args=(0,)) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(results) == 4 and all(np.array_equal(r, results[0]) for r in results)


# -- messages ------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("program", "words"),
    [
        (lambda x: (x * x).backward(), r"implicitly created only for scalar.*FloatTensor \(2,\).*sum\(\)"),
        (lambda x: x.detach().sum().backward(), "does not require grad.*no_grad.*detach"),
        (lambda x: [y := (x * x).sum(), y.backward(), y.backward()], "second time.*retain_graph=True"),
        (lambda x: autograd.grad(x.sum(), [tensor([1.0], requires_grad=True)]), "not have been used.*allow_unused"),
        (lambda x: (x * x).backward(tensor([1.0])), r"Mismatch in shape.*\(1,\).*\(2,\)"),
    ],
)  # fmt: skip
def test_messages_say_what_was_found_and_what_to_do(program: Callable, words: str) -> None:
    with pytest.raises(RuntimeError, match=words):
        program(tensor([1.0, 2.0], requires_grad=True))
