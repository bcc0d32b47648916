"""What the lectures share: the images or the text, first weights, the order of the batches.

All random numbers are NumPy's. So a lecture is the same run with minigrad and with torch, number by
number, when only its import lines change.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from fashion.training import command

TEXT = Path(__file__).with_name("text.txt")  # written for this project, under its licence, MIT


class Images(NamedTuple):
    """Images, float32 (n, 1, 28, 28) from 0 to 1, and labels, int64 (n,): to train, to test."""

    X: np.ndarray
    y: np.ndarray
    X_test: np.ndarray
    y_test: np.ndarray


def images(found: command.Data) -> Images:
    """The two sets as arrays."""
    scaled = (part.data[:, None] / np.float32(255) for part in (found.train, found.test))
    X, X_test = scaled
    return Images(X, found.train.targets, X_test, found.test.targets)


def text() -> str:
    """The text that ships with the lectures, in small letters."""
    return TEXT.read_text(encoding="utf-8").lower()


def batches(rng: np.random.Generator, count: int, size: int) -> Iterator[np.ndarray]:
    """The places 0 to count - 1 in a new order, so many at a time."""
    order = rng.permutation(count)
    for i in range(0, count, size):
        yield order[i : i + size]


def first_weights(torch: Any, net: Any, rng: np.random.Generator, std: float | None = None) -> None:
    """Draw a module's weights, and set its biases to 0.

    A weight is normal with this deviation, or even between Xavier Glorot's bounds; what scales a
    normalised value, and has one dimension, stays 1.
    """
    with torch.no_grad():
        for name, p in net.named_parameters():
            if p.dim() > 1:
                rest = int(np.prod(p.shape[2:]))
                bound = (6 / ((p.shape[0] + p.shape[1]) * rest)) ** 0.5
                drawn = rng.uniform(-bound, bound, p.shape) if std is None else (
                    rng.normal(0, std, p.shape))  # fmt: skip
                p.copy_(torch.tensor(drawn, dtype=torch.float32))
            elif "bias" in name:
                p.zero_()


def accuracy(torch: Any, net: Callable[[Any], Any], X: np.ndarray, y: np.ndarray) -> float:
    """The part of the images that a net, or a function, predicts right."""
    right = 0
    with torch.no_grad():
        for i in range(0, len(X), 1000):
            y_hat = net(torch.tensor(X[i : i + 1000])).numpy()
            right += int((y_hat.argmax(1) == y[i : i + 1000]).sum())
    return right / len(y)


def program(
    file: str, doc: str | None, train: Callable[..., Any], epochs: int, reads: str = "images"
) -> int:
    """Run a lecture as a command; returns its exit status."""

    def body(argv: list[str] | None) -> int:
        parser = command.Parser(file, doc)
        parser.add_argument("--epochs", type=command.COUNT, metavar="N", default=epochs,
                            help="passes over the data (default: %(default)s)")  # fmt: skip
        if reads == "images":
            command.add_data_options(parser)
        options = parser.parse_args(argv)
        if reads == "images":
            data: Any = images(command.load(options.data, options.data_root))
        else:
            data = text()
            print(f"data: {TEXT.name}, {len(data):,} characters, {len(set(data))} different")
        train(data, options.epochs)
        return 0

    return command.run(Path(file).name, body)
