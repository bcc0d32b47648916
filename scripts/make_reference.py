"""Record what torch computes, for the tests: python scripts/make_reference.py [NAME ...]

Writes tests/reference/NAME.npz or NAME.json, each with torch's version and the seed that was used;
training goes to fashion/training/torch_losses.json, which the pictures of a run show.
Needs torch (pip install -e '.[torch]'); the tests that read these files do not.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
EPOCHS = 10  # of a recorded training


def operations(torch: Any, about: dict[str, Any]) -> None:
    """Record every row of tests/cases.py: values, gradients and second gradients."""
    import recorded
    from test_operations import all_runs

    from minigrad.testing import outcome

    outcomes = {
        key: {k: v for k, v in outcome(torch, fn, arrays, order).items() if k != "message"}
        for key, fn, arrays, order in all_runs()
    }
    recorded.save(recorded.FOLDER / "operations.npz", outcomes, about)


def layers(torch: Any, about: dict[str, Any]) -> None:
    """Record every row of tests/layer_cases.py."""
    import layer_cases
    import recorded

    outcomes = {name: layer_cases.run(torch, name, "float64") for name in layer_cases.LAYERS}
    recorded.save(recorded.FOLDER / "layers.npz", outcomes, about)


def table(name: str) -> Callable[[Any, dict[str, Any]], None]:
    """The recorder of the TABLE of small programs in tests/test_NAME.py."""

    def record(torch: Any, about: dict[str, Any]) -> None:
        import recorded

        programs = importlib.import_module(f"test_{name}").TABLE
        answers = {key: recorded.answer(torch, program) for key, program in programs.items()}
        recorded.write_table(name, answers, about)

    return record


def random_programs(torch: Any, about: dict[str, Any]) -> None:
    """Record what torch does with the programs of tests/random_programs.py."""
    import test_random_programs

    test_random_programs.record(torch)


def lectures(torch: Any, about: dict[str, Any]) -> None:
    """Record the losses of scripts/lectures with torch in place of minigrad."""
    import test_lectures

    test_lectures.record(torch, about)


def training(torch: Any, about: dict[str, Any]) -> None:
    """Record the losses of each model of minigrad-train, from its first weights and orders."""
    from fashion import datasets
    from fashion.training.models import MODELS
    from fashion.training.report import RECORDED
    from fashion.training.run import Run
    from minigrad import randperm

    config = {"optimizer": "sgd", "lr_schedule": "constant", "weight_decay": 0.0,
              "augment": "none", "batch_size": 256, "seed": 0}  # fmt: skip

    def losses(name: str, images: Any, labels: Any) -> list[float]:
        run = Run(config | {"lr": MODELS[name].lr}, name, len(images), 1)
        state = {k: torch.from_numpy(w.detach().numpy()) for k, w in run.model.weights().items()}
        if set(state) == {"W", "b"}:
            state = {"1.weight": state["W"].T, "1.bias": state["b"]}
        net = MODELS[name].net(torch.nn)
        net.load_state_dict(state)
        torch.manual_seed(0)  # of dropout, whose masks are torch's own
        X = torch.from_numpy(images.copy()).float().div(255)[:, None]
        y = torch.from_numpy(labels.copy()).long()
        trainer, found = torch.optim.SGD(net.parameters(), lr=MODELS[name].lr), []
        for _ in range(EPOCHS):
            order, total = randperm(len(X), generator=run.generator).tolist(), 0.0
            for batch in torch.tensor(order).split(config["batch_size"]):
                loss = torch.nn.functional.cross_entropy(net(X[batch]), y[batch])
                trainer.zero_grad()
                loss.backward()
                trainer.step()
                total += loss.item() * len(batch)
            found.append(round(total / len(X), 6))
        return found

    sets = {"sample": datasets.load_sample(), "full": datasets.load_arrays()}
    found = {kind: {name: losses(name, *data) for name in MODELS} for kind, data in sets.items()}
    RECORDED.write_text(json.dumps(about | {"config": config} | found, indent=1) + "\n")


TABLES = (
    "promotion",
    "creation",
    "tensor",
    "autograd",
    "printing",
    "errors",
    "views",
    "disagreements",
    "nn_tools",
    "lr_scheduler",
    "distributions",
    "function",
    "func",
    "checkpoint",
)
RECORDERS = {
    "operations": operations,
    "layers": layers,
    "random_programs": random_programs,
    "lectures": lectures,
    "training": training,
    **{name: table(name) for name in TABLES},
}


def main(argv: Sequence[str] | None = None) -> int:
    """Record the named references, or all of them; returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help=f"any of: {', '.join(RECORDERS)}; default: all")
    names = parser.parse_args(argv).names or list(RECORDERS)
    for name in names:
        if name not in RECORDERS:
            parser.error(f"no reference is called {name!r}; there are {', '.join(RECORDERS)}")
    try:
        import torch
    except ImportError:
        parser.error("recording needs torch: pip install torch")
    sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]
    from minigrad.testing import SEED

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in names:
            RECORDERS[name](torch, {"torch": torch.__version__, "seed": SEED})
            print(f"recorded {name} with torch {torch.__version__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
