"""The graph of Nodes and Leaves: who is who in it, what hooks see, and mistakes in a rule."""

from __future__ import annotations

import gc
import traceback
import tracemalloc
import weakref
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import tensor
from minigrad.autograd import engine, primitive
from minigrad.autograd.engine import Leaf, Node


@pytest.fixture
def own_rules() -> Iterator[None]:
    """What a test registers is taken away again."""
    before = set(engine.RULES)
    yield
    for fn in set(engine.RULES) - before:
        del engine.RULES[fn], engine.NAMES[fn]


def leaf(*values: float) -> Any:
    return tensor(list(values), requires_grad=True)


# -- places ----------------------------------------------------------------------------------------
def test_the_grad_fn_is_the_node_itself() -> None:
    x = leaf(1.0, 2.0)
    y = x * 2
    assert y.grad_fn is y.grad_fn and isinstance(y.grad_fn, Node)
    assert x.grad_fn is None and isinstance(y.grad_fn.next_functions[0][0], Leaf)
    assert y.grad_fn.next_functions[0][0] is (x + 1).grad_fn.next_functions[0][0]
    assert y.grad_fn.next_functions[0][0].variable is x


def test_a_node_holds_no_tensor() -> None:
    x = leaf(1.0)
    y = x * 2
    z, gone = y.exp(), weakref.ref(y)
    del y
    assert gone() is None and z.grad_fn.next_functions[0][0].name() == "MulBackward0"


def test_requires_grad_off_and_on_again_keeps_the_leaf() -> None:
    x = leaf(3.0)
    y = x * x
    x.requires_grad_(False)
    x.requires_grad_(True)
    assert minigrad.autograd.grad(y, x)[0].item() == 6.0


def test_a_leaf_frozen_before_backward_gets_nothing_as_in_torch() -> None:
    x, w = leaf(3.0), leaf(2.0)
    y = x * w
    x.requires_grad_(False)
    y.backward()
    assert x.grad is None and w.grad.item() == 3.0


def test_gradients_of_gradients_share_no_memory() -> None:
    a, b = leaf(1.0, 1.0), leaf(1.0, 1.0)
    (a + b).sum().backward(create_graph=True)
    (2 * a).sum().backward()
    assert a.grad.tolist() == [3.0, 3.0] and b.grad.tolist() == [1.0, 1.0]


def test_the_gradient_given_does_not_become_the_grad() -> None:
    x, g = leaf(1.0, 2.0), tensor([1.0, 1.0])
    x.backward(g, create_graph=True)
    g[0] = 7
    assert x.grad.tolist() == [1.0, 1.0]


def test_a_recorded_operation_takes_little_memory() -> None:
    x = leaf(1.0)
    y = x * 1
    for op in (lambda t: t.exp(), lambda t: t * 0.5):
        op(y)
        gc.collect()
        tracemalloc.start()
        for _ in range(2000):
            y = op(y)
        used = tracemalloc.get_traced_memory()[0] / 2000
        tracemalloc.stop()
        assert used < 450, f"{used} bytes"  # 416 to 420 on CPython 3.11


# -- hooks -----------------------------------------------------------------------------------------
def test_a_hook_set_before_a_change_in_place_belongs_to_the_old_value() -> None:
    x = leaf(1.0, 2.0)
    seen: list[Any] = []
    y = x * 1
    y.register_hook(lambda g: seen.append(g.tolist()))
    y *= 10
    y.register_hook(lambda g: seen.append(g.tolist()))
    y.sum().backward()
    assert seen == [[1.0, 1.0], [10.0, 10.0]] and x.grad.tolist() == [10.0, 10.0]


def test_remove_works_after_retain_grad_and_takes_the_very_hook() -> None:
    x = leaf(2.0)
    y = x * 3
    seen: list[str] = []

    def hook(g: Any) -> None:
        seen.append("called")

    first, second = y.register_hook(hook), y.register_hook(hook)
    y.retain_grad()
    first.remove()
    first.remove()
    y.sum().backward()
    assert seen == ["called"] and y.grad.item() == 1.0
    second.remove()


def test_a_tensor_that_retains_its_gradient_still_does_after_a_change_in_place() -> None:
    x = leaf(2.0)
    y = x * 3
    y.retain_grad()
    y *= 5
    (y * 7).sum().backward()
    assert y.retains_grad and y.grad.item() == 7.0 and x.grad.item() == 105.0


# -- changes in place ------------------------------------------------------------------------------
@pytest.mark.parametrize("change", [lambda y: y.mul_(y), lambda y: y.div_(y), lambda y: y.pow_(y)])
def test_a_product_with_itself_in_place_is_refused_in_backward_as_in_torch(
    change: Callable,
) -> None:
    y = leaf(2.0, 3.0) * 1
    change(y)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.sum().backward()


def test_in_place_with_itself_where_no_value_is_needed() -> None:
    for change, expected in ((lambda y: y.add_(y), 2.0), (lambda y: y.copy_(y), 1.0)):
        x = leaf(2.0, 3.0)
        y = x * 1
        change(y)
        y.sum().backward()
        assert x.grad.tolist() == [expected, expected]


def test_augmented_by_a_clone_of_itself() -> None:
    x = leaf(2.0, 3.0)
    y = x * 1
    y *= y.clone()
    y.sum().backward()
    assert y.tolist() == [4.0, 9.0] and x.grad.tolist() == [4.0, 6.0]


# -- mistakes in a rule ----------------------------------------------------------------------------
def magnitude(x: Any) -> Any:
    return np.abs(x)


MISTAKES: dict[str, tuple[Callable, type, str]] = {
    "shape": (lambda g, y, x: g.sum(), RuntimeError, r"gradient of shape \(\).*shape \(3,\)"),
    "smaller": (lambda g, y, x: g[:1], RuntimeError, r"gradient of shape \(1,\)"),
    "type": (lambda g, y, x: x > 0, TypeError, "gradient of type bool.*float32"),
    "a number": (lambda g, y, x: 2.0, TypeError, "returns an array or a Tensor.*'float'"),
    "nothing": (lambda g, y, x: None, TypeError, "returns an array or a Tensor.*NoneType"),
    "NumPy's error": (lambda g, y, x: g @ np.ones((2, 2)), RuntimeError, "matmul"),
    "a typo": (lambda g, y, x: np.sgin(x), AttributeError, "sgin"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_in_a_rule_is_told_with_its_place(mistake: str, own_rules: None) -> None:
    rule, kind, words = MISTAKES[mistake]
    y = primitive(rule, name="magnitude")(magnitude)(leaf(1.0, -2.0, 3.0)).sum()
    place = r"in the rule for argument 0 of magnitude, given FloatTensor \(3,\)"
    with pytest.raises(kind, match=f"(?s){words}.*{place}"):
        y.backward()


def test_the_traceback_of_the_own_mistake_stays(own_rules: None) -> None:
    def forgetful(g: Any, y: Any, x: Any) -> Any:
        return g * undefined_name  # noqa: F821

    y = primitive(forgetful, name="magnitude")(magnitude)(leaf(1.0)).sum()
    with pytest.raises(NameError) as caught:
        y.backward()
    assert "in forgetful" in "".join(traceback.format_exception(caught.value))

    @primitive(None)
    def broken(x: Any) -> Any:
        return x.no_such_method()

    with pytest.raises(AttributeError, match="broken was given FloatTensor") as caught_too:
        broken(leaf(1.0))
    assert "in broken" in "".join(traceback.format_exception(caught_too.value))
