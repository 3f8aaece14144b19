"""Measure why units of notebook 02's classic recipe die, and what repairs it.

    python benchmarks/classic_recipe.py steps   # sae_utils/measured/recipe_steps.csv
    python benchmarks/classic_recipe.py repair  # sae_utils/measured/recipe_repair.csv

`steps` changes one thing at a time, and counts dead units during the first 24 steps.
`repair` tries all combinations of the repair's three changes. Five to ten minutes of
processor time each.
"""

import itertools

from sae_utils import codes, data, metrics, training

import keras
import pandas as pd
from keras import layers, regularizers
from measured_tables import write

MNIST = data.load_mnist(8_000, 1_000, flatten=False)

# What each variant of the recipe changes in it.
VARIANTS = {
    "classic": {},
    "no penalty": {"strength": 0.0},
    "a tenth of the penalty": {"strength": 1e-5},
    "ten times the penalty": {"strength": 1e-3},
    "sigmoid output": {"output": "sigmoid"},
    "He initialization": {"start": "he_uniform"},
    "a tenth of the learning rate": {"learning_rate": 1e-4},
    "batch normalization": {"normalized": True},
}


def build(
    strength=1e-4,
    output="relu",
    start="glorot_uniform",
    normalized=False,
    shift=0.0,
    units=32,
    learning_rate=1e-3,
):
    """Build and compile the classic recipe of notebook 02, or a variant of it.

    Args:
        strength: L1 penalty on the code.
        output: Activation of the last layer.
        start: Keras' name of how kernels of ReLU layers start.
        normalized: Whether the code's input is normalized over each batch.
        shift: Where the normalized input starts, or without normalization the bias.
        units: Number of code units.
        learning_rate: Step size of Adam.

    Returns:
        A compiled `keras.Model`.
    """
    relu = {"activation": "relu", "kernel_initializer": start}
    conv = {"kernel_size": 3, "padding": "same", **relu}
    at_shift = keras.initializers.Constant(shift)
    if normalized:
        normalization = layers.BatchNormalization(momentum=0.9, beta_initializer=at_shift)
        before_code = [layers.Dense(units, kernel_initializer=start), normalization]
    else:
        dense = {"kernel_initializer": start, "bias_initializer": at_shift}
        before_code = [layers.Dense(units, **dense)]
    model = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(16, **conv),
            layers.MaxPooling2D(2),
            layers.Conv2D(32, **conv),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            *before_code,
            layers.Activation(
                "relu", activity_regularizer=regularizers.L1(strength), name="code"
            ),
            layers.Dense(7 * 7 * 32, **relu),
            layers.Reshape((7, 7, 32)),
            layers.Conv2D(32, **conv),
            layers.Conv2DTranspose(32, strides=2, **conv),
            layers.Conv2DTranspose(16, strides=2, **conv),
            layers.Conv2DTranspose(1, 3, padding="same", activation=output),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate), loss="mse")
    return model


class CountDead(keras.callbacks.Callback):
    """Count the units that none of the test images turns on, every fourth step."""

    def count(self):
        code = codes.encode(self.model, MNIST.x_test)
        self.counts.append(int(metrics.dead_units(code).sum()))

    def on_train_begin(self, logs=None):
        self.counts = []
        self.count()

    def on_train_batch_end(self, batch, logs=None):
        if batch % 4 == 3:
            self.count()


def steps():
    """Return dead units by step, a row per variant, start, and step."""
    rows = []
    for name, change in VARIANTS.items():
        for seed in range(6):
            keras.utils.set_random_seed(seed)
            model, counter = build(**change), CountDead()
            x = MNIST.x_train[: 24 * 32]
            model.fit(x, x, batch_size=32, verbose=0, callbacks=[counter])
            rows += [
                {"variant": name, "seed": seed, "step": 4 * i, "dead": dead}
                for i, dead in enumerate(counter.counts)
            ]
        print(name, flush=True)
    return pd.DataFrame(rows)


def repair(images):
    """Return the scoreboard of all combinations, a row per combination and start."""
    rows = []
    changes = itertools.product((32, 128), (False, True), (False, True))
    for units, normalized, shifted in changes:
        for seed in range(3):
            keras.utils.set_random_seed(seed)
            model = build(
                units=units, normalized=normalized, shift=-1.0 if shifted else 0.0
            )
            training.train(model, images.x_train, 1, learning_rate=1e-3, batch_size=64)
            score = metrics.scoreboard(model, images.x_test)
            names = ("mse", "fvu", "l0", "n90", "dead", "penalty_share")
            setting = {"units": units, "normalized": normalized, "shifted": shifted}
            rows.append(setting | {"seed": seed} | {name: score[name] for name in names})
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    write(
        {
            "steps": ("recipe_steps", steps),
            "repair": ("recipe_repair", lambda: repair(MNIST)),
        }
    )
