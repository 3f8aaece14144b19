"""The scoreboard: how well an autoencoder reconstructs, and how sparse its code is."""

from sae_utils import models

import numpy as np
from keras import ops
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

# A unit counts as active above this activation. ReLU codes reach exact zero; sigmoid
# codes never do, so a comparison of the two needs a threshold above 0.
ACTIVE_ABOVE = 0.1

# A unit counts as always on if it is active for at least this share of the samples: one
# odd sample in a hundred does not make it informative.
ALWAYS_ON_SHARE = 0.99

# Decimals worth showing of a scoreboard's numbers, for `DataFrame.round`.
DECIMALS = {
    "mse": 4,
    "l0": 1,
    "population": 2,
    "lifetime": 2,
    "penalty_share": 2,
    "probe_error": 3,
}


def l0(code, threshold=ACTIVE_ABOVE):
    """Mean number of active units per sample.

    Args:
        code: Activations, shape `(samples, units)`.
        threshold: A unit is active when the absolute activation is above this.

    Returns:
        A float between 0 and `units`.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.
    """
    return float(_active(code, threshold).sum(axis=1).mean())


def dead_units(code, threshold=ACTIVE_ABOVE):
    """Number of units that are active for no sample.

    Args:
        code: Activations, shape `(samples, units)`.
        threshold: A unit is active when the absolute activation is above this.

    Returns:
        An int between 0 and `units`.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.
    """
    return int((~_active(code, threshold).any(axis=0)).sum())


def always_on_units(code, threshold=ACTIVE_ABOVE):
    """Number of units that are active for (nearly) every sample, 99 % or more.

    Args:
        code: Activations, shape `(samples, units)`.
        threshold: A unit is active when the absolute activation is above this.

    Returns:
        An int between 0 and `units`.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.
    """
    return int((_active(code, threshold).mean(axis=0) >= ALWAYS_ON_SHARE).sum())


def population_sparsity(code):
    """How unevenly a sample's activation is spread over the units, averaged.

    For one sample with activations `a` over `n` units it is
    `(1 - mean(a)^2 / mean(a^2)) / (1 - 1/n)`: 0 if all units are equally active, 1 if
    exactly one is active. It does not change when a code is rescaled.

    Args:
        code: Activations, shape `(samples, units)`; absolute values are used.

    Returns:
        A float in [0, 1]: the mean over the samples for which any unit is above 0; NaN
        if there is no such sample, or only one unit.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.

    Source: Vinje and Gallant, Science 287 (2000), after Rolls and Tovee (1995);
    the names population and lifetime after Willmore and Tolhurst, Network 12 (2001).
    """
    return _mean_sparseness(_checked(code))


def lifetime_sparsity(code):
    """How unevenly a unit's activation is spread over the samples, averaged.

    The same measure as `population_sparsity`, along the other axis: 0 if a unit is
    equally active for every sample, 1 if it is active for exactly one.

    Args:
        code: Activations, shape `(samples, units)`; absolute values are used.

    Returns:
        A float in [0, 1]: the mean over the units that are above 0 for any sample, so
        that dead units do not count as sparse; NaN if there is no such unit, or only
        one sample.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.
    """
    return _mean_sparseness(_checked(code).T)


def scoreboard(model, x, layer="code", threshold=ACTIVE_ABOVE):
    """Measure an autoencoder's reconstruction and the sparsity of its code.

    Args:
        model: An autoencoder, a functional `keras.Model` with a code layer of shape
            `(batch, units)`.
        x: Inputs of the model, shape `(samples, ...)`.
        layer: Name of the code layer.
        threshold: A unit is active when the absolute activation is above this.

    Returns:
        A dict, one row of the scoreboard: `mse` (mean squared error of the
        reconstruction alone, per input value), `l0` (mean number of active units per
        sample), `population` and `lifetime` (sparsity, both 0 to 1), `dead` and
        `always_on` (numbers of units), `penalty_share` (the penalties' share of
        `mse + penalties`, 0 to 1).

    Raises:
        ValueError: If the model has no layer of that name, `x` is empty or holds NaN,
            or the code is not of rank 2.
    """
    x = np.asarray(x, dtype=np.float32)
    if x.size == 0 or np.isnan(x).any():
        raise ValueError(
            f"x must hold at least one sample and no NaN; got shape {x.shape} with "
            f"{np.isnan(x).sum()} NaN."
        )
    code = _run(models.encoder(model, layer), x)
    reconstruction = _run(model, x)
    mse = float(np.mean((reconstruction - x) ** 2))
    penalty = _mean_penalty(model, x)
    return {
        "mse": mse,
        "l0": l0(code, threshold),
        "population": population_sparsity(code),
        "lifetime": lifetime_sparsity(code),
        "dead": dead_units(code, threshold),
        "always_on": always_on_units(code, threshold),
        "penalty_share": penalty / (mse + penalty) if penalty else 0.0,
    }


def linear_probe_error(code_train, y_train, code_test, y_test):
    """Error of a linear classifier that sees only the code.

    The classifier is scikit-learn's logistic regression, on units scaled to [0, 1] by
    their largest training activation, so that a code's scale does not matter.

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
    probe = make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=300))
    probe.fit(_checked(code_train), y_train)
    return float(1 - probe.score(_checked(code_test), y_test))


def _run(model, x, batch_size=500):
    """Return the model's outputs. `predict` would compile each new encoder anew."""
    batches = [x[start : start + batch_size] for start in range(0, len(x), batch_size)]
    return np.concatenate([ops.convert_to_numpy(model(batch)) for batch in batches])


def _mean_penalty(model, x, batch_size=500):
    """Mean over batches of everything the layers add to the loss."""
    total = 0.0
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        model(batch)
        total += len(batch) * sum(float(ops.sum(loss)) for loss in model.losses)
    return total / len(x)


def _checked(code):
    code = np.asarray(code)
    if code.ndim != 2 or code.size == 0:
        raise ValueError(
            f"code must have shape (samples, units), with at least one of each; got "
            f"shape {code.shape}."
        )
    if np.isnan(code).any():
        raise ValueError(f"code must not hold NaN; got {np.isnan(code).sum()} NaN.")
    return code


def _active(code, threshold):
    return np.abs(_checked(code)) > threshold


def _mean_sparseness(rows):
    rows = np.abs(rows.astype(np.float64))
    rows = rows[rows.any(axis=1)]
    n = rows.shape[1]
    if len(rows) == 0 or n == 1:
        return float("nan")
    evenness = rows.mean(axis=1) ** 2 / (rows**2).mean(axis=1)
    return float(np.mean((1 - evenness) / (1 - 1 / n)))
