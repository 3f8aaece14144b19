"""Concepts of a text whose truth is known, and how well activations detect them."""

import re

from sae_utils import texts

import numpy as np

# What a symbol may be, as a regular expression that matches just such symbols.
PATTERNS = {
    "after a space": " ",
    "after a comma": ",",
    "after q": "q",
    "after th": "(?<=t)h",
    "after ing": "(?<=in)g",
    "after Mr": "(?<=M)r",
    "after a sentence": r"(?<=[a-z]{3}\.) ",
    "new paragraph": r"\n",
    "in a capitalized word": "[A-Z][a-z]*",
    "fifth letter or later": "(?<=[A-Za-z]{4})[a-z]",
    "after a vowel": "[aeiou]",
    "inside quotation marks": r'"[^"\n]*"?',
}
# Thresholds that are tried, as shares of the largest activation.
SHARES = np.arange(0, 1, 0.05)


def labels_at(text, ends, patterns=None):
    """Tell for each position of each window which concepts hold there.

    Args:
        text: A string.
        ends: Where each window of 64 ends, as for `texts.windows`.
        patterns: A dict from a concept's name to a regular expression that matches the
            symbols for which it holds; `PATTERNS` if None.

    Returns:
        A boolean array of shape `(windows * 64, concepts)`.

    Raises:
        ValueError: If a pattern is no regular expression, or as `texts.windows` does.
    """
    columns = []
    for name, pattern in (PATTERNS if patterns is None else patterns).items():
        try:
            marked = texts.mark(text, pattern)
        except re.error as error:
            raise ValueError(f"The pattern of {name!r} is not valid: {error}.") from None
        columns.append(texts.windows(marked, ends).ravel())
    return np.stack(columns, axis=1)


def f1_scores(on, labels):
    """F1 score of each column of one table for each column of another.

    Args:
        on: What is on at a position, boolean, shape `(positions, units)`.
        labels: What holds there, boolean, shape `(positions, concepts)`.

    Returns:
        An array of shape `(concepts, units)`: twice the positions that have both,
        divided by the number that have the one plus the number that have the other. 0
        where neither occurs.

    Raises:
        ValueError: If the two differ in their number of positions.
    """
    _check_positions("on", on, labels)
    on, labels = on.astype("float32"), labels.astype("float32")
    both = labels.T @ on
    return 2 * both / np.maximum(labels.sum(axis=0)[:, None] + on.sum(axis=0), 1)


def best_units(activity, labels):
    """Find the unit and the threshold that detect each concept best.

    Args:
        activity: Activations, shape `(positions, units)`.
        labels: What holds there, boolean, shape `(positions, concepts)`.

    Returns:
        A pair of arrays of shape `(concepts,)`: the units' numbers, and the thresholds
        above which they count as on. Thresholds are 0%, 5%, ... 95% of a unit's largest
        activation.

    Raises:
        ValueError: If the two differ in their number of positions.
    """
    top = np.maximum(activity.max(axis=0), 0)
    scores = np.stack([f1_scores(activity > share * top, labels) for share in SHARES])
    units = scores.max(axis=0).argmax(axis=1)
    share = SHARES[scores[:, np.arange(len(units)), units].argmax(axis=0)]
    return units, share * top[units]


def best_symbols(numbers, labels):
    """Find the symbols that detect each concept best, without looking at any other.

    Args:
        numbers: The number of the symbol at each position, shape `(positions,)`.
        labels: What holds there, boolean, shape `(positions, concepts)`.

    Returns:
        A list with an array per concept: the numbers of the symbols at which to say that
        it holds, for the largest F1 score.

    Raises:
        ValueError: If the two differ in their number of positions.
    """
    _check_positions("numbers", numbers, labels)
    counts = np.bincount(numbers)
    chosen = []
    for holds in labels.T:
        both = np.bincount(numbers, weights=holds)
        order = np.argsort(-both / np.maximum(counts, 1), kind="stable")
        found, said = np.cumsum(both[order]), np.cumsum(counts[order])
        chosen.append(order[: 1 + np.argmax(2 * found / (said + holds.sum()))])
    return chosen


def mean_differences(activations, labels):
    """Difference of the mean activations with and without each concept, at length 1.

    Args:
        activations: Activations, shape `(positions, inputs)`.
        labels: What holds there, boolean, shape `(positions, concepts)`. Each concept
            holds somewhere, and not everywhere.

    Returns:
        An array of shape `(concepts, inputs)`.

    Raises:
        ValueError: If a concept holds nowhere or everywhere.
    """
    if not (labels.any(axis=0) & ~labels.all(axis=0)).all():
        raise ValueError("Each concept must hold at some positions, and not at all.")
    differences = [
        activations[holds].mean(axis=0) - activations[~holds].mean(axis=0)
        for holds in labels.T
    ]
    return differences / np.linalg.norm(differences, axis=1, keepdims=True)


def _check_positions(name, values, labels):
    if len(values) != len(labels):
        raise ValueError(
            f"{name} and labels must have the same positions; got {len(values)} and "
            f"{len(labels)}."
        )
