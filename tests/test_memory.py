"""Freed memory goes back or is kept, and where it cannot, nothing happens."""

import subprocess
import sys

from sae_utils import codes, memory, models, training

import numpy as np
import pytest


class Library:
    """A C library that counts what is asked of it."""

    def __init__(self):
        self.asked = []

    def malloc_trim(self, pad):
        self.asked.append(pad)

    def mallopt(self, parameter, value):
        self.asked.append((parameter, value))


@pytest.fixture
def library(monkeypatch):
    found = Library()
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: found)
    return found


def test_the_c_library_is_asked_to_keep_nothing(library):
    memory.return_freed_memory()
    assert library.asked == [0]


def test_the_c_library_is_asked_to_keep_arrays_of_some_mib(library):
    memory.keep_freed_memory()
    assert library.asked == [(-3, 32 * 2**20), (-1, 128 * 2**20)]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="another C library")
def test_kept_memory_is_not_asked_for_anew():
    """The page faults of a loop tell. A process of its own, since the setting stays."""
    script = """
import resource, sys
from sae_utils import memory
import numpy as np

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        arrays = [np.ones(300_000) for _ in range(8)]
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

faults()
before = faults()
memory.keep_freed_memory()
faults()
print(before, faults())
"""
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, check=True, capture_output=True, text=True)
    before, after = map(int, run.stdout.split())
    assert after < before / 10


def test_training_and_encoding_give_memory_back(library):
    model = models.dense_autoencoder(2, n_inputs=4)
    x = np.zeros((8, 4), np.float32)
    training.train(model, x, epochs=1)
    after_training = len(library.asked)
    codes.encode(model, x)
    assert 1 <= after_training < len(library.asked)


BOTH = [memory.return_freed_memory, memory.keep_freed_memory]


@pytest.mark.parametrize("function", BOTH)
@pytest.mark.parametrize("error", [OSError, TypeError])
def test_without_a_c_library_nothing_happens(monkeypatch, error, function):
    def none(name):
        raise error

    monkeypatch.setattr(memory.ctypes, "CDLL", none)
    function()


@pytest.mark.parametrize("function", BOTH)
def test_with_another_c_library_nothing_happens(monkeypatch, function):
    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: object())
    function()
