"""Optimisers: they change parameters in place, along the gradients that backward() left in .grad.

The names, defaults and formulas are torch.optim's. A step works on bare arrays and records nothing;
autograd is told what was changed, so that a graph made before the step notices.
"""

from . import lr_scheduler as lr_scheduler
from . import swa_utils as swa_utils
from .adam import Adam, AdamW
from .adam_variants import Adamax, NAdam, RAdam
from .adaptive import ASGD, Adadelta, Adagrad, RMSprop, Rprop
from .lbfgs import LBFGS
from .optimizer import Optimizer
from .sgd import SGD

__all__ = [
    "ASGD", "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "Adamax", "NAdam",
    "Optimizer", "RAdam", "RMSprop", "Rprop", "lr_scheduler", "swa_utils",
]  # fmt: skip
