"""What random programs once did otherwise than torch, each case reduced to a line or two."""
# ruff: noqa: E501 (tables, a program on a line)

from __future__ import annotations

from typing import Any

import pytest
import recorded
from test_views import run

import minigrad

TABLE = {
    # a view requires a gradient with its base
    "a view taken before requires_grad_()": run("b = lib.ones(3); v = b[:2]; b.requires_grad_(); y = v * 2; y.sum().backward()", "v.requires_grad, v.is_leaf, v.grad_fn is None, y.requires_grad, b.grad is None, v.grad is None"),
    "and its gradient asked for": run("b = lib.ones(3); v = b[:2]; b.requires_grad_(); lib.autograd.grad((v * 2).sum(), v)"),
    "and it as the root": run("b = lib.ones(3); v = b[:1]; b.requires_grad_(); v.backward()"),
    "and a base switched off again": run("b = lib.ones(3); v = b[:2]; b.requires_grad_(); b.requires_grad_(False)", "v.requires_grad"),
    "and a change of the base since": run("b = lib.ones(3); v = b[:2]; b.requires_grad_()\nwith lib.no_grad(): b.mul_(2)\n(v * v).sum().backward()", "v, b.grad"),
    "and a change of the view": run("b = lib.ones(3); v = b[:2]; b.requires_grad_(); v += 1"),
    "and a leaf of its own": run("b = lib.ones(3); v = b[:2]; b.requires_grad_(); v.requires_grad_(); (v * 2).sum().backward()", "v.grad, b.grad is None"),
    "a view of a copy": run("b = lib.ones(2, 3).t().reshape(6); v = b[:2]; b.requires_grad_()", "v.requires_grad"),
    "a view under no_grad": run("with lib.no_grad(): v = x[0]\ny = v * 2", "v.requires_grad, v.is_leaf, y.requires_grad"),
    "a view under no_grad, used with its base": run("with lib.no_grad(): v = x[0]\n(v.sum() + x.sum()).backward()"),
    "a view under no_grad of a view": run("with lib.no_grad(): v = x[0][1:]\nu = v[:1]", "v.requires_grad, u.requires_grad, u.is_leaf"),
    "a view under no_grad as an array": run("with lib.no_grad(): v = x[0]\nv.numpy()"),
    "a view under no_grad, changed": run("with lib.no_grad(): v = (x * 1)[0]\nv += 1"),
    "a view under no_grad, its base changed": run("y = x * 1\nwith lib.no_grad(): v = y[0]\ny.zero_(); v * 2"),
    "a view under no_grad that copied": run("with lib.no_grad(): v = x.t().reshape(4)", "v.requires_grad"),
    "a view under no_grad, the base detached": run("y = x * 1\nwith lib.no_grad(): v = y[0]\ny.detach_()", "v.requires_grad"),
    # parts of several
    "a part after its base changed under no_grad": run("y = x * 1; p, q = y.unbind()\nwith lib.no_grad(): y.add_(1)\np * 2"),
    "a part changed under no_grad": run("y = x * 1; p, q = y.split(1)\nwith lib.no_grad(): p.add_(1)\np * 2"),
    "a part of a leaf stepped under no_grad": run("p, q = x.chunk(2)\nwith lib.no_grad(): x.add_(1)\np.exp()"),
    "a part changed through detach()": run("y = x * 1; p, q = y.unbind(); y.detach().zero_(); p * 2"),
    "a part under no_grad, after a change": run("y = x * 1; p, q = y.unbind(); y.add_(1)\nwith lib.no_grad(): z = p * 2", "z"),
    "requires_grad of such a part": run("y = x * 1; p, q = y.unbind(); y.add_(1)", "p.requires_grad"),
    "a view of a part": run("y = x * 1; p, q = y.unbind(); v = p[:1]; v += 1"),
    "the optimiser's step changes no other part": run("y = x * 1; p, q = y.unbind()\nwith lib.no_grad(): x.add_(1)\n(p * q).sum().backward()"),
    "a part of nothing": run("b = lib.zeros(0, requires_grad=True) * 1; p = b.chunk(2)[0]; b.add_(1); p * p"),
    # operands in the memory that is written to
    "y += y.t()": run("y = x.detach().clone(); y += y.t()"),
    "y.mul_(y[0])": run("y = x.detach().clone(); y.mul_(y[0])"),
    "a[1:] = a[:-1]": run("a = lib.ones(4); a[1:] = a[:-1]"),
    "a[i] = a": run("a = lib.ones(2); a[lib.tensor([1, 0])] = a"),
    "copy_ of the transpose": run("y = x.detach().clone(); y.copy_(y.t())"),
    "rows apart": run("y = x.detach().clone(); y[0] += y[1]; y[:, 0] = y[0]", "y"),
    "every other element": run("a = lib.arange(6.); a[::2] += a[1::2]; a[::2] *= a[::2]", "a"),
    "itself": run("y = x.detach().clone(); y *= y; y[...] = y; y += y.view(2, 2)", "y"),
    "a row for all rows": run("y = x.detach().clone(); y[...] = y[0]", "y"),
    "an element for all": run("a = lib.tensor([3., 4.]); a[...] = a[0]; a.masked_fill_(a > 1, a[1])", "a"),
    # memory that is shown several times
    "a part of expand": run("b = lib.ones(3); e = b.expand(2, 3); e[0] += 1; e[1, 0] = 7.", "b"),
    "a part of expand, recorded": run("y = x * 1; e = y.expand(2, 2, 2); e[0] = 9.; y.sum().backward()", "y"),
    "a mask of expand": run("b = lib.arange(3.); e = b.expand(2, 3); e[e > 1] = 0.; e.masked_fill_(e == 1, 5.)", "b"),
    "all of expand": run("e = lib.ones(3).expand(2, 3); e[:] = 1."),
    "repeat of nothing": run("b = lib.zeros(0, requires_grad=True); r = b.repeat(2, 1); r.clamp_(-1, 1)", "r"),
    # leaves
    "an index out of bounds of a leaf": run("x[9] = 1."),
    "a bad value for a leaf": run("x[0] = None"),
    "a bad operand for a leaf": run("x += None"),
    "copy_ of None": run("x.copy_(None)"),
    "a view of a leaf that is one no more": run("v = x[0]; x.requires_grad_(False); v += 1"),
    "a bound given by name": run("b = lib.zeros(2); b.clamp_(min=x[0]); b.sum().backward()", "b"),
    # asked for at an intermediate place
    "grad() frees nothing behind its inputs": run("y = x * x; lib.autograd.grad(y.sum(), y); y.sum().backward()"),
    "grad() passes what is freed and not on the way": run("y = x * x; (y * y).sum().backward(); z = y * 2; g, = lib.autograd.grad((z * 3).sum(), z)", "g"),
    "grad() behind what is freed": run("y = x * x; (y * y).sum().backward(); z = y * 2; lib.autograd.grad((z * 3).sum(), [z, x])"),
    # gradients
    "relu's gradient is recorded": run("g, = lib.autograd.grad(x.relu().sum(), x, create_graph=True); g.sum().backward()", "g, g.requires_grad"),
    "amax of nan": run("y = x * float('nan'); y.amax(0).sum().backward()"),
    "max of nan": run("b = lib.tensor([1., float('nan'), float('nan')], requires_grad=True); b.max().backward()", "b.grad"),
    "min of nan and inf": run("b = lib.tensor([1., float('nan'), -float('inf')], requires_grad=True); b.min().backward()", "b.grad"),
    "cat passes over an empty vector, but for its history": run("e = lib.zeros(0, requires_grad=True); c = lib.cat([lib.ones(1, 2), e]); c.sum().backward()", "c, c.requires_grad, e.grad"),
    # types, sizes, memory
    "alpha with booleans": run("b = lib.tensor([True, False])", "b.add(b, alpha=2)"),
    "alpha with whole numbers": run("lib.tensor([1]).add(lib.tensor([1]), alpha=0.5)"),
    "index_select of nothing": run("lib.zeros(0).index_select(0, lib.tensor([0]))"),
    "index_select of no rows": run("lib.zeros(0, 3).index_select(0, lib.tensor([0]))"),
    "index_select along columns": run("lib.zeros(2, 2).index_select(1, lib.tensor([5]))"),
    "clone keeps the order in memory": run("", "x.t().clone().stride(), x.t().contiguous().stride(), x.expand(2, 2, 2).clone().stride()"),
    "ravel of a column copies": run("y = x * 1; v = y[:, 0].ravel(); v += 1", "y"),
    "sigmoid keeps the order in memory": run("x.t().sigmoid().view(-1)"),
    "split into sizes": run("p = x.split([1, 1])[0]\nwith lib.no_grad(): x.add_(1)\nr = repr(p)", "r"),
}  # fmt: skip

# -- special points: value and gradient where a function has an edge, a kink or no value
EDGES = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.5,
    float("inf"),
    -float("inf"),
    float("nan"),
    3e38,
    -3e38,
    88.0,
    -104.0,
]
# Not abs, digamma, logit and copysign: see docs/numerics.md.
OF_ONE = """acos asin atan ceil cos cosh erf exp exp2 expm1 floor log log10 log1p log2 neg reciprocal
    relu round rsqrt sigmoid sign sin sinh sqrt square tan tanh erfc erfinv lgamma sinc frac trunc
    acosh asinh atanh nan_to_num""".split()
OF_TWO = """add sub mul div pow atan2 maximum minimum remainder fmod hypot logaddexp fmax fmin
    xlogy""".split()
OF_SEVERAL = {
    "amax": "x.amax()", "max": "x.max()", "min": "x.min()", "max(dim)": "x.max(0).values",
    "softmax": "x.softmax(0)[0]", "log_softmax": "x.log_softmax(0)[0]", "prod": "x.prod()",
    "cumprod": "x.cumprod(0)", "std": "x.std()", "norm": "x.norm()", "norm 3": "x.norm(3)",
    "median": "x.median()", "sort": "x.sort().values[0]", "logsumexp": "x.logsumexp(0)",
    "clamp": "x.clamp(0, 1)", "mean": "x.mean()", "cumsum": "x.cumsum(0)",
}  # fmt: skip
SETS = [[0.0, 0.0], [1.0, 1.0], [float("nan"), 1.0], [float("inf"), 1.0], [float("inf")] * 2,
        [-float("inf"), 1.0], [-float("inf")] * 2, [1.0], [0.0], [0.0, 1.0, 0.0]]  # fmt: skip


def at_points(compute: str, *points: list) -> Any:
    """The value of an expression of x (and y) at points, and the gradients."""

    def program(lib: Any) -> Any:
        leaves = [lib.tensor(p, requires_grad=True) for p in points]
        value = eval(compute, {"lib": lib, **dict(zip("xy", leaves, strict=False))})
        value.sum().backward()
        return [value.detach(), *(t.grad for t in leaves)]

    return program


PAIRS = [(a, b) for a in EDGES[:8] for b in EDGES[:8]]
TABLE |= {f"points of {name}": at_points(f"x.{name}()", EDGES) for name in OF_ONE}
TABLE |= {
    f"points of {name}": at_points(f"lib.{name}(x, y)", *map(list, zip(*PAIRS, strict=True)))
    for name in OF_TWO
}
TABLE |= {
    f"{name} of {values}": at_points(compute, values)
    for name, compute in OF_SEVERAL.items()
    for values in SETS
}


def test_programs_answer_as_torch_did() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("disagreements"))


@pytest.mark.live
def test_programs_answer_as_torch_does(torch: Any) -> None:
    recorded.check(
        TABLE, minigrad, {key: recorded.answer(torch, program) for key, program in TABLE.items()}
    )
