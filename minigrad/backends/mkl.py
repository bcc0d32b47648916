"""torch.backends.mkl: it is not here; minigrad computes with NumPy."""


def is_available() -> bool:
    """False: minigrad does not use Intel's MKL.

    >>> minigrad.backends.mkl.is_available()
    False
    """
    return False
