"""Convolutions with stride 1 by hand: a block of images at a time, so that it fits the cache."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

BLOCK = 2**18  # numbers


def padded(X: np.ndarray, padding: int) -> np.ndarray:
    """Zeros around each picture."""
    if not padding:
        return X
    n, c, h, w = X.shape
    Y = np.zeros((n, c, h + 2 * padding, w + 2 * padding), X.dtype)
    Y[:, :, padding:-padding, padding:-padding] = X
    return Y


def columns(X: np.ndarray, side: int, padding: int) -> Iterator[tuple[slice, np.ndarray]]:
    """What the kernel sees at each place: blocks of images (m, c * side * side, places)."""
    windows = sliding_window_view(padded(X, padding), (side, side), (2, 3))
    windows = windows.transpose(0, 1, 4, 5, 2, 3)
    rows, places = X.shape[1] * side * side, windows.shape[4] * windows.shape[5]
    size = max(1, BLOCK // (rows * places))
    buffer = np.empty((size, *windows.shape[1:]), X.dtype)
    for start in range(0, len(X), size):
        block = buffer[: min(size, len(X) - start)]
        np.copyto(block, windows[start : start + size])
        yield slice(start, start + size), block.reshape(len(block), rows, places)


def convolve(X: np.ndarray, W: np.ndarray, b: np.ndarray | None, padding: int) -> np.ndarray:
    """Return the convolution of X (n, c, h, w) with W (o, c, side, side)."""
    (n, _, h, w), (o, _, side, _) = X.shape, W.shape
    h, w = h + 2 * padding - side + 1, w + 2 * padding - side + 1
    Y = np.empty((n, o, h * w), X.dtype)
    kernels = W.reshape(o, -1)
    for part, seen in columns(X, side, padding):
        out = np.matmul(kernels, seen, out=Y[part])
        if b is not None:
            out += b[:, None]
    return Y.reshape(n, o, h, w)


def weight_gradient(g: np.ndarray, X: np.ndarray, W: np.ndarray, padding: int) -> np.ndarray:
    """Return the gradient of W."""
    g = g.reshape(*g.shape[:2], -1)
    total = np.zeros((len(W), W[0].size), X.dtype)
    for part, seen in columns(X, W.shape[2], padding):
        total += np.matmul(g[part], seen.swapaxes(1, 2)).sum(axis=0)
    return total.reshape(W.shape)


def input_gradient(g: np.ndarray, X: np.ndarray, W: np.ndarray, padding: int) -> np.ndarray:
    """Return the gradient of X.

    Channels in front and all padded pictures of a block in one long row: the contribution of each
    place of the kernel is one long addition.
    """
    (n, c, h, w), (o, _, side, _) = X.shape, W.shape
    high, wide = h + 2 * padding, w + 2 * padding
    size = max(1, min(n, BLOCK // (W[0].size * high * wide)))
    length = size * high * wide
    used = length - (side - 1) * (wide + 1)
    kernels = np.ascontiguousarray(W.transpose(2, 3, 1, 0)).reshape(-1, o)
    row = np.zeros((o, size, high, wide), g.dtype)
    shares = np.empty((side * side * c, used), g.dtype)
    total = np.empty((c, length), g.dtype)
    of_X = np.empty_like(X)
    for start in range(0, n, size):
        m = min(size, n - start)
        row[:, :m, : g.shape[2], : g.shape[3]] = g[start : start + m].transpose(1, 0, 2, 3)
        np.matmul(kernels, row.reshape(o, length)[:, :used], out=shares)
        total.fill(0)
        for place, share in enumerate(shares.reshape(side * side, c, used)):
            first = place // side * wide + place % side
            total[:, first : first + used] += share
        inner = total.reshape(c, size, high, wide)[:, :m, padding : padding + h]
        of_X[start : start + m] = inner[..., padding : padding + w].transpose(1, 0, 2, 3)
    return of_X
