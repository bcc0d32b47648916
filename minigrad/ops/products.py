"""More products: sums of products with a start, cross and Kronecker products, distances."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..autograd import derivatives as d
from ..autograd.engine import Value, wrap
from ..autograd.errors import tensor_words
from .arguments import Tensor, array_of, axis_of
from .elementwise import abs, add, clamp, div, mul, sub, where
from .linalg import bmm, dot, matmul, mv, outer
from .reduction import amax, norm, sum
from .shaping import broadcast_to, reshape, roll, transpose, unsqueeze

__all__ = [
    "addbmm", "addmv", "addr", "baddbmm", "cdist", "chain_matmul", "cross", "dist", "ger", "kron",
    "renorm", "vdot",
]  # fmt: skip


def _started(input: Any, product: Any, beta: float, alpha: float) -> Any:
    """beta * input + alpha * product; with beta 0 whatever is in input is not looked at."""
    product = product if alpha == 1 else mul(product, alpha)
    if beta == 0:
        return product
    start = input if beta == 1 else mul(input, beta)
    return add(broadcast_to(start, product._array.shape), product)


def addmv(input: Tensor, mat: Tensor, vec: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * (mat @ vec).

    >>> tensor([1., 1.]).addmv(tensor([[1., 0.], [0., 2.]]), tensor([3., 4.]))
    tensor([4., 9.])
    """
    array_of(input, "addmv")
    return _started(input, mv(mat, vec), beta, alpha)


def addr(input: Tensor, vec1: Tensor, vec2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta * input + alpha * outer(vec1, vec2).

    >>> tensor([[1., 1.]]).addr(tensor([2.]), tensor([3., 4.]))
    tensor([[7., 9.]])
    """
    array_of(input, "addr")
    return _started(input, outer(vec1, vec2), beta, alpha)


def baddbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * (batch1 @ batch2), of stacks of matrices.

    >>> tensor([[[1.]]]).baddbmm(tensor([[[1., 2.]]]), tensor([[[3.], [4.]]]))
    tensor([[[12.]]])
    """
    array_of(input, "baddbmm")
    return _started(input, bmm(batch1, batch2), beta, alpha)


def addbmm(
    input: Tensor, batch1: Tensor, batch2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * the sum of the products of two stacks of matrices.

    >>> tensor([[1.]]).addbmm(tensor([[[2.]], [[3.]]]), tensor([[[4.]], [[5.]]]))
    tensor([[24.]])
    """
    array_of(input, "addbmm")
    return _started(input, sum(bmm(batch1, batch2), 0), beta, alpha)


def vdot(input: Tensor, other: Tensor) -> Tensor:
    """The sum of the products of two vectors' elements, as dot.

    >>> tensor([1., 2.]).vdot(tensor([3., 4.]))
    tensor(11.)
    """
    return dot(input, other)


def ger(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of an element of one vector and one of the other, as outer.

    >>> tensor([1., 2.]).ger(tensor([3.]))
    tensor([[3.],
            [6.]])
    """
    return outer(input, vec2)


def chain_matmul(*matrices: Tensor) -> Tensor:
    """The product of several matrices, from the left to the right.

    >>> chain_matmul(tensor([[1., 2.]]), tensor([[3.], [4.]]), tensor([[2.]]))
    tensor([[22.]])
    """
    if not matrices:
        raise RuntimeError("chain_matmul(): Expected one or more matrices")
    product = matrices[0]
    array_of(product, "chain_matmul", "matrices")
    for m in matrices[1:]:
        product = matmul(product, m)
    return product


def cross(input: Tensor, other: Tensor, dim: int | None = None) -> Tensor:
    """The cross products of vectors of three numbers along dim, the first of size 3 if none is
    given.

    >>> cross(tensor([1., 0., 0.]), tensor([0., 1., 0.]))
    tensor([0., 0., 1.])
    """
    a, b = array_of(input, "cross"), array_of(other, "cross", "other", 2)
    if a.ndim != b.ndim:
        raise RuntimeError(
            "linalg.cross: inputs must have the same number of dimensions, not "
            f"{tensor_words(input)} and {tensor_words(other)}"
        )
    if dim is None:
        shape = np.broadcast_shapes(a.shape, b.shape)
        if 3 not in shape:
            raise RuntimeError("no dimension of size 3 in input")
        dim = shape.index(3)
    at = axis_of(dim, a.ndim)
    if a.shape[at] != 3 or b.shape[at] != 3:
        raise RuntimeError(
            f"linalg.cross: inputs dimension {dim} must have length 3. Got {a.shape[at]} and "
            f"{b.shape[at]}"
        )
    x1, x2 = roll(input, -1, at), roll(input, -2, at)
    y1, y2 = roll(other, -1, at), roll(other, -2, at)
    return sub(mul(x1, y2), mul(x2, y1))


def kron(input: Tensor, other: Tensor) -> Tensor:
    """The Kronecker product: input with each element replaced by that times other.

    >>> tensor([1, 2]).kron(tensor([10, 20]))
    tensor([10, 20, 20, 40])
    """
    a, b = array_of(input, "kron").shape, array_of(other, "kron", "other", 2).shape
    n = max(len(a), len(b))
    a, b = (1,) * (n - len(a)) + a, (1,) * (n - len(b)) + b
    left = reshape(input, tuple(size for i in a for size in (i, 1)))
    right = reshape(other, tuple(size for j in b for size in (1, j)))
    return reshape(mul(left, right), tuple(i * j for i, j in zip(a, b, strict=True)))


def dist(input: Tensor, other: Tensor, p: float = 2) -> Tensor:
    """The p-norm of the difference.

    >>> tensor([0., 0.]).dist(tensor([3., 4.]))
    tensor(5.)
    """
    array_of(input, "dist"), array_of(other, "dist", "other", 2)
    return norm(sub(input, other), p)


def cdist(
    x1: Tensor, x2: Tensor, p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:  # fmt: skip
    """The p-norms of the differences of each row of x1 and each row of x2: (..., n, k) and (..., m,
    k) give (..., n, m).

    The Euclidean distances of more than 25 rows are made from products of matrices, which is
    quicker and less exact near 0, unless compute_mode is "donot_use_mm_for_euclid_dist".

    >>> cdist(tensor([[0., 0.]]), tensor([[3., 4.], [0., 1.]]))
    tensor([[5., 1.]])
    """
    a, b = array_of(x1, "cdist", "x1"), array_of(x2, "cdist", "x2", 2)
    for i, x in ((1, a), (2, b)):
        if x.dtype.kind != "f":
            raise RuntimeError(f"cdist only supports floating-point dtypes, X{i} got: {x.dtype}")
        if x.ndim < 2:
            raise RuntimeError(f"cdist only supports at least 2D tensors, X{i} got: {x.ndim}D")
    if a.shape[-1] != b.shape[-1]:
        raise RuntimeError(
            f"X1 and X2 must have the same number of columns. X1: {a.shape[-1]} X2: {b.shape[-1]}"
        )
    if p < 0:
        raise RuntimeError("cdist only supports non-negative p values")
    many = compute_mode == "use_mm_for_euclid_dist" or (
        max(a.shape[-2], b.shape[-2]) > 25 and compute_mode[:5] != "donot"
    )
    if p == 2 and many:
        squares = add(sum(mul(x1, x1), -1, True), transpose(sum(mul(x2, x2), -1, True), -1, -2))
        between = matmul(x1, transpose(x2, -1, -2))
        return d.root(clamp(sub(squares, mul(between, 2)), min=0))
    apart = sub(unsqueeze(x1, -2), unsqueeze(x2, -3))
    if p == math.inf and not a.shape[-1]:
        return sum(apart, -1)
    return amax(abs(apart), -1) if p == math.inf else norm(apart, p, -1)


def renorm(input: Tensor, p: float, dim: int, maxnorm: float) -> Tensor:
    """The slices along dim, each scaled down to a p-norm of maxnorm where its own is larger.

    >>> tensor([[3., 4.], [0.3, 0.4]]).renorm(2, 0, 1)
    tensor([[0.6000, 0.8000],
            [0.3000, 0.4000]])
    """
    array = array_of(input, "renorm")
    if array.ndim < 2:
        raise RuntimeError(f"renorm: input needs at least 2 dimensions, not {array.ndim}")
    if p <= 0:
        raise RuntimeError("renorm: non-positive-norm not supported")
    if maxnorm < 0:
        raise RuntimeError(f"renorm: expected maxnorm to be >= 0 but got {maxnorm}")
    at = axis_of(dim, array.ndim)
    size = norm(input, p, [i for i in range(array.ndim) if i != at], True)
    scale = div(maxnorm, add(size, 1e-7))
    return mul(input, where(wrap(size._array > maxnorm), scale, 1.0))


class Products(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    addmv, addr, baddbmm, addbmm, vdot, ger = addmv, addr, baddbmm, addbmm, vdot, ger
    kron, dist, renorm, cross = kron, dist, renorm, cross
