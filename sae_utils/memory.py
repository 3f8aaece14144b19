"""Return memory that a notebook no longer uses to the system."""

import contextlib
import ctypes


def return_freed_memory():
    """Return memory that Python has freed to the system.

    Otherwise the C library of Linux keeps it, 100 MiB or more per trained model.
    Elsewhere this does nothing.
    """
    # No C library to ask (Windows), or one that needs no asking (macOS).
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
