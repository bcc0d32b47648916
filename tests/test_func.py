"""minigrad.func: derivatives and batches of functions, in small programs that torch answered."""

from __future__ import annotations

import warnings
from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded
from recorded import refusal

import minigrad
from minigrad import func, nn

TABLE: dict[str, Callable[[Any], Any]] = {}
Pair = namedtuple("Pair", "left right")


def program(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    TABLE[fn.__name__.replace("_", " ")] = fn
    return fn


def draw(lib: Any, *shape: int, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    return lib.from_numpy(rng.standard_normal(shape).astype(np.float32))


def filled(lib: Any, module: Any, seed: int = 0) -> Any:
    """The module with the same numbers in both libraries."""
    with lib.no_grad():
        for k, p in enumerate(module.parameters()):
            p.copy_(draw(lib, *p.shape, seed=seed + k))
    return module


# -- grad ------------------------------------------------------------------------------------------
@program
def grad_of_one_argument_and_of_several(lib: Any) -> Any:
    grad, x, w = lib.func.grad, draw(lib, 3), draw(lib, 3, seed=2)
    f = lambda x, w, n=2: (x**n * w).sum()  # noqa: E731
    return [
        grad(f)(x, w), grad(f, argnums=1)(x, w), grad(f, argnums=(1, 0))(x, w),
        grad(f, argnums=-1)(x, w), grad(f)(x, w, n=3), grad(grad(lambda x: x**4))(x[0]),
        grad(lambda x: x.detach().sum())(x), grad(lambda x, w: w.sum(), argnums=(0, 1))(x, w),
    ]  # fmt: skip


@program
def grad_by_trees_of_tensors(lib: Any) -> Any:
    x, w = draw(lib, 3), draw(lib, 3, seed=2)
    d = lib.func.grad(lambda d: (d["a"] * d["b"][0] * d["b"][1]).sum())({"a": x, "b": [w, (w)]})
    p = lib.func.grad(lambda p, q: (p.left * p.right**2 * q).sum(), (0, 1))(Pair(x, w), w)
    return [list(d), d["a"], d["b"], type(p[0]).__name__, p]


@program
def grad_and_value_with_aux(lib: Any) -> Any:
    x = draw(lib, 3)
    both, grad = lib.func.grad_and_value, lib.func.grad
    return [
        both(lambda x: (x * x).sum())(x), both(lambda x: (x.sum(), [x * 2]), has_aux=True)(x),
        grad(lambda x: (x.sum(), {"k": x * 2}), has_aux=True)(x)[1]["k"],
    ]  # fmt: skip


@program
def what_is_outside_stays_recorded(lib: Any) -> Any:
    x, w = draw(lib, 3), draw(lib, 3, seed=2).requires_grad_()
    grad, both = lib.func.grad, lib.func.grad_and_value
    by_input = grad(lambda x: (x**3).sum())(w)
    in_closure = grad(lambda x: (x**3 * w).sum())(x)
    beside = both(lambda x: (x**3).sum() + w.sum())(x)
    aux = grad(lambda x: (x.sum(), (x * 2, x * w)), has_aux=True)(x)[1]
    with lib.no_grad():
        alone = grad(lambda x: (x**3).sum())(w)
    return [
        by_input, in_closure, beside, aux, alone, lib.autograd.grad(by_input.sum(), w),
        lib.autograd.grad(in_closure.sum(), w), grad(lambda x: (x**3).sum())(x), w.grad,
    ]  # fmt: skip


@program
def no_grad_inside(lib: Any) -> Any:
    def f(x: Any) -> Any:
        with lib.no_grad():
            shift = x**2
        return (x**2 - shift).sum()

    return lib.func.grad(f)(draw(lib, 3))


@program
def refusals_of_grad(lib: Any) -> Any:
    grad, x = lib.func.grad, lib.ones(3)
    return [
        refusal(lambda: grad(lambda x: x * 2)(x)), refusal(lambda: grad(lambda x: 3)(x)),
        refusal(lambda: grad(lambda x: x)(3.0)), refusal(lambda: grad(lambda x: x.sum())(x.long())),
        refusal(lambda: grad(lambda x: x.sum(), argnums=5)(x)),
        refusal(lambda: grad(lambda x: x.sum(), argnums=(0, 0))(x)),
        refusal(lambda: grad(lambda x: x.sum(), argnums=())(x)),
        refusal(lambda: grad(lambda x: x.sum(), argnums="a")(x), 8),
        refusal(lambda: grad(lambda x: x.sum(), has_aux=True)(x)),
        refusal(lambda: grad(lambda x: x.add_(1).sum())(x), 12),
    ]  # fmt: skip


# -- vjp and jvp -----------------------------------------------------------------------------------
@program
def vjp_of_several_outputs_and_inputs(lib: Any) -> Any:
    x, w = draw(lib, 3), draw(lib, 3, seed=2)
    y, pull = lib.func.vjp(lambda x, w: (x * w, {"s": w.sum()}), x, w)
    twice = [pull((x, {"s": lib.ones(())})), pull((w, {"s": lib.zeros(())}))]
    z, pull, aux = lib.func.vjp(lambda x: (x * 2, x * 3), x, has_aux=True)
    unused = lib.func.vjp(lambda x, w: x * 2, x, w)[1](x)
    return [y[0], y[1]["s"], twice, z, pull(x), aux, unused]


@program
def vjp_inside_of_a_graph(lib: Any) -> Any:
    x, w = draw(lib, 3).requires_grad_(), draw(lib, 3, seed=2)
    y, pull = lib.func.vjp(lambda x: x**3, x)
    (g,) = pull(w)
    v = w.clone().requires_grad_()
    (h,) = lib.func.vjp(lambda x: x**3, w)[1](v)
    return [y, g, lib.autograd.grad(g.sum(), x), h, lib.autograd.grad(h.sum(), v)]


@program
def refusals_of_vjp(lib: Any) -> Any:
    x = lib.ones(3)
    pull = lib.func.vjp(lambda x: x * 2, x)[1]
    return [
        refusal(lambda: pull(lib.ones(2))), refusal(lambda: pull((x,))),
        refusal(lambda: lib.func.vjp(lambda x: (x, 3), x)),
    ]  # fmt: skip


@program
def jvp_and_linearize(lib: Any) -> Any:
    x, w, t = draw(lib, 3), draw(lib, 3, seed=2), draw(lib, 3, seed=3)
    jvp, f = lib.func.jvp, lambda x, w: (x.sin() * w, {"s": (x * w).sum()})
    y, push = lib.func.linearize(lambda x, w: x.sin() * w, x, w)
    return [
        *[[z[0], z[1]["s"]] for z in jvp(f, (x, w), (t, x))],
        jvp(lambda x: lib.ones(3), (x,), (t,)), jvp(lambda x: (x * x, x), (x,), (t,), has_aux=True),
        y, push(t, x), push(t, lib.zeros(3)),
        jvp(lambda x: jvp(lambda y: y**3, (x,), (t,))[1], (x,), (t,)),
        lib.func.grad(lambda x: jvp(lambda y: y**3, (x,), (t,))[1].sum())(x),
    ]  # fmt: skip


@program
def refusals_of_jvp(lib: Any) -> Any:
    x, f = lib.ones(3), lambda x: x * x
    jvp = lib.func.jvp
    return [
        refusal(lambda: jvp(f, x, x)), refusal(lambda: jvp(f, (x,), (lib.ones(2),))),
        refusal(lambda: jvp(f, (x,), (x, x))),
    ]  # fmt: skip


# -- Jacobians -------------------------------------------------------------------------------------
@program
def jacobians_and_hessians(lib: Any) -> Any:
    x, w = draw(lib, 2), draw(lib, 2, 2, seed=2)
    f = lambda x, w: (w @ x, (x * x).sum())  # noqa: E731
    both = []
    for jac in (lib.func.jacrev, lib.func.jacfwd):
        both.append([
            jac(f)(x, w), jac(f, argnums=1)(x, w), jac(f, argnums=(0, 1))(x, w),
            jac(lambda d: {"o": d["a"] ** 2})({"a": x})["o"]["a"],
            jac(lambda x: (x * x, x * 3), has_aux=True)(x), jac(jac(lambda x: x**3))(x),
            jac(lambda x: lib.ones(2))(x), jac(lambda x: x[:1] * 2)(w),
        ])  # fmt: skip
    hessian = lib.func.hessian
    return [
        both, hessian(lambda x: (x**3).sum())(x), hessian(lambda x: x[0] * x[1])(x),
        hessian(lambda x, w: (w @ x).pow(2).sum(), argnums=(0, 1))(x, w),
    ]  # fmt: skip


@program
def a_jacobian_is_part_of_the_graph(lib: Any) -> Any:
    x = draw(lib, 3).requires_grad_()
    j = lib.func.jacrev(lambda x: x**3)(x)
    return [j, lib.autograd.grad(j.sum(), x)]


@program
def functional_vhp(lib: Any) -> Any:
    x, v = draw(lib, 3), draw(lib, 3, seed=2)
    vhp = lib.autograd.functional.vhp
    f = lambda x: (x**3).prod()  # noqa: E731
    two = vhp(lambda x, w: (x * x * w).sum(), (x, v), (v, x))
    return [
        vhp(f, x, v), two, refusal(lambda: vhp(f, x)), refusal(lambda: vhp(lambda x: x, x, v)),
        vhp(f, x.clone().requires_grad_(), v, create_graph=True),
    ]  # fmt: skip


# -- vmap ------------------------------------------------------------------------------------------
@program
def vmap_dimensions(lib: Any) -> Any:
    vmap, x, y = lib.vmap, draw(lib, 2, 3), draw(lib, 3, 2, seed=2)
    return [
        vmap(lambda x: x.sum())(x), vmap(lib.dot, in_dims=(1, 0))(x, y),
        vmap(lib.dot, in_dims=(0, -1))(x, y), vmap(lib.mul, in_dims=(0, None))(x, y[:, 0]),
        vmap(lambda x: x * 2, out_dims=1)(x), vmap(lambda x: (x * 2, x.sum()), out_dims=(1, 0))(x),
        vmap(lambda x: (x, lib.ones(1)), out_dims=(-1, None))(x),
        vmap(lambda x, n: x * n, (0, None))(x, 3),
        vmap(lambda d: d["a"] + d["b"], in_dims=({"a": 0, "b": None},))({"a": x, "b": y[:, 0]}),
        vmap(lambda p: [p.left * 2, p.right])(Pair(x, y.t())), vmap(lambda x: lib.ones(1))(x),
        vmap(lambda x: x * 2)(lib.zeros(0, 3)), vmap(lambda x, y: x.sum() + y)(x, y=lib.ones(2)),
        vmap(vmap(lib.mul, (None, 0)), (0, None))(x[0], x[1]),
        vmap(vmap(lib.sum))(draw(lib, 2, 2, 3)),
        vmap(lambda x: x > 0)(x), vmap(lambda x: x, chunk_size=1)(x),
    ]  # fmt: skip


@program
def vmap_and_gradients(lib: Any) -> Any:
    x, w = draw(lib, 4, 3), draw(lib, 3, seed=2)
    vmap, grad = lib.vmap, lib.func.grad
    loss = lambda w, x: (w * x).sum() ** 2  # noqa: E731
    p = w.clone().requires_grad_()
    y = vmap(loss, (None, 0))(p, x)
    return [
        vmap(grad(loss), (None, 0))(w, x), vmap(lib.func.jacrev(lambda x: x**2))(x), y,
        grad(lambda w: vmap(loss, (None, 0))(w, x).sum())(w), lib.autograd.grad(y.sum(), p),
        vmap(lib.func.hessian(lambda x: (x**3).sum()))(x),
        vmap(lib.func.vjp(lambda x: x.sin(), w)[1])(x),
        vmap(lambda v: lib.func.jvp(lambda w: w**2, (w,), (v,))[1])(x),
    ]  # fmt: skip


@program
def vmap_changes_in_place(lib: Any) -> Any:
    x = draw(lib, 2, 3)
    before = x.clone()
    y = lib.vmap(lambda row: row.mul_(2))(x)
    return [y, x, before]


@program
def refusals_of_vmap(lib: Any) -> Any:
    vmap, x = lib.vmap, lib.ones(2, 3)
    same = lambda x: x  # noqa: E731
    return [
        refusal(lambda: vmap(lib.mul)(x, lib.ones(3, 3)), 20),
        refusal(lambda: vmap(lambda x: 3)(x)),
        refusal(lambda: vmap(lambda x, n: x * n)(x, 3)), refusal(lambda: vmap(same, None)(x), 2),
        refusal(lambda: vmap(lib.mul, (None, None))(x, 3)), refusal(lambda: vmap(same, 5)(x), 30),
        refusal(lambda: vmap(same, (0, 0))(x), 6), refusal(lambda: vmap(same, [0])(x), 12),
        refusal(lambda: vmap(lambda: 3)(), 12), refusal(lambda: vmap(same)(lib.ones(())), 30),
        refusal(lambda: vmap(same, out_dims=5)(x), 4),
        refusal(lambda: vmap(same, out_dims=(0, 1))(x), 8),
        refusal(lambda: vmap(lambda x: x + lib.rand(3))(x), 12),
        refusal(lambda: vmap(lambda x: lib.nn.functional.dropout(x))(x), 12),
        refusal(lambda: vmap(same, randomness="x")(x), 12),
    ]  # fmt: skip


@program
def randomness(lib: Any) -> Any:
    x = lib.zeros(3, 100)
    same = lib.vmap(lambda x: x + lib.rand(100), randomness="same")(x)
    other = lib.vmap(lambda x: x + lib.rand(100), randomness="different")(x)
    lib.manual_seed(3)
    first = lib.vmap(lambda x: x + lib.rand(100), randomness="same")(x)
    after = lib.rand(100)
    lib.manual_seed(3)
    return [
        bool((same[0] == same[2]).all()), bool((other[0] == other[2]).any()),
        bool((lib.rand(100) == first[0]).all()), bool((lib.rand(100) == after).all()),
    ]  # fmt: skip


# -- modules ---------------------------------------------------------------------------------------
@program
def functional_call(lib: Any) -> Any:
    call, net, x = lib.func.functional_call, filled(lib, lib.nn.Linear(3, 2)), draw(lib, 3)
    weight, bias = draw(lib, 2, 3, seed=5), lib.zeros(2)
    before = net.weight
    return [
        call(net, {"weight": weight}, (x,)), call(net, {"weight": weight, "bias": bias}, x),
        call(net, ({"weight": weight}, {"bias": bias}), x), call(net, {"foo": bias}, x),
        call(net, {"weight": weight}, None, {"input": x}), net.weight is before, net(x),
        refusal(lambda: call(net, {"weight": weight}, x, strict=True)),
        refusal(lambda: call(net, {"weight": weight, "bias": bias, "foo": bias}, x, strict=True)),
        refusal(lambda: call(net, ({"weight": weight}, {"weight": bias}), x)),
        refusal(lambda: call(net, 3, x)), refusal(lambda: call(net, {"weight": 3}, x)),
        refusal(lambda: call(net, {"weight": weight}, lib.ones(4)), 0)[0], net.weight is before,
    ]  # fmt: skip


@program
def functional_call_of_tied_weights(lib: Any) -> Any:
    net = filled(lib, lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.Linear(2, 2)))
    net[1].weight = net[0].weight
    w, x, call = draw(lib, 2, 2, seed=5), draw(lib, 2), lib.func.functional_call
    return [
        call(net, {"0.weight": w}, x), call(net, {"0.weight": w}, x, tie_weights=False),
        call(net, {"0.weight": w, "1.weight": w}, x),
        refusal(lambda: call(net, {"0.weight": w, "1.weight": w * 2}, x), 6),
    ]  # fmt: skip


@program
def functional_call_and_buffers(lib: Any) -> Any:
    net, x = lib.nn.BatchNorm1d(2), draw(lib, 4, 2)
    given = dict(net.named_buffers()) | {"running_mean": lib.ones(2)}
    y = lib.func.functional_call(net, given, x)
    return [y, given["running_mean"], net.running_mean, net.num_batches_tracked]


@program
def per_sample_gradients_of_a_net(lib: Any) -> Any:
    net = filled(lib, lib.nn.Sequential(lib.nn.Linear(3, 4), lib.nn.Tanh(), lib.nn.Linear(4, 2)))
    params = {k: p.detach() for k, p in net.named_parameters()}
    x, y = draw(lib, 5, 3), lib.tensor([0, 1, 1, 0, 1])

    def loss(params: Any, x: Any, y: Any) -> Any:
        out = lib.func.functional_call(net, params, (x.unsqueeze(0),))
        return lib.nn.functional.cross_entropy(out, y.unsqueeze(0))

    found = lib.vmap(lib.func.grad(loss), in_dims=(None, 0, 0))(params, x, y)
    return [list(found), list(found.values())]


@program
def an_ensemble(lib: Any) -> Any:
    nets = [filled(lib, lib.nn.Linear(3, 2), seed=10 * k) for k in range(3)]
    params, buffers = lib.func.stack_module_state(nets)
    x = draw(lib, 4, 3)

    def one(params: Any, buffers: Any, x: Any) -> Any:
        return lib.func.functional_call(nets[0], (params, buffers), (x,))

    y = lib.vmap(one, in_dims=(0, 0, None))(params, buffers, x)
    y.sum().backward()
    norms = [lib.nn.BatchNorm1d(2), lib.nn.BatchNorm1d(2)]
    stack, linear = lib.func.stack_module_state, lib.nn.Linear(2, 2)
    return [
        y, params["weight"].grad, params["weight"].is_leaf, list(stack(norms)[1].values()),
        refusal(lambda: stack([])), refusal(lambda: stack([norms[0], linear])),
        refusal(lambda: stack([norms[0], lib.nn.BatchNorm1d(2).eval()])),
    ]  # fmt: skip


@program
def batch_norms_without_statistics(lib: Any) -> Any:
    net = lib.nn.Sequential(lib.nn.BatchNorm1d(2), lib.nn.Linear(2, 2))
    found = lib.func.replace_all_batch_norm_modules_(net)
    return [found is net, net[0].running_mean, net[0].track_running_stats, net[0](draw(lib, 4, 2))]


def test_programs_answer_as_torch_did() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("func"))


@pytest.mark.live
def test_programs_answer_as_torch_does(torch: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = {k: recorded.answer(torch, p) for k, p in TABLE.items()}
    recorded.check(TABLE, minigrad, expected)


# -- what only minigrad has ------------------------------------------------------------------------
def test_a_mapped_function_may_look_at_numbers() -> None:
    x = minigrad.tensor([[1.0, -2.0], [3.0, 4.0]])
    found = func.vmap(lambda row: row if row.sum() > 0 else -row)(x)
    assert found.tolist() == [[-1.0, 2.0], [3.0, 4.0]]
    assert func.vmap(lambda row: row * row.max().item())(x)[1].tolist() == [12.0, 16.0]


def test_an_error_inside_lets_go_of_everything() -> None:
    net = nn.Linear(2, 2)
    weight = net.weight
    with pytest.raises(ZeroDivisionError):
        func.vmap(lambda x: 1 / 0)(minigrad.ones(2))
    minigrad.rand(1)  # may be drawn again
    with pytest.raises(RuntimeError):
        func.functional_call(net, {"weight": minigrad.ones(2, 2)}, minigrad.ones(3))
    assert net.weight is weight and minigrad.is_grad_enabled()


def test_without_anything_outside_no_second_graph_is_made() -> None:
    """The gradient of a plain function is taken on arrays, once: nothing is recorded for it."""
    with minigrad.autograd.trace(print=False) as t:
        func.grad(lambda x: (x**3).sum())(minigrad.ones(3))
    assert [s.direction for s in t.steps].count("forward") == 2
