"""Where tensors live: always on the CPU. Others can be named, and nothing can be put there."""

from __future__ import annotations

from typing import Any

KNOWN = (
    "cpu", "cuda", "ipu", "xpu", "mkldnn", "opengl", "opencl", "ideep", "hip", "ve", "fpga", "maia",
    "xla", "lazy", "vulkan", "mps", "meta", "hpu", "mtia", "privateuseone",
)  # fmt: skip


class device:
    """A device by torch's name for it: tensors live on "cpu", and are refused on every other.

    `with device("cpu"):` says where new tensors go; RuntimeError for another one, and for a name
    that torch does not know.

    >>> device("cpu"), device("cuda", 1)
    (device(type='cpu'), device(type='cuda', index=1))
    >>> minigrad.zeros(2, device="cuda")
    Traceback (most recent call last):
    RuntimeError: minigrad runs on the CPU only, and device 'cuda' was asked for; use 'cpu'
    """

    def __init__(self, type: Any = "cpu", index: int | None = None) -> None:
        if isinstance(type, device):
            type, index = type.type, type.index
        if isinstance(type, int) and not isinstance(type, bool):
            raise RuntimeError(
                "Cannot access accelerator device when none is available: a number alone means a "
                f"GPU; found {type}, use 'cpu'"
            )
        name, _, number = str(type).partition(":")
        if name not in KNOWN or (number and not number.isdigit()):
            raise RuntimeError(
                f"Expected one of {', '.join(KNOWN)} device type at start of device string: {type}"
            )
        if number and index is not None:
            raise RuntimeError(f"type string must not include an index: {type!r} with {index}")
        self.type: str = name
        self.index: int | None = int(number) if number else index

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return str(self) == other
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash(str(self))

    def __enter__(self) -> device:
        return on_cpu(self)

    def __exit__(self, *error: object) -> None:
        pass

    def __reduce__(self) -> Any:
        return device, (self.type, self.index)

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type='{self.type}'{index})"

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"


CPU = device("cpu")


def on_cpu(where: Any) -> device:
    """The device that is meant, if it is the CPU; else the RuntimeError that says there is none.

    >>> on_cpu("cpu:0")
    device(type='cpu', index=0)
    """
    found = where if isinstance(where, device) else device(where)
    if found.type != "cpu":
        raise RuntimeError(
            f"minigrad runs on the CPU only, and device {str(found)!r} was asked for; use 'cpu'"
        )
    return found


def no_device(asked: str) -> Any:
    """Refuse what only a GPU could answer, with torch's exception type.

    >>> no_device("cuda.synchronize()")
    Traceback (most recent call last):
    AssertionError: cuda.synchronize(): there is no GPU here, minigrad runs on the CPU only
    """
    raise AssertionError(f"{asked}: there is no GPU here, minigrad runs on the CPU only")


def get_default_device() -> device:
    """Where new tensors go: the CPU.

    >>> get_default_device()
    device(type='cpu')
    """
    return CPU


def set_default_device(device: Any) -> None:
    """Say where new tensors go: the CPU or None; RuntimeError for any other device.

    >>> set_default_device("cpu")
    """
    if device is not None:
        on_cpu(device)
