"""Draw docs/many-processes.svg: what each process holds in data-parallel training."""

from __future__ import annotations

import sys
from typing import Any

from fashion import plot
from fashion.training import command

RANKS = 4
OUT = "docs/many-processes.svg"

SAME, OWN, DONE, INK = "#cfe3f5", "#fbdcb8", "#d3ecd0", "#333333"
ROWS = (  # what, in words for each rank, and its colour; None: all meet
    ("data and order", "all images,\nthe same order", SAME),
    ("batch of 256", "images {first},\n{second}, {third} ...", OWN),
    ("parameters", "W, b:\nthe same bits", SAME),
    ("forward, backward", "gradient of\nits 64 images", OWN),
    ("one all_reduce", "sum of the gradients of all ranks, divided by 4", None),
    (".grad", "the mean:\nthe same bits", SAME),
    ("optimizer.step()", "W, b:\nthe same bits", SAME),
    ("after the epoch", "{file}", DONE),
)


def draw() -> Any:
    """Return the figure: a column for each rank, a row for each part of a step."""
    figure = plot.new_figure((8.2, 6.4))
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_xlim(-1.35, RANKS)
    axes.set_ylim(len(ROWS) + 0.05, -0.55)
    for rank in range(RANKS):
        axes.text(rank + 0.5, -0.2, f"rank {rank}", ha="center", weight="bold", color=INK)
    for y, (what, words, colour) in enumerate(ROWS):
        axes.text(-0.1, y + 0.45, what, ha="right", va="center", color=INK)
        if colour is None:
            box(axes, 0.05, y, RANKS - 0.1, "#f3c6c6", words)
            continue
        for rank in range(RANKS):
            own = words.format(
                first=rank, second=rank + RANKS, third=rank + 2 * RANKS,
                file="prints a line,\nwrites the files" if rank == 0 else "waits at\nthe next call",
            )  # fmt: skip
            box(axes, rank + 0.05, y, 0.9, colour, own)
    for y in (3, 4):
        for rank in range(RANKS):
            axes.annotate(
                "", (rank + 0.5, y + 1.1), (rank + 0.5, y + 0.8),
                arrowprops={"arrowstyle": "->", "color": INK},
            )  # fmt: skip
    return figure


def box(axes: Any, x: float, y: float, width: float, colour: str, words: str) -> None:
    """Draw a box with words in its middle."""
    axes.fill([x, x + width, x + width, x], [y + 0.1, y + 0.1, y + 0.8, y + 0.8], colour)
    axes.text(x + width / 2, y + 0.45, words, ha="center", va="center", size=8.5, color=INK)


@command.reported
def main(argv: list[str] | None = None) -> int:
    """Write the picture, and return the exit status."""
    parser = command.Parser(__file__, __doc__)
    command.add_picture_option(parser, OUT, OUT)
    options = parser.parse_args(argv)
    command.save_picture(draw(), options.out)
    print(f"wrote {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
