"""Which unit of one code is which of another, or of the truth, by direction alone.

A direction is a row of an array: a true feature, or a unit's row of the decoder. Two rows
are compared by their cosine, so lengths do not matter, and signs do: a ReLU unit cannot
be turned around. For a method whose signs mean nothing, such as PCA, give each row with
both signs: `np.vstack([rows, -rows])`. It then has twice the rows, and twice the chances.
"""

from sae_utils.codes import checked_values

import numpy as np
from scipy.optimize import linear_sum_assignment


def cosines(a, b):
    """Cosine of each row of one array with each row of another.

    Args:
        a: Directions, shape `(rows of a, inputs)`.
        b: Directions, shape `(rows of b, inputs)`.

    Returns:
        An array of shape `(rows of a, rows of b)`, with values in [-1, 1]. A row of
        length 0 has no direction, and a cosine of 0 with every row.

    Raises:
        ValueError: If `a` or `b` is not of rank 2, is empty, or holds a value that is not
            finite, or if their rows differ in length.
    """
    a, b = _checked_rows("a", a), _checked_rows("b", b)
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"The rows of both must have the same number of inputs; got shapes {a.shape} "
            f"and {b.shape}. (Rows are directions: transpose an array of columns.)"
        )
    return np.clip(_unit_rows(a) @ _unit_rows(b).T, -1, 1)


def mmcs(true, learned):
    """Mean maximum cosine similarity: how well each true direction was found.

    The mean over the rows of `true` of the largest cosine with any row of `learned`. It
    is not symmetric: with the arguments swapped, it tells how close to a true direction
    each learned one is. Random rows do not score 0; see `mmcs(true, random_rows)`.

    Args:
        true: The directions to find, shape `(features, inputs)`.
        learned: The directions that were learned, such as `codes.decoder_rows(model)`,
            shape `(units, inputs)`.

    Returns:
        A float in [-1, 1]; 1 if every row of `true` is among those of `learned`, up to
        their lengths.

    Raises:
        ValueError: As `cosines` does.

    Source: Sharkey, Braun and Millidge, "Taking features out of superposition with sparse
    autoencoders" (2022).
    """
    return float(cosines(true, learned).max(axis=1).mean())


def match_units(a, b):
    """Pair the rows of two arrays, one to one, so that the sum of cosines is largest.

    In `mmcs`, two rows may have the same best partner. Here no row has two, and if one
    array has more rows than the other, its remaining rows have none.

    Args:
        a: Directions, shape `(rows of a, inputs)`.
        b: Directions, shape `(rows of b, inputs)`.

    Returns:
        A pair `(pairs, found)`. `pairs` has shape `(n, 2)`, where n is the smaller number
        of rows; each pair is an index into `a` and one into `b`, in the order of `a`.
        `found` has shape `(n,)`: the cosines of the pairs.

    Raises:
        ValueError: As `cosines` does.

    Source: Kuhn, "The Hungarian method for the assignment problem", Naval Research
    Logistics Quarterly 2 (1955); computed by `scipy.optimize.linear_sum_assignment`.
    """
    similarity = cosines(a, b)
    of_a, of_b = linear_sum_assignment(similarity, maximize=True)
    return np.column_stack([of_a, of_b]), similarity[of_a, of_b]


def _checked_rows(name, rows):
    rows = checked_values(name, rows)
    if rows.ndim != 2:
        raise ValueError(
            f"{name} must have shape (rows, inputs), one direction per row; got "
            f"{rows.shape}."
        )
    if not np.isfinite(rows).all():
        raise ValueError(f"{name} must hold finite numbers only.")
    return rows.astype(np.float64)


def _unit_rows(rows):
    """Divide each row by its length; a row of zeros stays as it is."""
    # First by the largest entry, so that no square is rounded to zero.
    largest = np.abs(rows).max(axis=1, keepdims=True)
    rows = rows / np.where(largest > 0, largest, 1)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(lengths > 0, lengths, 1)
