"""Memory, weights and files go over to other libraries and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn, safetensors
from minigrad.testing import assert_module_matches_torch


# -- memory -------------------------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "int64", "uint8", "bool"])
def test_numpy_and_minigrad_share_memory_both_ways(kind: str) -> None:
    array = np.array([[1, 0], [1, 1]], kind)
    t = minigrad.from_dlpack(array)
    array[0, 1] = 1
    assert t.tolist() == array.tolist() and t.numpy().dtype == kind
    assert np.shares_memory(np.from_dlpack(t), t.numpy())
    assert t.__dlpack_device__() == (1, 0)


def test_views_keep_their_strides() -> None:
    t = minigrad.arange(12).reshape(3, 4).t()[::2]
    assert np.from_dlpack(t).tolist() == t.tolist()
    assert minigrad.from_dlpack(t).tolist() == t.tolist()


def test_what_requires_grad_is_not_handed_out() -> None:
    with pytest.raises(BufferError, match="detach"):
        np.from_dlpack(minigrad.ones(2, requires_grad=True))
    with pytest.raises(TypeError, match="list has no method __dlpack__"):
        minigrad.from_dlpack([1.0])


@pytest.mark.live
def test_torch_and_minigrad_share_memory_both_ways(torch: Any) -> None:
    ours = minigrad.zeros(2, 2)
    for theirs in (torch.from_dlpack(ours), torch.as_tensor(ours)):
        theirs += 1
    assert ours.tolist() == [[2.0, 2.0], [2.0, 2.0]]
    theirs = torch.zeros(3)
    minigrad.from_dlpack(theirs).add_(5)
    assert theirs.tolist() == [5.0, 5.0, 5.0]


# -- weights ------------------------------------------------------------------------------------
@pytest.mark.live
def test_weights_go_to_torch_and_back(torch: Any) -> None:
    ours, theirs = nn.Linear(3, 2), torch.nn.Linear(3, 2)
    ours.load_state_dict(theirs.state_dict())
    assert ours.weight.tolist() == theirs.weight.tolist()
    with torch.no_grad():
        theirs.weight.zero_()
    assert ours.weight.abs().sum() > 0, "it is a copy"
    theirs.load_state_dict({k: torch.as_tensor(v) for k, v in ours.state_dict().items()})
    assert ours.weight.tolist() == theirs.weight.tolist()


def make(nn: Any) -> Any:
    return nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.Flatten(), nn.Linear(72, 4)
    )


@pytest.mark.live
def test_a_module_is_compared_with_torchs(torch: Any) -> None:
    x = np.random.default_rng(0).standard_normal((3, 1, 8, 8)).astype("float32")
    ours, theirs = make(nn), make(torch.nn)
    assert_module_matches_torch(ours, theirs, x, rtol=1e-4, atol=1e-4)
    assert_module_matches_torch(ours, theirs.eval(), x, rtol=1e-4, atol=1e-4)
    assert not ours.training
    ours[2] = nn.Tanh()
    with pytest.raises(AssertionError, match="value differs: output 0"):
        assert_module_matches_torch(ours, theirs, x)
    with pytest.raises(RuntimeError, match="size mismatch"):
        assert_module_matches_torch(nn.Linear(2, 2), torch.nn.Linear(3, 2), x)


# -- files --------------------------------------------------------------------------------------
def test_a_file_of_tensors_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    state = {"w": minigrad.randn(2, 3), "n": minigrad.tensor(3), "m": minigrad.tensor([True])}
    state["empty"] = minigrad.zeros(0, 4)
    state["d"] = minigrad.arange(6.0).reshape(2, 3).t()
    safetensors.save_file(state, path, {"about": "a test"})
    back = safetensors.load_file(path)
    assert {k: (v.tolist(), v.dtype) for k, v in back.items()} == {
        k: (v.tolist(), v.dtype) for k, v in state.items()
    }
    back["w"] += 1  # it is memory of its own


def test_the_bytes_are_those_of_the_format(tmp_path: Path) -> None:
    path = tmp_path / "one.safetensors"
    safetensors.save_file({"a": np.array([1.0, 2.0], "float32")}, path)
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    expected = {"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}}
    assert json.loads(data[8 : 8 + length]) == expected and length % 8 == 0
    assert data[8 + length :] == b"\0\0\x80?\0\0\0@"


def test_a_bad_file_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "bad.safetensors"
    safetensors.save_file({"a": np.ones(2), "b": np.ones(3)}, path)
    good = path.read_bytes()
    for end in range(len(good)):
        path.write_bytes(good[:end])
        with pytest.raises(ValueError, match="bad.safetensors"):
            safetensors.load_file(path)
    for old, new in (
        (b"F64", b"F65"), (b"[2]", b"[4]"), (b"[0,16]", b"[8,24]"), (b"[0,16]", b"[16,0]"),
        (b'{"a"', b'["a"'), (b"[2]", b"-24"),
    ):  # fmt: skip
        path.write_bytes(good.replace(old, new, 1))
        with pytest.raises(ValueError, match="bad.safetensors"):
            safetensors.load_file(path)
    path.write_bytes(good + b"x")
    with pytest.raises(ValueError, match="41 bytes of numbers, expected are 40"):
        safetensors.load_file(path)
    with pytest.raises(TypeError, match="'x' is a list"):
        safetensors.save_file({"x": [1.0]}, path)
    with pytest.raises(TypeError, match="no name for"):
        safetensors.save_file({"x": np.ones(1, complex)}, path)


def test_the_library_reads_ours_and_we_read_its_own(tmp_path: Path) -> None:
    library = pytest.importorskip("safetensors.numpy", reason="needs safetensors")
    state = {"w": np.arange(6, dtype="float32").reshape(2, 3), "i": np.array(7)}
    safetensors.save_file(state, tmp_path / "ours")
    library.save_file(state, tmp_path / "theirs")
    for back in (library.load_file(tmp_path / "ours"), safetensors.load_file(tmp_path / "theirs")):
        assert {k: v.tolist() for k, v in back.items()} == {k: v.tolist() for k, v in state.items()}
