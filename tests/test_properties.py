"""Broadcasting, indexing and reshaping of whatever hypothesis thinks of, against NumPy and
differences.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from minigrad import Tensor, tensor
from minigrad.testing import gradcheck, gradgradcheck

settings.register_profile("quick", max_examples=40, deadline=None, derandomize=True)
settings.load_profile("quick")
SHAPES = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)


def numbers(shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    return np.asarray(np.random.default_rng(seed).uniform(0.5, 2, shape))


def leaf(array: np.ndarray) -> Tensor:
    return tensor(array, requires_grad=True)


def right(f: Any, *arrays: np.ndarray) -> None:
    """f has NumPy's values, and gradients that central differences confirm, to second order."""
    found, expected = f(*map(leaf, arrays)), f(*arrays)
    np.testing.assert_allclose(found.detach().numpy(), expected)
    assert found.shape == np.shape(expected)
    assert gradcheck(f, tuple(map(leaf, arrays)))
    assert gradgradcheck(lambda *ts: f(*(t * t for t in ts)), tuple(map(leaf, arrays)))


@given(
    hnp.mutually_broadcastable_shapes(num_shapes=2, max_dims=3, max_side=3, min_side=0),
    st.sampled_from([operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]),
)
def test_operands_are_broadcast_as_numpy_does(shapes: Any, fn: Any) -> None:
    a, b = shapes.input_shapes
    right(fn, numbers(a, 1), numbers(b, 2))


@given(SHAPES, SHAPES)
def test_shapes_that_numpy_refuses_to_broadcast_are_refused(a: tuple, b: tuple) -> None:
    try:
        expected = np.broadcast_shapes(a, b)
    except ValueError:
        with pytest.raises(RuntimeError, match="must match the size"):
            tensor(numbers(a)) + tensor(numbers(b))
    else:
        assert (tensor(numbers(a)) + tensor(numbers(b))).shape == expected


@given(st.data())
def test_basic_indices_pick_and_give_back_as_numpy_does(data: Any) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    index = data.draw(
        hnp.basic_indices(shape, allow_newaxis=True).filter(
            lambda i: all(
                not isinstance(s, slice) or s.step is None or s.step > 0
                for s in (i if isinstance(i, tuple) else (i,))
            )
        )
    )
    right(lambda t: t[index], numbers(shape))


@given(st.data())
def test_integer_arrays_pick_and_give_back_as_numpy_does(data: Any) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    index = data.draw(hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(max_dims=2)))
    right(lambda t: t[index], numbers(shape))


@given(st.data())
def test_masks_pick_and_give_back_as_numpy_does(data: Any) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=0, max_side=4))
    mask = data.draw(hnp.arrays(bool, shape[: data.draw(st.integers(1, len(shape)))]))
    right(lambda t: t[mask], numbers(shape))


@given(st.data())
def test_assignment_writes_where_numpy_writes(data: Any) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    mask = data.draw(hnp.arrays(bool, shape[: data.draw(st.integers(1, len(shape)))]))

    def assigned(x: Any, v: Any) -> Any:
        y = x * 1
        y[mask] = v
        return y

    right(assigned, numbers(shape, 1), numbers((), 2))


@given(st.data())
def test_reshapes_and_orders_of_dimensions_move_elements_as_numpy_does(data: Any) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
    order = tuple(data.draw(st.permutations(range(len(shape)))))
    other = data.draw(st.permutations(shape))
    right(lambda t: np.transpose(t, order).reshape(tuple(other)), numbers(shape))


@given(st.data())
def test_reductions_sum_over_what_numpy_sums_over(data: Any) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, max_side=4))
    axes = data.draw(hnp.valid_tuple_axes(len(shape), min_size=1))
    keep = data.draw(st.booleans())
    for fn in (np.sum, np.mean, np.var):
        right(lambda t, fn=fn: fn(t, axis=axes, keepdims=keep), numbers(shape))


@given(hnp.mutually_broadcastable_shapes(signature="(n,k),(k,m)->(n,m)", max_dims=1, max_side=3))
def test_stacks_of_matrices_are_multiplied_as_numpy_does(shapes: Any) -> None:
    a, b = shapes.input_shapes
    right(operator.matmul, numbers(a, 1), numbers(b, 2))


@given(hnp.mutually_broadcastable_shapes(num_shapes=1, base_shape=(2, 3), max_dims=2, max_side=3))
def test_what_expand_repeats_its_gradient_sums_up(shapes: Any) -> None:
    (shape,) = shapes.input_shapes
    x = leaf(numbers(shape))
    x.expand(2, 3).sum().backward()
    assert x.grad is not None and x.grad.sum().item() == 6
