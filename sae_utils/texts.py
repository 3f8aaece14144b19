"""Texts for the small language model: symbols' numbers, windows, and new text from it."""

import re

from sae_utils.language import CONTEXT, SYMBOLS

import numpy as np
from scipy.special import softmax

NUMBERS = {symbol: number for number, symbol in enumerate(SYMBOLS)}


def to_numbers(text):
    """Return the number of each symbol of a text, its place in `SYMBOLS`.

    Args:
        text: A string.

    Returns:
        An int32 array of shape `(len(text),)`.

    Raises:
        ValueError: If the text holds a symbol that the model does not know.
    """
    unknown = sorted(set(text) - set(SYMBOLS))
    if unknown:
        raise ValueError(f"text holds {unknown}, which the model does not know.")
    return np.array([NUMBERS[symbol] for symbol in text], dtype="int32")


def to_text(numbers):
    """Return the text of symbols' numbers.

    Args:
        numbers: Whole numbers, shape `(n,)`.

    Returns:
        A string.
    """
    return "".join(SYMBOLS[number] for number in numbers)


def mark(text, pattern):
    """Mark the symbols of a text that a regular expression matches.

    Args:
        text: A string.
        pattern: A regular expression, such as `"(?<=t)h"`: an h behind a t.

    Returns:
        A boolean array of shape `(len(text),)`.
    """
    marked = np.zeros(len(text), dtype=bool)
    for match in re.finditer(pattern, text):
        marked[match.start() : match.end()] = True
    return marked


def windows(values, ends):
    """Cut windows of 64 out of a sequence.

    Args:
        values: An array with one entry per symbol of a text, such as its numbers.
        ends: Where each window ends: the place behind its last entry, from 64 to
            `len(values)`.

    Returns:
        An array of shape `(len(ends), 64)`.

    Raises:
        ValueError: If a window would begin before the first entry or end behind the
            last.
    """
    values, ends = np.asarray(values), np.asarray(ends)
    if ends.size and not CONTEXT <= ends.min() <= ends.max() <= len(values):
        raise ValueError(
            f"ends must be from {CONTEXT} to {len(values)}, the length of values; got "
            f"ends from {ends.min()} to {ends.max()}."
        )
    return values[ends[:, None] + np.arange(-CONTEXT, 0)]


def continue_text(model, prompt, n_symbols, seed=0):
    """Let a language model write on: draw one symbol after another.

    Args:
        model: A language model, as `models.load_language_model` returns it.
        prompt: The text to go on from, of at least 64 symbols.
        n_symbols: Number of symbols to write.
        seed: Seed of the draws. Two models get the same random numbers.

    Returns:
        A string of `n_symbols` symbols, without the prompt.

    Raises:
        ValueError: If the prompt is too short, or holds an unknown symbol.
    """
    if len(prompt) < CONTEXT:
        raise ValueError(
            f"prompt must have at least {CONTEXT} symbols; got {len(prompt)}."
        )
    numbers = list(to_numbers(prompt))
    rng = np.random.default_rng(seed)
    for _ in range(n_symbols):
        logits = model.predict_on_batch(np.array([numbers[-CONTEXT:]]))[0, -1]
        # The symbol whose piece of [0, 1] holds a random number.
        pieces = np.cumsum(softmax(logits.astype("float64")))
        numbers.append(int(np.searchsorted(pieces, rng.random() * pieces[-1])))
    return to_text(numbers[len(prompt) :])
