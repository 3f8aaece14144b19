"""Checks of the answers in notebook 02."""

from sae_utils.checks.diagnosis import Case, report

import numpy as np


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
    report(
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
    return Case(
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
    report(answer, [_nonnegative_threshold(x, 0.6), _nonnegative_threshold(other, 0.35)])


def _nonnegative_threshold(x, strength):
    size, relu = np.abs(x), np.maximum(x, 0)
    right = np.maximum(x - strength, 0)
    return Case(
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
