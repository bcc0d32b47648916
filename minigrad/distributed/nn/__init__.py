"""Differentiable operations on the tensors of several processes; torch.distributed.nn's names."""

from . import functional as functional
from .functional import all_reduce as all_reduce
