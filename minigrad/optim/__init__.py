"""Optimisers: they change parameters in place, along the gradients that backward() left in .grad.

The names, defaults and formulas are torch.optim's. A step works on bare arrays and records nothing;
autograd is told what was changed, so that a graph made before the step notices.
"""

from .adam import Adam, AdamW
from .optimizer import Optimizer
from .sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer"]
