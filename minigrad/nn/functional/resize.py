"""Images of another size: interpolation, channels as pixels, and pooling to a given size."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ..._tensor import Tensor
from ...autograd.engine import wrap
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of, floating
from ...ops.shaping import stack

RANKS = {"linear": 3, "bilinear": 4, "bicubic": 4, "trilinear": 5}


# -- interpolation ---------------------------------------------------------------------------------
def interpolate(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None, recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:  # fmt: skip
    """input (N, C, ...) with its last dimensions in another size, or scaled by a factor.

    mode is "nearest", "nearest-exact", "linear" (of sequences), "bilinear" and "bicubic" (of
    images), "trilinear" (of volumes) or "area". align_corners lets the outermost points of both
    stand at the same places. antialias=True is not there.

    >>> nn.functional.interpolate(tensor([[[1., 2.]]]), scale_factor=2)
    tensor([[[1., 1., 2., 2.]]])
    """
    shape = array_of(input, "interpolate").shape
    rank = len(shape) - 2
    if rank not in (1, 2, 3):
        raise NotImplementedError(
            f"Input Error: Only 3D, 4D and 5D input Tensors supported (got {len(shape)}D) for the "
            "modes: nearest | linear | bilinear | bicubic | trilinear | area | nearest-exact (got "
            f"{mode})"
        )
    if antialias:
        raise NotImplementedError("interpolate(antialias=True) is not part of minigrad")
    sizes, factors = _target(shape, size, scale_factor, recompute_scale_factor)
    if mode in ("nearest", "nearest-exact", "area"):
        if align_corners is not None:
            raise ValueError(
                "align_corners option can only be set with the interpolating modes: linear | "
                "bilinear | bicubic | trilinear"
            )
    elif mode not in RANKS:
        raise NotImplementedError(f"interpolate has no mode {mode!r}")
    elif RANKS[mode] != len(shape):
        raise NotImplementedError(
            f"Got {len(shape)}D input, but {mode} mode needs {RANKS[mode]}D input"
        )
    if mode == "area":
        return _adaptive_mean(input, sizes)
    for i in range(rank):
        n, out, factor = shape[i + 2], sizes[i], factors[i]
        if mode.startswith("nearest"):
            at = np.arange(out) + (0.5 if mode == "nearest-exact" else 0)
            step = np.float32(n / out if factor is None else 1 / factor)
            index = np.minimum((at.astype(np.float32) * step).astype(np.int64), n - 1)
            input = input[(slice(None),) * (i + 2) + (wrap(index),)]
        else:
            at = _sources(n, out, factor, bool(align_corners))
            matrix = _cubic(at, n) if mode == "bicubic" else _linear(at, n)
            input = _along(input, i + 2, matrix)
    return input


def _target(
    shape: tuple, size: Any, scale_factor: Any, recompute: bool | None
) -> tuple[tuple[int, ...], list[float | None]]:
    """The new sizes; and the factors to compute positions with, None where the sizes tell them."""
    rank = len(shape) - 2
    if (size is None) == (scale_factor is None):
        raise ValueError("only one of size or scale_factor should be defined, and one of them must")
    given = scale_factor if size is None else size
    many = tuple(given) if isinstance(given, (tuple, list)) else (given,) * rank
    if len(many) != rank:
        word = "size" if scale_factor is None else "scale_factor"
        raise ValueError(
            f"Input and {word} must have the same number of spatial dimensions, but got input "
            f"with spatial dimensions of {list(shape[2:])} and {word} of {given}"
        )
    if scale_factor is None:
        sizes = tuple(int(n) for n in many)
    else:
        sizes = tuple(int(math.floor(n * f)) for n, f in zip(shape[2:], many, strict=True))
    if min(*sizes, *shape[2:]) <= 0:
        raise RuntimeError(
            f"Input and output sizes should be greater than 0, but got input {list(shape[2:])} and "
            f"output {list(sizes)}"
        )
    known = size is not None or recompute
    return sizes, [None if known else float(f) for f in many]


def _sources(n: int, out: int, factor: float | None, align_corners: bool) -> np.ndarray:
    """Where in the old image each of the new points stands."""
    if align_corners:
        return np.arange(out) * ((n - 1) / (out - 1) if out > 1 else 0.0)
    return (np.arange(out) + 0.5) * (n / out if factor is None else 1 / factor) - 0.5


def _linear(at: np.ndarray, n: int) -> np.ndarray:
    """The matrix (out, n) that mixes the two neighbours of each point."""
    at = np.maximum(at, 0)
    left = np.minimum(at.astype(np.int64), n - 1)
    share = np.where(left < n - 1, at - left, 0)
    return _mixing(n, [(left, 1 - share), (np.minimum(left + 1, n - 1), share)])


def _cubic(at: np.ndarray, n: int, a: float = -0.75) -> np.ndarray:
    """The matrix that mixes four neighbours by cubic convolution (Keys 1981)."""
    left = np.floor(at).astype(np.int64)
    t = at - left
    taps = []
    for i in (-1, 0, 1, 2):
        x = np.abs(t - i)
        near = ((a + 2) * x - (a + 3)) * x * x + 1
        far = ((x - 5) * x + 8) * x * a - 4 * a
        taps.append(((left + i).clip(0, n - 1), np.where(x <= 1, near, far)))
    return _mixing(n, taps)


def _mixing(n: int, taps: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    matrix = np.zeros((len(taps[0][0]), n))
    for index, weight in taps:
        np.add.at(matrix, (np.arange(len(index)), index), weight)
    return matrix


def _along(x: Tensor, axis: int, matrix: np.ndarray) -> Tensor:
    """The matrix times x along one of its axes."""
    factor = wrap(matrix.T.astype(floating(x, "interpolate", "compute_indices_weights").dtype))
    return (x.movedim(axis, -1) @ factor).movedim(-1, axis)


def upsample(
    input: Tensor, size: Any = None, scale_factor: Any = None, mode: str = "nearest",
    align_corners: bool | None = None,
) -> Tensor:  # fmt: skip
    """The older name of interpolate; it warns.

    >>> nn.functional.upsample(tensor([[[1., 2.]]]), size=4).shape
    torch.Size([1, 1, 4])
    """
    warnings.warn(
        "`nn.functional.upsample` is deprecated. Use `nn.functional.interpolate` instead.",
        stacklevel=2,
    )
    array_of(input, "upsample")
    return interpolate(input, size, scale_factor, mode, align_corners)


# -- channels as pixels ----------------------------------------------------------------------------
def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Images (..., C * r * r, H, W) as (..., C, H * r, W * r) (Shi et al. 2016).

    >>> nn.functional.pixel_shuffle(arange(4.).reshape(1, 4, 1, 1), 2)
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """
    shape = array_of(input, "pixel_shuffle").shape
    r = upscale_factor
    if len(shape) < 3 or r <= 0 or shape[-3] % (r * r):
        raise RuntimeError(
            "pixel_shuffle expects its input's 'channel' dimension to be divisible by the square "
            f"of upscale_factor, but got {tensor_words(input)} and upscale_factor={r}"
        )
    *batch, channels, height, width = shape
    n, c = len(batch), channels // (r * r)
    apart = input.reshape((*batch, c, r, r, height, width))
    apart = apart.permute(*range(n), n, n + 3, n + 1, n + 4, n + 2)
    return apart.reshape((*batch, c, height * r, width * r))


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Images (..., C, H * r, W * r) as (..., C * r * r, H, W): the reverse of pixel_shuffle.

    >>> nn.functional.pixel_unshuffle(arange(4.).reshape(1, 1, 2, 2), 2).shape
    torch.Size([1, 4, 1, 1])
    """
    shape = array_of(input, "pixel_unshuffle").shape
    r = downscale_factor
    if len(shape) < 3 or r <= 0 or shape[-1] % r or shape[-2] % r:
        raise RuntimeError(
            "pixel_unshuffle expects height and width to be divisible by downscale_factor, but got "
            f"{tensor_words(input)} and downscale_factor={r}"
        )
    *batch, c, height, width = shape
    n = len(batch)
    apart = input.reshape((*batch, c, height // r, r, width // r, r))
    apart = apart.permute(*range(n), n, n + 2, n + 4, n + 1, n + 3)
    return apart.reshape((*batch, c * r * r, height // r, width // r))


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """Channels (dimension 1) of several groups in turn: the first of each, the second of each ...

    >>> nn.functional.channel_shuffle(arange(4.).reshape(1, 4, 1), 2).flatten()
    tensor([0., 2., 1., 3.])
    """
    shape = array_of(input, "channel_shuffle").shape
    if len(shape) < 3 or groups <= 0 or shape[1] % groups:
        raise RuntimeError(
            f"Number of channels must be divisible by groups. Got {tensor_words(input)} and "
            f"{groups} groups."
        )
    apart = input.reshape((shape[0], groups, shape[1] // groups, *shape[2:]))
    return apart.transpose(1, 2).reshape(shape)


# -- pooling to a given size -----------------------------------------------------------------------
def _ends(n: int, out: int) -> list[tuple[int, int]]:
    """Where the windows begin and end that make out numbers of n."""
    return [(i * n // out, -(-(i + 1) * n // out)) for i in range(out)]


def _output_sizes(input: Tensor, output_size: Any, rank: int, name: str) -> tuple[int, ...]:
    shape = array_of(input, name).shape
    if len(shape) not in (rank + 1, rank + 2):
        raise RuntimeError(
            f"{name}: Expected {rank + 1}D or {rank + 2}D tensor, but got {list(shape)}"
        )
    many = output_size if isinstance(output_size, (tuple, list)) else (output_size,) * rank
    if len(many) != rank:
        raise RuntimeError(f"{name}: output_size must be {rank} ints, not {output_size!r}")
    return tuple(
        n if wanted is None else wanted for n, wanted in zip(shape[-rank:], many, strict=True)
    )


def _adaptive_mean(input: Tensor, sizes: tuple[int, ...]) -> Tensor:
    ndim, rank = input._array.ndim, len(sizes)
    for i, out in enumerate(sizes):
        axis, n = ndim - rank + i, input._array.shape[ndim - rank + i]
        if out and n % out == 0:
            shape = input._array.shape
            whole = (*shape[:axis], out, n // out, *shape[axis + 1 :])
            input = input.reshape(whole).mean(axis + 1)
        else:
            front = (slice(None),) * axis
            parts = [input[front + (slice(a, b),)].mean(axis) for a, b in _ends(n, out)]
            input = stack(parts, axis)
    return input


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """The means of windows over (N, C, L) or (C, L), chosen so that output_size numbers come out.

    >>> nn.functional.adaptive_avg_pool1d(tensor([[1., 2., 3.]]), 2)
    tensor([[1.5000, 2.5000]])
    """
    return _adaptive_mean(input, _output_sizes(input, output_size, 1, "adaptive_avg_pool1d"))


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """The means of windows over images, so that output_size numbers come out; None keeps a size.

    >>> nn.functional.adaptive_avg_pool2d(arange(16.).reshape(1, 4, 4), (1, 2))
    tensor([[[6.5000, 8.5000]]])
    """
    return _adaptive_mean(input, _output_sizes(input, output_size, 2, "adaptive_avg_pool2d"))


def adaptive_max_pool1d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of windows over (N, C, L) or (C, L), and on wish where they stand.

    >>> nn.functional.adaptive_max_pool1d(tensor([[1., 3., 2.]]), 2)
    tensor([[3., 3.]])
    """
    sizes = _output_sizes(input, output_size, 1, "adaptive_max_pool1d")
    y, at = _adaptive_max(input.unsqueeze(-2), (1, *sizes))
    return (y.squeeze(-2), at.squeeze(-2)) if return_indices else y.squeeze(-2)


def adaptive_max_pool2d(input: Tensor, output_size: Any, return_indices: bool = False) -> Any:
    """The largest of windows over images, chosen so that output_size numbers come out.

    With return_indices, also where each stands in its image, counted row by row.

    >>> nn.functional.adaptive_max_pool2d(arange(16.).reshape(1, 4, 4), 2)
    tensor([[[ 5.,  7.],
             [13., 15.]]])
    """
    sizes = _output_sizes(input, output_size, 2, "adaptive_max_pool2d")
    y, at = _adaptive_max(input, sizes)
    return (y, at) if return_indices else y


def _adaptive_max(input: Tensor, sizes: tuple[int, ...]) -> tuple[Tensor, Tensor]:
    *batch, height, width = input._array.shape
    images = input._array.reshape(-1, height, width)
    at = np.zeros((len(images), *sizes), np.int64)
    for i, (top, bottom) in enumerate(_ends(height, sizes[0])):
        for j, (left, right) in enumerate(_ends(width, sizes[1])):
            window = images[:, top:bottom, left:right].reshape(len(images), -1)
            row, column = np.divmod(window.argmax(1), right - left)
            at[:, i, j] = (top + row) * width + left + column
    places = at + np.arange(len(images))[:, None, None] * (height * width)
    shape = (*batch, *sizes)
    return input.reshape(-1)[wrap(places.reshape(-1))].reshape(shape), wrap(at.reshape(shape))
