"""Train models with several learning rates and seeds on all cores at once, and compare them.

Each setting is trained in a process of its own with one BLAS thread, or with --dask on the workers
of a dask.distributed cluster. Every result is a line and goes into the table and the picture at
once; the same command again does only what is missing.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import contextlib
import itertools
import json
import math
import multiprocessing
import signal
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

import minigrad
from fashion import datasets, plot
from fashion.training import command, models
from minigrad import nn, optim
from minigrad._files import replacing

# Settings; each has an option of its name.
MODELS = ("softmax", "mlp")
LRS = (0.03, 0.1, 0.3)
SEEDS = (0, 1, 2)
EPOCHS = 3
BATCH_SIZE = 256
OUT = "runs/sweep"

EVALUATION_BATCH = 1000
PICTURE_PAUSE = 5.0  # seconds between two drawings of the picture while results come in

# The networks of fashion/training/models.py, with the first weights that each layer has by itself.
NETS = {"softmax": models.softmax, "mlp": models.mlp, "lenet": models.lenet}
RESULTS = ("sweep.json", "sweep.txt", "sweep.svg")
Setting = dict[str, Any]
LINE = "{model:8s} lr {lr:<8g} seed {seed:<3d} {words}"


# -- one training: all that a worker, here or on another machine, has to know ----------------------
def arrays(kind: str, root: str | None) -> tuple[np.ndarray, ...]:
    """Training images and labels, and those of the test."""
    found = [
        datasets.load_sample(train) if kind == "sample" else datasets.load_arrays(root, train)
        for train in (True, False)
    ]
    return tuple(a for pair in found for a in pair)


def train(setting: Setting) -> Setting:
    """Train once; return the mean loss of each epoch, the test accuracy, and the seconds.

    >>> tiny = {"model": "softmax", "lr": 0.1, "seed": 0, "epochs": 1, "batch_size": 256}
    >>> train(tiny | {"data": "sample", "root": None})["accuracy"] > 0.5
    True
    """
    with contextlib.suppress(RuntimeError):  # a BLAS that takes no orders keeps its own number
        minigrad.set_num_threads(1)
    images, labels, test_images, test_labels = arrays(setting["data"], setting["root"])
    start = time.perf_counter()
    minigrad.manual_seed(setting["seed"])
    net = NETS[setting["model"]]()
    trainer = optim.SGD(net.parameters(), lr=setting["lr"])
    losses = []
    for _ in range(setting["epochs"]):
        order, total = minigrad.randperm(len(images)).numpy(), 0.0
        for i in range(0, len(order), setting["batch_size"]):
            batch = order[i : i + setting["batch_size"]]
            X = minigrad.tensor(images[batch, None] / np.float32(255))
            y = minigrad.tensor(labels[batch].astype(np.int64))
            loss = nn.functional.cross_entropy(net(X), y)
            trainer.zero_grad()
            loss.backward()
            trainer.step()
            total += loss.item() * len(batch)
        losses.append(total / len(order))
    net.eval()
    right = 0
    with minigrad.no_grad():
        for i in range(0, len(test_images), EVALUATION_BATCH):
            X = minigrad.tensor(test_images[i : i + EVALUATION_BATCH, None] / np.float32(255))
            right += int((net(X).argmax(1).numpy() == test_labels[i : i + len(X)]).sum())
    seconds = time.perf_counter() - start
    return {"losses": losses, "accuracy": right / len(test_images), "seconds": seconds}


# -- many trainings --------------------------------------------------------------------------------
def on_cores(settings: list[Setting], workers: int | None) -> Iterator[tuple[Setting, Callable]]:
    """Train in so many processes; yield each setting when it is done, and what gives its result."""
    pool = concurrent.futures.ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), ignore_interrupts
    )
    try:
        jobs = {pool.submit(train, setting): setting for setting in settings}
        for job in concurrent.futures.as_completed(jobs):
            yield jobs[job], job.result
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def ignore_interrupts() -> None:
    """Ctrl-C is for the process that has started this one."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def on_cluster(settings: list[Setting], address: str) -> Iterator[tuple[Setting, Callable]]:
    """The same on the workers of a cluster; they need minigrad and fashion, and the data."""
    try:
        import distributed
    except ImportError:
        raise command.BadInput(
            '--dask needs the package distributed: pip install "minigrad-fashion[sweep]"'
        ) from None
    try:
        client = distributed.Client(address, timeout=10)
    except (OSError, ValueError) as error:
        raise command.BadInput(f"--dask {address}: no scheduler answers ({error})") from None
    with client:
        futures = client.map(train, settings)
        jobs = {job.key: setting for job, setting in zip(futures, settings, strict=True)}
        for job in distributed.as_completed(futures):
            yield jobs[job.key], job.result


# -- what comes out --------------------------------------------------------------------------------
def write(results: list[Setting], out: Path) -> None:
    """Write all results so far, and their table."""
    for name, text in (
        ("sweep.json", json.dumps(results, indent=1)),
        ("sweep.txt", table(results)),
    ):
        with replacing(out / name) as file:
            file.write((text + "\n").encode())


def groups(results: list[Setting]) -> dict[tuple[str, float], list[float]]:
    """The test accuracies of each model and learning rate, best mean first.

    >>> groups([{"model": "mlp", "lr": lr, "accuracy": a} for lr, a in ((1, .5), (2, .7), (2, .8))])
    {('mlp', 2): [0.7, 0.8], ('mlp', 1): [0.5]}
    """
    found: dict[tuple[str, float], list[float]] = {}
    for r in results:
        if "accuracy" in r:
            found.setdefault((r["model"], r["lr"]), []).append(r["accuracy"])
    return dict(sorted(found.items(), key=lambda item: -statistics.mean(item[1])))


def table(results: list[Setting]) -> str:
    """The results as a table: mean and standard deviation over the seeds."""
    lines = ["model     lr        runs  test accuracy"]
    for (model, lr), values in groups(results).items():
        spread = f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else ""
        lines.append(
            f"{model:8s}  {lr:<8g}  {len(values):4d}  {statistics.mean(values):.4f}{spread}"
        )
    return "\n".join(lines)


def draw(results: list[Setting], out: Path) -> None:
    """Draw each run as a point over its learning rate, and the means as a line for each model."""
    figure = plot.new_figure((6, 4))
    axes = figure.subplots()
    found = groups(results)
    for i, model in enumerate(m for m in NETS if any(m == key[0] for key in found)):
        rates = sorted(lr for m, lr in found if m == model)
        means = [statistics.mean(found[model, lr]) for lr in rates]
        axes.plot(rates, means, f"C{i}-", label=model)
        for lr in rates:
            axes.plot([lr] * len(found[model, lr]), found[model, lr], f"C{i}o", markersize=4)
    axes.set_xscale("log")
    axes.set_xlabel("learning rate")
    axes.set_ylabel("test accuracy")
    axes.set_title(f"{len(results)} trainings: each is a point, lines are means over seeds")
    axes.grid(alpha=0.4)
    axes.legend()
    plot.save(figure, out / "sweep.svg")


def known(out: Path, settings: list[Setting]) -> list[Setting]:
    """The results that an earlier call has left for these settings; failures are tried again."""
    path = out / "sweep.json"
    if not path.exists():
        return []
    try:
        there = json.loads(path.read_text(encoding="utf-8"))
        return [r for r in there if r["setting"] in settings and "accuracy" in r]
    except (ValueError, KeyError, TypeError) as error:
        raise command.BadInput(
            f"{path} is not of sweep.py ({error!r}); choose another --out"
        ) from None


@command.reported
def main(argv: list[str] | None = None) -> int:
    """Train all settings; return the exit status: 0, 1 if one failed, 2 for bad input, 130."""
    parser = command.Parser(__file__, __doc__)
    add = parser.add_argument
    rate = command.number(float, 0, "a number from 0 on")
    whole = command.number(int, 0, "a whole number")
    default = "(default: %(default)s)"
    add("--models", nargs="+", choices=NETS, default=list(MODELS), help=f"which {default}")
    add("--lrs", nargs="+", type=rate, default=list(LRS), help=f"learning rates {default}")
    add(
        "--seeds",
        nargs="+",
        type=whole,
        default=list(SEEDS),
        help=f"of all that is random {default}",
    )
    add("--epochs", type=command.COUNT, default=EPOCHS, help=f"passes over the images {default}")
    add("--batch-size", type=command.COUNT, default=BATCH_SIZE, help=f"images in a step {default}")
    command.add_data_options(parser)
    add("--workers", type=command.COUNT, metavar="N", help="processes (default: one for each core)")
    add("--dask", metavar="ADDRESS", help="train on this cluster, such as tcp://host:8786")
    add("--out", type=Path, default=Path(OUT), metavar="DIR", help=f"for the results {default}")
    options = parser.parse_args(argv)

    kind = command.load(options.data, options.data_root).kind
    settings = [
        {
            "model": model, "lr": lr, "seed": seed, "epochs": options.epochs,
            "batch_size": options.batch_size, "data": kind, "root": options.data_root,
        }
        for model, lr, seed in itertools.product(
            *(dict.fromkeys(each) for each in (options.models, options.lrs, options.seeds))
        )
    ]  # fmt: skip
    with command.alone_in(options.out):
        return go(options, settings)


def go(options: argparse.Namespace, settings: list[Setting]) -> int:
    """Train what the folder has no result of; returns the exit status."""
    results = known(options.out, settings)
    done = [r["setting"] for r in results]
    todo = [s for s in settings if s not in done]
    if done:
        print(f"{len(done)} of {len(settings)} are in {options.out} already")
    failed = run(options, todo, results)
    print(table(results))
    print(f"results: {', '.join(str(options.out / name) for name in RESULTS)}")
    return 1 if failed else 0


def run(options: argparse.Namespace, todo: list[Setting], results: list[Setting]) -> int:
    """Train what is to do, with a line, the table and the picture for each; how many failed?"""
    failed, drawn = 0, -math.inf
    if options.dask:
        finished = on_cluster(todo, options.dask)
    else:
        finished = on_cores(todo, options.workers)
    with contextlib.closing(finished):
        for setting, result in finished:
            try:
                found = result()
                words = "loss {:.4f}  test acc {:.4f}  {:6.2f} s".format(
                    found["losses"][-1], found["accuracy"], found["seconds"]
                )
                shown = {key: setting[key] for key in ("model", "lr", "seed")}
                results.append({"setting": setting, **shown, **found})
            except Exception as error:  # the others go on
                reason = " ".join(str(error).split())
                words, failed = f"failed: {type(error).__name__}: {reason}", failed + 1
            print(LINE.format(words=words, **setting), flush=True)
            write(results, options.out)
            if results and time.monotonic() - drawn > PICTURE_PAUSE:
                draw(results, options.out)
                drawn = time.monotonic()
    if results:
        draw(results, options.out)
    return failed


if __name__ == "__main__":
    sys.exit(main())
