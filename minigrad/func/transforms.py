"""From a function to the function of its derivatives: torch.func's grad, vjp, jvp, Jacobians.

Each call of a transformed function is a level of its own: the function sees tensors made for that
call, and is differentiated by these.  What is outside, the caller's graph, a parameter in a
closure, or the call of another transform around this one, stays recorded in what comes out, and
nothing else does.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .. import autograd
from ..autograd.derivatives import stack
from ..autograd.engine import Leaf, Value, apply, wrap
from ..autograd.grad_mode import enable_grad, mode
from . import trees

Argnums = Any  # an int, or a tuple of ints


# -- levels ----------------------------------------------------------------------------------------
class Level:
    """A call of a transformed function: the tensors that it differentiates by."""

    def __init__(self) -> None:
        self.outside = mode.record is not False  # may what comes out be part of a graph outside?
        self.own: set[Any] = set()  # the places where a walk of this level ends

    def fresh(self, x: Any) -> Any:
        """A tensor to differentiate by, in place of one of the arguments."""
        if not isinstance(x, Value):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(x)}")
        if x._array.dtype.kind != "f":
            raise RuntimeError("only Tensors of floating point dtype can require gradients")
        if self.outside and x.requires_grad:  # type: ignore[attr-defined]
            return x.view_as(x)  # type: ignore[attr-defined]
        y = wrap(x._array)
        y._node = Leaf(y)
        self.own.add(y._node)
        return y

    def reaches_out(self, *results: Any) -> bool:
        """Do these hang on anything that is not of this level?"""
        if not self.outside:
            return False
        waiting = [y._node for y in results if y._node is not None]
        seen = set(waiting)
        while waiting:
            place = waiting.pop()
            if not place.born and place not in self.own:
                return True
            for parent in getattr(place, "parents", ()):
                if parent is not None and parent not in seen:
                    seen.add(parent)
                    waiting.append(parent)
        return False

    def out(self, y: Any) -> Any:
        """A result as those outside may see it."""
        if isinstance(y, Value) and y._node is not None and not self.reaches_out(y):
            return y.detach()  # type: ignore[attr-defined]
        return y

    def pull(self, outputs: list[Any], inputs: list[Any], weights: list[Any]) -> list[Any]:
        """The gradients of the weighted sum of the outputs; zeros where there is none."""
        made = [i for i, y in enumerate(outputs) if y._node is not None]
        found: Any = [None] * len(inputs)
        if made:
            outputs, weights = [outputs[i] for i in made], [weights[i] for i in made]
            again = self.reaches_out(*outputs, *weights)
            found = autograd.grad(
                outputs, inputs, weights, retain_graph=True, create_graph=again, allow_unused=True
            )
        pairs = zip(found, inputs, strict=True)
        return [wrap(np.zeros_like(x._array)) if g is None else self.out(g) for g, x in pairs]


def _chosen(args: tuple, argnums: Argnums) -> tuple[int, ...]:
    """Which arguments to differentiate by."""
    if not isinstance(argnums, (int, tuple)) or isinstance(argnums, bool):
        raise RuntimeError(f"argnums must be int or Tuple[int, ...], got: {type(argnums)}")
    numbers = (argnums,) if isinstance(argnums, int) else argnums
    if not numbers:
        raise RuntimeError("argnums must be non-empty")
    for n in numbers:
        if not isinstance(n, int):
            raise RuntimeError(f"argnums elements must be int, got {type(n)}")
        if not -len(args) <= n < len(args):
            raise RuntimeError(f"Got argnum={n}, but only {len(args)} positional inputs")
    found = tuple(n % len(args) for n in numbers)
    if len(set(found)) < len(found):
        raise RuntimeError(f"argnums elements must be unique, got {argnums}")
    return found


def _entered(level: Level, args: tuple, argnums: Argnums) -> tuple[list[Any], Any]:
    """The arguments with fresh tensors in the chosen ones; and these, as a tree."""
    inner = list(args)
    for n in _chosen(args, argnums):
        inner[n] = trees.mapped(level.fresh, args[n])
    numbers = _chosen(args, argnums)
    by = inner[numbers[0]] if isinstance(argnums, int) else tuple(inner[n] for n in numbers)
    return inner, by


def _with_aux(output: Any, name: str) -> tuple[Any, Any]:
    if not (isinstance(output, tuple) and len(output) == 2):
        raise RuntimeError(
            f"{name}: output of function f should be a tuple: (output, aux) if has_aux is True"
        )
    return output


def _refilled(tree: Any, leaves: Iterable[Any]) -> Any:
    """The tree with these leaves, in order."""
    values = iter(leaves)
    return trees.mapped(lambda _: next(values), tree)


# -- gradients of a number -------------------------------------------------------------------------
def grad_and_value(func: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """The function that returns the gradient of func and its value, which is a single number.

    argnums says by which argument, or by which several; each may be a tuple, list or dict of
    tensors. With has_aux=True func returns (value, aux), and the result is (gradient, (value,
    aux)).

    >>> from minigrad.func import grad_and_value
    >>> grad_and_value(lambda x: (x * x).sum())(tensor([1., 2.]))
    (tensor([2., 4.]), tensor(5.))
    """

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        level, name = Level(), "grad_and_value(f)(*args)"
        with enable_grad():
            inner, by = _entered(level, args, argnums)
            output = func(*inner, **kwargs)
            if has_aux:
                output, aux = _with_aux(output, name)
            if not isinstance(output, Value):
                raise RuntimeError(
                    f"{name}: Expected f(*args) to return a Tensor, got {type(output)}"
                )
            if output._array.ndim:
                raise RuntimeError(
                    f"{name}: Expected f(*args) to return a scalar Tensor, got tensor with "
                    f"{output._array.ndim} dims. Maybe you wanted to use the vjp or jacrev APIs "
                    "instead?"
                )
            one = wrap(np.ones_like(output._array))
            found = _refilled(by, level.pull([output], trees.flat(by), [one]))
        value = level.out(output)
        return (found, (value, trees.mapped(level.out, aux))) if has_aux else (found, value)

    return wrapper


def grad(func: Callable, argnums: Argnums = 0, has_aux: bool = False) -> Callable:
    """The function that returns the gradient of func, whose value is a single number.

    argnums says by which argument, or by which several; each may be a tuple, list or dict of
    tensors. With has_aux=True func returns (value, aux), and the result is (gradient, aux).

    >>> from minigrad.func import grad
    >>> grad(lambda x: x**3)(tensor(2.)), grad(grad(lambda x: x**3))(tensor(2.))
    (tensor(12.), tensor(12.))
    """
    both = grad_and_value(func, argnums, has_aux)

    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        found, value = both(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return wrapper


# -- products with a Jacobian ----------------------------------------------------------------------
def _tensors(output: Any, name: str) -> list[Any]:
    found = trees.flat(output)
    for y in found:
        if not isinstance(y, Value):
            raise RuntimeError(
                f"{name}: expected f(*{'args' if 'jac' in name else 'primals'}) to return only "
                f"tensors, got unsupported type {type(y)}"
            )
    return found


def vjp(func: Callable, *primals: Any, has_aux: bool = False) -> tuple:
    """The output of func at the primals, and a function from a cotangent to its product with the
    Jacobian: a tuple, with a gradient for each primal.

    >>> from minigrad.func import vjp
    >>> y, pull = vjp(lambda a, b: a * b, tensor([1., 2.]), tensor([3., 4.]))
    >>> y, pull(ones(2))
    (tensor([3., 8.]), (tensor([3., 4.]), tensor([1., 2.])))
    """
    level = Level()
    with enable_grad():
        inner = [trees.mapped(level.fresh, x) for x in primals]
        output = func(*inner)
        if has_aux:
            output, aux = _with_aux(output, "vjp(f, *primals)")
        outputs = _tensors(output, "vjp(f, *primals)")

    def pull(cotangents: Any, retain_graph: bool = True, create_graph: Any = None) -> tuple:
        given, expected = trees.structure(cotangents), trees.structure(output)
        if given != expected:
            raise RuntimeError(
                "Expected pytree structure of cotangents to be the same as pytree structure of "
                f"outputs to the function. cotangents: {given}, primal output: {expected}"
            )
        level.outside = mode.record is not False
        weights = trees.flat(trees.mapped(lambda _, v: v, output, cotangents))
        for y, v in zip(outputs, weights, strict=True):
            if v._array.shape != y._array.shape:
                raise RuntimeError(
                    f"Mismatch in shape: grad_output[0] has a shape of {v.shape} and output[0] has "
                    f"a shape of {y.shape}."
                )
        with enable_grad():
            return _refilled(tuple(inner), level.pull(outputs, trees.flat(inner), weights))

    made = trees.mapped(level.out, output)
    return (made, pull, trees.mapped(level.out, aux)) if has_aux else (made, pull)


def jvp(
    func: Callable, primals: Any, tangents: Any, *, strict: bool = False, has_aux: bool = False
) -> tuple:
    """The output of func at the primals, and the product of its Jacobian with the tangents.

    Reverse mode twice: vjp is linear in its cotangent, and the transpose of that map is the
    Jacobian.

    >>> from minigrad.func import jvp
    >>> jvp(lambda x: x * x, (tensor([1., 2.]),), (tensor([1., 0.]),))
    (tensor([1., 4.]), tensor([2., 0.]))
    """
    output, push, *aux = _linearized("jvp", func, primals, has_aux)
    _check_tangents("jvp", primals, tangents)
    return (output, push(tangents), *aux)


def linearize(func: Callable, *primals: Any) -> tuple:
    """The output of func at the primals, and the function from tangents to their product with the
    Jacobian there, which does not run func again.

    >>> from minigrad.func import linearize
    >>> y, push = linearize(lambda x: x * x, tensor([1., 2.]))
    >>> push(ones(2)), push(tensor([0., 1.]))
    (tensor([2., 4.]), tensor([0., 4.]))
    """
    output, push = _linearized("linearize", func, primals, False)

    def along(*tangents: Any) -> Any:
        _check_tangents("linearize", primals, tangents)
        return push(tangents)

    return output, along


def _linearized(name: str, func: Callable, primals: Any, has_aux: bool) -> tuple:
    level = Level()
    if not isinstance(primals, tuple):
        raise RuntimeError(
            f"{name}(f, primals, tangents): Expected primals to be a tuple. E.g. it should be "
            "valid to call f(*primals)."
        )
    with enable_grad():
        inner = [trees.mapped(level.fresh, x) for x in primals]
        output = func(*inner)
        if has_aux:
            output, aux = _with_aux(output, f"{name}(f, primals, tangents)")
        outputs = _tensors(output, f"{name}(f, primals, tangents)")
        weights = []
        for y in outputs:
            w = wrap(np.zeros_like(y._array))
            if w._array.dtype.kind == "f":
                w._node = Leaf(w)
                level.own.add(w._node)
            weights.append(w)
        made = [i for i, y in enumerate(outputs) if y._node is not None]
        inputs = trees.flat(inner)
        pulled: Any = [None] * len(inputs)
        if made:
            pulled = autograd.grad(
                [outputs[i] for i in made], inputs, [weights[i] for i in made],
                create_graph=True, allow_unused=True,
            )  # fmt: skip

    def push(tangents: Any) -> Any:
        given = trees.mapped(lambda _, t: t, primals, tangents)
        pairs = zip(pulled, trees.flat(given), strict=True)
        along = [(g, t) for g, t in pairs if g is not None and g._node is not None]
        with enable_grad():
            wanted = [w for w in weights if w._node is not None]
            gs, ts = [g for g, _ in along], [t for _, t in along]
            found = iter(level.pull(gs, wanted, ts))
            every = [wrap(np.zeros_like(w._array)) if w._node is None else next(found)
                     for w in weights]  # fmt: skip
        return _refilled(output, every)

    result = trees.mapped(level.out, output)
    return (result, push, trees.mapped(level.out, aux)) if has_aux else (result, push)


def _check_tangents(name: str, primals: Any, tangents: Any) -> None:
    given, expected = trees.structure(tangents), trees.structure(primals)
    if given != expected:
        raise RuntimeError(
            f"{name}(f, primals, tangents): Expected primals and tangents to have the same python "
            "structure. For example, if primals is a tuple of 3 tensors, tangents also must be. "
            f"Got primals with structure {expected} and tangents with structure {given}"
        )
    for x, t in zip(trees.flat(primals), trees.flat(tangents), strict=True):
        if not isinstance(t, Value):
            raise ValueError(f"Thing passed to transform API must be Tensor, got {type(t)}")
        if t._array.shape != x._array.shape:
            raise RuntimeError(
                "Trying to set a forward gradient that has a different size than that of the "
                f"original Tensor, this is not supported. Tensor is of size {list(x._array.shape)} "
                f"while the given forward gradient is of size {list(t._array.shape)}."
            )


# -- whole Jacobians -------------------------------------------------------------------------------
def jacrev(
    func: Callable, argnums: Argnums = 0, *, has_aux: bool = False, chunk_size: int | None = None
) -> Callable:
    """The function that returns the Jacobian of func: for each output and each chosen argument a
    tensor of output shape + argument shape, one walk back for each element of the outputs.

    >>> from minigrad.func import jacrev
    >>> jacrev(lambda x: x * x)(tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    if chunk_size is not None and chunk_size <= 0:
        raise ValueError("jacrev: `chunk_size` should be greater than 0.")
    return _jacobian("jacrev", func, argnums, has_aux)


def jacfwd(
    func: Callable, argnums: Argnums = 0, has_aux: bool = False, *, randomness: str = "error"
) -> Callable:
    """The same as jacrev, under the name of torch's forward mode, of which there is none here.

    >>> from minigrad.func import jacfwd
    >>> jacfwd(lambda x: x * x)(tensor([1., 2.]))
    tensor([[2., 0.],
            [0., 4.]])
    """
    return _jacobian("jacfwd", func, argnums, has_aux)


def hessian(func: Callable, argnums: Argnums = 0) -> Callable:
    """The function that returns all second derivatives of func.

    >>> from minigrad.func import hessian
    >>> hessian(lambda x: (x**3).sum())(tensor([1., 2.]))
    tensor([[ 6.,  0.],
            [ 0., 12.]])
    """
    return jacfwd(jacrev(func, argnums), argnums)


def _jacobian(name: str, func: Callable, argnums: Argnums, has_aux: bool) -> Callable:
    @functools.wraps(func)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        level = Level()
        with enable_grad():
            inner, by = _entered(level, args, argnums)
            output = func(*inner, **kwargs)
            if has_aux:
                output, aux = _with_aux(output, f"{name}(f)(*args)")
            inputs = trees.flat(by)
            tables = []
            for y in _tensors(output, f"{name}(f)(*args)"):
                rows = []
                for k in range(y._array.size):
                    unit = np.zeros_like(y._array)
                    unit.reshape(-1)[k] = 1
                    rows.append(level.pull([y], inputs, [wrap(unit)]))
                columns = [_table(y, x, [row[i] for row in rows]) for i, x in enumerate(inputs)]
                tables.append(_refilled(by, columns))
        found = _refilled(output, tables)
        return (found, trees.mapped(level.out, aux)) if has_aux else found

    return wrapper


def _table(y: Any, x: Any, rows: list[Any]) -> Any:
    shape = y._array.shape + x._array.shape
    if not rows:
        return wrap(np.zeros(shape, x._array.dtype))
    return apply(stack, tuple(rows), {"axis": 0}).reshape(shape)


def functionalize(func: Callable, *, remove: str = "mutations") -> Callable:
    """func itself: what torch rewrites here for its compilers needs no rewriting.

    >>> from minigrad.func import functionalize
    >>> functionalize(abs)(tensor(-1.))
    tensor(1.)
    """
    return func
