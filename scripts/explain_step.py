"""Replay one training step of the lecture's softmax regression, on real images, as a page."""

from __future__ import annotations

import sys
from pathlib import Path

import minigrad
from fashion import data
from fashion.training import command
from minigrad import nn
from minigrad.study import explain

MODEL = "scratch"  # the lecture's formulas; "concise": the same with nn
BATCH_SIZE = 256
SEED = 0
OUT = "runs/step.html"


def scratch(X: minigrad.Tensor, y: minigrad.Tensor) -> tuple[minigrad.Tensor, dict]:
    """The lecture's formulas, up to the loss; and what the page is to call the tensors."""
    W = minigrad.normal(0, 0.01, size=(784, 10), requires_grad=True)
    b = minigrad.zeros(10, requires_grad=True)
    scores = minigrad.matmul(X.reshape((-1, 784)), W) + b
    exp = minigrad.exp(scores)
    y_hat = exp / exp.sum(1, keepdim=True)
    loss = (-minigrad.log(y_hat[range(len(y_hat)), y])).sum()
    return loss, {"X": X, "y": y, "W": W, "b": b, "scores": scores, "exp": exp, "y_hat": y_hat}


def concise(X: minigrad.Tensor, y: minigrad.Tensor) -> tuple[minigrad.Tensor, dict]:
    """The same of ready-made parts."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    nn.init.normal_(net[1].weight, std=0.01)
    scores = net(X)
    loss = nn.functional.cross_entropy(scores, y)
    return loss, {"X": X, "y": y, "weight": net[1].weight, "bias": net[1].bias, "scores": scores}


MODELS = {"scratch": scratch, "concise": concise}


@command.reported
def main(argv: list[str] | None = None) -> int:
    """Write the page, and return the exit status."""
    parser = command.Parser(__file__, __doc__)
    command.add_data_options(parser)
    default = "(default: %(default)s)"
    parser.add_argument("--model", choices=MODELS, default=MODEL, help=default)
    parser.add_argument("--batch-size", type=command.COUNT, default=BATCH_SIZE, metavar="N",
                        help=f"images in the step {default}")  # fmt: skip
    parser.add_argument("--out", type=Path, default=Path(OUT), metavar="FILE",
                        help=f"the page {default}")  # fmt: skip
    options = parser.parse_args(argv)
    train = command.load(options.data, options.data_root).train
    X, y = next(iter(data.DataLoader(train, batch_size=options.batch_size)))
    minigrad.manual_seed(SEED)
    with minigrad.autograd.trace(print=False):  # so that the page knows the lines above
        loss, names = MODELS[options.model](X, y)
    options.out.parent.mkdir(parents=True, exist_ok=True)
    title = "One step of softmax regression, backward"
    page = explain(loss, options.out, loss=loss, title=title, **names)
    print(f"page: {options.out}, {len(page.story.steps)} steps; open it in a browser")
    return 0


if __name__ == "__main__":
    sys.exit(main())
