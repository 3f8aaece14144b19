"""Data with known features has the features that it is said to have."""

from sae_utils import synthetic

import numpy as np
import pytest


def test_directions_have_length_one_and_no_direction_is_preferred():
    rows = synthetic.random_directions(20_000, 3)
    assert rows.shape == (20_000, 3)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1)
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(rows.T @ rows / len(rows), np.eye(3) / 3, atol=0.02)


def test_seeds_draw_the_same_again_or_something_else():
    for draw in (
        lambda seed: synthetic.random_directions(4, 3, seed),
        lambda seed: synthetic.sparse_sizes(4, [0.5, 0.9], seed),
        lambda seed: synthetic.family_sizes(50, p=0.5, seed=seed),
    ):
        np.testing.assert_array_equal(draw(1), draw(1))
        assert (draw(1) != draw(2)).any()


def test_features_are_on_as_often_as_asked_and_independently():
    sizes = synthetic.sparse_sizes(50_000, [0.0, 0.1, 0.5, 1.0])
    on = sizes > 0
    np.testing.assert_allclose(on.mean(axis=0), [0, 0.1, 0.5, 1], atol=0.01)
    assert np.mean(on[:, 1] & on[:, 2]) == pytest.approx(0.05, abs=0.005)
    assert sizes[on].min() >= 0.5
    assert sizes[on].max() < 1.5
    assert sizes[on].mean() == pytest.approx(1, abs=0.01)
    assert abs(np.corrcoef(sizes[on[:, 1] & on[:, 2]][:, 1:3].T)[0, 1]) < 0.1


def test_zipf_by_hand():
    found = synthetic.zipf_probabilities(3, 0.11)
    np.testing.assert_allclose(found, [0.18, 0.09, 0.06])
    assert synthetic.zipf_probabilities(1, 1)[0] == 1


@pytest.mark.parametrize("tied", [True, False])
def test_families(tied):
    sizes = synthetic.family_sizes(40_000, 2, p=0.2, share=0.6, tied=tied)
    assert sizes.shape == (40_000, 8)
    on = sizes > 0
    parents, children = on[:, :2], on[:, 2:].reshape(-1, 2, 3)
    np.testing.assert_allclose(parents.mean(axis=0), 0.2, atol=0.01)
    np.testing.assert_allclose(children.mean(axis=0), 0.2 * 0.6 / 3, atol=0.005)
    assert children.sum(axis=2).max() == 1
    # A child without its parent: never, or as often as chance has it.
    orphans = children.any(axis=2) & ~parents
    assert orphans.mean() == pytest.approx(0 if tied else 0.12 * 0.8, abs=0.01)
    assert np.mean(parents[:, 0] & parents[:, 1]) == pytest.approx(0.04, abs=0.005)
    assert sizes[on].min() >= 0.5
    # Parents and sizes are those of the other kind of data.
    other = synthetic.family_sizes(40_000, 2, p=0.2, share=0.6, tied=not tied)
    np.testing.assert_array_equal(sizes[:, :2], other[:, :2])


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda: synthetic.random_directions(0, 3),
            "n_features must be a whole .* got 0",
        ),
        (lambda: synthetic.random_directions(3, 2.5), "n_inputs must .* got 2.5"),
        (lambda: synthetic.sparse_sizes(0, [0.1]), "n_samples must .* got 0"),
        (lambda: synthetic.sparse_sizes(5, 0.1), "probabilities must be .* got 0.1"),
        (lambda: synthetic.sparse_sizes(5, []), "probabilities must"),
        (lambda: synthetic.sparse_sizes(5, [0.1, 1.1]), "probabilities must"),
        (lambda: synthetic.sparse_sizes(5, [-0.1, 0.1]), "probabilities must"),
        (lambda: synthetic.sparse_sizes(5, [np.nan]), "probabilities must"),
        (lambda: synthetic.sparse_sizes(5, ["often"]), "probabilities must"),
        (lambda: synthetic.zipf_probabilities(3, 0.7), "at most 0.611.* got 0.7"),
        (lambda: synthetic.zipf_probabilities(3, 0), "mean must be above 0"),
        (lambda: synthetic.zipf_probabilities(0, 0.1), "n_features must"),
        (lambda: synthetic.family_sizes(5, 0), "n_families must"),
        (lambda: synthetic.family_sizes(5, p=2), "p must be numbers in"),
        (lambda: synthetic.family_sizes(5, share=-1), "share must be numbers in"),
    ],
)
def test_wrong_arguments_are_refused(draw, message):
    with pytest.raises(ValueError, match=message):
        draw()
