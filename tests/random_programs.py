# ruff: noqa: E501 (tables)
"""Random programs on tensors: the same text is run with minigrad and with torch, and compared.

A program is a list of statements over a few names.  Each statement is run by itself: one that
raises is noted by its type of exception, and the program goes on.  In the end all that can be seen
of each tensor is compared: type, shape, values, gradient, requires_grad, and who shares memory.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

SHAPES = [(), (1,), (3,), (2, 3), (3, 1), (1, 3), (2, 1, 3), (0,), (0, 3), (2, 2), (3, 3), (2, 2, 2),
          (1, 2, 2, 2), (3, 2, 0)]  # fmt: skip
KINDS = ["float32", "float32", "float32", "float64", "float64", "int64", "int64", "int32", "bool"]
UNARY = ["exp", "sin", "tanh", "sigmoid", "relu", "neg", "abs", "square", "log1p", "clone", "t",
         "floor", "contiguous", "sqrt", "cos", "sign", "expm1", "erf", "reciprocal", "isnan"]  # fmt: skip
BINARY = ["+", "-", "*", "/", "**", "+", "-", "*", "/", "%", ">", "=="]
REDUCE = [
    "sum",
    "mean",
    "amax",
    "prod",
    "logsumexp",
    "max",
    "argmax",
    "std",
    "cumsum",
    "norm",
    "any",
    "var",
    "amin",
    "cumprod",
    "min",
    "all",
]
VIEWS = ["reshape(-1)", "t()", "T", "unsqueeze(0)", "squeeze()", "flatten()", "[0]", "[..., 0]",
         "[-1:]", "[::2]", "[:, 1]", "[None]", "transpose(0, -1)", "expand(2, *{x}.shape)",
         "movedim(0, -1)", "diagonal()", "narrow(0, 0, 1)", "select(0, 0)", "unbind(0)[0]",
         "split(1)[0]", "chunk(2)[0]", "view(-1)", "detach()", "view_as({x})", "ravel()",
         "[-1]", "[0, ..., None]", "[..., ::2]", "[0:0]", "[1:, :1]", "mT", "swapaxes(0, -1)", "unflatten(0, (1, -1))",
         "permute(tuple(range({x}.ndim)))", "squeeze(0)", "expand_as({x})", "split([1, -1 + len({x})])[1]", "data"]  # fmt: skip
PICKS = ["[[0, 0]]", "[lib.tensor([0, -1])]", "[{x} > 0]", "flip(0)", "roll(1)", "repeat(2, 1)",
         "index_select(0, lib.tensor([0]))", "gather(0, lib.zeros({x}.shape, dtype=lib.int64))",
         "masked_fill({x} > 1, 0.5)", "tril()", "sort(0).values", "repeat_interleave(2)",
         "clamp(-1, 1)", "double()", "float()", "long()", "where({x} > 0, {x} * 2)",
         "[lib.tensor([[0], [0]])]", "[:, [0, 0]]", "[[0], :1]", "[..., [0]]", "[0, [0, 0]]", "[lib.tensor(True)]",
         "take_along_dim({x}.argsort(0), 0)", "topk(1).values", "masked_select({x} > 0)", "to(lib.float64)",
         "triu(1)", "index_add(0, lib.tensor([0]), {x}[:1])", "scatter(0, lib.zeros({x}.shape, dtype=lib.int64), {x})",
         "tile(2)", "nan_to_num()", "diff()", "bool()", "softmax(0)", "log_softmax(-1)"]  # fmt: skip
IN_PLACE = ["{x} += {y}", "{x} *= {y}", "{x} -= 0.5", "{x} /= {y}", "{x}.mul_({y})", "{x}.zero_()",
            "{x}.add_({y}, alpha=2)", "{x}.fill_(0.25)", "{x}.clamp_(-1, 1)", "{x}.copy_({y})",
            "{x}[0] = 1.5", "{x}[...] = {y}", "{x}[{x} > 0] = 0.0", "{x}[0] += 1", "{x}.pow_(2)",
            "{x}.masked_fill_({x} > 0, 2.0)",
            "{x}[:, 0] = {y}", "{x}[1:] = {x}[:-1].clone()", "{x}[[0]] = {y}", "{x}[..., 0] *= 2", "{x}[lib.tensor([0])] += 1",
            "{x}.T[0] = 2.0", "{x}.t().mul_(2)", "{x}.detach()[...] = 0.5", "{x}.data.mul_(2)", "{x}[-1] = {y}[0]",
            "{x}.sub_({y})", "{x}.div_(2)", "{x}.copy_({x}.flip(0))", "{x}[{x} < 0] *= -1", "{x} **= 2", "{x}.sqrt_()"]  # fmt: skip
GRADS = ["({x} * {y}).sum().backward()", "{x}.sum().backward()", "{x}.sum().backward(retain_graph=True)",
         "{x}.mean().backward(create_graph=True)", "{x}.requires_grad_()", "{x}.requires_grad_(False)",
         "{x}.retain_grad()", "{x}.grad = None", "{x}.register_hook(lambda g: g * 2)",
         "{n} = lib.autograd.grad({x}.sum(), {y}, create_graph=True, allow_unused=True)[0]",
         "{n} = lib.autograd.grad({x}.sum(), {y})[0]", "{n} = {x}.grad", "{x}.detach_()",
         "{n} = lib.autograd.grad(({x} * {x}).sum(), {y}, create_graph=True)[0]", "{x}.backward({x}.detach())",
         "{x}.register_hook(lambda g: None)", "({x} ** 3).sum().backward(retain_graph=True, create_graph=True)",
         "{x}.sum().backward(inputs=[{y}])", "lib.autograd.backward([{x}.sum(), {y}.sum()])", "{x}.numpy()", "bool({x})"]  # fmt: skip


def program(seed: int) -> list[str]:
    """The statements of a random program, 10 to 40 of them."""
    rng = np.random.default_rng(seed)
    names, lines = [], []

    def new() -> str:
        return f"t{len(names)}"

    def one(of: list[str]) -> str:
        return of[rng.integers(len(of))]

    for _ in range(rng.integers(2, 4)):
        shape = SHAPES[rng.integers(len(SHAPES))]
        values = np.round(rng.standard_normal(shape), 2)
        kind = one(KINDS)
        floats = kind.startswith("float")
        if floats and rng.random() < 0.1:
            values = np.where(
                rng.random(shape) < 0.3, rng.choice([np.nan, np.inf, -np.inf, 0.0]), values
            )
        wants = ", requires_grad=True" if floats and rng.random() < 0.7 else ""
        shown = values if floats else values > 0 if kind == "bool" else (values * 3).astype(int)
        numbers = str(shown.tolist()).replace("nan", "float('nan')").replace("inf", "float('inf')")
        text = f"lib.tensor({numbers}, dtype=lib.{kind}{wants})"
        if 0 in shape:
            text = f"lib.zeros({list(shape)}, dtype=lib.{kind}{wants})"
        elif not wants and rng.random() < 0.2:  # it does not lie in order in memory
            text += ".transpose(0, -1)" + (".requires_grad_()" if floats else "")
        lines.append(f"{new()} = {text}")
        names.append(new())
    for _ in range(rng.integers(8, 37)):
        x, y, n = one(names[-6:]), one(names), new()
        fresh = True
        draw = rng.random()
        if draw < 0.2:
            line = f"{n} = {x} {one(BINARY)} {y if rng.random() < 0.8 else one(['2', '0.5'])}"
        elif draw < 0.32:
            line = f"{n} = {x}.{one(UNARY)}()"
        elif draw < 0.42:
            how = one(["", "0", "-1", "0, keepdim=True"])
            line = f"{n} = {x}.{one(REDUCE)}({how})"
        elif draw < 0.57:
            line = f"{n} = {_attached(x, one(VIEWS))}"
        elif draw < 0.64:
            line = f"{n} = {_attached(x, one(PICKS))}"
        elif draw < 0.68:
            line = one([f"{n} = {x} @ {y}", f"{n} = lib.stack([{x}, {x}])", f"{n} = lib.cat([{x}, {y}])",
                        f"{n} = lib.where({x} > 0, {x}, {y})", f"{n} = lib.maximum({x}, {y})"])  # fmt: skip
        elif draw < 0.86:
            line, fresh = one(IN_PLACE).format(x=x, y=y), False
            if rng.random() < 0.25:
                line = f"with lib.no_grad(): {line}"
        else:
            form = one(GRADS)
            line, fresh = form.format(x=x, y=y, n=n), "{n}" in form
        if fresh and draw < 0.68 and rng.random() < 0.06:
            line = f"with lib.no_grad(): {line}"
        lines.append(line)
        if fresh:
            names.append(n)
    return lines


def _attached(x: str, what: str) -> str:
    what = what.format(x=x)
    return x + what if what[0] == "[" else f"{x}.{what}"


def run(lib: Any, lines: list[str]) -> dict[str, Any]:
    """What happens: the exceptions by line, and in the end all that can be seen of each tensor."""
    names: dict[str, Any] = {"lib": lib}
    seen: dict[str, Any] = {}
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        for i, line in enumerate(lines):
            try:
                exec(line, names)
            except Exception as error:
                known = (c.__name__ for c in type(error).__mro__ if c.__module__ == "builtins")
                seen[f"line {i}"] = next(known)
        tensors = {k: v for k, v in names.items() if lib.is_tensor(v)}
        for name, t in tensors.items():
            try:
                grad = t.grad
                seen[name] = [
                    *_plain(t),
                    t.requires_grad,
                    t.is_leaf,
                    grad is not None and _plain(grad),
                ]
            except RuntimeError:  # of several views, of which one or the base was changed
                seen[name] = "raises"
            seen[f"{name} shares"] = [k for k, v in tensors.items() if k < name and _share(t, v)]
        if hasattr(lib, "_C") and any(
            _expanded(tensors.get(line.split(" = ")[0])) for line in lines if ".grad" in line
        ):
            seen["expanded"] = True
    return seen


def _expanded(t: Any) -> bool:
    """Is this gradient of torch's one element, shown several times?"""
    return t is not None and any(s == 0 and n > 1 for s, n in zip(t.stride(), t.shape, strict=True))


def _plain(t: Any) -> list:
    dtype = str(t.dtype).removeprefix("torch.")
    return [dtype, list(t.shape), t.detach().tolist()]


def _share(a: Any, b: Any) -> bool:
    if not a.numel() or not b.numel():
        return False
    if hasattr(a, "untyped_storage"):
        return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()
    return np.may_share_memory(a._array.base if a._array.base is not None else a._array,
                               b._array.base if b._array.base is not None else b._array)  # fmt: skip


def difference(ours: dict[str, Any], theirs: dict[str, Any]) -> str | None:
    """The first thing that differs, and in what way; None if nothing does.

    What ends in another state without a word is "silent". Of other kinds are: "raises", in one of
    the two alone; "midway", gradients that were there when backward() raised; "expanded", after a
    gradient that torch had made of one element shown several times, so that writing to it writes
    to all or is refused; "memory", who shares it with whom, and all values the same.
    """
    memory, expanded = None, theirs.get("expanded")
    ours, theirs = ({k: v for k, v in seen.items() if k != "expanded"} for seen in (ours, theirs))
    for key in sorted({*ours, *theirs}, key=lambda k: (not k.startswith("line"), _number(k), k)):
        a, b = ours.get(key), theirs.get(key)
        if key.startswith("line") and a != b:
            return f"{'expanded' if expanded and a is None else 'raises'}: {key}: {a} here, {b} in torch"
        if "raises" in (a, b) and a != b:
            return f"raises: {key}: {a} here, {b} in torch"
        values = not key.endswith("shares") and isinstance(a, list) and isinstance(b, list)
        if values and len(a) == len(b) == 6:
            a, b = _without_zeros(a), _without_zeros(b)
        if values and _midway(ours, theirs, a, b):
            return f"midway: {key}: backward() raised, and torch had filled some .grad before"
        if not _same(a, b):
            found = f"{key}: {a} here, {b} in torch"
            if not key.endswith("shares"):
                return f"{'expanded' if expanded else 'silent'}: {found}"
            memory = memory or f"memory: {found}"
    return memory


def _midway(ours: dict, theirs: dict, a: Any, b: Any) -> bool:
    """Do gradients alone differ, after something raised at the same place in both?"""
    raised = {k for k in ours if k.startswith("line")} & set(theirs)
    both = isinstance(a, list) and isinstance(b, list) and len(a) == len(b) == 6
    return bool(raised) and both and _same(a[:-1], b[:-1]) and not _same(a[-1], b[-1])


def _without_zeros(seen: list) -> list:
    """No gradient, and a gradient of zeros, are one."""
    values = seen[-1] and np.asarray(seen[-1][2])
    return [*seen[:-1], False] if values is False or not np.any(values) else seen


def _number(key: str) -> int:
    digits = "".join(c for c in key if c.isdigit())
    return int(digits or 0)


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, float) and isinstance(b, float):
        return bool(np.isclose(a, b, rtol=2e-4, atol=1e-5, equal_nan=True))
    return type(a) is type(b) and a == b


if (
    __name__ == "__main__"
):  # what torch does with the programs from one seed to another, a line each
    import json
    import sys

    import torch

    torch.set_num_threads(1)
    for seed in range(int(sys.argv[1]), int(sys.argv[2])):
        text = program(seed)
        print(json.dumps({"lines": text, "seen": run(torch, text)}), flush=True)
