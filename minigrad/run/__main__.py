"""`python -m minigrad.run program.py [arguments]`: run a program that was written for torch.

torch, torchvision and d2l are minigrad, fashion and fashion.d2l for it; all else is as when Python
itself runs it. At its end the names that were missing are listed on the standard error stream.
"""

from __future__ import annotations

import argparse
import importlib
import runpy
import sys
import warnings
from pathlib import Path
from types import TracebackType
from typing import Any

from . import aliases
from .aliases import ROOTS, Aliases
from .survey import survey, texts_of

OWN = (str(Path(__file__).parent), "<frozen runpy>", "<frozen importlib", runpy.__file__)


def _trimmed(trace: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames that lie between Python and the program."""
    kept = []
    while trace is not None:
        if not trace.tb_frame.f_code.co_filename.startswith(OWN):
            kept.append(trace)
        trace = trace.tb_next
    for entry in reversed(kept):
        trace = TracebackType(trace, entry.tb_frame, entry.tb_lasti, entry.tb_lineno)
    return trace


def _missing_method(error: BaseException) -> str | None:
    """The name of a method or attribute that a Tensor, a module ... of ours was asked for."""
    if not isinstance(error, AttributeError) or isinstance(error.obj, aliases.Alias):
        return None
    kind = error.obj if isinstance(error.obj, type) else type(error.obj)
    if not kind.__module__.startswith("minigrad.") or not error.name:
        return None
    return f"{kind.__name__}.{error.name}"


def _report(names: dict[str, str], words: str) -> None:
    if names:
        print(f"minigrad.run: {words}:", file=sys.stderr)
        width = max(map(len, names))
        for name, place in names.items():
            print(f"    {name:{width}}  {place}".rstrip(), file=sys.stderr)


def _run(options: argparse.Namespace) -> None:
    if options.module:
        runpy.run_module(options.program, run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(options.program, run_name="__main__")


def _beside(folder: Path) -> list[str]:
    """Which of the names are modules or packages of the program's own."""
    return [name for name in ROOTS if (folder / name).is_dir() or (folder / f"{name}.py").is_file()]


def main(argv: list[str] | None = None) -> int:
    """Run the program; returns its exit status, or 2 where there is none to run."""
    parser = argparse.ArgumentParser(
        prog="python -m minigrad.run",
        description="Run a program that was written for torch, torchvision and d2l on minigrad.",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="do not run it: list the names that it mentions and that are missing",
    )
    parser.add_argument(
        "--stand-ins",
        action="store_true",
        help="go on where a name is missing, to find as many as one run can; results mean nothing",
    )
    parser.add_argument(
        "-m", dest="module", action="store_true", help="the program is a module's name"
    )
    parser.add_argument("program", help="a Python file")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="the program's own")
    options = parser.parse_args(argv)
    path = Path(options.program)
    if options.module:
        path = Path(*options.program.split(".")).with_suffix(".py")
    elif not path.exists():
        print(f"{parser.prog}: can't open file {options.program!r}", file=sys.stderr)
        return 2
    if options.check:
        missing = survey(texts_of(path))
        _report(missing, f"{len(missing)} names that the program mentions are not here")
        return int(bool(missing))
    for package in ROOTS.values():
        importlib.import_module(package)  # as long as sys.path is ours
    sys.argv = [options.program, *options.arguments]
    sys.path[0] = "" if options.module else str(path.resolve().parent)
    warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive", UserWarning)
    return _watched(options, path)


def _watched(options: argparse.Namespace, path: Path) -> int:
    hook = Aliases(_beside(Path(sys.path[0])), options.stand_ins)
    failure: BaseException | None = None
    with hook:
        try:
            _run(options)
        except SystemExit:
            _report(hook.lacks.places, "names that the program asked for and that are not here")
            raise
        except BaseException as error:
            failure = error
            error.__traceback__ = _trimmed(error.__traceback__)
            sys.excepthook(type(error), error, error.__traceback__)
    names = dict(hook.lacks.places)
    if failure is not None and (method := _missing_method(failure)) is not None:
        names[method] = ""
    _report(names, "names that the program asked for and that are not here")
    if failure is not None and names:
        more: dict[str, Any] = survey(texts_of(path))
        further = {name: place for name, place in more.items() if name not in names}
        _report(further, "and it mentions these, which are not here either")
    if failure is None:
        return 0
    return 130 if isinstance(failure, KeyboardInterrupt) else 1


if __name__ == "__main__":
    sys.exit(main())
