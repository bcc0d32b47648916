"""The sampler that gives each of several processes its part of a data set."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from ...distributed import get_rank, get_world_size
from ...random import Generator
from ...sampling import randperm
from .sampler import Indices, Sampler


class DistributedSampler(Sampler):
    """One process's part of the indices: every n-th of one order that is the same in all of n.

    The order is drawn anew from seed and epoch when set_epoch() was called, or is the data set's
    own without shuffle. All parts have the same length: where the data set cannot be divided so,
    the first indices are there twice, or with drop_last the last ones are left out. So this is for
    training; to count each image once, give an evaluation `range(rank, len(dataset), n)`.

    num_replicas and rank are those of minigrad.distributed if they are not given; without
    init_process_group that is a ValueError, as is a rank outside of range(num_replicas).

    >>> [list(DistributedSampler(range(5), num_replicas=2, rank=r, shuffle=False)) for r in (0, 1)]
    [[0, 2, 4], [1, 3, 0]]
    """

    def __init__(
        self,
        dataset: Any,
        num_replicas: int | None = None,
        rank: int | None = None,
        shuffle: bool = True,
        seed: int = 0,
        drop_last: bool = False,
    ) -> None:
        if num_replicas is None:
            num_replicas = get_world_size()
        if rank is None:
            rank = get_rank()
        if not 0 <= rank < num_replicas:
            raise ValueError(
                f"Invalid rank {rank}, rank should be in the interval [0, {num_replicas - 1}]"
            )
        self.dataset, self.num_replicas, self.rank = dataset, num_replicas, rank
        self.shuffle, self.seed, self.drop_last = shuffle, seed, drop_last
        self.epoch = 0
        whole = len(dataset) // num_replicas
        self.num_samples = whole if drop_last else math.ceil(len(dataset) / num_replicas)
        self.total_size = self.num_samples * num_replicas

    def set_epoch(self, epoch: int) -> None:
        """Draw another order from now on: the same one in all processes that say this number."""
        self.epoch = epoch

    def order(self) -> Indices:
        n = len(self.dataset)
        if self.shuffle:
            generator = Generator().manual_seed(self.seed + self.epoch)
            whole = randperm(n, generator=generator).numpy()
        else:
            whole = np.arange(n)
        return np.resize(whole, self.total_size)[self.rank :: self.num_replicas]

    def __iter__(self) -> Iterator[int]:
        return iter(self.order().tolist())

    def __len__(self) -> int:
        return self.num_samples
