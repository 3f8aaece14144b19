"""Measure what notebook 03 compares: codes of 256 units on digits, from three starts.

    python benchmarks/codes_on_digits.py scoreboard  # sae_utils/measured/scoreboard.csv
    python benchmarks/codes_on_digits.py sparser     # sae_utils/measured/sparser.csv
    python benchmarks/codes_on_digits.py settings    # sae_utils/measured/kl_settings.csv

Each takes about ten minutes of processor time. All models see the same 20,000 training
images for ten epochs. What is chosen is chosen on 5,000 other training images, with the
first start: each kind of code gets the learning rate with the smallest loss there, at the
strength that the search starts from, and then each L1 penalty the strength at which the
code is as sparse, by n90, as the KL code. `sparser` compares the sparse codes again, at a
target of 0.01. The tables hold numbers measured on the 10,000 test images.
"""

from sae_utils import codes, data, metrics, models, probe, training
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pandas as pd
from measured_tables import write
from sklearn.decomposition import PCA

MNIST = data.load_mnist(25_000)
X_TRAIN, X_CHOICE = MNIST.x_train[:20_000], MNIST.x_train[20_000:]
EPOCHS = 10
SEEDS = (0, 1, 2)
RATES = (1e-3, 2e-3, 4e-3, 8e-3, 1.6e-2)
RHO, BETA = 0.05, 1e-3

# Name: (activation, penalty of a given strength, unit rows, strength to start from).
PLAIN = {
    "plain ReLU": ("relu", None, False, None),
    "plain sigmoid": ("sigmoid", None, False, None),
}


def sparse_kinds(rho):
    """Return the kinds of sparse codes, as in `PLAIN`, with `rho` as KL's target."""
    return {
        "L1, ReLU, free rows": ("relu", L1Sparsity, False, 3e-5),
        "L1, ReLU, unit rows": ("relu", L1Sparsity, True, 3e-5),
        "L1, sigmoid, free rows": ("sigmoid", L1Sparsity, False, 1.6e-4),
        "KL, sigmoid, free rows": (
            "sigmoid",
            lambda beta: KLSparsity(rho, beta),
            False,
            BETA,
        ),
    }


def started(activation, penalty, unit_rows, seed):
    """Build a model with the weights that `seed` draws."""
    keras.utils.set_random_seed(seed)
    return models.dense_autoencoder(256, activation, penalty, unit_norm_decoder=unit_rows)


def trained(kind, strength, learning_rate, seed=0):
    """Train a model of a kind, as in `PLAIN`, from the start that `seed` draws."""
    activation, penalty, unit_rows, _ = kind
    layer = penalty(strength) if penalty else None
    model = started(activation, layer, unit_rows, seed)
    training.train(model, X_TRAIN, EPOCHS, learning_rate)
    return model


def best_rate(kind):
    """Return the learning rate with the smallest loss on the images kept for choices."""

    def loss(rate):
        score = metrics.scoreboard(trained(kind, kind[3], rate), X_CHOICE)
        return score["mse"] / (1 - score["penalty_share"])

    return min(RATES, key=loss)


def matching_strength(kind, rate, n90):
    """Return the strength, to two digits, whose code has this n90 on those images."""
    strength, tried = kind[3], {}
    for _ in range(6):
        score = metrics.scoreboard(trained(kind, strength, rate), X_CHOICE)
        tried[strength] = score["n90"]
        if abs(score["n90"] / n90 - 1) < 0.03:
            break
        # Where log n90 would meet its target, on a line through the last two tries.
        slope = -0.4
        if len(tried) > 1:
            (s, a), (t, b) = list(tried.items())[-2:]
            slope = min(-0.1, np.log(b / a) / np.log(t / s))
        strength = float(f"{strength * (n90 / score['n90']) ** (1 / slope):.1e}")
    return min(tried, key=lambda each: abs(np.log(tried[each] / n90)))


def probe_error(encode):
    """Return the probe's error, fitted on the codes of 10,000 training images."""
    return probe.linear_probe_error(
        encode(MNIST.x_train[:10_000]),
        MNIST.y_train[:10_000],
        encode(MNIST.x_test),
        MNIST.y_test,
    )


def measured(model):
    """Return what the tables hold of a model, on the test images."""
    score = metrics.scoreboard(model, MNIST.x_test)
    row = {name: score[name] for name in ("fvu", "l0", "n90", "dead")}
    return row | {"probe_error": probe_error(lambda x: codes.encode(model, x))}


def scoreboard():
    """Return the table of all codes: a row per kind of code and start."""
    pca = PCA(256, random_state=0).fit(X_TRAIN)
    rows = [
        {"code": "pixels", "probe_error": probe_error(lambda x: x)},
        {"code": "PCA", "probe_error": probe_error(pca.transform)},
    ]
    for seed in SEEDS:
        untrained = started("relu", None, False, seed)
        error = probe_error(lambda x, model=untrained: codes.encode(model, x))
        rows.append({"code": "untrained ReLU", "seed": seed, "probe_error": error})
    return table(rows + compared(PLAIN | sparse_kinds(RHO)))


def sparser():
    """Return the table of sparser codes: a row per kind of code and start."""
    return table(compared(sparse_kinds(0.01)))


def compared(kinds):
    """Return a row per kind and start; L1 codes are as sparse as the KL code."""
    rows, target = [], None
    for name, kind in reversed(kinds.items()):  # KL first: the others are matched to it
        rate, strength = best_rate(kind), kind[3]
        if target is None:
            target = metrics.scoreboard(trained(kind, strength, rate), X_CHOICE)["n90"]
        elif strength:
            strength = matching_strength(kind, rate, target)
        for seed in SEEDS:
            setting = {"strength": strength, "learning_rate": rate, "seed": seed}
            row = measured(trained(kind, strength, rate, seed))
            rows.append({"code": name} | setting | row)
            print(rows[-1], flush=True)
    return rows


def table(rows):
    """Return rows as a table, with what names a row in front."""
    columns = ["code", "seed", "strength", "learning_rate", *rows[-1]]
    return pd.DataFrame(rows, columns=list(dict.fromkeys(columns)))


def settings():
    """Return the table of KL codes: a row per target, weight, and start."""
    rate = best_rate(sparse_kinds(RHO)["KL, sigmoid, free rows"])
    pairs = [(rho, BETA) for rho in (0.01, 0.02, 0.05, 0.1, 0.2)]
    pairs += [(RHO, beta) for beta in (1e-4, 3e-4, 3e-3, 1e-2)]
    rows = []
    for rho, beta in pairs:
        for seed in SEEDS:
            model = started("sigmoid", KLSparsity(rho, beta), False, seed)
            training.train(model, X_TRAIN, EPOCHS, rate)
            setting = {"rho": rho, "beta": beta, "learning_rate": rate, "seed": seed}
            rows.append(setting | measured(model))
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    write(
        {
            "scoreboard": ("scoreboard", scoreboard),
            "sparser": ("sparser", sparser),
            "settings": ("kl_settings", settings),
        }
    )
