"""Texts, their windows and labels keep together, and a model's own text is repeatable."""

from sae_utils import data, language, texts

import numpy as np
import pytest


def test_numbers_are_places_in_the_symbols_and_lead_back():
    text = 'It is "a truth"\n'
    numbers = texts.to_numbers(text)
    assert numbers.dtype == np.int32
    assert [language.SYMBOLS[each] for each in numbers] == list(text)
    assert texts.to_text(numbers) == text
    assert texts.to_numbers("").shape == (0,)


def test_unknown_symbols_are_named():
    with pytest.raises(ValueError, match=r"text holds \['_', 'é'\]"):
        texts.to_numbers("_é")


def test_marks_are_the_matched_symbols():
    marked = texts.mark("that the", "(?<=t)h")
    np.testing.assert_array_equal(np.where(marked)[0], [1, 6])
    whole = texts.mark('"No," he said', r'"[^"\n]*"?')
    np.testing.assert_array_equal(np.where(whole)[0], range(5))
    assert not texts.mark("abc", "z").any()


def test_windows_end_where_they_are_told_to():
    values = np.arange(200)
    cut = texts.windows(values, [64, 100, 200])
    assert cut.shape == (3, 64)
    np.testing.assert_array_equal(cut[:, -1], [63, 99, 199])
    np.testing.assert_array_equal(cut[0], range(64))
    # The symbols that follow are the windows one place further on.
    np.testing.assert_array_equal(texts.windows(values, np.array([65, 101])), cut[:2] + 1)


@pytest.mark.parametrize("ends", [[63], [201], [64, 300]])
def test_windows_outside_the_text_are_refused(ends):
    with pytest.raises(ValueError, match="ends must be from 64 to 200"):
        texts.windows(np.arange(200), ends)


def test_model_writes_words_and_the_same_ones_again():
    model = language.load_language_model()
    prompt = data.load_novel("held_out")[:80]
    text = texts.continue_text(model, prompt, 60)
    assert len(text) == 60
    assert texts.continue_text(model, prompt[-64:], 60) == text  # it sees 64 symbols
    assert texts.continue_text(model, prompt, 60, seed=1) != text
    twin = language.load_language_model(trained=False)
    longest = [max(map(len, each.split())) for each in (text,)]
    assert max(longest) < 20
    assert texts.continue_text(twin, prompt, 60).count(" ") < text.count(" ")


def test_frequent_symbols_are_drawn_as_often_as_the_model_says():
    class Fixed:
        """A model whose next symbol is an a, with probability 0.75, or a b."""

        def predict_on_batch(self, numbers):
            logits = np.full((1, 64, 75), -np.inf)
            logits[0, :, texts.to_numbers("ab")] = np.log([[0.75], [0.25]])
            return logits

    text = texts.continue_text(Fixed(), "x" * 64, 4000)
    assert set(text) == {"a", "b"}
    assert text.count("a") / len(text) == pytest.approx(0.75, abs=0.03)


def test_short_prompts_are_refused():
    with pytest.raises(ValueError, match="at least 64 symbols; got 3"):
        texts.continue_text(None, "abc", 1)
