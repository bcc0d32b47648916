"""What losses share: their mean, their sum, or all of them."""

from __future__ import annotations

import warnings

import numpy as np

from ..._tensor import Tensor
from ...ops.arguments import array_of


def mode(reduction: str, size_average: bool | None = None, reduce: bool | None = None) -> str:
    """The reduction asked for, also in torch's older words."""
    if size_average is not None or reduce is not None:
        mean = size_average is None or size_average
        reduction = "none" if reduce is False else "mean" if mean else "sum"
        warnings.warn(
            "size_average and reduce args will be deprecated, please use "
            f"reduction={reduction!r} instead.",
            stacklevel=3,
        )
    if reduction not in ("none", "mean", "sum"):
        raise ValueError(
            f"{reduction} is not a valid value for reduction; use 'none', 'mean' or 'sum'"
        )
    return reduction


def reduced(loss: Tensor, reduction: str) -> Tensor:
    """The losses of all elements, their mean or their sum."""
    return loss.mean() if reduction == "mean" else loss.sum() if reduction == "sum" else loss


def both(input: Tensor, target: Tensor, name: str) -> tuple[np.ndarray, np.ndarray]:
    """The arrays of input and target, which must be Tensors."""
    return array_of(input, name), array_of(target, name, "target", 2)


def difference(input: Tensor, target: Tensor, weight: Tensor | None, name: str) -> Tensor:
    """input - target, with torch's warning where one of them is repeated to fit the other."""
    both(input, target, name)
    if input._array.shape != target._array.shape:
        warnings.warn(
            f"Using a target size ({target.shape}) that is different to the input size "
            f"({input.shape}). This will likely lead to incorrect results due to broadcasting. "
            "Please ensure they have the same size.",
            stacklevel=3,
        )
    if weight is not None and array_of(weight, name, "weight", 3).shape != input._array.shape:
        raise ValueError(
            f"Weights and input must have the same size: {weight.shape} and {input.shape}"
        )
    return input - target


def weighted(loss: Tensor, weight: Tensor | None, reduction: str) -> Tensor:
    """Losses that count as much as their weights say; their mean is that of the weights."""
    if weight is None or reduction != "mean":
        return reduced(loss if weight is None else loss * weight, reduction)
    return (loss * weight).sum() / weight.sum()
