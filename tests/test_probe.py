"""The linear probe: right on codes whose answer is known, and what it was before."""

from sae_utils import codes, data, models, probe
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler
from threadpoolctl import threadpool_info, threadpool_limits


def labelled_codes(n, seed):
    """Ten classes, one unit for each, a little noise."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % 10
    return np.eye(10)[labels] + 0.1 * random.random((n, 10)), labels


def overlapping_codes():
    """Four classes that overlap, so that a change of the code would move the error."""
    random = np.random.default_rng(0)
    labels = np.arange(800) % 4
    return np.eye(4)[labels] + random.normal(size=(800, 4)), labels


def error_of_halves(code, labels):
    half = len(code) // 2
    return probe.linear_probe_error(
        code[:half], labels[:half], code[half:], labels[half:]
    )


def test_no_error_on_separable_codes():
    error = probe.linear_probe_error(*labelled_codes(200, 0), *labelled_codes(100, 1))
    assert type(error) is float
    assert error == 0


def test_counts_the_wrong_labels():
    code, labels = labelled_codes(100, 1)
    labels[:25] = (labels[:25] + 1) % 10
    error = probe.linear_probe_error(*labelled_codes(200, 0), code, labels)
    assert error == pytest.approx(0.25)


def test_guesses_where_the_labels_have_nothing_to_do_with_the_code():
    noise = np.random.default_rng(0).random((2000, 5))
    assert error_of_halves(noise, np.arange(2000) % 10) == pytest.approx(0.9, abs=0.04)


@pytest.mark.parametrize("shift", [0, [1, -20, 0.5, 3]])
@pytest.mark.parametrize("scale", [[1e-3, 1, 50, 1000], [2**10, 1, -1, 2**-10]])
def test_neither_scale_nor_a_constant_part_of_a_unit_matters(scale, shift):
    code, labels = overlapping_codes()
    error = error_of_halves(code, labels)
    assert 0.3 < error < 0.6
    changed = (code + shift) * scale
    assert error_of_halves(changed, labels) == pytest.approx(error, abs=0.003)


def test_units_that_never_change_do_not_matter():
    code, labels = overlapping_codes()
    padded = np.column_stack([np.zeros(800), code, np.full(800, 0.3)])
    assert error_of_halves(padded, labels) == error_of_halves(code, labels)


def test_the_larger_activations_of_test_samples_do_not_scale_a_unit():
    code, labels = labelled_codes(200, 0)
    test_code, test_labels = labelled_codes(100, 1)
    once = probe.linear_probe_error(code, labels, test_code, test_labels)
    test_code, test_labels = np.vstack([test_code, 9 * test_code[:1]]), [*test_labels, 0]
    assert probe.linear_probe_error(code, labels, test_code, test_labels) == once == 0


def test_codes_are_left_as_they_were():
    code, labels = overlapping_codes()
    before = code.copy()
    error_of_halves(code, labels)
    np.testing.assert_array_equal(code, before)


def test_threads_are_given_back():
    before = [each["num_threads"] for each in threadpool_info()]
    error_of_halves(*overlapping_codes())
    assert [each["num_threads"] for each in threadpool_info()] == before


@pytest.mark.parametrize(
    ("activation", "penalty", "epochs"),
    [
        ("relu", None, 2),
        ("relu", L1Sparsity(1e-4), 2),
        ("sigmoid", KLSparsity(0.05, 1e-3), 2),
        # Hardly trained, it hovers around a half: the constant part is the larger one.
        ("sigmoid", None, 1),
    ],
    ids=["plain", "L1", "KL", "plain sigmoid"],
)
def test_error_is_that_of_a_logistic_regression_on_units_from_0_to_1(
    activation, penalty, epochs
):
    keras.utils.set_random_seed(0)
    mnist = data.load_mnist(4000, 5000)
    x = mnist.x_train
    model = models.dense_autoencoder(32, activation, penalty)
    model.compile(keras.optimizers.Adam(3e-3), "mse")
    model.fit(x, x, batch_size=32, epochs=epochs, verbose=0)
    code, test_code = codes.encode(model, x[:2000]), codes.encode(model, mnist.x_test)
    y, y_test = mnist.y_train[:2000], mnist.y_test
    error = probe.linear_probe_error(code, y, test_code, y_test)
    with threadpool_limits(1):
        classifier = make_pipeline(MinMaxScaler(), LogisticRegression(max_iter=1000))
        expected = 1 - classifier.fit(code, y).score(test_code, y_test)
    assert error == pytest.approx(expected, abs=0.003)
    assert error < 0.75


@pytest.mark.parametrize("place", ["training", "test"])
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ([1.0, 2.0], r"code must have shape \(samples, units\); got \(2,\)"),
        (np.ones((2, 3, 4)), r"got \(2, 3, 4\)"),
        (np.ones((0, 1)), r"at least one number and no NaN; got shape \(0, 1\)"),
        ([[np.nan], [1.0]], r"got shape \(2, 1\) with 1 NaN"),
        (np.ones((2, 3)), r"Both codes must have the same units; got shapes"),
    ],
)
def test_bad_codes_are_refused(place, code, message):
    good = [[0.0], [1.0]]
    codes_ = (code, good) if place == "training" else (good, code)
    with pytest.raises(ValueError, match=message):
        probe.linear_probe_error(codes_[0], [0, 1], codes_[1], [0, 1])


@pytest.mark.parametrize(("y", "y_test"), [([0, 1, 0], [0, 1]), ([0, 1], [0, 1, 0])])
def test_labels_of_another_length_are_refused(y, y_test):
    good = [[0.0], [1.0]]
    with pytest.raises(ValueError, match="inconsistent numbers of samples"):
        probe.linear_probe_error(good, y, good, y_test)
