"""Samplers: the order in which samples are read, one by one or in batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

import minigrad

Indices = np.ndarray[Any, np.dtype[np.int64]]


class Sampler:
    """The order in which samples are read: it defines `__iter__`, and `__len__` where it is known.

    Those below also give the whole order at once, as an array: `order()`.

    >>> from fashion.data import DataLoader
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
        generator: minigrad.Generator | None = None,
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
