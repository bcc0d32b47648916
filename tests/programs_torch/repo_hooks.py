"""Hooks: activations by name, gradients seen and changed, a class activation map, statistics."""

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

rng = np.random.RandomState(13)


class ConvBlock(nn.Module):
    def __init__(self, c_in, c_out):
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, 3, padding=1, bias=False)
        self.norm = nn.GroupNorm(2, c_out)

    def forward(self, x):
        return F.silu(self.norm(self.conv(x)))

    def extra_repr(self):
        return "silu"


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(ConvBlock(1, 4), nn.MaxPool2d(2), ConvBlock(4, 6))
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        return self.fc(self.pool(self.features(x)).flatten(1))


net = Net()
for p in net.parameters():
    p.data += torch.tensor(rng.normal(0, 0.4, tuple(p.shape))).float() - p.data
print(net)
activation, handles = {}, []


def get_activation(name):
    def hook(module, inputs, output):
        activation[name] = output.detach()

    return hook


for name, module in net.named_modules():
    if not list(module.children()):
        handles.append(module.register_forward_hook(get_activation(name)))
image = torch.from_numpy(rng.rand(2, 1, 8, 8).astype(np.float32))
out = net(image)
for name, value in activation.items():
    print(f"{name:20} {tuple(value.shape)} mean {value.mean():.4f} std {value.std():.4f}")
for handle in handles:
    handle.remove()

seen = {}
net.features[2].register_forward_hook(lambda m, i, o: seen.update(maps=o))
net.features[2].register_full_backward_hook(lambda m, gi, go: seen.update(grad=go[0]))
pre = net.fc.register_forward_pre_hook(lambda m, args: (args[0] * 2,))
out = net(image)
pre.remove()
out[:, 1].sum().backward()
weights = seen["grad"].mean(dim=(2, 3), keepdim=True)
cam = F.relu((weights * seen["maps"]).sum(1))
cam = cam / cam.amax(dim=(1, 2), keepdim=True)
print("map", cam.shape, cam[0].round(decimals=2)[0], int(cam[0].argmax()))

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x * x
y.retain_grad()
handle = y.register_hook(lambda g: g.clamp(max=2.0))
x.register_hook(lambda g: print("grad of x:", g))
(y * torch.tensor([1.0, 2.0, 3.0])).sum().backward()
print(x.grad, y.grad)
handle.remove()
clipped = [p.register_hook(lambda g: torch.clamp(g, -0.01, 0.01)) for p in net.parameters()]
net.zero_grad()
F.cross_entropy(net(image), torch.tensor([0, 2])).backward()
print(len(clipped), max(p.grad.abs().max().item() for p in net.parameters()))
print({n: round(float(p.grad.norm()), 4) for n, p in net.named_parameters() if "conv" in n})
node = (x * x).sum().grad_fn
print(node.name(), node.next_functions[0][0].name(), out.grad_fn.name())
