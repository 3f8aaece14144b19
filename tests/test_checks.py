"""Each check accepts every form of the right answer and names each known mistake.

The answers are written out as a reader would write them, without the checks' tables.
"""

from sae_utils import checks

import numpy as np
import pytest
from keras import ops

# --- right answers, each in several forms ---


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


def units_needed(eigenvalues, fvu):
    return 1 + np.sum(unexplained(eigenvalues) > fvu)


def units_needed_loop(eigenvalues, fvu):
    left = total = sum(eigenvalues)
    units = 0
    while left / total > fvu:
        left -= eigenvalues[units]
        units += 1
    return units


def units_needed_ops(eigenvalues, fvu):
    eigenvalues = ops.convert_to_tensor(eigenvalues, dtype="float32")
    explained = ops.cumsum(eigenvalues) / ops.sum(eigenvalues)
    return 1 + ops.sum(ops.cast(1 - explained > fvu, "int32"))


def units_needed_in_place(eigenvalues, fvu):
    eigenvalues /= eigenvalues.sum()
    np.cumsum(eigenvalues, out=eigenvalues)
    return int(np.argmax(eigenvalues >= 1 - fvu)) + 1


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
    h = np.arange(0, 3, 0.001)[:, np.newaxis]
    return h[np.argmin((h - x) ** 2 / 2 + strength * h, axis=0), 0]


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


RIGHT = [
    (
        checks.check_pixel_copy_fvu,
        {
            "numpy": pixel_copy_fvu,
            "loop": pixel_copy_fvu_loop,
            "reconstruction": pixel_copy_fvu_of_images,
            "divided by n - 1": lambda x, k: (
                np.sort(np.var(x, axis=0, ddof=1))[:-k].sum() / np.trace(np.cov(x.T))
            ),
            "ops": pixel_copy_fvu_ops,
            "in place": pixel_copy_fvu_in_place,
        },
    ),
    (
        checks.check_units_needed,
        {
            "numpy": units_needed,
            "loop": units_needed_loop,
            "search": lambda eigenvalues, fvu: (
                np.searchsorted(np.cumsum(eigenvalues) / sum(eigenvalues), 1 - fvu) + 1
            ),
            "first": lambda eigenvalues, fvu: next(
                k
                for k in range(len(eigenvalues) + 1)
                if eigenvalues[k:].sum() / eigenvalues.sum() <= fvu
            ),
            "float": lambda eigenvalues, fvu: float(units_needed(eigenvalues, fvu)),
            "ops": units_needed_ops,
            "in place": units_needed_in_place,
        },
    ),
    (
        checks.check_honest_penalty,
        {
            "numpy": honest_penalty,
            "loop": honest_penalty_loop,
            "ops": honest_penalty_ops,
            "in place": honest_penalty_in_place,
        },
    ),
    (
        checks.check_nonnegative_threshold,
        {
            "numpy": nonnegative_threshold,
            "loop": nonnegative_threshold_loop,
            "search": nonnegative_threshold_search,
            "ops": lambda x, strength: ops.relu(ops.convert_to_tensor(x) - strength),
            "in place": nonnegative_threshold_in_place,
        },
    ),
    (
        checks.check_reverse_kl_gradient,
        {
            "numpy": reverse_kl_gradient,
            "loop": reverse_kl_gradient_loop,
            "numerical": reverse_kl_gradient_numerical,
            "ops": reverse_kl_gradient_ops,
            "in place": reverse_kl_gradient_in_place,
        },
    ),
    (
        checks.check_lifetime_sparsity,
        {
            # The variance over the mean square is 1 - mean^2 / mean square.
            "numpy": lambda code: (
                code.var(axis=0) / (code**2).mean(axis=0) * len(code) / (len(code) - 1)
            ),
            "loop": lifetime_sparsity_loop,
            "ops": lifetime_sparsity_ops,
            "in place": lifetime_sparsity_in_place,
        },
    ),
]
CHECKS = [check for check, _ in RIGHT]

# --- wrong answers: the line that must be printed, and a function that earns it ---


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


def smallest_first(eigenvalues, fvu):
    left, units = sum(eigenvalues), 0
    for eigenvalue in sorted(eigenvalues):
        if left / sum(eigenvalues) <= fvu:
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


def sparseness(code, axis, n):
    return (1 - code.mean(axis=axis) ** 2 / (code**2).mean(axis=axis)) / (1 - 1 / n)


WRONG = {
    checks.check_pixel_copy_fvu: [
        (
            "this is the explained share; FVU is the unexplained share",
            explained_pixels,
        ),
        (
            "this keeps the first k inputs; keep the k that vary most",
            lambda x, k: 1 - first_variances(x, k),
        ),
        (
            "this keeps the first k inputs; keep the k that vary most",
            lambda x, k: fvu(x, copied(x, range(k), x.mean(axis=0))),
        ),
        (
            "this is the explained share of the first k inputs; give the unexplained "
            "share, and keep the k inputs that vary most",
            first_variances,
        ),
        (
            "this keeps the k inputs that vary least; sort the variances largest first",
            lambda x, k: 1 - least_varying(x, k),
        ),
        (
            "this is the explained share of the k inputs that vary least; give the "
            "unexplained share, and keep the k that vary most",
            least_varying,
        ),
        (
            "this keeps the inputs whose mean is largest; keep those that vary most",
            brightest,
        ),
        (
            "these are shares of standard deviations; square them",
            lambda x, k: 1 - top_share(x.std(axis=0), k),
        ),
        (
            "this takes the mean of x**2 for the variance; subtract each input's mean "
            "before you square",
            lambda x, k: 1 - top_share((x**2).sum(axis=0), k),
        ),
        (
            "this measures the total from 0 and fills in 0; measure from each input's "
            "mean, and fill it in",
            without_means,
        ),
        (
            "this fills the other inputs with 0; fill in their means",
            lambda x, k: fvu(x, copied(x, most_varying(x, k), 0)),
        ),
        (
            "this fills every other input with the mean of all values; each input has "
            "a mean of its own",
            lambda x, k: fvu(x, copied(x, most_varying(x, k), np.mean(x))),
        ),
        (
            "this fills in the means of the samples; an input's mean is over the "
            "samples, axis 0",
            lambda x, k: fvu(
                x, copied(x, most_varying(x, k), x.mean(axis=1)[:, np.newaxis])
            ),
        ),
        (
            "this takes the variance within each sample; an input varies over the "
            "samples, axis 0",
            lambda x, k: 1 - top_share(np.var(x, axis=1), k),
        ),
        (
            "this divides by the variance of all values about one mean; add up the "
            "variances of the inputs",
            lambda x, k: np.mean(pixel_errors(x, k)) / np.var(x),
        ),
        (
            "this divides by the variance of the inputs that are kept; divide by that "
            "of all",
            lambda x, k: (1 - explained_pixels(x, k)) / explained_pixels(x, k),
        ),
        (
            "this is the mean squared error; divide it by the mean variance",
            lambda x, k: np.mean(pixel_errors(x, k)),
        ),
        (
            "this is the whole squared error; divide it by that of the mean",
            lambda x, k: np.sum(pixel_errors(x, k)),
        ),
        (
            "this is a sum of variances; divide it by the sum over all inputs",
            lambda x, k: sum(sorted(x.var(axis=0))[:-k]),
        ),
        (
            "this is a mean of variances; divide their sum by the sum over all inputs",
            lambda x, k: np.mean(np.sort(x.var(axis=0))[:-k]),
        ),
        (
            "these are means, of different numbers of inputs; divide sums",
            lambda x, k: np.mean(np.sort(x.var(axis=0))[:-k]) / np.mean(x.var(axis=0)),
        ),
        (
            "this is the share of the inputs that are filled in; weight each by its "
            "variance",
            lambda x, k: np.mean(pixel_errors(x, k).mean(axis=0) / np.var(x, axis=0)),
        ),
        (
            "this is the mean of the samples' own FVUs; divide once, sum by sum",
            per_sample_fvu,
        ),
        (
            "this keeps one input too few; the k largest are [:k]",
            lambda x, k: pixel_copy_fvu(x, k - 1),
        ),
        (
            "this keeps one input too many; the k largest are [:k]",
            lambda x, k: pixel_copy_fvu(x, k + 1),
        ),
        (
            "this is the FVU of PCA, whose components mix inputs; this code copies k "
            "inputs",
            pca_fvu,
        ),
        (
            "this is the root of the FVU; divide squared errors",
            lambda x, k: (
                np.linalg.norm(x - copied(x, most_varying(x, k), x.mean(axis=0)))
                / np.linalg.norm(x - x.mean(axis=0))
            ),
        ),
        (
            "this is in percent; give a share between 0 and 1",
            lambda x, k: 100 * pixel_copy_fvu(x, k),
        ),
        (
            "this is one share per input that is filled in; add them up",
            lambda x, k: np.sort(x.var(axis=0))[::-1][k:] / x.var(axis=0).sum(),
        ),
        (
            "these are the variances of the inputs that are filled in; divide their "
            "sum by the sum over all inputs",
            lambda x, k: np.sort(x.var(axis=0))[::-1][k:],
        ),
        (
            "this is the FVU for every number of inputs; pick the one for k",
            lambda x, k: unexplained(np.sort(x.var(axis=0))[::-1]),
        ),
    ],
    checks.check_units_needed: [
        (
            "this counts from 0: add 1 to get from a position to a number of units",
            lambda eigenvalues, fvu: np.argmax(unexplained(eigenvalues) <= fvu),
        ),
        (
            "this is one unit too many: entry 0 of a cumulative sum has one unit in it",
            lambda eigenvalues, fvu: np.where(unexplained(eigenvalues) <= fvu)[0][0] + 2,
        ),
        (
            "an FVU of exactly `fvu` is low enough: use <= or >",
            lambda eigenvalues, fvu: np.argmax(unexplained(eigenvalues) < fvu) + 1,
        ),
        (
            "this counts from 0, and it misses that an FVU of exactly `fvu` is low "
            "enough",
            lambda eigenvalues, fvu: np.sum(unexplained(eigenvalues) >= fvu),
        ),
        (
            "this takes `fvu` for the explained share; it is the unexplained share",
            lambda eigenvalues, fvu: (
                1 + np.argmax(np.cumsum(eigenvalues) / sum(eigenvalues) >= fvu)
            ),
        ),
        (
            "this takes `fvu` for the explained share, and counts from 0",
            lambda eigenvalues, fvu: np.argmax(
                np.cumsum(eigenvalues) / sum(eigenvalues) >= fvu
            ),
        ),
        (
            "this compares a sum of eigenvalues with `fvu`; divide it by the sum of all",
            lambda eigenvalues, fvu: next(
                k for k in range(9) if eigenvalues[k:].sum() <= fvu
            ),
        ),
        (
            "this compares a sum of eigenvalues with 1 - `fvu`; divide it by the sum "
            "of all",
            lambda eigenvalues, fvu: 1 + np.argmax(np.cumsum(eigenvalues) >= 1 - fvu),
        ),
        (
            "this takes the smallest eigenvalues first; they come largest first",
            smallest_first,
        ),
        (
            "this compares each eigenvalue's own share with `fvu`; compare the share "
            "of all that are unexplained together",
            lambda eigenvalues, fvu: (eigenvalues / eigenvalues.sum() > fvu).sum(),
        ),
        (
            "this squares the eigenvalues, which are variances already",
            lambda eigenvalues, fvu: units_needed(eigenvalues**2, fvu),
        ),
        (
            "this takes roots of the eigenvalues; FVU is a share of variances",
            lambda eigenvalues, fvu: units_needed(np.sqrt(eigenvalues), fvu),
        ),
        (
            "this is how many units can be dropped; give how many are needed",
            lambda eigenvalues, fvu: np.sum(
                np.cumsum(eigenvalues[::-1]) / np.sum(eigenvalues) <= fvu
            ),
        ),
        (
            "this counts all numbers of units that are enough; give the smallest",
            lambda eigenvalues, fvu: np.sum(unexplained(eigenvalues) <= fvu),
        ),
        (
            "this is the FVU that is reached; give the number of units",
            lambda eigenvalues, fvu: max(v for v in unexplained(eigenvalues) if v <= fvu),
        ),
        (
            "this is a share of the units; give their number",
            lambda eigenvalues, fvu: units_needed(eigenvalues, fvu) / len(eigenvalues),
        ),
        (
            "these are all numbers of units that are enough; give the smallest",
            lambda eigenvalues, fvu: np.where(unexplained(eigenvalues) <= fvu)[0] + 1,
        ),
        (
            "these are all positions with a low enough FVU, counted from 0; give the "
            "first, plus 1",
            lambda eigenvalues, fvu: np.flatnonzero(unexplained(eigenvalues) <= fvu),
        ),
        (
            "this tells whether each number of units is enough; give the smallest "
            "that is",
            lambda eigenvalues, fvu: unexplained(eigenvalues) <= fvu,
        ),
        (
            "this tells whether each number of units is too small; give the smallest "
            "that is not",
            lambda eigenvalues, fvu: unexplained(eigenvalues) > fvu,
        ),
        (
            "this is the FVU for every number of units; give the smallest number with "
            "at most `fvu`",
            lambda eigenvalues, fvu: unexplained(eigenvalues),
        ),
    ],
    checks.check_honest_penalty: [
        (
            "this is the plain L1 penalty; multiply each activation by the length of "
            "its unit's row",
            lambda code, kernel, strength: strength * np.abs(code).sum(axis=1).mean(),
        ),
        (
            "this is the mean activation; multiply each by the length of its unit's "
            "row, and sum over the units",
            lambda code, kernel, strength: strength * np.mean(np.abs(code)),
        ),
        (
            "this takes the lengths of columns; a unit's row is summed over axis 1",
            lambda code, kernel, strength: (
                strength * np.mean(code @ np.linalg.norm(kernel, axis=0))
            ),
        ),
        (
            "these are squared lengths; take the root",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code * np.sum(kernel**2, axis=1), axis=1))
            ),
        ),
        (
            "this adds up a row's absolute entries; its length is the root of the sum "
            "of their squares",
            lambda code, kernel, strength: (
                strength * np.mean(code @ np.linalg.norm(kernel, ord=1, axis=1))
            ),
        ),
        (
            "this adds up a row's entries; its length is the root of the sum of their "
            "squares",
            lambda code, kernel, strength: (
                strength * np.sum(code @ kernel, axis=1).mean()
            ),
        ),
        (
            "this averages the squares of a row; its length is the root of their sum",
            lambda code, kernel, strength: (
                strength * np.mean(code @ np.mean(kernel**2, axis=1) ** 0.5)
            ),
        ),
        (
            "this is the length of the whole kernel; each unit has a row of its own, "
            "axis 1",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code * np.linalg.norm(kernel), axis=1))
            ),
        ),
        (
            "this uses the mean length; multiply each activation by the length of its "
            "own unit's row",
            lambda code, kernel, strength: (
                strength * code.sum(axis=1).mean() * row_lengths(kernel).mean()
            ),
        ),
        (
            "this multiplies by the sum of all lengths; multiply each activation by "
            "the length of its own unit's row",
            lambda code, kernel, strength: (
                strength * code.sum(axis=1).mean() * row_lengths(kernel).sum()
            ),
        ),
        (
            "this adds the lengths to the activations; multiply",
            lambda code, kernel, strength: (
                strength * (code.sum(axis=1).mean() + row_lengths(kernel).sum())
            ),
        ),
        (
            "this adds the lengths to the activations; multiply",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code + row_lengths(kernel), axis=1))
            ),
        ),
        (
            "this penalizes the kernel alone; multiply each length by its unit's "
            "activation",
            lambda code, kernel, strength: strength * np.sum(row_lengths(kernel)),
        ),
        (
            "this divides by the lengths; multiply: what counts is how far an "
            "activation moves the output",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code / row_lengths(kernel), axis=1))
            ),
        ),
        (
            "this averages over the units; sum over them",
            lambda code, kernel, strength: strength * np.mean(code * row_lengths(kernel)),
        ),
        (
            "this sums over the samples too; take their mean",
            lambda code, kernel, strength: strength * np.sum(code * row_lengths(kernel)),
        ),
        (
            "this sums over the samples and averages over the units; it is the other "
            "way around",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum(code * row_lengths(kernel), axis=0))
            ),
        ),
        (
            "the strength is missing",
            lambda code, kernel, strength: np.mean(code @ row_lengths(kernel)),
        ),
        (
            "this squares the contributions; L1 adds them as they are",
            lambda code, kernel, strength: (
                strength * np.mean(np.sum((code * row_lengths(kernel)) ** 2, axis=1))
            ),
        ),
        (
            "this is the L2 length of a sample's contributions; L1 adds them",
            lambda code, kernel, strength: (
                strength * np.linalg.norm(code * row_lengths(kernel), axis=1).mean()
            ),
        ),
        (
            "this is the length of the output, in which contributions cancel; add up "
            "the length of each",
            lambda code, kernel, strength: (
                strength * np.mean(np.linalg.norm(code @ kernel, axis=1))
            ),
        ),
        (
            "this is the L1 norm of the output, in which contributions cancel; add up "
            "the length of each",
            lambda code, kernel, strength: (
                strength * np.abs(code @ kernel).sum(axis=1).mean()
            ),
        ),
        (
            "this is one penalty per sample; take their mean",
            lambda code, kernel, strength: strength * code @ row_lengths(kernel),
        ),
        (
            "this is one penalty per unit; sum over the units",
            lambda code, kernel, strength: (
                strength * code.mean(axis=0) * row_lengths(kernel)
            ),
        ),
        (
            "this is one penalty per activation; sum over the units, and take the "
            "mean over the samples",
            lambda code, kernel, strength: strength * code * row_lengths(kernel),
        ),
    ],
    checks.check_nonnegative_threshold: [
        (
            "this is the two-sided soft threshold; no result may be negative",
            two_sided,
        ),
        (
            "this is the soft threshold of |x|; negative inputs give 0",
            lambda x, strength: np.abs(two_sided(x, strength)),
        ),
        (
            "this is the hard threshold: what survives must shrink too",
            lambda x, strength: x * (x > strength),
        ),
        (
            "this is the two-sided hard threshold: negative inputs give 0, and what "
            "survives must shrink",
            lambda x, strength: np.where(np.abs(x) < strength, 0, x),
        ),
        (
            "this tells who survives; what survives is x - strength",
            lambda x, strength: x > strength,
        ),
        (
            "this does not stop at 0: h may not be negative",
            lambda x, strength: x - strength,
        ),
        (
            "this subtracts from |x|; subtract from x, and stop at 0",
            lambda x, strength: np.abs(x) - strength,
        ),
        (
            "small inputs cross 0, and negative ones stay negative; h must be at least 0",
            lambda x, strength: x - strength * np.sign(x),
        ),
        (
            "this is ReLU alone; what survives must shrink by strength",
            lambda x, strength: ops.relu(x),
        ),
        (
            "this takes ReLU first; subtract first, then stop at 0",
            lambda x, strength: ops.relu(x) - strength,
        ),
        (
            "inputs between 0 and strength turn negative; they give 0",
            lambda x, strength: [v - strength if v > 0 else 0 for v in x],
        ),
        (
            "inputs below strength stay as they are; they give 0",
            lambda x, strength: [v - strength if v > strength else v for v in x],
        ),
        (
            "this stops at strength; subtract strength, and stop at 0",
            lambda x, strength: np.clip(x, strength, None),
        ),
        (
            "this keeps what is negative; use the maximum",
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
            "this is what an L2 penalty of strength * h**2 does: it scales, where L1 "
            "subtracts",
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
            "this shrinks by half of strength; the derivative of (h - x)**2 / 2 is h - x",
            lambda x, strength: np.maximum(2 * x - strength, 0) / 2,
        ),
        (
            "this is the smallest value of the loss; give the h that reaches it",
            reached_loss,
        ),
        (
            "this is one number for all inputs: np.max takes the largest of an array, "
            "np.maximum compares entry by entry",
            lambda x, strength: np.max(x - strength, 0),
        ),
    ],
    checks.check_reverse_kl_gradient: [
        (
            "this is the gradient of KL(rho || rho_hat); differentiate KL(rho_hat || "
            "rho)",
            lambda code, rho: for_all(
                code, forward_slope(code.mean(axis=0), rho) / len(code)
            ),
        ),
        (
            "this is the gradient of KL(rho || rho_hat), and 1 / batch is missing; "
            "differentiate KL(rho_hat || rho)",
            lambda code, rho: for_all(code, forward_slope(code.mean(axis=0), rho)),
        ),
        (
            "this swaps the letters in the gradient of KL(rho || rho_hat); "
            "differentiate KL(rho_hat || rho) itself, with respect to rho_hat",
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
            "this divides by the number of units too; the divergences are summed over "
            "the units",
            lambda code, rho: for_all(
                code, reverse_slope(code.mean(axis=0), rho) / code.size
            ),
        ),
        (
            "only the second half is divided by batch; put parentheses around both",
            lambda code, rho: (
                np.zeros_like(code)
                + np.log(code.mean(axis=0) / rho)
                - np.log((1 - code.mean(axis=0)) / (1 - rho)) / len(code)
            ),
        ),
        (
            "this uses each activation; use its unit's mean over the batch, rho_hat",
            lambda code, rho: reverse_slope(code, rho) / len(code),
        ),
        (
            "this uses each activation, and 1 / batch is missing; use its unit's mean "
            "over the batch, rho_hat",
            lambda code, rho: reverse_slope(code, rho),
        ),
        (
            "wrong axis: this averages over the units, not over the batch",
            lambda code, rho: per_sample_slope(code, rho, len(code)),
        ),
        (
            "wrong axis: this averages over the units and divides by their number; "
            "average over the batch",
            lambda code, rho: per_sample_slope(code, rho, code.shape[1]),
        ),
        (
            "this averages over both axes; every unit needs a rho_hat of its own",
            lambda code, rho: np.full(
                code.shape, reverse_slope(code.mean(), rho) / len(code)
            ),
        ),
        (
            "rho_hat is a sum over the batch here; it must be a mean",
            lambda code, rho: for_all(
                code, reverse_slope(code.sum(axis=0), rho) / len(code)
            ),
        ),
        (
            "the second half has the wrong sign: 1 - rho_hat falls as rho_hat rises",
            lambda code, rho: by_parts(code, rho, sign=1),
        ),
        (
            "the second half has the wrong sign: 1 - rho_hat falls as rho_hat rises, "
            "so the two 1s cancel",
            lambda code, rho: by_parts(code, rho, first=1, second=1, sign=1),
        ),
        (
            "the second half, -log((1 - rho_hat) / (1 - rho)), is missing",
            lambda code, rho: by_parts(code, rho, sign=0),
        ),
        (
            "the second half is missing: its derivative is -log((1 - rho_hat) / (1 - "
            "rho)) - 1",
            lambda code, rho: by_parts(code, rho, first=1, sign=0),
        ),
        (
            "a + 1 remains: the derivative of the second half ends in - 1, "
            "which cancels it",
            lambda code, rho: by_parts(code, rho, first=1),
        ),
        (
            "a - 1 remains: the derivative of the first half ends in + 1, which "
            "cancels it",
            lambda code, rho: by_parts(code, rho, second=1),
        ),
        (
            "a + 2 remains: the derivatives of the halves end in + 1 and - 1, "
            "which cancel",
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
            "these are logarithms to base 2; take natural ones, np.log",
            lambda code, rho: reverse_kl_gradient(code, rho) / np.log(2),
        ),
        (
            "this goes on to the input of the sigmoid; stop at the derivative with "
            "respect to the activation",
            lambda code, rho: reverse_kl_gradient(code, rho) * code * (1 - code),
        ),
        (
            "one row is right; every sample has the same: repeat it for the batch",
            lambda code, rho: reverse_slope(code.mean(axis=0), rho) / len(code),
        ),
        (
            "this is the derivative with respect to rho_hat; each activation gets 1 / "
            "batch of it, one row for each sample",
            lambda code, rho: reverse_slope(code.mean(axis=0), rho),
        ),
        (
            "this is the divergence; give its gradient",
            lambda code, rho: np.sum(kl(code.mean(axis=0), rho)),
        ),
        (
            "this is the divergence of each unit; give its gradient",
            lambda code, rho: kl(code.mean(axis=0), rho),
        ),
        (
            "this is a divergence for each activation; give the gradient",
            lambda code, rho: kl(code, rho),
        ),
        (
            "wrong sign; this is the right answer times -1",
            lambda code, rho: reverse_kl_gradient(code, rho) * -1,
        ),
    ],
    checks.check_lifetime_sparsity: [
        (
            "this is population sparsity: average over the samples, axis 0",
            lambda code: sparseness(code, 1, code.shape[1]),
        ),
        (
            "1 / n takes the number of samples, not of units",
            lambda code: sparseness(code, 0, code.shape[1]),
        ),
        (
            "the division by (1 - 1/n) is missing",
            lambda code: 1 - code.mean(axis=0) ** 2 / (code**2).mean(axis=0),
        ),
        (
            "this is 1 minus the sparsity: sparse units must score near 1",
            lambda code: 1 - sparseness(code, 0, len(code)),
        ),
        (
            "this is the mean over the units; give one number per unit",
            lambda code: np.mean(sparseness(code, 0, len(code))),
        ),
    ],
}


def cases(table):
    return [
        pytest.param(check, key, answer, id=f"{check.__name__}: {key}")
        for check, rows in table
        for key, answer in rows
    ]


def line_of(capsys, check, answer):
    """What a check prints: one line, and nothing beside it."""
    check(answer)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("\n")
    return out[:-1]


@pytest.mark.parametrize(
    ("check", "form", "answer"), cases((check, rows.items()) for check, rows in RIGHT)
)
def test_right_answers_are_right(capsys, check, form, answer):
    assert line_of(capsys, check, answer) == "Right."
    # An answer that changes its input must not spoil the check for the next one.
    assert line_of(capsys, check, answer) == "Right."


@pytest.mark.parametrize(("check", "message", "answer"), cases(WRONG.items()))
def test_known_mistakes_are_named(capsys, check, message, answer):
    assert line_of(capsys, check, answer) == f"Not yet: {message}."


def test_every_check_is_tested():
    public = {name for name in vars(checks) if name.startswith("check_")}
    assert {check.__name__ for check in CHECKS} == public
    assert {check.__name__ for check in WRONG} == public


def cases_of(monkeypatch, check):
    """The inputs that a check tries, each with its right and its wrong answers."""
    caught = []
    with monkeypatch.context() as patch:
        patch.setattr(checks, "_report_all", lambda answer, cases: caught.extend(cases))
        check(...)
    return caught


@pytest.mark.parametrize("check", CHECKS)
def test_every_message_is_tested(monkeypatch, check):
    cases = cases_of(monkeypatch, check)
    tested = {message for message, _ in WRONG[check]}
    tested.discard("wrong sign; this is the right answer times -1")  # of every check
    for case in cases:
        assert set(case.mistakes) == tested


@pytest.mark.parametrize("check", CHECKS)
def test_no_two_answers_are_nearly_equal(monkeypatch, check):
    """What is equal on a check's inputs would be given the other one's message."""
    cases = cases_of(monkeypatch, check)
    answers = {
        message: [np.asarray(case.mistakes[message], dtype=float) for case in cases]
        for message in cases[0].mistakes
    }
    answers["right"] = [np.asarray(case.right, dtype=float) for case in cases]
    answers["wrong sign"] = [-each for each in answers["right"]]
    names = list(answers)
    assert all(np.isfinite(each).all() for name in names for each in answers[name])
    same = [
        (name, other)
        for i, name in enumerate(names)
        for other in names[:i]
        if all(
            each.shape == its.shape and np.allclose(each, its, rtol=0.01, atol=1e-3)
            for each, its in zip(answers[name], answers[other], strict=True)
        )
    ]
    assert same == []


def test_rounding_makes_no_number_of_units_wrong(monkeypatch):
    edges = 0
    for case in cases_of(monkeypatch, checks.check_units_needed):
        eigenvalues, fvu = case.inputs
        distances = np.abs(unexplained(eigenvalues) - fvu)
        exact = distances == 0
        edges += exact.sum()
        assert (distances[~exact] > 0.02).all()
        # Shares with a short binary fraction are exact in any order, in 32 bits too.
        if exact.any():
            shares = eigenvalues.astype("float32") / eigenvalues.sum()
            assert (shares * 2**10 % 1 == 0).all()
            assert fvu * 2**10 % 1 == 0
    assert edges == 1


# --- no answer, and what is none ---


def stub(*inputs): ...


def stub_that_returns(*inputs):
    return ...


def stub_with_docstring(*inputs):
    """Say what to do."""
    ...


def stub_that_passes(*inputs):
    pass


def begun_stub(*inputs):
    np.sum(inputs[0])
    return ...


STUBS = [..., stub, stub_that_returns, stub_with_docstring, stub_that_passes, begun_stub]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("answer", STUBS)
def test_a_stub_is_told_that_it_is_the_readers_turn(capsys, check, answer):
    assert line_of(capsys, check, answer) == (
        "Your turn: replace the ... in the cell above with your own code, and run it."
    )


def without_return(*inputs):
    total = np.sum(inputs[0])
    total += 1


def begun_without_return(*inputs):
    np.sum(inputs[0])
    ...


def returning_a_sort(*inputs):
    return inputs[0].sort()  # sorts in place, and returns None


class WithoutCode:
    """An object that can be called, and has no code of its own to look at."""

    def __call__(self, *inputs):
        pass


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "answer", [without_return, begun_without_return, returning_a_sort, WithoutCode()]
)
def test_a_missing_return_is_told_so(capsys, check, answer):
    assert line_of(capsys, check, answer) == (
        "Not yet: your function returned None; its `return` may be missing. "
        "To print a result is not to return it."
    )


def test_a_printed_answer_is_told_to_return(capsys):
    checks.check_pixel_copy_fvu(lambda x, k: print("FVU:", k))
    assert capsys.readouterr().out.splitlines() == [
        "FVU: 2",
        "Not yet: your function returned None; its `return` may be missing. "
        "To print a result is not to return it.",
    ]


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("result", "kind"), [(0.5, "float"), (np.ones(3), "ndarray"), (None, "NoneType")]
)
def test_a_result_in_place_of_a_function_is_told_so(capsys, check, result, kind):
    assert line_of(capsys, check, result) == (
        f"Not yet: pass your function itself, not its result; got {kind}."
    )


@pytest.mark.parametrize("check", CHECKS)
def test_a_wrong_shape_is_told_so(capsys, check):
    line = line_of(capsys, check, lambda *inputs: np.full((2, 1, 2), 0.3))
    assert line.startswith("Not yet: wrong shape; expected (")
    assert "got (2, 1, 2). A single number has shape ()." in line


def test_the_right_number_in_a_vector_is_a_wrong_shape(capsys):
    line = line_of(
        capsys,
        checks.check_pixel_copy_fvu,
        lambda x, k: np.reshape(pixel_copy_fvu(x, k), (1, 1)),
    )
    assert line == (
        "Not yet: wrong shape; expected (), got (1, 1). A single number has shape ()."
    )


@pytest.mark.parametrize(("check", "right"), [(c, f["numpy"]) for c, f in RIGHT])
def test_nan_is_told_so(capsys, check, right):
    line = line_of(capsys, check, lambda *inputs: right(*inputs) * np.nan)
    assert line == (
        "Not yet: the answer holds NaN; look for the log of a negative number or a "
        "division of 0 by 0."
    )


@pytest.mark.parametrize(("check", "right"), [(c, f["numpy"]) for c, f in RIGHT])
def test_a_wrong_sign_is_told_so(capsys, check, right):
    line = line_of(capsys, check, lambda *inputs: -right(*inputs))
    assert line == "Not yet: wrong sign; this is the right answer times -1."


@pytest.mark.parametrize(("check", "right"), [(c, f["numpy"]) for c, f in RIGHT])
@pytest.mark.parametrize("error", [1.001, 0.999])
def test_a_small_error_is_still_an_error(capsys, check, right, error):
    def answer(*inputs):
        return right(*inputs) * error

    assert line_of(capsys, check, answer).startswith("Not yet: expected ")


@pytest.mark.parametrize(
    ("check", "answer", "line"),
    [
        (
            checks.check_honest_penalty,
            lambda code, kernel, strength: 99,
            "expected 0.28, got 99.",
        ),
        (
            checks.check_nonnegative_threshold,
            lambda x, strength: [1 / 3, -0.0, 0, 0, 0, 0, 4],
            "expected [0 0 0 0 0 0.3 1.4], got [0.3333 0 0 0 0 0 4].",
        ),
        (
            checks.check_units_needed,
            lambda eigenvalues, fvu: 9,
            "expected 2, got 9 for the input [8 4 2 1 1] and 0.25.",
        ),
        (  # right on the first input
            checks.check_units_needed,
            lambda eigenvalues, fvu: 2,
            "expected 4, got 2 for the input [14 9 4 3 1.5 0.5] and 0.12.",
        ),
    ],
)
def test_an_unknown_mistake_shows_what_was_expected(capsys, check, answer, line):
    assert line_of(capsys, check, answer) == f"Not yet: {line}"


def test_an_answer_that_changes_its_input_is_shown_the_input_as_it_was(capsys):
    def answer(eigenvalues, fvu):
        eigenvalues /= eigenvalues.sum()
        return 9

    line = line_of(capsys, checks.check_units_needed, answer)
    assert line.endswith(" for the input [8 4 2 1 1] and 0.25.")


@pytest.mark.parametrize("check", CHECKS)
def test_an_exception_is_shown(capsys, check):
    def answer(*inputs):
        raise KeyError("rho")

    line = line_of(capsys, check, answer)
    assert line == "Not yet: your function stopped with KeyError: 'rho'"


@pytest.mark.parametrize(
    "answer",
    [
        lambda x, strength: max(x - strength, 0),
        lambda x, strength: x - strength if x > strength else 0,
    ],
)
def test_max_and_if_of_an_array_are_known(capsys, answer):
    line = line_of(capsys, checks.check_nonnegative_threshold, answer)
    assert line.startswith("Not yet: your function stopped with ValueError: The truth ")
    assert line.endswith("; for arrays use np.maximum and np.where, not max and if.")


@pytest.mark.parametrize("check", CHECKS)
def test_a_function_of_other_arguments_is_told_so(capsys, check):
    line = line_of(capsys, check, lambda: 0.5)
    assert line.startswith("Not yet: your function stopped with TypeError")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("high", "str"),
        ({"l0": 1}, "dict"),
        ([[1.0], [1.0, 2.0]], "list"),
        (print, "built"),
    ],
)
def test_something_that_is_no_array_is_told_so(capsys, check, value, kind):
    line = line_of(capsys, check, lambda *inputs: value)
    assert line.startswith(
        f"Not yet: the answer must be a number or an array; got {kind}"
    )


def test_a_number_in_a_string_is_no_number(capsys):
    line = line_of(
        capsys, checks.check_pixel_copy_fvu, lambda x, k: str(pixel_copy_fvu(x, k))
    )
    assert line == "Not yet: the answer must be a number or an array; got str."
