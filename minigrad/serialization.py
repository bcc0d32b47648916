"""Saving and loading: nested dicts and lists of tensors, numbers and strings, in one .npz file.

The file is an ordinary .npz, a zip of arrays that np.load opens too. Its first member,
``minigrad``, is JSON in UTF-8: the format's number, and the saved object with the names of the
other members in place of its tensors. Nothing is ever pickled, so loading a file runs no code of
it.

The file ends with the SHA-256 of all bytes before, as the zip's comment. It is checked first, and
so a file that was cut, altered or appended to is refused before anything in it is believed.
"""

from __future__ import annotations

import io
import math
import os
import re
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from ._files import contents, replacing
from .autograd.engine import Value, wrap
from .autograd.errors import TENSOR_NAMES, tensor_words
from .devices import device, on_cpu

if TYPE_CHECKING:
    import zipfile
    from pathlib import Path

FORMAT = 1  # a file with a larger number was made by a newer minigrad
_HEAD = "minigrad"  # the member that holds the JSON
_MARK = b"minigrad sha256 "  # what stands before the digest at the end of the file
_DIGEST = 64  # hexadecimal digits
_DEPTH = 100  # of nesting: enough for any state, and far from Python's own limit


class CheckpointError(ValueError):
    """A file that load() refuses: its path, and the reason, as attributes and in the message.

    >>> try:
    ...     minigrad.load(__import__("io").BytesIO(b"PK"))
    ... except ValueError as error:
    ...     print(error.reason)
    not a file of minigrad.save: it begins with b'PK'
    """

    def __init__(self, path: Any, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path, self.reason = path, reason


# -- saving --------------------------------------------------------------------------------------
def save(
    obj: Any,
    path: Any,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
    *,
    keep_previous: bool = False,
) -> None:
    """Write an object to a file, whole or not at all, so that load() gives it back.

    The object is a tensor, array, number, string, bool or None, or a dict, list or tuple of such,
    as a state_dict() is; anything else is a TypeError that names the place. Types, shapes and the
    order in memory are kept; whether a tensor requires a gradient is not.

    path is a file's name, taken as it is, or a file opened for binary writing. Under that name
    there is always the old file or the new one, also after a power cut: the new one is written
    beside it, forced to the disk, and renamed. With keep_previous the old one, if it is good, goes
    on as path + ".prev". torch's settings of pickle are accepted: nothing is pickled here.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "model.npz")
    >>> minigrad.save({"weight": tensor([1., 2.]), "epoch": 3}, path)
    >>> minigrad.load(path)
    {'weight': tensor([1., 2.]), 'epoch': 3}
    """
    data = _pack(obj)
    if hasattr(path, "write"):
        path.write(data)
        return
    _write(data, _file(path), keep_previous)


def _file(path: Any) -> Path:
    from pathlib import Path  # here and below: these modules cost half of `import minigrad`

    return Path(os.fspath(path))


def _pack(obj: Any) -> bytes:
    import hashlib
    import json
    import zipfile

    arrays: dict[str, np.ndarray] = {}
    head = {"format": FORMAT, "object": _tree(obj, (), arrays)}
    text = json.dumps(head, separators=(",", ":"))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as file:
        members = {_HEAD: np.frombuffer(text.encode(), np.uint8), **arrays}
        for name, array in members.items():
            member = zipfile.ZipInfo(f"{name}.npy")  # dated 1980: the same object, the same bytes
            with file.open(member, "w", force_zip64=array.nbytes > 2**30) as out:
                np.lib.format.write_array(out, array, allow_pickle=False)
        file.comment = _MARK + b"0" * _DIGEST
    body = buffer.getbuffer()[:-_DIGEST]
    return b"".join((body, hashlib.sha256(body).hexdigest().encode()))


def _tree(x: Any, place: tuple, arrays: dict[str, np.ndarray]) -> Any:
    """The object as JSON; its arrays go into the dict, and their names stand in their places."""
    if x is None or isinstance(x, (bool, str, int, float)):
        return x  # NumPy's float64 among them: json writes its repr as a float's
    if isinstance(x, np.generic):
        return _tree(x.item(), place, arrays)
    if len(place) > _DEPTH:
        raise ValueError(f"save(): {_path(place[:4])}... is nested too deep, or contains itself")
    if isinstance(x, (Value, np.ndarray)):
        array = x._array if isinstance(x, Value) else x
        if array.dtype.kind not in "biuf":
            raise TypeError(
                f"save(): cannot store {_path(place)}, an array of {array.dtype}; only numbers "
                "and bools"
            )
        name = _member_name(place, arrays)
        arrays[name] = array
        return {"tensor" if isinstance(x, Value) else "array": name}
    if isinstance(x, dict):
        items = []
        for key, value in x.items():
            if not isinstance(key, (str, int, float, bool)) and key is not None:
                raise TypeError(
                    f"save(): cannot store the key {tensor_words(key)} of {_path(place)}; keys are "
                    "strings or numbers"
                )
            items.append([key, _tree(value, (*place, key), arrays)])
        return {"dict": items}
    if isinstance(x, (list, tuple)):
        items = [_tree(value, (*place, i), arrays) for i, value in enumerate(x)]
        return items if isinstance(x, list) else {"tuple": items}
    raise TypeError(
        f"save(): cannot store {_path(place)}, a {type(x).__name__}; only tensors, arrays, "
        "numbers, strings, bools and None, and dicts, lists and tuples of these (of a module or an "
        "optimizer its state_dict())"
    )


def _path(place: tuple) -> str:
    return "obj" + "".join(f"[{key!r}]" for key in place)


def _member_name(place: tuple, taken: dict) -> str:
    """A name that says where the array belongs, for those who open the file with np.load."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", ".".join(map(str, place)))[:100] or "tensor"
    while name in taken or name == _HEAD:
        name += "_"
    return name


def _write(data: bytes, path: Path, keep_previous: bool) -> None:
    with replacing(path) as file:
        file.write(data)
        if keep_previous:
            # The old file steps back only for a new one that no power cut can take away.
            file.flush()
            os.fsync(file.fileno())
            _keep(path)


def _keep(path: Path) -> None:
    """Give the present file its second name, unless it is not worth it."""
    try:
        _checked(_read(path, path), path)
    except (CheckpointError, FileNotFoundError):
        return
    previous = previous_path(path)
    with suppress(FileNotFoundError):
        os.unlink(previous)
    try:
        os.link(path, previous)  # so that the file is there under its own name all the time
    except (OSError, NotImplementedError, AttributeError):  # a file system without links
        os.replace(path, previous)


def previous_path(path: Any) -> Path:
    """Where save(..., keep_previous=True) keeps the file that was there before.

    >>> str(minigrad.serialization.previous_path("model.npz"))
    'model.npz.prev'
    """
    path = _file(path)
    return path.with_name(path.name + ".prev")


# -- loading -------------------------------------------------------------------------------------
def load(
    path: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
) -> Any:
    """The object that save() wrote to a file, given by its name or opened for binary reading.

    A file that is cut, altered, not of minigrad.save or of a newer minigrad is refused with
    CheckpointError, a ValueError that names the file and the reason; so is a name that stands for
    no regular file, such as a FIFO. No file makes it take more memory than three times its size.

    map_location may be "cpu"; a function or a dict, which would move tensors between devices, moves
    none. weights_only may be anything: no file runs code here. pickle_module and mmap are accepted,
    too; nothing is pickled, and the file is read as a whole.

    >>> import io
    >>> file = io.BytesIO()
    >>> minigrad.save([tensor([1, 2]), (0.5, None)], file)
    >>> _ = file.seek(0)
    >>> minigrad.load(file)
    [tensor([1, 2]), (0.5, None)]
    """
    if isinstance(map_location, (str, device)):
        on_cpu(map_location)
    if hasattr(path, "read"):
        return _unpack(path.read(), getattr(path, "name", "<file>"))
    return _unpack(_read(_file(path), path), path)


def _read(file: Path, path: Any) -> bytes:
    try:
        return contents(file)
    except ValueError as error:
        raise CheckpointError(path, str(error).removeprefix(f"{file}: ")) from None


def load_latest(
    path: Any, check: Callable[[Any], Any] | None = None
) -> tuple[Any, Path, list[CheckpointError]]:
    """The newest good one of a file and its previous version: (object, path used, refusals).

    check(obj) may refuse what does not suit by raising ValueError with the reason. The refusals are
    for telling the user. Raises FileNotFoundError if there is no file, and CheckpointError if none
    is good.

    >>> import os, tempfile
    >>> path = os.path.join(tempfile.mkdtemp(), "run.npz")
    >>> minigrad.save(1, path)
    >>> minigrad.save(2, path, keep_previous=True)
    >>> _ = open(path, "r+b").truncate(100)
    >>> found, used, refusals = minigrad.serialization.load_latest(path)
    >>> found, used.name, refusals[0].reason
    (1, 'run.npz.prev', 'cut short or altered: it does not end with its checksum')
    """
    newest = _file(path)
    refusals: list[CheckpointError] = []
    for candidate in (newest, previous_path(newest)):
        try:
            obj = load(candidate)
            if check is not None:
                check(obj)
            return obj, candidate, refusals
        except FileNotFoundError:
            continue
        except CheckpointError as error:
            refusals.append(error)
        except ValueError as error:  # check's
            refusals.append(CheckpointError(candidate, str(error)))
    if not refusals:
        raise FileNotFoundError(2, "no such file, and none kept from before", str(newest))
    if len(refusals) == 1:
        raise refusals[0]
    first, second = refusals
    raise CheckpointError(newest, f"{first.reason}; and {second.path.name}: {second.reason}")


def _checked(data: bytes, path: Any) -> memoryview:
    """The file without its digest, once that has been found right."""
    import hashlib

    if not data:
        raise CheckpointError(path, "the file is empty")
    view = memoryview(data)
    start = b"PK\x03\x04", f"{_HEAD}.npy".encode()
    if view[:4] != start[0] or view[30 : 30 + len(start[1])] != start[1]:
        raise CheckpointError(
            path, f"not a file of minigrad.save: it begins with {bytes(view[:8])!r}"
        )
    body = view[:-_DIGEST]
    if body[-len(_MARK) :] != _MARK:
        raise CheckpointError(path, "cut short or altered: it does not end with its checksum")
    stated, found = bytes(view[-_DIGEST:]), hashlib.sha256(body).hexdigest()
    if stated != found.encode():
        raise CheckpointError(
            path,
            f"altered: the SHA-256 of its content is {found}, and it should be "
            f"{stated.decode('ascii', 'replace')}",
        )
    return body


def _unpack(data: bytes, path: Any) -> Any:
    import json
    import zipfile

    _checked(data, path)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as file:
            unused = _members(file, len(data))

            def take(name: str) -> np.ndarray:
                unused.remove(name)  # once only: few bytes must not become many arrays
                return _member(file, name)

            head = json.loads(take(_HEAD).tobytes())
            number = head["format"]
            if type(number) is not int or number < 1:
                raise ValueError(f"format {number!r} is no number of a format")
            if number > FORMAT:
                raise CheckpointError(
                    path,
                    f"made by a newer minigrad: format {number}, and this one reads formats up to "
                    f"{FORMAT}; update minigrad",
                )
            found = _object(head["object"], take)
            if unused:
                raise ValueError(f"nothing uses its member {min(unused)}")
            return found
    except CheckpointError:
        raise
    except Exception as error:  # the bytes are in memory: whatever fails now fails by their content
        reason = f"{type(error).__name__}: {error}"
        raise CheckpointError(
            path, f"made by something else than minigrad.save ({reason})"
        ) from None


def _members(file: zipfile.ZipFile, size: int) -> set[str]:
    """The names of the arrays in a file of this size, if they can be those of minigrad.save."""
    infos = file.infolist()
    names = {info.filename.removesuffix(".npy") for info in infos}
    if len(names) != len(infos):
        raise ValueError("a member is there twice")
    for info in infos:
        if not re.fullmatch(r"[A-Za-z0-9._-]+\.npy", info.filename):
            raise ValueError(f"{info.filename!r} is no name of a member")
    if sum(info.file_size for info in infos) > size:
        raise ValueError("its members are larger than the file: they overlap, or are compressed")
    return names


def _member(file: zipfile.ZipFile, name: str) -> np.ndarray:
    """One array; its header is held against the bytes that are there before any memory is taken."""
    import zipfile

    info = file.getinfo(f"{name}.npy")
    if info.compress_type != zipfile.ZIP_STORED:
        raise ValueError(f"member {name} is compressed")
    data = io.BytesIO(file.read(info))
    version = np.lib.format.read_magic(data)
    if version not in ((1, 0), (2, 0)):
        raise ValueError(f"member {name} is an array of format {version}")
    first = version == (1, 0)
    reader = np.lib.format.read_array_header_1_0 if first else np.lib.format.read_array_header_2_0
    shape, _, dtype = reader(data)
    if dtype.kind not in "biuf":
        raise ValueError(f"member {name} is an array of {dtype}")
    there = len(data.getbuffer()) - data.tell()
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != there:
        raise ValueError(f"member {name} has {there} bytes for {dtype} of shape {shape}")
    data.seek(0)
    return np.lib.format.read_array(data, allow_pickle=False)


def _object(tree: Any, take: Callable[[str], np.ndarray]) -> Any:
    if tree is None or isinstance(tree, (bool, str, int, float)):
        return tree
    if isinstance(tree, list):
        return [_object(x, take) for x in tree]
    ((kind, content),) = tree.items()
    if kind == "dict":
        return {key: _object(value, take) for key, value in content}
    if kind == "tuple":
        return tuple(_object(x, take) for x in content)
    if kind == "array":
        return take(content)
    if kind == "tensor":
        array = take(content)
        if array.dtype not in TENSOR_NAMES:
            raise ValueError(f"member {content} is no tensor but an array of {array.dtype}")
        return wrap(array)
    raise ValueError(f"{kind!r} is no kind of object")
