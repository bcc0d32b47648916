"""The two ways to ask for gradients: backward() leaves them in .grad, grad() returns them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import numpy as np

from .changes import mark_changed
from .engine import Leaf, Node, Value, backprop, rebased, wrap
from .errors import tensor_words
from .grad_mode import enable_grad, mode
from .place import GradientEdge, careful
from .views import Nowhere


def backward(
    tensors: Any,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Add the gradient of the tensors to .grad of each leaf they were made from, as torch's.

    A tensor of more than one element needs its own gradient in grad_tensors. With inputs, only
    those tensors get a gradient. Raises RuntimeError where there is nothing to differentiate, or
    where an earlier call without retain_graph=True has freed the graph.
    """
    asked = None if inputs is None else {x._node: x for x in _as_list(inputs)}
    if asked and None in asked:
        raise RuntimeError(
            f"One of the inputs does not require grad: {tensor_words(asked[None])}. Call "
            "t.requires_grad_() before the computation"
        )
    if asked is not None and not asked:
        raise RuntimeError("the inputs argument to backward() cannot be empty")
    found = walk(tensors, grad_tensors, retain_graph, create_graph, asked)
    after: dict[Any, None] = {}
    for place, g in found.items():
        x = place.variable if asked is None else asked[place]
        if x is not None and x._node is place:  # it is neither gone nor switched off
            if place.watch is None or place.born:
                accumulate(x, g)
            else:
                place.watch.add(x, g)
                after.update(place.watch.after)
    for call in after:  # once, however many of the leaves have asked for it
        call()


def accumulate(x: Any, g: Any) -> None:
    """Add g to x.grad: += and not =, for x may have a gradient from an earlier backward().

    So several losses, or the parts of a large batch, add up; who wants a new sum sets .grad to None
    first, as optimiser.zero_grad() does.
    """
    known = getattr(x, "_grad", None)
    if isinstance(g, Value):  # a copy at the same place: no two tensors share a .grad
        x._grad = wrap(g._array.copy(), g._node) if known is None else known + g
    elif known is None:
        x._grad = wrap(np.array(g, order="C"))  # a copy: the rule's g may belong to others
    elif known._node is not None or known._array.dtype != g.dtype:
        place = known._node if isinstance(known._node, Node) else None  # g is a constant beside it
        with np.errstate(all="ignore"):  # inf and nan are values
            x._grad = wrap(known._array + np.asarray(g), place)
    else:
        mark_changed(known._array)
        try:
            np.add(known._array, g, out=known._array)
        except (FloatingPointError, RuntimeWarning):
            pass  # inf and nan are values; NumPy complains when all is added


def grad(
    outputs: Any,
    inputs: Any,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    allow_unused: bool | None = None,
    materialize_grads: bool = False,
) -> tuple:
    """The gradients of the outputs with respect to the inputs, as a tuple; .grad is left alone.

    With create_graph=True they can be differentiated again. An input that the outputs do not
    depend on is an error, unless allow_unused=True (None) or materialize_grads=True (zeros).

    >>> import minigrad
    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> (dx,) = grad(x**3, x, create_graph=True)
    >>> dx, grad(dx, x)
    (tensor(27., grad_fn=<MulBackward0>), (tensor(18.),))
    """
    targets = _as_list(inputs)
    for t in targets:
        if t._node is None:
            raise RuntimeError(
                f"One of the differentiated Tensors does not require grad: {tensor_words(t)}. "
                f"Call t.requires_grad_() before the computation"
            )
    places = {t._node for t in targets}
    found = walk(outputs, grad_outputs, retain_graph, create_graph, places)
    result = []
    for position, t in enumerate(targets):
        g = None if type(t._node) is Nowhere else found.get(t._node)
        if g is None and materialize_grads:
            g = np.zeros_like(t._array)
            if create_graph:  # to be differentiated again, as any other
                g = wrap(g)
                g._node = Leaf(g)
        if g is None and not allow_unused:
            raise RuntimeError(
                f"One of the differentiated Tensors appears to not have been used in the graph: "
                f"inputs[{position}], {tensor_words(t)}. Set allow_unused=True if this is "
                "the desired behavior."
            )
        result.append(g if g is None or isinstance(g, Value) else wrap(np.array(g)))
    return tuple(result)


def _as_list(tensors: Any) -> list:
    """One tensor or several as a list, each at the place that it has now."""
    try:
        found = [tensors] if isinstance(tensors, (Value, GradientEdge)) else list(tensors)
    except TypeError:
        words = f"{type(tensors).__name__} {tensor_words(tensors)}"
        raise TypeError(f"expected a Tensor or a sequence of Tensors, not {words}") from None
    if GradientEdge in map(type, found):
        found = [_at(x) if type(x) is GradientEdge else x for x in found]
    for x in found if rebased else ():
        if isinstance(x, Value):
            rebased[0](x)
    return found


def _at(edge: GradientEdge) -> Value:
    """A Value at the place that an edge means."""
    place = edge.node.part(edge.output_nr)
    return wrap(place.out if place.born else place.variable._array, place)


def walk(
    outputs: Any,
    gradients: Any,
    retain_graph: bool | None,
    create_graph: bool,
    targets: Collection[Any] | None,
) -> dict[Any, Any]:
    """Check what was asked, and walk back: the gradients found, by place."""
    if gradients is None and isinstance(outputs, Value) and not rebased:  # by far most often
        roots = [(outputs._node, _root_gradient(outputs, None, create_graph))]
    else:
        outputs = _as_list(outputs)
        gradients = [None] * len(outputs) if gradients is None else _as_list(gradients)
        if len(gradients) != len(outputs):
            raise RuntimeError(f"got {len(outputs)} tensors and {len(gradients)} gradients")
        roots = [
            (y._node, _root_gradient(y, g, create_graph))
            for y, g in zip(outputs, gradients, strict=True)
        ]
    retain = create_graph if retain_graph is None else retain_graph
    useful = None if targets is None else _on_the_way([place for place, _ in roots], targets)
    back = careful[0] if careful else mode.walk or backprop
    if not create_graph:
        return back(roots, False, retain, targets, useful)
    with enable_grad():
        return back(roots, True, retain, targets, useful)


def _on_the_way(roots: Sequence[Any], targets: Collection[Any]) -> dict[Any, bool]:
    """The places between the roots and the targets, for no other needs a gradient; and whether the
    way goes on behind each. A freed Node has forgotten that: it may lead to any older target.
    """
    places, seen = list(roots), set(roots)
    for place in places:  # the list grows while it is walked
        for parent in getattr(place, "parents", ()):
            if parent is not None and parent not in seen:
                seen.add(parent)
                places.append(parent)
    useful = dict.fromkeys(targets, False)
    oldest = min((place.born for place in targets), default=0)
    for node in sorted((p for p in places if p.born), key=lambda p: p.born):  # the oldest first
        if node.raw is None:
            on = node.born > oldest
        else:
            on = any(parent in useful for parent in node.parents)
        if on or node in useful:
            useful[node] = on
    return useful


def _root_gradient(y: Value, g: Any, create_graph: bool) -> Any:
    if y._node is None or type(y._node) is Nowhere:
        raise RuntimeError(
            "element 0 of tensors does not require grad and does not have a grad_fn: "
            f"{tensor_words(y)}. "
            f"Was it computed under no_grad(), from detached tensors, or from integers?"
        )
    array = y._array
    if g is None:
        if array.size != 1:
            raise RuntimeError(
                "grad can be implicitly created only for scalar outputs, and this is "
                f"{tensor_words(y)}. "
                "Reduce it first (y.sum().backward()), or give y.backward(gradient) a "
                "tensor of that shape"
            )
        g = np.empty(array.shape, array.dtype)
        g.fill(1)  # np.ones takes three times as long
    else:
        raw = g._array if isinstance(g, Value) else np.asarray(g)
        if raw.shape != array.shape:
            raise RuntimeError(
                f"Mismatch in shape: grad_output[0] has a shape of {raw.shape} and output[0] has a "
                f"shape of {array.shape}."
            )
        if raw.dtype.kind != "f":
            raise RuntimeError(
                f"the gradient given must be floating point like the output, not {raw.dtype}"
            )
        if raw.dtype != array.dtype:
            g = raw = raw.astype(array.dtype)
        g = g if create_graph and isinstance(g, Value) else raw
    return wrap(g) if create_graph and not isinstance(g, Value) else g
