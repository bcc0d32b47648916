"""Pictures of graphs: what is drawn, under which names, and where."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import programs
import pytest
from cases import CASES, Case

import minigrad
from minigrad import nn
from minigrad.autograd.engine import Leaf, Node
from minigrad.autograd.watching import nodes_of
from minigrad.study import draw, explain, values
from minigrad.study.folding import repetitions
from minigrad.study.layout import layered
from minigrad.study.wrong import mistakes, same_numbers, walk

ROOT = Path(__file__).resolve().parent.parent


def titles(drawing: Any) -> list[str]:
    return [f"{b.name}={b.op}" if b.op else b.title for b in drawing.graph.boxes]


# -- draw ------------------------------------------------------------------------------------------
def test_names_come_from_the_callers_variables_only_where_they_are_bound_to_that_very_tensor() -> (
    None
):
    w = minigrad.tensor([1.0, 2.0], requires_grad=True)
    twin = minigrad.tensor([1.0, 2.0], requires_grad=True)  # looks the same
    z = w * twin
    loss = z.sum()
    del twin
    assert titles(draw(loss)) == ["w", "leaf", "z=mul", "loss=sum"]


def test_names_given_come_before_parameters_and_these_before_variables() -> None:
    net = nn.Linear(2, 1)
    x = minigrad.tensor([[1.0, 2.0], [3.0, 4.0]])
    loss = net(x).sum()
    assert "net.weight" in titles(draw(loss))
    assert "weight" in titles(draw(loss, params=net))
    assert "first" in titles(draw(loss, params=net, first=net.weight))
    assert "a" in titles(draw(loss, params={"a": net.weight}))
    assert "weights[0]" in titles(_draw_far_away(loss, weights=[net.weight]))


def _draw_far_away(loss: Any, weights: list[Any]) -> Any:
    return draw(loss)


def test_a_leaf_is_drawn_once_for_each_use_and_an_array_without_gradient_is_data() -> None:
    loss, _, names = programs.expression()
    boxes = draw(loss, **names).graph.boxes
    assert [b.title for b in boxes if b.kind == "leaf"] == ["w", "w"]
    assert [b.title for b in boxes if b.kind == "data"] == ["x"]


def test_before_backward_there_is_no_gradient_and_the_picture_says_so() -> None:
    loss, _, names = programs.expression()
    assert "no gradient yet" in str(draw(loss, **names))
    assert "No gradient yet: call backward()" in draw(loss, **names).svg()
    loss.backward(retain_graph=True)
    after = str(draw(loss, **names))
    assert "no gradient yet" not in after.lower()
    assert f"grad {values.brief(names['w'].grad.numpy())}" in after


def test_a_freed_graph_and_a_tensor_without_one_are_refused() -> None:
    loss, _, _ = programs.expression()
    loss.backward()
    with pytest.raises(RuntimeError, match=r"retain_graph=True"):
        draw(loss)
    with pytest.raises(RuntimeError, match="has no graph"):
        draw(minigrad.ones(2))
    with pytest.raises(TypeError, match="expected a Tensor"):
        draw([1.0])


def test_numbers_stand_in_small_boxes_and_norms_in_large_ones() -> None:
    x = minigrad.ones(3, 4, requires_grad=True)
    text = str(draw((x * 2).sum()))
    assert "(3, 4) norm 3.464" in text and "mul(·, 2)" in text and "24" in text


def test_the_files(tmp_path: Path) -> None:
    loss, _, names = programs.diamond()
    for kind, begin in (
        ("svg", b"<svg"),
        ("dot", b"digraph"),
        ("png", b"\x89PNG"),
        ("pdf", b"%PDF"),
    ):
        draw(loss, tmp_path / f"graph.{kind}", **names)
        assert (tmp_path / f"graph.{kind}").read_bytes().startswith(begin)
    assert draw(loss)._repr_svg_() == draw(loss).svg()
    with pytest.raises(ValueError, match=r"\.svg, \.png"):
        draw(loss, tmp_path / "graph.jpeg")


def test_a_name_cannot_become_markup(tmp_path: Path) -> None:
    evil = '<script>alert("1")</script>&'
    x = minigrad.tensor(2.0, requires_grad=True)
    drawing = draw(x * x, **{evil: x})
    ElementTree.fromstring(drawing.svg())
    assert "<script" not in drawing.svg()
    page = explain(x * x, tmp_path / "page.html", **{evil: x}).html
    assert page.count("<script") == 2 and "alert(" in page
    assert "<script>alert" not in page


@pytest.mark.parametrize(
    ("program", "most"), [("rnn", 30), ("lenet", 60), ("chain", 80), ("scratch", 20)]
)
def test_a_large_graph_is_folded_to_what_can_be_read(program: str, most: int) -> None:
    loss, net, names = getattr(programs, program)()
    drawing = draw(loss, params=net, **names)
    assert len(drawing.graph.boxes) <= most
    ElementTree.fromstring(drawing.svg())
    operations = sum(len(b.inside) or 1 for b in drawing.graph.boxes if b.kind in ("op", "block"))
    assert operations == len(nodes_of(loss))


def test_an_rnn_of_100_steps_is_one_block_and_a_network_a_block_for_each_layer() -> None:
    loss, _, names = programs.rnn()
    assert "5 operations × 99" in str(draw(loss, **names))
    loss, net, names = programs.lenet()
    blocks = [b.op for b in draw(loss, params=net, fold=True, **names).graph.boxes
              if b.kind == "block"]  # fmt: skip
    assert blocks == ["0 Conv2d", "3 Conv2d", "7 Linear", "9 Linear", "11 Linear"]


def test_edges_of_a_folded_graph_run_forward() -> None:
    for program in (programs.rnn, programs.lenet, programs.chain):
        loss, net, names = program()
        for edge in draw(loss, params=net, fold=True, **names).graph.edges:
            assert edge.source.number < edge.target.number


def test_repetitions_cover_the_whole() -> None:
    for signs in ("", "a", "ab" * 40, "x" + "abc" * 9 + "y" + "de" * 12 + "z", "abcdefgh" * 3):
        stretches = repetitions(signs)
        assert "".join(signs[a:b] for a, b, _ in stretches) == signs
        for a, b, period in stretches:
            if period:
                assert signs[a:b] == signs[a : a + period] * ((b - a) // period)


def test_no_box_overlaps_another_and_edges_run_downward() -> None:
    rng = np.random.default_rng(0)
    for size in (2, 10, 60):
        edges = [(int(rng.integers(0, b)), b) for b in range(1, size) for _ in range(2)]
        plan = layered(range(size), edges, lambda n: 30.0 + n % 7 * 10, gap=10.0)
        assert all(plan.layer[a] < plan.layer[b] for a, b in edges)
        for layer in set(plan.layer.values()):
            row = sorted((plan.x[n], 30.0 + n % 7 * 10) for n in range(size)
                         if plan.layer[n] == layer)  # fmt: skip
            for (x, w), (to, v) in zip(row, row[1:], strict=False):
                assert to - x >= (w + v) / 2 + 10.0 - 1e-6


# -- explain: what the page says -------------------------------------------------------------------
def test_explain_leaves_gradients_and_graph_alone() -> None:
    loss, _, names = programs.scratch(32)
    page = explain(loss, **names)
    assert names["W"].grad is None
    loss.backward()
    found = {page.story.word(page.story.leaves[leaf]): g for leaf, g in page.story.grads.items()}
    assert np.array_equal(found["W"], names["W"].grad.numpy())
    with pytest.raises(RuntimeError, match="explain before backward"):
        explain(loss)


def test_the_lines_of_a_traced_program_are_on_its_page() -> None:
    with minigrad.autograd.trace(print=False):
        loss, _, names = programs.diamond()
    assert re.search(r"programs\.py:\d+", explain(loss, **names).html)


@pytest.mark.parametrize(
    "program", ["expression", "diamond", "scratch", "concise", "second"]
)  # fmt: skip
def test_a_page_is_one_small_file_that_asks_for_nothing(program: str) -> None:
    loss, net, names = getattr(programs, program)()
    page = explain(loss, params=net, **names)
    assert len(page.html.encode()) < 300_000
    assert not re.search(r'(?:src|href)="(?!data:|#)', page.html)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", page.html)
    assert page.html.count('<tr id="r') == len(page.story.steps)
    assert page._repr_html_().startswith("<iframe")


def test_images_are_shown_as_images() -> None:
    loss, _, names = programs.scratch(32)
    notes = [p[5] for p in explain(loss, **names).story.pictures.made]
    assert "images of 28 x 28, the first 10 of 32" in notes  # the batch
    assert "images of 28 x 28" in notes  # the weights, a class each


# -- what is wrong goes wrong where it should ------------------------------------------------------
def walked(loss: Any) -> tuple[list[Any], Any]:
    return mistakes(nodes_of(loss), loss._node, True), walk(loss._node)[1]


def test_the_right_walk_is_the_engines() -> None:
    for program in (programs.expression, programs.diamond, programs.lenet, programs.rnn):
        loss, *held = program()
        grads = walk(loss._node)[1]
        loss.backward()
        for place, g in grads.items():
            if isinstance(place, Leaf):
                assert np.array_equal(g, place.variable.grad.numpy())


def test_depth_first_order_is_wrong_only_where_a_result_is_used_twice() -> None:
    depth_first, *_ = walked(programs.expression()[0])[0]
    assert "this order gives the same" in depth_first.absent
    loss, _, names = programs.diamond()
    (depth_first, *_), should = walked(loss)
    assert not depth_first.absent
    leaf = names["s"]._node
    assert not same_numbers(depth_first.grads[leaf], should[leaf])


def test_assigning_instead_of_adding_keeps_the_last_part_only() -> None:
    loss, _, names = programs.expression()
    (_, assigned, *_), _ = walked(loss)
    leaf = names["w"]._node
    parts = [p for p in assigned.right if p.node.parents[p.argument] is leaf]
    assert np.array_equal(assigned.grads[leaf], parts[-1].given)
    single = minigrad.tensor(2.0, requires_grad=True)
    assert "used once" in walked(single.exp())[0][1].absent


def test_a_broadcast_that_is_not_summed_has_the_shape_of_the_result() -> None:
    loss, _, names = programs.expression()
    (_, _, unsummed, *_), _ = walked(loss)
    assert unsummed.grads[names["w"]._node].shape == (2, 3)
    assert "no operand was repeated" in walked(programs.diamond()[0])[0][2].absent


def test_without_zero_grad_the_first_gradient_is_in_the_second() -> None:
    loss, _, names = programs.expression()
    found, first = walked(loss)
    leaf = names["w"]._node
    kept = found[3]
    assert np.allclose(kept.grads[leaf], kept.should[leaf] + first[leaf])
    assert not np.allclose(kept.should[leaf], first[leaf], rtol=1e-6)


def test_a_mistake_changes_nothing_else() -> None:
    """Each leaf but one is used once, and one is broadcast: only that may come out wrong."""
    a, twice, small = (minigrad.tensor(v, requires_grad=True)
                       for v in ([[1.0, 2.0]] * 3, [[0.5, 0.2]] * 3, [3.0, 4.0]))  # fmt: skip
    loss = (a * twice * twice + small).sum()
    (order, assigned, unsummed, *_), should = walked(loss)
    assert order.absent
    for mistake, wrong in ((assigned, twice), (unsummed, small)):
        for leaf in (a, twice, small):
            same = same_numbers(mistake.grads[leaf._node], should[leaf._node])
            assert same == (leaf is not wrong)
    y = a.exp()
    loss = (small * 2).sum() + (y * y + y.sin()).sum()
    (order, *_), should = walked(loss)
    assert not same_numbers(order.grads[a._node], should[a._node])
    assert same_numbers(order.grads[small._node], should[small._node])


@pytest.mark.parametrize("program", ["scratch", "concise"])
def test_softmax_by_its_formula_makes_nan_of_scores_raised_by_100(program: str) -> None:
    loss, _, _ = getattr(programs, program)()
    found, should = walked(loss)
    broken = found[4]
    assert not broken.absent
    for place, g in broken.grads.items():
        if not isinstance(place, Node):
            assert np.isnan(g).any() and np.isfinite(should[place]).all()
    assert "no softmax" in walked(programs.diamond()[0])[0][4].absent


def test_nudging_agrees_with_the_gradient() -> None:
    loss, _, names = programs.expression()
    for name, _, _, small, said, *_ in explain(loss, **names).story.data()["nudges"]:
        assert name.startswith("w[")
        assert abs(float(small) - float(said)) < 0.01 * abs(float(said)) + 1e-6


def test_pictures_hold_what_they_say() -> None:
    picture = values.picture(np.linspace(-1, 1, 100 * 300).reshape(100, 300))
    assert picture is not None and picture.width <= 112 and picture.height <= 112
    assert picture.note == "each cell is the mean of 1 x 3 elements"
    assert values.picture(np.ones(3)) is None and values.picture(np.full(9, np.nan)) is None


PROGRAM = """
import minigrad
import helper
w = minigrad.tensor([1.0, 2.0], requires_grad=True)
for step in range(2):
    loss = helper.square(w) + step
    loss.backward()
print("never reached")
"""


@pytest.mark.parametrize(("which", "status"), [("1", 0), ("2", 0), ("3", 1)])
def test_the_command_explains_a_programs_backward_pass(
    tmp_path: Path, which: str, status: int
) -> None:
    (tmp_path / "program.py").write_text(PROGRAM)
    (tmp_path / "helper.py").write_text("def square(x):\n    return (x * x).sum()\n")
    command = [sys.executable, "-m", "minigrad.study", "--out", str(tmp_path / "page.html")]
    command += ["--pass", which, str(tmp_path / "program.py")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == status, done.stderr
    assert (tmp_path / "page.html").exists() == (status == 0)
    assert ("never reached" in done.stdout) == (status == 1)
    if not status:
        page = (tmp_path / "page.html").read_text(encoding="utf-8")
        assert "helper.py:2" in page and "<td>w<td>" in page


def test_the_examples_in_the_docs_print_what_they_say() -> None:
    page = ROOT / "docs" / "study.md"
    done = doctest.testfile(str(page), False, optionflags=doctest.ELLIPSIS, encoding="utf-8")
    assert done.attempted > 5 and done.failed == 0


ROWS: dict[str, list[Case]] = {}
for row in CASES.values():
    ROWS.setdefault(row.name.split()[0], []).append(row)


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("cases", ROWS.values(), ids=ROWS)
def test_every_operation_can_be_drawn_and_explained(cases: list[Case]) -> None:
    for case in cases:
        arrays = [a.astype(np.float32) for a in next(case.arrays())]
        given = [minigrad.tensor(a, requires_grad=True) for a in arrays]
        try:
            made = case.fn(minigrad, *given)
        except Exception:
            continue  # a row for an error, or for integers
        y = made[0] if isinstance(made, (list, tuple)) else made
        if not isinstance(y, minigrad.Tensor) or y.is_leaf:
            continue
        loss = y.sum()
        page = explain(loss)
        for rule in page.story.data()["rules"]:
            ElementTree.fromstring(rule["math"])
        ElementTree.fromstring(draw(loss).svg())
        loss.backward()
        for leaf, g in page.story.grads.items():
            assert np.array_equal(g, leaf.variable.grad.numpy(), equal_nan=True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere.py"], "no program nowhere.py"),
        (["--out", "no/page.html", "{own}"], "no folder no"),
    ],
)
def test_the_command_names_what_is_not_there(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    own = tmp_path / "own.py"
    own.write_text("", encoding="utf-8")
    from minigrad.study.__main__ import main

    assert main([word.format(own=own) for word in words]) == 2
    assert said in capsys.readouterr().err
