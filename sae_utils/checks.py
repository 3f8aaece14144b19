"""Checks of the exercises' answers. Each prints one line that names the likely mistake.

Every check calls the reader's function on a small input, and compares the result
with the right answer first, and then with the answers of known mistakes.
"""

from typing import NamedTuple

import numpy as np
from keras import ops

YOUR_TURN = "Your turn: replace the ... in the cell above with your own code, and run it."
TOLERANCE = {"rtol": 1e-4, "atol": 1e-6}


def check_pixel_copy_fvu(answer):
    """Check an answer to "write the FVU of a code that copies k pixels".

    The code keeps the `k` inputs that vary most over the samples, and fills in every
    other input's mean.

    Args:
        answer: A function of `x` of shape `(samples, inputs)` and `k` that returns one
            number, the fraction of variance unexplained.
    """
    k = 2
    x = np.array(
        [
            [0.9, 0.8, 0.1, 0.2, 0.4, 0.3],
            [0.7, 0.2, 0.4, 0.1, 0.3, 0.2],
            [0.8, 0.0, 0.0, 0.2, 0.4, 0.5],
            [0.9, 0.5, 0.7, 0.2, 0.3, 0.3],
            [0.8, 0.2, 0.0, 0.1, 0.6, 0.3],
        ]
    )
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
    _report(
        answer,
        (x, k),
        right,
        mistakes={
            "this is the explained share; FVU is the unexplained share": 1 - right,
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
            `fvu`, that returns the smallest number of linear units whose FVU, the share
            of the eigenvalues' sum that they leave unexplained, is at most `fvu`.
    """
    # The first eigenvalues are powers of 2, so that no answer rounds: two units explain
    # 3/4, and their FVU is exactly 1/4. In the others, no FVU is near the limit.
    _report_all(
        answer,
        [
            _units_needed(np.array(eigenvalues), fvu)
            for eigenvalues, fvu in [
                ([8.0, 4.0, 2.0, 1.0, 1.0], 0.25),
                ([14.0, 9.0, 4.0, 3.0, 1.5, 0.5], 0.12),
                ([7.0, 4.0, 3.0, 2.0], 0.5),
            ]
        ],
    )


def _units_needed(eigenvalues, fvu):
    total, inputs = eigenvalues.sum(), len(eigenvalues)
    explained = np.cumsum(eigenvalues) / total
    unexplained = 1 - explained
    right = 1 + np.sum(unexplained > fvu)

    def needed(sizes):
        return 1 + np.sum(1 - np.cumsum(sizes) / sizes.sum() > fvu)

    return _Case(
        (eigenvalues, fvu),
        right,
        mistakes={
            "this counts from 0: add 1 to get from a position to a number of units": (
                right - 1
            ),
            "this is one unit too many: entry 0 of a cumulative sum has one unit in it": (
                right + 1
            ),
            "an FVU of exactly `fvu` is low enough: use <= or >": (
                1 + np.sum(unexplained >= fvu)
            ),
            "this counts from 0, and it misses that an FVU of exactly `fvu` is low "
            "enough": np.sum(unexplained >= fvu),
            "this takes `fvu` for the explained share; it is the unexplained share": (
                1 + np.sum(explained < fvu)
            ),
            "this takes `fvu` for the explained share, and counts from 0": (
                np.sum(explained < fvu)
            ),
            "this compares a sum of eigenvalues with `fvu`; divide it by the sum of "
            "all": 1 + np.sum(total * unexplained > fvu),
            "this compares a sum of eigenvalues with 1 - `fvu`; divide it by the sum of "
            "all": 1 + np.sum(total * explained < 1 - fvu),
            "this takes the smallest eigenvalues first; they come largest first": (
                needed(eigenvalues[::-1])
            ),
            "this compares each eigenvalue's own share with `fvu`; compare the share of "
            "all that are unexplained together": np.sum(eigenvalues / total > fvu),
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
            "is": unexplained <= fvu,
            "this tells whether each number of units is too small; give the smallest "
            "that is not": unexplained > fvu,
            "this is the FVU for every number of units; give the smallest number with at "
            "most `fvu`": unexplained,
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
    code = np.array([[0.0, 1.2, 0.5], [2.0, 0.3, 0.0], [0.7, 0.0, 0.0], [0.1, 0.4, 1.5]])
    # As many outputs as units, so that a sum over the wrong axis is a number, too. The
    # rows are 0.5, 2 and 3 long.
    kernel = np.array([[0.4, 0.3, 0.0], [1.6, -1.2, 0.0], [2.0, -1.0, -2.0]])
    strength = 0.1
    lengths = np.linalg.norm(kernel, axis=1)
    contributions = code * lengths

    def penalty(sizes, axis=1):
        return strength * np.sum(sizes, axis=axis).mean()

    right = penalty(contributions)
    _report(
        answer,
        (code, kernel, strength),
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
    x = np.array([-3.0, -1.0, -0.4, 0.0, 0.3, 0.9, 2.0])
    strength = 0.6
    size, relu = np.abs(x), np.maximum(x, 0)
    right = np.maximum(x - strength, 0)
    _report(
        answer,
        (x, strength),
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
    code, rho = _sigmoid_code(), 0.15  # one unit is below this target, two are above
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
    _report(
        answer,
        (code, rho),
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
            "this is a divergence for each activation; give the gradient": kl(code),
        },
    )


def check_lifetime_sparsity(answer):
    """Check an answer to "write the lifetime sparsity of every unit".

    Args:
        answer: A function of a code of shape `(samples, units)`, no unit of which is
            dead, that returns an array of shape `(units,)`.
    """
    code = _sigmoid_code()
    samples = len(code)

    def sparseness(axis, n):
        return (1 - code.mean(axis=axis) ** 2 / (code**2).mean(axis=axis)) / (1 - 1 / n)

    _report(
        answer,
        (code,),
        right=sparseness(0, samples),
        mistakes={
            "this is population sparsity: average over the samples, axis 0": (
                sparseness(1, code.shape[1])
            ),
            "1 / n takes the number of samples, not of units": sparseness(
                0, code.shape[1]
            ),
            "the division by (1 - 1/n) is missing": sparseness(0, np.inf),
            "this is 1 minus the sparsity: sparse units must score near 1": (
                1 - sparseness(0, samples)
            ),
            "this is the mean over the units; give one number per unit": (
                sparseness(0, samples).mean()
            ),
        },
    )


def _sigmoid_code():
    """A fixed code of shape `(5, 3)` in (0, 1), sparse enough to look like one.

    A unit's sum over the batch is also below 1, so that the log of 1 minus the sum is not
    NaN, which many mistakes give, but a number that identifies the mistake.
    """
    return np.array(
        [
            [0.02, 0.10, 0.20],
            [0.70, 0.20, 0.05],
            [0.05, 0.15, 0.10],
            [0.01, 0.05, 0.40],
            [0.03, 0.08, 0.15],
        ]
    )


def _largest_first(values):
    return np.sort(values)[::-1]


class _Case(NamedTuple):
    """One input, the right answer to it, and those of known mistakes by message."""

    inputs: tuple
    right: object
    mistakes: dict


def _report(answer, inputs, right, mistakes):
    """Print what is right or wrong about `answer(*inputs)`, in one line."""
    _report_all(answer, [_Case(inputs, right, mistakes)])


def _report_all(answer, cases):
    """Do the same for several inputs: a mistake must give the answers to all of them."""
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
            returned = answer(*map(_copy, case.inputs))
        except Exception as error:  # the reader is shown whatever it raises
            said = f"{type(error).__name__}: {error}"
            if "truth value of an array" in said:
                said += "; for arrays use np.maximum and np.where, not max and if."
            return f"Not yet: your function stopped with {said}"
        if returned is ... or (returned is None and _is_empty(answer)):
            return YOUR_TURN
        if returned is None:
            return (
                "Not yet: your function returned None; its `return` may be missing. "
                "To print a result is not to return it."
            )
        answers.append(_as_array(returned))
        if answers[-1] is None:
            return (
                f"Not yet: the answer must be a number or an array; got "
                f"{type(returned).__name__}."
            )
    return _verdict(answers, cases)


def _verdict(answers, cases):
    rights = [np.asarray(case.right, dtype=float) for case in cases]
    if _all_close(answers, rights):
        return "Right."
    for message in cases[0].mistakes:
        if _all_close(answers, [case.mistakes[message] for case in cases]):
            return f"Not yet: {message}."
    got, right, inputs = next(
        (got, right, case.inputs)
        for got, right, case in zip(answers, rights, cases, strict=True)
        if not _all_close([got], [right])
    )
    if got.shape != right.shape:
        return (
            f"Not yet: wrong shape; expected {right.shape}, got {got.shape}. "
            "A single number has shape ()."
        )
    if np.isnan(got).any():
        return (
            "Not yet: the answer holds NaN; look for the log of a negative number or a "
            "division of 0 by 0."
        )
    if _all_close(answers, [-right for right in rights]):
        return "Not yet: wrong sign; this is the right answer times -1."
    text = " and ".join(_text(np.asarray(each)) for each in inputs)
    given = f" for the input {text}" if len(cases) > 1 else ""
    return f"Not yet: expected {_text(right)}, got {_text(got)}{given}."


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


def _text(array):
    # Adding 0 turns -0 into 0.
    return np.array2string(array + 0.0, formatter={"float": "{:.4g}".format})


def _as_array(returned):
    """Return a number, list, array, or tensor as floats; None if it is none of these."""
    if isinstance(returned, str):
        return None  # NumPy would read "0.5" as a number
    try:
        if ops.is_tensor(returned):
            returned = ops.convert_to_numpy(returned)
        return np.asarray(returned, dtype=float)
    except (TypeError, ValueError):
        return None
