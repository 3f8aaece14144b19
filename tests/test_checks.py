"""Each check accepts every form of the right answer and names each known mistake.

The answers are written out as a reader would write them, without the checks' tables.
"""

from sae_utils import checks

import numpy as np
import pytest
from keras import ops

# --- right answers, each in several forms ---


def mse_loop(x, reconstruction):
    total, count = 0.0, 0
    for row, row_hat in zip(x, reconstruction, strict=True):
        for value, value_hat in zip(row, row_hat, strict=True):
            total += (value - value_hat) ** 2
            count += 1
    return total / count


def mse_in_place(x, reconstruction):
    x -= reconstruction
    x *= x
    return x.mean()


def residual_variance_loop(eigenvalues, k):
    left_over = 0.0
    for i, eigenvalue in enumerate(eigenvalues):
        if i >= k:
            left_over += eigenvalue
    return left_over / sum(eigenvalues)


def residual_variance_in_place(eigenvalues, k):
    eigenvalues /= eigenvalues.sum()
    eigenvalues[:k] = 0
    return eigenvalues.sum()


def l0_loop(code, threshold):
    count = 0
    for row in code:
        for activation in row:
            if activation > threshold:
                count += 1
    return count / len(code)


def l0_in_place(code, threshold):
    code[code <= threshold] = 0
    return np.count_nonzero(code) / len(code)


def soft_threshold_loop(x, strength):
    result = []
    for value in x:
        if value > strength:
            result.append(value - strength)
        elif value < -strength:
            result.append(value + strength)
        else:
            result.append(0)
    return result


def soft_threshold_in_place(x, strength):
    sign = np.sign(x)
    np.abs(x, out=x)
    x -= strength
    x[x < 0] = 0
    x *= sign
    return x


def kl(rho, rho_hat):
    return rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat))


def kl_of_batch_loop(code, rho):
    total = 0.0
    for unit in range(code.shape[1]):
        rho_hat = 0.0
        for sample in range(code.shape[0]):
            rho_hat += code[sample, unit] / code.shape[0]
        total += kl(rho, rho_hat)
    return total


def kl_of_batch_ops(code, rho):
    rho_hat = ops.mean(ops.convert_to_tensor(code, dtype="float32"), axis=0)
    return ops.sum(
        rho * ops.log(rho / rho_hat) + (1 - rho) * ops.log((1 - rho) / (1 - rho_hat))
    )


def kl_of_batch_in_place(code, rho):
    code /= len(code)
    return kl(rho, code.sum(axis=0)).sum()


def kl_gradient_loop(code, rho):
    gradient = np.zeros(code.shape)
    for i in range(code.shape[0]):
        for j in range(code.shape[1]):
            rho_hat = sum(code[:, j]) / len(code)
            gradient[i, j] = ((1 - rho) / (1 - rho_hat) - rho / rho_hat) / len(code)
    return gradient.tolist()


def kl_gradient_vectorized(code, rho):
    rho_hat = code.mean(axis=0)
    per_unit = (-rho / rho_hat + (1 - rho) / (1 - rho_hat)) / len(code)
    return np.ones_like(code) * per_unit


def kl_gradient_numerical(code, rho):
    gradient = np.zeros(code.shape)
    for index in np.ndindex(code.shape):
        step = np.zeros(code.shape)
        step[index] = 1e-5
        up, down = kl_of_batch_loop(code + step, rho), kl_of_batch_loop(code - step, rho)
        gradient[index] = (up - down) / 2e-5
    return gradient


def kl_gradient_ops(code, rho):
    code = ops.convert_to_tensor(code, dtype="float32")
    rho_hat = ops.mean(code, axis=0)
    per_unit = (-rho / rho_hat + (1 - rho) / (1 - rho_hat)) / code.shape[0]
    return ops.broadcast_to(per_unit, code.shape)


def kl_gradient_in_place(code, rho):
    code[:] = code.mean(axis=0)
    return (-rho / code + (1 - rho) / (1 - code)) / len(code)


def lifetime_sparsity_loop(code):
    n, units = code.shape
    result = []
    for unit in range(units):
        mean, mean_square = 0.0, 0.0
        for sample in range(n):
            mean += code[sample, unit] / n
            mean_square += code[sample, unit] ** 2 / n
        result.append((1 - mean**2 / mean_square) / (1 - 1 / n))
    return result


def lifetime_sparsity_ops(code):
    code = ops.convert_to_tensor(code, dtype="float32")
    evenness = ops.mean(code, axis=0) ** 2 / ops.mean(code**2, axis=0)
    return (1 - evenness) / (1 - 1 / code.shape[0])


def lifetime_sparsity_in_place(code):
    code /= code.max(axis=0)
    return (1 - code.mean(axis=0) ** 2 / (code**2).mean(axis=0)) / (1 - 1 / len(code))


RIGHT = [
    (
        checks.check_reconstruction_error,
        {
            "numpy": lambda x, x_hat: np.mean((x - x_hat) ** 2),
            "loop": mse_loop,
            "ops": lambda x, x_hat: ops.mean(ops.square(ops.subtract(x, x_hat))),
            "in place": mse_in_place,
        },
    ),
    (
        checks.check_residual_variance,
        {
            "numpy": lambda eigenvalues, k: 1 - eigenvalues[:k].sum() / eigenvalues.sum(),
            "loop": residual_variance_loop,
            "ops": lambda eigenvalues, k: ops.sum(eigenvalues[k:]) / ops.sum(eigenvalues),
            "in place": residual_variance_in_place,
        },
    ),
    (
        checks.check_l0,
        {
            "numpy": lambda code, threshold: np.mean(np.sum(code > threshold, axis=1)),
            "loop": l0_loop,
            "ops": lambda code, threshold: ops.mean(
                ops.sum(ops.cast(code > threshold, "float32"), axis=1)
            ),
            "in place": l0_in_place,
        },
    ),
    (
        checks.check_soft_threshold,
        {
            "numpy": lambda x, strength: np.where(
                np.abs(x) > strength, x - strength * np.sign(x), 0
            ),
            "loop": soft_threshold_loop,
            "ops": lambda x, strength: (
                ops.relu(ops.convert_to_tensor(x) - strength)
                - ops.relu(-ops.convert_to_tensor(x) - strength)
            ),
            "in place": soft_threshold_in_place,
        },
    ),
    (
        checks.check_kl_of_batch,
        {
            "numpy": lambda code, rho: np.sum(kl(rho, code.mean(axis=0))),
            "loop": kl_of_batch_loop,
            "ops": kl_of_batch_ops,
            "in place": kl_of_batch_in_place,
        },
    ),
    (
        checks.check_kl_gradient,
        {
            "numpy": kl_gradient_vectorized,
            "loop": kl_gradient_loop,
            "numerical": kl_gradient_numerical,
            "ops": kl_gradient_ops,
            "in place": kl_gradient_in_place,
        },
    ),
    (
        checks.check_lifetime_sparsity,
        {
            # The variance over the mean square is 1 - mean^2 / mean square.
            "numpy": lambda code: (
                code.var(axis=0) / (code**2).mean(axis=0) * len(code) / (len(code) - 1)
            ),
            "loop": lifetime_sparsity_loop,
            "ops": lifetime_sparsity_ops,
            "in place": lifetime_sparsity_in_place,
        },
    ),
]
CHECKS = [check for check, _ in RIGHT]

# --- wrong answers: the line that must be printed, and a function that earns it ---


def soft_threshold_l2(x, strength):
    return x / (1 + strength)


def kl_missing_half(code, rho):
    return np.sum(rho * np.log(rho / code.mean(axis=0)))


def kl_gradient_by(rho_hat, rho):
    return -rho / rho_hat + (1 - rho) / (1 - rho_hat)


def kl_gradient_wrong_axis(code, rho):
    rho_hat = code.mean(axis=1, keepdims=True)
    return np.zeros_like(code) + kl_gradient_by(rho_hat, rho) / len(code)


def kl_gradient_missing_half(code, rho):
    return np.zeros_like(code) - rho / code.mean(axis=0) / len(code)


def kl_gradient_wrong_sign_of_half(code, rho):
    rho_hat = code.mean(axis=0)
    return np.zeros_like(code) + (-rho / rho_hat - (1 - rho) / (1 - rho_hat)) / len(code)


def sparseness(code, axis, n):
    return (1 - code.mean(axis=axis) ** 2 / (code**2).mean(axis=axis)) / (1 - 1 / n)


WRONG = {
    checks.check_reconstruction_error: [
        (
            "this sums over the inputs of a sample; take their mean",
            lambda x, x_hat: np.mean(np.sum((x - x_hat) ** 2, axis=1)),
        ),
        (
            "this is a sum where a mean was asked",
            lambda x, x_hat: np.sum((x - x_hat) ** 2),
        ),
        (
            "this is the root of the mean squared error",
            lambda x, x_hat: np.mean((x - x_hat) ** 2) ** 0.5,
        ),
        (
            "this averages the absolute errors, not their squares",
            lambda x, x_hat: np.abs(x - x_hat).mean(),
        ),
        (
            "the errors are not squared, so they cancel",
            lambda x, x_hat: np.mean(x_hat - x),
        ),
        (
            "the errors are not squared, so those of either sign cancel",
            lambda x, x_hat: np.mean(x - x_hat),
        ),
        (
            "this is one error per input: average over the inputs too",
            lambda x, x_hat: ((x - x_hat) ** 2).mean(axis=0),
        ),
        (
            "this is one error per sample: average over the samples too",
            lambda x, x_hat: [
                np.mean((a - b) ** 2) for a, b in zip(x, x_hat, strict=True)
            ],
        ),
    ],
    checks.check_residual_variance: [
        (
            "this is the share that is kept; asked is what is left over",
            lambda eigenvalues, k: np.cumsum(eigenvalues)[k - 1] / np.sum(eigenvalues),
        ),
        (
            "this is a sum; divide it by the total variance",
            lambda eigenvalues, k: sum(eigenvalues[k:]),
        ),
        (
            "this leaves out one component too many: the first k are 0 to k - 1",
            lambda eigenvalues, k: 1 - np.cumsum(eigenvalues)[k] / eigenvalues.sum(),
        ),
        (
            "this leaves over one component too many: the first k are 0 to k - 1",
            lambda eigenvalues, k: eigenvalues[k - 1 :].sum() / eigenvalues.sum(),
        ),
        (
            "this drops the largest components and keeps the smallest",
            lambda eigenvalues, k: eigenvalues[:-k].sum() / eigenvalues.sum(),
        ),
        (
            "this is a mean over components, not a share of the total",
            lambda eigenvalues, k: np.mean(eigenvalues[k:]),
        ),
    ],
    checks.check_l0: [
        (
            "this averages over units, so it is a share; count them",
            lambda code, threshold: np.mean(code > threshold),
        ),
        (
            "this counts samples per unit: sum over the units, axis 1",
            lambda code, threshold: np.mean(np.sum(code > threshold, axis=0)),
        ),
        (
            "this is the count over the whole batch; take the mean over samples",
            lambda code, threshold: np.count_nonzero(code > threshold),
        ),
        (
            "this ignores the threshold: it counts what is not exactly 0",
            lambda code, threshold: np.count_nonzero(code, axis=1).mean(),
        ),
        (
            "this has a threshold of 0.1 in it: use the argument",
            lambda code, threshold: (code > 0.1).sum(axis=1).mean(),
        ),
        (
            "this counts the silent units",
            lambda code, threshold: np.sum(code <= threshold, axis=1).mean(),
        ),
        (
            "this is the L1 norm: it adds activations up; count them",
            lambda code, threshold: np.linalg.norm(code, ord=1, axis=1).mean(),
        ),
        (
            "this is one count per sample: take their mean",
            lambda code, threshold: (code > threshold).sum(axis=1),
        ),
        (
            "this is one count per unit: sum over the units, axis 1",
            lambda code, threshold: (code > threshold).sum(axis=0),
        ),
    ],
    checks.check_soft_threshold: [
        (
            "this is the hard threshold: what survives must shrink too",
            lambda x, strength: x * (np.abs(x) > strength),
        ),
        (
            "this loses the sign of negative inputs",
            lambda x, strength: np.clip(np.abs(x) - strength, 0, None),
        ),
        (
            "negative inputs are all cut to 0; shrink them towards 0 instead",
            lambda x, strength: ops.relu(x - strength),
        ),
        (
            "small inputs cross zero; stop them there",
            lambda x, strength: x - strength * np.sign(x),
        ),
        (
            "this subtracts from negative inputs too; shrink towards 0",
            lambda x, strength: x - strength,
        ),
        (
            "this is what an L2 penalty does: it scales, and nothing becomes 0",
            soft_threshold_l2,
        ),
        (
            "wrong sign: this pushes away from 0",
            lambda x, strength: x + strength * np.sign(x),
        ),
    ],
    checks.check_kl_of_batch: [
        (
            "this is the KL per sample: first average the code over the batch",
            lambda code, rho: np.mean([kl(rho, row).sum() for row in code]),
        ),
        (
            "this is the KL of every activation: first average over the batch",
            lambda code, rho: np.sum(kl(rho, code)),
        ),
        (
            "this is the mean KL of every activation: first average over the batch, "
            "and sum over the units",
            lambda code, rho: np.mean(kl(rho, code)),
        ),
        (
            "wrong axis: this averages over units, not over the batch",
            lambda code, rho: np.sum(kl(rho, code.mean(axis=1))),
        ),
        (
            "wrong axis: this averages over units, not over the batch",
            lambda code, rho: np.sum(kl(rho, np.mean(code, axis=-1))),
        ),
        (
            "this averages over both axes: every unit needs its own rho_hat",
            lambda code, rho: kl(rho, np.mean(code)),
        ),
        (
            "the second half, (1 - rho) log((1 - rho) / (1 - rho_hat)), is missing",
            kl_missing_half,
        ),
        (
            "rho_hat is a sum where a mean was asked",
            lambda code, rho: np.sum(kl(rho, np.sum(code, axis=0))),
        ),
        (
            "this is the mean over units; the penalty is their sum",
            lambda code, rho: np.mean(kl(rho, code.mean(axis=0))),
        ),
        (
            "rho and rho_hat are swapped: the target comes first",
            lambda code, rho: np.sum(kl(code.mean(axis=0), rho)),
        ),
        (
            "this is one KL per unit: sum them",
            lambda code, rho: kl(rho, code.mean(axis=0)),
        ),
        (
            "this is one KL per activation: first average over the batch",
            lambda code, rho: kl(rho, code),
        ),
    ],
    checks.check_kl_gradient: [
        (
            "1 / batch is missing: each activation is one part of the mean rho_hat",
            lambda code, rho: (
                np.ones((len(code), 1)) * kl_gradient_by(code.mean(axis=0), rho)
            ),
        ),
        (
            "this divides by the number of units; rho_hat is a mean over the batch",
            lambda code, rho: kl_gradient_vectorized(code, rho) * 5 / 3,
        ),
        (
            "this is the per-sample gradient: use rho_hat, not each activation",
            lambda code, rho: kl_gradient_by(code, rho) / len(code),
        ),
        (
            "wrong axis: this averages over units, not over the batch",
            kl_gradient_wrong_axis,
        ),
        (
            "the second half, (1 - rho) / (1 - rho_hat), is missing",
            kl_gradient_missing_half,
        ),
        (
            "the second half has the wrong sign: 1 - rho_hat falls as rho_hat rises",
            kl_gradient_wrong_sign_of_half,
        ),
        (
            "this is the gradient by the mean rho_hat: pass it on to every sample, "
            "1 / batch to each",
            lambda code, rho: kl_gradient_by(code.mean(axis=0), rho),
        ),
        (
            "one row is right; every sample has the same: repeat it for the batch",
            lambda code, rho: kl_gradient_by(code.mean(axis=0), rho) / len(code),
        ),
        (
            "wrong sign; this is the right answer times -1",
            lambda code, rho: -kl_gradient_vectorized(code, rho),
        ),
    ],
    checks.check_lifetime_sparsity: [
        (
            "this is population sparsity: average over the samples, axis 0",
            lambda code: sparseness(code, 1, code.shape[1]),
        ),
        (
            "1 / n takes the number of samples, not of units",
            lambda code: sparseness(code, 0, code.shape[1]),
        ),
        (
            "the division by (1 - 1/n) is missing",
            lambda code: 1 - code.mean(axis=0) ** 2 / (code**2).mean(axis=0),
        ),
        (
            "this is 1 minus the sparsity: sparse units must score near 1",
            lambda code: 1 - sparseness(code, 0, len(code)),
        ),
        (
            "this is the mean over the units; give one number per unit",
            lambda code: np.mean(sparseness(code, 0, len(code))),
        ),
    ],
}


def cases(table):
    return [
        pytest.param(check, key, answer, id=f"{check.__name__}: {key}")
        for check, rows in table
        for key, answer in rows
    ]


def line_of(capsys, check, answer):
    """What a check prints: one line, and nothing beside it."""
    check(answer)
    out, err = capsys.readouterr()
    assert err == ""
    assert out.endswith("\n")
    return out[:-1]


@pytest.mark.parametrize(
    ("check", "form", "answer"), cases((check, rows.items()) for check, rows in RIGHT)
)
def test_right_answers_are_right(capsys, check, form, answer):
    assert line_of(capsys, check, answer) == "Right."
    # An answer that changes its input must not spoil the check for the next one.
    assert line_of(capsys, check, answer) == "Right."


@pytest.mark.parametrize(("check", "message", "answer"), cases(WRONG.items()))
def test_known_mistakes_are_named(capsys, check, message, answer):
    assert line_of(capsys, check, answer) == f"Not yet: {message}."


def test_every_check_is_tested():
    public = {name for name in vars(checks) if name.startswith("check_")}
    assert {check.__name__ for check in CHECKS} == public
    assert {check.__name__ for check in WRONG} == public


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    "stub", [..., lambda *inputs: ..., lambda *inputs: None], ids=["...", "(...)", "None"]
)
def test_a_stub_is_told_that_it_is_the_readers_turn(capsys, check, stub):
    assert line_of(capsys, check, stub) == (
        "Your turn: replace the ... in the cell above by your own code, and run it."
    )


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("result", "kind"), [(0.5, "float"), (np.ones(3), "ndarray"), (None, "NoneType")]
)
def test_a_result_in_place_of_a_function_is_told_so(capsys, check, result, kind):
    assert line_of(capsys, check, result) == (
        f"Not yet: pass your function itself, not its result; got {kind}."
    )


@pytest.mark.parametrize("check", CHECKS)
def test_a_wrong_shape_is_told_so(capsys, check):
    line = line_of(capsys, check, lambda *inputs: np.full((2, 1, 2), 0.3))
    assert line.startswith("Not yet: wrong shape; (")
    assert "got (2, 1, 2). A single number has shape ()." in line


def test_the_right_number_in_a_vector_is_a_wrong_shape(capsys):
    line = line_of(
        capsys,
        checks.check_reconstruction_error,
        lambda x, x_hat: np.mean((x - x_hat) ** 2, keepdims=True),
    )
    assert line == (
        "Not yet: wrong shape; () was asked, got (1, 1). A single number has shape ()."
    )


@pytest.mark.parametrize(("check", "right"), [(c, f["numpy"]) for c, f in RIGHT])
def test_nan_is_told_so(capsys, check, right):
    line = line_of(capsys, check, lambda *inputs: right(*inputs) * np.nan)
    assert line == (
        "Not yet: the answer holds NaN; look for the log of a negative number or a "
        "division of 0 by 0."
    )


@pytest.mark.parametrize(("check", "right"), [(c, f["numpy"]) for c, f in RIGHT])
def test_a_wrong_sign_is_told_so(capsys, check, right):
    line = line_of(capsys, check, lambda *inputs: -right(*inputs))
    assert line == "Not yet: wrong sign; this is the right answer times -1."


@pytest.mark.parametrize(("check", "right"), [(c, f["numpy"]) for c, f in RIGHT])
@pytest.mark.parametrize("error", [1.001, 0.999])
def test_a_small_error_is_still_an_error(capsys, check, right, error):
    def answer(*inputs):
        return right(*inputs) * error

    assert line_of(capsys, check, answer).startswith("Not yet: expected ")


@pytest.mark.parametrize(
    ("check", "answer", "line"),
    [
        (checks.check_l0, lambda code, threshold: 99, "expected 1.25, got 99."),
        (
            checks.check_soft_threshold,
            lambda x, strength: [1 / 3, 0, 0, 0, 0, 4],
            "expected [-2.5 -0.5 0 0 0 1.5], got [0.3333 0 0 0 0 4].",
        ),
    ],
)
def test_an_unknown_mistake_shows_what_was_expected(capsys, check, answer, line):
    assert line_of(capsys, check, answer) == f"Not yet: {line}"


@pytest.mark.parametrize("check", CHECKS)
def test_an_exception_is_shown(capsys, check):
    def answer(*inputs):
        raise KeyError("rho")

    line = line_of(capsys, check, answer)
    assert line == "Not yet: your function stopped with KeyError: 'rho'"


@pytest.mark.parametrize("check", CHECKS)
def test_a_function_of_other_arguments_is_told_so(capsys, check):
    line = line_of(capsys, check, lambda: 0.5)
    assert line.startswith("Not yet: your function stopped with TypeError")


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("high", "str"),
        ({"l0": 1}, "dict"),
        ([[1.0], [1.0, 2.0]], "list"),
        (print, "built"),
    ],
)
def test_something_that_is_no_array_is_told_so(capsys, check, value, kind):
    line = line_of(capsys, check, lambda *inputs: value)
    assert line.startswith(
        f"Not yet: the answer must be a number or an array; got {kind}"
    )


def test_a_number_in_a_string_is_no_number(capsys):
    line = line_of(
        capsys, checks.check_l0, lambda code, threshold: str(l0_loop(code, threshold))
    )
    assert line == "Not yet: the answer must be a number or an array; got str."
