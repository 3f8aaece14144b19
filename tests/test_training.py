"""`train` gives the weights of plain `compile` and `fit`, and refuses bad input first."""

import json
import os
import subprocess
import sys

from sae_utils import models, training
from sae_utils.activations import BatchTopK, TopK
from sae_utils.penalties import KLSparsity, L1Sparsity
from sae_utils.training import train

import keras
import numpy as np
import pytest

MODELS = {
    "plain": lambda: models.dense_autoencoder(8, n_inputs=6),
    "linear": lambda: models.dense_autoencoder(8, n_inputs=6, output_activation="linear"),
    "l1": lambda: models.dense_autoencoder(8, "relu", L1Sparsity(0.01), n_inputs=6),
    "kl": lambda: models.dense_autoencoder(8, "sigmoid", KLSparsity(0.1, 0.1), 6),
    "unit rows": lambda: models.dense_autoencoder(
        8, "relu", L1Sparsity(0.01), n_inputs=6, unit_norm_decoder=True
    ),
    "top-k": lambda: models.dense_autoencoder(8, TopK(3), n_inputs=6),
    "batch top-k": lambda: models.dense_autoencoder(8, BatchTopK(3), n_inputs=6),
    "conv": lambda: models.conv_autoencoder(4, "sigmoid", KLSparsity(0.1, 0.1)),
    "conv, repaired": lambda: models.conv_autoencoder(4, batch_normalization=True),
    "dense, normalized": lambda: keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(8, use_bias=False),
            keras.layers.BatchNormalization(),
            keras.layers.Dense(6),
        ]
    ),
}


def inputs_of(model, samples=44):
    return np.random.default_rng(0).random((samples, *model.input_shape[1:]), np.float32)


def plain_fit(model, x, epochs, learning_rate=2e-3, batch_size=128):
    """Train as notebook 01 does; return the history's dict."""
    model.compile(keras.optimizers.Adam(learning_rate), "mse")
    return model.fit(x, x, batch_size, epochs, verbose=0).history


def trained(how, build, *args, samples=44):
    """Build a model and train it at seed 0.

    Return its weights before and after, its output, and the history.
    """
    keras.utils.set_random_seed(0)
    model = build()
    before = model.get_weights()
    x = inputs_of(model, samples)
    history = how(model, x, *args)
    return before, model.get_weights(), model.predict(x, verbose=0), history


def assert_same(weights, others, atol):
    for one, other in zip(weights, others, strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=atol)


# --- the weights of plain fit ---


@pytest.mark.parametrize("use_xla", [False, True])
@pytest.mark.parametrize("name", MODELS)
def test_weights_output_and_history_are_those_of_plain_fit(name, use_xla, monkeypatch):
    if use_xla and name.startswith("conv"):
        pytest.skip("convolutions are not compiled by XLA")
    monkeypatch.setattr(training, "XLA_FROM_UPDATES", 0 if use_xla else np.inf)
    # 44 samples: two full batches and a smaller one.
    before, ours, output, history = trained(train, MODELS[name], 3, 0.01, 16)
    _, theirs, expected, losses = trained(plain_fit, MODELS[name], 3, 0.01, 16)
    assert np.abs(ours[0] - before[0]).max() > 0.02  # nine steps of about 0.01 each
    # A bias in front of a normalization has no gradient: Adam makes it follow rounding.
    if name != "conv, repaired":
        assert_same(ours, theirs, atol=1e-4)
    np.testing.assert_allclose(output, expected, atol=1e-3)
    assert list(history) == ["loss"]
    assert [type(loss) for loss in history["loss"]] == [float] * 3
    np.testing.assert_allclose(history["loss"], losses["loss"], rtol=1e-4)


# Fewer than a batch, and full batches only.
@pytest.mark.parametrize("samples", [5, 256])
def test_other_numbers_of_samples_with_the_default_settings(samples):
    before, ours, _, history = trained(train, MODELS["l1"], 2, samples=samples)
    _, theirs, _, losses = trained(plain_fit, MODELS["l1"], 2, samples=samples)
    assert np.abs(ours[0] - before[0]).max() > 2e-3
    assert_same(ours, theirs, atol=1e-5)
    np.testing.assert_allclose(history["loss"], losses["loss"], rtol=1e-4)


def test_training_again_goes_on_from_the_weights_with_a_new_adam():
    def twice(how):
        return lambda *args: (how(*args), how(*args))[1]

    _, ours, *_ = trained(twice(train), MODELS["plain"], 2, 0.01, 16)
    _, theirs, *_ = trained(twice(plain_fit), MODELS["plain"], 2, 0.01, 16)
    assert_same(ours, theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("build", "samples", "epochs", "expected"),
    [
        (lambda: models.dense_autoencoder(256), 20_000, 7, True),
        (lambda: models.dense_autoencoder(32), 20_000, 40, True),
        (lambda: models.dense_autoencoder(32), 20_000, 2, False),
        (lambda: models.dense_autoencoder(3, n_inputs=4), 60_000, 15, False),
        (lambda: models.conv_autoencoder(), 20_000, 100, False),
        (lambda: models.dense_autoencoder(256, TopK(20)), 20_000, 7, False),
        (lambda: models.conv_autoencoder(32, BatchTopK(4)), 20_000, 7, False),
    ],
)
def test_xla_compiles_long_trainings_of_dense_models(
    build, samples, epochs, expected, monkeypatch
):
    used = []

    def note(model, x, batch_size, use_xla):
        used.append(use_xla)
        return lambda: 0.0

    monkeypatch.setattr(training, "_epoch_function", note)
    model = build()
    train(model, np.zeros((samples, *model.input_shape[1:]), np.float32), epochs)
    assert used == [expected]


def test_unit_rows_keep_length_1():
    _, weights, *_ = trained(train, MODELS["unit rows"], 3, 1.0, 16)
    np.testing.assert_allclose(np.linalg.norm(weights[2], axis=1), 1, rtol=1e-5)


def test_model_can_be_evaluated_and_fitted_afterwards():
    model = MODELS["plain"]()
    x = inputs_of(model)
    train(model, x, 1)
    expected = np.mean((model.predict(x, verbose=0) - x) ** 2)
    np.testing.assert_allclose(model.evaluate(x, x, verbose=0), expected, rtol=1e-5)
    before = model.get_weights()
    model.fit(x, x, verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])


@pytest.mark.parametrize("kind", [np.float64, np.uint8, list])
def test_inputs_of_other_types_train_as_float32(kind):
    x = np.random.default_rng(0).integers(0, 2, (20, 6))
    losses = []
    for each in x.astype(np.float32), x.tolist() if kind is list else x.astype(kind):
        keras.utils.set_random_seed(0)
        losses.append(train(MODELS["plain"](), each, 1)["loss"])
    assert losses[0] == losses[1]


def test_last_text_is_the_same_on_every_machine(capfd):
    model = MODELS["plain"]()
    train(model, inputs_of(model), 3, batch_size=16)
    out, err = capfd.readouterr()
    assert out.split("\r")[-1] == "trained for 3 epochs of 3 batches\n"
    assert err == ""


ON_JAX = """
import json
from sae_utils import models, training
import keras, numpy as np
model = models.dense_autoencoder(3, n_inputs=4)
x = np.random.default_rng(0).random((20, 4), np.float32)
history = training.train(model, x, 4, learning_rate=0.1, batch_size=8)
print(json.dumps([keras.backend.backend(), history]))
"""


def test_other_backends_train_too():
    run = subprocess.run(
        [sys.executable, "-c", ON_JAX],
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=True,
    )
    *shown, result = run.stdout.splitlines()
    assert shown[-1] == "trained for 4 epochs of 3 batches"
    backend, history = json.loads(result)
    assert backend == "jax"
    assert len(history["loss"]) == 4
    assert history["loss"][3] < history["loss"][0]


# --- bad input ---


REFUSED = {
    "empty": ({"x": np.zeros((0, 6))}, "at least one sample; got shape (0, 6)"),
    "width": ({"x": np.zeros((9, 5))}, "the shape (samples, 6); got (9, 5)"),
    "rank": ({"x": np.zeros((9, 6, 1))}, "the shape (samples, 6); got (9, 6, 1)"),
    "one sample": ({"x": np.zeros(6)}, "the shape (samples, 6); got (6,)"),
    "NaN": ({"x": [[0, 0, 0, 0, 0, np.nan]]}, "finite numbers only; got 1 that"),
    "infinite": ({"x": [[0, 0, 0, 0, np.inf, -np.inf]]}, "finite numbers only; got 2"),
    **{
        f"{name} {value!r}": (
            {name: value},
            f"{name} must be a whole number of at least 1; got {value!r}",
        )
        for name in ("epochs", "batch_size")
        for value in (0, -1, 1.5, 2.0, True, "3", None)
    },
    **{
        f"learning_rate {value!r}": (
            {"learning_rate": value},
            f"learning_rate must be a number above 0, such as 2e-3; got {value!r}",
        )
        for value in (0, -1e-3, float("nan"), float("inf"), "2e-3", None)
    },
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_input_is_refused_before_anything_is_trained(case, capfd):
    wrong, message = REFUSED[case]
    model = MODELS["plain"]()
    before = model.get_weights()
    with pytest.raises(ValueError) as error:
        train(model, **{"x": np.zeros((9, 6), np.float32), "epochs": 1} | wrong)
    assert message in str(error.value)
    assert_same(before, model.get_weights(), atol=0)
    assert not model.compiled
    assert capfd.readouterr() == ("", "")


def test_a_model_that_does_not_reconstruct_is_refused():
    encoder = models.encoder(MODELS["plain"]())
    with pytest.raises(ValueError, match="must be an autoencoder") as error:
        train(encoder, np.zeros((9, 6), np.float32), 1)
    assert "input shape (None, 6), output shape (None, 8)" in str(error.value)


def test_numpys_numbers_are_numbers():
    model = MODELS["plain"]()
    x = np.zeros((9, 6), np.float32)
    settings = {"learning_rate": np.float32(1e-3), "batch_size": np.int64(4)}
    assert len(train(model, x, epochs=np.int32(2), **settings)["loss"]) == 2
