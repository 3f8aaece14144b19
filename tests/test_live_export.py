"""What the live page loads, and what it says, come from the models in `docs/live`."""

import base64
import json
import re

from sae_utils import codes, data, metrics, models
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


@pytest.fixture(scope="module")
def measured(reference):
    """Return each model's code of the test images, and its contributions."""
    x = data.load_mnist(1).x_test
    found = {}
    for name, (title, _, _) in export_live.MODELS.items():
        model = export_live.rebuild(reference, name)
        found[title] = model, codes.encode(model, x), codes.contributions(model, x)
    return found


@pytest.fixture(scope="module")
def page():
    """Return the page's text without tags, its line breaks replaced by spaces."""
    text = (export_live.DOCS / "live.md").read_text(encoding="utf-8")
    return " ".join(re.sub(r"<[^>]+>", "", text).split())


def numbers(table):
    """Return a Markdown table's rows of numbers by their first cell."""
    rows = [line.strip("| ").split(" | ") for line in table.split("\n")[2:]]
    return {name: [float(cell.rstrip(" %")) for cell in cells] for name, *cells in rows}


def test_reference_holds_the_three_models(reference):
    assert {name: reference[name].shape for name in reference.files} == {
        f"{model}_{tensor}": shape
        for model in ("plain", "l1", "kl")
        for tensor, shape in SHAPES.items()
    }
    assert all(reference[name].dtype == np.float16 for name in reference.files)
    assert all(np.isfinite(reference[name]).all() for name in reference.files)
    # The same rule for all decoder rows: they are free.
    for model in "plain", "l1", "kl":
        rows = reference[f"{model}_decoder_kernel"].astype(float)
        assert np.ptp(np.linalg.norm(rows, axis=1)) > 1


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


def test_sparse_codes_need_half_as_many_units_and_are_matched(tables):
    need = {code: row[0] for code, row in numbers(tables[0]).items()}
    assert 0.7 * 64 < need["Plain"] < 0.8 * 64
    assert abs(need["L1"] / need["KL"] - 1) < 0.05
    for code in "L1", "KL":
        assert 0.45 < need[code] / need["Plain"] < 0.55


def test_models_are_matched_on_images_that_none_has_seen(reference):
    x = data.load_mnist(30_000, 1).x_train[20_000:]
    l1, kl = (
        metrics.n90(codes.contributions(export_live.rebuild(reference, name), x))
        for name in ("l1", "kl")
    )
    assert abs(l1 / kl - 1) < 0.05


def test_ink_switches_off_units_of_the_kl_code(measured, page):
    _, _, x, y = data.load_mnist(1)
    ink = [x[y == digit].mean() for digit in range(10)]
    assert (np.argmax(ink), np.argmin(ink)) == (0, 1)
    for code, fewest in ("Plain", 1), ("L1", 1), ("KL", 0):
        contributions = measured[code][2]
        n90 = [metrics.n90(contributions[y == digit]) for digit in range(10)]
        assert np.argmin(n90) == fewest
        assert code != "KL" or np.argmax(n90) == 1
    model, code, contributions = measured["KL"]
    needed = [metrics.n90(sample[np.newaxis]) for sample in contributions[:2000]]
    assert np.corrcoef(x[:2000].mean(axis=1), needed)[0, 1] < -0.8
    blank = codes.encode(model, np.zeros((1, 784)))[0]
    more = np.sum(blank > code.mean(axis=0))
    assert f"{more} of the 64 are more active on blank paper than they are on av" in page


def test_blank_paper_is_drawn_by_units(measured, page):
    found = {}
    for name, (model, _, _) in measured.items():
        code = codes.encode(model, np.zeros((1, 784)))
        nothing = codes.outputs(models.decoder(model), np.zeros((1, 64)))
        found[name] = (code > 0).sum(), f"{nothing.mean():.2f}"
    (plain, gray), (l1, l1_gray), (kl, kl_gray) = found.values()
    assert f"{plain} of the plain code's units are on, {l1} of L1's" in page
    assert kl == 64
    assert f"{gray} for the plain code, {l1_gray} for L1, and {kl_gray} for KL" in page


def test_plain_code_falls_apart_first(tables):
    kept = {int(k): errors for k, errors in numbers(tables[1]).items()}
    assert tuple(kept) == export_live.KEPT
    plain, l1, kl = kept[64]
    assert plain < l1 < kl
    for k in 1, 2, 4, 8, 16, 32:
        plain, l1, kl = kept[k]
        assert plain > 1.5 * max(l1, kl)
    assert all(kept[k][2] < kept[k][1] for k in (1, 2, 4, 8))
    assert all(kept[k][1] < kept[k][2] for k in (16, 32))


def test_plain_code_needs_its_strongest_unit_most(measured):
    x = data.load_mnist(1).x_test
    ratios = []
    for model, code, contributions in measured.values():
        decoder = models.decoder(model)
        without = code.copy()
        without[np.arange(len(x)), contributions.argmax(axis=1)] = 0
        errors = [
            np.mean((codes.outputs(decoder, each) - x) ** 2) for each in (code, without)
        ]
        ratios.append(errors[1] / errors[0])
    plain, l1, kl = ratios
    assert 6 < plain < 7.5
    assert 3 < l1 < 4
    assert 1 < kl < 2


def test_what_the_seven_loses_with_its_strongest_unit(measured):
    seven = data.load_mnist(1, 1).x_test
    stroke = seven[0] > 0.5
    lost = {}
    for name, (model, code, contributions) in measured.items():
        decoder, without = models.decoder(model), code[:1].copy()
        without[0, contributions[0].argmax()] = 0
        lost[name] = (
            codes.outputs(decoder, code[:1])[0] - codes.outputs(decoder, without)[0]
        )
    # Ink where none belongs, in many places; the stroke; and less of either.
    assert np.sum(lost["Plain"][~stroke] < -0.3) > 20
    assert lost["L1"][stroke].sum() > 0.3 * stroke.sum()
    change = {name: np.abs(each).mean() for name, each in lost.items()}
    assert change["KL"] < 0.8 * min(change["Plain"], change["L1"])
    row = codes.decoder_rows(measured["KL"][0])[measured["KL"][2][0].argmax()]
    assert -row.min() > 1.5 * row.max()


def test_named_units_are_what_the_page_says(measured, reference, page):
    _, _, _, y = data.load_mnist(1)
    dead = np.flatnonzero(metrics.dead_units(measured["L1"][1])) + 1
    assert "Units {}, {}, and {} are dead".format(*dead) in page
    kernel = reference["kl_decoder_kernel"].astype(float)
    taking = np.sum(-kernel.min(axis=1) > kernel.max(axis=1))
    assert f"In {taking} of the 64 KL filters the largest weight takes ink away" in page
    for unit in 44, 46:
        assert -kernel[unit - 1].min() > 1.5 * kernel[unit - 1].max()
    code = measured["KL"][1]
    for unit, digit in (35, 8), (47, 0):
        assert f"{unit} a{'n' * (digit == 8)} {digit}" in page
        assert set(y[np.argsort(-code[:, unit - 1])[:8]]) == {digit}


def test_units_of_sparse_codes_are_excited_by_one_digit(tables, measured):
    same = {code: percent for code, (percent,) in numbers(tables[3]).items()}
    assert 30 + 20 < same["Plain"] < min(same["L1"], same["KL"]) - 8
    for name, left_out in ("Plain", 0), ("L1", 7), ("KL", 0):
        code = measured[name][1]
        on = (code > metrics.ON_SHARE * code.max(axis=0)).sum(axis=0)
        assert np.sum(on < 8) == left_out


def test_eight_random_images_show_the_same_digit_for_30_percent():
    labels = data.load_mnist(1).y_test
    draws = np.random.default_rng(0).choice(labels, (20_000, 8))
    share = np.mean([np.bincount(draw).max() for draw in draws]) / 8
    assert share == pytest.approx(0.30, abs=0.005)
