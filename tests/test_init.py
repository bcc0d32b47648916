"""nn.init: distributions, gains, errors, and that nothing is recorded."""

import math

import numpy as np
import pytest

import minigrad
from minigrad.nn import init


def generator():
    return minigrad.Generator().manual_seed(5)


def moments(fn, *args, shape=(300, 200), **settings):
    """Mean, standard deviation and largest size of 60,000 numbers."""
    x = fn(minigrad.zeros(shape), *args, generator=generator(), **settings).numpy()
    return float(x.mean()), float(x.std()), float(np.abs(x).max())


def test_normal_and_uniform_have_the_moments_asked_for():
    mean, std, _ = moments(init.normal_, mean=2.0, std=0.5)
    assert mean == pytest.approx(2, abs=0.01) and std == pytest.approx(0.5, abs=0.01)
    mean, std, most = moments(init.uniform_, -1.0, 3.0)
    assert mean == pytest.approx(1, abs=0.02) and std == pytest.approx(4 / math.sqrt(12), abs=0.02)
    assert 2.99 < most <= 3


# fan_in is 200 and fan_out 300 for a (300, 200) matrix
@pytest.mark.parametrize(
    ("fn", "settings", "std", "even"),
    [
        (init.xavier_uniform_, {}, math.sqrt(2 / 500), True),
        (init.xavier_uniform_, {"gain": 2.0}, 2 * math.sqrt(2 / 500), True),
        (init.xavier_normal_, {"gain": 2.0}, 2 * math.sqrt(2 / 500), False),
        (init.kaiming_uniform_, {}, math.sqrt(2 / 200), True),
        (init.kaiming_uniform_, {"mode": "fan_out"}, math.sqrt(2 / 300), True),
        (init.kaiming_uniform_, {"a": math.sqrt(5)}, math.sqrt(1 / 600), True),
        (init.kaiming_normal_, {"nonlinearity": "relu"}, math.sqrt(2 / 200), False),
        (init.kaiming_normal_, {"nonlinearity": "tanh"}, 5 / 3 / math.sqrt(200), False),
    ],
)
def test_scaled_initialisers_have_the_deviation_of_their_paper(fn, settings, std, even):
    mean, found, most = moments(fn, **settings)
    assert mean == pytest.approx(0, abs=std * 0.02)
    assert found == pytest.approx(std, rel=0.01)
    bound = std * math.sqrt(3)
    assert (most <= bound * (1 + 1e-6)) == even and most > 0.99 * bound


def test_fans_of_filters_count_the_field():
    _, std, _ = moments(init.kaiming_normal_, nonlinearity="linear", shape=(64, 32, 3, 3))
    assert std == pytest.approx(1 / math.sqrt(32 * 9), rel=0.02)


def test_constants():
    x = minigrad.empty(2, 3)
    assert init.zeros_(x).tolist() == [[0.0] * 3] * 2
    assert init.ones_(x).tolist() == [[1.0] * 3] * 2
    assert init.constant_(x, 0.5).tolist() == [[0.5] * 3] * 2
    assert init.eye_(x).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


@pytest.mark.parametrize("name", [name for name in dir(init) if name.endswith("_")])
def test_each_fills_a_leaf_that_requires_grad_and_returns_it(name):
    if name.startswith("_"):
        return
    shape = (3, 3, 3) if name == "dirac_" else (3, 3)
    w = minigrad.ones(shape, requires_grad=True, dtype=minigrad.float64)
    found = getattr(init, name)(w, *([4.0] if name == "constant_" else []))
    assert found is w and w.is_leaf and w.requires_grad and w.dtype == np.float64


def test_a_generator_gives_the_same_numbers_again_and_the_default_one_is_left_alone():
    before = minigrad.default_generator.get_state()
    first, second = (init.normal_(minigrad.zeros(5), generator=generator()) for _ in range(2))
    assert first.equal(second)
    assert minigrad.default_generator.get_state() == before


@pytest.mark.live
def test_gains_are_torchs(torch):
    for name in ("linear", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"):
        assert init.calculate_gain(name) == torch.nn.init.calculate_gain(name)
    assert init.calculate_gain("leaky_relu", 0.3) == torch.nn.init.calculate_gain("leaky_relu", 0.3)


def test_errors_are_torchs():
    with pytest.raises(ValueError, match="can not be computed for tensor with fewer than 2 dim"):
        init.xavier_uniform_(minigrad.ones(3))
    with pytest.raises(ValueError, match="Unsupported nonlinearity foo"):
        init.calculate_gain("foo")
    with pytest.raises(ValueError, match="negative_slope x not a valid number"):
        init.calculate_gain("leaky_relu", "x")
    with pytest.raises(ValueError, match="Mode x not supported"):
        init.kaiming_uniform_(minigrad.ones(3, 3), mode="x")
    with pytest.raises(ValueError, match="Only tensors with 2 dimensions are supported"):
        init.eye_(minigrad.ones(3))
    with pytest.raises(RuntimeError, match="std >= 0.0"):
        init.normal_(minigrad.ones(3), std=-1.0)
    with pytest.warns(UserWarning, match="zero-element tensors is a no-op"):
        init.kaiming_uniform_(minigrad.ones(0, 3))


def test_truncated_numbers_stay_inside_and_are_normal_there():
    g = minigrad.Generator().manual_seed(0)
    w = init.trunc_normal_(minigrad.empty(200, 100), 1.0, 2.0, -1.0, 2.0, generator=g).numpy()
    assert w.min() >= -1 and w.max() <= 2
    density = [math.exp(-z * z / 2) / math.sqrt(2 * math.pi) for z in (-1.0, 0.5)]
    within = (math.erf(0.5 / math.sqrt(2)) + math.erf(1 / math.sqrt(2))) / 2
    assert w.mean() == pytest.approx(1 + 2 * (density[0] - density[1]) / within, abs=0.02)
    far = init.trunc_normal_(minigrad.empty(50), 0.0, 1.0, 2.0, 3.0, generator=g)
    assert far.min() >= 2 and far.max() <= 3
    with pytest.warns(UserWarning, match="more than 2 std"):
        far = init.trunc_normal_(minigrad.empty(50), 0.0, 1.0, 20.0, 30.0, generator=g)
    assert far.min() >= 20


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 2, 3), (4, 4)])
def test_orthogonal_rows_or_columns(shape):
    w = init.orthogonal_(minigrad.empty(*shape, dtype=minigrad.float64), gain=2.0)
    m = w.reshape(shape[0], -1).numpy()
    product = m @ m.T if m.shape[0] <= m.shape[1] else m.T @ m
    np.testing.assert_allclose(product, 4 * np.eye(len(product)), atol=1e-12)
    with pytest.raises(ValueError, match="2 or more dimensions"):
        init.orthogonal_(minigrad.empty(3))


def test_dirac_filters_hand_channels_on():
    w = init.dirac_(minigrad.empty(4, 2, 3, 3), groups=2)
    x = minigrad.randn(1, 4, 5, 5)
    assert minigrad.nn.functional.conv2d(x, w, padding=1, groups=2).allclose(x)
    with pytest.raises(ValueError, match="3, 4, or 5 dimensions"):
        init.dirac_(minigrad.empty(3, 3))
    with pytest.raises(ValueError, match="divisible by groups"):
        init.dirac_(minigrad.empty(3, 3, 3), groups=2)
