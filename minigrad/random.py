"""Random numbers: every stream is a Generator of its own, and one of them is the default.

The numbers are NumPy's (PCG64), not torch's: the same seed gives the same run here, not torch's.
"""

from __future__ import annotations

import copy
import os
from typing import Any

import numpy as np

from .autograd.symbols import Draws, following


class Generator:
    """A stream of random numbers with a state that can be saved and put back.

    As torch's, a new one starts from the same seed each time; seed() draws one.

    >>> g = Generator().manual_seed(0)
    >>> g.initial_seed()
    0
    """

    def __init__(self, device: Any = "cpu") -> None:
        self.device = device
        self.manual_seed(67280421310721)

    def manual_seed(self, seed: int) -> Generator:
        """Start the stream anew from this seed, any integer; returns the generator."""
        if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool):
            raise TypeError(f"manual_seed expected an int, not {type(seed).__name__} {seed!r}")
        if following.tape is not None:
            following.tape.refuse(seed)
        self._seed = int(seed)
        self._numpy: np.random.Generator | None = None
        return self

    @property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator that makes the numbers."""
        if self._numpy is None:  # made when first used: np.random takes 10 ms to import
            self._numpy = np.random.Generator(np.random.PCG64(self._seed % 2**128))
        return self._numpy

    def seed(self) -> int:
        """Start the stream anew from a seed of the operating system's, and return it."""
        self.manual_seed(int.from_bytes(os.urandom(8), "little") >> 1)
        return self._seed

    def initial_seed(self) -> int:
        """The seed that the stream started from."""
        return self._seed

    def get_state(self) -> dict:
        """The state, as a dict of strings and integers that can be stored as JSON."""
        return {"seed": self._seed, **copy.deepcopy(dict(self.numpy.bit_generator.state))}

    def set_state(self, state: dict) -> Generator:
        """Go on where the stream was when get_state() gave this."""
        self._seed = state["seed"]
        self.numpy.bit_generator.state = {k: v for k, v in state.items() if k != "seed"}
        return self

    def __repr__(self) -> str:
        return f"<minigrad.Generator seed={self._seed}>"


default_generator = Generator()
default_generator.seed()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, which all random functions use that are given none.

    >>> import minigrad
    >>> minigrad.manual_seed(7) is minigrad.default_generator
    True
    """
    return default_generator.manual_seed(seed)


def stream(generator: Generator | None) -> np.random.Generator:
    """NumPy's generator behind a given Generator, or behind the default one."""
    if generator is None:
        generator = default_generator
    if not isinstance(generator, Generator):
        raise TypeError(f"generator must be a minigrad.Generator, not {type(generator).__name__}")
    if following.tape is not None:  # see compiler/
        return Draws(following.tape, generator)  # type: ignore[return-value]
    return generator.numpy
