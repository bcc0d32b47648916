"""Images that are changed a little each time they come: mirrored, moved.

It is one draw for each image of a batch, from a stream of random numbers of the batch's own. So a
run that goes on in the middle of an epoch sees the same images, and so do several processes.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray
PAD = 2  # pixels by which `crop` moves an image, at most


def flip(images: Array, draws: Array) -> Array:
    """Mirror about half of the images, left to right.

    `images` is (n, 1, h, w), `draws` (n, 3), from 0 to 1.

    >>> flip(np.array([[[[1, 2]]], [[[3, 4]]]]), np.array([[0.2, 0, 0], [0.7, 0, 0]])).ravel()
    array([2, 1, 3, 4])
    """
    return np.where(draws[:, 0, None, None, None] < 0.5, images[..., ::-1], images)


def crop(images: Array, draws: Array) -> Array:
    """Move each image by up to two pixels, in both directions; black comes in at the border.

    >>> moved = crop(np.ones((1, 1, 4, 4), int), np.array([[0, 0.99, 0.5]]))
    >>> moved[0, 0].tolist()
    [[1, 1, 1, 1], [1, 1, 1, 1], [0, 0, 0, 0], [0, 0, 0, 0]]
    """
    n, _, height, width = images.shape
    padded = np.pad(images[:, 0], ((0, 0), (PAD, PAD), (PAD, PAD)))
    top, left = (draws[:, 1:] * (2 * PAD + 1)).astype(np.intp).T[:, :, None]
    rows, columns = top + np.arange(height), left + np.arange(width)
    return padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]][:, None]


AUGMENTS: dict[str, list[Callable[[Array, Array], Array]]] = {
    "none": [], "flip": [flip], "crop": [crop], "flip-crop": [flip, crop],
}  # fmt: skip


def augmented(name: str, images: Array, draws: Array) -> Array:
    """Return the images, (n, 1, h, w), changed as `name` says.

    >>> augmented("none", np.ones((1, 1, 2, 2)), np.zeros((1, 3))).shape
    (1, 1, 2, 2)
    """
    for change in AUGMENTS[name]:
        images = change(images, draws)
    return np.ascontiguousarray(images)
