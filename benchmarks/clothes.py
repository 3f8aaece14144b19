"""Repeat what the notebooks measure on digits with pictures of clothes: Fashion-MNIST.

    python benchmarks/clothes.py both  # sae_utils/measured/clothes.csv
    python benchmarks/clothes.py recipe  # sae_utils/measured/clothes_recipe.csv
    python benchmarks/clothes.py frontier  # sae_utils/measured/clothes_frontier.csv
    python benchmarks/clothes.py refits  # sae_utils/measured/clothes_refits.csv
    python benchmarks/clothes.py starts  # sae_utils/measured/clothes_starts.csv

The four files of Fashion-MNIST must lie in a folder `fashion-mnist` of the one in which
Keras keeps data sets, or Keras downloads them. (Debian's package `dataset-fashion-mnist`
holds them.)

`both` repeats notebooks 01 to 03 in short, on digits and clothes alike: 10,000 training
images, eight epochs, 5,000 test images, two starts. So its numbers for digits are not
those of the notebooks, which train for longer. The other four tables are what
`classic_recipe.py` and `penalties_compared.py` measure on digits, choice of learning
rates and strengths included.
"""

from sae_utils import codes, data, metrics, models, probe, training
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pandas as pd
from classic_recipe import repair
from measured_tables import write
from penalties_compared import centered, frontier, refits, starts
from sklearn.decomposition import PCA

TRAIN, TEST, EPOCHS, SEEDS = 10_000, 5_000, 8, (0, 1)
RATE, SIGMOID_RATE = 2e-3, 1.6e-2


def clothes():
    """Return Fashion-MNIST as `data.load_mnist` returns digits."""
    (x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
    images = [x.reshape(-1, 784).astype("float32") / 255 for x in (x_train, x_test)]
    digits = data.load_mnist(100, 100)
    return digits._replace(
        x_train=images[0], y_train=y_train, x_test=images[1], y_test=y_test
    )


def few(images, n_train=TRAIN, n_test=TEST):
    """Return the first training and test images."""
    return images._replace(
        x_train=images.x_train[:n_train],
        y_train=images.y_train[:n_train],
        x_test=images.x_test[:n_test],
        y_test=images.y_test[:n_test],
    )


def as_many_as_digits():
    """Return as many clothes as `penalties_compared.py` takes digits."""
    return few(clothes(), 25_000, 10_000)


def trained(images, seed, *args, rate=RATE, **options):
    """Train a dense autoencoder from the start that `seed` draws."""
    keras.utils.set_random_seed(seed)
    model = models.dense_autoencoder(*args, **options)
    training.train(model, images.x_train, EPOCHS, rate)
    return model


def measured(images, model, with_probe=False):
    """Return what the table holds of a model."""
    score = metrics.scoreboard(model, images.x_test)
    row = {name: score[name] for name in ("fvu", "l0", "n90", "dead")}
    if with_probe:
        encoded = [codes.encode(model, x) for x in (images.x_train, images.x_test)]
        row["probe_error"] = probe.linear_probe_error(
            encoded[0], images.y_train, encoded[1], images.y_test
        )
    return row


def shuffled(images):
    """Return images each of whose pixels is drawn from other images."""
    rng = np.random.default_rng(0)
    return images._replace(
        x_train=rng.permuted(images.x_train, axis=0),
        x_test=rng.permuted(images.x_test, axis=0),
    )


def pca_row(images):
    """Return the error of 32 principal components."""
    pca = PCA(32, random_state=0).fit(images.x_train)
    copied = pca.inverse_transform(pca.transform(images.x_test))
    return {"code": "PCA, 32", "fvu": metrics.fvu(images.x_test, copied)}


def short_course(images, seed):
    """Return rows for what notebooks 01 to 03 measure."""
    mixed = shuffled(images)
    rows = [
        {"code": "plain, 32"} | measured(images, trained(images, seed, 32)),
        {"code": "plain, 32, shuffled pixels"}
        | measured(mixed, trained(mixed, seed, 32)),
    ]
    kinds = {
        "plain, 256": ("relu", None, False),
        "L1": ("relu", L1Sparsity(5e-5), False),
        "L1, unit rows": ("relu", L1Sparsity(5e-5), True),
        "KL .05": ("sigmoid", KLSparsity(0.05, 1e-3), False),
        "KL .02": ("sigmoid", KLSparsity(0.02, 1e-3), False),
        "KL .05, ten times the weight": ("sigmoid", KLSparsity(0.05, 1e-2), False),
    }
    for name, (activation, penalty, unit_rows) in kinds.items():
        model = trained(
            images,
            seed,
            256,
            activation,
            penalty,
            unit_norm_decoder=unit_rows,
            rate=SIGMOID_RATE if activation == "sigmoid" else RATE,
        )
        row = measured(images, model, with_probe=True)
        row["row_length"] = codes.row_lengths(model).mean()
        rows.append({"code": name} | row)
    return rows


def both():
    """Return the table of the short course: a row per data set, code, and start."""
    rows = []
    for name, images in {"digits": data.load_mnist(), "clothes": clothes()}.items():
        images = few(images)
        found = [pca_row(images)]
        for seed in SEEDS:
            found += [row | {"seed": seed} for row in short_course(images, seed)]
        rows += [{"data": name} | row for row in found]
        print(pd.DataFrame(found).to_string(), flush=True)
    columns = ["data", "code", "seed", "fvu", "l0", "n90", "dead", "probe_error"]
    columns += [name for row in rows for name in row]
    return pd.DataFrame(rows, columns=list(dict.fromkeys(columns)))


def recipe():
    """Return the table of the classic recipe and its repair, on clothes."""
    images = few(clothes(), 8_000, 1_000)
    return repair(
        images._replace(
            x_train=images.x_train.reshape(-1, 28, 28, 1),
            x_test=images.x_test.reshape(-1, 28, 28, 1),
        )
    )


if __name__ == "__main__":
    write(
        {
            "both": ("clothes", both),
            "recipe": ("clothes_recipe", recipe),
            "frontier": (
                "clothes_frontier",
                lambda: frontier(centered(as_many_as_digits())),
            ),
            "refits": (
                "clothes_refits",
                lambda: refits(
                    centered(as_many_as_digits()), data.load_measured("clothes_frontier")
                ),
            ),
            "starts": ("clothes_starts", lambda: starts(as_many_as_digits())),
        }
    )
