"""Sparsity penalties: as functions on arrays, and as layers that add to the loss.

The layers call `add_loss` with a mean over the batch that is written out. An
`activity_regularizer` would be shorter, but Keras before 3.14 adds its value unchanged,
and Keras 3.14 and later divides it by the batch size.
"""

import math

from sae_utils.arguments import check_shape, is_number

import keras
import numpy as np
from keras import ops

# No logarithm is taken of less, so that none is infinite. A sigmoid is this small at
# z = -69. At 1e-7 (z = -16) units that training can still bring back got no gradient.
SMALLEST = 1e-30


def kl_divergence(rho, rho_hat):
    """Bernoulli KL divergence of each unit's mean activation from its target.

    `KL(rho || rho_hat) = rho log(rho / rho_hat)
    + (1 - rho) log((1 - rho) / (1 - rho_hat))`, in nats. Up to rounding, it is 0 where
    `rho_hat` equals `rho`, and positive elsewhere. It is computed in float32, or in
    float64 for a tensor of float64.

    The true value is infinite at a mean of exactly 0 or 1. Here the logarithms are taken
    of at least 1e-30, so that the value stays finite: for a `rho` of 0.05 it is 3.3 at 0
    and 65 at 1. The gradient with respect to `rho_hat` is the formula's down to 1e-30; at
    exactly 0 it has the (1 - rho) part alone, and at exactly 1 the rho part alone.

    Args:
        rho: Target mean activation, a number strictly between 0 and 1.
        rho_hat: Mean activation of each unit over the batch, shape `(units,)`, in
            [0, 1]. A NumPy array, a list, or a tensor of Keras' backend.

    Returns:
        A tensor of shape `(units,)`, of at least float32.

    Raises:
        ValueError: If `rho` is not a number in (0, 1), or `rho_hat` is not a vector, is
            empty, or holds NaN or a value outside [0, 1]. Inside a compiled function
            values cannot be read; there, a mean outside [0, 1] gives NaN.

    Source: Ng, "Sparse autoencoder", CS294A lecture notes (2011), section 3.
    """
    _check_rho(rho)
    rho_hat = _at_least_float32(rho_hat)
    check_shape("rho_hat", rho_hat.shape, ("units",))
    _check_values("rho_hat", rho_hat, low=0, high=1)
    kl = _kl(rho, rho_hat, 1 - rho_hat)
    allowed = ops.logical_and(rho_hat >= 0, rho_hat <= 1)
    return ops.where(allowed, kl, ops.full_like(kl, np.nan))


def l1_norm(code):
    """Sum of absolute activations of each sample, averaged over the batch.

    It is computed in float32, or in float64 for a tensor of float64.

    Args:
        code: Activations, shape `(batch, units)`. A NumPy array, a list, or a tensor of
            Keras' backend.

    Returns:
        A scalar tensor, of at least float32.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.

    Source: Olshausen and Field, "Emergence of simple-cell receptive field properties by
    learning a sparse code for natural images", Nature 381 (1996). `|x|` is one of the
    three costs they tried; the others are `log(1 + x^2)` and `-exp(-x^2)`. Each falls if
    the code shrinks and the basis functions grow. They did not fix the lengths of the
    basis functions, but adapted them so that all coefficients kept equal variance.
    """
    code = _at_least_float32(code)
    check_shape("code", code.shape, ("batch", "units"))
    _check_values("code", code)
    return ops.mean(ops.sum(ops.abs(code), axis=1))


@keras.saving.register_keras_serializable(package="sae_utils")
class KLSparsity(keras.layers.Layer):
    """Identity layer that adds `beta * sum of the units' KL` to the model's loss.

    Put it right after the code layer, whose activations must lie in [0, 1], such as a
    sigmoid's. The mean activation of a unit is taken over the batch.

    Silent units: in theory, a unit whose sigmoids are all near 0 is pushed up by
    `beta * rho / m` per sample of a batch of m, however low its pre-activation z. The
    layer does so down to a mean of 1e-30 (z = -69 on all samples). An activation that is
    exactly 0 passes no gradient, so no penalty can bring back a unit that has no others:
    a float16 sigmoid from z = -17 downward (compiled, from -11), a hard sigmoid from -3.

    Units that are always on are pushed down by `beta * (1 - rho) / m`, until the sigmoid
    is rounded to exactly 1 on all samples and no gradient is left: from z = 17 upward in
    float32, 8 in float16, 6 in bfloat16.

    Half precision: the mean and the KL of a float16 or bfloat16 code are computed in
    float32. The gradient of a nearly silent unit can still overflow in float16; give the
    code layer and this one `dtype="float32"` there.

    Batch size: the weight does not depend on it, so repeating a batch changes nothing.
    The expected penalty does, since the mean of a small batch varies. A unit that is 1
    for a share `rho` of the samples and 0 for the rest pays about `1 / (2m)` before
    `beta` if m is several times `1 / rho`; a unit that is always at `rho` pays nothing.
    A unit that is exactly 0 for a whole batch pays 3.3 (for a `rho` of 0.05) in place of
    infinity: less would reward a unit for falling from nearly 0 to 0. The push on a unit,
    its gradient with respect to z summed over the batch, stays below `beta` all the same.
    Batches smaller than `1 / rho` cannot tell a sparse unit from a dead one.

    Warm-up: a callback may set `layer.beta` while the model trains, and the next step
    uses it. A saved model has the value of the moment. JAX compiles the number into the
    step, so there it cannot be set once the layer has been called. `rho` is fixed.

    Args:
        rho: Target mean activation of every unit, strictly between 0 and 1.
        beta: Weight of the penalty, at least 0.

    Returns:
        The code, unchanged, when called on a code of shape `(batch, units)`.

    Raises:
        AttributeError: If `rho` is set later, or on JAX `beta`.
        ValueError: If `rho` or `beta` is no number or out of range; when called, if the
            code is not of rank 2, is empty, or holds NaN or a value outside [0, 1].
            Inside a compiled function values cannot be read; there, such a code gives a
            NaN loss.

    Source: Ng, "Sparse autoencoder", CS294A lecture notes (2011), section 3. A code can
    also meet the target by shrinking, while the decoder's weights grow. Ng's loss has
    weight decay (lambda) against large weights; this layer has none.
    """

    def __init__(self, rho=0.05, beta=1e-3, **kwargs):
        _check_rho(rho)
        _check_weight("beta", beta)
        super().__init__(**kwargs)
        self._rho = float(rho)
        self._weight = _Weight("beta", beta)

    @property
    def rho(self):
        return self._rho

    @rho.setter
    def rho(self, rho):
        raise AttributeError(
            f"rho is fixed, since a compiled model would not notice another one; build "
            f"a new model with KLSparsity(rho={rho!r})."
        )

    @property
    def beta(self):
        return self._weight.number

    @beta.setter
    def beta(self, beta):
        self._weight.set(beta, is_in_use=self.built)

    def call(self, code):
        on = _at_least_float32(code)
        check_shape("code", on.shape, ("batch", "units"))
        _check_values("code", on, low=0, high=1)
        # 1 - on is exact near 1, where 1 - (mean of on) keeps one digit or none.
        kl = ops.sum(_kl(self.rho, ops.mean(on, axis=0), ops.mean(1 - on, axis=0)))
        # A ReLU code may average to a value in [0, 1]; its KL would mean nothing.
        allowed = ops.all(ops.logical_and(on >= 0, on <= 1))
        self.add_loss(self._weight * ops.where(allowed, kl, ops.full_like(kl, np.nan)))
        return code

    def compute_output_shape(self, input_shape):
        # Keras builds a model with this alone, without `call`.
        check_shape("code", input_shape, ("batch", "units"))
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "beta": self.beta}


@keras.saving.register_keras_serializable(package="sae_utils")
class L1Sparsity(keras.layers.Layer):
    """Identity layer that adds `strength * l1_norm(code)` to the model's loss.

    Warm-up: a callback may set `layer.strength` while the model trains, as it may set
    `beta` of `KLSparsity`.

    Args:
        strength: Weight of the penalty, at least 0. The penalty is summed over units and
            averaged over the batch, as Keras 3.14 and later do for
            `activity_regularizer=keras.regularizers.L1(strength)`.

    Returns:
        The code, unchanged, when called on a code of shape `(batch, units)`.

    Raises:
        AttributeError: If `strength` is set on JAX after the layer has been called.
        ValueError: If `strength` is no number or negative; when called, if the code is
            not of rank 2, is empty, or holds NaN.
    """

    def __init__(self, strength=1e-4, **kwargs):
        _check_weight("strength", strength)
        super().__init__(**kwargs)
        self._weight = _Weight("strength", strength)

    @property
    def strength(self):
        return self._weight.number

    @strength.setter
    def strength(self, strength):
        self._weight.set(strength, is_in_use=self.built)

    def call(self, code):
        self.add_loss(self._weight * l1_norm(code))
        return code

    def compute_output_shape(self, input_shape):
        # Keras builds a model with this alone, without `call`.
        check_shape("code", input_shape, ("batch", "units"))
        return input_shape

    def get_config(self):
        return {**super().get_config(), "strength": self.strength}


class _Weight:
    """The weight of a penalty, which a compiled training step reads anew each time.

    A plain number would become a part of the compiled step, and a later one would change
    nothing. A variable of the layer would be counted and saved among the model's weights,
    so that the weights of two penalties could not be exchanged. Keras does not look for
    variables in here. TensorFlow finds this one all the same, and JAX would not.
    """

    def __init__(self, name, number):
        _check_weight(name, number)
        self.name, self.number, self.variable = name, float(number), None
        if keras.backend.backend() == "tensorflow":
            self.variable = keras.Variable(self.number, trainable=False, dtype="float32")

    def set(self, number, is_in_use):
        _check_weight(self.name, number)
        if is_in_use and keras.backend.backend() == "jax":
            raise AttributeError(
                f"On JAX {self.name} cannot change once the layer is in a model, since a "
                f"compiled step would not notice; build a new model with "
                f"{self.name}={number!r}, and copy the weights by set_weights."
            )
        self.number = float(number)
        if self.variable is not None:
            self.variable.assign(self.number)

    def __mul__(self, penalty):
        if self.variable is None:
            return self.number * penalty
        return ops.cast(self.variable, penalty.dtype) * penalty


def _at_least_float32(values):
    """Make a tensor that is wide enough for sums: bfloat16 holds two to three digits."""
    given = values.dtype if ops.is_tensor(values) else keras.config.floatx()
    return ops.convert_to_tensor(values, keras.backend.result_type(given, "float32"))


def _kl(rho, on, off):
    """KL divergence of units whose means are `on`, and `off = 1 - on`, from `rho`."""
    on, off = ops.maximum(on, SMALLEST), ops.maximum(off, SMALLEST)
    # The derivative of log(rho / on) would need on * on, which is 0 in float32 for small
    # means; that of log(on) needs 1 / on alone.
    kl_on = rho * (math.log(rho) - ops.log(on))
    kl_off = (1 - rho) * (math.log(1 - rho) - ops.log(off))
    return kl_on + kl_off


def _check_rho(rho):
    if not is_number(rho) or not 0 < rho < 1:
        raise ValueError(
            f"rho must lie strictly between 0 and 1 (it is a unit's target mean "
            f"activation, such as 0.05); got {rho!r}."
        )


def _check_weight(name, weight):
    if not is_number(weight) or not 0 <= weight < float("inf"):
        raise ValueError(f"{name} must be a number of at least 0; got {weight!r}.")


def _check_values(name, tensor, low=-np.inf, high=np.inf):
    """Check a tensor's values, if it has any yet: a traced or symbolic one has none."""
    try:
        values = ops.convert_to_numpy(tensor)
    except (NotImplementedError, TypeError, ValueError, AttributeError):
        return
    if np.isnan(values).any():
        raise ValueError(
            f"{name} must not hold NaN; got {np.isnan(values).sum()} NaN in shape "
            f"{values.shape}."
        )
    if values.min() < low or values.max() > high:
        raise ValueError(
            f"{name} must lie in [{low}, {high}]; got values from {values.min():.3g} to "
            f"{values.max():.3g}. A sigmoid code is in [0, 1]; a ReLU code is not."
        )
