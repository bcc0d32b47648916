"""Step 1. Why a graph?

The derivative of exp(sin(x)) needs the values on the way: sin(x), and exp of that. So each result
remembers how it was made: by which operation, from which arguments. That memory is the graph.
"""

import numpy as np


class Tensor:
    def __init__(self, data, fn=None, args=()):
        self.data = np.asarray(data, float)
        self.fn, self.args = fn, args  # how it was made; None and () if the user made it
        self.grad = None


def apply(fn, *args):
    return Tensor(fn(*(a.data for a in args)), fn, args)


RULES = {  # for each argument: g is the gradient of the result y
    np.sin: [lambda g, y, x: g * np.cos(x)],
    np.exp: [lambda g, y, x: g * y],
}


def backward(y, g=1.0):
    if y.fn is None:
        y.grad = g
    for arg, rule in zip(y.args, RULES.get(y.fn, ()), strict=True):
        backward(arg, rule(g, y.data, *(a.data for a in y.args)))


x = Tensor(0.5)
y = apply(np.exp, apply(np.sin, x))
backward(y)
print("d exp(sin(x)) / dx at 0.5:", x.grad)
assert x.grad is not None and np.isclose(x.grad, np.exp(np.sin(0.5)) * np.cos(0.5))
