"""Data whose true features are known: sparse mixtures of directions.

Each sample is a sum of a few *true features*. A feature has a direction, a row of
`directions`; in each sample it is off, 0, or on, with a size between 0.5 and 1.5. So
`x = sizes @ directions`, and a code can be compared with `sizes`, its decoder's rows with
`directions`.
"""

from sae_utils.arguments import check_whole, is_number

import numpy as np

SIZES = (0.5, 1.5)  # a feature that is on has a size between these, all equally likely


def random_directions(n_features, n_inputs, seed=0):
    """Draw directions at random, all directions being equally likely.

    Args:
        n_features: Number of directions, at least 1.
        n_inputs: Number of inputs, at least 1. With more inputs, two directions are more
            likely to be nearly orthogonal.
        seed: Seed of the random numbers.

    Returns:
        An array of shape `(n_features, n_inputs)`, each row of length 1.

    Raises:
        ValueError: If `n_features` or `n_inputs` is not a whole number of at least 1.
    """
    shape = check_whole("n_features", n_features), check_whole("n_inputs", n_inputs)
    rows = np.random.default_rng(seed).normal(size=shape)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def sparse_sizes(n_samples, probabilities, seed=0):
    """Draw the sizes of features that are on independently of each other.

    Args:
        n_samples: Number of samples, at least 1.
        probabilities: How likely each feature is to be on, shape `(features,)`, numbers
            in [0, 1].
        seed: Seed of the random numbers.

    Returns:
        An array of shape `(n_samples, features)`: 0 where a feature is off, a number in
        [0.5, 1.5) where it is on.

    Raises:
        ValueError: If `n_samples` is not a whole number of at least 1, or `probabilities`
            is not a vector of numbers in [0, 1].
    """
    n_samples = check_whole("n_samples", n_samples)
    probabilities = _checked_probabilities(probabilities)
    rng = np.random.default_rng(seed)
    on = rng.random((n_samples, len(probabilities))) < probabilities
    return on * rng.uniform(*SIZES, on.shape)


def zipf_probabilities(n_features, mean):
    """Return probabilities that fall as 1, 1/2, 1/3, ..., with a given mean.

    Args:
        n_features: Number of features, at least 1.
        mean: Mean of the probabilities, above 0 and so small that the first one, the
            largest, is at most 1.

    Returns:
        An array of shape `(n_features,)`, the largest first.

    Raises:
        ValueError: If `n_features` is not a whole number of at least 1, or `mean` is not
            a number above 0, or too large.

    Source: Zipf, "Human behavior and the principle of least effort" (1949): how often the
    words of a text occur, by their rank.
    """
    shares = 1 / np.arange(1, check_whole("n_features", n_features) + 1)
    if not is_number(mean) or not 0 < mean <= shares.mean():
        raise ValueError(
            f"mean must be above 0 and, for {n_features} features, at most "
            f"{shares.mean():.3g}, so that no probability exceeds 1; got {mean!r}."
        )
    return mean * shares / shares.mean()


def family_sizes(n_samples, n_families=16, p=0.05, share=0.5, tied=True, seed=0):
    """Draw the sizes of parents and children: a child is on only if its parent is.

    Each family has a parent and three children, such as "animal" and "cat", "dog",
    "horse". A parent is on with probability `p`. If it is, one of its children is on,
    too, with probability `share`, each as likely as the others.

    Args:
        n_samples: Number of samples, at least 1.
        n_families: Number of families, at least 1.
        p: How likely a parent is to be on, a number in [0, 1].
        share: How likely a parent that is on is to be on with a child, in [0, 1].
        tied: If False, children are on as often as before, but independently of their
            parents: the same features without a hierarchy, for comparison.
        seed: Seed of the random numbers. It draws the same parents and sizes for both
            values of `tied`.

    Returns:
        An array of shape `(n_samples, 4 * n_families)`, see `sparse_sizes`: the parents
        come first, then the first family's three children, and so on.

    Raises:
        ValueError: If a number of samples or families is not a whole number of at least
            1, or a probability is not a number in [0, 1].
    """
    n_samples = check_whole("n_samples", n_samples)
    n_families = check_whole("n_families", n_families)
    (p,) = _checked_probabilities([p], "p")
    (share,) = _checked_probabilities([share], "share")
    rng = np.random.default_rng(seed)
    shape = (n_samples, n_families)
    parents = rng.random(shape) < p
    others = rng.random(shape) < p
    with_child = rng.random(shape) < share
    with_child &= parents if tied else others
    which = rng.integers(3, size=shape)
    children = with_child[:, :, None] & (which[:, :, None] == np.arange(3))
    on = np.concatenate([parents, children.reshape(n_samples, -1)], axis=1)
    return on * rng.uniform(*SIZES, on.shape)


def _checked_probabilities(probabilities, name="probabilities"):
    try:
        values = np.asarray(probabilities, dtype=float)
    except (TypeError, ValueError):
        values = np.empty(0)
    inside = values.ndim == 1 and values.size and (values >= 0).all()
    if not inside or not (values <= 1).all():  # NaN is neither
        raise ValueError(
            f"{name} must be numbers in [0, 1], one per feature; got {probabilities!r}."
        )
    return values
