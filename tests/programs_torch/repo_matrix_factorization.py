"""A recommender: embeddings of users and items, biases, masked loss, and an SVD by gradient."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

rng = np.random.RandomState(9)
n_users, n_items, rank = 12, 9, 3
truth = rng.normal(0, 1, (n_users, rank)) @ rng.normal(0, 1, (rank, n_items))
mask = torch.from_numpy(rng.rand(n_users, n_items) < 0.7)
ratings = torch.tensor(truth, dtype=torch.float32)
users, items = mask.nonzero(as_tuple=True)
values = ratings[users, items]
print(len(values), users[:5], items[:5], values.mean())


class MatrixFactorization(nn.Module):
    def __init__(self, n_users, n_items, n_factors=4):
        super().__init__()
        self.user_factors = nn.Embedding(n_users, n_factors)
        self.item_factors = nn.Embedding(n_items, n_factors)
        self.user_bias = nn.Embedding(n_users, 1)
        self.item_bias = nn.Embedding(n_items, 1)
        self.mean = nn.Parameter(torch.zeros(()), requires_grad=False)

    def forward(self, user, item):
        pred = self.user_bias(user) + self.item_bias(item)
        pred += (self.user_factors(user) * self.item_factors(item)).sum(dim=1, keepdim=True)
        return pred.squeeze() + self.mean


model = MatrixFactorization(n_users, n_items)
for p in model.parameters():
    if p.requires_grad:
        p.data.copy_(torch.tensor(rng.normal(0, 0.3, tuple(p.shape))))
model.mean.data.fill_(values.mean().item())
optimizer = torch.optim.Adagrad([
    {"params": [model.user_factors.weight, model.item_factors.weight]},
    {"params": [model.user_bias.weight, model.item_bias.weight], "lr": 0.05},
], lr=0.3, weight_decay=1e-3)  # fmt: skip
for epoch in range(20):
    order = torch.from_numpy(rng.permutation(len(values)))
    total = 0.0
    for batch in order.split(16):
        loss = F.mse_loss(model(users[batch], items[batch]), values[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(batch)
    if epoch % 5 == 4:
        print(f"epoch {epoch + 1}: mse {total / len(values):.4f}")
with torch.no_grad():
    scores = model.user_factors.weight @ model.item_factors.weight.t() + model.item_bias.weight.T
    best = scores.masked_fill(mask, -1e9).topk(1, dim=1)
    print(best.indices[[0, 2, 3]].tolist(), best.values[0])
    cosine = F.cosine_similarity(model.item_factors.weight[:1], model.item_factors.weight[1:4])
    print("cosine", cosine)

U = torch.tensor(rng.normal(0, 0.1, (n_users, rank)), dtype=torch.float64, requires_grad=True)
V = torch.tensor(rng.normal(0, 0.1, (n_items, rank)), dtype=torch.float64, requires_grad=True)
for i in range(60):
    error = torch.where(mask, U @ V.T - ratings.double(), torch.zeros((), dtype=torch.float64))
    loss = (error**2).sum() + 0.01 * (U.norm() ** 2 + V.norm() ** 2)
    grads = torch.autograd.grad(loss, [U, V])
    with torch.no_grad():
        for w, g in zip((U, V), grads):
            w.sub_(0.02 * g)
    if i % 20 == 19:
        print(i, f"{loss.item():.5f}", f"{error.abs().max().item():.4f}")
