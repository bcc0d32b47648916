"""What np.linalg's functions mean on Tensors: equations and factorizations, in NumPy's words."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd import derivatives_linalg as dl
from ..autograd.interop import DISPATCH, NoRule, as_tensors
from . import matrices, shaping
from .numpy_moving import alike, bare


@functools.cache
def named(fn: Callable) -> Any:
    """The named tuple that a function of NumPy's gives: where it is defined is NumPy's matter."""
    return type(fn(np.eye(1)))


# -- inverses and equations ------------------------------------------------------------------------
def _inv(a: Any) -> Any:
    return matrices.inv(alike(a)[0])


def _pinv(a: Any, rcond: Any = None, hermitian: bool = False, *, rtol: Any = None) -> Any:
    (a,) = alike(a)
    share = rcond if rtol is None else rtol
    if share is None:  # NumPy's default of the older argument
        share = 1e-15
    return matrices.pinv(a, rtol=np.asarray(bare(share)), hermitian=hermitian)


def _solve(a: Any, b: Any) -> Any:
    a, b = alike(a, b)
    matrices.matrices_of(a, "solve", square=True)
    if b.ndim == 1:  # for NumPy only this is a vector
        return shaping.squeeze(matrices.made("solve", dl.solve, a, shaping.unsqueeze(b, -1)), -1)
    return matrices.made("solve", dl.solve, a, b)


def _lstsq(a: Any, b: Any, rcond: Any = None) -> tuple:
    """The solution by the pseudo-inverse; the rank and the singular values as NumPy finds them."""
    a, b = alike(a, b)
    _, residuals, rank, values = np.linalg.lstsq(a._array, b._array, bare(rcond))
    share = np.finfo(a.dtype).eps * max(a.shape) if rcond is None else bare(rcond)
    x = np.dot(matrices.pinv(a, rtol=np.asarray(share)), b)
    if residuals.size:  # where a has more rows than columns, and full rank
        residuals = np.reshape(np.sum((np.dot(a, x) - b) ** 2, 0), -1)
    return x, as_tensors(residuals), rank, dl.svdvals(a)


def _tensorinv(a: Any, ind: int = 2) -> Any:
    (a,) = alike(a)
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    rows, columns = a._array.shape[:ind], a._array.shape[ind:]
    square = shaping.reshape(a, (math.prod(rows), math.prod(columns)))
    return shaping.reshape(matrices.inv(square), (*columns, *rows))


def _tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = alike(a, b)
    if axes is not None:
        a = np.moveaxis(a, tuple(axes), tuple(range(a.ndim - len(axes), a.ndim)))
    unknowns = a._array.shape[b.ndim :]
    square = shaping.reshape(a, (-1, math.prod(unknowns)))
    return shaping.reshape(_solve(square, shaping.reshape(b, -1)), unknowns)


# -- numbers ---------------------------------------------------------------------------------------
def _det(a: Any) -> Any:
    return matrices.det(alike(a)[0])


def _slogdet(a: Any) -> Any:
    return named(np.linalg.slogdet)(*matrices.slogdet(alike(a)[0]))


def _cond(x: Any, p: Any = None) -> Any:
    (x,) = alike(x)
    if p in (None, 2, -2):
        s = dl.svdvals(x)
        return s[..., 0] / s[..., -1] if p != -2 else s[..., -1] / s[..., 0]
    return np.linalg.norm(x, p, (-2, -1)) * np.linalg.norm(matrices.inv(x), p, (-2, -1))


# -- factorizations --------------------------------------------------------------------------------
def _cholesky(a: Any, /, *, upper: bool = False) -> Any:
    return matrices.cholesky(alike(a)[0], upper=upper)


def _qr(a: Any, mode: str = "reduced") -> Any:
    if mode not in ("reduced", "complete", "r"):
        raise NoRule("the modes reduced, complete and r have one")
    q, r = matrices.qr(alike(a)[0], mode)
    return r if mode == "r" else named(np.linalg.qr)(q, r)


def _svd(
    a: Any, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False
) -> Any:
    (a,) = alike(a)
    return named(np.linalg.svd)(*matrices.svd(a, full_matrices)) if compute_uv else dl.svdvals(a)


def _svdvals(x: Any, /) -> Any:
    return dl.svdvals(alike(x)[0])


def _eigh(a: Any, UPLO: str = "L") -> Any:
    (a,), lower = alike(a), _lower(UPLO)
    values, vectors = (matrices.made("eigh", fn, a, lower=lower) for fn in (dl.eigvalsh, dl.eigh_v))
    return named(np.linalg.eigh)(values, vectors)


def _eigvalsh(a: Any, UPLO: str = "L") -> Any:
    (a,) = alike(a)
    return matrices.made("eigvalsh", dl.eigvalsh, a, lower=_lower(UPLO))


def _lower(UPLO: str) -> bool:
    if UPLO.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return UPLO.upper() == "L"


DISPATCH |= {
    np.linalg.inv: _inv, np.linalg.pinv: _pinv, np.linalg.solve: _solve, np.linalg.lstsq: _lstsq,
    np.linalg.tensorinv: _tensorinv, np.linalg.tensorsolve: _tensorsolve, np.linalg.det: _det,
    np.linalg.slogdet: _slogdet, np.linalg.cond: _cond, np.linalg.cholesky: _cholesky,
    np.linalg.qr: _qr, np.linalg.svd: _svd, np.linalg.svdvals: _svdvals, np.linalg.eigh: _eigh,
    np.linalg.eigvalsh: _eigvalsh,
}  # fmt: skip
