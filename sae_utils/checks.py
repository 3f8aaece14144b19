"""Checks of the exercises' answers. Each prints one line that names the likely mistake.

Every check calls the reader's function on a small input, and compares what comes back
with the right answer first, then with the answers that known mistakes lead to.
"""

import numpy as np
from keras import ops

YOUR_TURN = "Your turn: replace the ... in the cell above by your own code, and run it."
TOLERANCE = {"rtol": 1e-4, "atol": 1e-6}


def check_reconstruction_error(answer):
    """Check an answer to "write the mean squared error of a reconstruction".

    Args:
        answer: A function of `x` and `reconstruction`, both of shape
            `(samples, inputs)`, that returns one number.
    """
    random = np.random.default_rng(0)
    x, reconstruction = random.random((4, 6)), random.random((4, 6))
    difference = reconstruction - x
    _report(
        answer,
        (x, reconstruction),
        right=np.mean(difference**2),
        mistakes={
            "this sums over the inputs of a sample; take their mean": np.mean(
                np.sum(difference**2, axis=1)
            ),
            "this is a sum where a mean was asked": np.sum(difference**2),
            "this is the root of the mean squared error": np.sqrt(np.mean(difference**2)),
            "this averages the absolute errors, not their squares": np.mean(
                np.abs(difference)
            ),
            "the errors are not squared, so they cancel": np.mean(difference),
            "the errors are not squared, so those of either sign cancel": np.mean(
                -difference
            ),
            "this is one error per input: average over the inputs too": np.mean(
                difference**2, axis=0
            ),
            "this is one error per sample: average over the samples too": np.mean(
                difference**2, axis=1
            ),
        },
    )


def check_residual_variance(answer):
    """Check an answer to "which share of the variance do k components leave over?".

    Args:
        answer: A function of `eigenvalues` of shape `(inputs,)`, largest first, and
            `k`, that returns one number between 0 and 1.
    """
    eigenvalues = np.array([5.0, 2.0, 1.5, 1.0, 0.5])
    total = eigenvalues.sum()
    _report(
        answer,
        (eigenvalues, 2),
        right=eigenvalues[2:].sum() / total,
        mistakes={
            "this is the share that is kept; asked is what is left over": (
                eigenvalues[:2].sum() / total
            ),
            "this is a sum; divide it by the total variance": eigenvalues[2:].sum(),
            "this leaves out one component too many: the first k are 0 to k - 1": (
                eigenvalues[3:].sum() / total
            ),
            "this leaves over one component too many: the first k are 0 to k - 1": (
                eigenvalues[1:].sum() / total
            ),
            "this drops the largest components and keeps the smallest": (
                eigenvalues[:3].sum() / total
            ),
            "this is a mean over components, not a share of the total": (
                eigenvalues[2:].mean()
            ),
        },
    )


def check_l0(answer):
    """Check an answer to "write L0, the mean number of active units per sample".

    Args:
        answer: A function of a code of shape `(samples, units)` and a `threshold` that
            returns one number.
    """
    code = np.array(
        [
            [0.0, 0.5, 0.0, 2.0, 0.05],
            [0.0, 0.0, 0.0, 1.0, 0.0],
            [0.0, 0.3, 0.7, 0.2, 0.01],
            [0.0, 0.0, 0.0, 0.0, 0.02],
        ]
    )
    threshold = 0.25  # not 0.1, which an answer may have written into it
    on = code > threshold
    _report(
        answer,
        (code, threshold),
        right=on.sum(axis=1).mean(),
        mistakes={
            "this averages over units, so it is a share; count them": on.mean(),
            "this counts samples per unit: sum over the units, axis 1": (
                on.sum(axis=0).mean()
            ),
            "this is the count over the whole batch; take the mean over samples": (
                on.sum()
            ),
            "this ignores the threshold: it counts what is not exactly 0": (
                (code != 0).sum(axis=1).mean()
            ),
            "this has a threshold of 0.1 in it: use the argument": (
                (code > 0.1).sum(axis=1).mean()
            ),
            "this counts the silent units": (~on).sum(axis=1).mean(),
            "this is the L1 norm: it adds activations up; count them": (
                np.abs(code).sum(axis=1).mean()
            ),
            "this is one count per sample: take their mean": on.sum(axis=1),
            "this is one count per unit: sum over the units, axis 1": on.sum(axis=0),
        },
    )


def check_soft_threshold(answer):
    """Check an answer to "write the soft threshold".

    Args:
        answer: A function of an array `x` of any shape and a number `strength` that
            returns an array of that shape.
    """
    x = np.array([-3.0, -1.0, -0.4, 0.0, 0.5, 2.0])
    strength = 0.5
    size = np.abs(x)
    _report(
        answer,
        (x, strength),
        right=np.sign(x) * np.maximum(size - strength, 0),
        mistakes={
            "this is the hard threshold: what survives must shrink too": np.where(
                size > strength, x, 0
            ),
            "this loses the sign of negative inputs": np.maximum(size - strength, 0),
            "negative inputs are all cut to 0; shrink them towards 0 instead": (
                np.maximum(x - strength, 0)
            ),
            "small inputs cross zero; stop them there": np.sign(x) * (size - strength),
            "this subtracts from negative inputs too; shrink towards 0": x - strength,
            "this is what an L2 penalty does: it scales, and nothing becomes 0": (
                x / (1 + strength)
            ),
            "wrong sign: this pushes away from 0": np.sign(x) * (size + strength),
        },
    )


def check_kl_of_batch(answer):
    """Check an answer to "write the KL sparsity penalty of a batch".

    Args:
        answer: A function of a code of shape `(batch, units)` in (0, 1) and a target
            `rho` that returns one number: the sum over the units of
            `KL(rho || rho_hat)`.
    """
    code, rho = _sigmoid_code(), 0.1

    def kl(rho_hat, target=rho):
        return target * np.log(target / rho_hat) + (1 - target) * np.log(
            (1 - target) / (1 - rho_hat)
        )

    rho_hat = code.mean(axis=0)
    _report(
        answer,
        (code, rho),
        right=kl(rho_hat).sum(),
        mistakes={
            "this is the KL per sample: first average the code over the batch": (
                kl(code).sum(axis=1).mean()
            ),
            "this is the KL of every activation: first average over the batch": (
                kl(code).sum()
            ),
            "this is the mean KL of every activation: first average over the batch, "
            "and sum over the units": kl(code).mean(),
            "wrong axis: this averages over units, not over the batch": (
                kl(code.mean(axis=1)).sum()
            ),
            "this averages over both axes: every unit needs its own rho_hat": (
                kl(code.mean())
            ),
            "the second half, (1 - rho) log((1 - rho) / (1 - rho_hat)), is missing": (
                (rho * np.log(rho / rho_hat)).sum()
            ),
            "rho_hat is a sum where a mean was asked": kl(code.sum(axis=0)).sum(),
            "this is the mean over units; the penalty is their sum": kl(rho_hat).mean(),
            "rho and rho_hat are swapped: the target comes first": (
                kl(rho, target=rho_hat).sum()
            ),
            "this is one KL per unit: sum them": kl(rho_hat),
            "this is one KL per activation: first average over the batch": kl(code),
        },
    )


def check_kl_gradient(answer):
    """Check an answer to "write the gradient of the KL penalty".

    Args:
        answer: A function of a code of shape `(batch, units)` in (0, 1) and a target
            `rho` that returns the derivative of the summed KL by each activation, an
            array of shape `(batch, units)`.
    """
    code, rho = _sigmoid_code(), 0.1
    batch = len(code)
    rho_hat = code.mean(axis=0)
    per_unit = -rho / rho_hat + (1 - rho) / (1 - rho_hat)

    def rows(row):
        return np.tile(row, (batch, 1))

    _report(
        answer,
        (code, rho),
        right=rows(per_unit / batch),
        mistakes={
            "1 / batch is missing: each activation is one part of the mean rho_hat": (
                rows(per_unit)
            ),
            "this divides by the number of units; rho_hat is a mean over the batch": (
                rows(per_unit / code.shape[1])
            ),
            "this is the per-sample gradient: use rho_hat, not each activation": (
                (-rho / code + (1 - rho) / (1 - code)) / batch
            ),
            "wrong axis: this averages over units, not over the batch": (
                np.repeat(
                    (
                        -rho / code.mean(axis=1, keepdims=True)
                        + (1 - rho) / (1 - code.mean(axis=1, keepdims=True))
                    )
                    / batch,
                    code.shape[1],
                    axis=1,
                )
            ),
            "the second half, (1 - rho) / (1 - rho_hat), is missing": (
                rows(-rho / rho_hat / batch)
            ),
            "the second half has the wrong sign: 1 - rho_hat falls as rho_hat rises": (
                rows((-rho / rho_hat - (1 - rho) / (1 - rho_hat)) / batch)
            ),
            "this is the gradient by the mean rho_hat: pass it on to every sample, "
            "1 / batch to each": per_unit,
            "one row is right; every sample has the same: repeat it for the batch": (
                per_unit / batch
            ),
        },
    )


def check_lifetime_sparsity(answer):
    """Check an answer to "write the lifetime sparsity of every unit".

    Args:
        answer: A function of a code of shape `(samples, units)`, no unit of which is
            dead, that returns an array of shape `(units,)`.
    """
    code = _sigmoid_code()
    samples = len(code)

    def sparseness(axis, n):
        return (1 - code.mean(axis=axis) ** 2 / (code**2).mean(axis=axis)) / (1 - 1 / n)

    _report(
        answer,
        (code,),
        right=sparseness(0, samples),
        mistakes={
            "this is population sparsity: average over the samples, axis 0": (
                sparseness(1, code.shape[1])
            ),
            "1 / n takes the number of samples, not of units": sparseness(
                0, code.shape[1]
            ),
            "the division by (1 - 1/n) is missing": sparseness(0, np.inf),
            "this is 1 minus the sparsity: sparse units must score near 1": (
                1 - sparseness(0, samples)
            ),
            "this is the mean over the units; give one number per unit": (
                sparseness(0, samples).mean()
            ),
        },
    )


def _sigmoid_code():
    """A fixed code of shape `(5, 3)` in (0, 1), sparse enough to look like one.

    A unit's sum over the batch is below 1 too, so that the KL of a sum is no NaN, which
    many a mistake gives, but a number by which that mistake is known.
    """
    return np.array(
        [
            [0.02, 0.10, 0.20],
            [0.70, 0.20, 0.05],
            [0.05, 0.15, 0.10],
            [0.01, 0.05, 0.40],
            [0.03, 0.08, 0.15],
        ]
    )


def _report(answer, inputs, right, mistakes):
    """Print what is right or wrong about `answer(*inputs)`, in one line."""
    print(_diagnosis(answer, inputs, np.asarray(right, dtype=float), mistakes))


def _diagnosis(answer, inputs, right, mistakes):
    if answer is ...:
        return YOUR_TURN
    if not callable(answer):
        return (
            f"Not yet: pass your function itself, not its result; got "
            f"{type(answer).__name__}."
        )
    given = [np.copy(each) if isinstance(each, np.ndarray) else each for each in inputs]
    try:
        returned = answer(*given)
    except Exception as error:  # the reader is shown whatever it raises
        return f"Not yet: your function stopped with {type(error).__name__}: {error}"
    if returned is None or returned is ...:
        return YOUR_TURN
    got = _as_array(returned)
    if got is None:
        return (
            f"Not yet: the answer must be a number or an array; got "
            f"{type(returned).__name__}."
        )
    if got.shape == right.shape and np.allclose(got, right, **TOLERANCE):
        return "Right."
    for message, wrong in mistakes.items():
        if got.shape == np.shape(wrong) and np.allclose(got, wrong, **TOLERANCE):
            return f"Not yet: {message}."
    if got.shape != right.shape:
        return (
            f"Not yet: wrong shape; {right.shape} was asked, got {got.shape}. "
            "A single number has shape ()."
        )
    if np.isnan(got).any():
        return (
            "Not yet: the answer holds NaN; look for the log of a negative number or a "
            "division of 0 by 0."
        )
    if np.allclose(got, -right, **TOLERANCE):
        return "Not yet: wrong sign; this is the right answer times -1."
    return f"Not yet: expected {_text(right)}, got {_text(got)}."


def _text(array):
    # Adding 0 turns -0 into 0.
    return np.array2string(array + 0.0, formatter={"float": "{:.4g}".format})


def _as_array(returned):
    """Return a number, list, array or tensor as floats; None if it is none of them."""
    if isinstance(returned, str):
        return None  # NumPy would read "0.5" as a number
    try:
        if ops.is_tensor(returned):
            returned = ops.convert_to_numpy(returned)
        return np.asarray(returned, dtype=float)
    except (TypeError, ValueError):
        return None
