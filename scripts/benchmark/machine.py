"""What a figure must be read with: machine, versions, threads, and who is not here."""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import time
from typing import Any

from .peers import CONTESTANTS
from .workers import Benchmark, environment


def about(bench: Benchmark) -> dict[str, Any]:
    """What a figure must be read with: machine, versions, BLAS, threads, data."""
    said = subprocess.run(
        [sys.executable, "-c", ABOUT_NUMPY], stdout=subprocess.PIPE, env=environment(), text=True,
        check=True,
    )  # fmt: skip
    packages = {"numpy", *(p for c in CONTESTANTS.values() for p in c.packages if c.here)}
    settings = ("OPENBLAS_", "OMP_", "MKL_", "GOTO_", "VECLIB_", "XLA_")
    return {
        "date": time.strftime("%Y-%m-%d"),
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.system()}",
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in sorted(packages)},
        "blas": json.loads(said.stdout),
        "environment": {k: v for k, v in sorted(os.environ.items()) if k.startswith(settings)},
        "data": bench.kind,
        "rounds": bench.rounds,
    }


ABOUT_NUMPY = """
import json, os, numpy
blas = numpy.show_config(mode="dicts")["Build Dependencies"]["blas"]
about = {"name": blas["name"], "version": blas["version"], "threads": "not known"}
try:
    import threadpoolctl
    pools = [p for p in threadpoolctl.threadpool_info() if p["user_api"] == "blas"]
    about["threads"] = pools[0]["num_threads"]
    about["kernels"] = pools[0].get("architecture", "not known")
except (ImportError, IndexError):
    about["threads"] = os.environ.get("OPENBLAS_NUM_THREADS", "its default")
print(json.dumps(about))
"""


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [line.partition(":")[2].strip() for line in file if "model name" in line]
        return names[0]
    except (OSError, IndexError):
        return platform.processor() or platform.machine()


def missing(bench: Benchmark) -> list[str]:
    """A line for each contestant that is not here, with the command that gets it."""
    lines = []
    for name in bench.against:
        contestant = CONTESTANTS[name]
        if contestant.missing:
            command_ = f"pip install {' '.join(contestant.missing)}"
            lines.append(f"not measured: {contestant.label}, which is not installed ({command_})")
        elif contestant.missing_programs:
            programs = ", ".join(contestant.missing_programs)
            lines.append(f"not measured: {contestant.label}, which needs the program {programs}")
    return lines
