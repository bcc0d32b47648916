"""One line of the table, and the check that both of its sides did the same work."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

TOLERANCE = 1e-3  # relative; float32 sums in another order differ by about 1e-5 after ten epochs


class Disagreement(Exception):
    """Two contestants did not do the same work; their times mean nothing."""


@dataclass
class Figure:
    """One line of the table: what was compared, in ratios ours / theirs, one for each round."""

    row: str
    what: str
    against: str
    ratios: list[float]
    ours: float | None  # the median, in `unit`
    theirs: float | None
    unit: str = "ms"
    bar: float | None = None  # what the ratio, or without one `ours`, is to stay below ...
    absolute: bool = False  # ... or `ours` in any case
    settings: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return statistics.median(self.ratios) if self.ratios else None

    @property
    def spread(self) -> tuple[float, float]:
        """The quartiles of the ratios."""
        return quartiles(self.ratios)

    @property
    def met(self) -> bool | None:
        if self.bar is None:
            return None
        value = self.ours if self.absolute or self.ratio is None else self.ratio
        return value is not None and value <= self.bar


def quartiles(values: Sequence[float]) -> tuple[float, float]:
    """Return the first and third quartile of values.

    >>> quartiles([1.0, 2.0, 3.0, 4.0, 5.0])
    (2.0, 4.0)
    """
    if len(values) < 2:
        return (values[0], values[0])
    first, _, third = statistics.quantiles(values, n=4, method="inclusive")
    return first, third


def agree(us: str, mine: Any, them: str, yours: Any, tolerance: float = TOLERANCE) -> None:
    """Raise `Disagreement` when two results, numbers or lists of them, are not about the same.

    >>> agree("A", 0.4470001, "B", 0.447)
    >>> agree("A", 0.6, "B", 0.5)
    Traceback (most recent call last):
    ...
    benchmark.figures.Disagreement: B reached a loss of 0.5 and A 0.6 from the same start: ...
    """
    pairs = zip(mine, yours, strict=True) if isinstance(mine, list) else [(mine, yours)]
    for a, b in pairs:
        if not math.isclose(a, b, rel_tol=tolerance, abs_tol=1e-6):
            raise Disagreement(
                f"{them} reached a loss of {b:.7g} and {us} {a:.7g} from the same start: "
                "not the same work"
            )


def figure(
    row: str, what: str, against: str, ours: Sequence[float], theirs: Sequence[float],
    bar: float | None = None, per: int = 1, unit: str = "ms", **settings: Any,
) -> Figure:  # fmt: skip
    """A line of the table from paired seconds, or bytes, each for `per` repetitions."""
    scale = {"s": 1, "ms": 1e3, "us": 1e6, "MB": 1e-6}[unit] / per
    ratios = [a / b for a, b in zip(ours, theirs, strict=True)]
    medians = statistics.median(ours) * scale, statistics.median(theirs) * scale
    return Figure(row, what, against, ratios, *medians, unit, bar, settings=settings)
