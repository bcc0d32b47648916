"""What a training leaves: its history, its weights, pictures, and a page with all of it.

The page is one file, with every picture inside it: it needs no network, and can be sent as it is.
"""

from __future__ import annotations

import base64
import html
import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from minigrad import serialization
from minigrad._files import replacing

from .. import d2l, plot
from . import command
from .models import CONSTANT, MODELS, Model, as_images
from .run import Run

SHOWN = 18  # predictions in a picture
CLASSES = len(d2l.TEXT_LABELS)
# Made by scripts/make_reference.py: torch's losses, from the first weights and orders of seed 0.
RECORDED = Path(__file__).with_name("torch_losses.json")

CAPTIONS = {
    "curves": ("How it went", "Loss and accuracies after each epoch."),
    "rates": ("The learning rate", "How far a step went, as the schedule wanted it."),
    "norms": (
        "The gradient",
        "How long the mean gradient of a batch was. It shrinks as the model learns, and does not "
        "reach 0: each batch pulls another way.",
    ),
    "weights": (
        "What it has learned",
        "The weights of each class, as the image that they are. Red pixels speak for the class, "
        "blue ones against it.",
    ),
    "units": (
        "What it has learned",
        "The weights of the first layer's units, as images. A unit answers to what is red.",
    ),
    "confusion": ("What it takes for what", "Rows are the true classes, columns the predicted."),
    "mistakes": ("The worst mistakes", "Wrong predictions that it was surest of."),
    "predictions": ("The first test images", ""),
}

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
:root{{color-scheme:light dark;--paper:#fff;--ink:#1c1b19;--soft:#65635d;--line:#d8d5cd;
--accent:#b93f08}}
@media(prefers-color-scheme:dark){{:root{{--paper:#17181a;--ink:#eceae5;--soft:#a8a59e;
--line:#3b3d40;--accent:#ff9d5c}}}}
body{{margin:0 auto;max-width:1180px;padding:36px 28px 64px;background:var(--paper);
color:var(--ink);font:16px/1.55 system-ui,"Segoe UI","Liberation Sans",sans-serif}}
h1{{font-size:2.1rem;line-height:1.15;letter-spacing:-.02em;margin:.1em 0 .6em}}
h2{{font-size:1.2rem;margin:0}}p{{margin:.2em 0 .8em;color:var(--soft);max-width:60em}}
.kicker{{margin:0;color:var(--accent);font-size:.82rem;font-weight:600}}
.figures{{display:flex;flex-wrap:wrap;gap:14px 48px;margin:0 0 40px}}
.figures div{{min-width:7em}}dt{{color:var(--soft);font-size:.85rem}}dd{{margin:0;font-size:1.45rem;
font-weight:600}}
.grid{{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,470px),1fr));
gap:44px 40px}}section{{min-width:0}}section.wide{{grid-column:1/-1}}
img{{display:block;max-width:100%;height:auto;background:#fff;border:1px solid var(--line);
border-radius:12px;padding:8px;box-sizing:border-box}}
table{{border-collapse:collapse;width:100%}}th,td{{text-align:right;padding:6px 12px;
border-top:1px solid var(--line);font-size:.9rem}}th:first-child{{text-align:left}}
.scroll{{overflow-x:auto}}
@media(max-width:600px){{body{{padding:22px 16px 40px}}}}
</style>
<header><p class="kicker">a training, and what came of it</p><h1>{title}</h1></header>
<main>
<dl class="figures">{figures}</dl>
<div class="grid">{sections}
<section class="wide"><h2>Every epoch</h2><div class="scroll"><table><thead><tr>
<th scope="col">epoch<th scope="col">train loss<th scope="col">train accuracy
<th scope="col">test accuracy<th scope="col">seconds<th scope="col">images/s</thead>
<tbody>{rows}</tbody></table></div></section>
</div>
</main>
</html>
"""


def write_results(run: Run, out: Path) -> None:
    """Write the history and the weights."""
    history = {"config": run.config, "epochs": run.history}
    with replacing(out / "history.json") as file:
        file.write((json.dumps(history, indent=2) + "\n").encode())
    serialization.save(run.model.weights(), out / "model.npz")


def draw_results(run: Run, found: command.Data, out: Path, name: str) -> None:
    """Draw how it went and what it knows, each as a picture, and all of it on one page.

    `name` is the model's in `models`.
    """
    drawn = pictures(run, found, name)
    for each in ("curves", "predictions", "confusion"):
        plot.save(drawn[each], out / f"{each}.svg")
    write_page(out / "report.html", run, MODELS[name], drawn)


def pictures(run: Run, found: command.Data, name: str) -> dict[str, Any]:
    """The figures of a training, by name."""
    model, final, test = MODELS[name], run.history[-1], found.test
    probabilities, true = run.probabilities(test), test.targets
    predicted = probabilities.argmax(axis=1)
    title = f"{model.title} ({model.kind}): test accuracy {final['test_accuracy']:.4f}"
    share = f"{len(predicted):,} test images, {final['test_accuracy']:.1%} of them right"
    counts = plot.confusion_matrix(true, predicted, CLASSES)
    per_epoch = max(1, len(run.norms) // len(run.history))
    images = as_images(run.model.weights())
    softmax = len(images) == CLASSES
    units = d2l.TEXT_LABELS if softmax else [f"unit {i + 1}" for i in range(len(images))]
    drawn = {
        "curves": plot.curves(run.history, title, torch_losses(run, name)),
        "norms": plot.gradient_norms(run.norms, per_epoch),
        "weights" if softmax else "units": plot.weights(images, units),
        "confusion": plot.confusion(counts, d2l.TEXT_LABELS, share),
        "predictions": plot.predictions(
            test.data[:SHOWN], true[:SHOWN], predicted[:SHOWN], d2l.TEXT_LABELS
        ),
    }
    if run.config.get("lr_schedule", CONSTANT) != CONSTANT:
        drawn["rates"] = plot.learning_rates(run.rates, per_epoch)
    worst = plot.worst(probabilities, true, SHOWN)
    if len(worst):
        notes = [f"{probabilities[i, predicted[i]]:.1%} sure" for i in worst]
        drawn["mistakes"] = plot.predictions(
            test.data[worst], true[worst], predicted[worst], d2l.TEXT_LABELS, notes=notes
        )
    return drawn


def torch_losses(run: Run, name: str) -> list[float] | None:
    """What torch's loss was after each epoch, if the run has the settings of the recording."""
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))
    same = {k: v for k, v in run.config.items() if k not in ("model", "seed", "data")}
    if any(recorded["config"].get(k, MODELS[name].lr) != v for k, v in same.items()):
        return None
    return recorded[run.config["data"]].get(name)


def write_page(path: Path, run: Run, model: Model, drawn: Mapping[str, Any]) -> None:
    """Write the page; it appears whole or not at all."""
    final = run.history[-1]
    seconds = sum(entry["seconds"] for entry in run.history)
    named = {
        "test accuracy": f"{final['test_accuracy']:.4f}",
        "train accuracy": f"{final['train_accuracy']:.4f}",
        "train loss": f"{final['train_loss']:.4f}",
        "epochs": str(len(run.history)),
        "seconds of training": f"{seconds:.2f}",
        **{name.replace("_", " "): str(value) for name, value in run.config.items()},
    }
    figures = "".join(
        f"<div><dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd></div>" for k, v in named.items()
    )
    sections = "".join(
        section(name, *CAPTIONS[name], drawn[name]) for name in CAPTIONS if name in drawn
    )
    title = f"{model.title[0].upper()}{model.title[1:]} on Fashion-MNIST"
    text = PAGE.format(
        title=title, figures=figures, sections=sections, rows="".join(map(row, run.history))
    )
    with replacing(path) as file:
        file.write(text.encode())


def section(name: str, title: str, words: str, figure: Any) -> str:
    """A part of the page with one picture in it."""
    wide = figure.get_size_inches()[0] > 9
    return (
        f'<section class="{"wide" if wide else ""}"><h2>{html.escape(title)}</h2>'
        f'<p>{html.escape(words)}</p><img src="{address(figure)}" alt="{html.escape(title)}">'
        "</section>"
    )


def address(figure: Any) -> str:
    """The picture itself as the address of an image."""
    made = io.BytesIO()
    figure.savefig(made, format="png", dpi=plot.DOTS)
    return "data:image/png;base64," + base64.b64encode(made.getvalue()).decode()


def row(entry: Mapping[str, float]) -> str:
    """An epoch as a row of the table."""
    cells = (
        f"{entry['train_loss']:.4f}", f"{entry['train_accuracy']:.4f}",
        f"{entry['test_accuracy']:.4f}", f"{entry['seconds']:.2f}",
        f"{entry['images_per_second']:,.0f}",
    )  # fmt: skip
    return f'<tr><th scope="row">{entry["epoch"]}' + "".join(f"<td>{cell}" for cell in cells)
