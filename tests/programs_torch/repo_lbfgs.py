"""Optimisers compared on small problems: closures, line search, groups, schedules side by side."""

import numpy as np
import torch
from torch import optim

rng = np.random.RandomState(17)


def rosenbrock(p):
    x, y = p
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def run(make, steps):
    p = torch.tensor([-1.0, 1.5], dtype=torch.float64, requires_grad=True)
    optimizer = make([p])
    calls = 0

    def closure():
        nonlocal calls
        calls += 1
        optimizer.zero_grad()
        loss = rosenbrock(p)
        loss.backward()
        return loss

    for _ in range(steps):
        loss = optimizer.step(closure)
    return p.detach(), float(loss), calls


for name, make, steps in [
    ("LBFGS", lambda p: optim.LBFGS(p, lr=0.5, max_iter=8, history_size=5), 3),
    ("LBFGS wolfe", lambda p: optim.LBFGS(p, line_search_fn="strong_wolfe", max_iter=10), 3),
    ("SGD", lambda p: optim.SGD(p, lr=1e-3, momentum=0.9, dampening=0.1), 20),
    ("Adam", lambda p: optim.Adam(p, lr=0.05, amsgrad=True), 20),
    ("Adamax", lambda p: optim.Adamax(p, lr=0.05), 20),
    ("NAdam", lambda p: optim.NAdam(p, lr=0.05), 20),
    ("RAdam", lambda p: optim.RAdam(p, lr=0.05), 20),
    ("Adagrad", lambda p: optim.Adagrad(p, lr=0.2, lr_decay=0.01), 20),
    ("Rprop", lambda p: optim.Rprop(p, lr=0.01), 20),
    ("RMSprop", lambda p: optim.RMSprop(p, lr=0.01, centered=True, momentum=0.5), 20),
]:
    p, loss, calls = run(make, steps)
    print(f"{name:12} {p.tolist()[0]:.5f} {p.tolist()[1]:.5f} loss {loss:.6f} calls {calls}")

X = torch.tensor(rng.normal(0, 1, (60, 3)))
y = (X @ torch.tensor([1.5, -2.0, 0.5], dtype=torch.float64) > 0.2).double()
w = torch.zeros(3, dtype=torch.float64, requires_grad=True)
b = torch.zeros((), dtype=torch.float64, requires_grad=True)
logistic = optim.LBFGS([w, b], max_iter=20, tolerance_grad=1e-9)


def closure():
    logistic.zero_grad()
    loss = torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y) + 0.01 * w.dot(w)
    loss.backward()
    return loss


print("logistic", f"{logistic.step(closure).item():.6f}", w.detach(), b.detach())
print("grad", closure().item() < 0.25, w.grad.abs().max().item() < 1e-4)

param = torch.nn.Parameter(torch.zeros(1))
for make in (
    lambda o: optim.lr_scheduler.StepLR(o, 3, 0.1),
    lambda o: optim.lr_scheduler.ExponentialLR(o, 0.9),
    lambda o: optim.lr_scheduler.LambdaLR(o, lambda e: 1 / (1 + e)),
    lambda o: optim.lr_scheduler.OneCycleLR(o, 0.5, total_steps=8),
    lambda o: optim.lr_scheduler.CosineAnnealingWarmRestarts(o, 3),
    lambda o: optim.lr_scheduler.SequentialLR(o, [
        optim.lr_scheduler.LinearLR(o, 0.25, total_iters=3),
        optim.lr_scheduler.CosineAnnealingLR(o, 5)], milestones=[3]),
):  # fmt: skip
    optimizer = optim.SGD([param], lr=0.1, momentum=0.9)
    scheduler, rates = make(optimizer), []
    for _ in range(7):
        param.grad = torch.ones(1)
        optimizer.step()
        rates.append(round(optimizer.param_groups[0]["lr"], 5))
        scheduler.step()
    print(type(scheduler).__name__, rates)
optimizer = optim.SGD([param], lr=1.0)
plateau = optim.lr_scheduler.ReduceLROnPlateau(optimizer, "min", factor=0.5, patience=1)
for metric in [1.0, 0.9, 0.9, 0.9, 0.8, 0.8, 0.8]:
    plateau.step(metric)
print("plateau", optimizer.param_groups[0]["lr"])
