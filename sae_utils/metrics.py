"""The scoreboard: how well an autoencoder reconstructs, and how sparse its code is.

Sparsity is measured so that no scale can change it. Doubling a unit's activation and
halving its row of the decoder leaves the reconstruction as it is, so it must leave the
measure as it is too. Two kinds of numbers pass that test: exact zeros, and contributions.
A contribution is an activation times the length of its unit's decoder row.
"""

from sae_utils import codes, models

import keras
import numpy as np
from keras import layers, ops

MOST = 0.9  # share of a sample's contributions that `n90` collects
ALWAYS = 0.99  # a unit that is on for this share of the samples is "always on"
# A unit of a smooth code is on above this share of its own maximum, and dead if its
# contributions range over less than this share of the widest range.
ON_SHARE, DEAD_RANGE = 0.1, 0.01

# Decimals to show for a scoreboard's numbers, for `DataFrame.round`.
DECIMALS = {
    "mse": 4,
    "fvu": 3,
    "l0": 1,
    "n90": 1,
    **dict.fromkeys(["population", "lifetime", "penalty_share"], 2),
    "probe_error": 3,
}


def fvu(x, reconstruction):
    """Fraction of variance unexplained: the squared error relative to that of the mean.

    The sum of squared errors over the sum of squared distances from the samples' mean.
    It is 0 for a perfect copy, and 1 for a reconstruction that is always the mean.

    Args:
        x: Inputs, shape `(samples, ...)`.
        reconstruction: Their reconstructions, of the same shape.

    Returns:
        A float of at least 0; NaN if all samples are equal.

    Raises:
        ValueError: If the shapes differ, or either is empty or holds NaN.
    """
    x = codes.checked_values("x", x)
    reconstruction = codes.checked_values("reconstruction", reconstruction)
    if x.shape != reconstruction.shape:
        raise ValueError(
            f"x and reconstruction differ in shape: {x.shape}, {reconstruction.shape}."
        )
    if (x == x[:1]).all():
        return float("nan")
    error = np.subtract(x, reconstruction, dtype=np.result_type(x, np.float32))
    spread = x.var(axis=0, dtype=np.float64).sum() * len(x)
    return float(np.sum(error**2, dtype=np.float64) / spread)


def l0(code):
    """Mean number of units per sample whose activation is not exactly zero.

    Args:
        code: Activations, shape `(samples, units)`.

    Returns:
        A float between 0 and `units`.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.
    """
    return float((codes.checked_code(code) != 0).sum(axis=1).mean())


def n90(contributions):
    """Fewest units that carry 90% of a sample's contributions, averaged over samples.

    Args:
        contributions: Activations times the lengths of the decoder's rows, shape
            `(samples, units)`; absolute values are used.

    Returns:
        A float between 1 and `units`: the mean over the samples that have any
        contribution; NaN if there is none. A sigmoid's constant part, which is the same
        for all samples, counts too.

    Raises:
        ValueError: If `contributions` is not of rank 2, is empty, or holds NaN.
    """
    sizes = np.abs(codes.checked_code(contributions).astype(np.float64))
    sizes = sizes[sizes.any(axis=1)]
    if len(sizes) == 0:
        return float("nan")
    largest_first = -np.sort(-sizes, axis=1)
    carried = np.cumsum(largest_first, axis=1) / sizes.sum(axis=1, keepdims=True)
    # The margin is for rounding: nine of ten equal units carry 90%.
    return float(np.mean(1 + np.sum(carried < MOST - 1e-6, axis=1)))


def dead_units(contributions, exact_zeros=True):
    """Tell for each unit whether it is dead: on for none of these samples.

    Args:
        contributions: Activations times the lengths of the decoder's rows, shape
            `(samples, units)`.
        exact_zeros: Whether a unit that is off is exactly zero, as with ReLU. If not, as
            with a sigmoid, a unit is dead if its contributions range over less than 1%
            of the widest unit's range.

    Returns:
        An array of booleans, shape `(units,)`.

    Raises:
        ValueError: If `contributions` is not of rank 2, is empty, or holds NaN.
    """
    contributions = codes.checked_code(contributions)
    if exact_zeros:
        return ~(contributions != 0).any(axis=0)
    ranges = contributions.max(axis=0) - contributions.min(axis=0)
    return ranges <= DEAD_RANGE * ranges.max()


def always_on_units(code, exact_zeros=True):
    """Tell for each unit whether it is on for (nearly) every sample, 99% or more.

    Args:
        code: Activations, or contributions, shape `(samples, units)`.
        exact_zeros: Whether a unit that is off is exactly zero, as with ReLU. If not, as
            with a sigmoid, a unit is on where it is above 10% of its own maximum. So
            a unit that never changes is both always on and dead.

    Returns:
        An array of booleans, shape `(units,)`.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.
    """
    size = np.abs(codes.checked_code(code))
    on = size > (0 if exact_zeros else ON_SHARE * size.max(axis=0))
    return on.mean(axis=0) >= ALWAYS


def population_sparsity(contributions):
    """How unevenly a sample's contributions are spread over the units, averaged.

    For one sample with contributions `a` of `n` units it is
    `(1 - mean(a)^2 / mean(a^2)) / (1 - 1/n)`: 0 if all units contribute equally, 1 if
    exactly one does.

    Args:
        contributions: Activations times the lengths of the decoder's rows, shape
            `(samples, units)`; absolute values are used.

    Returns:
        A float in [0, 1]: the mean over the samples that have any contribution; NaN if
        there is no such sample, or only one unit.

    Raises:
        ValueError: If `contributions` is not of rank 2, is empty, or holds NaN.

    Source: Vinje and Gallant, Science 287 (2000), after Rolls and Tovee (1995);
    the names population and lifetime after Willmore and Tolhurst, Network 12 (2001).
    """
    return _mean_sparseness(codes.checked_code(contributions))


def lifetime_sparsity(contributions):
    """How unevenly a unit's contributions are spread over the samples, averaged.

    The same measure as `population_sparsity`, along the other axis: 0 if a unit
    contributes equally to every sample, 1 if it contributes to exactly one.

    Args:
        contributions: As for `population_sparsity`. Activations give the same result.

    Returns:
        A float in [0, 1]: the mean over the units that are on for any sample. Others are
        left out, so that a dead unit does not count as sparse. NaN if no unit is left,
        or there is only one sample.

    Raises:
        ValueError: If `contributions` is not of rank 2, is empty, or holds NaN.
    """
    return _mean_sparseness(codes.checked_code(contributions).T)


def scoreboard(model, x, layer="code"):
    """Measure an autoencoder's reconstruction and the sparsity of its code.

    If a ReLU unit's activation is multiplied by a number and its decoder row divided by
    it, only `penalty_share` changes.

    Args:
        model: An autoencoder, a functional or sequential `keras.Model` with a code layer
            of shape `(batch, units)`.
        x: Inputs of the model, shape `(samples, ...)`. They must lie in [0, 1] if the
            model's output does, as behind a sigmoid.
        layer: Name of the code layer.

    Returns:
        A dict, one row of the scoreboard: `mse` (mean squared error of the
        reconstruction alone, per input value), `fvu` (fraction of variance unexplained),
        `l0` (units per sample that are not exactly zero; NaN for a code without exact
        zeros, such as a sigmoid's), `n90` (units that carry 90% of a sample's
        contributions), `population` and `lifetime` (sparsity), `dead` and `always_on`
        (numbers of units), `penalty_share` (of `mse + penalties`).

    Raises:
        ValueError: If the model is not functional or sequential, or has no layer of that
            name, `x` is empty, holds NaN, or lies outside of the output's range, or the
            first kernel after the code does not have one row per unit.
    """
    models.named_layer(model, layer)
    x = codes.checked_values("x", x).astype(np.float32, copy=False)
    _check_range(model, x)
    code = codes.encode(model, x, layer)
    parts = code * codes.row_lengths(model, layer)
    exact_zeros = codes.has_exact_zeros(model, code, layer)
    reconstruction = codes.outputs(model, x)
    unexplained = fvu(x, reconstruction)
    mse = float(np.mean((reconstruction - x) ** 2))
    penalty = _mean_penalty(model, x)
    return {
        "mse": mse,
        "fvu": unexplained,
        "l0": l0(code) if exact_zeros else float("nan"),
        "n90": n90(parts),
        "population": population_sparsity(parts),
        "lifetime": lifetime_sparsity(parts),
        "dead": int(dead_units(parts, exact_zeros).sum()),
        "always_on": int(always_on_units(code, exact_zeros).sum()),
        "penalty_share": penalty / (mse + penalty) if penalty else 0.0,
    }


def _check_range(model, x):
    """Refuse inputs that the model cannot put out, such as gray levels up to 255.

    Only an output in [0, 1] is looked at. A linear one has no range, and standardized
    inputs are right for it.
    """
    shaping = layers.Reshape | layers.Flatten
    last = next(each for each in reversed(model.layers) if not isinstance(each, shaping))
    activation = getattr(last, "activation", None)
    bounded = map(keras.activations.get, models.UNIT_INTERVAL_ACTIVATIONS)
    if activation in bounded and (x.min() < 0 or x.max() > 1):
        raise ValueError(
            f"x must lie in [0, 1], as the model's output does (its activation is "
            f"{activation.__name__}); got values from {x.min():.3g} to {x.max():.3g}. "
            f"Divide images with gray levels up to 255 by 255."
        )


def _mean_penalty(model, x, batch_size=200):
    """Mean over batches of everything the layers add to the loss."""
    total = 0.0
    for start in range(0, len(x), batch_size):
        batch = x[start : start + batch_size]
        model(batch)
        total += len(batch) * sum(float(ops.sum(loss)) for loss in model.losses)
    return total / len(x)


def _mean_sparseness(rows):
    rows = np.abs(rows.astype(np.float64))
    rows = rows[rows.any(axis=1)]
    n = rows.shape[1]
    if len(rows) == 0 or n == 1:
        return float("nan")
    evenness = rows.mean(axis=1) ** 2 / (rows**2).mean(axis=1)
    return float(np.mean((1 - evenness) / (1 - 1 / n)))
