"""Jacobians, Hessians and their products with vectors, of functions: torch.autograd.functional.

Each takes a function of tensors and the inputs, one tensor or a tuple. The inputs themselves are
not touched: the function sees copies that require a gradient. With create_graph=True the results
can be differentiated with respect to the inputs. Where a result does not depend on an input its
derivative is 0, or with strict=True a RuntimeError. ``vectorize`` and the strategies exist for
torch's sake: they choose there how the same numbers are computed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .derivatives import stack
from .engine import Value, apply, wrap
from .errors import tensor_words
from .grad_mode import enable_grad
from .gradients import grad


def _as_tuple(x: Any, what: str, name: str) -> tuple:
    values = (x,) if isinstance(x, Value) else tuple(x) if isinstance(x, (tuple, list)) else (x,)
    for i, value in enumerate(values):
        if not isinstance(value, Value):
            raise TypeError(
                f"The {what} given to {name} must be either a Tensor or a tuple of Tensors but the "
                f"value at index {i} has type {type(value)}."
            )
    return values


def _fresh(inputs: tuple, create_graph: bool) -> tuple:
    """The inputs as tensors to differentiate by: still part of the caller's graph if that is
    wanted.
    """
    if create_graph:
        return tuple(
            x.view_as(x) if x._node is not None else x.detach().requires_grad_() for x in inputs
        )
    return tuple(x.detach().requires_grad_() for x in inputs)


def _result(x: tuple, single: bool, create_graph: bool) -> Any:
    kept = x if create_graph else tuple(t.detach() for t in x)
    return kept[0] if single else kept


def _vector(v: Any, like: tuple, what: str, name: str) -> tuple:
    if v is None:
        if len(like) != 1 or like[0]._array.size != 1:
            raise RuntimeError(
                f"The vector v can only be None if the {what} is a single Tensor with a single "
                f"element; {name} needs v for {', '.join(map(tensor_words, like))}"
            )
        return (wrap(np.ones_like(like[0]._array)),)
    values = _as_tuple(v, "v", name)
    if len(values) != len(like):
        raise RuntimeError(
            f"v is a tuple of invalid length: should be {len(like)} but got {len(values)}."
        )
    for i, (a, b) in enumerate(zip(values, like, strict=True)):
        if a._array.shape != b._array.shape:
            raise RuntimeError(
                f"v has invalid size: entry {i} should be {tuple(b.shape)} but is {tuple(a.shape)}."
            )
    return values


def _grads(outputs: tuple, inputs: tuple, v: Any, create_graph: bool, strict: bool) -> tuple:
    """The gradients, with zeros where there is none."""
    made = [i for i, y in enumerate(outputs) if y._node is not None]
    if strict and len(made) != len(outputs):
        raise RuntimeError("an output of the function does not depend on any input (strict=True)")
    found: tuple = (None,) * len(inputs)
    if made:
        found = grad(
            [outputs[i] for i in made],
            inputs,
            [v[i] for i in made],
            retain_graph=True,
            create_graph=create_graph,
            allow_unused=True,
        )
    if strict and any(g is None for g in found):
        raise RuntimeError(
            f"the outputs of the function do not depend on input {found.index(None)} (strict=True)"
        )
    return tuple(
        wrap(np.zeros_like(x._array)) if g is None else g
        for g, x in zip(found, inputs, strict=True)
    )


def vjp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The outputs of func, and the product of the vector v with its Jacobian.

    v has the outputs' shapes; it may be left out for a single number.

    >>> from minigrad.autograd.functional import vjp
    >>> vjp(lambda x: x**2, tensor([1., 2., 3.]), tensor([1., 0., 1.]))
    (tensor([1., 4., 9.]), tensor([2., 0., 6.]))
    """
    with enable_grad():
        xs = _fresh(_as_tuple(inputs, "inputs", "vjp"), create_graph)
        y = func(*xs)
        ys = _as_tuple(y, "outputs of the user-provided function", "vjp")
        product = _grads(ys, xs, _vector(v, ys, "output", "vjp"), create_graph, strict)
    single = not isinstance(inputs, (tuple, list))
    return _result(ys, isinstance(y, Value), create_graph), _result(product, single, create_graph)


def jvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The outputs of func, and the product of its Jacobian with the vector v.

    v has the inputs' shapes; it may be left out for a single number. Reverse mode twice: vjp is
    linear in its vector, and the transpose of that linear map is the Jacobian.

    >>> from minigrad.autograd.functional import jvp
    >>> jvp(lambda x: x**2, tensor([1., 2., 3.]), tensor([1., 0., 1.]))
    (tensor([1., 4., 9.]), tensor([2., 0., 6.]))
    """
    with enable_grad():
        given = _as_tuple(inputs, "inputs", "jvp")
        direction = _vector(v, given, "input to the user-provided function", "jvp")
        xs = _fresh(given, create_graph)
        y = func(*xs)
        ys = _as_tuple(y, "outputs of the user-provided function", "jvp")
        weights = tuple(wrap(np.zeros_like(t._array)).requires_grad_() for t in ys)
        pulled = _grads(ys, xs, weights, True, strict)
        product = _grads(pulled, weights, direction, create_graph, False)
    single = isinstance(y, Value)
    return _result(ys, single, create_graph), _result(product, single, create_graph)


def jacobian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """All derivatives of func: for each output and each input a tensor of output shape + input
    shape.

    One tensor for one output and one input; else a tuple over the inputs, or over the outputs, or a
    tuple of tuples, outputs first.

    >>> from minigrad.autograd.functional import jacobian
    >>> jacobian(lambda x: x**2, tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    with enable_grad():
        xs = _fresh(_as_tuple(inputs, "inputs", "jacobian"), create_graph)
        y = func(*xs)
        ys = _as_tuple(y, "outputs of the user-provided function", "jacobian")
        table = []
        for t in ys:
            rows: list[list] = [[] for _ in xs]
            for k in range(t._array.size):
                unit = np.zeros_like(t._array)
                unit.reshape(-1)[k] = 1
                for row, g in zip(
                    rows, _grads((t,), xs, (wrap(unit),), create_graph, strict), strict=True
                ):
                    row.append(g)
            table.append(
                tuple(
                    apply(stack, tuple(row), {"axis": 0}).reshape(t._array.shape + x._array.shape)
                    if row
                    else wrap(np.zeros(t._array.shape + x._array.shape, t._array.dtype))
                    for row, x in zip(rows, xs, strict=True)
                )
            )
    single = not isinstance(inputs, (tuple, list))
    result = tuple(_result(row, single, create_graph) for row in table)
    return result[0] if isinstance(y, Value) else result


def _scalar(func: Callable, xs: tuple, name: str) -> Any:
    y = func(*xs)
    if not isinstance(y, Value) or y._array.size != 1:
        found = tensor_words(y) if isinstance(y, Value) else type(y).__name__
        raise RuntimeError(
            f"The Tensor returned by the function given to {name} should contain a single element, "
            f"not {found}"
        )
    return y.reshape(())  # type: ignore[attr-defined]


def hessian(
    func: Callable,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """All second derivatives of func, whose result is a single number.

    One tensor of shape input + input for one input; else a tuple of tuples.

    >>> from minigrad.autograd.functional import hessian
    >>> hessian(lambda x: (x**3).sum(), tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    single = not isinstance(inputs, (tuple, list))

    def gradient(*xs: Any) -> Any:
        y = _scalar(func, xs, "hessian")
        g = _grads((y,), xs, (wrap(np.ones_like(y._array)),), True, strict)
        return g[0] if single else g

    return jacobian(gradient, inputs, create_graph, strict)


def hvp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The value of func, a single number, and the product of its Hessian with the vector v.

    v has the inputs' shapes; it may be left out for a single number.

    >>> from minigrad.autograd.functional import hvp
    >>> hvp(lambda x: (x**3).sum(), tensor([1., 2.]), tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _second(func, inputs, v, create_graph, strict, "hvp")


def vhp(
    func: Callable, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False
) -> tuple:
    """The value of func, a single number, and the product of the vector v with its Hessian.

    The Hessian is symmetric, so that this is hvp; in torch it is the quicker of the two.

    >>> from minigrad.autograd.functional import vhp
    >>> vhp(lambda x: (x**3).sum(), tensor([1., 2.]), tensor([1., 1.]))
    (tensor(9.), tensor([ 6., 12.]))
    """
    return _second(func, inputs, v, create_graph, strict, "vhp")


def _second(
    func: Callable, inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple:
    with enable_grad():
        given = _as_tuple(inputs, "inputs", name)
        direction = _vector(v, given, "input to the user-provided function", name)
        xs = _fresh(given, create_graph)
        y = _scalar(func, xs, name)
        gradient = _grads((y,), xs, (wrap(np.ones_like(y._array)),), True, strict)
        product = _grads(gradient, xs, direction, create_graph, False)
    single = not isinstance(inputs, (tuple, list))
    return _result((y,), True, create_graph), _result(product, single, create_graph)
