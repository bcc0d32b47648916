"""What watches the engine at work: nodes_of, rule texts, trace, replay."""

from __future__ import annotations

import io
import threading
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn
from minigrad.autograd import engine, function, rules, trace
from minigrad.autograd.grad_mode import mode
from minigrad.autograd.rule_text import rule_texts
from minigrad.autograd.tracing import nodes_of, replay


def leaf(*data: Any) -> minigrad.Tensor:
    return minigrad.tensor(list(data), requires_grad=True)


# -- nodes_of --------------------------------------------------------------------------------------
def test_nodes_come_oldest_first_each_once_and_however_deep() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    z = (y + y) * y
    assert [node.name() for node in nodes_of(z)] == ["MulBackward0", "AddBackward0", "MulBackward0"]
    assert nodes_of(z, y) == nodes_of(z) == nodes_of(z.grad_fn)
    assert nodes_of(x) == [] == nodes_of(x.detach())
    for _ in range(5000):
        y = y + 1
    assert len(nodes_of(y)) == 5001


# -- the text of rules -----------------------------------------------------------------------------
def test_every_rule_of_the_sheet_has_its_text() -> None:
    for fn, known in list(engine.RULES.items()):
        if isinstance(known, function.OwnRule):  # an autograd.Function of some test's
            continue
        texts = rule_texts(fn)
        if type(known) is tuple:
            assert [t is None for t in texts] == [r is None for r in known]
        for text in filter(None, texts):
            assert text.text and text.source and text.line > 0, (engine.NAMES[fn], text)
            assert "g" in text.text and not text.text.startswith(("lambda", "def", "a lambda"))
            with open(text.file, encoding="utf-8") as file:
                lines = "".join(file.readlines()[text.line - 1 :])
            assert "".join(text.source.split()) in "".join(lines.split())


def test_the_text_of_a_rule_computes_what_the_rule_computes() -> None:
    """Two lambdas on one line are told apart, and g, y and the arguments go by their own names."""
    rng = np.random.default_rng(0)
    tried = 0
    for fn in [f for f, r in engine.RULES.items() if isinstance(f, np.ufunc) and type(r) is tuple]:
        xs = rng.uniform(0.1, 0.9, (fn.nin, 3, 3))
        g, y = rng.standard_normal((3, 3)), fn(*xs)
        for rule, text in zip(engine.RULES[fn], rule_texts(fn), strict=True):
            if rule is None or text is None or rule.__code__.co_name != "<lambda>":
                continue
            names = dict(zip(text.parameters, (g, y, *xs), strict=True))
            found = eval(text.text, {**rule.__globals__}, names)
            np.testing.assert_array_equal(found, rule(g, y, *xs))
            tried += 1
    assert tried > 30


def test_rules_are_found_by_function_name_method_and_grad_fn() -> None:
    x = leaf(1.0)
    texts = ["g * y"]
    for what in (minigrad.exp, "exp", np.exp, minigrad.Tensor.exp, x.exp, x.exp().grad_fn):
        assert [rule.text for rule in rules(what)] == texts
    assert [rule.argument for rule in rules(np.multiply)] == ["a", "b"]
    assert "softmax_cross_entropy_rule" in str(rules(nn.functional.cross_entropy))
    shown = str(rules(minigrad.pow))
    assert "power_a(g, y, a, b)   minigrad/autograd/derivatives.py:" in shown
    assert "    def power_b(g: Any" in shown
    with pytest.raises(ValueError, match="'nonsense' has no derivative rule of its own"):
        rules("nonsense")


def test_rules_of_one_s_own_have_a_text_too() -> None:
    def twice(x: Any) -> Any:
        return 2 * x

    factor = 2
    try:
        engine.rule(twice, lambda g, y, x: g * factor)
        assert rule_texts(twice)[0].text == "g * factor"  # type: ignore[union-attr]
        engine.rule(twice, eval("lambda g, y, x: g * 2"))
        assert rule_texts(twice)[0].text == "a lambda of g, y, x"  # type: ignore[union-attr]
        engine.rule(twice, np.multiply)
        assert rule_texts(twice)[0].text == "multiply(g, y, ...)"  # type: ignore[union-attr]
    finally:
        del engine.RULES[twice], engine.NAMES[twice]


# -- trace -----------------------------------------------------------------------------------------
def test_each_step_says_what_ran_on_what_where_and_what_it_cost() -> None:
    x, w = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]), leaf(1.0, 0.5)
    with trace(print=False) as t:
        loss = ((x * w + w).tanh()).sum()
        loss.backward()
    forward = [s for s in t.steps if s.direction == "forward"]
    backward = [s for s in t.steps if s.direction == "backward"]
    assert [s.index for s in t.steps] == list(range(1, 10))
    assert [s.operation for s in forward] == ["mul", "add", "tanh", "sum"]
    assert [s.target for s in backward] == ["#3", "#2", "#1", "w", "w"]
    assert [s.rule.text for s in backward[1:4]] == ["g * (1 - y * y)", "g", "g"]  # type: ignore
    last = backward[-1]
    assert (last.before, last.shape, last.summed) == ((2, 2), (2,), (0,))
    assert last.forward is forward[0] and last.node is forward[0].node and last.argument == 1
    np.testing.assert_array_equal(backward[-1].result + backward[-2].result, w.grad.numpy())
    np.testing.assert_allclose(last.norm, np.sqrt((last.g.astype(float) ** 2).sum()))  # type: ignore
    assert forward[0].origins == ("x", "w") and forward[1].origins == (forward[0], "w")
    assert forward[0].arguments[0] is x._array
    assert {s.place.file for s in t.steps} == {__file__}  # type: ignore[union-attr]
    assert len({s.place.line for s in t.steps}) == 1  # type: ignore[union-attr]
    assert all(s.seconds > 0 for s in t.steps)
    assert [s.made for s in forward] == [16 + 8 + 16, 16, 16, 4]  # x, w and the product; ...
    assert [s.held for s in t.steps] == [40, 56, 72, 76, 72, 56, 56, 40, 0]


def test_it_prints_a_line_a_step(capsys: pytest.CaptureFixture) -> None:
    x = leaf(1.0, 2.0)
    with trace() as t:
        (x * x).sum(0).backward()
    lines = capsys.readouterr().out.splitlines()
    assert lines == [str(s) for s in t.steps]
    assert lines[0].startswith("#1 mul(a=x (2,), b=x (2,)) -> (2,)   held 16 B   test_trace.py:")
    assert lines[3].startswith("#4 mul #1: dL/dx += g * b   (2,)   |g| 1.41   held 16 B   test_tr")
    text = io.StringIO()
    with trace(file=text):
        x.exp()
    assert text.getvalue().startswith("#1 exp(x (2,)) -> (2,)   held 16 B")
    assert capsys.readouterr().out == ""


def test_names_are_the_parameters_the_variables_or_what_the_rules_say() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))

    class Scratch:
        def __init__(self) -> None:
            self.weight = leaf(1.0, 2.0)

        def __call__(self, _hidden: minigrad.Tensor) -> minigrad.Tensor:
            return self.weight * _hidden

    with trace(print=False, params=net.named_parameters()) as t:
        net(minigrad.ones(4, 2)).sum()
        Scratch()(minigrad.ones(2))
    assert [s.word(1) for s in t.steps if s.operation == "addmm"] == ["0.weight", "1.weight"]
    assert (t.steps[-1].word(0), t.steps[-1].word(1)) == ("self.weight", "b")


def test_the_table_sums_calls_time_and_bytes() -> None:
    x = minigrad.ones(100, 10).requires_grad_()
    with trace(print=False) as t:
        ((x * x) * x).sum().backward()
    rows = {(row.operation, row.direction): row for row in t.table()}
    assert rows["mul", "forward"].calls == 2 and rows["mul", "backward"].calls == 4
    assert rows["mul", "forward"].bytes == 3 * 4000 and rows["sum", "forward"].bytes == 4
    assert rows["mul", "backward"].bytes == 4 * 4000
    assert all(row.seconds > 0 for row in rows.values())
    assert str(t.table()).splitlines()[0].split() == [
        "operation", "direction", "calls", "ms", "bytes",
    ]  # fmt: skip


def test_second_order_is_traced_too_and_says_which_rule_recorded_what() -> None:
    x = leaf(2.0)
    with trace(print=False) as t:
        (dx,) = minigrad.autograd.grad((x**3).sum(), x, create_graph=True)
        dx.sum().backward()
    assert x.grad.item() == 12.0
    recorded = [s for s in t.steps if s.cause is not None]
    assert [s.operation for s in recorded] == ["pow", "mul", "mul"]
    cube = next(s for s in t.steps if s.operation == "pow" and s.direction == "forward")
    assert {s.cause for s in recorded} == {cube.node}
    assert t.steps[-1].held == 4 * 2 + 4  # the first graph is kept: x, its cube and the sum


def test_any_rule_can_be_traced_and_gives_the_same_gradient() -> None:
    x = minigrad.tensor(np.random.default_rng(0).standard_normal((4, 3)), requires_grad=True)
    y = minigrad.tensor([0, 2, 1, 1])

    def loss() -> minigrad.Tensor:
        a = minigrad.stack([x, x.exp()]).mean(0) + minigrad.cat([x[:2], x[2:] * 2])
        b = minigrad.einsum("ij,kj->ik", a, x).logsumexp(1)
        return nn.functional.cross_entropy(a, y) + b.prod()

    loss().backward()
    plain = x.grad.clone()
    x.grad = None
    with trace(print=False) as t:
        loss().backward()
    assert x.grad.tolist() == plain.tolist()
    total = sum(s.result for s in t.steps if s.direction == "backward" and s.target == "x")
    np.testing.assert_allclose(total, plain.numpy())
    texts = {s.operation: s.rule.text for s in t.steps if s.rule is not None}
    assert texts["stack"] == "g[(slice(None),) * axis + (i,)]"
    assert texts["cat"] == "cat_parts(g, xs, axis)(i)"


def test_traces_nest_belong_to_their_thread_and_leave_the_mode_as_it_was() -> None:
    x = leaf(1.0)
    with trace(print=False) as outer:
        x.exp()
        with trace(print=False) as inner:
            x.exp().backward()
        other = threading.Thread(target=lambda: leaf(1.0).exp().backward())
        other.start()
        other.join()
    assert [len(outer.steps), len(inner.steps)] == [3, 2]
    assert outer.steps[-1].rule == inner.steps[-1].rule
    with pytest.raises(ZeroDivisionError), trace(print=False) as t:
        x.exp().register_hook(lambda g: 1 / 0)
        y = x.exp()
        y.register_hook(lambda g: 1 / 0)
        y.backward()
    assert mode.seen is None and mode.walk is None
    assert [s.direction for s in t.steps] == ["forward", "forward"]
    with pytest.raises(RuntimeError, match="a second time"), trace(print=False):
        y = x.exp()
        y.backward()
        y.backward()


def test_an_error_in_a_rule_is_explained_as_without_a_trace() -> None:
    def broken(x: Any) -> Any:
        return x + 0

    engine.rule(broken, lambda g, y, x: g[:, None])
    try:
        messages = []
        for watcher in (minigrad.enable_grad(), trace(print=False)):
            with pytest.raises(RuntimeError) as error, watcher:
                engine.apply(broken, (leaf(1.0, 2.0),)).sum().backward()
            messages.append(str(error.value))
        assert messages[0] == messages[1] and "rule for argument 0 of broken" in messages[0]
    finally:
        del engine.RULES[broken], engine.NAMES[broken]


def test_a_backward_of_a_graph_from_before_is_traced_with_the_names_of_the_rules() -> None:
    x = leaf(1.0, 2.0)
    y = (x * 3).sum()
    with trace(print=False) as t:
        y.backward()
    assert [str(s).split("   ")[0] for s in t.steps] == [
        "#1 sum: dL/dx += spread(g, x.shape, axis, keepdims)",
        "#2 mul: dL/da += g * b",
    ]
    assert t.steps[0].place is None and t.steps[0].forward is None


def test_a_hook_that_asks_for_gradients_itself() -> None:
    x = leaf(1.0)
    y = x * 2

    def ask(g: minigrad.Tensor) -> None:
        minigrad.autograd.grad(x.exp(), x)

    y.register_hook(ask)
    with trace(print=False) as t:
        (y * 5).backward()
    assert [(s.operation, s.direction) for s in t.steps][1:] == [
        ("mul", "backward"), ("exp", "forward"), ("exp", "backward"), ("mul", "backward"),
    ]  # fmt: skip


def test_replay_walks_back_and_leaves_everything_as_it_was() -> None:
    x = leaf(1.0, 2.0)
    h = x * x
    h.retain_grad()
    seen: list[Any] = []
    h.register_hook(lambda g: seen.append(g) or g * 10)
    with trace(print=False):
        y = h.sum()
    t = replay(y)
    assert x.grad is None and h.grad is None and len(seen) == 1
    assert [s.direction for s in t.steps] == ["forward"] * 2 + ["backward"] * 3
    assert t.gradients[x._node].tolist() == [20.0, 40.0]
    assert t.steps[1].place is not None and t.steps[0].place is None  # who watched it?
    y.backward()
    assert x.grad.tolist() == [20.0, 40.0] and h.grad.tolist() == [10.0, 10.0]
    with pytest.raises(RuntimeError, match="have been freed"):
        replay(y)


def test_changes_in_place_are_steps_too_also_those_of_a_view() -> None:
    x = leaf(1.0, 4.0, 9.0)
    with trace(print=False) as t:
        y = x * 2
        y += 1
        v = y[1:]
        v *= 3
        (y.sum() + v.sum()).backward()
    assert x.grad.tolist() == [2.0, 12.0, 12.0]
    operations = [s.operation for s in t.steps if s.direction == "forward"]
    assert operations[:6] == ["mul", "add", "index", "mul", "copy_slices", "as_strided"]
    assert all(s.place is not None for s in t.steps)
    assert all(s.forward is not None for s in t.steps if s.direction == "backward")
    assert t.steps[-1].held == 0
