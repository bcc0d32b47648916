"""minigrad-train: every model is torch's, can be stopped, compiled, shared and drawn."""

from __future__ import annotations

import importlib
import json
import re
import shlex
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad
from fashion import plot
from fashion.training import __main__ as program
from fashion.training import augment, command, models, report
from fashion.training import run as training
from minigrad import nn

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
RECORDED = json.loads(report.RECORDED.read_text(encoding="utf-8"))
NAMES = list(models.MODELS)
FEW, BATCH = 120, 50  # images and batch: the last one of an epoch has 20
Train = Any


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> command.Data:
    """A little of the sample in place of any data."""
    sample = command.load("sample", None)
    cut = command.Data(
        "sample",
        *(command.with_tensors(part.data[:FEW], part.targets[:FEW]) for part in sample[1:]),
    )
    monkeypatch.setattr(command, "load", lambda choice, root: cut)
    return cut


@pytest.fixture
def train(
    few: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Train:
    """`train(*options, out=NAME)` gives (status, output, errors); no pictures."""
    monkeypatch.setattr(report, "draw_results", lambda *_: None)

    def run(*options: Any, out: str = "run") -> tuple[int, str, str]:
        capsys.readouterr()
        words = ["--batch-size", BATCH, "--epochs", 2, "--out", tmp_path / out, *options]
        return program.main([str(word) for word in words]), *capsys.readouterr()

    return run


def left(folder: Path) -> tuple[dict[str, bytes], list[float]]:
    """What a run has left: its weights, its losses."""
    weights = {k: v.numpy().tobytes() for k, v in minigrad.load(folder / "model.npz").items()}
    epochs = json.loads((folder / "history.json").read_text())["epochs"]
    return weights, [epoch["train_loss"] for epoch in epochs]


def losses(name: str, epochs: int) -> list[float]:
    """The losses of a model on the sample, with the settings of the recording."""
    sample = command.load("sample", None)
    config = RECORDED["config"] | {"lr": models.MODELS[name].lr}
    run = training.Run(config, name, len(sample.train), 1)
    for _ in range(epochs):
        for X, y in run.batches(sample.train):
            run.step(X, y)
        run.seconds = 1.0
        run.end_epoch(command.with_tensors(sample.test.data[:10], sample.test.targets[:10]))
    return [entry["train_loss"] for entry in run.history]


# -- parity ----------------------------------------------------------------------------------------
SAME = [name for name in NAMES if "dropout" not in name]


@pytest.mark.parametrize("name", [name for name in SAME if name != "lenet"])
def test_the_first_losses_are_torchs(name: str) -> None:
    epochs = 1 if "lenet" in name else 3
    assert losses(name, epochs) == pytest.approx(RECORDED["sample"][name][:epochs], abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("name", SAME)
def test_all_losses_are_torchs(name: str) -> None:
    epochs = 3 if name == "batchnorm-lenet" else 10  # there a last digit grows a hundredfold in ten
    assert losses(name, epochs) == pytest.approx(RECORDED["sample"][name][:epochs], abs=1e-4)


def test_with_dropout_the_losses_are_torchs_but_for_the_masks() -> None:
    """Each library has random numbers of its own, so only the course is the same."""
    found = losses("dropout-mlp", 2)
    assert found == pytest.approx(RECORDED["sample"]["dropout-mlp"][:2], abs=0.02)


# -- stopped, compiled, shared ---------------------------------------------------------------------
SETTINGS: dict[str, list[str]] = {
    "softmax-scratch": ["--augment", "crop"],
    "softmax": ["--optimizer", "momentum", "--lr-schedule", "cosine"],
    "mlp": ["--optimizer", "adam", "--lr-schedule", "warmup", "--augment", "flip-crop"],
    "dropout-mlp": ["--optimizer", "rmsprop", "--lr-schedule", "one-cycle"],
    "lenet": ["--optimizer", "adagrad", "--weight-decay", "0.001"],
    "batchnorm-lenet": ["--optimizer", "nesterov", "--lr-schedule", "step", "--augment", "flip"],
}


@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.slow) if n == "lenet" else n for n in NAMES]
)
def test_ctrl_c_resuming_and_compiling_change_no_bit(
    name: str, train: Train, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = ["--model", name, *SETTINGS[name]]
    assert train(*options, out="whole")[0] == 0
    original, done = training.Run.step, []

    def step(self: Any, X: Any, y: Any) -> None:
        original(self, X, y)
        done.append(1)
        if len(done) == 4:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(training.Run, "step", step)
        status, _, errors = train(*options, "--compile")
    assert status == 130
    line = shlex.split(errors.partition("To go on: ")[2])
    assert line[1:3] == ["-m", "fashion.training"] and set(SETTINGS[name]) <= set(line)
    minigrad.manual_seed(1)  # nothing hangs on it
    status, out, _ = train(*options, "--resume")
    assert status == 0 and "1 epochs done, and 50 images of the next" in out
    assert left(tmp_path / "run") == left(tmp_path / "whole")


def test_the_seed_decides_dropout_too(train: Train, tmp_path: Path) -> None:
    for out, seed in {"a": 0, "b": 0, "c": 1}.items():
        minigrad.manual_seed(ord(out))  # nothing hangs on it
        train("--model", "dropout-mlp", "--seed", seed, out=out)
    a, b, c = (left(tmp_path / name) for name in "abc")
    assert a == b and a != c


def test_a_run_with_a_schedule_keeps_its_number_of_epochs(train: Train) -> None:
    train("--lr-schedule", "cosine")
    status, _, errors = train("--lr-schedule", "cosine", "--epochs", "3", "--resume")
    assert status == 2 and "of a run with epochs 2, asked for is epochs 3" in errors
    status, _, errors = train("--resume", "--optimizer", "adam")
    assert status == 2 and "optimizer" in errors


# -- rates -----------------------------------------------------------------------------------------
def test_the_rate_of_each_optimizer_is_its_own_unless_it_is_given(
    train: Train, tmp_path: Path
) -> None:
    for number, (words, lr) in enumerate(
        {
            ("--model", "mlp"): 0.1,
            ("--model", "mlp", "--optimizer", "momentum"): 0.01,
            ("--model", "dropout-mlp"): 0.5,
            ("--optimizer", "adam"): 0.001,
            ("--optimizer", "adam", "--lr", "0.02"): 0.02,
        }.items()
    ):
        assert train(*words, "--epochs", 1, out=str(number))[0] == 0
        config = json.loads((tmp_path / str(number) / "history.json").read_text())["config"]
        assert config["lr"] == pytest.approx(lr), words


def rates(schedule: str, steps: int = 30) -> list[float]:
    made = models.make("softmax", {"lr": 1.0, "lr_schedule": schedule}, steps, minigrad.Generator())
    found = []
    for _ in range(steps):
        found.append(made.lr)
        made.trainer.step()
        if made.schedule is not None:
            made.schedule.step()
    return found


def test_each_schedule_has_the_course_of_its_name() -> None:
    n, half = np.arange(30), np.arange(27)
    expected = {
        "constant": np.ones(30),
        "step": 0.1 ** (n // 10),
        "exponential": 0.01 ** (n / 30),
        "cosine": (1 + np.cos(np.pi * n / 30)) / 2,
        "warmup": np.r_[0.01 + 0.99 * np.arange(3) / 3, (1 + np.cos(np.pi * half / 27)) / 2],
    }
    for name, values in expected.items():
        np.testing.assert_allclose(rates(name), values, atol=1e-6, err_msg=name)
    cycle = rates("one-cycle")
    assert cycle[0] == pytest.approx(0.04) and max(cycle) > 0.95 and cycle[-1] < 0.01
    assert set(models.LR_SCHEDULES) == {*expected, "one-cycle"}
    assert rates("warmup", 1) and rates("one-cycle", 1) and rates("step", 1)


# -- augmented images ------------------------------------------------------------------------------
def test_an_image_is_mirrored_or_moved_and_nothing_else() -> None:
    rng = np.random.default_rng(0)
    images = rng.random((200, 1, 28, 28)).astype(np.float32)
    draws = rng.random((200, 3))
    mirrored = augment.augmented("flip", images, draws)
    same = (mirrored == images).all(axis=(1, 2, 3))
    assert 60 < same.sum() < 140 and mirrored.dtype == np.float32
    np.testing.assert_array_equal(mirrored[~same], images[~same][..., ::-1])
    moved = augment.augmented("crop", images, draws)
    wide = np.pad(images, ((0, 0), (0, 0), (2, 2), (2, 2)))
    ways = set()
    for i in range(len(images)):
        there = [
            (a, b)
            for a in range(5)
            for b in range(5)
            if np.array_equal(moved[i], wide[i, :, a : a + 28, b : b + 28])
        ]
        assert len(there) == 1
        ways.update(there)
    assert len(ways) == 25
    both = augment.augmented("flip-crop", images, draws)
    np.testing.assert_array_equal(both, augment.crop(augment.flip(images, draws), draws))


def test_training_images_change_and_test_images_do_not(train: Train, tmp_path: Path) -> None:
    train("--augment", "crop", out="crop")
    train(out="none")
    assert left(tmp_path / "crop") != left(tmp_path / "none")


# -- pictures --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("words", "title", "titles"),
    [
        (
            ["--model", "batchnorm-lenet", "--lr-schedule", "cosine"],
            "LeNet on Fashion-MNIST",
            ["The learning rate", "The gradient"],
        ),
        pytest.param(
            ["--model", "mlp"], "MLP on Fashion-MNIST", ["The gradient"], marks=pytest.mark.slow
        ),
    ],
)
def test_the_report_shows_what_there_is(
    words: list[str], title: str, titles: list[str], few: Any, tmp_path: Path
) -> None:
    assert program.main([*words, "--epochs", "1", "--out", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert f"<h1>{title}</h1>" in page
    assert re.findall(r"<h2>(.*?)</h2>", page) == [
        "How it went", *titles, "What it has learned", "What it takes for what",
        "The worst mistakes", "The first test images", "Every epoch",
    ]  # fmt: skip
    assert "first layer" in page


def test_the_curves_show_torchs_losses_where_the_settings_are_the_recorded_ones() -> None:
    config = RECORDED["config"] | {"lr": 0.1, "data": "sample", "model": "mlp", "seed": 3}
    run = training.Run(config, "mlp", 2000, 80)
    assert report.torch_losses(run, "mlp") == RECORDED["sample"]["mlp"]
    scripts = {k: config[k] for k in ("model", "batch_size", "lr", "seed", "data")}
    assert report.torch_losses(training.Run(scripts, "softmax", 2000, 80), "softmax")
    for change in ({"lr": 0.2}, {"optimizer": "adam"}, {"batch_size": 100}, {"augment": "flip"}):
        other = training.Run(config | change, "mlp", 2000, 80)
        assert report.torch_losses(other, "mlp") is None
    run.history = [{"epoch": 1, "train_loss": 2.0, "train_accuracy": 0.5, "test_accuracy": 0.5}]
    lines = plot.curves(run.history, torch=RECORDED["sample"]["mlp"]).axes[0].lines
    assert lines[-1].get_label() == "train loss in torch"
    assert lines[-1].get_ydata().tolist() == RECORDED["sample"]["mlp"][:1]


# -- messages --------------------------------------------------------------------------------------
def test_what_does_not_go_together_is_one_line(train: Train, tmp_path: Path) -> None:
    for words, expected in (
        (["--optimizer", "adam"], "--optimizer adam: the step of --model softmax-scratch"),
        (["--lr-schedule", "cosine"], "--lr-schedule cosine: the step of"),
        (["--weight-decay", "0.1"], "--weight-decay 0.1: the step of"),
    ):
        status, out, errors = train("--model", "softmax-scratch", *words)
        assert (status, out) == (2, "") and errors.count("\n") == 1
        assert errors.startswith("minigrad-train: ") and expected in errors
    assert not (tmp_path / "run").exists()


def test_batch_norm_needs_two_images_but_for_a_last_batch(train: Train) -> None:
    status, _, errors = train("--model", "batchnorm-lenet", "--batch-size", 1)
    assert status == 2 and "--batch-size 1: --model batchnorm-lenet takes means" in errors
    status, _, errors = train("--model", "batchnorm-lenet", "--batch-size", FEW - 1)
    assert (status, errors) == (0, "")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--model", "deep"], "'deep'"),
        (["--optimizer", "x"], "'x'"),
        (["--lr-schedule", "x"], "'x'"),
        (["--augment", "x"], "'x'"),
        (["--weight-decay", "-1"], "--weight-decay"),
    ],
)
def test_bad_options_are_one_line(
    words: list[str], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        program.main(words)
    out, errors = capsys.readouterr()
    assert caught.value.code == 2 and not out
    assert errors.startswith("minigrad-train: ") and errors.count("\n") == 1 and expected in errors


def test_help_names_every_choice(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        program.main(["--help"])
    assert caught.value.code == 0
    said = re.sub(r"\s+", "", capsys.readouterr().out)
    for names in (models.MODELS, models.OPTIMIZERS, models.LR_SCHEDULES, augment.AUGMENTS):
        assert ",".join(names) in said


# -- predict.py ------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", NAMES)
def test_predict_knows_every_model(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = models.make(name, {"lr": 0.1}, 1, minigrad.Generator())
    minigrad.save(made.weights(), tmp_path / "model.npz")
    monkeypatch.syspath_prepend(str(SCRIPTS))
    net = importlib.import_module("predict").load_model(tmp_path / "model.npz")
    assert isinstance(net, nn.Module) and not net.training
    X = minigrad.rand(2, 1, 28, 28)
    expected = made.net.eval()(X) if isinstance(made.net, nn.Module) else made.net(X)
    with minigrad.no_grad():
        found = net(X) if name != "softmax-scratch" else nn.functional.softmax(net(X), 1)
        assert (found - expected).abs().max() < 1e-6


# -- documents -------------------------------------------------------------------------------------
def test_the_documents_commands_run_as_shown(few: Any, tmp_path: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(report, "draw_results", lambda *_: None)
    monkeypatch.chdir(tmp_path)
    root = SCRIPTS.parent
    shown = set()
    for page in ("README.md", "README.zh-CN.md", "docs/training.md"):
        text = (root / page).read_text(encoding="utf-8")
        shown.update(re.findall(r"^    minigrad-train (.*)$", text, re.M))
    assert shown
    for words in shown:
        assert program.main([*words.split(), "--epochs", "1"]) == 0, words


def test_the_page_lists_every_choice() -> None:
    page = (SCRIPTS.parent / "docs" / "training.md").read_text(encoding="utf-8")
    for names in (models.MODELS, models.OPTIMIZERS, models.LR_SCHEDULES, augment.AUGMENTS):
        assert [name for name in names if f"`{name}`" not in page] == []
    for name, model in models.MODELS.items():
        assert re.search(rf"^\| `{name}` \|.*\| {model.lr} \|$", page, re.M)


def test_the_pages_example_for_scipy_learns(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("scipy")
    page = (SCRIPTS.parent / "docs" / "training.md").read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", page, re.S)
    assert code
    exec(code[1], {})
    said = re.match(r"(\S+) at the start, (\S+) after \d+ steps", capsys.readouterr().out)
    assert said and float(said[2]) < 0.01 * float(said[1])
