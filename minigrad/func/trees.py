"""Trees: tensors inside tuples, lists and dicts, however deep, taken apart and put together."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any


def flat(tree: Any) -> list[Any]:
    """What stands at the leaves of a tree, in order; of a dict in the order of its keys.

    >>> from minigrad.func.trees import flat
    >>> flat({"b": [1, (2, None)], "a": 3})
    [1, 2, None, 3]
    """
    found = children(tree)
    return [tree] if found is None else [leaf for child in found for leaf in flat(child)]


def children(tree: Any) -> list[Any] | None:
    """What a tuple, list or dict holds; None for what is none of these."""
    if isinstance(tree, (tuple, list)):
        return list(tree)
    return list(tree.values()) if type(tree) in (dict, OrderedDict) else None


def rebuilt(tree: Any, parts: list[Any]) -> Any:
    """A container like this one, which holds these."""
    if isinstance(tree, dict):
        return type(tree)(zip(tree, parts, strict=True))
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def mapped(change: Callable[..., Any], tree: Any, *others: Any) -> Any:
    """The tree with each leaf changed; the others are trees of the same structure.

    >>> from minigrad.func.trees import mapped
    >>> mapped(lambda x, y: x + y, (1, {"a": 2}), (10, {"a": 20}))
    (11, {'a': 22})
    """
    found = children(tree)
    if found is None:
        return change(tree, *others)
    beside: list[Any] = [
        [other[key] for key in tree] if isinstance(tree, dict) else children(other)
        for other in others
    ]
    return rebuilt(tree, [mapped(change, *row) for row in zip(found, *beside, strict=True)])


def structure(tree: Any) -> Any:
    """The tree without what it holds: two trees of one structure have an equal one.

    >>> from minigrad.func.trees import structure
    >>> structure((1, [2])), structure((1, [2])) == structure((1, (2,)))
    ((*, [*]), False)
    """
    found = children(tree)
    return _LEAF if found is None else rebuilt(tree, [structure(child) for child in found])


class _Leaf:
    def __repr__(self) -> str:
        return "*"


_LEAF = _Leaf()
