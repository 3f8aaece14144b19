"""Checks of notebook 07's exercises."""

from sae_utils.checks.diagnosis import Case, report

import numpy as np


def check_top_k(answer):
    """Check the exercise on top-k for a batch.

    Args:
        answer: A function of pre-activations `z` of shape `(batch, units)` and a whole
            number `k` that returns an array of that shape: ReLU, then the `k` largest
            activations of each sample; of equal ones those that come first.
    """
    z = np.array(
        [
            [1.2, 4.1, -5.3, 3.4, 2.6, -0.7],
            [0.9, 0.3, 0.9, 2.2, 0.9, -1.5],
            [-3.1, -1.4, -2.8, 0.6, -0.2, -4.6],
        ]
    )
    other = np.array(
        [
            [0.7, 0.7, 0.7, 0.7, -3.9],
            [2.9, -6.2, 1.1, 5.3, 0.4],
            [-0.6, 1.9, -1.3, -2.4, -0.8],
            [3.6, 3.1, 4.5, -5.7, 2.3],
        ]
    )
    report(answer, [_top_k(z, 2), _top_k(other, 3)])


def _top_k(z, k):
    relu = np.maximum(z, 0)
    right = _kept(relu, relu, k)
    smallest = np.sort(relu, axis=1)[:, [-k]]
    last_first = _kept(relu[:, ::-1], relu[:, ::-1], k)[:, ::-1]
    in_batch = np.sort(relu, axis=None)
    return Case(
        {"z": z, "k": k},
        right,
        mistakes={
            "this keeps the k largest of each unit; a sample's units are along axis 1": (
                _kept(relu.T, relu.T, k).T
            ),
            "this keeps the k largest of the whole batch; keep k of each sample": (
                np.where(relu >= in_batch[-k], relu, 0)
            ),
            "this keeps k per sample on average, as BatchTopK does; keep k of each": (
                _kept(relu.reshape(1, -1), relu.reshape(1, -1), k * len(z)).reshape(
                    z.shape
                )
            ),
            "the ReLU is missing: a negative one among the k largest becomes 0": (
                _kept(z, z, k)
            ),
            "this keeps the k largest absolute values; what is negative is small": (
                _kept(np.abs(z), z, k)
            ),
            "this chooses by absolute value, then takes ReLU; choose by value": (
                _kept(np.abs(z), relu, k)
            ),
            "of equal activations this keeps all, and so more than k; stop at k": (
                np.where(relu >= smallest, relu, 0)
            ),
            "of equal activations this keeps the last; keep those that come first": (
                last_first
            ),
            "the k-th largest is missing: compare with >=, not with >": (
                np.where(relu > smallest, relu, 0)
            ),
            "this keeps one too many": _kept(relu, relu, k + 1),
            "this keeps one too few": _kept(relu, relu, k - 1),
            "this keeps the k smallest; sort the other way around": _kept(-z, relu, k),
            "this drops the k largest and keeps the rest": relu - right,
            "this tells who stays; give the activations": right > 0,
            "these are the places of the k largest; put their values there": (
                np.argsort(-relu, axis=1, kind="stable")[:, :k]
            ),
            "these are the k largest alone; give all units, with 0 for the rest": (
                -np.sort(-relu, axis=1)[:, :k]
            ),
            "this moves the largest to the front; each stays in its place": (
                -np.sort(-right, axis=1)
            ),
            "this subtracts the k-th largest; what is kept stays whole": (
                np.maximum(relu - smallest, 0)
            ),
            "this is ReLU alone; the others than the k largest become 0": relu,
        },
    )


def _kept(order, values, k):
    """Values where `order` is among the k largest of its row, from the left; else 0."""
    places = np.argsort(-order, axis=1, kind="stable")[:, :k]
    kept = np.zeros_like(values)
    np.put_along_axis(kept, places, np.take_along_axis(values, places, axis=1), axis=1)
    return kept


def check_shrinkage(answer):
    """Check the exercise on how much too small the reconstructions are.

    Args:
        answer: A function of inputs `x` and reconstructions `x_hat`, both of shape
            `(samples, inputs)`, that returns the mean of `|x_hat|^2` divided by the mean
            of `x . x_hat`, a number.
    """
    rng = np.random.default_rng(0)
    cases = []
    for shape, factor in (((5, 3), 0.8), ((4, 6), 0.6)):
        x = rng.normal(0.4, 1, shape)
        cases.append(_shrinkage(x, factor * x + rng.normal(0.1, 0.3, shape)))
    report(answer, cases)


def _shrinkage(x, x_hat):
    squares, products = (x_hat**2).sum(axis=1), (x * x_hat).sum(axis=1)
    right = squares.mean() / products.mean()
    lengths = np.sqrt((x**2).sum(axis=1)), np.sqrt(squares)
    middle, middle_hat = x - x.mean(axis=0), x_hat - x_hat.mean(axis=0)
    return Case(
        {"x": x, "x_hat": x_hat},
        right,
        mistakes={
            "it is the other way around: divide the mean of |x_hat|^2 by the mean of "
            "x . x_hat": 1 / right,
            "x and x_hat have changed places: the square is that of x_hat": (
                (x**2).sum() / products.sum()
            ),
            "this divides by |x|^2; divide by x . x_hat": squares.sum() / (x**2).sum(),
            "this is the best factor for x, not for x_hat: divide |x_hat|^2 by "
            "x . x_hat": products.sum() / (x**2).sum(),
            "this averages the samples' ratios; divide the mean by the mean": np.mean(
                squares / products
            ),
            "this gives a ratio for each sample; divide the mean over the samples by the "
            "mean": squares / products,
            "this gives a ratio for each input; sum over the inputs too": (
                (x_hat**2).sum(axis=0) / (x * x_hat).sum(axis=0)
            ),
            "these are ratios of single entries; a product of two vectors is a sum": (
                x_hat / x
            ),
            "this compares lengths; the formula has |x_hat|^2 and x . x_hat": (
                lengths[1].mean() / lengths[0].mean()
            ),
            "this is the cosine; divide |x_hat|^2 by x . x_hat": products.sum()
            / np.sqrt((x**2).sum() * squares.sum()),
            "this is how much is missing, 1 - gamma; give gamma": 1 - right,
            "this is the root of gamma": np.sqrt(right),
            "this is the fraction of variance unexplained; give gamma": (
                ((x - x_hat) ** 2).sum() / (middle**2).sum()
            ),
            "the square is missing: |x_hat|^2 is the sum of squares": (
                x_hat.sum() / products.sum()
            ),
            "this subtracts the means once more; take x and x_hat as they are": (
                (middle_hat**2).sum() / (middle * middle_hat).sum()
            ),
        },
    )
