"""What the graph saves, and what it need not: saved_tensors_hooks and checkpoints, as torch's."""

from __future__ import annotations

import gc
import warnings
import weakref
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded
from recorded import refusal

import minigrad
from minigrad import autograd, nn
from minigrad.autograd.saving import read_by

TABLE: dict[str, Callable[[Any], Any]] = {}


def program(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    TABLE[fn.__name__.replace("_", " ")] = fn
    return fn


def leaf(lib: Any, *numbers: float) -> Any:
    return lib.tensor([float(n) for n in numbers], requires_grad=True)


# -- saved_tensors_hooks ---------------------------------------------------------------------------
@program
def what_is_packed(lib: Any) -> Any:
    a, b, log = leaf(lib, 0.5, 2), leaf(lib, 3, 4), []
    operations = [
        lambda: a.exp(), lambda: a + b, lambda: a.relu(), lambda: a @ b,
        lambda: a.sum(), lambda: a**2, lambda: a.sigmoid(), lambda: a * a, lambda: a * 2,
        lambda: a * lib.ones(2), lambda: a.log(), lambda: a.sqrt(), lambda: a.tanh(),
        lambda: a.log_softmax(0), lambda: a.reshape(2, 1), lambda: a.logsumexp(0),
        lambda: a.mean(), lambda: a.abs(), lambda: a.clamp(0, 1), lambda: lib.where(a > 0, a, b),
        lambda: a[:1], lambda: a.detach() * b,
    ]  # fmt: skip
    for operation in operations:
        seen: list[Any] = []
        with lib.autograd.graph.saved_tensors_hooks(
            lambda t, s=seen: (s.append(t), t)[1], lambda t, s=seen: (s.append("back"), t)[1]
        ):
            y = operation()
        y.sum().backward()
        log.append(seen)
    return [log, a.grad, b.grad]


@program
def packed_as_something_else(lib: Any) -> Any:
    a, b = leaf(lib, 1, 2), leaf(lib, 3, 4)
    store: dict[int, Any] = {}

    def pack(t: Any) -> int:
        store[len(store)] = t.detach().double()
        return len(store) - 1

    with lib.autograd.graph.saved_tensors_hooks(pack, lambda i: store[i].float()):
        y = (a * b).exp() * a
        z = (y * y).sum()
    (g,) = lib.autograd.grad(z, a, create_graph=True)
    return [len(store), g, lib.autograd.grad(g.sum(), [a, b], retain_graph=True)]


@program
def changed_numbers_come_through(lib: Any) -> Any:
    a = leaf(lib, 1, 2)
    with lib.autograd.graph.saved_tensors_hooks(lambda t: t, lambda t: t * 10):
        y = a.exp()
    y.sum().backward()
    return [y, a.grad]


@program
def packing_for_a_function(lib: Any) -> Any:
    log: list[Any] = []

    class Square(lib.autograd.Function):
        @staticmethod
        def forward(ctx: Any, x: Any) -> Any:
            y = x * x
            ctx.save_for_backward(x, y)
            return y

        @staticmethod
        def backward(ctx: Any, g: Any) -> Any:
            x, y = ctx.saved_tensors
            return g * 2 * x

    a = leaf(lib, 1, 2)
    with lib.autograd.graph.saved_tensors_hooks(
        lambda t: (log.append(t), t * 3)[1], lambda t: (log.append("back"), t)[1]
    ):
        y = Square.apply(a)
    y.sum().backward()
    return [log, a.grad]


@program
def the_innermost_block_counts(lib: Any) -> Any:
    a, log = leaf(lib, 1, 2), []
    hooks = lib.autograd.graph.saved_tensors_hooks

    def named(name: str) -> Any:
        return hooks(lambda t: (log.append(name), t)[1], lambda t: t)

    with named("outer"):
        y = a.exp()
        with named("inner"):
            y = y.exp()
        y = y.exp()
    y.sum().exp()
    return log


@program
def refusals_of_hooks(lib: Any) -> Any:
    graph, a = lib.autograd.graph, leaf(lib, 1, 2)

    def packing(pack: Any, unpack: Any) -> Any:
        with graph.saved_tensors_hooks(pack, unpack):
            y = a.exp()
        y.sum().backward()

    def disabled() -> None:
        with graph.disable_saved_tensors_hooks("not here"), graph.save_on_cpu():
            pass

    return [
        refusal(lambda: packing(3, 4), 0)[0],
        refusal(lambda: packing(lambda t: 3, lambda n: n), 20),
        refusal(lambda: packing(lambda t: t.detach().add_(1), lambda t: t)), refusal(disabled),
    ]  # fmt: skip


@program
def save_on_cpu(lib: Any) -> Any:
    a = leaf(lib, 1, 2)
    with lib.autograd.graph.save_on_cpu():
        y = (a * a).exp()
    y.sum().backward()
    return a.grad


# -- checkpoints -----------------------------------------------------------------------------------
def both(lib: Any, fn: Callable[[bool], Any]) -> list[Any]:
    return [fn(reentrant) for reentrant in (True, False)]


@program
def checkpoint(lib: Any) -> Any:
    run = lib.utils.checkpoint.checkpoint

    def one(reentrant: bool) -> Any:
        x, w, log = leaf(lib, 1, 2), leaf(lib, 3, 4), []

        def part(a: Any) -> Any:
            log.append(lib.is_grad_enabled())
            y = (a * w).sin().exp() * 2
            log.append("end")
            return y

        y = run(part, x, use_reentrant=reentrant)
        (y * x).sum().backward()
        twice = run(part, x, use_reentrant=reentrant).sum()
        twice.backward(retain_graph=True)
        twice.backward()
        with lib.no_grad():
            z = run(part, x, use_reentrant=reentrant)
        return [y, x.grad, w.grad, log, y.grad_fn.name(), z]

    return both(lib, one)


@program
def gradients_of_a_checkpoint(lib: Any) -> Any:
    run = lib.utils.checkpoint.checkpoint

    def one(reentrant: bool) -> Any:
        x, w = leaf(lib, 1, 2), leaf(lib, 3, 4)
        part = lambda a: (a * w).sin().exp()  # noqa: E731
        first = refusal(
            lambda: lib.autograd.grad(run(part, x, use_reentrant=reentrant).sum(), [x, w])
        )
        y = run(part, x, use_reentrant=reentrant).sum()
        only = refusal(lambda: y.backward(inputs=[x]))
        return [first, only, x.grad]

    x, w = leaf(lib, 1, 2), leaf(lib, 3, 4)
    y = run(lambda a: (a * w).exp(), x, use_reentrant=False)
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    return [both(lib, one), g, lib.autograd.grad(g.sum(), [x, w])]


@program
def arguments_and_results_of_a_checkpoint(lib: Any) -> Any:
    run = lib.utils.checkpoint.checkpoint

    def one(reentrant: bool) -> Any:
        x, w = leaf(lib, 1, 2), leaf(lib, 3, 4)
        y, none, z = run(lambda a, n, b: (a * b * n, None, a + b), x, 3, w, use_reentrant=reentrant)
        z.sum().backward(retain_graph=True)
        (y * z).sum().backward()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            q = run(lambda a: a * w, lib.ones(2), use_reentrant=reentrant)
        return [y, none, z, x.grad, w.grad, q, [str(c.message)[:30] for c in caught],
                refusal(lambda: run(lambda a, n=1: a * n, x, n=2, use_reentrant=reentrant)),
                refusal(lambda: run(lambda a: a, x, m=2, use_reentrant=reentrant), 3)]  # fmt: skip

    return both(lib, one)


@program
def random_numbers_of_a_checkpoint(lib: Any) -> Any:
    run = lib.utils.checkpoint.checkpoint

    def one(reentrant: bool) -> Any:
        x = lib.ones(200, requires_grad=True)
        drop = lib.nn.functional.dropout
        y = run(lambda a: drop(a, 0.5).exp(), x, use_reentrant=reentrant)
        state = lib.get_rng_state()
        y.sum().backward()
        same = [bool(((x.grad != 0) == (y != 1)).all()), lib.equal(lib.get_rng_state(), state)]
        x.grad = None
        y = run(lambda a: drop(a * 1, 0.5).exp(), x, use_reentrant=reentrant,
                preserve_rng_state=False)  # fmt: skip
        lib.manual_seed(5)
        y.sum().backward()
        return [same, bool(((x.grad != 0) == (y != 1)).all())]

    return both(lib, one)


@program
def parts_that_do_something_else_the_second_time(lib: Any) -> Any:
    run, x = lib.utils.checkpoint.checkpoint, leaf(lib, 1, 2)

    def changing(first: Callable, then: Callable, **how: Any) -> Any:
        calls: list[int] = []

        def part(a: Any) -> Any:
            calls.append(1)
            return then(a) if len(calls) > 1 else first(a)

        y = run(part, x, use_reentrant=False, **how)
        return refusal(y.sum().backward, 8)

    return [
        changing(lambda a: (a * a).exp(), lambda a: a * a),
        changing(lambda a: a * a, lambda a: (a * a).exp(), early_stop=False),
        changing(lambda a: a.exp() * lib.ones(2), lambda a: a.exp() * lib.ones(1)),
        changing(lambda a: a.exp() * lib.ones(2), lambda a: a.exp() * lib.ones(1),
                 determinism_check="none"),
    ]  # fmt: skip


@program
def early_stop(lib: Any) -> Any:
    cp, log = lib.utils.checkpoint, []

    def part(a: Any) -> Any:
        y = a.exp()
        log.append("end")
        return y

    for how in ({}, {"early_stop": False}):
        cp.checkpoint(part, leaf(lib, 1), use_reentrant=False, **how).sum().backward()
        log.append("|")
    with cp.set_checkpoint_early_stop(False):
        y = cp.checkpoint(part, leaf(lib, 1), use_reentrant=False)
    y.sum().backward()
    return log


@program
def nested_checkpoints(lib: Any) -> Any:
    run, w = lib.utils.checkpoint.checkpoint, leaf(lib, 3, 4)

    def one(reentrant: bool) -> Any:
        x = leaf(lib, 0.1, 0.2)
        w.grad = None
        inner = lambda a: (a * w).sin().exp()  # noqa: E731
        y = run(
            lambda a: run(inner, a.exp(), use_reentrant=reentrant) * 2, x, use_reentrant=reentrant
        )
        y.sum().backward()
        return [x.grad, w.grad]

    return both(lib, one)


@program
def checkpoint_sequential(lib: Any) -> Any:
    def net() -> Any:
        layers = lib.nn.Sequential(*[lib.nn.Linear(3, 3) for _ in range(5)], lib.nn.Tanh())
        with lib.no_grad():
            for k, p in enumerate(layers.parameters()):
                rng = np.random.default_rng(k)
                p.copy_(lib.from_numpy(rng.standard_normal(p.shape).astype(np.float32)))
        return layers

    def one(reentrant: bool) -> Any:
        found = []
        for segments in (1, 2, 4):
            layers, x = net(), leaf(lib, 0.1, 0.2, 0.3)
            y = lib.utils.checkpoint.checkpoint_sequential(
                layers, segments, x, use_reentrant=reentrant
            )
            y.sum().backward()
            found.append([y, x.grad, [p.grad for p in layers.parameters()][:2]])
        return found

    return both(lib, one)


@program
def warnings_and_options(lib: Any) -> Any:
    run, x = lib.utils.checkpoint.checkpoint, leaf(lib, 1)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = run(lambda a: a * 2, x)
    around: list[str] = []

    class Block:
        def __init__(self, name: str) -> None:
            self.name = name

        def __enter__(self) -> None:
            around.append(self.name)

        def __exit__(self, *exc: Any) -> None:
            around.append("left")

    z = run(lambda a: a.exp(), x, use_reentrant=False, context_fn=lambda: (Block("a"), Block("b")))
    z.sum().backward()
    return [
        [str(w.message)[:60] for w in caught], y.grad_fn.name(), around,
        refusal(lambda: run(lambda a: a, x, use_reentrant=True, debug=True)),
        refusal(lambda: run(lambda a: a * a, x, use_reentrant=False, determinism_check="x"), 5)[:1],
    ]  # fmt: skip


def test_programs_answer_as_torch_did() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("checkpoint"))


@pytest.mark.live
def test_programs_answer_as_torch_does(torch: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {k: recorded.answer(torch, p) for k, p in TABLE.items()}
    recorded.check(TABLE, minigrad, expected)


# -- memory, and what only minigrad has ------------------------------------------------------------
@pytest.mark.parametrize("reentrant", [True, False])
def test_a_checkpoint_keeps_nothing_of_its_inside(reentrant: bool) -> None:
    kept: list[weakref.ref] = []

    def part(a: Any) -> Any:
        for _ in range(3):
            a = a.sin()
            kept.append(weakref.ref(a._array))
        return a

    x = minigrad.ones(10, requires_grad=True)
    y = minigrad.utils.checkpoint.checkpoint(part, x, use_reentrant=reentrant)
    gc.collect()
    assert [array() is not None for array in kept] == [False, False, True]
    y.sum().backward()
    plain = minigrad.ones(10, requires_grad=True)
    plain.sin().sin().sin().sum().backward()
    assert (x.grad == plain.grad).all()


def test_a_net_in_checkpoints_takes_less_memory_and_the_same_steps() -> None:
    rng = np.random.default_rng(0)
    x = minigrad.tensor(rng.standard_normal((64, 32)).astype(np.float32))
    nets = [nn.Sequential(*[nn.Sequential(nn.Linear(32, 32), nn.Tanh()) for _ in range(8)])
            for _ in range(2)]  # fmt: skip
    nets[1].load_state_dict(nets[0].state_dict())
    for net, run in zip(nets, (lambda net: net(x), segmented(x)), strict=True):
        optimizer = minigrad.optim.SGD(net.parameters(), 0.1)
        for _ in range(3):
            optimizer.zero_grad()
            run(net).square().mean().backward()
            optimizer.step()
    pairs = zip(nets[0].parameters(), nets[1].parameters(), strict=True)
    assert all((a == b).all() for a, b in pairs)


def segmented(x: Any) -> Callable[[Any], Any]:
    run = minigrad.utils.checkpoint.checkpoint_sequential
    return lambda net: run(net, 4, x, use_reentrant=False)


def test_layers_that_work_in_place_can_be_checkpointed() -> None:
    net = nn.Sequential(nn.Linear(3, 3), nn.ReLU(inplace=True), nn.Linear(3, 1))
    x = minigrad.ones(2, 3, requires_grad=True)
    minigrad.utils.checkpoint.checkpoint(net, x, use_reentrant=False).sum().backward()
    found, x.grad = x.grad, None
    net(x).sum().backward()
    assert (found == x.grad).all()


def test_what_is_overwritten_in_the_second_run_is_refused() -> None:
    x = minigrad.ones(2, requires_grad=True)
    part = lambda a: a.exp().add_(1).mul_(a)  # noqa: E731
    y = minigrad.utils.checkpoint.checkpoint(part, x, use_reentrant=False)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_a_trace_around_hooks_sees_the_arrays() -> None:
    x = leaf(minigrad, 1, 2)
    with autograd.trace(print=False) as t, autograd.graph.save_on_cpu():
        (x * x).exp().sum().backward()
    assert [s.operation for s in t.steps if s.direction == "forward"] == ["mul", "exp", "sum"]
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp([1, 4]) * [1, 2], rtol=1e-6)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("lambda g, y, a: g * a.shape[0]", {"g"}),
        ("lambda g, y, a: spread(g, a.shape) * y", {"g", "y"}),
        ("def rule(g, y, a):\n    n = len(a)\n    return g / n", {"g"}),
        ("def each(g, xs):\n    return lambda i: g[xs[i].shape]", {"g"}),
        ("no python (", {"g", "y", "a"}),
    ],
)
def test_what_a_rule_reads(source: str, expected: set[str]) -> None:
    parameters = ("g", "xs") if "xs" in source else ("g", "y", "a")
    assert read_by(source, parameters) == expected
