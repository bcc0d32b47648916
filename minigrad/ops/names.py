"""torch's names in grad_fn, where they depend on how an operation was called."""

from __future__ import annotations

from ..autograd.engine import VARIANTS, Node


def _sum(node: Node) -> str:
    return f"SumBackward{int(node.kwargs['axis'] is not None)}"


def _mean(node: Node) -> str:
    return f"MeanBackward{int(node.kwargs['axis'] is not None)}"


def _max(node: Node) -> str:
    return "MaxBackward0" if node.kwargs else "MaxBackward1"


def _min(node: Node) -> str:
    return "MinBackward0" if node.kwargs else "MinBackward1"


def _matmul(node: Node) -> str:
    return ("Dot", "Mv", "Mm", "Bmm")[min(node.out.ndim, 3)] + "Backward0"


def _is_whole(i: object) -> bool:
    return type(i) is slice and i == slice(None)


def _index(node: Node) -> str:
    index = node.kwargs["index"]
    parts = index if isinstance(index, tuple) else (index,)
    kinds = {type(i) for i in parts if i is not Ellipsis and not _is_whole(i)}
    kind = "Select" if kinds == {int} else "Slice" if kinds == {slice} else "Index"
    return f"{kind}Backward0"


def _clamp(node: Node) -> str:
    return "ClampBackward1"


def _copy_slices(node: Node) -> str:
    return "CopySlices"


def _avg_pool(node: Node) -> str:
    return f"AvgPool{len(node.kwargs['windows'])}DBackward0"


def _max_pool(node: Node) -> str:
    return f"MaxPool{len(node.kwargs['windows'])}DWithIndicesBackward0"


VARIANTS |= {
    "sum": _sum, "mean": _mean, "max": _max, "min": _min, "matmul": _matmul, "index": _index,
    "clamp": _clamp, "copy_slices": _copy_slices, "avg_pool": _avg_pool, "max_pool": _max_pool,
}  # fmt: skip
