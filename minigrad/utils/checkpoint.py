"""Checkpoints: a part of a program forgets what it computed, and computes it again for backward().

A large net then takes the memory of its largest part instead of that of all, and about a third more
time.  The part must do the same again: its random numbers are drawn again from the same state.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from .. import autograd
from ..autograd import changes
from ..autograd.engine import Value, wrap
from ..autograd.function import Function
from ..autograd.grad_mode import enable_grad, mode, set_grad_enabled
from ..autograd.graph import saved_tensors_hooks
from ..autograd.hooks import mind
from ..random import default_generator

__all__ = [
    "CheckpointError", "CheckpointFunction", "checkpoint", "checkpoint_sequential",
    "noop_context_fn", "set_checkpoint_early_stop",
]  # fmt: skip

EXPLICIT = (
    "torch.utils.checkpoint: the use_reentrant parameter should be passed explicitly. "
    "use_reentrant=False is recommended; use_reentrant=True is what happens when nothing is said"
)
GRAD = (
    "When use_reentrant=True, torch.utils.checkpoint is incompatible with .grad() or passing an "
    "`inputs` parameter to .backward(). To resolve this error, you can either set "
    "use_reentrant=False, or call .backward() without passing the `inputs` argument."
)
_early_stop: list[bool] = []  # what set_checkpoint_early_stop says, if it does


class CheckpointError(RuntimeError):
    """The part did not do the same when it was run again."""


class _Enough(Exception):
    """Everything that was saved has been computed again: the rest need not run."""


def noop_context_fn() -> tuple:
    """Two blocks that do nothing: what surrounds the first run, and the run for backward().

    >>> from minigrad.utils.checkpoint import noop_context_fn
    >>> len(noop_context_fn())
    2
    """
    return contextlib.nullcontext(), contextlib.nullcontext()


@contextlib.contextmanager
def set_checkpoint_early_stop(enable: bool) -> Iterator[None]:
    """A block that says whether a part that runs again ends as soon as all is there.

    >>> from minigrad.utils.checkpoint import checkpoint, set_checkpoint_early_stop
    >>> with set_checkpoint_early_stop(False):
    ...     checkpoint(minigrad.exp, zeros(1), use_reentrant=False)
    tensor([1.])
    """
    _early_stop.append(enable)
    try:
        yield
    finally:
        _early_stop.pop()


def checkpoint(
    function: Callable,
    *args: Any,
    use_reentrant: bool | None = None,
    context_fn: Callable[[], tuple] = noop_context_fn,
    determinism_check: str = "default",
    debug: bool = False,
    early_stop: bool = True,
    preserve_rng_state: bool = True,
    **kwargs: Any,
) -> Any:
    """function(*args, **kwargs), of which nothing is kept for backward() but the arguments.

    backward() runs the function again. With use_reentrant=False everything works as without a
    checkpoint: grad(), gradients of gradients, tensors that the function reads from outside; it
    ends the second run as soon as all is there (early_stop). With use_reentrant=True, torch's
    older way, one of the arguments must require a gradient, and only backward() works.
    preserve_rng_state draws the same random numbers again. CheckpointError where the second run
    saves other tensors than the first.

    >>> from minigrad.utils.checkpoint import checkpoint
    >>> x = tensor([0., 1.], requires_grad=True)
    >>> y = checkpoint(lambda x: x.exp().exp(), x, use_reentrant=False)
    >>> y.sum().backward()
    >>> x.grad
    tensor([ 2.7183, 41.1936])
    """
    if use_reentrant is None:
        warnings.warn(EXPLICIT, UserWarning, stacklevel=2)
        use_reentrant = True
    if use_reentrant:
        if kwargs:
            raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
        if context_fn is not noop_context_fn or debug:
            raise ValueError(
                "Passing `context_fn` or `debug` is only supported when use_reentrant=False."
            )
        tensors = [x for x in args if isinstance(x, Value)]
        if not any(x._node is not None for x in tensors):
            warnings.warn(
                "None of the inputs have requires_grad=True. Gradients will be None", stacklevel=2
            )
        mind()
        return CheckpointFunction.apply(function, preserve_rng_state, *args)
    if determinism_check not in ("default", "none"):
        raise ValueError(
            f"determinism_check should be one of ['default', 'none'] but got {determinism_check}"
        )
    first, again = context_fn()
    part = _Part(function, args, kwargs, preserve_rng_state, again, determinism_check == "default")
    part.early_stop = _early_stop[-1] if _early_stop else early_stop
    if mode.record is False:
        with first:
            return function(*args, **kwargs)
    with saved_tensors_hooks(part.forget, part.remember), first:
        return function(*args, **kwargs)


def checkpoint_sequential(
    functions: Any, segments: int, input: Any, use_reentrant: bool | None = None, **kwargs: Any
) -> Any:
    """An nn.Sequential, or a list of functions, in so many checkpoints; the last part is kept.

    >>> from minigrad.utils.checkpoint import checkpoint_sequential
    >>> net = nn.Sequential(nn.Tanh(), nn.Tanh(), nn.Tanh())
    >>> x = zeros(2, requires_grad=True)
    >>> checkpoint_sequential(net, 2, x, use_reentrant=False).sum().backward()
    >>> x.grad
    tensor([1., 1.])
    """
    if use_reentrant is None:
        warnings.warn(EXPLICIT, UserWarning, stacklevel=2)
        use_reentrant = True
    preserve = kwargs.pop("preserve_rng_state", True)
    if kwargs:
        raise ValueError(f"Unexpected keyword arguments: {','.join(kwargs)}")
    every = list(functions.children() if hasattr(functions, "children") else functions)
    size, end = len(every) // segments, -1
    for start in range(0, size * (segments - 1), size) if size else ():
        end = start + size - 1
        input = checkpoint(
            _Row(every[start : end + 1]), input, use_reentrant=use_reentrant,
            preserve_rng_state=preserve,
        )  # fmt: skip
    return _Row(every[end + 1 :])(input)


class _Row:
    """Functions one after another."""

    def __init__(self, functions: list[Callable]) -> None:
        self._functions = functions

    def __call__(self, x: Any) -> Any:
        for function in self._functions:
            x = function(x)
        return x


# -- by the hooks of what is saved -----------------------------------------------------------------
class _Saved:
    """Stands for a tensor that was not saved: the n-th of its part."""

    def __init__(self, part: _Part, x: Any) -> None:
        self.part, self.number = part, part.count
        self.shape, self.dtype = x._array.shape, x._array.dtype


class _Part:
    """A call of a checkpointed function."""

    early_stop = True

    def __init__(
        self, function: Callable, args: tuple, kwargs: dict, preserve: bool, around: Any,
        checked: bool,
    ) -> None:  # fmt: skip
        self.call = function, args, kwargs
        self.state = default_generator.get_state() if preserve else None
        self.around, self.checked = around, checked
        self.count = 0  # of the tensors that the function saved
        self.again: dict[int, tuple[Any, int]] = {}  # those computed again, and when
        self.outlines: list[_Saved] = []

    def forget(self, x: Any) -> _Saved:
        """The first run saves a tensor: note that there is one."""
        saved = _Saved(self, x)
        self.count += 1
        self.outlines.append(saved)
        return saved

    def remember(self, saved: _Saved) -> Any:
        """backward() needs it."""
        if saved.number not in self.again:
            self.run_again()
        array, time = self.again.pop(saved.number)
        if changes.changed_after(array, time):
            raise RuntimeError(
                changes.MESSAGE.format("a tensor that a checkpoint has computed again")
            )
        return wrap(array)

    def run_again(self) -> None:
        """Run the function once more, and take what it saves."""
        function, args, kwargs = self.call
        now = default_generator.get_state() if self.state is not None else None
        self.again = {}
        found: list[Any] = []

        def take(x: Any) -> Any:
            if len(found) >= self.count:
                raise CheckpointError(
                    "torch.utils.checkpoint: trying to save more tensors during recomputation than "
                    "during the original forward pass."
                )
            found.append(x._array)
            self.again[len(found) - 1] = x._array, next(changes.clock)
            if self.early_stop and len(found) == self.count:
                raise _Enough
            return x

        try:
            if self.state is not None:
                default_generator.set_state(self.state)
            with contextlib.suppress(_Enough), enable_grad():
                with saved_tensors_hooks(take, _same), self.around:
                    function(*args, **kwargs)
        finally:
            if now is not None:
                default_generator.set_state(now)
        self._compare(found)

    def _compare(self, found: list[Any]) -> None:
        if len(found) != self.count:
            raise CheckpointError(
                "torch.utils.checkpoint: A different number of tensors was saved during the "
                "original forward and recomputation.\n"
                f"Number of tensors saved during forward: {self.count}\n"
                f"Number of tensors saved during recomputation: {len(found)}."
            )
        for saved, array in zip(self.outlines, found, strict=True) if self.checked else ():
            if saved.shape != array.shape or saved.dtype != array.dtype:
                raise CheckpointError(
                    "torch.utils.checkpoint: Recomputed values for the following tensors have "
                    "different metadata than during the forward pass.\n"
                    f"tensor at position {saved.number}:\n"
                    f"saved metadata: {saved.shape}, {saved.dtype}\n"
                    f"recomputed metadata: {array.shape}, {array.dtype}"
                )


def _same(x: Any) -> Any:
    return x


# -- by a Function ---------------------------------------------------------------------------------
class CheckpointFunction(Function):
    """A checkpoint as one operation, whose backward() runs a backward() of its own."""

    @staticmethod
    def forward(ctx: Any, function: Callable, preserve: bool, *args: Any) -> Any:
        """Run it unrecorded."""
        ctx.function = function
        ctx.state = default_generator.get_state() if preserve else None
        ctx.save_for_backward(*[x if isinstance(x, Value) else None for x in args])
        ctx.args = [None if isinstance(x, Value) else x for x in args]
        return function(*args)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Run it again, recorded, and walk back through it."""
        if mode.targeted:
            raise RuntimeError(GRAD)
        args: list[Any] = []
        for x, other in zip(ctx.saved_tensors, ctx.args, strict=True):
            args.append(other if x is None else x.detach().requires_grad_(x.requires_grad))
        now = default_generator.get_state() if ctx.state is not None else None
        try:
            if ctx.state is not None:
                default_generator.set_state(ctx.state)
            with enable_grad():
                outputs = ctx.function(*args)
        finally:
            if now is not None:
                default_generator.set_state(now)
        outputs = outputs if isinstance(outputs, tuple) else (outputs,)
        pairs = [
            (y, g)
            for y, g in zip(outputs, grads, strict=True)
            if isinstance(y, Value) and y._node is not None
        ]
        if not pairs:
            raise RuntimeError(
                "none of output has requires_grad=True, this checkpoint() is not necessary"
            )
        with set_grad_enabled(False):
            autograd.backward([y for y, _ in pairs], [g for _, g in pairs])
        return None, None, *[x._grad if isinstance(x, Value) and hasattr(x, "_grad") else None
                             for x in args]  # fmt: skip
