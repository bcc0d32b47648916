"""The formula sheet, continued: inverses, determinants and factorizations of (stacks of) matrices.

A factorization has several results, and each is an operation of its own here, whose rule gets the
other factors back from its own: what is a function of ``y`` and ``a`` can be differentiated again.
What rules may use is written at the head of engine.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .derivatives import prod
from .engine import primitive


def t(x: Any) -> Any:
    """Each matrix transposed."""
    return x.swapaxes(-1, -2)


def apart(x: Any) -> Any:
    """x[j] - x[i] at i, j, and 1 on the diagonal, to divide by."""
    return np.where(np.eye(x.shape[-1], dtype=bool), 1, x[..., None, :] - x[..., :, None])


def off_diagonal(x: Any) -> Any:
    """x with 0 on the diagonal."""
    return np.where(np.eye(x.shape[-1], dtype=bool), 0, x)


# == inverses ======================================================================================
@primitive(lambda g, y, a: -t(y) @ g @ t(y))  # dy = -y da y
def inv(a: Any) -> Any:
    """The inverse."""
    return np.linalg.inv(a)


@primitive(
    lambda g, y, a, b: -solve(t(a), g) @ t(y),  # dy = a^-1 (db - da y)
    lambda g, y, a, b: solve(t(a), g),
)
def solve(a: Any, b: Any) -> Any:
    """The y with a y = b."""
    return np.linalg.solve(a, b)


def pinv_rule(g: Any, y: Any, a: Any, rtol: Any) -> Any:
    """dy = -y da y + y y^T da^T (1 - a y) + (1 - y a) da^T y^T y."""
    m, n = a.shape[-2:]
    rows, columns = np.eye(m, dtype=a.dtype) - a @ y, np.eye(n, dtype=a.dtype) - y @ a
    return -t(y) @ g @ t(y) + rows @ t(g) @ y @ t(y) + t(y) @ y @ t(g) @ columns


@primitive(pinv_rule)
def pinv(a: Any, *, rtol: Any) -> Any:
    """The pseudo-inverse; singular values up to rtol times the largest count as 0."""
    return np.linalg.pinv(a, rcond=rtol)


# == determinants ==================================================================================
def det_rule(g: Any, y: Any, a: Any) -> Any:
    """g y a^-T; of singular matrices by the determinants of their minors."""
    g, n = g[..., None, None], a.shape[-1]
    size = prod(np.sqrt((a * a).sum(axis=-1)), axis=a.ndim - 2, keepdims=False)  # Hadamard's bound
    least = 100 * np.finfo(a.dtype).eps if n <= 8 else 0.0  # of more the minors would take long
    if (np.abs(y) > least * size).all():
        return g * (y[..., None, None] * t(inv(a)))
    others = np.array([[k for k in range(n) if k != i] for i in range(n)], int).reshape(n, n - 1)
    minors = a[..., others[:, None, :, None], others[None, :, None, :]]
    signs = (-1.0) ** np.add.outer(np.arange(n), np.arange(n))
    return g * (det(minors) * signs.astype(a.dtype))


@primitive(det_rule)
def det(a: Any) -> Any:
    """The determinant."""
    return np.asarray(np.linalg.det(a), a.dtype)


@primitive(lambda g, y, a: g[..., None, None] * t(inv(a)), name="linalg_slogdet")
def logabsdet(a: Any) -> Any:
    """The logarithm of the absolute value of the determinant."""
    return np.asarray(np.linalg.slogdet(a)[1], a.dtype)


# == factorizations ================================================================================
def cholesky_rule(g: Any, y: Any, a: Any) -> Any:
    """With F the lower triangle of y^T g and half its diagonal: y^-T F y^-1, made symmetric."""
    low = np.tril(t(y) @ g)
    s = solve(t(y), t(solve(t(y), t(low - off_low(low) / 2))))
    return (s + t(s)) / 2


def off_low(x: Any) -> Any:
    """The diagonal of x alone."""
    return np.where(np.eye(x.shape[-1], dtype=bool), x, 0)


@primitive(cholesky_rule, name="linalg_cholesky_ex")
def cholesky(a: Any) -> Any:
    """The lower triangle y with y y^T = a; only a's lower triangle is read."""
    return np.linalg.cholesky(a)


def mirrored(x: Any) -> Any:
    """The lower triangle of x, and its mirror image above the diagonal."""
    return np.tril(x) + t(np.tril(x, -1))


@primitive(lambda g, y, a: qr_rule(g - y @ mirrored(t(g) @ y), t(y) @ a), name="linalg_qr")
def qr_q(a: Any) -> Any:
    """Of a = q r, with no more columns than rows, the orthonormal columns."""
    return np.linalg.qr(a)[0]


@primitive(lambda g, y, a: qr_rule(t(solve(t(y), t(a))) @ mirrored(y @ t(g)), y), name="linalg_qr")
def qr_r(a: Any) -> Any:
    """Of a = q r, with no more columns than rows, the upper triangle."""
    return np.linalg.qr(a)[1]


def qr_rule(x: Any, r: Any) -> Any:
    """x r^-T."""
    return t(solve(r, t(x)))


def eigh_rule(g: Any, y: Any, a: Any, lower: bool) -> Any:
    """y (y^T g, its skew part, / (w[j] - w[i]) off the diagonal) y^T: symmetric, as a is."""
    skew = (t(y) @ g - t(g) @ y) / 2
    return y @ off_diagonal(skew / apart(eigvalsh(a, lower=lower))) @ t(y)


@primitive(eigh_rule, name="linalg_eigh")
def eigh_v(a: Any, *, lower: bool) -> Any:
    """The eigenvectors of symmetric matrices, as columns."""
    return np.linalg.eigh(a, "L" if lower else "U")[1]


def eigvalsh_rule(g: Any, y: Any, a: Any, lower: bool) -> Any:
    """v diag(g) v^T."""
    v = eigh_v(a, lower=lower)
    return (v * g[..., None, :]) @ t(v)


@primitive(eigvalsh_rule, name="linalg_eigh")
def eigvalsh(a: Any, *, lower: bool) -> Any:
    """The eigenvalues of symmetric matrices, in order."""
    return np.linalg.eigvalsh(a, "L" if lower else "U")


def svd_u_rule(g: Any, y: Any, a: Any) -> Any:
    """The singular values and right vectors are the lengths and directions of the rows of y^T a."""
    w = t(y) @ a
    s = np.sqrt((w * w).sum(axis=-1))
    turn = off_diagonal((t(y) @ g - t(g) @ y) / apart(s * s))
    beside = (g - y @ (t(y) @ g)) / (s * s)[..., None, :]
    return (y @ turn + beside) @ w


@primitive(svd_u_rule, name="linalg_svd")
def svd_u(a: Any) -> Any:
    """Of a = u s v^T the left vectors, as columns."""
    return np.linalg.svd(a, full_matrices=False)[0]


@primitive(lambda g, y, a: t(svd_u_rule(t(g), t(y), t(a))), name="linalg_svd")
def svd_vh(a: Any) -> Any:
    """Of a = u s v^T the right vectors, as rows."""
    return np.linalg.svd(a, full_matrices=False)[2]


@primitive(lambda g, y, a: (svd_u(a) * g[..., None, :]) @ svd_vh(a), name="linalg_svd")
def svdvals(a: Any) -> Any:
    """The singular values, the largest first."""
    return np.linalg.svd(a, compute_uv=False)


# == the exponential ===============================================================================
def matrix_exp_rule(g: Any, y: Any, a: Any) -> Any:
    """The upper right part of the exponential of [[a^T, g], [0, a^T]]."""
    n = a.shape[-1]
    above = np.concatenate([t(a), g], -1)
    below = np.concatenate([np.zeros_like(a), t(a)], -1)
    return matrix_exp(np.concatenate([above, below], -2))[..., :n, n:]


@primitive(matrix_exp_rule, name="linalg_matrix_exp")
def matrix_exp(a: Any) -> Any:
    """1 + a + a a / 2 + ..., of a / 2^k, squared k times."""
    wide = a.astype(np.float64)
    size = float(np.abs(wide).sum(-2).max()) if wide.size else 0.0
    k = max(math.ceil(math.log2(size)) + 3, 0) if 0 < size < math.inf else 0
    x = wide / 2.0**k
    y = term = np.broadcast_to(np.eye(a.shape[-1]), a.shape)
    for i in range(1, 16):
        term = term @ x / i
        y = y + term
    for _ in range(k):
        y = y @ y
    return y.astype(a.dtype)
