"""The loader, which makes batches of a data set, at once or in threads.

Where torch starts processes, threads prepare batches here: NumPy lets go of the interpreter while
it works, and nothing has to be copied from one process to another.
"""

from __future__ import annotations

import collections
import itertools
import queue
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Generic, TypeVar

from ...autograd.grad_mode import is_grad_enabled, set_grad_enabled
from ...random import Generator, default_generator
from .collate import default_collate, default_convert
from .dataset import IterableDataset, most_workers, read_batch
from .sampler import BatchSampler, RandomSampler, SequentialSampler
from .worker import WorkerInfo, in_worker

T_co = TypeVar("T_co", covariant=True)
_END = object()


class DataLoader(Generic[T_co]):
    """Batches of a data set, anew each time it is iterated over.

    `dataset` is a `Dataset`, anything with `[i]` and `len`, or an `IterableDataset`. The order is
    the data set's own; with `shuffle` drawn from `generator` or the default one, whose state before
    the iteration determines it; or that of a `sampler` or a `batch_sampler`, iterables of indices
    and of lists of them. `batch_size=None` gives single samples. `collate_fn` makes a batch of a
    list of samples.

    With `num_workers` above 0 as many threads prepare up to `prefetch_factor` batches each in
    advance, in the same order and with the same values; each calls `worker_init_fn(i)` first, and
    `get_worker_info()` tells who asks. They are fewer where the data set says that more do not help
    (`Dataset` tells how): one for whole batches or a stream, none for whole batches that cost less
    than handing them over. Who sets `collate_fn`, `timeout` or `worker_init_fn` gets at least one.
    A thread's exception is raised here, and so is a RuntimeError when a batch takes longer than
    `timeout` seconds (0: any time). The threads end with the iteration, also when it is abandoned.
    A data set or transform that draws random numbers has to do so safely in threads.

    `pin_memory`, `pin_memory_device`, `persistent_workers`, `multiprocessing_context` and
    `in_order` are there for torch's sake: there is no other memory and no other process, a thread
    starts at once, and batches come in their order anyway. ValueError for settings that contradict
    each other, as in torch.

    >>> from minigrad.utils.data import TensorDataset
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
        multiprocessing_context: Any = None,
        generator: Generator | None = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        in_order: bool = True,
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
        if multiprocessing_context is not None and num_workers == 0:
            raise ValueError(
                "multiprocessing_context can only be used with num_workers > 0, "
                f"but got num_workers={num_workers}"
            )
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
        self._passes = 0  # with threads, so far

    def __len__(self) -> int:
        if self._iterable:
            if self.batch_size is None:
                return len(self.dataset)
            return len(BatchSampler(self.dataset, self.batch_size, self.drop_last))
        source: Any = self.sampler if self.batch_sampler is None else self.batch_sampler
        return len(source)

    def __iter__(self) -> Iterator[Any]:
        count = self._threads()
        jobs, fetch = self._stream(count > 0) if self._iterable else self._map()
        return self._ahead(jobs, fetch, count) if count else self._at_once(jobs, fetch)

    def _threads(self) -> int:
        """How many threads to start: those that are asked for and can help."""
        if not self.num_workers:
            return 0
        if self._iterable:
            return 1  # a stream has its order from one thread's reading
        most = most_workers(self.dataset)
        if most is None:
            return self.num_workers
        # What is said of whole batches does not hold for samples and for what others do to them.
        other = self.collate_fn or self.timeout or self.worker_init_fn or self.batch_sampler is None
        return min(self.num_workers, max(most, 1) if other else most)

    def _workers(self, count: int) -> list[WorkerInfo]:
        """What get_worker_info() says in each thread."""
        # Not drawn: with threads and without, the order of the samples is to be the same.
        self._passes += 1
        seed = (self.generator or default_generator).initial_seed() + (self._passes << 16)
        return [WorkerInfo(i, count, seed + i, self.dataset) for i in range(count)]

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
            samples = read_batch(dataset, indices)
            return (default_collate if isinstance(samples, list) else default_convert)(samples)

        return jobs, fetch

    def _stream(self, in_thread: bool) -> tuple[Iterator[Any], Callable[[Any], Any]]:
        """Endless demands for the next batch, and what reads it."""
        # In a thread the stream begins after worker_init_fn, and where get_worker_info() speaks.
        samples = _later(self.dataset) if in_thread else iter(self.dataset)
        size = self.batch_size
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

    def _ahead(self, jobs: Iterator[Any], fetch: Callable[[Any], Any], count: int) -> Iterator[Any]:
        todo: queue.SimpleQueue[Any] = queue.SimpleQueue()
        answers: collections.deque[queue.SimpleQueue[Any]] = collections.deque()
        threads = [
            threading.Thread(
                target=_work,
                args=(info, todo, fetch, self.worker_init_fn, is_grad_enabled()),
                name=f"DataLoader-{info.id}",
                daemon=True,  # an iteration that is still held must not keep Python from ending
            )
            for info in self._workers(count)
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


def _later(samples: Iterable[Any]) -> Iterator[Any]:
    yield from samples


def _work(
    info: WorkerInfo,
    todo: queue.SimpleQueue[Any],
    fetch: Callable[[Any], Any],
    start: Callable[[int], Any] | None,
    grad_mode: bool,
) -> None:
    """What a thread does: one job after the other, until None comes instead of one."""
    started = False
    with set_grad_enabled(grad_mode), in_worker(info):
        while (task := todo.get()) is not None:
            job, answer = task
            try:
                if not started and start is not None:
                    started = True
                    start(info.id)
                answer.put((fetch(job), None))
            except BaseException as error:  # whatever it is, the one who waits must not wait on
                answer.put((None, error))
            del task, job, answer  # not to keep the last batch while there is none to prepare
