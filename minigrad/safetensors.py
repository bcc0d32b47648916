"""Files of tensors in the format safetensors, which torch, JAX and others read and write.

The format is public and small: the length of a header as 8 bytes, the header as JSON, the bytes of
all tensors. So it is written here by hand and needs no other package. A file holds numbers and
names only: to read one from a stranger runs no code.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np

from ._files import contents, replacing
from ._tensor import Tensor
from .autograd.engine import Value, wrap

__all__ = ["load_file", "save_file"]

TYPES = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2",
    "I8": "|i1", "U8": "|u1", "BOOL": "|b1",
}  # fmt: skip
NAMES = {np.dtype(code): name for name, code in TYPES.items()}
LONGEST = 100_000_000  # bytes of a header, as the format says


def save_file(
    tensors: Mapping[str, Any], filename: str | PathLike, metadata: Mapping[str, str] | None = None
) -> None:
    """Write named tensors, such as a state_dict(), into a file; metadata are texts by name.

    The file appears whole or not at all. TypeError for what is neither a tensor nor an array.

    >>> save_file({"w": tensor([[1., 2.]]), "b": tensor([3])}, "net.safetensors")
    >>> load_file("net.safetensors")["w"]
    tensor([[1., 2.]])
    """
    header: dict[str, Any] = {} if metadata is None else {"__metadata__": dict(metadata)}
    parts, end = [], 0
    arrays = {name: _array(name, t) for name, t in tensors.items()}
    for name, array in sorted(arrays.items(), key=lambda item: (-item[1].itemsize, item[0])):
        begin, end = end, end + array.nbytes
        kind = NAMES[array.dtype]
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [begin, end]}
        parts.append(array.tobytes())
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # so that the numbers begin at a multiple of 8
    with replacing(filename) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for part in parts:
            file.write(part)


def _array(name: str, t: Any) -> np.ndarray:
    array = t._array if isinstance(t, Value) else t
    if not isinstance(array, np.ndarray):
        raise TypeError(f"{name!r} is a {type(t).__name__}, expected a Tensor or an array")
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if array.dtype not in NAMES:
        raise TypeError(f"{name!r} is of {array.dtype}, which the format has no name for")
    return array


def load_file(filename: str | PathLike) -> dict[str, Tensor]:
    """The tensors of a file, by name; none requires a gradient.

    ValueError, which names the file and what is wrong, for a file that is cut or not of this
    format. Types that NumPy does not have, such as BF16, are refused.
    """
    path = Path(filename)
    data = contents(path)
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(LONGEST, len(data) - 8):
        raise ValueError(f"{path}: no safetensors file, or cut: it has {len(data)} bytes")
    try:
        header = json.loads(data[8 : 8 + length])
        header.pop("__metadata__", None)
        found = {name: _entry(**about) for name, about in header.items()}
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise ValueError(f"{path}: its header is not that of a safetensors file: {error}") from None
    numbers, at = memoryview(data)[8 + length :], 0
    for name, (_, _, begin, end) in sorted(found.items(), key=lambda item: item[1][2:]):
        if begin != at:
            raise ValueError(f"{path}: {name!r} begins at byte {begin}, expected is {at}")
        at = end
    if at != len(numbers):
        raise ValueError(f"{path}: {len(numbers)} bytes of numbers, expected are {at}")
    return {
        name: wrap(
            np.frombuffer(numbers[begin:end], kind).reshape(shape).astype(kind.newbyteorder("="))
        )
        for name, (kind, shape, begin, end) in found.items()
    }


def _entry(dtype: str, shape: list[int], data_offsets: list[int]) -> tuple:
    """The type, the shape, and where the bytes are; ValueError unless they fit each other."""
    if dtype not in TYPES:
        raise ValueError(f"the type {dtype} is not one of {', '.join(TYPES)}")
    kind, (begin, end) = np.dtype(TYPES[dtype]), data_offsets
    if any(type(n) is not int or n < 0 for n in (*shape, begin, end)):
        raise ValueError(f"shape {shape} and offsets {data_offsets} must be whole numbers")
    if end - begin != math.prod(shape) * kind.itemsize:
        raise ValueError(f"{end - begin} bytes for the shape {shape} of {dtype}")
    return kind, shape, begin, end
