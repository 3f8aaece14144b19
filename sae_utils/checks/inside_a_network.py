"""Checks of the answers in notebook 08."""

from sae_utils.checks.diagnosis import Case, report

import numpy as np


def check_loss_recovered(answer):
    """Check an answer to "write the share of the loss that a reconstruction recovers".

    Args:
        answer: A function of three arrays of logits, each of shape
            `(positions, symbols)`: of the model, of the model on reconstructions, and of
            the model without the activations; and of the numbers of the symbols that
            follow, shape `(positions,)`. It returns a number.
    """
    report(answer, [_loss_recovered(seed, size) for seed, size in ((0, 5), (1, 4))])


def _loss_recovered(seed, positions):
    rng = np.random.default_rng(seed)
    symbols = positions + 3
    following = rng.integers(0, symbols, positions)
    noise = rng.normal(size=(3, positions, symbols))
    hit = np.eye(symbols)[following]
    model, rebuilt, ablated = noise + np.array([3, 2, 0.5])[:, None, None] * hit
    all_three = (model, rebuilt, ablated)

    def log_softmax(logits, axis=1):
        top = logits - logits.max(axis=axis, keepdims=True)
        return top - np.log(np.exp(top).sum(axis=axis, keepdims=True))

    def share(of):
        own, with_rebuilt, without = map(of, all_three)
        return (without - with_rebuilt) / (without - own)

    def loss(logits):
        return -log_softmax(logits)[np.arange(positions), following].mean()

    def entropy(logits):
        return -np.mean(np.sum(np.exp(log_softmax(logits)) * log_softmax(logits), axis=1))

    own, with_rebuilt, without = map(loss, all_three)
    right = share(loss)
    return Case(
        {
            "logits": model,
            "reconstructed": rebuilt,
            "ablated": ablated,
            "following": following,
        },
        right,
        mistakes={
            "this is the share that is lost; it must be 1 for a perfect copy": 1 - right,
            "the fraction is upside down": 1 / right,
            "in the denominator the model's own loss is missing: the loss cannot fall "
            "to 0": (without - with_rebuilt) / without,
            "this is a loss divided by a loss; take the differences from the ablated "
            "loss": own / with_rebuilt,
            "this is a loss divided by a loss, and upside down; take the differences "
            "from the ablated loss": with_rebuilt / own,
            "this compares with the reconstruction's loss in the denominator; compare "
            "with the model's own": (without - own) / without,
            "this is how much the loss rises, in nats; give it as a share": (
                with_rebuilt - own
            ),
            "this is how much the reconstruction lowers the ablated loss, in nats; give "
            "it as a share": without - with_rebuilt,
            "these are logits; take the log of their softmax": share(
                lambda logits: -logits[np.arange(positions), following].mean()
            ),
            "these are probabilities; the loss is minus the log of the next symbol's": (
                share(
                    lambda logits: (
                        -np.exp(log_softmax(logits))[
                            np.arange(positions), following
                        ].mean()
                    )
                )
            ),
            "the softmax runs over the positions; it runs over the symbols, axis 1": (
                share(
                    lambda logits: (
                        -log_softmax(logits, axis=0)[
                            np.arange(positions), following
                        ].mean()
                    )
                )
            ),
            "this is the entropy of the predictions; take the log probability of the "
            "symbol that follows": share(entropy),
            "this averages over all symbols; take each position's next symbol only": (
                share(lambda logits: -log_softmax(logits).mean())
            ),
        },
    )


def check_clamp(answer):
    """Check an answer to "set one unit to a value, and leave the rest as it is".

    Args:
        answer: A function of activations of shape `(samples, inputs)`, their code of
            shape `(samples, units)`, the decoder rows of shape `(units, inputs)`, the
            number of a unit, and its new value. It returns activations,
            `(samples, inputs)`.
    """
    report(answer, [_clamp(0, 4, 3, 5, 1, 2.5), _clamp(1, 3, 4, 2, 3, 1.5)])


def _clamp(seed, samples, units, inputs, unit, value):
    rng = np.random.default_rng(seed)
    code = np.maximum(rng.normal(0.5, 1, size=(samples, units)), 0)
    code[0, unit] = 0
    code[1, unit] = 0.8
    rows = rng.normal(size=(units, inputs))
    activations = code @ rows + rng.normal(0, 0.3, size=(samples, inputs))
    old, row = code[:, unit], rows[unit]
    changed = code.copy()
    changed[:, unit] = value

    def moved(amount, along=row):
        return activations + np.outer(amount * np.ones(samples), along)

    return Case(
        {
            "activations": activations,
            "code": code,
            "rows": rows,
            "unit": unit,
            "value": value,
        },
        right=moved(value - old),
        mistakes={
            "this adds the value to what the unit has; take the difference between the "
            "value and its activation": moved(value),
            "this returns a reconstruction, and loses what the code leaves out; add a "
            "change to the activations": changed @ rows,
            "this returns the plain reconstruction; add a change to the activations": (
                code @ rows
            ),
            "wrong sign: the unit moves away from the value": moved(old - value),
            "this removes the unit, and does not set it to the value": moved(-old),
            "this multiplies the unit by the value; set it to the value": moved(
                (value - 1) * old
            ),
            "this changes only the samples for which the unit is on; set it for all": (
                moved((value - old) * (old > 0))
            ),
            "this changes only the samples for which the unit is off; set it for all": (
                moved((value - old) * (old == 0))
            ),
            "this gives the row length 1; the decoder uses it as it is": moved(
                value - old, row / np.linalg.norm(row)
            ),
            "this sets the activations to the unit's part alone; add the change to "
            "them": np.outer(value * np.ones(samples), row),
            "this is the change alone; add it to the activations": np.outer(
                value - old, row
            ),
            "this changes every unit; change the one": activations
            + (value - code) @ rows,
            "this leaves the activations as they are": activations,
        },
    )
