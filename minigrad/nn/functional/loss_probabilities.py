"""Losses of probabilities: binary cross entropy, and the divergence of two distributions."""

from __future__ import annotations

import warnings

from ... import dtypes
from ..._tensor import Tensor
from ...autograd import derivatives_nn as dn
from ...autograd.engine import apply
from ...autograd.errors import tensor_words
from ...ops import elementwise
from ...ops.arguments import floating
from .reduction import both, mode, reduced


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """-(target * log(input) + (1 - target) * log(1 - input)), with logarithms not below -100.

    input holds probabilities, 0 to 1 (a RuntimeError else); target has its shape and dtype.

    >>> nn.functional.binary_cross_entropy(tensor([0., 0.5]), tensor([1., 1.]), reduction="none")
    tensor([100.0000,   0.6931])
    """
    reduction = mode(reduction, size_average, reduce)
    x, t = both(input, target, "binary_cross_entropy")
    if x.shape != t.shape:
        raise ValueError(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}) is deprecated. Please ensure they have the same size."
        )
    floating(input, "binary_cross_entropy", "binary_cross_entropy")
    if input._array.dtype != target._array.dtype:
        words = [
            dtypes.TENSOR_NAMES[t._array.dtype].removesuffix("Tensor") for t in (target, input)
        ]
        raise RuntimeError(f"Found dtype {words[0]} but expected {words[1]} for the target")
    if not ((input._array >= 0) & (input._array <= 1)).all():
        raise RuntimeError(
            "all elements of input should be between 0 and 1; for logits there is "
            "binary_cross_entropy_with_logits"
        )
    loss = apply(dn.binary_cross_entropy, (input, target))
    return reduced(loss if weight is None else loss * weight, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean", pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """binary_cross_entropy(sigmoid(input), target), exact for logits of any size.

    weight counts elements differently; pos_weight multiplies the part of the positive class.

    >>> nn.functional.binary_cross_entropy_with_logits(tensor([0., 200.]), tensor([1., 0.]))
    tensor(100.3466)
    """
    reduction = mode(reduction, size_average, reduce)
    x, t = both(input, target, "binary_cross_entropy_with_logits")
    if x.shape != t.shape:
        raise ValueError(
            f"Target size ({target.shape}) must be the same as input size ({input.shape})"
        )
    floating(input, "binary_cross_entropy_with_logits", "log_sigmoid_cpu")
    if target._array.dtype.kind != "f":
        raise RuntimeError(
            "result type Float can't be cast to the desired output type Long: the target is "
            f"{tensor_words(target)}; use target.float()"
        )
    missed = (-input).logaddexp(0)  # -log(sigmoid(input))
    if pos_weight is not None:
        missed = missed * (1 + (pos_weight - 1) * target)
    loss = (1 - target) * input + missed
    return reduced(loss if weight is None else loss * weight, reduction)


def kl_div(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", log_target: bool = False,
) -> Tensor:  # fmt: skip
    """target * (log(target) - input): the divergence of Kullback and Leibler, of log-probabilities.

    input holds log-probabilities, target probabilities or, with log_target, log-probabilities too.
    reduction "batchmean" divides the sum by the size of dimension 0, as mathematics does.

    >>> nn.functional.kl_div(tensor([[0.5, 0.5]]).log(), tensor([[1., 0.]]), reduction="batchmean")
    tensor(0.6931)
    """
    both(input, target, "kl_div")
    by_batch = reduction == "batchmean" and size_average is None and reduce is None
    reduction = "sum" if by_batch else mode(reduction, size_average, reduce)
    if reduction == "mean":
        warnings.warn(
            "reduction: 'mean' divides the total loss by both the batch size and the support "
            "size. 'batchmean' divides only by the batch size, and aligns with the KL div math "
            "definition.",
            stacklevel=2,
        )
    if log_target:
        loss = target.exp() * (target - input)
    else:
        floating(target - input, "kl_div", "xlogy_cpu")
        empty = target == 0  # 0 * log(0) counts as 0
        loss = target * (elementwise.where(empty, 1, target).log() - input)
    total = reduced(loss, reduction)
    return total / input._array.shape[0] if by_batch and input._array.ndim else total
