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
