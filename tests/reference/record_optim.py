"""Records what torch's optimisers make of a small net in twenty steps.

Run it again with: python tests/reference/record_optim.py

The net, the data and the list of optimisers stand here, so that the tests run the same ones.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

FILE = Path(__file__).with_name("optim.json")
SEED = 20
STEPS = 20

# name: class, settings, settings of the second group (None: all parameters are in one)
RUNS: dict[str, tuple[str, dict[str, Any], dict[str, Any] | None]] = {
    "SGD": ("SGD", {"lr": 0.1}, None),
    "SGD, default lr": ("SGD", {}, None),
    "SGD, momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}, None),
    "SGD, dampening": ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3}, None),
    "SGD, nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True}, None),
    "SGD, weight decay": ("SGD", {"lr": 0.1, "weight_decay": 0.05}, None),
    "SGD, maximize": ("SGD", {"lr": 0.01, "maximize": True, "momentum": 0.5}, None),
    "SGD, everything": (
        "SGD",
        {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.05, "maximize": True},
        None,
    ),
    "SGD, groups": (
        "SGD",
        {"lr": 0.1, "weight_decay": 0.1},
        {"lr": 0.02, "momentum": 0.9, "weight_decay": 0.0},
    ),
    "Adam": ("Adam", {"lr": 0.01}, None),
    "Adam, default lr": ("Adam", {}, None),
    "Adam, betas, eps": ("Adam", {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3}, None),
    "Adam, weight decay": ("Adam", {"lr": 0.01, "weight_decay": 0.05}, None),
    "Adam, amsgrad": ("Adam", {"lr": 0.01, "amsgrad": True}, None),
    "Adam, maximize": ("Adam", {"lr": 0.01, "maximize": True}, None),
    "Adam, groups": ("Adam", {"lr": 0.01}, {"lr": 0.05, "weight_decay": 0.1, "betas": (0.5, 0.9)}),
    "AdamW": ("AdamW", {"lr": 0.01}, None),
    "AdamW, weight decay": ("AdamW", {"lr": 0.01, "weight_decay": 0.3, "amsgrad": True}, None),
    "AdamW, groups": ("AdamW", {"lr": 0.01}, {"lr": 0.05, "weight_decay": 0.0, "maximize": True}),
    "RMSprop": ("RMSprop", {}, None),
    "RMSprop, momentum": ("RMSprop", {"lr": 0.003, "momentum": 0.9, "alpha": 0.9}, None),
    "RMSprop, centered": ("RMSprop", {"centered": True, "weight_decay": 0.05}, None),
    "RMSprop, everything": (
        "RMSprop",
        {"lr": 0.003, "centered": True, "momentum": 0.5, "eps": 1e-3, "maximize": True},
        {"lr": 0.01, "alpha": 0.9},
    ),
    "Adagrad": ("Adagrad", {"lr": 0.1}, None),
    "Adagrad, everything": (
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.2, "weight_decay": 0.05, "initial_accumulator_value": 0.3},
        {"lr": 0.3, "maximize": True},
    ),
    "Adadelta": ("Adadelta", {}, None),
    "Adadelta, everything": (
        "Adadelta",
        {"lr": 0.5, "rho": 0.8, "eps": 1e-3, "weight_decay": 0.05},
        {"maximize": True},
    ),
    "Adamax": ("Adamax", {"lr": 0.01}, None),
    "Adamax, everything": (
        "Adamax",
        {"lr": 0.01, "betas": (0.8, 0.95), "eps": 1e-3, "weight_decay": 0.05},
        {"maximize": True},
    ),
    "NAdam": ("NAdam", {"lr": 0.01}, None),
    "NAdam, everything": (
        "NAdam",
        {"lr": 0.01, "betas": (0.8, 0.95), "weight_decay": 0.05, "momentum_decay": 0.1},
        {"decoupled_weight_decay": True, "maximize": True},
    ),
    "RAdam": ("RAdam", {"lr": 0.01}, None),
    "RAdam, everything": (
        "RAdam",
        {"lr": 0.01, "betas": (0.8, 0.95), "weight_decay": 0.05, "eps": 1e-3},
        {"decoupled_weight_decay": True, "maximize": True},
    ),
    "Rprop": ("Rprop", {}, None),
    "Rprop, everything": (
        "Rprop",
        {"lr": 0.05, "etas": (0.3, 1.5), "step_sizes": (1e-3, 0.1)},
        {"maximize": True},
    ),
    "ASGD": ("ASGD", {"lr": 0.1}, None),
    "ASGD, everything": (
        "ASGD",
        {"lr": 0.1, "lambd": 0.01, "alpha": 0.5, "t0": 3, "weight_decay": 0.05},
        {"maximize": True},
    ),
    "LBFGS": ("LBFGS", {"lr": 0.5, "max_iter": 3}, None),
    "LBFGS, history": ("LBFGS", {"lr": 0.3, "max_iter": 5, "history_size": 3}, None),
    "LBFGS, line search": ("LBFGS", {"max_iter": 4, "line_search_fn": "strong_wolfe"}, None),
}


def train(lib: Any, name: str, dtype: str) -> list[list[float]]:
    """Train 4-5-3 with tanh on 8 fixed examples, with lib.optim; the parameters at the end."""
    rng = np.random.default_rng(SEED)
    shapes = [(5, 4), (5,), (3, 5), (3,)]
    params = [
        lib.from_numpy(rng.normal(0, 0.5, shape).astype(dtype)).requires_grad_() for shape in shapes
    ]
    X = lib.from_numpy(rng.normal(size=(8, 4)).astype(dtype))
    y = lib.from_numpy(rng.integers(0, 3, 8))
    kind, settings, second = RUNS[name]
    groups: Any = params
    if second is not None:  # one tensor alone is a group, too
        groups = [{"params": params[:3]}, {"params": params[3], **second}]
    optimizer = getattr(lib.optim, kind)(groups, **settings)
    F = lib.nn.functional

    def closure() -> Any:
        optimizer.zero_grad()
        hidden = F.linear(X, params[0], params[1]).tanh()
        loss = F.cross_entropy(F.linear(hidden, params[2], params[3]), y)
        loss.backward()
        return loss

    for _ in range(2 if kind == "LBFGS" else STEPS):
        optimizer.step(closure)
    return [p.detach().numpy().reshape(-1).tolist() for p in params]


def main() -> None:
    """Ask torch, and write its answers beside this file."""
    import torch

    torch.set_num_threads(1)
    runs = {
        f"{name} | {dtype}": train(torch, name, dtype)
        for name in RUNS
        for dtype in ("float32", "float64")
    }
    about = {"torch": torch.__version__, "seed": SEED, "steps": STEPS}
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(values)}" for key, values in runs.items())
    text = f'{{"about": {json.dumps(about)},\n"runs": {{\n{lines}\n}}}}\n'
    FILE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
