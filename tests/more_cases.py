"""More rows, continuing cases.py: special functions, in-place twins, statistics, linear algebra."""
# ruff: noqa: E501
# fmt: off

from __future__ import annotations

import math
from typing import Any

import numpy as np
from cases import (
    DIMS,
    PAIRS,
    R,
    Spec,
    asked,
    called,
    distinct,
    each,
    pairs,
    positive,
    row,
    within_one,
)

FIT = PAIRS[:-1]  # the pairs of shapes that go together


def above_one(*shape: int) -> Spec:
    return Spec(shape, lambda x: np.abs(x) + 1.2)


def probability(*shape: int) -> Spec:
    return Spec(shape, lambda x: 0.5 + 0.4 * np.tanh(x))


def away(*shape: int) -> Spec:
    """Numbers whose distance from the next whole one is at least 0.1."""
    return Spec(shape, lambda x: np.floor(2 * x) + 0.5 + 0.4 * np.sin(9 * x))


# -- special functions ---------------------------------------------------------------------------
for name in "asinh arcsinh sinc erf erfc deg2rad rad2deg isreal isposinf isneginf".split():
    row(name, called(name), *each())
for name in "atanh arctanh erfinv".split():
    row(name, called(name), *each(within_one))
for name in "acosh arccosh".split():
    row(name, called(name), *each(above_one))
for name in "lgamma digamma".split():
    row(name, called(name), *each(away))
    row(f"{name} of special", called(name), np.array([1.0, 2.0, 0.5, 30.5, 1e4, 0.01, 1.4616321]), types="")
row("lgamma at poles", called("lgamma"), np.array([0.0, -1.0, math.inf, math.nan]), types="")
row("digamma at poles", lambda lib, x: lib.digamma(x.detach()), np.array([0.0, -0.0, -1.0, math.inf]), types="")
for n in (0, 1, 2, 3):
    row(f"polygamma {n}", lambda lib, x, n=n: (lib.polygamma(n, x), x.polygamma(n)), positive(2, 3), positive(), positive(0), types="float16" if n < 2 else "")
row("polygamma below 0", lambda lib, x: lib.polygamma(1, x), away(5), types="")
row("polygamma wrong", lambda lib, x: lib.polygamma(-1, x), R(2), types="")
row("mvlgamma", called("mvlgamma", p=3), above_one(2, 3), types="")
row("mvlgamma wrong", called("mvlgamma", p=0), above_one(2), types="")
row("erf at extremes", called("erf"), np.array([0.0, -0.0, 10.0, -10.0]), types="")
row("erfc at extremes", called("erfc"), np.array([0.0, 5.0, 9.0, 30.0, -10.0]), types="")
row("erf of inf", lambda lib, x: (lib.erf(x.detach()), lib.erfc(x.detach())), np.array([math.inf, -math.inf, math.nan]), types="")
row("erfinv near 1", called("erfinv"), np.array([0.0, 1e-10, 0.5, -0.5, 0.999, 0.999999, -0.999999]), types="")
row("erfinv at 1", lambda lib, x: lib.erfinv(x.detach()), np.array([1.0, -1.0, 2.0, math.nan]), types="")
row("sinc at 0", lambda lib, x: lib.sinc(x.detach()), np.array([0.0, 0.5, 1e-9]), types="")
row("xlogy", called("xlogy"), *pairs(positive), types="float16")
row("xlogy positive", called("xlogy"), *pairs(positive, positive), types="int64 uint8 bool float16")
row("xlogy at 0", called("xlogy"), (np.array([0.0, 0.0, 1.0, 0.0]), np.array([2.0, math.nan, 3.0, -1.0])), types="")
row("xlogy of a number", lambda lib, x: (lib.xlogy(2, x), lib.xlogy(x, 3)), *each(positive))
row("logit", called("logit"), *each(probability))
row("logit eps", called("logit", eps=0.3), *each(probability))
row("logit outside", called("logit"), np.array([-0.5, 0.5, 1.5]), types="")
row("logaddexp2", called("logaddexp2"), *pairs(shapes=FIT))
row("logaddexp2 of large", called("logaddexp2"), (np.array([1000.0, -1000.0]), np.array([1001.0, 5.0])), types="")
row("float_power", called("float_power"), *pairs(positive, R))
row("float_power of a number", lambda lib, x: (lib.float_power(2, x), lib.float_power(x, 2)), *each(positive))
row("hypot", called("hypot"), *pairs(shapes=FIT))
for name in "multiply divide subtract not_equal greater greater_equal less less_equal".split():
    row(name, called(name), *pairs())

# -- numbers -------------------------------------------------------------------------------------
for name in "trunc fix frac sgn signbit positive".split():
    row(name, called(name), *each(), types="int64 uint8 bool float16" if name != "sgn" else "int64 uint8 float16")
row("signbit of 0", called("signbit"), np.array([0.0, -0.0, math.inf, -math.inf]))
row("nan_to_num", called("nan_to_num"), *each(), np.array([math.nan, 1.0, math.inf, -math.inf]))
row("nan_to_num given", called("nan_to_num", nan=3, posinf=4, neginf=-5), np.array([math.nan, 1.0, math.inf, -math.inf]), types="float16")
row("fmod", called("fmod"), *pairs(R, positive), types="int64 float16")
row("fmod of masks", called("fmod"), (R(3), R(3)), types="bool")
row("fmod signs", called("fmod"), (np.array([7.5, -7.5, 7.5, -7.5]), np.array([2.0, 2.0, -2.0, -2.0])), types="int64 float16")
row("fmod by a number", asked("fmod", 2.5), R(2, 3))
row("frexp", called("frexp"), *each(), np.array([1024.0, 0.1, 3.0]))
row("ldexp", lambda lib, x, n: lib.ldexp(x, n.detach()), *pairs())
row("copysign", called("copysign"), *pairs(R, positive))
row("copysign signs", called("copysign"), (np.array([1.0, -2.0, 0.0, 3.0]), np.array([-1.0, 1.0, -1.0, -0.0])))
row("copysign a number", asked("copysign", -2), *each())
row("nextafter", lambda lib, x, y: lib.nextafter(x.detach(), y.detach()), *pairs(shapes=FIT))
row("heaviside", lambda lib, x, v: lib.heaviside(x.detach(), v.detach()), *pairs(), (np.array([-1.0, 0.0, 2.0]), np.array([0.5])))
row("clamp_min", asked("clamp_min", 0.25), *each())
row("clamp_max", asked("clamp_max", 0.25), *each())
row("clamp_min tensor", called("clamp_min"), *pairs(), types="int64 float16")
row("clamp_max tensor", called("clamp_max"), *pairs(), types="int64 float16")
row("fmax", called("fmax"), *pairs(), (np.array([math.nan, 1.0, 2.0, math.nan]), np.array([1.0, math.nan, 2.0, math.nan])))
row("fmin", called("fmin"), *pairs(), (np.array([math.nan, 1.0, 2.0, math.nan]), np.array([1.0, math.nan, 2.0, math.nan])))
row("lerp", called("lerp", 0.25), *pairs(), types="float16")
row("lerp weights", called("lerp"), (R(2, 3), R(2, 3), R(3)), (R(3), R(3), R()), (R(2, 1), R(3), R(2, 3)), types="float16")
row("addcmul", called("addcmul", value=2), (R(2, 3), R(3), R(2, 1)), (R(), R(3), R(3)), (R(2), R(3), R(3)), types="int64 float16")
row("addcmul plain", called("addcmul"), (R(2, 3), R(2, 3), R(2, 3)), types="int64 uint8 float16")
row("addcdiv", called("addcdiv", value=2), (R(2, 3), R(3), positive(2, 1)), (R(), R(3), positive(3)), types="int64 float16")
row("addcdiv plain", called("addcdiv"), (R(2, 3), R(2, 3), positive(2, 3)), types="float16")
for name in "bitwise_and bitwise_or bitwise_xor gcd lcm".split():
    row(name, called(name), *pairs(shapes=FIT))
    row(f"{name} misfit", lambda lib, x, y, name=name: getattr(lib, name)(x.long(), y.long()), (R(3), R(2)), types="")
for name in "logaddexp2 hypot nextafter".split():
    row(f"{name} misfit", called(name), (R(3), R(2)), types="")
for name in "bitwise_left_shift bitwise_right_shift".split():
    row(name, called(name), (R(2, 3), positive(3)), (R(), positive(2)))
    row(f"{name} by a number", asked(name, 2), R(2, 3), types="int64 uint8")
    row(f"{name} too far", called(name), (np.array([3.0, -4.0]), np.array([30.0, -3.0])), types="int64")
row("bitwise_not", called("bitwise_not"), *each())
row("bitwise_and a number", lambda lib, x: (x.bitwise_and(3), x | 1, x ^ 1, lib.bitwise_or(1, x), lib.bitwise_xor(x, 5)), R(2, 3), types="int64 uint8")
row("operators shifting", lambda lib, x: (x << 2, x >> 1, 1 << x.abs() % 4, 64 >> x.abs() % 4), R(2, 3), types="int64")
row("isclose", lambda lib, x: (lib.isclose(x, x), x.isclose(x + 1), x.isclose(x * (1 + 1e-7))), *each(), types="int64 float16")
row("isclose with nan", lambda lib, x: (x.isclose(x), x.isclose(x, equal_nan=True), x.isclose(x * 0 + 1, rtol=0.1, atol=0.5)), np.array([1.0, math.nan, math.inf, 1.4]), types="")
row("isin", lambda lib, x, y: (lib.isin(x, y), lib.isin(x, y, invert=True)), (np.array([1.0, 2.0, 3.0]), np.array([2.0, 5.0])), (R(2, 3), R(0)), (R(), R(3)))
row("isin a number", lambda lib, x: (lib.isin(x, 2), lib.isin(2, x)), np.array([1.0, 2.0, 3.0]), types="int64")

# -- in place ------------------------------------------------------------------------------------
def twin(name: str, domain: Any = R, *args: Any, others: tuple = (), types: str = "int64 float16") -> None:
    """NAME_ on a copy, and on one that is a view, with what becomes of the copy."""
    def fn(lib: Any, x: Any, *ts: Any) -> Any:
        whole = x.clone()
        part = x.clone()
        before = part * 2
        getattr(part[1:], name)(*(t[1:] for t in ts), *args)
        same = whole.requires_grad, getattr(whole, name)(*ts, *args) is whole
        return whole, part, before, same[1]
    row(name, fn, *((domain(3, 2), *(o(3, 2) for o in others)) if others else (domain(3, 2),),), types=types)


for name in """abs_ absolute_ neg_ negative_ square_ exp_ exp2_ expm1_ sin_ cos_ tan_ atan_ arctan_ sinh_ cosh_ tanh_
               sigmoid_ relu_ floor_ ceil_ round_ sign_ trunc_ fix_ frac_ sgn_ sinc_ erf_ erfc_
               deg2rad_ rad2deg_ nan_to_num_""".split():
    twin(name)
for name in "sqrt_ rsqrt_ reciprocal_ log_ log2_ log10_ log1p_ lgamma_ digamma_".split():
    twin(name, positive)
for name in "asin_ acos_ arcsin_ arccos_ erfinv_".split():
    twin(name, within_one)
for name in "asinh_ arcsinh_ acosh_ arccosh_".split():  # torch has no derivative of these in place
    row(name, lambda lib, x, n=name: getattr(x.detach().clone(), n)(), above_one(2, 3), types="float16")
for name in "atanh_ arctanh_".split():
    row(name, lambda lib, x, n=name: getattr(x.detach().clone(), n)(), within_one(2, 3), types="float16")
twin("logit_", probability)
for name in "atan2_ arctan2_ subtract_ multiply_ hypot_ xlogy_ copysign_ fmod_ remainder_ divide_ true_divide_".split():
    twin(name, positive, others=(positive,))
twin("lerp_", R, 0.25, others=(R,))
twin("addcmul_", others=(R, R))
twin("addcdiv_", others=(R, positive), types="float16")
twin("clamp_min_", R, 0.25)
twin("clamp_max_", R, 0.25)
twin("clip_", R, -0.5, 0.5)
twin("polygamma_", positive, 1)
twin("mvlgamma_", above_one, 2)
twin("cumsum_", R, 0)
twin("cumprod_", R, 0)
twin("tril_")
twin("triu_")
row("float_power_", lambda lib, x: x.double().clone().float_power_(2), positive(3), types="")
for name in "eq_ ne_ not_equal_ lt_ less_ le_ less_equal_ gt_ greater_ ge_ greater_equal_ logical_and_ logical_or_ logical_xor_".split():
    row(name, lambda lib, x, y, n=name: getattr(x.detach().clone(), n)(y.detach()), (R(2, 3), R(3)))
row("logical_not_", lambda lib, x: x.detach().clone().logical_not_(), R(2, 3))
for name in "bitwise_and_ bitwise_or_ bitwise_xor_ gcd_ lcm_".split():
    row(name, lambda lib, x, y, n=name: getattr(x.clone(), n)(y), (R(2, 3), R(3)), types="int64 uint8")
for name in "bitwise_left_shift_ bitwise_right_shift_".split():
    row(name, lambda lib, x, y, n=name: getattr(x.clone(), n)(y), (R(2, 3), positive(3)), types="int64 uint8")
row("bitwise_not_", lambda lib, x: x.clone().bitwise_not_(), R(3), types="int64 bool")
row("floor_divide_", lambda lib, x, y: x.detach().clone().floor_divide_(y.detach()), (R(2, 3), positive(3)), types="float16")
for name in "heaviside_ nextafter_".split():
    row(name, lambda lib, x, y, n=name: getattr(x.detach().clone(), n)(y.detach()), (R(2, 3), R(3)), types="")
row("ldexp_", lambda lib, x, y: x.clone().ldexp_(y.detach()), (R(2, 3), R(3)), types="")
row("addmm_", lambda lib, x, a, b: x.clone().addmm_(a, b, beta=0.5, alpha=2), (R(2, 4), R(2, 3), R(3, 4)), types="")
row("scatter_", lambda lib, x, v: x.clone().scatter_(1, lib.tensor([[2], [0]]), v), (R(2, 3), R(2, 1)), types="int64 float16")
row("scatter_ a number", lambda lib, x: x.clone().scatter_(1, lib.tensor([[2], [0]]), 1), R(2, 3))
row("scatter_add_", lambda lib, x, v: x.clone().scatter_add_(1, lib.tensor([[2, 2], [0, 1]]), v), (R(2, 3), R(2, 2)), types="int64 float16")
row("index_add_", lambda lib, x, v: x.clone().index_add_(0, lib.tensor([1, 1]), v, alpha=2), (R(2, 3), R(2, 3)), types="int64 float16")
row("index_put_", lambda lib, x, v: x.clone().index_put_((lib.tensor([1, 1]),), v, accumulate=True), (R(2, 3), R(2, 3)), types="int64 float16")
row("fill_diagonal_", lambda lib, x: x.clone().fill_diagonal_(7), R(3, 3), R(2, 4), R(4, 2), R(7, 2), R(2, 2, 2), R(3), R(2, 3, 2))
row("fill_diagonal_ wrap", lambda lib, x: x.clone().fill_diagonal_(7, wrap=True), R(3, 3), R(2, 4), R(7, 2))
for name, args in (("squeeze_", ()), ("squeeze_", (0,)), ("unsqueeze_", (1,)), ("transpose_", (0, 1)), ("swapaxes_", (0, -1)), ("swapdims_", (0, 1)), ("t_", ())):
    def turned(lib: Any, x: Any, name: str = name, args: tuple = args) -> Any:
        y = x.clone()
        first = y[0]
        getattr(y, name)(*args)
        z = y * 2
        y.mul_(3)
        return y, z, first
    row(f"{name} {args}", turned, R(1, 3), R(2, 1), R(2, 2), R(1, 3, 1))
row("t_ in no_grad", lambda lib, x: x.detach().t_(), R(2, 3))

# -- grids ---------------------------------------------------------------------------------------
row("empty_like", lambda lib, x: lib.zeros_like(lib.empty_like(x)), *each())
row("logspace", lambda lib, x: (lib.logspace(0, 2, 5), lib.logspace(-1, 1, 3, base=2.0, dtype=lib.float64), lib.logspace(0, 1, 0)), R(1), types="")
row("asarray", lambda lib, x: (lib.asarray(x), lib.asarray([1.0, 2.0]), lib.asarray([1, 2], dtype=lib.float64)), R(2))
row("scalar_tensor", lambda lib, x: (lib.scalar_tensor(2), lib.scalar_tensor(2, dtype=lib.int64)), R(1), types="")
row("vander", lambda lib, x: lib.vander(x.detach()), R(3), R(1), types="int64")
row("vander N", lambda lib, x: lib.vander(x.detach(), N=4, increasing=True), R(3), types="int64")
row("vander wrong", called("vander"), R(2, 2), R(), types="")
row("tril_indices", lambda lib, x: (lib.tril_indices(3, 3), lib.tril_indices(4, 3, -1), lib.tril_indices(3, 4, 1), lib.tril_indices(0, 3)), R(1), types="")
row("triu_indices", lambda lib, x: (lib.triu_indices(3, 3), lib.triu_indices(4, 3, -1), lib.triu_indices(3, 4, 1), lib.triu_indices(0, 3)), R(1), types="")
row("cartesian_prod", called("cartesian_prod"), (R(2), R(3)), (R(3),), (R(2), R(1), R(2)), (R(2, 2), R(3)), types="int64")
row("combinations", called("combinations"), R(4), R(1), R(0), R(2, 2), types="int64")
row("combinations of 3", called("combinations", r=3, with_replacement=True), R(3), types="int64")
row("bernoulli sure", lambda lib, x: (lib.bernoulli(x * 0 + 1), lib.bernoulli(x.detach(), 0.0)), R(3), types="")
row("binomial sure", lambda lib, x: lib.binomial(x.detach() * 0 + 3, x.detach() * 0 + 1), R(3), types="")
row("bernoulli method", lambda lib, x: ((x * 0 + 1).bernoulli(), (x.detach() * 0 + 1).multinomial(1) * 0), R(3), types="")
row("bernoulli wrong", lambda lib, x: lib.bernoulli(x + 2), positive(3), types="int64")
row("multinomial sure", lambda lib, x: (lib.multinomial(lib.tensor([0.0, 2.0, 0.0]), 3, replacement=True), lib.multinomial(lib.tensor([[0.0, 1.0], [3.0, 0.0]]), 1)), R(1), types="")
for why, weights, n in (("too many", [1.0, 2.0], 3), ("of integers", [1, 2], 1), ("negative", [-1.0, 2.0], 1), ("of zeros", [0.0, 0.0], 1), ("of nan", [math.nan, 1.0], 1), ("none", [1.0], 0), ("of a cube", [[[1.0]]], 1)):
    row(f"multinomial {why}", lambda lib, x, weights=weights, n=n: lib.multinomial(lib.tensor(weights), n), R(1), types="")
row("poisson wrong", lambda lib, x: lib.poisson(-x), positive(3), types="int64")
row("poisson of 0", lambda lib, x: lib.poisson(x * 0), positive(3), types="")
row("randint_like", lambda lib, x: lib.randint_like(x, 1), *each())
for name, bad in (("exponential_", (-1,)), ("geometric_", (2,)), ("cauchy_", (0, -1)), ("log_normal_", (0, -1)), ("bernoulli_", (2,)), ("random_", (5, 2))):
    row(f"{name} wrong", lambda lib, x, name=name, bad=bad: getattr(x.detach().clone(), name)(*bad), R(3), types="int64")
    row(f"{name} drawn", lambda lib, x, name=name: getattr(x.clone(), name)(*((0.5,) if name in ("geometric_", "bernoulli_") else ())) * 0, R(3), types="float16" if name == "log_normal_" else "int64 float16" if name in ("geometric_", "random_", "bernoulli_") else "int64")

# -- running -------------------------------------------------------------------------------------
for name in "cummax cummin".split():
    for dim in (0, -1, 1, 5):
        row(f"{name} dim {dim}", called(name, dim), *each(distinct, [s for s in DIMS if 0 not in s or dim < 1]))
    row(f"{name} of equals", called(name, 0), np.array([1.0, 2.0, 2.0, 1.0, 2.0]), np.array([1.0, math.nan, 2.0, math.nan]), types="")
for dim in (0, -1, 1, 5):
    row(f"logcumsumexp dim {dim}", called("logcumsumexp", dim), *each(R, DIMS), types="int64")
row("logcumsumexp of large", called("logcumsumexp", 0), np.array([1000.0, 1000.0, -1000.0, 1001.0]), types="")
row("diff", called("diff"), *each(R, DIMS))
row("diff twice", called("diff", n=2, dim=0), R(2, 3), R(4), R(3, 2), R(0, 3))
row("diff 0 times", called("diff", n=0), R(3))
row("diff padded", lambda lib, x, y, z: lib.diff(x, prepend=y, append=z), (R(2, 3), R(2, 1), R(2, 2)), (R(3), R(1), R(0)), (R(3), R(), R(1)))
row("diff wrong", called("diff", n=-1), R(3))
for name in "trapezoid trapz cumulative_trapezoid".split():
    row(name, called(name), *each(R, [s for s in DIMS if s != (0,) or name[0] == "t"]), types="int64")
    row(f"{name} dx", called(name, dx=0.5, dim=0), R(3), R(3, 2), R(1, 2), types="int64")
    row(f"{name} x", called(name), (R(3), R(3)), (R(2, 3), R(3)), (R(2, 3), R(2, 3)), (R(2, 3), R(2)), types="")
    row(f"{name} x dim", called(name, dim=0), (R(3), R(3)), (R(2, 3), R(2)), (R(2, 3), R(2, 3)), types="")
row("gradient", called("gradient"), R(4), R(3, 4), R(2), R(1), types="int64 uint8 bool")
row("gradient spacing", called("gradient", spacing=0.5, dim=1), R(3, 4), types="")
row("gradient spacings", called("gradient", spacing=(2.0, 0.5)), R(3, 4), R(4), types="")
row("gradient points", lambda lib, x: lib.gradient(x, spacing=(lib.tensor([0.0, 1.0, 4.0], dtype=x.dtype),), dim=0), R(3, 2), types="")
row("gradient edges", called("gradient", edge_order=2), R(4), R(3, 4), R(2), types="")
row("gradient edges points", lambda lib, x: lib.gradient(x, spacing=(lib.tensor([0.0, 1.0, 4.0, 6.0], dtype=x.dtype),), edge_order=2), R(4), types="")
row("special.xlog1py", lambda lib, x, y: (lib.special.xlog1py(x, y), lib.special.xlog1py(x, 2)), *pairs(positive, positive, shapes=FIT), types="int64")
row("special.entr", lambda lib, x: lib.special.entr(x), *each(positive), types="")
row("special.entr below", lambda lib, x: lib.special.entr(x.detach()), np.array([0.0, -1.0, math.nan]), types="")
row("special.ndtr", lambda lib, x: lib.special.ndtr(x), *each(), types="")
row("special.ndtri", lambda lib, x: lib.special.ndtri(x), *each(probability), types="")
row("special.names", lambda lib, x: (lib.special.expit(x), lib.special.gammaln(x), lib.special.psi(x), lib.special.multigammaln(x + 1, 2), lib.special.softmax(x, 0), lib.special.exp2(x)), positive(3), types="")

# -- statistics ----------------------------------------------------------------------------------
FULL = [s for s in DIMS if 0 not in s]
for name in "median nanmedian".split():
    row(name, called(name), *each(distinct, FULL))
    for dim in (0, -1, 1, 5):
        row(f"{name} dim {dim}", called(name, dim), *each(distinct, FULL), types="int64 uint8 float16")
    row(f"{name} keepdim", called(name, 1, keepdim=True), distinct(2, 3), distinct(3, 4))
    row(f"{name} of equals", called(name), np.array([2.0, 2.0, 1.0, 2.0, 3.0, 5.0]))
    row(f"{name} with nan", lambda lib, x, name=name: getattr(x.detach(), name)(), np.array([2.0, math.nan, 1.0]), np.array([math.nan]), np.zeros(0), types="float16")
    row(f"{name} dim with nan", called(name, 1), np.array([[2.0, math.nan, 1.0, 3.0], [1.0, 5.0, 3.0, 4.0]]), types="float16")
row("median of none", called("median", 0), np.zeros((0, 3)), types="")
for k in (1, 2, 3, 0):
    row(f"kthvalue {k}", called("kthvalue", k), distinct(3), distinct(2, 3), distinct(), types="float16")
row("kthvalue dim", called("kthvalue", 2, 0, True), distinct(3, 2), types="bool")
row("mode", lambda lib, x: lib.mode(x.detach()), np.array([1.0, 2.0, 2.0, 3.0, 3.0]), np.array([[1.0, 2.0, 1.0], [3.0, 3.0, 0.0]]), np.array(2.0), np.zeros((2, 0)))
row("mode dim", called("mode", 0, True), np.array([[1.0, 2.0, 1.0], [3.0, 3.0, 0.0], [3.0, 2.0, 2.0]]), types="int64")
row("msort", called("msort"), distinct(3), distinct(3, 2), distinct(), types="int64 float16")
for q in (0.0, 0.3, 0.5, 1.0, 1.5):
    row(f"quantile {q}", called("quantile", q), distinct(5), distinct(2, 3), distinct(), types="int64 float16")
for way in "linear lower higher midpoint nearest other".split():
    row(f"quantile {way}", lambda lib, x, way=way: lib.quantile(x, lib.tensor([0.1, 0.5, 0.75], dtype=x.dtype), dim=1, interpolation=way), distinct(2, 4), distinct(2, 3, 2), types="")
    row(f"nanquantile {way}", lambda lib, x, way=way: lib.nanquantile(x, lib.tensor([0.1, 0.5, 0.75], dtype=x.dtype), dim=0, keepdim=True, interpolation=way), np.array([[1.0, math.nan], [2.5, 3.0], [math.nan, 7.0], [4.0, 1.0]]), types="")
row("quantile keepdim", lambda lib, x: (lib.quantile(x, 0.4, keepdim=True), lib.quantile(x, 0.4, 1, True), lib.quantile(x, lib.tensor([0.4], dtype=x.dtype), -1)), distinct(2, 5), types="")
row("quantile with nan", lambda lib, x: (lib.quantile(x.detach(), 0.5), lib.nanquantile(x.detach(), 0.5)), np.array([2.0, math.nan, 1.0]), types="")
row("quantile wrong", lambda lib, x: lib.quantile(x, lib.tensor([[0.5]], dtype=x.dtype)), R(3), R(0), types="")
row("histc", lambda lib, x: lib.histc(x.detach(), bins=4), R(7), np.array([2.0, 2.0]), np.array([0.0, 0.0]), np.array([math.nan]), types="int64")
row("histc limits", lambda lib, x: lib.histc(x.detach(), 3, min=-1, max=1), distinct(7), np.array([-1.0, 1.0, 0.0]), types="")
row("histc wrong", lambda lib, x: lib.histc(x.detach(), 3, min=1, max=-1), R(7), types="")
row("histogram", lambda lib, x: lib.histogram(x.detach(), 4), R(7), types="")
row("histogram edges", lambda lib, x: lib.histogram(x.detach(), lib.tensor([-1.0, 0.0, 0.5, 2.0], dtype=x.dtype)), distinct(7), types="")
row("histogram weights", lambda lib, x, w: lib.histogram(x.detach(), 3, range=(-1.0, 1.0), weight=w.detach(), density=True), (distinct(7), positive(7)), types="")
row("bincount", lambda lib, x: lib.bincount(x.detach().abs()), R(5), R(0), R(2, 2), types="int64 uint8 bool")
row("bincount weights", lambda lib, x: (lib.bincount(lib.tensor([1, 3, 1]), x.detach(), 6), lib.bincount(lib.tensor([1, 3, 1]), weights=x.detach())), R(3), types="int64 float16")
row("bincount wrong", lambda lib, x: lib.bincount(lib.tensor([1, -3])), R(3), types="")
row("unique_consecutive", lambda lib, x: (lib.unique_consecutive(x.detach()), x.detach().unique_consecutive(return_inverse=True, return_counts=True)), np.array([1.0, 1.0, 2.0, 1.0]), np.array([[1.0, 1.0], [1.0, 2.0]]), np.zeros(0))
row("unique_consecutive dim", lambda lib, x: (lib.unique_consecutive(x.detach(), dim=0, return_counts=True), x.detach().unique_consecutive(dim=1, return_inverse=True)), np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 1.0]]), types="int64")
row("searchsorted", lambda lib, x, v: (lib.searchsorted(x.detach(), v.detach()), lib.searchsorted(x.detach(), v.detach(), right=True), lib.searchsorted(x.detach(), v.detach(), side="right", out_int32=True)), (np.array([1.0, 3.0, 3.0, 5.0]), np.array([3.0, 6.0, 0.0])), (np.array([1.0, 3.0]), np.array([[3.0], [2.0]])), (np.array([[1.0, 3.0], [0.0, 2.0]]), np.array([[3.0, 2.0], [1.0, 0.0]])), (np.array([[1.0, 3.0], [0.0, 2.0]]), np.array([3.0, 2.0])), types="int64")
row("searchsorted a number", lambda lib, x: (lib.searchsorted(x.detach(), 3.0), lib.searchsorted(x.detach().flip(0), 3.0, sorter=lib.tensor([2, 1, 0]))), np.array([1.0, 3.0, 5.0]), types="int64")
row("searchsorted wrong", lambda lib, x: lib.searchsorted(x.detach(), x.detach(), side="left", right=True), R(3), types="")
row("bucketize", lambda lib, x: (lib.bucketize(x.detach(), lib.tensor([-1.0, 0.0, 1.0], dtype=x.dtype)), lib.bucketize(x.detach(), lib.tensor([-1, 0, 1]), right=True, out_int32=True), lib.bucketize(0, lib.tensor([-1, 0, 1]))), R(5), R(2, 3), types="")
for name in "std_mean var_mean".split():
    row(name, called(name), R(2, 3), R(4), types="int64 float16")
    row(f"{name} dim", called(name, 1, keepdim=True), R(2, 3), types="float16")
    row(f"{name} correction", called(name, dim=0, correction=0), R(2, 3), types="")
    row(f"{name} biased", called(name, unbiased=False), R(2, 3), types="")
row("aminmax", called("aminmax"), *each(distinct, DIMS))
row("aminmax dim", called("aminmax", dim=1, keepdim=True), distinct(2, 3), np.array([[1.0, 2.0, 2.0]]), types="int64")
NANS = np.array([[1.0, math.nan, 2.0], [3.0, 4.0, math.nan]])
row("nansum", called("nansum"), *each(R, DIMS), NANS)
row("nansum dim", called("nansum", 1, True), R(2, 3), NANS, types="int64")
row("nanmean", called("nanmean"), *each(R, FULL), NANS, types="int64 float16")
row("nanmean dim", called("nanmean", 0), R(2, 3), NANS, types="")
row("cov", called("cov"), R(3, 5), R(5), R(2, 2, 2), types="int64")
row("cov weights", lambda lib, x: (lib.cov(x, correction=0), lib.cov(x, fweights=lib.tensor([1, 2, 1])), lib.cov(x, aweights=lib.tensor([0.5, 2.0, 1.0], dtype=x.dtype)), lib.cov(x, fweights=lib.tensor([1, 2, 1]), aweights=lib.tensor([0.5, 2.0, 1.0], dtype=x.dtype))), R(2, 3), types="")
row("corrcoef", called("corrcoef"), R(3, 5), types="")
row("corrcoef of a vector", lambda lib, x: lib.corrcoef(x.detach()), R(5), types="")

# -- arranging -----------------------------------------------------------------------------------
row("unflatten", called("unflatten", 1, (3, -1)), R(2, 3), R(2, 6, 2), R(2, 4), R(3))
row("unflatten wrong", called("unflatten", 0, ()), R(4))
for name in "atleast_1d atleast_2d atleast_3d".split():
    row(name, called(name), *each(R, [(), (3,), (2, 3), (2, 1, 3)]), (R(), R(3)))
row("broadcast_shapes", lambda lib, x: (*lib.broadcast_shapes((2, 1), (3,)), *lib.broadcast_shapes(4, (1,), ())), R(1), types="")
row("broadcast_shapes wrong", lambda lib, x: lib.broadcast_shapes((2,), (3,)), R(1), types="")
row("broadcast_tensors", called("broadcast_tensors"), (R(3), R(2, 1)), (R(), R(2)), (R(2), R(3)))
row("adjoint", called("adjoint"), R(2, 3), R(4, 2, 3), R(3))
row("sum_to_size", asked("sum_to_size", 1, 3), R(2, 3), R(4, 2, 3), R(1, 3), R(2, 2))
row("sum_to_size smaller", asked("sum_to_size", (3,)), R(2, 3), R(3), R())
row("tensor_split", called("tensor_split", 3), R(7), R(2), R(4, 2), R())
row("tensor_split at", lambda lib, x: (*lib.tensor_split(x, (1, 3)), *x.tensor_split([2], dim=-1), *x.tensor_split(lib.tensor([1, 9]))), R(4), R(5, 3))
row("tensor_split wrong", called("tensor_split", 0), R(4))
for name in "hsplit vsplit dsplit".split():
    row(name, called(name, 2), R(2, 4), R(4), R(2, 2, 4), R(4, 3), R())
    row(f"{name} at", called(name, [1, 3]), R(4, 4), R(4), R(4, 4, 4))
row("split_with_sizes", asked("split_with_sizes", [1, 2], 1), R(2, 3), R(2, 4))
for name in "column_stack row_stack dstack".split():
    row(name, lambda lib, x, y, name=name: getattr(lib, name)([x, y]), (R(3), R(3)), (R(2, 3), R(2, 3)), (R(), R()), (R(2, 3), R(2, 2)))
row("block_diag", called("block_diag"), (R(2, 3), R(2), R()), (R(2, 2),), (R(2, 2, 2), R(1)))
row("block_diag of nothing", lambda lib, x: lib.block_diag(), R(1), types="")
row("fliplr", called("fliplr"), R(2, 3), R(2, 3, 2), R(3))
row("flipud", called("flipud"), R(2, 3), R(3), R())
for k in (0, 1, 2, 3, -1):
    row(f"rot90 {k}", called("rot90", k), R(2, 3), R(2, 3, 2), R(3))
row("rot90 dims", called("rot90", 1, [1, 2]), R(2, 3, 4), R(2, 3))
row("rot90 same dims", called("rot90", 1, [1, 1]), R(2, 3))
row("flip dims named", lambda lib, x: (lib.flip(x, dims=(0, -1)), x.flip(dims=[1]), x.flip(0, 1), x.flip([]), x.flip((0,))), R(2, 3))
row("flip nothing", lambda lib, x: x.flip(), R(2, 3))
row("flip twice", lambda lib, x: x.flip(0, 0), R(2, 3))
row("diag_embed", called("diag_embed"), R(3), R(2, 3), R(0), R())
row("diag_embed dims", called("diag_embed", 1, 0, 2), R(2, 3), R(3))
row("diag_embed below", called("diag_embed", -2), R(2, 3))
row("diagflat", called("diagflat"), R(3), R(2, 2), R())
row("diagflat above", called("diagflat", 1), R(2))
row("conj", lambda lib, x: (x.conj(), x.real, x.H, x.mH), R(2, 3))
row("unfold", asked("unfold", 0, 2, 1), R(4), R(3, 2), R(1), R())
row("unfold apart", asked("unfold", -1, 3, 2), R(2, 8), R(3))
row("unfold whole", lambda lib, x: (x.unfold(0, 4, 1), x.unfold(0, 1, 3), x.unfold(0, 0, 1)), R(4))
row("unfold squared", lambda lib, x: x.unfold(0, 2, 1) ** 2, R(4), types="")
row("unfold wrong", asked("unfold", 0, 2, 0), R(4))
row("narrow_copy", lambda lib, x: x.detach().narrow_copy(1, 1, 2), R(2, 3), R(2, 2))
row("argwhere", lambda lib, x: lib.argwhere(x.detach() > 0), *each())
row("unravel_index", lambda lib, x: (*lib.unravel_index(lib.tensor([1, 5]), (2, 3)), *lib.unravel_index(lib.tensor([[1], [0]]), (2,))), R(1), types="")
row("numel", lambda lib, x: (lib.numel(x), lib.is_floating_point(x), lib.is_complex(x), x.is_signed(), lib.is_same_size(x, x.sum())), *each())
for name in "is_floating_point is_complex is_signed is_same_size".split():
    row(name, lambda lib, x, name=name: getattr(lib, name)(*((x, x) if name == "is_same_size" else (x,))), R(2))
row("is_nonzero", called("is_nonzero"), R(), R(1), np.array([0.0]), R(2), R(0))

# -- putting -------------------------------------------------------------------------------------
AT = np.array([[2, 0], [1, -1]])
row("take", lambda lib, x: lib.take(x, lib.tensor(AT)), R(2, 3), R(3), R(1))
row("put", lambda lib, x, v: (x.put(lib.tensor([0, -1]), v), x.put(lib.tensor([[1, 1]]), v, accumulate=True)), (R(2, 3), R(2)), (R(3), R(3)), types="int64")
row("put twice", lambda lib, x, v: lib.put(x, lib.tensor([4]), v), (R(2), R(1)), types="")
row("index_fill", lambda lib, x: (x.index_fill(1, lib.tensor([0, -1]), 9), lib.index_fill(x, 0, lib.tensor([0]), 2.5)), R(2, 3), R(2, 3, 2), R(3))
row("index_fill a tensor", lambda lib, x, v: x.index_fill(0, lib.tensor([1]), v), (R(2, 3), R()), (R(2), R(1)), types="int64")
row("index_fill outside", lambda lib, x: x.index_fill(0, lib.tensor([3]), 1), R(2))
row("index_fill a number", lambda lib, x: x.index_fill(0, lib.tensor([0]), 1), R())
row("index_copy", lambda lib, x, v: lib.index_copy(x, 1, lib.tensor([2, 0]), v), (R(2, 3), R(2, 2)), (R(2, 3), R(2, 3)), types="int64 float16")
row("masked_scatter", lambda lib, x, v: lib.masked_scatter(x, x > 0, v), (R(2, 3), R(2, 3)), (R(3), R(7)), types="int64 float16")
row("masked_scatter broadcast", lambda lib, x, v: x.masked_scatter(lib.tensor([True, False, True]), v), (R(2, 3), R(4)), (R(2, 3), R(1)), types="int64")
WHERE = np.array([[0, 0, 2], [1, 1, 1]])
for reduce in "sum prod mean amax amin".split():
    row(f"scatter_reduce {reduce}", lambda lib, x, v, r=reduce: lib.scatter_reduce(x, 1, lib.tensor(WHERE), v, r), (R(2, 4), R(2, 3)), (R(2, 3), R(2, 3)), types="int64")
    row(f"scatter_reduce {reduce} alone", lambda lib, x, v, r=reduce: x.scatter_reduce(0, lib.tensor(WHERE), v, reduce=r, include_self=False), (R(3, 3), R(2, 3)), types="int64")
    row(f"scatter_reduce_ {reduce}", lambda lib, x, v, r=reduce: x.clone().scatter_reduce_(0, lib.tensor([0, 0, 1]), v, r), (R(2), R(3)), (R(), R(3)), types="int64")
    if reduce != "sum":
        row(f"index_reduce {reduce}", lambda lib, x, v, r=reduce: lib.index_reduce(x.detach(), 0, lib.tensor([0, 2, 0]), v.detach(), r), (R(3, 2), R(3, 2)), (R(4), R(3)), types="")
row("scatter_reduce equal", lambda lib, x, v: lib.scatter_reduce(x, 0, lib.tensor([0, 0, 1]), v, "amax"), (np.array([2.0, 1.0]), np.array([2.0, 2.0, 3.0])), types="")
row("scatter_reduce prod with 0", lambda lib, x, v: lib.scatter_reduce(x, 0, lib.tensor([0, 0, 1]), v, "prod"), (np.array([2.0, 1.0]), np.array([0.0, 2.0, 3.0])), types="")
row("scatter_reduce wrong", lambda lib, x: lib.scatter_reduce(x, 0, lib.tensor([0]), x, "median"), R(2))
row("scatter with", lambda lib, x, v: (x.detach().scatter(1, lib.tensor(WHERE), v.detach(), reduce="multiply"), x.detach().scatter(1, lib.tensor(WHERE), 2, reduce="add")), (R(2, 4), R(2, 3)), types="int64")
row("select_scatter", lambda lib, x, v: (lib.select_scatter(x, v, 0, 1), x.select_scatter(v, 0, -1)), (R(2, 3), R(3)), (R(2, 3), R(2)), types="int64")
row("slice_scatter", lambda lib, x, v: (lib.slice_scatter(x, v, 1, 0, 2), x.slice_scatter(v, 1, -2)), (R(2, 3), R(2, 2)), (R(2, 3), R(2, 3)), types="int64")
row("slice_scatter step", lambda lib, x, v: lib.slice_scatter(x, v, 0, None, None, 2), (R(3, 2), R(2, 2)), types="int64")
row("diagonal_scatter", lambda lib, x, v: lib.diagonal_scatter(x, v), (R(2, 3), R(2)), (R(3, 3), R(2)), types="int64")
row("diagonal_scatter off", lambda lib, x, v: x.diagonal_scatter(v, 1), (R(2, 3), R(2)), types="int64")
for name in "index_fill_ index_copy_ put_ masked_scatter_ index_reduce_".split():
    def written(lib: Any, x: Any, v: Any, name: str = name) -> Any:
        y = x.clone()
        args: tuple = (0, lib.tensor([1, 0]), v)
        if name == "masked_scatter_":
            args = (y.detach() > 0, v)
        elif name == "put_":
            args = (lib.tensor([1, 4, 0, 2]), v)
        elif name == "index_fill_":
            args = (0, lib.tensor([1]), 3)
        elif name == "index_reduce_":
            args = (*args, "amax")
            y, args = y.detach(), (*args[:2], v.detach(), args[3])
        return getattr(y, name)(*args), y
    row(name, written, (R(3, 2), R(2, 2)), types="" if name == "index_reduce_" else "int64")
for name, fn in {
    "index_add": lambda lib, x, i, v: x.index_add(0, i, v), "scatter": lambda lib, x, i, v: x.scatter(0, i, v),
    "scatter_add": lambda lib, x, i, v: x.scatter_add(0, i, v), "gather": lambda lib, x, i, v: x.gather(0, i) * v.sum(),
}.items():
    row(f"{name} of numbers", fn, (R(), np.array(0), R()), (R(), np.array([0]), R(1)), (R(3), np.array(1), R(1) if name == "index_add" else R()), (R(), np.array([0, 0]), R(2)), types="int64 float16")
    row(f"{name} of nothing", fn, (R(3), np.zeros(0, np.int64), R(0)), (R(0), np.zeros(0, np.int64), R(0)), (R(2, 3), np.zeros((0, 3), np.int64), R(0, 3)) if name != "index_add" else (R(2, 3), np.zeros(0, np.int64), R(0, 3)), types="int64 float16")
row("take_along_dim from the end", lambda lib, x: (lib.take_along_dim(x, lib.tensor([[-1], [0]]), 1), x.take_along_dim(lib.tensor([[-3, 2]]), 1), x.take_along_dim(lib.tensor([[-1]]), 0)), R(2, 3))
row("take_along_dim flat outside", lambda lib, x: lib.take_along_dim(x, lib.tensor([-1])), R(2, 3))
row("take_along_dim floats", lambda lib, x: lib.take_along_dim(x, lib.tensor([[0.0]]), 1), R(2, 3))
row("operators of Python 2", lambda lib, x: (x.__rdiv__(2), x.__div__(2), x.clone().__idiv__(2)), positive(3), types="float16")

# -- products ------------------------------------------------------------------------------------
row("addmv", called("addmv", beta=0.5, alpha=2), (R(2), R(2, 3), R(3)), (R(), R(2, 3), R(3)), types="")
row("addmv plain", called("addmv"), (R(2), R(2, 3), R(3)), (R(2), R(2, 3), R(2)), types="int64")
row("addr", called("addr", beta=0.5, alpha=2), (R(2, 3), R(2), R(3)), (R(3), R(2), R(3)), types="")
row("baddbmm", called("baddbmm", beta=0.5, alpha=2), (R(4, 2, 5), R(4, 2, 3), R(4, 3, 5)), (R(5), R(4, 2, 3), R(4, 3, 5)), types="")
row("baddbmm without", called("baddbmm", beta=0), (R(4, 2, 5), R(4, 2, 3), R(4, 3, 5)), types="")
row("addbmm", called("addbmm", beta=0.5, alpha=2), (R(2, 5), R(4, 2, 3), R(4, 3, 5)), types="")
for name, shapes in (("addmv_", (R(2), R(2, 3), R(3))), ("addr_", (R(2, 3), R(2), R(3))), ("baddbmm_", (R(4, 2, 5), R(4, 2, 3), R(4, 3, 5))), ("addbmm_", (R(2, 5), R(4, 2, 3), R(4, 3, 5)))):
    row(name, lambda lib, x, a, b, name=name: getattr(x.clone(), name)(a, b, alpha=2), shapes, types="")
row("vdot", called("vdot"), (R(3), R(3)), (R(3), R(2)), types="int64")
row("ger", called("ger"), (R(3), R(2)))
row("chain_matmul", called("chain_matmul"), (R(2, 3), R(3, 4), R(4, 2)), types="")
row("cross", called("cross", dim=-1), (R(3), R(3)), (R(2, 3), R(2, 3)), (R(1, 3), R(2, 3)), (R(2), R(2)), types="int64 float16")
row("cross dim", called("cross", dim=0), (R(3, 2), R(3, 2)), types="")
row("cross of different ranks", called("cross", dim=-1), (R(2, 3), R(3)), types="")
row("kron", called("kron"), (R(2, 3), R(3, 2)), (R(2), R(3)), (R(2, 2), R(3)), (R(), R(2)), types="int64 float16")
row("dist", called("dist"), (R(2, 3), R(2, 3)), (R(3), R(2, 3)), types="")
for p in (1, 3, math.inf):
    row(f"dist {p}", called("dist", p), (R(2, 3), R(2, 3)), types="")
for p in (0.0, 1.0, 2.0, 3.0, math.inf):
    row(f"cdist {p}", lambda lib, x, y, p=p: (lib.cdist(x.detach(), y.detach(), p=p), *lib.autograd.grad((lib.cdist(x, y, p=p) ** 2).sum(), (x, y))), (R(2, 3), R(4, 3)), types="")
row("cdist of stacks", lambda lib, x, y: lib.cdist(x.detach(), y.detach(), p=1.0), (R(5, 2, 3), R(4, 3)), (R(2, 0), R(3, 0)), types="")
row("cdist of many", lambda lib, x, y: lib.cdist(x.detach(), y.detach()), (R(30, 3), R(4, 3)), types="")
row("cdist wrong", called("cdist"), (R(2, 3), R(2, 2)), (R(3), R(3)), types="")
row("cdist negative", called("cdist", p=-1.0), (R(2, 3), R(2, 3)), types="")
row("renorm", called("renorm", 2, 0, 1.0), R(3, 4), R(2, 3, 2), R(3), types="")
row("renorm 1", called("renorm", 1, 1, 2.0), R(3, 4), types="")
row("renorm_", lambda lib, x: x.clone().renorm_(2, 0, 1.0), R(3, 4), types="")
row("norm nuc", lambda lib, x: (lib.norm(x, "nuc"), x.norm("nuc", keepdim=True)), R(2, 3), R(3, 3), types="")
row("norm nuc dims", lambda lib, x: lib.norm(x, "nuc", dim=(0, 2)), R(2, 4, 3), types="")

# -- linalg --------------------------------------------------------------------------------------
def regular(*shape: int) -> Spec:
    return Spec(shape, lambda x: x + 3 * np.eye(shape[-2], shape[-1]))


def definite(*shape: int) -> Spec:
    return Spec(shape, lambda x: x @ np.swapaxes(x, -1, -2) + np.eye(shape[-1]))


def linalg(name: str, *args: Any, **kwargs: Any) -> Any:
    return lambda lib, *ts: getattr(lib.linalg, name)(*ts, *args, **kwargs)


def symmetric(x: Any) -> Any:
    return (x + x.mT) / 2


SQUARES = [regular(3, 3), regular(2, 3, 3), regular(1, 1), R(0, 0), R(2, 3), R(3)]
for name in "inv det matrix_exp".split():
    row(f"linalg.{name}", linalg(name), *SQUARES, types="int64")
row("inverse", called("inverse"), *SQUARES, types="int64")
row("linalg.slogdet", lambda lib, x: (lib.linalg.slogdet(x)[1], lib.linalg.slogdet(x.detach())[0]), *SQUARES, types="int64")
row("slogdet", lambda lib, x: (lib.slogdet(x)[1], x.detach().slogdet()), regular(3, 3), types="")
for name in "det logdet matrix_exp".split():
    row(name, called(name), regular(3, 3), regular(2, 2, 2), types="int64")
row("logdet below 0", lambda lib, x: lib.logdet(x.detach()), np.array([[1.0, 2.0], [3.0, 4.0]]), types="")
row("linalg.inv of singular", linalg("inv"), np.zeros((2, 2)), types="")
row("linalg.inv_ex", linalg("inv_ex"), regular(3, 3), types="")
row("linalg.matrix_power 0", lambda lib, x: lib.linalg.matrix_power(x.detach(), 0), regular(3, 3), types="")
for n in (1, 2, 3, 5, -1, -2):
    row(f"linalg.matrix_power {n}", linalg("matrix_power", n), regular(3, 3), types="")
row("matrix_power", called("matrix_power", 3), R(2, 2), R(2, 3), types="")
row("linalg.solve", linalg("solve"), (regular(3, 3), R(3)), (regular(3, 3), R(3, 2)), (regular(2, 3, 3), R(2, 3)), (regular(2, 3, 3), R(3, 2)), (regular(3, 3), R(2, 3, 2)), (regular(3, 3), R(2, 2)), types="int64")
row("linalg.solve right", linalg("solve", left=False), (regular(3, 3), R(2, 3)), types="")
row("linalg.solve singular", linalg("solve"), (np.zeros((2, 2)), R(2)), types="")
for upper in (True, False):
    row(f"linalg.solve_triangular {upper}", linalg("solve_triangular", upper=upper), (regular(3, 3), R(3, 2)), (regular(2, 3, 3), R(2, 3, 1)), types="")
row("linalg.solve_triangular ones", linalg("solve_triangular", upper=True, unitriangular=True, left=False), (R(3, 3), R(2, 3)), types="")
row("linalg.pinv", linalg("pinv"), R(2, 3), R(3, 2), regular(3, 3), R(2, 4, 2), R(0, 3), types="int64")
row("linalg.pinv limits", lambda lib, x: (lib.linalg.pinv(x.detach(), rtol=0.5), lib.linalg.pinv(x.detach(), atol=1.0)), np.diag([3.0, 1.0, 0.5]), types="")
row("pinverse", called("pinverse"), R(2, 3), types="")
row("linalg.lstsq", lambda lib, a, b: (lib.linalg.lstsq(a, b).solution, lib.linalg.lstsq(a.detach(), b.detach()).rank), (R(4, 2), R(4, 3)), (regular(3, 3), R(3, 1)), (R(2, 5, 2), R(2, 5, 1)), types="")
row("linalg.lstsq residuals", lambda lib, a, b: lib.linalg.lstsq(a.detach(), b.detach(), driver="gelsd"), (R(4, 2), R(4, 3)), types="")
row("linalg.matrix_rank", lambda lib, x: (lib.linalg.matrix_rank(x.detach()), lib.linalg.matrix_rank(x.detach(), atol=1.0), lib.linalg.matrix_rank(x.detach(), rtol=0.1)), R(2, 3), np.diag([3.0, 0.5, 0.0]), R(2, 3, 3), types="")
row("linalg.cholesky", lambda lib, x: lib.linalg.cholesky(symmetric(x)), definite(3, 3), definite(2, 3, 3), definite(1, 1), types="")
row("linalg.cholesky upper", lambda lib, x: lib.linalg.cholesky(symmetric(x), upper=True), definite(3, 3), types="")
row("linalg.cholesky lower part", linalg("cholesky"), definite(3, 3), types="int64")
row("linalg.cholesky impossible", linalg("cholesky"), -np.eye(2), types="")
row("linalg.cholesky_ex", linalg("cholesky_ex"), definite(3, 3), types="")
for shape in ((3, 3), (4, 2), (2, 4), (2, 4, 3)):
    row(f"linalg.qr {shape}", linalg("qr"), R(*shape), types="")
row("linalg.qr complete", lambda lib, x: lib.linalg.qr(x.detach(), "complete"), R(4, 2), R(2, 3), types="")
row("linalg.qr r", lambda lib, x: lib.linalg.qr(x.detach(), mode="r"), R(2, 2), types="")
row("linalg.qr mode", linalg("qr", mode="q"), R(2, 2), types="")
row("linalg.eigvalsh", lambda lib, x: lib.linalg.eigvalsh(symmetric(x)), R(3, 3), R(2, 3, 3), types="")
row("linalg.eigvalsh upper", linalg("eigvalsh", UPLO="U"), R(3, 3), types="")
row("linalg.eigh", lambda lib, x: (lambda w, v: (w, v * v, v @ (w.unsqueeze(-1) * v.mT)))(*lib.linalg.eigh(symmetric(x))), R(3, 3), R(2, 3, 3), types="")
row("linalg.eigh triangle", lambda lib, x: lib.linalg.eigh(x)[1] ** 2, R(3, 3), types="")
for shape in ((3, 3), (4, 2), (2, 4), (2, 4, 3)):
    row(f"linalg.svdvals {shape}", linalg("svdvals"), R(*shape), types="int64" if shape == (3, 3) else "")
    row(f"linalg.svd {shape}", lambda lib, x: (lambda u, s, vh: (u * u, s, vh * vh, (u * s.unsqueeze(-2)) @ vh))(*lib.linalg.svd(x, full_matrices=False)), R(*shape), types="")
row("linalg.svd whole", lambda lib, x: [y.abs() for y in lib.linalg.svd(x.detach())], R(4, 2), R(2, 3), types="")
for order in (None, "fro", "nuc", 2, -2, 1, -1, math.inf, -math.inf, 3):
    row(f"linalg.norm {order}", linalg("norm", order), R(3, 4), R(3), R(2, 3, 2), types="int64" if order is None else "")
    row(f"linalg.norm {order} dims", linalg("norm", order, dim=(0, 2), keepdim=True), R(3, 2, 4), types="")
    if order is not None:
        row(f"linalg.matrix_norm {order}", linalg("matrix_norm", order), R(2, 3, 4), R(3), types="")
for order in (0, 1, 2, 3.5, math.inf, -math.inf):
    row(f"linalg.vector_norm {order}", linalg("vector_norm", order), R(3), R(2, 3), types="")
    row(f"linalg.vector_norm {order} dim", linalg("vector_norm", order, dim=1, keepdim=True), R(2, 3), types="")
for p in ("fro", 1, -1, math.inf, -math.inf):  # torch has no derivative of these
    row(f"linalg.cond {p}", lambda lib, x, p=p: lib.linalg.cond(x.detach(), p), regular(3, 3), regular(2, 2, 2), types="")
for p in (None, 2, -2, "nuc"):
    row(f"linalg.cond {p}", linalg("cond", p), regular(3, 3), regular(2, 2, 2), types="")
row("linalg.cond of singular", lambda lib, x: lib.linalg.cond(x.detach(), 1), np.zeros((2, 2)), types="")
row("linalg.multi_dot", lambda lib, *ts: lib.linalg.multi_dot(ts), (R(3), R(3, 4), R(4, 2), R(2)), (R(2, 3), R(3, 4)), (R(2, 3),), types="")
row("linalg.cross", linalg("cross"), (R(2, 3), R(2, 3)), types="")
row("linalg.vecdot", linalg("vecdot"), (R(2, 3), R(3)), types="")
row("linalg.diagonal", linalg("diagonal", offset=1), R(2, 3, 3), types="")
row("linalg.tensorinv", linalg("tensorinv", ind=1), Spec((4, 2, 2), lambda x: x + 3 * np.eye(4).reshape(4, 2, 2)), types="")
row("linalg.tensorsolve", linalg("tensorsolve"), (Spec((2, 2, 4), lambda x: x + 3 * np.eye(4).reshape(2, 2, 4)), R(2, 2)), types="")
