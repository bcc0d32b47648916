"""fashion.memory uses memory again, and never memory that somebody still holds."""

from __future__ import annotations

import gc
import random
import threading

import numpy as np
import pytest

import minigrad
from fashion import memory, transforms

FLOAT = np.dtype(np.float32)


@pytest.fixture(autouse=True)
def nothing_kept(monkeypatch):
    monkeypatch.setattr(memory, "_blocks", [])


def address(array):
    return array.__array_interface__["data"][0]


def test_memory_is_used_again_once_its_array_is_gone():
    first = memory.empty((256, 784), FLOAT)
    place = address(first)
    second = memory.empty((256, 784), FLOAT)
    assert address(second) != place
    del first
    third = memory.empty((196, 32, 32), FLOAT)  # another shape of the same size
    assert address(third) == place
    assert third.shape == (196, 32, 32) and third.dtype == FLOAT and third.flags.writeable
    assert third.flags.c_contiguous and third.flags.aligned


HOLDERS = {
    "a view": lambda array: array[3:5],
    "a view of a view": lambda array: array.T[1:][:, ::2],
    "another type": lambda array: array.view(np.uint8),
    "a Tensor": minigrad.from_numpy,
    "a graph": lambda array: minigrad.from_numpy(array) * minigrad.ones(1, requires_grad=True),
    "a detached Tensor": lambda array: minigrad.from_numpy(array).detach(),
    "a Tensor's data": lambda array: minigrad.from_numpy(array).data,
    "a row": lambda array: minigrad.from_numpy(array)[0],
    "a memoryview": memoryview,
    "a foreign array": lambda array: np.asarray(memoryview(array)),
    "an iterator": np.nditer,
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_memory_that_is_held_is_left_alone(holder):
    array = memory.empty((8, 8), FLOAT)
    place = address(array)
    held = holder(array)
    del array
    others = [memory.empty((8, 8), FLOAT) for _ in range(3)]
    assert place not in map(address, others)
    del held
    assert address(memory.empty((8, 8), FLOAT)) == place


def test_what_is_held_keeps_its_values_whatever_comes_and_goes():
    rng = random.Random(0)
    held: list[tuple[np.ndarray, int]] = []
    for number in range(3000):
        array = memory.empty((rng.randint(1, 60), rng.choice([10, 100])), FLOAT)
        array[...] = number
        part = array[rng.randrange(len(array)) :, ::2]
        del array
        held.append((part, number))
        while len(held) > rng.randint(0, 8):
            part, value = held.pop(rng.randrange(len(held)))
            assert (part == value).all()
            del part


def test_threads_never_get_the_same_memory():
    wrong = []

    def work(number):
        for _ in range(1000):
            array = memory.empty((50, 10), FLOAT)
            array[...] = number
            if not (array == number).all():
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_a_finaliser_may_want_memory_while_memory_is_handed_out():
    class Late:
        def __init__(self):
            self.me = self  # only the collector can end it, and that may run anywhere

        def __del__(self):
            ends.append(memory.empty((8, 8), FLOAT).shape)

    def work():
        for _ in range(2000):
            Late()
            memory.empty((8, 8), FLOAT)

    ends = []
    thread = threading.Thread(target=work, daemon=True)  # a daemon, lest a deadlock stop all tests
    before = gc.get_threshold()
    gc.set_threshold(1)
    try:
        thread.start()
        thread.join(20)
    finally:
        gc.set_threshold(*before)
    assert not thread.is_alive() and len(ends) > 1000


def test_no_more_is_kept_than_is_said(monkeypatch):
    monkeypatch.setattr(memory, "LARGEST", 1000)
    monkeypatch.setattr(memory, "KEPT", 3000)
    arrays = [memory.empty((n, 4), np.dtype(np.uint8)) for n in range(0, 300)]
    assert sum(len(block) for block, _ in memory._blocks) <= 3000
    assert max(len(block) for block, _ in memory._blocks) <= 1000
    assert [array.shape for array in arrays] == [(n, 4) for n in range(0, 300)]


def test_a_small_array_does_not_keep_a_large_block():
    del_me = memory.empty((1000,), FLOAT)
    del del_me
    assert len(memory.empty((499,), FLOAT).base) < 4000


def test_batches_share_memory_only_with_those_that_are_gone():
    to_tensor, images = transforms.ToTensor(), np.full((4, 28, 28), 51, np.uint8)
    first, second = to_tensor(images), to_tensor(images * 2)
    assert (first == 0.2).all() and (second == 0.4).all()
    place = address(first.numpy())
    del first
    assert address(to_tensor(images).numpy()) == place


def test_a_batch_can_be_changed_in_place_while_gradients_are_recorded():
    w = minigrad.tensor(2.0, requires_grad=True)
    X = transforms.ToTensor()(np.full((4, 28, 28), 51, np.uint8))
    X *= w
    X.sum().backward()
    assert (X == 0.4).all() and w.grad.item() == pytest.approx(0.2 * 4 * 784)
