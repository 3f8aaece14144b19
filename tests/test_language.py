"""The small language model is the trained one, and changes only where it is told to."""

import shutil

from sae_utils import data, language

import keras
import numpy as np
import pytest
from keras import ops


@pytest.fixture(scope="module")
def model():
    return language.load_language_model()


@pytest.fixture(scope="module")
def windows():
    """Held-out windows of 64 symbols, and the symbol that follows each position."""
    text = data.load_novel("held_out")
    numbers = np.array([language.SYMBOLS.index(symbol) for symbol in text[:40_000]])
    at = np.arange(0, len(numbers) - 65, 400)[:, None] + np.arange(64)
    return numbers[at], numbers[at + 1]


def loss(model, windows):
    x, y = windows
    each = keras.losses.sparse_categorical_crossentropy(y, model(x), from_logits=True)
    return float(ops.mean(each))


def test_symbols_have_one_number_each():
    assert len(set(language.SYMBOLS)) == len(language.SYMBOLS) == 75
    assert list(language.SYMBOLS) == sorted(language.SYMBOLS)


def test_shapes(model, windows):
    assert model.input_shape == (None, 64)
    assert model.output_shape == (None, 64, 75)
    assert model.get_layer("mlp").output.shape == (None, 64, 256)
    assert model.get_layer("written").output.shape == (None, 64, 64)
    read = keras.Model(model.inputs[0], model.get_layer("mlp").output)
    activations = np.asarray(read(windows[0][:2]))
    assert activations.min() == 0 < activations.max()


def test_trained_model_predicts_held_out_text_and_its_twin_does_not(model, windows):
    assert 1.1 < loss(model, windows) < 1.4
    twin = language.load_language_model(trained=False)
    assert abs(loss(twin, windows) - np.log(75)) < 0.3
    assert [w.shape for w in twin.weights] == [w.shape for w in model.weights]


def test_twin_is_the_same_whatever_was_drawn_before():
    keras.utils.set_random_seed(1)
    first = language.load_language_model(trained=False).get_weights()
    keras.utils.set_random_seed(2)
    second = language.load_language_model(trained=False).get_weights()
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
    # The first numbers that NumPy draws, which no version of it may change.
    np.testing.assert_allclose(
        first[0][0, :3], [0.00251460, -0.00264210, 0.01280845], rtol=1e-5
    )


def test_a_position_sees_only_what_came_before(model, windows):
    x = windows[0][:1].copy()
    before = np.asarray(model(x))
    x[0, 40:] = 5
    after = np.asarray(model(x))
    np.testing.assert_allclose(after[0, :40], before[0, :40], atol=1e-5)
    assert np.abs(after[0, 40:] - before[0, 40:]).max() > 1


def test_activations_left_alone_change_nothing(model, windows):
    same = language.with_activations(model, lambda activations: activations)
    np.testing.assert_array_equal(np.asarray(same(windows[0])), model(windows[0]))


def test_function_gets_the_activations_after_relu(model, windows):
    read = keras.Model(model.inputs, model.get_layer("mlp").output)
    mask = np.zeros(256, dtype="float32")
    mask[7] = 1.0
    changed = language.with_activations(model, lambda a: a - mask * a)
    kernel = model.get_layer("written").kernel
    stream = keras.Model(model.inputs, model.get_layer("last_norm").input)(windows[0])
    unit = np.asarray(read(windows[0]))[..., 7:8]
    stream = stream - unit * np.asarray(kernel)[7]
    expected = model.get_layer("logits")(model.get_layer("last_norm")(stream))
    assert unit.max() > 0
    np.testing.assert_allclose(changed(windows[0]), expected, atol=1e-3)
    assert np.abs(changed(windows[0]) - model(windows[0])).max() > 0.01


def test_mlp_matters_to_the_trained_model(model, windows):
    without = language.with_activations(model, ops.zeros_like)
    assert loss(without, windows) > loss(model, windows) + 0.5


def test_changed_model_shares_its_weights_and_leaves_the_model_as_it_was(model, windows):
    before = np.asarray(model(windows[0]))
    changed = language.with_activations(model, lambda a: 2 * a)
    assert {id(w) for w in changed.weights} == {id(w) for w in model.weights}
    np.testing.assert_array_equal(np.asarray(model(windows[0])), before)


def test_function_may_be_a_keras_model(model, windows):
    inputs = keras.Input((64, 256))
    halved = keras.Model(inputs, 0.5 * inputs)
    by_model = language.with_activations(model, halved)(windows[0])
    by_hand = language.with_activations(model, lambda a: 0.5 * a)(windows[0])
    np.testing.assert_allclose(by_model, by_hand, atol=1e-6)


def test_halves_of_the_model_make_the_whole_at_any_number_of_positions(model, windows):
    read, rest = language.split_at_mlp(model)
    activations, stream = (np.asarray(each) for each in read(windows[0][:3]))
    assert activations.shape == (3, 64, 256) and stream.shape == (3, 64, 64)
    assert activations.min() == 0
    whole = np.asarray(model(windows[0][:3]))
    np.testing.assert_allclose(rest([activations, stream]), whole, atol=1e-4)
    last = rest([activations[:, -1:], stream[:, -1:]])
    np.testing.assert_allclose(last, whole[:, -1:], atol=1e-4)


@pytest.mark.parametrize("other", [None, "model", keras.Sequential()])
def test_other_models_are_refused(other):
    with pytest.raises(ValueError, match="model must be a language model"):
        language.with_activations(other, lambda a: a)
    with pytest.raises(ValueError, match="model must be a language model"):
        language.split_at_mlp(other)


@pytest.mark.parametrize("function", [None, 0.5, np.zeros(256)])
def test_what_is_no_function_is_refused(model, function):
    with pytest.raises(ValueError, match="function must be a function"):
        language.with_activations(model, function)


@pytest.mark.parametrize(
    "function", [np.zeros_like, np.exp, lambda a: np.maximum(a, 0), lambda a, b: a]
)
def test_functions_of_numpy_are_refused(model, function):
    with pytest.raises(ValueError, match=r"written with keras\.ops, not NumPy; got "):
        language.with_activations(model, function)


@pytest.mark.parametrize(
    "function", [lambda a: a[:, -1], lambda a: 0 * a[..., :5], lambda a: ops.mean(a)]
)
def test_activations_of_another_shape_are_refused(model, function):
    with pytest.raises(ValueError, match=r"shape \(None, 64, 256\); got "):
        language.with_activations(model, function)


@pytest.mark.parametrize("trained", [None, "yes", 2])
def test_trained_is_true_or_false(trained):
    with pytest.raises(ValueError, match="trained must be True or False; got "):
        language.load_language_model(trained)


def test_weights_of_another_model_are_refused(monkeypatch, tmp_path):
    for name in data.SHA256:
        shutil.copy(data.BUNDLED / "novels.npz", tmp_path / name)
    monkeypatch.setattr(data, "BUNDLED", tmp_path)
    with pytest.raises(OSError, match="altered"):
        language.load_language_model()
