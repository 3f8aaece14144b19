"""What a class would hand in for the exercise of notebook 04 that asks for a function."""

import math

from sae_utils import checks

import numpy as np
from keras import ops


def kl(rho, share):
    return rho * np.log(rho / share) + (1 - rho) * np.log((1 - rho) / (1 - share))


def tanh_penalty(code, rho):
    return np.sum(kl(rho, (np.mean(code, axis=0) + 1) / 2))


def tanh_penalty_loop(code, rho):
    total = 0.0
    for unit in code.T:
        share = sum((value + 1) / 2 for value in unit) / len(unit)
        total += rho * math.log(rho / share)
        total += (1 - rho) * math.log((1 - rho) / (1 - share))
    return total


def tanh_penalty_ops(code, rho):
    share = ops.maximum(ops.mean((code + 1) / 2, axis=0), 1e-30)
    off = (1 - rho) * ops.log((1 - rho) / (1 - share))
    return ops.sum(rho * ops.log(rho / share) + off)


def tanh_penalty_in_place(code, rho):
    code += 1
    code /= 2
    return kl(rho, code.mean(axis=0)).sum()


def share(code):
    return (code + 1) / 2


CASES = {
    checks.check_tanh_penalty: [
        ("Right.", tanh_penalty),
        ("Right.", tanh_penalty_loop),
        ("Right.", tanh_penalty_ops),
        ("Right.", tanh_penalty_in_place),
        (
            "this is one divergence per unit; sum over the units",
            lambda code, rho: kl(rho, share(code).mean(axis=0)),
        ),
        (
            "this averages over the units; sum over them",
            lambda code, rho: np.mean(kl(rho, share(code).mean(axis=0))),
        ),
        (
            "this averages over samples and units; each unit needs its own mean",
            lambda code, rho: kl(rho, share(code).mean()),
        ),
        (
            "this averages over samples and units and multiplies by the number of units",
            lambda code, rho: len(code[0]) * kl(rho, share(code).mean()),
        ),
        (
            "this is the KL of single activations; take each unit's mean first",
            lambda code, rho: sum(kl(rho, share(row)).sum() for row in code) / len(code),
        ),
        (
            "this averages over the units, axis 1; average over the batch, axis 0",
            lambda code, rho: kl(rho, share(code).mean(axis=1)).sum(),
        ),
        (
            "this uses the absolute value; -1 means off, and +1 on: use (code + 1) / 2",
            lambda code, rho: kl(rho, np.mean(np.abs(code), axis=0)).sum(),
        ),
        (
            "this squares the code; -1 means off, and +1 on: use (code + 1) / 2",
            lambda code, rho: kl(rho, np.mean(code**2, axis=0)).sum(),
        ),
        (
            "this rescales the target, too; rho is already a share",
            lambda code, rho: kl(share(rho), share(code).mean(axis=0)).sum(),
        ),
        (
            "the shares of off and on are swapped; use (code + 1) / 2",
            lambda code, rho: kl(rho, share(-code).mean(axis=0)).sum(),
        ),
        (
            "the (1 - rho) term is missing",
            lambda code, rho: np.sum(rho * np.log(rho / share(code).mean(axis=0))),
        ),
        (
            "the rho term is missing",
            lambda code, rho: np.sum(
                (1 - rho) * np.log((1 - rho) / (1 - share(code).mean(axis=0)))
            ),
        ),
        (
            "the parentheses around 1 - rho and 1 - rho_hat are missing",
            lambda code, rho: np.sum(
                rho * np.log(rho / share(code).mean(axis=0))
                + (1 - rho) * np.log(1 - rho / 1 - share(code).mean(axis=0))
            ),
        ),
        (
            "this is divided by the batch size; the mean has already done that",
            lambda code, rho: kl(rho, share(code).mean(axis=0)).sum() / len(code),
        ),
        (
            "the arguments are swapped; the target comes first: KL(rho || rho_hat)",
            lambda code, rho: kl(share(code).mean(axis=0), rho).sum(),
        ),
        (
            "the answer holds NaN; look",
            lambda code, rho: kl(rho, code.mean(axis=0)).sum(),
        ),
        (
            "your function gives the same for every `rho`",
            lambda code, rho: tanh_penalty(code, 0.05),
        ),
    ],
}
