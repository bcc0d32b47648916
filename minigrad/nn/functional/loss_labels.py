"""Losses of classes: cross entropy and its plain twin, nll_loss."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ... import dtypes
from ..._tensor import Tensor
from ...autograd import derivatives_nn as dn
from ...autograd.engine import apply, wrap
from ...autograd.errors import tensor_words
from ...ops import elementwise
from ...ops.arguments import array_of, floating
from ...ops.softmax import log_softmax, softmax_simple
from .reduction import mode, reduced


def softmax_cross_entropy(logits: Tensor, target: Any) -> Tensor:
    """The cross entropy of each row of logits (n, classes) with its label, an int64 array (n,).

    The labels must be in range. cross_entropy checks them and calls this.

    >>> nn.functional.softmax_cross_entropy(tensor([[0., 0.], [9., 0.]]), np.array([1, 0]))
    tensor([6.9315e-01, 1.2337e-04])
    """
    array_of(logits, "softmax_cross_entropy", "logits")
    return apply(dn.softmax_cross_entropy, (logits, target), {"note": {}})


def cross_entropy_simple(logits: Tensor, target: Any) -> Tensor:
    """The plain form of softmax_cross_entropy, which overflows: the lecture's formula.

    >>> nn.functional.cross_entropy_simple(tensor([[0., 0.]]), np.array([1]))
    tensor([0.6931])
    """
    array_of(logits, "cross_entropy_simple", "logits")
    return -softmax_simple(logits, 1)[range(len(logits)), target].log()


def _labels(input: Tensor, target: Any, name: str) -> np.ndarray:
    """The class indices in one dimension, as int64; torch's errors where a target does not fit."""
    labels, shape = array_of(target, name, "target", 2), input._array.shape
    if len(shape) == 0:
        raise RuntimeError(f"{name}() needs an input of one dimension at least, (classes,)")
    if len(shape) <= 2 and labels.ndim > 1:
        raise RuntimeError(
            "0D or 1D target tensor expected, multi-target not supported: the target is "
            f"{tensor_words(target)} for an input {tensor_words(input)}"
        )
    wanted = (shape[0], *shape[2:]) if len(shape) > 1 else ()
    if labels.shape == wanted and labels.ndim == 1 and labels.dtype == dtypes.int64:
        return labels  # by far most often
    if labels.shape[:1] != wanted[:1]:
        found = labels.shape[0] if labels.ndim else 1
        if wanted or found != 1:
            raise ValueError(
                f"Expected input batch_size ({shape[0] if wanted else 1}) to match target "
                f"batch_size ({found})."
            )
    elif labels.shape != wanted:
        raise RuntimeError(f"Expected target size {list(wanted)}, got {list(labels.shape)}")
    if labels.dtype == np.uint8:
        labels = labels.astype(np.int64)
    if labels.dtype != np.int64:
        short = dtypes.TENSOR_NAMES[labels.dtype].removesuffix("Tensor")
        raise RuntimeError(
            f"expected target dtype to be Long or Byte, but got {short}: class indices are int64; "
            "use t.long()"
        )
    return labels if labels.ndim == 1 else labels.reshape(-1)


def _in_range(
    labels: np.ndarray, classes: int, ignore_index: int
) -> tuple[np.ndarray, np.ndarray | None]:
    """The labels with 0 for those to ignore, and which ones count (None: all of them)."""
    none_ignored = not 0 <= ignore_index < classes
    if none_ignored and (not labels.size or np.maximum.reduce(labels.view(np.uint64)) < classes):
        return labels, None  # a negative label is a huge one when read as unsigned
    counts = labels != ignore_index
    labels = np.where(counts, labels, 0)
    wrong = (labels < 0) | (labels >= classes)
    if wrong.any():
        raise IndexError(
            f"Target {labels[wrong][0]} is out of bounds. Labels are 0 to {classes - 1} for "
            f"{classes} classes, or ignore_index={ignore_index}"
        )
    return labels, counts


def _as_rows(input: Tensor, count: int) -> Tensor:
    """(N, C, d1, ...) or (C,) as a row of classes for each label."""
    if input._array.ndim > 2:
        input = input.movedim(1, -1)
    return input.reshape(count, input._array.shape[-1])


def _class_weights(input: Tensor, weight: Tensor | None, name: str) -> None:
    if weight is None:
        return
    shape = input._array.shape
    classes = shape[1] if len(shape) > 1 else shape[0]
    if array_of(weight, name, "weight", 3).shape != (classes,):
        raise RuntimeError(
            f"weight tensor should be defined either for all {classes} classes or no classes but "
            f"got weight tensor of shape: {list(weight._array.shape)}"
        )


def _over_labels(
    loss: Tensor, shares: Tensor | None, counts: np.ndarray | None, reduction: str, shape: tuple
) -> Tensor:
    """Reduce losses, one per label; shares are the weights of the labels' classes."""
    if counts is not None:
        loss = elementwise.where(wrap(counts), loss, 0)
        if shares is not None:
            shares = elementwise.where(wrap(counts), shares, 0)
    if reduction == "none":
        return loss if len(shape) == 1 else loss.reshape(shape)
    if reduction == "sum":
        return loss.sum()
    if shares is not None:
        return loss.sum() / shares.sum()
    if counts is not None:
        return loss.sum() / (int(np.count_nonzero(counts)) or math.nan)
    return loss.mean()


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
) -> Tensor:  # fmt: skip
    """Minus the log-probability of each label: input (N, C, ...) from log_softmax, target (N, ...).

    weight (C,) counts classes differently, and the mean is then that of the weights. Labels equal
    to ignore_index count for nothing; any other label out of range is an IndexError.

    >>> nn.functional.nll_loss(tensor([[0.1, 0.9], [0.5, 0.5]]).log(), tensor([1, 0]))
    tensor(0.3993)
    """
    reduction = mode(reduction, size_average, reduce)
    floating(input, "nll_loss", "nll_loss_out_frame")
    labels = _labels(input, target, "nll_loss")
    _class_weights(input, weight, "nll_loss")
    rows = input if input._array.ndim == 2 else _as_rows(input, labels.size)
    labels, counts = _in_range(labels, rows._array.shape[1], ignore_index)
    index = wrap(labels)
    loss = apply(dn.at_labels, (rows, index))
    shares = None if weight is None else weight[index]
    if shares is not None:
        loss = loss * shares
    return _over_labels(loss, shares, counts, reduction, target._array.shape)


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, size_average: bool | None = None,
    ignore_index: int = -100, reduce: bool | None = None, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """The cross entropy of softmax(input) with the target; input holds logits, not probabilities.

    input is (C,) or (N, C, d1, ...). target holds class indices, () or (N, d1, ...) in int64 or
    uint8, or class probabilities in the shape of input. weight (C,) counts classes differently.
    Labels equal to ignore_index count for nothing; any other label out of range is an IndexError.

    >>> nn.functional.cross_entropy(tensor([[0., 0., 0.], [0., 9., 0.]]), tensor([2, 1]))
    tensor(0.5494)
    """
    reduction = mode(reduction, size_average, reduce)
    floating(input, "cross_entropy", "log_softmax_lastdim_kernel_impl")
    if not 0 <= label_smoothing <= 1:
        raise RuntimeError(f"label_smoothing must be between 0.0 and 1.0. Got: {label_smoothing}")
    _class_weights(input, weight, "cross_entropy")
    if array_of(target, "cross_entropy", "target", 2).shape == input._array.shape:
        return _soft_cross_entropy(input, target, weight, ignore_index, reduction, label_smoothing)
    labels = _labels(input, target, "cross_entropy")
    rows = input if input._array.ndim == 2 else _as_rows(input, labels.size)
    classes = rows._array.shape[1]
    labels, counts = _in_range(labels, classes, ignore_index)
    loss = apply(dn.softmax_cross_entropy, (rows, labels), {"note": {}})
    shares = None if weight is None else weight[wrap(labels)]
    if shares is not None:
        loss = loss * shares
    if label_smoothing:
        each = log_softmax(rows, 1)
        spread = -(each if weight is None else each * weight).sum(1)
        loss = (1 - label_smoothing) * loss + label_smoothing / classes * spread
    return _over_labels(loss, shares, counts, reduction, target._array.shape)


def _soft_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int, reduction: str,
    label_smoothing: float,
) -> Tensor:  # fmt: skip
    """The cross entropy with class probabilities."""
    if target._array.dtype.kind != "f":
        raise RuntimeError(
            "Expected floating point type for target with class probabilities, got "
            f"{tensor_words(target)}: a target in the shape of input holds probabilities, class "
            "indices have no dimension of classes"
        )
    if ignore_index >= 0:
        raise RuntimeError("ignore_index is not supported for floating point target")
    shape = input._array.shape
    axis = min(len(shape) - 1, 1)
    classes = shape[axis] if shape else 1
    if label_smoothing:
        target = target * (1 - label_smoothing) + label_smoothing / classes
    loss = log_softmax(input, axis) * target
    if weight is not None:
        loss = loss * weight.reshape((classes,) + (1,) * (len(shape) - 1 - axis))
    loss = -loss.sum(axis)
    if reduction == "mean":
        return loss.sum() / (math.prod(loss._array.shape) or math.nan)
    return reduced(loss, reduction)
