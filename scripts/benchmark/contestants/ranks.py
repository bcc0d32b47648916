"""A net in several processes: `mpiexec -n 2 python ranks.py NET BATCH STEPS`; started by no worker.

The first process prints the seconds of so many steps, and the loss of the last one.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import nets

import minigrad
from minigrad import distributed, nn, optim

KINDS: dict[str, Any] = {
    "conv": lambda inputs, outputs, side, padding: nn.Conv2d(
        inputs, outputs, side, padding=padding
    ),
    "linear": nn.Linear,
    "sigmoid": nn.Sigmoid,
    "relu": nn.ReLU,
    "avg": lambda: nn.AvgPool2d(2),
    "max": lambda: nn.MaxPool2d(2),
    "flatten": nn.Flatten,
}
WARM = 3  # steps that are not counted


def main(net: str, batch: int, steps: int) -> None:
    distributed.init_process_group()
    rank, size = distributed.get_rank(), distributed.get_world_size()
    layers, parameters, X, y, lr = nets.problem(net, batch)
    model = nn.Sequential(*(KINDS[kind](*numbers) for kind, *numbers in layers))
    with minigrad.no_grad():
        for p, first in zip(model.parameters(), parameters, strict=True):
            p.copy_(minigrad.tensor(first))
    parallel = nn.parallel.DistributedDataParallel(model)
    trainer = optim.SGD(model.parameters(), lr=lr)
    own, labels = minigrad.tensor(X[rank::size]), minigrad.tensor(y[rank::size])

    def step() -> Any:
        trainer.zero_grad()
        losses = nn.functional.cross_entropy(parallel(own), labels, reduction="sum")
        loss = losses * (size / batch)
        loss.backward()
        trainer.step()
        return loss.detach()

    for _ in range(WARM):
        step()
    distributed.barrier()
    start = time.perf_counter()
    for _ in range(steps):
        loss = step()
    distributed.barrier()
    seconds = time.perf_counter() - start
    distributed.all_reduce(loss, distributed.ReduceOp.AVG)
    if rank == 0:
        print(json.dumps([seconds, loss.item()]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
