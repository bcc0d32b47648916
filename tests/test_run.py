"""`python -m minigrad.run`: a program for torch runs as Python would run it, on minigrad."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import minigrad
from minigrad.run import __main__ as command
from minigrad.run.aliases import Aliases, target_of
from minigrad.run.survey import lacking, survey, texts_of

PROGRAM = """\
import sys
import torch, torchvision
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import torch.backends.cudnn as cudnn
from torch.nn.modules.conv import Conv2d
from torch.utils.data import DataLoader
from torchvision import datasets, transforms
from d2l import torch as d2l
import helper

cudnn.benchmark = True
assert torch.nn is nn and nn.functional is F and torch.optim is optim and Conv2d is nn.Conv2d
assert torch.utils.data.DataLoader is DataLoader and torch.backends.cudnn.benchmark
assert torch.__version__.split(".")[0] == "2" and torchvision.datasets is datasets
assert __name__ == "__main__" and sys.modules["__main__"].nn is nn and helper.torch is torch
print(sys.argv[1:], __file__ == sys.argv[0], d2l.Timer.__name__, torch.ones(2))
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "helper.py").write_text("import torch\n")
    return tmp_path


def run(*arguments, cwd=None):
    return subprocess.run(
        [sys.executable, "-m", "minigrad.run", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, cwd=cwd or Path(__file__).parent.parent,
    )  # fmt: skip


def test_a_program_runs_with_its_arguments_and_its_exit_status(folder):
    done = run(folder / "program.py", 7, "--check")
    assert (done.returncode, done.stderr) == (7, "")
    assert done.stdout == "['7', '--check'] True Timer tensor([1., 1.])\n"


def test_tracebacks_are_those_that_python_prints(folder):
    text = "import math\n\ndef f(x):\n    return math.sqrt(x)\n\ntry:\n    1 / 0\n"
    text += "finally:\n    f(-1)\n"
    (folder / "wrong.py").write_text(text)
    ours = run(folder / "wrong.py")
    plain = subprocess.run(
        [sys.executable, folder / "wrong.py"], capture_output=True, text=True, timeout=60
    )
    assert (ours.returncode, ours.stderr) == (plain.returncode, plain.stderr)


def in_process(monkeypatch, path, *arguments):
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    return command.main([*arguments, str(path)])


def test_missing_names_are_told_where_they_are_used_and_at_the_end(folder, monkeypatch, capsys):
    program = folder / "lacks.py"
    program.write_text(
        "import torch\nfrom d2l import torch as d2l\nif hasattr(torch, 'nothing'):\n    pass\n"
        "torch.exp(torch.ones(1)).missing()\ntorch.fantasy.fft(1)\nd2l.dream\n"
    )
    assert in_process(monkeypatch, program) == 1
    errors = capsys.readouterr().err
    assert "AttributeError: 'Tensor' object has no attribute 'missing'" in errors
    listed = errors.partition("minigrad.run: names that the program asked for")[2]
    assert f"torch.nothing   {program}:3" in listed and "Tensor.missing" in listed
    further = listed.partition("and it mentions these")[2]
    assert f"torch.fantasy    {program}:6" in further and f"d2l.torch.dream  {program}:7" in further


def test_a_missing_name_is_an_attribute_error_with_the_nearest(folder, monkeypatch, capsys):
    (folder / "near.py").write_text("import torch\n\nprint(torch.arrange(3))\n")
    assert in_process(monkeypatch, folder / "near.py") == 1
    errors = capsys.readouterr().err
    assert "AttributeError: torch.arrange is not in minigrad. Did you mean: 'arange'?" in errors
    assert "minigrad/run" not in errors.replace("\\", "/") and "runpy" not in errors
    (folder / "near.py").write_text("from torch import fantasy\n")
    assert in_process(monkeypatch, folder / "near.py") == 1
    assert "ImportError: cannot import name 'fantasy' from 'torch'" in capsys.readouterr().err


def test_check_lists_without_running(folder, monkeypatch, capsys):
    program = folder / "lacks.py"
    program.write_text("import helper2\nimport torch\nprint('never')\ntorch.fantasy.fft(1)\n")
    (folder / "helper2.py").write_text("from torch.nn import Linear, Dream\n")
    assert in_process(monkeypatch, program, "--check") == 1
    out, err = capsys.readouterr()
    assert out == "" and "2 names" in err and "torch.nn.Dream" in err and "torch.fantasy" in err
    assert in_process(monkeypatch, folder / "program.py", "--check") == 0
    assert texts_of(program).keys() == {str(program), str(folder / "helper2.py")}


def test_stand_ins_let_one_run_find_many(folder, monkeypatch, capsys):
    program = folder / "lacks.py"
    program.write_text(
        "import torch\nfrom torch.fantasy import sub\nclass A(torch.Dream):\n    pass\n"
        "@torch.wish\ndef f():\n    return 3\n"
        "with torch.hope(1) as h:\n    assert f() == 3\nlist(torch.love.more(2).x)\nA()\n"
    )
    assert in_process(monkeypatch, program, "--stand-ins") == 0
    listed = [line.split()[0] for line in capsys.readouterr().err.splitlines()[1:]]
    assert listed == [
        "torch.fantasy", "torch.fantasy.sub", "torch.Dream", "torch.wish", "torch.hope",
        "torch.love", "torch.love.more",
    ]  # fmt: skip


def test_a_module_runs_by_its_name(folder):
    (folder / "package").mkdir()
    (folder / "package" / "__init__.py").touch()
    (folder / "package" / "train.py").write_text(
        "import torch, sys\nprint(sys.argv[1:], torch.e1)\n"
    )
    root = Path(__file__).parent.parent
    code = (
        f"import sys; sys.path.insert(1, {str(root)!r})\nfrom minigrad.run.__main__ import main\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code + "sys.exit(main(['-m', 'package.train', 'a']))"],
        cwd=folder, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1 and "torch.e1 is not in minigrad" in done.stderr


def test_what_is_no_program_is_refused(tmp_path, monkeypatch, capsys):
    assert in_process(monkeypatch, tmp_path / "nothing.py") == 2
    assert "can't open file" in capsys.readouterr().err


def test_a_module_beside_the_program_comes_first(folder, monkeypatch, capsys):
    (folder / "d2l.py").write_text("torch = 'mine'\n")
    (folder / "program.py").write_text("from d2l import torch as d2l\nprint(d2l)\n")
    assert in_process(monkeypatch, folder / "program.py") == 0
    monkeypatch.delitem(sys.modules, "d2l")
    assert capsys.readouterr().out == "mine\n"


def test_plt_show_needs_no_screen(folder, monkeypatch, recwarn):
    (folder / "plot.py").write_text(
        "import matplotlib\nmatplotlib.use('Agg')\nimport matplotlib.pyplot as plt\n"
        "plt.plot([1, 2])\nplt.show()\nplt.close('all')\n"
    )
    assert in_process(monkeypatch, folder / "plot.py") == 0
    assert not [w for w in recwarn if "non-interactive" in str(w.message)]


def test_the_hook_leaves_what_was_imported_before_and_goes_away():
    before = {name: module for name, module in sys.modules.items() if name.startswith("torch")}
    with Aliases() as hook:
        import torch.nn.functional as F  # noqa: I001
        import torch

        assert torch.nn.functional is F and F.relu is minigrad.nn.functional.relu
        assert "Linear" in dir(torch.nn)
        torch.nn.functional.my_own = 1  # what a program sets stays in the alias
        assert not hasattr(minigrad.nn.functional, "my_own")
        with pytest.raises(ModuleNotFoundError, match="No module named 'torch.fantasy'"):
            __import__("torch.fantasy")
    assert list(hook.lacks.places) == ["torch.fantasy"]
    after = {name: module for name, module in sys.modules.items() if name.startswith("torch")}
    assert after == before and hook not in sys.meta_path


@pytest.mark.parametrize(
    ("name", "here"),
    [
        ("torch", "minigrad"), ("torch.utils.data.sampler", "minigrad.utils.data.sampler"),
        ("torch.nn.modules.loss", "minigrad.nn"), ("torchvision.datasets", "fashion.datasets"),
        ("torch.utils.data._utils.collate", "minigrad.utils.data.collate"), ("d2l.mxnet", None),
        ("torch.optim.lr_scheduler", "minigrad.optim.lr_scheduler"), ("torch.nn.Linear", None),
    ],
)  # fmt: skip
def test_modules_mean_modules(name, here):
    assert target_of(name) == here


def test_names_are_followed_as_far_as_the_text_says():
    assert lacking("torch.nn.Module.register_buffer") is None
    assert lacking("torch.Tensor.dream") == "torch.Tensor.dream"
    assert lacking("d2l.torch.Timer") is None and lacking("d2l.mxnet") == "d2l.mxnet"
    assert survey(
        {"a": "import torch as t\nt.dream\nx.dream", "b": "def f(:", "c": "import os"}
    ) == {"torch.dream": "a:2"}
