"""Change one small thing in the code at a time, and see whether a test notices.

    python tests/mutate.py minigrad/inplace.py --number 100 --seed 1
    python tests/mutate.py minigrad/autograd/derivatives.py --tests tests/test_operations.py

A line that can be wrong without a failing test is a line that nobody has tested. The tests are run
once to learn which of them reach which line; then each change is made in a copy of the tree, in a
temporary folder, and the tests that reach its line are run, the quick ones first, to the first
failure. What survives is printed as FILE:LINE with the change. Changes that leave the program the
same stand in tests/same_programs.txt, each with its reason, and are not tried.  A part of the work
is done in forks of this process, so it needs Linux or macOS.
"""

from __future__ import annotations

import argparse
import ast
import functools
import gc
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
SAME = ROOT / "tests" / "same_programs.txt"
TESTS = """engine autograd views tensor promotion errors functional functional_transforms memory
           numpy_interop properties creation convolution nn_tools divergence anomaly layers
           mutants random_programs operations testing function hips_programs numpy_protocols
           threads""".split()
SETTINGS = ["-q", "-p", "no:cacheprovider", "-m", "not slow and not live", "--no-header"]
LEFT_OUT = {".git", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".hypothesis"}
OPERATORS = {"+": "-", "-": "+", "*": "/", "/": "*", "**": "*", "@": "*", "//": "/", "%": "*",
             "&": "|", "|": "&", "<<": ">>", ">>": "<<", "^": "&"}  # fmt: skip
COMPARISONS = {"<": ("<=", ">"), "<=": ("<", ">="), ">": (">=", "<"), ">=": (">", "<="),
               "==": ("!=",), "!=": ("==",), "is": ("is not",), "is not": ("is",),
               "in": ("not in",), "not in": ("in",)}  # fmt: skip


class Mutant(NamedTuple):
    """One change: the text from start to end, offsets in the file, becomes another."""

    file: str
    line: int
    start: int
    end: int
    new: str
    old: str
    inside: tuple[int, int] | None  # first and last line of the function it stands in, if any

    @property
    def change(self) -> str:
        """The change in words, on one line."""
        old, new = (" ".join(text.split()) for text in (self.old, self.new))
        return f"`{old}` -> `{new}`"


# -- making them -----------------------------------------------------------------------------------
class Maker(ast.NodeVisitor):
    """Collects the mutants of one file."""

    def __init__(self, file: str, text: str) -> None:
        self.file, self.text, self.found = file, text, []  # type: ignore[var-annotated]
        self.inside: tuple[int, int] | None = None
        self.starts = [0]
        for line in text.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))

    def offset(self, line: int, column: int) -> int:
        """Where a place of the syntax tree, whose columns count bytes, is in the text."""
        start = self.starts[line - 1]
        row = self.text[start : self.starts[line]].encode()
        return start + len(row[:column].decode())

    def segment(self, node: Any) -> tuple[int, int]:
        return (
            self.offset(node.lineno, node.col_offset),
            self.offset(node.end_lineno, node.end_col_offset),
        )

    def source(self, node: Any) -> str:
        start, end = self.segment(node)
        return self.text[start:end]

    def add(self, node: Any, new: str) -> None:
        start, end = self.segment(node)
        old = self.text[start:end]
        if old != new:
            self.found.append(Mutant(self.file, node.lineno, start, end, new, old, self.inside))

    def replace(self, node: Any, part: Any, new: str) -> None:
        """A mutant of the whole node in which one part is another text."""
        start, end = self.segment(node)
        a, b = self.segment(part)
        self.add(node, self.text[start:a] + new + self.text[b:end])

    def visit(self, node: ast.AST) -> None:
        name = type(node).__name__
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            before, self.inside = self.inside, (node.lineno, node.end_lineno or node.lineno)
            if isinstance(node, ast.FunctionDef):
                for part in (*node.decorator_list, *node.args.defaults, *node.args.kw_defaults):
                    if part is not None:
                        self.visit(part)
                self.statements(node.body)
                parts: Any = node.body
            else:
                parts = [*node.args.defaults, node.body]
            for part in parts:
                self.visit(part)
            self.inside = before
            return
        if isinstance(node, ast.AnnAssign):
            if node.value is not None:
                self.visit(node.value)
            return
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            return
        if isinstance(node, (ast.JoinedStr, ast.Import, ast.ImportFrom)):
            return
        if isinstance(node, ast.keyword) and node.arg == "strict":
            return
        if isinstance(node, ast.Raise):  # how a message is put together is not what we ask here
            return
        for field in ("body", "orelse", "finalbody"):
            if isinstance(block := getattr(node, field, None), list):
                self.statements(block)
        getattr(self, f"make_{name}", lambda node: None)(node)
        self.generic_visit(node)

    def statements(self, block: list[ast.stmt]) -> None:
        """Each statement that can be left out without a NameError."""
        for node in block:
            docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if isinstance(node, (ast.Assign, ast.AugAssign)):
                targets = node.targets if isinstance(node, ast.Assign) else [node.target]
                if isinstance(node, ast.AugAssign) or not isinstance(targets[0], ast.Name):
                    if not isinstance(targets[0], ast.Tuple):
                        self.add(node, "pass")
            elif isinstance(node, (ast.Raise, ast.Expr, ast.Continue, ast.Break, ast.Delete)):
                if not docstring and self.inside is not None:
                    self.add(node, "pass")

    def make_BinOp(self, node: ast.BinOp) -> None:
        left, right = self.source(node.left), self.source(node.right)
        a, b = self.segment(node.left)[1], self.segment(node.right)[0]
        between = self.text[a:b]
        if isinstance(node.left, ast.Constant) and isinstance(node.left.value, str):
            return  # a text that is formatted
        sign = between.strip("() \n")
        if sign in OPERATORS:
            start, end = self.segment(node)
            other = between.replace(sign, OPERATORS[sign])
            self.add(node, f"({self.text[start:a]}{other}{self.text[b:end]})")
        if sign in "+-":
            self.add(node, f"({left})")
            if sign == "+":
                self.add(node, f"({right})")

    def make_AugAssign(self, node: ast.AugAssign) -> None:
        self.add(node, f"{self.source(node.target)} = {self.source(node.value)}")

    def make_UnaryOp(self, node: ast.UnaryOp) -> None:
        if not isinstance(node.op, ast.UAdd):
            self.add(node, f"({self.source(node.operand)})")

    def make_Compare(self, node: ast.Compare) -> None:
        a, b = self.segment(node.left)[1], self.segment(node.comparators[0])[0]
        start, end = self.segment(node)
        between = self.text[a:b]
        sign = between.strip("() \n")
        for other in COMPARISONS.get(sign, ()):
            changed = between.replace(sign, other)
            self.add(node, f"{self.text[start:a]}{changed}{self.text[b:end]}")

    def make_BoolOp(self, node: ast.BoolOp) -> None:
        for i in range(len(node.values)):
            rest = [v for k, v in enumerate(node.values) if k != i]
            word = " and " if isinstance(node.op, ast.And) else " or "
            self.add(node, f"({word.join(f'({self.source(v)})' for v in rest)})")
        if len(node.values) == 2:
            word = " or " if isinstance(node.op, ast.And) else " and "
            self.add(node, f"({word.join(f'({self.source(v)})' for v in node.values)})")

    def make_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self.add(node, str(not value))
        elif isinstance(value, (int, float)):
            self.add(node, f"{value + 1}")

    def negate(self, node: Any) -> None:
        compared = isinstance(node, ast.Compare) and not isinstance(node.ops[0], (ast.Lt, ast.Gt))
        if not compared and not isinstance(node, ast.UnaryOp):  # these are changed elsewhere
            self.add(node, f"(not ({self.source(node)}))")

    def make_If(self, node: ast.If) -> None:
        self.negate(node.test)

    def make_IfExp(self, node: ast.IfExp) -> None:
        self.negate(node.test)

    def make_comprehension(self, node: ast.comprehension) -> None:
        for test in node.ifs:
            self.add(test, "True")

    def make_Call(self, node: ast.Call) -> None:
        args = node.args
        name = self.source(node.func)
        if name in ("isinstance", "getattr", "hasattr", "TypeVar"):
            return  # a TypeError at once: no test would deserve the credit
        if len(args) >= 2 and not any(isinstance(a, ast.Starred) for a in args[:2]):
            start, end = self.segment(node)
            (a, b), (c, d) = self.segment(args[0]), self.segment(args[1])
            text = self.text
            self.add(node, text[start:a] + text[c:d] + text[b:c] + text[a:b] + text[d:end])
        for keyword in node.keywords:
            if keyword.arg not in (None, "strict"):  # zip's, which guards what cannot happen
                kept = [self.source(x) for x in args]
                kept += [self.source(k) for k in node.keywords if k is not keyword]
                self.add(node, f"{name}({', '.join(kept)})")


def mutants(file: str, text: str) -> list[Mutant]:
    """All that can be made of one file."""
    maker = Maker(file, text)
    maker.visit(ast.parse(text))
    good = []
    for m in maker.found:
        try:
            ast.parse(mutated(text, m))
        except SyntaxError:
            continue
        good.append(m)
    return list(dict.fromkeys(good))


def mutated(text: str, m: Mutant) -> str:
    """The file's text with the change in it."""
    return text[: m.start] + m.new + text[m.end :]


# -- running them ----------------------------------------------------------------------------------
class Lines:
    """Which lines of the files are run, noted by sys.settrace."""

    def __init__(self, files: dict[str, str]) -> None:
        self.files = files  # by absolute path, the name
        self.now: set[tuple[str, int]] = set()

    def __call__(self, frame: Any, event: str, arg: Any) -> Any:
        name = self.files.get(frame.f_code.co_filename)
        if name is None:
            return None
        add = self.now.add

        def each(frame: Any, event: str, arg: Any) -> Any:
            add((name, frame.f_lineno))
            return each

        return each(frame, event, arg)


class Session:
    """A plugin for pytest that runs the tests as often as it likes, each time in a fork."""

    def __init__(self, work: Callable[[Session], None]) -> None:
        self.work = work
        self.failed = False
        self.survived = 0

    def pytest_runtestloop(self, session: Any) -> bool:
        self.items = {item.nodeid: item for item in session.items}
        self.config = session.config
        self.work(self)
        return True

    def pytest_runtest_logreport(self, report: Any) -> None:
        self.failed |= report.failed

    def passes(self, name: str, following: str | None = None) -> bool:
        """Run one test; what was set up for it and not for the one that follows is taken down."""
        self.failed = False
        after = self.items[following] if following else None
        self.config.hook.pytest_runtest_protocol(item=self.items[name], nextitem=after)
        return not self.failed

    def in_fork(self, work: Callable[[], int], seconds: float) -> int | None:
        """The status that work() returns in a fork of this process; None if it took too long.

        So many seconds of the processor, for the machine may be busy, or ten times as many in all.
        """
        child = os.fork()
        if not child:
            status = 1
            try:
                os.setsid()
                resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds) + 1))
                silence = os.open(os.devnull, os.O_WRONLY)
                os.dup2(silence, 1)
                os.dup2(silence, 2)
                self.config.pluginmanager.unregister(name="terminalreporter")
                status = work()
            finally:
                os._exit(status)
        end = time.monotonic() + 10 * seconds
        while time.monotonic() < end:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                return None if code in (-signal.SIGXCPU, -signal.SIGKILL) else code
            time.sleep(0.005)
        os.killpg(child, signal.SIGKILL)  # with the children of the tests
        os.waitpid(child, 0)
        return None

    def reach(self, files: dict[str, str], to: Path) -> dict[str, Any]:
        """Which test reaches which lines, and how long it takes; without those that fail."""

        def work() -> int:
            found = {}
            lines = Lines(files)
            names = list(self.items)
            for name, following in zip(names, [*names[1:], None], strict=True):
                lines.now.clear()
                began = time.process_time()
                sys.settrace(lines)
                good = self.passes(name, following)
                sys.settrace(None)
                if good:  # those that count memory do not bear being watched
                    seconds = time.process_time() - began
                    found[name] = {"seconds": seconds, "lines": sorted(lines.now)}
            to.write_text(json.dumps(found), encoding="utf-8")
            return 0

        if self.in_fork(work, 3600) != 0:
            sys.exit("the tests do not run")
        return json.loads(to.read_text(encoding="utf-8"))

    def first_failure(self, names: list[str]) -> int:
        """1 if one of the tests fails, else 0."""
        for name, following in zip(names, [*names[1:], None], strict=True):
            if not self.passes(name, following):
                return 1
        return 0


def own(code: CodeType) -> tuple:
    """What a piece of code does, without the functions inside it."""
    constants = tuple(c for c in code.co_consts if not isinstance(c, CodeType))
    return code.co_code, code.co_names, repr(constants), code.co_varnames


def exchange(path: str, old: str, new: str) -> bool:
    """Put changed code into the living functions of a file; False if that is not where it is."""
    living: dict[CodeType, list[FunctionType]] = {}
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename == path:
            living.setdefault(thing.__code__, []).append(thing)
        elif isinstance(thing, functools._lru_cache_wrapper):
            thing.cache_clear()

    def put(before: CodeType, after: CodeType, reached: bool) -> bool:
        functions = living.get(before, ())
        if before != after:
            for function in functions:
                function.__code__ = after
        reached = reached or bool(functions)
        inner = [[c for c in code.co_consts if isinstance(c, CodeType)] for code in (before, after)]
        if (own(before) != own(after) and not reached) or len(inner[0]) != len(inner[1]):
            return False
        return all(put(a, b, reached) for a, b in zip(*inner, strict=True))

    try:
        return put(compile(old, path, "exec"), compile(new, path, "exec"), False)
    except ValueError:  # it uses other names of the function around it
        return False


def same_programs() -> dict[tuple[str, ...], str]:
    """The changes that leave the program the same: file, line and change, and the reason."""
    text = SAME.read_text(encoding="utf-8") if SAME.exists() else ""
    blocks = [block.split("\n") for block in text.strip().split("\n\n")[1:]]
    return {tuple(map(str.strip, lines[:3])): lines[3].strip() for lines in blocks}


def choose(m: Mutant, reached: dict[str, Any]) -> list[str]:
    """The tests to run for a mutant: those that reach its line; else its function; else all."""
    by_time = sorted(reached, key=lambda name: reached[name]["seconds"])
    for first, last in [(m.line, m.line), *([m.inside] if m.inside else [])]:
        found = [
            name
            for name in by_time
            if any(f == m.file and first <= n <= last for f, n in reached[name]["lines"])
        ]
        if found:
            return found
    return by_time


def survivors(options: argparse.Namespace, folder: Path, session: Session) -> None:
    """Try each mutant, print those that survive, and count."""
    texts = {file: (ROOT / file).read_text(encoding="utf-8") for file in options.files}
    pool = [m for file in options.files for m in mutants(file, texts[file])]
    if options.match:
        pool = [m for m in pool if options.match in m.change]
    if options.number and options.number < len(pool):
        pool = random.Random(options.seed).sample(pool, options.number)
    pool.sort(key=lambda m: (m.file, m.start))
    known = same_programs()
    files = {str(folder / "tree" / file): file for file in options.files}
    reached = session.reach(files, folder / "lines.json")
    print(f"{len(pool)} mutants, {len(reached)} tests", flush=True)
    paths = {file: path for path, file in files.items()}
    counts: dict[str, int] = {}
    for m in pool:
        line = texts[m.file].split("\n")[m.line - 1].strip()
        if (m.file, line, m.change) in known:
            end = "same"
        else:
            names = choose(m, reached)
            text = mutated(texts[m.file], m)

            def work(m: Mutant = m, names: list[str] = names, text: str = text) -> int:
                if not exchange(paths[m.file], texts[m.file], text):
                    return 2
                return session.first_failure(names)

            status = session.in_fork(work, options.timeout)
            if status == 2:  # what runs at import needs a process of its own
                Path(paths[m.file]).write_text(text, encoding="utf-8")
                status = afresh(folder / "tree", options)
                Path(paths[m.file]).write_text(texts[m.file], encoding="utf-8")
            end = "timeout" if status is None else "killed" if status else "survived"
        counts[end] = counts.get(end, 0) + 1
        if end == "survived":
            print(f"{end}: {m.file}:{m.line}: {m.change}", flush=True)
    print(", ".join(f"{n} {end}" for end, n in sorted(counts.items())), flush=True)
    session.survived = counts.get("survived", 0)


def afresh(tree: Path, options: argparse.Namespace) -> int | None:
    """The status of the tests in a new process, to the first failure; None for too long."""
    command = [sys.executable, "-m", "pytest", "-x", *SETTINGS, *options.tests]
    try:
        done = subprocess.run(command, cwd=tree, capture_output=True, timeout=10 * options.timeout)
    except subprocess.TimeoutExpired:
        return None
    return done.returncode


def main() -> int:
    """The command; its status is 1 if a mutant survived."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="+", help="the files to change, from the top of the tree")
    parser.add_argument("--number", type=int, default=0, help="how many (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--match", help="only changes that contain this text")
    parser.add_argument("--timeout", type=float, default=60, help="of the processor, for each")
    default = [f"tests/test_{name}.py" for name in TESTS]
    default = [path for path in default if (ROOT / path).exists()]
    parser.add_argument("--tests", nargs="+", default=default, help="the test files to run")
    options = parser.parse_args()
    os.environ.update(OPENBLAS_NUM_THREADS="1", PYTHONDONTWRITEBYTECODE="1")
    import hypothesis
    import pytest

    # A failure is enough: no smaller example is looked for.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutate", deadline=None, phases=phases)
    hypothesis.settings.load_profile("mutate")
    with tempfile.TemporaryDirectory(prefix="mutate-") as name:
        folder = Path(name)
        tree = folder / "tree"
        shutil.copytree(ROOT, tree, ignore=lambda _, names: LEFT_OUT.intersection(names))
        os.chdir(tree)
        sys.path[0] = str(tree)
        session = Session(lambda session: survivors(options, folder, session))
        words = [*SETTINGS, "-s", f"--basetemp={folder / 'tmp'}", "--rootdir=."]
        status = pytest.main([*words, *options.tests], plugins=[session])
    return 1 if status or session.survived else 0


if __name__ == "__main__":
    sys.exit(main())
