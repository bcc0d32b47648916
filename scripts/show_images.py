"""Draw the lecture's grid of 2 x 9 images with their names, and time one pass over the loader."""

from __future__ import annotations

import sys

from fashion import d2l, data, plot
from fashion.training import command

ROWS, COLUMNS = 2, 9
BATCH_SIZE = 256
WORKERS = 4  # as in the lecture
LECTURE_SECONDS = 4.00  # which the lecture prints for its pass
OUT = "runs/images.svg"


@command.reported
def main(argv: list[str] | None = None) -> int:
    """Write the picture, print the time, and return the exit status."""
    parser = command.Parser(__file__, __doc__)
    command.add_data_options(parser)
    parser.add_argument(
        "--batch-size", type=command.COUNT, default=BATCH_SIZE, metavar="N",
        help="of the pass that is timed (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=command.number(int, 0, "a whole number"), default=WORKERS, metavar="N",
        help="threads that prepare batches in advance (default: %(default)s)",
    )  # fmt: skip
    command.add_picture_option(parser, OUT, OUT)
    options = parser.parse_args(argv)
    train = command.load(options.data, options.data_root).train

    X, y = next(iter(data.DataLoader(train, batch_size=ROWS * COLUMNS)))
    names = d2l.get_fashion_mnist_labels(y)
    axes = plot.show_images(X.reshape(-1, *X.shape[-2:]), ROWS, COLUMNS, names)
    command.save_picture(axes[0].figure, options.out)

    loader = data.DataLoader(train, options.batch_size, shuffle=True, num_workers=options.workers)
    timer = d2l.Timer()
    for X, y in loader:  # noqa: B007  the lecture's own loop
        continue
    seconds = timer.stop()
    print(
        f"one pass over {len(train):,} training images in batches of {options.batch_size}: "
        f"{seconds:.2f} sec, {len(train) / seconds:,.0f} images/s "
        f"(the lecture, over 60,000: {LECTURE_SECONDS:.2f} sec)"
    )
    print(f"picture: {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
