"""The lecture's code on PyTorch: Pillow images one by one, four workers, its own formulas."""

from __future__ import annotations

from typing import Any

import numpy as np
import problem
import torch
from PIL import Image
from torch.utils import data

WORKERS = 4


class ToTensor:
    """A Pillow image as a float tensor (1, h, w) in 0 to 1, as torchvision's transform makes it."""

    def __call__(self, image: Image.Image) -> torch.Tensor:
        pixels = torch.from_numpy(np.array(image, np.uint8))
        pixels = pixels.view(image.size[1], image.size[0], len(image.getbands()))
        return pixels.permute(2, 0, 1).contiguous().to(torch.float32).div(255)


class FashionMNIST(data.Dataset):
    """Images and labels in memory; each becomes a Pillow image when it is asked for."""

    def __init__(self, images: np.ndarray, labels: np.ndarray) -> None:
        self.data, self.targets = torch.from_numpy(images), torch.from_numpy(labels)
        self.transform = ToTensor()

    def __len__(self) -> int:
        return len(self.data)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        return self.transform(Image.fromarray(self.data[index].numpy())), int(self.targets[index])


def softmax(X: torch.Tensor) -> torch.Tensor:
    """The lecture's softmax."""
    X_exp = torch.exp(X)
    return X_exp / X_exp.sum(1, keepdim=True)


def cross_entropy(y_hat: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
    """The lecture's loss."""
    return -torch.log(y_hat[range(len(y_hat)), y])


def accuracy(y_hat: torch.Tensor, y: torch.Tensor) -> float:
    """How many predictions are right."""
    return float((y_hat.argmax(axis=1).type(y.dtype) == y).type(y.dtype).sum())


class Contestant:
    """Softmax regression from scratch, and the loader."""

    def __init__(self, folder: str) -> None:
        arrays = problem.arrays(folder)
        self.train = FashionMNIST(arrays.images, arrays.labels)
        self.test = FashionMNIST(arrays.test_images, arrays.test_labels)
        self.W = torch.from_numpy(problem.weights()).requires_grad_()
        self.b = torch.zeros(10, requires_grad=True)

    def loader(self, dataset: FashionMNIST, **order: Any) -> data.DataLoader:
        return data.DataLoader(dataset, problem.BATCH_SIZE, num_workers=WORKERS, **order)

    def net(self, X: torch.Tensor) -> torch.Tensor:
        """The lecture's net."""
        return softmax(torch.matmul(X.reshape((-1, self.W.shape[0])), self.W) + self.b)

    def sgd(self, batch_size: int) -> None:
        """The lecture's step."""
        with torch.no_grad():
            for param in (self.W, self.b):
                param -= problem.LR * param.grad / batch_size
                param.grad.zero_()

    def epoch(self, seed: int) -> float:
        """Train an epoch, counting loss and right answers; return the mean loss."""
        loss = right = 0.0
        rows = problem.order(len(self.train), seed).tolist()
        for X, y in self.loader(self.train, sampler=rows):
            y_hat = self.net(X)
            losses = cross_entropy(y_hat, y)
            losses.sum().backward()
            self.sgd(X.shape[0])
            loss += float(losses.detach().sum())
            right += accuracy(y_hat, y)
        self.accuracy = right / len(self.train)
        return loss / len(self.train)

    def evaluate(self) -> float:
        """Return the accuracy on the test set."""
        with torch.no_grad():
            return sum(accuracy(self.net(X), y) for X, y in self.loader(self.test)) / len(self.test)

    def one_pass(self, workers: int) -> int:
        """Read the training set once, shuffled; return how many images there were."""
        return sum(len(y) for X, y in self.loader(self.train, shuffle=True))
