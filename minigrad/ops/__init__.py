"""The operations, a file for each family; each operation stands in one place, forward and rule
together.

A function marked `@method` is also a method of Tensor, the very same object: ``minigrad.exp is
minigrad.Tensor.exp``. Its first parameter is called ``input``, as in torch.
"""

from . import elementwise, indexing, linalg, reduction, shaping, softmax
