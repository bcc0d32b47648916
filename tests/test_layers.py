"""Layers and functions of nn against torch: values, gradients, second order, printing, names."""

from __future__ import annotations

from typing import Any

import layer_cases
import numpy as np
import pytest
import recorded

import minigrad
from minigrad import nn
from minigrad.testing import compare

FILE = recorded.FOLDER / "layers.npz"
TIGHT = {"float32": {"rtol": 1e-3, "atol": 1e-4}, "float64": {"rtol": 1e-7, "atol": 1e-8}}
NAMES = list(layer_cases.LAYERS)


@pytest.fixture(scope="module")
def torchs() -> dict[str, dict]:
    return recorded.load(FILE)


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_does_what_torchs_recorded_one_did(name: str, torchs: dict[str, dict]) -> None:
    compare(layer_cases.run(minigrad, name, "float64"), torchs[name], **TIGHT["float64"])


@pytest.mark.live
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", NAMES)
def test_a_layer_does_what_torchs_does(torch: Any, name: str, dtype: str) -> None:
    expected = layer_cases.run(torch, name, dtype)
    compare(layer_cases.run(minigrad, name, dtype), expected, **TIGHT[dtype])


@pytest.mark.live
@pytest.mark.parametrize(
    "name", [n for n in NAMES if n[0].isupper() and n != "EmbeddingBag, weights"]
)
def test_a_layer_prints_and_names_its_state_as_torchs(torch: Any, name: str) -> None:
    make = layer_cases.LAYERS[name][0]
    own, theirs = make(nn), make(torch.nn)
    assert repr(own) == repr(theirs)
    assert list(own.state_dict()) == list(theirs.state_dict())
    assert {k: tuple(v.shape) for k, v in own.state_dict().items()} == {
        k: tuple(v.shape) for k, v in theirs.state_dict().items()
    }


# -- what is drawn ---------------------------------------------------------------------------------
def test_dropout_of_channels_drops_whole_ones() -> None:
    minigrad.manual_seed(0)
    for layer, shape in (
        (nn.Dropout1d(0.25), (400, 5, 3)),
        (nn.Dropout1d(0.25), (2000, 3)),
        (nn.Dropout2d(0.25), (400, 5, 3, 2)),
        (nn.Dropout3d(0.25), (400, 5, 3, 2, 2)),
    ):
        y = layer(minigrad.ones(shape)).numpy()
        kept = 1 if len(shape) == 2 else 2
        channels = y.reshape(int(np.prod(shape[:kept])), -1)
        assert (channels == channels[:, :1]).all()
        np.testing.assert_allclose(np.unique(channels), [0, 4 / 3], rtol=1e-6)
        assert channels[:, 0].mean() == pytest.approx(1, abs=0.1)


def test_alpha_dropout_keeps_mean_and_variance() -> None:
    minigrad.manual_seed(0)
    x = minigrad.randn(200_000, requires_grad=True)
    y = nn.AlphaDropout(0.3)(x)
    assert y.mean().item() == pytest.approx(0, abs=0.02)
    assert y.std().item() == pytest.approx(1, abs=0.02)
    y.sum().backward()
    assert len(x.grad.unique()) == 2


def test_rrelu_draws_a_slope_for_each_element() -> None:
    minigrad.manual_seed(0)
    y = nn.RReLU(0.2, 0.4)(-minigrad.ones(10_000))
    assert -0.4 <= y.min() and y.max() <= -0.2
    assert y.mean().item() == pytest.approx(-0.3, abs=0.005)


def test_gumbel_softmax_draws_as_softmax_says() -> None:
    minigrad.manual_seed(0)
    logits = minigrad.tensor([0.0, 1.0, 2.0]).expand(20_000, 3).clone().requires_grad_()
    y = nn.functional.gumbel_softmax(logits, hard=True)
    assert set(y.unique().tolist()) <= {0.0, 1.0} and (y.sum(1) == 1).all()
    expected = minigrad.tensor([0.0, 1.0, 2.0]).softmax(0)
    assert y.mean(0).allclose(expected, rtol=0, atol=0.02)
    (y * minigrad.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert logits.grad.abs().sum() > 0
    soft = nn.functional.gumbel_softmax(logits, tau=0.5)
    assert soft.sum(1).allclose(minigrad.ones(20_000))


@pytest.mark.parametrize("make", [
    lambda: nn.LSTM(3, 4, 2, dropout=0.5),
    lambda: nn.MultiheadAttention(4, 2, dropout=0.5),
    lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.5),
])  # fmt: skip
def test_dropout_inside_a_layer_acts_in_training_only(make: Any) -> None:
    layer = make()
    x = minigrad.randn(5, 2, 3 if isinstance(layer, nn.LSTM) else 4)
    args = (x, x, x) if isinstance(layer, nn.MultiheadAttention) else (x,)

    def call() -> minigrad.Tensor:
        y = layer(*args)
        return y[0] if isinstance(y, tuple) else y

    assert not call().equal(call())
    layer.eval()
    assert call().equal(call())


def test_layers_begin_as_torchs_do() -> None:
    minigrad.manual_seed(0)
    for p in nn.GRU(3, 25, 2).parameters():
        assert p.abs().max() <= 0.2 and p.std().item() == pytest.approx(0.2 / 3**0.5, rel=0.3)
    net = nn.MultiheadAttention(32, 4)
    bound = (6 / (32 + 96)) ** 0.5
    assert 0.9 * bound < net.in_proj_weight.abs().max().item() <= bound
    assert not net.in_proj_bias.any() and not net.out_proj.bias.any()
    assert nn.PReLU(3).weight.tolist() == [0.25] * 3


def test_a_rnn_without_a_gradient_wanted_records_nothing() -> None:
    with minigrad.no_grad():
        y, h = nn.GRU(3, 4)(minigrad.ones(5, 2, 3))
    assert not y.requires_grad and not h.requires_grad
