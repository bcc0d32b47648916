"""Saving and resuming: state dicts of model, optimiser and schedule; freezing, averaging."""

import copy
import io
import os
import tempfile
from collections import OrderedDict

import numpy as np
import torch
from torch import nn, optim


def build(seed=0):
    rng = np.random.RandomState(seed)
    model = nn.Sequential(OrderedDict([
        ("backbone", nn.Sequential(nn.Linear(6, 8), nn.BatchNorm1d(8), nn.ReLU())),
        ("head", nn.Linear(8, 2)),
    ]))  # fmt: skip
    for p in model.parameters():
        p.data = torch.tensor(rng.normal(0, 0.5, tuple(p.shape)), dtype=torch.float32)
    optimizer = optim.SGD(model.parameters(), lr=0.1, momentum=0.9, nesterov=True)
    scheduler = optim.lr_scheduler.MultiStepLR(optimizer, milestones=[3, 6], gamma=0.5)
    return model, optimizer, scheduler


rng = np.random.RandomState(1)
X = torch.tensor(rng.normal(0, 1, (64, 6)), dtype=torch.float32)
Y = (X[:, 0] * X[:, 1] > 0).long()


def train(model, optimizer, scheduler, epochs):
    losses = []
    for _ in epochs:
        model.train()
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(X), Y, label_smoothing=0.1)
        loss.backward()
        optimizer.step()
        scheduler.step()
        losses.append(round(loss.item(), 4))
    return losses


model, optimizer, scheduler = build()
print("first:", train(model, optimizer, scheduler, range(4)))
path = os.path.join(tempfile.mkdtemp(), "checkpoint.pt")
torch.save({
    "epoch": 4, "model_state_dict": model.state_dict(), "best": float("inf"),
    "optimizer_state_dict": optimizer.state_dict(), "scheduler": scheduler.state_dict(),
}, path)  # fmt: skip
print("went on:", train(model, optimizer, scheduler, range(4)))

other, optimizer2, scheduler2 = build(seed=5)
checkpoint = torch.load(path, map_location=torch.device("cpu"), weights_only=True)
print(other.load_state_dict(checkpoint["model_state_dict"]))
optimizer2.load_state_dict(checkpoint["optimizer_state_dict"])
scheduler2.load_state_dict(checkpoint["scheduler"])
print("resumed:", train(other, optimizer2, scheduler2, range(checkpoint["epoch"], 8)))
same = all(
    torch.equal(a, b) for a, b in zip(model.state_dict().values(), other.state_dict().values())
)
print("same weights:", same, optimizer2.param_groups[0]["lr"], list(model.state_dict())[-3:])

buffer = io.BytesIO()
torch.save(model.state_dict(), buffer)
buffer.seek(0)
state = torch.load(buffer)
state = {k.replace("backbone", "features"): v for k, v in state.items()}
result = other.load_state_dict(state, strict=False)
print(result.missing_keys[:4], result.unexpected_keys[:2])
try:
    other.load_state_dict(state)
except RuntimeError as error:
    print(str(error).splitlines()[0])

for param in model.backbone.parameters():
    param.requires_grad = False
model.head = nn.Linear(8, 3)
model.head.weight.data.fill_(0.1)
nn.init.zeros_(model.head.bias)
trainable = [n for n, p in model.named_parameters() if p.requires_grad]
print(trainable, model(X).shape, model[0][0].weight.grad is None)
clone = copy.deepcopy(model)
optimizer = optim.Adam(filter(lambda p: p.requires_grad, model.parameters()), lr=1e-2)
ema = optim.swa_utils.AveragedModel(model)
for _ in range(3):
    optimizer.zero_grad()
    model(X).logsumexp(1).mean().backward()
    optimizer.step()
    ema.update_parameters(model)
print(torch.allclose(clone.backbone[0].weight, model.backbone[0].weight), model.head.bias)
print(ema.module.head.bias.detach(), ema.n_averaged)
