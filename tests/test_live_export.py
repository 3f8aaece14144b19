"""What the live page loads, and what it says, come from the models in `docs/live`."""

import base64
import json

from sae_utils import data
from tools import export_live

import numpy as np
import pytest

SHAPES = {
    "encoder_kernel": (784, 64),
    "encoder_bias": (64,),
    "decoder_kernel": (64, 784),
    "decoder_bias": (784,),
}


@pytest.fixture(scope="module")
def reference():
    return np.load(export_live.REFERENCE)


@pytest.fixture(scope="module")
def script():
    return export_live.FOR_BROWSER.read_text()


@pytest.fixture(scope="module")
def tables(reference):
    return export_live.tables(reference)


def numbers(table):
    """Return a Markdown table's rows of numbers by their first cell."""
    rows = [line.strip("| ").split(" | ") for line in table.split("\n")[2:]]
    return {name: [float(cell.rstrip("%")) for cell in cells] for name, *cells in rows}


def test_reference_holds_the_three_models(reference):
    assert {name: reference[name].shape for name in reference.files} == {
        f"{model}_{tensor}": shape
        for model in ("plain", "l1", "kl")
        for tensor, shape in SHAPES.items()
    }
    assert all(reference[name].dtype == np.float16 for name in reference.files)
    assert all(np.isfinite(reference[name]).all() for name in reference.files)
    lengths = np.linalg.norm(reference["l1_decoder_kernel"].astype(float), axis=1)
    np.testing.assert_allclose(lengths, 1, atol=2e-3)


def test_script_is_the_packed_reference(reference, script):
    mnist = data.load_mnist(1, export_live.N_IMAGES)
    # Compared by `==` alone: pytest would take minutes to show where they differ.
    same = script == export_live.pack(reference, mnist.x_test, mnist.y_test)
    assert same, "run tools/export_live.py: the script is not what the reference gives"


def test_script_is_small(script):
    assert len(script.encode()) < 600_000


def test_script_holds_the_first_test_images(script):
    packed = json.loads(script[script.index("{") : script.rindex("}") + 1])
    mnist = data.load_mnist(1, 250)
    assert packed["labels"] == "".join(map(str, mnist.y_test))
    assert set(packed["labels"]) == set("0123456789")
    both = np.frombuffer(base64.b64decode(packed["images"]), np.uint8).reshape(250, 392)
    levels = np.stack([both // 16, both % 16], axis=2).reshape(250, 784)
    assert np.abs(levels / 15 - mnist.x_test).max() <= 0.5 / 15 + 1e-6


def test_page_shows_what_is_measured(tables):
    page = (export_live.DOCS / "live.md").read_text(encoding="utf-8")
    assert [table for table in tables if table not in page] == []


# The tests below hold what the page's text concludes from its tables.


def test_sparse_codes_have_few_units_on_and_fewest_for_a_one(tables):
    on = numbers(tables[0])
    assert on["Plain"][0] > 60
    for code in "L1", "KL":
        everything, one, eight, dead = on[code]
        assert everything < 16
        assert one < everything < eight + 3
        assert dead <= 2


def test_plain_code_falls_apart_first(tables):
    errors = numbers(tables[1])
    kept = dict(zip(export_live.KEPT, zip(*errors.values(), strict=True), strict=True))
    plain, l1, kl = kept[64]
    assert plain < kl < l1
    for k in 1, 2, 4, 8, 16, 32:
        plain, l1, kl = kept[k]
        assert plain > max(l1, kl)
    assert all(kept[k][1] < kept[k][2] for k in (1, 2, 4))
    assert all(kept[k][2] < kept[k][1] for k in (16, 32))


def test_plain_code_needs_its_strongest_unit_most(tables):
    ratio = {code: off / on for code, (on, off) in numbers(tables[2]).items()}
    assert 8.5 < ratio["Plain"] < 10.5
    assert max(ratio["L1"], ratio["KL"]) < 2


def test_units_of_sparse_codes_are_excited_by_one_digit(tables):
    same = {code: percent for code, (percent,) in numbers(tables[3]).items()}
    assert 30 + 20 < same["Plain"] < same["KL"] - 15
    assert same["L1"] > same["KL"]
