"""Threads, tasks, forks and Ctrl-C at any moment: nothing is silently half done."""

from __future__ import annotations

import asyncio
import copy
import os
import pickle
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import minigrad
from minigrad import nn, optim, tensor
from minigrad.autograd import changes, engine
from minigrad.autograd.grad_mode import mode
from minigrad.utils import data


# -- threads ---------------------------------------------------------------------------------------
def train(seed: int, workers: int = 0) -> bytes:
    """A training with changes in place, views, and numbers drawn by a generator of its own."""
    rng = minigrad.Generator().manual_seed(seed)
    x = minigrad.randn(60, 5, generator=rng)
    dataset = data.TensorDataset(x, (x[:, 0] > 0).long())
    first, last = nn.Linear(5, 4, generator=rng), nn.Linear(4, 2, generator=rng)
    step = optim.Adam([*first.parameters(), *last.parameters()], lr=0.05)
    for _ in range(2):
        for X, y in data.DataLoader(dataset, 12, True, generator=rng, num_workers=workers):
            hidden = first(X)
            hidden.mul_(0.5)
            hidden[:, 0] = 1.0
            hidden[:, 1:3].add_(0.1)
            step.zero_grad()
            nn.functional.cross_entropy(last(hidden.relu()), y).backward()
            step.step()
    return b"".join(p.detach().numpy().tobytes() for p in (*first.parameters(), *last.parameters()))


@pytest.fixture
def busy_threads() -> Iterator[None]:
    """The interpreter goes from one thread to the next as often as it can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """What each of these returns, all in threads of their own at the same time."""
    results: list[Any] = [None] * len(works)

    def run(i: int) -> None:
        results[i] = works[i]()

    threads = [threading.Thread(target=run, args=(i,)) for i in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_trainings_in_threads_give_the_bits_of_each_alone(busy_threads: None) -> None:
    alone = [train(seed) for seed in range(4)]
    assert len(set(alone)) == 4
    together = at_once([lambda s=seed: train(s, 2 * (s % 2)) for seed in range(4)])
    assert together == alone


def test_each_thread_begins_with_recording_and_switches_for_itself() -> None:
    with minigrad.no_grad():
        assert at_once([minigrad.is_grad_enabled] * 3) == [True] * 3
    barrier = threading.Barrier(2)

    def off() -> bool:
        with minigrad.no_grad():
            barrier.wait()
            barrier.wait()
            return minigrad.is_grad_enabled()

    def on() -> bool:
        barrier.wait()
        known = minigrad.is_grad_enabled()
        barrier.wait()
        return known

    assert at_once([off, on]) == [False, True]


def test_the_time_of_the_last_change_never_goes_back(busy_threads: None) -> None:
    def work() -> int:
        array, before, wrong = np.zeros(1), 0, 0
        for _ in range(3000):
            changes.mark_changed(array)
            wrong += changes.last < before
            before = changes.last
        return wrong

    assert at_once([work] * 4) == [0] * 4


def test_tasks_of_asyncio_train_as_alone() -> None:
    async def main() -> list[bytes]:
        return await asyncio.gather(*(asyncio.to_thread(train, seed) for seed in range(3)))

    assert asyncio.run(main()) == [train(seed) for seed in range(3)]

    async def task(seed: int) -> bytes:  # in one thread, in turns
        await asyncio.sleep(0)
        result = train(seed)
        await asyncio.sleep(0)
        return result

    async def turns() -> list[bytes]:
        return await asyncio.gather(*map(task, range(3)))

    assert asyncio.run(turns()) == [train(seed) for seed in range(3)]


# -- forks -----------------------------------------------------------------------------------------
FORK = """
import os, sys
sys.path[:0] = sys.argv[1:]
import minigrad
from minigrad.utils import data
from test_threads import train

workers = int(os.environ["WORKERS"])
dataset = data.TensorDataset(minigrad.arange(40.0))
running = iter(data.DataLoader(dataset, 4, num_workers=workers))
next(running)
expected = train(1, workers)
child = os.fork()
if not child:
    os._exit(0 if train(1, workers) == expected and train(1, 2) == expected else 3)
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
assert status == 0, status
assert train(1, workers) == expected and len(list(running)) == 9
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork")
@pytest.mark.parametrize("workers", [0, 2])
def test_a_fork_trains_as_its_parent_does(workers: int) -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    environment = os.environ | {"WORKERS": str(workers), "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", FORK, here, os.path.dirname(here)],
        env=environment, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


# -- copies ----------------------------------------------------------------------------------------
def test_copies_of_optimisers_and_modules_stay_together() -> None:
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))
    for kind in (optim.SGD, optim.Adam, optim.RMSprop, optim.Adagrad):
        step = kind(net.parameters(), lr=0.1)
        net(minigrad.ones(4, 2)).sum().backward()
        step.step()
        for again in (copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))):
            net2, step2 = again((net, step))
            own = step2.param_groups[0]["params"]
            assert all(a is b for a, b in zip(own, net2.parameters(), strict=True))
            assert not any(a is b for a, b in zip(own, net.parameters(), strict=True))
            assert len(step2.state) == len(step.state)


def test_a_tensor_behind_ten_thousand_links_is_copied_or_refused_without_recursion() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    y = x
    for _ in range(10_000):
        y = y * 1.0
    for copying in (copy.deepcopy, pickle.dumps):
        with pytest.raises(RuntimeError, match=r"detach\(\)"):
            copying(y)
        copying(y.detach())
        copying(x)
    assert copy.copy(y).is_leaf  # as torch makes one


@pytest.mark.parametrize("join", [minigrad.stack, minigrad.cat])
def test_many_tensors_are_joined_and_parted_in_linear_time(join: Callable) -> None:
    def seconds(n: int) -> float:
        x = minigrad.ones(n, 1, requires_grad=True)
        began = time.process_time()
        join(x.unbind(0)).sum().backward()
        assert x.grad.sum().item() == n
        return time.process_time() - began

    seconds(1000)  # what is loaded and cached at first
    small = min(seconds(2000) for _ in range(3))
    assert min(seconds(16_000) for _ in range(3)) < 40 * small  # quadratic time: 64 times as long


# -- Ctrl-C ----------------------------------------------------------------------------------------
def interrupted(act: Callable[[], Any], moment: int, at: str) -> bool:
    """Do it with a Ctrl-C at such a step of the interpreter inside minigrad; was it interrupted?"""
    count = 0

    def trace(frame: Any, event: str, arg: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = at == "opcode"
        if event == at and f"{os.sep}minigrad{os.sep}" in frame.f_code.co_filename:
            count += 1
            if count > moment:
                sys.settrace(None)
                raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    except KeyboardInterrupt:
        return True
    finally:
        sys.settrace(before)
        mode.enabled = True  # as it was: what Ctrl-C does to no_grad() is not asked here
    return False


def leaf() -> Any:
    return tensor([1.0, 2.0], requires_grad=True)


def multiply() -> tuple:
    x = leaf()
    y = x * 3
    return x, y, lambda: y.mul_(10), lambda: (y.sum(),)


def multiply_by_its_source() -> tuple:
    x = leaf()
    y = x * 3
    return x, y, lambda: y.mul_(x), lambda: (y.sum(),)


def through_a_view() -> tuple:
    x = leaf()
    y = x * 3
    v = y.view(2)
    return x, y, lambda: v.mul_(10), lambda: ((y * 1).sum(), (v * 1).sum())


def under_a_view() -> tuple:
    x = leaf()
    y = x * 3
    v = y.view(2)
    return x, y, lambda: y.mul_(10), lambda: ((y * 1).sum(), (v * 1).sum())


def without_recording() -> tuple:
    x = leaf()
    y = x * 3
    z = y * y
    with minigrad.no_grad():
        act = y.mul_

    def change() -> None:
        with minigrad.no_grad():
            act(10)

    return x, y, change, lambda: (z.sum(),)


def one_element() -> tuple:
    x = leaf()
    y = x * 3

    def change() -> None:
        y[0] = 5.0

    return x, y, change, lambda: (y.sum(),)


def fill() -> tuple:
    x = leaf()
    y = x * 3
    return x, y, lambda: y.fill_(7.0), lambda: (y.sum(),)


def into_a_buffer() -> tuple:
    x = leaf()
    y = minigrad.zeros(2)
    v = y[0]
    return x, y, lambda: y.copy_(x), lambda: ((y * 1).sum(), (v * 1).sum())


def answers(x: Any, y: Any, results: Callable) -> Any:
    """The value, and the gradient of each result; or that it is refused."""
    found = [y.detach().tolist()]
    try:
        for result in results():
            if result.requires_grad:
                x.grad = None
                result.backward(retain_graph=True)
            found.append(x.grad and x.grad.tolist() if x.grad is None else x.grad.tolist())
    except RuntimeError:
        return "refused"
    return found


PROGRAMS = [multiply, multiply_by_its_source, through_a_view, under_a_view, without_recording,
            one_element, fill, into_a_buffer]  # fmt: skip


def half_done(program: Callable, at: str) -> tuple[int, list[int]]:
    """How many moments there are to interrupt it, and at which of them nobody notices a mixture."""
    x, y, act, results = program()
    old = answers(x, y, results)
    x, y, act, results = program()
    act()
    new = answers(x, y, results)
    assert old != new
    wrong, moment = [], 0
    while True:
        engine.rebased.clear()  # as if it were the first change in place of the program
        x, y, act, results = program()
        if not interrupted(act, moment, at):
            return moment, wrong
        if answers(x, y, results) not in (old, new, "refused"):
            wrong.append(moment)
        moment += 1


@pytest.mark.parametrize("program", PROGRAMS)
def test_ctrl_c_at_any_line_of_a_change_in_place_leaves_no_mixture(program: Callable) -> None:
    count, wrong = half_done(program, "line")
    assert count > 20 and wrong == []


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_ctrl_c_at_any_instruction_of_a_change_in_place_leaves_no_mixture(
    program: Callable,
) -> None:
    count, wrong = half_done(program, "opcode")
    assert count > 100 and wrong == []


@pytest.mark.parametrize("kind", ["SGD", "Adam", "RMSprop", "Adagrad", "AdamW", "Adadelta"])
def test_a_step_that_ctrl_c_ends_is_the_old_or_the_new_state_or_is_told(kind: str) -> None:
    def begin() -> tuple:
        params = [leaf(), leaf()]
        step = getattr(optim, kind)(params, lr=0.1, **({"momentum": 0.9} if kind == "SGD" else {}))
        for _ in range(2):
            step.zero_grad()
            sum((p * p).sum() for p in params).backward()
            step.step()
        recorded = (params[0] * params[0]).sum()  # before the step that is interrupted
        return params, step, recorded

    def state(params: list, step: Any) -> tuple:
        inner = [(k, str(v)) for s in step.state.values() for k, v in s.items()]
        return [p.tolist() for p in params], inner

    params, step, _ = begin()
    old = state(params, step)
    step.step()
    new = state(params, step)
    moment, told = 0, 0
    while True:
        params, step, recorded = begin()
        before = params[0].tolist()
        if not interrupted(step.step, moment, "line"):
            break
        moment += 1
        if params[0].tolist() != before:  # the graph has values that are gone
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                recorded.backward()
        now = state(params, step)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            step.state_dict()
            step.step()
        if now not in (old, new):
            assert len(caught) == 1 and "did not come to its end" in str(caught[0].message)
            told += 1
    assert moment > 10 and told > 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step.step()


# -- the interpreter's switches --------------------------------------------------------------------
def test_without_asserts_and_with_warnings_as_errors_a_training_gives_the_same_bits() -> None:
    here = os.path.dirname(os.path.abspath(__file__))
    code = (
        "import sys; sys.path[:0] = sys.argv[1:]\nimport test_threads as t; print(t.train(1).hex())"
    )
    done = subprocess.run(
        [sys.executable, "-O", "-W", "error", "-c", code, here, os.path.dirname(here)],
        env=os.environ | {"OPENBLAS_NUM_THREADS": "1"}, capture_output=True, text=True, timeout=100,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert bytes.fromhex(done.stdout.strip()) == train(1)
