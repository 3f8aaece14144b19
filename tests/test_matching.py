"""Directions are compared as they should be, on cases whose answer is known by hand."""

from sae_utils import matching

import numpy as np
import pytest

HALF = np.sqrt(0.5)


def test_cosines_know_directions_not_lengths():
    a = [[3.0, 0.0], [1.0, 1.0]]
    b = [[0.5, 0.0], [0.0, 2.0], [-1.0, -1.0]]
    wanted = [[1, 0, -HALF], [HALF, HALF, -1]]
    np.testing.assert_allclose(matching.cosines(a, b), wanted, atol=1e-15)


def test_a_row_of_zeros_has_no_direction_and_a_tiny_one_has():
    found = matching.cosines([[0.0, 0.0], [1e-200, 0.0]], [[1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_array_equal(found, [[0, 0], [1, 0]])


def test_cosines_stay_within_one_and_integers_will_do():
    rows = np.random.default_rng(0).normal(size=(50, 7))
    assert np.abs(matching.cosines(rows, 3 * rows)).max() <= 1
    assert matching.cosines([[2, 0]], [[0, 1]]).tolist() == [[0.0]]


def test_mmcs_by_hand_and_in_both_directions():
    true = [[1.0, 0.0], [0.0, 1.0]]
    # One unit found the first feature; the other lies between the two.
    learned = [[2.0, 0.0], [1.0, 1.0]]
    assert matching.mmcs(true, learned) == pytest.approx((1 + HALF) / 2)
    # A third unit that points away from all features lowers only the way back.
    away = [*learned, [-1.0, 0.0]]
    assert matching.mmcs(true, away) == pytest.approx((1 + HALF) / 2)
    assert matching.mmcs(away, true) == pytest.approx((1 + HALF + 0) / 3)


def test_mmcs_counts_a_reversed_direction_as_not_found():
    assert matching.mmcs([[1.0, 0.0]], [[-1.0, 0.0]]) == -1


def test_mmcs_is_one_for_any_order_and_length():
    rng = np.random.default_rng(0)
    true = rng.normal(size=(20, 6))
    learned = rng.permutation(true) * rng.uniform(0.1, 9, size=(20, 1))
    assert matching.mmcs(true, learned) == pytest.approx(1)
    pairs, found = matching.match_units(true, learned)
    np.testing.assert_allclose(found, 1)
    np.testing.assert_allclose(matching.cosines(true, learned)[tuple(pairs.T)], 1)


def test_match_units_gives_no_unit_two_partners():
    # Both rows of a are closest to the first of b. To give it to the closer of the two,
    # as a greedy rule would, leaves the other with a cosine of 0.
    a = [[1.0, 0.9, 0.0], [1.0, 0.0, 1.0]]
    b = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [-1.0, 0.0, 0.0]]
    pairs, found = matching.match_units(a, b)
    assert pairs.tolist() == [[0, 1], [1, 0]]
    np.testing.assert_allclose(found, [0.9 / np.sqrt(1.81), HALF])
    assert matching.mmcs(a, b) == pytest.approx((1 / np.sqrt(1.81) + HALF) / 2)


@pytest.mark.parametrize("swap", [False, True])
def test_match_units_leaves_the_rest_of_the_larger_code_alone(swap):
    small = [[1.0, 0.0], [0.0, 1.0]]
    large = [[-1.0, 0.0], [0.1, 5.0], [0.0, -1.0], [2.0, 0.0]]
    pairs, found = matching.match_units(*((large, small) if swap else (small, large)))
    assert pairs.tolist() == ([[1, 1], [3, 0]] if swap else [[0, 3], [1, 1]])
    assert found.shape == (2,)
    assert found.min() > 0.99


@pytest.mark.parametrize(
    "function", [matching.cosines, matching.mmcs, matching.match_units]
)
@pytest.mark.parametrize(
    ("a", "b", "message"),
    [
        (
            np.ones((2, 3)),
            np.ones((3, 2)),
            r"same number of inputs.*\(2, 3\) and \(3, 2\)",
        ),
        (np.ones(3), np.ones((2, 3)), r"a must have shape \(rows, inputs\).*\(3,\)"),
        (np.ones((2, 3)), np.ones(3), r"b must have shape \(rows, inputs\).*\(3,\)"),
        (np.ones((2, 0)), np.ones((2, 0)), "a must hold at least one number"),
        (np.ones((2, 3)), np.full((2, 3), np.nan), "b must hold .* no NaN"),
        (np.full((2, 3), np.inf), np.ones((2, 3)), "a must hold finite numbers"),
    ],
)
def test_wrong_input_is_refused(function, a, b, message):
    with pytest.raises(ValueError, match=message):
        function(a, b)
