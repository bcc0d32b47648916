"""Losses that ask for a margin: between scores, between vectors, between a class and the others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._tensor import Tensor
from ...autograd.engine import wrap
from ...autograd.errors import tensor_words
from ...ops import elementwise
from ...ops.arguments import array_of
from .activation import logsigmoid
from .distance import pairwise_distance
from .reduction import both, mode, reduced


def margin_ranking_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, -target * (input1 - input2) + margin): target 1 wants input1 larger, -1 smaller.

    >>> nn.functional.margin_ranking_loss(tensor([1.]), tensor([3.]), tensor([1.]))
    tensor(2.)
    """
    reduction = mode(reduction, size_average, reduce)
    arrays = [
        array_of(input1, "margin_ranking_loss", "input1"),
        array_of(input2, "margin_ranking_loss", "input2", 2),
        array_of(target, "margin_ranking_loss", "target", 3),
    ]
    if len({a.ndim for a in arrays}) > 1:
        raise RuntimeError(
            "margin_ranking_loss : All input tensors should have same dimension but got sizes: "
            f"input1: {input1.shape}, input2: {input2.shape}, target: {target.shape} "
        )
    return reduced((-target * (input1 - input2) + margin).clamp(min=0), reduction)


def hinge_embedding_loss(
    input: Tensor, target: Tensor, margin: float = 1.0, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """input where target is 1, max(0, margin - input) where it is -1: a loss of distances.

    >>> nn.functional.hinge_embedding_loss(tensor([0.5, 0.2]), tensor([1., -1.]))
    tensor(0.6500)
    """
    reduction = mode(reduction, size_average, reduce)
    both(input, target, "hinge_embedding_loss")
    near = elementwise.where(target != -1, input, 0)
    far = elementwise.where(target != 1, (margin - input).clamp(min=0), 0)
    return reduced(near + far, reduction)


def soft_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """log(1 + exp(-target * input)), for targets 1 and -1.

    >>> nn.functional.soft_margin_loss(tensor([0., 2.]), tensor([1., -1.]))
    tensor(1.4100)
    """
    reduction = mode(reduction, size_average, reduce)
    both(input, target, "soft_margin_loss")
    return reduced((-target * input).logaddexp(0), reduction)


def multilabel_soft_margin_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The cross entropy of sigmoid(input) with a 0 or 1 for each class, its mean over classes.

    >>> nn.functional.multilabel_soft_margin_loss(tensor([[0., 0.]]), tensor([[1., 0.]]))
    tensor(0.6931)
    """
    reduction = mode(reduction, size_average, reduce)
    both(input, target, "multilabel_soft_margin_loss")
    loss = -(target * logsigmoid(input) + (1 - target) * logsigmoid(-input))
    if weight is not None:
        loss = loss * weight
    return reduced(loss.sum(-1) / input._array.shape[-1], reduction)


def multi_margin_loss(
    input: Tensor, target: Tensor, p: int = 1, margin: float = 1.0, weight: Tensor | None = None,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The mean over other classes of max(0, margin - input[label] + input[other]) ** p.

    >>> nn.functional.multi_margin_loss(tensor([[1., 0.5, 3.]]), tensor([0]))
    tensor(1.1667)
    """
    reduction = mode(reduction, size_average, reduce)
    scores, labels = both(input, target, "multi_margin_loss")
    if p not in (1, 2):
        raise ValueError("only p == 1 and p == 2 supported")
    rows = input.reshape(-1, scores.shape[-1]) if scores.ndim < 2 else input
    labels = labels.reshape(-1)
    if len(labels) != rows._array.shape[0]:
        raise RuntimeError(
            f"inconsistent target size, got: {tensor_words(target)} for {tensor_words(input)}"
        )
    here = np.arange(len(labels))
    apart = (margin - rows[wrap(here), wrap(labels)].unsqueeze(1) + rows).clamp(min=0)
    each = apart if p == 1 else apart * apart
    if weight is not None:
        each = each * weight[wrap(labels)].unsqueeze(1)
    others = np.ones(rows._array.shape, bool)
    others[here, labels] = False
    loss = elementwise.where(wrap(others), each, 0).sum(1) / rows._array.shape[1]
    return reduced(loss if scores.ndim > 1 else loss.squeeze(0), reduction)


def multilabel_margin_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """The sum over labels and other classes of max(0, 1 - input[label] + input[other]) / classes.

    target holds the labels of each row first, and then -1.

    >>> nn.functional.multilabel_margin_loss(tensor([[0.1, 0.8]]), tensor([[1, -1]]))
    tensor(0.1500)
    """
    reduction = mode(reduction, size_average, reduce)
    scores, labels = both(input, target, "multilabel_margin_loss")
    if scores.shape != labels.shape or scores.ndim > 2:
        raise RuntimeError(
            f"inconsistent target size: {list(labels.shape)} for input of size: "
            f"{list(scores.shape)}"
        )
    rows, marks = input.reshape(-1, scores.shape[-1]), labels.reshape(-1, scores.shape[-1])
    given = np.minimum.accumulate(marks >= 0, axis=1)
    taken = np.zeros(marks.shape, bool)
    row, column = np.nonzero(given)
    taken[row, marks[row, column]] = True
    wanted = rows[wrap(row), wrap(marks[row, column])].unsqueeze(1)
    apart = (1 - wanted + rows[wrap(row)]).clamp(min=0)
    each = elementwise.where(wrap(~taken[row]), apart, 0).sum(1)
    member = (row == np.arange(len(marks))[:, None]).astype(scores.dtype)
    loss = wrap(member) @ each / marks.shape[1]
    return reduced(loss if scores.ndim > 1 else loss.squeeze(0), reduction)


def cosine_embedding_loss(
    input1: Tensor, input2: Tensor, target: Tensor, margin: float = 0,
    size_average: bool | None = None, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """1 - cos where target is 1, max(0, cos - margin) where it is -1.

    >>> x = tensor([[1., 0.]])
    >>> nn.functional.cosine_embedding_loss(x, x, tensor([1.]))
    tensor(0.)
    """
    reduction = mode(reduction, size_average, reduce)
    name = "cosine_embedding_loss"
    first, marks = array_of(input1, name, "input1"), array_of(target, name, "target", 3)
    array_of(input2, name, "input2", 2)
    if marks.ndim + 1 != first.ndim:
        raise RuntimeError(
            f"{marks.ndim}D target tensor expects {marks.ndim + 1}D input tensors, but found "
            f"inputs with sizes {list(first.shape)} and {list(input2._array.shape)}."
        )
    # Not cosine_similarity: here the squared lengths have eps added to them, as torch has it.
    eps = 1e-12
    dot = (input1 * input2).sum(-1)
    squares = ((input1 * input1).sum(-1) + eps) * ((input2 * input2).sum(-1) + eps)
    cos = dot / squares.sqrt()
    near = elementwise.where(target == 1, 1 - cos, 0)
    far = elementwise.where(target == -1, (cos - margin).clamp(min=0), 0)
    return reduced(near + far, reduction)


def triplet_margin_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, margin: float = 1.0, p: float = 2,
    eps: float = 1e-6, swap: bool = False, size_average: bool | None = None,
    reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """max(0, distance to positive - distance to negative + margin), of vectors (N, D).

    With swap the negative's distance is the smaller of those to anchor and positive (Balntas 2016).

    >>> a, b = tensor([[0., 0.]]), tensor([[3., 4.]])
    >>> nn.functional.triplet_margin_loss(a, a, b, margin=6.5)
    tensor(1.5000)
    """
    reduction = mode(reduction, size_average, reduce)
    for i, (which, t) in enumerate(
        (("anchor", anchor), ("positive", positive), ("negative", negative)), 1
    ):
        array_of(t, "triplet_margin_loss", which, i)
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")

    def distance(a: Tensor, b: Tensor) -> Any:
        return pairwise_distance(a, b, p, eps)

    return _triplet(anchor, positive, negative, distance, margin, swap, reduction)


def triplet_margin_with_distance_loss(
    anchor: Tensor, positive: Tensor, negative: Tensor, *, distance_function: Any = None,
    margin: float = 1.0, swap: bool = False, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """triplet_margin_loss with a distance of one's own; pairwise_distance unless given.

    >>> a, b = tensor([[0., 0.]]), tensor([[3., 4.]])
    >>> nn.functional.triplet_margin_with_distance_loss(a, a, b, margin=6.5)
    tensor(1.5000)
    """
    mode(reduction)
    array_of(anchor, "triplet_margin_with_distance_loss", "anchor")
    if margin <= 0:
        raise ValueError(f"margin must be greater than 0, got {margin}")
    measure = pairwise_distance if distance_function is None else distance_function
    return _triplet(anchor, positive, negative, measure, margin, swap, reduction)


def _triplet(
    anchor: Tensor, positive: Tensor, negative: Tensor, distance: Any, margin: float, swap: bool,
    reduction: str,
) -> Tensor:  # fmt: skip
    near, far = distance(anchor, positive), distance(anchor, negative)
    if swap:
        far = elementwise.minimum(far, distance(positive, negative))
    return reduced((near - far + margin).clamp(min=0), reduction)


# -- losses of a distribution's parameters ---------------------------------------------------------
def poisson_nll_loss(
    input: Tensor, target: Tensor, log_input: bool = True, full: bool = False,
    size_average: bool | None = None, eps: float = 1e-8, reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """exp(input) - target * input, of a Poisson distribution with the logarithm of its mean.

    With log_input=False input is the mean itself. full adds Stirling's approximation of
    log(target!) where target is above 1.

    >>> nn.functional.poisson_nll_loss(tensor([0.]), tensor([2.]))
    tensor(1.)
    """
    reduction = mode(reduction, size_average, reduce)
    both(input, target, "poisson_nll_loss")
    if log_input:
        loss = input.exp() - target * input
    else:
        loss = input - target * (input + eps).log()
    if full:
        large = elementwise.where(target > 1, target, 1)
        stirling = large * large.log() - large + 0.5 * (2 * math.pi * large).log()
        loss = loss + elementwise.where(target > 1, stirling, 0)
    return reduced(loss, reduction)


def gaussian_nll_loss(
    input: Tensor, target: Tensor, var: Tensor | float, full: bool = False, eps: float = 1e-6,
    reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """(log(var) + (input - target) ** 2 / var) / 2, of a normal distribution; var at least eps.

    var has the shape of input, or lacks its last dimension, or has size 1 there. full adds
    log(2 pi) / 2. No gradient comes of bringing var up to eps.

    >>> nn.functional.gaussian_nll_loss(tensor([1.]), tensor([3.]), tensor([4.]))
    tensor(1.1931)
    """
    both(input, target, "gaussian_nll_loss")
    if isinstance(var, float):
        if var < 0:
            raise ValueError("var has negative entry/entries")
        var = var * (input.detach() * 0 + 1)
    shape, own = input._array.shape, array_of(var, "gaussian_nll_loss", "var", 3)
    if own.shape != shape:
        if shape[:-1] == own.shape:
            var = var.unsqueeze(-1)
        elif shape[:-1] != own.shape[:-1] or own.shape[-1] != 1:
            raise ValueError("var is of incorrect size")
    mode(reduction)
    if (own < 0).any():
        raise ValueError("var has negative entry/entries")
    held = var + (var.detach().clamp(min=eps) - var.detach())
    apart = input - target
    loss = 0.5 * (held.log() + apart * apart / held)
    if full:
        loss = loss + 0.5 * math.log(2 * math.pi)
    return reduced(loss, reduction)
