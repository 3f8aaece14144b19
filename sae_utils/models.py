"""The models of the series: autoencoders, their halves, and the language model."""

from sae_utils.activations import TopK
from sae_utils.arguments import check_whole, is_number
from sae_utils.halves import decoder, encoder, named_layer
from sae_utils.language import (
    SYMBOLS,
    load_language_model,
    split_at_mlp,
    with_activations,
)
from sae_utils.penalties import KLSparsity

import keras
from keras import layers, ops

__all__ = [
    "SYMBOLS",
    "UnitRows",
    "conv_autoencoder",
    "decoder",
    "dense_autoencoder",
    "encoder",
    "load_language_model",
    "named_layer",
    "split_at_mlp",
    "with_activations",
]

# Activations whose values can be read as "on for this share of the inputs".
UNIT_INTERVAL_ACTIVATIONS = ("sigmoid", "hard_sigmoid", "softmax")


def dense_autoencoder(
    units,
    activation="relu",
    penalty=None,
    n_inputs=784,
    unit_norm_decoder=False,
    output_activation="sigmoid",
    decoder_start=1e-3,
    tied_start=False,
):
    """Build an autoencoder with one dense layer on either side of the code.

    A unit's decoder row is its row of the decoder's kernel, of shape
    `(units, n_inputs)`. Rows that start small later show what was learned. Rows that
    start large keep much of their random start, which looks like noise.

    Args:
        units: Number of code units, at least 1.
        activation: Activation of the code layer: a Keras name such as `"relu"`, a
            function, or a layer such as `activations.TopK(20)`.
        penalty: A layer such as `KLSparsity` or `L1Sparsity` that the code passes
            through on its way to the decoder, or None.
        n_inputs: Number of inputs. They must lie in the range of `output_activation`.
        unit_norm_decoder: If True, the decoder's rows start at length 1, in random
            directions, and keep that length: the code cannot shrink while the decoder
            grows. `decoder_start` is not used then.
        output_activation: Activation of the last layer, as for `activation`.
        decoder_start: Standard deviation of the decoder's initial weights, drawn from a
            normal distribution, above 0. None keeps Keras' default, Glorot uniform.
        tied_start: If True, the encoder's kernel starts as the decoder's transpose, so
            that each unit first responds to what its own row draws. Nothing ties the
            two afterward. If False, the encoder starts at Keras' default.

    Returns:
        A `keras.Model` from `(batch, n_inputs)` to `(batch, n_inputs)`, not compiled,
        with layers named `"code"` (output shape `(batch, units)`) and
        `"reconstruction"`.

    Raises:
        ValueError: If `units` or `n_inputs` is not a whole number of at least 1, if
            Keras does not know an activation, or it keeps more units than there are,
            if `penalty` is not a layer, or a `KLSparsity` while `activation` can leave
            [0, 1], or if `decoder_start` is not above 0.
    """
    units = check_whole("units", units)
    n_inputs = check_whole("n_inputs", n_inputs)
    _check_activation("activation", activation)
    _check_activation("output_activation", output_activation)
    _check_penalty(activation, penalty)
    _check_start(decoder_start)
    if isinstance(activation, TopK):
        activation.compute_output_shape((None, units))  # refuses a k above `units`
    if unit_norm_decoder:
        decoder_rows = {
            "kernel_initializer": UnitRows(),
            "kernel_constraint": keras.constraints.UnitNorm(axis=1),
        }
    elif decoder_start is not None:
        normal = keras.initializers.RandomNormal(stddev=decoder_start)
        decoder_rows = {"kernel_initializer": normal}
    else:
        decoder_rows = {}
    inputs = keras.Input(shape=(n_inputs,))
    code = layers.Dense(units, activation=activation, name="code")(inputs)
    if penalty is not None:
        code = penalty(code)
    outputs = layers.Dense(
        n_inputs, activation=output_activation, name="reconstruction", **decoder_rows
    )(code)
    model = keras.Model(inputs, outputs)
    if tied_start:
        decoder_kernel = model.get_layer("reconstruction").kernel
        model.get_layer("code").kernel.assign(ops.transpose(decoder_kernel))
    return model


@keras.saving.register_keras_serializable(package="sae_utils")
class UnitRows(keras.initializers.RandomNormal):
    """Initializer for a kernel whose rows have length 1 and random directions.

    It draws each entry from a normal distribution, and divides each row by its length.
    All directions are equally likely.
    """

    def __call__(self, shape, dtype=None):
        return ops.normalize(super().__call__(shape, dtype), axis=1)


def conv_autoencoder(
    units=32,
    activation="relu",
    penalty=None,
    batch_normalization=False,
    output_activation="relu",
):
    """Build the classic convolutional autoencoder of notebook 02, or its repair.

    Args:
        units: Number of code units, at least 1.
        activation: Activation of the code layer, a Keras name such as `"relu"`, or a
            function.
        penalty: A layer such as `KLSparsity` or `L1Sparsity` that the code passes
            through on its way to the decoder, or None.
        batch_normalization: If True, the code's input is normalized over each batch
            before its activation, and starts one standard deviation below zero: ReLU
            units do not die, and each is on for about a sixth of the inputs.
        output_activation: Activation of the last layer, as for `activation`.

    Returns:
        A `keras.Model` from `(batch, 28, 28, 1)` to the same shape, not compiled, with
        layers named `"code"` (output shape `(batch, units)`) and `"reconstruction"`.

    Raises:
        ValueError: If `units` is not a whole number of at least 1, if Keras does not
            know an activation, or if `penalty` is not a layer, or a `KLSparsity` while
            `activation` can leave [0, 1].
    """
    units = check_whole("units", units)
    _check_activation("activation", activation)
    _check_activation("output_activation", output_activation)
    _check_penalty(activation, penalty)
    conv = {"kernel_size": 3, "padding": "same", "activation": "relu"}
    inputs = keras.Input(shape=(28, 28, 1))
    x = layers.Conv2D(16, **conv)(inputs)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Conv2D(32, **conv)(x)
    x = layers.MaxPooling2D(2)(x)
    x = layers.Flatten()(x)
    x = layers.Dense(units)(x)
    if batch_normalization:
        # As in notebook 02: a lower start makes units sparse, and the running mean must
        # not lag behind in a short training.
        one_lower = keras.initializers.Constant(-1.0)
        x = layers.BatchNormalization(momentum=0.9, beta_initializer=one_lower)(x)
    code = layers.Activation(activation, name="code")(x)
    if penalty is not None:
        code = penalty(code)
    x = layers.Dense(7 * 7 * 32, activation="relu")(code)
    x = layers.Reshape((7, 7, 32))(x)
    x = layers.Conv2D(32, **conv)(x)
    x = layers.Conv2DTranspose(32, strides=2, **conv)(x)
    x = layers.Conv2DTranspose(16, strides=2, **conv)(x)
    outputs = layers.Conv2DTranspose(
        1, 3, padding="same", activation=output_activation, name="reconstruction"
    )(x)
    return keras.Model(inputs, outputs)


def _check_activation(name, activation):
    try:
        keras.activations.get(activation)
    except ValueError:
        raise ValueError(
            f"{name} must be the name of a Keras activation, such as 'relu', 'sigmoid' "
            f"or 'linear', or a function; got {activation!r}."
        ) from None


def _check_start(decoder_start):
    if decoder_start is None:
        return
    if is_number(decoder_start) and 0 < decoder_start < float("inf"):
        return
    raise ValueError(
        f"decoder_start must be a standard deviation above 0, such as 1e-3, or None for "
        f"Keras' default; got {decoder_start!r}."
    )


def _check_penalty(activation, penalty):
    if penalty is None:
        return
    if not isinstance(penalty, layers.Layer):
        hint = ""
        if isinstance(penalty, type):
            hint = f" That is a class: write {penalty.__name__}() to make a layer."
        raise ValueError(
            f"penalty must be a layer, such as KLSparsity(rho=0.05), or None; got "
            f"{penalty!r}.{hint}"
        )
    if isinstance(penalty, KLSparsity) and activation not in UNIT_INTERVAL_ACTIVATIONS:
        raise ValueError(
            f"KLSparsity needs a code in [0, 1], so activation must be one of "
            f"{UNIT_INTERVAL_ACTIVATIONS}; got {activation!r}."
        )
