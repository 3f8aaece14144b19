"""The six penalties of notebook 04 that are to be named, and the count of right names."""

from sae_utils import bench, checks

import pytest
from function_penalty import Penalty

RIGHT = {
    1: "divided twice",
    2: "no (1 - rho) term",
    3: "small batches",
    4: "mean over both axes",
    5: "clip",
    6: "KL per sample",
}


def line_of(capsys, mistakes):
    checks.check_anonymous_penalties(mistakes)
    out, err = capsys.readouterr()
    assert err == "" and out.count("\n") == 1
    return out[:-1]


def test_right_names_are_right(capsys):
    assert line_of(capsys, RIGHT) == "Right."


@pytest.mark.parametrize("number", RIGHT)
def test_a_wrong_name_is_counted_and_not_told(capsys, number):
    line = line_of(capsys, RIGHT | {number: "L1"})
    assert line == "Not yet: 5 of 6 are right."
    assert line_of(capsys, dict.fromkeys(RIGHT, "L1")) == "Not yet: 0 of 6 are right."


@pytest.mark.parametrize("mistakes", [..., RIGHT | {3: ...}, dict.fromkeys(RIGHT, ...)])
def test_unfinished_answers_are_the_readers_turn(capsys, mistakes):
    assert line_of(capsys, mistakes) == checks.YOUR_TURN


def test_what_is_no_answer_is_told_what_is(capsys):
    assert "with the keys 1, 2, 3, 4, 5, 6" in line_of(capsys, {1: "clip"})
    assert "with the keys" in line_of(capsys, list(RIGHT.values()))
    line = line_of(capsys, RIGHT | {2: "no off term"})
    assert line.startswith("Not yet: 'no off term' is not one of mean over both axes, KL")


def test_numbers_tell_the_six_apart_and_names_do_not():
    penalties = checks.anonymous_penalties()
    assert [repr(each) for each in penalties.values()] == [
        f"penalty {number}" for number in RIGHT
    ]
    rows = {number: bench.row(Penalty(each)) for number, each in penalties.items()}
    assert {number: bench.alarms(row) for number, row in rows.items()} == {
        1: ["batch"],
        2: ["target"],
        3: ["pattern", "scale"],
        4: ["units"],
        5: ["silence"],
        6: ["pattern", "units", "scale"],
    }
