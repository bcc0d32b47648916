"""There is no GPU here; code that asks for one gets a plain answer."""


def is_available() -> bool:
    """False: minigrad runs on the CPU only.

    >>> minigrad.cuda.is_available()
    False
    """
    return False


def device_count() -> int:
    """0: minigrad runs on the CPU only.

    >>> minigrad.cuda.device_count()
    0
    """
    return 0
