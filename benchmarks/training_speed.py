"""Measure the speed of `training.train` beside that of plain Keras.

Run it by `make bench`, on an idle machine. One epoch of 20,000 images in batches of 128
is timed once everything is compiled: in seconds on the clock, and in processor seconds
(user plus system, all threads), which other work on the machine hardly changes.

The work of an epoch is five matrix products of `2 x 784 x units x images` operations. The
last two columns compare its rate with that of a product of two 4096 x 4096 matrices of
float32 numbers, measured in turns with the epochs: operations per second of the clock,
and per processor second.
"""

import time

from sae_utils import data, models, training

import keras
import numpy as np
import tensorflow as tf

UNITS = (256, 1024)
IMAGES = 20_000
BATCH = 128
SIZE = 4096
ROUNDS = 5


def main():
    """Print a table with two lines per size: plain Keras and `train`."""
    x = data.load_mnist(n_train=IMAGES, n_test=1).x_train
    print(f"784 inputs, one epoch of {IMAGES:,} images, the best of {ROUNDS}")
    print(" " * 39 + f"fraction of a {SIZE} x {SIZE} product's rate")
    print("units  way            clock   processor        clock   processor")
    for units in UNITS:
        ways = {
            "product": matrix_product(),
            "plain Keras": keras_epoch(units, x),
            "train": train_epoch(units, x),
        }
        times = {name: [] for name in ways}
        for _ in range(1 + ROUNDS):
            for name, run in ways.items():
                times[name].append(timed(run))
        # The first round compiles.
        best = {name: np.min(each[1:], axis=0) for name, each in times.items()}
        rate = 2 * SIZE**3 / best.pop("product")
        for name, seconds in best.items():
            fraction = 5 * 2 * 784 * units * IMAGES / seconds / rate
            print(
                f"{units:>5}  {name:<11}{seconds[0]:>7.2f} s{seconds[1]:>10.2f} s"
                f"{fraction[0]:>13.2f}{fraction[1]:>12.2f}",
                flush=True,
            )
    print(
        f"The product: {rate[0] / 1e9:.0f} GFLOP per second, "
        f"{rate[1] / 1e9:.0f} GFLOP per processor second."
    )


def timed(run):
    """Return the seconds that a function takes: on the clock, and of the processor."""
    clock, processor = time.perf_counter(), time.process_time()
    run()
    return time.perf_counter() - clock, time.process_time() - processor


def compiled_model(units):
    """Return a dense autoencoder that is ready for `fit`."""
    keras.utils.set_random_seed(0)
    model = models.dense_autoencoder(units)
    model.compile(keras.optimizers.Adam(2e-3), "mse")
    return model


def keras_epoch(units, x):
    """Return a function that trains for one epoch as Keras does."""
    model = compiled_model(units)
    return lambda: model.fit(x, x, BATCH, epochs=1, verbose=0)


def train_epoch(units, x):
    """Return a function that trains for one epoch as `training.train` does."""
    return training._epoch_function(compiled_model(units), x, BATCH, use_xla=True)


def matrix_product():
    """Return a function that multiplies two large matrices."""
    a, b = tf.random.normal((2, SIZE, SIZE))
    return lambda: tf.matmul(a, b).numpy()


if __name__ == "__main__":
    main()
