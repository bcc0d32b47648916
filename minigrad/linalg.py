"""torch.linalg: inverses, determinants, factorizations and norms of matrices, and of stacks of
them in the last two dimensions.

Their derivatives stand in autograd/derivatives_linalg.py.  What has complex results (eig, eigvals)
is not there, nor are the LU and LDL factorizations.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ._tensor import Tensor
from .autograd import derivatives_linalg as dl
from .autograd.engine import Value, wrap
from .autograd.errors import tensor_words
from .grids import vander
from .ops import linalg as _linalg
from .ops import products, reduction, shaping
from .ops.arguments import axes_of, not_a_tensor
from .ops.matrices import (
    LinAlgError,
    cholesky,
    det,
    inv,
    made,
    matrices_of,
    matrix_exp,
    matrix_power,
    pinv,
    qr,
    slogdet,
    svd,
    tolerance,
)  # fmt: skip

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eigh",
    "eigvalsh", "inv", "inv_ex", "lstsq", "matmul", "matrix_exp", "matrix_norm", "matrix_power",
    "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd",
    "svdvals", "tensorinv", "tensorsolve", "vander", "vecdot", "vector_norm",
]  # fmt: skip


# -- inverses and equations ------------------------------------------------------------------------
class WithInfo(NamedTuple):
    """A result, and 0 where it was found, else a positive number."""

    result: Any
    info: Any


def inv_ex(A: Tensor, *, check_errors: bool = False) -> WithInfo:
    """The pair (inverse, info): info is 0, and above 0 with nan in the result where A is singular.

    >>> minigrad.linalg.inv_ex(tensor([[0.]])).info
    tensor(1, dtype=torch.int32)
    """
    return _with_info(inv, A, check_errors)


def _with_info(fn: Callable, A: Any, check_errors: bool) -> WithInfo:
    info = wrap(np.zeros(A._array.shape[:-2], np.int32))
    try:
        return WithInfo(fn(A), info)
    except LinAlgError:
        if check_errors:
            raise
        return WithInfo(A * math.nan, info + 1)


def solve(A: Tensor, B: Tensor, *, left: bool = True) -> Tensor:
    """The X with A X = B, or with left=False X A = B; B is a vector, or a matrix of columns.

    >>> minigrad.linalg.solve(tensor([[2., 0.], [0., 4.]]), tensor([2., 8.]))
    tensor([1., 2.])
    """
    shape = matrices_of(A, "solve", square=True)
    if not isinstance(B, Value):
        raise not_a_tensor("linalg_solve", B, "B", 2)
    if B._array.dtype != A._array.dtype:
        raise RuntimeError(
            f"linalg.solve: Expected A and B to have the same dtype, but found {A._array.dtype} "
            f"and {B._array.dtype} instead"
        )
    b = B._array.shape
    vector = len(b) == 1 or (len(b) == len(shape) - 1 and b == shape[:-1])
    if vector:
        if not left:
            raise RuntimeError(
                "linalg.solve: Vector broadcasting of the left hand side is not supported for "
                "left=False"
            )
        columns = shaping.unsqueeze(B, -1)
        return shaping.squeeze(_solved(A, columns, shape), -1)
    if not left:
        return solve(A.mT, B.mT).mT
    return _solved(A, B, shape)


def _solved(A: Any, B: Any, shape: tuple[int, ...]) -> Any:
    if B._array.shape[-2] != shape[-1]:
        raise RuntimeError(
            f"linalg.solve: Incompatible shapes of A and B for the equation AX = B ({shape[-2]}x"
            f"{shape[-1]} and {B._array.shape[-2]}x{B._array.shape[-1]})"
        )
    return made("solve", dl.solve, A, B)


def solve_triangular(
    A: Tensor, B: Tensor, *, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """The X with A X = B (X A = B with left=False), where only a triangle of A counts; with
    unitriangular=True its diagonal counts as 1.

    >>> minigrad.linalg.solve_triangular(tensor([[2., 9.], [1., 1.]]), tensor([[2.], [3.]]),
    ...     upper=False)
    tensor([[1.],
            [2.]])
    """
    n = matrices_of(A, "solve_triangular", square=True)[-1]
    half = _linalg.triu(A) if upper else _linalg.tril(A)
    if unitriangular:
        half = half.masked_fill(wrap(np.eye(n, dtype=bool)), 1)
    return solve(half, B, left=left)


class LeastSquares(NamedTuple):
    """What lstsq() returns."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


def lstsq(
    A: Tensor, B: Tensor, rcond: float | None = None, *, driver: str | None = None
) -> LeastSquares:
    """The X that makes the sum of the squares of A X - B least, by the pseudo-inverse.

    residuals are these sums where A has more rows than columns and full rank, else empty;
    singular_values are empty unless driver is "gelsd" or "gelss".

    >>> minigrad.linalg.lstsq(tensor([[1.], [1.]]), tensor([[1.], [3.]])).solution.round()
    tensor([[2.]])
    """
    m, n = matrices_of(A, "lstsq")[-2:]
    if driver not in (None, "gels", "gelsy", "gelsd", "gelss"):
        raise RuntimeError(
            "torch.linalg.lstsq: parameter `driver` should be one of (gels, gelsy, gelsd, gelss), "
            f"not {driver}"
        )
    vector = B._array.ndim == A._array.ndim - 1
    b = shaping.unsqueeze(B, -1) if vector else B
    if b._array.shape[-2] != m:
        raise RuntimeError(
            "torch.linalg.lstsq: input.size(-2) should match other.size(-2), but they are "
            f"{m} and {b._array.shape[-2]}"
        )
    x = _linalg.matmul(pinv(A, rtol=rcond), b)
    s = np.linalg.svd(A._array, compute_uv=False)
    limit = np.finfo(s.dtype).eps * max(m, n) if rcond is None else rcond
    rank = (s > limit * s[..., :1]).sum(-1)
    residuals = wrap(np.zeros(0, s.dtype))
    if m > n and (rank == n).all() and driver != "gelsy" or m > n and (rank == n).all():
        residuals = reduction.sum(shaping.squeeze((_linalg.matmul(A, x) - b) ** 2, ()), -2)
    if vector:
        x = shaping.squeeze(x, -1)
    values = wrap(s if driver in ("gelsd", "gelss") else np.zeros(0, s.dtype))
    return LeastSquares(x, residuals, wrap(np.asarray(rank)), values)


def tensorinv(A: Tensor, ind: int = 2) -> Tensor:
    """The inverse of the map that tensordot with A is, whose first ind dimensions are its result.

    >>> minigrad.linalg.tensorinv(2 * eye(4).reshape(2, 2, 4), ind=2).shape
    torch.Size([4, 2, 2])
    """
    shape = A._array.shape
    if ind <= 0:
        raise RuntimeError("Expected a strictly positive integer for 'ind'")
    rows, columns = math.prod(shape[:ind]), math.prod(shape[ind:])
    if rows != columns:
        raise RuntimeError(
            f"Expected self to satisfy the requirement prod(self.shape[ind:]) == "
            f"prod(self.shape[:ind]), but got {columns} != {rows}"
        )
    return inv(A.reshape(rows, columns)).reshape(*shape[ind:], *shape[:ind])


def tensorsolve(A: Tensor, B: Tensor, dims: Any = None) -> Tensor:
    """The X with tensordot(A, X, X.ndim) = B; the dimensions dims of A are moved behind first.

    >>> minigrad.linalg.tensorsolve(2 * eye(4).reshape(2, 2, 4), ones(2, 2))
    tensor([0.5000, 0.5000, 0.5000, 0.5000])
    """
    if dims is not None:
        A = shaping.movedim(A, tuple(dims), tuple(range(A.ndim - len(dims), A.ndim)))
    result = A._array.shape[B._array.ndim :]
    n = math.prod(result)
    if n != B._array.size or math.prod(A._array.shape) != n * n:
        raise RuntimeError(
            "Expected self to satisfy the requirement prod(self.shape[other.ndim:]) == "
            "prod(self.shape[:other.ndim])"
        )
    return solve(A.reshape(n, n), B.reshape(-1)).reshape(result)


# -- products of many ------------------------------------------------------------------------------
def multi_dot(tensors: Any) -> Tensor:
    """The product of several matrices; the first and the last may be vectors.

    >>> minigrad.linalg.multi_dot([tensor([1., 2.]), tensor([[3.], [4.]])])
    tensor([11.])
    """
    if len(tensors) < 2:
        raise RuntimeError(f"multi_dot(): expected at least 2 tensors but got {len(tensors)}")
    return functools.reduce(_linalg.matmul, tensors)


# -- factorizations --------------------------------------------------------------------------------
def cholesky_ex(A: Tensor, *, upper: bool = False, check_errors: bool = False) -> WithInfo:
    """The pair (L, info): info is 0, and above 0 where A is not positive definite.

    >>> minigrad.linalg.cholesky_ex(tensor([[-1.]])).info
    tensor(1, dtype=torch.int32)
    """
    return _with_info(functools.partial(cholesky, upper=upper), A, check_errors)


class Eigh(NamedTuple):
    """What eigh() returns."""

    eigenvalues: Any
    eigenvectors: Any


def _lower(UPLO: str) -> bool:
    if UPLO.upper() not in ("L", "U"):
        raise RuntimeError(f"Expected UPLO argument to be 'L' or 'U', but got {UPLO}")
    return UPLO.upper() == "L"


def eigh(A: Tensor, UPLO: str = "L") -> Eigh:
    """The eigenvalues in order, and the eigenvectors as columns, of symmetric matrices, of which
    only the lower triangle is read (the upper one with UPLO="U").

    >>> minigrad.linalg.eigh(tensor([[2., 0.], [0., 1.]])).eigenvalues
    tensor([1., 2.])
    """
    matrices_of(A, "eigh", square=True)
    lower = _lower(UPLO)
    return Eigh(made("eigh", dl.eigvalsh, A, lower=lower), made("eigh", dl.eigh_v, A, lower=lower))


def eigvalsh(A: Tensor, UPLO: str = "L") -> Tensor:
    """The eigenvalues of symmetric matrices, in order.

    >>> minigrad.linalg.eigvalsh(tensor([[2., 0.], [0., 1.]]))
    tensor([1., 2.])
    """
    matrices_of(A, "eigvalsh", square=True)
    return made("eigvalsh", dl.eigvalsh, A, lower=_lower(UPLO))


def svdvals(A: Tensor, *, driver: str | None = None) -> Tensor:
    """The singular values, the largest first.

    >>> minigrad.linalg.svdvals(tensor([[3., 0.], [0., 4.]]))
    tensor([4., 3.])
    """
    matrices_of(A, "svdvals")
    return made("svdvals", dl.svdvals, A)


def matrix_rank(
    A: Tensor, tol: Any = None, *, atol: Any = None, rtol: Any = None, hermitian: bool = False
) -> Tensor:
    """How many singular values are above the largest of atol and rtol times the largest one.

    >>> minigrad.linalg.matrix_rank(tensor([[1., 2.], [2., 4.]]))
    tensor(1)
    """
    matrices_of(A, "matrix_rank", square=hermitian)
    if 0 in A._array.shape[-2:]:
        return wrap(np.zeros(A._array.shape[:-2], np.int64))
    limit = tolerance(A, tol if atol is None else atol, 0.0 if tol is not None else rtol)
    s = np.linalg.svd(A._array, compute_uv=False)
    return wrap(np.asarray((s > limit[..., None] * s[..., :1]).sum(-1)))


# -- norms -----------------------------------------------------------------------------------------
def vector_norm(
    x: Tensor, ord: float = 2, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of this order, of all elements or along the given dimensions: a number, inf or -inf.

    >>> minigrad.linalg.vector_norm(tensor([3., -4.]), 1)
    tensor(7.)
    """
    if isinstance(ord, str):
        raise TypeError(f"linalg_vector_norm(): argument 'ord' must be Number, not str {ord!r}")
    return reduction.norm(x, ord, dim, keepdim, dtype)


def matrix_norm(
    A: Tensor, ord: Any = "fro", dim: Any = (-2, -1), keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """The norm of matrices in two dimensions: "fro", "nuc" (the sum of the singular values), 2 and
    -2 (the largest and the smallest of them), 1 and -1 (of column sums), inf and -inf (row sums).

    >>> minigrad.linalg.matrix_norm(tensor([[1., -2.], [3., 4.]]), 1)
    tensor(6.)
    """
    if dtype is not None:
        A = A.to(dtype)
    if A._array.ndim < 2:
        raise RuntimeError("linalg.matrix_norm: The input tensor A must have at least 2 dimensions")
    if A._array.dtype.kind != "f":
        raise RuntimeError(
            "linalg.matrix_norm: Expected a floating point or complex tensor as input. Got "
            f"{tensor_words(A)}"
        )
    if not isinstance(dim, (tuple, list)) or len(dim) != 2:
        raise RuntimeError(f"linalg.matrix_norm: dim must be a 2-tuple. Got {dim}")
    rows, columns = axes_of(tuple(dim), A._array.ndim)
    if ord == "fro":
        return reduction.norm(A, 2, (rows, columns), keepdim)
    if ord in ("nuc", 2, -2):
        s = dl.svdvals(shaping.movedim(A, (rows, columns), (-2, -1)))
        y = s.sum(-1) if ord == "nuc" else s.amax(-1) if ord == 2 else s.amin(-1)
    elif isinstance(ord, (int, float)) and abs(ord) in (1, math.inf):
        first, second = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = A.abs().sum(first, keepdim=True)
        sums = sums.amax(second, True) if ord > 0 else sums.amin(second, True)
        y = shaping.squeeze(shaping.squeeze(sums, max(rows, columns)), min(rows, columns))
    else:
        raise RuntimeError(f"linalg.matrix_norm: Order {ord} not supported.")
    if keepdim:
        for at in sorted((rows, columns)):
            y = shaping.unsqueeze(y, at)
    return y


def norm(
    A: Tensor, ord: Any = None, dim: Any = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """A vector's or a matrix's norm: of all elements the 2-norm if no order is given; with two
    dimensions, or an order and a matrix, matrix_norm; else vector_norm.

    >>> minigrad.linalg.norm(tensor([[3., 0.], [0., 4.]]), "nuc")
    tensor(7.)
    """
    if not isinstance(A, Value):
        raise not_a_tensor("linalg_norm", A, "A")
    if ord is not None:
        pair = isinstance(dim, (tuple, list)) and len(dim) == 2
        if pair or (dim is None and A._array.ndim == 2):
            return matrix_norm(A, ord, (-2, -1) if dim is None else dim, keepdim, dtype=dtype)
        if dim is None and A._array.ndim > 2:
            raise RuntimeError(
                "linalg.norm: If dim is not specified but ord is, the input must be 1D or 2D. Got "
                f"{A._array.ndim}D."
            )
        if isinstance(ord, str):
            raise RuntimeError(f"linalg.norm: order {ord!r} is for matrices: give two dimensions")
    return vector_norm(A, 2 if ord is None else ord, dim, keepdim, dtype=dtype)


def cond(A: Tensor, p: Any = None) -> Tensor:
    """How much solving an equation with A can enlarge errors: norm(A, p) * norm(inv(A), p), for
    p=None and 2 the ratio of the largest and the smallest singular value; inf of singular ones.

    >>> minigrad.linalg.cond(tensor([[2., 0.], [0., 4.]]))
    tensor(2.)
    """
    matrices_of(A, "cond", square=p not in (None, 2, -2))
    if p in (None, 2, -2):
        s = svdvals(A)
        return s[..., 0] / s[..., -1] if p != -2 else s[..., -1] / s[..., 0]
    try:
        return matrix_norm(A, p) * matrix_norm(inv(A), p)
    except LinAlgError:
        return wrap(np.full(A._array.shape[:-2], math.inf, A._array.dtype))


# -- products --------------------------------------------------------------------------------------
def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product, as minigrad.matmul.

    >>> minigrad.linalg.matmul(tensor([[1., 2.]]), tensor([3., 4.]))
    tensor([11.])
    """
    return _linalg.matmul(input, other)


def cross(input: Tensor, other: Tensor, *, dim: int = -1) -> Tensor:
    """The cross products of vectors of three numbers along dim.

    >>> minigrad.linalg.cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    return products.cross(input, other, dim)


def vecdot(x: Tensor, y: Tensor, *, dim: int = -1) -> Tensor:
    """The sums of products of vectors along dim.

    >>> minigrad.linalg.vecdot(tensor([[1., 2.], [3., 4.]]), tensor([1., 1.]))
    tensor([3., 7.])
    """
    return reduction.sum(x * y, dim)


def diagonal(A: Tensor, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """The diagonals of matrices, as the last dimension.

    >>> minigrad.linalg.diagonal(tensor([[1, 2], [3, 4]]))
    tensor([1, 4])
    """
    return _linalg.diagonal(A, offset, dim1, dim2)


def __getattr__(name: str) -> Any:
    """Names of torch's that are not here say why."""
    if name in ("eig", "eigvals"):
        raise AttributeError(
            f"minigrad.linalg.{name} is not there: its results are complex; for symmetric matrices "
            "use eigh and eigvalsh",
            name=name,
        )
    raise AttributeError(f"module 'minigrad.linalg' has no attribute {name!r}", name=name)
