"""Layers that are compared with torch, live and recorded: what each is made of, and its inputs.

An input is a shape, of normal numbers that get gradients, or an array as it is.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

BOOLS = np.array([[False, False, True], [False, True, True]])
CAUSAL = np.triu(np.ones((3, 3), bool), 1)
LABELS = np.array([2, 0, 1, 2])
SIGNS = np.array([1.0, -1.0, 1.0, -1.0])
MANY = np.array([[2, 0, -1, 1], [1, -1, 0, 2], [-1, 0, 1, 2], [3, 2, 1, 0]])
HITS = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])


class Call:
    """A function with the face of a layer."""

    def __init__(self, fn: Callable) -> None:
        self.fn = fn

    def __call__(self, *args: Any) -> Any:
        return self.fn(*args)

    def state_dict(self) -> dict:
        return {}

    def named_parameters(self) -> list:
        return []

    def to(self, dtype: Any) -> Any:
        return self


def packed(make: Callable, sort: bool = True, **how: Any) -> Callable:
    """A recurrent network that is given a padded batch as a packed one."""

    def build(nn: Any) -> Any:
        net = make(nn)
        inner = net.forward
        rnn = nn.utils.rnn
        lengths = [4, 2, 1] if sort else [2, 4, 1]

        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.net = net

            def forward(self, x: Any, *state: Any) -> Any:
                whole = rnn.pack_padded_sequence(x, lengths, enforce_sorted=sort, **how)
                y, last = inner(whole, *state)
                return rnn.pad_packed_sequence(y, **how)[0], last

        return Net()

    return build


def F(fn: Callable) -> Callable:
    """A row for a function of nn.functional and tensors."""
    return lambda nn: Call(lambda *xs: fn(nn.functional, *xs))


def lstm_state(*shape: int) -> Callable:
    """An LSTM whose h and c are given one by one."""

    def build(nn: Any) -> Any:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.net = nn.LSTM(3, 2, *shape)

            def forward(self, x: Any, h: Any, c: Any) -> Any:
                return self.net(x, (h, c))

        return Net()

    return build


def attention(*sizes: int, **how: Any) -> Callable:
    """MultiheadAttention with settings of the layer, and of the call."""
    of_call = {"need_weights", "average_attn_weights", "attn_mask", "key_padding_mask"}
    call = {k: v for k, v in how.items() if k in of_call}

    def build(nn: Any) -> Any:
        class Net(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                settings = {k: v for k, v in how.items() if k not in of_call}
                self.net = nn.MultiheadAttention(*sizes, **settings)

            def forward(self, *xs: Any) -> Any:
                masks = {
                    k: xs[0].new_tensor(v.tolist()).bool() if isinstance(v, np.ndarray) else v
                    for k, v in call.items()
                }
                return self.net(*xs, **masks)

        return Net()

    return build


X, IMAGE = (4, 3), (2, 4, 5, 6)
KINKS = np.array([-4.0, -3.0, -1.0, -0.5, 0.0, 0.2, 0.5, 1.0, 3.0, 6.0, 25.0])

LAYERS: dict[str, tuple[Callable, list[Any]]] = {
    # -- recurrent
    "RNN": (lambda nn: nn.RNN(3, 2), [(4, 2, 3)]),
    "RNN, relu, state": (lambda nn: nn.RNN(3, 2, nonlinearity="relu"), [(4, 2, 3), (1, 2, 2)]),
    "RNN, everything": (
        lambda nn: nn.RNN(3, 2, 2, bias=False, batch_first=True, bidirectional=True),
        [(2, 4, 3), (4, 2, 2)],
    ),
    "RNN, no batch": (lambda nn: nn.RNN(3, 2, 2), [(4, 3), (2, 2)]),
    "LSTM": (lambda nn: nn.LSTM(3, 2), [(4, 2, 3)]),
    "LSTM, state": (lstm_state(), [(4, 2, 3), (1, 2, 2), (1, 2, 2)]),
    "LSTM, layers, both ways": (
        lambda nn: nn.LSTM(3, 2, 2, bidirectional=True, batch_first=True),
        [(2, 4, 3)],
    ),
    "LSTM, projected": (lambda nn: nn.LSTM(3, 4, 2, proj_size=2, bidirectional=True), [(3, 2, 3)]),
    "LSTM, one step": (lambda nn: nn.LSTM(3, 2), [(1, 2, 3)]),
    "GRU": (lambda nn: nn.GRU(3, 2), [(4, 2, 3)]),
    "GRU, layers, both ways": (
        lambda nn: nn.GRU(3, 2, 2, bidirectional=True, dropout=0.5).eval(),
        [(5, 2, 3), (4, 2, 2)],
    ),
    "GRU, no bias, no batch": (lambda nn: nn.GRU(3, 2, bias=False), [(4, 3)]),
    "RNN, packed": (packed(lambda nn: nn.RNN(3, 2)), [(4, 3, 3), (1, 3, 2)]),
    "LSTM, packed": (
        packed(lambda nn: nn.LSTM(3, 2, 2, bidirectional=True), batch_first=True),
        [(3, 4, 3)],
    ),
    "GRU, packed, in any order": (
        packed(lambda nn: nn.GRU(3, 2, bidirectional=True), sort=False),
        [(4, 3, 3), (2, 3, 2)],
    ),
    "RNNCell": (lambda nn: nn.RNNCell(3, 2), [(4, 3), (4, 2)]),
    "RNNCell, relu": (lambda nn: nn.RNNCell(3, 2, bias=False, nonlinearity="relu"), [(4, 3)]),
    "LSTMCell": (lambda nn: nn.LSTMCell(3, 2), [(4, 3)]),
    "GRUCell": (lambda nn: nn.GRUCell(3, 2), [(4, 3), (4, 2)]),
    "GRUCell, no batch": (lambda nn: nn.GRUCell(3, 2), [(3,), (2,)]),
    # -- normalisation
    "GroupNorm": (lambda nn: nn.GroupNorm(2, 4), [IMAGE]),
    "GroupNorm, plain": (lambda nn: nn.GroupNorm(1, 4, affine=False, eps=1e-3), [(3, 4)]),
    "InstanceNorm1d": (lambda nn: nn.InstanceNorm1d(3), [(2, 3, 4)]),
    "InstanceNorm1d, no batch": (lambda nn: nn.InstanceNorm1d(3, affine=True), [(3, 4)]),
    "InstanceNorm2d, tracked": (
        lambda nn: nn.InstanceNorm2d(4, affine=True, track_running_stats=True),
        [IMAGE],
    ),
    "InstanceNorm2d, evaluated": (
        lambda nn: nn.InstanceNorm2d(4, track_running_stats=True).eval(),
        [IMAGE],
    ),
    "RMSNorm": (lambda nn: nn.RMSNorm((2, 3)), [(4, 2, 3)]),
    "RMSNorm, plain": (lambda nn: nn.RMSNorm(3, eps=0.1, elementwise_affine=False), [X]),
    "LocalResponseNorm": (lambda nn: nn.LocalResponseNorm(3, 0.1, 0.6, 2.0), [IMAGE]),
    "LocalResponseNorm, even": (lambda nn: nn.LocalResponseNorm(2), [(2, 5, 3)]),
    # -- activations
    "ReLU6": (lambda nn: nn.ReLU6(), [KINKS]),
    "Hardtanh": (lambda nn: nn.Hardtanh(-2.0, 3.0), [KINKS]),
    "Hardsigmoid": (lambda nn: nn.Hardsigmoid(), [KINKS]),
    "Hardswish": (lambda nn: nn.Hardswish(), [KINKS]),
    "SELU": (lambda nn: nn.SELU(), [X]),
    "CELU": (lambda nn: nn.CELU(2.0), [X]),
    "Mish": (lambda nn: nn.Mish(), [X]),
    "LogSigmoid": (lambda nn: nn.LogSigmoid(), [KINKS]),
    "Softsign": (lambda nn: nn.Softsign(), [X]),
    "Tanhshrink": (lambda nn: nn.Tanhshrink(), [KINKS]),
    "Softshrink": (lambda nn: nn.Softshrink(), [KINKS]),
    "Hardshrink": (lambda nn: nn.Hardshrink(), [KINKS]),
    "Threshold": (lambda nn: nn.Threshold(0.5, 7.0), [KINKS]),
    "PReLU": (lambda nn: nn.PReLU(), [X]),
    "PReLU, channels": (lambda nn: nn.PReLU(4, 0.1), [IMAGE]),
    "GLU": (lambda nn: nn.GLU(1), [(3, 4)]),
    "Softmin": (lambda nn: nn.Softmin(1), [X]),
    "Softmax2d": (lambda nn: nn.Softmax2d(), [IMAGE]),
    # -- other layers
    "Bilinear": (lambda nn: nn.Bilinear(3, 2, 4), [(5, 3), (5, 2)]),
    "Bilinear, no bias": (lambda nn: nn.Bilinear(3, 2, 4, bias=False), [(2, 5, 3), (2, 5, 2)]),
    "CosineSimilarity": (lambda nn: nn.CosineSimilarity(), [X, X]),
    "PairwiseDistance": (lambda nn: nn.PairwiseDistance(), [X, X]),
    "PairwiseDistance, 3": (lambda nn: nn.PairwiseDistance(3.0, 1e-3, True), [X, (3,)]),
    "EmbeddingBag": (lambda nn: nn.EmbeddingBag(5, 3), [np.array([[1, 2], [4, 4]])]),
    "EmbeddingBag, sum": (
        lambda nn: nn.EmbeddingBag(5, 3, mode="sum", padding_idx=2),
        [np.array([1, 2, 4, 4, 0]), np.array([0, 2, 2])],
    ),
    "EmbeddingBag, mean, offsets": (
        lambda nn: nn.EmbeddingBag(5, 3, include_last_offset=True, padding_idx=-1),
        [np.array([1, 2, 4, 4, 0]), np.array([0, 2, 4, 5])],
    ),
    "EmbeddingBag, max": (
        lambda nn: nn.EmbeddingBag(5, 3, mode="max"),
        [np.array([1, 2, 4, 3, 0]), np.array([0, 2, 2])],
    ),
    "EmbeddingBag, weights": (
        F(lambda F, i, w, s: F.embedding_bag(i, w, mode="sum", per_sample_weights=s)),
        [np.array([[1, 2], [4, 4]]), (5, 3), (2, 2)],
    ),
    "Dropout1d": (lambda nn: nn.Dropout1d().eval(), [(2, 3, 4)]),
    "Dropout2d": (lambda nn: nn.Dropout2d(0.2).eval(), [IMAGE]),
    "AlphaDropout": (lambda nn: nn.AlphaDropout().eval(), [X]),
    # -- other sizes
    "Upsample": (lambda nn: nn.Upsample(scale_factor=2), [IMAGE]),
    "Upsample, size": (lambda nn: nn.Upsample((7, 3)), [IMAGE]),
    "Upsample, bilinear": (
        lambda nn: nn.Upsample(scale_factor=(1.7, 0.6), mode="bilinear"),
        [IMAGE],
    ),
    "UpsamplingNearest2d": (lambda nn: nn.UpsamplingNearest2d(scale_factor=2), [IMAGE]),
    "UpsamplingBilinear2d": (lambda nn: nn.UpsamplingBilinear2d(size=(9, 4)), [IMAGE]),
    "interpolate, linear": (F(lambda F, x: F.interpolate(x, 7, mode="linear")), [(2, 3, 4)]),
    "interpolate, linear, factor": (
        F(lambda F, x: F.interpolate(x, scale_factor=1.4, mode="linear")),
        [(2, 3, 5)],
    ),
    "interpolate, recomputed": (
        F(
            lambda F, x: F.interpolate(
                x, scale_factor=1.4, mode="linear", recompute_scale_factor=True
            )
        ),
        [(2, 3, 5)],
    ),
    "interpolate, bicubic": (
        F(lambda F, x: F.interpolate(x, (7, 4), mode="bicubic")),
        [IMAGE],
    ),
    "interpolate, bicubic, corners": (
        F(lambda F, x: F.interpolate(x, (7, 4), mode="bicubic", align_corners=True)),
        [IMAGE],
    ),
    "interpolate, trilinear": (
        F(lambda F, x: F.interpolate(x, (3, 4, 2), mode="trilinear")),
        [(1, 2, 2, 3, 4)],
    ),
    "interpolate, nearest-exact": (
        F(lambda F, x: F.interpolate(x, (7, 4), mode="nearest-exact")),
        [IMAGE],
    ),
    "interpolate, area": (F(lambda F, x: F.interpolate(x, (3, 2), mode="area")), [IMAGE]),
    "PixelShuffle": (lambda nn: nn.PixelShuffle(2), [(2, 8, 2, 3)]),
    "PixelUnshuffle": (lambda nn: nn.PixelUnshuffle(2), [(3, 4, 6)]),
    "ChannelShuffle": (lambda nn: nn.ChannelShuffle(2), [IMAGE]),
    "AdaptiveAvgPool1d": (lambda nn: nn.AdaptiveAvgPool1d(3), [(2, 3, 7)]),
    "AdaptiveAvgPool2d": (lambda nn: nn.AdaptiveAvgPool2d((3, 4)), [IMAGE]),
    "AdaptiveAvgPool2d, None": (lambda nn: nn.AdaptiveAvgPool2d((None, 3)), [IMAGE[1:]]),
    "AdaptiveAvgPool2d, one": (lambda nn: nn.AdaptiveAvgPool2d(1), [IMAGE]),
    "AdaptiveMaxPool1d": (lambda nn: nn.AdaptiveMaxPool1d(3), [(2, 3, 7)]),
    "AdaptiveMaxPool2d": (lambda nn: nn.AdaptiveMaxPool2d((3, 4), return_indices=True), [IMAGE]),
    "Unfold": (lambda nn: nn.Unfold((2, 3), padding=1, stride=2), [IMAGE]),
    "Fold": (lambda nn: nn.Fold((4, 5), 2), [(2, 8, 12)]),
    "BatchNorm3d": (lambda nn: nn.BatchNorm3d(2), [(2, 2, 2, 3, 2)]),
    "InstanceNorm3d": (lambda nn: nn.InstanceNorm3d(2), [(2, 2, 2, 3, 2)]),
    "Dropout3d": (lambda nn: nn.Dropout3d().eval(), [(2, 2, 2, 3, 2)]),
    "RReLU": (lambda nn: nn.RReLU().eval(), [X]),
    "DataParallel": (lambda nn: nn.DataParallel(nn.Linear(3, 2)), [X]),
    "in the memory of their input": (
        F(
            lambda F, x: [
                F.relu_(x * 1),
                F.leaky_relu_(x * 1, 0.2),
                F.elu_(x * 1, 2.0),
                F.hardtanh_(x * 1, -0.5, 0.5),
                F.threshold_(x * 1, 0.3, 7.0),
            ]  # fmt: skip
        ),
        [X],
    ),
    # -- losses
    "MarginRankingLoss": (lambda nn: nn.MarginRankingLoss(0.2), [(4,), (4,), SIGNS]),
    "HingeEmbeddingLoss": (lambda nn: nn.HingeEmbeddingLoss(), [(4,), SIGNS]),
    "SoftMarginLoss": (lambda nn: nn.SoftMarginLoss(reduction="sum"), [(4,), SIGNS]),
    "MultiLabelSoftMarginLoss": (lambda nn: nn.MultiLabelSoftMarginLoss(), [X, HITS]),
    "MultiLabelSoftMarginLoss, each": (
        lambda nn: nn.MultiLabelSoftMarginLoss(reduction="none"),
        [X, HITS],
    ),
    "MultiLabelMarginLoss": (lambda nn: nn.MultiLabelMarginLoss(), [(4, 4), MANY]),
    "MultiLabelMarginLoss, one": (
        lambda nn: nn.MultiLabelMarginLoss(reduction="none"),
        [(4,), MANY[0]],
    ),
    "MultiMarginLoss": (lambda nn: nn.MultiMarginLoss(), [X, LABELS]),
    "MultiMarginLoss, squared": (
        lambda nn: nn.MultiMarginLoss(p=2, margin=0.5, reduction="none"),
        [X, LABELS],
    ),
    "multi_margin_loss, weight": (
        F(lambda F, x, t, w: F.multi_margin_loss(x, t, weight=w.detach())),
        [X, LABELS, (3,)],
    ),
    "CosineEmbeddingLoss": (lambda nn: nn.CosineEmbeddingLoss(0.1), [X, X, SIGNS]),
    "TripletMarginLoss": (lambda nn: nn.TripletMarginLoss(), [X, X, X]),
    "TripletMarginLoss, swap": (lambda nn: nn.TripletMarginLoss(2.0, 3.0, swap=True), [X, X, X]),
    "TripletMarginWithDistanceLoss": (
        lambda nn: nn.TripletMarginWithDistanceLoss(
            distance_function=lambda a, b: (a - b).abs().sum(-1), swap=True, reduction="none"
        ),
        [X, X, X],
    ),
    "PoissonNLLLoss": (lambda nn: nn.PoissonNLLLoss(), [(4,), np.array([0.0, 1.0, 3.0, 2.0])]),
    "PoissonNLLLoss, full": (
        lambda nn: nn.PoissonNLLLoss(full=True, reduction="none"),
        [(4,), np.array([0.0, 1.0, 3.0, 2.0])],
    ),
    "poisson_nll_loss, mean": (
        F(lambda F, x, t: F.poisson_nll_loss(x.exp(), t, log_input=False)),
        [(4,), np.array([0.0, 1.0, 3.0, 2.0])],
    ),
    "GaussianNLLLoss": (lambda nn: nn.GaussianNLLLoss(), [X, X, np.array([1.0, 2.0, 0.5, 1.0])]),
    "GaussianNLLLoss, full": (
        lambda nn: nn.GaussianNLLLoss(full=True, reduction="sum"),
        [X, X, np.full((4, 1), 0.3)],
    ),
    # -- attention
    "attention": (
        F(lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v)),
        [(2, 3, 4), (2, 5, 4), (2, 5, 2)],
    ),
    "attention, causal": (
        F(lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=0.3)),
        [(2, 3, 4), (2, 3, 4), (2, 3, 4)],
    ),
    "attention, mask": (
        F(lambda F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, ~m)),
        [(2, 2, 4), (2, 3, 4), (2, 3, 4), BOOLS],
    ),
    "attention, added mask": (
        F(lambda F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m)),
        [(2, 2, 4), (2, 3, 4), (2, 3, 4), (2, 3)],
    ),
    "attention, nobody": (
        F(lambda F, q, k, v, m: F.scaled_dot_product_attention(q, k, v, m & (m.sum() > 9))),
        [(2, 2, 4), (2, 3, 4), (2, 3, 4), BOOLS],
    ),
    "MultiheadAttention": (attention(4, 2), [(3, 2, 4), (5, 2, 4), (5, 2, 4)]),
    "MultiheadAttention, batch first": (
        attention(4, 2, batch_first=True, bias=False),
        [(2, 3, 4), (2, 5, 4), (2, 5, 4)],
    ),
    "MultiheadAttention, no batch": (attention(4, 2), [(3, 4), (5, 4), (5, 4)]),
    "MultiheadAttention, sizes": (
        attention(4, 2, kdim=3, vdim=2, average_attn_weights=False),
        [(3, 2, 4), (5, 2, 3), (5, 2, 2)],
    ),
    "MultiheadAttention, more keys": (
        attention(4, 2, add_bias_kv=True, add_zero_attn=True, key_padding_mask=BOOLS),
        [(3, 2, 4), (3, 2, 4), (3, 2, 4)],
    ),
    "MultiheadAttention, masks": (
        attention(4, 2, attn_mask=CAUSAL, key_padding_mask=BOOLS, need_weights=False),
        [(3, 2, 4), (3, 2, 4), (3, 2, 4)],
    ),
    "MultiheadAttention, mask of each head": (
        attention(4, 2, attn_mask=np.stack([CAUSAL] * 4)),
        [(3, 2, 4), (3, 2, 4), (3, 2, 4)],
    ),
    "TransformerEncoderLayer": (
        lambda nn: nn.TransformerEncoderLayer(4, 2, 6, dropout=0.0),
        [(3, 2, 4)],
    ),
    "TransformerEncoderLayer, norm first": (
        lambda nn: nn.TransformerEncoderLayer(
            4, 2, 6, 0.0, "gelu", norm_first=True, batch_first=True, bias=False
        ),
        [(2, 3, 4)],
    ),
    "TransformerDecoderLayer": (
        lambda nn: nn.TransformerDecoderLayer(4, 2, 6, 0.0),
        [(3, 2, 4), (5, 2, 4)],
    ),
    "TransformerDecoderLayer, norm first": (
        lambda nn: nn.TransformerDecoderLayer(4, 2, 6, 0.0, norm_first=True, batch_first=True),
        [(2, 3, 4), (2, 5, 4)],
    ),
    "TransformerEncoder": (
        lambda nn: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, 6, 0.0), 2, nn.LayerNorm(4)
        ),
        [(3, 2, 4), CAUSAL],
    ),
    "TransformerDecoder": (
        lambda nn: nn.TransformerDecoder(nn.TransformerDecoderLayer(4, 2, 6, 0.0), 2),
        [(3, 2, 4), (5, 2, 4), CAUSAL],
    ),
    "Transformer": (
        lambda nn: nn.Transformer(4, 2, 1, 1, 6, 0.0, batch_first=True),
        [(2, 5, 4), (2, 3, 4)],
    ),
    "attention, groups": (
        F(lambda F, q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True)),
        [(1, 4, 3, 2), (1, 2, 3, 2), (1, 2, 3, 2)],
    ),
}


# Where torch has no second order.
FIRST_ORDER = {
    "Hardsigmoid", "EmbeddingBag, weights", "MultiLabelMarginLoss", "MultiLabelMarginLoss, one",
    "MultiMarginLoss", "MultiMarginLoss, squared", "multi_margin_loss, weight",
}  # fmt: skip


def run(lib: Any, name: str, dtype: str) -> dict[str, np.ndarray]:
    """The outputs of one call, the gradients of inputs and parameters, and those of these; buffers.

    All parameters get numbers that depend on their shapes and order only. No gradient, and one of
    zeros, are one.
    """
    rng = np.random.default_rng(11)
    make, specs = LAYERS[name]

    def draw(shape: tuple) -> Any:
        return lib.from_numpy(np.asarray(rng.standard_normal(shape)).astype(dtype))

    with warnings.catch_warnings(), plainly(lib):
        warnings.simplefilter("ignore")
        layer = make(lib.nn).to(getattr(lib, dtype))
        with lib.no_grad():
            for key, t in layer.state_dict().items():
                if t.is_floating_point():
                    drawn = draw(tuple(t.shape))
                    t.copy_(drawn.abs() + 0.5 if "running_var" in key else drawn * 0.5)
        inputs = []
        for spec in specs:
            if isinstance(spec, tuple):
                inputs.append(draw(spec).requires_grad_())
            else:
                given = lib.from_numpy(spec.copy())
                if spec.dtype.kind == "f":
                    given = given.to(getattr(lib, dtype)).requires_grad_(spec is KINKS)
                inputs.append(given)
        outputs = flat(layer(*inputs))
        found = {f"output {i}": y.detach().numpy().copy() for i, y in enumerate(outputs)}
        wanted = {f"input {i}": x for i, x in enumerate(inputs) if x.requires_grad}
        wanted |= {f"input {key}": p for key, p in layer.named_parameters()}
        for level in ("gradient", "second gradient")[: 1 if name in FIRST_ORDER else 2]:
            cotangents = [draw(tuple(y.shape)) for y in outputs]
            used = [(y, g) for y, g in zip(outputs, cotangents, strict=True) if y.requires_grad]
            grads: Any = [None] * len(wanted)
            if used:
                grads = lib.autograd.grad(
                    [y for y, _ in used], list(wanted.values()), [g for _, g in used],
                    create_graph=True, allow_unused=True,
                )  # fmt: skip
            outputs = []
            for (key, x), g in zip(wanted.items(), grads, strict=True):
                g = lib.zeros_like(x) if g is None else g
                found[f"{level} of {key}"] = (g.detach() + 0).numpy()
                outputs.append(g)
        for key, t in layer.state_dict().items():
            if "running" in key or "num" in key:
                found[f"output {key}"] = t.numpy()
    return found


def plainly(lib: Any) -> Any:
    """torch's attention written out: the fused one has no second order."""
    if lib.__name__ != "torch":
        return contextlib.nullcontext()
    return lib.nn.attention.sdpa_kernel(lib.nn.attention.SDPBackend.MATH)


def flat(result: Any) -> list:
    if isinstance(result, (tuple, list)):
        return [y for part in result for y in flat(part)]
    return [] if result is None else [result]
