"""The lecture's helpers: the book's names, numbers and behaviour, in and out of a notebook."""

from __future__ import annotations

import inspect
import subprocess
import sys
import types

import matplotlib
import numpy as np
import pytest

import minigrad
from fashion import d2l, datasets, sources
from minigrad import nn, optim

matplotlib.use("Agg")

NAMES = """Timer Accumulator Animator plt use_svg_display set_figsize set_axes plot show_images
get_fashion_mnist_labels get_dataloader_workers load_data_fashion_mnist load_array synthetic_data
linreg squared_loss sgd accuracy evaluate_accuracy evaluate_loss train_epoch_ch3 train_ch3
predict_ch3 argmax reshape astype numpy size reduce_sum reduce_mean to transpose ones zeros tensor
arange meshgrid sin sinh cos cosh tanh linspace exp log normal rand randn matmul int32 float32
concat stack abs eye""".split()

SIGNATURES = {
    d2l.Animator: "xlabel ylabel legend xlim ylim xscale yscale fmts nrows ncols figsize",
    d2l.plot: "X Y xlabel ylabel legend xlim ylim xscale yscale fmts figsize axes",
    d2l.set_axes: "axes xlabel ylabel xlim ylim xscale yscale legend",
    d2l.show_images: "imgs num_rows num_cols titles scale",
    d2l.load_data_fashion_mnist: "batch_size resize",
    d2l.load_array: "data_arrays batch_size is_train",
    d2l.synthetic_data: "w b num_examples",
    d2l.sgd: "params lr batch_size",
    d2l.accuracy: "y_hat y",
    d2l.evaluate_accuracy: "net data_iter",
    d2l.evaluate_loss: "net data_iter loss",
    d2l.train_epoch_ch3: "net train_iter loss updater",
    d2l.train_ch3: "net train_iter test_iter loss num_epochs updater",
    d2l.predict_ch3: "net test_iter n",
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder for what would go to the system's temporary one; no figure is left open."""
    monkeypatch.setattr(d2l.Animator, "folder", tmp_path)
    yield tmp_path
    d2l.plt.close("all")


@pytest.mark.parametrize("name", NAMES)
def test_the_books_names_are_there(name):
    assert hasattr(d2l, name)


@pytest.mark.parametrize("fn", SIGNATURES, ids=lambda fn: fn.__name__)
def test_the_books_arguments_are_there_in_their_order(fn):
    assert list(inspect.signature(fn).parameters) == SIGNATURES[fn].split()


def test_matplotlib_is_loaded_when_plt_is_named():
    code = (
        "import sys; from fashion import d2l\n"
        "assert 'matplotlib' not in sys.modules\n"
        "assert d2l.plt.__name__ == 'matplotlib.pyplot'"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


# -- numbers that the lecture prints --------------------------------------------------------------
def test_accuracy_of_the_lectures_two_examples():
    y_hat = minigrad.tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]])
    y = minigrad.tensor([0, 2])
    assert d2l.accuracy(y_hat, y) / len(y) == 0.5
    assert d2l.accuracy(minigrad.tensor([0, 1]), y) == 1.0


def test_squared_loss_keeps_the_shape_of_the_predictions():
    y_hat = minigrad.tensor([[1.0], [2.0], [4.0]])
    loss = d2l.squared_loss(y_hat, minigrad.tensor([1.0, 1.0, 1.0]))
    assert loss.shape == (3, 1)
    assert loss.tolist() == [[0.0], [0.5], [4.5]]


def test_sgd_divides_by_the_batch_and_zeroes_the_gradient():
    w = minigrad.tensor([1.0, 2.0], requires_grad=True)
    w.grad = minigrad.tensor([10.0, 20.0])
    d2l.sgd([w], lr=0.5, batch_size=10)
    assert w.tolist() == [0.5, 1.0]
    assert w.grad.tolist() == [0.0, 0.0] and w.requires_grad and w.is_leaf


def test_linear_regression_finds_the_books_weights():
    minigrad.manual_seed(0)
    true_w = minigrad.tensor([2, -3.4])
    features, labels = d2l.synthetic_data(true_w, 4.2, 1000)
    noise = labels.reshape(-1) - minigrad.matmul(features, true_w) - 4.2
    assert 0.005 < noise.std().item() < 0.02
    w = minigrad.normal(0, 0.01, size=(2, 1), requires_grad=True)
    b = minigrad.zeros(1, requires_grad=True)
    for _ in range(3):
        for X, y in d2l.load_array((features, labels), 10):
            d2l.squared_loss(d2l.linreg(X, w, b), y).sum().backward()
            d2l.sgd([w, b], 0.03, 10)
    np.testing.assert_allclose(w.detach().numpy()[:, 0], [2, -3.4], atol=0.01)
    assert b.item() == pytest.approx(4.2, abs=0.01)
    loss = d2l.evaluate_loss(
        lambda X: d2l.linreg(X, w, b), d2l.load_array((features, labels), 64, False),
        d2l.squared_loss,
    )  # fmt: skip
    assert loss < 1e-4


def test_load_array_keeps_the_order_except_for_training():
    array = minigrad.arange(100)
    (first,) = next(iter(d2l.load_array((array,), 100, is_train=False)))
    assert first.tolist() == list(range(100))
    (first,) = next(iter(d2l.load_array((array,), 100)))
    assert first.tolist() != list(range(100)) and sorted(first.tolist()) == list(range(100))


def test_the_timer_keeps_its_times():
    timer = d2l.Timer()
    first = timer.stop()
    timer.start()
    second = timer.stop()
    assert timer.times == [first, second] and first >= 0
    assert timer.sum() == first + second and timer.avg() == (first + second) / 2
    assert timer.cumsum() == [first, first + second]


def test_the_accumulator_adds_and_resets():
    metric = d2l.Accumulator(3)
    for _ in range(2):
        metric.add(minigrad.tensor(1.5), 2, np.float32(3))
    assert [metric[i] for i in range(3)] == [3.0, 4.0, 6.0]
    metric.reset()
    assert metric.data == [0.0, 0.0, 0.0]


# -- training -------------------------------------------------------------------------------------
def clusters(n=400):
    """Ten clusters that a linear model tells apart at once."""
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 10, n)
    images = rng.normal(0, 0.1, (n, 1, 4, 4)).astype(np.float32)
    images.reshape(n, 16)[np.arange(n), labels] += 3
    return minigrad.from_numpy(images), minigrad.from_numpy(labels)


def concise():
    net = nn.Sequential(nn.Flatten(), nn.Linear(16, 10))
    return net, nn.CrossEntropyLoss(reduction="none"), optim.SGD(net.parameters(), lr=0.5)


def test_train_ch3_prints_each_epoch_and_leaves_a_picture(capsys, folder):
    loader = d2l.load_array(clusters(), 20)
    net, loss, trainer = concise()
    d2l.train_ch3(net, loader, loader, loss, 3, trainer)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == ["epoch 1", "epoch 2", "epoch 3", "curves"]
    assert "train loss 0." in lines[0] and "test acc" in lines[0]
    picture = lines[3].partition(": ")[2]
    assert "<svg" in (folder / picture).read_text()
    assert [path.name for path in folder.iterdir()] == [picture.replace("\\", "/").split("/")[-1]]


def test_scratch_and_concise_take_the_same_steps():
    X, y = clusters()
    net, loss, trainer = concise()
    W = net[1].weight.detach().T.clone().requires_grad_()
    b = net[1].bias.detach().clone().requires_grad_()

    def scratch(X):
        exp = minigrad.exp(minigrad.matmul(X.reshape((-1, 16)), W) + b)
        return exp / exp.sum(1, keepdim=True)

    def cross_entropy(y_hat, y):
        return -minigrad.log(y_hat[range(len(y_hat)), y])

    for _ in range(2):
        ours = d2l.train_epoch_ch3(
            scratch, d2l.load_array((X, y), 30, False), cross_entropy,
            lambda batch_size: d2l.sgd([W, b], 0.5, batch_size),
        )  # fmt: skip
        theirs = d2l.train_epoch_ch3(net, d2l.load_array((X, y), 30, False), loss, trainer)
        assert ours == pytest.approx(theirs, abs=1e-5)
    np.testing.assert_allclose(W.detach().numpy().T, net[1].weight.detach().numpy(), atol=1e-5)


def test_a_training_that_fails_says_so():
    loader = d2l.load_array(clusters(), 20)
    net, loss, _ = concise()
    with pytest.raises(AssertionError, match="train loss"):
        d2l.train_ch3(net, loader, loader, loss, 1, optim.SGD(net.parameters(), lr=0.0))


def test_models_are_put_into_the_right_mode():
    modes = []

    class Noting(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(16, 10)

        def forward(self, X):
            modes.append((self.training, minigrad.is_grad_enabled()))
            return self.linear(X.reshape(-1, 16))

    net = Noting()
    loader = d2l.load_array(clusters(), 400)
    d2l.evaluate_accuracy(net, loader)
    d2l.train_epoch_ch3(
        net, loader, nn.CrossEntropyLoss(reduction="none"), optim.SGD(net.parameters(), lr=0.1)
    )
    assert modes == [(False, False), (True, True)]


def test_predict_ch3_shows_true_names_above_predicted_ones(capsys, folder, monkeypatch):
    titles = []
    monkeypatch.setattr(
        d2l.lecture, "show_images", lambda *args, titles, **kw: titles_of(titles) or blank()
    )

    def titles_of(found):
        titles.extend(found)

    def blank():
        return [d2l.plt.figure().subplots()]

    X = minigrad.zeros(3, 1, 28, 28)
    loader = d2l.load_array((X, minigrad.tensor([0, 9, 4])), 3, is_train=False)
    d2l.predict_ch3(lambda X: minigrad.eye(10)[:3], loader, n=2)
    assert titles == ["t-shirt\nt-shirt", "ankle boot\ntrouser"]
    (picture,) = folder.iterdir()
    assert capsys.readouterr().out == f"predictions: {picture}\n"


# -- pictures -------------------------------------------------------------------------------------
def test_show_images_takes_tensors_and_arrays_and_returns_the_axes():
    axes = d2l.show_images(minigrad.rand(6, 28, 28), 2, 3, titles=list("abcdef"))
    assert axes.shape == (6,) and axes[4].get_title() == "e"
    d2l.show_images([np.zeros((28, 28)), minigrad.zeros(1, 28, 28)], 1, 2)


@pytest.mark.parametrize(
    ("X", "Y", "lines"),
    [
        (minigrad.arange(3.0), minigrad.arange(3.0), [([0, 1, 2], [0, 1, 2])]),
        (minigrad.arange(2.0), None, [([0, 1], [0, 1])]),
        ([0, 1], [[1, 2], [3, 4]], [([0, 1], [1, 2]), ([0, 1], [3, 4])]),
        ([[0, 1], [5, 6]], [[1, 2], [3, 4]], [([0, 1], [1, 2]), ([5, 6], [3, 4])]),
        ([1.5, 2.5], None, [([0, 1], [1.5, 2.5])]),
    ],
)
def test_plot_understands_one_line_and_several(X, Y, lines):
    axes = d2l.plt.figure().subplots()
    d2l.plot(X, Y, "x", "y", axes=axes)
    found = [(list(line.get_xdata()), list(line.get_ydata())) for line in axes.lines]
    assert found == lines and axes.get_xlabel() == "x"


def test_plot_takes_tensors_that_require_grad():
    x = minigrad.arange(0.0, 1.0, 0.25).requires_grad_()
    d2l.plot(x, [x * 2, minigrad.ones(4)], legend=["a", "b"], figsize=(3, 2))
    assert len(d2l.plt.gca().lines) == 2


def test_the_animator_leaves_out_points_that_are_none(capsys, folder):
    animator = d2l.Animator(xlabel="epoch", xlim=[0, 2], legend=["loss", "acc"])
    animator.add(0.5, (1.0, None))
    animator.add(2, (None, minigrad.tensor(0.25)))
    assert animator.X == [[0.5], [2.0]] and animator.Y == [[1.0], [0.25]]
    out = capsys.readouterr().out.splitlines()
    assert out[:2] == ["epoch 0.5: loss 1.000", "epoch 2: acc 0.250"]
    assert len(list(folder.iterdir())) == 1
    animator.add(2, (0.5, None))
    assert len(list(folder.iterdir())) == 1 and len(capsys.readouterr().out.splitlines()) == 1


def test_the_animator_saves_where_it_is_told(tmp_path):
    animator = d2l.Animator()
    animator.add(1, 0.5)
    assert animator.save(tmp_path / "own.png") == str(tmp_path / "own.png")
    assert (tmp_path / "own.png").read_bytes()[:4] == b"\x89PNG"


def test_in_a_notebook_the_animator_draws_and_prints_nothing(monkeypatch, capsys, folder):
    shown = []
    display = types.SimpleNamespace(
        display=lambda figure: shown.append(len(figure.axes[0].lines)),
        clear_output=lambda wait: shown.append(wait),
    )
    shell = types.SimpleNamespace(  # matplotlib, too, talks to it when it is first imported
        kernel=object(),
        events=types.SimpleNamespace(register=lambda event, callback: None),
        enable_gui=lambda gui: None,
        configurables=[],
    )
    notebook = types.SimpleNamespace(
        get_ipython=lambda: shell, display=display, version_info=(9, 0, 0)
    )
    inline = types.SimpleNamespace(
        backend_inline=types.SimpleNamespace(set_matplotlib_formats=shown.append)
    )
    monkeypatch.setitem(sys.modules, "IPython", notebook)
    monkeypatch.setitem(sys.modules, "matplotlib_inline", inline)
    animator = d2l.Animator(xlim=[1, 1], legend=["a", "b"])
    animator.add(1, (0.5, 0.6))
    assert shown == ["svg", 2, True]
    assert capsys.readouterr().out == "" and not list(folder.iterdir())


# -- data -----------------------------------------------------------------------------------------
def test_the_lectures_names_of_the_classes():
    assert d2l.get_fashion_mnist_labels(minigrad.arange(10)) == list(d2l.TEXT_LABELS)
    pairs = zip(d2l.TEXT_LABELS, sources.CLASSES, strict=True)
    assert all(own in upstream.lower() for own, upstream in pairs)


def test_the_loaders_shuffle_the_training_set_only(monkeypatch):
    class Sample(datasets.FashionMNIST):
        def __init__(self, root, train, transform, download):
            assert root == "../data" and download
            self.data, labels = datasets.load_sample(train)
            self.targets = labels.astype(np.int64)
            self.transform, self.target_transform = transform, None

    monkeypatch.setattr(datasets, "FashionMNIST", Sample)
    train_iter, test_iter = d2l.load_data_fashion_mnist(32, resize=64)
    X, y = next(iter(train_iter))
    assert (X.shape, X.dtype) == ((32, 1, 64, 64), minigrad.float32)
    assert (y.shape, y.dtype) == ((32,), minigrad.int64)
    assert y.tolist() != datasets.load_sample(True)[1][:32].tolist()
    X, y = next(iter(test_iter))
    assert y.tolist() == datasets.load_sample(False)[1][:32].tolist()
    assert len(train_iter) == 63
    X, y = next(iter(d2l.load_data_fashion_mnist(8)[1]))
    assert X.shape == (8, 1, 28, 28)


def test_accuracy_of_predictions_that_do_not_fit_the_labels_is_torchs_error():
    with pytest.raises(RuntimeError, match=r"size of tensor a \(2\) must match .* b \(3\)"):
        d2l.accuracy(minigrad.ones(2, 4), minigrad.tensor([0, 1, 2]))
