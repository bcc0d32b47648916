"""Modules as functions of their parameters: functional_call, and stacks of parameters."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from .. import nn
from ..autograd.engine import Value
from ..ops.shaping import stack


def functional_call(
    module: nn.Module,
    parameter_and_buffer_dicts: Any,
    args: Any = None,
    kwargs: dict[str, Any] | None = None,
    *,
    tie_weights: bool = True,
    strict: bool = False,
) -> Any:
    """Call a module with these tensors in place of its parameters and buffers.

    One dict from names to tensors, or a sequence of such dicts. What is not named stays the
    module's own; with strict=True everything must be named, and nothing else. args is a tuple, or
    one argument. A parameter that a module has under two names is replaced under both, unless
    tie_weights=False.

    >>> from minigrad.func import functional_call
    >>> net = nn.Linear(2, 1)
    >>> given = {"weight": tensor([[1., 2.]]), "bias": tensor([3.])}
    >>> functional_call(net, given, tensor([1., 1.]))
    tensor([6.])
    """
    given = _merged(parameter_and_buffer_dicts)
    args = () if args is None else args if isinstance(args, tuple) else (args,)
    with _in_their_place(module, given, tie_weights, strict):
        return module(*args, **(kwargs or {}))


def _merged(dicts: Any) -> dict[str, Any]:
    if isinstance(dicts, dict):
        return dicts
    if not isinstance(dicts, Sequence) or isinstance(dicts, str):
        raise ValueError(
            "Expected parameter_and_buffer_dicts to be a dict, or a list/tuple of dicts, but got "
            f"{type(dicts)}"
        )
    if not all(isinstance(d, dict) for d in dicts):
        raise ValueError(
            "Expected all elements of parameter_and_buffer_dicts to be dictionaries, but got "
            f"{[type(d) for d in dicts]}"
        )
    names = [name for d in dicts for name in d]
    several = sorted({name for name in names if names.count(name) > 1})
    if several:
        raise ValueError(
            f"{several} appeared in multiple dictionaries; behavior of functional call is ambiguous"
        )
    return {name: value for d in dicts for name, value in d.items()}


def _tables(module: nn.Module, prefix: str = "") -> Iterator[tuple[str, dict[str, Any], str]]:
    """Where each parameter and buffer stands: its path, the dict, and the key there."""
    for table in (module._parameters, module._buffers):
        for name, value in table.items():
            if value is not None:
                yield prefix + name, table, name
    for name, child in module._modules.items():
        if child is not None:
            yield from _tables(child, f"{prefix}{name}.")


@contextlib.contextmanager
def _in_their_place(
    module: nn.Module, given: dict[str, Any], tie_weights: bool, strict: bool
) -> Iterator[None]:
    slots = {path: (table, name) for path, table, name in _tables(module)}
    for value in given.values():
        if not isinstance(value, Value):
            raise TypeError(f"{value} is not an instance of torch.Tensor")
    same: dict[int, list[str]] = {}
    for path, (table, name) in slots.items():
        same.setdefault(id(table[name]), []).append(path)
    wanted = dict(given)
    if tie_weights:
        for paths in same.values():
            named = [path for path in paths if path in given]
            if len({id(given[path]) for path in named}) > 1:
                raise ValueError(
                    f"functional_call got multiple values for keys {sorted(named)}, which are "
                    "tied. Consider using tie_weights=False"
                )
            wanted.update(dict.fromkeys(paths, given[named[0]]) if named else {})
    if strict:
        missing = sorted(set(slots) - set(wanted))
        extra = sorted(set(wanted) - set(slots))
        if missing or extra:
            text = f"Error(s) in reparametrizing for {type(module).__name__}:"
            for kind, names in (("Unexpected", extra), ("Missing", missing)):
                if names:
                    text += f"\n\t{kind} key(s): {', '.join(map(repr, names))}."
            raise RuntimeError(text)
    before = {path: table[name] for path, (table, name) in slots.items() if path in wanted}
    try:
        for path in before:
            table, name = slots[path]
            table[name] = wanted[path]
        yield
    finally:
        for path, value in before.items():
            table, name = slots[path]
            if path in given:  # a buffer may have been set anew: the caller's dict has it
                given[path] = table[name]
            table[name] = value


def stack_module_state(models: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The parameters of several modules of one class, stacked by name; and their buffers.

    With vmap over functional_call the modules run as one.

    >>> from minigrad.func import stack_module_state
    >>> params, buffers = stack_module_state([nn.Linear(2, 3), nn.Linear(2, 3)])
    >>> params["weight"].shape, buffers
    (torch.Size([2, 3, 2]), {})
    """
    models = list(models)
    if not models:
        raise RuntimeError("stack_module_state: Expected at least one model, got 0.")
    if not (all(m.training for m in models) or all(not m.training for m in models)):
        raise RuntimeError(
            "stack_module_state: Expected all models to have the same training/eval mode."
        )
    if len({type(m) for m in models}) > 1:
        raise RuntimeError("stack_module_state: Expected all models to be of the same class.")
    params = [dict(m.named_parameters()) for m in models]
    buffers = [dict(m.named_buffers()) for m in models]
    return _stacked(params), _stacked(buffers)


def _stacked(tables: list[dict[str, Any]]) -> dict[str, Any]:
    made = {}
    for name, value in tables[0].items():
        row = [table[name] for table in tables]
        if any(x.requires_grad is not value.requires_grad for x in row):
            raise RuntimeError(f"Expected {name} from each model to have the same .requires_grad")
        made[name] = stack(row).detach().requires_grad_(value.requires_grad)
    return made


def replace_all_batch_norm_modules_(root: nn.Module) -> nn.Module:
    """Let all batch norms of a module do without running statistics: they change in each call.

    >>> from minigrad.func import replace_all_batch_norm_modules_
    >>> replace_all_batch_norm_modules_(nn.BatchNorm1d(2)).running_mean is None
    True
    """
    for module in root.modules():
        if "running_mean" in module._buffers and getattr(module, "track_running_stats", False):
            module.running_mean = module.running_var = None
            module.num_batches_tracked = None
            module.track_running_stats = False
    return root
