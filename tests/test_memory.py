"""Freed memory goes back to the system, and where it cannot, nothing happens."""

from sae_utils import codes, memory, models, training

import numpy as np
import pytest


class Library:
    """A C library that counts what is asked of it."""

    def __init__(self):
        self.asked = []

    def malloc_trim(self, pad):
        self.asked.append(pad)


@pytest.fixture
def library(monkeypatch):
    found = Library()
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: found)
    return found


def test_the_c_library_is_asked_to_keep_nothing(library):
    memory.return_freed_memory()
    assert library.asked == [0]


def test_training_and_encoding_give_memory_back(library):
    model = models.dense_autoencoder(2, n_inputs=4)
    x = np.zeros((8, 4), np.float32)
    training.train(model, x, epochs=1)
    after_training = len(library.asked)
    codes.encode(model, x)
    assert 1 <= after_training < len(library.asked)


@pytest.mark.parametrize("error", [OSError, TypeError])
def test_without_a_c_library_nothing_happens(monkeypatch, error):
    def none(name):
        raise error

    monkeypatch.setattr(memory.ctypes, "CDLL", none)
    memory.return_freed_memory()


def test_with_another_c_library_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    memory.return_freed_memory()
