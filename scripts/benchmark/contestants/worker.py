"""Run one contestant in a process of its own, so that no other library's threads are about.

    python worker.py FILE FOLDER              answer requests: a line of JSON each, and one back
    python worker.py FILE FOLDER --run N      train N epochs, evaluate after each, and say so

A request names a method of the contestant and its arguments; the answer holds the result, and the
seconds that it took, by the clock and of all cores. BENCHMARK_CORES=1 keeps it to one core.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import sys
import time
import traceback
from typing import Any, TextIO


def load(path: str, folder: str) -> Any:
    """Return the contestant that a file defines, with the data of a folder."""
    spec = importlib.util.spec_from_file_location("contestant", path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["contestant"] = module  # a worker process of torch's loader looks there
    spec.loader.exec_module(module)
    return module.Contestant(folder)


def peak_memory() -> int | None:
    """Return the largest resident size so far, in bytes; None where the system does not say."""
    with contextlib.suppress(OSError, IndexError):  # Linux; ru_maxrss starts with the parent's
        with open("/proc/self/status", encoding="ascii") as file:
            peak = [line for line in file if line.startswith("VmHWM:")][0]
            return int(peak.split()[1]) * 1024
    try:
        import resource
    except ImportError:  # Windows
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def resident_memory() -> int | None:
    """Return the resident size in bytes, or its peak where the present one is not to be had."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return peak_memory()


def run(contestant: Any, epochs: int) -> dict[str, Any]:
    """Train so many epochs and evaluate after each."""
    for epoch in range(epochs):
        loss = contestant.epoch(epoch)
        accuracy = contestant.evaluate()
    return {"loss": loss, "accuracy": accuracy, "peak": peak_memory()}


def serve(contestant: Any, requests: TextIO, answers: TextIO) -> None:
    """Answer requests until there are no more."""
    own = {"resident_memory": resident_memory, "peak_memory": peak_memory}
    for line in requests:
        name, arguments = json.loads(line)
        try:
            method = own.get(name) or getattr(contestant, name)
            start, busy = time.perf_counter(), time.process_time()
            result = method(**arguments)
            seconds, cpu = time.perf_counter() - start, time.process_time() - busy
            answer = {"seconds": seconds, "cpu": cpu, "result": result}
        except Exception as error:
            if not isinstance(error, NotImplementedError):  # which a contestant means to say
                traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def main() -> None:
    """Do what the command line says."""
    path, folder, *rest = sys.argv[1:]
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints is not an answer
    if os.environ.get("BENCHMARK_CORES") == "1" and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})  # JAX takes as many as it may use
    contestant = load(path, folder)
    if rest:
        answers.write(json.dumps(run(contestant, int(rest[1]))) + "\n")
        answers.flush()
    else:
        serve(contestant, sys.stdin, answers)


if __name__ == "__main__":
    main()
