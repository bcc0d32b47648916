"""Optimisers: torch's parameters after twenty steps, groups, state, errors."""

import copy
import json
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad
from minigrad import nn, optim

sys.path.insert(0, str(Path(__file__).parent / "reference"))
import record_optim

TOLERANCES = {"float32": 1e-6, "float64": 1e-12}
LOOSE = {  # some numbers of these torch keeps in float32; and L-BFGS makes the most of roundings
    ("NAdam", "float64"): 1e-7,
    ("ASGD", "float64"): 1e-7,
    ("LBFGS", "float32"): 5e-4,
}
NAMES = [f"{name} | {dtype}" for name in record_optim.RUNS for dtype in TOLERANCES]


def agree(key, expected):
    """Within 1e-6 (1e-12 in float64) of the largest parameter of each tensor."""
    name, dtype = key.split(" | ")
    tolerance = LOOSE.get((record_optim.RUNS[name][0], dtype), TOLERANCES[dtype])
    found = record_optim.train(minigrad, name, dtype)
    for a, b in zip(found, expected, strict=True):
        scale = np.abs(b).max()
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)


@pytest.mark.parametrize("key", NAMES)
def test_twenty_steps_end_where_torchs_recorded_ones_do(key):
    recorded = json.loads(record_optim.FILE.read_text(encoding="utf-8"))
    assert recorded["about"]["seed"] == record_optim.SEED
    agree(key, recorded["runs"][key])


@pytest.mark.live
@pytest.mark.parametrize("key", NAMES)
def test_twenty_steps_end_where_torchs_do(torch, key):
    agree(key, record_optim.train(torch, *key.split(" | ")))


def weight(*values, grad=None):
    w = minigrad.tensor(values, requires_grad=True)
    if grad is not None:
        w.grad = minigrad.tensor(grad)
    return w


def test_a_plain_step_goes_down_the_gradient():
    w = weight(1.0, 2.0, grad=[10.0, -10.0])
    optim.SGD([w], lr=0.1).step()
    assert w.tolist() == [0.0, 3.0]


def test_a_step_works_in_the_parameters_own_memory():
    w = weight(1.0, grad=[1.0])
    view = w.detach()
    for kind in (optim.SGD, optim.Adam, optim.AdamW):
        before = view.item()
        kind([w], lr=0.1).step()
        assert view.item() < before and w.is_leaf and w.requires_grad


def test_parameters_without_a_gradient_stay_as_they_are():
    w, v = weight(1.0), weight(2.0, grad=[1.0])
    step = optim.AdamW([w, v], lr=0.1, weight_decay=0.5)
    step.step()
    assert w.item() == 1.0 and v.item() < 2.0
    assert list(step.state_dict()["state"]) == [1]


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW])
def test_a_graph_made_before_a_step_is_noticed_as_stale(kind):
    w = weight(1.0, 2.0, grad=[1.0, 1.0])
    loss = (w * w).sum()
    kind([w], lr=0.1).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_a_gradient_is_left_as_it_was():
    for kind, settings in (
        (optim.SGD, {"momentum": 0.9, "weight_decay": 0.1, "nesterov": True}),
        (optim.SGD, {"maximize": True}),
        (optim.Adam, {"weight_decay": 0.1, "amsgrad": True}),
    ):
        w = weight(1.0, grad=[3.0])
        w.grad.numpy().flags.writeable = False
        step = kind([w], lr=0.1, **settings)
        step.step()
        step.step()
        assert w.grad.item() == 3.0


def test_the_first_momentum_is_a_copy_of_the_gradient():
    w = weight(1.0, grad=[3.0])
    step = optim.SGD([w], lr=0.1, momentum=0.9)
    step.step()
    w.grad.zero_()
    step.step()
    assert step.state[w]["momentum_buffer"].item() == pytest.approx(2.7)


def test_numpy_numbers_as_settings_keep_float32():
    w = weight(1.0, grad=[3.0])
    optim.SGD([w], lr=np.float64(0.1), momentum=np.float64(0.9)).step()
    assert w.dtype == np.float32 and w.item() == pytest.approx(0.7)


def test_groups_have_their_own_settings_and_take_one_tensor_or_several():
    w, b = weight(1.0, grad=[1.0]), weight(1.0, grad=[1.0])
    step = optim.SGD([{"params": w, "lr": 0.5}, {"params": [b]}], lr=0.25)
    step.step()
    assert (w.item(), b.item()) == (0.5, 0.75)
    c = weight(1.0, grad=[1.0])
    step.add_param_group({"params": c, "lr": 1.0})
    step.step()
    assert c.item() == 0.0 and len(step.param_groups) == 3
    step.param_groups[2]["lr"] = 0.1
    step.step()
    assert c.item() == pytest.approx(-0.1)


def test_zero_grad_forgets_or_fills_with_zeros():
    w = weight(1.0, grad=[1.0])
    step = optim.SGD([w])
    held = w.grad
    step.zero_grad(set_to_none=False)
    assert w.grad is held and held.item() == 0.0
    step.zero_grad()
    assert w.grad is None
    (w * w).sum().backward(create_graph=True)
    step.zero_grad(set_to_none=False)
    assert w.grad.item() == 0.0 and not w.grad.requires_grad


def test_a_closure_is_called_with_gradients_on_and_its_loss_returned():
    w = weight(2.0)
    step = optim.SGD([w], lr=0.25)

    def closure():
        step.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with minigrad.no_grad():
        assert step.step(closure).item() == 4.0
    assert w.item() == 1.0
    assert step.step() is None


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.AdamW])
def test_training_goes_on_with_the_same_bits_from_a_loaded_state(kind):
    settings = {"momentum": 0.9} if kind is optim.SGD else {"amsgrad": True}

    def some_steps(w, step, count):
        for _ in range(count):
            step.zero_grad()
            ((w - 1) ** 4).sum().backward()
            step.step()

    w = weight(1.5, -0.5)
    step = kind([w], lr=0.05, **settings)
    some_steps(w, step, 3)
    saved_w, saved = w.detach().clone(), copy.deepcopy(step.state_dict())
    some_steps(w, step, 4)

    v = saved_w.requires_grad_()
    again = kind([v], lr=99.0)
    again.load_state_dict(saved)
    some_steps(v, again, 4)
    assert v.tolist() == w.tolist()
    assert again.param_groups[0]["lr"] == 0.05


def test_a_loaded_state_is_a_copy_and_takes_the_parameters_type():
    w = weight(1.0, grad=[1.0])
    step = optim.SGD([w], lr=0.1, momentum=0.9)
    step.step()
    v = minigrad.tensor([1.0], dtype=minigrad.float64, requires_grad=True)
    other = optim.SGD([v], lr=0.1)
    other.load_state_dict(step.state_dict())
    buffer = other.state[v]["momentum_buffer"]
    assert buffer.dtype == np.float64
    step.step()
    assert buffer.item() == 1.0


def test_state_dict_has_torchs_form():
    w, b = weight(1.0, grad=[1.0]), weight(1.0)
    step = optim.SGD([{"params": [w]}, {"params": b, "momentum": 0.9}], lr=0.1)
    step.step()
    found = step.state_dict()
    assert found["state"] == {}
    assert [g["params"] for g in found["param_groups"]] == [[0], [1]]
    assert found["param_groups"][1]["momentum"] == 0.9


@pytest.mark.live
def test_state_dict_and_repr_name_what_torchs_do(torch):
    for kind, settings in (("SGD", {"momentum": 0.9}), ("Adam", {"amsgrad": True})):
        found = []
        for lib in (minigrad, torch):
            w = lib.tensor([1.0], requires_grad=True)
            step = getattr(lib.optim, kind)([w], lr=0.1, **settings)
            (w * 3).sum().backward()
            step.step()
            found.append((step.state_dict(), repr(step)))
        (own, text), (theirs, torchs) = found
        assert list(own["state"][0]) == list(theirs["state"][0])
        assert set(own["param_groups"][0]) <= set(theirs["param_groups"][0])
        assert set(text.splitlines()) <= set(torchs.splitlines())


def test_repr_lists_the_settings_of_each_group():
    text = repr(optim.SGD([{"params": weight(1.0), "lr": 0.5}, {"params": weight(1.0)}], lr=0.25))
    assert text.splitlines()[:3] == ["SGD (", "Parameter Group 0", "    dampening: 0"]
    assert text.splitlines()[8] == "Parameter Group 1" and text.endswith("    weight_decay: 0\n)")
    assert "    lr: 0.5" in text and "    lr: 0.25" in text


W = weight(1.0)
ERRORS = [
    (lambda: optim.SGD([]), ValueError, "optimizer got an empty parameter list"),
    (lambda: optim.SGD(iter([])), ValueError, "optimizer got an empty parameter list"),
    (lambda: optim.SGD(W), TypeError, "should be an iterable of Tensors or dicts"),
    (lambda: optim.SGD([W * 2]), ValueError, "can't optimize a non-leaf Tensor"),
    (lambda: optim.SGD([3]), TypeError, "can only optimize Tensors, but one of the params is int"),
    (lambda: optim.SGD([{"lr": 1}]), KeyError, "params"),
    (
        lambda: optim.SGD([{"params": W}, {"params": W}]),
        ValueError,
        "more than one parameter group",
    ),
    (lambda: optim.SGD([{"params": {W}}]), TypeError, "ordered collections"),
    (lambda: optim.SGD([W], lr=-1), ValueError, "Invalid learning rate: -1"),
    (lambda: optim.SGD([W], lr=float("nan")), ValueError, "Invalid learning rate: nan"),
    (lambda: optim.SGD([W], momentum=-1), ValueError, "Invalid momentum value: -1"),
    (lambda: optim.SGD([W], weight_decay=-1), ValueError, "Invalid weight_decay value: -1"),
    (lambda: optim.SGD([W], nesterov=True), ValueError, "Nesterov momentum requires a momentum"),
    (lambda: optim.Adam([W], eps=-1), ValueError, "Invalid epsilon value: -1"),
    (lambda: optim.Adam([W], betas=(0.9, 1.0)), ValueError, "Invalid beta parameter at index 1"),
    (lambda: optim.AdamW([W], lr=-1), ValueError, "Invalid learning rate: -1"),
    (lambda: optim.SGD([W]).add_param_group([W]), TypeError, "param_group must be a dict"),
    (
        lambda: optim.SGD([W]).load_state_dict({"state": {}, "param_groups": []}),
        ValueError,
        "different number of parameter groups",
    ),
    (
        lambda: optim.SGD([W]).load_state_dict({"state": {}, "param_groups": [{"params": [0, 1]}]}),
        ValueError,
        "doesn't match the size of optimizer's group",
    ),
]


@pytest.mark.parametrize("case", range(len(ERRORS)))
def test_errors_are_torchs(case):
    call, kind, words = ERRORS[case]
    with pytest.raises(kind) as caught:
        call()
    assert type(caught.value) is kind and words in str(caught.value)


def test_a_parameter_named_twice_is_warned_of():
    with pytest.warns(UserWarning, match="duplicate parameters"):
        optim.SGD([W, W])


def test_the_optimisers_train_a_net():
    rng = minigrad.Generator().manual_seed(1)
    X = minigrad.randn(64, 3, generator=rng)
    y = (X[:, 0] > X[:, 1]).long()
    for kind, lr in ((optim.SGD, 0.5), (optim.Adam, 0.02), (optim.AdamW, 0.02)):
        net = nn.Sequential(
            nn.Linear(3, 8, generator=rng), nn.ReLU(), nn.Linear(8, 2, generator=rng)
        )
        step = kind(net.parameters(), lr=lr)
        for _ in range(120):
            step.zero_grad()
            loss = nn.functional.cross_entropy(net(X), y)
            loss.backward()
            step.step()
        assert loss.item() < 0.25
