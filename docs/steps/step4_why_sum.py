"""Step 4. Why sum?

Broadcasting repeats a small array to fit a large one: a bias of 3 numbers is added to each of 4
rows. So each number of the bias was used 4 times, and its gradient has 4 parts. Step 3 said what
to do with parts: add them. The gradient of something repeated is the sum over the repetitions.
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
        self.grad = None

    def __add__(self, other):
        return apply(np.add, self, other)

    def __mul__(self, other):
        return apply(np.multiply, self, other)

    def __matmul__(self, other):
        return apply(np.matmul, self, other)

    def sum(self):
        return apply(sum_to, self, shape=())


def apply(fn, *args, **kwargs):
    return Tensor(fn(*(a.data for a in args), **kwargs), fn, args, kwargs)


def sum_to(x, shape):
    """Sum over the axes along which an array of this shape would be repeated to fit x."""
    lead = x.ndim - len(shape)
    axes = [i for i in range(x.ndim) if i < lead or shape[i - lead] != x.shape[i]]
    return x.sum(tuple(axes), keepdims=True).reshape(shape)


RULES = {
    np.add: [lambda g, y, a, b: g, lambda g, y, a, b: g],
    np.multiply: [lambda g, y, a, b: g * b, lambda g, y, a, b: g * a],
    np.matmul: [lambda g, y, a, b: g @ b.T, lambda g, y, a, b: a.T @ g],
    sum_to: [lambda g, y, x, shape: np.broadcast_to(g, x.shape)],
}


def backward(y):
    grads, queue = {y: np.ones_like(y.data)}, [(-y.born, y)]
    while queue:
        y = heappop(queue)[1]
        g = grads.pop(y)
        if y.fn is None:
            y.grad = g if y.grad is None else y.grad + g
            continue
        for arg, rule in zip(y.args, RULES[y.fn], strict=True):
            part = rule(g, y.data, *(a.data for a in y.args), **y.kwargs)
            if part.shape != arg.data.shape:
                part = sum_to(part, arg.data.shape)  # undo the broadcast
            if arg in grads:
                grads[arg] = grads[arg] + part
            else:
                grads[arg] = part
                heappush(queue, (-arg.born, arg))


X, W, b = Tensor(np.ones((4, 2))), Tensor(np.ones((2, 3))), Tensor(np.zeros(3))
backward((X @ W + b).sum())
print("gradient of the bias:", b.grad)
assert b.grad is not None and b.grad.tolist() == [4.0, 4.0, 4.0]
assert W.grad is not None and W.grad.shape == (2, 3)
