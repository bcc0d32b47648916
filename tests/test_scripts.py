"""The scripts as their users run them: from elsewhere, without torch, stopped and gone on with."""

from __future__ import annotations

import errno
import importlib
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import full_data
import numpy as np
import pytest

import minigrad
from fashion import datasets, download, sources
from fashion.training import command, report
from fashion.training import run as training
from minigrad import _files

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
LOG_LINE = re.compile(
    r"epoch +\d+/\d+  loss \d\.\d{4}  train acc \d\.\d{4}  test acc \d\.\d{4}"
    r" +\d+\.\d\d s +[\d,]+ images/s"
)
RESULTS = {"history.json", "model.npz", "curves.svg", "predictions.svg", "confusion.svg",
           "report.html"}  # fmt: skip
SVG = re.compile(rb"<svg .*</svg>", re.S)
STEPS = 20  # of an epoch on the sample, with batches of 100


@pytest.fixture
def scripts(monkeypatch):
    """The scripts as modules; the mirrors are out of reach, and no copy is found by chance."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    monkeypatch.setenv("FASHION_DATA", "")
    return importlib.import_module


@pytest.fixture
def train(scripts, tmp_path, capsys, monkeypatch):
    """Train on the sample: `train(*options)` gives (status, output, errors); no pictures."""
    module = scripts("train_softmax")
    drawing = report.draw_results
    monkeypatch.setattr(report, "draw_results", lambda *_: None)

    def run(*options, out="run"):
        words = ["--data", "sample", "--batch-size", "100", "--out", str(tmp_path / out), *options]
        capsys.readouterr()
        status = module.main(words)
        return status, *capsys.readouterr()

    run.drawing = drawing
    return run


@pytest.mark.parametrize("model", ["scratch", "concise"])
def test_compiled_training_ends_with_the_same_numbers(train, tmp_path, model):
    for out, options in {"plain": [], "compiled": ["--compile"]}.items():
        assert train("--model", model, "--epochs", "1", *options, out=out)[0] == 0
    models = [np.load(tmp_path / out / "model.npz") for out in ("plain", "compiled")]
    assert models[0].files == models[1].files
    for name in models[0].files:
        assert models[0][name].tobytes() == models[1][name].tobytes()


def environment(tmp_path):
    """Where `import torch` fails, and the full data set is nowhere."""
    blocked = tmp_path / "blocked"
    blocked.mkdir(exist_ok=True)
    (blocked / "torch.py").write_text("raise ImportError('torch is blocked')\n")
    paths = [str(blocked), str(SCRIPTS.parent), os.environ.get("PYTHONPATH", "")]
    return os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, paths)), "FASHION_DATA": "", "MPLBACKEND": "Agg",
    }  # fmt: skip


def start(tmp_path, script, *options, **settings):
    """Run a script in another folder, in a process of its own."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, str(SCRIPTS / script), *map(str, options)], cwd=elsewhere, text=True,
        env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings,
    )  # fmt: skip


def run(tmp_path, script, *options):
    process = start(tmp_path, script, *options)
    out, errors = process.communicate(timeout=120)
    return process.returncode, out, errors


def weights(path):
    return {name: tensor.numpy().tobytes() for name, tensor in minigrad.load(path).items()}


# -- end to end ----------------------------------------------------------------------------------
def test_all_scripts_run_without_torch_from_another_folder(tmp_path):
    status, out, errors = run(tmp_path, "train_softmax.py", "--data", "sample", "--epochs", "2")
    assert (status, errors) == (0, "")
    lines = out.splitlines()
    assert "embedded sample" in lines[0]
    assert len(list(filter(LOG_LINE.fullmatch, lines))) == 2
    folder = tmp_path / "elsewhere" / "runs" / "softmax"
    assert RESULTS <= {path.name for path in folder.iterdir()}
    assert all(str(Path("runs", "softmax", name)) in lines[-2] for name in RESULTS)
    history = json.loads((folder / "history.json").read_text())
    assert [entry["epoch"] for entry in history["epochs"]] == [1, 2]
    assert f"final test accuracy {history['epochs'][1]['test_accuracy']:.4f}" in lines[-1]

    status, out, errors = run(tmp_path, "predict.py", folder / "model.npz", "--data", "sample")
    assert (status, errors) == (0, "")
    for name in ("t-shirt", "ankle boot", "all"):
        assert re.search(rf"^{name} .* 0\.\d{{4}}", out, re.M)
    total = re.search(r"^all +1,000 +(\S+)", out, re.M)
    assert float(total[1]) == history["epochs"][1]["test_accuracy"]

    status, out, errors = run(tmp_path, "show_images.py", "--data", "sample")
    assert (status, errors) == (0, "") and re.search(r"one pass .* \d\.\d\d sec", out)

    status, out, errors = run(tmp_path, "plot_losses.py")
    assert (status, errors) == (0, "")
    pictures = sorted(path.name for path in (tmp_path / "elsewhere").rglob("*.svg"))
    assert pictures == sorted(
        ["confusion.svg", "curves.svg", "predictions.svg", "mistakes.svg", "images.svg",
         "losses.svg"]
    )  # fmt: skip
    for path in (tmp_path / "elsewhere").rglob("*.svg"):
        assert SVG.search(path.read_bytes())


@pytest.mark.parametrize("model", ["scratch", "concise"])
def test_both_models_learn_the_sample(train, tmp_path, model):
    status, out, errors = train("--model", model, "--epochs", "8", "--lr", "0.2")
    assert (status, errors) == (0, "")
    epochs = json.loads((tmp_path / "run" / "history.json").read_text())["epochs"]
    assert epochs[-1]["train_loss"] < 0.7 < epochs[0]["train_loss"]
    assert epochs[-1]["test_accuracy"] > 0.72


def test_the_seed_decides_and_nothing_else_does(train, tmp_path):
    minigrad.manual_seed(1)
    train("--epochs", "1", out="a")
    minigrad.manual_seed(2)
    before = minigrad.default_generator.get_state()
    train("--epochs", "1", out="b")
    assert minigrad.default_generator.get_state() == before
    train("--epochs", "1", "--seed", "1", out="c")
    a, b, c = (weights(tmp_path / name / "model.npz") for name in "abc")
    assert a == b != c
    train("--epochs", "1", "--model", "concise", out="d")
    minigrad.manual_seed(3)
    train("--epochs", "1", "--model", "concise", out="e")
    assert weights(tmp_path / "d" / "model.npz") == weights(tmp_path / "e" / "model.npz")


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("model", ["scratch", "concise"])
def test_ten_epochs_on_the_full_set_reach_the_lectures_numbers(scripts, tmp_path, model):
    module = scripts("train_softmax")
    folder = full_data.folder()
    options = ["--model", model, "--data", "full", "--data-root", str(folder)]
    assert module.main([*options, "--out", str(tmp_path)]) == 0
    last = json.loads((tmp_path / "history.json").read_text())["epochs"][-1]
    assert 0.445 < last["train_loss"] < 0.449
    assert 0.846 < last["train_accuracy"] < 0.850
    assert last["test_accuracy"] > 0.80


def test_scripts_say_what_they_do(scripts, capsys):
    for name in ("train_softmax", "predict", "show_images", "plot_losses"):
        with pytest.raises(SystemExit) as caught:
            scripts(name).main(["--help"])
        out, errors = capsys.readouterr()
        assert caught.value.code == 0 and not errors and "--out" in out


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo terminal")
def test_there_is_a_progress_bar_on_a_terminal(tmp_path):
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 100, 0, 0))
    options = ["--data", "sample", "--epochs", "3"]
    command = [sys.executable, str(SCRIPTS / "train_softmax.py"), *options]
    with subprocess.Popen(
        command, cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=theirs
    ) as process:
        out, _ = process.communicate(timeout=60)
    os.close(theirs)
    bar = os.read(ours, 10**6).decode()
    os.close(ours)
    assert process.returncode == 0 and len(LOG_LINE.findall(out.decode())) == 3
    assert "epoch 1:" in bar and "/8" in bar and "batch/s" in bar


# -- which data ----------------------------------------------------------------------------------
def test_auto_takes_the_sample_loudly_when_there_is_nothing_else(train, scripts, tmp_path):
    module = scripts("train_softmax")
    assert module.main(["--epochs", "1", "--out", str(tmp_path / "run")]) == 0
    history = json.loads((tmp_path / "run" / "history.json").read_text())
    assert history["config"]["data"] == "sample"


def test_the_loud_line_says_how_to_get_the_full_set(scripts, capsys):
    found = command.load("auto", None)
    assert found.kind == "sample" and len(found.train) == 2000
    out = capsys.readouterr().out
    assert "ONLY THE EMBEDDED SAMPLE" in out and "python -m fashion download" in out
    assert sources.DEBIAN_PACKAGE in out


def test_auto_asks_the_mirrors_and_takes_what_they_give(scripts, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("FASHION_DATA", str(tmp_path))
    asked = []
    arrays = np.zeros((3, 28, 28), np.uint8), np.zeros(3, np.uint8)

    def load_arrays(root, train):
        if not asked:
            raise datasets.DatasetNotFound("none")
        return arrays

    def fetch(root, deadline):
        asked.append((root, deadline))

    monkeypatch.setattr(datasets, "load_arrays", load_arrays)
    monkeypatch.setattr(datasets, "find", lambda root: [tmp_path / "x.gz"])
    monkeypatch.setattr(download, "fetch", fetch)
    assert command.load("auto", None).kind == "full"
    assert asked == [(None, command.PATIENCE)]
    out = capsys.readouterr().out
    assert "asking the mirrors" in out and str(tmp_path) in out


@pytest.mark.full
def test_auto_takes_the_full_set_when_it_is_there(scripts, monkeypatch, capsys):
    monkeypatch.setenv("FASHION_DATA", str(full_data.folder()))
    found = command.load("auto", None)
    assert found.kind == "full" and (len(found.train), len(found.test)) == (60000, 10000)
    assert str(full_data.folder()) in capsys.readouterr().out


# -- bad input -----------------------------------------------------------------------------------
BAD = [
    (["--epochs", "0"], "--epochs"),
    (["--epochs", "ten"], "'ten'"),
    (["--batch-size", "-1"], "--batch-size"),
    (["--lr", "nan"], "--lr"),
    (["--lr", "-0.1"], "--lr"),
    (["--seed", "x"], "--seed"),
    (["--model", "deep"], "deep"),
    (["--data", "half"], "half"),
    (["--resume", "--overwrite"], "not allowed with"),
    (["--checkpoint-every", "0"], "--checkpoint-every"),
    (["--no-such-option"], "--no-such-option"),
]


@pytest.mark.parametrize(("options", "words"), BAD, ids=lambda x: " ".join(x))
def test_bad_options_are_one_line_and_status_2(scripts, capsys, options, words):
    with pytest.raises(SystemExit) as caught:
        scripts("train_softmax").main(options)
    out, errors = capsys.readouterr()
    assert caught.value.code == 2 and not out
    assert errors.count("\n") == 1 and errors.startswith("train_softmax.py: ") and words in errors


def one_line(status, out, errors, *words):
    assert status == 2, (out, errors)
    assert errors.count("\n") == 1 and "Traceback" not in errors
    for word in words:
        assert word in errors


def test_data_that_cannot_be_had_is_one_line(train, tmp_path):
    (tmp_path / "empty").mkdir()
    one_line(*train("--data", "full"), "no copy was found", "download")
    one_line(*train("--data-root", str(tmp_path / "none"), "--data", "full"), "no such folder")
    for source in sources.FILES:
        (tmp_path / "empty" / source.name).write_bytes(b"not gzip")
    result = train("--data-root", str(tmp_path / "empty"), "--data", "auto")
    one_line(*result, str(tmp_path / "empty"), "expected")
    assert not (tmp_path / "run").exists()


def test_a_folder_that_cannot_be_made_is_one_line(train, tmp_path):
    (tmp_path / "file").write_text("")
    one_line(*train(out="file"), "file")
    one_line(*train(out="file/below"), "file")


def test_a_learning_rate_that_explodes_is_one_line(train):
    with np.errstate(all="ignore"):
        one_line(*train("--lr", "1e30", "--epochs", "1"), "--lr 1e+30 is too large")


@pytest.mark.parametrize("name", ["predict", "show_images", "plot_losses"])
def test_a_picture_of_no_known_format_is_one_line(scripts, train, tmp_path, capsys, name):
    options = ["--out", str(tmp_path / "picture.xyz")]
    if name != "plot_losses":
        options += ["--data", "sample"]
    if name == "predict":
        train("--epochs", "1")
        options += [str(tmp_path / "run" / "model.npz")]
    capsys.readouterr()
    status = scripts(name).main(options)
    one_line(status, *capsys.readouterr(), "picture.xyz")


def test_models_that_are_none_are_one_line(scripts, tmp_path, capsys):
    predict = scripts("predict")
    cases = {"none.npz": None, "text.npz": "text", "list.npz": [1, 2], "keys.npz": {"V": 1}}
    cases["shape.npz"] = {"W": minigrad.zeros(3, 3), "b": minigrad.zeros(3)}
    cases["number.npz"] = {"W": 3, "b": 4}
    for name, content in cases.items():
        path = tmp_path / name
        if name == "text.npz":
            path.write_text("no model")
        elif content is not None:
            minigrad.save(content, path)
        one_line(predict.main([str(path)]), *capsys.readouterr(), name)


# -- predict -------------------------------------------------------------------------------------
@pytest.fixture
def model(tmp_path):
    """A model that tells from the two halves of an image whether it is a trouser or a bag."""
    W = np.zeros((28, 28, 10), np.float32)
    W[:14, :, 1], W[14:, :, 8] = 1, 1
    path = tmp_path / "model.npz"
    minigrad.save(
        {"1.weight": minigrad.tensor(W.reshape(784, 10).T), "1.bias": minigrad.zeros(10)}, path
    )
    return path


@pytest.mark.parametrize("inverted", [False, True])
def test_a_picture_of_ones_own_is_named(scripts, model, tmp_path, capsys, inverted):
    image_module = pytest.importorskip("PIL.Image")
    picture = np.zeros((120, 80, 3), np.uint8)
    picture[70:110, 20:60] = 230  # in the lower half
    path = tmp_path / "own.png"
    image_module.fromarray(255 - picture if inverted else picture).save(path)
    drawn = tmp_path / "drawn.png"
    assert scripts("predict").main([str(model), "--image", str(path), "--out", str(drawn)]) == 0
    out = capsys.readouterr().out
    assert out.splitlines()[0].split() == ["bag", "100.0%"]
    assert drawn.read_bytes()[1:4] == b"PNG"


def test_pictures_that_are_none_are_one_line(scripts, model, tmp_path, capsys):
    pytest.importorskip("PIL.Image")
    path = tmp_path / "own.png"
    main = scripts("predict").main
    one_line(main([str(model), "--image", str(path)]), *capsys.readouterr(), "no such file")
    path.write_text("no picture")
    one_line(main([str(model), "--image", str(path)]), *capsys.readouterr(), "no picture")


def test_losses_have_the_gradients_of_their_formulas(scripts):
    losses = scripts("plot_losses")
    formulas = {
        losses.squared: (lambda e: e**2 / 2, lambda e: e),
        losses.absolute: (np.abs, np.sign),
        losses.huber: (
            lambda e: np.where(np.abs(e) > 1, np.abs(e) - 0.5, e**2 / 2),
            lambda e: np.clip(e, -1, 1),
        ),
    }
    for loss, (value, slope) in formulas.items():
        y_hat, found, likelihood, gradient = losses.curves(loss)
        assert y_hat[len(y_hat) // 2] == 0
        np.testing.assert_allclose(found, value(y_hat), atol=1e-6)
        np.testing.assert_allclose(likelihood, np.exp(-value(y_hat)), atol=1e-6)
        np.testing.assert_allclose(gradient, slope(y_hat), atol=1e-6)


# -- checkpoints ---------------------------------------------------------------------------------
def test_another_runs_results_are_not_overwritten(train, tmp_path):
    train("--epochs", "1")
    before = {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    one_line(*train("--epochs", "1", "--seed", "1"), "--overwrite", "--resume", "--out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before
    status, _, _ = train("--epochs", "1", "--seed", "1", "--overwrite")
    assert status == 0
    assert (tmp_path / "run" / "model.npz").read_bytes() != before["model.npz"]


def test_overwriting_leaves_no_checkpoint_of_the_run_before(train, scripts, tmp_path, monkeypatch):
    train("--epochs", "2")

    def fail(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(training, "save", fail)
    one_line(*train("--epochs", "2", "--overwrite"), "the disk is full")
    assert not list((tmp_path / "run").glob("checkpoint*"))


def stop_after(monkeypatch, steps, number=signal.SIGINT):
    """Press Ctrl-C, or send another signal, in the step after so many."""
    done = []
    original = training.Run.step

    def step(self, X, y):
        original(self, X, y)
        done.append(1)
        if len(done) == steps:
            signal.raise_signal(number)

    monkeypatch.setattr(training.Run, "step", step)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The folders of runs of three epochs that nobody stopped, by model; each is made once."""
    return {"folder": tmp_path_factory.mktemp("whole")}


@pytest.mark.parametrize("model", ["scratch", "concise"])
@pytest.mark.parametrize("steps", [1, 7, STEPS - 1, STEPS, STEPS + 1, 3 * STEPS - 1])
def test_ctrl_c_and_resuming_change_no_bit(train, whole, tmp_path, monkeypatch, model, steps):
    options = ["--epochs", "3", "--model", model]
    if model not in whole:
        whole[model] = whole["folder"] / model
        train(*options, out=whole[model])  # an absolute path stays as it is
    with monkeypatch.context() as patch:
        stop_after(patch, steps)
        status, _, errors = train(*options)
    assert status == 130 and "--resume" in errors and "Traceback" not in errors
    status, out, _ = train(*options, "--resume")
    assert status == 0 and "resumed from" in out
    assert weights(tmp_path / "run" / "model.npz") == weights(whole[model] / "model.npz")
    histories = [
        json.loads((folder / "history.json").read_text())["epochs"]
        for folder in (tmp_path / "run", whole[model])
    ]
    for ours, theirs in zip(*histories, strict=True):
        for key in ("epoch", "train_loss", "train_accuracy", "test_accuracy"):
            assert ours[key] == theirs[key]


@pytest.mark.slow
def test_resuming_at_each_of_sixty_steps_changes_no_bit(train, scripts, tmp_path, monkeypatch):
    kept = []
    original = training.save

    def save(run, out):
        original(run, out)
        kept.append((out / training.CHECKPOINT).read_bytes())

    monkeypatch.setattr(training, "save", save)
    train("--epochs", "3", "--checkpoint-every", "1", out="whole")
    assert len(kept) == 3 * STEPS
    expected = weights(tmp_path / "whole" / "model.npz")
    for content in kept:
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        (tmp_path / "run").mkdir()
        (tmp_path / "run" / training.CHECKPOINT).write_bytes(content)
        assert train("--epochs", "3", "--resume")[0] == 0
        assert weights(tmp_path / "run" / "model.npz") == expected


def test_checkpoints_come_every_so_many_steps(train, scripts, monkeypatch):
    seen = []
    monkeypatch.setattr(training, "save", lambda run, _: seen.append((len(run.history), run.done)))
    train("--epochs", "2", "--checkpoint-every", "15")
    assert seen == [(0, 1500), (1, 1000), (2, 0)]
    seen.clear()
    train("--epochs", "2", "--overwrite")
    assert seen == [(1, 0), (2, 0)]


def test_a_fault_of_this_machine_is_not_put_on_the_mirrors(scripts, tmp_path, capsys):
    status = scripts("train_softmax").main(["--data", "full", "--out", str(tmp_path / "out")])
    error = capsys.readouterr().err
    assert status == 2 and "$FASHION_DATA is empty" in error and "mirrors" not in error


def test_more_epochs_can_be_added(train, tmp_path):
    train("--epochs", "3", out="whole")
    train("--epochs", "1")
    status, out, _ = train("--epochs", "3", "--resume")
    assert status == 0 and "1 epochs done" in out
    assert weights(tmp_path / "run" / "model.npz") == weights(tmp_path / "whole" / "model.npz")
    assert "nothing is left" not in out
    assert "nothing is left to train of 3 epochs" in train("--epochs", "3", "--resume")[1]
    one_line(*train("--epochs", "2", "--resume"), "has 3 already")


def test_resuming_where_nothing_has_begun_begins(train, tmp_path):
    status, out, _ = train("--epochs", "1", "--resume")
    assert status == 0 and "starting at the beginning" in out
    for path in (tmp_path / "run").glob("checkpoint*"):
        path.unlink()
    one_line(*train("--epochs", "1", "--resume"), "no checkpoint")


@pytest.mark.parametrize("setting", [("--lr", "0.2"), ("--seed", "5"), ("--model", "concise")])
def test_another_runs_checkpoint_is_refused_by_name_and_reason(train, setting):
    train("--epochs", "1")
    result = train("--epochs", "2", "--resume", *setting)
    one_line(*result, "checkpoint.npz", setting[0].strip("-"), setting[1])


def damage_cut(path):
    path.write_bytes(path.read_bytes()[:-1000])


def damage_flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def damage_empty(path):
    path.write_bytes(b"")


def damage_foreign(path):
    minigrad.save({"W": minigrad.zeros(784, 10)}, path)


def damage_order(path):
    state = minigrad.load(path)
    state["order"] = np.zeros(2000, np.int64)
    minigrad.save(state, path)


def damage_pickle(path):
    with open(path, "wb") as file:
        np.savez(file, state=np.array({"a": 1}, dtype=object))


DAMAGES = [damage_cut, damage_flip, damage_empty, damage_foreign, damage_order, damage_pickle]


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda fn: fn.__name__)
def test_a_bad_checkpoint_is_refused_aloud_and_the_one_before_used(train, tmp_path, damage):
    train("--epochs", "3", out="whole")
    train("--epochs", "2")
    path = tmp_path / "run" / "checkpoint.npz"
    damage(path)
    status, out, errors = train("--epochs", "3", "--resume")
    assert status == 0 and "refused" in errors and "checkpoint.npz" in errors
    assert "checkpoint.npz.prev" in out and "1 epochs done" in out
    assert weights(tmp_path / "run" / "model.npz") == weights(tmp_path / "whole" / "model.npz")
    for each in (path, path.with_name("checkpoint.npz.prev")):
        damage(each)
    one_line(*train("--epochs", "3", "--resume"), "checkpoint.npz", "cannot resume")


def test_ctrl_c_in_a_thread_other_than_the_main_one_is_no_matter(train):
    results = []
    thread = threading.Thread(target=lambda: results.append(train("--epochs", "1")[0]))
    thread.start()
    thread.join()
    assert results == [0]


@pytest.mark.skipif(os.name == "nt", reason="Windows sends Ctrl-C to whole groups of processes")
def test_ctrl_c_from_outside_saves_and_prints_the_line_that_resumes(tmp_path):
    options = [
        "--data",
        "sample",
        "--epochs",
        "100000",
        "--out",
        "a run",
        "--checkpoint-every",
        "9",
    ]
    process = start(tmp_path, "train_softmax.py", *options)
    for line in process.stdout:
        if LOG_LINE.match(line):
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "Traceback" not in errors
    line = errors.partition("To go on: ")[2].strip()
    again = subprocess.Popen(
        line, shell=True, cwd=tmp_path / "elsewhere", env=environment(tmp_path), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    assert any("resumed from" in text for text in again.stdout if "epoch" in text)
    os.killpg(again.pid, signal.SIGKILL)
    again.communicate()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such signals")
def test_sigterm_does_what_ctrl_c_does(train, scripts, tmp_path, monkeypatch):
    train("--epochs", "2", out="whole")
    with monkeypatch.context() as patch:
        stop_after(patch, 7, signal.SIGTERM)
        status, _, errors = train("--epochs", "2")
    assert status == 143 and "interrupted, and saved" in errors and "Traceback" not in errors
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL
    assert train("--epochs", "2", "--resume")[0] == 0
    assert weights(tmp_path / "run" / "model.npz") == weights(tmp_path / "whole" / "model.npz")
    monkeypatch.setattr(  # outside the training it stops at once
        command, "load", lambda *_: signal.raise_signal(signal.SIGTERM)
    )
    status, _, errors = train("--epochs", "2", out="other")
    assert (status, errors) == (143, "train_softmax.py: stopped\n")


@pytest.mark.parametrize("script", ["train_softmax", "sweep"])
def test_a_second_run_in_the_same_folder_is_told(scripts, tmp_path, capsys, script):
    module = scripts(script)
    folder = tmp_path / "run"
    options = ["--data", "sample", "--epochs", "1", "--out", str(folder)]
    options += ["--resume"] if script == "train_softmax" else []
    with command.alone_in(folder):
        one_line(module.main(options), *capsys.readouterr(), str(folder), "in use by another run")
        assert not any(folder.iterdir())
    with command.alone_in(folder):  # it ends with the block
        pass


def test_one_of_two_processes_in_a_folder_trains_and_the_other_is_told(scripts, tmp_path):
    options = ["--data", "sample", "--epochs", "100000", "--out", "run"]
    first = start(tmp_path, "train_softmax.py", *options)
    for line in first.stdout:
        if LOG_LINE.match(line):
            break
    one_line(*run(tmp_path, "train_softmax.py", *options, "--overwrite"), "in use by another run")
    first.kill()
    first.communicate()
    with command.alone_in(tmp_path / "elsewhere" / "run"):  # its lock died with it
        pass


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a FIFO")
def test_resuming_from_a_fifo_does_not_hang(train, tmp_path):
    (tmp_path / "run").mkdir()
    os.mkfifo(tmp_path / "run" / "checkpoint.npz")
    one_line(*train("--resume"), "cannot resume", "checkpoint.npz: not a regular file")
    assert train("--epochs", "1", "--overwrite")[0] == 0


def test_a_clock_that_goes_backwards_or_stands_changes_nothing(train, tmp_path, monkeypatch):
    train("--epochs", "2", out="whole")
    for step in (-1000.0, 0.0):
        now = [1e9]

        def clock(step=step, now=now):
            now[0] += step
            return now[0]

        with monkeypatch.context() as patch:
            patch.setattr(time, "perf_counter", clock)
            patch.setattr(time, "time", clock)
            assert train("--epochs", "1", "--overwrite")[0] == 0
            assert train("--epochs", "2", "--resume")[0] == 0
        assert weights(tmp_path / "run" / "model.npz") == weights(tmp_path / "whole" / "model.npz")
        epochs = json.loads((tmp_path / "run" / "history.json").read_text())["epochs"]
        assert all(entry["seconds"] >= 0 < entry["images_per_second"] for entry in epochs)


class FullDisk:
    """Opens files as _files does, until so many writes have reached the disk."""

    def __init__(self, writes, number):
        self.writes, self.number = writes, number

    def __call__(self, name, mode, opener):
        disk = self

        class Raw(io.FileIO):
            def write(self, data):
                disk.writes -= 1
                if disk.writes < 0:
                    raise OSError(disk.number, os.strerror(disk.number))
                return super().write(data)

        return io.BufferedRandom(Raw(name, mode.replace("b", ""), opener=opener))


def fail_at_writes(train, tmp_path, monkeypatch, numbers, moments):
    """Let a run fail at each of these of its writes in turn; at how many did it?"""
    options = ["--epochs", "2", "--checkpoint-every", "9"]
    train(*options, out="whole")
    failures = 0
    for writes in moments:
        folder = tmp_path / f"run {writes}"
        with monkeypatch.context() as patch:
            patch.setattr(_files, "open", FullDisk(writes, numbers[writes % len(numbers)]), False)
            result = train(*options, out=folder.name)
        if result[0] == 0:
            break
        failures += 1
        one_line(*result, str(folder))
        assert not [path for path in folder.iterdir() if path.name.endswith(".part")]
        assert train(*options, "--resume", out=folder.name)[0] == 0
        assert weights(folder / "model.npz") == weights(tmp_path / "whole" / "model.npz")
        shutil.rmtree(folder)
    return failures


def test_a_disk_that_fails_at_any_write_costs_no_result(train, tmp_path, monkeypatch):
    numbers = [errno.ENOSPC, errno.EIO]
    assert fail_at_writes(train, tmp_path, monkeypatch, numbers, range(1000)) >= 7


@pytest.mark.slow
def test_a_disk_that_fails_at_any_write_of_a_picture_costs_no_result(
    train, scripts, tmp_path, monkeypatch
):
    monkeypatch.setattr(report, "draw_results", train.drawing)
    moments = (8, 10, 20, 40, 60, 10**6)
    assert fail_at_writes(train, tmp_path, monkeypatch, [errno.ENOSPC], moments) >= 3


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_behind_the_output_is_named(tmp_path):
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, str(SCRIPTS / "train_softmax.py"), "--data", "sample"],
            cwd=tmp_path, env=environment(tmp_path), stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "No space left" in done.stderr and "standard output" in done.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="needs kill -9")
def test_kill_9_at_random_moments_changes_no_bit(tmp_path):
    """Each run is killed again and again until it comes to its end."""
    kills = int(os.environ.get("KILLS", "50"))
    options = ["--data", "sample", "--epochs", "15", "--checkpoint-every", "1"]
    begin = time.monotonic()
    assert run(tmp_path, "train_softmax.py", *options, "--out", "whole")[0] == 0
    whole = time.monotonic() - begin
    expected = weights(tmp_path / "elsewhere" / "whole" / "model.npz")
    moments = random.Random(0)
    killed = finished = 0
    while killed < kills:
        process = start(tmp_path, "train_softmax.py", *options, "--out", "run", "--resume")
        try:
            process.communicate(timeout=moments.uniform(0.2, 1.0) * whole)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            killed += 1
            continue
        assert process.returncode == 0
        finished += 1
        assert weights(tmp_path / "elsewhere" / "run" / "model.npz") == expected
        shutil.rmtree(tmp_path / "elsewhere" / "run")
    status, _, errors = run(tmp_path, "train_softmax.py", *options, "--out", "run", "--resume")
    assert status == 0, errors
    assert weights(tmp_path / "elsewhere" / "run" / "model.npz") == expected


# -- pages ---------------------------------------------------------------------------------------
def test_the_report_is_one_file_with_all_there_is_to_see(train, tmp_path, monkeypatch):
    monkeypatch.setattr(report, "draw_results", train.drawing)
    status, _, errors = train("--epochs", "2", "--model", "concise")
    assert (status, errors) == (0, "")
    folder = tmp_path / "run"
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert not re.search(r'(?:src|href)="(?!data:)', page) and "<script" not in page
    titles = re.findall(r"<h2>(.*?)</h2>", page)
    assert titles == [
        "How it went", "The gradient", "What it has learned", "What it takes for what",
        "The worst mistakes", "The first test images", "Every epoch",
    ]  # fmt: skip
    final = json.loads((folder / "history.json").read_text())["epochs"][-1]
    assert f"<dd>{final['test_accuracy']:.4f}</dd>" in page and "<dd>concise</dd>" in page
    assert page.count('<tr><th scope="row">') == 2


def test_the_length_of_the_gradient_is_kept_through_a_resumed_run(train, tmp_path):
    train("--epochs", "2", out="whole")
    train("--epochs", "1", out="parts")
    train("--epochs", "2", "--resume", out="parts")
    whole, parts = (minigrad.load(tmp_path / n / "checkpoint.npz")["norms"]
                    for n in ("whole", "parts"))  # fmt: skip
    assert len(whole) == 2 * STEPS and np.array_equal(whole, parts)
    assert np.all(np.asarray(whole) > 0)


@pytest.mark.parametrize("model", ["scratch", "concise"])
def test_a_step_of_the_lecture_is_explained_on_real_images(tmp_path, model):
    page = tmp_path / "step.html"
    status, out, errors = run(
        tmp_path, "explain_step.py", "--data", "sample", "--model", model, "--out", page
    )
    assert (status, errors) == (0, "") and "open it in a browser" in out
    text = page.read_text(encoding="utf-8")
    assert len(text.encode()) < 300_000
    assert "explain_step.py:" in text and "images of 28 x 28" in text
