"""Return freed memory to the system, or keep it for the arrays that come next."""

import contextlib
import ctypes

MIB = 2**20
TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # as malloc.h of Linux numbers them


def return_freed_memory():
    """Return memory that Python has freed to the system.

    Otherwise the C library of Linux keeps it, 100 MiB or more per trained model.
    Elsewhere this does nothing.
    """
    # No C library to ask (Windows), or one that needs no asking (macOS).
    with contextlib.suppress(AttributeError, OSError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def keep_freed_memory():
    """Keep memory that Python frees, up to 128 MiB, for the arrays that come next.

    A loop of NumPy steps makes and frees the same arrays again and again. If they have a
    few MiB each, the C library of Linux asks the system for them anew each time, and the
    system fills them with zeros first: that can take longer than the arithmetic. Results
    stay the same. Elsewhere this does nothing.
    """
    with contextlib.suppress(AttributeError, OSError, TypeError):
        library = ctypes.CDLL(None)
        library.mallopt(MMAP_THRESHOLD, 32 * MIB)  # the largest that it accepts
        library.mallopt(TRIM_THRESHOLD, 128 * MIB)
