"""Losses of numbers: how far the input is from the target."""

from __future__ import annotations

from ..._tensor import Tensor
from ...ops import elementwise
from ...ops.arguments import floating
from .reduction import difference, mode, reduced, weighted


def mse_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The squared differences (input - target) ** 2, their mean or their sum; with no 1/2.

    With weight, the mean is sum(weight * loss) / sum(weight). Sizes that differ are broadcast, with
    a warning.

    >>> nn.functional.mse_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(2.)
    """
    reduction = mode(reduction, size_average, reduce)
    apart = difference(input, target, weight, "mse_loss")
    floating(apart, "mse_loss", "mse_cpu")
    return weighted(apart.square(), weight, reduction)


def l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """The absolute differences |input - target|, their mean or their sum; the slope at 0 is 0.

    >>> nn.functional.l1_loss(tensor([1., 2.]), tensor([1., 4.]))
    tensor(1.)
    """
    reduction = mode(reduction, size_average, reduce)
    return weighted(difference(input, target, weight, "l1_loss").abs(), weight, reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, size_average: bool | None = None, reduce: bool | None = None,
    reduction: str = "mean", beta: float = 1.0,
) -> Tensor:  # fmt: skip
    """With d = |input - target|: d ** 2 / (2 beta) where d < beta, and d - beta / 2 beyond.

    >>> nn.functional.smooth_l1_loss(tensor([0.5, 3.]), tensor([0., 0.]), reduction="none")
    tensor([0.1250, 2.5000])
    """
    reduction = mode(reduction, size_average, reduce)
    if beta < 0:
        raise RuntimeError(
            f"smooth_l1_loss does not support negative values for beta, such as {beta}."
        )
    apart = difference(input, target, None, "smooth_l1_loss")
    if beta == 0:
        return reduced(apart.abs(), reduction)
    floating(apart, "smooth_l1_loss", "smooth_l1_cpu")
    size = apart.abs()
    near = apart.square() * (0.5 / beta)
    return reduced(elementwise.where(size < beta, near, size - 0.5 * beta), reduction)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """With d = |input - target|: d ** 2 / 2 where d < delta, and delta * (d - delta / 2) beyond.

    It is delta times smooth_l1_loss(beta=delta). The mean divides by the number of elements also
    when there is a weight.

    >>> nn.functional.huber_loss(tensor([0.5, 3.]), tensor([0., 0.]), reduction="none", delta=2.)
    tensor([0.1250, 4.0000])
    """
    mode(reduction)
    if delta <= 0:
        raise RuntimeError(
            f"huber_loss does not support non-positive values for delta, such as {delta}."
        )
    apart = difference(input, target, weight, "huber_loss")
    floating(apart, "huber_loss", "huber_cpu")
    size = apart.abs()
    far = delta * (size - 0.5 * delta)
    loss = elementwise.where(size < delta, 0.5 * apart.square(), far)
    return reduced(loss if weight is None else loss * weight, reduction)
