"""What a class would hand in for the exercises of notebook 06."""

from sae_utils import checks, matching

import numpy as np
from keras import ops
from scipy.spatial.distance import cdist


def unit(rows):
    return rows / np.sqrt(np.sum(np.square(rows), axis=1, keepdims=True))


def mmcs(true, learned):
    return np.mean(np.max(unit(true) @ unit(learned).T, axis=1))


def mmcs_loop(true, learned):
    largest = []
    for feature in true:
        cosines = []
        for row in learned:
            dot = sum(a * b for a, b in zip(feature, row, strict=True))
            cosines.append(dot / (sum(feature**2) * sum(row**2)) ** 0.5)
        largest.append(max(cosines))
    return sum(largest) / len(largest)


def mmcs_ops(true, learned):
    true = ops.normalize(ops.convert_to_tensor(true, dtype="float32"), axis=1)
    learned = ops.normalize(ops.convert_to_tensor(learned, dtype="float32"), axis=1)
    return ops.mean(ops.max(true @ ops.transpose(learned), axis=1))


def mmcs_in_place(true, learned):
    true /= np.linalg.norm(true, axis=1, keepdims=True)
    learned /= np.linalg.norm(learned, axis=1, keepdims=True)
    return (true @ learned.T).max(1).mean()


def dimensions(rows):
    overlaps = unit_or_zero(rows) @ rows.T
    below = np.sum(overlaps**2, axis=1)
    return np.where(below > 0, np.sum(rows**2, axis=1) / np.where(below > 0, below, 1), 0)


def unit_or_zero(rows):
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, 1e-12)


def dimensions_loop(rows):
    shares = []
    for row in rows:
        length = np.sqrt(row @ row)
        if length == 0:
            shares.append(0.0)
            continue
        below = sum((row / length @ other) ** 2 for other in rows)
        shares.append(length**2 / below)
    return shares


def dimensions_ops(rows):
    rows = ops.convert_to_tensor(rows, dtype="float32")
    overlaps = ops.matmul(ops.normalize(rows, axis=1), ops.transpose(rows))
    below = ops.sum(overlaps**2, axis=1)
    return ops.sum(rows**2, axis=1) / ops.maximum(below, 1e-9)


def without_zero_rows(rows):
    with np.errstate(all="ignore"):
        return np.sum(rows**2, axis=1) / np.sum((unit(rows) @ rows.T) ** 2, axis=1)


def off_diagonal(rows):
    overlaps = (unit_or_zero(rows) @ rows.T) ** 2
    np.fill_diagonal(overlaps, 0)
    below = overlaps.sum(axis=1)
    return np.sum(rows**2, axis=1) / np.where(below > 0, below, 1)


CASES = {
    checks.check_mmcs: [
        ("Right.", mmcs),
        ("Right.", mmcs_loop),
        ("Right.", mmcs_ops),
        ("Right.", mmcs_in_place),
        ("Right.", matching.mmcs),
        ("Right.", lambda t, r: np.mean(1 - cdist(t, r, "cosine").min(axis=1))),
        ("these are dot products", lambda t, r: (t @ r.T).max(axis=1).mean()),
        ("rows of `true` have lengths", lambda t, r: (t @ unit(r).T).max(axis=1).mean()),
        ("rows of `learned` have lengths", lambda t, r: (unit(t) @ r.T).max(1).mean()),
        ("lengths of columns", lambda t, r: (unit(t.T).T @ unit(r.T)).max(1).mean()),
        (
            "length of the whole array",
            lambda t, r: (t @ r.T).max(1).mean() / np.linalg.norm(t) / np.linalg.norm(r),
        ),
        ("whether each unit is a feature", lambda t, r: mmcs(r, t)),
        ("absolute values", lambda t, r: np.abs(unit(t) @ unit(r).T).max(axis=1).mean()),
        ("averages all cosines", lambda t, r: np.mean(unit(t) @ unit(r).T)),
        ("the largest cosine of all", lambda t, r: np.max(unit(t) @ unit(r).T)),
        ("adds up", lambda t, r: len(t) * mmcs(t, r)),
        ("one per feature", lambda t, r: np.max(unit(t) @ unit(r).T, axis=1)),
        ("smallest cosines", lambda t, r: (unit(t) @ unit(r).T).min(axis=1).mean()),
        ("to one feature only", lambda t, r: matching.match_units(t, r)[1].mean()),
        ("look at the axes", lambda t, r: np.mean(np.max(t @ r, axis=1))),
    ],
    checks.check_dimensions_per_feature: [
        ("Right.", dimensions),
        ("Right.", dimensions_loop),
        ("Right.", dimensions_ops),
        ("the answer holds NaN", without_zero_rows),
        ("leaves out the feature itself", off_diagonal),
        (
            "not squared; square each",
            lambda w: np.divide(
                np.sum(w**2, axis=1),
                np.sum(unit_or_zero(w) @ w.T, axis=1),
                out=np.zeros(len(w)),
                where=w.any(axis=1),
            ),
        ),
        (
            "absolute overlaps",
            lambda w: (
                np.sum(w**2, 1) / np.maximum(np.abs(unit_or_zero(w) @ w.T).sum(1), 1e-9)
            ),
        ),
        (
            "squares the sum",
            lambda w: (
                np.sum(w**2, 1) / np.maximum(np.sum(unit_or_zero(w) @ w.T, 1) ** 2, 1e-9)
            ),
        ),
        (
            "here both have length 1",
            lambda w: (
                np.sum(w**2, 1)
                / np.maximum(
                    np.sum((unit_or_zero(w) @ unit_or_zero(w).T) ** 2, axis=1), 1e-9
                )
            ),
        ),
        (
            "divide it by its length",
            lambda w: np.sum(w**2, 1) / np.maximum(np.sum((w @ w.T) ** 2, axis=1), 1e-9),
        ),
        (
            "divides row j",
            lambda w: (
                np.sum(w**2, 1)
                / np.maximum(np.sum((unit_or_zero(w) @ w.T) ** 2, axis=0), 1e-9)
            ),
        ),
        (
            "not squared",
            lambda w: (
                np.linalg.norm(w, axis=1)
                / np.maximum(np.sum((unit_or_zero(w) @ w.T) ** 2, axis=1), 1e-9)
            ),
        ),
        ("below the line", lambda w: np.sum((unit_or_zero(w) @ w.T) ** 2, axis=1)),
        (
            "upside down",
            lambda w: (
                np.sum((unit_or_zero(w) @ w.T) ** 2, axis=1)
                / np.where(w.any(axis=1), np.sum(w**2, axis=1), 1)
            ),
        ),
        ("wrong shape; expected (4,), got ()", lambda w: dimensions(w).mean()),
    ],
}
