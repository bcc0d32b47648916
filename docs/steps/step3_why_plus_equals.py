"""Step 3. Why += ?

If x is used twice, a small change of x changes the result on two ways, and the two changes add up:
the derivative of x * x is x + x. That is the sum inside backward(). The same holds for .grad: two
losses of the same weights, or two halves of a batch, give two gradients, and the gradient of their
sum is the sum of both. So backward() adds to .grad, and who starts anew has to set it to None.
"""

from heapq import heappop, heappush
from itertools import count

import numpy as np

clock = count()


class Tensor:
    def __init__(self, data, fn=None, args=()):
        self.data = np.asarray(data, float)
        self.fn, self.args = fn, args
        self.born = next(clock)
        self.grad = None

    def __add__(self, other):
        return apply(np.add, self, other)

    def __mul__(self, other):
        return apply(np.multiply, self, other)


def apply(fn, *args):
    return Tensor(fn(*(a.data for a in args)), fn, args)


RULES = {
    np.add: [lambda g, y, a, b: g, lambda g, y, a, b: g],
    np.multiply: [lambda g, y, a, b: g * b, lambda g, y, a, b: g * a],
}


def backward(y):
    grads, queue = {y: 1.0}, [(-y.born, y)]
    while queue:
        y = heappop(queue)[1]
        g = grads.pop(y)
        if y.fn is None:
            y.grad = g if y.grad is None else y.grad + g  # += : earlier gradients stay
            continue
        for arg, rule in zip(y.args, RULES[y.fn], strict=True):
            part = rule(g, y.data, *(a.data for a in y.args))
            if arg in grads:
                grads[arg] = grads[arg] + part  # += : one part for each use
            else:
                grads[arg] = part
                heappush(queue, (-arg.born, arg))


x = Tensor(3.0)
backward(x * x)
print("d x*x / dx at 3:", x.grad)
assert x.grad == 6.0
backward(x * x)  # a second time, on top of the first
print("after a second backward():", x.grad)
assert x.grad == 12.0
