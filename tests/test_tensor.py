"""What a Tensor is and does: in place, item assignment, views, history, conversions, copies."""
# ruff: noqa: E501 (tables, a row on a line)

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded

import minigrad
from minigrad import tensor


def leaf(lib: Any, *values: float) -> Any:
    return lib.tensor(values or [1.0, 2.0, 3.0], requires_grad=True)


def run(*lines: str, result: str = "None") -> Callable[[Any], Any]:
    """A small program of lib: x is a leaf that requires grad, a one that does not."""

    def program(lib: Any) -> Any:
        names = {"lib": lib, "np": np, "x": leaf(lib), "a": lib.tensor([1.0, 2.0, 3.0])}
        exec("\n".join(lines), names)
        return eval(result, names)

    return program


TABLE: dict[str, Callable[[Any], Any]] = {
    # -- in place
    "in place after use that does not": run("y = x * 1; z = y + y; y += 1; z.sum().backward()", result="x.grad"),
    "augmented at an index": run("y = x * 1; y[0] += 10; y[[1, 2]] *= 2; y.sum().backward()", result="[y, x.grad]"),
    "assign from its own elements": run("y = x * 1; y[0] = y[1] * 2; y[2] = y[0] + y[1]; y.sum().backward()", result="[y, x.grad]"),
    "in place on a leaf is refused": run("x += 1"),
    "in place on a leaf under no_grad": run("with lib.no_grad(): x += 1", result="[x, x.is_leaf]"),
    "in place on a tensor without history": run("a += 1; a *= x.detach()", result="a"),
    "in place with a leaf that requires grad": run("a *= x", "a.sum().backward()", result="[a, x.grad]"),
    "in place on a result": run("y = x * 2; y += 1; y *= x; y.sum().backward()", result="[y, x.grad]"),
    "in place twice": run("y = x * 1; y *= y; y -= x; y.sum().backward()", result="[y, x.grad]"),
    "in place keeps the object": run("y = x * 1; z = y; y += 1", result="[z is y, z]"),
    "in place after use that needs it": run("y = x * 1; z = y * y; y += 1; z.sum().backward()"),
    "in place on what exp gave": run("y = x.exp(); y += 1; y.sum().backward()"),
    "in place on what relu gave": run("y = x.relu(); y += 1; y.sum().backward()"),
    "in place on what sum gave": run("y = x.sum(); y += 1; y.backward()", result="x.grad"),
    "in place on an operand of sin": run("y = x * 1; z = y.sin(); y.zero_(); z.sum().backward()"),
    "in place on an operand of matmul": run("y = x * 1; z = y @ y; y += 1; z.backward()"),
    "in place on a weight after the forward": run("w = leaf0 = lib.ones(3, requires_grad=True)", "y = (w * x).sum()", "with lib.no_grad(): w += 1", "y.backward()"),
    "in place on a detached alias": run("y = x * 1; z = y * y; y.detach().zero_(); z.sum().backward()"),
    "in place on .data escapes": run("y = x * 1; z = y * y; y.data.zero_(); z.sum().backward()", result="x.grad"),
    "in place on a view of a leaf": run("x[0] += 1"),
    "in place on a view under no_grad": run("with lib.no_grad(): x[0] += 1; x[1:].mul_(2)", result="x"),
    "in place with broadcasting of the other": run("b = lib.zeros(2, 3); b += a", result="b"),
    "in place that would grow": run("b = lib.zeros(1); b += a"),
    "in place of ints by floats": run("b = lib.tensor([1, 2]); b += 0.5"),
    "in place of ints by ints": run("b = lib.tensor([1, 2]); b += 2; b //= 2; b **= 2; b %= 3", result="b"),
    "in place division of ints": run("b = lib.tensor([1, 2]); b /= 2"),
    "in place of float by double": run("a += lib.tensor([1.0, 2.0, 3.0], dtype=lib.float64)", result="a"),
    "in place of masks": run("m = a > 1; m &= a > 2; m |= a < 2; m ^= a > 0", result="m"),
    "in place methods": run("a.add_(1).sub_(2, alpha=2).mul_(3).div_(2).pow_(2).clamp_(0, 5)", result="a"),
    "in place fill": run("a.fill_(2); b = a.clone().zero_()", result="[a, b]"),
    "fill with a vector": run("a.fill_(a)"),
    "fill with a list": run("a.fill_([1.0, 2.0, 3.0])"),
    "fill with None": run("a.fill_(None)"),
    "fill with a word": run("a.fill_('3')"),
    "in place on the indices of max": run("v = x.max(0); v.indices.zero_(); v.values.backward()"),
    "in place on the kept indices of min": run("v = x.min(0, keepdim=True); v.indices.zero_(); v.values.backward()"),
    "copy of another type": run("a.copy_(lib.tensor([1, 2, 3]))", result="a"),
    "copy broadcasts": run("a.copy_(lib.tensor(7.0))", result="a"),
    "copy from a leaf": run("a.copy_(x); (a * a).sum().backward()", result="x.grad"),
    "zero_ of a result": run("y = x * 2; y.zero_(); y.sum().backward()", result="[y, x.grad]"),
    "masked_fill_": run("a.masked_fill_(a > 1, 0)", result="a"),
    "versions": run("v = [a._version]; a += 1; v.append(a._version); a[0] = 1; v.append(a._version); a.data.zero_(); v.append(a._version)", result="v"),
    "version of a view": run("b = a[1:]; b += 1", result="[a._version, b._version]"),
    "in place on an expanded tensor": run("b = lib.zeros(1).expand(3); b += 1"),
    # -- item assignment
    "assign to a leaf is refused": run("x[0] = 1"),
    "assign under no_grad": run("with lib.no_grad(): x[0] = 9", result="x"),
    "assign to a clone": run("y = x.clone(); y[0] = 9; (y * y).sum().backward()", result="[y, x.grad]"),
    "assign a leaf": run("a[1] = x[2]; (a * a).sum().backward()", result="[a, x.grad]"),
    "assign over what was used": run("y = x * 1; z = y * y; y[0] = 5; z.sum().backward()"),
    "assign a list": run("a[0:2] = [1, 2]"),
    "assign an array": run("a[0:2] = lib.tensor([7, 8])", result="a"),
    "assign to rows": run("b = lib.zeros(2, 3); b[1] = a; b[:, 0] = 5", result="b"),
    "assign the wrong shape": run("a[0:2] = lib.tensor([1.0, 2.0, 3.0])"),
    "assign out of range": run("a[5] = 1"),
    "assign by a mask": run("a[a > 1] = 0", result="a"),
    "assign by a mask a vector": run("a[a > 1] = lib.tensor([8.0, 9.0])", result="a"),
    "assign repeated": run("a[[0, 0]] = lib.tensor([8.0, 9.0])", result="a[0] > 7"),
    "assign by Tensors": run("a[lib.tensor([2, 0])] = lib.tensor([8.0, 9.0])", result="a"),
    "augmented at repeated indices": run("a[[0, 0]] += 1", result="a"),
    "assign to a view": run("b = a[1:]; b[0] = 9", result="a"),
    "assign to a transpose": run("b = lib.zeros(2, 3); b.T[0] = 1", result="b"),
    "assign to chosen rows does nothing to the original": run("b = a[[0, 1]]; b[0] = 9", result="a"),
    "assign to a 0-d tensor": run("b = lib.tensor(1.0); b[...] = 2; b[()] = 3", result="b"),
    # -- views
    "a view sees changes": run("b = a[1:]; c = a.view(3, 1); d = a.reshape(1, 3); a += 1", result="[b, c, d]"),
    "a clone does not": run("b = a.clone(); c = a[[0, 1]]; a += 1", result="[b, c]"),
    "detach shares memory": run("b = x.detach(); b[0] = 7", result="[x, b.requires_grad, b.is_leaf]"),
    "view of a transpose": run("lib.zeros(2, 3).t().view(6)"),
    "numpy shares memory": run("n = a.numpy(); n[0] = 5", result="a"),
    "from_numpy shares memory": run("n = np.zeros(2); b = lib.from_numpy(n); n[0] = 5", result="b"),
    "tensor copies": run("n = np.zeros(2); b = lib.tensor(n); c = lib.as_tensor(n); n[0] = 5", result="[b, c]"),
    "expand shares memory": run("b = lib.zeros(1); c = b.expand(3); b += 1", result="c"),
    "contiguous of the contiguous": run("", result="a.contiguous() is a"),
    "strides": run("b = lib.zeros(2, 3)", result="[b.stride(), b.t().stride(), b[:, ::2].stride(), b.stride(0), b.t().is_contiguous()]"),
    # -- place in the graph
    "leaves": run("y = x * 2", result="[x.is_leaf, y.is_leaf, a.is_leaf, y.detach().is_leaf, x.grad_fn, y.requires_grad, a.requires_grad]"),
    "ints cannot require grad": run("lib.tensor([1]).requires_grad_()"),
    "ints cannot require grad at birth": run("lib.tensor([1], requires_grad=True)"),
    "a result cannot be told not to": run("y = x * 2; y.requires_grad_(False)"),
    "requires_grad assigned": run("a.requires_grad = True; (a * a).sum().backward()", result="a.grad"),
    "grad at first": run("", result="[x.grad, a.grad]"),
    "grad of a result is not kept": run("y = x * 2; y.sum().backward()", result="x.grad"),
    "retain_grad": run("y = x * 2; y.retain_grad(); (y * y).sum().backward()", result="[y.grad, y.retains_grad, x.retains_grad]"),
    "retain_grad without": run("a.retain_grad()"),
    "grad assigned": run("x.grad = lib.ones(3); (x * 2).sum().backward()", result="x.grad"),
    "grad assigned wrong shape": run("x.grad = lib.ones(2)"),
    "grad assigned wrong type": run("x.grad = lib.ones(3, dtype=lib.float64)"),
    "grad assigned a list": run("x.grad = [1, 2, 3]"),
    "grad set to None": run("x.sum().backward(); x.grad = None; (2 * x).sum().backward()", result="x.grad"),
    "grad zeroed": run("x.sum().backward(); x.grad.zero_(); (2 * x).sum().backward()", result="x.grad"),
    "names of the graph": run("y = (x * 2).exp()", result="[y.grad_fn.name(), y.grad_fn.next_functions[0][0].name(), y.grad_fn.next_functions[0][0].next_functions[0][0].name()]"),
    "next_functions end at the leaf": run("y = x * 2", result="y.grad_fn.next_functions[0][0].variable is x"),
    "detach_": run("y = x * 2; y.detach_()", result="[y, y.is_leaf]"),
    "bool of several": run("bool(a)"),
    "bool of none": run("bool(lib.zeros(0))"),
    "bool of one": run("", result="[bool(lib.tensor([0.0])), bool(lib.tensor(3))]"),
    "int and float": run("", result="[int(lib.tensor(2.7)), float(lib.tensor([3])), complex is None, [10, 20][lib.tensor(1)]]"),
    "float of several": run("float(a)"),
    "index by a float": run("[1, 2][lib.tensor(1.0)]"),
    "item": run("", result="[lib.tensor(2.5).item(), lib.tensor([[3]]).item(), lib.tensor(True).item()]"),
    "item of several": run("a.item()"),
    "item of none": run("lib.zeros(0).item()"),
    "tolist": run("", result="[a.tolist(), lib.tensor([[1], [2]]).tolist(), lib.tensor(3).tolist(), lib.zeros(0, 2).tolist()]"),
    "len": run("", result="[len(a), len(lib.zeros(0, 3)), len(lib.zeros(2, 3))]"),
    "len of a number": run("len(lib.tensor(1))"),
    "iteration": run("", result="[[v.item() for v in a], [v for v in lib.zeros(2, 2)]]"),
    "iteration over a number": run("list(lib.tensor(1))"),
    "iteration flows back": run("p, q, r = x; (p * q).backward()", result="x.grad"),
    "unpacking too few": run("p, q = a"),
    "in": run("", result="[2 in a, 5 in a, 2.0 in a, lib.tensor(3.0) in a]"),
    "format": run("", result="f'{lib.tensor(2.5):.3f} {lib.tensor(7):03d} {lib.tensor([1.0])}'"),
    "format of several": run("f'{a:.2f}'"),
    "numpy of what requires grad": run("x.numpy()"),
    "numpy forced": run("", result="x.numpy(force=True)"),
    "asarray of what requires grad": run("np.asarray(x)"),
    "asarray": run("", result="[np.asarray(a), np.array(a, dtype=np.float64)]"),
    "sizes": run("b = lib.zeros(2, 3)", result="[b.shape, b.size(), b.size(1), b.size(-1), b.dim(), b.ndim, b.numel(), b.nelement(), b.element_size(), b.shape.numel(), b.nbytes, b.itemsize]"),
    "size of no such dimension": run("a.size(1)"),
    "shape is a tuple": run("b = lib.zeros(2, 3)", result="[b.shape == (2, 3), tuple(b.shape), b.shape[0], list(b.shape[1:]), b.shape[-1] * 2]"),
    "types": run("", result="[a.type(), a.double().type(), a.type(lib.int64), a.long().type(), a.is_floating_point(), a.type_as(lib.tensor(1))]"),
    "conversions": run("", result="[a.to(lib.int64), a.double(), a.half(), a.int(), a.long(), a.short(), a.char(), a.byte(), a.bool(), lib.tensor([0, 2]).float()]"),
    "conversion flows back": run("y = x.double(); (y * y).sum().backward()", result="[y, x.grad]"),
    "conversion to the same": run("", result="[a.to(lib.float32) is a, a.float() is a, a.to('cpu') is a, a.to(lib.float32, copy=True) is a, a.cpu() is a]"),
    "to like another": run("", result="a.to(lib.tensor([1]))"),
    "to no such type": run("a.to('no such type')"),
    "to a device and type": run("", result="a.to('cpu', lib.float64)"),
    "equality gives a tensor": run("", result="[a == 2, a != 2, (a == a).all(), a.equal(a), lib.tensor(1) == 1]"),
    "comparison with None": run("", result="[a == None, a != None]"),
    "identity": run("", result="[a is a, hash(a) == hash(a), len({a, x, a}), a in [a]]"),
    "shift by a string": run("a + 'one'"),
    "string on the left": run("'one' + a"),
    "list plus tensor": run("[1, 2, 3] + a"),
    "None times tensor": run("None * a"),
    "T of a stack": run("", result="lib.zeros(2, 3, 4).mT.shape"),
    "new tensors": run("", result="[a.new_zeros(2), a.new_ones((1, 2)), a.new_full((2,), 5), a.new_tensor([1, 2])]"),
    "deepcopy": run("import copy; x.grad = lib.ones(3); y = copy.deepcopy(x); y.data[0] = 9", result="[x, y, y.grad, y.is_leaf]"),
    "deepcopy of a result": run("import copy; copy.deepcopy(x * 2)"),
    "invert": run("", result="[~(a > 1), ~lib.tensor([0, 5])]"),
    "invert a float": run("~a"),
    "minus a mask": run("-(a > 1)"),
    "plus": run("", result="+a is a"),
    "abs and round and pow": run("", result="[abs(-a), pow(a, 2), a ** 0.5, 2 ** a, a // 2, 7 // a, a % 2, 7 % a]"),
    "matrix product with itself": run("", result="[a @ a, a.dot(a), a.T @ a]"),
    "device": run("", result="[str(a.device), a.device.type, a.is_cuda, a.device == lib.device('cpu')]"),
    "hook doubles": run("h = x.register_hook(lambda g: g * 2); (x * 3).sum().backward()", result="x.grad"),
    "hook sees": run("seen = []; y = x * 2; y.register_hook(lambda g: seen.append(g.tolist())); (y * y).sum().backward()", result="[seen, x.grad]"),
    "hook removed": run("h = x.register_hook(lambda g: g * 2); h.remove(); h.remove(); (x * 3).sum().backward()", result="x.grad"),
    "two hooks in order": run("y = x * 1; y.register_hook(lambda g: g + 1); y.register_hook(lambda g: g * 10); y.sum().backward()", result="x.grad"),
    "hook and retain_grad": run("y = x * 1; y.register_hook(lambda g: g + 1); y.retain_grad(); y.sum().backward()", result="[y.grad, x.grad]"),
    "hook on what needs none": run("a.register_hook(print)"),
    "subclass keeps": run("", result="[type(x * 2) is lib.Tensor, isinstance(x, lib.Tensor)]"),
    "Tensor of a list": run("", result="[lib.Tensor([1, 2]), lib.Tensor(2, 3).shape, lib.Tensor().shape]"),
}  # fmt: skip


def test_tensors_behave_as_recorded_from_torch() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("tensor"))


@pytest.mark.live
@pytest.mark.filterwarnings("ignore")
def test_tensors_behave_as_the_installed_torchs_do(torch: Any) -> None:
    answers = {k: recorded.answer(torch, f) for k, f in TABLE.items()}
    recorded.check(TABLE, minigrad, answers)


# -- what torch does not do, or a table cannot say -------------------------------------------------
def test_a_refused_change_in_place_says_what_to_write_instead() -> None:
    x = tensor([1.0], requires_grad=True)
    with pytest.raises(RuntimeError, match=r"leaf Variable.*no_grad.*t = t \+ 1"):
        x += 1
    with pytest.raises(RuntimeError, match="leaf Variable"):
        x[0] = 1
    assert x.tolist() == [1.0]


def test_a_stale_value_is_named_with_its_operation() -> None:
    y = tensor([1.0, 2.0], requires_grad=True) * 1
    z = y * y
    y += 1
    with pytest.raises(
        RuntimeError, match=r"modified by an inplace operation.*FloatTensor \(2,\).*mul"
    ):
        z.sum().backward()


def test_pickle_and_copies_keep_values_and_settings_but_no_history() -> None:
    x = tensor([1.0, 2.0], requires_grad=True)
    for twin in (pickle.loads(pickle.dumps(x)), copy.deepcopy(x), copy.copy(x)):
        assert twin.equal(x) and twin.requires_grad and twin.is_leaf and twin is not x
    with pytest.raises(RuntimeError, match="history.*detach"):
        pickle.dumps(x * 2)


def test_random_fills_come_from_the_generator_and_keep_type_and_place() -> None:
    a, b = minigrad.empty(1000), minigrad.empty(1000, dtype=minigrad.float64)
    kept = a
    assert a.normal_(3, 0.5, generator=minigrad.Generator().manual_seed(1)) is kept
    again = minigrad.empty(1000).normal_(3, 0.5, generator=minigrad.Generator().manual_seed(1))
    assert a.equal(again) and abs(a.mean().item() - 3) < 0.1 and abs(a.std().item() - 0.5) < 0.05
    b.uniform_(-1, 2)
    assert b.dtype == np.float64 and -1 <= b.min().item() < -0.9 and 1.9 < b.max().item() < 2
    with pytest.raises(RuntimeError, match="std >= 0"):
        a.normal_(0, -1)
    with pytest.raises(NotImplementedError, match="floating point"):
        tensor([1]).normal_()


def test_no_other_device_than_the_cpu() -> None:
    with pytest.raises(RuntimeError, match="CPU only.*cuda"):
        tensor([1.0]).to("cuda")
    with pytest.raises(RuntimeError, match="CPU only"):
        minigrad.zeros(2, device="cuda:0")
