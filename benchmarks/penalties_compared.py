"""Measure what notebook 07 compares: kinds of sparse codes at equal sparsity and width.

    python benchmarks/penalties_compared.py frontier  # sae_utils/measured/frontier.csv
    python benchmarks/penalties_compared.py refits  # sae_utils/measured/refits.csv
    python benchmarks/penalties_compared.py rates  # sae_utils/measured/rates.csv
    python benchmarks/penalties_compared.py starts  # sae_utils/measured/top_k_starts.csv
    python benchmarks/penalties_compared.py weights  # sae_utils/measured/kl_weights.csv

The mean image is subtracted from all images. All codes have 256 units and a linear
output, see the same 20,000 training images for eight epochs, and are measured on the
10,000 test images. Codes of ReLU units have decoder
rows of length 1, and encoders that start as their transpose. What is chosen is chosen on
5,000 other training images, with the first start: a learning rate for each kind (for
L1 by the error at an L0 of 20, for the others by the loss at the first middle point); and
the L1 strengths at which L0 is 5, 10, 20, 40, and 80, as for top-k. The two middle points
have three starts.

The table `refits` trains some of these codes again, and asks what is lost to the amounts
and what to the choice of units. Its amounts are never negative, as behind a ReLU.
The table `rates` asks how much the chosen learning rates matter at 20 units per image: L1
and BatchTopK took the largest of those tried in `frontier`. The table `weights` tries
other weights of KL than `frontier`, which has 0.001 only.
"""

import time

from sae_utils import codes, data, matching, metrics, models, probe, training
from sae_utils.activations import BatchTopK, TopK
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pandas as pd
from keras import ops
from measured_tables import write
from scipy.optimize import nnls
from sklearn.decomposition import PCA
from sklearn.feature_selection import f_classif

UNITS, EPOCHS, SEEDS = 256, 8, (0, 1, 2)
KEPT = {5: 6e-3, 10: 4e-3, 20: 2e-3, 40: 5e-4, 80: 1e-4}  # L0, and a first L1 strength
MIDDLE = (20, 40)  # with three starts
TARGETS, MIDDLE_TARGETS = (0.005, 0.01, 0.02, 0.05, 0.1), (0.02, 0.05)  # KL: rho
RATES = {"KL": (4e-3, 8e-3, 1.6e-2), "ReLU": (1e-3, 2e-3, 4e-3)}
BEST = 20  # units that the sparse probe sees
SHARED = 0.7  # cosine from which on two units count as the same


def centered(images):
    """Return images less the mean of the 20,000 that the codes are trained on."""
    mean = images.x_train[:20_000].mean(axis=0)
    return images._replace(x_train=images.x_train - mean, x_test=images.x_test - mean)


def built(kind, strength, tied_start=True, weight=1e-3):
    """Build an untrained model of a kind of code; `weight` is KL's."""
    if kind == "KL":
        penalty = KLSparsity(strength, weight)
        return models.dense_autoencoder(
            UNITS, "sigmoid", penalty, output_activation="linear"
        )
    activation, penalty = "relu", None
    if kind == "top-k":
        activation = TopK(int(strength))
    elif kind == "BatchTopK":
        activation = BatchTopK(int(strength))
    elif kind == "L1":
        penalty = L1Sparsity(strength)
    return models.dense_autoencoder(
        UNITS,
        activation,
        penalty,
        unit_norm_decoder=True,
        output_activation="linear",
        tied_start=tied_start,
    )


def trained(images, kind, strength, rate, seed=0, **options):
    """Train a model of a kind from the start that `seed` draws."""
    keras.utils.set_random_seed(seed)
    model = built(kind, strength, **options)
    training.train(model, images.x_train[:20_000], EPOCHS, rate)
    return model


def best_rate(images, kind, strength, **options):
    """Return the learning rate with the smallest loss on the images kept for choices."""

    def loss(rate):
        model = trained(images, kind, strength, rate, **options)
        score = metrics.scoreboard(model, images.x_train[20_000:])
        found = score["mse"] / (1 - score["penalty_share"])
        print(kind, rate, f"{found:.5f}", flush=True)
        return found

    return min(RATES.get(kind, RATES["ReLU"]), key=loss)


def best_l1_rate(images):
    """Return the learning rate with the smallest error at an L0 of 20 on those images.

    The loss would compare rates at one strength, and so at another L0 for each.
    """

    def error(rate):
        strength = matching_strength(images, rate, 20, KEPT[20])
        model = trained(images, "L1", strength, rate)
        found = metrics.scoreboard(model, images.x_train[20_000:])["fvu"]
        print("L1", rate, strength, f"{found:.3f}", flush=True)
        return found

    return min(RATES["ReLU"], key=error)


def matching_strength(images, rate, l0, start):
    """Return the L1 strength, to two digits, with this L0 on those images."""
    strength, tried = start, {}
    for _ in range(8):
        model = trained(images, "L1", strength, rate)
        code = codes.encode(model, images.x_train[20_000:])
        tried[strength] = metrics.l0(code)
        print("L1", strength, f"{tried[strength]:.1f}", flush=True)
        if abs(tried[strength] / l0 - 1) < 0.05:
            break
        slope = -1.0
        if len(tried) > 1:
            (s, a), (t, b) = list(tried.items())[-2:]
            slope = min(-0.2, np.log(b / a) / np.log(t / s))
        strength = float(f"{strength * (l0 / tried[strength]) ** (1 / slope):.2g}")
        if strength in tried:
            break
    return min(tried, key=lambda each: abs(np.log(tried[each] / l0)))


def measured(images, model):
    """Return what the table holds of a model, on the test images."""
    score = metrics.scoreboard(model, images.x_test)
    row = {name: score[name] for name in ("fvu", "l0", "n90", "dead")}
    row["gamma"] = shrinkage(images, codes.outputs(model, images.x_test))
    return row


def shrinkage(images, reconstruction):
    """Return gamma, for deviations from the mean image: below 1 is too small."""
    return float((reconstruction**2).sum() / (reconstruction * images.x_test).sum())


def refitted(code, rows, targets):
    """Return sums of the rows of the units that are on, with the best factors >= 0."""
    return np.array(
        [
            best_sum(np.flatnonzero(activation), rows, target)
            for activation, target in zip(code, targets, strict=True)
        ]
    )


def best_sum(on, rows, target):
    """Return the best sum of the rows `on`, with no negative factor."""
    if not len(on):
        return np.zeros_like(target)
    return rows[on].T @ nnls(rows[on].T, target)[0]


def pursuit(count, rows, target):
    """Return a sum of `count` rows, with no negative factor, chosen one by one.

    Each time the row is taken that has the largest cosine with what is left, and all
    factors are fitted again. It stops early if no row would help.
    """
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    on, best = [], np.zeros_like(target)
    for _ in range(count):
        gains = rows @ (target - best)
        gains[on] = 0
        if gains.max() <= 0:
            break
        on.append(int(gains.argmax()))
        best = best_sum(on, rows, target)
    return best


def refits(images, known):
    """Return what some codes lose to their amounts, and what to the choice of units.

    Of the codes in the table `known` that keep about 5 and 20 units, trained again. All
    of it on the first 1,000 test images: of a code as it is, with all its activations
    times one factor, with those of the units that are on refitted, and with its rows
    chosen by pursuit. For comparison, pursuit among 256 training images.
    """
    known = known[known["code"].isin(["L1", "BatchTopK", "top-k"]) & (known["l0"] < 21.5)]
    known = known[~known["l0"].between(7, 15)]  # 5 and 20 are left
    x = images.x_test[:1000]
    rows = []
    for kind, strength, rate, seed in known.to_numpy()[:, :4]:
        model = trained(images, kind, strength, rate, int(seed))
        code, found = codes.encode(model, x), codes.outputs(model, x)
        decoder, bias = model.get_layer("reconstruction").get_weights()
        factor = (found * x).sum() / (found**2).sum()
        count, live = round(metrics.l0(code)), decoder[code.any(axis=0)]
        row = {"code": kind, "strength": strength, "seed": int(seed), "kept": count}
        row |= {"gamma": 1 / factor, "fvu": metrics.fvu(x, found)}
        row["fvu_one_factor"] = metrics.fvu(x, factor * found)
        row["fvu_refit"] = metrics.fvu(x, refitted(code, decoder, x - bias) + bias)
        pursued = [pursuit(count, live, each) for each in x - bias]
        rows.append(row | {"fvu_pursuit": metrics.fvu(x, np.array(pursued) + bias)})
        print(rows[-1], flush=True)
    for seed in SEEDS:
        some = np.random.default_rng(seed).choice(20_000, UNITS, replace=False)
        for count in (5, 20):
            pursued = [pursuit(count, images.x_train[some], each) for each in x]
            row = {"code": "256 images", "seed": seed, "kept": count}
            rows.append(row | {"fvu_pursuit": metrics.fvu(x, np.array(pursued))})
            print(rows[-1], flush=True)
    return table(rows).dropna(axis=1, how="all")


def rates(images):
    """Return codes with about 20 units per image, by their learning rate; one start."""
    rows = []
    for kind in ("L1", "top-k", "BatchTopK"):
        for rate in (2e-3, 4e-3, 8e-3, 1.6e-2):
            strength = 20
            if kind == "L1":
                strength = matching_strength(images, rate, 20, 1.1e-3)
            model = trained(images, kind, strength, rate)
            score = metrics.scoreboard(model, images.x_test)
            row = {"code": kind, "strength": strength, "learning_rate": rate, "seed": 0}
            rows.append(
                row | {name: score[name] for name in ("fvu", "l0", "n90", "dead")}
            )
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def weights(images):
    """Return KL codes by weight and target, each at its best learning rate; one start."""
    rows = []
    for weight in (1e-4, 3e-4, 3e-3, 1e-2):
        for target in (0.01, 0.05, 0.1):
            rate = best_rate(images, "KL", target, weight=weight)
            score = metrics.scoreboard(
                trained(images, "KL", target, rate, weight=weight), images.x_test
            )
            row = {"weight": weight, "target": target, "learning_rate": rate, "seed": 0}
            rows.append(row | {name: score[name] for name in ("fvu", "n90", "dead")})
            print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def probes(images, encode):
    """Return the errors of the probe and of the probe on the best units alone."""
    train, y_train = encode(images.x_train[:10_000]), images.y_train[:10_000]
    test, y_test = encode(images.x_test), images.y_test
    varies = np.ptp(train, axis=0) > 0
    scores = np.where(varies, 0.0, -1.0)
    scores[varies] = f_classif(train[:, varies], y_train)[0]
    best = np.argsort(-scores)[:BEST]
    return {
        "probe_error": probe.linear_probe_error(train, y_train, test, y_test),
        "sparse_probe_error": probe.linear_probe_error(
            train[:, best], y_train, test[:, best], y_test
        ),
    }


def live_rows(images, model):
    """Return the decoder rows of the units that are not dead."""
    code = codes.contributions(model, images.x_test)
    dead = metrics.dead_units(code, codes.has_exact_zeros(model, code))
    return codes.decoder_rows(model)[~dead]


def shared(a, b):
    """Return the share of matched units with a cosine of at least 0.7."""
    return float((matching.match_units(a, b)[1] >= SHARED).mean())


def chance(rows):
    """Draw random rows with the mean and covariance that these rows have."""
    rng = np.random.default_rng(0)
    drawn = rng.normal(size=(len(rows), len(rows))) @ (rows - rows.mean(axis=0))
    return drawn / np.sqrt(len(rows)) + rows.mean(axis=0)


def frontier(images):
    """Return the table of all codes: a row per kind, strength, and start."""
    rows = [{"code": "pixels"} | probes(images, lambda x: x), *pca_rows(images)]
    for kind in ("top-k", "BatchTopK", "L1", "KL"):
        rows += kind_rows(images, kind)
    return table(rows + random_rows(images))


def kind_rows(images, kind):
    """Return a row per strength and start of one kind of code."""
    middle = MIDDLE_TARGETS if kind == "KL" else MIDDLE
    rate = best_l1_rate(images) if kind == "L1" else best_rate(images, kind, middle[0])
    rows = []
    for aim in TARGETS if kind == "KL" else KEPT:
        strength, kept, found = aim, [], []
        if kind == "L1":
            strength = matching_strength(images, rate, aim, KEPT[aim])
        for seed in SEEDS if aim in middle else SEEDS[:1]:
            model = trained(images, kind, strength, rate, seed)
            kept.append(live_rows(images, model))
            setting = {"strength": strength, "learning_rate": rate, "seed": seed}
            row = {"code": kind} | setting | measured(images, model)
            if aim in middle:
                row |= probes(images, lambda x, model=model: codes.encode(model, x))
            found.append(row)
            print(row, flush=True)
        if len(kept) > 1:
            for i, row in enumerate(found):
                other = kept[(i + 1) % len(kept)]
                row["shared"] = shared(kept[i], other)
                row["shared_by_chance"] = shared(kept[i], chance(other))
        rows += found
    return rows


def table(rows):
    """Return rows as a table, with what names a row in front."""
    columns = ["code", "strength", "learning_rate", "seed"]
    columns += [name for row in rows for name in row]
    return pd.DataFrame(rows, columns=list(dict.fromkeys(columns)))


def pca_rows(images):
    """Return rows for PCA, of which the k largest coefficients are kept."""
    pca = PCA(UNITS, random_state=0).fit(images.x_train[:20_000])
    code = pca.transform(images.x_test)
    rows = []
    for k in KEPT:
        smallest = np.sort(np.abs(code), axis=1)[:, [-k]]
        kept = np.where(np.abs(code) >= smallest, code, 0)
        rows.append(
            {
                "code": "PCA",
                "strength": k,
                "fvu": metrics.fvu(images.x_test, pca.inverse_transform(kept)),
                "l0": metrics.l0(kept),
                "n90": metrics.n90(kept),
            }
        )
    return [{"code": "PCA"} | probes(images, pca.transform), *rows]


def random_rows(images):
    """Return rows for an untrained encoder, and one behind a decoder that stays."""
    rows = []
    for seed in SEEDS:
        keras.utils.set_random_seed(seed)
        model = built("top-k", 20)
        for name in ("untrained", "frozen decoder"):
            if name == "frozen decoder":
                model.get_layer("reconstruction").trainable = False
                training.train(model, images.x_train[:20_000], EPOCHS)
            row = {"code": name, "strength": 20, "seed": seed}
            row |= probes(images, lambda x, model=model: codes.encode(model, x))
            if name == "frozen decoder":
                row |= measured(images, model)
            rows.append(row)
            print(row, flush=True)
    return rows


class WithAuxiliaryLoss(keras.Model):
    """A top-k autoencoder whose dead units learn what the others leave over.

    A unit that was on for no sample of 100 batches counts as dead. The 40 largest dead
    units of a sample reconstruct its error; 1/32 of that loss is added.

    Source: Gao et al., arXiv:2406.04093, with their weight of 1/32.
    """

    def __init__(self, inputs, outputs):
        super().__init__(inputs, outputs)
        self.silent = keras.Variable(ops.zeros(UNITS), trainable=False)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        loss = super().compute_loss(x, y, y_pred, sample_weight, training)
        code_layer = self.get_layer("code")
        z = ops.matmul(x, code_layer.kernel) + code_layer.bias
        on = ops.any(code_layer.activation(z) > 0, axis=0)
        self.silent.assign(ops.where(on, 0.0, self.silent + 1))
        dead = ops.cast(self.silent >= 100, "float32")
        helpers = TopK(40)(z * dead)
        rows = self.get_layer("reconstruction").kernel
        left = ops.stop_gradient(y - y_pred)
        return loss + ops.mean((left - ops.matmul(helpers, rows)) ** 2) / 32


def starts(raw):
    """Return the dead units of top-k codes by inputs, start, and auxiliary loss."""
    rows = []
    for inputs, images in {"raw": raw, "centered": centered(raw)}.items():
        for start in ("Keras", "tied"):
            for auxiliary in (False, True) if start == "Keras" else (False,):
                for seed in SEEDS:
                    keras.utils.set_random_seed(seed)
                    model = built("top-k", 20, tied_start=start == "tied")
                    if auxiliary:
                        model = WithAuxiliaryLoss(model.inputs, model.outputs)
                    began = time.process_time()
                    training.train(model, images.x_train[:20_000], EPOCHS)
                    row = {"inputs": inputs, "start": start, "auxiliary": auxiliary}
                    row |= {"seed": seed, "seconds": time.process_time() - began}
                    score = metrics.scoreboard(model, images.x_test)
                    rows.append(row | {name: score[name] for name in ("dead", "fvu")})
                    print(rows[-1], flush=True)
    return pd.DataFrame(rows)


if __name__ == "__main__":
    DIGITS = data.load_mnist(25_000)
    write(
        {
            "frontier": ("frontier", lambda: frontier(centered(DIGITS))),
            "rates": ("rates", lambda: rates(centered(DIGITS))),
            "refits": (
                "refits",
                lambda: refits(centered(DIGITS), data.load_measured("frontier")),
            ),
            "starts": ("top_k_starts", lambda: starts(DIGITS)),
            "weights": ("kl_weights", lambda: weights(centered(DIGITS))),
        }
    )
