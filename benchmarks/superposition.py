"""Measure what notebook 06 compares: how many of the true features a code recovers.

    python benchmarks/superposition.py map          # writes recovery_map.csv
    python benchmarks/superposition.py sparsity     # writes recovery_sparsity.csv
    python benchmarks/superposition.py loss         # writes recovery_loss.csv
    python benchmarks/superposition.py absorption   # writes absorption.csv
    python benchmarks/superposition.py frequencies  # writes frequencies.csv

The tables go to `sae_utils/measured`, each after a few minutes of processor time. A true
feature counts as found if a decoder row has a cosine of more than 0.9 with it. For each
seed, directions, data, and starts are drawn anew. All but the cosines is measured on
5,000 samples kept for that.
"""

from sae_utils import codes, matching, metrics, models, synthetic, training
from sae_utils.activations import TopK
from sae_utils.penalties import L1Sparsity

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from measured_tables import write

N_FEATURES, N_INPUTS = 64, 32
N_TRAIN, N_TEST = 40_000, 5_000
EPOCHS, RATE = 8, 3e-3
SEEDS = (0, 1, 2)
STRENGTH = 0.01
DENSITIES = (0.01, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
FOUND = 0.9


def independent(p, seed):
    """Return directions, and sizes of features that are on with probability `p`."""
    directions = synthetic.random_directions(N_FEATURES, N_INPUTS, seed)
    likely = np.full(N_FEATURES, p)
    return directions, synthetic.sparse_sizes(N_TRAIN + N_TEST, likely, seed + 1000)


def families(tied, seed):
    """Return directions, and sizes of 16 parents and their 48 children."""
    directions = synthetic.random_directions(N_FEATURES, N_INPUTS, seed)
    return directions, synthetic.family_sizes(
        N_TRAIN + N_TEST, tied=tied, seed=seed + 1000
    )


def trained(
    x,
    seed,
    units=128,
    strength=STRENGTH,
    activation="relu",
    epochs=EPOCHS,
    frozen_rows=None,
):
    """Train a code with unit rows, as the notebook does."""
    keras.utils.set_random_seed(seed)
    penalty = L1Sparsity(strength) if strength else None
    model = models.dense_autoencoder(
        units,
        activation,
        penalty,
        n_inputs=N_INPUTS,
        unit_norm_decoder=True,
        output_activation="linear",
    )
    if frozen_rows is not None:
        kernel = model.get_layer("reconstruction").kernel
        kernel.assign(frozen_rows)
        kernel.trainable = False
        model.get_layer("code").kernel.assign(frozen_rows.T)
    training.train(model, x[:N_TRAIN], epochs, RATE)
    return model


def recovery(model, directions, x, seed):
    """Return what the tables hold of a model: recovery beside reconstruction."""
    rows, x = codes.decoder_rows(model), x[N_TRAIN:]
    code = codes.encode(model, x)
    random_rows = synthetic.random_directions(len(rows), N_INPUTS, seed + 2000)
    found = matching.cosines(directions, rows).max(axis=1) > FOUND
    return {
        "found": found.mean(),
        "mmcs": matching.mmcs(directions, rows),
        "mmcs_back": matching.mmcs(rows, directions),
        "mmcs_chance": matching.mmcs(directions, random_rows),
        "fvu": metrics.fvu(x, codes.outputs(model, x)),
        "l0": metrics.l0(code),
        "dead": int((code == 0).all(axis=0).sum()),
    }


def map_of_recovery():
    """Return the table over density and width: a row per pair and seed."""
    rows = []
    for p in DENSITIES:
        for units in (16, 32, 64, 128, 256):
            for seed in SEEDS:
                directions, sizes = independent(p, seed)
                x = sizes @ directions
                model = trained(x, seed, units)
                setting = {"p": p, "units": units, "seed": seed}
                rows.append(setting | recovery(model, directions, x, seed))
                print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def sparsity():
    """Return the table of strengths, top-k, and longer training, for two densities."""
    settings = [("L1", each, EPOCHS) for each in (0, 0.003, 0.01, 0.02, 0.03, 0.05)]
    settings += [("top-k", k, EPOCHS) for k in (1, 2, 4, 8, 16, 32)]
    settings += [("L1", 0.02, 8 * EPOCHS)]
    rows = []
    for p in (0.03, 0.2):
        for kind, level, epochs in settings:
            for seed in SEEDS:
                directions, sizes = independent(p, seed)
                x = sizes @ directions
                how = {"strength": level} if kind == "L1" else {"strength": 0}
                if kind == "top-k":
                    how["activation"] = TopK(level)
                model = trained(x, seed, epochs=epochs, **how)
                setting = {"p": p, "kind": kind, "level": level, "epochs": epochs}
                setting["seed"] = seed
                rows.append(setting | recovery(model, directions, x, seed))
                print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def exact_code(x, rows, strength=STRENGTH, steps=300):
    """Return the code of non-negative activations with the smallest error plus penalty.

    By proximal gradient descent, sample by sample, on the loss that the networks are
    trained on. After 300 steps the loss moves by less than 1e-5.
    """
    overlaps = 2 / N_INPUTS * rows @ rows.T
    rate = 1 / np.linalg.eigvalsh(overlaps).max()
    toward = 2 / N_INPUTS * x @ rows.T - strength
    code = np.zeros_like(toward)
    for _ in range(steps):
        code = np.maximum(code - rate * (code @ overlaps - toward), 0)
    return code


def loss():
    """Return the table of losses with true and with learned rows, 64 of them each.

    In the columns `network_...`, an encoder of one layer computes the code; in the
    columns `exact_...`, `exact_code` does, with the same rows and the same bias.
    """
    rows = []
    for p in (0.03, 0.05, 0.1, 0.15, 0.2, 0.3):
        for seed in SEEDS:
            directions, sizes = independent(p, seed)
            x = (sizes @ directions).astype("float32")
            own = trained(x, seed, N_FEATURES)
            true = trained(x, seed, N_FEATURES, frozen_rows=directions)
            measured = {"p": p, "seed": seed}
            for name, model in {"true": true, "own": own}.items():
                board = metrics.scoreboard(model, x[N_TRAIN:])
                whole = board["mse"] / (1 - board["penalty_share"])
                measured |= {
                    f"network_{name}": whole,
                    f"network_fvu_{name}": board["fvu"],
                }
                kernel, bias = model.get_layer("reconstruction").get_weights()
                target = x[N_TRAIN:] - (bias if model is own else 0)
                code = exact_code(target, kernel)
                error = np.mean(np.square(target - code @ kernel))
                measured[f"exact_{name}"] = error + STRENGTH * code.sum(axis=1).mean()
                measured[f"exact_fvu_{name}"] = metrics.fvu(target, code @ kernel)
            rows.append(measured)
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


class Nested(layers.Layer):
    """Decoder with unit rows that adds the errors of its first units alone to the loss.

    Called on the inputs and their code, it returns the full reconstruction. For each of
    `prefixes`, it adds the mean squared error of the reconstruction by the first so many
    units. After Bussmann et al., "Learning multi-level features with Matryoshka sparse
    autoencoders", arXiv:2503.17547.
    """

    def __init__(self, prefixes, **kwargs):
        super().__init__(**kwargs)
        self.prefixes = prefixes

    def build(self, shapes):
        inputs, code = shapes
        self.kernel = self.add_weight(
            shape=(code[-1], inputs[-1]),
            initializer=models.UnitRows(),
            constraint=keras.constraints.UnitNorm(axis=1),
        )
        self.bias = self.add_weight(shape=(inputs[-1],), initializer="zeros")

    def call(self, inputs_and_code):
        x, code = inputs_and_code
        for n in self.prefixes:
            part = code[:, :n] @ self.kernel[:n] + self.bias
            self.add_loss(ops.mean(ops.square(part - x)))
        return code @ self.kernel + self.bias


def trained_nested(x, seed, prefixes, units=128):
    """Train a code of a nested loss."""
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((N_INPUTS,))
    code = layers.Dense(units, "relu", name="code")(inputs)
    # As many errors as there are prefixes, and one more: the penalty keeps its share.
    penalized = L1Sparsity(STRENGTH * (1 + len(prefixes)))(code)
    model = keras.Model(inputs, Nested(prefixes)([inputs, penalized]))
    training.train(model, x[:N_TRAIN], EPOCHS, RATE)
    return model


def firing(model, directions, sizes):
    """Return how often the parents' units fire, alone and with a child.

    A parent's unit is the one whose decoder row has the largest cosine with the parent.
    """
    sizes = sizes[N_TRAIN:]
    parents, children = sizes[:, :16] > 0, sizes[:, 16:].reshape(-1, 16, 3) > 0
    with_child = children.any(axis=2)
    rows = codes.decoder_rows(model)
    best = matching.cosines(directions, rows).argmax(axis=1)
    fires = codes.encode(model, (sizes @ directions).astype("float32"))[:, best[:16]] > 0
    child_rows = rows[best[16:]]
    toward_parent = np.sum(child_rows * np.repeat(directions[:16], 3, axis=0), axis=1)
    truly = np.sum(directions[16:] * np.repeat(directions[:16], 3, axis=0), axis=1)
    return {
        "fires_alone": fires[parents & ~with_child].mean(),
        "fires_with_child": fires[parents & with_child].mean(),
        "child_leans": np.mean(toward_parent - truly),
    }


def absorption():
    """Return the table of parents and children: a row per kind of code and seed."""
    kinds = {
        "L1": lambda x, seed: trained(x, seed),
        "L1, doubled": lambda x, seed: trained(x, seed, strength=2 * STRENGTH),
        "L1, 64 units": lambda x, seed: trained(x, seed, units=64),
        "top-k 4": lambda x, seed: trained(x, seed, strength=0, activation=TopK(4)),
        "nested, 16 first": lambda x, seed: trained_nested(x, seed, (16,)),
        "nested, 32 first": lambda x, seed: trained_nested(x, seed, (32,)),
        "nested, 16, 32, 64": lambda x, seed: trained_nested(x, seed, (16, 32, 64)),
    }
    rows = []
    for tied in (True, False):
        for kind, train in kinds.items():
            for seed in SEEDS:
                directions, sizes = families(tied, seed)
                x = sizes @ directions
                model = train(x, seed)
                cosines = matching.cosines(directions, codes.decoder_rows(model))
                found = cosines.max(axis=1) > FOUND
                setting = {"kind": kind, "tied": tied, "seed": seed}
                setting["parents_found"] = found[:16].mean()
                setting["children_found"] = found[16:].mean()
                both = recovery(model, directions, x, seed)
                both = {name: both[name] for name in ("mmcs", "fvu", "l0")}
                rows.append(setting | firing(model, directions, sizes) | both)
                print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def frequencies():
    """Return the table of equal and unequal frequencies: a row per quarter and seed."""
    rows = []
    for mean in (0.03, 0.06):
        zipf = synthetic.zipf_probabilities(N_FEATURES, mean)
        for name, likely in {"equal": np.full(N_FEATURES, mean), "Zipf": zipf}.items():
            for seed in SEEDS:
                directions = synthetic.random_directions(N_FEATURES, N_INPUTS, seed)
                sizes = synthetic.sparse_sizes(N_TRAIN + N_TEST, likely, seed + 1000)
                x = sizes @ directions
                model = trained(x, seed)
                best = matching.cosines(directions, codes.decoder_rows(model)).max(axis=1)
                overall = recovery(model, directions, x, seed)
                for quarter in range(4):
                    part = slice(16 * quarter, 16 * (quarter + 1))
                    setting = {
                        "mean_p": mean,
                        "frequencies": name,
                        "quarter": quarter + 1,
                    }
                    setting["p"], setting["seed"] = likely[part].mean(), seed
                    setting["found"] = np.mean(best[part] > FOUND)
                    setting["best_cosine"] = best[part].mean()
                    rows.append(setting | {"fvu": overall["fvu"]})
                print(rows[-4:], flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    write(
        {
            "map": ("recovery_map", map_of_recovery),
            "sparsity": ("recovery_sparsity", sparsity),
            "loss": ("recovery_loss", loss),
            "absorption": ("absorption", absorption),
            "frequencies": ("frequencies", frequencies),
        }
    )
