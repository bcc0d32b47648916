"""The benchmark runs, writes what it says, and refuses to compare those who do different work."""

from __future__ import annotations

import doctest
import importlib.util
import json
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[1] / "scripts"

CHEAT = """
import sys
sys.path.insert(0, {folder!r})
import numpy_loop

class Contestant(numpy_loop.Contestant):
    def epoch(self, seed):
        super().epoch(seed)
        return super().epoch(seed)
"""


@pytest.fixture
def command(monkeypatch):
    """scripts/benchmark.py as a module; `import benchmark` gives the folder beside it."""
    monkeypatch.syspath_prepend(str(SCRIPTS))
    spec = importlib.util.spec_from_file_location("command", SCRIPTS / "benchmark.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    for name in [name for name in sys.modules if name.partition(".")[0] == "benchmark"]:
        sys.modules.pop(name)


@pytest.fixture
def part(command):
    """Give a module of the folder by its name."""
    return lambda name: importlib.import_module(f"benchmark.{name}")


def test_rows_on_the_sample(command, tmp_path, capsys):
    rows = [word for row in ("epoch", "parts", "kernels") for word in ("--only", row)]
    rows += ["--against", "numpy", "--against", "kernels"]
    out = tmp_path / "out"
    assert command.main([*rows, "--quick", "--data", "sample", "--out", str(out)]) == 0
    lines = capsys.readouterr().out.splitlines()
    table = [line for line in lines if line.startswith(("epoch ", "parts ", "kernels "))]
    assert "hand-written NumPy" in table[0] and "the unavoidable kernels" in table[-1]

    found = json.loads((out / "benchmark.json").read_text(encoding="utf-8"))
    assert found["about"]["data"] == "sample" and found["about"]["versions"]["numpy"]
    figures = found["figures"]
    assert len(figures) == len(table)
    assert [f["row"] for f in figures] == ["epoch"] * 2 + ["parts"] * 7 + ["kernels"]
    for figure in figures:
        calls = figure["unit"] == "calls"
        assert len(figure["ratios"]) == (1 if calls else command.QUICK_ROUNDS)
        assert min(figure["ratios"]) > 0
        assert figure["ours"] > 0 and figure["theirs"] > 0
    words = [f["what"].partition(",")[0] for f in figures if f["row"] == "parts"]
    assert words[:6] == ["load", "forward", "loss", "backward", "update", "count"]
    assert (out / "benchmark.svg").read_text(encoding="utf-8").startswith("<?xml")


def test_a_contestant_that_trains_twice_is_found_out(command, part, tmp_path, capsys, monkeypatch):
    file = tmp_path / "cheat.py"
    file.write_text(CHEAT.format(folder=str(part("peers").HERE)), encoding="utf-8")
    cheat = part("peers").Contestant("numpy", "the cheat", str(file))
    monkeypatch.setitem(part("peers").CONTESTANTS, "numpy", cheat)
    out = tmp_path / "out"
    arguments = ["--only", "epoch", "--against", "numpy", "--quick", "--data", "sample"]
    assert command.main([*arguments, "--out", str(out)]) == 1
    error = capsys.readouterr().err
    assert "the cheat reached a loss of" in error and "and minigrad" in error
    assert not out.exists()


def test_who_is_missing_is_named_with_the_command(part, monkeypatch):
    gone = part("peers").Contestant("jax", "JAX", "jax_jit.py", ("no-such-package",))
    monkeypatch.setitem(part("peers").CONTESTANTS, "jax", gone)
    bench = part("workers").Benchmark("", "sample", 1, True, ["jax", "numpy"])
    assert part("machine").missing(bench) == [
        "not measured: JAX, which is not installed (pip install no-such-package)"
    ]
    assert [peer.name for peer in bench.peers("jax", "numpy")] == ["numpy"]


def test_the_median_the_quartiles_and_the_bar(part):
    one = part("figures").figure("row", "what", "B", [1.0, 2.0, 4.0], [2.0, 2.0, 2.0], bar=1.0)
    assert one.ratios == [0.5, 1.0, 2.0] and one.ratio == 1.0 and one.met
    assert one.spread == (0.75, 1.5)
    assert part("figures").Figure("row", "what", "", [], 20.0, None, "ms", 15.0).met is False


def test_markdown_goes_between_the_marks_of_the_page(part, tmp_path, monkeypatch):
    page, out = tmp_path / "performance.md", tmp_path / "out"
    page.write_text("# A\n<!-- table -->\nold\n<!-- end of table -->\nB\n", encoding="utf-8")
    out.mkdir()
    (out / "benchmark.svg").write_text("<svg/>", encoding="utf-8")
    monkeypatch.setattr(part("report"), "DOCS", page)
    monkeypatch.setattr(part("report"), "header", lambda facts: "the machine")
    one = part("figures").figure("row", "what", "B", [1.0], [2.0])
    part("report").write_docs([one], {}, out)
    text = page.read_text(encoding="utf-8")
    assert "old" not in text and text.startswith("# A\n") and text.endswith("B\n")
    assert "| row | what | B | 0.50 |" in text and "the machine" in text
    assert (tmp_path / "performance-benchmark.svg").exists()


def test_wrong_arguments_end_with_status_2(command, capsys):
    for arguments in (["--only", "nothing"], ["--rounds", "0"]):
        with pytest.raises(SystemExit) as ended:
            command.main(arguments)
        assert ended.value.code == 2
    assert "--rounds" in capsys.readouterr().err


def test_the_examples_in_the_docstrings_print_what_they_say(part):
    for name in ("figures", "table"):
        done = doctest.testmod(part(name), optionflags=doctest.ELLIPSIS)
        assert done.attempted and not done.failed, name


def test_a_row_of_nets_measures_time_memory_and_the_start(command, part, tmp_path, capsys):
    words = ["--only", "dropout", "--against", "numpy", "--quick"]
    assert command.main([*words, "--data", "sample", "--out", str(tmp_path)]) == 0
    found = json.loads((tmp_path / "benchmark.json").read_text(encoding="utf-8"))
    figures = [part("figures").Figure(**{k: v for k, v in f.items() if k not in ("ratio", "met")})
               for f in found["figures"]]  # fmt: skip
    ours = [f for f in figures if f.settings["us"] == "minigrad"]
    kinds = ["one thread, CPU time", "peak memory", "all cores, wall time", "from nothing to three"]
    assert len(ours) == len(kinds)
    for figure, kind in zip(ours, kinds, strict=True):
        assert kind in figure.what and min(figure.ratios) > 0 and figure.theirs > 0
        assert len(figure.ratios) == (command.QUICK_ROUNDS if "time" in kind else 1)
    page = part("table").nets_table(figures).splitlines()
    assert (
        page[2].startswith("| MLP 784-256-256-10, dropout, Adam | one thread, CPU time | ")
        or "MLP" in page[2]
    )


def test_who_cannot_take_part_in_a_row_is_named(command, part, tmp_path, capsys, monkeypatch):
    file = tmp_path / "unable.py"
    file.write_text(
        "class Contestant:\n    def __init__(self, folder): pass\n"
        "    def set_up(self, **what): raise NotImplementedError('it has no layers')\n"
    )
    unable = part("peers").Contestant("numpy", "the unable", "", nets=str(file))
    monkeypatch.setitem(part("peers").CONTESTANTS, "numpy", unable)
    words = ["--only", "rnn", "--against", "numpy", "--quick", "--data", "sample"]
    assert command.main([*words, "--out", str(tmp_path / "out")]) == 0
    line = "not measured: RNN, 35 steps of 256: the unable: set_up: NotImplementedError: it has no"
    assert line in capsys.readouterr().out


def test_a_net_that_learns_something_else_is_found_out(
    command, part, tmp_path, capsys, monkeypatch
):
    file = tmp_path / "other.py"
    file.write_text(
        f"import sys\nsys.path.insert(0, {str(part('peers').HERE)!r})\nimport nets_numpy\n"
        "class Contestant(nets_numpy.Contestant):\n"
        "    def update(self, gradients): super().update([2 * g for g in gradients])\n"
    )
    other = part("peers").Contestant("numpy", "the other", "", nets=str(file))
    monkeypatch.setitem(part("peers").CONTESTANTS, "numpy", other)
    words = ["--only", "sizes", "--against", "numpy", "--quick", "--data", "sample"]
    assert command.main([*words, "--out", str(tmp_path / "out")]) == 1
    assert "the other reached a loss of" in capsys.readouterr().err


def test_a_missing_program_is_named(part, monkeypatch):
    gone = part("peers").Contestant("torch-compile", "torch.compile", "", programs=("no-such",))
    monkeypatch.setitem(part("peers").CONTESTANTS, "torch-compile", gone)
    bench = part("workers").Benchmark("", "sample", 1, True, ["torch-compile"])
    assert part("machine").missing(bench) == [
        "not measured: torch.compile, which needs the program no-such"
    ]
    assert bench.peers("torch-compile") == []
