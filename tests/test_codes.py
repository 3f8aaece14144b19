"""What a code holds, on models whose answer is known by hand."""

from sae_utils import codes, models
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pytest
from keras import layers

# Three units for two inputs; decoder rows of length 5, 1 and 0.
ENCODER = np.array([[1.0, 0.0, 1.0], [0.0, 2.0, 0.0]])
BIAS = np.array([0.0, -1.0, 0.0])
ROWS = np.array([[3.0, -4.0], [0.0, 1.0], [0.0, 0.0]])
X = np.array([[1.0, 1.0], [-2.0, 0.25]])
CODE = [[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]]


def functional(activation="relu", between=()):
    inputs = keras.Input((2,))
    outputs = layers.Dense(3, activation, name="code")(inputs)
    for layer in [*between, layers.Dense(2, name="reconstruction")]:
        outputs = layer(outputs)
    return with_weights(keras.Model(inputs, outputs))


def sequential(activation="relu", between=()):
    code = layers.Dense(3, activation, name="code")
    reconstruction = layers.Dense(2, name="reconstruction")
    return with_weights(
        keras.Sequential([keras.Input((2,)), code, *between, reconstruction])
    )


def with_weights(model):
    model.get_layer("code").set_weights([ENCODER, BIAS])
    model.get_layer("reconstruction").set_weights([ROWS, np.zeros(2)])
    return model


both = pytest.mark.parametrize("build", [functional, sequential])


# --- encode, outputs, decoder rows, contributions ---


@both
@pytest.mark.parametrize(
    "between",
    [lambda: [], lambda: [L1Sparsity(1.0)], lambda: [layers.Dropout(0.9), L1Sparsity()]],
    ids=["nothing", "a penalty", "dropout and a penalty"],
)
def test_parts_of_a_hand_set_model(build, between):
    model = build(between=between())
    np.testing.assert_array_equal(codes.encode(model, X), CODE)
    np.testing.assert_array_equal(codes.outputs(model, X), [[3, -3], [0, 0]])
    np.testing.assert_array_equal(codes.decoder_rows(model), ROWS)
    np.testing.assert_array_equal(codes.row_lengths(model), [5, 1, 0])
    np.testing.assert_array_equal(codes.contributions(model, X), [[5, 1, 0], [0, 0, 0]])


def test_a_penalty_of_the_code_counts_as_no_layer_between():
    model = models.dense_autoencoder(3, "sigmoid", KLSparsity(), n_inputs=5)
    kernel = model.get_layer("reconstruction").get_weights()[0]
    np.testing.assert_array_equal(codes.decoder_rows(model), kernel)


def test_decoder_rows_of_the_convolutional_model_are_those_of_its_dense_layer():
    model = models.conv_autoencoder(3, penalty=L1Sparsity())
    (behind,) = [
        layer
        for layer in model.layers
        if isinstance(layer, layers.Dense) and layer.units == 7 * 7 * 32
    ]
    rows = codes.decoder_rows(model)
    assert rows.shape == (3, 7 * 7 * 32)
    np.testing.assert_array_equal(rows, behind.get_weights()[0])
    np.testing.assert_allclose(
        codes.row_lengths(model), np.sqrt((rows**2).sum(axis=1)), rtol=1e-5
    )


@pytest.mark.parametrize("n", [1, 500, 501])
def test_outputs_of_any_number_of_samples(n):
    x = np.column_stack([np.arange(n), np.zeros(n)]).astype(int)
    code = codes.encode(functional(), x)
    np.testing.assert_array_equal(code[:, 0], np.arange(n))
    assert code.shape == (n, 3)
    np.testing.assert_array_equal(codes.outputs(functional(), x, 7)[:, 0], 3 * x[:, 0])


def test_another_layer_may_be_the_code():
    inputs = keras.Input((2,))
    code = layers.Dense(3, name="code")(inputs)
    model = keras.Model(inputs, layers.Dense(2)(layers.Dense(4, name="deep")(code)))
    assert codes.decoder_rows(model).shape == (3, 4)
    assert codes.decoder_rows(model, "deep").shape == (4, 2)
    assert codes.encode(model, X, "deep").shape == (2, 4)
    assert codes.contributions(model, X, "deep").shape == (2, 4)


@both
@pytest.mark.parametrize(
    "measure",
    [
        lambda model: codes.encode(model, X, "z"),
        lambda model: codes.decoder_rows(model, "z"),
        lambda model: codes.row_lengths(model, "z"),
        lambda model: codes.contributions(model, X, "z"),
        lambda model: codes.has_exact_zeros(model, CODE, "z"),
    ],
)
def test_an_unknown_layer_is_refused(build, measure):
    with pytest.raises(ValueError, match=r"has no layer 'z'; its layers are .*'code'"):
        measure(build())


@both
@pytest.mark.parametrize("measure", [codes.decoder_rows, codes.row_lengths])
def test_a_code_without_a_kernel_behind_it_is_refused(build, measure):
    message = r"behind 'reconstruction' must have .* shape \(2, outputs\).*got no kernel"
    with pytest.raises(ValueError, match=message):
        measure(build(), "reconstruction")


@pytest.mark.parametrize(
    ("between", "message"),
    [
        # A kernel for each of two copies of the code, and one that slides over it.
        ([layers.Concatenate], r"shape \(3, outputs\), one row per unit; got \(6, 2\)"),
        (
            [
                lambda: layers.Reshape((3, 1)),
                lambda: layers.Conv1D(4, 3),
                layers.Flatten,
            ],
            r"shape \(3, outputs\), one row per unit; got \(3, 1, 4\)",
        ),
    ],
    ids=["twice the rows", "a convolution"],
)
def test_a_kernel_of_another_shape_behind_the_code_is_refused(between, message):
    inputs = keras.Input((2,))
    code = outputs = layers.Dense(3, name="code")(inputs)
    for make in between:
        layer = make()
        both = isinstance(layer, layers.Concatenate)
        outputs = layer([outputs, code] if both else outputs)
    model = keras.Model(inputs, layers.Dense(2)(outputs))
    with pytest.raises(ValueError, match=message):
        codes.decoder_rows(model)
    with pytest.raises(ValueError, match=message):
        codes.contributions(model, X)


def test_a_code_of_another_rank_is_refused():
    inputs = keras.Input((2, 2, 1))
    outputs = layers.Conv2D(1, 1)(layers.Activation("relu", name="code")(inputs))
    model = keras.Model(inputs, outputs)
    with pytest.raises(ValueError, match=r"\(samples, units\); got \(3, 2, 2, 1\)"):
        codes.encode(model, np.ones((3, 2, 2, 1)))


@pytest.mark.parametrize("measure", [codes.encode, codes.outputs, codes.contributions])
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.ones((0, 2)), r"x must hold at least one number .* got shape \(0, 2\)"),
        ([[0.1, np.nan]], r"no NaN; got shape \(1, 2\) with 1 NaN"),
    ],
)
def test_bad_inputs_are_refused(measure, x, message):
    with pytest.raises(ValueError, match=message):
        measure(functional(), x)


class Subclassed(keras.Model):
    def __init__(self):
        super().__init__()
        self.code = layers.Dense(3, name="code")

    def call(self, x):
        return self.code(x)


@pytest.mark.parametrize("measure", [codes.encode, codes.contributions])
def test_a_subclassed_model_is_told_what_is_needed(measure):
    model = Subclassed()
    model(np.float32(X))
    with pytest.raises(ValueError, match=r"must be keras.Model\(inputs.* got Subclassed"):
        measure(model, X)


@pytest.mark.parametrize("batch_size", [0, 1.5, None])
def test_an_impossible_batch_size_is_refused(batch_size):
    with pytest.raises(ValueError, match=r"^batch_size must be a whole number of at"):
        codes.outputs(functional(), X, batch_size)


# --- has_exact_zeros ---

SMOOTH = ["sigmoid", "softmax", "softplus", "tanh", "elu", "gelu", "silu", "linear", None]


@both
@pytest.mark.parametrize("activation", SMOOTH)
def test_a_smooth_code_has_no_exact_zeros_whatever_rounding_makes(build, activation):
    model = build(activation)
    # Far below zero a sigmoid, among others, is rounded to 0; linear is 0 at 0.
    code = codes.encode(model, [[-200.0, -200.0], [0.0, 0.5], [3.0, 1.0]])
    if activation in ("sigmoid", "softmax", "gelu", "linear"):
        assert (code == 0).any()
    assert codes.has_exact_zeros(model, code) is False


@both
@pytest.mark.parametrize("activation", ["relu", "relu6", "hard_sigmoid", "soft_shrink"])
def test_a_code_that_switches_off_has_exact_zeros_though_none_occurs(build, activation):
    assert codes.has_exact_zeros(build(activation), np.ones((5, 3))) is True


def keep_largest(z):
    return z * keras.ops.cast(z == keras.ops.max(z, axis=1, keepdims=True), z.dtype)


@pytest.mark.parametrize(
    ("activation", "exact"),
    [(keep_largest, True), (lambda z: keras.ops.sigmoid(z), False)],
)
def test_a_function_is_known_by_its_values_not_by_its_name(activation, exact):
    assert codes.has_exact_zeros(functional(activation), np.ones((5, 3))) is exact


@pytest.mark.parametrize(("code", "exact"), [(CODE, True), (np.ones((5, 2)), False)])
def test_without_an_activation_function_the_samples_decide(code, exact):
    inputs = keras.Input((2,))
    model = keras.Model(inputs, layers.Dense(2)(layers.ReLU(name="code")(inputs)))
    assert codes.has_exact_zeros(model, code) is exact


def test_more_units_than_inputs_that_are_tried():
    model = models.dense_autoencoder(50, lambda z: keras.ops.top_k(z, 40)[0], n_inputs=2)
    assert codes.has_exact_zeros(model, np.ones((5, 50))) is False


# --- checks ---


def test_checked_values_are_an_array():
    checked = codes.checked_code([[1, 2], [3, 4]])
    assert isinstance(checked, np.ndarray)
    assert checked.tolist() == [[1, 2], [3, 4]]
    assert codes.checked_values("x", 3.0) == 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([], r"x must hold at least one number and no NaN; got shape \(0,\) with 0 NaN"),
        ([[np.nan, 1, np.nan]], r"got shape \(1, 3\) with 2 NaN"),
    ],
)
def test_bad_values_are_refused(values, message):
    with pytest.raises(ValueError, match=message):
        codes.checked_values("x", values)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ([1.0, 2.0], r"code must have shape \(samples, units\); got \(2,\)"),
        (np.ones((2, 3, 4)), r"got \(2, 3, 4\)"),
        (np.ones((4, 0)), r"at least one number"),
    ],
)
def test_bad_codes_are_refused(code, message):
    with pytest.raises(ValueError, match=message):
        codes.checked_code(code)
