"""The page about a training: how it went, what it mistakes, and what its weights look like.

One file, with every picture inside it: it needs no network, and can be sent as it is.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from fashion import d2l, datasets, plot
from minigrad._files import replacing

SHOWN = 18  # predictions in a picture
CLASSES = len(d2l.TEXT_LABELS)

CAPTIONS = {
    "curves": ("How it went", "Loss and accuracies after each epoch."),
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


def pictures(
    history: Sequence[Mapping[str, float]],
    norms: Sequence[float],
    test: datasets.ArrayDataset,
    probabilities: np.ndarray,
    weights: np.ndarray,
    config: Mapping[str, Any],
) -> dict[str, Any]:
    """The figures of a training, by name: the weights are an image for each class."""
    final, true = history[-1], test.targets
    predicted = probabilities.argmax(axis=1)
    title = f"softmax regression ({config['model']}): test accuracy {final['test_accuracy']:.4f}"
    share = f"{len(predicted):,} test images, {final['test_accuracy']:.1%} of them right"
    counts = plot.confusion_matrix(true, predicted, CLASSES)
    found = {
        "curves": plot.curves(history, title),
        "norms": plot.gradient_norms(norms, max(1, len(norms) // len(history))),
        "weights": plot.weights(weights, d2l.TEXT_LABELS),
        "confusion": plot.confusion(counts, d2l.TEXT_LABELS, share),
        "predictions": plot.predictions(
            test.data[:SHOWN], true[:SHOWN], predicted[:SHOWN], d2l.TEXT_LABELS
        ),
    }
    worst = plot.worst(probabilities, true, SHOWN)
    if len(worst):
        notes = [f"{probabilities[i, predicted[i]]:.1%} sure" for i in worst]
        found["mistakes"] = plot.predictions(
            test.data[worst], true[worst], predicted[worst], d2l.TEXT_LABELS, notes=notes
        )
    return found


def write(
    path: Path,
    history: Sequence[Mapping[str, float]],
    config: Mapping[str, Any],
    drawn: Mapping[str, Any],
) -> None:
    """Write the page; it appears whole or not at all."""
    final = history[-1]
    seconds = sum(entry["seconds"] for entry in history)
    named = {
        "test accuracy": f"{final['test_accuracy']:.4f}",
        "train accuracy": f"{final['train_accuracy']:.4f}",
        "train loss": f"{final['train_loss']:.4f}",
        "epochs": str(len(history)),
        "seconds of training": f"{seconds:.2f}",
        **{name.replace("_", " "): str(value) for name, value in config.items()},
    }
    figures = "".join(
        f"<div><dt>{html.escape(k)}</dt><dd>{html.escape(v)}</dd></div>" for k, v in named.items()
    )
    sections = "".join(
        section(name, *CAPTIONS[name], drawn[name]) for name in CAPTIONS if name in drawn
    )
    text = PAGE.format(
        title="Softmax regression on Fashion-MNIST", figures=figures, sections=sections,
        rows="".join(map(row, history)),
    )  # fmt: skip
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
