"""Checks of the answers in notebook 01."""

from sae_utils.checks.diagnosis import Case, report

import numpy as np


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
    report(answer, [_pixel_copy_fvu(x, 2), _pixel_copy_fvu(other, 3)])


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
    return Case(
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
    report(
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

    return Case(
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


def _largest_first(values):
    return np.sort(values)[::-1]
