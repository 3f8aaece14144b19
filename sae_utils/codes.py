"""What a code holds: activations, its units' decoder rows, and their contributions."""

from sae_utils import models
from sae_utils.arguments import check_whole
from sae_utils.memory import return_freed_memory

import numpy as np
from keras import ops


def encode(model, x, layer="code"):
    """Return the code of each sample.

    Args:
        model: An autoencoder, a functional or sequential `keras.Model` with a code layer
            of shape `(batch, units)`.
        x: Inputs of the model, shape `(samples, ...)`.
        layer: Name of the code layer.

    Returns:
        An array of shape `(samples, units)`.

    Raises:
        ValueError: If the model is not functional or sequential, or has no layer of that
            name, if its output is not of rank 2, or if `x` is empty or holds NaN.
    """
    return checked_code(outputs(models.encoder(model, layer), x))


def outputs(model, x, batch_size=200):
    """Return a model's outputs, without compiling it as `predict` would.

    Args:
        model: A `keras.Model`.
        x: Its inputs, shape `(samples, ...)`.
        batch_size: Number of samples that go through the model at once.

    Returns:
        An array of shape `(samples, ...)`.

    Raises:
        ValueError: If `x` is empty or holds NaN, or `batch_size` is not a whole number of
            at least 1.
    """
    batch_size = check_whole("batch_size", batch_size)
    x = checked_values("x", x).astype(np.float32, copy=False)
    batches = [x[start : start + batch_size] for start in range(0, len(x), batch_size)]
    found = np.concatenate([ops.convert_to_numpy(model(batch)) for batch in batches])
    return_freed_memory()
    return found


def decoder_rows(model, layer="code"):
    """Return each code unit's row of the decoder.

    That is its row of the first kernel after the code: what an activation of 1 adds
    to the next layer. If that is the output layer, a row has the shape of an image, and
    is called the unit's filter.

    Args:
        model: An autoencoder, see `encode`.
        layer: Name of the code layer.

    Returns:
        An array of shape `(units, outputs of the next layer)`.

    Raises:
        ValueError: If the model is not functional or sequential, or has no layer of that
            name, or if the first kernel after it does not have one row per unit.
    """
    code = models.named_layer(model, layer)
    units = code.output.shape[-1]
    after = model.layers[model.layers.index(code) + 1 :]
    kernels = [each.kernel for each in after if hasattr(each, "kernel")]
    if not kernels or kernels[0].shape[0] != units or len(kernels[0].shape) != 2:
        found = tuple(kernels[0].shape) if kernels else "no kernel"
        raise ValueError(
            f"The layer behind {layer!r} must have a kernel of shape "
            f"({units}, outputs), one row per unit; got {found}."
        )
    return ops.convert_to_numpy(kernels[0])


def row_lengths(model, layer="code"):
    """Return the length of each code unit's decoder row.

    Args:
        model: An autoencoder, see `encode`.
        layer: Name of the code layer.

    Returns:
        An array of shape `(units,)`.

    Raises:
        ValueError: As `decoder_rows` does.
    """
    return np.linalg.norm(decoder_rows(model, layer), axis=1)


def contributions(model, x, layer="code"):
    """Return what each unit contributes to each sample: activation times row length.

    Args:
        model: An autoencoder, see `encode`.
        x: Inputs of the model, shape `(samples, ...)`.
        layer: Name of the code layer.

    Returns:
        An array of shape `(samples, units)`.

    Raises:
        ValueError: As `encode` and `decoder_rows` do.
    """
    return encode(model, x, layer) * row_lengths(model, layer)


def has_exact_zeros(model, code, layer="code"):
    """Tell whether a unit's activation is exactly zero where the unit is off.

    An activation function has exact zeros if it is zero over a stretch of inputs, as
    ReLU is. A sigmoid is not, even where it is rounded to zero.

    Args:
        model: An autoencoder, see `encode`.
        code: Its activations on some samples, shape `(samples, units)`. Used only for
            a layer without an activation function, such as one that keeps the largest
            activations of a sample: it has exact zeros if any activation is zero.
        layer: Name of the code layer.

    Returns:
        A boolean.

    Raises:
        ValueError: If the model is not functional or sequential, or has no layer of that
            name.
    """
    activation = getattr(models.named_layer(model, layer), "activation", None)
    if activation is None:
        return bool((np.asarray(code) == 0).any())
    # Beyond 4, rounding turns small values into zeros.
    inputs = np.linspace(-4, 4, max(33, np.shape(code)[-1]), dtype=np.float32)
    tried = activation(ops.convert_to_tensor(inputs[np.newaxis]))
    return bool((ops.convert_to_numpy(tried) == 0).sum() > 1)


def checked_values(name, values):
    """Return values as an array, if there are any and none is NaN.

    Args:
        name: What the values are called in a message.
        values: An array or a list of numbers.

    Returns:
        An array.

    Raises:
        ValueError: If `values` is empty or holds NaN.
    """
    values = np.asarray(values)
    if values.size == 0 or np.isnan(values).any():
        raise ValueError(
            f"{name} must hold at least one number and no NaN; got shape {values.shape} "
            f"with {np.isnan(values).sum()} NaN."
        )
    return values


def checked_code(code):
    """Return a code as an array, if it is one.

    Args:
        code: Activations or contributions, shape `(samples, units)`.

    Returns:
        An array of that shape.

    Raises:
        ValueError: If `code` is not of rank 2, is empty, or holds NaN.
    """
    code = checked_values("code", code)
    if code.ndim != 2:
        raise ValueError(f"code must have shape (samples, units); got {code.shape}.")
    return code
