"""Labels as vectors: one_hot, and rows looked up in a table."""

from __future__ import annotations

import numpy as np

from ... import dtypes
from ..._tensor import Tensor
from ...autograd.changes import mark_changed
from ...autograd.engine import wrap
from ...autograd.errors import tensor_words
from ...ops import elementwise
from ...ops.arguments import array_of
from ...ops.shaping import stack


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """Each label as a row of zeros with a 1 at the label: int64, of one dimension more.

    num_classes=-1 means one more than the largest label.

    >>> nn.functional.one_hot(tensor([0, 2]))
    tensor([[1, 0, 0],
            [0, 0, 1]])
    """
    labels = array_of(tensor, "one_hot")
    if labels.dtype != np.int64:
        raise RuntimeError(
            "one_hot is only applicable to index tensor of type LongTensor, not "
            f"{tensor_words(tensor)}; use t.long()"
        )
    if not labels.size and num_classes <= 0:
        raise RuntimeError("Can not infer total number of classes from empty tensor.")
    if labels.size and labels.min() < 0:
        raise RuntimeError(f"Class values must be non-negative, and {labels.min()} is among them.")
    n = int(labels.max()) + 1 if num_classes == -1 else num_classes
    if labels.size and labels.max() >= n:
        raise RuntimeError(
            f"Class values must be smaller than num_classes: {labels.max()} >= {num_classes}."
        )
    return wrap((labels[..., None] == np.arange(n)).astype(np.int64))


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of weight that input names: shape (*input.shape, weight.shape[1]).

    The row padding_idx gets no gradient. With max_norm, the rows used are first scaled in place so
    that their norm does not exceed it. scale_grad_by_freq divides a row's gradient by how often
    input names it. sparse is accepted for torch's sake; gradients here are dense.

    >>> nn.functional.embedding(tensor([1, 0, 1]), tensor([[1., 2.], [3., 4.]]))
    tensor([[3., 4.],
            [1., 2.],
            [3., 4.]])
    """
    index, rows = array_of(input, "embedding"), len(array_of(weight, "embedding", "weight", 2))
    if index.dtype not in (np.int64, np.int32):
        found = f"torch.{dtypes.TENSOR_NAMES[index.dtype]}"
        raise RuntimeError(
            "Expected tensor for argument #1 'indices' to have one of the following scalar types: "
            f"Long, Int; but got {found} instead (while checking arguments for embedding)"
        )
    if padding_idx is not None:
        if not -rows <= padding_idx < rows:
            raise AssertionError(
                f"Padding_idx must be within num_embeddings: {padding_idx} with {rows} rows"
            )
        padding_idx %= rows
    if index.size and (index.min() < 0 or index.max() >= rows):
        bad = index[(index < 0) | (index >= rows)].flat[0]
        raise IndexError(
            f"index out of range in self: {bad} is not a row of weight {tensor_words(weight)}"
        )
    if max_norm is not None:
        _limit_rows(weight, np.unique(index), max_norm, norm_type)
    y = weight[input]
    if padding_idx is not None:
        y = elementwise.where(wrap((index == padding_idx)[..., None]), y.detach(), y)
    if scale_grad_by_freq:
        counts = np.bincount(index.reshape(-1), minlength=rows)[index][..., None]
        share = y / wrap(counts.astype(weight._array.dtype))
        y = share + (y - share).detach()
    return y


def _limit_rows(weight: Tensor, used: np.ndarray, max_norm: float, norm_type: float) -> None:
    rows = weight._array[used]
    norms = np.linalg.norm(rows, norm_type, axis=1, keepdims=True)
    factor = np.where(norms > max_norm, max_norm / (norms + 1e-7), 1)
    mark_changed(weight._array)
    weight._array[used] = rows * factor.astype(rows.dtype)


def embedding_bag(
    input: Tensor, weight: Tensor, offsets: Tensor | None = None, max_norm: float | None = None,
    norm_type: float = 2, scale_grad_by_freq: bool = False, mode: str = "mean",
    sparse: bool = False, per_sample_weights: Tensor | None = None,
    include_last_offset: bool = False, padding_idx: int | None = None,
) -> Tensor:  # fmt: skip
    """The mean, "sum" or "max" of the rows of weight that each bag of input names; 0 of none.

    A bag is a row of an input (bags, size); or what stands in an input (n,) from each of offsets
    on. per_sample_weights, of input's shape, multiply the rows in mode "sum". Rows padding_idx do
    not count.

    >>> table = tensor([[1., 2.], [3., 4.]])
    >>> nn.functional.embedding_bag(tensor([0, 1, 1]), table, tensor([0, 2]))
    tensor([[2., 3.],
            [3., 4.]])
    """
    index = array_of(input, "embedding_bag")
    if mode not in ("sum", "mean", "max"):
        raise ValueError("mode has to be one of sum, mean or max")
    if per_sample_weights is not None:
        if mode != "sum":
            raise NotImplementedError(
                "embedding_bag: per_sample_weights was not None. per_sample_weights is only "
                f"supported for mode='sum' (got mode={mode!r})."
            )
        if array_of(per_sample_weights, "embedding_bag", "per_sample_weights").shape != index.shape:
            raise ValueError(
                f"embedding_bag: If per_sample_weights ({per_sample_weights.shape}) is not None, "
                f"then it must have the same shape as the input ({input.shape})"
            )
    if index.ndim == 2:
        if offsets is not None:
            raise ValueError(
                "if input is 2D, then offsets has to be None, as input is treated as a mini-batch "
                "of fixed length sequences."
            )
        starts = np.arange(index.shape[0] + 1) * index.shape[1]
    elif index.ndim == 1:
        if offsets is None:
            raise ValueError("offsets has to be a 1D Tensor but got None")
        starts = array_of(offsets, "embedding_bag", "offsets", 3)
        if not include_last_offset:
            starts = np.append(starts, index.size)
    else:
        raise ValueError(
            f"input has to be 1D or 2D Tensor, but got Tensor of dimension {index.ndim}"
        )
    flat = input.reshape(-1)
    rows = embedding(flat, weight, padding_idx, max_norm, norm_type, scale_grad_by_freq)
    if per_sample_weights is not None:
        rows = rows * per_sample_weights.reshape(-1, 1)
    counted = np.ones(index.size, bool)
    if padding_idx is not None:
        counted = index.reshape(-1) != padding_idx % weight._array.shape[0]
    bags, at = len(starts) - 1, np.arange(index.size)
    member = (at >= starts[:-1, None]) & (at < starts[1:, None]) & counted
    dtype = weight._array.dtype
    if mode == "max":
        chosen = [rows[wrap(np.flatnonzero(m))].max(0)[0] if m.any() else rows[:0].sum(0)
                  for m in member]  # fmt: skip
        return stack(chosen) if chosen else rows[:0]
    share = member.astype(dtype)
    if mode == "mean":
        share /= np.maximum(member.sum(1, keepdims=True), 1).astype(dtype)
    return wrap(share) @ rows if bags else rows[:0]
