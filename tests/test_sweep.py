"""scripts/sweep.py: the same trainings on cores and on a cluster, and none is done twice."""

from __future__ import annotations

import importlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

import minigrad

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
FEW = ["--data", "sample", "--models", "softmax", "--lrs", "0.1", "0.3", "--seeds", "0", "1"]


def environment() -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(SCRIPTS.parent), os.environ.get("PYTHONPATH", "")]))
    return os.environ | {"PYTHONPATH": path, "FASHION_DATA": "", "MPLBACKEND": "Agg"}


def sweep(*words: Any) -> tuple[int, str]:
    """Run the script in a process of its own."""
    done = subprocess.run(
        [sys.executable, str(SCRIPTS / "sweep.py"), *map(str, words)], env=environment(),
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=180,
    )  # fmt: skip
    return done.returncode, done.stdout


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(SCRIPTS))
    threads = minigrad.get_num_threads()
    yield importlib.import_module("sweep")
    minigrad.set_num_threads(threads)


def results(out: Path) -> dict[tuple, tuple]:
    """By setting: losses and accuracy, which do not depend on the time or on who trained."""
    return {
        (r["model"], r["lr"], r["seed"]): (r["losses"], r["accuracy"])
        for r in json.loads((out / "sweep.json").read_text())
    }


def test_a_sweep_on_two_processes(module: Any, tmp_path: Path) -> None:
    status, said = sweep(*FEW, "--epochs", 1, "--workers", 2, "--out", tmp_path)
    assert status == 0, said
    assert len(re.findall(r"^softmax  lr 0\.[13] .* test acc 0\.\d{4}", said, re.MULTILINE)) == 4
    assert "model     lr        runs  test accuracy" in said and "±" in said
    assert b"</svg>" in (tmp_path / "sweep.svg").read_bytes()
    assert "±" in (tmp_path / "sweep.txt").read_text(encoding="utf-8")
    found = results(tmp_path)
    setting = {"model": "softmax", "lr": 0.3, "seed": 1, "epochs": 1, "batch_size": 256}
    own = module.train(setting | {"data": "sample", "root": None})
    assert found["softmax", 0.3, 1] == (own["losses"], own["accuracy"])

    status, said = sweep(*FEW, 0, "--epochs", 1, "--out", tmp_path)
    assert status == 0 and "4 of 4 are in" in said and "lr 0.3      seed" not in said
    assert results(tmp_path) == found


def test_each_model_trains(module: Any) -> None:
    for model in module.NETS:
        net = module.NETS[model]()
        assert net(minigrad.zeros(2, 1, 28, 28)).shape == (2, 10)


def test_a_training_that_fails_is_said_and_the_others_go_on(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    def some_fail(settings: list[dict], workers: Any) -> Any:
        good = {"losses": [1.0], "accuracy": 0.5, "seconds": 0.1}
        for setting in settings:
            yield setting, (lambda: good) if setting["seed"] else (lambda: 1 / 0)

    monkeypatch.setattr(module, "on_cores", some_fail)
    assert module.main([*FEW, "--out", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert said.count("failed: ZeroDivisionError: division by zero") == 2
    assert len(results(tmp_path)) == 2
    assert module.main([*FEW, "--out", str(tmp_path)]) == 1  # they are tried again
    assert "2 of 4 are in" in capsys.readouterr().out


def test_what_cannot_be_used_is_refused(module: Any, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "sweep.json").write_text('{"no": "list"}')
    assert module.main([*FEW, "--out", str(tmp_path)]) == 2
    assert "is not of sweep.py" in capsys.readouterr().err


def test_dask_is_needed_for_its_option_only(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert module.main([*FEW, "--dask", "tcp://127.0.0.1:1", "--out", str(tmp_path)]) == 2
    assert 'pip install "minigrad-fashion[sweep]"' in capsys.readouterr().err


@pytest.mark.slow
def test_the_same_on_a_cluster(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs pip install dask distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        words = [*FEW, "--epochs", 1, "--out", tmp_path / "dask"]
        status, said = sweep(*words, "--dask", cluster.scheduler_address)
    assert status == 0, said
    assert sweep(*FEW, "--epochs", 1, "--workers", 1, "--out", tmp_path / "cores")[0] == 0
    assert results(tmp_path / "dask") == results(tmp_path / "cores")


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends SIGINT to a process")
def test_ctrl_c_keeps_what_is_done(tmp_path: Path) -> None:
    words = ["--data", "sample", "--models", "softmax", "--seeds", *map(str, range(40))]
    process = subprocess.Popen(
        [sys.executable, str(SCRIPTS / "sweep.py"), *words, "--out", str(tmp_path)],
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(5)]
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=60)[0]
    assert process.returncode == 130 and "Traceback" not in said, "".join(lines) + said
    assert len(results(tmp_path)) >= 4
