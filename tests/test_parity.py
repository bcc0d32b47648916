"""The whole training agrees with torch's, epoch by epoch, from the same weights and orders."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import full_data
import numpy as np
import pytest

import minigrad
from fashion import d2l, data, datasets, transforms
from minigrad import nn, optim

REFERENCE = Path(__file__).parent / "reference"
_spec = importlib.util.spec_from_file_location("record_parity", REFERENCE / "record_parity.py")
recorder = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(recorder)
RECORDED = json.loads(recorder.PATH.read_text())


class Images(data.Dataset):
    def __init__(self, images, labels):
        self.images, self.labels = images, labels.astype(np.int64)

    def __len__(self):
        return len(self.images)

    def __getitems__(self, indices):
        return transforms.ToTensor()(self.images[indices]), self.labels[indices]


def scratch():
    W = minigrad.from_numpy(recorder.start()).requires_grad_()
    b = minigrad.zeros(10, requires_grad=True)

    def net(X):
        exp = minigrad.exp(minigrad.matmul(X.reshape((-1, 784)), W) + b)
        return exp / exp.sum(1, keepdim=True)

    def cross_entropy(y_hat, y):
        return -minigrad.log(y_hat[range(len(y_hat)), y])

    return net, cross_entropy, lambda batch_size: d2l.sgd([W, b], recorder.LR, batch_size)


def concise():
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    with minigrad.no_grad():
        net[1].weight.copy_(minigrad.from_numpy(recorder.start().T))
        net[1].bias.zero_()
    return net, nn.CrossEntropyLoss(reduction="none"), optim.SGD(net.parameters(), recorder.LR)


def check(make, load, expected):
    train, test = Images(*load(True)), Images(*load(False))
    net, loss, updater = make()
    for i, order in enumerate(recorder.orders(len(train))):
        batches = data.DataLoader(train, recorder.BATCH_SIZE, sampler=order)
        found, _ = d2l.train_epoch_ch3(net, batches, loss, updater)
        accuracy = d2l.evaluate_accuracy(net, data.DataLoader(test, 1000))
        assert found == pytest.approx(expected["train_loss"][i], abs=2e-5), f"epoch {i + 1}"
        assert accuracy == pytest.approx(expected["test_accuracy"][i], abs=0.0005), f"epoch {i + 1}"
    assert i + 1 == recorder.EPOCHS


@pytest.mark.parametrize("make", [scratch, concise])
def test_ten_epochs_on_the_sample_are_torchs(make):
    check(make, datasets.load_sample, RECORDED["sample"])


@pytest.mark.full
@pytest.mark.slow
@pytest.mark.parametrize("make", [scratch, concise])
def test_ten_epochs_on_the_full_set_are_torchs(make):
    folder = full_data.folder()
    check(make, lambda train: datasets.load_arrays(folder, train), RECORDED["full"])


@pytest.mark.live
def test_the_recording_is_what_torch_gives_today():
    pytest.importorskip("torch")
    found = recorder.record(datasets.load_sample)
    assert found["train_loss"] == pytest.approx(RECORDED["sample"]["train_loss"], abs=2e-5)
