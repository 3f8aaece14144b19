"""Sparsity penalties: as functions on arrays, and as layers that add to the loss.

The layers call `add_loss` with a mean over the batch that is written out. An
`activity_regularizer` would be shorter, but Keras before 3.14 adds its value as it is,
and Keras from 3.14 on divides it by the batch size.
"""

import keras
import numpy as np
from keras import ops

# Shared by the function and the layer, so that log(0) never occurs in training.
EPSILON = 1e-7


def kl_divergence(rho, rho_hat):
    """Bernoulli KL divergence of each unit's mean activation from its target.

    `KL(rho || rho_hat) = rho log(rho / rho_hat)
    + (1 - rho) log((1 - rho) / (1 - rho_hat))`, in nats. It is 0 where `rho_hat` equals
    `rho`, and positive elsewhere. `rho_hat` is clipped to [1e-7, 1 - 1e-7], so that the
    value stays finite at 0 and 1.

    Args:
        rho: Target mean activation, a number strictly between 0 and 1.
        rho_hat: Mean activation of each unit over the batch, shape `(units,)`, in
            [0, 1]. A NumPy array, a list, or a tensor of Keras' backend.

    Returns:
        A tensor of shape `(units,)`.

    Raises:
        ValueError: If `rho` is not in (0, 1), or `rho_hat` is not a vector, is empty, or
            holds NaN or a value outside [0, 1]. Inside a compiled function values cannot
            be read; there, a mean outside [0, 1] gives NaN.

    Source: Ng, "Sparse autoencoder", CS294A lecture notes (2011), section 3.
    """
    _check_rho(rho)
    rho_hat = ops.convert_to_tensor(rho_hat, dtype=keras.config.floatx())
    _check_shape("rho_hat", rho_hat.shape, ("units",))
    _check_values("rho_hat", rho_hat, low=0, high=1)
    inside = ops.clip(rho_hat, EPSILON, 1 - EPSILON)
    kl = rho * ops.log(rho / inside) + (1 - rho) * ops.log((1 - rho) / (1 - inside))
    allowed = ops.logical_and(rho_hat >= 0, rho_hat <= 1)
    return ops.where(allowed, kl, ops.full_like(kl, np.nan))


def l1_norm(code):
    """Sum of absolute activations of each sample, averaged over the batch.

    Args:
        code: Activations, shape `(batch, units)`. A NumPy array, a list, or a tensor of
            Keras' backend.

    Returns:
        A scalar tensor.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.

    Source: Olshausen and Field, "Emergence of simple-cell receptive field properties",
    Nature 381 (1996), with the sparsity cost `|a|`.
    """
    code = ops.convert_to_tensor(code, dtype=keras.config.floatx())
    _check_shape("code", code.shape, ("batch", "units"))
    _check_values("code", code)
    return ops.mean(ops.sum(ops.abs(code), axis=1))


@keras.saving.register_keras_serializable(package="sae_utils")
class KLSparsity(keras.layers.Layer):
    """Identity layer that adds `beta * sum of the units' KL` to the model's loss.

    Put it right behind the code layer, whose activations must lie in [0, 1], such as a
    sigmoid's. The mean activation of a unit is taken over the batch; batches well below
    `1 / rho` samples are too small to tell a sparse unit from a dead one.

    Args:
        rho: Target mean activation of every unit, strictly between 0 and 1.
        beta: Weight of the penalty, at least 0.

    Returns:
        The code, unchanged, when called on a code of shape `(batch, units)`.

    Raises:
        ValueError: If `rho` or `beta` is out of range; when called, if the code is not
            of rank 2, is empty, or holds NaN or a value outside [0, 1]. Inside a
            compiled function values cannot be read; there, such a code gives a NaN loss.

    Source: Ng, "Sparse autoencoder", CS294A lecture notes (2011), section 3.
    """

    def __init__(self, rho=0.05, beta=1e-3, **kwargs):
        _check_rho(rho)
        _check_weight("beta", beta)
        super().__init__(**kwargs)
        self.rho = rho
        self.beta = beta

    def call(self, code):
        _check_shape("code", code.shape, ("batch", "units"))
        _check_values("code", code, low=0, high=1)
        rho_hat = ops.mean(code, axis=0)
        kl = ops.sum(kl_divergence(self.rho, rho_hat))
        # A ReLU code may average to a value in [0, 1]; its KL would mean nothing.
        allowed = ops.all(ops.logical_and(code >= 0, code <= 1))
        self.add_loss(self.beta * ops.where(allowed, kl, ops.full_like(kl, np.nan)))
        return code

    def compute_output_shape(self, input_shape):
        # Keras builds a model with this alone, without `call`.
        _check_shape("code", input_shape, ("batch", "units"))
        return input_shape

    def get_config(self):
        return {**super().get_config(), "rho": self.rho, "beta": self.beta}


@keras.saving.register_keras_serializable(package="sae_utils")
class L1Sparsity(keras.layers.Layer):
    """Identity layer that adds `strength * l1_norm(code)` to the model's loss.

    Args:
        strength: Weight of the penalty, at least 0. The penalty is summed over units and
            averaged over the batch, as Keras 3.14 and later do for
            `activity_regularizer=keras.regularizers.L1(strength)`.

    Returns:
        The code, unchanged, when called on a code of shape `(batch, units)`.

    Raises:
        ValueError: If `strength` is negative; when called, if the code is not of rank 2,
            is empty, or holds NaN.
    """

    def __init__(self, strength=1e-4, **kwargs):
        _check_weight("strength", strength)
        super().__init__(**kwargs)
        self.strength = strength

    def call(self, code):
        self.add_loss(self.strength * l1_norm(code))
        return code

    def compute_output_shape(self, input_shape):
        # Keras builds a model with this alone, without `call`.
        _check_shape("code", input_shape, ("batch", "units"))
        return input_shape

    def get_config(self):
        return {**super().get_config(), "strength": self.strength}


def _check_rho(rho):
    if not 0 < rho < 1:
        raise ValueError(
            f"rho must lie strictly between 0 and 1 (it is a unit's target mean "
            f"activation, such as 0.05); got {rho!r}."
        )


def _check_weight(name, weight):
    if not 0 <= weight < float("inf"):
        raise ValueError(f"{name} must be a number of at least 0; got {weight!r}.")


def _check_shape(name, shape, axes):
    wanted = f"({', '.join(axes)})" if len(axes) > 1 else f"({axes[0]},)"
    if len(shape) != len(axes):
        raise ValueError(
            f"{name} must have shape {wanted}, so rank {len(axes)}; got rank "
            f"{len(shape)}, shape {tuple(shape)}."
        )
    if 0 in shape:
        raise ValueError(
            f"{name} must have shape {wanted} with at least one entry on each axis; "
            f"got shape {tuple(shape)}."
        )


def _check_values(name, tensor, low=-np.inf, high=np.inf):
    """Check a tensor's values, if it has any yet: a traced or symbolic one has not."""
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
