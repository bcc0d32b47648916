"""Train softmax regression on Fashion-MNIST, as the lecture does, with minigrad alone.

On the full set ten epochs take seconds, and end at a training loss of 0.447, a training accuracy of
0.848 and a test accuracy of 0.82 to 0.835. A run can be stopped at any time, by Ctrl-C or by worse,
and `--resume` goes on with it to the same weights, bit by bit. Several processes share the work in
`mpiexec -n 4 python scripts/train_softmax.py --distributed`, see docs/many-processes.md.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import math
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import common
import numpy as np
import processes
import report

import minigrad
from fashion import d2l, data, plot
from minigrad import nn, optim, serialization
from minigrad._files import replacing

# Settings; each has an option of its name.
MODEL = "scratch"  # the lecture's formulas; "concise": the same with nn and optim
EPOCHS = 10
BATCH_SIZE = 256
LR = 0.1
SEED = 0  # of the first weights and of the order of the images
OUT = "runs/softmax"

WORKERS = 0  # threads that prepare batches in advance
EVALUATION_BATCH = 1000

INPUTS, OUTPUTS = 28 * 28, 10
CHECKPOINT = "checkpoint.npz"
RESULTS = (
    "history.json", "model.npz", "curves.svg", "predictions.svg", "confusion.svg", "report.html",
)  # fmt: skip

LINE = (
    "epoch {epoch:2d}/{epochs}  loss {train_loss:.4f}  train acc {train_accuracy:.4f}  "
    "test acc {test_accuracy:.4f}  {seconds:6.2f} s  {images_per_second:9,.0f} images/s"
)


class Scratch:
    """The lecture's softmax regression: formulas, and a step that is written by hand."""

    def __init__(self, lr: float, generator: minigrad.Generator) -> None:
        self.lr = lr
        self.W = minigrad.normal(
            0, 0.01, size=(INPUTS, OUTPUTS), generator=generator, requires_grad=True
        )
        self.b = minigrad.zeros(OUTPUTS, requires_grad=True)

    def net(self, X: minigrad.Tensor) -> minigrad.Tensor:
        scores = minigrad.matmul(X.reshape((-1, INPUTS)), self.W) + self.b
        exp = minigrad.exp(scores)
        return exp / exp.sum(1, keepdim=True)

    def loss(self, y_hat: minigrad.Tensor, y: minigrad.Tensor) -> minigrad.Tensor:
        return -minigrad.log(y_hat[range(len(y_hat)), y])

    def step(self, losses: minigrad.Tensor, batch: int) -> None:
        """Learn from this process's losses; the batch is that of all processes together."""
        losses.sum().backward()
        processes.sum_gradients([self.W, self.b])
        self.gradient = length([self.W, self.b]) / batch
        d2l.sgd([self.W, self.b], self.lr, batch)

    def weights(self) -> dict[str, minigrad.Tensor]:
        return {"W": self.W, "b": self.b}

    def state_dict(self) -> dict[str, Any]:
        return self.weights()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        with minigrad.no_grad():
            self.W.copy_(state["W"])
            self.b.copy_(state["b"])


class Concise:
    """The same of ready-made parts."""

    def __init__(self, lr: float, generator: minigrad.Generator) -> None:
        self.net = nn.Sequential(nn.Flatten(), nn.Linear(INPUTS, OUTPUTS))
        linear = self.net[1]
        nn.init.normal_(linear.weight, std=0.01, generator=generator)
        bound = 1 / math.sqrt(INPUTS)  # Linear's own, but from the generator of this run
        nn.init.uniform_(linear.bias, -bound, bound, generator=generator)
        self.parallel = processes.parallel(self.net)  # backward() averages over all processes
        self.loss = nn.CrossEntropyLoss(reduction="none")
        self.trainer = optim.SGD(self.net.parameters(), lr=lr)

    def step(self, losses: minigrad.Tensor, batch: int) -> None:
        self.trainer.zero_grad()
        (losses.sum() / (batch / processes.size())).backward()
        self.gradient = length(self.trainer.param_groups[0]["params"])
        self.trainer.step()

    def weights(self) -> dict[str, minigrad.Tensor]:
        return self.net.state_dict()

    def state_dict(self) -> dict[str, Any]:
        return {"net": self.net.state_dict(), "trainer": self.trainer.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.trainer.load_state_dict(state["trainer"])


def length(params: Any) -> float:
    """The length of the gradient of all parameters together."""
    return math.sqrt(sum(float((p.grad.numpy() ** 2).sum()) for p in params))


MODELS = {"scratch": Scratch, "concise": Concise}


class Interrupt(contextlib.ExitStack):
    """Turns a first Ctrl-C or SIGTERM into a wish, `wanted`, that is granted between two steps.

    A second one stops at once. `status` is the exit status of a program that was so stopped.
    """

    def __enter__(self) -> Interrupt:
        super().__enter__()
        self.wanted, self.status = False, 128 + signal.SIGINT
        self._before = {
            number: self.enter_context(common.handling(number, self._note))
            for number in common.signals()
        }
        return self

    def _note(self, number: int, _: object) -> None:
        self.wanted, self.status = True, 128 + number
        for each, before in self._before.items():
            if before is not None:
                signal.signal(each, before)


class Run:
    """A training and all that it depends on, which is what a checkpoint holds."""

    def __init__(self, config: dict[str, Any]) -> None:
        self.config = config
        first = minigrad.Generator().manual_seed(config["seed"])
        self.model = MODELS[config["model"]](config["lr"], first)
        self.generator = minigrad.Generator().manual_seed(config["seed"] + 1)  # of the orders
        self.history: list[dict[str, float]] = []
        self.norms: list[float] = []  # of the gradient, at each step
        self.start_epoch()

    def start_epoch(self) -> None:
        self.order: np.ndarray | None = None  # of the images in the running epoch
        self.done = 0  # images of it that have been trained on
        self.sums = d2l.Accumulator(2)  # losses, right predictions
        self.seconds = 0.0

    def state_dict(self) -> dict[str, Any]:
        return {
            "config": self.config,
            "model": self.model.state_dict(),
            "generator": self.generator.get_state(),
            "history": self.history,
            "norms": np.array(self.norms),
            "order": self.order,
            "done": self.done,
            "sums": self.sums.data,
            "seconds": self.seconds,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.generator.set_state(state["generator"])
        self.history, self.norms = state["history"], np.asarray(state["norms"]).tolist()
        self.order, self.done = state["order"], state["done"]
        self.sums.data, self.seconds = state["sums"], state["seconds"]

    def batches(self, train: data.Dataset) -> data.DataLoader:
        """The rest of the epoch's batches; an epoch that has not begun gets its order now."""
        if self.order is None:
            self.order = minigrad.randperm(len(train), generator=self.generator).numpy()
        self.size = len(train)
        batches = processes.batches(self.order[self.done :], self.config["batch_size"])
        return data.DataLoader(train, batch_sampler=batches, num_workers=WORKERS)

    def forward(self, X: minigrad.Tensor, y: minigrad.Tensor) -> tuple:
        """The predictions, and the loss of each image."""
        y_hat = self.model.net(X)
        return y_hat, self.model.loss(y_hat, y)

    def step(self, X: minigrad.Tensor, y: minigrad.Tensor) -> None:
        """Train on one batch, of which this process has a part."""
        batch = min(self.config["batch_size"], self.size - self.done)
        y_hat, losses = self.forward(X, y)
        self.model.step(losses, batch)
        self.norms.append(self.model.gradient)
        self.sums.add(*processes.total(losses.detach().sum(), d2l.accuracy(y_hat.detach(), y)))
        self.done += batch

    def end_epoch(self, test: data.Dataset) -> dict[str, float]:
        """Evaluate, and add the epoch to the history."""
        entry = {
            "epoch": len(self.history) + 1,
            "train_loss": self.sums[0] / self.done,
            "train_accuracy": self.sums[1] / self.done,
            "test_accuracy": processes.accuracy(self.model.net, test, EVALUATION_BATCH),
            "seconds": self.seconds,
            "images_per_second": self.done / max(self.seconds, 1e-9),
        }
        self.history.append(entry)
        self.start_epoch()
        return entry


def train(run: Run, found: common.Data, epochs: int, every: int, out: Path) -> int:
    """Train up to this many epochs, with a checkpoint every so many steps.

    Returns the exit status: 0, or that of a program stopped by a signal.
    """
    from tqdm import tqdm

    size, batch_size = len(found.train), run.config["batch_size"]
    per_epoch = -(-size // batch_size)
    with Interrupt() as interrupt:
        stop = False
        while len(run.history) < epochs and not stop:
            begin = time.perf_counter() - run.seconds
            trained = run.done // batch_size  # batches of this epoch, if it was resumed
            bar = tqdm(
                run.batches(found.train), f"epoch {len(run.history) + 1}", per_epoch,
                initial=trained, unit="batch", leave=False,
                disable=True if processes.rank() else None,  # None: on terminals only
            )  # fmt: skip
            with contextlib.closing(bar):
                for step, (X, y) in enumerate(bar, len(run.history) * per_epoch + trained + 1):
                    run.step(X, y)
                    run.seconds = max(run.seconds, time.perf_counter() - begin)
                    stop = processes.anyone(interrupt.wanted)
                    if run.done < size and (stop or step % every == 0):
                        save(run, out)
                    if stop:
                        break
            if run.done == size:
                entry = run.end_epoch(found.test)
                processes.say(LINE.format(epochs=epochs, **entry), flush=True)
                if not math.isfinite(entry["train_loss"]):
                    raise common.BadInput(
                        f"the loss is no longer finite: --lr {run.config['lr']:g} is too large"
                    )
                stop = processes.anyone(interrupt.wanted)
                if stop or step % every == 0 or len(run.history) == epochs:
                    save(run, out)
    return 0 if len(run.history) == epochs else interrupt.status


def save(run: Run, out: Path) -> None:
    """Write a checkpoint: all processes have the same state, and the first one writes it."""
    if processes.rank() == 0:
        serialization.save(run.state_dict(), out / CHECKPOINT, keep_previous=True)


def resume_all(run: Run, size: int, out: Path) -> None:
    """Put a run into its last state in all processes; only the first one needs the folder."""

    def work() -> bytes:
        resume(run, size, out)
        file = io.BytesIO()
        serialization.save(run.state_dict(), file)
        return file.getvalue()

    state = processes.by_first(work)
    if processes.rank():
        run.load_state_dict(serialization.load(io.BytesIO(state)))


def resume(run: Run, size: int, out: Path) -> None:
    """Put a run into the state of its last good checkpoint, and say which that is."""

    def check(state: Any) -> None:
        try:
            for name, value in run.config.items():
                if (theirs := state["config"][name]) != value:
                    raise ValueError(f"of a run with {name} {theirs}, asked for is {name} {value}")
            run.load_state_dict(state)
            order = np.arange(size) if run.order is None else np.sort(run.order)
            if not (np.array_equal(order, np.arange(size)) and 0 <= run.done < size):
                raise ValueError(f"it is not within an epoch of {size} images")
        except (KeyError, TypeError, AttributeError, RuntimeError) as error:
            words = f"{type(error).__name__}: {error}"
            raise ValueError(f"no checkpoint of train_softmax.py ({words})") from None

    try:
        _, used, refusals = serialization.load_latest(out / CHECKPOINT, check)
    except FileNotFoundError:
        if there := results_in(out):
            raise common.BadInput(f"{out} holds {there[0].name} but no checkpoint") from None
        print(f"no checkpoint in {out} yet: starting at the beginning")
        return
    except ValueError as error:
        raise common.BadInput(f"cannot resume: {error}") from None
    for refusal in refusals:
        print(f"*** refused {refusal}; using {used.name} instead", file=sys.stderr)
    print(
        f"resumed from {used}: {len(run.history)} epochs done, and {run.done:,} images of the next"
    )


def write_results(run: Run, out: Path) -> None:
    """Write the history and the weights."""
    history = {"config": run.config, "epochs": run.history}
    with replacing(out / "history.json") as file:
        file.write((json.dumps(history, indent=2) + "\n").encode())
    serialization.save(run.model.weights(), out / "model.npz")


def draw_results(run: Run, found: common.Data, out: Path) -> None:
    """Draw how it went and what it knows, each as a picture, and all of it on one page."""
    with minigrad.no_grad():
        batches = data.DataLoader(found.test, EVALUATION_BATCH)
        scores = np.concatenate([run.model.net(X).numpy() for X, _ in batches])
    if run.config["model"] == "concise":  # whose net ends before the softmax
        scores = nn.functional.softmax(minigrad.tensor(scores), 1).numpy()
    (weights,) = (w.detach().numpy() for w in run.model.weights().values() if w.ndim == 2)
    columns = weights.T if weights.shape[0] == INPUTS else weights
    pictures = report.pictures(
        run.history, run.norms, found.test, scores, columns.reshape(-1, 28, 28), run.config
    )
    for name in ("curves", "predictions", "confusion"):
        plot.save(pictures[name], out / f"{name}.svg")
    report.write(out / "report.html", run.history, run.config, pictures)


def results_in(out: Path) -> list[Path]:
    """What a run has left in a folder."""
    names = (*RESULTS, Path(CHECKPOINT).stem + "*")
    return [path for name in names for path in sorted(out.glob(name))]


def command(options: argparse.Namespace) -> str:
    """The line that goes on with this run."""
    words = [sys.executable, __file__]
    if options.distributed:
        words = ["mpiexec", "-n", str(processes.size()), *words, processes.OPTION]
    for name, default in DEFAULTS.items():
        if (value := getattr(options, name)) != default:
            words += [f"--{name.replace('_', '-')}", str(value)]
    join = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return join([*words, "--resume"])


DEFAULTS = {
    "model": MODEL, "epochs": EPOCHS, "batch_size": BATCH_SIZE, "lr": LR, "seed": SEED,
    "data": common.DATA, "data_root": None, "out": Path(OUT), "checkpoint_every": None,
}  # fmt: skip


def prepare(options: argparse.Namespace, held: contextlib.ExitStack) -> common.Data:
    """Load the data, and hold the folder for the results, if it may be used."""
    may_use(options)
    found = common.load(options.data, options.data_root)
    held.enter_context(common.alone_in(options.out))
    there = may_use(options)  # again, for another run may have come to its end meanwhile
    if not options.resume:
        for path in there:
            path.unlink()  # or an old checkpoint could be resumed as if it were of this run
    return found


def may_use(options: argparse.Namespace) -> list[Path]:
    """What is in the folder for the results; `BadInput` unless that was expected."""
    there = results_in(options.out)
    if there and not options.resume and not options.overwrite:
        raise common.BadInput(
            f"{options.out} holds a run's results ({there[0].name}): --resume goes on with it, "
            "--overwrite replaces it, --out takes another folder"
        )
    return there


@common.reported
def main(argv: list[str] | None = None) -> int:
    """Train, write the results, and return the exit status: 0, 2 for bad input, 130 on Ctrl-C."""
    parser = common.Parser(__file__, __doc__)
    add = parser.add_argument
    whole = common.number(int, 0, "a whole number")
    default = "(default: %(default)s)"
    add("--model", choices=MODELS, help=f"the lecture's formulas, or nn and optim {default}")
    add("--epochs", type=common.COUNT, metavar="N", help=f"passes over the images {default}")
    add("--batch-size", type=common.COUNT, metavar="N", help=f"images in a step {default}")
    add("--lr", type=common.number(float, 0, "a number from 0 on"), help=f"learning rate {default}")
    add("--seed", type=whole, metavar="N", help=f"the same seed gives the same run {default}")
    common.add_data_options(parser)
    add("--out", type=Path, metavar="DIR", help=f"folder for the results {default}")
    add("--checkpoint-every", type=common.COUNT, metavar="STEPS", help="(default: each epoch)")
    add("--compile", action="store_true", help="run forward and backward as NumPy programs")
    common.add_distributed_option(parser)
    present = parser.add_mutually_exclusive_group()
    present.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    present.add_argument("--overwrite", action="store_true", help="replace the run in the folder")
    parser.set_defaults(**DEFAULTS)
    options = parser.parse_args(argv)
    common.check_alone(options.distributed)
    common.choose_threads(options.batch_size, INPUTS, OUTPUTS)
    with contextlib.ExitStack() as held:
        found = processes.by_first(lambda: prepare(options, held))
        return go(options, found)


def go(options: argparse.Namespace, found: common.Data) -> int:
    """Train with these options and write the results; returns the exit status."""
    config = {name: getattr(options, name) for name in ("model", "batch_size", "lr", "seed")}
    run = Run(config | {"data": found.kind})
    if options.compile:
        run.forward = minigrad.compile(run.forward)  # type: ignore[method-assign]
    if options.resume:
        resume_all(run, len(found.train), options.out)
    if len(run.history) > options.epochs:
        raise common.BadInput(
            f"--epochs {options.epochs}: the run in {options.out} has {len(run.history)} already"
        )
    if len(run.history) == options.epochs:
        processes.say(
            f"nothing is left to train of {options.epochs} epochs: --epochs N asks for more"
        )
    every = options.checkpoint_every or -(-len(found.train) // options.batch_size)
    if status := train(run, found, options.epochs, every, options.out):
        processes.say(f"interrupted, and saved. To go on: {command(options)}", file=sys.stderr)
        return status
    if processes.rank():
        return 0
    write_results(run, options.out)
    draw_results(run, found, options.out)
    final = run.history[-1]
    print(f"results: {', '.join(os.path.join(options.out, name) for name in RESULTS)}")
    print(f"final test accuracy {final['test_accuracy']:.4f}, train loss {final['train_loss']:.4f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
