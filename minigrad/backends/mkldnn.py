"""torch.backends.mkldnn: it is not here; minigrad computes with NumPy."""


def is_available() -> bool:
    """False: minigrad does not use Intel's oneDNN.

    >>> minigrad.backends.mkldnn.is_available()
    False
    """
    return False


enabled = False
