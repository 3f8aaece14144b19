"""Training of an autoencoder: what `compile` and `fit` do, in less time."""

import math

from sae_utils.activations import TopK
from sae_utils.arguments import check_whole, is_number
from sae_utils.memory import return_freed_memory
from sae_utils.progress import Progress

import keras
import numpy as np

# XLA compiles a dense model in about 1 s of processor time, and then saves about 5 s per
# billion updates of a weight (at 128 and 256 units). It pays off from this many updates
# on (weights times steps).
XLA_FROM_UPDATES = 200e6

# Batches that are handed to TensorFlow in one call.
BATCHES_AT_ONCE = 16


def train(model, x, epochs, learning_rate=2e-3, batch_size=128):
    """Train an autoencoder to reconstruct its inputs, by Adam on the squared error.

    The weights are those of `model.compile(keras.optimizers.Adam(learning_rate), "mse")`
    and `model.fit(x, x, batch_size, epochs)` with the same seed, up to rounding. Training
    takes a fraction of the time: on TensorFlow, the batches of an epoch run inside a
    compiled function. It shows epoch and loss as it runs; see `progress.Progress`.

    Args:
        model: An autoencoder, a `keras.Model` whose output has the shape of its input,
            such as `models.dense_autoencoder` builds. It is compiled again, so that Adam
            starts afresh; its weights continue from their current values.
        x: Inputs, which are the targets too, shape `(samples, *model.input_shape[1:])`.
        epochs: Number of passes over all samples, at least 1.
        learning_rate: Step size of Adam, above 0.
        batch_size: Samples per step, at least 1. The last batch of an epoch is smaller
            if `samples` is not a multiple.

    Returns:
        The history, as `fit` records it: a dict with key `"loss"` and one number per
        epoch, the mean loss of its samples, penalties included, while the weights change.

    Raises:
        ValueError: If `x` is empty, holds a value that is not finite, or differs in
            shape from the model's input; if the model's output differs in shape from its
            input; if `epochs` or `batch_size` is not a whole number of at least 1; or if
            `learning_rate` is not above 0. Nothing has been trained then.
    """
    check_whole("epochs", epochs)
    check_whole("batch_size", batch_size)
    _check_learning_rate(learning_rate)
    x = _checked_inputs(model, x)
    # Keras takes no number of NumPy for the learning rate.
    model.compile(keras.optimizers.Adam(float(learning_rate)), "mse")
    if keras.backend.backend() != "tensorflow":
        model.fit(x, x, batch_size, epochs, verbose=0, callbacks=[Progress()])
        return model.history.history
    n_batches = math.ceil(len(x) / batch_size)
    run_epoch = _epoch_function(
        model, x, batch_size, use_xla=_xla_pays_off(model, epochs * n_batches)
    )
    callbacks = keras.callbacks.CallbackList(
        [Progress()], add_history=True, model=model, epochs=epochs
    )
    callbacks.on_train_begin()
    for epoch in range(epochs):
        callbacks.on_epoch_begin(epoch)
        logs = {"loss": run_epoch()}
        callbacks.on_train_batch_end(n_batches - 1, logs)
        callbacks.on_epoch_end(epoch, logs)
    callbacks.on_train_end()
    return_freed_memory()
    return model.history.history


def _xla_pays_off(model, n_steps):
    """Tell whether XLA, TensorFlow's compiler, saves more time than it takes."""
    shapes = [weight.shape for weight in model.trainable_weights]
    # On a processor XLA is slow at convolutions, whose kernels have four axes, and at
    # sorting.
    is_dense = all(len(shape) <= 2 for shape in shapes)
    sorts = any(isinstance(_activation(layer), TopK) for layer in model.layers)
    return (
        is_dense
        and not sorts
        and n_steps * sum(map(math.prod, shapes)) >= XLA_FROM_UPDATES
    )


def _activation(layer):
    return getattr(layer, "activation", layer)


def _epoch_function(model, x, batch_size, use_xla):
    """Return a function that trains for one epoch and returns its mean loss."""
    import tensorflow as tf

    n_full, rest = divmod(len(x), batch_size)
    # What a step needs must exist before the step is compiled.
    model.optimizer.build(model.trainable_variables)

    @tf.function(jit_compile=use_xla)
    def run_batches(batches, n_batches):
        for i in tf.range(n_batches):
            model.train_step((batches[i], batches[i]))

    @tf.function
    def run_rest(batch):
        model.train_step((batch, batch))

    # The order in which `fit` takes the samples, drawn as it draws it.
    orders = tf.data.Dataset.range(1).map(
        lambda _: tf.random.shuffle(tf.range(len(x), dtype=tf.int64))
    )

    def run_epoch():
        model.reset_metrics()
        order = next(orders.as_numpy_iterator())
        whole = order[: n_full * batch_size].reshape(n_full, batch_size)
        # A few batches at a time are copied for TensorFlow. All pieces have the same
        # shape, so that they share one compiled function.
        for start in range(0, n_full, BATCHES_AT_ONCE):
            piece = whole[start : start + BATCHES_AT_ONCE]
            filled = np.resize(piece, (BATCHES_AT_ONCE, batch_size))
            run_batches(x[filled], tf.constant(len(piece)))
        if rest:
            run_rest(x[order[n_full * batch_size :]])
        return float(model.metrics[0].result())

    return run_epoch


def _checked_inputs(model, x):
    """Return `x` as an array of Keras' float type, if the model can be trained on it."""
    sample_shape = tuple(model.input_shape[1:])
    if model.output_shape != model.input_shape:
        raise ValueError(
            f"The model must be an autoencoder, whose output has the shape of its input; "
            f"got input shape {model.input_shape}, output shape {model.output_shape}."
        )
    x = np.asarray(x, dtype=keras.config.floatx())
    if x.ndim != len(sample_shape) + 1 or x.shape[1:] != sample_shape:
        wanted = ", ".join(map(str, ("samples", *sample_shape)))
        raise ValueError(f"x must have the shape ({wanted}); got {x.shape}.")
    if len(x) == 0:
        raise ValueError(f"x must hold at least one sample; got shape {x.shape}.")
    if not np.isfinite(x).all():
        count = np.count_nonzero(~np.isfinite(x))
        raise ValueError(
            f"x must hold finite numbers only; got {count} that are NaN or infinite."
        )
    return x


def _check_learning_rate(learning_rate):
    if not is_number(learning_rate) or not 0 < learning_rate < float("inf"):
        raise ValueError(
            f"learning_rate must be a number above 0, such as 2e-3; got "
            f"{learning_rate!r}."
        )
