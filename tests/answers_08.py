"""What a class would hand in for the exercises of notebook 08."""

from sae_utils import checks

import keras
import numpy as np
from keras import ops
from scipy.special import log_softmax, softmax


def cross_entropy(logits, following):
    chosen = log_softmax(logits, axis=1)[np.arange(len(following)), following]
    return -np.mean(chosen)


def three_losses(logits, reconstructed, ablated, following):
    return [cross_entropy(each, following) for each in (logits, reconstructed, ablated)]


def loss_recovered(*inputs):
    own, rebuilt, without = three_losses(*inputs)
    return (without - rebuilt) / (without - own)


def loss_recovered_loop(logits, reconstructed, ablated, following):
    sums = []
    for table in logits, reconstructed, ablated:
        total = 0.0
        for row, symbol in zip(table, following, strict=True):
            total -= np.log2(np.exp(row[symbol]) / np.sum(np.exp(row)))
        sums.append(total)
    return 1 - (sums[1] - sums[0]) / (sums[2] - sums[0])


def loss_recovered_keras(logits, reconstructed, ablated, following):
    own, rebuilt, without = (
        ops.mean(
            keras.losses.sparse_categorical_crossentropy(
                following, table, from_logits=True
            )
        )
        for table in (logits, reconstructed, ablated)
    )
    return (without - rebuilt) / (without - own)


def of_losses(formula):
    return lambda *inputs: formula(*three_losses(*inputs))


def share(measure):
    """A wrong answer that measures something else than the loss."""

    def answer(logits, reconstructed, ablated, following):
        own, rebuilt, without = (
            measure(table, following) for table in (logits, reconstructed, ablated)
        )
        return (without - rebuilt) / (without - own)

    return answer


def at_next(table, following):
    return np.array([row[symbol] for row, symbol in zip(table, following, strict=True)])


def entropy(table, following):
    p = softmax(table, axis=1)
    return -(p * np.log(p)).sum(axis=1).mean()


def clamp(activations, code, rows, unit, value):
    return activations + (value - code[:, unit : unit + 1]) * rows[unit]


def clamp_loop(activations, code, rows, unit, value):
    for sample in range(len(activations)):
        activations[sample] += (value - code[sample, unit]) * rows[unit]
    return activations


def clamp_by_codes(activations, code, rows, unit, value):
    left_out = activations - code @ rows
    code[:, unit] = value
    return code @ rows + left_out


def clamp_reconstruction(activations, code, rows, unit, value):
    code[:, unit] = value
    return code @ rows


def clamp_where(condition):
    def answer(activations, code, rows, unit, value):
        right = clamp(activations, code, rows, unit, value)
        return np.where(condition(code[:, [unit]]), right, activations)

    return answer


def clamp_unit_row(activations, code, rows, unit, value):
    row = rows[unit] / np.sqrt(np.sum(rows[unit] ** 2))
    return activations + (value - code[:, [unit]]) * row


CASES = {
    checks.check_loss_recovered: [
        ("Right.", loss_recovered),
        ("Right.", loss_recovered_loop),
        ("Right.", loss_recovered_keras),
        ("this is the share that is lost", lambda *inputs: 1 - loss_recovered(*inputs)),
        ("the fraction is upside down", lambda *inputs: 1 / loss_recovered(*inputs)),
        (
            "in the denominator the model's own loss is missing",
            of_losses(lambda own, rebuilt, without: 1 - rebuilt / without),
        ),
        (
            "this is a loss divided by a loss; take",
            of_losses(lambda own, rebuilt, without: own / rebuilt),
        ),
        (
            "this is a loss divided by a loss, and upside down",
            of_losses(lambda own, rebuilt, without: rebuilt / own),
        ),
        (
            "this compares with the reconstruction's loss in the denominator",
            of_losses(lambda own, rebuilt, without: (without - own) / without),
        ),
        (
            "this is how much the loss rises, in nats",
            of_losses(lambda own, rebuilt, without: rebuilt - own),
        ),
        (
            "this is how much the reconstruction lowers the ablated loss",
            of_losses(lambda own, rebuilt, without: without - rebuilt),
        ),
        ("these are logits", share(lambda table, at: -at_next(table, at).mean())),
        (
            "these are probabilities",
            share(lambda table, at: at_next(softmax(table, axis=1), at).sum()),
        ),
        (
            "the softmax runs over the positions",
            share(lambda table, at: at_next(log_softmax(table, axis=0), at).mean()),
        ),
        ("this is the entropy of the predictions", share(entropy)),
        (
            "this averages over all symbols",
            share(lambda table, at: log_softmax(table, axis=-1).mean()),
        ),
    ],
    checks.check_clamp: [
        ("Right.", clamp),
        ("Right.", clamp_loop),
        ("Right.", clamp_by_codes),
        ("this adds the value to what the unit has", lambda a, c, r, u, v: a + v * r[u]),
        ("this returns a reconstruction, and loses", clamp_reconstruction),
        ("this returns the plain reconstruction", lambda a, c, r, u, v: c @ r),
        (
            "wrong sign: the unit moves away",
            lambda a, c, r, u, v: a + (c[:, [u]] - v) * r[u],
        ),
        (
            "this removes the unit, and does not set it",
            lambda a, c, r, u, v: a - np.outer(c[:, u], r[u]),
        ),
        (
            "this multiplies the unit by the value",
            lambda a, c, r, u, v: (
                a - np.outer(c[:, u], r[u]) + v * np.outer(c[:, u], r[u])
            ),
        ),
        ("only the samples for which the unit is on", clamp_where(lambda unit: unit > 0)),
        (
            "only the samples for which the unit is off",
            clamp_where(lambda unit: unit == 0),
        ),
        ("this gives the row length 1", clamp_unit_row),
        (
            "this sets the activations to the unit's part alone",
            lambda a, c, r, u, v: np.tile(v * r[u], (len(a), 1)),
        ),
        (
            "this is the change alone",
            lambda a, c, r, u, v: (v - c[:, [u]]) * r[u],
        ),
        (
            "this changes every unit",
            lambda a, c, r, u, v: a - c @ r + np.full_like(c, v) @ r,
        ),
        ("this leaves the activations as they are", lambda a, c, r, u, v: a),
    ],
}
