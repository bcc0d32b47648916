"""A user's program of the usual kind, which type checkers must find nothing wrong with.

Not run by pytest: tests/test_typing.py gives it to mypy and Pyright, and two broken copies of it.
"""

from __future__ import annotations

import numpy as np

import minigrad as torch
from minigrad import Tensor, nn, optim
from minigrad.nn import functional as F


class Net(nn.Module):
    def __init__(self, width: int = 16) -> None:
        super().__init__()
        self.hidden = nn.Linear(784, width)
        self.out = nn.Linear(width, 10)

    def forward(self, images: Tensor) -> Tensor:
        x = images.reshape(-1, 784).float()
        x = F.relu(self.hidden(x))
        return self.out(x)


def accuracy(scores: Tensor, labels: Tensor) -> float:
    hits = scores.argmax(dim=1) == labels
    return float(hits.float().mean())


def softmax(z: Tensor) -> Tensor:
    powers = (z - z.amax(1, keepdim=True)).exp()
    return powers / powers.sum(1, keepdim=True)


def main() -> None:
    torch.manual_seed(0)
    images = torch.rand(32, 1, 28, 28)
    labels = torch.randint(0, 10, (32,))
    net = Net()
    trainer = optim.SGD(net.parameters(), lr=0.1)
    loss_fn = nn.CrossEntropyLoss()
    for epoch in range(3):
        trainer.zero_grad()
        loss = loss_fn(net(images), labels)
        loss.backward()
        trainer.step()
        print(epoch, loss.item(), f"{accuracy(net(images), labels):.3f}")
    w = torch.tensor([1.0, 2.0], requires_grad=True)
    total = (softmax(w.reshape(1, 2)) * 2 + 1 - w / 3).sum(dim=-1, keepdim=True)
    (gradient,) = torch.autograd.grad(total, w, torch.ones(1, 1), create_graph=True)
    with torch.no_grad():
        w -= 0.1 * gradient
        w[0] = 3.0
    rows = torch.stack([w, w.sqrt()]).T[:, 0]
    mask = torch.where(rows > 0, rows, torch.zeros_like(rows))
    array: np.ndarray = mask.detach().numpy()
    print(array.shape, w.shape[0], w.dtype, -w, 2 ** w.abs(), w.dim(), [t.item() for t in w])


if __name__ == "__main__":
    main()
