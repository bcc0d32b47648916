"""The formula sheet, continued: what layers and losses fuse for speed or for stability.

How to read a line is said at the head of derivatives.py.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .derivatives import flat_in, put
from .engine import primitive, rule


# -- straight pieces: the gradient is g, or a part of it, and does not change with x
@primitive(lambda g, y, x, slope: flat_in(np.where(x > 0, g, g * slope), x))
def leaky_relu(x: Any, *, slope: float) -> Any:
    """x where it is positive, slope * x elsewhere."""
    return np.where(x > 0, x, x * slope)


@primitive(
    lambda g, y, x, w: flat_in(np.where(x > 0, g, g * w), x),
    lambda g, y, x, w: np.where(x > 0, 0, g * x),
)
def prelu(x: Any, w: Any) -> Any:
    """x where it is positive, w * x elsewhere."""
    return np.where(x > 0, x, x * w)


@primitive(lambda g, y, x, lo, hi: flat_in(np.where((x > lo) & (x < hi), g, 0), x))
def hardtanh(x: Any, *, lo: float, hi: float) -> Any:
    """x, but not below lo and not above hi; flat at the ends."""
    return np.minimum(np.maximum(x, lo), hi)


@primitive(lambda g, y, x, above, value: flat_in(np.where(x > above, g, 0), x))
def threshold(x: Any, *, above: float, value: float) -> Any:
    """x where it is above a bound, a value elsewhere."""
    return np.where(x > above, x, np.asarray(value, x.dtype))


@primitive(lambda g, y, x, by: flat_in(np.where(y == 0, 0, g), x))
def softshrink(x: Any, *, by: float) -> Any:
    """x nearer to 0 by a number, and 0 where it was no farther."""
    return np.where(x > by, x - by, np.where(x < -by, x + by, np.zeros_like(x)))


@primitive(lambda g, y, x, by: flat_in(np.where(abs(x) > by, g, 0), x))
def hardshrink(x: Any, *, by: float) -> Any:
    """x, and 0 where it is no farther from 0 than a number."""
    return np.where(abs(x) > by, x, np.zeros_like(x))


# -- minus what stands at the label of each row
def at_labels_rule(g: Any, y: Any, x: Any, labels: Any) -> Any:
    """-g, put where the labels are."""
    index = np.arange(len(labels)), np.asarray(labels)
    return flat_in(put(-g, index=index, shape=x.shape, unique=True), x)


def at_labels(x: Any, labels: Any) -> Any:
    """Minus the element of each row that its label names."""
    return -x[np.arange(len(labels)), labels]


rule(at_labels, at_labels_rule, None, name="nll_loss")


# -- y = x w^T + b has dx = g w, dw = g^T x and db = g, summed over the rows as any broadcast
def linear(x: Any, w: Any, b: Any = None) -> Any:
    """x w^T + b of a matrix x."""
    y = x.dot(w.T)
    if b is not None:
        y += b
    return y


rule(
    linear,
    lambda g, y, x, w, b=None: np.dot(g, w),
    lambda g, y, x, w, b=None: np.dot(g.swapaxes(0, 1), x),
    lambda g, y, x, w, b: g,
    name="addmm",
)


# -- softmax: dy = y (dx - sum(y dx))
@primitive(lambda g, y, x, axis: (g - (g * y).sum(axis=axis, keepdims=True)) * y)
def softmax(x: Any, *, axis: Any) -> Any:
    """exp(x) / sum(exp(x)) along axis."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-math.inf))
    return e / np.add.reduce(e, axis=axis, keepdims=True)


@primitive(lambda g, y, x, axis: g - np.exp(y) * g.sum(axis=axis, keepdims=True))
def log_softmax(x: Any, *, axis: Any) -> Any:
    """log(softmax(x)) along axis."""
    z = x - np.max(x, axis=axis, keepdims=True, initial=-math.inf)
    return z - np.log(np.add.reduce(np.exp(z), axis=axis, keepdims=True))


# -- cross entropy of logits: y = log(sum(exp(x))) - x[label] has dx = softmax(x) - one_hot(label)
def softmax_cross_entropy(x: Any, labels: Any, *, note: dict) -> Any:
    """The cross entropy of each row of logits and its label."""
    z = x.T.copy()  # a row per class: NumPy reduces few long rows much faster
    z = z - np.maximum.reduce(z, axis=0)
    e = np.exp(z)
    total = np.add.reduce(e, axis=0)
    # For the walk back, which would have to compute them again: the softmax, a row per class, and
    # the place in it, counted row by row, of each example's label.
    note["p"], note["at"] = e / total, labels * len(labels) + np.arange(len(labels))
    return np.log(total) - z.take(note["at"])


def softmax_cross_entropy_rule(g: Any, y: Any, x: Any, labels: Any, note: dict) -> Any:
    """g times softmax(x) - one_hot(label)."""
    if not isinstance(g, np.ndarray):  # recorded, so it has to be made of x
        return g[:, None] * softmax_minus_one_hot(x, labels)
    p = note["p"] * g
    p.reshape(-1)[note["at"]] -= g
    return p.T


rule(softmax_cross_entropy, softmax_cross_entropy_rule, None, name="nll_loss")


def softmax_rule(g: Any, y: Any, x: Any, labels: Any) -> Any:
    """The rule of softmax: the one_hot is a constant."""
    p = softmax(x, axis=1)
    return (g - (g * p).sum(axis=1, keepdims=True)) * p


@primitive(softmax_rule, None)
def softmax_minus_one_hot(x: Any, labels: Any) -> Any:
    """The derivative of the cross entropy of each row by its logits."""
    p = softmax(x, axis=1)
    p[np.arange(len(labels)), labels] -= 1
    return p


@primitive(
    lambda g, y, p, t: g * (p - t) / np.maximum(p * (1 - p), 1e-12),
    lambda g, y, p, t: g * (np.log1p(-p) - np.log(p)),
)
def binary_cross_entropy(p: Any, t: Any) -> Any:
    """-(t log(p) + (1 - t) log(1 - p)), with no logarithm below -100."""
    with np.errstate(divide="ignore"):
        return -(t * np.maximum(np.log(p), -100) + (1 - t) * np.maximum(np.log1p(-p), -100))
