"""torch.backends.openmp: it is not here; minigrad computes with NumPy."""


def is_available() -> bool:
    """False: minigrad does not use OpenMP.

    >>> minigrad.backends.openmp.is_available()
    False
    """
    return False
