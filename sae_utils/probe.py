"""The linear probe: how plainly does a code say what the image shows?"""

from sae_utils import codes

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits


def linear_probe_error(code_train, y_train, code_test, y_test):
    """Error of a linear classifier that sees only the code.

    The classifier is multinomial logistic regression by scikit-learn, with its default
    regularization (L2, C = 1), on units divided by their largest training activation, so
    that a code's scale does not matter.

    Args:
        code_train: Activations to fit on, shape `(samples, units)`.
        y_train: Their labels, shape `(samples,)`.
        code_test: Activations to test on, shape `(samples, units)`.
        y_test: Their labels, shape `(samples,)`.

    Returns:
        The share of wrong test labels, a float in [0, 1].

    Raises:
        ValueError: If a code is not of rank 2, is empty, or holds NaN.
    """
    code_train, code_test = codes.checked_code(code_train), codes.checked_code(code_test)
    largest = np.abs(code_train).max(axis=0)
    scale = np.where(largest > 0, largest, 1).astype(np.float32)
    probe = LogisticRegression(max_iter=300)
    with threadpool_limits(1):  # the products are too small for several threads
        probe.fit((code_train / scale).astype(np.float32), y_train)
        return float(1 - probe.score((code_test / scale).astype(np.float32), y_test))
