"""Programs as users of HIPS autograd write them: `import numpy as np`, and gradients through it.

Only two things differ from there: the arrays that gradients are wanted of are tensors, and `grad`
stands here, in four lines.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import Tensor, tensor
from minigrad.testing import gradcheck


def grad(f: Callable, argnum: int = 0) -> Callable:
    def gradient(*args: Any) -> Any:
        x = args[argnum]
        x = x if isinstance(x, Tensor) and x.requires_grad else tensor(x, requires_grad=True)
        y = f(*args[:argnum], x, *args[argnum + 1 :])
        return minigrad.autograd.grad(y, x, create_graph=True)[0]

    return gradient


def value_and_grads(f: Callable, params: list) -> tuple[float, list]:
    """Of a list of arrays, as HIPS's value_and_grad of a nested container."""
    leaves = [tensor(p, requires_grad=True) for p in params]
    y = f(leaves)
    return y.item(), [g.numpy() for g in minigrad.autograd.grad(y, leaves)]


# -- derivatives of derivatives --------------------------------------------------------------------
def test_tanh_and_its_derivatives_by_grad_of_grad() -> None:
    def tanh(x: Any) -> Any:
        y = np.exp(-2.0 * x)
        return (1.0 - y) / (1.0 + y)

    first = grad(tanh)
    second, third = grad(first), grad(grad(first))
    t = np.tanh(0.7)
    assert first(0.7).item() == pytest.approx(1 - t**2, rel=1e-5)
    assert second(0.7).item() == pytest.approx(-2 * t * (1 - t**2), rel=1e-5)
    assert third(0.7).item() == pytest.approx((1 - t**2) * (6 * t**2 - 2), rel=1e-4)


def test_a_taylor_series_in_a_loop() -> None:
    def sine(x: Any) -> Any:
        total, term, i = 0.0, x, 0
        while np.abs(term) > 1e-12:
            total = total + term
            i += 1
            term = -term * x * x / ((2 * i + 1) * (2 * i))
        return total

    x = tensor(0.6, dtype=minigrad.float64, requires_grad=True)
    assert grad(sine)(x).item() == pytest.approx(np.cos(0.6), rel=1e-10)


def test_rosenbrocks_valley_and_its_hessian() -> None:
    def rosenbrock(x: Any) -> Any:
        return np.sum(100 * np.square(np.diff(x) - x[:-1] ** 2 + x[:-1]) + (1 - x[:-1]) ** 2)

    x = tensor([0.5, -0.3, 0.8], dtype=minigrad.float64, requires_grad=True)
    assert gradcheck(rosenbrock, (x,))
    hessian = np.stack(
        [minigrad.autograd.grad(g, x, retain_graph=True)[0] for g in grad(rosenbrock)(x)]
    )
    np.testing.assert_allclose(hessian.numpy(), hessian.numpy().T, atol=1e-12)


# -- logistic regression and a neural network ------------------------------------------------------
def test_logistic_regression_with_a_gaussian_prior() -> None:
    rng = np.random.RandomState(0)
    inputs = rng.randn(40, 3)
    targets = (inputs @ np.array([1.5, -2.0, 0.5]) > 0.2).astype(float)

    def sigmoid(x: Any) -> Any:
        return 0.5 * (np.tanh(x / 2.0) + 1)

    def training_loss(params: list) -> Any:
        weights, bias = params
        predictions = sigmoid(np.dot(inputs, weights) + bias)
        likelihoods = predictions * targets + (1 - predictions) * (1 - targets)
        return -np.sum(np.log(likelihoods)) + 0.05 * np.dot(weights, weights)

    params = [np.zeros(3), np.zeros(())]
    start, _ = value_and_grads(training_loss, params)
    for _ in range(100):
        loss, grads = value_and_grads(training_loss, params)
        params = [p - 0.02 * g for p, g in zip(params, grads, strict=True)]
    assert start == pytest.approx(40 * np.log(2)) and loss < 0.3 * start
    right = (np.dot(inputs, params[0]) + params[1] > 0) == (targets == 1)
    assert np.mean(right) > 0.9


def test_a_neural_network_of_nested_parameters_with_adam() -> None:
    rng = np.random.RandomState(1)
    sizes = [2, 12, 3]
    params = [
        (0.5 * rng.randn(m, n), np.zeros(n)) for m, n in zip(sizes[:-1], sizes[1:], strict=True)
    ]
    angle = rng.rand(90) * 2 * np.pi
    inputs = np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.05 * rng.randn(90, 2)
    targets = np.eye(3)[(angle / (2 * np.pi) * 3).astype(int)]

    def logsumexp(x: Any, axis: int, keepdims: bool = False) -> Any:
        top = np.max(x, axis=axis, keepdims=True)
        total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
        return total if keepdims else np.squeeze(total, axis)

    def predict(params: list, x: Any) -> Any:
        for w, b in params:
            outputs = np.dot(x, w) + b
            x = np.tanh(outputs)
        return outputs - logsumexp(outputs, axis=1, keepdims=True)

    def objective(flat: list) -> Any:
        params = list(zip(flat[::2], flat[1::2], strict=True))
        l2 = sum(np.sum(np.square(p)) for p in flat)
        return -np.mean(np.sum(predict(params, inputs) * targets, axis=1)) + 1e-4 * l2

    flat = [p for pair in params for p in pair]
    m, v = [np.zeros_like(p) for p in flat], [np.zeros_like(p) for p in flat]
    for i in range(120):
        loss, grads = value_and_grads(objective, flat)
        for k, g in enumerate(grads):
            m[k], v[k] = 0.9 * m[k] + 0.1 * g, 0.999 * v[k] + 0.001 * g**2
            m_hat, v_hat = m[k] / (1 - 0.9 ** (i + 1)), v[k] / (1 - 0.999 ** (i + 1))
            flat[k] = flat[k] - 0.05 * m_hat / (np.sqrt(v_hat) + 1e-8)
    assert loss < 0.35
    learnt = predict(
        list(zip(map(tensor, flat[::2]), map(tensor, flat[1::2]), strict=True)), inputs
    )
    assert np.mean(np.argmax(learnt, axis=1) == np.argmax(targets, axis=1)).item() > 0.9


# -- a simulation that is differentiated through ---------------------------------------------------
def test_a_fluid_is_moved_and_the_start_that_leads_to_a_picture_is_found() -> None:
    n, steps = 8, 4
    x = np.linspace(0, 2 * np.pi, n, endpoint=False)
    goal = np.exp(-((x[:, None] - 3) ** 2) - (x[None, :] - 3) ** 2)

    def project(vx: Any, vy: Any) -> tuple:
        """Make the field free of divergence: some steps of Jacobi's method."""
        h = 1.0 / n
        div = -0.5 * h * (np.roll(vx, -1, axis=0) - np.roll(vx, 1, axis=0)
                          + np.roll(vy, -1, axis=1) - np.roll(vy, 1, axis=1))  # fmt: skip
        p = np.zeros_like(div)
        for _ in range(6):
            p = (div + np.roll(p, 1, axis=0) + np.roll(p, -1, axis=0)
                 + np.roll(p, 1, axis=1) + np.roll(p, -1, axis=1)) / 4.0  # fmt: skip
        vx = vx - 0.5 * (np.roll(p, -1, axis=0) - np.roll(p, 1, axis=0)) / h
        vy = vy - 0.5 * (np.roll(p, -1, axis=1) - np.roll(p, 1, axis=1)) / h
        return vx, vy

    def advect(f: Any, vx: Any, vy: Any) -> Any:
        """Move f by the field: bilinear between the cells that it came from."""
        rows, cols = np.meshgrid(np.arange(n), np.arange(n), indexing="ij")
        from_x, from_y = rows - vx, cols - vy
        left, top = np.floor(from_x), np.floor(from_y)
        rw, bw = from_x - left, from_y - top
        left_ix, top_ix = np.mod(left.long(), n), np.mod(top.long(), n)
        right_ix, bottom_ix = np.mod(left_ix + 1, n), np.mod(top_ix + 1, n)
        return ((1 - rw) * ((1 - bw) * f[left_ix, top_ix] + bw * f[left_ix, bottom_ix])
                + rw * ((1 - bw) * f[right_ix, top_ix] + bw * f[right_ix, bottom_ix]))  # fmt: skip

    def distance(params: list) -> Any:
        vx, vy, smoke = params
        for _ in range(steps):
            moved_x, moved_y = advect(vx, vx, vy), advect(vy, vx, vy)
            vx, vy = project(moved_x, moved_y)
            smoke = advect(smoke, vx, vy)
        return np.mean((smoke - goal) ** 2)

    rng = np.random.RandomState(2)
    params = [0.1 * rng.randn(n, n), 0.1 * rng.randn(n, n), np.full((n, n), 0.2)]
    first, grads = value_and_grads(distance, params)
    rise = sum(float(np.sum(g**2)) for g in grads)
    nudged = [p - 1e-6 * g for p, g in zip(params, grads, strict=True)]
    assert (first - value_and_grads(distance, nudged)[0]) / 1e-6 == pytest.approx(rise, rel=1e-3)
    for _ in range(30):
        last, grads = value_and_grads(distance, params)
        params = [p - 5 * g for p, g in zip(params, grads, strict=True)]
    assert last < 0.2 * first


# -- a recurrent network, a convolution, a density -------------------------------------------------
def test_a_recurrent_network_by_concatenate_and_dot() -> None:
    rng = np.random.RandomState(3)
    text = np.eye(4)[[0, 1, 2, 3, 2, 1] * 2]

    def loss(params: list) -> Any:
        change, predict, hidden = params
        total = 0.0
        for now, after in zip(text[:-1], text[1:], strict=True):
            joined = np.concatenate([now, hidden, np.ones(1)])
            hidden = np.tanh(np.dot(joined, change))
            outputs = np.dot(np.hstack([hidden, 1.0]), predict)
            total = total - (outputs - np.logaddexp.reduce(outputs)) @ after
        return total / (len(text) - 1)

    params = [0.3 * rng.randn(10, 5), 0.3 * rng.randn(6, 4), np.zeros(5)]
    first, _ = value_and_grads(loss, params)
    for _ in range(60):
        last, grads = value_and_grads(loss, params)
        params = [p - 0.5 * g for p, g in zip(params, grads, strict=True)]
    assert last < 0.4 * first


def test_a_convolution_by_einsum_of_windows_and_pooling_by_reshape() -> None:
    rng = np.random.RandomState(4)
    images, kernels = rng.randn(2, 6, 6), rng.randn(3, 3, 3)

    def net(kernels: Any) -> Any:
        windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
        maps = np.einsum("nijkl,mkl->nmij", windows, kernels)
        pooled = np.max(np.reshape(maps, (2, 3, 2, 2, 2, 2)), axis=(3, 5))
        return np.sum(np.maximum(pooled, 0) ** 2)

    assert gradcheck(net, (tensor(kernels, requires_grad=True),))


def test_a_gaussian_process_by_solve_and_slogdet() -> None:
    rng = np.random.RandomState(6)
    x = np.sort(rng.rand(12)) * 6
    y = np.sin(x) + 0.1 * rng.randn(12)

    def covariance(params: list, a: Any, b: Any) -> Any:
        scale, length = np.exp(params[0]), np.exp(params[1])
        return scale * np.exp(-0.5 * np.subtract.outer(a, b) ** 2 / length**2)

    def negative_likelihood(params: list) -> Any:
        k = covariance(params, x, x) + np.exp(params[2]) * np.eye(len(x))
        fit = np.dot(y, np.linalg.solve(k, y))
        return 0.5 * (fit + np.linalg.slogdet(k)[1] + len(x) * np.log(2 * np.pi))

    params = [np.zeros(()), np.zeros(()), np.zeros(()) - 1]
    first, _ = value_and_grads(negative_likelihood, params)
    for _ in range(60):
        last, grads = value_and_grads(negative_likelihood, params)
        params = [p - 0.05 * g for p, g in zip(params, grads, strict=True)]
    assert last < first - 3
    low = np.linalg.cholesky(covariance(params, x, x) + np.exp(params[2]) * np.eye(len(x)))
    known = tensor(low, requires_grad=True)
    weights = np.linalg.solve(known.T, np.linalg.solve(known, y))
    found = np.dot(covariance(params, np.array([1.0, 3.0]), x), weights)
    assert found.tolist() == pytest.approx(np.sin([1.0, 3.0]), abs=0.25)
    assert gradcheck(lambda k: np.dot(y, np.linalg.solve(k @ k.T, y)), (known,))


def test_a_mixture_of_gaussians_by_where_and_broadcasting() -> None:
    rng = np.random.RandomState(5)
    data = np.concatenate([rng.randn(30, 1) - 2, rng.randn(20, 1) + 3])

    def log_density(params: list) -> Any:
        logits, means, log_scales = params
        log_weights = logits - np.logaddexp.reduce(logits)
        away = (data - means) / np.exp(log_scales)
        logs = log_weights - log_scales - 0.5 * np.log(2 * np.pi) - 0.5 * away**2
        top = np.max(logs, axis=1, keepdims=True)
        return -np.average(np.log(np.sum(np.exp(logs - top), axis=1)) + np.squeeze(top, 1))

    params = [np.zeros(2), np.array([-1.0, 1.0]), np.zeros(2)]
    for _ in range(80):
        _, grads = value_and_grads(log_density, params)
        params = [p - 0.5 * g for p, g in zip(params, grads, strict=True)]
    assert np.sort(params[1]) == pytest.approx([-2, 3], abs=0.5)
    assert np.exp(params[0])[0] / np.exp(params[0]).sum() == pytest.approx(0.6, abs=0.05)
