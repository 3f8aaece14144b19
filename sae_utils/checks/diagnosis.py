"""What is right or wrong about a reader's answer, in one line that names the mistake."""

import re
from typing import NamedTuple

import numpy as np
from keras import ops

YOUR_TURN = "Your turn: replace the ... in the cell above with your own code, and run it."
# Wide enough for float32, and for an answer that is found by a search.
TOLERANCE = {"rtol": 1e-4, "atol": 2e-5}
# What an exception's message holds, and what helps then.
HINTS = [
    (
        "truth value of an array",
        "for arrays use np.maximum and np.where, not max and if",
    ),
    ("to Python scalars", "for arrays use NumPy's functions, and neither int nor float"),
]


class Case(NamedTuple):
    """One input by argument, the right answer, and those of known mistakes by message."""

    inputs: dict
    right: object
    mistakes: dict


def report(answer, cases):
    """Print in one line what is right or wrong about an answer to all cases.

    Args:
        answer: The reader's function, or `...` if the exercise is not begun.
        cases: A list of `Case`s of different sizes, with the same mistakes in each.
    """
    print(_diagnosis(answer, cases))


def _diagnosis(answer, cases):
    if answer is ...:
        return YOUR_TURN
    if not callable(answer):
        return (
            f"Not yet: pass your function itself, not its result; got "
            f"{type(answer).__name__}."
        )
    answers = []
    for case in cases:
        try:
            returned = _called(answer, case.inputs)
        except Exception as error:  # the reader is shown whatever it raises
            return _stopped(error, case.inputs)
        if returned is ... or (returned is None and _is_empty(answer)):
            return YOUR_TURN
        if returned is None:
            return (
                "Not yet: your function returned None; its `return` may be missing. "
                "To print a result is not to return it."
            )
        answers.append(_as_array(returned))
        if answers[-1] is None:
            kind = type(returned).__name__
            if isinstance(returned, np.ndarray):
                kind += f" of {returned.dtype}"
            return f"Not yet: the answer must be a number or an array; got {kind}."
    rights = [np.asarray(case.right, dtype=float) for case in cases]
    if _all_close(answers, rights):
        return "Right."
    return f"Not yet: {_mistake(answer, cases, answers, rights)}."


def _called(answer, inputs):
    """Call with copies: an answer may change its inputs."""
    return answer(*(_copy(value) for value in inputs.values()))


def _stopped(error, inputs):
    """Say which exception an answer raised, and what may help."""
    if "'ellipsis'" in str(error):  # calculated with the ... that was to be replaced
        return YOUR_TURN
    # A message of TensorFlow's, or of NumPy's, can have several lines.
    text = " ".join(f"{type(error).__name__}: {error}".split()[:40])
    said = f"Not yet: your function stopped with {text}"
    for part, hint in HINTS:
        if part in str(error):
            return f"{said}; {hint}."
    about_sizes = isinstance(error, IndexError) or (
        not isinstance(error, AttributeError | NameError | TypeError)
        and re.search("shape|size|dim", str(error))
    )
    if about_sizes:
        shapes = [
            f"`{name}` of shape {value.shape}"
            for name, value in inputs.items()
            if isinstance(value, np.ndarray)
        ]
        return (
            f"{said}; here it got {' and '.join(shapes)}: look at the axes, and take "
            "sizes from the arguments."
        )
    return said


def _mistake(answer, cases, answers, rights):
    """Say what is wrong with answers that are not all right."""
    for message in cases[0].mistakes:
        expected = [np.squeeze(case.mistakes[message]) for case in cases]
        if _all_close([np.squeeze(got) for got in answers], expected):
            return message
    for got, right in zip(answers, rights, strict=True):
        if got.shape != right.shape:
            return _wrong_shape(got, right)
        if not np.isfinite(got).all():
            kind = "NaN" if np.isnan(got).any() else "infinity"
            return (
                f"the answer holds {kind}; look for the log of a number that is not "
                "above 0, or a division by 0"
            )
    if _are_rounded(answers, rights):
        return "this is rounded; give all digits, without `int` or `round`"
    factor = _factor(answers, rights)
    if factor == -1:
        return "wrong sign; this is the right answer times -1"
    if factor is not None:
        return (
            f"this is the right answer times {factor:.4g}; look for what you multiply or "
            "divide by"
        )
    for name in cases[0].inputs:
        if _ignores(answer, cases, answers[0], name):
            return (
                f"your function gives the same for every `{name}`; use the argument, not "
                "a fixed number"
            )
    at = next(
        i for i in range(len(cases)) if not _all_close(answers[i : i + 1], [rights[i]])
    )
    said = _difference(answers[at], rights[at]) + _given(cases[at].inputs)
    if at > 0:
        return (
            "right for one input, wrong for another; use the arguments, not fixed "
            f"numbers or sizes: {said}"
        )
    return said


def _wrong_shape(got, right):
    if got.size == right.size and _all_close([got.ravel()], [right.ravel()]):
        return (
            f"the right numbers, in shape {got.shape}; give them in shape {right.shape}"
        )
    if got.ndim == 2 and _all_close([got.T], [right]):
        return (
            f"the right numbers, with rows and columns swapped; expected shape "
            f"{right.shape}, got {got.shape}"
        )
    return (
        f"wrong shape; expected {right.shape}, got {got.shape}. A single number has "
        "shape ()"
    )


def _are_rounded(answers, rights):
    """Tell whether these are the right answers, rounded or cut off."""
    # A float that is 0 may have any reason, an int that is 0 has this one.
    if not any(got.any() or got.dtype.kind in "iu" for got in answers):
        return False
    rounded = [[np.trunc(right) for right in rights]]
    rounded += [[np.round(right, digits) for right in rights] for digits in range(4)]
    return any(
        all(np.allclose(got, each) for got, each in zip(answers, tried, strict=True))
        for tried in rounded
    )


def _factor(answers, rights):
    """Return what the right answers were multiplied by, or None.

    Arrays may each have a factor of their own, such as a batch size; the first counts.
    """
    factors = [
        np.sum(got * right) / np.sum(right**2)
        for got, right in zip(answers, rights, strict=True)
    ]
    multiplied = [factor * right for factor, right in zip(factors, rights, strict=True)]
    are_arrays = all(right.size > 1 for right in rights)
    if not _all_close(answers, multiplied) or abs(factors[0]) < 1e-3:
        return None
    if not are_arrays and not np.allclose(factors, factors[0], rtol=1e-3):
        return None
    if 0.95 < factors[0] < 1.05:  # as good as right: the numbers say more
        return None
    return -1 if np.allclose(factors, -1, rtol=1e-3) else factors[0]


def _ignores(answer, cases, first, name):
    """Tell whether a number among the arguments makes no difference to the answer."""
    inputs = cases[0].inputs
    if isinstance(inputs[name], np.ndarray):
        return False
    for case in cases[1:]:
        try:
            changed = _called(answer, {**inputs, name: case.inputs[name]})
        except Exception:  # so it does make a difference
            return False
        changed = _as_array(changed)
        if changed is None or not _all_close([changed], [first]):
            return False
    return True


def _difference(got, right):
    """Show what was expected; of a table, the first entry that is wrong."""
    entry = ""
    if right.ndim == 2:
        wrong = np.argwhere(~np.isclose(got, right, **TOLERANCE))[0]
        entry = f" in row {wrong[0]}, column {wrong[1]}"
        got, right = got[tuple(wrong)], right[tuple(wrong)]
    digits = 4 if _text(right, 4) != _text(got, 4) else 8
    return f"expected {_text(right, digits)}{entry}, got {_text(got, digits)}"


def _given(inputs):
    """Show an input, if it fits on a line."""
    values = [np.asarray(value) for value in inputs.values()]
    if any(value.ndim > 1 for value in values):
        return ""
    return f" for the input {' and '.join(_text(value, 4) for value in values)}"


def _copy(value):
    return value.copy() if isinstance(value, np.ndarray) else value


def _is_empty(answer):
    """Tell whether a function holds only `...` or `pass`, apart from a docstring."""

    def empty(): ...

    def documented():
        """Have a docstring and no more."""

    code = getattr(getattr(answer, "__code__", None), "co_code", None)
    return code in (empty.__code__.co_code, documented.__code__.co_code)


def _all_close(answers, expected):
    return all(
        got.shape == np.shape(each) and np.allclose(got, each, **TOLERANCE)
        for got, each in zip(answers, expected, strict=True)
    )


def _text(array, digits):
    # Adding 0 turns -0 into 0.
    show = {"float": lambda number: f"{number:.{digits}g}"}
    return np.array2string(np.asarray(array) + 0.0, max_line_width=np.inf, formatter=show)


def _as_array(returned):
    """Return a number, list, array, or tensor as an array; None for anything else."""
    try:
        if ops.is_tensor(returned):
            returned = ops.convert_to_numpy(returned)
        found = np.asarray(returned)
        if found.dtype.kind == "O" and isinstance(returned, np.ndarray):
            found = np.asarray(returned, dtype=float)
    except (TypeError, ValueError):
        return None
    # NumPy would read "0.5" as a number, and None as NaN.
    return found if found.dtype.kind in "biuf" else None
