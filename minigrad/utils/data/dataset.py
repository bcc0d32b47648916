"""Data sets: anything with `[i]` and `len`, or whole batches at once through `__getitems__`."""

from __future__ import annotations

import bisect
import itertools
import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from ..._tensor import Tensor
from ...random import Generator
from ...sampling import randperm

Indices = np.ndarray[Any, np.dtype[np.int64]]
T_co = TypeVar("T_co", covariant=True)


class Dataset(Generic[T_co]):
    """What the loader reads from: `dataset[i]` is a sample, `len(dataset)` how many there are.

    Any object with these two will do. One that can hand out a whole batch faster than sample by
    sample says so with a method `__getitems__(indices)`, which gets an array of int64; what it
    returns is the batch, unless it is a list: that is of samples, as in torch.

    How many of the loader's threads help is for the data set to say, by an attribute `max_workers`:
    0 where making a whole batch costs less than handing it from thread to thread (some 0.1 ms), or
    None for any number. Without it, that is 1 where there is `__getitems__`, and else any number.

    >>> from minigrad.utils.data import DataLoader
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

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ConcatDataset([self, other])


class IterableDataset(Dataset[T_co]):
    """Samples that come one after the other, in an order of their own: it defines `__iter__`.

    >>> from minigrad.utils.data import DataLoader
    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([3, 2, 1])
    >>> list(DataLoader(Countdown(), batch_size=2))
    [tensor([3, 2]), tensor([1])]
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} has to define __iter__()")

    def __add__(self, other: Dataset[Any]) -> Dataset[Any]:
        return ChainDataset([self, other])


class TensorDataset(Dataset[tuple[Tensor, ...]]):
    """Tensors of the same length side by side: a sample has one row of each.

    AssertionError when the lengths differ, as in torch.

    >>> TensorDataset(minigrad.arange(3), minigrad.tensor([5.0, 6.0, 7.0]))[1]
    (tensor(1), tensor(6.))
    """

    max_workers = 0

    def __init__(self, *tensors: Tensor) -> None:
        if any(len(tensor) != len(tensors[0]) for tensor in tensors):
            lengths = ", ".join(str(len(tensor)) for tensor in tensors)
            raise AssertionError(f"Size mismatch between tensors: they have {lengths} rows")
        self.tensors = tensors

    def __getitem__(self, index: Any) -> tuple[Tensor, ...]:
        return tuple(tensor[index] for tensor in self.tensors)

    __getitems__ = __getitem__

    def __len__(self) -> int:
        return len(self.tensors[0])


class Subset(Dataset[T_co]):
    """Some of the samples of another data set, by their indices; `max_workers` is the other's.

    >>> Subset("abcd", [3, 1])[0]
    'd'
    """

    def __init__(self, dataset: Any, indices: Sequence[int]) -> None:
        self.dataset, self.indices = dataset, indices

    @property
    def max_workers(self) -> int | None:
        return most_workers(self.dataset)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[self.indices[i] for i in index]]
        return self.dataset[self.indices[index]]

    def __getitems__(self, indices: Indices) -> Any:
        picked = np.asarray(self.indices, np.int64)[indices]
        return read_batch(self.dataset, picked)

    def __len__(self) -> int:
        return len(self.indices)


class ConcatDataset(Dataset[T_co]):
    """Data sets one after the other; `a + b` makes one, too.

    AssertionError for none at all and for an `IterableDataset`, as in torch; ValueError for an
    index before the first.

    >>> both = ConcatDataset(["ab", "cde"])
    >>> len(both), both[2], both[-1], both.cumulative_sizes
    (5, 'c', 'e', [2, 5])
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = list(datasets)
        if not self.datasets:
            raise AssertionError("datasets should not be an empty iterable")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise AssertionError("ConcatDataset does not support IterableDataset; use ChainDataset")
        self.cumulative_sizes = list(itertools.accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        if index < 0:
            if -index > len(self):
                raise ValueError("absolute value of index should not exceed dataset length")
            index += len(self)
        which = bisect.bisect_right(self.cumulative_sizes, index)
        if which == len(self.datasets):
            raise IndexError(f"index {index} is outside of the {len(self)} samples")
        before = self.cumulative_sizes[which - 1] if which else 0
        return self.datasets[which][index - before]


class ChainDataset(IterableDataset[T_co]):
    """Streams one after the other; `a + b` makes one, too.

    AssertionError for what is no `IterableDataset`, as in torch.

    >>> class Countdown(IterableDataset):
    ...     def __iter__(self):
    ...         return iter([2, 1])
    >>> list(Countdown() + Countdown())
    [2, 1, 2, 1]
    """

    def __init__(self, datasets: Iterable[Any]) -> None:
        self.datasets = datasets

    def __iter__(self) -> Iterator[Any]:
        for dataset in self.datasets:
            if not isinstance(dataset, IterableDataset):
                raise AssertionError("ChainDataset only supports IterableDataset")
            yield from dataset

    def __len__(self) -> int:
        return sum(len(dataset) for dataset in self.datasets)


class StackDataset(Dataset[T_co]):
    """Data sets side by side: a sample is a tuple of theirs, or a dict, if they are named.

    ValueError for none at all, for some with a name and some without, and for unequal lengths.

    >>> StackDataset("ab", [1, 2])[1], StackDataset(text="ab", number=[1, 2])[0]
    (('b', 2), {'text': 'a', 'number': 1})
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if args and kwargs:
            raise ValueError(
                "Supported either ``tuple``- (via ``args``) or ``dict``- (via ``kwargs``) like "
                "input/output, but both types are given."
            )
        if not args and not kwargs:
            raise ValueError("At least one dataset should be passed")
        self.datasets: Any = kwargs or args
        lengths = [len(dataset) for dataset in (*args, *kwargs.values())]
        if len(set(lengths)) > 1:
            raise ValueError(f"Size mismatch between datasets: they have {lengths} samples")
        self._length = lengths[0]

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, index: Any) -> Any:
        if isinstance(self.datasets, dict):
            return {name: dataset[index] for name, dataset in self.datasets.items()}
        return tuple(dataset[index] for dataset in self.datasets)


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
    order = randperm(total, generator=generator).tolist()
    ends = itertools.accumulate(sizes)
    return [Subset(dataset, order[end - size : end]) for size, end in zip(sizes, ends, strict=True)]


def read_batch(dataset: Any, indices: Any) -> Any:
    """Return a batch as `__getitems__` hands it out, or the list of its samples.

    >>> read_batch("abc", [2, 0])
    ['c', 'a']
    """
    if hasattr(dataset, "__getitems__"):
        return dataset.__getitems__(indices)
    return [dataset[int(i)] for i in indices]


def most_workers(dataset: Any) -> int | None:
    """Return how many threads help to prepare a data set's batches; None for any number.

    >>> most_workers(range(5)), most_workers(TensorDataset(minigrad.arange(5)))
    (None, 0)
    """
    # One keeps ahead with whole batches: more were measured to get into each other's way.
    return getattr(dataset, "max_workers", 1 if hasattr(dataset, "__getitems__") else None)
