"""Operations on vectors, matrices and stacks of matrices."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..autograd import derivatives as d
from ..autograd.engine import Value, apply, apply_to, wrap
from ..autograd.errors import tensor_words
from .arguments import Tensor, array_of, axis_of, not_a_tensor
from .elementwise import add, masked_fill, mul
from .reduction import sum
from .shaping import permute, unsqueeze

__all__ = [
    "addmm", "bmm", "diag", "diagonal", "dot", "einsum", "inner", "matmul", "mm", "mv", "outer",
    "tensordot", "trace", "tril", "triu",
]  # fmt: skip


def matrix_product(a: Any, b: Any) -> Any:
    """a @ b; the body of the operator, which must be able to answer NotImplemented."""
    x = a._array if isinstance(a, Value) else a
    y = b._array if isinstance(b, Value) else b
    if not (isinstance(x, np.ndarray) and isinstance(y, np.ndarray)):
        return NotImplemented
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {x.dtype} != {y.dtype}; "
            f"convert one of them, as in t.to(minigrad.{y.dtype.name})"
        )
    return apply(np.dot if x.ndim == y.ndim == 2 else np.matmul, (a, b))


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product: of two vectors a number, of matrices a matrix, of stacks a stack
    (broadcast).

    Both have one dtype. Shapes (..., n, k) and (..., k, m) give (..., n, m); a vector counts as
    (k,).

    >>> tensor([[1., 2.], [3., 4.]]).matmul(tensor([1., 1.]))
    tensor([3., 7.])
    """
    result = matrix_product(input, other)
    if result is NotImplemented:
        if isinstance(input, (Value, np.ndarray)):
            raise not_a_tensor("matmul", other, "other", 2)
        raise not_a_tensor("matmul", input)
    return result


def _of_rank(name: str, rank: int, *operands: Any) -> None:
    for i, x in enumerate(operands):
        if not isinstance(x, Value):
            raise not_a_tensor(name, x)
        if x._array.ndim != rank:
            raise RuntimeError(
                f"{name}: argument {i + 1} must be a {rank}D tensor, but it is {tensor_words(x)}"
            )


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices.

    >>> tensor([[1., 2.]]).mm(tensor([[3.], [4.]]))
    tensor([[11.]])
    """
    _of_rank("mm", 2, input, mat2)
    return matmul(input, mat2)


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector.

    >>> tensor([[1., 2.]]).mv(tensor([3., 4.]))
    tensor([11.])
    """
    _of_rank("mv", 2, input)
    _of_rank("mv", 1, vec)
    return matmul(input, vec)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two stacks of matrices, (b, n, k) and (b, k, m).

    >>> tensor([[[1., 2.]]]).bmm(tensor([[[3.], [4.]]]))
    tensor([[[11.]]])
    """
    _of_rank("bmm", 3, input, mat2)
    if input._array.shape[0] != mat2._array.shape[0]:
        raise RuntimeError(
            f"Expected size for first two dimensions of batch2 tensor to be: "
            f"[{input._array.shape[0]}, {input._array.shape[2]}] but got: "
            f"{list(mat2._array.shape[:2])}."
        )
    return matmul(input, mat2)


def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of the products of two vectors' elements.

    >>> tensor([1., 2.]).dot(tensor([3., 4.]))
    tensor(11.)
    """
    ranks = array_of(input, "dot").ndim, array_of(tensor, "dot", "tensor", 2).ndim
    if ranks != (1, 1):
        raise RuntimeError(
            f"1D tensors expected, but got {ranks[0]}D and {ranks[1]}D tensors; use matmul"
        )
    return matmul(input, tensor)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of an element of one vector and an element of the other, (n,) and (m,) to (n,
    m).

    >>> tensor([1., 2.]).outer(tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    _of_rank("outer", 1, input, vec2)
    return mul(unsqueeze(input, 1), vec2)


def inner(input: Tensor, other: Tensor) -> Tensor:
    """The sums of products over the last dimensions of both.

    >>> tensor([[1., 2.], [3., 4.]]).inner(tensor([1., 1.]))
    tensor([3., 7.])
    """
    a, b = array_of(input, "inner").shape, array_of(other, "inner", "other", 2).shape
    if not a or not b:
        return mul(input, other)
    if a[-1] != b[-1]:
        raise RuntimeError(
            f"inner() the last dimension must match on both input tensors but got shapes "
            f"{list(a)} and {list(b)}"
        )
    return tensordot(input, other, ([-1], [-1]))


def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2), with input broadcast.

    >>> tensor([1., 1.]).addmm(tensor([[1., 2.]]), tensor([[3., 0.], [4., 0.]]))
    tensor([[12.,  1.]])
    """
    array_of(input, "addmm")
    product = mm(mat1, mat2)
    product = product if alpha == 1 else mul(product, alpha)
    if beta == 0:
        return product
    return add(input if beta == 1 else mul(input, beta), product)


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


# -- einsum --------------------------------------------------------------------------------------
def einsum(equation: str, *operands: Tensor | Sequence[Tensor]) -> Tensor:
    """Sums of products in Einstein's notation, as in ``einsum("bik,bkj->bij", a, b)``.

    Letters that repeat within one operand take its diagonal; ``...`` stands for any dimensions.

    >>> einsum("ij,j->i", tensor([[1., 2.], [3., 4.]]), tensor([1., 10.]))
    tensor([21., 43.])
    """
    given: Any = operands
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        given = operands[0]
    for k, x in enumerate(given):
        if not isinstance(x, (Value, np.ndarray)):
            raise not_a_tensor("einsum", x, "operands", k + 2)
    inputs, output = _parse(equation, [x._array if isinstance(x, Value) else x for x in given])
    tensors = list(given)
    for k, (subscript, x) in enumerate(zip(inputs, tensors, strict=True)):
        for letter in sorted(set(subscript)):
            while subscript.count(letter) > 1:
                i = subscript.index(letter)
                j = subscript.index(letter, i + 1)
                shape = x._array.shape if isinstance(x, Value) else x.shape
                if shape[i] != shape[j]:
                    raise RuntimeError(
                        f"einsum(): subscript {letter} is repeated for operand {k} but the sizes "
                        f"don't match, {shape[j]} != {shape[i]}"
                    )
                x = d.diagonal(x, offset=0, axes=(i, j))
                subscript = subscript[:i] + subscript[i + 1 : j] + subscript[j + 1 :] + letter
        inputs[k], tensors[k] = subscript, x
    if len(inputs) == 1 and sorted(inputs[0]) == sorted(output):  # no sum: a view, as in torch
        return permute(tensors[0], [inputs[0].index(c) for c in output])
    return apply(d.einsum, tuple(tensors), {"inputs": tuple(inputs), "output": output})


def _parse(equation: str, operands: list) -> tuple[list[str], str]:
    """The letters of each operand and of the result, with ``...`` spelled out."""
    if not isinstance(equation, str):
        raise TypeError(
            "einsum(): the first argument is the equation, a string such as 'ij,jk->ik'"
        )
    text = equation.replace(" ", "")
    left, arrow, right = text.partition("->")
    terms = left.split(",")
    if len(terms) != len(operands):
        raise RuntimeError(
            f"einsum(): {'fewer' if len(operands) < len(terms) else 'more'} operands were provided "
            f"({len(operands)}) than specified in the equation {equation!r} ({len(terms)})"
        )
    for x in operands:
        if not isinstance(x, (Value, np.ndarray)):
            raise not_a_tensor("einsum", x)
    spare = [c for c in reversed(LETTERS) if c not in text]
    widest = 0
    for term, x in zip(terms, operands, strict=True):
        letters = term.replace("...", "")
        if not all(c in LETTERS for c in letters):
            raise RuntimeError(
                f"einsum(): invalid subscript in {equation!r}, subscripts are letters, "
                "',', '->' and '...'"
            )
        extra = x.ndim - len(letters)
        if extra < 0 or (extra and "..." not in term):
            raise RuntimeError(
                f"einsum(): the number of subscripts in the equation ({len(letters)}) "
                "does not match the number "
                f"of dimensions ({x.ndim}) for the operand {term!r}, a {tensor_words(x)}"
            )
        widest = max(widest, extra)
    dots = "".join(spare[:widest])
    inputs = []
    for term, x in zip(terms, operands, strict=True):
        extra = x.ndim - len(term.replace("...", ""))
        inputs.append(term.replace("...", dots[widest - extra :]))
    if not arrow:
        letters = left.replace(",", "").replace("...", "")
        right = ("..." if "..." in left else "") + "".join(
            sorted(c for c in set(letters) if letters.count(c) == 1)
        )
    output = right.replace("...", dots)
    for c in output:
        if output.count(c) > 1:
            raise RuntimeError(
                f"einsum(): output subscript {c} appears more than once in the output of "
                f"{equation!r}"
            )
        if not any(c in term for term in inputs):
            raise RuntimeError(
                f"einsum(): output subscript {c} does not appear in the equation "
                f"{equation!r} for any input operand"
            )
    return inputs, output


def tensordot(a: Tensor, b: Tensor, dims: Any = 2, axes: Any = None) -> Tensor:
    """The sum of products over several dimensions: the last ones of a with the first of b, or two
    lists.

    >>> tensordot(tensor([[1., 2.], [3., 4.]]), tensor([1., 10.]), dims=1)
    tensor([21., 43.])
    """
    dims = dims if axes is None else axes
    if isinstance(dims, Value):
        dims = dims._array.tolist()
    of = array_of(a, "tensordot", "a"), array_of(b, "tensordot", "b", 2)
    ranks = of[0].ndim, of[1].ndim
    if isinstance(dims, int):
        if not 0 <= dims <= min(ranks):
            raise RuntimeError(
                f"tensordot expects dims >= 0 and within both tensors, but got dims={dims}"
            )
        dims = list(range(ranks[0] - dims, ranks[0])), list(range(dims))
    left, right = (
        [axis_of(dim, rank) for dim in ([side] if isinstance(side, int) else side)]
        for side, rank in zip(dims, ranks, strict=True)
    )
    if len(left) != len(right):
        raise RuntimeError(f"both dimension lists should have same length, got {left} and {right}")
    for i, j in zip(left, right, strict=True):
        m, n = of[0].shape[i], of[1].shape[j]
        if m != n and 1 not in (m, n):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {m} in dim {i} and "
                f"second has size {n} in dim {j}"
            )
    of_a = LETTERS[: ranks[0]]
    of_b = list(LETTERS[ranks[0] : ranks[0] + ranks[1]])
    for i, j in zip(left, right, strict=True):
        of_b[j] = of_a[i]
    free = [c for i, c in enumerate(of_a) if i not in left] + [
        c for j, c in enumerate(of_b) if j not in right
    ]
    return einsum(f"{of_a},{''.join(of_b)}->{''.join(free)}", a, b)


# -- diagonals and triangles ----------------------------------------------------------------------
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of the matrices in two dimensions, as the last dimension of the result.

    >>> tensor([[1, 2], [3, 4]]).diagonal()
    tensor([1, 4])
    """
    ndim = array_of(input, "diagonal").ndim
    a, b = axis_of(dim1, ndim), axis_of(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return apply_to(d.diagonal, input, {"offset": offset, "axes": (a, b)}, view=True)


def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Of a matrix its diagonal, of a vector the matrix with this diagonal.

    >>> tensor([1, 2]).diag()
    tensor([[1, 0],
            [0, 2]])
    """
    if array_of(input, "diag").ndim == 2:
        return d.clone(d.diagonal(input, offset=diagonal, axes=(0, 1)))
    if input._array.ndim != 1:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input._array.ndim}D")
    n = input._array.size + abs(diagonal)
    return d.on_diagonal(input, offset=diagonal, axes=(0, 1), shape=(n, n))


def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal.

    >>> tensor([[1., 2.], [3., 4.]]).trace()
    tensor(5.)
    """
    if array_of(input, "trace").ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input._array.ndim}")
    return sum(diagonal(input))


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of the last two dimensions, with 0 above the given diagonal.

    >>> tensor([[1, 2], [3, 4]]).tril()
    tensor([[1, 0],
            [3, 4]])
    """
    return _triangle(input, diagonal, lower=True)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of the last two dimensions, with 0 below the given diagonal.

    >>> tensor([[1, 2], [3, 4]]).triu()
    tensor([[1, 2],
            [0, 4]])
    """
    return _triangle(input, diagonal, lower=False)


def _triangle(input: Tensor, diagonal: int, lower: bool) -> Tensor:
    name = "tril" if lower else "triu"
    if array_of(input, name).ndim < 2:
        raise RuntimeError(
            f"{name}: input tensor must have at least 2 dimensions, but it is {tensor_words(input)}"
        )
    rows, columns = input._array.shape[-2:]
    below = np.tri(rows, columns, diagonal if lower else diagonal - 1, dtype=bool)
    return masked_fill(input, wrap(~below if lower else below), 0)


class LinearAlgebra(Value):
    """The functions of this file that are methods of Tensor."""

    __slots__ = ()

    matmul, mm, mv, bmm, dot, outer, inner = matmul, mm, mv, bmm, dot, outer, inner
    addmm, diagonal, diag, trace, tril, triu = addmm, diagonal, diag, trace, tril, triu

    def __matmul__(self: Tensor, other: Any) -> Tensor:
        return matrix_product(self, other)

    def __rmatmul__(self: Tensor, other: Any) -> Tensor:
        return matrix_product(other, self)
