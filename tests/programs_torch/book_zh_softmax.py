"""The book's first edition: softmax regression and a perceptron with one hidden layer."""

import numpy as np
import torch
from d2l import torch as d2l
from torch import nn

rng = np.random.RandomState(3)
y_all = torch.tensor(rng.randint(0, 10, 600))
X_all = torch.tensor(rng.normal(0, 0.4, (600, 1, 4, 4)), dtype=torch.float32)
X_all[torch.arange(600), 0, y_all // 4, y_all % 4] += 1.0
train_iter = [(X_all[i : i + 50], y_all[i : i + 50]) for i in range(0, 500, 50)]
test_iter = [(X_all[500:], y_all[500:])]

W = torch.tensor(rng.normal(0, 0.01, (16, 10)), dtype=torch.float32, requires_grad=True)
b = torch.zeros(10, requires_grad=True)


def softmax(X):
    X_exp = torch.exp(X)
    partition = X_exp.sum(1, keepdim=True)
    return X_exp / partition


def net(X):
    return softmax(torch.matmul(X.reshape((-1, W.shape[0])), W) + b)


def cross_entropy(y_hat, y):
    return -torch.log(y_hat[range(len(y_hat)), y])


def updater(batch_size):
    return d2l.sgd([W, b], 0.5, batch_size)


print(cross_entropy(torch.tensor([[0.1, 0.3, 0.6], [0.3, 0.2, 0.5]]), torch.tensor([0, 2])))
print("untrained", d2l.evaluate_accuracy(net, test_iter))
for epoch in range(4):
    loss, acc = d2l.train_epoch_ch3(net, train_iter, cross_entropy, updater)
    print(f"epoch {epoch + 1}: {loss:.4f} {acc:.4f} {d2l.evaluate_accuracy(net, test_iter):.4f}")

mlp = nn.Sequential(nn.Flatten(), nn.Linear(16, 32), nn.ReLU(), nn.Linear(32, 10))


def init_weights(m):
    if type(m) == nn.Linear:
        m.weight.data = torch.tensor(rng.normal(0, 0.2, tuple(m.weight.shape)).astype("float32"))
        nn.init.zeros_(m.bias)


mlp.apply(init_weights)
loss_fn = nn.CrossEntropyLoss(reduction="none")
trainer = torch.optim.SGD(mlp.parameters(), lr=0.3, weight_decay=1e-3)
for epoch in range(4):
    loss, acc = d2l.train_epoch_ch3(mlp, train_iter, loss_fn, trainer)
    print(f"mlp {epoch + 1}: {loss:.4f} {acc:.4f} {d2l.evaluate_accuracy(mlp, test_iter):.4f}")
metric = d2l.Accumulator(2)
for X, y in test_iter:
    metric.add(d2l.accuracy(mlp(X), y), y.numel())
print("right", metric[0], "of", metric[1], d2l.get_fashion_mnist_labels(y_all[:3]))
