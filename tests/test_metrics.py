"""The scoreboard's numbers, on codes and models whose answer is known by hand."""

from sae_utils import codes, metrics, models
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pytest
from keras import layers

ONE_HOT = np.eye(4)
ALL_EQUAL = np.full((3, 4), 0.7)
ALL_OFF = np.zeros((3, 4))
# Two of four units on for each sample: evenness (2/4)^2 / (2/4) = 1/2, so that the
# population sparsity is (1 - 1/2) / (1 - 1/4) = 2/3. A unit is on for 4, 2, 1 or 1 of
# the four samples: evenness 1, 1/2, 1/4, 1/4 and lifetime sparsity 0, 2/3, 1, 1.
MIXED = np.array([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 1, 0], [1, 0, 0, 1]])
# The two kinds of sparsity part ways: all units on for one sample, or one unit for all.
ONE_ROW = np.diag([1, 0, 0, 0]) @ np.ones((4, 4))
ONE_COLUMN = ONE_ROW.T


# --- fvu ---


def test_fvu_is_0_for_a_copy_and_1_for_the_mean():
    x = np.random.default_rng(0).random((50, 3, 2))
    assert metrics.fvu(x, x) == 0
    assert metrics.fvu(x, np.broadcast_to(x.mean(axis=0), x.shape)) == pytest.approx(1)
    # One mean for all inputs is a worse guess than each input's own.
    assert metrics.fvu(x, np.full_like(x, x.mean())) > 1.001


def test_fvu_by_hand():
    # Distances from the means (2, 10): 1, 1 and 4, 4; errors 1, 0 and 0, 2.
    x = [[1, 8], [3, 12]]
    fvu = metrics.fvu(x, [[2, 8], [3, 10]])
    assert type(fvu) is float
    assert fvu == pytest.approx((1 + 4) / (1 + 1 + 4 + 4))


@pytest.mark.parametrize("dtype", [np.uint8, np.float16, np.float32, np.float64])
def test_fvu_of_any_type_of_number(dtype):
    x = np.array([[10, 200], [40, 200]], dtype)
    # 2 * 30^2 over 2 * 15^2; a byte holds neither -30 nor 900.
    assert metrics.fvu(x, x[::-1]) == pytest.approx(4)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fvu_of_constant_data_is_nan(dtype):
    x = np.full((1000, 3), 0.1, dtype)  # of which no mean is exact
    assert np.isnan(metrics.fvu(x, x))
    assert np.isnan(metrics.fvu(x, x + 1))
    assert np.isnan(metrics.fvu(x[:1], x[:1]))


@pytest.mark.parametrize(
    ("x", "reconstruction", "message"),
    [
        (np.ones((3, 4)), np.ones((3, 1)), r"differ in shape: \(3, 4\), \(3, 1\)"),
        (np.ones((0, 4)), np.ones((0, 4)), r"x must hold at least one number"),
        (np.ones((2, 1)), [[1.0], [np.nan]], r"reconstruction must hold .* with 1 NaN"),
    ],
)
def test_fvu_refuses_what_it_cannot_compare(x, reconstruction, message):
    with pytest.raises(ValueError, match=message):
        metrics.fvu(x, reconstruction)


# --- l0, dead and always on ---


@pytest.mark.parametrize(
    ("code", "l0", "dead", "always_on"),
    [
        (ONE_HOT, 1, [], []),
        (ALL_EQUAL, 4, [], [0, 1, 2, 3]),
        (ALL_OFF, 0, [0, 1, 2, 3], []),
        (MIXED, 2, [], [0]),
        (-MIXED, 2, [], [0]),  # a negative activation is not off
        # A list; how small an activation is does not matter.
        ([[0.5, 0.0, 1e-30], [0.5, 0.0, 0.0]], 1.5, [1], [0]),
    ],
    ids=["one-hot", "all on", "all off", "mixed", "negative", "faint"],
)
def test_counts_of_exact_zeros(code, l0, dead, always_on):
    assert metrics.l0(code) == l0
    assert list(np.flatnonzero(metrics.dead_units(code))) == dead
    assert list(np.flatnonzero(metrics.always_on_units(code))) == always_on


def test_one_sample_in_a_hundred_may_be_off_for_a_unit_that_is_always_on():
    code = np.ones((200, 3))
    code[:2, 1] = code[:3, 2] = 0
    assert list(metrics.always_on_units(code)) == [True, True, False]
    assert list(metrics.always_on_units(code, exact_zeros=False)) == [True, True, False]


def test_a_smooth_unit_is_dead_below_1_percent_of_the_widest_range():
    # Ranges 2, 0.021, 0.019 and 0; the constant part does not matter.
    contributions = [[1, 0.5, 5.000, 0.7], [3, 0.521, 5.019, 0.7], [2, 0.5, 5.0, 0.7]]
    dead = metrics.dead_units(contributions, exact_zeros=False)
    assert list(dead) == [False, False, True, True]
    assert not metrics.dead_units(contributions).any()
    assert metrics.dead_units(ALL_EQUAL, exact_zeros=False).all()  # all constant


def test_a_smooth_unit_is_on_above_10_percent_of_its_own_maximum():
    code = np.array([[1.0, 0.01, 0.3], [0.11, 0.0011, 0.02], [0.5, 0.01, 0.3]])
    assert list(metrics.always_on_units(code, exact_zeros=False)) == [True, True, False]
    code[1] -= 0.02  # now 0.09 of 1 and -0.0189, of which the size counts
    assert list(metrics.always_on_units(code, exact_zeros=False)) == [False, True, False]
    assert not metrics.always_on_units(ALL_OFF, exact_zeros=False).any()


# --- n90 ---


@pytest.mark.parametrize(
    ("contributions", "n90"),
    [
        ([[0.1] * 10], 9),
        ([[0.3] * 10], 9),
        ([[0, 7, 0]], 1),
        ([[0, 9, 1]], 1),  # 90 % exactly
        ([[0, 8.9, 1.1]], 2),
        ([[1, 2, 3, 4]], 3),  # 4, 7, 9 of 10
        ([[-1, 2, -3, 4]], 3),
        ([[0, 0], [0, 2]], 1),  # a blank sample is left out
        ([[1, 1, 1, 1], [0, 5, 0, 0]], 2.5),
        (ONE_HOT, 1),
        (MIXED, 2),
    ],
)
def test_n90_by_hand(contributions, n90):
    assert metrics.n90(contributions) == n90
    assert metrics.n90(np.array(contributions, np.float32) * 1e-3) == n90


def test_n90_needs_every_unit_of_a_code_of_few_and_none_of_an_empty_one():
    assert metrics.n90(ALL_EQUAL) == 4
    assert np.isnan(metrics.n90(ALL_OFF))


def test_numbers_are_plain_numbers():
    assert type(metrics.l0(MIXED)) is type(metrics.n90(MIXED)) is float
    assert type(metrics.population_sparsity(MIXED)) is float
    assert metrics.dead_units(MIXED).dtype == metrics.always_on_units(MIXED).dtype == bool


# --- population and lifetime sparsity ---


@pytest.mark.parametrize(
    ("code", "population", "lifetime"),
    [
        (ONE_HOT, 1, 1),
        (ALL_EQUAL, 0, 0),
        (ONE_ROW, 0, 1),
        (ONE_COLUMN, 1, 0),
        (MIXED, 2 / 3, (0 + 2 / 3 + 1 + 1) / 4),
        (-MIXED, 2 / 3, (0 + 2 / 3 + 1 + 1) / 4),
        # One sample alone has nothing on: it is left out, as a dead unit is below.
        ([[1, 0], [0, 0]], 1, 1),
    ],
    ids=["one-hot", "all equal", "row", "column", "mixed", "negative", "blank sample"],
)
def test_sparsity_by_hand(code, population, lifetime):
    assert metrics.population_sparsity(code) == pytest.approx(population, abs=1e-12)
    assert metrics.lifetime_sparsity(code) == pytest.approx(lifetime, abs=1e-12)


def test_mixed_signs_do_not_cancel():
    # Equally strong units contribute equally, whatever their sign.
    assert metrics.population_sparsity([[1.0, -1.0]]) == pytest.approx(0)


@pytest.mark.parametrize("scale", [1e-4, 1000])
def test_sparsity_does_not_change_when_a_code_is_rescaled(scale):
    code = np.random.default_rng(0).random((6, 5))
    for measure in metrics.population_sparsity, metrics.lifetime_sparsity, metrics.n90:
        assert measure(code * scale) == pytest.approx(measure(code))


def test_lifetime_is_the_same_of_activations_and_of_contributions():
    code = np.random.default_rng(0).random((6, 3))
    lifetime = metrics.lifetime_sparsity(code * [0.1, 1, 20])
    assert lifetime == pytest.approx(metrics.lifetime_sparsity(code))


def test_a_dead_unit_does_not_count_as_lifetime_sparse():
    with_dead_unit = np.column_stack([MIXED, np.zeros(4)])
    assert metrics.lifetime_sparsity(with_dead_unit) == metrics.lifetime_sparsity(MIXED)


def test_sparsity_is_nan_where_it_has_no_meaning():
    assert np.isnan(metrics.population_sparsity(ALL_OFF))
    assert np.isnan(metrics.lifetime_sparsity(ALL_OFF))
    assert np.isnan(metrics.population_sparsity(np.ones((3, 1))))  # one unit
    assert np.isnan(metrics.lifetime_sparsity(np.ones((1, 3))))  # one sample


@pytest.mark.parametrize(
    "measure",
    [
        metrics.l0,
        metrics.n90,
        metrics.dead_units,
        metrics.always_on_units,
        metrics.population_sparsity,
        metrics.lifetime_sparsity,
    ],
)
@pytest.mark.parametrize(
    ("code", "message"),
    [
        ([1.0, 2.0], r"code must have shape \(samples, units\); got \(2,\)"),
        (np.ones((2, 3, 4)), r"got \(2, 3, 4\)"),
        (np.ones((0, 4)), r"at least one number and no NaN; got shape \(0, 4\)"),
        (np.ones((4, 0)), r"at least one number and no NaN; got shape \(4, 0\)"),
        ([[np.nan], [1.0]], r"no NaN; got shape \(2, 1\) with 1 NaN"),
    ],
)
def test_bad_codes_are_refused(measure, code, message):
    with pytest.raises(ValueError, match=message):
        measure(code)


# --- scoreboard: what no scale may change ---

UNITS = 12


def with_varied_units(model, x):
    """Move every weight at random; then make unit 0 dead, and unit 1 always on."""
    random = np.random.default_rng(0)
    for layer in model.layers:
        moved = [w + random.normal(0, 0.1, w.shape) for w in layer.get_weights()]
        layer.set_weights(moved)
    # The weights that scale the units, and their bias: of BatchNormalization or Dense.
    scaling, _ = around_code(model)
    kernel, bias, *rest = scaling.get_weights()
    largest = codes.encode(model, x).max()
    bias[:2] += -2 * largest, 2 * largest
    scaling.set_weights([kernel, bias, *rest])
    return model


def around_code(model):
    """Return the last layer with weights up to the code, and the first one behind it."""
    names = [layer.name for layer in model.layers]
    behind = names.index("code") + 1
    last = next(each for each in reversed(model.layers[:behind]) if each.weights)
    return last, next(each for each in model.layers[behind:] if each.weights)


def rescale_units(model, scale):
    """Multiply each unit's activation by a number, and divide its decoder row by it."""
    scaling, decoder = around_code(model)
    kernel, bias, *rest = scaling.get_weights()
    scaling.set_weights([kernel * scale, bias * scale, *rest])
    kernel, bias = decoder.get_weights()
    decoder.set_weights([kernel / scale[:, np.newaxis], bias])


@pytest.mark.parametrize(
    "build",
    [
        lambda penalty: models.dense_autoencoder(UNITS, penalty=penalty),
        lambda penalty: models.conv_autoencoder(UNITS, penalty=penalty),
        lambda penalty: models.conv_autoencoder(
            UNITS, penalty=penalty, batch_normalization=True
        ),
    ],
    ids=["dense", "convolutional", "convolutional, normalized"],
)
def test_no_scale_of_a_relu_unit_changes_the_scoreboard(build):
    keras.utils.set_random_seed(0)
    model = build(L1Sparsity(1e-3))
    random = np.random.default_rng(1)
    x = random.random((60, *model.input_shape[1:]), np.float32)
    x[:10] = 0
    with_varied_units(model, x)
    before, code = metrics.scoreboard(model, x), codes.encode(model, x)
    scale = 2 ** random.permutation(np.linspace(-10, 10, UNITS)).astype(np.float32)
    rescale_units(model, scale)
    np.testing.assert_allclose(
        codes.encode(model, x) / scale, code, rtol=1e-3, atol=1e-4 * code.max()
    )
    after = metrics.scoreboard(model, x)
    assert after.pop("penalty_share") != pytest.approx(before.pop("penalty_share"), 0.1)
    assert after == pytest.approx(before, rel=1e-4)
    # There is something to measure.
    assert before["dead"] >= 1
    assert before["always_on"] >= 1
    assert 2 < before["n90"] < before["l0"] < UNITS - before["dead"]


# --- scoreboard, by hand ---


def hand_set_model(rows, penalty=None, bias=0.0, build=keras.Model, **code_options):
    """An autoencoder whose code is its input plus a bias, with these decoder rows."""
    rows = np.array(rows, float)
    options = {"activation": "relu", "name": "code"} | code_options
    parts = [
        layers.Dense(len(rows), **options),
        *([] if penalty is None else [penalty]),
        layers.Dense(rows.shape[1], use_bias=False, name="reconstruction"),
    ]
    if build is keras.Sequential:
        model = keras.Sequential([keras.Input((len(rows),)), *parts])
    else:
        inputs = outputs = keras.Input((len(rows),))
        for part in parts:
            outputs = part(outputs)
        model = keras.Model(inputs, outputs)
    kernel = np.eye(len(rows))
    model.get_layer("code").set_weights([kernel, np.broadcast_to(bias, len(rows))])
    model.get_layer("reconstruction").set_weights([rows])
    return model


# Behind these rows the first input comes back at half its size, and the second does not:
# the errors are (0.4, 0.2), (0.2, 0), (0, 0.6) and (0.2, 0), and their squares add up to
# 0.2 + 0.04 + 0.36 + 0.04 = 0.64. The squared distances from the means (0.4, 0.2) add up
# to 0.32 + 0.24 = 0.56.
ROWS = [[0.5, 0.0], [0.0, 0.0]]
X = np.array([[0.8, 0.2], [0.4, 0.0], [0.0, 0.6], [0.4, 0.0]])
MSE = 0.64 / 8
# The mean L1 norm of X is 0.6, so strength 0.2 adds 0.12 to the loss: 60 % of 0.2.
STRENGTH, SHARE = 0.2, 0.6


@pytest.mark.parametrize("build", [keras.Model, keras.Sequential])
def test_scoreboard_of_a_hand_set_model(build):
    row = metrics.scoreboard(hand_set_model(ROWS, L1Sparsity(STRENGTH), build=build), X)
    assert row == {
        "mse": pytest.approx(MSE),
        "fvu": pytest.approx(0.64 / 0.56),
        "l0": (2 + 1 + 1 + 1) / 4,
        # The second unit contributes nothing, since its row is 0: one unit on at 0.8,
        # 0.4, 0 and 0.4. Its lifetime sparsity is (1 - 0.16 / 0.24) / (1 - 1/4) = 4/9.
        "n90": 1,
        "population": pytest.approx(1),
        "lifetime": pytest.approx(4 / 9, rel=1e-5),
        "dead": 1,
        "always_on": 0,
        "penalty_share": pytest.approx(SHARE, rel=1e-5),
    }
    assert next(iter(row)) == "mse"
    assert all(type(value) in (int, float) for value in row.values())


def test_scoreboard_measures_contributions():
    # By activation one unit carries 96 %, by contribution it takes all three.
    x = np.array([[1, 0.02, 0.02], [1, 0.02, 0.02]])
    row = metrics.scoreboard(hand_set_model(np.diag([0.01, 1, 1])), x)
    assert (metrics.n90(x), row["n90"]) == (1, 3)
    # Contributions 0.01, 0.02, 0.02: evenness (0.05 / 3)^2 / (0.0009 / 3) = 25/27.
    assert row["population"] == pytest.approx((2 / 27) / (2 / 3), rel=1e-4)
    assert np.isnan(row["fvu"])  # both samples are the same


def test_every_column_that_is_no_count_has_its_decimals():
    row = metrics.scoreboard(hand_set_model(ROWS), X)
    assert set(row) - set(metrics.DECIMALS) == {"dead", "always_on"}


def test_scoreboard_of_a_sigmoid_code():
    # Biases make unit 0 as good as 0 or 1, unit 1 constant, unit 2 exactly 0 by rounding,
    # and unit 3 vary as unit 0 does, but before a row of less than 1 % of its length.
    model = hand_set_model(
        np.diag([1, 1, 1, 0.009]), activation="sigmoid", bias=[-10, 0, -200, -10]
    )
    x = np.array([[20, 0, 0, 20], [0, 0, 0, 0], [20, 0, 0, 20]])
    assert (codes.encode(model, x)[:, 2] == 0).all()
    row = metrics.scoreboard(model, x)
    assert np.isnan(row["l0"])
    assert row["dead"] == 3
    assert row["always_on"] == 1
    # Contributions 1, 0.5, 0, 0.009 twice, and once 0.5 alone.
    assert row["n90"] == pytest.approx((2 + 1 + 2) / 3)


def test_scoreboard_of_a_relu_code_without_a_zero():
    row = metrics.scoreboard(hand_set_model(np.eye(2), bias=1.0), X)
    assert (row["l0"], row["dead"], row["always_on"]) == (2, 0, 2)


@pytest.mark.parametrize(
    ("make", "share"),
    [
        (lambda: hand_set_model(ROWS), 0),
        (lambda: hand_set_model(ROWS, L1Sparsity(STRENGTH)), SHARE),
        (
            lambda: hand_set_model(
                ROWS, activity_regularizer=keras.regularizers.L1(STRENGTH)
            ),
            SHARE,
        ),
        # The means 0.4 and 0.2 against rho 0.4: only the second unit pays,
        # 0.4 ln(0.4 / 0.2) + 0.6 ln(0.6 / 0.8) = 0.104650; beta 1 keeps that.
        (lambda: hand_set_model(ROWS, KLSparsity(0.4, 1.0)), 0.10465 / (0.10465 + MSE)),
        # A layer's own weights can be penalized too: 0.1 * (|1| + |1|) = 0.2.
        (
            lambda: hand_set_model(ROWS, kernel_regularizer=keras.regularizers.L1(0.1)),
            0.2 / (0.2 + MSE),
        ),
        (
            lambda: hand_set_model(
                ROWS,
                L1Sparsity(STRENGTH / 2),
                activity_regularizer=keras.regularizers.L1(STRENGTH / 2),
            ),
            SHARE,
        ),
    ],
    ids=["none", "L1Sparsity", "activity_regularizer", "KLSparsity", "weights", "two"],
)
def test_penalties_count_in_their_share_and_nowhere_else(make, share):
    row = metrics.scoreboard(make(), X)
    assert row["mse"] == pytest.approx(MSE)
    assert row["penalty_share"] == pytest.approx(share, rel=1e-4)


@pytest.mark.parametrize("n", [1, 500, 501, 1250])
def test_any_number_of_samples_counts_each_sample_once(n):
    # Growing activations: no batch has the mean of another, the last is the largest.
    x = np.column_stack([np.linspace(0.2, 2, n), np.zeros(n)])
    row = metrics.scoreboard(hand_set_model(ROWS, L1Sparsity(STRENGTH)), x)
    mse = np.mean((x / 2) ** 2)
    penalty = STRENGTH * x[:, 0].mean()
    assert row["mse"] == pytest.approx(mse, rel=1e-5)
    assert row["l0"] == 1
    assert row["penalty_share"] == pytest.approx(penalty / (mse + penalty), rel=1e-5)


def test_scoreboard_takes_another_layer_and_images():
    inputs = keras.Input((2, 1, 1))
    code = layers.Flatten(name="pixels")(inputs)
    outputs = layers.Reshape((2, 1, 1))(layers.Dense(2, "relu", use_bias=False)(code))
    model = keras.Model(inputs, outputs)
    model.layers[2].set_weights([np.eye(2)])
    row = metrics.scoreboard(model, X.reshape(4, 2, 1, 1), layer="pixels")
    assert row["mse"] == row["fvu"] == row["dead"] == row["penalty_share"] == 0
    assert row["l0"] == 1.25
    assert row["n90"] == pytest.approx((2 + 1 + 1 + 1) / 4)


def test_scoreboard_leaves_the_model_as_it_was():
    model = hand_set_model(ROWS, L1Sparsity(STRENGTH))
    model.compile("sgd", "mse")
    before = model.evaluate(X, X, verbose=0)
    metrics.scoreboard(model, X)
    assert model.evaluate(X, X, verbose=0) == before
    assert before == pytest.approx(MSE + STRENGTH * 0.6)


@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((0, 2)), r"x must hold at least one number .* got shape \(0, 2\)"),
        ([[0.1, np.nan]], r"got shape \(1, 2\) with 1 NaN"),
    ],
)
def test_scoreboard_refuses_bad_inputs(x, message):
    with pytest.raises(ValueError, match=message):
        metrics.scoreboard(hand_set_model(ROWS), x)


def test_scoreboard_refuses_an_unknown_layer():
    with pytest.raises(ValueError, match=r"has no layer 'z'; its layers are .*'code'"):
        metrics.scoreboard(hand_set_model(ROWS), X, layer="z")


def test_scoreboard_refuses_a_model_that_does_not_return_its_input():
    model = hand_set_model([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])
    with pytest.raises(ValueError, match=r"differ in shape: \(4, 2\), \(4, 3\)"):
        metrics.scoreboard(model, X)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.code = layers.Dense(2, name="code")

    def call(self, x):
        return self.code(x)


def test_scoreboard_tells_what_it_needs_of_a_subclassed_model():
    model = Subclassed()
    model(np.float32(X))
    with pytest.raises(ValueError, match=r"must be keras.Model\(inputs.* got Subclassed"):
        metrics.scoreboard(model, X)


def with_output(activation):
    return models.dense_autoencoder(3, n_inputs=2, output_activation=activation)


@pytest.mark.parametrize("x", [X * 255, X - 0.5, (X * 255).astype(np.uint8)])
@pytest.mark.parametrize("activation", ["sigmoid", "hard_sigmoid", "softmax"])
def test_scoreboard_refuses_inputs_that_the_output_cannot_reach(activation, x):
    with pytest.raises(ValueError, match=r"^x must lie in \[0, 1\], as the model's") as e:
        metrics.scoreboard(with_output(activation), x)
    assert f"activation is {activation}); got values from {x.min():.3g}" in str(e.value)
    assert "by 255" in str(e.value)


def test_scoreboard_sees_an_output_in_0_to_1_before_it_is_reshaped():
    inputs = keras.Input((2, 1, 1))
    code = layers.Dense(3, name="code")(layers.Flatten()(inputs))
    outputs = layers.Reshape((2, 1, 1))(layers.Dense(2, "sigmoid")(code))
    model = keras.Model(inputs, outputs)
    assert metrics.scoreboard(model, X.reshape(4, 2, 1, 1))["mse"] < 1
    with pytest.raises(ValueError, match=r"x must lie in \[0, 1\]"):
        metrics.scoreboard(model, 255 * X.reshape(4, 2, 1, 1))


@pytest.mark.parametrize("x", [X * 255, (X - X.mean(axis=0)) / X.std(axis=0)])
@pytest.mark.parametrize("activation", ["linear", None, "relu", lambda z: 3 * z])
def test_scoreboard_takes_any_inputs_where_the_output_has_no_upper_limit(activation, x):
    assert metrics.scoreboard(with_output(activation), x)["mse"] > 0


def test_scoreboard_takes_0_and_1_themselves_behind_a_sigmoid():
    assert metrics.scoreboard(with_output("sigmoid"), np.eye(2))["mse"] < 1
