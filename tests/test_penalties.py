"""The penalties are the textbook's numbers, and wrong input never gets a plausible one.

The layers are tested on TensorFlow; a fresh process at the end repeats the numbers on
Keras' JAX backend.
"""

import json
import math
import os
import subprocess
import sys

from sae_utils import models, training
from sae_utils.penalties import KLSparsity, L1Sparsity, kl_divergence, l1_norm

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers, ops
from scipy.special import expit, rel_entr
from scipy.stats import binom

# Three samples of two units, with means 0.2 and 0.5.
CODE = np.array([[0.1, 0.9], [0.3, 0.2], [0.2, 0.4]], dtype=np.float32)


def kl(rho, rho_hat):
    """The formula of the lecture notes, for hand-made comparisons."""
    return rho * math.log(rho / rho_hat) + (1 - rho) * math.log((1 - rho) / (1 - rho_hat))


def kl_gradient(code, rho, beta):
    """Derivative of `beta * sum KL` with respect to each activation."""
    rho_hat = code.mean(axis=0)
    by_mean = -rho / rho_hat + (1 - rho) / (1 - rho_hat)
    return beta * np.tile(by_mean / len(code), (len(code), 1))


def l1_gradient(code, strength):
    return strength * np.sign(code) / len(code)


def loss_and_gradient(layer, code):
    """The loss that a layer adds for a code, and its gradient with respect to it."""
    code = tf.constant(code)
    with tf.GradientTape() as tape:
        tape.watch(code)
        layer(code)
        (loss,) = layer.losses
    return float(loss), tape.gradient(loss, code).numpy()


def z_gradient(layer, z, compiled=False):
    """Gradient of a layer's loss with respect to the z of a sigmoid code, as float64."""

    def gradient_of(z):
        with tf.GradientTape() as tape:
            tape.watch(z)
            layer(ops.sigmoid(z))
            (loss,) = layer.losses
        return tape.gradient(loss, z)

    if compiled:
        gradient_of = tf.function(gradient_of, jit_compile=True)
    return tf.cast(gradient_of(tf.constant(z, layer.compute_dtype)), "float64").numpy()


def kl_z_gradient(z, rho, beta):
    """What `z_gradient` should give for a KL layer, without a digit lost near 0 or 1."""
    on, off = expit(z), expit(-z)
    by_mean = -rho / on.mean(axis=0) + (1 - rho) / off.mean(axis=0)
    return beta * by_mean * on * off / len(z)


def penalty_of(layer, code):
    layer(code)
    (loss,) = layer.losses
    return float(loss)


# --- kl_divergence ---


@pytest.mark.parametrize("rho", [0.01, 0.05, 0.1, 0.5, 0.9])
def test_kl_agrees_with_scipy(rho):
    rho_hat = np.linspace(0.001, 0.999, 97)
    expected = rel_entr(rho, rho_hat) + rel_entr(1 - rho, 1 - rho_hat)
    got = ops.convert_to_numpy(kl_divergence(rho, rho_hat))
    assert got.shape == (97,)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("rho", [0.01, 0.05, 0.3, 0.5, 0.9])
def test_kl_is_zero_at_the_target(rho):
    assert float(kl_divergence(rho, [rho])[0]) == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize("rho", [0.05, 0.5, 0.9])
def test_kl_is_positive_and_convex(rho):
    rho_hat = np.linspace(0.01, 0.99, 50)
    values = ops.convert_to_numpy(kl_divergence(rho, rho_hat)).astype(np.float64)
    away = np.abs(rho_hat - rho) > 0.005
    assert (values[away] > 0).all()
    assert (np.diff(values, 2) > 0).all()


@pytest.mark.parametrize(
    "form",
    [list, tuple, np.array, np.float32, tf.constant, ops.convert_to_tensor],
    ids=["list", "tuple", "float64 array", "float32 array", "tf", "keras"],
)
def test_kl_takes_lists_arrays_and_tensors(form):
    got = kl_divergence(0.1, form([0.2, 0.5]))
    assert ops.is_tensor(got)
    np.testing.assert_allclose(
        ops.convert_to_numpy(got), [kl(0.1, 0.2), kl(0.1, 0.5)], rtol=1e-5
    )


@pytest.mark.parametrize("compiled", [False, True])
def test_kl_stays_finite_at_0_and_1(compiled):
    function = tf.function(kl_divergence) if compiled else kl_divergence
    got = function(0.05, tf.constant([0.0, 1.0]))
    # The numbers of the docstrings.
    np.testing.assert_allclose(got, [3.2554, 65.425], rtol=1e-4)


def test_kl_of_a_unit_that_falls_to_0_never_falls():
    got = ops.convert_to_numpy(kl_divergence(0.05, [1e-2, 1e-5, 1e-10, 1e-20, 1e-29, 0]))
    assert (np.diff(got) > 0.1).all()


@pytest.mark.parametrize("rho_hat", [1e-29, 1e-10, 0.04, 0.06, 0.999])
def test_kl_gradient_is_the_formula(rho_hat):
    rho_hat = tf.constant([rho_hat])
    with tf.GradientTape() as tape:
        tape.watch(rho_hat)
        value = kl_divergence(0.05, rho_hat)
    exact = np.float64(rho_hat)
    expected = -0.05 / exact + 0.95 / (1 - exact)
    np.testing.assert_allclose(tape.gradient(value, rho_hat), expected, rtol=1e-4)


def test_kl_of_a_float64_tensor_is_float64():
    rho_hat = np.append(np.geomspace(1e-29, 0.5), 1 - np.geomspace(1e-9, 0.5))
    expected = rel_entr(0.05, rho_hat) + rel_entr(0.95, 1 - rho_hat)
    got = kl_divergence(0.05, tf.constant(rho_hat))
    np.testing.assert_allclose(got, expected, rtol=1e-12)
    assert kl_divergence(0.05, rho_hat).dtype == "float32"  # as Keras takes arrays


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_functions_compute_half_precision_in_float32(dtype):
    rho_hat = tf.constant([0.048, 0.0505, 0.3], dtype)
    exact = tf.cast(rho_hat, "float64").numpy()
    got = kl_divergence(0.05, rho_hat)
    assert got.dtype == "float32"
    np.testing.assert_allclose(
        got, [kl(0.05, mean) for mean in exact], rtol=1e-4, atol=1e-7
    )
    # The sum of a sample is 600,000, which is infinite in float16.
    code = tf.fill((3, 2_000), tf.constant(300, dtype))
    assert l1_norm(code).dtype == "float32"
    assert float(l1_norm(code)) == pytest.approx(600_000)


@pytest.mark.parametrize("rho", [0, 1, 0.0, 1.0, -0.1, 1.5, math.nan])
@pytest.mark.parametrize("user", [lambda rho: kl_divergence(rho, [0.5]), KLSparsity])
def test_rho_outside_0_to_1_is_refused(user, rho):
    with pytest.raises(ValueError, match=r"rho must lie strictly between 0 and 1") as e:
        user(rho)
    assert f"got {rho!r}" in str(e.value)


NO_NUMBERS = ["0.05", np.array([0.05, 0.1]), np.array(0.05), [0.05], None, True]


@pytest.mark.parametrize("bad", NO_NUMBERS, ids=repr)
@pytest.mark.parametrize(
    ("name", "user"),
    [
        ("rho", lambda rho: kl_divergence(rho, [0.5])),
        ("rho", KLSparsity),
        ("beta", lambda beta: KLSparsity(0.1, beta)),
        ("strength", L1Sparsity),
    ],
)
def test_what_is_no_number_is_refused(name, user, bad):
    with pytest.raises(ValueError, match=f"^{name} must ") as error:
        user(bad)
    assert f"got {bad!r}" in str(error.value)


@pytest.mark.parametrize("form", [np.float32, np.float64])
def test_numbers_of_numpy_are_numbers(form):
    layer = KLSparsity(form(0.25), form(0.5))
    assert json.dumps(layer.get_config())
    assert (layer.rho, layer.beta) == (0.25, 0.5)
    assert L1Sparsity(np.int64(2)).strength == 2


@pytest.mark.parametrize(
    ("rho_hat", "message"),
    [
        (0.5, r"rho_hat must have shape \(units,\), so rank 1; got rank 0"),
        ([[0.5, 0.5]], r"rho_hat must have shape \(units,\), so rank 1; got rank 2"),
        ([], r"at least one entry on each axis; got shape \(0,\)"),
        ([0.5, math.nan], r"rho_hat must not hold NaN; got 1 NaN"),
        ([0.5, -0.1], r"rho_hat must lie in \[0, 1\]; got values from -0\.1 to 0\.5"),
        ([0.5, 1.2], r"rho_hat must lie in \[0, 1\]; got values from 0\.5 to 1\.2"),
        ([0.5, math.inf], r"rho_hat must lie in \[0, 1\]"),
    ],
)
def test_kl_refuses_a_bad_mean_activation(rho_hat, message):
    with pytest.raises(ValueError, match=message):
        kl_divergence(0.1, rho_hat)


@pytest.mark.parametrize("bad", [-0.1, 1.2, math.nan])
def test_kl_of_a_bad_mean_is_nan_where_values_cannot_be_read(bad):
    compiled = tf.function(lambda rho_hat: kl_divergence(0.1, rho_hat))
    got = compiled(tf.constant([0.2, bad])).numpy()
    assert got[0] == pytest.approx(kl(0.1, 0.2), rel=1e-5)
    assert np.isnan(got[1])


# --- l1_norm ---


def test_l1_norm_sums_units_and_averages_samples():
    # Sample sums 3.5 and 0.5.
    assert float(l1_norm([[-1.0, 2.5, 0.0], [0.0, 0.0, -0.5]])) == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ([1.0, 2.0], r"code must have shape \(batch, units\), so rank 2; got rank 1"),
        (np.ones((2, 3, 4)), r"so rank 2; got rank 3, shape \(2, 3, 4\)"),
        (np.ones((0, 4)), r"at least one entry on each axis; got shape \(0, 4\)"),
        (np.ones((4, 0)), r"at least one entry on each axis; got shape \(4, 0\)"),
        ([[1.0, math.nan]], r"code must not hold NaN; got 1 NaN"),
    ],
)
@pytest.mark.parametrize("user", [l1_norm, L1Sparsity(), KLSparsity()])
def test_bad_codes_are_refused(user, code, message):
    code = np.asarray(code, dtype=np.float32)
    with pytest.raises(ValueError, match=message):
        user(code)


# --- the layers ---


def test_kl_layer_adds_beta_times_the_summed_kl():
    # By hand: 0.1 ln(0.1/0.2) + 0.9 ln(0.9/0.8) = 0.036690 for the first unit and
    # 0.1 ln(0.1/0.5) + 0.9 ln(0.9/0.5) = 0.368064 for the second; the sum times 2.
    assert penalty_of(KLSparsity(rho=0.1, beta=2.0), CODE) == pytest.approx(
        0.809508, abs=1e-5
    )


def test_l1_layer_adds_strength_times_the_mean_l1_norm():
    # By hand: the sample sums 1.0, 0.5 and 0.6 average to 0.7; times 2. Signs vanish.
    assert penalty_of(L1Sparsity(strength=2.0), CODE) == pytest.approx(1.4)
    assert penalty_of(L1Sparsity(strength=2.0), -CODE) == pytest.approx(1.4)


@pytest.mark.parametrize("layer", [KLSparsity(0.1, 0.0), L1Sparsity(0.0)])
def test_weight_0_switches_a_penalty_off(layer):
    assert penalty_of(layer, CODE) == 0


@pytest.mark.parametrize("layer", [KLSparsity(0.1, 5.0), L1Sparsity(5.0)])
def test_layers_return_the_code_unchanged(layer):
    np.testing.assert_array_equal(layer(CODE), CODE)
    assert layer(keras.Input((7,))).shape == (None, 7)
    assert layer.compute_output_shape((None, 7)) == (None, 7)
    assert layer.count_params() == 0


def test_kl_layer_gradient_is_the_formula():
    _, gradient = loss_and_gradient(KLSparsity(rho=0.1, beta=2.0), CODE)
    np.testing.assert_allclose(gradient, kl_gradient(CODE, 0.1, 2.0), rtol=1e-4)


def test_l1_layer_gradient_is_the_formula():
    code = CODE * [1, -1]
    _, gradient = loss_and_gradient(L1Sparsity(strength=2.0), code.astype(np.float32))
    np.testing.assert_allclose(gradient, l1_gradient(code, 2.0), rtol=1e-5)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("z", "dtype"),
    [(z, "float32") for z in (-68, -40, -20, -10, -1, 0, 10, 13, 15)]
    + [(z, "bfloat16") for z in (-68, -40, -20, -10, -1, 0)]
    + [(z, "float16") for z in (-10, -1, 0, 7)],
)
def test_kl_layer_pulls_units_back_from_both_ends(z, dtype, compiled):
    # With the same z on all samples this is beta * (sigmoid(z) - rho) / 100: -0.05 beta
    # over the batch for a silent unit, +0.95 beta for one that is always on.
    z = np.full((100, 2), z, dtype=np.float64)
    got = z_gradient(KLSparsity(0.05, 2.0, dtype=dtype), z, compiled)
    tolerance = {"float32": 1e-5, "bfloat16": 0.012, "float16": 2e-3}[dtype]
    np.testing.assert_allclose(got, kl_z_gradient(z, 0.05, 2.0), rtol=tolerance)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_kl_layer_gradient_of_samples_that_differ(dtype, compiled):
    # Units from silent to half on, whose samples differ by many powers of 10.
    z = np.random.default_rng(0).uniform([-60, -30, -15, -8], [-40, -10, -5, 5], (100, 4))
    z = tf.cast(tf.constant(z, dtype), "float64").numpy()
    got = z_gradient(KLSparsity(0.05, 2.0, dtype=dtype), z, compiled)
    expected = kl_z_gradient(z, 0.05, 2.0)
    off_by = np.linalg.norm(got - expected, axis=0) / np.linalg.norm(expected, axis=0)
    assert (off_by < {"float32": 1e-5, "bfloat16": 0.012}[dtype]).all()


@pytest.mark.parametrize(
    ("z", "dtype"),
    [
        *((z, "float32") for z in (-100, -80, 20)),
        *((z, "bfloat16") for z in (-100, -80, 20)),
        *((z, "float16") for z in (-20, 20)),
    ],
)
def test_no_gradient_is_left_at_exactly_0_and_1(z, dtype):
    # The limits that the docstring states. An infinite slope of the penalty would make
    # NaN of the sigmoid's slope of 0.
    got = z_gradient(KLSparsity(0.05, 2.0, dtype=dtype), np.full((100, 2), z))
    np.testing.assert_allclose(got, 0, atol=1e-30)


def test_kl_layer_pushes_no_unit_harder_than_beta():
    # Most units have a few samples on among silent ones, or none.
    rng = np.random.default_rng(0)
    z = np.where(rng.random((16, 500)) < 0.05, 4, rng.uniform(-85, 30, 500))
    push = z_gradient(KLSparsity(0.05, 2.0), z).sum(axis=0)
    assert np.abs(push).max() <= 2
    assert push.min() < -0.05 and push.max() > 1.5


def test_kl_layer_gradient_is_the_slope_of_its_value():
    layer = KLSparsity(0.05, 2.0, dtype="float64")
    # A unit at the target, a nearly silent one, one that is nearly always on.
    code = np.random.default_rng(0).uniform([0.01, 1e-6, 0.999], [0.09, 3e-6, 1], (5, 3))
    loss, gradient = loss_and_gradient(layer, code)
    assert loss == pytest.approx(2 * sum(kl(0.05, mean) for mean in code.mean(axis=0)))
    for index in np.ndindex(code.shape):
        step = np.zeros_like(code)
        step[index] = 1e-5 * min(code[index], 1 - code[index])
        slope = penalty_of(layer, code + step) - penalty_of(layer, code - step)
        # A wrong gradient is off by far more than the rounding of the difference.
        assert slope / (2 * step[index]) == pytest.approx(gradient[index], rel=1e-3)


def test_training_brings_silent_units_back():
    code = layers.Dense(4, "sigmoid", bias_initializer=keras.initializers.Constant(-20))
    model = keras.Sequential([keras.Input((3,)), code, KLSparsity(0.05, 1.0)])
    # The error asks for a code of 0, so that the penalty alone can bring units back.
    model.compile(keras.optimizers.SGD(4.0), "mse")
    x = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
    assert model.predict(x, verbose=0).max() < 1e-6
    x_150 = np.tile(x, (150, 1))  # 150 steps, in one epoch
    model.fit(x_150, np.zeros((len(x_150), 4)), batch_size=64, verbose=0)
    means = model.predict(x, verbose=0).mean(axis=0)
    assert ((means > 0.02) & (means < 0.08)).all()


# --- half precision ---


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
@pytest.mark.parametrize("make", [KLSparsity, L1Sparsity])
def test_layers_return_half_precision_and_add_float32(make, policy):
    layer = make(dtype=policy)
    code = tf.constant(CODE, layer.compute_dtype)
    got = layer(code)
    assert got.dtype == code.dtype == layer(keras.Input((2,))).dtype
    np.testing.assert_array_equal(got, code)
    layer(code)
    (loss,) = layer.losses
    assert loss.dtype == "float32"


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_penalties_of_half_precision_codes_are_computed_in_float32(dtype):
    # Units with means near the target, where the two parts of KL's gradient cancel but
    # for a digit or two. The gradient is rounded once, when it becomes the code's.
    code = np.random.default_rng(0).uniform(0.0, 0.1, (128, 64))
    code = tf.constant(code, dtype)
    exact = tf.cast(code, "float64").numpy()
    rounding = {"bfloat16": 2**-8, "float16": 2**-11}[dtype]

    loss, gradient = loss_and_gradient(KLSparsity(0.05, 100.0, dtype=dtype), code)
    expected = sum(kl(0.05, mean) for mean in exact.mean(axis=0))
    assert loss == pytest.approx(100 * expected, rel=1e-4)
    expected = kl_gradient(exact, 0.05, 100.0)
    np.testing.assert_allclose(np.float64(gradient), expected, rtol=rounding, atol=1e-5)

    loss, gradient = loss_and_gradient(L1Sparsity(3.0, dtype=dtype), code)
    assert loss == pytest.approx(3 * exact.sum(axis=1).mean(), rel=1e-6)
    expected = l1_gradient(exact, 3.0)
    np.testing.assert_allclose(np.float64(gradient), expected, rtol=rounding)


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
@pytest.mark.parametrize("make", [KLSparsity, L1Sparsity])
def test_fit_under_a_mixed_policy(make, policy):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        code = layers.Dense(4, "sigmoid")
        model = keras.Sequential([keras.Input((3,)), code, make(), layers.Dense(3)])
        model.compile("adam", "mse")
        x = np.random.default_rng(0).random((32, 3), np.float32)
        losses = model.fit(x, x, batch_size=8, epochs=3, verbose=0).history["loss"]
    finally:
        keras.config.set_dtype_policy(before)
    assert losses[-1] < losses[0]
    assert all(np.isfinite(weight).all() for weight in model.get_weights())


# --- batches ---


@pytest.mark.parametrize("times", [2, 7])
@pytest.mark.parametrize("layer", [KLSparsity(0.1, 2.0), L1Sparsity(2.0)])
def test_repeating_a_batch_changes_neither_penalty_nor_gradient(layer, times):
    loss, gradient = loss_and_gradient(layer, CODE)
    loss_tiled, gradient_tiled = loss_and_gradient(layer, np.tile(CODE, (times, 1)))
    assert loss_tiled == pytest.approx(loss, rel=1e-5)
    # Each copy of a sample carries its part; together they pull as hard as before.
    together = gradient_tiled.reshape(times, *CODE.shape).sum(axis=0)
    np.testing.assert_allclose(together, gradient, rtol=1e-4)


def identity_model(penalty):
    """A model that returns its input, so that its loss is the penalty alone."""
    inputs = keras.Input((2,))
    model = keras.Model(inputs, penalty(inputs))
    model.compile(loss="mse")
    return model


@pytest.mark.parametrize("layer", [KLSparsity(0.1, 2.0), L1Sparsity(2.0)])
def test_evaluate_gives_the_same_penalty_for_every_batch_size(layer):
    five = np.concatenate([CODE, CODE[:1], CODE[1:2]])  # 5 samples, repeated 40 times
    expected = penalty_of(layer, five)
    x = np.tile(five, (40, 1))
    for batch_size in (10, 100):
        loss = identity_model(layer).evaluate(x, x, batch_size=batch_size, verbose=0)
        assert loss == pytest.approx(expected, rel=1e-5)


def expected_kl(m, rho=0.05):
    """Expected KL over batches of m, of a unit that is 1 for a share rho, 0 otherwise."""
    on = np.arange(m + 1)
    values = ops.convert_to_numpy(kl_divergence(rho, on / m))
    return float((binom.pmf(on, m, rho) * values).sum())


def test_expected_kl_depends_on_the_batch_size():
    # Nearly all of the first three is the share of batches with no sample on (19 %, 4 %,
    # 0.1 %) times 3.3; the rest, and all of the last two, is about 1 / (2m).
    got = [expected_kl(m) for m in (32, 64, 128, 256, 1024)]
    np.testing.assert_allclose(got, [0.637, 0.129, 0.0090, 0.0021, 0.0005], rtol=0.03)
    np.testing.assert_allclose(got[3:], [1 / 512, 1 / 2048], rtol=0.1)


def test_splitting_a_batch_raises_the_kl_of_units_that_vary():
    # 100 units, each of them 1 for its own 13 of 256 samples; then 100 that never vary.
    rank = np.random.default_rng(0).random((256, 100)).argsort(axis=0).argsort(axis=0)
    layer = KLSparsity(13 / 256, beta=0.01)  # so the mean over the units

    def pays(code, parts):
        return np.mean([penalty_of(layer, part) for part in np.split(code, parts)])

    varying = np.float32(rank < 13)
    assert pays(varying, 1) == pytest.approx(0, abs=1e-6)
    # Halves of one batch vary half as much as two batches of 128 from far more samples.
    assert pays(varying, 2) == pytest.approx(1 / (2 * 256), rel=0.2)
    assert pays(varying, 8) > 0.1
    constant = np.full_like(varying, 13 / 256)
    assert pays(constant, 8) == pytest.approx(0, abs=1e-6)


# --- other ways to the same number, and wrong input ---


@pytest.mark.parametrize("batch_size", [4, 16])
def test_l1_layer_equals_the_built_in_activity_regularizer(batch_size):
    x = np.random.default_rng(0).normal(size=(16, 6)).astype(np.float32)
    kernel = np.random.default_rng(1).normal(size=(6, 3)).astype(np.float32)
    built_in = layers.Dense(
        3, use_bias=False, activity_regularizer=keras.regularizers.L1(0.1)
    )
    ours = layers.Dense(3, use_bias=False)
    losses = []
    for stack in ([built_in], [ours, L1Sparsity(0.1)]):
        model = keras.Sequential([keras.Input((6,)), *stack])
        model.layers[0].set_weights([kernel])
        model.compile(loss="mse")
        y = model.predict(x, verbose=0)  # no reconstruction error: the penalty alone
        losses.append(model.evaluate(x, y, batch_size=batch_size, verbose=0))
    by_hand = 0.1 * np.abs(x @ kernel).sum(axis=1).mean()
    np.testing.assert_allclose(losses, by_hand, rtol=1e-5)


@pytest.mark.parametrize("value", [-1e-3, -1, math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(
    ("make", "name"),
    [(lambda w: KLSparsity(0.1, w), "beta"), (L1Sparsity, "strength")],
    ids=["beta", "strength"],
)
def test_bad_weights_are_refused(make, name, value):
    with pytest.raises(ValueError, match=f"{name} must be a number of at least 0") as e:
        make(value)
    assert f"got {value!r}" in str(e.value)


@pytest.mark.parametrize(
    ("code", "values"),
    [
        (
            [[0.2, 1.5], [0.2, 0.1]],
            "from 0.1 to 1.5",
        ),  # the means, 0.2 and 0.8, look fine
        ([[-0.5, 0.5], [0.9, 0.5]], "from -0.5 to 0.9"),
    ],
    ids=["relu", "tanh"],
)
def test_kl_layer_refuses_a_code_outside_0_to_1(code, values):
    with pytest.raises(ValueError, match=r"code must lie in \[0, 1\]") as error:
        KLSparsity(0.1)(np.float32(code))
    assert values in str(error.value)
    assert "a ReLU code is not" in str(error.value)


@pytest.mark.parametrize("code", [[[0.2, 1.5], [0.2, 0.1]], [[-0.5, 0.5], [0.9, 0.5]]])
def test_compiled_kl_of_a_code_outside_0_to_1_is_nan(code):
    layer = KLSparsity(0.1)

    @tf.function
    def compiled(code):
        layer(code)
        return sum(layer.losses)

    assert np.isnan(compiled(tf.constant(code)).numpy())
    assert np.isfinite(compiled(tf.constant([[0.2, 0.9], [0.2, 0.1]])).numpy())


def test_fit_of_kl_on_a_relu_code_gives_a_nan_loss():
    model = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Dense(2, "relu", use_bias=False),
            KLSparsity(0.1, 1e-3),
        ]
    )
    model.layers[0].set_weights([np.eye(2, dtype=np.float32)])
    model.compile("sgd", "mse")
    x = np.float32([[0.2, 1.5], [0.2, 0.1]])
    assert np.isnan(model.fit(x, x, verbose=0).history["loss"][0])


@pytest.mark.parametrize("layer", [KLSparsity(), L1Sparsity()])
def test_wrong_rank_is_refused_when_the_model_is_built(layer):
    # A Dense layer works on rank 3 too, so nothing else would notice.
    with pytest.raises(ValueError, match="so rank 2; got rank 3"):
        layer(keras.Input((5, 2)))


# --- warm-up: another weight while the model trains ---

with_weight = pytest.mark.parametrize(
    ("make", "name"),
    [(lambda weight: KLSparsity(0.1, weight), "beta"), (L1Sparsity, "strength")],
    ids=["kl", "l1"],
)


class WarmUp(keras.callbacks.Callback):
    """Set a penalty's weight to the number of epochs that are over."""

    def __init__(self, layer, name):
        super().__init__()
        self.layer, self.name = layer, name

    def on_epoch_begin(self, epoch, logs=None):
        setattr(self.layer, self.name, epoch)


@with_weight
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_callback_can_set_the_weight_in_fit(make, name, jit_compile):
    layer = make(7.0)
    model = identity_model(layer)
    model.compile("sgd", "mse", jit_compile=jit_compile)
    history = model.fit(CODE, CODE, epochs=3, verbose=0, callbacks=[WarmUp(layer, name)])
    pays = penalty_of(make(1.0), CODE)
    np.testing.assert_allclose(history.history["loss"], [0, pays, 2 * pays], rtol=1e-5)
    assert getattr(layer, name) == 2


@with_weight
def test_the_weight_can_be_set_between_steps_of_a_compiled_function(make, name):
    layer = make(1.0)

    @tf.function(jit_compile=True)
    def compiled(code):
        layer(code)
        return sum(layer.losses)

    once = float(compiled(tf.constant(CODE)))
    setattr(layer, name, 3)
    assert float(compiled(tf.constant(CODE))) == pytest.approx(3 * once)


class WarmUpProgress(training.Progress):
    """What `train` calls between epochs, with a warm-up in it."""

    def on_epoch_begin(self, epoch, logs=None):
        super().on_epoch_begin(epoch, logs)
        layer = self.model.layers[2]
        setattr(layer, "beta" if isinstance(layer, KLSparsity) else "strength", epoch)


@with_weight
def test_the_weight_can_be_set_between_and_within_trainings(monkeypatch, make, name):
    keras.utils.set_random_seed(0)
    layer = make(0.0)
    model = models.dense_autoencoder(3, "sigmoid", layer, n_inputs=2)
    settings = {"learning_rate": 1e-6}  # so that the penalty alone changes the loss
    (free,) = training.train(model, CODE, 1, **settings)["loss"]
    setattr(layer, name, 1)
    (paid,) = training.train(model, CODE, 1, **settings)["loss"]
    assert paid > free + 0.1
    monkeypatch.setattr(training, "Progress", WarmUpProgress)
    losses = training.train(model, CODE, 3, **settings)["loss"]
    np.testing.assert_allclose(losses, [free, paid, 2 * paid - free], rtol=1e-3)


@with_weight
def test_a_weight_that_was_set_is_saved_and_cloned(make, name, tmp_path):
    layer = make(7.0)
    model = identity_model(layer)
    setattr(layer, name, 0.5)
    model.save(tmp_path / "model.keras")
    copies = [
        keras.models.load_model(tmp_path / "model.keras"),
        keras.models.clone_model(model),
    ]
    half = penalty_of(make(0.5), CODE)
    for copy in copies:
        copied = copy.layers[-1]
        assert getattr(copied, name) == copied.get_config()[name] == 0.5
        copy.compile(loss="mse")
        assert copy.evaluate(CODE, CODE, verbose=0) == pytest.approx(half)
        setattr(copied, name, 1.0)  # a copy can be warmed up further
        assert copy.evaluate(CODE, CODE, verbose=0) == pytest.approx(2 * half)
    assert getattr(layer, name) == 0.5


@with_weight
def test_the_weight_is_none_of_the_models_weights(make, name):
    model = identity_model(make(7.0))
    assert model.weights == model.variables == []
    assert model.count_params() == 0


@with_weight
@pytest.mark.parametrize("bad", [-1, math.nan, "0.1", np.ones(2)], ids=repr)
def test_a_bad_weight_cannot_be_set_later(make, name, bad):
    layer = make(7.0)
    with pytest.raises(ValueError, match=f"^{name} must be a number of at least 0; got"):
        setattr(layer, name, bad)
    assert getattr(layer, name) == 7


def test_rho_cannot_be_set_later():
    layer = KLSparsity(0.1)
    with pytest.raises(AttributeError, match=r"rho is fixed, .* KLSparsity\(rho=0\.2\)"):
        layer.rho = 0.2
    assert layer.rho == 0.1


# --- saving ---


@pytest.mark.parametrize(
    "layer",
    [KLSparsity(0.07, 0.3, name="penalty"), L1Sparsity(0.3, name="penalty")],
    ids=["kl", "l1"],
)
def test_config_rebuilds_the_layer(layer):
    config = layer.get_config()
    assert json.loads(json.dumps(config))["name"] == "penalty"
    rebuilt = type(layer).from_config(config)
    assert rebuilt.get_config() == config
    assert penalty_of(rebuilt, CODE) == penalty_of(layer, CODE)


MODELS = {
    "dense": lambda: models.dense_autoencoder(3, n_inputs=5),
    "dense kl": lambda: models.dense_autoencoder(
        3, "sigmoid", KLSparsity(0.2, 0.7), n_inputs=5
    ),
    "dense l1": lambda: models.dense_autoencoder(3, "relu", L1Sparsity(0.7), n_inputs=5),
    "dense unit norm": lambda: models.dense_autoencoder(
        3, "relu", L1Sparsity(0.7), n_inputs=5, unit_norm_decoder=True
    ),
    "conv": lambda: models.conv_autoencoder(4, "sigmoid", KLSparsity(0.2, 0.7)),
}


@pytest.fixture(params=MODELS)
def model(request):
    keras.utils.set_random_seed(0)
    model = MODELS[request.param]()
    model.compile("sgd", "mse")
    return model


def inputs_of(model):
    return np.random.default_rng(0).random((8, *model.input_shape[1:]), np.float32)


def assert_same(copy, model):
    x = inputs_of(model)
    np.testing.assert_array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))
    expected = model.evaluate(x, x, verbose=0)
    assert copy.evaluate(x, x, verbose=0) == pytest.approx(expected, rel=1e-6)
    # The penalty is part of what is compared: 0.7 times it is far above rounding.
    plain = np.mean((model.predict(x, verbose=0) - x) ** 2)
    has_penalty = any(isinstance(each, KLSparsity | L1Sparsity) for each in model.layers)
    assert (expected - plain > 1e-3) == has_penalty


def test_saved_models_load_the_same(model, tmp_path):
    model.save(tmp_path / "model.keras")
    assert_same(keras.models.load_model(tmp_path / "model.keras"), model)


def test_cloned_models_are_the_same(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    copy.compile("sgd", "mse")
    assert_same(copy, model)


def test_loaded_unit_norm_decoder_still_normalizes(tmp_path):
    MODELS["dense unit norm"]().save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    loaded.compile("sgd", "mse")
    x = inputs_of(loaded)
    loaded.fit(x, x, verbose=0)
    rows = np.linalg.norm(loaded.get_layer("reconstruction").kernel, axis=1)
    np.testing.assert_allclose(rows, 1, rtol=1e-5)


# --- fresh processes ---


def run_python(script, **environment):
    """Run a script in a new Python, without the settings of this one."""
    ours = ("KERAS_BACKEND", "TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS")
    clean = {name: text for name, text in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-c", script],
        env={**clean, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_import_is_silent_and_leaves_stderr_open():
    script = """
import sae_utils
import keras
import os
from sae_utils import checks, data, metrics, models, penalties, plots, progress
model = models.dense_autoencoder(2, "sigmoid", penalties.KLSparsity(), n_inputs=3)
model.compile("adam", "mse")
model.fit(keras.ops.ones((4, 3)), keras.ops.ones((4, 3)), verbose=0)
os.write(2, b"stderr is back")
"""
    ran = run_python(script)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("", "stderr is back", 0)


def test_import_leaves_jax_out_and_importable():
    script = """
import sys
import sae_utils
print("jax" in sys.modules)
import jax
print(jax.numpy.ones(2).sum())
"""
    ran = run_python(script)
    assert (ran.stdout, ran.returncode) == ("False\n2.0\n", 0), ran.stderr


def test_many_models_in_a_loop_print_no_warning():
    script = """
import sae_utils
import numpy as np
from sae_utils import models
for _ in range(6):
    model = models.dense_autoencoder(2, n_inputs=3)
    model.compile("adam", "mse", steps_per_execution=2)
    model.predict(np.ones((8, 3)), batch_size=2, verbose=0)
"""
    ran = run_python(script)
    assert (ran.stdout, ran.stderr, ran.returncode) == ("", "", 0)


JAX_SCRIPT = """
import json
import sae_utils
import jax, keras, numpy as np
from sae_utils import metrics, models, plots
from sae_utils.penalties import KLSparsity, L1Sparsity, kl_divergence

assert keras.backend.backend() == "jax"
code = jax.numpy.array(CODE)

def loss_of(layer):
    def loss(code):
        layer(code)
        return sum(layer.losses)
    return loss

def values(layer):
    loss, gradient = jax.value_and_grad(loss_of(layer))(code)
    compiled = jax.jit(loss_of(layer))(code)
    return [float(loss), float(compiled), np.asarray(gradient).tolist()]

def silent(dtype):
    '''Gradients for units at three pre-activations, summed over a batch of 10.'''
    loss = lambda z: loss_of(KLSparsity(0.05, 1.0, dtype=dtype))(keras.ops.sigmoid(z))
    z = jax.numpy.full((10, 3), jax.numpy.array([-10, -20, -40]), dtype)
    both = jax.grad(loss)(z), jax.jit(jax.grad(loss))(z)
    return [np.asarray(each, np.float32).sum(axis=0).tolist() for each in both]

def error_of(function, *inputs):
    try:
        function(*inputs)
    except (AttributeError, ValueError) as error:
        return str(error)

inputs = keras.Input((2,))
model = keras.Model(inputs, KLSparsity(0.1, 2.0)(inputs))
model.compile(loss="mse")
print(json.dumps({
    "function": np.asarray(kl_divergence(0.1, [0.2, 0.5])).tolist(),
    "kl": values(KLSparsity(0.1, 2.0)),
    "l1": values(L1Sparsity(2.0)),
    "float32": silent("float32"),
    "bfloat16": silent("bfloat16"),
    "ends": np.asarray(kl_divergence(0.05, [0.0, 1.0])).tolist(),
    "evaluate": model.evaluate(np.asarray(code), np.asarray(code), verbose=0),
    "relu, compiled": repr(float(jax.jit(loss_of(KLSparsity(0.1)))(code * 1.5))),
    "relu": error_of(KLSparsity(0.1), code * 1.5),
    "warm-up": error_of(setattr, model.layers[-1], "beta", 0.5),
}))
"""


def test_penalties_are_the_same_on_jax():
    script = JAX_SCRIPT.replace("CODE", repr(CODE.tolist()))
    ran = run_python(script, KERAS_BACKEND="jax", JAX_PLATFORMS="cpu")
    assert ran.returncode == 0, ran.stderr
    got = json.loads(ran.stdout)
    penalty = 2 * (kl(0.1, 0.2) + kl(0.1, 0.5))
    assert got["function"] == pytest.approx([kl(0.1, 0.2), kl(0.1, 0.5)], rel=1e-5)
    assert got["kl"][:2] == pytest.approx([penalty, penalty], rel=1e-5)
    np.testing.assert_allclose(got["kl"][2], kl_gradient(CODE, 0.1, 2.0), rtol=1e-4)
    assert got["l1"][:2] == pytest.approx([1.4, 1.4], rel=1e-5)
    np.testing.assert_allclose(got["l1"][2], l1_gradient(CODE, 2.0), rtol=1e-5)
    np.testing.assert_allclose(got["float32"], -0.05, rtol=2e-3)  # -0.05 + sigmoid(z)
    np.testing.assert_allclose(got["bfloat16"], -0.05, rtol=0.012)
    assert got["ends"] == pytest.approx([3.2554, 65.425], rel=1e-4)
    assert got["evaluate"] == pytest.approx(penalty, rel=1e-5)
    assert got["relu, compiled"] == "nan"
    assert "code must lie in [0, 1]" in got["relu"]
    assert "beta cannot change" in got["warm-up"] and "beta=0.5" in got["warm-up"]
