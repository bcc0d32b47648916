"""L-BFGS: steps by an approximation of the second derivatives, for few parameters and no noise."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..autograd.changes import mark_changed
from ..autograd.engine import wrap
from ..autograd.grad_mode import enable_grad
from .optimizer import Optimizer

Point = tuple  # where along the direction: (t, loss, gradient, slope)


class LBFGS(Optimizer):
    """The quasi-Newton method of Liu and Nocedal 1989; torch.optim.LBFGS.

    One step() is up to max_iter iterations, and calls the closure, which computes the loss and its
    gradients anew, up to max_eval times (5 / 4 of max_iter). The last history_size iterations are
    remembered. line_search_fn is None (each goes lr far) or "strong_wolfe". All parameters are in
    one group.

    >>> w = tensor([3.], requires_grad=True)
    >>> step = optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     step.zero_grad()
    ...     loss = ((w - 1) ** 2).sum()
    ...     loss.backward()
    ...     return loss
    >>> step.step(closure)
    tensor(4., grad_fn=<SumBackward0>)
    >>> w.detach().round(decimals=3)
    tensor([1.])
    """

    def __init__(
        self, params: Any, lr: float = 1, max_iter: int = 20, max_eval: int | None = None,
        tolerance_grad: float = 1e-7, tolerance_change: float = 1e-9, history_size: int = 100,
        line_search_fn: str | None = None,
    ) -> None:  # fmt: skip
        super().__init__(params, {
            "lr": lr, "max_iter": max_iter,
            "max_eval": max_iter * 5 // 4 if max_eval is None else max_eval,
            "tolerance_grad": tolerance_grad, "tolerance_change": tolerance_change,
            "history_size": history_size, "line_search_fn": line_search_fn,
        })  # fmt: skip
        if len(self.param_groups) != 1:
            raise ValueError("LBFGS doesn't support per-parameter options (parameter groups)")

    @property
    def _params(self) -> list[Any]:
        return self.param_groups[0]["params"]

    # -- all parameters as one vector --------------------------------------------------------------
    def _gradients(self) -> np.ndarray:
        found = [(p, getattr(p, "_grad", None)) for p in self._params]
        parts = [np.zeros(p._array.size, p._array.dtype) if g is None else g._array.reshape(-1)
                 for p, g in found]  # fmt: skip
        return np.concatenate(parts)

    def _go(self, t: float, direction: np.ndarray) -> None:
        at = 0
        for p in self._params:
            n = p._array.size
            mark_changed(p._array)
            p._array += (direction[at : at + n] * t).reshape(p._array.shape)
            at += n

    def _try(self, closure: Callable, start: list, t: float, direction: np.ndarray) -> Point:
        """The loss and its gradient at t along the direction; the parameters stay."""
        self._go(t, direction)
        loss, g = float(closure()), self._gradients()
        for p, before in zip(self._params, start, strict=True):
            mark_changed(p._array)
            p._array[...] = before
        return t, loss, g, float(g.dot(direction))

    # -- a step ------------------------------------------------------------------------------------
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Iterate; returns the loss before."""
        if closure is None:
            raise TypeError("LBFGS.step() needs a closure that computes the loss and its gradients")
        self._opt_called = True
        if self._halfway:
            self._warn_halfway()
        self._halfway = True
        with enable_grad():
            loss = self._iterate(closure)
        self._halfway = False
        return loss

    def _iterate(self, closure: Callable[[], Any]) -> Any:
        group, state = self.param_groups[0], self.state[self._params[0]]
        if group["line_search_fn"] not in (None, "strong_wolfe"):
            raise RuntimeError("only 'strong_wolfe' is supported")
        state.setdefault("func_evals", 0)
        state.setdefault("n_iter", 0)
        first = closure()
        loss, g, evaluated = float(first), self._gradients(), 1
        state["func_evals"] += 1
        small, still = group["tolerance_grad"], group["tolerance_change"]
        if np.abs(g).max() <= small:
            return first
        for i in range(1, group["max_iter"] + 1):
            state["n_iter"] += 1
            direction = self._direction(state, g, group["history_size"])
            t = float(group["lr"])
            if state["n_iter"] == 1:
                t *= min(1.0, 1.0 / float(np.abs(g).sum()))
            before = loss
            slope = float(g.dot(direction))
            state["prev_flat_grad"], state["d"], state["t"] = wrap(g), wrap(direction), t
            if slope > -still:
                break
            more = 0
            if group["line_search_fn"] is not None:
                start = [p._array.copy() for p in self._params]
                try_at = _counted(lambda t: self._try(closure, start, t, direction))  # noqa: B023
                begin = (0.0, loss, g, slope)
                limit = group["max_eval"] - evaluated
                size = float(np.abs(direction).max())
                t, loss, g, _ = strong_wolfe(try_at, begin, t, size, limit)
                more = try_at.count
                self._go(t, direction)
            else:
                self._go(t, direction)
                if i != group["max_iter"]:
                    loss, g, more = float(closure()), self._gradients(), 1
            state["t"] = t
            evaluated += more
            state["func_evals"] += more
            if (
                evaluated >= group["max_eval"]
                or np.abs(g).max() <= small
                or np.abs(direction * t).max() <= still
                or abs(loss - before) < still
            ):
                break
        return first

    def _direction(self, state: dict[str, Any], g: np.ndarray, history_size: int) -> np.ndarray:
        """Minus the gradient times the inverse of what is known of the second derivatives."""
        if state["n_iter"] == 1:
            state.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
            return -g
        y = g - state["prev_flat_grad"]._array
        s = state["d"]._array * state["t"]
        ys = float(y.dot(s))
        changes, steps, ro = state["old_dirs"], state["old_stps"], state["ro"]
        if ys > 1e-10:
            if len(changes) == history_size:
                del changes[0], steps[0], ro[0]
            changes.append(wrap(y))
            steps.append(wrap(s))
            ro.append(1.0 / ys)
            state["H_diag"] = ys / float(y.dot(y))
        q, al = -g, [0.0] * len(changes)
        for i in reversed(range(len(changes))):
            al[i] = float(steps[i]._array.dot(q)) * ro[i]
            q = q - changes[i]._array * al[i]
        r = q * state["H_diag"]
        for i in range(len(changes)):
            beta = float(changes[i]._array.dot(r)) * ro[i]
            r = r + steps[i]._array * (al[i] - beta)
        return r


class _counted:
    """A function that counts its calls."""

    def __init__(self, fn: Callable[[float], Point]) -> None:
        self.fn, self.count = fn, 0

    def __call__(self, t: float) -> Point:
        self.count += 1
        return self.fn(t)


# -- the line search -------------------------------------------------------------------------------
def cubic_minimum(a: Point, b: Point, bounds: tuple[float, float] | None = None) -> float:
    """Where the cubic through two points, with their slopes, is smallest, within the bounds."""
    (x1, f1, _, g1), (x2, f2, _, g2) = (a, b) if a[0] <= b[0] else (b, a)
    low, high = (x1, x2) if bounds is None else bounds
    d1 = g1 + g2 - 3 * (f1 - f2) / (x1 - x2)
    square = d1 * d1 - g1 * g2
    if square < 0:
        return (low + high) / 2.0
    d2 = math.sqrt(square)
    below = g2 - g1 + 2 * d2
    at = x2 - (x2 - x1) * ((g2 + d2 - d1) / below) if below else math.inf
    return min(max(at, low), high)


def strong_wolfe(
    try_at: Callable[[float], Point], start: Point, t: float, size: float, max_ls: int = 25,
    c1: float = 1e-4, c2: float = 0.9, tolerance_change: float = 1e-9,
) -> Point:  # fmt: skip
    """A point along a direction where the loss has fallen enough and the slope is much flatter.

    First the steps grow until a bracket holds such a point, and then the bracket shrinks (Nocedal
    and Wright, Numerical Optimization, algorithms 3.5 and 3.6). size is that of the direction's
    largest element.
    """
    _, f, _, slope = start
    before, now = start, try_at(t)
    bracket: list[Point] = []
    done, tries = False, 0
    while tries < max_ls:
        too_high = now[1] > f + c1 * now[0] * slope
        if too_high or (tries > 1 and now[1] >= before[1]):
            bracket = [before, now]
            break
        if abs(now[3]) <= -c2 * slope:
            bracket, done = [now, now], True
            break
        if now[3] >= 0:
            bracket = [before, now]
            break
        bounds = (now[0] + 0.01 * (now[0] - before[0]), now[0] * 10)
        t = cubic_minimum(before, now, bounds)
        before, now = now, try_at(t)
        tries += 1
    if tries == max_ls:
        bracket = [start, now]
    stuck = False
    low, high = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
    while not done and tries < max_ls:
        left, right = sorted((bracket[0][0], bracket[1][0]))
        if (right - left) * size < tolerance_change:
            break
        t = cubic_minimum(bracket[0], bracket[1])
        margin = 0.1 * (right - left)
        if min(right - t, t - left) < margin:  # so near to an end that little would be gained
            if stuck or t >= right or t <= left:
                t = right - margin if abs(t - right) < abs(t - left) else left + margin
                stuck = False
            else:
                stuck = True
        else:
            stuck = False
        now = try_at(t)
        tries += 1
        if now[1] > f + c1 * t * slope or now[1] >= bracket[low][1]:
            bracket[high] = now
            low, high = (0, 1) if bracket[0][1] <= bracket[1][1] else (1, 0)
        else:
            if abs(now[3]) <= -c2 * slope:
                done = True
            elif now[3] * (bracket[high][0] - bracket[low][0]) >= 0:
                bracket[high] = bracket[low]
            bracket[low] = now
    return bracket[low]
