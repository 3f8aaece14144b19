"""Memory that a notebook no longer uses goes back to the system."""

import contextlib
import ctypes


def return_freed_memory():
    """Give back to the system what Python has freed.

    The C library of Linux keeps it otherwise, 100 MiB and more per trained model.
    Elsewhere this does nothing.
    """
    # No C library to ask (Windows), or one that needs no asking (macOS).
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
