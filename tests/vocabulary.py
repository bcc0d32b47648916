"""Which operations there are: the functions that each family offers, and the methods it lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from minigrad.ops import (
    arranging,
    comparison,
    drawing,
    elementwise,
    indexing,
    linalg,
    matrices,
    numbers,
    products,
    putting,
    reduction,
    running,
    shaping,
    softmax,
    special,
    statistics,
)

FAMILIES: dict[Any, type] = {
    elementwise: elementwise.Elementwise,
    special: special.Special,
    numbers: numbers.Numbers,
    comparison: comparison.Comparisons,
    reduction: reduction.Reductions,
    shaping: shaping.Shaping,
    indexing: indexing.Indexing,
    linalg: linalg.LinearAlgebra,
    running: running.Running,
    statistics: statistics.Statistics,
    arranging: arranging.Arranging,
    putting: putting.Putting,
    products: products.Products,
    matrices: matrices.Matrices,
    drawing: drawing.Drawing,
    softmax: softmax.Softmax,
}
FUNCTIONS: dict[str, Callable] = {
    name: getattr(family, name) for family in FAMILIES for name in family.__all__
}
METHODS: dict[str, Any] = {
    name: method
    for table in FAMILIES.values()
    for name, method in vars(table).items()
    if not name.startswith("_") and callable(method)
}
