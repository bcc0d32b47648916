"""What draws random numbers: dropout."""

from __future__ import annotations

import numpy as np

from ..._tensor import Tensor
from ...autograd.engine import wrap
from ...autograd.errors import tensor_words
from ...ops.arguments import array_of
from ...random import Generator, stream
from .activation import in_place_or_not


def dropout(
    input: Tensor,
    p: float = 0.5,
    training: bool = True,
    inplace: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Each element set to 0 with probability p, and the others divided by 1 - p (Srivastava 2014).

    With training=False it does nothing. p outside [0, 1] is a ValueError.

    >>> nn.functional.dropout(tensor([1., 2.]), 0.5, training=False)
    tensor([1., 2.])
    """
    if not 0 <= p <= 1:
        raise ValueError(f"dropout probability has to be between 0 and 1, but got {p}")
    array = array_of(input, "dropout")
    if not training or p == 0:
        return input
    if array.dtype.kind != "f":
        raise RuntimeError(
            f"result type Float can't be cast to the desired output type of {tensor_words(input)}; "
            "dropout needs a floating point tensor"
        )
    kept = stream(generator).random(array.shape, np.float32) >= p
    factor = wrap(kept.astype(array.dtype) * (1 / (1 - p) if p < 1 else 0))
    return in_place_or_not(lambda x: x * factor, input, inplace)
