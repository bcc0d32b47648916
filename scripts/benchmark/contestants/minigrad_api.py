"""This project as its users use it: data set, loader, net, loss, SGD, the lecture's loop."""

from __future__ import annotations

import os
from pathlib import Path

import chains
import problem

import minigrad
from fashion import d2l, data, datasets, transforms
from minigrad import nn, optim

WORKERS = int(os.environ.get("BENCHMARK_WORKERS", "0"))


def softmax_net(outputs: int, inputs: int) -> nn.Sequential:
    """Softmax regression with NumPy's initial weights."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(inputs, outputs))
    net[-1].weight.data.copy_(minigrad.tensor(problem.weights(inputs, outputs).T))
    net[-1].bias.data.zero_()
    return net


class Contestant(chains.Chains):
    """Softmax regression, chains of operations, the loader, and reading the files."""

    def __init__(self, folder: str) -> None:
        super().__init__(minigrad)
        if Path(folder, "kind").read_text(encoding="utf-8") == "full":
            self.train, self.test = (
                datasets.FashionMNIST(train=train, transform=transforms.ToTensor())
                for train in (True, False)
            )
        else:
            self.train, self.test = (
                datasets.ArrayDataset(*datasets.load_sample(train), transforms.ToTensor())
                for train in (True, False)
            )
        self.test_iter = data.DataLoader(self.test, problem.BATCH_SIZE, num_workers=WORKERS)
        self.net = softmax_net(problem.CLASSES, problem.PIXELS)
        self.loss = nn.CrossEntropyLoss(reduction="none")
        self.trainer = optim.SGD(self.net.parameters(), lr=problem.LR)

    def epoch(self, seed: int) -> float:
        """Train an epoch, counting loss and right answers; return the mean loss."""
        loss, self.accuracy = d2l.train_epoch_ch3(
            self.net, self.loader(seed), self.loss, self.trainer
        )
        return loss

    def loader(self, seed: int) -> data.DataLoader:
        """Return a loader of the training set, in the order that all are given."""
        order = problem.order(len(self.train), seed)
        return data.DataLoader(self.train, problem.BATCH_SIZE, sampler=order, num_workers=WORKERS)

    def parts(self, seed: int, calls: bool = False) -> dict[str, float]:
        """Train an epoch, step by step as `d2l.train_epoch_ch3` does; return the seconds, or the
        calls of functions, of its parts.
        """
        metric, lap = d2l.Accumulator(3), problem.Laps(calls)
        for X, y in self.loader(seed):
            lap("load")
            y_hat = self.net(X)
            lap("forward")
            values = self.loss(y_hat, y)
            mean = values.mean()
            lap("loss")
            self.trainer.zero_grad()
            mean.backward()
            lap("backward")
            self.trainer.step()
            lap("update")
            metric.add(values.detach().sum(), d2l.accuracy(y_hat, y), y.numel())
            lap("count")
        return lap.close()

    def evaluate(self) -> float:
        """Return the accuracy on the test set."""
        return d2l.evaluate_accuracy(self.net, self.test_iter)

    def one_pass(self, workers: int) -> int:
        """Read the training set once, shuffled; return how many images there were."""
        train_iter = data.DataLoader(
            self.train, problem.BATCH_SIZE, shuffle=True, num_workers=workers
        )
        return sum(len(y) for X, y in train_iter)

    def set_up(self, size: int, inputs: int, classes: int) -> None:
        """Prepare to train on one batch."""
        self.X, self.y = map(minigrad.tensor, problem.batch(size, inputs, classes))
        self.small = softmax_net(classes, inputs)
        self.small_trainer = optim.SGD(self.small.parameters(), lr=problem.LR)
        self.mean_loss = nn.CrossEntropyLoss()

    def steps(self, count: int) -> float:
        """Take so many steps and return the loss before the last one."""
        for _ in range(count):
            loss = self.mean_loss(self.small(self.X), self.y)
            self.small_trainer.zero_grad()
            loss.backward()
            self.small_trainer.step()
        return loss.item()

    def many_steps(self, count: int) -> int:
        """Train for so many steps on batches of the data; return how many."""
        done = 0
        while done < count:
            for X, y in data.DataLoader(self.train, problem.BATCH_SIZE, shuffle=True):
                self.trainer.zero_grad()
                self.loss(self.net(X), y).mean().backward()
                self.trainer.step()
                done += 1
                if done == count:
                    break
        return done

    def forget(self, folder: str) -> None:
        """Remove the copies that the first load has left beside the gzip files."""
        for copy in Path(folder).glob("*.checked"):
            copy.unlink()

    def load(self, folder: str) -> int:
        """Load and verify the four files; return how many images there were."""
        if Path(folder, "train-images-idx3-ubyte.gz").stat().st_size < 10_000_000:  # the sample
            parts = [datasets.load_sample(train)[0] for train in (True, False)]
        else:
            parts = [datasets.load_arrays(folder, train)[0] for train in (True, False)]
        return sum(map(len, parts))
