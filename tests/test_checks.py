"""Each check accepts right answers in different forms, and names each known mistake."""

from sae_utils import checks

import numpy as np
import pytest
from keras import ops


def kl(rho, rho_hat):
    return rho * np.log(rho / rho_hat) + (1 - rho) * np.log((1 - rho) / (1 - rho_hat))


def slope(rho, rho_hat):
    return -rho / rho_hat + (1 - rho) / (1 - rho_hat)


def l0_by_loop(code, threshold):
    return sum(a > threshold for row in code for a in row) / len(code)


RIGHT = [
    (checks.check_reconstruction_error, lambda x, r: np.mean((x - r) ** 2)),
    (checks.check_reconstruction_error, lambda x, r: ops.mean(ops.square(r - x))),
    (checks.check_residual_variance, lambda e, k: e[k:].sum() / e.sum()),
    (checks.check_residual_variance, lambda e, k: 1 - sum(e[:k]) / sum(e)),
    (checks.check_l0, lambda code, t: (code > t).sum() / len(code)),
    (checks.check_l0, l0_by_loop),
    (checks.check_soft_threshold, lambda x, s: np.sign(x) * np.maximum(abs(x) - s, 0)),
    (checks.check_soft_threshold, lambda x, s: [v - np.clip(v, -s, s) for v in x]),
    (checks.check_kl_of_batch, lambda code, rho: kl(rho, code.mean(axis=0)).sum()),
    (checks.check_kl_of_batch, lambda code, rho: sum(kl(rho, u.mean()) for u in code.T)),
    (
        checks.check_kl_gradient,
        lambda c, rho: np.ones_like(c) * slope(rho, c.mean(0)) / len(c),
    ),
    (
        checks.check_kl_gradient,
        lambda c, rho: [[slope(rho, u.mean()) / len(c) for u in c.T] for _ in c],
    ),
    (
        checks.check_lifetime_sparsity,
        lambda c: (1 - c.mean(0) ** 2 / (c**2).mean(0)) / (1 - 1 / len(c)),
    ),
    (
        checks.check_lifetime_sparsity,
        lambda c: [
            (1 - u.sum() ** 2 / (len(u) * (u @ u))) * len(u) / (len(u) - 1) for u in c.T
        ],
    ),
]

WRONG = [
    (checks.check_reconstruction_error, lambda x, r: ((x - r) ** 2).sum(), "is a sum"),
    (checks.check_reconstruction_error, lambda x, r: abs(x - r).mean(), "absolute"),
    (checks.check_residual_variance, lambda e, k: e[:k].sum() / e.sum(), "that is kept"),
    (checks.check_residual_variance, lambda e, k: e[k:].sum(), "divide it"),
    (checks.check_l0, lambda c, t: (c > t).mean(), "averages over units"),
    (checks.check_l0, lambda c, t: (c > t).sum(axis=0).mean(), "counts samples per unit"),
    (checks.check_l0, lambda c, t: (c > t).sum(), "over the whole batch"),
    (checks.check_l0, lambda c, t: (c > 0).sum(axis=1).mean(), "ignores the threshold"),
    (checks.check_l0, lambda c, t: (c > t).sum(axis=1), "one count per sample"),
    (
        checks.check_soft_threshold,
        lambda x, s: x * (abs(x) > s),
        "hard threshold",
    ),
    (checks.check_soft_threshold, lambda x, s: np.maximum(x - s, 0), "negative inputs"),
    (checks.check_soft_threshold, lambda x, s: x / (1 + s), "L2 penalty"),
    (checks.check_kl_of_batch, lambda c, r: kl(r, c).sum(1).mean(), "KL per sample"),
    (checks.check_kl_of_batch, lambda c, r: kl(r, c.mean(1)).sum(), "wrong axis"),
    (checks.check_kl_of_batch, lambda c, r: kl(r, c.mean()), "both axes"),
    (
        checks.check_kl_of_batch,
        lambda c, r: (r * np.log(r / c.mean(0))).sum(),
        "second half",
    ),
    (checks.check_kl_of_batch, lambda c, r: kl(r, c.mean(0)).mean(), "mean over units"),
    (checks.check_kl_of_batch, lambda c, r: -kl(r, c.mean(0)).sum(), "wrong sign"),
    (checks.check_kl_of_batch, lambda c, r: kl(c.mean(0), r).sum(), "swapped"),
    (checks.check_kl_of_batch, lambda c, r: kl(r, c.mean(0)), "one KL per unit"),
    (checks.check_kl_of_batch, lambda c, r: np.nan, "NaN"),
    (
        checks.check_kl_gradient,
        lambda c, r: np.ones_like(c) * slope(r, c.mean(0)),
        "1 / batch is missing",
    ),
    (checks.check_kl_gradient, lambda c, r: slope(r, c) / len(c), "per-sample"),
    (
        checks.check_kl_gradient,
        lambda c, r: -np.ones_like(c) * slope(r, c.mean(0)) / len(c),
        "wrong sign",
    ),
    (checks.check_kl_gradient, lambda c, r: slope(r, c.mean(0)), "pass it on"),
    (checks.check_kl_gradient, lambda c, r: np.zeros((2, 2)), "wrong shape"),
]

ALL = sorted({check for check, _ in RIGHT}, key=lambda check: check.__name__)


@pytest.mark.parametrize(("check", "answer"), RIGHT)
def test_right_answers_are_accepted(check, answer, capsys):
    check(answer)
    assert capsys.readouterr().out == "Right.\n"


@pytest.mark.parametrize(("check", "answer", "message"), WRONG)
def test_mistakes_are_named(check, answer, message, capsys):
    with np.errstate(all="ignore"):
        check(answer)
    out = capsys.readouterr().out
    assert out.startswith("Not yet: ")
    assert message in out


@pytest.mark.parametrize("check", ALL)
@pytest.mark.parametrize("stub", [..., lambda *_: ..., lambda *_: None])
def test_an_untouched_stub_is_no_mistake(check, stub, capsys):
    check(stub)
    assert capsys.readouterr().out.startswith("Your turn")


@pytest.mark.parametrize("check", ALL)
def test_what_is_no_answer_at_all_is_said(check, capsys):
    check(1.0)
    assert "pass your function itself" in capsys.readouterr().out
    check(lambda *_: "0.5 of them")
    assert "number or an array" in capsys.readouterr().out
    check(lambda *_: 1 / 0)
    assert "ZeroDivisionError" in capsys.readouterr().out
