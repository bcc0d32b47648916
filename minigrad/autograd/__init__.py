"""The engine: how a gradient is computed.  NumPy is all it knows.

Read engine.py first, then the formula sheet, derivatives.py.  Then, as you need them: gradients.py
(the ways to ask: backward() and grad()), grad_mode.py (no_grad), hooks.py, changes.py (how changes
in place are noticed), interop.py (np.exp of a Tensor), functional.py (Jacobians), gradcheck.py;
and what looks on: watching.py, trace.py, anomaly.py, rule_text.py (a rule's source).  The names
here are torch.autograd's, and what a rule of your own needs.
"""

from . import functional
from .anomaly import detect_anomaly, set_detect_anomaly
from .engine import NAMES, RULES, apply, primitive, rule
from .grad_mode import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from .gradcheck import gradcheck, gradgradcheck
from .gradients import backward, grad
from .rule_text import rules
from .trace import replay, trace

__all__ = [
    "NAMES", "RULES", "apply", "backward", "detect_anomaly", "enable_grad", "functional", "grad",
    "gradcheck", "gradgradcheck", "is_grad_enabled", "no_grad", "primitive", "replay", "rule",
    "rules", "set_detect_anomaly", "set_grad_enabled", "trace",
]  # fmt: skip
