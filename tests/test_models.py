"""The builders give the documented layers, and the two halves make up the whole."""

from sae_utils import activations, models
from sae_utils.penalties import KLSparsity, L1Sparsity

import keras
import numpy as np
import pytest
from keras import layers


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def random_inputs(model, n=8):
    return np.random.default_rng(0).random((n, *model.input_shape[1:]), np.float32)


def weights_of(model):
    return [weight.copy() for weight in model.get_weights()]


# --- dense_autoencoder ---


def test_dense_layers_and_shapes():
    model = models.dense_autoencoder(32)
    assert [type(layer).__name__ for layer in model.layers] == [
        "InputLayer",
        "Dense",
        "Dense",
    ]
    assert model.input_shape == model.output_shape == (None, 784)
    code, reconstruction = model.layers[1:]
    assert (code.name, code.output.shape) == ("code", (None, 32))
    assert (reconstruction.name, reconstruction.output.shape) == (
        "reconstruction",
        (None, 784),
    )
    assert code.activation is keras.activations.relu
    assert reconstruction.activation is keras.activations.sigmoid
    assert reconstruction.kernel_constraint is None
    assert not model.compiled


def test_dense_arguments_reach_the_layers():
    model = models.dense_autoencoder(3, "tanh", n_inputs=5)
    assert model.input_shape == model.output_shape == (None, 5)
    assert model.get_layer("code").units == 3
    assert model.get_layer("code").activation is keras.activations.tanh


@pytest.mark.parametrize("build", [models.dense_autoencoder, models.conv_autoencoder])
@pytest.mark.parametrize(
    ("activation", "penalty"),
    [
        ("sigmoid", KLSparsity),
        ("hard_sigmoid", KLSparsity),
        ("softmax", KLSparsity),
        ("relu", L1Sparsity),
    ],
)
def test_penalty_stands_right_behind_the_code(build, activation, penalty):
    penalty = penalty()
    model = build(3, activation, penalty)
    names = [layer.name for layer in model.layers]
    assert model.layers[names.index("code") + 1] is penalty
    assert penalty.input is model.get_layer("code").output
    model(random_inputs(model))
    assert len(model.losses) == 1


@pytest.mark.parametrize("build", [models.dense_autoencoder, models.conv_autoencoder])
@pytest.mark.parametrize("units", [0, -1, 1.5, 32.0, True, "32", None])
def test_impossible_units_are_refused(build, units):
    with pytest.raises(ValueError, match="units must be a whole number") as error:
        build(units)
    assert f"at least 1; got {units!r}" in str(error.value)


@pytest.mark.parametrize("build", [models.dense_autoencoder, models.conv_autoencoder])
@pytest.mark.parametrize("form", [np.int64, np.int32, np.uint8])
def test_whole_numbers_of_numpy_are_whole_numbers(build, form):
    model = build(form(3))
    assert model.get_layer("code").output.shape == (None, 3)
    assert keras.models.clone_model(model).get_layer("code").output.shape == (None, 3)


def test_n_inputs_and_decoder_start_may_be_numbers_of_numpy():
    model = models.dense_autoencoder(
        3, n_inputs=np.int64(5), decoder_start=np.float32(0.5)
    )
    assert model.input_shape == (None, 5)


@pytest.mark.parametrize("n_inputs", [0, 1.5, True])
def test_impossible_n_inputs_are_refused(n_inputs):
    with pytest.raises(ValueError, match="n_inputs must be a whole number") as error:
        models.dense_autoencoder(3, n_inputs=n_inputs)
    assert f"at least 1; got {n_inputs!r}" in str(error.value)


@pytest.mark.parametrize("build", [models.dense_autoencoder, models.conv_autoencoder])
@pytest.mark.parametrize("activation", ["relu", "tanh", "linear", None])
def test_kl_on_an_activation_that_leaves_0_to_1_is_refused(build, activation):
    with pytest.raises(ValueError, match=r"KLSparsity needs a code in \[0, 1\]") as error:
        build(3, activation, KLSparsity())
    assert "'sigmoid'" in str(error.value)
    assert f"got {activation!r}" in str(error.value)


@pytest.mark.parametrize("build", [models.dense_autoencoder, models.conv_autoencoder])
@pytest.mark.parametrize(
    ("penalty", "hint"),
    [
        (KLSparsity, "That is a class: write KLSparsity() to make a layer."),
        (L1Sparsity, "write L1Sparsity() to make"),
        (keras.regularizers.L1(0.1), "got <keras"),
        ("kl", "got 'kl'"),
        (1e-3, "got 0.001"),
    ],
)
def test_a_penalty_that_is_no_layer_is_refused(build, penalty, hint):
    with pytest.raises(
        ValueError, match=r"^penalty must be a layer, such as KL"
    ) as error:
        build(3, "sigmoid", penalty)
    assert hint in str(error.value)


def decoder_kernel(model):
    return model.get_layer("reconstruction").get_weights()[0]


@pytest.mark.parametrize("decoder_start", [1e-3, 0.5, None])
def test_unit_norm_decoder_starts_and_keeps_its_rows_at_length_1(decoder_start):
    model = models.dense_autoencoder(
        3, n_inputs=5, unit_norm_decoder=True, decoder_start=decoder_start
    )
    start = decoder_kernel(model)
    assert start.shape == (3, 5)
    np.testing.assert_allclose(np.linalg.norm(start, axis=1), 1, rtol=1e-5)
    model.compile(keras.optimizers.SGD(10.0), "mse")  # a step that would change lengths
    x = random_inputs(model)
    model.fit(x, x, verbose=0)
    end = decoder_kernel(model)
    assert not np.allclose(start, end)
    np.testing.assert_allclose(np.linalg.norm(end, axis=1), 1, rtol=1e-5)


def test_unit_norm_decoder_starts_in_all_directions_alike():
    rows = decoder_kernel(models.dense_autoencoder(2000, unit_norm_decoder=True))
    # Random directions: the mean of 2000 is near 0, and each input's share is 1 / 784.
    assert np.linalg.norm(rows.mean(axis=0)) < 0.05
    np.testing.assert_allclose((rows**2).mean(axis=0) * 784, 1, atol=0.25)


@pytest.mark.parametrize(
    ("start", "expected"), [({}, 1e-3), ({"decoder_start": 0.2}, 0.2)]
)
def test_free_decoder_starts_from_a_normal_distribution(start, expected):
    kernel = decoder_kernel(models.dense_autoencoder(256, **start)) / expected
    np.testing.assert_allclose(kernel.std(), 1, rtol=0.01)
    np.testing.assert_allclose((kernel**4).mean(), 3, rtol=0.05)  # as a normal one's


def test_decoder_start_none_is_the_default_of_keras():
    kernel = decoder_kernel(models.dense_autoencoder(256, decoder_start=None))
    limit = np.sqrt(6 / (256 + 784))
    assert 0.99 * limit < np.abs(kernel).max() <= limit
    np.testing.assert_allclose(kernel.std(), limit / np.sqrt(3), rtol=0.01)


@pytest.mark.parametrize("start", [{}, {"unit_norm_decoder": True}])
def test_decoder_start_leaves_the_encoder_alone_and_follows_the_seed(start):
    def build(seed):
        keras.utils.set_random_seed(seed)
        return models.dense_autoencoder(8, n_inputs=6, **start)

    limit = np.sqrt(6 / (6 + 8))
    encoder = build(0).get_layer("code").get_weights()[0]
    assert limit / 2 < np.abs(encoder).max() <= limit
    np.testing.assert_array_equal(decoder_kernel(build(0)), decoder_kernel(build(0)))
    assert not np.allclose(decoder_kernel(build(0)), decoder_kernel(build(1)))


@pytest.mark.parametrize("start", [0, -1e-3, float("nan"), float("inf"), "small"])
def test_impossible_decoder_starts_are_refused(start):
    with pytest.raises(ValueError, match="decoder_start must be a standard") as error:
        models.dense_autoencoder(3, decoder_start=start)
    assert f"above 0, such as 1e-3, or None for Keras' default; got {start!r}" in str(
        error.value
    )


@pytest.mark.parametrize("name", ["linear", "relu", "sigmoid", "tanh"])
def test_dense_output_activation_reaches_the_last_layer(name):
    model = models.dense_autoencoder(3, n_inputs=5, output_activation=name)
    assert model.get_layer("reconstruction").activation is keras.activations.get(name)
    assert model.get_layer("code").activation is keras.activations.relu


@pytest.mark.parametrize("build", [models.dense_autoencoder, models.conv_autoencoder])
@pytest.mark.parametrize("argument", ["activation", "output_activation"])
@pytest.mark.parametrize("name", ["rleu", 3])
def test_unknown_activations_are_refused(build, argument, name):
    with pytest.raises(ValueError, match=f"^{argument} must be the name of") as error:
        build(3, **{argument: name})
    assert f"'relu', 'sigmoid' or 'linear', or a function; got {name!r}" in str(
        error.value
    )


@pytest.mark.parametrize("options", [{}, {"unit_norm_decoder": True}])
def test_dense_model_survives_saving(options, tmp_path):
    model = models.dense_autoencoder(3, n_inputs=5, **options)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for old, new in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


# --- tied_start and layers as activations ---


@pytest.mark.parametrize("options", [{}, {"unit_norm_decoder": True}])
def test_tied_start_makes_the_encoder_the_decoders_transpose(options):
    model = models.dense_autoencoder(8, n_inputs=6, tied_start=True, **options)
    encoder = model.get_layer("code").get_weights()[0]
    np.testing.assert_array_equal(encoder, decoder_kernel(model).T)
    np.testing.assert_array_equal(model.get_layer("code").get_weights()[1], 0)


def test_tied_start_ties_nothing_afterward():
    model = models.dense_autoencoder(8, n_inputs=6, tied_start=True)
    assert len(model.trainable_weights) == 4
    model.compile(keras.optimizers.SGD(1.0), "mse")
    x = random_inputs(model)
    model.fit(x, x, verbose=0)
    encoder = model.get_layer("code").get_weights()[0]
    assert not np.allclose(encoder, decoder_kernel(model).T)


def test_tied_start_draws_the_same_decoder():
    def build(tied_start):
        keras.utils.set_random_seed(0)
        return models.dense_autoencoder(8, n_inputs=6, tied_start=tied_start)

    np.testing.assert_array_equal(
        decoder_kernel(build(True)), decoder_kernel(build(False))
    )


def test_a_layer_can_be_the_activation():
    model = models.dense_autoencoder(8, activations.TopK(3), n_inputs=6)
    assert [each.name for each in model.layers[1:]] == ["code", "reconstruction"]
    code = models.encoder(model)(random_inputs(model))
    assert ((np.asarray(code) > 0).sum(axis=1) <= 3).all()
    repaired = models.conv_autoencoder(8, activations.TopK(3))
    assert repaired.get_layer("code").output.shape == (None, 8)


# --- conv_autoencoder ---


def test_conv_starts_where_keras_starts():
    model = models.conv_autoencoder()
    starts = [
        type(layer.kernel_initializer).__name__
        for layer in model.layers
        if hasattr(layer, "kernel_initializer")
    ]
    assert starts == ["GlorotUniform"] * 8


def test_conv_layers_are_the_classic_recipe():
    model = models.conv_autoencoder()
    summary = []
    for layer in model.layers:
        options = {
            "filters": getattr(layer, "filters", None),
            "kernel": getattr(layer, "kernel_size", None),
            "strides": getattr(layer, "strides", None),
            "padding": getattr(layer, "padding", None),
            "units": getattr(layer, "units", None),
        }
        options = {name: value for name, value in options.items() if value is not None}
        summary.append((type(layer).__name__, options, layer.output.shape[1:]))

    def conv(filters, strides=1):
        return {
            "filters": filters,
            "kernel": (3, 3),
            "strides": (strides, strides),
            "padding": "same",
        }

    pool = {"strides": (2, 2), "padding": "valid"}
    assert summary == [
        ("InputLayer", {}, (28, 28, 1)),
        ("Conv2D", conv(16), (28, 28, 16)),
        ("MaxPooling2D", pool, (14, 14, 16)),
        ("Conv2D", conv(32), (14, 14, 32)),
        ("MaxPooling2D", pool, (7, 7, 32)),
        ("Flatten", {}, (7 * 7 * 32,)),
        ("Dense", {"units": 32}, (32,)),
        ("Activation", {}, (32,)),
        ("Dense", {"units": 7 * 7 * 32}, (7 * 7 * 32,)),
        ("Reshape", {}, (7, 7, 32)),
        ("Conv2D", conv(32), (7, 7, 32)),
        ("Conv2DTranspose", conv(32, 2), (14, 14, 32)),
        ("Conv2DTranspose", conv(16, 2), (28, 28, 16)),
        ("Conv2DTranspose", conv(1), (28, 28, 1)),
    ]
    assert model.layers[7].name == "code"
    assert model.layers[-1].name == "reconstruction"


@pytest.mark.parametrize("output", ["relu", "sigmoid"])
def test_conv_activations_are_relu_but_for_the_chosen_output(output):
    model = models.conv_autoencoder(output_activation=output)
    names = [
        layer.activation.__name__
        for layer in model.layers
        if hasattr(layer, "activation")
    ]
    assert names == ["relu", "relu", "linear"] + ["relu"] * 5 + [output]


def test_conv_default_output_is_the_classic_recipes():
    model = models.conv_autoencoder()
    assert model.get_layer("reconstruction").activation is keras.activations.relu


def test_conv_normalization_stands_between_the_codes_weights_and_its_activation():
    plain = models.conv_autoencoder()
    repaired = models.conv_autoencoder(batch_normalization=True)
    kinds = [type(layer) for layer in repaired.layers]
    assert kinds[6:9] == [layers.Dense, layers.BatchNormalization, layers.Activation]
    del kinds[7]
    assert kinds == [type(layer) for layer in plain.layers]


def test_conv_arguments_reach_the_code():
    code = models.conv_autoencoder(5, "sigmoid").get_layer("code")
    assert code.output.shape == (None, 5)
    assert code.activation is keras.activations.sigmoid


def test_conv_trains_every_weight_in_a_step():
    model = models.conv_autoencoder(8, "sigmoid", KLSparsity())
    model.compile("adam", "mse")
    before = weights_of(model)
    x = random_inputs(model)
    loss = model.fit(x, x, verbose=0).history["loss"]
    assert np.isfinite(loss).all()
    for old, new in zip(before, model.get_weights(), strict=True):
        assert not np.array_equal(old, new)


# --- encoder and decoder ---


MODELS = {
    "dense": lambda: models.dense_autoencoder(3, n_inputs=5),
    "dense with penalty": lambda: models.dense_autoencoder(
        3, "sigmoid", KLSparsity(), n_inputs=5
    ),
    "conv with penalty": lambda: models.conv_autoencoder(3, "relu", L1Sparsity()),
    "conv, repaired": lambda: models.conv_autoencoder(3, batch_normalization=True),
}


@pytest.fixture(params=MODELS)
def model(request):
    return MODELS[request.param]()


def test_decoder_of_encoder_is_the_model(model):
    x = random_inputs(model)
    code = models.encoder(model)(x)
    assert code.shape == (8, 3)
    assert models.decoder(model).input_shape == (None, 3)
    np.testing.assert_allclose(models.decoder(model)(code), model(x), rtol=1e-6)


def test_dense_code_is_the_activation_of_the_code_layer():
    model = models.dense_autoencoder(3, "sigmoid", KLSparsity(), n_inputs=5)
    x = random_inputs(model)
    kernel, bias = model.get_layer("code").get_weights()
    np.testing.assert_allclose(
        models.encoder(model)(x), 1 / (1 + np.exp(-(x @ kernel + bias))), rtol=1e-5
    )


def test_halves_share_their_weights_with_the_model(model):
    shared = [
        *models.encoder(model).trainable_variables,
        *models.decoder(model).trainable_variables,
    ]
    assert [id(each) for each in shared] == [
        id(each) for each in model.trainable_variables
    ]


@pytest.mark.parametrize("half", [models.encoder, models.decoder])
def test_halves_can_be_cut_at_any_named_layer(half):
    model = models.dense_autoencoder(3, "relu", L1Sparsity(name="l1"), n_inputs=5)
    assert (
        half(model, "l1").layers[-1].name
        == {
            models.encoder: "l1",
            models.decoder: "reconstruction",
        }[half]
    )


@pytest.mark.parametrize("half", [models.encoder, models.decoder])
def test_unknown_layer_names_the_known_ones(half):
    model = models.dense_autoencoder(3, n_inputs=5)
    with pytest.raises(ValueError, match="has no layer 'bottleneck'") as error:
        half(model, "bottleneck")
    assert "'code', 'reconstruction'" in str(error.value)


class Subclassed(keras.Model):
    """A model that keeps its layers, but not how they are connected."""

    def __init__(self):
        super().__init__()
        self.code = layers.Dense(3, "relu", name="code")
        self.reconstruction = layers.Dense(5, name="reconstruction")

    def call(self, x):
        return self.reconstruction(self.code(x))


def subclassed():
    model = Subclassed()
    model(np.ones((2, 5), np.float32))
    return model


NOT_CONNECTED = {
    "Subclassed": subclassed,
    "Sequential": lambda: keras.Sequential([layers.Dense(3, name="code")]),
    "Dense": lambda: layers.Dense(3, name="code"),
    "NoneType": lambda: None,
}


@pytest.mark.parametrize("half", [models.encoder, models.decoder])
@pytest.mark.parametrize(("kind", "make"), NOT_CONNECTED.items())
def test_a_model_that_cannot_be_cut_is_refused(half, kind, make):
    with pytest.raises(ValueError, match=r"must be keras.Model\(inputs, outputs\)") as e:
        half(make())
    assert str(e.value).endswith(f"got {kind}.")
