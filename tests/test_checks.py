"""Each check accepts every form of the right answer and names each known mistake.

The files `answers_*.py` hold what a class would hand in: in each a table `CASES`, with
rows of words that a check must print, and an answer; the first row is a right answer.
`OF_ANY_EXERCISE` makes more answers out of that one.
"""

import importlib
import inspect
import re
from pathlib import Path

from sae_utils import checks

import numpy as np
import pytest
import tensorflow as tf
from answers_01_to_03 import pixel_copy_fvu, unexplained
from keras import ops

CASES = {}
for path in sorted(Path(__file__).parent.glob("answers_*.py")):
    CASES |= importlib.import_module(path.stem).CASES


def stub(*inputs): ...


def stub_with_docstring(*inputs):
    """Say what to do."""
    ...


def stub_that_passes(*inputs):
    pass


def begun_stub(*inputs):
    np.sum(inputs[0])
    return ...


def without_return(*inputs):
    total = np.sum(inputs[0])
    total += 1


def begun_without_return(*inputs):
    np.sum(inputs[0])
    ...


class WithoutCode:
    """An object that can be called, and has no code of its own to look at."""

    def __call__(self, *inputs):
        pass


def raising(error):
    def answer(*inputs):
        raise error

    return answer


def yielding(*inputs):
    yield 0.5


NO_RETURN = "your function returned None; its `return` may be missing. To print a result"

# What may happen in any exercise: words of the line, and a function that makes the answer
# from the right one.
OF_ANY_EXERCISE = [
    ("Right.", lambda right: lambda *inputs: tf.Variable(right(*inputs))),
    ("Right.", lambda right: lambda *inputs: np.array(right(*inputs), dtype=object)),
    ("Your turn: replace the ... in the cell above", lambda right: ...),
    ("Your turn", lambda right: stub),
    ("Your turn", lambda right: lambda *inputs: ...),
    ("Your turn", lambda right: stub_with_docstring),
    ("Your turn", lambda right: stub_that_passes),
    ("Your turn", lambda right: begun_stub),
    ("Your turn", lambda right: lambda *inputs: 1 - ...),
    ("Your turn", lambda right: lambda *inputs: np.mean(...) + right(*inputs)),
    (NO_RETURN, lambda right: without_return),
    (NO_RETURN, lambda right: begun_without_return),
    (NO_RETURN, lambda right: lambda *inputs: inputs[0].sort()),  # returns None
    (NO_RETURN, lambda right: WithoutCode()),
    ("pass your function itself, not its result; got float", lambda right: 0.5),
    ("not its result; got ndarray", lambda right: np.ones(3)),
    ("not its result; got NoneType", lambda right: None),
    ("a number or an array; got str", lambda right: lambda *inputs: str(right(*inputs))),
    ("a number or an array; got dict", lambda right: lambda *inputs: {"l0": 1}),
    ("got list", lambda right: lambda *inputs: [[1.0], [1.0, 2.0]]),
    ("got list", lambda right: lambda *inputs: [str(right(*inputs))]),
    ("got tuple", lambda right: lambda *inputs: (1.0, right(*inputs), inputs)),
    ("complex", lambda right: lambda *inputs: right(*inputs) + 1j),
    ("got generator", lambda right: yielding),
    ("got function", lambda right: lambda *inputs: right),
    (
        "the right numbers, in shape (1,",
        lambda right: lambda *inputs: np.array([right(*inputs)]),
    ),
    ("A single number has shape ().", lambda right: lambda *inputs: np.ones((2, 1, 2))),
    ("the answer holds NaN; look", lambda right: lambda *inputs: right(*inputs) * np.nan),
    ("wrong sign; this is the right", lambda right: lambda *inputs: -right(*inputs)),
    (
        "this is the right answer times 3;",
        lambda right: lambda *inputs: 3 * right(*inputs),
    ),
    (": expected ", lambda right: lambda *inputs: right(*inputs) * 1.001),
    (": expected ", lambda right: lambda *inputs: right(*inputs) * 0.999),
    ("stopped with KeyError: 'rho'", lambda right: raising(KeyError("rho"))),
    ("ValueError: in two lines", lambda right: raising(ValueError("in two\nlines"))),
    ("stopped with ZeroDivisionError", lambda right: lambda *inputs: 1 / 0),
    ("stopped with TypeError", lambda right: lambda: 0.5),
    ("IndexError: list", lambda right: lambda *inputs: [][0]),
    (": look at the axes, and take sizes", lambda right: lambda *inputs: inputs[0][9]),
    (": look at the axes", lambda right: lambda *inputs: inputs[0] * np.ones(784)),
    (": look at the axes", lambda right: lambda *inputs: ops.ones((7, 784)) @ inputs[0]),
]


def cases():
    """The table's rows: a check, words of its line, and an answer."""
    for check, rows in CASES.items():
        for words, answer in rows:
            yield pytest.param(check, words, answer, id=f"{check.__name__}: {words}")
        right = rows[0][1]
        for words, make in OF_ANY_EXERCISE:
            name = f"{check.__name__}, as any: {words}"
            yield pytest.param(check, words, make(right), id=name)


def line_of(capsys, check, answer):
    """What a check prints: one line, and nothing beside it."""
    check(answer)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.count("\n") == 1 and out.endswith("\n")
    return out[:-1]


@pytest.mark.parametrize(("check", "words", "answer"), list(cases()))
def test_each_answer_gets_its_line(capsys, check, words, answer):
    line = line_of(capsys, check, answer)
    assert words in line
    assert line.startswith(("Right.", "Your turn: ", "Not yet: "))
    assert (line == "Right.") == (words == "Right.")
    # An answer that changes its input must not spoil the check for the next one.
    assert line_of(capsys, check, answer) == line


def test_every_check_is_tested():
    public = {name for name in vars(checks) if name.startswith("check_")}
    named = {"check_anonymous_penalties"}  # takes names, see test_anonymous_penalties.py
    assert {check.__name__ for check in CASES} | named == public


def cases_of(monkeypatch, check):
    """The inputs that a check tries, each with its right and its wrong answers."""
    caught = []
    with monkeypatch.context() as patch:
        patch.setattr(
            inspect.getmodule(check), "report", lambda answer, cases: caught.extend(cases)
        )
        check(...)
    return caught


@pytest.mark.parametrize("check", CASES)
def test_every_message_is_tested(monkeypatch, capsys, check):
    lines = {line_of(capsys, check, answer) for _, answer in CASES[check]}
    for case in cases_of(monkeypatch, check):
        assert {f"Not yet: {message}." for message in case.mistakes} <= lines


@pytest.mark.parametrize("check", CASES)
def test_no_two_answers_are_nearly_equal(monkeypatch, check):
    """What is equal on a check's inputs would be given the other one's message."""
    cases = cases_of(monkeypatch, check)
    answers = {
        message: [
            np.squeeze(np.asarray(case.mistakes[message], dtype=float)) for case in cases
        ]
        for message in cases[0].mistakes
    }
    answers["right"] = [np.asarray(case.right, dtype=float) for case in cases]
    answers["wrong sign"] = [-each for each in answers["right"]]
    names = list(answers)
    assert all(np.isfinite(each).all() for name in names for each in answers[name])
    same = [
        (name, other)
        for i, name in enumerate(names)
        for other in names[:i]
        if all(
            each.shape == its.shape and np.allclose(each, its, rtol=0.01, atol=1e-3)
            for each, its in zip(answers[name], answers[other], strict=True)
        )
    ]
    assert same == []


def test_rounding_makes_no_number_of_units_wrong(monkeypatch):
    edges = 0
    for case in cases_of(monkeypatch, checks.check_units_needed):
        eigenvalues, limit = case.inputs.values()
        distances = np.abs(unexplained(eigenvalues) - limit)
        exact = distances == 0
        edges += exact.sum()
        assert (distances[~exact] > 0.02).all()
        # Shares with a short binary fraction are exact in any order, in 32 bits too.
        if exact.any():
            shares = eigenvalues.astype("float32") / eigenvalues.sum()
            assert (shares * 2**10 % 1 == 0).all()
            assert limit * 2**10 % 1 == 0
    assert edges == 1


def test_a_printed_answer_is_told_to_return(capsys):
    checks.check_pixel_copy_fvu(lambda x, k: print("FVU:", k))
    printed, line = capsys.readouterr().out.splitlines()
    assert printed == "FVU: 2"
    assert NO_RETURN in line


def test_an_answer_that_changes_its_input_is_shown_the_input_as_it_was(capsys):
    def answer(eigenvalues, limit):
        eigenvalues /= eigenvalues.sum()
        return 9 + limit

    line = line_of(capsys, checks.check_units_needed, answer)
    assert line.endswith(": expected 2, got 9.25 for the input [8 4 2 1 1] and 0.25.")


def test_numbers_that_differ_late_are_shown_with_their_late_digits(capsys):
    line = line_of(
        capsys, checks.check_pixel_copy_fvu, lambda x, k: pixel_copy_fvu(x, k) + 4e-5
    )
    expected, got = re.findall(r"0\.\d+", line)
    assert expected != got
