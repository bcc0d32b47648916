"""Pictures: what stands in them, and that a file changes only when its content does."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import minigrad
from fashion import plot, sources

HISTORY = [
    {"epoch": i, "train_loss": 1 / i, "train_accuracy": 0.8, "test_accuracy": 0.7}
    for i in (1, 2, 3)
]


def test_curves_have_the_lectures_three_lines():
    axes = plot.curves(HISTORY, "title").axes[0]
    found = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
    assert found == {
        "train loss": [1, 1 / 2, 1 / 3],
        "train accuracy": [0.8] * 3,
        "test accuracy": [0.7] * 3,
    }
    assert len({line.get_linestyle() for line in axes.lines}) == 3
    assert all(list(line.get_xdata()) == [1, 2, 3] for line in axes.lines)


def test_the_confusion_matrix_counts_rows_of_true_classes():
    rng = np.random.default_rng(0)
    true, predicted = rng.integers(0, 10, (2, 500))
    counts = plot.confusion_matrix(minigrad.from_numpy(true), predicted, 10)
    assert counts.shape == (10, 10) and counts.sum() == 500
    for row, column in np.ndindex(10, 10):
        assert counts[row, column] == np.sum((true == row) & (predicted == column))


def test_the_confusion_picture_names_classes_and_writes_counts():
    counts = np.diag(np.arange(10)) + 1
    axes = plot.confusion(counts, sources.CLASSES, "test").axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == list(sources.CLASSES)
    assert [label.get_text() for label in axes.get_yticklabels()] == list(sources.CLASSES)
    assert axes.texts[0].get_text() == "1" and axes.texts[-1].get_text() == "10"
    plot.confusion(np.zeros((10, 10), int), sources.CLASSES)


def test_wrong_predictions_stand_out_without_colours_too():
    figure = plot.predictions(
        np.zeros((3, 28, 28)), [0, 1, 2], [0, 2, 2], "abc", columns=2, notes=["x", "y", "z"]
    )
    titles = [axes.title for axes in figure.axes]
    assert [t.get_text() for t in titles[:3]] == ["a\na\nx", "b\nc\ny", "c\nc\nz"]
    assert [t.get_fontweight() for t in titles[:3]] == ["normal", "bold", "normal"]


@pytest.mark.parametrize(
    "image", [np.zeros((28, 28)), minigrad.zeros(1, 28, 28), np.zeros((9, 8, 3), np.uint8)]
)
def test_images_of_all_kinds_are_shown(image):
    axes = plot.show_images([image], 1, 2)
    assert len(axes) == 2 and len(axes[0].images) == 1 and not axes[1].images


@pytest.mark.parametrize("figure", [
    lambda: plot.curves(HISTORY),
    lambda: plot.confusion(np.eye(10, dtype=int), sources.CLASSES),
    lambda: plot.predictions(np.zeros((9, 28, 28)), range(9), range(1, 10), sources.CLASSES, 5),
])  # fmt: skip
def test_texts_do_not_overlap_or_leave_the_picture(figure):
    made = figure()
    made.draw_without_rendering()
    boxes = []
    for axes in made.axes:
        texts = [axes.title, axes.xaxis.label, axes.yaxis.label]
        for axis in (axes.xaxis, axes.yaxis) if axes.axison else ():
            low, high = sorted(axis.get_view_interval())
            ticks = zip(axis.get_ticklocs(), axis.get_ticklabels(), strict=True)
            texts += [label for place, label in ticks if low <= place <= high]
        boxes += [(t, t.get_window_extent()) for t in texts if t.get_text() and t.get_visible()]
    whole = made.bbox
    assert boxes
    for text, box in boxes:
        assert whole.x0 - 1 <= box.x0 and box.x1 <= whole.x1 + 1, text
        assert whole.y0 - 1 <= box.y0 and box.y1 <= whole.y1 + 1, text
    # Those that are turned have boxes larger than themselves.
    level = [(text, box) for text, box in boxes if text.get_rotation() in (0, 90)]
    for i, (text, box) in enumerate(level):
        for other, box2 in level[i + 1 :]:
            apart = box.x1 <= box2.x0 or box2.x1 <= box.x0 or box.y1 <= box2.y0 or box2.y1 <= box.y0
            assert apart, (text, other)


def test_a_picture_is_the_same_file_every_time(tmp_path):
    for name in ("a.svg", "b.svg", "a.png"):
        plot.save(plot.curves(HISTORY), tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert (tmp_path / "a.png").read_bytes()[1:4] == b"PNG"


def test_importing_plot_loads_no_matplotlib_and_drawing_no_pyplot(tmp_path):
    code = (
        "import sys; from fashion import plot\n"
        "assert 'matplotlib' not in sys.modules\n"
        f"plot.save(plot.new_figure((1, 1)), {str(tmp_path / 'x.svg')!r})\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_picture_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "old.svg"
    path.write_bytes(b"old")

    class Failing:
        def savefig(self, file, **settings):
            file.write(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left on device: .*old.svg"):
        plot.save(Failing(), path)
    assert path.read_bytes() == b"old" and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("name", "start"), [("x", b"\x89PNG"), ("x.PNG", b"\x89PNG"), ("x.pdf", b"%PDF")]
)
def test_a_picture_has_the_name_that_it_was_given(name, start, tmp_path):
    plot.save(plot.new_figure((1, 1)), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes().startswith(start)
