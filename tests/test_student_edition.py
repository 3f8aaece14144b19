"""The students' edition has no solution in it, and takes one that is pasted back."""

import contextlib
import io
import re
from pathlib import Path

from sae_utils import checks

import nbformat
import numpy as np
import pytest
from keras import ops

ROOT = Path(__file__).parents[1]
NAMES = [path.name for path in sorted(ROOT.glob("notebooks/*.ipynb"))]


@pytest.fixture(scope="module")
def edition(convert):
    """The students' edition by file name, built as `make student` builds it."""
    folder = convert("student")
    return {name: nbformat.read(folder / name, as_version=4).cells for name in NAMES}


def original(name):
    return nbformat.read(ROOT / "notebooks" / name, as_version=4).cells


def tagged(cells, *tags):
    return [cell for cell in cells if {*tags} <= {*cell.metadata.get("tags", [])}]


def is_code(cell):
    return cell.cell_type == "code"


def without_links_to_book(source):
    return re.sub(r"\[([^]]+)\]\(\.\./docs/[^)]+\)", r"\1", source)


def printed(source):
    """Run a cell of an exercise by itself, and return what it printed."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        exec(source, {"np": np, "ops": ops, "checks": checks})
    return out.getvalue().splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_solutions_are_gone_and_all_else_is_there(edition, name):
    solutions = tagged(original(name), "solution")
    kept = [
        without_links_to_book(cell.source)
        for cell in original(name)
        if cell not in solutions
    ]
    assert [cell.source for cell in edition[name]] == kept
    assert len([cell for cell in solutions if is_code(cell)]) >= 2
    assert not all(is_code(cell) for cell in solutions)  # one explains in words
    text = "\n".join(cell.source for cell in edition[name])
    for solution in solutions:
        function, _, _ = solution.source.partition("\n\n\n")
        assert function not in text


@pytest.mark.parametrize("name", NAMES)
def test_outputs_are_gone(edition, name):
    code = [cell for cell in edition[name] if is_code(cell)]
    assert all(cell.outputs == [] and cell.execution_count is None for cell in code)


@pytest.mark.parametrize("name", NAMES)
def test_questions_to_predict_are_there(edition, name):
    answers = tagged(edition[name], "prediction")
    assert [cell.source for cell in answers] == [
        cell.source for cell in tagged(original(name), "prediction")
    ]
    assert answers


@pytest.mark.parametrize("name", NAMES)
def test_links_lead_to_what_students_have(edition, name):
    text = "\n".join(cell.source for cell in edition[name] if not is_code(cell))
    targets = re.findall(r"\]\(([^)]+)\)", text)
    files = {target.partition("#")[0] for target in targets if ":" not in target}
    assert files <= {*NAMES, ""}
    assert files & {*NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_stubs_say_that_it_is_your_turn(edition, name):
    stubs = tagged(edition[name], "exercise")
    said = [printed(stub.source) for stub in stubs]
    assert said.count([checks.YOUR_TURN]) >= 2
    for stub, lines in zip(stubs, said, strict=True):
        # An exercise to explain, which may have no check, runs as it is.
        assert lines == [checks.YOUR_TURN] or (tagged([stub], "explain") and not lines)


@pytest.mark.parametrize("name", NAMES)
def test_solutions_pasted_back_are_right(edition, name):
    stubs = tagged(edition[name], "exercise")
    solutions = [cell for cell in tagged(original(name), "solution") if is_code(cell)]
    tried = 0
    for stub, solution in zip(stubs, solutions, strict=True):
        check = stub.source.splitlines()[-1]
        function, _, _ = solution.source.partition("\n\n\n")
        if check.startswith("checks.check_"):
            assert printed(f"{function}\n\n\n{check}") == ["Right."]
            tried += 1
    assert tried >= 2
