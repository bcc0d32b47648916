"""Views are views, and know it: values, gradients and refusals of programs that share memory."""
# ruff: noqa: E501 (tables, a program on a line)

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
import recorded

import minigrad


def run(code: str, shown: str = "") -> Any:
    """A program that answers with what it shows, and with the gradient of x."""

    def program(lib: Any) -> Any:
        x = lib.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)
        names = {"lib": lib, "x": x, "w": lib.tensor([2.0, 3.0])}
        exec(code, names)
        return [eval(shown, names) if shown else 0, 0 if x.grad is None else x.grad]

    return program


PROGRAMS = {
    "base changed, seen by view": run("y = x * 1; v = y.view(4); y *= 2; v.sum().backward()", "y, v"),
    "base changed, seen by a row": run("y = x * 1; v = y[0]; y.mul_(3); v.sum().backward()", "y, v"),
    "base changed, seen by t": run("y = x * 1; v = y.t(); y *= 2; (v * v).sum().backward()", "v"),
    "base changed, seen by movedim": run("y = x * 1; v = y.movedim(0, 1); y *= 2; (v * v).sum().backward()", "v"),
    "base changed, seen by transpose": run("y = x * 1; v = y.transpose(0, 1)[1:]; y *= 2; (v * v).sum().backward()", "v"),
    "base changed, seen by diagonal": run("y = x * 1; v = y.diagonal(); y *= 2; v.sum().backward()", "v"),
    "base changed, seen by select": run("y = x * 1; v = y.select(1, 0); y *= 2; (v * w).sum().backward()", "v"),
    "base changed, seen by expand": run("y = x * 1; v = y.expand(2, 2, 2); y *= 2; v.sum().backward()", "v"),
    "base changed, seen by a slice with steps": run("y = x * 1; v = y[:, ::2]; y *= 2; v.sum().backward()", "v"),
    "view changed, seen by base": run("y = x * 1; v = y[0]; v *= 3; y.sum().backward()", "y, v"),
    "view changed, both used": run("y = x * 1; v = y[0]; v *= 3; (v * y).sum().backward()", "y, v"),
    "view of a view": run("y = x * 1; v = y[0]; u = v[1:]; u *= 5; (v.sum() + y.sum() + u.sum()).backward()", "y, v, u"),
    "one element": run("y = x * 1; v = y[0, 1]; v *= 7; y.sum().backward()", "y, v"),
    "an element of a vector": run("a = lib.tensor([1., 2.]); v = a[0]; a[0] = 9.; r = v.item(); v += 5", "r, v, a"),
    "all rows, one by one": run("a = lib.tensor([[1., 5.], [2., 3.]])\nfor p in a: p.clamp_(max=2)", "a"),
    "w[0].zero_()": run("a = lib.tensor([1., 2.]); a[0].zero_()", "a"),
    "a plain buffer gets a history": run("b = lib.zeros(2, 2); v = b[0]; b[0] = x[0] * 2; (v * w).sum().backward()", "b, v"),
    "a plain buffer through its view": run("b = lib.zeros(2, 2); v = b[0]; v += x[0] * 2; (b * w).sum().backward()", "b, v"),
    "a flat view assigned": run("y = x * 1; v = y.flatten(); v[0] = 9.; y.sum().backward()", "y, v"),
    "a reshape that copied": run("y = x * 1; v = y.t().reshape(4); v *= 2; y.sum().backward()", "y, v"),
    "zero_ of a view": run("y = x * 1; v = y[0]; v.zero_(); y.sum().backward()", "y"),
    "copy_ into a view": run("y = x * 1; v = y[0]; v.copy_(w); y.sum().backward()", "y"),
    "fill_ of a diagonal": run("y = x * 1; y.diagonal().fill_(1); (y * y).sum().backward()", "y"),
    "fill_ of a plain diagonal": run("a = lib.zeros(2, 2); a.diagonal().fill_(1)", "a"),
    "several changes": run("y = x * 1; v = y.view(4); v += 1; v[1:3] *= 2; y.pow(2).sum().backward()", "y, v"),
    "a base out of order": run("y = (x * 1).t(); v = y[0]; v *= 3; (y * y).sum().backward()", "y, v"),
    "second order": run("y = x * 1; v = y[0]; v *= w; g, = lib.autograd.grad((y ** 3).sum(), x, create_graph=True); g.sum().backward()", "g"),
    "detached, base changed": run("y = x * 1; v = y.detach(); y *= 2", "v.requires_grad, v, y"),
    "detached and changed": run("y = x * 1; v = y.detach(); v *= 2; y.sum().backward()", "y"),
    "detached, changed, values needed": run("y = x * 1; z = y * y; v = y.detach(); v *= 2; z.sum().backward()"),
    "detached from a buffer": run("b = lib.zeros(2, 2); v = b.detach(); v += x", "b.requires_grad"),
    "a view of a leaf": run("v = x[0]; v *= 2"),
    "a view of a leaf without recording": run("with lib.no_grad(): x[0].mul_(2)\n(x * 1).sum().backward()", "x"),
    "a view made without recording": run("with lib.no_grad(): v = x[0]\nv *= 2"),
    "the same of a result": run("y = x * 1\nwith lib.no_grad(): v = y[0]\nv *= 2"),
    "one of several views": run("y = x * 1; a, b = y.unbind(); a *= 2"),
    "one of several parts": run("y = x * 1; a, b = y.split(1); a *= 2"),
    "used before, value needed": run("y = x * 1; v = y[0]; z = v * v; y *= 2; z.sum().backward()"),
    "used before, no value needed": run("y = x * 1; v = y[0]; z = v * 1; y *= 2; z.sum().backward()", "z"),
    "detach_ of a view": run("y = x * 1; v = y[0]; v.detach_()"),
    "_base": run("y = x * 1; v = y[0]", "v._base is y, y._base is None, v._is_view(), v[0]._base is y"),
    "names": run("y = x * 1; v = y[0]; n = v.grad_fn.name(); v *= 2", "n, v.grad_fn.name()"),
    "the version is shared": run("y = x * 1; v = y[0]; v *= 2; y *= 2", "y._version, v._version"),
    "a hook on the old value": run("y = x * 1; s = []; y.register_hook(lambda g: s.append(g * 1)); v = y[0]; v *= 10; y.sum().backward()", "s"),
    "fill_ of one number": run("y = x.sum(); y.fill_(3.); (y * 1).backward()", "y"),
    "zero_ of one number": run("y = x.sum(); y.zero_(); (y * 1).backward()", "y"),
    "copy_ of one number": run("y = x.sum(); y.copy_(lib.tensor(2.)); (y * 1).backward()", "y"),
    "assigned one number": run("y = x.sum(); y[...] = 2.; (y * 1).backward()", "y"),
    "repeat copies": run("a = lib.ones(1, 2); b = a.repeat(2, 1); c = a.repeat(1, 1); a.zero_()", "b, c"),
    "tile copies": run("a = lib.ones(2); b = a.tile(1); a.zero_()", "b"),
    "repeat can be changed": run("b = lib.ones(2).repeat(2, 1); b[0] = 5", "b"),
    "normalised, then shifted": run("p = x.exp(); p = p / p.sum(); p += 1e-3; p.log().sum().backward()", "p"),
    "logaddexp, then changed": run("p = lib.logaddexp(x, x * 2); p += 1; p.sum().backward()", "p"),
    "max(dim), then changed": run("p = x.max(1).values; p += 1; p.sum().backward()", "p"),
    "logsumexp, then changed": run("p = x.logsumexp(1); p += 1; p.sum().backward()"),
    "an index changed": run("i = lib.tensor([0, 1]); y = x[:, i]; i.add_(-1); y.sum().backward()"),
    "an index of index_select changed": run("i = lib.tensor([0, 1]); y = x.index_select(0, i); i.add_(-1); y.sum().backward()"),
    "an index of gather changed": run("i = lib.tensor([[0], [1]]); y = x.gather(1, i); i.mul_(0); y.sum().backward()"),
    "a mask changed": run("m = x.detach() > 2; y = x.masked_fill(m, 0.); m.zero_(); y.sum().backward()"),
    "integers times floats in place": run("i = lib.tensor([1, 2]); i *= x[0]"),
    "a stale view as operand": run("b = lib.zeros(2, 2); v = b[0]; b[0] = x[0] * 2; out = lib.zeros(2); out += v; out.sum().backward()", "out"),
    "a stale view assigned": run("b = lib.zeros(2, 2); v = b[0]; b[0] = x[0] * 2; out = lib.zeros(2, 2); out[1] = v; (out * w).sum().backward()", "out"),
    "a stale view copied": run("b = lib.zeros(2, 2); v = b[0]; b[0] = x[0] * 2; out = lib.zeros(2); out.copy_(v); out.sum().backward()", "out"),
    "a stale view to NumPy": run("b = lib.zeros(2, 2); v = b[0]; b[0] = x[0] * 2; v.numpy()"),
    "a stale view has history": run("b = lib.zeros(2, 2); v = b[0]; b[0] = x[0] * 2", "v.requires_grad, v.is_leaf"),
    "grad() by a stale view": run("y = x * 1; v = y[0]; y *= 2; g, = lib.autograd.grad((v * w).sum(), v)", "g"),
    "backward() of a stale view": run("y = x * 1; v = y[0]; y *= 2; v.backward(w)"),
    "backward() of several": run("y = x * 1; v = y[0]; y *= 2; lib.autograd.backward([y.sum(), (v * w).sum()])"),
    "set to itself": run("y = x * 1; y.copy_(y); y.sum().backward()", "y"),
    "divided by itself": run("y = x * 1; y.div_(y); y.sum().backward()"),
    "times its detached self": run("y = x * 1; y.mul_(y.detach()); y.sum().backward()"),
    "times its clone": run("y = x * 1; y *= y.clone(); y.sum().backward()", "y"),
}  # fmt: skip
SHARE = {  # shares memory with x, is a view: of every way to take a part or another shape
    "x[0]", "x[0, 1]", "x[:, 1]", "x[::2]", "x[None]", "x[...]", "x[[0, 1]]", "x[x > 1]", "x.t()", "x.T", "x.mT",
    "x.transpose(0, 1)", "x.swapaxes(0, 1)", "x.permute(1, 0)", "x.movedim(0, 1)", "x.reshape(4)", "x.t().reshape(4)",
    "x.view(4)", "x.view_as(x)", "x.flatten()", "x.ravel()", "x.unsqueeze(0)", "x.squeeze()", "x.squeeze(0)",
    "x.expand(2, 2)", "x.expand(3, 2, 2)", "x.broadcast_to(3, 2, 2)", "x.repeat(1, 1)", "x.repeat(2, 1)", "x.tile(1)",
    "x.repeat_interleave(1)", "x.narrow(0, 0, 1)", "x.select(0, 1)", "x.chunk(2)[0]", "x.split(1)[1]", "x.unbind()[0]",
    "x.diagonal()", "x.diag()", "x.tril()", "x.flip(0)", "x.roll(1)", "x.clone()", "x.contiguous()", "x.t().contiguous()",
    "x.detach()", "x.data", "x.float()", "x.double()", "x.to(lib.float32)", "x.cpu()", "x.type(lib.float32)", "x.round()",
    "x.clamp(-9, 9)", "x.relu()", "x.abs()", "x.max(0).values", "x.sort(0).values", "x.gather(0, lib.tensor([[0, 1]]))",
    "x.index_select(0, lib.tensor([0]))", "lib.stack([x])", "lib.cat([x])", "lib.einsum('ij->ji', x)", "x.sum(0)",
    "lib.nn.functional.dropout(x, 0.0)", "lib.nn.functional.dropout(x, 0.5, training=False)", "x.where(x > 0, x)",
    "lib.as_tensor(x)", "lib.zeros_like(x)", "x.requires_grad_(False)", "next(iter(x))", "x.softmax(0)", "x + 0", "+x",
}  # fmt: skip


def sharing(expression: str) -> Any:
    """Does a change of the result show in x? Is it x itself? Is it a view of x?"""

    def program(lib: Any) -> Any:
        x = lib.tensor([[1.0, 2.0], [3.0, 4.0]])
        y = eval(expression, {"lib": lib, "x": x})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            same, view = y is x, y._base is x
        repeated = any(s == 0 and n > 1 for s, n in zip(y.stride(), y.shape, strict=True))
        if not repeated:  # those refuse
            y.fill_(9)
        return [bool((x == 9).any()), same, view]

    return program


TABLE = {**PROGRAMS, **{f"sharing: {e}": sharing(e) for e in sorted(SHARE)}}


def test_programs_that_share_memory_do_what_is_recorded_from_torch() -> None:
    recorded.check(TABLE, minigrad, recorded.read_table("views"))


@pytest.mark.live
def test_programs_that_share_memory_do_what_the_installed_torch_does(torch: Any) -> None:
    recorded.check(TABLE, minigrad, {k: recorded.answer(torch, f) for k, f in TABLE.items()})


def test_a_view_does_not_outlive_the_replacement_of_its_bases_data() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    v = y[:1]
    y.data = minigrad.tensor([5.0, 6.0])
    y *= 2
    (v * 3).sum().backward()
    assert v.tolist() == [1.0] and x.grad.tolist() == [3.0, 0.0]


def test_numpys_writing_functions_are_noticed() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    for change in (
        lambda t: np.copyto(t, np.zeros(2, np.float32)),
        lambda t: np.add(np.ones(2), 1.0, out=t),
        lambda t: np.put(t, 0, 7.0),
    ):
        y = minigrad.tensor([3.0, 4.0])
        z = x * y
        change(y)
        with pytest.raises(RuntimeError, match="modified by an inplace operation"):
            z.sum().backward()
    with pytest.raises(TypeError, match="no derivative rule|requires a gradient"):
        np.copyto(x * 1, np.zeros(2, np.float32))


def test_a_view_of_a_leaf_whose_requires_grad_is_off() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    x.requires_grad_(False)
    v = x[:1]
    v += 1
    assert x.tolist() == [2.0, 2.0] and v._base is x


def test_backward_of_a_generator_is_that_of_a_list_also_after_a_change_in_place() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    y = x * 1
    y *= 2
    minigrad.autograd.backward(loss for loss in [y.sum(), (y * 2).sum()])
    assert x.grad.tolist() == [6.0, 6.0]


def test_a_view_of_a_buffer_that_got_a_history_goes_on_with_it_in_place() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    buffer = minigrad.zeros(2, 2)
    row = buffer[0]
    buffer[0] = x * 2
    row *= 3
    buffer.sum().backward()
    assert buffer.tolist() == [[6.0, 12.0], [0.0, 0.0]] and x.grad.tolist() == [6.0, 6.0]


def test_numpys_functions_refuse_a_view_that_got_a_history() -> None:
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    buffer = minigrad.zeros(2, 2)
    row = buffer[0]
    buffer[0] = x * 2
    with pytest.raises(TypeError, match="no derivative rule"):
        np.fft.fft(row)
