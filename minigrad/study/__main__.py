"""`python -m minigrad.study program.py`: run a program, and explain its first backward pass."""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..autograd.engine import Node
from ..autograd.watching import OURS, Watcher
from .naming import Names, pairs
from .page import Page, explained


class Done(BaseException):
    """The page is written: nothing more of the program is needed."""


class Catcher(Watcher):
    """Waits for the backward pass of this number, and makes the page of it."""

    page: Page | None = None

    def __init__(self, path: Path, which: int) -> None:
        self.path, self.left = path, which

    def begin(self, roots: Sequence[tuple[Any, Any]], create_graph: bool) -> None:
        """The program walks back, or, once the page is begun, the page does."""
        self.left -= 1
        if self.left:
            return
        frame: Any = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(OURS):
            frame = frame.f_back
        nodes = [node for node, _ in roots if isinstance(node, Node)]
        self.page = explained(nodes, Names(pairs(None, {}, frame)), self.path)
        raise Done


def main(argv: list[str] | None = None) -> int:
    """Run it; returns the exit status: 0, 1 where no backward pass was seen, 2 for bad input."""
    parser = argparse.ArgumentParser(prog="python -m minigrad.study", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("gradient.html"), help="the page to write")
    parser.add_argument("--pass", type=int, default=1, dest="which", metavar="N",
                        help="explain the N-th backward pass (default: the first)")  # fmt: skip
    parser.add_argument("program", help="a Python file that calls backward()")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the program's own")
    options = parser.parse_args(argv)
    for what, path in (("program", Path(options.program)), ("folder", options.out.parent)):
        if not (path.is_file() if what == "program" else path.is_dir()):
            print(f"{parser.prog}: there is no {what} {path}", file=sys.stderr)
            return 2
    catcher = Catcher(options.out, options.which)
    sys.argv = [options.program, *options.arguments]
    sys.path.insert(0, str(Path(options.program).resolve().parent))
    try:
        with catcher:
            runpy.run_path(options.program, run_name="__main__")
    except Done:
        assert catcher.page is not None
        print(f"{options.out}: {len(catcher.page.story.steps)} steps; open it in a browser")
        return 0
    print(f"{options.program} called backward() fewer than {options.which} times", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
