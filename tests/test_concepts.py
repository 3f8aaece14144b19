"""Concepts mark what they say, and the scores are those of scikit-learn."""

from sae_utils import concepts, texts

import numpy as np
import pytest
from sklearn.metrics import f1_score

TEXT = (
    "\nMr. Darcy bowed. The quarrel, queer as it was, ended there.\n"
    '"Nothing," said Lizzy, "is lasting."\n'
)


def marked(concept):
    """The symbols of the text for which a concept holds."""
    on = texts.mark(TEXT, concepts.PATTERNS[concept])
    return "".join(
        symbol if holds else "" for symbol, holds in zip(TEXT, on, strict=True)
    )


@pytest.mark.parametrize(
    ("concept", "symbols"),
    [
        ("after a comma", ",,,,"),
        ("after q", "qq"),
        ("after th", "hh"),
        ("after ing", "gg"),
        ("after Mr", "r"),
        ("after a sentence", " "),
        ("new paragraph", "\n\n\n"),
        ("in a capitalized word", "MrDarcyTheNothingLizzy"),
        ("fifth letter or later", "ydrelrdeingying"),
        ("inside quotation marks", '"Nothing,""is lasting."'),
    ],
)
def test_patterns_mark_what_they_say(concept, symbols):
    assert marked(concept) == symbols


def test_labels_of_windows():
    text = "a, b" * 40
    labels = concepts.labels_at(text, [64, 100], {"comma": ",", "b": "b"})
    assert labels.shape == (128, 2) and labels.dtype == bool
    np.testing.assert_array_equal(labels[:64, 0], [s == "," for s in text[:64]])
    np.testing.assert_array_equal(labels[64:, 1], [s == "b" for s in text[36:100]])
    assert concepts.labels_at(text, [64]).shape == (64, len(concepts.PATTERNS))


def test_a_wrong_pattern_is_named():
    with pytest.raises(ValueError, match=r"pattern of 'odd' is not valid"):
        concepts.labels_at("a" * 64, [64], {"odd": "("})


def test_f1_is_scikit_learns():
    rng = np.random.default_rng(0)
    on, labels = rng.random((50, 4)) < 0.4, rng.random((50, 3)) < 0.3
    scores = concepts.f1_scores(on, labels)
    assert scores.shape == (3, 4)
    for c in range(3):
        for u in range(4):
            assert scores[c, u] == pytest.approx(f1_score(labels[:, c], on[:, u]))
    never = np.zeros((5, 1), dtype=bool)
    assert concepts.f1_scores(never, never) == 0


def test_the_unit_that_tells_a_concept_is_found_with_its_threshold():
    rng = np.random.default_rng(0)
    labels = rng.random((400, 2)) < 0.2
    activity = rng.random((400, 6))
    activity[:, 4] = np.where(labels[:, 0], 6.0, 2.0) + 0.1 * activity[:, 0]
    activity[:, 1] = np.where(labels[:, 1], 9.0, 0.0)
    units, thresholds = concepts.best_units(activity, labels)
    np.testing.assert_array_equal(units, [4, 1])
    assert 2.1 < thresholds[0] < 6 and 0 <= thresholds[1] < 9
    on = activity[:, units] > thresholds
    np.testing.assert_array_equal(on, labels)


def test_symbols_that_detect_a_concept_are_found():
    numbers = np.array([0, 0, 1, 1, 1, 1, 2, 2, 4])
    first = [True, True, False, False, False, True, False, False, True]
    second = [False, False, False, False, True, True, True, True, False]
    chosen = concepts.best_symbols(numbers, np.array([first, second]).T)
    assert [set(each) for each in chosen] == [{0, 4}, {1, 2}]


def test_symbols_and_labels_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="got 3 and 4"):
        concepts.best_symbols(np.ones(3, int), np.ones((4, 2), bool))


def test_directions_point_from_without_to_with():
    labels = np.array([[True], [True], [False], [False]])
    activations = np.array([[3.0, 1.0], [5.0, 1.0], [1.0, 1.0], [1.0, 1.0]])
    np.testing.assert_allclose(concepts.mean_differences(activations, labels), [[1, 0]])


@pytest.mark.parametrize("value", [True, False])
def test_a_concept_that_holds_everywhere_or_nowhere_has_no_direction(value):
    with pytest.raises(ValueError, match="hold at some positions"):
        concepts.mean_differences(np.eye(3), np.full((3, 1), value))


def test_tables_of_other_lengths_are_refused():
    with pytest.raises(ValueError, match="got 3 and 4"):
        concepts.f1_scores(np.ones((3, 2), bool), np.ones((4, 2), bool))
