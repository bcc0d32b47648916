"""Gradients of gradients, in functional style: Hessians, Newton, meta-learning, penalties."""

import numpy as np
import torch
from torch.autograd import grad, gradcheck, gradgradcheck
from torch.autograd.functional import hessian, hvp, jacobian, jvp, vjp

rng = np.random.RandomState(6)


def rosenbrock(x):
    return torch.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


x = torch.tensor([-1.2, 1.0, 0.7], dtype=torch.float64)
print("hessian", hessian(rosenbrock, x))
print("jacobian", jacobian(lambda x: torch.stack([x.prod(), x.pow(3).sum()]), x))
v = torch.tensor([1.0, -0.5, 2.0], dtype=torch.float64)
print(
    "hvp", hvp(rosenbrock, x, v)[1], "jvp", jvp(torch.sin, x, v)[1], "vjp", vjp(torch.exp, x, v)[1]
)
for step in range(6):
    g = jacobian(rosenbrock, x)
    x = x - g / hessian(rosenbrock, x).diagonal()
print("newton", f"{rosenbrock(x).item():.4f}")


def mlp(params, x):
    w1, b1, w2, b2 = params
    return torch.tanh(x @ w1 + b1) @ w2 + b2


params = [
    torch.tensor(rng.normal(0, 0.5, shape), requires_grad=True)
    for shape in ((1, 8), (8,), (8, 1), (1,))
]
print("gradcheck", gradcheck(lambda *p: mlp(p, torch.ones(2, 1, dtype=torch.float64)), params))
cube = (torch.tensor([0.3, -2.0], dtype=torch.float64, requires_grad=True),)
print("gradgradcheck", gradgradcheck(lambda x: x**3 * torch.sin(x), cube))

opt = torch.optim.SGD(params, lr=0.02)
for it in range(6):  # model-agnostic meta-learning on sine waves
    outer = 0.0
    for task in range(3):
        amplitude, phase = 1.0 + task / 2, task * 0.7
        xs = torch.from_numpy(rng.uniform(-3, 3, (10, 1)))
        ys = amplitude * torch.sin(xs + phase)
        inner = ((mlp(params, xs) - ys) ** 2).mean()
        grads = grad(inner, params, create_graph=True)
        fast = [p - 0.05 * g for p, g in zip(params, grads)]
        xq = torch.from_numpy(rng.uniform(-3, 3, (10, 1)))
        outer = outer + ((mlp(fast, xq) - amplitude * torch.sin(xq + phase)) ** 2).mean()
    opt.zero_grad()
    outer.backward()
    opt.step()
    if it % 2:
        print(f"meta {it}: {outer.item():.5f}")

points = torch.from_numpy(rng.normal(0, 1, (16, 1))).requires_grad_()
for _ in range(3):  # a gradient penalty
    scores = mlp(params, points)
    (slope,) = grad(scores, points, grad_outputs=torch.ones_like(scores), create_graph=True)
    penalty = ((slope.norm(2, dim=1) - 1) ** 2).mean()
    opt.zero_grad()
    penalty.backward()
    opt.step()
    print(f"penalty {penalty.item():.5f}")
y = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)
f = torch.log(torch.cosh(y))
for order in range(4):
    (f,) = torch.autograd.grad(f, y, create_graph=True)
    print(order + 1, f"{f.item():.6f}")
u = torch.autograd.grad(y * 2, [y, points], allow_unused=True)
print(u, torch.is_grad_enabled())
with torch.set_grad_enabled(False):
    print((y * 2).requires_grad, (y.detach() * 2).is_leaf)
