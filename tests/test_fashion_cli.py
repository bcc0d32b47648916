"""`python -m fashion`, and what `import fashion` loads and offers."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys

import pytest
from misbehaving_server import Exchange, Server, child_environment

import fashion
from fashion import __main__, datasets, download, sources

SAMPLE = sources.SAMPLE_TRAIN + sources.SAMPLE_TEST
BODIES = {source.name: (datasets.SAMPLE / source.name).read_bytes() for source in SAMPLE}


@pytest.fixture(autouse=True)
def _isolated(monkeypatch, tmp_path):
    monkeypatch.setenv("FASHION_DATA", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "*")
    monkeypatch.setattr(sources, "FILES", SAMPLE)
    monkeypatch.setattr(download, "BACKOFF", 0.01)


def test_download_then_verify_then_info(tmp_path, capsys):
    root = str(tmp_path / "root")
    assert __main__.main(["verify", "--root", root]) == 1
    said = capsys.readouterr()
    assert said.out.count(": missing") == 4 and "What to do" in said.err
    with Server(BODIES, Exchange.answer) as server:
        assert __main__.main(["download", "--root", root, "--mirror", server.url]) == 0
    said = capsys.readouterr()
    assert said.out.count("right: ") == 4 and said.err == ""  # no bar where there is no terminal
    assert __main__.main(["verify", "--root", root]) == 0
    out = capsys.readouterr().out
    assert out.count(": right, another header") == 4 and root in out
    datasets_folder = tmp_path / "root" / "FashionMNIST" / "raw"
    assert __main__.main(["info", "--root", root]) == 0
    out = capsys.readouterr().out
    assert f"{datasets_folder}: train-images-idx3-ubyte.gz, train-labels" in out
    assert all(mirror in out for mirror in sources.MIRRORS)


def test_quiet_prints_nothing(tmp_path, capsys):
    arguments = ["download", "-q", "--root", str(tmp_path / "root"), "--mirror"]
    with Server(BODIES, Exchange.answer) as server:
        assert __main__.main([*arguments, server.url]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_failure_is_one_message_and_status_1(tmp_path, capsys):
    arguments = ["download", "-q", "--root", str(tmp_path / "root"), "--deadline", "5"]
    not_found = lambda exchange: exchange.head("404 Not Found")  # noqa: E731
    with Server(BODIES, not_found) as a, Server(BODIES, not_found) as b:
        assert __main__.main([*arguments, "--mirror", a.url, "--mirror", b.url]) == 1
    said = capsys.readouterr().err
    assert said.count("HTTP 404 Not Found") == 2 and "Traceback" not in said
    assert a.url in said and b.url in said and "What to do by hand" in said


def test_verify_names_what_is_wrong_and_what_is_not_read(tmp_path, capsys):
    for folder in ("root", "elsewhere"):
        (tmp_path / folder).mkdir()
        for source in SAMPLE:
            shutil.copy(datasets.SAMPLE / source.name, tmp_path / folder)
    wrong = tmp_path / "root" / SAMPLE[1].name
    wrong.write_bytes(b"<html>")
    assert __main__.main(["verify", "--root", str(tmp_path / "root")]) == 1
    said = capsys.readouterr()
    assert f"{SAMPLE[1].name}: WRONG: {wrong}: at byte 0 of the file: expected gzip" in said.out
    assert said.out.count("(not read: another copy comes first)") == 4
    assert "1 of the four files" in said.err


def test_headers_are_told_apart(tmp_path):
    import struct

    path = tmp_path / "train-labels-idx1-ubyte.gz"
    name = b"train-labels-idx1-ubyte\0"
    for start, words in (
        (struct.pack("<4BI2B", 31, 139, 8, 8, 1504176606, 0, 3) + name, "upstream's header"),
        (struct.pack("<4BI2B", 31, 139, 8, 8, 1504176606, 0, 3) + b"x\0", "name 'x'"),
        (struct.pack("<4BI2B", 31, 139, 8, 0, 1591347949, 0, 3), "Debian's header"),
        (struct.pack("<4BI2B", 31, 139, 8, 0, 7, 0, 3), "another header (time 7, no name)"),
        (b"<html>", "no gzip header"),
    ):
        path.write_bytes(start)
        assert words in __main__.header(path)


@pytest.mark.parametrize(
    "arguments", [[], ["fetch"], ["download", "--deadline", "0"], ["download", "--deadline", "x"]]
)
def test_bad_usage_is_status_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        __main__.main(arguments)
    assert caught.value.code == 2
    assert "usage: python -m fashion" in capsys.readouterr().err


def python(code: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True, text=True, check=True, env=child_environment(),
    )  # fmt: skip
    return run.stdout


def test_it_runs_as_a_module_from_anywhere(tmp_path):
    run = subprocess.run(
        [sys.executable, "-m", "fashion", "info"],
        capture_output=True, text=True, check=True, cwd=tmp_path,
        env=child_environment(),
    )  # fmt: skip
    assert "Files are looked for in:" in run.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="pipes of POSIX")
@pytest.mark.parametrize("command", ["info", "verify"])
def test_a_reader_who_leaves_gets_no_traceback(command, tmp_path):
    read, write = os.pipe()
    os.close(read)
    with open(write, "wb") as pipe:
        run = subprocess.run(
            [sys.executable, "-m", "fashion", command],
            stdout=pipe, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=child_environment(),
        )  # fmt: skip
    assert run.returncode == 141 and "Traceback" not in run.stderr and "Broken" not in run.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="homes are guessed there")
@pytest.mark.parametrize("command", ["info", "verify", "download"])
def test_a_home_of_nobody_is_a_sentence(command, capsys, monkeypatch):
    assert __main__.main([command, "--root", "~no-such-user/x"]) == 1
    assert "There is no such user: '~no-such-user/x'" in capsys.readouterr().err
    monkeypatch.setenv("FASHION_DATA", "~no-such-user")
    assert __main__.main([command]) == 1
    assert "There is no such user: '~no-such-user'" in capsys.readouterr().err


def test_an_empty_list_of_places_says_that_no_mirror_was_asked(monkeypatch, capsys):
    monkeypatch.setenv("FASHION_DATA", "")
    assert __main__.main(["download"]) == 1
    assert "no mirror was asked, as $FASHION_DATA is empty" in capsys.readouterr().err


def test_import_loads_nothing_heavy():
    loaded = "import sys, fashion; print(*(m for m in sys.modules if '.' not in m))"
    modules = python(loaded).split()
    assert "fashion" in modules
    for heavy in ("numpy", "requests", "tqdm", "matplotlib", "minigrad", "torch"):
        assert heavy not in modules
    modules = python(loaded.replace("fashion;", "fashion; fashion.datasets;")).split()
    assert "numpy" in modules
    for heavy in ("requests", "urllib3", "tqdm", "matplotlib", "minigrad", "torch"):
        assert heavy not in modules


def test_parts_are_attributes():
    assert python("import fashion as torchvision; print(torchvision.datasets.FashionMNIST)")
    assert set(fashion.PARTS) <= set(dir(fashion))
    with pytest.raises(AttributeError, match="no attribute 'vision'; it has .*datasets"):
        fashion.vision  # noqa: B018
    for name in fashion.PARTS:
        assert importlib.util.find_spec(f"fashion.{name}")
