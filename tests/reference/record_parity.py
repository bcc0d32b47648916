"""Record torch's softmax regression, from weights and orders that NumPy makes: parity.json.

usage: python tests/reference/record_parity.py      where torch and the four full files are
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from fashion import datasets

SEED, EPOCHS, BATCH_SIZE, LR = 0, 10, 256, 0.1
PATH = Path(__file__).with_name("parity.json")


def start() -> np.ndarray:
    """Return the first weights, float32 (784, 10); the bias starts at 0."""
    return np.random.default_rng(SEED).normal(0, 0.01, (784, 10)).astype(np.float32)


def orders(count: int) -> list[np.ndarray]:
    """Return the order of the training images in each epoch."""
    rng = np.random.default_rng(SEED + 1)
    return [rng.permutation(count) for _ in range(EPOCHS)]


def record(load) -> dict[str, list[float]]:
    """Return torch's mean training loss and its test accuracy of each epoch."""
    import torch

    def tensors(train):
        images, labels = load(train)
        scaled = torch.from_numpy(images.copy()).float().div(255).reshape(-1, 784)
        return scaled, torch.from_numpy(labels.astype(np.int64))

    (X, y), (X_test, y_test) = tensors(True), tensors(False)
    W = torch.from_numpy(start()).requires_grad_()
    b = torch.zeros(10, requires_grad=True)
    trainer = torch.optim.SGD([W, b], lr=LR)
    losses, accuracies = [], []
    for order in orders(len(X)):
        total = 0.0
        for indices in torch.from_numpy(order).split(BATCH_SIZE):
            loss = torch.nn.functional.cross_entropy(X[indices] @ W + b, y[indices])
            trainer.zero_grad()
            loss.backward()
            trainer.step()
            total += loss.item() * len(indices)
        losses.append(total / len(X))
        with torch.no_grad():
            accuracies.append(((X_test @ W + b).argmax(1) == y_test).float().mean().item())
    return {"train_loss": losses, "test_accuracy": accuracies}


def main() -> None:
    """Write parity.json."""
    import torch

    found = {
        "torch": torch.__version__,
        "seed": SEED,
        "sample": record(datasets.load_sample),
        "full": record(lambda train: datasets.load_arrays(train=train)),
    }
    PATH.write_text(json.dumps(found, indent=1) + "\n")
    print(PATH)


if __name__ == "__main__":
    main()
