"""Step 5. Why does the gradient have a gradient?

A rule is a line of NumPy: g * np.cos(x). If g and x are Tensors, and if Tensors answer NumPy's
functions by recording them, then the same line records its own work. Its result is a Tensor with a
graph of its own, and backward() works on it like on any other. Nothing is written a second time.
"""

from heapq import heappop, heappush
from itertools import count

import numpy as np

clock = count()


class Tensor:
    def __init__(self, data, fn=None, args=(), kwargs=None):
        self.data = np.asarray(data, float)
        self.fn, self.args, self.kwargs = fn, args, kwargs or {}
        self.born = next(clock)
        self.shape, self.ndim = self.data.shape, self.data.ndim

    def __array_ufunc__(self, ufunc, method, *args, **kwargs):  # np.cos(tensor) comes here
        return apply(ufunc, *args, **kwargs)

    def __add__(self, other):
        return apply(np.add, self, other)

    def __mul__(self, other):
        return apply(np.multiply, self, other)

    def __matmul__(self, other):
        return apply(np.matmul, self, other)

    def __neg__(self):
        return apply(np.negative, self)

    @property
    def T(self):
        return apply(np.transpose, self)

    def sum(self):
        return sum_to(self, shape=())


def apply(fn, *args, **kwargs):
    args = tuple(a if isinstance(a, Tensor) else Tensor(a) for a in args)
    return Tensor(fn(*(a.data for a in args), **kwargs), fn, args, kwargs)


def summed(x, shape):
    """Sum over the axes along which an array of this shape would be repeated to fit x."""
    lead = x.ndim - len(shape)
    axes = [i for i in range(x.ndim) if i < lead or shape[i - lead] != x.shape[i]]
    return x.sum(tuple(axes), keepdims=True).reshape(shape)


def sum_to(x, shape):
    return apply(summed, x, shape=shape)


def expand(x, shape):
    return apply(np.broadcast_to, x, shape=shape)


RULES: dict = {
    np.add: [lambda g, y, a, b: g, lambda g, y, a, b: g],
    np.multiply: [lambda g, y, a, b: g * b, lambda g, y, a, b: g * a],
    np.matmul: [lambda g, y, a, b: g @ b.T, lambda g, y, a, b: a.T @ g],
    np.negative: [lambda g, y, x: -g],
    np.transpose: [lambda g, y, x: g.T],
    np.sin: [lambda g, y, x: g * np.cos(x)],
    np.cos: [lambda g, y, x: -(g * np.sin(x))],
    np.exp: [lambda g, y, x: g * y],
    summed: [lambda g, y, x, shape: expand(g, x.shape)],
    np.broadcast_to: [lambda g, y, x, shape: sum_to(g, x.shape)],
}


def grad(y, x):
    """The gradient of y with respect to x: a Tensor, which can be differentiated again."""
    grads, queue = {y: Tensor(np.ones(y.shape))}, [(-y.born, y)]
    while queue:
        y = heappop(queue)[1]
        if y is x:
            return grads[y]
        for arg, rule in zip(y.args, RULES.get(y.fn, ()), strict=True):
            part = rule(grads[y], y, *y.args, **y.kwargs)  # on Tensors: it is recorded
            if part.shape != arg.shape:
                part = sum_to(part, arg.shape)
            if arg in grads:
                grads[arg] = grads[arg] + part
            else:
                grads[arg] = part
                heappush(queue, (-arg.born, arg))
    raise ValueError("y was not made from x")


x = Tensor([0.1, 0.2, 0.3])
y = np.sin(x)
for name in ("cos", "-sin", "-cos", "sin"):
    y = grad(y.sum(), x)
    print(f"{name:>4}:", y.data.round(4))
assert np.allclose(y.data, np.sin(x.data))  # the fourth derivative of sin is sin

W = Tensor([[1.0, 2.0], [3.0, 4.0]])
z = x.sum() * (W @ W.T).sum()
assert np.allclose(grad(z, W).data, 2 * 0.6 * W.data.sum(0))
