"""Hooks of a module: functions that see, and may change, what goes in, what comes out, and the
gradients on their way back.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..autograd.engine import Value
from ..autograd.hooks import RemovableHandle
from ..creation import zeros_like
from ..ops.shaping import cat


class Hook(NamedTuple):
    """A function, and how it wants to be called."""

    call: Any
    with_kwargs: bool = False
    always_call: bool = False


class Hooked:
    """What can be called, with hooks around its forward: the part of Module that knows of hooks."""

    _forward_pre_hooks: OrderedDict[Any, Hook]
    _forward_hooks: OrderedDict[Any, Hook]
    _backward_pre_hooks: OrderedDict[Any, Hook]
    _backward_hooks: OrderedDict[Any, Hook]

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """What a call of the module computes; every subclass writes its own."""
        raise NotImplementedError(
            f'Module [{type(self).__name__}] is missing the required "forward" function'
        )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not (
            self._forward_hooks
            or self._forward_pre_hooks
            or self._backward_hooks
            or self._backward_pre_hooks
        ):
            return self.forward(*args, **kwargs)
        seen: set[Any] = set()
        try:
            return self._call_with_hooks(args, kwargs, seen)
        except Exception:
            for key, hook in list(self._forward_hooks.items()):
                if hook.always_call and key not in seen:
                    hook.call(self, args, *([kwargs] if hook.with_kwargs else []), None)
            raise

    def _call_with_hooks(self, args: tuple, kwargs: dict[str, Any], seen: set[Any]) -> Any:
        for hook in list(self._forward_pre_hooks.values()):
            if hook.with_kwargs:
                changed = hook.call(self, args, kwargs)
                if changed is not None:
                    if not isinstance(changed, tuple) or len(changed) != 2:
                        raise RuntimeError(
                            "forward pre-hook must return None or a tuple of (new_args, "
                            f"new_kwargs), but got {changed}."
                        )
                    args, kwargs = changed
            else:
                changed = hook.call(self, args)
                if changed is not None:
                    args = changed if isinstance(changed, tuple) else (changed,)
        back = None
        if self._backward_hooks or self._backward_pre_hooks:
            back = _Backward(self, self._backward_hooks, self._backward_pre_hooks)
            args = back.watch_inputs(args)
        result = self.forward(*args, **kwargs)
        for key, hook in list(self._forward_hooks.items()):
            seen.add(key)
            changed = hook.call(self, args, *([kwargs] if hook.with_kwargs else []), result)
            if changed is not None:
                result = changed
        return result if back is None else back.watch_outputs(result)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> RemovableHandle:
        """Call hook(module, args) before each forward; what it returns replaces the arguments.

        With with_kwargs, hook(module, args, kwargs), which returns both of them or None.

        >>> net = nn.Linear(2, 1)
        >>> handle = net.register_forward_pre_hook(lambda module, args: print(args[0].shape))
        >>> y = net(ones(3, 2))
        torch.Size([3, 2])
        """
        return _add(self._forward_pre_hooks, Hook(hook, with_kwargs), prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False,
        always_call: bool = False,
    ) -> RemovableHandle:  # fmt: skip
        """Call hook(module, args, output) after each forward; what it returns replaces the output.

        With with_kwargs, hook(module, args, kwargs, output). With always_call it is called also
        where forward fails, with None for the output. remove() of what this returns ends it.

        >>> net = nn.Flatten()
        >>> handle = net.register_forward_hook(lambda module, args, output: output * 2)
        >>> net(ones(1, 2)), handle.remove(), net(ones(1, 2))
        (tensor([[2., 2.]]), None, tensor([[1., 1.]]))
        """
        return _add(self._forward_hooks, Hook(hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call hook(module, grad_output) when the gradients of the outputs are complete.

        grad_output is a tuple, one for each output; what the hook returns replaces it.
        """
        return _add(self._backward_pre_hooks, Hook(hook), prepend)

    def register_full_backward_hook(
        self, hook: Callable[..., Any], prepend: bool = False
    ) -> RemovableHandle:
        """Call hook(module, grad_input, grad_output) when the gradients of the inputs are complete.

        Both are tuples, with None for what needs no gradient. What the hook returns replaces
        grad_input. Keyword arguments are not seen.

        >>> net = nn.Linear(2, 1)
        >>> handle = net.register_full_backward_hook(lambda m, grad_in, grad_out: print(grad_out))
        >>> net(ones(1, 2)).sum().backward()
        (tensor([[1.]]),)
        """
        return _add(self._backward_hooks, Hook(hook), prepend)


def _add(hooks: OrderedDict[Any, Hook], hook: Hook, prepend: bool) -> RemovableHandle:
    handle = RemovableHandle(hooks, hook)  # type: ignore[arg-type]
    if prepend:
        hooks.move_to_end(handle, last=False)
    return handle


class _Backward:
    """One call of a module whose gradients are watched, on both sides of its forward."""

    def __init__(self, module: Any, hooks: OrderedDict, pre_hooks: OrderedDict) -> None:
        self.module = module
        self.hooks, self.pre_hooks = list(hooks.values()), list(pre_hooks.values())
        self.watched_inputs = False
        self.inputs = 0
        self.grad_outputs: Any = None

    def watch_inputs(self, args: tuple) -> tuple:
        """The arguments, through one place in the graph where their gradients meet."""
        self.inputs = len(args)
        passed, self.watched_inputs = _gate(args, self.at_inputs)
        return passed

    def watch_outputs(self, result: Any) -> Any:
        """The result, likewise."""
        outputs = result if isinstance(result, tuple) else (result,)
        passed, _ = _gate(outputs, self.at_outputs)
        return passed if isinstance(result, tuple) else passed[0]

    def at_outputs(self, grads: tuple) -> tuple:
        """The gradients of the outputs are complete."""
        for hook in self.pre_hooks:
            changed = hook.call(self.module, grads)
            if changed is not None:
                grads = changed if isinstance(changed, tuple) else (changed,)
        self.grad_outputs = grads
        if not self.watched_inputs:  # nothing will come of the inputs
            for hook in self.hooks:
                if hook.call(self.module, (None,) * self.inputs, grads) is not None:
                    raise RuntimeError(
                        "Backward hook for Modules where no input requires gradient should always "
                        "return None or None for all gradients."
                    )
        return grads

    def at_inputs(self, grads: tuple) -> tuple:
        """The gradients of the inputs are complete."""
        for hook in self.hooks:
            changed = hook.call(self.module, grads, self.grad_outputs)
            if changed is not None:
                grads = changed if isinstance(changed, tuple) else (changed,)
        return grads


def _gate(values: tuple, show: Callable[[tuple], tuple]) -> tuple[tuple, bool]:
    """The values, with those that need a gradient led through one Node; was there any?

    Many results of one Node are parts of one array. show sees their gradients, None for the others,
    and returns them as they shall go on.
    """
    at = [i for i, x in enumerate(values) if isinstance(x, Value) and x._node is not None]
    if not at:
        return values, False
    chosen = [values[i] for i in at]
    if len(at) == 1:
        whole: Any = chosen[0].reshape(chosen[0]._array.shape)
    else:
        dtype = np.result_type(*(x._array for x in chosen))
        whole = cat([_cast(x, dtype).reshape(-1) for x in chosen])
    if whole._node is None:  # under no_grad
        return values, False

    def parts(t: Any) -> list:
        if len(at) == 1:
            return [t]
        ends = np.cumsum([x._array.size for x in chosen]).tolist()
        pieces = [t[e - x._array.size : e] for e, x in zip(ends, chosen, strict=True)]
        return [
            _cast(piece.reshape(x._array.shape), x._array.dtype)
            for piece, x in zip(pieces, chosen, strict=True)
        ]

    def hook(g: Any) -> Any:
        grads: list[Any] = [None] * len(values)
        for i, part in zip(at, parts(g), strict=True):
            grads[i] = part
        after = show(tuple(grads))
        if len(after) != len(values):
            raise RuntimeError(
                f"Backward hook returned an invalid number of grad_input, got {len(after)}, but "
                f"expected {len(values)}"
            )
        if all(a is b for a, b in zip(after, grads, strict=True)):
            return None
        kept = [zeros_like(grads[i]) if after[i] is None else after[i] for i in at]
        if len(at) == 1:
            return kept[0]
        return cat([_cast(x, g.dtype).reshape(-1) for x in kept])

    whole.register_hook(hook)
    passed = list(values)
    for i, part in zip(at, parts(whole), strict=True):
        passed[i] = part
    return tuple(passed), True


def _cast(x: Any, dtype: np.dtype) -> Any:
    return x if x._array.dtype == dtype else x.to(dtype)
