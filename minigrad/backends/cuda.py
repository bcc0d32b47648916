"""torch.backends.cuda's switches; they change nothing here."""

from __future__ import annotations


class Matmul:
    """How a GPU would multiply matrices; each switch can be set.

    >>> minigrad.backends.cuda.matmul.allow_tf32 = False
    """

    allow_tf32: bool = False
    allow_fp16_reduced_precision_reduction: bool = True
    allow_bf16_reduced_precision_reduction: bool = True


matmul = Matmul()


def is_built() -> bool:
    """False: there is no CUDA here.

    >>> minigrad.backends.cuda.is_built()
    False
    """
    return False


def enable_flash_sdp(enabled: bool) -> None:
    """Nothing: attention has one way to be computed here."""


def enable_mem_efficient_sdp(enabled: bool) -> None:
    """Nothing: attention has one way to be computed here."""


def enable_math_sdp(enabled: bool) -> None:
    """Nothing: attention has one way to be computed here, this one."""


def flash_sdp_enabled() -> bool:
    """False: attention has one way to be computed here, the plain one."""
    return False


def mem_efficient_sdp_enabled() -> bool:
    """False: attention has one way to be computed here, the plain one."""
    return False


def math_sdp_enabled() -> bool:
    """True: attention is computed in the plain way."""
    return True
