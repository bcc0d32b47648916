"""Layers and functions of nn against torch: values, gradients, second order, printing, names."""

from __future__ import annotations

from typing import Any

import layer_cases
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
