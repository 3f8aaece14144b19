"""The scoreboard's numbers, on codes and models whose answer is known by hand."""

from sae_utils import metrics
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pytest
from keras import layers

ONE_HOT = np.eye(4)
ALL_EQUAL = np.full((3, 4), 0.7)
ALL_DEAD = np.zeros((3, 4))
# Two of four units active for each sample: evenness (2/4)^2 / (2/4) = 1/2, so that the
# population sparsity is (1 - 1/2) / (1 - 1/4) = 2/3. A unit is active for 4, 2, 1 or 1
# of the four samples: evenness 1, 1/2, 1/4, 1/4 and lifetime sparsity 0, 2/3, 1, 1.
MIXED = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]])


@pytest.mark.parametrize(
    ("code", "l0", "dead", "always_on"),
    [
        (ONE_HOT, 1, 0, 0),
        (ALL_EQUAL, 4, 0, 4),
        (ALL_DEAD, 0, 4, 0),
        (MIXED, 2, 0, 1),
        (-MIXED, 2, 0, 1),  # a strongly negative unit is active
        ([[0.5, 0.0], [0.5, 0.05]], 1, 1, 1),  # a list; 0.05 is below the threshold
    ],
    ids=["one-hot", "all on", "all dead", "mixed", "negative", "faint"],
)
def test_counts_of_active_units(code, l0, dead, always_on):
    assert metrics.l0(code) == l0
    assert metrics.dead_units(code) == dead
    assert metrics.always_on_units(code) == always_on


def test_counts_are_plain_numbers():
    assert type(metrics.l0(MIXED)) is float
    assert type(metrics.dead_units(MIXED)) is int
    assert type(metrics.always_on_units(MIXED)) is int


def test_threshold_decides_what_is_active():
    code = [[0.3, 0.1, 0.0], [0.6, 0.1, 0.0]]
    for threshold, l0, dead, always_on in [
        (0.0, 2, 1, 2),
        (0.1, 1, 2, 1),
        (0.3, 0.5, 2, 0),
    ]:
        # An activation at the threshold is not above it.
        assert metrics.l0(code, threshold) == l0
        assert metrics.dead_units(code, threshold) == dead
        assert metrics.always_on_units(code, threshold) == always_on


@pytest.mark.parametrize(
    ("code", "population", "lifetime"),
    [
        (ONE_HOT, 1, 1),
        (ALL_EQUAL, 0, 0),
        (MIXED, 2 / 3, (0 + 2 / 3 + 1 + 1) / 4),
        (-MIXED, 2 / 3, (0 + 2 / 3 + 1 + 1) / 4),
        # One sample alone has nothing on: it is left out, as a dead unit is below.
        ([[1, 0], [0, 0]], 1, 1),
    ],
    ids=["one-hot", "all equal", "mixed", "negative", "silent sample"],
)
def test_sparsity_by_hand(code, population, lifetime):
    assert metrics.population_sparsity(code) == pytest.approx(population, abs=1e-12)
    assert metrics.lifetime_sparsity(code) == pytest.approx(lifetime, abs=1e-12)


def test_mixed_signs_do_not_cancel():
    # Equally strong units are equally active, whatever their sign.
    assert metrics.population_sparsity([[1.0, -1.0]]) == pytest.approx(0)


@pytest.mark.parametrize("scale", [1e-4, 1000])
def test_sparsity_does_not_change_when_a_code_is_rescaled(scale):
    code = np.random.default_rng(0).random((6, 5))
    for measure in (metrics.population_sparsity, metrics.lifetime_sparsity):
        assert measure(code * scale) == pytest.approx(measure(code))


def test_a_dead_unit_does_not_count_as_lifetime_sparse():
    with_dead_unit = np.column_stack([MIXED, np.zeros(4)])
    assert metrics.lifetime_sparsity(with_dead_unit) == metrics.lifetime_sparsity(MIXED)


def test_sparsity_is_nan_where_it_has_no_meaning():
    assert np.isnan(metrics.population_sparsity(ALL_DEAD))
    assert np.isnan(metrics.lifetime_sparsity(ALL_DEAD))
    assert np.isnan(metrics.population_sparsity(np.ones((3, 1))))  # one unit
    assert np.isnan(metrics.lifetime_sparsity(np.ones((1, 3))))  # one sample


@pytest.mark.parametrize(
    "measure",
    [
        metrics.l0,
        metrics.dead_units,
        metrics.always_on_units,
        metrics.population_sparsity,
        metrics.lifetime_sparsity,
        lambda code: metrics.linear_probe_error(code, [0, 1], [[0.0], [1.0]], [0, 1]),
        lambda code: metrics.linear_probe_error([[0.0], [1.0]], [0, 1], code, [0, 1]),
    ],
)
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ([1.0, 2.0], r"code must have shape \(samples, units\).*got shape \(2,\)"),
        (np.ones((2, 3, 4)), r"got shape \(2, 3, 4\)"),
        (np.ones((0, 4)), r"with at least one of each; got shape \(0, 4\)"),
        (np.ones((4, 0)), r"with at least one of each; got shape \(4, 0\)"),
        ([[np.nan], [1.0]], r"code must not hold NaN; got 1 NaN"),
    ],
)
def test_bad_codes_are_refused(measure, code, message):
    with pytest.raises(ValueError, match=message):
        measure(code)


# --- scoreboard ---


def hand_set_model(penalty=None, **code_options):
    """An autoencoder that passes on the first of two inputs, at half its size.

    The code is (x0, 0) and the reconstruction (x0 / 2, 0).
    """
    inputs = keras.Input((2,))
    code = layers.Dense(2, "relu", name="code", **code_options)(inputs)
    passed = code if penalty is None else penalty(code)
    outputs = layers.Dense(2, use_bias=False, name="reconstruction")(passed)
    model = keras.Model(inputs, outputs)
    model.get_layer("code").set_weights([np.diag([1.0, 0.0]), np.zeros(2)])
    model.get_layer("reconstruction").set_weights([np.diag([0.5, 0.0])])
    return model


# Codes (0.8, 0), (0.4, 0), (0, 0) and (0.4, 0); errors (0.4, 0.2), (0.2, 0), (0, 0.6)
# and (0.2, 0), of which the mean square is (0.2 + 0.04 + 0.36 + 0.04) / 8 = 0.08.
X = np.array([[0.8, 0.2], [0.4, 0.0], [0.0, 0.6], [0.4, 0.0]])
MSE = 0.08
# Their mean L1 norm is 0.4, so strength 0.3 adds 0.12 to the loss: 60 % of 0.2.
STRENGTH, SHARE = 0.3, 0.6


def test_scoreboard_of_a_hand_set_model():
    row = metrics.scoreboard(hand_set_model(L1Sparsity(STRENGTH)), X)
    assert row == {
        "mse": pytest.approx(MSE),
        "l0": 0.75,
        "population": pytest.approx(1),
        # One unit on at 0.8, 0.4, 0, 0.4: (1 - 0.16 / 0.24) / (1 - 1/4) = 4/9.
        "lifetime": pytest.approx(4 / 9, rel=1e-5),
        "dead": 1,
        "always_on": 0,
        "penalty_share": pytest.approx(SHARE, rel=1e-5),
    }
    assert next(iter(row)) == "mse"
    assert all(type(value) in (int, float) for value in row.values())


@pytest.mark.parametrize(
    ("make", "share"),
    [
        (lambda: hand_set_model(), 0),
        (lambda: hand_set_model(L1Sparsity(STRENGTH)), SHARE),
        (
            lambda: hand_set_model(activity_regularizer=keras.regularizers.L1(STRENGTH)),
            SHARE,
        ),
        # The means 0.4 and 0 against rho 0.4: only the silent unit pays, at 1e-7,
        # 0.4 ln(0.4 / 1e-7) + 0.6 ln(0.6) = 5.7741; beta 0.01 makes that 0.057741.
        (lambda: hand_set_model(KLSparsity(0.4, 0.01)), 0.057741 / (0.057741 + MSE)),
        # A layer's own weights can be penalized too: 0.1 * |kernel| = 0.1.
        (
            lambda: hand_set_model(kernel_regularizer=keras.regularizers.L1(0.1)),
            0.1 / (0.1 + MSE),
        ),
    ],
    ids=["none", "L1Sparsity", "activity_regularizer", "KLSparsity", "weights"],
)
def test_penalties_count_in_their_share_and_nowhere_else(make, share):
    row = metrics.scoreboard(make(), X)
    assert row["mse"] == pytest.approx(MSE)
    assert row["penalty_share"] == pytest.approx(share, rel=1e-4)


def test_two_penalties_add_up():
    model = hand_set_model(
        L1Sparsity(STRENGTH / 2), activity_regularizer=keras.regularizers.L1(STRENGTH / 2)
    )
    assert metrics.scoreboard(model, X)["penalty_share"] == pytest.approx(SHARE, rel=1e-5)


@pytest.mark.parametrize("n", [1, 500, 501, 1250])
def test_any_number_of_samples_counts_each_sample_once(n):
    # Growing activations: no batch has the mean of another, the last is the largest.
    x = np.column_stack([np.linspace(0.2, 2, n), np.zeros(n)])
    row = metrics.scoreboard(hand_set_model(L1Sparsity(STRENGTH)), x)
    mse = np.mean((x / 2) ** 2)
    penalty = STRENGTH * x[:, 0].mean()
    assert row["mse"] == pytest.approx(mse, rel=1e-5)
    assert row["l0"] == 1
    assert row["penalty_share"] == pytest.approx(penalty / (mse + penalty), rel=1e-5)


def test_scoreboard_takes_layer_threshold_and_images():
    inputs = keras.Input((2, 1, 1))
    code = layers.Flatten(name="pixels")(inputs)
    outputs = layers.Reshape((2, 1, 1))(code)
    row = metrics.scoreboard(
        keras.Model(inputs, outputs), X.reshape(4, 2, 1, 1), layer="pixels", threshold=0.5
    )
    assert row["mse"] == 0
    assert row["l0"] == 0.5
    assert row["dead"] == row["always_on"] == row["penalty_share"] == 0


def test_scoreboard_leaves_the_model_as_it_was():
    model = hand_set_model(L1Sparsity(STRENGTH))
    model.compile("sgd", "mse")
    before = model.evaluate(X, X, verbose=0)
    metrics.scoreboard(model, X)
    assert model.evaluate(X, X, verbose=0) == before
    assert before == pytest.approx(MSE + STRENGTH * 0.4)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (
            np.ones((0, 2)),
            r"x must hold at least one sample and no NaN; got shape \(0, 2\)",
        ),
        ([[0.1, np.nan]], r"got shape \(1, 2\) with 1 NaN"),
    ],
)
def test_scoreboard_refuses_bad_inputs(x, message):
    with pytest.raises(ValueError, match=message):
        metrics.scoreboard(hand_set_model(), x)


def test_scoreboard_refuses_an_unknown_layer():
    with pytest.raises(ValueError, match=r"has no layer 'z'; its layers are .*'code'"):
        metrics.scoreboard(hand_set_model(), X, layer="z")


def test_scoreboard_refuses_a_code_of_another_rank():
    inputs = keras.Input((2, 2, 1))
    outputs = layers.Activation("relu", name="code")(inputs)
    with pytest.raises(ValueError, match=r"code must have shape \(samples, units\)"):
        metrics.scoreboard(keras.Model(inputs, outputs), np.ones((3, 2, 2, 1)))


# --- linear_probe_error ---


def labelled_codes(n, seed):
    """Ten classes, one unit for each, a little noise."""
    random = np.random.default_rng(seed)
    labels = np.arange(n) % 10
    return np.eye(10)[labels] + 0.1 * random.random((n, 10)), labels


def test_probe_makes_no_error_on_separable_codes():
    error = metrics.linear_probe_error(*labelled_codes(200, 0), *labelled_codes(100, 1))
    assert type(error) is float
    assert error == 0


def test_probe_counts_the_wrong_labels():
    code, labels = labelled_codes(100, 1)
    labels[:25] = (labels[:25] + 1) % 10
    assert metrics.linear_probe_error(
        *labelled_codes(200, 0), code, labels
    ) == pytest.approx(0.25)


def test_probe_guesses_on_noise():
    random = np.random.default_rng(0)
    labels = np.arange(600) % 10
    noise = random.random((600, 5))
    error = metrics.linear_probe_error(
        noise[:300], labels[:300], noise[300:], labels[300:]
    )
    assert 0.8 < error < 0.97  # chance is 0.9


def test_probe_does_not_depend_on_a_units_scale():
    # Classes that overlap, so that a change of scale would move the error.
    random = np.random.default_rng(0)
    labels = np.arange(400) % 4
    code = np.eye(4)[labels] + random.normal(size=(400, 4))
    scale = np.array([1e-3, 1, 50, 1000])
    errors = [
        metrics.linear_probe_error(each[:200], labels[:200], each[200:], labels[200:])
        for each in (code, code * scale)
    ]
    assert 0.1 < errors[0] < 0.7
    assert errors[0] == pytest.approx(errors[1], abs=0.005)
