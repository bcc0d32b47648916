"""Compare minigrad's speed and memory with hand-written NumPy, PyTorch, JAX and others.

Every figure is a ratio of two things done in turn in one run, A B A B ..., and each contestant runs
in a process of its own. Absolute times are printed for orientation; they hold for this machine and
this minute only. What is measured, and how, stands in the folder benchmark/ beside this file.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmark import machine, pictures, report
from benchmark.figures import Disagreement, Figure
from benchmark.peers import HERE, PEERS
from benchmark.rows import ROWS
from benchmark.table import cells, header, table
from benchmark.workers import SLOW, SLOW_ROUNDS, Benchmark, environment

ROUNDS = 15
QUICK_ROUNDS = 2


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=(__doc__ or "").splitlines()[0],
        epilog="rows: "
        + "; ".join(f"{k}: {(f.__doc__ or '').splitlines()[0]}" for k, f in ROWS.items()),
    )
    parser.add_argument("--only", action="append", choices=ROWS, metavar="ROW",
                        help="measure this row, one of those below; may be repeated")  # fmt: skip
    parser.add_argument("--against", action="append", choices=PEERS, metavar="NAME",
                        help=f"measure against {', '.join(PEERS)}; may be repeated")  # fmt: skip
    parser.add_argument("--rounds", type=int, metavar="N",
                        help=f"of each pair (default: {ROUNDS}, with --quick {QUICK_ROUNDS}; "
                        f"at most {SLOW_ROUNDS} where one takes over {SLOW:g} s)")  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="few rounds: a look, not a result")
    parser.add_argument("--data", choices=("auto", "full", "sample"), default="auto",
                        help="the full Fashion-MNIST, the embedded sample, or the full one when it "
                        "can be had (default: %(default)s)")  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path("runs/benchmark"), metavar="DIR",
                        help="for benchmark.json and pictures (default: %(default)s)")  # fmt: skip
    parser.add_argument("--markdown", action="store_true", help="print the table in Markdown")
    parser.add_argument("--write-docs", action="store_true",
                        help="put the tables and pictures into docs/performance.md")  # fmt: skip
    options = parser.parse_args(argv)
    if options.rounds is not None and options.rounds < 1:
        parser.error(f"--rounds: expected a whole number from 1 on, found {options.rounds}")
    options.rounds = options.rounds or (QUICK_ROUNDS if options.quick else ROUNDS)
    options.against = options.against or PEERS
    return options


def main(argv: Sequence[str] | None = None) -> int:
    """Measure, print, write; the exit status is 1 when contestants disagree, 2 for bad input."""
    options = parse(argv)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        prepare = [sys.executable, str(HERE / "prepare.py"), folder, options.data]
        if subprocess.run(prepare, env=environment()).returncode:
            return 2
        kind = Path(folder, "kind").read_text(encoding="utf-8")
        bench = Benchmark(folder, kind, options.rounds, options.quick, options.against)
        facts, gone = machine.about(bench), machine.missing(bench)
        print(header(facts), *gone, sep="\n", flush=True)
        figures: list[Figure] = []
        for name in [row for row in ROWS if row in (options.only or ROWS)]:
            try:
                for one in ROWS[name](bench):
                    figures.append(one)
                    if sys.stderr.isatty():
                        print("   ".join(filter(None, cells(one))), file=sys.stderr, flush=True)
            except (Disagreement, RuntimeError, subprocess.CalledProcessError) as error:
                print(f"benchmark.py: {name}: {error}", file=sys.stderr)
                return 1
    print(table(figures, options.markdown), *bench.notes, sep="\n")
    options.out.mkdir(parents=True, exist_ok=True)
    pictures.draw_bars(figures, facts, options.out / "benchmark.svg")
    pictures.draw_scaling(figures, options.out / "scaling.svg")
    report.write_json(figures, facts, gone + bench.notes, options.out / "benchmark.json")
    written = report.write_docs(figures, facts, options.out) if options.write_docs else []
    print(*(f"wrote {path}" for path in [options.out / "benchmark.json", *written]), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
