"""Learning rate schedules, averaged models and optimisers' manners, as torch answered."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded

import minigrad
from minigrad import nn, optim

STEPS = 20


def setting(lib: Any, kind: str = "SGD", **how: Any) -> tuple[Any, Any]:
    """An optimiser of two groups with rates of their own; and a closure that gives gradients."""
    a, b = lib.ones(2).requires_grad_(), lib.ones(3).requires_grad_()
    step = getattr(lib.optim, kind)([{"params": [a]}, {"params": [b], "lr": 0.2}], lr=0.5, **how)

    def closure() -> Any:
        step.zero_grad()
        loss = (a * a).sum() + (b * b).sum()
        loss.backward()
        return loss

    return step, closure


def run(make: Callable, kind: str = "SGD", **how: Any) -> Callable[[Any], Any]:
    """The rates, and the momenta if there are any, over twenty steps; and the state's names."""

    def program(lib: Any) -> Any:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            step, closure = setting(lib, kind, **how)
            scheduler = make(lib.optim.lr_scheduler, step)
            found = []
            for i in range(STEPS):
                groups = step.param_groups
                momenta = [g.get("momentum", g.get("betas", [0])) for g in groups]
                found.append([[g["lr"] for g in groups], momenta])
                step.step(closure)
                plateau = type(scheduler).__name__ == "ReduceLROnPlateau"
                scheduler.step(*[[5.0, 4.0, 4.0, 4.5, 3.99][i % 5]] * plateau)
            return [found, scheduler.get_last_lr(), scheduler.last_epoch]

    return program


def halves(epoch: int) -> float:
    return 0.5**epoch


RUNS: dict[str, Callable[[Any], Any]] = {
    "LambdaLR": run(lambda s, o: s.LambdaLR(o, halves)),
    "LambdaLR, two": run(lambda s, o: s.LambdaLR(o, [halves, lambda e: 1 / (1 + e)])),
    "MultiplicativeLR": run(lambda s, o: s.MultiplicativeLR(o, lambda e: 0.9 + 0.01 * e)),
    "StepLR": run(lambda s, o: s.StepLR(o, 3, 0.5)),
    "MultiStepLR": run(lambda s, o: s.MultiStepLR(o, [2, 5, 5, 11], 0.5)),
    "ConstantLR": run(lambda s, o: s.ConstantLR(o, 0.25, 4)),
    "LinearLR": run(lambda s, o: s.LinearLR(o, 0.1, 0.8, 6)),
    "ExponentialLR": run(lambda s, o: s.ExponentialLR(o, 0.9)),
    "PolynomialLR": run(lambda s, o: s.PolynomialLR(o, 8, 2.0)),
    "CosineAnnealingLR": run(lambda s, o: s.CosineAnnealingLR(o, 6, 0.01)),
    "CosineAnnealingWarmRestarts": run(lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2, 0.01)),
    "CyclicLR": run(lambda s, o: s.CyclicLR(o, 0.01, 1.0, 4), momentum=0.5),
    "CyclicLR, triangular2": run(
        lambda s, o: s.CyclicLR(o, [0.01, 0.1], 1.0, 2, 5, "triangular2", base_momentum=0.3),
        "Adam",
    ),
    "CyclicLR, exp_range": run(
        lambda s, o: s.CyclicLR(o, 0.01, 1.0, 3, mode="exp_range", gamma=0.9, cycle_momentum=False)
    ),
    "CyclicLR, own": run(
        lambda s, o: s.CyclicLR(o, 0.01, 1.0, 3, scale_fn=lambda x: 1 / x, cycle_momentum=False)
    ),
    "OneCycleLR": run(lambda s, o: s.OneCycleLR(o, 1.0, 22), momentum=0.9),
    "OneCycleLR, linear, three": run(
        lambda s, o: s.OneCycleLR(
            o, [1.0, 2.0], epochs=4, steps_per_epoch=6, anneal_strategy="linear", three_phase=True
        ),
        "AdamW",
    ),
    "SequentialLR": run(
        lambda s, o: s.SequentialLR(
            o, [s.LinearLR(o, 0.1, total_iters=4), s.CosineAnnealingLR(o, 8), s.StepLR(o, 2)],
            [4, 13],
        )
    ),
    "ChainedScheduler": run(
        lambda s, o: s.ChainedScheduler([s.ConstantLR(o, 0.1, 3), s.ExponentialLR(o, 0.9)])
    ),
    "ReduceLROnPlateau": run(lambda s, o: s.ReduceLROnPlateau(o, patience=2, cooldown=1)),
    "ReduceLROnPlateau, max": run(
        lambda s, o: s.ReduceLROnPlateau(
            o, "max", 0.5, 1, 0.2, "abs", min_lr=[0.05, 0.1], eps=1e-3
        )
    ),
    "SWALR": run(lambda s, o: swa(o).SWALR(o, 0.05, 5)),
    "SWALR, linear": run(lambda s, o: swa(o).SWALR(o, [0.05, 0.3], 4, "linear")),
    "SWALR, at once": run(lambda s, o: swa(o).SWALR(o, 0.05, 0)),
    "a step to an epoch": run(lambda s, o: jumped(s.StepLR(o, 3, 0.5), 7)),
    "warm restarts, a jump": run(lambda s, o: jumped(s.CosineAnnealingWarmRestarts(o, 3, 2), 11)),
}  # fmt: skip


def swa(optimizer: Any) -> Any:
    own = type(optimizer).__module__.startswith("minigrad")
    return optim.swa_utils if own else __import__("torch").optim.swa_utils


def jumped(scheduler: Any, epoch: int) -> Any:
    scheduler.step(epoch)
    return scheduler


def refusal(call: Callable[[], Any]) -> str:
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return "nothing was raised"


def refusals(lib: Any) -> Any:
    s, (o, _) = lib.optim.lr_scheduler, setting(lib)
    plain = lib.optim.Adadelta([lib.ones(1).requires_grad_()])
    return [
        refusal(lambda: s.StepLR(3, 2)),
        refusal(lambda: s.StepLR(o, 2, last_epoch=3) if False else s.LambdaLR(o, [halves])),
        refusal(lambda: s.ConstantLR(o, 2.0)),
        refusal(lambda: s.LinearLR(o, 0.0)),
        refusal(lambda: s.LinearLR(o, 0.5, 2.0)),
        refusal(lambda: s.CosineAnnealingWarmRestarts(o, 0)),
        refusal(lambda: s.CosineAnnealingWarmRestarts(o, 3, 0)),
        refusal(lambda: s.CyclicLR(plain, 0.1, 1.0)),
        refusal(lambda: s.CyclicLR(o, [0.1], 1.0)),
        refusal(lambda: s.CyclicLR(o, 0.1, 1.0, mode="square")),
        refusal(lambda: s.OneCycleLR(o, 1.0)),
        refusal(lambda: s.OneCycleLR(o, 1.0, 0)),
        refusal(lambda: s.OneCycleLR(o, 1.0, 10, pct_start=2.0)),
        refusal(lambda: s.OneCycleLR(o, 1.0, 10, anneal_strategy="sin")),
        refusal(lambda: s.SequentialLR(o, [], [])),
        refusal(lambda: s.SequentialLR(o, [s.StepLR(o, 2)], [3])),
        refusal(lambda: s.SequentialLR(o, [s.ReduceLROnPlateau(o)], [])),
        refusal(lambda: s.ChainedScheduler([s.StepLR(plain, 2)], o)),
        refusal(lambda: s.ReduceLROnPlateau(o, factor=1.0)),
        refusal(lambda: s.ReduceLROnPlateau(o, "least")),
        refusal(lambda: s.ReduceLROnPlateau(o, min_lr=[0.1])),
        refusal(lambda: lib.optim.swa_utils.SWALR(o, 0.1, -1)),
    ]


def bad_settings(lib: Any) -> Any:
    kinds = {
        "RMSprop": [{"alpha": -1}, {"momentum": -1}, {"eps": -1}, {"lr": -1}],
        "Adagrad": [{"lr_decay": -1}, {"initial_accumulator_value": -1}, {"weight_decay": -1}],
        "Adadelta": [{"rho": 2}, {"eps": -1}],
        "Adamax": [{"betas": (1.0, 0.9)}, {"eps": -1}],
        "NAdam": [{"momentum_decay": -1}, {"betas": (0.9, 1.0)}],
        "RAdam": [{"lr": -1}, {"betas": (-0.1, 0.9)}],
        "Rprop": [{"etas": (1.2, 0.5)}, {"lr": -1}],
        "ASGD": [{"lr": -1}, {"weight_decay": -1}],
        "LBFGS": [{"lr": -1}],
    }
    return [
        [kind, refusal(lambda: getattr(lib.optim, kind)([lib.ones(1).requires_grad_()], **how))]  # noqa: B023
        for kind, settings in kinds.items()
        for how in settings
    ]


def lbfgs_refusals(lib: Any) -> Any:
    a, b = lib.ones(1).requires_grad_(), lib.ones(1).requires_grad_()
    step = lib.optim.LBFGS([a])
    odd = lib.optim.LBFGS([a], line_search_fn="armijo")

    def closure() -> Any:
        (a * a).sum().backward()
        return (a * a).sum()

    return [
        refusal(lambda: lib.optim.LBFGS([{"params": [a]}, {"params": [b]}])),
        refusal(lambda: step.step()),
        refusal(lambda: odd.step(closure)),
    ]


def settings_that_make_no_difference(lib: Any) -> Any:
    found = []
    for kind in ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adadelta", "Adamax", "NAdam",
                 "RAdam", "Rprop", "ASGD"):  # fmt: skip
        w = lib.ones(2).requires_grad_()
        step = getattr(lib.optim, kind)([w], lr=0.1, foreach=False)
        (w * w).sum().backward()
        step.step()
        found.append(w)
    for kind in ("SGD", "Adam", "AdamW", "Adagrad"):
        w = lib.ones(2).requires_grad_()
        step = getattr(lib.optim, kind)([w], lr=0.1, fused=False)
        (w * w).sum().backward()
        step.step()
        found.append(w)
    return found


def averaged_models(lib: Any) -> Any:
    found: list[Any] = []
    tools = lib.optim.swa_utils
    for how in ({}, {"avg_fn": tools.get_ema_avg_fn(0.9)}, {"use_buffers": True}):
        net = lib.nn.Sequential(lib.nn.Linear(2, 2), lib.nn.BatchNorm1d(2))
        average = tools.AveragedModel(net, **how)
        rng = np.random.default_rng(0)
        for _ in range(3):
            with lib.no_grad():
                for t in net.state_dict().values():
                    if t.is_floating_point():
                        t.copy_(lib.from_numpy(rng.uniform(0.1, 1, tuple(t.shape)).astype("f")))
            average.update_parameters(net)
        found += [list(average.state_dict()), list(average.state_dict().values())]
        data = [lib.from_numpy(rng.uniform(0, 1, (4, 2)).astype("f")) for _ in range(3)]
        tools.update_bn(data, average)
        found += [list(average.state_dict().values()), average.eval()(data[0])]
    return found


TABLE = {
    **RUNS,
    "schedulers refuse": refusals,
    "optimisers refuse": bad_settings,
    "LBFGS refuses": lbfgs_refusals,
    "foreach and fused": settings_that_make_no_difference,
    "AveragedModel": averaged_models,
}


def test_programs_answer_as_torch_did() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("lr_scheduler"))


@pytest.mark.live
def test_programs_answer_as_torch_does(torch: Any) -> None:
    recorded.check(TABLE, minigrad, {k: recorded.answer(torch, p) for k, p in TABLE.items()})


# -- state -----------------------------------------------------------------------------------------
MAKERS = {
    "LambdaLR": lambda s, o: s.LambdaLR(o, halves),
    "MultiStepLR": lambda s, o: s.MultiStepLR(o, [2, 5, 9], 0.5),
    "CosineAnnealingLR": lambda s, o: s.CosineAnnealingLR(o, 6, 0.01),
    "CosineAnnealingWarmRestarts": lambda s, o: s.CosineAnnealingWarmRestarts(o, 3, 2),
    "CyclicLR": lambda s, o: s.CyclicLR(o, 0.01, 1.0, 4),
    "OneCycleLR": lambda s, o: s.OneCycleLR(o, 1.0, 30),
    "SequentialLR": lambda s, o: s.SequentialLR(
        o, [s.ConstantLR(o, 0.1), s.ExponentialLR(o, 0.9)], [5]
    ),
    "ReduceLROnPlateau": lambda s, o: s.ReduceLROnPlateau(o, patience=1),
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MAKERS)
def test_a_schedule_goes_on_from_its_state(name: str, tmp_path: Any) -> None:
    def steps(optimizer: Any, scheduler: Any, closure: Any, count: int) -> list:
        found = []
        for _ in range(count):
            optimizer.step(closure)
            scheduler.step(*[1.0] * (name == "ReduceLROnPlateau"))
            found.append([g["lr"] for g in optimizer.param_groups])
        return found

    step, closure = setting(minigrad, momentum=0.5)
    scheduler = MAKERS[name](optim.lr_scheduler, step)
    steps(step, scheduler, closure, 7)
    state = {"step": step.state_dict(), "scheduler": scheduler.state_dict()}
    minigrad.save(state, tmp_path / "state.npz")
    state = minigrad.load(tmp_path / "state.npz")
    expected = steps(step, scheduler, closure, 8)
    other, closure = setting(minigrad, momentum=0.5)
    again = MAKERS[name](optim.lr_scheduler, other)
    other.load_state_dict(state["step"])
    again.load_state_dict(state["scheduler"])
    assert steps(other, again, closure, 8) == expected


def test_a_schedule_warns_where_the_optimiser_has_not_stepped() -> None:
    step, closure = setting(minigrad)
    scheduler = optim.lr_scheduler.StepLR(step, 2)
    with pytest.warns(UserWarning, match=r"before `optimizer.step\(\)`"):
        scheduler.step()
    step, closure = setting(minigrad)
    scheduler = optim.lr_scheduler.StepLR(step, 2)
    step.step(closure)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        scheduler.step()


def test_lbfgs_finds_the_minimum_of_rosenbrocks_valley() -> None:
    w = minigrad.tensor([-1.5, 2.0], dtype=minigrad.float64, requires_grad=True)
    step = optim.LBFGS([w], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> minigrad.Tensor:
        step.zero_grad()
        loss = (1 - w[0]) ** 2 + 100 * (w[1] - w[0] ** 2) ** 2
        loss.backward()
        return loss

    step.step(closure)
    np.testing.assert_allclose(w.detach().numpy(), [1.0, 1.0], atol=1e-5)


def test_a_step_that_could_be_differentiated_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="differentiable=True is not part of minigrad"):
        optim.SGD([minigrad.ones(1, requires_grad=True)], differentiable=True)


def test_an_averaged_model_leaves_the_model_alone() -> None:
    net = nn.Linear(2, 1)
    before = net.weight.tolist()
    average = optim.swa_utils.AveragedModel(net)
    average.update_parameters(net)
    average.module.weight.data.fill_(0.0)
    assert net.weight.tolist() == before
