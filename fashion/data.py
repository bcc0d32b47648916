"""Data sets, samplers and the loader that makes batches of them, with torch.utils.data's names.

Where torch starts processes, threads prepare batches here: NumPy lets go of the interpreter while
it works, and nothing has to be copied from one process to another.
"""

from __future__ import annotations

import collections
import copy
import itertools
import math
import queue
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

import minigrad

__all__ = [
    "BatchSampler", "DataLoader", "Dataset", "IterableDataset", "RandomSampler", "Sampler",
    "SequentialSampler", "Subset", "TensorDataset", "default_collate", "default_convert",
    "random_split",
]  # fmt: skip

Generator = minigrad.Generator
Indices = np.ndarray[Any, np.dtype[np.int64]]


# -- data sets -----------------------------------------------------------------------------------
class Dataset:
    """What the loader reads from: `dataset[i]` is a sample, `len(dataset)` how many there are.

    Any object with these two will do. One that can hand out a whole batch faster than sample by
    sample says so with a method `__getitems__(indices)`, which gets an array of int64; what it
    returns is the batch, unless it is a list: that is of samples, as in torch.

    >>> class Squares(Dataset):
    ...     def __len__(self):
    ...         return 4
    ...     def __getitem__(self, i):
    ...         return i, i * i
    >>> next(iter(DataLoader(Squares(), batch_size=4)))
    [tensor([0, 1, 2, 3]), tensor([0, 1, 4, 9])]
    """

    def __getitem__(self, index: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} has to define __getitem__(index)")


class IterableDataset(Dataset):
    """Samples that come one after the other, in an order of their own: it defines `__iter__`.

    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(DataLoader(Countdown(), batch_size=2))
    [tensor([3, 2]), tensor([1])]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} has to define __iter__()")


class TensorDataset(Dataset):
    """Tensors of the same length side by side: a sample has one row of each.

    AssertionError when the lengths differ, as in torch.

    >>> TensorDataset(minigrad.arange(3), minigrad.tensor([5.0, 6.0, 7.0]))[1]
    (tensor(1), tensor(6.))
    """

    def __init__(self, *tensors: minigrad.Tensor) -> None:
        if any(len(tensor) != len(tensors[0]) for tensor in tensors):
            lengths = ", ".join(str(len(tensor)) for tensor in tensors)
            raise AssertionError(f"Size mismatch between tensors: they have {lengths} rows")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[minigrad.Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    __getitems__ = __getitem__

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset):
    """Some of the samples of another data set, by their indices.

    >>> Subset("abcd", [3, 1])[0]
    'd'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    def __getitem__(self, index: int) -> Any:
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Indices) -> Any:
        picked = np.asarray(self.indices, np.int64)[indices]
        return _samples(self.dataset, picked)

    def __len__(self) -> int:
        return len(self.indices)


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset]:
    """Divide a data set at random into subsets of these lengths, or of these fractions of it.

    ValueError when the lengths do not add up to the data set's.

    >>> [len(part) for part in random_split(range(10), [0.7, 0.3])]
    [7, 3]
    """
    total = len(dataset)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1:
        for i, fraction in enumerate(lengths):
            if not 0 <= fraction <= 1:
                raise ValueError(f"Fraction at index {i} is not between 0 and 1: {fraction}")
        sizes = [math.floor(total * fraction) for fraction in lengths]
        for i in range(total - sum(sizes)):
            sizes[i % len(sizes)] += 1
        for i, size in enumerate(sizes):
            if size == 0:
                text = f"Length of split at index {i} is 0. This might result in an empty dataset."
                warnings.warn(text, stacklevel=2)
    else:
        sizes = [int(length) for length in lengths]
    if sum(sizes) != total:
        raise ValueError(
            "Sum of input lengths does not equal the length of the input dataset! "
            f"{' + '.join(map(str, sizes))} is not {total}"
        )
    order = minigrad.randperm(total, generator=generator).tolist()
    ends = itertools.accumulate(sizes)
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


# -- samplers ------------------------------------------------------------------------------------
class Sampler:
    """The order in which samples are read: it defines `__iter__`, and `__len__` where it is known.

    Those below also give the whole order at once, as an array: `order()`.

    >>> class Backwards(Sampler):
    ...     def __iter__(self):
    ...         return iter([2, 1, 0])
    >>> list(DataLoader("abc", sampler=Backwards()))
    [['c'], ['b'], ['a']]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} has to define __iter__()")


class SequentialSampler(Sampler):
    """All indices from the first to the last.

    >>> list(SequentialSampler("abc"))
    [0, 1, 2]
    """

    def __init__(self, data_source: Any) -> None:
        self.data_source = data_source

    def order(self) -> Indices:
        return np.arange(len(self.data_source))

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """Indices in an order that is drawn anew each time, from `generator` or the default one.

    With `replacement` each is drawn from all. The state of the generator before is all that the
    order depends on. TypeError and ValueError for wrong settings, as in torch.

    >>> g = minigrad.Generator().manual_seed(0)
    >>> sorted(RandomSampler("abc", generator=g))
    [0, 1, 2]
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Generator | None = None,
    ) -> None:
        self.data_source, self.replacement, self.generator = data_source, replacement, generator
        self._num_samples = num_samples
        if not isinstance(replacement, bool):
            raise TypeError(
                f"replacement should be a boolean value, but got replacement={replacement}"
            )
        if not isinstance(self.num_samples, int) or self.num_samples <= 0:
            raise ValueError(
                "num_samples should be a positive integer value, "
                f"but got num_samples={self.num_samples}"
            )

    @property
    def num_samples(self) -> int:
        return len(self.data_source) if self._num_samples is None else self._num_samples

    def order(self) -> Indices:
        n, wanted = len(self.data_source), self.num_samples
        if self.replacement:
            return minigrad.randint(n, (wanted,), generator=self.generator).numpy()
        orders = [
            minigrad.randperm(n, generator=self.generator).numpy() for _ in range(-(-wanted // n))
        ]
        return np.concatenate(orders)[:wanted]

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The indices of a sampler, or of any sequence, in batches; the last may be smaller.

    ValueError for a batch size that is no positive integer.

    >>> list(BatchSampler(range(5), batch_size=2, drop_last=False))
    [[0, 1], [2, 3], [4]]
    """

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool) -> None:
        if not isinstance(batch_size, int) or isinstance(batch_size, bool) or batch_size <= 0:
            raise ValueError(
                f"batch_size should be a positive integer value, but got batch_size={batch_size}"
            )
        if not isinstance(drop_last, bool):
            raise ValueError(f"drop_last should be a boolean value, but got drop_last={drop_last}")
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def arrays(self) -> Iterator[Any]:
        """Yield each batch's indices as they can be had fastest: slices of the order, or a list.

        >>> next(BatchSampler(SequentialSampler("abcd"), 3, False).arrays())
        array([0, 1, 2])
        """
        size = self.batch_size
        order = self.sampler
        if type(order) in (SequentialSampler, RandomSampler):  # a subclass may iterate otherwise
            order = order.order()
        if isinstance(order, (np.ndarray, minigrad.Tensor)):
            order = np.asarray(order)
            for i in range(0, len(order) // size * size if self.drop_last else len(order), size):
                yield order[i : i + size]
            return
        indices = iter(order)
        while batch := [int(i) for i in itertools.islice(indices, size)]:
            if len(batch) == size or not self.drop_last:
                yield batch

    def __iter__(self) -> Iterator[list[int]]:
        return (list(map(int, batch)) for batch in self.arrays())

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole if self.drop_last or not rest else whole + 1


# -- samples to batches --------------------------------------------------------------------------
def default_convert(data: Any) -> Any:
    """Make Tensors of the arrays in a batch, wherever they are in it; a tuple becomes a list.

    >>> default_convert((np.ones(2, np.float32), {"label": "shirt"}))
    [tensor([1., 1.]), {'label': 'shirt'}]
    """
    if isinstance(data, minigrad.Tensor):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        return minigrad.from_numpy(array) if array.dtype.kind in "bifu" else data
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, (tuple, list)):
        return [default_convert(value) for value in data]
    if isinstance(data, Mapping):  # last: asking an abstract class takes longest
        return _like(data, {key: default_convert(value) for key, value in data.items()})
    return data


def default_collate(batch: Sequence[Any]) -> Any:
    """Make a batch of samples: Tensors of numbers, arrays and Tensors, within lists and dicts.

    A list of pairs becomes a pair of batches. Strings stay as they are. Python floats become
    float64, as in torch. TypeError for what can be no part of a batch, RuntimeError for unequal
    lengths.

    >>> default_collate([(np.zeros(2), 3, "coat"), (np.ones(2), 4, "bag")])
    [tensor([[0., 0.],
            [1., 1.]], dtype=torch.float64), tensor([3, 4]), ('coat', 'bag')]
    """
    first = batch[0]
    if isinstance(first, minigrad.Tensor):
        return minigrad.stack(list(batch))
    if isinstance(first, (np.ndarray, np.generic)) and first.dtype.kind in "bifu":
        return minigrad.from_numpy(np.stack(batch))
    if isinstance(first, float):
        return minigrad.tensor(batch, dtype=minigrad.float64)
    if isinstance(first, int):
        return minigrad.tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        joined = {key: default_collate([sample[key] for sample in batch]) for key in first}
        return _like(first, joined)
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {type(first)}"
    )


def _like(example: Mapping[Any, Any], values: dict[Any, Any]) -> Any:
    """Give values the type of the example, with whatever else the example holds."""
    try:
        clone: Any = copy.copy(example)
        clone.update(values)
        return clone
    except (AttributeError, TypeError):
        return values


def _samples(dataset: Any, indices: Any) -> Any:
    if hasattr(dataset, "__getitems__"):
        return dataset.__getitems__(indices)
    return [dataset[int(i)] for i in indices]


def _hands_out_batches(dataset: Any) -> bool:
    while isinstance(dataset, Subset):
        dataset = dataset.dataset
    return hasattr(dataset, "__getitems__")


# -- the loader ----------------------------------------------------------------------------------
_END = object()
QUICK = 0.0005  # seconds: a batch that is made in less is not worth handing from thread to thread


class DataLoader:
    """Batches of a data set, anew each time it is iterated over.

    `dataset` is a `Dataset`, anything with `[i]` and `len`, or an `IterableDataset`. The order is
    the data set's own; with `shuffle` drawn from `generator` or the default one, whose state before
    the iteration determines it; or that of a `sampler` or a `batch_sampler`, iterables of indices
    and of lists of them. `batch_size=None` gives single samples. `collate_fn` makes a batch of a
    list of samples.

    With `num_workers` above 0 as many threads prepare up to `prefetch_factor` batches each in
    advance, in the same order and with the same values; each calls `worker_init_fn(i)` first. One
    thread is enough, and is used, where the data set hands out whole batches or is a stream; and
    none while whole batches take less time to make than to hand over.
    A thread's exception is raised here, and so is a RuntimeError when a batch takes longer than
    `timeout` seconds (0: any time). The threads end with the iteration, also when it is abandoned.
    A data set or transform that draws random numbers has to do so safely in threads.

    `pin_memory` and `persistent_workers` are there for torch's sake: there is no other memory, and
    a thread starts at once. ValueError for settings that contradict each other, as in torch.

    >>> pairs = TensorDataset(minigrad.arange(5), minigrad.arange(5) * 10)
    >>> loader = DataLoader(pairs, batch_size=2)
    >>> len(loader), [y.tolist() for X, y in loader]
    (3, [[0, 10], [20, 30], [40]])
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Any] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], Any] | None = None,
        *,
        generator: Generator | None = None,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
    ) -> None:
        if not isinstance(num_workers, int) or num_workers < 0:
            raise ValueError(
                "num_workers option should be non-negative; use num_workers=0 to read without "
                f"threads; found {num_workers!r}"
            )
        if timeout < 0:
            raise ValueError(f"timeout option should be non-negative, not {timeout}")
        if num_workers == 0 and prefetch_factor is not None:
            raise ValueError(
                "prefetch_factor option could only be specified with threads: "
                "let num_workers > 0, or leave prefetch_factor out"
            )
        if prefetch_factor is not None and prefetch_factor < 1:
            raise ValueError(f"prefetch_factor option should be positive, not {prefetch_factor}")
        if persistent_workers and num_workers == 0:
            raise ValueError("persistent_workers option needs num_workers > 0")
        if generator is not None and not isinstance(generator, Generator):
            raise TypeError(
                f"generator must be a minigrad.Generator, not {type(generator).__name__}"
            )
        self._iterable = isinstance(dataset, IterableDataset)
        if self._iterable:
            for name, value in (
                ("shuffle", shuffle or None),
                ("sampler", sampler),
                ("batch_sampler", batch_sampler),
            ):
                if value is not None:
                    raise ValueError(
                        f"DataLoader with IterableDataset: expected unspecified {name} option, "
                        f"but got {name}={value}"
                    )
        if sampler is not None and shuffle:
            raise ValueError("sampler option is mutually exclusive with shuffle")
        if batch_sampler is not None:
            if batch_size != 1 or shuffle or sampler is not None or drop_last:
                raise ValueError(
                    "batch_sampler option is mutually exclusive with batch_size, shuffle, "
                    "sampler, and drop_last"
                )
            batch_size = None
        elif batch_size is None and drop_last:
            raise ValueError(
                "batch_size=None option disables auto-batching "
                "and is mutually exclusive with drop_last"
            )
        elif self._iterable:
            if batch_size is not None:
                BatchSampler((), batch_size, drop_last)  # for what it refuses
        else:
            if sampler is None and shuffle:
                sampler = RandomSampler(dataset, generator=generator)
            elif sampler is None:
                sampler = SequentialSampler(dataset)
            if batch_size is not None:
                batch_sampler = BatchSampler(sampler, batch_size, drop_last)
        self.dataset = dataset
        self.batch_size = batch_size
        self.sampler = sampler
        self.batch_sampler = batch_sampler
        self.num_workers = num_workers
        self.collate_fn = collate_fn
        self.pin_memory = pin_memory
        self.drop_last = drop_last
        self.timeout = timeout
        self.worker_init_fn = worker_init_fn
        self.generator = generator
        self.prefetch_factor = prefetch_factor or (2 if num_workers else None)
        self.persistent_workers = persistent_workers

    def __len__(self) -> int:
        if self._iterable:
            if self.batch_size is None:
                return len(self.dataset)
            return len(BatchSampler(self.dataset, self.batch_size, self.drop_last))
        source: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(source)

    def __iter__(self) -> Iterator[Any]:
        jobs, fetch = self._stream() if self._iterable else self._map()
        if not self.num_workers:
            return self._at_once(jobs, fetch)
        plain = not (self.collate_fn or self.timeout or self.worker_init_fn)
        if plain and self.batch_sampler is not None and _hands_out_batches(self.dataset):
            return self._while_quick(jobs, fetch)
        return self._ahead(jobs, fetch)

    def _map(self) -> tuple[Iterator[Any], Callable[[Any], Any]]:
        """The indices of each batch, and what makes a batch of them."""
        dataset, collate = self.dataset, self.collate_fn
        if self.batch_sampler is None:
            convert = collate or default_convert
            return iter(self.sampler or ()), lambda index: convert(dataset[int(index)])
        batches: Any = self.batch_sampler
        jobs = batches.arrays() if isinstance(batches, BatchSampler) else iter(batches)
        if collate is not None:
            return jobs, lambda indices: collate([dataset[int(i)] for i in indices])

        def fetch(indices: Any) -> Any:
            samples = _samples(dataset, indices)
            return (default_collate if isinstance(samples, list) else default_convert)(samples)

        return jobs, fetch

    def _stream(self) -> tuple[Iterator[Any], Callable[[Any], Any]]:
        """Endless demands for the next batch, and what reads it."""
        samples, size = iter(self.dataset), self.batch_size
        convert, collate = self.collate_fn or default_convert, self.collate_fn or default_collate

        def fetch(_: None) -> Any:
            if size is None:
                sample = next(samples, _END)
                return sample if sample is _END else convert(sample)
            batch = list(itertools.islice(samples, size))
            return _END if len(batch) < (size if self.drop_last else 1) else collate(batch)

        return itertools.repeat(None), fetch

    def _at_once(self, jobs: Iterator[Any], fetch: Callable[[Any], Any]) -> Iterator[Any]:
        for job in jobs:
            batch = fetch(job)
            if batch is _END:
                return
            yield batch

    def _while_quick(self, jobs: Iterator[Any], fetch: Callable[[Any], Any]) -> Iterator[Any]:
        """Whole batches at once as long as they are made quickly, and then in a thread."""
        slow = 0
        for job in jobs:
            start = time.perf_counter()
            batch = fetch(job)
            slow = slow + 1 if time.perf_counter() - start > QUICK else 0
            yield batch
            del batch  # not to keep it while the next one is made
            if slow == 3:  # once may be the doing of another process
                break
        else:
            return
        yield from self._ahead(jobs, fetch)

    def _ahead(self, jobs: Iterator[Any], fetch: Callable[[Any], Any]) -> Iterator[Any]:
        # A stream has its order from one thread's reading, and a data set that hands out whole
        # batches keeps ahead with one: more were measured to get into each other's way.
        count = 1 if self._iterable or _hands_out_batches(self.dataset) else self.num_workers
        todo: queue.SimpleQueue[Any] = queue.SimpleQueue()
        answers: collections.deque[queue.SimpleQueue[Any]] = collections.deque()
        threads = [
            threading.Thread(
                target=_work,
                args=(number, todo, fetch, self.worker_init_fn, minigrad.is_grad_enabled()),
                name=f"DataLoader-{number}",
                daemon=True,  # an iteration that is still held must not keep Python from ending
            )
            for number in range(count)
        ]
        late = False
        try:
            for thread in threads:
                thread.start()
            ahead = count * (self.prefetch_factor or 1)
            while True:
                for job in itertools.islice(jobs, ahead - len(answers)):
                    answers.append(queue.SimpleQueue())
                    todo.put((job, answers[-1]))
                if not answers:
                    return
                try:
                    batch, failure = answers.popleft().get(timeout=self.timeout or None)
                except queue.Empty:
                    late = True
                    raise RuntimeError(
                        f"DataLoader timed out after {self.timeout} seconds"
                    ) from None
                if failure is not None:
                    try:
                        raise failure
                    finally:
                        del failure  # its traceback holds this frame, which must not hold it
                if batch is _END:
                    return
                yield batch
                del batch  # not to keep it while the next one is waited for
        finally:
            while not todo.empty():
                todo.get()
            for _ in threads:
                todo.put(None)
            for thread in threads:
                # When Python ends, daemons stand still: they can be waited for in vain. And the
                # collector may close an iteration that was left in any thread, also in its own.
                own = thread is threading.current_thread()
                if thread.ident is not None and not (late or own or sys.is_finalizing()):
                    thread.join()


def _work(
    number: int,
    todo: queue.SimpleQueue[Any],
    fetch: Callable[[Any], Any],
    start: Callable[[int], Any] | None,
    grad_mode: bool,
) -> None:
    """What a thread does: one job after the other, until None comes instead of one."""
    started = False
    with minigrad.set_grad_enabled(grad_mode):
        while (task := todo.get()) is not None:
            job, answer = task
            try:
                if not started and start is not None:
                    started = True
                    start(number)
                answer.put((fetch(job), None))
            except BaseException as error:  # whatever it is, the one who waits must not wait on
                answer.put((None, error))
            del task, job, answer  # not to keep the last batch while there is none to prepare
