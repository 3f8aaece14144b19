"""Checks of the answers in notebook 03."""

from sae_utils.checks.diagnosis import Case, report

import numpy as np


def check_reverse_kl_gradient(answer):
    """Check an answer to "write the gradient of the KL penalty, arguments swapped".

    Args:
        answer: A function of a code of shape `(batch, units)` in (0, 1) and a target
            `rho` that returns the derivative of the units' summed `KL(rho_hat || rho)`
            with respect to each activation, an array of shape `(batch, units)`.
    """
    # Of the first code one unit is below the target and two are above.
    code, other = _sigmoid_codes()
    report(answer, [_reverse_kl_gradient(code, 0.15), _reverse_kl_gradient(other, 0.22)])


def _reverse_kl_gradient(code, rho):
    batch, units = code.shape
    rho_hat = code.mean(axis=0)

    def halves(rho_hat):
        return np.log(rho_hat / rho), np.log((1 - rho_hat) / (1 - rho))

    def slope(rho_hat):
        on, off = halves(rho_hat)
        return on - off

    def kl(rho_hat):
        on, off = halves(rho_hat)
        return rho_hat * on + (1 - rho_hat) * off

    def rows(row):
        return np.broadcast_to(row, code.shape)

    on, off = halves(rho_hat)
    forward = -rho / rho_hat + (1 - rho) / (1 - rho_hat)
    per_sample = code.mean(axis=1, keepdims=True)
    return Case(
        {"code": code, "rho": rho},
        right=rows((on - off) / batch),
        mistakes={
            "this is the gradient of KL(rho || rho_hat); differentiate "
            "KL(rho_hat || rho)": rows(forward / batch),
            "this is the gradient of KL(rho || rho_hat), and 1 / batch is missing; "
            "differentiate KL(rho_hat || rho)": rows(forward),
            "this swaps the letters in the gradient of KL(rho || rho_hat); differentiate "
            "KL(rho_hat || rho) itself, with respect to rho_hat": rows(
                (-rho_hat / rho + (1 - rho_hat) / (1 - rho)) / batch
            ),
            "the sign is lost: below its target a unit's gradient is negative": rows(
                np.abs(on - off) / batch
            ),
            "1 - rho is missing in the second half, log((1 - rho_hat) / (1 - rho))": (
                rows((on - np.log(1 - rho_hat)) / batch)
            ),
            "the logarithms still have their weights rho_hat and 1 - rho_hat; the "
            "derivative has none": rows((rho_hat * on - (1 - rho_hat) * off) / batch),
            "this multiplies by the activation; every sample has the same gradient": (
                code * (on - off) / batch
            ),
            "this is the gradient of a squared distance; differentiate "
            "KL(rho_hat || rho)": rows(2 * (rho_hat - rho) / batch),
            "wrong axis: this averages over the units, and gives one number per sample": (
                slope(per_sample) / batch
            ),
            "1 / batch is missing: each activation is one part of the mean rho_hat": (
                rows(on - off)
            ),
            "this divides by the number of units; rho_hat is a mean over the batch": (
                rows((on - off) / units)
            ),
            "this divides by the number of units too; the divergences are summed over "
            "the units": rows((on - off) / batch / units),
            "only the second half is divided by batch; put parentheses around both": (
                rows(on - off / batch)
            ),
            "this uses each activation; use its unit's mean over the batch, rho_hat": (
                slope(code) / batch
            ),
            "this uses each activation, and 1 / batch is missing; use its unit's mean "
            "over the batch, rho_hat": slope(code),
            "wrong axis: this averages over the units, not over the batch": rows(
                slope(per_sample) / batch
            ),
            "wrong axis: this averages over the units and divides by their number; "
            "average over the batch": rows(slope(per_sample) / units),
            "this averages over both axes; every unit needs a rho_hat of its own": rows(
                slope(code.mean()) / batch
            ),
            "rho_hat is a sum over the batch here; it must be a mean": rows(
                slope(code.sum(axis=0)) / batch
            ),
            "the second half has the wrong sign: 1 - rho_hat falls as rho_hat rises": (
                rows((on + off) / batch)
            ),
            "the second half has the wrong sign: 1 - rho_hat falls as rho_hat rises, so "
            "the two 1s cancel": rows((on + 1 + off + 1) / batch),
            "the second half, -log((1 - rho_hat) / (1 - rho)), is missing": rows(
                on / batch
            ),
            "the second half is missing: its derivative is "
            "-log((1 - rho_hat) / (1 - rho)) - 1": rows((on + 1) / batch),
            "a + 1 remains: the derivative of the second half ends in - 1, "
            "which cancels it": rows((on + 1 - off) / batch),
            "a - 1 remains: the derivative of the first half ends in + 1, which "
            "cancels it": rows((on - off - 1) / batch),
            "a + 2 remains: the derivatives of the halves end in + 1 and - 1, "
            "which cancel": rows((on + 1 - off + 1) / batch),
            "the logarithms are missing": rows(
                (rho_hat / rho - (1 - rho_hat) / (1 - rho)) / batch
            ),
            "these are logarithms to base 2; take natural ones, np.log": rows(
                (on - off) / np.log(2) / batch
            ),
            "this goes on to the input of the sigmoid; stop at the derivative with "
            "respect to the activation": (on - off) / batch * code * (1 - code),
            "one row is right; every sample has the same: repeat it for the batch": (
                (on - off) / batch
            ),
            "this is the derivative with respect to rho_hat; each activation gets "
            "1 / batch of it, one row for each sample": on - off,
            "this is the divergence; give its gradient": kl(rho_hat).sum(),
            "this is the divergence of each unit; give its gradient": kl(rho_hat),
            "this is the divergence of each unit, repeated; give its gradient": (
                rows(kl(rho_hat))
            ),
            "this is the divergence of each unit, divided by batch; give its gradient": (
                rows(kl(rho_hat) / batch)
            ),
            "this is a divergence for each activation; give the gradient": kl(code),
        },
    )


def check_lifetime_sparsity(answer):
    """Check an answer to "write the lifetime sparsity of every unit".

    Args:
        answer: A function of a code of shape `(samples, units)`, no unit of which is
            dead, that returns an array of shape `(units,)`.
    """
    report(answer, [_lifetime_sparsity(code) for code in _sigmoid_codes()])


def _lifetime_sparsity(code):
    samples, units = code.shape
    mean, mean_square = code.mean(axis=0), (code**2).mean(axis=0)
    evenness = mean**2 / mean_square
    scale = 1 - 1 / samples
    right = (1 - evenness) / scale

    def sparseness(axis, n):
        evenness = code.mean(axis=axis) ** 2 / (code**2).mean(axis=axis)
        return (1 - evenness) / (1 - 1 / n)

    return Case(
        {"code": code},
        right,
        mistakes={
            "this is population sparsity: average over the samples, axis 0": (
                sparseness(1, units)
            ),
            "this is population sparsity with the n of lifetime sparsity: average over "
            "the samples, axis 0": sparseness(1, samples),
            "this averages over the units, and the division by (1 - 1/n) is missing; "
            "average over the samples, axis 0": sparseness(1, np.inf),
            "this averages over all activations; every unit has means of its own, "
            "axis 0": sparseness(None, samples),
            "this averages over all activations, and counts them all; every unit has "
            "means of its own, axis 0": sparseness(None, code.size),
            "1 / n takes the number of samples, not of units": sparseness(0, units),
            "1 / n takes the number of samples, not of all activations": sparseness(
                0, code.size
            ),
            "1 / n takes the number of samples, not one less": sparseness(0, samples - 1),
            "the division by (1 - 1/n) is missing, or n is not the number of samples": (
                1 - evenness
            ),
            "this multiplies by (1 - 1/n); divide": (1 - evenness) * scale,
            "this divides by 1 and subtracts 1/n; put parentheses around (1 - 1/n)": (
                1 - evenness - 1 / samples
            ),
            "only the second part is divided by (1 - 1/n); put parentheses around the "
            "difference": 1 - evenness / scale,
            "this is mean(a)^2 / mean(a^2), which is 1 for an even unit; subtract it "
            "from 1, and divide by (1 - 1/n)": evenness,
            "this is 1 minus the sparsity: sparse units must score near 1": 1 - right,
            "this divides mean(a^2) by mean(a)^2; it is the other way around": (
                1 - mean_square / mean**2
            )
            / scale,
            "the mean is not squared": (1 - mean / mean_square) / scale,
            "this divides by the mean of a, not by that of a^2": (1 - mean) / scale,
            "these are sums; take means": (1 - samples * evenness) / scale,
            "this is the variance; divide it by the mean of a^2 and by (1 - 1/n)": (
                code.var(axis=0)
            ),
            "this is the root of the sparsity": np.sqrt(right),
            "this is the mean over the units; give one number per unit": right.mean(),
        },
    )


def _sigmoid_codes():
    """Two fixed codes, `(5, 3)` and `(4, 2)`, in (0, 1), sparse enough to look like ones.

    A unit's sum over the batch is also below 1, so that the log of 1 minus the sum is not
    NaN, which many mistakes give, but a number that identifies the mistake.
    """
    return (
        np.array(
            [
                [0.02, 0.10, 0.20],
                [0.70, 0.20, 0.05],
                [0.05, 0.15, 0.10],
                [0.01, 0.05, 0.40],
                [0.03, 0.08, 0.15],
            ]
        ),
        np.array([[0.10, 0.30], [0.02, 0.20], [0.40, 0.05], [0.08, 0.25]]),
    )
