"""Checks of the exercises' answers. Each prints one line that names the likely mistake.

Every check calls the reader's function on two or three small inputs, of different sizes,
and compares the results with the right answers first, and then with those of known
mistakes. So a number or a size that is written into the function is found out.
"""

import re
from typing import NamedTuple

import numpy as np
from keras import ops

YOUR_TURN = "Your turn: replace the ... in the cell above with your own code, and run it."
# Wide enough for float32, and for an answer that is found by a search.
TOLERANCE = {"rtol": 1e-4, "atol": 2e-5}
# What an exception's message holds, and what helps then.
HINTS = [
    (
        "truth value of an array",
        "for arrays use np.maximum and np.where, not max and if",
    ),
    ("to Python scalars", "for arrays use NumPy's functions, and neither int nor float"),
]


def check_pixel_copy_fvu(answer):
    """Check an answer to "write the FVU of a code that copies k pixels".

    The code keeps the `k` inputs that vary most over the samples, and fills in every
    other input's mean.

    Args:
        answer: A function of `x` of shape `(samples, inputs)` and `k` that returns one
            number, the fraction of variance unexplained.
    """
    x = np.array(
        [
            [0.9, 0.8, 0.1, 0.2, 0.4, 0.3],
            [0.7, 0.2, 0.4, 0.1, 0.3, 0.2],
            [0.8, 0.0, 0.0, 0.2, 0.4, 0.5],
            [0.9, 0.5, 0.7, 0.2, 0.3, 0.3],
            [0.8, 0.2, 0.0, 0.1, 0.6, 0.3],
        ]
    )
    other = np.array(
        [
            [0.2, 0.9, 0.5, 0.1, 0.7],
            [0.6, 0.8, 0.1, 0.3, 0.7],
            [0.1, 0.7, 0.9, 0.3, 0.6],
            [0.3, 0.9, 0.2, 0.8, 0.8],
        ]
    )
    _report(answer, [_pixel_copy_fvu(x, 2), _pixel_copy_fvu(other, 3)])


def _pixel_copy_fvu(x, k):
    variance, mean, square = x.var(axis=0), x.mean(axis=0), (x**2).mean(axis=0)
    largest = _largest_first(variance)
    kept = np.argsort(-variance)[:k]
    right = largest[k:].sum() / largest.sum()

    def unexplained(sizes, k=k):
        return 1 - sizes[:k].sum() / sizes.sum()

    def errors(filled):
        reconstruction = np.zeros_like(x) + filled
        reconstruction[:, kept] = x[:, kept]
        return (x - reconstruction) ** 2

    def filled_with(filled):
        return errors(filled).mean() / variance.mean()

    components = _largest_first(np.linalg.eigvalsh(np.cov(x, rowvar=False)))
    spread = (x - mean) ** 2
    return _Case(
        {"x": x, "k": k},
        right,
        mistakes={
            "this is the explained share; FVU is the unexplained share": 1 - right,
            "this is minus the explained share; FVU is 1 minus it": right - 1,
            "this keeps the first k inputs; keep the k that vary most": (
                unexplained(variance)
            ),
            "this is the explained share of the first k inputs; give the unexplained "
            "share, and keep the k inputs that vary most": 1 - unexplained(variance),
            "this keeps the k inputs that vary least; sort the variances largest first": (
                unexplained(largest[::-1])
            ),
            "this is the explained share of the k inputs that vary least; give the "
            "unexplained share, and keep the k that vary most": (
                1 - unexplained(largest[::-1])
            ),
            "this keeps the inputs whose mean is largest; keep those that vary most": (
                unexplained(variance[np.argsort(-mean)])
            ),
            "these are shares of standard deviations; square them": unexplained(
                _largest_first(x.std(axis=0))
            ),
            "this takes the mean of x**2 for the variance; subtract each input's mean "
            "before you square": unexplained(_largest_first(square)),
            "this measures the total from 0 and fills in 0; measure from each input's "
            "mean, and fill it in": 1 - square[kept].sum() / square.sum(),
            "this fills the other inputs with 0; fill in their means": filled_with(0),
            "this fills every other input with the mean of all values; each input has a "
            "mean of its own": filled_with(x.mean()),
            "this fills in the means of the samples; an input's mean is over the "
            "samples, axis 0": filled_with(x.mean(axis=1, keepdims=True)),
            "this takes the variance within each sample; an input varies over the "
            "samples, axis 0": unexplained(_largest_first(x.var(axis=1))),
            "this divides by the variance of all values about one mean; add up the "
            "variances of the inputs": errors(mean).mean() / x.var(),
            "this divides by the variance of the inputs that are kept; divide by that of "
            "all": largest[k:].sum() / largest[:k].sum(),
            "this is the mean squared error; divide it by the mean variance": (
                errors(mean).mean()
            ),
            "this is the whole squared error; divide it by that of the mean": (
                errors(mean).sum()
            ),
            "this is a sum of variances; divide it by the sum over all inputs": (
                largest[k:].sum()
            ),
            "this is a mean of variances; divide their sum by the sum over all inputs": (
                largest[k:].mean()
            ),
            "these are means, of different numbers of inputs; divide sums": (
                largest[k:].mean() / largest.mean()
            ),
            "this is 1 minus a ratio of means, of different numbers of inputs; divide "
            "sums": 1 - largest[:k].mean() / largest.mean(),
            "this divides by the variance of all values; add up the variances of the "
            "inputs": 1 - largest[:k].sum() / x.var(),
            "this divides by n above and by n - 1 below, or the other way around; use "
            "the same for both": 1 - largest[:k].sum() / x.var(axis=0, ddof=1).sum(),
            "this is the share of one input; add up those of all that are filled in": (
                largest[k] / largest.sum()
            ),
            "these are shares of the means; take the variances": unexplained(
                _largest_first(mean)
            ),
            "np.argsort gives positions; take the variances at these positions": (
                1 - np.argsort(variance)[::-1][:k].sum() / largest.sum()
            ),
            "this is the share of the inputs that are filled in; weight each by its "
            "variance": 1 - k / len(variance),
            "this is the mean of the samples' own FVUs; divide once, sum by sum": (
                errors(mean).sum(axis=1) / spread.sum(axis=1)
            ).mean(),
            "this keeps one input too few; the k largest are [:k]": (
                unexplained(largest, k - 1)
            ),
            "this keeps one input too many; the k largest are [:k]": (
                unexplained(largest, k + 1)
            ),
            "this is the FVU of PCA, whose components mix inputs; this code copies k "
            "inputs": unexplained(components),
            "this is the root of the FVU; divide squared errors": np.sqrt(right),
            "this is in percent; give a share between 0 and 1": 100 * right,
            "this is one share per input that is filled in; add them up": (
                largest[k:] / largest.sum()
            ),
            "these are the variances of the inputs that are filled in; divide their sum "
            "by the sum over all inputs": largest[k:],
            "this is the FVU for every number of inputs; pick the one for k": (
                1 - np.cumsum(largest) / largest.sum()
            ),
        },
    )


def check_units_needed(answer):
    """Check an answer to "how many linear units does an FVU take?".

    Args:
        answer: A function of `eigenvalues` of shape `(inputs,)`, largest first, and
            `limit`, that returns the smallest number of linear units whose FVU, the share
            of the eigenvalues' sum that they leave unexplained, is at most `limit`.
    """
    # The first eigenvalues are powers of 2, so that no answer rounds: two units explain
    # 3/4, and their FVU is exactly 1/4. In the others, no FVU is near the limit. Together
    # they tell all mistakes apart: a number of units says little by itself.
    _report(
        answer,
        [
            _units_needed(np.array(eigenvalues), limit)
            for eigenvalues, limit in [
                ([8.0, 4.0, 2.0, 1.0, 1.0], 0.25),
                ([0.55, 0.425, 0.3, 0.25, 0.2, 0.08], 0.2),
                ([1.05, 1.0, 0.65, 0.15], 0.55),
            ]
        ],
    )


def _units_needed(eigenvalues, limit):
    total, inputs = eigenvalues.sum(), len(eigenvalues)
    explained = np.cumsum(eigenvalues) / total
    unexplained = 1 - explained
    right = 1 + np.sum(unexplained > limit)

    def needed(sizes):
        return 1 + np.sum(1 - np.cumsum(sizes) / sizes.sum() > limit)

    return _Case(
        {"eigenvalues": eigenvalues, "limit": limit},
        right,
        mistakes={
            "this counts from 0: add 1 to get from a position to a number of units": (
                right - 1
            ),
            "this is one unit too many: entry 0 of a cumulative sum has one unit in it": (
                right + 1
            ),
            "an FVU of exactly `limit` is low enough: use <= or >": (
                1 + np.sum(unexplained >= limit)
            ),
            "this counts from 0, and it misses that an FVU of exactly `limit` is low "
            "enough": np.sum(unexplained >= limit),
            "this takes `limit` for the explained share; it is the unexplained share": (
                1 + np.sum(explained < limit)
            ),
            "this takes `limit` for the explained share, and counts from 0": (
                np.sum(explained < limit)
            ),
            "this compares a sum of eigenvalues with `limit`; divide it by the sum of "
            "all": 1 + np.sum(total * unexplained > limit),
            "this compares a sum of eigenvalues with 1 - `limit`; divide it by the sum "
            "of all": 1 + np.sum(total * explained < 1 - limit),
            "this counts from the wrong end; take the largest eigenvalues first, and "
            "count where the unexplained share is above `limit`": (
                needed(eigenvalues[::-1])
            ),
            "this compares each eigenvalue's own share with `limit`; compare the share "
            "of all that are unexplained together": np.sum(eigenvalues / total > limit),
            "this squares the eigenvalues, which are variances already": (
                needed(eigenvalues**2)
            ),
            "this takes roots of the eigenvalues; FVU is a share of variances": needed(
                np.sqrt(eigenvalues)
            ),
            "this is how many units can be dropped; give how many are needed": (
                inputs - right
            ),
            "this counts all numbers of units that are enough; give the smallest": (
                inputs - right + 1
            ),
            "np.argmax gives the first True, which is at the start; ask where the FVU is "
            "at most `limit`": np.argmax(unexplained > limit) + 1,
            "np.argmax gives the first True, which is at the start; ask where the FVU is "
            "at most `limit`, and add 1": np.argmax(unexplained > limit),
            "this is the largest number of units; give the smallest that is enough": (
                inputs
            ),
            "this takes the FVU that is nearest to `limit`; take the first that is at "
            "most `limit`": np.argmin(np.abs(unexplained - limit)) + 1,
            "this takes the FVU that is nearest to `limit`, and counts from 0; take the "
            "first that is at most `limit`, and add 1": (
                np.argmin(np.abs(unexplained - limit))
            ),
            "this is the share of units, 1 - `limit`; weight each by its eigenvalue": (
                np.ceil((1 - limit) * inputs)
            ),
            "this is the FVU that is reached; give the number of units": (
                unexplained[right - 1]
            ),
            "this is a share of the units; give their number": right / inputs,
            "these are all numbers of units that are enough; give the smallest": (
                np.arange(right, inputs + 1)
            ),
            "these are all positions with a low enough FVU, counted from 0; give the "
            "first, plus 1": np.arange(right - 1, inputs),
            "this tells whether each number of units is enough; give the smallest that "
            "is": unexplained <= limit,
            "this tells whether each number of units is too small; give the smallest "
            "that is not": unexplained > limit,
            "this is the FVU for every number of units; give the smallest number with at "
            "most `limit`": unexplained,
        },
    )


def check_honest_penalty(answer):
    """Check an answer to "write an L1 penalty that no rescaling can lower".

    It is `strength` times the mean over the samples of the sum over the units of
    `abs(activation)` times the length of the unit's row of the decoder's kernel. ReLU
    activations are their own absolute values. Source: Anthropic, *Circuits Updates*,
    April 2024.

    Args:
        answer: A function of `code` of shape `(samples, units)`, at least 0, the
            decoder's `kernel` of shape `(units, outputs)` and `strength` that returns
            one number.
    """
    code = np.array(
        [[0.0, 1.21, 0.53], [2.04, 0.37, 0.0], [0.76, 0.0, 0.0], [0.13, 0.44, 1.58]]
    )
    # As many outputs as units, so that a sum over the wrong axis is a number, too. The
    # rows are 0.5, 2 and 3 long.
    kernel = np.array([[0.4, 0.3, 0.0], [1.6, -1.2, 0.0], [2.0, -1.0, -2.0]])
    other_code = np.array([[0.31, 0.0], [1.47, 0.22], [0.0, 2.35], [0.68, 0.9], [0, 0.4]])
    other_kernel = np.array([[0.3, -1.1], [0.7, 0.2]])
    _report(
        answer,
        [
            _honest_penalty(code, kernel, 0.1),
            _honest_penalty(other_code, other_kernel, 0.3),
        ],
    )


def _honest_penalty(code, kernel, strength):
    lengths = np.linalg.norm(kernel, axis=1)
    contributions = code * lengths

    def penalty(sizes, axis=1):
        return strength * np.sum(sizes, axis=axis).mean()

    right = penalty(contributions)
    return _Case(
        {"code": code, "kernel": kernel, "strength": strength},
        right,
        mistakes={
            "this is the plain L1 penalty; multiply each activation by the length of its "
            "unit's row": penalty(code),
            "this is the mean activation; multiply each by the length of its unit's row, "
            "and sum over the units": strength * code.mean(),
            "this takes the lengths of columns; a unit's row is summed over axis 1": (
                penalty(code * np.linalg.norm(kernel, axis=0))
            ),
            "these are squared lengths; take the root": penalty(code * lengths**2),
            "this adds up a row's absolute entries; its length is the root of the sum of "
            "their squares": penalty(code * np.abs(kernel).sum(axis=1)),
            "this adds up a row's entries; its length is the root of the sum of their "
            "squares": penalty(code * kernel.sum(axis=1)),
            "this averages the squares of a row; its length is the root of their sum": (
                penalty(code * np.sqrt(np.mean(kernel**2, axis=1)))
            ),
            "this is the length of the whole kernel; each unit has a row of its own, "
            "axis 1": penalty(code * np.linalg.norm(kernel)),
            "this uses the mean length; multiply each activation by the length of its "
            "own unit's row": penalty(code * lengths.mean()),
            "this multiplies by the sum of all lengths; multiply each activation by the "
            "length of its own unit's row": penalty(code * lengths.sum()),
            "this adds the lengths to the activations; multiply": (
                penalty(code) + strength * lengths.sum()
            ),
            "this penalizes the kernel alone; multiply each length by its unit's "
            "activation": strength * lengths.sum(),
            "this divides by the lengths; multiply: what counts is how far an activation "
            "moves the output": penalty(code / lengths),
            "this averages over the units; sum over them": (
                strength * contributions.mean()
            ),
            "this sums over the samples too; take their mean": (
                strength * contributions.sum()
            ),
            "this sums over the samples and averages over the units; it is the other "
            "way around": penalty(contributions, axis=0),
            "the strength is missing": right / strength,
            "the lengths are missing, and the strength": penalty(code) / strength,
            "the strength comes in twice": right * strength,
            "this divides by the strength; multiply": right / strength**2,
            "this divides by one less than the number of samples; take their mean": (
                strength * contributions.sum() / (len(code) - 1)
            ),
            "this counts the units that are on; multiply their activations by the "
            "lengths": penalty(code > 0),
            "this adds up the lengths of the units that are on; multiply each by its "
            "activation": penalty((code > 0) * lengths),
            "this adds up the kernel's squares; multiply each unit's length by its "
            "activation": penalty(code) + strength * np.sum(kernel**2),
            "this squares the contributions; L1 adds them as they are": (
                penalty(contributions**2)
            ),
            "this is the L2 length of a sample's contributions; L1 adds them": (
                strength * np.linalg.norm(contributions, axis=1).mean()
            ),
            "this is the length of the output, in which contributions cancel; add up "
            "the length of each": (
                strength * np.linalg.norm(code @ kernel, axis=1).mean()
            ),
            "this is the L1 norm of the output, in which contributions cancel; add up "
            "the length of each": penalty(np.abs(code @ kernel)),
            "this is one penalty per sample; take their mean": (
                strength * contributions.sum(axis=1)
            ),
            "this is one penalty per unit; sum over the units": (
                strength * contributions.mean(axis=0)
            ),
            "this is one penalty per activation; sum over the units, and take the mean "
            "over the samples": strength * contributions,
        },
    )


def check_nonnegative_threshold(answer):
    """Check an answer to "with L1, what does a ReLU activation settle on?".

    Args:
        answer: A function of an array `x` of any shape and a number `strength` that
            returns an array of that shape: the `h` of at least 0 that makes
            `(h - x)**2 / 2 + strength * h` smallest.
    """
    x = np.array([-3.0, -1.0, -0.4, 0.0, 0.313, 0.947, 2.028])
    other = np.array([1.771, -0.2, 0.052, 4.316, -0.9])
    _report(answer, [_nonnegative_threshold(x, 0.6), _nonnegative_threshold(other, 0.35)])


def _nonnegative_threshold(x, strength):
    size, relu = np.abs(x), np.maximum(x, 0)
    right = np.maximum(x - strength, 0)
    return _Case(
        {"x": x, "strength": strength},
        right,
        mistakes={
            "this is the two-sided soft threshold; no result may be negative": (
                np.sign(x) * np.maximum(size - strength, 0)
            ),
            "this is the soft threshold of |x|; negative inputs give 0": np.maximum(
                size - strength, 0
            ),
            "this is the hard threshold: what survives must shrink too": np.where(
                x > strength, x, 0
            ),
            "this is the two-sided hard threshold: negative inputs give 0, and what "
            "survives must shrink": np.where(size > strength, x, 0),
            "this tells who survives; what survives is x - strength": x > strength,
            "this does not stop at 0: h may not be negative": x - strength,
            "this turns what is negative around; it gives 0": np.abs(x - strength),
            "this subtracts x from strength; it is the other way around": np.maximum(
                strength - x, 0
            ),
            "this subtracts strength twice": np.maximum(x - 2 * strength, 0),
            "this multiplies by 1 - strength, where L1 subtracts": np.maximum(
                x * (1 - strength), 0
            ),
            "this multiplies by strength, where L1 subtracts": relu * strength,
            "this leaves out what gives 0; give one number for each input": (
                x[x > strength] - strength
            ),
            "this stops at 1 as well; only 0 is a limit": np.clip(x - strength, 0, 1),
            "this subtracts from |x|; subtract from x, and stop at 0": size - strength,
            "small inputs cross 0, and negative ones stay negative; h must be at least "
            "0": np.sign(x) * (size - strength),
            "this is ReLU alone; what survives must shrink by strength": relu,
            "this takes ReLU first; subtract first, then stop at 0": relu - strength,
            "inputs between 0 and strength turn negative; they give 0": np.where(
                x > 0, x - strength, 0
            ),
            "inputs below strength stay as they are; they give 0": np.where(
                x > strength, x - strength, x
            ),
            "this stops at strength; subtract strength, and stop at 0": np.maximum(
                x, strength
            ),
            "this keeps what is negative; use the maximum": np.minimum(x - strength, 0),
            "this is what an L2 penalty does: it scales, and stops nothing at 0": (
                x / (1 + strength)
            ),
            "this is what an L2 penalty does: it scales, where L1 subtracts": (
                relu / (1 + strength)
            ),
            "this is what an L2 penalty of strength * h**2 does: it scales, where L1 "
            "subtracts": relu / (1 + 2 * strength),
            "wrong sign: the penalty pulls h down, so subtract": np.maximum(
                x + strength, 0
            ),
            "wrong sign: the penalty pulls h down; and h may not be negative": (
                x + strength
            ),
            "this shrinks by half of strength; the derivative of (h - x)**2 / 2 is "
            "h - x": np.maximum(x - strength / 2, 0),
            "this is the smallest value of the loss; give the h that reaches it": (
                (right - x) ** 2 / 2 + strength * right
            ),
            "this is one number for all inputs: np.max takes the largest of an array, "
            "np.maximum compares entry by entry": np.max(x - strength),
        },
    )


def check_reverse_kl_gradient(answer):
    """Check an answer to "write the gradient of the KL penalty, arguments swapped".

    Args:
        answer: A function of a code of shape `(batch, units)` in (0, 1) and a target
            `rho` that returns the derivative of the units' summed `KL(rho_hat || rho)`
            with respect to each activation, an array of shape `(batch, units)`.
    """
    # Of the first code one unit is below the target and two are above.
    code, other = _sigmoid_codes()
    _report(answer, [_reverse_kl_gradient(code, 0.15), _reverse_kl_gradient(other, 0.22)])


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
    return _Case(
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
    _report(answer, [_lifetime_sparsity(code) for code in _sigmoid_codes()])


def _lifetime_sparsity(code):
    samples, units = code.shape
    mean, mean_square = code.mean(axis=0), (code**2).mean(axis=0)
    evenness = mean**2 / mean_square
    scale = 1 - 1 / samples
    right = (1 - evenness) / scale

    def sparseness(axis, n):
        evenness = code.mean(axis=axis) ** 2 / (code**2).mean(axis=axis)
        return (1 - evenness) / (1 - 1 / n)

    return _Case(
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


def _largest_first(values):
    return np.sort(values)[::-1]


class _Case(NamedTuple):
    """One input by argument, the right answer, and those of known mistakes by message."""

    inputs: dict
    right: object
    mistakes: dict


def _report(answer, cases):
    """Print in one line what is right or wrong about an answer to all cases."""
    print(_diagnosis(answer, cases))


def _diagnosis(answer, cases):
    if answer is ...:
        return YOUR_TURN
    if not callable(answer):
        return (
            f"Not yet: pass your function itself, not its result; got "
            f"{type(answer).__name__}."
        )
    answers = []
    for case in cases:
        try:
            returned = _called(answer, case.inputs)
        except Exception as error:  # the reader is shown whatever it raises
            return _stopped(error, case.inputs)
        if returned is ... or (returned is None and _is_empty(answer)):
            return YOUR_TURN
        if returned is None:
            return (
                "Not yet: your function returned None; its `return` may be missing. "
                "To print a result is not to return it."
            )
        answers.append(_as_array(returned))
        if answers[-1] is None:
            kind = type(returned).__name__
            if isinstance(returned, np.ndarray):
                kind += f" of {returned.dtype}"
            return f"Not yet: the answer must be a number or an array; got {kind}."
    rights = [np.asarray(case.right, dtype=float) for case in cases]
    if _all_close(answers, rights):
        return "Right."
    return f"Not yet: {_mistake(answer, cases, answers, rights)}."


def _called(answer, inputs):
    """Call with copies: an answer may change its inputs."""
    return answer(*(_copy(value) for value in inputs.values()))


def _stopped(error, inputs):
    """Say which exception an answer raised, and what may help."""
    if "'ellipsis'" in str(error):  # calculated with the ... that was to be replaced
        return YOUR_TURN
    # A message of TensorFlow's, or of NumPy's, can have several lines.
    text = " ".join(f"{type(error).__name__}: {error}".split()[:40])
    said = f"Not yet: your function stopped with {text}"
    for part, hint in HINTS:
        if part in str(error):
            return f"{said}; {hint}."
    about_sizes = isinstance(error, IndexError) or (
        not isinstance(error, AttributeError | NameError | TypeError)
        and re.search("shape|size|dim", str(error))
    )
    if about_sizes:
        shapes = [
            f"`{name}` of shape {value.shape}"
            for name, value in inputs.items()
            if isinstance(value, np.ndarray)
        ]
        return (
            f"{said}; here it got {' and '.join(shapes)}: look at the axes, and take "
            "sizes from the arguments."
        )
    return said


def _mistake(answer, cases, answers, rights):
    """Say what is wrong with answers that are not all right."""
    for message in cases[0].mistakes:
        expected = [np.squeeze(case.mistakes[message]) for case in cases]
        if _all_close([np.squeeze(got) for got in answers], expected):
            return message
    for got, right in zip(answers, rights, strict=True):
        if got.shape != right.shape:
            return _wrong_shape(got, right)
        if not np.isfinite(got).all():
            kind = "NaN" if np.isnan(got).any() else "infinity"
            return (
                f"the answer holds {kind}; look for the log of a number that is not "
                "above 0, or a division by 0"
            )
    if _are_rounded(answers, rights):
        return "this is rounded; give all digits, without `int` or `round`"
    factor = _factor(answers, rights)
    if factor == -1:
        return "wrong sign; this is the right answer times -1"
    if factor is not None:
        return (
            f"this is the right answer times {factor:.4g}; look for what you multiply or "
            "divide by"
        )
    for name in cases[0].inputs:
        if _ignores(answer, cases, answers[0], name):
            return (
                f"your function gives the same for every `{name}`; use the argument, not "
                "a fixed number"
            )
    at = next(
        i for i in range(len(cases)) if not _all_close(answers[i : i + 1], [rights[i]])
    )
    said = _difference(answers[at], rights[at]) + _given(cases[at].inputs)
    if at > 0:
        return (
            "right for one input, wrong for another; use the arguments, not fixed "
            f"numbers or sizes: {said}"
        )
    return said


def _wrong_shape(got, right):
    if got.size == right.size and _all_close([got.ravel()], [right.ravel()]):
        return (
            f"the right numbers, in shape {got.shape}; give them in shape {right.shape}"
        )
    if got.ndim == 2 and _all_close([got.T], [right]):
        return (
            f"the right numbers, with rows and columns swapped; expected shape "
            f"{right.shape}, got {got.shape}"
        )
    return (
        f"wrong shape; expected {right.shape}, got {got.shape}. A single number has "
        "shape ()"
    )


def _are_rounded(answers, rights):
    """Tell whether these are the right answers, rounded or cut off."""
    # A float that is 0 may have any reason, an int that is 0 has this one.
    if not any(got.any() or got.dtype.kind in "iu" for got in answers):
        return False
    rounded = [[np.trunc(right) for right in rights]]
    rounded += [[np.round(right, digits) for right in rights] for digits in range(4)]
    return any(
        all(np.allclose(got, each) for got, each in zip(answers, tried, strict=True))
        for tried in rounded
    )


def _factor(answers, rights):
    """Return what the right answers were multiplied by, or None.

    Arrays may each have a factor of their own, such as a batch size; the first counts.
    """
    factors = [
        np.sum(got * right) / np.sum(right**2)
        for got, right in zip(answers, rights, strict=True)
    ]
    multiplied = [factor * right for factor, right in zip(factors, rights, strict=True)]
    are_arrays = all(right.size > 1 for right in rights)
    if not _all_close(answers, multiplied) or abs(factors[0]) < 1e-3:
        return None
    if not are_arrays and not np.allclose(factors, factors[0], rtol=1e-3):
        return None
    if 0.95 < factors[0] < 1.05:  # as good as right: the numbers say more
        return None
    return -1 if np.allclose(factors, -1, rtol=1e-3) else factors[0]


def _ignores(answer, cases, first, name):
    """Tell whether a number among the arguments makes no difference to the answer."""
    inputs = cases[0].inputs
    if isinstance(inputs[name], np.ndarray):
        return False
    for case in cases[1:]:
        try:
            changed = _called(answer, {**inputs, name: case.inputs[name]})
        except Exception:  # so it does make a difference
            return False
        changed = _as_array(changed)
        if changed is None or not _all_close([changed], [first]):
            return False
    return True


def _difference(got, right):
    """Show what was expected; of a table, the first entry that is wrong."""
    entry = ""
    if right.ndim == 2:
        wrong = np.argwhere(~np.isclose(got, right, **TOLERANCE))[0]
        entry = f" in row {wrong[0]}, column {wrong[1]}"
        got, right = got[tuple(wrong)], right[tuple(wrong)]
    digits = 4 if _text(right, 4) != _text(got, 4) else 8
    return f"expected {_text(right, digits)}{entry}, got {_text(got, digits)}"


def _given(inputs):
    """Show an input, if it fits on a line."""
    values = [np.asarray(value) for value in inputs.values()]
    if any(value.ndim > 1 for value in values):
        return ""
    return f" for the input {' and '.join(_text(value, 4) for value in values)}"


def _copy(value):
    return value.copy() if isinstance(value, np.ndarray) else value


def _is_empty(answer):
    """Tell whether a function holds only `...` or `pass`, apart from a docstring."""

    def empty(): ...

    def documented():
        """Have a docstring and no more."""

    code = getattr(getattr(answer, "__code__", None), "co_code", None)
    return code in (empty.__code__.co_code, documented.__code__.co_code)


def _all_close(answers, expected):
    return all(
        got.shape == np.shape(each) and np.allclose(got, each, **TOLERANCE)
        for got, each in zip(answers, expected, strict=True)
    )


def _text(array, digits):
    # Adding 0 turns -0 into 0.
    show = {"float": lambda number: f"{number:.{digits}g}"}
    return np.array2string(np.asarray(array) + 0.0, max_line_width=np.inf, formatter=show)


def _as_array(returned):
    """Return a number, list, array, or tensor as an array; None for anything else."""
    try:
        if ops.is_tensor(returned):
            returned = ops.convert_to_numpy(returned)
        found = np.asarray(returned)
        if found.dtype.kind == "O" and isinstance(returned, np.ndarray):
            found = np.asarray(returned, dtype=float)
    except (TypeError, ValueError):
        return None
    # NumPy would read "0.5" as a number, and None as NaN.
    return found if found.dtype.kind in "biuf" else None
