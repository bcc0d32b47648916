"""Lines that could be wrong and nobody would notice: each test kills changes that no other did.

tests/mutate.py finds them. The values are those of torch, or follow from the definition.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import autograd, tensor
from minigrad.autograd import changes, engine, gradients, place, views
from minigrad.autograd.engine import wrap


def leaf(*values: float, dtype: Any = None) -> Any:
    return tensor(list(values), requires_grad=True, dtype=dtype)


# -- .grad -----------------------------------------------------------------------------------------
@pytest.mark.parametrize("first", [False, True])
@pytest.mark.parametrize("second", [False, True])
def test_gradients_add_up_in_grad_with_and_without_a_graph(first: bool, second: bool) -> None:
    x = leaf(2.0, 3.0)
    (x**3).sum().backward(create_graph=first)
    (x**2).sum().backward(create_graph=second)
    assert x.grad.tolist() == [12.0 + 4.0, 27.0 + 6.0]
    assert x.grad.requires_grad == (first or second)
    if first or second:  # a part without a graph is a constant
        (g,) = autograd.grad(x.grad.sum(), x)
        assert g.tolist() == [12.0 * first + 2.0 * second, 18.0 * first + 2.0 * second]


def test_a_grad_of_another_type_is_added_to_in_the_wider_one() -> None:
    x = leaf(2.0, 3.0)
    gradients.accumulate(x, np.array([1.0, 2.0], np.float32))
    gradients.accumulate(x, np.array([0.5, 0.25]))
    assert x.grad.tolist() == [1.5, 2.25] and x.grad.dtype == np.float64


def test_a_grad_lies_in_rows_however_its_rule_made_it() -> None:
    x = minigrad.ones(2, 3, requires_grad=True)
    (x.t() * minigrad.ones(3, 2)).sum().backward()
    assert x.grad.is_contiguous()


def test_adding_to_a_grad_is_a_change_of_it() -> None:
    x = leaf(2.0)
    (x * 3).sum().backward()
    y = (x.grad * leaf(1.0)).sum()
    before = x.grad._version
    (x * 3).sum().backward()
    assert x.grad.tolist() == [6.0] and x.grad._version == before + 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_backward_with_inputs_fills_those_and_no_others() -> None:
    x, w = leaf(2.0), leaf(5.0)
    y = x * w
    z = y * y
    z.sum().backward(inputs=[x], retain_graph=True)
    assert x.grad.tolist() == [100.0] and w.grad is None
    z.sum().backward(inputs=[y, w])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert y.grad.tolist() == [20.0]
    assert w.grad.tolist() == [40.0] and x.grad.tolist() == [100.0]


def test_backward_with_an_intermediate_that_is_watched_fills_it_once() -> None:
    x = leaf(2.0)
    y = x * 3
    seen = []
    y.register_hook(lambda g: seen.append(g.tolist()))
    (y * y).sum().backward(inputs=[y])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert y.grad.tolist() == [12.0] and seen == [[12.0]] and x.grad is None


def test_whoever_waits_for_the_end_of_backward_is_called_once() -> None:
    a, b = leaf(1.0), leaf(2.0)
    calls = []

    def done() -> None:
        calls.append((a.grad.tolist(), b.grad.tolist()))

    for x in (a, b):
        place.watch_at(x._node).after[done] = None
    (a * b).sum().backward()
    assert calls == [([2.0], [1.0])]


def test_gradients_of_what_was_not_used_are_zeros_if_asked_and_others_stay() -> None:
    x, w = leaf(2.0), leaf(5.0, 6.0)
    gx, gw = autograd.grad((x * 3).sum(), [x, w], materialize_grads=True)
    assert gx.tolist() == [3.0] and gw.tolist() == [0.0, 0.0]
    gx, gw = autograd.grad((x**3).sum(), [x, w], materialize_grads=True, create_graph=True)
    assert gx.tolist() == [12.0] and gw.tolist() == [0.0, 0.0] and gw.requires_grad
    gx, gw = autograd.grad((x * 3).sum(), [x, w], allow_unused=True)
    assert gx.tolist() == [3.0] and gw is None


@pytest.mark.parametrize("what", [3, None, 1.5])
def test_what_is_no_tensor_is_refused_by_its_type(what: Any) -> None:
    x = leaf(1.0)
    with pytest.raises(TypeError, match="expected a Tensor or a sequence of Tensors, not"):
        autograd.grad((x * 2).sum(), what)
    with pytest.raises(TypeError, match="expected a Tensor or a sequence of Tensors, not"):
        autograd.backward(what)


def test_given_gradients_count_for_one_output_and_for_several() -> None:
    x = leaf(2.0, 3.0)
    (g,) = autograd.grad(x * x, x, tensor([1.0, 10.0]))
    assert g.tolist() == [4.0, 60.0]
    (g,) = autograd.grad([x * x, x * 2], x, [tensor([1.0, 10.0]), tensor([100.0, 0.0])])
    assert g.tolist() == [204.0, 60.0]
    (g,) = autograd.grad([(x * x).sum(), (x * 2).sum()], x)
    assert g.tolist() == [6.0, 8.0]


def test_a_view_is_asked_for_its_place_anew_by_backward_and_grad() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    v = y[0]
    y.mul_(3)
    v.backward()
    assert x.grad.tolist() == [3.0, 0.0]
    y = x * 1
    v = y[1]
    y.mul_(5)
    (g,) = autograd.grad(v, x)
    assert g.tolist() == [0.0, 5.0]
    y = x * 1
    v = y.view(2)
    y.mul_(7)
    (g,) = autograd.grad((v * 2).sum(), v)
    assert g.tolist() == [2.0, 2.0]


# -- changes in place ------------------------------------------------------------------------------
def test_a_quotient_that_was_changed_in_place_still_has_its_gradients() -> None:
    for create_graph in (False, True):
        a, b = leaf(6.0, 8.0, dtype=minigrad.float64), leaf(2.0, 4.0, dtype=minigrad.float64)
        p = a / b
        p += 1
        ga, gb = autograd.grad((p * p).sum(), [a, b], create_graph=create_graph)
        assert ga.tolist() == [2 * 4.0 / 2, 2 * 3.0 / 4]
        assert gb.tolist() == [-2 * 4.0 * 6 / 4, -2 * 3.0 * 8 / 16]
        if create_graph:  # of b, of the sum of both: the derivatives of -2 (a/b + 1) a / b^2
            (second,) = autograd.grad(gb.sum(), b)
            expected = [6 * (6 * 6) / 2**4 + 4 * 6 / 2**3, 6 * (8 * 8) / 4**4 + 4 * 8 / 4**3]
            np.testing.assert_allclose(second.tolist(), expected)


def test_a_quotient_whose_divisor_was_changed_too_is_refused() -> None:
    a, b = leaf(6.0), leaf(2.0)
    d = b * 1
    p = a / d
    p += 1
    d += 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        p.sum().backward()


def test_the_message_says_which_argument_was_changed_or_that_it_is_the_output() -> None:
    x = leaf(1.0, 2.0)
    a, b = x * 1, x * 2
    y = a * b
    b += 1
    with pytest.raises(RuntimeError, match=r"which is argument 1 of mul, is at version 1"):
        y.sum().backward()
    y = x.exp()
    y += 1
    y2 = x.exp()
    with minigrad.no_grad():
        y2 += 1
    with pytest.raises(RuntimeError, match=r"which is the output of exp, is at version 1"):
        y2.sum().backward()


def test_versions_count_from_nought_and_views_share_them() -> None:
    x = minigrad.zeros(4)
    assert x._version == 0
    x.add_(1)
    x[1:].mul_(2)
    assert x._version == x[2:]._version == 2


def test_a_view_of_a_factor_that_was_overwritten_is_noticed() -> None:
    x = leaf(1.0, 2.0)
    refused = "modified by an inplace operation|refer to a single memory location"
    for factor in (lambda y: y.detach(), lambda y: y[0], lambda y: y.view(2)):
        y = x * 3
        with pytest.raises(RuntimeError, match=refused):  # at once, where the two overlap in part
            y.mul_(factor(y))
            y.sum().backward()
    base = minigrad.ones(4)
    y = base[:2]
    with pytest.raises(RuntimeError, match=refused):
        y.mul_(x * base[1:3])  # a factor of the product lies in the memory that is written to
        y.sum().backward()


def test_a_change_at_the_very_time_of_an_operation_is_not_after_it() -> None:
    array = np.zeros(2)
    changes.mark_changed(array)
    time = changes.last
    assert not changes.changed_after(array, time) and changes.changed_after(array, time - 1)


VIEWS = {
    "a view of a leaf": lambda x: x[0:1],
    "a part of a split": lambda x: (x * 1).split(1)[0],
    "a part of unbind": lambda x: (x * 1).unbind(0)[0],
    "a part of chunk": lambda x: (x * 1).chunk(2)[1],
}


@pytest.mark.parametrize("name", VIEWS)
@pytest.mark.parametrize("change", ["mul_", "fill_", "copy_", "zero_", "__iadd__", "setitem"])
def test_changes_in_place_through_views_that_torch_refuses_are_refused(
    name: str, change: str
) -> None:
    x = leaf(1.0, 2.0)
    v = VIEWS[name](x)
    with pytest.raises(RuntimeError, match="view"):
        if change == "setitem":
            v[...] = 2.0
        elif change == "zero_":
            v.zero_()
        elif change == "copy_":
            v.copy_(minigrad.ones(()))
        else:
            getattr(v, change)(2.0)
    assert x.tolist() == [1.0, 2.0] and v.tolist() in (1.0, [1.0], [2.0])


def test_a_view_made_without_recording_is_not_changed_while_recording() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    with minigrad.no_grad():
        v = y[0:1]
    with pytest.raises(RuntimeError, match="A view was created in no_grad mode"):
        v.mul_(2)
    with minigrad.no_grad():
        v.mul_(2)
    assert y.tolist() == [2.0, 2.0]


def test_fill_gives_its_value_a_gradient_and_takes_that_of_what_was_there() -> None:
    x, value = leaf(1.0, 2.0), tensor(5.0, requires_grad=True)
    y = x * 3
    y.fill_(value)
    (y * tensor([1.0, 10.0])).sum().backward()
    assert y.tolist() == [5.0, 5.0]
    assert value.grad.item() == 11.0 and x.grad.tolist() == [0.0, 0.0]
    buffer = minigrad.zeros(2)
    buffer.fill_(value)
    assert buffer.requires_grad
    y = x * 3
    y.fill_(2)
    assert y.requires_grad
    y.sum().backward()
    assert x.grad.tolist() == [0.0, 0.0]
    with pytest.raises(RuntimeError, match="0-dimension value tensor but got tensor with 1 dim"):
        y.fill_(tensor([1.0]))
    with pytest.raises(TypeError, match="must be a number or a 0-d Tensor, not str"):
        y.fill_("1")


def test_bounds_of_random_numbers_in_place() -> None:
    t = minigrad.zeros(4000)
    minigrad.manual_seed(0)
    t.uniform_(2, 5)
    assert 2 <= t.min() < 2.01 and 4.99 < t.max() < 5 and abs(t.mean() - 3.5) < 0.05
    t.uniform_()
    assert 0 <= t.min() < 0.01 and 0.99 < t.max() < 1
    assert t.uniform_(3, 3).tolist() == [3.0] * 4000
    t.normal_(10, 2)
    assert abs(t.mean() - 10) < 0.15 and abs(t.std() - 2) < 0.1
    t.normal_()
    assert abs(t.mean()) < 0.06 and abs(t.std() - 1) < 0.05
    assert t.normal_(7, 0).tolist() == [7.0] * 4000
    with pytest.raises(RuntimeError, match=r"from=2 > to=1"):
        t.uniform_(2, 1)
    with pytest.raises(RuntimeError, match="std >= 0.0, but found std -1"):
        t.normal_(0, -1)
    for draw in (minigrad.zeros(2).int().uniform_, minigrad.zeros(2).int().normal_):
        with pytest.raises(NotImplementedError, match="must be floating point"):
            draw()


def test_the_type_in_place_is_that_of_the_target_and_kinds_do_not_fall() -> None:
    x = tensor([1, 2], dtype=minigrad.int32)
    for wrong, change in ((0.5, "add_"), (tensor([0.5, 1.0]), "mul_")):
        with pytest.raises(RuntimeError, match="can't be cast to the desired output type Int"):
            getattr(x, change)(wrong)
    x.add_(tensor([1, 1], dtype=minigrad.int64))
    assert x.tolist() == [2, 3] and x.dtype == np.int32
    u = tensor([1, 2], dtype=minigrad.uint8)
    u.add_(tensor([1, 1], dtype=minigrad.int64))
    assert u.tolist() == [2, 3] and u.dtype == np.uint8
    b = tensor([True, False])
    with pytest.raises(RuntimeError, match="can't be cast to the desired output type Bool"):
        b.add_(tensor([1, 1]))
    y = leaf(1.0, 2.0) * 1
    y.mul_(minigrad.ones(2, dtype=minigrad.float64) * 2)
    assert y.dtype == np.float32 and y.grad_fn is not None


def test_a_tensor_that_repeats_its_memory_is_written_whole_or_not_at_all() -> None:
    t = minigrad.zeros(1).expand(3)
    with pytest.raises(RuntimeError, match="more than one element of the written-to tensor"):
        t.add_(1)
    assert t.tolist() == [0.0] * 3
    one = minigrad.zeros(3)[0:1].expand(1)
    one.add_(2)
    assert one.tolist() == [2.0]


# -- recording -------------------------------------------------------------------------------------
def test_switches_as_decorators_and_blocks_leave_the_mode_as_it_was() -> None:
    on = minigrad.is_grad_enabled
    for decorate, inside in (
        (lambda: minigrad.no_grad(on), False),
        (lambda: minigrad.no_grad()(on), False),
        (lambda: minigrad.enable_grad()(on), True),
        (lambda: minigrad.set_grad_enabled(False)(on), False),
        (lambda: minigrad.set_grad_enabled(True)(on), True),
    ):
        decorated = decorate()
        for before in (True, False):
            with minigrad.set_grad_enabled(before):
                assert decorated() is inside and on() is before

    @minigrad.no_grad()
    def fails() -> None:
        raise KeyError

    with pytest.raises(KeyError):
        fails()
    assert on()
    block = minigrad.set_grad_enabled(False)
    assert not on()  # from now on
    with block:
        assert not on()
    assert on()
    with block:  # again
        assert not on()
    assert on()


def test_a_decorated_class_is_one_with_a_warning_that_names_the_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")

        @minigrad.no_grad()
        class Thing:
            """Made without recording."""

            kept = 1

            def __init__(self) -> None:
                self.recording = minigrad.is_grad_enabled()

    assert caught[0].category is FutureWarning and caught[0].filename == __file__
    thing: Any = Thing
    assert not thing().recording and thing.__doc__ == "Made without recording."
    assert not hasattr(thing, "kept")  # it is a function that makes one, as in torch


# -- rules -----------------------------------------------------------------------------------------
def test_clamp_with_bounds_that_are_none_tensors_or_crossed() -> None:
    values = [-2.0, -1.0, 0.5, 1.0, 3.0]
    cases: list[tuple[Any, Any, list, list]] = [
        (-1.0, None, [-1.0, -1.0, 0.5, 1.0, 3.0], [0, 1, 1, 1, 1]),
        (None, 1.0, [-2.0, -1.0, 0.5, 1.0, 1.0], [1, 1, 1, 1, 0]),
        (-1.0, 1.0, [-1.0, -1.0, 0.5, 1.0, 1.0], [0, 1, 1, 1, 0]),
        (1.0, -1.0, [-1.0] * 5, [0, 0, 0, 0, 0]),
    ]
    for low, high, expected, slope in cases:
        x = leaf(*values)
        y = x.clamp(low, high)
        y.sum().backward()
        assert y.tolist() == expected and x.grad.tolist() == slope, (low, high)


def test_clamp_gives_gradients_to_its_bounds() -> None:
    x, low, high = leaf(-2.0, 0.5, 3.0), leaf(-1.0, -1.0, -1.0), leaf(1.0, 1.0, 1.0)
    (x.clamp(low, high) * tensor([1.0, 10.0, 100.0])).sum().backward()
    assert x.grad.tolist() == [0.0, 10.0, 0.0]
    assert low.grad.tolist() == [1.0, 0.0, 0.0]
    assert high.grad.tolist() == [0.0, 0.0, 100.0]
    x, high = leaf(-2.0, 0.5, 3.0), leaf(1.0, 1.0, 1.0)
    x.clamp(max=high).sum().backward()
    assert x.grad.tolist() == [1.0, 1.0, 0.0] and high.grad.tolist() == [0.0, 0.0, 1.0]
    x, low, high = leaf(-2.0, 5.0), leaf(2.0, 2.0), leaf(1.0, 1.0)  # crossed: all are high
    x.clamp(low, high).sum().backward()
    assert x.grad.tolist() == [0.0, 0.0] == low.grad.tolist() and high.grad.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("zeros", [[], [1], [0, 2], [0, 1, 2]])
def test_products_with_zeros_have_the_gradients_of_their_definition(zeros: list[int]) -> None:
    a = np.array([2.0, 3.0, 5.0])
    a[zeros] = 0
    x = tensor(a, requires_grad=True)
    x.prod().backward()
    others = [np.prod(np.delete(a, i)) for i in range(3)]
    assert x.grad.tolist() == others
    x.grad = None
    weights = np.array([1.0, 10.0, 100.0])
    (x.cumprod(0) * tensor(weights)).sum().backward()
    expected = [
        sum(weights[k] * np.prod(np.delete(a[: k + 1], i)) for k in range(i, 3)) for i in range(3)
    ]
    np.testing.assert_allclose(x.grad.tolist(), expected)
    (g,) = autograd.grad(x.prod(), x, create_graph=True)
    (second,) = autograd.grad(g.sum(), x)
    expected = [sum(np.prod(np.delete(a, [i, j])) for j in range(3) if j != i) for i in range(3)]
    np.testing.assert_allclose(second.tolist(), expected)
    assert wrap(a).prod().item() == np.prod(a)


# -- memory that lies in another way ---------------------------------------------------------------
def test_changes_through_views_of_memory_in_any_order_reach_the_right_elements() -> None:
    x = minigrad.ones(2, 3, requires_grad=True)
    y = x.t() * 1  # its columns lie one behind the other
    assert not y.is_contiguous()
    y[1].mul_(5)
    (y * tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])).sum().backward()
    assert x.grad.tolist() == [[1.0, 15.0, 5.0], [2.0, 20.0, 6.0]]

    w = leaf(10.0, 20.0)
    buffer = minigrad.from_numpy(np.arange(6, dtype=np.float32)[::-1])  # backwards in memory
    buffer[1:3].copy_(w)
    assert buffer.tolist() == [5.0, 10.0, 20.0, 2.0, 1.0, 0.0]
    (buffer * minigrad.arange(6.0)).sum().backward()
    assert w.grad.tolist() == [1.0, 2.0]

    x = leaf(1.0, 2.0)
    y = x * 3
    y[0:0].mul_(7)
    y.sum().backward()
    assert x.grad.tolist() == [3.0, 3.0]


def test_memory_that_must_not_be_written_is_refused_and_that_of_one_element_is_not() -> None:
    array = np.zeros(2, np.float32)
    array.flags.writeable = False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        t = minigrad.from_numpy(array)
    with pytest.raises(RuntimeError, match="memory is read-only"):
        t.add_(1)
    row = np.lib.stride_tricks.as_strided(np.zeros(2, np.float32), (1, 2), (0, 4))
    assert minigrad.from_numpy(row).add_(1).tolist() == [[1.0, 1.0]]


def test_a_result_in_place_that_was_changed_again_is_noticed() -> None:
    x = leaf(1.0, 2.0)
    y = x * 1
    y.exp_()
    with minigrad.no_grad():
        y.mul_(2)
    with pytest.raises(RuntimeError, match="output of exp, is at version 2"):
        y.sum().backward()


def test_a_tensor_whose_change_was_interrupted_says_so() -> None:
    x = leaf(1.0)
    y = x * 2
    y._node = views.UNFINISHED
    for ask in (y.sum().backward, lambda: autograd.grad(y.sum(), x)):
        with pytest.raises(RuntimeError, match="when the program was interrupted"):
            ask()
    assert repr(y.grad_fn) == "<UnfinishedBackward0>"


def test_forty_stacked_diamonds_are_searched_in_forty_steps() -> None:
    x = leaf(1.0)
    y = x
    for _ in range(40):
        y = y + y
    (g,) = autograd.grad(y, x)
    assert g.item() == 2.0**40
    assert not minigrad.is_inference_mode_enabled()


# -- the engine ------------------------------------------------------------------------------------
def test_one_output_asked_for_twice_counts_twice() -> None:
    x = leaf(2.0, 3.0)
    y = x * x
    (g,) = autograd.grad([y, y], x, [tensor([1.0, 0.0]), tensor([2.0, 5.0])])
    assert g.tolist() == [12.0, 30.0]
    autograd.backward([x, x], [tensor([1.0, 2.0]), tensor([3.0, 4.0])])
    assert x.grad.tolist() == [4.0, 6.0]


def test_an_operation_without_a_rule_is_refused_by_name_where_it_would_need_one() -> None:
    def halved(a: Any) -> Any:
        return a / 2

    for inputs in ((leaf(1.0),), (leaf(1.0), 3)):
        fn = halved if len(inputs) == 1 else lambda a, b: a / b
        with pytest.raises(NotImplementedError, match="has no derivative rule; detach"):
            engine.apply(fn, inputs)
    with pytest.raises(NotImplementedError, match="halved has no derivative rule"):
        engine.apply_to(halved, leaf(1.0))
    assert engine.apply_to(halved, tensor([4.0])).tolist() == [2.0]
    assert engine.apply_to(halved, np.array([4.0])).tolist() == [2.0]


def test_an_operation_bears_the_name_it_was_given() -> None:
    @engine.primitive(lambda g, y, a: g * 2, name="twofold")
    def twice(a: Any) -> Any:
        return a * 2

    y = twice(leaf(1.0, 2.0))
    assert y.grad_fn.name() == "TwofoldBackward0" and y.tolist() == [2.0, 4.0]
    del engine.RULES[twice], engine.NAMES[twice]
    del engine.RULES[twice.__wrapped__], engine.NAMES[twice.__wrapped__]
