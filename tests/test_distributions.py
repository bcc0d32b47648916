"""minigrad.distributions: what torch answers to the same questions; and that what is drawn has the
moments that it should have.

Record anew with: python scripts/make_reference.py distributions
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import recorded

import minigrad
from minigrad import distributions

REAL = [-1.5, 0.0, 0.7]
ABOVE = [0.2, 1.0, 2.5]
MADE: dict[str, tuple[Callable, list]] = {
    "Normal": (lambda d, t: d.Normal(t([0.5, -1.0, 0.0]), t([1.0, 2.0, 0.3])), REAL),
    "LogNormal": (lambda d, t: d.LogNormal(t([0.5, -1.0, 0.0]), t([1.0, 2.0, 0.3])), ABOVE),
    "HalfNormal": (lambda d, t: d.HalfNormal(t([0.5, 1.0, 2.0])), ABOVE),
    "Laplace": (lambda d, t: d.Laplace(t([0.5, -1.0, 0.1]), t([1.0, 2.0, 0.3])), REAL),
    "Cauchy": (lambda d, t: d.Cauchy(t([0.5, -1.0, 0.0]), t([1.0, 2.0, 0.3])), REAL),
    "Gumbel": (lambda d, t: d.Gumbel(t([0.5, -1.0, 0.0]), t([1.0, 2.0, 0.3])), REAL),
    "Exponential": (lambda d, t: d.Exponential(t([0.5, 1.0, 3.0])), ABOVE),
    "Pareto": (lambda d, t: d.Pareto(t([0.1, 0.5, 1.0]), t([1.5, 2.5, 3.0])), ABOVE),
    "Uniform": (lambda d, t: d.Uniform(t([-2.0, -1.0, 0.0]), t([1.0, 2.0, 0.9])), REAL),
    "Bernoulli": (lambda d, t: d.Bernoulli(t([0.1, 0.8, 0.6])), [1.0, 0.0, 1.0]),
    "Bernoulli logits": (lambda d, t: d.Bernoulli(logits=t([0.1, -0.8, 3.0])), [1.0, 0.0, 1.0]),
    "Geometric": (lambda d, t: d.Geometric(t([0.1, 0.8, 0.6])), [1.0, 0.0, 3.0]),
    "Binomial": (lambda d, t: d.Binomial(5, t([0.1, 0.8, 0.6])), [1.0, 0.0, 5.0]),
    "Binomial logits": (lambda d, t: d.Binomial(5, logits=t([0.1, -0.8, 3.0])), [1.0, 0.0, 5.0]),
    "Categorical": (lambda d, t: d.Categorical(t([[1.0, 3.0, 2.0], [0.2, 0.3, 0.5]])), [1, 2]),
    "Categorical logits": (lambda d, t: d.Categorical(logits=t([1.0, -3.0, 2.0])), [1, 2]),
    "OneHotCategorical": (lambda d, t: d.OneHotCategorical(t([1.0, 3.0, 2.0])), [0.0, 0.0, 1.0]),
    "Multinomial": (lambda d, t: d.Multinomial(4, t([1.0, 3.0, 2.0])), [1.0, 0.0, 3.0]),
    "Poisson": (lambda d, t: d.Poisson(t([0.5, 1.0, 3.0])), [1.0, 0.0, 3.0]),
    "Independent": (
        lambda d, t: d.Independent(d.Normal(t([[0.5, -1.0, 0.0]] * 2), t([1.0, 2.0, 0.3])), 1),
        REAL,
    ),
    "MultivariateNormal": (
        lambda d, t: d.MultivariateNormal(t(REAL), t([[2.0, 0.5, 0], [0.5, 1, 0], [0, 0, 3]])),
        REAL,
    ),
}
QUESTIONS = ("mean", "variance", "stddev", "mode", "entropy")
PAIRED = {  # what has a divergence, and the other one to measure from
    "Normal": lambda d, t: d.Normal(t([0.0, 1.0, 0.2]), t([0.5, 1.0, 2.0])),
    "LogNormal": lambda d, t: d.LogNormal(t([0.0, 1.0, 0.2]), t([0.5, 1.0, 2.0])),
    "Laplace": lambda d, t: d.Laplace(t([0.0, 1.0, 0.2]), t([0.5, 1.0, 2.0])),
    "Exponential": lambda d, t: d.Exponential(t([0.1, 2.0, 3.0])),
    "Uniform": lambda d, t: d.Uniform(t([-3.0, -1.0, 0.5]), t([1.0, 3.0, 0.9])),
    "Bernoulli": lambda d, t: d.Bernoulli(t([0.5, 0.8, 0.1])),
    "Geometric": lambda d, t: d.Geometric(t([0.5, 0.8, 0.1])),
    "Binomial": lambda d, t: d.Binomial(5, t([0.5, 0.8, 0.1])),
    "Categorical": lambda d, t: d.Categorical(t([[1.0, 1.0, 2.0], [0.2, 0.3, 1.5]])),
    "OneHotCategorical": lambda d, t: d.OneHotCategorical(t([1.0, 1.0, 2.0])),
    "Poisson": lambda d, t: d.Poisson(t([0.1, 2.0, 3.0])),
    "Independent": lambda d, t: d.Independent(d.Normal(t([[0.0, 1, 2]] * 2), t([1.0, 2, 3])), 1),
    "MultivariateNormal": lambda d, t: d.MultivariateNormal(
        t([0.0, 1.0, 2.0]), scale_tril=t([[1.0, 0, 0], [0.5, 2.0, 0], [0.1, 0.2, 0.5]])
    ),
}
TABLE: dict[str, Callable] = {}


def tensors(lib: Any, kept: list) -> Callable:
    """A maker of float64 tensors that require a gradient, and are kept to ask for it."""

    def make(data: Any) -> Any:
        t = lib.tensor(data, dtype=lib.float64, requires_grad=True)
        kept.append(t)
        return t

    return make


def gradients(lib: Any, y: Any, kept: list) -> list:
    found = lib.autograd.grad(y.sum(), kept, allow_unused=True)
    return [lib.zeros_like(x) if g is None else g for x, g in zip(kept, found, strict=True)]


def _asked(name: str, question: str) -> Callable:
    def program(lib: Any) -> Any:
        kept: list = []
        answer = getattr(MADE[name][0](lib.distributions, tensors(lib, kept)), question)
        answer = answer() if callable(answer) else answer
        return answer.detach()

    return program


def _measured(name: str, question: str) -> Callable:
    def program(lib: Any) -> Any:
        kept: list = []
        make, value = MADE[name]
        data = lib.tensor(value) if isinstance(value[0], int) else lib.tensor(value).double()
        if question == "icdf":
            data = lib.tensor([0.1, 0.5, 0.7]).double()
        answer = getattr(make(lib.distributions, tensors(lib, kept)), question)(data)
        return answer.detach(), gradients(lib, answer, kept)

    return program


def _shapes(name: str) -> Callable:
    def program(lib: Any) -> Any:
        d = MADE[name][0](lib.distributions, tensors(lib, []))
        large = d.expand((4, *d.batch_shape))
        kind = str(d.sample().dtype).rpartition(".")[2]
        return (
            list(d.batch_shape), list(d.event_shape), list(d.sample().shape),
            list(d.sample((2, 5)).shape), d.has_rsample, list(large.batch_shape),
            list(large.sample((3,)).shape), d.sample().requires_grad, kind,
        )  # fmt: skip

    return program


def _far(name: str) -> Callable:
    def program(lib: Any) -> Any:
        kept: list = []
        p = MADE[name][0](lib.distributions, tensors(lib, kept))
        q = PAIRED[name](lib.distributions, tensors(lib, kept))
        y = lib.distributions.kl_divergence(p, q)
        finite = lib.isfinite(y.detach())
        return y.detach(), gradients(lib, y[finite] if y.ndim else y, kept)

    return program


for _name in MADE:
    TABLE |= {f"{_name} {q}": _asked(_name, q) for q in QUESTIONS}
    TABLE |= {f"{_name} {q}": _measured(_name, q) for q in ("log_prob", "cdf", "icdf")}
    TABLE[f"{_name} shapes"] = _shapes(_name)
for _name in PAIRED:
    TABLE[f"{_name} kl_divergence"] = _far(_name)
TABLE |= {
    "scale below 0": lambda lib: lib.distributions.Normal(0.0, -1.0),
    "not checked": lambda lib: lib.distributions.Normal(0.0, -1.0, validate_args=False).mean,
    "numbers": lambda lib: (lib.distributions.Normal(0, 1).mean, lib.distributions.Normal(0, 1)),
    "value outside": lambda lib: lib.distributions.Bernoulli(0.5).log_prob(lib.tensor(0.5)),
    "class outside": lambda lib: lib.distributions.Categorical(lib.ones(3)).log_prob(lib.tensor(3)),
    "value of another size": lambda lib: lib.distributions.Normal(lib.zeros(3), 1.0).log_prob(
        lib.zeros(2)
    ),
    "low above high": lambda lib: lib.distributions.Uniform(2.0, 1.0),
    "probs and logits": lambda lib: lib.distributions.Bernoulli(0.5, 0.5),
    "no rsample": lambda lib: lib.distributions.Bernoulli(0.5).rsample(),
    "no divergence": lambda lib: lib.distributions.kl_divergence(
        lib.distributions.Normal(0.0, 1.0), lib.distributions.Bernoulli(0.5)
    ),
    "all classes": lambda lib: (
        lib.distributions.Categorical(lib.ones(2, 3)).enumerate_support(),
        lib.distributions.Bernoulli(lib.tensor([0.5, 0.1])).enumerate_support(False),
    ),
    "too many batch dimensions": lambda lib: lib.distributions.Independent(
        lib.distributions.Normal(lib.zeros(3), 1.0), 2
    ),
}


def test_the_answers_are_those_recorded_from_torch() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("distributions"))


@pytest.mark.live
def test_the_answers_are_the_installed_torchs(torch: Any) -> None:
    expected = {name: recorded.answer(torch, program) for name, program in TABLE.items()}
    recorded.check(TABLE, minigrad, expected)


@pytest.mark.parametrize("name", [n for n in MADE if n != "Cauchy"])
def test_what_is_drawn_has_the_mean_and_the_variance(name: str) -> None:
    minigrad.manual_seed(3)
    d = MADE[name][0](distributions, lambda data: minigrad.tensor(data, dtype=minigrad.float64))
    drawn = d.sample((20000,)).double()
    if name.startswith("Categorical"):
        found = minigrad.stack([(drawn == k).double().mean(0) for k in range(3)], -1)
        assert (found - d.probs).abs().max() < 0.02
        return
    mean, deviation = d.mean, d.variance.sqrt()
    if name in ("Pareto", "LogNormal"):  # their largest numbers are rare and decide the mean
        half = d.icdf(minigrad.full_like(mean, 0.5))
        assert ((drawn < half).double().mean(0) - 0.5).abs().max() < 0.02
        return
    assert ((drawn.mean(0) - mean) / deviation).abs().max() < 0.04
    assert (drawn.std(0) / deviation - 1).abs().max() < 0.05


def test_a_policy_learns_by_log_prob() -> None:
    """The score function: the better of two actions becomes more probable."""
    minigrad.manual_seed(0)
    logits = minigrad.zeros(2, requires_grad=True)
    for _ in range(60):
        policy = distributions.Categorical(logits=logits)
        action = policy.sample((32,))
        loss = -(policy.log_prob(action) * (action == 1).float()).mean()
        (g,) = minigrad.autograd.grad(loss, logits)
        with minigrad.no_grad():
            logits -= g
    assert logits.softmax(0)[1] > 0.9


def test_rsample_carries_gradients_to_the_parameters() -> None:
    minigrad.manual_seed(0)
    loc = minigrad.tensor(1.0, requires_grad=True)
    scale = minigrad.tensor(2.0, requires_grad=True)
    distributions.Normal(loc, scale).rsample((1000,)).pow(2).mean().backward()
    assert abs(loc.grad.item() - 2) < 0.3 and abs(scale.grad.item() - 4) < 0.6
