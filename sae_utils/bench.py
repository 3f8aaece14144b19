"""Six tests of a sparsity penalty with a target, by its values and gradients alone.

Notebook 04 builds them. Each test gives a number on the penalty's own scale, and an alarm
goes off if a correct penalty would not give that number.
"""

from sae_utils.arguments import is_number

import keras
import numpy as np
from keras import ops

SAMPLES, UNITS = 1000, 6
# Pre-activations of a unit that is silent, of one that is busy, and of one that is on.
SILENT, BUSY, ON = -20.0, 1.0, 12.0
# The lowest and the highest number at which a test raises no alarm.
ALLOWED = {
    "target": (0.001, np.inf),
    "pattern": (-np.inf, 0.1),
    "batch": (0.99, 1.01),
    "units": (0.1, np.inf),
    "silence": (0.5, np.inf),
    "scale": (-0.01, np.inf),
}


def row(penalty, rho=0.05, activation="sigmoid"):
    """Measure what a penalty charges for codes whose worth is known.

    "Off" and "on" are the activations at pre-activations of -20 and 12, and a code that
    is constant at `level` lies at that share of the way from off to on. Differences in
    value are divided by the largest value of the constant codes at 0.8, 1, 1.25, and 4
    times `rho` (or halfway from `rho` to on, if that is less), so that the penalty's
    weight does not matter:

    - `"target"`: how much more it costs to be constant at 0.8 or 1.25 times `rho`,
      whichever is cheaper, than at `rho`.
    - `"pattern"`: how much more it costs to be on for a share `rho` of the samples and
      off for the rest than to be constant at `rho`.
    - `"batch"`: the value of half a batch, divided by that of the batch. Both halves are
      the same.
    - `"units"`: how much more it costs if one unit is on in place of all six.
    - `"silence"`: how hard a unit that is off on all samples is pushed up, divided by
      `rho` and by how hard a unit at a pre-activation of 1 is pushed. The unit that is
      pushed up least counts. The number is 0 if a silent unit costs no more than one at
      the target.
    - `"scale"`: how much more it costs to halve a code that is on for a share `rho`. A
      decoder that doubles its weights makes up for that.

    The bench calls the penalty on one batch at a time. A penalty that remembers earlier
    batches, such as one of a running mean, can raise alarms for that alone. The bench
    does not see a weight that is far too small, units that count for more than others,
    or a penalty of the worst unit alone.

    Args:
        penalty: A layer that is called on a code, shape `(batch, units)`, and adds to the
            loss, such as `penalties.KLSparsity`.
        rho: The target that the penalty is meant to have, from 0.005 to 0.5.
        activation: Activation of the layer before the penalty, a Keras name or a
            function, which says what "off" and "on" are.

    Returns:
        A dict of six floats by the name of the test. NaN or infinite where the penalty
        is.

    Raises:
        ValueError: If `penalty` is not a layer or adds nothing to the loss, if `rho` is
            not a number from 0.005 to 0.5, or if Keras does not know `activation`; also
            what `penalty` itself raises for a code that it refuses.
        RuntimeError: If Keras' backend is not TensorFlow, whose tape measures the push.
    """
    activate = _activation(activation)
    _check_rho(rho)
    _check_penalty(penalty)
    off, on = (float(activate(ops.convert_to_tensor(z))) for z in (SILENT, ON))

    def price(share_of_on):
        code = off + share_of_on * (on - off)
        return float(_added(penalty, ops.convert_to_tensor(code, dtype="float32")))

    def constant(level, samples=SAMPLES):
        return price(np.full((samples, UNITS), level))

    much = min(4 * rho, (1 + rho) / 2)
    at, too_much = constant(rho), constant(much)
    near = constant(0.8 * rho), constant(1.25 * rho)
    each_unit = _on_for_a_share(rho)
    one_unit = -np.sort(-each_unit, axis=1)  # whatever is on in a sample moves to unit 0
    separate = price(each_unit)
    silent, busy = _push(penalty, activate, SILENT), _push(penalty, activate, BUSY)
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = np.abs([at, too_much, *near]).max()
        pushed = silent.min() / rho / np.abs(busy).max()
        numbers = {
            "target": (min(near) - at) / scale,
            "pattern": (separate - at) / scale,
            "batch": constant(much, SAMPLES // 2) / np.float64(too_much),
            "units": (price(one_unit) - separate) / scale,
            "silence": 0.0 if constant(0.0) <= at else pushed,
            "scale": (price(each_unit / 2) - separate) / scale,
        }
    return {name: float(number) for name, number in numbers.items()}


def alarms(measured):
    """Name the tests that a penalty fails.

    Args:
        measured: What `row` returns: a dict of numbers by the name of the test.

    Returns:
        A list of names, in the order of `ALLOWED`; empty if there is no alarm. A number
        that is not finite is an alarm.

    Raises:
        ValueError: If `measured` is not a dict with the six tests as its keys.
    """
    if not isinstance(measured, dict) or set(measured) != set(ALLOWED):
        given = list(measured) if isinstance(measured, dict) else repr(measured)
        raise ValueError(f"measured must have the keys {list(ALLOWED)}; got {given}.")
    return [
        name
        for name, (lowest, highest) in ALLOWED.items()
        if not (np.isfinite(measured[name]) and lowest <= measured[name] <= highest)
    ]


def _added(penalty, code):
    """Return what a layer adds to the loss when it is called on a code."""
    penalty(code)
    if not penalty.losses:
        raise ValueError(
            f"penalty must add to the loss when it is called; {penalty!r} added nothing."
        )
    return sum(penalty.losses)


def _push(penalty, activate, pre_activation):
    """Return how hard a penalty pushes up each unit when all entries are equal."""
    import tensorflow as tf

    z = tf.fill((SAMPLES, UNITS), pre_activation)
    with tf.GradientTape() as tape:
        tape.watch(z)
        added = _added(penalty, activate(z))
    slopes = tape.gradient(added, z)
    if slopes is None:
        return np.zeros(UNITS)
    return -ops.convert_to_numpy(ops.sum(slopes, axis=0)).astype(np.float64)


def _on_for_a_share(rho):
    """Return 1 where a unit is on; each is on for a share `rho` of the samples."""
    n_on = round(rho * SAMPLES)
    later = np.arange(UNITS) * SAMPLES // (UNITS * n_on)
    # In random order: in a regular one, a small batch would hold a unit's exact share.
    sample = np.random.default_rng(0).permutation(SAMPLES)[:, np.newaxis]
    return ((sample + later) * n_on % SAMPLES < n_on).astype(float)


def _activation(activation):
    if keras.backend.backend() != "tensorflow":
        raise RuntimeError("The bench's tape needs KERAS_BACKEND=tensorflow.")
    try:
        return keras.activations.get(activation)
    except ValueError as error:
        raise ValueError(
            f"activation must be a function or a name that Keras knows, such as "
            f"'sigmoid'; got {activation!r}."
        ) from error


def _check_rho(rho):
    if not is_number(rho) or not 0.005 <= rho <= 0.5:
        raise ValueError(f"rho must be a number from 0.005 to 0.5; got {rho!r}.")


def _check_penalty(penalty):
    if not isinstance(penalty, keras.Layer):
        raise ValueError(
            f"penalty must be a layer, such as penalties.KLSparsity(); got {penalty!r}."
        )
