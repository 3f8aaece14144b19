"""Checks of the answers in notebook 04."""

from sae_utils.checks.diagnosis import YOUR_TURN, Case, report

import numpy as np
from keras import ops

RHO = 0.05


def check_tanh_penalty(answer):
    """Check an answer to "write the KL penalty of a tanh code".

    Args:
        answer: A function of a tanh code of shape `(batch, units)` and the target `rho`
            for the share of "on", that returns one number, summed over the units.
    """
    code = np.array(
        [
            [-0.96, -0.80, -0.60],
            [0.40, -0.60, -0.90],
            [-0.90, -0.70, -0.80],
            [-0.98, -0.90, -0.20],
            [-0.94, -0.84, -0.70],
        ]
    )
    other = np.array([[-0.80, -0.40], [-0.96, -0.60], [-0.20, -0.90], [-0.84, -0.50]])
    report(answer, [_tanh_penalty(code, 0.05), _tanh_penalty(other, 0.2)])


def _tanh_penalty(code, rho):
    share = (code + 1) / 2

    def kl(mean, target=rho):
        on, off = (
            target * np.log(target / mean),
            (1 - target) * np.log((1 - target) / (1 - mean)),
        )
        return on + off

    means = share.mean(axis=0)
    right = kl(means).sum()
    return Case(
        {"code": code, "rho": rho},
        right,
        mistakes={
            "this is one divergence per unit; sum over the units": kl(means),
            "this averages over the units; sum over them": kl(means).mean(),
            "this averages over samples and units; each unit needs its own mean, over "
            "axis 0": kl(share.mean()),
            "this averages over samples and units and multiplies by the number of units; "
            "each unit needs its own mean, over axis 0": code.shape[1] * kl(share.mean()),
            "this is the KL of single activations; take each unit's mean first": (
                kl(share).sum(axis=1).mean()
            ),
            "this averages over the units, axis 1; average over the batch, axis 0": (
                kl(share.mean(axis=1)).sum()
            ),
            "this uses the absolute value; -1 means off, and +1 on: use (code + 1) / 2": (
                kl(np.abs(code).mean(axis=0)).sum()
            ),
            "this squares the code; -1 means off, and +1 on: use (code + 1) / 2": (
                kl((code**2).mean(axis=0)).sum()
            ),
            "this rescales the target, too; rho is already a share": (
                kl(means, (rho + 1) / 2).sum()
            ),
            "the shares of off and on are swapped; use (code + 1) / 2": (
                kl(1 - means).sum()
            ),
            "the (1 - rho) term is missing": (rho * np.log(rho / means)).sum(),
            "the rho term is missing": (
                (1 - rho) * np.log((1 - rho) / (1 - means))
            ).sum(),
            "the parentheses around 1 - rho and 1 - rho_hat are missing": (
                rho * np.log(rho / means) + (1 - rho) * np.log(1 - rho / 1 - means)
            ).sum(),
            "this is divided by the batch size; the mean has already done that": (
                right / len(code)
            ),
            "the arguments are swapped; the target comes first: KL(rho || rho_hat)": (
                means * np.log(means / rho)
                + (1 - means) * np.log((1 - means) / (1 - rho))
            ).sum(),
        },
    )


def anonymous_penalties():
    """Return six wrong penalties, each with one mistake of notebook 04's zoo.

    Returns:
        A dict from the numbers 1 to 6 to functions of a code, shape `(batch, units)`,
        that return a scalar tensor. Their target is 0.05.
    """
    return {number: _Anonymous(number) for number in _MISTAKES}


def check_anonymous_penalties(mistakes):
    """Count how many of the six penalties are named correctly.

    Args:
        mistakes: A dict from the numbers 1 to 6 to the names of mistakes.
    """
    print(_count(mistakes))


def _count(mistakes):
    if mistakes is ...:
        return YOUR_TURN
    if not isinstance(mistakes, dict) or set(mistakes) != set(_MISTAKES):
        return f"Not yet: give a dict with the keys {', '.join(map(str, _MISTAKES))}."
    if any(name is ... for name in mistakes.values()):
        return YOUR_TURN
    unknown = [name for name in mistakes.values() if name not in _NAMES]
    if unknown:
        return f"Not yet: {unknown[0]!r} is not one of {', '.join(_NAMES)}."
    right = sum(mistakes[number] == name for number, (name, _) in _MISTAKES.items())
    if right == len(_MISTAKES):
        return "Right."
    return f"Not yet: {right} of {len(_MISTAKES)} are right."


class _Anonymous:
    """A penalty whose name says nothing."""

    def __init__(self, number):
        self.number = number

    def __call__(self, code):
        return _MISTAKES[self.number][1](code)

    def __repr__(self):
        return f"penalty {self.number}"


def _log_kl(rho_hat):
    # log(1 + KL) is as good a penalty as KL, and its numbers are not in the notebook.
    off = (1 - RHO) * ops.log((1 - RHO) / (1 - rho_hat))
    return ops.log1p(RHO * ops.log(RHO / rho_hat) + off)


def _divided_twice(code):
    return 3 * ops.mean(_log_kl(ops.mean(code, axis=0))) / code.shape[0]


def _no_off_term(code):
    return ops.mean(ops.log1p(RHO * ops.log(RHO / ops.mean(code, axis=0))))


def _small_batches(code):
    means = ops.mean(ops.reshape(code, (-1, 4, code.shape[1])), axis=1)
    return ops.sum(_log_kl(ops.maximum(means, 1e-30))) / code.shape[0]


def _both_axes(code):
    return 0.1 * _log_kl(ops.mean(code))


def _clip(code):
    return ops.sum(_log_kl(ops.clip(ops.mean(code, axis=0), 1e-5, 1 - 1e-5)))


def _per_sample(code):
    return ops.mean(_log_kl(ops.clip(code, 1e-30, 1 - 1e-6)))


_NAMES = [
    "mean over both axes",
    "KL per sample",
    "no (1 - rho) term",
    "divided twice",
    "small batches",
    "clip",
    "L1",
]
_MISTAKES = {
    1: ("divided twice", _divided_twice),
    2: ("no (1 - rho) term", _no_off_term),
    3: ("small batches", _small_batches),
    4: ("mean over both axes", _both_axes),
    5: ("clip", _clip),
    6: ("KL per sample", _per_sample),
}
