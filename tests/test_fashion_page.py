"""The table of docs/fashion.md says what the measured tables say, on both data sets."""

import re
from pathlib import Path

from sae_utils import data

import pandas as pd
import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "fashion.md").read_text()
SHORT = data.load_measured("clothes")


def short(code, measure):
    """Return means of the two starts: digits, clothes."""
    found = SHORT[SHORT["code"] == code].groupby("data")[measure].mean()
    return found["digits"], found["clothes"]


def both(name, of_clothes, choose, measure):
    """Return the mean of the chosen rows of a table of digits, and of clothes."""
    tables = data.load_measured(name), data.load_measured(of_clothes)
    return tuple(table.query(choose)[measure].mean() for table in tables)


def recipe(choose, measure):
    return both("recipe_repair", "clothes_recipe", choose, measure)


def at(code, low, high, measure):
    choose = f"code == '{code}' and {low} < l0 < {high}"
    return both("frontier", "clothes_frontier", choose, measure)


def refit(code):
    choose = f"code == '{code}' and kept > 15"
    return both("refits", "clothes_refits", choose, "fvu_refit")


def started(choose):
    return both("top_k_starts", "clothes_starts", f"not auxiliary and {choose}", "dead")


ROWS = {
    "FVU of 32 ReLU units": short("plain, 32", "fvu"),
    "FVU of 32 components of PCA": short("PCA, 32", "fvu"),
    "FVU of 32 units, each pixel shuffled": short("plain, 32, shuffled pixels", "fvu"),
    "L0 of a plain code of 256 units": short("plain, 256", "l0"),
    "n90 of the same code": short("plain, 256", "n90"),
    "dead units of the classic recipe, of 32": recipe(
        "units == 32 and not normalized and not shifted", "dead"
    ),
    "dead units of the repaired recipe, of 128": recipe(
        "units == 128 and normalized and shifted", "dead"
    ),
    "L0 of the repaired recipe": recipe("units == 128 and normalized and shifted", "l0"),
    "L0 without its shift": recipe("units == 128 and normalized and not shifted", "l0"),
    "n90 with L1": short("L1", "n90"),
    "L0 with L1": short("L1", "l0"),
    "mean length of decoder rows, plain": short("plain, 256", "row_length"),
    "the same with L1, free rows": short("L1", "row_length"),
    "FVU with L1, free rows": short("L1", "fvu"),
    "FVU with L1, unit rows": short("L1, unit rows", "fvu"),
    "dead units with L1, unit rows": short("L1, unit rows", "dead"),
    "dead units with KL, target 0.05": short("KL .05", "dead"),
    "n90 with a target of 0.05": short("KL .05", "n90"),
    "FVU with a target of 0.05": short("KL .05", "fvu"),
    "n90 with a target of 0.02": short("KL .02", "n90"),
    "FVU with a target of 0.02": short("KL .02", "fvu"),
    "n90 with ten times the weight": short("KL .05, ten times the weight", "n90"),
    "FVU with ten times the weight": short("KL .05, ten times the weight", "fvu"),
    "probe error, plain": short("plain, 256", "probe_error"),
    "probe error, L1, free rows": short("L1", "probe_error"),
    "probe error, L1, unit rows": short("L1, unit rows", "probe_error"),
    "probe error, KL, target 0.05": short("KL .05", "probe_error"),
    "dead units of top-k, raw images, Keras' start": started(
        "inputs == 'raw' and start == 'Keras'"
    ),
    "the same, centered, tied start": started("inputs == 'centered' and start == 'tied'"),
    "FVU at 5 units, top-k": at("top-k", 4, 6, "fvu"),
    "FVU at about 5 units, L1": at("L1", 4, 6, "fvu"),
    "FVU at 20 units, PCA": at("PCA", 19, 21, "fvu"),
    "FVU at 20 units, top-k": at("top-k", 18, 22, "fvu"),
    "FVU at about 20 units, BatchTopK": at("BatchTopK", 18, 22, "fvu"),
    "FVU at about 20 units, L1": at("L1", 18, 22, "fvu"),
    "FVU at 80 units, PCA": at("PCA", 79, 81, "fvu"),
    "FVU at 80 units, top-k": at("top-k", 79, 81, "fvu"),
    "FVU at about 80 units, L1": at("L1", 72, 88, "fvu"),
    "gamma of L1 at about 20 units": at("L1", 18, 22, "gamma"),
    "FVU refitted, top-k": refit("top-k"),
    "FVU refitted, L1": refit("L1"),
    "probe error at 20 units, top-k": at("top-k", 18, 22, "probe_error"),
    "probe error at about 20 units, BatchTopK": at("BatchTopK", 18, 22, "probe_error"),
    "probe error at about 20 units, L1": at("L1", 18, 22, "probe_error"),
    "share of units found again at 20 units, top-k": at("top-k", 18, 22, "shared"),
    "share of units found again at 20 units, BatchTopK": at(
        "BatchTopK", 18, 22, "shared"
    ),
    "share of units found again at 20 units, L1": at("L1", 18, 22, "shared"),
}
PRINTED = re.findall(r"^\| \d \| (.+?) \| ([\d.]+) \| ([\d.]+) \|$", PAGE, re.M)


def test_the_page_has_every_row_once():
    assert sorted(row[0] for row in PRINTED) == sorted(ROWS)


@pytest.mark.parametrize("row", PRINTED, ids=[row[0] for row in PRINTED])
def test_a_row_is_what_was_measured(row):
    measure, *printed = row
    for text, value in zip(printed, ROWS[measure], strict=True):
        digits = len(text.partition(".")[2])
        assert not pd.isna(value)
        assert float(text) == pytest.approx(value, abs=0.501 * 10**-digits)
