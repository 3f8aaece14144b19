"""The bench finds a penalty's mistake by its numbers, and a right one raises no alarm."""

import math

from sae_utils import bench, penalties

import keras
import numpy as np
import pytest
from function_penalty import Penalty
from keras import layers, ops

RHO = 0.05


def kl(rho, rho_hat):
    off = (1 - rho) * ops.log((1 - rho) / (1 - rho_hat))
    return rho * ops.log(rho / rho_hat) + off


def right(code):
    return ops.sum(kl(RHO, ops.mean(code, axis=0)))


def in_other_words(code):
    """The right penalty as a cross-entropy minus an entropy, one unit after another."""
    total = 0.0
    for unit in ops.unstack(code, axis=1):
        mean = ops.sum(unit) / len(unit)
        cross = -RHO * ops.log(mean) - (1 - RHO) * ops.log1p(-mean)
        total += cross + RHO * math.log(RHO) + (1 - RHO) * math.log(1 - RHO)
    return total


def mean_over_both_axes(code):
    return code.shape[1] * kl(RHO, ops.mean(code))


def per_sample(code):
    return ops.mean(ops.sum(kl(RHO, code), axis=1))


def divided_twice(code):
    return right(code) / code.shape[0]


def summed_over_the_batch(code):
    return right(code) * code.shape[0]


def without_off_term(code):
    return ops.sum(RHO * ops.log(RHO / ops.mean(code, axis=0)))


def without_brackets(code):
    rho_hat = ops.mean(code, axis=0)
    on = RHO * ops.log(RHO / rho_hat)
    return ops.sum(on + (1 - RHO) * ops.log(1 - RHO / 1 - rho_hat))


def clipped(code):
    return ops.sum(kl(RHO, ops.clip(ops.mean(code, axis=0), 1e-2, 0.99)))


def clipped_as_many_do(code):
    return ops.sum(kl(RHO, ops.clip(ops.mean(code, axis=0), 1e-7, 1 - 1e-7)))


def l1(code):
    return ops.mean(ops.sum(ops.abs(code), axis=1))


def batches_of_ten(code):
    parts = ops.mean(ops.reshape(code, (-1, 10, code.shape[1])), axis=1)
    return ops.mean(ops.sum(kl(RHO, ops.maximum(parts, 1e-30)), axis=1))


def constant_in_the_logs(code):
    rho_hat = ops.mean(code, axis=0)
    off = (1 - RHO) * ops.log((1 - RHO) / (1 - rho_hat + 1e-7))
    return ops.sum(RHO * ops.log(RHO / (rho_hat + 1e-7)) + off)


# Bugs that notebook 04 does not have.
def constant_in_the_gradient(code):
    rho_hat = ops.mean(code, axis=0)
    return ops.sum(kl(RHO, ops.stop_gradient(rho_hat)) + 0 * rho_hat)


def first_unit_only(code):
    return 6 * kl(RHO, ops.mean(code, axis=0)[0])


def strongest_sample(code):
    return ops.sum(kl(RHO, ops.minimum(ops.max(code, axis=0), 1 - 1e-6)))


def wrong_axis(code):
    return ops.sum(kl(RHO, ops.mean(code, axis=1)))


def swapped(code):
    return ops.sum(kl(ops.mean(code, axis=0), RHO))


def squared(code):
    return ops.sum((ops.mean(code, axis=0) - RHO) ** 2)


def wrong_sign(code):
    return -right(code)


def other_target(code):
    return ops.sum(kl(0.2, ops.mean(code, axis=0)))


def root(code):
    return ops.sum(ops.sqrt(kl(RHO, ops.mean(code, axis=0)) + 1e-7))


def entropy(code):
    return ops.mean(ops.sum(-code * ops.log(code), axis=1))


def nothing(code):
    return 0 * right(code)


def without_off_term_and_clipped(code):
    return keras.losses.kl_divergence(RHO, ops.mean(code, axis=0))


# Mistakes that no test of the bench sees; notebook 04 says so.
def a_billion_times_too_small(code):
    return 1e-9 * right(code)


def only_the_worst_unit(code):
    return 6 * ops.max(kl(RHO, ops.mean(code, axis=0)))


def units_that_count_for_more(code):
    weights = np.linspace(1, 1.8, 6, dtype="float32")
    return ops.sum(weights * kl(RHO, ops.mean(code, axis=0)))


ALARMS = {
    right: [],
    in_other_words: [],
    root: [],  # another right penalty, with its minimum where it should be
    mean_over_both_axes: ["units"],
    per_sample: ["pattern", "units", "scale"],
    divided_twice: ["batch"],
    summed_over_the_batch: ["batch"],
    without_off_term: ["target"],
    without_brackets: ["target"],
    clipped: ["silence"],
    clipped_as_many_do: ["silence"],
    constant_in_the_logs: ["silence"],
    l1: ["target", "units", "silence", "scale"],
    batches_of_ten: ["pattern", "scale"],
    constant_in_the_gradient: ["silence"],
    first_unit_only: ["silence"],
    strongest_sample: ["pattern", "units", "scale"],
    wrong_axis: ["pattern", "batch", "units", "scale"],
    swapped: ["silence"],
    squared: ["silence"],
    wrong_sign: ["target", "units", "silence", "scale"],
    other_target: ["target", "batch"],
    entropy: ["target", "units", "silence"],
    nothing: list(bench.ALLOWED),
    without_off_term_and_clipped: ["target", "silence"],
    a_billion_times_too_small: [],
    only_the_worst_unit: [],
    units_that_count_for_more: [],
}


@pytest.mark.parametrize("function", ALARMS, ids=lambda function: function.__name__)
def test_alarms_are_those_of_the_mistake(function):
    measured = bench.row(Penalty(function))
    assert list(measured) == list(bench.ALLOWED)
    assert all(type(number) is float for number in measured.values())
    assert bench.alarms(measured) == ALARMS[function]


@pytest.mark.parametrize("weight", [1e-4, 1.0, 30.0])
def test_weight_does_not_matter(weight):
    row = bench.row(Penalty(right, weight))
    assert row == pytest.approx(bench.row(Penalty(right)), rel=1e-3, abs=1e-5)
    assert bench.alarms(row) == []


def test_numbers_are_those_of_the_formula():
    def by_hand(rho_hat):
        on = RHO * math.log(RHO / rho_hat)
        return on + (1 - RHO) * math.log((1 - RHO) / (1 - rho_hat))

    scale = by_hand(0.2)
    off = 1 / (1 + math.exp(20))
    row = bench.row(penalties.KLSparsity(RHO))
    assert row["target"] == pytest.approx(by_hand(0.04) / scale, rel=1e-2)
    assert row["pattern"] == pytest.approx(0, abs=1e-4)
    assert row["batch"] == pytest.approx(1, abs=1e-4)
    one_unit = (by_hand(0.3) + 5 * by_hand(off)) / (6 * scale)
    assert row["units"] == pytest.approx(one_unit, rel=1e-3)
    busy = 1 / (1 + math.exp(-1))
    assert row["silence"] == pytest.approx(1 / (busy - RHO), rel=1e-3)
    assert row["scale"] == pytest.approx(by_hand(RHO / 2) / scale, rel=1e-3)


@pytest.mark.parametrize("rho", [0.005, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5])
def test_right_penalty_raises_no_alarm_at_any_target(rho):
    assert bench.alarms(bench.row(penalties.KLSparsity(rho), rho)) == []


def test_l1_of_the_package_gets_the_alarms_that_notebook_04_names():
    for activation in "sigmoid", "relu":
        row = bench.row(penalties.L1Sparsity(1e-4), activation=activation)
        assert bench.alarms(row) == ["target", "units", "silence", "scale"]


def test_activation_says_what_on_and_off_are():
    def of_tanh(code):
        rho_hat = ops.maximum(ops.mean((code + 1) / 2, axis=0), 1e-30)
        return ops.sum(kl(RHO, rho_hat))

    # In float32 tanh is exactly -1 there, and has no gradient.
    assert bench.alarms(bench.row(Penalty(of_tanh), activation="tanh")) == ["silence"]
    assert "pattern" in bench.alarms(bench.row(Penalty(right), activation="tanh"))
    relu = bench.alarms(bench.row(Penalty(right), activation="relu"))
    assert {"target", "silence"} <= set(relu)
    assert bench.row(Penalty(right), activation=ops.sigmoid) == bench.row(Penalty(right))


def test_regularizer_counts_as_what_a_layer_adds():
    regularized = layers.Activation("linear", activity_regularizer=right)
    assert bench.alarms(bench.row(regularized)) == ["batch"]  # Keras divides by its size


def test_numbers_that_are_not_finite_are_alarms():
    row = bench.row(Penalty(right))
    assert bench.alarms(row | {"units": math.inf}) == ["units"]
    assert bench.alarms(row | {"pattern": -math.inf}) == ["pattern"]
    assert bench.alarms(row | {"scale": math.nan}) == ["scale"]


@pytest.mark.parametrize("rho", [0, 0.004, 0.51, 1, "0.05", None, True])
def test_impossible_targets_are_refused(rho):
    with pytest.raises(ValueError, match=r"rho must be a number from 0.005 to 0.5; got"):
        bench.row(Penalty(right), rho)


@pytest.mark.parametrize("penalty", [right, None, "kl", penalties.KLSparsity])
def test_what_is_no_layer_is_refused(penalty):
    with pytest.raises(ValueError, match=r"penalty must be a layer, such as .* got"):
        bench.row(penalty)


def test_layer_that_adds_nothing_is_refused():
    with pytest.raises(ValueError, match=r"penalty must add to the loss .* nothing"):
        bench.row(layers.Activation("sigmoid"))


def test_unknown_activation_is_refused():
    with pytest.raises(ValueError, match=r"activation must be .* got 'sigmoidal'"):
        bench.row(Penalty(right), activation="sigmoidal")


def test_a_penalty_that_refuses_a_code_says_so_itself():
    with pytest.raises(ValueError, match=r"code must lie in \[0, 1\]"):
        bench.row(penalties.KLSparsity(), activation="relu")


def test_other_backends_are_refused(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(RuntimeError, match="KERAS_BACKEND=tensorflow"):
        bench.row(penalties.KLSparsity())


def test_alarms_refuses_what_is_no_row():
    with pytest.raises(ValueError, match=r"measured must have the keys .* got \['kl'\]"):
        bench.alarms({"kl": 0.1})
    for no_row in None, ["target"], "target":
        with pytest.raises(ValueError, match=r"measured must have the keys .* got "):
            bench.alarms(no_row)


def test_each_unit_is_on_for_its_share_and_not_all_for_the_same_samples():
    for rho in 0.005, 0.013, 0.05, 0.3, 0.5:
        on = bench._on_for_a_share(rho)
        assert (on.sum(axis=0) == round(rho * bench.SAMPLES)).all()
        different = len(np.unique(on, axis=1).T)
        assert different == bench.UNITS if rho < 0.1 else different > 1


@pytest.mark.parametrize("other", [0.025, 0.04, 0.045, 0.06, 0.07, 0.1, 0.2])
def test_another_target_is_noticed(other):
    row = bench.row(penalties.KLSparsity(other), rho=RHO)
    assert "target" in bench.alarms(row)


@pytest.mark.parametrize("size", [5, 20, 50])
def test_batches_that_are_too_small_are_noticed(size):
    def in_parts(code):
        parts = ops.mean(ops.reshape(code, (-1, size, code.shape[1])), axis=1)
        return ops.mean(ops.sum(kl(RHO, ops.maximum(parts, 1e-30)), axis=1))

    assert "pattern" in bench.alarms(bench.row(Penalty(in_parts)))
