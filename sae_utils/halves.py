"""Access to the two halves of an autoencoder, which `models` offers, too."""

import keras


def encoder(model, layer="code"):
    """Return the part of a model from its input to the code.

    Args:
        model: An autoencoder, a functional or sequential `keras.Model`.
        layer: Name of the layer whose output is the code.

    Returns:
        A `keras.Model` that shares its weights with `model`.

    Raises:
        ValueError: If `model` is not functional or sequential, or has no layer of that
            name.
    """
    code = named_layer(model, layer).output
    return keras.Model(model.inputs[0], code)


def decoder(model, layer="code"):
    """Return the part of a model from the code to its output.

    Args:
        model: An autoencoder, a functional or sequential `keras.Model`.
        layer: Name of the layer whose output is the code.

    Returns:
        A `keras.Model` that shares its weights with `model`.

    Raises:
        ValueError: If `model` is not functional or sequential, or has no layer of that
            name.
    """
    return keras.Model(named_layer(model, layer).output, model.outputs[0])


def named_layer(model, name):
    """Return a layer of a model.

    Args:
        model: A functional or sequential `keras.Model`.
        name: Name of the layer.

    Returns:
        A `keras.layers.Layer`.

    Raises:
        ValueError: If `model` is not functional or sequential, or has no layer of that
            name.
    """
    # Other models keep their layers, but not how these are connected.
    if not isinstance(model, keras.Model) or not getattr(model, "inputs", None):
        raise ValueError(
            "The model must be keras.Model(inputs, outputs), or keras.Sequential with a "
            f"keras.Input first, so that it can be cut at a layer; got "
            f"{type(model).__name__}."
        )
    names = [each.name for each in model.layers]
    if name not in names:
        raise ValueError(f"The model has no layer {name!r}; its layers are {names}.")
    return model.get_layer(name)
