"""The book's second edition: its classes, and linear regression from scratch and concise."""

import numpy as np
import torch
from d2l import torch as d2l
from torch import nn

rng = np.random.RandomState(5)


class A:
    def __init__(self):
        self.b = 1


@d2l.add_to_class(A)
def do(self):
    print('Class attribute "b" is', self.b)


A().do()


class B(d2l.HyperParameters):
    def __init__(self, a, b, c):
        self.save_hyperparameters(ignore=["c"])
        print("self.a =", self.a, "self.b =", self.b)
        print("There is no self.c =", not hasattr(self, "c"))


B(a=1, b=2, c=3)


class Points(d2l.DataModule):
    def __init__(self, w, b, num_train=80, num_val=40, batch_size=16):
        super().__init__()
        self.save_hyperparameters()
        n = num_train + num_val
        self.X = torch.tensor(rng.normal(0, 1, (n, len(w))), dtype=torch.float32)
        self.y = torch.matmul(self.X, w.reshape((-1, 1))) + b

    def get_dataloader(self, train):
        i = slice(0, self.num_train) if train else slice(self.num_train, None)
        return self.get_tensorloader((self.X, self.y), False, i)  # in their order


data = Points(w=torch.tensor([2, -3.4]), b=4.2)
X, y = next(iter(data.train_dataloader()))
print("X shape:", X.shape, "y shape:", y.shape, len(data.train_dataloader()))


class LinearRegressionScratch(d2l.LinearRegressionScratch):
    pass


model = LinearRegressionScratch(2, lr=0.1)
with torch.no_grad():
    model.w.copy_(torch.tensor([[0.01], [-0.01]]))
trainer = d2l.Trainer(max_epochs=3)
trainer.fit(model, data)
with torch.no_grad():
    print(f"error of w: {data.w - model.w.reshape(data.w.shape)}, of b: {data.b - model.b}")
print(trainer.train_batch_idx, trainer.val_batch_idx, trainer.num_val_batches)


@d2l.add_to_class(LinearRegressionScratch)
def loss(self, y_hat, y):
    return ((y_hat - y) ** 2 / 2).mean() + 0.5 * (self.w**2).sum()


trainer = d2l.Trainer(max_epochs=2)
trainer.fit(model, data)
print("with a penalty:", float((model.w**2).sum()))

model = d2l.LinearRegression(lr=0.1)
model.apply_init([next(iter(data.train_dataloader()))[0]])
model.net.weight.data = torch.tensor([[0.3, 0.1]])
model.net.bias.data.fill_(0)
trainer = d2l.Trainer(max_epochs=3, gradient_clip_val=1)
trainer.fit(model, data)
w, b = model.get_w_b()
print("concise:", w, b, isinstance(model, nn.Module), model.hparams)
