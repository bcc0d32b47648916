"""Random numbers: every stream is a Generator of its own, and one of them is the default.

The numbers are NumPy's (PCG64), not torch's: the same seed gives the same run here, not torch's.
"""

from __future__ import annotations

import contextlib
import copy
import os
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from .autograd.engine import Value, wrap
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


def seed() -> int:
    """Seed the default generator from the operating system, and return the seed."""
    return default_generator.seed()


def initial_seed() -> int:
    """The seed that the default generator started from.

    >>> _ = minigrad.manual_seed(7)
    >>> minigrad.initial_seed()
    7
    """
    return default_generator.initial_seed()


def get_rng_state() -> Any:
    """The default generator's state, as a tensor of uint8, for set_rng_state().

    >>> state = minigrad.get_rng_state()
    >>> a = minigrad.rand(3)
    >>> minigrad.set_rng_state(state)
    >>> minigrad.equal(a, minigrad.rand(3))
    True
    """
    import json  # here: it costs a part of `import minigrad`

    return wrap(np.frombuffer(json.dumps(default_generator.get_state()).encode(), np.uint8).copy())


def set_rng_state(new_state: Any) -> None:
    """Let the default generator go on where it was when get_rng_state() gave this."""
    import json

    if not isinstance(new_state, Value) or new_state._array.dtype != np.uint8:
        raise TypeError("expected a torch.ByteTensor, such as get_rng_state() gives")
    try:
        state = json.loads(new_state._array.tobytes())
    except ValueError:
        raise RuntimeError(
            "RNG state is wrong: these bytes were not made by minigrad.get_rng_state()"
        ) from None
    default_generator.set_state(state)


@contextlib.contextmanager
def fork_rng(devices: Iterable[Any] | None = None, enabled: bool = True) -> Iterator[None]:
    """A block after which the default generator goes on as if nothing had been drawn in it.

    >>> _ = minigrad.manual_seed(0)
    >>> with minigrad.random.fork_rng():
    ...     inside = minigrad.rand(1)
    >>> minigrad.equal(inside, minigrad.rand(1))
    True
    """
    state = default_generator.get_state()
    try:
        yield
    finally:
        if enabled:
            default_generator.set_state(state)


class _Drawing(threading.local):
    refused: str | None = None  # why numbers may not be drawn now: see func/batching.py


drawing = _Drawing()


def stream(generator: Generator | None) -> np.random.Generator:
    """NumPy's generator behind a given Generator, or behind the default one."""
    if drawing.refused is not None:
        raise RuntimeError(drawing.refused)
    if generator is None:
        generator = default_generator
    if not isinstance(generator, Generator):
        raise TypeError(f"generator must be a minigrad.Generator, not {type(generator).__name__}")
    if following.tape is not None:  # see compiler/
        return Draws(following.tape, generator)  # type: ignore[return-value]
    return generator.numpy
