"""What notebook 08 collects of a network belongs together."""

from sae_utils import concepts, data, inside, models, texts

import keras
import numpy as np
import pytest
from keras import ops
from scipy.special import softmax


@pytest.fixture(scope="module")
def net():
    """A network of which little is read, with a code that is hardly trained."""
    patch = pytest.MonkeyPatch()
    patch.setattr(inside, "WINDOWS", 120)
    keras.utils.set_random_seed(0)
    net = inside.Inside(models.load_language_model())
    net.scores = net.contest()
    yield net
    patch.undo()


def test_shapes(net):
    assert net.n_positions == 120 * 64
    assert net.activations.shape == (30 * 64, 256)
    assert net.held.shape == (400 * 64, 256)
    assert net.code.shape == (30 * 64, 512)
    assert net.held_labels.shape == (400 * 64, len(concepts.PATTERNS))
    assert np.max(np.sum(net.held_code > 0, axis=1)) == 12


def test_labels_are_those_of_the_windows(net):
    at = list(concepts.PATTERNS).index("after a comma")
    commas = net.windows == texts.to_numbers(",")[0]
    np.testing.assert_array_equal(net.held_labels[:, at].reshape(400, 64), commas)


def test_following_symbols_follow(net):
    np.testing.assert_array_equal(net.windows[:, 1:], net.following[:, :-1])
    assert inside.losses(net.model, net.windows[:50], net.following[:50]).mean() < 1.5


def test_inputs_are_centered_and_scaled(net):
    x = net.normal(net.activations)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=0.1)  # of all positions it is 0
    lengths = np.linalg.norm(net.rows, axis=1)
    np.testing.assert_allclose(lengths, net.scale, rtol=1e-4)


def test_contexts_end_where_the_concept_holds(net):
    windows, following = net.contexts("after Mr")
    assert {texts.to_text(window[-2:]) for window in windows} == {"Mr"}
    assert set(texts.to_text(following[:, -1])) <= set(".s")
    assert 40 < len(windows) < 130


def test_units_of_sharp_concepts_are_found(net):
    assert net.scores["unit"]["after a comma"] > 0.7
    unit, amount = net.unit_of("after a comma")
    assert unit == net.units[list(concepts.PATTERNS).index("after a comma")]
    at = list(concepts.PATTERNS).index("after a comma")
    held = net.held_code[:, unit]
    assert amount == pytest.approx(held[net.held_labels[:, at]].mean())
    assert amount > 5 * held[~net.held_labels[:, at]].mean()


def test_the_three_vectors_are_equally_long_and_different(net):
    vectors = net.vectors("after a comma")
    lengths = [np.linalg.norm(each) for each in vectors.values()]
    np.testing.assert_allclose(lengths, net.scale, rtol=1e-4)
    same = vectors["unit"] @ vectors["direction"] / net.scale**2
    other = vectors["unit"] @ vectors["random"] / net.scale**2
    assert same > 0.4 > 0.3 > abs(other)
    again = net.vectors("after a comma", seed=1)
    assert not np.allclose(again["random"], vectors["random"])


def test_the_symbol_alone_detects_what_a_single_symbol_shows(net):
    symbol = net.scores["symbol"]
    assert symbol[["after a comma", "after a vowel", "new paragraph"]].min() == 1
    assert symbol["after Mr"] < 0.2
    np.testing.assert_array_equal(net.held_symbols.reshape(400, 64), net.windows)
    commas = net.symbols == texts.to_numbers(",")[0]
    at = list(concepts.PATTERNS).index("after a comma")
    np.testing.assert_array_equal(net.labels[:, at], commas)


def test_random_vectors_are_as_long_as_a_row_and_all_different(net):
    vectors = net.random_vectors(60)
    assert vectors.shape == (60, 256)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), net.scale, rtol=1e-4)
    np.testing.assert_array_equal(vectors[0], net.vectors("after Mr")["random"])
    np.testing.assert_array_equal(vectors[7], net.vectors("after Mr", 7)["random"])
    assert len({each.tobytes() for each in vectors}) == 60


def changed(net, function):
    """Return losses and probabilities of the model with other activations."""
    model = models.with_activations(net.model, function)
    windows, following = net.contexts("after Mr")
    logits = ops.convert_to_numpy(model(net.windows[::4])[:, -1])
    return inside.losses(model, windows, following)[:, -1], logits


def test_effects_are_those_of_the_whole_model(net):
    vectors = np.concatenate([net.random_vectors(51), [net.vectors("after Mr")["unit"]]])
    found = net.effects("after Mr", vectors)
    assert found.shape == (52,)
    encoder, (unit, _) = models.encoder(net.sae), net.unit_of("after Mr")
    before, _ = changed(net, lambda a: a)
    for at in 0, 51:

        def without(a, vector=vectors[at]):
            code = encoder(net.normal(ops.reshape(a, (-1, 256))))[:, unit : unit + 1]
            return a - ops.reshape(code * vector, (-1, 64, 256))

        expected = np.abs(changed(net, without)[0] - before).mean()
        assert found[at] == pytest.approx(expected, rel=1e-3) and expected > 0.01


def test_steering_is_that_of_the_whole_model(net):
    vectors = 3 * net.random_vectors(52)
    reached, side_effects = net.steered(".s", vectors)
    assert reached.shape == side_effects.shape == (52,)
    wanted = np.isin(list(models.SYMBOLS), [".", "s"])
    _, before = changed(net, lambda a: a)
    _, after = changed(net, lambda a: a + vectors[51])
    assert reached[51] == pytest.approx(softmax(after, 1)[:, wanted].sum(1).mean(), 1e-3)
    p, q = (softmax(each[:, ~wanted].astype(float), 1) for each in (before, after))
    expected = np.sum(p * np.log(p / q), axis=1).mean()
    assert side_effects[51] == pytest.approx(expected, rel=1e-2) and expected > 0.01
    plain, none = net.steered(".s", vectors[:1] * 0)
    assert none == pytest.approx(0, abs=1e-5)
    assert plain == pytest.approx(softmax(before, 1)[:, wanted].sum(1).mean(), 1e-3)


def test_text_of_the_training_and_held_out_text_are_kept_apart(net):
    assert net.text == data.load_novel("held_out")
    assert texts.to_text(net.windows[0]) == net.text[:64]


def test_effects_of_an_unknown_concept_are_refused(net):
    with pytest.raises(ValueError, match="got 'Mr'"):
        net.effects("Mr", net.random_vectors(1))


@pytest.mark.parametrize("method", ["unit_of", "vectors", "contexts"])
def test_unknown_concepts_are_refused(net, method):
    with pytest.raises(ValueError, match=r"one of \['after a space', .*; got 'Mr'"):
        getattr(net, method)("Mr")
