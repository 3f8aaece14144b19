"""Repeat what the notebooks measure on digits with pictures of clothes: Fashion-MNIST.

    python benchmarks/clothes.py both  # sae_utils/measured/clothes.csv

The four files of Fashion-MNIST must lie in a folder `fashion-mnist` of the one in which
Keras keeps data sets, or Keras downloads them. (Debian's package `dataset-fashion-mnist`
holds them.) Both data sets go through the same script: 10,000 training images, eight
epochs, 5,000 test images, two starts. So the numbers for digits are not those of the
notebooks, which train for longer.
"""

from sae_utils import codes, data, metrics, models, probe, training
from sae_utils.activations import BatchTopK, TopK
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pandas as pd
from measured_tables import write
from penalties_compared import live_rows, refitted, shared, shrinkage
from sklearn.decomposition import PCA

TRAIN, TEST, EPOCHS, SEEDS = 10_000, 5_000, 8, (0, 1)
RATE, SIGMOID_RATE = 2e-3, 1.6e-2
L0 = 20  # of the codes with a linear output


def clothes():
    """Return Fashion-MNIST as `data.load_mnist` returns digits."""
    (x_train, y_train), (x_test, y_test) = keras.datasets.fashion_mnist.load_data()
    images = [x.reshape(-1, 784).astype("float32") / 255 for x in (x_train, x_test)]
    digits = data.load_mnist(100, 100)
    return digits._replace(
        x_train=images[0], y_train=y_train, x_test=images[1], y_test=y_test
    )


def few(images):
    """Return the first training and test images."""
    return images._replace(
        x_train=images.x_train[:TRAIN],
        y_train=images.y_train[:TRAIN],
        x_test=images.x_test[:TEST],
        y_test=images.y_test[:TEST],
    )


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


def choice(images, seed, strength):
    """Return rows for what notebook 07 measures, and the rows of the units, by code."""
    mean = images.x_train.mean(axis=0)
    middle = images._replace(x_train=images.x_train - mean, x_test=images.x_test - mean)
    linear = {"unit_norm_decoder": True, "output_activation": "linear"}
    raw = trained(images, seed, 256, TopK(L0), **linear)
    rows = [{"code": "top-k, raw inputs, Keras' start"} | measured(images, raw)]
    kept = {}
    for name, activation, penalty in (
        ("top-k", TopK(L0), None),
        ("BatchTopK", BatchTopK(L0), None),
        ("L1, linear", "relu", L1Sparsity(strength)),
    ):
        model = trained(middle, seed, 256, activation, penalty, tied_start=True, **linear)
        row = {"code": name} | measured(middle, model, with_probe=True)
        row["gamma"] = shrinkage(middle, codes.outputs(model, middle.x_test))
        x = middle.x_test[:1000]
        decoder, bias = model.get_layer("reconstruction").get_weights()
        better = refitted(codes.encode(model, x), decoder, x - bias) @ decoder + bias
        row["fvu_1000"] = metrics.fvu(x, codes.outputs(model, x))
        row["fvu_refit"] = metrics.fvu(x, better)
        kept[name] = live_rows(middle, model)
        rows.append(row)
    return rows, kept


def matching_strength(images):
    """Return the L1 strength, to two digits, with an L0 of 20 on other images."""
    mean = images.x_train.mean(axis=0)
    middle = images._replace(x_train=images.x_train - mean)
    strength = 1.3e-3
    for _ in range(3):
        model = trained(
            middle,
            0,
            256,
            "relu",
            L1Sparsity(strength),
            unit_norm_decoder=True,
            output_activation="linear",
            tied_start=True,
        )
        found = metrics.l0(codes.encode(model, images.x_test - mean))
        print(strength, found, flush=True)
        if abs(found / L0 - 1) < 0.05:
            break
        strength = float(f"{strength * found / L0:.2g}")
    return strength


def both():
    """Return the table: a row per data set, code, and start."""
    rows = []
    for name, images in {"digits": data.load_mnist(), "clothes": clothes()}.items():
        held_out = images._replace(x_test=images.x_train[TRAIN : TRAIN + TEST])
        strength = matching_strength(few(held_out)._replace(x_test=held_out.x_test))
        images = few(images)
        found, kept = [pca_row(images)], []
        for seed in SEEDS:
            chosen, units = choice(images, seed, strength)
            kept.append(units)
            found += [row | {"seed": seed} for row in short_course(images, seed) + chosen]
        for row in found:
            if row["code"] in kept[0]:
                row["shared"] = shared(*(units[row["code"]] for units in kept))
        rows += [{"data": name} | row for row in found]
        print(pd.DataFrame(found).to_string(), flush=True)
    columns = ["data", "code", "seed", "fvu", "l0", "n90", "dead", "probe_error"]
    columns += [name for row in rows for name in row]
    return pd.DataFrame(rows, columns=list(dict.fromkeys(columns)))


if __name__ == "__main__":
    write({"both": ("clothes", both)})
