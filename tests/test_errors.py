"""A hundred classic mistakes: torch's type of exception, and a message that says what to do."""
# ruff: noqa: E501 (tables, a row on a line)

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import recorded
from vocabulary import FUNCTIONS, METHODS

import minigrad

# (the mistake, words that the message must hold). v: (3,), m: (2, 3), x: (3,) that requires grad,
# i: integers (3,), s: (5, 2, 3), n: a number; F: nn.functional.
MISTAKES: list[tuple[str, str]] = [
    # -- shapes that do not fit
    ("m + lib.ones(2)", r"size of tensor a \(3\) must match.*tensor b \(2\).*dimension 1.*unsqueeze.*add.*\(2, 3\)"),
    ("m * lib.ones(4)", r"\(3\) must match.*\(4\).*mul"),
    ("m - lib.ones(3, 3)", r"\(2\) must match.*\(3\).*dimension 0.*sub"),
    ("m / lib.ones(2, 2)", r"must match.*div"),
    ("m ** lib.ones(2)", r"must match.*pow"),
    ("m == lib.ones(2)", r"must match"),
    ("m < lib.ones(4)", r"must match"),
    ("lib.maximum(m, lib.ones(2))", r"must match.*maximum"),
    ("lib.where(m > 0, m, lib.ones(2))", r"must match.*where"),
    ("lib.atan2(m, lib.ones(2))", r"must match.*atan2"),
    ("m.clamp(lib.ones(2), lib.ones(3))", r"must match|broadcast"),
    ("m @ m", r"mat1 and mat2 shapes cannot be multiplied \(2x3 and 2x3\).*columns.*rows.*matmul"),
    ("m @ lib.ones(2)", r"multiplied|size.*FloatTensor \(2, 3\).*FloatTensor \(2,\)"),
    ("v @ lib.ones(2)", r"inconsistent tensor size.*\[3\].*\[2\]"),
    ("s @ lib.ones(4, 3, 2)", r"must match|multiplied"),
    ("s @ s", r"multiplied|[Ee]xpected size"),
    ("n @ v", r"at least 1D"),
    ("lib.mm(v, m)", r"mm.*2D.*FloatTensor \(3,\)"),
    ("lib.mv(m, m)", r"mv.*1D"),
    ("lib.bmm(m, m)", r"bmm.*3D"),
    ("lib.bmm(s, s)", r"multiplied|Expected size"),
    ("lib.dot(m, m)", r"1D tensors expected.*2D.*matmul"),
    ("lib.outer(m, v)", r"outer.*1D"),
    ("lib.addmm(v, m, m)", r"cannot be multiplied \(2x3 and 2x3\)"),
    ("lib.einsum('ij,jk->ik', m, m)", r"einsum|broadcast|size"),
    ("lib.einsum('ijk->i', m)", r"number of subscripts.*\(3\).*dimensions \(2\)"),
    ("lib.einsum('ij->k', m)", r"output subscript k does not appear"),
    ("lib.einsum('ij,jk', m)", r"fewer operands were provided"),
    ("lib.tensordot(m, m, dims=1)", r"contracted dimensions need to match.*3.*2"),
    ("lib.cat([m, v])", r"same number of dimensions: got 2 and 1"),
    ("lib.cat([m, lib.ones(2, 2)])", r"must match except in dimension 0.*\[2, 3\].*\[2, 2\].*number 1"),
    ("lib.cat([])", r"non-empty list"),
    ("lib.cat(m, m)", r"tuple or list of Tensors|must be tuple of Tensors|tuple"),
    ("lib.cat([n, n])", r"zero-dimensional.*stack"),
    ("lib.stack([v, m])", r"equal size.*\[3\] at entry 0.*\[2, 3\] at entry 1"),
    ("lib.stack([])", r"non-empty"),
    ("m.reshape(4)", r"shape '\[4\]' is invalid for input of size 6.*\(2, 3\)"),
    ("m.reshape(-1, -1)", r"only one dimension can be inferred"),
    ("m.reshape(4, -1)", r"invalid for input of size 6"),
    ("m.view(5)", r"invalid for input of size 6"),
    ("m.t().view(6)", r"not compatible.*reshape"),
    ("m.expand(2, 4)", r"expanded size.*\(4\).*existing size.*\(3\).*dimension 1"),
    ("m.expand(3)", r"number of sizes provided \(1\).*\(2\)"),
    ("m.permute(0)", r"does not match.*2.*1"),
    ("m.permute(0, 0)", r"multiple times|repeated"),
    ("m.transpose(0, 2)", r"Dimension out of range.*\[-2, 1\].*got 2"),
    ("s.t()", r"<= 2 dimensions.*3D"),
    ("v.mT", r"matrices"),
    ("m.repeat(2)", r"smaller than number of dimensions"),
    ("m.squeeze(5)", r"Dimension out of range"),
    ("m.unsqueeze(4)", r"Dimension out of range.*\[-3, 2\].*got 4"),
    ("m.flatten(1, 0)", r"start_dim.*cannot come after"),
    ("v.split([1, 1])", r"sum exactly to 3.*\[1, 1\]"),
    ("v.chunk(0)", r"greater than 0"),
    ("v.roll((1, 2), 0)", r"must align"),
    ("lib.trace(v)", r"expected a matrix.*1"),
    ("lib.tril(v)", r"at least 2 dimensions"),
    ("lib.diag(s)", r"1D or 2D.*3D"),
    # -- dimensions
    ("m.sum(2)", r"Dimension out of range \(expected to be in range of \[-2, 1\], but got 2\)"),
    ("m.sum(-3)", r"got -3"),
    ("m.mean(dim=7)", r"got 7"),
    ("m.max(2)", r"got 2"),
    ("m.argmax(dim=2)", r"got 2"),
    ("m.softmax(2)", r"got 2"),
    ("m.sum((0, 0))", r"dim 0 appears multiple times"),
    ("m.sum('0')", r"int"),
    ("m.cumsum()", r"dim"),
    ("lib.zeros(0).max()", r"numel\(\) == 0.*'dim'"),
    ("lib.zeros(0).argmax()", r"non-zero size"),
    ("lib.zeros(0, 3).amax(0)", r"non-zero size"),
    ("v.topk(5)", r"out of range.*5.*3"),
    # -- types
    ("m @ m.t().double()", r"same dtype.*float32.*float64.*\.to\("),
    ("m @ m.t().long()", r"same dtype.*float32.*int64"),
    ("i.mean()", r"floating point.*LongTensor.*float\(\)"),
    ("i.std()", r"floating point"),
    ("i.norm()", r"floating point.*float\(\)"),
    ("lib.tensor([1, 2], requires_grad=True)", r"floating point.*LongTensor.*float\(\)"),
    ("i.requires_grad_()", r"floating point"),
    ("(v > 1) - (v > 2)", r"bool.*~.*logical_not"),
    ("-(v > 1)", r"bool.*logical_not"),
    ("~v", r"integer and Boolean.*FloatTensor"),
    ("v & v", r"not implemented for.*FloatTensor"),
    ("i // 0", r"ZeroDivisionError.*float"),
    ("i % lib.tensor(0)", r"ZeroDivisionError"),
    ("i ** -1", r"negative integer powers.*float"),
    ("i.add_(0.5)", r"result type Float can't be cast.*Long"),
    ("v.masked_fill(i, 0)", r"boolean masks"),
    ("v.masked_select(i)", r"BoolTensor.*LongTensor"),
    ("lib.where(v, v, v)", r"boolean tensor.*float32"),
    ("v.gather(0, v)", r"int64.*FloatTensor.*long\(\)"),
    ("v.scatter(0, i.clamp(0, 2), v.double())", r"dtype.*float32.*float64"),
    ("v + 'one'", r"str|unsupported"),
    ("v + None", r"None"),
    ("lib.exp(2.0)", r"must be Tensor, not float"),
    ("lib.exp([1.0])", r"must be Tensor, not list"),
    ("lib.add(v, 'one')", r"Tensor.*str"),
    ("lib.tensor('text')", r"str"),
    ("lib.tensor([[1, 2], [3]])", r"expected sequence of length 2 at dim 1 \(got 1\)"),
    ("lib.tensor([1, None])", r"None"),
    ("lib.tensor(object())", r"infer dtype of object"),
    ("lib.zeros(2.5)", r"int.*float"),
    ("lib.zeros(-1)", r"negative dimension -1"),
    ("lib.arange(0, 3, 0)", r"nonzero"),
    ("lib.arange(3, 0)", r"bound.*step"),
    ("lib.from_numpy([1, 2])", r"np.ndarray.*list"),
    ("lib.from_numpy(np.array(['a']))", r"numpy"),
    ("lib.randint(3, 3, (2,))", r"from.*less than.*to|from=3"),
    ("lib.randn(2, dtype=lib.int64)", r"int64|Long"),
    ("lib.set_default_dtype(lib.int64)", r"floating"),
    ("v.to('cuda')", r"CPU only") ,
    # -- indices
    ("v[3]", r"index 3 is out of bounds for (dimension|axis) 0 with size 3"),
    ("v[-4]", r"out of bounds"),
    ("v[0, 0]", r"too many indices"),
    ("n[0]", r"0-dim|item\(\)"),
    ("v[1.0]", r"only integers, slices.*float"),
    ("v['a']", r"str"),
    ("v[v]", r"long.*float32|integers.*float"),
    ("v[[0, 5]]", r"index 5 is out of bounds"),
    ("v[lib.tensor([True, False])]", r"mask|boolean|does not match"),
    ("v[::-1]", r"step must be greater than zero.*flip"),
    ("v.select(0, 3)", r"out of range.*\[3\]"),
    ("v.narrow(0, 2, 2)", r"start \(2\) \+ length \(2\) exceeds dimension size \(3\)"),
    ("v.index_select(0, lib.tensor([5]))", r"out of (bounds|range)"),
    ("v.gather(0, lib.tensor([5]))", r"index 5 is out of bounds for dimension 0 with size 3"),
    ("v.__setitem__(5, 1)", r"out of bounds"),
    ("v.__setitem__(slice(0, 2), lib.ones(3))", r"match|broadcast"),
    # -- the graph
    ("(x * x).backward()", r"scalar outputs.*FloatTensor \(3,\).*sum\(\)"),
    ("v.sum().backward()", r"does not require grad"),
    ("[y := (x * x).sum(), y.backward(), y.backward()]", r"second time.*retain_graph=True"),
    ("x.add_(1)", r"leaf Variable.*in-place.*no_grad"),
    ("x.__setitem__(0, 1)", r"leaf Variable.*no_grad"),
    ("[y := x.exp(), y.add_(1), y.sum().backward()]", r"modified by an inplace operation.*exp"),
    ("x.numpy()", r"detach\(\)\.numpy\(\)"),
    ("np.asarray(x)", r"detach"),
    ("lib.autograd.grad(v.sum(), v)", r"does not require grad"),
    ("lib.autograd.grad(x.sum(), lib.ones(1, requires_grad=True))", r"allow_unused=True"),
    ("(x * x).backward(lib.ones(2))", r"Mismatch in shape.*\(2,\).*\(3,\)"),
    ("(x * 2).requires_grad_(False)", r"leaf.*detach"),
    ("v.register_hook(print)", r"doesn't require gradient"),
    ("v.retain_grad()", r"requires_grad=False"),
    ("v.item()", r"3 elements.*Scalar"),
    ("bool(v)", r"ambiguous.*any\(\).*all\(\)"),
    ("if_ := 1 if v > 0 else 0", r"ambiguous"),
    ("int(v)", r"one element"),
    ("len(n)", r"0-d"),
    ("[_ for _ in n]", r"0-d"),
    # -- nn
    ("F.linear(m, lib.ones(4, 2))", r"\(2x3|multiplied|\(2, 3\)"),
    ("F.cross_entropy(m, lib.tensor([0, 3]))", r"3.*out of (bounds|range)"),
    ("F.cross_entropy(m, lib.tensor([0]))", r"batch_size|match"),
    ("F.cross_entropy(m, lib.tensor([0.0, 1.0]))", r"size|shape|float|probab|class"),
    ("F.nll_loss(m, lib.tensor([0, 5]))", r"5.*out of (bounds|range)"),
    ("F.mse_loss(m, lib.ones(2))", r"must match"),
    ("F.mse_loss(m, m, reduction='median')", r"median.*not a valid value for reduction"),
    ("F.one_hot(lib.tensor([0, 5]), 3)", r"5|smaller|num_classes"),
    ("F.one_hot(v)", r"int|index|long"),
    ("F.embedding(v, m)", r"Long|int"),
    ("F.embedding(lib.tensor([5]), m)", r"out of (bounds|range)"),
    ("F.dropout(m, 1.5)", r"between 0 and 1.*1\.5"),
    ("F.conv2d(lib.ones(1, 3, 5, 5), lib.ones(2, 4, 3, 3))", r"channels"),
    ("F.layer_norm(m, (4,))", r"\[4\]|\(4,\)"),
    ("F.batch_norm(m, lib.zeros(2), lib.ones(2))", r"3|2"),
    ("F.binary_cross_entropy(2 * lib.ones(2), lib.ones(2))", r"between 0 and 1"),
    ("F.kl_div(m, lib.ones(4))", r"must match"),
]  # fmt: skip


def program(text: str) -> Callable[[Any], Any]:
    def make(lib: Any) -> Any:
        names = {
            "lib": lib, "np": np, "F": lib.nn.functional,
            "v": lib.tensor([1.0, 2.0, 3.0]), "i": lib.tensor([1, 2, 3]), "n": lib.tensor(1.0),
            "m": lib.ones(2, 3), "s": lib.ones(5, 2, 3),
            "x": lib.tensor([1.0, 2.0, 3.0], requires_grad=True),
        }  # fmt: skip
        return eval(f"({text})", names)

    return make


TABLE = {text: program(text) for text, _ in MISTAKES}
ELSEWHERE = {"v.to('cuda')"}  # whose exception depends on the machine that torch runs on


def types_of(answers: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in answers.items() if k not in ELSEWHERE}


def test_there_are_more_than_a_hundred_mistakes_and_all_are_ones() -> None:
    assert len(MISTAKES) > 100
    assert all(answer[0] == "raises" for answer in recorded.read_table("errors").values())


@pytest.mark.filterwarnings("ignore")
def test_a_mistake_raises_the_type_of_exception_recorded_from_torch() -> None:
    recorded.check(types_of(TABLE), minigrad, recorded.read_table("errors"))


@pytest.mark.live
@pytest.mark.filterwarnings("ignore")
def test_a_mistake_raises_the_type_that_the_installed_torch_raises(torch: Any) -> None:
    table = types_of(TABLE)
    recorded.check(table, minigrad, {k: recorded.answer(torch, f) for k, f in table.items()})


@pytest.mark.filterwarnings("ignore")
def test_messages_name_the_operation_what_was_found_and_the_remedy() -> None:
    wrong = []
    for text, words in MISTAKES:
        try:
            TABLE[text](minigrad)
            wrong.append(f"{text}: nothing was raised")
        except Exception as error:
            if not re.search(words, str(error), re.DOTALL):
                wrong.append(f"{text}: {error} lacks {words}")
    assert not wrong, "\n".join(wrong)


def test_numpys_own_words_do_not_show_the_cause_twice() -> None:
    with pytest.raises(RuntimeError) as caught:
        minigrad.ones(2, 3) @ minigrad.ones(2, 3)
    assert caught.value.__suppress_context__ and "gufunc" not in str(caught.value)


T = minigrad.tensor([1.0, 2.0])
INDEX = minigrad.tensor([0])
OTHER_ARGUMENTS: dict[str, tuple] = {  # where they are no tensor of two floats
    "addmm": (minigrad.ones(2, 2), minigrad.ones(2, 2)), "broadcast_to": (2,), "chunk": (1,),
    "clamp": (0,), "clip": (0,), "cumprod": (0,), "cumsum": (0,), "expand": (2,), "flip": (0,),
    "gather": (0, INDEX), "index_add": (0, INDEX, minigrad.tensor([1.0])),
    "index_put": ((INDEX,), minigrad.tensor(1.0)), "index_reduce": (0, INDEX, T, "amax"),
    "scatter_reduce": (0, INDEX, T, "amax"), "index_select": (0, INDEX), "log_softmax": (0,),
    "logsumexp": (0,), "masked_fill": (T > 1, 0), "masked_select": (T > 1,), "moveaxis": (0, 0),
    "movedim": (0, 0), "narrow": (0, 0, 1), "permute": (0,), "repeat": (2,),
    "repeat_interleave": (2,), "reshape": (2,), "roll": (1,), "scatter": (0, INDEX, 1.0),
    "scatter_add": (0, INDEX, T), "select": (0, 0), "softmax": (0,), "split": (1,),
    "swapaxes": (0, 0), "swapdims": (0, 0), "take_along_dim": (INDEX, 0), "tile": (2,),
    "topk": (1,), "transpose": (0, 0), "unsqueeze": (0,), "view": (2,),
}  # fmt: skip
SEVERAL = {
    "atleast_1d", "atleast_2d", "atleast_3d", "broadcast_tensors", "cat", "column_stack", "concat",
    "concatenate", "dstack", "hstack", "row_stack", "stack", "vstack",
}  # fmt: skip
NO_TENSOR_FIRST = {"broadcast_shapes", "conj", "einsum", "polygamma"}  # conj is a method only


@pytest.mark.parametrize("name", sorted({*METHODS, *FUNCTIONS} - NO_TENSOR_FIRST))
def test_a_list_where_a_tensor_belongs_is_torchs_type_error(name: str) -> None:
    fn = FUNCTIONS.get(name) or METHODS[name]
    needed = [p for p in inspect.signature(fn).parameters.values() if p.default is p.empty]
    count = len([p for p in needed if p.kind is p.POSITIONAL_OR_KEYWORD])
    others = (T, T) if name == "where" else OTHER_ARGUMENTS.get(name, (T,) * (count - 1))
    given = [[1.0, 2.0]] if name in SEVERAL else [1.0, 2.0]
    with pytest.raises(TypeError, match=r"^\w+\(\): argument '\w+' .*must be Tensor, not list"):
        fn(given, *others)
