"""Module: a function with parameters that can be nested, listed, saved and loaded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from .. import dtypes
from .._tensor import Tensor
from ..autograd.changes import mark_changed
from ..autograd.engine import Value
from ..autograd.errors import tensor_words
from ..creation import zeros
from .hooks import Hooked
from .parameter import Buffer, Parameter, Uninitialized, zero_grad


class IncompatibleKeys(NamedTuple):
    """What load_state_dict returns: keys that found nothing, and keys that nothing asked for."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return (
            f"IncompatibleKeys(missing_keys={self.missing_keys}, "
            f"unexpected_keys={self.unexpected_keys})"
        )


class Module(Hooked):
    """A function with parameters: subclass it, assign Parameters and Modules, and write forward.

    >>> class Scale(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.factor = nn.Parameter(tensor(2.0))
    ...     def forward(self, x):
    ...         return x * self.factor
    >>> Scale()(tensor([1., 2.])), len(list(Scale().parameters()))
    (tensor([2., 4.], grad_fn=<MulBackward0>), 1)
    """

    training: bool
    _parameters: dict[str, Parameter | None]
    _buffers: dict[str, Tensor | None]
    _modules: dict[str, Module | None]
    _transient: set[str]  # the buffers that are not saved

    def __init__(self) -> None:
        for name, value in (
            ("training", True),
            ("_parameters", {}),
            ("_buffers", {}),
            ("_modules", {}),
            ("_transient", set()),
            ("_forward_pre_hooks", OrderedDict()),
            ("_forward_hooks", OrderedDict()),
            ("_backward_pre_hooks", OrderedDict()),
            ("_backward_hooks", OrderedDict()),
        ):
            object.__setattr__(self, name, value)

    # -- attributes ------------------------------------------------------------------------------
    def __getattr__(self, name: str) -> Any:
        own = self.__dict__
        if "_parameters" in own:  # not before Module.__init__
            for table in (own["_parameters"], own["_buffers"], own["_modules"]):
                if name in table:
                    return table[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __setattr__(self, name: str, value: Any) -> None:
        tables = self.__dict__
        if "_parameters" not in tables:
            if isinstance(value, (Parameter, Module)):
                kind = "parameters" if isinstance(value, Parameter) else "module"
                raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
            object.__setattr__(self, name, value)
        elif isinstance(value, Parameter):
            if name not in self._parameters:
                self._forget(name)
            self._parameters[name] = value
        elif isinstance(value, Module):
            if name not in self._modules:
                self._forget(name)
            self._modules[name] = value
        elif isinstance(value, Buffer):
            self._forget(name)
            self.register_buffer(name, value, getattr(value, "persistent", True))
        elif name in self._parameters:
            if value is not None:
                raise TypeError(
                    f"cannot assign {_words(value)} as parameter '{name}' "
                    "(minigrad.nn.Parameter or None expected)"
                )
            self._parameters[name] = None
        elif name in self._modules:
            if value is not None:
                raise TypeError(
                    f"cannot assign {_words(value)} as child module '{name}' "
                    "(minigrad.nn.Module or None expected)"
                )
            self._modules[name] = None
        elif name in self._buffers:
            if value is not None and not isinstance(value, Value):
                raise TypeError(
                    f"cannot assign {_words(value)} as buffer '{name}' (minigrad.Tensor or None "
                    "expected)"
                )
            self._buffers[name] = value  # type: ignore[assignment]
        else:
            object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> None:
        if not self._forget(name):
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def _forget(self, name: str) -> bool:
        """Remove an attribute of any kind; was there one?"""
        for table in (self.__dict__, self._parameters, self._buffers, self._modules):
            if name in table:
                del table[name]
                self._transient.discard(name)
                return True
        return False

    def __dir__(self) -> list[str]:
        names = {*super().__dir__(), *self._parameters, *self._buffers, *self._modules}
        return sorted(names)

    def _check_name(self, name: str, kind: str, table: dict[str, Any]) -> None:
        if "_parameters" not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain "."')
        if not name:
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in table:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter by name; None stands for one that is left out, such as a bias."""
        self._check_name(name, "parameter", self._parameters)
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign {_words(param)} object to parameter '{name}' "
                "(minigrad.nn.Parameter or None required)"
            )
        self._parameters[name] = param

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that belongs to the state and is not trained; persistent ones are saved."""
        self._check_name(name, "buffer", self._buffers)
        if tensor is not None and not isinstance(tensor, Value):
            raise TypeError(
                f"cannot assign {_words(tensor)} object to buffer '{name}' (minigrad.Tensor or "
                "None required)"
            )
        self._buffers[name] = tensor
        (self._transient.discard if persistent else self._transient.add)(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a child by name."""
        self._check_name(name, "module", self._modules)
        if module is not None and not isinstance(module, Module):
            raise TypeError(f"{type(module).__name__} is not a Module subclass")
        self._modules[name] = module

    register_module = add_module

    # -- what is inside --------------------------------------------------------------------------
    def named_modules(
        self, memo: set[Module] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module and all within it with their paths, each once unless remove_duplicate=False.

        memo holds modules to leave out.

        >>> [name for name, _ in nn.Sequential(nn.Flatten(), nn.Linear(2, 1)).named_modules()]
        ['', '0', '1']
        """
        seen: set[Module] = set() if memo is None else memo

        def walk(module: Module, path: str) -> Iterator[tuple[str, Module]]:
            if remove_duplicate:
                if module in seen:
                    return
                seen.add(module)
            yield path, module
            for name, child in module._modules.items():
                if child is not None:
                    yield from walk(child, f"{path}.{name}" if path else name)

        return walk(self, prefix)

    def modules(self) -> Iterator[Module]:
        """This module and all within it, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly within this one with their names, each once."""
        seen: set[int] = set()
        for name, child in self._modules.items():
            if child is not None and id(child) not in seen:
                seen.add(id(child))
                yield name, child

    def children(self) -> Iterator[Module]:
        """The modules directly within this one, each once."""
        return (child for _, child in self.named_children())

    def _members(
        self, kind: str, prefix: str, recurse: bool, once: bool
    ) -> Iterator[tuple[str, Any]]:
        seen: set[int] = set()
        modules = self.named_modules(None, prefix, once) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in getattr(module, kind).items():
                if value is not None and id(value) not in seen:
                    if once:
                        seen.add(id(value))
                    yield f"{path}.{name}" if path else name, value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """All parameters with their paths, each once unless remove_duplicate=False.

        >>> [(name, p.shape) for name, p in nn.Linear(2, 1).named_parameters()]
        [('weight', torch.Size([1, 2])), ('bias', torch.Size([1]))]
        """
        return self._members("_parameters", prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """All parameters, each once: what an optimiser is given."""
        return (p for _, p in self.named_parameters("", recurse))

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """All buffers with their paths, each once unless remove_duplicate=False."""
        return self._members("_buffers", prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """All buffers, each once."""
        return (b for _, b in self.named_buffers("", recurse))

    def get_submodule(self, target: str) -> Module:
        """The module at a path such as "0.body"; "" is this one."""
        module = self
        for name in target.split(".") if target else []:
            child = module._modules.get(name)
            if child is None:
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
            module = child
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put a module at a path such as "0.body"; with strict there must have been one."""
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if strict:
            self.get_submodule(target)
        path, _, name = target.rpartition(".")
        self.get_submodule(path).add_module(name, module)

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at a path such as "1.running_mean"."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = module._buffers.get(name)
        if found is None:
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        return found

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at a path such as "0.weight"."""
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        found = module._parameters.get(name)
        if found is None:
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}`")
        return found

    # -- what is done to all -----------------------------------------------------------------------
    def apply(self, fn: Callable[[Module], Any]) -> Any:
        """Call fn with every module within this one, and then with this one; returns the module.

        >>> net = nn.Sequential(nn.Linear(2, 1))
        >>> net = net.apply(lambda m: nn.init.zeros_(m.weight) if type(m) == nn.Linear else None)
        >>> net[0].weight.sum().item()
        0.0
        """
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Any:
        """Set training mode, which Dropout and BatchNorm look at, here and within."""
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean, not {mode!r}")
        for module in self.modules():
            object.__setattr__(module, "training", mode)
        return self

    def eval(self) -> Any:
        """Set evaluation mode, here and within."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Any:
        """Say of all parameters whether they get gradients."""
        for p in self.parameters():
            p.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with set_to_none=False fill them with 0."""
        zero_grad(self.parameters(), set_to_none)

    def to(self, *args: Any, dtype: Any = None, device: Any = None, **kwargs: Any) -> Any:
        """Convert all floating point parameters and buffers to a type, in place."""
        kinds = (dtypes.float32, dtypes.float64)  # two, to see whether a type is named at all
        found = {
            zeros(0, dtype=d).to(*args, dtype=dtype, device=device, **kwargs).dtype for d in kinds
        }
        if len(found) > 1:
            return self
        wanted = found.pop()
        if wanted.kind != "f":
            raise TypeError(
                "nn.Module.to only accepts floating point or complex dtypes, but got desired "
                f"dtype={wanted}"
            )
        for t in (*self.parameters(), *self.buffers()):
            if isinstance(t, Uninitialized):
                t.retype(wanted)
            elif t._array.dtype.kind == "f" and t._array.dtype != wanted:
                t._array = t._array.astype(wanted)
                if t.grad is not None:
                    t._grad = t.grad.detach().to(wanted)
        return self

    def type(self, dst_type: Any) -> Any:
        """Convert all floating point parameters and buffers to a type."""
        return self.to(dst_type)

    def float(self) -> Any:
        """Convert all floating point parameters and buffers to float32."""
        return self.to(dtypes.float32)

    def double(self) -> Any:
        """Convert all floating point parameters and buffers to float64."""
        return self.to(dtypes.float64)

    def half(self) -> Any:
        """Convert all floating point parameters and buffers to float16."""
        return self.to(dtypes.float16)

    def cpu(self) -> Any:
        """The module itself: it is on the CPU."""
        return self

    # -- state -------------------------------------------------------------------------------------
    def _slots(self, prefix: str = "") -> Iterator[tuple[str, Any]]:
        """Every parameter and saved buffer by its path; what is reached by two paths has two."""
        for table in (self._parameters, self._buffers):
            for name, value in table.items():
                if value is not None and name not in self._transient:
                    yield prefix + name, value
        for name, child in self._modules.items():
            if child is not None:
                yield from child._slots(f"{prefix}{name}.")

    def state_dict(
        self, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Any]:
        """All parameters and saved buffers by their paths, without history and on the same memory.

        They are put into destination, if there is one.

        >>> list(nn.Sequential(nn.Flatten(), nn.Linear(2, 1)).state_dict())
        ['1.weight', '1.bias']
        """
        found = OrderedDict() if destination is None else destination
        for name, value in self._slots(prefix):
            whole = keep_vars or isinstance(value, Uninitialized)
            found[name] = value if whole else value.detach()
        return found

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> IncompatibleKeys:
        """Copy the values of a state_dict() into the parameters and buffers; torch's may be given.

        With assign they are not copied: parameters and buffers take their memory and their type.

        Raises RuntimeError that lists keys which are missing or unexpected (unless strict=False)
        and shapes that differ; nothing has been changed then.

        >>> net = nn.Linear(2, 1)
        >>> net.load_state_dict(net.state_dict())
        <All keys matched successfully>
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict)}.")
        own = dict(self._slots())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        errors: list[str] = []
        if strict:
            for kind, names in (("Unexpected", unexpected), ("Missing", missing)):
                if names:
                    listed = ", ".join(f'"{name}"' for name in names)
                    errors.insert(0, f"{kind} key(s) in state_dict: {listed}. ")
        pairs = []
        for name, value in state_dict.items():
            if name not in own:
                continue
            if isinstance(value, Uninitialized) and isinstance(own[name], Uninitialized):
                continue
            array = value._array if isinstance(value, Value) else value
            if not isinstance(array, np.ndarray) and hasattr(array, "__dlpack__"):
                array = np.from_dlpack(array)  # a tensor of torch's state_dict()
            if isinstance(array, np.ndarray) and isinstance(own[name], Uninitialized):
                own[name].materialize(array.shape)
            target = own[name]._array
            if not isinstance(array, np.ndarray):
                errors.append(
                    f'While copying the parameter named "{name}", expected minigrad.Tensor or '
                    f"array from checkpoint but received {type(value)}"
                )
            elif array.shape != target.shape:
                errors.append(
                    f"size mismatch for {name}: copying a param with shape "
                    f"torch.Size({list(array.shape)}) from checkpoint, the shape in current "
                    f"model is torch.Size({list(target.shape)})."
                )
            else:
                pairs.append((own[name], array))
        if errors:
            text = "".join(f"\n\t{error}" for error in errors)
            raise RuntimeError(f"Error(s) in loading state_dict for {type(self).__name__}:{text}")
        for t, array in pairs:
            if assign:
                t._array = array
            else:
                mark_changed(t._array)
                t._array[...] = array
        return IncompatibleKeys(missing, unexpected)

    # -- printing ----------------------------------------------------------------------------------
    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the parentheses when the module is printed."""
        return ""

    def __repr__(self) -> str:
        children = [
            f"({name}): " + repr(child).replace("\n", "\n  ")
            for name, child in self._modules.items()
        ]
        return self._framed(children)

    def _framed(self, lines: list[str]) -> str:
        extra, name = self.extra_repr(), type(self).__name__
        if not lines and "\n" not in extra:
            return f"{name}({extra})"
        return f"{name}(\n  " + "\n  ".join(extra.splitlines() + lines) + "\n)"


def _words(x: Any) -> str:
    return f"'{tensor_words(x)}'" if isinstance(x, Value) else f"'{type(x).__name__}'"
