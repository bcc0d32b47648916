"""Look at what a trained model knows: accuracy by class, the worst mistakes, an image of one's own.

MODEL is the model.npz that train_softmax.py or minigrad-train writes.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import minigrad
from fashion import d2l, data, datasets, plot, transforms
from fashion.training import command, models
from minigrad import nn

SIDE, CLASSES = 28, 10
ROWS, COLUMNS = 2, 9  # of the picture with the worst mistakes
BATCH_SIZE = 1000
MISTAKES = "mistakes.svg"  # beside the model


def load_model(path: Path) -> nn.Module:
    """Return the network whose weights are in a file.

    `command.BadInput` when there are none, or none of a model for these images.
    """
    try:
        state = minigrad.load(path)
        if set(state) == {"W", "b"}:
            state = {"1.weight": state["W"].T, "1.bias": state["b"]}
        for model in models.MODELS.values():
            net = model.net()
            if list(net.state_dict()) == list(state):
                net.load_state_dict(state)
                return net.eval()
        raise ValueError(f"none has the weights {', '.join(map(str, state))}")
    except FileNotFoundError:
        raise command.BadInput(
            f"{path}: there is no such file; train_softmax.py makes one"
        ) from None
    except (ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        words = " ".join(str(error).split())
        raise command.BadInput(f"{path} is no model of train_softmax.py: {words}") from None


def read_image(path: Path) -> np.ndarray:
    """Return a picture as one of the data set: uint8 (28, 28), light on black, upright.

    Colours become grey, a light background is taken for one and turned black, and the rest is
    brought into the middle of a square.
    """
    from PIL import Image, ImageOps  # matplotlib needs it, so it is there

    try:
        with Image.open(path) as picture:
            grey = np.asarray(ImageOps.exif_transpose(picture).convert("L"))
    except FileNotFoundError:
        raise command.BadInput(f"{path}: there is no such file") from None
    except (OSError, SyntaxError, ValueError) as error:
        raise command.BadInput(f"{path} is no picture that can be read: {error}") from None
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    if np.median(border) > 127:
        grey = 255 - grey
    short, long = sorted(grey.shape)
    before = (long - short) // 2
    margins = [(0, 0) if side == long else (before, long - short - before) for side in grey.shape]
    return transforms.Resize((SIDE, SIDE))(np.pad(grey, margins))


def probabilities(net: nn.Module, images: np.ndarray) -> np.ndarray:
    """Return each class's probability for each of the images, uint8 (n, 28, 28)."""
    labels = np.zeros(len(images), np.uint8)
    loader = data.DataLoader(command.with_tensors(images, labels), BATCH_SIZE)
    with minigrad.no_grad():
        return np.concatenate([nn.functional.softmax(net(X), dim=1).numpy() for X, _ in loader])


def describe_image(net: nn.Module, path: Path, out: Path | None) -> None:
    """Print the three likeliest classes of a picture, and draw what the model was shown of it."""
    image = read_image(path)
    (found,) = probabilities(net, image[None])
    order = np.argsort(-found)[:3]
    for label in order:
        print(f"{d2l.TEXT_LABELS[label]:10}  {found[label]:6.1%}")
    if out is not None:
        titles = [f"{d2l.TEXT_LABELS[order[0]]}, {found[order[0]]:.1%}"]
        axes = plot.show_images([image], 1, 1, titles, scale=3)
        command.save_picture(axes[0].figure, out)
        print(f"picture: {out}")


def describe_test_set(net: nn.Module, test: datasets.ArrayDataset, out: Path) -> None:
    """Print the accuracy by class, and draw the mistakes that the model was surest of."""
    found = probabilities(net, test.data)
    predicted, true = found.argmax(axis=1), test.targets
    counts = plot.confusion_matrix(true, predicted, CLASSES)
    print("class       images  accuracy  most often taken for")
    for label, row in enumerate(counts):
        others = np.where(np.arange(CLASSES) == label, 0, row)
        taken = f"{d2l.TEXT_LABELS[others.argmax()]} ({others.max()})" if others.any() else ""
        share = row[label] / max(row.sum(), 1)
        print(f"{d2l.TEXT_LABELS[label]:10}  {row.sum():6,}  {share:8.4f}  {taken}")
    print(f"{'all':10}  {len(true):6,}  {np.trace(counts) / len(true):8.4f}")
    worst = plot.worst(found, true, ROWS * COLUMNS)
    if not len(worst):
        print("no mistakes, so no picture of them")
        return
    notes = [f"{found[i, predicted[i]]:.1%} sure" for i in worst]
    picture = plot.predictions(
        test.data[worst], true[worst], predicted[worst], d2l.TEXT_LABELS, COLUMNS, notes
    )
    command.save_picture(picture, out)
    print(f"the worst mistakes: {out}")


@command.reported
def main(argv: list[str] | None = None) -> int:
    """Describe the model on the test set or on one image, and return the exit status."""
    parser = command.Parser(__file__, __doc__)
    parser.add_argument("model", type=Path, metavar="MODEL", help="a model.npz")
    parser.add_argument("--image", type=Path, metavar="FILE", help="name what is on this picture")
    command.add_data_options(parser)
    command.add_picture_option(parser, None, f"{MISTAKES} beside the model; with --image, none")
    options = parser.parse_args(argv)
    net = load_model(options.model)
    if options.image is not None:
        describe_image(net, options.image, options.out)
    else:
        test = command.load(options.data, options.data_root).test
        describe_test_set(net, test, options.out or options.model.with_name(MISTAKES))
    return 0


if __name__ == "__main__":
    sys.exit(main())
