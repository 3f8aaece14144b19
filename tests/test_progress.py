"""The epoch counter prints the same line on every machine."""

from sae_utils.progress import EpochCounter

import keras
import numpy as np


def test_counter_prints_one_line_of_epoch_numbers(capfd):
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.zeros((8, 1), np.float32)
    # Several batches an epoch, and validation: neither may add to the line.
    model.fit(
        x,
        x,
        batch_size=2,
        epochs=3,
        validation_data=(x, x),
        verbose=0,
        callbacks=[EpochCounter()],
    )
    # The file descriptors are captured, so TensorFlow's own stderr counts too.
    assert capfd.readouterr() == ("epoch 1 2 3\n", "")
