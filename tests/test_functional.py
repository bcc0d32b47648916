"""nn.functional: against live torch, against NumPy and central differences, and its errors."""

import inspect
import math
import warnings
from contextlib import contextmanager

import numpy as np
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad.testing import assert_matches_torch, gradcheck, gradgradcheck

RNG = np.random.default_rng(7)


def draw(*shape):
    """Normal numbers, none of them so near to 0 that a kink there would matter."""
    x = RNG.standard_normal(shape)
    return np.where(np.abs(x) < 0.05, x + np.copysign(0.1, x), x)


def probabilities(*shape):
    e = np.exp(RNG.standard_normal(shape))
    return e / e.sum(1, keepdims=True)


@contextmanager
def quiet():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def functional(lib):
    return lib.nn.functional


# Each row: a name, the function of (F, *tensors), and the arrays.
X = draw(4, 3)
LABELS = np.array([0, 2, 1, 2])
IMAGES = draw(2, 4, 6, 5)
PROBABILITIES = RNG.uniform(0.05, 0.95, (4, 3))

LAYERS = {
    "linear": (lambda F, x, w, b: F.linear(x, w, b), draw(4, 3), draw(2, 3), draw(2)),
    "linear, no bias": (lambda F, x, w: F.linear(x, w), draw(4, 3), draw(2, 3)),
    "linear, vector": (lambda F, x, w, b: F.linear(x, w, b), draw(3), draw(2, 3), draw(2)),
    "linear, 3-d": (lambda F, x, w, b: F.linear(x, w, b), draw(2, 4, 3), draw(2, 3), draw(2)),
    "linear, vector weight": (lambda F, x, w: F.linear(x, w), draw(4, 3), draw(3)),
    "linear, empty batch": (lambda F, x, w, b: F.linear(x, w, b), draw(0, 3), draw(2, 3), draw(2)),
    "relu": (lambda F, x: F.relu(x), X),
    "relu at 0": (lambda F, x: F.relu(x), np.array([0.0, -0.0, 1.0])),
    "leaky_relu": (lambda F, x: F.leaky_relu(x), X),
    "leaky_relu 0.2": (lambda F, x: F.leaky_relu(x, 0.2), X),
    "elu": (lambda F, x: F.elu(x), X),
    "elu 2": (lambda F, x: F.elu(x, 2.0), X),
    "elu, large": (lambda F, x: F.elu(x), np.array([-1e4, 1e4])),
    "elu at 0": (lambda F, x: F.elu(x), np.array([0.0, 1.0])),
    "gelu": (lambda F, x: F.gelu(x), X),
    "gelu tanh": (lambda F, x: F.gelu(x, approximate="tanh"), X),
    "silu": (lambda F, x: F.silu(x), X),
    "softplus": (lambda F, x: F.softplus(x), X),
    "softplus 3, 1": (lambda F, x: F.softplus(x, 3, 1), X),
    "softplus, large": (lambda F, x: F.softplus(x), np.array([-1e4, 1e4, 0.0, 19.0])),
    "sigmoid": (lambda F, x: F.sigmoid(x), X),
    "tanh": (lambda F, x: F.tanh(x), X),
    "softmax": (lambda F, x: F.softmax(x, 1), X),
    "softmax dim 0": (lambda F, x: F.softmax(x, dim=0), X),
    "softmax dim -2 of 3": (lambda F, x: F.softmax(x, dim=-2), draw(2, 4, 3)),
    "softmax, 0-d": (lambda F, x: F.softmax(x, 0), draw()),
    "softmax, empty": (lambda F, x: F.softmax(x, 1), draw(0, 3)),
    "softmax, no classes": (lambda F, x: F.softmax(x, 1), draw(3, 0)),
    "softmax, huge": (lambda F, x: F.softmax(x, 1), X * 1e3),
    "softmax, dtype": (lambda F, x: F.softmax(x, 1, dtype=getattr(x, "dtype", None)), X),
    "log_softmax": (lambda F, x: F.log_softmax(x, 1), X),
    "log_softmax dim 0": (lambda F, x: F.log_softmax(x, dim=0), X),
    "log_softmax, 0-d": (lambda F, x: F.log_softmax(x, 0), draw()),
    "log_softmax, huge": (lambda F, x: F.log_softmax(x, 1), X * 1e3),
    "softmax method": (lambda F, x: x.softmax(1), X),
    "log_softmax method": (lambda F, x: x.log_softmax(dim=-1), X),
    "dropout p=0": (lambda F, x: F.dropout(x, 0.0), X),
    "dropout p=1": (lambda F, x: F.dropout(x, 1.0), X),
    "dropout eval": (lambda F, x: F.dropout(x, 0.7, training=False), X),
    "one_hot": (lambda F, t: F.one_hot(t), LABELS),
    "one_hot 5": (lambda F, t: F.one_hot(t, 5), LABELS.reshape(2, 2)),
    "one_hot, 0-d": (lambda F, t: F.one_hot(t, 4), np.array(2)),
    "embedding": (lambda F, w, i: F.embedding(i, w), draw(5, 3), np.array([[1, 4], [1, 0]])),
    "embedding, padding_idx": (
        lambda F, w, i: F.embedding(i, w, padding_idx=1),
        draw(5, 3),
        np.array([[1, 4], [1, 0]]),
    ),
    "pad": (lambda F, x: F.pad(x, (1, 2)), X),
    "pad 2": (lambda F, x: F.pad(x, (1, 0, 2, 3), value=-1.5), X),
    "pad, negative": (lambda F, x: F.pad(x, (-1, 2, 1, -1), value=2.0), X),
    "pad reflect": (lambda F, x: F.pad(x, (2, 1, 1, 2), mode="reflect"), IMAGES),
    "pad replicate": (lambda F, x: F.pad(x, (2, 1, 1, 2), mode="replicate"), IMAGES),
    "pad circular": (lambda F, x: F.pad(x, (2, 1, 1, 2), mode="circular"), IMAGES),
    "pad replicate, negative": (lambda F, x: F.pad(x, (-1, 1, 1, 0), mode="replicate"), IMAGES),
    "pad, integers": (lambda F, x: F.pad(x, (1, 1), value=2), np.arange(4)),
    "conv2d": (lambda F, x, w, b: F.conv2d(x, w, b), IMAGES, draw(3, 4, 3, 2), draw(3)),
    "conv2d, no bias": (lambda F, x, w: F.conv2d(x, w), IMAGES, draw(3, 4, 3, 2)),
    "conv2d, no batch": (lambda F, x, w: F.conv2d(x, w), IMAGES[0], draw(3, 4, 3, 2)),
    "conv2d, stride": (lambda F, x, w: F.conv2d(x, w, stride=2), IMAGES, draw(3, 4, 2, 2)),
    "conv2d, strides": (lambda F, x, w: F.conv2d(x, w, None, (3, 2), 1), IMAGES, draw(3, 4, 2, 2)),
    "conv2d, padding": (lambda F, x, w: F.conv2d(x, w, padding=(2, 1)), IMAGES, draw(3, 4, 3, 3)),
    "conv2d, same": (lambda F, x, w: F.conv2d(x, w, padding="same"), IMAGES, draw(3, 4, 3, 3)),
    "conv2d, same, even": (
        lambda F, x, w: F.conv2d(x, w, padding="same"),
        IMAGES,
        draw(3, 4, 2, 4),
    ),
    "conv2d, valid": (lambda F, x, w: F.conv2d(x, w, padding="valid"), IMAGES, draw(3, 4, 3, 3)),
    "conv2d, dilation": (lambda F, x, w: F.conv2d(x, w, dilation=2), IMAGES, draw(3, 4, 2, 2)),
    "conv2d, groups": (
        lambda F, x, w, b: F.conv2d(x, w, b, 2, 1, 1, 2),
        IMAGES,
        draw(6, 2, 3, 3),
        draw(6),
    ),
    "conv2d, depthwise": (lambda F, x, w: F.conv2d(x, w, groups=4), IMAGES, draw(4, 1, 3, 3)),
    "conv2d, empty batch": (lambda F, x, w: F.conv2d(x, w), draw(0, 4, 6, 5), draw(3, 4, 3, 2)),
    "max_pool2d": (lambda F, x: F.max_pool2d(x, 2), IMAGES),
    "max_pool2d, no batch": (lambda F, x: F.max_pool2d(x, 2), IMAGES[0]),
    "max_pool2d, overlap": (lambda F, x: F.max_pool2d(x, 3, 1), IMAGES),
    "max_pool2d, padding": (lambda F, x: F.max_pool2d(x, (3, 2), 2, padding=1), IMAGES),
    "max_pool2d, dilation": (lambda F, x: F.max_pool2d(x, 2, 1, 0, 2), IMAGES),
    "max_pool2d, ceil": (lambda F, x: F.max_pool2d(x, 2, ceil_mode=True), IMAGES),
    "max_pool2d, ceil, padding": (
        lambda F, x: F.max_pool2d(x, 3, 2, padding=1, ceil_mode=True),
        IMAGES,
    ),
    "max_pool2d, ties": (lambda F, x: F.max_pool2d(x, 2), np.ones((1, 2, 4, 4))),
    "max_pool2d, indices": (
        lambda F, x: F.max_pool2d(x, 3, 2, padding=1, return_indices=True),
        IMAGES,
    ),
    "max_pool2d, integers": (lambda F, x: F.max_pool2d(x, 2), np.arange(32).reshape(2, 1, 4, 4)),
    "avg_pool2d": (lambda F, x: F.avg_pool2d(x, 2), IMAGES),
    "avg_pool2d, no batch": (lambda F, x: F.avg_pool2d(x, 2), IMAGES[0]),
    "avg_pool2d, overlap": (lambda F, x: F.avg_pool2d(x, 3, 1), IMAGES),
    "avg_pool2d, padding": (lambda F, x: F.avg_pool2d(x, (3, 2), 2, padding=1), IMAGES),
    "avg_pool2d, without padding": (
        lambda F, x: F.avg_pool2d(x, 3, 2, padding=1, count_include_pad=False),
        IMAGES,
    ),
    "avg_pool2d, ceil": (lambda F, x: F.avg_pool2d(x, 2, ceil_mode=True), IMAGES),
    "avg_pool2d, ceil, padding": (
        lambda F, x: F.avg_pool2d(x, 3, 2, padding=1, ceil_mode=True),
        IMAGES,
    ),
    "avg_pool2d, ceil, without": (
        lambda F, x: F.avg_pool2d(x, 3, 2, 1, ceil_mode=True, count_include_pad=False),
        IMAGES,
    ),
    "avg_pool2d, divisor": (lambda F, x: F.avg_pool2d(x, 2, divisor_override=3), IMAGES),
    "batch_norm": (
        lambda F, x, m, v, w, b: F.batch_norm(x, m.detach(), v.detach(), w, b),
        X,
        draw(3),
        RNG.uniform(1, 2, 3),
        draw(3),
        draw(3),
    ),
    "batch_norm, training": (
        lambda F, x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        X,
        draw(3),
        draw(3),
    ),
    "batch_norm, images": (
        lambda F, x, w, b: F.batch_norm(x, None, None, w, b, training=True, eps=1e-3),
        IMAGES,
        draw(4),
        draw(4),
    ),
    "batch_norm, plain": (lambda F, x: F.batch_norm(x, None, None, training=True), X),
    "layer_norm": (lambda F, x, w, b: F.layer_norm(x, (3,), w, b), X, draw(3), draw(3)),
    "layer_norm, plain": (lambda F, x: F.layer_norm(x, [6, 5], eps=1e-3), IMAGES),
    "normalize": (lambda F, x: F.normalize(x), X),
    "normalize p=3 dim=0": (lambda F, x: F.normalize(x, p=3, dim=0), X),
    "normalize, zeros": (lambda F, x: F.normalize(x), np.array([[0.0, 0.0], [3.0, 4.0]])),
    "cosine_similarity": (lambda F, x, y: F.cosine_similarity(x, y), X, draw(4, 3)),
    "cosine_similarity, broadcast": (lambda F, x, y: F.cosine_similarity(x, y), X, draw(3)),
    "cosine_similarity, dim 0": (lambda F, x, y: F.cosine_similarity(x, y, 0), X, draw(4, 3)),
}

PAIRS = {
    "mse_loss": (lambda F, x, y, r: F.mse_loss(x, y, reduction=r), X, draw(4, 3)),
    "mse_loss, weight": (
        lambda F, x, y, w, r: F.mse_loss(x, y, reduction=r, weight=w),
        X,
        draw(4, 3),
        PROBABILITIES,
    ),
    "mse_loss, integers": (lambda F, x, y, r: F.mse_loss(x, y, reduction=r), X, LABELS[:, None]),
    "l1_loss": (lambda F, x, y, r: F.l1_loss(x, y, reduction=r), X, draw(4, 3)),
    "l1_loss, equal": (lambda F, x, y, r: F.l1_loss(x, y, reduction=r), X, X),
    "l1_loss, weight": (
        lambda F, x, y, w, r: F.l1_loss(x, y, reduction=r, weight=w),
        X,
        draw(4, 3),
        PROBABILITIES,
    ),
    "smooth_l1_loss": (lambda F, x, y, r: F.smooth_l1_loss(x, y, reduction=r), X * 2, draw(4, 3)),
    "smooth_l1_loss, beta": (
        lambda F, x, y, r: F.smooth_l1_loss(x, y, reduction=r, beta=0.3),
        X,
        draw(4, 3),
    ),
    "smooth_l1_loss, beta 0": (
        lambda F, x, y, r: F.smooth_l1_loss(x, y, reduction=r, beta=0.0),
        X,
        draw(4, 3),
    ),
    "smooth_l1_loss, at its joints": (
        lambda F, x, y, r: F.smooth_l1_loss(x, y.detach(), reduction=r, beta=2.0),
        np.array([0.0, 2.0, -2.0]),
        np.zeros(3),
    ),
    "huber_loss": (lambda F, x, y, r: F.huber_loss(x, y, reduction=r), X * 2, draw(4, 3)),
    "huber_loss, delta": (
        lambda F, x, y, r: F.huber_loss(x, y, reduction=r, delta=0.3),
        X,
        draw(4, 3),
    ),
    "huber_loss, at its joints": (
        lambda F, x, y, r: F.huber_loss(x, y.detach(), reduction=r, delta=2.0),
        np.array([0.0, 2.0, -2.0]),
        np.zeros(3),
    ),
    "huber_loss, weight": (
        lambda F, x, y, w, r: F.huber_loss(x, y, reduction=r, weight=w),
        X,
        draw(4, 3),
        PROBABILITIES,
    ),
    "binary_cross_entropy": (
        lambda F, x, y, r: F.binary_cross_entropy(x, y.detach(), reduction=r),
        PROBABILITIES,
        RNG.uniform(0, 1, (4, 3)),
    ),
    "binary_cross_entropy, target too": (
        lambda F, x, y, r: F.binary_cross_entropy(x, y, reduction=r),
        PROBABILITIES,
        RNG.uniform(0, 1, (4, 3)),
    ),
    "binary_cross_entropy, weight": (
        lambda F, x, y, w, r: F.binary_cross_entropy(x, y.detach(), w.detach(), reduction=r),
        PROBABILITIES,
        RNG.uniform(0, 1, (4, 3)),
        RNG.uniform(0, 1, (4, 3)),
    ),
    "bce_with_logits": (
        lambda F, x, y, r: F.binary_cross_entropy_with_logits(x, y.detach(), reduction=r),
        X * 3,
        RNG.uniform(0, 1, (4, 3)),
    ),
    "bce_with_logits, huge": (
        lambda F, x, y, r: F.binary_cross_entropy_with_logits(x, y.detach(), reduction=r),
        X * 300,
        RNG.uniform(0, 1, (4, 3)),
    ),
    "bce_with_logits, weights": (
        lambda F, x, y, w, p, r: F.binary_cross_entropy_with_logits(
            x, y.detach(), w.detach(), reduction=r, pos_weight=p.detach()
        ),
        X,
        RNG.uniform(0, 1, (4, 3)),
        RNG.uniform(0, 1, (4, 1)),
        RNG.uniform(0, 2, 3),
    ),
    "kl_div": (
        lambda F, x, y, r: F.kl_div(x, y, reduction=r),
        np.log(probabilities(4, 3)),
        probabilities(4, 3),
    ),
    "kl_div, zeros in the target": (
        lambda F, x, y, r: F.kl_div(x, y.detach(), reduction=r),
        np.log(probabilities(2, 2)),
        np.eye(2),
    ),
    "kl_div, log_target": (
        lambda F, x, y, r: F.kl_div(x, y, reduction=r, log_target=True),
        np.log(probabilities(4, 3)),
        np.log(probabilities(4, 3)),
    ),
    "nll_loss": (lambda F, x, t, r: F.nll_loss(x, t, reduction=r), X, LABELS),
    "nll_loss, one": (lambda F, x, t, r: F.nll_loss(x, t, reduction=r), X[0], np.array(1)),
    "nll_loss, weight": (
        lambda F, x, w, t, r: F.nll_loss(x, t, w.detach(), reduction=r),
        X,
        RNG.uniform(0.5, 2, 3),
        LABELS,
    ),
    "nll_loss, images": (
        lambda F, x, t, r: F.nll_loss(x, t, reduction=r, ignore_index=2),
        IMAGES,
        RNG.integers(0, 4, (2, 6, 5)),
    ),
    "cross_entropy": (lambda F, x, t, r: F.cross_entropy(x, t, reduction=r), X, LABELS),
    "cross_entropy, huge": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r),
        X * 1e3,
        LABELS,
    ),
    "cross_entropy, bytes": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r),
        X,
        LABELS.astype(np.uint8),
    ),
    "cross_entropy, one": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r),
        X[0],
        np.array(1),
    ),
    "cross_entropy, empty batch": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r),
        X[:0],
        LABELS[:0],
    ),
    "cross_entropy, ignored": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r),
        X,
        np.array([0, -100, 1, 2]),
    ),
    "cross_entropy, all ignored": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r),
        X,
        np.full(4, -100),
    ),
    "cross_entropy, ignore_index in range": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r, ignore_index=2),
        X,
        LABELS,
    ),
    "cross_entropy, weight": (
        lambda F, x, w, t, r: F.cross_entropy(x, t, w.detach(), reduction=r),
        X,
        RNG.uniform(0.5, 2, 3),
        LABELS,
    ),
    "cross_entropy, weight, ignored": (
        lambda F, x, w, t, r: F.cross_entropy(x, t, w.detach(), reduction=r, ignore_index=2),
        X,
        RNG.uniform(0.5, 2, 3),
        LABELS,
    ),
    "cross_entropy, smoothed": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r, label_smoothing=0.1),
        X,
        LABELS,
    ),
    "cross_entropy, smoothed, weight, ignored": (
        lambda F, x, w, t, r: F.cross_entropy(
            x, t, w.detach(), reduction=r, label_smoothing=0.3, ignore_index=0
        ),
        X,
        RNG.uniform(0.5, 2, 3),
        LABELS,
    ),
    "cross_entropy, images": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r),
        IMAGES,
        RNG.integers(0, 4, (2, 6, 5)),
    ),
    "cross_entropy, images, everything": (
        lambda F, x, w, t, r: F.cross_entropy(
            x, t, w.detach(), reduction=r, label_smoothing=0.3, ignore_index=0
        ),
        IMAGES,
        RNG.uniform(0.5, 2, 4),
        RNG.integers(0, 4, (2, 6, 5)),
    ),
    "cross_entropy, probabilities": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r),
        X,
        probabilities(4, 3),
    ),
    "cross_entropy, probabilities, one": (
        lambda F, x, t, r: F.cross_entropy(x, t, reduction=r),
        X[0],
        np.array([0.2, 0.3, 0.5]),
    ),
    "cross_entropy, probabilities, everything": (
        lambda F, x, t, w, r: F.cross_entropy(x, t, w, reduction=r, label_smoothing=0.2),
        IMAGES,
        probabilities(2, 4, 6, 5),
        RNG.uniform(0.5, 2, 4),
    ),
}

# What torch cannot differentiate twice, or differentiates with another convention at one point.
FIRST_ORDER = {"elu at 0", "normalize, zeros"}


@pytest.mark.live
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", LAYERS)
def test_layer_matches_torch(name, dtype):
    pytest.importorskip("torch")
    fn, *arrays = LAYERS[name]
    order = 1 if name in FIRST_ORDER else 2
    tight = {} if dtype == "float64" else {"rtol": 1e-4, "atol": 2e-4}
    with quiet():
        assert_matches_torch(
            lambda lib, *xs: fn(functional(lib), *xs), *arrays, dtype=dtype, order=order, **tight
        )


@pytest.mark.live
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("name", PAIRS)
def test_loss_matches_torch(name, reduction, dtype):
    pytest.importorskip("torch")
    fn, *arrays = PAIRS[name]
    tight = {} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-4}
    with quiet():
        assert_matches_torch(
            lambda lib, *xs: fn(functional(lib), *xs, reduction),
            *arrays,
            dtype=dtype,
            order=2,
            **tight,
        )


# -- without torch -------------------------------------------------------------------------------
SMOOTH = [
    name
    for name in [*LAYERS, *PAIRS]
    if not any(
        word in name
        for word in ("empty", "no classes", "one_hot", "integers", "ties", "indices", "huge")
        + (
            "large",
            " at 0",
            "at its joints",
            "equal",
            "zeros",
            "beta 0",
            "all ignored",
            "0-d",
            "padding_idx",
        )
    )
]


@pytest.mark.parametrize("name", SMOOTH)
def test_first_and_second_derivatives_are_those_of_central_differences(name):
    fn, *arrays = LAYERS[name] if name in LAYERS else PAIRS[name]
    settings = () if name in LAYERS else ("mean",)
    inputs = []
    for a in arrays:
        t = minigrad.from_numpy(np.array(a))
        inputs.append(t.requires_grad_() if a.dtype.kind == "f" else t)

    def run(*xs):
        y = fn(F, *xs, *settings)
        return y

    with quiet():
        used = _used(run, inputs)
        if used:
            assert gradcheck(*_with_constants(run, inputs, used))
            if name not in FIRST_ORDER:
                assert gradgradcheck(*_with_constants(run, inputs, used))


def _used(run, inputs):
    """The positions of the inputs that the result depends on."""
    floats = [i for i, t in enumerate(inputs) if t.requires_grad]
    grads = minigrad.autograd.grad(
        run(*inputs).sum(), [inputs[i] for i in floats], allow_unused=True
    )
    return [i for i, g in zip(floats, grads, strict=True) if g is not None]


def _with_constants(run, inputs, used):
    """A function of the used inputs alone, and these inputs."""

    def of_used(*xs):
        full = [t.detach() for t in inputs]
        for i, x in zip(used, xs, strict=True):
            full[i] = x
        return run(*full)

    return of_used, tuple(inputs[i] for i in used)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "name", [n for n in [*LAYERS, *PAIRS] if "integers" not in n and "one_hot" not in n]
)
def test_the_type_of_floating_point_is_kept(name, dtype):
    fn, *arrays = LAYERS[name] if name in LAYERS else PAIRS[name]
    inputs = []
    for a in arrays:
        t = minigrad.from_numpy(a.astype(dtype) if a.dtype.kind == "f" else a)
        inputs.append(t.requires_grad_() if t.is_floating_point() else t)
    with quiet():
        y = fn(F, *inputs) if name in LAYERS else fn(F, *inputs, "mean")
    y = y[0] if isinstance(y, tuple) else y
    assert y.dtype == dtype
    if y.requires_grad:
        y.sum().backward()
        assert all(t.grad.dtype == dtype for t in inputs if t.grad is not None)


def _same_to_second_order(fused, simple, *inputs, rtol=1e-12):
    found = []
    for fn in (fused, simple):
        xs = [minigrad.from_numpy(a).requires_grad_() for a in inputs]
        y = fn(*xs)
        cotangent = minigrad.from_numpy(np.linspace(-1, 2, y.numel()).reshape(y.shape))
        first = minigrad.autograd.grad(y, xs, cotangent, create_graph=True)
        second = minigrad.autograd.grad(
            sum((g * g).sum() for g in first), xs, allow_unused=True, materialize_grads=True
        )
        found.append([t.detach().numpy() for t in (y, *first, *second)])
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-13)


def test_each_fused_function_equals_its_plain_twin():
    labels = np.array([0, 2, 1, 2])
    _same_to_second_order(lambda x: F.softmax(x, 1), lambda x: F.softmax_simple(x, 1), X)
    _same_to_second_order(lambda x: F.log_softmax(x, 0), lambda x: F.log_softmax_simple(x, 0), X)
    _same_to_second_order(
        lambda x: F.softmax_cross_entropy(x, labels),
        lambda x: F.cross_entropy_simple(x, labels),
        X,
    )
    _same_to_second_order(F.linear, F.linear_simple, X, draw(2, 3), draw(2))


def test_the_second_derivative_of_the_cross_entropy_is_the_variance_of_the_labels():
    x = minigrad.tensor([0.5, -1.0, 2.0], dtype=minigrad.float64)
    found = minigrad.autograd.functional.hessian(
        lambda x: F.cross_entropy(x, minigrad.tensor(1)), x
    ).numpy()
    p = np.exp(x.numpy()) / np.exp(x.numpy()).sum()
    np.testing.assert_allclose(found, np.diag(p) - np.outer(p, p), atol=1e-14)


def test_float32_logits_of_any_size_give_finite_losses():
    x = minigrad.tensor([[1e4, 0.0, -1e4]] * 2, requires_grad=True)
    loss = F.cross_entropy(x, minigrad.tensor([0, 2]), reduction="none")
    assert loss.tolist() == [0.0, 20000.0]
    loss.sum().backward()
    assert x.grad.tolist() == [[0.0, 0.0, 0.0], [1.0, 0.0, -1.0]]
    assert F.softmax(minigrad.tensor([88.0, 88.0, 88.0]), 0).tolist() == [pytest.approx(1 / 3)] * 3


def test_gelu_is_exact_in_float64():
    x = np.linspace(-6, 6, 25)
    expected = [v * 0.5 * math.erfc(-v / math.sqrt(2)) for v in x]
    found = F.gelu(minigrad.from_numpy(x)).numpy()
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-16)


def test_conv2d_is_the_sum_that_defines_it():
    x, w = draw(2, 3, 5, 6), draw(4, 3, 2, 3)
    y = F.conv2d(minigrad.from_numpy(x), minigrad.from_numpy(w), stride=(2, 1)).numpy()
    for n, o, i, j in np.ndindex(*y.shape):
        part = x[n, :, 2 * i : 2 * i + 2, j : j + 3]
        assert y[n, o, i, j] == pytest.approx((part * w[o]).sum())


def test_running_statistics_move_by_momentum_towards_the_batch():
    mean, var = minigrad.zeros(3), minigrad.ones(3)
    x = minigrad.from_numpy(X.astype(np.float32))
    F.batch_norm(x, mean, var, training=True, momentum=0.25)
    np.testing.assert_allclose(mean.numpy(), 0.25 * X.mean(0), rtol=1e-6)
    np.testing.assert_allclose(var.numpy(), 0.75 + 0.25 * X.var(0, ddof=1), rtol=1e-6)


def test_a_graph_that_used_the_running_statistics_notices_their_change():
    mean, var = minigrad.zeros(3), minigrad.ones(3)
    x = minigrad.from_numpy(X.astype(np.float32)).requires_grad_()
    y = F.batch_norm(x, mean, var) * mean.view(1, 3)
    F.batch_norm(x, mean, var, training=True)
    (y * y).sum()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        minigrad.autograd.grad(y.sum(), x)


def test_dropout_keeps_the_mean_and_repeats_with_its_generator():
    ones = minigrad.ones(200, 50, requires_grad=True)
    draw_one = minigrad.Generator().manual_seed(3)
    y = F.dropout(ones, 0.2, generator=draw_one)
    assert set(y.unique().tolist()) == {0.0, 1.25}
    assert y.mean().item() == pytest.approx(1, abs=0.02)
    again = F.dropout(ones, 0.2, generator=minigrad.Generator().manual_seed(3))
    assert y.equal(again)
    y.sum().backward()
    assert ones.grad.equal(y.detach())


def test_embedding_divides_by_frequency_and_limits_norms():
    w = minigrad.tensor([[3.0, 4.0], [0.3, 0.4], [6.0, 8.0]], requires_grad=True)
    index = minigrad.tensor([0, 0, 1])
    F.embedding(index, w, scale_grad_by_freq=True).sum().backward()
    assert w.grad.tolist() == [[1.0, 1.0], [1.0, 1.0], [0.0, 0.0]]
    y = F.embedding(index, w, max_norm=1.0)
    np.testing.assert_allclose(y.detach().numpy(), [[0.6, 0.8], [0.6, 0.8], [0.3, 0.4]], rtol=1e-6)
    assert w[2].tolist() == [6.0, 8.0]  # not looked up, not changed


def test_activations_in_place_overwrite_their_input():
    for fn in (F.relu, F.leaky_relu, F.elu, F.silu):
        x = minigrad.tensor([-1.0, 2.0])
        y = fn(x, inplace=True)
        assert y is x and x.equal(fn(minigrad.tensor([-1.0, 2.0])))
    w = minigrad.tensor([-1.0, 2.0], requires_grad=True)
    F.relu(w * 3, inplace=True).sum().backward()
    assert w.grad.tolist() == [0.0, 3.0]


def test_older_words_for_the_reduction():
    x, y = minigrad.tensor([1.0, 2.0]), minigrad.tensor([0.0, 0.0])
    with pytest.warns(UserWarning, match="size_average"):
        assert F.mse_loss(x, y, size_average=False).item() == 5
    with pytest.warns(UserWarning, match="reduction='none'"):
        assert F.mse_loss(x, y, reduce=False).tolist() == [1, 4]


def test_losses_warn_of_sizes_that_differ():
    x, y = minigrad.ones(3), minigrad.ones(3, 1)
    for loss in (F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss):
        with pytest.warns(UserWarning, match=r"Using a target size \(torch.Size\(\[3, 1\]\)\)"):
            assert loss(x, y).item() == 0
    with pytest.warns(UserWarning, match="batchmean"):
        F.kl_div(x, x)
    with pytest.warns(UserWarning, match="Implicit dimension choice for softmax"):
        F.softmax(x)


T = minigrad.tensor
IMAGE = minigrad.zeros(1, 3, 5, 5)
LONG = T([0, 1, 2])
ROWS = minigrad.zeros(4, 3)
ERRORS = [
    (lambda: F.cross_entropy(ROWS, T([0, 5, 2, 1])), IndexError, "Target 5 is out of bounds."),
    (lambda: F.cross_entropy(ROWS, T([0, -1, 2, 1])), IndexError, "Target -1 is out of bounds."),
    (lambda: F.nll_loss(ROWS, T([0, 5, 2, 1])), IndexError, "Target 5 is out of bounds."),
    (lambda: F.cross_entropy(ROWS, LONG), ValueError, "input batch_size (4) to match target batch"),
    (lambda: F.cross_entropy(ROWS, T(1)), ValueError, "match target batch_size"),
    (lambda: F.cross_entropy(ROWS, T([0.0, 1, 2, 1])), RuntimeError, "Long or Byte, but got Float"),
    (lambda: F.cross_entropy(ROWS, T([0, 1, 2, 1]).int()), RuntimeError, "Byte, but got Int"),
    (lambda: F.cross_entropy(ROWS.long(), T([0, 1, 2, 1])), NotImplementedError, "'Long'"),
    (lambda: F.cross_entropy(ROWS, T([[0, 1, 2, 1]])), RuntimeError, "multi-target not supported"),
    (lambda: F.cross_entropy(IMAGE, minigrad.zeros(1, 4, 5).long()), RuntimeError, "target size"),
    (lambda: F.cross_entropy(ROWS, ROWS.long()), RuntimeError, "class probabilities"),
    (lambda: F.cross_entropy(ROWS, ROWS, ignore_index=0), RuntimeError, "ignore_index is not"),
    (lambda: F.cross_entropy(ROWS, LONG, label_smoothing=2.0), RuntimeError, "label_smoothing"),
    (lambda: F.cross_entropy(ROWS, LONG, weight=T([1.0, 1.0])), RuntimeError, "all 3 classes"),
    (lambda: F.cross_entropy(ROWS, LONG, reduction="foo"), ValueError, "foo is not a valid value"),
    (lambda: F.cross_entropy(ROWS, [0, 1, 2, 1]), TypeError, "must be Tensor"),
    (lambda: F.cross_entropy(np.zeros((1, 2)), T([0])), TypeError, "must be Tensor"),
    (lambda: F.mse_loss(ROWS, ROWS, reduction="foo"), ValueError, "foo is not a valid value"),
    (lambda: F.mse_loss(LONG, LONG), NotImplementedError, '"mse_cpu" not implemented for'),
    (lambda: F.mse_loss(ROWS, ROWS, weight=T([1.0])), ValueError, "must have the same size"),
    (lambda: F.mse_loss(T([1.0, 2, 3]), T([1.0, 2])), RuntimeError, "must match the size"),
    (lambda: F.l1_loss(LONG, LONG), RuntimeError, "could not infer output dtype"),
    (lambda: F.smooth_l1_loss(ROWS, ROWS, beta=-1.0), RuntimeError, "negative values for beta"),
    (lambda: F.huber_loss(ROWS, ROWS, delta=0.0), RuntimeError, "non-positive values for delta"),
    (lambda: F.huber_loss(LONG, LONG), NotImplementedError, "huber_cpu"),
    (lambda: F.kl_div(ROWS, ROWS, reduction="foo"), ValueError, "foo is not a valid value"),
    (lambda: F.binary_cross_entropy(T([1.5]), T([1.0])), RuntimeError, "between 0 and 1"),
    (lambda: F.binary_cross_entropy(T([0.5]), T([[1.0]])), ValueError, "different to the input"),
    (lambda: F.binary_cross_entropy(T([0.5]), T([1])), RuntimeError, "Found dtype Long"),
    (
        lambda: F.binary_cross_entropy_with_logits(T([0.5]), T([[1.0]])),
        ValueError,
        "must be the same as input size",
    ),
    (lambda: F.softmax(LONG, 0), NotImplementedError, "not implemented for 'Long'"),
    (lambda: F.softmax(ROWS, 5), IndexError, "Dimension out of range"),
    (lambda: F.gelu(LONG), NotImplementedError, "GeluKernelImpl"),
    (lambda: F.gelu(ROWS, approximate="x"), RuntimeError, "either none or tanh"),
    (lambda: F.relu(T([True])), RuntimeError, "Boolean inputs not supported for relu"),
    (lambda: F.dropout(ROWS, 1.5), ValueError, "between 0 and 1, but got 1.5"),
    (lambda: F.dropout(LONG, 0.5), RuntimeError, "can't be cast"),
    (lambda: F.one_hot(LONG, 2), RuntimeError, "Class values must be smaller than num_classes"),
    (lambda: F.one_hot(T([0.5])), RuntimeError, "type LongTensor"),
    (lambda: F.one_hot(T([-1])), RuntimeError, "Class values must be non-negative"),
    (lambda: F.one_hot(minigrad.zeros(0).long()), RuntimeError, "Can not infer total number"),
    (lambda: F.embedding(T([5]), ROWS), IndexError, "index out of range in self"),
    (lambda: F.embedding(T([-1]), ROWS), IndexError, "index out of range in self"),
    (lambda: F.embedding(T([0.5]), ROWS), RuntimeError, "torch.FloatTensor"),
    (lambda: F.embedding(T([1]), ROWS, padding_idx=7), AssertionError, "within num_embeddings"),
    (lambda: F.linear(ROWS, minigrad.ones(2, 4)), RuntimeError, "(4x3 and 4x2)"),
    (lambda: F.linear(ROWS.double(), minigrad.ones(2, 3)), RuntimeError, "m1 and m2 to have the"),
    (lambda: F.linear(ROWS, minigrad.ones(2, 3), minigrad.ones(3)), RuntimeError, "match the size"),
    (lambda: F.pad(ROWS, (1,)), RuntimeError, "divisible by 2"),
    (lambda: F.pad(ROWS, (1,) * 6), RuntimeError, "two times the input dimension"),
    (lambda: F.pad(ROWS, (1, 1), mode="foo"), NotImplementedError, "Unrecognised padding mode foo"),
    (lambda: F.pad(ROWS, (3, 1), mode="reflect"), RuntimeError, "Padding size should be less"),
    (lambda: F.pad(ROWS, (-2, -2)), RuntimeError, "length must be non-negative"),
    (lambda: F.pad(ROWS, (1, 1), "reflect", 2.0), RuntimeError, "doesn't take in value"),
    (lambda: F.pad(ROWS, (4, 0), "circular"), RuntimeError, "wrapping around more than once"),
    (lambda: F.pad(ROWS, (1, 1) * 2, "replicate"), NotImplementedError, "not supported for 2D"),
    (
        lambda: F.conv2d(IMAGE, minigrad.ones(4, 2, 3, 3)),
        RuntimeError,
        "expected input[1, 3, 5, 5] to have 2 channels, but got 3",
    ),
    (lambda: F.conv2d(IMAGE, minigrad.ones(4, 3, 6, 6)), RuntimeError, "Kernel size can't be"),
    (lambda: F.conv2d(ROWS, minigrad.ones(4, 3, 3, 3)), RuntimeError, "Expected 3D (unbatched)"),
    (
        lambda: F.conv2d(IMAGE, minigrad.ones(4, 3, 3, 3), minigrad.ones(3)),
        RuntimeError,
        "expected bias to be 1-dimensional with 4 elements",
    ),
    (lambda: F.conv2d(IMAGE, minigrad.ones(4, 3, 3, 3), stride=0), RuntimeError, "positive stride"),
    (lambda: F.conv2d(IMAGE, minigrad.ones(4, 3, 3, 3), padding=-1), RuntimeError, "negative padd"),
    (
        lambda: F.conv2d(IMAGE, minigrad.ones(4, 3, 3, 3), padding="same", stride=2),
        RuntimeError,
        "not supported for strided convolutions",
    ),
    (lambda: F.conv2d(IMAGE, minigrad.ones(4, 3, 3, 3), dilation=0), RuntimeError, "dilation"),
    (
        lambda: F.conv2d(IMAGE.double(), minigrad.ones(4, 3, 3, 3)),
        RuntimeError,
        "expected scalar type Double but found Float",
    ),
    (
        lambda: F.conv2d(minigrad.zeros(1, 4, 5, 5), minigrad.ones(3, 2, 3, 3), groups=2),
        RuntimeError,
        "divisible by 2 at dimension 0",
    ),
    (lambda: F.max_pool2d(IMAGE, 6), RuntimeError, "Output size is too small"),
    (lambda: F.max_pool2d(IMAGE, 3, padding=2), RuntimeError, "at most half of effective kernel"),
    (lambda: F.max_pool2d(ROWS, 2), RuntimeError, "non-empty 3D or 4D"),
    (lambda: F.max_pool2d(IMAGE, 2, stride=0), RuntimeError, "stride should not be zero"),
    (lambda: F.avg_pool2d(IMAGE, 2, divisor_override=0), RuntimeError, "divisor must be not zero"),
    (lambda: F.avg_pool2d(IMAGE, "2"), TypeError, "kernel_size must be an int or two ints"),
    (lambda: F.batch_norm(ROWS, None, None), RuntimeError, "running_mean must be defined"),
    (lambda: F.batch_norm(ROWS[:1], None, None, training=True), ValueError, "more than 1 value"),
    (
        lambda: F.batch_norm(ROWS, minigrad.zeros(2), minigrad.ones(2)),
        RuntimeError,
        "running_mean should contain 3 elements not 2",
    ),
    (lambda: F.layer_norm(ROWS, (4,)), RuntimeError, "Given normalized_shape=[4]"),
    (lambda: F.layer_norm(ROWS, 3), TypeError, "must be tuple of ints, not int"),
    (lambda: F.layer_norm(ROWS, (3,), minigrad.ones(4)), RuntimeError, "same shape as normalized"),
    (lambda: F.normalize(LONG, dim=0), RuntimeError, "Expected a floating point"),
    (lambda: F.normalize(ROWS, dim=3), IndexError, "Dimension out of range"),
    (lambda: F.cosine_similarity(ROWS, ROWS[:2]), RuntimeError, "must match the size"),
    (lambda: F.cosine_similarity(LONG, LONG, 0), RuntimeError, "floating point"),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors_are_torchs_and_say_what_was_found(case):
    call, kind, words = ERRORS[case]
    with quiet(), pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind
    assert words in str(caught.value)


def test_frozen_arrays_pass_through_every_loss_unharmed():
    x = X.astype(np.float32)
    x.flags.writeable = False
    labels = LABELS.copy()
    labels.flags.writeable = False
    t = minigrad.from_numpy(x).requires_grad_()
    F.cross_entropy(t, minigrad.from_numpy(labels)).backward()
    p = np.exp(x) / np.exp(x).sum(1, keepdims=True)
    p[range(4), LABELS] -= 1
    np.testing.assert_allclose(t.grad.numpy(), p / 4, rtol=1e-5, atol=1e-7)


def test_cross_entropy_of_logits_changed_in_place_loses_no_second_gradient():
    """The values are gone: first order has what it needs, and a graph of them cannot be made."""

    def loss() -> tuple[minigrad.Tensor, minigrad.Tensor]:
        w = minigrad.tensor([[0.5, -1.0, 2.0]], requires_grad=True)
        logits = w * 1.0
        value = F.cross_entropy(logits, minigrad.tensor([1]))
        with minigrad.no_grad():
            logits.add_(1.0)
        return value, w

    value, w = loss()
    (first,) = minigrad.autograd.grad(value, w)
    p = np.exp([0.5, -1.0, 2.0]) / np.exp([0.5, -1.0, 2.0]).sum()
    np.testing.assert_allclose(first.numpy(), [p - [0, 1, 0]], rtol=1e-6)
    value, w = loss()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        minigrad.autograd.grad(value, w, create_graph=True)


def others(name, t):
    """What a function needs besides its first argument, by the types in its signature."""
    needed = list(inspect.signature(getattr(F, name)).parameters.values())[1:]
    needed = [p for p in needed if p.default is p.empty and p.kind is not p.VAR_POSITIONAL]
    plain = {"int": 1, "float": 1.0, "Single": 2, "Pair": 2, "Any": 2, "tuple[int, ...]": (2,)}
    return [plain.get(p.annotation, t) for p in needed]


@pytest.mark.parametrize("name", F.__all__)
def test_a_list_in_place_of_a_tensor_is_refused_under_the_functions_name(name):
    rows = [[0.25, 0.75], [0.5, 0.5]]
    message = r"argument '\w+' \(position 1\) must be Tensor, not list.*minigrad\.tensor"
    with quiet(), pytest.raises(TypeError, match=message):
        getattr(F, name)(rows, *others(name, minigrad.tensor(rows)))


def needs_target(name):
    target = inspect.signature(getattr(F, name)).parameters.get("target")
    return target is not None and target.annotation == "Tensor"


@pytest.mark.parametrize("name", [n for n in F.__all__ if needs_target(n)])
def test_a_list_in_place_of_a_target_is_refused(name):
    rows = [[0.25, 0.75], [0.5, 0.5]]
    message = r"argument 'target' \(position \d\) must be Tensor, not list"
    needed = list(inspect.signature(getattr(F, name)).parameters)
    before = needed.index("target") - 1
    given = others(name, minigrad.tensor(rows))
    given[before] = rows
    with quiet(), pytest.raises(TypeError, match=message):
        getattr(F, name)(minigrad.tensor(rows), *given)
