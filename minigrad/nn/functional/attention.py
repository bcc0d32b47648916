"""Attention: for each query the mean of the values, weighted by how well their keys fit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..._tensor import Tensor
from ...autograd.engine import wrap
from ...autograd.errors import tensor_words
from ...ops import elementwise
from ...ops.arguments import array_of
from ...ops.indexing import repeat_interleave
from ...ops.softmax import softmax
from .stochastic import dropout


def scaled_dot_product_attention(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None = None,
    dropout_p: float = 0.0, is_causal: bool = False, scale: float | None = None,
    enable_gqa: bool = False,
) -> Tensor:  # fmt: skip
    """softmax(query key^T * scale + mask) value (Vaswani et al. 2017).

    query (..., L, E), key (..., S, E), value (..., S, V); the result is (..., L, V). scale is
    1 / sqrt(E) unless given. attn_mask broadcasts to (..., L, S): a boolean one says who may be
    attended to, one of numbers is added. is_causal lets each query see keys up to its own place.
    A query that may see nobody gets 0. dropout_p acts always. enable_gqa repeats the heads of key
    and value, dimension -3, as often as query has more.

    >>> q = tensor([[1., 0.], [0., 1.]])
    >>> nn.functional.scaled_dot_product_attention(q, q, tensor([[1.], [2.]]), is_causal=True)
    tensor([[1.0000],
            [1.6698]])
    """
    y, _ = attend(query, key, value, attn_mask, dropout_p, is_causal, scale, enable_gqa)
    return y


def attend(
    query: Tensor, key: Tensor, value: Tensor, attn_mask: Tensor | None, dropout_p: float = 0.0,
    is_causal: bool = False, scale: float | None = None, enable_gqa: bool = False,
    safe: bool = True,
) -> tuple[Tensor, Tensor]:  # fmt: skip
    """What scaled_dot_product_attention gives, and the weights of the values.

    Unless safe, a query that may see nobody gets nan.
    """
    name = "scaled_dot_product_attention"
    q, k = array_of(query, name, "query"), array_of(key, name, "key", 2)
    v = array_of(value, name, "value", 3)
    if not q.dtype == k.dtype == v.dtype:
        raise RuntimeError(
            "Expected query, key, and value to have the same dtype, but got query.dtype: "
            f"{q.dtype} key.dtype: {k.dtype} and value.dtype: {v.dtype} instead."
        )
    if min(q.ndim, k.ndim, v.ndim) < 2:
        raise RuntimeError(
            f"Expected query, key, and value to be at least 2-dimensional, but got {q.ndim}, "
            f"{k.ndim} and {v.ndim} dimensions"
        )
    if enable_gqa and q.ndim > 2:
        times = q.shape[-3] // k.shape[-3]
        key, value = (repeat_interleave(t, times, -3) for t in (key, value))
    scores = (query * (1 / math.sqrt(q.shape[-1]) if scale is None else scale)) @ key.transpose(
        -2, -1
    )
    if is_causal:
        if attn_mask is not None:
            raise RuntimeError(
                "scaled_dot_product_attention: Explicit attn_mask should not be set when "
                "is_causal=True"
            )
        attn_mask = wrap(np.tril(np.ones((q.shape[-2], k.shape[-2]), bool)))
    nobody = None
    if attn_mask is not None:
        mask: Any = array_of(attn_mask, name, "attn_mask", 4)
        if mask.dtype.kind == "b":
            scores = elementwise.where(attn_mask, scores, -math.inf)
            alone = ~mask.any(-1, keepdims=True)
        elif mask.dtype.kind == "f":
            scores = scores + attn_mask
            alone = np.isneginf(mask).all(-1, keepdims=True)
        else:
            raise RuntimeError(
                "Expected attn_mask dtype to be bool or float or to match query dtype, but got "
                f"attn_mask {tensor_words(attn_mask)}"
            )
        if safe and alone.any():
            nobody = wrap(alone)
            scores = elementwise.where(nobody, 0, scores)
    weights = softmax(scores, -1)
    if nobody is not None:
        weights = elementwise.where(nobody, 0, weights)
    kept: Any = dropout(weights, dropout_p) if dropout_p else weights
    return kept @ value, kept
