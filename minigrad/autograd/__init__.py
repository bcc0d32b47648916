"""The engine: how a gradient is computed.  NumPy is all it imports.

To study, in this order:
    engine         the graph of Nodes and Leaves; apply() records, backprop() walks back
    derivatives    the formula sheet: every derivative; derivatives_functions,
                   derivatives_linalg, derivatives_nn and derivatives_conv go on
    broadcasting   what was repeated gets the sum of the gradients of its copies
    gradients      the ways to ask: backward() and grad(); how .grad adds up
    interop        what NumPy does when it meets a Tensor: how the same rule serves every order
Changes in place:
    changes        which memory was written to, and when
    views          tensors that share memory; minigrad/inplace.py uses both
For users:
    grad_mode (no_grad), functional (Jacobians), gradcheck, errors (what messages say)
    function (a backward of your own), bundle (several results of one call), variable (an old name)
    graph, place (what can be asked of a Node); hooks; saving and packed (what the graph saves)
To look into a graph:
    watching (tells of each call and each rule), rule_text (a rule as text), tracing; anomaly, with
    blame and advice (where a nan came from); symbols and program (a graph as a NumPy program)
The names here are torch.autograd's, and what a rule of your own needs.
"""

from typing import TYPE_CHECKING

from .engine import NAMES, RULES, apply, primitive, rule
from .grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    is_inference_mode_enabled,
    no_grad,
    set_grad_enabled,
)
from .gradcheck import gradcheck, gradgradcheck
from .gradients import backward, grad

if TYPE_CHECKING:
    from . import functional, graph
    from .anomaly import detect_anomaly, set_detect_anomaly
    from .function import Function
    from .rule_text import rules
    from .tracing import replay, trace
    from .variable import Variable

__all__ = [
    "Function", "NAMES", "RULES", "Variable", "apply", "backward", "detect_anomaly", "enable_grad",
    "functional", "grad", "gradcheck", "gradgradcheck", "graph", "inference_mode",
    "is_grad_enabled", "is_inference_mode_enabled", "no_grad", "primitive", "replay", "rule",
    "rules", "set_detect_anomaly", "set_grad_enabled", "trace",
]  # fmt: skip

if not TYPE_CHECKING:
    _WHERE = {
        "functional": None, "graph": None, "detect_anomaly": "anomaly",
        "set_detect_anomaly": "anomaly", "Function": "function", "rules": "rule_text",
        "replay": "tracing", "trace": "tracing", "Variable": "variable",
    }  # fmt: skip

    def __getattr__(name):
        """What no gradient needs is loaded when it is first named."""
        if name not in _WHERE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
        from importlib import import_module

        room = import_module(f"{__name__}.{_WHERE[name] or name}")
        return getattr(room, name) if _WHERE[name] else room

    def __dir__():
        return __all__
