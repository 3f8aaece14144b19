"""Measure what the appendix says about top-k codes and JumpReLU, on digits.

    python benchmarks/top_k_extras.py sizes  # sae_utils/measured/top_k_sizes.csv
    python benchmarks/top_k_extras.py jump   # sae_utils/measured/jump_relu.csv

Inputs are centered, the output is linear, codes have 256 units, decoder rows of length 1,
and encoders that start as their transpose. `sizes` trains on 10,000 images, and `jump` on
20,000; both for eight epochs, and both measure 10,000 test images.
"""

from sae_utils import codes, data, metrics, models, probe, training
from sae_utils.activations import TopK

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from measured_tables import write
from penalties_compared import EPOCHS, UNITS, centered

DIGITS = centered(data.load_mnist(25_000))


class JumpReLU(layers.Layer):
    """A threshold per unit, above which activations pass unchanged, and a price per unit.

    A step has no slope, so the threshold gets a made-up one: that of a ramp of the given
    width. The value of `drift` is 0; it is there for its gradient alone.

    Source: Rajamanoharan et al., "Jumping Ahead", arXiv:2407.14435.
    """

    def __init__(self, strength, width, **kwargs):
        super().__init__(**kwargs)
        self.strength, self.width = strength, width
        start = keras.initializers.Constant(np.log(0.1))
        self.log_threshold = self.add_weight(shape=(UNITS,), initializer=start)

    def call(self, z):
        threshold = ops.exp(self.log_threshold)
        on = ops.cast(z > threshold, "float32")
        near = ops.cast(ops.abs(z - threshold) < self.width / 2, "float32") / self.width
        drift = threshold - ops.stop_gradient(threshold)
        count = on - ops.stop_gradient(near) * drift
        self.add_loss(self.strength * ops.mean(ops.sum(count, axis=1)))
        return z * on - ops.stop_gradient(near * threshold) * drift


def jump():
    """Return a row per price, width, and start of a JumpReLU code."""
    rows = []
    for width in (0.02, 0.2, 1.0):
        for strength in (1e-4, 3e-4):
            for seed in (0, 1):
                keras.utils.set_random_seed(seed)
                model = models.dense_autoencoder(
                    UNITS,
                    JumpReLU(strength, width),
                    unit_norm_decoder=True,
                    output_activation="linear",
                    tied_start=True,
                )
                training.train(model, DIGITS.x_train[:20_000], EPOCHS)
                code = codes.encode(model, DIGITS.x_test)
                thresholds = model.get_layer("code").activation.log_threshold
                rows.append(
                    {
                        "width": width,
                        "strength": strength,
                        "seed": seed,
                        "l0": metrics.l0(code),
                        "fvu": metrics.fvu(
                            DIGITS.x_test, codes.outputs(model, DIGITS.x_test)
                        ),
                        "dead": int((code == 0).all(axis=0).sum()),
                        "threshold": float(np.exp(np.median(thresholds.numpy()))),
                    }
                )
                print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def sizes():
    """Return a row per k and start of a top-k code: its error, and a probe's."""
    rows = []
    for k in (2, 5, 10, 20, 40, 80, 160):
        for seed in (0, 1):
            keras.utils.set_random_seed(seed)
            model = models.dense_autoencoder(
                UNITS,
                TopK(k),
                unit_norm_decoder=True,
                output_activation="linear",
                tied_start=True,
            )
            training.train(model, DIGITS.x_train[:10_000], EPOCHS)
            score = metrics.scoreboard(model, DIGITS.x_test)
            row = {"k": k, "seed": seed}
            row |= {name: score[name] for name in ("fvu", "l0", "dead")}
            row["probe_error"] = probe.linear_probe_error(
                codes.encode(model, DIGITS.x_train[:10_000]),
                DIGITS.y_train[:10_000],
                codes.encode(model, DIGITS.x_test),
                DIGITS.y_test,
            )
            rows.append(row)
            print(row, flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    write({"sizes": ("top_k_sizes", sizes), "jump": ("jump_relu", jump)})
