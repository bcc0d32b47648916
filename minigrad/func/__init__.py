"""Functions of functions: derivatives, batches, and modules as functions; torch.func.

Transforms nest in any order: vmap(grad(f)) has the gradient of each example, jacrev(jacrev(f)) the
Hessian. They are written on top of the graph: trees (tuples, lists and dicts of tensors),
transforms (derivatives), batching (vmap), modules (functional_call).
"""

from .batching import vmap
from .modules import functional_call, replace_all_batch_norm_modules_, stack_module_state
from .transforms import (
    functionalize,
    grad,
    grad_and_value,
    hessian,
    jacfwd,
    jacrev,
    jvp,
    linearize,
    vjp,
)

__all__ = [
    "functional_call", "functionalize", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev",
    "jvp", "linearize", "replace_all_batch_norm_modules_", "stack_module_state", "vjp", "vmap",
]  # fmt: skip
