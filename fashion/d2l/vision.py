"""Convolutional networks, as the chapters from LeNet to ResNeXt build and train them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import minigrad
from minigrad import nn, optim

from .classes import Classifier
from .draw import Animator
from .lecture import Accumulator, Timer, accuracy
from .names import Tensor

__all__ = [
    "LeNet", "ResNeXtBlock", "Residual", "corr2d", "evaluate_accuracy_gpu", "init_cnn", "resnet18",
    "train_ch6",
]  # fmt: skip

relu = nn.functional.relu


def corr2d(X: Tensor, K: Tensor) -> Tensor:
    """Return the cross-correlation of two matrices, by the loop that defines it.

    >>> X, K = arange(9.0).reshape(3, 3), tensor([[0.0, 1.0], [2.0, 3.0]])
    >>> corr2d(X, K)
    tensor([[19., 25.],
            [37., 43.]])
    """
    h, w = K.shape
    Y = minigrad.zeros((X.shape[0] - h + 1, X.shape[1] - w + 1))
    for i in range(Y.shape[0]):
        for j in range(Y.shape[1]):
            Y[i, j] = (X[i : i + h, j : j + w] * K).sum()
    return Y


def init_cnn(module: Any) -> None:
    """Draw the weights of a linear or convolutional layer by Xavier's rule; for `net.apply`."""
    if type(module) in (nn.Linear, nn.Conv2d):
        nn.init.xavier_uniform_(module.weight)


class LeNet(Classifier):
    """LeNet-5, with sigmoids and average pooling, for images of one or more channels.

    >>> LeNet()(minigrad.ones(2, 1, 28, 28)).shape
    torch.Size([2, 10])
    """

    def __init__(self, lr: float = 0.1, num_classes: int = 10) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.lr = lr
        self.net = nn.Sequential(
            nn.LazyConv2d(6, kernel_size=5, padding=2),
            nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.LazyConv2d(16, kernel_size=5),
            nn.Sigmoid(),
            nn.AvgPool2d(kernel_size=2, stride=2),
            nn.Flatten(),
            nn.LazyLinear(120),
            nn.Sigmoid(),
            nn.LazyLinear(84),
            nn.Sigmoid(),
            nn.LazyLinear(num_classes),
        )


class Residual(nn.Module):
    """ResNet's block: two convolutions whose result is added to the input.

    Both editions' arguments: `Residual(num_channels, use_1x1conv, strides)`, which learns the
    channels of the input, and `Residual(input_channels, num_channels, use_1x1conv, strides)`. The
    input passes a convolution of 1 x 1 with `use_1x1conv`, for other channels or `strides`.

    >>> X = minigrad.ones(4, 3, 6, 6)
    >>> Residual(3)(X).shape, Residual(3, 6, use_1x1conv=True, strides=2)(X).shape
    (torch.Size([4, 3, 6, 6]), torch.Size([4, 6, 3, 3]))
    """

    def __init__(self, *channels: Any, **options: Any) -> None:
        super().__init__()
        numbers = [n for n in channels[:2] if not isinstance(n, bool)]
        named = [options.pop(n) for n in ("input_channels", "num_channels") if n in options]
        out = (numbers + named)[-1]
        rest = dict(zip(("use_1x1conv", "strides"), channels[len(numbers) :], strict=False))
        self._build(out, **rest, **options)

    def _build(self, out: int, use_1x1conv: bool = False, strides: int = 1) -> None:
        self.conv1 = nn.LazyConv2d(out, kernel_size=3, padding=1, stride=strides)
        self.conv2 = nn.LazyConv2d(out, kernel_size=3, padding=1)
        self.conv3 = nn.LazyConv2d(out, kernel_size=1, stride=strides) if use_1x1conv else None
        self.bn1, self.bn2 = nn.LazyBatchNorm2d(), nn.LazyBatchNorm2d()

    def forward(self, X: Tensor) -> Tensor:
        """Return relu(f(X) + X)."""
        Y = self.bn2(self.conv2(relu(self.bn1(self.conv1(X)))))
        return relu(Y + (X if self.conv3 is None else self.conv3(X)))


class ResNeXtBlock(nn.Module):
    """ResNeXt's block: a bottleneck whose middle convolution has `groups` groups.

    `bot_mul` times `num_channels` is the width of the bottleneck.

    >>> ResNeXtBlock(32, 16, 1)(minigrad.ones(4, 32, 8, 8)).shape
    torch.Size([4, 32, 8, 8])
    """

    def __init__(
        self,
        num_channels: int,
        groups: int,
        bot_mul: float,
        use_1x1conv: bool = False,
        strides: int = 1,
    ) -> None:
        super().__init__()
        width = int(round(num_channels * bot_mul))
        self.conv1 = nn.LazyConv2d(width, kernel_size=1, stride=1)
        self.conv2 = nn.LazyConv2d(
            width, kernel_size=3, stride=strides, padding=1, groups=width // groups
        )
        self.conv3 = nn.LazyConv2d(num_channels, kernel_size=1, stride=1)
        self.bn1, self.bn2, self.bn3 = (nn.LazyBatchNorm2d() for _ in range(3))
        self.conv4 = self.bn4 = None
        if use_1x1conv:
            self.conv4 = nn.LazyConv2d(num_channels, kernel_size=1, stride=strides)
            self.bn4 = nn.LazyBatchNorm2d()

    def forward(self, X: Tensor) -> Tensor:
        """Return relu(f(X) + X)."""
        Y = relu(self.bn1(self.conv1(X)))
        Y = relu(self.bn2(self.conv2(Y)))
        Y = self.bn3(self.conv3(Y))
        return relu(Y + (self.bn4(self.conv4(X)) if self.conv4 and self.bn4 else X))


def resnet18(num_classes: int, in_channels: int = 1) -> nn.Sequential:
    """Return a ResNet-18 with a small first convolution and no first pooling, for small images.

    >>> resnet18(10)(minigrad.ones(1, 1, 16, 16)).shape
    torch.Size([1, 10])
    """
    net = nn.Sequential(
        nn.Conv2d(in_channels, 64, kernel_size=3, stride=1, padding=1),
        nn.BatchNorm2d(64),
        nn.ReLU(),
    )
    channels = 64
    for number, out in enumerate((64, 128, 256, 512), start=1):
        first = number == 1
        entry = Residual(channels, out, use_1x1conv=not first, strides=1 if first else 2)
        net.add_module(f"resnet_block{number}", nn.Sequential(entry, Residual(out, out)))
        channels = out
    net.add_module("global_avg_pool", nn.AdaptiveAvgPool2d((1, 1)))
    net.add_module("fc", nn.Sequential(nn.Flatten(), nn.Linear(512, num_classes)))
    return net


def evaluate_accuracy_gpu(net: Any, data_iter: Iterable[Any], device: Any = None) -> float:
    """Return the share of right predictions on a data set; a batch's X may be a list of Tensors.

    >>> batch = minigrad.eye(3), tensor([0, 1, 1])
    >>> f"{evaluate_accuracy_gpu(nn.Identity(), [batch]):.3f}"
    '0.667'
    """
    if isinstance(net, nn.Module):
        net.eval()
        device = device or next((p.device for p in net.parameters()), None)
    metric = Accumulator(2)  # right predictions, predictions
    with minigrad.no_grad():
        for X, y in data_iter:
            X = [x.to(device) for x in X] if isinstance(X, list) else X.to(device=device)
            metric.add(accuracy(net(X), y.to(device=device)), y.numel())
    return metric[0] / metric[1]


def train_ch6(
    net: Any, train_iter: Any, test_iter: Any, num_epochs: int, lr: float, device: Any
) -> None:
    """Train a network that tells classes apart, from weights by Xavier's rule, and draw its curves.

    Prints where it trains, and at the end the loss, both accuracies and the speed.
    """
    net.apply(init_cnn)
    print("training on", device)
    net.to(device)
    optimizer = optim.SGD(net.parameters(), lr=lr)
    loss = nn.CrossEntropyLoss()
    animator = Animator(
        xlabel="epoch", xlim=[1, num_epochs], legend=["train loss", "train acc", "test acc"]
    )
    timer, num_batches = Timer(), len(train_iter)
    timer.times.clear()
    seen = 0
    for epoch in range(num_epochs):
        metric = Accumulator(3)  # sum of the losses, right predictions, examples
        net.train()
        for i, (X, y) in enumerate(train_iter):
            timer.start()
            optimizer.zero_grad()
            X, y = X.to(device), y.to(device)
            y_hat = net(X)
            value = loss(y_hat, y)
            value.backward()
            optimizer.step()
            metric.add(value.detach() * X.shape[0], accuracy(y_hat, y), X.shape[0])
            timer.stop()
            train_l, train_acc = metric[0] / metric[2], metric[1] / metric[2]
            part = num_batches // 5
            if animator.live and ((part and (i + 1) % part == 0) or i == num_batches - 1):
                animator.add(epoch + (i + 1) / num_batches, (train_l, train_acc, None))
        seen += int(metric[2])
        test_acc = evaluate_accuracy_gpu(net, test_iter)
        animator.add(epoch + 1, (None if animator.live else train_l, train_acc, test_acc))
    print(f"loss {train_l:.3f}, train acc {train_acc:.3f}, test acc {test_acc:.3f}")
    print(f"{seen / timer.sum():.1f} examples/sec on {device}")
