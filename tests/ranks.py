"""What test_distributed.py runs in several processes: `mpiexec -n N python ranks.py NAME ...`."""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import numpy as np

import minigrad
from fashion import datasets
from minigrad import distributed as dist
from minigrad import nn, optim
from minigrad.distributed import ReduceOp


def collectives() -> None:
    """Each operation against NumPy, which knows what all ranks have."""
    rank, size = dist.get_rank(), dist.get_world_size()
    have = [np.random.default_rng(r).normal(size=(3, 5)).astype(np.float32) for r in range(size)]

    def mine() -> minigrad.Tensor:
        return minigrad.tensor(have[rank])

    for op, fn in ((ReduceOp.SUM, np.sum), (ReduceOp.AVG, np.mean), (ReduceOp.PRODUCT, np.prod),
                   (ReduceOp.MIN, np.min), (ReduceOp.MAX, np.max)):  # fmt: skip
        t = mine()
        assert dist.all_reduce(t, op) is None
        np.testing.assert_allclose(t.numpy(), fn(have, axis=0), rtol=1e-5, atol=1e-6)
        t = mine()
        dist.reduce(t, size - 1, op)
        expected = fn(have, axis=0) if rank == size - 1 else have[rank]
        np.testing.assert_allclose(t.numpy(), expected, rtol=1e-5, atol=1e-6)

    for dtype in (np.float16, np.float64, np.int8, np.int64, np.uint8):
        t = minigrad.tensor(np.array([rank + 1, 2], dtype))
        dist.all_reduce(t)
        assert t.dtype == dtype
        assert t.tolist() == [size * (size + 1) / 2, 2 * size]
    turned = minigrad.tensor(have[rank].T.copy()).t()  # not contiguous
    dist.all_reduce(turned)
    np.testing.assert_allclose(turned.numpy(), np.sum(have, axis=0), rtol=1e-5, atol=1e-6)
    for shape in ((), (0,), (0, 3), (1,)):
        t = minigrad.ones(shape)
        dist.all_reduce(t)
        assert t.shape == shape and (t.numpy() == size).all()

    for src in range(size):
        for make in (mine, lambda: minigrad.tensor([rank == 0, True]), lambda: minigrad.ones(0)):
            t, flags = make(), make()
            dist.broadcast(t, src)
            if make is mine:
                np.testing.assert_array_equal(t.numpy(), have[src])
            elif flags.numel():
                assert t.tolist() == [src == 0, True]
    found = [minigrad.zeros(3, 5) for _ in range(size)]
    dist.all_gather(found, mine())
    np.testing.assert_array_equal(np.stack([t.numpy() for t in found]), np.stack(have))
    objects: list[Any] = [None] * size
    dist.all_gather_object(objects, {"rank": rank, "list": [rank] * rank})
    assert objects == [{"rank": r, "list": [r] * r} for r in range(size)]
    objects = ["first", rank] if rank == 0 else [None, None]
    dist.broadcast_object_list(objects, src=0)
    assert objects == ["first", 0]
    dist.barrier()


def gradients() -> None:
    """all_reduce has the derivatives of a sum over all ranks, in both orders."""
    rank, size = dist.get_rank(), dist.get_world_size()
    have = np.random.default_rng(0).normal(size=(size, 3))

    factors = np.arange(1, size + 1)[:, None]

    def slopes(x: np.ndarray) -> np.ndarray:
        """By hand, of L, the sum over all ranks r of (r + 1) * T**2 * x[r], with T = sum(x**3)."""
        total = (x**3).sum(0)
        return 6 * x**2 * total * (factors * x).sum(0) + factors * total**2

    for form in ("new", "in place"):
        x = minigrad.tensor(have[rank], dtype=minigrad.float64, requires_grad=True)
        y = x**3
        if form == "new":
            y = dist.nn.functional.all_reduce(y)
        else:
            dist.all_reduce(y)
        assert y.grad_fn.name() == "AllReduceBackward0"
        np.testing.assert_allclose(y.detach().numpy(), (have**3).sum(0))
        own = (rank + 1) * (y**2 * x).sum()
        (first,) = minigrad.autograd.grad(own, x, create_graph=True)
        np.testing.assert_allclose(first.detach().numpy(), slopes(have)[rank])
        (second,) = minigrad.autograd.grad((rank + 1) * first.sum(), x)
        for i, eps in enumerate(1e-5 * np.eye(3)):
            step = np.zeros_like(have)
            step[rank] = eps
            up, down = ((factors * slopes(have + e)).sum() for e in (step, -step))
            np.testing.assert_allclose(second.numpy()[i], (up - down) / 2e-5, rtol=1e-6)
    y = x * 1
    dist.all_reduce(y, ReduceOp.AVG)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 1)
    for refused in (lambda t: dist.all_reduce(t, ReduceOp.MAX), lambda t: dist.broadcast(t, 0)):
        try:
            refused(x * 1)
        except NotImplementedError as error:
            assert "detach()" in str(error)
        else:
            raise AssertionError("a recorded result was replaced")


def same_everywhere(net: nn.Module) -> None:
    """All ranks have the same bits."""
    for t in (*net.parameters(), *net.buffers()):
        found = [minigrad.zeros_like(t) for _ in range(dist.get_world_size())]
        dist.all_gather(found, t.detach())
        for other in found:
            np.testing.assert_array_equal(other.numpy(), found[0].numpy())


def wrapper() -> None:
    """What DistributedDataParallel promises besides the mean of the gradients."""
    rank, size = dist.get_rank(), dist.get_world_size()
    minigrad.manual_seed(rank)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    net[1].running_mean.fill_(rank + 1)
    parallel = nn.parallel.DistributedDataParallel(net)
    assert parallel.module is net and next(iter(parallel.state_dict())) == "module.0.weight"
    same_everywhere(net)  # after the start
    assert net[1].running_mean.tolist() == [1] * 4
    rows = [np.random.default_rng(r).normal(size=(6, 3)).astype(np.float32) for r in range(size)]
    parallel(minigrad.tensor(rows[rank]))  # each sees other rows,
    once = net[1].running_mean.clone()
    parallel(minigrad.tensor(rows[rank]))  # and before this one all get rank 0's means
    step = net[1].running_mean - (once - 0.9)
    dist.all_reduce(step, ReduceOp.AVG)
    np.testing.assert_allclose(step, net[1].running_mean - (once - 0.9), rtol=1e-5)
    for b in net.buffers():
        dist.broadcast(b, src=0)
    parallel.eval()
    own = []
    for x in rows:
        net.zero_grad()
        net.eval()
        for p in net.parameters():
            p.requires_grad_(True)
        with parallel.no_sync():
            (net(minigrad.tensor(x)) ** 2).sum().backward()
        own.append([p.grad.numpy().copy() for p in net.parameters()])
    means = [np.mean(parts, axis=0) for parts in zip(*own, strict=True)]

    def check(factor: float) -> None:
        for p, mean in zip(net.parameters(), means, strict=True):
            np.testing.assert_allclose(p.grad.detach(), factor * mean, rtol=1e-4, atol=1e-5)

    def loss() -> minigrad.Tensor:
        return (parallel(minigrad.tensor(rows[rank])) ** 2).sum()

    net.zero_grad()
    loss().backward()
    check(1)
    loss().backward()  # it adds up
    check(2)
    net.zero_grad()
    with parallel.no_sync():
        loss().backward()
        np.testing.assert_array_equal(net[0].weight.grad.numpy(), own[rank][0])
    loss().backward()
    check(2)
    net.zero_grad()
    loss().backward(create_graph=True)
    check(1)
    assert net[0].weight.grad.requires_grad

    class Half(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.used, self.sometimes, self.never = (nn.Linear(1, 1) for _ in range(3))

        def forward(self, x: Any) -> Any:
            return self.used(x) + (self.sometimes(x) if rank == 0 else 0)

    half = Half()
    nn.parallel.DistributedDataParallel(half)(minigrad.ones(2, 1)).sum().backward()
    assert half.used.weight.grad.item() == 2
    np.testing.assert_allclose(half.sometimes.weight.grad, 2 / size, rtol=1e-6)
    assert half.never.weight.grad is None
    same_everywhere(half)


def models() -> dict[str, Any]:
    return {
        "mlp": nn.Sequential(nn.Flatten(), nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10)),
        "lenet": nn.Sequential(
            nn.Conv2d(1, 6, 5, padding=2), nn.Sigmoid(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 5),
            nn.Sigmoid(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(400, 120), nn.Sigmoid(),
            nn.Linear(120, 84), nn.Sigmoid(), nn.Linear(84, 10),
        ),
    }  # fmt: skip


def train(name: str, out: str) -> None:
    """Three epochs of 50 images in batches of 16; the last one has 2. By hand, without a script."""
    rank, size = dist.get_rank(), dist.get_world_size()
    minigrad.manual_seed(0)
    net = models()[name]
    images, labels = datasets.load_sample(True)
    X = minigrad.tensor(images[:50, None] / np.float32(255))
    y = minigrad.tensor(labels[:50].astype(np.int64))
    trained = nn.parallel.DistributedDataParallel(net) if size > 1 else net
    trainer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    losses = []
    for epoch in range(3):
        order = np.random.default_rng(epoch).permutation(50)
        for i in range(0, 50, 16):
            batch = order[i : i + 16]
            own = batch[rank::size]
            trainer.zero_grad()
            if size == 1:
                loss = nn.functional.cross_entropy(trained(X[batch]), y[batch])
            else:
                loss = nn.functional.cross_entropy(trained(X[own]), y[own], reduction="sum")
                loss = loss * (size / len(batch))
            loss.backward()
            trainer.step()
            mean = loss.detach()
            dist.all_reduce(mean, ReduceOp.AVG)
            losses.append(mean.item())
    if size > 1:
        same_everywhere(net)
    if rank == 0:
        arrays = {key: value.numpy() for key, value in net.state_dict().items()}
        np.savez(out, losses=np.array(losses), **arrays)


def die(how: str, who: str) -> None:
    """Rank `who` leaves the others in the fourth step."""
    net = nn.parallel.DistributedDataParallel(nn.Linear(3, 2))
    steps = 12 if how == "more batches" else 10
    for step in range(steps):
        if step == 3 and dist.get_rank() == int(who):
            if how == "exception":
                raise ValueError("there is a bug")
            if how == "exit":
                sys.exit(3)
            if how == "end":
                return
            if how == "interrupt":
                os.kill(os.getpid(), signal.SIGINT)
            if how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            if how == "terminate":
                os.kill(os.getpid(), signal.SIGTERM)
            if how == "other":
                dist.barrier()
            if how == "shape":
                dist.all_reduce(minigrad.ones(7))
            if how == "caught":
                try:
                    dist.barrier()
                except RuntimeError:
                    return
            if how == "late":
                time.sleep(60)
        if how == "fewer batches" and step == 9 and dist.get_rank() == int(who):
            break
        if how == "all" and step == 3:
            raise ValueError("there is a bug")
        if how == "in a collective" and step == 3 and dist.get_rank() != int(who):
            time.sleep(60)
        if how == "in a collective" and step == 3:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            signal.signal(signal.SIGALRM, signal.default_int_handler)
        net(minigrad.ones(2, 3)).sum().backward()
    dist.barrier()
    print(f"rank {dist.get_rank()} has come to the end", flush=True)


if __name__ == "__main__":
    name, *words = sys.argv[1:]
    dist.init_process_group(timeout=1.0 if "late" in words else None)
    {f.__name__: f for f in (collectives, gradients, wrapper, train, die)}[name](*words)
