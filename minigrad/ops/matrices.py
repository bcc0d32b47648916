"""Inverses, determinants and factorizations of matrices, and of stacks of them: what torch has as
methods and as functions of linalg.

In linalg they are minigrad/linalg.py's, with the rest of that family; the older names at the end
(svd, qr, inverse ...) differ a little.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from ..autograd import derivatives_linalg as dl
from ..autograd.engine import Value, wrap
from ..autograd.errors import tensor_words
from . import linalg
from .arguments import Tensor, not_a_tensor
from .elementwise import masked_fill
from .shaping import cat, clone, narrow, transpose

__all__ = [
    "det", "inverse", "logdet", "matrix_exp", "matrix_power", "pinverse", "slogdet",
]  # fmt: skip


class LinAlgError(RuntimeError, np.linalg.LinAlgError):
    """What these functions raise where a matrix has no inverse or no such factorization: torch's
    exception, and NumPy's, too.
    """


def _turned(x: Any) -> Any:
    return transpose(x, -2, -1)


# -- what they take --------------------------------------------------------------------------------
def matrices_of(A: Any, name: str, square: bool = False) -> tuple[int, ...]:
    """The shape of matrices of float32 or float64; RuntimeError for others."""
    if not isinstance(A, Value):
        raise not_a_tensor(f"linalg_{name}", A, "A")
    array = A._array
    if array.ndim < 2:
        raise RuntimeError(
            f"linalg.{name}: The input tensor A must have at least 2 dimensions, not "
            f"{tensor_words(A)}"
        )
    if array.dtype not in (dtypes.float32, dtypes.float64):
        raise RuntimeError(
            f"linalg.{name}: Expected a floating point tensor (float32 or float64) as input. Got "
            f"{tensor_words(A)}"
        )
    if square and array.shape[-1] != array.shape[-2]:
        raise RuntimeError(
            f"linalg.{name}: A must be batches of square matrices, but they are {array.shape[-2]} "
            f"by {array.shape[-1]} matrices"
        )
    return array.shape


def made(name: str, fn: Callable, *args: Any, **how: Any) -> Any:
    """fn(*args); where NumPy finds no result, torch's exception."""
    try:
        return fn(*args, **how)
    except RuntimeError as error:
        if isinstance(error, LinAlgError):
            raise
        words = str(error).partition(" (")[0]
        if not any(w in words for w in ("ingular", "positive definite", "converge")):
            raise
        raise LinAlgError(f"linalg.{name}: {words}: it has no result for this input") from None


# -- inverses --------------------------------------------------------------------------------------
def inv(A: Tensor) -> Tensor:
    """The inverse of square matrices; LinAlgError where one is singular.

    >>> minigrad.linalg.inv(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    matrices_of(A, "inv", square=True)
    return made("inv", dl.inv, A)


def pinv(
    A: Tensor, *, atol: Any = None, rtol: Any = None, rcond: Any = None, hermitian: bool = False
) -> Tensor:
    """The pseudo-inverse; singular values up to the largest of atol and rtol times the largest one
    count as 0. rtol is max(m, n) times the type's eps unless given.

    >>> minigrad.linalg.pinv(tensor([[2., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    shape = matrices_of(A, "pinv", square=hermitian)
    if 0 in shape:
        return _turned(A)
    limit = tolerance(A, atol, rcond if rtol is None else rtol)
    return made("pinv", dl.pinv, A, rtol=limit)


def tolerance(A: Any, atol: Any, rtol: Any) -> np.ndarray:
    """Up to which share of the largest singular value one counts as 0."""
    atol, rtol = (x._array if isinstance(x, Value) else x for x in (atol, rtol))
    if rtol is None:
        known = atol is not None and np.all(np.asarray(atol) > 0)
        rtol = 0.0 if known else max(A._array.shape[-2:]) * np.finfo(A._array.dtype).eps
    if atol is None:
        return np.asarray(rtol)
    top = np.linalg.svd(A._array, compute_uv=False)[..., 0]
    return np.maximum(rtol, np.asarray(atol) / np.where(top == 0, 1, top))


# -- determinants and powers -----------------------------------------------------------------------
def det(A: Tensor) -> Tensor:
    """The determinant of square matrices; its gradient is right where one is singular, too.

    >>> minigrad.linalg.det(tensor([[2., 0.], [0., 3.]]))
    tensor(6.)
    """
    matrices_of(A, "det", square=True)
    return dl.det(A)


class SignAndLog(NamedTuple):
    """What slogdet() returns."""

    sign: Any
    logabsdet: Any


def slogdet(A: Tensor) -> SignAndLog:
    """The sign of the determinant and the logarithm of its absolute value.

    >>> minigrad.linalg.slogdet(tensor([[1., 2.], [3., 4.]]))
    SignAndLog(sign=tensor(-1.), logabsdet=tensor(0.6931))
    """
    matrices_of(A, "slogdet", square=True)
    sign = np.asarray(np.linalg.slogdet(A._array)[0], A._array.dtype)
    return SignAndLog(wrap(sign), dl.logabsdet(A))


def logdet(input: Tensor) -> Tensor:
    """The logarithm of the determinant; nan where that is negative.

    >>> logdet(tensor([[1., 0.], [0., 2.]]))
    tensor(0.6931)
    """
    sign, size = slogdet(input)
    return masked_fill(size, wrap(sign._array < 0), math.nan)


def matrix_power(A: Tensor, n: int) -> Tensor:
    """A multiplied n times with itself; of negative n that of the inverse.

    >>> minigrad.linalg.matrix_power(tensor([[1., 1.], [0., 1.]]), 3)
    tensor([[1., 3.],
            [0., 1.]])
    """
    shape = matrices_of(A, "matrix_power", square=True)
    if n < 0:
        return matrix_power(inv(A), -n)
    if n == 0:
        return wrap(np.broadcast_to(np.eye(shape[-1], dtype=A._array.dtype), shape).copy())
    half = matrix_power(A, n // 2) if n > 1 else A
    if n == 1:
        return clone(A)
    square = linalg.matmul(half, half)
    return linalg.matmul(square, A) if n % 2 else square


def matrix_exp(A: Tensor) -> Tensor:
    """The exponential of square matrices: 1 + A + A A / 2 + ...

    >>> minigrad.linalg.matrix_exp(tensor([[0., 1.], [0., 0.]]))
    tensor([[1., 1.],
            [0., 1.]])
    """
    matrices_of(A, "matrix_exp", square=True)
    return dl.matrix_exp(A)


# -- factorizations --------------------------------------------------------------------------------
def cholesky(A: Tensor, *, upper: bool = False) -> Tensor:
    """The lower triangle L with L L^T = A, or the upper one; A is symmetric and positive definite.

    >>> minigrad.linalg.cholesky(tensor([[4., 2.], [2., 5.]]))
    tensor([[2., 0.],
            [1., 2.]])
    """
    matrices_of(A, "cholesky", square=True)
    low = made("cholesky", dl.cholesky, _turned(A) if upper else A)
    return _turned(low) if upper else low


class QR(NamedTuple):
    """What qr() returns."""

    Q: Any
    R: Any


def qr(A: Tensor, mode: str = "reduced") -> QR:
    """The pair (Q, R) with Q R = A: orthonormal columns and an upper triangle.

    mode "complete" gives a square Q, and no gradient where A has more rows than columns; "r" an
    empty Q.

    >>> minigrad.linalg.qr(tensor([[0., 2.], [-1., 0.]])).R.abs()
    tensor([[1., 0.],
            [0., 2.]])
    """
    m, n = matrices_of(A, "qr")[-2:]
    if mode not in ("reduced", "complete", "r"):
        raise RuntimeError(
            f"qr received unrecognized mode '{mode}' but expected one of 'reduced', 'r', or "
            "'complete'"
        )
    if mode == "complete" and m > n:
        if A._node is not None:
            raise RuntimeError(
                "The QR decomposition is not differentiable when mode='complete' and nrows > ncols"
            )
        q, r = np.linalg.qr(A._array, "complete")
        return QR(wrap(q), wrap(r))
    if m >= n:
        q, r = dl.qr_q(A), dl.qr_r(A)
    else:
        front = narrow(A, -1, 0, m)
        q = dl.qr_q(front)
        r = cat([dl.qr_r(front), linalg.matmul(_turned(q), narrow(A, -1, m, n - m))], -1)
    return QR(wrap(np.zeros(0, A._array.dtype)) if mode == "r" else q, r)


class SVD(NamedTuple):
    """What svd() returns."""

    U: Any
    S: Any
    Vh: Any


def svd(A: Tensor, full_matrices: bool = True, *, driver: str | None = None) -> SVD:
    """The triple (U, S, Vh) with A = U diag(S) Vh, the singular values S largest first.

    With full_matrices=True U and Vh are square; what that adds gets no gradient. The gradients of
    U and Vh need singular values that differ; signs of their vectors are as LAPACK gives them.

    >>> minigrad.linalg.svd(tensor([[3., 0.], [0., 4.]])).S
    tensor([4., 3.])
    """
    matrices_of(A, "svd")
    u, s, vh = dl.svd_u(A), dl.svdvals(A), dl.svd_vh(A)
    if full_matrices:
        whole = np.linalg.svd(A._array)
        k = s._array.shape[-1]
        if whole[0].shape[-1] > k:
            u = cat([u, wrap(whole[0][..., :, k:])], -1)
        if whole[2].shape[-2] > k:
            vh = cat([vh, wrap(whole[2][..., k:, :])], -2)
    return SVD(u, s, vh)


# -- torch's older names ---------------------------------------------------------------------------
def inverse(input: Tensor) -> Tensor:
    """The inverse of square matrices, as linalg.inv.

    >>> inverse(tensor([[2., 0.], [0., 4.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.2500]])
    """
    return inv(input)


def pinverse(input: Tensor, rcond: float = 1e-15) -> Tensor:
    """The pseudo-inverse; singular values up to rcond times the largest count as 0.

    >>> pinverse(tensor([[2., 0.], [0., 0.]]))
    tensor([[0.5000, 0.0000],
            [0.0000, 0.0000]])
    """
    return pinv(input, rcond=rcond)


class Matrices(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    det, inverse, logdet, matrix_exp = det, inverse, logdet, matrix_exp
    matrix_power, pinverse, slogdet = matrix_power, pinverse, slogdet
