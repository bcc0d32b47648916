"""minigrad.compile: a function's forward and backward pass as straight-line NumPy programs.

compiled.py follows a function, keeps its programs and runs them; captured.py finds what it reads
besides its arguments; passes.py makes the programs shorter.  Nothing here is loaded by
`import minigrad`.
"""

from .compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
