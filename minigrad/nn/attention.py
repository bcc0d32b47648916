"""Attention of several heads, as a layer."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .._tensor import Tensor
from ..autograd.engine import wrap
from ..creation import empty, full
from ..ops import elementwise
from ..ops.arguments import array_of
from ..ops.shaping import cat
from . import functional as F
from . import init
from .functional.attention import attend
from .layers import Linear
from .module import Module
from .parameter import Parameter


class NonDynamicallyQuantizableLinear(Linear):
    """Linear, under the name that torch prints inside MultiheadAttention."""


class MultiheadAttention(Module):
    """Attention of several heads, each with its own maps of query, key and value (Vaswani 2017).

    embed_dim is shared among num_heads. kdim and vdim are the features of key and value, if they
    differ. add_bias_kv adds a learnt key and value, add_zero_attn one of zeros.

    >>> x = zeros(5, 2, 8)
    >>> output, weights = nn.MultiheadAttention(8, 4)(x, x, x)
    >>> output.shape, weights.shape
    (torch.Size([5, 2, 8]), torch.Size([2, 5, 5]))
    """

    def __init__(
        self, embed_dim: int, num_heads: int, dropout: float = 0.0, bias: bool = True,
        add_bias_kv: bool = False, add_zero_attn: bool = False, kdim: int | None = None,
        vdim: int | None = None, batch_first: bool = False, device: Any = None, dtype: Any = None,
    ) -> None:  # fmt: skip
        if embed_dim <= 0 or num_heads <= 0:
            raise ValueError(
                f"embed_dim and num_heads must be greater than 0, got embed_dim={embed_dim} and "
                f"num_heads={num_heads} instead"
            )
        super().__init__()
        if embed_dim % num_heads:
            raise AssertionError(
                f"embed_dim must be divisible by num_heads: {embed_dim} and {num_heads}"
            )
        self.embed_dim, self.num_heads = embed_dim, num_heads
        self.head_dim = embed_dim // num_heads
        self.dropout, self.batch_first, self.add_zero_attn = dropout, batch_first, add_zero_attn
        self.kdim = embed_dim if kdim is None else kdim
        self.vdim = embed_dim if vdim is None else vdim
        self._qkv_same_embed_dim = self.kdim == self.vdim == embed_dim
        shapes = {
            "q_proj_weight": (embed_dim, embed_dim), "k_proj_weight": (embed_dim, self.kdim),
            "v_proj_weight": (embed_dim, self.vdim), "in_proj_weight": (3 * embed_dim, embed_dim),
        }  # fmt: skip
        for name, shape in shapes.items():
            wanted = (name == "in_proj_weight") == self._qkv_same_embed_dim
            weight = Parameter(empty(shape, dtype=dtype)) if wanted else None
            self.register_parameter(name, weight)
        shift = Parameter(empty(3 * embed_dim, dtype=dtype)) if bias else None
        self.register_parameter("in_proj_bias", shift)
        self.out_proj = NonDynamicallyQuantizableLinear(embed_dim, embed_dim, bias, dtype=dtype)
        for name in ("bias_k", "bias_v"):
            extra = Parameter(empty(1, 1, embed_dim, dtype=dtype)) if add_bias_kv else None
            self.register_parameter(name, extra)
        self._reset_parameters()

    def _reset_parameters(self) -> None:
        """Draw the maps as Glorot and Bengio did; biases begin at 0."""
        for name in ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight"):
            if getattr(self, name) is not None:
                init.xavier_uniform_(getattr(self, name))
        if self.in_proj_bias is not None:
            init.zeros_(self.in_proj_bias)
            init.zeros_(self.out_proj.bias)
        for extra in (self.bias_k, self.bias_v):
            if extra is not None:
                init.xavier_normal_(extra)

    def forward(
        self, query: Tensor, key: Tensor, value: Tensor, key_padding_mask: Tensor | None = None,
        need_weights: bool = True, attn_mask: Tensor | None = None,
        average_attn_weights: bool = True, is_causal: bool = False,
    ) -> tuple[Tensor, Tensor | None]:  # fmt: skip
        """The attended values, and the weights (batch, queries, keys), or None.

        query is (queries, batch, embed_dim), or (batch, queries, embed_dim) with batch_first, or
        (queries, embed_dim); key and value likewise. In both masks True says who is NOT seen, and
        numbers are added: key_padding_mask (batch, keys), attn_mask (queries, keys) or (batch *
        num_heads, queries, keys). With average_attn_weights=False the weights are those of each
        head. is_causal says that attn_mask is causal.
        """
        names = ("query", "key", "value")
        for i, (name, x) in enumerate(zip(names, (query, key, value), strict=True), 1):
            array_of(x, "multi_head_attention_forward", name, i)
        if query.ndim not in (2, 3):
            raise AssertionError(
                "query should be unbatched 2D or batched 3D tensor but received "
                f"{query.ndim}-D query tensor"
            )
        if is_causal and attn_mask is None:
            raise RuntimeError("Need attn_mask if specifying the is_causal hint.")
        alone = query.ndim == 2
        q, k, v = (
            x.unsqueeze(0) if alone else x if self.batch_first else x.transpose(0, 1)
            for x in (query, key, value)
        )
        if q.shape[-1] != self.embed_dim:
            raise AssertionError(
                f"was expecting embedding dimension of {self.embed_dim}, but got {q.shape[-1]}"
            )
        if k.shape[:2] != v.shape[:2]:
            raise AssertionError(
                f"key's sequence and batch dims {tuple(k.shape[:2])} do not match value's "
                f"{tuple(v.shape[:2])}"
            )
        q, k, v = self._projected(q, k, v)
        mask = self._mask(q, k, attn_mask, key_padding_mask)
        k, v, mask = self._extended(k, v, mask)
        heads = [self._heads(x) for x in (q, k, v)]
        y, weights = attend(
            heads[0], heads[1], heads[2], mask, self.dropout if self.training else 0.0,
            safe=not need_weights,
        )  # fmt: skip
        y = self.out_proj(y.transpose(1, 2).reshape(q.shape))
        y = y.squeeze(0) if alone else y if self.batch_first else y.transpose(0, 1)
        if not need_weights:
            return y, None
        if average_attn_weights:
            weights = weights.mean(1)
        return y, weights.squeeze(0) if alone else weights

    def _projected(self, q: Any, k: Any, v: Any) -> tuple[Any, Any, Any]:
        n, shift = self.embed_dim, self.in_proj_bias
        biases = (None,) * 3 if shift is None else tuple(shift[i * n : i * n + n] for i in range(3))
        if not self._qkv_same_embed_dim:
            weights = (self.q_proj_weight, self.k_proj_weight, self.v_proj_weight)
        else:
            whole = self.in_proj_weight
            weights = tuple(whole[i * n : i * n + n] for i in range(3))
        q, k, v = (F.linear(x, w, b) for x, w, b in zip((q, k, v), weights, biases, strict=True))
        return q, k, v

    def _heads(self, x: Any) -> Any:
        """(batch, steps, embed_dim) as (batch, heads, steps, head_dim)."""
        return x.reshape(*x.shape[:2], self.num_heads, self.head_dim).transpose(1, 2)

    def _mask(self, q: Any, k: Any, attn_mask: Any, key_padding_mask: Any) -> Any:
        """Both masks as numbers to add, (batch, heads, queries, keys) or what broadcasts to it."""
        batch, queries, keys = q.shape[0], q.shape[1], k.shape[1]
        total = None
        if attn_mask is not None:
            mask = _added(attn_mask, "attn_mask", q.dtype)
            per_head = (batch * self.num_heads, queries, keys)
            if tuple(mask.shape) == per_head:
                mask = mask.reshape(batch, self.num_heads, queries, keys)
            elif tuple(mask.shape) != (queries, keys):
                raise RuntimeError(
                    f"The shape of the attn_mask is {tuple(mask.shape)}, but should be "
                    f"{(queries, keys)} or {per_head}."
                )
            total = mask
        if key_padding_mask is not None:
            mask = _added(key_padding_mask, "key_padding_mask", q.dtype)
            if mask.ndim == 1:
                mask = mask.unsqueeze(0)
            if tuple(mask.shape) != (batch, keys):
                raise AssertionError(
                    f"expecting key_padding_mask shape of {(batch, keys)}, but got "
                    f"{tuple(mask.shape)}"
                )
            mask = mask.reshape(batch, 1, 1, keys)
            total = mask if total is None else total + mask
        return total

    def _extended(self, k: Any, v: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Key, value and mask with the learnt ones and with zeros behind them."""
        more = 0
        for wanted, pair in (
            (self.bias_k is not None, (self.bias_k, self.bias_v)),
            (self.add_zero_attn, None),
        ):
            if wanted:
                more += 1
                shape = (k.shape[0], 1, self.embed_dim)
                zero = wrap(np.zeros(shape, k._array.dtype))
                k, v = (
                    cat([x, zero if pair is None else pair[i].expand(shape)], 1)
                    for i, x in enumerate((k, v))
                )
        if mask is not None and more:
            mask = F.pad(mask, (0, more))
        return k, v, mask


def _added(mask: Any, name: str, dtype: Any) -> Any:
    """A mask as numbers to add."""
    array = array_of(mask, "multi_head_attention_forward", name)
    if array.dtype.kind == "b":
        return elementwise.where(mask, -math.inf, wrap(np.zeros((), dtype)))
    if array.dtype.kind != "f":
        raise AssertionError(f"only bool and floating types of {name} are supported")
    return mask


def square_subsequent_mask(size: int, dtype: Any = None) -> Tensor:
    """The mask that hides from each place what comes after it: -inf above the diagonal, 0 else.

    >>> from minigrad.nn.attention import square_subsequent_mask
    >>> square_subsequent_mask(2)
    tensor([[0., -inf],
            [0., 0.]])
    """
    return full((size, size), -math.inf, dtype=dtype).triu(1)
