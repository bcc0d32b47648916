"""Who made it?  From a bad element of a result back to the operation that made it, and its words.

The graph has all that is needed: the arrays each operation was given, and what came out.
"""

from __future__ import annotations

import linecache
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .advice import instead
from .engine import NAMES, Node, Value
from .errors import tensor_words
from .tracing import argument_names
from .watching import origin_of

# Of these, each element of the result is made of one element of each argument, broadcast:
ELEMENTWISE = set(
    "abs acos add asin atan atan2 binary_cross_entropy ceil clamp clone cos cosh div erf exp exp2 "
    "expm1 floor floor_divide log log10 log1p log2 logaddexp maximum minimum mul neg pow "
    "reciprocal relu remainder round rsqrt sigmoid sign sin sinh sqrt sub tan tanh to_copy "
    "where".split()
)
# and of these, each is an element of an argument:
MOVING = set(
    "as_strided cat copy_slices diagonal expand flip index permute roll stack transpose unfold "
    "view".split()
)
FORMULAS = {"add": "a + b", "sub": "a - b", "mul": "a * b", "div": "a / b", "pow": "a ** b"}
Index = tuple[int, ...]


# -- forward: from a bad element back to where it was made -----------------------------------------
def forward_words(root: Node, kind: str) -> str:
    """What to say of a result that is nan, or inf."""
    node, index, i = birth(root, first(root.out, kind), kind)
    name, names, known = (
        NAMES[node.fn],
        argument_names(node.fn, len(node.raw or ())),
        names_in(node),
    )
    if i is not None:
        lines = [
            f"{kind} in the forward pass: it was there before, in {known[i] or names[i]}, element "
            f"{index} of {tensor_words(node.raw[i])}",  # type: ignore[index]
            f"it came in with {called(node)}",
            "Instead: look at your data; of a parameter, at the optimiser's last step",
        ]
        return "\n  ".join(lines)
    values, blamed = operands(node, index), node
    what = f"given {', '.join(map(tensor_words, node.raw or ()))}"
    if values:
        what = f"{FORMULAS.get(name) or f'{name}(x)'} with {in_words(values)}"
    lines = [f"{kind} in the forward pass: {name} made it, {what}, element {index}", called(node)]
    for j, x in enumerate(node.raw or ()):
        line, parent = names[j], node.parents[j]
        if known[j] not in (None, line):
            line += f" is {known[j]}"
        if isinstance(parent, Node):
            line += f", made by {called(parent)}"
            if values and np.isinf(at(x, index)):
                maker, there, outside = birth(parent, aligned(index, x.shape), "inf")
                if outside is None:
                    line += f"; the inf was made by {_maker(maker, there, parent)}"
                    if not all(map(np.isinf, values.values())):  # inf / inf has its own advice
                        blamed = maker
                        index = there
        if line != names[j]:
            lines.append(line)
    advice = instead(NAMES[blamed.fn], operands(blamed, index), blamed.out.dtype, False)
    return "\n  ".join([*lines, f"Instead: {advice}"])


def _maker(node: Node, index: Index, known: Node) -> str:
    """An operation that made an inf, and of what; in short if it has just been named."""
    values = operands(node, index)
    words = "it" if node is known else called(node)
    return f"{words}, with {in_words(values)}" if values else words


def birth(node: Node, index: Index, kind: str) -> tuple[Node, Index, int | None]:
    """Follow a bad element of a result back: who made it, and the element there.

    Or, with the position of an argument, what that held before, though no operation was recorded.
    """
    while True:
        found = _came_from(node, index, kind)
        if found is None:
            return node, index, None
        i, index = found
        if not isinstance(node.parents[i], Node) or node.parents[i].raw is None:
            return node, index, i
        node = node.parents[i]


def _came_from(node: Node, index: Index, kind: str) -> tuple[int, Index] | None:
    """The argument that had the bad element, and where; None if the operation made it."""
    name, raw = NAMES[node.fn], list(node.raw or ())
    arrays = {i: x for i, x in enumerate(raw) if isinstance(x, np.ndarray)}
    if name in MOVING:
        starts, end = {}, 0
        for i, x in arrays.items():  # number the elements of all arguments, and move the numbers
            starts[i], raw[i] = end, np.arange(end, end + x.size).reshape(x.shape)
            end += x.size
        number = int(np.asarray(node.fn(*raw, **node.kwargs))[index])
        i = max(i for i, start in starts.items() if start <= number and arrays[i].size)
        return i, _ints(np.unravel_index(number - starts[i], arrays[i].shape))
    by_element = is_elementwise(node)
    for i, x in arrays.items():
        if x.dtype.kind != "f":
            continue
        if not by_element:
            if _is(kind)(x).any():
                return i, first(x, kind)
        elif _is(kind)(at(x, index)) and not leaves_out(name, raw, i, index):
            return i, aligned(index, x.shape)
    return None


def is_elementwise(node: Node) -> bool:
    """Is each element of the result made of one of each argument?"""
    shapes = [x.shape for x in node.raw or () if isinstance(x, np.ndarray)]
    return NAMES[node.fn] in ELEMENTWISE and np.broadcast_shapes(*shapes) == node.out.shape


def leaves_out(name: str, raw: Sequence[Any], i: int, index: Index) -> bool:
    """Does this element of the result of `where` or the like not depend on argument i?"""
    if name == "where":
        choice = bool(at(raw[0 if len(raw) == 3 else 1], index))
        return i != (2 - choice if len(raw) == 3 else 0) or (len(raw) == 2 and choice)
    if name == "relu":
        return bool(at(raw[0], index) <= 0)
    if name == "clamp":
        x, low, high = (at(x, index) for x in raw)
        return (low is not None and bool(x < low)) or (high is not None and bool(x > high))
    if name in ("maximum", "minimum"):
        own, other = at(raw[i], index), at(raw[1 - i], index)
        return bool(own < other) if name == "maximum" else bool(own > other)
    return False


# -- words -----------------------------------------------------------------------------------------
def called(node: Node) -> str:
    """An operation, and the user's line where it was called."""
    origin = origin_of(node)
    name, place = NAMES[node.fn], origin.place
    if place is None:
        return f"{name}, recorded before anybody watched"
    by = "" if origin.cause is None else f" by the rule of {NAMES[origin.cause.fn]}"
    line = linecache.getline(place.file, place.line).strip()
    return f"{name}, called{by} at {place}" + f" `{line}`" * bool(line)


def names_in(node: Node) -> Sequence[str | None]:
    """The user's names for the arguments."""
    return origin_of(node).names or (None,) * len(node.raw or ())


def operands(node: Node, index: Index) -> dict[str, Any]:
    """What an elementwise operation made this element of, by the names its rules have for them."""
    if not is_elementwise(node):
        return {}
    names = argument_names(node.fn, len(node.raw or ()))
    pairs = zip(names, node.raw or (), strict=True)
    return {n: at(x, index) for n, x in pairs if isinstance(x, (np.ndarray, int, float))}


def in_words(values: dict[str, Any]) -> str:
    """Numbers with their names."""
    return ", ".join(
        f"{k} = {v:.6g}" if isinstance(v, float) and not v.is_integer() else f"{k} = {v}"
        for k, v in values.items()
    )


def aligned(index: Index, shape: tuple[int, ...]) -> Index:
    """Where an element of a broadcast comes from, in an operand of this shape."""
    own = index[len(index) - len(shape) :]
    return tuple(0 if n == 1 else i for i, n in zip(own, shape, strict=True))


def at(x: Any, index: Index) -> Any:
    """The number that an operand has for this element of a broadcast."""
    return x[aligned(index, x.shape)].item() if isinstance(x, np.ndarray) else x


def array_of(g: Any) -> Any:
    """A gradient as an array."""
    g = g._array if isinstance(g, Value) else g
    return np.asarray(g) if isinstance(g, np.generic) else g


def _is(kind: str) -> Callable:
    return np.isnan if kind == "nan" else np.isinf


def first(array: np.ndarray, kind: str) -> Index:
    """The index of the first element that is nan, or inf."""
    return _ints(np.argwhere(_is(kind)(array))[0])


def _ints(index: Any) -> Index:
    return tuple(int(n) for n in index)
