"""Samples become batches: Tensors of arrays and numbers, within lists and dicts."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..._tensor import Tensor
from ...creation import from_numpy, tensor
from ...dtypes import float64
from ...ops.shaping import stack


def default_convert(data: Any) -> Any:
    """Make Tensors of the arrays in a batch, wherever they are in it; a tuple becomes a list.

    >>> default_convert((np.ones(2, np.float32), {"label": "shirt"}))
    [tensor([1., 1.]), {'label': 'shirt'}]
    """
    if isinstance(data, Tensor):
        return data
    if isinstance(data, (np.ndarray, np.generic)):
        array = np.asarray(data)
        return from_numpy(array) if array.dtype.kind in "bifu" else data
    if isinstance(data, tuple) and hasattr(data, "_fields"):
        return type(data)(*map(default_convert, data))
    if isinstance(data, (tuple, list)):
        return [default_convert(value) for value in data]
    if isinstance(data, Mapping):  # last: asking an abstract class takes longest
        return _like(data, {key: default_convert(value) for key, value in data.items()})
    return data


def default_collate(batch: Sequence[Any]) -> Any:
    """Make a batch of samples: Tensors of numbers, arrays and Tensors, within lists and dicts.

    A list of pairs becomes a pair of batches. Strings stay as they are. Python floats become
    float64, as in torch. TypeError for what can be no part of a batch, RuntimeError for unequal
    lengths.

    >>> default_collate([(np.zeros(2), 3, "coat"), (np.ones(2), 4, "bag")])
    [tensor([[0., 0.],
            [1., 1.]], dtype=torch.float64), tensor([3, 4]), ('coat', 'bag')]
    """
    first = batch[0]
    if isinstance(first, Tensor):
        return stack(list(batch))
    if isinstance(first, (np.ndarray, np.generic)) and first.dtype.kind in "bifu":
        return from_numpy(np.stack(batch))
    if isinstance(first, float):
        return tensor(batch, dtype=float64)
    if isinstance(first, int):
        return tensor(batch)
    if isinstance(first, (str, bytes)):
        return batch
    if isinstance(first, Mapping):
        joined = {key: default_collate([sample[key] for sample in batch]) for key in first}
        return _like(first, joined)
    if isinstance(first, Sequence):
        if any(len(sample) != len(first) for sample in batch):
            raise RuntimeError("each element in list of batch should be of equal size")
        columns = [default_collate(column) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns
    raise TypeError(
        "default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists; "
        f"found {type(first)}"
    )


def _like(example: Mapping[Any, Any], values: dict[Any, Any]) -> Any:
    """Give values the type of the example, with whatever else the example holds."""
    try:
        clone: Any = copy.copy(example)
        clone.update(values)
        return clone
    except (AttributeError, TypeError):
        return values
