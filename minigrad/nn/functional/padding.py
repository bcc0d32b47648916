"""Tensors made larger at their ends."""

from __future__ import annotations

import numpy as np

from ..._tensor import Tensor
from ...autograd import derivatives as d
from ...autograd import derivatives_conv as dc
from ...autograd.engine import apply_to, wrap
from ...ops.arguments import array_of


def pad(
    input: Tensor, pad: tuple[int, ...], mode: str = "constant", value: float | None = None
) -> Tensor:
    """input made larger at the ends of its last dimensions, or smaller where a number is negative.

    pad is (left, right) of the last dimension, then of the one before, and so on. mode is
    "constant" (value, 0 if not given), "reflect", "replicate" or "circular"; these three leave the
    batch alone.

    >>> nn.functional.pad(tensor([[1., 2.]]), (1, 0, 0, 1), value=9)
    tensor([[9., 1., 2.],
            [9., 9., 9.]])
    """
    shape = array_of(input, "pad").shape
    ndim = len(shape)
    if len(pad) % 2:
        raise RuntimeError(f"Padding length must be divisible by 2, and {tuple(pad)} is not")
    if len(pad) > 2 * ndim:
        raise RuntimeError(
            "Padding length should be less than or equal to two times the input dimension but got "
            f"padding length {len(pad)} and input of dimension {ndim}"
        )
    ends = {ndim - 1 - i: (pad[2 * i], pad[2 * i + 1]) for i in range(len(pad) // 2)}
    for axis, (left, right) in ends.items():
        if shape[axis] + left + right < 0:
            raise RuntimeError(
                f"narrow(): length must be non-negative: padding ({left}, {right}) leaves "
                f"{shape[axis] + left + right} elements of dimension {axis} of {list(shape)}"
            )
    if mode == "constant":
        return _pad_constant(input, ends, 0 if value is None else value)
    if mode not in ("reflect", "replicate", "circular"):
        raise NotImplementedError(f"Unrecognised padding mode {mode}")
    if value:
        raise RuntimeError(f'Padding mode "{mode}" doesn\'t take in value argument')
    if ndim - len(ends) not in (1, 2):
        raise NotImplementedError(
            f"Padding size {len(pad)} is not supported for {ndim}D input tensor: {mode!r} pads "
            "all dimensions but the first (channels), or the first two (batch and channels)"
        )
    for axis, (left, right) in ends.items():
        index = _positions_beyond(shape, axis, left, right, mode)
        if mode == "circular":
            input = input[(slice(None),) * axis + (index,)]
        else:
            input = apply_to(dc.padded, input, {"at": index, "axis": axis})
    return input


def _pad_constant(input: Tensor, ends: dict[int, tuple[int, int]], value: float) -> Tensor:
    shape = input._array.shape
    cut = [slice(None)] * len(shape)  # what is left of the input
    inside = [slice(None)] * len(shape)  # and where it stands in the result
    size = list(shape)
    for axis, (left, right) in ends.items():
        cut[axis] = slice(max(-left, 0), shape[axis] - max(-right, 0))
        size[axis] += left + right
        inside[axis] = slice(max(left, 0), size[axis] - max(right, 0))
    y = d.put(input[tuple(cut)], index=tuple(inside), shape=tuple(size))
    if value == 0:
        return y
    frame = np.full(size, value).astype(input._array.dtype)
    frame[tuple(inside)] = 0
    return y + wrap(frame)


def _positions_beyond(shape: tuple, axis: int, left: int, right: int, mode: str) -> np.ndarray:
    """Where along an axis of n elements the padded one finds each of its own."""
    n = shape[axis]
    at = np.arange(-left, n + right)
    if mode == "replicate":
        return at.clip(0, n - 1)
    if mode == "circular":
        if max(left, right) > n:
            raise RuntimeError("Padding value causes wrapping around more than once.")
        return at % n
    if max(left, right) >= n:
        raise RuntimeError(
            "Argument #4: Padding size should be less than the corresponding input dimension, but "
            f"got: padding ({left}, {right}) at dimension {axis} of input {list(shape)}"
        )
    return n - 1 - np.abs(n - 1 - np.abs(at))
