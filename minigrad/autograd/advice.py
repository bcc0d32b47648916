"""What to write instead: for each operation, the operands at which it makes a nan or an inf.

Messages of detect_anomaly() end with one of these sentences.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

LOGS = {"log": 0, "log2": 0, "log10": 0, "log1p": -1}  # where each is -inf
EXPONENTIALS = {"exp": math.e, "exp2": 2, "expm1": math.e, "sinh": math.e, "cosh": math.e}


def instead(name: str, values: dict[str, Any], dtype: np.dtype, backward: bool) -> str:
    """A sentence for an operation with these operands, by the names that its rule has for them.

    >>> instead("exp", {"x": 100.0}, np.dtype("float32"), False)[:63]
    'exp(100.0) is inf: float32 ends at exp(88.7). Take the largest '
    """
    x, a, b = values.get("x"), values.get("a"), values.get("b")
    if name in LOGS and x is not None:
        end = LOGS[name]
        if x < end:
            return (
                f"{name} of a number below {end} is nan: keep it above, as in "
                f"x.clamp(min={end + 1e-6:g}).{name}()"
            )
        return (
            f"{name}({end}) is -inf, and its slope there infinite: x.clamp(min={end + 1e-6:g})"
            f".{name}() keeps away from it; for the logarithm of a softmax use log_softmax or "
            f"cross_entropy, for that of a sigmoid binary_cross_entropy_with_logits"
        )
    if name in EXPONENTIALS and x is not None:
        most = math.log(float(np.finfo(dtype).max), EXPONENTIALS[name])
        return (
            f"{name}({x:.6g}) is inf: {dtype} ends at {name}({math.floor(most * 10) / 10}). Take "
            f"the largest element off before, as softmax, log_softmax, logsumexp, sigmoid, softplus"
            f" and cross_entropy do; use them instead of their formula"
        ).replace(f"({x:.6g}) is", f"({x!r}) is")
    if name in ("sqrt", "rsqrt") and x is not None:
        if x < 0:
            return f"{name} of a negative number is nan: x.clamp(min=1e-12).{name}(), or x.abs()"
        return (
            f"the slope of {name} at 0 is infinite: for a length use norm(), for a deviation "
            f"std(), whose gradients at 0 are 0 here; otherwise (x + 1e-12).sqrt()"
        )
    if name == "pow" and a is not None:
        if a < 0:
            return "a negative number to a broken power is nan: x.abs() ** b, or clamp it"
        return "the slope of x ** b at 0 is infinite for b below 1: (x + 1e-12) ** b"
    if name in ("asin", "acos") and x is not None:
        if abs(x) > 1:
            return f"{name} is nan beyond 1: x.clamp(-1, 1).{name}()"
        return f"the slope of {name} at 1 is infinite: x.clamp(-1 + 1e-6, 1 - 1e-6).{name}()"
    if name in ("div", "remainder", "reciprocal"):
        if a is not None and b is not None and math.isinf(a) and math.isinf(b):
            return (
                "inf / inf is nan. If this is exp(x) / exp(x).sum(), use softmax(x, dim), which "
                "takes the largest element off before; for its logarithm log_softmax or "
                "cross_entropy"
            )
        return (
            "a division by 0: keep the divisor away from it, as in a / (b + 1e-12) or "
            "a / b.clamp(min=1e-12)"
        )
    if name in ("add", "sub", "mul"):
        return "keep the operands finite: look at the operation that made the inf"
    if name in ("softmax", "log_softmax", "logsumexp"):
        return f"{name} of a row that is all -inf, or holds inf, is nan: mask with a finite number"
    if name == "mean":
        return "the mean of no elements is nan: test t.numel() before"
    if backward:
        return "a slope is infinite here, or 0 times an inf: keep the arguments of it finite"
    return "look at the arguments, and keep them where the operation is finite"
