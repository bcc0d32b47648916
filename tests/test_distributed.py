"""One process and several, started by mpiexec: the same numbers; no death leaves one waiting."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad
from fashion import data
from minigrad import distributed as dist
from minigrad import nn
from minigrad.autograd import derivatives as d
from minigrad.autograd import gradcheck, gradgradcheck

TESTS = Path(__file__).resolve().parent
TRAIN = TESTS.parent / "scripts" / "train_softmax.py"
MPIEXEC = shutil.which("mpiexec", path=os.path.dirname(sys.executable)) or shutil.which("mpiexec")
pytestmark = pytest.mark.xdist_group("mpiexec")  # several processes, which have to meet in time
HAVE_MPI = MPIEXEC is not None and importlib.util.find_spec("mpi4py") is not None
several = pytest.mark.skipif(
    not HAVE_MPI, reason="several processes need mpiexec and mpi4py: pip install mpi4py mpich"
)
SECONDS = 120.0  # for a program of several processes; all of them take far less
RANKS = [2, 3, 4]


def environment(**variables: str) -> dict[str, str]:
    path = os.pathsep.join(filter(None, [str(TESTS.parent), os.environ.get("PYTHONPATH", "")]))
    return os.environ | {"PYTHONPATH": path, "FASHION_DATA": "", "MPLBACKEND": "Agg"} | variables


def start(ranks: int, *words: Any) -> subprocess.Popen[str]:
    """A program in so many processes."""
    assert MPIEXEC is not None
    return subprocess.Popen(
        [MPIEXEC, "-n", str(ranks), sys.executable, *map(str, words)], env=environment(),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip


def end(process: subprocess.Popen[str], seconds: float = SECONDS) -> tuple[int, str]:
    """Its exit status and what it said; it fails the test if it does not end."""
    try:
        said = process.communicate(timeout=seconds)[0]
    except subprocess.TimeoutExpired:
        process.kill()
        pytest.fail(f"still running after {seconds} s; it said: {process.communicate()[0]}")
    return process.returncode, said


def ranks(count: int, *words: Any) -> str:
    """What ranks.py says; it must end well."""
    status, said = end(start(count, TESTS / "ranks.py", *words))
    assert status == 0, said
    return said


# -- one process -----------------------------------------------------------------------------------
@pytest.fixture
def group() -> Any:
    """A group of this process alone."""
    dist.init_process_group()
    yield
    if dist.is_initialized():
        dist.destroy_process_group()


def test_nothing_is_imported_before_init_process_group() -> None:
    code = (
        "import minigrad, sys; minigrad.distributed.is_available(); print('mpi4py' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "False\n", done.stderr


def test_before_init_process_group_each_call_is_torchs_error() -> None:
    t = minigrad.ones(2)
    for call in (
        dist.get_rank, dist.get_world_size, dist.barrier, dist.destroy_process_group,
        lambda: dist.all_reduce(t), lambda: dist.broadcast(t, 0), lambda: dist.reduce(t, 0),
        lambda: dist.all_gather([t], t), lambda: dist.all_gather_object([None], 1),
        lambda: dist.broadcast_object_list([1]), lambda: data.DistributedSampler(range(3)),
        lambda: nn.parallel.DistributedDataParallel(nn.Linear(1, 1)),
    ):  # fmt: skip
        with pytest.raises(ValueError, match="Default process group has not been initialized"):
            call()
    assert dist.is_available() and not dist.is_initialized()


@pytest.mark.parametrize("blocked", [True, False])
def test_a_process_that_is_alone_can_do_everything(tmp_path: Path, blocked: bool) -> None:
    if blocked:
        (tmp_path / "mpi4py.py").write_text("raise ImportError('mpi4py is not there')\n")
    variables = {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(TESTS.parent)])}
    for words in (["collectives"], ["gradients"], ["wrapper"]):
        done = subprocess.run(
            [sys.executable, str(TESTS / "ranks.py"), *words], env=environment(**variables),
            capture_output=True, text=True, timeout=SECONDS,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr


def test_mpiexec_without_mpi4py_is_refused_and_does_not_do_the_work_twice(tmp_path: Path) -> None:
    (tmp_path / "mpi4py.py").write_text("raise ImportError('mpi4py is not there')\n")
    path = os.pathsep.join([str(tmp_path), str(TESTS.parent)])
    code = "import minigrad; minigrad.distributed.init_process_group()"
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(PYTHONPATH=path, PMI_SIZE="2"),
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert "RuntimeError: mpiexec has started 2 processes, and mpi4py" in done.stderr
    assert "pip install" in done.stderr


def test_a_script_that_mpiexec_starts_without_the_option_is_refused(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(TRAIN), "--data", "sample", "--out", str(tmp_path / "run")],
        env=environment(PMI_SIZE="3"), capture_output=True, text=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 2 and "--distributed lets them share it" in done.stderr


@pytest.mark.parametrize(
    ("settings", "kind", "words"),
    [
        ({"backend": "gloo"}, ValueError, "the only one here is 'mpi'"),
        ({"timeout": 0}, ValueError, "positive number of seconds"),
        ({"world_size": 2}, ValueError, "world_size=2 was asked for, and MPI says 1"),
        ({"rank": 1}, ValueError, "rank=1 was asked for, and MPI says 0"),
    ],
)
def test_init_process_group_refuses(settings: Any, kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=words):
        dist.init_process_group(**settings)
    assert not dist.is_initialized()


def test_a_group_can_be_made_once_and_again_when_it_was_destroyed(group: Any) -> None:
    with pytest.raises(ValueError, match="twice"):
        dist.init_process_group()
    dist.destroy_process_group()
    dist.init_process_group("mpi", world_size=1, rank=0)


def test_operations_refuse_what_they_cannot_do(group: Any) -> None:
    t, x = minigrad.ones(2), minigrad.ones(2, requires_grad=True)
    for call, kind, words in (
        (lambda: dist.all_reduce(np.ones(2)), TypeError, "expected a Tensor, not ndarray"),
        (lambda: dist.all_reduce(t, "sum"), TypeError, "one of ReduceOp"),
        (lambda: dist.all_reduce(t > 0), TypeError, r"BoolTensor.*\.int\(\)"),
        (lambda: dist.all_reduce(t.int(), dist.ReduceOp.AVG), TypeError, r"\.float\(\)"),
        (lambda: dist.all_reduce(x), RuntimeError, "a leaf Variable that requires grad"),
        (lambda: dist.all_reduce(x * 1, dist.ReduceOp.MAX), NotImplementedError, "only SUM"),
        (lambda: dist.broadcast(t, 1), ValueError, "src=1: there are the ranks 0 to 0"),
        (lambda: dist.reduce(t, -1), ValueError, "dst=-1"),
        (lambda: dist.broadcast(x * 1, 0), NotImplementedError, "detach"),
        (lambda: dist.all_gather([], t), ValueError, "a list of 1 places"),
        (lambda: dist.all_gather([minigrad.ones(3)], t), ValueError, "must be alike"),
        (lambda: dist.all_gather_object([], t), ValueError, "a list of 1 places"),
    ):
        with pytest.raises(kind, match=words):
            call()
    with pytest.raises(RuntimeError, match="doesn't have any parameters that require a gradient"):
        nn.parallel.DistributedDataParallel(nn.Flatten())


def test_the_rule_of_the_sum_is_right_in_both_orders() -> None:
    """Three processes that have the same: their sum is three times what one has."""
    x = minigrad.tensor([1.0, -2.0, 0.5], dtype=minigrad.float64, requires_grad=True)

    def fn(x: Any) -> Any:
        return d.sum_of_all(x**3, total=lambda a: 3 * a) ** 2

    assert gradcheck(fn, (x,)) and gradgradcheck(fn, (x,))


# -- the sampler -----------------------------------------------------------------------------------
def parts(n: int, count: int, epoch: int = 0, **settings: Any) -> list[list[int]]:
    samplers = [data.DistributedSampler(range(n), count, r, **settings) for r in range(count)]
    for sampler in samplers:
        sampler.set_epoch(epoch)
    assert {len(s) for s in samplers} == {len(list(s)) for s in samplers}
    return [list(s) for s in samplers]


@pytest.mark.parametrize("count", [1, 2, 3, 7])
@pytest.mark.parametrize("n", [1, 2, 9, 10])
def test_the_sampler_gives_each_index_to_one_process(n: int, count: int) -> None:
    for shuffle in (True, False):
        found = parts(n, count, shuffle=shuffle)
        whole = [i for row in zip(*found, strict=True) for i in row]
        assert sorted(whole[:n]) == list(range(n))
        assert whole[n:] == (whole[:n] * count)[: len(whole) - n]  # what makes them equally long
        left = parts(n, count, shuffle=shuffle, drop_last=True)
        assert [p[: len(left[0])] for p in found] == left
        assert len(left[0]) == n // count


def test_an_epoch_has_an_order_of_its_own_and_the_same_each_time() -> None:
    assert parts(50, 2, 1) == parts(50, 2, 1) != parts(50, 2, 2)
    assert parts(50, 2, 1, seed=1) == parts(50, 2, 2, seed=0)
    assert parts(50, 2, 1, shuffle=False) == parts(50, 2, 2, shuffle=False)


def test_the_sampler_works_in_a_loader_and_refuses_a_wrong_rank() -> None:
    numbers = data.TensorDataset(minigrad.arange(10))
    sampler = data.DistributedSampler(numbers, 3, 2, shuffle=False)
    loader = data.DataLoader(numbers, batch_size=3, sampler=sampler)
    assert [x.tolist() for (x,) in loader] == [[2, 5, 8], [1]]
    for rank in (-1, 3):
        with pytest.raises(ValueError, match=r"should be in the interval \[0, 2\]"):
            data.DistributedSampler(numbers, 3, rank)


@pytest.mark.live
def test_the_sampler_is_torchs(torch: Any) -> None:
    for n in range(1, 12):
        for count in range(1, 5):
            for drop in (True, False):
                theirs = torch.utils.data.DistributedSampler
                expected = [
                    list(theirs(range(n), count, r, shuffle=False, drop_last=drop))
                    for r in range(count)
                ]
                assert parts(n, count, shuffle=False, drop_last=drop) == expected


# -- several processes -----------------------------------------------------------------------------
@several
@pytest.mark.parametrize("count", [2, pytest.param(3, marks=pytest.mark.slow), 4])
@pytest.mark.parametrize("what", ["collectives", "gradients", "wrapper"])
def test_what_is_done_together(what: str, count: int) -> None:
    ranks(count, what)


def assert_close(found: dict[str, Any], expected: dict[str, Any], atol: float = 1e-6) -> None:
    assert found.keys() == expected.keys()
    for key in expected:
        np.testing.assert_allclose(found[key], expected[key], rtol=0, atol=atol, err_msg=key)


@several
@pytest.mark.parametrize("model", ["mlp", "lenet"])
def test_weights_and_losses_are_those_of_one_process(model: str, tmp_path: Path) -> None:
    found = {}
    for count in (1, *RANKS):
        out = tmp_path / f"{count}.npz"
        ranks(count, "train", model, out)
        found[count] = dict(np.load(out))
    for count in RANKS:
        assert_close(found[count], found[1])


def softmax(count: int, out: Path, *words: Any) -> tuple[int, str]:
    """Run train_softmax.py on the sample, in one process or several; batches of 111 images."""
    options = ["--data", "sample", "--batch-size", 111, "--out", out, *words]
    if count > 1:
        return end(start(count, TRAIN, "--distributed", *options))
    done = subprocess.run(
        [sys.executable, str(TRAIN), *map(str, options)], env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
    )  # fmt: skip
    return done.returncode, done.stdout


def results(out: Path) -> dict[str, Any]:
    """What a run has left: weights, and of each epoch what does not depend on the time."""
    weights = minigrad.load(out / "model.npz")
    epochs = json.loads((out / "history.json").read_text())["epochs"]
    names = ("train_loss", "train_accuracy", "test_accuracy")
    return {k: v.numpy() for k, v in weights.items()} | {
        name: [epoch[name] for epoch in epochs] for name in names
    }


@several
@pytest.mark.parametrize(
    ("model", "counts"),
    [
        ("scratch", [3]),
        ("concise", [3]),
        pytest.param("scratch", [2, 4], marks=pytest.mark.slow),
        pytest.param("concise", [2, 4], marks=pytest.mark.slow),
    ],
)
def test_softmax_regression_is_that_of_one_process(
    model: str, counts: list[int], tmp_path: Path
) -> None:
    """2,000 images in batches of 111: the last one has 2, fewer than 3 and 4 processes."""
    assert softmax(1, tmp_path / "1", "--epochs", 2, "--model", model)[0] == 0
    for count in counts:
        out = tmp_path / str(count)
        status, said = softmax(count, out, "--epochs", 2, "--model", model)
        assert status == 0, said
        assert said.count("epoch  1/2") == said.count("epoch  2/2") == said.count("data: ") == 1
        assert said.count("results: ") == 1
        assert_close(results(out), results(tmp_path / "1"))


@several
@pytest.mark.slow
@pytest.mark.parametrize("model", ["mlp", "lenet"])
def test_other_models_are_those_of_one_process(model: str, tmp_path: Path) -> None:
    words = ["-m", "fashion.training", "--model", model, "--optimizer", "momentum", "--augment",
             "flip-crop", "--lr-schedule", "cosine", "--data", "sample", "--epochs", 2,
             "--batch-size", 111]  # fmt: skip
    for count in (1, 3):
        status, said = end(start(count, *words, "--distributed", "--out", tmp_path / str(count)))
        assert status == 0, said
    # A unit of the MLP that is near 0 may be on in one of them and off in the other.
    assert_close(results(tmp_path / "3"), results(tmp_path / "1"), atol=1e-4)


@several
@pytest.mark.slow
@pytest.mark.parametrize("model", ["dropout-mlp", "batchnorm-lenet"])
def test_chance_and_means_of_each_process_are_kept_by_a_checkpoint(
    model: str, tmp_path: Path
) -> None:
    """They differ from those of one process; 3 processes resume with the same bits."""
    words = ["-m", "fashion.training", "--distributed", "--model", model, "--data", "sample",
             "--batch-size", 111, "--checkpoint-every", 5]  # fmt: skip
    for out, epochs in (("whole", [2]), ("parts", [1, 2])):
        for n in epochs:
            resume = ["--resume"] if n == 2 and len(epochs) == 2 else []
            run = start(3, *words, "--epochs", n, "--out", tmp_path / out, *resume)
            status, said = end(run)
            assert status == 0, said
    a, b = ((tmp_path / out / "model.npz").read_bytes() for out in ("whole", "parts"))
    assert a == b


@several
@pytest.mark.slow
def test_a_checkpoint_goes_on_with_the_same_bits_and_in_any_number_of_processes(
    tmp_path: Path,
) -> None:
    status, said = softmax(2, tmp_path / "whole", "--epochs", 2)
    assert status == 0, said
    assert softmax(2, tmp_path / "half", "--epochs", 1, "--checkpoint-every", 5)[0] == 0
    for count in (1, 3):
        shutil.copytree(tmp_path / "half", tmp_path / f"half{count}")
    for count in (2, 1, 3):
        out = tmp_path / ("half" if count == 2 else f"half{count}")
        status, said = softmax(count, out, "--epochs", 2, "--resume")
        assert status == 0 and said.count("resumed from") == 1, said
        if count == 2:
            found, expected = results(out), results(tmp_path / "whole")
            assert {k: np.asarray(v).tobytes() for k, v in found.items()} == {
                k: np.asarray(v).tobytes() for k, v in expected.items()
            }
        else:
            assert_close(results(out), results(tmp_path / "whole"))


@several
def test_what_the_user_can_mend_is_said_once(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "history.json").write_text("{}")
    for words, expected in (
        ((tmp_path / "run",), "holds a run's results (history.json)"),
        ((tmp_path / "new", "--data-root", tmp_path / "none", "--data", "full"), "no such folder"),
        ((tmp_path / "new", "--lr", "much"), "expected a number from 0 on, found 'much'"),
        ((tmp_path / "new", "--lr", "1e38"), "the loss is no longer finite"),
    ):
        status, said = softmax(2, *words)
        assert status == 2 and said.count(expected) == 1, said
        assert "Traceback" not in said and "are stopped" not in said


@several
@pytest.mark.slow
def test_ctrl_c_saves_once_and_resuming_gives_the_same_bits(tmp_path: Path) -> None:
    words = ["--distributed", "--data", "sample", "--epochs", 25, "--batch-size", 100]
    process = start(2, TRAIN, *words, "--out", tmp_path / "run")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(4)]
    process.send_signal(signal.SIGINT)
    status, said = end(process, 20)
    said = "".join(lines) + said
    assert status == 130 and said.count("interrupted, and saved. To go on: ") == 1, said
    assert "mpiexec -n 2" in said and "Traceback" not in said
    for out in ("run", "whole"):
        resume = ["--resume"] if out == "run" else []
        status, said = end(start(2, TRAIN, *words, "--out", tmp_path / out, *resume))
        assert status == 0, said
    a, b = ((tmp_path / out / "model.npz").read_bytes() for out in ("run", "whole"))
    assert a == b


# -- the page --------------------------------------------------------------------------------------
PAGE = TESTS.parent / "docs" / "many-processes.md"


def programs(folder: Path) -> tuple[Path, Path]:
    """The page's two whole programs, as files."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    for name, block in zip(("train.py", "rule.txt", "orders.py"), blocks, strict=True):
        (folder / name).write_text(block)
    return folder / "train.py", folder / "orders.py"


@pytest.mark.parametrize("count", [1, pytest.param(2, marks=several)])
def test_the_programs_of_the_page_print_what_it_says(count: int, tmp_path: Path) -> None:
    said = []
    for program in programs(tmp_path):
        if count > 1:
            status, words = end(start(count, program))
        else:
            done = subprocess.run(
                [sys.executable, str(program)], env=environment(), text=True, timeout=SECONDS,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            status, words = done.returncode, done.stdout
        assert status == 0, words
        said.append(words)
    assert re.fullmatch(rf"0\.9\d\d right, by {count} processes\n", said[0])
    assert said[1] == ("12.0 8.0\n" if count > 1 else "2.0 2.0\n")


def test_the_rule_on_the_page_is_the_one_on_the_sheet() -> None:
    sheet = Path(d.__file__).read_text(encoding="utf-8")
    decorator = next(
        line for line in PAGE.read_text(encoding="utf-8").splitlines() if "@primitive" in line
    )
    assert decorator in sheet


# -- deaths ----------------------------------------------------------------------------------------
CALL = "backward of DistributedDataParallel, 8 gradients (ranks.py:"
DEATHS = {  # how one process leaves: the exit status, and what is said
    "exception": (1, ["ValueError: there is a bug", "rank 1 ended with ValueError: there is a bug",
                      f"rank 0 waits in {CALL}"]),
    "exit": (1, ["rank 1 came to the end of its script", f"rank 0 waits in {CALL}"]),
    "end": (1, ["rank 1 came to the end of its script", f"rank 0 waits in {CALL}"]),
    "interrupt": (130, ["rank 1 ended with KeyboardInterrupt", f"rank 0 waits in {CALL}"]),
    "other": (1, [f"rank 0 waits in {CALL}", "rank 1 waits in barrier (ranks.py:"]),
    "shape": (1, [f"rank 0 waits in {CALL}", "rank 1 waits in all_reduce of FloatTensor (7,)"]),
    "caught": (1, [f"rank 0 waits in {CALL}", "rank 1 waits in barrier (ranks.py:"]),
    "fewer batches": (1, [f"rank 0 waits in {CALL}", "rank 1 waits in barrier (ranks.py:"]),
    "all": (1, ["ValueError: there is a bug", "ranks 0, 1 ended with ValueError: there is a bug"]),
    "in a collective": (130, ["KeyboardInterrupt", "rank 1 left backward of Distributed"]),
    "late": (1, [f"rank 0 has waited 1 s in {CALL}", "not all other ranks have come"]),
    "kill": (9, []),
    "terminate": (15, []),
}  # fmt: skip


def check_death(how: str, count: int = 2, who: int = 1) -> None:
    status, expected = DEATHS[how]
    began = time.monotonic()
    found, said = end(start(count, TESTS / "ranks.py", "die", how, who), 30)
    assert time.monotonic() - began < 15, said  # the start of Python among it, on busy cores
    assert found == status, said
    assert "has come to the end" not in said
    if count == 2 and who == 1:
        for words in expected:
            assert words in said, said
    if expected:
        assert "processes are stopped" in said, said


@several
@pytest.mark.parametrize("how", [how for how in DEATHS if how not in ("exit", "shape")])
def test_a_death_ends_all_with_a_sentence(how: str) -> None:
    check_death(how)


@several
@pytest.mark.slow
@pytest.mark.parametrize("how", DEATHS)
def test_no_death_of_twenty_hangs(how: str) -> None:
    for i in range(20):
        count = 2 + i % 3
        check_death(how, count, who=i % count if how != "kill" else 1 + i % (count - 1))


@several
@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kill -9 needs POSIX")
def test_when_mpiexec_is_killed_its_processes_end() -> None:
    for _ in range(5):
        process = start(2, TESTS / "ranks.py", "die", "late forever", 1)
        time.sleep(1.5)
        process.kill()
        end(process, 10)
