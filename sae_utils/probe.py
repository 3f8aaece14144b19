"""The linear probe: how easily can the digit be read from a code?"""

from sae_utils import codes

import numpy as np
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits


def linear_probe_error(code_train, y_train, code_test, y_test):
    """Error of a linear classifier that sees only the code.

    The classifier is multinomial logistic regression by scikit-learn, with its default
    regularization (L2, C = 1). Each unit is first shifted and scaled so that its training
    activations reach from 0 to 1: neither a code's scale nor a constant part matters.

    Args:
        code_train: Activations to fit on, shape `(samples, units)`.
        y_train: Their labels, shape `(samples,)`.
        code_test: Activations to test on, shape `(samples, units)`.
        y_test: Their labels, shape `(samples,)`.

    Returns:
        The share of wrong test labels, a float in [0, 1].

    Raises:
        ValueError: If a code is not of rank 2, is empty, or holds NaN, if the two differ
            in their number of units, or if a code and its labels differ in length.
    """
    code_train, code_test = codes.checked_code(code_train), codes.checked_code(code_test)
    if code_train.shape[1] != code_test.shape[1]:
        raise ValueError(
            f"Both codes must have the same units; got shapes {code_train.shape} and "
            f"{code_test.shape}."
        )
    lowest, widest = code_train.min(axis=0), np.ptp(code_train, axis=0)
    widest[widest == 0] = 1  # for a unit that never changes

    def scaled(code):
        return ((code - lowest) / widest).astype(np.float32)

    probe = LogisticRegression(max_iter=300)
    with threadpool_limits(1):  # the products are too small for several threads
        probe.fit(scaled(code_train), y_train)
        return float(1 - probe.score(scaled(code_test), y_test))
