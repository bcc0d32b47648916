"""Transforms: values of torch and Pillow, one image and batches alike, and what is refused."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

import minigrad
from fashion import transforms
from fashion.transforms import Compose, Normalize, Resize, ToTensor

RNG = np.random.default_rng(0)
BATCH = RNG.integers(0, 256, (6, 28, 28)).astype(np.uint8)
COLOUR = RNG.integers(0, 256, (9, 12, 3)).astype(np.uint8)

# An image and Pillow's Image.resize(size[::-1], BILINEAR) of it (11 and 13 agree).
PATTERN = (np.arange(8)[:, None] * 37 + np.arange(8) ** 2 * 11).astype(np.uint8)
PILLOW = {
    (3, 3): [[64, 134, 120], [147, 145, 144], [130, 116, 139]],
    (5, 8): [
        [15, 26, 59, 114, 191, 34, 155, 42],
        [71, 82, 115, 170, 200, 90, 211, 98],
        [130, 141, 174, 218, 60, 149, 142, 157],
        [188, 199, 165, 78, 108, 207, 72, 215],
        [93, 104, 32, 87, 164, 112, 128, 120],
    ],
}
PILLOW_13_ROW_6 = [130, 135, 142, 163, 189, 223, 140, 61, 122, 146, 142, 151, 157]


# -- ToTensor ------------------------------------------------------------------------------------
def test_one_image_becomes_a_tensor_with_a_channel():
    tensor = ToTensor()(BATCH[0])
    assert isinstance(tensor, minigrad.Tensor)
    assert tensor.shape == (1, 28, 28) and tensor.dtype == minigrad.float32
    assert 0 <= tensor.min().item() and tensor.max().item() <= 1


def test_a_batch_becomes_what_its_images_become():
    tensor = ToTensor()(BATCH)
    assert tensor.shape == (6, 1, 28, 28) and tensor.is_contiguous()
    for image, one in zip(BATCH, tensor.numpy(), strict=True):
        np.testing.assert_array_equal(ToTensor()(image).numpy(), one)


def test_all_256_values_are_the_correctly_rounded_quotients():
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    expected = (values.astype(np.float64) / 255).astype(np.float32)
    np.testing.assert_array_equal(ToTensor()(values).numpy()[0], expected)


@pytest.mark.live
def test_all_256_values_are_torchs():
    torch = pytest.importorskip("torch")
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    expected = torch.from_numpy(values).to(torch.float32).div(255).numpy()
    np.testing.assert_array_equal(ToTensor()(values).numpy()[0], expected)


def test_the_default_type_decides_as_in_torch():
    minigrad.set_default_dtype(minigrad.float64)
    try:
        assert ToTensor()(BATCH[0]).dtype == minigrad.float64
    finally:
        minigrad.set_default_dtype(minigrad.float32)


def test_channels_move_to_the_front():
    tensor = ToTensor()(COLOUR)
    assert tensor.shape == (3, 9, 12) and tensor.is_contiguous()
    np.testing.assert_array_equal(tensor[1].numpy(), ToTensor()(COLOUR[:, :, 1].copy())[0].numpy())
    assert ToTensor()(np.stack([COLOUR] * 5)).shape == (5, 3, 9, 12)


def test_other_types_are_not_scaled():
    image = np.array([[0.5, 200.0]])
    assert ToTensor()(image).tolist() == [[[0.5, 200.0]]]
    assert ToTensor()(np.array([[300]], np.int32)).dtype == minigrad.int32


def test_the_array_is_neither_changed_nor_shared():
    for image in (BATCH[0].copy(), BATCH[0] / 255):
        before = image.copy()
        ToTensor()(image) + 1
        np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("wrong", [[[1, 2]], 3, "image", None, minigrad.ones(2, 2)])
def test_what_is_no_image_is_refused(wrong):
    with pytest.raises(TypeError, match="pic should be PIL Image or ndarray"):
        ToTensor()(wrong)


@pytest.mark.parametrize("shape", [(3,), (2, 2, 2, 2, 2)])
def test_other_numbers_of_dimensions_are_refused(shape):
    with pytest.raises(ValueError, match="2/3 dimensional"):
        ToTensor()(np.zeros(shape, np.uint8))


# -- Resize --------------------------------------------------------------------------------------
@pytest.mark.parametrize("size", PILLOW)
def test_resize_gives_pillows_recorded_values(size):
    result = Resize(size)(PATTERN)
    assert result.dtype == np.uint8
    np.testing.assert_allclose(result.astype(int), PILLOW[size], atol=1)


def test_enlarging_gives_pillows_recorded_values():
    np.testing.assert_array_equal(Resize(13)(PATTERN)[6], PILLOW_13_ROW_6)


@pytest.mark.parametrize("old", [(28, 28), (28, 31), (100, 33), (5, 7)])
@pytest.mark.parametrize("new", [(64, 64), (28, 28), (14, 14), (224, 96), (5, 60), (1, 1)])
def test_resize_is_within_one_of_pillow(old, new):
    image_module = pytest.importorskip("PIL.Image")
    image = RNG.integers(0, 256, old).astype(np.uint8)
    expected = np.asarray(
        image_module.fromarray(image).resize(new[::-1], image_module.Resampling.BILINEAR)
    )
    result = Resize(new)(image)
    np.testing.assert_allclose(result.astype(int), expected, atol=1)
    if old[0] == old[1] and new[0] == new[1]:
        np.testing.assert_array_equal(result, expected)


def test_colours_are_resized_each_for_itself_as_pillow_does():
    image_module = pytest.importorskip("PIL.Image")
    picture = image_module.fromarray(COLOUR)
    expected = np.asarray(picture.resize((8, 5), image_module.Resampling.BILINEAR))
    for image in (COLOUR, picture):
        result = Resize((5, 8))(image)
        assert result.shape == (5, 8, 3)
        np.testing.assert_allclose(result.astype(int), expected, atol=1)


def test_a_batch_is_resized_as_its_images_are():
    resized = Resize(64)(BATCH)
    assert resized.shape == (6, 64, 64)
    for image, one in zip(BATCH, resized, strict=True):
        np.testing.assert_array_equal(Resize(64)(image), one)
    assert Resize((4, 5))(np.stack([COLOUR] * 7)).shape == (7, 4, 5, 3)


def test_flat_images_stay_flat():
    for value in (0, 1, 254, 255):
        image = np.full((28, 28), value, np.uint8)
        for size in (1, 9, 64, 201):
            assert (Resize(size)(image) == value).all()


def test_the_same_size_changes_nothing():
    np.testing.assert_array_equal(Resize(28)(BATCH), BATCH)


@pytest.mark.parametrize(
    ("shape", "size", "max_size", "expected"),
    [
        ((20, 40), 10, None, (10, 20)),
        ((40, 20), 10, None, (20, 10)),
        ((30, 31), [15], None, (15, 15)),
        ((20, 40), 10, 15, (7, 15)),
        ((20, 40), (7, 3), None, (7, 3)),
    ],
)
def test_one_number_is_the_shorter_side(shape, size, max_size, expected):
    image = np.zeros(shape, np.uint8)
    assert Resize(size, max_size=max_size)(image).shape == expected


@pytest.mark.live
@pytest.mark.parametrize("antialias", [True, False])
@pytest.mark.parametrize("size", [(3, 5), (40, 30), (28, 9)])
def test_tensors_are_resized_as_torch_does(size, antialias):
    torch = pytest.importorskip("torch")
    images = RNG.random((2, 3, 20, 16)).astype(np.float32)
    expected = torch.nn.functional.interpolate(
        torch.from_numpy(images), size, mode="bilinear", antialias=antialias
    )
    result = Resize(size, antialias=antialias)(minigrad.from_numpy(images))
    assert result.dtype == minigrad.float32
    np.testing.assert_allclose(result.numpy(), expected.numpy(), atol=1e-6)


def test_resizing_a_tensor_has_a_gradient():
    x = minigrad.rand(1, 8, 8).requires_grad_()
    Resize(4)(x).sum().backward()
    assert x.grad is not None
    assert x.grad.sum().item() == pytest.approx(16, rel=1e-5)


def test_arrays_of_floats_are_not_rounded():
    image = RNG.random((8, 8)).astype(np.float32)
    result = Resize(4)(image)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result.mean(), image.mean(), atol=0.02)
    assert (result != np.round(result)).any()


@pytest.mark.parametrize(
    ("wrong", "error", "words"),
    [
        ({"size": "28"}, TypeError, "int or sequence"),
        ({"size": 2.5}, TypeError, "int or sequence"),
        ({"size": True}, TypeError, "int or sequence"),
        ({"size": (1, 2, 3)}, ValueError, "1 or 2 values"),
        ({"size": 0}, ValueError, "at least 1"),
        ({"size": (4, 4), "max_size": 9}, ValueError, "max_size"),
        ({"size": 4, "max_size": 4}, ValueError, "max_size"),
        ({"size": 4, "interpolation": "lanczos"}, ValueError, "lanczos"),
    ],
)
def test_wrong_settings_are_refused(wrong, error, words):
    with pytest.raises(error, match=words):
        Resize(**wrong)


def test_types_that_have_no_rounding_are_refused():
    with pytest.raises(TypeError, match="int32"):
        Resize(4)(np.zeros((8, 8), np.int32))
    with pytest.raises(TypeError, match="int64"):
        Resize(4)(minigrad.zeros(1, 8, 8, dtype=minigrad.int64))
    assert Resize(4)(minigrad.ones(1, 8, 8, dtype=minigrad.uint8)).tolist() == [[[1] * 4] * 4]


# -- Compose and Normalize -----------------------------------------------------------------------
def test_compose_goes_from_left_to_right_and_takes_batches_when_all_do():
    steps = Compose([Resize(14), ToTensor(), Normalize([0.5], [0.5])])
    assert steps.takes_batches
    assert steps(BATCH).shape == (6, 1, 14, 14)
    np.testing.assert_array_equal(steps(BATCH)[2].numpy(), steps(BATCH[2]).numpy())
    assert not Compose([ToTensor(), lambda image: image]).takes_batches


@pytest.mark.live
def test_normalize_gives_torchs_values():
    torch = pytest.importorskip("torch")
    images = RNG.random((2, 3, 4, 4)).astype(np.float32)
    mean, std = [0.1, 0.2, 0.3], [0.4, 0.5, 0.6]
    expected = torch.from_numpy(images.copy())
    for i in range(3):
        expected[:, i] = expected[:, i].sub(mean[i]).div(std[i])
    result = Normalize(mean, std)(minigrad.from_numpy(images))
    np.testing.assert_allclose(result.numpy(), expected.numpy(), rtol=1e-6)


def test_normalize_refuses_what_it_cannot_do():
    with pytest.raises(TypeError, match="Tensor Image"):
        Normalize([0.5], [0.5])(BATCH[0])
    with pytest.raises(TypeError, match="float tensor"):
        Normalize([0.5], [0.5])(minigrad.zeros(1, 2, 2, dtype=minigrad.uint8))
    with pytest.raises(ValueError, match="C, H, W"):
        Normalize([0.5], [0.5])(minigrad.zeros(2, 2))
    with pytest.raises(ValueError, match="zero"):
        Normalize([0.5], [0.0])(minigrad.zeros(1, 2, 2))


def test_representations_say_what_was_asked_for():
    text = repr(Compose([Resize(64), ToTensor(), Normalize([0.5], [0.25])]))
    assert text.splitlines() == [
        "Compose(",
        "    Resize(size=64, interpolation=bilinear, max_size=None, antialias=True)",
        "    ToTensor()",
        "    Normalize(mean=[0.5], std=[0.25])",
        ")",
    ]


# -- Pillow --------------------------------------------------------------------------------------
def test_pillows_images_are_taken():
    image_module = pytest.importorskip("PIL.Image")
    grey = image_module.fromarray(BATCH[0])
    np.testing.assert_array_equal(ToTensor()(grey).numpy(), ToTensor()(BATCH[0]).numpy())
    assert ToTensor()(grey.convert("RGB")).shape == (3, 28, 28)
    assert ToTensor()(grey.point(lambda v: 255 * (v > 99), "1")).unique().tolist() == [0.0, 1.0]


def test_pillow_is_not_imported():
    code = (
        "import sys, numpy; from fashion import transforms;"
        "transforms.ToTensor()(numpy.zeros((2, 2), 'u1')); sys.exit('PIL' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_weights_of_each_new_pixel_add_up_to_one():
    for old, new in [(28, 64), (28, 5), (1, 7), (9, 9)]:
        matrix = transforms.weights(old, new)
        assert matrix.shape == (new, old) and (matrix >= 0).all()
        np.testing.assert_allclose(matrix.sum(axis=1), 1)
