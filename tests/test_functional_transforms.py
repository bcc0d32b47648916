"""vjp, jvp, jacobian, hessian and hvp have torch's results, structure and errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import autograd, tensor
from minigrad.autograd.functional import hessian, hvp, jacobian, jvp, vjp
from minigrad.testing import assert_matches_torch

A = np.array([[0.3, -1.2], [0.7, 2.0], [1.1, 0.4]])
B = np.array([0.9, -0.6])

PROGRAMS: dict[str, Callable[[Any, Any, Any], Any]] = {
    "jacobian": lambda f, a, b: f.jacobian(lambda x: (x @ b).tanh(), a),
    "jacobian of two": lambda f, a, b: f.jacobian(lambda x, y: x @ y, (a, b)),
    "jacobian to two": lambda f, a, b: f.jacobian(lambda x: (x.sum(), x * x), a),
    "jacobian two to two": lambda f, a, b: f.jacobian(lambda x, y: (x @ y, y * 2), (a, b)),
    "jacobian of the independent": lambda f, a, b: f.jacobian(lambda x, y: x * 2, (a, b)),
    "jacobian of a constant": lambda f, a, b: f.jacobian(lambda x: b.detach() * 1, a),
    "jacobian of a number": lambda f, a, b: f.jacobian(lambda x: x.sum(), a),
    "jacobian of one in a tuple": lambda f, a, b: f.jacobian(lambda x: x * 2, (b,)),
    "jacobian recorded": lambda f, a, b: f.jacobian(lambda x: x**3, b, create_graph=True),
    "jacobian strict": lambda f, a, b: f.jacobian(lambda x, y: x * 2, (a, b), strict=True),
    "vjp": lambda f, a, b: f.vjp(lambda x: x @ b, a, a[:, 0]),
    "vjp of a number": lambda f, a, b: f.vjp(lambda x: x.sum(), a),
    "vjp of two": lambda f, a, b: f.vjp(lambda x, y: (x @ y, y.sum()), (a, b), (a[:, 0], b[0])),
    "vjp without v": lambda f, a, b: f.vjp(lambda x: x * 2, a),
    "vjp wrong v": lambda f, a, b: f.vjp(lambda x: x * 2, a, b),
    "vjp too many v": lambda f, a, b: f.vjp(lambda x: x * 2, a, (a, a)),
    "vjp recorded": lambda f, a, b: f.vjp(lambda x: x**3, b, b, create_graph=True),
    "jvp": lambda f, a, b: f.jvp(lambda x: (x @ b).exp(), a, a * 2),
    "jvp of two": lambda f, a, b: f.jvp(lambda x, y: (x @ y, y * y), (a, b), (a, b)),
    "jvp of a number": lambda f, a, b: f.jvp(lambda x: x * b, b[0]),
    "jvp without v": lambda f, a, b: f.jvp(lambda x: x * 2, a),
    "jvp recorded": lambda f, a, b: f.jvp(lambda x: x**3, b, b, create_graph=True),
    "hessian": lambda f, a, b: f.hessian(lambda x: (x @ b).tanh().sum(), a),
    "hessian of two": lambda f, a, b: f.hessian(lambda x, y: ((x @ y) ** 2).sum(), (a, b)),
    "hessian of a linear function": lambda f, a, b: f.hessian(lambda x: (2 * x).sum(), b),
    "hessian of several": lambda f, a, b: f.hessian(lambda x: x * 2, b),
    "hessian recorded": lambda f, a, b: f.hessian(lambda x: (x**4).sum(), b, create_graph=True),
    "hvp": lambda f, a, b: f.hvp(lambda x: (x @ b).tanh().sum(), a, a * 2),
    "hvp of two": lambda f, a, b: f.hvp(lambda x, y: ((x @ y) ** 2).sum(), (a, b), (a, b)),
    "hvp of a linear function": lambda f, a, b: f.hvp(lambda x: (2 * x).sum(), b, b),
    "hvp of several": lambda f, a, b: f.hvp(lambda x: x * 2, b, b),
    "not a tensor": lambda f, a, b: f.jacobian(lambda x: x * 2, 3.0),
    "not to a tensor": lambda f, a, b: f.jacobian(lambda x: 3.0, b),
}


@pytest.mark.live
@pytest.mark.parametrize("name", PROGRAMS)
def test_transforms_match_the_installed_torch(name: str, torch: Any) -> None:
    order = 2 if "recorded" in name else 1
    assert_matches_torch(
        lambda lib, a, b: PROGRAMS[name](lib.autograd.functional, a, b), A, B, order=order
    )


def numerical_jacobian(f: Callable, x: np.ndarray) -> np.ndarray:
    columns = []
    for i in range(x.size):
        step = np.zeros(x.size)
        step[i] = 1e-6
        up, down = (f(tensor(x + s * step.reshape(x.shape))).numpy() for s in (1, -1))
        columns.append((up - down) / 2e-6)
    return np.stack(columns, -1).reshape(*np.shape(columns[0]), *x.shape)


def test_the_jacobian_is_that_of_central_differences_and_the_products_are_its_products() -> None:
    def f(x: Any) -> Any:
        return (x @ tensor(B)).tanh() * x[:, 0]

    J = jacobian(f, tensor(A))
    np.testing.assert_allclose(J.numpy(), numerical_jacobian(f, A), atol=1e-8)
    flat, v, w = J.reshape(3, 6).numpy(), np.array([1.0, -2.0, 0.5]), np.arange(6.0)
    np.testing.assert_allclose(vjp(f, tensor(A), tensor(v))[1].numpy().ravel(), v @ flat)
    np.testing.assert_allclose(jvp(f, tensor(A), tensor(w.reshape(3, 2)))[1].numpy(), flat @ w)


def test_the_hessian_is_the_jacobian_of_the_gradient_and_symmetric() -> None:
    def f(x: Any) -> Any:
        return (x[0] * x[1] ** 2).exp() + x.sum() ** 3

    def gradient(x: Any) -> Any:
        x.requires_grad_()
        return autograd.grad(f(x), x)[0]

    H = hessian(f, tensor(B)).numpy()
    np.testing.assert_allclose(H, numerical_jacobian(gradient, B), rtol=1e-6)
    np.testing.assert_allclose(H, H.T)
    np.testing.assert_allclose(hvp(f, tensor(B), tensor(A[0]))[1].numpy(), H @ A[0])


def test_the_inputs_stay_as_they_were() -> None:
    x = tensor(B, requires_grad=True)
    with minigrad.no_grad():
        result = jacobian(lambda t: t**2, x)
    assert x.grad is None and not result.requires_grad
    np.testing.assert_allclose(result.numpy(), np.diag(2 * B))
