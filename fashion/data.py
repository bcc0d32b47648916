"""The loader and what belongs to it, under the lecture's name: all is minigrad.utils.data's.

>>> DataLoader is minigrad.utils.data.DataLoader
True
"""

from minigrad.utils.data import *
from minigrad.utils.data import __all__ as __all__
