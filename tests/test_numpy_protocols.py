"""What np.X means on a tensor is NumPy's X: each function and keyword, compared with NumPy itself.

A row is a call of t, a (2, 3) tensor, of v, a vector of 4, or of m, a positive definite matrix; NumPy
is given the arrays, in float64. Values, shapes and types must be NumPy's, and the gradients those of
central differences.
"""
# ruff: noqa: E501 (tables, a row on a line)

from __future__ import annotations

import doctest
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import Tensor, tensor
from minigrad.autograd import interop

T = np.array([[0.5, -1.25, 2.125], [1.5, 0.75, -0.375]])
V = np.array([0.7, -0.4, 1.3, 0.2])
M = np.array([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.1]])
MASK = np.array([[True, False, True], [True, True, False]])
HOLES = np.where(MASK, T, np.nan)

ROWS = """
np.sum(t) | np.sum(t, 1) | np.sum(t, axis=(0, 1)) | np.sum(t, axis=()) | np.sum(t, 0, keepdims=True) | np.sum(a=t)
np.sum(t, initial=2.0) | np.sum(t, axis=1, where=MASK) | np.sum(t, dtype=np.float32) | np.sum(t, where=MASK, initial=1, axis=0, keepdims=True)
np.prod(t) | np.prod(t, 1) | np.prod(t, keepdims=True) | np.prod(t, axis=(0, 1)) | np.prod(t, axis=1, keepdims=True, initial=3, where=MASK) | np.prod(t, axis=())
np.mean(t) | np.mean(t, axis=1, keepdims=True) | np.mean(t, where=MASK) | np.mean(t, axis=0, where=MASK, dtype=np.float64)
np.var(t) | np.var(t, axis=1, ddof=1, keepdims=True) | np.var(t, where=MASK) | np.var(t, axis=1, correction=1) | np.var(t, axis=1, mean=np.mean(t, axis=1, keepdims=True))
np.std(t) | np.std(t, axis=0, ddof=0.5) | np.std(t, where=MASK, axis=1, keepdims=True, ddof=0)
np.average(t) | np.average(t, axis=1, weights=[1.0, 2.0, 3.0]) | np.average(t, weights=np.abs(t)) | np.average(t, axis=0, weights=[1, 3], returned=True) | np.average(t, axis=1, keepdims=True)
np.max(t) | np.max(t, axis=1, keepdims=True) | np.max(t, axis=(0, 1), initial=1.0) | np.max(t, axis=1, where=MASK, initial=-9) | np.amax(t, 0) | np.min(t, axis=(1, 0)) | np.amin(t, axis=-1, initial=0.6, keepdims=True)
np.ptp(t) | np.ptp(t, axis=1, keepdims=True)
np.median(t) | np.median(t, axis=1, keepdims=True) | np.median(t, axis=(0, 1)) | np.median(t, axis=0, overwrite_input=True) | np.quantile(t, 0.3) | np.quantile(t, [0.2, 0.9], axis=1) | np.quantile(t, 0.4, axis=1, method="hazen", keepdims=True) | np.quantile(t, [[0.5, 0.1]], axis=(0, 1), keepdims=True)
np.percentile(t, 35, method="nearest") | np.percentile(t, [10, 60], axis=0, method="median_unbiased") | np.quantile(t, 0.6, method="inverted_cdf") | np.quantile(t, 0.6, method="lower", axis=1)
np.nansum(h) | np.nansum(h, axis=1, keepdims=True, initial=2, where=MASK) | np.nanprod(h, axis=0) | np.nanmean(h, axis=1) | np.nanvar(h, axis=1, ddof=1) | np.nanstd(h) | np.nanmax(h, axis=1) | np.nanmin(h, keepdims=True) | np.nanmedian(t, axis=1) | np.nanpercentile(t, 40) | np.nanquantile(t, 0.2, axis=0) | np.nancumsum(h, axis=1) | np.nancumprod(h)
np.cumsum(t) | np.cumsum(t, axis=1) | np.cumsum(t, axis=0, dtype=np.float32) | np.cumprod(t) | np.cumprod(t, -1) | np.cumulative_sum(t, axis=1, include_initial=True) | np.cumulative_prod(v)
np.diff(t) | np.diff(t, axis=0) | np.diff(v, n=2) | np.diff(t, prepend=0.0, append=t[:, :2]) | np.diff(t, axis=0, prepend=5) | np.ediff1d(t) | np.ediff1d(t, to_begin=9.0, to_end=[1.0, 2.0])
np.gradient(v) | np.gradient(t) | np.gradient(v, 0.5, edge_order=2) | np.gradient(v, [0.0, 1.0, 3.0, 4.5]) | np.gradient(t, 2.0, axis=1) | np.gradient(t, 2.0, [0.0, 1.0, 4.0]) | np.gradient(v, [0.0, 1.0, 3.0, 4.5], edge_order=2)
np.trapezoid(t) | np.trapezoid(t, dx=0.5, axis=0) | np.trapezoid(v, x=[0.0, 1.0, 3.0, 4.0]) | np.trapezoid(V, x=v)
np.cov(t) | np.cov(t, rowvar=False) | np.cov(v, V[::-1]) | np.cov(t, bias=True) | np.cov(t, ddof=0, aweights=[1.0, 2.0, 0.5]) | np.cov(t, fweights=[1, 2, 1]) | np.corrcoef(t) | np.corrcoef(v, V[::-1] ** 2)
np.reshape(t, (3, 2)) | np.reshape(t, -1, order="F") | np.reshape(t, shape=(3, -1), order="A") | np.reshape(t, 6, copy=True) | np.ravel(t) | np.ravel(t, order="F") | np.ravel(t, "K")
np.transpose(t) | np.transpose(t, axes=(1, 0)) | np.permute_dims(t, (1, 0)) | np.matrix_transpose(t) | np.linalg.matrix_transpose(t) | np.swapaxes(t, axis1=0, axis2=1) | np.moveaxis(t, -1, 0) | np.moveaxis(t, source=[0], destination=[1]) | np.rollaxis(t, 1) | np.rollaxis(t, axis=0, start=2)
np.expand_dims(t, axis=(0, -1)) | np.squeeze(t[None]) | np.squeeze(t[None, :, None], axis=(0,)) | np.atleast_1d(t[0, 0]) | np.atleast_2d(v) | np.atleast_3d(t) | np.atleast_2d(t, v)
np.broadcast_to(v, (2, 4)) | np.broadcast_to(t, shape=(1, 2, 3)) | np.broadcast_arrays(t, t[0]) | np.meshgrid(v, t[0]) | np.meshgrid(v, [1.0, 2.0], indexing="ij", sparse=True)
np.flip(t) | np.flip(t, axis=(0, 1)) | np.flip(t, -1) | np.fliplr(t) | np.flipud(t) | np.rot90(t) | np.rot90(t, k=2, axes=(1, 0)) | np.roll(t, 2) | np.roll(t, shift=(1, -1), axis=(0, 1)) | np.roll(t, 1, axis=(0, 1)) | np.roll(t, [1, 2], axis=[0, 1]) | np.fft.fftshift(t) | np.fft.ifftshift(t, axes=1)
np.tile(t, 2) | np.tile(t, reps=(2, 1, 2)) | np.repeat(t, 2) | np.repeat(t, [1, 2, 0], axis=1) | np.repeat(a=t, repeats=3, axis=0) | np.resize(t, (3, 3))
np.concatenate([t, t]) | np.concatenate([t, T], axis=1) | np.concatenate([t, v], axis=None) | np.concatenate((t, MASK), dtype=np.float64) | np.concat([v, [1, 2]]) | np.stack([t, t * 2], axis=-1) | np.stack([v, V]) | np.vstack([v, V]) | np.vstack((t, t[0])) | np.hstack([t, T]) | np.hstack([v, 1.0]) | np.dstack([t, t]) | np.column_stack([v, V]) | np.column_stack([t, t[:, 0]])
np.append(t, [[1.0, 2.0, 3.0]], axis=0) | np.append(t, 4) | np.append(V, v) | np.insert(t, 1, 5.0, axis=1) | np.insert(v, [1, 3], v[:2]) | np.insert(t, 0, t[0], axis=0) | np.delete(t, 1, axis=1) | np.delete(t, [0, 2]) | np.delete(v, slice(None, None, 2)) | np.block([[t, np.ones((2, 1))], [np.zeros((1, 3)), 7.0]])
np.split(v, 2) | np.split(t, [1], axis=1) | np.array_split(t, 2, axis=1) | np.vsplit(t, 2) | np.hsplit(t, [1, 2]) | np.dsplit(t[None], 3) | np.unstack(t, axis=1)
np.take(t, [2, 0], axis=1) | np.take(t, 4) | np.take(t, [[5, -1]]) | np.take(v, [7, 1], mode="wrap") | np.take(t, indices=[9], axis=0, mode="clip") | np.take_along_axis(t, np.array([[0, -1], [1, 1]]), axis=1) | np.take_along_axis(t, np.array([3, 1]), axis=None) | np.compress([True, False, True], t, axis=1) | np.compress([False, True], t) | np.extract(MASK, t) | np.where(MASK, t, 0) | np.where([1, 0, 2], t, t * 2) | np.where(MASK, 1, t)
np.select([MASK, T > 1], [t, 2 * t], default=9) | np.select([T > 0], [t]) | np.choose([[0, 1, 1], [1, 0, 0]], [t, t * t]) | np.choose([3, -1, 0], [t, t * t], mode="clip") | np.piecewise(t, [T > 1, T < 0], [lambda x: x**2, 3.0, lambda x: -x])
np.diag(m) | np.diag(m, k=1) | np.diag(v, -1) | np.diagflat(t) | np.diagflat(v, k=1) | np.diagonal(m) | np.diagonal(m, offset=-1, axis1=1, axis2=0) | np.linalg.diagonal(m, offset=1) | np.trace(m) | np.trace(m, offset=1) | np.trace(m[None] * v[:, None, None], axis1=2, axis2=1) | np.linalg.trace(m, offset=-1) | np.tril(t) | np.tril(t, k=-1) | np.triu(t, 1) | np.triu(v)
np.pad(t, 1) | np.pad(t, ((1, 0), (2, 3)), mode="edge") | np.pad(v, (2, 1), "reflect") | np.pad(v, 2, mode="symmetric") | np.pad(v, 5, "wrap") | np.pad(t, 1, constant_values=7.5) | np.pad(t, ((1, 1), (0, 2)), "constant", constant_values=((1, 2), (3, 4)))
np.sort(t) | np.sort(t, axis=0) | np.sort(t, axis=None) | np.sort(t, kind="mergesort", axis=1) | np.sort(t, stable=True) | np.sort(np.partition(v, 2)[:2]) | np.partition(t, 1, axis=1) | np.unique(v) | np.lib.stride_tricks.sliding_window_view(v, 2) | np.lib.stride_tricks.sliding_window_view(t, 2, axis=1)
np.dot(t, T.T) | np.dot(t[0], t[1]) | np.dot(2.0, t) | np.dot(m, t[0]) | np.dot(t[None], m[None]) | np.dot([1.0, 2.0], t) | np.inner(t, T) | np.inner(T, t[0]) | np.inner(3.0, t) | np.outer(v, V) | np.outer(V, v) | np.outer(t, v) | np.outer(a=v, b=[1, 2]) | np.vdot(t, T) | np.vecdot(t, T) | np.vecdot(t, T, axis=0) | np.matvec(m, t) | np.vecmat(t, m) | np.matmul(t, m) | np.kron(t, v) | np.kron(m, t) | np.kron(2.0, t) | np.cross(t, T[::-1]) | np.cross(t.T, m[:, :2], axis=0) | np.cross(t, m[0], axisc=0)
np.tensordot(t, m, axes=1) | np.tensordot(t, T) | np.tensordot(T, t, axes=([0, 1], [0, 1])) | np.tensordot(t, v, axes=0) | np.tensordot(t, m, axes=(1, 0)) | np.einsum("ij,jk", t, m) | np.einsum("ii,i->", M, t[0]) | np.einsum("ij->ji", t) | np.einsum("...i,i->...", t, [1.0, 2.0, 3.0], optimize=True) | np.einsum(t, [0, 1], m, [1, 2], [2, 0]) | np.einsum(t, [0, 1], m, [1, 2]) | np.einsum("ii", m) | np.einsum("i,j->ij", v, v, order="C")
np.linalg.norm(t) | np.linalg.norm(v, 3) | np.linalg.norm(v, ord=np.inf) | np.linalg.norm(v, 1) | np.linalg.norm(t, axis=1) | np.linalg.norm(t, "fro", keepdims=True) | np.linalg.norm(t, 1) | np.linalg.norm(t, -np.inf) | np.linalg.norm(t, np.inf, axis=(1, 0)) | np.linalg.norm(t, ord=-1, keepdims=True) | np.linalg.norm(t[None], keepdims=True) | np.linalg.vector_norm(t, axis=(0, 1), keepdims=True) | np.linalg.vector_norm(t, ord=3) | np.linalg.matrix_norm(t[None] * 2)
np.linalg.multi_dot([t, m, t[0]]) | np.linalg.matrix_power(m, 0) | np.linalg.matrix_power(m, 5) | np.linalg.outer(v, V) | np.linalg.cross(t, T[::-1]) | np.linalg.tensordot(t, m, axes=1) | np.linalg.vecdot(t, T) | np.linalg.matmul(t, m)
np.clip(t, -1, 1) | np.clip(t, a_min=0, a_max=None) | np.clip(t, min=-1.0, max=[0.1, 0.2, 3.0]) | np.clip(a=t, a_min=None, a_max=1) | np.round(v * 1.01, 1) | np.around(v, decimals=0) | np.unwrap(4 * t, axis=0) | np.unwrap(v, period=0.5) | np.real(t) | np.imag(t) | np.real_if_close(t) | np.copy(t, order="F") | np.astype(t, np.float32)
np.add(t, T, dtype=np.float64) | np.exp(t, order="C") | np.multiply(t, 2, casting="same_kind", subok=True) | np.add.reduce(t) | np.add.reduce(t, axis=None) | np.add.reduce(t, 1, keepdims=True, initial=1, where=MASK) | np.multiply.reduce(t, axis=1) | np.maximum.reduce(t) | np.minimum.reduce(t, axis=(0, 1)) | np.logaddexp.reduce(t, axis=1) | np.logaddexp.reduce(t, axis=None, keepdims=True)
np.add.accumulate(t) | np.multiply.accumulate(t, axis=1) | np.maximum.accumulate(v) | np.minimum.accumulate(t, axis=1) | np.add.outer(t, v) | np.multiply.outer(v, T) | np.subtract.outer([1.0, 2.0], v) | np.maximum.outer(v, v[:2]) | np.power.outer(np.abs(v), [1, 2])
np.positive(t) | np.fabs(t) | np.conj(t) | np.float_power(np.abs(t), 1.5) | np.cbrt(t) | np.divmod(t, 0.4) | np.deg2rad(t) | np.rad2deg(t) | np.degrees(t) | np.radians(t) | np.ldexp(t, 2) | np.ldexp(t, [1, 2, -1]) | np.rint(v) | np.heaviside(t, 0.5) | np.mod(t, 0.7) | np.true_divide(t, [2, 4, 8])
np.linspace(t[0, 0], t[1, 1], 5) | np.linspace(0, v, num=3, endpoint=False, axis=-1) | np.linspace(v, 2.0, 4, retstep=True) | np.logspace(0.0, v, 3, base=2.0) | np.geomspace(1.0, np.abs(v), num=3) | np.full_like(t, v[0]) | np.full_like(v, t[0, 0], shape=(2, 2)) | np.interp(v, [0.0, 0.5, 1.0], [1.0, 3.0, 2.0]) | np.interp([0.1, 0.9, 5.0, -1.0], [0.0, 0.5, 1.0], t[0]) | np.interp(v, [0.0, 1.0], [1.0, 3.0], left=0.0, right=9.0) | np.polyval(t[0], v) | np.polyval([1.0, 2.0, 3.0], t) | np.vander(v) | np.vander(v, 3, increasing=True) | np.convolve(v, [1.0, 2.0]) | np.convolve([1.0, 2.0, 0.5], v, "same") | np.convolve(v, t[0], mode="valid") | np.correlate(v, [1.0, 2.0]) | np.correlate([1.0, 2.0, 0.5], v, "full") | np.correlate(v, [1.0, 2.0], "same") | np.correlate([1.0, 2.0, 0.5], v, "same") | np.correlate(t[0], v, "same")
np.apply_along_axis(np.sum, 1, t) | np.apply_along_axis(lambda x: x[:2] * x[0], 0, t) | np.apply_over_axes(np.sum, t, [0, 1]) | np.interp(v, np.sort(v), V)
np.arcsinh(t) | np.arccosh(np.abs(t) + 1.1) | np.arctanh(t / 4) | np.sinc(t) | np.trunc(t) | np.fix(t) | np.modf(t) | np.hypot(t, 2.0) | np.hypot([1.0, 2.0, 3.0], t) | np.logaddexp2(t, T[::-1]) | np.fmod(t, 0.7) | np.copysign(t, -1.0) | np.fmax(t, 0.3) | np.fmin(h, 0.3) | np.nan_to_num(h, nan=7.0) | np.nan_to_num(t, posinf=1.0, neginf=2.0) | np.angle(t) | np.angle(t, deg=True)
np.polyadd(v, [1.0, 2.0]) | np.polysub([1.0, 2.0], v) | np.polymul(v, t[0]) | np.polyder(v) | np.polyder(v, m=2) | np.polyint(v) | np.polyint(v, m=2, k=[3.0, 1.0]) | np.unique_values(t) | np.union1d(v, V[:2] + 5) | np.setdiff1d(v, [5.0]) | np.unique(np.concatenate([v, v]))
np.linalg.inv(m) | np.linalg.inv(m + t[:, :1].sum() * np.ones((2, 1, 1))) | np.linalg.pinv(t) | np.linalg.pinv(t, rcond=0.1) | np.linalg.pinv(m, hermitian=False, rtol=1e-9) | np.linalg.solve(m, t[0]) | np.linalg.solve(m, t.T) | np.linalg.solve(M, m[None] * v[:, None, None]) | np.linalg.solve(m, [1.0, 2.0, 3.0]) | np.linalg.det(m) | np.linalg.det(np.stack([m, m.T])) | np.linalg.slogdet(m) | np.linalg.cond(m) | np.linalg.cond(m, -2) | np.linalg.cond(m, 1) | np.linalg.cond(m, "fro")
np.linalg.cholesky(m @ m.T) | np.linalg.cholesky(m @ m.T, upper=True) | np.linalg.qr(m) | np.linalg.qr(t.T) | np.linalg.qr(t) | np.linalg.qr(m, mode="r") | np.linalg.svd(t, full_matrices=False) | np.linalg.svd(m) | np.linalg.svd(t, compute_uv=False) | np.linalg.svdvals(t) | np.linalg.eigh(m + m.T) | np.linalg.eigh(m @ m.T, UPLO="U") | np.linalg.eigvalsh(m + m.T) | np.linalg.tensorinv(np.reshape(m @ m, (3, 3, 1)), ind=1) | np.linalg.tensorsolve(np.reshape(m, (3, 1, 3)), t[:1].T) | np.linalg.lstsq(t.T, v[:3])[0] | np.linalg.lstsq(t.T, np.stack([v[:3], v[1:]], axis=1))[1] | np.linalg.lstsq(m, v[:3], rcond=None)[3]
np.linalg.norm(m, 2) | np.linalg.norm(m, -2) | np.linalg.norm(t, "nuc", keepdims=True) | np.linalg.matrix_norm(m, ord="nuc") | np.linalg.matrix_power(m, -2)
"""
CALLS = [call.strip() for line in ROWS.strip().splitlines() for call in line.split(" | ")]
NEWER = {
    "cumulative_sum": "2.1",
    "cumulative_prod": "2.1",
    "unstack": "2.1",
    "astype": "2.1",
    "matvec": "2.2",
    "vecmat": "2.2",
}


def call_of(text: str) -> Any:
    def run(t: Any, v: Any, m: Any, h: Any = None) -> Any:
        return eval(
            code, {"np": np, "T": T, "V": V, "M": M, "MASK": MASK, "t": t, "v": v, "m": m, "h": h}
        )

    code = compile(text, text, "eval")
    return run


def flat(result: Any) -> list:
    return list(result) if isinstance(result, (tuple, list)) else [result]


def same(found: Any, expected: Any) -> None:
    assert len(flat(found)) == len(flat(expected))
    for one, other in zip(flat(found), flat(expected), strict=True):
        assert isinstance(one, Tensor), type(one)
        assert one.shape == np.shape(other)
        assert one.dtype == np.asarray(other).dtype
        np.testing.assert_allclose(
            one.detach().numpy(), other, rtol=1e-6 if one.dtype == np.float32 else 1e-12, atol=1e-15
        )


@pytest.mark.parametrize("text", CALLS)
def test_numpys_function_means_on_a_tensor_what_it_means_on_an_array(text: str) -> None:
    name = text.split("(")[0].split(".")[-1]
    if name in NEWER and not hasattr(np, name):
        pytest.skip(f"NumPy has np.{name} since {NEWER[name]}")
    run = call_of(text)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        expected = run(T, V, M, HOLES)
        same(run(*map(tensor, (T, V, M, HOLES))), expected)
        inputs = [tensor(x, requires_grad=True) for x in (T, V, M)]
        found = run(*inputs, tensor(HOLES, requires_grad=True))
    same(found, expected)
    if all(r.dtype == np.float64 for r in flat(found)):
        weights = [np.cos(np.arange(r.numel())).reshape(r.shape) for r in flat(found)]

        def total(*xs: Any) -> Any:
            return sum(
                (r * w).sum()
                for r, w in zip(
                    flat(run(*xs, minigrad.where(tensor(MASK), xs[0], float("nan")))),
                    weights,
                    strict=True,
                )
            )

        numeric(total, inputs)


def numeric(total: Any, inputs: list) -> None:
    """Compare the gradients with central differences."""
    y = total(*inputs)
    grads = minigrad.autograd.grad(y, inputs, allow_unused=True) if y.requires_grad else [None] * 3
    arrays = [x.detach().numpy() for x in inputs]
    for i, (x, g) in enumerate(zip(arrays, grads, strict=True)):
        slope = np.zeros(x.shape)
        for at in np.ndindex(x.shape):
            ends = []
            for step in (1e-6, -1e-6):
                moved = [a.copy() for a in arrays]
                moved[i][at] += step
                ends.append(total(*map(tensor, moved)).item())
            slope[at] = (ends[0] - ends[1]) / 2e-6
        np.testing.assert_allclose(
            np.zeros(x.shape) if g is None else g.numpy(), slope, rtol=1e-6, atol=1e-7
        )


# What has neither a meaning here nor an answer: refused where a gradient would be lost.
REFUSED = """
    busday_count busday_offset datetime_as_string is_busday isnat frexp nextafter spacing i0
    histogram histogram2d histogram_bin_edges histogramdd poly polydiv polyfit roots sort_complex
    trim_zeros setxor1d unique_all unique_counts unique_inverse save savetxt savez savez_compressed
    bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not bitwise_or
    bitwise_right_shift bitwise_xor gcd invert lcm left_shift right_shift packbits unpackbits ix_
""".split()


def test_every_public_function_of_numpy_has_a_meaning_an_answer_or_a_refusal() -> None:
    known = {*interop.DISPATCH, *interop.ANSWERS, *interop.WRITERS}
    unknown = {
        name
        for name in dir(np)
        if isinstance(getattr(np, name), np.ufunc) or hasattr(getattr(np, name), "_implementation")
        if getattr(np, name) not in known
    }
    assert unknown <= set(REFUSED)
    if np.__version__.startswith("2.4"):
        assert set(REFUSED) <= unknown


def test_the_page_prints_what_it_says() -> None:
    page = Path(__file__).parent.parent / "docs" / "numpy.md"
    failed, _ = doctest.testfile(str(page), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert not failed


# To NumPy these are what `array * t` is, and so they promote by torch's rules.
PROMOTED_AS_OPERATORS = ("np.power.outer(np.abs(v), [1, 2])", "np.true_divide(t, [2, 4, 8])")


@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_single_and_half_precision_stay_what_they_are_in_numpy(
    dtype: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    single = {"T": T.astype(dtype), "V": V.astype(dtype), "M": M.astype(dtype)}
    for name, array in single.items():
        monkeypatch.setitem(globals(), name, array)
    arrays = (*single.values(), np.where(MASK, single["T"], dtype(np.nan)))
    near = 1e-4 if dtype == np.float32 else 3e-2
    for text in CALLS:
        half = dtype == np.float16 and "linalg" in text  # LAPACK has none
        if half or text in PROMOTED_AS_OPERATORS or text.split("(")[0][3:] in NEWER:
            continue
        run = call_of(text)
        for one, other in zip(flat(run(*map(tensor, arrays))), flat(run(*arrays)), strict=True):
            assert one.shape == np.shape(other) and one.dtype == other.dtype, text
            np.testing.assert_allclose(one.numpy(), other, rtol=near, atol=near / 5, err_msg=text)


@pytest.mark.slow
@pytest.mark.parametrize("text", CALLS)
def test_second_derivatives_are_those_of_central_differences(text: str) -> None:
    run = call_of(text)
    inputs = [tensor(x, requires_grad=True) for x in (T, V, M)]
    smooth = [x * 1.01 + 0.1 * x**2 for x in inputs]
    results = [r for r in flat(run(*smooth, smooth[0])) if r.requires_grad]
    if not results or any(r.dtype != np.float64 for r in results) or "h" in text:
        return

    def slope(*xs: Any) -> Any:
        leaves = [x if x.requires_grad else x.requires_grad_() for x in xs]
        ys = [
            r
            for r in flat(run(*[x * 1.01 + 0.1 * x**2 for x in leaves], leaves[0]))
            if r.requires_grad
        ]
        total = sum((y * y).sum() for y in ys)
        grads = minigrad.autograd.grad(total, leaves, create_graph=True, allow_unused=True)
        return sum(
            (g * np.sin(1 + np.arange(g.numel())).reshape(g.shape)).sum()
            for g in grads
            if g is not None
        )

    if slope(*inputs).requires_grad:
        numeric(slope, inputs)
