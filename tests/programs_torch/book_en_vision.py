"""The book's second edition: convolutions, LeNet's shapes, residual blocks, a classifier."""

import numpy as np
import torch
from d2l import torch as d2l
from torch import nn

rng = np.random.RandomState(7)


def fill(net):
    for p in net.parameters():
        p.data = torch.tensor(rng.uniform(-0.3, 0.3, tuple(p.shape)).astype("float32"))


X = torch.ones((6, 8))
X[:, 2:6] = 0
print(d2l.corr2d(X, torch.tensor([[1.0, -1.0]])))
conv2d = nn.LazyConv2d(1, kernel_size=(1, 2), bias=False)
X, Y = X.reshape((1, 1, 6, 8)), d2l.corr2d(X, torch.tensor([[1.0, -1.0]])).reshape((1, 1, 6, 7))
conv2d(X)
fill(conv2d)
for i in range(6):
    l = (conv2d(X) - Y) ** 2
    conv2d.zero_grad()
    l.sum().backward()
    conv2d.weight.data[:] -= 3e-2 * conv2d.weight.grad
    if (i + 1) % 2 == 0:
        print(f"epoch {i + 1}, loss {l.sum():.3f}")

d2l.LeNet().layer_summary((1, 1, 28, 28))
blk = d2l.Residual(6, use_1x1conv=True, strides=2)
image = torch.tensor(rng.uniform(0, 1, (2, 3, 6, 6)).astype("float32"))
blk(image)
fill(blk)
print(blk(image).sum(), blk(image).shape)
blk = d2l.ResNeXtBlock(8, 4, 1)
image = torch.tensor(rng.uniform(0, 1, (2, 8, 4, 4)).astype("float32"))
blk(image)
fill(blk)
print(blk(image).mean())


class SmallNet(d2l.Classifier):
    def __init__(self, lr=0.1, num_classes=4):
        super().__init__()
        self.save_hyperparameters()
        self.net = nn.Sequential(
            nn.LazyConv2d(4, kernel_size=3, padding=1), nn.LazyBatchNorm2d(), nn.ReLU(),
            nn.MaxPool2d(2), nn.Flatten(), nn.LazyLinear(num_classes),
        )  # fmt: skip


class Corners(d2l.DataModule):
    """Which corner of an image is bright."""

    def __init__(self, batch_size=20):
        super().__init__()
        self.save_hyperparameters()
        self.y = torch.tensor(rng.randint(0, 4, 160))
        self.X = torch.tensor(rng.normal(0, 0.5, (160, 1, 6, 6)).astype("float32"))
        for i, c in enumerate(self.y.tolist()):
            self.X[i, 0, 3 * (c // 2) : 3 * (c // 2) + 3, 3 * (c % 2) : 3 * (c % 2) + 3] += 1

    def get_dataloader(self, train):
        part = slice(0, 120) if train else slice(120, None)
        return self.get_tensorloader((self.X, self.y), False, part)


data, model = Corners(), SmallNet(lr=0.2)
model.eval()  # the running statistics begin with the weights below
model.apply_init([next(iter(data.train_dataloader()))[0]], d2l.init_cnn)
fill(model)
trainer = d2l.Trainer(max_epochs=3, num_gpus=1)
trainer.fit(model, data)
X, y = next(iter(data.val_dataloader()))
with torch.no_grad():
    print(model.accuracy(model(X), y), model.loss(model(X), y), model.training)
    print(model.accuracy(model(X), y, averaged=False).sum(), model.loss(model(X), y, False).shape)
print(d2l.evaluate_accuracy_gpu(model.net, data.val_dataloader()))
print(d2l.cpu(), d2l.gpu(1), d2l.num_gpus(), d2l.try_gpu())
