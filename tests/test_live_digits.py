"""The digits on which a network learns in the live page."""

import base64
import re
import zlib

from sae_utils import data
from tools import export_digits

import numpy as np


def unpack(script):
    """Return the images of a script, shape `(n, 784)`, as the page reads them."""
    (text,) = re.findall("window.liveDigits = `([^`]+)`;", script)
    both = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
    return np.stack([both // 16, both % 16], axis=1).reshape(-1, 784) / 15


def test_page_has_the_first_training_images():
    script = export_digits.FOR_BROWSER.read_text(encoding="ascii")
    x = data.load_mnist(export_digits.N_IMAGES, 1).x_train
    shown = unpack(script)
    assert shown.shape == x.shape == (2000, 784)
    assert np.abs(shown - x).max() <= 0.5 / 15 + 1e-6
    # Not compared byte by byte: another zlib may compress otherwise.
    np.testing.assert_array_equal(unpack(export_digits.pack(x)), shown)


def test_digits_are_small():
    script = export_digits.FOR_BROWSER.read_bytes()
    assert len(zlib.compress(script, 9)) < 200_000
