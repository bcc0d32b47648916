"""To see a gradient flow: what is made from a recorded graph.

Nothing here is loaded by `import minigrad`; name minigrad.study, and it is.
"""

from .numpy_source import Source, source

__all__ = ["Source", "source"]
