"""Operations of one's own, hooks of Nodes, the graph that users walk, and the modes: small programs
whose answers torch gave.
"""

from __future__ import annotations

import doctest
import gc
import re
import subprocess
import sys
import warnings
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import recorded

import minigrad
from minigrad import autograd, study
from minigrad.autograd import engine

TABLE: dict[str, Callable[[Any], Any]] = {}


def program(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    TABLE[fn.__name__.replace("_", " ")] = fn
    return fn


def refusal(call: Callable[[], Any], words: int = 8) -> Any:
    """The type of what is raised, and how its message begins; or what was returned."""
    try:
        return call()
    except Exception as error:
        return [type(error).__name__, " ".join(str(error).split()[:words])]


def leaf(lib: Any, *numbers: float, **how: Any) -> Any:
    return lib.tensor([float(n) for n in numbers], requires_grad=True, **how)


def made(lib: Any, forward: Callable, backward: Any = None, name: str = "Mine", **more: Any) -> Any:
    """A Function with these two methods."""
    methods: dict[str, Any] = {"forward": staticmethod(forward)}
    if backward is not None:
        methods["backward"] = staticmethod(backward)
    methods |= {key: staticmethod(value) for key, value in more.items()}
    return type(lib.autograd.Function)(name, (lib.autograd.Function,), methods)


def cube(lib: Any) -> Any:
    def forward(ctx: Any, x: Any, n: int) -> Any:
        ctx.save_for_backward(x)
        ctx.n = n
        return x**n

    def backward(ctx: Any, g: Any) -> Any:
        (x,) = ctx.saved_tensors
        return g * ctx.n * x ** (ctx.n - 1), None

    return made(lib, forward, backward, "Cube")


def both(lib: Any) -> Any:
    def forward(ctx: Any, x: Any, w: Any) -> Any:
        ctx.save_for_backward(x, w)
        return x * w, x + w

    def backward(ctx: Any, a: Any, b: Any) -> Any:
        x, w = ctx.saved_tensors
        return a * w + b, a * x + b

    return made(lib, forward, backward, "Both")


# -- Function: values, gradients, and gradients of these -------------------------------------------
@program
def value_and_gradient(lib: Any) -> Any:
    x = leaf(lib, 1, 2)
    y = cube(lib).apply(x, 3)
    y.sum().backward()
    return [y, x.grad, y.grad_fn.name(), y.is_leaf, str(y)]


@program
def gradients_of_three_orders(lib: Any) -> Any:
    x, found = leaf(lib, 1, 2), []
    y = cube(lib).apply(x, 4)
    for _ in range(3):
        (y,) = lib.autograd.grad(y.sum(), x, create_graph=True)
        found.append(y)
    return found


@program
def inside_a_larger_graph(lib: Any) -> Any:
    x, w = leaf(lib, 1, 2), leaf(lib, 0.5, -1)
    y = cube(lib).apply(x * w, 2) * x
    return lib.autograd.grad(y.sum(), [x, w])


@program
def several_results(lib: Any) -> Any:
    x, w = leaf(lib, 1, 2), leaf(lib, 3, 4)
    a, b = both(lib).apply(x, w)
    first = lib.autograd.grad((a * b).sum(), [x, w], create_graph=True)
    second = lib.autograd.grad(first[0].sum() + first[1].sum(), [x, w], retain_graph=True)
    one = lib.autograd.grad(b.sum(), [x, w])
    return [a, b, first, second, one, a.grad_fn is b.grad_fn, a.output_nr, b.output_nr]


@program
def several_results_one_used(lib: Any) -> Any:
    seen = []

    def backward(ctx: Any, *gs: Any) -> Any:
        seen.append(gs)
        return gs[1]

    three = made(lib, lambda ctx, x: (x * 1, x * 2, x * 3), backward)
    x = leaf(lib, 1, 2)
    three.apply(x)[1].sum().backward()
    return [seen, x.grad]


@program
def a_tuple_of_one_is_a_tuple(lib: Any) -> Any:
    (y,) = made(lib, lambda ctx, x: (x * 2,), lambda ctx, g: g).apply(leaf(lib, 1))
    return [y, y.grad_fn.name()]


@program
def results_that_are_no_tensors(lib: Any) -> Any:
    seen = []

    def backward(ctx: Any, *gs: Any) -> Any:
        seen.append(gs)
        return gs[0]

    x = leaf(lib, 1, 2)
    found = made(lib, lambda ctx, x: (x * 2, "a", None, 3), backward).apply(x)
    found[0].sum().backward()
    return [found, seen, made(lib, lambda ctx, x: 3).apply(x)]


@program
def a_list_is_no_tuple(lib: Any) -> Any:
    found = made(lib, lambda ctx, x: [x * 2, x], lambda ctx, *g: g).apply(leaf(lib, 1))
    return [type(found).__name__, found[0]]


@program
def integers_and_masks_have_no_gradient(lib: Any) -> Any:
    seen = []

    def backward(ctx: Any, *gs: Any) -> Any:
        seen.append(gs)
        return gs[0]

    y = made(lib, lambda ctx, x: (x * 1, x > 1, x.long()), backward).apply(leaf(lib, 1, 2))
    y[0].sum().backward()
    return [y, seen]


@program
def mark_non_differentiable(lib: Any) -> Any:
    seen = []

    def forward(ctx: Any, x: Any) -> Any:
        y, z = x * 2, x * 3
        ctx.mark_non_differentiable(z)
        return y, z

    def backward(ctx: Any, *gs: Any) -> Any:
        seen.append(gs)
        return gs[0] * 2

    x = leaf(lib, 1, 2)
    y, z = made(lib, forward, backward).apply(x)
    y.sum().backward()
    return [y, z, seen, x.grad]


@program
def without_materialized_gradients(lib: Any) -> Any:
    seen = []

    def forward(ctx: Any, x: Any) -> Any:
        ctx.set_materialize_grads(False)
        return x * 1, x * 2

    def backward(ctx: Any, *gs: Any) -> Any:
        seen.append(gs)
        return gs[0]

    x = leaf(lib, 1, 2)
    two = made(lib, forward, backward)
    two.apply(x)[1].sum().backward()
    none = x.grad
    unused = lib.autograd.grad(two.apply(x)[1].sum(), x, allow_unused=True)
    return [seen, none, unused, refusal(lambda: lib.autograd.grad(two.apply(x)[1].sum(), x), 0)[0]]


@program
def needs_input_grad(lib: Any) -> Any:
    seen = []

    def forward(ctx: Any, *xs: Any) -> Any:
        seen.append([ctx.needs_input_grad, lib.is_grad_enabled(), xs[0].requires_grad])
        return xs[0] * xs[1]

    def backward(ctx: Any, g: Any) -> Any:
        seen.append([ctx.needs_input_grad, lib.is_grad_enabled(), g.requires_grad])
        return g, g, None

    mine, x, w = made(lib, forward, backward), leaf(lib, 1, 2), lib.ones(2)
    mine.apply(x, w, 3).sum().backward()
    lib.autograd.grad(mine.apply(x, w, 3).sum(), x, create_graph=True)
    with lib.no_grad():
        y = mine.apply(x, w, 3)
    return [seen, y, mine.apply(w, w, 3)]


@program
def setup_context(lib: Any) -> Any:
    seen = []

    def setup(ctx: Any, inputs: Any, output: Any) -> None:
        seen.append([inputs, output, output.requires_grad])
        ctx.save_for_backward(inputs[0])
        ctx.n = inputs[1]

    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.n * ctx.saved_tensors[0] ** (ctx.n - 1), None

    mine = made(lib, lambda x, n=2: x**n, backward, setup_context=setup)
    x = leaf(lib, 1, 2)
    (g,) = lib.autograd.grad(mine.apply(x, 3).sum(), x, create_graph=True)
    default = lib.autograd.grad(mine.apply(x).sum(), x)
    named = lib.autograd.grad(mine.apply(n=3, x=x).sum(), x)
    return [seen[0], g, lib.autograd.grad(g.sum(), x), default, named]


@program
def keywords(lib: Any) -> Any:
    x, w = leaf(lib, 1, 2), leaf(lib, 3, 4)
    mine = made(lib, lambda ctx, x, w: x * w, lambda ctx, g: (g, 10 * g))
    return lib.autograd.grad(mine.apply(x, w=w).sum(), [x, w])


@program
def vjp_is_another_name_for_backward(lib: Any) -> Any:
    x = leaf(lib, 1, 2)
    made(lib, lambda ctx, x: x * 2, vjp=lambda ctx, g: g * 7).apply(x).sum().backward()
    return x.grad


@program
def subclasses(lib: Any) -> Any:
    base = cube(lib)
    more = type(lib.autograd.Function)("More", (base,), {})
    x = leaf(lib, 1, 2)
    y = more.apply(x, 2)
    y.sum().backward()
    return [y.grad_fn.name(), base.apply(x, 2).grad_fn.name(), x.grad]


@program
def once_differentiable(lib: Any) -> Any:
    @lib.autograd.function.once_differentiable
    def backward(ctx: Any, g: Any) -> Any:
        return g * 2 * ctx.saved_tensors[0] if not lib.is_grad_enabled() else None

    def forward(ctx: Any, x: Any) -> Any:
        ctx.save_for_backward(x)
        return x * x

    x = leaf(lib, 1, 2)
    y = made(lib, forward, backward).apply(x)
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    y = made(lib, forward, backward).apply(x)
    (h,) = lib.autograd.grad((y * y).sum(), x, create_graph=True)
    again = refusal(h.sum().backward, 12)
    return [g, h.detach(), h.requires_grad, again]


# -- Function: what is saved -----------------------------------------------------------------------
@program
def saved_tensors(lib: Any) -> Any:
    seen = []

    def forward(ctx: Any, x: Any) -> Any:
        y = x * 2
        ctx.save_for_backward(x, y, None, y * 3)
        return y

    def backward(ctx: Any, g: Any) -> Any:
        seen.append([t is not None and [t, t.is_leaf, str(t)] for t in ctx.saved_tensors])
        seen.append(ctx.saved_tensors[0] is x)
        return g

    x = leaf(lib, 1, 2)
    y = made(lib, forward, backward).apply(x)
    y.sum().backward(retain_graph=True)
    before = y.grad_fn.saved_tensors[1].grad_fn is y.grad_fn
    y.sum().backward()
    return [seen, before, refusal(lambda: y.grad_fn.saved_tensors), refusal(y.sum().backward)]


@program
def attributes_of_ctx_are_those_of_grad_fn(lib: Any) -> Any:
    y = cube(lib).apply(leaf(lib, 1, 2), 3)
    return [y.grad_fn.n, y.grad_fn.needs_input_grad, y.grad_fn.saved_tensors]


@program
def changed_saved_tensors_are_refused(lib: Any) -> Any:
    x, w = leaf(lib, 1, 2), lib.ones(2)

    def forward(ctx: Any, x: Any, w: Any) -> Any:
        y = x * w
        ctx.save_for_backward(w, y)
        return y

    def backward(ctx: Any, g: Any) -> Any:
        return g * ctx.saved_tensors[0], None

    mine = made(lib, forward, backward)
    y = mine.apply(x, w)
    w.add_(1)
    first = refusal(y.sum().backward, 12)
    y = mine.apply(x, w)
    y.add_(1)
    second = refusal(y.sum().backward, 12)
    y = mine.apply(x, w)
    x.detach().add_(1)
    y.sum().backward()
    return [first, second, x.grad]


@program
def what_forward_changes_before_its_end_is_no_matter(lib: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        y = x.clone()
        ctx.save_for_backward(y)
        y += 1
        return y

    x = leaf(lib, 1, 2)
    y = made(lib, forward, lambda ctx, g: g * ctx.saved_tensors[0]).apply(x)
    y.sum().backward()
    return [y, x.grad]


# -- Function: memory that is shared ---------------------------------------------------------------
@program
def an_input_returned_as_it_is(lib: Any) -> Any:
    mine, x = made(lib, lambda ctx, x: x, lambda ctx, g: g * 5), leaf(lib, 1, 2)
    y = mine.apply(x)
    first = [y is x, y, y._is_view(), refusal(lambda: y.add_(1))]
    y.sum().backward()
    with lib.no_grad():
        z = mine.apply(x)
    return [first, x.grad, z, mine.apply(lib.ones(2))]


@program
def a_view_of_an_input(lib: Any) -> Any:
    mine, x = made(lib, lambda ctx, x: x.view(-1), lambda ctx, g: g * 5), leaf(lib, 1, 2)
    y = mine.apply(x)
    two = made(lib, lambda ctx, x: (x[:1], x[1:]), lambda ctx, *g: lib.ones(2)).apply(x)
    return [y, y._is_view(), refusal(lambda: y.add_(1)), refusal(lambda: two[0].add_(1), 12)]


@program
def mark_dirty(lib: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x.add_(1)

    mine, x = made(lib, forward, lambda ctx, g: g * 5), leaf(lib, 1, 2)
    a = x * 1
    b = mine.apply(a)
    b.sum().backward()
    n = lib.ones(2)
    return [a is b, a, a.grad_fn.name(), x.grad, mine.apply(n) is n, n,
            refusal(lambda: mine.apply(x), 12)]  # fmt: skip


@program
def mark_dirty_a_view(lib: Any) -> Any:
    def forward(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x.mul_(3)

    x = leaf(lib, 1, 2)
    base = x * 1
    part = base[:1]
    found = made(lib, forward, lambda ctx, g: g * 5).apply(part)
    base.sum().backward()
    return [found is part, part.detach(), base.detach(), x.grad]


@program
def mark_dirty_wrongly(lib: Any) -> Any:
    def hidden(ctx: Any, x: Any) -> Any:
        ctx.mark_dirty(x)
        return x.add_(1) * 1

    def other(ctx: Any, x: Any) -> Any:
        y = x * 1
        ctx.mark_dirty(y)
        return y

    x = leaf(lib, 1, 2)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        y = made(lib, other, lambda ctx, g: g).apply(x)
    words = [str(w.message)[:30] for w in caught if w.category is UserWarning]
    return [refusal(lambda: made(lib, hidden, lambda ctx, g: g).apply(x * 1)), y, words[:1]]


# -- Function: refusals ----------------------------------------------------------------------------
@program
def gradients_that_do_not_fit(lib: Any) -> Any:
    x = leaf(lib, 1, 2)

    def returning(*found: Any) -> Any:
        mine = made(lib, lambda ctx, x, n: x * 2, lambda ctx, g: found[0])
        x.grad = None
        return refusal(lambda: mine.apply(x, 3).sum().backward() or x.grad, 30)

    one = lib.ones(2)
    return [
        returning(one), returning((one,)), returning((one, None, None)),
        returning((one, None, one)), returning((one, one)), returning((3, None))[1][:35],
        returning((lib.ones(3), None)), returning((lib.ones(3, 2), None)),
        returning((lib.ones(()), None)), returning((one.double(), None)),
        returning((lib.tensor([2, 3]), None)), returning((None, None)),
        returning([one, None])[1][:38],
    ]  # fmt: skip


@program
def methods_that_are_missing(lib: Any) -> Any:
    x = leaf(lib, 1, 2)
    none = type(lib.autograd.Function)("None_", (lib.autograd.Function,), {})
    blind = made(lib, lambda ctx, x: x * 2)
    two = made(lib, lambda ctx, x: x * 2, lambda ctx, g: g, vjp=lambda ctx, g: g)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        called = refusal(lambda: blind()(x))
    return [
        refusal(lambda: none.apply(x)), refusal(lambda: blind.apply(x).sum().backward()),
        refusal(lambda: two.apply(x).sum().backward()), called,
        [w.category.__name__ for w in caught],
    ]  # fmt: skip


@program
def only_tensors_are_saved(lib: Any) -> Any:
    mine = made(lib, lambda ctx, x: ctx.save_for_backward(x, 3) or x * 2)
    return refusal(lambda: mine.apply(leaf(lib, 1)), 20)


@program
def errors_of_the_user_come_through(lib: Any) -> Any:
    def backward(ctx: Any, g: Any) -> Any:
        raise KeyError("mine")

    return refusal(made(lib, lambda ctx, x: x * 2, backward).apply(leaf(lib, 1)).backward)


@program
def checked_by_gradcheck(lib: Any) -> Any:
    x, w = leaf(lib, 0.5, 2, dtype=lib.float64), leaf(lib, 3, 1, dtype=lib.float64)
    check, twice = lib.autograd.gradcheck, lib.autograd.gradgradcheck
    wrong = made(lib, lambda ctx, x: x * 2, lambda ctx, g: g * 3)
    return [
        check(lambda x: cube(lib).apply(x, 3), (x,)), check(both(lib).apply, (x, w)),
        twice(lambda x: cube(lib).apply(x, 3), (x,)), twice(both(lib).apply, (x, w)),
        check(wrong.apply, (x,), raise_exception=False),
    ]  # fmt: skip


# -- hooks of Nodes --------------------------------------------------------------------------------
@program
def hooks_before_and_behind_the_rules(lib: Any) -> Any:
    x, log = leaf(lib, 1, 2), []

    def before(outputs: Any) -> Any:
        log.append(["before", outputs])
        return (outputs[0] * 2,)

    def behind(inputs: Any, outputs: Any) -> Any:
        log.append(["behind", inputs, outputs])
        return (inputs[0] * 10, *inputs[1:])

    y = x * 3
    z = y * y
    handles = [y.grad_fn.register_prehook(before), y.grad_fn.register_hook(behind)]
    y.register_hook(lambda g: log.append(["tensor", g]))
    y.retain_grad()
    found = lib.autograd.grad(z.sum(), (x, y), retain_graph=True)
    z.sum().backward(retain_graph=True)
    first = [x.grad.clone(), y.grad.clone()]
    for handle in handles:
        handle.remove()
    z.sum().backward()
    return [log, found, first, x.grad]


@program
def hooks_and_second_order(lib: Any) -> Any:
    x = leaf(lib, 1, 2)
    y = x * x
    y.grad_fn.register_prehook(lambda gs: (gs[0] * x,))
    y.grad_fn.register_hook(lambda gi, go: tuple(g * 2 for g in gi))
    (g,) = lib.autograd.grad(y.sum(), x, create_graph=True)
    return [g, lib.autograd.grad(g.sum(), x)]


@program
def hooks_of_a_function_see_all_results(lib: Any) -> Any:
    x, w, log = leaf(lib, 1, 2), leaf(lib, 3, 4), []
    a, b = both(lib).apply(x, w)
    a.grad_fn.register_prehook(lambda go: log.append(go))
    b.grad_fn.register_hook(lambda gi, go: log.append([gi, go]))
    with a.register_hook(lambda g: g * 2):
        (a * 5).sum().backward(retain_graph=True)
    b.sum().backward()
    return [log, x.grad, w.grad]


@program
def what_hooks_may_not_return(lib: Any) -> Any:
    x = leaf(lib, 1, 2)

    def behind(found: Any) -> Any:
        y = x * 3
        y.grad_fn.register_hook(lambda gi, go: found(gi))
        return refusal(y.sum().backward)

    def before(found: Any) -> Any:
        y = x * 3
        y.grad_fn.register_prehook(lambda go: found(go))
        return refusal(y.sum().backward)

    return [
        behind(lambda gi: 3), behind(lambda gi: (gi[0], gi[0])), behind(lambda gi: (3, None)),
        before(lambda go: 3), before(lambda go: (3,)), before(lambda go: go[0]),
    ]  # fmt: skip


@program
def hooks_of_a_leaf(lib: Any) -> Any:
    x, log = leaf(lib, 1, 2), []
    place = x.expand_as(x).grad_fn.next_functions[0][0]
    grad = lambda: None if x.grad is None else x.grad.clone()  # noqa: E731
    place.register_prehook(lambda go: log.append(["before", go, grad()]))
    place.register_hook(lambda gi, go: log.append(["behind", gi, go, grad()]))
    x.register_hook(lambda g: log.append(["tensor", g]))
    handle = x.register_post_accumulate_grad_hook(lambda p: log.append([p is x, grad()]))
    (x * 2).sum().backward()
    lib.autograd.grad((x * 2).sum(), x)
    handle.remove()
    (x * 2).sum().backward(inputs=[x])
    return [log, x.grad]


@program
def a_step_inside_of_backward(lib: Any) -> Any:
    x = leaf(lib, 1, 2)

    def step(p: Any) -> None:
        p.sub_(0.1 * p.grad) if not lib.is_grad_enabled() else None
        p.grad = None

    x.register_post_accumulate_grad_hook(step)
    for _ in range(3):
        (x * x).sum().backward()
    return [x, x.grad]


@program
def who_may_have_such_a_hook(lib: Any) -> Any:
    x = leaf(lib, 1, 2)
    words = [
        refusal(lambda: (x * 2).register_post_accumulate_grad_hook(print)),
        refusal(lambda: lib.ones(2).register_post_accumulate_grad_hook(print)),
        refusal(lambda: lib.ones(2).register_hook(print)),
    ]
    x.register_post_accumulate_grad_hook(lambda p: 3)
    return [words, refusal((x * 2).sum().backward)]


@program
def hooks_of_several_tensors(lib: Any) -> Any:
    a, b, c = leaf(lib, 1, 2), leaf(lib, 3, 4), leaf(lib, 5, 6)
    several, log = lib.autograd.graph.register_multi_grad_hook, []
    handle = several((a, b, c), log.append)
    (a * b).sum().backward()
    (c * a * b).sum().backward()
    c.sum().backward()
    handle.remove()
    c.sum().backward()
    y = a * 2
    with several((y, b), lambda g: log.append(["any", g.sum() > 0]), mode="any"):
        (y * b).sum().backward()
        c.sum().backward()
    return [log, refusal(lambda: several((a,), print, mode="x"))]


# -- the graph -------------------------------------------------------------------------------------
@program
def a_leaf_in_the_graph(lib: Any) -> Any:
    x = leaf(lib, 1, 2)
    y = x * 2
    place, nr = y.grad_fn.next_functions[0]
    Node = lib.autograd.graph.Node
    place.metadata["mine"] = 1
    return [
        place.variable is x, nr, place.next_functions, place.name(), place.metadata,
        place is (x + 1).grad_fn.next_functions[0][0], isinstance(place, Node),
        isinstance(y.grad_fn, Node), isinstance(x.grad_fn, Node), y.grad_fn.metadata,
    ]  # fmt: skip


@program
def next_functions(lib: Any) -> Any:
    x, w = leaf(lib, 1, 2), lib.ones(2)
    a, b = both(lib).apply(x, w)

    def seen(y: Any) -> Any:
        return [node and [node.name(), nr] for node, nr in y.grad_fn.next_functions]

    return [
        seen(x * x), seen(x * 3), seen(3 - x), seen(x * w), seen(w / x), seen(x.exp()),
        seen(x.sum()), seen(x**2), seen(lib.where(x > 1, x, w)), seen(x.clamp(0, 1)), seen(x[0]),
        seen(lib.cat([x, w])), seen(a), seen(a * b), seen(cube(lib).apply(x * 2, 3)),
    ]  # fmt: skip


@program
def gradient_edges(lib: Any) -> Any:
    x = leaf(lib, 1, 2)
    edge_of = lib.autograd.graph.get_gradient_edge
    y = x * 2
    z = (y * y).sum()
    edge = edge_of(x)
    found = [
        lib.autograd.grad(z, edge, retain_graph=True),
        lib.autograd.grad(z, [edge_of(y), x], retain_graph=True),
        lib.autograd.grad(edge_of(z), x, retain_graph=True),
    ]
    lib.autograd.backward(edge_of(z))
    a, b = both(lib).apply(x, x)
    edges = [edge_of(a), edge_of(b)]
    found.append(lib.autograd.grad((a * b).sum(), edges))
    return [
        found, x.grad, edge.node.name(), edge.output_nr, [e.output_nr for e in edges],
        refusal(lambda: edge_of(lib.ones(2))),
    ]  # fmt: skip


@program
def increment_version(lib: Any) -> Any:
    x, w = leaf(lib, 1, 2), lib.ones(2)
    y = x * w
    lib.autograd.graph.increment_version(w)
    lib.autograd.graph.increment_version([w])
    return [w._version, refusal(y.sum().backward, 10)]


# -- modes -----------------------------------------------------------------------------------------
@program
def no_grad_on_a_generator(lib: Any) -> Any:
    log = []

    @lib.no_grad()
    def count(n: int) -> Any:
        try:
            for i in range(n):
                log.append([(yield i), lib.is_grad_enabled()])
        except ValueError:
            log.append(lib.is_grad_enabled())
            yield "caught"
        finally:
            log.append(lib.is_grad_enabled())
        return 7

    def outer() -> Any:
        log.append((yield from count(1)))

    for _ in count(2):
        log.append(lib.is_grad_enabled())
    steps = count(3)
    log.append([next(steps), steps.send("hi"), steps.throw(ValueError())])
    steps.close()
    steps = count(3)
    next(steps)
    steps.close()
    return [log, list(outer()), log[-1], lib.is_grad_enabled(), count.__name__]


@program
def every_mode_on_functions_and_generators(lib: Any) -> Any:
    x = leaf(lib, 1)
    found = []
    for mode in (
        lambda: lib.no_grad, lambda: lib.no_grad(), lambda: lib.enable_grad,
        lambda: lib.enable_grad(), lambda: lib.set_grad_enabled(False),
        lambda: lib.set_grad_enabled(True), lambda: lib.inference_mode,
        lambda: lib.inference_mode(), lambda: lib.inference_mode(False),
        lambda: lib.inference_mode(mode=True),
    ):  # fmt: skip

        @mode()
        def one(y: Any) -> Any:
            return [(y * 2).requires_grad, lib.is_grad_enabled(), lib.is_inference_mode_enabled()]

        @mode()
        def many(y: Any) -> Any:
            yield (y * 2).requires_grad
            yield lib.is_grad_enabled()

        with lib.no_grad():
            inside = [one(x), list(many(x))]
        found.append([one(x), [*many(x), lib.is_grad_enabled()], inside, one.__name__])
    return found


@program
def inference_mode_as_a_block(lib: Any) -> Any:
    x, found = leaf(lib, 1, 2), []

    def here() -> None:
        on = lib.is_inference_mode_enabled()
        found.append([(x * 2).requires_grad, lib.is_grad_enabled(), on])

    with lib.inference_mode():
        here()
        with lib.enable_grad():
            here()
        with lib.inference_mode(False):
            here()
        with lib.no_grad():
            here()
        y = lib.ones(2, requires_grad=True)
        found.append([y.requires_grad, (y * 2).requires_grad])
    here()
    with lib.no_grad(), lib.inference_mode(False):
        here()
    return found


@program
def a_class_is_decorated_with_a_warning(lib: Any) -> Any:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        @lib.no_grad()
        class Thing:
            def __init__(self) -> None:
                self.on = lib.is_grad_enabled()

    return [Thing().on, [w.category.__name__ for w in caught]]


@program
def leaves_are_guarded(lib: Any) -> Any:
    a, x = lib.zeros(3), leaf(lib, 1, 2, 3)
    b = a[:]
    a.requires_grad = True

    def whole() -> None:
        x.data = lib.tensor([1, 2, 3])

    refused = [refusal(lambda: b.add_(5), 12), refusal(whole, 12), a]
    with lib.no_grad():
        b.add_(1)
    x.grad = lib.ones(3)
    del x.grad
    return [refused, a, x, x.grad]


@program
def zeros_of_materialize_grads_can_be_differentiated(lib: Any) -> Any:
    x, w = leaf(lib, 1, 2), leaf(lib, 3, 4)
    how = {"allow_unused": True, "materialize_grads": True}
    (g,) = lib.autograd.grad(x.sum(), w, create_graph=True, **how)
    (h,) = lib.autograd.grad(x.sum(), w, **how)
    return [g, h, lib.autograd.grad(g.sum(), w, **how)]


@program
def zero_to_the_power_of_x(lib: Any) -> Any:
    p = leaf(lib, -1, 0, 1, -2)
    (g,) = lib.autograd.grad((0.0**p).sum(), p)
    return [g, lib.autograd.grad((lib.zeros(4) ** p).sum(), p)]


@program
def gradients_that_do_not_change_have_zeros(lib: Any) -> Any:
    F, found = lib.nn.functional, []
    x = leaf(lib, -2, -0.3, 0.4, 3)
    image = (lib.arange(16.0) % 5).reshape(1, 1, 4, 4).requires_grad_()
    rows = leaf(lib, 0.1, 0.2, 0.3).reshape(1, 3).detach().requires_grad_()
    for t, functions in (
        (x, [F.relu, F.relu6, F.leaky_relu, F.hardtanh, F.hardshrink, F.softshrink,
             lambda t: F.threshold(t, 0.0, 1.0), lambda t: F.prelu(t, lib.tensor([0.2]))]),
        (image, [lambda t: F.max_pool2d(t, 2), lambda t: F.avg_pool2d(t, 2, 1),
                 lambda t: F.pad(t, (1, 2, 1, 0), mode="reflect"),
                 lambda t: F.pad(t, (1, 2, 1, 0), mode="replicate")]),
        (rows, [lambda t: F.nll_loss(t, lib.tensor([1]))]),
    ):  # fmt: skip
        for f in functions:
            (g,) = lib.autograd.grad(f(t).sum(), t, create_graph=True)
            (h,) = lib.autograd.grad(g.sum(), t, create_graph=True)
            (k,) = lib.autograd.grad((f(t) ** 3).sum(), t, create_graph=True)
            (m,) = lib.autograd.grad(k.sum(), t)
            found.append([g, h.detach(), k, m])
    refused = []
    for g in (x.sum(), (x + 1).sum(), (x * 2).sum(), x[1:].sum(), x.clamp(-1, 1).sum(), x.max()):
        (g,) = lib.autograd.grad(g, x, create_graph=True)
        refused.append(g.requires_grad)
    return [found, refused]


def test_programs_answer_as_torch_did() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("function"))


@pytest.mark.live
def test_programs_answer_as_torch_does(torch: Any) -> None:
    recorded.check(TABLE, minigrad, {k: recorded.answer(torch, p) for k, p in TABLE.items()})


# -- what only minigrad has ------------------------------------------------------------------------
def test_a_function_is_traced_drawn_and_explained(tmp_path: Path) -> None:
    x, w = leaf(minigrad, 1, 2), leaf(minigrad, 3, 4)
    a, b = both(minigrad).apply(x, w)
    loss = (cube(minigrad).apply(a, 3) * b).sum()
    t = autograd.replay(loss)
    names = [(s.operation, s.direction) for s in t.steps]
    assert names.count(("Both", "backward")) == 2 and ("Cube", "forward") in names
    assert "Both(x (2,), w (2,)" in str(t.steps[0]) and "backward(ctx, a, b)" in str(t.steps[-1])
    assert autograd.rules(cube(minigrad).apply(x, 3).grad_fn)[0].source.startswith("def backward")
    text = str(study.draw(loss))
    assert "Both" in text and "Cube" in text
    study.explain(loss, tmp_path / "page.html")
    assert "Cube" in (tmp_path / "page.html").read_text(encoding="utf-8")
    with pytest.raises(RuntimeError, match="Both is an autograd.Function"):
        study.source(loss)
    loss.backward()
    expected = x.grad
    x.grad = None
    with autograd.trace(print=False) as t, autograd.detect_anomaly():
        a, b = both(minigrad).apply(x, w)
        (cube(minigrad).apply(a, 3) * b).sum().backward()
    assert (x.grad == expected).all() and "Both" in repr(t.table())


def test_a_compiled_function_runs_as_it_is_where_a_function_stands() -> None:
    x, mine = leaf(minigrad, 1, 2), cube(minigrad)

    def loss(x: Any) -> Any:
        return mine.apply(x, 3).sum()

    compiled = minigrad.compile(loss)
    with pytest.warns(UserWarning, match="Cube is an autograd.Function"):
        compiled(x).backward()
    assert x.grad.tolist() == [3.0, 12.0]


def test_nothing_of_a_function_outlives_it() -> None:
    gc.collect()
    operations = len(engine.RULES)
    gc.disable()
    try:
        mine, x = both(minigrad), leaf(minigrad, 1, 2)
        a, b = mine.apply(x, x * 2)
        nodes = [weakref.ref(a.grad_fn), weakref.ref(a._node), weakref.ref(a)]
        (a * b).sum().backward()
        del a, b
        assert [node() for node in nodes] == [None] * 3
    finally:
        gc.enable()
    assert len(engine.RULES) == operations + 1
    del mine
    gc.collect()
    assert len(engine.RULES) == operations


def test_saved_memory_is_free_after_backward() -> None:
    kept = minigrad.ones(1000)
    memory = weakref.ref(kept._array)

    def forward(ctx: Any, x: Any, kept: Any) -> Any:
        ctx.save_for_backward(kept * 1, kept)
        return x.sum()

    y = made(minigrad, forward, lambda ctx, g: (g * minigrad.ones(2), None)).apply(
        leaf(minigrad, 1, 2), kept
    )
    del kept
    assert memory() is not None
    y.backward()
    assert memory() is None and y.grad_fn is not None


def test_walks_cost_nothing_more_before_there_is_a_hook_of_a_node() -> None:
    code = (
        "import minigrad as m\n"
        "from minigrad.autograd import place\n"
        "x = m.ones(2, requires_grad=True)\n"
        "(x * x).sum().backward()\n"
        "x.register_hook(print)\n"
        "print(place.careful)\n"
        "(x * x).grad_fn.register_hook(print)\n"
        "print(len(place.careful))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.split() == ["[]", "1"], done.stderr


def test_a_hook_of_a_node_that_breaks_keeps_its_own_error() -> None:
    y = leaf(minigrad, 1, 2) * 2

    def broken(inputs: Any, outputs: Any) -> None:
        raise ValueError("mine")

    y.grad_fn.register_hook(broken)
    with pytest.raises(ValueError, match=r"^mine$"):
        y.sum().backward()


def test_hooks_of_nodes_and_a_trace_see_the_same() -> None:
    x = leaf(minigrad, 1, 2)
    y = x.exp()
    y.grad_fn.register_hook(lambda gi, go: (gi[0] * 2,))
    with autograd.trace(print=False) as t:
        y.sum().backward()
    np.testing.assert_array_equal(t.steps[-1].result, x.grad.numpy())
    np.testing.assert_allclose(x.grad.numpy(), 2 * np.exp([1, 2]), rtol=1e-6)


def test_the_page_about_it_tells_the_truth() -> None:
    path = Path(__file__).resolve().parent.parent / "docs" / "autograd.md"
    text = re.sub(r"^```.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    found = doctest.DocTestParser().get_doctest(text, {}, path.name, path.name, 0)
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(found)
    assert runner.summarize().failed == 0
