"""What a class would hand in for the exercises of notebooks 01 to 03.

Right and wrong answers, written out as a reader would write them, without the checks'
own tables; `test_checks.py` gives them to the checks.
"""

import math

from sae_utils import checks

import numpy as np
import tensorflow as tf
from keras import ops
from scipy.optimize import minimize_scalar
from scipy.special import logit


def pixel_copy_fvu(x, k):
    return 1 - np.sort(x.var(axis=0))[::-1][:k].sum() / x.var(axis=0).sum()


def pixel_copy_fvu_loop(x, k):
    variances = []
    for j in range(x.shape[1]):
        mean = sum(x[:, j]) / len(x)
        variances.append(sum((value - mean) ** 2 for value in x[:, j]))
    variances.sort(reverse=True)
    unexplained = 0.0
    for i, variance in enumerate(variances):
        if i >= k:
            unexplained += variance
    return unexplained / sum(variances)


def most_varying(x, k):
    return np.argsort(np.var(x, axis=0))[-k:]


def copied(x, kept, rest):
    """A reconstruction: `kept` inputs as they are, and `rest` in place of the others."""
    reconstruction = np.zeros_like(x) + rest
    reconstruction[:, kept] = x[:, kept]
    return reconstruction


def fvu(x, reconstruction):
    return np.sum((x - reconstruction) ** 2) / np.sum((x - x.mean(axis=0)) ** 2)


def pixel_copy_fvu_of_images(x, k):
    return fvu(x, copied(x, most_varying(x, k), x.mean(axis=0)))


def pixel_copy_fvu_ops(x, k):
    variances = ops.var(ops.convert_to_tensor(x, dtype="float32"), axis=0)
    return 1 - ops.sum(ops.top_k(variances, k)[0]) / ops.sum(variances)


def pixel_copy_fvu_in_place(x, k):
    x -= x.mean(axis=0)
    x *= x
    variances = x.sum(axis=0)
    variances /= variances.sum()
    variances.sort()
    return variances[:-k].sum()


def unexplained(eigenvalues):
    return 1 - np.cumsum(eigenvalues) / np.sum(eigenvalues)


def units_needed(eigenvalues, limit):
    return 1 + np.sum(unexplained(eigenvalues) > limit)


def units_needed_loop(eigenvalues, limit):
    left = total = sum(eigenvalues)
    units = 0
    while left / total > limit:
        left -= eigenvalues[units]
        units += 1
    return units


def units_needed_ops(eigenvalues, limit):
    eigenvalues = ops.convert_to_tensor(eigenvalues, dtype="float32")
    explained = ops.cumsum(eigenvalues) / ops.sum(eigenvalues)
    return 1 + ops.sum(ops.cast(1 - explained > limit, "int32"))


def units_needed_in_place(eigenvalues, limit):
    eigenvalues /= eigenvalues.sum()
    np.cumsum(eigenvalues, out=eigenvalues)
    return int(np.argmax(eigenvalues >= 1 - limit)) + 1


def honest_penalty(code, kernel, strength):
    return strength * np.mean(code @ np.linalg.norm(kernel, axis=1))


def honest_penalty_loop(code, kernel, strength):
    total = 0.0
    for activations in code:
        for activation, row in zip(activations, kernel, strict=True):
            total += abs(activation) * sum(weight**2 for weight in row) ** 0.5
    return strength * total / len(code)


def honest_penalty_ops(code, kernel, strength):
    lengths = ops.sqrt(ops.sum(ops.square(kernel), axis=1))
    return strength * ops.mean(ops.sum(ops.abs(code) * lengths, axis=1))


def honest_penalty_in_place(code, kernel, strength):
    kernel **= 2
    code *= np.sqrt(kernel.sum(axis=1))
    return strength * code.sum() / len(code)


def nonnegative_threshold(x, strength):
    return np.maximum(x - strength, 0)


def nonnegative_threshold_loop(x, strength):
    return [value - strength if value > strength else 0 for value in x]


def nonnegative_threshold_search(x, strength):
    h = np.arange(0, 5, 0.001)[:, np.newaxis]
    return h[np.argmin((h - x) ** 2 / 2 + strength * h, axis=0), 0]


def nonnegative_threshold_minimized(x, strength):
    def loss(h, value):
        return (h - value) ** 2 / 2 + strength * h

    return [
        minimize_scalar(loss, bounds=(0, 5), args=value, method="bounded").x
        for value in x
    ]


def nonnegative_threshold_in_place(x, strength):
    x -= strength
    x[x < 0] = 0
    return x


def kl(p, q):
    return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))


def reverse_slope(rho_hat, rho):
    return np.log(rho_hat / rho) - np.log((1 - rho_hat) / (1 - rho))


def reverse_kl_gradient(code, rho):
    return np.ones_like(code) * reverse_slope(code.mean(axis=0), rho) / len(code)


def reverse_kl_gradient_loop(code, rho):
    gradient = np.zeros(code.shape)
    for i in range(code.shape[0]):
        for j in range(code.shape[1]):
            rho_hat = sum(code[:, j]) / len(code)
            odds = rho_hat / (1 - rho_hat) / (rho / (1 - rho))
            gradient[i, j] = np.log(odds) / len(code)
    return gradient.tolist()


def reverse_kl_gradient_numerical(code, rho):
    gradient = np.zeros(code.shape)
    for index in np.ndindex(code.shape):
        step = np.zeros(code.shape)
        step[index] = 1e-5
        up, down = (kl((code + s).mean(axis=0), rho).sum() for s in (step, -step))
        gradient[index] = (up - down) / 2e-5
    return gradient


def reverse_kl_gradient_ops(code, rho):
    code = ops.convert_to_tensor(code, dtype="float32")
    rho_hat = ops.mean(code, axis=0)
    slope = ops.log(rho_hat / rho) - ops.log((1 - rho_hat) / (1 - rho))
    return ops.broadcast_to(slope / code.shape[0], code.shape)


def reverse_kl_gradient_tape(code, rho):
    code = tf.Variable(code)
    with tf.GradientTape() as tape:
        rho_hat = tf.reduce_mean(code, axis=0)
        off = (1 - rho_hat) * tf.math.log((1 - rho_hat) / (1 - rho))
        divergence = rho_hat * tf.math.log(rho_hat / rho) + off
    return tape.gradient(divergence, code)


def reverse_kl_gradient_in_place(code, rho):
    code[:] = code.mean(axis=0)
    return (np.log(code / rho) - np.log((1 - code) / (1 - rho))) / len(code)


def lifetime_sparsity_loop(code):
    n, units = code.shape
    result = []
    for unit in range(units):
        mean, mean_square = 0.0, 0.0
        for sample in range(n):
            mean += code[sample, unit] / n
            mean_square += code[sample, unit] ** 2 / n
        result.append((1 - mean**2 / mean_square) / (1 - 1 / n))
    return result


def lifetime_sparsity_ops(code):
    code = ops.convert_to_tensor(code, dtype="float32")
    evenness = ops.mean(code, axis=0) ** 2 / ops.mean(code**2, axis=0)
    return (1 - evenness) / (1 - 1 / code.shape[0])


def lifetime_sparsity_in_place(code):
    code /= code.max(axis=0)
    return (1 - code.mean(axis=0) ** 2 / (code**2).mean(axis=0)) / (1 - 1 / len(code))


# --- parts of wrong answers ---


def explained_pixels(x, k):
    return np.sort(x.var(axis=0))[-k:].sum() / x.var(axis=0).sum()


def first_variances(x, k):
    return x.var(axis=0)[:k].sum() / x.var(axis=0).sum()


def least_varying(x, k):
    variances = np.sort(np.var(x, axis=0))
    return np.sum(variances[:k]) / np.sum(variances)


def top_share(sizes, k):
    return np.sum(np.sort(sizes)[::-1][:k]) / np.sum(sizes)


def without_means(x, k):
    reconstruction = copied(x, most_varying(x, k), 0)
    return 1 - np.sum(reconstruction**2) / np.sum(x**2)


def brightest(x, k):
    return fvu(x, copied(x, np.argsort(x.mean(axis=0))[-k:], x.mean(axis=0)))


def pixel_errors(x, k):
    return (x - copied(x, most_varying(x, k), x.mean(axis=0))) ** 2


def pca_fvu(x, k):
    singular_values = np.linalg.svd(x - x.mean(axis=0), compute_uv=False)
    return np.sum(singular_values[k:] ** 2) / np.sum(singular_values**2)


def per_sample_fvu(x, k):
    errors = pixel_errors(x, k).sum(axis=1)
    return np.mean(errors / np.sum((x - x.mean(axis=0)) ** 2, axis=1))


def smallest_first(eigenvalues, limit):
    left, units = sum(eigenvalues), 0
    for eigenvalue in sorted(eigenvalues):
        if left / sum(eigenvalues) <= limit:
            break
        left -= eigenvalue
        units += 1
    return units


def row_lengths(kernel):
    return np.linalg.norm(kernel, axis=1)


def two_sided(x, strength):
    return np.sign(x) * np.maximum(np.abs(x) - strength, 0)


def reached_loss(x, strength):
    h = nonnegative_threshold(x, strength)
    return (h - x) ** 2 / 2 + strength * h


def forward_slope(rho_hat, rho):
    return -rho / rho_hat + (1 - rho) / (1 - rho_hat)


def for_all(code, per_unit):
    return np.tile(per_unit, (len(code), 1))


def by_parts(code, rho, first=0.0, second=0.0, sign=-1):
    """The product rule on either half, with the constants and sign a reader may get."""
    rho_hat = np.mean(code, axis=0)
    on = np.log(rho_hat / rho) + first
    off = np.log((1 - rho_hat) / (1 - rho)) + second
    return for_all(code, (on + sign * off) / len(code))


def per_sample_slope(code, rho, count):
    return (
        np.zeros_like(code)
        + reverse_slope(np.mean(code, axis=1, keepdims=True), rho) / count
    )


def by_halves(rho_hat, rho):
    off = np.log((1 - rho_hat) / (1 - rho))
    return rho_hat * np.log(rho_hat / rho) - (1 - rho_hat) * off


def evenness(code):
    return code.mean(axis=0) ** 2 / (code**2).mean(axis=0)


def sparseness(code, axis, n):
    return (1 - code.mean(axis=axis) ** 2 / (code**2).mean(axis=axis)) / (1 - 1 / n)


# --- the table: words of the line that must be printed, and an answer that earns it ---

CASES = {
    checks.check_pixel_copy_fvu: [
        ("Right.", pixel_copy_fvu),
        ("Right.", pixel_copy_fvu_loop),
        ("Right.", pixel_copy_fvu_of_images),
        (
            "Right.",
            lambda x, k: (
                np.sort(np.var(x, axis=0, ddof=1))[:-k].sum() / np.trace(np.cov(x.T))
            ),
        ),
        ("Right.", pixel_copy_fvu_ops),
        ("Right.", pixel_copy_fvu_in_place),
        ("Right.", lambda x, k: np.float32(pixel_copy_fvu(x.astype("float32"), k))),
        (
            "Right.",
            lambda x, k: (
                np.sum(sorted(np.var(x, axis=0))[: x.shape[1] - k])
                / np.trace(np.cov(x.T, bias=True))
            ),
        ),
        (
            "Right.",
            lambda x, k: 1 + np.sort(-x.var(axis=0))[:k].sum() / x.var(axis=0).sum(),
        ),
        ("Right.", lambda x, k: unexplained(np.sort(x.var(axis=0))[::-1])[k - 1]),
        ("this is the explained share; FVU is the unexplained share", explained_pixels),
        ("this keeps the first k inputs", lambda x, k: 1 - first_variances(x, k)),
        (
            "this keeps the first k inputs",
            lambda x, k: fvu(x, copied(x, range(k), x.mean(axis=0))),
        ),
        ("this is the explained share of the first k inputs", first_variances),
        ("this keeps the k inputs that vary least", lambda x, k: 1 - least_varying(x, k)),
        ("this is the explained share of the k inputs that vary least", least_varying),
        ("this keeps the inputs whose mean is largest", brightest),
        (
            "these are shares of standard deviations",
            lambda x, k: 1 - top_share(x.std(axis=0), k),
        ),
        (
            "this takes the mean of x**2 for the variance",
            lambda x, k: 1 - top_share((x**2).sum(axis=0), k),
        ),
        ("this measures the total from 0 and fills in 0", without_means),
        (
            "this fills the other inputs with 0",
            lambda x, k: fvu(x, copied(x, most_varying(x, k), 0)),
        ),
        (
            "this fills every other input with the mean of all values",
            lambda x, k: fvu(x, copied(x, most_varying(x, k), np.mean(x))),
        ),
        (
            "this fills in the means of the samples",
            lambda x, k: fvu(
                x, copied(x, most_varying(x, k), x.mean(axis=1)[:, np.newaxis])
            ),
        ),
        (
            "this takes the variance within each sample",
            lambda x, k: 1 - top_share(np.var(x, axis=1), k),
        ),
        (
            "this divides by the variance of all values about one mean",
            lambda x, k: np.mean(pixel_errors(x, k)) / np.var(x),
        ),
        (
            "this divides by the variance of the inputs that are kept",
            lambda x, k: (1 - explained_pixels(x, k)) / explained_pixels(x, k),
        ),
        ("this is the mean squared error", lambda x, k: np.mean(pixel_errors(x, k))),
        ("this is the whole squared error", lambda x, k: np.sum(pixel_errors(x, k))),
        ("this is a sum of variances", lambda x, k: sum(sorted(x.var(axis=0))[:-k])),
        (
            "this is a mean of variances",
            lambda x, k: np.mean(np.sort(x.var(axis=0))[:-k]),
        ),
        (
            "these are means",
            lambda x, k: np.mean(np.sort(x.var(axis=0))[:-k]) / np.mean(x.var(axis=0)),
        ),
        (
            "this is the share of the inputs that are filled in",
            lambda x, k: np.mean(pixel_errors(x, k).mean(axis=0) / np.var(x, axis=0)),
        ),
        ("this is the mean of the samples' own FVUs", per_sample_fvu),
        ("this keeps one input too few", lambda x, k: pixel_copy_fvu(x, k - 1)),
        ("this keeps one input too many", lambda x, k: pixel_copy_fvu(x, k + 1)),
        ("this is the FVU of PCA", pca_fvu),
        (
            "this is the root of the FVU",
            lambda x, k: (
                np.linalg.norm(x - copied(x, most_varying(x, k), x.mean(axis=0)))
                / np.linalg.norm(x - x.mean(axis=0))
            ),
        ),
        ("this is in percent", lambda x, k: 100 * pixel_copy_fvu(x, k)),
        (
            "this is one share per input that is filled in",
            lambda x, k: np.sort(x.var(axis=0))[::-1][k:] / x.var(axis=0).sum(),
        ),
        (
            "these are the variances of the inputs that are filled in",
            lambda x, k: np.sort(x.var(axis=0))[::-1][k:],
        ),
        (
            "this is the FVU for every number of inputs",
            lambda x, k: unexplained(np.sort(x.var(axis=0))[::-1]),
        ),
        ("this is minus the explained share", lambda x, k: pixel_copy_fvu(x, k) - 1),
        (
            "this is 1 minus a ratio of means",
            lambda x, k: (
                1 - np.sort(x.var(axis=0))[::-1][:k].mean() / x.var(axis=0).mean()
            ),
        ),
        (
            "this divides by the variance of all values; add",
            lambda x, k: 1 - np.sort(x.var(axis=0))[::-1][:k].sum() / x.var(),
        ),
        (
            "n - 1 below, or the other way around",
            lambda x, k: (
                1 - np.sort(x.var(axis=0))[::-1][:k].sum() / x.var(axis=0, ddof=1).sum()
            ),
        ),
        (
            "this is the share of one input",
            lambda x, k: np.sort(x.var(axis=0))[::-1][k] / x.var(axis=0).sum(),
        ),
        ("these are shares of the means", lambda x, k: 1 - top_share(x.mean(axis=0), k)),
        (
            "np.argsort gives positions",
            lambda x, k: (
                1 - np.sum(np.argsort(-x.var(axis=0))[::-1][-k:]) / x.var(axis=0).sum()
            ),
        ),
        ("this is rounded", lambda x, k: int(pixel_copy_fvu(x, k))),
        ("this is rounded", lambda x, k: round(pixel_copy_fvu(x, k), 2)),
        ("the same for every `k`", lambda x, k: pixel_copy_fvu(x, 2)),
        ("the same for every `k`", lambda x, k: pixel_copy_fvu(x, 32)),
        (
            "the same for every `k`",
            lambda x, k: np.sort(x.var(axis=0))[: 784 - k].sum() / x.var(axis=0).sum(),
        ),
        (
            "here it got `x` of shape (5, 6): look at the axes",
            lambda x, k: [x[:, j].var() for j in range(784)],
        ),
        ("expected 0.1623, got 0.9974", lambda x, k: 1 - k / 784),
    ],
    checks.check_units_needed: [
        ("Right.", units_needed),
        ("Right.", units_needed_loop),
        (
            "Right.",
            lambda eigenvalues, limit: (
                np.searchsorted(np.cumsum(eigenvalues) / sum(eigenvalues), 1 - limit) + 1
            ),
        ),
        (
            "Right.",
            lambda eigenvalues, limit: next(
                k
                for k in range(len(eigenvalues) + 1)
                if eigenvalues[k:].sum() / eigenvalues.sum() <= limit
            ),
        ),
        ("Right.", lambda eigenvalues, limit: float(units_needed(eigenvalues, limit))),
        ("Right.", units_needed_ops),
        ("Right.", units_needed_in_place),
        ("Right.", lambda eigenvalues, limit: int(units_needed(eigenvalues, limit))),
        ("Right.", lambda eigenvalues, limit: np.array(units_needed(eigenvalues, limit))),
        (
            "Right.",
            lambda eigenvalues, limit: units_needed(eigenvalues.astype("float32"), limit),
        ),
        (
            "Right.",
            lambda eigenvalues, limit: np.sum(
                np.cumsum(eigenvalues[::-1]) > limit * eigenvalues.sum()
            ),
        ),
        (
            "this counts from 0: add 1 to get from a position to a number of units",
            lambda eigenvalues, limit: np.argmax(unexplained(eigenvalues) <= limit),
        ),
        (
            "this is one unit too many",
            lambda eigenvalues, limit: (
                np.where(unexplained(eigenvalues) <= limit)[0][0] + 2
            ),
        ),
        (
            "an FVU of exactly `limit` is low enough: use <= or >",
            lambda eigenvalues, limit: np.argmax(unexplained(eigenvalues) < limit) + 1,
        ),
        (
            "and it misses that an FVU of exactly",
            lambda eigenvalues, limit: np.sum(unexplained(eigenvalues) >= limit),
        ),
        (
            "this takes `limit` for the explained share; it is the unexplained share",
            lambda eigenvalues, limit: (
                1 + np.argmax(np.cumsum(eigenvalues) / sum(eigenvalues) >= limit)
            ),
        ),
        (
            "this takes `limit` for the explained share, and counts from 0",
            lambda eigenvalues, limit: np.argmax(
                np.cumsum(eigenvalues) / sum(eigenvalues) >= limit
            ),
        ),
        (
            "this compares a sum of eigenvalues with `limit`",
            lambda eigenvalues, limit: next(
                k for k in range(9) if eigenvalues[k:].sum() <= limit
            ),
        ),
        (
            "this compares a sum of eigenvalues with 1 - `limit`",
            lambda eigenvalues, limit: 1 + np.argmax(np.cumsum(eigenvalues) >= 1 - limit),
        ),
        ("this counts from the wrong end", smallest_first),
        (
            "this compares each eigenvalue's own share with `limit`",
            lambda eigenvalues, limit: (eigenvalues / eigenvalues.sum() > limit).sum(),
        ),
        (
            "this squares the eigenvalues",
            lambda eigenvalues, limit: units_needed(eigenvalues**2, limit),
        ),
        (
            "this takes roots of the eigenvalues",
            lambda eigenvalues, limit: units_needed(np.sqrt(eigenvalues), limit),
        ),
        (
            "this is how many units can be dropped",
            lambda eigenvalues, limit: np.sum(
                np.cumsum(eigenvalues[::-1]) / np.sum(eigenvalues) <= limit
            ),
        ),
        (
            "this counts all numbers of units that are enough",
            lambda eigenvalues, limit: np.sum(unexplained(eigenvalues) <= limit),
        ),
        (
            "this is the FVU that is reached",
            lambda eigenvalues, limit: max(
                v for v in unexplained(eigenvalues) if v <= limit
            ),
        ),
        (
            "this is a share of the units",
            lambda eigenvalues, limit: (
                units_needed(eigenvalues, limit) / len(eigenvalues)
            ),
        ),
        (
            "these are all numbers of units that are enough",
            lambda eigenvalues, limit: np.where(unexplained(eigenvalues) <= limit)[0] + 1,
        ),
        (
            "these are all positions with a low enough FVU",
            lambda eigenvalues, limit: np.flatnonzero(unexplained(eigenvalues) <= limit),
        ),
        (
            "this tells whether each number of units is enough",
            lambda eigenvalues, limit: unexplained(eigenvalues) <= limit,
        ),
        (
            "this tells whether each number of units is too small",
            lambda eigenvalues, limit: unexplained(eigenvalues) > limit,
        ),
        (
            "this is the FVU for every number of units",
            lambda eigenvalues, limit: unexplained(eigenvalues),
        ),
        (
            "which is at the start; ask where the FVU is at most `limit`.",
            lambda eigenvalues, limit: np.argmax(unexplained(eigenvalues) > limit) + 1,
        ),
        (
            "which is at the start; ask where the FVU is at most `limit`, and add 1",
            lambda eigenvalues, limit: np.argmax(unexplained(eigenvalues) > limit),
        ),
        (
            "this is the largest number of units",
            lambda eigenvalues, limit: (
                np.where(unexplained(eigenvalues) <= limit)[0][-1] + 1
            ),
        ),
        (
            "nearest to `limit`; take the first",
            lambda eigenvalues, limit: (
                np.abs(unexplained(eigenvalues) - limit).argmin() + 1
            ),
        ),
        (
            "nearest to `limit`, and counts from 0",
            lambda eigenvalues, limit: np.abs(unexplained(eigenvalues) - limit).argmin(),
        ),
        (
            "this is the share of units, 1 - `limit`",
            lambda eigenvalues, limit: math.ceil((1 - limit) * len(eigenvalues)),
        ),
        (
            "this counts from the wrong end",
            lambda eigenvalues, limit: np.sum(1 - unexplained(eigenvalues) > limit),
        ),
        (
            "this counts from the wrong end",
            lambda eigenvalues, limit: units_needed(np.sort(eigenvalues), limit),
        ),
        (
            "these are all positions with a low enough FVU",
            lambda eigenvalues, limit: np.where(unexplained(eigenvalues) <= limit),
        ),
        (
            "the same for every `limit`",
            lambda eigenvalues, limit: units_needed(eigenvalues, 0.05),
        ),
        (
            "the same for every `limit`",
            lambda eigenvalues, limit: units_needed(eigenvalues, 0.1),
        ),
        (
            "this is the right answer times 2",
            lambda eigenvalues, limit: 2 * units_needed(eigenvalues, limit),
        ),
        (
            "expected 2, got 996 for the input [8 4 2 1 1] and 0.25.",
            lambda eigenvalues, limit: 1000 - np.sum(unexplained(eigenvalues) <= limit),
        ),
    ],
    checks.check_honest_penalty: [
        ("Right.", honest_penalty),
        ("Right.", honest_penalty_loop),
        ("Right.", honest_penalty_ops),
        ("Right.", honest_penalty_in_place),
        (
            "Right.",
            lambda code, kernel, strength: (
                strength * np.sum(code.mean(axis=0) * row_lengths(kernel))
            ),
        ),
        (
            "Right.",
            lambda code, kernel, strength: (
                np.mean(np.abs(code) @ np.sqrt(np.diag(kernel @ kernel.T))) * strength
            ),
        ),
        (
            "Right.",
            lambda code, kernel, strength: (
                strength * sum(code @ row_lengths(kernel)) / code.shape[0]
            ),
        ),
        (
            "this is the plain L1 penalty",
            lambda code, kernel, strength: strength * np.abs(code).sum(axis=1).mean(),
        ),
        (
            "this is the mean activation",
            lambda code, kernel, strength: strength * np.mean(np.abs(code)),
        ),
        (
            "this takes the lengths of columns",
            lambda code, kernel, strength: (
                strength * np.mean(code @ np.linalg.norm(kernel, axis=0))
            ),
        ),
        (
            "these are squared lengths",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code * np.sum(kernel**2, axis=1), axis=1))
            ),
        ),
        (
            "this adds up a row's absolute entries",
            lambda code, kernel, strength: (
                strength * np.mean(code @ np.linalg.norm(kernel, ord=1, axis=1))
            ),
        ),
        (
            "this adds up a row's entries",
            lambda code, kernel, strength: (
                strength * np.sum(code @ kernel, axis=1).mean()
            ),
        ),
        (
            "this averages the squares of a row",
            lambda code, kernel, strength: (
                strength * np.mean(code @ np.mean(kernel**2, axis=1) ** 0.5)
            ),
        ),
        (
            "this is the length of the whole kernel",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code * np.linalg.norm(kernel), axis=1))
            ),
        ),
        (
            "this uses the mean length",
            lambda code, kernel, strength: (
                strength * code.sum(axis=1).mean() * row_lengths(kernel).mean()
            ),
        ),
        (
            "this multiplies by the sum of all lengths",
            lambda code, kernel, strength: (
                strength * code.sum(axis=1).mean() * row_lengths(kernel).sum()
            ),
        ),
        (
            "this adds the lengths to the activations",
            lambda code, kernel, strength: (
                strength * (code.sum(axis=1).mean() + row_lengths(kernel).sum())
            ),
        ),
        (
            "this adds the lengths to the activations",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code + row_lengths(kernel), axis=1))
            ),
        ),
        (
            "this penalizes the kernel alone",
            lambda code, kernel, strength: strength * np.sum(row_lengths(kernel)),
        ),
        (
            "this divides by the lengths",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code / row_lengths(kernel), axis=1))
            ),
        ),
        (
            "this averages over the units",
            lambda code, kernel, strength: strength * np.mean(code * row_lengths(kernel)),
        ),
        (
            "this sums over the samples too",
            lambda code, kernel, strength: strength * np.sum(code * row_lengths(kernel)),
        ),
        (
            "this sums over the samples and averages over the units",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code * row_lengths(kernel), axis=0))
            ),
        ),
        (
            "the strength is missing",
            lambda code, kernel, strength: np.mean(code @ row_lengths(kernel)),
        ),
        (
            "this squares the contributions",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum((code * row_lengths(kernel)) ** 2, axis=1))
            ),
        ),
        (
            "this is the L2 length of a sample's contributions",
            lambda code, kernel, strength: (
                strength * np.linalg.norm(code * row_lengths(kernel), axis=1).mean()
            ),
        ),
        (
            "this is the length of the output",
            lambda code, kernel, strength: (
                strength * np.mean(np.linalg.norm(code @ kernel, axis=1))
            ),
        ),
        (
            "this is the L1 norm of the output",
            lambda code, kernel, strength: (
                strength * np.abs(code @ kernel).sum(axis=1).mean()
            ),
        ),
        (
            "this is one penalty per sample",
            lambda code, kernel, strength: strength * code @ row_lengths(kernel),
        ),
        (
            "this is one penalty per unit",
            lambda code, kernel, strength: (
                strength * code.mean(axis=0) * row_lengths(kernel)
            ),
        ),
        (
            "this is one penalty per activation",
            lambda code, kernel, strength: strength * code * row_lengths(kernel),
        ),
        (
            "the lengths are missing, and the strength",
            lambda code, kernel, strength: np.mean(code.sum(axis=1)),
        ),
        (
            "the strength comes in twice",
            lambda code, kernel, strength: (
                strength * honest_penalty(code, kernel, strength)
            ),
        ),
        (
            "this divides by the strength",
            lambda code, kernel, strength: honest_penalty(code, kernel, 1) / strength,
        ),
        (
            "this divides by one less than the number of samples",
            lambda code, kernel, strength: (
                strength * np.sum(code @ row_lengths(kernel)) / (len(code) - 1)
            ),
        ),
        (
            "this counts the units that are on",
            lambda code, kernel, strength: strength * np.mean(np.sum(code > 0, axis=1)),
        ),
        (
            "this adds up the lengths of the units that are on",
            lambda code, kernel, strength: (
                strength * np.mean(np.sign(code) @ row_lengths(kernel))
            ),
        ),
        (
            "this adds up the kernel's squares",
            lambda code, kernel, strength: (
                strength * (code.sum(axis=1).mean() + np.sum(kernel**2))
            ),
        ),
        (
            "this is rounded",
            lambda code, kernel, strength: int(honest_penalty(code, kernel, strength)),
        ),
        (
            "this is rounded",
            lambda code, kernel, strength: round(
                honest_penalty(code, kernel, strength), 2
            ),
        ),
        (
            "the same for every `strength`",
            lambda code, kernel, strength: honest_penalty(code, kernel, 1e-4),
        ),
        (
            "this is the right answer times 0.5",
            lambda code, kernel, strength: 0.5 * honest_penalty(code, kernel, strength),
        ),
        (
            "the right numbers, in shape (1,)",
            lambda code, kernel, strength: (
                strength
                * sum(code @ np.linalg.norm(kernel, axis=1, keepdims=True))
                / len(code)
            ),
        ),
        (
            "right for one input, wrong for another",
            lambda code, kernel, strength: (
                strength * np.sum(code @ row_lengths(kernel)) / 4
            ),
        ),
        (
            "here it got `code` of shape (4, 3) and `kernel` of shape (3, 3)",
            lambda code, kernel, strength: strength * np.mean(row_lengths(kernel) @ code),
        ),
    ],
    checks.check_nonnegative_threshold: [
        ("Right.", nonnegative_threshold),
        ("Right.", nonnegative_threshold_loop),
        ("Right.", nonnegative_threshold_search),
        ("Right.", lambda x, strength: ops.relu(ops.convert_to_tensor(x) - strength)),
        ("Right.", nonnegative_threshold_in_place),
        ("Right.", lambda x, strength: (np.abs(x - strength) + x - strength) / 2),
        ("Right.", lambda x, strength: tuple(np.where(x > strength, x - strength, 0))),
        ("Right.", lambda x, strength: (x - strength) * (x > strength)),
        ("Right.", lambda x, strength: np.clip(x.astype("float32") - strength, 0, None)),
        ("Right.", nonnegative_threshold_minimized),
        ("Right.", lambda x, strength: np.max([x - strength, np.zeros_like(x)], axis=0)),
        ("this is the two-sided soft threshold", two_sided),
        (
            "this is the soft threshold of |x|",
            lambda x, strength: np.abs(two_sided(x, strength)),
        ),
        ("this is the hard threshold", lambda x, strength: x * (x > strength)),
        (
            "this is the two-sided hard threshold",
            lambda x, strength: np.where(np.abs(x) < strength, 0, x),
        ),
        ("this tells who survives", lambda x, strength: x > strength),
        ("this does not stop at 0", lambda x, strength: x - strength),
        ("this subtracts from |x|", lambda x, strength: np.abs(x) - strength),
        ("small inputs cross 0", lambda x, strength: x - strength * np.sign(x)),
        ("this is ReLU alone", lambda x, strength: ops.relu(x)),
        ("this takes ReLU first", lambda x, strength: ops.relu(x) - strength),
        (
            "inputs between 0 and strength turn negative",
            lambda x, strength: [v - strength if v > 0 else 0 for v in x],
        ),
        (
            "inputs below strength stay as they are",
            lambda x, strength: [v - strength if v > strength else v for v in x],
        ),
        ("this stops at strength", lambda x, strength: np.clip(x, strength, None)),
        (
            "this keeps what is negative",
            lambda x, strength: np.clip(x - strength, None, 0),
        ),
        (
            "this is what an L2 penalty does: it scales, and stops nothing at 0",
            lambda x, strength: x / (1 + strength),
        ),
        (
            "this is what an L2 penalty does: it scales, where L1 subtracts",
            lambda x, strength: np.maximum(x / (1 + strength), 0),
        ),
        (
            "this is what an L2 penalty of strength * h**2 does",
            lambda x, strength: np.maximum(x / (1 + 2 * strength), 0),
        ),
        (
            "wrong sign: the penalty pulls h down, so subtract",
            lambda x, strength: np.maximum(x + strength, 0),
        ),
        (
            "wrong sign: the penalty pulls h down; and h may not be negative",
            lambda x, strength: x + strength,
        ),
        (
            "this shrinks by half of strength",
            lambda x, strength: np.maximum(2 * x - strength, 0) / 2,
        ),
        ("this is the smallest value of the loss", reached_loss),
        (
            "this is one number for all inputs",
            lambda x, strength: np.max(x - strength, 0),
        ),
        ("this turns what is negative around", lambda x, strength: np.abs(x - strength)),
        (
            "this subtracts x from strength",
            lambda x, strength: np.maximum(strength - x, 0),
        ),
        (
            "this subtracts strength twice",
            lambda x, strength: np.maximum(x - 2 * strength, 0),
        ),
        (
            "this multiplies by 1 - strength",
            lambda x, strength: ops.relu(x - strength * x),
        ),
        ("this multiplies by strength", lambda x, strength: ops.relu(x) * strength),
        (
            "this leaves out what gives 0",
            lambda x, strength: [v - strength for v in x if v > strength],
        ),
        ("this stops at 1 as well", lambda x, strength: np.clip(x - strength, 0, 1)),
        (
            "for arrays use NumPy's functions, and neither int nor float",
            lambda x, strength: int(nonnegative_threshold(x, strength)),
        ),
        (
            "for arrays use np.maximum and np.where, not max and if",
            lambda x, strength: max(x - strength, 0),
        ),
        (
            "for arrays use np.maximum and np.where, not max and if",
            lambda x, strength: x - strength if x > strength else 0,
        ),
        (
            "this is rounded",
            lambda x, strength: nonnegative_threshold(x, strength).astype(int),
        ),
        (
            "the same for every `strength`",
            lambda x, strength: nonnegative_threshold(x, 0.5),
        ),
        (
            "the right numbers, in shape (7, 1)",
            lambda x, strength: nonnegative_threshold(x, strength)[:, np.newaxis],
        ),
        (
            "here it got `x` of shape (5,)",
            lambda x, strength: [max(x[i] - strength, 0) for i in range(7)],
        ),
        (
            "the answer holds NaN",
            lambda x, strength: np.where(x > strength, x - strength, np.nan),
        ),
        ("got generator", lambda x, strength: (max(v - strength, 0) for v in x)),
        ("got list", lambda x, strength: [None for v in x]),
        ("got list", lambda x, strength: [str(max(v - strength, 0)) for v in x]),
        (
            "wrong shape; expected (7,), got ()",
            lambda x, strength: max(x[0] - strength, 0),
        ),
        ("got [-0.3619 -0.07619 ", lambda x, strength: x / 7 + strength / 9),
        (
            "got [-1.428 -0.347 0 0 0 0 0] for the input [-3 -1 -0.4 0",
            lambda x, strength: np.sort(-nonnegative_threshold(x, strength)),
        ),
    ],
    checks.check_reverse_kl_gradient: [
        ("Right.", reverse_kl_gradient),
        ("Right.", reverse_kl_gradient_loop),
        ("Right.", reverse_kl_gradient_numerical),
        ("Right.", reverse_kl_gradient_ops),
        ("Right.", reverse_kl_gradient_in_place),
        (
            "Right.",
            lambda code, rho: (
                np.tile(logit(code.mean(axis=0)) - logit(rho), (len(code), 1)) / len(code)
            ),
        ),
        ("Right.", reverse_kl_gradient_tape),
        (
            "this is the gradient of KL(rho || rho_hat); differentiate",
            lambda code, rho: for_all(
                code, forward_slope(code.mean(axis=0), rho) / len(code)
            ),
        ),
        (
            "this is the gradient of KL(rho || rho_hat), and 1 / batch is missing",
            lambda code, rho: for_all(code, forward_slope(code.mean(axis=0), rho)),
        ),
        (
            "this swaps the letters in the gradient of KL(rho || rho_hat)",
            lambda code, rho: for_all(
                code, forward_slope(rho, code.mean(axis=0)) / len(code)
            ),
        ),
        (
            "1 / batch is missing: each activation is one part of the mean rho_hat",
            lambda code, rho: np.ones_like(code) * reverse_slope(code.mean(axis=0), rho),
        ),
        (
            "this divides by the number of units; rho_hat is a mean over the batch",
            lambda code, rho: for_all(
                code, reverse_slope(code.mean(axis=0), rho) / code.shape[1]
            ),
        ),
        (
            "this divides by the number of units too",
            lambda code, rho: for_all(
                code, reverse_slope(code.mean(axis=0), rho) / code.size
            ),
        ),
        (
            "only the second half is divided by batch",
            lambda code, rho: (
                np.zeros_like(code)
                + np.log(code.mean(axis=0) / rho)
                - np.log((1 - code.mean(axis=0)) / (1 - rho)) / len(code)
            ),
        ),
        (
            "this uses each activation; use its unit's mean over the batch",
            lambda code, rho: reverse_slope(code, rho) / len(code),
        ),
        (
            "this uses each activation, and 1 / batch is missing",
            lambda code, rho: reverse_slope(code, rho),
        ),
        (
            "wrong axis: this averages over the units, not over the batch",
            lambda code, rho: per_sample_slope(code, rho, len(code)),
        ),
        (
            "wrong axis: this averages over the units and divides by their number",
            lambda code, rho: per_sample_slope(code, rho, code.shape[1]),
        ),
        (
            "this averages over both axes",
            lambda code, rho: np.full(
                code.shape, reverse_slope(code.mean(), rho) / len(code)
            ),
        ),
        (
            "rho_hat is a sum over the batch here",
            lambda code, rho: for_all(
                code, reverse_slope(code.sum(axis=0), rho) / len(code)
            ),
        ),
        (
            "the second half has the wrong sign: 1 - rho_hat falls as rho_hat rises",
            lambda code, rho: by_parts(code, rho, sign=1),
        ),
        (
            "falls as rho_hat rises, so the two 1s cancel",
            lambda code, rho: by_parts(code, rho, first=1, second=1, sign=1),
        ),
        (
            "the second half, -log((1 - rho_hat) / (1 - rho))",
            lambda code, rho: by_parts(code, rho, sign=0),
        ),
        (
            "the second half is missing",
            lambda code, rho: by_parts(code, rho, first=1, sign=0),
        ),
        (
            "a + 1 remains: the derivative of the second half ends in - 1",
            lambda code, rho: by_parts(code, rho, first=1),
        ),
        (
            "a - 1 remains: the derivative of the first half ends in + 1",
            lambda code, rho: by_parts(code, rho, second=1),
        ),
        (
            "a + 2 remains: the derivatives of the halves end in + 1 and - 1",
            lambda code, rho: by_parts(code, rho, first=1, second=-1),
        ),
        (
            "the logarithms are missing",
            lambda code, rho: for_all(
                code,
                (code.mean(axis=0) / rho - (1 - code.mean(axis=0)) / (1 - rho))
                / len(code),
            ),
        ),
        (
            "these are logarithms to base 2",
            lambda code, rho: reverse_kl_gradient(code, rho) / np.log(2),
        ),
        (
            "this goes on to the input of the sigmoid",
            lambda code, rho: reverse_kl_gradient(code, rho) * code * (1 - code),
        ),
        (
            "one row is right",
            lambda code, rho: reverse_slope(code.mean(axis=0), rho) / len(code),
        ),
        (
            "this is the derivative with respect to rho_hat",
            lambda code, rho: reverse_slope(code.mean(axis=0), rho),
        ),
        (
            "this is the divergence; give its gradient",
            lambda code, rho: np.sum(kl(code.mean(axis=0), rho)),
        ),
        (
            "this is the divergence of each unit",
            lambda code, rho: kl(code.mean(axis=0), rho),
        ),
        ("this is a divergence for each activation", lambda code, rho: kl(code, rho)),
        ("the sign is lost", lambda code, rho: np.abs(reverse_kl_gradient(code, rho))),
        (
            "1 - rho is missing in the second half",
            lambda code, rho: for_all(
                code,
                (np.log(code.mean(axis=0) / rho) - np.log(1 - code.mean(axis=0)))
                / len(code),
            ),
        ),
        (
            "the logarithms still have their weights",
            lambda code, rho: for_all(
                code, by_halves(code.mean(axis=0), rho) / len(code)
            ),
        ),
        (
            "this multiplies by the activation",
            lambda code, rho: code * reverse_kl_gradient(code, rho),
        ),
        (
            "this is the gradient of a squared distance",
            lambda code, rho: for_all(code, 2 * (code.mean(axis=0) - rho) / len(code)),
        ),
        (
            "wrong axis: this averages over the units, and gives one number per sample",
            lambda code, rho: reverse_slope(code.mean(axis=1), rho) / len(code),
        ),
        (
            "this is the divergence of each unit, repeated",
            lambda code, rho: for_all(code, kl(code.mean(axis=0), rho)),
        ),
        (
            "this is the divergence of each unit, divided by batch",
            lambda code, rho: for_all(code, kl(code.mean(axis=0), rho) / len(code)),
        ),
        ("the same for every `rho`", lambda code, rho: reverse_kl_gradient(code, 0.05)),
        (
            "the same for every `rho`",
            lambda code, rho: for_all(
                code, forward_slope(code.mean(axis=0), 0.05) / len(code)
            ),
        ),
        (
            "one row is right",
            lambda code, rho: (
                reverse_slope(code.mean(axis=0, keepdims=True), rho) / len(code)
            ),
        ),
        (
            "this is rounded",
            lambda code, rho: np.round(reverse_kl_gradient(code, rho), 3),
        ),
        ("this is rounded", lambda code, rho: reverse_kl_gradient(code, rho).astype(int)),
        (
            "this is the right answer times 0.03906",
            lambda code, rho: reverse_kl_gradient(code, rho) * len(code) / 128,
        ),
        (
            "this is the right answer times 1.25",
            lambda code, rho: (
                reverse_kl_gradient(code, rho) * len(code) / (len(code) - 1)
            ),
        ),
        (
            "sizes: expected -0.1172 in row 0, column 0, got -0.0",
            lambda code, rho: reverse_kl_gradient(code, rho) * len(code) / 5,
        ),
        (
            "here it got `code` of shape (4, 2): look at the axes",
            lambda code, rho: np.ones((5, 3)) * reverse_slope(code.mean(axis=0), rho) / 5,
        ),
        (
            "here it got `code` of shape (5, 3): look at the axes",
            lambda code, rho: np.ones_like(code) * reverse_slope(code.mean(axis=1), rho),
        ),
        (
            "with rows and columns swapped",
            lambda code, rho: reverse_kl_gradient(code, rho).T,
        ),
        (
            "wrong sign",
            lambda code, rho: for_all(
                code, reverse_slope(rho, code.mean(axis=0)) / len(code)
            ),
        ),
    ],
    checks.check_lifetime_sparsity: [
        (
            "Right.",
            lambda code: (
                code.var(axis=0) / (code**2).mean(axis=0) * len(code) / (len(code) - 1)
            ),
        ),
        ("Right.", lifetime_sparsity_loop),
        ("Right.", lifetime_sparsity_ops),
        ("Right.", lifetime_sparsity_in_place),
        (
            "Right.",
            lambda code: (
                (len(code) - code.sum(axis=0) ** 2 / (code**2).sum(axis=0))
                / (len(code) - 1)
            ),
        ),
        ("Right.", lambda code: code.var(axis=0, ddof=1) / np.mean(code**2, axis=0)),
        (
            "Right.",
            lambda code: [
                lifetime_sparsity_loop(code[:, [j]])[0] for j in range(code.shape[1])
            ],
        ),
        ("this is population sparsity", lambda code: sparseness(code, 1, code.shape[1])),
        (
            "1 / n takes the number of samples",
            lambda code: sparseness(code, 0, code.shape[1]),
        ),
        (
            "the division by (1 - 1/n) is missing, or n is not",
            lambda code: 1 - code.mean(axis=0) ** 2 / (code**2).mean(axis=0),
        ),
        ("this is 1 minus the sparsity", lambda code: 1 - sparseness(code, 0, len(code))),
        (
            "this is the mean over the units",
            lambda code: np.mean(sparseness(code, 0, len(code))),
        ),
        ("with the n of lifetime sparsity", lambda code: sparseness(code, 1, len(code))),
        (
            "this averages over the units, and the division",
            lambda code: 1 - code.mean(axis=1) ** 2 / (code**2).mean(axis=1),
        ),
        (
            "this averages over all activations; every",
            lambda code: sparseness(code, None, len(code)),
        ),
        (
            "this averages over all activations, and counts them",
            lambda code: sparseness(code, None, code.size),
        ),
        ("not of all activations", lambda code: sparseness(code, 0, code.size)),
        ("not one less", lambda code: sparseness(code, 0, len(code) - 1)),
        ("or n is not the number of samples", lambda code: sparseness(code, 0, 10_000)),
        (
            "this multiplies by (1 - 1/n)",
            lambda code: (1 - evenness(code)) * (1 - 1 / len(code)),
        ),
        (
            "this divides by 1 and subtracts 1/n",
            lambda code: (1 - evenness(code)) / 1 - 1 / len(code),
        ),
        (
            "only the second part is divided",
            lambda code: 1 - evenness(code) / (1 - 1 / len(code)),
        ),
        ("which is 1 for an even unit", evenness),
        (
            "it is the other way around",
            lambda code: (1 - 1 / evenness(code)) / (1 - 1 / len(code)),
        ),
        (
            "the mean is not squared",
            lambda code: (
                (1 - code.mean(axis=0) / (code**2).mean(axis=0)) / (1 - 1 / len(code))
            ),
        ),
        (
            "this divides by the mean of a,",
            lambda code: (
                (1 - code.mean(axis=0) ** 2 / code.mean(axis=0)) / (1 - 1 / len(code))
            ),
        ),
        (
            "these are sums",
            lambda code: (
                (1 - code.sum(axis=0) ** 2 / (code**2).sum(axis=0)) / (1 - 1 / len(code))
            ),
        ),
        ("this is the variance", lambda code: np.var(code, axis=0)),
        (
            "this is the root of the sparsity",
            lambda code: sparseness(code, 0, len(code)) ** 0.5,
        ),
        (
            "this is the right answer times 100",
            lambda code: 100 * sparseness(code, 0, len(code)),
        ),
        ("this is rounded", lambda code: sparseness(code, 0, len(code)).round(2)),
        (
            "the right numbers, in shape (3, 1)",
            lambda code: sparseness(code, 0, len(code)).reshape(-1, 1),
        ),
        ("right for one input, wrong for another", lambda code: sparseness(code, 0, 5)),
        ("wrong shape; expected (2,), got (3,)", lambda code: np.zeros(3)),
        ("the answer holds infinity", lambda code: np.full(code.shape[1], np.inf)),
        (
            "expected [0.9179 0.2168 0.3883], got [0 0 0]",
            lambda code: np.mean(code == 0, axis=0),
        ),
    ],
}
