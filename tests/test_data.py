"""The loader: torch's batches, order, errors; threads that leave nothing behind."""

from __future__ import annotations

import collections
import gc
import subprocess
import sys
import threading
import time
import traceback
import weakref

import numpy as np
import pytest

import minigrad
from fashion import data, datasets, transforms
from fashion.data import (
    BatchSampler,
    DataLoader,
    Dataset,
    IterableDataset,
    RandomSampler,
    Sampler,
    SequentialSampler,
    Subset,
    TensorDataset,
    default_collate,
    random_split,
)


class Numbers(Dataset):
    """0 to n - 1, read sample by sample."""

    def __init__(self, n=10):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        assert type(index) is int
        return index


class Stream(IterableDataset):
    def __init__(self, n):
        self.n = n

    def __iter__(self):
        return iter(range(self.n))

    def __len__(self):
        return self.n


@pytest.fixture(scope="module")
def sample():
    """The embedded test sample as a data set with the lecture's transform."""

    class Sample(datasets.FashionMNIST):
        def __init__(self):
            self.data, labels = datasets.load_sample(train=False)
            self.targets = labels.astype(np.int64)
            self.transform, self.target_transform = transforms.ToTensor(), None

    return Sample()


def values(loader):
    return [batch.tolist() for batch in loader]


def seeded(seed=0):
    return minigrad.Generator().manual_seed(seed)


@pytest.fixture(autouse=True)
def no_thread_is_left():
    before = set(threading.enumerate())
    yield
    if not set(threading.enumerate()) <= before:
        gc.collect()  # a failed test's traceback may hold its iteration
    assert set(threading.enumerate()) <= before


WORKERS = pytest.mark.parametrize("workers", [0, 1, 3])


# -- batches -------------------------------------------------------------------------------------
def test_images_come_as_float_tensors_and_labels_as_int64(sample):
    X, y = next(iter(DataLoader(sample, batch_size=256)))
    assert X.shape == (256, 1, 28, 28) and X.dtype == minigrad.float32
    assert y.shape == (256,) and y.dtype == minigrad.int64
    np.testing.assert_array_equal(X.numpy()[:, 0], sample.data[:256] / np.float32(255))
    np.testing.assert_array_equal(y.numpy(), sample.targets[:256])


def test_a_batch_is_read_with_one_call(sample):
    calls = []

    class Counting(type(sample)):
        def __getitems__(self, indices):
            calls.append(len(indices))
            return super().__getitems__(indices)

        def __getitem__(self, index):
            raise AssertionError("read image by image")

    list(DataLoader(Counting(), batch_size=400))
    assert calls == [400, 400, 200]


def test_single_images_and_batches_are_the_same(sample):
    X, y = next(iter(DataLoader(sample, batch_size=5)))
    one = [sample[i] for i in range(5)]
    X1, y1 = next(iter(DataLoader(one, batch_size=5)))
    np.testing.assert_array_equal(X.numpy(), X1.numpy())
    assert y.tolist() == y1.tolist() and y1.dtype == minigrad.int64


def test_a_transform_for_single_images_is_served_image_by_image(sample):
    one_by_one = type(sample)()
    one_by_one.transform = lambda image: transforms.ToTensor()(image) * 2
    X, _ = next(iter(DataLoader(one_by_one, batch_size=3)))
    assert X.shape == (3, 1, 28, 28)
    assert X.max().item() <= 2


@WORKERS
def test_the_last_batch_is_smaller_or_dropped(workers):
    loader = DataLoader(Numbers(7), batch_size=3, num_workers=workers)
    assert len(loader) == 3 and values(loader) == [[0, 1, 2], [3, 4, 5], [6]]
    loader = DataLoader(Numbers(7), batch_size=3, drop_last=True, num_workers=workers)
    assert len(loader) == 2 and values(loader) == [[0, 1, 2], [3, 4, 5]]
    assert values(DataLoader(Numbers(2), batch_size=3, num_workers=workers)) == [[0, 1]]


@WORKERS
def test_an_empty_data_set_has_no_batches(workers):
    assert values(DataLoader([], batch_size=3, num_workers=workers)) == []


@WORKERS
def test_without_a_batch_size_samples_come_alone(workers):
    pairs = TensorDataset(minigrad.arange(3), minigrad.ones(3, 2))
    loader = DataLoader(pairs, batch_size=None, num_workers=workers)
    assert len(loader) == 3
    first = next(iter(loader))
    assert first[0].item() == 0 and first[1].shape == (2,)
    arrays = DataLoader([np.ones(2)], batch_size=None, num_workers=workers)
    assert isinstance(next(iter(arrays)), minigrad.Tensor)


def test_tensor_datasets_are_taken_apart_and_put_together():
    X, y = minigrad.rand(10, 3), minigrad.arange(10)
    batches = list(DataLoader(TensorDataset(X, y), batch_size=4))
    np.testing.assert_array_equal(minigrad.cat([b[0] for b in batches]).numpy(), X.numpy())
    assert [b[1].tolist() for b in batches] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    with pytest.raises(AssertionError, match="Size mismatch"):
        TensorDataset(X, y[:3])


@WORKERS
def test_collate_fn_gets_the_list_of_samples(sample, workers):
    seen = []

    def collate(samples):
        seen.append(samples)
        return len(samples)

    assert list(DataLoader(sample, 400, collate_fn=collate, num_workers=workers)) == [400, 400, 200]
    image, label = seen[0][0]
    assert image.shape == (1, 28, 28) and label == sample.targets[0]


def test_gradients_flow_through_a_loader():
    x = minigrad.ones(4, requires_grad=True)
    for workers in (0, 2):
        x.grad = None
        for (batch,) in DataLoader(TensorDataset(x), batch_size=2, num_workers=workers):
            (batch * 3).sum().backward()
        assert x.grad.tolist() == [3, 3, 3, 3]
        with minigrad.no_grad():
            (batch,) = next(iter(DataLoader(TensorDataset(x), num_workers=workers)))
        assert not batch.requires_grad


# -- collating -----------------------------------------------------------------------------------
Point = collections.namedtuple("Point", "x label")


def plain(batch):
    """Tensors, ours or torch's, as (type, values) within whatever holds them."""
    if hasattr(batch, "tolist"):
        return str(batch.dtype).replace("torch.", ""), batch.tolist()
    if isinstance(batch, collections.abc.Mapping):
        return type(batch).__name__, {key: plain(value) for key, value in batch.items()}
    if isinstance(batch, (list, tuple)):
        return type(batch).__name__, [plain(value) for value in batch]
    return batch


SAMPLES = [
    [1, 2],
    [1.5, 2.5],
    [True, False],
    ["a", "b"],
    [(1, 2.0), (3, 4.0)],
    [[1, "a"], [2, "b"]],
    [{"x": 1, "y": (1.0, 2)}, {"x": 2, "y": (3.0, 4)}],
    [Point(1, "a"), Point(2, "b")],
    [np.float32(1), np.float32(2)],
    [np.arange(2, dtype=np.int32), np.arange(2, dtype=np.int32)],
    [np.array(1.0), np.array(2.0)],
    [collections.OrderedDict(a=1), collections.OrderedDict(a=2)],
    [b"a", b"b"],
]


@pytest.mark.live
@pytest.mark.parametrize("samples", SAMPLES, ids=repr)
def test_collating_gives_what_torch_gives(samples):
    torch_data = pytest.importorskip("torch.utils.data")
    assert plain(default_collate(samples)) == plain(torch_data.default_collate(samples))


def test_pairs_of_images_and_labels_become_a_pair_of_batches():
    X, (y, name) = default_collate(
        [(minigrad.ones(2), (3, "coat")), (minigrad.zeros(2), (4, "bag"))]
    )
    assert X.tolist() == [[1, 1], [0, 0]] and y.tolist() == [3, 4] and list(name) == ["coat", "bag"]


def test_what_can_be_no_part_of_a_batch_is_refused():
    with pytest.raises(TypeError, match="must contain tensors, numpy arrays, numbers"):
        default_collate([object()])
    with pytest.raises(TypeError, match="found"):
        default_collate([np.array(["a"])])
    with pytest.raises(RuntimeError, match="equal size"):
        default_collate([(1, 2), (1, 2, 3)])


# -- order ---------------------------------------------------------------------------------------
@WORKERS
def test_shuffling_reads_each_sample_once_in_another_order_each_epoch(workers):
    loader = DataLoader(
        Numbers(50), batch_size=8, shuffle=True, generator=seeded(), num_workers=workers
    )
    first, second = (sum(values(loader), []) for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second and first != list(range(50))


def test_workers_change_neither_order_nor_bits(sample):
    def bits(workers):
        loader = DataLoader(
            sample, 64, shuffle=True, generator=seeded(), num_workers=workers, prefetch_factor=None
        )
        return [(X.numpy().tobytes(), y.numpy().tobytes()) for _ in range(2) for X, y in loader]

    alone = bits(0)
    for workers in (1, 2, 5):
        assert bits(workers) == alone


def test_order_holds_when_some_samples_take_longer():
    class Uneven(Numbers):
        def __getitem__(self, index):
            time.sleep(0.01 * (index % 3 == 0))
            return index

    loader = DataLoader(Uneven(20), num_workers=4)
    assert sum(values(loader), []) == list(range(20))


def test_several_workers_wait_side_by_side():
    together = threading.Barrier(3, timeout=10)

    class Slow(Numbers):
        def __getitem__(self, index):
            together.wait()
            return index

    assert len(list(DataLoader(Slow(6), num_workers=3))) == 6


@WORKERS
def test_the_generators_state_makes_the_order(workers):
    generator = seeded(3)
    loader = DataLoader(Numbers(30), 7, shuffle=True, generator=generator, num_workers=workers)
    values(loader)
    state = generator.get_state()
    expected = values(loader)
    generator.set_state(state)
    assert values(loader) == expected


def test_without_a_generator_the_default_one_decides():
    loader = DataLoader(Numbers(30), 30, shuffle=True)
    minigrad.manual_seed(1)
    first = values(loader)
    minigrad.manual_seed(1)
    assert values(loader) == first


def test_a_private_generator_leaves_the_default_one_alone():
    minigrad.manual_seed(5)
    expected = minigrad.rand(3).tolist()
    minigrad.manual_seed(5)
    values(DataLoader(Numbers(30), 7, shuffle=True, generator=seeded()))
    assert minigrad.rand(3).tolist() == expected


def test_samplers_and_batch_samplers_of_any_kind_decide():
    assert values(DataLoader(Numbers(), 2, sampler=[3, 1, 2])) == [[3, 1], [2]]
    assert values(DataLoader(Numbers(), 2, sampler=np.array([3, 1, 2]))) == [[3, 1], [2]]
    assert values(DataLoader(Numbers(), 2, sampler=minigrad.tensor([3, 1]))) == [[3, 1]]
    assert values(DataLoader(Numbers(), 2, sampler=(i for i in (5, 6, 7)))) == [[5, 6], [7]]
    loader = DataLoader(Numbers(), batch_sampler=[[3], [1, 2]])
    assert values(loader) == [[3], [1, 2]] and len(loader) == 2
    sampler = BatchSampler(SequentialSampler(Numbers(5)), 2, drop_last=True)
    assert values(DataLoader(Numbers(), batch_sampler=sampler)) == [[0, 1], [2, 3]]


def test_batch_samplers_are_lists_of_ints():
    batches = list(BatchSampler(RandomSampler(Numbers(5)), 2, drop_last=False))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert all(type(index) is int for batch in batches for index in batch)


def test_endless_samplers_work():
    def coin():
        while True:
            yield from (0, 1)

    first = next(iter(DataLoader(Numbers(), 3, sampler=coin())))
    assert first.tolist() == [0, 1, 0]
    first = next(iter(DataLoader(Numbers(), 3, sampler=coin(), num_workers=2)))
    assert first.tolist() == [0, 1, 0]


def test_random_samplers_draw_what_they_are_told():
    drawn = list(RandomSampler(Numbers(3), replacement=True, num_samples=100, generator=seeded()))
    assert len(drawn) == 100 and set(drawn) == {0, 1, 2}
    drawn = list(RandomSampler(Numbers(4), num_samples=10, generator=seeded()))
    assert sorted(drawn[:4]) == sorted(drawn[4:8]) == [0, 1, 2, 3] and len(drawn) == 10


# -- parts of data sets --------------------------------------------------------------------------
def test_subsets_and_their_subsets_read_the_right_samples(sample):
    part = Subset(Subset(sample, range(100, 200)), [5, 0, 99])
    X, y = next(iter(DataLoader(part, 3)))
    np.testing.assert_array_equal(y.numpy(), sample.targets[[105, 100, 199]])
    assert X.shape == (3, 1, 28, 28)
    assert part[0][1] == sample.targets[105]
    assert values(DataLoader(Subset(Numbers(), [4, 2]), 2)) == [[4, 2]]


def test_random_split_divides_by_lengths_and_by_fractions():
    parts = random_split(Numbers(10), [7, 3], generator=seeded())
    assert sorted(i for part in parts for i in part.indices) == list(range(10))
    again = random_split(Numbers(10), [7, 3], generator=seeded())
    assert [p.indices for p in parts] == [p.indices for p in again]
    assert [len(p) for p in random_split(Numbers(10), [0.25, 0.25, 0.5])] == [3, 2, 5]
    with pytest.raises(ValueError, match="Sum of input lengths"):
        random_split(Numbers(10), [7, 4])
    with pytest.raises(ValueError, match="Fraction at index 0"):
        random_split(Numbers(10), [1.5, -0.5])
    with pytest.warns(UserWarning, match="index 1 is 0"):
        random_split(Numbers(1), [0.9, 0.1])


# -- streams -------------------------------------------------------------------------------------
@WORKERS
def test_streams_are_read_in_their_order(workers):
    loader = DataLoader(Stream(5), batch_size=2, num_workers=workers)
    assert values(loader) == values(loader) == [[0, 1], [2, 3], [4]]
    assert len(loader) == 3
    assert values(DataLoader(Stream(5), 2, drop_last=True, num_workers=workers)) == [[0, 1], [2, 3]]
    assert list(DataLoader(Stream(3), batch_size=None, num_workers=workers)) == [0, 1, 2]


def test_endless_streams_can_be_left():
    class Endless(IterableDataset):
        def __iter__(self):
            i = 0
            while True:
                yield (i := i + 1)

    for workers in (0, 2):
        for batch in DataLoader(Endless(), 2, num_workers=workers):
            if batch.tolist() == [5, 6]:
                break


@pytest.mark.parametrize(
    "setting", [{"shuffle": True}, {"sampler": [1]}, {"batch_sampler": [[1]]}], ids=str
)
def test_streams_have_no_other_order(setting):
    (name,) = setting
    with pytest.raises(ValueError, match=f"expected unspecified {name} option"):
        DataLoader(Stream(3), **setting)


# -- errors --------------------------------------------------------------------------------------
WRONG = [
    ({"num_workers": -1}, "num_workers option should be non-negative"),
    ({"timeout": -1}, "timeout option should be non-negative"),
    ({"prefetch_factor": 2}, "prefetch_factor option could only be specified"),
    ({"num_workers": 1, "prefetch_factor": -1}, "prefetch_factor option should be"),
    ({"persistent_workers": True}, "persistent_workers option needs num_workers > 0"),
    ({"sampler": [0], "shuffle": True}, "sampler option is mutually exclusive with shuffle"),
    ({"batch_sampler": [[0]], "batch_size": 2}, "batch_sampler option is mutually exclusive"),
    ({"batch_sampler": [[0]], "drop_last": True}, "batch_sampler option is mutually exclusive"),
    ({"batch_size": None, "drop_last": True}, "batch_size=None option disables auto-batching"),
    ({"batch_size": 0}, "batch_size should be a positive integer value"),
    ({"batch_size": -3}, "batch_size should be a positive integer value"),
    ({"batch_size": 2.5}, "batch_size should be a positive integer value"),
    ({"batch_size": True}, "batch_size should be a positive integer value"),
    ({"drop_last": 1}, "drop_last should be a boolean value"),
]


@pytest.mark.parametrize(("settings", "words"), WRONG, ids=lambda x: str(x)[:40])
def test_settings_that_make_no_sense_are_refused(settings, words):
    with pytest.raises(ValueError, match=words):
        DataLoader(Numbers(), **settings)


@pytest.mark.live
@pytest.mark.parametrize(("settings", "words"), WRONG, ids=lambda x: str(x)[:40])
def test_torch_refuses_the_same(settings, words):
    torch_data = pytest.importorskip("torch.utils.data")
    with pytest.raises(ValueError):
        torch_data.DataLoader(list(range(10)), **settings)


def test_shuffling_nothing_is_refused_as_in_torch():
    with pytest.raises(ValueError, match="num_samples should be a positive integer value"):
        DataLoader([], shuffle=True)
    with pytest.raises(TypeError, match="replacement should be a boolean"):
        RandomSampler(Numbers(), replacement=1)
    with pytest.raises(TypeError, match="generator must be a minigrad.Generator"):
        DataLoader(Numbers(), shuffle=True, generator=np.random.default_rng(0))


class Broken(Numbers):
    def __getitem__(self, index):
        if index == 5:
            raise KeyError("sample five is missing")
        return index


@WORKERS
def test_a_samples_error_reaches_the_caller_after_the_batches_before_it(workers):
    seen = []
    with pytest.raises(KeyError, match="sample five is missing") as caught:
        for batch in DataLoader(Broken(), batch_size=2, num_workers=workers):
            seen.append(batch.tolist())
    assert seen == [[0, 1], [2, 3]]
    assert any(frame.name == "__getitem__" for frame in traceback.extract_tb(caught.tb))


@WORKERS
def test_a_samples_stopiteration_does_not_end_the_epoch_silently(workers):
    class Stops(Numbers):
        def __getitem__(self, index):
            raise StopIteration

    with pytest.raises(RuntimeError, match="StopIteration"):
        list(DataLoader(Stops(), num_workers=workers))


@WORKERS
def test_an_index_that_is_not_there_is_an_error(workers):
    with pytest.raises(IndexError):
        list(DataLoader([1, 2], sampler=[0, 7], num_workers=workers))


def test_a_batch_that_takes_too_long_is_given_up():
    stop = threading.Event()

    class Stuck(Numbers):
        def __getitem__(self, index):
            stop.wait(10)
            return index

    with pytest.raises(RuntimeError, match="timed out after 0.05 seconds"):
        list(DataLoader(Stuck(), num_workers=1, timeout=0.05))
    stop.set()
    for thread in threading.enumerate():
        if thread.name.startswith("DataLoader"):
            thread.join(10)


def test_worker_init_fn_is_called_once_in_each_thread():
    calls = []
    together = threading.Barrier(2, timeout=10)

    class Both(Numbers):
        def __getitem__(self, index):
            together.wait()
            return index

    def start(number):
        calls.append((number, threading.current_thread().name))

    list(DataLoader(Both(6), num_workers=2, worker_init_fn=start))
    assert sorted(number for number, _ in calls) == [0, 1]
    assert len({name for _, name in calls}) == 2
    with pytest.raises(ZeroDivisionError):
        list(DataLoader(Numbers(), num_workers=2, worker_init_fn=lambda number: 1 / 0))


# -- leaving -------------------------------------------------------------------------------------
def loader_threads():
    return [t for t in threading.enumerate() if t.name.startswith("DataLoader")]


@pytest.mark.parametrize("workers", [1, 4])
def test_an_iteration_that_is_left_leaves_no_thread_and_no_batch(workers):
    alive = weakref.WeakValueDictionary()

    class Tracked(Numbers):
        def __getitem__(self, index):
            array = np.zeros(1000)
            alive[index] = array
            return array

    gc.disable()  # everything has to go by itself
    try:
        for _ in DataLoader(Tracked(100), batch_size=None, num_workers=workers, prefetch_factor=4):
            assert loader_threads()
            break
        del _
        assert not loader_threads()
        assert not len(alive)
        with pytest.raises(ZeroDivisionError):
            for batch in DataLoader(Tracked(100), num_workers=workers):
                batch / (1 // 0)
    finally:
        gc.enable()
    del batch
    assert not len(alive)


def test_no_more_than_the_prefetched_batches_are_prepared():
    read = []

    class Noting(Numbers):
        def __getitem__(self, index):
            read.append(index)
            return index

    batches = iter(DataLoader(Noting(100), num_workers=2, prefetch_factor=3))
    next(batches)
    time.sleep(0.1)
    assert len(read) == 6
    del batches


def test_batches_do_not_pile_up():
    alive = weakref.WeakValueDictionary()

    class Tracked(Numbers):
        def __getitem__(self, index):
            array = np.zeros(10)
            alive[index] = array
            return array

    most = 0
    for batch in DataLoader(Tracked(50), batch_size=None, num_workers=1, prefetch_factor=2):
        del batch
        most = max(most, len(alive))
    assert most <= 3


def test_the_order_is_drawn_when_the_first_batch_is_asked_for():
    generator = seeded(0)
    loader = DataLoader(range(9), 9, shuffle=True, generator=generator)
    first, second = iter(loader), iter(loader)
    generator.manual_seed(1)
    expected = next(first).tolist()
    generator.manual_seed(1)
    assert next(second).tolist() == expected


def test_a_sampler_of_ones_own_is_iterated_whatever_else_it_has():
    class Named(Sampler):
        order = "backwards"

        def __iter__(self):
            return iter([2, 1, 0])

    class Backwards(RandomSampler):
        def __iter__(self):
            return iter([2, 1, 0])

    for sampler in (Named(), Backwards(range(3))):
        assert list(BatchSampler(sampler, 2, False)) == [[2, 1], [0]]


class WholeBatches:
    """Hands out whole batches, and notes which thread has asked for each."""

    def __init__(self, count):
        self.count, self.threads = count, []

    def __len__(self):
        return self.count

    def __getitems__(self, indices):
        self.threads.append(threading.current_thread().name)
        return np.asarray(indices)


def test_one_thread_prepares_the_batches_of_a_data_set_that_says_nothing():
    silent = WholeBatches(40)
    expected = [list(range(i, i + 4)) for i in range(0, 40, 4)]
    assert values(DataLoader(silent, 4, num_workers=2)) == expected
    assert silent.threads == ["DataLoader-0"] * 10


@pytest.mark.parametrize("subsets", [0, 1, 2])
def test_cheap_batches_are_made_at_once(subsets):
    cheap = WholeBatches(40)
    cheap.max_workers = 0
    dataset = cheap
    for _ in range(subsets):
        dataset = Subset(dataset, range(40))
    assert len(values(DataLoader(dataset, 4, num_workers=2))) == 10
    assert set(cheap.threads) == {threading.current_thread().name}
    cheap.threads.clear()  # who wants to know of threads gets one
    numbers = []
    loader = DataLoader(dataset, 4, num_workers=2, worker_init_fn=numbers.append)
    assert len(values(loader)) == 10
    assert numbers == [0] and set(cheap.threads) == {"DataLoader-0"}


@pytest.mark.parametrize(("declared", "started"), [(2, 2), (None, 3), (9, 3)])
def test_as_many_threads_are_started_as_are_asked_for_and_help(declared, started):
    together = threading.Barrier(started, timeout=10)

    class Meeting(WholeBatches):
        max_workers = declared

        def __getitems__(self, indices):
            together.wait()
            return super().__getitems__(indices)

    meeting = Meeting(4 * started)
    values(DataLoader(meeting, 4, num_workers=3))
    assert set(meeting.threads) == {f"DataLoader-{i}" for i in range(started)}


def test_the_data_sets_here_say_what_their_batches_cost():
    images, labels = datasets.load_sample(train=False)
    tensors, small = transforms.ToTensor(), transforms.Resize(14)

    def said(*steps, **more):
        transform = transforms.Compose(steps) if steps else None
        return datasets.ArrayDataset(images, labels, transform, **more).max_workers

    assert said() == said(tensors) == said(tensors, transforms.Normalize([0.5], [0.5])) == 0
    assert said(small, tensors) == said(tensors, lambda image: image) == 1
    assert said(target_transform=abs) == 1
    assert TensorDataset(minigrad.arange(3)).max_workers == 0


def test_two_iterations_at_once_do_not_disturb_each_other():
    loader = DataLoader(Numbers(6), batch_size=2, num_workers=2)
    assert [(a.tolist(), b.tolist()) for a, b in zip(loader, loader, strict=True)] == [
        ([0, 1], [0, 1]), ([2, 3], [2, 3]), ([4, 5], [4, 5]),
    ]  # fmt: skip


def test_python_ends_although_an_iteration_is_held():
    code = (
        "from fashion import data\n"
        "held = iter(data.DataLoader(list(range(100)), num_workers=2))\n"
        "print(next(held).item())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=60)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, b"0", b"")


def test_the_public_names_are_all_there():
    for name in data.__all__:
        assert hasattr(data, name)
