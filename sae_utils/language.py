"""The small language model of notebook 08, and a way to change what it computes."""

import io

from sae_utils import data

import keras
import numpy as np
from keras import layers

# The symbols of the novels, by their number.
SYMBOLS = "\n !\"'(),-.0123456789:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
CONTEXT = 64  # symbols that the model sees
WIDTH = 64  # numbers per symbol in the residual stream
HEADS = 4
MLP_UNITS = 256
BLOCKS = 2
START_SEED = 0  # of the weights that training started from: the untrained twin's


@keras.saving.register_keras_serializable(package="sae_utils")
class Positions(layers.Layer):
    """Add a learned vector to each position of a sequence."""

    def build(self, input_shape):
        """Make the vectors, one for each position."""
        self.vectors = self.add_weight(shape=input_shape[1:], name="vectors")

    def call(self, inputs):
        """Return the inputs plus the vectors of their positions."""
        return inputs + self.vectors


def language_model(seed=START_SEED):
    """Build the small language model with the weights that its training starts from.

    It is a transformer that predicts the next symbol of a novel: two blocks of attention
    and a multilayer perceptron (MLP), which add what they find to a stream of 64 numbers
    per position.

    Args:
        seed: Seed of the initial weights, which NumPy draws: the same on every machine.

    Returns:
        A `keras.Model` from symbols' numbers `(batch, 64)` to logits
        `(batch, 64, symbols)`, not compiled. A position's logits are for the symbol that
        follows it. The layer `"mlp"`, output shape `(batch, 64, 256)`, holds the ReLU
        units of the last MLP, and the layer `"written"`, `(batch, 64, 64)`, what they
        add to the stream.

    Source: Radford and others, "Language models are unsupervised multitask learners"
    (2019), for the order of the layers and the initial weights.
    """
    inputs = keras.Input(shape=(CONTEXT,), dtype="int32")
    stream = layers.Embedding(len(SYMBOLS), WIDTH, name="symbols")(inputs)
    stream = Positions(name="positions")(stream)
    for block in range(BLOCKS):
        last = block == BLOCKS - 1
        normal = layers.LayerNormalization()(stream)
        attention = layers.MultiHeadAttention(HEADS, WIDTH // HEADS)
        stream = layers.add([stream, attention(normal, normal, use_causal_mask=True)])
        normal = layers.LayerNormalization()(stream)
        mlp = layers.Dense(MLP_UNITS, activation="relu", name="mlp" if last else None)
        written = layers.Dense(WIDTH, name="written" if last else None)(mlp(normal))
        stream = layers.add([stream, written])
    stream = layers.LayerNormalization(name="last_norm")(stream)
    model = keras.Model(inputs, layers.Dense(len(SYMBOLS), name="logits")(stream))
    rng = np.random.default_rng(seed)
    model.set_weights([_start(rng, weight) for weight in model.weights])
    return model


def _start(rng, weight):
    """Return what a weight starts from, as in GPT-2: scales 1, biases 0, else random."""
    if weight.name in ("gamma", "beta", "bias"):
        return np.full(weight.shape, float(weight.name == "gamma"), dtype="float32")
    return rng.normal(0, 0.02, weight.shape).astype("float32")


def load_language_model(trained=True):
    """Load the small language model, trained on three novels by Jane Austen.

    Args:
        trained: If False, its untrained twin: the same layers, with the weights that the
            training started from.

    Returns:
        A `keras.Model` as of `language_model`.

    Raises:
        ValueError: If `trained` is neither True nor False.
        OSError: If the file of weights is missing, cut short, or altered; the message
            says how to restore it.

    Source: `tools/train_language_model.py`, see `sae_utils/bundled/language_model.md`.
    """
    if trained not in (True, False):
        raise ValueError(f"trained must be True or False; got {trained!r}.")
    model = language_model()
    if trained:
        arrays = np.load(io.BytesIO(data.read_bundled("language_model.npz")))
        weights = [arrays[name] for name in sorted(arrays.files)]
        model.set_weights([each.astype("float32") for each in weights])
    return model


def with_activations(model, function):
    """Return the language model with other activations in its last MLP.

    Args:
        model: A model as of `load_language_model`.
        function: What to do with the activations of the layer `"mlp"`, after its ReLU: a
            function of a tensor `(batch, 64, 256)` that returns one of the same shape. It
            is written with `keras.ops`, arithmetic, and Keras models.

    Returns:
        A `keras.Model` that shares its weights with `model`. Before the MLP both compute
        the same.

    Raises:
        ValueError: If `model` has no layer `"mlp"`, or `function` cannot be called, or
            cannot be applied to a tensor, as a function of NumPy, or returns another
            shape.
    """
    _must_be_language_model(model)
    if not callable(function):
        raise ValueError(
            f"function must be a function of the activations; got {function!r}."
        )
    read, rest = split_at_mlp(model)
    activations, stream = read.outputs
    # A layer hands real tensors to the function, which NumPy's arrays can be added to.
    try:
        changed = layers.Lambda(function, name="changed")(activations)
    except (NotImplementedError, TypeError) as error:
        raise ValueError(
            "function must take the activations, a tensor, and be written with "
            f"keras.ops, not NumPy; got {function!r}, which could not be applied."
        ) from error
    if changed.shape != activations.shape:
        raise ValueError(
            f"function must return activations of the shape {activations.shape}; got "
            f"{changed.shape}."
        )
    return keras.Model(model.inputs[0], rest([changed, stream]))


def split_at_mlp(model):
    """Split the language model at its last MLP, behind which each position is on its own.

    Args:
        model: A model as of `load_language_model`.

    Returns:
        Two `keras.Model`s that share their weights with `model`. The first leads from
        symbols' numbers `(batch, 64)` to the activations of the layer `"mlp"`,
        `(batch, 64, 256)`, and to the stream that flows past it, `(batch, 64, 64)`. The
        second leads from both to logits, `(batch, 64, symbols)`, and takes any other
        number of positions, too.

    Raises:
        ValueError: If `model` has no layer `"mlp"`.
    """
    _must_be_language_model(model)
    names = [each.name for each in model.layers]
    # What flows past the MLP is the other input of the sum that follows.
    after = model.layers[names.index("written") + 1]
    past = next(each for each in after.input if "written" not in each.name)
    read = keras.Model(model.inputs[0], [model.get_layer("mlp").output, past])
    activations = keras.Input(shape=(None, MLP_UNITS))
    stream = keras.Input(shape=(None, WIDTH))
    total = layers.add([stream, model.get_layer("written")(activations)])
    logits = model.get_layer("logits")(model.get_layer("last_norm")(total))
    return read, keras.Model([activations, stream], logits)


def _must_be_language_model(model):
    names = [each.name for each in getattr(model, "layers", [])]
    if "mlp" not in names or "written" not in names:
        raise ValueError(
            "model must be a language model, as load_language_model returns it; got "
            f"{type(model).__name__} with the layers {names}."
        )
