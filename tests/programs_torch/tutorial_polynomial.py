"""A tutorial's polynomial: fitted by hand, by autograd, by nn and by an optimiser of its own."""

import math

import torch

x = torch.linspace(-math.pi, math.pi, 400)
y = torch.sin(x)
start = [0.1, -0.2, 0.3, 0.05]

a, b, c, d = start
for t in range(60):
    y_pred = a + b * x + c * x**2 + d * x**3
    loss = (y_pred - y).pow(2).sum().item()
    if t % 20 == 19:
        print(t, f"{loss:.4f}")
    grad_y_pred = 2.0 * (y_pred - y)
    grads = [(grad_y_pred * x**k).sum().item() for k in range(4)]
    a, b, c, d = (value - 1e-5 * grad for value, grad in zip((a, b, c, d), grads))
print(f"by hand: y = {a:.4f} + {b:.4f} x + {c:.4f} x^2 + {d:.4f} x^3")

params = [torch.full((), v, requires_grad=True) for v in start]
for t in range(60):
    y_pred = sum(p * x**k for k, p in enumerate(params))
    loss = (y_pred - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for p in params:
            p -= 1e-5 * p.grad
            p.grad = None
print("autograd:", " ".join(f"{p.item():.4f}" for p in params), loss)

p = torch.tensor([1, 2, 3])
xx = x.unsqueeze(-1).pow(p)
model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1))
model[0].weight.data = torch.tensor([start[1:]])
model[0].bias.data.fill_(start[0])
loss_fn = torch.nn.MSELoss(reduction="sum")
optimizer = torch.optim.RMSprop(model.parameters(), lr=1e-2)
for t in range(100):
    loss = loss_fn(model(xx), y)
    if t % 25 == 24:
        print(t, f"{loss.item():.4f}")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
print(f"nn: {model[0].bias.item():.3f} {model[0].weight[:, 0].item():.3f}")


class Polynomial3(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.d = (torch.nn.Parameter(torch.tensor(v)) for v in start)

    def forward(self, x):
        return self.a + self.b * x + self.c * x**2 + self.d * x**3

    def string(self):
        return f"y = {self.a.item():.3f} + {self.b.item():.3f} x + {self.c.item():.3f} x^2"


model = Polynomial3()
optimizer = torch.optim.Adam(model.parameters(), lr=0.05)
for _ in range(80):
    optimizer.zero_grad(set_to_none=True)
    torch.nn.functional.mse_loss(model(x), y).backward()
    optimizer.step()
print("Module:", model.string(), [name for name, _ in model.named_parameters()])
