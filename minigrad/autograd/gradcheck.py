"""Gradients held against central differences: torch's gradcheck and gradgradcheck."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .engine import Value, wrap
from .errors import tensor_words
from .gradients import grad

SEED = 0  # of the random directions


class GradcheckError(AssertionError):
    """A gradient that central differences do not confirm.

    Attributes: function (its name), input (which of the inputs), index (where in it, or None),
    expected (by central differences) and found (by the rules).
    """

    def __init__(
        self, function: str, input: int, index: tuple | None, expected: float, found: float
    ) -> None:
        place = "in a random direction" if index is None else f"at index {index}"
        super().__init__(
            f"{function}: the gradient of input {input} {place} is {found!r}, but central "
            f"differences give {expected!r}"
        )
        self.function, self.input, self.index = function, input, index
        self.expected, self.found = expected, found


def gradcheck(
    func: Callable,
    inputs: Any,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Check the gradients of func(*inputs) against central differences; as
    torch.autograd.gradcheck.

    For each input that requires a gradient (float64, so that differences mean something) the
    derivative in a random direction is compared for a random cotangent, which takes two calls of
    func however many elements there are; where they differ, the element that is to blame is looked
    for. Raises GradcheckError, or with raise_exception=False returns False.

    >>> from minigrad.autograd import gradcheck
    >>> x = tensor([0.5, 2.0], dtype=float64, requires_grad=True)
    >>> gradcheck(lambda x: x.log() * x, (x,))
    True
    """
    arguments = (inputs,) if isinstance(inputs, Value) else tuple(inputs)
    checked = [i for i, x in enumerate(arguments) if isinstance(x, Value) and x._node is not None]
    if not checked:
        raise ValueError(
            "gradcheck expects at least one input tensor to require gradient, but none of the them "
            "have requires_grad=True."
        )
    for i in checked:
        if arguments[i]._array.dtype != np.float64:
            raise ValueError(
                f"gradcheck compares with differences that need float64, but input {i} is "
                f"{tensor_words(arguments[i])}; use t.double()"
            )
    rng = np.random.default_rng(SEED)
    fresh = [
        wrap(x._array.copy()).requires_grad_(x._node is not None) if isinstance(x, Value) else x
        for x in arguments
    ]
    results = _tensors(func(*fresh))
    positions = [k for k, y in enumerate(results) if y._node is not None]
    if not positions:
        raise ValueError("gradcheck: no output of the function requires a gradient")
    outputs = [results[k] for k in positions]
    cotangents = [rng.standard_normal(y._array.shape) for y in outputs]
    made_by = outputs[0].grad_fn.name() if outputs[0].grad_fn else "no operation"
    name = f"{getattr(func, '__name__', type(func).__name__)} ({made_by})"
    gradients = grad(
        outputs, [fresh[i] for i in checked], [wrap(c) for c in cotangents], allow_unused=True
    )

    def along(i: int, direction: np.ndarray) -> float:
        """The derivative of the weighted sum of the outputs, as input i moves in this direction."""
        ends = []
        for step in (eps, -eps):
            moved = list(fresh)
            moved[i] = wrap(fresh[i]._array + step * direction).requires_grad_()
            results = _tensors(func(*moved))
            ends.append([results[k]._array for k in positions])
        return sum(
            float(((up - down) * c).sum()) / (2 * eps)
            for up, down, c in zip(*ends, cotangents, strict=True)
        )

    for i, g in zip(checked, gradients, strict=True):
        gradient = np.zeros_like(fresh[i]._array) if g is None else g._array
        direction = rng.standard_normal(gradient.shape)
        expected, found = along(i, direction), float((gradient * direction).sum())
        if _near(found, expected, rtol, atol):
            continue
        if not raise_exception:
            return False
        for index in np.ndindex(gradient.shape):
            one = np.zeros_like(gradient)
            one[index] = 1
            e, f = along(i, one), float(gradient[index])
            if not _near(f, e, rtol, atol):
                raise GradcheckError(name, i, index, e, f)
        raise GradcheckError(name, i, None, expected, found)
    return True


def _near(found: float, expected: float, rtol: float, atol: float) -> bool:
    return abs(found - expected) <= atol + rtol * abs(expected)  # False where one of them is nan


def _tensors(result: Any) -> list:
    return [result] if isinstance(result, Value) else [y for y in result if isinstance(y, Value)]


def gradgradcheck(
    func: Callable,
    inputs: Any,
    grad_outputs: Any = None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    raise_exception: bool = True,
) -> bool:
    """Check the gradients of func's gradients against central differences;
    torch.autograd.gradgradcheck.

    They are checked with respect to the inputs and to the gradients of the outputs, which are
    random unless given.

    >>> from minigrad.autograd import gradgradcheck
    >>> x = tensor([0.5, 2.0], dtype=float64, requires_grad=True)
    >>> gradgradcheck(lambda x: x.log() * x, (x,))
    True
    """
    arguments = (inputs,) if isinstance(inputs, Value) else tuple(inputs)
    n = len(arguments)
    wanted = [i for i, x in enumerate(arguments) if isinstance(x, Value) and x._node is not None]
    if grad_outputs is None:
        rng = np.random.default_rng(SEED + 1)
        outputs = [y for y in _tensors(func(*arguments)) if y._node is not None]
        grad_outputs = [
            wrap(rng.standard_normal(y._array.shape).astype(y._array.dtype)).requires_grad_()
            for y in outputs
        ]
    cotangents = [grad_outputs] if isinstance(grad_outputs, Value) else list(grad_outputs)

    def gradient(*values: Any) -> list:
        results = [y for y in _tensors(func(*values[:n])) if y._node is not None]
        grads = grad(
            results,
            [values[i] for i in wanted],
            list(values[n:]),
            create_graph=True,
            allow_unused=True,
        )
        return [g for g in grads if g is not None]

    gradient.__name__ = f"gradient of {getattr(func, '__name__', type(func).__name__)}"
    return gradcheck(
        gradient,
        (*arguments, *cotangents),
        eps=eps,
        atol=atol,
        rtol=rtol,
        raise_exception=raise_exception,
    )
