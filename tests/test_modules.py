"""Modules: registration, state, training mode, printing, and values against live torch."""

import copy
import inspect
import math
from collections import OrderedDict

import layer_cases
import numpy as np
import pytest
import test_nn_tools

import minigrad
from minigrad import nn
from minigrad.testing import compare


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(2, 3), nn.ReLU())
        self.head = nn.Linear(3, 1, bias=False)
        self.scale = nn.Parameter(minigrad.ones(1))
        self.register_buffer("count", minigrad.zeros(()))
        self.register_buffer("scratch", minigrad.zeros(2), persistent=False)
        self.note = "plain"

    def forward(self, x, factor=1):
        return self.head(self.body(x)) * self.scale * factor


def test_what_is_assigned_is_found():
    net = Net()
    names = ["scale", "body.0.weight", "body.0.bias", "head.weight"]
    assert [name for name, _ in net.named_parameters()] == names
    assert [p.shape for p in net.parameters()] == [(1,), (3, 2), (3,), (1, 3)]
    assert [name for name, _ in net.named_buffers()] == ["count", "scratch"]
    assert [name for name, _ in net.named_children()] == ["body", "head"]
    assert [name for name, _ in net.named_modules()] == ["", "body", "body.0", "body.1", "head"]
    assert list(net.children()) == [net.body, net.head] and net.note == "plain"
    assert len(list(net.modules())) == 5 and len(list(net.buffers())) == 2
    assert [name for name, _ in net.named_parameters("net", recurse=False)] == ["net.scale"]
    assert net.get_parameter("body.0.weight") is net.body[0].weight
    assert net.get_submodule("body.1") is net.body[1]
    assert {"scale", "body", "count", "note"} <= set(dir(net))
    assert net(minigrad.ones(4, 2), factor=2).shape == (4, 1)


def test_a_parameter_shared_by_two_modules_counts_once_and_is_saved_twice():
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    b.weight = a.weight
    net = nn.Sequential(a, b, a)
    assert [name for name, _ in net.named_parameters()] == ["0.weight", "0.bias", "1.bias"]
    assert len(net.state_dict()) == 6 and len(list(net.children())) == 2


def test_attributes_change_their_kind_and_are_deleted():
    net = Net()
    with pytest.raises(TypeError, match="cannot assign 'FloatTensor .* as parameter 'scale'"):
        net.scale = minigrad.ones(1)
    with pytest.raises(TypeError, match="cannot assign 'int' as child module 'body'"):
        net.body = 3
    with pytest.raises(TypeError, match="cannot assign 'str' as buffer 'count'"):
        net.count = "one"
    net.count = minigrad.ones(())
    assert net.state_dict()["count"].item() == 1
    net.scale = None
    assert net.scale is None and "scale" not in net.state_dict()
    net.note = nn.Parameter(minigrad.ones(2))
    assert "note" not in net.__dict__ and net.note.shape == (2,)
    del net.note
    with pytest.raises(AttributeError, match="'Net' object has no attribute 'note'"):
        net.note  # noqa: B018
    with pytest.raises(AttributeError, match="no attribute 'nope'"):
        del net.nope


def test_registration_refuses_what_torch_refuses():
    net = Net()
    for call, kind, words in [
        (lambda: net.register_parameter("a.b", None), KeyError, "parameter name can.+t contain"),
        (lambda: net.register_parameter("", None), KeyError, "can.+t be empty"),
        (lambda: net.register_parameter(3, None), TypeError, "should be a string"),
        (lambda: net.register_parameter("w", minigrad.ones(1)), TypeError, "cannot assign"),
        (lambda: net.register_buffer("scale", None), KeyError, "already exists"),
        (lambda: net.register_buffer("b", 3), TypeError, "cannot assign 'int' object to buffer"),
        (lambda: net.add_module("m", 3), TypeError, "int is not a Module subclass"),
        (lambda: nn.Sequential(3), TypeError, "int is not a Module subclass"),
        (lambda: nn.Module()(3), NotImplementedError, 'missing the required "forward" function'),
        (lambda: net.get_parameter("body.9.weight"), AttributeError, "has no attribute `9`"),
        (lambda: net.train(3), ValueError, "training mode is expected to be boolean"),
        (lambda: net.to(minigrad.int64), TypeError, "only accepts floating point"),
        (lambda: nn.Parameter([1.0]), TypeError, "needs a Tensor, not list"),
        (lambda: nn.Parameter(minigrad.tensor([1])), RuntimeError, "Only Tensors|only Tensors"),
        (lambda: nn.Dropout(2.0), ValueError, "between 0 and 1, but got 2.0"),
        (lambda: nn.Conv2d(3, 4, 2, groups=2), ValueError, "in_channels must be divisible"),
        (lambda: nn.Conv2d(4, 3, 2, groups=2), ValueError, "out_channels must be divisible"),
        (lambda: nn.Conv2d(4, 4, 2, padding="foo"), ValueError, "Invalid padding string 'foo'"),
        (lambda: nn.Conv2d(4, 4, 2, padding_mode="foo"), ValueError, "padding_mode must be"),
        (lambda: nn.Embedding(3, 2, padding_idx=5), AssertionError, "within num_embeddings"),
        (lambda: nn.BatchNorm2d(3)(minigrad.ones(2, 3)), ValueError, "expected 4D input"),
        (lambda: nn.Sequential(nn.ReLU())[3], IndexError, "index 3 is out of range"),
    ]:
        with pytest.raises(kind, match=words):
            call()


def test_a_module_must_be_initialised_before_anything_is_assigned():
    class Early(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter(minigrad.ones(1))

    with pytest.raises(AttributeError, match=r"before Module.__init__\(\) call"):
        Early()


def test_a_parameter_is_a_leaf_whatever_it_is_made_of():
    w = nn.Parameter(minigrad.randn(4, 3, requires_grad=True) * 0.01)
    assert w.is_leaf and w.requires_grad and isinstance(w, minigrad.Tensor)
    (w * w).sum().backward()
    assert w.grad.shape == (4, 3)
    frozen = nn.Parameter(minigrad.tensor([1.0]), requires_grad=False)
    assert repr(frozen) == "Parameter containing:\ntensor([1.])"
    text = repr(nn.Parameter(minigrad.ones(2)))
    assert text == "Parameter containing:\ntensor([1., 1.], requires_grad=True)"
    assert type(w * 2) is minigrad.Tensor and nn.Parameter().shape == (0,)
    assert type(copy.deepcopy(w)) is nn.Parameter
    source = minigrad.ones(2)
    nn.Parameter(source).data.fill_(5)
    assert source.tolist() == [5.0, 5.0]  # the memory is shared, as torch's


def test_apply_calls_children_before_parents():
    seen = []
    net = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.ReLU()))
    assert net.apply(lambda m: seen.append(type(m).__name__)) is net
    assert seen == ["Linear", "ReLU", "Sequential", "Sequential"]


def test_train_eval_and_requires_grad_reach_everything():
    net = Net()
    assert net.training and net.eval() is net
    assert not any(m.training for m in net.modules())
    assert all(m.training for m in net.train().modules())
    assert not any(p.requires_grad for p in net.requires_grad_(False).parameters())


def test_zero_grad_forgets_or_fills():
    net = Net()
    net(minigrad.ones(2, 2)).sum().backward()
    net.zero_grad(set_to_none=False)
    assert all(p.grad.abs().sum().item() == 0 for p in net.parameters())
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())


def test_to_converts_floating_point_in_place():
    net = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2))
    weight = net[0].weight
    net(minigrad.randn(3, 2)).sum().backward()
    assert net.double() is net and net[0].weight is weight
    assert weight.dtype == np.float64 and weight.grad.dtype == np.float64
    assert net[1].running_var.dtype == np.float64
    assert net[1].num_batches_tracked.dtype == np.int64
    net.to("cpu").to(minigrad.device("cpu")).to(device="cpu")
    assert weight.dtype == np.float64
    assert net.to(dtype=minigrad.float32)[0].weight.dtype == np.float32
    assert net.to("cpu", minigrad.float64)[0].bias.dtype == np.float64
    assert net.float().cpu()[0].bias.dtype == np.float32
    assert net.half()[0].bias.dtype == np.float16


# -- state ---------------------------------------------------------------------------------------
def test_state_dict_holds_parameters_and_saved_buffers_on_the_same_memory():
    net = Net()
    state = net.state_dict()
    assert list(state) == ["scale", "count", "body.0.weight", "body.0.bias", "head.weight"]
    assert not any(t.requires_grad for t in state.values())
    net.scale.data.fill_(7)
    assert state["scale"].item() == 7
    assert net.state_dict(prefix="net.", keep_vars=True)["net.scale"] is net.scale


def test_a_loaded_state_is_copied_in_and_noticed():
    a, b = Net(), Net()
    x = minigrad.randn(4, 2)
    stale = (b.scale * b.scale).sum()
    assert repr(b.load_state_dict(a.state_dict())) == "<All keys matched successfully>"
    assert a(x).equal(b(x)) and b.scale is not a.scale
    a.scale.data.fill_(3)
    assert b.scale.item() == 1
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        stale.backward()
    arrays = {name: t.numpy() for name, t in a.state_dict().items()}
    b.load_state_dict(arrays)
    assert b.scale.item() == 3


def test_load_state_dict_lists_everything_that_is_wrong_and_changes_nothing():
    layer = nn.Linear(2, 3)
    before = layer.weight.tolist()
    with pytest.raises(RuntimeError) as caught:
        layer.load_state_dict({"weight": minigrad.ones(2, 2), "foo": 1})
    assert str(caught.value) == (
        "Error(s) in loading state_dict for Linear:\n"
        '\tMissing key(s) in state_dict: "bias". \n'
        '\tUnexpected key(s) in state_dict: "foo". \n'
        "\tsize mismatch for weight: copying a param with shape torch.Size([2, 2]) from "
        "checkpoint, the shape in current model is torch.Size([3, 2])."
    )
    with pytest.raises(RuntimeError, match='parameter named "bias", expected .* received'):
        layer.load_state_dict({"weight": minigrad.ones(3, 2), "bias": 3})
    assert layer.weight.tolist() == before
    with pytest.raises(RuntimeError, match="size mismatch for weight"):
        layer.load_state_dict({"weight": minigrad.ones(2, 2)}, strict=False)
    with pytest.raises(TypeError, match="Expected state_dict to be dict-like"):
        layer.load_state_dict(3)
    found = layer.load_state_dict({"bias": minigrad.zeros(3), "foo": 1}, strict=False)
    assert found.missing_keys == ["weight"] and found.unexpected_keys == ["foo"]
    assert "missing_keys=['weight']" in repr(found) and layer.bias.tolist() == [0.0] * 3


def test_deepcopy_shares_nothing():
    net = Net()
    twin = copy.deepcopy(net)
    twin.scale.data.fill_(9)
    assert net.scale.item() == 1 and twin.body[0].weight is not net.body[0].weight


# -- containers ------------------------------------------------------------------------------------
def test_sequential_is_a_list_of_modules():
    net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
    assert len(net) == 3 and type(net[-1]) is nn.Linear and net[0].in_features == 2
    assert [type(m).__name__ for m in net] == ["Linear", "ReLU", "Linear"]
    assert type(net[1:]) is nn.Sequential and list(net[1:].state_dict()) == ["2.weight", "2.bias"]
    net[1] = nn.Tanh()
    assert net.append(nn.Identity()) is net and len(net) == 4
    del net[0]
    assert list(net.state_dict()) == ["1.weight", "1.bias"]
    net.insert(0, nn.Flatten()).extend([nn.ReLU()])
    kinds = [type(m).__name__ for m in net]
    assert kinds == ["Flatten", "Tanh", "Linear", "Identity", "ReLU"]
    assert nn.Sequential()(3) == 3


def test_sequential_of_names():
    net = nn.Sequential(OrderedDict(first=nn.Linear(2, 3), second=nn.ReLU()))
    assert net.first is net[0] and list(net.state_dict()) == ["first.weight", "first.bias"]
    assert net[:1].first is net.first


def test_module_list_registers_and_has_no_forward():
    layers = nn.ModuleList([nn.Linear(2, 2) for _ in range(3)])
    assert len(list(layers.parameters())) == 6 and len(layers[1:]) == 2
    assert type(layers[:2]) is nn.ModuleList
    with pytest.raises(NotImplementedError):
        layers(1)


# -- layers ----------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("make", "fan_in"),
    [
        (lambda g: nn.Linear(50, 400, generator=g), 50),
        (lambda g: nn.Conv2d(8, 400, (2, 3), groups=2, generator=g), 24),
        (lambda g: nn.Conv1d(8, 400, 3, groups=2, generator=g), 12),
    ],
)
def test_weights_and_biases_begin_evenly_within_torchs_bound(make, fan_in):
    layer = make(minigrad.Generator().manual_seed(0))
    bound = 1 / math.sqrt(fan_in)
    for p in (layer.weight, layer.bias):
        x = p.detach().numpy()
        assert 0.95 * bound < np.abs(x).max() <= bound
        assert x.std() == pytest.approx(bound / math.sqrt(3), rel=0.06)
    again = make(minigrad.Generator().manual_seed(0))
    assert again.weight.equal(layer.weight) and again.bias.equal(layer.bias)


def test_dropout_looks_at_the_training_mode():
    layer = nn.Dropout(0.5, generator=minigrad.Generator().manual_seed(1))
    x = minigrad.ones(1000)
    assert set(layer(x).unique().tolist()) == {0.0, 2.0}
    assert layer.eval()(x) is x


def test_batch_norm_counts_and_averages():
    x = minigrad.randn(16, 3, generator=minigrad.Generator().manual_seed(0)) * 3 + 1
    layer = nn.BatchNorm1d(3, momentum=None)
    layer(x[:8]), layer(x[8:])
    assert layer.num_batches_tracked.item() == 2
    expected = (x[:8].mean(0) + x[8:].mean(0)) / 2
    assert layer.running_mean.allclose(expected, rtol=1e-4, atol=1e-5)
    before = layer.running_mean.clone()
    layer.eval()(x)
    assert layer.running_mean.equal(before) and layer.num_batches_tracked.item() == 2


@pytest.mark.parametrize("legacy", [{"size_average": False}, {"reduce": False}])
def test_losses_understand_older_words(legacy):
    with pytest.warns(UserWarning, match="please use reduction"):
        loss = nn.MSELoss(**legacy)
    assert loss.reduction == ("sum" if "size_average" in legacy else "none")


# name: (what is made of nn, the shapes of its inputs)
MODULES = {
    "Linear": (lambda nn: nn.Linear(3, 2), [(4, 3)]),
    "Linear, no bias": (lambda nn: nn.Linear(3, 2, bias=False), [(2, 4, 3)]),
    "Conv2d": (lambda nn: nn.Conv2d(4, 6, (2, 3), 2, 1, groups=2), [(2, 4, 6, 5)]),
    "Conv2d, reflect": (
        lambda nn: nn.Conv2d(4, 3, 3, padding=1, padding_mode="reflect"),
        [(2, 4, 6, 5)],
    ),
    "Conv2d, circular, same": (
        lambda nn: nn.Conv2d(4, 3, (3, 2), padding="same", padding_mode="circular", bias=False),
        [(2, 4, 6, 5)],
    ),
    "Conv1d": (lambda nn: nn.Conv1d(4, 6, 3, 2, 1, groups=2), [(2, 4, 7)]),
    "Conv1d, reflect": (
        lambda nn: nn.Conv1d(4, 3, 3, padding="same", padding_mode="reflect", bias=False),
        [(2, 4, 7)],
    ),
    "ConvTranspose1d": (lambda nn: nn.ConvTranspose1d(4, 6, 3, 2, 1, 1, groups=2), [(2, 4, 7)]),
    "ConvTranspose2d": (
        lambda nn: nn.ConvTranspose2d(4, 6, (2, 3), 2, 1, (0, 1), 2, False, (1, 2)),
        [(2, 4, 6, 5)],
    ),
    "MaxPool1d": (lambda nn: nn.MaxPool1d(3, 2, padding=1), [(2, 4, 7)]),
    "AvgPool1d": (lambda nn: nn.AvgPool1d(2), [(2, 4, 7)]),
    "MaxPool2d": (lambda nn: nn.MaxPool2d(3, 2, padding=1), [(2, 4, 6, 5)]),
    "AvgPool2d": (lambda nn: nn.AvgPool2d(2), [(2, 4, 6, 5)]),
    "BatchNorm1d": (lambda nn: nn.BatchNorm1d(3), [(5, 3)]),
    "BatchNorm1d, sequence": (lambda nn: nn.BatchNorm1d(3, momentum=0.5), [(5, 3, 2)]),
    "BatchNorm1d, evaluated": (lambda nn: nn.BatchNorm1d(3).eval(), [(5, 3)]),
    "BatchNorm1d, untracked": (
        lambda nn: nn.BatchNorm1d(3, track_running_stats=False).eval(),
        [(5, 3)],
    ),
    "BatchNorm2d": (lambda nn: nn.BatchNorm2d(4, affine=False), [(2, 4, 3, 3)]),
    "BatchNorm2d, no momentum": (lambda nn: nn.BatchNorm2d(4, momentum=None), [(2, 4, 3, 3)]),
    "LayerNorm": (lambda nn: nn.LayerNorm((2, 3), bias=False), [(4, 2, 3)]),
    "LayerNorm, plain": (lambda nn: nn.LayerNorm(3, elementwise_affine=False), [(4, 3)]),
    "Embedding": (lambda nn: nn.Embedding(5, 3, padding_idx=-1), ["labels"]),
    "Flatten": (lambda nn: nn.Flatten(), [(2, 3, 4)]),
    "Flatten, some": (lambda nn: nn.Flatten(0, 1), [(2, 3, 4)]),
    "Unflatten": (lambda nn: nn.Unflatten(-1, (2, 2)), [(2, 3, 4)]),
    "Identity": (lambda nn: nn.Identity(3, some="thing"), [(2, 3)]),
    "ReLU": (lambda nn: nn.ReLU(), [(4, 3)]),
    "LeakyReLU": (lambda nn: nn.LeakyReLU(0.2), [(4, 3)]),
    "ELU": (lambda nn: nn.ELU(2.0), [(4, 3)]),
    "GELU": (lambda nn: nn.GELU("tanh"), [(4, 3)]),
    "SiLU": (lambda nn: nn.SiLU(), [(4, 3)]),
    "Softplus": (lambda nn: nn.Softplus(2, 1), [(4, 3)]),
    "Sigmoid": (lambda nn: nn.Sigmoid(), [(4, 3)]),
    "Tanh": (lambda nn: nn.Tanh(), [(4, 3)]),
    "Softmax": (lambda nn: nn.Softmax(dim=1), [(4, 3)]),
    "LogSoftmax": (lambda nn: nn.LogSoftmax(0), [(4, 3)]),
    "Dropout": (lambda nn: nn.Dropout(0.3).eval(), [(4, 3)]),
    "CrossEntropyLoss": (lambda nn: nn.CrossEntropyLoss(), [(4, 5), "labels"]),
    "CrossEntropyLoss, each": (
        lambda nn: nn.CrossEntropyLoss(reduction="none", label_smoothing=0.1, ignore_index=1),
        [(4, 5), "labels"],
    ),
    "NLLLoss": (lambda nn: nn.NLLLoss(reduction="sum", ignore_index=1), [(4, 5), "labels"]),
    "MSELoss": (lambda nn: nn.MSELoss(), [(4, 3), (4, 3)]),
    "L1Loss": (lambda nn: nn.L1Loss(reduction="sum"), [(4, 3), (4, 3)]),
    "SmoothL1Loss": (lambda nn: nn.SmoothL1Loss(beta=0.3), [(4, 3), (4, 3)]),
    "HuberLoss": (lambda nn: nn.HuberLoss(delta=0.3), [(4, 3), (4, 3)]),
    "BCELoss": (lambda nn: nn.BCELoss(), ["probabilities", "probabilities"]),
    "BCEWithLogitsLoss": (lambda nn: nn.BCEWithLogitsLoss(), [(4, 3), "probabilities"]),
    "KLDivLoss": (lambda nn: nn.KLDivLoss(reduction="batchmean", log_target=True), [(4, 3)] * 2),
    "Sequential": (
        lambda nn: nn.Sequential(
            nn.Conv2d(1, 2, 3, padding=1), nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(),
            nn.Linear(8, 5), nn.ReLU(), nn.Linear(5, 3),
        ),
        [(2, 1, 4, 4)],
    ),
}  # fmt: skip


def run(lib, name, dtype, state=None):
    """Output, gradients and buffers of one call, after loading the state; and the state itself."""
    rng = np.random.default_rng(3)
    make, shapes = MODULES[name]
    module = make(lib.nn).to(getattr(lib, dtype))
    if state is not None:
        module.load_state_dict({k: lib.from_numpy(np.array(v)) for k, v in state.items()})
    before = {k: v.numpy().copy() for k, v in module.state_dict().items()}
    inputs = []
    for shape in shapes:
        if shape == "labels":
            inputs.append(lib.from_numpy(rng.integers(0, 5, 4)))
        elif shape == "probabilities":
            inputs.append(lib.from_numpy(rng.uniform(0.1, 0.9, (4, 3)).astype(dtype)))
        else:
            inputs.append(lib.from_numpy(rng.standard_normal(shape).astype(dtype)))
    if inputs[0].dtype != lib.int64:
        inputs[0].requires_grad_()
    y = module(*inputs)
    y.backward(lib.from_numpy(rng.standard_normal(tuple(y.shape)).astype(dtype)).reshape(y.shape))
    found = {"output 0": y.detach().numpy()}
    if inputs[0].requires_grad:
        found["gradient of input 0"] = inputs[0].grad.numpy()
    for i, p in enumerate(module.parameters(), 1):
        found[f"gradient of input {i}"] = p.grad.numpy()
    for i, b in enumerate(module.buffers(), 1):
        found[f"output {i}"] = b.numpy()
    return found, before


@pytest.mark.live
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", MODULES)
def test_module_matches_torch(torch, name, dtype):
    expected, state = run(torch, name, dtype)
    found, _ = run(minigrad, name, dtype, state)
    tight = {"rtol": 1e-9, "atol": 1e-9} if dtype == "float64" else {"rtol": 1e-4, "atol": 1e-5}
    compare(found, expected, **tight)


@pytest.mark.live
@pytest.mark.parametrize("name", MODULES)
def test_module_prints_and_names_its_state_as_torchs(torch, name):
    make = MODULES[name][0]
    own, theirs = make(nn), make(torch.nn)
    assert repr(own) == repr(theirs)
    assert list(own.state_dict()) == list(theirs.state_dict())
    assert [n for n, _ in own.named_modules()] == [n for n, _ in theirs.named_modules()]


@pytest.mark.live
def test_nested_modules_print_as_torchs(torch):
    def make(nn):
        return nn.Sequential(
            OrderedDict(
                convolution=nn.Conv2d(3, 4, 2, bias=False, dilation=2, padding_mode="reflect"),
                several=nn.ModuleList([nn.Linear(2, 3), nn.Linear(2, 3), nn.Linear(3, 3)]),
                nothing=nn.Sequential(),
                inner=nn.Sequential(nn.ReLU(True), nn.LeakyReLU(0.1, True), nn.ELU(inplace=True)),
                table=nn.Embedding(3, 4, padding_idx=0, max_norm=2.0),
                same=nn.Conv2d(3, 4, 3, padding="same"),
                silu=nn.SiLU(inplace=True),
            )
        )

    assert repr(make(nn)) == repr(make(torch.nn))


def test_every_module_is_tested():
    words = " ".join([*MODULES, *layer_cases.LAYERS]) + inspect.getsource(test_nn_tools)
    for name in dir(nn):
        kind = getattr(nn, name)
        if isinstance(kind, type) and issubclass(kind, nn.Module):
            assert name in words or name in ("Module", "ModuleList", "RNNBase", "RNNCellBase"), name
