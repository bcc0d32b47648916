"""minigrad.compile: the same bits as without it, and what it does where it cannot."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from cases import CASES, Case

import minigrad
from minigrad.autograd.symbols import Symbol
from minigrad.compiler import Compiled

pytestmark = [
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::UserWarning"),
]


def tensors_in(x: Any) -> list:
    """The tensors in what a function returns."""
    if isinstance(x, minigrad.Tensor):
        return [x]
    if isinstance(x, dict):
        x = list(x.values())
    return [t for item in x for t in tensors_in(item)] if isinstance(x, (list, tuple)) else []


def bits(x: Any) -> Any:
    """A tensor's type, shape and bits."""
    if x is None:
        return None
    array = x.detach().numpy()
    return array.dtype.name, array.shape, array.tobytes(), x.requires_grad


def outcome(fn: Callable, tensors: list, backward: bool = True) -> Any:
    """All bits of what fn returns, and of the gradients of the tensors."""
    for t in tensors:
        t.grad = None
    minigrad.manual_seed(3)
    try:
        made = tensors_in(fn(*tensors))
        found = [bits(y) for y in made]
        roots = [y for y in made if y.requires_grad and backward]
        if roots:
            sum((y * 1.5).sum() for y in roots).backward()
    except Exception as error:
        return type(error), str(error)
    return found, [bits(t.grad) for t in tensors]


def given(arrays: tuple, dtype: Any, requires_grad: bool = True) -> list:
    made = [minigrad.tensor(a.astype(dtype) if a.dtype == np.float64 else a) for a in arrays]
    return [t.requires_grad_(requires_grad and t.dtype.kind == "f") for t in made]


ROWS: dict[str, list[Case]] = {}
for row in CASES.values():
    ROWS.setdefault(row.name.split()[0], []).append(row)


@pytest.mark.parametrize("cases", ROWS.values(), ids=ROWS)
def test_each_row_gives_the_same_bits(cases: list[Case]) -> None:
    for case in cases:
        plain = functools.partial(case.fn, minigrad)
        compiled = minigrad.compile(plain)
        for arrays in case.arrays():
            for dtype in (np.float32, np.float64):
                for requires_grad in (True, False):
                    tensors = given(arrays, dtype, requires_grad)
                    for _ in range(2):
                        expected = outcome(plain, tensors)
                        assert outcome(compiled, tensors) == expected, (
                            f"{case.name}\n{compiled.source}"
                        )
                        with minigrad.no_grad():
                            for t in tensors:
                                t.copy_(t.flip(0) if t.ndim else t)


# -- random programs -------------------------------------------------------------------------------
UNARY = """exp tanh sigmoid relu neg abs sin square sqrt_abs softmax cumsum mean_keep std
           log1p_abs""".split()
BINARY = "add sub mul div maximum matmul where power".split()


def random_program(seed: int) -> Callable:
    """A function of three tensors (3, 4), (4,) and (4, 4), with what programs are made of."""
    rng = np.random.default_rng(seed)
    plan = []
    for _ in range(int(rng.integers(3, 14))):
        kind = rng.choice(["unary", "binary", "shape", "place", "draw", "detach", "number"],
                          p=[0.3, 0.35, 0.12, 0.06, 0.05, 0.05, 0.07])  # fmt: skip
        plan.append((kind, *rng.integers(0, 1000, 4)))
    many = bool(rng.integers(0, 3) == 0)
    whole = float(rng.integers(1, 4))

    def program(a: Any, b: Any, m: Any) -> Any:
        values = [a, a + b, a @ m]
        for kind, i, j, k, n in plan:
            x, y = values[i % len(values)], values[j % len(values)]
            if kind == "unary":
                z = _unary(UNARY[k % len(UNARY)], x)
            elif kind == "binary":
                z = _binary(BINARY[k % len(BINARY)], x, y, m)
            elif kind == "shape":
                z = [
                    lambda x=x: x.t().reshape(3, 4), lambda x=x, k=k: x.flip(k % 2),
                    lambda x=x: minigrad.cat([x[:1], x[1:] * 2]), lambda x=x: x[[2, 0, 2]],
                    lambda x=x: x.roll(1, 1), lambda x=x: minigrad.stack(list(x)),
                    lambda x=x: x.max(1, keepdim=True).values + x,
                    lambda x=x: x.sort(1).values, lambda x=x: x.masked_fill(x > 0, 0.5),
                ][n % 9]()  # fmt: skip
            elif kind == "place":
                z = x.clone()
                z += y
                z *= 0.5
            elif kind == "draw":
                z = minigrad.nn.functional.dropout(x, 0.25)
            elif kind == "detach":
                with minigrad.no_grad():
                    z = y * 2
                z = z * x.detach() + x
            else:
                z = (x * whole + 1) / (1 + k % 3)
            values.append(z)
        loss = sum(v.sum() if n % 2 else v.mean() for n, v in enumerate(values[3:] or values))
        return (loss, values[-1] * 1, {"a": values[1] + 0}) if many else loss

    return program


def _unary(name: str, x: Any) -> Any:
    own = {
        "sqrt_abs": lambda: (x.abs() + 0.1).sqrt(), "softmax": lambda: x.softmax(1),
        "cumsum": lambda: x.cumsum(1), "mean_keep": lambda: x - x.mean(1, keepdim=True),
        "std": lambda: x / (x.std() + 1), "log1p_abs": lambda: x.abs().log1p(),
        "exp": lambda: x.clamp(-3, 3).exp(),
    }  # fmt: skip
    return own[name]() if name in own else getattr(x, name)()


def _binary(name: str, x: Any, y: Any, m: Any) -> Any:
    if name == "matmul":
        return (x @ m).tanh()
    if name == "div":
        return x / (y.abs() + 1)
    if name == "where":
        return minigrad.where(x > y, x, y * 0.5)
    if name == "power":
        return (x.abs() + 0.5) ** (y.tanh())
    if name == "maximum":
        return x.maximum(y)
    return getattr(x, name)(y)


def compare_random(seed: int) -> None:
    """One random program: values, gradients, a second backward, twice in one graph."""
    rng = np.random.default_rng(seed + 10**6)
    dtype = [np.float32, np.float64][seed % 2]
    shapes = [(3, 4), (4,), (4, 4)]
    tensors = [minigrad.tensor(rng.standard_normal(s).astype(dtype)) for s in shapes]
    for t, yes in zip(tensors, rng.integers(0, 4, 3), strict=True):
        t.requires_grad_(bool(yes))
    program = random_program(seed)
    compiled = minigrad.compile(program)

    def twice(fn: Callable) -> Callable:
        return lambda *ts: [fn(*ts), *[t * 3 for t in ts if t.requires_grad], fn(*ts)]

    with warnings.catch_warnings():
        warnings.filterwarnings("error", message="minigrad.compile")
        for _ in range(2):
            expected = outcome(program, tensors)
            assert outcome(compiled, tensors) == expected, f"{seed}\n{compiled.source}"
            with minigrad.no_grad():
                for t in tensors:
                    t *= 0.5
        expected = outcome(twice(program), tensors)
        assert outcome(twice(compiled), tensors) == expected, f"{seed}\n{compiled.source}"


@pytest.mark.parametrize("block", range(10))
def test_random_programs_give_the_same_bits(block: int) -> None:
    for seed in range(30 * block, 30 * block + 30):
        compare_random(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10, 34))
def test_more_random_programs_give_the_same_bits(block: int) -> None:
    for seed in range(30 * block, 30 * block + 30):
        compare_random(seed)


# -- its place in the graph ------------------------------------------------------------------------
def linear_loss(w: Any, x: Any) -> Any:
    return ((x @ w).tanh() * w.sum()).mean()


def pair(seed: int = 0) -> tuple[Any, Any]:
    minigrad.manual_seed(seed)
    return minigrad.randn(4, 3, requires_grad=True), minigrad.randn(5, 4)


def test_hooks_accumulation_and_a_graph_around_it() -> None:
    def run(fn: Callable) -> Any:
        w, x = pair()
        seen: list = []
        v = w * 2  # no leaf: the graph goes on above
        v.register_hook(lambda g: seen.append(bits(g)))
        w.register_hook(lambda g: g * 3)
        for _ in range(3):
            loss = fn(v, x) * 2 + fn(v * 1, x)
            loss.backward(retain_graph=True)
        loss.backward()
        return seen, bits(w.grad), bits(loss)

    assert run(minigrad.compile(linear_loss)) == run(linear_loss)


def test_grad_and_inputs_and_freed_graphs() -> None:
    w, x = pair()
    compiled = minigrad.compile(linear_loss)
    (expected,) = minigrad.autograd.grad(linear_loss(w, x), w)
    loss = compiled(w, x)
    assert repr(loss.grad_fn) == "<CompiledBackward0>"
    (found,) = minigrad.autograd.grad(loss, w, retain_graph=True)
    assert bits(found) == bits(expected) and w.grad is None
    loss.backward()
    with pytest.raises(RuntimeError, match="second time"):
        loss.backward()


def test_second_order_is_the_recorded_way() -> None:
    def second(fn: Callable) -> Any:
        w, x = pair()
        (g,) = minigrad.autograd.grad(fn(w, x), w, create_graph=True)
        (g * g).sum().backward()
        return bits(g), bits(w.grad)

    assert second(minigrad.compile(linear_loss)) == second(linear_loss)


def test_several_results_of_which_any_may_be_differentiated() -> None:
    def fn(w: Any, x: Any) -> dict:
        y = x @ w
        return {"loss": (y * y).mean(), "y": y, "z": [w.exp(), 3], "none": None}

    compiled = minigrad.compile(fn)
    for which in ("loss", "y", "both", "z", "loss"):

        def run(fn: Callable, which: str = which) -> Any:
            w, x = pair()
            made = fn(w, x)
            assert (
                made["z"][1] == 3
                and made["none"] is None
                and list(made) == ["loss", "y", "z", "none"]
            )
            both = {"both": made["loss"] + made["y"].sum(), "z": made["z"][0].sum()}
            (both[which] if which in both else made[which].sum()).backward()
            return bits(w.grad), bits(made["y"])

        assert run(compiled) == run(fn)


def test_an_input_that_a_result_does_not_hang_on_gets_no_gradient() -> None:
    compiled = minigrad.compile(lambda a, b: (a.exp(), b.exp()))
    a, b = (minigrad.ones(2, requires_grad=True) for _ in range(2))
    compiled(a, b)[0].sum().backward()
    assert a.grad is not None and b.grad is None


def test_what_was_returned_is_never_overwritten() -> None:
    w, x = pair()
    compiled = minigrad.compile(lambda w, x: (x @ w).tanh())
    seen: list = []
    w.register_hook(seen.append)
    kept = [compiled(w, x + i) for i in range(4)]
    before = [bits(y) for y in kept]
    for y in kept:
        y.sum().backward()
    after = [bits(g) for g in seen]
    for i in range(4):
        compiled(w, x - i).sum().backward()
    assert [bits(y) for y in kept] == before and [bits(g) for g in seen[:4]] == after
    assert len({g[2] for g in after}) == 4


def test_changes_in_place_between_calls_are_seen_and_between_forward_and_backward_refused() -> None:
    w, x = pair()
    compiled = minigrad.compile(linear_loss)
    for _ in range(3):
        assert bits(compiled(w, x)) == bits(linear_loss(w, x))
        with minigrad.no_grad():
            w *= 0.5
        x += 1
    needs: dict[Callable, bool] = {lambda w: (w * w).sum(): True, lambda w: w.sum() * 2: False}
    for fn, numbers in needs.items():
        w = minigrad.ones(3, requires_grad=True)
        loss = minigrad.compile(fn)(w)
        with minigrad.no_grad():
            w += 1
        if numbers:  # that its rule needs
            with pytest.raises(RuntimeError, match="modified by an inplace operation"):
                loss.backward()
        else:
            loss.backward()
            assert w.grad.tolist() == [2, 2, 2]


def test_in_place_inside() -> None:
    def fn(w: Any, x: Any) -> Any:
        total = minigrad.zeros(5)
        y = x @ w
        y += 1
        y *= 0.5
        for i in range(3):
            total = total + y[:, i]
        return total.sum()

    w, x = pair()
    compiled = minigrad.compile(fn, fullgraph=True)
    for _ in range(2):
        assert outcome(compiled, [w, x]) == outcome(fn, [w, x])


# -- what it reads besides its arguments -----------------------------------------------------------
def test_parameters_and_settings_met_on_the_way_are_read_anew() -> None:
    class Net(minigrad.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = minigrad.nn.Sequential(
                minigrad.nn.Linear(4, 8), minigrad.nn.BatchNorm1d(8), minigrad.nn.ReLU(),
                minigrad.nn.Dropout(0.5), minigrad.nn.Linear(8, 3),
            )  # fmt: skip
            self.scale = 2.0

        def forward(self, x: Any) -> Any:
            return self.inner(x) * self.scale

    minigrad.manual_seed(0)
    net, (_, x) = Net(), pair()
    twin = Net()
    twin.load_state_dict(net.state_dict())
    compiled = minigrad.compile(net, fullgraph=True)
    optimizers = [minigrad.optim.Adam(n.parameters(), lr=0.1) for n in (net, twin)]
    for step in range(8):
        found = []
        if step == 3:
            net.scale = twin.scale = 3.0
        if step == 5:
            net.inner[0].weight = minigrad.nn.Parameter(net.inner[0].weight.detach() * 2)
            twin.inner[0].weight = minigrad.nn.Parameter(twin.inner[0].weight.detach() * 2)
        for fn, n, o in ((compiled, net, optimizers[0]), (twin, twin, optimizers[1])):
            n.train(step != 4)
            minigrad.manual_seed(step)
            n.zero_grad()
            loss = (fn(x) ** 2).mean()
            loss.backward()
            o.step()
            found.append([bits(loss), *map(bits, n.state_dict().values())])
        assert found[0] == found[1], step
    assert len(list(compiled.parameters())) == 6 and compiled.inner is net.inner


def test_a_variable_that_is_bound_anew_is_seen() -> None:
    factor, extra = 2.0, minigrad.tensor([1.0, 2.0])

    def fn(x: Any) -> Any:
        return x * factor + extra

    compiled, x = minigrad.compile(fn), minigrad.ones(2)
    assert compiled(x).tolist() == [3, 4]
    factor, extra = 3.0, minigrad.tensor([5.0, 5.0])
    assert compiled(x).tolist() == [8, 8]


def test_hooks_of_modules_that_come_and_go_are_seen() -> None:
    class Net(minigrad.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.inner = minigrad.nn.Linear(2, 2)

        def forward(self, x: Any) -> Any:
            return self.inner(x)

    net, x = Net(), minigrad.ones(1, 2)
    for module in (net, net.inner):
        compiled = minigrad.compile(net)
        plain = bits(compiled(x))
        handle = module.register_forward_hook(lambda m, given, made: made * 2)
        assert bits(compiled(x)) == bits(net(x)) != plain
        handle.remove()
        assert bits(compiled(x)) == plain


def test_what_the_function_does_not_read_may_change() -> None:
    class Trainer:
        def __init__(self) -> None:
            self.weight, self.steps, self.scale = minigrad.ones(2), 0, 2.0

        def loss(self, x: Any) -> Any:
            return self.scaled(x).sum()

        def scaled(self, x: Any) -> Any:
            return x * self.weight * self.scale

        def step(self) -> None:
            self.steps += 1

    trainer = Trainer()
    compiled = minigrad.compile(trainer.loss)
    for _ in range(40):
        assert compiled(minigrad.ones(2)).item() == 4
        trainer.step()
    assert compiled.source.count("def forward") == 1
    trainer.scale, trainer.weight = 3.0, minigrad.zeros(2) + 2
    assert compiled(minigrad.ones(2)).item() == 12


def test_a_followed_function_leaves_no_arrays_behind() -> None:
    import gc

    def largest() -> int:
        found = [x for x in gc.get_objects() if type(x) is Symbol]
        return sum(x.value.nbytes for x in found if isinstance(x.value, np.ndarray))

    gc.collect()
    w = minigrad.ones(100, 100, requires_grad=True)
    before = largest()
    compiled = minigrad.compile(lambda w: ((w @ w).exp(), (w * w).sum()))
    compiled(w)[1].backward()
    assert largest() == before


def test_each_kind_of_arguments_has_its_program_and_few_are_kept() -> None:
    def fn(x: Any, n: int = 1, *, flag: bool = False) -> Any:
        return (x * n).sum() if flag else x * n

    compiled = minigrad.compile(fn)
    for n in (256, 256, 96, 256, 96):
        compiled(minigrad.ones(n))
    assert compiled.source.count("def forward") == 2
    assert compiled(minigrad.ones(2), 3).tolist() == [3, 3]
    assert compiled(minigrad.ones(2), 3.0).tolist() == [3, 3]
    assert compiled(minigrad.ones(2), n=3, flag=True).item() == 6
    for n in range(1, 14):
        assert compiled(minigrad.ones(n)).shape == (n,)
    assert compiled.source.count("def forward") == 8


def test_one_tensor_twice_is_another_program_than_two() -> None:
    def fn(a: Any, b: Any) -> Any:
        return (a * b).sum()

    compiled = minigrad.compile(fn)
    a, b = minigrad.tensor([2.0, 3.0], requires_grad=True), minigrad.tensor([5.0, 7.0])
    for given_ in ((a, a), (a, b), (b, a), (a, a)):
        assert outcome(compiled, list(given_)) == outcome(fn, list(given_))


def test_with_and_without_recording() -> None:
    w, x = pair()
    compiled = minigrad.compile(linear_loss)
    with minigrad.no_grad():
        assert not compiled(w, x).requires_grad
    assert compiled(w, x).requires_grad
    assert compiled.source.count("def backward") == 1


def test_random_numbers_are_drawn_anew_in_each_call_and_are_those_without_it() -> None:
    def fn(x: Any) -> Any:
        return minigrad.nn.functional.dropout(x, 0.5) + minigrad.randn(4)

    compiled, x = minigrad.compile(fn, fullgraph=True), minigrad.ones(4)
    minigrad.manual_seed(1)
    expected = [bits(fn(x)) for _ in range(3)]
    minigrad.manual_seed(1)
    assert [bits(compiled(x)) for _ in range(3)] == expected and len(set(expected)) == 3


# -- what cannot be compiled -----------------------------------------------------------------------
def branch(x: Any) -> Any:
    if x.sum() > 0:  # the line that the warning names
        return x * 2
    return x * 3


@pytest.mark.parametrize(
    "fn",
    [
        branch,
        lambda x: x * x.sum().item(),
        lambda x: x * float(x.sum()),
        lambda x: (print(x), x * 2)[1],
        lambda x: x * x.tolist()[0],
        lambda x: x[x > 0].sum(),
        lambda x: x * np.asarray(x.detach()).sum(),
    ],
    ids="branch item float print tolist mask numpy".split(),
)
def test_who_looks_at_numbers_runs_as_it_is_with_one_warning(fn: Callable, capsys: Any) -> None:
    compiled = minigrad.compile(fn)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        for sign in (1, -1, 1):
            x = minigrad.tensor([1.0, 2.0, 4.0]) * sign
            x.requires_grad_()
            assert outcome(compiled, [x]) == outcome(fn, [x])
    said = [str(w.message) for w in caught if "runs as it is" in str(w.message)]
    assert len(said) == 1 and "test_compile.py:" in said[0]
    with pytest.raises(RuntimeError, match=r"fullgraph=True.*test_compile\.py:\d+"):
        minigrad.compile(fn, fullgraph=True)(minigrad.ones(3))


def test_hooks_inside_are_not_lost() -> None:
    seen: list = []

    def fn(x: Any) -> Any:
        y = x * 2
        y.register_hook(lambda g: seen.append(g.item()))
        return y.exp()

    compiled, x = minigrad.compile(fn), minigrad.zeros((), requires_grad=True)
    for _ in range(3):
        compiled(x).backward()
    assert seen == [1.0, 1.0, 1.0]


def test_the_default_type_is_part_of_what_a_program_is_for() -> None:
    compiled = minigrad.compile(lambda x: x.sum() * minigrad.ones(2))
    x = minigrad.tensor([1, 2])
    assert compiled(x).dtype == minigrad.float32
    minigrad.set_default_dtype(minigrad.float64)
    assert compiled(x).dtype == minigrad.float64


def test_an_error_is_the_functions_own() -> None:
    compiled = minigrad.compile(lambda x, y: x @ y)
    with pytest.raises(RuntimeError, match="cannot be multiplied"):
        compiled(minigrad.ones(2, 3), minigrad.ones(2, 3))
    assert compiled(minigrad.ones(2, 3), minigrad.ones(3, 1)).shape == (2, 1)
    embed = minigrad.compile(lambda w, i: w[i])
    w = minigrad.arange(4.0)
    assert embed(w, minigrad.tensor([1, 2])).tolist() == [1, 2]
    with pytest.raises(IndexError):
        embed(w, minigrad.tensor([1, 9]))
    loss = minigrad.compile(minigrad.nn.functional.cross_entropy)
    assert loss(minigrad.zeros(2, 3), minigrad.tensor([0, 2])).item() == pytest.approx(np.log(3))
    with pytest.raises(IndexError, match="out of bounds"):
        loss(minigrad.zeros(2, 3), minigrad.tensor([0, 3]))
    with pytest.raises(TypeError, match="takes a function"):
        minigrad.compile(3)


def test_who_watches_sees_each_operation() -> None:
    w, x = pair()
    compiled = minigrad.compile(linear_loss)
    compiled(w, x)
    with minigrad.autograd.trace(file=None) as t:
        compiled(w, x)
    assert len(t.steps) > 3
    loss = compiled(w, x)
    with minigrad.autograd.trace(file=None) as t, minigrad.autograd.detect_anomaly():
        loss.backward()
    assert [step.operation for step in t.steps] == ["compiled"]  # w was used twice in it
    with pytest.raises(RuntimeError, match=r"Print the compiled function's \.source"):
        minigrad.study.source(compiled(w, x))


def test_compiled_in_compiled_and_as_a_decorator() -> None:
    @minigrad.compile
    def inner(x: Any) -> Any:
        return x.exp()

    @minigrad.compile(fullgraph=True)
    def outer(x: Any) -> Any:
        return inner(x).sum()

    assert isinstance(outer, Compiled) and outer.__name__ == "outer"
    x = minigrad.zeros(3, requires_grad=True)
    outer(x).backward()
    assert x.grad.tolist() == [1, 1, 1] and "= exp(x0" in outer.source


# -- a tensor with several uses, inside and outside ------------------------------------------------
def several_uses(w: Any) -> Any:
    return (w * 0.1 + w * 0.7).sin() * w - w / 3


@pytest.mark.parametrize("around", ["before", "after", "both", "twice", "through", "kept"])
def test_the_parts_of_a_gradient_are_added_in_the_order_that_they_have_without_it(
    around: str,
) -> None:
    compiled = minigrad.compile(several_uses)
    for seed in range(40):
        first = np.random.default_rng(seed).standard_normal((3, 5)).astype(np.float32) * 37

        def gradients(fn: Callable, first: Any = first, seed: int = seed) -> Any:
            w = minigrad.tensor(first, requires_grad=True)
            x = (w * 1.0) if around == "through" else w
            before = x * 0.3 - x / 7 if around in ("before", "both", "through") else 0
            y = fn(x)
            if around == "twice":
                y = y + fn(x * 1.0 if seed % 2 else x)
            after = x * 0.9 + x.exp() * 1e-3 if around in ("after", "both", "through") else 0
            if around == "kept":
                w.grad = minigrad.tensor(first[::-1].copy())
            (y + after + before).sum().backward()
            return w.grad

        assert bits(gradients(compiled)) == bits(gradients(several_uses)), seed
        assert type(gradients(compiled)._array) is np.ndarray


def test_the_gradient_of_several_uses_is_a_plain_array_for_hooks_and_grad() -> None:
    compiled = minigrad.compile(several_uses)
    w = minigrad.tensor([1.0, 2.0], requires_grad=True)
    seen: list = []
    w.register_hook(lambda g: seen.append(type(g._array)))
    x = w * 1
    x.retain_grad()
    compiled(x).sum().backward()
    (g,) = minigrad.autograd.grad(compiled(w).sum(), w)
    assert seen == [np.ndarray, np.ndarray]
    assert type(g._array) is type(x.grad._array) is np.ndarray


def test_a_change_of_what_the_way_back_reads_is_refused_as_without_it() -> None:
    @minigrad.compile
    def squares(x: Any, w: Any) -> Any:
        return (x.reshape(4) * w).sum()

    x, w = minigrad.ones(2, 2), minigrad.ones(4, requires_grad=True)
    loss = squares(x, w)
    x.mul_(2)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()
