"""Convolution, pooling, batch norm and sigmoid: over a grid of settings, against torch and against
what defines them, to second order; and what their blocks of examples must not change.
"""

import math
import tracemalloc
import warnings
from itertools import product

import numpy as np
import pytest

import minigrad
import minigrad.nn.functional as F
from minigrad.autograd import derivatives_conv as dc
from minigrad.testing import assert_matches_torch, gradcheck, gradgradcheck


def draw(*shape, seed=0):
    return np.random.default_rng([seed, *shape]).standard_normal(shape)


def tensors(*arrays):
    return [minigrad.from_numpy(np.array(a)).requires_grad_() for a in arrays]


# -- convolution -----------------------------------------------------------------------------------
def part(rows):
    """Every seventh row at each run; the others with -m slow."""
    return [
        r if i % 7 == 3 else pytest.param(*r, marks=pytest.mark.slow) for i, r in enumerate(rows)
    ]


GRID = [
    (stride, padding, dilation, groups, kernel, channels)
    for stride in (1, 2, (3, 1))
    for padding in (0, (2, 1))
    for dilation in (1, (1, 2))
    for groups, channels in ((1, 2), (1, 6), (2, 4), (4, 4))
    for kernel in ((3, 2), (1, 1))
]


@pytest.mark.live
@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups", "kernel", "channels"), part(GRID)
)
def test_conv2d_over_the_grid_matches_torch(
    torch, stride, padding, dilation, groups, kernel, channels
):
    def fn(lib, x, w, b):
        return lib.nn.functional.conv2d(x, w, b, stride, padding, dilation, groups)

    arrays = draw(2, channels, 7, 8), draw(4, channels // groups, *kernel), draw(4)
    assert_matches_torch(fn, *arrays, dtype="float64", order=2, rtol=1e-9, atol=1e-9)
    assert_matches_torch(fn, *arrays, dtype="float32", rtol=1e-4, atol=1e-4)


@pytest.mark.live
@pytest.mark.parametrize(
    ("stride", "padding", "dilation", "groups", "kernel", "channels"), part(GRID)
)
def test_conv_transpose2d_over_the_grid_matches_torch(
    torch, stride, padding, dilation, groups, kernel, channels
):
    largest = max(np.max(stride), np.max(dilation))
    for extra in range(largest if np.size(stride) == np.size(dilation) == 1 else 1):

        def fn(lib, x, w, b, extra=extra):
            return lib.nn.functional.conv_transpose2d(
                x, w, b, stride, padding, extra, groups, dilation
            )

        arrays = draw(2, channels, 6, 5), draw(channels, 6, *kernel), draw(6 * groups)
        assert_matches_torch(fn, *arrays, dtype="float64", order=2, rtol=1e-9, atol=1e-9)


@pytest.mark.live
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize(("stride", "padding", "dilation"), part(product((1, 3), (0, 2), (1, 2))))
def test_sequences_match_torch(torch, stride, padding, dilation, groups):
    how = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups}
    x, w, b = draw(2, 4, 9), draw(4, 4 // groups, 3), draw(4)
    for name, bias in (("conv1d", b), ("conv_transpose1d", draw(4 // groups * groups))):
        assert_matches_torch(
            lambda lib, *xs, name=name: getattr(lib.nn.functional, name)(*xs, **how),
            x, w, bias, dtype="float64", order=2, rtol=1e-9, atol=1e-9,
        )  # fmt: skip


def naive(x, w, stride, dilation):
    """The sum that defines a convolution, with loops."""
    (n, _, height, width), (o, _, rows, columns) = x.shape, w.shape
    high = (height - dilation * (rows - 1) - 1) // stride + 1
    wide = (width - dilation * (columns - 1) - 1) // stride + 1
    y = np.empty((n, o, high, wide))
    for at in np.ndindex(*y.shape):
        top, left = at[2] * stride, at[3] * stride
        seen = x[at[0], :, top::dilation, left::dilation][:, :rows, :columns]
        y[at] = (seen * w[at[1]]).sum()
    return y


@pytest.mark.parametrize(("channels", "stride", "dilation"), list(product((1, 5), (1, 2), (1, 2))))
def test_conv2d_is_its_defining_sum_in_blocks_of_any_size(monkeypatch, channels, stride, dilation):
    x, w = draw(5, channels, 6, 7), draw(3, channels, 2, 3)
    expected = naive(x, w, stride, dilation)
    for block in (1, 5000, 1 << 20):
        monkeypatch.setattr(dc, "BLOCK", block)
        y = F.conv2d(*map(minigrad.from_numpy, (x, w)), stride=stride, dilation=dilation)
        np.testing.assert_allclose(y.numpy(), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("channels", [1, 5])
def test_a_transposed_convolution_is_the_transpose(channels):
    x, w = tensors(draw(2, channels, 9, 8), draw(4, channels, 3, 2))
    y = F.conv2d(x, w, stride=2, padding=1, dilation=2)
    v = minigrad.from_numpy(draw(*y.shape, seed=1))
    back = F.conv_transpose2d(v, w, stride=2, padding=1, dilation=2, output_padding=(0, 1))
    assert back.shape == x.shape
    assert (y * v).sum().item() == pytest.approx((x * back).sum().item())


LAYOUTS = {
    "transposed": lambda a: np.ascontiguousarray(a.swapaxes(1, 3)).swapaxes(1, 3),
    "every second": lambda a: np.repeat(a, 2, axis=0)[::2],
    "backwards": lambda a: np.ascontiguousarray(a[..., ::-1])[..., ::-1],
    "read-only": lambda a: np.broadcast_to(a[:1], a.shape),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("channels", [2, 6])
def test_memory_in_any_order_gives_the_same(layout, channels):
    w, b = draw(4, channels, 3, 3), draw(4)
    scattered = LAYOUTS[layout](draw(3, channels, 6, 6))

    def everything(x):
        x, *rest = [minigrad.from_numpy(x) if x.flags.writeable else minigrad.tensor(x),
                    *tensors(w, b)]  # fmt: skip
        x = x.requires_grad_()
        y = F.conv2d(x, *rest, padding=1)
        pooled = F.max_pool2d(y, 2) + F.avg_pool2d(y, 2)
        z = F.batch_norm(pooled, None, None, training=True)
        g = minigrad.from_numpy(draw(*z.shape, seed=2)).transpose(0, 1).contiguous()
        return [z, *minigrad.autograd.grad(z, [x, *rest], g.transpose(0, 1))]

    for a, b in zip(everything(scattered), everything(scattered.copy()), strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-9)


CHECKED = {
    "conv2d, one channel": (
        lambda x, w, b: F.conv2d(x, w, b, 1, 1), (2, 1, 3, 4), (2, 1, 2, 3), (2,)
    ),
    "conv2d, channels": (lambda x, w, b: F.conv2d(x, w, b), (2, 5, 3, 3), (2, 5, 2, 2), (2,)),
    "conv2d, full": (lambda x, w: F.conv2d(x, w, padding=1), (1, 4, 2, 3), (2, 4, 3, 2)),
    "conv2d, same": (lambda x, w: F.conv2d(x, w, padding="same"), (1, 2, 3, 4), (4, 2, 2, 4)),
    "conv2d, stride": (
        lambda x, w: F.conv2d(x, w, None, (2, 3), 1, 2, 2), (1, 4, 5, 6), (2, 2, 2, 2)
    ),
    "conv1d": (lambda x, w, b: F.conv1d(x, w, b, 2, 1), (2, 4, 6), (3, 4, 3), (3,)),
    "conv1d, no batch": (lambda x, w: F.conv1d(x, w), (4, 6), (3, 4, 3)),
    "conv_transpose2d": (
        lambda x, w, b: F.conv_transpose2d(x, w, b, 2, 1, 1), (1, 4, 3, 2), (4, 2, 3, 2), (2,)
    ),
    "conv_transpose1d": (
        lambda x, w, b: F.conv_transpose1d(x, w, b, 3, 1, 2, 2, 2), (1, 4, 3), (4, 1, 2), (2,)
    ),
    "unfold": (lambda x: F.unfold(x, (2, 3), (1, 2), 1, 2), (1, 2, 5, 6)),
    "fold": (lambda x: F.fold(x, (4, 5), 2, padding=1, stride=2), (1, 8, 9)),
    "max_pool1d": (lambda x: F.max_pool1d(x, 3, 2, 1), (2, 3, 7)),
    "avg_pool1d": (lambda x: F.avg_pool1d(x, 3, 2, 1, True, False), (2, 3, 6)),
    "max_pool2d": (lambda x: F.max_pool2d(x, 2), (2, 2, 5, 4)),
    "max_pool2d, overlap": (lambda x: F.max_pool2d(x, 3, 2, 1, 2), (1, 2, 7, 8)),
    "avg_pool2d": (lambda x: F.avg_pool2d(x, 2), (2, 2, 5, 4)),
    "avg_pool2d, overlap": (lambda x: F.avg_pool2d(x, 3, 1, 1), (1, 2, 5, 4)),
    "batch_norm": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, True), (3, 2, 2, 3), (2,), (2,)
    ),
    "batch_norm, plain": (lambda x: F.batch_norm(x, None, None, training=True), (5, 3)),
    "sigmoid": (lambda x: minigrad.sigmoid(x), (3, 4)),
}  # fmt: skip


@pytest.mark.parametrize("name", CHECKED)
def test_both_orders_are_those_of_central_differences(name):
    fn, *shapes = CHECKED[name]
    xs = tuple(tensors(*(draw(*shape, seed=i) for i, shape in enumerate(shapes))))
    assert gradcheck(fn, xs)
    assert gradgradcheck(fn, xs)


@pytest.mark.parametrize("channels", [1, 4])
def test_a_third_derivative_of_a_convolution(channels):
    x, w = tensors(draw(1, channels, 3, 3), draw(2, channels, 2, 2))

    def second(x, w):
        y = (F.conv2d(x, w) ** 4).sum()
        g = minigrad.autograd.grad(y, [x, w], create_graph=True)
        h = minigrad.autograd.grad(sum((a * a).sum() for a in g), [x, w], create_graph=True)
        return h[0].sum() + h[1].sum()

    assert gradcheck(second, (x, w), rtol=1e-3, atol=1e-3)


def test_an_empty_batch_goes_through_and_back():
    for channels in (1, 5):
        x, w, b = tensors(np.empty((0, channels, 6, 6)), draw(4, channels, 3, 3), draw(4))
        y = F.max_pool2d(F.conv2d(x, w, b, padding=1), 2)
        y = F.avg_pool2d(F.conv_transpose2d(y, w, stride=2), 2)
        y.sum().backward()
        assert y.shape == (0, channels, 3, 3) and x.grad.shape == x.shape
        assert not w.grad.any() and not b.grad.any()


@pytest.mark.parametrize("record", [False, True])
def test_results_can_be_changed_in_place(record):
    """A view could not while gradients are recorded: so each result owns its memory."""
    x, w, b = tensors(draw(2, 4, 6, 6), draw(4, 4, 3, 3), draw(4))
    s, v = tensors(draw(2, 4, 6), draw(4, 4, 3))
    with minigrad.set_grad_enabled(record):
        for y in (
            F.conv2d(x, w, b, padding=1),
            F.conv2d(x, w[:, :1].detach(), b, groups=4),
            F.conv_transpose2d(x, w, b),
            F.conv1d(s, v),
            F.conv_transpose1d(s, v),
            F.max_pool2d(x, 2),
            F.avg_pool2d(x, 3, 1),
            F.max_pool1d(s, 2),
            F.batch_norm(x, None, None, training=True),
            F.batch_norm(s, None, None, training=True),
            x.sigmoid(),
        ):
            before = y.detach().clone()
            y += 1
            assert y.detach().equal(before + 1)


def test_a_residual_connection_in_place_has_the_gradient_of_the_plain_one():
    x, w = tensors(draw(2, 4, 5, 5), draw(4, 4, 3, 3))
    y = F.conv2d(x, w, padding=1)
    y += x
    found = minigrad.autograd.grad((y * y).sum(), [x, w])
    z = F.conv2d(x, w, padding=1) + x
    for a, b in zip(found, minigrad.autograd.grad((z * z).sum(), [x, w]), strict=True):
        assert a.equal(b)


def test_a_gradient_is_not_asked_for_what_needs_none():
    x, w, b = draw(2, 4, 5, 5), draw(3, 4, 2, 2), draw(3)
    for wanted in product((False, True), repeat=3):
        xs = [
            minigrad.from_numpy(a).requires_grad_(r) for a, r in zip((x, w, b), wanted, strict=True)
        ]
        y = F.conv2d(*xs)
        assert y.requires_grad == any(wanted)
        if any(wanted):
            y.sum().backward()
        assert [t.grad is not None for t in xs] == list(wanted)


def test_nothing_of_the_columns_is_kept():
    x, w = tensors(*(a.astype(np.float32) for a in (draw(64, 8, 16, 16), draw(8, 8, 5, 5))))
    columns = 64 * 16 * 16 * 8 * 25 * 4  # bytes, if all of them were gathered at once
    tracemalloc.start()
    y = F.conv2d(x, w, padding=1)
    y.sum().backward()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < columns / 3


# -- pooling ---------------------------------------------------------------------------------------
POOLS = [
    (size, stride, padding, ceil)
    for size in (2, 3, (3, 2), (1, 4))
    for stride in (None, 1, (2, 3), 4)
    for padding in (0, 1)
    for ceil in (False, True)
    if padding <= np.min(size) // 2
]


@pytest.mark.live
@pytest.mark.parametrize(("size", "stride", "padding", "ceil"), part(POOLS))
def test_pools_over_the_grid_match_torch(torch, size, stride, padding, ceil):
    def most(lib, x, dilation):
        return lib.nn.functional.max_pool2d(x, size, stride, padding, dilation, ceil, True)

    def mean(lib, x, counted):
        return lib.nn.functional.avg_pool2d(x, size, stride, padding, ceil, counted)

    x = draw(2, 3, 9, 10)
    ties = np.round(draw(2, 3, 8, 8))
    for setting in (1, 2):
        for a in (x, ties, x[0]):
            assert_matches_torch(
                lambda lib, x, d=setting: most(lib, x, d), a, dtype="float64", order=2
            )
    for setting in (True, False):
        assert_matches_torch(lambda lib, x, c=setting: mean(lib, x, c), x, dtype="float64", order=2)


@pytest.mark.live
def test_pools_of_sequences_match_torch(torch):
    for size, stride, padding, ceil in ((2, None, 0, False), (3, 1, 1, False), (3, 2, 1, True)):
        how = (size, stride, padding)

        def most(lib, x, how=how, ceil=ceil):
            return lib.nn.functional.max_pool1d(x, *how, 1, ceil)

        def mean(lib, x, how=how, ceil=ceil):
            return lib.nn.functional.avg_pool1d(x, *how, ceil, False)

        for x in (draw(2, 3, 8), draw(3, 8)):
            assert_matches_torch(most, x, dtype="float64", order=2)
            assert_matches_torch(mean, x, dtype="float64", order=2)


@pytest.mark.live
def test_unfold_and_fold_match_torch(torch):
    for how in ((2, 1, 0, 1), ((2, 3), 1, (1, 2), 2), (2, (1, 2), 1, (2, 1))):
        x = draw(2, 3, 6, 7)
        assert_matches_torch(
            lambda lib, x, how=how: lib.nn.functional.unfold(x, *how), x, dtype="float64", order=2
        )
        columns = F.unfold(minigrad.from_numpy(x), *how).numpy()
        assert_matches_torch(
            lambda lib, x, how=how: lib.nn.functional.fold(x, (6, 7), *how),
            columns, dtype="float64", order=2,
        )  # fmt: skip


def test_infinite_gradients_stay_where_they_belong():
    x = minigrad.tensor([[[[1.0, 2.0], [3.0, 4.0]]]], requires_grad=True)
    F.max_pool2d(x, 2).backward(minigrad.tensor([[[[math.inf]]]]))
    assert x.grad.tolist() == [[[[0.0, 0.0], [0.0, math.inf]]]]


def test_a_nan_is_the_largest_of_its_window_and_gets_the_gradient():
    x = minigrad.tensor([[[1.0, math.nan, 3.0, 2.0]]], requires_grad=True)
    y, at = F.max_pool1d(x, 2, return_indices=True)
    assert math.isnan(y[0, 0, 0].item()) and y[0, 0, 1] == 3 and at.tolist() == [[[1, 2]]]
    y.sum().backward()
    assert x.grad.tolist() == [[[0.0, 1.0, 1.0, 0.0]]]


def test_windows_of_minus_infinity_find_a_place_in_the_image():
    x = minigrad.full((1, 1, 2, 2), -math.inf, requires_grad=True)
    y, at = F.max_pool2d(x, 2, padding=1, return_indices=True)
    assert y.isinf().all() and at.tolist() == [[[[0, 1], [2, 3]]]]
    y.sum().backward()
    assert x.grad.tolist() == [[[[1.0, 1.0], [1.0, 1.0]]]]


# -- batch norm ------------------------------------------------------------------------------------
def test_the_variance_is_exact_far_from_zero():
    """E[x^2] - m^2 would have no digit left."""
    x = (1e4 + draw(500, 2)).astype(np.float32)
    mean, var = minigrad.zeros(2), minigrad.zeros(2)
    y = F.batch_norm(minigrad.from_numpy(x), mean, var, training=True, momentum=1.0).numpy()
    exact = x.astype(np.float64)
    np.testing.assert_allclose(var.numpy(), exact.var(0, ddof=1), rtol=1e-4)
    expected = (exact - exact.mean(0)) / np.sqrt(exact.var(0) + 1e-5)
    np.testing.assert_allclose(y, expected, atol=2e-3)


@pytest.mark.live
@pytest.mark.parametrize("shape", [(6, 3), (4, 3, 5), (4, 3, 2, 3), (2, 3, 2, 2, 2)])
@pytest.mark.parametrize(("weighted", "shifted"), [*product((False, True), repeat=2)])
@pytest.mark.parametrize("training", [False, True])
def test_batch_norm_matches_torch(torch, shape, weighted, shifted, training):
    def fn(lib, x, w, b):
        mean, var = lib.zeros(3, dtype=x.dtype), lib.ones(3, dtype=x.dtype) * 2
        y = lib.nn.functional.batch_norm(
            x, mean, var, w if weighted else None, b if shifted else None, training, 0.3, 1e-3
        )
        unused = (0 if weighted else w.sum()) + (0 if shifted else b.sum())
        return y + unused, mean, var

    x, w, b = draw(*shape), draw(3), draw(3, seed=1)
    order = 2 if weighted else 1  # torch's second order needs a weight
    assert_matches_torch(fn, x, w, b, dtype="float64", order=order, rtol=1e-8, atol=1e-8)
    assert_matches_torch(fn, x, w, b, dtype="float32", rtol=1e-4, atol=1e-4)


def test_batch_norm_of_half_precision_adds_up_in_single():
    x = (300 + 5 * draw(2000, 2)).astype(np.float16)
    y = F.batch_norm(minigrad.from_numpy(x), None, None, training=True)
    assert y.dtype == minigrad.float16
    assert np.isfinite(y.numpy()).all() and abs(float(y.numpy().astype(float).mean())) < 1e-2


def test_batch_norm_in_blocks_of_any_size(monkeypatch):
    x, w, b = draw(7, 3, 4, 4), draw(3), draw(3)
    found = []
    for block in (1, 2000, 1 << 20):
        monkeypatch.setattr(dc, "BLOCK", block)
        xs = tensors(x, w, b)
        y = F.batch_norm(xs[0], None, None, *xs[1:], training=True)
        found.append([y, *minigrad.autograd.grad((y**3).sum(), xs)])
    for other in found[1:]:
        for a, b in zip(found[0], other, strict=True):
            np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-9)


# -- sigmoid ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_sigmoid_is_right_to_a_few_units_in_the_last_place(dtype):
    ends = {np.float16: 20, np.float32: 110, np.float64: 760}[dtype]
    x = np.linspace(-ends, ends, 20001).astype(dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = minigrad.sigmoid(minigrad.from_numpy(x)).numpy()
    wide = x.astype(np.longdouble)
    exact = 1 / (1 + np.exp(-wide))
    unit = np.spacing(exact.astype(dtype)).astype(np.longdouble)
    assert y.dtype == dtype and np.max(np.abs(y - exact) / unit) < 4
    assert y[0] < np.finfo(dtype).tiny or dtype == np.float16


def test_sigmoid_of_the_ends_of_the_line():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        y = minigrad.sigmoid(minigrad.tensor([-math.inf, -1e30, 0.0, 1e30, math.inf, math.nan]))
    assert y[:5].tolist() == [0.0, 0.0, 0.5, 1.0, 1.0] and y[5].isnan()
    assert minigrad.sigmoid(minigrad.tensor(0.0)).item() == 0.5


# -- layers and refusals ---------------------------------------------------------------------------
def test_an_output_size_can_be_asked_for():
    layer = minigrad.nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1)
    x = minigrad.zeros(1, 3, 4, 4)
    assert layer(x).shape == (1, 2, 7, 7)
    assert layer(x, output_size=(8, 7)).shape == layer(x, (1, 2, 8, 7)).shape == (1, 2, 8, 7)
    with pytest.raises(ValueError, match="valid sizes range from"):
        layer(x, output_size=(9, 7))


IMAGE, LINE = minigrad.ones(1, 3, 5, 5), minigrad.ones(1, 3, 5)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: F.conv1d(IMAGE, minigrad.ones(4, 3, 3)), RuntimeError, "Expected 2D .* or 3D"),
        (lambda: F.conv1d(LINE, minigrad.ones(4, 3, 6)), RuntimeError, "Kernel size can't be"),
        (lambda: F.conv1d(LINE, minigrad.ones(4, 3, 3, 3)), RuntimeError, "4 dim|5 dim|3 dim"),
        (
            lambda: F.conv1d(LINE, minigrad.ones(4, 3, 3), stride=(1, 2)),
            TypeError,
            "stride must be",
        ),
        (
            lambda: F.conv_transpose2d(IMAGE, minigrad.ones(4, 3, 3, 3)),
            RuntimeError,
            "to have 4 channels, but got 3",
        ),
        (
            lambda: F.conv_transpose2d(IMAGE, minigrad.ones(3, 2, 3, 3), minigrad.ones(3)),
            RuntimeError,
            "expected bias to be 1-dimensional with 2 elements",
        ),
        (
            lambda: F.conv_transpose2d(IMAGE, minigrad.ones(3, 2, 3, 3), output_padding=1),
            RuntimeError,
            "output padding must be smaller than either stride or dilation",
        ),
        (
            lambda: F.conv_transpose2d(IMAGE, minigrad.ones(3, 2, 3, 3), padding=4),
            RuntimeError,
            "Output size is too small",
        ),
        (lambda: F.max_pool1d(LINE, 6), RuntimeError, "Output size is too small"),
        (lambda: F.max_pool1d(IMAGE, 2, 0), RuntimeError, "stride should not be zero|non-empty"),
        (lambda: F.max_pool2d(IMAGE.bool(), 2), NotImplementedError, "Bool"),
        (lambda: F.unfold(IMAGE, 6), RuntimeError, "must be at least one"),
        (lambda: F.fold(minigrad.ones(1, 5, 4), 3, 2), RuntimeError, "expected input"),
        (
            lambda: minigrad.nn.ConvTranspose1d(2, 2, 3, padding_mode="reflect"),
            ValueError,
            'Only "zeros" padding mode',
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
