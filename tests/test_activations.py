"""Top-k keeps exactly the k largest activations, trains only those, and survives saving.

The layers are tested on TensorFlow; a fresh process at the end repeats it on JAX.
"""

import json
import os
import subprocess
import sys

from sae_utils import codes, metrics, models, training
from sae_utils.activations import BatchTopK, TopK

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import ops

# Three samples of five units. By hand, k = 2: the first keeps 4 and 3, the second has a
# tie of three 1s, the third has only one positive value.
Z = np.array([[1, 4, -5, 3, 2], [1, 0, 1, 1, -1], [-3, -1, 0.5, -2, 0]], np.float32)
TOP_2 = np.array([[0, 4, 0, 3, 0], [1, 0, 1, 0, 0], [0, 0, 0.5, 0, 0]], np.float32)
# 2 per sample on average, so 6 of the 15: 4, 3, 2, and of four 1s the first three.
BATCH_TOP_2 = np.array([[1, 4, 0, 3, 2], [1, 0, 1, 0, 0], [0] * 5], np.float32)
BOTH = pytest.mark.parametrize("make", [TopK, BatchTopK])


@pytest.fixture(autouse=True)
def seed():
    keras.utils.set_random_seed(0)


def numpy_top_k(z, k):
    """The k largest of each sample by sorting, lower indices first where equal."""
    kept = np.zeros_like(z)
    for row, out in zip(z, kept, strict=True):
        for at in sorted(range(len(row)), key=lambda j: (-row[j], j))[:k]:
            out[at] = max(row[at], 0)
    return kept


def threshold(model):
    return float(model.get_layer("code").activation.threshold)


# --- TopK ---


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("compiled", [False, True])
def test_the_k_largest_stay_and_the_rest_is_exactly_0(training, compiled):
    layer = TopK(2)
    call = tf.function(layer, jit_compile=True) if compiled else layer
    np.testing.assert_array_equal(call(Z, training=training), TOP_2)


@pytest.mark.parametrize("k", [1, 3, 16, 17])
@pytest.mark.parametrize("whole", [False, True], ids=["distinct", "ties"])
def test_top_k_agrees_with_sorting(k, whole):
    z = np.random.default_rng(0).normal(0, 2, (50, 17)).astype(np.float32)
    z = z.round() if whole else z
    np.testing.assert_array_equal(TopK(k)(z), numpy_top_k(z, k))


def test_exactly_k_stay_where_all_are_equal():
    code = TopK(3)(np.ones((4, 10), np.float32)).numpy()
    np.testing.assert_array_equal(code, np.tile([1] * 3 + [0] * 7, (4, 1)))


def test_as_many_as_there_are_units_is_relu():
    np.testing.assert_array_equal(TopK(5)(Z), np.maximum(Z, 0))


def test_relu_before_or_after_is_the_same():
    z = np.random.default_rng(0).normal(size=(50, 9)).astype(np.float32)
    for k in (2, 7):
        largest = np.sort(z, axis=1)[:, -k][:, None]
        after = np.maximum(np.where(z >= largest, z, 0), 0)
        np.testing.assert_array_equal(TopK(k)(z), after)


@BOTH
def test_gradient_passes_only_through_what_is_kept(make):
    z = tf.constant(Z)
    weight = np.arange(1, 16, dtype=np.float32).reshape(3, 5)
    with tf.GradientTape() as tape:
        tape.watch(z)
        total = tf.reduce_sum(make(2)(z, training=True) * weight)
    kept = {TopK: TOP_2, BatchTopK: BATCH_TOP_2}[make] > 0
    np.testing.assert_array_equal(tape.gradient(total, z), np.where(kept, weight, 0))


def test_a_unit_that_is_never_kept_is_never_trained():
    model = models.dense_autoencoder(4, TopK(1), n_inputs=3)
    low = [0, 0, 0, -50]
    model.get_layer("code").bias.assign(low)
    x = np.random.default_rng(0).random((40, 3), np.float32)
    before = model.get_layer("code").kernel.numpy()
    training.train(model, x, epochs=2)
    moved = (model.get_layer("code").kernel.numpy() != before).any(axis=0)
    assert moved[:3].any() and not moved[3]
    assert model.get_layer("code").bias.numpy()[3] == -50


@BOTH
def test_nan_is_not_hidden(make):
    z = Z.copy()
    z[0, 0] = np.nan
    assert np.isnan(make(2)(z)).any()
    assert np.isnan(make(2)(z, training=True)).any()


# --- BatchTopK ---


@pytest.mark.parametrize("compiled", [False, True])
def test_batch_top_k_keeps_k_per_sample_on_average_in_training(compiled):
    layer = BatchTopK(2)
    call = tf.function(layer, jit_compile=True) if compiled else layer
    np.testing.assert_array_equal(call(Z, training=True), BATCH_TOP_2)


def test_batch_top_k_keeps_exactly_k_times_batch_of_equal_values():
    code = BatchTopK(3)(np.ones((4, 10), np.float32), training=True).numpy()
    assert (code > 0).sum() == 12


@pytest.mark.parametrize("training", [False, None])
def test_before_any_training_batch_top_k_keeps_k_per_sample(training):
    layer = BatchTopK(2)
    np.testing.assert_array_equal(layer(Z, training=training), TOP_2)
    assert float(layer.threshold) == -1


def test_threshold_is_the_running_mean_of_the_smallest_that_is_kept():
    layer = BatchTopK(2)
    layer(Z, training=True)
    assert float(layer.threshold) == 1
    layer(3 * Z, training=True)
    assert float(layer.threshold) == pytest.approx(0.99 * 1 + 0.01 * 3)
    layer(-np.abs(Z), training=True)  # nothing is positive: the smallest kept is 0
    assert float(layer.threshold) == pytest.approx(0.99 * 1.02)


def test_after_training_the_threshold_decides_for_each_sample_alone():
    layer = BatchTopK(2)
    layer(Z, training=True)
    code = layer(Z).numpy()
    np.testing.assert_array_equal(code, np.where(Z >= 1, Z, 0))
    for alone, together in zip(Z, code, strict=True):
        np.testing.assert_array_equal(layer(alone[None])[0], together)
    assert float(layer.threshold) == 1  # reading a code changes nothing


def test_a_threshold_of_0_is_relu():
    layer = BatchTopK(5)
    layer(Z, training=True)
    np.testing.assert_array_equal(layer(Z), np.maximum(Z, 0))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_fit_keeps_about_k_and_any_batch_size_gives_the_same_code(jit_compile):
    model = models.dense_autoencoder(30, BatchTopK(4), n_inputs=12)
    model.compile("adam", "mse", jit_compile=jit_compile)
    x = np.random.default_rng(0).random((330, 12), np.float32)
    model.fit(x, x, batch_size=32, epochs=60, verbose=0)  # the last batch has 10
    assert threshold(model) > 0
    code = codes.encode(model, x)
    assert 3 < metrics.l0(code) < 5
    assert len(set((code > 0).sum(axis=1))) > 1
    np.testing.assert_allclose(codes.encode(model, x[:1]), code[:1], atol=1e-6)


def test_train_moves_the_threshold_as_fit_does():
    thresholds = []
    for use_fit in (True, False):
        keras.utils.set_random_seed(0)
        model = models.dense_autoencoder(30, BatchTopK(4), n_inputs=12)
        x = np.random.default_rng(0).random((128, 12), np.float32)
        if use_fit:
            model.compile(keras.optimizers.Adam(2e-3), "mse")
            model.fit(x, x, batch_size=32, epochs=3, verbose=0)
        else:
            training.train(model, x, 3, batch_size=32)
        thresholds.append(threshold(model))
    assert thresholds[0] == pytest.approx(thresholds[1], rel=1e-4)


# --- half precision ---


@BOTH
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16"])
def test_half_precision_keeps_its_type_and_the_right_units(make, policy):
    layer = make(2, dtype=policy)
    z = tf.constant(Z, layer.compute_dtype)
    code = layer(z, training=True)
    assert code.dtype == z.dtype == layer(keras.Input((5,))).dtype
    expected = {TopK: TOP_2, BatchTopK: BATCH_TOP_2}[make]
    np.testing.assert_array_equal(tf.cast(code, "float32"), expected)


def test_the_threshold_is_float32_under_a_half_policy():
    layer = BatchTopK(1, dtype="bfloat16")
    for _ in range(100):
        layer(tf.constant([[1.0, 0.0]], "bfloat16"), training=True)
    assert layer.threshold.dtype == "float32"
    layer(tf.constant([[2.0, 0.0]], "bfloat16"), training=True)
    assert float(layer.threshold) == pytest.approx(1.01)  # bfloat16 would round to 1.0078


@BOTH
def test_fit_under_a_mixed_policy(make):
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = models.dense_autoencoder(6, make(2), n_inputs=5)
        model.compile("adam", "mse")
        x = np.random.default_rng(0).random((64, 5), np.float32)
        losses = model.fit(x, x, batch_size=8, epochs=5, verbose=0).history["loss"]
    finally:
        keras.config.set_dtype_policy(before)
    assert losses[-1] < losses[0]


# --- wrong input ---


@BOTH
@pytest.mark.parametrize("k", [0, -1, 1.5, 2.0, True, "2", None, [2]], ids=repr)
def test_a_bad_k_is_refused(make, k):
    with pytest.raises(ValueError, match=r"^k must be a whole number of at least 1") as e:
        make(k)
    assert f"got {k!r}" in str(e.value)


@BOTH
def test_more_than_there_are_units_is_refused(make):
    message = "k must be at most the number of units, which is 5; got 6"
    for x in (Z, keras.Input((5,))):
        with pytest.raises(ValueError, match=message):
            make(6)(x)
    with pytest.raises(ValueError, match=message):
        models.dense_autoencoder(5, make(6))


@BOTH
@pytest.mark.parametrize("shape", [(5,), (2, 3, 5), (0, 5)])
def test_a_bad_shape_is_refused(make, shape):
    with pytest.raises(ValueError, match=r"must have shape \(batch, units\)"):
        make(2)(np.ones(shape, np.float32))


# --- saving ---


@BOTH
def test_config_rebuilds_the_layer(make):
    config = make(np.int64(3), name="sparse").get_config()
    assert json.loads(json.dumps(config)) == config
    rebuilt = make.from_config(config)
    assert (rebuilt.k, rebuilt.name) == (3, "sparse")


@BOTH
@pytest.mark.parametrize("trained", [False, True])
def test_saved_and_cloned_models_give_the_same_code(make, trained, tmp_path):
    model = models.dense_autoencoder(30, make(4), n_inputs=12, unit_norm_decoder=True)
    x = np.random.default_rng(0).random((64, 12), np.float32)
    if trained:
        training.train(model, x, 3, batch_size=16)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    cloned = keras.models.clone_model(model)
    cloned.set_weights(model.get_weights())
    for copy in (loaded, cloned):
        assert type(copy.get_layer("code").activation) is make
        np.testing.assert_array_equal(codes.encode(copy, x), codes.encode(model, x))
    training.train(cloned, 5 * x, 1, batch_size=16)
    if make is BatchTopK:  # each copy has its own threshold
        first, second, third = map(threshold, (model, loaded, cloned))
        assert first == second != third


# --- as a code ---


@BOTH
def test_the_scoreboard_counts_exact_zeros(make):
    model = models.dense_autoencoder(30, make(4), n_inputs=12)
    x = np.random.default_rng(0).random((50, 12), np.float32)
    score = metrics.scoreboard(model, x)
    assert 0 < score["l0"] <= 4 and score["dead"] > 0
    code = codes.encode(model, x)
    assert score["l0"] == pytest.approx((code > 0).sum(axis=1).mean())


# --- JAX ---

JAX_SCRIPT = """
import json, sae_utils, keras, jax
import numpy as np
from sae_utils import models
from sae_utils.activations import BatchTopK, TopK
z = np.array(Z, np.float32)
layer = BatchTopK(2)
found = {
    "top": np.asarray(TopK(2)(z)).tolist(),
    "untrained": np.asarray(layer(z)).tolist(),
    "batch": np.asarray(layer(z, training=True)).tolist(),
    "threshold": float(layer.threshold),
    "after": np.asarray(layer(z)).tolist(),
    "gradient": np.asarray(jax.grad(lambda z: TopK(2)(z).sum())(z)).tolist(),
}
model = models.dense_autoencoder(6, BatchTopK(2), n_inputs=5, tied_start=True)
model.compile("adam", "mse")
x = np.random.default_rng(0).random((70, 5), np.float32)
model.fit(x, x, batch_size=32, epochs=2, verbose=0)
found["fitted"] = float(model.get_layer("code").activation.threshold)
print(json.dumps(found))
"""


def test_top_k_is_the_same_on_jax():
    ours = ("TF_CPP_MIN_LOG_LEVEL", "TF_ENABLE_ONEDNN_OPTS")
    clean = {name: text for name, text in os.environ.items() if name not in ours}
    ran = subprocess.run(
        [sys.executable, "-c", JAX_SCRIPT.replace("Z,", f"{Z.tolist()},")],
        env=clean | {"KERAS_BACKEND": "jax", "JAX_PLATFORMS": "cpu"},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert ran.returncode == 0, ran.stderr
    got = json.loads(ran.stdout)
    np.testing.assert_array_equal(got["top"], TOP_2)
    np.testing.assert_array_equal(got["untrained"], TOP_2)
    np.testing.assert_array_equal(got["batch"], BATCH_TOP_2)
    np.testing.assert_array_equal(got["after"], np.where(Z >= 1, Z, 0))
    np.testing.assert_array_equal(got["gradient"], TOP_2 > 0)
    assert got["threshold"] == 1 and got["fitted"] > 0


def test_docstrings_example_builds():
    model = models.dense_autoencoder(256, TopK(20))
    assert ops.shape(model(np.ones((2, 784), np.float32))) == (2, 784)
