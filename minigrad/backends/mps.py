"""torch.backends.mps: it is not here; minigrad computes with NumPy."""


def is_available() -> bool:
    """False: minigrad does not use Apple's GPUs.

    >>> minigrad.backends.mps.is_available()
    False
    """
    return False


def is_built() -> bool:
    """False: minigrad does not use Apple's GPUs."""
    return False
