"""torchvision's transforms: values, representations and errors as torchvision's, and what draws.

What torchvision gives is recorded; `python tests/test_vision.py` records it anew where it is
installed.
"""
# ruff: noqa: E501 (tables, a row on a line)

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import minigrad
from fashion import data, datasets, transforms
from fashion.transforms import functional

REFERENCE = Path(__file__).parent / "reference" / "transforms.npz"
RNG = np.random.default_rng(0)
GREY, COLOUR = (RNG.integers(0, 256, shape).astype(np.uint8) for shape in ((6, 7), (6, 7, 3)))

CALLS = """
F.hflip(x) | F.vflip(x) | F.invert(x) | F.posterize(x, 3) | F.solarize(x, 100) | F.get_dimensions(x) | F.get_image_size(x)
F.pad(x, 2) | F.pad(x, (1, 2), fill=7) | F.pad(x, [1, 2, 3, 4], 0, "edge") | F.pad(x, 2, padding_mode="reflect") | F.pad(x, (3, 1), padding_mode="symmetric") | F.pad(x, (-1, 2, 0, -3))
F.crop(x, 1, 2, 4, 5) | F.crop(x, -2, -1, 5, 6) | F.crop(x, 4, 5, 6, 6) | F.crop(x, -2, -3, 20, 20) | F.center_crop(x, 3) | F.center_crop(x, (5, 2)) | F.center_crop(x, [9, 12]) | F.center_crop(x, (9, 3))
F.five_crop(x, 4)[1] | F.five_crop(x, 4)[4] | F.ten_crop(x, (3, 4), vertical_flip=True)[7]
F.resize(x, 4) | F.resize(x, (4, 5), M.NEAREST) | F.resize(x, (10, 9), M.NEAREST_EXACT) | F.resize(x, (4, 4), M.BICUBIC) | F.resize(x, (9, 8), M.BICUBIC) | F.resize(x, 4, max_size=5) | F.resized_crop(x, 1, 1, 5, 5, (4, 4))
F.rotate(x, 30) | F.rotate(x, -45, expand=True) | F.rotate(x, 17.5, fill=9) | F.rotate(x, 10, M.BILINEAR) | F.rotate(x, 33, M.BILINEAR, expand=True) | F.rotate(x, 20, center=[2, 3]) | F.rotate(x, 180)
F.rgb_to_grayscale(x) | F.adjust_brightness(x, 1.7) | F.adjust_brightness(x, 0.4) | F.adjust_contrast(x, 1.5) | F.adjust_contrast(x, 0.3) | F.adjust_saturation(x, 1.6) | F.adjust_saturation(x, 0.2) | F.adjust_hue(x, 0.2) | F.adjust_hue(x, -0.4) | F.adjust_gamma(x, 0.6, 1.1)
"""
TENSOR_CALLS = """
F.convert_image_dtype(x, dt.float32) | F.convert_image_dtype(x, dt.int16) | F.convert_image_dtype(x, dt.float64) | F.convert_image_dtype(x, dt.uint8) | F.erase(x, 1, 2, 3, 4, dt.tensor(5.0))
"""
FLOAT_CALLS = "F.normalize(x, [0.5], [0.2])"
REPRS = """
T.RandomHorizontalFlip() | T.RandomVerticalFlip(0.1) | T.RandomCrop(3) | T.RandomCrop((3, 4), padding=2) | T.RandomResizedCrop(3) | T.RandomErasing() | T.RandomRotation(3) | T.RandomRotation((3, 9), center=(1, 2))
T.ColorJitter(0.3, hue=0.1) | T.RandomApply([T.ToTensor()], 0.3) | T.RandomChoice([T.ToTensor()], [1]) | T.RandomOrder([T.ToTensor()]) | T.Grayscale() | T.Pad((1, 2)) | T.CenterCrop(3) | T.FiveCrop(3) | T.TenCrop(3)
T.Lambda(abs) | T.ToPILImage() | T.ToPILImage("L") | T.PILToTensor() | T.RandomGrayscale() | T.RandomInvert() | T.Resize(3) | T.Compose([T.Pad(1)]) | T.ToTensor() | T.Normalize([0.5], [0.5])
T.CenterCrop((1, 2, 3)) | T.RandomErasing(p=2) | T.RandomErasing(value="x") | T.RandomErasing(scale=(0, 2)) | T.RandomErasing(scale=1) | T.Lambda(3) | T.RandomRotation(-1) | T.ColorJitter(-1) | T.ColorJitter("a") | T.ColorJitter(hue=0.7)
T.Pad("a") | T.Pad((1, 2, 3)) | T.Pad(1, padding_mode="wrap") | T.RandomCrop(20)(x) | T.RandomChoice([abs], p=3) | F.five_crop(x, 40) | F.posterize(x, 9) | F.rgb_to_grayscale(x, 2) | F.rotate(x, "a") | F.adjust_hue(x, 0.6) | T.Resize((1, 2, 3))
"""


def split(table: str) -> list[str]:
    return [
        call.strip() for line in table.strip().splitlines() if line for call in line.split(" | ")
    ]


def evaluate(text: str, x: Any, T: Any, F: Any, dt: Any) -> Any:
    return eval(text, {"x": x, "T": T, "F": F, "M": T.InterpolationMode, "dt": dt})


def said(text: str, x: Any, T: Any, F: Any, dt: Any) -> str:
    """The representation, or the error."""
    try:
        return repr(evaluate(text, x, T, F, dt))
    except Exception as error:
        return repr(error)


def images(tensor: Any) -> dict[str, Any]:
    """An image of each kind; a Tensor by the given function."""
    rows = COLOUR.transpose(2, 0, 1).copy()
    return {
        "grey": GREY, "colour": COLOUR, "bytes": tensor(rows), "floats": tensor(rows / np.float32(255)),
        "batch": tensor(np.stack([rows, rows[:, ::-1]]) / np.float32(255)),
    }  # fmt: skip


KINDS = {
    "grey": split(CALLS), "colour": split(CALLS), "bytes": split(CALLS + TENSOR_CALLS),
    "floats": [c for c in split(CALLS + TENSOR_CALLS) + [FLOAT_CALLS] if "rize" not in c],
    "batch": [c for c in split(CALLS) if "rize" not in c and "five" not in c],
}  # fmt: skip


@pytest.fixture(scope="module")
def reference() -> Any:
    with np.load(REFERENCE) as recorded:
        return dict(recorded)


@pytest.mark.parametrize("kind", KINDS)
def test_functions_of_images_give_torchvisions_values(kind: str, reference: dict) -> None:
    image = images(minigrad.tensor)[kind]
    for text in KINDS[kind]:
        found, expected = (
            evaluate(text, image, transforms, functional, minigrad),
            reference[f"{kind} {text}"],
        )
        assert isinstance(
            found, (minigrad.Tensor if kind not in ("grey", "colour") else np.ndarray, list)
        ), text
        found = np.asarray(found)
        assert found.shape == expected.shape and found.dtype == expected.dtype, text
        # torch's own arithmetic of uint8 Tensors rounds otherwise now and then
        near = 1e-5 if found.dtype.kind == "f" else 1 if kind == "bytes" and "resize" in text else 0
        np.testing.assert_allclose(
            found.astype(float), expected.astype(float), atol=near, rtol=1e-5, err_msg=text
        )


@pytest.mark.parametrize("text", split(REPRS))
def test_transforms_say_and_refuse_what_torchvisions_do(text: str, reference: dict) -> None:
    found = said(text, GREY, transforms, functional, minigrad)
    assert found == str(reference[f"said {text}"])


@pytest.mark.live
def test_the_recorded_values_are_torchvisions(reference: dict) -> None:
    pytest.importorskip("torchvision")
    for key, value in record().items():
        np.testing.assert_array_equal(value, reference[key], err_msg=key)


# -- batches, and what draws -----------------------------------------------------------------------
BATCH = RNG.integers(0, 256, (40, 8, 8)).astype(np.uint8)


def test_a_batch_becomes_what_its_images_become() -> None:
    for f in (functional.hflip, transforms.Pad(2, 7), transforms.CenterCrop(5), transforms.Grayscale(3),
              transforms.Resize(5), transforms.PILToTensor()):  # fmt: skip
        for one, image in zip(f(BATCH), BATCH, strict=True):
            np.testing.assert_array_equal(np.asarray(one), np.asarray(f(image)))


DRAWN = {
    "flip": transforms.RandomHorizontalFlip(), "vertical": transforms.RandomVerticalFlip(),
    "crop": transforms.RandomCrop(8, padding=2), "part": transforms.RandomResizedCrop(8),
    "turn": transforms.RandomRotation(45), "jitter": transforms.ColorJitter(0.5, 0.5),
    "invert": transforms.RandomInvert(), "choice": transforms.RandomChoice([functional.hflip, functional.vflip]),
    "apply": transforms.RandomApply([functional.hflip]), "order": transforms.RandomOrder([functional.hflip, functional.vflip]),
}  # fmt: skip


@pytest.mark.parametrize("name", DRAWN)
def test_each_image_of_a_batch_is_drawn_for_by_itself_and_a_seed_repeats_it(name: str) -> None:
    transform = DRAWN[name]
    minigrad.manual_seed(3)
    first = transform(np.stack([BATCH[0]] * 40))
    assert first.shape == (40, 8, 8) and first.dtype == np.uint8
    if name != "order":
        assert len(np.unique(first.reshape(40, -1), axis=0)) > 1
    minigrad.manual_seed(3)
    np.testing.assert_array_equal(transform(np.stack([BATCH[0]] * 40)), first)
    as_tensors = transform(minigrad.tensor(BATCH[:, None] / np.float32(255)))
    assert as_tensors.shape == (40, 1, 8, 8)


def test_probabilities_are_kept() -> None:
    minigrad.manual_seed(0)
    many = np.stack([BATCH[0]] * 2000)
    for p in (0.0, 0.3, 1.0):
        flipped = (transforms.RandomHorizontalFlip(p)(many) != many).any(axis=(1, 2)).mean()
        assert abs(flipped - p) < 0.05
    x = minigrad.ones(500, 1, 8, 8)
    erased = (transforms.RandomErasing(p=0.5)(x) == 0).numpy().any(axis=(1, 2, 3)).mean()
    assert 0.4 < erased < 0.6
    noise = transforms.RandomErasing(p=1, value="random")(minigrad.zeros(3, 8, 8))
    assert noise.abs().sum().item() > 0
    corners = {tuple(transforms.RandomCrop.get_params(BATCH[0], (7, 7))[:2]) for _ in range(100)}
    assert corners == {(0, 0), (0, 1), (1, 0), (1, 1)}


def test_a_run_with_a_seed_is_the_same_with_any_number_of_workers() -> None:
    steps = transforms.Compose(
        [transforms.RandomCrop(8, padding=1), transforms.Resize(6), transforms.ToTensor()]
    )
    assert steps.draws and steps.max_workers == 0 and steps.takes_batches
    for pipeline in (steps, transforms.Compose([transforms.Lambda(np.copy), steps])):
        seen = []
        for workers in (0, 2):
            minigrad.manual_seed(1)
            loader = data.DataLoader(datasets.ArrayDataset(BATCH, np.arange(40), pipeline), 16, shuffle=True,
                                     num_workers=workers)  # fmt: skip
            seen.append([np.asarray(images) for images, _ in loader])
        for one, other in zip(*seen, strict=True):
            np.testing.assert_array_equal(one, other)


def test_gradients_flow_through_what_is_done_to_tensors() -> None:
    x = minigrad.tensor(COLOUR.transpose(2, 0, 1) / 255, requires_grad=True)
    y = functional.adjust_contrast(functional.pad(functional.hflip(x), 1, padding_mode="edge"), 0.5)
    y = functional.resize(functional.center_crop(y, 5), 4) + functional.rotate(x, 30)[:, :4, :4]
    (g,) = minigrad.autograd.grad(y.sum(), x)
    assert g.shape == x.shape and g.abs().sum().item() > 1


def test_pillows_images_are_taken_and_made_where_it_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = pytest.importorskip("PIL.Image").fromarray(COLOUR)
    np.testing.assert_array_equal(functional.hflip(image), COLOUR[:, ::-1])
    x = minigrad.tensor(COLOUR.transpose(2, 0, 1) / 255.0)
    assert np.abs(np.asarray(transforms.ToPILImage()(x)).astype(int) - COLOUR).max() <= 1
    assert transforms.ToPILImage()(GREY).mode == "L"
    with pytest.raises(ValueError, match="Only modes"):
        functional.to_pil_image(COLOUR, "L")
    for missing in ("PIL", "PIL.Image"):
        monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError, match="needs Pillow"):
        functional.to_pil_image(GREY)


def test_the_second_edition_has_the_same_names_and_a_few_more() -> None:
    v2 = transforms.v2
    steps = v2.Compose(
        [v2.ToImage(), v2.RGB(), v2.Identity(), v2.ToDtype(minigrad.float32, scale=True)]
    )
    first = transforms.Compose([transforms.ToTensor(), transforms.Grayscale(3)])
    assert steps.takes_batches and steps(GREY).equal(first(GREY))
    assert steps(BATCH).shape == (40, 3, 8, 8)
    assert v2.ToDtype(minigrad.float64)(minigrad.tensor([3])).tolist() == [3.0]
    assert v2.ToDtype(minigrad.float32)(GREY) is GREY and v2.RGB()(COLOUR) is COLOUR
    assert set(v2.__all__) >= set(transforms.__all__) - {
        "channels_first",
        "has_channels",
        "pixels",
        "v2",
        "weights",
    }


def record() -> dict[str, Any]:
    """What torchvision gives: of Pillow's images in place of arrays."""
    import torch
    import torchvision.transforms as T
    from PIL import Image

    random.seed(0)
    values = {}
    for kind, image in images(torch.tensor).items():
        x = Image.fromarray(image) if isinstance(image, np.ndarray) else image
        for text in KINDS[kind]:
            values[f"{kind} {text}"] = np.asarray(evaluate(text, x, T, T.functional, torch))
    for text in split(REPRS):
        values[f"said {text}"] = np.asarray(
            said(text, Image.fromarray(GREY), T, T.functional, torch)
        )
    return values


if __name__ == "__main__":
    np.savez_compressed(REFERENCE, **record())
