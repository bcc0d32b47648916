"""Samplers: the order in which samples are read, one by one or in batches."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Generic, TypeVar

import numpy as np

from ..._tensor import Tensor
from ...dtypes import float64
from ...random import Generator
from ...sampling import rand, randint, randperm

Indices = np.ndarray[Any, np.dtype[np.int64]]
T_co = TypeVar("T_co", covariant=True)
AT_ONCE = 2**20  # indices that are drawn before the first is read; of more, so many at a time


class Sampler(Generic[T_co]):
    """The order in which samples are read: it defines `__iter__`, and `__len__` where it is known.

    Those below also give the whole order at once, as an array: `order()`.

    >>> from minigrad.utils.data import DataLoader
    >>> class Backwards(Sampler):
    ...     def __iter__(self):
    ...         return iter([2, 1, 0])
    >>> list(DataLoader("abc", sampler=Backwards()))
    [['c'], ['b'], ['a']]
    """

    def __init__(self, data_source: Any = None) -> None:
        pass  # torch's old programs hand the data set to it

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} has to define __iter__()")


class SequentialSampler(Sampler[int]):
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


class RandomSampler(Sampler[int]):
    """Indices in an order that is drawn anew each time, from `generator` or the default one.

    With `replacement` each is drawn from all. The state of the generator before is all that the
    order depends on. More than a million are drawn while they are read, so that `num_samples` may
    be any number. TypeError and ValueError for wrong settings, as in torch.

    >>> g = minigrad.Generator().manual_seed(0)
    >>> sorted(RandomSampler("abc", generator=g))
    [0, 1, 2]
    >>> len(RandomSampler("abc", replacement=True, num_samples=10**10))
    10000000000
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

    def _pieces(self, generator: Generator | None) -> Iterator[Indices]:
        n, left = len(self.data_source), self.num_samples
        while left > 0:
            if self.replacement:
                piece = randint(n, (min(left, AT_ONCE),), generator=generator).numpy()
            else:
                piece = randperm(n, generator=generator).numpy()[:left]
            yield piece
            left -= len(piece)

    def order(self) -> Indices:
        return np.concatenate(list(self._pieces(self.generator)))

    def __iter__(self) -> Iterator[int]:
        if self.num_samples <= AT_ONCE:
            return iter(self.order().tolist())
        # Who draws from the same stream meanwhile must not change the order: one of its own.
        own = Generator().manual_seed(randint(2**62, (), generator=self.generator).item())
        return itertools.chain.from_iterable(piece.tolist() for piece in self._pieces(own))

    def __len__(self) -> int:
        return self.num_samples


class SubsetRandomSampler(Sampler[int]):
    """The given indices in an order that is drawn anew each time, each once.

    >>> sorted(SubsetRandomSampler([10, 20, 30]))
    [10, 20, 30]
    """

    def __init__(self, indices: Sequence[int], generator: Generator | None = None) -> None:
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[int]:
        order = randperm(len(self.indices), generator=self.generator).tolist()
        return (self.indices[i] for i in order)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler[int]):
    """Indices 0 to len(weights) - 1, each drawn as often as its weight says.

    Weights need not add up to one. Without `replacement` an index comes once at most; then
    `num_samples` cannot be more than there are weights above 0. ValueError for wrong settings, as
    in torch, and RuntimeError where the weights cannot be drawn from.

    >>> list(WeightedRandomSampler([0.0, 2.0, 0.0], num_samples=3))
    [1, 1, 1]
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(num_samples, int) or isinstance(num_samples, bool) or num_samples <= 0:
            raise ValueError(
                f"num_samples should be a positive integer value, but got num_samples={num_samples}"
            )
        if not isinstance(replacement, bool):
            raise ValueError(
                f"replacement should be a boolean value, but got replacement={replacement}"
            )
        values = np.array(weights, np.float64)
        if values.ndim != 1:
            raise ValueError(
                f"weights should be a 1d sequence but given weights have shape {values.shape}"
            )
        self.weights, self.num_samples = values, num_samples
        self.replacement, self.generator = replacement, generator

    def order(self) -> Indices:
        weights = self.weights
        if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() > 0):
            raise RuntimeError(
                "probability tensor contains either `inf`, `nan` or element < 0, or nothing above 0"
            )
        if self.replacement:
            share = rand(self.num_samples, dtype=float64, generator=self.generator).numpy()
            steps = np.cumsum(weights)
            return np.searchsorted(steps, share * steps[-1], side="right")
        if self.num_samples > np.count_nonzero(weights):
            raise RuntimeError(
                f"cannot sample {self.num_samples} indices without replacement: "
                f"{np.count_nonzero(weights)} weights are above 0"
            )
        # Who rings first, when each waits for a time of mean 1 / weight, is drawn by the weights.
        waits = -np.log1p(-rand(len(weights), dtype=float64, generator=self.generator).numpy())
        times = np.divide(waits, weights, out=np.full_like(weights, np.inf), where=weights > 0)
        return np.argsort(times)[: self.num_samples]

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler[list[int]]):
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

        >>> from minigrad.utils.data import SequentialSampler
        >>> next(BatchSampler(SequentialSampler("abcd"), 3, False).arrays())
        array([0, 1, 2])
        """
        size = self.batch_size
        order = self.sampler
        # A subclass may iterate otherwise, and a long order is drawn while it is read.
        whole = type(order) is RandomSampler and order.num_samples <= AT_ONCE
        if whole or type(order) is SequentialSampler:
            order = order.order()
        if isinstance(order, (np.ndarray, Tensor)):
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
