"""To see a gradient flow: pictures, pages and programs made from a recorded graph.

Nothing here is loaded by `import minigrad`; name minigrad.study, and it is.
"""

from .drawing import Drawing, draw
from .numpy_source import Source, source
from .page import Page, explain

__all__ = ["Drawing", "Page", "Source", "draw", "explain", "source"]
