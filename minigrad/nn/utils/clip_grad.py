"""Gradients made smaller, in place, where they are too large."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..._tensor import Tensor
from ...autograd.changes import mark_changed
from ...autograd.engine import Value, wrap

Tensors = Tensor | Iterable[Tensor]


def _listed(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Value) else list(tensors)


def _gradients(parameters: Any) -> list[Any]:
    found = (getattr(p, "_grad", None) for p in _listed(parameters))
    return [g for g in found if g is not None]


def get_total_norm(
    tensors: Tensors, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """The norm of all elements of several tensors together; foreach is accepted for torch's sake.

    >>> nn.utils.get_total_norm([tensor([3.]), tensor([4.])])
    tensor(5.)
    """
    p = float(norm_type)
    each = [np.linalg.norm(t._array.reshape(-1), p) for t in _listed(tensors) if t._array.size]
    total = np.linalg.norm(np.array(each), p) if each else 0.0
    if error_if_nonfinite and not math.isfinite(total):
        raise RuntimeError(
            f"The total norm of order {p} for gradients from `parameters` is non-finite, so it "
            "cannot be clipped. To disable this error and scale the gradients by the non-finite "
            "norm anyway, set `error_if_nonfinite=False`"
        )
    dtype = np.result_type(*(t._array for t in _listed(tensors))) if each else np.float32
    return wrap(np.asarray(total, dtype))


def clip_grads_with_norm_(
    parameters: Tensors, max_norm: float, total_norm: Tensor, foreach: bool | None = None
) -> None:
    """Scale the gradients of parameters whose norm is total_norm, so that it is at most max_norm.

    >>> w = tensor([1.], requires_grad=True)
    >>> w.grad = tensor([4.])
    >>> nn.utils.clip_grads_with_norm_([w], 1.0, tensor(4.))
    >>> w.grad
    tensor([1.0000])
    """
    factor = min(float(max_norm) / (float(total_norm) + 1e-6), 1.0)
    if math.isnan(float(total_norm)):
        factor = math.nan
    for g in _gradients(parameters):
        mark_changed(g._array)
        g._array *= factor


def clip_grad_norm_(
    parameters: Tensors, max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False,
    foreach: bool | None = None,
) -> Tensor:  # fmt: skip
    """Scale the gradients of parameters so that the norm of all together is at most max_norm.

    Returns the norm that they had (Pascanu et al. 2012). norm_type may be math.inf. With
    error_if_nonfinite a norm of inf or nan is a RuntimeError.

    >>> w = tensor([1., 1.], requires_grad=True)
    >>> w.grad = tensor([3., 4.])
    >>> nn.utils.clip_grad_norm_([w], max_norm=1.0), w.grad
    (tensor(5.), tensor([0.6000, 0.8000]))
    """
    kept = _listed(parameters)
    total = get_total_norm(_gradients(kept), norm_type, error_if_nonfinite)
    clip_grads_with_norm_(kept, max_norm, total)
    return total


def clip_grad_value_(parameters: Tensors, clip_value: float, foreach: bool | None = None) -> None:
    """Bring every element of the gradients of parameters between -clip_value and clip_value.

    >>> w = tensor([1., 1.], requires_grad=True)
    >>> w.grad = tensor([3., -0.5])
    >>> nn.utils.clip_grad_value_(w, 1.0)
    >>> w.grad
    tensor([ 1.0000, -0.5000])
    """
    bound = float(clip_value)
    for g in _gradients(parameters):
        mark_changed(g._array)
        np.clip(g._array, -bound, bound, out=g._array)
