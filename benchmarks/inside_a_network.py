"""Sparse autoencoders on word vectors and in networks, trained and untrained.

Too long for notebook 08, which shows the tables and measures a row of them again:

    python benchmarks/inside_a_network.py words     # 1 minute
    python benchmarks/inside_a_network.py causes    # 4 minutes
    python benchmarks/inside_a_network.py others    # 5 minutes
    python benchmarks/inside_a_network.py losses    # 3 minutes
"""

from sae_utils import codes, concepts, data, inside, matching, metrics, models

import keras
import numpy as np
import pandas as pd
from keras import layers, ops
from measured_tables import write

NETWORKS = {"trained": True, "untrained": False}
# What a concept lets one expect, and steering should make more likely.
EXPECTED = {
    "after a comma": " ",
    "after q": "u",
    "after Mr": ".s",
    "after a sentence": '"ABCDEFGHIJKLMNOPQRSTUVWXYZ',
}


def sparse_autoencoder(x, units, k, epochs, seed):
    """Train a top-k autoencoder from a random start, as the notebook does."""
    keras.utils.set_random_seed(seed)
    return inside.sparse_autoencoder(x, units, k, epochs)


def look_inside(network, seed):
    """Return what is in a network, with a code from a random start."""
    keras.utils.set_random_seed(seed)
    return inside.Inside(models.load_language_model(NETWORKS[network]))


def words():
    """Word vectors and Gaussian data of the same covariance, codes of two widths."""
    vectors = data.load_word_vectors(10_000).vectors
    real = (vectors - vectors.mean(axis=0)) / vectors.std()
    rng = np.random.default_rng(0)
    normal = rng.multivariate_normal(np.zeros(100), np.cov(real.T), len(real))
    seeds, rows = (0, 1, 2), []
    for kind, x in {"words": real, "Gaussian": normal.astype("float32")}.items():
        for units in 500, 1_000:
            trained = [sparse_autoencoder(x, units, 8, 10, seed) for seed in seeds]
            for seed, model in zip(seeds, trained, strict=True):
                partner = trained[(seed + 1) % len(seeds)]
                _, cosines = matching.match_units(
                    codes.decoder_rows(model), codes.decoder_rows(partner)
                )
                code = codes.encode(model, x)
                rows.append(
                    {
                        "data": kind,
                        "units": units,
                        "seed": seed,
                        "fvu": metrics.fvu(x, codes.outputs(model, x)),
                        "dead": int(np.sum(code.max(axis=0) == 0)),
                        "matched_cosine": cosines.mean(),
                        "matched_above_0.7": np.mean(cosines > 0.7),
                    }
                )
    return pd.DataFrame(rows)


def causes():
    """Each concept's best unit: does it detect the concept, and cause anything?"""
    rows = []
    for network, seeds in {"trained": (0, 1, 2, 3), "untrained": (0, 1)}.items():
        for seed in seeds:
            net = look_inside(network, seed)
            scores = net.contest().add_prefix("f1_")
            for concept in concepts.PATTERNS:
                row = {"network": network, "seed": seed, "concept": concept}
                row |= dict(scores.loc[concept]) | effects(net, concept)
                rows.append(row | steered(net, concept))
    return pd.DataFrame(rows)


def effects(net, concept):
    """Return how far each ablation moves the loss after the concept, and its rise.

    With them come the median and the 95% quantile of 200 random vectors, and the share of
    these that move the loss by less than the unit does.
    """
    unit, _ = net.unit_of(concept)
    windows, following = net.contexts(concept)
    before = inside.losses(net.model, windows, following)[:, -1]
    found = {}
    for name, vector in net.vectors(concept).items():
        changed = ablated(net, unit, vector)
        after = inside.losses(changed, windows, following)[:, -1]
        found[f"effect_{name}"] = np.abs(after - before).mean()
        found[f"rise_{name}"] = (after - before).mean()
    at_random = net.effects(concept, net.random_vectors())
    found["random_median"] = np.median(at_random)
    found["random_95"] = np.quantile(at_random, 0.95)
    found["random_below_unit"] = np.mean(at_random < found["effect_unit"])
    return found


def steered(net, concept):
    """Return how likely steering makes what a concept lets one expect, at dose 2."""
    if concept not in EXPECTED:
        return {}
    dose = 2 * net.unit_of(concept)[1]
    three = net.vectors(concept)
    vectors = np.stack([0 * three["unit"], three["unit"], three["direction"]])
    found, _ = net.steered(EXPECTED[concept], dose * vectors)
    at_random, _ = net.steered(EXPECTED[concept], dose * net.random_vectors())
    names = ["plain", "unit", "direction", "random_median", "random_95"]
    values = [*found, np.median(at_random), np.quantile(at_random, 0.95)]
    return {f"steered_{name}": x for name, x in zip(names, values, strict=True)}


def others():
    """Each concept's best unit beside the rows of all other units, not random vectors.

    Each row is as long as the unit's. What is taken away or added is as much of each: the
    effect of an ablation, and the share of the other units with a smaller one; for the
    concepts that are steered, the same for what dose 2 reaches.
    """
    rows = []
    for seed in 0, 1, 2, 3:
        net = look_inside("trained", seed)
        net.contest()
        for concept in concepts.PATTERNS:
            unit, mean_activation = net.unit_of(concept)
            vectors = np.roll(net.rows, -unit, axis=0).astype("float32")  # its own first
            effect = net.effects(concept, vectors)
            row = {"seed": seed, "concept": concept, "effect_unit": effect[0]}
            row["others_95"] = np.quantile(effect[1:], 0.95)
            row["others_below_unit"] = np.mean(effect[1:] < effect[0])
            if concept in EXPECTED:
                dose = 2 * mean_activation
                reached, _ = net.steered(EXPECTED[concept], dose * vectors)
                row["steered_unit"] = reached[0]
                row["steered_others_95"] = np.quantile(reached[1:], 0.95)
                row["steered_others_below_unit"] = np.mean(reached[1:] < reached[0])
            rows.append(row)
    return pd.DataFrame(rows)


def ablated(net, unit, vector):
    """Return the model without a unit, or with as much less of another vector."""

    def function(activations):
        flat = ops.reshape(activations, (-1, 256))
        amount = models.encoder(net.sae)(net.normal(flat))[:, unit : unit + 1]
        return activations - ops.reshape(amount * vector, (-1, 64, 256))

    return models.with_activations(net.model, function)


def losses():
    """What reconstructions cost a network: two language models, two classifiers."""
    rows = []
    for seed in 0, 1, 2:
        rows += [of_language_model(network, seed) for network in NETWORKS]
        rows += [of_classifier(network, seed) for network in NETWORKS]
    table = pd.DataFrame(rows).sort_values(["model", "hidden", "seed"])
    worth = table["zero"] - table["own"]
    table["loss_recovered"] = (table["zero"] - table["reconstructed"]) / worth
    return table


def of_language_model(network, seed):
    net = look_inside(network, seed)

    def rebuilt(activations):
        flat = ops.reshape(activations, (-1, 256))
        outputs = net.sae(net.normal(flat)) * net.scale + net.center
        return ops.reshape(outputs, (-1, 64, 256))

    some = net.windows[::2], net.following[::2]
    replaced = {
        "own": lambda a: a,
        "reconstructed": rebuilt,
        "zero": lambda a: 0 * a,
        "mean": lambda a: 0 * a + net.center,
    }
    found = {
        name: inside.losses(models.with_activations(net.model, function), *some).mean()
        for name, function in replaced.items()
    }
    held = net.normal(net.held)
    fvu = metrics.fvu(held, codes.outputs(net.sae, held))
    return {"model": "language", "hidden": network, "seed": seed, **found, "fvu": fvu}


def of_classifier(network, seed):
    """Digits: a hidden layer of 256 units, trained or left random, and its outputs."""
    mnist = data.load_mnist(20_000, 2_000)
    keras.utils.set_random_seed(seed)
    hidden = layers.Dense(256, activation="relu", trainable=NETWORKS[network])
    top = layers.Dense(10)
    inputs = keras.Input(shape=(784,))
    model = keras.Model(inputs, top(hidden(inputs)))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(2e-3), loss)
    model.fit(mnist.x_train, mnist.y_train, batch_size=128, epochs=5, verbose=0)
    read = keras.Model(inputs, model.layers[1].output)
    activations, held = (codes.outputs(read, x) for x in (mnist.x_train, mnist.x_test))
    center, scale = activations.mean(axis=0), activations.std()
    sae = inside.sparse_autoencoder((activations - center) / scale, 512, 12, 6)
    rebuilt = codes.outputs(sae, (held - center) / scale) * scale + center
    replaced = {
        "own": held,
        "reconstructed": rebuilt,
        "zero": 0 * held,
        "mean": 0 * held + center,
    }
    found = {
        name: float(ops.convert_to_numpy(loss(mnist.y_test, top(each))))
        for name, each in replaced.items()
    }
    fvu = metrics.fvu(held, rebuilt)
    return {"model": "digits", "hidden": network, "seed": seed, **found, "fvu": fvu}


if __name__ == "__main__":
    write(
        {
            "words": ("word_units", words),
            "causes": ("causes_in_a_network", causes),
            "others": ("other_units", others),
            "losses": ("loss_recovered", losses),
        }
    )
