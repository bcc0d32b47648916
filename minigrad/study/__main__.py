"""`python -m minigrad.study program.py`: run a program, and explain its first backward pass."""

from __future__ import annotations

import argparse
import runpy
import sys
from pathlib import Path
from typing import Any

import numpy as np

from ..autograd.engine import Node, backprop
from ..autograd.grad_mode import mode
from ..autograd.watching import note_origin
from .naming import Names, pairs
from .page import explained


class Done(BaseException):
    """The page is written: nothing more of the program is needed."""


class Catcher:
    """Waits for the backward pass of this number, and makes the page of it."""

    def __init__(self, path: Path, which: int) -> None:
        self.path, self.left = path, which
        self.page: Any = None

    def walk(self, roots: Any, *args: Any, **settings: Any) -> Any:
        """What the program calls in place of backprop."""
        self.left -= 1
        if self.left:
            return backprop(roots, *args, **settings)
        mode.seen = mode.walk = None
        nodes = [node for node, _ in roots if isinstance(node, Node)]
        frame: Any = sys._getframe(1)
        here = str(Path(__file__).parents[1])
        while frame.f_back is not None and frame.f_code.co_filename.startswith(here):
            frame = frame.f_back
        names = Names(pairs(None, {}, frame))
        self.page = explained(nodes, names, self.path)
        raise Done


def main(argv: list[str] | None = None) -> int:
    """Run it; returns the exit status: 0, or 1 where no backward pass was seen."""
    parser = argparse.ArgumentParser(prog="python -m minigrad.study", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("gradient.html"), help="the page to write")
    parser.add_argument("--pass", type=int, default=1, dest="which", metavar="N",
                        help="explain the N-th backward pass (default: the first)")  # fmt: skip
    parser.add_argument("program", help="a Python file that calls backward()")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the program's own")
    options = parser.parse_args(argv)
    catcher = Catcher(options.out, options.which)
    sys.argv = [options.program, *options.arguments]
    sys.path.insert(0, str(Path(options.program).resolve().parent))
    mode.seen, mode.walk = note_origin, catcher.walk
    try:
        with np.errstate():
            runpy.run_path(options.program, run_name="__main__")
    except Done:
        steps = len(catcher.page.story.steps)
        print(f"{options.out}: {steps} steps; open it in a browser")
        return 0
    finally:
        mode.seen = mode.walk = None
    print(f"{options.program} called backward() fewer than {options.which} times", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
