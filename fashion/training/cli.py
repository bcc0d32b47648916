"""The command that trains: its options, its messages, and what it does in which order."""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import minigrad

from . import command, processes, report
from .augment import AUGMENTS
from .models import CONSTANT, LR_SCHEDULES, MODELS, OPTIMIZERS, SCRATCH, largest_product
from .run import RESULTS, Run, results_in, resume_all, train


class Program(NamedTuple):
    """A command that trains.

    `prog` is its name in messages, `start` the words that start it, `doc` what --help says.
    `models` has the names of --model, and for each the one in `models.MODELS`. `defaults` has a
    value for each of its options; one that is not there is no option.
    """

    prog: str
    start: list[str]
    doc: str | None
    models: Mapping[str, str]
    defaults: Mapping[str, Any]


WHOLE = command.number(int, 0, "a whole number")
POSITIVE = command.number(float, 0, "a number from 0 on")
OPTIONS: dict[str, dict[str, Any]] = {
    "model": {"help": "what to train"},
    "optimizer": {"choices": OPTIMIZERS, "help": "how a step is taken"},
    "lr": {"type": POSITIVE, "help": "learning rate"},
    "lr_schedule": {"choices": LR_SCHEDULES, "help": "how it changes from step to step"},
    "weight_decay": {"type": POSITIVE, "help": "pull of all weights towards 0"},
    "augment": {"choices": AUGMENTS, "help": "how training images are changed each time"},
    "epochs": {"type": command.COUNT, "metavar": "N", "help": "passes over the images"},
    "batch_size": {"type": command.COUNT, "metavar": "N", "help": "images in a step"},
    "seed": {"type": WHOLE, "metavar": "N", "help": "the same seed gives the same run"},
    "data": {}, "data_root": {},
    "out": {"type": Path, "metavar": "DIR", "help": "folder for the results"},
    "checkpoint_every": {"type": command.COUNT, "metavar": "STEPS"},
}  # fmt: skip
# What a default of None means.
UNSET = {
    "lr": "(default: the model's own and the optimizer's)",
    "out": "(default: runs/MODEL)",
    "checkpoint_every": "save a checkpoint this often (default: each epoch)",
}
# The options that decide what the weights become: a checkpoint is of one choice of them.
DECIDING = ("model", "optimizer", "lr_schedule", "weight_decay", "augment", "batch_size", "lr",
            "seed")  # fmt: skip


def parser(program: Program) -> argparse.ArgumentParser:
    """The program's options."""
    made = command.Parser(program.prog, program.doc)
    for name, default in program.defaults.items():
        how = dict(OPTIONS[name])
        if name == "data":
            command.add_data_options(made)
        if name in ("data", "data_root"):
            continue
        if name == "model":
            how["choices"] = program.models
        note = UNSET[name] if default is None else "(default: %(default)s)"
        how["help"] = f"{how.get('help', '')} {note}".strip()
        made.add_argument(f"--{name.replace('_', '-')}", **how)
    made.add_argument("--compile", action="store_true",
                      help="run forward and backward as NumPy programs")  # fmt: skip
    command.add_distributed_option(made)
    present = made.add_mutually_exclusive_group()
    present.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    present.add_argument("--overwrite", action="store_true", help="replace the run in the folder")
    made.set_defaults(**program.defaults)
    return made


def settle(program: Program, options: argparse.Namespace) -> dict[str, Any]:
    """Fill in what the model decides; return the choices that the weights depend on."""
    name = program.models[options.model]
    chosen = {key: getattr(options, key) for key in DECIDING if key in program.defaults}
    if name == SCRATCH:
        for key in ("optimizer", "lr_schedule", "weight_decay"):
            if key in chosen and chosen[key] != program.defaults[key]:
                raise command.BadInput(
                    f"--{key.replace('_', '-')} {chosen[key]}: the step of --model {options.model} "
                    "is written by hand, and is plain SGD; --model softmax takes all optimizers"
                )
    if chosen["lr"] is None:
        chosen["lr"] = OPTIMIZERS[options.optimizer].rate(MODELS[name].lr)
    if chosen.get("lr_schedule", CONSTANT) != CONSTANT:
        chosen["epochs"] = options.epochs  # for the schedule ends with them
    if options.out is None:
        options.out = Path("runs", options.model)
    return chosen


def again(program: Program, options: argparse.Namespace) -> str:
    """The line that goes on with this run."""
    words = [sys.executable, *program.start]
    if options.distributed:
        words = ["mpiexec", "-n", str(processes.size()), *words, processes.OPTION]
    for name, default in program.defaults.items():
        if (value := getattr(options, name)) != default:
            words += [f"--{name.replace('_', '-')}", str(value)]
    join = subprocess.list2cmdline if os.name == "nt" else shlex.join
    return join([*words, "--resume"])


def prepare(options: argparse.Namespace, held: contextlib.ExitStack) -> command.Data:
    """Load the data, and hold the folder for the results, if it may be used."""
    may_use(options)
    found = command.load(options.data, options.data_root)
    held.enter_context(command.alone_in(options.out))
    there = may_use(options)  # again, for another run may have come to its end meanwhile
    if not options.resume:
        for path in there:
            path.unlink()  # or an old checkpoint could be resumed as if it were of this run
    return found


def may_use(options: argparse.Namespace) -> list[Path]:
    """What is in the folder for the results; `BadInput` unless that was expected."""
    there = results_in(options.out)
    if there and not options.resume and not options.overwrite:
        raise command.BadInput(
            f"{options.out} holds a run's results ({there[0].name}): --resume goes on with it, "
            "--overwrite replaces it, --out takes another folder"
        )
    return there


def main(program: Program, argv: list[str] | None = None) -> int:
    """Train, write the results, and return the exit status: 0, 2 for bad input, 130 on Ctrl-C."""
    return command.run(program.prog, lambda words: body(program, words), argv)


def body(program: Program, argv: list[str] | None) -> int:
    """What `main` does, with bad input as an exception."""
    options = parser(program).parse_args(argv)
    command.check_alone(options.distributed)
    chosen = settle(program, options)
    with contextlib.ExitStack() as held:
        found = processes.by_first(lambda: prepare(options, held))
        return go(program, options, chosen, found)


def go(
    program: Program, options: argparse.Namespace, chosen: dict[str, Any], found: command.Data
) -> int:
    """Train with these options and write the results; returns the exit status."""
    name, images = program.models[options.model], len(found.train)
    per_epoch = -(-images // options.batch_size)
    run = Run(chosen | {"data": found.kind}, name, images, options.epochs * per_epoch)
    if options.batch_size < run.least * processes.size():
        raise command.BadInput(
            f"--batch-size {options.batch_size}: --model {options.model} takes means over images, "
            f"so each process needs {run.least} at least"
        )
    command.choose_threads(options.batch_size, 1, largest_product(run.model.weights()))
    if options.compile:
        run.forward = minigrad.compile(run.forward)  # type: ignore[method-assign]
    if options.resume:
        resume_all(run, program.prog, options.out)
    if len(run.history) > options.epochs:
        raise command.BadInput(
            f"--epochs {options.epochs}: the run in {options.out} has {len(run.history)} already"
        )
    if len(run.history) == options.epochs:
        processes.say(
            f"nothing is left to train of {options.epochs} epochs: --epochs N asks for more"
        )
    every = options.checkpoint_every or per_epoch
    if status := train(run, found, options.epochs, every, options.out):
        line = again(program, options)
        processes.say(f"interrupted, and saved. To go on: {line}", file=sys.stderr)
        return status
    if processes.rank():
        return 0
    report.write_results(run, options.out)
    report.draw_results(run, found, options.out, name)
    final = run.history[-1]
    print(f"results: {', '.join(os.path.join(options.out, name) for name in RESULTS)}")
    print(f"final test accuracy {final['test_accuracy']:.4f}, train loss {final['train_loss']:.4f}")
    return 0
