"""A training and all that it depends on: steps, epochs, checkpoints, and a Ctrl-C that saves."""

from __future__ import annotations

import contextlib
import io
import math
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

import minigrad
from minigrad import nn, serialization

from .. import d2l, data, datasets
from . import command, processes
from .augment import augmented
from .models import make

WORKERS = 0  # threads that prepare batches in advance
EVALUATION_BATCH = 1000
CHECKPOINT = "checkpoint.npz"
RESULTS = (
    "history.json", "model.npz", "curves.svg", "predictions.svg", "confusion.svg", "report.html",
)  # fmt: skip

LINE = (
    "epoch {epoch:2d}/{epochs}  loss {train_loss:.4f}  train acc {train_accuracy:.4f}  "
    "test acc {test_accuracy:.4f}  {seconds:6.2f} s  {images_per_second:9,.0f} images/s"
)


class Interrupt(contextlib.ExitStack):
    """Turns a first Ctrl-C or SIGTERM into a wish, `wanted`, that is granted between two steps.

    A second one stops at once. `status` is the exit status of a program that was so stopped.
    """

    def __enter__(self) -> Interrupt:
        super().__enter__()
        self.wanted, self.status = False, 128 + signal.SIGINT
        self._before = {
            number: self.enter_context(command.handling(number, self._note))
            for number in command.signals()
        }
        return self

    def _note(self, number: int, _: object) -> None:
        self.wanted, self.status = True, 128 + number
        for each, before in self._before.items():
            if before is not None:
                signal.signal(each, before)


class Run:
    """A training and all that it depends on, which is what a checkpoint holds.

    `config` is what the user has chosen, under the names of the options; `name` is that of the
    model in `models`, `images` how many the training set has, `steps` how many batches there will
    be, which a schedule of learning rates has to know.
    """

    def __init__(self, config: Mapping[str, Any], name: str, images: int, steps: int) -> None:
        self.config = dict(config)
        first = minigrad.Generator().manual_seed(config["seed"])
        self.model = make(name, config, steps, first)
        # The network as a module; the model of formulas has none.
        self.net = self.model.net if isinstance(self.model.net, nn.Module) else nn.Identity()
        layers = list(self.net.modules())
        self.drops = any(isinstance(layer, nn.Dropout) for layer in layers)
        norms = (nn.BatchNorm1d, nn.BatchNorm2d)
        self.least = 2 if any(isinstance(layer, norms) for layer in layers) else 0  # images
        self.generator = minigrad.Generator().manual_seed(config["seed"] + 1)  # of the orders
        self.images = images
        self.history: list[dict[str, float]] = []
        self.norms: list[float] = []  # of the gradient, at each step
        self.rates: list[float] = []  # of learning, at each step
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
            "rates": np.array(self.rates),
            "order": self.order,
            "done": self.done,
            "sums": self.sums.data,
            "seconds": self.seconds,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        self.model.load_state_dict(state["model"])
        self.generator.set_state(state["generator"])
        self.history, self.norms = state["history"], np.asarray(state["norms"]).tolist()
        self.rates = np.asarray(state["rates"]).tolist()
        self.order, self.done = state["order"], state["done"]
        self.sums.data, self.seconds = state["sums"], state["seconds"]

    def batches(self, train: datasets.ArrayDataset) -> data.DataLoader:
        """The rest of the epoch's batches; an epoch that has not begun gets its order now."""
        if self.order is None:
            self.order = minigrad.randperm(self.images, generator=self.generator).numpy()
        batches = processes.batches(self.order[self.done :], self.config["batch_size"])
        return data.DataLoader(train, batch_sampler=batches, num_workers=WORKERS)

    def forward(self, X: minigrad.Tensor, y: minigrad.Tensor) -> tuple:
        """The predictions, and the loss of each image."""
        y_hat = self.model.net(X)
        return y_hat, self.model.loss(y_hat, y)

    def step(self, X: minigrad.Tensor, y: minigrad.Tensor) -> None:
        """Train on one batch, of which this process has a part."""
        batch = min(self.config["batch_size"], self.images - self.done)
        # One image has no spread: of a short last batch, batch norm takes the one that it has.
        self.net.train(len(X) >= self.least)
        with self.chance():
            y_hat, losses = self.forward(self.changed(X, batch), y)
        self.rates.append(self.model.lr)
        self.model.step(losses, batch)
        self.norms.append(self.model.gradient)
        self.sums.add(*processes.total(losses.detach().sum(), d2l.accuracy(y_hat.detach(), y)))
        self.done += batch

    def changed(self, X: minigrad.Tensor, batch: int) -> minigrad.Tensor:
        """The images as --augment wants them; what happens to one depends on no other process."""
        name = self.config.get("augment", "none")
        if name == "none":
            return X
        draws = np.random.default_rng([self.config["seed"], self.seen()]).random((batch, 3))
        own = draws[processes.rank() :: processes.size()]
        return minigrad.from_numpy(augmented(name, X.numpy(), own))

    def seen(self) -> int:
        """How many images have been trained on, of all epochs."""
        return len(self.history) * self.images + self.done

    @contextlib.contextmanager
    def chance(self) -> Iterator[None]:
        """Let dropout's random numbers depend on the seed, the step and the process alone."""
        if not self.drops:
            yield
            return
        stream = minigrad.default_generator
        before = stream.get_state()
        stream.manual_seed((self.config["seed"] << 80) + (self.seen() << 20) + processes.rank())
        try:
            yield
        finally:
            stream.set_state(before)

    def end_epoch(self, test: datasets.ArrayDataset) -> dict[str, float]:
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

    def probabilities(self, test: datasets.ArrayDataset) -> np.ndarray:
        """What the model gives each class of each test image."""
        self.net.eval()
        with minigrad.no_grad():
            batches: data.DataLoader = data.DataLoader(test, EVALUATION_BATCH)
            found = [self.model.probabilities(self.model.net(X)) for X, _ in batches]
        return np.concatenate(found)


def train(run: Run, found: command.Data, epochs: int, every: int, out: Path) -> int:
    """Train up to this many epochs, with a checkpoint every so many steps.

    Returns the exit status: 0, or that of a program stopped by a signal.
    """
    from tqdm import tqdm  # type: ignore[import-untyped]

    size, batch_size = run.images, run.config["batch_size"]
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
                    raise command.BadInput(
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


def resume_all(run: Run, prog: str, out: Path) -> None:
    """Put a run into its last state in all processes; only the first one needs the folder."""

    def work() -> bytes:
        resume(run, prog, out)
        file = io.BytesIO()
        serialization.save(run.state_dict(), file)
        return file.getvalue()

    state = processes.by_first(work)
    if processes.rank():
        run.load_state_dict(serialization.load(io.BytesIO(state)))


def resume(run: Run, prog: str, out: Path) -> None:
    """Put a run into the state of its last good checkpoint, and say which that is."""

    def check(state: Any) -> None:
        try:
            for name, value in run.config.items():
                if (theirs := state["config"][name]) != value:
                    raise ValueError(f"of a run with {name} {theirs}, asked for is {name} {value}")
            run.load_state_dict(state)
            order = np.arange(run.images) if run.order is None else np.sort(run.order)
            if not (np.array_equal(order, np.arange(run.images)) and 0 <= run.done < run.images):
                raise ValueError(f"it is not within an epoch of {run.images} images")
        except (KeyError, TypeError, AttributeError, RuntimeError) as error:
            words = f"{type(error).__name__}: {error}"
            raise ValueError(f"no checkpoint of {prog} ({words})") from None

    try:
        _, used, refusals = serialization.load_latest(out / CHECKPOINT, check)
    except FileNotFoundError:
        if there := results_in(out):
            raise command.BadInput(f"{out} holds {there[0].name} but no checkpoint") from None
        print(f"no checkpoint in {out} yet: starting at the beginning")
        return
    except ValueError as error:
        raise command.BadInput(f"cannot resume: {error}") from None
    for refusal in refusals:
        print(f"*** refused {refusal}; using {used.name} instead", file=sys.stderr)
    print(
        f"resumed from {used}: {len(run.history)} epochs done, and {run.done:,} images of the next"
    )


def results_in(out: Path) -> list[Path]:
    """What a run has left in a folder."""
    names = (*RESULTS, Path(CHECKPOINT).stem + "*")
    return [path for name in names for path in sorted(out.glob(name))]
