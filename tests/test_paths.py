"""Where torch's programs look for things: devices, types of tensors, settings, utils.data."""

from __future__ import annotations

import itertools
import subprocess
import sys
from typing import NamedTuple

import numpy as np
import pytest

import fashion.data
import minigrad
from minigrad.utils import data
from minigrad.utils.data import dataloader, dataset, sampler

# An expression, and its repr in torch 2.13 on a machine without a GPU.
ANSWERS = [
    ("torch.FloatTensor(2, 3).shape", "torch.Size([2, 3])"),
    ("torch.LongTensor([1, 2])", "tensor([1, 2])"),
    ("torch.LongTensor([1.5])", "tensor([1])"),
    ("torch.ByteTensor([1])", "tensor([1], dtype=torch.uint8)"),
    ("torch.BoolTensor([1, 0])", "tensor([ True, False])"),
    ("torch.FloatTensor()", "tensor([])"),
    ("torch.FloatTensor(np.zeros(2))", "tensor([0., 0.])"),
    ("torch.FloatTensor(torch.Size([2, 1])).shape", "torch.Size([2, 1])"),
    ("torch.Tensor(torch.Size([2])).shape", "torch.Size([2])"),
    ("isinstance(torch.zeros(1), torch.FloatTensor)", "True"),
    ("isinstance(torch.zeros(1).long(), torch.FloatTensor)", "False"),
    ("isinstance(1, torch.FloatTensor)", "False"),
    ("torch.zeros(2).new(3).shape", "torch.Size([3])"),
    ("torch.zeros(2).new([1, 2])", "tensor([1., 2.])"),
    ("torch.zeros(2).new()", "tensor([])"),
    ("torch.zeros(2).long().new([1, 2])", "tensor([1, 2])"),
    ("torch.zeros(2).new_zeros(2, dtype=torch.int64)", "tensor([0, 0])"),
    ("torch.zeros(2).new_zeros((2,), device='cpu')", "tensor([0., 0.])"),
    ("torch.zeros(2).new_zeros(size=(2,))", "tensor([0., 0.])"),
    ("torch.zeros(2).new_ones(2, requires_grad=True)", "tensor([1., 1.], requires_grad=True)"),
    ("torch.zeros(2).new_full((2,), 3.0)", "tensor([3., 3.])"),
    ("torch.zeros(2).new_tensor([1, 2], device='cpu')", "tensor([1., 2.])"),
    ("torch.zeros(2).type(torch.LongTensor)", "tensor([0, 0])"),
    ("torch.zeros(2).type('torch.IntTensor')", "tensor([0, 0], dtype=torch.int32)"),
    ("torch.contiguous_format, torch.channels_last",
     "(torch.contiguous_format, torch.channels_last)"),
    ("torch.zeros(1).layout, torch.strided", "(torch.strided, torch.strided)"),
    ("torch.zeros(1).is_cpu, torch.zeros(1).get_device()", "(True, -1)"),
    ("torch.zeros(1, 1, 2, 2).to(memory_format=torch.channels_last).shape",
     "torch.Size([1, 1, 2, 2])"),
    ("torch.zeros(2).share_memory_()", "tensor([0., 0.])"),
    ("torch.device('cuda:1'), str(torch.device('cuda', 0))",
     "(device(type='cuda', index=1), 'cuda:0')"),
    ("torch.device(torch.device('cpu')), torch.device('cpu').index", "(device(type='cpu'), None)"),
    ("torch.device('cpu') == torch.device('cuda')", "False"),
    ("torch.get_default_device(), torch.set_default_device('cpu')", "(device(type='cpu'), None)"),
    ("torch.cuda.is_available(), torch.cuda.device_count()", "(False, 0)"),
    ("torch.cuda.memory_allocated(), torch.cuda.manual_seed_all(1)", "(0, None)"),
    ("torch.backends.mps.is_available(), torch.backends.mps.is_built()", "(False, False)"),
    ("torch.backends.cudnn.enabled, torch.backends.cudnn.benchmark", "(True, False)"),
    ("torch.backends.cudnn.is_available(), torch.backends.cuda.is_built()", "(False, False)"),
    ("torch.backends.cuda.matmul.allow_tf32", "False"),
    ("torch.accelerator.is_available(), torch.accelerator.current_accelerator()", "(False, None)"),
    ("torch.mps.is_available(), torch.mps.manual_seed(0)", "(False, None)"),
    ("torch.amp.GradScaler(enabled=False).scale(torch.ones(1))", "tensor([1.])"),
    ("torch.cuda.amp.GradScaler(enabled=False).is_enabled()", "False"),
    ("torch.are_deterministic_algorithms_enabled()", "False"),
    ("torch.get_float32_matmul_precision()", "'highest'"),
    ("torch.utils.data.get_worker_info()", "None"),
    ("torch.set_printoptions(precision=2), torch.tensor([1.23456, 2.0])",
     "(None, tensor([1.23, 2.00]))"),
    ("torch.set_printoptions(sci_mode=True), torch.tensor([1.23456, 2.0])",
     "(None, tensor([1.2346e+00, 2.0000e+00]))"),
    ("torch.set_printoptions(sci_mode=False), torch.tensor([1.23456e-5, 2e6])",
     "(None, tensor([      0.0000, 2000000.0000]))"),
    ("torch.set_printoptions(profile='full'), str(torch.zeros(2000)).count('0.')", "(None, 2000)"),
    ("torch.set_printoptions(profile='short'), torch.arange(2000.0) / 7",
     "(None, tensor([0.00e+00, 1.43e-01,  ..., 2.85e+02, 2.86e+02]))"),
    ("torch.set_printoptions(edgeitems=1, threshold=5, linewidth=20), torch.arange(60.) / 7",
     "(None, tensor([0.0000,\n         ...,\n        8.4286]))"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def plain_printing():
    yield
    minigrad.set_printoptions(profile="default")


@pytest.mark.parametrize(("expression", "answer"), ANSWERS)
def test_the_answer_is_torchs(expression, answer):
    assert repr(eval(expression, {"torch": minigrad, "np": np})) == answer


@pytest.mark.live
@pytest.mark.filterwarnings("ignore")
def test_torch_answers_so(torch):
    for expression, answer in ANSWERS:
        assert repr(eval(expression, {"torch": torch, "np": np})) == answer, expression
        torch.set_printoptions(profile="default")


# -- devices ---------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "attempt",
    [
        lambda: minigrad.zeros(2, device="cuda"),
        lambda: minigrad.zeros(2).cuda(),
        lambda: minigrad.zeros(2).to(minigrad.device("cuda:0")),
        lambda: minigrad.zeros(2).to("mps"),
        lambda: minigrad.zeros(2).new_zeros(2, device="cuda"),
        lambda: minigrad.LongTensor([1], device="cuda"),
        lambda: minigrad.nn.Linear(2, 2).to("cuda"),
        lambda: minigrad.set_default_device("cuda"),
        lambda: minigrad.device("cuda").__enter__(),
        lambda: minigrad.load("nowhere", map_location="cuda"),
    ],
)
def test_other_devices_are_refused_with_a_sentence(attempt):
    with pytest.raises(RuntimeError, match="minigrad runs on the CPU only, and device '(cuda|mps)"):
        attempt()


def test_what_is_no_device_is_refused():
    with pytest.raises(RuntimeError, match="Expected one of cpu, cuda"):
        minigrad.device("gpu")
    with pytest.raises(RuntimeError, match="Cannot access accelerator device"):
        minigrad.device(0)
    with pytest.raises(AssertionError, match="there is no GPU here"):
        minigrad.cuda.synchronize()


def test_a_block_may_name_the_cpu():
    with minigrad.device("cpu"):
        assert minigrad.zeros(1).device == minigrad.device("cpu")


def test_a_tensor_of_another_type_is_no_data_for_a_type_of_tensors():
    with pytest.raises(TypeError, match=r"LongTensor\(\) expects a tensor of its own type"):
        minigrad.LongTensor(minigrad.zeros(2))


def test_autocast_is_off_or_refused():
    with pytest.warns(UserWarning, match="Disabling autocast"), minigrad.autocast("cuda"):
        assert (minigrad.ones(2) * 2).dtype == minigrad.float32
    with pytest.raises(RuntimeError, match="bfloat16"):
        minigrad.autocast("cpu")
    with pytest.warns(UserWarning, match="Disabling"):
        scaler = minigrad.cuda.amp.GradScaler()
    x = minigrad.ones(1, requires_grad=True)
    optimizer = minigrad.optim.SGD([x], lr=1.0)
    scaler.scale(x.sum()).backward()
    scaler.unscale_(optimizer)
    scaler.step(optimizer)
    scaler.update()
    assert x.item() == 0.0 and scaler.state_dict() == {}


def test_switches_of_absent_libraries_can_be_set_and_change_nothing(monkeypatch):
    import minigrad.backends.cudnn as cudnn

    monkeypatch.setattr(cudnn, "benchmark", True)
    assert minigrad.backends.cudnn.benchmark is True
    minigrad.backends.cuda.enable_flash_sdp(False)
    minigrad.use_deterministic_algorithms(True, warn_only=True)
    assert minigrad.is_deterministic_algorithms_warn_only_enabled()
    minigrad.use_deterministic_algorithms(False)
    with pytest.warns(UserWarning, match="no effect"):
        minigrad.set_float32_matmul_precision("low")


def test_checkpoints_are_read_with_torchs_arguments(tmp_path):
    path = tmp_path / "model.pt"
    minigrad.save({"w": minigrad.ones(2)}, path, pickle_protocol=4)
    for options in (
        {"map_location": "cpu"}, {"map_location": minigrad.device("cpu"), "weights_only": True},
        {"map_location": lambda storage, where: storage, "mmap": True, "weights_only": False},
    ):  # fmt: skip
        assert minigrad.load(path, **options)["w"].tolist() == [1.0, 1.0]


def test_the_state_of_the_default_stream_can_be_put_back():
    minigrad.manual_seed(3)
    state = minigrad.get_rng_state()
    assert minigrad.initial_seed() == 3 and state.dtype == minigrad.uint8
    first = minigrad.rand(4).tolist()
    with minigrad.random.fork_rng():
        minigrad.rand(100)
    second = minigrad.rand(4).tolist()
    minigrad.set_rng_state(state)
    assert minigrad.rand(4).tolist() == first and minigrad.rand(4).tolist() == second
    with pytest.raises(RuntimeError, match="RNG state is wrong"):
        minigrad.set_rng_state(state[5:])
    with pytest.raises(TypeError, match="ByteTensor"):
        minigrad.set_rng_state(3)
    assert minigrad.seed() == minigrad.initial_seed() != 3


# -- utils.data ------------------------------------------------------------------------------------
def test_the_loader_is_one_under_all_its_names():
    assert fashion.data.DataLoader is data.DataLoader is dataloader.DataLoader
    assert fashion.data.__all__ == data.__all__ and minigrad.utils.data is data
    assert dataset.Dataset is data.Dataset and sampler.RandomSampler is data.RandomSampler


def test_minigrad_alone_has_the_loader_and_loads_it_when_named():
    code = (
        "import minigrad, sys; assert 'minigrad.utils.data' not in sys.modules\n"
        "minigrad.utils.data.DataLoader; assert 'fashion' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_ten_billion_samples_are_drawn_as_they_are_read():
    order = data.RandomSampler(range(7), replacement=True, num_samples=10**10)
    assert set(itertools.islice(order, 1000)) == set(range(7))
    loader = data.DataLoader(range(7), batch_size=4, sampler=order)
    assert len(loader) == 25 * 10**8 and next(iter(loader)).shape == (4,)
    long = data.RandomSampler(range(3), num_samples=10**10)
    assert sorted(itertools.islice(long, 3)) == [0, 1, 2]


def test_a_long_order_depends_on_the_state_before_only():
    def read(meanwhile):
        minigrad.manual_seed(0)
        order = iter(data.RandomSampler(range(100), replacement=True, num_samples=10**7))
        if meanwhile:
            minigrad.rand(5)
        return list(itertools.islice(order, 50))

    assert read(False) == read(True)


def test_weights_decide_how_often_an_index_comes():
    minigrad.manual_seed(0)
    counts = np.bincount(list(data.WeightedRandomSampler([1, 0, 3], 4000)), minlength=3)
    assert counts[1] == 0 and counts[2] / counts[0] == pytest.approx(3, rel=0.1)
    once = data.WeightedRandomSampler([0.1, 0.0, 5, 1], 3, replacement=False)
    assert sorted(once) == [0, 2, 3] and len(once) == 3
    firsts = [next(iter(once)) for _ in range(200)]
    assert firsts.count(2) > 120
    with pytest.raises(RuntimeError, match="without replacement: 3 weights"):
        list(data.WeightedRandomSampler([0.1, 0.0, 5, 1], 4, replacement=False))
    with pytest.raises(RuntimeError, match="element < 0"):
        list(data.WeightedRandomSampler([1, -1], 1))
    for wrong in ({"num_samples": 0}, {"num_samples": 1, "replacement": 1}):
        with pytest.raises(ValueError, match="value, but got"):
            data.WeightedRandomSampler([1.0], **wrong)
    with pytest.raises(ValueError, match="1d sequence"):
        data.WeightedRandomSampler([[1.0]], 1)


def test_data_sets_are_joined():
    one, two = data.TensorDataset(minigrad.arange(3)), data.TensorDataset(minigrad.arange(3, 5))
    both = one + two
    assert isinstance(both, data.ConcatDataset) and both.cumulative_sizes == [3, 5]
    assert [x.tolist() for (x,) in data.DataLoader(both, 2)] == [[0, 1], [2, 3], [4]]
    assert both[-5][0].item() == 0
    with pytest.raises(ValueError, match="absolute value of index"):
        both[-6]
    with pytest.raises(IndexError):
        both[5]
    with pytest.raises(AssertionError, match="empty iterable"):
        data.ConcatDataset([])
    named = data.StackDataset(a=one, b="xyz")
    assert next(iter(data.DataLoader(named, 2)))["b"] == ["x", "y"]
    with pytest.raises(ValueError, match="Size mismatch"):
        data.StackDataset(one, two)


class Count(data.IterableDataset[int]):
    """0 to 5, of which each worker takes its share, as torch's documentation does it."""

    def __iter__(self):
        info = data.get_worker_info()
        if info is None:
            return iter(range(6))
        assert info.dataset is self and info.seed != 0
        return iter(range(info.id, 6, info.num_workers))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_stream_that_is_divided_among_workers_comes_whole(workers):
    loader = data.DataLoader(Count(), num_workers=workers, batch_size=None)
    assert sorted(loader) == list(range(6))
    assert sorted(data.DataLoader(Count() + Count(), batch_size=None)) == sorted([*range(6)] * 2)
    with pytest.raises(AssertionError, match="does not support IterableDataset"):
        data.ConcatDataset([Count()])


def test_workers_know_who_they_are():
    class Who(data.Dataset[int]):
        def __len__(self):
            return 20

        def __getitem__(self, index):
            info = data.get_worker_info()
            return info.id, info.num_workers

    loader = data.DataLoader(Who(), num_workers=2, multiprocessing_context="spawn", in_order=True)
    assert {n.item() for _, n in loader} == {2} and data.get_worker_info() is None
    with pytest.raises(ValueError, match="multiprocessing_context"):
        data.DataLoader(Who(), multiprocessing_context="spawn")


class Point(NamedTuple):
    x: float
    y: float


def test_named_tuples_stay_what_they_are():
    batch = data.default_collate([Point(1.0, 2.0), Point(3.0, 4.0)])
    assert isinstance(batch, Point) and batch.y.tolist() == [2.0, 4.0]
