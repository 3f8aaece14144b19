"""Activations that keep the largest values of a code and set the rest to exactly zero.

They are layers, and take the place of `"relu"`: `dense_autoencoder(256, TopK(20))`.
"""

from sae_utils.arguments import check_shape, check_whole

import keras
from keras import ops

MOMENTUM = 0.99  # of the running mean that `BatchTopK` keeps of its threshold
UNTRAINED = -1.0  # its value before any training; no kept activation is negative


@keras.saving.register_keras_serializable(package="sae_utils")
class TopK(keras.layers.Layer):
    """ReLU, then the k largest activations of each sample; the rest become exactly 0.

    If activations are equal, those of lower index are kept, so that never more than k
    are. A sample with fewer than k positive activations has fewer than k that are not
    zero. ReLU may come before or after: the k largest values, minus the negative ones
    among them, are the k largest of the positive values. Only without ReLU could a
    negative value be kept.

    The gradient passes unchanged through what is kept and is positive, and is 0
    elsewhere. So a unit that is never among the k largest is never trained. To compare
    values, half precision is read as float32. NaN is not hidden: it makes the sample's
    activations NaN.

    Args:
        k: Number of activations to keep per sample, from 1 to the number of units.

    Returns:
        Activations of the same shape and type, when called on pre-activations of shape
        `(batch, units)`.

    Raises:
        ValueError: If `k` is not a whole number of at least 1; when called, if the input
            is not of rank 2, is empty, or has fewer than `k` units.

    Source: Makhzani and Frey, "k-Sparse Autoencoders", arXiv:1312.5663 (without ReLU);
    Gao et al., "Scaling and evaluating sparse autoencoders", arXiv:2406.04093.
    """

    def __init__(self, k, **kwargs):
        self.k = check_whole("k", k)
        super().__init__(**kwargs)

    def call(self, pre_activation):
        _check_units(pre_activation.shape, self.k)
        activation = ops.relu(pre_activation)
        keep, _ = _largest(activation, self.k)
        # A product, since NaN times 0 is NaN.
        return activation * ops.cast(keep, activation.dtype)

    def compute_output_shape(self, input_shape):
        # Keras builds a model with this alone, without `call`.
        _check_units(input_shape, self.k)
        return input_shape

    def get_config(self):
        return {**super().get_config(), "k": self.k}


@keras.saving.register_keras_serializable(package="sae_utils")
class BatchTopK(TopK):
    """ReLU, then the `k * batch` largest activations of a batch; the rest become 0.

    A sample may keep more than k activations and another fewer; k is the mean. Ties,
    gradient, half precision and NaN are as for `TopK`, with the batch in place of a
    sample: among equal activations, those of earlier samples are kept.

    That holds while the layer trains. Afterward, what a sample's code is must not depend
    on the other samples of its batch. So outside of training, all activations are kept
    that reach `threshold`: a running mean over the training batches (0.99 of the last
    value, 0.01 of the new one) of the smallest activation that was kept. The number kept
    is then near k, but not exactly: the mean lags about 100 batches behind, so it is far
    off after a short training. Before any training there is no threshold, and the layer
    keeps k per sample, as `TopK` does.

    `threshold` is a weight in float32 that is saved with the model. One layer has one
    threshold: do not share it between models.

    Args:
        k: Mean number of activations to keep per sample, from 1 to the number of units.

    Returns:
        Activations of the same shape and type, when called on pre-activations of shape
        `(batch, units)`.

    Raises:
        ValueError: If `k` is not a whole number of at least 1; when called, if the input
            is not of rank 2, is empty, or has fewer than `k` units.

    Source: Bussmann, Leask and Nanda, "BatchTopK Sparse Autoencoders", arXiv:2412.06410.
    The running mean is this layer's; there, the threshold is a mean over training data.
    """

    def __init__(self, k, **kwargs):
        super().__init__(k, **kwargs)
        start = keras.initializers.Constant(UNTRAINED)
        self.threshold = self.add_weight(
            shape=(),
            initializer=start,
            dtype="float32",
            trainable=False,
            autocast=False,
            name="threshold",
        )

    def call(self, pre_activation, training=None):
        _check_units(pre_activation.shape, self.k)
        activation = ops.relu(pre_activation)
        if training:
            in_one_row = ops.reshape(activation, (1, -1))
            count = self.k * ops.shape(activation)[0]
            keep, smallest = _largest(in_one_row, count)
            keep = ops.reshape(keep, ops.shape(activation))
            self._update(ops.cast(smallest[0, 0], "float32"))
        else:
            keep = ops.cast(activation, "float32") >= self.threshold
            per_sample, _ = _largest(activation, self.k)
            keep = ops.where(self.threshold == UNTRAINED, per_sample, keep)
        return activation * ops.cast(keep, activation.dtype)

    def _update(self, smallest):
        moved = MOMENTUM * self.threshold + (1 - MOMENTUM) * smallest
        is_first = self.threshold == UNTRAINED
        self.threshold.assign(ops.where(is_first, smallest, moved))


def _largest(values, count):
    """Mark the `count` largest values of each row; return the smallest of them too."""
    wide = keras.backend.result_type(values.dtype, "float32")
    values = ops.cast(values, wide)
    smallest = ops.top_k(values, count)[0][:, -1:]
    above, equal = values > smallest, values == smallest
    # Of the values equal to the smallest, as many as there is room for, from the left.
    room = count - ops.sum(ops.cast(above, "int32"), axis=1, keepdims=True)
    position = ops.cumsum(ops.cast(equal, "int32"), axis=1)
    return ops.logical_or(above, ops.logical_and(equal, position <= room)), smallest


def _check_units(shape, k):
    check_shape("The input of a top-k layer", shape, ("batch", "units"))
    if shape[1] < k:
        raise ValueError(
            f"k must be at most the number of units, which is {shape[1]}; got {k}."
        )
