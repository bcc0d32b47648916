"""The book's first edition: linear regression from scratch, then concise, on the same data."""

import random

import numpy as np
import torch
from d2l import torch as d2l
from torch import nn
from torch.utils import data

rng = np.random.RandomState(0)
true_w, true_b = torch.tensor([2, -3.4]), 4.2
features = torch.tensor(rng.normal(0, 1, (200, 2)), dtype=torch.float32)
noise = torch.tensor(rng.normal(0, 0.01, (200,)), dtype=torch.float32)
labels = (torch.matmul(features, true_w) + true_b + noise).reshape((-1, 1))
print("features:", features[0], "\nlabel:", labels[0])


def data_iter(batch_size, features, labels):
    indices = list(range(len(features)))
    random.shuffle(indices)
    for i in range(0, len(features), batch_size):
        batch = torch.tensor(indices[i : min(i + batch_size, len(features))])
        yield features[batch], labels[batch]


random.seed(1)
w = torch.tensor(rng.normal(0, 0.01, (2, 1)), dtype=torch.float32, requires_grad=True)
b = torch.zeros(1, requires_grad=True)
lr, num_epochs, net, loss = 0.03, 3, d2l.linreg, d2l.squared_loss
for epoch in range(num_epochs):
    for X, y in data_iter(10, features, labels):
        l = loss(net(X, w, b), y)
        l.sum().backward()
        d2l.sgd([w, b], lr, 10)
    with torch.no_grad():
        train_l = loss(net(features, w, b), labels)
        print(f"epoch {epoch + 1}, loss {float(train_l.mean()):f}")
print(f"error of w: {true_w - w.reshape(true_w.shape)}")
print(f"error of b: {(true_b - b).item():.4f}")

dataset = data.TensorDataset(features, labels)
loader = data.DataLoader(dataset, 10, shuffle=False)
net = nn.Sequential(nn.Linear(2, 1))
net[0].weight.data.copy_(torch.tensor([[0.01, -0.02]]))
net[0].bias.data.fill_(0)
loss = nn.MSELoss()
trainer = torch.optim.SGD(net.parameters(), lr=0.03)
for epoch in range(num_epochs):
    for X, y in loader:
        l = loss(net(X), y)
        trainer.zero_grad()
        l.backward()
        trainer.step()
    l = loss(net(features), labels)
    print(f"epoch {epoch + 1}, loss {l:f}")
print("error of w:", true_w - net[0].weight.data.reshape(true_w.shape))
print("size", d2l.size(features), d2l.reduce_sum(features).item())
