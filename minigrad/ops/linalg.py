"""Operations on vectors, matrices and stacks of matrices."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from ..autograd import Node, apply, primitive, rule, wrap
from ..errors import tensor_words
from .registry import axis_of, function, method, not_a_tensor, numpy

if TYPE_CHECKING:
    from ..tensor import Tensor


def matrix_product(a: Any, b: Any) -> Any:
    """a @ b; the body of the operator, which must be able to answer NotImplemented."""
    x = a._array if isinstance(a, Node) else a
    y = b._array if isinstance(b, Node) else b
    if not (isinstance(x, np.ndarray) and isinstance(y, np.ndarray)):
        return NotImplemented
    if x.dtype != y.dtype:
        raise RuntimeError(
            f"expected m1 and m2 to have the same dtype, but got: {a.dtype} != {b.dtype}; "
            "convert one of them, "
            f"as in t.to(minigrad.{b.dtype.name})"
        )
    return apply(np.dot if x.ndim == y.ndim == 2 else np.matmul, (a, b))


@numpy(np.matmul)
@method
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
        raise not_a_tensor("matmul", other if isinstance(input, (Node, np.ndarray)) else input)
    return result


def _matmul_a(g: Any, y: Any, a: Any, b: Any) -> Any:
    if b.ndim == 1:
        return g[..., None] * b
    if a.ndim == 1:
        return (b @ g[..., None])[..., 0]
    return g @ b.swapaxes(-1, -2)


def _matmul_b(g: Any, y: Any, a: Any, b: Any) -> Any:
    if a.ndim == 1:
        return a[:, None] * g[..., None, :] if b.ndim > 1 else g * a
    if b.ndim == 1:
        return (g[..., None, :] @ a)[..., 0, :]
    return a.swapaxes(-1, -2) @ g


rule(np.matmul, _matmul_a, _matmul_b)
rule(  # of two matrices, quicker than np.matmul by a third where they are small
    np.dot,
    lambda g, y, a, b: np.dot(g, b.swapaxes(0, 1)),
    lambda g, y, a, b: np.dot(a.swapaxes(0, 1), g),
    name="matmul",
)


def _of_rank(name: str, rank: int, *operands: Any) -> None:
    for i, x in enumerate(operands):
        if not isinstance(x, Node):
            raise not_a_tensor(name, x)
        if x._array.ndim != rank:
            raise RuntimeError(
                f"{name}: argument {i + 1} must be a {rank}D tensor, but it is {tensor_words(x)}"
            )


@method
def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices.

    >>> tensor([[1., 2.]]).mm(tensor([[3.], [4.]]))
    tensor([[11.]])
    """
    _of_rank("mm", 2, input, mat2)
    return matmul(input, mat2)


@method
def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector.

    >>> tensor([[1., 2.]]).mv(tensor([3., 4.]))
    tensor([11.])
    """
    _of_rank("mv", 2, input)
    _of_rank("mv", 1, vec)
    return matmul(input, vec)


@method
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


@numpy(np.dot)
def _numpy_dot(a: Any, b: Any) -> Any:
    """NumPy's dot, which is not torch's: of matrices, too, and of numbers their product."""
    a, b = (x if isinstance(x, Node) else np.asarray(x) for x in (a, b))
    if max(a.ndim, b.ndim) > 2:
        raise TypeError(
            "np.dot of more than two dimensions has no derivative rule here; use matmul or "
            f"minigrad.tensordot for {tensor_words(a)} and {tensor_words(b)}"
        )
    return matmul(a, b) if a.ndim and b.ndim else a * b


@method
def dot(input: Tensor, tensor: Tensor) -> Tensor:
    """The sum of the products of two vectors' elements.

    >>> tensor([1., 2.]).dot(tensor([3., 4.]))
    tensor(11.)
    """
    for x in (input, tensor):
        if not isinstance(x, (Node, np.ndarray)):
            raise not_a_tensor("dot", x)
        if x.ndim != 1:
            raise RuntimeError(
                f"1D tensors expected, but got {input.ndim}D and {tensor.ndim}D tensors; use matmul"
            )
    return matmul(input, tensor)


@numpy(np.outer)
@method
def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """All products of an element of one vector and an element of the other, (n,) and (m,) to (n,
    m).

    >>> tensor([1., 2.]).outer(tensor([3., 4.]))
    tensor([[3., 4.],
            [6., 8.]])
    """
    _of_rank("outer", 1, input, vec2)
    return input.unsqueeze(1) * vec2


@numpy(np.inner)
@method
def inner(input: Tensor, other: Tensor) -> Tensor:
    """The sums of products over the last dimensions of both.

    >>> tensor([[1., 2.], [3., 4.]]).inner(tensor([1., 1.]))
    tensor([3., 7.])
    """
    if input._array.ndim == 0 or other._array.ndim == 0:
        return input * other
    if input._array.shape[-1] != other._array.shape[-1]:
        raise RuntimeError(
            f"inner() the last dimension must match on both input tensors but got shapes "
            f"{list(input._array.shape)} and {list(other._array.shape)}"
        )
    return tensordot(input, other, ([-1], [-1]))


@method
def addmm(
    input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1
) -> Tensor:
    """beta * input + alpha * (mat1 @ mat2), with input broadcast.

    >>> tensor([1., 1.]).addmm(tensor([[1., 2.]]), tensor([[3., 0.], [4., 0.]]))
    tensor([[12.,  1.]])
    """
    product = mm(mat1, mat2)
    product = product if alpha == 1 else product * alpha
    if beta == 0:
        return product
    return (input if beta == 1 else input * beta) + product


LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


# -- einsum --------------------------------------------------------------------------------------
@numpy(np.einsum)
@function
def einsum(equation: str, *operands: Any) -> Tensor:
    """Sums of products in Einstein's notation, as in ``einsum("bik,bkj->bij", a, b)``.

    Letters that repeat within one operand take its diagonal; ``...`` stands for any dimensions.

    >>> einsum("ij,j->i", tensor([[1., 2.], [3., 4.]]), tensor([1., 10.]))
    tensor([21., 43.])
    """
    if len(operands) == 1 and isinstance(operands[0], (list, tuple)):
        operands = tuple(operands[0])
    inputs, output = _parse(equation, operands)
    tensors = list(operands)
    for k, (subscript, x) in enumerate(zip(inputs, tensors, strict=True)):
        for letter in sorted(set(subscript)):
            while subscript.count(letter) > 1:
                i = subscript.index(letter)
                j = subscript.index(letter, i + 1)
                if x.shape[i] != x.shape[j]:
                    raise RuntimeError(
                        f"einsum(): subscript {letter} is repeated for operand {k} but the sizes "
                        f"don't match, {x.shape[j]} != {x.shape[i]}"
                    )
                x = diagonal(x, 0, i, j)
                subscript = subscript[:i] + subscript[i + 1 : j] + subscript[j + 1 :] + letter
        inputs[k], tensors[k] = subscript, x
    return apply(_einsum, tuple(tensors), {"inputs": tuple(inputs), "output": output})


def _parse(equation: str, operands: tuple) -> tuple[list[str], str]:
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
        if not isinstance(x, (Node, np.ndarray)):
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


def _einsum_part(g: Any, i: int, xs: Any, inputs: tuple[str, ...], output: str) -> Any:
    """The gradient of the i-th operand: g in its place, and its letters as the result."""
    own = inputs[i]
    others = [(x, s) for k, (x, s) in enumerate(zip(xs, inputs, strict=True)) if k != i]
    known = output + "".join(s for _, s in others)
    lost = "".join(
        c for c in own if c not in known
    )  # summed over in this operand alone: g is the same for all
    kept = "".join(c for c in own if c in known)
    terms = (output, *(s for _, s in others))
    back = _einsum(g, *(x for x, _ in others), inputs=terms, output=kept)
    back = back.reshape(back.shape + (1,) * len(lost))
    order = [(kept + lost).index(c) for c in own]
    return np.broadcast_to(np.transpose(back, order), _full_shape(own, g, xs, inputs, output))


def _full_shape(own: str, g: Any, xs: Any, inputs: Any, output: str) -> tuple[int, ...]:
    """The sizes of these letters where a size of 1 in one operand is stretched to another's."""
    sizes: dict[str, int] = {}
    for letters, shape in [
        (output, g.shape),
        *((s, x.shape) for x, s in zip(xs, inputs, strict=True)),
    ]:
        for c, n in zip(letters, shape, strict=True):
            sizes[c] = n if sizes.get(c, 1) == 1 else sizes[c]
    return tuple(sizes[c] for c in own)


@primitive(each=_einsum_part)
def _einsum(*xs: Any, inputs: tuple[str, ...], output: str) -> Any:
    return np.einsum(f"{','.join(inputs)}->{output}", *xs, optimize=len(xs) > 2)


@numpy(np.tensordot)
@function
def tensordot(a: Tensor, b: Tensor, dims: Any = 2, axes: Any = None) -> Tensor:
    """The sum of products over several dimensions: the last ones of a with the first of b, or two
    lists.

    >>> tensordot(tensor([[1., 2.], [3., 4.]]), tensor([1., 10.]), dims=1)
    tensor([21., 43.])
    """
    dims = dims if axes is None else axes
    if isinstance(dims, Node):
        dims = dims._array.tolist()
    if isinstance(dims, int):
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise RuntimeError(
                f"tensordot expects dims >= 0 and within both tensors, but got dims={dims}"
            )
        dims = list(range(a.ndim - dims, a.ndim)), list(range(dims))
    left, right = ([axis_of(d, x.ndim) for d in ([side] if isinstance(side, int) else side)]
                   for side, x in zip(dims, (a, b), strict=True))  # fmt: skip
    if len(left) != len(right):
        raise RuntimeError(f"both dimension lists should have same length, got {left} and {right}")
    for i, j in zip(left, right, strict=True):
        if a.shape[i] != b.shape[j] and 1 not in (a.shape[i], b.shape[j]):
            raise RuntimeError(
                f"contracted dimensions need to match, but first has size {a.shape[i]} in "
                f"dim {i} and second has "
                f"size {b.shape[j]} in dim {j}"
            )
    letters = LETTERS
    of_a = letters[: a.ndim]
    of_b = [letters[a.ndim + i] for i in range(b.ndim)]
    for i, j in zip(left, right, strict=True):
        of_b[j] = of_a[i]
    free = [c for i, c in enumerate(of_a) if i not in left] + [
        c for j, c in enumerate(of_b) if j not in right
    ]
    return einsum(f"{of_a},{''.join(of_b)}->{''.join(free)}", a, b)


# -- diagonals and triangles ----------------------------------------------------------------------
@method
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of the matrices in two dimensions, as the last dimension of the result.

    >>> tensor([[1, 2], [3, 4]]).diagonal()
    tensor([1, 4])
    """
    ndim = input._array.ndim
    a, b = axis_of(dim1, ndim), axis_of(dim2, ndim)
    if a == b:
        raise RuntimeError(f"diagonal dimensions cannot be identical {dim1}, {dim2}")
    return _diagonal(input, offset=offset, axes=(a, b))


@primitive(lambda g, y, x, offset, axes: _on_diagonal(g, offset=offset, axes=axes, shape=x.shape))
def _diagonal(x: Any, *, offset: int, axes: tuple[int, int]) -> Any:
    return np.diagonal(x, offset, *axes)


@primitive(
    lambda g, y, x, offset, axes, shape: _diagonal(g, offset=offset, axes=axes), name="diag_embed"
)
def _on_diagonal(x: Any, *, offset: int, axes: tuple[int, int], shape: tuple[int, ...]) -> Any:
    """Zeros of this shape with x on the diagonal: the transpose of _diagonal."""
    out = np.zeros(shape, x.dtype)
    i = np.arange(x.shape[-1])
    np.moveaxis(out, axes, (-2, -1))[..., i + max(-offset, 0), i + max(offset, 0)] = x
    return out


@numpy(np.diag)
@method
def diag(input: Tensor, diagonal: int = 0) -> Tensor:
    """Of a matrix its diagonal, of a vector the matrix with this diagonal.

    >>> tensor([1, 2]).diag()
    tensor([[1, 0],
            [0, 2]])
    """
    if input._array.ndim == 2:
        return _diagonal(input, offset=diagonal, axes=(0, 1)).clone()
    if input._array.ndim != 1:
        raise RuntimeError(f"diag(): Supports 1D or 2D tensors. Got {input._array.ndim}D")
    n = input._array.size + abs(diagonal)
    return _on_diagonal(input, offset=diagonal, axes=(0, 1), shape=(n, n))


@numpy(np.trace)
@method
def trace(input: Tensor) -> Tensor:
    """The sum of a matrix's diagonal.

    >>> tensor([[1., 2.], [3., 4.]]).trace()
    tensor(5.)
    """
    if input._array.ndim != 2:
        raise RuntimeError(f"trace: expected a matrix, but got tensor with dim {input._array.ndim}")
    return diagonal(input).sum()


@numpy(np.tril)
@method
def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of the last two dimensions, with 0 above the given diagonal.

    >>> tensor([[1, 2], [3, 4]]).tril()
    tensor([[1, 0],
            [3, 4]])
    """
    return _triangle(input, diagonal, lower=True)


@numpy(np.triu)
@method
def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of the last two dimensions, with 0 below the given diagonal.

    >>> tensor([[1, 2], [3, 4]]).triu()
    tensor([[1, 2],
            [0, 4]])
    """
    return _triangle(input, diagonal, lower=False)


def _triangle(input: Tensor, diagonal: int, lower: bool) -> Tensor:
    if input._array.ndim < 2:
        name = "tril" if lower else "triu"
        raise RuntimeError(
            f"{name}: input tensor must have at least 2 dimensions, but it is {tensor_words(input)}"
        )
    rows, columns = input._array.shape[-2:]
    below = np.tri(rows, columns, diagonal if lower else diagonal - 1, dtype=bool)
    return input.masked_fill(wrap(~below if lower else below), 0)
