"""The loader and what belongs to it, under the lecture's name: all is minigrad.utils.data's.

>>> DataLoader is minigrad.utils.data.DataLoader
True
"""

from minigrad.utils import data as _data
from minigrad.utils.data import *

__all__ = _data.__all__
