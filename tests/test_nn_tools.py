"""What nn has around its layers, in small programs whose answers torch gave: hooks, containers,
lazy layers, nn.utils.
"""

from __future__ import annotations

import copy
import math
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded

import minigrad
from minigrad import nn

TABLE: dict[str, Callable[[Any], Any]] = {}


def program(fn: Callable[[Any], Any]) -> Callable[[Any], Any]:
    TABLE[fn.__name__.replace("_", " ")] = fn
    return fn


def filled(lib: Any, module: Any, seed: int = 0) -> Any:
    """The module with the same numbers in both libraries."""
    rng = np.random.default_rng(seed)
    with lib.no_grad():
        for t in module.state_dict().values():
            if t.is_floating_point():
                t.copy_(draw(lib, *t.shape, rng=rng).abs())
    return module


def draw(lib: Any, *shape: int, rng: Any = None, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed) if rng is None else rng
    return lib.from_numpy(rng.standard_normal(shape).astype(np.float32))


def refusal(call: Callable[[], Any]) -> str:
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "nothing was raised"


# -- hooks -----------------------------------------------------------------------------------------
@program
def forward_hooks_see_and_replace(lib: Any) -> Any:
    net, log = filled(lib, lib.nn.Linear(3, 2)), []
    net.register_forward_hook(lambda m, args, out: log.append((args[0], out)))
    net.register_forward_hook(lambda m, args, out: out * 2)
    net.register_forward_hook(lambda m, args, out: log.append(out))
    net.register_forward_hook(lambda m, args, out: log.append("first"), prepend=True)
    return [net(draw(lib, 4, 3)), log]


@program
def forward_pre_hooks_replace_the_arguments(lib: Any) -> Any:
    class Sum(lib.nn.Module):
        def forward(self, a, b=0.0, *, c=0.0):
            return a + 10 * b + 100 * c

    net = Sum()
    x, y, z = lib.ones(2), lib.ones(2) * 2, lib.ones(2) * 3
    one = net.register_forward_pre_hook(lambda m, args: args[0] * 5)
    first = net(x)
    one.remove()
    two = net.register_forward_pre_hook(lambda m, args: (x, y))
    second = net(z)
    two.remove()
    net.register_forward_pre_hook(
        lambda m, args, kwargs: (args, {"c": kwargs["c"] * 2}), with_kwargs=True
    )
    seen = []
    net.register_forward_hook(lambda m, args, kw, out: seen.append(kw["c"]), with_kwargs=True)
    return [first, second, net(x, c=y), seen]


@program
def a_pre_hook_that_returns_one_thing_for_two_is_refused(lib: Any) -> Any:
    net = lib.nn.Identity()
    net.register_forward_pre_hook(lambda m, args, kwargs: args, with_kwargs=True)
    return net(lib.ones(1))


@program
def hooks_that_are_always_called(lib: Any) -> Any:
    net, log = lib.nn.Linear(3, 2), []
    net.register_forward_hook(lambda m, args, out: log.append(out is None), always_call=True)
    net.register_forward_hook(lambda m, args, out: log.append("not this one"))
    return [refusal(lambda: net(lib.ones(5))), log]


@program
def backward_hooks_of_several_inputs_and_outputs(lib: Any) -> Any:
    class Two(lib.nn.Module):
        def __init__(self):
            super().__init__()
            self.inner = filled(lib, lib.nn.Linear(2, 2))

        def forward(self, a, b, label):
            return self.inner(a) * b, b * 2, label

    log: list[Any] = []
    net = Two()
    net.register_full_backward_hook(lambda m, gin, gout: log.append((gin, gout)))
    net.inner.register_full_backward_hook(lambda m, gin, gout: (gin[0] * 10,))
    net.inner.register_full_backward_pre_hook(lambda m, gout: (gout[0] + 1,))
    a, b = draw(lib, 3, 2).requires_grad_(), draw(lib, 3, 2, seed=2).requires_grad_()
    y, z, label = net(a, b, "name")
    (y.sum() + (z * z).sum()).backward()
    return [log, a.grad, b.grad, net.inner.weight.grad, label]


@program
def backward_hooks_where_no_input_needs_a_gradient(lib: Any) -> Any:
    log: list[Any] = []
    net = filled(lib, lib.nn.Linear(2, 2))
    net.register_full_backward_hook(lambda m, gin, gout: log.append((gin, gout)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        net(draw(lib, 3, 2)).sum().backward()
        with lib.no_grad():
            net(draw(lib, 3, 2))
    return log


@program
def backward_hooks_of_two_types_and_of_second_order(lib: Any) -> Any:
    class Product(lib.nn.Module):
        def forward(self, a, b):
            return (a * a).double() * b

    log: list[Any] = []
    net = Product()
    net.register_full_backward_hook(lambda m, gin, gout: log.append(gin))
    a, b = draw(lib, 3).requires_grad_(), draw(lib, 3, seed=2).double().requires_grad_()
    (g,) = lib.autograd.grad(net(a, b).sum(), a, create_graph=True)
    g.sum().backward()
    return [log[0][0], log[0][1], a.grad, b.grad]


@program
def backward_hooks_that_return_too_many_are_refused(lib: Any) -> Any:
    net = lib.nn.Identity()
    net.register_full_backward_hook(lambda m, gin, gout: (gin[0], gin[0]))
    net(lib.ones(2).requires_grad_()).sum().backward()


# -- containers ------------------------------------------------------------------------------------
@program
def a_module_dict_is_a_dict(lib: Any) -> Any:
    nn = lib.nn
    net = nn.ModuleDict({"a": nn.Linear(2, 2), "b": nn.ReLU()})
    net.update([("c", nn.Linear(2, 1))])
    net["d"] = nn.Tanh()
    del net["b"]
    popped = net.pop("c")
    state = list(net.state_dict())
    names = [list(net), list(net.keys()), len(net), "a" in net, "b" in net, repr(popped)]
    kinds = [repr(m) for m in net.values()] + [name for name, _ in net.items()]
    text = repr(net)
    net.clear()
    return [names, kinds, state, text, len(net)]


@program
def module_dict_refuses(lib: Any) -> Any:
    net = lib.nn.ModuleDict()
    return [
        refusal(lambda: net.update(3)),
        refusal(lambda: net.update([3])),
        refusal(lambda: net.update([("a",)])),
        refusal(lambda: net["missing"]),
        refusal(lambda: net.update({"a": 3})),
        refusal(lambda: net.update({"a.b": lib.nn.ReLU()})),
        refusal(lambda: net(1)),
    ]


@program
def a_parameter_list_is_a_list(lib: Any) -> Any:
    made = lib.nn.ParameterList([lib.ones(2, 3), lib.nn.Parameter(lib.zeros(2))])
    made.append(lib.ones(1)).extend([lib.zeros(2, 2)])
    made += [lib.ones(4)]
    made[0] = lib.ones(3)
    return [
        repr(made), len(made), list(made.state_dict()), made[-1], made[1:3], len(made[1:3]),
        [p.requires_grad for p in made], len(list(made.parameters())), repr(lib.nn.ParameterList()),
        refusal(lambda: made[7]), refusal(lambda: made.extend(3)),
    ]  # fmt: skip


@program
def a_parameter_dict_is_a_dict(lib: Any) -> Any:
    made = lib.nn.ParameterDict({"a": lib.ones(2, 3), "b": lib.nn.Parameter(lib.zeros(2))})
    made.update([("c", lib.ones(1))])
    made["d"] = lib.zeros(1).double()
    text, state = repr(made), list(made.state_dict())
    popped, last = made.pop("a"), made.popitem()
    return [
        text, state, popped, last, list(made), list(made.keys()), len(made), "b" in made,
        made.get("z"), made.get("b"), made.setdefault("e", lib.ones(2)), made["e"].requires_grad,
        len(list(made.parameters())), refusal(lambda: made["z"]), refusal(lambda: made.update(3)),
    ]  # fmt: skip


# -- lazy layers -----------------------------------------------------------------------------------
def lazy(lib: Any) -> Any:
    nn = lib.nn
    return nn.Sequential(
        nn.LazyConv2d(4, 3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(), nn.Flatten(),
        nn.LazyLinear(5, bias=False), nn.LazyBatchNorm1d(affine=False), nn.LazyLinear(2),
    )  # fmt: skip


@program
def lazy_layers_become_ordinary_ones(lib: Any) -> Any:
    net = lazy(lib)
    before = repr(net), list(net.state_dict()), repr(net[0].weight)
    parameters = list(net.parameters())
    x = draw(lib, 3, 2, 4, 4)
    net(x)
    same = [p is q for p, q in zip(parameters, net.parameters(), strict=True)]
    filled(lib, net).eval()(x).sum().backward()
    return [before, repr(net), same, net(x), net[0].weight.grad, net[6].weight.grad]


@program
def a_lazy_net_takes_a_state(lib: Any) -> Any:
    x = draw(lib, 3, 2, 4, 4)
    net = lazy(lib).double().float()
    net(x)
    filled(lib, net).eval()
    other = lazy(lib)
    other.load_state_dict(net.state_dict())
    return [other.eval()(x), list(other.state_dict())]


@program
def lazy_convolutions(lib: Any) -> Any:
    nn, found = lib.nn, []
    for make, shape in (
        (lambda: nn.LazyConv1d(4, 3, stride=2), (2, 3, 9)),
        (lambda: nn.LazyConvTranspose1d(4, 3, groups=2), (2, 6, 5)),
        (lambda: nn.LazyConvTranspose2d(4, 3, 2, bias=False), (6, 5, 4)),
        (lambda: nn.LazyBatchNorm3d(), (2, 3, 2, 2, 2)),
    ):
        net = make()
        before = repr(net)
        net(draw(lib, *shape))
        found += [before, repr(net), filled(lib, net)(draw(lib, *shape))]
    return found


@program
def lazy_layers_refuse(lib: Any) -> Any:
    nn = lib.nn
    return [
        refusal(lambda: nn.LazyLinear(2).weight.shape),
        refusal(lambda: nn.LazyLinear(2).weight * 2),
        refusal(lambda: nn.LazyBatchNorm2d()(lib.ones(2, 3))),
        refusal(lambda: nn.LazyConv2d(2, 3)(lib.ones(3))),
        repr(copy.deepcopy(nn.LazyLinear(2)).weight),
        nn.LazyLinear(2).double()(lib.ones(1, 3).double()).dtype,
    ]


# -- utils -----------------------------------------------------------------------------------------
@program
def gradients_are_clipped(lib: Any) -> Any:
    found = []
    for norm, limit in ((2.0, 1.0), (1, 0.5), (math.inf, 0.5), (2, 100.0), (3.5, 1.0)):
        w, v, u = (draw(lib, 2, 3, seed=s).requires_grad_() for s in (1, 2, 3))
        w.grad, v.grad = draw(lib, 2, 3, seed=4), draw(lib, 2, 3, seed=5)
        total = lib.nn.utils.clip_grad_norm_([w, v, u], limit, norm)
        found += [total, w.grad, v.grad]
        lib.nn.utils.clip_grad_value_([w, u], 0.2)
        found += [w.grad]
    w.grad = lib.tensor([[math.inf] * 3] * 2)
    found += [refusal(lambda: lib.nn.utils.clip_grad_norm_(w, 1.0, error_if_nonfinite=True))]
    found += [lib.nn.utils.clip_grad_norm_(w, 1.0), w.grad, lib.nn.utils.clip_grad_norm_([], 1.0)]
    lib.nn.utils.clip_grads_with_norm_(v, 1.0, lib.tensor(4.0))
    return [*found, v.grad, lib.nn.utils.get_total_norm([v.grad, v])]


@program
def parameters_as_a_vector(lib: Any) -> Any:
    net = filled(lib, lib.nn.Linear(3, 2))
    vector = lib.nn.utils.parameters_to_vector(net.parameters())
    vector.square().sum().backward()
    gradient = net.weight.grad
    lib.nn.utils.vector_to_parameters(vector * 2, net.parameters())
    return [vector, gradient, net.weight, net.bias, refusal(
        lambda: lib.nn.utils.vector_to_parameters([1.0], net.parameters())
    )]  # fmt: skip


@program
def weight_norm(lib: Any) -> Any:
    found: list[Any] = []
    for dim in (0, 1, None, -1):
        net = filled(lib, lib.nn.utils.weight_norm(lib.nn.Linear(3, 2), dim=dim))
        x = draw(lib, 4, 3)
        net(x).square().sum().backward()
        found += [net(x), [n for n, _ in net.named_parameters()]]
        found += [p.grad for p in net.parameters()]
        lib.nn.utils.remove_weight_norm(net)
        found += [net.weight, sorted(net.state_dict())]
    twice = lib.nn.utils.weight_norm(lib.nn.Linear(3, 2))
    return [
        *found,
        refusal(lambda: lib.nn.utils.weight_norm(twice)),
        refusal(lambda: lib.nn.utils.remove_weight_norm(lib.nn.Linear(3, 2))),
    ]


@program
def spectral_norm(lib: Any) -> Any:
    found: list[Any] = []
    for make in (lambda nn: nn.Linear(3, 2), lambda nn: nn.Conv2d(2, 3, 2)):
        net = filled(lib, lib.nn.utils.spectral_norm(make(lib.nn), n_power_iterations=2))
        x = draw(lib, 4, 3) if net.weight.ndim == 2 else draw(lib, 2, 2, 3, 3)
        y = net(x)
        y.square().sum().backward()
        found += [y, net.weight_orig.grad, net.weight_u, net.weight_v, sorted(net.state_dict())]
        found += [net.eval()(x), net.weight_u]
        lib.nn.utils.remove_spectral_norm(net)
        found += [net.weight, net.weight.requires_grad, sorted(net.state_dict())]
    return [
        *found,
        refusal(lambda: lib.nn.utils.spectral_norm(lib.nn.Linear(3, 2), n_power_iterations=0)),
        refusal(lambda: lib.nn.utils.remove_spectral_norm(lib.nn.Linear(3, 2))),
    ]


@program
def sequences_are_padded_and_packed(lib: Any) -> Any:
    rnn = lib.nn.utils.rnn
    parts = [draw(lib, n, 2, seed=n).requires_grad_() for n in (2, 4, 3)]
    found: list[Any] = [
        rnn.pad_sequence(parts, True, -1.0), rnn.pad_sequence(parts),
        rnn.pad_sequence(parts, padding_side="left"),
        rnn.unpad_sequence(rnn.pad_sequence(parts), lib.tensor([2, 4, 3])),
    ]  # fmt: skip
    packed = rnn.pack_sequence(parts, enforce_sorted=False)
    padded, lengths = rnn.pad_packed_sequence(packed, True, 9.0, 5)
    found += [*packed, padded, lengths, rnn.unpack_sequence(packed)]
    (padded * padded).sum().backward()
    found += [p.grad for p in parts]
    packed = rnn.pack_padded_sequence(draw(lib, 4, 3), lib.tensor([4, 2, 1]))
    return [*found, packed.data, packed.batch_sizes, rnn.pad_packed_sequence(packed)]


@program
def packing_refuses(lib: Any) -> Any:
    rnn, x = lib.nn.utils.rnn, draw(lib, 4, 3)
    packed = rnn.pack_padded_sequence(x, [4, 2, 1])
    return [
        refusal(lambda: rnn.pack_padded_sequence(x, [1, 2, 3])),
        refusal(lambda: rnn.pack_padded_sequence(x, [0, 0, 0])),
        refusal(lambda: rnn.pack_padded_sequence(x, [4, 2])),
        refusal(lambda: rnn.pad_packed_sequence(packed, total_length=3)),
        refusal(lambda: rnn.pad_sequence([])),
    ]


# -- two whole programs ----------------------------------------------------------------------------
def trained(lib: Any, net: Any) -> list[float]:
    """The losses of a language model in 20 steps, by AdamW, one cycle and clipped gradients."""
    rng = np.random.default_rng(0)
    with lib.no_grad():
        for p in net.parameters():
            p.copy_(draw(lib, *p.shape, rng=rng) * 0.2)
    step = lib.optim.AdamW(net.parameters(), lr=0.01, weight_decay=0.01)
    scheduler = lib.optim.lr_scheduler.OneCycleLR(step, 0.01, total_steps=21)
    losses = []
    for batch in np.sort(rng.integers(0, 20, (20, 8, 9)), 1):
        words = lib.from_numpy(batch)
        y = net(words[:, :-1])
        y, target = y.reshape(-1, 20), words[:, 1:].reshape(-1)
        loss = lib.nn.functional.cross_entropy(y, target)
        step.zero_grad()
        loss.backward()
        lib.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        step.step()
        scheduler.step()
        losses.append(loss.item())
    return losses


@program
def a_small_gpt(lib: Any) -> Any:
    nn = lib.nn

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.words, self.places = nn.Embedding(20, 16), nn.Embedding(8, 16)
            block = nn.TransformerEncoderLayer(
                16, 4, 32, 0.0, "gelu", batch_first=True, norm_first=True
            )
            self.blocks = nn.TransformerEncoder(block, 2, nn.LayerNorm(16))
            self.head = nn.Linear(16, 20, bias=False)
            self.head.weight = self.words.weight

        def forward(self, words):
            x = self.words(words) + self.places(lib.arange(words.shape[1]))
            mask = nn.Transformer.generate_square_subsequent_mask(words.shape[1])
            return self.head(self.blocks(x, mask=mask, is_causal=True))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return trained(lib, GPT())


@program
def a_small_lstm(lib: Any) -> Any:
    nn = lib.nn

    class Reader(nn.Module):
        def __init__(self):
            super().__init__()
            self.words = nn.Embedding(20, 8)
            self.read = nn.LSTM(8, 16, 2, batch_first=True)
            self.head = nn.Linear(16, 20)

        def forward(self, words):
            return self.head(self.read(self.words(words))[0])

    return trained(lib, Reader())


# -- refusals of layers, and small layers ----------------------------------------------------------
@program
def recurrent_networks_refuse(lib: Any) -> Any:
    nn, ones = lib.nn, lib.ones
    rnn, gru, lstm = nn.RNN(3, 4), nn.GRU(3, 4), nn.LSTM(3, 4)
    calls = [
        lambda: gru(ones(3)),
        lambda: gru(ones(2, 2, 4)),
        lambda: gru(ones(2, 2, 3), ones(1, 3, 4)),
        lambda: gru(ones(2, 3), ones(1, 3, 4)),
        lambda: lstm(ones(2, 2, 3), (ones(1, 2, 5), ones(1, 2, 4))),
        lambda: lstm(ones(2, 2, 3), (ones(1, 2, 4), ones(1, 2, 5))),
        lambda: rnn(ones(2, 2, 3).double()),
        lambda: nn.RNN(3, 4, nonlinearity="sin"),
        lambda: nn.RNN(3, 0),
        lambda: nn.RNN(3, 4, 0),
        lambda: nn.RNN(3, 4.0),
        lambda: nn.RNN(3, 4, dropout=2),
        lambda: nn.LSTM(3, 4, proj_size=5),
        lambda: nn.RNNCell(3, 4)(ones(2, 2, 2)),
        lambda: nn.RNNCell(3, 4)(ones(2, 5)),
        lambda: nn.RNNCell(3, 4)(ones(2, 3), ones(3, 4)),
        lambda: nn.RNNCell(3, 4, nonlinearity="sin")(ones(2, 3)),
    ]
    return [refusal(call) for call in calls]


@program
def attention_refuses(lib: Any) -> Any:
    nn, ones = lib.nn, lib.ones
    net, x = nn.MultiheadAttention(4, 2), ones(3, 2, 4)
    sdpa = nn.functional.scaled_dot_product_attention
    calls = [
        lambda: nn.MultiheadAttention(4, 3),
        lambda: nn.MultiheadAttention(0, 1),
        lambda: net(ones(4), ones(4), ones(4)),
        lambda: net(ones(3, 2, 5), x, x),
        lambda: net(x, x, ones(4, 2, 4)),
        lambda: net(x, x, x, is_causal=True),
        lambda: net(x, x, x, attn_mask=ones(2, 3)),
        lambda: net(x, x, x, key_padding_mask=ones(3, 2)),
        lambda: net(x, x, x, attn_mask=ones(3, 3).long()),
        lambda: sdpa(x, x.double(), x),
        lambda: sdpa(x, x, x, ones(3, 3) > 0, is_causal=True),
        lambda: sdpa(x, x, x, ones(2, 2).long()),
        lambda: nn.TransformerEncoderLayer(4, 2, activation="sin"),
        lambda: nn.Transformer(4, 2, 1, 1, 8)(ones(3, 2, 5), x),
    ]
    return [refusal(call) for call in calls]


@program
def other_layers_refuse(lib: Any) -> Any:
    nn, ones = lib.nn, lib.ones
    F, x = nn.functional, ones(2, 4, 6, 6)
    calls = [
        lambda: nn.GroupNorm(3, 4),
        lambda: F.group_norm(x, 3),
        lambda: F.group_norm(ones(4), 2),
        lambda: F.group_norm(x, 2, ones(3)),
        lambda: nn.InstanceNorm2d(4)(ones(2, 4)),
        lambda: F.instance_norm(ones(2, 4, 1)),
        lambda: F.rms_norm(x, (5,)),
        lambda: F.local_response_norm(ones(2, 3), 2),
        lambda: F.interpolate(x),
        lambda: F.interpolate(x, 3, 2.0),
        lambda: F.interpolate(x, (3, 3, 3)),
        lambda: F.interpolate(x, 3, mode="linear"),
        lambda: F.interpolate(x, 3, mode="square"),
        lambda: F.interpolate(x, 3, align_corners=True),
        lambda: F.interpolate(ones(3), 3),
        lambda: F.interpolate(x, 0),
        lambda: F.pixel_shuffle(x, 3),
        lambda: F.pixel_unshuffle(x, 5),
        lambda: F.channel_shuffle(x, 3),
        lambda: F.adaptive_avg_pool2d(ones(3), 2),
        lambda: F.adaptive_avg_pool2d(x, (2, 2, 2)),
        lambda: F.prelu(x, ones(3)),
        lambda: F.glu(ones(3)),
        lambda: F.softshrink(x, -1.0),
        lambda: F.hardtanh(x, 1.0, -1.0),
        lambda: nn.Hardtanh(1.0, -1.0),
        lambda: F.celu(x, 0.0),
        lambda: F.elu(x.long()),
        lambda: F.bilinear(ones(2, 3), ones(3, 3), ones(1, 3, 3)),
        lambda: F.bilinear(ones(2, 3), ones(2, 4), ones(1, 3, 3)),
        lambda: F.embedding_bag(ones(3).long(), ones(2, 2)),
        lambda: F.embedding_bag(ones(1, 1, 1).long(), ones(2, 2)),
        lambda: F.embedding_bag(ones(1, 2).long(), ones(2, 2), mode="least"),
        lambda: F.embedding_bag(ones(1, 2).long(), ones(2, 2), per_sample_weights=ones(1, 2)),
        lambda: nn.Dropout2d(2.0),
        lambda: F.dropout1d(ones(3)),
        lambda: nn.Embedding.from_pretrained(ones(3)),
        lambda: F.margin_ranking_loss(ones(2), ones(2, 1), ones(2)),
        lambda: F.multi_margin_loss(ones(2, 3), ones(2).long(), p=3),
        lambda: F.multi_margin_loss(ones(2, 3), ones(4).long()),
        lambda: F.multilabel_margin_loss(ones(2, 3), ones(2, 2).long()),
        lambda: F.cosine_embedding_loss(ones(2, 3), ones(2, 3), ones(2, 1)),
        lambda: F.triplet_margin_loss(x, x, x, margin=-1.0),
        lambda: nn.TripletMarginLoss(margin=-1.0),
        lambda: F.gaussian_nll_loss(ones(2), ones(2), -ones(2)),
        lambda: F.gaussian_nll_loss(ones(2, 3), ones(2, 3), ones(2, 2)),
        lambda: F.soft_margin_loss(ones(2), ones(2), reduction="product"),
        lambda: nn.Softmax2d()(ones(3, 3)),
    ]
    return [refusal(call) for call in calls]


@program
def padding_layers(lib: Any) -> Any:
    nn, x = lib.nn, draw(lib, 1, 2, 3, 4)
    layers = [
        nn.ZeroPad2d(1), nn.ZeroPad1d((1, 2)), nn.ConstantPad1d(1, 3.5),
        nn.ConstantPad2d((1, 0, 2, -1), 7.0), nn.ReflectionPad1d(2),
        nn.ReflectionPad2d((1, 2, 0, 1)), nn.ReplicationPad1d(1), nn.ReplicationPad2d(2),
        nn.CircularPad1d((1, 2)), nn.CircularPad2d(1),
    ]  # fmt: skip
    return [[repr(m), m(x[0] if "1d" in repr(m) else x)] for m in layers]


@program
def words_of_a_module(lib: Any) -> Any:
    nn = lib.nn
    shared = nn.Linear(2, 2)
    net = nn.Sequential(shared, nn.BatchNorm1d(2), shared)
    target: dict[str, Any] = {}
    given = net.state_dict(target, "net.")
    net.set_submodule("1", nn.ReLU())
    other = nn.Linear(2, 2)
    found = other.load_state_dict({"weight": lib.ones(2, 2), "bias": lib.zeros(2)}, assign=True)
    return [
        [n for n, _ in net.named_parameters(remove_duplicate=False)],
        [n for n, _ in net.named_modules(remove_duplicate=False)],
        [n for n, _ in net.named_modules(prefix="x")],
        given is target, list(target), repr(net), net._get_name(), str(found), other.weight,
        refusal(lambda: net.get_buffer("0.weight")),
        refusal(lambda: net.set_submodule("", nn.ReLU())),
        nn.Flatten(0).type(lib.float64)(lib.ones(2, 2)),
        isinstance(nn.Buffer(lib.ones(2)), lib.Tensor),
    ]  # fmt: skip


def test_programs_answer_as_torch_did() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("nn_tools"))


@pytest.mark.live
def test_programs_answer_as_torch_does(torch: Any) -> None:
    recorded.check(TABLE, minigrad, {k: recorded.answer(torch, p) for k, p in TABLE.items()})


# -- what torch leaves open ------------------------------------------------------------------------
def test_a_removed_hook_is_gone_and_a_context_removes() -> None:
    net, log = nn.Identity(), []
    with net.register_forward_hook(lambda m, args, out: log.append(1)) as handle:
        net(1)
    net(1)
    handle.remove()
    assert log == [1] and not net._forward_hooks


def test_a_net_with_hooks_can_be_copied() -> None:
    net, log = nn.Sequential(nn.Linear(2, 2)), []
    net[0].register_forward_hook(lambda m, args, out: log.append(m))
    twin = copy.deepcopy(net)
    twin(minigrad.ones(1, 2))
    assert log == [twin[0]]


def test_clipping_is_noticed_by_a_graph_made_before() -> None:
    w = minigrad.ones(2, requires_grad=True)
    w.grad = minigrad.tensor([3.0, 4.0])
    x = minigrad.ones(2, requires_grad=True)
    y = (w.grad * x).sum()
    nn.utils.clip_grad_norm_(w, 1.0)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        y.backward()


def test_a_lazy_net_can_be_given_to_an_optimiser_before_its_first_input() -> None:
    net = nn.LazyLinear(1)
    step = minigrad.optim.SGD(net.parameters(), lr=0.1)
    net(minigrad.ones(1, 2)).sum().backward()
    before = net.weight.tolist()
    step.step()
    assert net.weight.tolist() != before
