"""The page in a browser: headless Chromium, where there is one."""

from __future__ import annotations

import functools
import html
import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import programs
import pytest

import minigrad
from minigrad.autograd.engine import Leaf, wrap
from minigrad.study import explain, values

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), "")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    "--disable-background-networking --disable-component-update"
).split()
pytestmark = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium (apt-get install chromium)")

# What goes wrong is collected before the page's own script runs, and looked at after it.
BEFORE = """<script>window.faults = [];
addEventListener("error", (e) => faults.push(e.message + " at " + e.lineno));
addEventListener("securitypolicyviolation", (e) => faults.push("blocked " + e.blockedURI));
console.error = console.warn = (...words) => faults.push(words.join(" "));</script>"""
AFTER = Path(__file__).with_name("page_probe.js").read_text(encoding="utf-8")
FRAME = """<!doctype html><meta charset="utf-8"><body><iframe src="page.html#STEP" width="WIDTH"
height="800" style="border:0"></iframe><script>onmessage = (e) => {
const out = document.createElement("pre"); out.id = "out"; out.textContent = e.data;
document.body.append(out); };</script>"""


def browse(text: str, step: int = 0, act: str = "", phone: bool = False) -> Any:
    """What a browser makes of the page when it is opened at a step, and what `act` puts in more.

    A phone's width is that of a frame: no window is narrower than 500 pixels.
    """
    head = '<meta charset="utf-8">'
    probe = AFTER.replace("ACT", act)
    text = text.replace(head, head + BEFORE, 1)
    text = text.replace("</html>", f"<script>{probe}</script></html>")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        page = Path(folder, "page.html")
        page.write_text(text, encoding="utf-8")
        if phone:
            page = Path(folder, "frame.html")
            frame = FRAME.replace("STEP", str(step)).replace("WIDTH", "390")
            page.write_text(frame, encoding="utf-8")
        dom = dump(page, step, folder)
    found = re.search(r'<pre id="out">(.*?)</pre>', dom, re.DOTALL)
    assert found, dom[-2000:]
    return json.loads(html.unescape(found.group(1)))


def dump(page: Path, step: int, folder: str) -> str:
    """The document as the browser has it in the end."""
    command = [
        CHROMIUM, *FLAGS, f"--user-data-dir={folder}/user", "--window-size=1300,900",
        "--virtual-time-budget=3000", "--dump-dom", f"{page.as_uri()}#{step}",
    ]  # fmt: skip
    return subprocess.run(
        command, capture_output=True, text=True, encoding="utf-8", timeout=180, check=True
    ).stdout


@functools.cache
def made(program: str) -> tuple[Any, Any]:
    """A program's page, and what must be held for its leaves to live."""
    minigrad.manual_seed(0)
    loss, net, names = getattr(programs, program)()
    return explain(loss, params=net, **names), (net, names)


def page_of(program: str) -> Any:
    return made(program)[0]


SMALL = ["expression", "diamond", "scratch", "concise", "second"]
LARGE = [pytest.param(p, marks=pytest.mark.slow) for p in ("mlp", "lenet", "rnn", "chain")]


@functools.cache
def looked_at(program: str) -> tuple[Any, dict[Leaf, int]]:
    """What is found on a program's page, and the last step to each leaf, whose sentences it has."""
    page, last = page_of(program), {}
    for k, (_, step) in enumerate(page.story.steps, 1):
        place = step.node.parents[step.argument]
        if isinstance(place, Leaf):
            last[place] = k
    count = len(page.story.steps)
    act = f"""const at = (k) => {{ step(k); return [$("now").textContent, inWindow()]; }};
      more = {[*last.values(), 0, 1, count]}.map(at);"""
    return browse(page.html, count // 2, act), last


@pytest.mark.parametrize("program", [*SMALL, *LARGE])
def test_the_page_has_no_fault_asks_for_nothing_and_shows_the_current_step(program: str) -> None:
    found, _ = looked_at(program)
    assert found["faults"] == [] and found["requests"] == []
    assert found["seen"] and all(found["seen"]) and found["formula"]
    for _, seen in found["more"]:
        assert seen and all(seen)
    assert found["smallest"] >= 11 and found["wide"] <= found["view"]
    assert found["rows"] == len(page_of(program).story.steps)


@pytest.mark.parametrize("program", ["expression", "scratch", *LARGE])
def test_on_a_phone_the_current_box_is_seen_and_nothing_sticks_out(program: str) -> None:
    page = page_of(program)
    found = browse(page.html, len(page.story.steps) // 2 + 1, phone=True)
    assert found["view"] == 390 and found["wide"] <= 390
    assert found["seen"][0] and found["smallest"] >= 11 and found["faults"] == []


@pytest.mark.parametrize("program", [*SMALL, *LARGE])
def test_the_sentence_of_a_leafs_last_step_says_what_is_in_grad(program: str) -> None:
    found, last = looked_at(program)
    loss = page_of(program).story.roots[-1]
    leaves = [place.variable for place in last]
    gradients = minigrad.autograd.grad(wrap(loss.out, loss), leaves, retain_graph=True)
    for (sentence, _), g in zip(found["more"], gradients, strict=False):
        assert values.told(g.numpy()) in sentence


def test_every_steps_sentence_says_what_its_row_says() -> None:
    act = """more = [...document.querySelectorAll("tbody tr")].map((row, i) => {
      step(i + 1);
      return [$("now").textContent, row.cells[4].textContent, row.className];
    });"""
    for sentence, part, current in browse(page_of("second").html, 0, act)["more"]:
        assert part in sentence and current == "now"


def test_keys_buttons_and_the_slider_move() -> None:
    page = page_of("diamond")
    act = """more = [];
      const note = () => more.push(Number($("slide").value));
      for (const key of ["ArrowRight", "ArrowRight", "ArrowLeft", "End", "ArrowRight", "Home"]) {
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
        note();
      }
      $("next").click();
      note();
      $("slide").value = 3;
      $("slide").oninput();
      note();
      more.push(location.hash);"""
    count = len(page.story.steps)
    assert browse(page.html, 0, act)["more"] == [1, 2, 1, count, count, 0, 1, 3, "#3"]


def test_predict_hides_the_part_until_the_answer_is_right() -> None:
    page = page_of("diamond")
    part = values.told(page.story.steps[0][1].result)
    act = f"""more = [];
      $("predict").checked = true;
      $("predict").onchange();
      more.push($("now").textContent.includes("{part}"), $("ask").hidden);
      $("answer").value = "12345";
      $("guess").requestSubmit();
      more.push($("verdict").textContent, $("rule").classList.contains("look"));
      $("answer").value = "{part}";
      $("guess").requestSubmit();
      more.push($("now").textContent.includes("{part}"), $("ask").hidden);"""
    hidden, asked, verdict, pointed, shown, done = browse(page.html, 1, act)["more"]
    assert (hidden, asked, pointed, shown, done) == (False, False, True, True, True)
    assert "Look at the rule" in verdict


def test_break_it_marks_the_first_wrong_number() -> None:
    act = """more = [...document.querySelectorAll("#choices button")].map((button) => {
      button.click();
      return $("broken").textContent;
    });"""
    order, assign, broadcast, zero, softmax = browse(page_of("expression").html, 5, act)["more"]
    assert order.startswith("Nothing changes.") and "this order gives the same" in order
    assert "first wrong number comes in step 5, at w" in assign and "✗" in assign
    assert "first wrong number comes in step 4, at w" in broadcast
    assert "learning rate" in zero
    assert "no softmax" in softmax
    order, *_ = browse(page_of("diamond").html, 5, act)["more"]
    assert "first wrong number comes in step" in order and "never passed on" in order


def test_without_scripts_all_steps_and_the_picture_are_there() -> None:
    page = page_of("expression")
    text = re.sub(r"<script.*?</script>", "", page.html, flags=re.DOTALL)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        Path(folder, "page.html").write_text(text, encoding="utf-8")
        dom = dump(Path(folder, "page.html"), 0, folder)
    assert dom.count('<tr id="r') == 5 and "<svg" in dom
    assert values.told(page.story.totals[-1]) in dom


def test_names_that_hold_html_stay_names() -> None:
    evil = "<img src=x onerror=faults.push(1)><script>faults.push(2)</script>"
    x = minigrad.tensor([1.0, 2.0], requires_grad=True)
    found = browse(explain((x * x).sum(), **{evil: x}).html, 3)
    assert found["faults"] == [] and evil in found["now"]
