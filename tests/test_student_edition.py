"""The students' edition has no solution in it, and takes one that is pasted back."""

import contextlib
import io
from pathlib import Path

from sae_utils import checks

import nbformat
import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
NAMES = [path.name for path in sorted(ROOT.glob("notebooks/*.ipynb"))]


@pytest.fixture(scope="module")
def edition(convert):
    """The students' edition by file name, built as `make student` builds it."""
    folder = convert("student")
    return {name: nbformat.read(folder / name, as_version=4).cells for name in NAMES}


def original(name):
    return nbformat.read(ROOT / "notebooks" / name, as_version=4).cells


def tagged(cells, tag):
    return [cell for cell in cells if tag in cell.metadata.get("tags", [])]


def printed(source):
    """Run a cell of an exercise by itself, and return what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(source, {"np": np, "checks": checks})
    return out.getvalue().splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_solutions_are_gone_and_all_else_is_there(edition, name):
    kept = [
        cell for cell in original(name) if cell not in tagged(original(name), "solution")
    ]
    assert [cell.source for cell in edition[name]] == [cell.source for cell in kept]
    text = "\n".join(cell.source for cell in edition[name])
    solutions = tagged(original(name), "solution")
    assert len(solutions) >= 2
    for solution in solutions:
        function, _, _ = solution.source.partition("\n\n\n")
        assert function not in text


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_gone(edition, name):
    code = [cell for cell in edition[name] if cell.cell_type == "code"]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@pytest.mark.parametrize("name", NAMES)
def test_stubs_say_that_it_is_your_turn(edition, name):
    stubs = tagged(edition[name], "exercise")
    assert len(stubs) >= 2
    for stub in stubs:
        assert printed(stub.source) == [checks.YOUR_TURN]


@pytest.mark.parametrize("name", NAMES)
def test_solutions_pasted_back_are_right(edition, name):
    stubs, solutions = (
        tagged(edition[name], "exercise"),
        tagged(original(name), "solution"),
    )
    for stub, solution in zip(stubs, solutions, strict=True):
        check = stub.source.splitlines()[-1]
        function, _, _ = solution.source.partition("\n\n\n")
        assert printed(f"{function}\n\n\n{check}") == ["Right."]
