"""Functions with a backward of their own: straight-through, reversal, clipping, double backward."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.autograd import Function, gradcheck, gradgradcheck

rng = np.random.RandomState(31)


class MyReLU(Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return input.clamp(min=0)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        grad_input = grad_output.clone()
        grad_input[input < 0] = 0
        return grad_input


class Binarize(Function):
    """A straight-through estimator."""

    @staticmethod
    def forward(ctx, input):
        return torch.where(input >= 0, torch.ones_like(input), -torch.ones_like(input))

    @staticmethod
    def backward(ctx, grad_output):
        return F.hardtanh(grad_output)


class GradientReversal(Function):
    @staticmethod
    def forward(ctx, x, lambd):
        ctx.lambd = lambd
        return x.view_as(x)

    @staticmethod
    def backward(ctx, grad_output):
        return grad_output.neg() * ctx.lambd, None


class Affine(Function):
    @staticmethod
    def forward(ctx, x, weight, bias=None):
        ctx.save_for_backward(x, weight)
        ctx.has_bias = bias is not None
        y = x @ weight.t()
        return y if bias is None else y + bias

    @staticmethod
    def backward(ctx, grad):
        x, weight = ctx.saved_tensors
        gx = grad @ weight if ctx.needs_input_grad[0] else None
        gw = grad.t() @ x if ctx.needs_input_grad[1] else None
        return gx, gw, grad.sum(0) if ctx.has_bias else None


class Affinely(nn.Module):
    def __init__(self, fan_in, fan_out):
        super().__init__()
        values = rng.uniform(-0.5, 0.5, (fan_out, fan_in)).astype("float32")
        self.weight = nn.Parameter(torch.from_numpy(values))
        self.bias = nn.Parameter(torch.zeros(fan_out))

    def forward(self, x):
        return Affine.apply(x, self.weight, self.bias)


features, task, domain = Affinely(6, 8), Affinely(8, 2), Affinely(8, 2)
params = [p for m in (features, task, domain) for p in m.parameters()]
optimizer = torch.optim.SGD(params, lr=0.2, momentum=0.5)
X = torch.from_numpy(rng.normal(0, 1, (40, 6)).astype("float32"))
labels, domains = (X[:, 0] > 0).long(), (X[:, 1] + X[:, 2] > 0).long()
for step in range(9):
    h = MyReLU.apply(features(X))
    loss_task = F.cross_entropy(task(h), labels)
    loss_domain = F.cross_entropy(domain(GradientReversal.apply(h, 0.3)), domains)
    optimizer.zero_grad()
    (loss_task + loss_domain).backward()
    optimizer.step()
    if step % 3 == 2:
        print(f"step {step}: task {loss_task.item():.4f} domain {loss_domain.item():.4f}")

w = torch.tensor([0.3, -0.2, 1.4], requires_grad=True)
((Binarize.apply(w) - torch.tensor([1.0, 1.0, 0.5])) ** 2).sum().backward()
print(w.grad, Binarize.apply(w))
inputs = [torch.from_numpy(rng.normal(0, 1, s)).requires_grad_() for s in ((4, 3), (2, 3), (2,))]
print(gradcheck(Affine.apply, inputs), gradgradcheck(Affine.apply, inputs))
y = Affine.apply(inputs[0], inputs[1])
print(type(y.grad_fn).__name__, y.grad_fn.name(), MyReLU.apply(w).requires_grad)
