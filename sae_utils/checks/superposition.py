"""Checks of the answers in notebook 06."""

from sae_utils.checks.diagnosis import Case, report

import numpy as np
from scipy.optimize import linear_sum_assignment


def check_mmcs(answer):
    """Check an answer to "write the mean maximum cosine similarity".

    It is the mean over the true directions of the largest cosine with any learned one.

    Args:
        answer: A function of `true` of shape `(features, inputs)` and `learned` of shape
            `(units, inputs)`, whose rows have any length but 0, that returns one number.
    """
    true = np.array(
        [[0.6, 0.8, 0.0], [-1.2, 0.4, 0.9], [0.3, -0.2, 1.5], [1.0, 1.0, 0.2]]
    )
    learned = np.array([[-1.1, -0.9, 0.3], [0.4, 0.1, 0.7]])
    other = np.array([[0.5, -0.5], [0.1, 2.0]])
    many = np.array([[0.3, 0.8], [-1.5, 0.2], [-0.7, 0.9]])
    report(answer, [_mmcs(true, learned), _mmcs(other, many)])


def _mmcs(true, learned):
    lengths, others = (np.linalg.norm(rows, axis=1) for rows in (true, learned))
    dots = true @ learned.T
    cosines = dots / np.outer(lengths, others)
    by_column = [rows / np.linalg.norm(rows, axis=0) for rows in (true, learned)]
    one_to_one = linear_sum_assignment(cosines, maximize=True)
    whole = dots / np.linalg.norm(true) / np.linalg.norm(learned)

    def mean_largest(table):
        return table.max(axis=1).mean()

    return Case(
        {"true": true, "learned": learned},
        mean_largest(cosines),
        mistakes={
            "these are dot products; divide each row of both arrays by its length": (
                mean_largest(dots)
            ),
            "the rows of `true` have lengths, too; divide by them": (
                mean_largest(dots / others)
            ),
            "the rows of `learned` have lengths, too; divide by them": (
                mean_largest(dots / lengths[:, np.newaxis])
            ),
            "this divides by the lengths of columns; a direction is a row, axis 1": (
                mean_largest(by_column[0] @ by_column[1].T)
            ),
            "this divides by the length of the whole array; each row has its own": (
                mean_largest(whole)
            ),
            "this asks whether each unit is a feature; take the largest cosine of each "
            "feature, over the units": cosines.max(axis=0).mean(),
            "this takes absolute values; a unit that points the other way has not found "
            "the feature": mean_largest(np.abs(cosines)),
            "this averages all cosines; take each feature's largest": cosines.mean(),
            "this is the largest cosine of all; average each feature's largest": (
                cosines.max()
            ),
            "this adds up the largest cosines; take their mean": (
                cosines.max(axis=1).sum()
            ),
            "these are the largest cosines, one per feature; take their mean": (
                cosines.max(axis=1)
            ),
            "this takes the smallest cosines; take the largest": cosines.min(
                axis=1
            ).mean(),
            "this gives each unit to one feature only; two features may have the same "
            "best unit": cosines[one_to_one].mean(),
        },
    )


def check_dimensions_per_feature(answer):
    """Check an answer to "write how many dimensions each feature has to itself".

    For a row `w` it is its squared length, divided by the sum over all rows `v` of the
    square of their dot product with `w / length of w`; 0 for a row of zeros. Source:
    Elhage et al., "Toy models of superposition" (2022), where it is called
    dimensionality.

    Args:
        answer: A function of `rows` of shape `(features, inputs)` that returns an array
            of shape `(features,)`.
    """
    rows = np.array([[1.1, 0.2], [-0.3, 0.9], [0.0, 0.0], [-0.8, -0.7]])
    other = np.array([[0.5, 0.1, -0.4], [1.3, 0.2, 0.6], [-0.2, 0.8, 0.3]])
    report(answer, [_dimensions_per_feature(rows), _dimensions_per_feature(other)])


def _dimensions_per_feature(rows):
    lengths = np.linalg.norm(rows, axis=1)
    units = rows / np.where(lengths > 0, lengths, 1)[:, np.newaxis]
    overlaps = units @ rows.T  # row i, column j: how far row j reaches along row i

    def share(below, above=lengths**2):
        return np.divide(above, below, out=np.zeros(len(rows)), where=below > 0)

    others = np.sum(overlaps**2, axis=1) - lengths**2
    return Case(
        {"rows": rows},
        share(np.sum(overlaps**2, axis=1)),
        mistakes={
            "this leaves out the feature itself; the sum runs over all j, i included": (
                share(others)
            ),
            "the overlaps are not squared; square each before you add them up": (
                share(
                    np.abs(overlaps.sum(axis=1)),
                    np.sign(overlaps.sum(axis=1)) * lengths**2,
                )
            ),
            "this adds up absolute overlaps; square each": (
                share(np.abs(overlaps).sum(axis=1))
            ),
            "this squares the sum of the overlaps; add up their squares": (
                share(overlaps.sum(axis=1) ** 2)
            ),
            "in the sum, row i must have length 1, and row j its own length; here both "
            "have length 1": share(np.sum((units @ units.T) ** 2, axis=1)),
            "in the sum, row i must have length 1; divide it by its length": (
                share(np.sum((rows @ rows.T) ** 2, axis=1))
            ),
            "this divides row j by its length; divide row i, the one whose share it is": (
                share(np.sum(overlaps**2, axis=0))
            ),
            "the length above is not squared": (
                share(np.sum(overlaps**2, axis=1), lengths)
            ),
            "this is the sum below the line; divide the squared length by it": (
                np.sum(overlaps**2, axis=1)
            ),
            "this is upside down; divide the squared length by the sum": (
                np.divide(
                    np.sum(overlaps**2, axis=1),
                    lengths**2,
                    out=np.zeros(len(rows)),
                    where=lengths > 0,
                )
            ),
        },
    )
